/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "late.h"

#include "primitives/line.h"

struct late_params {
  uint32_t latency, echo, later;
};

struct _Late {
  LqFilter parent;
  struct late_params p;
  lq_line line;
  guint channels;
};

G_DEFINE_TYPE (Late, late, LQ_TYPE_FILTER)

static const struct lq_param rows[] = {
  { "latency", "Latency", "Delay", "frames", LQ_UINT, LQ_LINEAR,
      offsetof (struct late_params, latency), 0, LATE_MAX, 0, NULL, 0, 0 },
  { "echo", "Echo", "After this, half as loud; 0 is none", "frames", LQ_UINT, LQ_LINEAR,
      offsetof (struct late_params, echo), 0, LATE_MAX, 0, NULL, LQ_PLAYING, 0 },
  { "later", "Later", "So much later still, once it is set; never less again", "frames",
      LQ_UINT, LQ_LINEAR, offsetof (struct late_params, later), 0, LATE_MAX, 0, NULL,
      LQ_PLAYING, 0 },
};
static const struct lq_module modules[] = { { "", rows, LQ_COUNT (rows), 0, NULL } };

static gboolean
late_prepare (LqFilter *filter, const lq_stream *stream, gconstpointer params, lq_arena *arena)
{
  Late *self = LQT_LATE (filter);

  self->channels = stream->channels;
  self->p = *(const struct late_params *)params;
  return lq_line_prepare (&self->line, stream->channels, 3 * LATE_MAX, arena);
}

static void
late_set (LqFilter *filter, gconstpointer params)
{
  const struct late_params *p = params;
  Late *self = LQT_LATE (filter);

  self->p.echo = p->echo;
  self->p.later = MAX (self->p.later, p->later);
}

static void
late_reset (LqFilter *filter)
{
  lq_line_reset (&LQT_LATE (filter)->line);
}

static void
late_process (LqFilter *filter, float *const *planes, guint frames)
{
  Late *self = LQT_LATE (filter);
  const guint latency = self->p.latency + self->p.later;
  float echo[LQ_BLOCK];

  for (guint c = 0; c < self->channels; c++) {
    lq_line_write (&self->line, c, planes[c], frames);
    lq_line_read (&self->line, c, latency, planes[c], frames);
    if (!self->p.echo)
      continue;
    lq_line_read (&self->line, c, latency + self->p.echo, echo, frames);
    for (guint i = 0; i < frames; i++)
      planes[c][i] += 0.5f * echo[i];
  }
  lq_line_advance (&self->line, frames);
}

static guint
late_latency (LqFilter *filter)
{
  return LQT_LATE (filter)->p.latency + LQT_LATE (filter)->p.later;
}

static guint
late_latency_most (LqFilter *filter)
{
  return LQT_LATE (filter)->p.latency + LATE_MAX;
}

static guint64
late_tail (LqFilter *filter)
{
  return LQT_LATE (filter)->p.echo;
}

static void
late_class_init (LateClass *klass)
{
  static const LqFilterTables tables = {
    .modules = modules, .n_modules = 1, .params_size = sizeof (struct late_params)
  };
  LqFilterClass *filter_class = LQ_FILTER_CLASS (klass);

  filter_class->channels_max = 8;
  filter_class->has_tail = TRUE;
  filter_class->prepare = late_prepare;
  filter_class->set = late_set;
  filter_class->reset = late_reset;
  filter_class->process = late_process;
  filter_class->latency = late_latency;
  filter_class->latency_most = late_latency_most;
  filter_class->tail = late_tail;
  lq_filter_class_setup (filter_class, &tables);
  gst_element_class_set_static_metadata (
      GST_ELEMENT_CLASS (klass), "Late", "Filter/Effect/Audio", "Late on purpose", "Tests");
}

static void
late_init (Late *self)
{
}
