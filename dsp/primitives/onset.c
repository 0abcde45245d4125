/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: onsets of a level.
 * Source:  the difference of a fast and a slow envelope, as transient shapers have it since the first of
 *          them. */

#include "onset.h"

#include "../base/mathx.h"
#include "times.h"

void
lq_onset_prepare (lq_onset *u, double rate, double fall_ms, double learn_ms, double forget_ms,
    double range_db)
{
  u->fall = 1.0 - lq_keep (rate, fall_ms);
  u->learn = 1.0 - lq_keep (rate, learn_ms);
  u->forget = 1.0 - lq_keep (rate, forget_ms);
  u->range_db = range_db;
  lq_onset_reset (u);
}

void
lq_onset_reset (lq_onset *u)
{
  u->z.fresh = false;
  u->z.fast = u->z.slow = LQ_SILENCE_DB;
}

double
lq_onset_next (lq_onset *u, double level_db)
{
  if (u->z.fresh) {
    u->z.fast = u->z.slow = level_db;
    u->z.fresh = false;
  }
  u->z.fast += (level_db - u->z.fast) * (level_db > u->z.fast ? 1.0 : u->fall);
  u->z.slow += (u->z.fast - u->z.slow) * (u->z.fast > u->z.slow ? u->learn : u->forget);
  u->z.slow = fmax (u->z.slow, u->z.fast - u->range_db);
  return fmax (u->z.fast - u->z.slow, 0.0);
}
