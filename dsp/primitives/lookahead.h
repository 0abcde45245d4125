/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The delay of a unit that is late while on, and how it begins while playing. Layer: primitives.
 *
 * On from the start it counts from the start. Switched on later (lq_lookahead_need, from set), the
 * unit is late from the next frame on: what it then puts out went out before, and the chain, which
 * asks by lq_lookahead_grow, drops it. Until so many frames have passed, `waiting` isn't 0, and
 * nothing new of the unit should be heard. Once late it stays so. */

#ifndef LQ_LOOKAHEAD_H
#define LQ_LOOKAHEAD_H

#include "line.h"

typedef struct lq_lookahead {
  uint32_t channels;
  uint32_t frames;  /* when it is on */
  bool late;        /* it counts */
  uint32_t grown;   /* that nobody has asked for yet */
  uint32_t waiting; /* frames that still come a second time */
  lq_line line;
} lq_lookahead;

/* `on`: it counts from the start. False: no memory. [setup] */
bool lq_lookahead_prepare (
    lq_lookahead *u, uint32_t channels, uint32_t frames, bool on, lq_arena *arena);
void lq_lookahead_reset (lq_lookahead *u); /* [rt] */

/* The unit is on. [rt] */
void lq_lookahead_need (lq_lookahead *u);

/* Frames by which the latency has grown since the last call. [rt] */
uint32_t lq_lookahead_grow (lq_lookahead *u);

/* [any] */
static inline uint32_t
lq_lookahead_latency (const lq_lookahead *u)
{
  return u->late ? u->frames : 0;
}

/* n frames of channel c go into the line; of all channels the same. [rt] */
static inline void
lq_lookahead_write (lq_lookahead *u, uint32_t c, const float *x, uint32_t n)
{
  if (u->late)
    lq_line_write (&u->line, c, x, n);
}

/* What comes of them. [rt] */
static inline void
lq_lookahead_read (const lq_lookahead *u, uint32_t c, float *x, uint32_t n)
{
  if (u->late)
    lq_line_read (&u->line, c, u->frames, x, n);
}

/* They are over. [rt] */
void lq_lookahead_advance (lq_lookahead *u, uint32_t n);

/* All three, for all channels in place. [rt] */
void lq_lookahead_process (lq_lookahead *u, float *const *ch, uint32_t n);

#endif
