/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-vinylsafe
 * @title: vinylsafe
 *
 * Makes a master that a lathe can cut and a needle can play: models the groove, treats only what breaks
 * its limits, which tighten towards the label, and says whether the side fits. mode=analyse only reports;
 * simulate lets the record be heard before it is paid for.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m filesrc location=mix.wav ! wavparse ! audioconvert ! vinylsafe disc=12in rpm=33 ! audio/x-raw,format=S24LE ! flacenc ! filesink location=cut.flac
 * gst-launch-1.0 -m filesrc location=mix.wav ! wavparse ! audioconvert ! vinylsafe mode=analyse disc=7in rpm=45 ! fakesink
 * ]|
 */

#include "gstvinylsafe-private.h"

#include <string.h>

static const struct lq_enum learns = { "LqCutLearn",
  (const struct lq_item[]){ { "none", "One pass", 0 },
      { "whole-track", "The whole stream is heard before anything goes out", 1 },
      { NULL, NULL, 0 } } };

static const struct lq_param own_rows[] = {
  { "cut-level-auto", "Automatic cut level",
      "Lowers the side until it fits, before treating it, and says by how much; implies "
      "learn=whole-track",
      NULL, LQ_BOOL, LQ_LINEAR, LQ_NO_FIELD, 0, 1, 0, NULL, 0, 0, NULL },
  { "learn", "Learn",
      "whole-track: spools the stream, so that its duration and groove are known before "
      "cutting; "
      "a live stream is an error",
      NULL, LQ_ENUM, LQ_LINEAR, LQ_NO_FIELD, 0, 1, 0, &learns, 0, 0, NULL },
  { "spool-memory", "Spool memory",
      "learn=whole-track: kept in memory up to this, then in an unlinked file", "bytes",
      LQ_UINT64, LQ_LINEAR, LQ_NO_FIELD, 0, 1099511627776.0, 268435456, NULL, 0, 0, NULL },
  { "spool-directory", "Spool directory",
      "Where that file goes; empty: the system's temporary directory", NULL, LQ_STRING,
      LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_NO_PRESET, 0, NULL },
  { "worst-moments", "Worst moments", "Ten at most, worst first: time limit excess-dB; …", NULL,
      LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_READONLY, 0, NULL },
};
static const struct lq_module own_module = { "", own_rows, LQ_COUNT (own_rows), 0, NULL };

G_DEFINE_TYPE (GstVinylSafe, gst_vinyl_safe, LQ_TYPE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (vinylsafe, "vinylsafe", GST_RANK_NONE, GST_TYPE_VINYL_SAFE)

static lq_cut *
chain_of (LqFilter *filter)
{
  return GST_VINYL_SAFE (filter)->chain;
}

/* The chain. */

static gboolean
gst_vinyl_safe_prepare (
    LqFilter *filter, const lq_stream *stream, gconstpointer params, lq_arena *arena)
{
  lq_cut *chain = chain_of (filter);
  const gboolean auto_level =
      lq_params_get_int (lq_filter_params (filter), "cut-level-auto") != 0;

  if (!lq_cut_prepare (chain, stream, params, auto_level, arena))
    return FALSE;
  lq_cut_set_length (chain, GST_VINYL_SAFE (filter)->length_s);
  return TRUE;
}

static void
gst_vinyl_safe_set (LqFilter *filter, gconstpointer params)
{
  lq_cut_set (chain_of (filter), params);
}

static void
gst_vinyl_safe_reset (LqFilter *filter)
{
  lq_cut_reset (chain_of (filter));
}

static void
gst_vinyl_safe_begin (LqFilter *filter, gboolean programme)
{
  GstVinylSafe *self = GST_VINYL_SAFE (filter);

  if (programme)
    self->length_s = 0.0;
  lq_cut_begin (self->chain, programme);
}

static void
gst_vinyl_safe_process (LqFilter *filter, float *const *planes, guint frames)
{
  lq_cut_process (chain_of (filter), planes, frames);
}

static guint
gst_vinyl_safe_latency (LqFilter *filter)
{
  return lq_cut_latency (chain_of (filter));
}

static guint
gst_vinyl_safe_latency_most (LqFilter *filter)
{
  return lq_cut_latency_most (chain_of (filter));
}

static gboolean
gst_vinyl_safe_neutral (LqFilter *filter)
{
  return lq_cut_neutral (chain_of (filter));
}

static gboolean
gst_vinyl_safe_listens (LqFilter *filter)
{
  return chain_of (filter)->metered;
}

static void
gst_vinyl_safe_locate (LqFilter *filter, guint64 frame)
{
  lq_cut_locate (chain_of (filter), (gint64)frame);
}

static void
gst_vinyl_safe_over (LqFilter *filter, gboolean is)
{
  lq_cut_over (chain_of (filter), is);
}

/* Meters. */

static void
gst_vinyl_safe_meter (LqFilter *filter, gboolean on)
{
  lq_cut_meter (chain_of (filter), on);
}

static void
gst_vinyl_safe_read_figures (LqFilter *filter, gpointer figures, gboolean final)
{
  GstVinylSafe *self = GST_VINYL_SAFE (filter);

  lq_cut_figures (self->chain, &self->figures, final);
  memcpy (figures, &self->figures, sizeof self->figures);
  gst_vinyl_safe_put_moments (filter);
}

/* Another run is another stream. */
static void
gst_vinyl_safe_stop (LqFilter *filter)
{
  GST_VINYL_SAFE (filter)->length_s = 0.0;
}

static void
gst_vinyl_safe_finalize (GObject *object)
{
  g_free (GST_VINYL_SAFE (object)->chain);
  G_OBJECT_CLASS (gst_vinyl_safe_parent_class)->finalize (object);
}

static void
gst_vinyl_safe_class_init (GstVinylSafeClass *klass)
{
  static const LqFilterTables tables = { .modules = lq_cut_modules,
    .n_modules = LQ_CUT_MODULES,
    .figures = lq_cut_figure_modules,
    .n_figures = LQ_CUT_FIGURE_MODULES,
    .own = &own_module,
    .params_size = sizeof (struct lq_cut_params),
    .figures_size = sizeof (struct lq_cut_figures) };
  LqFilterClass *filter_class = LQ_FILTER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_vinyl_safe_finalize;
  filter_class->channels_max = 2;
  filter_class->prepare = gst_vinyl_safe_prepare;
  filter_class->set = gst_vinyl_safe_set;
  filter_class->reset = gst_vinyl_safe_reset;
  filter_class->begin = gst_vinyl_safe_begin;
  filter_class->process = gst_vinyl_safe_process;
  filter_class->latency = gst_vinyl_safe_latency;
  filter_class->latency_most = gst_vinyl_safe_latency_most;
  filter_class->neutral = gst_vinyl_safe_neutral;
  filter_class->listens = gst_vinyl_safe_listens;
  filter_class->locate = gst_vinyl_safe_locate;
  filter_class->over = gst_vinyl_safe_over;
  filter_class->meter = gst_vinyl_safe_meter;
  filter_class->read_figures = gst_vinyl_safe_read_figures;
  filter_class->describe = gst_vinyl_safe_describe;
  filter_class->check = gst_vinyl_safe_check;
  filter_class->stop = gst_vinyl_safe_stop;
  filter_class->wrote = gst_vinyl_safe_wrote;
  filter_class->admit = gst_vinyl_safe_admit;
  filter_class->conclude = gst_vinyl_safe_conclude;
  filter_class->two_pass = gst_vinyl_safe_learns;
  filter_class->rehearses = TRUE;
  filter_class->analyse = gst_vinyl_safe_analyse;
  filter_class->solve = gst_vinyl_safe_solve;
  lq_filter_class_setup (filter_class, &tables);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Vinyl protection",
      "Filter/Effect/Analyzer/Audio",
      "Makes a master that a lathe can cut: mono bass, limits of the groove by its radius, and "
      "a "
      "plan of the side",
      "The Lacquer authors");
}

static void
gst_vinyl_safe_init (GstVinylSafe *self)
{
  self->chain = g_new0 (lq_cut, 1);
}
