/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Noise shaping: measured noise against the published taps' formula, bounds, overloads, silence,
 * changes while playing. */

#include "base/cpu.h"
#include "lqtest.h"
#include "rtguard.h"
#include "shaped.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONG ((size_t)1 << 21)
#define BINS (SHAPED_FFT / 2)
/* Bins that are averaged: 2000 numbers of χ² with two degrees, 0.1 dB standard deviation. */
#define NEAR 2

static const double rates[] = { 44100.0, 48000.0 };
/* Total of the noise over flat dither's, dB: by the taps. */
static const double totals[2][SHAPINGS] = { { 0.0, 6.64, 12.19, 18.40 },
  { 0.0, 5.90, 10.18, 15.31 } };
static const double dithers[] = { 1.0 / 12.0, 1.0 / 6.0, 0.25, 0.25 };

static float *
zeros (size_t n)
{
  float *x = calloc (n, sizeof *x);

  if (!x)
    abort ();
  return x;
}

static float *
programme (double rate, size_t n)
{
  float *x = zeros (n);

  lqs_programme (x, n, rate, 3);
  return x;
}

static double
db (double ratio)
{
  return 10.0 * log10 (ratio);
}

static double
mean_square (const double *e, size_t n)
{
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    sum += e[i] * e[i] / (double)n;
  return sum;
}

/* Power of rounding and dither before the shaper. */
static double
white (enum lq_dither dither, double turn)
{
  const double s = sin (M_PI * turn);

  return dither == LQ_DITHER_TPDF_HP ? 1.0 / 12.0 + s * s / 3.0 : dithers[dither];
}

/* Largest distance from the curve, dB, from 20 Hz up to `top`. */
static double
distance (const double *power, const struct shaped *job, double top)
{
  double worst = 0.0;

  for (int k = 1; k < BINS; k++) {
    const double hz = k * job->rate / SHAPED_FFT;
    double measured = 0.0, theory = 0.0;
    if (hz < 20.0 || hz > top)
      continue;
    for (int i = k - NEAR < 1 ? 1 : k - NEAR; i <= k + NEAR && i < BINS; i++) {
      measured += power[i];
      theory += white (job->dither, (double)i / SHAPED_FFT) *
                shaped_theory (job->shaping, i * job->rate / SHAPED_FFT);
    }
    worst = fmax (worst, fabs (db (measured / theory)));
  }
  return worst;
}

/* Mean level from 3 to 4.5 kHz over flat dither's, dB. */
static double
presence (const double *power, const struct shaped *job)
{
  double sum = 0.0;
  int n = 0;

  for (int k = 0; k < BINS; k++) {
    const double hz = k * job->rate / SHAPED_FFT;
    if (hz >= 3000.0 && hz <= 4500.0) {
      sum += power[k];
      n++;
    }
  }
  return db (sum / n / dithers[job->dither]);
}

static void
measure (int r, const struct shaped *job, double top)
{
  static const double expected[] = { 0.0, -18.5, -21.9, -23.9 };
  float *x = programme (job->rate, LONG);
  double *e = shaped_errors (job, x, LONG), power[BINS];
  const double total = db (mean_square (e, LONG) / dithers[job->dither]);
  double off, presence_db;

  shaped_spectrum (e, LONG, power);
  off = distance (power, job, top);
  presence_db = presence (power, job);
  CHECK (off < 1.0, "%s, dither %d, %g Hz: %.2f dB beside the curve",
      shaped_names[job->shaping], job->dither, job->rate, off);
  if (job->dither != LQ_DITHER_TPDF_HP) {
    CHECK_NEAR (total, totals[r][job->shaping], 0.3, "total of the noise, dB");
    CHECK_NEAR (presence_db, expected[job->shaping], 1.0, "3 to 4.5 kHz, dB");
  }
  lqt_note ("%g Hz, %s, dither %d: within %.2f dB up to %g Hz, total %+.2f dB, %.1f dB at 3 to "
            "4.5 kHz",
      job->rate, shaped_names[job->shaping], job->dither, off, top, total, presence_db);
  free (e);
  free (x);
}

static void
curves_44100 (void)
{
  for (int s = 0; s < SHAPINGS; s++) {
    struct shaped job = { 44100.0, LQ_S16, LQ_DITHER_TPDF, (enum lq_shaping)s, false, 1, 1024 };
    measure (0, &job, 20000.0);
  }
}

static void
curves_48000 (void)
{
  for (int s = 1; s < SHAPINGS; s++) {
    struct shaped job = { 48000.0, LQ_S16, LQ_DITHER_TPDF, (enum lq_shaping)s, false, 1, 1024 };
    measure (1, &job, 19000.0);
  }
}

/* With other dithers, and with more bits. */
static void
combinations (void)
{
  static const struct shaped jobs[] = {
    { 44100.0, LQ_S16, LQ_DITHER_RPDF, LQ_SHAPING_LIGHT, false, 1, 1024 },
    { 44100.0, LQ_S16, LQ_DITHER_TPDF_HP, LQ_SHAPING_MEDIUM, false, 1, 1024 },
    { 44100.0, LQ_S24_32, LQ_DITHER_TPDF, LQ_SHAPING_STRONG, false, 1, 1024 },
  };

  for (size_t j = 0; j < LQ_COUNT (jobs); j++)
    measure (0, &jobs[j], 20000.0);
}

/* Silence, and what is almost silence: the noise has no line. */
static void
silence (void)
{
  static const double levels[] = { 0.0, 1e-4, 1.0 / 3.0, -0.5 };

  for (size_t r = 0; r < LQ_COUNT (rates); r++)
    for (int s = 1; s < SHAPINGS; s++)
      for (size_t l = 0; l < LQ_COUNT (levels); l++) {
        struct shaped job = { rates[r], LQ_S16, LQ_DITHER_TPDF, (enum lq_shaping)s, false, 1,
          1024 };
        const size_t n = LONG / 4;
        float *x = zeros (n);
        double *e, power[BINS], worst = -INFINITY;
        for (size_t i = 0; i < n; i++)
          x[i] = (float)ldexp (levels[l], -15);
        e = shaped_errors (&job, x, n);
        shaped_spectrum (e, n, power);
        for (int k = 8; k < BINS && k * rates[r] / SHAPED_FFT < 19000.0; k++)
          worst = fmax (worst,
              db (power[k] / 0.25 / shaped_theory (job.shaping, k * rates[r] / SHAPED_FFT)));
        /* Standard deviation 0.4 dB, 3000 bins; 0.4 dB that the curve at 48 kHz is off. */
        CHECK (worst < 2.5, "%s, %g LSB: a line of %.1f dB", shaped_names[s], levels[l], worst);
        CHECK_NEAR (db (mean_square (e, n) / 0.25), totals[r][s], 0.3, "noise of silence, dB");
        free (e);
        free (x);
      }
}

/* The promise for these settings. */
static double
promised (const struct shaped *job)
{
  const lq_stream stream = { .rate = job->rate, .channels = 1, .out_channels = 1 };
  double worst;
  lq_arena arena;
  lq_quantize q;

  lq_arena_init (&arena);
  CHECK (lq_quantize_prepare (&q, &stream, job->format, 1, &arena), "no memory");
  lq_quantize_set (&q, job->dither, job->shaping, job->blank);
  worst = lq_quantize_worst_lsb (&q);
  lq_arena_free (&arena);
  return worst;
}

static void
random_bound (void)
{
  for (int i = 0; i < 2 * 4 * SHAPINGS; i++) {
    struct shaped job = { rates[i & 1], LQ_S16, (enum lq_dither) (i / 2 % 4),
      (enum lq_shaping) (i / 8), false, 1, 1024 };
    const double worst = promised (&job);
    float *x = zeros (LONG / 4);
    double *e, most = 0.0;
    lqs_noise (x, LONG / 4, 0.9, 8);
    e = shaped_errors (&job, x, LONG / 4);
    for (size_t k = 0; k < LONG / 4; k++)
      most = fmax (most, fabs (e[k]));
    CHECK (most <= worst && most > 0.4 * worst, "%s, dither %d: %g LSB of %g",
        shaped_names[job.shaping], job.dither, most, worst);
    free (e);
    free (x);
  }
}

static void
taps_of (const struct shaped *job, double *c)
{
  const struct lq_shape_taps *taps = lq_shape_taps (job->shaping, job->rate);

  for (uint32_t k = 0; k < LQ_SHAPE_TAPS; k++)
    c[k] = k < taps->order ? (double)taps->c[k] : 0.0;
}

/* Without dither every error is the input's choice: the signs that are worst, again and again. */
static void
adversary (void)
{
  enum { FRAMES = 64 * (LQ_SHAPE_TAPS + 1) };

  for (int i = 2; i < 2 * SHAPINGS; i++) {
    struct shaped job = { rates[i & 1], LQ_S16, LQ_DITHER_NONE, (enum lq_shaping) (i / 2),
      false, 1, 1024 };
    double c[LQ_SHAPE_TAPS], past[LQ_SHAPE_TAPS] = { 0.0 }, *e, most = 0.0;
    const double worst = promised (&job);
    float *x = zeros (FRAMES);
    taps_of (&job, c);
    for (int n = 0; n < FRAMES; n++) {
      const int ahead = LQ_SHAPE_TAPS - n % (LQ_SHAPE_TAPS + 1);
      const double sign = ahead == 0 ? 1.0 : c[ahead - 1] > 0.0 ? -1.0 : 1.0;
      double sum = 0.0, v;
      for (int k = 0; k < LQ_SHAPE_TAPS; k++)
        sum += c[k] * past[k];
      /* Just above ½ rounds up, just below down. */
      x[n] = (float)ldexp (0.5 + 0.002 * sign + sum, -15);
      v = ldexp (x[n], 15) - sum;
      memmove (past + 1, past, (LQ_SHAPE_TAPS - 1) * sizeof *past);
      past[0] = rint (v) - v;
    }
    e = shaped_errors (&job, x, FRAMES);
    for (int n = 0; n < FRAMES; n++)
      most = fmax (most, fabs (e[n]));
    CHECK (most <= worst && most > 0.98 * worst, "%s, %g Hz: %g LSB of %g",
        shaped_names[job.shaping], job.rate, most, worst);
    lqt_note ("%s, %g Hz: provoked %.2f LSB of %.2f without dither", shaped_names[job.shaping],
        job.rate, most, worst);
    free (e);
    free (x);
  }
}

/* Full-scale squares and a sine 6 dB over: what is beside the clipped input stays within the
 * bound, and behind it the noise is what it was. */
static void
overload (void)
{
  const size_t loud = 44100, n = 3 * loud;

  for (int i = 0; i < 4 * SHAPINGS; i++) {
    struct shaped job = { 44100.0, i & 1 ? LQ_S16 : LQ_S24_32, i & 2 ? LQ_DITHER_TPDF : 0,
      (enum lq_shaping) (i / 4), false, 1, 0 };
    const double worst = promised (&job), full = 1.0 / lq_sample_lsb (job.format);
    float *x = programme (44100.0, n);
    double after;
    int32_t *y;
    for (size_t k = 0; k < n; k++) {
      if (k < loud / 2)
        x[k] = k / 50 % 2 ? 1.0f : -1.0f;
      else if (k < loud)
        x[k] = 2.0f * sinf (0.05f * (float)k);
      else if (k > 2 * loud)
        x[k] *= 0.1f;
    }
    y = shaped_run (&job, x, n);
    after = 0.0;
    for (size_t k = 0; k < n; k++) {
      const double in = fmax (-full, fmin (full - 1.0, x[k] * full)), e = y[k] - in;
      if (!CHECK (fabs (e) <= worst + 1.0, "%s: off by %g LSB", shaped_names[job.shaping], e))
        break;
      after += k >= loud && k < loud + 4410 ? e * e / 4410.0 : 0.0;
    }
    CHECK_NEAR (db (after / dithers[job.dither]), totals[0][job.shaping],
        job.dither == LQ_DITHER_NONE ? 1.0 : 0.7, "noise in the 100 ms behind, dB");
    free (y);
    free (x);
  }
}

/* Without dither: stable, and quiet some time after the signal or a tone of a few LSBs. */
static void
undithered (void)
{
  const size_t n = 200000;

  for (int i = 2; i < 2 * SHAPINGS; i++) {
    struct shaped job = { rates[i & 1], LQ_S16, LQ_DITHER_NONE, (enum lq_shaping) (i / 2),
      false, 1, 1024 };
    float *x = programme (job.rate, n);
    double *e, most = 0.0;
    memset (x + n / 2, 0, n / 2 * sizeof *x);
    e = shaped_errors (&job, x, n);
    for (size_t k = n - 20000; k < n; k++)
      most = fmax (most, fabs (e[k]));
    CHECK (most <= promised (&job), "%s: %g LSB", shaped_names[job.shaping], most);
    lqt_note ("%s, %g Hz, no dither: silence is left at %g LSB", shaped_names[job.shaping],
        job.rate, most);
    free (e);
    free (x);
  }
}

static void
cuts_and_variants (void)
{
  static const uint32_t cut[] = { 1, 7, 64, 0 };
  const size_t n = 45000;

  for (int i = 0; i < 2 * 2 * SHAPINGS; i++) {
    static const uint32_t channels[] = { 1, 2, 4, 9 };
    struct shaped job = { rates[i & 1], i & 2 ? LQ_S16 : LQ_S24_32, LQ_DITHER_TPDF,
      (enum lq_shaping) (i / 4), true, channels[i % 4], 1024 };
    const size_t bytes = n * job.channels * sizeof (int32_t);
    float *x = zeros (n * job.channels);
    int32_t *whole, *other;
    for (uint32_t c = 0; c < job.channels; c++) {
      lqs_programme (x + c * n, n, job.rate, c + 1);
      memset (x + c * n + 4001 + 7 * c, 0, 38000 * sizeof *x);
    }
    whole = shaped_switch (&job, x, n, 2000, LQ_SHAPING_STRONG);
    for (size_t k = 0; k < LQ_COUNT (cut); k++) {
      job.cut = cut[k];
      other = shaped_switch (&job, x, n, 2000, LQ_SHAPING_STRONG);
      CHECK (memcmp (whole, other, bytes) == 0, "%s: blocks of %u differ",
          shaped_names[job.shaping], cut[k]);
      free (other);
    }
    for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
      if (!lq_cpu_force ((enum lq_cpu)cpu))
        continue;
      other = shaped_switch (&job, x, n, 2000, LQ_SHAPING_STRONG);
      CHECK (memcmp (whole, other, bytes) == 0, "%s: %s differs", shaped_names[job.shaping],
          lq_cpu_name ((enum lq_cpu)cpu));
      free (other);
    }
    lq_cpu_force (lq_cpu_best ());
    free (whole);
    free (x);
  }
}

/* No curve: flat, bit for bit. */
static void
other_rates (void)
{
  static const double rate[] = { 8000.0, 32000.0, 88200.0, 96000.0, 384000.0, 48000.0 };

  for (size_t r = 0; r < LQ_COUNT (rate); r++) {
    const bool wide = rate[r] == 48000.0;
    struct shaped job = { rate[r], wide ? LQ_S32 : LQ_S16, LQ_DITHER_TPDF, LQ_SHAPING_STRONG,
      false, 2, 1024 };
    const lq_stream stream = { .rate = rate[r], .channels = 2, .out_channels = 2 };
    const size_t n = 4000;
    float *x = programme (rate[r], 2 * n);
    int32_t *shaped = shaped_run (&job, x, n), *flat;
    lq_arena arena;
    lq_quantize q;

    lq_arena_init (&arena);
    CHECK (lq_quantize_prepare (&q, &stream, job.format, 1, &arena), "no memory");
    lq_quantize_set (&q, job.dither, LQ_SHAPING_LIGHT, false);
    CHECK (lq_quantize_lacks_curve (&q) == !wide, "%g Hz: a curve?", rate[r]);
    CHECK (lq_quantize_worst_lsb (&q) == (wide ? 0.5 : 1.5), "promises %g",
        lq_quantize_worst_lsb (&q));
    lq_quantize_set (&q, job.dither, LQ_SHAPING_NONE, false);
    CHECK (!lq_quantize_lacks_curve (&q), "nothing is asked for");
    lq_arena_free (&arena);
    job.shaping = LQ_SHAPING_NONE;
    flat = shaped_run (&job, x, n);
    CHECK (memcmp (shaped, flat, 2 * n * sizeof *flat) == 0, "%g Hz isn't flat", rate[r]);
    free (flat);
    free (shaped);
    free (x);
  }
}

/* Once blank, what was before no longer matters; else it would: without dither, the tone that
 * silence is left with. */
static void
auto_blank (void)
{
  const size_t n = 45000, behind = 40000;

  for (int blank = 0; blank < 2; blank++) {
    struct shaped job = { 44100.0, LQ_S16, LQ_DITHER_NONE, LQ_SHAPING_STRONG, blank, 1, 0 };
    float *x = programme (44100.0, n);
    int32_t *a, *b;
    memset (x + 1000, 0, (behind - 1000) * sizeof *x);
    a = shaped_run (&job, x, n);
    x[500] += 0.1f;
    b = shaped_run (&job, x, n);
    CHECK ((memcmp (a + behind, b + behind, (n - behind) * sizeof *a) == 0) == blank,
        "auto-blank %d: the past %s", blank, blank ? "is still there" : "is gone");
    for (size_t i = 1000 + 30870; i < behind && blank; i++)
      if (!CHECK (a[i] == 0, "frame %zu isn't blank", i))
        break;
    free (a);
    free (b);
    free (x);
  }
}

/* Each way from one shaping to another: never beyond what the errors of both may add up to, and
 * none is none a hop later. */
static void
changes (void)
{
  const size_t n = 20000, when = 9999;

  for (int i = 0; i < SHAPINGS * SHAPINGS; i++) {
    struct shaped job = { rates[i & 1], LQ_S16, LQ_DITHER_TPDF,
      (enum lq_shaping) (i / SHAPINGS), false, 1, 0 };
    const enum lq_shaping then = (enum lq_shaping) (i % SHAPINGS);
    double before[LQ_SHAPE_TAPS], after[LQ_SHAPE_TAPS], bound = 1.0;
    float *x = programme (job.rate, n);
    int32_t *y = shaped_switch (&job, x, n, when, then), *flat;
    taps_of (&job, before);
    job.shaping = then;
    taps_of (&job, after);
    for (int k = 0; k < LQ_SHAPE_TAPS; k++)
      bound += fmax (fabs (before[k]), fabs (after[k]));
    for (size_t k = 0; k < n; k++)
      if (!CHECK (fabs (y[k] - x[k] * 0x1p15) <= 1.5 * bound + 0.01, "off by %g LSB",
              y[k] - x[k] * 0x1p15))
        break;
    flat = shaped_run (&job, x, n);
    if (then == LQ_SHAPING_NONE)
      CHECK (memcmp (flat + when + 128, y + when + 128, (n - when - 128) * sizeof *y) == 0,
          "%s stays", shaped_names[i / SHAPINGS]);
    free (flat);
    free (y);
    free (x);
  }
}

static void
guarded (void)
{
  const lq_stream stream = { .rate = 44100.0, .channels = 2, .out_channels = 2 };
  static float quiet[1000];
  const float *planes[] = { quiet, quiet };
  const char *name = "";
  int16_t first[2000], out[2000];
  unsigned calls;
  lq_arena arena;
  lq_quantize q;

  lq_arena_init (&arena);
  CHECK (lq_quantize_prepare (&q, &stream, LQ_S16, 5, &arena), "no memory");
  lq_quantize_set (&q, LQ_DITHER_TPDF, LQ_SHAPING_STRONG, false);
  lq_quantize_process (&q, planes, first, 1000);
  rtguard_arm ();
  lq_quantize_set (&q, LQ_DITHER_TPDF_HP, LQ_SHAPING_MEDIUM, true);
  lq_quantize_process (&q, planes, out, 1000);
  lq_quantize_set (&q, LQ_DITHER_TPDF, LQ_SHAPING_STRONG, false);
  lq_quantize_reset (&q);
  calls = rtguard_disarm (&name);
  CHECK (calls == 0, "%u calls, the first %s", calls, name);
  lq_quantize_process (&q, planes, out, 1000);
  CHECK (memcmp (first, out, sizeof out) == 0, "reset isn't as after prepare");
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "44.1 kHz: noise against the taps' formula",
                                        curves_44100 },
    { "48 kHz: the same responses in Hz", curves_48000 },
    { "other dithers, 24 bits", combinations }, { "silence: no line", silence },
    { "the worst error bounds random input", random_bound },
    { "the worst error is reached, and never passed", adversary },
    { "overloads leave no trace", overload }, { "without dither: stable", undithered },
    { "cuts and CPU variants: the same bits", cuts_and_variants },
    { "other rates and 32 bits: flat", other_rates },
    { "auto-blank forgets past errors", auto_blank }, { "changes while playing", changes },
    { "no allocation, no lock; reset", guarded }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
