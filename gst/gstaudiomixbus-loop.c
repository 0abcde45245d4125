/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: the mixing thread.
 *
 *   gather: from each pad, until a block is covered ─→ negotiate, once ─→ mix ─→ push
 *      └─ a pad lacks data: wait for that one (live: until the block's deadline)
 *
 * Where nothing is live and a pad is slow, what is there is mixed after SOFT_WAIT, so that pads
 * which can give more are read by larger portions, and none waits for long. */

#include "gstaudiomixbus-private.h"

#include <math.h>

#define SOFT_WAIT (5 * G_TIME_SPAN_MILLISECOND)
/* Frames that are gathered at once, where nothing is live. */
#define PORTION 4096

/* The frame of the mix that goes out next. */
static guint64
lq_mix_out_frame (GstAudioMixBus *self)
{
  return self->offset > self->start + self->latency ? self->offset - self->latency
                                                    : self->start;
}

static GstClockTime
lq_mix_pts (GstAudioMixBus *self, guint64 frame)
{
  return self->out_segment.start +
         gst_util_uint64_scale (frame, GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&self->info));
}

/* Events that come before all others. */

void
lq_mix_send_start (GstAudioMixBus *self)
{
  gchar *id;
  GstEvent *event;

  if (!self->need_stream_start)
    return;
  self->need_stream_start = FALSE;
  id = g_strdup_printf ("mix-%08x%08x", g_random_int (), g_random_int ());
  event = gst_event_new_stream_start (id);
  gst_event_set_group_id (event, gst_util_group_id_next ());
  g_free (id);
  gst_pad_push_event (self->srcpad, event);
}

static void
lq_mix_send_segment (GstAudioMixBus *self)
{
  GstEvent *event;

  if (!self->need_segment)
    return;
  self->need_segment = FALSE;
  event = gst_event_new_segment (&self->out_segment);
  gst_event_set_seqnum (event, self->out_seqnum);
  gst_pad_push_event (self->srcpad, event);
}

/* The task is stopped, or has not begun: all sound and all places are forgotten. */
void
lq_mix_restart (GstAudioMixBus *self)
{
  self->offset = LQ_NO_FRAME;
  self->end = LQ_NO_FRAME;
  self->error = 0;
  self->discont = TRUE;
  self->need_segment = TRUE;
  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    lq_mix_pad_restart (pad);
    pad->eos = FALSE;
  }
  lq_mix_drop_voices (self);
  g_mutex_lock (&self->lock);
  self->position = GST_CLOCK_TIME_NONE;
  self->ended = FALSE;
  g_mutex_unlock (&self->lock);
}

/* Events of a pad, when it is their turn. */

static void
lq_mix_pad_caps (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstCaps *caps)
{
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, caps))
    return;
  if (!pad->voice || !lq_voice_takes (pad->voice, &info)) {
    lq_mix_leave_voice (self, pad, FALSE);
    pad->voice = lq_voice_new (pad, &info);
    pad->voice->late = self->offset != LQ_NO_FRAME && self->offset > self->start;
    g_ptr_array_add (self->voices, pad->voice);
    self->unsorted = TRUE;
  }
  pad->info = info;
  pad->has_caps = TRUE;
}

static void
lq_mix_pad_event (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event)
{
  GstClockTime pts, duration;
  GstBuffer *gap;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      pad->eos = FALSE;
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      lq_mix_pad_caps (self, pad, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &pad->segment);
      pad->discont = TRUE;
      break;
    case GST_EVENT_EOS:
      pad->eos = TRUE;
      break;
    case GST_EVENT_GAP:
      gst_event_parse_gap (event, &pts, &duration);
      gap = gst_buffer_new ();
      GST_BUFFER_PTS (gap) = pts;
      GST_BUFFER_DURATION (gap) = duration;
      GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
      lq_mix_pad_buffer (self, pad, gap);
      break;
    case GST_EVENT_TAG:
    case GST_EVENT_STREAM_GROUP_DONE:
      break;
    default:
      gst_pad_event_default (GST_PAD (pad), GST_OBJECT (self), gst_event_ref (event));
  }
}

/* What is taken over goes to the pad's voice. FALSE: an error was posted. */
gboolean
lq_mix_pad_buffer (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstBuffer *buffer)
{
  const gint bpf = pad->has_caps ? GST_AUDIO_INFO_BPF (&pad->info) : 0;
  const gsize size = gst_buffer_get_size (buffer);
  LqPiece piece;

  if (!pad->has_caps || pad->segment.format != GST_FORMAT_TIME) {
    gst_buffer_unref (buffer);
    if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
      return TRUE;
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("%s: data came before it was said what it is.", GST_OBJECT_NAME (pad)),
        ("no caps, or no segment"));
    return FALSE;
  }
  if (size % (gsize)bpf) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("%s: a buffer of %" G_GSIZE_FORMAT " bytes can't hold whole frames of %d bytes.",
            GST_OBJECT_NAME (pad), size, bpf),
        (NULL));
    gst_buffer_unref (buffer);
    return FALSE;
  }
  lq_mix_pad_consumed (pad, buffer);
  if (size || GST_BUFFER_DURATION_IS_VALID (buffer))
    buffer = size ? gst_audio_buffer_clip (
                        buffer, &pad->segment, GST_AUDIO_INFO_RATE (&pad->info), bpf)
                  : lq_mix_clip_gap (pad, buffer);
  if (buffer && lq_mix_place (self, pad, buffer, &piece))
    lq_voice_add (pad->voice, &piece);
  if (pad->position != LQ_NO_FRAME)
    pad->voice->covered = MAX (pad->voice->covered, pad->position);
  pad->first_buffer = FALSE;
  return TRUE;
}

/* Gathering. */

static void
lq_mix_pad_check_flush (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  if (!lq_mix_pad_flushed (pad))
    return;
  /* Events that stick were meant for what comes now. */
  while (pad->next < pad->taken->len) {
    GstMiniObject *item = g_ptr_array_index (pad->taken, pad->next);
    if (GST_IS_EVENT (item) && GST_EVENT_TYPE (item) == GST_EVENT_CAPS)
      lq_mix_pad_event (self, pad, GST_EVENT_CAST (item));
    lq_mix_pad_pop (pad);
  }
  lq_mix_pad_restart (pad);
  pad->eos = FALSE;
  if (pad->voice)
    lq_voice_flush (pad->voice);
}

/* Whether nothing has to be waited for at this pad. */
static gboolean
lq_mix_pad_idle (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  return pad->eos ||
         (self->now.ignore_inactive_pads && pad->first_buffer && pad->waited_once);
}

/* Takes from a pad until it covers the frame `until` (LQ_NO_FRAME: until a buffer is next). FALSE:
 * it doesn't, and will kick. */
static gboolean
lq_mix_fill (GstAudioMixBus *self, GstAudioMixBusPad *pad, guint64 until, GstFlowReturn *flow)
{
  const gboolean known = until != LQ_NO_FRAME;
  GstMiniObject *item;
  guint wanted = 1;

  lq_mix_pad_check_flush (self, pad);
  while (!known || !pad->voice || pad->voice->covered < until) {
    if (known && pad->voice)
      wanted = (guint)(until - MAX (pad->voice->covered, self->offset));
    item = lq_mix_pad_peek (pad, wanted);
    if (!item)
      return lq_mix_pad_idle (self, pad);
    if (GST_IS_QUERY (item)) {
      lq_mix_pad_answer (pad, GST_QUERY_TYPE (item) == GST_QUERY_DRAIN);
      continue;
    }
    if (GST_IS_EVENT (item)) {
      lq_mix_pad_event (self, pad, GST_EVENT_CAST (item));
      lq_mix_pad_pop (pad);
      continue;
    }
    if (!known)
      return TRUE;
    gst_mini_object_ref (item);
    lq_mix_pad_pop (pad);
    if (!lq_mix_pad_buffer (self, pad, GST_BUFFER_CAST (item))) {
      *flow = GST_FLOW_NOT_NEGOTIATED;
      return TRUE;
    }
  }
  return TRUE;
}

/* TRUE where every pad covers `until`; else *lacking is the first that doesn't. */
static gboolean
lq_mix_fill_all (
    GstAudioMixBus *self, guint64 until, GstAudioMixBusPad **lacking, GstFlowReturn *flow)
{
  for (guint i = 0; i < self->snapshot->len && *flow == GST_FLOW_OK; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    if (!lq_mix_fill (self, pad, until, flow)) {
      *lacking = pad;
      return FALSE;
    }
  }
  return TRUE;
}

/* Waits until something happens: FALSE: stopped. `deadline`: a running time or NONE; when it is
 * reached *timeout. `soft`: no longer than SOFT_WAIT. */
static gboolean
lq_mix_wait (GstAudioMixBus *self, GstClockTime deadline, gboolean soft, gboolean *timeout)
{
  GstClock *clock = NULL;
  GstClockReturn status;
  GstClockID id;
  gboolean running;

  *timeout = FALSE;
  g_mutex_lock (&self->lock);
  if (GST_CLOCK_TIME_IS_VALID (deadline) && !self->blocked)
    clock = gst_element_get_clock (GST_ELEMENT (self));
  if (self->running && !self->kicked && clock) {
    id = self->clock_id = gst_clock_new_single_shot_id (
        clock, gst_element_get_base_time (GST_ELEMENT (self)) + deadline);
    g_mutex_unlock (&self->lock);
    status = gst_clock_id_wait (id, NULL);
    g_mutex_lock (&self->lock);
    self->clock_id = NULL;
    gst_clock_id_unref (id);
    *timeout = !self->blocked && (status == GST_CLOCK_OK || status == GST_CLOCK_EARLY);
  } else if (soft) {
    const gint64 until = g_get_monotonic_time () + SOFT_WAIT;
    while (self->running && !self->kicked && !*timeout)
      *timeout = !g_cond_wait_until (&self->wake, &self->lock, until);
  } else {
    while (self->running && !self->kicked)
      g_cond_wait (&self->wake, &self->lock);
  }
  self->kicked = FALSE;
  running = self->running;
  g_mutex_unlock (&self->lock);
  gst_clear_object (&clock);
  return running;
}

static gboolean
lq_mix_is_running (GstAudioMixBus *self, GstFlowReturn *flow)
{
  gboolean running;

  g_mutex_lock (&self->lock);
  running = self->running;
  self->kicked = FALSE;
  if (self->eos_asked)
    *flow = GST_FLOW_EOS;
  self->eos_asked = FALSE;
  g_mutex_unlock (&self->lock);
  return running;
}

/* The time at which the next block has to go, live; NONE otherwise, and before it is known where
 * the mix begins. */
static GstClockTime
lq_mix_deadline (GstAudioMixBus *self)
{
  const GstClockTime latency = lq_mix_live_latency (self);
  GstClockTime start;

  if (!GST_CLOCK_TIME_IS_VALID (latency))
    return GST_CLOCK_TIME_NONE;
  g_mutex_lock (&self->lock);
  start = self->first_buffer && self->now.start_time_selection == LQ_START_FIRST
              ? GST_CLOCK_TIME_NONE
          : GST_CLOCK_TIME_IS_VALID (self->position)
              ? gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME, self->position)
              : 0;
  g_mutex_unlock (&self->lock);
  return GST_CLOCK_TIME_IS_VALID (start) ? start + latency : GST_CLOCK_TIME_NONE;
}

/* Every pad that could be waited for has been. */
static void
lq_mix_mark_waited (GstAudioMixBus *self)
{
  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    pad->waited_once = TRUE;
  }
}

/* Until every pad covers `until`, or (soft) has for a while covered `least`; FALSE: stopped. A
 * missed deadline ends it too. */
static gboolean
lq_mix_gather (GstAudioMixBus *self, guint64 least, guint64 until, GstFlowReturn *flow)
{
  GstAudioMixBusPad *lacking = NULL;
  gboolean timeout = FALSE, soft;

  while (lq_mix_is_running (self, flow)) {
    lq_mix_refresh (self);
    if (*flow != GST_FLOW_OK)
      return TRUE;
    if (self->snapshot->len && lq_mix_fill_all (self, until, &lacking, flow))
      return TRUE;
    if (*flow != GST_FLOW_OK)
      return TRUE;
    soft = self->snapshot->len && least < until && lq_mix_fill_all (self, least, &lacking, flow);
    if (soft && timeout)
      return TRUE;
    if (!lq_mix_wait (self, soft ? GST_CLOCK_TIME_NONE : lq_mix_deadline (self), soft, &timeout))
      return FALSE;
    if (timeout && !soft) {
      lq_mix_mark_waited (self);
      self->late = TRUE;
      return TRUE;
    }
  }
  return FALSE;
}

/* Where the mix begins. */

static GstClockTime
lq_mix_first_time (GstAudioMixBus *self)
{
  GstClockTime first = GST_CLOCK_TIME_NONE;

  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    GstMiniObject *item = lq_mix_pad_peek (pad, 0);
    GstClockTime pts;
    if (!item || !GST_IS_BUFFER (item) || pad->segment.format != GST_FORMAT_TIME)
      continue;
    pts = GST_BUFFER_PTS (GST_BUFFER_CAST (item));
    if (!GST_CLOCK_TIME_IS_VALID (pts))
      continue;
    pts = gst_segment_to_running_time (
        &pad->segment, GST_FORMAT_TIME, MAX (pts, pad->segment.start));
    if (GST_CLOCK_TIME_IS_VALID (pts) && (!GST_CLOCK_TIME_IS_VALID (first) || pts < first))
      first = pts;
  }
  return first;
}

static void
lq_mix_choose_start (GstAudioMixBus *self)
{
  const GstClockTime begin = self->out_segment.start;
  GstClockTime position = begin;

  g_mutex_lock (&self->lock);
  if (self->first_buffer && self->now.start_time_selection == LQ_START_FIRST)
    position = lq_mix_first_time (self);
  else if (self->first_buffer && self->now.start_time_selection == LQ_START_SET)
    position = self->now.start_time;
  if (!GST_CLOCK_TIME_IS_VALID (position))
    position = begin;
  if (GST_CLOCK_TIME_IS_VALID (self->position))
    position = self->position;
  self->position = position;
  self->first_buffer = FALSE;
  self->start = gst_util_uint64_scale_round (
      MAX (position, begin) - begin, (guint64)g_atomic_int_get (&self->rate), GST_SECOND);
  self->offset = self->start;
  g_mutex_unlock (&self->lock);
  lq_mix_begin (self);
}

/* Without caps nothing can go out: live, time passes. */
static void
lq_mix_pass_time (GstAudioMixBus *self)
{
  g_mutex_lock (&self->lock);
  if (!GST_CLOCK_TIME_IS_VALID (self->position))
    self->position = self->segment.start;
  self->position += gst_util_uint64_scale (
      GST_SECOND, (guint64)self->now.duration_n, (guint64)self->now.duration_d);
  g_mutex_unlock (&self->lock);
}

static GstFlowReturn
lq_mix_no_caps (GstAudioMixBus *self)
{
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("Data came before it was said what it is. Inputs need caps."), (NULL));
  return GST_FLOW_NOT_NEGOTIATED;
}

static gboolean
lq_mix_all_eos (GstAudioMixBus *self)
{
  gboolean all = self->snapshot->len > 0 && !self->now.force_live;

  for (guint i = 0; i < self->snapshot->len && all; i++)
    all = ((GstAudioMixBusPad *)g_ptr_array_index (self->snapshot, i))->eos;
  return all;
}

/* The first buffers of all pads, caps, and where it begins. FALSE: not yet, or *flow. */
static gboolean
lq_mix_open (GstAudioMixBus *self, GstFlowReturn *flow)
{
  self->late = FALSE;
  if (!lq_mix_gather (self, LQ_NO_FRAME, LQ_NO_FRAME, flow)) {
    *flow = GST_FLOW_FLUSHING;
    return FALSE;
  }
  if (*flow != GST_FLOW_OK)
    return FALSE;
  if (!g_atomic_int_get (&self->rate)) {
    if (lq_mix_all_eos (self))
      *flow = GST_FLOW_EOS;
    else if (self->late)
      lq_mix_pass_time (self);
    else
      *flow = lq_mix_no_caps (self);
    return FALSE;
  }
  if (gst_pad_check_reconfigure (self->srcpad) || !self->prepared)
    *flow = lq_mix_negotiate (self);
  if (*flow == GST_FLOW_OK)
    lq_mix_choose_start (self);
  return *flow == GST_FLOW_OK;
}

/* Blocks. */

/* Frames of the next output buffer. */
static guint
lq_mix_block_frames (GstAudioMixBus *self, gboolean take)
{
  const guint64 error = self->error + self->error_block;
  const gboolean more = error >= (guint64)self->now.duration_d;

  if (take)
    self->error = error % (guint64)self->now.duration_d;
  return self->block + (more ? 1 : 0);
}

/* The end, if all inputs have ended: that of the longest, and what sounds on. */
static void
lq_mix_find_end (GstAudioMixBus *self)
{
  guint64 last = self->start;

  if (!lq_mix_all_eos (self)) {
    self->end = LQ_NO_FRAME;
    return;
  }
  for (guint i = 0; i < self->voices->len; i++)
    last = MAX (last, lq_voice_last (g_ptr_array_index (self->voices, i)));
  last = lq_mix_tail_end (self, last);
  self->end = self->end == LQ_NO_FRAME ? last : MAX (self->end, last);
}

static GstFlowReturn
lq_mix_push (GstAudioMixBus *self, GstBuffer *buffer, guint64 frame, guint frames)
{
  const GstClockTime pts = lq_mix_pts (self, frame), next = lq_mix_pts (self, frame + frames);

  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = next - pts;
  GST_BUFFER_OFFSET (buffer) = frame;
  GST_BUFFER_OFFSET_END (buffer) = frame + frames;
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->discont = FALSE;
  lq_mix_send_segment (self);
  g_mutex_lock (&self->lock);
  self->position = next;
  self->send_eos = TRUE;
  g_mutex_unlock (&self->lock);
  return gst_pad_push (self->srcpad, buffer);
}

/* Mixes a block and pushes what comes out of it. */
static GstFlowReturn
lq_mix_one (GstAudioMixBus *self, guint frames)
{
  const guint64 frame = lq_mix_out_frame (self);
  const guint64 hold = self->start + self->latency > self->offset
                           ? self->start + self->latency - self->offset
                           : 0;
  const guint held = (guint)MIN (hold, frames), out = frames - held;
  const guint bpf = (guint)GST_AUDIO_INFO_BPF (&self->info);
  GstBuffer *buffer;
  GstMapInfo map;

  if (out == 0) {
    lq_mix_block (self, NULL, frames, held);
    return GST_FLOW_OK;
  }
  lq_mix_select (self, frame, out);
  buffer = gst_buffer_new_allocate (NULL, (gsize)out * bpf, NULL);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  if (!lq_mix_block (self, map.data, frames, held))
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  gst_buffer_unmap (buffer, &map);
  return lq_mix_push (self, buffer, frame, out);
}

/* The frame up to which every pad that counts is covered. */
static guint64
lq_mix_covered (GstAudioMixBus *self)
{
  guint64 covered = LQ_NO_FRAME;

  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    if (pad->voice && !lq_mix_pad_idle (self, pad))
      covered = MIN (covered, pad->voice->covered);
  }
  return covered;
}

/* Blocks as long as there are inputs for them; live, one. */
static GstFlowReturn
lq_mix_run (GstAudioMixBus *self)
{
  const gboolean live = GST_CLOCK_TIME_IS_VALID (lq_mix_live_latency (self));
  GstFlowReturn flow = GST_FLOW_OK;
  const guint first = lq_mix_block_frames (self, FALSE);
  const guint64 until = self->offset + (live ? first : MAX (first, PORTION));
  guint64 covered, left;
  guint frames;

  self->late = FALSE;
  if (!lq_mix_gather (self, self->offset + first, until, &flow))
    return GST_FLOW_FLUSHING;
  if (flow == GST_FLOW_OK && gst_pad_check_reconfigure (self->srcpad))
    flow = lq_mix_negotiate (self);
  lq_mix_find_end (self);
  covered = self->late ? self->offset + first : MIN (lq_mix_covered (self), until);
  do {
    if (flow != GST_FLOW_OK)
      return flow;
    if (self->end != LQ_NO_FRAME && self->end + self->latency <= self->offset)
      return GST_FLOW_EOS;
    frames = lq_mix_block_frames (self, TRUE);
    left = self->end == LQ_NO_FRAME ? frames : self->end + self->latency - self->offset;
    flow = lq_mix_one (self, (guint)MIN (frames, left));
  } while (self->offset + lq_mix_block_frames (self, FALSE) <= covered);
  return flow;
}

/* Whether something waits in a queue. With the lock. */
static gboolean
lq_mix_has_news (GstAudioMixBus *self)
{
  for (guint i = 0; i < self->pads->len; i++)
    if (lq_mix_pad_waiting (g_ptr_array_index (self->pads, i)))
      return TRUE;
  return FALSE;
}

/* The end of a stream, or of all. */
static void
lq_mix_pause (GstAudioMixBus *self, GstFlowReturn flow)
{
  gboolean eos = FALSE;
  GstEvent *event;

  g_mutex_lock (&self->lock);
  if (flow == GST_FLOW_EOS && self->send_eos && self->running) {
    eos = TRUE;
    self->send_eos = FALSE;
  }
  g_mutex_unlock (&self->lock);
  if (eos) {
    lq_mix_send_start (self);
    if (self->prepared)
      lq_mix_send_segment (self);
    event = gst_event_new_eos ();
    gst_event_set_seqnum (event, self->out_seqnum);
    gst_pad_push_event (self->srcpad, event);
  }
  if (flow != GST_FLOW_FLUSHING)
    lq_mix_set_flows (self, flow);
  g_mutex_lock (&self->lock);
  /* A stream that began meanwhile keeps it going. */
  self->ended = self->running && !lq_mix_has_news (self);
  if (self->ended || !self->running)
    gst_pad_pause_task (self->srcpad);
  g_mutex_unlock (&self->lock);
}

/* What others have set. */
static void
lq_mix_look (GstAudioMixBus *self)
{
  GST_OBJECT_LOCK (self);
  self->now = self->settings;
  GST_OBJECT_UNLOCK (self);
  g_mutex_lock (&self->lock);
  if (self->new_segment) {
    self->new_segment = FALSE;
    self->out_segment = self->segment;
    self->need_segment = TRUE;
    self->offset = LQ_NO_FRAME;
  }
  if (!self->out_seqnum || self->need_segment)
    self->out_seqnum = self->seqnum;
  g_mutex_unlock (&self->lock);
}

void
lq_mix_loop (gpointer user)
{
  GstAudioMixBus *self = user;
  GstFlowReturn flow = GST_FLOW_OK;

  lq_mix_look (self);
  if (self->offset != LQ_NO_FRAME || lq_mix_open (self, &flow))
    flow = lq_mix_run (self);
  if (flow != GST_FLOW_OK)
    lq_mix_pause (self, flow);
}
