/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bus compressor in the manner of large consoles, and the autofade that they have beside it.
 * Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place, linked: one gain for all. Latency 0.
 *
 * It is lq_comp with other settings. T is LQ_GLUE_REFERENCE_DBFS + threshold; the knee follows from
 * the ratio: 10, 6, 2 dB at 2, 4, 10, geometric between, 10 dB below 2. With auto-release short
 * reductions recover with LQ_GLUE_AUTO_MS, and what a long one leaves with 1.2 s, whatever release
 * is. Colour is that of lq_comp's styles, LQ_GLUE_ODD and LQ_GLUE_EVEN at 100 %, in proportion to
 * the reduction up to 12 dB. Neutral at mix 0, and without makeup at ratio 1 and at range 0.
 *
 * The autofade comes last and needs no compression, but `enabled`. It begins at full level:
 * trigger out fades from the first frame on, trigger in has nothing to do. */

#ifndef LQ_GLUE_H
#define LQ_GLUE_H

#include "../primitives/fade.h"
#include "comp.h"

#define LQ_GLUE_REFERENCE_DBFS (-12.0f)
#define LQ_GLUE_AUTO_MS 100.0f
#define LQ_GLUE_ODD 0.015f
#define LQ_GLUE_EVEN 0.005f

enum lq_glue_trigger { LQ_GLUE_NONE, LQ_GLUE_OUT, LQ_GLUE_IN };

struct lq_glue_params {
  uint32_t enabled;
  float threshold_db, ratio, attack_ms, release_ms;
  uint32_t auto_release;
  float makeup_db, sc_hpf_hz, mix_percent, range_db, colour_percent, autofade_s;
  int32_t autofade_trigger; /* enum lq_glue_trigger */
};

#define LQ_GLUE_ROWS 13
extern const struct lq_param lq_glue_rows[LQ_GLUE_ROWS];

typedef struct lq_glue {
  lq_comp comp;
  lq_fade fade;
  uint32_t channels;
  struct {
    uint32_t phase; /* frames since the last grid point */
  } z;
} lq_glue;

bool lq_glue_prepare (lq_glue *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_glue_set (lq_glue *u, const struct lq_glue_params *p);               /* [rt] */
void lq_glue_reset (lq_glue *u);                                             /* [rt] */
void lq_glue_process (lq_glue *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_glue_latency (const lq_glue *u);                                 /* [any] */

/* Frames that sound after the input ended: the even colour's way back to no DC. [any] */
uint32_t lq_glue_tail (const lq_glue *u);

/* At rest at neutral settings, at full level: process would change nothing. [rt] */
bool lq_glue_neutral (const lq_glue *u);

/* Largest reduction since the last call, dB, positive, without makeup. [rt] */
float lq_glue_reduction_db (lq_glue *u);

/* The knee's whole width at a ratio, dB. [any] */
double lq_glue_knee_db (double ratio);

/* The static curve: output level at this peak level, dBFS, without makeup and mix. [any] */
double lq_glue_curve_db (const struct lq_glue_params *p, double level_db);

#endif
