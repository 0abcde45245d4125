/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The abstract base of the elements with one input and one output. It owns all that has to do
 * with GStreamer: caps, timestamps, latency, tails, flush, seek, gaps, bypass, scrub, dither,
 * presets, automation, messages and two-pass work. An element is a table, a chain and the few
 * functions below, most of which hand on to the chain. */

#ifndef LQ_FILTER_H
#define LQ_FILTER_H

#include <gst/base/gstbasetransform.h>

#include "base/arena.h"
#include "base/stream.h"
#include "lqparams.h"

G_BEGIN_DECLS

#define LQ_TYPE_FILTER (lq_filter_get_type ())
G_DECLARE_DERIVABLE_TYPE (LqFilter, lq_filter, LQ, FILTER, GstBaseTransform)

/* What leaves the element: chains that promise a ceiling need to know. */
typedef struct {
  gboolean integer;
  gdouble
      sample_error; /* most that quantising and dither add to a sample, full scale being 1 */
} LqFilterOutput;

/* All but check, needs_stereo, two_pass and watches run on the streaming thread. NULL means:
 * nothing. */
#define LQ_FILTER_NOTES 1024

struct _LqFilterClass {
  GstBaseTransformClass parent_class;

  /* Written by lq_filter_class_setup. */
  LqParamTable *table;
  const struct lq_module *modules;
  guint n_modules;
  gsize params_size, figures_size;

  guint channels_max;                    /* 1 to LQ_CHANNELS_MAX */
  gboolean widens;                       /* one channel may become two */
  gboolean has_tail;                     /* sound may follow the input's end */
  const gchar *const *stereo_properties; /* whose automation or binding needs two channels */

  /* The chain for this stream; FALSE where there is no memory. Modules that automation or a binding
   * moves count as switched on in `params`, here and in needs_stereo. [setup] */
  gboolean (*prepare) (
      LqFilter *filter, const lq_stream *stream, gconstpointer params, lq_arena *arena);
  /* What leaves: after prepare, and when downstream asks for another format. */
  void (*set_output) (LqFilter *filter, const LqFilterOutput *output);
  void (*set) (LqFilter *filter, gconstpointer params);
  /* What the input of the block that process had last is multiplied by where it is heard under
   * bypass, a number for each frame; NULL: nothing. [rt] */
  const float *(*match) (LqFilter *filter);
  /* Sound so far is forgotten, ramps stand at their targets; meters go on. */
  void (*reset) (LqFilter *filter);
  /* Meters start anew: a programme begins, or the same is heard from another place. */
  void (*begin) (LqFilter *filter, gboolean programme);
  /* At most LQ_BLOCK frames, in place. */
  void (*process) (LqFilter *filter, float *const *planes, guint frames);
  /* Frames that the output is late; set may raise it up to `latency_most`, and process then puts
   * out the frames by which it grew a second time, before all others. */
  guint (*latency) (LqFilter *filter);
  guint (*latency_most) (LqFilter *filter);
  /* Frames that may sound after the input's end, beyond the latency. */
  guint64 (*tail) (LqFilter *filter);
  /* process leaves every sample as it is; and: yet it looks at them. */
  gboolean (*neutral) (LqFilter *filter);
  gboolean (*listens) (LqFilter *filter);
  gboolean (*needs_stereo) (LqFilter *filter, gconstpointer params);

  /* Somebody looks at the meters, or nobody does. */
  void (*meter) (LqFilter *filter, gboolean on);
  /* What leaves, as the output format holds it; only while metered. */
  void (*written) (LqFilter *filter, float *const *planes, guint frames);
  /* Figures of the period that ends here; `final`: of the programme. */
  void (*read_figures) (LqFilter *filter, gpointer figures, gboolean final);
  /* Adds what isn't a figure: arrays over channels, the summary in words if final. */
  void (*describe) (LqFilter *filter, GstStructure *message, gboolean final);

  /* Settings that can't work, as an error of GST_RESOURCE_ERROR or another domain. */
  gboolean (*check) (LqFilter *filter, GError **error);
  /* The stream is over, the pads are inactive: what `check` began ends. */
  void (*stop) (LqFilter *filter);
  /* A property was written that others depend on; origin as in the store. Any thread. */
  void (*wrote) (LqFilter *filter, guint id, LqOrigin origin);

  /* Tags to send, given those that arrived (or NULL): a new list, or NULL to send none. `result`:
   * the output's figures are known. */
  GstTagList *(*tags) (LqFilter *filter, const GstTagList *arrived, gboolean result);

  /* Figures are wanted even where nobody looks at them. */
  gboolean (*watches) (LqFilter *filter);
  /* A programme's first frames are there; none has gone through. FALSE and why, where they can't be
   * taken: nothing goes out then. */
  gboolean (*admit) (LqFilter *filter, GError **error);
  /* A programme has been heard to its end: in two-pass work before any of it goes out, else after
   * the last frame. FALSE and why, where it isn't fit to be delivered. */
  gboolean (*conclude) (LqFilter *filter, gboolean before_output, GError **error);

  /* Two-pass work: whether this run is, what hears the first pass, and what concludes it. */
  gboolean (*two_pass) (LqFilter *filter);
  /* analyse may write up to LQ_FILTER_NOTES floats, which the base keeps, and returns how many.
   * While solve is TRUE, retrace hears all of them in their order, and solve is asked again. */
  guint (*analyse) (LqFilter *filter, float *const *planes, guint frames, gfloat *notes);
  gboolean
      rehearses; /* analyse runs the chain: settings move in the first pass as in the second */
  gboolean (*solve) (LqFilter *filter);
  void (*retrace) (LqFilter *filter, const gfloat *notes, guint n);
  /* Whether the input is over: what process gets then is silence that brings out what is held back,
   * and no part of the programme. [rt] */
  void (*over) (LqFilter *filter, gboolean is);
  /* The next frame is this one of the programme, whose first one in single-pass work is the first
   * that came in since it began. [rt] */
  void (*locate) (LqFilter *filter, guint64 frame);
};

/* Installs all properties and the pads. Call it last in class_init, with the fields above set.
 * The modules must outlive the class. */
typedef struct {
  const struct lq_module *modules, *figures;
  guint n_modules, n_figures;
  const struct lq_module *own; /* of the element alone: rows without a field; may be NULL */
  gsize params_size, figures_size;
} LqFilterTables;
void lq_filter_class_setup (LqFilterClass *klass, const LqFilterTables *tables);

LqParams *lq_filter_params (LqFilter *filter);

/* The channels that come in and their rate; streaming thread, after prepare. */
const lq_stream *lq_filter_stream (LqFilter *filter);

/* Frames that came in since the programme began; FALSE where a flush cut it, so that they aren't
 * the whole of it. Streaming thread. */
gboolean lq_filter_heard (LqFilter *filter, guint64 *frames);

/* How long upstream says that the stream is, GST_CLOCK_TIME_NONE where it doesn't. */
GstClockTime lq_filter_announced (LqFilter *filter);

/* Whether two-pass work can write to the folder that spool-directory names. */
gboolean lq_filter_check_spool (LqFilter *filter, GError **error);

/* Writes what another property stands for: before READY never over what was set explicitly, from there on
 * the last word counts. Any thread. */
void lq_filter_imply (LqFilter *filter, const gchar *name, gdouble value);

G_END_DECLS

#endif
