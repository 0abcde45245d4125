/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the dynamic equaliser share. Layer: processors. */

#ifndef LQ_DYNEQ_PRIVATE_H
#define LQ_DYNEQ_PRIVATE_H

#include "dyneq.h"

/* Rows of taps that a chunk may take. */
#define LQ_DYNEQ_ROW_COUNT(group) (LQ_DYNEQ_CHUNK / (group) + 1 + LQ_DYNEQ_BANDS)

/* All gains are 0 dB and every past is silence, at what is set. [rt] */
void lq_dyneq_wake (struct lq_dyneq_voice *v);

/* What of the channels it hears at a frame of the hop, into t->to. [rt] */
void lq_dyneq_hear (const struct lq_dyneq_voice *v, uint32_t frame, struct lq_dyneq_taps *t);

/* A table of other settings begins. [rt] */
void lq_dyneq_table_begin (struct lq_dyneq_table *t, const struct lq_dyneq_spec *spec);

/* At most *budget designs of it, which are taken off; true: it is whole. [rt] */
bool lq_dyneq_table_build (struct lq_dyneq_table *t, double rate, uint32_t *budget);

/* A gain's place among the nodes. [any] */
static inline double
lq_dyneq_table_place (double gain_db)
{
  const double at = gain_db / LQ_DYNEQ_STEP_DB + LQ_DYNEQ_NODES / 2;

  return at < 0.0 ? 0.0 : at > LQ_DYNEQ_NODES - 1.0 ? LQ_DYNEQ_NODES - 1.0 : at;
}

/* Taps up to LQ_SWING_OWN of the filter at a gain; exactly those that pass x on at 0 dB. [rt] */
void lq_dyneq_table_at (const struct lq_dyneq_table *t, double gain_db, double *taps);

#endif
