/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the two files of the saturation share. Layer: processors. */

#ifndef LQ_SAT_PRIVATE_H
#define LQ_SAT_PRIVATE_H

#include "sat.h"

/* Corner of the removal of the bias's offset: 0.04 dB at 20 Hz. */
#define LQ_SAT_DC_HZ 2.0

extern const struct lq_sat_kind lq_sat_kinds[LQ_SAT_STYLES];

/* A curve whose bias moves, over a part of a hop. */
struct lq_sat_bend {
  float bias[LQ_HOP], offset[LQ_HOP], gain[LQ_HOP];
};

/* All that moves, over a part of a hop. */
struct lq_sat_motion {
  float drive[LQ_HOP], post[LQ_HOP], amount[LQ_HOP], fade[LQ_HOP];
  struct lq_shelf_taps before[LQ_SAT_SECTIONS][LQ_HOP], after[LQ_SAT_SECTIONS][LQ_HOP],
      dc[LQ_HOP];
  struct lq_sat_bend from, to;
  float bias[LQ_SAT_PAST + LQ_HOP]; /* of the frames before, too */
};

/* Whether a clip at `factor` times the rate is done by means, and how many frames ahead these
 * look. [setup] */
bool lq_sat_means (const lq_stream *stream, uint32_t factor);
uint32_t lq_sat_reach (uint32_t factor);

/* The taps that make up for the droop of means. [setup] */
void lq_sat_droop (lq_sat *u);

/* Floats that lq_sat_shape needs to work in. */
uint32_t lq_sat_scratch (const lq_sat *u);

/* The curve of `style` at rest. [rt] */
struct lq_curve_shape lq_sat_curve (const lq_sat *u, uint32_t style, double bias);

/* The same where the bias moves: `bias` the ramp's values. [rt] */
void lq_sat_bend (
    const lq_sat *u, uint32_t style, const float *bias, struct lq_sat_bend *bend, uint32_t n);

/* n frames of channel c, from the fast planes to the shaped ones; m NULL at rest. [rt] */
void lq_sat_shape (lq_sat *u, uint32_t c, const struct lq_sat_motion *m, uint32_t n);

#endif
