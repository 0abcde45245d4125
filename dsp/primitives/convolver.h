/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Convolution with impulse responses of any length, no frame late: all work is done by the thread
 * that processes, at much the same cost each hop. Layer: primitives.
 *
 * What comes out depends on the frames since the reset alone, not on how they were cut. Partitions
 * of taps that are all 0 cost nothing. Memory: about 8.3 bytes a tap of each response that is
 * another one, and as much a tap of the longest response for each input; besides some 60 bytes a
 * frame of the longest partition (convolver-plan.c), and 36 for each channel. */

#ifndef LQ_CONVOLVER_H
#define LQ_CONVOLVER_H

#include "../base/stream.h"

#include <stddef.h>

/* output += input ∗ taps. Paths that name the same taps share their memory. */
struct lq_convolver_path {
  uint32_t input, output;
  const float *taps; /* read by lq_convolver_new only */
  uint32_t n_taps;
};

typedef struct lq_convolver lq_convolver;

/* One in memory of its own, reset; NULL: there is not enough, or a number is out of range (1 to
 * LQ_CHANNELS_MAX inputs and outputs, and paths between these). It may be made by one thread and
 * be used by another. [setup] */
lq_convolver *lq_convolver_new (
    uint32_t inputs, uint32_t outputs, const struct lq_convolver_path *paths, uint32_t n_paths);

/* The same, NULL too where it would take more than `limit` bytes; 0: any. [setup] */
lq_convolver *lq_convolver_new_within (uint32_t inputs, uint32_t outputs,
    const struct lq_convolver_path *paths, uint32_t n_paths, size_t limit);

/* u may be NULL. [setup] */
void lq_convolver_free (lq_convolver *u);

/* Forgets everything; the cost doesn't depend on the taps. [rt] */
void lq_convolver_reset (lq_convolver *u);

/* n frames that lie within one hop, phase + n ≤ LQ_HOP; phase: frames since the last point of the
 * grid, which is counted from the reset, without a gap. Planes of `out` may be those of `in`.
 * Samples must be finite: what isn't stays for as long as the response. [rt] */
void lq_convolver_process (
    lq_convolver *u, const float *const *in, float *const *out, uint32_t phase, uint32_t n);

/* Taps of the longest path. [any] */
uint32_t lq_convolver_frames (const lq_convolver *u);

/* Memory it holds, bytes. [any] */
size_t lq_convolver_bytes (const lq_convolver *u);

#endif
