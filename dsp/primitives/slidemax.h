/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The largest of a signal's last values: rises at once, and falls when the peak is as old as the
 * hold, or up to seven frames later. Layer: primitives. */

#ifndef LQ_SLIDEMAX_H
#define LQ_SLIDEMAX_H

#include "../base/arena.h"
#include "../base/stream.h"

/* Frames whose peak is kept as one value. */
#define LQ_SLIDEMAX_GROUP 8

typedef struct lq_slidemax {
  float *ring;     /* peaks of the groups that are over */
  uint32_t size;   /* of the ring */
  uint32_t window; /* groups that are held, at most size */
  struct {
    uint32_t at;     /* the newest in the ring */
    uint32_t age;    /* of the largest in the window, groups */
    float largest;   /* of the window */
    float peak;      /* of the group under way … */
    uint32_t filled; /* … which has so many frames */
  } z;
} lq_slidemax;

/* A hold of at most `longest` frames. False: no memory. [setup] */
bool lq_slidemax_prepare (lq_slidemax *u, uint32_t longest, lq_arena *arena);

/* How many frames a peak is held. Where they become more, what was forgotten stays so. [rt] */
void lq_slidemax_set (lq_slidemax *u, uint32_t frames);
void lq_slidemax_reset (lq_slidemax *u); /* [rt] */

/* x becomes its sliding maximum; no value may be negative. [rt] */
void lq_slidemax_process (lq_slidemax *u, float *x, uint32_t n);

#endif
