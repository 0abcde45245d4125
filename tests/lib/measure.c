/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "measure.h"

#include <math.h>
#include <stdlib.h>

double complex
lqm_response (const float *x, size_t frames, double rate, double hz)
{
  double complex sum = 0.0;

  for (size_t n = 0; n < frames; n++)
    sum += x[n] * cexp (-I * (2.0 * M_PI * hz * (double)n / rate));
  return sum;
}

double
lqm_tone (const float *x, size_t frames, double rate, double hz)
{
  double complex sum = 0.0;
  double weight = 0.0;

  for (size_t n = 0; n < frames; n++) {
    double w = 0.5 - 0.5 * cos (2.0 * M_PI * ((double)n + 0.5) / (double)frames);
    sum += w * x[n] * cexp (-I * (2.0 * M_PI * hz * (double)n / rate));
    weight += w;
  }
  return 2.0 * cabs (sum) / weight;
}

void
lqm_fft (double complex *x, size_t n)
{
  for (size_t i = 1, j = 0; i < n; i++) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1)
      j ^= bit;
    j ^= bit;
    if (i < j) {
      double complex t = x[i];
      x[i] = x[j];
      x[j] = t;
    }
  }
  for (size_t len = 2; len <= n; len <<= 1)
    for (size_t k = 0; k < len / 2; k++) {
      double complex w = cexp (-2.0 * I * M_PI * (double)k / (double)len);
      for (size_t i = k; i < n; i += len) {
        double complex u = x[i], v = x[i + len / 2] * w;
        x[i] = u + v;
        x[i + len / 2] = u - v;
      }
    }
}

void
lqm_spectrum_db (const float *x, size_t n, double *out_db)
{
  /* 7-term Blackman-Harris, side lobes below −180 dB. */
  static const double a[] = { 0.27105140069342, -0.43329793923448, 0.21812299954311,
    -0.06592544638803, 0.01081174209837, -0.00077658482522, 0.00001388721735 };
  double complex *buffer = malloc (n * sizeof *buffer);

  for (size_t i = 0; i < n; i++) {
    double w = 0.0;
    for (int k = 0; k < 7; k++)
      w += a[k] * cos (2.0 * M_PI * k * (double)i / (double)n);
    buffer[i] = w * x[i];
  }
  lqm_fft (buffer, n);
  for (size_t k = 0; k <= n / 2; k++)
    out_db[k] = lqm_db (2.0 * cabs (buffer[k]) / (a[0] * (double)n));
  free (buffer);
}

double
lqm_rms (const float *x, size_t frames)
{
  double sum = 0.0;

  for (size_t n = 0; n < frames; n++)
    sum += (double)x[n] * x[n];
  return sqrt (sum / (double)(frames ? frames : 1));
}

double
lqm_peak (const float *x, size_t frames)
{
  double peak = 0.0;

  for (size_t n = 0; n < frames; n++)
    peak = fmax (peak, fabs ((double)x[n]));
  return peak;
}

double
lqm_db (double lin)
{
  return lin > 0.0 ? 20.0 * log10 (lin) : -INFINITY;
}

double
lqm_difference (const float *a, const float *b, size_t frames)
{
  double worst = 0.0;

  for (size_t n = 0; n < frames; n++)
    worst = fmax (worst, fabs ((double)a[n] - b[n]));
  return worst;
}

double
lqm_curvature (const float *x, size_t frames)
{
  double worst = 0.0;

  for (size_t n = 2; n < frames; n++)
    worst = fmax (worst, fabs ((double)x[n] - 2.0 * x[n - 1] + x[n - 2]));
  return worst;
}

#define TAPS 64

/* What no phase between two of eight can be above the larger of them, and a bit. */
#define BETWEEN 1.05

static double
kaiser (double x)
{
  double term = 1.0, sum = 1.0;

  for (int k = 1; k < 40; k++) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

/* `times` rows of TAPS; row 0 isn't used. */
static void
make_taps (double *h, int times)
{
  for (int p = 1; p < times; p++) {
    double sum = 0.0;
    for (int k = 0; k < TAPS; k++) {
      const double t = k - (TAPS / 2 - 1) - (double)p / times, e = t / (TAPS / 2);
      h[p * TAPS + k] = sin (M_PI * t) / (M_PI * t) * kaiser (8.0 * sqrt (1.0 - e * e));
      sum += h[p * TAPS + k];
    }
    for (int k = 0; k < TAPS; k++)
      h[p * TAPS + k] /= sum;
  }
}

/* Largest of phases step, 2·step … between two samples. */
static double
between (const double *h, const float *x, int times, int step)
{
  double peak = 0.0;

  for (int p = step; p < times; p += step) {
    double y[4] = { 0.0 };
    for (int k = 0; k < TAPS; k++)
      y[k % 4] += h[p * TAPS + k] * x[k];
    peak = fmax (peak, fabs (y[0] + y[1] + y[2] + y[3]));
  }
  return peak;
}

double
lqm_true_peak (const float *x, size_t frames, int times)
{
  double *h = malloc ((size_t)times * TAPS * sizeof *h), peak = lqm_peak (x, frames);

  make_taps (h, times);
  for (size_t i = 0; i + TAPS <= frames; i++) {
    double near = 0.0, coarse;
    for (int k = TAPS / 2 - 3; k < TAPS / 2 + 3; k++)
      near = fmax (near, fabs (x[i + (size_t)k]));
    /* What is far below can't reach the peak between two of its samples: hostile signals have
     * gains of at most 4 there. */
    if (near * 4.0 <= peak)
      continue;
    coarse = between (h, x + i, times, times / 8);
    if (times > 8 && fmax (coarse, near) * BETWEEN > peak)
      coarse = between (h, x + i, times, 1);
    peak = fmax (peak, coarse);
  }
  free (h);
  return peak;
}
