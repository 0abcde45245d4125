/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Comes and goes: a gain between 0 and 1 that takes a time of its own in each direction, and never
 * clicks. Layer: primitives.
 *
 * The curve is a raised cosine over the time asked for, smoothed as every parameter is, both
 * together at least LQ_RAMP_MS long. Called back halfway it turns round there. */

#ifndef LQ_FADE_H
#define LQ_FADE_H

#include "../base/param.h"
#include "../base/ramp.h"

typedef struct lq_fade {
  double rate;
  double step; /* of the place at each hop; 1: at once */
  bool on;     /* where it goes */
  lq_ramp ramp;
  struct {
    double place; /* 0 away … 1 there, before the curve */
  } z;
} lq_fade;

/* It rests away. False: no memory. [setup] */
bool lq_fade_prepare (lq_fade *f, const lq_stream *stream, lq_arena *arena);

/* Goes there (`on`) or away within `ms`. [rt] */
void lq_fade_set (lq_fade *f, bool on, float ms);

/* There or away at once. [rt] */
void lq_fade_jump (lq_fade *f, bool on);

/* At a grid point: false: nothing moves. [rt] */
bool lq_fade_move (lq_fade *f);

/* [rt] */
static inline bool
lq_fade_resting (const lq_fade *f)
{
  return f->z.place == (f->on ? 1.0 : 0.0) && lq_ramp_resting (&f->ramp);
}

/* Resting away: nothing is heard. [rt] */
static inline bool
lq_fade_absent (const lq_fade *f)
{
  return !f->on && lq_fade_resting (f);
}

#endif
