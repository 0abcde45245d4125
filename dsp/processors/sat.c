/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: saturation.
 * Source:  laws as properties/channelstrip.csv, sat-*; pre-emphasis and its inverse about a curve:
 *          magnetic recording; first-order sections: firstorder.c.
 *
 *   x ─┬─→ × g ─→ tone, highs, iron ─→ to the fast rate ─→ curve ─→ back ─→ their inverses ─→
 *      │      ─→ − offset ─→ × post ─→ × m ─┐
 *      └─→ line, the latency ───→ × (1 − m) ┴─→ y
 *
 * On a route the wet path hears one signal, and what it makes of it less that signal is added.
 *
 * What is done before the curve is undone behind it a latency later: while it moves, its values go
 * through a line (`past`, less z.base, so that an empty line reads as that), and both are inverse
 * of each other at any time.
 *
 * Asleep (the wet signal isn't heard) nothing is computed. Woken, the wet path starts from silence,
 * and is let in when its latency has passed. Styles fade, one after the other.
 *
 * z: phase counts frames on the grid; bias are the last values of the ramp, oldest first. */

#include "sat-private.h"

#include "../base/mathx.h"

#include <string.h>

/* Most bias, as a share of a curve's level. */
#define BIAS_MOST 0.6

#define TONE_HZ 1000.0
#define HIGHS_HZ 4000.0
#define IRON_HZ 90.0

/* From full scale to −96 dBFS, and room: nepers; and the lowest pole of an inverse section, Hz. */
#define TAIL_NEPERS 14.0
#define TAIL_HZ 30.0

static const struct lq_enum styles = { "LqSatStyle",
  (const struct lq_item[]){ { "tape", "Tape", LQ_SAT_TAPE }, { "tube", "Tube", LQ_SAT_TUBE },
      { "transformer", "Transformer", LQ_SAT_TRANSFORMER }, { "soft", "Soft", LQ_SAT_SOFT },
      { "hard", "Hard", LQ_SAT_HARD }, { NULL, NULL, 0 } } };
const struct lq_enum lq_sat_factors = { "LqSatOversampling",
  (const struct lq_item[]){ { "auto", "By the rate", 0 }, { "1", "None", 1 },
      { "2", "Twice", 2 }, { "4", "4 times", 4 }, { "8", "8 times", 8 }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_sat_params, name)
const struct lq_param lq_sat_rows[LQ_SAT_ROWS] = {
  { "enabled", "Saturation", "Saturation on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1,
      0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "style", "Style",
      "Curve and, for tape and transformer, what saturates first: highs, lows; small signals "
      "pass flat",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (style), 0, 4, 0, &styles, LQ_PLAYING, LQ_RAMP_MS },
  { "drive", "Drive", "Gain into the curve, whose slope at zero is 1", "dB", LQ_FLOAT,
      LQ_LINEAR, FIELD (drive_db), 0, 36, 6, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "bias", "Bias", "Asymmetry: even harmonics; the offset it makes is removed", "%", LQ_FLOAT,
      LQ_LINEAR, FIELD (bias_percent), -100, 100, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "tone", "Tone",
      "Tilt around 1 kHz before the curve and its inverse after it; positive: highs saturate "
      "more",
      "dB", LQ_FLOAT, LQ_LINEAR, FIELD (tone_db), -12, 12, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mix", "Saturation mix", "Dry to saturated", "%", LQ_FLOAT, LQ_LINEAR, FIELD (mix_percent),
      0, 100, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "level-match", "Level match",
      "Takes the drive back behind the curve, so that small signals stay at 0 dB", NULL,
      LQ_BOOL, LQ_LINEAR, FIELD (level_match), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "oversampling", "Oversampling",
      "auto: 4 below 88.2 kHz, 2 below 176.4 kHz, 1 above; counts in the latency", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (oversampling), 0, 8, 0, &lq_sat_factors, 0, 0 },
};
LQ_ASSERT_ROWS (lq_sat_rows, struct lq_sat_params);

static uint32_t
factor_of (int32_t oversampling, double rate)
{
  if (oversampling)
    return (uint32_t)oversampling;
  return rate < 88200.0 ? 4 : rate < 176400.0 ? 2 : 1;
}

static bool
prepare_ramps (lq_sat *u, lq_arena *arena)
{
  lq_ramp *const ramps[] = { &u->drive_db, &u->bias, &u->dc, &u->amount, &u->fade };
  bool ok = true;

  for (uint32_t i = 0; i < LQ_COUNT (ramps); i++)
    ok = ok && lq_ramp_prepare (ramps[i], &u->stream, arena, LQ_RAMP_MS);
  for (uint32_t i = 0; i < LQ_SAT_CONTROLS; i++)
    ok = ok && lq_ramp_prepare (&u->control[i], &u->stream, arena, LQ_RAMP_MS);
  return ok;
}

bool
lq_sat_prepare (
    lq_sat *u, const lq_stream *stream, const struct lq_sat_params *p, lq_arena *arena)
{
  return lq_sat_prepare_kinds (u, stream, p, lq_sat_kinds, arena);
}

bool
lq_sat_prepare_kinds (lq_sat *u, const lq_stream *stream, const struct lq_sat_params *p,
    const struct lq_sat_kind *kinds, lq_arena *arena)
{
  const struct lq_module self = { "", lq_sat_rows, LQ_SAT_ROWS, 0, NULL };
  struct lq_sat_params defaults;
  uint32_t factor;

  lq_modules_defaults (&self, 1, &defaults);
  p = p ? p : &defaults;
  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->kinds = kinds;
  factor = factor_of (p->oversampling, stream->rate);
  u->means = kinds == lq_sat_kinds && lq_sat_means (stream, factor);
  u->reach = u->means ? lq_sat_reach (factor) : 0;
  u->section[LQ_SAT_TONE] = lq_first_design (TONE_HZ, stream->rate, -0.5, 0.5);
  u->section[LQ_SAT_HIGHS] = lq_first_design (HIGHS_HZ, stream->rate, 0.0, 1.0);
  u->section[LQ_SAT_IRON] = lq_first_design (IRON_HZ, stream->rate, 1.0, 0.0);
  if (!lq_oversample_prepare (&u->over, stream, factor, u->reach, arena) ||
      !prepare_ramps (u, arena))
    return false;
  lq_sat_droop (u);
  u->scratch = lq_arena_alloc (arena, lq_sat_scratch (u) * sizeof *u->scratch);
  u->channel = lq_arena_alloc (arena, stream->channels * sizeof *u->channel);
  if (!u->scratch || !u->channel ||
      !lq_lookahead_prepare (
          &u->dry, stream->channels, lq_oversample_latency (&u->over), p->enabled, arena) ||
      !lq_line_prepare (&u->past, LQ_SAT_CONTROLS, u->dry.frames, arena))
    return false;
  lq_sat_set (u, p);
  lq_sat_reset (u);
  return true;
}

void
lq_sat_set (lq_sat *u, const struct lq_sat_params *p)
{
  const struct lq_sat_kind *kind = &u->kinds[p->style];
  const double bias = p->bias_percent / 100.0 * BIAS_MOST;

  u->wanted = p->enabled ? p->mix_percent / 100.0 : 0.0;
  u->style = (uint32_t)p->style;
  lq_ramp_set (&u->drive_db, p->drive_db);
  lq_ramp_set (&u->bias, bias);
  lq_ramp_set (&u->dc, bias + kind->bias != 0.0 ? 1.0 : 0.0);
  lq_ramp_set (&u->control[LQ_SAT_TONE], p->tone_db);
  lq_ramp_set (&u->control[LQ_SAT_HIGHS], kind->highs_db);
  lq_ramp_set (&u->control[LQ_SAT_IRON], kind->iron_db);
  lq_ramp_set (&u->control[LQ_SAT_POST], p->level_match ? -p->drive_db : 0.0);
  if (p->enabled)
    lq_lookahead_need (&u->dry);
  u->asked = true;
}

void
lq_sat_set_route (lq_sat *u, enum lq_sat_route route)
{
  u->route = u->stream.channels == 2 ? route : LQ_SAT_STEREO;
  u->asked = true;
}

/* The amount that there may be: none by a route that isn't asked for any more. */
static double
wanted (const lq_sat *u)
{
  return u->z.route == u->route ? u->wanted : 0.0;
}

uint32_t
lq_sat_grow (lq_sat *u)
{
  return lq_lookahead_grow (&u->dry);
}

/* The wet path as if it had only ever heard silence at these settings. */
static void
wake (lq_sat *u)
{
  lq_ramp *const ramps[] = { &u->drive_db, &u->bias, &u->dc };

  for (uint32_t i = 0; i < LQ_COUNT (ramps); i++)
    lq_ramp_jump (ramps[i]);
  for (uint32_t i = 0; i < LQ_SAT_CONTROLS; i++)
    lq_ramp_jump (&u->control[i]);
  memset (u->channel, 0, u->stream.channels * sizeof *u->channel);
  lq_oversample_reset (&u->over);
  u->z.from = u->z.to = u->style;
  u->z.route = u->route;
  u->z.settle = 0;
  u->z.awake = true;
}

/* What holds while nothing moves. */
static void
rest (lq_sat *u)
{
  u->z.moving = false;
  u->rest.curve = lq_sat_curve (u, u->z.to, u->bias.z.value);
  for (uint32_t k = 0; k < LQ_SAT_SECTIONS; k++) {
    u->rest.before[k] = lq_first_taps (&u->section[k], u->control[k].z.value);
    u->rest.after[k] = lq_first_taps (&u->section[k], -u->control[k].z.value);
  }
  u->rest.dc = lq_first_high_pass (LQ_SAT_DC_HZ, u->stream.rate, 1.0);
  u->rest.drive = (float)lq_db_to_lin (u->drive_db.z.value);
  u->rest.post = (float)lq_db_to_lin (u->control[LQ_SAT_POST].z.value);
}

void
lq_sat_reset (lq_sat *u)
{
  memset (&u->z, 0, sizeof u->z);
  wake (u);
  u->z.awake = u->wanted != 0.0;
  lq_ramp_set (&u->amount, u->wanted);
  lq_ramp_jump (&u->amount);
  lq_lookahead_reset (&u->dry);
  u->asked = false;
  rest (u);
}

uint32_t
lq_sat_latency (const lq_sat *u)
{
  return lq_lookahead_latency (&u->dry);
}

uint32_t
lq_sat_latency_most (const lq_sat *u)
{
  return u->dry.frames;
}

uint32_t
lq_sat_tail (const lq_sat *u)
{
  const bool dc = u->dc.target != 0.0 || u->dc.z.value != 0.0;
  const double hz = dc ? LQ_SAT_DC_HZ : TAIL_HZ;

  if (!u->z.awake && u->wanted == 0.0)
    return 0;
  return u->dry.frames + (uint32_t)ceil (TAIL_NEPERS * u->stream.rate / (2.0 * LQ_PI * hz));
}

bool
lq_sat_neutral (const lq_sat *u)
{
  return !u->dry.late && !u->z.awake && u->wanted == 0.0;
}

/* Grid. */

/* A step of one ramp; whether it moves. */
static bool
hop (lq_ramp *r)
{
  const bool rests = lq_ramp_resting (r);

  lq_ramp_hop (r);
  return !rests || !lq_ramp_resting (r);
}

/* Everything rested so far, and now something is to move. */
static void
set_out (lq_sat *u)
{
  lq_line_reset (&u->past);
  for (uint32_t i = 0; i < LQ_SAT_CONTROLS; i++)
    u->z.base[i] = u->control[i].z.value;
  for (uint32_t i = 0; i < LQ_SAT_PAST; i++)
    u->z.bias[i] = (float)u->bias.z.value;
  /* Sections that were left out have old states. */
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    struct lq_sat_channel *ch = &u->channel[c];
    for (uint32_t k = 0; k < LQ_SAT_SECTIONS; k++)
      if (u->z.base[k] == 0.0)
        ch->before[k] = ch->after[k] = (struct lq_shelf_state){ 0 };
    if (u->dc.z.value == 0.0)
      ch->dc = (struct lq_shelf_state){ 0 };
  }
}

static bool
hop_style (lq_sat *u)
{
  bool moves = u->z.from != u->z.to;

  if (moves && !hop (&u->fade)) {
    u->z.from = u->z.to;
    moves = false;
  }
  if (!moves && u->style != u->z.to) {
    u->z.to = u->style;
    lq_ramp_set (&u->fade, 0.0);
    lq_ramp_jump (&u->fade);
    lq_ramp_set (&u->fade, 1.0);
    lq_ramp_hop (&u->fade);
    moves = true;
  }
  return moves;
}

static bool
hop_amount (lq_sat *u)
{
  if (u->z.wait) {
    u->z.wait -= u->z.wait < LQ_HOP ? u->z.wait : LQ_HOP;
    lq_ramp_set (&u->amount, 0.0);
  }
  if (!u->z.wait)
    lq_ramp_set (&u->amount, wanted (u));
  return hop (&u->amount) || u->z.wait;
}

/* At a grid point, while something moves or is asked to. */
static void
lq_sat_hop (lq_sat *u)
{
  bool moves = false;

  u->asked = false;
  if (!u->z.awake && u->wanted == 0.0)
    return;
  if (!u->z.awake) {
    wake (u);
    u->z.wait = u->dry.frames + LQ_HOP;
    lq_ramp_set (&u->amount, 0.0);
    lq_ramp_jump (&u->amount);
  }
  if (!u->z.moving)
    set_out (u);
  u->z.moving = true;
  for (uint32_t i = 0; i < LQ_SAT_CONTROLS; i++)
    moves |= hop (&u->control[i]);
  moves |= hop (&u->drive_db);
  moves |= hop (&u->bias);
  moves |= hop (&u->dc);
  moves |= hop_style (u);
  moves |= hop_amount (u);
  if (moves)
    u->z.settle = (u->dry.frames + LQ_HOP - 1) / LQ_HOP + 1;
  else if (u->z.settle == 0 || --u->z.settle == 0)
    rest (u);
  if (!moves && wanted (u) == 0.0) {
    u->z.awake = u->z.moving = false;
    u->asked = u->wanted != 0.0;
  }
}

/* Sound. */

/* Values of control k over n frames: now, and as they were a latency ago. */
static void
control (lq_sat *u, uint32_t k, float *now, float *then, uint32_t n)
{
  const double base = u->z.base[k];

  for (uint32_t i = 0; i < n; i++) {
    const double v = lq_ramp_at (&u->control[k], u->z.phase + i);
    now[i] = (float)v;
    then[i] = (float)(v - base);
  }
  lq_line_write (&u->past, k, then, n);
  lq_line_read (&u->past, k, u->dry.frames, then, n);
  for (uint32_t i = 0; i < n; i++)
    then[i] = (float)(base + then[i]);
}

static void
move (lq_sat *u, struct lq_sat_motion *m, uint32_t n)
{
  float now[LQ_HOP], then[LQ_HOP];

  for (uint32_t k = 0; k < LQ_SAT_SECTIONS; k++) {
    control (u, k, now, then, n);
    for (uint32_t i = 0; i < n; i++) {
      m->before[k][i] = lq_first_taps (&u->section[k], now[i]);
      m->after[k][i] = lq_first_taps (&u->section[k], -then[i]);
    }
  }
  control (u, LQ_SAT_POST, now, then, n);
  lq_ramp_fill (&u->drive_db, now, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    m->post[i] = (float)lq_db_to_lin (then[i]);
    m->drive[i] = (float)lq_db_to_lin (now[i]);
    m->dc[i] =
        lq_first_high_pass (LQ_SAT_DC_HZ, u->stream.rate, lq_ramp_at (&u->dc, u->z.phase + i));
  }
  lq_line_advance (&u->past, n);
  lq_ramp_fill (&u->amount, m->amount, u->z.phase, n);
  lq_ramp_fill (&u->fade, m->fade, u->z.phase, n);
  memcpy (m->bias, u->z.bias, sizeof u->z.bias);
  lq_ramp_fill (&u->bias, m->bias + LQ_SAT_PAST, u->z.phase, n);
  memcpy (u->z.bias, m->bias + n, sizeof u->z.bias);
  lq_sat_bend (u, u->z.from, m->bias + LQ_SAT_PAST, &m->from, n);
  if (u->z.from != u->z.to)
    lq_sat_bend (u, u->z.to, m->bias + LQ_SAT_PAST, &m->to, n);
}

/* What the curve makes of n frames of channel c, to scratch, before `post`. */
static void
wet_moving (lq_sat *u, uint32_t c, const struct lq_sat_motion *m, const float *x, uint32_t n)
{
  struct lq_sat_channel *ch = &u->channel[c];
  float *in = lq_oversample_in (&u->over, c), *wet = u->scratch;

  for (uint32_t i = 0; i < n; i++)
    in[i] = x[i] * m->drive[i];
  for (uint32_t k = 0; k < LQ_SAT_SECTIONS; k++)
    lq_first_move (m->before[k], &ch->before[k], in, n);
  lq_oversample_up (&u->over, c, n);
  lq_sat_shape (u, c, m, n);
  lq_oversample_down (&u->over, c, wet, n);
  for (uint32_t k = LQ_SAT_SECTIONS; k-- > 0;)
    lq_first_move (m->after[k], &ch->after[k], wet, n);
  lq_first_move (m->dc, &ch->dc, wet, n);
}

static void
wet_resting (lq_sat *u, uint32_t c, const float *x, uint32_t n)
{
  struct lq_sat_channel *ch = &u->channel[c];
  const struct lq_sat_rest *r = &u->rest;
  const uint32_t phase = u->z.phase % LQ_SHELF_GROUP;
  const float drive = r->drive;
  float *in = lq_oversample_in (&u->over, c), *wet = u->scratch;

  for (uint32_t i = 0; i < n; i++)
    in[i] = x[i] * drive;
  for (uint32_t k = 0; k < LQ_SAT_SECTIONS; k++)
    if (u->control[k].z.value != 0.0)
      u->kernels->shelf (&r->before[k], &ch->before[k], in, phase, n);
  lq_oversample_up (&u->over, c, n);
  lq_sat_shape (u, c, NULL, n);
  lq_oversample_down (&u->over, c, wet, n);
  for (uint32_t k = LQ_SAT_SECTIONS; k-- > 0;)
    if (u->control[k].z.value != 0.0)
      u->kernels->shelf (&r->after[k], &ch->after[k], wet, phase, n);
  if (u->dc.z.value != 0.0)
    u->kernels->shelf (&r->dc, &ch->dc, wet, phase, n);
}

static void
late (lq_sat *u, uint32_t c, float *x, uint32_t n)
{
  lq_lookahead_write (&u->dry, c, x, n);
  lq_lookahead_read (&u->dry, c, x, n);
}

static void
channel_moving (lq_sat *u, uint32_t c, const struct lq_sat_motion *m, float *x, uint32_t n)
{
  const float *wet = u->scratch;

  wet_moving (u, c, m, x, n);
  late (u, c, x, n);
  for (uint32_t i = 0; i < n; i++)
    x[i] = (1.0f - m->amount[i]) * x[i] + m->amount[i] * (m->post[i] * wet[i]);
}

static void
channel_resting (lq_sat *u, uint32_t c, float *x, uint32_t n)
{
  const float amount = (float)u->amount.z.value, dry = 1.0f - amount,
              post = u->rest.post * amount, *wet = u->scratch;

  wet_resting (u, c, x, n);
  if (dry == 0.0f) {
    lq_lookahead_write (&u->dry, c, x, n);
    for (uint32_t i = 0; i < n; i++)
      x[i] = post * wet[i];
    return;
  }
  late (u, c, x, n);
  for (uint32_t i = 0; i < n; i++)
    x[i] = dry * x[i] + post * wet[i];
}

/* What the route takes of two channels, and puts back. */
static void
pick (const lq_sat *u, const float *l, const float *r, float *x, uint32_t n)
{
  const float left = u->z.route == LQ_SAT_LEFT    ? 1.0f
                     : u->z.route == LQ_SAT_RIGHT ? 0.0f
                                                  : 0.5f;
  const float right = u->z.route == LQ_SAT_SIDE ? -0.5f : 1.0f - left;

  for (uint32_t i = 0; i < n; i++)
    x[i] = left * l[i] + right * r[i];
}

static void
routed (lq_sat *u, float *l, float *r, const struct lq_sat_motion *m, uint32_t n)
{
  const uint32_t route = u->z.route;
  const float left = route == LQ_SAT_RIGHT ? 0.0f : 1.0f;
  const float right = route == LQ_SAT_LEFT ? 0.0f : route == LQ_SAT_SIDE ? -1.0f : 1.0f;
  const float amount = (float)u->amount.z.value, post = u->rest.post, *wet = u->scratch;
  float x[LQ_OVERSAMPLE_BLOCK];

  pick (u, l, r, x, n);
  if (m)
    wet_moving (u, 0, m, x, n);
  else
    wet_resting (u, 0, x, n);
  late (u, 0, l, n);
  late (u, 1, r, n);
  pick (u, l, r, x, n);
  for (uint32_t i = 0; i < n; i++)
    x[i] = m ? m->amount[i] * (m->post[i] * wet[i] - x[i]) : amount * (post * wet[i] - x[i]);
  for (uint32_t i = 0; i < n; i++) {
    l[i] += left * x[i];
    r[i] += right * x[i];
  }
}

/* A stretch in which all moves or all rests, of channels at ch + at. */
static void
stretch (lq_sat *u, float *const *ch, uint32_t at, uint32_t n)
{
  struct lq_sat_motion m;

  if (u->z.moving)
    move (u, &m, n);
  if (u->z.awake && u->z.route != LQ_SAT_STEREO) {
    routed (u, ch[0] + at, ch[1] + at, u->z.moving ? &m : NULL, n);
    lq_lookahead_advance (&u->dry, n);
    return;
  }
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    float *x = ch[c] + at;
    if (!u->z.awake) {
      late (u, c, x, n);
    } else if (u->z.moving) {
      channel_moving (u, c, &m, x, n);
    } else {
      channel_resting (u, c, x, n);
    }
  }
  lq_lookahead_advance (&u->dry, n);
}

void
lq_sat_process (lq_sat *u, float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && (u->asked || u->z.moving))
      lq_sat_hop (u);
    n = frames - done < LQ_OVERSAMPLE_BLOCK ? frames - done : LQ_OVERSAMPLE_BLOCK;
    if (u->asked || u->z.moving)
      n = lq_hop_left (u->z.phase, n);
    if (u->dry.late)
      stretch (u, ch, done, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
