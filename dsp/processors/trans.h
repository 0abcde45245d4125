/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Transient shaper: lifts or holds back onsets and what follows them, by how levels move, never by
 * how high they are. Linked over channels. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency 0, no tail. */

#ifndef LQ_TRANS_H
#define LQ_TRANS_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../base/kernels.h"
#include "../primitives/group.h"
#include "../primitives/onset.h"
#include "../primitives/slidemax.h"

struct lq_trans_params {
  uint32_t enabled;
  float attack_percent, sustain_percent, mix_percent;
};

#define LQ_TRANS_ROWS 4
extern const struct lq_param lq_trans_rows[LQ_TRANS_ROWS];

typedef struct lq_trans {
  lq_stream stream;
  const struct lq_kernels *kernels;
  uint32_t group;
  double decay;            /* share by which an envelope goes on in a group */
  lq_onset onset;          /* of groups */
  lq_ramp attack, sustain; /* −1 … 1 */
  lq_ramp mix;             /* 0 … 1; 0 while switched off */
  lq_slidemax hold;        /* of groups */
  struct {
    uint32_t phase; /* frames since the last grid point */
    bool running;   /* something may be heard of it */
    double past;    /* envelope, dB */
    float from, to; /* gain at the ends of the group */
  } z;
} lq_trans;

bool lq_trans_prepare (lq_trans *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_trans_set (lq_trans *u, const struct lq_trans_params *p);              /* [rt] */
void lq_trans_reset (lq_trans *u);                                             /* [rt] */
void lq_trans_process (lq_trans *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_trans_latency (const lq_trans *u);                                 /* [any] */

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_trans_neutral (const lq_trans *u);

#endif
