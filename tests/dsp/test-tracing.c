/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A record, cut and played, against the formulas of STANDARDS §3.2. */

#include "primitives/tracing.h"

#include "lqtest.h"
#include "measure.h"
#include "signals.h"
#include "vinyl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define LATENCY_MOST 1024

static const double rates[] = { 8000, 44100, 48000, 96000, 192000, 384000 };
#define RATES (sizeof rates / sizeof *rates)

/* `frames` frames of both channels, with room for LATENCY_MOST more that are 0, in place and without
 * the latency; in blocks of `cut` (0: at random). */
static void
play (double rate, float *const x[2], size_t frames, int32_t mode, double radius, double stylus,
    uint32_t cut)
{
  const lq_stream stream = { .rate = rate, .channels = 2, .out_channels = 2 };
  lqs_random random = { 3 };
  lq_arena arena;
  static lq_tracing u;
  size_t latency;

  lq_arena_init (&arena);
  if (!CHECK (lq_tracing_prepare (&u, &stream, 7, -12, &arena), "prepare"))
    return;
  lq_tracing_set (&u, mode, lq_groove_speed (radius, 100 / 3.), stylus);
  latency = lq_tracing_latency (&u);
  CHECK (latency < LATENCY_MOST, "latency %zu", latency);
  for (size_t done = 0, n; done < frames + latency; done += n) {
    n = cut ? cut : lqs_range (&random, 1, LQ_BLOCK);
    n = fmin (n, frames + latency - done);
    lq_tracing_process (&u, (float *const[]){ x[0] + done, x[1] + done }, (uint32_t)n);
  }
  for (int c = 0; c < 2; c++)
    memmove (x[c], x[c] + latency, frames * sizeof *x[c]);
  lq_arena_free (&arena);
}

static float *
room (size_t frames)
{
  return calloc (frames + LATENCY_MOST, sizeof (float));
}

/* Cut and played the signal is what it was, but for the model's high-pass, and where it was. */
static void
cut_and_played (void)
{
  for (size_t i = 0; i < RATES; i++) {
    const double rate = rates[i], top = fmin (20000, 0.41 * rate);
    const size_t frames = (size_t)(rate * 0.6), at = 100;
    float *const x[2] = { room (frames), room (frames) };
    double worst = 0, turned = 0;
    x[0][at] = 0.5f;
    play (rate, x, frames, LQ_TRACING_CUT, 100, 18, 0);
    for (double hz = 20; hz <= top; hz *= 1.05) {
      const double complex s = I * hz / 20, h = s * s * s / ((s + 1) * (s * s + s + 1));
      const double complex got =
          2 * lqm_response (x[0], frames, rate, hz) * cexp (I * 2 * PI * hz * at / rate) / h;
      worst = fmax (worst, fabs (lqm_db (cabs (got))));
      turned = fmax (turned, cabs (got - 1));
    }
    lqt_note ("%g Hz: %.4f dB, with phase %.4f", rate, worst, turned);
    CHECK (worst < 0.05 && turned < 0.02, "%g Hz: off by %.3f dB, %.3f with phase", rate, worst,
        turned);
    CHECK (lqm_peak (x[1], frames) < 1e-5, "left becomes right by %g", lqm_peak (x[1], frames));
    free (x[0]);
    free (x[1]);
  }
}

struct played {
  double own[4],
      other[4]; /* harmonics of the tone's axis and of the other one, as velocities */
};

/* A tone of so many cm/s laterally or vertically, as played. */
static struct played
tone (double rate, double hz, double velocity, int vertical, double radius, double stylus)
{
  const size_t frames = (size_t)(rate * 0.5), from = frames / 4, n = frames / 2;
  const double x0 = velocity / 7 / cabs (lqv_riaa (hz)) * pow (10, -12 / 20.);
  float *const x[2] = { room (frames), room (frames) };
  struct played p;

  lqs_sine (x[0], frames, rate, hz, x0, 0.2, 0);
  for (size_t k = 0; k < frames; k++)
    x[1][k] = vertical ? -x[0][k] : x[0][k];
  play (rate, x, frames, LQ_TRACING_FULL, radius, stylus, 480);
  for (size_t k = 0; k < frames; k++) {
    const float l = x[0][k], r = x[1][k];
    x[0][k] = vertical ? (l - r) / 2 : (l + r) / 2;
    x[1][k] = vertical ? (l + r) / 2 : (l - r) / 2;
  }
  for (int h = 1; h < 4; h++) {
    const double k = 7 * cabs (lqv_riaa (h * hz)) / pow (10, -12 / 20.);
    p.own[h] = k * lqm_tone (x[0] + from, n, rate, h * hz);
    p.other[h] = k * lqm_tone (x[1] + from, n, rate, h * hz);
  }
  free (x[0]);
  free (x[1]);
  return p;
}

/* What the patch leaves of a frequency. */
static double
patch (double hz, double radius, double stylus)
{
  const double x =
      2 * PI * hz / (lq_groove_speed (radius, 100 / 3.) * 1e4) * lq_tracing_patch_um (stylus);

  return 2 * j1 (x) / x;
}

/* Second harmonic of a vertical tone: ρ·ω·v/(2·vg²) of its velocity, v that of a wall. Third of a lateral
 * one: the next term of the envelope, ρ²/2·y'²·y", is 3/8 of the square of ρ·ω·v/vg²; and by pinch
 * the vertical has as much second as a vertical tone. */
static void
harmonics (void)
{
  static const struct {
    double hz, velocity, stylus, rate;
  } rows[] = { { 1000, 7, 18, 48000 }, { 2000, 5, 18, 48000 }, { 3000, 5, 8, 48000 },
    { 3000, 2, 18, 44100 }, { 1500, 7, 18, 96000 }, { 2500, 6, 12, 192000 } };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double before = 0;
    for (double radius = 146.3; radius > 60; radius -= 21.5) {
      const double hz = rows[i].hz, rate = rows[i].rate, stylus = rows[i].stylus;
      const double vg = lq_groove_speed (radius, 100 / 3.);
      const double v = rows[i].velocity / sqrt (2) * patch (hz, radius, stylus);
      const double ratio = stylus * 1e-4 * 2 * PI * hz * v / (vg * vg);
      const struct played up = tone (rate, hz, rows[i].velocity, 1, radius, stylus);
      const struct played side = tone (rate, hz, rows[i].velocity, 0, radius, stylus);
      const double second = lqm_db (up.own[2] / up.own[1] / (ratio / 2));
      const double third = lqm_db (side.own[3] / side.own[1] / (3 * ratio * ratio / 8));
      const double pinch = lqm_db (side.other[2] / side.own[1] / (ratio / 2));
      if (ratio > 0.4)
        break; /* further terms count */
      lqt_note ("%g Hz, %g cm/s, %g µm, r %.1f mm (ratio %.3f): second %+.2f dB, third %+.2f, "
                "pinch %+.2f",
          hz, rows[i].velocity, stylus, radius, ratio, second, third, pinch);
      CHECK (fabs (second) < 1 && fabs (pinch) < 1, "second off by %.2f dB, pinch by %.2f",
          second, pinch);
      CHECK (ratio < 0.05 || fabs (third) < 1, "third off by %.2f dB", third);
      CHECK (up.own[2] / up.own[1] > before, "no more distortion further in");
      CHECK (side.own[2] / side.own[1] < 1e-4, "a second harmonic, laterally: %g", side.own[2]);
      before = up.own[2] / up.own[1];
    }
  }
}

/* Short waves get lost, the more the further in. */
static void
loss (void)
{
  static const double stylus[] = { 18, 8, 5 };

  for (int k = 0; k < 3; k++)
    for (double hz = 3000; hz < 16000; hz += 4000)
      for (double radius = 60.3; radius < 150; radius += 43) {
        const struct played p = tone (48000, hz, 0.05, 0, radius, stylus[k]);
        CHECK_NEAR (
            lqm_db (p.own[1] / 0.05), lqm_db (patch (hz, radius, stylus[k])), 0.15, "loss, dB");
      }
  lqt_note ("15 kHz at 60.3 mm: %.2f dB with 18 µm, %.2f with 8",
      lqm_db (patch (15000, 60.3, 18)), lqm_db (patch (15000, 60.3, 8)));
}

static void
cuts (void)
{
  enum { FRAMES = 5000 };
  float *const a[2] = { room (FRAMES), room (FRAMES) }, *const b[2] = { room (FRAMES),
    room (FRAMES) };

  for (uint32_t cut = 0; cut < 100; cut += 13) {
    for (int c = 0; c < 2; c++) {
      memset (a[c], 0, (FRAMES + LATENCY_MOST) * sizeof (float));
      lqs_programme (a[c], FRAMES, 48000, 5 + (uint64_t)c);
      memcpy (b[c], a[c], (FRAMES + LATENCY_MOST) * sizeof (float));
    }
    play (48000, a, FRAMES, LQ_TRACING_FULL, 70, 18, 1024);
    play (48000, b, FRAMES, LQ_TRACING_FULL, 70, 18, cut);
    CHECK (memcmp (a[0], b[0], FRAMES * sizeof (float)) == 0 &&
               memcmp (a[1], b[1], FRAMES * sizeof (float)) == 0,
        "blocks of %u sound different", cut);
    CHECK (isfinite (lqm_rms (a[0], FRAMES)) && lqm_peak (a[0], FRAMES) < 30, "it blows up: %g",
        lqm_peak (a[0], FRAMES));
  }
  for (int c = 0; c < 2; c++) {
    free (a[c]);
    free (b[c]);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "cut and played", cut_and_played },
    { "harmonics", harmonics }, { "inner-groove loss", loss }, { "cuts", cuts },
    { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
