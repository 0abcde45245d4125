/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm: measurements that outlive the stream, or come from elsewhere. measure and two-pass
 * write measurement-location; linear takes each figure from measured-… where it is set, else from
 * measurement-location, else from arriving tags. */

#include "gstloudnessnorm-private.h"

#include <math.h>

#include "base/mathx.h"
#include "lqspool.h"

/* A stated duration that is exact differs by less than this between two readings of a file. */
#define DURATION_SLACK (100 * GST_MSECOND)
/* … one that is estimated, as of MP3 without an index, by a share of it more. */
#define DURATION_SHARE 100

/* What a mono stream counts louder as dual mono, LU. */
#define DUAL_MONO_LU 3.0103

static gchar *
gst_loudness_norm_location (GstLoudnessNorm *self)
{
  gchar *path =
      lq_params_dup_string (lq_filter_params (LQ_FILTER (self)), "measurement-location");

  if (path && !*path)
    g_clear_pointer (&path, g_free);
  return path;
}

/* Settings. */

/* The file is replaced as a whole: a device would be, too. */
static gboolean
gst_loudness_norm_check_writable (const gchar *path, GError **error)
{
  gchar *directory = g_path_get_dirname (path);
  const gboolean other =
      g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_REGULAR);
  const gboolean ok = !other && lq_spool_check_directory (directory, NULL);

  if (!ok)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
        "%s: the measurement can't be written there: %s%s. Set measurement-location to a file "
        "in "
        "a folder that is there and may be written to.",
        path, other ? "it isn't a regular file" : "no file can be made in the folder ",
        other ? "" : directory);
  g_free (directory);
  return ok;
}

/* linear needs figures from somewhere. */
static gboolean
gst_loudness_norm_check_linear (GstLoudnessNorm *self, GError **error)
{
  LqParams *params = lq_filter_params (LQ_FILTER (self));
  const gchar *missing = NULL;

  if (self->stored.there || lq_params_get_int (params, "measured-from-tags"))
    return TRUE;
  if (lq_params_get_double (params, "measured-integrated") <= LQ_SILENCE_DB)
    missing = "measured-integrated";
  else if (lq_params_get_int (params, "peak-policy") == LQ_NORM_CAP &&
           lq_params_get_double (params, "measured-true-peak") <= LQ_SILENCE_DB)
    missing = "measured-true-peak";
  if (!missing)
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "mode=linear needs a measurement, and %s isn't set. Run the stream through "
      "mode=measure first and set measured-integrated and measured-true-peak to what it "
      "says, or measurement-location in both runs; or use mode=two-pass, which does both.",
      missing);
  return FALSE;
}

gboolean
gst_loudness_norm_check_measured (GstLoudnessNorm *self, GError **error)
{
  const gint mode = gst_loudness_norm_mode (self);
  gchar *path = gst_loudness_norm_location (self);
  gboolean ok = TRUE;

  self->stored.there = FALSE;
  if (path && (mode == LQ_NORM_MEASURE || mode == LQ_NORM_TWO_PASS))
    ok = gst_loudness_norm_check_writable (path, error);
  else if (path && mode == LQ_NORM_LINEAR)
    ok = gst_loudness_norm_read_measurement (path, &self->stored, error);
  g_free (path);
  return ok && (mode != LQ_NORM_LINEAR || gst_loudness_norm_check_linear (self, error));
}

/* Figures. */

static void
gst_loudness_norm_fill (gfloat *figure, gdouble value)
{
  if (*figure <= LQ_SILENCE_DB)
    *figure = (gfloat)value;
}

void
gst_loudness_norm_fill_measured (GstLoudnessNorm *self, struct lq_norm_params *p)
{
  struct lq_norm_measured m = self->tagged;

  if (self->stored.there) {
    m = self->stored.figures;
    if (self->stored.channels == 1 && m.integrated_lufs > LQ_SILENCE_DB)
      m.integrated_lufs += ((gint)p->dual_mono - self->stored.dual_mono) * DUAL_MONO_LU;
  }
  gst_loudness_norm_fill (&p->measured_integrated_lufs, m.integrated_lufs);
  gst_loudness_norm_fill (&p->measured_true_peak_dbtp, m.true_peak_dbtp);
  gst_loudness_norm_fill (&p->measured_range_lu, m.range_lu);
  gst_loudness_norm_fill (&p->measured_sample_peak_dbfs, m.sample_peak_dbfs);
}

/* Before the first frame. */

static gboolean
gst_loudness_norm_same_length (const GstNormStored *stored, GstClockTime duration)
{
  const GstClockTime counted =
      gst_util_uint64_scale_round (stored->frames, GST_SECOND, stored->rate);
  const gboolean stated = GST_CLOCK_TIME_IS_VALID (stored->announced);
  GstClockTime expected = stated ? stored->announced : counted, slack = DURATION_SLACK;

  if (!GST_CLOCK_TIME_IS_VALID (duration))
    return TRUE;
  if (!stated || (GstClockTime)ABS (GST_CLOCK_DIFF (counted, expected)) > slack)
    slack += expected / DURATION_SHARE;
  return (GstClockTime)ABS (GST_CLOCK_DIFF (expected, duration)) <= slack;
}

/* The file's figures are this stream's, as far as can be seen now. */
static gboolean
gst_loudness_norm_check_stored (GstLoudnessNorm *self, GError **error)
{
  const GstNormStored *stored = &self->stored;
  const lq_stream *stream = lq_filter_stream (LQ_FILTER (self));
  const GstClockTime duration = lq_filter_announced (LQ_FILTER (self));
  gchar *path, *length = NULL;

  if (stored->rate == (guint64)stream->rate && stored->channels == stream->channels &&
      gst_loudness_norm_same_length (stored, duration))
    return TRUE;
  if (GST_CLOCK_TIME_IS_VALID (duration))
    length = g_strdup_printf (", %.3f s", (gdouble)duration / GST_SECOND);
  path = gst_loudness_norm_location (self);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s is the measurement of another file: it says %" G_GUINT64_FORMAT
      " Hz, channels: %" G_GUINT64_FORMAT ", %.3f s; this stream has %.0f Hz, channels: %u%s. "
      "Measure this stream with mode=measure first, at the same place in the pipeline.",
      path, stored->rate, stored->channels, (gdouble)stored->frames / (gdouble)stored->rate,
      stream->rate, stream->channels, length ? length : "");
  g_free (length);
  g_free (path);
  return FALSE;
}

gboolean
gst_loudness_norm_admit (LqFilter *filter, GError **error)
{
  GstLoudnessNorm *self = GST_LOUDNESS_NORM (filter);
  const struct lq_norm_params *p = &self->chain.p;
  const gchar *missing = NULL;

  if (p->mode != LQ_NORM_LINEAR)
    return TRUE;
  if (self->stored.there)
    return gst_loudness_norm_check_stored (self, error);
  if (p->measured_integrated_lufs <= LQ_SILENCE_DB)
    missing = "no loudness";
  else if (p->peak_policy == LQ_NORM_CAP && p->measured_true_peak_dbtp <= LQ_SILENCE_DB)
    missing = "no peak, which peak-policy=cap needs";
  if (!missing)
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "mode=linear with measured-from-tags: no ReplayGain or R 128 track tags that can be used "
      "came before the first sample, or they state %s. Measure the stream (mode=measure) and "
      "set "
      "measured-integrated and measured-true-peak, or use mode=two-pass.",
      missing);
  return FALSE;
}

/* After the last frame. */

static gboolean
gst_loudness_norm_write (GstLoudnessNorm *self, const gchar *path, GError **error)
{
  GstStructure *s = gst_loudness_norm_measurement (self);
  gchar *text = gst_loudness_norm_measurement_text (s);
  GError *why = NULL;
  const gboolean ok = g_file_set_contents (path, text, -1, &why);

  if (!ok)
    g_set_error (error, GST_RESOURCE_ERROR,
        g_error_matches (why, G_FILE_ERROR, G_FILE_ERROR_NOSPC)
            ? GST_RESOURCE_ERROR_NO_SPACE_LEFT
            : GST_RESOURCE_ERROR_OPEN_WRITE,
        "%s: the measurement can't be written: %s", path, why->message);
  g_clear_error (&why);
  g_free (text);
  gst_structure_free (s);
  return ok;
}

/* Writes the file. What a seek cut isn't the measurement of the programme. */
static gboolean
gst_loudness_norm_write_whole (GstLoudnessNorm *self, GError **error)
{
  gchar *path = gst_loudness_norm_location (self);
  guint64 frames;
  gboolean ok = TRUE;

  if (path && lq_filter_heard (LQ_FILTER (self), &frames))
    ok = gst_loudness_norm_write (self, path, error);
  else if (path)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("%s: no measurement is written, since only a part of the stream was heard: a seek "
         "came "
         "between.",
            path),
        (NULL));
  g_free (path);
  return ok;
}

/* linear heard the stream to its end: was it the one that had been measured? */
static void
gst_loudness_norm_recheck (GstLoudnessNorm *self)
{
  gchar *path;
  guint64 frames;

  if (!self->stored.there || !lq_filter_heard (LQ_FILTER (self), &frames) ||
      frames == self->stored.frames)
    return;
  path = gst_loudness_norm_location (self);
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("%s seems to be the measurement of another file: it counted %" G_GUINT64_FORMAT
       " frames, this stream had %" G_GUINT64_FORMAT
       ". The gain that was applied may be wrong; measure this stream with mode=measure.",
          path, self->stored.frames, frames),
      (NULL));
  g_free (path);
}

gboolean
gst_loudness_norm_keep (GstLoudnessNorm *self, gboolean before_output, GError **error)
{
  const gint mode = gst_loudness_norm_mode (self);

  if (lq_params_get_int (lq_filter_params (LQ_FILTER (self)), "album-measure"))
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_element (GST_OBJECT (self), gst_loudness_norm_measurement (self)));
  if (mode == LQ_NORM_LINEAR)
    gst_loudness_norm_recheck (self);
  if (mode != LQ_NORM_MEASURE && mode != LQ_NORM_TWO_PASS)
    return TRUE;
  return gst_loudness_norm_write_whole (self, error);
}
