/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: ends and beginnings that nobody announced.
 * Source:  linear prediction by Burg's method: J. P. Burg, "Maximum Entropy Spectral Analysis",
 *          Stanford, 1975; always stable. */

#include "patch.h"

#include "../base/mathx.h"

#include <math.h>
#include <string.h>

#define ORDER 32

/* Below this share of the power nothing is left to be predicted. */
#define REST 1e-15

/* A prediction that goes beyond this many times what was there isn't one. */
#define BEYOND 1.5

/* From 1 at 0 to 0 at `length`, flat at both. */
static double
fall (double at, double length)
{
  const double c = at < length ? cos (0.5 * LQ_PI * at / length) : 0.0;

  return c * c;
}

/* One more coefficient, k, to `n` of them. */
static void
extend (double *a, uint32_t n, double k)
{
  double before[ORDER];

  memcpy (before, a, n * sizeof *a);
  for (uint32_t i = 0; i < n; i++)
    a[i] = before[i] - k * before[n - 1 - i];
  a[n] = k;
}

/* x(t) ≈ Σ a[i]·x(t − 1 − i); returns how many there are. */
static uint32_t
predictor (const float *x, uint32_t n, double a[ORDER])
{
  double forward[LQ_PATCH_MOST], backward[LQ_PATCH_MOST], power = 0.0;
  uint32_t order = 0;

  for (uint32_t i = 0; i < n; i++) {
    forward[i] = backward[i] = x[i];
    power += (double)x[i] * x[i];
  }
  for (; order < ORDER && order < n / 3; order++) {
    double product = 0.0, sum = 0.0, k;
    for (uint32_t i = order + 1; i < n; i++) {
      product += forward[i] * backward[i - 1];
      sum += forward[i] * forward[i] + backward[i - 1] * backward[i - 1];
    }
    if (sum <= REST * power)
      break;
    k = 2.0 * product / sum;
    for (uint32_t i = n - 1; i > order; i--) {
      const double f = forward[i], b = backward[i - 1];
      forward[i] = f - k * b;
      backward[i] = b - k * f;
    }
    extend (a, order, k);
  }
  return order;
}

void
lq_patch_tail (const float *last, uint32_t known, float *tail, uint32_t length)
{
  const uint32_t n = known < LQ_PATCH_MOST ? known : LQ_PATCH_MOST;
  const float *x = last + (known - n);
  double a[ORDER], past[ORDER] = { 0.0 }, most = 0.0;
  const uint32_t order = predictor (x, n, a);

  for (uint32_t i = 0; i < n; i++)
    most = fmax (most, fabs (x[i]));
  for (uint32_t i = 0; i < order; i++)
    past[i] = x[n - 1 - i];
  for (uint32_t i = 0; i < length; i++) {
    double next = order ? 0.0 : x[n - 1];
    for (uint32_t k = 0; k < order; k++)
      next += a[k] * past[k];
    next = fmax (-BEYOND * most, fmin (BEYOND * most, next));
    memmove (past + 1, past, (ORDER - 1) * sizeof *past);
    past[0] = next;
    tail[i] = (float)(next * fall (i + 1, length));
  }
}

void
lq_patch_rise (uint32_t length, uint32_t first, float *x, uint32_t n)
{
  for (uint32_t i = 0; i < n && first + i < length; i++)
    x[i] *= (float)(1.0 - fall (first + i, length));
}
