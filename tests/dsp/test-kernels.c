/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every kernel of the dispatch table, in every variant this machine runs, against plain C:
 * lengths about a vector's, any alignment, canaries. */

#include "base/cpu.h"
#include "base/kernels.h"
#include "base/param.h"
#include "guard.h"
#include "lqtest.h"
#include "primitives/kweight.h"
#include "primitives/truepeak.h"
#include "signals.h"

#include <math.h>
#include <string.h>

/* How many kernels have a case below; one that has none is found by the last case. */
/* overshoot, spline and spline_fall in test-limiter.c; fold, curve, clip_mean, shelf in test-sat.c; those of dynamics in
 * test-dynamics.c, crossover in test-deess.c, bass in test-elliptic.c, bands in test-bands.c, follow and blend in
 * test-mb-kernels.c, swing, swing_levels and swing_taps in test-swing.c; of the reverb tank in
 * test-tank.c; fft_… in test-fft.c, band_power in test-thirds.c, products in test-level.c; mac,
 * mac_two, mac_apart and fir in test-convolver.c; mix, mix_pair, pair_level and mix_curve in
 * test-fader.c; groove_… in test-groove-kernels.c, treatment in test-treatment.c */
#define TESTED 62

#define OFFSETS 4
#define ROOM 1100

static const struct lq_kernels *kernels;
static const char *variant;
static lqs_random rnd;

/* One round of a kernel: n frames, arrays at offsets into planes; false ends the case. */
typedef bool (*round_of) (uint32_t n, lqg_planes *p);

static void
each (const char *what, uint32_t planes, round_of one)
{
  static const uint32_t longer[] = { 31, 32, 33, 63, 64, 65, 127, 129, 999, 1024 };
  bool ok = true;

  for (int cpu = 0; cpu < LQ_CPU_COUNT && ok; cpu++) {
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    kernels = lq_kernels ();
    variant = lq_cpu_name ((enum lq_cpu)cpu);
    rnd.state = 88;
    for (uint32_t k = 0; k < 26 + 10 && ok; k++)
      for (uint32_t round = 0; round < 24 && ok; round++) {
        lqg_planes p = lqg_new (planes, ROOM);
        const uint32_t n = k < 26 ? k : longer[k - 26];
        for (uint32_t c = 0; c < planes; c++) {
          p.ch[c] += lqs_range (&rnd, 0, OFFSETS - 1);
          for (uint32_t i = 0; i < ROOM - OFFSETS; i++)
            p.ch[c][i] = (float)lqs_uniform (&rnd);
        }
        ok = CHECK (one (n, &p), "%s, %s, %u frames", what, variant, n);
        lqg_free (&p);
      }
  }
  lq_cpu_force (lq_cpu_best ());
}

/* Exactly n frames at an odd place, so that a look or a step beyond them is found. */
static lqg_planes
exactly (uint32_t planes, uint32_t n, const lqg_planes *from)
{
  lqg_planes p = lqg_new (planes, n);

  for (uint32_t c = 0; c < planes; c++)
    memcpy (p.ch[c], from->ch[c], n * sizeof (float));
  return p;
}

static bool
one_bad (uint32_t n, lqg_planes *p)
{
  static const float worst[] = { NAN, INFINITY, -INFINITY, 1.0000001e6f, -1.1e6f, 3e38f };
  static const float fine[] = { 1e6f, -1e6f, 0.0f, -0.0f, 1e-42f };
  bool expected = false;

  for (int i = 0; i < 5 && n; i++)
    p->ch[0][lqs_range (&rnd, 0, n - 1)] = fine[i];
  if (n && lqs_range (&rnd, 0, 1)) {
    p->ch[0][lqs_range (&rnd, 0, n - 1)] = worst[lqs_range (&rnd, 0, 5)];
    expected = true;
  }
  p->ch[0][n] = NAN;
  return (kernels->bad (p->ch[0], n) != 0) == expected;
}

static bool
one_peak (uint32_t n, lqg_planes *p)
{
  float expected = 0.0f;

  for (uint32_t i = 0; i < n; i++)
    expected = fmaxf (expected, fabsf (p->ch[0][i]));
  p->ch[0][n] = 5.0f;
  return kernels->peak (p->ch[0], n) == expected;
}

static bool
one_product (uint32_t n, lqg_planes *p)
{
  double ours[LQ_PRODUCT_LANES], theirs[LQ_PRODUCT_LANES];
  const uint32_t phase = lqs_range (&rnd, 0, LQ_PRODUCT_LANES - 1);
  const float *y = lqs_range (&rnd, 0, 1) ? p->ch[1] : p->ch[0];

  for (int k = 0; k < LQ_PRODUCT_LANES; k++)
    ours[k] = theirs[k] = lqs_uniform (&rnd);
  for (uint32_t i = 0; i < n; i++)
    theirs[(phase + i) % LQ_PRODUCT_LANES] += (double)p->ch[0][i] * y[i];
  kernels->product (p->ch[0], y, n, phase, ours);
  return memcmp (ours, theirs, sizeof ours) == 0;
}

/* One channel of the K-weighting, by its difference equations, in long double. */
static void
weigh (const struct lq_kweight_taps *t, struct lq_kweight_pair *s, int c, const float *x,
    uint32_t n)
{
  long double x1 = s->x1[c], x2 = s->x2[c], v1 = s->v1[c], v2 = s->v2[c], y1 = s->y1[c],
              y2 = s->y2[c], energy = s->energy[c];

  for (uint32_t i = 0; i < n; i++) {
    long double v = x[i] + t->b1 * x1 + t->b2 * x2 - t->a1 * v1 - t->a2 * v2;
    long double y = v - 2.0L * v1 + v2 - t->c1 * y1 - t->c2 * y2;
    energy += y * y;
    x2 = x1, x1 = x[i], v2 = v1, v1 = v, y2 = y1, y1 = y;
  }
  s->x1[c] = (double)x1, s->x2[c] = (double)x2, s->v1[c] = (double)v1, s->v2[c] = (double)v2;
  s->y1[c] = (double)y1, s->y2[c] = (double)y2, s->energy[c] = (double)energy;
}

static bool
one_kweight (uint32_t n, lqg_planes *p)
{
  struct lq_kweight_pair ours, theirs;
  double a[14], b[14];
  lq_kweight k;

  _Static_assert(sizeof ours == sizeof a, "a pair is 14 doubles");
  lq_kweight_design (&k, lqs_range (&rnd, 0, 1) ? 44100.0 : 192000.0);
  for (int i = 0; i < 14; i++)
    a[i] = lqs_uniform (&rnd);
  memcpy (&ours, a, sizeof a);
  theirs = ours;
  weigh (&k.taps, &theirs, 0, p->ch[0], n);
  weigh (&k.taps, &theirs, 1, p->ch[1], n);
  kernels->kweight (&k.taps, &ours, p->ch[0], p->ch[1], n);
  memcpy (a, &ours, sizeof a);
  memcpy (b, &theirs, sizeof b);
  for (int i = 0; i < 14; i++)
    if (fabs (a[i] - b[i]) > 1e-9 * (1.0 + fabs (b[i])))
      return false;
  return true;
}

/* |y| at a phase between frames i and i + 1, from taps for sums and differences. */
static double
interpolated (const float *x, const float *sums, const float *differences, double sign)
{
  double y = 0.0;

  for (int k = 0; k < LQ_TRUEPEAK_TAPS / 2; k++) {
    double a = x[k - 11], b = x[12 - k];
    y += sums[k] * (a + b) + (differences ? sign * differences[k] * (a - b) : 0.0);
  }
  return fabs (y);
}

static bool
one_truepeak (uint32_t n, lqg_planes *p)
{
  const lq_stream stream = { .rate = 48000, .channels = 1 };
  static lq_truepeak u;
  const float *x = p->ch[0] + LQ_TRUEPEAK_BEFORE;
  const float floor = (float)lqs_range (&rnd, 0, 3) * 0.6f;
  double expected = floor;
  float result;
  lq_arena arena;

  n = n > 1000 ? 1000 : n;
  /* Smooth here and there, where values are left out. */
  for (uint32_t i = 20; i < 500; i++)
    p->ch[0][i] = 0.9f * sinf (0.02f * (float)i);
  lq_arena_init (&arena);
  if (!lq_truepeak_prepare (&u, &stream, &arena))
    return false;
  for (uint32_t i = 0; i < n; i++) {
    expected = fmax (expected, interpolated (x + i, u.taps.half, NULL, 0.0));
    expected = fmax (expected, interpolated (x + i, u.taps.even, u.taps.odd, 1.0));
    expected = fmax (expected, interpolated (x + i, u.taps.even, u.taps.odd, -1.0));
  }
  for (uint32_t i = n + 12; i < n + LQ_TRUEPEAK_BEHIND; i++)
    p->ch[0][LQ_TRUEPEAK_BEFORE + i] = 1e6f;
  result = kernels->truepeak (&u.taps, x, n, floor);
  lq_arena_free (&arena);
  return fabs (result - expected) <= 2e-6 * expected;
}

/* Marsaglia's xor128, 16 of them side by side. */
static bool
one_noise (uint32_t n, lqg_planes *p)
{
  uint32_t words[2 + LQ_NOISE_WORDS], lane[4];
  uint32_t expected[LQ_NOISE_WORDS];

  for (uint32_t i = 0; i < 2 + LQ_NOISE_WORDS; i++)
    words[i] = (uint32_t)(lqs_next (&rnd) >> 32);
  for (uint32_t k = 0; k < 16; k++) {
    for (uint32_t step = 0; step < 4; step++)
      lane[step] = words[1 + 16 * step + k];
    for (uint32_t step = 0; step < 4; step++) {
      uint32_t t = lane[0] ^ (lane[0] << 11);
      memmove (lane, lane + 1, 3 * sizeof *lane);
      lane[3] = (lane[2] ^ (lane[2] >> 19)) ^ (t ^ (t >> 8));
      expected[16 * step + k] = lane[3];
    }
  }
  lane[0] = words[0];
  lane[1] = words[1 + LQ_NOISE_WORDS];
  kernels->noise (words + 1);
  return memcmp (words + 1, expected, sizeof expected) == 0 && words[0] == lane[0] &&
         words[1 + LQ_NOISE_WORDS] == lane[1];
}

static bool
one_dither (uint32_t n, lqg_planes *p)
{
  static uint32_t words[1 + OFFSETS + ROOM];
  const uint32_t *w = words + 1 + lqs_range (&rnd, 0, OFFSETS - 1);
  bool ok = true;

  for (uint32_t i = 0; i < LQ_COUNT (words); i++)
    words[i] = (uint32_t)(lqs_next (&rnd) >> 32);
  for (uint32_t kind = LQ_DITHER_RPDF; kind <= LQ_DITHER_TPDF_HP; kind++) {
    lqg_planes out = exactly (1, n, p);
    kernels->dither (w, out.ch[0], kind, n);
    for (uint32_t i = 0; i < n; i++) {
      /* Uniform in ±½, at the middle of 65536 steps. */
      double one = ((w[i] >> 16) + 0.5) / 65536.0 - 0.5;
      double two = ((w[i] & 0xffff) + 0.5) / 65536.0 - 0.5;
      double last = ((w[(int)i - 1] >> 16) + 0.5) / 65536.0 - 0.5;
      double expected = kind == LQ_DITHER_RPDF   ? one
                        : kind == LQ_DITHER_TPDF ? one + two
                                                 : one - last;
      ok = ok && out.ch[0][i] == expected;
    }
    ok = ok && lqg_intact (&out);
    lqg_free (&out);
  }
  return ok;
}

static bool
one_quantize (uint32_t n, lqg_planes *p)
{
  static const struct lq_quantum to = { 0x1p15f, -0x1p15f, 0x1p15f, 0x1p15f, -32768, 32767 };
  static const float special[] = { NAN, INFINITY, -INFINITY, 1.0f, -1.0f, 3e38f };
  lqg_planes out = exactly (1, n, p);
  int32_t q;
  bool ok = true;

  for (uint32_t i = 0; i < n; i++) {
    /* Values that float and double add alike. */
    double range = lqs_range (&rnd, 0, 3) ? 64.0 : 40000.0;
    p->ch[0][i] = (float)(rint (range * p->ch[0][i] * 0x1p16) * 0x1p-31);
    p->ch[1][i] = (float)(rint (p->ch[1][i] * 0x1p8) * 0x1p-8);
    if (lqs_range (&rnd, 0, 15) == 0)
      p->ch[0][i] = special[lqs_range (&rnd, 0, 5)];
  }
  kernels->quantize (p->ch[0], p->ch[1], (int32_t *)(void *)out.ch[0], &to, n);
  for (uint32_t i = 0; i < n; i++) {
    double v = isnan (p->ch[0][i]) ? 0.0 : p->ch[0][i] * 0x1p15;
    double y = nearbyint (fmax (-0x1p15, fmin (0x1p15, v)) + p->ch[1][i]);
    memcpy (&q, &out.ch[0][i], sizeof q);
    ok = ok && q == (int32_t)fmax (-32768.0, fmin (32767.0, y));
  }
  ok = ok && lqg_intact (&out);
  lqg_free (&out);
  return ok;
}

/* Error feedback by its recursion, over one channel; s is its column of the state. */
static void
plain_shape (const struct lq_shape_taps *t, float (*state)[LQ_SHAPE_LANES], uint32_t lane,
    const float *x, const float *d, int32_t *q, uint32_t n)
{
  float s[LQ_SHAPE_TAPS + 1] = { 0.0f };

  for (uint32_t k = 0; k < LQ_SHAPE_TAPS; k++)
    s[k] = state[k][lane];
  for (uint32_t i = 0; i < n; i++) {
    const float whole = fmaxf (-0x1p15f, fminf (0x1p15f, isnan (x[i]) ? 0.0f : x[i] * 0x1p15f));
    const float even = 2.0f * truncf (truncf (whole) * 0.5f);
    /* An odd negative number is cut to the even one below, as its lowest bit says. */
    const float base = truncf (whole) < even ? even - 2.0f : even;
    const float rest = whole - truncf (whole) + (truncf (whole) - base);
    const float v = s[0] + rest, y = nearbyintf (s[0] + (rest + d[i])), e = y - v;
    const float result = base + y;
    q[i] = (int32_t)fmaxf (-32768.0f, fminf (32767.0f, result));
    s[0] = (s[1] + t->c[0] * v) - t->c[0] * y;
    for (uint32_t k = 1; k < LQ_SHAPE_TAPS; k++)
      s[k] = s[k + 1] - t->c[k] * e;
  }
  for (uint32_t k = 0; k < LQ_SHAPE_TAPS; k++)
    state[k][lane] = s[k];
}

/* Taps of a random order, 0 too; state where it may be. */
static struct lq_shape_taps
make_shape (float (*a)[LQ_SHAPE_LANES], float (*b)[LQ_SHAPE_LANES])
{
  struct lq_shape_taps t = { 4 * lqs_range (&rnd, 1, LQ_SHAPE_TAPS / 4), { 0.0f } };

  for (uint32_t k = 0; k < LQ_SHAPE_TAPS; k++)
    for (uint32_t lane = 0; lane < LQ_SHAPE_LANES; lane++)
      a[k][lane] = b[k][lane] = k < t.order ? (float)(8.0 * lqs_uniform (&rnd)) : 0.0f;
  for (uint32_t k = lqs_range (&rnd, 0, t.order); k > 0; k--)
    t.c[k - 1] = (float)(4.0 * lqs_uniform (&rnd));
  return t;
}

static bool
one_shape (uint32_t n, lqg_planes *p)
{
  static const struct lq_quantum to = { 0x1p15f, -0x1p15f, 0x1p15f, 0x1p15f, -32768, 32767 };
  static int32_t q[LQ_SHAPE_LANES][ROOM], expected[ROOM];
  const uint32_t channels = lqs_range (&rnd, 1, LQ_SHAPE_LANES);
  float a[LQ_SHAPE_TAPS][LQ_SHAPE_LANES], b[LQ_SHAPE_TAPS][LQ_SHAPE_LANES];
  const struct lq_shape_taps taps = make_shape (a, b);
  bool ok = true;

  for (uint32_t c = 0; c < channels; c++)
    q[c][n] = 77;
  for (uint32_t i = lqs_range (&rnd, 0, 63); i < n; i += 50)
    p->ch[0][i] = lqs_range (&rnd, 0, 1) ? NAN : 1.5f;
  for (uint32_t at = 0, m; at < n; at += m) {
    const float *x[LQ_SHAPE_LANES], *d[LQ_SHAPE_LANES];
    int32_t *out[LQ_SHAPE_LANES];
    m = lqs_range (&rnd, 1, LQ_NOISE_WORDS);
    m = m < n - at ? m : n - at;
    for (uint32_t c = 0; c < channels; c++) {
      x[c] = p->ch[c] + at;
      d[c] = p->ch[LQ_SHAPE_LANES + c] + at;
      out[c] = q[c] + at;
    }
    kernels->shape (&taps, a, x, d, out, &to, channels, m);
  }
  for (uint32_t c = 0; c < channels; c++) {
    plain_shape (&taps, b, c, p->ch[c], p->ch[LQ_SHAPE_LANES + c], expected, n);
    ok = ok && memcmp (q[c], expected, n * sizeof *expected) == 0 && q[c][n] == 77;
    for (uint32_t k = 0; k < LQ_SHAPE_TAPS; k++)
      ok = ok && a[k][c] == b[k][c];
  }
  return ok;
}

static bool
one_narrow (uint32_t n, lqg_planes *p)
{
  const uint32_t channels = lqs_range (&rnd, 1, 8);
  static int32_t q[8][ROOM];
  static int16_t out[8 * ROOM + 2];
  const int32_t *planes[8];

  for (uint32_t c = 0; c < channels; c++) {
    planes[c] = q[c] + lqs_range (&rnd, 0, OFFSETS - 1);
    for (uint32_t i = 0; i < ROOM; i++)
      q[c][i] = (int32_t)lqs_range (&rnd, 0, 65535) - 32768;
  }
  memset (out, 0x5a, sizeof out);
  kernels->narrow (planes, out + 1, channels, n);
  for (uint32_t i = 0; i < n * channels; i++)
    if (out[1 + i] != planes[i % channels][i / channels])
      return false;
  return out[0] == 0x5a5a && out[1 + n * channels] == 0x5a5a;
}

/* a·b + c as the variant in force does it. */
static double
fused (double a, double b, double c)
{
  return strcmp (variant, lq_cpu_name (LQ_CPU_BASELINE)) ? fma (a, b, c) : a * b + c;
}

/* Which of the two forms of kernels.h the variant in force has. */
static bool
direct (void)
{
  return strcmp (variant, lq_cpu_name (LQ_CPU_V4)) == 0;
}

/* A biquad by its difference equations, over one of `channels` interleaved. */
static void
plain_biquad (
    const struct lq_biquad_taps *t, double *state, double *x, uint32_t n, uint32_t channels)
{
  for (uint32_t i = 0; i < n; i++) {
    const double in = x[i * channels], fed = fused (t->b0, in, state[0]);
    double y;
    if (direct ()) {
      y = fused (-t->a1, state[4], fused (-t->a2, state[6], fed));
      state[0] = fused (t->b1, in, state[2]);
      state[2] = t->b2 * in;
      state[6] = state[4];
      state[4] = y;
    } else {
      y = fed;
      state[0] = fused (-t->a1, y, fused (t->b1, in, state[2]));
      state[2] = fused (-t->a2, y, t->b2 * in);
    }
    x[i * channels] = y;
  }
}

#define BIQUADS 27

/* Stable filters and states of them. */
static void
make_biquads (struct lq_biquad_taps *taps, double (*a)[LQ_BIQUAD_STATE],
    double (*b)[LQ_BIQUAD_STATE], uint32_t count)
{
  for (uint32_t k = 0; k < count; k++) {
    const double radius = 0.9, cosine = lqs_uniform (&rnd);
    taps[k] = (struct lq_biquad_taps){ .b0 = 1.0 + 0.1 * lqs_uniform (&rnd),
      .b1 = lqs_uniform (&rnd),
      .b2 = 0.5 * lqs_uniform (&rnd),
      .a1 = -2.0 * radius * cosine,
      .a2 = radius * radius };
    for (uint32_t i = 0; i < LQ_BIQUAD_STATE; i++)
      a[k][i] = b[k][i] = i < 4 || direct () ? lqs_uniform (&rnd) : 0.0;
  }
}

static bool
one_biquads (uint32_t n, lqg_planes *p)
{
  static double ours[2 * ROOM], theirs[2 * ROOM], a[BIQUADS][LQ_BIQUAD_STATE],
      b[BIQUADS][LQ_BIQUAD_STATE];
  const uint32_t count = lqs_range (&rnd, 0, BIQUADS), channels = lqs_range (&rnd, 1, 2);
  struct lq_biquad_taps taps[BIQUADS] = { { 0 } };
  double *state[BIQUADS] = { NULL };

  for (uint32_t i = 0; i < 2 * ROOM; i++)
    ours[i] = theirs[i] = p->ch[0][i / 2] + i % 2;
  make_biquads (taps, a, b, count);
  for (uint32_t k = 0; k < count; k++)
    state[k] = a[k];
  kernels->biquads (ours, n, channels, taps, state, count);
  for (uint32_t k = 0; k < count; k++)
    for (uint32_t c = 0; c < channels; c++)
      plain_biquad (&taps[k], &b[k][c], theirs + c, n, channels);
  return memcmp (ours, theirs, sizeof ours) == 0 && memcmp (a, b, count * sizeof *a) == 0;
}

static bool
one_biquads_planar (uint32_t n, lqg_planes *p)
{
  static double plain[2][ROOM], a[LQ_BIQUADS_PASS][LQ_BIQUAD_STATE],
      b[LQ_BIQUADS_PASS][LQ_BIQUAD_STATE];
  const uint32_t count = lqs_range (&rnd, 1, LQ_BIQUADS_PASS),
                 channels = lqs_range (&rnd, 1, 2);
  struct lq_biquad_taps taps[LQ_BIQUADS_PASS] = { { 0 } };
  double *state[LQ_BIQUADS_PASS] = { NULL };
  bool same;

  make_biquads (taps, a, b, count);
  for (uint32_t k = 0; k < count; k++)
    state[k] = a[k];
  for (uint32_t c = 0; c < channels; c++) {
    for (uint32_t i = 0; i < n; i++)
      plain[c][i] = p->ch[c][i];
    for (uint32_t k = 0; k < count; k++)
      plain_biquad (&taps[k], &b[k][c], plain[c], n, 1);
  }
  kernels->biquads_planar (p->ch[0], channels == 2 ? p->ch[1] : NULL, n, taps, state, count);
  same = memcmp (a, b, count * sizeof *a) == 0;
  for (uint32_t c = 0; c < channels; c++)
    for (uint32_t i = 0; i < n; i++)
      same = same && p->ch[c][i] == (float)plain[c][i];
  return same;
}

static void
filters (void)
{
  each ("biquads", 1, one_biquads);
  each ("biquads_planar", 2, one_biquads_planar);
}

/* Bits that no float arithmetic may touch. */
static bool
one_split (uint32_t n, lqg_planes *p)
{
  static uint32_t in[2 * ROOM];
  uint32_t *left = (uint32_t *)(void *)p->ch[0], *right = (uint32_t *)(void *)p->ch[1];
  const uint32_t behind[2] = { left[n], right[n] };
  bool same, bad = false;

  /* Mostly good, so that a single bad one must be found. */
  for (uint32_t i = 0; i < 2 * n; i++) {
    const bool wild = lqs_range (&rnd, 0, n + 1) == 0;
    const float value = (float)lqs_uniform (&rnd);
    float back;
    memcpy (&in[i], &value, sizeof value);
    if (wild)
      in[i] = (uint32_t)lqs_next (&rnd);
    memcpy (&back, &in[i], sizeof back);
    bad = bad || !(fabsf (back) <= LQ_SCRUB_LIMIT);
  }
  same = (kernels->split (in, left, right, n) != 0) == bad;
  same = same && left[n] == behind[0] && right[n] == behind[1];
  for (uint32_t i = 0; i < n; i++)
    same = same && left[i] == in[2 * i] && right[i] == in[2 * i + 1];
  return same;
}

static bool
one_merge (uint32_t n, lqg_planes *p)
{
  static uint32_t out[2 * ROOM + 1];
  uint32_t *left = (uint32_t *)(void *)p->ch[0], *right = (uint32_t *)(void *)p->ch[1];
  bool same;

  for (uint32_t i = 0; i < n; i++) {
    left[i] = (uint32_t)lqs_next (&rnd);
    right[i] = (uint32_t)lqs_next (&rnd);
  }
  out[2 * n] = 77;
  kernels->merge (left, right, out, n);
  same = out[2 * n] == 77;
  for (uint32_t i = 0; i < n; i++)
    same = same && out[2 * i] == left[i] && out[2 * i + 1] == right[i];
  return same;
}

static void
ways (void)
{
  each ("split", 2, one_split);
  each ("merge", 2, one_merge);
}

static void
scan (void)
{
  each ("bad", 1, one_bad);
  each ("peak", 1, one_peak);
}

static void
meters (void)
{
  each ("product", 2, one_product);
  each ("kweight", 2, one_kweight);
  each ("truepeak", 1, one_truepeak);
}

static void
quantiser (void)
{
  each ("noise", 1, one_noise);
  each ("dither", 1, one_dither);
  each ("quantize", 2, one_quantize);
  each ("shape", 2 * LQ_SHAPE_LANES, one_shape);
  each ("narrow", 1, one_narrow);
}

static void
all (void)
{
  volatile size_t entries = sizeof (struct lq_kernels) / sizeof (void (*) (void));

  CHECK (entries == TESTED, "the table has %zu kernels, %d are tested here", entries, TESTED);
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++)
    lqt_note ("%s: %s", lq_cpu_name ((enum lq_cpu)cpu),
        lq_cpu_force ((enum lq_cpu)cpu) ? "tested" : "not on this machine");
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "ways: split, merge", ways }, { "scan: bad, peak", scan },
    { "meters: product, kweight, truepeak", meters },
    { "quantiser: noise, dither, quantize, shape, narrow", quantiser },
    { "filters: biquads, biquads_planar", filters }, { "every kernel is tested", all },
    { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
