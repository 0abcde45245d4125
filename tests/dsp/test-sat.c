/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Saturation: aliases by Fourier transforms of whole periods, small signals by their response, the
 * curves and the kernels behind them against libm and plain sums in long double. */

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/fpu.h"
#include "base/mathx.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/sat.h"
#include "signals.h"

#define PERIOD 8192
#define LONG (8 * PERIOD)

static const char *const names[] = { "tape", "tube", "transformer", "soft", "hard" };

/* x through a fresh unit; the latency. */
static uint32_t
run (const struct lq_sat_params *p, double rate, float *x, size_t n)
{
  const lq_stream stream = { .rate = rate, .channels = 1, .out_channels = 1 };
  lq_sat *u = malloc (sizeof *u);
  lq_arena arena;
  uint32_t latency;

  lq_arena_init (&arena);
  if (!lq_sat_prepare (u, &stream, p, &arena))
    abort ();
  latency = lq_sat_latency (u);
  for (size_t done = 0; done < n; done += LQ_BLOCK) {
    float *ch[] = { x + done };
    lq_sat_process (u, ch, (uint32_t)(n - done < LQ_BLOCK ? n - done : LQ_BLOCK));
  }
  lq_arena_free (&arena);
  free (u);
  return latency;
}

static struct lq_sat_params
params (int style, float drive_db)
{
  return (struct lq_sat_params){ 1, style, drive_db, 0.0f, 0.0f, 100.0f, 1, 0 };
}

/* Everything up to 20 kHz that is no multiple of the tone, against it, dB. */
static double
alias_db (const float *y, uint32_t bin, double rate)
{
  static double complex z[PERIOD];
  double rest = 0.0;

  for (uint32_t i = 0; i < PERIOD; i++)
    z[i] = y[i];
  lqm_fft (z, PERIOD);
  for (uint32_t k = 1; k <= PERIOD / 2 && k * rate / PERIOD <= 20000.0; k++)
    if (k % bin)
      rest += pow (cabs (z[k]), 2.0);
  return 10.0 * log10 (rest / pow (cabs (z[bin]), 2.0));
}

static void
aliases (void)
{
  static const double rates[] = { 44100, 48000, 88200, 96000, 176400, 192000 };
  static const double tones[] = { 4963, 5000, 5037 };
  static float x[40 * PERIOD];

  for (size_t r = 0; r < 6; r++)
    for (int style = 0; style < LQ_SAT_STYLES; style++) {
      /* The removal of an offset takes a second and a half. */
      const uint32_t n = (uint32_t)(1.5 * rates[r] / PERIOD + 2.0) * PERIOD;
      double worst = -200.0;
      for (size_t t = 0; t < 3; t++) {
        const struct lq_sat_params p = params (style, 12.0f);
        const uint32_t bin = (uint32_t)(tones[t] * PERIOD / rates[r]) | 1;
        for (uint32_t i = 0; i < n; i++)
          x[i] = (float)sin (2.0 * LQ_PI * (double)((uint64_t)bin * i % PERIOD) / PERIOD + 0.3);
        run (&p, rates[r], x, n);
        worst = fmax (worst, alias_db (x + n - PERIOD, bin, rates[r]));
      }
      CHECK (worst < (style == LQ_SAT_HARD ? -60.0 : -80.0), "%s at %.0f Hz: %.1f dBc",
          names[style], rates[r], worst);
      lqt_note ("%s at %.0f Hz: %.1f dBc", names[style], rates[r], worst);
    }
}

/* Response to small impulses, up and down, so that what is even of a biased curve cancels, against
 * a pure delay, to 18 kHz. */
static void
flat_case (const struct lq_sat_params *p, double rate)
{
  static float x[4 * PERIOD], y[4 * PERIOD];
  const uint32_t at = 1000;
  const float size = p->bias_percent != 0.0f ? 1e-2f : 1e-3f;
  uint32_t latency;
  double worst_db = 0.0, worst_phase = 0.0;

  memset (x, 0, sizeof x);
  memset (y, 0, sizeof y);
  /* A biased curve rounds at its bias: a response that goes on for long has to stand above. */
  x[at] = size;
  y[at] = -size;
  latency = run (p, rate, x, 4 * PERIOD);
  run (p, rate, y, 4 * PERIOD);
  for (uint32_t i = 0; i < 4 * PERIOD; i++)
    x[i] = (x[i] - y[i]) / 2.0f;
  for (double hz = rate < 100000.0 ? 100.0 : 500.0; hz <= fmin (18000.0, 0.41 * rate);
       hz *= 1.19) {
    double complex h = lqm_response (x, 4 * PERIOD, rate, hz) / size;
    h *= cexp (2.0 * LQ_PI * I * hz / rate * (at + latency));
    worst_db = fmax (worst_db, fabs (20.0 * log10 (cabs (h))));
    /* What the removal of the offset turns by. */
    worst_phase = fmax (worst_phase, fabs (carg (h)) - 2.1 / hz);
  }
  CHECK (worst_db <= 0.05, "%s, ×%d, bias %g, tone %g at %.0f Hz: %.3f dB", names[p->style],
      p->oversampling, p->bias_percent, p->tone_db, rate, worst_db);
  CHECK (worst_phase <= 2e-3, "%s, ×%d at %.0f Hz: not %u frames, by %.4f rad", names[p->style],
      p->oversampling, rate, latency, worst_phase);
}

static void
flat (void)
{
  static const double rates[] = { 8000, 44100, 48000, 96000, 192000, 384000 };

  for (size_t r = 0; r < 6; r++)
    for (int style = 0; style < LQ_SAT_STYLES; style++)
      for (int k = 0; k < 5; k++) {
        struct lq_sat_params p = params (style, 6.0f);
        p.oversampling = k ? 1 << (k - 1) : 0;
        flat_case (&p, rates[r]);
        p.tone_db = k % 2 ? 12.0f : -12.0f;
        p.bias_percent = k % 2 ? -100.0f : 60.0f;
        flat_case (&p, rates[r]);
      }
}

/* Amplitude of harmonic h of the tone at `bin`, h = 0: the mean. */
static double
line (const float *y, uint32_t bin, uint32_t h)
{
  double complex z = 0.0;

  for (uint32_t i = 0; i < PERIOD; i++)
    z += y[i] * cexp (-2.0 * LQ_PI * I * (double)((uint64_t)bin * h * i % PERIOD) / PERIOD);
  return cabs (z) / PERIOD * (h ? 2.0 : 1.0);
}

/* What a curve in double makes of a sine: amplitude of its harmonic h. */
static double
expected (double (*f) (double), double amplitude, double bias, uint32_t h)
{
  const double slope = (f (bias + 1e-6) - f (bias - 1e-6)) / 2e-6;
  double complex z = 0.0;

  for (uint32_t i = 0; i < 4096; i++) {
    const double t = 2.0 * LQ_PI * i / 4096.0;
    z += (f (amplitude * sin (t) + bias) - f (bias)) / slope * cexp (-I * t * h);
  }
  return cabs (z) / 4096.0 * 2.0;
}

static double
clip (double x)
{
  return fmax (-1.0, fmin (1.0, x));
}

static double
tube (double x)
{
  return 1.25 * tanh (x / 1.25 + 0.35);
}

/* soft, hard and tube at 500 Hz have the harmonics of their functions, with bias and without. */
static void
harmonics (void)
{
  static double (*const f[]) (double) = { tube, tanh, clip };
  static const int styles[] = { LQ_SAT_TUBE, LQ_SAT_SOFT, LQ_SAT_HARD };
  static const float percents[] = { 0, 50, -100 };
  static float x[2 * LONG];

  for (int s = 0; s < 3; s++)
    for (int b = 0; b < 3; b++) {
      struct lq_sat_params p = params (styles[s], 9.0f);
      const double g = pow (10.0, 9.0 / 20.0), level = styles[s] == LQ_SAT_TUBE ? 1.25 : 1.0;
      p.bias_percent = percents[b];
      for (uint32_t i = 0; i < 2 * LONG; i++)
        x[i] = (float)(0.5 * sin (2.0 * LQ_PI * 85.0 * (i % PERIOD) / PERIOD));
      run (&p, 48000, x, 2 * LONG);
      for (uint32_t h = 1; h <= 9; h++) {
        const double want = expected (f[s], 0.5 * g, percents[b] * 0.006 * level, h) / g;
        CHECK_NEAR (
            line (x + 2 * LONG - PERIOD, 85, h), want, 2e-5 + 4e-4 * want, names[styles[s]]);
        if (h == 2 && b)
          CHECK (want > 0.001, "%s: no even harmonic", names[styles[s]]);
      }
      CHECK (line (x + 2 * LONG - PERIOD, 85, 0) < 3.16e-5, "%s, bias %g: mean %.1f dBFS",
          names[styles[s]], percents[b], 20.0 * log10 (line (x + 2 * LONG - PERIOD, 85, 0)));
    }
}

/* f (g·x)/g and f (g·x), and the level of small signals. */
static void
level_match (void)
{
  static float a[20000], b[20000], c[20000];

  for (int style = 0; style < LQ_SAT_STYLES; style++) {
    struct lq_sat_params p = params (style, 20.0f);
    lqs_programme (a, 20000, 48000, 3);
    memcpy (b, a, sizeof b);
    memcpy (c, a, sizeof c);
    for (uint32_t i = 0; i < 20000; i++)
      c[i] *= 10.0f;
    run (&p, 48000, a, 20000);
    p.level_match = 0;
    run (&p, 48000, b, 20000);
    p.drive_db = 0.0f;
    run (&p, 48000, c, 20000);
    for (uint32_t i = 0; i < 20000; i++) {
      a[i] *= 10.0f;
      b[i] -= a[i];
      c[i] -= a[i];
    }
    CHECK (lqm_peak (a, 20000) > 0.5, "%s: silent", names[style]);
    CHECK (lqm_peak (b, 20000) < 2e-5, "%s: f(gx)/g isn't f(gx) over g", names[style]);
    CHECK (lqm_peak (c, 20000) < 2e-5, "%s: drive isn't gain into the curve", names[style]);
  }
}

static void
mix (void)
{
  static float dry[20000], wet[20000], both[20000];
  struct lq_sat_params p = params (LQ_SAT_TAPE, 18.0f);
  uint32_t latency;
  double worst = 0.0;

  lqs_programme (dry, 20000, 44100, 8);
  memcpy (wet, dry, sizeof wet);
  memcpy (both, dry, sizeof both);
  latency = run (&p, 44100, wet, 20000);
  p.mix_percent = 30.0f;
  run (&p, 44100, both, 20000);
  for (uint32_t i = latency; i < 20000; i++)
    worst = fmax (worst, fabs (0.7 * dry[i - latency] + 0.3 * wet[i] - both[i]));
  CHECK (worst < 1e-6, "mix is off by %g", worst);
  p.mix_percent = 0.0f;
  memcpy (both, dry, sizeof both);
  run (&p, 44100, both, 20000);
  CHECK (memcmp (both + latency, dry, (20000 - latency) * sizeof *dry) == 0,
      "mix 0 isn't the input");
}

/* By how much a tone of 0 dBFS at 12 dB of drive loses, dB. */
static double
loss (int style, double hz)
{
  static float x[LONG];
  const struct lq_sat_params p = params (style, 12.0f);
  const uint32_t bin = (uint32_t)(hz * PERIOD / 48000.0) | 1;

  for (uint32_t i = 0; i < LONG; i++)
    x[i] = (float)sin (2.0 * LQ_PI * (double)((uint64_t)bin * i % PERIOD) / PERIOD);
  run (&p, 48000, x, LONG);
  return -20.0 * log10 (line (x + LONG - PERIOD, bin, 1));
}

static void
frequency (void)
{
  lqt_note ("tape at 0.3, 3, 10 kHz: %.1f, %.1f, %.1f dB", loss (0, 300), loss (0, 3000),
      loss (0, 10000));
  lqt_note ("transformer at 45, 200, 3000 Hz: %.1f, %.1f, %.1f dB", loss (2, 45), loss (2, 200),
      loss (2, 3000));
  CHECK (loss (LQ_SAT_TAPE, 10000) > loss (LQ_SAT_TAPE, 300) + 4.0, "highs on tape");
  CHECK (loss (LQ_SAT_TRANSFORMER, 45) > loss (LQ_SAT_TRANSFORMER, 3000) + 3.0, "lows in iron");
  CHECK_NEAR (loss (LQ_SAT_SOFT, 10000), loss (LQ_SAT_SOFT, 50), 0.02, "soft: the same");
}

static void
latencies (void)
{
  static const struct {
    double rate;
    int32_t asked;
    uint32_t factor;
  } cases[] = { { 44100, 0, 4 }, { 88199, 0, 4 }, { 88200, 0, 2 }, { 96000, 0, 2 },
    { 176399, 0, 2 }, { 176400, 0, 1 }, { 384000, 0, 1 }, { 48000, 1, 1 }, { 48000, 8, 8 } };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const lq_stream stream = { .rate = cases[i].rate, .channels = 1, .out_channels = 1 };
    struct lq_sat_params p = params (LQ_SAT_SOFT, 6.0f);
    lq_arena arena;
    lq_sat u;
    lq_arena_init (&arena);
    p.oversampling = cases[i].asked;
    CHECK (lq_sat_prepare (&u, &stream, &p, &arena), "no memory");
    CHECK (u.over.factor == cases[i].factor, "%g Hz: ×%u", cases[i].rate, u.over.factor);
    lqt_note ("%g Hz, ×%u: %u frames", cases[i].rate, u.over.factor, lq_sat_latency (&u));
    lq_arena_free (&arena);
  }
}

/* Kernels. */

static double
reference (uint32_t curve, double x)
{
  switch (curve) {
    case LQ_CURVE_ROOT:
      return x / sqrt (1.0 + x * x);
    case LQ_CURVE_TANH:
      return tanh (x);
    case LQ_CURVE_FOURTH:
      return x / sqrt (sqrt (1.0 + x * x * x * x));
    default:
      return clip (x);
  }
}

static void
each_variant (void (*f) (const struct lq_kernels *, const char *))
{
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++)
    if (lq_cpu_force ((enum lq_cpu)cpu))
      f (lq_kernels (), lq_cpu_name ((enum lq_cpu)cpu));
  lq_cpu_force (lq_cpu_best ());
}

static void
curve_variant (const struct lq_kernels *kernels, const char *variant)
{
  static float x[40003], y[40003];

  for (int i = 0; i < 40003; i++)
    x[i] = (float)(pow (10.0, -6.0 + 10.0 * (i / 2) / 20001.0) * (i % 2 ? 1.0 : -1.0));
  for (uint32_t curve = 0; curve < 4; curve++) {
    const struct lq_curve_shape shape = { curve, 1.0f, 0.0f, 0.0f, 1.0f };
    double worst = 0.0;
    kernels->curve (&shape, x, y, 40003);
    for (int i = 0; i < 40003; i++)
      worst = fmax (worst, fabs (y[i] / reference (curve, x[i]) - 1.0));
    CHECK (worst <= 1e-6, "%s, curve %u: off by %g of the value", variant, curve, worst);
    lqt_note ("%s, curve %u: %.2g", variant, curve, worst);
  }
}

/* Antiderivative of the clip. */
static double
antiderivative (double x)
{
  return fabs (x) <= 1.0 ? x * x / 2.0 : fabs (x) - 0.5;
}

static void
mean_variant (const struct lq_kernels *kernels, const char *variant)
{
  static float a[1000], b[1000], y[1000];
  const struct lq_curve_shape shape = { LQ_CURVE_CLIP, 0.7f, 0.2f, 0.2f, 1.5f };

  lqs_noise (a, 1000, 4.0, 1);
  lqs_noise (b, 1000, 4.0, 2);
  for (int i = 0; i < 100; i++)
    b[i] = a[i];
  kernels->clip_mean (&shape, a, b, y, 1000);
  for (int i = 0; i < 1000; i++) {
    const double u = a[i] * 0.7 + 0.2, v = b[i] * 0.7 + 0.2, d = v - u;
    const double mean =
        fabs (d) < 1e-6 ? clip (u) : (antiderivative (v) - antiderivative (u)) / d;
    if (!CHECK (fabs (y[i] - (mean - 0.2) * 1.5) < 2e-6, "%s: %g to %g has %g", variant, u, v,
            y[i]))
      break;
  }
}

static void
fold_variant (const struct lq_kernels *kernels, const char *variant)
{
  static float x[2000], y[1100], taps[LQ_FOLD_PAIRS];
  lqs_random rnd = { 3 };

  lqs_noise (x, 2000, 1.0, 4);
  lqs_noise (taps, LQ_FOLD_PAIRS, 0.2, 5);
  for (uint32_t round = 0; round < 300; round++) {
    struct lq_fold f = { .taps = taps, .weight = 0.5f };
    const uint32_t n = round < 70 ? round : lqs_range (&rnd, 0, 1024);
    f.pairs = lqs_range (&rnd, 0, LQ_FOLD_PAIRS);
    f.middle = round % 2 ? x + round : NULL;
    for (uint32_t k = 0; k < f.pairs; k++) {
      f.a[k] = x + lqs_range (&rnd, 0, 900);
      f.b[k] = x + lqs_range (&rnd, 0, 900);
    }
    y[n] = 77.0f;
    kernels->fold (&f, y, n);
    CHECK (y[n] == 77.0f, "%s: wrote behind %u", variant, n);
    for (uint32_t i = 0; i < n; i++) {
      long double want = f.middle ? 0.5L * f.middle[i] : 0.0L;
      for (uint32_t k = 0; k < f.pairs; k++)
        want += (long double)taps[k] * ((long double)f.a[k][i] + f.b[k][i]);
      if (!CHECK (fabsl (want - y[i]) < 2e-6L, "%s, %u of %u", variant, i, n))
        return;
    }
  }
}

static void
shelf_variant (const struct lq_kernels *kernels, const char *variant)
{
  static const double poles[] = { 0.0, 0.5, 0.99, 0.9999, -0.3 };
  static float x[5000], y[5000];

  for (int k = 0; k < 5; k++) {
    const struct lq_shelf_taps t = { poles[k], (1.0 - poles[k]) / 2.0, 1.7, -0.8 };
    struct lq_shelf_state z = { 0 };
    lqs_random rnd = { 9 };
    long double lp = 0.0L, last = 0.0L;
    uint32_t n;
    lqs_noise (x, 5000, 1.0, 6);
    memcpy (y, x, sizeof y);
    for (uint32_t done = 0; done < 5000; done += n) {
      n = lqs_range (&rnd, 0, 11);
      n = n < 5000 - done ? n : 5000 - done;
      kernels->shelf (&t, &z, y + done, done % LQ_SHELF_GROUP, n);
    }
    for (int i = 0; i < 5000; i++) {
      lp = t.p * lp + t.q * (x[i] + last);
      last = x[i];
      if (!CHECK (fabsl (1.7L * last - 0.8L * lp - y[i]) < 3e-7L, "%s, pole %g, frame %d",
              variant, poles[k], i))
        return;
    }
  }
}

static void
kernels_against_plain_sums (void)
{
  each_variant (curve_variant);
  each_variant (mean_variant);
  each_variant (fold_variant);
  each_variant (shelf_variant);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "aliases of 5 kHz, +12 dB, auto", aliases },
    { "small signals: flat, and late by the latency", flat },
    { "harmonics of the functions, bias, no offset", harmonics },
    { "level match", level_match }, { "mix", mix },
    { "tape: highs, transformer: lows saturate first", frequency },
    { "oversampling by the rate", latencies },
    { "kernels against libm and plain sums", kernels_against_plain_sums }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
