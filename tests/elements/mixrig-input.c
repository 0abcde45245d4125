/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The inputs of a rig: pads of the test's own, each with a thread. */

#include "mixrig.h"

#include "lqtest.h"

/* What an input's thread ends with. */
static gint the_end;

static gboolean
on_upstream (GstPad *pad, GstObject *parent, GstEvent *event)
{
  MixInput *in = gst_pad_get_element_private (pad);
  gboolean done = TRUE;

  g_mutex_lock (&in->rig->lock);
  g_ptr_array_add (in->upstream, gst_event_ref (event));
  g_mutex_unlock (&in->rig->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    done = in->seek && in->seek (in, event);
  gst_event_unref (event);
  return done;
}

static gboolean
on_ask (GstPad *pad, GstObject *parent, GstQuery *query)
{
  MixInput *in = gst_pad_get_element_private (pad);
  GstFormat format;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_LATENCY:
      gst_query_set_latency (query, in->live, in->latency_min, in->latency_max);
      return TRUE;
    case GST_QUERY_SEEKING:
      gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
      gst_query_set_seeking (query, format, in->seek != NULL, 0, -1);
      return TRUE;
    case GST_QUERY_DURATION:
      gst_query_set_duration (query, GST_FORMAT_TIME, (gint64)in->channels * GST_SECOND);
      return TRUE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

/* The FPU's word but for its sticky flags. */
guint
mix_fpu (void)
{
#ifdef __SSE__
  return __builtin_ia32_stmxcsr () & ~0x3fu;
#else
  return 0;
#endif
}

static void
handle (MixInput *in, gpointer item)
{
  const guint word = mix_fpu ();

  if (GST_IS_BUFFER (item)) {
    g_atomic_int_set (&in->flow, gst_pad_push (in->src, item));
    if (mix_fpu () != word)
      g_atomic_int_inc (&in->rig->fpu_faults);
  } else if (GST_IS_EVENT (item)) {
    const gboolean ok = gst_pad_push_event (in->src, item);
    g_atomic_int_set (&in->accepted, ok);
    if (!ok)
      g_atomic_int_inc (&in->refused);
  } else {
    const gboolean ok = gst_pad_peer_query (in->src, item);
    g_mutex_lock (&in->rig->lock);
    g_ptr_array_add (in->handled, item);
    in->answers += ok;
    g_mutex_unlock (&in->rig->lock);
  }
}

static gpointer
input_thread (gpointer user)
{
  MixInput *in = user;
  MixRig *rig = in->rig;
  gpointer item;

  g_mutex_lock (&rig->lock);
  for (;;) {
    while (!(item = g_queue_pop_head (&in->queue)))
      g_cond_wait (&in->filled, &rig->lock);
    if (item == &the_end)
      break;
    g_mutex_unlock (&rig->lock);
    handle (in, item);
    g_mutex_lock (&rig->lock);
    g_atomic_int_add (&in->busy, -1);
    g_cond_broadcast (&rig->cond);
  }
  g_mutex_unlock (&rig->lock);
  return NULL;
}

static void
enqueue (MixInput *in, gpointer item)
{
  g_mutex_lock (&in->rig->lock);
  g_queue_push_tail (&in->queue, item);
  g_cond_signal (&in->filled);
  g_mutex_unlock (&in->rig->lock);
}

void
mix_push (MixInput *in, gpointer item)
{
  g_atomic_int_inc (&in->busy);
  enqueue (in, item);
}

static gpointer
dequeue (MixInput *in)
{
  gpointer item;

  g_mutex_lock (&in->rig->lock);
  item = g_queue_pop_head (&in->queue);
  g_mutex_unlock (&in->rig->lock);
  return item;
}

/* What it hasn't pushed yet is forgotten. */
void
mix_drop (MixInput *in)
{
  gpointer item;

  while ((item = dequeue (in))) {
    gst_mini_object_unref (item);
    g_atomic_int_add (&in->busy, -1);
  }
}

GstCaps *
mix_caps (guint rate, guint channels, const gchar *format)
{
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING, format, "layout",
      G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, (gint)rate, "channels", G_TYPE_INT,
      (gint)channels, NULL);

  if (channels > 2)
    gst_caps_set_simple (caps, "channel-mask", GST_TYPE_BITMASK,
        gst_audio_channel_get_fallback_mask ((gint)channels), NULL);
  return caps;
}

/* Milliseconds, −1: open. */
GstEvent *
mix_segment (gint64 start_ms, gint64 stop_ms, gint64 base_ms, gint64 offset_ms)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = (guint64)start_ms * GST_MSECOND;
  if (stop_ms >= 0)
    segment.stop = (guint64)stop_ms * GST_MSECOND;
  segment.base = (guint64)base_ms * GST_MSECOND;
  segment.offset = (guint64)offset_ms * GST_MSECOND;
  return gst_event_new_segment (&segment);
}

void
mix_begin (MixInput *in)
{
  GstCaps *caps = mix_caps (MIX_RATE, in->channels, GST_AUDIO_NE (F32));

  mix_push (in, gst_event_new_stream_start (GST_PAD_NAME (in->src)));
  mix_push (in, gst_event_new_caps (caps));
  mix_push (in, mix_segment (0, -1, 0, 0));
  gst_caps_unref (caps);
}

static void
on_gone (gpointer rig, GstMiniObject *buffer)
{
  g_atomic_int_add (&((MixRig *)rig)->alive, -1);
}

/* So many frames of one value on all channels; `frame` G_MAXUINT64: without a timestamp. */
GstBuffer *
mix_value (MixInput *in, guint64 frame, guint frames, gdouble value)
{
  const guint n = frames * in->channels;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * sizeof (gfloat), NULL);
  gfloat x = (gfloat)value;

  for (guint i = 0; i < n; i++)
    gst_buffer_fill (buffer, i * sizeof x, &x, sizeof x);
  if (frame != G_MAXUINT64)
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (frame, GST_SECOND, MIX_RATE);
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale_round (frames, GST_SECOND, MIX_RATE);
  g_atomic_int_inc (&in->rig->alive);
  gst_mini_object_weak_ref (GST_MINI_OBJECT_CAST (buffer), on_gone, in->rig);
  return buffer;
}

/* A value that says which frame it belongs to, exact in float. */
gfloat
mix_ramp_at (guint64 frame)
{
  return (gfloat)(frame % 4099) / 16384.0f;
}

GstBuffer *
mix_ramp (MixInput *in, guint64 frame, guint frames)
{
  GstBuffer *buffer = mix_value (in, frame, frames, 0.0);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint i = 0; i < frames * in->channels; i++)
    ((gfloat *)(gpointer)map.data)[i] = mix_ramp_at (frame + i / in->channels);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

gboolean
mix_flush_start (MixInput *in, guint32 seqnum)
{
  GstEvent *event = gst_event_new_flush_start ();

  gst_event_set_seqnum (event, seqnum);
  return gst_pad_push_event (in->src, event);
}

gboolean
mix_flush_stop (MixInput *in, guint32 seqnum)
{
  GstEvent *event = gst_event_new_flush_stop (TRUE);

  gst_event_set_seqnum (event, seqnum);
  return gst_pad_push_event (in->src, event);
}

MixInput *
mix_input (MixRig *rig, const gchar *name, guint channels)
{
  MixInput *in = g_new0 (MixInput, 1);
  gchar *own = g_strdup_printf ("in%u", rig->inputs);

  in->rig = rig;
  in->channels = channels;
  in->live = rig->clock != NULL;
  in->latency_min = rig->latency_min;
  in->latency_max = GST_CLOCK_TIME_NONE;
  in->seek = rig->seek;
  g_queue_init (&in->queue);
  g_cond_init (&in->filled);
  in->handled = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_query_unref);
  in->upstream = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_event_unref);
  in->src = gst_pad_new (own, GST_PAD_SRC);
  gst_pad_set_element_private (in->src, in);
  gst_pad_set_event_function (in->src, on_upstream);
  gst_pad_set_query_function (in->src, on_ask);
  gst_pad_set_active (in->src, TRUE);
  in->sink = gst_element_request_pad_simple (rig->mix, name ? name : "sink_%u");
  CHECK (in->sink && gst_pad_link (in->src, in->sink) == GST_PAD_LINK_OK, "no pad");
  in->thread = g_thread_new (own, input_thread, in);
  g_free (own);
  rig->in[rig->inputs++] = in;
  return in;
}

/* What never was pushed goes. */
static void
input_free (MixInput *in)
{
  mix_drop (in);
  enqueue (in, &the_end);
  gst_pad_set_active (in->src, FALSE);
  g_thread_join (in->thread);
  g_cond_clear (&in->filled);
  g_ptr_array_unref (in->handled);
  g_ptr_array_unref (in->upstream);
  gst_clear_object (&in->sink);
  gst_object_unref (in->src);
  g_free (in);
}

void
mix_remove (MixInput *in)
{
  MixRig *rig = in->rig;

  gst_element_release_request_pad (rig->mix, in->sink);
  for (guint i = 0; i < rig->inputs; i++)
    if (rig->in[i] == in)
      rig->in[i--] = rig->in[--rig->inputs];
  input_free (in);
}
