/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: what goes in and comes out. In: every raw format, up to 8 channels, all pads at one
 * rate. Out: audiomixer's formats, at that rate; channels as downstream fixes them, else the most
 * among the pads, and two where something needs them; the first pad's format where downstream
 * leaves it open. */

#include "gstaudiomixbus-private.h"

#include "lqstream.h"

#define SOURCE_FORMATS                                                                         \
  "{ " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (F64) ", " GST_AUDIO_NE (S32) ", " GST_AUDIO_NE (  \
      U32) ", " GST_AUDIO_NE (S16) ", " GST_AUDIO_NE (U16) ", S8, U8 }"
#define RATES "rate = [ 8000, 384000 ], layout = interleaved"

GstCaps *
lq_mix_template (GstPadDirection direction)
{
  return gst_caps_from_string (
      direction == GST_PAD_SINK
          ? "audio/x-raw, format = " GST_AUDIO_FORMATS_ALL ", channels = [ 1, 8 ], " RATES
          : "audio/x-raw, format = " SOURCE_FORMATS ", channels = [ 1, 64 ], " RATES);
}

/* The rates that downstream takes, nothing else. */
static GstCaps *
lq_mix_downstream_rates (GstAudioMixBus *self)
{
  GstCaps *template = lq_mix_template (GST_PAD_SRC);
  GstCaps *downstream = gst_pad_peer_query_caps (self->srcpad, template);
  GstCaps *rates = gst_caps_new_empty ();

  for (guint i = 0; i < gst_caps_get_size (downstream); i++) {
    const GValue *rate =
        gst_structure_get_value (gst_caps_get_structure (downstream, i), "rate");
    GstStructure *s = gst_structure_new_empty ("audio/x-raw");
    if (rate)
      gst_structure_set_value (s, "rate", rate);
    gst_caps_append_structure (rates, s);
  }
  gst_caps_unref (downstream);
  gst_caps_unref (template);
  return rates;
}

/* The mix's rate comes first, so that whoever can choose takes it; others are told as well, so that
 * whoever can't is refused with the reason, at its CAPS event. */
GstCaps *
lq_mix_sink_caps (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstCaps *filter)
{
  GstCaps *caps = gst_pad_get_pad_template_caps (GST_PAD (pad)), *rates, *both;
  const gint rate = g_atomic_int_get (&self->rate);

  rates = rate ? gst_caps_new_simple ("audio/x-raw", "rate", G_TYPE_INT, rate, NULL)
               : lq_mix_downstream_rates (self);
  both = gst_caps_intersect_full (caps, rates, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (rates);
  if (rate)
    gst_caps_append (both, caps);
  else
    gst_caps_unref (caps);
  if (!filter)
    return both;
  /* In our order, not in that of the filter. */
  caps = gst_caps_intersect_full (both, filter, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (both);
  return caps;
}

/* The first pad's rate is everyone's. */
gboolean
lq_mix_check_caps (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstCaps *caps)
{
  GstAudioInfo info;
  gint rate;

  if (!gst_audio_info_from_caps (&info, caps) ||
      GST_AUDIO_INFO_CHANNELS (&info) > LQ_MIX_CHANNELS) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("%s: this isn't audio that can be mixed.", GST_OBJECT_NAME (pad)),
        ("%" GST_PTR_FORMAT, caps));
    return FALSE;
  }
  rate = GST_AUDIO_INFO_RATE (&info);
  if (g_atomic_int_compare_and_exchange (&self->rate, 0, rate) ||
      g_atomic_int_get (&self->rate) == rate)
    return TRUE;
  /* Sticky caps are offered again and again: it is said once for a rate. */
  if (pad->refused_rate == rate)
    return FALSE;
  pad->refused_rate = rate;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("%s has %d Hz, and the mix %d Hz. All inputs need one rate: put "
       "audioresample ! audio/x-raw,rate=%d before this pad.",
          GST_OBJECT_NAME (pad), rate, g_atomic_int_get (&self->rate),
          g_atomic_int_get (&self->rate)),
      (NULL));
  return FALSE;
}

/* The output. */

/* Whether mono isn't enough for what a pad is set to. */
static gboolean
lq_mix_needs_stereo (GstAudioMixBusPad *pad)
{
  struct lq_channel_params p;

  lq_channel_defaults (&p);
  lq_params_fill (&pad->params, LQ_GROUP_CHAIN, &p);
  return p.fader.pan != 0.0f || p.fader.pan_mode == LQ_PAN_DUAL ||
         p.fader.reverb_send_db > -120.0f || p.fader.delay_send_db > -120.0f;
}

/* How many channels the mix wants, and the mask of a pad that has them (0: none). */
static gint
lq_mix_wanted_channels (GstAudioMixBus *self, guint64 *mask)
{
  gint most = lq_mix_curves_place (self) ? 2 : 1;

  *mask = 0;
  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    if (lq_mix_needs_stereo (pad) || lq_mix_moves_place (self, pad))
      most = MAX (most, 2);
    if (pad->has_caps && GST_AUDIO_INFO_CHANNELS (&pad->info) > most)
      most = GST_AUDIO_INFO_CHANNELS (&pad->info);
  }
  for (guint i = 0; i < self->snapshot->len && most > 2; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    if (pad->has_caps && GST_AUDIO_INFO_CHANNELS (&pad->info) == most && !*mask)
      gst_audio_channel_positions_to_mask (pad->info.position, most, FALSE, mask);
  }
  return most;
}

/* The first pad's format where it is one that can go out, else floats. */
static const gchar *
lq_mix_wanted_format (GstAudioMixBus *self)
{
  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    const gchar *name = pad->has_caps ? GST_AUDIO_INFO_NAME (&pad->info) : NULL;
    GstCaps *template, *caps;
    gboolean fits;
    if (!name)
      continue;
    template = lq_mix_template (GST_PAD_SRC);
    caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING, name, NULL);
    fits = gst_caps_can_intersect (template, caps);
    gst_caps_unref (template);
    gst_caps_unref (caps);
    return fits ? name : GST_AUDIO_NE (F32);
  }
  return GST_AUDIO_NE (F32);
}

/* Of what downstream takes, what comes nearest to what the mix wants. Takes the caps over. */
static GstCaps *
lq_mix_fixate (GstAudioMixBus *self, GstCaps *caps)
{
  GstStructure *s;
  guint64 mask;
  const gint wanted = lq_mix_wanted_channels (self, &mask);
  gint channels = 0;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  s = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_string (s, "format", lq_mix_wanted_format (self));
  gst_structure_fixate_field_nearest_int (s, "channels", wanted);
  gst_structure_get_int (s, "channels", &channels);
  if (channels > 2 && !gst_structure_has_field (s, "channel-mask")) {
    if (channels != wanted || !mask)
      mask = channels == wanted && self->snapshot->len
                 ? 0
                 : gst_audio_channel_get_fallback_mask (channels);
    gst_structure_set (s, "channel-mask", GST_TYPE_BITMASK, mask, NULL);
  }
  return gst_caps_fixate (caps);
}

static GstFlowReturn
lq_mix_accept (GstAudioMixBus *self, GstCaps *caps)
{
  GError *error = NULL;
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, caps)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("What downstream asks for can't be mixed."),
        ("%" GST_PTR_FORMAT, caps));
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (!lq_mix_set_output (self, &info)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("Not enough memory for %d channels at %d Hz.", GST_AUDIO_INFO_CHANNELS (&info),
            GST_AUDIO_INFO_RATE (&info)),
        (NULL));
    return GST_FLOW_ERROR;
  }
  if (!lq_response_admit (&self->response, &error)) {
    gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR, error->domain, error->code,
        g_strdup (error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
    g_error_free (error);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  lq_mix_revive (self);
  lq_mix_send_start (self);
  gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
  return GST_FLOW_OK;
}

/* Before the first block, and when downstream asks for it. */
GstFlowReturn
lq_mix_negotiate (GstAudioMixBus *self)
{
  GstCaps *filter = lq_mix_template (GST_PAD_SRC), *caps, *present;
  GstFlowReturn flow = GST_FLOW_OK;

  gst_caps_set_simple (filter, "rate", G_TYPE_INT, g_atomic_int_get (&self->rate), NULL);
  caps = gst_pad_peer_query_caps (self->srcpad, filter);
  gst_caps_unref (filter);
  if (gst_caps_is_empty (caps)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("The mix has %d Hz, which downstream doesn't take. Put audioconvert ! audioresample "
         "behind it.",
            g_atomic_int_get (&self->rate)),
        (NULL));
    gst_caps_unref (caps);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  caps = lq_mix_fixate (self, caps);
  present = gst_pad_get_current_caps (self->srcpad);
  if (!present || !gst_caps_is_equal (present, caps))
    flow = lq_mix_accept (self, caps);
  gst_clear_caps (&present);
  gst_caps_unref (caps);
  return flow;
}
