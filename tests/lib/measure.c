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

/* True peak. */

#define TAPS 64
#define FINEST 32

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

/* The phases of 32×. */
static void
sinc_phases (double h[FINEST][TAPS])
{
  for (int p = 1; p < FINEST; p++) {
    double sum = 0.0;
    for (int k = 0; k < TAPS; k++) {
      const double t = k - (TAPS / 2 - 1) - (double)p / FINEST, e = t / (TAPS / 2);
      h[p][k] = sin (M_PI * t) / (M_PI * t) * kaiser (8.0 * sqrt (1.0 - e * e));
      sum += h[p][k];
    }
    for (int k = 0; k < TAPS; k++)
      h[p][k] /= sum;
  }
}

static double
between (const double *h, const double *x)
{
  double sum[4] = { 0.0 };

  for (int k = 0; k < TAPS; k += 4)
    for (int i = 0; i < 4; i++)
      sum[i] += h[k + i] * x[k + i];
  return fabs (sum[0] + sum[1] + sum[2] + sum[3]);
}

static inline double
larger (double a, double b)
{
  return a > b ? a : b;
}

/* From `coarse` to `fine` times a frame, where top (largest value from a frame to the next, both
 * ends too) comes near enough to the peak so far; the new peak. */
static double
refine (double *top, const double *x, size_t n, int coarse, int fine, double near, double peak)
{
  static double h[FINEST][TAPS];
  const double least = near * peak;

  if (h[1][0] == 0.0)
    sinc_phases (h);
  for (size_t i = 0; i < n; i++) {
    for (int p = FINEST / fine; p < FINEST && top[i] >= least; p += FINEST / fine)
      if (p % (FINEST / coarse) != 0)
        top[i] = larger (top[i], between (h[p], x + i));
    peak = larger (peak, top[i]);
  }
  return peak;
}

/* A signal without frequencies above half the rate that has its peak M at t0 is above
 * M·cos (π·rate·(t − t0)) around it: half a step of 2× from it above 0.707·M, of 8× above 0.98·M.
 * So what lies well below those needs no closer look. */
void
lqm_true_peaks (const float *x, size_t frames, double *eight, double *finest)
{
  const size_t n = frames >= TAPS ? frames - TAPS + 1 : 0;
  double *wide = malloc ((frames + 1) * sizeof *wide), *top = malloc ((n + 1) * sizeof *top);
  double peak = lqm_peak (x, frames);

  for (size_t i = 0; i < frames; i++)
    wide[i] = x[i];
  for (size_t i = 0; i < n; i++)
    top[i] = larger (fabs (wide[i + TAPS / 2 - 1]), fabs (wide[i + TAPS / 2]));
  peak = refine (top, wide, n, 1, 2, 0.0, peak);
  *eight = refine (top, wide, n, 2, 8, 0.6, peak);
  *finest = refine (top, wide, n, 8, FINEST, 0.9, *eight);
  free (wide);
  free (top);
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
