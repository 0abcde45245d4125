/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Delay by a fraction of a sample: a short FIR, designed for each delay. Layer: primitives.
 *
 * From LQ_FRACTION_CLEAN frames of delay on the response is within 0.05 dB of flat to 0.83 of
 * Nyquist (20 kHz at 48 kHz); a shorter one has too few samples on its near side: within 0.8 dB
 * there. */

#ifndef LQ_FRACTION_H
#define LQ_FRACTION_H

#include "../base/arena.h"

#include <stdint.h>

#define LQ_FRACTION_TAPS 32
#define LQ_FRACTION_CLEAN 5.0

typedef struct lq_fraction {
  double *factor; /* Cholesky factor of the normal equations, taps × taps, lower, row by row */
} lq_fraction;

/* False: no memory. [setup] */
bool lq_fraction_prepare (lq_fraction *u, lq_arena *arena);

/* Taps of the FIR that delays by `delay` frames (≥ 0); returns how many whole frames to delay
 * before it. About 2000 multiplications. [rt] */
uint32_t lq_fraction_design (const lq_fraction *u, double delay, float taps[LQ_FRACTION_TAPS]);

/* out[i] = Σ taps[k]·x[i + LQ_FRACTION_TAPS − 1 − k]; x holds n + LQ_FRACTION_TAPS − 1 frames,
 * and may not overlap out. [rt] */
void lq_fraction_apply (
    const float taps[LQ_FRACTION_TAPS], const float *x, float *out, uint32_t n);

#endif
