/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "kernels-isa.h"

const struct lq_kernels LQ_KERNEL (table) = {
  .bad = LQ_KERNEL (bad),
  .peak = LQ_KERNEL (peak),
  .product = LQ_KERNEL (product),
  .kweight = LQ_KERNEL (kweight),
  .truepeak = LQ_KERNEL (truepeak),
  .overshoot = LQ_KERNEL (overshoot),
  .magnitude = LQ_KERNEL (magnitude),
  .decibels = LQ_KERNEL (decibels),
  .gains = LQ_KERNEL (gains),
  .squash = LQ_KERNEL (squash),
  .ballistics = LQ_KERNEL (ballistics),
  .mean_square = LQ_KERNEL (mean_square),
  .noise = LQ_KERNEL (noise),
  .dither = LQ_KERNEL (dither),
  .quantize = LQ_KERNEL (quantize),
  .shape = LQ_KERNEL (shape),
  .narrow = LQ_KERNEL (narrow),
  .split = LQ_KERNEL (split),
  .merge = LQ_KERNEL (merge),
  .biquads = LQ_KERNEL (biquads),
  .biquads_planar = LQ_KERNEL (biquads_planar),
  .fold = LQ_KERNEL (fold),
  .curve = LQ_KERNEL (curve),
  .clip_mean = LQ_KERNEL (clip_mean),
  .shelf = LQ_KERNEL (shelf),
  .fft_pass = LQ_KERNEL (fft_pass),
  .fft_last = LQ_KERNEL (fft_last),
  .fft_part = LQ_KERNEL (fft_part),
  .fft_join = LQ_KERNEL (fft_join),
  .mac = LQ_KERNEL (mac),
  .mac_two = LQ_KERNEL (mac_two),
  .fir = LQ_KERNEL (fir),
};
