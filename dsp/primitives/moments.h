/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A view of the groove: the highest of its six figures so far, and the moments that broke a limit.
 * Layer: primitives. One call a block; the chain has one view of what comes in, and one of what is cut
 * (all limits off: only the highest figures then).
 *
 * - Groups are those of lq_groove_process, in order; the first is of the frames −16 … −1, unless
 *   lq_moments_locate says something else.
 * - A group breaks a limit where its figure is above it. Acceleration and curvature are the same
 *   figure (either wall) against two limits, velocity and slope too, so that one group may break several.
 * - A moment is a run of groups in which one limit is broken, together with further ones that begin
 *   less than LQ_MOMENTS_GAP_S after the last such group ended. It reaches from the first broken group's
 *   first frame to the last one's last. Each limit has its own.
 * - Its excess is the largest 20·log10 (figure/limit), with the limit, speed and level in force there.
 * - Its reduction is the largest that was said in a call from the one that it began in to the one that
 *   is LQ_MOMENTS_GAP_S, and how much later what reduces it is, behind its end.
 * - It counts from its first group on, and is finished when another could no more join it.
 * - `warning` is a limit of curvature whose moments are counted by themselves, and nothing else; it
 *   counts those that break the limit of curvature as well.
 *
 * Results don't depend on the cut, but for reductions, which are as fine as calls. */

#ifndef LQ_MOMENTS_H
#define LQ_MOMENTS_H

#include "groove.h"

#include <stddef.h>

#define LQ_MOMENTS_GAP_S 0.05
#define LQ_MOMENTS_WORST 10
#define LQ_MOMENTS_QUEUE 64
#define LQ_MOMENTS_PENDING 16

/* Room for lq_moments_text. */
#define LQ_MOMENTS_TEXT 640

enum lq_groove_limit {
  LQ_GROOVE_LIMIT_VELOCITY,     /* lateral, cm/s */
  LQ_GROOVE_LIMIT_SLOPE,        /* lateral velocity against the groove's speed */
  LQ_GROOVE_LIMIT_DISPLACEMENT, /* lateral, µm */
  LQ_GROOVE_LIMIT_VERTICAL,     /* either way, µm */
  LQ_GROOVE_LIMIT_ACCELERATION, /* either wall, g */
  LQ_GROOVE_LIMIT_CURVATURE,    /* a·ρ/vg², either wall */
  LQ_GROOVE_LIMITS
};

/* By enum lq_groove_limit; 0 or HUGE_VALF: off. */
struct lq_moments_limits {
  float limit[LQ_GROOVE_LIMITS];
  float warning; /* of curvature */
};

struct lq_moment {
  uint64_t begin, end; /* frames, 0 at the least; the end is the first frame behind it */
  int32_t limit;       /* enum lq_groove_limit */
  float excess_db, reduction_db;
};

/* A run under way: groups since the reset, `last` the last that is broken. */
struct lq_moments_run {
  uint64_t first, last;
  float worst, reduction_db; /* figure/limit */
  bool open;
};

/* Over, but what reduces it isn't known before this group. */
struct lq_moments_pending {
  struct lq_moment moment;
  uint64_t due;
};

typedef struct lq_moments {
  double rate, stylus_um;
  uint64_t gap;  /* groups between two that aren't joined */
  uint64_t late; /* groups by which reductions are later */
  struct lq_moments_limits limits;
  struct {
    uint64_t groups; /* so far */
    int64_t origin;  /* frame that the first of them would begin at */
    float highest[LQ_GROOVE_LIMITS];
    uint32_t violations, warnings;
    struct lq_moments_run run[LQ_GROOVE_LIMITS + 1]; /* the last: warnings */
    struct lq_moment worst[LQ_MOMENTS_WORST], queue[LQ_MOMENTS_QUEUE];
    uint32_t n_worst, queued, missed;
    struct lq_moments_pending pending[LQ_MOMENTS_PENDING]; /* oldest first */
    uint32_t n_pending;
  } z;
} lq_moments;

/* stylus_um: its radius. No limits. [setup] */
void lq_moments_prepare (lq_moments *u, double rate, double stylus_um);
void lq_moments_set (lq_moments *u, const struct lq_moments_limits *limits); /* [rt] */
void lq_moments_reset (lq_moments *u); /* [rt] limits stay */

/* Reductions come so many frames later than what they reduce; 0 at first. [setup] */
void lq_moments_set_late (lq_moments *u, uint32_t frames);

/* The next groups, while the groove passes at `speed` (cm/s), and the largest reduction (dB, positive)
 * since the last call. Some 6 cycles a group (0.1 ns a frame) where nothing is broken. For the same
 * results however the stream is cut, `speed` and limits should change at groups of a fixed grid. [rt] */
void lq_moments_process (lq_moments *u, const struct lq_groove_peaks *peaks, uint32_t groups,
    double speed, float reduction_db);

/* The next group begins at this frame of the programme: times count from its first. What is under way is
 * finished where it was. [rt] */
void lq_moments_locate (lq_moments *u, int64_t frame);

/* The stream is over: what is under way is finished. [rt] */
void lq_moments_finish (lq_moments *u);

/* Highest so far, by enum lq_groove_limit: slope and curvature at the speed at which they were. [any] */
static inline float
lq_moments_highest (const lq_moments *u, enum lq_groove_limit which)
{
  return u->z.highest[which];
}

/* What lq_groove_process is to be handed, so that whatever is a new record at this speed, or breaks a
 * limit, is looked at closely, and little else. Records are then within 0.2 dB of the truth; those of
 * displacement as well where bass makes them, at worst (nothing but what is near half the rate) within
 * 1.6 dB. [rt] */
struct lq_groove_floor lq_moments_floor (const lq_moments *u, double speed);

/* Moments so far, finished or not; those of the warning. [any] */
static inline uint32_t
lq_moments_violations (const lq_moments *u)
{
  return u->z.violations;
}

static inline uint32_t
lq_moments_warnings (const lq_moments *u)
{
  return u->z.warnings;
}

/* What has been finished since the last call, in the order of ends, LQ_MOMENTS_QUEUE at most; returns
 * how many. *missed (may be NULL): how many more there were. [rt] */
uint32_t lq_moments_take (
    lq_moments *u, struct lq_moment to[LQ_MOMENTS_QUEUE], uint32_t *missed);

/* The worst so far, finished or not, largest excess first, of equals the earlier first. Returns how
 * many. [any] */
uint32_t lq_moments_worst (const lq_moments *u, struct lq_moment to[LQ_MOMENTS_WORST]);

/* Them as "time limit excess-dB; …": seconds, the name below, dB. In any locale the same. Returns the
 * length; `room` ≥ 1, what doesn't fit is left out. [any] */
size_t lq_moments_text (const lq_moments *u, char *text, size_t room);

/* "velocity", … [any] */
const char *lq_groove_limit_name (enum lq_groove_limit which);

#endif
