/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "run.h"

#include "lqtest.h"
#include "signals.h"

#include <math.h>

/* Positions of 5.1 and 7.1, as a file has them; others have none. */
static const gchar *
mask_of (guint channels)
{
  if (channels <= 2)
    return "";
  return channels == 6   ? ",channel-mask=(bitmask)0x3f"
         : channels == 8 ? ",channel-mask=(bitmask)0xc3f"
                         : ",channel-mask=(bitmask)0";
}

Run *
run_new (const gchar *line, guint rate, guint channels, const gchar *format)
{
  Run *r = g_new0 (Run, 1);
  gchar *caps =
      g_strdup_printf ("audio/x-raw,format=F32LE,layout=interleaved,rate=%u,channels=%u%s",
          rate, channels, mask_of (channels));

  r->h = gst_harness_new_parse (line);
  gst_harness_set_live (r->h, FALSE);
  r->element = GST_IS_BIN (r->h->element)
                   ? GST_ELEMENT (g_list_last (GST_BIN_CHILDREN (r->h->element))->data)
                   : r->h->element;
  r->rate = rate;
  r->channels = channels;
  r->out_pts = GST_CLOCK_TIME_NONE;
  r->bus = gst_bus_new ();
  gst_element_set_bus (r->h->element, r->bus);
  gst_harness_set_src_caps_str (r->h, caps);
  g_free (caps);
  if (format) {
    caps = g_strdup_printf ("audio/x-raw,format=%s", format);
    gst_harness_set_sink_caps_str (r->h, caps);
    g_free (caps);
  }
  return r;
}

void
run_free (Run *r)
{
  gst_element_set_bus (r->h->element, NULL);
  gst_object_unref (r->bus);
  gst_harness_teardown (r->h);
  gst_clear_tag_list (&r->tags);
  g_clear_pointer (&r->last, gst_structure_free);
  g_clear_pointer (&r->album, gst_structure_free);
  g_clear_error (&r->error);
  g_clear_error (&r->warning);
  g_free (r->in);
  g_free (r->out);
  g_free (r);
}

void
run_sine (Run *r, gdouble seconds, gdouble amplitude)
{
  float *plane;

  r->in_frames = (guint)(seconds * r->rate);
  g_free (r->in);
  r->in = g_new0 (float, MAX (1, r->in_frames) * r->channels);
  plane = g_new (float, MAX (1, r->in_frames));
  lqs_sine (plane, r->in_frames, r->rate, 997.0, amplitude, 0.0, 0);
  for (guint c = 0; c < r->channels; c++)
    for (guint i = 0; i < r->in_frames; i++)
      r->in[i * r->channels + c] = plane[i];
  g_free (plane);
}

void
run_listen (Run *r)
{
  GstMessage *message;

  while ((message = gst_bus_pop (r->bus))) {
    const GstStructure *s = gst_message_get_structure (message);
    gboolean final = FALSE;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && !r->error)
      gst_message_parse_error (message, &r->error, NULL);
    else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
      r->warned = TRUE;
      r->warnings++;
      if (!r->warning)
        gst_message_parse_warning (message, &r->warning, NULL);
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT &&
               gst_structure_has_name (s, "album-measure")) {
      g_clear_pointer (&r->album, gst_structure_free);
      r->album = gst_structure_copy (s);
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT &&
               gst_structure_get_boolean (s, "final", &final) && final && !r->last)
      r->last = gst_structure_copy (s);
    gst_message_unref (message);
  }
}

void
run_take (Run *r)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (r->h))) {
    const gsize size = gst_buffer_get_size (buffer);
    if (r->out_bytes == 0)
      r->out_pts = GST_BUFFER_PTS (buffer);
    /* Doubled: under ASan each realloc copies all. */
    if (r->out_bytes + size >= r->out_room) {
      r->out_room = 2 * (r->out_bytes + size) + 1;
      r->out = g_realloc (r->out, r->out_room);
    }
    gst_buffer_extract (buffer, 0, (guint8 *)r->out + r->out_bytes, size);
    r->out_bytes += size;
    gst_buffer_unref (buffer);
  }
  r->out_frames = (guint)(r->out_bytes / (r->channels * sizeof (float)));
}

void
run_all (Run *r, guint cut)
{
  const gsize bpf = r->channels * sizeof (float);
  lqs_random rnd = { 77 };
  GstBuffer *buffer;
  GstEvent *event;

  for (guint at = 0, n; at < r->in_frames; at += n) {
    n = cut ? cut : lqs_range (&rnd, 1, 3000);
    n = MIN (n, r->in_frames - at);
    buffer = gst_buffer_new_memdup (r->in + (gsize)at * r->channels, n * bpf);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (at, GST_SECOND, r->rate);
    GST_BUFFER_DURATION (buffer) =
        gst_util_uint64_scale_round (at + n, GST_SECOND, r->rate) - GST_BUFFER_PTS (buffer);
    r->flow = gst_harness_push (r->h, buffer);
    if (r->flow != GST_FLOW_OK)
      break;
  }
  gst_harness_push_event (r->h, gst_event_new_eos ());
  while ((event = gst_harness_try_pull_event (r->h))) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_TAG && !r->tags) {
      GstTagList *list;
      gst_event_parse_tag (event, &list);
      r->tags = gst_tag_list_copy (list);
    }
    gst_event_unref (event);
  }
  run_take (r);
  run_listen (r);
}

guint
run_latency (Run *r)
{
  GstQuery *query = gst_query_new_latency ();
  GstPad *pad = gst_element_get_static_pad (r->element, "src");
  GstClockTime min = 0;

  if (CHECK (gst_pad_query (pad, query), "no answer to LATENCY"))
    gst_query_parse_latency (query, NULL, &min, NULL);
  gst_query_unref (query);
  gst_object_unref (pad);
  return (guint)gst_util_uint64_scale_round (min, r->rate, GST_SECOND);
}

gdouble
run_figure (Run *r, const gchar *name)
{
  gdouble value = NAN;

  CHECK (r->last != NULL, "no final message");
  if (r->last)
    gst_structure_get_double (r->last, name, &value);
  return value;
}

gdouble
run_residue_db (Run *r, gdouble gain)
{
  gdouble worst = 0.0;

  for (gsize i = 0; i < (gsize)r->in_frames * r->channels; i++)
    worst = fmax (worst, fabs ((gdouble)r->out[i] - gain * (gdouble)r->in[i]));
  return 20.0 * log10 (worst + 1e-30);
}

void
run_programme (Run *r, guint frames, gdouble amplitude, guint64 seed)
{
  gfloat *plane = g_new (gfloat, MAX (1, frames));

  r->in_frames = frames;
  g_free (r->in);
  r->in = g_new0 (gfloat, MAX (1, frames) * r->channels);
  for (guint c = 0; c < r->channels; c++) {
    lqs_programme (plane, frames, r->rate, seed + c);
    for (guint i = 0; i < frames; i++)
      r->in[i * r->channels + c] = (gfloat)amplitude * plane[i];
  }
  g_free (plane);
}

void
run_push (Run *r, guint first, guint frames, GstClockTime at)
{
  GstBuffer *buffer = gst_buffer_new_memdup (
      r->in + (gsize)first * r->channels, frames * r->channels * sizeof (gfloat));

  GST_BUFFER_PTS (buffer) = at;
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale_round (frames, GST_SECOND, r->rate);
  r->flow = gst_harness_push (r->h, buffer);
}

void
run_end (Run *r)
{
  gst_harness_push_event (r->h, gst_event_new_eos ());
  run_take (r);
  run_listen (r);
}

guint
run_latency_messages (Run *r)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop (r->bus))) {
    n += GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY;
    CHECK (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR, "an error");
    gst_message_unref (message);
  }
  return n;
}
