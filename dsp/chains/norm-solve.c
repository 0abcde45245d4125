/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the one gain of a programme.
 * Source:  EBU R 128 and properties/targets.csv for what is wanted.
 *
 *   decide: gain = target − integrated, held by boost, min-gain, max-gain; with `cap` also by the
 *           ceiling: peak · gain + error of the quantiser ≤ ceiling, less CAP_MARGIN_DB for what
 *           two true-peak meters read differently.
 *   solve:  with `limit`, where peaks pass the ceiling: the gain whose result, limited, meets the
 *           target. Gains are tried on the notes of the first pass (forecast.c): up by the secant
 *           through the last two until one is too loud, then between the nearest on both sides.
 *           Where the greatest gain isn't loud enough: the least gain that is about as loud.
 *   settle: what was foreseen gives way to what was measured. */

#include "norm.h"

#include "../base/mathx.h"

/* Meters with other interpolators than ours read a peak up to this much higher, dB; and what
 * they read higher than the limiter's eight points a frame. */
#define CAP_MARGIN_DB 0.03
#define LIMIT_MARGIN_DB 0.1

/* A target counts as met to this many LU. */
#define MET_LU 0.005

/* Gains tried at the most, when one is good enough, and when two can't be told apart. */
#define TRIES 24
#define CLOSE_LU 0.01
#define SAME_DB 1e-3

/* How much louder a programme that is limited gets with a dB of gain: the first guess, and what
 * is believed of two tries. */
#define SLOPE 0.75
#define SLOPE_MIN 0.1
#define SLOPE_MAX 1.1

/* A gain between two whose results are known comes no nearer to either than this share; every
 * BISECT-th is half-way. */
#define INSIDE 0.05
#define BISECT 3

/* Out of reach: so much is given up for less gain, ±; if it saves less than SAVED_DB, nothing. */
#define LESS_LU 0.05
#define SAVED_DB 1.0

/* A result is on the target if it comes out this near. */
#define REACHED_LU 0.1

/* Loudness after a gain: with the gates as they then fall, where the stream is at hand. */
static double
result_of (const struct lq_norm_measured *m, const lq_loudness *heard, double gain_db)
{
  return heard ? lq_loudness_integrated (heard, gain_db) : m->integrated_lufs + gain_db;
}

/* Greatest gain whose peaks stay under the ceiling, dB. */
static double
gain_at_ceiling (
    const struct lq_norm_params *p, const struct lq_norm_measured *m, double quantiser_error)
{
  const double room = lq_db_to_lin (p->max_true_peak_dbtp - CAP_MARGIN_DB) - quantiser_error;

  if (m->true_peak_dbtp <= LQ_SILENCE_DB)
    return INFINITY;
  return lq_lin_to_db (room) - m->true_peak_dbtp;
}

/* The gain that makes the result meet the target. A gain moves blocks over the absolute gate, so
 * that a step may not land exactly: the second and third correct it. */
static double
gain_to_target (
    const struct lq_norm_params *p, const struct lq_norm_measured *m, const lq_loudness *heard)
{
  double gain = 0.0;

  for (int step = 0; step < 3; step++) {
    const double result = result_of (m, heard, gain);
    if (result <= LQ_SILENCE_DB)
      break;
    gain = lq_clamp (gain + p->loudness_target_lufs - result, -120.0, 120.0);
  }
  return gain;
}

/* Lowers the decision's gain to a bound. */
static void
hold (struct lq_norm_decision *d, double bound_db, enum lq_norm_reason reason)
{
  if (d->gain_db <= bound_db)
    return;
  d->gain_db = bound_db;
  d->reason = reason;
}

struct lq_norm_decision
lq_norm_decide (const struct lq_norm_params *p, const struct lq_norm_measured *m,
    double quantiser_error, const lq_loudness *heard)
{
  struct lq_norm_decision d = { 0.0, LQ_SILENCE_DB, 0.0, LQ_NORM_UNMEASURABLE };
  const double ceiling = gain_at_ceiling (p, m, quantiser_error);
  const bool measurable = m->integrated_lufs > LQ_SILENCE_DB;

  if (measurable) {
    d.reason = LQ_NORM_ON_TARGET;
    d.gain_db = gain_to_target (p, m, heard);
    if (fabs (d.gain_db) <= p->tolerance_lu && ceiling >= 0.0)
      d = (struct lq_norm_decision){ 0.0, 0.0, 0.0, LQ_NORM_WITHIN_TOLERANCE };
  }
  hold (&d, p->max_gain_db, LQ_NORM_AT_MAX_GAIN);
  if (!p->boost)
    hold (&d, 0.0, LQ_NORM_NO_BOOST);
  if (p->peak_policy == LQ_NORM_CAP)
    hold (&d, ceiling, measurable ? LQ_NORM_AT_CEILING : LQ_NORM_UNMEASURABLE);
  if (d.gain_db < p->min_gain_db) {
    d.gain_db = p->min_gain_db;
    d.reason = LQ_NORM_AT_MIN_GAIN;
  }
  if (!measurable)
    return d;
  d.result_lufs = result_of (m, heard, d.gain_db);
  d.shortfall_lu = p->loudness_target_lufs - d.result_lufs;
  if (d.reason == LQ_NORM_WITHIN_TOLERANCE || fabs (d.shortfall_lu) < MET_LU)
    d.shortfall_lu = 0.0;
  return d;
}

double
lq_norm_ceiling (const lq_norm *u)
{
  return lq_db_to_lin (u->p.max_true_peak_dbtp - LIMIT_MARGIN_DB) - u->quantiser_error;
}

double
lq_norm_most_gain (const struct lq_norm_params *p)
{
  return p->boost ? p->max_gain_db : fmin (p->max_gain_db, 0.0);
}

bool
lq_norm_limits (const struct lq_norm_params *p)
{
  return p->peak_policy == LQ_NORM_LIMIT || p->mode == LQ_NORM_LIVE;
}

/* Towards what is sought on the line through the last two. */
static double
beyond (const struct lq_norm_try *t)
{
  const double step = t->now.gain_db - t->last.gain_db;
  double slope = SLOPE;

  if (t->count > 1 && fabs (step) > SAME_DB)
    slope = lq_clamp ((t->now.result_lufs - t->last.result_lufs) / step, SLOPE_MIN, SLOPE_MAX);
  return t->now.gain_db + (t->sought_lufs - t->now.result_lufs) / slope;
}

static double
inside (const struct lq_norm_try *t)
{
  const double share =
      (t->sought_lufs - t->low.result_lufs) / (t->high.result_lufs - t->low.result_lufs);

  return t->low.gain_db +
         (t->high.gain_db - t->low.gain_db) *
             (t->count % BISECT ? lq_clamp (share, INSIDE, 1.0 - INSIDE) : 0.5);
}

static void
try_gain (lq_norm *u, double gain_db)
{
  u->tried.last = u->tried.now;
  u->tried.now.gain_db = gain_db;
  u->tried.count++;
  lq_forecast_begin (&u->forecast, gain_db, lq_norm_ceiling (u));
}

/* Around what is sought, the nearest on both sides; low is the lesser gain. */
static void
enclose (struct lq_norm_try *t, const struct lq_norm_point *point)
{
  if (point->result_lufs < t->sought_lufs) {
    t->low = *point;
    t->has_low = true;
  } else {
    t->high = *point;
    t->has_high = true;
  }
}

static void
start (lq_norm *u)
{
  struct lq_norm_try *t = &u->tried;
  const double idle_db = lq_lin_to_db (lq_norm_ceiling (u) / lq_forecast_peak (&u->forecast));

  t->sought_lufs = u->p.loudness_target_lufs;
  t->idle = (struct lq_norm_point){ idle_db, lq_loudness_integrated (&u->in, idle_db) };
  if (idle_db > u->p.min_gain_db && t->idle.result_lufs < t->sought_lufs)
    enclose (t, &t->idle);
  try_gain (u, u->decision.gain_db);
}

/* The greatest gain isn't loud enough: about as loud is sought, with less. False: there is no
 * other. */
static bool
want_less (lq_norm *u)
{
  struct lq_norm_try *t = &u->tried;

  if (t->less || t->idle.gain_db <= u->p.min_gain_db)
    return false;
  t->less = true;
  t->sought_lufs = t->now.result_lufs - LESS_LU;
  enclose (t, &t->now);
  t->low = t->idle;
  if (t->idle.result_lufs < t->sought_lufs)
    return true;
  t->now = t->idle;
  return false;
}

/* The gain to try next; false: the one tried last is it. */
static bool
next_gain (lq_norm *u, double *gain_db)
{
  const double least = u->p.min_gain_db, most = lq_norm_most_gain (&u->p);
  struct lq_norm_try *t = &u->tried;

  if (fabs (t->sought_lufs - t->now.result_lufs) <= (t->less ? LESS_LU : CLOSE_LU))
    return false;
  enclose (t, &t->now);
  if (!t->has_high && t->now.gain_db >= most && !want_less (u))
    return false;
  if (!t->has_low && t->now.gain_db <= least)
    return false;
  *gain_db = t->has_low && t->has_high ? inside (t) : lq_clamp (beyond (t), least, most);
  if (t->count < TRIES && fabs (*gain_db - t->now.gain_db) > SAME_DB)
    return true;
  if (t->has_low && t->has_high)
    t->now = t->high.result_lufs - t->sought_lufs < t->sought_lufs - t->low.result_lufs
                 ? t->high
                 : t->low;
  return false;
}

/* What the tries came to. */
static void
conclude (lq_norm *u)
{
  const struct lq_norm_params *p = &u->p;
  const struct lq_norm_try *t = &u->tried;
  const bool at_most = t->less ? t->now.gain_db > t->high.gain_db - SAVED_DB
                               : t->now.gain_db >= lq_norm_most_gain (p);
  const struct lq_norm_point *best = t->less && at_most ? &t->high : &t->now;
  struct lq_norm_decision *d = &u->decision;

  d->gain_db = best->gain_db;
  d->result_lufs = best->result_lufs;
  d->shortfall_lu = p->loudness_target_lufs - d->result_lufs;
  if (fabs (d->shortfall_lu) <= CLOSE_LU) {
    d->shortfall_lu = 0.0;
    d->reason = LQ_NORM_ON_TARGET;
  } else if (at_most) {
    d->reason = p->boost ? LQ_NORM_AT_MAX_GAIN : LQ_NORM_NO_BOOST;
  } else if (t->less) {
    d->reason = LQ_NORM_AT_LIMITER;
  } else if (d->gain_db <= p->min_gain_db) {
    d->reason = LQ_NORM_AT_MIN_GAIN;
  } else {
    d->reason = LQ_NORM_NEAREST;
  }
}

/* The notes have been heard under the gain tried: is another one to be? */
static bool
judge (lq_norm *u)
{
  double gain_db;

  u->tried.now.result_lufs =
      lq_loudness_integrated (&u->in, u->tried.now.gain_db) + lq_forecast_loss (&u->forecast);
  if (next_gain (u, &gain_db)) {
    try_gain (u, gain_db);
    return true;
  }
  conclude (u);
  return false;
}

void
lq_norm_settle (lq_norm *u, double result_lufs)
{
  struct lq_norm_decision *d = &u->decision;
  const double missing = u->p.loudness_target_lufs - result_lufs;

  if (d->reason == LQ_NORM_UNMEASURABLE || d->reason == LQ_NORM_WITHIN_TOLERANCE)
    return;
  d->result_lufs = result_lufs;
  if (d->reason == LQ_NORM_ON_TARGET && fabs (missing) <= REACHED_LU)
    return;
  d->shortfall_lu = missing;
  if (d->reason == LQ_NORM_ON_TARGET)
    d->reason = LQ_NORM_NEAREST;
}

/* Whether the limiter would act on the decision, and the target is to be met all the same. */
static bool
limits (const lq_norm *u)
{
  return u->p.peak_policy == LQ_NORM_LIMIT && u->decision.reason != LQ_NORM_UNMEASURABLE &&
         u->decision.reason != LQ_NORM_WITHIN_TOLERANCE &&
         lq_forecast_peak (&u->forecast) * lq_db_to_lin (u->decision.gain_db) >
             lq_norm_ceiling (u);
}

bool
lq_norm_solve (lq_norm *u)
{
  bool again;

  if (u->tried.count == 0) {
    lq_truepeak_finish (&u->in_peak);
    u->measured = (struct lq_norm_measured){ lq_loudness_integrated (&u->in, 0.0),
      lq_loudness_range (&u->in, 0.0), lq_lin_to_db (lq_truepeak_max_peak (&u->in_peak)),
      lq_lin_to_db (lq_truepeak_max_sample (&u->in_peak)) };
    u->decision = lq_norm_decide (&u->p, &u->measured, u->quantiser_error, &u->in);
    again = limits (u);
    if (again)
      start (u);
  } else {
    again = judge (u);
  }
  if (again)
    return true;
  u->tried = (struct lq_norm_try){ 0 };
  u->known = true;
  u->solved = u->p;
  lq_norm_set (u, &u->solved);
  lq_norm_reset (u);
  return false;
}

void
lq_norm_retrace (lq_norm *u, const float *notes, uint32_t n)
{
  lq_forecast_feed (&u->forecast, notes, n);
}
