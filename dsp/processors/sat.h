/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Saturation, oversampled. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency: of the oversampling, once the unit
 * was prepared or set enabled; it stays late from then on.
 *
 * Small signals pass at 0 dB at every setting but without level-match, where they pass at `drive`:
 * a biased curve is (f (x + b) − f (b))/f'(b). */

#ifndef LQ_SAT_H
#define LQ_SAT_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/firstorder.h"
#include "../primitives/lookahead.h"
#include "../primitives/oversample.h"

enum lq_sat_style {
  LQ_SAT_TAPE,        /* 2·root (x/2): a long knee, +6 dBFS at the end; highs saturate first */
  LQ_SAT_TUBE,        /* 1.25·tanh (x/1.25), biased of itself: even harmonics too */
  LQ_SAT_TRANSFORMER, /* 1.5·fourth (x/1.5): clean, then short; lows saturate first */
  LQ_SAT_SOFT,        /* tanh x */
  LQ_SAT_HARD,        /* clips at ±1 */
  LQ_SAT_STYLES
};

struct lq_sat_params {
  uint32_t enabled;
  int32_t style; /* enum lq_sat_style */
  float drive_db, bias_percent, tone_db, mix_percent;
  uint32_t level_match;
  int32_t oversampling; /* 0 (auto), 1, 2, 4 or 8; latched in prepare */
};

#define LQ_SAT_ROWS 8
extern const struct lq_param lq_sat_rows[LQ_SAT_ROWS];
extern const struct lq_enum lq_sat_factors; /* of `oversampling` */

/* A style: its curve, the level that it comes to (where that is 1, x/1 goes in), its own bias as
 * a share of that level, and dB of its sections. */
struct lq_sat_kind {
  uint32_t curve; /* enum lq_curve */
  double level, bias, highs_db, iron_db;
};

/* What of two channels is saturated. */
enum lq_sat_route {
  LQ_SAT_STEREO, /* both, or all that there are */
  LQ_SAT_LEFT,
  LQ_SAT_RIGHT,
  LQ_SAT_MID, /* (left + right)/2 */
  LQ_SAT_SIDE /* (left − right)/2 */
};

/* First-order sections before the curve, whose inverses follow it: `tone`, and what makes highs
 * (tape) and lows (the iron of a transformer) saturate first. */
enum lq_sat_section { LQ_SAT_TONE, LQ_SAT_HIGHS, LQ_SAT_IRON, LQ_SAT_SECTIONS };

/* What has to move together before and after the curve. */
enum lq_sat_control { LQ_SAT_POST = LQ_SAT_SECTIONS, LQ_SAT_CONTROLS };

/* Values of the bias before a block that the mean of a clip looks back at. */
#define LQ_SAT_PAST 8

/* Pairs of taps that make up for the droop of means. */
#define LQ_SAT_DROOP 4

struct lq_sat_channel {
  struct lq_shelf_state before[LQ_SAT_SECTIONS], after[LQ_SAT_SECTIONS], dc;
};

typedef struct lq_sat {
  lq_stream stream;
  const struct lq_kernels *kernels;
  const struct lq_sat_kind *kinds; /* by style */
  lq_oversample over;
  uint32_t reach;            /* frames that means look ahead */
  bool means;                /* hard clips by means */
  float droop[LQ_SAT_DROOP]; /* makes up for them */
  lq_first section[LQ_SAT_SECTIONS];
  lq_ramp control[LQ_SAT_CONTROLS]; /* dB */
  lq_ramp drive_db, bias, dc;       /* bias: share of the style's level; dc: of its removal */
  lq_ramp amount;                   /* of the wet signal, 0 … 1 */
  lq_ramp fade;                     /* from one style to the next */
  lq_lookahead dry;
  lq_line past; /* controls, less z.base */
  struct lq_sat_channel *channel;
  struct lq_sat_rest {
    struct lq_curve_shape curve;
    struct lq_shelf_taps before[LQ_SAT_SECTIONS], after[LQ_SAT_SECTIONS], dc;
    float drive, post;
  } rest; /* while nothing moves */
  float *scratch;
  double wanted;  /* amount, when it may */
  uint32_t style; /* as last set */
  uint32_t route; /* as last set, enum lq_sat_route */
  bool asked;     /* something was set since the last grid point */
  struct {
    uint32_t phase;    /* frames since the last grid point */
    bool awake;        /* the wet signal is made */
    bool moving;       /* … from settings that move, or moved a latency ago */
    uint32_t wait;     /* frames until it may be heard */
    uint32_t settle;   /* hops until what moved has also moved behind the curve */
    uint32_t from, to; /* styles; while fading they differ */
    uint32_t route;    /* in force */
    double base[LQ_SAT_CONTROLS];
    float bias[LQ_SAT_PAST];
  } z;
} lq_sat;

bool lq_sat_prepare (lq_sat *u, const lq_stream *stream, const struct lq_sat_params *p,
    lq_arena *arena); /* [setup] */

/* The same with styles of other kinds, as many as `style` may say; none of them clips. They outlive
 * the unit. [setup] */
bool lq_sat_prepare_kinds (lq_sat *u, const lq_stream *stream, const struct lq_sat_params *p,
    const struct lq_sat_kind *kinds, lq_arena *arena);

void lq_sat_set (lq_sat *u, const struct lq_sat_params *p); /* [rt] */

/* Of a stream of two channels: another route fades to dry and back. [rt] */
void lq_sat_set_route (lq_sat *u, enum lq_sat_route route);
void lq_sat_reset (lq_sat *u);                                      /* [rt] */
void lq_sat_process (lq_sat *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_sat_latency (const lq_sat *u);                          /* [any] */

/* The latency if it is switched on. [any] */
uint32_t lq_sat_latency_most (const lq_sat *u);

/* After set: frames by which the latency has grown. [rt] */
uint32_t lq_sat_grow (lq_sat *u);

/* Frames that sound after the input ended (and the latency). [any] */
uint32_t lq_sat_tail (const lq_sat *u);

/* Process changes nothing. [rt] */
bool lq_sat_neutral (const lq_sat *u);

#endif
