/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lqmessage.h"

GstStructure *
lq_message_new (GstElement *element)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  return gst_structure_new_empty (factory ? GST_OBJECT_NAME (factory) : "lacquer");
}

void
lq_message_add_array (GstStructure *s, const gchar *name, const gdouble *values, guint n)
{
  GValue array = G_VALUE_INIT;

  gst_value_array_init (&array, n);
  for (guint i = 0; i < n; i++) {
    GValue item = G_VALUE_INIT;
    g_value_init (&item, G_TYPE_DOUBLE);
    g_value_set_double (&item, values[i]);
    gst_value_array_append_and_take_value (&array, &item);
  }
  gst_structure_take_value (s, name, &array);
}

void
lq_message_add_names (GstStructure *s, const gchar *name, gchar *const *values, guint n)
{
  GValue array = G_VALUE_INIT;

  gst_value_array_init (&array, n);
  for (guint i = 0; i < n; i++) {
    GValue item = G_VALUE_INIT;
    g_value_init (&item, G_TYPE_STRING);
    g_value_set_string (&item, values[i] ? values[i] : "");
    gst_value_array_append_and_take_value (&array, &item);
  }
  gst_structure_take_value (s, name, &array);
}

void
lq_message_add_times (
    GstStructure *s, const GstSegment *segment, GstClockTime start, GstClockTime end)
{
  GstClockTime stream = GST_CLOCK_TIME_NONE, running = GST_CLOCK_TIME_NONE;

  if (GST_CLOCK_TIME_IS_VALID (start) && segment->format == GST_FORMAT_TIME) {
    stream = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, start);
    running = gst_segment_to_running_time (segment, GST_FORMAT_TIME, start);
  }
  gst_structure_set (s, "timestamp", G_TYPE_UINT64, start, "stream-time", G_TYPE_UINT64, stream,
      "running-time", G_TYPE_UINT64, running, "duration", G_TYPE_UINT64,
      GST_CLOCK_TIME_IS_VALID (start) ? end - start : GST_CLOCK_TIME_NONE, "endtime",
      G_TYPE_UINT64, end, NULL);
}

void
lq_message_add_figures (GstStructure *s, LqParams *params)
{
  for (guint i = 0; i < lq_param_table_size (params->table); i++) {
    const LqParamInfo *info = lq_param_table_nth (params->table, i);
    GValue value = G_VALUE_INIT;
    if (!(info->row->flags & LQ_READONLY))
      continue;
    g_value_init (&value, G_PARAM_SPEC_VALUE_TYPE (info->pspec));
    lq_params_get_value (params, info->id, &value);
    gst_structure_take_value (s, info->pspec->name, &value);
  }
}

void
lq_message_post (GstElement *element, GstStructure *s)
{
  gst_element_post_message (element, gst_message_new_element (GST_OBJECT (element), s));
}
