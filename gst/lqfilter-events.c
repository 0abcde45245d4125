/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter: events and queries.
 *
 * What ends a stretch of audio (STREAM_START, SEGMENT, SEGMENT_DONE, EOS; CAPS in set_caps) first
 * drains what is held back; only EOS and SEGMENT_DONE let a tail out. During the first of two
 * passes, what can't go before the audio waits in the book. */

#include "lqfilter-private.h"

/* Seeks remembered until their segments come. */
#define SEEKS_MAX 64

/* Frames of silence rendered at once. */
#define GAP_FRAMES 4096

static gboolean
lq_filter_forward (LqFilter *filter, GstEvent *event)
{
  return lq_filter_base_class ()->sink_event (GST_BASE_TRANSFORM (filter), event);
}

/* Tags. */

/* Ours, where they are known and haven't been sent. */
void
lq_filter_send_tags (LqFilter *filter, gboolean at_end)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GstTagList *list;

  if (p->tags_sent || (p->tags_tried && !at_end) || !klass->tags)
    return;
  p->tags_tried = TRUE;
  list = klass->tags (filter, NULL, at_end);
  p->tags_sent = list != NULL;
  if (list)
    gst_pad_push_event (GST_BASE_TRANSFORM (filter)->srcpad, gst_event_new_tag (list));
}

/* Those that arrive, without what is no longer true. */
static gboolean
lq_filter_sink_tag (LqFilter *filter, GstEvent *event)
{
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GstTagList *list, *own;
  GstEvent *changed;

  if (!klass->tags)
    return lq_filter_forward (filter, event);
  gst_event_parse_tag (event, &list);
  own = klass->tags (filter, list, FALSE);
  if (!own) {
    gst_event_unref (event);
    return TRUE;
  }
  changed = gst_event_new_tag (own);
  gst_event_set_seqnum (changed, gst_event_get_seqnum (event));
  gst_event_unref (event);
  return lq_filter_forward (filter, changed);
}

/* Segments. */

/* Whether the segment's stop is one that a seek asked for. */
static gboolean
lq_filter_seek_stops (LqFilter *filter, guint32 seqnum)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  gboolean found = FALSE;

  GST_OBJECT_LOCK (filter);
  for (guint i = 0; i < p->seeks->len; i++)
    found |= g_array_index (p->seeks, guint32, i) == seqnum;
  GST_OBJECT_UNLOCK (filter);
  return found;
}

static void
lq_filter_note_seek (LqFilter *filter, GstEvent *event)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint32 seqnum = gst_event_get_seqnum (event);
  GstSeekType stop_type;
  gint64 stop;

  gst_event_parse_seek (event, NULL, NULL, NULL, NULL, NULL, &stop_type, &stop);
  if (stop_type == GST_SEEK_TYPE_NONE || stop == -1)
    return;
  GST_OBJECT_LOCK (filter);
  if (p->seeks->len == SEEKS_MAX)
    g_array_remove_index (p->seeks, 0);
  g_array_append_val (p->seeks, seqnum);
  GST_OBJECT_UNLOCK (filter);
}

/* After a flush the programme is whole all the same where it starts from its beginning. */
static void
lq_filter_note_start (LqFilter *filter, GstEvent *event)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (p->heard == 0 && segment->format == GST_FORMAT_TIME && segment->start == 0 &&
      segment->time == 0 && !lq_filter_seek_stops (filter, gst_event_get_seqnum (event)))
    p->whole = TRUE;
}

/* Takes the segment over: what comes in is clipped to it. It goes on without the stop that a
 * demuxer set by itself, where a tail may follow it. */
static gboolean
lq_filter_sink_segment (LqFilter *filter, GstEvent *event)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const guint32 seqnum = gst_event_get_seqnum (event);
  GstSegment segment;
  GstEvent *open;

  gst_event_copy_segment (event, &p->segment);
  if (p->segment.stop == GST_CLOCK_TIME_NONE || lq_filter_seek_stops (filter, seqnum) ||
      p->segment.rate < 0.0 || !klass->has_tail)
    return lq_filter_forward (filter, event);
  segment = p->segment;
  segment.stop = GST_CLOCK_TIME_NONE;
  open = gst_event_new_segment (&segment);
  gst_event_set_seqnum (open, seqnum);
  gst_event_set_running_time_offset (open, gst_event_get_running_time_offset (event));
  gst_event_unref (event);
  return lq_filter_forward (filter, open);
}

/* An event whose turn has come, at once or after a wait. */
gboolean
lq_filter_sink_now (LqFilter *filter, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    return lq_filter_sink_segment (filter, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG)
    return lq_filter_sink_tag (filter, event);
  return lq_filter_forward (filter, event);
}

/* Gaps. */

/* Silence of this length, as any audio. */
static gboolean
lq_filter_sink_gap (LqFilter *filter, GstEvent *event)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  GstFlowReturn ret;
  GstClockTime pts, duration;
  guint64 frames;

  gst_event_parse_gap (event, &pts, &duration);
  if (!p->prepared || !GST_CLOCK_TIME_IS_VALID (duration))
    return lq_filter_forward (filter, event);
  if (!lq_filter_admit (filter)) {
    gst_event_unref (event);
    return FALSE;
  }
  ret = lq_filter_synchronise (filter, pts, GST_BUFFER_OFFSET_NONE, FALSE);
  frames = lq_filter_gap_frames (filter, pts, duration);
  p->heard += frames;
  for (guint64 done = 0; done < frames && ret == GST_FLOW_OK;) {
    const guint n = (guint)MIN (frames - done, GAP_FRAMES);
    done += n;
    if (p->pass == LQ_PASS_SPOOL) {
      ret = lq_filter_twopass_take (filter, NULL, n);
    } else {
      GstBuffer *buffer = lq_filter_render (filter, NULL, n);
      lq_filter_send_tags (filter, FALSE);
      ret = buffer ? lq_filter_push (filter, buffer) : GST_FLOW_OK;
    }
  }
  gst_event_unref (event);
  return ret == GST_FLOW_OK;
}

/* Programmes. */

/* Whether frames may come in: asked before the first of a programme. */
gboolean
lq_filter_admit (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GError *error = NULL;

  if (p->pass == LQ_PASS_FAILED)
    return FALSE;
  if (p->admitted)
    return TRUE;
  p->admitted = TRUE;
  if (!klass->admit || klass->admit (filter, &error))
    return TRUE;
  lq_filter_fail (filter, error);
  p->pass = LQ_PASS_FAILED;
  lq_filter_twopass_drop (filter);
  return FALSE;
}

/* The programme's last word. What went out in one pass can only be judged now. */
static void
lq_filter_conclude (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GError *error = NULL;

  if (p->prepared && p->ran) {
    lq_filter_speak (filter, TRUE);
    if (p->pass == LQ_PASS_NONE && klass->conclude && !klass->conclude (filter, FALSE, &error))
      lq_filter_fail (filter, error);
  }
  p->ran = FALSE;
}

static GstFlowReturn
lq_filter_end (LqFilter *filter, gboolean with_tail)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  GstFlowReturn ret = GST_FLOW_OK;

  if (p->pass == LQ_PASS_SPOOL)
    ret = lq_filter_twopass_finish (filter);
  if (ret == GST_FLOW_OK)
    ret = lq_filter_drain (filter, with_tail);
  return ret;
}

/* `programme`: a new one, not the same again from another place. */
static void
lq_filter_begin (LqFilter *filter, gboolean programme)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  p->ran = FALSE;
  p->tags_tried = p->tags_sent = FALSE;
  p->period_frames = 0;
  p->admitted = FALSE;
  p->whole = programme;
  p->begun = p->begun && !programme;
  p->heard = 0;
  if (p->prepared && klass->begin)
    klass->begin (filter, programme);
}

static void
lq_filter_sink_stream_start (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  lq_filter_end (filter, FALSE);
  lq_filter_conclude (filter);
  lq_filter_twopass_drop (filter);
  p->pass = klass->two_pass && klass->two_pass (filter) ? LQ_PASS_SPOOL : LQ_PASS_NONE;
  p->anchored = FALSE;
  lq_filter_begin (filter, TRUE);
}

static void
lq_filter_sink_flush_stop (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  if (p->pass == LQ_PASS_SPOOL || p->pass == LQ_PASS_FAILED) {
    lq_filter_twopass_drop (filter);
    p->pass = klass->two_pass && klass->two_pass (filter) ? LQ_PASS_SPOOL : LQ_PASS_NONE;
  }
  lq_filter_restart (filter);
  lq_filter_begin (filter, FALSE);
  gst_segment_init (&p->segment, GST_FORMAT_UNDEFINED);
}

static void
lq_filter_sink_eos (LqFilter *filter, gboolean last)
{
  const GstFlowReturn ret = lq_filter_end (filter, TRUE);

  if (last)
    lq_filter_conclude (filter);
  if (ret == GST_FLOW_OK && last)
    lq_filter_send_tags (filter, TRUE);
}

/* Whether the event has to wait until the audio before it has gone out. */
static gboolean
lq_filter_must_wait (LqFilter *filter, GstEvent *event)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  if (p->pass != LQ_PASS_SPOOL || !GST_EVENT_IS_SERIALIZED (event))
    return FALSE;
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_STREAM_COLLECTION:
    case GST_EVENT_CAPS:
    case GST_EVENT_GAP:
    case GST_EVENT_EOS:
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_FLUSH_STOP:
      return FALSE;
    default:
      return TRUE;
  }
}

static gboolean
lq_filter_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  LqFilter *filter = LQ_FILTER (trans);
  LqFilterPrivate *p = lq_filter_private (filter);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    lq_filter_note_start (filter, event);
  if (lq_filter_must_wait (filter, event)) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
      gst_event_copy_segment (event, &p->segment);
      gst_event_copy_segment (event, &trans->segment);
      p->anchored = FALSE;
    }
    lq_filter_twopass_hold (filter, event);
    return TRUE;
  }
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      lq_filter_sink_stream_start (filter);
      break;
    case GST_EVENT_SEGMENT:
      lq_filter_drain (filter, FALSE);
      p->anchored = FALSE;
      break;
    case GST_EVENT_GAP:
      return lq_filter_sink_gap (filter, event);
    case GST_EVENT_FLUSH_STOP:
      lq_filter_sink_flush_stop (filter);
      break;
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_EOS:
      lq_filter_sink_eos (filter, GST_EVENT_TYPE (event) == GST_EVENT_EOS);
      if (p->pass != LQ_PASS_FAILED)
        break;
      /* After an error, EOS would tell downstream that what it has is whole. */
      gst_event_unref (event);
      return FALSE;
    default:
      break;
  }
  return lq_filter_sink_now (filter, event);
}

static gboolean
lq_filter_src_event (GstBaseTransform *trans, GstEvent *event)
{
  LqFilter *filter = LQ_FILTER (trans);
  LqFilterPrivate *p = lq_filter_private (filter);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK) {
    if (g_atomic_int_get (&p->spooling)) {
      GST_INFO_OBJECT (filter, "a seek is refused until the stream has been measured");
      gst_event_unref (event);
      return FALSE;
    }
    lq_filter_note_seek (filter, event);
  }
  return lq_filter_base_class ()->src_event (trans, event);
}

/* Queries. */

static void
lq_filter_add_latency (LqFilter *filter, GstQuery *query)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  GstClockTime min, max, own = 0;
  gboolean live;

  GST_OBJECT_LOCK (filter);
  own = p->latency_time;
  GST_OBJECT_UNLOCK (filter);
  gst_query_parse_latency (query, &live, &min, &max);
  min += own;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += own;
  gst_query_set_latency (query, live, min, max);
}

static gboolean
lq_filter_query (GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  LqFilter *filter = LQ_FILTER (trans);
  LqFilterPrivate *p = lq_filter_private (filter);
  GstFormat format;

  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_SCHEDULING) {
    /* Pulling would go round clipping, gaps and the spool. */
    gst_query_set_scheduling (query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1, 0);
    gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
    return TRUE;
  }
  if (!lq_filter_base_class ()->query (trans, direction, query))
    return FALSE;
  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    lq_filter_add_latency (filter, query);
  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_SEEKING &&
      g_atomic_int_get (&p->spooling)) {
    gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
    gst_query_set_seeking (query, format, FALSE, 0, -1);
  }
  return TRUE;
}

void
lq_filter_events_class_init (LqFilterClass *klass)
{
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  trans_class->sink_event = lq_filter_sink_event;
  trans_class->src_event = lq_filter_src_event;
  trans_class->query = lq_filter_query;
}
