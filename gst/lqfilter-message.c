/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter: what it says: figures as properties, one element message a period, warnings. */

#include "lqfilter-private.h"
#include "lqmessage.h"

static void
lq_filter_post (LqFilter *filter, gboolean final)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GstStructure *s = lq_message_new (GST_ELEMENT (filter));

  lq_message_add_times (s, &p->segment,
      lq_filter_time_of (filter, p->in_frames - MIN (p->in_frames, p->period_frames)),
      lq_filter_time_of (filter, p->in_frames));
  lq_message_add_figures (s, &p->params);
  gst_structure_set (s, "final", G_TYPE_BOOLEAN, final, NULL);
  if (klass->describe)
    klass->describe (filter, s, final);
  lq_message_post (GST_ELEMENT (filter), s);
}

/* A period ends, or the programme does. */
void
lq_filter_speak (LqFilter *filter, gboolean final)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  if (klass->read_figures) {
    klass->read_figures (filter, p->figures, final);
    lq_params_publish (&p->params, LQ_GROUP_FIGURES, p->figures);
  }
  if (p->settings.post_messages)
    lq_filter_post (filter, final);
  p->period_frames = 0;
}

/* `bad` of the samples of this block weren't audio: counts them, and says so once a burst, which
 * ends with a second of clean audio. */
void
lq_filter_count_bad (LqFilter *filter, guint64 bad, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gboolean burst = bad && p->clean_frames >= (guint64)p->stream.rate;

  if (!bad) {
    p->clean_frames += frames;
    return;
  }
  p->clean_frames = 0;
  p->bad_samples += bad;
  lq_params_put_uint64 (&p->params, "bad-samples", p->bad_samples);
  if (burst)
    GST_ELEMENT_WARNING (filter, STREAM, FORMAT,
        ("The input holds samples that aren't audio (NaN, infinite or above 1e6), the first "
         "in the block of %u frames at frame %" G_GUINT64_FORMAT
         ": NaN and infinity were set to 0, the others clamped.",
            frames, p->in_frames),
        (NULL));
}
