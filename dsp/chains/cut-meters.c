/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what vinylsafe's chain measures, as figures. */

#include "cut.h"

#include "../base/mathx.h"

#define MM 1000.0
#define INCH 25400.0

/* The level at which the side fits takes longer the more of it there is: it is looked for when so much of
 * the programme was heard, each time that this has doubled, and at the end. */
#define FIRST_FIT_SECONDS 30.0

/* What stood before the programme, and what will stand behind it, isn't known, and silence is no better a
 * guess than any: for so long nothing is said of velocity, of displacement, whose filters begin at rest;
 * nor of the last frames, behind which a group would see the end. The limits look at it all. */
#define SETTLE_VELOCITY_S 0.003
#define SETTLE_DISPLACEMENT_S 0.1
#define SEES_AHEAD (2 * LQ_GROOVE_GROUP)

#define HIGHEST(field) offsetof (struct lq_cut_peaks, field)
#define PEAK(name, nick, blurb, unit, most, field)                                             \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, LQ_LINEAR, HIGHEST (field), 0, most, 0, NULL,           \
        LQ_READONLY, 0                                                                         \
  }
#define PEAKS(behind, who, what)                                                               \
  PEAK ("velocity-peak" behind, "Velocity" who, "Lateral, " what ", highest so far", "cm/s",   \
      1e6, velocity),                                                                          \
      PEAK ("slope-peak" behind, "Slope" who,                                                  \
          "Lateral velocity against groove speed, " what ", highest so far", NULL, 1e6,        \
          slope),                                                                              \
      PEAK ("displacement-peak" behind, "Displacement" who,                                    \
          "Lateral, " what ", highest so far", "µm", 1e9, displacement_um),                    \
      PEAK ("vertical-peak" behind, "Vertical displacement" who,                               \
          "Vertical displacement, " what ", highest so far", "µm", 1e9, vertical_um),          \
      PEAK ("acceleration-peak" behind, "Acceleration" who,                                    \
          "Either wall, " what ", highest so far", "g", 1e9, acceleration_g),                  \
      PEAK ("curvature-peak" behind, "Curvature" who,                                          \
          "Acceleration × stylus radius ÷ (groove speed)², either wall, " what                 \
          ", highest so far",                                                                  \
          NULL, 1e9, curvature)
static const struct lq_param before_rows[] = { PEAKS ("", "", "before treatment") };
static const struct lq_param cut_rows[] = { PEAKS ("-output", " as cut", "as cut") };
LQ_ASSERT_ROWS (before_rows, struct lq_cut_peaks);
LQ_ASSERT_ROWS (cut_rows, struct lq_cut_peaks);

#define FIGURE(field) offsetof (struct lq_cut_figures, field)
#define NUMBER(name, nick, blurb, unit, least, most, field)                                    \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, LQ_LINEAR, FIGURE (field), least, most, 0, NULL,        \
        LQ_READONLY, 0                                                                         \
  }
static const struct lq_param rows[] = {
  NUMBER ("deess-gain-reduction", "De-esser reduction", "Largest in the last period", "dB", 0,
      120, deess_db),
  NUMBER ("treble-limiter-gain-reduction", "Treble limiter reduction",
      "Largest in the last period", "dB", 0, 120, treble_db),
  { "violations", "Violations", "Moments that broke a limit before treatment", NULL, LQ_UINT,
      LQ_LINEAR, FIGURE (violations), 0, 4294967295.0, 0, NULL, LQ_READONLY, 0 },
  NUMBER ("applied-cut-level", "Applied cut level", "cut-level plus what cut-level-auto added",
      "dB", -120, 120, applied_cut_level_db),
  NUMBER ("radius", "Radius", "Of the groove now", "mm", 0, 200, radius_mm),
  NUMBER ("groove-speed", "Groove speed", "At that radius", "cm/s", 0, 1000, groove_speed),
  NUMBER ("start-radius", "Start radius", "Where this stream begins", "mm", 0, 200,
      start_radius_mm),
  NUMBER ("end-radius", "End radius", "Where it ends; below inner-radius: does not fit", "mm",
      -1000, 200, end_radius_mm),
  NUMBER ("groove-used", "Groove used", "Radius consumed so far on the side", "mm", 0, 10000,
      groove_used_mm),
  NUMBER ("groove-available", "Groove available", "outer-radius − inner-radius", "mm", 0, 200,
      groove_available_mm),
  { "side-fits", "Side fits",
      "groove-used within groove-available for the whole side, settled at EOS", NULL, LQ_BOOL,
      LQ_LINEAR, FIGURE (side_fits), 0, 1, 0, NULL, LQ_READONLY, 0 },
  NUMBER ("minutes-left", "Minutes left", "At the mean pitch so far; negative: too long", "min",
      -1000, 1000, minutes_left),
  NUMBER ("fit-gain", "Fit gain",
      "Level change at which the side would just fit; −120: none, 120: any", "dB", -120, 120,
      fit_gain_db),
  NUMBER ("mean-lines-per-inch", "Mean lines per inch", "So far", "lines/in", 0, 1000,
      mean_lines_per_inch),
  NUMBER ("groove-width-minimum", "Least groove width",
      "Narrowest instantaneous groove so far; 25 is the least allowed", "µm", 0, 1e6,
      groove_width_minimum_um),
  NUMBER ("bass-correlation", "Bass correlation",
      "Of left and right below 300 Hz, input, so far", NULL, -1, 1, bass_correlation),
  NUMBER ("treatment-bass", "Treatment of bass", "Power taken away below 300 Hz, so far", "dB",
      -120, 120, treatment_db[0]),
  NUMBER ("treatment-mid", "Treatment of the middle",
      "The same, 300 Hz to treble-limiter-frequency", "dB", -120, 120, treatment_db[1]),
  NUMBER ("treatment-treble", "Treatment of treble", "The same, above", "dB", -120, 120,
      treatment_db[2]),
};
_Static_assert(LQ_COUNT (before_rows) + LQ_COUNT (cut_rows) + LQ_COUNT (rows) ==
                   sizeof (struct lq_cut_figures) / 4,
    "every figure has its row");

const struct lq_module lq_cut_figure_modules[LQ_CUT_FIGURE_MODULES] = {
  { "", rows, LQ_COUNT (rows), 0, NULL },
  { "", before_rows, LQ_COUNT (before_rows), FIGURE (before), NULL },
  { "", cut_rows, LQ_COUNT (cut_rows), FIGURE (cut), NULL },
};

double
lq_cut_level (const lq_cut *u)
{
  return (double)u->asked.cut_level_db + (u->knows ? u->learned.level_db : 0.0);
}

static void
lq_cut_forget (lq_cut *u)
{
  lq_moments_reset (&u->before);
  lq_moments_locate (&u->before, u->z.view_seen);
  lq_moments_reset (&u->cut);
  u->reductions = (struct lq_cut_reductions){ 0 };
  lq_treatment_reset (&u->treatment);
}

void
lq_cut_begin (lq_cut *u, bool programme)
{
  lq_cut_forget (u);
  /* What a first pass had heard, too, is to be heard anew. */
  if (!programme && (u->knows || !u->auto_level))
    return;
  u->knows = false;
  u->stream_s = 0.0;
  lq_ramp_set (&u->level, lq_db_to_lin ((double)u->asked.cut_level_db));
}

void
lq_cut_meter (lq_cut *u, bool on)
{
  if (on && !u->metered)
    lq_cut_forget (u);
  u->metered = on;
  /* Treatment is measured against the input, later. */
  lq_bypass_hold (&u->ear, on);
}

void
lq_cut_view (lq_cut *u, lq_moments *view, struct lq_groove_peaks *peaks, uint32_t n, int64_t at,
    float reduction_db)
{
  const double rate = u->stream.rate;
  uint32_t sees = n;

  for (uint32_t g = 0; g < n; g++) {
    const int64_t begin = at + (int64_t)g * LQ_GROOVE_GROUP;
    const double since = (double)(begin - u->z.from);
    if (since < SETTLE_VELOCITY_S * rate)
      peaks[g].velocity = peaks[g].acceleration = 0.0f;
    if (since < SETTLE_DISPLACEMENT_S * rate)
      peaks[g].lateral = peaks[g].deep = peaks[g].shallow = 0.0f;
    if (u->z.end - SEES_AHEAD < begin && sees == n)
      sees = g;
  }
  lq_moments_process (view, peaks, sees, u->speed, reduction_db);
}

static float
larger (float a, float b)
{
  return a > b ? a : b;
}

void
lq_cut_see_reductions (lq_cut *u)
{
  struct lq_cut_reductions *r = &u->reductions;
  const float treble = (float)lq_groovelimit_treble_db (&u->limit);
  const float bass = (float)lq_groovelimit_bass_db (&u->limit);
  const float wide = (float)lq_groovelimit_wide_db (&u->limit);

  r->treble_db = larger (r->treble_db, treble);
  r->last_db = larger (r->last_db, larger (treble, larger (bass, wide)));
}

void
lq_cut_see_treatment (lq_cut *u, const float *const *out, uint32_t frames)
{
  const float level = (float)lq_ramp_at (&u->level, 0);
  const float *in[2] = { u->work, u->work + (u->stream.channels > 1 ? LQ_BLOCK : 0) };

  if (!lq_bypass_full (&u->ear))
    return;
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    float *const x = u->work + c * LQ_BLOCK;
    lq_line_read (&u->ear.line, c, lq_groovelimit_latency (&u->limit), x, frames);
    for (uint32_t i = 0; i < frames && level != 1.0f; i++)
      x[i] *= level;
  }
  lq_treatment_process (&u->treatment, in, out, frames);
}

/* The radius at a later second of the side, at the mean pitch so far. */
static double
lq_cut_radius_at (const lq_cut *u, const struct lq_side_figures *now, double seconds)
{
  const double turns = fmax (seconds - u->heard_s, 0.0) * u->plan.rpm / 60.0;
  const double pitch_mm =
      now->mean_lines_per_inch > 0.0
          ? INCH / now->mean_lines_per_inch / MM
          : (now->radius_mm - u->plan.inner_mm) / fmax (now->minutes_left * u->plan.rpm, 1e-9);

  return now->radius_mm - turns * pitch_mm;
}

/* Of what is cut, if that fits; if it doesn't, of what comes to the limits: these take less from what is
 * quieter, so that only the level of what they have not touched is sure to do. */
static double
lq_cut_look_for_fit (lq_cut *u)
{
  const double whole = lq_cut_side_seconds (u);
  const double seconds = whole > 0.0 ? whole - u->from_s : 0.0;
  const double gain = lq_side_fit_gain (&u->side, seconds);

  if (gain >= 0.0 || u->analyses)
    return gain;
  return fmin (lq_side_fit_gain (&u->plain, seconds), 0.0);
}

void
lq_cut_plan_figures (lq_cut *u, struct lq_cut_figures *f, bool final)
{
  const double stream_end =
      final || u->stream_s <= 0.0 ? u->heard_s : u->asked.disc.side_start_s + u->stream_s;
  struct lq_side_figures now;

  if (final) {
    lq_side_finish (&u->side);
    lq_side_finish (&u->plain);
  }
  now = lq_side_now (&u->side);
  f->radius_mm = (float)now.radius_mm;
  f->groove_speed = (float)now.speed;
  f->start_radius_mm = (float)u->side.p.start_mm;
  f->end_radius_mm = (float)lq_cut_radius_at (u, &now, stream_end);
  f->groove_used_mm = (float)now.used_mm;
  f->groove_available_mm = (float)(u->plan.outer_mm - u->plan.inner_mm);
  f->side_fits = lq_cut_radius_at (u, &now, fmax (lq_cut_side_seconds (u), stream_end)) >=
                 u->plan.inner_mm - 1e-9;
  f->minutes_left = (float)now.minutes_left;
  f->mean_lines_per_inch = (float)now.mean_lines_per_inch;
  f->groove_width_minimum_um = (float)now.narrowest_um;
  if (final || u->heard_s - u->from_s >= fmax (u->fit.due_s, FIRST_FIT_SECONDS)) {
    u->fit = (struct lq_cut_fit){ .due_s = 2.0 * (u->heard_s - u->from_s),
      .gain_db = lq_cut_look_for_fit (u) };
  }
  f->fit_gain_db = (float)u->fit.gain_db;
}

static struct lq_cut_peaks
lq_cut_peaks_of (const lq_moments *m)
{
  return (struct lq_cut_peaks){ lq_moments_highest (m, LQ_GROOVE_LIMIT_VELOCITY),
    lq_moments_highest (m, LQ_GROOVE_LIMIT_SLOPE),
    lq_moments_highest (m, LQ_GROOVE_LIMIT_DISPLACEMENT),
    lq_moments_highest (m, LQ_GROOVE_LIMIT_VERTICAL),
    lq_moments_highest (m, LQ_GROOVE_LIMIT_ACCELERATION),
    lq_moments_highest (m, LQ_GROOVE_LIMIT_CURVATURE) };
}

void
lq_cut_figures (lq_cut *u, struct lq_cut_figures *figures, bool final)
{
  double treatment[LQ_TREATMENT_BANDS];

  if (!u->analyses) {
    figures->deess_db = lq_deess_reduction_db (&u->deess);
    figures->treble_db = u->reductions.treble_db;
    u->reductions.treble_db = 0.0f;
  }
  lq_treatment_now (&u->treatment, treatment);
  for (uint32_t i = 0; i < LQ_TREATMENT_BANDS; i++)
    figures->treatment_db[i] = (float)treatment[i];
  if (final)
    lq_moments_finish (&u->before);
  figures->before = lq_cut_peaks_of (&u->before);
  figures->cut = lq_cut_peaks_of (u->analyses ? &u->before : &u->cut);
  figures->violations = lq_moments_violations (&u->before);
  figures->applied_cut_level_db = (float)lq_cut_level (u);
  figures->bass_correlation = (float)lq_treatment_bass_correlation (&u->treatment);
  lq_cut_plan_figures (u, figures, final);
}
