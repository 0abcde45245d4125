/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A signal that breaks off, and one that is suddenly there, without a click. Layer: primitives.
 *
 * Behind the break the last samples go on backwards and upside down, −x(−t), fading out, and so does
 * what that lacks to be continuous, 2·x(0): value and slope go on as they were. */

#ifndef LQ_PATCH_H
#define LQ_PATCH_H

#include <stdint.h>

/* out[i] += what sounds `first` + i frames behind the break, of `length` in all. `last`: `known` ≥ 1
 * samples before it, in order. [rt] */
void lq_patch_tail (
    const float *last, uint32_t known, uint32_t length, uint32_t first, float *out, uint32_t n);

/* x[i] × a curve from 0 to 1 over `length` frames, of which x[0] is frame `first`. [rt] */
void lq_patch_rise (uint32_t length, uint32_t first, float *x, uint32_t n);

#endif
