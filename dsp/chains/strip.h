/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The chain of channelstrip: everything that one track needs. Layer: chains.
 *
 * Order: input, high-pass, low-pass, equaliser, output: that of the normative table, in which the
 * two filters stand before all that may move. What a band listens to replaces the output after
 * the output stage, and is what the output's meters see. Channels: 1 to LQ_CHANNELS_MAX, planar,
 * in place; one in may become two out. Blocks of at most LQ_BLOCK frames. Reset forgets the
 * sound, not what the meters measured; lq_strip_begin starts them anew. */

#ifndef LQ_STRIP_H
#define LQ_STRIP_H

#include "../primitives/correlation.h"
#include "../primitives/level.h"
#include "../primitives/loudness.h"
#include "../processors/eq.h"
#include "../processors/input.h"
#include "../processors/out.h"
#include "../processors/pass.h"

struct lq_strip_params {
  struct lq_input_params input;
  struct lq_pass_params hpf, lpf;
  struct lq_eq_params eq;
  struct lq_out_params out;
};

#define LQ_STRIP_MODULES (4 + LQ_EQ_MODULES)
extern const struct lq_module lq_strip_modules[LQ_STRIP_MODULES];

/* Of one end of the strip, LQ_SILENCE_DB at the least. */
struct lq_strip_level_figures {
  float peak_db, rms_db; /* highest over channels, in the period between two readings */
  float loudness_lufs;   /* short-term, now */
};

struct lq_strip_figures {
  struct lq_strip_level_figures input, output;
  float correlation; /* of left and right at the output, 400 ms; 0 in silence and mono */
};

#define LQ_STRIP_FIGURE_MODULES 3
extern const struct lq_module lq_strip_figure_modules[LQ_STRIP_FIGURE_MODULES];

/* The meters of one end. */
struct lq_strip_meter {
  uint32_t channels;
  lq_level level;
  lq_loudness loudness;
  lq_level_reading reading; /* each channel's, as of the last lq_strip_figures */
  double highest;           /* sample peak of the programme up to then */
};

typedef struct lq_strip {
  lq_stream stream;
  lq_input input;
  lq_pass hpf, lpf;
  lq_eq eq;
  lq_out out;
  bool metered;
  bool pair;            /* left and right exist at the output … */
  uint32_t left, right; /* … in these planes */
  struct lq_strip_meter before, after;
  lq_correlation correlation;
} lq_strip;

bool lq_strip_prepare (lq_strip *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_strip_set (lq_strip *u, const struct lq_strip_params *p);              /* [rt] */
void lq_strip_reset (lq_strip *u);                                             /* [rt] */
void lq_strip_process (lq_strip *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_strip_latency (const lq_strip *u);                                 /* [any] */

/* Frames until all is below −96 dBFS after the input ended: ringing and the delay. [any] */
uint32_t lq_strip_tail (const lq_strip *u);

/* Frames of it that are wanted, because the programme itself is late: the delay alone. [any] */
uint32_t lq_strip_echo (const lq_strip *u);

/* At rest at its neutral settings: process would change nothing, and only look at the samples
 * while metered. [rt] */
bool lq_strip_neutral (const lq_strip *u);

/* Whether module i of lq_strip_modules changes the audio, by itself, now. [any] */
bool lq_strip_works (const lq_strip *u, uint32_t i);

/* Whether mono in has to become stereo out: where it is panned. [any] */
bool lq_strip_needs_stereo (const struct lq_strip_params *p);

/* Somebody looks at the meters, from now on, or nobody does. [rt] */
void lq_strip_meter (lq_strip *u, bool on);

/* The meters start anew. [rt] */
void lq_strip_begin (lq_strip *u);

/* What the meters show; peak and RMS of the period since the last call. [rt] */
void lq_strip_figures (lq_strip *u, struct lq_strip_figures *figures);

#endif
