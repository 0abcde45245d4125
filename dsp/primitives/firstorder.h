/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* First-order shelves and tilts whose inverse is the same design at the negative gain, exactly,
 * and which may move with every frame. Layer: primitives. */

#ifndef LQ_FIRSTORDER_H
#define LQ_FIRSTORDER_H

#include "../base/kernels.h"

/* Gain·low dB at 0 Hz and gain·high dB at half the rate; half-way between them at the centre. */
typedef struct lq_first {
  double centre; /* tan (π·hz/rate) */
  double low, high;
} lq_first;

/* hz is held at a quarter of the rate. [setup] */
lq_first lq_first_design (double hz, double rate, double low, double high);

/* The section at a gain. [rt] */
struct lq_shelf_taps lq_first_taps (const lq_first *f, double gain_db);

/* A first-order high-pass at `hz`, of which `amount` (0 … 1) is in force. [rt] */
struct lq_shelf_taps lq_first_high_pass (double hz, double rate, double amount);

/* lp = p·lp + now·x + before·(last x) for the kernel `bass`; and what such a state is there and the other
 * way round, between steps. [rt] */
struct lq_bass_taps lq_first_bass (double p, double now, double before);

static inline double
lq_first_bass_state (const struct lq_bass_taps *taps, double lp, double last)
{
  return taps->p * lp + taps->before * last;
}

static inline double
lq_first_bass_lp (const struct lq_bass_taps *taps, double z, double last)
{
  return (z - taps->before * last) / taps->p;
}

/* n frames, in place, of which each has taps of its own; between whole groups. [rt] */
void lq_first_move (
    const struct lq_shelf_taps *taps, struct lq_shelf_state *state, float *x, uint32_t n);

#endif
