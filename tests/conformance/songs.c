/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "songs.h"

#include <gst/gst.h>

#include <stdio.h>
#include <string.h>

unsigned
lqc_song_paths (char paths[LQC_SONGS][LQC_PATH])
{
  static const char command[] = "bash -c '. \"" LQC_LIB "\" && lq_records' 2>/dev/null";
  unsigned n = 0;
  FILE *list = popen (command, "r");

  while (list && n < LQC_SONGS && fgets (paths[n], LQC_PATH, list)) {
    paths[n][strcspn (paths[n], "\n")] = '\0';
    n += paths[n][0] != '\0';
  }
  if (list)
    pclose (list);
  return n;
}

const char *
lqc_song_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash ? slash + 1 : path;
}

/* What the decoder hands over, until the planes are full. */
typedef struct {
  lqg_planes planes;
  size_t at;
  gboolean full;
} Song;

static void
song_take (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Song *song = data;
  GstMapInfo map;
  const float *frames;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  frames = (const float *)(gconstpointer)map.data;
  for (gsize i = 0; i < map.size / 8 && song->at < song->planes.frames; i++, song->at++)
    for (guint c = 0; c < 2; c++)
      song->planes.ch[c][song->at] = frames[2 * i + c];
  gst_buffer_unmap (buffer, &map);
  if (song->at == song->planes.frames && !song->full)
    gst_element_post_message (sink,
        gst_message_new_application (GST_OBJECT (sink), gst_structure_new_empty ("full")));
  song->full = song->at == song->planes.frames;
}

lqg_planes
lqc_song (const char *path, double rate, double seconds)
{
  Song song = { .planes = lqg_new (2, (size_t)(seconds * rate)) };
  gchar *line = g_strdup_printf (
      "filesrc location=\"%s\" ! decodebin ! audioconvert ! audioresample quality=10 ! "
      "audio/x-raw,format=F32LE,layout=interleaved,channels=2,rate=%.0f ! "
      "fakesink name=sink sync=false signal-handoffs=true",
      path, rate);
  GstElement *pipeline = gst_parse_launch (line, NULL), *sink;
  GstBus *bus;

  g_free (line);
  if (pipeline) {
    sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
    g_signal_connect (sink, "handoff", G_CALLBACK (song_take), &song);
    bus = gst_element_get_bus (pipeline);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    gst_message_unref (gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION));
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (bus);
    gst_object_unref (sink);
    gst_object_unref (pipeline);
  }
  song.planes.frames = song.at;
  return song.planes;
}
