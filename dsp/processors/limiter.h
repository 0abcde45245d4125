/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Look-ahead true-peak limiter. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place; one gain for all, so that the image stays.
 * Latency: lq_limiter_latency, about 3.4 ms, enabled or not. No tail.
 *
 * No sample leaves above the ceiling; what lies between samples stays under it but for what the
 * tests state (docs/architecture.md). While nothing has to be limited every sample leaves as it
 * came. The gain is held for LQ_LIMITER_HOLD_MS after a peak, then comes back fast after a short
 * one, more slowly after long limiting. */

#ifndef LQ_LIMITER_H
#define LQ_LIMITER_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/limit.h"

/* The gain stays for so long after the last peak: half a period of 48 Hz, so that it doesn't
 * follow the wave of a bass. */
#define LQ_LIMITER_HOLD_MS 10.5

struct lq_limiter_params {
  uint32_t enabled;
  float ceiling_db; /* dBTP */
};

#define LQ_LIMITER_ROWS 2
extern const struct lq_param lq_limiter_rows[LQ_LIMITER_ROWS];

typedef struct lq_limiter {
  lq_limit core;
  double fast_keep, slow_keep, slow_take; /* of the releases, a group */
  lq_ramp ceiling;                        /* linear */
  struct {
    uint32_t hop;      /* frames since the last grid point */
    double fast, slow; /* 1 − gain of the releases */
    float least;       /* gain since lq_limiter_take */
  } z;
} lq_limiter;

bool lq_limiter_prepare (lq_limiter *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_limiter_set (lq_limiter *u, const struct lq_limiter_params *p);            /* [rt] */
void lq_limiter_reset (lq_limiter *u);                                             /* [rt] */
void lq_limiter_process (lq_limiter *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_limiter_latency (const lq_limiter *u);                                 /* [any] */

/* The ceiling, linear; from LQ_LIMITER_OFF on, +12 dB, nothing is limited. [rt] */
#define LQ_LIMITER_OFF 4.0
void lq_limiter_set_ceiling (lq_limiter *u, double ceiling);

/* The largest reduction since the last call, dB. [rt] */
double lq_limiter_take (lq_limiter *u);

/* Frames of a group, at this rate. [any] */
uint32_t lq_limiter_group (double rate);

/* Instead of process, the first of two passes: only looks. Writes the peak of each group that
 * is complete, the larger of all channels, linear: at most frames / group + 1 of them, their
 * number is returned. The first one is that of the frames
 * lq_limiter_latency − 4·group before the first frame of all. [rt] */
uint32_t lq_limiter_look (lq_limiter *u, const float *const *ch, uint32_t frames, float *peaks);

/* The law that process follows, for a known sequence of peaks: gain of the group that leaves, at
 * its middle, given the peak of the newest group (LQ_LIMIT_AHEAD groups ahead). [rt] */
void lq_limiter_follow (lq_limiter *u, double peak_over_ceiling);
double lq_limiter_power (const lq_limiter *u);

#endif
