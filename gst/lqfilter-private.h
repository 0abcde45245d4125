/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of LqFilter share. */

#ifndef LQ_FILTER_PRIVATE_H
#define LQ_FILTER_PRIVATE_H

#include <gst/audio/audio.h>

#include "base/kernels.h"
#include "lqautomation.h"
#include "lqfilter.h"
#include "lqpreset.h"
#include "lqspool.h"
#include "primitives/bypass.h"
#include "primitives/quantize.h"

GST_DEBUG_CATEGORY_EXTERN (lq_filter_debug);
#define GST_CAT_DEFAULT lq_filter_debug

/* Where two-pass work stands. */
typedef enum {
  LQ_PASS_NONE,   /* one pass does */
  LQ_PASS_SPOOL,  /* first pass: nothing has gone out */
  LQ_PASS_REPLAY, /* the spool goes out */
  LQ_PASS_KNOWN,  /* analysed before: frames pass through directly */
  LQ_PASS_FAILED  /* an error was posted: nothing goes out */
} LqPass;

/* Settings of the base itself, taken when the store's generation moves. */
typedef struct {
  gboolean bypass, post_messages, meters, watched, auto_blank;
  gint dither, shaping;
  guint64 interval;
} LqFilterSettings;

typedef struct _LqSpoolBook LqSpoolBook;

struct _LqFilterPrivate {
  LqParams params;
  gpointer chain_params, figures;
  LqFilterSettings settings;
  guint generation; /* of the store, as last taken */

  /* Before READY: what a setter couldn't do. */
  GError *setter_error; /* under the object lock */
  GMutex preset_lock;   /* one preset at a time */
  gint ready;           /* atomic: READY or above */
  LqAutomation *automation;
  gchar *automation_text, *automation_location; /* as compiled */
  gboolean controlled; /* automation or control bindings move something */

  /* The stream. */
  GstAudioInfo in, out;
  lq_stream stream;
  gboolean prepared;
  lq_arena arena;
  const struct lq_kernels *kernels;
  float *planes[LQ_CHANNELS_MAX];
  lq_bypass bypass;
  lq_quantize quantize;
  gboolean integer;
  gdouble sample_error;  /* as handed to set_output */
  gboolean wants_stereo; /* at negotiation; or it was said since that now it does */
  gdouble flat_rate;     /* the last that noise shaping was warned about, or 0 */
  guint latency;
  GstClockTime latency_time; /* under the object lock */
  gdouble lag;               /* of ramps, frames */

  /* The clock: frames since an input timestamp was believed. */
  gboolean anchored;
  GstClockTime base_pts;      /* NONE: the stream has no timestamps */
  gdouble base_stream_frames; /* stream time of the anchor, frames; NAN without … */
  gboolean over;              /* a drain: the input has ended */
  gdouble analysed_from;      /* … of the programme's first frame, in the first pass … */
  gboolean begun;             /* … or, in single-pass work, which has come in */
  guint64 in_frames;          /* that came since the anchor */
  guint64 out_frames;         /* that went since the anchor */
  guint64 base_offset;        /* GstBuffer offset at the anchor, or NONE */
  guint phase;                /* of the grid at the next frame */
  guint hold;                 /* frames of latency still to be swallowed */
  gboolean discont;           /* the next buffer out follows a break */
  gboolean ran;               /* frames of this programme went through the chain */
  gboolean fresh;             /* nothing has gone through since the chain was reset */

  /* Meters. */
  gboolean metered;
  guint64 period_frames; /* frames of the current period so far */
  gint64 bad_samples;    /* atomic, as published */
  guint64 clean_frames;  /* since the last bad sample */

  /* Events. */
  GstSegment segment;             /* as received */
  GArray *seeks;                  /* seqnums of seeks that set a stop; under the object lock */
  gboolean tags_tried, tags_sent; /* before the first buffer; at all */

  /* The programme. */
  gboolean admitted; /* its first frames were taken */
  gboolean whole;    /* no flush since it began */
  guint64 heard;     /* frames that came in since it, or a flush, began */

  /* Two-pass. */
  LqPass pass;
  LqSpoolBook *book;
  gboolean mark_due; /* the next frame's timestamp is to be noted */
  gint spooling;     /* atomic: for queries and seeks from other threads */
};
typedef struct _LqFilterPrivate LqFilterPrivate;

LqFilterPrivate *lq_filter_private (LqFilter *filter);

/* lqfilter.c */
GstBaseTransformClass *lq_filter_base_class (void);
void lq_filter_take_settings (LqFilter *filter);
gboolean lq_filter_bound (LqFilter *filter);
gboolean lq_filter_moves (LqFilter *filter, const gchar *property);
void lq_filter_fill_at_start (LqFilter *filter);
void lq_filter_fail (LqFilter *filter, GError *error);

/* lqfilter-caps.c */
void lq_filter_caps_class_init (LqFilterClass *klass);
GstCaps *lq_filter_template (guint channels_max, GstPadDirection direction);

/* lqfilter-run.c */
gboolean lq_filter_prepare (
    LqFilter *filter, const GstAudioInfo *in, const GstAudioInfo *out, const lq_stream *stream);
gboolean lq_filter_set_output (LqFilter *filter, const GstAudioInfo *out);
void lq_filter_follow (LqFilter *filter);
void lq_filter_control (LqFilter *filter, gint64 frames);
void lq_filter_see_control (LqFilter *filter);
void lq_filter_release (LqFilter *filter);
void lq_filter_restart (LqFilter *filter);
GstClockTime lq_filter_time_of (LqFilter *filter, guint64 frames);
void lq_filter_anchor (LqFilter *filter, GstClockTime pts, guint64 offset);
guint64 lq_filter_load (LqFilter *filter, const gfloat *in, guint n);
gsize lq_filter_run (LqFilter *filter, const gfloat *in, guint8 *out, guint frames);
void lq_filter_idle (LqFilter *filter, const gfloat *in, guint frames);
gboolean lq_filter_transparent (LqFilter *filter, const gfloat *in, guint frames);

/* lqfilter-flow.c */
void lq_filter_flow_class_init (LqFilterClass *klass);
GstBuffer *lq_filter_render (LqFilter *filter, const gfloat *in, guint frames);
GstFlowReturn lq_filter_push (LqFilter *filter, GstBuffer *buffer);
GstFlowReturn lq_filter_drain (LqFilter *filter, gboolean with_tail);
GstFlowReturn lq_filter_synchronise (
    LqFilter *filter, GstClockTime pts, guint64 offset, gboolean flagged);
guint64 lq_filter_gap_frames (LqFilter *filter, GstClockTime pts, GstClockTime duration);

/* lqfilter-message.c */
void lq_filter_speak (LqFilter *filter, gboolean final);
void lq_filter_count_bad (LqFilter *filter, guint64 bad, guint frames);

/* lqfilter-events.c */
void lq_filter_events_class_init (LqFilterClass *klass);
void lq_filter_send_tags (LqFilter *filter, gboolean at_end);
gboolean lq_filter_admit (LqFilter *filter);
gboolean lq_filter_sink_now (LqFilter *filter, GstEvent *event);

/* lqfilter-twopass.c */
void lq_filter_twopass_begin (LqFilter *filter);
void lq_filter_twopass_drop (LqFilter *filter);
gboolean lq_filter_twopass_started (LqFilter *filter);
GstFlowReturn lq_filter_twopass_take (LqFilter *filter, GstBuffer *buffer, guint frames);
void lq_filter_twopass_hold (LqFilter *filter, GstEvent *event);
GstFlowReturn lq_filter_twopass_fail (LqFilter *filter, GError *error);
GstFlowReturn lq_filter_twopass_finish (LqFilter *filter);

#endif
