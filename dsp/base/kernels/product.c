/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: energy and correlation of signals. A product of two floats is exact in double, so all
 * variants make the same bits; a lane for each frame modulo LQ_PRODUCT_LANES, counted by the
 * caller's phase, makes them independent of where a block was cut. */

#include "kernels-isa.h"

#define LANES LQ_PRODUCT_LANES

void
LQ_KERNEL (product) (const float *x, const float *y, uint32_t n, uint32_t phase, double *lanes)
{
  double sum[LANES];
  uint32_t i = 0;

  for (; i < n && (phase + i) % LANES != 0; i++)
    lanes[(phase + i) % LANES] += (double)x[i] * y[i];
  for (int k = 0; k < LANES; k++)
    sum[k] = lanes[k];
  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++)
      sum[k] += (double)x[i + k] * y[i + k];
  for (int k = 0; k < LANES; k++)
    lanes[k] = sum[k];
  for (uint32_t k = 0; i < n; i++, k++)
    lanes[k] += (double)x[i] * y[i];
}
