/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Elliptical filter: no bass in the side, so that the groove keeps its depth. Layer: processors.
 *
 * Channels: 1 (nothing is done) or 2, planar, in place. Latency 0.
 *
 * A Butterworth high-pass of the side, −3.01 dB at its frequency; the middle stays what it is. With
 * cross-blend what is taken from the side goes to the middle, by −1 to 1 times: as much, and with the
 * sign, that the bass keeps its power whether it was of one channel, of both apart or in antiphase. */

#ifndef LQ_ELLIPTIC_H
#define LQ_ELLIPTIC_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/butter.h"
#include "../primitives/cascade.h"
#include "../primitives/firstorder.h"

#define LQ_ELLIPTIC_SECTIONS 2

enum lq_elliptic_mode { LQ_ELLIPTIC_HIGH_PASS, LQ_ELLIPTIC_BLEND };

struct lq_elliptic_params {
  float frequency_hz; /* 0: off */
  int32_t slope;      /* dB an octave: 6, 12, 24 */
  int32_t mode;       /* enum lq_elliptic_mode */
};

#define LQ_ELLIPTIC_ROWS 3
extern const struct lq_param lq_elliptic_rows[LQ_ELLIPTIC_ROWS];

typedef struct lq_elliptic {
  lq_stream stream;
  const struct lq_kernels *kernels;
  lq_cascade cascade; /* sections on the side, 12 dB and more */
  lq_ramp first;      /* how much of the one of first order is in force, 0 … 1 */
  lq_ramp first_hz;   /* … and where it is */
  lq_ramp blend;      /* what of the side's bass the middle gets */
  float *planes;      /* side, middle */
  float hz;           /* as last set, but 0 */
  double keep;        /* of the means a hop */
  bool blending;
  struct {
    uint32_t phase;              /* frames since the last grid point */
    struct lq_bass_taps taps;    /* of the one of first order, at rest … */
    struct lq_bass_state low;    /* … */
    struct lq_shelf_state state; /* … and moving */
    bool moves, works;           /* at rest: there is one */
    double cross, power; /* of the hop under way: middle × what was taken, that squared */
    double mean_cross, mean_power, mean_mid, mid;
    double sign;  /* that of the blend */
    bool running; /* it is made */
  } z;
} lq_elliptic;

bool lq_elliptic_prepare (
    lq_elliptic *u, const lq_stream *stream, lq_arena *arena);                /* [setup] */
void lq_elliptic_set (lq_elliptic *u, const struct lq_elliptic_params *p);    /* [rt] */
void lq_elliptic_reset (lq_elliptic *u);                                      /* [rt] */
void lq_elliptic_process (lq_elliptic *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_elliptic_latency (const lq_elliptic *u);                          /* [any] */

/* Frames that sound after the input ended. [any] */
uint32_t lq_elliptic_tail (const lq_elliptic *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_elliptic_neutral (const lq_elliptic *u);

#endif
