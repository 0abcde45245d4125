/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the parameters of vinylsafe's chain.
 * Source:  shared/STANDARDS.md §3: radii, styli, defaults. */

#include "cut.h"

#define PLACE(field) offsetof (struct lq_cut_params, field)

static const struct lq_enum modes = { "LqCutMode",
  (const struct lq_item[]){ { "protect", "Treats what breaks the limits", LQ_CUT_PROTECT },
      { "analyse", "Reports alone, bits untouched", LQ_CUT_ANALYSE }, { NULL, NULL, 0 } } };
static const struct lq_enum discs = { "LqCutDisc",
  (const struct lq_item[]){ { "7in", "7 inches: 84.1 to 53 mm", LQ_CUT_7IN },
      { "10in", "10 inches: 120.9 to 60.3 mm", LQ_CUT_10IN },
      { "12in", "12 inches: 146.3 to 60.3 mm", LQ_CUT_12IN },
      { "custom", "Radii as set", LQ_CUT_CUSTOM }, { NULL, NULL, 0 } } };
static const struct lq_enum speeds = { "LqCutRpm",
  (const struct lq_item[]){ { "33", "33⅓ turns a minute", 33 },
      { "45", "45 turns a minute", 45 }, { "78", "78 turns a minute", 78 },
      { NULL, NULL, 0 } } };
static const struct lq_enum styli = { "LqCutStylus",
  (const struct lq_item[]){
      { "spherical-18", "Spherical, 18 µm: the strict choice", LQ_CUT_SPHERICAL_18 },
      { "elliptical-8", "Elliptical, 8 µm", LQ_CUT_ELLIPTICAL_8 },
      { "line-contact-5", "Line contact, 5 µm", LQ_CUT_LINE_CONTACT_5 },
      { "custom", "Radius as set", LQ_CUT_STYLUS_CUSTOM }, { NULL, NULL, 0 } } };
static const struct lq_enum pitches = { "LqGroovePitch",
  (const struct lq_item[]){ { "fixed", "Fixed lines per inch", LQ_SIDE_FIXED },
      { "variable", "As the groove needs, one turn ahead", LQ_SIDE_VARIABLE },
      { "variable-depth", "… and deeper for vertical swings", LQ_SIDE_VARIABLE_DEPTH },
      { NULL, NULL, 0 } } };
static const struct lq_enum simulations = { "LqCutSimulate",
  (const struct lq_item[]){ { "none", "What is to be cut", LQ_CUT_AS_IT_IS },
      { "cut", "As cut, and played through RIAA", LQ_CUT_AS_CUT },
      { "tracing", "… and traced by the stylus", LQ_CUT_AS_TRACED }, { NULL, NULL, 0 } } };

#define DISC_FIELD(name) offsetof (struct lq_cut_disc, name)
static const struct lq_param disc_rows[] = {
  { "mode", "Mode", "analyse: bits untouched, report only", NULL, LQ_ENUM, LQ_LINEAR,
      DISC_FIELD (mode), 0, 1, LQ_CUT_PROTECT, &modes, 0, 0 },
  { "disc", "Disc", "Writes both radii; writing a different radius makes it custom", NULL,
      LQ_ENUM, LQ_LINEAR, DISC_FIELD (disc), 0, 3, LQ_CUT_12IN, &discs, 0, 0 },
  { "rpm", "Speed", "Turns a minute; 33 is 33⅓", NULL, LQ_ENUM, LQ_LINEAR, DISC_FIELD (rpm), 33,
      78, 33, &speeds, 0, 0 },
  { "outer-radius", "Outer radius", "Where modulation begins", "mm", LQ_FLOAT, LQ_LINEAR,
      DISC_FIELD (outer_mm), 40, 200, 146.3, NULL, 0, 0 },
  { "inner-radius", "Inner radius",
      "Where modulation must end; not below outer-radius is an error", "mm", LQ_FLOAT,
      LQ_LINEAR, DISC_FIELD (inner_mm), 30, 200, 60.3, NULL, 0, 0 },
  { "reference-velocity", "Reference velocity",
      "Peak lateral velocity of a mono 1 kHz sine at reference-level", "cm/s", LQ_FLOAT, LQ_LOG,
      DISC_FIELD (reference_velocity), 1, 30, 7, NULL, 0, 0 },
  { "reference-level", "Reference level", "Peak level that cuts reference-velocity", "dBFS",
      LQ_FLOAT, LQ_LINEAR, DISC_FIELD (reference_level_db), -40, 0, -12, NULL, 0, 0 },
  { "side-start", "Side start", "Where on the side this stream begins", "s", LQ_FLOAT,
      LQ_LINEAR, DISC_FIELD (side_start_s), 0, 7200, 0, NULL, 0, 0 },
  { "side-duration", "Side duration",
      "Length of the whole side; 0: side-start plus the stream's own duration, else a full "
      "side "
      "is assumed and said",
      "s", LQ_FLOAT, LQ_LINEAR, DISC_FIELD (side_duration_s), 0, 7200, 0, NULL, 0, 0 },
  { "radius-aware", "Radius-aware",
      "Limits follow the groove radius; false: the innermost radius holds throughout", NULL,
      LQ_BOOL, LQ_LINEAR, DISC_FIELD (radius_aware), 0, 1, 1, NULL, 0, 0 },
  { "stylus", "Stylus",
      "Writes stylus-radius; writing a different radius makes it custom; spherical-18 is the "
      "strict choice",
      NULL, LQ_ENUM, LQ_LINEAR, DISC_FIELD (stylus), 0, 3, LQ_CUT_ELLIPTICAL_8, &styli, 0, 0 },
  { "stylus-radius", "Stylus radius", "Tip radius ρ that must trace the groove", "µm", LQ_FLOAT,
      LQ_LINEAR, DISC_FIELD (stylus_um), 2, 30, 8, NULL, 0, 0 },
};
LQ_ASSERT_ROWS (disc_rows, struct lq_cut_disc);

#define PITCH_FIELD(name) offsetof (struct lq_cut_pitch, name)
static const struct lq_param pitch_rows[] = {
  { "groove-pitch", "Groove pitch",
      "variable: follows what the groove needs one turn ahead; variable-depth: also deepens "
      "for "
      "vertical swings, to 127 µm",
      NULL, LQ_ENUM, LQ_LINEAR, PITCH_FIELD (pitch), 0, 2, LQ_SIDE_VARIABLE, &pitches, 0, 0 },
  { "lines-per-inch", "Lines per inch", "Pitch when fixed", "lines/in", LQ_FLOAT, LQ_LINEAR,
      PITCH_FIELD (lines_per_inch), 100, 400, 225, NULL, 0, 0 },
  { "lines-per-inch-max", "Most lines per inch", "Finest pitch when variable", "lines/in",
      LQ_FLOAT, LQ_LINEAR, PITCH_FIELD (lines_per_inch_max), 100, 400, 300, NULL, 0, 0 },
  { "groove-width", "Groove width", "Unmodulated width; depth is half of it", "µm", LQ_FLOAT,
      LQ_LINEAR, PITCH_FIELD (groove_width_um), 25, 150, 56, NULL, 0, 0 },
  { "land", "Land", "Least wall left between two turns", "µm", LQ_FLOAT, LQ_LINEAR,
      PITCH_FIELD (land_um), 0, 100, 15, NULL, 0, 0 },
};
LQ_ASSERT_ROWS (pitch_rows, struct lq_cut_pitch);

static const struct lq_param level_rows[] = {
  { "cut-level", "Cut level", "Gain before everything else", "dB", LQ_FLOAT, LQ_LINEAR, 0, -30,
      12, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};

#define PASS_FIELD(name) offsetof (struct lq_cut_pass, name)
static const struct lq_param high_rows[] = {
  { "frequency", "High-pass frequency", "Butterworth, −3.01 dB here; 0 = off", "Hz", LQ_FLOAT,
      LQ_LINEAR, PASS_FIELD (frequency_hz), 0, 200, 30, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "slope", "High-pass slope", "Steepness below the frequency, dB per octave", NULL, LQ_ENUM,
      LQ_LINEAR, PASS_FIELD (slope), 6, 48, 12, &lq_pass_slopes, LQ_PLAYING, LQ_RAMP_MS },
};
static const struct lq_param low_rows[] = {
  { "frequency", "Low-pass frequency",
      "Butterworth, −3.01 dB here; 0 = off; off at 0.49 of the sampling rate and above", "Hz",
      LQ_FLOAT, LQ_LINEAR, PASS_FIELD (frequency_hz), 0, 40000, 16000, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "slope", "Low-pass slope", "Steepness above the frequency, dB per octave", NULL, LQ_ENUM,
      LQ_LINEAR, PASS_FIELD (slope), 6, 48, 12, &lq_pass_slopes, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (high_rows, struct lq_cut_pass);
LQ_ASSERT_ROWS (low_rows, struct lq_cut_pass);

static const struct lq_param repair_rows[] = {
  { "phase-repair", "Phase repair",
      "Turns wide-band antiphase inwards: narrows while the correlation is below 0", NULL,
      LQ_BOOL, LQ_LINEAR, 0, 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};

#define LIMIT_FIELD(name) offsetof (struct lq_cut_limits, name)
static const struct lq_param limit_rows[] = {
  { "velocity-limit", "Velocity limit", "Peak lateral velocity; 0 = off", "cm/s", LQ_FLOAT,
      LQ_LINEAR, LIMIT_FIELD (velocity), 0, 100, 30, NULL, LQ_PLAYING, 0 },
  { "slope-limit", "Slope limit", "Peak lateral velocity against groove speed; 0 = off", NULL,
      LQ_FLOAT, LQ_LINEAR, LIMIT_FIELD (slope), 0, 1, 0.8, NULL, LQ_PLAYING, 0 },
  { "displacement-limit", "Displacement limit", "Peak lateral displacement; 0 = off", "µm",
      LQ_FLOAT, LQ_LINEAR, LIMIT_FIELD (displacement_um), 0, 200, 50, NULL, LQ_PLAYING, 0 },
  { "vertical-limit", "Vertical limit", "Peak vertical displacement; 0 = off", "µm", LQ_FLOAT,
      LQ_LINEAR, LIMIT_FIELD (vertical_um), 0, 100, 15, NULL, LQ_PLAYING, 0 },
  { "acceleration-limit", "Acceleration limit",
      "Peak acceleration of either wall, whatever the radius; 0 = off", "g", LQ_FLOAT,
      LQ_LINEAR, LIMIT_FIELD (acceleration_g), 0, 10000, 3000, NULL, LQ_PLAYING, 0 },
  { "curvature-limit", "Curvature limit",
      "Acceleration × stylus radius ÷ (groove speed)² of either wall; 0 = off", NULL, LQ_FLOAT,
      LQ_LINEAR, LIMIT_FIELD (curvature), 0, 4, 1, NULL, LQ_PLAYING, 0 },
  { "curvature-warning", "Curvature warning", "Reported from here on, not treated; 0 = off",
      NULL, LQ_FLOAT, LQ_LINEAR, LIMIT_FIELD (curvature_warning), 0, 4, 0.5, NULL, LQ_PLAYING,
      0 },
};
LQ_ASSERT_ROWS (limit_rows, struct lq_cut_limits);

#define EAR_FIELD(name) offsetof (struct lq_cut_ear, name)
static const struct lq_param ear_rows[] = {
  { "simulate", "Simulate",
      "cut: as cut and played through RIAA; tracing: with tracing and pinch distortion and "
      "inner-groove loss of the stylus; for listening only",
      NULL, LQ_ENUM, LQ_LINEAR, EAR_FIELD (simulate), 0, 2, LQ_CUT_AS_IT_IS, &simulations,
      LQ_PLAYING, LQ_RAMP_MS },
  { "listen", "Listen", "Hears input − output, delay-matched: what was taken away", NULL,
      LQ_BOOL, LQ_LINEAR, EAR_FIELD (listen), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (ear_rows, struct lq_cut_ear);

const struct lq_module lq_cut_modules[LQ_CUT_MODULES] = {
  { "", disc_rows, LQ_COUNT (disc_rows), PLACE (disc), NULL },
  { "", pitch_rows, LQ_COUNT (pitch_rows), PLACE (pitch), NULL },
  { "", level_rows, LQ_COUNT (level_rows), PLACE (cut_level_db), NULL },
  { "highpass", high_rows, LQ_COUNT (high_rows), PLACE (high), NULL },
  { "lowpass", low_rows, LQ_COUNT (low_rows), PLACE (low), NULL },
  { "bass-mono", lq_elliptic_rows, LQ_ELLIPTIC_ROWS, PLACE (elliptic), NULL },
  { "", repair_rows, LQ_COUNT (repair_rows), PLACE (phase_repair), NULL },
  { "", limit_rows, LQ_COUNT (limit_rows), PLACE (limits), NULL },
  { "deess", lq_deess_rows, LQ_DEESS_ROWS, PLACE (deess), NULL },
  { "treble-limiter", lq_groovelimit_rows, LQ_GROOVELIMIT_ROWS, PLACE (treble), NULL },
  { "", ear_rows, LQ_COUNT (ear_rows), PLACE (ear), NULL },
};
_Static_assert(LQ_CUT_EAR + 1 == LQ_CUT_MODULES, "every module has its number");

bool
lq_cut_disc_radii (int32_t disc, double *outer_mm, double *inner_mm)
{
  static const double radii[][2] = { { 84.1, 53.0 }, { 120.9, 60.3 }, { 146.3, 60.3 } };

  if (disc < LQ_CUT_7IN || disc >= LQ_CUT_CUSTOM)
    return false;
  *outer_mm = radii[disc][0];
  *inner_mm = radii[disc][1];
  return true;
}

bool
lq_cut_stylus_radius (int32_t stylus, double *um)
{
  static const double radii[] = { 18.0, 8.0, 5.0 };

  if (stylus < LQ_CUT_SPHERICAL_18 || stylus >= LQ_CUT_STYLUS_CUSTOM)
    return false;
  *um = radii[stylus];
  return true;
}
