/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Level meter of a strip: sample peak and RMS of each channel, and the correlation of two, over
 * the period between two readings. Layer: primitives.
 *
 * RMS is plain, as in GStreamer's level element: a full-scale sine has 20·log10 (rms) = −3.01 dB,
 * where AES17 would say 0. */

#ifndef LQ_LEVEL_H
#define LQ_LEVEL_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/stream.h"

typedef struct lq_level_reading {
  uint64_t frames;             /* the period's length */
  float peak[LQ_CHANNELS_MAX]; /* largest |x|, linear */
  double rms[LQ_CHANNELS_MAX]; /* √(mean of x²), linear */
  double correlation; /* Σ x·y/√(Σ x²·Σ y²), −1 to 1; 0 unless two channels sound */
} lq_level_reading;

typedef struct lq_level {
  const struct lq_kernels *kernels;
  uint32_t channels;
  struct {
    uint64_t frames;
    float peak[LQ_CHANNELS_MAX];
    double energy[LQ_CHANNELS_MAX][LQ_PRODUCT_LANES];
    double cross[LQ_PRODUCT_LANES];
  } z; /* of the period so far */
} lq_level;

/* Never fails. [setup] */
bool lq_level_prepare (lq_level *u, const lq_stream *stream, lq_arena *arena);

/* [rt] */
void lq_level_reset (lq_level *u);

/* Any number of frames, times `gain`. [rt] */
void lq_level_process (lq_level *u, const float *const *ch, uint32_t frames, double gain);

/* The same of frames of two, interleaved; the correlation isn't measured. [rt] */
void lq_level_process_pair (lq_level *u, const float *x, uint32_t frames, double gain);

/* The period since the last call or reset; a new one begins. [rt] */
void lq_level_take (lq_level *u, lq_level_reading *out);

#endif
