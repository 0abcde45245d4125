/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A signal that breaks off, and one that is suddenly there, without a click. Layer: primitives.
 *
 * Behind the break the signal goes on as its last samples predict, and fades out meanwhile: tones stay
 * tones. */

#ifndef LQ_PATCH_H
#define LQ_PATCH_H

#include <stdint.h>

/* Most samples that are looked at. */
#define LQ_PATCH_MOST 1024

/* `length` samples behind the break; `last`: `known` ≥ 1 samples before it, in order, of which
 * LQ_PATCH_MOST count. Costs as much as 70 filter steps a sample known. [rt] */
void lq_patch_tail (const float *last, uint32_t known, float *tail, uint32_t length);

/* x[i] × a curve from 0 to 1 over `length` frames, of which x[0] is frame `first`. [rt] */
void lq_patch_rise (uint32_t length, uint32_t first, float *x, uint32_t n);

#endif
