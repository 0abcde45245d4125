/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The elliptical filter against Butterworth's formula, and what cross-blend keeps. */

#include "processors/elliptic.h"

#include "base/cpu.h"
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

/* The kernel against a plain sum, in calls of any length: by curves or all of the side, of two channels or of
 * one twice; nothing is written behind the last frame. */
#define SOME 3000

static bool
one_bass (const char *variant, const double mid[3], const double side[3], bool all, bool mono)
{
  static float x[2][SOME + 8], y[2][SOME + 8], by[2][SOME];
  const struct lq_bass_taps of_mid = lq_first_bass (mid[0], mid[1], mid[2]),
                            of_side = lq_first_bass (side[0], side[1], side[2]);
  struct lq_bass_state z = { 0 };
  lqs_random random = { 11 };
  long double lp[2] = { 0 }, last[2] = { 0 };

  for (uint32_t c = 0; c < 2; c++) {
    lqs_noise (x[c], SOME + 8, 1.0, mono ? 3 : 3 + c);
    lqs_noise (by[c], SOME, 1.0, 5 + c);
    memcpy (y[c], x[c], sizeof x[c]);
  }
  for (uint32_t done = 0, n; done < SOME; done += n) {
    n = lqs_range (&random, 0, done < SOME / 2 ? 11 : 150);
    n = n < SOME - done ? n : SOME - done;
    lq_kernels ()->bass (all ? NULL : &of_mid, &of_side, &z,
        (float *const[]){ y[0] + done, y[mono ? 0 : 1] + done }, all ? NULL : by[0] + done,
        all ? NULL : by[1] + done, done % LQ_BASS_STEP, n);
  }
  for (uint32_t i = 0; i < SOME; i++) {
    const long double in[2] = { ((long double)x[0][i] + x[1][i]) / 2,
      ((long double)x[0][i] - x[1][i]) / 2 };
    for (int k = 0; k < 2; k++) {
      const double *const t = k ? side : mid;
      lp[k] = t[0] * lp[k] + t[1] * in[k] + t[2] * last[k];
      last[k] = in[k];
    }
    const long double a = all ? 0 : by[0][i] * lp[0], b = (all ? 1 : by[1][i]) * lp[1];
    if (!CHECK (fabsl (x[0][i] - a - b - y[0][i]) < 4e-7L &&
                    (mono || fabsl (x[1][i] - a + b - y[1][i]) < 4e-7L),
            "%s, poles %g and %g, frame %u", variant, mid[0], side[0], i))
      return false;
  }
  for (uint32_t c = 0; c < 2; c++)
    if (!CHECK (memcmp (x[c] + SOME, y[c] + SOME, 8 * sizeof (float)) == 0, "written behind"))
      return false;
  return true;
}

static void
kernel (void)
{
  static const double taps[][3] = { { 0.9005, 0.0995, 0.0 }, { 0.9804, 0.0098, 0.0098 },
    { 0.9987, 0.00065, 0.00065 }, { 0.5, 0.25, 0.25 } };

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++)
    for (uint32_t k = 0; k < LQ_COUNT (taps) && lq_cpu_force ((enum lq_cpu)cpu); k++)
      for (int how = 0; how < 4; how++)
        if (!one_bass (lq_cpu_name ((enum lq_cpu)cpu), taps[(k + 1) % LQ_COUNT (taps)], taps[k],
                how & 1, how & 2))
          return;
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "high-pass of the side", high_pass },
    { "cross-blend", cross_blend }, { "the kernel against a plain sum", kernel },
    { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
