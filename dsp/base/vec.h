/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Vector types for the kernels; gcc and clang lower them to what the target has. Layer: base. */

#ifndef LQ_VEC_H
#define LQ_VEC_H

#include <stdint.h>

typedef double lq_v2d __attribute__ ((vector_size (16)));
typedef double lq_v4d __attribute__ ((vector_size (32)));
typedef double lq_v8d __attribute__ ((vector_size (64)));
typedef float lq_v4f __attribute__ ((vector_size (16)));
typedef float lq_v8f __attribute__ ((vector_size (32)));
typedef float lq_v16f __attribute__ ((vector_size (64)));

/* The widest vector of floats that the variant being compiled has in one register. */
#if defined(__AVX512F__)
typedef lq_v16f lq_wide;
#elif defined(__AVX__)
typedef lq_v8f lq_wide;
#else
typedef lq_v4f lq_wide;
#endif
#define LQ_LANES ((int)(sizeof (lq_wide) / sizeof (float)))

#endif
