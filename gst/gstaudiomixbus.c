/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-audiomixbus
 * @title: audiomixbus
 *
 * A mixing console: every sink pad is a channel with a strip, a fader, pan and sends; groups,
 * a reverb and a delay return, and the bus. It takes the place of audiomixer: pipelines go on with
 * the name changed, and at unity settings the samples are the same.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=vocal.wav ! wavparse ! audiomixbus ! wavenc ! filesink location=out.wav
 * ]|
 */

#include "gstaudiomixbus-private.h"

#include "lqcommon.h"

GST_DEBUG_CATEGORY (lq_mix_debug);

static void gst_audio_mix_bus_child_proxy_init (gpointer iface, gpointer data);

G_DEFINE_TYPE (GstAudioMixBusPad, gst_audio_mix_bus_pad, GST_TYPE_PAD)
G_DEFINE_TYPE_WITH_CODE (GstAudioMixBus, gst_audio_mix_bus, GST_TYPE_ELEMENT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY, gst_audio_mix_bus_child_proxy_init))
GST_ELEMENT_REGISTER_DEFINE (audiomixbus, "audiomixbus", GST_RANK_NONE, GST_TYPE_AUDIO_MIX_BUS)

enum { SIGNAL_SAMPLES_SELECTED, SIGNALS };
static guint signals[SIGNALS];
enum { PAD_SIGNAL_BUFFER_CONSUMED, PAD_SIGNALS };
static guint pad_signals[PAD_SIGNALS];

static LqParamTable *bus_table, *pad_table;

static const struct lq_param pad_rows[] = {
  { "group", "Group", "Name of a group of the bus's groups; empty: straight to the bus", NULL,
      LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_PLAYING, 0 },
  { "label", "Label", "A name for messages and keys", NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD,
      0, 0, 0, NULL, LQ_PLAYING, 0 },
  { "gate-key", "Gate key",
      "Pad name, label or group whose signal, after its strip, drives the gate; empty: itself; "
      "no such name: a warning and silence",
      NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_PLAYING, 0 },
  { "comp-key", "Compressor key", "The same for the compressor", NULL, LQ_STRING, LQ_LINEAR,
      LQ_NO_FIELD, 0, 0, 0, NULL, LQ_PLAYING, 0 },
  { "duck-key", "Duck key", "The same for ducking; empty: off", NULL, LQ_STRING, LQ_LINEAR,
      LQ_NO_FIELD, 0, 0, 0, NULL, LQ_PLAYING, 0 },
  { "qos-messages", "QoS messages", "Posts a QoS message where frames come too late", NULL,
      LQ_BOOL, LQ_LINEAR, LQ_NO_FIELD, 0, 1, 0, NULL, LQ_PLAYING | LQ_FIXED, 0 },
  { "emit-signals", "Emit signals", "Emits buffer-consumed", NULL, LQ_BOOL, LQ_LINEAR,
      LQ_NO_FIELD, 0, 1, 0, NULL, LQ_PLAYING | LQ_FIXED, 0 },
  { "bad-samples", "Bad samples",
      "Samples of this pad scrubbed since READY: NaN and infinity to 0, magnitudes above 1e6 "
      "clamped",
      "samples", LQ_UINT64, LQ_LINEAR, LQ_NO_FIELD, 0, 18446744073709551615.0, 0, NULL,
      LQ_READONLY, 0 },
};
static const struct lq_module pad_module = { "", pad_rows, LQ_COUNT (pad_rows), 0, NULL };

static const struct lq_enum missing_enum = { "LqMissingInput",
  (const struct lq_item[]){ { "silence", "Silence", LQ_MISSING_SILENCE },
      { "warn", "Silence and a warning", LQ_MISSING_WARN },
      { "error", "An error", LQ_MISSING_ERROR }, { NULL, NULL, 0 } } };

static const struct lq_param bus_rows[] = {
  { "missing-input", "Missing input",
      "Live, when data isn't there in time: the pad fades out and, when it is back, in; warn "
      "and "
      "error also post that message",
      NULL, LQ_ENUM, LQ_LINEAR, LQ_NO_FIELD, 0, 2, LQ_MISSING_SILENCE, &missing_enum,
      LQ_PLAYING, 0 },
  LQ_RESPONSE_ROW,
  { "groups", "Groups",
      "Name, gain, mute and solo of each, separated by ;: "
      "drums,gain=-3.0,mute=false,solo=false",
      NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_PLAYING, 0 },
};
static const struct lq_module bus_module = { "", bus_rows, LQ_COUNT (bus_rows), 0, NULL };

/* Pads. */

const LqParamTable *
lq_mix_pad_table (void)
{
  return pad_table;
}

static void
gst_audio_mix_bus_pad_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  lq_params_set_value (&GST_AUDIO_MIX_BUS_PAD (object)->params, id, value, LQ_ORIGIN_EXPLICIT);
}

static void
gst_audio_mix_bus_pad_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  lq_params_get_value (&GST_AUDIO_MIX_BUS_PAD (object)->params, id, value);
}

static void
gst_audio_mix_bus_pad_finalize (GObject *object)
{
  GstAudioMixBusPad *pad = GST_AUDIO_MIX_BUS_PAD (object);

  lq_mix_pad_clear (pad);
  for (guint i = 0; i < pad->incoming->len; i++)
    gst_mini_object_unref (g_ptr_array_index (pad->incoming, i));
  g_ptr_array_unref (pad->incoming);
  g_ptr_array_unref (pad->taken);
  for (guint k = 0; k < LQ_KEYS; k++)
    g_free (pad->bad_key[k]);
  lq_params_clear (&pad->params);
  g_mutex_clear (&pad->lock);
  g_mutex_clear (&pad->work);
  g_cond_clear (&pad->room);
  G_OBJECT_CLASS (gst_audio_mix_bus_pad_parent_class)->finalize (object);
}

static void
gst_audio_mix_bus_pad_class_init (GstAudioMixBusPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_audio_mix_bus_pad_set_property;
  object_class->get_property = gst_audio_mix_bus_pad_get_property;
  object_class->finalize = gst_audio_mix_bus_pad_finalize;
  pad_table = lq_param_table_new (object_class);
  lq_param_table_add (pad_table, LQ_GROUP_CHAIN, lq_channel_modules, LQ_CHANNEL_MODULES);
  lq_param_table_add (
      pad_table, LQ_GROUP_FIGURES, lq_channel_figure_modules, LQ_CHANNEL_FIGURE_MODULES);
  lq_param_table_add (pad_table, LQ_GROUP_ELEMENT, &pad_module, 1);
  pad_signals[PAD_SIGNAL_BUFFER_CONSUMED] =
      g_signal_new ("buffer-consumed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_FIRST, 0, NULL,
          NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_BUFFER);
}

static void
gst_audio_mix_bus_pad_init (GstAudioMixBusPad *pad)
{
  g_mutex_init (&pad->lock);
  g_mutex_init (&pad->work);
  g_cond_init (&pad->room);
  pad->incoming = g_ptr_array_new ();
  pad->taken = g_ptr_array_new ();
  pad->flow = GST_FLOW_FLUSHING;
  pad->first_buffer = TRUE;
  gst_segment_init (&pad->segment, GST_FORMAT_UNDEFINED);
  lq_params_init (&pad->params, pad_table);
  pad->emits_of = lq_params_generation (&pad->params) - 1;
  lq_mix_pad_restart (pad);
}

/* A buffer is taken out of the queue. */
void
lq_mix_pad_consumed (GstAudioMixBusPad *pad, GstBuffer *buffer)
{
  const guint generation = lq_params_generation (&pad->params);

  /* Once a buffer: no look-up by name. */
  if (pad->emits_of != generation) {
    pad->emits_of = generation;
    pad->emits = lq_params_get_int (&pad->params, "emit-signals");
  }
  if (pad->emits)
    g_signal_emit (pad, pad_signals[PAD_SIGNAL_BUFFER_CONSUMED], 0, buffer);
}

/* The element. */

/* Something happened that the mixing thread has to look at. */
void
lq_mix_kick (GstAudioMixBus *self)
{
  g_mutex_lock (&self->lock);
  self->kicked = TRUE;
  if (self->clock_id)
    gst_clock_id_unschedule (self->clock_id);
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

/* The next block's inputs are known. */
void
lq_mix_select (GstAudioMixBus *self, guint64 frame, guint frames)
{
  GstStructure *info;
  GstClockTime pts;

  if (!self->now.emit_signals)
    return;
  info = gst_structure_new ("GstAudioAggregatorSelectedSamplesInfo", "offset", G_TYPE_UINT64,
      frame, "frames", G_TYPE_UINT, frames, NULL);
  pts = self->out_segment.start +
        gst_util_uint64_scale (frame, GST_SECOND, (guint64)self->stream.rate);
  g_signal_emit (self, signals[SIGNAL_SAMPLES_SELECTED], 0, &self->out_segment, pts,
      GST_CLOCK_TIME_NONE,
      gst_util_uint64_scale (frames, GST_SECOND, (guint64)self->stream.rate), info);
  gst_structure_free (info);
}

static gint
gst_audio_mix_bus_compare_pads (gconstpointer a, gconstpointer b)
{
  const GstAudioMixBusPad *x = *(GstAudioMixBusPad *const *)a;
  const GstAudioMixBusPad *y = *(GstAudioMixBusPad *const *)b;

  return x->number < y->number ? -1 : x->number > y->number;
}

/* The number of `sink_7`, of any free one where nothing is asked for. FALSE: no such name. */
static gboolean
gst_audio_mix_bus_number (GstAudioMixBus *self, const gchar *name, guint *number)
{
  guint64 value;

  if (name && !g_str_equal (name, "sink_%u")) {
    if (!g_str_has_prefix (name, "sink_") ||
        !g_ascii_string_to_unsigned (name + 5, 10, 0, G_MAXUINT32 - 1, &value, NULL))
      return FALSE;
    *number = (guint)value;
  } else {
    *number = self->next_number;
  }
  if (*number >= self->next_number)
    self->next_number = *number + 1;
  return TRUE;
}

static GstPad *
gst_audio_mix_bus_request_new_pad (
    GstElement *element, GstPadTemplate *templ, const gchar *name, const GstCaps *caps)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (element);
  GstAudioMixBusPad *pad;
  GstPad *present = NULL;
  gchar *full = NULL;
  gboolean ok;
  guint number;

  g_mutex_lock (&self->lock);
  ok = gst_audio_mix_bus_number (self, name, &number);
  g_mutex_unlock (&self->lock);
  if (ok) {
    full = g_strdup_printf ("sink_%u", number);
    present = gst_element_get_static_pad (element, full);
  }
  if (!ok || present) {
    GST_WARNING_OBJECT (self, "no pad %s: %s", name, ok ? "it is taken" : "names are sink_%u");
    gst_clear_object (&present);
    g_free (full);
    return NULL;
  }
  pad = g_object_new (GST_TYPE_AUDIO_MIX_BUS_PAD, "name", full, "direction", GST_PAD_SINK,
      "template", templ, NULL);
  g_free (full);
  pad->number = number;
  lq_mix_pad_setup (pad);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->pads, gst_object_ref (pad));
  g_ptr_array_sort (self->pads, gst_audio_mix_bus_compare_pads);
  self->pads_serial++;
  self->peer_known = FALSE;
  g_mutex_unlock (&self->lock);
  if (!gst_element_add_pad (element, GST_PAD (pad)))
    return NULL;
  lq_mix_kick (self);
  gst_child_proxy_child_added (GST_CHILD_PROXY (self), G_OBJECT (pad), GST_OBJECT_NAME (pad));
  return GST_PAD (pad);
}

static void
gst_audio_mix_bus_release_pad (GstElement *element, GstPad *gstpad)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (element);
  GstAudioMixBusPad *pad = GST_AUDIO_MIX_BUS_PAD (gstpad);

  gst_object_ref (pad);
  gst_child_proxy_child_removed (GST_CHILD_PROXY (self), G_OBJECT (pad), GST_OBJECT_NAME (pad));
  g_mutex_lock (&pad->lock);
  pad->released = TRUE;
  pad->flow = GST_FLOW_FLUSHING;
  if (pad->query && !pad->query_busy)
    pad->query = NULL;
  g_cond_broadcast (&pad->room);
  g_mutex_unlock (&pad->lock);
  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->pads, pad);
  self->pads_serial++;
  /* Once live, it stays so without inputs. */
  if (self->pads->len)
    self->peer_known = FALSE;
  else
    g_atomic_int_set (&self->rate, 0);
  g_mutex_unlock (&self->lock);
  gst_element_remove_pad (element, gstpad);
  lq_mix_kick (self);
  gst_object_unref (pad);
}

/* States. */

static void
gst_audio_mix_bus_reset (GstAudioMixBus *self)
{
  lq_mix_close (self);
  for (guint i = self->voices->len; i-- > 0;)
    lq_voice_free (g_ptr_array_index (self->voices, i));
  g_ptr_array_set_size (self->voices, 0);
  g_ptr_array_set_size (self->snapshot, 0);
  self->snapshot_serial--;
  lq_mix_drop_filling (self);
  lq_mix_release (self);
  lq_arena_free (&self->output_arena);
  for (guint i = 0; i < self->pads->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->pads, i);
    lq_mix_pad_clear (pad);
    lq_mix_pad_restart (pad);
    pad->voice = NULL;
    pad->has_caps = pad->eos = pad->waited_once = FALSE;
    pad->first_buffer = TRUE;
    pad->processed = pad->dropped = pad->bad_samples = 0;
    pad->refused_rate = 0;
    gst_segment_init (&pad->segment, GST_FORMAT_UNDEFINED);
    lq_params_put_uint64 (&pad->params, "bad-samples", 0);
  }
}

/* Before anything flows. FALSE: an error was posted. */
static gboolean
gst_audio_mix_bus_start (GstAudioMixBus *self)
{
  GError *error = NULL;

  if (!lq_mix_read_texts (self))
    return FALSE;
  if (!lq_response_check (&self->response, &error)) {
    lq_mix_fail (self, error);
    return FALSE;
  }
  lq_params_latch (&self->params);
  for (guint i = 0; i < self->pads->len; i++)
    lq_params_latch (&GST_AUDIO_MIX_BUS_PAD (g_ptr_array_index (self->pads, i))->params);
  gst_audio_mix_bus_reset (self);
  g_atomic_int_set (&self->rate, 0);
  g_atomic_int_set (&self->latency_frames, 0);
  self->bad_samples = 0;
  lq_params_put_uint64 (&self->params, "bad-samples", 0);
  self->told = FALSE;
  self->need_stream_start = TRUE;
  lq_mix_restart (self);
  g_mutex_lock (&self->lock);
  if (!self->sought) {
    gst_segment_init (&self->segment, GST_FORMAT_TIME);
    self->seqnum = gst_util_seqnum_next ();
  } else {
    self->position = self->segment.position;
  }
  self->first_buffer = !self->sought;
  self->sought = FALSE;
  self->new_segment = TRUE;
  self->out_seqnum = 0;
  self->send_eos = self->blocked = TRUE;
  self->eos_asked = FALSE;
  self->flushing = self->seeking = FALSE;
  self->peer_known = self->peer_live = FALSE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
gst_audio_mix_bus_block (GstAudioMixBus *self, gboolean blocked)
{
  g_mutex_lock (&self->lock);
  self->blocked = blocked;
  g_mutex_unlock (&self->lock);
  lq_mix_kick (self);
}

static GstStateChangeReturn
gst_audio_mix_bus_change_state (GstElement *element, GstStateChange transition)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !lq_mix_read_texts (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !gst_audio_mix_bus_start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    gst_audio_mix_bus_block (self, FALSE);
  if (transition == GST_STATE_CHANGE_NULL_TO_READY)
    g_atomic_int_set (&self->ready, TRUE);
  ret = GST_ELEMENT_CLASS (gst_audio_mix_bus_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL ||
      (transition == GST_STATE_CHANGE_NULL_TO_READY && ret == GST_STATE_CHANGE_FAILURE))
    g_atomic_int_set (&self->ready, FALSE);
  if (ret == GST_STATE_CHANGE_FAILURE) {
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
      lq_response_stop (&self->response);
    return ret;
  }
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    gst_audio_mix_bus_block (self, TRUE);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    /* A flush may have started it again while the inputs were being stopped. */
    lq_mix_stop_task (self, NULL);
    lq_response_stop (&self->response);
    gst_audio_mix_bus_reset (self);
  }
  if (self->settings.force_live && (transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
                                       transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED))
    ret = GST_STATE_CHANGE_NO_PREROLL;
  return ret;
}

static gboolean
gst_audio_mix_bus_activate (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (parent);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (active)
    lq_mix_start_task (self);
  else
    lq_mix_stop_task (self, NULL);
  return TRUE;
}

/* An EOS that somebody sends to the element ends the mix. */
static gboolean
gst_audio_mix_bus_send_event (GstElement *element, GstEvent *event)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (element);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    g_mutex_lock (&self->lock);
    self->eos_asked = TRUE;
    g_mutex_unlock (&self->lock);
    lq_mix_kick (self);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK && GST_STATE (element) < GST_STATE_PAUSED)
    lq_mix_remember_seek (self, event);
  return GST_ELEMENT_CLASS (gst_audio_mix_bus_parent_class)->send_event (element, event);
}

/* Children: the sink pads. */

static GObject *
gst_audio_mix_bus_child_by_index (GstChildProxy *proxy, guint index)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (proxy);
  GObject *pad = NULL;

  GST_OBJECT_LOCK (self);
  pad = g_list_nth_data (GST_ELEMENT (self)->sinkpads, index);
  if (pad)
    gst_object_ref (pad);
  GST_OBJECT_UNLOCK (self);
  return pad;
}

static guint
gst_audio_mix_bus_children (GstChildProxy *proxy)
{
  guint count;

  GST_OBJECT_LOCK (proxy);
  count = GST_ELEMENT (proxy)->numsinkpads;
  GST_OBJECT_UNLOCK (proxy);
  return count;
}

static void
gst_audio_mix_bus_child_proxy_init (gpointer iface, gpointer data)
{
  GstChildProxyInterface *proxy = iface;

  proxy->get_child_by_index = gst_audio_mix_bus_child_by_index;
  proxy->get_children_count = gst_audio_mix_bus_children;
}

static void
gst_audio_mix_bus_finalize (GObject *object)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (object);

  gst_audio_mix_bus_reset (self);
  g_clear_pointer (&self->moves.automation, lq_automation_free);
  for (guint i = 0; i < self->groups->len; i++)
    g_free (g_array_index (self->groups, LqMixGroup, i).name);
  g_array_unref (self->groups);
  g_ptr_array_unref (self->voices);
  g_ptr_array_unref (self->snapshot);
  g_ptr_array_unref (self->pads);
  lq_response_clear (&self->response);
  lq_params_clear (&self->params);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->sum);
  g_mutex_clear (&self->preset_lock);
  g_clear_error (&self->preset_error);
  g_cond_clear (&self->wake);
  G_OBJECT_CLASS (gst_audio_mix_bus_parent_class)->finalize (object);
}

static void
gst_audio_mix_bus_add_template (
    GstElementClass *klass, const gchar *name, GstPadDirection direction)
{
  const gboolean sink = direction == GST_PAD_SINK;
  GstCaps *caps = lq_mix_template (direction);

  gst_element_class_add_pad_template (klass,
      gst_pad_template_new_with_gtype (name, direction, sink ? GST_PAD_REQUEST : GST_PAD_ALWAYS,
          caps, sink ? GST_TYPE_AUDIO_MIX_BUS_PAD : GST_TYPE_PAD));
  gst_caps_unref (caps);
}

static void
gst_audio_mix_bus_class_init (GstAudioMixBusClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (lq_mix_debug, "audiomixbus", 0, "Lacquer's mixing console");
  lq_common_init ();
  /* Automation names the properties of pads before there is one. */
  g_type_class_ref (GST_TYPE_AUDIO_MIX_BUS_PAD);
  object_class->set_property = lq_mix_set_property;
  object_class->get_property = lq_mix_get_property;
  object_class->finalize = gst_audio_mix_bus_finalize;
  element_class->request_new_pad = gst_audio_mix_bus_request_new_pad;
  element_class->release_pad = gst_audio_mix_bus_release_pad;
  element_class->change_state = gst_audio_mix_bus_change_state;
  element_class->send_event = gst_audio_mix_bus_send_event;
  bus_table = lq_param_table_new (object_class);
  lq_param_table_add (bus_table, LQ_GROUP_CHAIN, lq_console_modules, LQ_CONSOLE_MODULES);
  lq_param_table_add (
      bus_table, LQ_GROUP_FIGURES, lq_console_figure_modules, LQ_CONSOLE_FIGURE_MODULES);
  lq_param_table_add (bus_table, LQ_GROUP_ELEMENT, &bus_module, 1);
  lq_param_table_add (
      bus_table, LQ_GROUP_ELEMENT, lq_common_mixer_modules, LQ_COMMON_MIXER_MODULES);
  lq_mix_install (object_class);
  signals[SIGNAL_SAMPLES_SELECTED] = g_signal_new ("samples-selected",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_FIRST, 0, NULL, NULL, NULL, G_TYPE_NONE, 5,
      GST_TYPE_SEGMENT | G_SIGNAL_TYPE_STATIC_SCOPE, GST_TYPE_CLOCK_TIME, GST_TYPE_CLOCK_TIME,
      GST_TYPE_CLOCK_TIME, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
  gst_audio_mix_bus_add_template (element_class, "sink_%u", GST_PAD_SINK);
  gst_audio_mix_bus_add_template (element_class, "src", GST_PAD_SRC);
  gst_type_mark_as_plugin_api (GST_TYPE_AUDIO_MIX_BUS_PAD, 0);
  gst_element_class_set_static_metadata (element_class, "Mixing console", "Generic/Audio",
      "Mixes tracks, each with a strip, fader, pan and sends; groups, reverb and delay returns "
      "and the bus in one element",
      "The Lacquer authors");
}

static void
gst_audio_mix_bus_init (GstAudioMixBus *self)
{
  GstPadTemplate *templ =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), "src");

  g_mutex_init (&self->lock);
  g_mutex_init (&self->sum);
  g_mutex_init (&self->preset_lock);
  g_cond_init (&self->wake);
  self->settings_serial = 1;
  lq_arena_init (&self->arena);
  lq_arena_init (&self->output_arena);
  lq_params_init (&self->params, bus_table);
  lq_response_init (&self->response, GST_ELEMENT (self), &self->params, &self->console.reverb);
  lq_console_defaults (&self->console_params);
  self->settings = (LqMixSettings){ .alignment_threshold = 40 * GST_MSECOND,
    .discont_wait = GST_SECOND,
    .start_time = GST_CLOCK_TIME_NONE,
    .duration_n = 1,
    .duration_d = 100 };
  self->pads = g_ptr_array_new_with_free_func (gst_object_unref);
  self->snapshot = g_ptr_array_new_with_free_func (gst_object_unref);
  self->voices = g_ptr_array_new ();
  self->groups = g_array_new (FALSE, FALSE, sizeof (LqMixGroup));
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->offset = self->end = LQ_NO_FRAME;
  self->srcpad = gst_pad_new_from_template (templ, "src");
  gst_pad_set_event_function (self->srcpad, GST_DEBUG_FUNCPTR (lq_mix_src_event));
  gst_pad_set_query_function (self->srcpad, GST_DEBUG_FUNCPTR (lq_mix_src_query));
  gst_pad_set_activatemode_function (
      self->srcpad, GST_DEBUG_FUNCPTR (gst_audio_mix_bus_activate));
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
