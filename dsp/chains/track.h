/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What strip and mixer channel have in common: the modules that a track goes through before its
 * delay, reverb and fader. Layer: chains.
 *
 * Order: input, high-pass, low-pass; gate, equaliser, compressor, de-esser, transients, saturation
 * in this order or any other. Channels: 1 to LQ_CHANNELS_MAX, planar, in place, as many out as in.
 * Blocks of at most LQ_BLOCK frames.
 *
 * A module that is late and is switched on while playing makes the latency grow. The track then
 * drops, behind that module, the frames that it puts out a second time: a flow gets shorter. */

#ifndef LQ_TRACK_H
#define LQ_TRACK_H

#include "../processors/comp.h"
#include "../processors/deess.h"
#include "../processors/eq.h"
#include "../processors/gate.h"
#include "../processors/input.h"
#include "../processors/pass.h"
#include "../processors/sat.h"
#include "../processors/trans.h"
#include "flow.h"

struct lq_track_params {
  struct lq_input_params input;
  struct lq_pass_params hpf, lpf;
  struct lq_gate_params gate;
  struct lq_eq_params eq;
  struct lq_comp_params comp;
  struct lq_deess_params deess;
  struct lq_trans_params trans;
  struct lq_sat_params sat;
};

/* What its dynamics have taken away at the most in a period, dB, positive. */
struct lq_track_figures {
  float gate_db, comp_db, deess_db;
};

/* Their modules, of a table whose struct has lq_track_figures at `place`. */
#define LQ_TRACK_FIGURE_MODULES 3
extern const struct lq_param lq_track_figure_rows[LQ_TRACK_FIGURE_MODULES];
#define LQ_TRACK_FIGURE_LIST(place)                                                            \
  { "gate", lq_track_figure_rows, 1, place, NULL },                                            \
      { "comp", lq_track_figure_rows + 1, 1, place, NULL },                                    \
  {                                                                                            \
    "deess", lq_track_figure_rows + 2, 1, place, NULL                                          \
  }

/* Modules whose order is free, as numbered in the default order. */
enum lq_stage {
  LQ_STAGE_GATE,
  LQ_STAGE_EQ,
  LQ_STAGE_COMP,
  LQ_STAGE_DEESS,
  LQ_STAGE_TRANS,
  LQ_STAGE_SAT,
  LQ_STAGES
};

/* Their names, comma-separated, in the default order. */
#define LQ_STAGE_ORDER "gate,eq,comp,deess,trans,sat"

/* lq_flow_read_order of these. [any] */
bool lq_track_read_order (
    const char *text, uint8_t order[LQ_STAGES], const char **at, size_t *length);

typedef struct lq_track {
  lq_stream stream;
  lq_input input;
  lq_pass hpf, lpf;
  lq_gate gate;
  lq_eq eq;
  lq_comp comp;
  lq_deess deess;
  lq_trans trans;
  lq_sat sat;
  uint8_t order[LQ_STAGES];            /* enum lq_stage */
  struct lq_track_params asked, given; /* as last set; as modules have it */
  bool gave;                           /* modules have any */
  bool deaf;                           /* listening waits for what comes a second time */
  struct {
    uint32_t again[LQ_STAGES]; /* frames that the stage still puts out a second time */
  } z;
} lq_track;

/* `p`: what is latched, and which of the modules that are late count from the start. `order`: of
 * lq_track_read_order; `bands`: of the equaliser, others are off. [setup] */
bool lq_track_prepare (lq_track *u, const lq_stream *stream, const struct lq_track_params *p,
    const uint8_t order[LQ_STAGES], uint32_t bands, lq_arena *arena);
void lq_track_set (lq_track *u, const struct lq_track_params *p); /* [rt] */
void lq_track_reset (lq_track *u);                                /* [rt] */

/* The block that `f` describes; behind it what is left of that. [rt] */
void lq_track_process (lq_track *u, struct lq_flow *f);

/* What is listened to in the block of `f` replaces it; f may have more planes by now. [rt] */
void lq_track_listen (const lq_track *u, const struct lq_flow *f);

uint32_t lq_track_latency (const lq_track *u); /* [any] */

/* Frames that are still to be dropped, since they come a second time. [any] */
uint32_t lq_track_repeats (const lq_track *u);

/* None are any more: listening is heard again. [rt] */
void lq_track_hear (lq_track *u);

/* The period since the last call; a new one begins. [rt] */
struct lq_track_figures lq_track_read (lq_track *u);

/* The latency if every module were on. [any] */
uint32_t lq_track_latency_most (const lq_track *u);

/* Frames until all is below −96 dBFS after the input ended. [any] */
uint32_t lq_track_tail (const lq_track *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_track_neutral (const lq_track *u);

#endif
