/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: passes of an FFT, and real signals two in one of its spectra.
 * Source:  T. G. Stockham's sorted FFT, as in C. Van Loan, "Computational Frameworks for the Fast
 *          Fourier Transform", SIAM 1992, §1.7, in radix 4: decimation in frequency.
 *
 *   x[i + j·N/4], j = 0 … 3 → butterfly → ·w^(j·p) → y[q + s·(4p + j)],  i = q + s·p
 *
 * All passes read four runs of N/4 values alike, a lane each i; they differ in where they write:
 * pass 0 (s = 1) deals four vectors out lane by lane, pass 1 (s = 4) four lanes at a time, the
 * others store vectors. So there are full vectors in every pass of 64 values and more. */

#include "kernels-isa.h"

#include <stdbool.h>
#include <string.h>

#define INLINE static inline __attribute__ ((always_inline))
#define BLOCK LQ_SPECTRUM_BLOCK

/* Lanes of two vectors, one by one and four by four, first and second half; and turned round. */
#if defined(__AVX512F__)
#define DEAL_LO 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define DEAL_HI 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define FOURS_LO 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23
#define FOURS_HI 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31
#define TURNED 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0
#elif defined(__AVX__)
#define DEAL_LO 0, 8, 1, 9, 2, 10, 3, 11
#define DEAL_HI 4, 12, 5, 13, 6, 14, 7, 15
#define FOURS_LO 0, 1, 2, 3, 8, 9, 10, 11
#define FOURS_HI 4, 5, 6, 7, 12, 13, 14, 15
#define TURNED 7, 6, 5, 4, 3, 2, 1, 0
#else
#define DEAL_LO 0, 4, 1, 5
#define DEAL_HI 2, 6, 3, 7
#define TURNED 3, 2, 1, 0
#endif

struct four {
  lq_wide re[4], im[4];
};

INLINE lq_wide
load (const float *x)
{
  lq_wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

INLINE void
store (float *x, lq_wide v)
{
  memcpy (x, &v, sizeof v);
}

INLINE struct four
fetch (const struct lq_fft_runs *from, uint32_t i)
{
  struct four v;

  for (int j = 0; j < 4; j++) {
    v.re[j] = load (from->re[j] + i);
    v.im[j] = load (from->im[j] + i);
  }
  return v;
}

/* A DFT of four values. */
INLINE struct four
butterfly (struct four x)
{
  const lq_wide ar = x.re[0] + x.re[2], ai = x.im[0] + x.im[2];
  const lq_wide br = x.re[0] - x.re[2], bi = x.im[0] - x.im[2];
  const lq_wide cr = x.re[1] + x.re[3], ci = x.im[1] + x.im[3];
  const lq_wide dr = x.re[1] - x.re[3], di = x.im[1] - x.im[3];

  return (struct four){ { ar + cr, br + di, ar - cr, br - di },
    { ai + ci, bi - dr, ai - ci, bi + dr } };
}

INLINE void
turn (struct four *v, int j, lq_wide wr, lq_wide wi)
{
  const lq_wide re = v->re[j] * wr - v->im[j] * wi;

  v->im[j] = v->re[j] * wi + v->im[j] * wr;
  v->re[j] = re;
}

/* Four vectors become one run: a lane of each in turn. */
INLINE void
deal (float *to, const lq_wide *v)
{
  const lq_wide a = __builtin_shufflevector (v[0], v[2], DEAL_LO);
  const lq_wide b = __builtin_shufflevector (v[0], v[2], DEAL_HI);
  const lq_wide c = __builtin_shufflevector (v[1], v[3], DEAL_LO);
  const lq_wide d = __builtin_shufflevector (v[1], v[3], DEAL_HI);

  store (to, __builtin_shufflevector (a, c, DEAL_LO));
  store (to + LQ_LANES, __builtin_shufflevector (a, c, DEAL_HI));
  store (to + 2 * LQ_LANES, __builtin_shufflevector (b, d, DEAL_LO));
  store (to + 3 * LQ_LANES, __builtin_shufflevector (b, d, DEAL_HI));
}

/* The same with four lanes of each. */
INLINE void
deal_fours (float *to, const lq_wide *v)
{
#ifdef FOURS_LO
  const lq_wide a = __builtin_shufflevector (v[0], v[2], FOURS_LO);
  const lq_wide b = __builtin_shufflevector (v[0], v[2], FOURS_HI);
  const lq_wide c = __builtin_shufflevector (v[1], v[3], FOURS_LO);
  const lq_wide d = __builtin_shufflevector (v[1], v[3], FOURS_HI);

  store (to, __builtin_shufflevector (a, c, FOURS_LO));
  store (to + LQ_LANES, __builtin_shufflevector (a, c, FOURS_HI));
  store (to + 2 * LQ_LANES, __builtin_shufflevector (b, d, FOURS_LO));
  store (to + 3 * LQ_LANES, __builtin_shufflevector (b, d, FOURS_HI));
#else
  for (int j = 0; j < 4; j++)
    store (to + j * LQ_LANES, v[j]);
#endif
}

/* Passes 0 and 1 (fours): factors a lane. */
INLINE void
narrow_pass (const struct lq_fft_pass *pass, const struct lq_fft_runs *from, float *re,
    float *im, uint32_t begin, uint32_t end, bool fours)
{
  for (uint32_t i = begin; i < end; i += (uint32_t)LQ_LANES) {
    const float *w = pass->twiddles + i / 16 * (6 * 16) + i % 16;
    struct four v = butterfly (fetch (from, i));

    for (int j = 1; j < 4; j++, w += 2 * 16)
      turn (&v, j, load (w), load (w + 16));
    if (fours) {
      deal_fours (re + 4 * (size_t)i, v.re);
      deal_fours (im + 4 * (size_t)i, v.im);
    } else {
      deal (re + 4 * (size_t)i, v.re);
      deal (im + 4 * (size_t)i, v.im);
    }
  }
}

/* The others: a factor for `stride` values. */
INLINE void
broad_pass (const struct lq_fft_pass *pass, const struct lq_fft_runs *from, float *re,
    float *im, uint32_t begin, uint32_t end)
{
  const uint32_t s = pass->stride;

  for (uint32_t i = begin; i < end;) {
    const uint32_t p = i / s, stop = (p + 1) * s < end ? (p + 1) * s : end;
    const float *t = pass->twiddles + 6 * (size_t)p;
    const lq_wide zero = { 0 };
    const lq_wide w[6] = { t[0] - zero, t[1] - zero, t[2] - zero, t[3] - zero, t[4] - zero,
      t[5] - zero };
    float *to_re = re + (size_t)3 * p * s, *to_im = im + (size_t)3 * p * s;

    for (; i < stop; i += (uint32_t)LQ_LANES) {
      struct four v = butterfly (fetch (from, i));
      for (int j = 1; j < 4; j++)
        turn (&v, j, w[2 * j - 2], w[2 * j - 1]);
      for (uint32_t j = 0; j < 4; j++) {
        store (to_re + i + j * s, v.re[j]);
        store (to_im + i + j * s, v.im[j]);
      }
    }
  }
}

void
LQ_KERNEL (fft_pass) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from, float *re,
    float *im, uint32_t begin, uint32_t end)
{
  if (pass->stride == 1)
    narrow_pass (pass, from, re, im, begin, end, false);
  else if (pass->stride == 4)
    narrow_pass (pass, from, re, im, begin, end, true);
  else
    broad_pass (pass, from, re, im, begin, end);
}

/* Of the four results of i those from `first` on are kept. */
INLINE void
last_pass (const struct lq_fft_runs *from, float *re, float *im, uint32_t begin, uint32_t end,
    uint32_t quarter, bool two, uint32_t first)
{
  for (uint32_t i = begin; i < end; i += (uint32_t)LQ_LANES) {
    const struct four x = fetch (from, i);
    const struct four halves = { { x.re[0] + x.re[2], x.re[1] + x.re[3], x.re[0] - x.re[2],
                                     x.re[1] - x.re[3] },
      { x.im[0] + x.im[2], x.im[1] + x.im[3], x.im[0] - x.im[2], x.im[1] - x.im[3] } };
    const struct four y = two ? halves : butterfly (x);

    for (uint32_t j = first; j < 4; j++) {
      store (re + (j - first) * quarter + i, y.re[j]);
      store (im + (j - first) * quarter + i, y.im[j]);
    }
  }
}

void
LQ_KERNEL (fft_last) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from, float *re,
    float *im, uint32_t begin, uint32_t end, uint32_t upper)
{
  const bool two = pass->radix == 2;

  if (upper && two)
    last_pass (from, re, im, begin, end, pass->quarter, true, 2);
  else if (upper)
    last_pass (from, re, im, begin, end, pass->quarter, false, 2);
  else if (two)
    last_pass (from, re, im, begin, end, pass->quarter, true, 0);
  else
    last_pass (from, re, im, begin, end, pass->quarter, false, 0);
}

#ifndef LQ_FFT_PASSES_ONLY
INLINE lq_wide
turned (lq_wide v)
{
  return __builtin_shufflevector (v, v, TURNED);
}

void
LQ_KERNEL (fft_part) (const float *re, const float *im, uint32_t size, float *left,
    float *right, uint32_t begin, uint32_t end)
{
  for (uint32_t k = begin; k < end; k += BLOCK)
    for (uint32_t i = 0; i < BLOCK; i += (uint32_t)LQ_LANES) {
      const uint32_t mirror = size - k - i - (uint32_t)LQ_LANES + 1;
      const size_t at = 2 * (size_t)(k - begin) + i;
      const lq_wide ar = load (re + k + i), ai = load (im + k + i);
      const lq_wide br = turned (load (re + mirror)), bi = turned (load (im + mirror));

      store (left + at, ar + br);
      store (left + at + BLOCK, ai - bi);
      if (right) {
        store (right + at, ai + bi);
        store (right + at + BLOCK, br - ar);
      }
    }
  if (begin == 0 && end > 0) {
    left[0] = 2.0f * re[0];
    left[BLOCK] = 2.0f * re[size / 2];
    if (right) {
      right[0] = 2.0f * im[0];
      right[BLOCK] = 2.0f * im[size / 2];
    }
  }
}

void
LQ_KERNEL (fft_join) (const float *left, const float *right, uint32_t size, float *re,
    float *im, uint32_t begin, uint32_t end)
{
  for (uint32_t k = begin; k < end; k += BLOCK)
    for (uint32_t i = 0; i < BLOCK; i += (uint32_t)LQ_LANES) {
      const uint32_t mirror = size - k - i - (uint32_t)LQ_LANES + 1;
      const size_t at = 2 * (size_t)(k - begin) + i;
      const lq_wide lr = load (left + at), li = load (left + at + BLOCK);
      const lq_wide rr = load (right + at), ri = load (right + at + BLOCK);

      store (re + mirror, turned (lr + ri));
      store (im + mirror, turned (rr - li));
      store (re + k + i, lr - ri);
      store (im + k + i, li + rr);
    }
  if (begin == 0 && end > 0) {
    re[0] = left[0];
    im[0] = right[0];
    re[size / 2] = left[BLOCK];
    im[size / 2] = right[BLOCK];
  }
}

/* Hann's window, four times too large. */
INLINE lq_wide
hann (const float *x)
{
  const lq_wide middle = load (x);

  return middle + middle - (load (x - 1) + load (x + 1));
}

/* How much of the bins lies between lo and hi. */
INLINE lq_wide
inside (lq_wide bin, lq_wide lo, lq_wide hi)
{
  const lq_wide zero = { 0 };
  const lq_wide below = -lq_wide_max (-(bin + 0.5f), -hi);

  return lq_wide_max (below - lq_wide_max (bin - 0.5f, lo), zero);
}

INLINE float
sum_of (lq_wide v)
{
  float sum = 0.0f;

  for (int i = 0; i < LQ_LANES; i++)
    sum += v[i];
  return sum;
}

void
LQ_KERNEL (band_power) (
    const float *re, const float *im, uint32_t size, float lo, float hi, float *power)
{
  const uint32_t first = (uint32_t)(lo + 0.5f), end = (uint32_t)(hi + 0.5f) + 1;
  const lq_wide zero = { 0 };
  lq_wide sums[3] = { zero, zero, zero }, bin = (float)first - zero;

  for (int i = 0; i < LQ_LANES; i++)
    bin[i] += (float)i;
  for (uint32_t k = first; k < end; k += (uint32_t)LQ_LANES, bin += (float)LQ_LANES) {
    const uint32_t mirror = size - k - (uint32_t)LQ_LANES + 1;
    const lq_wide weight = inside (bin, lo - zero, hi - zero);
    const lq_wide ar = hann (re + k), ai = hann (im + k);
    const lq_wide br = turned (hann (re + mirror)), bi = turned (hann (im + mirror));
    const lq_wide lr = ar + br, li = ai - bi, rr = ai + bi, ri = br - ar;
    const lq_wide mr = lr + rr, mi = li + ri;

    sums[0] += weight * (lr * lr + li * li);
    sums[1] += weight * (rr * rr + ri * ri);
    sums[2] += weight * (mr * mr + mi * mi);
  }
  for (int c = 0; c < 3; c++)
    power[c] = sum_of (sums[c]);
}
#endif
