/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* To 2, 4 or 8 times the rate and back by linear-phase half-bands, for what makes harmonics in
 * between. Flat within 0.01 dB to 0.43 of the rate, from 47 kHz on to 0.41 of it; what would fold from
 * 0.57 (0.59) of it on is down by 71 dB, in later stages by 90. Layer: primitives.
 *
 * The fast stream is never woven: it is `factor` planes, of which plane m holds the values m/factor
 * of a frame behind the frames. A block of n ≤ LQ_OVERSAMPLE_BLOCK frames of a channel:
 *   write n frames to lq_oversample_in; lq_oversample_up; for each m shape
 *   lq_oversample_fast (m), n values, into lq_oversample_shaped (m); lq_oversample_down.
 * The shaper may read `reach` values of each fast plane (told in prepare) behind the n, and
 * LQ_OVERSAMPLE_BEFORE before. Result: the same bits however cut. */

#ifndef LQ_OVERSAMPLE_H
#define LQ_OVERSAMPLE_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/stream.h"

#define LQ_OVERSAMPLE_BLOCK 256
#define LQ_OVERSAMPLE_BEFORE 8
#define LQ_OVERSAMPLE_STAGES 3
#define LQ_OVERSAMPLE_MAX (1 << LQ_OVERSAMPLE_STAGES)

/* A plane that remembers: where it stands in a channel's memory, and by how many frames its
 * newest value is behind the newest frame of input. */
struct lq_oversample_plane {
  uint32_t at, lag;
};

/* Places of the values that a filter takes for its frame 0, and of that result. */
struct lq_oversample_route {
  uint32_t a[LQ_FOLD_PAIRS], b[LQ_FOLD_PAIRS], middle, to;
};

typedef struct lq_oversample {
  const struct lq_kernels *kernels;
  uint32_t channels, factor, stages, latency;
  uint32_t pairs[LQ_OVERSAMPLE_STAGES];
  uint32_t planes; /* of a channel */
  float *memory;   /* channels × planes */
  float up[LQ_OVERSAMPLE_STAGES][LQ_FOLD_PAIRS];
  float down[LQ_OVERSAMPLE_STAGES][LQ_FOLD_PAIRS]; /* half of it */
  struct lq_oversample_plane fast[LQ_OVERSAMPLE_MAX], shaped[LQ_OVERSAMPLE_MAX];
  /* Where filters find their pairs, from a channel's memory on: up to the value half-way, and down,
   * by stage and place. */
  struct lq_oversample_route up_from[LQ_OVERSAMPLE_STAGES][LQ_OVERSAMPLE_MAX / 2];
  struct lq_oversample_route down_from[LQ_OVERSAMPLE_STAGES][LQ_OVERSAMPLE_MAX / 2];
  /* On the way down: planes of the stages between, by stage and place. */
  struct lq_oversample_plane between[LQ_OVERSAMPLE_STAGES][LQ_OVERSAMPLE_MAX / 2];
} lq_oversample;

/* factor 1, 2, 4 or 8. False: no memory. [setup] */
bool lq_oversample_prepare (lq_oversample *o, const lq_stream *stream, uint32_t factor,
    uint32_t reach, lq_arena *arena);
void lq_oversample_reset (lq_oversample *o); /* [rt] */

float *lq_oversample_in (const lq_oversample *o, uint32_t c);                     /* [rt] */
void lq_oversample_up (lq_oversample *o, uint32_t c, uint32_t n);                 /* [rt] */
const float *lq_oversample_fast (const lq_oversample *o, uint32_t c, uint32_t m); /* [rt] */
float *lq_oversample_shaped (const lq_oversample *o, uint32_t c, uint32_t m);     /* [rt] */

/* n frames out; moves the channel on by n. [rt] */
void lq_oversample_down (lq_oversample *o, uint32_t c, float *out, uint32_t n);

/* In place of it where nothing but 0 has been shaped for LQ_OVERSAMPLE_HISTORY frames, and now: what
 * would come out is 0. [rt] */
#define LQ_OVERSAMPLE_HISTORY 64
void lq_oversample_skip (lq_oversample *o, uint32_t c, uint32_t n);

/* From in to out, frames. [any] */
static inline uint32_t
lq_oversample_latency (const lq_oversample *o)
{
  return o->latency;
}

#endif
