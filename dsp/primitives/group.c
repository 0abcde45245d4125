/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: groups of frames. */

#include "group.h"

#include "../base/mathx.h"

#define GROUPS_A_SECOND 3000.0

uint32_t
lq_group_frames (double rate)
{
  return 1u << (uint32_t)lq_clamp (round (log2 (rate / GROUPS_A_SECOND)), 2.0, 6.0);
}

uint32_t
lq_group_hold (double rate, double ms)
{
  return 1 + (uint32_t)ceil (ms * rate / 1000.0 / lq_group_frames (rate));
}

void
lq_group_fill (float *gain, uint32_t n, uint32_t first, uint32_t group, float from, float to)
{
  const float step = (to - from) / (float)group;

  for (uint32_t i = 0; i < n; i++)
    gain[i] = from + step * (float)(int32_t)(first + i + 1);
}
