/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Taps that tell a value between two samples, and what such a value can be at the most.
 * Layer: primitives. */

#ifndef LQ_INTERP_H
#define LQ_INTERP_H

#include <stdint.h>

/* A Kaiser-windowed sinc: h[k], k = 0 … n − 1, n even, is the weight of x[i − (n/2 − 1) + k] in
 * the value `phase` (0 to 1) of the way from x[i] to x[i + 1]. Their sum is 1, as every phase
 * shall read a constant alike. [setup] */
void lq_interp_design (double *h, uint32_t n, double phase, double beta);

/* Raises the bound |y| ≤ near·max(|x[i]|, |x[i + 1]|) + curve·max|Δ²x| to what holds for such
 * taps, Δ²x over all n frames but the outermost. Both begin at 0; rounding in floats is allowed
 * for. [setup] */
void lq_interp_bound (const double *h, uint32_t n, double phase, double *near, double *curve);

#endif
