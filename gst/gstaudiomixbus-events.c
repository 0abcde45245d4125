/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: what comes from downstream, and flushes. */

#include "gstaudiomixbus-private.h"

/* What a pad may queue beyond the latency, live, s⁻¹ of the rate. */
#define QUEUE_EXTRA 10

/* The task. */

void
lq_mix_start_task (GstAudioMixBus *self)
{
  g_mutex_lock (&self->lock);
  self->running = TRUE;
  self->kicked = TRUE;
  g_mutex_unlock (&self->lock);
  gst_pad_start_task (self->srcpad, lq_mix_loop, self, NULL);
}

/* `flush_start` goes downstream in between, so that what is being pushed comes back. */
void
lq_mix_stop_task (GstAudioMixBus *self, GstEvent *flush_start)
{
  g_mutex_lock (&self->lock);
  self->running = FALSE;
  g_mutex_unlock (&self->lock);
  lq_mix_kick (self);
  if (flush_start)
    gst_pad_push_event (self->srcpad, flush_start);
  gst_pad_stop_task (self->srcpad);
}

/* Data comes after an end: the task, which has paused itself, goes on. */
void
lq_mix_resume (GstAudioMixBus *self)
{
  gboolean resumes;

  g_mutex_lock (&self->lock);
  resumes = self->running && self->ended;
  if (resumes)
    self->ended = FALSE;
  g_mutex_unlock (&self->lock);
  if (!resumes)
    return;
  lq_mix_set_flows (self, GST_FLOW_OK);
  gst_pad_start_task (self->srcpad, lq_mix_loop, self, NULL);
}

/* All pads. */

/* A copy of the list, each with a reference. */
GPtrArray *
lq_mix_pads (GstAudioMixBus *self)
{
  GPtrArray *pads = g_ptr_array_new_with_free_func (gst_object_unref);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->pads->len; i++)
    g_ptr_array_add (pads, gst_object_ref (g_ptr_array_index (self->pads, i)));
  g_mutex_unlock (&self->lock);
  return pads;
}

void
lq_mix_set_flows (GstAudioMixBus *self, GstFlowReturn flow)
{
  GPtrArray *pads = lq_mix_pads (self);

  for (guint i = 0; i < pads->len; i++)
    lq_mix_pad_set_flow (g_ptr_array_index (pads, i), flow);
  g_ptr_array_unref (pads);
}

/* Flushes. */

/* Whether all pads are being flushed by `seqnum`, or none is being flushed at all (0). */
static gboolean
lq_mix_all_flush (GstAudioMixBus *self, guint32 seqnum)
{
  GPtrArray *pads = lq_mix_pads (self);
  gboolean all = TRUE;

  for (guint i = 0; i < pads->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (pads, i);
    g_mutex_lock (&pad->lock);
    all = all && (seqnum ? pad->flushing && pad->flush_seqnum == seqnum : !pad->flushing);
    g_mutex_unlock (&pad->lock);
  }
  g_ptr_array_unref (pads);
  return all;
}

/* Goes on downstream when all inputs are flushed, unless a seek has sent one already. */
void
lq_mix_flush_start (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event)
{
  const guint32 seqnum = gst_event_get_seqnum (event);
  gboolean first = FALSE;

  if (lq_mix_all_flush (self, seqnum)) {
    g_mutex_lock (&self->lock);
    first = !self->flushing;
    self->flushing = TRUE;
    if (first)
      self->seqnum = seqnum;
    g_mutex_unlock (&self->lock);
  }
  if (first)
    lq_mix_stop_task (self, event);
  else
    gst_event_unref (event);
}

/* All is new behind a flush. The task is stopped. */
static void
lq_mix_end_flush (GstAudioMixBus *self, guint32 seqnum)
{
  GstEvent *event = gst_event_new_flush_stop (TRUE);

  gst_event_set_seqnum (event, seqnum);
  GST_PAD_STREAM_LOCK (self->srcpad);
  lq_mix_restart (self);
  gst_pad_push_event (self->srcpad, event);
  GST_PAD_STREAM_UNLOCK (self->srcpad);
  lq_mix_set_flows (self, GST_FLOW_OK);
  lq_mix_start_task (self);
}

/* Where nothing is flushed any more the mix begins anew, once. */
static void
lq_mix_try_end_flush (GstAudioMixBus *self)
{
  gboolean ends = lq_mix_all_flush (self, 0);
  guint32 seqnum;

  g_mutex_lock (&self->lock);
  ends = ends && self->flushing && !self->seeking;
  if (ends)
    self->flushing = FALSE;
  seqnum = self->seqnum;
  g_mutex_unlock (&self->lock);
  if (ends)
    lq_mix_end_flush (self, seqnum);
}

void
lq_mix_flush_stop (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event)
{
  gst_event_unref (event);
  lq_mix_try_end_flush (self);
}

/* Seeks. */

/* To every input; TRUE if one did it, and none that could failed. */
static gboolean
lq_mix_seek_inputs (GstAudioMixBus *self, GstEvent *event)
{
  GPtrArray *pads = lq_mix_pads (self);
  gboolean all = TRUE, any = FALSE;

  for (guint i = 0; i < pads->len; i++) {
    GstPad *pad = g_ptr_array_index (pads, i);
    GstQuery *query;
    gboolean seekable = FALSE;
    if (!gst_pad_is_linked (pad))
      continue;
    if (gst_pad_push_event (pad, gst_event_ref (event))) {
      any = TRUE;
      continue;
    }
    /* What can't be sought goes on as it is. */
    query = gst_query_new_seeking (GST_FORMAT_TIME);
    if (gst_pad_peer_query (pad, query))
      gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
    gst_query_unref (query);
    all = all && !seekable;
  }
  g_ptr_array_unref (pads);
  return all && any;
}

/* A place in time, forwards. */
static gboolean
lq_mix_can_seek (GstEvent *event)
{
  GstSeekType start_type, stop_type;
  GstFormat format;
  gdouble rate;

  gst_event_parse_seek (event, &rate, &format, NULL, &start_type, NULL, &stop_type, NULL);
  return rate > 0.0 && format == GST_FORMAT_TIME && start_type != GST_SEEK_TYPE_END &&
         stop_type != GST_SEEK_TYPE_END;
}

/* The output's segment becomes what the seek wants. With the lock. */
static void
lq_mix_apply_seek (GstAudioMixBus *self, GstEvent *event)
{
  GstSeekType start_type, stop_type;
  GstSeekFlags flags;
  GstFormat format;
  gint64 start, stop;
  gdouble rate;

  gst_event_parse_seek (event, &rate, &format, &flags, &start_type, &start, &stop_type, &stop);
  self->seqnum = gst_event_get_seqnum (event);
  /* Without a flush the next segment goes on in time from here. */
  if (GST_CLOCK_TIME_IS_VALID (self->position))
    self->segment.position = self->position;
  gst_segment_do_seek (&self->segment, rate, format, flags, start_type, (guint64)start,
      stop_type, (guint64)stop, NULL);
  self->first_buffer = FALSE;
  self->position = self->segment.position;
  self->new_segment = TRUE;
}

/* Before there is a stream: where it will begin. */
void
lq_mix_remember_seek (GstAudioMixBus *self, GstEvent *event)
{
  g_mutex_lock (&self->lock);
  if (lq_mix_can_seek (event)) {
    gst_segment_init (&self->segment, GST_FORMAT_TIME);
    lq_mix_apply_seek (self, event);
    self->sought = TRUE;
  }
  g_mutex_unlock (&self->lock);
}

static gboolean
lq_mix_seek (GstAudioMixBus *self, GstEvent *event)
{
  const guint32 seqnum = gst_event_get_seqnum (event);
  GstSeekFlags flags;
  gboolean flush, done;

  if (!lq_mix_can_seek (event)) {
    gst_event_unref (event);
    return FALSE;
  }
  gst_event_parse_seek (event, NULL, NULL, &flags, NULL, NULL, NULL, NULL);
  flush = (flags & GST_SEEK_FLAG_FLUSH) != 0;
  g_mutex_lock (&self->lock);
  done = seqnum == self->seqnum;
  if (!done) {
    lq_mix_apply_seek (self, event);
    self->seeking = flush;
    self->flushing = self->flushing || flush;
  }
  g_mutex_unlock (&self->lock);
  if (done) {
    gst_event_unref (event);
    return TRUE;
  }
  if (flush) {
    GstEvent *flush_start = gst_event_new_flush_start ();
    gst_event_set_seqnum (flush_start, seqnum);
    lq_mix_stop_task (self, flush_start);
  } else {
    lq_mix_kick (self);
  }
  done = lq_mix_seek_inputs (self, event);
  gst_event_unref (event);
  if (flush) {
    g_mutex_lock (&self->lock);
    self->seeking = FALSE;
    g_mutex_unlock (&self->lock);
    lq_mix_try_end_flush (self);
  }
  return done;
}

gboolean
lq_mix_src_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_SEEK:
      return lq_mix_seek (self, event);
    case GST_EVENT_QOS:
    case GST_EVENT_NAVIGATION:
      gst_event_unref (event);
      return FALSE;
    case GST_EVENT_RECONFIGURE:
      gst_event_unref (event);
      lq_mix_kick (self);
      return TRUE;
    default:
      return gst_pad_event_default (pad, parent, event);
  }
}

/* Latency. */

/* Time that frames take, to the nanosecond above. */
static GstClockTime
lq_mix_time (GstAudioMixBus *self, guint64 frames)
{
  const gint rate = g_atomic_int_get (&self->rate);

  return rate ? gst_util_uint64_scale_ceil (frames, GST_SECOND, (guint64)rate) : 0;
}

/* What the mix itself adds: a block, and what its channels are late. */
static GstClockTime
lq_mix_own_latency (GstAudioMixBus *self)
{
  GstClockTime time;

  GST_OBJECT_LOCK (self);
  time = self->settings.latency + gst_util_uint64_scale (GST_SECOND,
                                      (guint64)self->settings.duration_n,
                                      (guint64)self->settings.duration_d);
  GST_OBJECT_UNLOCK (self);
  return time + lq_mix_time (self, (guint64)g_atomic_int_get (&self->latency_frames));
}

/* Asks upstream; fills the query. */
static gboolean
lq_mix_ask_latency (GstAudioMixBus *self, GstQuery *query)
{
  GstClockTime min, max, least, own;
  gboolean live;

  if (!gst_pad_query_default (self->srcpad, GST_OBJECT (self), query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  GST_OBJECT_LOCK (self);
  least = self->settings.min_upstream_latency;
  live = live || self->settings.force_live;
  GST_OBJECT_UNLOCK (self);
  if (least > min) {
    if (GST_CLOCK_TIME_IS_VALID (max))
      max += least - min;
    min = least;
  }
  if (GST_CLOCK_TIME_IS_VALID (max) && min > max) {
    GST_ELEMENT_WARNING (self, CORE, CLOCK,
        ("Inputs differ by more in latency than they buffer: one needs %" GST_TIME_FORMAT
         ", and another keeps no more than %" GST_TIME_FORMAT ". Put a queue before that one.",
            GST_TIME_ARGS (min), GST_TIME_ARGS (max)),
        (NULL));
    return FALSE;
  }
  own = lq_mix_own_latency (self);
  g_mutex_lock (&self->lock);
  self->peer_known = TRUE;
  self->peer_live = live;
  self->peer_min = min;
  g_mutex_unlock (&self->lock);
  g_atomic_int_set (
      &self->queue_frames, (gint)gst_util_uint64_scale (min + own + GST_SECOND / QUEUE_EXTRA,
                               (guint64)g_atomic_int_get (&self->rate), GST_SECOND));
  gst_query_set_latency (
      query, live, min + own, GST_CLOCK_TIME_IS_VALID (max) ? max + own : GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* From the running time of the first frame of a block until it has to go out; NONE: not live. */
GstClockTime
lq_mix_live_latency (GstAudioMixBus *self)
{
  GstClockTime latency = GST_CLOCK_TIME_NONE, own;
  GstQuery *query;
  gboolean known;

  g_mutex_lock (&self->lock);
  known = self->peer_known;
  g_mutex_unlock (&self->lock);
  if (!known) {
    query = gst_query_new_latency ();
    lq_mix_ask_latency (self, query);
    gst_query_unref (query);
  }
  own = lq_mix_own_latency (self);
  g_mutex_lock (&self->lock);
  if (self->peer_known && self->peer_live)
    latency = self->peer_min + own;
  else if (self->settings.force_live)
    latency = own;
  g_mutex_unlock (&self->lock);
  return latency;
}

/* Other queries. */

/* The longest input's; unknown if one's is. */
static gboolean
lq_mix_ask_duration (GstAudioMixBus *self, GstQuery *query)
{
  GPtrArray *pads = lq_mix_pads (self);
  gint64 longest = -1, duration;
  gboolean known = TRUE;
  GstFormat format;

  gst_query_parse_duration (query, &format, NULL);
  for (guint i = 0; i < pads->len && known; i++) {
    known = gst_pad_peer_query_duration (g_ptr_array_index (pads, i), format, &duration);
    longest = known ? MAX (longest, duration) : longest;
    if (known && duration < 0) {
      longest = -1;
      break;
    }
  }
  known = known && pads->len;
  g_ptr_array_unref (pads);
  if (known)
    gst_query_set_duration (query, format, longest);
  return known;
}

static gboolean
lq_mix_ask_position (GstAudioMixBus *self, GstQuery *query)
{
  GstClockTime position;
  GstSegment segment;
  GstFormat format;

  gst_query_parse_position (query, &format, NULL);
  if (format != GST_FORMAT_TIME)
    return FALSE;
  g_mutex_lock (&self->lock);
  segment = self->segment;
  position = self->position;
  g_mutex_unlock (&self->lock);
  if (!GST_CLOCK_TIME_IS_VALID (position))
    position = segment.start;
  gst_query_set_position (
      query, format, (gint64)gst_segment_to_stream_time (&segment, GST_FORMAT_TIME, position));
  return TRUE;
}

/* As far as all inputs are. */
static gboolean
lq_mix_ask_seeking (GstAudioMixBus *self, GstQuery *query)
{
  GPtrArray *pads = lq_mix_pads (self);
  gboolean seekable = pads->len > 0, one;
  GstFormat format;

  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  for (guint i = 0; i < pads->len; i++) {
    GstQuery *ask = gst_query_new_seeking (format);
    one = gst_pad_peer_query (g_ptr_array_index (pads, i), ask);
    if (one)
      gst_query_parse_seeking (ask, NULL, &one, NULL, NULL);
    seekable = seekable && one;
    gst_query_unref (ask);
  }
  g_ptr_array_unref (pads);
  gst_query_set_seeking (query, format, seekable && format == GST_FORMAT_TIME, 0, -1);
  return TRUE;
}

gboolean
lq_mix_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (parent);

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_LATENCY:
      return lq_mix_ask_latency (self, query);
    case GST_QUERY_DURATION:
      return lq_mix_ask_duration (self, query);
    case GST_QUERY_POSITION:
      return lq_mix_ask_position (self, query);
    case GST_QUERY_SEEKING:
      return lq_mix_ask_seeking (self, query);
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}
