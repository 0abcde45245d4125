/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Delay lines side by side that are read and written in place: where a step of up to LQ_HOP frames
 * lies is told as a pointer, and it lies there in one piece. What lies before the last reset reads as
 * silence, without the lines ever being cleared. Layer: primitives. */

#ifndef LQ_RING_H
#define LQ_RING_H

#include "../base/arena.h"
#include "../base/stream.h"

typedef struct lq_ring {
  float *memory;
  uint32_t lines, size, stride;
  struct {
    uint32_t at;    /* where frame 0 of the current step goes */
    uint32_t valid; /* frames before it that hold audio, at most size */
  } z;
} lq_ring;

/* Lags of up to max_lag frames before any frame of a step. False: no memory. [setup] */
bool lq_ring_prepare (lq_ring *ring, uint32_t lines, uint32_t max_lag, lq_arena *arena);

/* Forgets everything. [rt] */
void lq_ring_reset (lq_ring *ring);

/* Where the current step of a line is written: up to LQ_HOP frames, of which those behind the
 * step may hold anything. [rt] */
static inline float *
lq_ring_place (const lq_ring *ring, uint32_t line)
{
  return ring->memory + (size_t)line * ring->stride + ring->z.at;
}

/* Of lq_ring_wrote: a step that touches an end of the line. [rt] */
void lq_ring_repeat (lq_ring *ring, uint32_t line, uint32_t n);

/* The step of n frames has been written. [rt] */
static inline void
lq_ring_wrote (lq_ring *ring, uint32_t line, uint32_t n)
{
  if (ring->z.at < LQ_HOP || ring->z.at + n > ring->size)
    lq_ring_repeat (ring, line, n);
}

extern const float lq_ring_silence[LQ_HOP];

/* The step as it was `lag` frames ago, 0 … max_lag; where lag is less than n, wrote comes first.
 * LQ_HOP frames may be read, n count. [rt] */
static inline const float *
lq_ring_past (const lq_ring *ring, uint32_t line, uint32_t lag, uint32_t n)
{
  const uint32_t at = ring->z.at;

  if (lag >= ring->z.valid + n)
    return lq_ring_silence;
  return ring->memory + (size_t)line * ring->stride +
         (at >= lag ? at - lag : at + ring->size - lag);
}

/* The step, of n frames, is over in all lines. [rt] */
void lq_ring_advance (lq_ring *ring, uint32_t n);

#endif
