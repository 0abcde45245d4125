/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What look-ahead limiters share: peaks of groups of frames, true ones or those of samples; the
 * least gain over look-ahead and hold; the gain at each frame, a cubic B-spline of a control for
 * each group; the delay. Between the least gain and the control is the release, which belongs to
 * whoever limits: processors/limiter.c, processors/maximizer-gain.c. Layer: primitives.
 *
 * A frame's gain is made of four controls with weights that aren't negative and sum to 1. If no
 * control exceeds the least gain of its window, no frame's gain exceeds what its group may have.
 *
 * A group is `pieces` pieces, each of which is looked at when it has come. Group k of output
 * frames begins where the input's count is a multiple of the group; then, before its frames are
 * written: lq_limit_look, lq_limit_note, lq_limit_steer, for each lane. */

#ifndef LQ_LIMIT_H
#define LQ_LIMIT_H

#include "../base/kernels.h"
#include "line.h"

/* Controls of the gain around the group that leaves: a B-spline of third degree. */
#define LQ_LIMIT_KNOTS 4

/* Groups between that which leaves and the newest. */
#define LQ_LIMIT_AHEAD (LQ_LIMIT_KNOTS - 1)

/* Groups whose peaks are remembered at the most: hold and look-ahead. A power of two. */
#define LQ_LIMIT_GROUPS 128

/* The spline: weights of the controls at each frame of a group of n, LQ_LIMIT_KNOTS × n; NULL: no memory. [setup] */
float *lq_limit_basis (uint32_t n, lq_arena *arena);

/* Controls, oldest first, all 1 at rest: the one that follows comes. [rt] */
static inline void
lq_limit_steer (float v[LQ_LIMIT_KNOTS], float control)
{
  v[0] = v[1];
  v[1] = v[2];
  v[2] = v[3];
  v[3] = control;
}

/* Whether the whole group leaves as it came. [rt] */
static inline bool
lq_limit_idle (const float v[LQ_LIMIT_KNOTS])
{
  return v[0] == 1.0f && v[1] == 1.0f && v[2] == 1.0f && v[3] == 1.0f;
}

/* The gain where the group begins. [rt] */
static inline float
lq_limit_begin (const float v[LQ_LIMIT_KNOTS])
{
  return (v[0] + 4.0f * v[1] + v[2]) / 6.0f;
}

struct lq_limit_config {
  uint32_t piece, pieces; /* frames looked at at once, ≤ LQ_OVERSHOOT_GROUP; of a group */
  uint32_t spare;         /* frames that the latency is longer than it need be */
  uint32_t lanes;         /* gains: 1, or one for each channel */
};

/* One gain. */
struct lq_limit_lane {
  uint32_t at;                    /* newest of allowed */
  float least;                    /* of the window */
  float allowed[LQ_LIMIT_GROUPS]; /* most that each group may have, a ring; above 1: room */
  float control[LQ_LIMIT_KNOTS];  /* oldest first */
};

typedef struct lq_limit {
  const struct lq_kernels *kernels;
  struct lq_overshoot_taps taps;
  struct lq_limit_config config;
  uint32_t channels, group, latency; /* latency, group: frames */
  uint32_t window;                   /* groups over which a control is the least gain */
  float *basis;                      /* LQ_LIMIT_KNOTS × group */
  float *scratch;                    /* of the kernel */
  lq_line line;
  struct lq_limit_lane *lane; /* where all have one gain, the first is it */
  struct {
    uint32_t phase, part;        /* frames since the last group, piece */
    float last[LQ_CHANNELS_MAX]; /* peak between the last two frames looked at */
  } z;
} lq_limit;

/* False: no memory. [setup] */
bool lq_limit_prepare (lq_limit *u, const lq_stream *stream,
    const struct lq_limit_config *config, lq_arena *arena);
void lq_limit_reset (lq_limit *u); /* [rt] */

/* Frames for which a piece with a look between samples needs the input to be ahead of it. */
#define LQ_LIMIT_LOOK LQ_OVERSHOOT_AHEAD

/* The gain is held for so many groups after a peak; of a window that grows, what is older than it
 * was stays forgotten. [rt] */
void lq_limit_set_hold (lq_limit *u, uint32_t groups);

/* Σ|h| of a value half-way between samples: by how much errors of samples may add up. [any] */
double lq_limit_error_gain (const lq_limit *u);

/* The largest |value| of the newest piece over all channels, at frames and, if asked for, between
 * them; what can't exceed `floor` isn't looked at closely. peaks: of each channel, or NULL. [rt] */
float lq_limit_look (lq_limit *u, bool between, float floor, float *peaks);

/* The newest group may have this gain: returns the least of the window, 1 at the most. [rt] */
float lq_limit_note (const lq_limit *u, struct lq_limit_lane *lane, float gain);

/* All that groups may have becomes less by a factor: what comes is going to be so much louder. [rt] */
void lq_limit_lower (const lq_limit *u, struct lq_limit_lane *lane, float factor);

/* At a group, at a piece; frames to the next piece, at most n. [rt] */
static inline bool
lq_limit_at_group (const lq_limit *u)
{
  return u->z.phase == 0;
}

static inline bool
lq_limit_at_piece (const lq_limit *u)
{
  return u->z.part == 0;
}

static inline uint32_t
lq_limit_left (const lq_limit *u, uint32_t n)
{
  const uint32_t left = u->config.piece - u->z.part;

  return n < left ? n : left;
}

/* n frames of a piece at ch + at come, and the oldest leave, each channel with its lane's gain
 * (split) or with that of the first. [rt] */
void lq_limit_apply (lq_limit *u, float *const *ch, uint32_t at, uint32_t n, bool split);

/* They only come, and none leave. [rt] */
void lq_limit_hear (lq_limit *u, const float *const *ch, uint32_t at, uint32_t n);

#endif
