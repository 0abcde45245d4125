/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-loudnessnorm
 * @title: loudnessnorm
 *
 * Measures loudness by BS.1770-5 and EBU R 128, and brings a stream to a target with true peaks
 * below a ceiling: live, by a gain that rides slowly, or in two passes by one exact gain.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=mix.wav ! wavparse ! audioconvert ! loudnessnorm mode=two-pass target=spotify ! flacenc ! filesink location=master.flac
 * ]|
 */

#include "gstloudnessnorm-private.h"

#include <math.h>

#include "base/mathx.h"

G_DEFINE_TYPE (GstLoudnessNorm, gst_loudness_norm, LQ_TYPE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (
    loudnessnorm, "loudnessnorm", GST_RANK_NONE, GST_TYPE_LOUDNESS_NORM)

#define OWN(name, nick, blurb, unit, type, max, def, flags)                                    \
  {                                                                                            \
    name, nick, blurb, unit, type, LQ_LINEAR, LQ_NO_FIELD, 0, max, def, NULL, flags, 0         \
  }
static const struct lq_param own_rows[] = {
  { "qc", "Quality control",
      "Judges the result (measure: the input) by qc-tolerance and max-true-peak; in two-pass "
      "before anything is pushed",
      NULL, LQ_ENUM, LQ_LINEAR, LQ_NO_FIELD, 0, 2, GST_NORM_QC_NONE, &gst_norm_qc_enum,
      LQ_PLAYING, 0 },
  OWN ("qc-tolerance", "Quality tolerance",
      "Largest |integrated - loudness-target| that qc lets pass; with boost=false only too "
      "loud "
      "counts",
      "LU", LQ_FLOAT, 20, 0.5, LQ_PLAYING),
  OWN ("write-tags", "Write tags",
      "ReplayGain 2 and R 128 tags of the output, before the first buffer in two-pass and "
      "linear; stale ones are dropped either way",
      NULL, LQ_BOOL, 1, 1, 0),
  OWN ("measured-from-tags", "Measured from tags",
      "Linear and live take the measurement from arriving ReplayGain or R 128 tags where "
      "measured-* is unset",
      NULL, LQ_BOOL, 1, 0, 0),
  OWN ("measurement-location", "Measurement file",
      "File that measure and two-pass write and linear reads; its rate, channels and duration "
      "must be the stream's",
      NULL, LQ_STRING, 0, 0, LQ_NO_PRESET),
  OWN ("album-measure", "Album measure",
      "Posts an album-measure message per stream with the gated blocks, so that albums combine "
      "exactly",
      NULL, LQ_BOOL, 1, 0, 0),
  OWN ("spool-memory", "Spool memory",
      "Two-pass: kept in memory up to this, then in an unlinked file", "bytes", LQ_UINT64,
      1099511627776.0, 268435456, 0),
  OWN ("spool-directory", "Spool directory",
      "Where that file goes; empty: the system's temporary directory", NULL, LQ_STRING, 0, 0,
      LQ_NO_PRESET),
};
static const struct lq_module own_module = { "", own_rows, LQ_COUNT (own_rows), 0, NULL };

gint
gst_loudness_norm_mode (GstLoudnessNorm *self)
{
  return lq_params_get_int (lq_filter_params (LQ_FILTER (self)), "mode");
}

/* The chain. */

static gboolean
gst_loudness_norm_prepare (
    LqFilter *filter, const lq_stream *stream, gconstpointer params, lq_arena *arena)
{
  return lq_norm_prepare (&GST_LOUDNESS_NORM (filter)->chain, stream, params, arena);
}

static void
gst_loudness_norm_set_output (LqFilter *filter, const LqFilterOutput *output)
{
  lq_norm_set_output (&GST_LOUDNESS_NORM (filter)->chain, output->sample_error);
}

static void
gst_loudness_norm_set (LqFilter *filter, gconstpointer params)
{
  GstLoudnessNorm *self = GST_LOUDNESS_NORM (filter);
  struct lq_norm_params p = *(const struct lq_norm_params *)params;

  self->params = p;
  self->has_params = TRUE;
  gst_loudness_norm_fill_measured (self, &p);
  lq_norm_set (&self->chain, &p);
}

void
gst_loudness_norm_reconsider (GstLoudnessNorm *self)
{
  const struct lq_norm_params p = self->params;
  guint64 frames;

  if (!self->has_params)
    return;
  gst_loudness_norm_set (LQ_FILTER (self), &p);
  lq_filter_heard (LQ_FILTER (self), &frames);
  if (frames == 0)
    lq_norm_reset (&self->chain);
}

static void
gst_loudness_norm_reset (LqFilter *filter)
{
  lq_norm_reset (&GST_LOUDNESS_NORM (filter)->chain);
}

static void
gst_loudness_norm_begin (LqFilter *filter, gboolean programme)
{
  GstLoudnessNorm *self = GST_LOUDNESS_NORM (filter);

  lq_norm_begin (&self->chain, programme);
  if (programme && gst_loudness_norm_forget_tags (self))
    gst_loudness_norm_reconsider (self);
}

static void
gst_loudness_norm_process (LqFilter *filter, float *const *planes, guint frames)
{
  lq_norm_process (&GST_LOUDNESS_NORM (filter)->chain, planes, frames);
}

static gboolean
gst_loudness_norm_neutral (LqFilter *filter)
{
  return lq_norm_neutral (&GST_LOUDNESS_NORM (filter)->chain);
}

static gboolean
gst_loudness_norm_listens (LqFilter *filter)
{
  return lq_norm_listens (&GST_LOUDNESS_NORM (filter)->chain);
}

static void
gst_loudness_norm_meter (LqFilter *filter, gboolean on)
{
  lq_norm_meter (&GST_LOUDNESS_NORM (filter)->chain, on);
}

static void
gst_loudness_norm_written (LqFilter *filter, float *const *planes, guint frames)
{
  lq_norm_written (&GST_LOUDNESS_NORM (filter)->chain, (const float *const *)planes, frames);
}

static void
gst_loudness_norm_read_figures (LqFilter *filter, gpointer figures, gboolean final)
{
  lq_norm_read (&GST_LOUDNESS_NORM (filter)->chain, figures, final);
}

/* Two-pass work. */

static gboolean
gst_loudness_norm_two_pass (LqFilter *filter)
{
  return gst_loudness_norm_mode (GST_LOUDNESS_NORM (filter)) == LQ_NORM_TWO_PASS;
}

static guint
gst_loudness_norm_latency (LqFilter *filter)
{
  return lq_norm_latency (&GST_LOUDNESS_NORM (filter)->chain);
}

static guint
gst_loudness_norm_analyse (LqFilter *filter, float *const *planes, guint frames, gfloat *notes)
{
  G_STATIC_ASSERT (LQ_FORECAST_NOTES <= LQ_FILTER_NOTES);

  return lq_norm_analyse (&GST_LOUDNESS_NORM (filter)->chain, planes, frames, notes);
}

static gboolean
gst_loudness_norm_solve (LqFilter *filter)
{
  return lq_norm_solve (&GST_LOUDNESS_NORM (filter)->chain);
}

static void
gst_loudness_norm_retrace (LqFilter *filter, const gfloat *notes, guint n)
{
  lq_norm_retrace (&GST_LOUDNESS_NORM (filter)->chain, notes, n);
}

static void
gst_loudness_norm_over (LqFilter *filter, gboolean is)
{
  lq_norm_over (&GST_LOUDNESS_NORM (filter)->chain, is);
}

static void
gst_loudness_norm_locate (LqFilter *filter, guint64 frame)
{
  lq_norm_locate (&GST_LOUDNESS_NORM (filter)->chain, frame);
}

/* What ends and what begins. */

/* Modes that always hear what is to be judged need no meters for it. */
static gboolean
gst_loudness_norm_watches (LqFilter *filter)
{
  LqParams *params = lq_filter_params (filter);
  const gint mode = gst_loudness_norm_mode (GST_LOUDNESS_NORM (filter));

  return mode != LQ_NORM_TWO_PASS && mode != LQ_NORM_MEASURE &&
         (lq_params_get_int (params, "qc") != GST_NORM_QC_NONE ||
             lq_params_get_int (params, "album-measure"));
}

static gboolean
gst_loudness_norm_conclude (LqFilter *filter, gboolean before_output, GError **error)
{
  GstLoudnessNorm *self = GST_LOUDNESS_NORM (filter);

  return gst_loudness_norm_keep (self, before_output, error) &&
         gst_loudness_norm_judge (self, before_output, error);
}

/* Settings. */

static gboolean
gst_loudness_norm_check (LqFilter *filter, GError **error)
{
  GstLoudnessNorm *self = GST_LOUDNESS_NORM (filter);

  gst_loudness_norm_forget_tags (self);
  self->has_params = FALSE;
  if (!gst_loudness_norm_check_measured (self, error))
    return FALSE;
  if (gst_loudness_norm_mode (self) != LQ_NORM_TWO_PASS)
    return TRUE;
  return lq_filter_check_spool (filter, error);
}

/* The properties that a target writes. */
static const gchar *const targeted[] = { "loudness-target", "max-true-peak", "boost",
  "qc-tolerance", NULL };
#define TARGETED (G_N_ELEMENTS (targeted) - 1)
#define TARGETED_BOOST 2

static gdouble
gst_loudness_norm_target_value (gint target, guint which)
{
  const struct lq_norm_target *row = &lq_norm_targets[target];
  const gdouble values[] = { row->loudness_lufs, row->true_peak_dbtp, row->boost,
    row->qc_tolerance_lu };

  return values[which];
}

static gdouble
gst_loudness_norm_value (LqParams *params, guint which)
{
  return which == TARGETED_BOOST ? lq_params_get_int (params, targeted[which])
                                 : lq_params_get_double (params, targeted[which]);
}

static gboolean
gst_loudness_norm_off_target (LqParams *params, gint target)
{
  for (guint i = 0; i < TARGETED; i++)
    if (fabs (gst_loudness_norm_value (params, i) -
              gst_loudness_norm_target_value (target, i)) > 1e-6)
      return TRUE;
  return FALSE;
}

/* target writes its values, but before READY never over explicit ones; a value that isn't the
 * target's makes it custom. */
static void
gst_loudness_norm_wrote (LqFilter *filter, guint id, LqOrigin origin)
{
  LqParams *params = lq_filter_params (filter);
  const LqParamTable *table = params->table;
  const gint target = lq_params_get_int (params, "target");
  const gchar *name = lq_param_table_nth (table, id - 1)->pspec->name;

  if (target == LQ_NORM_CUSTOM)
    return;
  if (g_str_equal (name, "target")) {
    for (guint i = 0; i < TARGETED; i++)
      lq_filter_imply (filter, targeted[i], gst_loudness_norm_target_value (target, i));
  } else if (!g_strv_contains (targeted, name)) {
    return;
  }
  if (gst_loudness_norm_off_target (params, target))
    lq_params_put_int (params, "target", LQ_NORM_CUSTOM);
}

static void
gst_loudness_norm_class_init (GstLoudnessNormClass *klass)
{
  static const LqFilterTables tables = { .modules = lq_norm_modules,
    .n_modules = LQ_COUNT (lq_norm_modules),
    .own = &own_module,
    .figures = lq_norm_figure_modules,
    .n_figures = LQ_COUNT (lq_norm_figure_modules),
    .params_size = sizeof (struct lq_norm_params),
    .figures_size = sizeof (struct lq_norm_figures) };
  LqFilterClass *filter_class = LQ_FILTER_CLASS (klass);

  filter_class->channels_max = LQ_CHANNELS_MAX;
  filter_class->prepare = gst_loudness_norm_prepare;
  filter_class->set_output = gst_loudness_norm_set_output;
  filter_class->set = gst_loudness_norm_set;
  filter_class->reset = gst_loudness_norm_reset;
  filter_class->begin = gst_loudness_norm_begin;
  filter_class->process = gst_loudness_norm_process;
  filter_class->neutral = gst_loudness_norm_neutral;
  filter_class->listens = gst_loudness_norm_listens;
  filter_class->meter = gst_loudness_norm_meter;
  filter_class->written = gst_loudness_norm_written;
  filter_class->read_figures = gst_loudness_norm_read_figures;
  filter_class->describe = gst_loudness_norm_describe;
  filter_class->watches = gst_loudness_norm_watches;
  filter_class->admit = gst_loudness_norm_admit;
  filter_class->conclude = gst_loudness_norm_conclude;
  filter_class->check = gst_loudness_norm_check;
  filter_class->wrote = gst_loudness_norm_wrote;
  filter_class->tags = gst_loudness_norm_tags;
  filter_class->two_pass = gst_loudness_norm_two_pass;
  filter_class->analyse = gst_loudness_norm_analyse;
  filter_class->solve = gst_loudness_norm_solve;
  filter_class->retrace = gst_loudness_norm_retrace;
  filter_class->over = gst_loudness_norm_over;
  filter_class->locate = gst_loudness_norm_locate;
  filter_class->latency = gst_loudness_norm_latency;
  lq_filter_class_setup (filter_class, &tables);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Loudness normaliser",
      "Filter/Effect/Analyzer/Audio",
      "Measures loudness by BS.1770 and EBU R 128, and normalises to a target, true-peak safe",
      "The Lacquer authors");
}

static void
gst_loudness_norm_init (GstLoudnessNorm *self)
{
}
