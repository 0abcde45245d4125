/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Correlation of left and right over the last 400 ms, moving by 10 ms; what their sum loses over the
 * last 3 s, moving by 100 ms. Layer: primitives. */

#ifndef LQ_CORRELATION_H
#define LQ_CORRELATION_H

#include "../base/kernels.h"

#include <stdbool.h>

#define LQ_CORRELATION_STEPS 40 /* of 10 ms each */
#define LQ_CORRELATION_LONG 30  /* of 100 ms each */
#define LQ_MONO_LOSS_MAX 120.0  /* dB: nothing is left of it */

struct lq_correlation_sums {
  double xx, yy, xy;
};

typedef struct lq_correlation {
  const struct lq_kernels *kernels;
  uint32_t step_frames;
  struct {
    uint32_t frames; /* of the current step so far */
    uint32_t at;     /* where its sums go in the ring */
    double xx[LQ_PRODUCT_LANES], yy[LQ_PRODUCT_LANES], xy[LQ_PRODUCT_LANES];
    struct lq_correlation_sums ring[LQ_CORRELATION_STEPS];
    struct lq_correlation_sums part; /* of 100 ms, so far */
    uint32_t long_at;
    struct lq_correlation_sums longer[LQ_CORRELATION_LONG];
  } z;
} lq_correlation;

/* [setup] */
void lq_correlation_prepare (lq_correlation *u, double rate);

/* [rt] */
void lq_correlation_reset (lq_correlation *u);

/* Any number of frames. [rt] */
void lq_correlation_process (
    lq_correlation *u, const float *left, const float *right, uint32_t frames);

/* Σ x·y/√(Σ x²·Σ y²), −1 to 1; 0 where one of the two is silent, below −120 dBFS rms. [any] */
double lq_correlation_value (const lq_correlation *u);

/* Power that is lost when both become (left + right)/2, dB: mean of their powers to power of that. 0
 * where they are alike, 3.01 where they have nothing in common, LQ_MONO_LOSS_MAX where nothing is
 * left; 0 where that mean is below −120 dBFS. [any] */
double lq_correlation_mono_loss (const lq_correlation *u);

/* The same of a mean and a power. [any] */
double lq_mono_loss_db (double mean, double mono);

#endif
