/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The input stage of a strip: trim, polarity, swap, mode and DC removal. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Polarity, swap and mode act on the first two
 * channels (mono: invert_left alone); gain and DC removal act on all. Latency 0. */

#ifndef LQ_INPUT_H
#define LQ_INPUT_H

#include "../base/arena.h"
#include "../base/param.h"
#include "../base/ramp.h"
#include "../base/stream.h"

enum lq_input_mode {
  LQ_INPUT_STEREO,
  LQ_INPUT_LEFT,
  LQ_INPUT_RIGHT,
  LQ_INPUT_MONO,
  LQ_INPUT_MID_SIDE_ENCODE,
  LQ_INPUT_MID_SIDE_DECODE
};

struct lq_input_params {
  float trim_left_db, trim_right_db; /* on top of gain_db; left's is mono's too */
  uint32_t enabled;
  float gain_db;
  uint32_t dc_block;
  uint32_t invert_left, invert_right, swap;
  int32_t mode; /* enum lq_input_mode */
};

/* A track has no trims; a master doesn't rearrange its channels. Fields that a chain has no rows
 * for are 0. */
#define LQ_INPUT_ROWS 9
extern const struct lq_param lq_input_rows[LQ_INPUT_ROWS];
#define LQ_INPUT_TRACK_ROWS 7
#define lq_input_track_rows (lq_input_rows + 2)
#define LQ_INPUT_MASTER_ROWS 5
#define lq_input_master_rows lq_input_rows

typedef struct lq_input {
  lq_stream stream;
  double lowpass;    /* one-pole coefficient of the DC estimate */
  lq_ramp matrix[4]; /* LL, LR, RL, RR: out = matrix · in, linear */
  lq_ramp gain;      /* of the channels beyond the second, linear */
  lq_ramp dc;        /* how much of the DC estimate is taken away, 0 … 1 */
  bool moving;       /* a ramp is under way or asked for */
  struct {
    uint32_t phase;             /* frames since the last grid point */
    double dc[LQ_CHANNELS_MAX]; /* DC estimate of each channel */
  } z;
} lq_input;

bool lq_input_prepare (lq_input *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_input_set (lq_input *u, const struct lq_input_params *p);              /* [rt] */
void lq_input_reset (lq_input *u);                                             /* [rt] */
void lq_input_process (lq_input *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_input_latency (const lq_input *u);                                 /* [any] */

/* Frames until the DC removal has let go of a full-scale offset, to −96 dBFS. [any] */
uint32_t lq_input_tail (const lq_input *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_input_neutral (const lq_input *u);

#endif
