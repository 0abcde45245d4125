/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What reverberation is measured with, in double: impulse responses of the reverb, decay in a band,
 * echo density, correlation. For the test and for what dumps curves for the docs. */

#ifndef LQ_TEST_ROOMS_H
#define LQ_TEST_ROOMS_H

#include "processors/reverb.h"

#define ROOMS_PLANES 8

typedef struct rooms_job {
  struct lq_reverb_params p;
  double rate;
  uint32_t channels;
} rooms_job;

/* All wet; no predelay, no filters, no modulation, no damping. */
rooms_job rooms_plain (int32_t type, double rate, double decay_s, double size_percent);

/* The audio in x, `channels` planes, through a fresh reverb, in place. */
void rooms_run (const rooms_job *job, float *const *x, size_t frames);

/* What an impulse on all channels of the mask becomes: planes, to be freed with rooms_free. */
float **rooms_impulse (const rooms_job *job, uint32_t mask, size_t frames);
void rooms_free (float **planes, uint32_t channels);

/* T60 in seconds: a line through the energy that is still to come (Schroeder) from −5 to −35 dB, in
 * a band of `octaves` round hz. */
double rooms_t60 (const float *h, size_t frames, double rate, double hz, double octaves);

/* Normalised echo density (Abel and Huang, AES 2006) round `frame`, in a Hann window of 20 ms: 0 for
 * single echoes, 1 for Gaussian noise. */
double rooms_density (const float *h, size_t frames, double rate, size_t frame);

/* Correlation of frames first … end − 1. */
double rooms_correlation (const float *a, const float *b, size_t first, size_t end);

extern const char *const rooms_names[4];

#endif
