/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* High-pass or low-pass of a strip: Butterworth, 6 to 48 dB an octave, −3.01 dB at its frequency.
 * Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency 0. The high-pass is held at
 * LQ_NYQUIST_MARGIN of the rate; a low-pass there and above is off. */

#ifndef LQ_FILTER_H
#define LQ_FILTER_H

#include "../base/param.h"
#include "../primitives/cascade.h"

enum lq_filter_kind { LQ_FILTER_HIGH_PASS, LQ_FILTER_LOW_PASS };

struct lq_filter_params {
  uint32_t enabled;
  float frequency_hz;
  int32_t slope; /* dB an octave: 6, 12, 18, 24, 36, 48 */
};

#define LQ_FILTER_ROWS 3
extern const struct lq_param lq_filter_rows[LQ_FILTER_ROWS];

/* Defaults of each kind, for its module. */
extern const struct lq_override lq_hpf_overrides[], lq_lpf_overrides[];

typedef struct lq_filter {
  enum lq_filter_kind kind;
  lq_cascade cascade;
} lq_filter;

bool lq_filter_prepare (lq_filter *u, enum lq_filter_kind kind, const lq_stream *stream,
    lq_arena *arena);                                                     /* [setup] */
void lq_filter_set (lq_filter *u, const struct lq_filter_params *p);      /* [rt] */
void lq_filter_reset (lq_filter *u);                                      /* [rt] */
void lq_filter_process (lq_filter *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_filter_latency (const lq_filter *u);                          /* [any] */

/* Frames that sound after the input ended. [any] */
uint32_t lq_filter_tail (const lq_filter *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_filter_neutral (const lq_filter *u);

#endif
