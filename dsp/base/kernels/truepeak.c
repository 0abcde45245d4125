/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the largest magnitude between samples.
 *
 * The taps of 1/4 and 3/4 mirror each other, those of 1/2 themselves. With s = x[k] + x[23−k]
 * and d = x[k] − x[23−k]: y(1/2) = Σ half·s, y(1/4), y(3/4) = Σ even·s ± Σ odd·d, and the larger
 * magnitude of these two is |Σ even·s| + |Σ odd·d|.
 *
 * Music is smooth where it is loud: a chunk is computed only if the line through its samples
 * and the curvature around it allow more than the floor (the bound: primitives/truepeak.c). The
 * largest of all doesn't depend on what was left out. */

#include "kernels-isa.h"

#include <string.h>

/* Values between frames that are judged, and computed, together. */
#define CHUNK 16
#define VECTORS (CHUNK / LQ_LANES)
#define PAIRS (LQ_TRUEPEAK_TAPS / 2)

static inline lq_wide
load (const float *x)
{
  lq_wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

static inline lq_wide
magnitude (lq_wide v)
{
  for (int i = 0; i < LQ_LANES; i++)
    v[i] = __builtin_fabsf (v[i]);
  return v;
}

static inline lq_wide
larger (lq_wide a, lq_wide b)
{
  for (int i = 0; i < LQ_LANES; i++)
    a[i] = a[i] > b[i] ? a[i] : b[i];
  return a;
}

static inline float
largest (lq_wide v)
{
  float m = v[0];

  for (int i = 1; i < LQ_LANES; i++)
    m = v[i] > m ? v[i] : m;
  return m;
}

/* max|x[i]|, i = 0 … CHUNK. */
static inline float
chunk_near (const float *x)
{
  lq_wide m = magnitude (load (x));

  for (int j = 1; j < VECTORS; j++)
    m = larger (m, magnitude (load (x + j * LQ_LANES)));
  return largest (larger (m, magnitude (load (x + CHUNK + 1 - LQ_LANES))));
}

/* max|x[i−1] − 2x[i] + x[i+1]|, i = 0 … CHUNK − 1. */
static inline float
chunk_curve (const float *x)
{
  lq_wide m = { 0 };

  for (int j = 0; j < VECTORS; j++, x += LQ_LANES)
    m = larger (m, magnitude ((load (x - 1) - load (x)) - (load (x) - load (x + 1))));
  return largest (m);
}

/* The larger magnitude of the 1 or 3 values between frames i and i + 1, a lane each i. */
static inline lq_wide
between (const struct lq_truepeak_taps *taps, const float *x)
{
  const float *first = x - (PAIRS - 1), *last = x + PAIRS;
  lq_wide half = { 0 }, even = { 0 }, odd = { 0 };

  if (taps->phases == 2) {
    for (int k = 0; k < PAIRS; k++)
      half += taps->half[k] * (load (first + k) + load (last - k));
    return magnitude (half);
  }
  for (int k = 0; k < PAIRS; k++) {
    const lq_wide a = load (first + k), b = load (last - k), sum = a + b;
    half += taps->half[k] * sum;
    even += taps->even[k] * sum;
    odd += taps->odd[k] * (a - b);
  }
  return larger (magnitude (half), magnitude (even) + magnitude (odd));
}

/* Of values 0 … n − 1 of a chunk. */
static float
chunk_peak (const struct lq_truepeak_taps *taps, const float *x, uint32_t n, float floor)
{
  float y[CHUNK];

  for (int j = 0; j < VECTORS; j++) {
    const lq_wide v = between (taps, x + j * LQ_LANES);
    memcpy (y + j * LQ_LANES, &v, sizeof v);
  }
  for (uint32_t i = 0; i < n && i < CHUNK; i++)
    floor = y[i] > floor ? y[i] : floor;
  return floor;
}

float
LQ_KERNEL (truepeak) (
    const struct lq_truepeak_taps *taps, const float *x, uint32_t n, float floor)
{
  float before, here = chunk_curve (x - CHUNK), behind = chunk_curve (x);

  for (uint32_t i = 0; i < n; i += CHUNK) {
    float curve;
    before = here;
    here = behind;
    behind = chunk_curve (x + i + CHUNK);
    curve = before > here ? before : here;
    curve = behind > curve ? behind : curve;
    if (taps->near * chunk_near (x + i) + taps->curve * curve > floor)
      floor = chunk_peak (taps, x + i, n - i, floor);
  }
  return floor;
}
