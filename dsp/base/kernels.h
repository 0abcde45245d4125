/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The dispatch table: loops that are compiled once for each instruction set. A kernel is written
 * in dsp/base/kernels/NAME.c as LQ_KERNEL (name), has its contract here, and is entered in
 * table.c; units fetch the table with lq_kernels () in prepare and keep the pointer.
 * All kernels are [rt]; pointers needn't be aligned; n may be 0. Layer: base. */

#ifndef LQ_KERNELS_H
#define LQ_KERNELS_H

#include <stdint.h>

/* A sample above this magnitude is not audio: it is clamped, as NaN becomes 0. */
#define LQ_SCRUB_LIMIT 1e6f

struct lq_kernels {
  /* Whether any of n samples is NaN, infinite or beyond ±LQ_SCRUB_LIMIT. */
  uint32_t (*bad) (const float *x, uint32_t n);
  /* Largest |x| of n samples; 0 for none. x must be free of NaN. */
  float (*peak) (const float *x, uint32_t n);
};

/* The table in force. [setup] */
const struct lq_kernels *lq_kernels (void);

/* In a kernel file: the name with the variant behind it. */
#define LQ_KERNEL_PASTE(name, isa) lq_##name##_##isa
#define LQ_KERNEL_NAME(name, isa) LQ_KERNEL_PASTE (name, isa)
#define LQ_KERNEL(name) LQ_KERNEL_NAME (name, LQ_ISA)

#endif
