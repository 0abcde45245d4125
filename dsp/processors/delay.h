/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Echo: one line a channel with feedback and filters in its loop. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place, as many out as in. Ping-pong and width act on
 * the first channels positioned left and right (a stereo stream without such positions: on its
 * two), and do nothing on mono. Latency 0; the echoes are a tail.
 *
 * Times are whole frames. At mix 0, and switched off, it sleeps and forgets: what comes before it
 * wakes is never echoed. */

#ifndef LQ_DELAY_H
#define LQ_DELAY_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/firstorder.h"
#include "../primitives/line.h"

struct lq_delay_params {
  uint32_t enabled;
  float time_ms, tempo_bpm;
  int32_t note; /* index in note_values, as numbered in the property */
  float feedback_percent;
  uint32_t ping_pong;
  float hpf_hz, lpf_hz, width_percent, duck_db, mix_percent;
};

#define LQ_DELAY_ROWS 11
extern const struct lq_param lq_delay_rows[LQ_DELAY_ROWS];

/* A filter of the loop, of which `amount` is in force. */
struct lq_delay_filter {
  double hz;      /* as last set; 0: off */
  double corner;  /* tan (π·hz/rate), as last set */
  lq_ramp centre; /* the corner in force */
  lq_ramp amount;
  struct lq_shelf_state *state; /* of each channel */
  bool low;                     /* a low-pass */
  bool on;                      /* something may be heard of it */
};

typedef struct lq_delay {
  lq_stream stream;
  const struct lq_kernels *kernels;
  bool pair;                           /* left and right exist */
  uint32_t left, right;                /* their planes */
  uint32_t frames;                     /* time, as last set */
  double duck_db;                      /* as last set */
  double fall;                         /* share of its way that the level falls in a hop */
  lq_ramp mix;                         /* 0 … 1; 0 while switched off */
  lq_ramp feedback, pong, width, duck; /* linear; duck is a gain */
  lq_ramp fade;                        /* from the reading point `from` to `to`, 0 … 1 */
  lq_ramp entry; /* share of the input that enters the line: 0 … 1 after waking */
  struct lq_delay_filter hpf, lpf;
  lq_line line;
  float *echo; /* channels × LQ_HOP: the echoes of a step */
  struct {
    uint32_t phase; /* frames since the last grid point */
    bool running;   /* something may be heard of it */
    bool fading;
    uint32_t from, to; /* times, frames */
    float peak;        /* of the input in this hop */
    double level_db;   /* of the input, for ducking */
  } z;
} lq_delay;

bool lq_delay_prepare (lq_delay *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_delay_set (lq_delay *u, const struct lq_delay_params *p);              /* [rt] */
void lq_delay_reset (lq_delay *u);                                             /* [rt] */
void lq_delay_process (lq_delay *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_delay_latency (const lq_delay *u);                                 /* [any] */

/* Frames until all is below −96 dBFS after the input ended, 60 s at most. [any] */
uint32_t lq_delay_tail (const lq_delay *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_delay_neutral (const lq_delay *u);

/* The time in force by these settings, ms. [any] */
double lq_delay_time_ms (const struct lq_delay_params *p);

#endif
