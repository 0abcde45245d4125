/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Power taken away per band against arithmetic on tones, and against the Fourier transform of the whole
 * signal in double precision, bands by Butterworth's formula. */

#include "base/cpu.h"
#include "primitives/treatment.h"

#include "guard.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static lq_stream
stream (double rate, uint32_t channels)
{
  return (lq_stream){ .rate = rate, .channels = channels, .out_channels = channels };
}

/* Fed in blocks of at most `block`. */
static void
feed (lq_treatment *u, const float *const *in, const float *const *out, size_t frames,
    uint32_t block)
{
  for (size_t at = 0, n; at < frames; at += n) {
    const float *const x[2] = { in[0] + at, in[1] + at }, *const y[2] = { out[0] + at,
      out[1] + at };
    n = frames - at < block ? frames - at : block;
    lq_treatment_process (u, x, y, (uint32_t)n);
  }
}

/* Butterworth's formula, fourth order; what the bilinear transform makes of it for the upper one. */
static void
shares (double hz, double split, double rate, double share[3])
{
  const double over = tan (PI * hz / rate) / tan (PI * split / rate);

  share[0] = 1 / (1 + pow (hz / 300, 8));
  share[2] = over > 0 ? 1 / (1 + pow (over, -8)) : 0;
  share[1] = 1 - share[0] - share[2];
}

/* Adds the power of a whole signal, by bands. */
static void
whole (const float *x, size_t n, double rate, double split, double power[3])
{
  double complex *const c = malloc (n * sizeof *c);

  for (size_t i = 0; i < n; i++)
    c[i] = x[i];
  lqm_fft (c, n);
  for (size_t k = 0; k <= n / 2; k++) {
    double share[3];
    shares ((double)k * rate / (double)n, split, rate, share);
    for (int b = 0; b < 3; b++)
      power[b] += share[b] * creal (c[k] * conj (c[k]));
  }
  free (c);
}

static double
decibels (double in, double out)
{
  return 10 * log10 (in / out);
}

/* Three tones, of which each is taken down by what is known; both channels count. */
static void
tones (void)
{
  const double rates[] = { 44100, 48000, 96000, 192000, 384000 };
  const double hz[] = { 100, 2000, 9000 }, down[2][3] = { { 0.5, 3, 12 }, { 6, 0, -2 } };
  const double loud[2] = { 0.2, 0.05 };

  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    const size_t frames = (size_t)rates[i] * 2;
    const lq_stream s = stream (rates[i], 2);
    float *x[2], *y[2], *const one = malloc (frames * sizeof *one);
    double db[3];
    lq_treatment u;
    for (int c = 0; c < 2; c++) {
      x[c] = calloc (frames, sizeof **x);
      y[c] = calloc (frames, sizeof **y);
      for (int b = 0; b < 3; b++) {
        lqs_sine (one, frames, rates[i], hz[b], loud[c], b + c, 0);
        for (size_t k = 0; k < frames; k++) {
          x[c][k] += one[k];
          y[c][k] += one[k] * (float)pow (10, -down[c][b] / 20);
        }
      }
    }
    lq_treatment_prepare (&u, &s, 4500);
    feed (&u, (const float *const *)x, (const float *const *)y, frames, 1024);
    lq_treatment_now (&u, db);
    for (int b = 0; b < 3; b++) {
      double in = 0, out = 0;
      for (int c = 0; c < 2; c++) {
        in += loud[c] * loud[c];
        out += loud[c] * loud[c] * pow (10, -down[c][b] / 10);
      }
      CHECK_NEAR (db[b], decibels (in, out), 0.1, "band");
    }
    for (int c = 0; c < 2; c++) {
      free (x[c]);
      free (y[c]);
    }
    free (one);
  }
}

/* A tone near an edge counts by its share on both sides of it; also where the split has moved. */
static void
edges (void)
{
  enum { FRAMES = 96000 };
  static float x[FRAMES], y[FRAMES], one[FRAMES];
  const double beside[] = { 200, 300, 400, 5000, 6000, 7000 }, bed[] = { 50, 1500, 15000 };
  const float *const in[2] = { x, x }, *const out[2] = { y, y };
  const lq_stream s = stream (48000, 2);

  for (int k = 0; k < 6; k++) {
    double db[3], before[3] = { 0 }, after[3] = { 0 }, share[3];
    lq_treatment u;
    lq_treatment_prepare (&u, &s, 4500);
    lq_treatment_set_split (&u, 6000);
    memset (x, 0, sizeof x);
    for (int t = 0; t < 3; t++) {
      lqs_sine (one, FRAMES, 48000, bed[t], 0.1, 0, 0);
      shares (bed[t], 6000, 48000, share);
      for (int i = 0; i < FRAMES; i++)
        x[i] += one[i];
      for (int b = 0; b < 3; b++) {
        before[b] += 0.01 * share[b];
        after[b] += 0.01 * share[b];
      }
    }
    memcpy (y, x, sizeof y);
    lqs_sine (one, FRAMES, 48000, beside[k], 0.2, 0, 0);
    shares (beside[k], 6000, 48000, share);
    for (int i = 0; i < FRAMES; i++)
      x[i] += one[i];
    for (int b = 0; b < 3; b++)
      before[b] += 0.04 * share[b];
    feed (&u, in, out, FRAMES, 1000);
    lq_treatment_now (&u, db);
    for (int b = 0; b < 3; b++)
      CHECK_NEAR (db[b], decibels (before[b], after[b]), 0.1, "beside an edge");
  }
}

/* Noise through a filter, against the transform of all of it. */
static void
noise (void)
{
  const size_t frames = 1 << 20;
  const double rates[] = { 8000, 44100, 48000, 192000 }, splits[] = { 1500, 4500, 2345, 12000 };
  float *x[2], *y[2];

  for (int c = 0; c < 2; c++) {
    x[c] = calloc (frames, sizeof **x);
    y[c] = calloc (frames, sizeof **y);
    lqs_noise (x[c], frames, 0.3, 11 + (uint64_t)c);
    for (size_t i = 2; i < frames; i++)
      y[c][i] = 0.5f * x[c][i] + (c ? 0.3f : -0.1f) * x[c][i - 1] + 0.1f * x[c][i - 2];
  }
  for (int i = 0; i < 4; i++) {
    const lq_stream s = stream (rates[i], 2);
    double in[3] = { 0 }, out[3] = { 0 }, db[3];
    lq_treatment u;
    lq_treatment_prepare (&u, &s, splits[i]);
    feed (&u, (const float *const *)x, (const float *const *)y, frames, 1024);
    lq_treatment_now (&u, db);
    for (int c = 0; c < 2; c++) {
      whole (x[c], frames, rates[i], splits[i], in);
      whole (y[c], frames, rates[i], splits[i], out);
    }
    for (int b = 0; b < 3; b++)
      CHECK_NEAR (db[b], decibels (in[b], out[b]), 0.05, "noise");
  }
  for (int c = 0; c < 2; c++) {
    free (x[c]);
    free (y[c]);
  }
}

/* Beats of which only the kick and a hiss are treated, while they last. */
static void
beats (void)
{
  const size_t frames = 1 << 20;
  double worst = 0;

  for (int tempo = 0; tempo < 2; tempo++) {
    const double beat = (const double[]){ 24576, 21000 }[tempo];
    const lq_stream s = stream (48000, 2);
    float *const x = malloc (frames * sizeof *x), *const y = malloc (frames * sizeof *y);
    const float *const in[2] = { x, x }, *const out[2] = { y, y };
    double all[2][3] = { { 0 } }, db[3];
    lqs_random r = { 3 };
    lq_treatment u;
    for (size_t i = 0; i < frames; i++) {
      const double t = fmod ((double)i, beat) / 48000, bed = 0.03 * lqs_uniform (&r);
      const double hit = 0.5 * exp (-t / 0.08) * sin (2 * PI * 60 * t);
      const double hiss = t > 0.25 && t < 0.29 ? 0.3 * lqs_uniform (&r) : 0;
      x[i] = (float)(bed + hit + hiss);
      y[i] = (float)(bed + hit * (t < 0.1 ? 0.5 : 1) + hiss * 0.4);
    }
    lq_treatment_prepare (&u, &s, 4500);
    feed (&u, in, out, frames, 1024);
    lq_treatment_now (&u, db);
    whole (x, frames, 48000, 4500, all[0]);
    whole (y, frames, 48000, 4500, all[1]);
    for (int b = 0; b < 3; b++) {
      CHECK_NEAR (db[b], decibels (all[0][b], all[1][b]), 0.1, "beats");
      worst = fmax (worst, fabs (db[b] - decibels (all[0][b], all[1][b])));
    }
    free (x);
    free (y);
  }
  lqt_note ("beats: within %.3f dB of all of it", worst);
}

/* Nothing, everything, the same bits, a silent band, mono, a reset. */
static void
cases_at_rest (void)
{
  enum { FRAMES = 100000 };
  static float x[FRAMES], y[FRAMES], zero[FRAMES];
  const float *const in[2] = { x, x }, *const out[2] = { y, y },
                     *const none[2] = { zero, zero };
  const lq_stream s = stream (48000, 2), mono = stream (48000, 1);
  double db[3];
  lq_treatment u;

  lqs_noise (x, FRAMES, 0.4, 9);
  lq_treatment_prepare (&u, &s, 4500);
  lq_treatment_now (&u, db);
  CHECK (db[0] == 0 && db[1] == 0 && db[2] == 0, "before anything was heard");
  feed (&u, none, none, FRAMES, 512);
  lq_treatment_now (&u, db);
  CHECK (db[0] == 0 && db[1] == 0 && db[2] == 0, "silence");
  feed (&u, in, in, FRAMES, 512);
  lq_treatment_now (&u, db);
  CHECK (db[0] == 0 && db[1] == 0 && db[2] == 0, "the same: %g %g %g", db[0], db[1], db[2]);
  lq_treatment_reset (&u);
  feed (&u, in, none, FRAMES, 512);
  lq_treatment_now (&u, db);
  CHECK (db[0] == 120 && db[1] == 120 && db[2] == 120, "all of it: %g", db[0]);
  lq_treatment_reset (&u);
  lqs_sine (x, FRAMES, 48000, 2000, 0.5, 0, 0);
  for (int i = 0; i < FRAMES; i++)
    y[i] = x[i] / 2;
  feed (&u, in, out, FRAMES, 512);
  lq_treatment_now (&u, db);
  CHECK_NEAR (db[1], 20 * log10 (2), 1e-4, "the other");
  CHECK_NEAR (lq_treatment_bass_correlation (&u), 1, 1e-6, "correlation");
  lqs_sine (x, FRAMES, 48000, 40, 0.5, 0, 0);
  for (int i = 0; i < FRAMES; i++)
    y[i] = x[i] / 2;
  lq_treatment_reset (&u);
  feed (&u, in, out, FRAMES, 512);
  lq_treatment_now (&u, db);
  CHECK_NEAR (db[0], 20 * log10 (2), 1e-4, "bass alone");
  CHECK (db[1] == 0 && db[2] == 0, "silent bands read %g, %g", db[1], db[2]);
  lqs_sine (x, FRAMES, 48000, 2000, 0.5, 0, 0);
  for (int i = 0; i < FRAMES; i++)
    y[i] = x[i] / 2;
  lq_treatment_prepare (&u, &mono, 30000);
  feed (&u, in, out, FRAMES, 512);
  lq_treatment_now (&u, db);
  CHECK_NEAR (db[1], 20 * log10 (2), 1e-4, "mono, split above half the rate");
  CHECK (db[2] == 0, "a band that isn't there reads %g", db[2]);
}

/* The same bits however it is cut, delays and splits moved on the way. */
static void
cuts (void)
{
  enum { FRAMES = 200000 };
  static float x[FRAMES], y[FRAMES];
  const lq_stream s = stream (44100, 2);
  lqs_random r = { 77 };
  lq_treatment u[2];

  lqs_programme (x, FRAMES, 44100, 4);
  for (int i = 100; i < FRAMES; i++)
    y[i] = x[i - 100] * 0.7f + 0.1f * x[i - 99];
  for (int k = 0; k < 2; k++) {
    lq_treatment_prepare (&u[k], &s, 4500);
    for (uint32_t at = 0, n; at < FRAMES; at += n) {
      const float *const in[2] = { x + at, y + at }, *const out[2] = { y + at, x + at };
      const uint32_t next = at < 90000 ? 90000 : FRAMES;
      n = k ? lqs_range (&r, 1, 3000) : 1024;
      n = n < next - at ? n : next - at;
      lq_treatment_process (&u[k], in, out, n);
      if (at + n == 30000)
        if (at + n == 90000)
          lq_treatment_set_split (&u[k], 3000);
    }
  }
  CHECK (memcmp (&u[0].z.bands, &u[1].z.bands, sizeof u[0].z.bands) == 0, "other sums");
  CHECK (memcmp (u[0].z.treble, u[1].z.treble, sizeof u[0].z.treble) == 0, "other treble");
  CHECK (u[0].z.hops == FRAMES / 64, "%d hops", (int)u[0].z.hops);
}

/* Correlation of the bass: what left and right have in common below 300 Hz, nothing above. */
static void
correlation (void)
{
  enum { FRAMES = 480000 };
  static float x[2][FRAMES], low[FRAMES], other[FRAMES];
  const float *const in[2] = { x[0], x[1] };
  const lq_stream s = stream (48000, 2);

  lqs_sine (low, FRAMES, 48000, 80, 0.3, 0, 0);
  lqs_sine (other, FRAMES, 48000, 140, 0.3, 0, 0);
  for (int k = 0; k < 3; k++) {
    const double wanted[] = { 1, -1, 0.5 };
    lq_treatment u;
    lq_treatment_prepare (&u, &s, 4500);
    for (int i = 0; i < FRAMES; i++) {
      const float above = 0.2f * (float)sin (2 * PI * 3000 * i / 48000);
      x[0][i] = low[i] + (k == 2 ? other[i] : 0) - above;
      x[1][i] = (k == 1 ? -low[i] : low[i]) + above;
      if (k == 2)
        x[1][i] += 0.3f * (float)sin (2 * PI * 190 * i / 48000);
    }
    feed (&u, in, in, FRAMES, 1024);
    CHECK_NEAR (lq_treatment_bass_correlation (&u), wanted[k], 0.01, "correlation of the bass");
  }
}

/* Of two tones it is the cosine of the angle between them. */
static void
angles (void)
{
  enum { FRAMES = 96000 };
  static const double rates[] = { 8000, 48000, 192000 };
  static float x[2][FRAMES];
  const float *const in[2] = { x[0], x[1] };

  for (int k = 0; k < 3; k++)
    for (double angle = 0; angle < 3.2; angle += 0.7) {
      const lq_stream s = stream (rates[k], 2);
      lq_treatment u;
      lqs_sine (x[0], FRAMES, rates[k], 100, 0.3, 0, 0);
      lqs_sine (x[1], FRAMES, rates[k], 100, 0.1, angle, 0);
      for (int i = 0; i < FRAMES; i++) {
        const float above = 0.3f * (float)sin (2 * PI * 3000 * i / rates[k]);
        x[0][i] += above;
        x[1][i] -= above;
      }
      lq_treatment_prepare (&u, &s, 3500);
      feed (&u, in, in, FRAMES, 1024);
      CHECK_NEAR (lq_treatment_bass_correlation (&u), cos (angle), 0.005, "correlation");
      lq_treatment_reset (&u);
      CHECK (lq_treatment_bass_correlation (&u) == 0, "of silence");
    }
}

/* The kernel, in plain C and double. */
struct plain {
  double past[6];
};

static double
section_twice (struct plain *p, const float taps[2][2], double middle, double x)
{
  double *const z = p->past;
  const double u =
      x + middle * z[0] + z[1] - (double)taps[0][0] * z[2] - (double)taps[0][1] * z[3];
  const double y =
      u + middle * z[2] + z[3] - (double)taps[1][0] * z[4] - (double)taps[1][1] * z[5];

  z[1] = z[0];
  z[0] = x;
  z[3] = z[2];
  z[2] = u;
  z[5] = z[4];
  z[4] = y;
  return y;
}

static void
kernel_round (uint32_t step, uint32_t hops, const char *isa)
{
  const uint32_t n = hops * LQ_TREATMENT_HOP;
  const struct lq_treatment_taps taps = { .low = { { -1.6f, 0.65f }, { -1.75f, 0.8f } },
    .high = { { -0.7f, 0.2f }, { -0.9f, 0.5f } },
    .step = step };
  struct lq_treatment_state got = { 0 };
  double all[4] = { 0 }, bass[4] = { 0 }, treble[4] = { 0 }, cross[4] = { 0 };
  struct plain low[4] = { 0 }, high[4] = { 0 };
  double box[4] = { 0 }, box1[4] = { 0 }, box2[4] = { 0 }, y[4];
  lqg_planes x = lqg_new (4, n);
  const float *const planes[4] = { x.ch[0], x.ch[1], x.ch[2], x.ch[3] };

  for (uint32_t k = 0; k < 4; k++)
    lqs_noise (x.ch[k], n, 0.5, 3 + k);
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t k = 0; k < 4; k++) {
      const double v = x.ch[k][i], h = section_twice (&high[k], taps.high, -2, v);
      all[k] += v * v;
      treble[k] += h * h;
      box[k] += v;
      if ((i + 1) % step)
        continue;
      y[k] =
          section_twice (&low[k], taps.low, 2, box1[k] - (box[k] - 2 * box1[k] + box2[k]) / 24);
      bass[k] += y[k] * y[k];
      box2[k] = box1[k];
      box1[k] = box[k];
      box[k] = 0;
    }
    for (uint32_t k = 0; k < 4 && (i + 1) % step == 0; k++)
      cross[k] += y[k] * y[k ^ 1];
  }
  lq_kernels ()->treatment (&taps, &got, planes, hops / 2);
  {
    const float *const rest[4] = { planes[0] + hops / 2 * 64, planes[1] + hops / 2 * 64,
      planes[2] + hops / 2 * 64, planes[3] + hops / 2 * 64 };
    lq_kernels ()->treatment (&taps, &got, rest, hops - hops / 2);
  }
  for (uint32_t k = 0; k < 4; k++) {
    CHECK (fabs (got.all[k] - all[k]) <= 1e-5 * all[k], "%s: all, %u hops", isa, hops);
    CHECK (fabs (got.bass[k] - bass[k]) <= 1e-4 * bass[k], "%s: bass, step %u, %u hops", isa,
        step, hops);
    CHECK (fabs (got.cross[k] - cross[k]) <= 1e-4 * bass[k], "%s: cross, step %u", isa, step);
    CHECK (
        fabs (got.treble[k] - treble[k]) <= 1e-5 * treble[k], "%s: treble, %u hops", isa, hops);
  }
  CHECK (lqg_intact (&x), "%s writes", isa);
  lqg_free (&x);
}

static void
kernel (void)
{
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    for (uint32_t step = 1; step <= 64; step *= 2)
      for (uint32_t hops = 0; hops < 5; hops++)
        kernel_round (step, hops, lq_cpu_name ((enum lq_cpu)cpu));
  }
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "tones", tones }, { "edges", edges },
    { "noise against one transform of all of it", noise }, { "beats", beats },
    { "silence, identity, mono", cases_at_rest }, { "correlation of the bass", correlation },
    { "… is the cosine of an angle", angles }, { "cuts", cuts }, { "kernel", kernel },
    { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
