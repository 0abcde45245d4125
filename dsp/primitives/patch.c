/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: ends and beginnings that nobody announced. */

#include "patch.h"

#include "../base/mathx.h"

#include <math.h>

/* How much sooner than the rest the constant part is gone: it is no sound. */
#define CONSTANT_PART 0.6

/* From 1 at 0 to 0 at `length`, flat at both. */
static double
fall (double at, double length)
{
  const double c = at < length ? cos (0.5 * LQ_PI * at / length) : 0.0;

  return c * c;
}

void
lq_patch_tail (
    const float *last, uint32_t known, uint32_t length, uint32_t first, float *out, uint32_t n)
{
  const double end = last[known - 1];

  for (uint32_t i = 0; i < n && first + i < length; i++) {
    const uint32_t behind = first + i + 1;
    const double x = behind < known ? last[known - 1 - behind] : last[0];
    out[i] +=
        (float)(2.0 * end * fall (behind, CONSTANT_PART * length) - x * fall (behind, length));
  }
}

void
lq_patch_rise (uint32_t length, uint32_t first, float *x, uint32_t n)
{
  for (uint32_t i = 0; i < n && first + i < length; i++)
    x[i] *= (float)(1.0 - fall (first + i, length));
}
