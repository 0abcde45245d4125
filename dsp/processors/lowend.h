/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Low-end focus: contrast between what begins and what goes on in the bass, by how its level moves,
 * never by how high it is. Linked over channels. Layer: processors.
 *
 * Channels: 1 or 2, planar, in place. Latency 0.
 *
 * At a contrast of 100 % what goes on below `frequency` is turned down by 6 dB, an onset of 12 dB and
 * more up by 6 dB, in between in proportion; at −100 % the other way about; no gain beyond that. `amount`
 * is linear between the bass as it is and that. A steady tone from 20 Hz on isn't modulated.
 *
 * While it works the audio passes the all-pass that both bands sum to, a Linkwitz-Riley crossover's. */

#ifndef LQ_LOWEND_H
#define LQ_LOWEND_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/bands.h"
#include "../primitives/onset.h"
#include "../primitives/slidemax.h"

struct lq_lowend_params {
  uint32_t enabled;
  float frequency_hz, contrast_percent, amount_percent;
};

#define LQ_LOWEND_ROWS 4
extern const struct lq_param lq_lowend_rows[LQ_LOWEND_ROWS];

typedef struct lq_lowend {
  lq_stream stream;
  const struct lq_kernels *kernels;
  uint32_t group;
  double smooth;            /* share of the way of each of two stages in a group */
  lq_ramp contrast, amount; /* −1 … 1, 0 … 1 */
  lq_ramp on;               /* from the input to both bands */
  lq_bands split;
  lq_slidemax hold; /* of groups */
  lq_onset onset;
  float *planes; /* lower and upper band of both channels */
  struct {
    uint32_t phase; /* frames since the last grid point */
    bool running;
    double gain_db[2]; /* smoothed, and once more */
    float from, to;    /* gain at the ends of the group */
    float least;       /* gain since lq_lowend_reduction_db */
  } z;
} lq_lowend;

bool lq_lowend_prepare (lq_lowend *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_lowend_set (lq_lowend *u, const struct lq_lowend_params *p);             /* [rt] */
void lq_lowend_reset (lq_lowend *u);                                             /* [rt] */
void lq_lowend_process (lq_lowend *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_lowend_latency (const lq_lowend *u);                                 /* [any] */
uint32_t lq_lowend_tail (const lq_lowend *u);                                    /* [any] */

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_lowend_neutral (const lq_lowend *u);

/* The largest reduction since the last call, dB. [rt] */
float lq_lowend_reduction_db (lq_lowend *u);

#endif
