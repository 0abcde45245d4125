/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Splits 1 or 2 channels into 1 to 6 bands, by Linkwitz-Riley crossovers of fourth order. Each band
 * also passes the all-passes of the splits that it takes no part in, so that all bands together are
 * the input through one all-pass for each crossover: flat, whatever the frequencies. One band is the
 * input itself. Latency 0. Layer: primitives.
 *
 * Crossovers are held to 10 Hz … 0.49 of the rate, where what is above is practically silent. Other
 * crossovers are another splitter, faded to in 24 ms, some 4 ms from the next grid point on; of what
 * is set while that goes on the last comes after it. The grid is counted from the last reset.
 *
 * A tree, numbers are crossovers: of 2 bands 1; of 3 first 1, then 2; of 4 and 5 first 2, then 1 below
 * it and 3, 4 above; of 6 first 3, then 1, 2 below it and 4, 5 above. */

#ifndef LQ_BANDS_H
#define LQ_BANDS_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/ramp.h"
#include "../base/stream.h"

typedef struct lq_bands {
  const struct lq_kernels *kernels;
  double rate;
  uint32_t channels, bands;
  uint32_t settle;                      /* hops */
  float crossover_hz[LQ_BANDS_MAX - 1]; /* as last set, in order */
  lq_ramp fade;                         /* from split[0] to split[1] */
  struct lq_bands_split *split;         /* two */
  float *other;                         /* a hop of every band and channel */
  struct {
    uint32_t phase; /* frames since the last grid point */
    uint32_t settling;
    bool fading;
  } z;
} lq_bands;

/* 1 or 2 channels, 1 to LQ_BANDS_MAX bands; crossovers in even steps until they are set. False: no
 * memory. [setup] */
bool lq_bands_prepare (lq_bands *u, const lq_stream *stream, uint32_t bands, lq_arena *arena);

/* The crossovers of so many bands in ascending order. [rt] */
void lq_bands_sort (float *sorted, const float *crossover_hz, uint32_t bands);

/* bands − 1 frequencies in any order. [rt] */
void lq_bands_set (lq_bands *u, const float *crossover_hz);

/* Nothing is remembered; what is set is in force. [rt] */
void lq_bands_reset (lq_bands *u);

/* Band b of channel c, from the lowest on, goes to out[b][c]; at most LQ_BLOCK frames. None of those
 * planes may be one of x. [rt] */
void lq_bands_process (
    lq_bands *u, const float *const *x, float *const (*out)[2], uint32_t frames);

/* Frames until what is left is below −96 dB of what was. [any] */
uint32_t lq_bands_tail (const lq_bands *u);

/* No other crossovers are asked for, or faded to. [rt] */
bool lq_bands_resting (const lq_bands *u);

#endif
