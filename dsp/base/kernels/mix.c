/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: many signals into one sum of doubles. The variants give the same bits. */

#include "kernels-isa.h"

void
LQ_KERNEL (mix) (double *restrict sum, const float *restrict x, double gain, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    sum[i] += (double)x[i] * gain;
}

void
LQ_KERNEL (mix_curve) (
    double *restrict sum, const float *restrict x, const float *restrict curve, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    sum[i] += (double)x[i] * (double)curve[i];
}
