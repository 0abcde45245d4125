/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: energy and correlation of signals. A product of two floats is exact in double, so all
 * variants make the same bits; a lane for each frame modulo LQ_PRODUCT_LANES, counted by the
 * caller's phase, makes them independent of where a block was cut. */

#include "kernels-isa.h"

#include <string.h>

#define LANES LQ_PRODUCT_LANES
_Static_assert(LANES == 8, "two vectors of four");

/* x[i]·y[i], i = 0 … 3. */
static inline lq_v4d
four (const float *x, const float *y)
{
  const lq_v4d a = { x[0], x[1], x[2], x[3] }, b = { y[0], y[1], y[2], y[3] };

  return a * b;
}

void
LQ_KERNEL (product) (const float *x, const float *y, uint32_t n, uint32_t phase, double *lanes)
{
  lq_v4d low, high;
  uint32_t i = 0;

  for (; i < n && (phase + i) % LANES != 0; i++)
    lanes[(phase + i) % LANES] += (double)x[i] * y[i];
  memcpy (&low, lanes, sizeof low);
  memcpy (&high, lanes + LANES / 2, sizeof high);
  for (; i + LANES <= n; i += LANES) {
    low += four (x + i, y + i);
    high += four (x + i + LANES / 2, y + i + LANES / 2);
  }
  memcpy (lanes, &low, sizeof low);
  memcpy (lanes + LANES / 2, &high, sizeof high);
  for (uint32_t k = 0; i < n; i++, k++)
    lanes[k] += (double)x[i] * y[i];
}
