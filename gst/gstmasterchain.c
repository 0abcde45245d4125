/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-masterchain
 * @title: masterchain
 *
 * What a finished mix goes through: equaliser with minimum or linear phase, dynamic equaliser,
 * multiband dynamics, bus compressor, exciter, imager, low-end focus and a true-peak maximizer, with
 * fades, dither and meters. With learn=whole-track it finds the drive for a loudness.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=mix.wav ! wavparse ! audioconvert ! masterchain eq1-enabled=true eq1-type=high-shelf eq1-frequency=9000 eq1-gain=1.5 glue-enabled=true glue-threshold=-4 glue-auto-release=true maximizer-enabled=true maximizer-ceiling=-1 learn=whole-track maximizer-loudness-target=-12 ! audio/x-raw,format=S24LE ! flacenc ! filesink location=master.flac
 * ]|
 */

#include "gstmasterchain-private.h"

#include "lqmodules.h"

static const struct lq_enum learns = { "LqMasterLearn",
  (const struct lq_item[]){ { "none", "One pass", 0 },
      { "whole-track", "The whole track is heard before anything goes out", 1 },
      { NULL, NULL, 0 } } };

static const struct lq_param own_rows[] = {
  { "order", "Order",
      "Modules from eq to lowend, comma-separated; input stays first and maximizer last; those "
      "not named follow in default order",
      NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, 0, 0, LQ_MASTER_ORDER },
  { "learn", "Learn",
      "Spools and analyses the track before anything is pushed; a live stream is an error",
      NULL, LQ_ENUM, LQ_LINEAR, LQ_NO_FIELD, 0, 1, 0, &learns, 0, 0, NULL },
  { "spool-memory", "Spool memory",
      "learn=whole-track: kept in memory up to this, then in an unlinked file", "bytes",
      LQ_UINT64, LQ_LINEAR, LQ_NO_FIELD, 0, 1099511627776.0, 268435456, NULL, 0, 0, NULL },
  { "spool-directory", "Spool directory",
      "Where that file goes; empty: the system's temporary directory", NULL, LQ_STRING,
      LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_NO_PRESET, 0, NULL },
  { "spectrum", "Spectrum",
      "31 third octaves of the output, 20 Hz to 20 kHz, dBFS, comma-separated", NULL, LQ_STRING,
      LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_READONLY, 0, NULL },
  { "mono-loss-bands", "Mono loss of bands",
      "31 third octaves, 20 Hz to 20 kHz, dB, comma-separated", NULL, LQ_STRING, LQ_LINEAR,
      LQ_NO_FIELD, 0, 0, 0, NULL, LQ_READONLY, 0, NULL },
};
static const struct lq_module own_module = { "", own_rows, LQ_COUNT (own_rows), 0, NULL };

G_DEFINE_TYPE (GstMasterChain, gst_master_chain, LQ_TYPE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (masterchain, "masterchain", GST_RANK_NONE, GST_TYPE_MASTER_CHAIN)

static lq_master *
chain_of (LqFilter *filter)
{
  return GST_MASTER_CHAIN (filter)->chain;
}

/* Settings. */

static gboolean
gst_master_chain_read_order (LqFilter *filter, uint8_t order[LQ_MASTER_FREE], GError **error)
{
  return lq_modules_order (filter, lq_master_read_order, LQ_MASTER_ORDER, order, error);
}

static gboolean
gst_master_chain_check (LqFilter *filter, GError **error)
{
  uint8_t order[LQ_MASTER_FREE];

  return gst_master_chain_read_order (filter, order, error) &&
         gst_master_chain_check_learn (filter, error);
}

/* The chain. */

static gboolean
gst_master_chain_prepare (
    LqFilter *filter, const lq_stream *stream, gconstpointer params, lq_arena *arena)
{
  uint8_t order[LQ_MASTER_FREE];

  if (!gst_master_chain_read_order (filter, order, NULL) ||
      !lq_master_prepare (chain_of (filter), stream, params, order,
          gst_master_chain_seeks_drive (filter), arena))
    return FALSE;
  gst_master_chain_tell_end (GST_MASTER_CHAIN (filter), stream);
  return TRUE;
}

static void
gst_master_chain_set_output (LqFilter *filter, const LqFilterOutput *output)
{
  lq_master_set_output (chain_of (filter), output->sample_error);
}

static void
gst_master_chain_set (LqFilter *filter, gconstpointer params)
{
  gst_master_chain_see_fades (GST_MASTER_CHAIN (filter), params);
  lq_master_set (chain_of (filter), params);
}

static void
gst_master_chain_reset (LqFilter *filter)
{
  lq_master_reset (chain_of (filter));
}

static void
gst_master_chain_begin (LqFilter *filter, gboolean programme)
{
  GstMasterChain *self = GST_MASTER_CHAIN (filter);

  /* A flush in the first pass makes it begin anew. */
  if (programme || (gst_master_chain_learns (filter) && !self->ends)) {
    self->heard = 0;
    self->ends = self->warned = FALSE;
  }
  lq_master_begin (self->chain, programme);
}

static void
gst_master_chain_process (LqFilter *filter, float *const *planes, guint frames)
{
  lq_master_process (chain_of (filter), planes, frames);
}

static const float *
gst_master_chain_match (LqFilter *filter)
{
  return lq_master_match (chain_of (filter));
}

static guint
gst_master_chain_latency (LqFilter *filter)
{
  return lq_master_latency (chain_of (filter));
}

static guint
gst_master_chain_latency_most (LqFilter *filter)
{
  return lq_master_latency_most (chain_of (filter));
}

static gboolean
gst_master_chain_neutral (LqFilter *filter)
{
  return lq_master_neutral (chain_of (filter));
}

static gboolean
gst_master_chain_listens (LqFilter *filter)
{
  return chain_of (filter)->metered;
}

static void
gst_master_chain_locate (LqFilter *filter, guint64 frame)
{
  lq_master_locate (chain_of (filter), (gint64)frame);
}

static void
gst_master_chain_over (LqFilter *filter, gboolean is)
{
  lq_master_over (chain_of (filter), is);
}

/* Meters. */

static void
gst_master_chain_meter (LqFilter *filter, gboolean on)
{
  lq_master_meter (chain_of (filter), on);
}

static void
gst_master_chain_written (LqFilter *filter, float *const *planes, guint frames)
{
  lq_master_written (chain_of (filter), (const float *const *)planes, frames);
}

static void
gst_master_chain_read_figures (LqFilter *filter, gpointer figures, gboolean final)
{
  lq_master_figures (chain_of (filter), figures, final);
  gst_master_chain_put_bands (filter);
}

/* Another run is another track. */
static void
gst_master_chain_stop (LqFilter *filter)
{
  GstMasterChain *self = GST_MASTER_CHAIN (filter);

  self->heard = 0;
  self->ends = self->warned = FALSE;
}

static void
gst_master_chain_finalize (GObject *object)
{
  g_free (GST_MASTER_CHAIN (object)->chain);
  G_OBJECT_CLASS (gst_master_chain_parent_class)->finalize (object);
}

static void
gst_master_chain_class_init (GstMasterChainClass *klass)
{
  static const LqFilterTables tables = { .modules = lq_master_modules,
    .n_modules = LQ_MASTER_MODULES,
    .figures = lq_master_figure_modules,
    .n_figures = LQ_MASTER_FIGURE_MODULES,
    .own = &own_module,
    .params_size = sizeof (struct lq_master_params),
    .figures_size = sizeof (struct lq_master_figures) };
  LqFilterClass *filter_class = LQ_FILTER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_master_chain_finalize;
  filter_class->channels_max = 2;
  filter_class->prepare = gst_master_chain_prepare;
  filter_class->set_output = gst_master_chain_set_output;
  filter_class->set = gst_master_chain_set;
  filter_class->match = gst_master_chain_match;
  filter_class->reset = gst_master_chain_reset;
  filter_class->begin = gst_master_chain_begin;
  filter_class->process = gst_master_chain_process;
  filter_class->latency = gst_master_chain_latency;
  filter_class->latency_most = gst_master_chain_latency_most;
  filter_class->neutral = gst_master_chain_neutral;
  filter_class->listens = gst_master_chain_listens;
  filter_class->locate = gst_master_chain_locate;
  filter_class->over = gst_master_chain_over;
  filter_class->meter = gst_master_chain_meter;
  filter_class->written = gst_master_chain_written;
  filter_class->read_figures = gst_master_chain_read_figures;
  filter_class->describe = gst_master_chain_describe;
  filter_class->check = gst_master_chain_check;
  filter_class->stop = gst_master_chain_stop;
  filter_class->admit = gst_master_chain_admit;
  filter_class->conclude = gst_master_chain_conclude;
  filter_class->two_pass = gst_master_chain_learns;
  filter_class->rehearses = TRUE;
  filter_class->analyse = gst_master_chain_analyse;
  filter_class->solve = gst_master_chain_solve;
  lq_filter_class_setup (filter_class, &tables);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Mastering chain",
      "Filter/Effect/Audio",
      "Equaliser, dynamics, bus compressor, exciter, imager and true-peak maximizer for a "
      "finished mix, in one element",
      "The Lacquer authors");
}

static void
gst_master_chain_init (GstMasterChain *self)
{
  self->chain = g_new0 (lq_master, 1);
}
