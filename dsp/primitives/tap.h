/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What sounded of a signal in its last frames, for others to read: a ring in which each frame has
 * its place by its number. Layer: primitives. */

#ifndef LQ_TAP_H
#define LQ_TAP_H

#include "../base/arena.h"
#include "../base/stream.h"

typedef struct lq_tap {
  float *ring; /* channels × size; NULL: there is none */
  uint32_t channels, size;
} lq_tap;

/* Silence; the last `lag` frames before a block of LQ_BLOCK stay. False: no memory. [setup] */
bool lq_tap_prepare (lq_tap *u, uint32_t channels, uint32_t lag, lq_arena *arena);

/* Frames `at` and on, at most LQ_BLOCK; ch NULL: silence. [rt] */
void lq_tap_write (lq_tap *u, uint64_t at, float *const *ch, uint32_t frames);

/* out += gain × channel c from frame `at` on. [rt] */
void lq_tap_add (
    const lq_tap *u, uint32_t c, uint64_t at, float gain, float *out, uint32_t frames);

#endif
