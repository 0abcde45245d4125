/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: convolution, of short taps directly and of spectra.
 *
 *   fir: out[i] = Σ bases + Σ taps[k]·x[i − k], a lane each frame; even and odd taps apart
 *   mac: sum[bin] += Σ x[part][bin]·h[part][bin], a lane each bin; four real sums each, which
 *        are put together at the end
 *
 *   mac_apart: the same of planes
 *   mac_two: the same for two sums, which costs half the memory traffic
 *
 * Sums apart, so that one multiply-add needn't wait for the one before. A value comes out the
 * same wherever it lies in a call. */

#include "kernels-isa.h"

#include <stdbool.h>
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

/* v in a register: else gcc, where two instructions need it, loads it twice. */
#if defined(__SSE2__)
#define HELD(v) __asm__("" : "+v"(v))
#else
#define HELD(v) ((void)0)
#endif

/* Frames of x that are loaded together serve FIR_TURN taps, a vector's lanes apart, of as many
 * vectors of results; sums of odd and even ones apart. */
#define FIR_TURN 4

/* Taps k, k + LQ_LANES … of `vectors` vectors of frames at x. */
INLINE void
fir_turn (const float *taps, const float *x, lq_wide (*sums)[2], int vectors)
{
  lq_wide tap[FIR_TURN];

  for (int m = 0; m < FIR_TURN; m++)
    tap[m] = taps[m * LQ_LANES] - (lq_wide){ 0 };
  for (int j = 1 - FIR_TURN; j < vectors; j++) {
    const lq_wide now = load (x + j * LQ_LANES);
    for (int v = 0; v < vectors; v++)
      if (v - j >= 0 && v - j < FIR_TURN)
        sums[v][(v - j) % 2] += tap[v - j] * now;
  }
}

/* `vectors` vectors of frames from `at` on. */
INLINE void
fir_frames (const float *taps, const float *x, const float *const *bases, uint32_t n_bases,
    float *out, uint32_t at, int vectors)
{
  lq_wide sums[FIR_TURN][2] = { { { 0 } } }, base[FIR_TURN] = { { 0 } };

  for (int k = LQ_FIR_TAPS; taps && k > 0; k -= FIR_TURN * LQ_LANES)
    for (int r = LQ_LANES; r > 0; r--) {
      const int first = k - FIR_TURN * LQ_LANES + r - 1;
      fir_turn (taps + first, x + at - first, sums, vectors);
    }
  for (uint32_t b = 0; b < n_bases; b++)
    for (int v = 0; v < vectors; v++)
      base[v] += load (bases[b] + at + v * LQ_LANES);
  for (int v = 0; v < vectors; v++)
    store (out + at + v * LQ_LANES, base[v] + (sums[v][1] + sums[v][0]));
}

void
LQ_KERNEL (fir) (const float *taps, const float *x, const float *const *bases, uint32_t n_bases,
    float *out, uint32_t n)
{
  uint32_t i = 0;

  for (; i + 4 * LQ_LANES <= n; i += 4 * (uint32_t)LQ_LANES)
    fir_frames (taps, x, bases, n_bases, out, i, 4);
  for (; i < n; i += (uint32_t)LQ_LANES)
    fir_frames (taps, x, bases, n_bases, out, i, 1);
}

/* MAC_VECTORS vectors of bins at `at`. */
INLINE void
mac_bins (float *sum, const float *const *x, const float *const *h, uint32_t parts, size_t at,
    size_t gap, uint32_t fresh)
{
  lq_wide rr[2] = { { 0 } }, ii[2] = { { 0 } }, ri[2] = { { 0 } }, ir[2] = { { 0 } };

  for (uint32_t p = 0; p < parts; p++) {
    const float *a = x[p] + at, *b = h[p] + at;
    for (int v = 0; v < MAC_VECTORS; v++) {
      lq_wide ar = load (a + v * LQ_LANES), ai = load (a + gap + v * LQ_LANES);
      lq_wide br = load (b + v * LQ_LANES), bi = load (b + gap + v * LQ_LANES);
      HELD (ar);
      HELD (ai);
      HELD (br);
      HELD (bi);
      rr[v] += ar * br;
      ii[v] += ai * bi;
      ri[v] += ar * bi;
      ir[v] += ai * br;
    }
  }
  for (int v = 0; v < MAC_VECTORS; v++) {
    float *re = sum + at + v * LQ_LANES, *im = re + gap;
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
      mac_bins (sum, x, h, parts, 2 * (size_t)k + i, BLOCK, fresh);
  if (!real)
    return;
  for (uint32_t p = 0; p < parts; p++) {
    low += x[p][0] * h[p][0];
    high += x[p][BLOCK] * h[p][BLOCK];
  }
  sum[0] = low;
  sum[BLOCK] = high;
}

void
LQ_KERNEL (mac_apart) (float *sum, const float *const *x, const float *const *h, uint32_t parts,
    uint32_t bins, uint32_t gap, uint32_t fresh)
{
  for (uint32_t i = 0; i < bins; i += (uint32_t)(MAC_VECTORS * LQ_LANES))
    mac_bins (sum, x, h, parts, i, gap, fresh);
}

/* A vector of bins at `at`, for two sums at once. */
INLINE void
two_bins (float *const *sums, const float *const *x, const float *const *h,
    const float *const *next, uint32_t parts, size_t at, uint32_t fresh)
{
  lq_wide rr[2] = { { 0 } }, ii[2] = { { 0 } }, ri[2] = { { 0 } }, ir[2] = { { 0 } };

  for (uint32_t p = 0; p < parts; p++) {
    const float *const taps[] = { h[p] + at, next[p] + at };
    lq_wide ar = load (x[p] + at), ai = load (x[p] + at + BLOCK);
    HELD (ar);
    HELD (ai);
    for (int v = 0; v < 2; v++) {
      lq_wide br = load (taps[v]), bi = load (taps[v] + BLOCK);
      HELD (br);
      HELD (bi);
      rr[v] += ar * br;
      ii[v] += ai * bi;
      ri[v] += ar * bi;
      ir[v] += ai * br;
    }
  }
  for (int v = 0; v < 2; v++) {
    float *re = sums[v] + at, *im = re + BLOCK;
    const lq_wide real = rr[v] - ii[v], imaginary = ri[v] + ir[v];
    store (re, fresh ? real : load (re) + real);
    store (im, fresh ? imaginary : load (im) + imaginary);
  }
}

void
LQ_KERNEL (mac_two) (float *const *sums, const float *const *x, const float *const *h,
    const float *const *next, uint32_t parts, uint32_t bins, uint32_t fresh, uint32_t real)
{
  const bool adds = real && !fresh;
  float low[2] = { 0.0f }, high[2] = { 0.0f };

  for (int v = 0; v < 2 && adds; v++) {
    low[v] = sums[v][0];
    high[v] = sums[v][BLOCK];
  }
  for (uint32_t k = 0; k < bins; k += BLOCK)
    for (uint32_t i = 0; i < BLOCK; i += (uint32_t)LQ_LANES)
      two_bins (sums, x, h, next, parts, 2 * (size_t)k + i, fresh);
  if (!real)
    return;
  for (uint32_t p = 0; p < parts; p++) {
    low[0] += x[p][0] * h[p][0];
    low[1] += x[p][0] * next[p][0];
    high[0] += x[p][BLOCK] * h[p][BLOCK];
    high[1] += x[p][BLOCK] * next[p][BLOCK];
  }
  for (int v = 0; v < 2; v++) {
    sums[v][0] = low[v];
    sums[v][BLOCK] = high[v];
  }
}
