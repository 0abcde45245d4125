/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Correlation of left and right below 300 Hz, of everything so far. Layer: primitives. */

#ifndef LQ_BASSCORR_H
#define LQ_BASSCORR_H

#include "../base/kernels.h"

#define LQ_BASSCORR_HZ 300.0
#define LQ_BASSCORR_SECTIONS 2

typedef struct lq_basscorr {
  const struct lq_kernels *kernels;
  struct lq_biquad_taps taps[LQ_BASSCORR_SECTIONS]; /* Butterworth, fourth order */
  struct {
    double state[LQ_BASSCORR_SECTIONS][LQ_BIQUAD_STATE];
    double xx[LQ_PRODUCT_LANES], yy[LQ_PRODUCT_LANES], xy[LQ_PRODUCT_LANES];
    uint32_t phase; /* frames, of LQ_PRODUCT_LANES */
  } z;
} lq_basscorr;

/* [setup] */
void lq_basscorr_prepare (lq_basscorr *u, double rate);

/* [rt] */
void lq_basscorr_reset (lq_basscorr *u);

/* Any number of frames. [rt] */
void lq_basscorr_process (
    lq_basscorr *u, const float *left, const float *right, uint32_t frames);

/* −1 to 1; 0 where one of the two has no bass. [any] */
double lq_basscorr_value (const lq_basscorr *u);

#endif
