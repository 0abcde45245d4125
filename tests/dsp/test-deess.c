/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The de-esser on tones and bursts, against the formula of a Linkwitz-Riley crossover. */

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpu.h"
#include "base/mathx.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/deess.h"
#include "signals.h"

#define N 48000

static struct lq_deess_params
defaults (void)
{
  const struct lq_module self = { "", lq_deess_rows, LQ_DEESS_ROWS, 0, NULL };
  struct lq_deess_params p;

  lq_modules_defaults (&self, 1, &p);
  p.enabled = 1;
  return p;
}

/* x through a fresh unit; heard, where not NULL, is what listen would let one hear. The largest
 * reduction. */
static double
run (const struct lq_deess_params *p, double rate, float *x, float *heard)
{
  const lq_stream stream = { .rate = rate, .channels = 1, .out_channels = 1 };
  lq_deess *u = malloc (sizeof *u);
  lq_arena arena;
  double reduction;

  lq_arena_init (&arena);
  if (!lq_deess_prepare (u, &stream, &arena))
    abort ();
  lq_deess_set (u, p);
  lq_deess_reset (u);
  for (size_t done = 0; done < N; done += LQ_BLOCK) {
    const uint32_t n = (uint32_t)(N - done < LQ_BLOCK ? N - done : LQ_BLOCK);
    float *ch[] = { x + done };
    lq_deess_process (u, ch, n);
    if (heard)
      memcpy (heard + done, lq_listen_plane (&u->listen, 0), n * sizeof *heard);
  }
  reduction = lq_deess_reduction_db (u);
  lq_arena_free (&arena);
  free (u);
  return reduction;
}

/* Upper and lower gain of the crossover, both real about the all-pass: r⁴/(1 + r⁴), 1/(1 + r⁴). */
static double
upper (double hz, double corner, double rate)
{
  const double r = tan (LQ_PI * hz / rate) / tan (LQ_PI * corner / rate);

  return pow (r, 4.0) / (1.0 + pow (r, 4.0));
}

static void
flat (void)
{
  static const double rates[] = { 8000, 44100, 48000, 96000, 192000 };
  static const float corners[] = { 2000, 6000, 16000 };
  static float x[N];

  for (int r = 0; r < 5; r++)
    for (int f = 0; f < 3; f++) {
      struct lq_deess_params p = defaults ();
      double worst = 0.0;
      p.frequency_hz = corners[f];
      p.threshold_db = 0.0f;
      memset (x, 0, sizeof x);
      /* Under the level that counts as silence: nothing is reduced. */
      x[1000] = 5e-7f;
      run (&p, rates[r], x, NULL);
      for (double hz = 20.0; hz < 0.49 * rates[r]; hz *= 1.1)
        worst =
            fmax (worst, fabs (20.0 * log10 (cabs (lqm_response (x, N, rates[r], hz)) / 5e-7)));
      CHECK (worst < 0.05, "%g Hz at %g: %.4f dB", corners[f], rates[r], worst);
    }
}

/* Two tones, 200 Hz and 9 kHz; the gain of the second, dB. */
static double
sibilant (struct lq_deess_params p, double level, double high, double *low_db)
{
  static float x[N], y[N];

  for (uint32_t i = 0; i < N; i++)
    x[i] = (float)(level * (sin (2.0 * LQ_PI * 200.0 * i / 48000.0) +
                               high * sin (2.0 * LQ_PI * 9000.0 * i / 48000.0)));
  memcpy (y, x, sizeof y);
  run (&p, 48000, y, NULL);
  if (low_db)
    *low_db = 20.0 * log10 (lqm_tone (y + 24000, 24000, 48000, 200.0) / level);
  return 20.0 * log10 (lqm_tone (y + 24000, 24000, 48000, 9000.0) / (level * high));
}

/* By the excess over the threshold, at most by the range, at any level. */
static void
law (void)
{
  static const double highs[] = { 0.05, 0.2, 0.5, 1.0, 3.0 };

  for (int mode = 0; mode < 2; mode++)
    for (int k = 0; k < 5; k++) {
      struct lq_deess_params p = defaults ();
      const double u = upper (9000, 4000, 48000);
      const double excess = 20.0 * log10 (highs[k] * u / (1.0 + highs[k])) + 12.0;
      const double g = pow (10.0, -fmax (0.0, fmin (excess, 8.0)) / 20.0);
      double low, loud, quiet;
      p.mode = mode;
      p.frequency_hz = 4000.0f;
      loud = sibilant (p, 0.5 / (1.0 + highs[k]), highs[k], &low);
      quiet = sibilant (p, 0.05 / (1.0 + highs[k]), highs[k], NULL);
      CHECK_NEAR (quiet, loud, 0.05, "20 dB lower");
      CHECK_NEAR (loud, 20.0 * log10 (mode ? g : 1.0 - u + u * g), 0.3, "reduction");
      CHECK_NEAR (low, mode ? 20.0 * log10 (g) : 0.0, 0.3, "200 Hz");
    }
}

static void
untouched (void)
{
  for (int mode = 0; mode < 2; mode++) {
    static float x[N];
    struct lq_deess_params p = defaults ();
    p.mode = mode;
    lqs_sine (x, N, 48000, 1000, 0.5, 0.0, 0);
    run (&p, 48000, x, NULL);
    CHECK_NEAR (
        20.0 * log10 (lqm_tone (x + 24000, 24000, 48000, 1000) / 0.5), 0.0, 0.05, "1 kHz");
  }
}

/* 7 kHz for 200 ms, alone: its band stands at 0 dB to the whole, so 12 dB over the threshold. */
static void
burst (void)
{
  static const float ranges[] = { 3, 6, 8, 11 };
  static const double levels[] = { 0.5, 0.05 };

  for (int mode = 0; mode < 2; mode++)
    for (int k = 0; k < 8; k++) {
      static float x[N];
      struct lq_deess_params p = defaults ();
      const double level = levels[k / 4];
      double reduction;
      p.mode = mode;
      p.frequency_hz = 2500.0f;
      p.range_db = ranges[k % 4];
      memset (x, 0, sizeof x);
      lqs_sine (x + 20000, 9600, 48000, 7000, level, 0.0, 0);
      reduction = run (&p, 48000, x, NULL);
      CHECK_NEAR (reduction, ranges[k % 4], 0.3, "the figure");
      CHECK_NEAR (-20.0 * log10 (lqm_tone (x + 24000, 4800, 48000, 7000) / level),
          ranges[k % 4], 0.5, mode ? "wide" : "split");
    }
}

/* τ of attack and release: 63 % of a change in dB. */
static void
times (void)
{
  static float x[N], y[N];
  struct lq_deess_params p = defaults ();
  uint32_t up = 20000, down;
  const uint32_t end = 20000 + 14400;

  p.mode = LQ_DEESS_WIDE;
  p.frequency_hz = 2500.0f;
  p.attack_ms = 10.0f;
  p.release_ms = 100.0f;
  for (uint32_t i = 0; i < N; i++)
    x[i] =
        (float)(0.1 * sin (2.0 * LQ_PI * 500.0 * i / 48000.0) +
                (i >= 20000 && i < end ? 0.8 : 0.0) * sin (2.0 * LQ_PI * 9000.0 * i / 48000.0));
  memcpy (y, x, sizeof y);
  run (&p, 48000, y, NULL);
  while (up < N && !(fabsf (x[up]) > 0.01f && y[up] / x[up] < pow (10.0, -8.0 * 0.632 / 20.0)))
    up++;
  down = end;
  while (down < N &&
         !(fabsf (x[down]) > 0.01f && y[down] / x[down] > pow (10.0, -8.0 * 0.368 / 20.0)))
    down++;
  CHECK_NEAR ((up - 20000) / 48.0, 10.0, 1.0, "attack, ms");
  /* The hold of 10 ms comes before it. */
  CHECK_NEAR ((down - end) / 48.0 - 10.0, 100.0, 5.0, "release, ms");
}

static void
listen (void)
{
  static float x[N], heard[N];
  struct lq_deess_params p = defaults ();

  p.listen = 1;
  for (uint32_t i = 0; i < N; i++)
    x[i] = (float)(0.2 * sin (2.0 * LQ_PI * 500.0 * i / 48000.0) +
                   0.2 * sin (2.0 * LQ_PI * 7000.0 * i / 48000.0));
  run (&p, 48000, x, heard);
  CHECK (lqm_tone (heard + 24000, 24000, 48000, 500) < 1e-4, "500 Hz is heard");
  CHECK_NEAR (lqm_tone (heard + 24000, 24000, 48000, 7000) / 0.2, upper (7000, 6000, 48000),
      1e-3, "7 kHz");
}

static void
neutral (void)
{
  static float x[N], y[N];
  struct lq_deess_params p = defaults ();

  lqs_programme (x, N, 48000, 5);
  memcpy (y, x, sizeof y);
  p.range_db = 0.0f;
  run (&p, 48000, y, NULL);
  CHECK (memcmp (x, y, sizeof x) == 0, "range 0 isn't neutral");
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "the bands sum flat at rest", flat },
    { "by the excess, at most by the range, at any level", law },
    { "1 kHz is left alone", untouched }, { "a burst of 7 kHz", burst },
    { "attack and release", times }, { "listen", listen }, { "range 0", neutral },
    { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
