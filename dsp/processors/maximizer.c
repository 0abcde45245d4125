/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: maximizer.
 * Source:  laws as properties/masterchain.csv, maximizer-*; limiter: maximizer-gain.c,
 *          primitives/limit.c; rounding: primitives/soften.c.
 *
 *   x ─┬─→ × drive · lift ─→ rounding ─→ limiter ─→ × w ───┐
 *      ├─→ level ─→ lift                                   + ─→ y
 *      └─→ line, the latency ─────────────────→ × (1 − w) ─┘
 *
 * Lift: the mean square of hops, made even over the waves of a tone (EVEN_MS), then rising with
 * RISE_MS and falling with FALL_MS; its lift, followed with LIFT_MS.
 *
 * Asleep (nothing of the wet signal is heard) only the line runs. Woken, the wet path starts from
 * silence, and is let in when its latency has passed. What feeds back from the limiter (the lasting
 * reduction, to where rounding begins) does so on a grid of LQ_SOFTEN_BLOCK frames, which is also
 * the most that is processed at once.
 *
 * z: as in the header. */

#include "../base/mathx.h"
#include "maximizer-private.h"

#include <string.h>

/* Below the ceiling, for what meters read between the points that are looked at; and for how products
 * are rounded. */
#define MARGIN_DB 0.1
#define ROUNDING 1e-6

/* Least inner ceiling, whatever the output's format. */
#define CEILING_LEAST 1e-3

/* A ceiling that falls turns down in the middle of a wave: slower than a gain. */
#define CEILING_RAMP_MS 20.0

/* A drive that rises by 42 dB turns the limiter down by as much, a wave at a time: slower still. */
#define DRIVE_RAMP_MS 24.0

/* Lift: in full where the level, driven, is LIFT_FULL_DB or more below the ceiling, none from
 * LIFT_NONE_DB on; fading where the input is between FLOOR_FULL_DB and FLOOR_NONE_DB. */
#define LIFT_FULL_DB (-42.0)
#define LIFT_NONE_DB (-18.0)
#define FLOOR_FULL_DB (-55.0)
#define FLOOR_NONE_DB (-70.0)
#define EVEN_MS 40.0
#define RISE_MS 50.0
#define FALL_MS 500.0
#define LIFT_MS 150.0

/* A lift of less is none, dB. */
#define LIFT_DONE_DB 1e-3

static const struct lq_enum styles = { "LqMaximizerStyle",
  (const struct lq_item[]){ { "transparent", "Transparent", LQ_MAXIMIZER_TRANSPARENT },
      { "punchy", "Punchy", LQ_MAXIMIZER_PUNCHY }, { "loud", "Loud", LQ_MAXIMIZER_LOUD },
      { "bus", "Bus", LQ_MAXIMIZER_BUS }, { "clip", "Clip", LQ_MAXIMIZER_CLIP },
      { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_maximizer_params, name)
const struct lq_param lq_maximizer_rows[LQ_MAXIMIZER_ROWS] = {
  { "enabled", "Maximizer", "Look-ahead limiter, last in the chain", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (enabled), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "threshold", "Threshold",
      "What comes out at the ceiling: drive = gain + max(0, ceiling − threshold)", "dBFS",
      LQ_FLOAT, LQ_LINEAR, FIELD (threshold_db), -30, 0, 0, NULL, LQ_PLAYING, DRIVE_RAMP_MS },
  { "gain", "Drive", "Drive into the limiter", "dB", LQ_FLOAT, LQ_LINEAR, FIELD (gain_db), -12,
      30, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "ceiling", "Ceiling", "dBTP with true-peak; held in the negotiated format, dither included",
      "dBFS", LQ_FLOAT, LQ_LINEAR, FIELD (ceiling_db), -30, 0, -1, NULL, LQ_PLAYING,
      CEILING_RAMP_MS },
  { "true-peak", "True peak", "Off: sample peaks only", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (true_peak), 0, 1, 1, NULL, LQ_PLAYING, CEILING_RAMP_MS },
  { "style", "Style",
      "Balance of reduction and clipping and of the two release stages; the ceiling holds in "
      "all",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (style), 0, LQ_MAXIMIZER_STYLES - 1,
      LQ_MAXIMIZER_TRANSPARENT, &styles, LQ_PLAYING, LQ_RAMP_MS },
  { "release", "Release", "τ while auto-release is off", "ms", LQ_FLOAT, LQ_LOG,
      FIELD (release_ms), 1, 2000, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "auto-release", "Auto release", "Release by the programme: slower after long limiting",
      NULL, LQ_BOOL, LQ_LINEAR, FIELD (auto_release), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "lookahead", "Look-ahead", "Counts in the latency", "ms", LQ_FLOAT, LQ_LINEAR,
      FIELD (lookahead_ms), 0.5, 20, 2, NULL, 0, 0 },
  { "link-transient", "Link of transients", "Channels share short reduction", "%", LQ_FLOAT,
      LQ_LINEAR, FIELD (link_transient_percent), 0, 100, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "link-release", "Link of release", "Channels share lasting reduction", "%", LQ_FLOAT,
      LQ_LINEAR, FIELD (link_release_percent), 0, 100, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "upward", "Upward", "Quiet passages are raised by up to this before the limiter; 0 is off",
      "dB", LQ_FLOAT, LQ_LINEAR, FIELD (upward_db), 0, 12, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "soft-clip", "Soft clip", "Rounds peaks before the limiter, oversampled; 0 is off", "%",
      LQ_FLOAT, LQ_LINEAR, FIELD (soft_clip_percent), 0, 100, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_maximizer_rows, struct lq_maximizer_params);

/* Laws. */

double
lq_maximizer_drive_db (const struct lq_maximizer_params *p)
{
  return (double)p->gain_db + fmax (0.0, (double)p->ceiling_db - (double)p->threshold_db);
}

/* 0 … 1 from `from` to `to`, without corners. */
static double
smooth (double x, double from, double to)
{
  const double t = lq_clamp ((x - from) / (to - from), 0.0, 1.0);

  return t * t * (3.0 - 2.0 * t);
}

double
lq_maximizer_lift_db (const struct lq_maximizer_params *p, double level_db)
{
  const double driven = level_db + lq_maximizer_drive_db (p) - (double)p->ceiling_db;

  return (double)p->upward_db * smooth (driven, LIFT_NONE_DB, LIFT_FULL_DB) *
         smooth (level_db, FLOOR_NONE_DB, FLOOR_FULL_DB);
}

/* What the limiter is set to. */
static double
inner_ceiling (const lq_maximizer *u)
{
  const double ceiling = u->p.ceiling_db;
  const double inner = u->p.true_peak ? lq_db_to_lin (ceiling - MARGIN_DB) -
                                            u->error * lq_limit_error_gain (&u->limit)
                                      : lq_db_to_lin (ceiling) * (1.0 - ROUNDING) - u->error;

  return fmax (inner, CEILING_LEAST);
}

/* Setup. */

static double
share (double ms, double hops_a_second)
{
  return 1.0 - exp (-1000.0 / (ms * hops_a_second));
}

static bool
prepare_ramps (lq_maximizer *u, lq_arena *arena)
{
  const uint32_t length = LQ_SOFTEN_BLOCK;
  float *curves = lq_arena_alloc (arena, LQ_MAXIMIZER_EARLY * length * sizeof *curves);
  bool ok = curves != NULL;

  for (uint32_t i = 0; ok && i < LQ_MAXIMIZER_EARLY; i++)
    u->curve[i].at = curves + i * length;
  u->how.level = u->curve[LQ_MAXIMIZER_LEVEL].at;
  u->how.soft = u->curve[LQ_MAXIMIZER_SOFT].at;
  u->how.hard = u->curve[LQ_MAXIMIZER_HARD].at;
  for (uint32_t i = 0; i < LQ_MAXIMIZER_CONTROLS; i++)
    ok = ok && lq_ramp_prepare (&u->ramp[i], &u->stream, arena,
                   i == LQ_MAXIMIZER_CEILING ? CEILING_RAMP_MS
                   : i == LQ_MAXIMIZER_DRIVE ? DRIVE_RAMP_MS
                                             : LQ_RAMP_MS);
  return ok;
}

/* Four groups in the look-ahead and what is added to it, each of so many pieces as can be looked
 * at. */
static struct lq_limit_config
configure (const lq_stream *stream, double lookahead_ms)
{
  const uint32_t span =
      (uint32_t)lround (lookahead_ms * stream->rate / 1000.0) + LQ_MAXIMIZER_SMOOTH;
  const uint32_t most = LQ_LIMIT_KNOTS * LQ_OVERSHOOT_GROUP, pieces = (span + most - 1) / most;
  const uint32_t piece = span / (LQ_LIMIT_KNOTS * pieces);

  return (struct lq_limit_config){ piece, pieces, span - LQ_LIMIT_KNOTS * pieces * piece,
    stream->channels };
}

bool
lq_maximizer_prepare (lq_maximizer *u, const lq_stream *stream,
    const struct lq_maximizer_params *p, lq_arena *arena)
{
  const struct lq_module self = { "", lq_maximizer_rows, LQ_MAXIMIZER_ROWS, 0, NULL };
  struct lq_maximizer_params defaults;
  struct lq_limit_config config;
  const double hops = stream->rate / LQ_HOP;

  lq_modules_defaults (&self, 1, &defaults);
  p = p ? p : &defaults;
  config = configure (stream, p->lookahead_ms);
  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->own = lq_arena_alloc (arena, stream->channels * sizeof *u->own);
  u->late = lq_arena_alloc (arena, LQ_SOFTEN_BLOCK * sizeof *u->late);
  if (!u->own || !u->late || !prepare_ramps (u, arena) ||
      !lq_soften_prepare (&u->soften, stream, arena) ||
      !lq_limit_prepare (&u->limit, stream, &config, arena) ||
      !lq_lookahead_prepare (&u->dry, stream->channels,
          lq_soften_latency (&u->soften) + u->limit.latency, p->enabled, arena))
    return false;
  u->groups_a_second = stream->rate / u->limit.group;
  u->evens = share (EVEN_MS, hops);
  u->rise = share (RISE_MS, hops);
  u->fall = share (FALL_MS, hops);
  u->lift = share (LIFT_MS, hops);
  lq_maximizer_set (u, p);
  lq_maximizer_reset (u);
  return true;
}

void
lq_maximizer_set (lq_maximizer *u, const struct lq_maximizer_params *p)
{
  const double soft = (double)p->soft_clip_percent / 100.0;

  u->p = *p;
  u->manner = &lq_maximizer_manners[p->style];
  u->enabled = p->enabled;
  u->soft = soft;
  u->hard = (double)u->manner->rounds * (1.0 - soft);
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_DRIVE], lq_db_to_lin (lq_maximizer_drive_db (p)));
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_CEILING], inner_ceiling (u));
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_TRANSIENT], (double)p->link_transient_percent / 100.0);
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_RELEASE], (double)p->link_release_percent / 100.0);
  lq_maximizer_times (u);
  if (p->enabled)
    lq_lookahead_need (&u->dry);
}

void
lq_maximizer_set_output (lq_maximizer *u, double sample_error)
{
  u->error = sample_error;
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_CEILING], inner_ceiling (u));
}

uint32_t
lq_maximizer_grow (lq_maximizer *u)
{
  return lq_lookahead_grow (&u->dry);
}

/* Where rounding begins, linear. */
static void
aim_level (lq_maximizer *u)
{
  const struct lq_maximizer_manner *m = u->manner;
  const double above_db = (double)m->above_db + (double)m->follows * u->z.lasting;

  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_LEVEL],
      inner_ceiling (u) * lq_db_to_lin (above_db * (1.0 - u->soft)));
}

/* The wet path as if it had only ever heard silence at these settings. */
static void
wake (lq_maximizer *u)
{
  u->z.awake = true;
  u->z.hop = 0;
  u->z.rounds = u->soft > 0.0 || u->hard > 0.0;
  u->z.rested = false;
  memset (u->z.sum, 0, sizeof u->z.sum);
  u->z.even = u->z.mean = u->z.lift_db = u->z.lasting = 0.0;
  aim_level (u);
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_LIFT], 1.0);
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_SOFT], u->soft);
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_HARD], u->hard);
  for (uint32_t i = 0; i < LQ_MAXIMIZER_CONTROLS; i++)
    if (i != LQ_MAXIMIZER_WET)
      lq_ramp_jump (&u->ramp[i]);
  u->z.drive = (float)u->ramp[LQ_MAXIMIZER_DRIVE].z.value;
  lq_soften_reset (&u->soften);
  lq_maximizer_forget (u);
}

void
lq_maximizer_reset (lq_maximizer *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_lookahead_reset (&u->dry);
  wake (u);
  u->z.awake = u->enabled;
  u->z.before = lq_soften_latency (&u->soften);
  u->z.left = UINT32_MAX;
  lq_ramp_jump_to (&u->ramp[LQ_MAXIMIZER_WET], u->enabled ? 1.0 : 0.0);
}

void
lq_maximizer_await (lq_maximizer *u, uint32_t frames)
{
  u->z.before += frames;
}

void
lq_maximizer_end (lq_maximizer *u, uint32_t frames)
{
  u->z.left = frames == UINT32_MAX ? frames : frames + lq_soften_latency (&u->soften);
}

uint32_t
lq_maximizer_latency (const lq_maximizer *u)
{
  return lq_lookahead_latency (&u->dry);
}

uint32_t
lq_maximizer_latency_most (const lq_maximizer *u)
{
  return u->dry.frames;
}

uint32_t
lq_maximizer_tail (const lq_maximizer *u)
{
  return u->z.awake || u->enabled ? 2 * lq_soften_latency (&u->soften) : 0;
}

bool
lq_maximizer_neutral (const lq_maximizer *u)
{
  return !u->dry.late && !u->z.awake && !u->enabled;
}

float
lq_maximizer_reduction_db (lq_maximizer *u)
{
  const float least = u->z.least;

  u->z.least = 1.0f;
  return least < 1.0f ? (float)-lq_lin_to_db (least) : 0.0f;
}

/* Grid. */

/* The hop that is over, to the lift. */
static void
hop_lift (lq_maximizer *u)
{
  const double frames = (double)LQ_HOP * u->stream.channels;
  double mean = 0.0, target;

  for (uint32_t k = 0; k < LQ_MAXIMIZER_SUMS; k++) {
    mean += u->z.sum[k] / frames;
    u->z.sum[k] = 0.0;
  }
  u->z.even += (mean - u->z.even) * u->evens;
  u->z.mean += (u->z.even - u->z.mean) * (u->z.even > u->z.mean ? u->rise : u->fall);
  target =
      u->p.upward_db > 0.0f ? lq_maximizer_lift_db (&u->p, lq_power_to_db (u->z.mean)) : 0.0;
  u->z.lift_db += (target - u->z.lift_db) * u->lift;
  if (target == 0.0 && u->z.lift_db < LIFT_DONE_DB)
    u->z.lift_db = 0.0;
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_LIFT], lq_db_to_lin (u->z.lift_db));
}

static void
hop_wet (lq_maximizer *u)
{
  u->z.wait -= u->z.wait < LQ_HOP ? u->z.wait : LQ_HOP;
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_WET], u->enabled && !u->z.wait ? 1.0 : 0.0);
}

static void
hop_rounding (lq_maximizer *u)
{
  const lq_ramp *soft = &u->ramp[LQ_MAXIMIZER_SOFT], *hard = &u->ramp[LQ_MAXIMIZER_HARD];
  const bool wanted = u->soft > 0.0 || u->hard > 0.0;
  const bool ready = u->z.rounds && lq_soften_ready (&u->soften);

  if (u->z.phase == 0) {
    const bool rests = !wanted && lq_ramp_absent (soft) && lq_ramp_absent (hard);
    aim_level (u);
    u->z.rounds = u->z.rounds && !(rests && u->z.rested);
    u->z.rested = rests;
  }
  u->z.rounds = u->z.rounds || wanted;
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_SOFT], ready ? u->soft : 0.0);
  lq_ramp_set (&u->ramp[LQ_MAXIMIZER_HARD], ready ? u->hard : 0.0);
}

static void
hop (lq_maximizer *u)
{
  if (!u->z.awake && !u->enabled)
    return;
  if (!u->z.awake) {
    wake (u);
    u->z.wait = u->dry.frames + 2 * LQ_HOP;
    lq_ramp_jump_to (&u->ramp[LQ_MAXIMIZER_WET], 0.0);
  }
  hop_wet (u);
  hop_rounding (u);
  if (u->p.upward_db > 0.0f || u->z.lift_db != 0.0)
    hop_lift (u);
  for (uint32_t i = 0; i < LQ_MAXIMIZER_EARLY; i++)
    lq_ramp_move (&u->ramp[i]);
  if (!u->enabled && lq_ramp_absent (&u->ramp[LQ_MAXIMIZER_WET]))
    u->z.awake = false;
}

/* Sound. */

static void
measure (lq_maximizer *u, float *const *ch, uint32_t at, uint32_t n)
{
  for (uint32_t c = 0; c < u->stream.channels; c++)
    for (uint32_t i = 0; i < n; i++) {
      const double x = ch[c][at + i];
      u->z.sum[(u->z.phase + i) % LQ_MAXIMIZER_SUMS] += x * x;
    }
}

static bool
rests_at (const lq_ramp *r, double value)
{
  return lq_ramp_resting (r) && r->target == value;
}

/* The first n values of a flat curve come into memory. */
static void
spread (struct lq_maximizer_curve *curve, uint32_t n)
{
  for (uint32_t i = 0; i < n && curve->flat; i++)
    curve->at[i] = curve->value;
  curve->flat = false;
}

/* Frames at … at + n − 1 of the block, all of one hop, from frame `first` of it on: a ramp's values. */
static void
draw (
    struct lq_maximizer_curve *curve, const lq_ramp *r, uint32_t first, uint32_t at, uint32_t n)
{
  const float value = (float)r->z.value;

  if (lq_ramp_resting (r) && (at == 0 || (curve->flat && curve->value == value))) {
    curve->flat = true;
    curve->value = value;
    return;
  }
  if (at == 0)
    curve->flat = false;
  spread (curve, at);
  lq_ramp_fill (r, curve->at + at, first, n);
}

static void
draw_all (lq_maximizer *u, uint32_t at, uint32_t n)
{
  const uint32_t first = u->z.phase % LQ_HOP;

  for (uint32_t i = 0; i < LQ_MAXIMIZER_EARLY; i++)
    if (u->z.rounds || i < LQ_MAXIMIZER_LEVEL)
      draw (&u->curve[i], &u->ramp[i], first, at, n);
}

/* What rounding is told of n frames; NULL: there is none. */
static const struct lq_soften_how *
tell (lq_maximizer *u, uint32_t n)
{
  const struct lq_maximizer_curve *soft = &u->curve[LQ_MAXIMIZER_SOFT],
                                  *hard = &u->curve[LQ_MAXIMIZER_HARD];

  if (!u->z.rounds)
    return NULL;
  u->how.softens = !soft->flat || soft->value != 0.0f;
  u->how.hardens = !hard->flat || hard->value != 0.0f;
  for (uint32_t i = LQ_MAXIMIZER_LEVEL; i < LQ_MAXIMIZER_EARLY; i++)
    spread (&u->curve[i], n);
  return &u->how;
}

/* x times a curve. */
static void
scale (const struct lq_maximizer_curve *curve, float *x, uint32_t n)
{
  const float *at = curve->at, gain = curve->value;

  if (!curve->flat)
    for (uint32_t i = 0; i < n; i++)
      x[i] *= at[i];
  else if (gain != 1.0f)
    for (uint32_t i = 0; i < n; i++)
      x[i] *= gain;
}

/* n frames at the limiter, of which those outside the programme are silence; ch NULL: they pass. */
static void
frame (lq_maximizer *u, float *const *ch, uint32_t n)
{
  const uint32_t before = u->z.before < n ? u->z.before : n;
  const uint32_t left = u->z.left < n ? u->z.left : n;

  for (uint32_t c = 0; c < u->stream.channels && ch; c++) {
    memset (ch[c], 0, before * sizeof *ch[c]);
    memset (ch[c] + left, 0, (n - left) * sizeof *ch[c]);
  }
  u->z.before -= before;
  if (u->z.left != UINT32_MAX)
    u->z.left -= left;
}

static void
mix (lq_maximizer *u, float *const *ch, uint32_t n)
{
  const float *wet = u->curve[LQ_MAXIMIZER_WET].at;

  spread (&u->curve[LQ_MAXIMIZER_WET], n);
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    float *x = ch[c];
    lq_lookahead_read (&u->dry, c, u->late, n);
    for (uint32_t i = 0; i < n; i++)
      x[i] = u->late[i] + wet[i] * (x[i] - u->late[i]);
  }
}

/* At most a block, within which nothing but curves changes. */
static void
block (lq_maximizer *u, float *const *ch, uint32_t n)
{
  const struct lq_maximizer_curve *wet = &u->curve[LQ_MAXIMIZER_WET];

  for (uint32_t done = 0, some; done < n; done += some) {
    if (u->z.phase % LQ_HOP == 0 && done > 0)
      hop (u);
    some = lq_hop_left (u->z.phase % LQ_HOP, n - done);
    if (u->p.upward_db > 0.0f)
      measure (u, ch, done, some);
    draw_all (u, done, some);
    u->z.phase = (u->z.phase + some) % LQ_SOFTEN_BLOCK;
  }
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    lq_lookahead_write (&u->dry, c, ch[c], n);
    scale (&u->curve[LQ_MAXIMIZER_DRIVE], ch[c], n);
    scale (&u->curve[LQ_MAXIMIZER_LIFT], ch[c], n);
  }
  lq_soften_process (&u->soften, ch, n, tell (u, n));
  frame (u, ch, n);
  lq_maximizer_limit (u, ch, n);
  if (!wet->flat || wet->value != 1.0f)
    mix (u, ch, n);
  lq_lookahead_advance (&u->dry, n);
}

/* Frames until something may change that a block can't hold, at most n. */
static uint32_t
stretch (const lq_maximizer *u, uint32_t n)
{
  const uint32_t left = LQ_SOFTEN_BLOCK - u->z.phase;
  const bool wanted = u->soft > 0.0 || u->hard > 0.0;
  const bool steady = u->z.awake &&
                      rests_at (&u->ramp[LQ_MAXIMIZER_WET], u->enabled ? 1.0 : 2.0) &&
                      u->z.rounds == u->soften.z.awake && (u->z.rounds || !wanted) &&
                      (!u->z.rounds || lq_soften_ready (&u->soften));

  n = n < left ? n : left;
  return steady ? n : lq_hop_left (u->z.phase % LQ_HOP, n);
}

void
lq_maximizer_process (lq_maximizer *u, float *const *ch, uint32_t frames)
{
  float *planes[LQ_CHANNELS_MAX];

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase % LQ_HOP == 0)
      hop (u);
    n = stretch (u, frames - done);
    for (uint32_t c = 0; c < u->stream.channels; c++)
      planes[c] = ch[c] + done;
    if (u->z.awake) {
      block (u, planes, n);
      continue;
    }
    frame (u, NULL, n);
    if (u->dry.late)
      lq_lookahead_process (&u->dry, planes, n);
    u->z.phase = (u->z.phase + n) % LQ_SOFTEN_BLOCK;
  }
}
