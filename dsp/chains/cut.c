/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the chain of vinylsafe.
 * Source:  shared/STANDARDS.md §3.
 *
 *   ─┬─┬─→ × level ─┬─→ elliptic ─→ repair ─→ high ─→ low ─→ deess ─→ limit ─┬─→ simulate ─→ ± ─→
 *    │ └─→ delay ───┼──────────────────────────────────────────── listen ────┼──────────────↗
 *    └─→ bass       └─→ groove, view before      side ─→ radius ─→ limits ─↗ └─→ side, view of the cut
 *
 * z: the plan and the views count the frames of the programme that they have seen; skip: frames of the
 * past that still leave the limits. Limits follow the radius at grid points of LQ_BLOCK frames. */

#include "cut.h"

#include "../base/mathx.h"

#include <string.h>

/* Notes for so long a side; what is longer goes on at the mean pitch. */
#define NOTED_SECONDS 3600.0

/* What cut-level-auto leaves, of the side and of a turn: the second pass falls into other groups. */
#define RESERVE 0.002
#define RESERVE_TURNS (2.0 / LQ_SIDE_CELLS)

/* A simulation is heard once its filters, whose lowest is at 20 Hz, have settled. */
#define WARM_MS 150.0

/* A place that differs by less is the same: timestamps are rounded. */
#define SAME_S 0.01

static void
lq_cut_prepare_plan (lq_cut *u, const struct lq_cut_params *p)
{
  u->plan = (struct lq_side_params){ .pitch = p->pitch.pitch,
    .rpm = lq_side_rpm (p->disc.rpm),
    .outer_mm = p->disc.outer_mm,
    .inner_mm = p->disc.inner_mm,
    .start_mm = p->disc.outer_mm,
    .lines_per_inch = p->pitch.lines_per_inch,
    .finest = p->pitch.lines_per_inch_max,
    .width_um = p->pitch.groove_width_um,
    .land_um = p->pitch.land_um };
}

/* What the guard of the imager alone does. */
static struct lq_imager_params
lq_cut_repair (const struct lq_cut_params *p)
{
  struct lq_imager_params repair = { .enabled = p->phase_repair,
    .bands = 1,
    .crossover_hz = { 200.0f, 2000.0f, 8000.0f },
    .mono_slope = 12,
    .guard = 1 };

  for (uint32_t b = 0; b < LQ_IMAGER_BANDS; b++)
    repair.band[b].width_percent = 100.0f;
  return repair;
}

static uint32_t
lq_cut_latency_least (const lq_cut *u)
{
  return u->analyses ? 0 : lq_groovelimit_latency (&u->limit);
}

uint32_t
lq_cut_latency_most (const lq_cut *u)
{
  return u->analyses ? 0 : lq_cut_latency_least (u) + lq_tracing_latency (&u->tracing);
}

uint32_t
lq_cut_latency (const lq_cut *u)
{
  return u->simulates ? lq_cut_latency_most (u) : lq_cut_latency_least (u);
}

uint32_t
lq_cut_tail (const lq_cut *u)
{
  return u->analyses ? 0
                     : lq_elliptic_tail (&u->elliptic) + lq_imager_tail (&u->repair) +
                           lq_cascade_tail (&u->passes) + lq_deess_tail (&u->deess) +
                           lq_groovelimit_tail (&u->limit);
}

/* What protects: nothing of it is there in mode=analyse. */
static bool
lq_cut_prepare_stages (
    lq_cut *u, const lq_stream *stream, const struct lq_cut_params *p, lq_arena *arena)
{
  const struct lq_imager_params repair = lq_cut_repair (p);

  return lq_elliptic_prepare (&u->elliptic, stream, arena) &&
         lq_imager_prepare (&u->repair, stream, &repair, arena) &&
         lq_cascade_prepare_parts (
             &u->passes, stream, arena, 2 * LQ_PASS_SECTIONS, LQ_PASS_SECTIONS) &&
         lq_deess_prepare (&u->deess, stream, arena) &&
         lq_groovelimit_prepare (&u->limit, stream, &p->treble, p->disc.reference_velocity,
             p->disc.reference_level_db, arena) &&
         lq_tracing_prepare (&u->tracing, stream, p->disc.reference_velocity,
             p->disc.reference_level_db, arena);
}

bool
lq_cut_prepare (lq_cut *u, const lq_stream *stream, const struct lq_cut_params *p,
    bool auto_level, lq_arena *arena)
{
  const struct lq_cut_disc *disc = &p->disc;
  uint32_t late;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->auto_level = auto_level;
  u->asked = *p;
  u->analyses = disc->mode == LQ_CUT_ANALYSE;
  lq_cut_prepare_plan (u, p);
  if ((!u->analyses && !lq_cut_prepare_stages (u, stream, p, arena)) ||
      !(u->analyses ? lq_groove_prepare (&u->groove, stream, disc->reference_velocity,
                          disc->reference_level_db, arena)
                    : lq_groove_prepare_like (&u->groove, stream, u->limit.groove, arena)) ||
      !lq_side_prepare (&u->side, stream->rate, &u->plan, NOTED_SECONDS, arena) ||
      !lq_side_prepare (&u->plain, stream->rate, &u->plan, NOTED_SECONDS, arena) ||
      !lq_ramp_prepare (&u->level, stream, arena, LQ_RAMP_MS))
    return false;
  u->work = lq_arena_alloc (arena, 2 * LQ_BLOCK * sizeof *u->work);
  u->simulates = !u->analyses && p->ear.simulate != LQ_CUT_AS_IT_IS;
  late = lq_cut_latency_most (u) - lq_cut_latency_least (u);
  if (!u->work ||
      !lq_bypass_prepare (&u->simulated, stream, u->simulates ? late : 0, late, arena) ||
      !lq_bypass_prepare_difference (
          &u->ear, stream, lq_cut_latency (u), lq_cut_latency_most (u), arena))
    return false;
  lq_treatment_prepare (&u->treatment, stream, p->treble.treble_frequency_hz);
  lq_moments_prepare (&u->before, stream->rate, disc->stylus_um);
  lq_moments_set_late (&u->before, lq_cut_latency_least (u));
  lq_moments_prepare (&u->cut, stream->rate, disc->stylus_um);
  lq_cut_set (u, p);
  lq_cut_begin (u, true);
  lq_cut_reset (u);
  return true;
}

/* Settings. */

static struct lq_pass_params
lq_cut_pass_of (const struct lq_cut_pass *p, float before_hz)
{
  return (struct lq_pass_params){ .enabled = p->frequency_hz > 0.0f,
    .frequency_hz = p->frequency_hz > 0.0f ? p->frequency_hz : before_hz,
    .slope = p->slope };
}

/* A filter that is switched off keeps its frequency while it fades. */
static void
lq_cut_set_pass (
    lq_cut *u, enum lq_pass_kind kind, struct lq_cut_pass *given, const struct lq_cut_pass *p)
{
  const struct lq_pass_params params = lq_cut_pass_of (p, given->frequency_hz);

  lq_pass_put (&u->passes, kind == LQ_PASS_HIGH ? 0 : LQ_PASS_SECTIONS, kind, &params);
  given->frequency_hz = params.frequency_hz;
}

/* Simulation is heard, from now on or from the beginning. */
static void
lq_cut_set_simulation (lq_cut *u, int32_t simulate)
{
  const uint32_t late = lq_cut_latency_most (u) - lq_cut_latency_least (u);

  if (simulate == LQ_CUT_AS_IT_IS || u->simulates)
    return;
  u->simulates = true;
  u->grown += late;
  lq_bypass_grow (&u->simulated, late);
  lq_bypass_grow (&u->ear, late);
}

/* Stages whose settings are new: a `set` may begin a design. */
static void
lq_cut_give (lq_cut *u, const struct lq_cut_params *p)
{
  const struct lq_cut_params *const was = u->gave ? &u->asked : NULL;
  const struct lq_imager_params repair = lq_cut_repair (p);

#define NEW(field) (!was || memcmp (&was->field, &p->field, sizeof p->field) != 0)
  if (NEW (elliptic))
    lq_elliptic_set (&u->elliptic, &p->elliptic);
  if (NEW (phase_repair))
    lq_imager_set (&u->repair, &repair);
  if (NEW (high))
    lq_cut_set_pass (u, LQ_PASS_HIGH, &u->given_high, &p->high);
  if (NEW (low))
    lq_cut_set_pass (u, LQ_PASS_LOW, &u->given_low, &p->low);
  if (NEW (deess))
    lq_deess_set (&u->deess, &p->deess);
  if (NEW (treble)) {
    lq_groovelimit_set (&u->limit, &p->treble);
    lq_treatment_set_split (&u->treatment, p->treble.treble_frequency_hz);
  }
#undef NEW
  u->gave = true;
}

void
lq_cut_set (lq_cut *u, const struct lq_cut_params *p)
{
  const struct lq_cut_limits *limits = &p->limits;

  if (!u->analyses) {
    lq_cut_give (u, p);
    lq_cut_set_simulation (u, p->ear.simulate);
    lq_bypass_set (&u->ear, p->ear.listen);
  }
  u->asked = *p;
  lq_moments_set (
      &u->before, &(const struct lq_moments_limits){
                      { limits->velocity, limits->slope, limits->displacement_um,
                          limits->vertical_um, limits->acceleration_g, limits->curvature },
                      limits->curvature_warning });
  lq_ramp_set (&u->level, lq_db_to_lin (lq_cut_level (u)));
}

void
lq_cut_reset (lq_cut *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.end = INT64_MAX;
  lq_ramp_jump (&u->level);
  lq_groove_reset (&u->groove);
  u->z.simulate = u->asked.ear.simulate;
  u->z.warm = u->z.simulate == LQ_CUT_AS_IT_IS ? 0 : UINT32_MAX;
  lq_bypass_set (&u->simulated, u->z.simulate == LQ_CUT_AS_IT_IS);
  lq_bypass_reset (&u->simulated);
  lq_bypass_reset (&u->ear);
  if (u->analyses)
    return;
  lq_elliptic_reset (&u->elliptic);
  lq_imager_reset (&u->repair);
  lq_cascade_reset (&u->passes);
  lq_deess_reset (&u->deess);
  lq_groovelimit_reset (&u->limit);
  lq_tracing_reset (&u->tracing);
}

uint32_t
lq_cut_grow (lq_cut *u)
{
  const uint32_t grown = u->grown;

  u->grown = 0;
  return grown;
}

/* The limits look at all that passes. */
bool
lq_cut_neutral (const lq_cut *u)
{
  return u->analyses;
}

/* The place on the side. */

double
lq_cut_side_seconds (const lq_cut *u)
{
  const struct lq_cut_disc *disc = &u->asked.disc;

  if (disc->side_duration_s > 0.0f)
    return disc->side_duration_s;
  return u->stream_s > 0.0 ? disc->side_start_s + u->stream_s : 0.0;
}

/* The plan begins where the next frame lies. */
static void
lq_cut_plan_anew (lq_cut *u)
{
  const double seconds = u->asked.disc.side_start_s + u->z.place / u->stream.rate;

  u->side.p.start_mm = lq_side_start (&u->plan, seconds, lq_cut_side_seconds (u));
  u->plain.p.start_mm = u->side.p.start_mm;
  lq_side_reset (&u->side);
  lq_side_reset (&u->plain);
  u->from_s = u->heard_s = seconds;
  u->fit = (struct lq_cut_fit){ 0 };
  u->z.from = u->z.side_seen = u->z.plain_seen = u->z.place;
  u->z.view_seen = u->z.place - LQ_GROOVE_LAG;
  u->z.skip = u->analyses ? 0 : lq_groovelimit_latency (&u->limit);
  u->z.skip_plain = LQ_GROOVE_LAG;
}

void
lq_cut_locate (lq_cut *u, int64_t frame)
{
  const bool on = u->z.located && fabs ((double)(frame - u->z.place)) < u->stream.rate * SAME_S;

  if (!u->z.located && !u->analyses)
    lq_groovelimit_begin (&u->limit);
  u->z.located = true;
  if (on)
    return;
  u->z.place = frame;
  lq_cut_plan_anew (u);
  lq_moments_locate (&u->before, frame - LQ_GROOVE_LAG);
}

void
lq_cut_set_length (lq_cut *u, double seconds)
{
  u->stream_s = seconds;
  if (u->z.located && u->z.side_seen == u->z.place)
    lq_cut_plan_anew (u);
}

void
lq_cut_over (lq_cut *u, bool is)
{
  u->z.end = is ? u->z.place : INT64_MAX;
  if (!u->analyses)
    lq_groovelimit_end (&u->limit, is);
}

/* What a disc allows here. */
static double
on (float limit)
{
  return limit > 0.0f ? (double)limit : HUGE_VAL;
}

/* At a grid point. */
static void
lq_cut_follow (lq_cut *u)
{
  const struct lq_cut_limits *p = &u->asked.limits;
  const double radius = u->asked.disc.radius_aware
                            ? fmax (lq_side_radius (&u->side), u->plan.inner_mm)
                            : u->plan.inner_mm;
  const double speed = lq_groove_speed (radius, u->plan.rpm), stylus = u->asked.disc.stylus_um;

  u->speed = speed;
  u->limits = (struct lq_groovelimit_limits){
    .velocity = (float)fmin (on (p->velocity), on (p->slope) * speed),
    .displacement = (float)on (p->displacement_um),
    .vertical = (float)on (p->vertical_um),
    .acceleration = (float)fmin (
        on (p->acceleration_g), on (p->curvature) * lq_groove_acceleration (stylus, speed)),
  };
  if (!u->simulates)
    return;
  if (u->asked.ear.simulate != LQ_CUT_AS_IT_IS && lq_bypass_resting_dry (&u->simulated))
    u->z.simulate = u->asked.ear.simulate;
  lq_tracing_set (&u->tracing,
      u->z.simulate == LQ_CUT_AS_TRACED ? LQ_TRACING_FULL : LQ_TRACING_CUT, speed, stylus);
}

static void
lq_cut_times (float *x, float gain, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    x[i] *= gain;
}

static void
lq_cut_scale (lq_cut *u, float *const *ch, uint32_t frames)
{
  float gain[LQ_HOP];
  uint32_t phase = u->z.phase % LQ_HOP;

  for (uint32_t at = 0, n; at < frames; at += n) {
    if (phase == 0)
      lq_ramp_move (&u->level);
    n = lq_hop_left (phase, frames - at);
    phase = (phase + n) % LQ_HOP;
    if (lq_ramp_resting (&u->level)) {
      for (uint32_t c = 0; u->level.target != 1.0 && c < u->stream.channels; c++)
        lq_cut_times (ch[c] + at, (float)u->level.z.value, n);
      continue;
    }
    lq_ramp_fill (&u->level, gain, (phase + LQ_HOP - n) % LQ_HOP, n);
    for (uint32_t c = 0; c < u->stream.channels; c++)
      for (uint32_t i = 0; i < n; i++)
        ch[c][at + i] *= gain[i];
  }
}

/* Of groups that were measured those that are of the programme: how many, from *first on. */
static uint32_t
lq_cut_of_programme (
    const lq_cut *u, uint32_t groups, int64_t *skip, int64_t *seen, uint32_t *first)
{
  const int64_t all = groups, before = (*skip + LQ_GROOVE_GROUP - 1) / LQ_GROOVE_GROUP;
  const int64_t from = before < all ? before : all;
  int64_t n = all - from;

  if (u->z.end - *seen < n * LQ_GROOVE_GROUP)
    n = u->z.end > *seen ? (u->z.end - *seen + LQ_GROOVE_GROUP - 1) / LQ_GROOVE_GROUP : 0;
  *skip = *skip > from * LQ_GROOVE_GROUP ? *skip - from * LQ_GROOVE_GROUP : 0;
  *seen += n * LQ_GROOVE_GROUP;
  *first = (uint32_t)from;
  return (uint32_t)n;
}

/* The groove of the input, which is the plan's where nothing is treated. */
static void
lq_cut_view_input (lq_cut *u, const float *const *in, uint32_t frames)
{
  const struct lq_groove_floor floor = lq_moments_floor (&u->before, u->speed);
  const uint32_t groups = lq_groove_process (&u->groove, in, frames, LQ_GROOVE_ALL, &floor);

  if (u->analyses)
    lq_side_process (&u->side, u->groove.peaks, groups);
  lq_cut_view (u, &u->before, u->groove.peaks, groups, u->z.view_seen, u->reductions.last_db);
  u->z.view_seen += (int64_t)groups * LQ_GROOVE_GROUP;
  u->reductions.last_db = 0.0f;
}

/* What is cut, and what came to the limits, take their place on the side. */
static void
lq_cut_plan_on (lq_cut *u, uint32_t groups)
{
  const int64_t at = u->z.side_seen;
  uint32_t first, n;

  n = lq_cut_of_programme (u, groups, &u->z.skip, &u->z.side_seen, &first);
  lq_side_process (&u->side, u->limit.cut + first, n);
  if (u->metered)
    lq_cut_view (u, &u->cut, u->limit.cut + first, n, at, 0.0f);
  n = lq_cut_of_programme (u, u->limit.came_groups, &u->z.skip_plain, &u->z.plain_seen, &first);
  lq_side_process (&u->plain, u->limit.came + first, n);
}

/* Another mode is heard by way of none: what is not heard changes. */
static void
lq_cut_simulate (lq_cut *u, float *const *ch, uint32_t frames)
{
  const bool wanted = u->asked.ear.simulate == u->z.simulate;
  const bool asleep =
      u->asked.ear.simulate == LQ_CUT_AS_IT_IS && lq_bypass_resting_dry (&u->simulated);

  if (asleep)
    u->z.warm = 0;
  lq_bypass_set (&u->simulated, u->asked.ear.simulate == LQ_CUT_AS_IT_IS || !wanted ||
                                    u->z.warm < WARM_MS / 1000.0 * u->stream.rate);
  lq_bypass_keep (&u->simulated, (const float *const *)ch, frames);
  if (!asleep) {
    if (u->z.warm == 0)
      lq_tracing_reset (&u->tracing);
    lq_tracing_process (&u->tracing, ch, frames);
    u->z.warm += u->z.warm < UINT32_MAX / 2 ? frames : 0;
  }
  lq_bypass_mix (&u->simulated, ch, frames);
}

static void
lq_cut_shape (lq_cut *u, float *const *ch, uint32_t frames)
{
  lq_elliptic_process (&u->elliptic, ch, frames);
  lq_imager_process (&u->repair, ch, frames);
  lq_cascade_process (&u->passes, ch, frames);
  lq_deess_process (&u->deess, ch, frames);
}

static void
lq_cut_protect (lq_cut *u, float *const *ch, uint32_t frames)
{
  const float *in[2] = { ch[0], ch[u->stream.channels - 1] };

  lq_bypass_keep (&u->ear, in, frames);
  lq_cut_scale (u, ch, frames);
  if (u->metered && u->z.end == INT64_MAX)
    lq_cut_view_input (u, in, frames);
  lq_cut_shape (u, ch, frames);
  u->limit.exact = u->metered;
  lq_cut_plan_on (u, lq_groovelimit_process (&u->limit, ch, frames, &u->limits));
  if (u->metered) {
    lq_cut_see_reductions (u);
    lq_cut_see_treatment (u, in, frames);
  }
  if (u->simulates)
    lq_cut_simulate (u, ch, frames);
  lq_bypass_mix (&u->ear, ch, frames);
  lq_listen_mix (&u->deess.listen, ch, u->stream.channels, 0, frames);
}

/* The input at the level at which it would be cut; what comes in is left alone. */
static void
lq_cut_look (lq_cut *u, const float *const *ch, uint32_t frames)
{
  float *at[2] = { u->work, u->work + (u->stream.channels > 1 ? LQ_BLOCK : 0) };

  lq_treatment_process (&u->treatment, ch, ch, frames);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    memcpy (at[c], ch[c], frames * sizeof *at[c]);
  lq_cut_scale (u, at, frames);
  lq_cut_view_input (u, (const float *const *)at, frames);
}

void
lq_cut_process (lq_cut *u, float *const *ch, uint32_t frames)
{
  if (!u->z.located)
    lq_cut_locate (u, u->z.place);
  for (uint32_t done = 0, n; done < frames; done += n) {
    float *at[2] = { ch[0] + done, ch[u->stream.channels - 1] + done };
    const uint32_t left = LQ_BLOCK - u->z.phase;
    n = frames - done < left ? frames - done : left;
    if (u->z.phase == 0)
      lq_cut_follow (u);
    if (!u->analyses)
      lq_cut_protect (u, at, n);
    else if (u->metered && u->z.end == INT64_MAX)
      lq_cut_look (u, (const float *const *)at, n);
    u->z.place += n;
    u->z.phase = (u->z.phase + n) % LQ_BLOCK;
  }
  if (u->z.end == INT64_MAX)
    u->heard_s = u->asked.disc.side_start_s + (double)u->z.place / u->stream.rate;
}

/* The first pass. */

void
lq_cut_analyse (lq_cut *u, float *const *ch, uint32_t frames)
{
  static const struct lq_groove_floor none = { HUGE_VALF, HUGE_VALF, HUGE_VALF };
  uint32_t groups, first, n;

  if (!u->z.located)
    lq_cut_locate (u, u->z.place);
  u->z.place += frames;
  if (!u->auto_level)
    return;
  lq_cut_scale (u, ch, frames);
  if (!u->analyses)
    lq_cut_shape (u, ch, frames);
  groups = lq_groove_process (
      &u->groove, (const float *const *)ch, frames, 1u << LQ_GROOVE_DISPLACEMENT, &none);
  n = lq_cut_of_programme (u, groups, &u->z.skip_plain, &u->z.plain_seen, &first);
  lq_side_process (&u->plain, u->groove.peaks + first, n);
  u->z.phase = (u->z.phase + frames) % LQ_BLOCK;
}

void
lq_cut_solve (lq_cut *u)
{
  double seconds = u->z.place / u->stream.rate, fit;

  lq_cut_set_length (u, seconds);
  u->knows = true;
  u->learned = (struct lq_cut_learned){ .seconds = seconds };
  if (!u->auto_level)
    return;
  lq_side_finish (&u->plain);
  seconds = lq_cut_side_seconds (u) - u->from_s;
  fit = lq_side_fit_gain (
      &u->plain, seconds * (1.0 + RESERVE) + RESERVE_TURNS * 60.0 / u->plan.rpm);
  if (fit <= -LQ_SIDE_NO_GAIN)
    fit = lq_side_fit_gain (&u->plain, seconds);
  u->learned.hopeless = fit <= -LQ_SIDE_NO_GAIN;
  u->learned.level_db = u->learned.hopeless || fit > 0.0 ? 0.0 : fit;
  lq_ramp_set (&u->level, lq_db_to_lin (lq_cut_level (u)));
}
