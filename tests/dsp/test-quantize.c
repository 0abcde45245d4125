/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Quantiser and dither, against arithmetic in double and the theory of dither (Lipshitz,
 * Wannamaker, Vanderkooy, JAES 40(5), 1992). Levels are AES17's: a full-scale sine is 0 dBFS. */

#include "base/cpu.h"
#include "lqtest.h"
#include "measure.h"
#include "primitives/quantize.h"
#include "rtguard.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000.0
#define N ((size_t)1 << 18)
#define FORMATS 4

static const int bits[FORMATS] = { 16, 24, 24, 32 };

struct job {
  enum lq_sample_format format;
  enum lq_dither dither;
  bool blank;
  uint64_t seed;
  uint32_t channels;
  uint32_t cut; /* frames of a block; 0: random */
};

static void *
must (void *memory)
{
  if (!memory)
    abort ();
  return memory;
}

static size_t
bytes_of (const struct job *job, size_t frames)
{
  return frames * job->channels * lq_sample_bytes (job->format);
}

/* The output's bytes for planes that lie `frames` apart in x. */
static uint8_t *
run (const struct job *job, const float *x, size_t frames)
{
  const lq_stream stream = {
    .rate = RATE, .channels = job->channels, .out_channels = job->channels
  };
  /* Two bytes more, to see that they stay. */
  uint8_t *out = must (malloc (bytes_of (job, frames) + 2));
  const float *at[LQ_CHANNELS_MAX];
  lqs_random random = { 99 };
  lq_arena arena;
  lq_quantize q;

  memset (out, 0x5a, bytes_of (job, frames) + 2);
  lq_arena_init (&arena);
  if (!lq_quantize_prepare (&q, &stream, job->format, job->seed, &arena))
    abort ();
  lq_quantize_set (&q, job->dither, LQ_SHAPING_NONE, job->blank);
  for (size_t done = 0, n; done < frames; done += n) {
    n = job->cut ? job->cut : lqs_range (&random, 0, 300);
    n = n < frames - done ? n : frames - done;
    for (uint32_t c = 0; c < job->channels; c++)
      at[c] = x + c * frames + done;
    lq_quantize_process (&q, at, out + bytes_of (job, done), (uint32_t)n);
  }
  CHECK (out[bytes_of (job, frames)] == 0x5a && out[bytes_of (job, frames) + 1] == 0x5a,
      "wrote past the end");
  lq_arena_free (&arena);
  return out;
}

/* Sample `index` of an output, by its bytes. */
static int32_t
sample (enum lq_sample_format format, const uint8_t *out, size_t index)
{
  const uint16_t probe = 1;
  const bool big = *(const uint8_t *)&probe == 0;
  const uint32_t width = lq_sample_bytes (format);
  uint32_t value = 0;

  for (uint32_t b = 0; b < width; b++)
    value |= (uint32_t)out[index * width + (big ? width - 1 - b : b)] << (8 * b);
  return (int32_t)(value << (32 - 8 * width)) >> (32 - 8 * width);
}

/* Output − input in LSBs, mono. */
static double *
errors (const struct job *job, const float *x, size_t frames)
{
  const double scale = ldexp (1.0, bits[job->format] - 1);
  uint8_t *out = run (job, x, frames);
  double *e = must (malloc (frames * sizeof *e));

  for (size_t i = 0; i < frames; i++)
    e[i] = sample (job->format, out, i) - x[i] * scale;
  free (out);
  return e;
}

static void
moments (const double *e, size_t n, double *mean, double *power)
{
  *mean = *power = 0.0;
  for (size_t i = 0; i < n; i++) {
    *mean += e[i] / (double)n;
    *power += e[i] * e[i] / (double)n;
  }
}

static float *
constant (double value, size_t n)
{
  float *x = must (malloc (n * sizeof *x));

  for (size_t i = 0; i < n; i++)
    x[i] = (float)value;
  return x;
}

/* Nearest integer, ties to even, saturated; NaN is 0. */
static int32_t
reference (double x, int width)
{
  const double top = ldexp (1.0, width - 1), v = nearbyint (x * top);

  return isnan (x)       ? 0
         : v < -top      ? (int32_t)-top
         : v > top - 1.0 ? (int32_t)(top - 1.0)
                         : (int32_t)v;
}

static void
fill_exact (float *x, size_t n)
{
  static const float special[] = { 0.0f, -0.0f, 1.0f, -1.0f, 1.5f, -1.5f, 3e38f, -3e38f,
    INFINITY, -INFINITY, NAN, 1e-40f, -1e-40f, 0.99999994f, -0.99999994f, 0.5f, -0.5f };
  lqs_random random = { 4 };

  for (size_t i = 0; i < n; i++) {
    const int width = bits[lqs_range (&random, 0, 3)];
    switch (i % 4) {
      case 0:
        x[i] = special[i / 4 % LQ_COUNT (special)];
        break;
      case 1: /* ties and their neighbourhood, near zero and near the ends */
        x[i] = (float)ldexp (
            (double)lqs_range (&random, 0, 2000) - 1000.0 + 0.5 * lqs_range (&random, 0, 1),
            1 - width);
        break;
      case 2:
        x[i] = (float)(copysign (1.0, lqs_uniform (&random)) -
                       ldexp (lqs_range (&random, 0, 100) * 0.25, 1 - width));
        break;
      default:
        x[i] = (float)(1.2 * pow (2.0, -24.0 * fabs (lqs_uniform (&random))) *
                       lqs_uniform (&random));
    }
  }
}

static void
exact (void)
{
  static const uint32_t channels[] = { 1, 2, 3, 64 };
  const size_t frames = 3000;
  float *x = must (malloc (64 * frames * sizeof *x));

  fill_exact (x, 64 * frames);
  for (int f = 0; f < FORMATS; f++)
    for (uint32_t k = 0; k < LQ_COUNT (channels); k++) {
      struct job job = { (enum lq_sample_format)f, LQ_DITHER_NONE, false, 1, channels[k], 0 };
      uint8_t *out = run (&job, x, frames);
      for (size_t i = 0; i < frames * channels[k]; i++) {
        float in = x[i % channels[k] * frames + i / channels[k]];
        if (!CHECK (sample (job.format, out, i) == reference (in, bits[f]),
                "format %d, %u channels: %.9g gives %d, not %d", f, channels[k], (double)in,
                sample (job.format, out, i), reference (in, bits[f])))
          break;
      }
      free (out);
    }
  free (x);
}

/* dBFS of a power in LSB². */
static double
dbfs (double power, int width)
{
  return 10.0 * log10 (power * 2.0) - 20.0 * log10 (ldexp (1.0, width - 1));
}

/* TPDF: mean 0 and LSB²/4 whatever the input; so does its high-passed form. */
static void
triangular (void)
{
  for (int dither = LQ_DITHER_TPDF; dither <= LQ_DITHER_TPDF_HP; dither++)
    for (int f = LQ_S16; f <= LQ_S24_32; f++)
      for (int part = 0; part < 8; part++) {
        struct job job = { (enum lq_sample_format)f, (enum lq_dither)dither, false, 7, 1,
          1024 };
        float *x = constant (ldexp (1000.0 + part / 8.0, 1 - bits[f]), N);
        double *e = errors (&job, x, N), mean, power;
        moments (e, N, &mean, &power);
        CHECK_NEAR (mean, 0.0, 0.006, "mean of the error, LSB");
        CHECK_NEAR (power, 0.25, 0.004, "power of the error, LSB²");
        if (part == 0 && f == LQ_S16) {
          CHECK_NEAR (dbfs (power, 16), -93.32, 0.1, "16 bits, dBFS");
          lqt_note ("16 bits: %.2f dBFS", dbfs (power, 16));
        }
        if (part == 0 && f == LQ_S24)
          CHECK_NEAR (dbfs (power, 24), -141.48, 0.1, "24 bits, dBFS");
        free (e);
        free (x);
      }
}

/* A programme at 16 bits: total power of the error, by theory LSB²·(1/12, 1/6, 1/4, 1/4). */
static void
programme (void)
{
  static const double theory[] = { 1.0 / 12.0, 1.0 / 6.0, 0.25, 0.25 };
  float *x = must (malloc (N * sizeof *x));

  lqs_programme (x, N, RATE, 3);
  for (int dither = 0; dither < 4; dither++) {
    struct job job = { LQ_S16, (enum lq_dither)dither, false, 7, 1, 1024 };
    double *e = errors (&job, x, N), mean, power;
    moments (e, N, &mean, &power);
    CHECK_NEAR (10.0 * log10 (power / theory[dither]), 0.0, 0.1, "power against theory, dB");
    CHECK_NEAR (dbfs (power, 16), dbfs (theory[dither], 16), 0.3, "dBFS");
    free (e);
  }
  free (x);
}

/* RPDF: mean 0, but the power follows the input: f·(1 − f). */
static void
rectangular (void)
{
  for (int part = 0; part < 8; part++) {
    struct job job = { LQ_S16, LQ_DITHER_RPDF, false, 7, 1, 1024 };
    const double f = part / 8.0;
    float *x = constant (ldexp (-300.0 - f, -15), N);
    double *e = errors (&job, x, N), mean, power;
    moments (e, N, &mean, &power);
    CHECK_NEAR (mean, 0.0, 0.006, "mean of the error, LSB");
    CHECK_NEAR (power, f * (1.0 - f), 0.004, "power of the error, LSB²");
    free (e);
    free (x);
  }
}

/* 0.4 LSB: silence without dither, a clean tone with it. */
static void
small_tone (void)
{
  const size_t n = 4 * N;
  const double hz = 997.0, amplitude = ldexp (0.4, -15);
  float *x = must (malloc (n * sizeof *x)), *y = must (malloc (n * sizeof *y));

  lqs_sine (x, n, RATE, hz, amplitude, 0.0, 0);
  for (int dither = LQ_DITHER_NONE; dither <= LQ_DITHER_TPDF_HP; dither++) {
    struct job job = { LQ_S16, (enum lq_dither)dither, false, 3, 1, 1000 };
    uint8_t *out = run (&job, x, n);
    double worst = -INFINITY, level;
    for (size_t i = 0; i < n; i++)
      y[i] = (float)ldexp (sample (LQ_S16, out, i), -15);
    free (out);
    level = lqm_db (lqm_tone (y, n, RATE, hz) / amplitude);
    if (dither == LQ_DITHER_NONE) {
      CHECK (lqm_peak (y, n) == 0.0, "rounding alone: not silent");
      continue;
    }
    CHECK_NEAR (level, 0.0, 0.1, "level of a 0.4 LSB tone, dB");
    for (int k = 2; k <= 10 && dither >= LQ_DITHER_TPDF; k++)
      worst = fmax (worst, lqm_db (lqm_tone (y, n, RATE, k * hz)));
    CHECK (worst < -135.0, "dither %d: a harmonic at %.1f dBFS", dither, worst);
  }
  free (x);
  free (y);
}

/* Power of e in `bands` equal bands, LSB², normalised so that white noise of power p reads p. */
static void
bands_of (const double *e, size_t n, double *power, size_t bands)
{
  double complex *spectrum = must (malloc (n * sizeof *spectrum));
  const size_t width = n / 2 / bands;

  for (size_t i = 0; i < n; i++)
    spectrum[i] = e[i];
  lqm_fft (spectrum, n);
  for (size_t b = 0; b < bands; b++) {
    power[b] = 0.0;
    for (size_t k = b * width; k < (b + 1) * width; k++)
      power[b] += creal (spectrum[k] * conj (spectrum[k])) / (double)n / (double)width;
  }
  free (spectrum);
}

/* TPDF is flat, LSB²/4; high-passed it is 1/12 + (1/12)·4·sin²(ω/2) (mean over each band). */
static void
spectrum (void)
{
  enum { BANDS = 32 };
  double power[BANDS];

  for (int dither = LQ_DITHER_TPDF; dither <= LQ_DITHER_TPDF_HP; dither++) {
    struct job job = { LQ_S16, (enum lq_dither)dither, false, 11, 1, 1024 };
    float *x = must (malloc (N * sizeof *x));
    double *e, worst = 0.0;
    lqs_programme (x, N, RATE, 5);
    e = errors (&job, x, N);
    bands_of (e, N, power, BANDS);
    for (int b = 0; b < BANDS; b++) {
      const double lo = M_PI * b / BANDS, hi = M_PI * (b + 1) / BANDS;
      const double sine = 0.5 - (sin (hi) - sin (lo)) / (2.0 * (hi - lo));
      const double theory = dither == LQ_DITHER_TPDF ? 0.25 : 1.0 / 12.0 + sine / 3.0;
      /* 4096 bins of χ²: 0.07 dB standard deviation. */
      CHECK_NEAR (10.0 * log10 (power[b] / theory), 0.0, 0.35, "a band against theory, dB");
      worst = fmax (worst, fabs (10.0 * log10 (power[b] / theory)));
    }
    lqt_note ("dither %d: bands within %.2f dB of theory", dither, worst);
    free (e);
    free (x);
  }
}

static double
correlation (const double *a, const double *b, size_t n)
{
  double ab = 0.0, aa = 0.0, bb = 0.0;

  for (size_t i = 0; i < n; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / sqrt (aa * bb);
}

/* Noise on silence, of one channel of many. */
static double *
noise (uint64_t seed, uint32_t channel, uint32_t channels, size_t n)
{
  struct job job = { LQ_S24_32, LQ_DITHER_TPDF, false, seed, channels, 1024 };
  float *x = must (calloc (n * channels, sizeof *x));
  uint8_t *out = run (&job, x, n);
  double *e = must (malloc (n * sizeof *e));

  for (size_t i = 0; i < n; i++)
    e[i] = sample (LQ_S24_32, out, i * channels + channel);
  free (out);
  free (x);
  return e;
}

static void
seeds (void)
{
  static const uint64_t seed[] = { 0, 1, 2, 3, 4294967295u, UINT64_C (1) << 40 };
  const size_t n = N / 4;
  /* Standard deviation 1/√n = 0.004. */
  const double bound = 0.02;
  double *first = noise (0, 0, 1, n), *again = noise (0, 0, 1, n), *multi = noise (0, 0, 8, n);

  CHECK (memcmp (first, again, n * sizeof *first) == 0, "seed 0 doesn't repeat");
  CHECK (memcmp (first, multi, n * sizeof *first) == 0,
      "the noise of a channel depends on how many there are");
  for (uint32_t i = 1; i < LQ_COUNT (seed); i++) {
    double *other = noise (seed[i], 0, 1, n);
    CHECK (fabs (correlation (first, other, n)) < bound, "seed %llu is like seed 0: %.3f",
        (unsigned long long)seed[i], correlation (first, other, n));
    free (other);
  }
  for (uint32_t c = 1; c < 8; c++) {
    double *other = noise (0, c, 8, n);
    CHECK (fabs (correlation (first, other, n)) < bound, "channel %u is like channel 0", c);
    /* Nor a neighbour's noise a little later. */
    for (size_t lag = 1; lag < 130; lag++)
      CHECK (fabs (correlation (first + lag, other, n - lag)) < bound, "channel %u, lag %zu", c,
          lag);
    free (other);
  }
  for (size_t lag = 1; lag < 130; lag++)
    CHECK (fabs (correlation (first + lag, first, n - lag)) < bound, "itself, lag %zu", lag);
  free (first);
  free (again);
  free (multi);
}

/* The same seed after reset, whatever was before. */
static void
reset (void)
{
  const lq_stream stream = { .rate = RATE, .channels = 2, .out_channels = 2 };
  static float silence[1000];
  const float *planes[] = { silence, silence };
  int16_t a[2000], b[2000];
  lq_arena arena;
  lq_quantize q;

  lq_arena_init (&arena);
  CHECK (lq_quantize_prepare (&q, &stream, LQ_S16, 5, &arena), "no memory");
  lq_quantize_process (&q, planes, a, 1000);
  lq_quantize_process (&q, planes, b, 777);
  CHECK (memcmp (a, b, 777 * 4) != 0, "the noise is the same all over");
  lq_quantize_reset (&q);
  lq_quantize_process (&q, planes, b, 1000);
  CHECK (memcmp (a, b, sizeof a) == 0, "reset doesn't begin anew");
  /* The kind of dither in force before doesn't matter. */
  lq_quantize_reset (&q);
  lq_quantize_set (&q, LQ_DITHER_NONE, LQ_SHAPING_NONE, false);
  lq_quantize_process (&q, planes, b, 300);
  CHECK (b[0] == 0 && b[599] == 0, "no dither sounds");
  lq_quantize_set (&q, LQ_DITHER_TPDF, LQ_SHAPING_NONE, false);
  lq_quantize_process (&q, planes, b, 700);
  CHECK (memcmp (a + 600, b, 1400 * 2) == 0, "the noise isn't tied to the frame");
  lq_arena_free (&arena);
}

/* Programme with a gap that auto-blank finds. */
static float *
gapped (uint32_t channels, size_t frames)
{
  float *x = must (malloc (channels * frames * sizeof *x));

  for (uint32_t c = 0; c < channels; c++) {
    lqs_programme (x + c * frames, frames, RATE, c + 1);
    memset (x + c * frames + 4001 + 7 * c, 0, 40000 * sizeof *x);
  }
  return x;
}

static void
cuts_and_variants (void)
{
  static const uint32_t cut[] = { 1, 7, 64, 0 };
  const size_t frames = 50000;

  for (uint32_t channels = 1; channels <= 3; channels++) {
    float *x = gapped (channels, frames);
    for (int i = 0; i < FORMATS * 8; i++) {
      struct job job = { (enum lq_sample_format) (i / 8), (enum lq_dither) (i % 4), i % 8 > 3,
        5, channels, 1024 };
      uint8_t *whole = run (&job, x, frames), *other;
      for (uint32_t k = 0; k < LQ_COUNT (cut); k++) {
        job.cut = cut[k];
        other = run (&job, x, frames);
        CHECK (memcmp (whole, other, bytes_of (&job, frames)) == 0,
            "format %d, dither %d, blocks of %u differ", i / 8, i % 4, cut[k]);
        free (other);
      }
      for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
        if (!lq_cpu_force ((enum lq_cpu)cpu))
          continue;
        other = run (&job, x, frames);
        CHECK (memcmp (whole, other, bytes_of (&job, frames)) == 0,
            "format %d, dither %d: %s differs", i / 8, i % 4, lq_cpu_name ((enum lq_cpu)cpu));
        free (other);
      }
      lq_cpu_force (lq_cpu_best ());
      free (whole);
    }
    free (x);
  }
}

/* At the ends and beyond, dither never wraps; and the error short of them is what is promised. */
static void
bounds (void)
{
  const double promised[] = { 0.5, 1.0, 1.5, 1.5 };

  for (int f = 0; f < FORMATS; f++)
    for (int dither = 0; dither < 4; dither++) {
      struct job job = { (enum lq_sample_format)f, (enum lq_dither)dither, false, 5, 1, 1024 };
      const lq_stream stream = { .rate = RATE, .channels = 1, .out_channels = 1 };
      const double lsb = ldexp (1.0, 1 - bits[f]), worst = f == LQ_S32 ? 0.5 : promised[dither];
      float *x = must (malloc (N * sizeof *x));
      double *e, most = 0.0;
      lq_arena arena;
      lq_quantize q;
      for (size_t i = 0; i < N; i++)
        x[i] = (float)((i % 2 ? 1.0 : -1.0) * (1.0 + (double)(i % 64 / 2) * 0.5 * lsb));
      e = errors (&job, x, N);
      for (size_t i = 0; i < N; i++)
        if (!CHECK (fabs (e[i]) < 20.0, "format %d: %.9g is off by %g", f, (double)x[i], e[i]))
          break;
      free (e);
      lqs_noise (x, N, 4000.0 * lsb, 8);
      e = errors (&job, x, N);
      for (size_t i = 0; i < N; i++)
        most = fmax (most, fabs (e[i]));
      CHECK (most <= worst && most > 0.96 * worst, "format %d, dither %d: error up to %g LSB",
          f, dither, most);
      lq_arena_init (&arena);
      CHECK (lq_quantize_prepare (&q, &stream, job.format, 1, &arena), "no memory");
      lq_quantize_set (&q, job.dither, LQ_SHAPING_NONE, false);
      CHECK (lq_quantize_worst_lsb (&q) == worst, "promises %g", lq_quantize_worst_lsb (&q));
      CHECK (lq_sample_lsb (job.format) == lsb, "an LSB is %g", lq_sample_lsb (job.format));
      lq_arena_free (&arena);
      free (e);
      free (x);
    }
}

/* Which frames come out as zeros, by the words of properties/common.csv. */
static void
auto_blank (void)
{
  const size_t frames = 120000, wait = (size_t)(0.7 * RATE);
  struct job job = { LQ_S24_32, LQ_DITHER_TPDF, true, 5, 2, 0 };
  float *x = must (calloc (2 * frames, sizeof *x));
  uint8_t *out;
  size_t quiet = 0, zeros = 0, noisy = 0;

  x[100] = 0.1f;
  x[frames + 40000] = 0x1p-40f;     /* wakes it */
  x[frames + 90000] = 0x1.fffp-41f; /* doesn't */
  x[20000] = NAN;
  out = run (&job, x, frames);
  for (size_t i = 0; i < frames; i++) {
    const bool loud = fabsf (x[i]) >= 0x1p-40f || fabsf (x[frames + i]) >= 0x1p-40f;
    const bool zero =
        sample (job.format, out, 2 * i) == 0 && sample (job.format, out, 2 * i + 1) == 0;
    const bool blank = !loud && quiet >= wait;
    quiet = loud ? 0 : quiet + 1;
    if (!CHECK (!blank || zero, "frame %zu isn't blank", i))
      break;
    zeros += zero && !blank;
    noisy += !zero && !blank;
  }
  CHECK (noisy > zeros / 2, "the dither is gone where it should sound: %zu, %zu", zeros, noisy);
  CHECK (sample (job.format, out, 2 * (100 + wait) + 1) ||
             sample (job.format, out, 2 * (100 + wait)) ||
             sample (job.format, out, 2 * (99 + wait)) ||
             sample (job.format, out, 2 * (98 + wait)),
      "blanks too early");
  free (out);
  free (x);
}

static void
guarded (void)
{
  const lq_stream stream = { .rate = RATE, .channels = 2, .out_channels = 2 };
  static float silence[1000];
  const float *planes[] = { silence, silence };
  const char *name = "";
  int16_t out[2000];
  unsigned calls;
  lq_arena arena;
  lq_quantize q;

  lq_arena_init (&arena);
  CHECK (lq_quantize_prepare (&q, &stream, LQ_S16, 5, &arena), "no memory");
  rtguard_arm ();
  lq_quantize_set (&q, LQ_DITHER_TPDF_HP, LQ_SHAPING_NONE, true);
  lq_quantize_process (&q, planes, out, 1000);
  lq_quantize_reset (&q);
  calls = rtguard_disarm (&name);
  CHECK (calls == 0, "%u calls, the first %s", calls, name);
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "every format rounds exactly", exact },
    { "TPDF: mean and power don't depend on the input", triangular },
    { "power of the error against theory", programme },
    { "RPDF: the power follows the input", rectangular },
    { "a tone of 0.4 LSB survives", small_tone }, { "spectra against theory", spectrum },
    { "seeds and channels", seeds }, { "reset, and frames own their noise", reset },
    { "cuts and CPU variants: the same bits", cuts_and_variants },
    { "saturation, and the worst error", bounds }, { "auto-blank", auto_blank },
    { "no allocation, no lock", guarded }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
