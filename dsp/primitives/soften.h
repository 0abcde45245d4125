/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rounds what exceeds a level, oversampled. What it takes away is made at the fast rate and added to
 * the input, so that input which stays below leaves as it came, `latency` frames later (a zero's
 * sign excepted). Layer: primitives.
 *
 * With u = x / level: soft begins at LQ_SOFTEN_SOFT_KNEE and goes to 1, hard begins at 1 and goes to
 * LQ_SOFTEN_HARD_END; both have slope 1 where they begin. Shares of 0 … 1 of both, which sum to 1
 * at the most.
 *
 * Factor: 4 below 88.2 kHz, 2 below 176.4 kHz, 1 above. */

#ifndef LQ_SOFTEN_H
#define LQ_SOFTEN_H

#include "line.h"
#include "oversample.h"

#define LQ_SOFTEN_SOFT_KNEE 0.5f
#define LQ_SOFTEN_HARD_END 1.1f

#define LQ_SOFTEN_BLOCK LQ_OVERSAMPLE_BLOCK

/* How, at each frame of a block. */
struct lq_soften_how {
  float level[LQ_SOFTEN_BLOCK];                       /* linear */
  float soft[LQ_SOFTEN_BLOCK], hard[LQ_SOFTEN_BLOCK]; /* shares */
  bool softens, hardens;                              /* some are above 0 */
};

typedef struct lq_soften {
  const struct lq_kernels *kernels;
  uint32_t channels;
  lq_oversample over;
  lq_line line;   /* the input */
  lq_line levels; /* what scaled it */
  float *work;    /* blocks */
  struct {
    bool awake;
    uint32_t wait;   /* frames until the oversampler has nothing in it from before it woke */
    uint32_t *quiet; /* of a channel: frames without anything taken away, up to a bound */
  } z;
} lq_soften;

/* False: no memory. [setup] */
bool lq_soften_prepare (lq_soften *u, const lq_stream *stream, lq_arena *arena);
void lq_soften_reset (lq_soften *u); /* [rt] */

/* n ≤ LQ_SOFTEN_BLOCK frames in place; how NULL: they are delayed alone. That may change at grid
 * points; until lq_soften_ready no block may pass one. [rt] */
void lq_soften_process (
    lq_soften *u, float *const *ch, uint32_t n, const struct lq_soften_how *how);

/* Whether enough has been heard since `how` was NULL, or nothing at all: until then nothing is
 * rounded. [rt] */
static inline bool
lq_soften_ready (const lq_soften *u)
{
  return u->z.awake ? u->z.wait == 0 : u->line.z.valid == 0;
}

/* Frames. [any] */
static inline uint32_t
lq_soften_latency (const lq_soften *u)
{
  return lq_oversample_latency (&u->over);
}

#endif
