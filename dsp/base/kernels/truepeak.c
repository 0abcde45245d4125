/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the largest magnitude between samples.
 *
 * The taps of 1/4 and 3/4 mirror each other, those of 1/2 themselves. With s = x[k] + x[23−k]
 * and d = x[k] − x[23−k]: y(1/2) = Σ half·s, y(1/4), y(3/4) = Σ even·s ± Σ odd·d, and the larger
 * magnitude of these two is |Σ even·s| + |Σ odd·d|.
 *
 * Music is smooth where it is loud: values are computed only where the lines from sample to
 * sample and the curvature around them allow more than the floor (primitives/truepeak.c has the
 * bound). The largest of all doesn't depend on what was left out. */

#include "bound.h"

#include <stdbool.h>
#include <string.h>

/* Values that are judged together, and of those that may be above the floor, judged once more
 * and computed together. */
#define GROUP 64
#define CHUNK 16
#define VECTORS (CHUNK / LQ_LANES)
#define PAIRS (LQ_TRUEPEAK_TAPS / 2)

/* Whether one of values 0 … n − 1 may be above the floor. */
static inline bool
may_exceed (const struct lq_truepeak_taps *taps, const float *x, uint32_t n, float floor)
{
  return taps->near * near_max (x, n) + taps->curve * curve_max (x, n, PAIRS - 2) > floor;
}

/* The larger magnitude of the 3 values between frames i and i + 1, a lane each i. */
static inline lq_wide
between (const struct lq_truepeak_taps *taps, const float *x)
{
  const float *first = x - (PAIRS - 1), *last = x + PAIRS;
  lq_wide half = { 0 }, even = { 0 }, odd = { 0 };

  for (int k = 0; k < PAIRS; k++) {
    const lq_wide a = load (first + k), b = load (last - k), sum = a + b;
    half += taps->half[k] * sum;
    even += taps->even[k] * sum;
    odd += taps->odd[k] * (a - b);
  }
  return lq_wide_max (lq_wide_abs (half), lq_wide_abs (even) + lq_wide_abs (odd));
}

/* The largest of `floor` and values 0 … n − 1, n ≤ CHUNK. */
static float
chunk_peak (const struct lq_truepeak_taps *taps, const float *x, uint32_t n, float floor)
{
  float y[CHUNK];

  for (int j = 0; j < VECTORS; j++) {
    const lq_wide v = between (taps, x + j * LQ_LANES);
    memcpy (y + j * LQ_LANES, &v, sizeof v);
  }
  for (uint32_t i = 0; i < n; i++)
    floor = y[i] > floor ? y[i] : floor;
  return floor;
}

static float
group_peak (const struct lq_truepeak_taps *taps, const float *x, uint32_t n, float floor)
{
  for (uint32_t i = 0; i < n; i += CHUNK) {
    const uint32_t some = n - i < CHUNK ? n - i : CHUNK;
    if (may_exceed (taps, x + i, some, floor))
      floor = chunk_peak (taps, x + i, some, floor);
  }
  return floor;
}

float
LQ_KERNEL (truepeak) (
    const struct lq_truepeak_taps *taps, const float *x, uint32_t n, float floor)
{
  for (uint32_t i = 0; i < n; i += GROUP) {
    const uint32_t some = n - i < GROUP ? n - i : GROUP;
    if (may_exceed (taps, x + i, some, floor))
      floor = group_peak (taps, x + i, some, floor);
  }
  return floor;
}
