/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* High-pass and low-pass of Butterworth as sections in series: −3.01 dB at their frequency,
 * 6 dB an octave for each order. Layer: primitives. */

#ifndef LQ_BUTTER_H
#define LQ_BUTTER_H

#include "biquad.h"

/* Section k of `sections` (at least (order + 1)/2) of a filter of this order; of an odd one the
 * last section is of first order. False: it isn't needed, and *spec is harmless. `plain`: see
 * struct lq_biquad_spec; a steep high-pass up high is better aided. [rt] */
bool lq_butter_section (struct lq_biquad_spec *spec, bool high, bool plain, uint32_t order,
    double hz, uint32_t k, uint32_t sections);

#endif
