/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Low-end focus on tones and bursts: gains are read off against what the crossover alone passes, by
 * Linkwitz and Riley's formula. */

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpu.h"
#include "base/mathx.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/lowend.h"
#include "signals.h"

#define RATE 48000
#define N (3 * RATE)

static float x[2][N], y[2][N];

/* x → y through a fresh unit; the figure at the end. From frame `at` on other params. */
static float
run_change (const struct lq_lowend_params *p, const struct lq_lowend_params *then, size_t at,
    size_t block)
{
  const lq_stream stream = { .rate = RATE, .channels = 2, .out_channels = 2 };
  lq_lowend *u = malloc (sizeof *u);
  lq_arena arena;
  float reduction;

  lq_arena_init (&arena);
  if (!lq_lowend_prepare (u, &stream, &arena))
    abort ();
  lq_lowend_set (u, p);
  lq_lowend_reset (u);
  memcpy (y, x, sizeof y);
  for (size_t done = 0, n; done < N; done += n) {
    float *ch[2] = { y[0] + done, y[1] + done };
    n = N - done < block ? N - done : block;
    if (done == at)
      lq_lowend_set (u, then);
    if (done < at && done + n > at)
      n = at - done;
    lq_lowend_process (u, ch, (uint32_t)n);
  }
  reduction = lq_lowend_reduction_db (u);
  CHECK (lq_lowend_reduction_db (u) == 0.0f, "the figure isn't that of a period");
  lq_arena_free (&arena);
  free (u);
  return reduction;
}

static float
run (const struct lq_lowend_params *p)
{
  return run_change (p, p, N, LQ_BLOCK);
}

/* Lower band of a bilinear LR4 crossover; the upper one is that of the warped reciprocal. */
static double complex
lower (double hz, double crossover)
{
  const double complex s = I * tan (LQ_PI * hz / RATE) / tan (LQ_PI * crossover / RATE);
  const double complex d = s * s + sqrt (2.0) * s + 1.0;

  return 1.0 / (d * d);
}

/* Gain of a tone, dB, where the lower band has `gain_db`. */
static double
expected_db (double hz, double crossover, double gain_db)
{
  const double complex s = I * tan (LQ_PI * hz / RATE) / tan (LQ_PI * crossover / RATE);
  const double complex low = lower (hz, crossover);

  return lqm_db (cabs (pow (10.0, gain_db / 20.0) * low + s * s * s * s * low));
}

static void
steady (void)
{
  static const double hertz[] = { 30, 50, 80, 200, 1000, 9000 };
  static const float contrasts[] = { 100, 50, -30, -100 };

  for (int k = 0; k < 4; k++)
    for (int f = 0; f < 6; f++) {
      const struct lq_lowend_params p = { 1, 200, contrasts[k], 100 };
      float reduction;
      lqs_sine (x[0], N, RATE, hertz[f], 0.3, 0.0, 0);
      lqs_sine (x[1], N, RATE, hertz[f], 0.2, 1.0, 0);
      reduction = run (&p);
      for (int c = 0; c < 2; c++)
        CHECK_NEAR (lqm_db (lqm_tone (y[c] + RATE, 2 * RATE, RATE, hertz[f]) / (c ? 0.2 : 0.3)),
            expected_db (hertz[f], 200, -0.06 * contrasts[k]), 0.02, "a steady tone");
      /* Of 9 kHz nothing is left below. */
      if (contrasts[k] > 0.0f && hertz[f] < 5000.0)
        CHECK_NEAR (reduction, 0.06 * contrasts[k], 0.02, "the figure");
    }
}

/* What isn't the tone of a steady one, against it. */
static void
distortion (void)
{
  static const double hertz[] = { 20, 31, 50, 97, 173 };

  for (int f = 0; f < 5; f++)
    for (int sign = -1; sign <= 1; sign += 2) {
      const struct lq_lowend_params p = { 1, 200, sign * 100.0f, 100 };
      double s = 0.0, c = 0.0, rest = 0.0;
      lqs_sine (x[0], N, RATE, hertz[f], 0.5, 0.0, 0);
      memcpy (x[1], x[0], sizeof x[1]);
      run (&p);
      for (size_t i = 2 * RATE; i < N; i++) {
        s += y[0][i] * sin (2.0 * LQ_PI * hertz[f] * i / RATE) * 2.0 / RATE;
        c += y[0][i] * cos (2.0 * LQ_PI * hertz[f] * i / RATE) * 2.0 / RATE;
      }
      for (size_t i = 2 * RATE; i < N; i++)
        rest += pow (y[0][i] - s * sin (2.0 * LQ_PI * hertz[f] * i / RATE) -
                         c * cos (2.0 * LQ_PI * hertz[f] * i / RATE),
            2.0);
      rest = 10.0 * log10 (rest / RATE / ((s * s + c * c) / 2.0));
      CHECK (rest < -60.0, "%g Hz: all else is %.1f dB", hertz[f], rest);
      lqt_note ("%g Hz, contrast %+d00 %%: all else is %.1f dB", hertz[f], sign, rest);
    }
}

/* A tone of 60 Hz, steady, that jumps by 20 dB for 150 ms twice a second. */
static void
kicks (double level)
{
  for (size_t i = 0; i < N; i++) {
    const double t = fmod (i / (double)RATE, 0.5), loud = t >= 0.25 && t < 0.4 ? 1.0 : 0.1;
    x[0][i] = x[1][i] = (float)(level * loud * sin (2.0 * LQ_PI * 60.0 * i / RATE));
  }
}

/* Gain of `n` frames from `at` on, by their power, dB: the lower band's, nearly. */
static double
gain_db (size_t at, size_t n)
{
  return lqm_db (lqm_rms (y[0] + at, n) / lqm_rms (x[0] + at, n));
}

static void
bursts (void)
{
  for (int sign = -1; sign <= 1; sign += 2) {
    const struct lq_lowend_params p = { 1, 400, sign * 100.0f, 100 };
    const size_t hit = (size_t)(2.25 * RATE);
    double most;
    kicks (0.3);
    run (&p);
    CHECK_NEAR (sign * gain_db (hit - RATE / 20, RATE / 20), -6.0, 0.5, "before a kick");
    CHECK (sign * gain_db (hit + RATE / 60, RATE / 60) > 4.0, "a kick: %+.1f dB",
        gain_db (hit + RATE / 60, RATE / 60));
    CHECK (sign * gain_db (hit + RATE / 8, RATE / 60) < 1.0, "125 ms later: %+.1f dB",
        gain_db (hit + RATE / 8, RATE / 60));
    lqt_note ("contrast %+d00 %%: kick %+.1f dB, before %+.1f dB, 125 ms later %+.1f dB", sign,
        gain_db (hit + RATE / 60, RATE / 60), gain_db (hit - RATE / 20, RATE / 20),
        gain_db (hit + RATE / 8, RATE / 60));
    most = lqm_db (lqm_peak (y[0], N) / lqm_peak (x[0], N));
    CHECK (most < 6.5, "peaks raised by %.1f dB", most);
  }
}

static void
any_level (void)
{
  static float loud[N];
  const struct lq_lowend_params p = { 1, 200, 70, 100 };
  double worst = 0.0;

  kicks (0.9);
  run (&p);
  memcpy (loud, y[0], sizeof loud);
  kicks (0.9 * 0.003);
  run (&p);
  for (size_t i = 0; i < N; i++)
    worst = fmax (worst, fabs (y[0][i] / 0.003 - loud[i]));
  CHECK (worst < 1e-4, "50 dB lower, it differs by %g", worst);
}

/* What lies above passes an all-pass alone, whatever the bass does. */
static void
above (void)
{
  const struct lq_lowend_params p = { 1, 60, 100, 100 };
  double worst = 0.0;

  lqs_sine (x[0], N, RATE, 2000.0, 0.3, 0.0, 0);
  for (size_t i = 0; i < N; i++)
    x[0][i] += x[1][i] =
        (float)(fmod (i / (double)RATE, 0.4) < 0.1 ? 0.4 * sin (2.0 * LQ_PI * 40.0 * i / RATE)
                                                   : 0.0);
  run (&p);
  for (size_t at = RATE; at + 4800 < N; at += 4800)
    worst = fmax (worst, fabs (lqm_db (lqm_tone (y[0] + at, 4800, RATE, 2000.0) / 0.3)));
  CHECK (worst < 0.01, "2 kHz: %.4f dB", worst);
}

static void
neutral (void)
{
  const struct lq_lowend_params works = { 1, 150, 80, 100 };
  const struct lq_lowend_params off[] = { { 0, 150, 80, 100 }, { 1, 150, 0, 100 },
    { 1, 150, 80, 0 } };

  lqs_programme (x[0], N, RATE, 3);
  lqs_programme (x[1], N, RATE, 4);
  for (int k = 0; k < 3; k++) {
    CHECK (run (&off[k]) == 0.0f, "a figure though neutral");
    CHECK (memcmp (x, y, sizeof x) == 0, "%d: neutral isn't transparent", k);
    run_change (&works, &off[k], RATE, 1000);
    CHECK (memcmp (x[0] + 2 * RATE, y[0] + 2 * RATE, RATE * sizeof (float)) == 0,
        "%d: not transparent again", k);
    CHECK (memcmp (x[0], y[0], RATE * sizeof (float)) != 0, "it does nothing");
  }
}

/* Dry to focused, linear: against the all-pass, which is the amount of a hair. */
static void
amount (void)
{
  static float dry[N], wet[N];
  double worst = 0.0;

  kicks (0.3);
  run (&(struct lq_lowend_params){ 1, 200, 1e-6f, 100 });
  memcpy (dry, y[0], sizeof dry);
  run (&(struct lq_lowend_params){ 1, 200, 100, 100 });
  memcpy (wet, y[0], sizeof wet);
  run (&(struct lq_lowend_params){ 1, 200, 100, 30 });
  for (size_t i = 0; i < N; i++)
    worst = fmax (worst, fabs (0.7 * dry[i] + 0.3 * wet[i] - y[0][i]));
  CHECK (worst < 1e-6, "off by %g", worst);
}

static void
cuts (void)
{
  static const size_t blocks[] = { 1, 7, 63, 64, 500 };
  static float whole[2][N];
  const struct lq_lowend_params p = { 1, 200, 100, 100 }, q = { 1, 77, -40, 60 };

  kicks (0.5);
  run_change (&p, &q, 30011, LQ_BLOCK);
  memcpy (whole, y, sizeof whole);
  for (int k = 0; k < 5; k++) {
    run_change (&p, &q, 30011, blocks[k]);
    CHECK (memcmp (whole, y, sizeof whole) == 0, "blocks of %zu differ", blocks[k]);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "a steady tone, by the crossover's formula", steady },
    { "a steady tone isn't modulated", distortion }, { "kicks, up and down", bursts },
    { "the same at any level", any_level }, { "what lies above is left alone", above },
    { "neutral, off, and back there", neutral }, { "amount is linear", amount },
    { "however cut", cuts }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
