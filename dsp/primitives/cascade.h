/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filter sections in series over any number of channels, each of which may be changed at any
 * time. At rest they run side by side in vector lanes. Latency 0. Layer: primitives.
 *
 * Sections on both channels come first, in their order, since they commute with all; then those on
 * one channel, or on mid or side, in theirs. */

#ifndef LQ_CASCADE_H
#define LQ_CASCADE_H

#include "../base/kernels.h"
#include "section.h"

/* Most sections; with their aids twice as many biquads run. */
#define LQ_CASCADE_SECTIONS 64

/* Tails are cut here, s. */
#define LQ_TAIL_MAX_S 60.0

typedef struct lq_cascade {
  lq_stream stream;
  const struct lq_kernels *kernels;
  uint32_t n;
  lq_section *section; /* n */
  uint64_t used;       /* a bit each: on, or heard yet; all others sleep */
  bool calm;           /* no section moves, none is to */
  bool routed;         /* some section at work isn't on both channels */
  struct lq_cascade_run {
    struct lq_biquad_taps *taps;
    uint32_t *state; /* offset of each in its section's state, and … */
    uint8_t *owner;  /* … the section */
    uint32_t n;
  } run;                         /* what runs on both channels while calm */
  struct lq_cascade_run some[2]; /* what comes next, of both channels or of each */
  struct {
    uint32_t phase; /* frames since the last grid point */
  } z;
} lq_cascade;

/* n sections, all off. [setup] */
bool lq_cascade_prepare (lq_cascade *u, const lq_stream *stream, lq_arena *arena, uint32_t n);

/* The same; those that do one thing together come `parts` by `parts`, and fade one after the other,
 * within 16 to 60 ms. [setup] */
bool lq_cascade_prepare_parts (
    lq_cascade *u, const lq_stream *stream, lq_arena *arena, uint32_t n, uint32_t parts);
void lq_cascade_set (
    lq_cascade *u, uint32_t i, const struct lq_biquad_spec *spec, bool on); /* [rt] */

/* What section i acts on, enum lq_route; of streams of one channel only stereo. [rt] */
void lq_cascade_route (lq_cascade *u, uint32_t i, int32_t route);
void lq_cascade_reset (lq_cascade *u);                                      /* [rt] */
void lq_cascade_process (lq_cascade *u, float *const *ch, uint32_t frames); /* [rt] */

/* At rest, and nothing is heard of it. [rt] */
bool lq_cascade_neutral (const lq_cascade *u);

/* Frames that sound after the input ended, to −96 dB. [any] */
uint32_t lq_cascade_tail (const lq_cascade *u);

#endif
