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
  /* No array: where such a one would lie in memory its alignment isn't sure. */
  lq_v4d xx0, xx1, yy0, yy1, xy0, xy1;
  uint32_t i = 0, k = phase % LANES;

  for (; i < n && k % LANES != 0; i++, k++)
    one_frame (x[i], y[i], xx + k, yy + k, xy + k);
  memcpy (&xx0, xx, sizeof xx0);
  memcpy (&xx1, xx + LANES / 2, sizeof xx1);
  memcpy (&yy0, yy, sizeof yy0);
  memcpy (&yy1, yy + LANES / 2, sizeof yy1);
  memcpy (&xy0, xy, sizeof xy0);
  memcpy (&xy1, xy + LANES / 2, sizeof xy1);
  for (; i + LANES <= n; i += LANES) {
    all_three (x + i, y + i, &xx0, &yy0, &xy0);
    all_three (x + i + LANES / 2, y + i + LANES / 2, &xx1, &yy1, &xy1);
  }
  memcpy (xx, &xx0, sizeof xx0);
  memcpy (xx + LANES / 2, &xx1, sizeof xx1);
  memcpy (yy, &yy0, sizeof yy0);
  memcpy (yy + LANES / 2, &yy1, sizeof yy1);
  memcpy (xy, &xy0, sizeof xy0);
  memcpy (xy + LANES / 2, &xy1, sizeof xy1);
  for (k = 0; i < n; i++, k++)
    one_frame (x[i], y[i], xx + k, yy + k, xy + k);
}
