/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* FFT of complex floats on planes of real and imaginary parts, X[k] = Σ x[n]·e^(−j2πkn/N), in the
 * natural order both ways, whole or pass by pass. Two real signals go through it as one: left as
 * the real part, right as the imaginary one (kernels fft_part, fft_join). Layer: primitives. */

#ifndef LQ_FFT_H
#define LQ_FFT_H

#include "../base/arena.h"
#include "../base/kernels.h"

#include <stdbool.h>
#include <stdint.h>

#define LQ_FFT_MIN 64
#define LQ_FFT_MAX 262144 /* 2^18 */
#define LQ_FFT_PASSES 9   /* of the longest */

/* Planes of a power of two values fall on the same lines of a cache; this many more, floats,
 * between one and the next, and they don't. */
#define LQ_FFT_STAGGER 48

typedef struct lq_fft {
  const struct lq_kernels *kernels;
  uint32_t size;
  uint32_t passes;
  struct lq_fft_pass pass[LQ_FFT_PASSES];
} lq_fft;

/* `size` is a power of two. False: no memory, or no such size. [setup] */
bool lq_fft_prepare (lq_fft *u, uint32_t size, lq_arena *arena);

/* Floats of scratch. [any] */
static inline size_t
lq_fft_scratch (const lq_fft *u)
{
  return 2 * ((size_t)u->size + LQ_FFT_STAGGER);
}

/* In place. [rt] */
void lq_fft_forward (const lq_fft *u, float *re, float *im, float *scratch);

/* In place, `size` times too large. [rt] */
static inline void
lq_fft_inverse (const lq_fft *u, float *re, float *im, float *scratch)
{
  lq_fft_forward (u, im, re, scratch);
}

/* What a pass reads of planes that follow one another. [rt] */
static inline struct lq_fft_runs
lq_fft_runs (const lq_fft *u, const float *re, const float *im)
{
  const size_t q = u->size / 4;

  return (struct lq_fft_runs){ { re, re + q, re + 2 * q, re + 3 * q },
    { im, im + q, im + 2 * q, im + 3 * q } };
}

#endif
