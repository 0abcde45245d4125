/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: convolution, of short taps directly and of spectra.
 *
 *   fir: out[i] += Σ taps[k]·x[i − k], a lane each frame; even and odd taps apart
 *   mac: sum[bin] += Σ x[part][bin]·h[part][bin], a lane each bin; four real sums each, which
 *        are put together at the end
 *
 * Sums apart, so that one multiply-add needn't wait for the one before. A value comes out the
 * same wherever it lies in a call. */

#include "kernels-isa.h"

#include <string.h>

#define INLINE static inline __attribute__ ((always_inline))
#define BLOCK LQ_SPECTRUM_BLOCK

/* Vectors of bins at a time, so that four sums of each stay in registers. */
#define MAC_VECTORS (LQ_LANES == 16 ? 1 : 2)

INLINE lq_wide
load (const float *x)
{
  lq_wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

INLINE void
store (float *x, lq_wide v)
{
  memcpy (x, &v, sizeof v);
}

/* `vectors` vectors of frames at x. */
INLINE void
fir_frames (const float *taps, uint32_t n_taps, const float *x, float *out, int vectors)
{
  lq_wide even[4] = { { 0 } }, odd[4] = { { 0 } };

  for (uint32_t k = n_taps; k > 0; k -= 2) {
    const float a = taps[k - 2], b = taps[k - 1];
    const float *at = x - (k - 2);
    for (int v = 0; v < vectors; v++) {
      even[v] += a * load (at + v * LQ_LANES);
      odd[v] += b * load (at + v * LQ_LANES - 1);
    }
  }
  for (int v = 0; v < vectors; v++)
    store (out + v * LQ_LANES, load (out + v * LQ_LANES) + (odd[v] + even[v]));
}

void
LQ_KERNEL (fir) (const float *taps, uint32_t n_taps, const float *x, float *out, uint32_t n)
{
  uint32_t i = 0;

  for (; i + 4 * LQ_LANES <= n; i += 4 * (uint32_t)LQ_LANES)
    fir_frames (taps, n_taps, x + i, out + i, 4);
  for (; i < n; i += (uint32_t)LQ_LANES)
    fir_frames (taps, n_taps, x + i, out + i, 1);
}

/* MAC_VECTORS vectors of bins at `at`. */
INLINE void
mac_bins (float *sum, const float *const *x, const float *const *h, uint32_t parts, size_t at,
    uint32_t fresh)
{
  lq_wide rr[2] = { { 0 } }, ii[2] = { { 0 } }, ri[2] = { { 0 } }, ir[2] = { { 0 } };

  for (uint32_t p = 0; p < parts; p++) {
    const float *a = x[p] + at, *b = h[p] + at;
    for (int v = 0; v < MAC_VECTORS; v++) {
      const lq_wide ar = load (a + v * LQ_LANES), ai = load (a + BLOCK + v * LQ_LANES);
      const lq_wide br = load (b + v * LQ_LANES), bi = load (b + BLOCK + v * LQ_LANES);
      rr[v] += ar * br;
      ii[v] += ai * bi;
      ri[v] += ar * bi;
      ir[v] += ai * br;
    }
  }
  for (int v = 0; v < MAC_VECTORS; v++) {
    float *re = sum + at + v * LQ_LANES, *im = re + BLOCK;
    const lq_wide real = rr[v] - ii[v], imaginary = ri[v] + ir[v];
    store (re, fresh ? real : load (re) + real);
    store (im, fresh ? imaginary : load (im) + imaginary);
  }
}

void
LQ_KERNEL (mac) (float *sum, const float *const *x, const float *const *h, uint32_t parts,
    uint32_t bins, uint32_t fresh, uint32_t real)
{
  float low = fresh || !real ? 0.0f : sum[0], high = fresh || !real ? 0.0f : sum[BLOCK];

  for (uint32_t k = 0; k < bins; k += BLOCK)
    for (uint32_t i = 0; i < BLOCK; i += (uint32_t)(MAC_VECTORS * LQ_LANES))
      mac_bins (sum, x, h, parts, 2 * (size_t)k + i, fresh);
  if (!real)
    return;
  for (uint32_t p = 0; p < parts; p++) {
    low += x[p][0] * h[p][0];
    high += x[p][BLOCK] * h[p][BLOCK];
  }
  sum[0] = low;
  sum[BLOCK] = high;
}
