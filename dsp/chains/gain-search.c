/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the gain of a loudness, by trying.
 *
 *   first → up or down by the secant through the last two, until there is one on either side
 *         → between the two nearest: by the line through them, every third half-way
 *   most is too quiet → the least gain that is about as loud as most
 *
 * low and high enclose what is sought, in gain and in result. */

#include "gain-search.h"

#include "../base/mathx.h"

/* Tries at the most, and when two gains can't be told apart. */
#define TRIES 24
#define SAME_DB 1e-3

/* How much louder a programme that is limited gets with a dB of gain: the first guess, and what
 * is believed of two tries. */
#define SLOPE 0.75
#define SLOPE_MIN 0.1
#define SLOPE_MAX 1.1

/* A gain between two comes no nearer to either than this share; every BISECT-th is half-way. */
#define INSIDE 0.05
#define BISECT 3

/* Out of reach: so much is given up for less gain, ±; if it saves less than SAVED_DB, nothing. */
#define LESS_LU 0.05
#define SAVED_DB 1.0

/* Towards what is sought on the line through the last two. */
static double
beyond (const lq_gain_search *u)
{
  const double step = u->now.gain_db - u->last.gain_db;
  double slope = SLOPE;

  if (u->count > 1 && fabs (step) > SAME_DB)
    slope = lq_clamp ((u->now.result_lufs - u->last.result_lufs) / step, SLOPE_MIN, SLOPE_MAX);
  return u->now.gain_db + (u->sought_lufs - u->now.result_lufs) / slope;
}

static double
inside (const lq_gain_search *u)
{
  const double share =
      (u->sought_lufs - u->low.result_lufs) / (u->high.result_lufs - u->low.result_lufs);

  return u->low.gain_db +
         (u->high.gain_db - u->low.gain_db) *
             (u->count % BISECT ? lq_clamp (share, INSIDE, 1.0 - INSIDE) : 0.5);
}

static void
enclose (lq_gain_search *u, const struct lq_gain_point *point)
{
  if (point->result_lufs < u->sought_lufs) {
    u->low = *point;
    u->has_low = true;
  } else {
    u->high = *point;
    u->has_high = true;
  }
}

void
lq_gain_search_begin (lq_gain_search *u, double sought_lufs, double least_db, double most_db,
    const struct lq_gain_point *idle, double first_db)
{
  *u = (lq_gain_search){ .now.gain_db = first_db,
    .sought_lufs = sought_lufs,
    .least_db = least_db,
    .most_db = most_db };
  if (!idle || idle->gain_db < least_db)
    return;
  u->idle = *idle;
  u->has_idle = true;
  if (idle->result_lufs < sought_lufs)
    enclose (u, idle);
}

/* The greatest gain isn't loud enough: about as loud is sought, with less. False: most it is, or
 * the one where nothing is limited. */
static bool
want_less (lq_gain_search *u)
{
  if (!u->less && u->has_idle && u->idle.gain_db < u->most_db - SAVED_DB) {
    u->less = true;
    u->sought_lufs = u->now.result_lufs - LESS_LU;
    enclose (u, &u->now);
    u->low = u->idle;
    if (u->idle.result_lufs < u->sought_lufs)
      return true;
    u->now = u->idle;
    return false;
  }
  u->less = false;
  u->at_most = true;
  return false;
}

/* Nothing else is to be tried. */
static void
end (lq_gain_search *u)
{
  if (u->has_low && u->has_high)
    u->now = u->high.result_lufs - u->sought_lufs < u->sought_lufs - u->low.result_lufs
                 ? u->high
                 : u->low;
}

/* What was sought with less gain: is it much less? */
static void
weigh (lq_gain_search *u)
{
  if (!u->less || u->now.gain_db <= u->most_db - SAVED_DB)
    return;
  u->now = u->high;
  u->less = false;
  u->at_most = true;
}

static bool
another (lq_gain_search *u)
{
  double gain_db;

  if (fabs (u->sought_lufs - u->now.result_lufs) <= (u->less ? LESS_LU : LQ_GAIN_CLOSE_LU))
    return false;
  enclose (u, &u->now);
  if (!u->has_high && u->now.gain_db >= u->most_db && !want_less (u))
    return false;
  if (!u->has_low && u->now.gain_db <= u->least_db)
    return false;
  gain_db =
      u->has_low && u->has_high ? inside (u) : lq_clamp (beyond (u), u->least_db, u->most_db);
  if (u->count >= TRIES || fabs (gain_db - u->now.gain_db) <= SAME_DB) {
    end (u);
    return false;
  }
  u->last = u->now;
  u->now.gain_db = gain_db;
  return true;
}

bool
lq_gain_search_next (lq_gain_search *u, double result_lufs)
{
  u->now.result_lufs = result_lufs;
  u->count++;
  if (another (u))
    return true;
  weigh (u);
  return false;
}
