/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-loudnessnorm
 * @title: loudnessnorm
 *
 * Measures loudness by BS.1770-5 and EBU R 128, and brings a stream to a target with one exact
 * gain that keeps true peaks below a ceiling.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=mix.wav ! wavparse ! audioconvert ! loudnessnorm target=spotify ! flacenc ! filesink location=master.flac
 * ]|
 */

#include "gstloudnessnorm.h"

#include <gst/tag/tag.h>
#include <math.h>

#include "base/mathx.h"
#include "lqspool.h"

struct _GstLoudnessNorm {
  LqFilter parent;
  lq_norm chain;
};

G_DEFINE_TYPE (GstLoudnessNorm, gst_loudness_norm, LQ_TYPE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (
    loudnessnorm, "loudnessnorm", GST_RANK_NONE, GST_TYPE_LOUDNESS_NORM)

/* Reference levels of tags: ReplayGain 2 and R 128, LUFS; the former as GStreamer counts it. */
#define REPLAYGAIN_LUFS (-18.0)
#define REPLAYGAIN_DB_SPL 89.0
#define R128_LUFS (-23.0)

#define OWN(name, nick, blurb, unit, type, max, def, flags)                                    \
  {                                                                                            \
    name, nick, blurb, unit, type, LQ_LINEAR, LQ_NO_FIELD, 0, max, def, NULL, flags, 0         \
  }
static const struct lq_param own_rows[] = {
  OWN ("write-tags", "Write tags",
      "ReplayGain 2 and R 128 tags of the output, before the first buffer in two-pass and "
      "linear; stale ones are dropped either way",
      NULL, LQ_BOOL, 1, 1, 0),
  OWN ("spool-memory", "Spool memory",
      "Two-pass: kept in memory up to this, then in an unlinked file", "bytes", LQ_UINT64,
      1099511627776.0, 268435456, 0),
  OWN ("spool-directory", "Spool directory",
      "Where that file goes; empty: the system's temporary directory", NULL, LQ_STRING, 0, 0,
      LQ_NO_PRESET),
};
static const struct lq_module own_module = { "", own_rows, LQ_COUNT (own_rows), 0, NULL };

/* The chain. */

static gboolean
gst_loudness_norm_prepare (LqFilter *filter, const lq_stream *stream, lq_arena *arena)
{
  return lq_norm_prepare (&GST_LOUDNESS_NORM (filter)->chain, stream, arena);
}

static void
gst_loudness_norm_set_output (LqFilter *filter, const LqFilterOutput *output)
{
  lq_norm_set_output (&GST_LOUDNESS_NORM (filter)->chain, output->sample_error);
}

static void
gst_loudness_norm_set (LqFilter *filter, gconstpointer params)
{
  lq_norm_set (&GST_LOUDNESS_NORM (filter)->chain, params);
}

static void
gst_loudness_norm_reset (LqFilter *filter)
{
  lq_norm_reset (&GST_LOUDNESS_NORM (filter)->chain);
}

static void
gst_loudness_norm_begin (LqFilter *filter, gboolean programme)
{
  lq_norm_begin (&GST_LOUDNESS_NORM (filter)->chain, programme);
}

static void
gst_loudness_norm_process (LqFilter *filter, float *const *planes, guint frames)
{
  lq_norm_process (&GST_LOUDNESS_NORM (filter)->chain, planes, frames);
}

static gboolean
gst_loudness_norm_neutral (LqFilter *filter)
{
  return lq_norm_neutral (&GST_LOUDNESS_NORM (filter)->chain);
}

static gboolean
gst_loudness_norm_listens (LqFilter *filter)
{
  return lq_norm_listens (&GST_LOUDNESS_NORM (filter)->chain);
}

static void
gst_loudness_norm_meter (LqFilter *filter, gboolean on)
{
  lq_norm_meter (&GST_LOUDNESS_NORM (filter)->chain, on);
}

static void
gst_loudness_norm_written (LqFilter *filter, float *const *planes, guint frames)
{
  lq_norm_written (&GST_LOUDNESS_NORM (filter)->chain, (const float *const *)planes, frames);
}

static void
gst_loudness_norm_read_figures (LqFilter *filter, gpointer figures, gboolean final)
{
  lq_norm_read (&GST_LOUDNESS_NORM (filter)->chain, figures, final);
}

/* Two-pass work. */

static gboolean
gst_loudness_norm_two_pass (LqFilter *filter)
{
  return lq_params_get_int (lq_filter_params (filter), "mode") == LQ_NORM_TWO_PASS;
}

static void
gst_loudness_norm_analyse (LqFilter *filter, float *const *planes, guint frames)
{
  lq_norm_analyse (&GST_LOUDNESS_NORM (filter)->chain, planes, frames);
}

static void
gst_loudness_norm_solve (LqFilter *filter)
{
  lq_norm_solve (&GST_LOUDNESS_NORM (filter)->chain);
}

/* Words. */

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
    default:
      return g_strdup ("its loudness can't be measured (silence, or less than 400 ms), so the "
                       "target doesn't apply");
  }
}

static gchar *
gst_loudness_norm_summary (const lq_norm *chain, const struct lq_norm_figures *f)
{
  gchar *loudness = gst_loudness_norm_level (f->integrated_lufs, "LUFS");
  gchar *peak = gst_loudness_norm_level (f->true_peak_dbtp, "dBTP");
  gchar *out_loudness = gst_loudness_norm_level (f->output_integrated_lufs, "LUFS");
  gchar *out_peak = gst_loudness_norm_level (f->output_true_peak_dbtp, "dBTP");
  gchar *because = gst_loudness_norm_because (chain);
  gchar *text;

  if (chain->p.mode == LQ_NORM_MEASURE)
    text = g_strdup_printf ("Measured %s, range %.1f LU, %s; the audio is untouched.%s",
        loudness, f->range_lu, peak,
        f->integrated_lufs > LQ_SILENCE_DB
            ? ""
            : " Its loudness can't be measured: silence, or less than 400 ms.");
  else
    text = g_strdup_printf ("One constant gain of %+.2f dB: from %s, %s to %s, %s; %s.",
        chain->decision.gain_db, loudness, peak, out_loudness, out_peak, because);
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
  lq_filter_add_array (s, name, levels, peaks->channels);
}

static void
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
}

/* Settings. */

static gboolean
gst_loudness_norm_check (LqFilter *filter, GError **error)
{
  LqParams *params = lq_filter_params (filter);
  const gint mode = lq_params_get_int (params, "mode");
  const gchar *missing = NULL;
  gchar *directory;
  gboolean ok = TRUE;

  if (lq_params_get_double (params, "measured-integrated") <= LQ_SILENCE_DB)
    missing = "measured-integrated";
  else if (lq_params_get_double (params, "measured-true-peak") <= LQ_SILENCE_DB)
    missing = "measured-true-peak";
  if (mode == LQ_NORM_LINEAR && missing) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "mode=linear needs a measurement, and %s isn't set. Run the stream through "
        "mode=measure first and set measured-integrated and measured-true-peak to what it "
        "says, or use mode=two-pass, which does both.",
        missing);
    return FALSE;
  }
  if (mode != LQ_NORM_TWO_PASS)
    return TRUE;
  directory = lq_params_dup_string (params, "spool-directory");
  if (directory && *directory)
    ok = lq_spool_check_directory (directory, error);
  g_free (directory);
  return ok;
}

/* The properties that a target writes. */
static const gchar *const targeted[] = { "loudness-target", "max-true-peak", "boost" };

static gdouble
gst_loudness_norm_target_value (gint target, guint which)
{
  const struct lq_norm_target *row = &lq_norm_targets[target];

  return which == 0 ? row->loudness_lufs : which == 1 ? row->true_peak_dbtp : row->boost;
}

static gdouble
gst_loudness_norm_value (LqParams *params, guint which)
{
  return which == 2 ? lq_params_get_int (params, targeted[which])
                    : lq_params_get_double (params, targeted[which]);
}

static gboolean
gst_loudness_norm_off_target (LqParams *params, gint target)
{
  for (guint i = 0; i < G_N_ELEMENTS (targeted); i++)
    if (fabs (gst_loudness_norm_value (params, i) -
              gst_loudness_norm_target_value (target, i)) > 1e-6)
      return TRUE;
  return FALSE;
}

/* target writes its values, but before READY never over explicit ones; a value that isn't the
 * target's makes it custom. */
static void
gst_loudness_norm_wrote (LqFilter *filter, guint id, LqOrigin origin)
{
  LqParams *params = lq_filter_params (filter);
  const LqParamTable *table = params->table;
  const gint target = lq_params_get_int (params, "target");
  const gchar *name = lq_param_table_nth (table, id - 1)->pspec->name;

  if (target == LQ_NORM_CUSTOM)
    return;
  if (g_str_equal (name, "target")) {
    for (guint i = 0; i < G_N_ELEMENTS (targeted); i++) {
      const guint other = lq_param_table_find (table, targeted[i])->id;
      if (lq_filter_is_ready (filter) || lq_params_origin (params, other) != LQ_ORIGIN_EXPLICIT)
        lq_params_put_number (params, other, gst_loudness_norm_target_value (target, i));
    }
  } else if (!g_strv_contains (targeted, name)) {
    return;
  }
  if (gst_loudness_norm_off_target (params, target))
    lq_params_put_int (params, "target", LQ_NORM_CUSTOM);
}

/* Tags. */

/* Comments of other programs that state a gain. */
static gboolean
gst_loudness_norm_comment_is_gain (const gchar *comment)
{
  return g_ascii_strncasecmp (comment, "R128_", 5) == 0 ||
         g_ascii_strncasecmp (comment, "REPLAYGAIN_", 11) == 0;
}

static void
gst_loudness_norm_drop_stale (GstTagList *list)
{
  static const gchar *const stale[] = { GST_TAG_TRACK_GAIN, GST_TAG_TRACK_PEAK,
    GST_TAG_ALBUM_GAIN, GST_TAG_ALBUM_PEAK, GST_TAG_REFERENCE_LEVEL, "r128-track-gain",
    "r128-album-gain" };
  GPtrArray *kept = g_ptr_array_new_with_free_func (g_free);
  gchar *comment;

  for (guint i = 0; i < G_N_ELEMENTS (stale); i++)
    if (gst_tag_exists (stale[i]))
      gst_tag_list_remove_tag (list, stale[i]);
  for (guint i = 0; gst_tag_list_get_string_index (list, GST_TAG_EXTENDED_COMMENT, i, &comment);
       i++)
    if (gst_loudness_norm_comment_is_gain (comment))
      g_free (comment);
    else
      g_ptr_array_add (kept, comment);
  gst_tag_list_remove_tag (list, GST_TAG_EXTENDED_COMMENT);
  for (guint i = 0; i < kept->len; i++)
    gst_tag_list_add (
        list, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, kept->pdata[i], NULL);
  g_ptr_array_unref (kept);
}

/* What the output's loudness and peak are, or will be; FALSE where that isn't known. */
static gboolean
gst_loudness_norm_result (
    const lq_norm *chain, gboolean at_end, gdouble *loudness_lufs, gdouble *peak_dbtp)
{
  if (chain->p.mode == LQ_NORM_MEASURE) {
    *loudness_lufs = lq_loudness_integrated (&chain->in, 0.0);
    *peak_dbtp = lq_lin_to_db (lq_truepeak_max_peak (&chain->in_peak));
    return at_end && *loudness_lufs > LQ_SILENCE_DB;
  }
  *loudness_lufs = chain->decision.result_lufs;
  *peak_dbtp = chain->measured.true_peak_dbtp + chain->decision.gain_db;
  return (chain->known || chain->p.mode == LQ_NORM_LINEAR) && *loudness_lufs > LQ_SILENCE_DB;
}

static void
gst_loudness_norm_add_tags (GstTagList *list, gdouble loudness_lufs, gdouble peak_dbtp)
{
  gchar *r128 = g_strdup_printf (
      "R128_TRACK_GAIN=%d", (gint)lround ((R128_LUFS - loudness_lufs) * 256.0));

  gst_tag_list_add (list, GST_TAG_MERGE_REPLACE, GST_TAG_TRACK_GAIN,
      REPLAYGAIN_LUFS - loudness_lufs, GST_TAG_TRACK_PEAK, lq_db_to_lin (peak_dbtp),
      GST_TAG_REFERENCE_LEVEL, REPLAYGAIN_DB_SPL, NULL);
  gst_tag_list_add (list, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, r128, NULL);
  g_free (r128);
}

static GstTagList *
gst_loudness_norm_tags (LqFilter *filter, const GstTagList *arrived, gboolean at_end)
{
  const lq_norm *chain = &GST_LOUDNESS_NORM (filter)->chain;
  const gboolean changes =
      lq_params_get_int (lq_filter_params (filter), "mode") != LQ_NORM_MEASURE;
  GstTagList *list = arrived ? gst_tag_list_copy (arrived) : gst_tag_list_new_empty ();
  gdouble loudness_lufs, peak_dbtp;

  /* While nothing but measuring is done, what arrived stays true until we know better. */
  if (changes || at_end)
    gst_loudness_norm_drop_stale (list);
  if (lq_params_get_int (lq_filter_params (filter), "write-tags") &&
      lq_filter_stream (filter)->channels &&
      gst_loudness_norm_result (chain, at_end, &loudness_lufs, &peak_dbtp))
    gst_loudness_norm_add_tags (list, loudness_lufs, peak_dbtp);
  if (gst_tag_list_is_empty (list))
    gst_clear_tag_list (&list);
  return list;
}

static void
gst_loudness_norm_class_init (GstLoudnessNormClass *klass)
{
  static const LqFilterTables tables = { .modules = lq_norm_modules,
    .n_modules = LQ_COUNT (lq_norm_modules),
    .own = &own_module,
    .figures = lq_norm_figure_modules,
    .n_figures = LQ_COUNT (lq_norm_figure_modules),
    .params_size = sizeof (struct lq_norm_params),
    .figures_size = sizeof (struct lq_norm_figures) };
  LqFilterClass *filter_class = LQ_FILTER_CLASS (klass);

  filter_class->channels_max = LQ_CHANNELS_MAX;
  filter_class->prepare = gst_loudness_norm_prepare;
  filter_class->set_output = gst_loudness_norm_set_output;
  filter_class->set = gst_loudness_norm_set;
  filter_class->reset = gst_loudness_norm_reset;
  filter_class->begin = gst_loudness_norm_begin;
  filter_class->process = gst_loudness_norm_process;
  filter_class->neutral = gst_loudness_norm_neutral;
  filter_class->listens = gst_loudness_norm_listens;
  filter_class->meter = gst_loudness_norm_meter;
  filter_class->written = gst_loudness_norm_written;
  filter_class->read_figures = gst_loudness_norm_read_figures;
  filter_class->describe = gst_loudness_norm_describe;
  filter_class->check = gst_loudness_norm_check;
  filter_class->wrote = gst_loudness_norm_wrote;
  filter_class->tags = gst_loudness_norm_tags;
  filter_class->two_pass = gst_loudness_norm_two_pass;
  filter_class->analyse = gst_loudness_norm_analyse;
  filter_class->solve = gst_loudness_norm_solve;
  lq_filter_class_setup (filter_class, &tables);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Loudness normaliser",
      "Filter/Effect/Analyzer/Audio",
      "Measures loudness by BS.1770 and EBU R 128, and normalises to a target, true-peak safe",
      "The Lacquer authors");
}

static void
gst_loudness_norm_init (GstLoudnessNorm *self)
{
}
