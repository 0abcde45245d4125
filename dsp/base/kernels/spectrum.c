/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: transforms and sums of spectra that give the same bits on every CPU.
 *
 * The passes of fft.c once more, and products of spectra in planes, none of it contracted to fused
 * operations, in the order in which every variant has it: a lane each bin. A filter of the whole
 * programme is heard alone, where a reverb lies under what it came from. */

#include "kernels-isa.h"

#include <stdbool.h>
#include <string.h>

#define fft_pass fft_pass_exact
#define fft_last fft_last_exact
#define LQ_FFT_PASSES_ONLY
#include "fft.c"

/* Vectors of bins at a time. */
#define VECTORS (LQ_LANES == 16 ? 1 : 2)

/* VECTORS vectors of bins from `at` on. */
INLINE void
sum_bins (float *sum, const float *const *x, const float *const *h, uint32_t parts, size_t at,
    size_t gap, uint32_t fresh)
{
  lq_wide rr[2] = { { 0 } }, ii[2] = { { 0 } }, ri[2] = { { 0 } }, ir[2] = { { 0 } };

  for (uint32_t p = 0; p < parts; p++) {
    const float *a = x[p] + at, *b = h[p] + at;
    for (int v = 0; v < VECTORS; v++) {
      const lq_wide ar = load (a + v * LQ_LANES), ai = load (a + gap + v * LQ_LANES);
      const lq_wide br = load (b + v * LQ_LANES), bi = load (b + gap + v * LQ_LANES);
      rr[v] += ar * br;
      ii[v] += ai * bi;
      ri[v] += ar * bi;
      ir[v] += ai * br;
    }
  }
  for (int v = 0; v < VECTORS; v++) {
    float *re = sum + at + v * LQ_LANES, *im = re + gap;
    const lq_wide real = rr[v] - ii[v], imaginary = ri[v] + ir[v];
    store (re, fresh ? real : load (re) + real);
    store (im, fresh ? imaginary : load (im) + imaginary);
  }
}

void
LQ_KERNEL (mac_apart) (float *sum, const float *const *x, const float *const *h, uint32_t parts,
    uint32_t bins, uint32_t gap, uint32_t fresh)
{
  for (uint32_t i = 0; i < bins; i += (uint32_t)(VECTORS * LQ_LANES))
    sum_bins (sum, x, h, parts, i, gap, fresh);
}
