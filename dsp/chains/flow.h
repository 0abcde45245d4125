/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A block on its way through stages in an order of the user's, some of which may get later while
 * playing. Layer: chains.
 *
 * A stage that is late and is switched on while playing makes the latency grow, and puts out a
 * second time as many frames as that. The chain drops these behind the stage: a flow gets shorter. */

#ifndef LQ_FLOW_H
#define LQ_FLOW_H

#include "../base/stream.h"
#include "../primitives/listen.h"

/* Most stages of a chain. */
#define LQ_FLOW_STAGES 8

/* What is left of a block, and where it stands. */
struct lq_flow {
  float *at[LQ_CHANNELS_MAX];
  uint32_t planes, frames, dropped;
  uint32_t began[LQ_FLOW_STAGES]; /* `dropped` where each stage's block began */
};

/* Behind a stage that still puts out *again frames a second time. [rt] */
void lq_flow_drop (struct lq_flow *f, uint32_t *again);

/* What is listened to at a stage replaces the block. [rt] */
void lq_flow_listen (const struct lq_flow *f, const lq_listen *listen, uint32_t stage);

/* Reads an order: names of the n stages (at most LQ_FLOW_STAGES) between commas, with or without
 * spaces; those not named follow in default order, that of `names`. Where a word is no stage's
 * name, or the second of its kind, false, and where it stands: *at, of *length characters. [any] */
bool lq_flow_read_order (const char *const *names, uint32_t n, const char *text, uint8_t *order,
    const char **at, size_t *length);

#endif
