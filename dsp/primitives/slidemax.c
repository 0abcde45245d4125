/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: sliding maximum.
 * Source:  M. van Herk 1992; J. Gil, M. Werman 1993: in blocks as long as the window the largest of
 *          the last `window` values is the larger of two: the largest since the block began, and the
 *          largest from here to the end of the block before, known for all places once it ended.
 *
 * What a group costs doesn't depend on the values, but for one pass over a window in each window.
 * Groups are counted from the reset, so that the cut doesn't show.
 *
 * z: at: groups of the block that are over; since: the largest of them; largest: of the window. */

#include "slidemax.h"

#include <string.h>

#define GROUP LQ_SLIDEMAX_GROUP

bool
lq_slidemax_prepare (lq_slidemax *u, uint32_t longest, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->longest = longest;
  u->window = longest;
  u->value = lq_arena_alloc (arena, longest * sizeof *u->value);
  u->rest = lq_arena_alloc (arena, (longest + 1) * sizeof *u->rest);
  return u->value && u->rest;
}

static inline float
larger (float a, float b)
{
  return a > b ? a : b;
}

/* A block begins, after one that is as long as the window. */
static void
lq_slidemax_begin (lq_slidemax *u)
{
  float rest = 0.0f;

  for (uint32_t i = u->window; i-- > 0;) {
    rest = larger (rest, u->value[i]);
    u->rest[i] = rest;
  }
  u->rest[u->window] = 0.0f;
  u->z.at = 0;
  u->z.since = 0.0f;
  u->z.largest = rest;
}

/* Nothing but silence is remembered: no memory is touched that the window doesn't need. */
static bool
lq_slidemax_resize_silent (lq_slidemax *u, uint32_t window)
{
  if (u->z.at > 0 || u->z.largest > 0.0f || u->z.since > 0.0f)
    return false;
  if (window > u->window) {
    memset (u->value + u->window, 0, (window - u->window) * sizeof *u->value);
    memset (u->rest + u->window, 0, (window + 1 - u->window) * sizeof *u->rest);
  }
  u->window = window;
  return true;
}

/* The values in the order of their time become the block before: the newest that the window holds,
 * silence before them. */
void
lq_slidemax_set (lq_slidemax *u, uint32_t groups)
{
  const uint32_t window = groups < 1 ? 1 : groups > u->longest ? u->longest : groups;
  const uint32_t old = u->window - u->z.at, kept = window < u->window ? window : u->window;
  float *in_order = u->rest;

  if (window == u->window || lq_slidemax_resize_silent (u, window))
    return;
  memcpy (in_order, u->value + u->z.at, old * sizeof *in_order);
  memcpy (in_order + old, u->value, u->z.at * sizeof *in_order);
  memset (u->value, 0, (window - kept) * sizeof *u->value);
  memcpy (u->value + window - kept, in_order + u->window - kept, kept * sizeof *u->value);
  u->window = window;
  lq_slidemax_begin (u);
}

void
lq_slidemax_reset (lq_slidemax *u)
{
  memset (&u->z, 0, sizeof u->z);
  memset (u->value, 0, u->window * sizeof *u->value);
  memset (u->rest, 0, (u->window + 1) * sizeof *u->rest);
}

void
lq_slidemax_copy (lq_slidemax *u, const lq_slidemax *other)
{
  u->window = other->window;
  u->z = other->z;
  memcpy (u->value, other->value, u->window * sizeof *u->value);
  memcpy (u->rest, other->rest, (u->window + 1) * sizeof *u->rest);
}

float
lq_slidemax_next (lq_slidemax *u)
{
  u->value[u->z.at++] = u->z.peak;
  u->z.since = larger (u->z.since, u->z.peak);
  u->z.largest = larger (u->z.since, u->rest[u->z.at]);
  u->z.peak = 0.0f;
  u->z.filled = 0;
  if (u->z.at == u->window)
    lq_slidemax_begin (u);
  return u->z.largest;
}

/* So many whole groups, fewer than the block has left. */
static void
lq_slidemax_some (lq_slidemax *u, float *x, uint32_t groups)
{
  u->kernels->hold (
      x, u->value + u->z.at, u->rest + u->z.at + 1, &u->z.since, &u->z.largest, groups);
  u->z.at += groups;
}

/* Frames up to the end of the group, one by one; how many. */
static uint32_t
lq_slidemax_few (lq_slidemax *u, float *x, uint32_t n)
{
  const uint32_t left = GROUP - u->z.filled < n ? GROUP - u->z.filled : n;

  for (uint32_t i = 0; i < left; i++) {
    lq_slidemax_note (u, x[i]);
    x[i] = larger (u->z.peak, u->z.largest);
  }
  u->z.filled += left;
  if (u->z.filled == GROUP)
    lq_slidemax_next (u);
  return left;
}

void
lq_slidemax_process (lq_slidemax *u, float *x, uint32_t n)
{
  uint32_t i = u->z.filled ? lq_slidemax_few (u, x, n) : 0;

  while (n - i >= GROUP) {
    /* The last group of a block begins another. */
    const uint32_t groups = (n - i) / GROUP, left = u->window - 1 - u->z.at;
    if (left == 0) {
      i += lq_slidemax_few (u, x + i, n - i);
      continue;
    }
    lq_slidemax_some (u, x + i, groups < left ? groups : left);
    i += (groups < left ? groups : left) * GROUP;
  }
  if (i < n)
    lq_slidemax_few (u, x + i, n - i);
}
