/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the gain of a programme.
 * Source:  EBU R 128 and properties/targets.csv for what is wanted.
 *
 *   decide: gain = target − integrated, held by boost, min-gain, max-gain; with `cap` also by the
 *           ceiling: peak · gain + error of the quantiser ≤ ceiling, less CAP_MARGIN_DB for what
 *           two true-peak meters read differently.
 *   solve:  with `limit`, where peaks pass the ceiling: the gain whose result, limited, meets the
 *           target. Gains are tried on the notes of the first pass (forecast.c, gain-search.c).
 *           With range-target first the strength of riding (leveller.c) whose result has the
 *           range, each by the secant through the last two.
 *   settle: what was foreseen gives way to what was measured. */

#include "norm.h"

#include "../base/mathx.h"

/* Meters with other interpolators than ours read a peak up to this much higher, dB; and what
 * they read higher than the limiter's eight points a frame. */
#define CAP_MARGIN_DB 0.03
#define LIMIT_MARGIN_DB 0.1

/* A target counts as met to this many LU. */
#define MET_LU 0.005

/* A result is on the target if it comes out this near. */
#define REACHED_LU 0.1

/* Riding: tries at the most, when the range is good enough, and how strong it may become: beyond 1 what is quiet would
 * be louder than what is loud, but for the smoothness of the curve. */
#define RANGE_TRIES 6
#define CLOSE_RANGE_LU 0.1
#define STRENGTH_MAX 1.5

/* Riding moves faster only where the range stays this far from the target. */
#define FAIR_RANGE_LU 0.25

/* What is ridden: loudness range counts from 20 LU below the programme, and what lies below that
 * comes to lie above once the loud is turned down. Pauses lie lower still. */
#define RANGE_GATE_LU (-30.0)
#define ABSOLUTE_GATE_LUFS (-70.0)

/* No limiter, for the forecast. */
#define NO_CEILING 1e9

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
  struct lq_norm_decision d = { .result_lufs = LQ_SILENCE_DB, .reason = LQ_NORM_UNMEASURABLE };
  const double ceiling = gain_at_ceiling (p, m, quantiser_error);
  const bool measurable = m->integrated_lufs > LQ_SILENCE_DB;

  if (measurable) {
    d.reason = LQ_NORM_ON_TARGET;
    d.gain_db = gain_to_target (p, m, heard);
    if (fabs (d.gain_db) <= p->tolerance_lu && ceiling >= 0.0)
      d = (struct lq_norm_decision){ .reason = LQ_NORM_WITHIN_TOLERANCE };
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

bool
lq_norm_needs_notes (const struct lq_norm_params *p)
{
  return p->peak_policy == LQ_NORM_LIMIT || p->range_target_lu > 0.0f;
}

double
lq_norm_ridden_gain (const lq_norm *u, double frame)
{
  const struct lq_norm_decision *d = &u->decision;
  const double gain_db = d->gain_db + d->strength * lq_leveller_at (&u->leveller, frame);

  return lq_clamp (gain_db, u->p.min_gain_db, lq_norm_most_gain (&u->p));
}

double
lq_norm_foreseen_peak (const lq_norm *u)
{
  const double peak_dbtp =
      u->decision.strength > 0.0 ? u->decision.peak_dbtp : u->measured.true_peak_dbtp;
  const double out_dbtp = peak_dbtp + u->decision.gain_db;

  if (peak_dbtp <= LQ_SILENCE_DB)
    return LQ_SILENCE_DB;
  return lq_norm_limits (&u->p) ? fmin (out_dbtp, u->p.max_true_peak_dbtp) : out_dbtp;
}

struct lq_norm_decision
lq_norm_redecide (const lq_norm *u)
{
  const struct lq_norm_decision *before = &u->decision;
  struct lq_norm_decision d;
  struct lq_norm_measured m = u->measured;

  if (before->strength <= 0.0)
    return lq_norm_decide (&u->p, &m, u->quantiser_error, &u->in);
  /* What was ridden stays so: only the one gain moves, from what it made of the programme. */
  m.integrated_lufs = before->result_lufs - before->gain_db;
  m.true_peak_dbtp = before->peak_dbtp;
  d = lq_norm_decide (&u->p, &m, u->quantiser_error, NULL);
  d.strength = before->strength;
  d.range_lu = before->range_lu;
  d.peak_dbtp = before->peak_dbtp;
  return d;
}

/* Towards the range on the line through the last two. Riding takes a share of the range that is its
 * strength, about. */
static double
next_strength (const struct lq_norm_try *t, double target_lu, double range_lu)
{
  const double step = t->strength - t->last_strength;
  double slope = -range_lu;

  if (t->count > 1 && fabs (step) > 1e-6)
    slope =
        lq_clamp ((t->range_lu - t->last_range_lu) / step, -2.0 * range_lu, -0.25 * range_lu);
  return t->strength + (target_lu - t->range_lu) / slope;
}

/* The greatest gain that may be tried: `cap` stops it at the ceiling with whatever rides on it. */
static double
most_tried (const lq_norm *u)
{
  const struct lq_norm_measured m = { .true_peak_dbtp = lq_lin_to_db (
                                          lq_forecast_ridden_peak (&u->forecast)) };
  const double most = lq_norm_most_gain (&u->p);

  return lq_norm_limits (&u->p)
             ? most
             : fmax (fmin (most, gain_at_ceiling (&u->p, &m, u->quantiser_error)),
                   u->p.min_gain_db);
}

static void
try_gain (lq_norm *u, double gain_db, double strength)
{
  struct lq_norm_try *t = &u->tried;

  t->last_strength = t->strength;
  t->last_range_lu = t->range_lu;
  t->gain_db = gain_db;
  t->strength = strength;
  t->count++;
  lq_forecast_begin (
      &u->forecast, &(struct lq_forecast_try){ .gain_db = gain_db,
                        .least_db = u->p.min_gain_db,
                        .most_db = lq_norm_most_gain (&u->p),
                        .ceiling = lq_norm_limits (&u->p) ? lq_norm_ceiling (u) : NO_CEILING,
                        .leveller = strength > 0.0 ? &u->leveller : NULL,
                        .strength = strength });
}

/* What the notes came to under the try. */
static void
read_try (lq_norm *u)
{
  const double change = lq_forecast_change (&u->forecast);
  struct lq_norm_try *t = &u->tried;

  /* A limiter alone never makes it louder. */
  t->result_lufs = lq_loudness_integrated (&u->in, t->gain_db) +
                   (t->strength > 0.0 ? change : fmin (change, 0.0));
  t->range_lu = lq_forecast_range (&u->forecast);
}

/* What the tries came to. */
static void
conclude (lq_norm *u)
{
  const struct lq_norm_params *p = &u->p;
  const lq_gain_search *found = &u->tried.search;
  struct lq_norm_decision *d = &u->decision;

  d->gain_db = found->now.gain_db;
  d->result_lufs = found->now.result_lufs;
  d->shortfall_lu = p->loudness_target_lufs - d->result_lufs;
  d->strength = u->tried.strength;
  d->range_lu = u->tried.range_lu;
  d->peak_dbtp = lq_lin_to_db (lq_forecast_ridden_peak (&u->forecast));
  if (fabs (d->shortfall_lu) <= LQ_GAIN_CLOSE_LU) {
    d->shortfall_lu = 0.0;
    d->reason = LQ_NORM_ON_TARGET;
  } else if (found->at_most && d->gain_db < lq_norm_most_gain (p)) {
    d->reason = LQ_NORM_AT_CEILING;
  } else if (found->at_most) {
    d->reason = p->boost ? LQ_NORM_AT_MAX_GAIN : LQ_NORM_NO_BOOST;
  } else if (found->less) {
    d->reason = LQ_NORM_AT_LIMITER;
  } else {
    d->reason = d->gain_db <= p->min_gain_db ? LQ_NORM_AT_MIN_GAIN : LQ_NORM_NEAREST;
  }
}

/* From the gain tried last on. */
static void
begin_search (lq_norm *u)
{
  const double idle_db = lq_lin_to_db (lq_norm_ceiling (u) / lq_forecast_peak (&u->forecast));
  const struct lq_gain_point idle = { idle_db, lq_loudness_integrated (&u->in, idle_db) };
  struct lq_norm_try *t = &u->tried;

  t->stage = LQ_NORM_TRY_GAIN;
  lq_gain_search_begin (&t->search, u->p.loudness_target_lufs, u->p.min_gain_db,
      lq_norm_most_gain (&u->p), t->strength > 0.0 ? NULL : &idle, t->gain_db);
}

/* Is another gain to be tried? */
static bool
judge_gain (lq_norm *u)
{
  struct lq_norm_try *t = &u->tried;

  /* What rides has its peak at other places under another gain. */
  t->search.most_db = most_tried (u);
  if (lq_gain_search_next (&t->search, t->result_lufs)) {
    try_gain (u, t->search.now.gain_db, t->strength);
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

/* The leveller has heard all: its curve at this pace. */
static void
set_pace (lq_norm *u, uint32_t pace)
{
  const double gate = fmax (u->measured.integrated_lufs + RANGE_GATE_LU, ABSOLUTE_GATE_LUFS);

  u->tried.pace = pace;
  u->tried.count = 0;
  lq_leveller_finish (
      &u->leveller, pace, u->measured.integrated_lufs, gate, lq_power_to_db (u->in.mono_gain));
}

static bool
begin_pace (lq_norm *u, uint32_t pace)
{
  set_pace (u, pace);
  u->tried.stage = LQ_NORM_TRY_RANGE;
  try_gain (u, u->decision.gain_db, 1.0 - u->p.range_target_lu / u->measured.range_lu);
  return true;
}

/* The strength to try next. Beyond some the range grows again, so that what is worse than the best
 * so far is on the wrong side of it. */
static double
stronger (lq_norm *u)
{
  struct lq_norm_try *t = &u->tried;
  const double off = fabs (t->range_lu - u->p.range_target_lu);

  if (t->count > 1 && off > t->best_off_lu && t->pace == t->best_pace &&
      t->strength > t->best_strength)
    return 0.5 * (t->strength + t->best_strength);
  if ((t->count == 1 && t->pace == 0) || off < t->best_off_lu) {
    t->best_off_lu = off;
    t->best_strength = t->strength;
    t->best_pace = t->pace;
  }
  return lq_clamp (
      next_strength (t, u->p.range_target_lu, u->measured.range_lu), 0.0, STRENGTH_MAX);
}

/* Is another strength? The gain goes along, so that it is near when its turn comes. */
static bool
judge_range (lq_norm *u)
{
  const struct lq_norm_params *p = &u->p;
  struct lq_norm_try *t = &u->tried;
  const double strength = stronger (u);
  const double gain_db = lq_clamp (
      t->gain_db + p->loudness_target_lufs - t->result_lufs, p->min_gain_db, most_tried (u));

  if (fabs (p->range_target_lu - t->range_lu) > CLOSE_RANGE_LU && t->count < RANGE_TRIES &&
      strength != t->strength) {
    try_gain (u, gain_db, strength);
    return true;
  }
  if (t->best_off_lu > FAIR_RANGE_LU && t->pace + 1 < LQ_LEVELLER_PACES)
    return begin_pace (u, t->pace + 1);
  if (t->strength == t->best_strength && t->pace == t->best_pace) {
    begin_search (u);
    return judge_gain (u);
  }
  set_pace (u, t->best_pace);
  try_gain (u, gain_db, t->best_strength);
  begin_search (u);
  return true;
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

/* Whether the range is to come down. */
static bool
rides (const lq_norm *u)
{
  return u->p.range_target_lu > 0.0f && u->decision.reason != LQ_NORM_UNMEASURABLE &&
         u->measured.range_lu > u->p.range_target_lu + CLOSE_RANGE_LU;
}

/* The first pass is over: is there anything to be tried? */
static bool
begin_tries (lq_norm *u)
{
  lq_truepeak_finish (&u->in_peak);
  u->measured = (struct lq_norm_measured){ lq_loudness_integrated (&u->in, 0.0),
    lq_loudness_range (&u->in, 0.0), lq_lin_to_db (lq_truepeak_max_peak (&u->in_peak)),
    lq_lin_to_db (lq_truepeak_max_sample (&u->in_peak)) };
  u->decision = lq_norm_decide (&u->p, &u->measured, u->quantiser_error, &u->in);
  if (u->notes && rides (u)) {
    u->tried.stage = LQ_NORM_TRY_LEVELS;
    return true;
  }
  if (!u->notes || !limits (u))
    return false;
  try_gain (u, u->decision.gain_db, 0.0);
  begin_search (u);
  return true;
}

bool
lq_norm_solve (lq_norm *u)
{
  bool again = false;

  if (u->tried.stage >= LQ_NORM_TRY_RANGE)
    read_try (u);
  switch (u->tried.stage) {
    case LQ_NORM_TRY_NONE:
      again = begin_tries (u);
      break;
    case LQ_NORM_TRY_LEVELS:
      again = begin_pace (u, 0);
      break;
    case LQ_NORM_TRY_RANGE:
      again = judge_range (u);
      break;
    case LQ_NORM_TRY_GAIN:
      again = judge_gain (u);
      break;
  }
  if (again)
    return true;
  u->tried = (struct lq_norm_try){ 0 };
  u->known = true;
  u->solved = u->p;
  lq_norm_set (u, &u->solved);
  lq_norm_reset (u);
  lq_norm_locate (u, 0);
  return false;
}

void
lq_norm_retrace (lq_norm *u, const float *notes, uint32_t n)
{
  if (u->tried.stage == LQ_NORM_TRY_LEVELS)
    lq_forecast_tell (&u->forecast, &u->leveller, notes, n);
  else
    lq_forecast_feed (&u->forecast, notes, n);
}
