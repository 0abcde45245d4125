/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-channelstrip
 * @title: channelstrip
 *
 * Everything that one track needs: input, filters, gate, equaliser, compressor, de-esser,
 * transients, saturation, delay, reverb, output.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=gtr.wav ! wavparse ! audioconvert ! channelstrip hpf-enabled=true hpf-frequency=80 eq1-enabled=true eq1-type=high-shelf eq1-frequency=9000 eq1-gain=2 out-pan=-0.3 ! wavenc ! filesink location=out.wav
 * ]|
 */

#include "gstchannelstrip-private.h"

#include "base/mathx.h"
#include "lqmessage.h"
#include "lqmodules.h"

static const struct lq_param own_rows[] = {
  { "order", "Order",
      "Modules from gate to sat, comma-separated; those not named follow in default order",
      NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, 0, 0, LQ_STAGE_ORDER },
  LQ_RESPONSE_ROW,
};
static const struct lq_module own_module = { "", own_rows, LQ_COUNT (own_rows), 0, NULL };

G_DEFINE_TYPE (GstChannelStrip, gst_channel_strip, LQ_TYPE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (
    channelstrip, "channelstrip", GST_RANK_NONE, GST_TYPE_CHANNEL_STRIP)

static gboolean
gst_channel_strip_read_order (LqFilter *filter, uint8_t order[LQ_STAGES], GError **error)
{
  return lq_modules_order (filter, lq_track_read_order, LQ_STAGE_ORDER, order, error);
}

static gboolean
gst_channel_strip_check (LqFilter *filter, GError **error)
{
  uint8_t order[LQ_STAGES];

  return gst_channel_strip_read_order (filter, order, error) &&
         lq_response_check (&GST_CHANNEL_STRIP (filter)->response, error);
}

static void
gst_channel_strip_stop (LqFilter *filter)
{
  lq_response_stop (&GST_CHANNEL_STRIP (filter)->response);
}

static gboolean
gst_channel_strip_admit (LqFilter *filter, GError **error)
{
  return lq_response_admit (&GST_CHANNEL_STRIP (filter)->response, error);
}

static void
gst_channel_strip_wrote (LqFilter *filter, guint id, LqOrigin origin)
{
  const LqParamTable *table = lq_filter_params (filter)->table;

  if (g_str_equal (lq_param_table_nth (table, id - 1)->pspec->name, "reverb-impulse-location"))
    lq_response_changed (&GST_CHANNEL_STRIP (filter)->response);
}

/* More channels than this aren't a track. */
#define CHANNELS_MAX 8

static lq_strip *
chain_of (LqFilter *filter)
{
  return GST_CHANNEL_STRIP (filter)->chain;
}

static gboolean
gst_channel_strip_prepare (
    LqFilter *filter, const lq_stream *stream, gconstpointer params, lq_arena *arena)
{
  const lq_stream out = lq_strip_output (stream);
  uint8_t order[LQ_STAGES];

  lq_reverb_free (&chain_of (filter)->reverb);
  return gst_channel_strip_read_order (filter, order, NULL) &&
         lq_strip_prepare (chain_of (filter), stream, params, order, arena) &&
         lq_response_prepare (&GST_CHANNEL_STRIP (filter)->response, &out);
}

static void
gst_channel_strip_set (LqFilter *filter, gconstpointer params)
{
  lq_strip_set (chain_of (filter), params);
}

static void
gst_channel_strip_reset (LqFilter *filter)
{
  lq_strip_reset (chain_of (filter));
}

static void
gst_channel_strip_begin (LqFilter *filter, gboolean programme)
{
  lq_strip_begin (chain_of (filter));
}

static void
gst_channel_strip_process (LqFilter *filter, float *const *planes, guint frames)
{
  lq_response_exchange (&GST_CHANNEL_STRIP (filter)->response);
  lq_strip_process (chain_of (filter), planes, frames);
}

static guint
gst_channel_strip_latency (LqFilter *filter)
{
  return lq_strip_latency (chain_of (filter));
}

static guint
gst_channel_strip_latency_most (LqFilter *filter)
{
  return lq_strip_latency_most (chain_of (filter));
}

static guint64
gst_channel_strip_tail (LqFilter *filter)
{
  return lq_strip_echo (chain_of (filter));
}

static gboolean
gst_channel_strip_neutral (LqFilter *filter)
{
  return lq_strip_neutral (chain_of (filter));
}

static gboolean
gst_channel_strip_listens (LqFilter *filter)
{
  return chain_of (filter)->metered;
}

static gboolean
gst_channel_strip_needs_stereo (LqFilter *filter, gconstpointer params)
{
  return lq_strip_needs_stereo (params);
}

static void
gst_channel_strip_meter (LqFilter *filter, gboolean on)
{
  lq_strip_meter (chain_of (filter), on);
}

static void
gst_channel_strip_read_figures (LqFilter *filter, gpointer figures, gboolean final)
{
  lq_strip_figures (chain_of (filter), figures);
}

/* Peak and RMS of every channel at one end. */
static void
gst_channel_strip_add_levels (
    GstStructure *s, const lq_gauge *meter, const gchar *peak_name, const gchar *rms_name)
{
  gdouble peak[LQ_CHANNELS_MAX], rms[LQ_CHANNELS_MAX];

  for (guint c = 0; c < meter->channels; c++) {
    peak[c] = lq_lin_to_db (meter->reading.peak[c]);
    rms[c] = lq_lin_to_db (meter->reading.rms[c]);
  }
  lq_message_add_array (s, peak_name, peak, meter->channels);
  lq_message_add_array (s, rms_name, rms, meter->channels);
}

/* "peak -3.2 dBFS, at the loudest -18.0 LUFS", or "silence". */
static gchar *
gst_channel_strip_level (const lq_gauge *meter)
{
  const gdouble peak_db = lq_lin_to_db (meter->highest);

  if (peak_db <= LQ_SILENCE_DB)
    return g_strdup ("silence");
  return g_strdup_printf ("peak %.1f dBFS, at the loudest %.1f LUFS", peak_db,
      lq_loudness_max_short_term (&meter->loudness));
}

static bool
gst_channel_strip_works (gconstpointer chain, guint i)
{
  return lq_strip_works (chain, i);
}

static void
gst_channel_strip_describe (LqFilter *filter, GstStructure *s, gboolean final)
{
  const lq_strip *chain = chain_of (filter);
  gchar *summary;

  gst_channel_strip_add_levels (s, &chain->before, "channel-input-peak", "channel-input-rms");
  gst_channel_strip_add_levels (s, &chain->after, "channel-output-peak", "channel-output-rms");
  if (!final)
    return;
  summary = lq_modules_summary (lq_strip_modules, LQ_STRIP_MODULES, gst_channel_strip_works,
      chain, gst_channel_strip_level (&chain->before), gst_channel_strip_level (&chain->after));
  gst_structure_set (s, "summary", G_TYPE_STRING, summary, NULL);
  g_free (summary);
}

static void
gst_channel_strip_finalize (GObject *object)
{
  GstChannelStrip *self = GST_CHANNEL_STRIP (object);

  lq_response_clear (&self->response);
  g_free (self->chain);
  G_OBJECT_CLASS (gst_channel_strip_parent_class)->finalize (object);
}

static void
gst_channel_strip_class_init (GstChannelStripClass *klass)
{
  static const LqFilterTables tables = { .modules = lq_strip_modules,
    .n_modules = LQ_STRIP_MODULES,
    .figures = lq_strip_figure_modules,
    .n_figures = LQ_STRIP_FIGURE_MODULES,
    .own = &own_module,
    .params_size = sizeof (struct lq_strip_params),
    .figures_size = sizeof (struct lq_strip_figures) };
  static const gchar *const stereo_properties[] = { "out-pan", "delay-ping-pong",
    "reverb-width", NULL };
  LqFilterClass *filter_class = LQ_FILTER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_channel_strip_finalize;
  filter_class->channels_max = CHANNELS_MAX;
  filter_class->widens = TRUE;
  filter_class->has_tail = TRUE;
  filter_class->stereo_properties = stereo_properties;
  filter_class->prepare = gst_channel_strip_prepare;
  filter_class->set = gst_channel_strip_set;
  filter_class->reset = gst_channel_strip_reset;
  filter_class->begin = gst_channel_strip_begin;
  filter_class->process = gst_channel_strip_process;
  filter_class->latency = gst_channel_strip_latency;
  filter_class->latency_most = gst_channel_strip_latency_most;
  filter_class->check = gst_channel_strip_check;
  filter_class->stop = gst_channel_strip_stop;
  filter_class->admit = gst_channel_strip_admit;
  filter_class->wrote = gst_channel_strip_wrote;
  filter_class->tail = gst_channel_strip_tail;
  filter_class->neutral = gst_channel_strip_neutral;
  filter_class->listens = gst_channel_strip_listens;
  filter_class->needs_stereo = gst_channel_strip_needs_stereo;
  filter_class->meter = gst_channel_strip_meter;
  filter_class->read_figures = gst_channel_strip_read_figures;
  filter_class->describe = gst_channel_strip_describe;
  lq_filter_class_setup (filter_class, &tables);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Channel strip",
      "Filter/Effect/Audio",
      "One track's filters, gate, equaliser, compressor, de-esser, transients, "
      "saturation, delay, reverb, pan and fader in one element",
      "The Lacquer authors");
}

static void
gst_channel_strip_init (GstChannelStrip *self)
{
  self->chain = g_new0 (lq_strip, 1);
  lq_response_init (&self->response, GST_ELEMENT (self), lq_filter_params (LQ_FILTER (self)),
      &self->chain->reverb);
}
