/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what dynamics units do to every frame but the recursion: magnitudes, decibels and back,
 * the static curve.
 * Source:  D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design",
 *          JAES 60(6), 2012 (static curve with knee). Polynomials: fitted to log2 on [√½, √2] and
 *          to 2^x on [−½, ½] for least relative error. */

#include "kernels-isa.h"

#include <string.h>

typedef int32_t wide_int __attribute__ ((vector_size (sizeof (lq_wide))));

/* 20·log10(2), and its inverse. */
#define DB_PER_OCTAVE 6.02059991327962390f
#define OCTAVES_PER_DB 0.166096404744368117f

/* −200 dB: what silence reads as. */
#define LEAST 1e-10f

/* 2^±126 is as far as gains go. */
#define OCTAVES_MOST 126.0f

/* Adding and taking it away rounds to an integer. */
#define ROUNDER 12582912.0f

static inline lq_wide
load (const float *x)
{
  lq_wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

static inline lq_wide
select_wide (wide_int mask, lq_wide a, lq_wide b)
{
  return (lq_wide)(((wide_int)a & mask) | ((wide_int)b & ~mask));
}

static inline lq_wide
wide_min (lq_wide a, lq_wide b)
{
  return -lq_wide_max (-a, -b);
}

/* log2 of positive normal numbers: exponent, and 2/ln 2·atanh ((m − 1)/(m + 1)) of a mantissa m in
 * [√½, √2] as a series in the square of that quotient: the first term left out is 2e−9. */
static inline lq_wide
wide_log2 (lq_wide v)
{
  const wide_int bits = (wide_int)v, offset = (bits - 0x3f3504f3) & ~0x7fffff;
  const lq_wide m = (lq_wide)(bits - offset), q = (m - 1.0f) / (m + 1.0f), s = q * q;
  lq_wide sum = s * 0.32059889f + 0.41219858f;

  sum = sum * s + 0.57707802f;
  sum = sum * s + 0.96179669f;
  sum = sum * s + 2.88539008f;
  return __builtin_convertvector(offset >> 23, lq_wide) + sum * q;
}

/* 2^v, exactly 1 at 0. */
static inline lq_wide
wide_exp2 (lq_wide v)
{
  const lq_wide whole = (v + ROUNDER) - ROUNDER, f = v - whole;
  const wide_int power = (__builtin_convertvector(whole, wide_int) + 127) << 23;
  lq_wide p = f * 1.5403530e-4f + 1.3333558e-3f;

  p = p * f + 9.6181291e-3f;
  p = p * f + 5.5504109e-2f;
  p = p * f + 2.4022651e-1f;
  p = p * f + 6.9314718e-1f;
  return (p * f + 1.0f) * (lq_wide)power;
}

/* What is left of n frames behind the last whole vector goes through this. */
struct rest {
  float in[LQ_LANES], out[LQ_LANES];
};

void
LQ_KERNEL (magnitude) (const float *const *x, float *level, uint32_t channels, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    level[i] = __builtin_fabsf (x[0][i]);
  for (uint32_t c = 1; c < channels; c++)
    for (uint32_t i = 0; i < n; i++) {
      const float v = __builtin_fabsf (x[c][i]);
      level[i] = v > level[i] ? v : level[i];
    }
}

static inline lq_wide
wide_decibels (lq_wide v)
{
  const lq_wide least = (lq_wide){ 0 } + LEAST;

  return wide_log2 (lq_wide_max (v, least)) * DB_PER_OCTAVE;
}

#if defined(__AVX__)
_Static_assert(LQ_HOLD_GROUP == 8, "a group is a vector");

/* All lanes of most and base are the same. */
void
LQ_KERNEL (hold) (
    float *x, float *value, const float *rest, float *since, float *largest, uint32_t groups)
{
  const lq_v8f zero = { 0 };
  lq_v8f most = *since - zero, base = *largest - zero;

  for (uint32_t g = 0; g < groups; g++) {
    lq_v8f v;
    memcpy (&v, x + LQ_HOLD_GROUP * g, sizeof v);
    /* Running maxima in three steps. */
    v = _mm256_max_ps (v, __builtin_shufflevector (v, v, 0, 0, 1, 2, 3, 4, 5, 6));
    v = _mm256_max_ps (v, __builtin_shufflevector (v, v, 0, 1, 0, 1, 2, 3, 4, 5));
    v = _mm256_max_ps (v, __builtin_shufflevector (v, v, 0, 1, 2, 3, 0, 1, 2, 3));
    value[g] = v[7];
    most = _mm256_max_ps (most, __builtin_shufflevector (v, v, 7, 7, 7, 7, 7, 7, 7, 7));
    v = _mm256_max_ps (v, base);
    memcpy (x + LQ_HOLD_GROUP * g, &v, sizeof v);
    base = _mm256_max_ps (most, rest[g] - zero);
  }
  *since = most[0];
  *largest = base[0];
}
#else
static inline float
larger (float a, float b)
{
  return a > b ? a : b;
}

void
LQ_KERNEL (hold) (
    float *x, float *value, const float *rest, float *since, float *largest, uint32_t groups)
{
  float most = *since, base = *largest;

  for (uint32_t g = 0; g < groups; g++, x += LQ_HOLD_GROUP) {
    float peak = 0.0f;
    for (int k = 0; k < LQ_HOLD_GROUP; k++) {
      peak = larger (peak, x[k]);
      x[k] = larger (peak, base);
    }
    value[g] = peak;
    most = larger (most, peak);
    base = larger (most, rest[g]);
  }
  *since = most;
  *largest = base;
}
#endif

void
LQ_KERNEL (decibels) (const float *linear, float *db, uint32_t n)
{
  struct rest rest = { .in = { 0 } };
  uint32_t i = 0;
  lq_wide v;

  for (; i + LQ_LANES <= n; i += LQ_LANES) {
    v = wide_decibels (load (linear + i));
    memcpy (db + i, &v, sizeof v);
  }
  if (i == n)
    return;
  memcpy (rest.in, linear + i, (n - i) * sizeof *db);
  v = wide_decibels (load (rest.in));
  memcpy (rest.out, &v, sizeof v);
  memcpy (db + i, rest.out, (n - i) * sizeof *db);
}

static inline lq_wide
wide_gain (lq_wide db)
{
  const lq_wide most = (lq_wide){ 0 } + OCTAVES_MOST;
  const lq_wide octaves = wide_min (lq_wide_max (db * OCTAVES_PER_DB, -most), most);

  return select_wide (db > -200.0f, wide_exp2 (octaves), (lq_wide){ 0 });
}

void
LQ_KERNEL (gains) (const float *db, float *linear, uint32_t n)
{
  struct rest rest = { .in = { 0 } };
  uint32_t i = 0;
  lq_wide v;

  for (; i + LQ_LANES <= n; i += LQ_LANES) {
    v = wide_gain (load (db + i));
    memcpy (linear + i, &v, sizeof v);
  }
  if (i == n)
    return;
  memcpy (rest.in, db + i, (n - i) * sizeof *db);
  v = wide_gain (load (rest.in));
  memcpy (rest.out, &v, sizeof v);
  memcpy (linear + i, rest.out, (n - i) * sizeof *db);
}

void
LQ_KERNEL (squash) (
    const struct lq_squash *c, const float *level_db, float *gain_db, uint32_t n)
{
  const float threshold = c->threshold_db, half = 0.5f * c->knee_db, knee = c->knee_db;
  const float round = c->knee_db > 0.0f ? 0.5f / c->knee_db : 0.0f;
  const float slope = c->slope, range = c->range_db, most = c->upward_db;

  for (uint32_t i = 0; i < n; i++) {
    const float over = level_db[i] - threshold;
    float k = over + half, above = over - half, down, up = -over * slope;
    k = k > 0.0f ? k : 0.0f;
    k = k < knee ? k : knee;
    above = above > 0.0f ? above : 0.0f;
    down = slope * (k * k * round + above);
    down = down < range ? down : range;
    down = down > -range ? down : -range;
    up = up > 0.0f ? up : 0.0f;
    up = up < most ? up : most;
    gain_db[i] = up - down;
  }
}
