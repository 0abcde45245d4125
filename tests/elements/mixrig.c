/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mixrig.h"

#include "lqtest.h"

#include <string.h>

#define PATIENCE (10 * G_TIME_SPAN_SECOND)

/* What an input's thread ends with. */
static gint the_end;

/* What comes out. */

static void G_GNUC_PRINTF (2, 3) fault (MixRig *rig, const gchar *format, ...)
{
  va_list args;

  if (rig->fault)
    return;
  va_start (args, format);
  rig->fault = g_strdup_vprintf (format, args);
  va_end (args);
}

/* With the lock: times of a buffer follow from its frames. */
static void
look_at (MixRig *rig, GstBuffer *buffer, guint frames)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&rig->info);
  const guint64 first = GST_BUFFER_OFFSET (buffer), last = GST_BUFFER_OFFSET_END (buffer);
  const GstClockTime begin =
      rig->segment.start + gst_util_uint64_scale (first, GST_SECOND, rate);
  const GstClockTime end = rig->segment.start + gst_util_uint64_scale (last, GST_SECOND, rate);

  if (last - first != frames)
    fault (rig, "%u frames are called %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, frames,
        first, last);
  if (rig->next != GST_BUFFER_OFFSET_NONE && first != rig->next)
    fault (rig, "frame %" G_GUINT64_FORMAT " follows where %" G_GUINT64_FORMAT " should", first,
        rig->next);
  if (GST_BUFFER_PTS (buffer) != begin)
    fault (rig, "frame %" G_GUINT64_FORMAT " has the time %" G_GUINT64_FORMAT, first,
        GST_BUFFER_PTS (buffer));
  /* audiomixer has a duration of its own rounding. */
  if (ABS (GST_CLOCK_DIFF (end - begin, GST_BUFFER_DURATION (buffer))) > 1)
    fault (
        rig, "%u frames last %" G_GUINT64_FORMAT " ns", frames, GST_BUFFER_DURATION (buffer));
  rig->next = last;
}

static void
keep (MixRig *rig, GstBuffer *buffer)
{
  const guint bpf = (guint)GST_AUDIO_INFO_BPF (&rig->info);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  if (map.size % bpf || map.size == 0)
    fault (rig, "a buffer of %" G_GSIZE_FORMAT " bytes", map.size);
  look_at (rig, buffer, (guint)(map.size / bpf));
  if (GST_AUDIO_INFO_FORMAT (&rig->info) == GST_AUDIO_FORMAT_F32)
    g_array_append_vals (rig->samples, map.data, (guint)(map.size / sizeof (gfloat)));
  g_array_append_val (rig->times, GST_BUFFER_PTS (buffer));
  gst_buffer_unmap (buffer, &map);
  rig->buffers++;
  rig->disconts += GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  rig->gaps += GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP);
}

static GstFlowReturn
on_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  MixRig *rig = gst_pad_get_element_private (pad);
  GstFlowReturn flow;

  g_mutex_lock (&rig->lock);
  while (rig->closed && !rig->flushing) {
    rig->held = TRUE;
    g_cond_broadcast (&rig->cond);
    g_cond_wait (&rig->cond, &rig->lock);
  }
  rig->held = FALSE;
  flow = rig->flushing ? GST_FLOW_FLUSHING : rig->returns;
  if (!rig->flushing) {
    if (!rig->stream_starts || !rig->has_caps || !rig->has_segment)
      fault (rig, "a buffer before stream-start, caps or segment");
    else
      keep (rig, buffer);
    if (rig->eos && !rig->flush_stops && rig->stream_starts < 2)
      fault (rig, "a buffer after EOS");
  }
  g_cond_broadcast (&rig->cond);
  g_mutex_unlock (&rig->lock);
  gst_buffer_unref (buffer);
  return flow;
}

/* With the lock. */
static void
note (MixRig *rig, GstEvent *event)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      rig->stream_starts++;
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      rig->has_caps = gst_audio_info_from_caps (&rig->info, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &rig->segment);
      rig->has_segment = TRUE;
      rig->segments++;
      rig->next = GST_BUFFER_OFFSET_NONE;
      break;
    case GST_EVENT_EOS:
      rig->eos++;
      break;
    case GST_EVENT_FLUSH_START:
      if (rig->flushing)
        fault (rig, "FLUSH_START twice");
      rig->flush_starts++;
      rig->flushing = TRUE;
      break;
    case GST_EVENT_FLUSH_STOP:
      if (!rig->flushing)
        fault (rig, "FLUSH_STOP without a FLUSH_START");
      rig->flush_stops++;
      rig->flushing = rig->has_segment = FALSE;
      g_array_set_size (rig->samples, 0);
      g_array_set_size (rig->times, 0);
      rig->eos = 0;
      break;
    default:
      break;
  }
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  MixRig *rig = gst_pad_get_element_private (pad);

  g_mutex_lock (&rig->lock);
  note (rig, event);
  g_ptr_array_add (rig->events, event);
  g_cond_broadcast (&rig->cond);
  g_mutex_unlock (&rig->lock);
  return TRUE;
}

static gboolean
on_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  MixRig *rig = gst_pad_get_element_private (pad);
  GstCaps *filter, *caps;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS && rig->wants) {
    gst_query_parse_caps (query, &filter);
    caps = filter ? gst_caps_intersect_full (filter, rig->wants, GST_CAPS_INTERSECT_FIRST)
                  : gst_caps_ref (rig->wants);
    gst_query_set_caps_result (query, caps);
    gst_caps_unref (caps);
    return TRUE;
  }
  return gst_pad_query_default (pad, parent, query);
}

/* What goes in. */

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

static void
handle (MixInput *in, gpointer item)
{
  if (GST_IS_BUFFER (item)) {
    g_atomic_int_set (&in->flow, gst_pad_push (in->src, item));
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
  gpointer item;

  while ((item = g_async_queue_pop (in->queue)) != &the_end) {
    handle (in, item);
    g_atomic_int_add (&in->busy, -1);
    g_mutex_lock (&in->rig->lock);
    g_cond_broadcast (&in->rig->cond);
    g_mutex_unlock (&in->rig->lock);
  }
  return NULL;
}

void
mix_push (MixInput *in, gpointer item)
{
  g_atomic_int_inc (&in->busy);
  g_async_queue_push (in->queue, item);
}

/* What it hasn't pushed yet is forgotten. */
void
mix_drop (MixInput *in)
{
  gpointer item;

  while ((item = g_async_queue_try_pop (in->queue))) {
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

/* Waiting. */

static gboolean
wait_for (
    MixRig *rig, gboolean (*there) (gpointer, guint), gpointer what, guint n, gint64 patience)
{
  const gint64 until = g_get_monotonic_time () + patience;
  gboolean ok;

  g_mutex_lock (&rig->lock);
  while (!(ok = there (what, n)) && g_cond_wait_until (&rig->cond, &rig->lock, until))
    ;
  g_mutex_unlock (&rig->lock);
  return ok;
}

static gboolean
is_idle (gpointer in, guint n)
{
  return g_atomic_int_get (&((MixInput *)in)->busy) == 0;
}

static gboolean
has_frames (gpointer rig, guint frames)
{
  MixRig *r = rig;

  return r->has_caps && r->samples->len >= frames * (guint)GST_AUDIO_INFO_CHANNELS (&r->info);
}

static gboolean
is_held (gpointer rig, guint n)
{
  return ((MixRig *)rig)->held;
}

static gboolean
has_eos (gpointer rig, guint eos)
{
  return ((MixRig *)rig)->eos >= eos;
}

gboolean
mix_wait_idle (MixInput *in)
{
  return CHECK (wait_for (in->rig, is_idle, in, 0, PATIENCE), "%s stalls on %s",
      GST_PAD_NAME (in->src), GST_OBJECT_NAME (in->rig->mix));
}

gboolean
mix_is_blocked (MixInput *in, guint ms)
{
  return !wait_for (in->rig, is_idle, in, 0, ms * G_TIME_SPAN_MILLISECOND);
}

gboolean
mix_wait_frames (MixRig *rig, guint frames)
{
  return CHECK (wait_for (rig, has_frames, rig, frames, PATIENCE),
      "%s: %u samples of %u frames", GST_OBJECT_NAME (rig->mix), mix_samples (rig), frames);
}

/* Until downstream, which is closed, holds a buffer. */
gboolean
mix_wait_held (MixRig *rig)
{
  return CHECK (wait_for (rig, is_held, rig, 0, PATIENCE), "%s pushes nothing",
      GST_OBJECT_NAME (rig->mix));
}

gboolean
mix_wait_eos (MixRig *rig, guint eos)
{
  return CHECK (wait_for (rig, has_eos, rig, eos, PATIENCE), "%s: no EOS after %u samples",
      GST_OBJECT_NAME (rig->mix), mix_samples (rig));
}

/* Until the mixer waits for the clock; *time (or NULL): for what. */
gboolean
mix_wait_clock (MixRig *rig, GstClockTime *time)
{
  const gint64 until = g_get_monotonic_time () + PATIENCE;
  GstClockID id = NULL;

  while (!gst_test_clock_peek_next_pending_id (rig->clock, &id)) {
    if (g_get_monotonic_time () > until)
      return CHECK (FALSE, "%s waits for no clock", GST_OBJECT_NAME (rig->mix));
    g_usleep (200);
  }
  if (time)
    *time = gst_clock_id_get_time (id);
  gst_clock_id_unref (id);
  return TRUE;
}

gboolean
mix_crank (MixRig *rig)
{
  return mix_wait_clock (rig, NULL) && gst_test_clock_crank (rig->clock);
}

/* The rig. */

MixRig *
mix_new (const gchar *line, gboolean live)
{
  MixRig *rig = g_new0 (MixRig, 1);
  GstPad *src;

  rig->mix = gst_parse_launch (line, NULL);
  gst_object_ref_sink (rig->mix);
  rig->bus = gst_bus_new ();
  gst_element_set_bus (rig->mix, rig->bus);
  rig->returns = GST_FLOW_OK;
  rig->next = GST_BUFFER_OFFSET_NONE;
  g_mutex_init (&rig->lock);
  g_cond_init (&rig->cond);
  rig->events = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_event_unref);
  rig->samples = g_array_new (FALSE, FALSE, sizeof (gfloat));
  rig->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  rig->out = gst_pad_new ("out", GST_PAD_SINK);
  gst_pad_set_element_private (rig->out, rig);
  gst_pad_set_chain_function (rig->out, on_buffer);
  gst_pad_set_event_function (rig->out, on_event);
  gst_pad_set_query_function (rig->out, on_query);
  gst_pad_set_active (rig->out, TRUE);
  src = gst_element_get_static_pad (rig->mix, "src");
  gst_pad_link (src, rig->out);
  gst_object_unref (src);
  if (live) {
    rig->clock = GST_TEST_CLOCK (gst_test_clock_new ());
    gst_element_set_clock (rig->mix, GST_CLOCK (rig->clock));
    gst_element_set_base_time (rig->mix, 0);
  }
  return rig;
}

MixInput *
mix_input (MixRig *rig, const gchar *name, guint channels)
{
  MixInput *in = g_new0 (MixInput, 1);
  gchar *own = g_strdup_printf ("in%u", rig->inputs);

  in->rig = rig;
  in->channels = channels;
  in->live = rig->clock != NULL;
  in->latency_max = GST_CLOCK_TIME_NONE;
  in->queue = g_async_queue_new ();
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

void
mix_play (MixRig *rig)
{
  CHECK (gst_element_set_state (rig->mix, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE,
      "it doesn't start");
}

/* What never was pushed goes. */
static void
input_free (MixInput *in)
{
  mix_drop (in);
  g_async_queue_push (in->queue, &the_end);
  gst_pad_set_active (in->src, FALSE);
  g_thread_join (in->thread);
  g_async_queue_unref (in->queue);
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

void
mix_close (MixRig *rig, gboolean closed)
{
  g_mutex_lock (&rig->lock);
  rig->closed = closed;
  g_cond_broadcast (&rig->cond);
  g_mutex_unlock (&rig->lock);
}

void
mix_stop (MixRig *rig)
{
  mix_close (rig, FALSE);
  gst_element_set_state (rig->mix, GST_STATE_NULL);
}

void
mix_free (MixRig *rig)
{
  mix_stop (rig);
  while (rig->inputs)
    mix_remove (rig->in[rig->inputs - 1]);
  gst_pad_set_active (rig->out, FALSE);
  gst_element_set_bus (rig->mix, NULL);
  gst_object_unref (rig->bus);
  (void)CHECK (!rig->fault, "%s: %s", GST_OBJECT_NAME (rig->mix), rig->fault);
  (void)CHECK (GST_OBJECT_REFCOUNT_VALUE (rig->mix) == 1, "%d references are left",
      GST_OBJECT_REFCOUNT_VALUE (rig->mix));
  gst_object_unref (rig->mix);
  gst_object_unref (rig->out);
  gst_clear_object (&rig->clock);
  gst_clear_caps (&rig->wants);
  g_ptr_array_unref (rig->events);
  g_array_unref (rig->samples);
  g_array_unref (rig->times);
  g_mutex_clear (&rig->lock);
  g_cond_clear (&rig->cond);
  g_free (rig->fault);
  g_free (rig);
}

/* Results. */

guint32
mix_seqnum (MixRig *rig, GstEventType type)
{
  guint32 seqnum = 0;

  g_mutex_lock (&rig->lock);
  for (guint i = 0; i < rig->events->len; i++) {
    GstEvent *event = g_ptr_array_index (rig->events, i);
    if (GST_EVENT_TYPE (event) == type)
      seqnum = gst_event_get_seqnum (event);
  }
  g_mutex_unlock (&rig->lock);
  return seqnum;
}

gfloat
mix_sample (MixRig *rig, guint n)
{
  gfloat x;

  g_mutex_lock (&rig->lock);
  x = n < rig->samples->len ? g_array_index (rig->samples, gfloat, n) : -99.0f;
  g_mutex_unlock (&rig->lock);
  return x;
}

guint
mix_samples (MixRig *rig)
{
  guint n;

  g_mutex_lock (&rig->lock);
  n = rig->samples->len;
  g_mutex_unlock (&rig->lock);
  return n;
}

/* The first of this type on the bus, or NULL; those before it are lost. */
GstMessage *
mix_message (MixRig *rig, GstMessageType type)
{
  return gst_bus_pop_filtered (rig->bus, type);
}

gchar *
mix_error (MixRig *rig)
{
  GstMessage *message = mix_message (rig, GST_MESSAGE_ERROR);
  GError *error = NULL;
  gchar *text;

  if (!message)
    return NULL;
  gst_message_parse_error (message, &error, NULL);
  text = g_strdup (error->message);
  g_error_free (error);
  gst_message_unref (message);
  return text;
}
