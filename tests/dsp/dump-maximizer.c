/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What each style of the maximizer does, measured, as CSV on standard output:
 *   thd_30, thd_50, thd_1k  harmonics of a tone that is 6 dB above the ceiling, dB
 *   side_60           sidebands by which 60 Hz, 6 dB above the ceiling with it, modulates 3 kHz, dB
 *   over_8x, over_32x true peak over the ceiling, the worst of noise and beats driven by 3, 6 and 12 dB
 *   most_db           largest reduction of beats driven by 6 dB; the rest was rounded
 *   brief_ms, long_ms until a reduction of 6 dB by 3 ms, by 3 s, is back to 1 dB */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "processors/maximizer.h"
#include "signals.h"

#define RATE 48000.0
#define FRAMES (48000 * 8)

static const char *const styles[] = { "transparent", "punchy", "loud", "bus", "clip" };
static float x[FRAMES];

/* x through a maximizer of this style; the reduction, dB. */
static double
through (int32_t style, float drive_db, float ceiling_db)
{
  const lq_stream stream = { .rate = RATE, .channels = 1, .out_channels = 1 };
  const struct lq_maximizer_params p = { 1, 0.0f, drive_db, ceiling_db, 1, style, 100.0f, 1,
    2.0f, 100.0f, 100.0f, 0.0f, 0.0f };
  static lq_maximizer u;
  lq_arena arena;
  double reduction;

  lq_arena_init (&arena);
  if (!lq_maximizer_prepare (&u, &stream, &p, &arena))
    abort ();
  for (size_t done = 0; done < FRAMES; done += 1000) {
    float *ch[] = { x + done };
    lq_maximizer_process (&u, ch, 1000);
  }
  reduction = lq_maximizer_reduction_db (&u);
  lq_arena_free (&arena);
  return reduction;
}

static double
level (double hz)
{
  return lqm_tone (x + FRAMES / 2, 96000, RATE, hz);
}

static double
thd (int32_t style, double hz)
{
  double sum = 0.0;

  lqs_sine (x, FRAMES, RATE, hz, 1.0, 0.1, 0);
  through (style, 6.0f, 0.0f);
  for (int h = 2; h <= 15; h++)
    sum += pow (level (hz * h), 2.0);
  return 10.0 * log10 (sum) - 20.0 * log10 (level (hz));
}

static double
sidebands (int32_t style)
{
  double sum = 0.0;

  for (size_t i = 0; i < FRAMES; i++)
    x[i] = (float)(0.8 * sin (2.0 * M_PI * 60.0 * (double)i / RATE) +
                   0.2 * sin (2.0 * M_PI * 3000.0 * (double)i / RATE));
  through (style, 6.0f, 0.0f);
  for (int k = 1; k <= 6; k++)
    sum += pow (level (3000.0 + 60.0 * k), 2.0) + pow (level (3000.0 - 60.0 * k), 2.0);
  return 10.0 * log10 (sum) - 20.0 * log10 (level (3000.0));
}

/* Full scale at the peaks. */
static void
beats (int kind)
{
  double peak;

  if (kind == 0)
    lqs_band_noise (x, FRAMES, 0.45, 0.3, 2);
  else
    lqs_programme (x, FRAMES, RATE, 5);
  for (size_t i = 0; kind && i < FRAMES; i++)
    x[i] = (float)(x[i] * (0.3 + exp (-(double)(i % 12000) / 1500.0)) +
                   0.7 * exp (-(double)(i % 24000) / 4000.0) *
                       sin (2.0 * M_PI * 55.0 * (double)(i % 24000) / RATE));
  peak = lqm_peak (x, FRAMES);
  for (size_t i = 0; i < FRAMES; i++)
    x[i] = (float)(x[i] / peak);
}

static void
overshoot (int32_t style, double *eight, double *finest)
{
  *eight = *finest = -100.0;
  for (int kind = 0; kind < 2; kind++)
    for (float drive = 3.0f; drive <= 12.0f; drive *= 2.0f) {
      double a, b;
      beats (kind);
      through (style, drive - 1.0f, -1.0f);
      lqm_true_peaks (x, FRAMES, &a, &b);
      *eight = fmax (*eight, 20.0 * log10 (a) + 1.0);
      *finest = fmax (*finest, 20.0 * log10 (b) + 1.0);
    }
}

/* A tone that is 6 dB above the ceiling for so long, and another that tells the gain, ms. */
static double
recovery (int32_t style, double s)
{
  const size_t end = (size_t)(RATE * (0.5 + s)), late = 400;
  size_t i;

  for (i = 0; i < FRAMES; i++)
    x[i] = i >= 24000 && i < end ? 1.0f : 0.2f;
  through (style, 0.0f, -5.9f);
  for (i = end + late; i < FRAMES && x[i] < 0.2f * 0.891f; i++)
    ;
  return (double)(i - end) / 48.0;
}

int
main (void)
{
  puts ("style,thd_30,thd_50,thd_1k,side_60,over_8x,over_32x,most_db,brief_ms,long_ms");
  for (int32_t s = 0; s < LQ_MAXIMIZER_STYLES; s++) {
    double eight, finest, most;
    overshoot (s, &eight, &finest);
    beats (1);
    most = through (s, 5.0f, -1.0f);
    printf ("%s,%.1f,%.1f,%.1f,%.1f,%.3f,%.3f,%.2f,%.0f,%.0f\n", styles[s], thd (s, 30.0),
        thd (s, 50.0), thd (s, 1000.0), sidebands (s), eight, finest, most, recovery (s, 0.003),
        recovery (s, 3.0));
  }
  return 0;
}
