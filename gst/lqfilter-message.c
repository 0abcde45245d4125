/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter: what it says: figures as properties, one element message a period, warnings. */

#include "lqfilter-private.h"

void
lq_filter_add_array (GstStructure *s, const gchar *name, const gdouble *values, guint n)
{
  GValue array = G_VALUE_INIT, item = G_VALUE_INIT;

  gst_value_array_init (&array, n);
  g_value_init (&item, G_TYPE_DOUBLE);
  for (guint i = 0; i < n; i++) {
    g_value_set_double (&item, values[i]);
    gst_value_array_append_value (&array, &item);
  }
  g_value_unset (&item);
  gst_structure_take_value (s, name, &array);
}

/* Times of the period that ends here, as `level` names them. */
static void
lq_filter_add_times (LqFilter *filter, GstStructure *s)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const GstClockTime end = lq_filter_time_of (filter, p->in_frames);
  const GstClockTime start =
      lq_filter_time_of (filter, p->in_frames - MIN (p->in_frames, p->period_frames));
  GstClockTime stream = GST_CLOCK_TIME_NONE, running = GST_CLOCK_TIME_NONE;

  if (GST_CLOCK_TIME_IS_VALID (start) && p->segment.format == GST_FORMAT_TIME) {
    stream = gst_segment_to_stream_time (&p->segment, GST_FORMAT_TIME, start);
    running = gst_segment_to_running_time (&p->segment, GST_FORMAT_TIME, start);
  }
  gst_structure_set (s, "timestamp", G_TYPE_UINT64, start, "stream-time", G_TYPE_UINT64, stream,
      "running-time", G_TYPE_UINT64, running, "duration", G_TYPE_UINT64,
      GST_CLOCK_TIME_IS_VALID (start) ? end - start : GST_CLOCK_TIME_NONE, "endtime",
      G_TYPE_UINT64, end, NULL);
}

/* Every read-only property is a field of the same name. */
static void
lq_filter_add_figures (LqFilter *filter, GstStructure *s)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  for (guint i = 0; i < lq_param_table_size (p->params.table); i++) {
    const LqParamInfo *info = lq_param_table_nth (p->params.table, i);
    GValue value = G_VALUE_INIT;
    if (!(info->row->flags & LQ_READONLY))
      continue;
    g_value_init (&value, G_PARAM_SPEC_VALUE_TYPE (info->pspec));
    lq_params_get_value (&p->params, info->id, &value);
    gst_structure_take_value (s, info->pspec->name, &value);
  }
}

static void
lq_filter_post (LqFilter *filter, gboolean final)
{
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GstElementFactory *factory = gst_element_get_factory (GST_ELEMENT (filter));
  GstStructure *s = gst_structure_new_empty (factory ? GST_OBJECT_NAME (factory) : "lacquer");

  lq_filter_add_times (filter, s);
  lq_filter_add_figures (filter, s);
  gst_structure_set (s, "final", G_TYPE_BOOLEAN, final, NULL);
  if (klass->describe)
    klass->describe (filter, s, final);
  gst_element_post_message (
      GST_ELEMENT (filter), gst_message_new_element (GST_OBJECT (filter), s));
}

/* A period ends, or the programme does. */
void
lq_filter_speak (LqFilter *filter, gboolean final)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  if (klass->read_figures) {
    klass->read_figures (filter, p->figures, final);
    lq_params_publish (&p->params, LQ_GROUP_FIGURES, p->figures);
  }
  if (p->settings.post_messages)
    lq_filter_post (filter, final);
  p->period_frames = 0;
}

/* `bad` of the samples of this block weren't audio: counts them, and says so once a burst, which
 * ends with a second of clean audio. */
void
lq_filter_count_bad (LqFilter *filter, guint64 bad, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gboolean burst = bad && p->clean_frames >= (guint64)p->stream.rate;

  if (!bad) {
    p->clean_frames += frames;
    return;
  }
  p->clean_frames = 0;
  p->bad_samples += bad;
  lq_params_put_uint64 (&p->params, "bad-samples", p->bad_samples);
  if (burst)
    GST_ELEMENT_WARNING (filter, STREAM, FORMAT,
        ("The input holds samples that aren't audio (NaN, infinite or above 1e6), the first "
         "in the block of %u frames at frame %" G_GUINT64_FORMAT
         ": NaN and infinity were set to 0, the others clamped.",
            frames, p->in_frames),
        (NULL));
}
