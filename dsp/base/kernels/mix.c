/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: many signals into one sum of doubles, the same in whatever order they are added: every
 * part is rounded to a multiple of 2^-44, and below 512 sums of these are exact. Adding a number
 * whose last bit is that multiple, and taking it away again, rounds. The variants give the same
 * bits. */

#include "kernels-isa.h"

#define GRID 384.0 /* 1.5·2^8: its last bit is 2^-44 */

void
LQ_KERNEL (mix) (double *restrict sum, const float *restrict x, double gain, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    sum[i] += (double)x[i] * gain + GRID - GRID;
}

void
LQ_KERNEL (mix_curve) (
    double *restrict sum, const float *restrict x, const float *restrict curve, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    sum[i] += (double)x[i] * (double)curve[i] + GRID - GRID;
}
