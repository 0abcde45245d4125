/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The meters of loudnessnorm, run over planes and read every 10 ms. */

#ifndef LQ_METERS_H
#define LQ_METERS_H

#include "guard.h"
#include "primitives/loudness.h"
#include "primitives/truepeak.h"

typedef struct lqc_meters {
  lq_stream stream;
  lq_arena arena;
  lq_loudness loudness;
  lq_truepeak truepeak;
} lqc_meters;

/* A stream of `channels`, positioned as in table 3 of BS.1770-5 (L R, 5.0 or 5.1), or where it
 * has another count, not positioned. */
lq_stream lqc_stream (double rate, unsigned channels);

/* Prepared for the stream; aborts where there is no memory. */
void lqc_meters_new (lqc_meters *m, const lq_stream *stream);
void lqc_meters_free (lqc_meters *m);

/* Processes all frames in steps of 10 ms, one plane for every channel where there is but one.
 * After each step `look` (may be NULL) is called with the seconds so far. */
void lqc_meters_run (lqc_meters *m, const lqg_planes *planes,
    void (*look) (lqc_meters *m, double seconds, void *data), void *data);

/* dB of a magnitude, and loudness of sines: −0.691 + 10·log10 Σ weight·amplitude²/2·|K|². */
double lqc_db (double magnitude);
double lqc_sine_loudness (double hz, double weighted_amplitude_squares);

/* |K|² at hz: the response of BS.1770-5's tables at 48 kHz. */
double lqc_k_power (double hz);

#endif
