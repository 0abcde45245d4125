/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a gain that keeps groups of frames under a limit.
 * Source:  as primitives/limit.c: a least gain over look-ahead and hold, a B-spline of controls.
 *
 *   peak/limit of groups → largest of the window → reduction, dB → release → control ─→ spline
 *
 * A filter that measures the groove remembers: so the gain is flat for a while before a peak, and never
 * moves fast.
 *
 * z: control[1] belongs to the group that leaves. */

#include "groovelimit-private.h"

#include "../base/mathx.h"

#include <string.h>

/* dB of a neper. */
#define NEPER_DB 8.685889638065036

/* A reduction of less is none, dB: −99 dB of the signal. */
#define DONE_DB 1e-4

uint32_t
lq_groovelimit_group (double rate, double ms)
{
  const double groups = round (log2 (rate * ms / 1000.0 / LQ_GROOVE_GROUP));

  return LQ_GROOVE_GROUP << (groups > 0.0 ? (uint32_t)groups : 0);
}

bool
lq_groovelimit_lane_prepare (struct lq_groovelimit_lane *u, const lq_stream *stream,
    const struct lq_groovelimit_manner *manner, uint32_t late, lq_arena *arena)
{
  const uint32_t group = lq_groovelimit_group (stream->rate, manner->group_ms);
  const double groups = stream->rate / group / 1000.0; /* a ms */
  const uint32_t before = (uint32_t)ceil (manner->before_ms * groups);
  const uint32_t behind = (uint32_t)ceil (manner->behind_ms * groups);
  const uint32_t ahead = (LQ_LIMIT_KNOTS + before) * group;
  const uint32_t window = LQ_LIMIT_KNOTS + before + behind;
  /* From one call to the next a group is noted, and another waits for its frames. */
  const uint32_t newest = LQ_BLOCK / group + 2;

  *u = (struct lq_groovelimit_lane){ .kernels = lq_kernels (), .group = group };
  u->shift = (uint32_t)__builtin_ctz (group);
  u->behind = late > ahead ? (late - ahead) / group : 0;
  u->hold = newest + u->behind + 1 + window;
  for (u->mask = 1; u->mask < 2 * (newest + u->behind + 1);)
    u->mask *= 2;
  u->over = lq_arena_alloc (arena, u->mask * sizeof *u->over);
  u->mask--;
  u->target = (float)lq_db_to_lin (manner->target_db);
  u->keep = exp (-1.0 / (manner->release_ms * groups));
  u->take = 1.0;
  u->creep = manner->fall_db_s / (1000.0 * groups);
  u->basis = lq_limit_basis (group, arena);
  return u->over && u->basis && lq_slidemax_prepare (&u->most, window, arena);
}

void
lq_groovelimit_lane_reset (struct lq_groovelimit_lane *u)
{
  memset (&u->z, 0, sizeof u->z);
  memset (u->over, 0, (u->mask + 1) * sizeof *u->over);
  lq_slidemax_reset (&u->most);
  for (uint32_t i = 0; i < LQ_LIMIT_KNOTS; i++)
    u->z.control[i] = 1.0f;
  u->z.least = 1.0f;
}

/* What is held asks for so much; the next control. */
static float
follow (struct lq_groovelimit_lane *u, float held)
{
  double reduction = u->z.reduction, slower;

  if (held != u->z.held)
    u->z.wanted = held > 1.0f ? (float)(20.0 * log10 ((double)held / u->target)) : 0.0f;
  u->z.held = held;
  if (u->z.wanted > reduction) {
    reduction += (u->z.wanted - reduction) * u->take;
  } else {
    slower = reduction - u->creep;
    reduction = u->z.wanted + (reduction - u->z.wanted) * u->keep;
    reduction = slower > reduction ? slower : reduction;
  }
  u->z.reduction = reduction < DONE_DB ? 0.0 : reduction;
  return reduction < DONE_DB ? 1.0f : (float)exp (-reduction / NEPER_DB);
}

/* A group begins at t: its last control. What has been read of the ring is gone, so that nothing is left
 * in it, nor in the window, once nothing counts any more. */
static float
step (struct lq_groovelimit_lane *u, uint32_t t)
{
  float held = 0.0f;

  if (u->z.hot > 0) {
    float *const over = u->over + (((t >> u->shift) - u->behind - 1) & u->mask);
    lq_slidemax_note (&u->most, *over);
    *over = 0.0f;
    held = lq_slidemax_next (&u->most);
    u->z.hot--;
  }
  return held > 1.0f || u->z.reduction > 0.0 ? follow (u, held) : 1.0f;
}

bool
lq_groovelimit_lane_run (struct lq_groovelimit_lane *u, uint32_t t, uint32_t n)
{
  const uint32_t left = (0 - t) & (u->group - 1);
  float *const control = u->z.control;
  bool any;

  if (lq_groovelimit_lane_resting (u))
    return false;
  memmove (control, control + u->z.steps, LQ_LIMIT_KNOTS * sizeof *control);
  u->z.steps = left < n ? (n - left + u->group - 1) >> u->shift : 0;
  any = !lq_limit_idle (control);
  for (uint32_t k = 0; k < u->z.steps; k++) {
    control[LQ_LIMIT_KNOTS + k] = step (u, t + left + (k << u->shift));
    if (!lq_limit_idle (control + k + 1)) {
      const float begin = lq_limit_begin (control + k + 1);
      u->z.least = begin < u->z.least ? begin : u->z.least;
      any = true;
    }
  }
  u->z.acted |= any;
  return any;
}

void
lq_groovelimit_lane_curve (
    const struct lq_groovelimit_lane *u, uint32_t t, float *curve, uint32_t n)
{
  u->kernels->spline_fall (
      u->basis, u->group, lq_groovelimit_lane_controls (u, t, 0), t & (u->group - 1), curve, n);
}

/* The gains of the groove's groups that begin in these frames. */
static void
remember (struct lq_groovelimit_lane *u, uint32_t t, uint32_t n, bool any)
{
  uint32_t known = t % LQ_GROOVE_GROUP ? 1 : 0;

  for (uint32_t i = (0 - t) % LQ_GROOVE_GROUP; i < n; i += LQ_GROOVE_GROUP) {
    const float *const b = u->basis + (((t + i) & (u->group - 1)) + LQ_GROOVE_GROUP / 2);
    const float *const v = lq_groovelimit_lane_controls (u, t, i);
    u->gain[known++] = !any || lq_limit_idle (v)
                           ? 1.0f
                           : b[0] * v[0] + b[u->group] * v[1] + b[2 * u->group] * v[2] +
                                 b[3 * u->group] * v[3];
  }
}

void
lq_groovelimit_lane_apply (
    struct lq_groovelimit_lane *u, uint32_t t, float *const *ch, uint32_t channels, uint32_t n)
{
  const bool any = lq_groovelimit_lane_run (u, t, n);

  remember (u, t, n, any);
  for (uint32_t done = 0, some; any && done < n; done += some) {
    const float *const control = lq_groovelimit_lane_controls (u, t, done);
    const uint32_t at = (t + done) & (u->group - 1);
    some = u->group - at < n - done ? u->group - at : n - done;
    if (!lq_limit_idle (control))
      u->kernels->spline (u->basis + at, u->group, control, ch[0] + done,
          channels > 1 ? ch[1] + done : NULL, some);
  }
}

double
lq_groovelimit_lane_take (struct lq_groovelimit_lane *u)
{
  const float least = u->z.least;

  u->z.least = 1.0f;
  return least < 1.0f ? -lq_lin_to_db (least) : 0.0;
}
