/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: low-end focus.
 * Source:  onsets: primitives/onset.h; crossover: bands.h.
 *
 *   x ─→ bands ─┬─ upper ───────────────────────────────────────────────→ + ─→ fade with x ─→ y
 *               └─ lower ─┬─→ max |x| of channels and groups, held 25 ms │
 *                         │    ─→ dB ─→ onset ─→ ±6 dB ─→ smooth ─→ g    │
 *                         └─→ × (1 + amount·(g − 1)) ────────────────────┘
 *
 * A tone from 20 Hz on holds its peak, so that its level is constant; held peaks move by steps, which two
 * stages smooth. Gains are made once a group, and go straight from one to the next.
 *
 * z: phase counts frames on the grid. */

#include "lowend.h"

#include "../base/mathx.h"
#include "../primitives/group.h"
#include "../primitives/times.h"

#include <string.h>

#define HOLD_MS 25.0
#define FALL_MS 20.0
#define LEARN_MS 60.0
#define FORGET_MS 120.0
#define RANGE_DB 24.0
#define SMOOTH_MS 2.0

/* An onset of so much is whole; gains at both ends. */
#define ONSET_DB 12.0
#define SWING_DB 6.0

/* Frames that are worked on at once. */
#define CHUNK (4 * LQ_HOP)

#define FIELD(name) offsetof (struct lq_lowend_params, name)
const struct lq_param lq_lowend_rows[LQ_LOWEND_ROWS] = {
  { "enabled", "Low end", "Low-end focus on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1,
      0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "frequency", "Low-end frequency", "Works below this", "Hz", LQ_FLOAT, LQ_LOG,
      FIELD (frequency_hz), 40, 400, 200, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "contrast", "Low-end contrast",
      "Positive: transient bass against sustained, punchy; negative: the opposite, smooth; 0 = "
      "neutral",
      "%", LQ_FLOAT, LQ_LINEAR, FIELD (contrast_percent), -100, 100, 0, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "amount", "Low-end amount", "Dry to focused", "%", LQ_FLOAT, LQ_LINEAR,
      FIELD (amount_percent), 0, 100, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_lowend_rows, struct lq_lowend_params);

bool
lq_lowend_prepare (lq_lowend *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_lowend_rows, LQ_LOWEND_ROWS, 0, NULL };
  lq_ramp *const ramps[] = { &u->contrast, &u->amount, &u->on };
  const double rate = stream->rate;
  struct lq_lowend_params defaults;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->group = 2 * lq_group_frames (rate);
  u->group = u->group < LQ_HOP ? u->group : LQ_HOP;
  u->smooth = 1.0 - lq_keep (rate / u->group, SMOOTH_MS);
  lq_onset_prepare (&u->onset, rate / u->group, FALL_MS, LEARN_MS, FORGET_MS, RANGE_DB);
  for (uint32_t i = 0; i < LQ_COUNT (ramps); i++)
    if (!lq_ramp_prepare (ramps[i], stream, arena, LQ_RAMP_MS))
      return false;
  u->planes = lq_arena_alloc (arena, 2 * (size_t)stream->channels * CHUNK * sizeof (float));
  if (!u->planes || !lq_bands_prepare (&u->split, stream, 2, arena) ||
      !lq_slidemax_prepare (
          &u->hold, 1 + (uint32_t)ceil (HOLD_MS * rate / 1000.0 / u->group), arena))
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_lowend_set (u, &defaults);
  lq_lowend_reset (u);
  return true;
}

void
lq_lowend_set (lq_lowend *u, const struct lq_lowend_params *p)
{
  const bool on = p->enabled && p->contrast_percent != 0.0f && p->amount_percent > 0.0f;

  lq_ramp_set (&u->contrast, p->contrast_percent / 100.0);
  lq_ramp_set (&u->amount, p->amount_percent / 100.0);
  lq_ramp_set (&u->on, on ? 1.0 : 0.0);
  lq_bands_set (&u->split, &p->frequency_hz);
}

/* Everything begins with silence, at what is set. */
static void
wake (lq_lowend *u)
{
  lq_ramp_jump (&u->contrast);
  lq_ramp_jump (&u->amount);
  lq_bands_reset (&u->split);
  lq_slidemax_reset (&u->hold);
  lq_onset_reset (&u->onset);
  u->z.gain_db[0] = u->z.gain_db[1] = 0.0;
  u->z.from = u->z.to = 1.0f;
}

void
lq_lowend_reset (lq_lowend *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.least = 1.0f;
  wake (u);
  lq_ramp_jump (&u->on);
  u->z.running = u->on.target != 0.0;
}

uint32_t
lq_lowend_latency (const lq_lowend *u)
{
  (void)u;
  return 0;
}

bool
lq_lowend_neutral (const lq_lowend *u)
{
  return !u->z.running && u->on.target == 0.0;
}

uint32_t
lq_lowend_tail (const lq_lowend *u)
{
  return lq_lowend_neutral (u) ? 0 : lq_bands_tail (&u->split);
}

float
lq_lowend_reduction_db (lq_lowend *u)
{
  const double least = u->z.least;

  u->z.least = 1.0f;
  return (float)fmax (0.0, -lq_lin_to_db (least));
}

/* At a grid point. */
static void
hop (lq_lowend *u)
{
  if (lq_ramp_absent (&u->on)) {
    u->z.running = false;
    return;
  }
  if (!u->z.running) {
    wake (u);
    u->onset.z.fresh = true;
  }
  u->z.running = true;
  lq_ramp_move (&u->contrast);
  lq_ramp_move (&u->amount);
  lq_ramp_move (&u->on);
}

/* Nothing but the gain moves until something else is set. */
static bool
calm (const lq_lowend *u)
{
  return lq_ramp_resting (&u->contrast) && lq_ramp_resting (&u->amount) &&
         lq_ramp_resting (&u->on) && u->on.target != 0.0;
}

/* A group begins, `phase` frames into the hop: its gain goes to what the last one asks for. */
static void
next_group (lq_lowend *u, uint32_t phase)
{
  const double level = lq_lin_to_db (lq_slidemax_next (&u->hold));
  const double onset = lq_onset_next (&u->onset, level);
  /* What comes out of silence is an onset from its first frame on, at any level. */
  const double whole = level <= LQ_SILENCE_DB ? 1.0 : fmin (onset / ONSET_DB, 1.0);
  const double wanted = lq_ramp_at (&u->contrast, phase) * SWING_DB * (2.0 * whole - 1.0);
  double *gain = u->z.gain_db, lin;

  if (level <= LQ_SILENCE_DB)
    u->onset.z.slow = u->onset.z.fast - RANGE_DB;
  gain[0] += (wanted - gain[0]) * u->smooth;
  gain[1] += (gain[0] - gain[1]) * u->smooth;
  lin = 1.0 + lq_ramp_at (&u->amount, phase) * (lq_db_to_lin (gain[1]) - 1.0);
  u->z.from = u->z.to;
  u->z.to = (float)lin;
  if (u->on.z.value != 0.0 && u->z.to < u->z.least)
    u->z.least = u->z.to;
}

/* Gains of n frames, whose lower bands are `low`. */
static void
follow (lq_lowend *u, float *const low[2], float *gain, uint32_t n)
{
  for (uint32_t at = 0, some; at < n; at += some) {
    const uint32_t phase = (u->z.phase + at) % LQ_HOP, first = phase % u->group;
    if (first == 0)
      next_group (u, phase);
    some = n - at < u->group - first ? n - at : u->group - first;
    for (uint32_t c = 0; c < u->stream.channels; c++)
      lq_slidemax_note (&u->hold, u->kernels->peak (low[c] + at, some));
    lq_group_fill (gain + at, some, first, u->group, u->z.from, u->z.to);
  }
}

/* n frames, all of them before the next thing that moves. */
static void
stretch (lq_lowend *u, float *const *ch, uint32_t first, uint32_t n)
{
  const uint32_t channels = u->stream.channels, last = channels - 1;
  const float *const x[2] = { ch[0] + first, ch[last] + first };
  float *const band[2][2] = { { u->planes, u->planes + last * CHUNK },
    { u->planes + channels * CHUNK, u->planes + (channels + last) * CHUNK } };
  const bool rests = lq_ramp_resting (&u->on) && u->on.target != 0.0;
  float gain[CHUNK], on[LQ_HOP];

  lq_bands_process (&u->split, x, band, n);
  follow (u, band[0], gain, n);
  if (!rests)
    lq_ramp_fill (&u->on, on, u->z.phase, n);
  for (uint32_t c = 0; c < channels; c++) {
    const float *low = band[0][c], *high = band[1][c];
    float *y = ch[c] + first;
    if (rests)
      for (uint32_t i = 0; i < n; i++)
        y[i] = high[i] + gain[i] * low[i];
    else
      for (uint32_t i = 0; i < n; i++)
        y[i] += on[i] * (high[i] + gain[i] * low[i] - y[i]);
  }
}

void
lq_lowend_process (lq_lowend *u, float *const *ch, uint32_t frames)
{
  if (lq_lowend_neutral (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t left = frames - done;
    if (u->z.phase == 0)
      hop (u);
    n = left < CHUNK - u->z.phase ? left : CHUNK - u->z.phase;
    if (!u->z.running || !calm (u))
      n = lq_hop_left (u->z.phase, left);
    if (u->z.running)
      stretch (u, ch, done, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
