/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mixrig.h"

#include "lqtest.h"

#include <string.h>

/* A tail of 50 s takes TSan's programs 10 s where something else runs beside them. */
#define PATIENCE (LQT_ROUNDS (10, 60) * G_TIME_SPAN_SECOND)

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

/* The largest magnitude, of floats. */
static gfloat
loudest (const GstMapInfo *map)
{
  const gfloat *x = (const gfloat *)(gpointer)map->data;
  gfloat most = 0.0f;

  for (gsize i = 0; i < map->size / sizeof *x; i++)
    most = MAX (most, ABS (x[i]));
  return most;
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
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP) &&
      GST_AUDIO_INFO_FORMAT (&rig->info) == GST_AUDIO_FORMAT_F32 && loudest (&map) > 0.0f)
    fault (rig, "a GAP that has %g", (gdouble)loudest (&map));
  if (rig->word && rig->word != mix_fpu ())
    fault (rig, "the FPU's word is %x, not %x", mix_fpu (), rig->word);
  if (GST_AUDIO_INFO_FORMAT (&rig->info) == GST_AUDIO_FORMAT_F32)
    g_array_append_vals (rig->samples, map.data, (guint)(map.size / sizeof (gfloat)));
  else
    g_byte_array_append (rig->bytes, map.data, (guint)map.size);
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
  while (rig->closed && !rig->flushing && !rig->passes) {
    rig->held = TRUE;
    g_cond_broadcast (&rig->cond);
    g_cond_wait (&rig->cond, &rig->lock);
  }
  rig->held = FALSE;
  rig->passes = 0;
  flow = rig->flushing ? GST_FLOW_FLUSHING : rig->returns;
  if (!rig->flushing) {
    if (!rig->stream_starts || !rig->has_caps || !rig->has_segment)
      fault (rig, "a buffer before stream-start, caps or segment");
    else
      keep (rig, buffer);
    if (rig->ended)
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
      rig->ended = FALSE;
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
      rig->ended = TRUE;
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
      rig->flushing = rig->has_segment = rig->ended = FALSE;
      g_array_set_size (rig->samples, 0);
      g_byte_array_set_size (rig->bytes, 0);
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
  rig->bytes = g_byte_array_new ();
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

void
mix_play (MixRig *rig)
{
  CHECK (gst_element_set_state (rig->mix, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE,
      "it doesn't start");
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
mix_let_by (MixRig *rig)
{
  g_mutex_lock (&rig->lock);
  rig->passes = 1;
  rig->held = FALSE;
  g_cond_broadcast (&rig->cond);
  g_mutex_unlock (&rig->lock);
}

const gchar *const mix_mixers[MIX_MIXERS] = { "audiomixer", "audiomixbus" };

MixRig *
mix_playing (const gchar *mixer, const gchar *set, guint inputs, gboolean mono)
{
  gchar *line = g_strconcat (mixer, " name=", mixer, " ", set, NULL);
  MixRig *rig = mix_new (line, FALSE);

  if (mono)
    rig->wants = mix_caps (MIX_RATE, 1, GST_AUDIO_NE (F32));
  for (guint i = 0; i < inputs; i++)
    mix_input (rig, NULL, 1);
  mix_play (rig);
  g_free (line);
  return rig;
}

void
mix_stop (MixRig *rig)
{
  mix_close (rig, FALSE);
  gst_element_set_state (rig->mix, GST_STATE_NULL);
}

void
mix_forget (MixRig *rig)
{
  gst_pad_set_active (rig->out, FALSE);
  gst_pad_set_active (rig->out, TRUE);
  g_mutex_lock (&rig->lock);
  g_ptr_array_set_size (rig->events, 0);
  g_array_set_size (rig->samples, 0);
  g_byte_array_set_size (rig->bytes, 0);
  g_array_set_size (rig->times, 0);
  rig->eos = rig->stream_starts = 0;
  rig->has_caps = rig->has_segment = rig->ended = FALSE;
  g_mutex_unlock (&rig->lock);
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
  (void)CHECK (rig->alive == 0, "%s keeps %d buffers", GST_OBJECT_NAME (rig->mix), rig->alive);
  (void)CHECK (rig->fpu_faults == 0, "the FPU's word isn't put back");
  (void)CHECK (!rig->fault, "%s: %s", GST_OBJECT_NAME (rig->mix), rig->fault);
  (void)CHECK (GST_OBJECT_REFCOUNT_VALUE (rig->mix) == 1, "%d references are left",
      GST_OBJECT_REFCOUNT_VALUE (rig->mix));
  gst_object_unref (rig->mix);
  gst_object_unref (rig->out);
  gst_clear_object (&rig->clock);
  gst_clear_caps (&rig->wants);
  g_ptr_array_unref (rig->events);
  g_array_unref (rig->samples);
  g_byte_array_unref (rig->bytes);
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
