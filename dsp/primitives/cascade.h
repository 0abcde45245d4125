/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filter sections in series over any number of channels, each of which may be changed at any
 * time. At rest they run side by side in vector lanes. Latency 0. Layer: primitives. */

#ifndef LQ_CASCADE_H
#define LQ_CASCADE_H

#include "../base/kernels.h"
#include "section.h"

/* Most sections; with their aids twice as many biquads run. */
#define LQ_CASCADE_SECTIONS 8

/* Tails are cut here, s. */
#define LQ_TAIL_MAX_S 60.0

typedef struct lq_cascade {
  lq_stream stream;
  const struct lq_kernels *kernels;
  uint32_t n;
  lq_section *section; /* n */
  bool calm;           /* no section moves, none is to */
  struct lq_cascade_run {
    struct lq_biquad_taps taps[2 * LQ_CASCADE_SECTIONS];
    uint32_t state[2 * LQ_CASCADE_SECTIONS]; /* offset of each in its section's state, and … */
    uint8_t owner[2 * LQ_CASCADE_SECTIONS];  /* … the section */
    uint32_t n;
  } run; /* what runs while calm */
  struct {
    uint32_t phase; /* frames since the last grid point */
  } z;
} lq_cascade;

/* n sections, all off. [setup] */
bool lq_cascade_prepare (lq_cascade *u, const lq_stream *stream, lq_arena *arena, uint32_t n);
void lq_cascade_set (
    lq_cascade *u, uint32_t i, const struct lq_biquad_spec *spec, bool on); /* [rt] */
void lq_cascade_reset (lq_cascade *u);                                      /* [rt] */
void lq_cascade_process (lq_cascade *u, float *const *ch, uint32_t frames); /* [rt] */

/* At rest, and nothing is heard of it. [rt] */
bool lq_cascade_neutral (const lq_cascade *u);

/* Frames that sound after the input ended, to −96 dB. [any] */
uint32_t lq_cascade_tail (const lq_cascade *u);

#endif
