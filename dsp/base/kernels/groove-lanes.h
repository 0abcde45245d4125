/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the kernels of the groove share: vectors, and how peaks are gathered in them. Layer: base. */

#ifndef LQ_GROOVE_LANES_H
#define LQ_GROOVE_LANES_H

#include "kernels-isa.h"

#include <string.h>

/* Vectors of 16 would be loaded across lines of the cache, nearly all of them: only who says so. */
#if defined(__AVX512F__) && !defined(GROOVE_WHOLE_GROUPS)
typedef lq_v8f wide;
#define larger lq_v8f_max
#define size_of lq_v8f_abs
#define largest_of lq_v8f_largest
#else
typedef lq_wide wide;
#define larger lq_wide_max
#define size_of lq_wide_abs
#define largest_of lq_wide_largest
#endif

#define INLINE static inline __attribute__ ((always_inline))
#define LANES ((int)(sizeof (wide) / sizeof (float)))
#define VECTORS (LQ_GROOVE_GROUP / LANES)
#define MIDDLE (LQ_GROOVE_TAPS / 2 - 1)

/* a + b·c */
INLINE wide
plus (wide a, float b, wide c)
{
  return a + (b - (wide){ 0 }) * c;
}

INLINE wide
load (const float *x)
{
  wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

INLINE void
store (float *x, wide v)
{
  memcpy (x, &v, sizeof v);
}

/* What several products share is read once: compilers would read it anew in each. */
INLINE wide
once (wide v)
{
#if defined(__AVX__)
  __asm__("" : "+v"(v));
#endif
  return v;
}

/* Vectors that are summed at once. */
#define COLUMNS 2
#define STRIDE (COLUMNS * LANES)

/* What isn't taps. */
INLINE wide
besides (const struct lq_groove_form *f, const uint32_t kind, const struct lq_groove_rows *rows,
    uint32_t c, uint32_t at)
{
  wide y = f->high * load (rows->high[c] + at);

  if (kind != LQ_GROOVE_ACCELERATION)
    y = plus (y, f->x, load (rows->x[c] + at));
  if (kind == LQ_GROOVE_DISPLACEMENT)
    y = plus (y, f->slow, load (rows->slow[c] + at));
  return y;
}

/* One form of one plane, over COLUMNS vectors. */
INLINE void
wave_of (const struct lq_groove_form *f, const struct lq_groove_rows *rows, uint32_t c,
    uint32_t i, float *out)
{
  wide sum[2][COLUMNS] = { { { 0 } } };

  for (uint32_t k = 0; k < LQ_GROOVE_TAPS; k += 2)
    for (uint32_t s = 0; s < 2; s++)
      for (int v = 0; v < COLUMNS; v++)
        sum[s][v] =
            plus (sum[s][v], f->tap[k + s], load (rows->d[c] + i - MIDDLE + k + s + v * LANES));
  for (int v = 0; v < COLUMNS; v++)
    store (out + v * LANES,
        besides (f, LQ_GROOVE_DISPLACEMENT, rows, c, i + (uint32_t)(v * LANES)) +
            (sum[0][v] + sum[1][v]));
}

/* Peaks as they lie in struct lq_groove_peaks, lane by lane; the last is spare. */
enum { VELOCITY, ACCELERATION, LATERAL, INWARD, OUTWARD, DEEP, SHALLOW, PEAKS = 8 };

INLINE void
raise (wide *most, wide value)
{
  *most = larger (*most, value);
}

/* What one vector of both planes does to the peaks of a kind. */
INLINE void
gather (const uint32_t kind, wide a, wide b, wide most[PEAKS])
{
  if (kind == LQ_GROOVE_VELOCITY) {
    raise (most + VELOCITY, size_of (a));
  } else if (kind == LQ_GROOVE_ACCELERATION) {
    raise (most + ACCELERATION, size_of (a) + size_of (b));
  } else {
    raise (most + LATERAL, size_of (a));
    raise (most + INWARD, b + a);
    raise (most + OUTWARD, b - a);
    raise (most + DEEP, b);
    raise (most + SHALLOW, -b);
  }
}

#if defined(__AVX512F__) && defined(GROOVE_WHOLE_GROUPS)
/* The larger of the two halves of either. */
INLINE wide
halves (wide a, wide b)
{
  return larger (
      __builtin_shufflevector (a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
      __builtin_shufflevector (
          a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
}

/* The larger of places 0 and 2, and of 1 and 3, of each quarter: of vectors a and b side by side. */
INLINE wide
twos (wide a, wide b)
{
  return larger (
      __builtin_shufflevector (a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29),
      __builtin_shufflevector (
          a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31));
}

/* Of neighbours of those: of vectors a and b they lie side by side. */
INLINE wide
ones (wide a, wide b)
{
  return larger (
      __builtin_shufflevector (a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
      __builtin_shufflevector (
          a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31));
}

/* The largest of each. */
INLINE void
across (const wide m[PEAKS], struct lq_groove_peaks *peaks)
{
  const wide a = twos (halves (m[0], m[4]), halves (m[1], m[5]));
  const wide b = twos (halves (m[2], m[6]), halves (m[3], m[7]));
  const wide four = ones (a, b);
  const wide all = larger (four, __builtin_shufflevector (four, four, 4, 5, 6, 7, 0, 1, 2, 3,
                                     12, 13, 14, 15, 8, 9, 10, 11));
  const lq_v8f in_order = __builtin_shufflevector (all, all, 0, 1, 2, 3, 8, 9, 10, 11);

  memcpy (peaks, &in_order, sizeof *peaks);
}
#else
/* The larger of neighbours: of vectors a and b those lie side by side. */
#if defined(__AVX__)
#define LOW_ONES 0, 8, 1, 9, 4, 12, 5, 13
#define HIGH_ONES 2, 10, 3, 11, 6, 14, 7, 15
#define LOW_TWOS 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH_TWOS 2, 3, 10, 11, 6, 7, 14, 15
#else
#define LOW_ONES 0, 4, 1, 5
#define HIGH_ONES 2, 6, 3, 7
#define LOW_TWOS 0, 1, 4, 5
#define HIGH_TWOS 2, 3, 6, 7
#endif

INLINE wide
ones (wide a, wide b)
{
  return larger (
      __builtin_shufflevector (a, b, LOW_ONES), __builtin_shufflevector (a, b, HIGH_ONES));
}

INLINE wide
twos (wide a, wide b)
{
  return larger (
      __builtin_shufflevector (a, b, LOW_TWOS), __builtin_shufflevector (a, b, HIGH_TWOS));
}

/* The largest of each. */
INLINE void
across (const wide m[PEAKS], struct lq_groove_peaks *peaks)
{
  const wide a = twos (ones (m[0], m[1]), ones (m[2], m[3]));
  const wide b = twos (ones (m[4], m[5]), ones (m[6], m[7]));
#if defined(__AVX__)
  const wide all = larger (__builtin_shufflevector (a, b, 0, 1, 2, 3, 8, 9, 10, 11),
      __builtin_shufflevector (a, b, 4, 5, 6, 7, 12, 13, 14, 15));
  memcpy (peaks, &all, sizeof *peaks);
#else
  float all[PEAKS];
  store (all, a);
  store (all + LANES, b);
  memcpy (peaks, all, sizeof *peaks);
#endif
}
#endif

#endif
