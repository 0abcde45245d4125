/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* True-peak and sample-peak meter: the magnitude of the samples and of three values between
 * each two of them. Layer: primitives.
 *
 * Accuracy: docs/conformance.md. Magnitudes are linear; 1.0 is 0 dBTP and 0 dBFS. Interpolation
 * needs 12 frames ahead: the last ones of a stream count after lq_truepeak_finish. */

#ifndef LQ_TRUEPEAK_H
#define LQ_TRUEPEAK_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/stream.h"

typedef struct lq_peaks {
  float sample, peak; /* largest of samples; of them and of what lies between */
} lq_peaks;

typedef struct lq_truepeak {
  const struct lq_kernels *kernels;
  struct lq_truepeak_taps taps;
  uint32_t channels;
  float *work; /* history, a block, and room behind it */
  struct {
    float *history;                   /* newest frames of each channel */
    lq_peaks all[LQ_CHANNELS_MAX];    /* since reset */
    lq_peaks period[LQ_CHANNELS_MAX]; /* since lq_truepeak_take */
  } z;
} lq_truepeak;

/* False: no memory. [setup] */
bool lq_truepeak_prepare (lq_truepeak *u, const lq_stream *stream, lq_arena *arena);

/* A new programme: nothing measured, silence before it. [rt] */
void lq_truepeak_reset (lq_truepeak *u);

/* Any number of frames. [rt] */
void lq_truepeak_process (lq_truepeak *u, const float *const *ch, uint32_t frames);

/* The stream ends here: silence follows the frames so far, and what lies between counts. [rt] */
void lq_truepeak_finish (lq_truepeak *u);

/* True peak and sample peak of a channel since reset. [any] */
float lq_truepeak_peak (const lq_truepeak *u, uint32_t channel);
float lq_truepeak_sample (const lq_truepeak *u, uint32_t channel);

/* The same, the largest of all channels. [any] */
float lq_truepeak_max_peak (const lq_truepeak *u);
float lq_truepeak_max_sample (const lq_truepeak *u);

/* True peak of a channel since the last call for it, and where `sample` isn't NULL its sample
 * peak; begins anew. [rt] */
float lq_truepeak_take (lq_truepeak *u, uint32_t channel, float *sample);

#endif
