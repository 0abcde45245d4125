/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what several bands do at once: gains that follow their targets, a lane each, and the sum
 * of bands times their gains.
 * Source:  branching without a branch: dsp/base/kernels/ballistics.c. One step after the other is as
 *          long a way for one gain as for twelve. */

#include "kernels-isa.h"

#include <string.h>

#define INLINE static inline __attribute__ ((always_inline))
#define UNROLL _Pragma ("GCC unroll 4")

#define GROUP 4
#define GROUPS (LQ_FOLLOW_LANES / GROUP)

#if defined(__AVX__)
#define LEAST(a, b) _mm256_min_pd (a, b)
#define FUSED(a, b, c) _mm256_fmadd_pd (a, b, c)
#elif defined(__SSE2__)
INLINE lq_v4d
least (lq_v4d a, lq_v4d b)
{
  const lq_v2d low =
      _mm_min_pd (__builtin_shufflevector (a, a, 0, 1), __builtin_shufflevector (b, b, 0, 1));
  const lq_v2d high =
      _mm_min_pd (__builtin_shufflevector (a, a, 2, 3), __builtin_shufflevector (b, b, 2, 3));

  return __builtin_shufflevector (low, high, 0, 1, 2, 3);
}
#define LEAST(a, b) least (a, b)
#define FUSED(a, b, c) ((a) * (b) + (c))
#else
INLINE lq_v4d
least (lq_v4d a, lq_v4d b)
{
  for (int i = 0; i < GROUP; i++)
    a[i] = a[i] < b[i] ? a[i] : b[i];
  return a;
}
#define LEAST(a, b) least (a, b)
#define FUSED(a, b, c) ((a) * (b) + (c))
#endif

/* Four lanes; sign is −1 where the attack is the slower: the largest is the least of the opposites. */
struct lanes {
  lq_v4d a, r, a1, r1, sign, z;
};

INLINE struct lanes
lanes_of (const struct lq_follow_lanes *f, uint32_t first)
{
  struct lanes s;

  for (int i = 0; i < GROUP; i++) {
    const double a = f->attack[first + i], r = f->release[first + i];
    s.a[i] = a;
    s.r[i] = r;
    s.sign[i] = a <= r ? 1.0 : -1.0;
    s.a1[i] = s.sign[i] * (1.0 - a);
    s.r1[i] = s.sign[i] * (1.0 - r);
    s.z[i] = s.sign[i] * f->z[first + i];
  }
  return s;
}

INLINE lq_v4f
step (struct lanes *s, lq_v4f target)
{
  const lq_v4d x = __builtin_convertvector(target, lq_v4d);

  s->z = LEAST (FUSED (s->a, s->z, s->a1 * x), FUSED (s->r, s->z, s->r1 * x));
  return __builtin_convertvector(s->sign * s->z, lq_v4f);
}

INLINE void
transpose (lq_v4f m[GROUP])
{
  const lq_v4f a = __builtin_shufflevector (m[0], m[1], 0, 4, 1, 5),
               b = __builtin_shufflevector (m[0], m[1], 2, 6, 3, 7),
               c = __builtin_shufflevector (m[2], m[3], 0, 4, 1, 5),
               d = __builtin_shufflevector (m[2], m[3], 2, 6, 3, 7);

  m[0] = __builtin_shufflevector (a, c, 0, 1, 4, 5);
  m[1] = __builtin_shufflevector (a, c, 2, 3, 6, 7);
  m[2] = __builtin_shufflevector (b, d, 0, 1, 4, 5);
  m[3] = __builtin_shufflevector (b, d, 2, 3, 6, 7);
}

/* Four frames of all planes from i on. */
INLINE void
four (struct lanes *s, float *const *plane, uint32_t i, const uint32_t groups)
{
  lq_v4f m[GROUPS][GROUP];

  UNROLL for (uint32_t g = 0; g < groups; g++)
  {
    UNROLL for (uint32_t k = 0; k < GROUP; k++)
        memcpy (&m[g][k], plane[GROUP * g + k] + i, sizeof m[g][k]);
    transpose (m[g]);
  }
  UNROLL for (uint32_t k = 0; k < GROUP; k++)
  {
    UNROLL for (uint32_t g = 0; g < groups; g++) m[g][k] = step (&s[g], m[g][k]);
  }
  UNROLL for (uint32_t g = 0; g < groups; g++)
  {
    transpose (m[g]);
    UNROLL for (uint32_t k = 0; k < GROUP; k++)
        memcpy (plane[GROUP * g + k] + i, &m[g][k], sizeof m[g][k]);
  }
}

INLINE void
run (struct lq_follow_lanes *f, float *const *plane, uint32_t n, const uint32_t groups)
{
  struct lanes s[GROUPS];
  uint32_t i = 0;

  for (uint32_t g = 0; g < groups; g++)
    s[g] = lanes_of (f, GROUP * g);
  for (; i + 4 <= n; i += 4)
    four (s, plane, i, groups);
  for (; i < n; i++)
    for (uint32_t g = 0; g < groups; g++) {
      lq_v4f x;
      for (uint32_t k = 0; k < GROUP; k++)
        x[k] = plane[GROUP * g + k][i];
      x = step (&s[g], x);
      for (uint32_t k = 0; k < GROUP; k++)
        plane[GROUP * g + k][i] = x[k];
    }
  for (uint32_t g = 0; g < groups; g++)
    for (uint32_t k = 0; k < GROUP; k++)
      f->z[GROUP * g + k] = s[g].sign[k] * s[g].z[k];
}

#define PIECE 256

void
LQ_KERNEL (follow) (
    struct lq_follow_lanes *lanes, float *const *gain_db, uint32_t planes, uint32_t n)
{
  float nobody[PIECE];
  struct lq_follow_lanes spare = *lanes;

  /* Lanes that nobody has fill the last group. */
  memset (nobody, 0, sizeof nobody);
  for (uint32_t k = planes; k < LQ_FOLLOW_LANES; k++)
    spare.z[k] = spare.attack[k] = spare.release[k] = 0.0;
  for (uint32_t at = 0; at < n; at += PIECE) {
    const uint32_t some = n - at < PIECE ? n - at : PIECE;
    float *plane[LQ_FOLLOW_LANES];
    for (uint32_t k = 0; k < LQ_FOLLOW_LANES; k++)
      plane[k] = k < planes ? gain_db[k] + at : nobody;
    if (planes <= GROUP)
      run (&spare, plane, some, 1);
    else if (planes <= 2 * GROUP)
      run (&spare, plane, some, 2);
    else
      run (&spare, plane, some, 3);
  }
  memcpy (lanes->z, spare.z, planes * sizeof *lanes->z);
}

INLINE void
sum (const float *const *x, const float *const *gain, const float *offset, const float *scale,
    float *restrict y, uint32_t n, const uint32_t bands)
{
  const float *const x0 = x[0], *const x1 = x[1], *const g0 = gain[0], *const g1 = gain[1];
  const float *const x2 = x[bands > 2 ? 2 : 0], *const g2 = gain[bands > 2 ? 2 : 0];
  const float *const x3 = x[bands > 3 ? 3 : 0], *const g3 = gain[bands > 3 ? 3 : 0];

  for (uint32_t i = 0; i < n; i++) {
    float v = (offset[0] + scale[0] * g0[i]) * x0[i] + (offset[1] + scale[1] * g1[i]) * x1[i];
    if (bands > 2)
      v += (offset[2] + scale[2] * g2[i]) * x2[i];
    if (bands > 3)
      v += (offset[3] + scale[3] * g3[i]) * x3[i];
    y[i] = v;
  }
}

void
LQ_KERNEL (blend) (const float *const *x, const float *const *gain, const float *offset,
    const float *scale, uint32_t bands, float *y, uint32_t n)
{
  if (bands == 2)
    sum (x, gain, offset, scale, y, n, 2);
  else if (bands == 3)
    sum (x, gain, offset, scale, y, n, 3);
  else
    sum (x, gain, offset, scale, y, n, 4);
  for (uint32_t b = 4; b < bands; b++)
    for (uint32_t i = 0; i < n; i++)
      y[i] += (offset[b] + scale[b] * gain[b][i]) * x[b][i];
}
