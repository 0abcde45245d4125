/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: correlation meter.
 *
 *   x², y², x·y ─→ Σ over 10 ms ─→ ring of 400 ms ─→ Σ xy / √(Σ xx · Σ yy)
 *
 * z: frames and lane sums of the current step; the ring, whose oldest entry is at `at`. */

#include "correlation.h"

#include <math.h>
#include <string.h>

/* Steps a second. */
#define STEP_RATE 100.0

/* −120 dBFS, mean square: below it a channel is silent. */
#define SILENT 1e-12

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

static double
take (double lanes[LQ_PRODUCT_LANES])
{
  double sum = 0.0;

  for (int k = 0; k < LQ_PRODUCT_LANES; k++) {
    sum += lanes[k];
    lanes[k] = 0.0;
  }
  return sum;
}

void
lq_correlation_process (
    lq_correlation *u, const float *left, const float *right, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t left_over = u->step_frames - u->z.frames, phase = u->z.frames;
    const float *x = left + done, *y = right + done;
    n = frames - done < left_over ? frames - done : left_over;
    u->kernels->product (x, x, n, phase, u->z.xx);
    u->kernels->product (y, y, n, phase, u->z.yy);
    u->kernels->product (x, y, n, phase, u->z.xy);
    u->z.frames += n;
    if (u->z.frames < u->step_frames)
      continue;
    u->z.ring[u->z.at] =
        (struct lq_correlation_sums){ take (u->z.xx), take (u->z.yy), take (u->z.xy) };
    u->z.at = (u->z.at + 1) % LQ_CORRELATION_STEPS;
    u->z.frames = 0;
  }
}

double
lq_correlation_value (const lq_correlation *u)
{
  const double silent = SILENT * u->step_frames * LQ_CORRELATION_STEPS;
  struct lq_correlation_sums sum = { 0.0, 0.0, 0.0 };

  for (uint32_t i = 0; i < LQ_CORRELATION_STEPS; i++) {
    sum.xx += u->z.ring[i].xx;
    sum.yy += u->z.ring[i].yy;
    sum.xy += u->z.ring[i].xy;
  }
  if (sum.xx < silent || sum.yy < silent)
    return 0.0;
  return fmax (-1.0, fmin (1.0, sum.xy / sqrt (sum.xx * sum.yy)));
}
