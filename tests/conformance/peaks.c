/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* True peak beyond the standard's cases. */

#include "base/cpu.h"
#include "base/mathx.h"
#include "base/param.h"
#include "lqtest.h"
#include "meters.h"
#include "result.h"
#include "signals.h"
#include "test-conformance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RATE 48000.0

/* Σ over 24 samples of a Kaiser-windowed sinc (β = 6), at `phase` of the way from x[i] to
 * x[i + 1]: the filter, written once more. x is 0 outside its n frames. */
static double
interpolate (const float *x, long n, long i, double phase)
{
  double sum = 0.0, unity = 0.0;

  for (long k = i - 11; k <= i + 12; k++) {
    const double t = (double)(k - i) - phase, w = 6.0 * sqrt (1.0 - t * t / 144.0);
    double bessel = 1.0, term = 1.0, h;
    for (int j = 1; j < 40; j++)
      bessel += term *= w * w / (4.0 * j * j);
    h = sin (M_PI * t) / (M_PI * t) * bessel;
    unity += h;
    sum += k >= 0 && k < n ? h * x[k] : 0.0;
  }
  return sum / unity;
}

/* Of frames first … end − 1 of n, with what lies between them and follows. */
static double
exact_peak (const float *x, long n)
{
  double peak = 0.0;

  for (long i = -24; i < n + 24; i++)
    for (int k = 1; k < 4; k++)
      peak = fmax (peak, fabs (interpolate (x, n, i, k / 4.0)));
  for (long i = 0; i < n; i++)
    peak = fmax (peak, fabs ((double)x[i]));
  return peak;
}

/* Signals in which the loudest stretch hides in different ways. */
static void
make (float *x, size_t n, unsigned kind)
{
  lqs_random random = { kind + 1 };

  if (kind % 6 == 0)
    lqs_noise (x, n, 0.7, kind);
  if (kind % 6 == 1)
    lqs_programme (x, n, RATE, kind);
  if (kind % 6 == 2)
    lqs_sine (x, n, RATE, 400.0 * kind, 0.9, kind, 0);
  for (size_t i = 0; i < n && kind % 6 == 3; i++)
    x[i] = i % 97 == 0 ? (float)lqs_uniform (&random) : 0.0f;
  for (size_t i = 0; i < n && kind % 6 == 4; i++)
    x[i] = sin (0.03 * (double)i * kind) > 0.0 ? 0.5f : -0.5f;
  /* A small ripple, and somewhere one at half the rate that turns round. */
  for (size_t i = 0; i < n && kind % 6 == 5; i++)
    x[i] = (i > n / 2 && i < n / 2 + 40 ? 0.5f : 0.1f) *
           (((i + (i > n / 2 + 20)) & 1) ? 1.0f : -1.0f);
}

void
lqc_peak_exact (void)
{
  float x[1500];
  const float *at[1] = { x };
  lqs_random random = { 19 };

  for (unsigned kind = 0; kind < 60; kind++)
    for (int cpu = LQ_CPU_BASELINE; cpu < LQ_CPU_COUNT; cpu++) {
      const lq_stream stream = lqc_stream (RATE, 1);
      const uint32_t n = lqs_range (&random, 1, LQ_COUNT (x));
      lq_arena arena;
      lq_truepeak u;
      double exact;
      if (!lq_cpu_force ((enum lq_cpu)cpu))
        continue;
      make (x, n, kind);
      exact = exact_peak (x, n);
      lq_arena_init (&arena);
      lq_truepeak_prepare (&u, &stream, &arena);
      lq_truepeak_process (&u, at, n);
      lq_truepeak_finish (&u);
      CHECK (fabs (lq_truepeak_peak (&u, 0) - exact) <= 2e-6 * exact,
          "signal %u, %u frames, %s: %.8f, exactly %.8f", kind, n,
          lq_cpu_name ((enum lq_cpu)cpu), lq_truepeak_peak (&u, 0), exact);
      lq_arena_free (&arena);
    }
  lq_cpu_force (lq_cpu_best ());
}

/* Sines of many phases: no more than 0.05 dB high, and low by what four values a sample miss. */
void
lqc_peak_sines (void)
{
  static const double shares[] = { 0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.42, 0.45 };
  static float x[6000];
  const float *at[1] = { x };

  for (unsigned i = 0; i < LQ_COUNT (shares); i++) {
    double high = -100.0, low = 100.0;
    char row[48];
    for (unsigned k = 0; k < 64; k++) {
      const lq_stream stream = lqc_stream (RATE, 1);
      lq_arena arena;
      lq_truepeak u;
      double value;
      /* A frequency that comes back to the same phases soon, so that phases matter. */
      const double hz = RATE * round (shares[i] * 60.0) / 60.0;
      lqs_sine (x, LQ_COUNT (x), RATE, hz, 1.0, k * M_PI / 64.0, 0);
      for (unsigned n = 0; n < LQ_COUNT (x); n++)
        x[n] *=
            (float)(0.5 - 0.5 * cos (2.0 * M_PI * fmin (1000.0, fmin (n, 5999 - n)) / 2000.0));
      lq_arena_init (&arena);
      lq_truepeak_prepare (&u, &stream, &arena);
      lq_truepeak_process (&u, at, LQ_COUNT (x));
      value = lqc_db (lq_truepeak_peak (&u, 0));
      high = fmax (high, value);
      low = fmin (low, value);
      lq_arena_free (&arena);
    }
    snprintf (row, sizeof row, "%.4g of the rate", round (shares[i] * 60.0) / 60.0);
    lqc_result ("True peak of a sine at 0 dBTP, 64 phases (dBTP)", row, "highest", high, 0.0,
        0.05 - lqc_db (cos (M_PI * shares[i] / 4.0)), 0.05);
    lqc_result ("True peak of a sine at 0 dBTP, 64 phases (dBTP)", row, "lowest", low, 0.0,
        0.05 - lqc_db (cos (M_PI * shares[i] / 4.0)), 0.05);
  }
}

/* The first and the last frames count, with silence around them; periods are told apart. */
void
lqc_peak_edges (void)
{
  const lq_stream stream = lqc_stream (RATE, 1);
  float x[200] = { 0 }, y[24] = { 0 }, sample = -1.0f;
  const float *at[1] = { x };
  lq_arena arena;
  lq_truepeak u;

  lq_arena_init (&arena);
  lq_truepeak_prepare (&u, &stream, &arena);
  x[198] = x[199] = 0.5f;
  y[11] = y[12] = 0.5f;
  lq_truepeak_process (&u, at, 200);
  CHECK (lq_truepeak_peak (&u, 0) == 0.5f, "the end isn't known yet");
  lq_truepeak_finish (&u);
  CHECK_NEAR (lq_truepeak_peak (&u, 0), interpolate (y, 24, 11, 0.5), 1e-6, "the end");
  CHECK_NEAR (lq_truepeak_take (&u, 0, &sample), lq_truepeak_max_peak (&u), 0.0, "period");
  CHECK (sample == 0.5f && lq_truepeak_max_sample (&u) == 0.5f, "sample peak");
  at[0] = y;
  lq_truepeak_reset (&u);
  lq_truepeak_process (&u, at, 11);
  CHECK (lq_truepeak_take (&u, 0, &sample) == 0.0f && sample == 0.0f, "the past shows");
  at[0] = y + 11;
  lq_truepeak_process (&u, at, 2);
  CHECK (lq_truepeak_take (&u, 0, NULL) == 0.5f, "the second period");
  lq_truepeak_finish (&u);
  CHECK (lq_truepeak_take (&u, 0, NULL) > 0.6f, "between the two");
  CHECK (lq_truepeak_take (&u, 0, NULL) == 0.0f, "a period of nothing");
  lq_arena_free (&arena);
}
