/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The chain of channelstrip: everything that one track needs. Layer: chains.
 *
 * Order: input, high-pass, low-pass; gate, equaliser, compressor, de-esser, transients, saturation
 * in this order or any other; delay, reverb, output: that of the normative table. What a
 * module listens to replaces the output after the output stage, and is what the output's meters see.
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place; one in may become two before the delay.
 * Blocks of at most LQ_BLOCK frames. Reset forgets the sound, not what the meters measured;
 * lq_strip_begin starts them anew.
 *
 * A module that is late and is switched on while playing makes the latency grow. The chain then
 * drops, behind that module, the frames that it puts out a second time: the first frames of the
 * blocks that follow hold nothing that may be used, as many as the latency grew by. */

#ifndef LQ_STRIP_H
#define LQ_STRIP_H

#include "../primitives/correlation.h"
#include "../primitives/gauge.h"
#include "../processors/delay.h"
#include "../processors/out.h"
#include "../processors/reverb.h"
#include "track.h"

struct lq_strip_params {
  struct lq_track_params track;
  struct lq_delay_params delay;
  struct lq_reverb_params reverb;
  struct lq_out_params out;
};

#define LQ_STRIP_MODULES (11 + LQ_EQ_MODULES)
extern const struct lq_module lq_strip_modules[LQ_STRIP_MODULES];

struct lq_strip_figures {
  struct lq_gauge_figures input, output;
  struct lq_track_figures track;
  float correlation; /* of left and right at the output, 400 ms; 0 in silence and mono */
};

#define LQ_STRIP_FIGURE_MODULES (3 + LQ_TRACK_FIGURE_MODULES)
extern const struct lq_module lq_strip_figure_modules[LQ_STRIP_FIGURE_MODULES];

typedef struct lq_strip {
  lq_stream stream;
  lq_track track;
  lq_delay delay;
  lq_reverb reverb;
  lq_out out;
  bool metered;
  bool pair;            /* left and right exist at the output … */
  uint32_t left, right; /* … in these planes */
  lq_gauge before, after;
  lq_correlation correlation;
  struct lq_strip_params given; /* as modules have it */
  bool gave;                    /* they have any */
} lq_strip;

/* Planes and positions behind the modules whose order is free: what delay and reverb see. [any] */
lq_stream lq_strip_output (const lq_stream *stream);

/* `p`: what is latched, and which of the modules that are late count from the start. `order`: of
 * lq_track_read_order. [setup] */
bool lq_strip_prepare (lq_strip *u, const lq_stream *stream, const struct lq_strip_params *p,
    const uint8_t order[LQ_STAGES], lq_arena *arena);
void lq_strip_set (lq_strip *u, const struct lq_strip_params *p);       /* [rt] */
void lq_strip_reset (lq_strip *u);                                      /* [rt] */
void lq_strip_process (lq_strip *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_strip_latency (const lq_strip *u);                          /* [any] */

/* Frames that are still to be dropped, since they come a second time. [any] */
uint32_t lq_strip_repeats (const lq_strip *u);

/* The latency if every module were on. [any] */
uint32_t lq_strip_latency_most (const lq_strip *u);

/* Frames until all is below −96 dBFS after the input ended: ringing, echoes,
 * reverberation and the delay. [any] */
uint32_t lq_strip_tail (const lq_strip *u);

/* Frames of it that are wanted: echoes, reverberation and the delay. [any] */
uint32_t lq_strip_echo (const lq_strip *u);

/* At rest at its neutral settings: process would change nothing, and only look at the samples
 * while metered. [rt] */
bool lq_strip_neutral (const lq_strip *u);

/* Whether module i of lq_strip_modules changes the audio, by itself, now. [any] */
bool lq_strip_works (const lq_strip *u, uint32_t i);

/* Whether mono in has to become stereo out: where it is panned, echoes
 * alternate, or a reverb has sides. [any] */
bool lq_strip_needs_stereo (const struct lq_strip_params *p);

/* Somebody looks at the meters, from now on, or nobody does. [rt] */
void lq_strip_meter (lq_strip *u, bool on);

/* The meters start anew. [rt] */
void lq_strip_begin (lq_strip *u);

/* What the meters show; peak, RMS and reductions of the period since the last call. [rt] */
void lq_strip_figures (lq_strip *u, struct lq_strip_figures *figures);

/* Of strip-meters.c, for the chain. */
bool lq_strip_meters_prepare (lq_strip *u, const lq_stream *out, lq_arena *arena); /* [setup] */
void lq_strip_measure (lq_gauge *gauge, float *const *ch, uint32_t frames);        /* [rt] */

#endif
