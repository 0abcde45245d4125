/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm: tags. Those it sends describe the output; those that arrive may be linear's
 * measurement. Album gains aren't the track's, and are never taken for it.
 * Source: ReplayGain 2.0 specification; RFC 7845, 5.2.1 (R128_TRACK_GAIN). */

#include "gstloudnessnorm-private.h"

#include <gst/tag/tag.h>
#include <math.h>
#include <string.h>

#include "base/mathx.h"
#include "lqtext.h"

/* Reference levels of tags: ReplayGain 2 and R 128, LUFS; the former as GStreamer counts it. */
#define REPLAYGAIN_LUFS (-18.0)
#define REPLAYGAIN_DB_SPL 89.0
#define R128_LUFS (-23.0)
#define R128_TAG "r128-track-gain"
#define R128_COMMENT "R128_TRACK_GAIN"

/* What is beyond these isn't a gain, a gated loudness or a linear peak. */
#define GAIN_MAX_DB 60.0
#define LOUDNESS_MIN (-70.0)
#define LOUDNESS_MAX 20.0
#define PEAK_MAX 100.0
/* Loudness is above the peak by the K filter's 4 dB and the sum of 5 channels, 7.7 dB, at most. */
#define PEAK_BELOW_DB 12.0

/* Reading what arrives. */

/* A list's states in words, for one warning. */
static void
gst_loudness_norm_doubt (GString *doubts, const gchar *format, ...)
{
  va_list args;

  if (doubts->len)
    g_string_append (doubts, "; ");
  va_start (args, format);
  g_string_append_vprintf (doubts, format, args);
  va_end (args);
}

/* The loudness that a gain stands for, where both can be true. */
static gboolean
gst_loudness_norm_plausible (const gchar *what, gdouble gain_db, gdouble reference_lufs,
    gdouble *loudness_lufs, GString *doubts)
{
  const gdouble loudness = reference_lufs - gain_db;

  /* NaN fails both. */
  if (fabs (gain_db) <= GAIN_MAX_DB && loudness >= LOUDNESS_MIN && loudness <= LOUDNESS_MAX) {
    *loudness_lufs = loudness;
    return TRUE;
  }
  gst_loudness_norm_doubt (doubts, "%s of %g dB", what, gain_db);
  return FALSE;
}

/* The loudness that ReplayGain's gain is relative to. References are dB SPL, of which 89 is
 * REPLAYGAIN_LUFS; tools of LUFS state those, which aren't above 0. */
static gboolean
gst_loudness_norm_reference (const GstTagList *list, gdouble *reference_lufs, GString *doubts)
{
  gdouble level = REPLAYGAIN_DB_SPL;

  gst_tag_list_get_double (list, GST_TAG_REFERENCE_LEVEL, &level);
  *reference_lufs = level > 0.0 ? REPLAYGAIN_LUFS + level - REPLAYGAIN_DB_SPL : level;
  if (*reference_lufs >= LOUDNESS_MIN && *reference_lufs <= LOUDNESS_MAX)
    return TRUE;
  gst_loudness_norm_doubt (doubts, "a reference level of %g dB", level);
  return FALSE;
}

static gboolean
gst_loudness_norm_read_replaygain (
    const GstTagList *list, gdouble *loudness_lufs, GString *doubts)
{
  gdouble gain, reference;

  return gst_tag_list_get_double (list, GST_TAG_TRACK_GAIN, &gain) &&
         gst_loudness_norm_reference (list, &reference, doubts) &&
         gst_loudness_norm_plausible (
             "a ReplayGain track gain", gain, reference, loudness_lufs, doubts);
}

/* R128_TRACK_GAIN=n or R128_TRACK_GAIN[en]=n: n/256 dB, RFC 7845 5.2.1. */
static gboolean
gst_loudness_norm_read_comment (const gchar *comment, gdouble *loudness_lufs, GString *doubts)
{
  const gsize length = strlen (R128_COMMENT);
  const gchar *number = strchr (comment, '=');
  gint64 value;

  if (g_ascii_strncasecmp (comment, R128_COMMENT, length) != 0 || !number ||
      (comment[length] != '=' && comment[length] != '['))
    return FALSE;
  number++;
  if (!g_ascii_string_to_signed (
          *number == '+' ? number + 1 : number, 10, G_MININT16, G_MAXINT16, &value, NULL)) {
    gchar *shown = lq_text_quote (number, strlen (number));
    gst_loudness_norm_doubt (doubts, "an R 128 track gain of `%s`", shown);
    g_free (shown);
    return FALSE;
  }
  return gst_loudness_norm_plausible (
      "an R 128 track gain", (gdouble)value / 256.0, R128_LUFS, loudness_lufs, doubts);
}

static gboolean
gst_loudness_norm_read_r128 (const GstTagList *list, gdouble *loudness_lufs, GString *doubts)
{
  gboolean found = FALSE;
  gchar *comment;
  gdouble gain;

  /* A tag of its own from GStreamer 1.28 on. */
  if (gst_tag_exists (R128_TAG) && gst_tag_get_type (R128_TAG) == G_TYPE_DOUBLE &&
      gst_tag_list_get_double (list, R128_TAG, &gain))
    found = gst_loudness_norm_plausible (
        "an R 128 track gain", gain, R128_LUFS, loudness_lufs, doubts);
  for (guint i = 0;
       !found && gst_tag_list_get_string_index (list, GST_TAG_EXTENDED_COMMENT, i, &comment);
       i++) {
    found = gst_loudness_norm_read_comment (comment, loudness_lufs, doubts);
    g_free (comment);
  }
  return found;
}

/* A peak far below the loudness can't belong to it, and would let the gain far over the ceiling. */
static gboolean
gst_loudness_norm_read_peak (
    const GstTagList *list, gdouble loudness_lufs, gdouble *peak_dbtp, GString *doubts)
{
  gdouble peak;

  if (!gst_tag_list_get_double (list, GST_TAG_TRACK_PEAK, &peak))
    return FALSE;
  if (peak > 0.0 && peak <= PEAK_MAX) {
    *peak_dbtp = lq_lin_to_db (peak);
    if (*peak_dbtp >= loudness_lufs - PEAK_BELOW_DB)
      return TRUE;
  }
  gst_loudness_norm_doubt (doubts, "a track peak of %g", peak);
  return FALSE;
}

/* Takes the measurement from the list, as far as it states one; says what in it can't be true. */
static void
gst_loudness_norm_take_tags (GstLoudnessNorm *self, const GstTagList *list)
{
  LqFilter *filter = LQ_FILTER (self);
  const gint mode = gst_loudness_norm_mode (self);
  const struct lq_norm_measured before = self->tagged;
  GString *doubts;
  gdouble value;

  if (mode == LQ_NORM_TWO_PASS || mode == LQ_NORM_MEASURE ||
      !lq_params_get_int (lq_filter_params (filter), "measured-from-tags"))
    return;
  doubts = g_string_new (NULL);
  if (gst_loudness_norm_read_r128 (list, &value, doubts)) {
    self->tagged.integrated_lufs = value;
    self->tagged_r128 = TRUE;
  }
  if (gst_loudness_norm_read_replaygain (list, &value, doubts) && !self->tagged_r128)
    self->tagged.integrated_lufs = value;
  if (gst_loudness_norm_read_peak (list, self->tagged.integrated_lufs, &value, doubts))
    self->tagged.true_peak_dbtp = self->tagged.sample_peak_dbfs = value;
  if (doubts->len)
    GST_ELEMENT_WARNING (filter, STREAM, FORMAT,
        ("The stream's tags state what can't be true, and are ignored there: %s.", doubts->str),
        (NULL));
  g_string_free (doubts, TRUE);
  if (self->tagged.integrated_lufs != before.integrated_lufs ||
      self->tagged.true_peak_dbtp != before.true_peak_dbtp)
    gst_loudness_norm_reconsider (self);
}

gboolean
gst_loudness_norm_forget_tags (GstLoudnessNorm *self)
{
  const gboolean any = self->tagged.integrated_lufs > LQ_SILENCE_DB ||
                       self->tagged.true_peak_dbtp > LQ_SILENCE_DB;

  self->tagged = GST_NORM_UNMEASURED;
  self->tagged_r128 = FALSE;
  return any;
}

/* Sending. */

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
    lq_norm *chain, gboolean at_end, gdouble *loudness_lufs, gdouble *peak_dbtp)
{
  struct lq_norm_figures f;

  if (gst_loudness_norm_predict (chain, loudness_lufs, peak_dbtp))
    return TRUE;
  if (!at_end)
    return FALSE;
  lq_norm_read (chain, &f, TRUE);
  *loudness_lufs = f.output_integrated_lufs;
  *peak_dbtp = f.output_true_peak_dbtp;
  return *loudness_lufs > LQ_SILENCE_DB;
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

GstTagList *
gst_loudness_norm_tags (LqFilter *filter, const GstTagList *arrived, gboolean at_end)
{
  GstLoudnessNorm *self = GST_LOUDNESS_NORM (filter);
  const gboolean changes = gst_loudness_norm_mode (self) != LQ_NORM_MEASURE;
  GstTagList *list = arrived ? gst_tag_list_copy (arrived) : gst_tag_list_new_empty ();
  gdouble loudness_lufs, peak_dbtp;

  if (arrived)
    gst_loudness_norm_take_tags (self, arrived);
  /* While nothing but measuring is done, what arrived stays true until we know better. */
  if (changes || at_end)
    gst_loudness_norm_drop_stale (list);
  if (lq_params_get_int (lq_filter_params (filter), "write-tags") &&
      lq_filter_stream (filter)->channels &&
      gst_loudness_norm_result (&self->chain, at_end, &loudness_lufs, &peak_dbtp))
    gst_loudness_norm_add_tags (list, loudness_lufs, peak_dbtp);
  if (gst_tag_list_is_empty (list))
    gst_clear_tag_list (&list);
  return list;
}
