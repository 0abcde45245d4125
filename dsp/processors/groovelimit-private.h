/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the groove's limiter share. Layer: processors. */

#ifndef LQ_GROOVELIMIT_PRIVATE_H
#define LQ_GROOVELIMIT_PRIVATE_H

#include "groovelimit.h"

/* How a lane works. */
struct lq_groovelimit_manner {
  double group_ms;              /* about */
  double before_ms, behind_ms;  /* the gain is held for so long before a peak, behind it */
  double release_ms, fall_db_s; /* of the reduction: τ, and no faster than this */
  double target_db;
};

/* Frames of a group of about so many ms: LQ_GROOVE_GROUP times a power of two. [any] */
uint32_t lq_groovelimit_group (double rate, double ms);

/* Memory for `late` frames of look-ahead, of which the lane uses what it wants. [setup] */
bool lq_groovelimit_lane_prepare (struct lq_groovelimit_lane *u, const lq_stream *stream,
    const struct lq_groovelimit_manner *manner, uint32_t late, lq_arena *arena);
void lq_groovelimit_lane_reset (struct lq_groovelimit_lane *u); /* [rt] */

/* Peak/limit of the groove's group that begins at frame t. [rt] */
static inline void
lq_groovelimit_lane_note (struct lq_groovelimit_lane *u, uint32_t t, float over)
{
  if (over > 1.0f) {
    float *const at = u->over + (t >> u->shift & u->mask);
    *at = over > *at ? over : *at;
    u->z.hot = u->hold;
  }
}

/* Nothing is taken, and nothing that has been noted is going to change that. [rt] */
static inline bool
lq_groovelimit_lane_resting (const struct lq_groovelimit_lane *u)
{
  return u->z.hot == 0 && lq_limit_idle (u->z.control + u->z.steps);
}

/* Frames t … t + n − 1 come next. False: nothing is taken of any; else the rest may be asked for. [rt] */
bool lq_groovelimit_lane_run (struct lq_groovelimit_lane *u, uint32_t t, uint32_t n);

/* Controls of the group that frame t + i is of. [rt] */
static inline const float *
lq_groovelimit_lane_controls (const struct lq_groovelimit_lane *u, uint32_t t, uint32_t i)
{
  const uint32_t before = (t - 1) & (u->group - 1);

  return u->z.control + ((before + 1 + i) >> u->shift);
}

/* The reduction 1 − gain at those frames. [rt] */
void lq_groovelimit_lane_curve (
    const struct lq_groovelimit_lane *u, uint32_t t, float *curve, uint32_t n);

/* Those frames by the gain. [rt] */
void lq_groovelimit_lane_apply (
    struct lq_groovelimit_lane *u, uint32_t t, float *const *ch, uint32_t channels, uint32_t n);

double lq_groovelimit_lane_take (struct lq_groovelimit_lane *u); /* [rt] */

/* A stage whose input is what the one before heard, as that does nothing, sleeps: it knows its peaks. */

/* Memory, once the stages' delays are known. [setup] */
bool lq_groovelimit_past_prepare (lq_groovelimit *u, lq_arena *arena);
void lq_groovelimit_past_reset (lq_groovelimit *u); /* [rt] */
/* Where the group of stage s that begins at frame t has its peaks. [rt] */
static inline struct lq_groove_peaks *
lq_groovelimit_peaks (const lq_groovelimit *u, uint32_t s, uint32_t t)
{
  return u->past[s].peaks + (t / LQ_GROOVE_GROUP & u->past[s].peaks_mask);
}
/* The highest of some groups of the first stage, in the block that is under way. [rt] */
void lq_groovelimit_past_note (lq_groovelimit *u, const struct lq_groove_peaks *most);
/* A block of LQ_BLOCK frames begins: who sleeps in it, and what may be near in it. [rt] */
void lq_groovelimit_past_mark (lq_groovelimit *u);
/* Velocity and acceleration of the second stage keep such limits in this block, whatever is taken off. [rt] */
static inline bool
lq_groovelimit_gentle (const lq_groovelimit *u, const struct lq_groove_floor *limits)
{
  return u->z.no_treble && u->z.near_velocity < limits->velocity &&
         u->z.near_acceleration < limits->acceleration;
}

/* Stage s measures again, from the frames on that come now. [rt] */
#define LQ_GROOVELIMIT_WAKE                                                                    \
  (LQ_BLOCK + 2 * LQ_GROOVE_MEMORY) /* most frames before them that it looks at */
void lq_groovelimit_past_wake (lq_groovelimit *u, uint32_t s);

/* Treble and bass are taken off n frames of ch, which were read from u->came_in. [rt] */
void lq_groovelimit_split_design (lq_groovelimit *u, uint32_t which, double hz);
void lq_groovelimit_treble (lq_groovelimit *u, float *const *ch, uint32_t n);
void lq_groovelimit_bass (lq_groovelimit *u, float *const *ch, uint32_t n);

#endif
