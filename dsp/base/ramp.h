/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Smoothing of one parameter: any sequence of targets becomes a curve whose slope never jumps.
 * Targets are taken at the grid points of LQ_HOP frames and pass through a triangular kernel
 * (two moving averages), which a cubic between grid points reproduces exactly. A step becomes an
 * S of two parabolas over the kernel's length; a straight line stays one, later by a constant
 * delay that automation takes back by reading its curve ahead (docs/architecture.md).
 * Layer: base. */

#ifndef LQ_RAMP_H
#define LQ_RAMP_H

#include "arena.h"
#include "stream.h"

typedef struct lq_ramp {
  uint32_t half;   /* M, hops: half the kernel's length */
  double target;   /* as last set */
  double *history; /* the last 2·M targets taken, a ring */
  struct {
    double taken;            /* the target of the current hop */
    double value, end;       /* at the beginning and the end of the current hop */
    double slope, end_slope; /* there, per hop */
    uint32_t head;           /* where the next target goes in history */
    uint32_t age;            /* hops begun since the target last changed, 2·M + 1 at most */
  } z;
} lq_ramp;

/* `ms`: whole length of the ramp that a step becomes. The ramp rests at 0. False: no memory. [setup] */
bool lq_ramp_prepare (lq_ramp *r, const lq_stream *stream, lq_arena *arena, double ms);

/* Frames by which a ramp of `ms` lags behind a straight line. [any] */
double lq_ramp_lag (double rate, double ms);

/* Where to go from the next grid point on. [rt] */
static inline void
lq_ramp_set (lq_ramp *r, double target)
{
  r->target = target;
}

/* At the target at once, at rest. [rt] */
void lq_ramp_jump (lq_ramp *r);

/* At a grid point: takes the target and computes the coming hop. Must be called at each grid
 * point while lq_ramp_resting is false. [rt] */
void lq_ramp_hop (lq_ramp *r);

/* Nothing moves and nothing is asked for: the value is exactly the target. [rt] */
static inline bool
lq_ramp_resting (const lq_ramp *r)
{
  return r->z.age > 2 * r->half && r->target == r->z.taken;
}

/* Resting at 0. [rt] */
static inline bool
lq_ramp_absent (const lq_ramp *r)
{
  return lq_ramp_resting (r) && r->target == 0.0;
}

/* The value `frame` frames (0 … LQ_HOP) into the current hop. [rt] */
double lq_ramp_at (const lq_ramp *r, uint32_t frame);

/* At the target at once, whatever it was before. [rt] */
static inline void
lq_ramp_jump_to (lq_ramp *r, double target)
{
  r->target = target;
  lq_ramp_jump (r);
}

/* At a grid point: lq_ramp_hop where anything moves; false: nothing does. [rt] */
static inline bool
lq_ramp_move (lq_ramp *r)
{
  if (lq_ramp_resting (r))
    return false;
  lq_ramp_hop (r);
  return true;
}

/* Values of frames first … first + n − 1 of the current hop. [rt] */
void lq_ramp_fill (const lq_ramp *r, float *out, uint32_t first, uint32_t n);

#endif
