/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: FIR for delays by a fraction of a sample.
 * Source:  T. I. Laakso et al., "Splitting the unit delay", IEEE SP Magazine 13(1), 1996, III-B:
 *          general least squares. Minimises ∫ |H(ω) − e^(−jωτ)|² over the band 0 … α·π plus
 *          ε·Σh², which holds down the gain above the band where τ lies near an end of the taps.
 *
 *   P h = p,  P[k][l] = α·sinc(α(k−l)) + ε·(k = l),  p[k] = α·sinc(α(k−τ));  P = L·Lᵀ */

#include "fraction.h"

#include "../base/mathx.h"

#define TAPS LQ_FRACTION_TAPS
/* α and ε: 0.02 dB at 0.83 of Nyquist where τ is in the middle, no gain above 1.02. */
#define BAND 0.9
#define DAMPING 1e-4

/* Outputs computed side by side. */
#define GROUP 16

static double
band_sinc (double x)
{
  double arg = LQ_PI * BAND * x;

  return fabs (arg) < 1e-9 ? BAND : BAND * sin (arg) / arg;
}

bool
lq_fraction_prepare (lq_fraction *u, lq_arena *arena)
{
  double *l = lq_arena_alloc (arena, TAPS * TAPS * sizeof (double));

  u->factor = l;
  if (!l)
    return false;
  for (int i = 0; i < TAPS; i++)
    for (int j = 0; j <= i; j++) {
      double sum = band_sinc (i - j) + (i == j ? DAMPING : 0.0);
      for (int k = 0; k < j; k++)
        sum -= l[i * TAPS + k] * l[j * TAPS + k];
      l[i * TAPS + j] = i == j ? sqrt (sum) : sum / l[j * TAPS + j];
    }
  return true;
}

uint32_t
lq_fraction_design (const lq_fraction *u, double delay, float taps[LQ_FRACTION_TAPS])
{
  const double *l = u->factor;
  const double middle = floor (delay) - (TAPS / 2 - 1);
  const uint32_t whole = middle > 0.0 ? (uint32_t)middle : 0;
  double y[TAPS];

  for (int i = 0; i < TAPS; i++) {
    y[i] = band_sinc (i - (delay - whole));
    for (int k = 0; k < i; k++)
      y[i] -= l[i * TAPS + k] * y[k];
    y[i] /= l[i * TAPS + i];
  }
  for (int i = TAPS - 1; i >= 0; i--) {
    for (int k = i + 1; k < TAPS; k++)
      y[i] -= l[k * TAPS + i] * y[k];
    y[i] /= l[i * TAPS + i];
    taps[i] = (float)y[i];
  }
  return whole;
}

void
lq_fraction_apply (const float taps[LQ_FRACTION_TAPS], const float *x, float *out, uint32_t n)
{
  uint32_t i = 0;

  for (; i + GROUP <= n; i += GROUP) {
    float sum[GROUP] = { 0 };
    for (int k = 0; k < TAPS; k++)
      for (int j = 0; j < GROUP; j++)
        sum[j] += taps[k] * x[i + j + TAPS - 1 - k];
    for (int j = 0; j < GROUP; j++)
      out[i + j] = sum[j];
  }
  for (; i < n; i++) {
    float sum = 0.0f;
    for (int k = 0; k < TAPS; k++)
      sum += taps[k] * x[i + TAPS - 1 - k];
    out[i] = sum;
  }
}
