/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is heard of a stereo pair: both channels, their sum, their difference, or one of them on both.
 * Changes fade. Layer: primitives. */

#ifndef LQ_MONITOR_H
#define LQ_MONITOR_H

#include "../base/param.h"
#include "../base/ramp.h"

enum lq_monitor_what {
  LQ_MONITOR_STEREO,
  LQ_MONITOR_MONO,
  LQ_MONITOR_MID,
  LQ_MONITOR_SIDE,
  LQ_MONITOR_LEFT,
  LQ_MONITOR_RIGHT,
  LQ_MONITORS
};

extern const struct lq_enum lq_monitor_items;

typedef struct lq_monitor {
  lq_ramp cell[4]; /* LL, LR, RL, RR: out = cells · in */
} lq_monitor;

/* Stereo. False: no memory. [setup] */
bool lq_monitor_prepare (lq_monitor *u, const lq_stream *stream, lq_arena *arena);

/* enum lq_monitor_what, from the next grid point on. [rt] */
void lq_monitor_set (lq_monitor *u, int32_t what);
void lq_monitor_jump (lq_monitor *u); /* [rt] */

/* At each grid point. [rt] */
void lq_monitor_hop (lq_monitor *u);

/* At rest, both channels as they are. [rt] */
bool lq_monitor_straight (const lq_monitor *u);

/* The cells of n frames from `phase` in the current hop on. [rt] */
void lq_monitor_fill (const lq_monitor *u, float (*cell)[LQ_HOP], uint32_t phase, uint32_t n);

#endif
