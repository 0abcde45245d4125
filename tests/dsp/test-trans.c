/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The transient shaper on drum-like bursts and tones: gains are read off as output over input. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpu.h"
#include "base/mathx.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/trans.h"
#include "signals.h"

#define N 48000

/* x, `channels` planes of N, through a fresh unit. */
static void
run (const struct lq_trans_params *p, double rate, float (*x)[N], uint32_t channels)
{
  const lq_stream stream = { .rate = rate, .channels = channels, .out_channels = channels };
  lq_trans *u = malloc (sizeof *u);
  lq_arena arena;

  lq_arena_init (&arena);
  if (!lq_trans_prepare (u, &stream, &arena))
    abort ();
  lq_trans_set (u, p);
  lq_trans_reset (u);
  for (size_t done = 0; done < N; done += LQ_BLOCK) {
    float *ch[2] = { x[0] + done, x[channels - 1] + done };
    lq_trans_process (u, ch, (uint32_t)(N - done < LQ_BLOCK ? N - done : LQ_BLOCK));
  }
  lq_arena_free (&arena);
  free (u);
}

/* Bursts of 200 Hz every 0.25 s that decay by 8.7 dB in 40 ms, over a quiet tone. */
static void
drum (float *x, double rate, double level)
{
  for (uint32_t i = 0; i < N; i++) {
    const double t = fmod (i / rate, 0.25);
    x[i] = (float)(level * (exp (-t / 0.04) * cos (2.0 * LQ_PI * 200.0 * t) +
                               0.001 * sin (2.0 * LQ_PI * 700.0 * i / rate)));
  }
}

/* Gain in dB of frame i, where x isn't near 0. */
static double
gain_db (const float *y, const float *x, uint32_t i)
{
  return 20.0 * log10 (fabs (y[i] / (double)x[i]));
}

static void
onset (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };
  static const float percents[] = { 100, 50, -60 };
  static float x[N], y[1][N];

  for (int r = 0; r < 4; r++)
    for (int k = 0; k < 3; k++) {
      const uint32_t hit = rates[r] > 50000 ? 0 : (uint32_t)(0.5 * rates[r]);
      const uint32_t peak = hit + (uint32_t)(0.005 * rates[r]);
      drum (x, rates[r], 0.1);
      memcpy (y[0], x, sizeof x);
      run (&(struct lq_trans_params){ 1, percents[k], 0, 100 }, rates[r], y, 1);
      CHECK_NEAR (gain_db (y[0], x, peak), percents[k] * 0.15, 0.3, "5 ms after the hit");
      CHECK (fabs (gain_db (y[0], x, hit + (uint32_t)(0.1 * rates[r]))) < 0.3,
          "%g %%: %.2f dB 100 ms later", percents[k],
          gain_db (y[0], x, hit + (uint32_t)(0.1 * rates[r])));
    }
}

static void
sustain (void)
{
  static float x[N], y[1][N];

  for (int sign = -1; sign <= 1; sign += 2) {
    double most = 0.0;
    drum (x, 48000, 0.1);
    memcpy (y[0], x, sizeof x);
    run (&(struct lq_trans_params){ 1, 0, sign * 100.0f, 100 }, 48000, y, 1);
    CHECK (fabs (gain_db (y[0], x, 24000 + 48)) < 1.0, "the onset itself: %.2f dB",
        gain_db (y[0], x, 24000 + 48));
    for (uint32_t i = 24000; i < 35999; i++)
      if (fabsf (x[i]) > 1e-6f)
        most = fmax (most, sign * gain_db (y[0], x, i));
    CHECK (most > 20.0 && most <= 24.0 + 0.01, "up to %.2f dB", most);
    lqt_note ("sustain %+d00 %%: up to %.2f dB", sign, sign * most);
  }
}

static void
any_level (void)
{
  static float x[N], loud[1][N], quiet[1][N];
  const double down = pow (10.0, -34.0 / 20.0);
  double worst = 0.0;

  drum (x, 48000, 0.5);
  for (uint32_t i = 0; i < N; i++) {
    loud[0][i] = x[i];
    quiet[0][i] = (float)(x[i] * down);
  }
  run (&(struct lq_trans_params){ 1, 80, -50, 100 }, 48000, loud, 1);
  run (&(struct lq_trans_params){ 1, 80, -50, 100 }, 48000, quiet, 1);
  for (uint32_t i = 0; i < N; i++)
    if (fabsf (x[i]) > 1e-4f)
      worst = fmax (worst, fabs (gain_db (loud[0], x, i) - gain_db (quiet[0], x, i) - 34.0));
  CHECK (worst < 0.1, "gains at -6 and -40 dBFS differ by %.3f dB", worst);
}

static void
steady (void)
{
  static const double hertz[] = { 45, 100, 997, 5003, 15000 };
  static float x[N], y[1][N];

  for (int k = 0; k < 5; k++) {
    double worst = 0.0;
    lqs_sine (x, N, 48000, hertz[k], 0.5, 0.1, 0);
    memcpy (y[0], x, sizeof x);
    run (&(struct lq_trans_params){ 1, 100, 100, 100 }, 48000, y, 1);
    for (uint32_t i = 24000; i < N; i++)
      if (fabsf (x[i]) > 0.05f)
        worst = fmax (worst, fabs (gain_db (y[0], x, i)));
    CHECK (worst < 0.1, "%g Hz: %.3f dB", hertz[k], worst);
  }
}

/* Neutral at 0, linked over channels, mix linear. */
static void
others (void)
{
  static float x[2][N], y[2][N], half[2][N];
  double worst = 0.0;

  drum (x[0], 48000, 0.5);
  lqs_noise (x[1], N, 0.01, 4);
  memcpy (y, x, sizeof x);
  run (&(struct lq_trans_params){ 1, 0, 0, 100 }, 48000, y, 2);
  CHECK (memcmp (x, y, sizeof x) == 0, "0 isn't neutral");
  run (&(struct lq_trans_params){ 1, 100, 60, 100 }, 48000, y, 2);
  memcpy (half, x, sizeof x);
  run (&(struct lq_trans_params){ 1, 100, 60, 50 }, 48000, half, 2);
  for (uint32_t i = 0; i < N; i++) {
    worst = fmax (worst, fabs (half[0][i] - 0.5 * (x[0][i] + y[0][i])));
    if (fabsf (x[0][i]) > 1e-3f && fabsf (x[1][i]) > 1e-3f &&
        !CHECK (fabs (gain_db (y[0], x[0], i) - gain_db (y[1], x[1], i)) < 0.001,
            "frame %u: channels differ", i))
      break;
  }
  CHECK (worst < 1e-6, "mix is off by %g", worst);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "onsets by the stated amount", onset },
    { "what follows, up to 24 dB", sustain }, { "the same at any level", any_level },
    { "a steady tone is left alone", steady }, { "neutral, linked, mixed", others },
    { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
