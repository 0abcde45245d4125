/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps what isn't audio away from filter states: the seam scrubs every input. Layer: primitives. */

#ifndef LQ_SCRUB_H
#define LQ_SCRUB_H

#include "../base/kernels.h"

/* In place: NaN and infinity become 0, magnitudes above LQ_SCRUB_LIMIT are clamped to it.
 * Returns how many samples were changed. [rt] */
uint64_t lq_scrub (
    const struct lq_kernels *kernels, float *const *ch, uint32_t channels, uint32_t frames);

#endif
