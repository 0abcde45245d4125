/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The fades at the two ends of a programme. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency 0. The caller says where in the
 * programme a block lies, and where the programme ends; a fade-out needs to know that, and is as
 * long as the programme at the most. Behind the end all is silent while there is a fade-out.
 * Between the fades, and without them, every sample leaves as it came. Changes fade over. */

#ifndef LQ_FADES_H
#define LQ_FADES_H

#include "../base/param.h"
#include "../base/ramp.h"

/* g(t), t from 0, silence, to 1. */
enum lq_fades_curve {
  LQ_FADES_LINEAR,     /* t */
  LQ_FADES_LOG,        /* 10^(3(t − 1)), 0 at t = 0 */
  LQ_FADES_S_CURVE,    /* (1 − cos πt)/2 */
  LQ_FADES_EQUAL_POWER /* sin (πt/2) */
};

struct lq_fades_params {
  float in_s;
  int32_t in_curve; /* enum lq_fades_curve */
  float out_s;
  int32_t out_curve;
};

#define LQ_FADES_ROWS 4
extern const struct lq_param lq_fades_rows[LQ_FADES_ROWS];

#define LQ_FADES_NO_END INT64_MAX

typedef struct lq_fades {
  lq_stream stream;
  int64_t end;                  /* frames of the programme, or LQ_FADES_NO_END */
  struct lq_fades_params asked; /* as last set */
  lq_ramp swap;                 /* from `from` to `to`, 0 … 1 */
  struct {
    uint32_t phase;                  /* frames since the last grid point */
    struct lq_fades_params from, to; /* in force; from: while swapping */
    bool swapping;
  } z;
} lq_fades;

bool lq_fades_prepare (lq_fades *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_fades_set (lq_fades *u, const struct lq_fades_params *p);              /* [rt] */

/* Where the programme ends, frames from its first one. [rt] */
void lq_fades_set_end (lq_fades *u, int64_t end);
void lq_fades_reset (lq_fades *u); /* [rt] */

/* `place`: of the first frame, counted from the programme's first. [rt] */
void lq_fades_process (lq_fades *u, float *const *ch, uint32_t frames, int64_t place);

/* No fade is asked for, none is under way. [rt] */
bool lq_fades_neutral (const lq_fades *u);

/* The gains of n frames from `place` on, by the settings last set; false: all are 1. [rt] */
bool lq_fades_fill (const lq_fades *u, int64_t place, float *gain, uint32_t n);

/* The gain of a frame, linear. [any] */
double lq_fades_gain (const struct lq_fades_params *p, double rate, int64_t end, int64_t place);

#endif
