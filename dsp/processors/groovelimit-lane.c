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

  *u = (struct lq_groovelimit_lane){ .kernels = lq_kernels (), .group = group };
  u->groups = group / LQ_GROOVE_GROUP;
  u->behind = late > ahead ? (late - ahead) / group * u->groups : 0;
  for (u->mask = 1; u->mask < 2 * (u->behind + u->groups + LQ_GROOVE_GROUPS);)
    u->mask *= 2;
  u->over = lq_arena_alloc (arena, u->mask * sizeof *u->over);
  u->mask--;
  u->target = (float)lq_db_to_lin (manner->target_db);
  u->keep = exp (-1.0 / (manner->release_ms * groups));
  u->take = 1.0;
  u->creep = manner->fall_db_s / (1000.0 * groups);
  u->basis = lq_limit_basis (group, arena);
  return u->over && u->basis &&
         lq_slidemax_prepare (&u->most, LQ_LIMIT_KNOTS + before + behind, arena);
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

void
lq_groovelimit_lane_step (struct lq_groovelimit_lane *u, uint32_t t)
{
  const float *over = lq_groovelimit_over (u, t - (u->behind + u->groups) * LQ_GROOVE_GROUP);
  float held, begin;

  for (uint32_t i = 0; i < u->groups; i++)
    lq_slidemax_note (&u->most, over[i]);
  held = lq_slidemax_next (&u->most);
  lq_limit_steer (u->z.control, held > 1.0f || u->z.reduction > 0.0 ? follow (u, held) : 1.0f);
  begin = lq_limit_begin (u->z.control);
  u->z.least = begin < u->z.least && !lq_limit_idle (u->z.control) ? begin : u->z.least;
}

static uint32_t
left (const struct lq_groovelimit_lane *u, uint32_t t, uint32_t n)
{
  const uint32_t some = u->group - (t & (u->group - 1));

  return some < n ? some : n;
}

bool
lq_groovelimit_lane_curve (struct lq_groovelimit_lane *u, uint32_t t, float *curve, uint32_t n)
{
  bool any = false;

  for (uint32_t done = 0, some; done < n; done += some) {
    const uint32_t at = (t + done) & (u->group - 1);
    some = left (u, t + done, n - done);
    if (at == 0)
      lq_groovelimit_lane_step (u, t + done);
    if (!any && lq_limit_idle (u->z.control))
      continue;
    if (!any)
      memset (curve, 0, done * sizeof *curve);
    any = u->z.acted = true;
    if (lq_limit_idle (u->z.control))
      memset (curve + done, 0, some * sizeof *curve);
    else
      for (uint32_t i = 0; i < some; i++)
        curve[done + i] = 1.0f - lq_groovelimit_lane_gain (u, at + i);
  }
  return any;
}

/* The gains of the groove's groups that begin in these frames, which are of one group. */
static uint32_t
remember (struct lq_groovelimit_lane *u, uint32_t at, uint32_t n, uint32_t known)
{
  const bool idle = lq_limit_idle (u->z.control);
  uint32_t i = (at + LQ_GROOVE_GROUP - 1) / LQ_GROOVE_GROUP * LQ_GROOVE_GROUP;

  for (; i < at + n; i += LQ_GROOVE_GROUP)
    u->gain[known++] = idle ? 1.0f : lq_groovelimit_lane_gain (u, i + LQ_GROOVE_GROUP / 2);
  return known;
}

void
lq_groovelimit_lane_apply (
    struct lq_groovelimit_lane *u, uint32_t t, float *const *ch, uint32_t channels, uint32_t n)
{
  uint32_t known = t % LQ_GROOVE_GROUP ? 1 : 0;

  for (uint32_t done = 0, some; done < n; done += some) {
    const uint32_t at = (t + done) & (u->group - 1);
    some = left (u, t + done, n - done);
    if (at == 0)
      lq_groovelimit_lane_step (u, t + done);
    known = remember (u, at, some, known);
    if (lq_limit_idle (u->z.control))
      continue;
    u->z.acted = true;
    u->kernels->spline (u->basis + at, u->group, u->z.control, ch[0] + done,
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
