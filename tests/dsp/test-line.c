/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Delay line, delay by fractions, scrub. */

#include "base/kernels.h"
#include "lqtest.h"
#include "measure.h"
#include "primitives/fraction.h"
#include "primitives/line.h"
#include "primitives/scrub.h"
#include "signals.h"

#include <math.h>
#include <string.h>

#define FRAMES 20000

static void
line_delays (void)
{
  static const uint32_t lags[] = { 0, 1, 63, 1024, 3000 };
  static float x[FRAMES], y[FRAMES];
  lq_arena arena;
  lq_line line;
  lqs_random random = { 3 };

  lq_arena_init (&arena);
  CHECK (lq_line_prepare (&line, 2, 3000, &arena), "no memory");
  lqs_noise (x, FRAMES, 1.0, 1);
  for (uint32_t l = 0; l < 5; l++) {
    lq_line_reset (&line);
    for (uint32_t at = 0, n; at < FRAMES; at += n) {
      n = lqs_range (&random, 0, LQ_BLOCK);
      n = n < FRAMES - at ? n : FRAMES - at;
      lq_line_write (&line, 1, x + at, n);
      lq_line_read (&line, 1, lags[l], y + at, n);
      lq_line_advance (&line, n);
    }
    for (uint32_t i = 0; i < FRAMES; i++)
      if (!CHECK (
              y[i] == (i < lags[l] ? 0.0f : x[i - lags[l]]), "lag %u, frame %u", lags[l], i))
        break;
  }
  lq_arena_free (&arena);
}

/* Largest deviation of the taps from e^(−jωτ) and of their magnitude from 1, up to `band` of
 * Nyquist. */
static void
deviation (const float *taps, double tau, double band, double *error, double *db)
{
  *error = *db = 0.0;
  for (int i = 1; i <= 400; i++) {
    double w = band * i / 400.0 / 2.0;
    double complex h = lqm_response (taps, LQ_FRACTION_TAPS, 1.0, w);
    *error = fmax (*error, cabs (h - cexp (-I * 2.0 * M_PI * w * tau)));
    *db = fmax (*db, fabs (lqm_db (cabs (h))));
  }
}

static void
fractions (void)
{
  lq_arena arena;
  lq_fraction f;
  double error, db, worst = 0.0, worst_short = 0.0, worst_half = 0.0;

  lq_arena_init (&arena);
  CHECK (lq_fraction_prepare (&f, &arena), "no memory");
  for (double delay = 0.02; delay < 40.0; delay += 0.07) {
    float taps[LQ_FRACTION_TAPS];
    uint32_t whole = lq_fraction_design (&f, delay, taps);
    deviation (taps, delay - whole, 20.0 / 24.0, &error, &db);
    if (delay >= LQ_FRACTION_CLEAN) {
      CHECK (error < 0.01, "delay of %g: off by %g", delay, error);
      worst = fmax (worst, db);
      continue;
    }
    worst_short = fmax (worst_short, db);
    deviation (taps, delay - whole, 0.5, &error, &db);
    worst_half = fmax (worst_half, db);
  }
  CHECK (worst <= 0.05, "%.3f dB to 20 kHz at 48 kHz", worst);
  CHECK (worst_short <= 0.8, "short ones: %.3f dB there", worst_short);
  CHECK (worst_half <= 0.45, "short ones: %.3f dB to half of Nyquist", worst_half);
  lqt_note (
      "flat to 20 kHz at 48 kHz within %.4f dB, short delays %.3f dB", worst, worst_short);
  lq_arena_free (&arena);
}

static void
scrub (void)
{
  static const float in[] = { 0.5f, NAN, INFINITY, -INFINITY, 1e6f, -1e6f, 1.1e6f, -3e38f,
    0.0f };
  static const float out[] = { 0.5f, 0, 0, 0, 1e6f, -1e6f, 1e6f, -1e6f, 0.0f };
  float x[9], *ch[] = { x };

  memcpy (x, in, sizeof x);
  CHECK (lq_scrub (lq_kernels (), ch, 1, 9) == 5, "counts");
  for (int i = 0; i < 9; i++)
    CHECK (x[i] == out[i], "sample %d: %g", i, x[i]);
  CHECK (lq_scrub (lq_kernels (), ch, 1, 9) == 0, "leaves what is clean");
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "a line delays, and begins in silence", line_delays },
    { "delays by a fraction", fractions }, { "scrub", scrub }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
