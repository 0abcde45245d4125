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

/* Four frames at once to all three sums. */
static inline void
all_three (const float *x, const float *y, lq_v4d *xx, lq_v4d *yy, lq_v4d *xy)
{
  const lq_v4d a = { x[0], x[1], x[2], x[3] }, b = { y[0], y[1], y[2], y[3] };

  *xx += a * a;
  *yy += b * b;
  *xy += a * b;
}

static inline void
one_frame (double x, double y, double *xx, double *yy, double *xy)
{
  *xx += x * x;
  *yy += y * y;
  *xy += x * y;
}

void
LQ_KERNEL (products) (const float *x, const float *y, uint32_t n, uint32_t phase, double *xx,
    double *yy, double *xy)
{
  lq_v4d sums[3][2];
  uint32_t i = 0, k = phase % LANES;

  for (; i < n && k % LANES != 0; i++, k++)
    one_frame (x[i], y[i], xx + k, yy + k, xy + k);
  memcpy (sums[0], xx, sizeof sums[0]);
  memcpy (sums[1], yy, sizeof sums[1]);
  memcpy (sums[2], xy, sizeof sums[2]);
  for (; i + LANES <= n; i += LANES)
    for (int h = 0; h < 2; h++)
      all_three (x + i + 4 * h, y + i + 4 * h, &sums[0][h], &sums[1][h], &sums[2][h]);
  memcpy (xx, sums[0], sizeof sums[0]);
  memcpy (yy, sums[1], sizeof sums[1]);
  memcpy (xy, sums[2], sizeof sums[2]);
  for (k = 0; i < n; i++, k++)
    one_frame (x[i], y[i], xx + k, yy + k, xy + k);
}
