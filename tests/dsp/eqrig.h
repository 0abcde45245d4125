/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* An equaliser in full with its memory, for the tests of it. */

#ifndef EQRIG_H
#define EQRIG_H

#include "guard.h"
#include "processors/eq.h"

struct eq {
  lq_arena arena;
  lq_eq *u;
  struct lq_eq_params p;
  double rate;
  uint32_t channels;
};

/* All bands off; taps: of linear phase, or 0 for minimum. */
struct eq eq_new (double rate, uint32_t channels, int32_t taps);
void eq_free (struct eq *e);

/* Makes the unit anew, for the params as they are. */
void eq_prepare (struct eq *e);

/* Sets it to its params and resets it. */
void eq_start (struct eq *e);

/* Frames first … end − 1, in place, in blocks of LQ_BLOCK. */
void eq_run (struct eq *e, const lqg_planes *p, size_t first, size_t end);

/* Band i is on, 12 dB an octave; route: enum lq_route. */
struct lq_eq_band *eq_band (
    struct eq *e, uint32_t i, int type, double hz, double gain_db, double q, int route);

#endif
