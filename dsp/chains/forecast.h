/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* How loud a programme will be behind a gain and the limiter, without running it again: the first
 * pass notes the true peak and the K-weighted energy of every group of frames, and any gain can
 * be tried on these notes. Layer: chains.
 *
 * Two floats a group, about 12 kB a second at any rate; whoever listens keeps them. Error
 * against the limiter itself: docs/architecture.md. */

#ifndef LQ_FORECAST_H
#define LQ_FORECAST_H

#include "../primitives/loudness.h"
#include "../processors/limiter.h"

/* Most floats that LQ_BLOCK frames make. */
#define LQ_FORECAST_NOTES (2 * (LQ_BLOCK / 4 + 1))

/* Longest way from a group's energy to its gain, in groups: a power of two. */
#define LQ_FORECAST_RING 16

typedef struct lq_forecast {
  const lq_loudness *meter; /* which channels count, and how much */
  lq_limiter limiter;
  double rate, gain_db, scale; /* gain over ceiling, linear */
  uint32_t lag;                /* groups from a group's energy to its gain */
  struct {
    uint32_t phase; /* first pass: frames of the current group */
    struct lq_kweight_pair pair[LQ_CHANNELS_MAX / 2];
    float peak;                     /* the largest */
    uint64_t groups, steps;         /* of the notes; of 100 ms */
    float energy[LQ_FORECAST_RING]; /* newest groups */
    double step[4][2];              /* energy of 100 ms with and without the limiter, a ring */
    lq_gatehist *limited, *plain;   /* blocks of 400 ms */
  } z;
} lq_forecast;

/* `meter` must be prepared for the same stream. False: no memory. [setup] */
bool lq_forecast_prepare (
    lq_forecast *u, const lq_loudness *meter, const lq_stream *stream, lq_arena *arena);

/* A new programme. [rt] */
void lq_forecast_reset (lq_forecast *u);

/* First pass, at most LQ_BLOCK frames: returns how many floats were noted. [rt] */
uint32_t lq_forecast_listen (
    lq_forecast *u, const float *const *ch, uint32_t frames, float *notes);

/* The largest peak so far, linear. [any] */
float lq_forecast_peak (const lq_forecast *u);

/* Tries a gain under a ceiling (linear): then all notes in their order, then the result: how much
 * less loud the limiter makes the programme, LU, 0 or negative. [rt] */
void lq_forecast_begin (lq_forecast *u, double gain_db, double ceiling);
void lq_forecast_feed (lq_forecast *u, const float *notes, uint32_t n);
double lq_forecast_loss (const lq_forecast *u);

#endif
