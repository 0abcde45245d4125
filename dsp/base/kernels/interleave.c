/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: two channels between frames and planes, bit for bit whatever the samples are. */

#include "kernels-isa.h"

#include <string.h>

typedef lq_wide_bits words;

#if defined(__AVX512F__)
#define EVEN(a, b)                                                                             \
  __builtin_shufflevector (a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(a, b)                                                                              \
  __builtin_shufflevector (a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define LOW(a, b)                                                                              \
  __builtin_shufflevector (a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b)                                                                             \
  __builtin_shufflevector (a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif defined(__AVX__)
#define EVEN(a, b) __builtin_shufflevector (a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(a, b) __builtin_shufflevector (a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define LOW(a, b) __builtin_shufflevector (a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(a, b) __builtin_shufflevector (a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define EVEN(a, b) __builtin_shufflevector (a, b, 0, 2, 4, 6)
#define ODD(a, b) __builtin_shufflevector (a, b, 1, 3, 5, 7)
#define LOW(a, b) __builtin_shufflevector (a, b, 0, 4, 1, 5)
#define HIGH(a, b) __builtin_shufflevector (a, b, 2, 6, 3, 7)
#endif

uint32_t
LQ_KERNEL (split) (const uint32_t *in, uint32_t *left, uint32_t *right, uint32_t n)
{
  const float limit_lin = LQ_SCRUB_LIMIT;
  int32_t limit;
  words over = { 0 };
  uint32_t i = 0, found = 0;

  memcpy (&limit, &limit_lin, sizeof limit);

  for (; i + LQ_LANES <= n; i += LQ_LANES) {
    words a, b, even, odd;
    memcpy (&a, in + 2 * i, sizeof a);
    memcpy (&b, in + 2 * i + LQ_LANES, sizeof b);
    even = EVEN (a, b);
    odd = ODD (a, b);
    over |= limit - (a & INT32_MAX);
    over |= limit - (b & INT32_MAX);
    memcpy (left + i, &even, sizeof even);
    memcpy (right + i, &odd, sizeof odd);
  }
  for (; i < n; i++) {
    left[i] = in[2 * i];
    right[i] = in[2 * i + 1];
    found |= (uint32_t)(limit - (int32_t)(left[i] & INT32_MAX)) >> 31;
    found |= (uint32_t)(limit - (int32_t)(right[i] & INT32_MAX)) >> 31;
  }
  for (int lane = 0; lane < LQ_LANES; lane++)
    found |= (uint32_t)over[lane] >> 31;
  return found;
}

void
LQ_KERNEL (merge) (const uint32_t *left, const uint32_t *right, uint32_t *out, uint32_t n)
{
  uint32_t i = 0;

  for (; i + LQ_LANES <= n; i += LQ_LANES) {
    words l, r, low, high;
    memcpy (&l, left + i, sizeof l);
    memcpy (&r, right + i, sizeof r);
    low = LOW (l, r);
    high = HIGH (l, r);
    memcpy (out + 2 * i, &low, sizeof low);
    memcpy (out + 2 * i + LQ_LANES, &high, sizeof high);
  }
  for (; i < n; i++) {
    out[2 * i] = left[i];
    out[2 * i + 1] = right[i];
  }
}
