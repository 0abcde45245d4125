/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: gate and downward expander.
 * Source:  properties/README.md, "Laws used by several".
 *
 *   x ─┬─→ look-ahead ───────────────────────────────────────────────────────── × ─→
 *      └─→ side chain → |x|, largest → hold → dB → open or closed → target      │
 *            → attack, release, in two stages ──────────────────────────────────┘
 *
 * A closing begins where music is loud: a gain that turned at once there would be heard as a click.
 * So two stages alike, which have no corner, are 63 % of their way after `attack` or `release`; and
 * an opening that comes of a change of settings has a slower attack.
 *
 * z: state as the kernel has it; open: as of the last frame. While attack or release change, the
 * gain goes from what the old ones make to what the new ones do. */

#include "gate.h"

#include "../base/mathx.h"
#include "../primitives/times.h"

#include <string.h>

#define HOLD_MAX_MS 5000.0

/* Where a setting that is changed opens the gate, it does so no faster than this, and for so long
 * after the change. */
#define SOFT_MS 5.0
#define SOFT_FOR_MS 60.0

#define FIELD(name) offsetof (struct lq_gate_params, name)
#define NUMBER(name, nick, blurb, unit, scale, field, min, max, def)                           \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, scale, FIELD (field), min, max, def, NULL, LQ_PLAYING,  \
        LQ_RAMP_MS                                                                             \
  }
const struct lq_param lq_gate_rows[LQ_GATE_ROWS] = {
  { "enabled", "Gate", "Gate on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1, 0, NULL,
      LQ_PLAYING, LQ_RAMP_MS },
  NUMBER ("threshold", "Gate threshold", "Opens above this peak level", "dBFS", LQ_LINEAR,
      threshold_db, -90, 0, -50),
  NUMBER ("hysteresis", "Gate hysteresis",
      "Closes this far below the threshold; between the two the state stays", "dB", LQ_LINEAR,
      hysteresis_db, 0, 24, 4),
  NUMBER ("ratio", "Gate ratio",
      "Below the threshold levels fall by so many dB a dB; 1 is neutral, 100 infinite, a gate",
      NULL, LQ_LOG, ratio, 1, 100, 10),
  NUMBER ("range", "Gate range", "Largest attenuation; 0 is neutral", "dB", LQ_LINEAR, range_db,
      0, 90, 60),
  NUMBER ("attack", "Gate attack", "Time to 63 % of the opening", "ms", LQ_LOG, attack_ms, 0.01,
      300, 1),
  NUMBER ("hold", "Gate hold",
      "Stays open this long after the level fell below the closing point", "ms", LQ_LINEAR,
      hold_ms, 0, 5000, 50),
  NUMBER ("release", "Gate release", "Time to 63 % of the closing", "ms", LQ_LOG, release_ms, 1,
      5000, 150),
  { "lookahead", "Gate look-ahead", "The signal is delayed by this; counts in the latency",
      "ms", LQ_FLOAT, LQ_LINEAR, FIELD (lookahead_ms), 0, 20, 0, NULL, 0, 0 },
  NUMBER ("sc-hpf", "Detector high-pass", "High-pass of the detector, 12 dB/octave; 0 is off",
      "Hz", LQ_LINEAR, sc_hpf_hz, 0, 5000, 0),
  NUMBER ("sc-lpf", "Detector low-pass", "Low-pass of the detector, 12 dB/octave; 0 is off",
      "Hz", LQ_LINEAR, sc_lpf_hz, 0, 40000, 0),
  { "listen", "Listen", "Hears the detector's signal behind its filters", NULL, LQ_BOOL,
      LQ_LINEAR, FIELD (listen), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_gate_rows, struct lq_gate_params);

/* The largest ratio stands for ∞: the range is reached within a thousandth of a dB. */
static double
slope_of (const struct lq_gate_params *p)
{
  return p->ratio >= 100.0f ? 1e5 : p->ratio - 1.0;
}

double
lq_gate_curve_db (const struct lq_gate_params *p, double level_db)
{
  const double gain = fmin (0.0, (level_db - p->threshold_db) * slope_of (p));

  return level_db + fmax (gain, -p->range_db);
}

static uint32_t
frames_of (const lq_gate *u, double ms)
{
  return (uint32_t)lround (ms * u->stream.rate / 1000.0);
}

bool
lq_gate_prepare (
    lq_gate *u, const lq_stream *stream, const struct lq_gate_params *p, lq_arena *arena)
{
  const struct lq_module self = { "", lq_gate_rows, LQ_GATE_ROWS, 0, NULL };
  struct lq_gate_params defaults;
  bool ok;

  memset (u, 0, sizeof *u);
  lq_modules_defaults (&self, 1, &defaults);
  p = p ? p : &defaults;
  u->stream = *stream;
  u->kernels = lq_kernels ();
  ok = lq_sidechain_prepare (&u->sidechain, stream, arena) &&
       lq_listen_prepare (&u->listen, stream, arena) &&
       lq_lookahead_prepare (&u->lookahead, stream->channels, frames_of (u, p->lookahead_ms),
           p->enabled, arena) &&
       lq_slidemax_prepare (&u->held, lq_slidemax_groups (frames_of (u, HOLD_MAX_MS)), arena);
  for (int i = 0; i < LQ_GATE_CONTROLS; i++)
    ok = ok && lq_ramp_prepare (&u->ramp[i], stream, arena, LQ_RAMP_MS);
  if (!ok)
    return false;
  lq_gate_set (u, p);
  lq_gate_reset (u);
  return true;
}

static void
lq_gate_set_times (lq_gate *u, const struct lq_gate_params *p)
{
  /* The kernel's attack is the way down. */
  u->times.attack = lq_keep (u->stream.rate, p->release_ms / LQ_TWO_STAGES);
  u->times.release = lq_keep (u->stream.rate, p->attack_ms / LQ_TWO_STAGES);
  u->times.rounded = 1;
}

void
lq_gate_set (lq_gate *u, const struct lq_gate_params *p)
{
  /* Off, its filters cost nothing either; on or off it always runs, so that its grid stays. */
  lq_sidechain_set (
      &u->sidechain, p->enabled ? p->sc_hpf_hz : 0.0, p->enabled ? p->sc_lpf_hz : 0.0, 0.0);
  lq_listen_set (&u->listen, p->enabled && p->listen);
  lq_ramp_set (&u->ramp[LQ_GATE_THRESHOLD], p->threshold_db);
  lq_ramp_set (&u->ramp[LQ_GATE_HYSTERESIS], p->hysteresis_db);
  lq_ramp_set (&u->ramp[LQ_GATE_SLOPE], slope_of (p));
  lq_ramp_set (&u->ramp[LQ_GATE_RANGE], p->range_db);
  lq_gate_set_times (u, p);
  lq_slidemax_set (
      &u->held, lq_slidemax_groups (frames_of (u, fmax (LQ_PEAK_HOLD_MS, p->hold_ms))));
  u->enabled = p->enabled;
  u->moving = u->changed = true;
  if (p->enabled)
    lq_lookahead_need (&u->lookahead);
}

/* No past. At the start closed, as silence leaves it; switched on while playing, open: what sounds
 * then isn't cut off. */
static void
lq_gate_forget (lq_gate *u, bool open)
{
  const bool works = u->ramp[LQ_GATE_SLOPE].target > 0.0;
  const double gain = open || !works ? 0.0 : -u->ramp[LQ_GATE_RANGE].target;

  lq_slidemax_reset (&u->held);
  u->z.open = open;
  u->z.state.gain.z = u->z.state.slow.z = gain;
  u->z.other = u->z.state;
}

void
lq_gate_reset (lq_gate *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_sidechain_reset (&u->sidechain);
  lq_listen_reset (&u->listen);
  lq_lookahead_reset (&u->lookahead);
  u->z.now = u->times;
  lq_ramp_set (&u->ramp[LQ_GATE_TIMES], 0.0);
  lq_ramp_set (&u->ramp[LQ_GATE_WET], u->enabled ? 1.0 : 0.0);
  for (int i = 0; i < LQ_GATE_CONTROLS; i++)
    lq_ramp_jump (&u->ramp[i]);
  lq_gate_forget (u, false);
  u->z.awake = u->enabled;
  u->moving = u->changed = false;
}

uint32_t
lq_gate_latency (const lq_gate *u)
{
  return lq_lookahead_latency (&u->lookahead);
}

uint32_t
lq_gate_latency_most (const lq_gate *u)
{
  return u->lookahead.frames;
}

uint32_t
lq_gate_grow (lq_gate *u)
{
  return lq_lookahead_grow (&u->lookahead);
}

bool
lq_gate_neutral (const lq_gate *u)
{
  return !u->moving && !u->z.awake && !u->listen.active && lq_gate_latency (u) == 0;
}

float
lq_gate_reduction_db (lq_gate *u)
{
  const float reduction = u->z.reduction_db;

  u->z.reduction_db = 0.0f;
  return reduction;
}

static bool
same_times (const struct lq_ballistics *a, const struct lq_ballistics *b)
{
  return a->attack == b->attack && a->release == b->release;
}

/* At a grid point: attack and release go over to others, that begin where these stand. */
static void
lq_gate_hop_times (lq_gate *u)
{
  lq_ramp *times = &u->ramp[LQ_GATE_TIMES];

  if (!lq_ramp_resting (times) || u->z.soft)
    return;
  if (times->z.value == 1.0) {
    u->z.now = u->z.next;
    u->z.state = u->z.other;
    lq_ramp_set (times, 0.0);
    lq_ramp_jump (times);
  } else if (!same_times (&u->z.now, &u->times)) {
    u->z.next = u->times;
    u->z.other = u->z.state;
    lq_ramp_set (times, 1.0);
  }
}

/* Settings were changed: from now on openings are soft. */
static void
lq_gate_soften (lq_gate *u)
{
  const double soft = lq_keep (u->stream.rate, SOFT_MS / LQ_TWO_STAGES);

  u->z.soft = (uint32_t)ceil (SOFT_FOR_MS * u->stream.rate / 1000.0 / LQ_HOP);
  u->z.now.release = fmax (u->z.now.release, soft);
  u->z.next.release = fmax (u->z.next.release, soft);
}

/* At a grid point while something moves. */
static void
lq_gate_hop (lq_gate *u)
{
  bool resting = u->lookahead.waiting == 0;

  if (u->changed)
    lq_gate_soften (u);
  u->changed = false;

  if (u->enabled && !u->z.awake) {
    lq_gate_forget (u, true);
    u->z.awake = true;
  }
  u->z.soft -= u->z.soft > 0;
  lq_gate_hop_times (u);
  lq_ramp_set (&u->ramp[LQ_GATE_WET], u->enabled && u->lookahead.waiting == 0 ? 1.0 : 0.0);
  for (int i = 0; i < LQ_GATE_CONTROLS; i++) {
    lq_ramp_hop (&u->ramp[i]);
    resting = resting && lq_ramp_resting (&u->ramp[i]);
  }
  u->moving =
      !resting || u->ramp[LQ_GATE_TIMES].z.value != 0.0 || !same_times (&u->z.now, &u->times);
  if (!u->moving && !u->enabled)
    u->z.awake = false;
}

/* So many frames are looked at together. */
#define LOOK 16

/* Frames one by one: open from above the threshold on, closed below the hysteresis. */
static bool
lq_gate_switch (bool open, const float *over, const float *hysteresis, float *gain, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    open = over[i] > 0.0f || (open && over[i] >= -hysteresis[i]);
    gain[i] = open ? 0.0f : gain[i];
  }
  return open;
}

/* The same for LOOK frames at once, of which most are all open or all closed. */
static bool
lq_gate_switch_all (bool open, const float *over, const float *hysteresis, float *gain)
{
  uint32_t above = 0, held = 0;

  for (uint32_t i = 0; i < LOOK; i++) {
    above += over[i] > 0.0f;
    held += over[i] >= -hysteresis[i];
  }
  if (!open && above == 0)
    return false;
  if (above == LOOK || (open && held == LOOK)) {
    memset (gain, 0, LOOK * sizeof *gain);
    return true;
  }
  return lq_gate_switch (open, over, hysteresis, gain, LOOK);
}

/* By what levels are above the threshold, and the gains that a closed gate has for them, dB. */
static void
lq_gate_close_moving (const lq_gate *u, float *level, float *over, uint32_t n)
{
  float threshold[LQ_HOP], slope[LQ_HOP], range[LQ_HOP];

  lq_ramp_fill (&u->ramp[LQ_GATE_THRESHOLD], threshold, u->z.phase, n);
  lq_ramp_fill (&u->ramp[LQ_GATE_SLOPE], slope, u->z.phase, n);
  lq_ramp_fill (&u->ramp[LQ_GATE_RANGE], range, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    float gain;
    over[i] = level[i] - threshold[i];
    gain = over[i] * slope[i];
    gain = gain < -range[i] ? -range[i] : gain;
    level[i] = gain > 0.0f ? 0.0f : gain;
  }
}

static void
lq_gate_close (const lq_gate *u, float *level, float *over, uint32_t n)
{
  const float threshold = (float)u->ramp[LQ_GATE_THRESHOLD].z.value,
              slope = (float)u->ramp[LQ_GATE_SLOPE].z.value,
              range = (float)u->ramp[LQ_GATE_RANGE].z.value;

  for (uint32_t i = 0; i < n; i++) {
    float gain;
    over[i] = level[i] - threshold;
    gain = over[i] * slope;
    gain = gain < -range ? -range : gain;
    level[i] = gain > 0.0f ? 0.0f : gain;
  }
}

/* Levels become the gains that the gate wants, dB. */
static void
lq_gate_target (lq_gate *u, float *level, uint32_t n)
{
  float over[LQ_BLOCK], hysteresis[LQ_BLOCK];
  bool open = u->z.open;
  uint32_t done = 0;

  lq_ramp_fill (&u->ramp[LQ_GATE_HYSTERESIS], hysteresis, u->z.phase, n);
  if (u->moving)
    lq_gate_close_moving (u, level, over, n);
  else
    lq_gate_close (u, level, over, n);
  for (; n - done >= LOOK; done += LOOK)
    open = lq_gate_switch_all (open, over + done, hysteresis + done, level + done);
  u->z.open = lq_gate_switch (open, over + done, hysteresis + done, level + done, n - done);
}

/* Targets become gains. */
static void
lq_gate_follow (lq_gate *u, float *gain, uint32_t n)
{
  const struct lq_kernels *k = u->kernels;
  const bool swaps = u->moving && u->ramp[LQ_GATE_TIMES].z.end != 0.0;
  float other[LQ_HOP], fade[LQ_HOP];

  if (swaps)
    k->ballistics (&u->z.next, &u->z.other, gain, NULL, other, u->z.phase, n);
  k->ballistics (&u->z.now, &u->z.state, gain, NULL, gain, u->z.phase, n);
  if (!swaps)
    return;
  lq_ramp_fill (&u->ramp[LQ_GATE_TIMES], fade, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++)
    gain[i] += fade[i] * (other[i] - gain[i]);
}

/* Gains in dB, of all channels together. */
static void
lq_gate_gains (lq_gate *u, const float *const *seen, float *gain, uint32_t n)
{
  const struct lq_kernels *k = u->kernels;
  float reduction;

  k->magnitude (seen, gain, u->stream.channels, n);
  lq_slidemax_process (&u->held, gain, n);
  k->decibels (gain, gain, n);
  lq_gate_target (u, gain, n);
  lq_gate_follow (u, gain, n);
  reduction = k->peak (gain, n);
  u->z.reduction_db = fmaxf (u->z.reduction_db, reduction);
}

static void
lq_gate_apply (lq_gate *u, float *const *at, float *gain, uint32_t n)
{
  float wet[LQ_HOP];

  if (u->moving)
    lq_ramp_fill (&u->ramp[LQ_GATE_WET], wet, u->z.phase, n);
  u->kernels->gains (gain, gain, n);
  for (uint32_t i = 0; i < n && u->moving; i++)
    gain[i] = 1.0f + wet[i] * (gain[i] - 1.0f);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    for (uint32_t i = 0; i < n; i++)
      at[c][i] *= gain[i];
}

/* n frames, `done` after the block's first. */
static void
lq_gate_stretch (lq_gate *u, float *const *at, uint32_t done, uint32_t n, bool listens)
{
  const float *seen[LQ_CHANNELS_MAX];
  float gain[LQ_BLOCK];

  lq_sidechain_process (&u->sidechain, at, seen, n);
  for (uint32_t c = 0; c < u->stream.channels && listens; c++)
    memcpy (lq_listen_plane (&u->listen, c) + done, seen[c], n * sizeof (float));
  if (u->z.awake)
    lq_gate_gains (u, seen, gain, n);
  lq_lookahead_process (&u->lookahead, at, n);
  if (u->z.awake)
    lq_gate_apply (u, at, gain, n);
}

void
lq_gate_process (lq_gate *u, float *const *ch, uint32_t frames)
{
  const uint32_t heard = lq_listen_process (&u->listen, frames);
  float *at[LQ_CHANNELS_MAX];

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && u->moving)
      lq_gate_hop (u);
    n = u->moving || u->lookahead.waiting ? lq_hop_left (u->z.phase, frames - done)
                                          : frames - done;
    for (uint32_t c = 0; c < u->stream.channels; c++)
      at[c] = ch[c] + done;
    lq_gate_stretch (u, at, done, n, done < heard);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
