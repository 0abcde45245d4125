/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the maximizer share. Layer: processors. */

#ifndef LQ_MAXIMIZER_PRIVATE_H
#define LQ_MAXIMIZER_PRIVATE_H

#include "maximizer.h"

/* No past: no reduction, one gain or as many as the links ask for. [rt] */
void lq_maximizer_forget (lq_maximizer *u);

/* Times of the style and the release. [rt] */
void lq_maximizer_times (lq_maximizer *u);

/* n frames at ch + at through the limiter. [rt] */
void lq_maximizer_limit (lq_maximizer *u, float *const *ch, uint32_t at, uint32_t n);

#endif
