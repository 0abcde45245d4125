/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Planes to interleaved frames and back, bit for bit: nothing is computed. Layer: primitives. */

#ifndef LQ_INTERLEAVE_H
#define LQ_INTERLEAVE_H

#include "../base/kernels.h"
#include "../base/stream.h"

/* At most LQ_CHANNELS_MAX channels. in[frame × channels + c] goes to planes[c][frame]; they may not overlap. True where a sample is bad:
 * NaN, infinite or above LQ_SCRUB_LIMIT. [rt] */
bool lq_deinterleave (const struct lq_kernels *kernels, const float *in, float *const *planes,
    uint32_t channels, uint32_t frames);

/* planes[c][frame] goes to out[frame × channels + c]; they may not overlap. [rt] */
void lq_interleave (const struct lq_kernels *kernels, const float *const *planes, float *out,
    uint32_t channels, uint32_t frames);

/* The same of integers. [rt] */
void lq_interleave_words (const struct lq_kernels *kernels, const int32_t *const *planes,
    int32_t *out, uint32_t channels, uint32_t frames);

#endif
