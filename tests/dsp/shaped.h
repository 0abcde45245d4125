/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The quantiser with noise shaping, run and measured; and the curves by their formula. */

#ifndef SHAPED_H
#define SHAPED_H

#include "primitives/quantize.h"

#include <stddef.h>

#define SHAPINGS 4 /* none too */

extern const char *const shaped_names[SHAPINGS];

/* One run. cut: frames of a block, 0: random ones. */
struct shaped {
  double rate;
  enum lq_sample_format format;
  enum lq_dither dither;
  enum lq_shaping shaping;
  bool blank;
  uint32_t channels, cut;
};

/* Integers, interleaved, of planes that lie `frames` apart in x; to be freed. */
int32_t *shaped_run (const struct shaped *job, const float *x, size_t frames);

/* The same with another shaping from frame `when` on. */
int32_t *shaped_switch (
    const struct shaped *job, const float *x, size_t frames, size_t when, enum lq_shaping then);

/* Output − input of one channel, in LSBs; to be freed. */
double *shaped_errors (const struct shaped *job, const float *x, size_t frames);

/* |1 − Σ c·z^−k|² at 44.1 kHz, from the published taps. */
double shaped_theory (enum lq_shaping shaping, double hz);

/* Power of e at the bins of SHAPED_FFT/2, averaged over its whole length under Hann windows: LSB²,
 * white noise of power p reads p. */
#define SHAPED_FFT 8192
void shaped_spectrum (const double *e, size_t frames, double *power);

#endif
