/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* K-weighting at any rate: the response of BS.1770's tables at 48 kHz, kept. Layer: primitives.
 *
 * From 10 Hz to 20 kHz, or to 0.475 of a lower rate, within 0.01 dB of it (measured:
 * docs/conformance.md). */

#ifndef LQ_KWEIGHT_H
#define LQ_KWEIGHT_H

#include "../base/kernels.h"

typedef struct lq_kweight {
  struct lq_kweight_taps taps; /* what the kernel takes, its two b0 left out … */
  double energy_scale;         /* … and what Σ y² is to be multiplied with therefore */
} lq_kweight;

/* [setup] */
void lq_kweight_design (lq_kweight *k, double rate);

#endif
