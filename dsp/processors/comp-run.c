/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: compressor: what happens to a block.
 *
 *   x ─┬─→ look-ahead ────────────────────────────────────────────────── × ─→ colour ─┬─→ mix ─→
 *      └─→ side chain → level, dB → curve → link → ballistics → makeup ──┘            │
 *      └───────────────────────────────── dry, look-ahead ────────────────────────────┘
 *
 * All but the ballistics is vectors over a stretch of frames: a hop while something moves, else
 * the whole block. While channels are linked entirely one gain is computed for all of them.
 *
 * z: see comp.h. From `awake` on the detector works; the wet share rises once no frame comes a
 * second time. Split channels become one again when their gains are the same. */

#include "comp-private.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

/* Full colour from this reduction on, dB. */
#define COLOUR_DB 12.0f

/* Gains that differ by less are one, dB. */
#define SAME_DB 1e-6

/* Steeper than this the loop over the output isn't solved: it only gets faster. */
#define LOOP_SLOPE 0.99f

/* A stretch of frames, and the values that it is made with. */
struct stretch {
  float *at[LQ_CHANNELS_MAX];
  const float *seen[LQ_CHANNELS_MAX];
  uint32_t first, n; /* first: within the hop */
};

/* A control at the beginning and at the end of the hop. */
static double
value_of (const lq_comp *u, enum lq_comp_control which)
{
  return u->ramp[which].z.value;
}

static double
end_of (const lq_comp *u, enum lq_comp_control which)
{
  return u->moving ? u->ramp[which].z.end : u->ramp[which].z.value;
}

/* At a grid point: which detector counts, and whether another is to. */
static void
lq_comp_hop_detector (lq_comp *u)
{
  lq_ramp *swap = &u->ramp[LQ_COMP_SWAP];

  if (!lq_ramp_resting (swap))
    return;
  if (swap->z.value == 1.0) {
    lq_ramp_set (swap, 0.0);
    lq_ramp_jump (swap);
    u->z.detector = u->detector;
    return;
  }
  if (u->z.detector == u->detector)
    return;
  /* A mean square that begins: that of a sine of the held peak. */
  for (uint32_t c = 0; c < u->stream.channels && u->detector == LQ_COMP_RMS; c++) {
    const double peak = lq_slidemax_largest (&u->channel[u->z.split ? c : 0].peak);
    u->channel[c].mean[0] = u->channel[c].mean[1] = 0.5 * peak * peak;
  }
  /* Nobody followed peaks. */
  for (uint32_t c = 0; c < u->stream.channels && u->z.detector == LQ_COMP_RMS; c++)
    lq_slidemax_reset (&u->channel[c].peak);
  /* Two kinds of peak are the same level. */
  if (u->z.detector != LQ_COMP_RMS && u->detector != LQ_COMP_RMS)
    u->z.detector = u->detector;
  else
    lq_ramp_set (swap, 1.0);
}

static bool
same_times (const struct lq_comp_times *a, const struct lq_comp_times *b)
{
  const struct lq_ballistics *x = &a->ballistics, *y = &b->ballistics;

  return a->loops == b->loops && x->attack == y->attack && x->release == y->release &&
         x->lingers == y->lingers && x->decoupled == y->decoupled && x->take == y->take &&
         x->give == y->give;
}

/* At a grid point: the gain goes over to other ballistics, that begin where these stand. */
static void
lq_comp_hop_times (lq_comp *u)
{
  lq_ramp *times = &u->ramp[LQ_COMP_TIMES];
  const bool over = lq_ramp_resting (times) && times->z.value == 1.0;

  if (!lq_ramp_resting (times) || (!over && same_times (&u->z.now, &u->times)))
    return;
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    struct lq_comp_channel *at = &u->channel[c];
    if (over) {
      at->state = at->next;
      continue;
    }
    const struct lq_ballistics_state *s = &at->state;
    at->next.gain.z = u->z.now.ballistics.lingers ? fmin (s->gain.z, s->slow.z) : s->gain.z;
    at->next.slow.z = u->z.now.ballistics.lingers ? s->slow.z : s->gain.z;
    at->next.peak = u->z.now.ballistics.decoupled ? s->peak : at->next.gain.z;
  }
  if (over)
    u->z.now = u->z.next;
  else
    u->z.next = u->times;
  lq_ramp_set (times, over ? 0.0 : 1.0);
  if (over)
    lq_ramp_jump (times);
}

/* How loud a channel was lately, by the detector in force. */
static double
loudness_of (const lq_comp *u, const struct lq_comp_channel *at)
{
  return u->z.detector == LQ_COMP_RMS ? at->mean[1] : lq_slidemax_largest (&at->peak);
}

/* What all channels share goes to each; or the first takes over what the loudest remembers. */
static void
lq_comp_hand_over (lq_comp *u, bool split)
{
  struct lq_comp_channel *first = &u->channel[0], *loudest = first;

  for (uint32_t c = 1; c < u->stream.channels; c++) {
    struct lq_comp_channel *other = &u->channel[c];
    if (loudness_of (u, other) > loudness_of (u, loudest))
      loudest = other;
    if (!split)
      continue;
    other->state = first->state;
    other->next = first->next;
    lq_slidemax_copy (&other->peak, &first->peak);
    lq_slidemax_copy (&other->power, &first->power);
  }
  if (split || loudest == first)
    return;
  lq_slidemax_copy (&first->peak, &loudest->peak);
  lq_slidemax_copy (&first->power, &loudest->power);
}

/* At a grid point: one gain for all, or one each. */
static void
lq_comp_hop_link (lq_comp *u)
{
  const lq_ramp *link = &u->ramp[LQ_COMP_LINK];
  const bool whole = lq_ramp_resting (link) && link->z.value == 1.0;
  bool same = true;

  for (uint32_t c = 1; c < u->stream.channels && u->z.split; c++)
    same = same && fabs (u->channel[c].state.gain.z - u->channel[0].state.gain.z) < SAME_DB &&
           fabs (u->channel[c].state.slow.z - u->channel[0].state.slow.z) < SAME_DB;
  if (u->z.split == !whole || (whole && !same))
    return;
  lq_comp_hand_over (u, !whole);
  u->z.split = !whole;
}

/* At a grid point while something moves. */
static void
lq_comp_hop (lq_comp *u)
{
  const bool on = u->enabled && u->lookahead.waiting == 0;
  bool resting = u->lookahead.waiting == 0;

  if (u->enabled && !u->z.awake) {
    lq_comp_forget (u);
    u->z.awake = true;
  }
  lq_comp_hop_detector (u);
  lq_comp_hop_times (u);
  lq_ramp_set (&u->ramp[LQ_COMP_WET], on ? u->mix : 0.0);
  for (int i = 0; i < LQ_COMP_CONTROLS; i++) {
    lq_ramp_hop (&u->ramp[i]);
    resting = resting && lq_ramp_resting (&u->ramp[i]);
  }
  lq_comp_hop_link (u);
  resting = resting && u->z.detector == u->detector && same_times (&u->z.now, &u->times) &&
            value_of (u, LQ_COMP_TIMES) == 0.0 && value_of (u, LQ_COMP_SWAP) == 0.0 &&
            u->z.split == (value_of (u, LQ_COMP_LINK) != 1.0);
  u->moving = !resting;
  if (!u->moving && !u->enabled)
    u->z.awake = false;
}

/* Mean squares of channels first … end − 1, the largest of them. */
static void
lq_comp_power (lq_comp *u, const struct stretch *s, uint32_t first, uint32_t end, float *power)
{
  double unused[2];
  float mean[LQ_BLOCK];

  for (uint32_t c = first; c < end; c += 2) {
    const uint32_t last = end - c < 2 ? c : c + 1;
    double *const state[2] = { u->channel[c].mean, last == c ? unused : u->channel[last].mean };
    const float *const x[2] = { s->seen[c], s->seen[last] };
    memcpy (unused, u->channel[c].mean, sizeof unused);
    u->kernels->mean_square (u->keep_mean, state, x, c == first ? power : mean, s->n);
    for (uint32_t i = 0; i < s->n && c != first; i++)
      power[i] = mean[i] > power[i] ? mean[i] : power[i];
  }
  if (u->holds)
    lq_slidemax_process (&u->channel[first].power, power, s->n);
}

/* The level of channels first … end − 1 together, dB. */
static void
lq_comp_level (lq_comp *u, const struct stretch *s, uint32_t first, uint32_t end, float *level)
{
  const bool swaps = value_of (u, LQ_COMP_SWAP) != end_of (u, LQ_COMP_SWAP);
  const bool rms = u->z.detector == LQ_COMP_RMS;
  float power[LQ_BLOCK], fade[LQ_HOP];

  if (!rms || swaps) {
    u->kernels->magnitude (s->seen + first, level, end - first, s->n);
    lq_slidemax_process (&u->channel[first].peak, level, s->n);
    u->kernels->decibels (level, level, s->n);
  }
  if (!rms && !swaps)
    return;
  lq_comp_power (u, s, first, end, power);
  u->kernels->decibels (power, power, s->n);
  if (!swaps) {
    for (uint32_t i = 0; i < s->n; i++)
      level[i] = 0.5f * power[i];
    return;
  }
  lq_ramp_fill (&u->ramp[LQ_COMP_SWAP], fade, s->first, s->n);
  for (uint32_t i = 0; i < s->n; i++) {
    const float share = rms ? 1.0f - fade[i] : fade[i];
    level[i] += share * (0.5f * power[i] - level[i]);
  }
}

/* The curve at the beginning or the end of the hop. */
static struct lq_squash
lq_comp_squash (const lq_comp *u, bool at_end)
{
  float v[LQ_COMP_UPWARD + 1];

  for (int i = LQ_COMP_THRESHOLD; i <= LQ_COMP_UPWARD; i++)
    v[i] = (float)(at_end ? end_of (u, i) : value_of (u, i));
  return (struct lq_squash){ v[LQ_COMP_THRESHOLD], v[LQ_COMP_SLOPE], v[LQ_COMP_KNEE],
    v[LQ_COMP_RANGE], v[LQ_COMP_UPWARD] };
}

/* The gain that the curve wants; while it moves, between those of both ends of the hop. */
static void
lq_comp_target (const lq_comp *u, const struct stretch *s, const float *level, float *target)
{
  const struct lq_squash curve = lq_comp_squash (u, false);
  float later[LQ_HOP];

  u->kernels->squash (&curve, level, target, s->n);
  if (!u->moving)
    return;
  const struct lq_squash next = lq_comp_squash (u, true);
  u->kernels->squash (&next, level, later, s->n);
  for (uint32_t i = 0; i < s->n; i++)
    target[i] += (later[i] - target[i]) * (float)(s->first + i) / LQ_HOP;
}

/* The ratio in force at each level. */
static void
lq_comp_ratio (const lq_comp *u, const struct stretch *s, const float *level, float *ratio)
{
  const struct lq_squash c = lq_comp_squash (u, false);
  const float slope = c.slope < LOOP_SLOPE ? c.slope : LOOP_SLOPE;
  const float knee = c.knee_db > 0.01f ? c.knee_db : 0.01f;

  for (uint32_t i = 0; i < s->n; i++) {
    const float over = level[i] - c.threshold_db;
    float share = over / knee + 0.5f;
    share = share < 0.0f ? 0.0f : share > 1.0f ? 1.0f : share;
    share = over * c.slope >= c.range_db ? 0.0f : share;
    ratio[i] = 1.0f / (1.0f - slope * share);
  }
}

/* Targets of split channels move towards the lowest of them. */
static void
lq_comp_link (lq_comp *u, const struct stretch *s)
{
  float lowest[LQ_BLOCK], share[LQ_HOP];
  const float link = (float)value_of (u, LQ_COMP_LINK);

  if (!u->moving && link == 0.0f)
    return;
  memcpy (lowest, u->gain, s->n * sizeof *lowest);
  for (uint32_t c = 1; c < u->stream.channels; c++)
    for (uint32_t i = 0; i < s->n; i++) {
      const float t = u->gain[c * LQ_BLOCK + i];
      lowest[i] = t < lowest[i] ? t : lowest[i];
    }
  if (u->moving)
    lq_ramp_fill (&u->ramp[LQ_COMP_LINK], share, s->first, s->n);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    for (uint32_t i = 0; i < s->n; i++) {
      float *t = &u->gain[c * LQ_BLOCK + i];
      *t += (u->moving ? share[i] : link) * (lowest[i] - *t);
    }
}

static void
lq_comp_note (lq_comp *u, const float *gain, uint32_t n)
{
  float reduction = 0.0f;

  if (value_of (u, LQ_COMP_UPWARD) == 0.0 && end_of (u, LQ_COMP_UPWARD) == 0.0)
    reduction = u->kernels->peak (gain, n);
  else
    for (uint32_t i = 0; i < n; i++)
      reduction = -gain[i] > reduction ? -gain[i] : reduction;
  if (reduction > u->z.reduction_db)
    u->z.reduction_db = reduction;
}

/* Targets become gains. */
static void
lq_comp_follow (lq_comp *u, struct lq_comp_channel *at, const struct stretch *s,
    const float *level, float *gain)
{
  const bool swaps = u->moving && (u->ramp[LQ_COMP_TIMES].z.end != 0.0);
  float ratio[LQ_BLOCK], other[LQ_HOP], fade[LQ_HOP];

  if (u->z.now.loops || (swaps && u->z.next.loops))
    lq_comp_ratio (u, s, level, ratio);
  if (swaps)
    u->kernels->ballistics (&u->z.next.ballistics, &at->next, gain,
        u->z.next.loops ? ratio : NULL, other, s->first, s->n);
  u->kernels->ballistics (&u->z.now.ballistics, &at->state, gain, u->z.now.loops ? ratio : NULL,
      gain, s->first, s->n);
  if (!swaps)
    return;
  lq_ramp_fill (&u->ramp[LQ_COMP_TIMES], fade, s->first, s->n);
  for (uint32_t i = 0; i < s->n; i++)
    gain[i] += fade[i] * (other[i] - gain[i]);
}

/* Gains in dB, of one channel or of each. */
static void
lq_comp_gains (lq_comp *u, const struct stretch *s)
{
  const uint32_t channels = u->stream.channels, units = u->z.split ? channels : 1;

  for (uint32_t c = 0; c < units; c++) {
    float *level = u->level + c * LQ_BLOCK;
    lq_comp_level (u, s, c, units == 1 ? channels : c + 1, level);
    lq_comp_target (u, s, level, u->gain + c * LQ_BLOCK);
  }
  if (u->z.split)
    lq_comp_link (u, s);
  for (uint32_t c = 0; c < units; c++) {
    float *gain = u->gain + c * LQ_BLOCK;
    lq_comp_follow (u, &u->channel[c], s, u->level + c * LQ_BLOCK, gain);
    lq_comp_note (u, gain, s->n);
  }
}

/* x²/(1 + x²) without its DC, of channels c and c + 1 (or of one): the one recursion of colour, both
 * side by side. */
static void
lq_comp_even (lq_comp *u, uint32_t c, const struct stretch *s, float even[2][LQ_BLOCK])
{
  const uint32_t channels = u->stream.channels - c < 2 ? 1 : 2;
  struct lq_comp_channel *a = &u->channel[c], *b = a + channels - 1;
  const float keep = u->dc_keep;
  float *x = even[0], *y = even[channels - 1];
  float ax = a->dc_x, ay = a->dc_y, bx = b->dc_x, by = b->dc_y;

  for (uint32_t k = 0; k < channels; k++)
    for (uint32_t i = 0; i < s->n; i++) {
      const float v = s->at[c + k][i];
      even[k][i] = v * v / (1.0f + v * v);
    }
  for (uint32_t i = 0; i < s->n; i++) {
    const float left = x[i], right = y[i];
    ay = left - ax + keep * ay;
    by = right - bx + keep * by;
    ax = left;
    bx = right;
    y[i] = by;
    x[i] = ay;
  }
  a->dc_x = ax;
  a->dc_y = ay;
  b->dc_x = bx;
  b->dc_y = by;
}

/* x + k·x³/(1 + x²) + k·x²/(1 + x²) without DC, as much as the reduction asks for. */
static inline float
coloured (float v, float gain_db, float odd, float even)
{
  const float square = v * v / (1.0f + v * v);
  float depth = -gain_db / COLOUR_DB;

  depth = depth < 0.0f ? 0.0f : depth > 1.0f ? 1.0f : depth;
  return v + depth * (odd * v * square + even);
}

/* x + wet·(makeup·colour (gain·x) − x), for styles with colour. */
static void
lq_comp_apply_coloured (lq_comp *u, const struct stretch *s)
{
  float gain[LQ_BLOCK], odd[LQ_BLOCK], even[LQ_BLOCK], makeup[LQ_BLOCK], wet[LQ_BLOCK];
  float squares[2][LQ_BLOCK];

  lq_ramp_fill (&u->ramp[LQ_COMP_ODD], odd, s->first, s->n);
  lq_ramp_fill (&u->ramp[LQ_COMP_EVEN], even, s->first, s->n);
  lq_ramp_fill (&u->ramp[LQ_COMP_WET], wet, s->first, s->n);
  lq_ramp_fill (&u->ramp[LQ_COMP_MAKEUP], makeup, s->first, s->n);
  u->kernels->gains (makeup, makeup, s->n);
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    const float *db = u->gain + (u->z.split ? c * LQ_BLOCK : 0), *square = squares[c % 2];
    float *x = s->at[c];
    if (c % 2 == 0)
      lq_comp_even (u, c, s, squares);
    if (c == 0 || u->z.split)
      u->kernels->gains (db, gain, s->n);
    for (uint32_t i = 0; i < s->n; i++) {
      const float y = coloured (x[i], db[i], odd[i], even[i] * square[i]);
      x[i] += wet[i] * (makeup[i] * gain[i] * y - x[i]);
    }
  }
}

/* What the reduction comes to: 1 + wet·(makeup·gain − 1). */
static void
lq_comp_gain (const lq_comp *u, const struct stretch *s, const float *db, float *gain)
{
  float makeup[LQ_HOP], wet[LQ_HOP];
  const float makeup_db = (float)value_of (u, LQ_COMP_MAKEUP),
              mix = (float)value_of (u, LQ_COMP_WET);

  if (!u->moving) {
    for (uint32_t i = 0; i < s->n; i++)
      gain[i] = db[i] + makeup_db;
    u->kernels->gains (gain, gain, s->n);
    for (uint32_t i = 0; i < s->n && mix != 1.0f; i++)
      gain[i] = 1.0f + mix * (gain[i] - 1.0f);
    return;
  }
  lq_ramp_fill (&u->ramp[LQ_COMP_MAKEUP], makeup, s->first, s->n);
  lq_ramp_fill (&u->ramp[LQ_COMP_WET], wet, s->first, s->n);
  for (uint32_t i = 0; i < s->n; i++)
    gain[i] = db[i] + makeup[i];
  u->kernels->gains (gain, gain, s->n);
  for (uint32_t i = 0; i < s->n; i++)
    gain[i] = 1.0f + wet[i] * (gain[i] - 1.0f);
}

static void
lq_comp_apply (lq_comp *u, const struct stretch *s)
{
  float gain[LQ_BLOCK];

  for (uint32_t c = 0; c < u->stream.channels; c++) {
    if (c == 0 || u->z.split)
      lq_comp_gain (u, s, u->gain + (u->z.split ? c * LQ_BLOCK : 0), gain);
    lq_orc_gain_curve (s->at[c], gain, (int)s->n);
  }
}

static void
lq_comp_stretch (lq_comp *u, struct stretch *s, bool listens, uint32_t done)
{
  const bool feedback = u->z.now.loops;

  if (feedback)
    lq_lookahead_process (&u->lookahead, s->at, s->n);
  lq_sidechain_process (&u->sidechain, s->at, s->seen, s->n);
  for (uint32_t c = 0; c < u->stream.channels && listens; c++)
    memcpy (lq_listen_plane (&u->listen, c) + done, s->seen[c], s->n * sizeof (float));
  if (u->z.awake)
    lq_comp_gains (u, s);
  if (!feedback)
    lq_lookahead_process (&u->lookahead, s->at, s->n);
  if (!u->z.awake)
    return;
  if (value_of (u, LQ_COMP_ODD) != 0.0 || value_of (u, LQ_COMP_EVEN) != 0.0 ||
      end_of (u, LQ_COMP_ODD) != 0.0 || end_of (u, LQ_COMP_EVEN) != 0.0)
    lq_comp_apply_coloured (u, s);
  else
    lq_comp_apply (u, s);
}

void
lq_comp_process (lq_comp *u, float *const *ch, uint32_t frames)
{
  const uint32_t heard = lq_listen_process (&u->listen, frames);
  struct stretch s;

  for (uint32_t done = 0; done < frames; done += s.n) {
    if (u->z.phase == 0 && u->moving)
      lq_comp_hop (u);
    s.first = u->z.phase;
    s.n = u->moving || u->lookahead.waiting ? lq_hop_left (u->z.phase, frames - done)
                                            : frames - done;
    for (uint32_t c = 0; c < u->stream.channels; c++)
      s.at[c] = ch[c] + done;
    lq_comp_stretch (u, &s, done < heard, done);
    u->z.phase = (u->z.phase + s.n) % LQ_HOP;
  }
}
