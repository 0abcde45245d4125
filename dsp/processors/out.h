/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The output stage of a strip: width, pan, gain, mute, delay, in this order. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place; one may have become two before (channels 1,
 * out_channels 2): ch[1] then has what ch[0] has, or what a stereo reverb made of it. Width and pan act on the first channels positioned left and right
 * (a stereo stream without such positions: on its two); gain, mute and delay on all. A mono
 * stream that became stereo is placed by `pan` and its law in either mode (it has no left and
 * right of its own to place); one that stays mono has no pan. Switched off, both go at unity.
 * Latency 0: the delay is wanted, so it is a tail. */

#ifndef LQ_OUT_H
#define LQ_OUT_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/pan.h"
#include "../primitives/shift.h"

struct lq_out_params {
  uint32_t enabled;
  float pan;
  int32_t pan_mode; /* enum lq_pan_mode */
  float pan_left, pan_right, pan_law_db, width_percent, gain_db;
  uint32_t mute;
  float delay_ms;
};

#define LQ_OUT_ROWS 10
extern const struct lq_param lq_out_rows[LQ_OUT_ROWS];

typedef struct lq_out {
  lq_stream stream;
  bool pair;            /* left and right exist at the output */
  uint32_t left, right; /* their planes */
  lq_ramp matrix[4]; /* LL, LR, RL, RR: width, pan, gain and mute in one; out = matrix · in */
  lq_ramp gain;      /* of all other channels: gain and mute */
  bool moving;       /* a level ramps, or is asked to */
  lq_shift shift;    /* the delay */
  struct {
    uint32_t phase; /* frames since the last grid point */
  } z;
} lq_out;

bool lq_out_prepare (lq_out *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_out_set (lq_out *u, const struct lq_out_params *p);                /* [rt] */
void lq_out_reset (lq_out *u);                                             /* [rt] */
void lq_out_process (lq_out *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_out_latency (const lq_out *u);                                 /* [any] */

/* Frames that sound after the input ended: the delay. [any] */
uint32_t lq_out_tail (const lq_out *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_out_neutral (const lq_out *u);

#endif
