/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: many signals into one sum of doubles, the same in whatever order they are added: every
 * part is rounded to a multiple of 2^-44, and below 512 sums of these are exact. Adding a number
 * whose last bit is that multiple, and taking it away again, rounds. The variants give the same
 * bits. */

#include "kernels-isa.h"

#include <string.h>

#define GRID 384.0 /* 1.5·2^8: its last bit is 2^-44 */

/* Frames of two that are looked at before any of them is added. */
#define GROUP 64

/* As many frames of two as a vector of floats holds: one vector of doubles for each channel. */
#define PAIRS (LQ_LANES / 2)
typedef lq_wide pairs;
#if defined(__AVX512F__)
typedef lq_v8d sums;
#define EVEN(v) __builtin_shufflevector (v, v, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(v) __builtin_shufflevector (v, v, 1, 3, 5, 7, 9, 11, 13, 15)
#define WIDE(v) ((sums)_mm512_cvtps_pd (v))
#define NEGATIVE(v) (uint32_t) _mm512_movepi32_mask ((__m512i)(v))
#elif defined(__AVX__)
typedef lq_v4d sums;
#define EVEN(v) __builtin_shufflevector (v, v, 0, 2, 4, 6)
#define ODD(v) __builtin_shufflevector (v, v, 1, 3, 5, 7)
#define WIDE(v) ((sums)_mm256_cvtps_pd (v))
#define NEGATIVE(v) (uint32_t) _mm256_movemask_ps ((__m256)(v))
#elif defined(__SSE2__)
typedef lq_v2d sums;
#define EVEN(v) __builtin_shufflevector (v, v, 0, 2, 1, 3)
#define ODD(v) __builtin_shufflevector (v, v, 1, 3, 0, 2)
#define WIDE(v) ((sums)_mm_cvtps_pd (v))
#define NEGATIVE(v) (uint32_t) _mm_movemask_ps ((__m128)(v))
#else
typedef lq_v2d sums;
#define EVEN(v) __builtin_shufflevector (v, v, 0, 2)
#define ODD(v) __builtin_shufflevector (v, v, 1, 3)
#define WIDE(v) __builtin_convertvector(v, sums)
#define NEGATIVE(v) (uint32_t) (((v)[0] | (v)[1] | (v)[2] | (v)[3]) < 0)
#endif

void
LQ_KERNEL (mix) (double *restrict sum, const float *restrict x, double gain, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    sum[i] += (double)x[i] * gain + GRID - GRID;
}

/* Whether any of a group's 2·GROUP samples isn't audio, as `bad` sees it. */
static inline uint32_t
group_bad (const float *x, int32_t limit)
{
  lq_wide_bits over = { 0 };

  for (int i = 0; i < 2 * GROUP; i += LQ_LANES) {
    lq_wide_bits v;
    memcpy (&v, x + i, sizeof v);
    over |= limit - (v & INT32_MAX);
  }
  return NEGATIVE (over);
}

static inline void
group_add (double *left, double *right, const float *x, double l, double r)
{
  for (int i = 0; i < GROUP; i += PAIRS) {
    pairs both;
    sums a, b;
    memcpy (&both, x + 2 * i, sizeof both);
    memcpy (&a, left + i, sizeof a);
    memcpy (&b, right + i, sizeof b);
    a += WIDE (EVEN (both)) * l + GRID - GRID;
    b += WIDE (ODD (both)) * r + GRID - GRID;
    memcpy (left + i, &a, sizeof a);
    memcpy (right + i, &b, sizeof b);
  }
}

uint32_t
LQ_KERNEL (mix_pair) (double *restrict left, double *restrict right, const float *restrict x,
    const double *restrict gain, uint32_t n)
{
  const float limit_lin = LQ_SCRUB_LIMIT;
  const double l = gain[0], r = gain[1];
  int32_t limit;
  uint32_t i = 0;

  memcpy (&limit, &limit_lin, sizeof limit);
  for (; i + GROUP <= n; i += GROUP) {
    if (group_bad (x + 2 * i, limit))
      return i;
    group_add (left + i, right + i, x + 2 * i, l, r);
  }
  if (LQ_KERNEL (bad) (x + 2 * i, 2 * (n - i)))
    return i;
  for (; i < n; i++) {
    left[i] += (double)x[2 * i] * l + GRID - GRID;
    right[i] += (double)x[2 * i + 1] * r + GRID - GRID;
  }
  return n;
}

/* A frame of two. */
static inline void
level_frame (const float *x, int32_t most[2], double *left, double *right)
{
  for (int c = 0; c < 2; c++) {
    int32_t bits;
    memcpy (&bits, x + c, sizeof bits);
    bits &= INT32_MAX;
    most[c] = bits > most[c] ? bits : most[c];
  }
  *left += (double)x[0] * x[0];
  *right += (double)x[1] * x[1];
}

/* Vectors that hold as many frames of two as there are lanes: each its squares and magnitudes. Two by
 * turns, so that neither waits for itself. */
#define PARTS (2 * LQ_PRODUCT_LANES / LQ_LANES)
struct level {
  lq_wide sum[2][PARTS];
  lq_wide_bits most[2][PARTS];
};

/* Steps whose squares add up as floats, before they do as doubles. */
#define FLOAT_STEPS 32

#if defined(__AVX512F__)
#define MOST(a, b) ((lq_wide_bits)_mm512_max_epi32 ((__m512i)(a), (__m512i)(b)))
#elif defined(__AVX2__)
#define MOST(a, b) ((lq_wide_bits)_mm256_max_epi32 ((__m256i)(a), (__m256i)(b)))
#else
static inline lq_wide_bits
MOST (lq_wide_bits a, lq_wide_bits b)
{
  const lq_wide_bits more = a > b;

  return (a & more) | (b & ~more);
}
#endif

/* As many frames as there are lanes. */
static inline void
level_step (struct level *u, int turn, const float *x)
{
  for (int p = 0; p < PARTS; p++) {
    lq_wide_bits bits;
    lq_wide v;
    memcpy (&v, x + p * LQ_LANES, sizeof v);
    memcpy (&bits, x + p * LQ_LANES, sizeof bits);
    u->sum[turn][p] += v * v;
    u->most[turn][p] = MOST (bits & INT32_MAX, u->most[turn][p]);
  }
}

/* So many steps, FLOAT_STEPS at most. */
static inline void
level_group (struct level *u, const float *x, uint32_t steps, double *left, double *right)
{
  float sum[2 * LQ_PRODUCT_LANES];
  uint32_t i = 0;

  for (int p = 0; p < PARTS; p++)
    u->sum[0][p] = u->sum[1][p] = (lq_wide){ 0 };
  for (; i + 2 <= steps; i += 2) {
    level_step (u, 0, x + i * 2 * LQ_PRODUCT_LANES);
    level_step (u, 1, x + (i + 1) * 2 * LQ_PRODUCT_LANES);
  }
  if (i < steps)
    level_step (u, 0, x + i * 2 * LQ_PRODUCT_LANES);
  for (int p = 0; p < PARTS; p++)
    u->sum[0][p] += u->sum[1][p];
  memcpy (sum, u->sum[0], sizeof sum);
  for (int k = 0; k < LQ_PRODUCT_LANES; k++) {
    left[k] += (double)sum[2 * k];
    right[k] += (double)sum[2 * k + 1];
  }
}

void
LQ_KERNEL (pair_level) (
    const float *x, uint32_t n, uint32_t phase, float *peak, double *left, double *right)
{
  struct level level = { 0 };
  int32_t most[2] = { 0 }, wide[2 * LQ_PRODUCT_LANES];
  uint32_t i = 0, steps;

  for (uint32_t k = phase; i < n && (phase + i) % LQ_PRODUCT_LANES != 0; i++, k++)
    level_frame (x + 2 * i, most, left + k, right + k);
  for (; i + LQ_PRODUCT_LANES <= n; i += steps * LQ_PRODUCT_LANES) {
    steps = (n - i) / LQ_PRODUCT_LANES;
    steps = steps < FLOAT_STEPS ? steps : FLOAT_STEPS;
    level_group (&level, x + 2 * i, steps, left, right);
  }
  for (uint32_t k = 0; i < n; i++, k++)
    level_frame (x + 2 * i, most, left + k, right + k);
  for (int p = 0; p < PARTS; p++)
    level.most[0][p] = MOST (level.most[0][p], level.most[1][p]);
  memcpy (wide, level.most[0], sizeof wide);
  for (int k = 0; k < 2 * LQ_PRODUCT_LANES; k++)
    most[k % 2] = wide[k] > most[k % 2] ? wide[k] : most[k % 2];
  memcpy (peak, most, sizeof most);
}

void
LQ_KERNEL (mix_curve) (
    double *restrict sum, const float *restrict x, const float *restrict curve, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    sum[i] += (double)x[i] * (double)curve[i] + GRID - GRID;
}
