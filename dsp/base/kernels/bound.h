/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What kernels that look between samples share: how large samples are, and how bent the line
 * through them is. primitives/interp.c says what follows from both. */

#ifndef LQ_KERNELS_BOUND_H
#define LQ_KERNELS_BOUND_H

#include "kernels-isa.h"

#include <string.h>

static inline lq_wide
load (const float *x)
{
  lq_wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

/* max|x[i]|, i = 0 … n; or of a few before them, where they fill no vector. */
static inline float
near_max (const float *x, uint32_t n)
{
  lq_wide m = lq_wide_abs (load (x + n + 1 - LQ_LANES));

  for (uint32_t i = 0; i + LQ_LANES <= n; i += LQ_LANES)
    m = lq_wide_max (m, lq_wide_abs (load (x + i)));
  return lq_wide_largest (m);
}

static inline lq_wide
curve (const float *x)
{
  return lq_wide_abs ((load (x - 1) - load (x)) - (load (x) - load (x + 1)));
}

/* max|x[i−1] − 2x[i] + x[i+1]|, i = −reach … n + reach: all that values between frames 0 and n
 * are bent by, where they are made of reach + 2 frames on either side. */
static inline float
curve_max (const float *x, uint32_t n, uint32_t reach)
{
  const float *first = x - reach, *last = x + n + reach + 1 - LQ_LANES;
  lq_wide m = curve (last);

  for (; first < last; first += LQ_LANES)
    m = lq_wide_max (m, curve (first));
  return lq_wide_largest (m);
}

#endif
