/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: splits the spectrum into bands.
 * Source:  S. Linkwitz, R. Riley, "Active Crossover Networks for Noncoincident Drivers", JAES 24(1)
 *          1976; bilinear. The tree and its compensation: dsp/base/kernels/bands.c.
 *
 *   x ─┬─→ split[0] ─→ bands ─┬─→ fade ─→ out
 *      └─→ split[1] ─→ bands ─┘   while crossovers change
 *
 * Which crossover a recursion of the tree has: "lower | upper" are those of its two signals; of a
 * crossover in brackets only the all-pass counts.
 *
 *   bands   0   1       2       3         4    5
 *     2     1
 *     3     1                  (2) | 2
 *     4     2   3 | 1           1 | 3
 *     5     2   3 | 1           1 | 3    (4)   4
 *     6     3   4 | 1   5 | 2   1 | 4     2    5
 *
 * Another splitter doesn't begin with silence, but where the old one stands: what of each recursion
 * is the low-passed and what the band-passed signal stays. Then it settles for a moment before it is
 * heard: that would ring at its own frequencies, if only a little.
 *
 * z: settling: hops before split[1] is heard; fading: it runs. */

#include "bands.h"

#include "../base/mathx.h"

#include <string.h>

#define SETTLE_MS 4.0

/* Both sums are all-passes, which may be opposite at a frequency: in 16 ms that is a click. */
#define FADE_MS 24.0

#define LOWEST_HZ 10.0
#define HIGHEST 0.49

/* −96 dB of a crossover at its frequency, in radians of it. */
#define TAIL_RADIANS 30.0

struct lq_bands_split {
  struct lq_bands_taps taps;
  struct lq_bands_state state;
  float crossover_hz[LQ_BANDS_MAX - 1];
  double sum[LQ_BANDS_RECURSIONS][4]; /* 1 + a1 + a2 */
};

/* The crossovers of recursions, from 1 on, of the lower and of the upper signal; 0: none. `passes`:
 * all lanes of that recursion only pass the all-pass. */
static const struct plan {
  struct {
    uint8_t lower, upper;
  } at[LQ_BANDS_RECURSIONS];
  uint8_t lower_passes[LQ_BANDS_RECURSIONS];
} plans[LQ_BANDS_MAX + 1] = {
  [2] = { .at = { { 1, 1 } } },
  [3] = { .at = { [0] = { 1, 1 }, [3] = { 2, 2 } }, .lower_passes = { [3] = 1 } },
  [4] = { .at = { [0] = { 2, 2 }, [1] = { 3, 1 }, [3] = { 1, 3 } } },
  [5] = { .at = { [0] = { 2, 2 }, [1] = { 3, 1 }, [3] = { 1, 3 }, [4] = { 4, 4 }, { 4, 4 } } },
  [6] = { .at = { [0] = { 3, 3 }, { 4, 1 }, { 5, 2 }, { 1, 4 }, { 2, 2 }, { 5, 5 } } },
};

/* Four lanes are left and right of the lower signal, left and right of the upper one. */
static void
design_lane (struct lq_bands_split *s, uint32_t i, uint32_t lane, double w, bool passes)
{
  const double k = sqrt (2.0) * w, norm = 1.0 / (1.0 + k + w * w);

  s->sum[i][lane] = 4.0 * w * w * norm;
  s->taps.a1[i][lane] = 2.0 * (w * w - 1.0) * norm;
  s->taps.a2[i][lane] = (1.0 - k + w * w) * norm;
  s->taps.gain[i][lane] = passes ? 0.0 : norm * norm;
}

static void
design (const lq_bands *u, struct lq_bands_split *s)
{
  const struct plan *plan = &plans[u->bands];

  memcpy (s->crossover_hz, u->crossover_hz, sizeof s->crossover_hz);
  s->taps.bands = u->bands;
  for (uint32_t i = 0; i < LQ_BANDS_RECURSIONS; i++)
    for (uint32_t lane = 0; lane < 4; lane++) {
      const uint32_t which = lane < 2 ? plan->at[i].lower : plan->at[i].upper;
      const double hz = which ? s->crossover_hz[which - 1] : LOWEST_HZ;
      const bool deep = u->bands == 5 && i == 4;
      design_lane (s, i, lane,
          tan (LQ_PI * lq_clamp (hz / u->rate, LOWEST_HZ / u->rate, HIGHEST)),
          deep || (lane < 2 && plan->lower_passes[i]));
    }
}

/* The gain of recursions at 0 Hz is the inverse of a sum of taps, about that of w²: what they hold,
 * times that sum, is the low-passed signal, and its slope, times the root, the band-passed one. */
static void
carry (double now[2][4], const double was[2][4], const double *sum_now, const double *sum_was)
{
  for (uint32_t lane = 0; lane < 4; lane++) {
    const double scale = sum_was[lane] / sum_now[lane];
    const double mean = 0.5 * (was[0][lane] + was[1][lane]) * scale;
    const double slope = 0.5 * (was[0][lane] - was[1][lane]) * sqrt (scale);
    now[0][lane] = mean + slope;
    now[1][lane] = mean - slope;
  }
}

static void
begin_at (struct lq_bands_split *now, const struct lq_bands_split *was)
{
  for (uint32_t i = 0; i < LQ_BANDS_RECURSIONS; i++) {
    carry (now->state.w[i], was->state.w[i], now->sum[i], was->sum[i]);
    if (i != 4)
      carry (now->state.v[i], was->state.v[i], now->sum[i], was->sum[i]);
  }
  /* Those of the upper lanes of both. */
  const double sum_now[4] = { now->sum[4][2], now->sum[4][3], now->sum[5][2], now->sum[5][3] };
  const double sum_was[4] = { was->sum[4][2], was->sum[4][3], was->sum[5][2], was->sum[5][3] };
  carry (now->state.v[4], was->state.v[4], sum_now, sum_was);
}

bool
lq_bands_prepare (lq_bands *u, const lq_stream *stream, uint32_t bands, lq_arena *arena)
{
  float crossover_hz[LQ_BANDS_MAX];

  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->rate = stream->rate;
  u->channels = stream->channels;
  u->bands = bands;
  u->settle = (uint32_t)ceil (SETTLE_MS * u->rate / 1000.0 / LQ_HOP);
  u->split = lq_arena_alloc (arena, 2 * sizeof *u->split);
  u->other = lq_arena_alloc (arena, 2 * (size_t)LQ_BANDS_MAX * LQ_HOP * sizeof *u->other);
  if (!u->split || !u->other || !lq_ramp_prepare (&u->fade, stream, arena, FADE_MS))
    return false;
  for (uint32_t i = 0; i + 1 < bands; i++)
    crossover_hz[i] = (float)(HIGHEST * u->rate * (i + 1) / bands);
  lq_bands_set (u, crossover_hz);
  lq_bands_reset (u);
  return true;
}

void
lq_bands_sort (float *sorted, const float *crossover_hz, uint32_t bands)
{
  for (uint32_t i = 0; i + 1 < bands; i++) {
    const float hz = crossover_hz[i];
    uint32_t k = i;
    for (; k > 0 && sorted[k - 1] > hz; k--)
      sorted[k] = sorted[k - 1];
    sorted[k] = hz;
  }
}

void
lq_bands_set (lq_bands *u, const float *crossover_hz)
{
  lq_bands_sort (u->crossover_hz, crossover_hz, u->bands);
}

void
lq_bands_reset (lq_bands *u)
{
  memset (&u->z, 0, sizeof u->z);
  memset (&u->split[0].state, 0, sizeof u->split[0].state);
  if (u->bands > 1)
    design (u, &u->split[0]);
  lq_ramp_jump_to (&u->fade, 0.0);
}

bool
lq_bands_resting (const lq_bands *u)
{
  return !u->z.fading &&
         memcmp (u->crossover_hz, u->split[0].crossover_hz, sizeof u->crossover_hz) == 0;
}

uint32_t
lq_bands_tail (const lq_bands *u)
{
  double frames = 0.0;

  for (uint32_t i = 0; i + 1 < u->bands; i++) {
    const double hz = fmin (u->crossover_hz[i], u->split[0].crossover_hz[i]);
    frames +=
        TAIL_RADIANS * u->rate / (2.0 * LQ_PI * lq_clamp (hz, LOWEST_HZ, HIGHEST * u->rate));
  }
  return (uint32_t)ceil (frames);
}

static void
hop (lq_bands *u)
{
  if (u->z.fading && u->fade.target == 1.0 && lq_ramp_resting (&u->fade)) {
    u->split[0] = u->split[1];
    u->z.fading = false;
  }
  if (!u->z.fading && !lq_bands_resting (u)) {
    design (u, &u->split[1]);
    begin_at (&u->split[1], &u->split[0]);
    lq_ramp_jump_to (&u->fade, 0.0);
    u->z.settling = u->settle;
    u->z.fading = true;
  }
  if (!u->z.fading)
    return;
  if (u->z.settling == 0)
    lq_ramp_set (&u->fade, 1.0);
  else
    u->z.settling--;
  lq_ramp_move (&u->fade);
}

/* The same frames by split[1], as much of them as the fade says. */
static void
fade (lq_bands *u, const float *const x[2], float *const (*out)[2], uint32_t n)
{
  float *other[LQ_BANDS_MAX][2], share[LQ_HOP];

  for (uint32_t b = 0; b < u->bands; b++)
    for (uint32_t c = 0; c < 2; c++)
      other[b][c] = u->other + (2 * b + (c < u->channels ? c : 0)) * LQ_HOP;
  u->kernels->bands (&u->split[1].taps, &u->split[1].state, x, (float *const(*)[2])other, n);
  lq_ramp_fill (&u->fade, share, u->z.phase, n);
  for (uint32_t b = 0; b < u->bands; b++)
    for (uint32_t c = 0; c < u->channels; c++)
      for (uint32_t i = 0; i < n; i++)
        out[b][c][i] += share[i] * (other[b][c][i] - out[b][c][i]);
}

void
lq_bands_process (lq_bands *u, const float *const *x, float *const (*out)[2], uint32_t frames)
{
  const uint32_t last = u->channels - 1;

  if (u->bands == 1) {
    for (uint32_t c = 0; c < u->channels; c++)
      memcpy (out[0][c], x[c], frames * sizeof (float));
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    const float *const from[2] = { x[0] + done, x[last] + done };
    float *to[LQ_BANDS_MAX][2];
    if (u->z.phase == 0)
      hop (u);
    n = lq_bands_resting (u) ? frames - done : lq_hop_left (u->z.phase, frames - done);
    /* One channel stands for both. */
    for (uint32_t b = 0; b < u->bands; b++) {
      to[b][0] = out[b][0] + done;
      to[b][1] = out[b][last] + done;
    }
    u->kernels->bands (&u->split[0].taps, &u->split[0].state, from, (float *const(*)[2])to, n);
    if (u->z.fading)
      fade (u, from, (float *const(*)[2])to, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
