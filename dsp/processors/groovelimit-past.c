/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what a stage of the groove's limiter need not measure.
 * Source:  a stage that does nothing hands on what it heard, later: so the next one would measure what was
 *          measured already. It wakes from the poles as they were then, and has to the bit what it would have
 *          had.
 *
 *   stage s − 1: peaks ─→ ring ─→ stage s, asleep: the same, late
 *                poles ─→ ring, every LQ_BLOCK frames ─→ stage s, waking: the frames since ─→ poles
 *
 * z: stirred: the stage did something in this block; rest: whole blocks since it did. */

#include "groovelimit-private.h"

#include <math.h>
#include <string.h>

/* Of a displacement the high-pass has forgotten 110 dB. */
#define STILL_MS 200.0

/* Most that bass which is taken makes of a velocity or an acceleration, times what may lie between frames. */
#define MORE (2.2f * 1.6f)

bool
lq_groovelimit_past_prepare (lq_groovelimit *u, lq_arena *arena)
{
  uint32_t all = 0;

  u->still = (uint32_t)ceil (STILL_MS * u->stream.rate / 1000.0 / LQ_BLOCK);
  for (uint32_t s = 0; s < LQ_GROOVELIMIT_STAGES; s++)
    all += u->late[s];
  for (uint32_t s = 0; s < LQ_GROOVELIMIT_STAGES; s++) {
    struct lq_groovelimit_past *const past = &u->past[s];
    uint32_t groups = 1, marks = 1;
    while (groups < 2 * (u->late[s] / LQ_GROOVE_GROUP + LQ_GROOVE_GROUPS))
      groups *= 2;
    while (marks < all / LQ_BLOCK + 4)
      marks *= 2;
    past->peaks = lq_arena_alloc (arena, groups * sizeof *past->peaks);
    past->mark = lq_arena_alloc (arena, marks * sizeof *past->mark);
    past->peaks_mask = groups - 1;
    past->mark_mask = marks - 1;
    if (!past->peaks || !past->mark)
      return false;
  }
  return true;
}

/* Frames that were heard. */
static uint32_t
heard (const lq_groovelimit *u)
{
  return u->z.clock + LQ_GROOVE_LAG;
}

void
lq_groovelimit_past_note (lq_groovelimit *u, const struct lq_groove_peaks *most)
{
  const struct lq_groovelimit_past *const past = &u->past[LQ_GROOVELIMIT_SPLIT];
  struct lq_groovelimit_mark *const mark =
      past->mark + (heard (u) / LQ_BLOCK & past->mark_mask);

  mark->velocity = fmaxf (mark->velocity, most->velocity);
  mark->acceleration = fmaxf (mark->acceleration, most->acceleration);
}

void
lq_groovelimit_past_reset (lq_groovelimit *u)
{
  for (uint32_t s = 0; s < LQ_GROOVELIMIT_STAGES; s++) {
    struct lq_groovelimit_past *const past = &u->past[s];
    memset (past->peaks, 0, (past->peaks_mask + 1) * sizeof *past->peaks);
    memset (past->mark, 0, (past->mark_mask + 1) * sizeof *past->mark);
    for (uint32_t i = 0; s == 0 && i <= past->mark_mask; i++)
      past->mark[i].awake = true;
  }
}

void
lq_groovelimit_past_wake (lq_groovelimit *u, uint32_t s)
{
  const uint32_t channels = u->stream.channels, now = heard (u);
  float *const x[2] = { u->curve[0], u->curve[channels - 1] };
  /* The first stage did nothing: what it gave is what it heard. */
  const lq_line *const line = s == LQ_GROOVELIMIT_WIDE ? &u->came_in : &u->split_up;
  const uint32_t lag = u->late[s - 1];
  const struct lq_groovelimit_mark *mark;
  uint32_t from = s, late = 0, block, left;

  do {
    late += u->late[--from];
    block = (now - 2 * LQ_GROOVE_MEMORY - late) / LQ_BLOCK;
    mark = u->past[from].mark + (block & u->past[from].mark_mask);
  } while (!mark->awake);
  lq_groove_resume (&u->groove[s], &mark->poles);
  left = now - (block * LQ_BLOCK + late);
  for (uint32_t some; left; left -= some) {
    some = left < LQ_BLOCK ? left : LQ_BLOCK;
    for (uint32_t c = 0; c < channels; c++)
      lq_line_read (line, c, lag + left, x[c], some);
    lq_groove_follow (&u->groove[s], (const float *const *)x, some);
  }
  u->z.asleep[s] = false;
}

/* Bass, which is an average of what was near less than itself, by a gain from 0 to 1 that moves slowly, makes of a
 * peak hardly more than twice that. Treble would make of it anything. */
static void
foresee (lq_groovelimit *u, uint32_t block)
{
  const uint32_t blocks = (u->late[LQ_GROOVELIMIT_SPLIT] + u->warm) / LQ_BLOCK + 2;
  float velocity = 0.0f, acceleration = 0.0f;

  for (uint32_t k = 1; k <= blocks; k++) {
    const struct lq_groovelimit_past *const past = &u->past[LQ_GROOVELIMIT_SPLIT];
    const struct lq_groovelimit_mark *const mark = past->mark + ((block - k) & past->mark_mask);
    velocity = fmaxf (velocity, mark->velocity);
    acceleration = fmaxf (acceleration, mark->acceleration);
  }
  u->z.near_velocity = u->foresees && u->z.no_treble ? velocity * MORE : HUGE_VALF;
  u->z.near_acceleration = acceleration * MORE;
  u->z.no_treble = true;
}

void
lq_groovelimit_past_mark (lq_groovelimit *u)
{
  const uint32_t block = heard (u) / LQ_BLOCK;

  for (uint32_t s = 0; s < LQ_GROOVELIMIT_STAGES; s++) {
    struct lq_groovelimit_mark *const mark = u->past[s].mark + (block & u->past[s].mark_mask);
    const bool sleeps = s > 0 && !u->wakeful && u->z.rest[s - 1] >= u->still;
    if (u->z.asleep[s] && !sleeps)
      lq_groovelimit_past_wake (u, s);
    u->z.asleep[s] = sleeps;
    u->z.rest[s] += u->z.rest[s] < u->still;
    if (u->z.stirred[s])
      u->z.rest[s] = 0;
    u->z.stirred[s] = false;
    mark->awake = !sleeps;
    mark->poles = u->groove[s].z.poles;
    mark->velocity = mark->acceleration = 0.0f;
  }
  foresee (u, block);
}
