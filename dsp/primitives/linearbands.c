/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: splits the spectrum into bands without turning any phase.
 * Source:  magnitudes of S. Linkwitz, R. Riley, JAES 24(1) 1976: of a crossover's low-pass and
 *          high-pass squared 1/(1 + u⁴) and u⁴/(1 + u⁴), which sum to 1.
 *
 *   x ─→ low-pass 1 ─┬──────────────→ band 1
 *     ─→ low-pass 2 ─┼─→ − ─────────→ band 2
 *     ─→ …           └─→ − ─→ …
 *   dry ─────────────────→ − last ──→ last band
 *
 * Whatever rounding and windows do, bands sum to `dry`. */

#include "linearbands.h"

#include "../base/mathx.h"

#include <string.h>

#define TAPS 4096

/* What a hop spends on a design, and what a magnitude takes of it; ns. */
#define BUDGET 4000.0
#define MAGNITUDE_COST 2.0
#define MAGNITUDES 512

#define LOWEST_HZ 10.0

bool
lq_linearbands_prepare (
    lq_linearbands *u, const lq_stream *stream, uint32_t bands, lq_arena *arena)
{
  float crossover_hz[LQ_BANDS_MAX];

  memset (u, 0, sizeof *u);
  u->rate = stream->rate;
  u->channels = stream->channels;
  u->bands = bands;
  if (!lq_linear_prepare (
          &u->filters, stream, lq_linear_taps (stream->rate, TAPS), bands - 1, false, arena))
    return false;
  for (uint32_t i = 0; i + 1 < bands; i++)
    crossover_hz[i] = (float)(0.5 * u->rate * (i + 1) / bands);
  lq_linearbands_set (u, crossover_hz);
  return true;
}

void
lq_linearbands_set (lq_linearbands *u, const float *crossover_hz)
{
  lq_bands_sort (u->crossover_hz, crossover_hz, u->bands);
}

/* Some of the magnitudes of the low-pass that is being made. */
static void
fill (lq_linearbands *u)
{
  const uint32_t bins = u->filters.taps + 1, left = bins - u->bin;
  const uint32_t end = u->bin + (left < MAGNITUDES ? left : MAGNITUDES);
  const double step =
      u->rate / (2.0 * u->filters.taps) / fmax (u->made_hz[u->filter], LOWEST_HZ);
  float *to = lq_linear_target (&u->filters).half_sum;

  for (; u->bin < end; u->bin++) {
    const double square = (step * u->bin) * (step * u->bin);
    to[u->bin] = (float)(1.0 / (1.0 + square * square));
  }
}

/* Goes on with what is being made; at its end it waits for its fade. */
static void
make (lq_linearbands *u, double budget)
{
  while (budget > 0.0) {
    if (u->bin == 0)
      lq_linear_begin (&u->filters, u->filter, LQ_LINEAR_BOTH);
    if (u->bin <= u->filters.taps) {
      fill (u);
      budget -= MAGNITUDE_COST * MAGNITUDES;
      continue;
    }
    if (!lq_linear_step (&u->filters, &budget))
      return;
    u->bin = 0;
    if (++u->filter + 1 < u->bands)
      continue;
    lq_linear_swap (&u->filters);
    u->making = false;
    return;
  }
}

static void
begin (lq_linearbands *u)
{
  memcpy (u->made_hz, u->crossover_hz, sizeof u->made_hz);
  u->filter = u->bin = 0;
  u->making = true;
}

static bool
outdated (const lq_linearbands *u)
{
  return memcmp (u->made_hz, u->crossover_hz, sizeof u->made_hz) != 0;
}

void
lq_linearbands_reset (lq_linearbands *u)
{
  lq_linear_reset (&u->filters);
  if (u->making || outdated (u))
    begin (u);
  while (u->making)
    make (u, BUDGET);
  lq_linear_reset (&u->filters);
}

void
lq_linearbands_wake (lq_linearbands *u)
{
  lq_linear_reset (&u->filters);
}

void
lq_linearbands_hop (lq_linearbands *u, bool runs)
{
  if (!u->making && outdated (u) && !lq_linear_busy (&u->filters))
    begin (u);
  if (u->making)
    make (u, BUDGET);
  if (runs)
    lq_linear_hop (&u->filters);
  else if (!u->making && lq_linear_busy (&u->filters))
    lq_linear_reset (&u->filters);
}

void
lq_linearbands_process (lq_linearbands *u, const float *const *x, const float *const *dry,
    float *const (*out)[2], uint32_t phase, uint32_t n)
{
  float *low[2 * LQ_BANDS_MAX];

  for (uint32_t b = 0; b + 1 < u->bands; b++)
    for (uint32_t c = 0; c < u->channels; c++)
      low[b * u->channels + c] = out[b][c];
  lq_linear_process (&u->filters, x, dry, low, phase, n);
  for (uint32_t b = u->bands - 1; b > 0; b--)
    for (uint32_t c = 0; c < u->channels; c++) {
      const float *upper = b + 1 < u->bands ? out[b][c] : dry[c], *below = out[b - 1][c];
      for (uint32_t i = 0; i < n; i++)
        out[b][c][i] = upper[i] - below[i];
    }
}
