/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* How loud a programme will be behind a gain, one that rides if need be, and the limiter, without
 * running it again: the first pass notes the true peak and the K-weighted energy of every group of
 * frames, and any gain can be tried on these notes. Layer: chains.
 *
 * Two floats a group, about 12 kB a second at any rate; whoever listens keeps them. Error
 * against the limiter itself: docs/architecture.md. */

#ifndef LQ_FORECAST_H
#define LQ_FORECAST_H

#include "../primitives/loudness.h"
#include "../processors/limiter.h"
#include "leveller.h"

/* Most floats that LQ_BLOCK frames make. */
#define LQ_FORECAST_NOTES (2 * (LQ_BLOCK / 4 + 1))

/* What is tried. */
struct lq_forecast_try {
  double gain_db;
  double least_db, most_db;    /* bounds of what the gain and its riding come to */
  double ceiling;              /* linear; LQ_LIMITER_OFF: no limiter */
  const lq_leveller *leveller; /* NULL: one gain */
  double strength;             /* of its riding */
};

/* Longest way from a group's energy to its gain, in groups: a power of two. */
#define LQ_FORECAST_RING 16

/* 100 ms in 3 s, and one that is being filled. */
#define LQ_FORECAST_STEPS 31

typedef struct lq_forecast {
  const lq_loudness *meter; /* which channels count, and how much */
  lq_limiter limiter;
  double rate;
  struct lq_forecast_try now;
  uint32_t lag; /* groups from a group's energy to its gain */
  struct {
    uint32_t phase; /* first pass: frames of the current group */
    struct lq_kweight_pair pair[LQ_CHANNELS_MAX / 2];
    float peak;                        /* the largest */
    uint64_t groups, steps;            /* of the notes; of 100 ms */
    float energy[LQ_FORECAST_RING];    /* newest groups … */
    float ridden[LQ_FORECAST_RING];    /* … and power by which the gain rides there */
    double step[LQ_FORECAST_STEPS][2]; /* energy of 100 ms as it goes out and came in, a ring */
    double most_peak;                  /* the largest, ridden */
    lq_gatehist *out, *in;             /* blocks of 400 ms */
    lq_gatehist *short_terms;          /* … of 3 s, as they go out */
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

/* Tries: then all notes in their order, then the result. change: what riding and limiting make of
 * the programme's loudness, beside the one gain, LU. range: LU. peak: the largest before the
 * limiter, beside the one gain, linear. [rt] */
void lq_forecast_begin (lq_forecast *u, const struct lq_forecast_try *what);
void lq_forecast_feed (lq_forecast *u, const float *notes, uint32_t n);
double lq_forecast_change (const lq_forecast *u);
double lq_forecast_range (const lq_forecast *u);
double lq_forecast_ridden_peak (const lq_forecast *u);

/* The notes' energies alone, to the leveller. [rt] */
void lq_forecast_tell (lq_forecast *u, lq_leveller *leveller, const float *notes, uint32_t n);

#endif
