/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how the groove moves. Poles near 0 Hz run in double, two planes in a vector; what is fast is
 *          short symmetric sums over many frames at once.
 * Source:  the pair of poles goes two frames at a time, z(n+2) = t²·z(n) + t·x(n) + x(n+1): the way from
 *          one state to the next is what takes the time. */

#include "kernels-isa.h"

#include <string.h>

/* Vectors of 16 would be loaded across lines of the cache, nearly all of them. */
#if defined(__AVX512F__)
typedef lq_v8f wide;

static inline wide
larger (wide a, wide b)
{
  return _mm256_max_ps (a, b);
}

static inline wide
size_of (wide v)
{
  return _mm256_andnot_ps (_mm256_set1_ps (-0.0f), v);
}

static inline float
largest_of (wide v)
{
  return lq_v4f_largest (_mm_max_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1)));
}
#else
typedef lq_wide wide;
#define larger lq_wide_max
#define size_of lq_wide_abs
#define largest_of lq_wide_largest
#endif

#define INLINE static inline __attribute__ ((always_inline))
#define LANES ((int)(sizeof (wide) / sizeof (float)))
#define VECTORS (LQ_GROOVE_GROUP / LANES)
/* Sums of their own, each of which waits for itself alone. */
#define SPLIT (VECTORS < 4 ? 2 : 1)
#define MIDDLE (LQ_GROOVE_TAPS / 2 - 1)

/* The states of both planes in registers. */
struct walk {
  lq_v2d low, real, re, im;
};

/* What slow poles put out. */
INLINE lq_v2d
slow_of (const struct lq_groove_poles *p, lq_v2d real, lq_v2d re, lq_v2d im)
{
  return p->out[0] * real + (p->out[1] * re + p->out[2] * im);
}

INLINE lq_v2d
high_of (const struct lq_groove_poles *p, struct walk *w, lq_v2d x)
{
  w->low = p->keep * w->low + p->feed * x;
  return x - w->low;
}

void
LQ_KERNEL (groove_run) (const struct lq_groove_poles *poles, struct lq_groove_state *state,
    const float *const x[2], float *const d[2], float *const high[2], float *const slow[2],
    uint32_t n)
{
  const struct lq_groove_poles p = *poles;
  const float *const a = x[0], *const b = x[1];
  float *const high_a = high[0], *const high_b = high[1];
  float *const slow_a = slow[0], *const slow_b = slow[1];
  struct walk w;

  for (uint32_t c = 0; c < 2; c++) {
    const float *const from = x[c];
    float *const to = d[c];
    for (uint32_t i = 0; i < n; i++)
      to[i] = from[i] - *(from + i - 1);
  }
  memcpy (&w, state, sizeof w);
  for (uint32_t i = 0; i < n; i += 2) {
    const lq_v2d x0 = { a[i], b[i] }, x1 = { a[i + 1], b[i + 1] };
    const lq_v2d in0 = p.share * x0, in1 = p.share * x1;
    const lq_v2d h0 = high_of (&p, &w, x0), h1 = high_of (&p, &w, x1);
    const lq_v2d real0 = p.fall * w.real + in0, real1 = p.fall * real0 + in1;
    const lq_v2d re0 = p.turn[0] * w.re - (p.turn[1] * w.im - in0);
    const lq_v2d im0 = p.turn[0] * w.im + p.turn[1] * w.re;
    const lq_v2d in_re = p.turn[0] * in0 + in1, in_im = p.turn[1] * in0;
    const lq_v2d re1 = p.turn2[0] * w.re - (p.turn2[1] * w.im - in_re);
    const lq_v2d im1 = p.turn2[0] * w.im + (p.turn2[1] * w.re + in_im);
    const lq_v2d s0 = slow_of (&p, real0, re0, im0), s1 = slow_of (&p, real1, re1, im1);
    high_a[i] = (float)h0[0], high_b[i] = (float)h0[1];
    high_a[i + 1] = (float)h1[0], high_b[i + 1] = (float)h1[1];
    slow_a[i] = (float)s0[0], slow_b[i] = (float)s0[1];
    slow_a[i + 1] = (float)s1[0], slow_b[i + 1] = (float)s1[1];
    w.real = real1;
    w.re = re1;
    w.im = im1;
  }
  memcpy (state, &w, sizeof w);
}

INLINE wide
load (const float *x)
{
  wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

/* The form at a group that begins with frame i, of one plane or of both. */
INLINE void
wave (const struct lq_groove_form *f, uint32_t skip, const struct lq_groove_rows *rows,
    const uint32_t planes, uint32_t i, wide y[2][VECTORS])
{
  wide sum[SPLIT][2][VECTORS] = { { { { 0 } } } };

  for (uint32_t k = skip; k < LQ_GROOVE_TAPS - skip; k += SPLIT)
    for (uint32_t s = 0; s < SPLIT; s++) {
      const wide tap = f->tap[k + s] - (wide){ 0 };
      for (uint32_t c = 0; c < planes; c++)
        for (int v = 0; v < VECTORS; v++)
          sum[s][c][v] += tap * load (rows->d[c] + i - MIDDLE + k + s + v * LANES);
    }
  for (uint32_t c = 0; c < planes; c++)
    for (int v = 0; v < VECTORS; v++) {
      const uint32_t at = i + (uint32_t)(v * LANES);
      y[c][v] = f->x * load (rows->x[c] + at) +
                (f->high * load (rows->high[c] + at) + f->slow * load (rows->slow[c] + at));
      for (uint32_t s = 0; s < SPLIT; s++)
        y[c][v] += sum[s][c][v];
    }
}

INLINE void
raise (float *peak, const wide y[VECTORS])
{
  wide most = y[0];

  for (int v = 1; v < VECTORS; v++)
    most = larger (most, y[v]);
  const float largest = largest_of (most);
  *peak = largest > *peak ? largest : *peak;
}

INLINE void
raise_abs (float *peak, const wide y[VECTORS])
{
  wide size[VECTORS];

  for (int v = 0; v < VECTORS; v++)
    size[v] = size_of (y[v]);
  raise (peak, size);
}

INLINE void
walls (struct lq_groove_peaks *peaks, const wide a[VECTORS], const wide b[VECTORS])
{
  wide size[VECTORS];

  for (int v = 0; v < VECTORS; v++)
    size[v] = size_of (a[v]) + size_of (b[v]);
  raise (&peaks->acceleration, size);
}

INLINE void
swing (struct lq_groove_peaks *peaks, const wide a[VECTORS], const wide b[VECTORS])
{
  wide in[VECTORS], out[VECTORS], up[VECTORS];

  for (int v = 0; v < VECTORS; v++) {
    in[v] = b[v] + a[v];
    out[v] = b[v] - a[v];
    up[v] = -b[v];
  }
  raise_abs (&peaks->lateral, a);
  raise (&peaks->inward, in);
  raise (&peaks->outward, out);
  raise (&peaks->deep, b);
  raise (&peaks->shallow, up);
}

void
LQ_KERNEL (groove_peaks) (const struct lq_groove_form *form, uint32_t forms, uint32_t skip,
    uint32_t kind, const struct lq_groove_rows *rows, struct lq_groove_peaks *peaks,
    uint32_t groups)
{
  for (uint32_t g = 0; g < groups; g++)
    for (uint32_t m = 0; m < forms; m++) {
      wide y[2][VECTORS];
      if (kind == LQ_GROOVE_VELOCITY) {
        wave (form + m, skip, rows, 1, g * LQ_GROOVE_GROUP, y);
        raise_abs (&peaks[g].velocity, y[0]);
        continue;
      }
      wave (form + m, skip, rows, 2, g * LQ_GROOVE_GROUP, y);
      if (kind == LQ_GROOVE_ACCELERATION)
        walls (peaks + g, y[0], y[1]);
      else
        swing (peaks + g, y[0], y[1]);
    }
}

void
LQ_KERNEL (groove_wave) (const struct lq_groove_form *form, const struct lq_groove_rows *rows,
    float *const out[2], uint32_t n)
{
  for (uint32_t i = 0; i < n; i += LQ_GROOVE_GROUP) {
    wide y[2][VECTORS];
    wave (form, 0, rows, 2, i, y);
    memcpy (out[0] + i, y[0], sizeof y[0]);
    memcpy (out[1] + i, y[1], sizeof y[1]);
  }
}
