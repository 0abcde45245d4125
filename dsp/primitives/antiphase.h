/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A gain for the side of a stereo signal that keeps the correlation of left and right, which is below
 * 0 where the side is stronger than the middle, from staying there. Layer: primitives.
 *
 * Levels are those of the last 400 ms, as a correlation meter's. While the side has been the weaker of
 * the two the gain is exactly 1. Once it has been the stronger one for 40 ms the gain goes, within
 * 40 ms more, to where the side is as strong as the middle or a little weaker, as the last 60 ms say
 * and the last 400; at no middle at all that is exactly 0. It is held for 400 ms and comes back slowly. */

#ifndef LQ_ANTIPHASE_H
#define LQ_ANTIPHASE_H

#include "../base/kernels.h"
#include "../base/ramp.h"
#include "slidemax.h"

struct lq_antiphase_pair {
  double mid, side;
};

typedef struct lq_antiphase {
  const struct lq_kernels *kernels;
  uint32_t hops;         /* of a step */
  uint32_t steps, brief; /* of the long window, of the short one */
  uint32_t proof;        /* steps for which the side has to be the stronger */
  double silent;         /* energy of a step */
  double back;           /* share of the way back that the gain goes in a step */
  bool on;
  lq_ramp gain;
  lq_slidemax held;               /* reductions over the long window, of steps */
  struct lq_antiphase_pair *ring; /* `steps` of them */
  struct {
    double mid[LQ_PRODUCT_LANES], side[LQ_PRODUCT_LANES]; /* of the hop under way */
    struct lq_antiphase_pair step, whole, brief;          /* sums so far; of the windows */
    uint32_t hop, at;                                     /* in the step, in the ring */
    uint32_t evidence;                                    /* steps, up to `proof` */
    bool armed, heard;
    double power; /* of the gain, by the short window */
  } z;
} lq_antiphase;

bool lq_antiphase_prepare (
    lq_antiphase *u, const lq_stream *stream, lq_arena *arena); /* [setup] */

/* Off, the gain goes to 1, and what was heard is forgotten. [rt] */
void lq_antiphase_set (lq_antiphase *u, bool on);

/* Nothing was heard yet. [rt] */
void lq_antiphase_reset (lq_antiphase *u);

/* n frames of a hop, from `phase` on. [rt] */
void lq_antiphase_note (
    lq_antiphase *u, const float *mid, const float *side, uint32_t phase, uint32_t n);

/* At a grid point: a hop is over, whose energies count so: the middle's as it is, the side's ×
 * `side` and the middle's × `mid` together for the side. [rt] */
void lq_antiphase_hop (lq_antiphase *u, double side, double mid);

/* The gain is 1 and stays so in the coming hop. [rt] */
static inline bool
lq_antiphase_idle (const lq_antiphase *u)
{
  return u->gain.target == 1.0 && lq_ramp_resting (&u->gain);
}

#endif
