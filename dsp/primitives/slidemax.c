/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: sliding maximum.
 * Source:  D. Lemire, "Streaming maximum-minimum filter using no more than three comparisons per
 *          element", 2006: only peaks larger than all that came after them are kept.
 *
 *   held = max (largest of `window` groups that are over, running maximum of the one under way)
 *
 * Groups are counted from the reset, so that the cut doesn't show. */

#include "slidemax.h"

#include <string.h>

#define GROUP LQ_SLIDEMAX_GROUP

bool
lq_slidemax_prepare (lq_slidemax *u, uint32_t longest, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->size = longest + 1;
  u->window = longest;
  u->ring = lq_arena_alloc (arena, u->size * sizeof *u->ring);
  return u->ring != NULL;
}

/* What is too old goes. */
static void
lq_slidemax_expire (lq_slidemax *u)
{
  while (u->z.count && u->z.over - u->ring[u->z.head].born > u->window) {
    u->z.head = u->z.head + 1 == u->size ? 0 : u->z.head + 1;
    u->z.count--;
  }
}

void
lq_slidemax_set (lq_slidemax *u, uint32_t groups)
{
  u->window = groups < 1 ? 1 : groups >= u->size ? u->size - 1 : groups;
  lq_slidemax_expire (u);
}

void
lq_slidemax_reset (lq_slidemax *u)
{
  memset (&u->z, 0, sizeof u->z);
}

void
lq_slidemax_copy (lq_slidemax *u, const lq_slidemax *other)
{
  u->window = other->window;
  u->z = other->z;
  memcpy (u->ring, other->ring, u->size * sizeof *u->ring);
}

static uint32_t
wrap (const lq_slidemax *u, uint32_t at)
{
  return at >= u->size ? at - u->size : at;
}

float
lq_slidemax_next (lq_slidemax *u)
{
  while (u->z.count && u->ring[wrap (u, u->z.head + u->z.count - 1)].value <= u->z.peak)
    u->z.count--;
  u->ring[wrap (u, u->z.head + u->z.count)] = (struct lq_slidemax_peak){ u->z.peak, u->z.over };
  u->z.count++;
  u->z.over++;
  u->z.peak = 0.0f;
  u->z.filled = 0;
  lq_slidemax_expire (u);
  return lq_slidemax_largest (u);
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
  const float base = lq_slidemax_largest (u);
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
    lq_slidemax_note (u, x[i]);
    x[i] = larger (u->z.peak, lq_slidemax_largest (u));
    i++;
    if (++u->z.filled == GROUP)
      lq_slidemax_next (u);
  }
}
