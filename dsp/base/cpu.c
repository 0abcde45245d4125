/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cpu.h"

#include "kernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

extern const struct lq_kernels lq_table_baseline;
#ifdef LQ_HAVE_X86_VARIANTS
extern const struct lq_kernels lq_table_v3, lq_table_v4;
#endif

static const struct lq_kernels *const tables[LQ_CPU_COUNT] = {
  [LQ_CPU_BASELINE] = &lq_table_baseline,
#ifdef LQ_HAVE_X86_VARIANTS
  [LQ_CPU_V3] = &lq_table_v3,
  [LQ_CPU_V4] = &lq_table_v4,
#endif
};

static const char *const names[LQ_CPU_COUNT] = { "baseline", "v3", "v4" };

/* −1: not chosen yet. */
static _Atomic int chosen = -1;

#ifdef LQ_HAVE_X86_VARIANTS
/* By what the levels add: not every compiler knows the levels' names here. No processor with
 * these lacks the few others of its level. */
static enum lq_cpu
lq_cpu_detect (void)
{
  __builtin_cpu_init ();
  if (!__builtin_cpu_supports ("avx2") || !__builtin_cpu_supports ("fma") ||
      !__builtin_cpu_supports ("bmi") || !__builtin_cpu_supports ("bmi2"))
    return LQ_CPU_BASELINE;
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
      __builtin_cpu_supports ("avx512cd") && __builtin_cpu_supports ("avx512dq") &&
      __builtin_cpu_supports ("avx512vl"))
    return LQ_CPU_V4;
  return LQ_CPU_V3;
}
#else
static enum lq_cpu
lq_cpu_detect (void)
{
  return LQ_CPU_BASELINE;
}
#endif

enum lq_cpu
lq_cpu_best (void)
{
  return lq_cpu_detect ();
}

bool
lq_cpu_force (enum lq_cpu cpu)
{
  if (cpu >= LQ_CPU_COUNT || !tables[cpu] || cpu > lq_cpu_detect ())
    return false;
  atomic_store (&chosen, (int)cpu);
  return true;
}

const char *
lq_cpu_name (enum lq_cpu cpu)
{
  return cpu < LQ_CPU_COUNT ? names[cpu] : "unknown";
}

const struct lq_kernels *
lq_kernels (void)
{
  int cpu = atomic_load (&chosen);

  if (cpu < 0) {
    const char *wish = getenv ("LQ_CPU");
    cpu = (int)lq_cpu_detect ();
    for (int i = 0; wish && i < cpu; i++)
      if (strcmp (wish, names[i]) == 0 && tables[i])
        cpu = i;
    atomic_store (&chosen, cpu);
  }
  return tables[cpu];
}
