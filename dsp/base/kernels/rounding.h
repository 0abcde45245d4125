/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the quantiser's kernels share. */

#ifndef LQ_ROUNDING_H
#define LQ_ROUNDING_H

#include "../kernels.h"

/* 1.5·2^23: adding it rounds a float below 2^22 to an integer, ties to even. */
#define ROUNDER 12582912.0f

/* x·scale as a float that an integer holds; NaN is 0. */
static inline void
hold (const float *x, float *out, const struct lq_quantum *to, uint32_t n)
{
  const float scale = to->scale, lo = to->lo, hi = to->hi;

  for (uint32_t i = 0; i < n; i++) {
    float v = x[i] * scale;
    v = v == v ? v : 0.0f;
    v = v < lo ? lo : v;
    out[i] = v > hi ? hi : v;
  }
}

#endif
