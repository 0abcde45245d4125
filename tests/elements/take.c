/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "take.h"

#include "lqtest.h"

#include <string.h>

static void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Take *take = data;
  GstCaps *caps = gst_pad_get_current_caps (pad);
  GstMapInfo map;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &take->channels);
  gst_caps_unref (caps);
  if (take->bytes->len == 0)
    take->first_pts = GST_BUFFER_PTS (buffer);
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_byte_array_append (take->bytes, map.data, (guint)map.size);
  gst_buffer_unmap (buffer, &map);
}

gboolean
take_untestable (void)
{
#ifdef __SANITIZE_THREAD__
  lqt_skip ("under TSan the queues of a GStreamer without it look like races");
  return TRUE;
#else
  return FALSE;
#endif
}

/* TRUE: that was the last message. */
static gboolean
take_listen (Take *take, GstMessage *message)
{
  GError *error = NULL;

  if (!message) {
    take->error = g_strdup ("still playing after a minute");
    return TRUE;
  }
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      take->error = g_strdup (error->message);
      g_error_free (error);
      return TRUE;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, NULL);
      g_ptr_array_add (take->warnings, g_strdup (error->message));
      g_error_free (error);
      return FALSE;
    case GST_MESSAGE_ELEMENT:
      g_ptr_array_add (
          take->messages, gst_structure_copy (gst_message_get_structure (message)));
      return FALSE;
    default:
      return TRUE;
  }
}

Take
take_play (const gchar *line)
{
  return take_play_prepared (line, NULL);
}

Take
take_play_prepared (const gchar *line, void (*prepare) (GstElement *pipeline))
{
  Take take = { g_byte_array_new (), GST_CLOCK_TIME_NONE, NULL, 0,
    g_ptr_array_new_with_free_func (g_free),
    g_ptr_array_new_with_free_func ((GDestroyNotify)gst_structure_free) };
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstElement *sink = pipeline ? gst_bin_get_by_name (GST_BIN (pipeline), "out") : NULL;
  gboolean over = FALSE;
  GstBus *bus;

  if (error || !sink) {
    take.error = g_strdup (error ? error->message : "no sink named out");
    g_clear_error (&error);
    gst_clear_object (&pipeline);
    return take;
  }
  g_object_set (sink, "signal-handoffs", TRUE, "sync", FALSE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), &take);
  bus = gst_element_get_bus (pipeline);
  if (prepare)
    prepare (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!over) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING | GST_MESSAGE_ELEMENT);
    over = take_listen (&take, message);
    gst_clear_message (&message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  return take;
}

void
take_clear (Take *take)
{
  g_byte_array_unref (take->bytes);
  g_ptr_array_unref (take->warnings);
  g_ptr_array_unref (take->messages);
  g_free (take->error);
}

const gchar *
take_error (const Take *take)
{
  return take->error ? take->error : "no error";
}

const float *
take_floats (const Take *take)
{
  return (const float *)(gconstpointer)take->bytes->data;
}

guint
take_count (const Take *take)
{
  return take->bytes->len / (guint)sizeof (float);
}

gboolean
take_warned (const Take *take, const gchar *words)
{
  gboolean found = FALSE;

  for (guint i = 0; i < take->warnings->len; i++)
    found = found || strstr (g_ptr_array_index (take->warnings, i), words);
  return found;
}

gchar *
take_constant (guint frames, guint size, const gchar *mix, const gchar *more)
{
  return g_strdup_printf ("audiomixbus name=mix %s ! audio/x-raw,format=F32LE ! fakesink "
                          "name=out %s audiotestsrc wave=square freq=0 volume=0.5 "
                          "samplesperbuffer=%u num-buffers=%u ! "
                          "audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_0",
      mix, more, size, (frames + size - 1) / size);
}
