/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Splits 1 or 2 channels into 2 to 6 bands without turning any phase: all bands together are the
 * input, late by lq_linearbands_latency. Layer: primitives.
 *
 * Below crossover f lies 1/(1 + (hz/f)⁴) of the signal, above it the rest, which are the magnitudes
 * of Linkwitz-Riley crossovers of fourth order; a band is what lies below its upper crossover and
 * not below its lower one. Filters of 4096 taps up to 48 kHz, of twice as many up to 96 kHz and so
 * on: as the formula says down to 100 Hz, a little wider below.
 *
 * Other crossovers are designed a slice a hop, which takes about a tenth of a second, and then faded
 * to; of what is set meanwhile the last comes after it. */

#ifndef LQ_LINEARBANDS_H
#define LQ_LINEARBANDS_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "bands.h"
#include "linear.h"

typedef struct lq_linearbands {
  lq_linear filters; /* low-passes, one for each crossover */
  double rate;
  uint32_t channels, bands;
  float crossover_hz[LQ_BANDS_MAX - 1]; /* as last set, in order */
  float made_hz[LQ_BANDS_MAX - 1];      /* in force, or being made */
  bool making;
  uint32_t filter, bin; /* what is being made */
} lq_linearbands;

/* False: no memory. [setup] */
bool lq_linearbands_prepare (
    lq_linearbands *u, const lq_stream *stream, uint32_t bands, lq_arena *arena);

/* bands − 1 frequencies in any order. [rt] */
void lq_linearbands_set (lq_linearbands *u, const float *crossover_hz);

/* Nothing is remembered; what is set is in force. Takes as long as a design. [rt] */
void lq_linearbands_reset (lq_linearbands *u);

/* Nothing is remembered, but what is set comes later. [rt] */
void lq_linearbands_wake (lq_linearbands *u);

/* At each point of the grid, before the hop's first frame; `runs`: frames come. [rt] */
void lq_linearbands_hop (lq_linearbands *u, bool runs);

/* n frames within a hop: band b of channel c goes to out[b][c]. dry: x late by the latency. [rt] */
void lq_linearbands_process (lq_linearbands *u, const float *const *x, const float *const *dry,
    float *const (*out)[2], uint32_t phase, uint32_t n);

/* [any] */
static inline uint32_t
lq_linearbands_latency (const lq_linearbands *u)
{
  return lq_linear_latency (&u->filters);
}

/* Frames until a filter has seen all that it looks at. [any] */
static inline uint32_t
lq_linearbands_frames (const lq_linearbands *u)
{
  return u->filters.taps;
}

#endif
