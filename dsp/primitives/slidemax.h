/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The largest of the last values of a signal: peaks that are held. A held peak of a tone is the
 * same all the time, if half of a period is no longer than the hold. Layer: primitives.
 *
 * Values are gathered in groups, of which a window of the last ones counts: groups of any kind,
 * told by lq_slidemax_note and lq_slidemax_next; or, by lq_slidemax_process, of eight frames, for
 * a value at each frame, which rises at once and falls when the peak is as old as the window, or
 * up to seven frames later. */

#ifndef LQ_SLIDEMAX_H
#define LQ_SLIDEMAX_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/stream.h"

/* Frames of a group of lq_slidemax_process. */
#define LQ_SLIDEMAX_GROUP LQ_HOLD_GROUP

typedef struct lq_slidemax {
  const struct lq_kernels *kernels;
  float
      *value;  /* of the groups of the block that are over; behind them those of the last one */
  float *rest; /* of the last block: the largest from each to its end; one more */
  uint32_t longest; /* window that there may be */
  uint32_t window;  /* groups that count */
  struct {
    uint32_t at;     /* groups of the block that are over */
    uint32_t filled; /* frames of the group under way */
    float since;     /* the largest of the block */
    float largest;   /* of the window */
    float peak;      /* of the group under way */
  } z;
} lq_slidemax;

/* A window of at most `longest` groups; that it is. False: no memory. [setup] */
bool lq_slidemax_prepare (lq_slidemax *u, uint32_t longest, lq_arena *arena);

/* The window, 1 group to the longest. What a shorter one forgot stays forgotten. [rt] */
void lq_slidemax_set (lq_slidemax *u, uint32_t groups);
void lq_slidemax_reset (lq_slidemax *u); /* [rt] */

/* Groups that hold for at least so many frames. [any] */
static inline uint32_t
lq_slidemax_groups (uint32_t frames)
{
  return (frames + LQ_SLIDEMAX_GROUP - 1) / LQ_SLIDEMAX_GROUP;
}

/* The largest of the groups that are over; 0 without any. [rt] */
static inline float
lq_slidemax_largest (const lq_slidemax *u)
{
  return u->z.largest;
}

/* A value of the group under way; it isn't negative. [rt] */
static inline void
lq_slidemax_note (lq_slidemax *u, float value)
{
  u->z.peak = value > u->z.peak ? value : u->z.peak;
}

/* The group is over: the largest of it and those before. [rt] */
float lq_slidemax_next (lq_slidemax *u);

/* x becomes its sliding maximum; no value may be negative. [rt] */
void lq_slidemax_process (lq_slidemax *u, float *x, uint32_t n);

/* `u` remembers what `other`, prepared alike, does. [rt] */
void lq_slidemax_copy (lq_slidemax *u, const lq_slidemax *other);

#endif
