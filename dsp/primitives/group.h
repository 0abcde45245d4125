/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Groups of frames, for units whose gain needn't be computed for each frame. They are counted on
 * the grid, so that the cut doesn't show. Layer: primitives. */

#ifndef LQ_GROUP_H
#define LQ_GROUP_H

#include <stdint.h>

/* Frames of a group: a third of a millisecond, a power of two that divides LQ_HOP. [any] */
uint32_t lq_group_frames (double rate);

/* Groups that hold a peak for at least so long. [any] */
uint32_t lq_group_hold (double rate, double ms);

/* Gains of n frames of a group, from its frame `first` on: straight from `from` (exclusive) to `to`
 * within the group. [rt] */
void lq_group_fill (
    float *gain, uint32_t n, uint32_t first, uint32_t group, float from, float to);

#endif
