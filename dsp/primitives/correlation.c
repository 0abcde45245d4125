/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: correlation meter.
 *
 *   x², y², x·y ─→ Σ over 10 ms ─→ ring of 400 ms ─→ Σ xy / √(Σ xx · Σ yy)
 *                                   └→ Σ over 100 ms → ring of 3 s → Σ (xx + yy)/2 : Σ ((x + y)/2)²
 *
 * z: frames and lane sums of the current step; the ring, whose oldest entry is at `at`; part and
 * longer, long_at: the same of 100 ms and 3 s. */

#include "correlation.h"

#include <math.h>
#include <string.h>

/* Steps a second. */
#define STEP_RATE 100.0

/* −120 dBFS, mean square: below it a channel is silent. */
#define SILENT 1e-12

/* Steps in an entry of the longer ring. */
#define LONG_STEPS 10
_Static_assert(LQ_CORRELATION_STEPS % LONG_STEPS == 0, "the short ring turns on its grid");

void
lq_correlation_prepare (lq_correlation *u, double rate)
{
  u->kernels = lq_kernels ();
  u->step_frames = (uint32_t)lround (rate / STEP_RATE);
  lq_correlation_reset (u);
}

void
lq_correlation_reset (lq_correlation *u)
{
  memset (&u->z, 0, sizeof u->z);
}

/* A step is complete. */
static void
turn (lq_correlation *u)
{
  const struct lq_correlation_sums sums = { lq_product_take (u->z.xx),
    lq_product_take (u->z.yy), lq_product_take (u->z.xy) };
  struct lq_correlation_sums *part = &u->z.part;

  u->z.ring[u->z.at] = sums;
  u->z.at = (u->z.at + 1) % LQ_CORRELATION_STEPS;
  u->z.frames = 0;
  part->xx += sums.xx;
  part->yy += sums.yy;
  part->xy += sums.xy;
  if (u->z.at % LONG_STEPS)
    return;
  u->z.longer[u->z.long_at] = *part;
  u->z.long_at = (u->z.long_at + 1) % LQ_CORRELATION_LONG;
  memset (part, 0, sizeof *part);
}

void
lq_correlation_process (
    lq_correlation *u, const float *left, const float *right, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t left_over = u->step_frames - u->z.frames, phase = u->z.frames;
    const float *x = left + done, *y = right + done;
    n = frames - done < left_over ? frames - done : left_over;
    u->kernels->products (x, y, n, phase, u->z.xx, u->z.yy, u->z.xy);
    u->z.frames += n;
    if (u->z.frames == u->step_frames)
      turn (u);
  }
}

static struct lq_correlation_sums
sum_of (const struct lq_correlation_sums *ring, uint32_t n)
{
  struct lq_correlation_sums sum = { 0.0, 0.0, 0.0 };

  for (uint32_t i = 0; i < n; i++) {
    sum.xx += ring[i].xx;
    sum.yy += ring[i].yy;
    sum.xy += ring[i].xy;
  }
  return sum;
}

double
lq_correlation_value (const lq_correlation *u)
{
  const double silent = SILENT * u->step_frames * LQ_CORRELATION_STEPS;
  const struct lq_correlation_sums sum = sum_of (u->z.ring, LQ_CORRELATION_STEPS);

  if (sum.xx < silent || sum.yy < silent)
    return 0.0;
  return fmax (-1.0, fmin (1.0, sum.xy / sqrt (sum.xx * sum.yy)));
}

double
lq_mono_loss_db (double mean, double mono)
{
  if (mean < SILENT)
    return 0.0;
  if (mono <= mean * pow (10.0, -0.1 * LQ_MONO_LOSS_MAX))
    return LQ_MONO_LOSS_MAX;
  return fmax (0.0, 10.0 * log10 (mean / mono));
}

double
lq_correlation_mono_loss (const lq_correlation *u)
{
  const double frames = (double)u->step_frames * LONG_STEPS * LQ_CORRELATION_LONG;
  const struct lq_correlation_sums sum = sum_of (u->z.longer, LQ_CORRELATION_LONG);
  const double both = (sum.xx + sum.yy) / frames;

  return lq_mono_loss_db (both / 2, (both + 2 * sum.xy / frames) / 4);
}
