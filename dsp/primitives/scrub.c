/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: input scrub. The kernel's look at every sample is all that good audio costs. */

#include "scrub.h"

#include <math.h>

static uint64_t
lq_scrub_plane (float *x, uint32_t n)
{
  uint64_t changed = 0;

  for (uint32_t i = 0; i < n; i++)
    if (!isfinite (x[i])) {
      x[i] = 0.0f;
      changed++;
    } else if (fabsf (x[i]) > LQ_SCRUB_LIMIT) {
      x[i] = copysignf (LQ_SCRUB_LIMIT, x[i]);
      changed++;
    }
  return changed;
}

uint64_t
lq_scrub (
    const struct lq_kernels *kernels, float *const *ch, uint32_t channels, uint32_t frames)
{
  uint64_t changed = 0;

  for (uint32_t c = 0; c < channels; c++)
    if (kernels->bad (ch[c], frames))
      changed += lq_scrub_plane (ch[c], frames);
  return changed;
}
