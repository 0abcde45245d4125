/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which instruction set the kernels use. Layer: base. */

#ifndef LQ_CPU_H
#define LQ_CPU_H

#include <stdbool.h>

enum lq_cpu {
  LQ_CPU_BASELINE, /* whatever the compiler targets: SSE2 on x86-64 */
  LQ_CPU_V3,       /* x86-64-v3: AVX2 and FMA's machines */
  LQ_CPU_V4,       /* x86-64-v4: AVX-512 */
  LQ_CPU_COUNT
};

/* The best variant that this machine runs and this build has. [any] */
enum lq_cpu lq_cpu_best (void);

/* Makes units that are prepared from now on use `cpu`; false, and nothing changes, where the
 * machine or the build lacks it. For tests and benchmarks; the environment variable LQ_CPU
 * (baseline, v3, v4) does the same at load time. [setup] */
bool lq_cpu_force (enum lq_cpu cpu);

/* Name of a variant: "baseline", "v3", "v4". [any] */
const char *lq_cpu_name (enum lq_cpu cpu);

#endif
