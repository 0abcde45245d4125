/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: stereo filters whose taps move, in series, and detectors beside each other: a pair of
 * vector lanes each.
 * Source:  the state-variable filter in trapezoidal form: s' = (1 − gA)⁻¹·(1 + gA)·s + …, A =
 *          (−k, −1; 1, 0). As A + Aᵀ ≤ 0, no such step makes the state longer, nor does any step in
 *          between two of them: taps may go straight from one filter to any other at any speed.
 *
 * In series a pair of lanes works on the group that the pair below it has just done, so that all
 * lanes are at the same frame of their groups, and rows of taps lie askew: pair k has in row r what
 * is meant for group r − k. At the beginning and at the end some pairs have no group: their state
 * stays. */

#include "kernels-isa.h"

#include <stdbool.h>
#include <string.h>

#define INLINE static inline __attribute__ ((always_inline))

#if defined(__FMA__)
#define FUSED2(a, b, c) _mm_fmadd_pd (a, b, c)
#else
#define FUSED2(a, b, c) ((a) * (b) + (c))
#endif
#if defined(__SSE2__)
#define LARGER2(most, y) _mm_max_pd (most, _mm_andnot_pd (_mm_set1_pd (-0.0), y))
#else
#define LARGER2(most, y)                                                                       \
  (lq_v2d)                                                                                     \
  {                                                                                            \
    __builtin_fmax ((most)[0], __builtin_fabs ((y)[0])),                                       \
        __builtin_fmax ((most)[1], __builtin_fabs ((y)[1]))                                    \
  }
#endif

#define VEC lq_v2d
#define PAIRS 1u
#define NAME(x) x##_one
#define FUSED(a, b, c) FUSED2 (a, b, c)
#define SWAP(v) __builtin_shufflevector (v, v, 1, 0)
#define FEED(two, v) ((void)(v), (two))
#define TOP(v) (v)
#define BELOW(two) (two)
#define LARGER(most, y) LARGER2 (most, y)
#include "swing-lanes.h"

#if defined(__FMA__)
#define VEC lq_v4d
#define PAIRS 2u
#define NAME(x) x##_two
#define FUSED(a, b, c) _mm256_fmadd_pd (a, b, c)
#define SWAP(v) _mm256_permute_pd (v, 5)
#define FEED(two, v)                                                                           \
  _mm256_insertf128_pd (_mm256_castpd128_pd256 (two), _mm256_castpd256_pd128 (v), 1)
#define TOP(v) _mm256_extractf128_pd (v, 1)
#define BELOW(two) _mm256_insertf128_pd (_mm256_castpd128_pd256 (two), two, 1)
#define LARGER(most, y) _mm256_max_pd (most, _mm256_andnot_pd (_mm256_set1_pd (-0.0), y))
#include "swing-lanes.h"
#define WIDTH 4
#define WIDE(x) x##_two
#else
#define WIDTH 2
#define WIDE(x) x##_one
#endif

#if defined(__AVX512F__)
#define VEC lq_v8d
#define PAIRS 4u
#define NAME(x) x##_four
#define FUSED(a, b, c) _mm512_fmadd_pd (a, b, c)
#define SWAP(v) _mm512_permute_pd (v, 0x55)
#define FEED(two, v)                                                                           \
  (lq_v8d) _mm512_alignr_epi64 ((__m512i)(v), (__m512i)_mm512_broadcast_f64x2 (two), 6)
#define TOP(v) _mm512_extractf64x2_pd (v, 3)
#define BELOW(two) _mm512_broadcast_f64x2 (two)
#define LARGER(most, y) _mm512_max_pd (most, _mm512_abs_pd (y))
#include "swing-lanes.h"
#define WIDEST(x) x##_four
#define WIDEST_FROM 4
#else
#define WIDEST(x) WIDE (x)
#define WIDEST_FROM (LQ_SWING_LANES + 1)
#endif

/* Lanes from `lane` on that are done at once: those of as many bands as there are, or more. */
INLINE uint32_t
lanes_of (const struct lq_swing *b, uint32_t lane)
{
  const uint32_t left = 2 * b->count - lane;

  return left > WIDEST_FROM ? LQ_SWING_LANES : left > 2 ? WIDTH : 2;
}

void
LQ_KERNEL (swing_levels) (const struct lq_swing *b, const float *const in[2], double *x,
    uint32_t phase, uint32_t n, float (*peak)[LQ_SWING_BANDS], double *heard)
{
  const float *left = in[0], *right = in[1];

  for (uint32_t i = 0; i < n; i++) {
    x[2 * i] = left[i];
    x[2 * i + 1] = right[i];
  }
  for (uint32_t lane = 0, lanes; lane < 2 * b->count; lane += lanes) {
    lanes = lanes_of (b, lane);
    if (lanes == LQ_SWING_LANES)
      WIDEST (levels) (b, lane, x, phase, n, peak, heard);
    else if (lanes == 2)
      levels_one (b, lane, x, phase, n, peak, heard);
    else
      WIDE (levels) (b, lane, x, phase, n, peak, heard);
  }
}

void
LQ_KERNEL (swing) (
    const struct lq_swing *b, double *x, float *const out[2], uint32_t phase, uint32_t n)
{
  float *left = out[0], *right = out[1];

  for (uint32_t lane = 0, lanes; lane < 2 * b->count; lane += lanes) {
    lanes = lanes_of (b, lane);
    if (lanes == LQ_SWING_LANES)
      WIDEST (bands) (b, lane, x, phase, n);
    else if (lanes == 2)
      bands_one (b, lane, x, phase, n);
    else
      WIDE (bands) (b, lane, x, phase, n);
  }
  for (uint32_t i = 0; i < n; i++) {
    left[i] = (float)x[2 * i];
    right[i] = (float)x[2 * i + 1];
  }
}

void
LQ_KERNEL (swing_taps) (const double (*cubic)[4][LQ_SWING_OWN], uint32_t pieces,
    const double *at, struct lq_swing_row *row, uint32_t k, uint32_t n)
{
  for (uint32_t r = 0; r < n; r++) {
    const uint32_t whole = (uint32_t)at[r], i = whole < pieces ? whole : pieces - 1;
    const double u = at[r] - i;
    const double (*c)[LQ_SWING_OWN] = cubic[i];
    double t[LQ_SWING_OWN];
    for (uint32_t j = 0; j < LQ_SWING_OWN; j++)
      t[j] = c[0][j] + u * (c[1][j] + u * (c[2][j] + u * c[3][j]));
    for (uint32_t j = 0; j < LQ_SWING_OWN; j++) {
      const lq_v2d both = { t[j], t[j] };
      memcpy (row[r].tap[j] + 2 * k, &both, sizeof both);
    }
  }
}
