/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* High-pass or low-pass of a strip: Butterworth, 6 to 48 dB an octave, −3.01 dB at its frequency.
 * Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency 0. The high-pass is held at
 * LQ_NYQUIST_MARGIN of the rate; a low-pass there and above is off. */

#ifndef LQ_PASS_H
#define LQ_PASS_H

#include "../base/param.h"
#include "../primitives/cascade.h"

enum lq_pass_kind { LQ_PASS_HIGH, LQ_PASS_LOW };

struct lq_pass_params {
  uint32_t enabled;
  float frequency_hz;
  int32_t slope; /* dB an octave: 6, 12, 18, 24, 36, 48 */
};

#define LQ_PASS_ROWS 3
extern const struct lq_param lq_pass_rows[LQ_PASS_ROWS];

/* Defaults of each kind, for its module. */
extern const struct lq_override lq_hpf_overrides[], lq_lpf_overrides[];

typedef struct lq_pass {
  enum lq_pass_kind kind;
  lq_cascade cascade;
} lq_pass;

/* dB an octave, as numbered. */
extern const struct lq_enum lq_pass_slopes;

/* Sections of one filter. A chain may have both in one cascade, which runs them side by side: sections
 * from `first` on become the filter. [rt] */
#define LQ_PASS_SECTIONS 4
void lq_pass_put (lq_cascade *cascade, uint32_t first, enum lq_pass_kind kind,
    const struct lq_pass_params *p);

bool lq_pass_prepare (
    lq_pass *u, enum lq_pass_kind kind, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_pass_set (lq_pass *u, const struct lq_pass_params *p);                     /* [rt] */
void lq_pass_reset (lq_pass *u);                                                   /* [rt] */
void lq_pass_process (lq_pass *u, float *const *ch, uint32_t frames);              /* [rt] */
uint32_t lq_pass_latency (const lq_pass *u);                                       /* [any] */

/* Frames that sound after the input ended. [any] */
uint32_t lq_pass_tail (const lq_pass *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_pass_neutral (const lq_pass *u);

#endif
