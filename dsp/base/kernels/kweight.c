/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: K-weighting of two channels and the energy of the result.
 *
 *   x → v = x + b1·x1 + b2·x2 − a1·v1 − a2·v2 → y = v − 2·v1 + v2 − c1·y1 − c2·y2 → Σ y²
 *
 * Direct form I: what comes back within a sample is one product and one difference, a third
 * less than in transposed form II. The sum goes frame by frame, so that it doesn't depend on
 * where a block was cut. */

#include "kernels-isa.h"

#include <string.h>

static inline lq_v2d
both (double x)
{
  return (lq_v2d){ x, x };
}

static inline lq_v2d
get (const double x[2])
{
  lq_v2d v;

  memcpy (&v, x, sizeof v);
  return v;
}

static inline void
put (double x[2], lq_v2d v)
{
  memcpy (x, &v, sizeof v);
}

void
LQ_KERNEL (kweight) (const struct lq_kweight_taps *taps, struct lq_kweight_pair *pair,
    const float *left, const float *right, uint32_t n)
{
  const lq_v2d b1 = both (taps->b1), b2 = both (taps->b2), a1 = both (taps->a1),
               a2 = both (taps->a2), c1 = both (taps->c1), c2 = both (taps->c2);
  lq_v2d x1 = get (pair->x1), x2 = get (pair->x2), v1 = get (pair->v1), v2 = get (pair->v2),
         y1 = get (pair->y1), y2 = get (pair->y2), energy = get (pair->energy);

  for (uint32_t i = 0; i < n; i++) {
    const lq_v2d x = { left[i], right[i] };
    const lq_v2d v = ((x + b1 * x1 + b2 * x2) - a2 * v2) - a1 * v1;
    const lq_v2d y = ((v - (v1 + v1) + v2) - c2 * y2) - c1 * y1;
    energy += y * y;
    x2 = x1;
    x1 = x;
    v2 = v1;
    v1 = v;
    y2 = y1;
    y1 = y;
  }
  put (pair->x1, x1);
  put (pair->x2, x2);
  put (pair->v1, v1);
  put (pair->v2, v2);
  put (pair->y1, y1);
  put (pair->y2, y2);
  put (pair->energy, energy);
}
