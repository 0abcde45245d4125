/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* How far a level stands above what it was a while ago: a fast and a slow envelope in dB, so that the
 * difference is the same at any level. Layer: primitives. */

#ifndef LQ_ONSET_H
#define LQ_ONSET_H

#include <stdbool.h>

typedef struct lq_onset {
  double fall, learn, forget; /* shares of the way that envelopes go with each level */
  double range_db;            /* most that an onset counts for */
  struct {
    bool fresh;        /* both begin where the next level is */
    double fast, slow; /* dB */
  } z;
} lq_onset;

/* `rate`: levels a second. Fast: up at once, down with fall_ms; slow follows it up with learn_ms, down
 * with forget_ms. [setup] */
void lq_onset_prepare (lq_onset *u, double rate, double fall_ms, double learn_ms,
    double forget_ms, double range_db);

/* After silence. [rt] */
void lq_onset_reset (lq_onset *u);

/* The next level: fast − slow, 0 … range_db. [rt] */
double lq_onset_next (lq_onset *u, double level_db);

#endif
