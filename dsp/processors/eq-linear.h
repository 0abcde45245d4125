/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The equaliser with linear phase: what its bands do to magnitudes, as one filter. A part of eq.h;
 * chains look there. Layer: processors. */

#ifndef LQ_EQ_LINEAR_H
#define LQ_EQ_LINEAR_H

#include "../primitives/linear.h"
#include "../primitives/lookahead.h"
#include "eq.h"

/* A design under way. */
struct lq_eq_design {
  bool active;
  uint32_t stage;     /* of eq-linear.c */
  uint32_t band, bin; /* the next */
  enum lq_linear_kind kind;
  uint32_t first[LQ_EQ_BANDS + 1]; /* of a band's sections */
  lq_biquad section[2 * LQ_EQ_BANDS * LQ_EQ_PARTS];
};

struct lq_eq_linear {
  lq_stream stream;
  lq_linear linear;
  lq_lookahead ahead;
  double
      *sine2; /* sin² of half the angle of each bin: how bins look through the bilinear map */
  double budget;                       /* ns that a design may take a hop */
  struct lq_eq_params asked, designed; /* bands that do something; the others are all 0 */
  struct lq_eq_design design;
  struct {
    uint32_t phase;
    bool awake; /* its filter runs along */
  } z;
};

bool lq_eq_linear_prepare (struct lq_eq_linear *u, const lq_stream *stream,
    const struct lq_eq_params *p, lq_arena *arena);                           /* [setup] */
void lq_eq_linear_set (struct lq_eq_linear *u, const struct lq_eq_params *p); /* [rt] */
void lq_eq_linear_reset (struct lq_eq_linear *u);                             /* [rt] */
void lq_eq_linear_process (
    struct lq_eq_linear *u, float *const *ch, uint32_t frames); /* [rt] */
bool lq_eq_linear_neutral (const struct lq_eq_linear *u);       /* [rt] */
double lq_eq_linear_tail (const struct lq_eq_linear *u);        /* [any] */

/* What comes in next, x, late: before it is processed. [rt] */
void lq_eq_linear_dry (
    struct lq_eq_linear *u, uint32_t c, const float *x, float *late, uint32_t n);

#endif
