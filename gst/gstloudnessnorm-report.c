/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm: what it says in words and figures. */

#include "gstloudnessnorm-private.h"

#include <math.h>

#include "base/mathx.h"
#include "chains/platform.h"
#include "lqmessage.h"

/* What the output's loudness and peak are, or will be; FALSE where that isn't known. */
gboolean
gst_loudness_norm_predict (const lq_norm *chain, gdouble *loudness_lufs, gdouble *peak_dbtp)
{
  const struct lq_norm_params *p = &chain->p;

  *loudness_lufs = chain->decision.result_lufs;
  *peak_dbtp = lq_norm_foreseen_peak (chain);
  return (chain->known || p->mode == LQ_NORM_LINEAR) && *loudness_lufs > LQ_SILENCE_DB;
}

/* A level as people write it. */
static gchar *
gst_loudness_norm_level (gdouble level, const gchar *unit)
{
  if (level <= LQ_SILENCE_DB)
    return g_strdup_printf ("no %s", unit);
  /* No −0.0. */
  if (fabs (level) < 0.05)
    level = 0.0;
  return g_strdup_printf ("%.1f %s", level, unit);
}

static gchar *
gst_loudness_norm_because (const lq_norm *chain)
{
  const struct lq_norm_params *p = &chain->p;
  const gdouble missing = fabs (chain->decision.shortfall_lu);
  const gchar *side = chain->decision.shortfall_lu < 0.0 ? "above" : "short of";

  switch (chain->decision.reason) {
    case LQ_NORM_ON_TARGET:
      return g_strdup_printf ("on the target of %.1f LUFS", p->loudness_target_lufs);
    case LQ_NORM_WITHIN_TOLERANCE:
      return g_strdup_printf ("left as it is: within %.1f LU of the target of %.1f LUFS",
          p->tolerance_lu, p->loudness_target_lufs);
    case LQ_NORM_AT_CEILING:
      return g_strdup_printf ("%.1f LU %s the target of %.1f LUFS: the gain stopped at the "
                              "ceiling of %.1f dBTP",
          missing, side, p->loudness_target_lufs, p->max_true_peak_dbtp);
    case LQ_NORM_AT_MIN_GAIN:
      return g_strdup_printf ("%.1f LU %s the target of %.1f LUFS: the gain stopped at "
                              "min-gain, %.1f dB",
          missing, side, p->loudness_target_lufs, p->min_gain_db);
    case LQ_NORM_AT_MAX_GAIN:
      return g_strdup_printf ("%.1f LU %s the target of %.1f LUFS: the gain stopped at "
                              "max-gain, %.1f dB",
          missing, side, p->loudness_target_lufs, p->max_gain_db);
    case LQ_NORM_NO_BOOST:
      return g_strdup_printf ("%.1f LU %s the target of %.1f LUFS: boost is off, so the gain "
                              "stayed at 0 dB",
          missing, side, p->loudness_target_lufs);
    case LQ_NORM_AT_LIMITER:
      return g_strdup_printf ("%.1f LU %s the target of %.1f LUFS: the limiter would take what "
                              "more gain than %.1f dB gives",
          missing, side, p->loudness_target_lufs, chain->decision.gain_db);
    case LQ_NORM_NEAREST:
      return g_strdup_printf (
          "%.1f LU %s the target of %.1f LUFS: limited at %.1f dBTP, no gain "
          "comes nearer",
          missing, side, p->loudness_target_lufs, p->max_true_peak_dbtp);
    default:
      return g_strdup ("its loudness can't be measured (silence, or less than 400 ms), so the "
                       "target doesn't apply");
  }
}

/* A gain that rode meets the target as nearly as it does. */
static gchar *
gst_loudness_norm_ridden (const lq_norm *chain, const struct lq_norm_figures *f)
{
  const gdouble target = chain->p.loudness_target_lufs;
  const gdouble off = f->output_integrated_lufs - target;

  if (f->output_integrated_lufs <= LQ_SILENCE_DB)
    return g_strdup ("its loudness can't be measured (silence, or less than 400 ms)");
  if (fabs (off) < 0.05)
    return g_strdup_printf ("on the target of %.1f LUFS", target);
  return g_strdup_printf ("%.1f LU %s the target of %.1f LUFS%s", fabs (off),
      off < 0.0 ? "short of" : "above", target,
      lq_norm_held (chain, off) ? ": bounds held the gain" : "");
}

/* Whether the range that was asked for is there. */
static gchar *
gst_loudness_norm_range (const lq_norm *chain, const struct lq_norm_figures *f)
{
  const gdouble target = chain->p.range_target_lu;

  if (f->output_range_lu <= target + 0.5)
    return g_strdup_printf ("%.1f LU", f->output_range_lu);
  return g_strdup_printf ("%.1f LU, not to the %.1f LU of range-target: what is left changes "
                          "faster than the gain may, or bounds hold it",
      f->output_range_lu, target);
}

/* What was done to the audio. */
static gchar *
gst_loudness_norm_how (const lq_norm *chain, const struct lq_norm_figures *f)
{
  const struct lq_norm_decision *d = &chain->decision;
  gchar *limited =
      f->limiter_reduction_db > 0.0f
          ? g_strdup_printf (", peaks limited by up to %.1f dB", f->limiter_reduction_db)
          : g_strdup ("");
  gchar *range = NULL, *text;

  if (d->strength > 0.0) {
    range = gst_loudness_norm_range (chain, f);
    text = g_strdup_printf ("Not linear: a gain of %+.1f dB that rides by %+.1f to %+.1f dB "
                            "brings the loudness range from %.1f to %s%s",
        d->gain_db, d->strength * chain->leveller.least_db,
        d->strength * chain->leveller.most_db, f->range_lu, range, limited);
  } else if (chain->p.mode == LQ_NORM_LIVE && chain->ridden_least_db > chain->ridden_most_db) {
    text = g_strdup_printf ("Live, with a gain that never moved%s", limited);
  } else if (chain->p.mode == LQ_NORM_LIVE) {
    text = g_strdup_printf ("Live, with a gain of %+.1f to %+.1f dB%s", chain->ridden_least_db,
        chain->ridden_most_db, limited);
  } else {
    text = g_strdup_printf (
        "%s of %+.2f dB%s", *limited ? "A gain" : "One constant gain", d->gain_db, limited);
  }
  g_free (range);
  g_free (limited);
  return text;
}

static gchar *
gst_loudness_norm_summary (const lq_norm *chain, const struct lq_norm_figures *f)
{
  gchar *loudness = gst_loudness_norm_level (f->integrated_lufs, "LUFS");
  gchar *peak = gst_loudness_norm_level (f->true_peak_dbtp, "dBTP");
  gchar *out_loudness = gst_loudness_norm_level (f->output_integrated_lufs, "LUFS");
  gchar *out_peak = gst_loudness_norm_level (f->output_true_peak_dbtp, "dBTP");
  gchar *because = chain->p.mode == LQ_NORM_LIVE ? gst_loudness_norm_ridden (chain, f)
                                                 : gst_loudness_norm_because (chain);
  gchar *how = gst_loudness_norm_how (chain, f);
  gchar *text;

  if (chain->p.mode == LQ_NORM_MEASURE)
    text = g_strdup_printf ("Measured %s, range %.1f LU, %s; the audio is untouched.%s",
        loudness, f->range_lu, peak,
        f->integrated_lufs > LQ_SILENCE_DB
            ? ""
            : " Its loudness can't be measured: silence, or less than 400 ms.");
  else
    text = g_strdup_printf (
        "%s: from %s, %s to %s, %s; %s.", how, loudness, peak, out_loudness, out_peak, because);
  g_free (how);
  g_free (loudness);
  g_free (peak);
  g_free (out_loudness);
  g_free (out_peak);
  g_free (because);
  return text;
}

static void
gst_loudness_norm_add_peaks (
    GstStructure *s, const gchar *name, const lq_truepeak *peaks, gboolean samples)
{
  gdouble levels[LQ_CHANNELS_MAX];

  for (guint c = 0; c < peaks->channels; c++)
    levels[c] =
        lq_lin_to_db (samples ? lq_truepeak_sample (peaks, c) : lq_truepeak_peak (peaks, c));
  lq_message_add_array (s, name, levels, peaks->channels);
}

/* The gain that each platform is going to play the output with. */
static void
gst_loudness_norm_add_playback (GstStructure *s, const struct lq_norm_figures *f)
{
  GstStructure *gains;

  if (f->output_integrated_lufs <= LQ_SILENCE_DB)
    return;
  gains = gst_structure_new_empty ("playback-gain");
  for (guint i = 0; i < LQ_PLATFORMS; i++) {
    const struct lq_platform *platform = &lq_platforms[i];
    if (platform->rule == LQ_PLATFORM_DELIVERY)
      continue;
    gst_structure_set (gains, platform->nick, G_TYPE_DOUBLE,
        lq_platform_gain (platform, f->output_integrated_lufs, f->output_true_peak_dbtp), NULL);
  }
  gst_structure_set (s, "playback-gain", GST_TYPE_STRUCTURE, gains, NULL);
  gst_structure_free (gains);
}

void
gst_loudness_norm_describe (LqFilter *filter, GstStructure *s, gboolean final)
{
  const lq_norm *chain = &GST_LOUDNESS_NORM (filter)->chain;
  struct lq_norm_figures f;
  gchar *summary;

  gst_loudness_norm_add_peaks (s, "channel-true-peak", &chain->in_peak, FALSE);
  gst_loudness_norm_add_peaks (s, "channel-sample-peak", &chain->in_peak, TRUE);
  gst_structure_set (s, "loudness-target", G_TYPE_DOUBLE,
      (gdouble)chain->p.loudness_target_lufs, "max-true-peak", G_TYPE_DOUBLE,
      (gdouble)chain->p.max_true_peak_dbtp, NULL);
  if (!final)
    return;
  lq_norm_read (&GST_LOUDNESS_NORM (filter)->chain, &f, TRUE);
  summary = gst_loudness_norm_summary (chain, &f);
  gst_structure_set (s, "summary", G_TYPE_STRING, summary, NULL);
  g_free (summary);
  gst_loudness_norm_add_playback (s, &f);
}
