/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pan laws, and what places left and right. Layer: primitives. */

#ifndef LQ_PAN_H
#define LQ_PAN_H

#include "../base/param.h"

#include <stdbool.h>

enum lq_pan_mode { LQ_PAN_BALANCE, LQ_PAN_DUAL };
extern const struct lq_enum lq_pan_modes;

/* As the rows of the units that pan. */
struct lq_pan {
  int32_t mode;           /* enum lq_pan_mode */
  float pan, left, right; /* −1 left … 1 right */
};

/* Gain of the left channel, linear, at p = 0 (left) … 1 (right) by the law that has `law_db` at
 * the centre; the right channel's is that of 1 − p. Exactly 1 at 0 and 0 at 1. [any] */
double lq_pan_gain (double p, double law_db);

/* What reaches left and right: from left (cells[0], cells[2]) and from right (1, 3). `mono`: both
 * inputs are the same signal, placed by `pan` in either mode. [any] */
void lq_pan_place (const struct lq_pan *pan, double law_db, bool mono, double cells[4]);

#endif
