/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: properties that are as audiomixer's, beside those of the tables. */

#include "gstaudiomixbus-private.h"

enum {
  PROP_LATENCY = 10000,
  PROP_MIN_UPSTREAM_LATENCY,
  PROP_OUTPUT_BUFFER_DURATION,
  PROP_OUTPUT_BUFFER_DURATION_FRACTION,
  PROP_ALIGNMENT_THRESHOLD,
  PROP_DISCONT_WAIT,
  PROP_START_TIME_SELECTION,
  PROP_START_TIME,
  PROP_IGNORE_INACTIVE_PADS,
  PROP_FORCE_LIVE,
  PROP_EMIT_SIGNALS
};

static void
gst_audio_mix_bus_set_duration (GstAudioMixBus *self, guint64 n, guint64 d)
{
  const guint64 divisor = gst_util_greatest_common_divisor_int64 ((gint64)n, (gint64)d);

  self->settings.duration_n = (gint)MIN (n / divisor, G_MAXINT);
  self->settings.duration_d = (gint)MIN (d / divisor, G_MAXINT);
}

/* With the object's lock. FALSE: none of these. */
static gboolean
gst_audio_mix_bus_set_one (GstAudioMixBus *self, guint id, const GValue *value)
{
  LqMixSettings *s = &self->settings;

  switch (id) {
    case PROP_LATENCY:
      s->latency = g_value_get_uint64 (value);
      break;
    case PROP_MIN_UPSTREAM_LATENCY:
      s->min_upstream_latency = g_value_get_uint64 (value);
      break;
    case PROP_OUTPUT_BUFFER_DURATION:
      gst_audio_mix_bus_set_duration (self, g_value_get_uint64 (value), GST_SECOND);
      break;
    case PROP_OUTPUT_BUFFER_DURATION_FRACTION:
      gst_audio_mix_bus_set_duration (self, (guint64)gst_value_get_fraction_numerator (value),
          (guint64)gst_value_get_fraction_denominator (value));
      break;
    case PROP_ALIGNMENT_THRESHOLD:
      s->alignment_threshold = g_value_get_uint64 (value);
      break;
    case PROP_DISCONT_WAIT:
      s->discont_wait = g_value_get_uint64 (value);
      break;
    case PROP_START_TIME_SELECTION:
      s->start_time_selection = g_value_get_enum (value);
      break;
    case PROP_START_TIME:
      s->start_time = g_value_get_uint64 (value);
      break;
    case PROP_IGNORE_INACTIVE_PADS:
      s->ignore_inactive_pads = g_value_get_boolean (value);
      break;
    case PROP_FORCE_LIVE:
      s->force_live = g_value_get_boolean (value);
      break;
    case PROP_EMIT_SIGNALS:
      s->emit_signals = g_value_get_boolean (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

void
lq_mix_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (object);
  gboolean own;

  GST_OBJECT_LOCK (self);
  own = gst_audio_mix_bus_set_one (self, id, value);
  GST_OBJECT_UNLOCK (self);
  if (own)
    g_atomic_int_inc (&self->settings_serial);
  if (!own) {
    lq_params_set_value (&self->params, id, value, LQ_ORIGIN_EXPLICIT);
    if (g_str_equal (pspec->name, "preset"))
      lq_mix_set_preset (self, g_value_get_string (value));
    if (g_str_equal (pspec->name, "reverb-impulse-location"))
      lq_response_changed (&self->response);
    return;
  }
  g_mutex_lock (&self->lock);
  self->peer_known = FALSE;
  g_mutex_unlock (&self->lock);
  lq_mix_kick (self);
  if (id == PROP_LATENCY || id == PROP_MIN_UPSTREAM_LATENCY ||
      id == PROP_OUTPUT_BUFFER_DURATION || id == PROP_OUTPUT_BUFFER_DURATION_FRACTION)
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

void
lq_mix_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (object);
  LqMixSettings s;

  GST_OBJECT_LOCK (self);
  s = self->settings;
  GST_OBJECT_UNLOCK (self);
  switch (id) {
    case PROP_LATENCY:
      g_value_set_uint64 (value, s.latency);
      break;
    case PROP_MIN_UPSTREAM_LATENCY:
      g_value_set_uint64 (value, s.min_upstream_latency);
      break;
    case PROP_OUTPUT_BUFFER_DURATION:
      g_value_set_uint64 (value,
          gst_util_uint64_scale (GST_SECOND, (guint64)s.duration_n, (guint64)s.duration_d));
      break;
    case PROP_OUTPUT_BUFFER_DURATION_FRACTION:
      gst_value_set_fraction (value, s.duration_n, s.duration_d);
      break;
    case PROP_ALIGNMENT_THRESHOLD:
      g_value_set_uint64 (value, s.alignment_threshold);
      break;
    case PROP_DISCONT_WAIT:
      g_value_set_uint64 (value, s.discont_wait);
      break;
    case PROP_START_TIME_SELECTION:
      g_value_set_enum (value, s.start_time_selection);
      break;
    case PROP_START_TIME:
      g_value_set_uint64 (value, s.start_time);
      break;
    case PROP_IGNORE_INACTIVE_PADS:
      g_value_set_boolean (value, s.ignore_inactive_pads);
      break;
    case PROP_FORCE_LIVE:
      g_value_set_boolean (value, s.force_live);
      break;
    case PROP_EMIT_SIGNALS:
      g_value_set_boolean (value, s.emit_signals);
      break;
    default:
      lq_params_get_value (&self->params, id, value);
  }
}

void
lq_mix_install (GObjectClass *klass)
{
  static const GEnumValue starts[] = { { LQ_START_ZERO, "From running time 0", "zero" },
    { LQ_START_FIRST, "From the first buffer", "first" },
    { LQ_START_SET, "From start-time", "set" }, { 0, NULL, NULL } };
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
  const GParamFlags ready =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const GType start_type = g_enum_register_static ("LqStartTimeSelection", starts);

  gst_type_mark_as_plugin_api (start_type, 0);
#define TIME(id, name, nick, blurb, min, max, def, how)                                        \
  g_object_class_install_property (                                                            \
      klass, id, g_param_spec_uint64 (name, nick, blurb ", in ns", min, max, def, how))
#define FLAG(id, name, nick, blurb, how)                                                       \
  g_object_class_install_property (                                                            \
      klass, id, g_param_spec_boolean (name, nick, blurb, FALSE, how))
  TIME (PROP_LATENCY, "latency", "Latency", "Live: how much longer inputs may take", 0,
      G_MAXUINT64, 0, flags);
  TIME (PROP_MIN_UPSTREAM_LATENCY, "min-upstream-latency", "Least upstream latency",
      "Live: taken for inputs that come later, where it is more than what there is", 0,
      G_MAXUINT64, 0, flags);
  TIME (PROP_OUTPUT_BUFFER_DURATION, "output-buffer-duration", "Output buffer duration",
      "Length of output buffers", 1, G_MAXUINT64, 10 * GST_MSECOND, flags);
  TIME (PROP_ALIGNMENT_THRESHOLD, "alignment-threshold", "Alignment threshold",
      "Timestamps that are off by less are ignored", 0, G_MAXUINT64 - 1, 40 * GST_MSECOND,
      flags);
  TIME (PROP_DISCONT_WAIT, "discont-wait", "Discont wait",
      "Timestamps may be off for so long before they count", 0, G_MAXUINT64 - 1, GST_SECOND,
      flags);
  TIME (PROP_START_TIME, "start-time", "Start time", "With start-time-selection=set", 0,
      G_MAXUINT64, G_MAXUINT64, ready);
  g_object_class_install_property (klass, PROP_OUTPUT_BUFFER_DURATION_FRACTION,
      gst_param_spec_fraction ("output-buffer-duration-fraction", "Output buffer duration",
          "Length of output buffers, in s", 1, G_MAXINT, G_MAXINT, 1, 1, 100, flags));
  g_object_class_install_property (klass, PROP_START_TIME_SELECTION,
      g_param_spec_enum ("start-time-selection", "Start time selection", "Where the mix begins",
          start_type, LQ_START_ZERO, ready));
  FLAG (PROP_IGNORE_INACTIVE_PADS, "ignore-inactive-pads", "Ignore inactive pads",
      "Live: pads that nothing has come from yet aren't waited for a second time", flags);
  FLAG (PROP_FORCE_LIVE, "force-live", "Force live",
      "Mixes in time with the clock whatever the inputs are; at construction only",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_CONSTRUCT_ONLY);
  FLAG (PROP_EMIT_SIGNALS, "emit-signals", "Emit signals", "Emits samples-selected", flags);
#undef TIME
#undef FLAG
}
