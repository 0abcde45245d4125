/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: one look at every sample, to find what must not reach a filter's state, or a peak.
 * |x| of a float orders like its bits without the sign; NaN and infinity order above all. */

#include "kernels-isa.h"

#include <string.h>

#define MAGNITUDE UINT32_C (0x7fffffff)

uint32_t
LQ_KERNEL (bad) (const float *x, uint32_t n)
{
  const float limit = LQ_SCRUB_LIMIT;
  uint32_t limit_bits, found = 0;

  memcpy (&limit_bits, &limit, sizeof limit_bits);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy (&bits, &x[i], sizeof bits);
    found |= (uint32_t)((int32_t)(limit_bits - (bits & MAGNITUDE)) >> 31);
  }
  return found;
}

float
LQ_KERNEL (peak) (const float *x, uint32_t n)
{
  /* Without the sign it is positive: signed, as SSE2 compares. */
  int32_t max = 0;
  float peak;

  for (uint32_t i = 0; i < n; i++) {
    int32_t bits;
    memcpy (&bits, &x[i], sizeof bits);
    bits &= (int32_t)MAGNITUDE;
    max = bits > max ? bits : max;
  }
  memcpy (&peak, &max, sizeof peak);
  return peak;
}
