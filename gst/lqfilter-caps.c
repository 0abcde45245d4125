/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter: what it takes and gives. In: F32 of the machine's order, interleaved. Out: the same
 * rate and channels (or two for one) as F32, else the widest integer that downstream takes. */

#include "lqfilter-private.h"
#include "lqstream.h"

/* In the order of preference, whatever order downstream lists them in. */
static const gchar *const out_formats[] = { GST_AUDIO_NE (F32), GST_AUDIO_NE (S24_32),
  GST_AUDIO_NE (S24), GST_AUDIO_NE (S32), GST_AUDIO_NE (S16) };

static void
lq_filter_set_formats (GstStructure *s, GstPadDirection direction)
{
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;

  if (direction == GST_PAD_SINK) {
    gst_structure_set (s, "format", G_TYPE_STRING, out_formats[0], NULL);
    return;
  }
  gst_value_list_init (&list, G_N_ELEMENTS (out_formats));
  g_value_init (&item, G_TYPE_STRING);
  for (guint i = 0; i < G_N_ELEMENTS (out_formats); i++) {
    g_value_set_static_string (&item, out_formats[i]);
    gst_value_list_append_value (&list, &item);
  }
  g_value_unset (&item);
  gst_structure_take_value (s, "format", &list);
}

GstCaps *
lq_filter_template (guint channels_max, GstPadDirection direction)
{
  GstStructure *s = gst_structure_new ("audio/x-raw", "rate", GST_TYPE_INT_RANGE, 8000, 384000,
      "channels", GST_TYPE_INT_RANGE, 1, (gint)channels_max, "layout", G_TYPE_STRING,
      "interleaved", NULL);

  lq_filter_set_formats (s, direction);
  return gst_caps_new_full (s, NULL);
}

/* One structure for the other side of `s`, with one channel count exchanged for another. */
static void
lq_filter_append (GstCaps *caps, const GstStructure *s, GstPadDirection other, gint channels)
{
  GstStructure *copy = gst_structure_copy (s);

  lq_filter_set_formats (copy, other);
  if (channels) {
    gst_structure_set (copy, "channels", G_TYPE_INT, channels, NULL);
    gst_structure_remove_field (copy, "channel-mask");
  }
  gst_caps_append_structure (caps, copy);
}

static gboolean
lq_filter_may_have (const GstStructure *s, gint channels)
{
  const GValue *value = gst_structure_get_value (s, "channels");
  GValue number = G_VALUE_INIT;
  gboolean may;

  if (!value)
    return TRUE;
  g_value_init (&number, G_TYPE_INT);
  g_value_set_int (&number, channels);
  may = gst_value_can_intersect (value, &number);
  g_value_unset (&number);
  return may;
}

static GstCaps *
lq_filter_transform_caps (
    GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  const gboolean widens = LQ_FILTER_GET_CLASS (trans)->widens;
  const GstPadDirection other = direction == GST_PAD_SINK ? GST_PAD_SRC : GST_PAD_SINK;
  GstCaps *result = gst_caps_new_empty (), *kept;

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *s = gst_caps_get_structure (caps, i);
    lq_filter_append (result, s, other, 0);
    /* Mono in, stereo out. */
    if (widens && lq_filter_may_have (s, direction == GST_PAD_SINK ? 1 : 2))
      lq_filter_append (result, s, other, direction == GST_PAD_SINK ? 2 : 1);
  }
  if (!filter)
    return result;
  kept = gst_caps_intersect_full (filter, result, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (result);
  return kept;
}

/* Whether settings, automation or a binding ask for two channels. Streaming stopped or in setup. */
static gboolean
lq_filter_wants_stereo (LqFilter *filter)
{
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  LqFilterPrivate *p = lq_filter_private (filter);

  p->wants_stereo = FALSE;
  if (!klass->widens)
    return FALSE;
  lq_filter_fill_at_start (filter);
  p->wants_stereo = klass->needs_stereo && klass->needs_stereo (filter, p->chain_params);
  for (const gchar *const *name = klass->stereo_properties; name && *name; name++)
    p->wants_stereo = p->wants_stereo || lq_filter_moves (filter, *name);
  return p->wants_stereo;
}

/* The first of `caps` that allows the channels and the format, fixed to them; or NULL. */
static GstCaps *
lq_filter_pick (const GstCaps *caps, gint channels, const gchar *format)
{
  GstCaps *wanted = gst_caps_new_simple (
      "audio/x-raw", "channels", G_TYPE_INT, channels, "format", G_TYPE_STRING, format, NULL);
  GstCaps *found = gst_caps_intersect_full ((GstCaps *)caps, wanted, GST_CAPS_INTERSECT_FIRST);

  gst_caps_unref (wanted);
  if (gst_caps_is_empty (found))
    gst_clear_caps (&found);
  return found;
}

static GstCaps *
lq_filter_fixate_caps (
    GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, GstCaps *othercaps)
{
  gint channels = 0, order[2];
  GstCaps *picked = NULL;

  if (direction != GST_PAD_SINK ||
      !gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &channels))
    return gst_caps_fixate (othercaps);
  order[0] = order[1] = channels;
  if (channels == 1 && LQ_FILTER_GET_CLASS (trans)->widens) {
    order[0] = lq_filter_wants_stereo (LQ_FILTER (trans)) ? 2 : 1;
    order[1] = 3 - order[0];
  }
  for (guint c = 0; c < 2 && !picked; c++)
    for (guint f = 0; f < G_N_ELEMENTS (out_formats) && !picked; f++)
      picked = lq_filter_pick (othercaps, order[c], out_formats[f]);
  if (!picked)
    return gst_caps_fixate (othercaps);
  gst_caps_unref (othercaps);
  return gst_caps_fixate (picked);
}

/* A measurement is of one format; another within the same stream ends it. */
static gboolean
lq_filter_refuse_change (LqFilter *filter, const GstAudioInfo *in)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gboolean begun = (p->pass == LQ_PASS_SPOOL && lq_filter_twopass_started (filter)) ||
                         p->pass == LQ_PASS_KNOWN;

  if (!begun)
    return FALSE;
  GST_ELEMENT_ERROR (filter, STREAM, FORMAT,
      ("The stream's format changed from %d Hz, %d channels to %d Hz, %d channels. Two-pass "
       "work "
       "needs one format from a stream's beginning to its end: put audioresample and "
       "audioconvert with a capsfilter before this element.",
          GST_AUDIO_INFO_RATE (&p->in), GST_AUDIO_INFO_CHANNELS (&p->in),
          GST_AUDIO_INFO_RATE (in), GST_AUDIO_INFO_CHANNELS (in)),
      (NULL));
  lq_filter_twopass_fail (filter, NULL);
  return TRUE;
}

static gboolean
lq_filter_set_caps (GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  LqFilter *filter = LQ_FILTER (trans);
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GstAudioInfo in, out;
  lq_stream stream;
  gboolean same_in, ok;

  if (!gst_audio_info_from_caps (&in, incaps) || !gst_audio_info_from_caps (&out, outcaps))
    return FALSE;
  same_in = p->prepared && gst_audio_info_is_equal (&in, &p->in);
  if (same_in && gst_audio_info_is_equal (&out, &p->out))
    return TRUE;
  /* Downstream still has the old caps: what is held back leaves under them. */
  if (p->prepared)
    lq_filter_drain (filter, FALSE);
  if (same_in && GST_AUDIO_INFO_CHANNELS (&out) == GST_AUDIO_INFO_CHANNELS (&p->out)) {
    ok = lq_filter_set_output (filter, &out);
    /* Nothing sounds: what the output changes holds from the first frame on. */
    if (ok && p->fresh && !p->anchored && klass->reset)
      klass->reset (filter);
  } else {
    if (lq_filter_refuse_change (filter, &in))
      return FALSE;
    lq_stream_describe (&in, &out, &stream);
    ok = lq_filter_prepare (filter, &in, &out, &stream);
  }
  if (!ok)
    GST_ELEMENT_ERROR (filter, RESOURCE, NO_SPACE_LEFT,
        ("Not enough memory for %d channels at %d Hz.", GST_AUDIO_INFO_CHANNELS (&in),
            GST_AUDIO_INFO_RATE (&in)),
        (NULL));
  return ok;
}

/* Only so that the base class doesn't take the element for a passthrough. */
static gboolean
lq_filter_unit_size (GstBaseTransform *trans, GstCaps *caps, gsize *size)
{
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, caps))
    return FALSE;
  *size = (gsize)GST_AUDIO_INFO_BPF (&info);
  return TRUE;
}

void
lq_filter_caps_class_init (LqFilterClass *klass)
{
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  trans_class->transform_caps = lq_filter_transform_caps;
  trans_class->fixate_caps = lq_filter_fixate_caps;
  trans_class->set_caps = lq_filter_set_caps;
  trans_class->get_unit_size = lq_filter_unit_size;
}
