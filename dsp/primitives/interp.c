/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: design of interpolators.
 * Source:  J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function",
 *          ISCAS 1974. */

#include "interp.h"

#include "../base/mathx.h"

/* What rounding may add to a bound. */
#define NEAR_MARGIN 1.00002
#define CURVE_MARGIN 1.001

/* Modified Bessel function of the first kind, order 0: its series. */
static double
bessel_i0 (double x)
{
  double term = 1.0, sum = 1.0;

  for (int k = 1; term > 1e-17 * sum; k++) {
    term *= pow (x / (2.0 * k), 2.0);
    sum += term;
  }
  return sum;
}

void
lq_interp_design (double *h, uint32_t n, double phase, double beta)
{
  const double middle = n / 2.0 - 1.0;
  double sum = 0.0;

  for (uint32_t k = 0; k < n; k++) {
    const double t = k - middle - phase, edge = t / (n / 2.0);
    h[k] = sin (LQ_PI * t) / (LQ_PI * t) * bessel_i0 (beta * sqrt (1.0 - edge * edge));
    sum += h[k];
  }
  for (uint32_t k = 0; k < n; k++)
    h[k] /= sum;
}

/* y is the line from x[i] to x[i + 1] at the phase, plus Σ c·x, where Σ c = 0. A moment Σ k·c of c
 * bends that line a little; without it c is the second difference of a sequence g, and
 * Σ c·x = Σ g·Δ²x. */
void
lq_interp_bound (const double *h, uint32_t n, double phase, double *near, double *curve)
{
  const uint32_t middle = n / 2 - 1;
  double moment = 0.0, slope = 0.0, g = 0.0, sum = 0.0;

  for (uint32_t k = 0; k < n; k++)
    moment += k * h[k];
  moment -= middle * (1.0 - phase) + (middle + 1) * phase;
  for (uint32_t k = 0; k < n; k++) {
    slope += h[k];
    if (k == middle)
      slope += moment - (1.0 - phase);
    if (k == middle + 1)
      slope -= moment + phase;
    g += slope;
    sum += fabs (g);
  }
  *near = fmax (*near, (fabs (1.0 - phase - moment) + fabs (phase + moment)) * NEAR_MARGIN);
  *curve = fmax (*curve, sum * CURVE_MARGIN);
}
