/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Vector types for the kernels; gcc and clang lower them to what the target has. Layer: base. */

#ifndef LQ_VEC_H
#define LQ_VEC_H

#include <stdint.h>

typedef double lq_v2d __attribute__ ((vector_size (16)));
typedef double lq_v4d __attribute__ ((vector_size (32)));
typedef double lq_v8d __attribute__ ((vector_size (64)));
typedef float lq_v4f __attribute__ ((vector_size (16)));
typedef float lq_v8f __attribute__ ((vector_size (32)));
typedef float lq_v16f __attribute__ ((vector_size (64)));

/* The widest vector of floats that the variant being compiled has in one register, and what the
 * compilers don't find by themselves: lane by lane the larger, and the largest of all lanes. */
#if defined(__SSE2__)
#include <immintrin.h>

static inline float
lq_v4f_largest (lq_v4f v)
{
  const lq_v4f two = _mm_max_ps (v, _mm_movehl_ps (v, v));

  return _mm_cvtss_f32 (_mm_max_ss (two, _mm_shuffle_ps (two, two, 1)));
}
#endif

/* a·b + c, in one instruction where the variant being compiled has one. */
static inline lq_v2d
lq_v2d_fused (lq_v2d a, lq_v2d b, lq_v2d c)
{
#if defined(__FMA__)
  return _mm_fmadd_pd (a, b, c);
#else
  return a * b + c;
#endif
}

#if defined(__AVX__)
static inline lq_v8f
lq_v8f_max (lq_v8f a, lq_v8f b)
{
  return _mm256_max_ps (a, b);
}

static inline float
lq_v8f_largest (lq_v8f v)
{
  return lq_v4f_largest (_mm_max_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1)));
}

static inline lq_v8f
lq_v8f_abs (lq_v8f v)
{
  return _mm256_andnot_ps (_mm256_set1_ps (-0.0f), v);
}
#endif

/* The widest. */
#if defined(__AVX512F__)
typedef lq_v16f lq_wide;

static inline lq_wide
lq_wide_max (lq_wide a, lq_wide b)
{
  return _mm512_max_ps (a, b);
}

static inline float
lq_wide_largest (lq_wide v)
{
  return _mm512_reduce_max_ps (v);
}
#elif defined(__AVX__)
typedef lq_v8f lq_wide;
#define lq_wide_max lq_v8f_max
#define lq_wide_largest lq_v8f_largest
#elif defined(__SSE2__)
typedef lq_v4f lq_wide;

static inline lq_wide
lq_wide_max (lq_wide a, lq_wide b)
{
  return _mm_max_ps (a, b);
}

static inline float
lq_wide_largest (lq_wide v)
{
  return lq_v4f_largest (v);
}
#else
typedef lq_v4f lq_wide;

static inline lq_wide
lq_wide_max (lq_wide a, lq_wide b)
{
  for (int i = 0; i < 4; i++)
    a[i] = a[i] > b[i] ? a[i] : b[i];
  return a;
}

static inline float
lq_wide_largest (lq_wide v)
{
  const float a = v[0] > v[1] ? v[0] : v[1], b = v[2] > v[3] ? v[2] : v[3];

  return a > b ? a : b;
}
#endif

typedef int32_t lq_wide_bits __attribute__ ((vector_size (sizeof (lq_wide))));

static inline lq_wide
lq_wide_abs (lq_wide v)
{
  return (lq_wide)((lq_wide_bits)v & 0x7fffffff);
}

#define LQ_LANES ((int)(sizeof (lq_wide) / sizeof (float)))

#endif
