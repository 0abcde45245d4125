/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: sliding maximum of the peaks of groups.
 *
 * z: the largest is known until it leaves the window; only then the window is looked through. */

#include "peakhold.h"

#include "../base/mathx.h"

#include <string.h>

#define GROUPS_A_SECOND 3000.0

uint32_t
lq_group_frames (double rate)
{
  return 1u << (uint32_t)lq_clamp (round (log2 (rate / GROUPS_A_SECOND)), 2.0, 6.0);
}

bool
lq_peakhold_prepare (lq_peakhold *u, double rate, double hold_ms, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->window = 1 + (uint32_t)ceil (hold_ms * rate / 1000.0 / lq_group_frames (rate));
  u->ring = lq_arena_alloc (arena, u->window * sizeof *u->ring);
  return u->ring != NULL;
}

void
lq_peakhold_reset (lq_peakhold *u)
{
  memset (&u->z, 0, sizeof u->z);
  memset (u->ring, 0, u->window * sizeof *u->ring);
}

/* Looks for the largest from the newest on, so that the latest of equals is found. */
static void
look_through (lq_peakhold *u)
{
  u->z.largest = -1.0f;
  for (uint32_t age = 0; age < u->window; age++) {
    const float peak = u->ring[(u->z.at + u->window - age) % u->window];
    if (peak > u->z.largest) {
      u->z.largest = peak;
      u->z.age = age;
    }
  }
}

float
lq_peakhold_next (lq_peakhold *u)
{
  u->z.at = u->z.at + 1 == u->window ? 0 : u->z.at + 1;
  u->ring[u->z.at] = u->z.peak;
  u->z.age++;
  if (u->z.peak >= u->z.largest) {
    u->z.largest = u->z.peak;
    u->z.age = 0;
  } else if (u->z.age >= u->window) {
    look_through (u);
  }
  u->z.peak = 0.0f;
  return u->z.largest;
}

void
lq_group_gain (float *x, uint32_t n, uint32_t first, uint32_t group, float from, float to)
{
  const float step = (to - from) / (float)group;

  if (from == to)
    for (uint32_t i = 0; i < n; i++)
      x[i] *= to;
  else
    for (uint32_t i = 0; i < n; i++)
      x[i] *= from + step * (float)(int32_t)(first + i + 1);
}
