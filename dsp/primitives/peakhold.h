/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Peaks of groups of frames, held: what detectors look at that need no value for each frame. A
 * held peak of a tone is the same all the time, if half of a period is no longer than the hold.
 * Groups are counted on the grid, so that the cut doesn't show. Layer: primitives. */

#ifndef LQ_PEAKHOLD_H
#define LQ_PEAKHOLD_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/stream.h"

typedef struct lq_peakhold {
  float *ring; /* peaks of the last `window` groups */
  uint32_t window;
  struct {
    uint32_t at, age;    /* place of the newest; groups since the largest */
    float largest, peak; /* peak: of the group under way */
  } z;
} lq_peakhold;

/* Frames of a group: a third of a millisecond, a power of two that divides LQ_HOP. [any] */
uint32_t lq_group_frames (double rate);

bool lq_peakhold_prepare (
    lq_peakhold *u, double rate, double hold_ms, lq_arena *arena); /* [setup] */
void lq_peakhold_reset (lq_peakhold *u);                           /* [rt] */

/* n frames of one channel of the group under way. [rt] */
static inline void
lq_peakhold_look (lq_peakhold *u, const struct lq_kernels *kernels, const float *x, uint32_t n)
{
  const float peak = kernels->peak (x, n);

  u->z.peak = peak > u->z.peak ? peak : u->z.peak;
}

/* The group is over: the largest peak of it and those held. [rt] */
float lq_peakhold_next (lq_peakhold *u);

/* n frames of a group, from its frame `first` on, times what goes straight from `from` (exclusive)
 * to `to` within the group. [rt] */
void lq_group_gain (float *x, uint32_t n, uint32_t first, uint32_t group, float from, float to);

#endif
