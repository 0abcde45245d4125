/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What tests of the groove share. */

#ifndef LQ_TEST_MOST_H
#define LQ_TEST_MOST_H

#include "primitives/groove.h"

#include <math.h>

/* The larger of each peak. */
static inline struct lq_groove_peaks
most (struct lq_groove_peaks a, const struct lq_groove_peaks *b)
{
  a.velocity = fmaxf (a.velocity, b->velocity);
  a.acceleration = fmaxf (a.acceleration, b->acceleration);
  a.lateral = fmaxf (a.lateral, b->lateral);
  a.inward = fmaxf (a.inward, b->inward);
  a.outward = fmaxf (a.outward, b->outward);
  a.deep = fmaxf (a.deep, b->deep);
  a.shallow = fmaxf (a.shallow, b->shallow);
  return a;
}

#endif
