/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A delay line over any number of channels, written and read by the block. What lies before the
 * last reset reads as silence, without the line being cleared. Layer: primitives. */

#ifndef LQ_LINE_H
#define LQ_LINE_H

#include "../base/arena.h"
#include "../base/stream.h"

typedef struct lq_line {
  float *ring; /* channels × size */
  uint32_t size;
  struct {
    uint32_t at;    /* where frame 0 of the current block goes */
    uint32_t valid; /* frames before it that hold audio, at most size */
  } z;
} lq_line;

/* Memory for lags of up to max_lag frames before any frame of a block. False: none. [setup] */
bool lq_line_prepare (lq_line *line, uint32_t channels, uint32_t max_lag, lq_arena *arena);

/* Forgets everything. [rt] */
void lq_line_reset (lq_line *line);

/* Stores the current block of channel c, at most LQ_BLOCK frames. [rt] */
void lq_line_write (lq_line *line, uint32_t c, const float *x, uint32_t n);

/* n frames of channel c from `lag` frames before the current block's first on; reads what was
 * written of the current block too. lag ≤ max_lag. [rt] */
void lq_line_read (const lq_line *line, uint32_t c, uint32_t lag, float *out, uint32_t n);

/* Where the frames from `lag` before the current block's first on lie, to be worked on in place; n is lowered
 * to as many as lie together. What was before a reset isn't silent there, unless it was cleared. [rt] */
float *lq_line_place (const lq_line *line, uint32_t c, uint32_t lag, uint32_t *n);

/* Forgets everything, and writes silence. [rt] */
void lq_line_clear (lq_line *line, uint32_t channels);

/* The current block, of n frames, is over. [rt] */
void lq_line_advance (lq_line *line, uint32_t n);

#endif
