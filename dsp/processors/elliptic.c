/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: elliptical filter.
 * Source:  the high-pass of the side as in Neumann's EE 70; high-pass: Butterworth, as pass.h. Blend: of
 *          m + k·b, b what the side lost, the power is that of both where k²·B + 2k·C = B, C the mean
 *          of m·b: the root whose sign is C's.
 *
 *   l, r ─┬─→ high-pass of the side ─────────────┬────────────→ + ─→ l, r
 *         └─→ side before − side behind = b ─→ × k ─→ to both ─┘
 *
 * That of first order, the one on most lathes, is made by itself: left − low-passed side, right + that.
 *
 * z: sums of the hop, their means over a few hundred ms, the sign of k, which turns only where the middle
 * is plainly against it: then k goes through 0 by its ramp. */

#include "elliptic.h"

#include "../base/mathx.h"

#include <string.h>

#define MEAN_MS 200.0

/* Correlation that turns the sign; power of a hop, a frame's, below which nothing is learnt. */
#define TURNS 0.2
#define SILENT 1e-12

static const struct lq_enum slopes = { "LqEllipticSlope",
  (const struct lq_item[]){ { "6", "6 dB/octave", 6 }, { "12", "12 dB/octave", 12 },
      { "24", "24 dB/octave", 24 }, { NULL, NULL, 0 } } };
static const struct lq_enum modes = { "LqEllipticMode",
  (const struct lq_item[]){ { "side-highpass", "High-pass of the side", LQ_ELLIPTIC_HIGH_PASS },
      { "cross-blend", "Bass of the side to the middle", LQ_ELLIPTIC_BLEND },
      { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_elliptic_params, name)
const struct lq_param lq_elliptic_rows[LQ_ELLIPTIC_ROWS] = {
  { "frequency", "Bass mono frequency",
      "Elliptical filter: high-pass of the side, −3.01 dB here, the middle stays; 0 = off",
      "Hz", LQ_FLOAT, LQ_LINEAR, FIELD (frequency_hz), 0, 500, 150, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "slope", "Bass mono slope",
      "Steepness below the frequency, dB per octave; 6 as on the Neumann", NULL, LQ_ENUM,
      LQ_LINEAR, FIELD (slope), 6, 24, 6, &slopes, LQ_PLAYING, LQ_RAMP_MS },
  { "mode", "Bass mono mode",
      "Whether the side's bass is lost, or goes to the middle where that does not cancel", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (mode), 0, 1, 0, &modes, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_elliptic_rows, struct lq_elliptic_params);

bool
lq_elliptic_prepare (lq_elliptic *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_elliptic_rows, LQ_ELLIPTIC_ROWS, 0, NULL };
  struct lq_elliptic_params defaults;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->hz = 150.0f;
  u->keep = exp (-LQ_HOP / (MEAN_MS / 1000.0 * stream->rate));
  u->kernels = lq_kernels ();
  u->planes = lq_arena_alloc (arena, 2 * LQ_HOP * sizeof *u->planes);
  if (!u->planes || !lq_ramp_prepare (&u->first, stream, arena, LQ_RAMP_MS) ||
      !lq_ramp_prepare (&u->first_hz, stream, arena, LQ_RAMP_MS) ||
      !lq_cascade_prepare (&u->cascade, stream, arena, LQ_ELLIPTIC_SECTIONS) ||
      !lq_ramp_prepare (&u->blend, stream, arena, LQ_RAMP_MS))
    return false;
  for (uint32_t k = 0; k < LQ_ELLIPTIC_SECTIONS && stream->channels == 2; k++)
    lq_cascade_route (&u->cascade, k, LQ_ROUTE_SIDE);
  lq_modules_defaults (&self, 1, &defaults);
  lq_elliptic_set (u, &defaults);
  lq_elliptic_reset (u);
  return true;
}

void
lq_elliptic_set (lq_elliptic *u, const struct lq_elliptic_params *p)
{
  const bool works = p->frequency_hz > 0.0f && u->stream.channels == 2;

  u->hz = works ? fmaxf (p->frequency_hz, 10.0f) : u->hz;
  u->blending = works && p->mode == LQ_ELLIPTIC_BLEND;
  lq_ramp_set (&u->first, works && p->slope == 6 ? 1.0 : 0.0);
  lq_ramp_set (&u->first_hz, u->hz);
  if (lq_ramp_resting (&u->first) && u->first.target == 0.0)
    lq_ramp_jump (&u->first_hz);
  for (uint32_t k = 0; k < LQ_ELLIPTIC_SECTIONS; k++) {
    struct lq_biquad_spec spec;
    const bool on = lq_butter_section (
        &spec, true, true, (uint32_t)p->slope / 6, u->hz, k, LQ_ELLIPTIC_SECTIONS);
    lq_cascade_set (&u->cascade, k, &spec, works && p->slope > 6 && on);
  }
}

/* What is taken away where `first` of it is in force. */
static struct lq_shelf_taps
taps_of (const lq_elliptic *u, double hz, double first)
{
  struct lq_shelf_taps taps = lq_first_high_pass (hz, u->stream.rate, 0.0);

  taps.hi = 0.0;
  taps.difference = first;
  return taps;
}

static void
settle (lq_elliptic *u)
{
  const struct lq_shelf_taps taps = taps_of (u, u->first_hz.target, u->first.target);

  u->z.moves = false;
  u->z.works = u->first.target > 0.0;
  u->z.taps = lq_first_bass (taps.p, taps.q, taps.q);
  u->z.low.z[1] = lq_first_bass_state (&u->z.taps, u->z.state.lp, u->z.state.last);
  u->z.low.last[1] = (float)u->z.state.last;
}

static void
set_off (lq_elliptic *u)
{
  u->z.state.last = u->z.low.last[1];
  u->z.state.lp = lq_first_bass_lp (&u->z.taps, u->z.low.z[1], u->z.state.last);
}

void
lq_elliptic_reset (lq_elliptic *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.sign = 1.0;
  lq_cascade_reset (&u->cascade);
  lq_ramp_jump (&u->first);
  lq_ramp_jump (&u->first_hz);
  settle (u);
  lq_ramp_jump_to (&u->blend, u->blending ? 1.0 : 0.0);
}

/* At a grid point: what has been heard, and where the blend goes. */
static void
hop (lq_elliptic *u)
{
  const double share = (1.0 - u->keep) / LQ_HOP;
  double k = 1.0;

  u->z.mean_cross = u->keep * u->z.mean_cross + share * u->z.cross;
  u->z.mean_power = u->keep * u->z.mean_power + share * u->z.power;
  u->z.mean_mid = u->keep * u->z.mean_mid + share * u->z.mid;
  u->z.cross = u->z.power = u->z.mid = 0.0;
  if (u->z.mean_power > SILENT) {
    const double c = u->z.mean_cross, b = u->z.mean_power;
    if (c * u->z.sign < -TURNS * sqrt (b * u->z.mean_mid))
      u->z.sign = -u->z.sign;
    const double along = fmax (c * u->z.sign, 0.0);
    k = u->z.sign * (sqrt (along * along + b * b) - along) / b;
  } else {
    k = u->blend.target == 0.0 ? u->z.sign : u->blend.target;
  }
  lq_ramp_set (&u->blend, u->blending ? k : 0.0);
  lq_ramp_move (&u->blend);
}

/* At a grid point: whether there is a blend. */
static void
start (lq_elliptic *u)
{
  const bool runs = u->blending || !lq_ramp_absent (&u->blend);

  if (runs && !u->z.running)
    u->z.cross = u->z.power = u->z.mid = u->z.mean_cross = u->z.mean_power = u->z.mean_mid =
        0.0;
  u->z.running = runs;
  if (runs)
    hop (u);
}

/* Under way from one place, or from nothing, to another: n frames of a hop. */
static void
move_bass (lq_elliptic *u, float *l, float *r, uint32_t n)
{
  struct lq_shelf_taps taps[LQ_HOP] = { { 0 } };
  float bass[LQ_HOP];

  for (uint32_t i = 0; i < n; i++)
    taps[i] = taps_of (
        u, lq_ramp_at (&u->first_hz, u->z.phase + i), lq_ramp_at (&u->first, u->z.phase + i));
  for (uint32_t i = 0; i < n; i++)
    bass[i] = 0.5f * (l[i] - r[i]);
  lq_first_move (taps, &u->z.state, bass, n);
  for (uint32_t i = 0; i < n; i++) {
    l[i] -= bass[i];
    r[i] += bass[i];
  }
}

/* The one of first order: n frames, of one hop where it moves. */
static void
take_bass (lq_elliptic *u, float *l, float *r, uint32_t n)
{
  if (u->z.moves)
    move_bass (u, l, r, n);
  else if (u->z.works)
    u->kernels->bass (NULL, &u->z.taps, &u->z.low, (float *const[]){ l, r }, NULL, NULL,
        u->z.phase % LQ_BASS_STEP, n);
}

static void
filter (lq_elliptic *u, float *l, float *r, uint32_t n)
{
  take_bass (u, l, r, n);
  lq_cascade_process (&u->cascade, (float *const[]){ l, r }, n);
}

/* At a grid point: whether that of first order moves in the coming hop. */
static void
settle_or_move (lq_elliptic *u)
{
  const bool hz = lq_ramp_move (&u->first_hz), first = lq_ramp_move (&u->first);
  const bool moved = u->z.moves;

  u->z.moves = hz || first;
  if (moved && !u->z.moves)
    settle (u);
  else if (u->z.moves && !moved)
    set_off (u);
}

/* n frames of a hop with what goes to the middle. */
static void
blend (lq_elliptic *u, float *l, float *r, uint32_t n)
{
  float *const side = u->planes, *const mid = u->planes + LQ_HOP;
  float gain[LQ_HOP];

  for (uint32_t i = 0; i < n; i++) {
    side[i] = 0.5f * (l[i] - r[i]);
    mid[i] = 0.5f * (l[i] + r[i]);
  }
  filter (u, l, r, n);
  lq_ramp_fill (&u->blend, gain, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    const float bass = side[i] - 0.5f * (l[i] - r[i]);
    u->z.cross += (double)mid[i] * bass;
    u->z.power += (double)bass * bass;
    u->z.mid += (double)mid[i] * mid[i];
    l[i] += gain[i] * bass;
    r[i] += gain[i] * bass;
  }
}

/* Frames, at most n, in which nothing changes its way. */
static uint32_t
stretch (const lq_elliptic *u, uint32_t n)
{
  const bool rests = lq_ramp_resting (&u->first) && lq_ramp_resting (&u->first_hz);

  return u->z.running || u->blending || u->z.moves || !rests ? lq_hop_left (u->z.phase, n) : n;
}

void
lq_elliptic_process (lq_elliptic *u, float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0) {
      start (u);
      settle_or_move (u);
    }
    n = stretch (u, frames - done);
    if (u->z.running)
      blend (u, ch[0] + done, ch[1] + done, n);
    else if (u->stream.channels == 2)
      filter (u, ch[0] + done, ch[1] + done, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}

uint32_t
lq_elliptic_latency (const lq_elliptic *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_elliptic_tail (const lq_elliptic *u)
{
  const double frames = log (lq_db_to_lin (96.0)) / (2.0 * LQ_PI * u->hz) * u->stream.rate;

  return lq_cascade_tail (&u->cascade) + (u->first.target > 0.0 ? (uint32_t)ceil (frames) : 0);
}

bool
lq_elliptic_neutral (const lq_elliptic *u)
{
  return lq_cascade_neutral (&u->cascade) && lq_ramp_absent (&u->first) && !u->blending &&
         lq_ramp_absent (&u->blend);
}
