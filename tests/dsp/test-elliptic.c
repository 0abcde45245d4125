/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The elliptical filter against Butterworth's formula, and what cross-blend keeps. */

#include "processors/elliptic.h"

#include "lqtest.h"
#include "measure.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 96000

static float l[FRAMES], r[FRAMES], l0[FRAMES], r0[FRAMES];

static void
run (double rate, float hz, int32_t slope, int32_t mode)
{
  const lq_stream stream = { .rate = rate, .channels = 2, .out_channels = 2 };
  const struct lq_elliptic_params p = { hz, slope, mode };
  lq_arena arena;
  static lq_elliptic u;

  memcpy (l0, l, sizeof l);
  memcpy (r0, r, sizeof r);
  lq_arena_init (&arena);
  if (!CHECK (lq_elliptic_prepare (&u, &stream, &arena), "prepare"))
    return;
  lq_elliptic_set (&u, &p);
  lq_elliptic_reset (&u);
  for (int done = 0; done < FRAMES; done += 480)
    lq_elliptic_process (&u, (float *const[]){ l + done, r + done }, 480);
  lq_arena_free (&arena);
}

/* Level of what comes out against what went in, of left + sign·right, second half. */
static double
change_db (double rate, double hz, float sign)
{
  static float a[FRAMES / 2], b[FRAMES / 2];

  for (int i = 0; i < FRAMES / 2; i++) {
    a[i] = l0[FRAMES / 2 + i] + sign * r0[FRAMES / 2 + i];
    b[i] = l[FRAMES / 2 + i] + sign * r[FRAMES / 2 + i];
  }
  return lqm_db (lqm_tone (b, FRAMES / 2, rate, hz) / lqm_tone (a, FRAMES / 2, rate, hz));
}

static void
high_pass (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };

  for (int k = 0; k < 4; k++)
    for (int slope = 6; slope <= 24; slope *= 2)
      for (double hz = 80; hz < 2000; hz *= 3) {
        const double want = -10 * log10 (1 + pow (150 / hz, slope / 3.));
        lqs_sine (l, FRAMES, rates[k], hz, 0.3, 0, 0);
        for (int i = 0; i < FRAMES; i++)
          r[i] = -l[i];
        run (rates[k], 150, slope, LQ_ELLIPTIC_HIGH_PASS);
        CHECK_NEAR (change_db (rates[k], hz, -1), want, 0.05, "antiphase, dB");
        if (hz == 80 && slope == 6)
          CHECK_NEAR (change_db (rates[k], hz, -1), -6.55, 0.05, "STANDARDS: 80 Hz, dB");
        memcpy (r, l0, sizeof r);
        memcpy (l, l0, sizeof l);
        run (rates[k], 150, slope, LQ_ELLIPTIC_HIGH_PASS);
        CHECK_NEAR (change_db (rates[k], hz, 1), 0, 0.01, "in phase, dB");
        lqs_sine (l, FRAMES, rates[k], hz, 0.3, 0, 0);
        memset (r, 0, sizeof r);
        run (rates[k], 150, slope, LQ_ELLIPTIC_HIGH_PASS);
        CHECK_NEAR (change_db (rates[k], hz, 1), 0, 0.01, "the middle of one channel, dB");
      }
}

static double
power_db (const float *a, const float *b)
{
  return 10 * log10 (pow (lqm_rms (a + FRAMES / 2, FRAMES / 2), 2) +
                     pow (lqm_rms (b + FRAMES / 2, FRAMES / 2), 2));
}

/* Bass of any kind keeps its power, and is mono. */
static void
cross_blend (void)
{
  static const char *const kinds[] = { "left", "right", "antiphase", "apart", "mostly right",
    "in phase" };

  for (int kind = 0; kind < 6; kind++)
    for (int slope = 12; slope <= 24; slope += 12) {
      lqs_sine (l, FRAMES, 48000, 41, 0.3, 0, 0);
      lqs_sine (r, FRAMES, 48000, 63, 0.3, 0, 0);
      for (int i = 0; i < FRAMES; i++) {
        if (kind == 0)
          r[i] = 0;
        if (kind == 1)
          l[i] = 0;
        if (kind == 2)
          r[i] = -l[i];
        if (kind == 4)
          l[i] = 0.3f * l[i] + 0.2f * r[i];
        if (kind == 5)
          r[i] = l[i];
      }
      run (48000, 300, slope, LQ_ELLIPTIC_BLEND);
      const double kept = power_db (l, r) - power_db (l0, r0);
      for (int i = 0; i < FRAMES; i++)
        l0[i] = l[i] - r[i], r0[i] = l[i] + r[i];
      const double side = lqm_db (
          lqm_rms (l0 + FRAMES / 2, FRAMES / 2) / lqm_rms (r0 + FRAMES / 2, FRAMES / 2));
      lqt_note ("%s, %d dB: power %+.2f dB, side %.1f dB", kinds[kind], slope, kept, side);
      CHECK (fabs (kept) < 0.7, "%s: power changes by %.2f dB", kinds[kind], kept);
      CHECK (side < -20, "%s: side is left at %.1f dB", kinds[kind], side);
    }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "high-pass of the side", high_pass },
    { "cross-blend", cross_blend }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
