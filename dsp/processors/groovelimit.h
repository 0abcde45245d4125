/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Holds what a lathe would cut under its limits: velocity, displacement, acceleration (and with it the
 * curvature) of primitives/groove.h. A treble limiter and a limiter of the bass do most of it, two wide-band
 * stages take what they leave; the last one guarantees. What breaks no limit passes bit for bit.
 * Layer: processors.
 *
 * Channels: 1 or 2, planar, in place. Latency: some 180 ms, whatever is set. */

#ifndef LQ_GROOVELIMIT_H
#define LQ_GROOVELIMIT_H

#include "../base/param.h"
#include "../primitives/firstorder.h"
#include "../primitives/groove.h"
#include "../primitives/limit.h"
#include "../primitives/line.h"
#include "../primitives/slidemax.h"

struct lq_groovelimit_params {
  uint32_t treble_enabled;
  float treble_frequency_hz, treble_attack_ms, treble_release_ms;
  float treble_lookahead_ms; /* latched */
};

#define LQ_GROOVELIMIT_ROWS 5
extern const struct lq_param lq_groovelimit_rows[LQ_GROOVELIMIT_ROWS];

/* Peaks; HUGE_VALF: off. Held from the frames on that are given with them, when these come out. */
struct lq_groovelimit_limits {
  float velocity;     /* lateral, cm/s: whichever is lower, the limit or that of the slope */
  float displacement; /* lateral, µm */
  float vertical;     /* µm */
  float
      acceleration; /* of either wall, g: whichever is lower, the limit or that of the curvature */
};

/* A gain, from how far groups of frames exceed a limit. Nothing is kept of those that don't: while nothing
 * that counts does, and the gain is 1, a lane rests. */
struct lq_groovelimit_lane {
  const struct lq_kernels *kernels;
  uint32_t group, shift; /* frames, a power of two, and which */
  uint32_t behind;       /* groups: how old the newest is that counts */
  uint32_t hold;         /* groups for which what is noted may count */
  uint32_t mask;         /* of the ring */
  float *over;           /* peak/limit of groups, where above 1; a ring */
  float *basis;          /* LQ_LIMIT_KNOTS × group */
  lq_slidemax most;
  float target;                     /* of the limit, for what exceeds it */
  float gain[LQ_GROOVE_GROUPS + 1]; /* of the groove's groups of the last call */
  double keep, take,
      creep; /* reduction, dB, by the group: release, attack; falls by so much at most */
  struct {
    uint32_t hot;       /* groups, after which nothing counts of what has been noted */
    float held, wanted; /* largest of the window; what that asks for, dB */
    double reduction;   /* dB */
    uint32_t steps;     /* groups that the last call began */
    float control[LQ_LIMIT_KNOTS + LQ_GROOVE_GROUPS]; /* of the group before, of those */
    float least;                                      /* since the last figure */
    bool acted;                                       /* since it was last asked */
  } z;
};

enum lq_groovelimit_lanes {
  LQ_GROOVELIMIT_TREBLE,
  LQ_GROOVELIMIT_MID, /* bass */
  LQ_GROOVELIMIT_SIDE,
  LQ_GROOVELIMIT_NARROW, /* wide band: vertical displacement, on the side alone; … */
  LQ_GROOVELIMIT_FAST,   /* … velocity, acceleration; … */
  LQ_GROOVELIMIT_SLOW,   /* … lateral displacement; … */
  LQ_GROOVELIMIT_LAST,   /* … and what is left of any */
  LQ_GROOVELIMIT_LANES
};

enum { LQ_GROOVELIMIT_SPLIT, LQ_GROOVELIMIT_WIDE, LQ_GROOVELIMIT_END, LQ_GROOVELIMIT_STAGES };

/* What a stage measured, for one behind it that hears the same; rings. */
struct lq_groovelimit_past {
  struct lq_groove_peaks *peaks; /* of the groove's groups */
  struct lq_groovelimit_mark {
    bool awake;
    struct lq_groove_state poles;
    float velocity, acceleration; /* of the first stage, largest of the block behind it */
  } * mark;                       /* every LQ_BLOCK frames */
  uint32_t peaks_mask, mark_mask;
};

/* Where the treble begins: a symmetric low-pass, whose middle is half[0]. */
struct lq_groovelimit_split {
  float *half;
  uint32_t pairs;
  double hz;
};

typedef struct lq_groovelimit {
  lq_stream stream;
  const struct lq_kernels *kernels;
  struct lq_groovelimit_params p;
  struct lq_groovelimit_lane lane[LQ_GROOVELIMIT_LANES];
  uint32_t late[LQ_GROOVELIMIT_STAGES]; /* frames */
  uint32_t chunk;                       /* most frames at once */
  float quick; /* acceleration against velocity, g/(cm/s), above which it is treble */
  lq_groove groove[LQ_GROOVELIMIT_STAGES];
  lq_line came_in; /* what the first stage hears */
  lq_line
      split_up; /* what it makes of that: where the second one takes its part, in place, and the third hears it */
  struct lq_groovelimit_split split[2];
  uint32_t reach, warm; /* frames: half of the longest low-pass; that the bass is run in for */
  struct lq_bass_taps mid, side;
  float *work, *curve[3]; /* of a channel, with `reach` on both sides; gains */
  struct lq_groovelimit_past past[LQ_GROOVELIMIT_STAGES];
  bool wakeful; /* no stage may sleep: for tests */
  bool
      foresees; /* the first stage is a block ahead of the second, and what its treble looks at */
  bool
      exact; /* u->cut has all figures, a latency later; else velocity and acceleration are 0 */
  uint32_t still; /* blocks after which what a stage did is forgotten */
  struct lq_groove_peaks came[LQ_GROOVE_GROUPS], cut[LQ_GROOVE_GROUPS];
  uint32_t came_groups;
  struct {
    uint32_t clock; /* frames, less LQ_GROOVE_LAG */
    uint32_t before,
        left; /* frames until the programme leaves the first stage; until it has left */
    bool ends;
    bool fading, running;
    bool stirred[LQ_GROOVELIMIT_STAGES], asleep[LQ_GROOVELIMIT_STAGES];
    uint32_t rest[LQ_GROOVELIMIT_STAGES];   /* blocks since the stage did something */
    bool no_treble;                         /* was taken since the block began */
    float near_velocity, near_acceleration; /* at most, in the second stage's block */
    struct lq_groove_floor floor;           /* of the last call */
    uint32_t faded;                         /* frames of the way from split[0] to split[1] */
    struct lq_bass_state low;
  } z;
} lq_groovelimit;

/* cm/s, dBFS. p: what is latched of it; NULL: the defaults. False: no memory. [setup] */
bool lq_groovelimit_prepare (lq_groovelimit *u, const lq_stream *stream,
    const struct lq_groovelimit_params *p, double reference_velocity, double reference_level_db,
    lq_arena *arena);
void lq_groovelimit_set (lq_groovelimit *u, const struct lq_groovelimit_params *p); /* [rt] */
void lq_groovelimit_reset (lq_groovelimit *u);                                      /* [rt] */
uint32_t lq_groovelimit_latency (const lq_groovelimit *u);                          /* [any] */
uint32_t lq_groovelimit_tail (const lq_groovelimit *u);                             /* [any] */

/* The programme begins with the next frame, as after a reset; it has ended with the last one. Nothing before
 * and behind is heard, so limits hold for it as it is cut off. [rt] */
void lq_groovelimit_begin (lq_groovelimit *u);
void lq_groovelimit_end (lq_groovelimit *u, bool is);

/* n ≤ LQ_BLOCK. u->cut: peaks of the groups of LQ_GROOVE_GROUP frames, counted from the reset, of which the
 * last frame is put out by this call, as cut; returns how many. u->came, u->came_groups: those of the input,
 * of which that began LQ_GROOVE_LAG frames ago … : as lq_groove_process tells them. [rt] */
uint32_t lq_groovelimit_process (lq_groovelimit *u, float *const *ch, uint32_t n,
    const struct lq_groovelimit_limits *limits);

/* Largest reductions since they were last asked for, dB. [rt] */
double lq_groovelimit_treble_db (lq_groovelimit *u);
double lq_groovelimit_bass_db (lq_groovelimit *u);
double lq_groovelimit_wide_db (lq_groovelimit *u);

#endif
