/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Curves of the quantiser's noise shaping. Layer: primitives. */

#ifndef LQ_SHAPE_H
#define LQ_SHAPE_H

#include "../base/kernels.h"
#include "../base/param.h"

#include <stdbool.h>

/* Kinds of noise shaping, as numbered in properties. */
enum lq_shaping { LQ_SHAPING_NONE, LQ_SHAPING_LIGHT, LQ_SHAPING_MEDIUM, LQ_SHAPING_STRONG };

/* Nicks of enum lq_shaping. */
extern const struct lq_enum lq_shaping_enum;

/* Whether there are curves for streams of this rate, Hz. [any] */
bool lq_shape_has (double rate);

/* The taps for a rate: all 0 for LQ_SHAPING_NONE and where there is no curve. [any] */
const struct lq_shape_taps *lq_shape_taps (enum lq_shaping shaping, double rate);

/* Σ|h| of the errors' way to the output, 1, −c1, −c2, …: what the largest error may become. [any] */
double lq_shape_sum (const struct lq_shape_taps *taps);

#endif
