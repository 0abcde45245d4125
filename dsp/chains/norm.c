/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: loudness normalisation.
 * Source:  ITU-R BS.1770-5 (measurement), EBU R 128 (practice), properties/targets.csv.
 *
 *   first pass:  in ─→ loudness, true peak, notes ─→ solve (norm-solve.c) ─→ gain
 *   process:     in ─→ [loudness, true peak] ─→ × gain ─→ limiter ─→ format of the output ─→ [the same]
 *   live:        as process, with the rider (ride.c) for the gain
 *
 * z: phase counts frames on the grid. The meters keep their own. */

#include "norm.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

/* Live: what is nearer to the target isn't put down to a bound, LU. */
#define HELD_LU 0.5

static const struct lq_enum modes = { "LqNormMode",
  (const struct lq_item[]){ { "live", "Bounded gain riding in one pass", LQ_NORM_LIVE },
      { "two-pass", "Spool, measure, one exact gain", LQ_NORM_TWO_PASS },
      { "linear", "One gain from measured-…", LQ_NORM_LINEAR },
      { "measure", "Measure only, bits untouched", LQ_NORM_MEASURE }, { NULL, NULL, 0 } } };

static const struct lq_enum policies = { "LqNormPeakPolicy",
  (const struct lq_item[]){
      { "limit", "True-peak limiter, gain solved for the result", LQ_NORM_LIMIT },
      { "cap", "One constant gain that stops at the ceiling", LQ_NORM_CAP },
      { NULL, NULL, 0 } } };

static const struct lq_enum targets = { "LqNormTarget",
  (const struct lq_item[]){ { "custom", "The values as set", 0 },
      { "streaming", "General upload, −14 LUFS", 1 }, { "spotify", "Spotify, normal", 2 },
      { "spotify-loud", "Spotify, loud", 3 }, { "apple-music", "Apple Music, Sound Check", 4 },
      { "youtube", "YouTube", 5 }, { "tidal", "TIDAL", 6 }, { "amazon", "Amazon Music", 7 },
      { "deezer", "Deezer", 8 }, { "soundcloud", "SoundCloud", 9 },
      { "podcast", "Podcast, stereo", 10 }, { "podcast-mono", "Podcast, mono file", 11 },
      { "ebu-r128", "EBU R 128 programme", 12 },
      { "ebu-r128-s1", "EBU R 128 s1, short form", 13 },
      { "ebu-r128-s2", "EBU R 128 s2, streaming", 14 }, { "atsc-a85", "ATSC A/85", 15 },
      { "arib-tr-b32", "ARIB TR-B32", 16 }, { "op-59", "Free TV OP-59", 17 },
      { "netflix", "Netflix", 18 }, { "audiobook-acx", "ACX audiobook", 19 },
      { "replaygain", "ReplayGain 2", 20 }, { "cd", "Compact disc, practice", 21 },
      { NULL, NULL, 0 } } };

const struct lq_norm_target lq_norm_targets[LQ_NORM_TARGETS] = {
  { -14, -1, 1, 0.5 },
  { -14, -1, 1, 0.5 },
  { -14, -1, 1, 0.5 },
  { -11, -1, 1, 0.5 },
  { -16, -1, 1, 0.5 },
  { -14, -1, 0, 0.5 },
  { -14, -1, 0, 0.5 },
  { -14, -2, 0, 0.5 },
  { -15, -1, 0, 0.5 },
  { -14, -1, 0, 0.5 },
  { -16, -1, 1, 1 },
  { -19, -1, 1, 1 },
  { -23, -1, 1, 0.2 },
  { -23, -1, 1, 0.2 },
  { -18, -1, 1, 2 },
  { -24, -2, 1, 2 },
  { -24, -1, 1, 1 },
  { -24, -2, 1, 1 },
  { -27, -2, 1, 2 },
  { -20, -3, 1, 2 },
  { -18, -1, 1, 0.5 },
  { -9, -0.3, 1, 3 },
};

#define FIELD(name) offsetof (struct lq_norm_params, name)
const struct lq_param lq_norm_rows[LQ_NORM_ROWS] = {
  { "mode", "Mode",
      "live: bounded gain riding in one pass; two-pass: spool, measure, one exact gain; "
      "linear: one gain from measured-*; measure: bits untouched",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (mode), 0, 3, LQ_NORM_LIVE, &modes, 0, 0 },
  { "target", "Target",
      "Writes loudness-target, max-true-peak, boost and qc-tolerance; writing another value to "
      "one of these makes it custom",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (target), 0, 21, 1, &targets, LQ_PLAYING, 0 },
  { "loudness-target", "Loudness target", "Integrated loudness of the output, BS.1770-5 gated",
      "LUFS", LQ_FLOAT, LQ_LINEAR, FIELD (loudness_target_lufs), -70, 0, -14, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "max-true-peak", "Ceiling",
      "True peak of the output as it leaves in the negotiated format, dither included", "dBTP",
      LQ_FLOAT, LQ_LINEAR, FIELD (max_true_peak_dbtp), -20, 0, -1, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "boost", "Boost", "Off: the gain never exceeds 0 dB", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (boost), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "tolerance", "Tolerance",
      "A stream this close to the target whose true peak fits passes at exactly 0 dB", "LU",
      LQ_FLOAT, LQ_LINEAR, FIELD (tolerance_lu), 0, 20, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "min-gain", "Least gain", "Lower bound of the gain in every mode", "dB", LQ_FLOAT,
      LQ_LINEAR, FIELD (min_gain_db), -60, 0, -60, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "max-gain", "Greatest gain", "Upper bound of the gain in every mode", "dB", LQ_FLOAT,
      LQ_LINEAR, FIELD (max_gain_db), 0, 60, 30, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "peak-policy", "Peak policy",
      "limit: true-peak limiter, gain solved for the result; cap: one constant gain that stops "
      "at the ceiling, the rest told in shortfall",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (peak_policy), 0, 1, LQ_NORM_LIMIT, &policies, LQ_PLAYING,
      0 },
  { "dual-mono", "Dual mono",
      "A mono stream counts 3.01 dB louder, as it plays on two loudspeakers", NULL, LQ_BOOL,
      LQ_LINEAR, FIELD (dual_mono), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "measured-integrated", "Measured loudness",
      "For linear: gain = loudness-target − this; −120 is unset, then linear is an error",
      "LUFS", LQ_FLOAT, LQ_LINEAR, FIELD (measured_integrated_lufs), -120, 20, -120, NULL,
      LQ_PLAYING, LQ_RAMP_MS },
  { "measured-true-peak", "Measured true peak",
      "For linear; −120 is unset, then peak-policy=cap is an error", "dBTP", LQ_FLOAT,
      LQ_LINEAR, FIELD (measured_true_peak_dbtp), -120, 120, -120, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "measured-range", "Measured range", "For linear: only reported; −120 is unset", "LU",
      LQ_FLOAT, LQ_LINEAR, FIELD (measured_range_lu), -120, 120, -120, NULL, LQ_PLAYING, 0 },
  { "measured-sample-peak", "Measured sample peak", "For linear: only reported; −120 is unset",
      "dBFS", LQ_FLOAT, LQ_LINEAR, FIELD (measured_sample_peak_dbfs), -120, 120, -120, NULL,
      LQ_PLAYING, 0 },
  { "range-target", "Range target",
      "Two-pass: loudness range brought down to this by the gentlest gain riding, told in the "
      "summary as not linear; 0 is off",
      "LU", LQ_FLOAT, LQ_LINEAR, FIELD (range_target_lu), 0, 50, 0, NULL, LQ_PLAYING, 0 },
};
_Static_assert(offsetof (struct lq_norm_params, live) == 4 * LQ_NORM_ROWS,
    "every field of struct lq_norm_params has its row");

#define FIGURE(name, nick, blurb, unit, field, min, max, def)                                  \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, LQ_LINEAR, offsetof (struct lq_norm_figures, field),    \
        min, max, def, NULL, LQ_READONLY, 0                                                    \
  }
const struct lq_param lq_norm_figure_rows[LQ_NORM_FIGURES] = {
  FIGURE ("momentary", "Momentary loudness", "Input, 400 ms, not gated", "LUFS", momentary_lufs,
      -120, 120, -120),
  FIGURE ("short-term", "Short-term loudness", "Input, 3 s, not gated", "LUFS", short_term_lufs,
      -120, 120, -120),
  FIGURE ("integrated", "Integrated loudness", "Input since STREAM_START, gated", "LUFS",
      integrated_lufs, -120, 120, -120),
  FIGURE ("range", "Loudness range", "Input, Tech 3342; settled after 60 s", "LU", range_lu, 0,
      120, 0),
  FIGURE ("true-peak", "True peak", "Input, highest over channels since STREAM_START", "dBTP",
      true_peak_dbtp, -120, 120, -120),
  FIGURE ("sample-peak", "Sample peak", "Input, highest over channels since STREAM_START",
      "dBFS", sample_peak_dbfs, -120, 120, -120),
  FIGURE ("max-momentary", "Maximum momentary", "Input, highest since STREAM_START", "LUFS",
      max_momentary_lufs, -120, 120, -120),
  FIGURE ("max-short-term", "Maximum short-term", "Input, highest since STREAM_START", "LUFS",
      max_short_term_lufs, -120, 120, -120),
  FIGURE ("peak-to-loudness", "Peak to loudness", "True peak − integrated", "dB",
      peak_to_loudness_db, -120, 120, 0),
  FIGURE ("applied-gain", "Applied gain", "Gain in force now, without the limiter", "dB",
      applied_gain_db, -120, 120, 0),
  FIGURE ("limiter-reduction", "Limiter reduction",
      "Largest reduction by the limiter in the last period; over the whole stream in the final "
      "message",
      "dB", limiter_reduction_db, 0, 120, 0),
  FIGURE ("shortfall", "Shortfall",
      "Target − what is reached because of ceiling, gain bounds or boost=false; 0 where the "
      "target is met",
      "LU", shortfall_lu, -120, 120, 0),
  FIGURE ("output-integrated", "Output loudness", "Output since STREAM_START, gated", "LUFS",
      output_integrated_lufs, -120, 120, -120),
  FIGURE ("output-range", "Output range", "Output loudness range", "LU", output_range_lu, 0,
      120, 0),
  FIGURE ("output-true-peak", "Output true peak",
      "Output in the negotiated format, highest since STREAM_START", "dBTP",
      output_true_peak_dbtp, -120, 120, -120),
};
LQ_ASSERT_ROWS (lq_norm_figure_rows, struct lq_norm_figures);

const struct lq_module lq_norm_modules[LQ_NORM_MODULES] = {
  { "", lq_norm_rows, LQ_NORM_ROWS, 0, NULL },
  { "", lq_ride_rows, LQ_RIDE_ROWS, FIELD (live), NULL },
};
const struct lq_module lq_norm_figure_modules[1] = { { "", lq_norm_figure_rows, LQ_NORM_FIGURES,
    0, NULL } };

bool
lq_norm_prepare (
    lq_norm *u, const lq_stream *stream, const struct lq_norm_params *p, lq_arena *arena)
{
  const double lookahead = round (p->live.lookahead_ms * 0.001 * stream->rate);

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->measured = (struct lq_norm_measured){ LQ_SILENCE_DB, 0.0, LQ_SILENCE_DB, LQ_SILENCE_DB };
  if (!lq_ramp_prepare (&u->gain, stream, arena, LQ_RAMP_MS) ||
      !lq_loudness_prepare (&u->in, stream, arena) ||
      !lq_loudness_prepare (&u->out, stream, arena) ||
      !lq_truepeak_prepare (&u->in_peak, stream, arena) ||
      !lq_truepeak_prepare (&u->out_peak, stream, arena) ||
      !lq_limiter_prepare (&u->limiter, stream, arena))
    return false;
  if (p->mode == LQ_NORM_LIVE &&
      !lq_ride_prepare (&u->ride, stream, (uint32_t)lookahead, arena))
    return false;
  if (p->mode == LQ_NORM_TWO_PASS &&
      (!lq_forecast_prepare (&u->forecast, &u->in, stream, arena) ||
          !lq_leveller_prepare (&u->leveller, stream, arena)))
    return false;
  lq_loudness_prepare_windows (&u->now, stream);
  lq_norm_set (u, p);
  lq_norm_reset (u);
  lq_norm_begin (u, true);
  return true;
}

/* Whether what was decided for a answers b. */
static bool
same_question (const struct lq_norm_params *a, const struct lq_norm_params *b)
{
  return a->loudness_target_lufs == b->loudness_target_lufs &&
         a->max_true_peak_dbtp == b->max_true_peak_dbtp && a->boost == b->boost &&
         a->tolerance_lu == b->tolerance_lu && a->min_gain_db == b->min_gain_db &&
         a->max_gain_db == b->max_gain_db && a->peak_policy == b->peak_policy &&
         a->dual_mono == b->dual_mono && a->range_target_lu == b->range_target_lu;
}

/* What the rider begins with: within a programme the gain that it had, so that a dropped packet
 * moves nothing; else what a measurement says, if there is one. */
static void
start_ride (lq_norm *u)
{
  const struct lq_norm_decision d =
      lq_norm_decide (&u->p, &u->measured, u->quantiser_error, NULL);

  if (u->kept)
    lq_ride_start (&u->ride, true, u->kept_db);
  else
    lq_ride_start (&u->ride, d.reason != LQ_NORM_UNMEASURABLE, d.gain_db);
}

/* Where the rider goes. */
static void
aim_ride (lq_norm *u)
{
  const struct lq_norm_params *p = &u->p;

  lq_ride_set (&u->ride, &p->live);
  lq_ride_set_dual_mono (&u->ride, p->dual_mono);
  lq_ride_aim (&u->ride, &(struct lq_ride_aim){ p->loudness_target_lufs, p->tolerance_lu,
                             p->min_gain_db, lq_norm_most_gain (p) });
  start_ride (u);
}

/* The gain that rides, at the frame that comes. */
static void
aim_at_position (lq_norm *u)
{
  lq_ramp_set (&u->gain, lq_db_to_lin (lq_norm_ridden_gain (u, (double)u->z.position)));
}

void
lq_norm_locate (lq_norm *u, uint64_t frame)
{
  u->z.position = frame;
  if (u->decision.strength <= 0.0)
    return;
  aim_at_position (u);
  lq_ramp_jump (&u->gain);
}

/* What the gain follows from, and the gain. */
static void
lq_norm_follow (lq_norm *u)
{
  const struct lq_norm_params *p = &u->p;
  double gain = 1.0;

  if (p->mode == LQ_NORM_LINEAR || p->mode == LQ_NORM_LIVE)
    u->measured = (struct lq_norm_measured){ p->measured_integrated_lufs, p->measured_range_lu,
      p->measured_true_peak_dbtp, p->measured_sample_peak_dbfs };
  if (p->mode == LQ_NORM_LIVE) {
    u->decision =
        (struct lq_norm_decision){ .result_lufs = LQ_SILENCE_DB, .reason = LQ_NORM_RIDDEN };
    aim_ride (u);
  } else if (p->mode == LQ_NORM_LINEAR) {
    u->decision = lq_norm_decide (p, &u->measured, u->quantiser_error, NULL);
  } else if (p->mode == LQ_NORM_TWO_PASS && u->known && same_question (&u->solved, p)) {
    u->measured.integrated_lufs = lq_loudness_integrated (&u->in, 0.0);
  } else if (p->mode == LQ_NORM_TWO_PASS && u->known) {
    u->measured.integrated_lufs = lq_loudness_integrated (&u->in, 0.0);
    u->decision = lq_norm_redecide (u);
  } else {
    u->decision = (struct lq_norm_decision){ .result_lufs = LQ_SILENCE_DB,
      .reason = LQ_NORM_UNMEASURABLE };
  }
  if (u->decision.gain_db != 0.0)
    gain = lq_db_to_lin (u->decision.gain_db);
  lq_ramp_set (&u->gain, gain);
  u->moving = true;
  if (u->decision.strength > 0.0)
    aim_at_position (u);
  lq_limiter_set_ceiling (
      &u->limiter, lq_norm_limits (p) ? lq_norm_ceiling (u) : LQ_LIMITER_OFF);
}

void
lq_norm_set (lq_norm *u, const struct lq_norm_params *p)
{
  u->p = *p;
  lq_loudness_set_dual_mono (&u->in, p->dual_mono);
  lq_loudness_set_dual_mono (&u->out, p->dual_mono);
  lq_loudness_set_dual_mono (&u->now, p->dual_mono);
  lq_norm_follow (u);
}

void
lq_norm_set_output (lq_norm *u, double sample_error)
{
  double taps = 0.0;

  /* Between samples errors add up by the taps half-way, which are the largest. */
  for (int k = 0; k < LQ_TRUEPEAK_TAPS / 2; k++)
    taps += 2.0 * fabs ((double)u->in_peak.taps.half[k]);
  u->quantiser_error = sample_error * taps;
  lq_norm_follow (u);
}

/* Sound. */

static void
reset_ride (lq_norm *u)
{
  if (u->ride.z.decided) {
    u->kept = true;
    u->kept_db = lq_ride_gain_db (&u->ride);
  }
  start_ride (u);
  lq_ride_reset (&u->ride);
}

void
lq_norm_reset (lq_norm *u)
{
  lq_ramp_jump (&u->gain);
  if (u->p.mode == LQ_NORM_LIVE)
    reset_ride (u);
  lq_limiter_reset (&u->limiter);
  lq_loudness_reset (&u->now);
  u->moving = false;
  u->z.phase = 0;
}

uint32_t
lq_norm_latency (const lq_norm *u)
{
  const uint32_t ahead = u->p.mode == LQ_NORM_LIVE ? lq_ride_latency (&u->ride) : 0;

  return u->p.mode == LQ_NORM_MEASURE ? 0 : ahead + lq_limiter_latency (&u->limiter);
}

static void
lq_norm_apply (lq_norm *u, float *const *ch, uint32_t first, uint32_t n)
{
  float curve[LQ_HOP];

  if (u->moving)
    lq_ramp_fill (&u->gain, curve, u->z.phase, n);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    if (u->moving)
      lq_orc_gain_curve (ch[c] + first, curve, (int)n);
    else if (u->gain.z.value != 1.0)
      lq_orc_gain (ch[c] + first, (float)u->gain.z.value, (int)n);
}

/* Rides, and keeps in mind where it has been. */
static void
ride (lq_norm *u, float *const *ch, uint32_t frames)
{
  lq_ride_process (&u->ride, ch, frames);
  if (!u->ride.z.decided)
    return;
  u->withheld_db[0] = fmin (u->withheld_db[0], lq_ride_withheld_db (&u->ride));
  u->withheld_db[1] = fmax (u->withheld_db[1], lq_ride_withheld_db (&u->ride));
  u->ridden_least_db = fmin (u->ridden_least_db, u->ride.z.gain_db);
  u->ridden_most_db = fmax (u->ridden_most_db, u->ride.z.gain_db);
}

static void
measure_input (lq_norm *u, float *const *ch, uint32_t frames)
{
  lq_loudness_process (&u->in, (const float *const *)ch, frames);
  lq_truepeak_process (&u->in_peak, (const float *const *)ch, frames);
}

void
lq_norm_process (lq_norm *u, float *const *ch, uint32_t frames)
{
  const bool riding = u->decision.strength > 0.0;

  if (!u->over &&
      (u->p.mode == LQ_NORM_MEASURE || (u->p.mode != LQ_NORM_TWO_PASS && u->metered)))
    measure_input (u, ch, frames);
  if (u->p.mode == LQ_NORM_LIVE)
    ride (u, ch, frames);
  if (!u->over && u->known && u->metered)
    lq_loudness_process (&u->now, (const float *const *)ch, frames);
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && riding) {
      aim_at_position (u);
      u->moving = true;
    }
    if (u->z.phase == 0 && u->moving) {
      lq_ramp_hop (&u->gain);
      u->moving = !lq_ramp_resting (&u->gain);
    }
    n = riding || u->moving ? lq_hop_left (u->z.phase, frames - done) : frames - done;
    lq_norm_apply (u, ch, done, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
    u->z.position += n;
  }
  if (u->p.mode != LQ_NORM_MEASURE)
    lq_limiter_process (&u->limiter, ch, frames);
}

bool
lq_norm_neutral (const lq_norm *u)
{
  return u->p.mode == LQ_NORM_MEASURE && !u->moving && u->gain.z.value == 1.0;
}

bool
lq_norm_listens (const lq_norm *u)
{
  return u->p.mode == LQ_NORM_MEASURE || u->metered;
}

/* Measuring. */

void
lq_norm_begin (lq_norm *u, bool programme)
{
  if (programme)
    u->known = false;
  if (!u->known) {
    lq_loudness_reset (&u->in);
    lq_truepeak_reset (&u->in_peak);
  }
  if (!u->known && u->p.mode == LQ_NORM_TWO_PASS) {
    lq_forecast_reset (&u->forecast);
    lq_leveller_reset (&u->leveller);
    u->notes = lq_norm_needs_notes (&u->p);
  }
  if (programme) {
    u->kept = false;
    u->ridden_least_db = INFINITY;
    u->ridden_most_db = -INFINITY;
    memset (u->withheld_db, 0, sizeof u->withheld_db);
  }
  u->reduction_db = 0.0;
  lq_loudness_reset (&u->out);
  lq_truepeak_reset (&u->out_peak);
  if (programme)
    lq_norm_follow (u);
}

uint32_t
lq_norm_analyse (lq_norm *u, float *const *ch, uint32_t frames, float *notes)
{
  const float *const *in = (const float *const *)ch;

  lq_loudness_process (&u->in, in, frames);
  lq_truepeak_process (&u->in_peak, in, frames);
  return u->notes ? lq_forecast_listen (&u->forecast, in, frames, notes) : 0;
}

void
lq_norm_over (lq_norm *u, bool is)
{
  u->over = is;
}

void
lq_norm_meter (lq_norm *u, bool on)
{
  u->metered = on;
}

void
lq_norm_written (lq_norm *u, const float *const *ch, uint32_t frames)
{
  if (u->p.mode == LQ_NORM_MEASURE || !u->metered)
    return;
  lq_loudness_process (&u->out, ch, frames);
  lq_truepeak_process (&u->out_peak, ch, frames);
}

static void
lq_norm_read_input (lq_norm *u, struct lq_norm_figures *f)
{
  f->integrated_lufs = (float)lq_loudness_integrated (&u->in, 0.0);
  f->range_lu = (float)lq_loudness_range (&u->in, 0.0);
  f->true_peak_dbtp = (float)lq_lin_to_db (lq_truepeak_max_peak (&u->in_peak));
  f->sample_peak_dbfs = (float)lq_lin_to_db (lq_truepeak_max_sample (&u->in_peak));
  f->max_momentary_lufs = (float)lq_loudness_max_momentary (&u->in);
  f->max_short_term_lufs = (float)lq_loudness_max_short_term (&u->in);
  f->momentary_lufs = (float)lq_loudness_momentary (&u->in);
  f->short_term_lufs = (float)lq_loudness_short_term (&u->in);
  if (u->known) {
    /* The input was heard to its end: here it is heard again. */
    f->momentary_lufs = (float)lq_loudness_momentary (&u->now);
    f->short_term_lufs = (float)lq_loudness_short_term (&u->now);
  }
  f->peak_to_loudness_db = 0.0f;
  if (f->integrated_lufs > LQ_SILENCE_DB && f->true_peak_dbtp > LQ_SILENCE_DB)
    f->peak_to_loudness_db = f->true_peak_dbtp - f->integrated_lufs;
}

static void
lq_norm_read_output (lq_norm *u, struct lq_norm_figures *f)
{
  if (u->p.mode == LQ_NORM_MEASURE) {
    f->output_integrated_lufs = f->integrated_lufs;
    f->output_range_lu = f->range_lu;
    f->output_true_peak_dbtp = f->true_peak_dbtp;
  } else if (u->metered || !u->known) {
    f->output_integrated_lufs = (float)lq_loudness_integrated (&u->out, 0.0);
    f->output_range_lu = (float)lq_loudness_range (&u->out, 0.0);
    f->output_true_peak_dbtp = (float)lq_lin_to_db (lq_truepeak_max_peak (&u->out_peak));
  } else {
    f->output_integrated_lufs = (float)u->decision.result_lufs;
    f->output_range_lu =
        (float)(u->decision.strength > 0.0 ? u->decision.range_lu
                                           : lq_loudness_range (&u->in, u->decision.gain_db));
    f->output_true_peak_dbtp = (float)lq_norm_foreseen_peak (u);
  }
}

bool
lq_norm_held (const lq_norm *u, double off_lu)
{
  return off_lu <= -HELD_LU ? u->withheld_db[1] > 0.0
                            : off_lu >= HELD_LU && u->withheld_db[0] < 0.0;
}

/* What a bound withholds now; at the end, what the programme lacks for it. */
static void
lq_norm_read_ride (lq_norm *u, struct lq_norm_figures *f, bool final)
{
  const float off = f->output_integrated_lufs - u->p.loudness_target_lufs;

  f->applied_gain_db = (float)lq_ride_gain_db (&u->ride);
  f->shortfall_lu = (float)lq_ride_withheld_db (&u->ride);
  if (final)
    f->shortfall_lu =
        f->output_integrated_lufs > LQ_SILENCE_DB && lq_norm_held (u, off) ? -off : 0.0f;
}

void
lq_norm_read (lq_norm *u, struct lq_norm_figures *f, bool final)
{
  if (final) {
    if (!u->known)
      lq_truepeak_finish (&u->in_peak);
    lq_truepeak_finish (&u->out_peak);
  }
  lq_norm_read_input (u, f);
  lq_norm_read_output (u, f);
  f->applied_gain_db = (float)(u->gain.z.value == 1.0 ? 0.0 : lq_lin_to_db (u->gain.z.value));
  if (u->p.mode == LQ_NORM_LIVE)
    lq_norm_read_ride (u, f, final);
  f->limiter_reduction_db = (float)lq_limiter_take (&u->limiter);
  u->reduction_db = fmax (u->reduction_db, f->limiter_reduction_db);
  if (final)
    f->limiter_reduction_db = (float)u->reduction_db;
  if (final && u->known && u->metered &&
      (u->reduction_db > 0.0 || u->decision.strength > 0.0) &&
      u->out.z.frames == u->in.z.frames)
    lq_norm_settle (u, lq_loudness_integrated (&u->out, 0.0));
  if (u->p.mode != LQ_NORM_LIVE)
    f->shortfall_lu = (float)u->decision.shortfall_lu;
}
