/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: live gain rider.
 * Source:  loudness of ITU-R BS.1770-5 and EBU Tech 3341 over 400 ms and 3 s; the rules of what
 *          is heard and what moves are ours (ride.h).
 *
 *   x ─┬─→ delay ──────────────────────────────────────────────────────────── × ─→ y
 *      └─→ meter → heard sub-blocks → M, S ─→ target − loudness, bounded      │
 *                                               → slew (grid) → linear ─→ ramp┘
 *
 * The ramp averages gains, so the slope it makes, in dB, is never steeper than the slew.
 * z: the rings hold sub-block k at k % LQ_LOUDNESS_RING; heard_lufs and moves are as of the last
 * sub-block, gain_db as of the last grid point. */

#include "ride.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

#define MOMENTARY_STEPS 40 /* sub-blocks in 400 ms */
#define LEAST_STEPS 10     /* … that must have been heard for a decision */
#define BLEND_LU 3.0       /* by how much S goes before M */
#define LANES 4            /* sums of a ring that are made at once; divides LQ_LOUDNESS_RING */

static const struct lq_enum windows = { "LqLiveWindow",
  (const struct lq_item[]){ { "momentary", "Momentary, 400 ms", LQ_RIDE_MOMENTARY },
      { "short-term", "Short-term, 3 s", LQ_RIDE_SHORT_TERM },
      { "blend", "The louder of short-term and momentary − 3 LU", LQ_RIDE_BLEND },
      { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_ride_params, name)
const struct lq_param lq_ride_rows[LQ_RIDE_ROWS] = {
  { "live-lookahead", "Live look-ahead",
      "Live: the gain is decided this far ahead; the limiter's own fixed delay comes on top; "
      "counts in LATENCY",
      "ms", LQ_FLOAT, LQ_LINEAR, FIELD (lookahead_ms), 0, LQ_RIDE_LOOKAHEAD_MAX_MS, 400, NULL,
      0, 0 },
  { "live-window", "Live window",
      "Live: what is ridden: 400 ms, 3 s, or the louder of short-term and momentary − 3 LU",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (window), 0, 2, LQ_RIDE_BLEND, &windows, LQ_PLAYING, 0 },
  { "live-slew", "Live slew",
      "Live: fastest change of the riding gain, both ways; the limiter is not bound by it",
      "dB/s", LQ_FLOAT, LQ_LOG, FIELD (slew_db_s), 0.1, 60, 3, NULL, LQ_PLAYING, 0 },
  { "live-gate", "Live gate", "Live: below this momentary loudness the gain is held", "LUFS",
      LQ_FLOAT, LQ_LINEAR, FIELD (gate_lufs), -70, 0, -50, NULL, LQ_PLAYING, 0 },
  { "live-max-boost", "Live boost, most", "Live: most that it turns up; max-gain holds besides",
      "dB", LQ_FLOAT, LQ_LINEAR, FIELD (max_boost_db), 0, 60, 12, NULL, LQ_PLAYING, 0 },
  { "live-max-cut", "Live cut, most", "Live: most that it turns down; min-gain holds besides",
      "dB", LQ_FLOAT, LQ_LINEAR, FIELD (max_cut_db), 0, 60, 24, NULL, LQ_PLAYING, 0 },
};
LQ_ASSERT_ROWS (lq_ride_rows, struct lq_ride_params);

bool
lq_ride_prepare (lq_ride *u, const lq_stream *stream, uint32_t lookahead, lq_arena *arena)
{
  const struct lq_module self = { "", lq_ride_rows, LQ_RIDE_ROWS, 0, NULL };

  memset (u, 0, sizeof *u);
  u->channels = stream->channels;
  u->lookahead = lookahead;
  u->hop_s = LQ_HOP / stream->rate;
  lq_modules_defaults (&self, 1, &u->p);
  lq_loudness_prepare_windows (&u->meter, stream);
  if (!lq_ramp_prepare (&u->gain, stream, arena, LQ_RAMP_MS) ||
      !lq_line_prepare (&u->line, u->channels, lookahead, arena))
    return false;
  u->settle = (2 * u->gain.half + 1) * LQ_HOP;
  lq_ride_reset (u);
  return true;
}

void
lq_ride_set (lq_ride *u, const struct lq_ride_params *p)
{
  u->p = *p;
}

void
lq_ride_aim (lq_ride *u, const struct lq_ride_aim *aim)
{
  u->aim = *aim;
}

void
lq_ride_start (lq_ride *u, bool known, double gain_db)
{
  u->started = known;
  u->start_db = known ? gain_db : 0.0;
}

void
lq_ride_set_dual_mono (lq_ride *u, bool dual_mono)
{
  lq_loudness_set_dual_mono (&u->meter, dual_mono);
}

/* A gain within all bounds; the upper ones hold before the lower. */
static double
bounded (const lq_ride *u, double gain_db)
{
  const double least = fmax (u->aim.least_db, -(double)u->p.max_cut_db);
  const double most = fmin (u->aim.most_db, (double)u->p.max_boost_db);

  return fmin (fmax (gain_db, least), most);
}

void
lq_ride_reset (lq_ride *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.gain_db = bounded (u, u->start_db);
  lq_ramp_set (&u->gain, lq_db_to_lin (u->z.gain_db));
  lq_ramp_jump (&u->gain);
  lq_loudness_reset (&u->meter);
  lq_line_reset (&u->line);
}

uint32_t
lq_ride_latency (const lq_ride *u)
{
  return u->lookahead;
}

double
lq_ride_gain_db (const lq_ride *u)
{
  /* Between blocks at a grid point the hop that ended there is still the current one. */
  const bool ended = u->z.phase == 0;

  return lq_lin_to_db (ended ? u->gain.z.end : lq_ramp_at (&u->gain, u->z.phase));
}

/* What is heard. */

/* Mean power over those of the last `steps` sub-blocks that were heard; how many they are. */
static double
heard_power (const lq_ride *u, uint32_t steps, uint32_t *heard)
{
  uint32_t at =
      (uint32_t)((lq_loudness_steps (&u->meter) + LQ_LOUDNESS_RING - steps) % LQ_LOUDNESS_RING);
  double sum[LANES] = { 0.0 };
  uint32_t n = 0;

  for (uint32_t i = 0; i < steps; i++) {
    sum[i % LANES] += u->z.power[at];
    n += u->z.heard[at];
    at = at + 1 == LQ_LOUDNESS_RING ? 0 : at + 1;
  }
  *heard = n;
  return n ? (sum[0] + sum[1] + (sum[2] + sum[3])) / n : 0.0;
}

/* The pause that leads up to the newest sub-block was one: none of it was heard. */
static void
forget_pause (lq_ride *u, uint32_t newest)
{
  for (uint32_t i = 0, at = newest; i < u->z.pause; i++) {
    u->z.power[at] = 0.0;
    u->z.heard[at] = 0;
    at = at ? at - 1 : LQ_LOUDNESS_RING - 1;
  }
}

static double
loudness (const lq_ride *u, uint32_t *heard)
{
  uint32_t all;
  const double m = lq_loudness_of_power (&u->meter, heard_power (u, MOMENTARY_STEPS, heard));
  double s;

  if (u->p.window == LQ_RIDE_MOMENTARY)
    return m;
  s = lq_loudness_of_power (&u->meter, heard_power (u, LQ_LOUDNESS_RING, &all));
  return u->p.window == LQ_RIDE_BLEND ? fmax (s, m - BLEND_LU) : s;
}

/* A sub-block has ended. */
static void
listen (lq_ride *u)
{
  const uint32_t newest = (uint32_t)((lq_loudness_steps (&u->meter) - 1) % LQ_LOUDNESS_RING);
  const double power = lq_loudness_step_power (&u->meter);
  const bool sounds = lq_loudness_of_power (&u->meter, power) >= u->p.gate_lufs;
  const bool lasts = lq_loudness_momentary (&u->meter) >= u->p.gate_lufs;
  uint32_t heard;

  u->z.pause = sounds ? 0 : u->z.pause + (u->z.pause < LQ_LOUDNESS_RING);
  u->z.power[newest] = power;
  u->z.heard[newest] = 1;
  if (!sounds && !lasts)
    forget_pause (u, newest);
  if (sounds && !u->z.any) {
    u->z.any = true;
    u->z.onset = (uint64_t)((double)(lq_loudness_steps (&u->meter) - 1) * u->meter.rate /
                            LQ_LOUDNESS_STEPS);
  }
  u->z.heard_lufs = loudness (u, &heard);
  u->z.moves = sounds && lasts && heard >= LEAST_STEPS;
}

/* What moves. */

/* A decision now would be in force before the sound it comes from is. */
static bool
before_sound (const lq_ride *u)
{
  return !u->z.decided || u->z.frames + u->settle <= u->z.onset + u->lookahead;
}

/* The gain that brings what is heard to the target. */
static double
wanted (const lq_ride *u)
{
  const double gain_db = u->aim.target_lufs - u->z.heard_lufs;

  return fabs (gain_db) <= u->aim.tolerance_lu ? 0.0 : gain_db;
}

double
lq_ride_withheld_db (const lq_ride *u)
{
  return u->z.moves ? wanted (u) - bounded (u, wanted (u)) : 0.0;
}

static void
decide (lq_ride *u)
{
  const double most = u->p.slew_db_s * u->hop_s, before = u->z.gain_db;

  if (u->z.moves) {
    const double step = bounded (u, wanted (u)) - u->z.gain_db;
    const bool at_once = !u->started && before_sound (u);
    u->z.gain_db += at_once ? step : lq_clamp (step, -most, most);
    u->z.decided = true;
  } else if (!u->z.any) {
    u->z.gain_db = bounded (u, u->start_db);
  }
  if (u->z.gain_db != before)
    lq_ramp_set (&u->gain, lq_db_to_lin (u->z.gain_db));
  if (!lq_ramp_resting (&u->gain))
    lq_ramp_hop (&u->gain);
}

/* n frames within a hop. */
static void
amplify (lq_ride *u, float *const *ch, uint32_t at, uint32_t n)
{
  const bool rests = lq_ramp_resting (&u->gain);
  float curve[LQ_HOP];

  if (!rests)
    lq_ramp_fill (&u->gain, curve, u->z.phase, n);
  for (uint32_t c = 0; c < u->channels; c++) {
    float *x = ch[c] + at;
    lq_line_write (&u->line, c, x, n);
    lq_line_read (&u->line, c, u->lookahead, x, n);
    if (!rests)
      lq_orc_gain_curve (x, curve, (int)n);
    else if (u->gain.z.value != 1.0)
      lq_orc_gain (x, (float)u->gain.z.value, (int)n);
  }
  lq_line_advance (&u->line, n);
}

static void
hear (lq_ride *u, float *const *ch, uint32_t at, uint32_t n)
{
  const uint64_t steps = lq_loudness_steps (&u->meter);
  const float *x[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < u->channels; c++)
    x[c] = ch[c] + at;
  lq_loudness_process (&u->meter, x, n);
  /* A hop is shorter than a sub-block, so that one ends at the most. */
  if (lq_loudness_steps (&u->meter) != steps)
    listen (u);
}

void
lq_ride_process (lq_ride *u, float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0)
      decide (u);
    n = lq_hop_left (u->z.phase, frames - done);
    hear (u, ch, done, n);
    amplify (u, ch, done, n);
    u->z.frames += n;
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
