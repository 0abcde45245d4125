/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: sliding maximum.
 *
 *   held = max (largest of `window` groups that are over, running maximum of the one under way)
 *
 * The largest is known until it leaves the window; only then the window is looked through. Groups
 * are counted from the reset, so that the cut doesn't show.
 * z: ring[at] is the newest group; the largest is `age` groups older. */

#include "slidemax.h"

#include <string.h>

#define GROUP LQ_SLIDEMAX_GROUP

bool
lq_slidemax_prepare (lq_slidemax *u, uint32_t longest, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->size = longest / GROUP + 2;
  u->window = 1;
  u->ring = lq_arena_alloc (arena, u->size * sizeof *u->ring);
  if (!u->ring)
    return false;
  lq_slidemax_reset (u);
  return true;
}

/* Looks for the largest from the newest on, so that the latest of equals is found. */
static void
lq_slidemax_look (lq_slidemax *u)
{
  uint32_t at = u->z.at;

  u->z.largest = -1.0f;
  for (uint32_t age = 0; age < u->window; age++) {
    if (u->ring[at] > u->z.largest) {
      u->z.largest = u->ring[at];
      u->z.age = age;
    }
    at = at ? at - 1 : u->size - 1;
  }
}

void
lq_slidemax_set (lq_slidemax *u, uint32_t frames)
{
  uint32_t window = (frames + GROUP - 1) / GROUP;

  window = window < 1 ? 1 : window >= u->size ? u->size - 1 : window;
  if (window == u->window)
    return;
  u->window = window;
  lq_slidemax_look (u);
}

void
lq_slidemax_reset (lq_slidemax *u)
{
  memset (&u->z, 0, sizeof u->z);
  memset (u->ring, 0, u->size * sizeof *u->ring);
}

static void
lq_slidemax_next (lq_slidemax *u)
{
  u->z.at = u->z.at + 1 == u->size ? 0 : u->z.at + 1;
  u->ring[u->z.at] = u->z.peak;
  u->z.age++;
  if (u->z.peak >= u->z.largest) {
    u->z.largest = u->z.peak;
    u->z.age = 0;
  } else if (u->z.age >= u->window) {
    lq_slidemax_look (u);
  }
  u->z.peak = 0.0f;
  u->z.filled = 0;
}

static inline float
larger (float a, float b)
{
  return a > b ? a : b;
}

/* A whole group: its running maxima in three steps. */
static inline void
lq_slidemax_group (lq_slidemax *u, float *x)
{
  const float base = u->z.largest;
  float a[GROUP], b[GROUP], c[GROUP];

  for (int i = 0; i < GROUP; i++)
    a[i] = larger (x[i], x[i < 1 ? 0 : i - 1]);
  for (int i = 0; i < GROUP; i++)
    b[i] = larger (a[i], a[i < 2 ? i : i - 2]);
  for (int i = 0; i < GROUP; i++)
    c[i] = larger (b[i], b[i < 4 ? i : i - 4]);
  u->z.peak = c[GROUP - 1];
  for (int i = 0; i < GROUP; i++)
    x[i] = larger (c[i], base);
  lq_slidemax_next (u);
}

void
lq_slidemax_process (lq_slidemax *u, float *x, uint32_t n)
{
  for (uint32_t i = 0; i < n;) {
    if (u->z.filled == 0 && n - i >= GROUP) {
      lq_slidemax_group (u, x + i);
      i += GROUP;
      continue;
    }
    u->z.peak = larger (x[i], u->z.peak);
    x[i] = larger (u->z.peak, u->z.largest);
    i++;
    if (++u->z.filled == GROUP)
      lq_slidemax_next (u);
  }
}
