/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The true-peak limiter against meters of the tests: windowed sincs of 64 taps a phase at 8× and
 * at 32×, computed directly, in double. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mathx.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/limiter.h"
#include "signals.h"

#define CEILING_DB (-1.0)

/* What the limiter is set to for a ceiling of CEILING_DB: DESIGN's inner margin. */
#define MARGIN_DB 0.1

/* I0, by its integral. */
static double
bessel (double x)
{
  double sum = 0.0;

  for (int k = 0; k < 64; k++)
    sum += cosh (x * cos (LQ_PI * (k + 0.5) / 64.0)) / 64.0;
  return sum;
}

/* The meter against the same sum at every point, whatever is near. */
static void
meter (void)
{
  static float x[600];
  double direct = 0.0, eight, finest;

  lqs_noise (x, 600, 1.0, 3);
  for (size_t i = 31; i + 33 <= 600; i++)
    for (int p = 0; p < 32; p++) {
      double y = 0.0, sum = 0.0;
      for (int k = -31; k <= 32; k++) {
        const double t = k - p / 32.0, e = t / 32.0;
        const double h = (t == 0.0 ? 1.0 : sin (LQ_PI * t) / (LQ_PI * t)) *
                         bessel (8.0 * sqrt (1.0 - e * e));
        sum += h;
        y += h * x[(int)i + k];
      }
      direct = fmax (direct, fabs (y / sum));
    }
  CHECK (direct > 1.2, "noise has no peaks between samples: %g", direct);
  lqm_true_peaks (x, 600, &eight, &finest);
  CHECK_NEAR (finest / direct, 1.0, 1e-9, "32×");
}

/* Signals. */

static lqs_random rnd = { 5 };

enum signal { WHITE, BAND, IMPULSES, SQUARE, NYQUIST, QUARTER, THIRD, BURSTS, BASS, SIGNALS };
static const char *const names[] = { "white noise at +12 dB",
  "noise to 0.45 of the rate at +6 dB", "impulses of +18 dB", "a square wave at +6 dB",
  "alternating signs at +6 dB", "a quarter of the rate, 45 degrees, +6 dB",
  "a third of the rate, +12 dB", "bursts of noise", "40 Hz under clicks" };

static void
make (enum signal s, float *x, size_t n, double rate)
{
  memset (x, 0, n * sizeof *x);
  if (s == WHITE || s == BURSTS)
    lqs_noise (x, n, 4.0, 9);
  if (s == BAND)
    lqs_band_noise (x, n, 0.45, 2.0, 2);
  for (size_t i = 0; i < n; i++) {
    if (s == IMPULSES)
      x[i] = i % 997 == 500 ? 8.0f : i % 613 == 1 ? -3.0f : 0.0f;
    if (s == SQUARE)
      x[i] = fmod ((double)i * 441.0 / rate, 1.0) < 0.5 ? 2.0f : -2.0f;
    if (s == NYQUIST)
      x[i] = i % 2 ? 2.0f : -2.0f;
    if (s == QUARTER)
      x[i] = (float)(2.0 * sin (LQ_PI / 2.0 * (double)i + LQ_PI / 4.0));
    if (s == THIRD)
      x[i] = (float)(4.0 * sin (2.0 * LQ_PI / 3.0 * (double)i + 0.3));
    if (s == BURSTS && i / 700 % 3)
      x[i] *= 0.01f;
    if (s == BASS)
      x[i] = (float)(1.5 * sin (2.0 * LQ_PI * 40.0 * (double)i / rate)) +
             (i % 4801 == 0 ? 3.0f : 0.0f);
  }
}

/* The limiter. */

typedef struct {
  lq_limiter u;
  lq_arena arena;
} Limiter;

static Limiter *
limiter_new (double rate, uint32_t channels, double ceiling_db)
{
  const lq_stream stream = { .rate = rate, .channels = channels, .out_channels = channels };
  Limiter *l = calloc (1, sizeof *l);

  lq_arena_init (&l->arena);
  if (!lq_limiter_prepare (&l->u, &stream, &l->arena))
    abort ();
  lq_limiter_set (&l->u, &(struct lq_limiter_params){ 1, (float)ceiling_db });
  lq_limiter_reset (&l->u);
  return l;
}

static void
limiter_free (Limiter *l)
{
  lq_arena_free (&l->arena);
  free (l);
}

static void
run (Limiter *l, float *x, size_t n)
{
  for (size_t done = 0; done < n; done += LQ_BLOCK) {
    float *ch[] = { x + done };
    lq_limiter_process (&l->u, ch, (uint32_t)(n - done < LQ_BLOCK ? n - done : LQ_BLOCK));
  }
}

static void
ceiling (void)
{
  static const double rates[] = { 8000, 44100, 48000, 96000, 192000 };
  static float x[24000];
  const double limit = pow (10.0, CEILING_DB / 20.0);

  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
    for (int s = 0; s < SIGNALS; s++) {
      Limiter *l = limiter_new (rates[r], 1, CEILING_DB - MARGIN_DB);
      double eight, finest;
      make ((enum signal)s, x, 24000, rates[r]);
      run (l, x, 24000);
      limiter_free (l);
      lqm_true_peaks (x, 24000, &eight, &finest);
      eight = 20.0 * log10 (eight / limit);
      finest = 20.0 * log10 (finest / limit);
      CHECK (lqm_peak (x, 24000) <= limit, "%s at %.0f Hz: samples reach %.3f dB over",
          names[s], rates[r], 20.0 * log10 (lqm_peak (x, 24000) / limit));
      CHECK (eight <= 0.0, "%s at %.0f Hz: %+.4f dB at 8×", names[s], rates[r], eight);
      CHECK (finest <= 0.05, "%s at %.0f Hz: %+.4f dB at 32×", names[s], rates[r], finest);
      if (rates[r] == 48000)
        lqt_note ("%s: %+.3f dB at 8x, %+.3f dB at 32x", names[s], eight, finest);
    }
}

/* Under the ceiling: the input, bit for bit, `latency` frames later; and again after limiting. */
static void
transparent (void)
{
  static float x[400000], y[400000];
  Limiter *l = limiter_new (48000, 1, -1.0);
  const uint32_t latency = lq_limiter_latency (&l->u);

  lqs_programme (x, 400000, 48000, 4);
  for (size_t i = 0; i < 400000; i++)
    x[i] *= i > 30000 && i < 31000 ? 8.0f : 0.5f;
  memcpy (y, x, sizeof y);
  run (l, y, 400000);
  CHECK (memcmp (y + latency, x, 29000 * sizeof *x) == 0, "not the input before the peak");
  CHECK (memcmp (y + 300000, x + 300000 - latency, 100000 * sizeof *x) == 0,
      "not the input five seconds after it");
  CHECK (memcmp (y + 30000 + latency, x + 30000, 1000 * sizeof *x) != 0, "nothing was limited");
  limiter_free (l);
}

/* A steady bass is turned down, not bent. */
static void
harmonics (void)
{
  static const double hertz[] = { 31.25, 50.0, 62.5, 100.0, 1000.0 };
  static float x[48000 * 4];

  for (size_t k = 0; k < sizeof hertz / sizeof *hertz; k++) {
    Limiter *l = limiter_new (48000, 1, 0.0);
    double rest = 0.0, tone;
    lqs_sine (x, 48000 * 4, 48000, hertz[k], 1.9953, 0.1, 0);
    run (l, x, 48000 * 4);
    limiter_free (l);
    tone = lqm_tone (x + 96000, 48000, 48000, hertz[k]);
    for (int h = 2; h <= 15; h++)
      rest += pow (lqm_tone (x + 96000, 48000, 48000, hertz[k] * h), 2.0);
    CHECK_NEAR (20.0 * log10 (tone), 0.0, 0.05, "level of the tone");
    /* Below 48 Hz the hold is shorter than half a wave. */
    CHECK (10.0 * log10 (rest) - 20.0 * log10 (tone) < (hertz[k] < 48.0 ? -40.0 : -60.0),
        "%.1f Hz: THD %.1f dB", hertz[k], 10.0 * log10 (rest) - 20.0 * log10 (tone));
    lqt_note ("%.1f Hz, 6 dB of limiting: THD %.1f dB", hertz[k],
        10.0 * log10 (rest) - 20.0 * log10 (tone));
  }
}

/* Seconds after `last` (s) until a gain of 6 dB of limiting is back to within 1 dB. */
static double
recovery (double limited_s)
{
  static float x[48000 * 12];
  Limiter *l = limiter_new (48000, 1, -6.0206);
  const size_t end = (size_t)(48000 * (1.0 + limited_s)), latency = lq_limiter_latency (&l->u);
  size_t i;

  for (i = 0; i < 48000 * 12; i++)
    x[i] = i >= 48000 && i < end ? 1.0f : 0.25f;
  run (l, x, 48000 * 12);
  limiter_free (l);
  for (i = end + latency + 96; i < 48000 * 12 && x[i] < 0.25f * 0.891f; i++)
    ;
  return (double)(i - end - latency) / 48000.0;
}

/* The most by which the gain rises in 1 ms (dB), from 0.1 s after so much limiting by 6 dB. */
static double
leap (double limited_s)
{
  static float x[48000 * 8];
  Limiter *l = limiter_new (48000, 1, -6.0206);
  const size_t end = (size_t)(48000 * (0.1 + limited_s));
  double most = 0.0;

  for (size_t i = 0; i < 48000 * 8; i++)
    x[i] = i >= 4800 && i < end ? 1.0f : 0.25f;
  run (l, x, 48000 * 8);
  for (size_t i = end + lq_limiter_latency (&l->u) + 4800; i < 48000 * 8 - 48; i++)
    most = fmax (most, 20.0 * log10 (x[i + 48] / x[i]));
  limiter_free (l);
  return most;
}

static void
releases (void)
{
  const double fast = recovery (0.005), slow = recovery (5.0);

  lqt_note ("6 dB back to 1 dB: %.0f ms after 5 ms, %.0f ms after 5 s", fast * 1e3, slow * 1e3);
  CHECK (fast < 0.2, "%.3f s after a peak of 5 ms", fast);
  CHECK (slow > 4.0 * fast && slow < 3.0, "%.3f s after 5 s of limiting", slow);
  CHECK (leap (0.05) < 0.1, "the gain leaps by %.2f dB after 50 ms", leap (0.05));
  CHECK (leap (5.0) < 0.1, "the gain leaps by %.2f dB after 5 s", leap (5.0));
}

/* One gain for all channels; the largest counts. */
static void
linked (void)
{
  static float x[2][20000], first[2][20000];
  Limiter *l = limiter_new (48000, 2, -1.0);

  lqs_programme (x[0], 20000, 48000, 1);
  for (size_t i = 0; i < 20000; i++) {
    x[0][i] = (x[0][i] + 2.0f) * 2.0f;
    x[1][i] = 0.25f * x[0][i];
  }
  memcpy (first, x, sizeof x);
  for (size_t done = 0; done < 20000; done += 1000) {
    float *ch[] = { x[0] + done, x[1] + done };
    lq_limiter_process (&l->u, ch, 1000);
  }
  for (size_t i = 1000; i < 20000; i++)
    if (!CHECK (fabsf (x[1][i] - 0.25f * x[0][i]) <= 1e-7f, "frame %zu: the image moves", i))
      break;
  CHECK_NEAR (lq_limiter_take (&l->u), 20.0 * log10 (lqm_peak (first[0], 20000) / 0.891), 1.0,
      "largest reduction");
  CHECK_NEAR (lq_limiter_take (&l->u), 0.0, 0.0, "the reduction since");
  limiter_free (l);
}

/* The law for known peaks is the law of process. */
static void
follow (void)
{
  static float x[48000], in[48000], peaks[LQ_BLOCK];
  Limiter *a = limiter_new (48000, 1, 0.0), *b = limiter_new (48000, 1, 0.0),
          *look = limiter_new (48000, 1, 0.0);
  const size_t latency = lq_limiter_latency (&a->u), group = lq_limiter_group (48000);
  size_t groups = 0;
  double worst = 0.0;

  make (BURSTS, in, 48000, 48000);
  memcpy (x, in, sizeof x);
  run (a, x, 48000);
  for (size_t done = 0; done < 48000; done += 1000) {
    const float *ch[] = { in + done };
    const uint32_t n = lq_limiter_look (&look->u, ch, 1000, peaks);
    for (uint32_t i = 0; i < n; i++, groups++) {
      double power = 0.0;
      lq_limiter_follow (&b->u, peaks[i]);
      for (size_t k = groups * group; k < (groups + 1) * group && k >= latency; k++)
        power += pow (x[k] / in[k - latency], 2.0) / (double)group;
      if (groups * group > latency && (groups + 1) * group < 48000)
        worst = fmax (worst, fabs (power - lq_limiter_power (&b->u)));
    }
  }
  CHECK_NEAR ((double)groups, 48000.0 / (double)group, 0.0, "groups");
  CHECK (worst < 2e-3, "power of the gain is off by %.2g", worst);
  limiter_free (a);
  limiter_free (b);
  limiter_free (look);
}

/* The kernel. */

/* The value `quarter` quarters of the way from z[6] to z[7], frames of twice the rate. */
static double
finer (const double *z, const struct lq_overshoot_taps *t, int quarter)
{
  double y = 0.0;

  for (int k = 0; k < LQ_OVERSHOOT_TAPS / 2; k++) {
    const double a = z[1 + k], b = z[12 - k];
    y += quarter == 2 ? t->mid[k] * (a + b)
                      : t->even[k] * (a + b) + (quarter == 1 ? 1 : -1) * t->odd[k] * (a - b);
  }
  return fabs (y);
}

/* Largest of the 7 values between x[0] and x[1]. */
static double
finest (const float *x, const struct lq_overshoot_taps *t)
{
  double z[16], most;

  for (int m = 0; m < 16; m++) {
    const float *at = x - 3 + m / 2;
    z[m] = m % 2 ? 0.0 : at[0];
    for (int k = 0; m % 2 && k < LQ_OVERSHOOT_HALF / 2; k++)
      z[m] += t->half[k] * ((double)at[k - 31] + at[32 - k]);
  }
  most = fabs (z[7]);
  for (int quarter = 1; quarter <= 3; quarter++)
    most = fmax (most, fmax (finer (z, t, quarter), finer (z + 1, t, quarter)));
  return most;
}

static bool
one_overshoot (const struct lq_overshoot_taps *taps, uint32_t n, double smooth, float floor)
{
  float memory[LQ_OVERSHOOT_BEFORE + LQ_OVERSHOOT_GROUP + LQ_OVERSHOOT_BEHIND + 3];
  float *x = memory + LQ_OVERSHOOT_BEFORE + lqs_range (&rnd, 0, 3), result, last;
  float scratch[LQ_OVERSHOOT_SCRATCH];
  double expected = 0.0, between = 0.0;

  for (int i = -LQ_OVERSHOOT_BEFORE; i < (int)(n + LQ_OVERSHOOT_AHEAD); i++)
    x[i] = (float)(smooth * sin (0.02 * i) + (1.0 - smooth) * lqs_uniform (&rnd));
  for (uint32_t i = n + LQ_OVERSHOOT_AHEAD; i < n + LQ_OVERSHOOT_BEHIND; i++)
    x[i] = 1e6f;
  for (uint32_t i = 0; i < n; i++) {
    between = finest (x + i, taps);
    expected = fmax (expected, fmax (between, fmax (fabsf (x[i]), fabsf (x[i + 1]))));
  }
  result = lq_kernels ()->overshoot (taps, x, n, floor, &last, scratch);
  if (last == 0.0f && result <= floor && expected <= floor)
    return true;
  return fabs (result - expected) <= 4e-6 * expected &&
         fabs (last - between) <= 4e-6 * expected;
}

static void
kernel (void)
{
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    Limiter *l;
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    l = limiter_new (48000, 1, 0.0);
    for (uint32_t n = 1; n <= LQ_OVERSHOOT_GROUP; n += n < 40 ? 1 : 27)
      for (uint32_t round = 0; round < 40; round++)
        if (!CHECK (
                one_overshoot (&l->u.core.taps, n, round % 3 / 2.0, (float)(round % 4) * 0.5f),
                "%s, %u frames, round %u", lq_cpu_name ((enum lq_cpu)cpu), n, round))
          break;
    limiter_free (l);
  }
  lq_cpu_force (lq_cpu_best ());
}

/* The kernels that bend a gain, in every variant, bit for bit, on two planes and on one: any length, any
 * place, and not a value beyond. */
#define SPLINE_MOST 300

static bool
one_spline (lqs_random *random, uint32_t n)
{
  static float basis[4 * (SPLINE_MOST + 8)], x[2][SPLINE_MOST + 8], want[2][SPLINE_MOST + 8];
  const float control[4] = { 0.25f, 1.0f, 0.5f, 0.875f };
  const uint32_t stride = n + lqs_range (random, 0, 5), at = lqs_range (random, 1, 4);

  for (uint32_t i = 0; i < 4 * stride; i++)
    basis[i] = (float)lqs_uniform (random);
  for (uint32_t c = 0; c < 2; c++)
    for (uint32_t i = 0; i < SPLINE_MOST + 8; i++)
      want[c][i] = x[c][i] = (float)lqs_uniform (random);
  for (uint32_t i = 0; i < n; i++) {
    const float curve = basis[i] * control[0] + basis[stride + i] * control[1] +
                        basis[2 * stride + i] * control[2] + basis[3 * stride + i] * control[3];
    want[0][at + i] *= curve;
    want[1][at + i] *= curve;
  }
  if (n % 2)
    lq_kernels ()->spline (basis, stride, control, x[0] + at, x[1] + at, n);
  else
    for (uint32_t c = 0; c < 2; c++)
      lq_kernels ()->spline (basis, stride, control, x[c] + at, NULL, n);
  return memcmp (want, x, sizeof x) == 0;
}

/* Where gains fall to, over groups from any place of one on: the same, and a rest exactly 0. */
static bool
one_fall (lqs_random *random, uint32_t n)
{
  static float basis[4 * 64], curve[SPLINE_MOST + 8], want[SPLINE_MOST + 8];
  const uint32_t group = 1u << lqs_range (random, 4, 6), at = lqs_range (random, 0, group - 1);
  const uint32_t first = lqs_range (random, 1, 4);
  float control[SPLINE_MOST / 16 + 8];

  for (uint32_t i = 0; i < 4 * group; i++)
    basis[i] = (float)lqs_uniform (random);
  for (uint32_t k = 0; k < LQ_COUNT (control); k++)
    control[k] = k % 9 < 5 ? 1.0f : (float)lqs_uniform (random);
  for (uint32_t i = 0; i < SPLINE_MOST + 8; i++)
    curve[i] = want[i] = 7.0f;
  for (uint32_t i = 0; i < n; i++) {
    const float *const b = basis + (at + i) % group, *const v = control + (at + i) / group;
    want[first + i] = b[0] * (1.0f - v[0]) + b[group] * (1.0f - v[1]) +
                      b[2 * group] * (1.0f - v[2]) + b[3 * group] * (1.0f - v[3]);
  }
  lq_kernels ()->spline_fall (basis, group, control, at, curve + first, n);
  return memcmp (want, curve, sizeof curve) == 0;
}

static void
spline (void)
{
  lqs_random random = { 5 };

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    bool ok = lq_cpu_force ((enum lq_cpu)cpu);
    for (uint32_t n = 0; n <= SPLINE_MOST && ok; n++)
      ok = CHECK (one_spline (&random, n) && one_fall (&random, n), "%s, %u frames",
          lq_cpu_name ((enum lq_cpu)cpu), n);
  }
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "the meter finds what a direct one finds", meter },
    { "the kernel looks between samples", kernel }, { "the kernels that bend a gain", spline },
    { "the ceiling holds", ceiling }, { "idle, it is a delay", transparent },
    { "a steady bass isn't bent", harmonics }, { "short and long releases", releases },
    { "one gain for all channels", linked }, { "the law can be followed", follow },
    { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
