/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The chain of masterchain: what a finished mix goes through. Layer: chains.
 *
 * Order: input; equaliser, dynamic equaliser, multiband dynamics, glue compressor, exciter, imager,
 * low-end focus in this order or any other; maximizer; the programme's fades. What is then heard is
 * that, or the difference to the input (delta), or what a module listens to, in stereo or as
 * `monitor` says. Channels: 1 or 2, planar, in place. Blocks of at most LQ_BLOCK frames.
 *
 * Two passes (learn): the first runs the chain up to the maximizer, and finds the drive that makes
 * the output as loud as is asked for; the second goes with it.
 *
 * Modules that are late and are switched on while playing: as in track.h. Reset forgets the sound,
 * not what the meters measured; lq_master_begin starts them anew. */

#ifndef LQ_MASTER_H
#define LQ_MASTER_H

#include "../primitives/bypass.h"
#include "../primitives/loudness.h"
#include "../primitives/monitor.h"
#include "../primitives/thirds.h"
#include "../primitives/truepeak.h"
#include "../processors/dyneq.h"
#include "../processors/eq.h"
#include "../processors/exciter.h"
#include "../processors/fades.h"
#include "../processors/glue.h"
#include "../processors/imager.h"
#include "../processors/input.h"
#include "../processors/lowend.h"
#include "../processors/maximizer.h"
#include "../processors/mb.h"
#include "flow.h"
#include "learn.h"

/* What is heard of it all. */
struct lq_master_ear {
  int32_t monitor; /* enum lq_monitor_what */
  uint32_t delta, gain_match;
};

struct lq_master_params {
  struct lq_input_params input;
  struct lq_eq_params eq;
  struct lq_dyneq_params dyneq;
  struct lq_mb_params mb;
  struct lq_glue_params glue;
  struct lq_exciter_params exciter;
  struct lq_imager_params imager;
  struct lq_lowend_params lowend;
  struct lq_maximizer_params maximizer;
  struct lq_fades_params fades;
  struct lq_master_ear ear;
  float loudness_target_lufs; /* LQ_SILENCE_DB: unset */
};

/* Modules whose order is free, as numbered in the default order; and the last. */
enum lq_master_stage {
  LQ_MASTER_EQ,
  LQ_MASTER_DYNEQ,
  LQ_MASTER_MB,
  LQ_MASTER_GLUE,
  LQ_MASTER_EXCITER,
  LQ_MASTER_IMAGER,
  LQ_MASTER_LOWEND,
  LQ_MASTER_FREE,
  LQ_MASTER_MAXIMIZER = LQ_MASTER_FREE,
  LQ_MASTER_STAGES
};
_Static_assert(LQ_MASTER_STAGES <= LQ_FLOW_STAGES, "a flow has room for all stages");

#define LQ_MASTER_ORDER "eq,dyneq,mb,glue,exciter,imager,lowend"

/* lq_flow_read_order of these. [any] */
bool lq_master_read_order (
    const char *text, uint8_t order[LQ_MASTER_FREE], const char **at, size_t *length);

#define LQ_MASTER_MODULES                                                                      \
  (7 + LQ_EQ_MODULES + LQ_DYNEQ_MODULES + LQ_MB_MODULES + LQ_EXCITER_MODULES +                 \
      LQ_IMAGER_MODULES)
extern const struct lq_module lq_master_modules[LQ_MASTER_MODULES];

/* LQ_SILENCE_DB at the least. */
struct lq_master_loudness {
  float momentary_lufs, short_term_lufs, integrated_lufs, true_peak_dbtp;
};

struct lq_master_figures {
  struct lq_master_loudness input, output;
  float range_lu; /* of the output */
  float correlation;
  float mono_loss_db; /* 3 s */
  /* Reductions, the largest of the period. */
  float dyneq_db[LQ_DYNEQ_BANDS], mb_db[LQ_MB_BANDS], glue_db, lowend_db, maximizer_db;
  float learned_db; /* the drive that was found, 0 before */
};

#define LQ_MASTER_FIGURE_MODULES (6 + LQ_MB_BANDS + LQ_DYNEQ_BANDS)
extern const struct lq_module lq_master_figure_modules[LQ_MASTER_FIGURE_MODULES];

/* The meters of one end. */
struct lq_master_meter {
  lq_loudness loudness;
  lq_truepeak peak;
};

typedef struct lq_master {
  lq_stream stream;
  lq_input input;
  lq_eq eq;
  lq_dyneq dyneq;
  lq_mb mb;
  lq_glue glue;
  lq_exciter exciter;
  lq_imager imager;
  lq_lowend lowend;
  lq_maximizer maximizer;
  lq_fades fades;
  lq_bypass delta;
  lq_monitor monitor;
  uint8_t order[LQ_MASTER_FREE];        /* enum lq_master_stage */
  struct lq_master_params asked, given; /* as last set; as modules have it */
  bool gave;                            /* modules have any */
  bool deaf;                            /* listening waits for what comes a second time */
  lq_learn *learn;                      /* NULL: one pass; first the bank, and then … */
  struct lq_learn_result learned;       /* … what came of it … */
  bool knows;                           /* … which holds */
  bool metered;
  struct lq_master_meter before, after;
  lq_thirds thirds;                 /* of what leaves … */
  struct lq_thirds_figures reading; /* … as of the last lq_master_figures */
  lq_loudness matched[2]; /* windows of input and output, while they are to be matched */
  float heard_lufs[LQ_BLOCK / LQ_HOP + 1]; /* of the input, at the ends of the block's hops */
  lq_ramp match;            /* linear: the output's loudness against the input's … */
  float matching[LQ_BLOCK]; /* … at each frame of the block */
  struct {
    uint32_t phase; /* frames since the last grid point */
    int64_t place;  /* of the next frame in, in the programme */
    bool over;      /* the programme has ended: nothing of it comes any more */
    bool matches;   /* `matching` holds the block's gain */
    uint32_t
        early; /* first pass: frames that come to the maximizer before the programme does */
    uint32_t again[LQ_MASTER_STAGES]; /* frames that a stage still puts out a second time */
  } z;
} lq_master;

/* `p`: what is latched, and which of the modules that are late count from the start. `order`: of
 * lq_master_read_order. `learns`: there will be a first pass that looks for the drive. [setup] */
bool lq_master_prepare (lq_master *u, const lq_stream *stream, const struct lq_master_params *p,
    const uint8_t order[LQ_MASTER_FREE], bool learns, lq_arena *arena);
void lq_master_set (lq_master *u, const struct lq_master_params *p);      /* [rt] */
void lq_master_reset (lq_master *u);                                      /* [rt] */
void lq_master_process (lq_master *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_master_latency (const lq_master *u);                          /* [any] */

/* The latency if every module were on. [any] */
uint32_t lq_master_latency_most (const lq_master *u);

/* Frames that are still to be dropped, since they come a second time. [any] */
uint32_t lq_master_repeats (const lq_master *u);

/* Frames until all is below −96 dBFS after the input ended. [any] */
uint32_t lq_master_tail (const lq_master *u);

/* At rest at its neutral settings: process would change nothing, and only look at the samples
 * while metered. [rt] */
bool lq_master_neutral (const lq_master *u);

/* Whether module i of lq_master_modules changes the audio, by itself, now. [any] */
bool lq_master_works (const lq_master *u, uint32_t i);

/* The most that the output's format adds to a sample, linear. [setup] */
void lq_master_set_output (lq_master *u, double sample_error);

/* The next frame is this one of the programme; and where that ends, or LQ_FADES_NO_END. [rt] */
void lq_master_locate (lq_master *u, int64_t frame);
void lq_master_set_end (lq_master *u, int64_t frames);

/* Whether the input is over: what comes then is no part of the programme. [rt] */
void lq_master_over (lq_master *u, bool is);

/* What would make the last block's input as loud as its output, for each frame, linear; NULL where
 * nobody asks for it. [rt] */
const float *lq_master_match (const lq_master *u);

/* The first of two passes, where prepare was told of it (`learn`): hears a block of the programme, and at its
 * end finds the drive, with which the chain goes on from the next reset; another target asked for later
 * is aimed at from what was heard. [rt] */
void lq_master_analyse (lq_master *u, float *const *ch, uint32_t frames);
void lq_master_solve (lq_master *u);

/* Somebody looks at the meters, from now on, or nobody does. [rt] */
void lq_master_meter (lq_master *u, bool on);

/* What leaves, in the output's format; while metered. [rt] */
void lq_master_written (lq_master *u, const float *const *ch, uint32_t frames);

/* Meters start anew; `programme`: a new one, whose first frame is the next. [rt] */
void lq_master_begin (lq_master *u, bool programme);

/* What the meters show; reductions of the period since the last call. `final`: the programme
 * ended, the last samples' overshoot counts. [rt] */
void lq_master_figures (lq_master *u, struct lq_master_figures *figures, bool final);

/* Of master-meters.c, for the chain. */
bool lq_master_meters_prepare (lq_master *u, lq_arena *arena);                    /* [setup] */
void lq_master_measure (struct lq_master_meter *m, float *const *ch, uint32_t n); /* [rt] */

/* Hears a block, or the part of one from `offset` on, for a matched bypass: as it comes, and as it
 * leaves. [rt] */
void lq_master_match_input (lq_master *u, const float *const *ch, uint32_t n);
void lq_master_match_output (lq_master *u, const float *const *ch, uint32_t offset, uint32_t n);

#endif
