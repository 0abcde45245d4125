/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: the mixing thread.
 *
 *   gather: from each pad, until a block is covered ─→ negotiate, once ─→ mix ─→ push
 *      └─ a pad lacks data: wait for that one (live: until the block's deadline)
 */

#include "gstaudiomixbus-private.h"

#include <math.h>

/* Frames that are gathered at once, where nothing is live. */
#define PORTION 4096

/* The frame of the mix that goes out next. */
static guint64
lq_mix_out_frame (GstAudioMixBus *self)
{
  return self->offset > self->start + self->latency ? self->offset - self->latency
                                                    : self->start;
}

GstClockTime
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

/* What goes out after an end is a new stream, which goes on in time where the last one ended.
 * TRUE: it has begun, and lacks caps. */
gboolean
lq_mix_revive (GstAudioMixBus *self)
{
  if (!self->over)
    return FALSE;
  self->over = FALSE;
  self->need_stream_start = self->need_segment = TRUE;
  lq_mix_send_start (self);
  return TRUE;
}

static void
lq_mix_send_again (GstAudioMixBus *self)
{
  GstCaps *caps = gst_pad_get_current_caps (self->srcpad);

  if (caps && lq_mix_revive (self))
    gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
  gst_clear_caps (&caps);
}

/* All sound and all places are forgotten. */
static void
lq_mix_forget (GstAudioMixBus *self)
{
  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    g_mutex_lock (&pad->work);
    lq_mix_pad_restart (pad);
    g_mutex_unlock (&pad->work);
  }
  lq_mix_drop_voices (self);
}

/* The task is stopped, or has not begun: all begins anew. */
void
lq_mix_restart (GstAudioMixBus *self)
{
  lq_mix_close (self);
  self->offset = LQ_NO_FRAME;
  self->end = LQ_NO_FRAME;
  lq_mix_drop_filling (self);
  self->discont = TRUE;
  self->need_segment = TRUE;
  self->over = FALSE;
  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    g_mutex_lock (&pad->work);
    pad->eos = FALSE;
    g_mutex_unlock (&pad->work);
  }
  lq_mix_forget (self);
  g_mutex_lock (&self->lock);
  self->position = GST_CLOCK_TIME_NONE;
  self->ended = FALSE;
  self->send_eos = TRUE;
  g_mutex_unlock (&self->lock);
}

/* Where the mix begins. */

static GstClockTime
lq_mix_first_time (GstAudioMixBus *self)
{
  GstClockTime first = GST_CLOCK_TIME_NONE;

  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    GstMiniObject *item = lq_mix_pad_peek (self, pad, 0, 0);
    GstClockTime pts;
    if (!item || pad->segment.format != GST_FORMAT_TIME)
      continue;
    pts = lq_mix_item_time (item);
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

gboolean
lq_mix_all_eos (GstAudioMixBus *self)
{
  gboolean all = self->snapshot->len > 0 && !self->now.force_live;

  for (guint i = 0; i < self->snapshot->len && all; i++)
    all = ((GstAudioMixBusPad *)g_ptr_array_index (self->snapshot, i))->eos;
  return all;
}

/* Why nothing was gathered. */
static GstFlowReturn
lq_mix_stopped (GstAudioMixBus *self)
{
  GstFlowReturn flow;

  g_mutex_lock (&self->lock);
  flow = self->running ? GST_FLOW_OK : GST_FLOW_FLUSHING;
  g_mutex_unlock (&self->lock);
  return flow;
}

/* The first buffers of all pads, caps, and where it begins. FALSE: not yet, or *flow. */
static gboolean
lq_mix_open (GstAudioMixBus *self, GstFlowReturn *flow)
{
  self->late = FALSE;
  if (!lq_mix_gather (self, LQ_NO_FRAME, LQ_NO_FRAME, flow)) {
    *flow = lq_mix_stopped (self);
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
lq_mix_next_size (GstAudioMixBus *self)
{
  const guint64 error = self->error + self->error_block;
  const gboolean more = error >= (guint64)self->now.duration_d;

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

/* What is being filled will never be complete. */
void
lq_mix_drop_filling (GstAudioMixBus *self)
{
  if (self->filling)
    gst_buffer_unmap (self->filling, &self->filled_map);
  gst_clear_buffer (&self->filling);
  self->filled = self->size = 0;
  self->sounds = FALSE;
}

/* Sends what has been filled, which ends before `frame`. */
static GstFlowReturn
lq_mix_push (GstAudioMixBus *self, guint64 frame)
{
  const guint64 first = frame - self->filled;
  const GstClockTime pts = lq_mix_pts (self, first), next = lq_mix_pts (self, frame);
  GstBuffer *buffer = self->filling;

  gst_buffer_unmap (buffer, &self->filled_map);
  if (self->filled < self->size)
    gst_buffer_set_size (buffer, (gssize)self->filled * GST_AUDIO_INFO_BPF (&self->info));
  if (!self->sounds)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = next - pts;
  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = frame;
  self->discont = self->sounds = FALSE;
  self->filling = NULL;
  self->filled = self->size = 0;
  lq_mix_send_again (self);
  lq_mix_send_segment (self);
  g_mutex_lock (&self->lock);
  self->position = next;
  self->send_eos = TRUE;
  g_mutex_unlock (&self->lock);
  return gst_pad_push (self->srcpad, buffer);
}

/* A buffer to fill from `frame` on, if there is none. */
static void
lq_mix_open_buffer (GstAudioMixBus *self, guint64 frame)
{
  if (self->filling)
    return;
  if (!self->size)
    self->size = lq_mix_next_size (self);
  self->filling = gst_buffer_new_allocate (
      NULL, (gsize)self->size * (gsize)GST_AUDIO_INFO_BPF (&self->info), NULL);
  gst_buffer_map (self->filling, &self->filled_map, GST_MAP_WRITE);
  lq_mix_select (self, frame, self->size);
}

/* Frames that the buffer under way lacks, and those that come before all output. */
static guint64
lq_mix_lacking (GstAudioMixBus *self)
{
  const guint64 held = self->start + self->latency;

  if (!self->size)
    self->size = lq_mix_next_size (self);
  return (held > self->offset ? held - self->offset : 0) + self->size - self->filled;
}

/* Mixes a block and sends the buffers that it completes. */
static GstFlowReturn
lq_mix_one (GstAudioMixBus *self, guint frames)
{
  const guint64 held = self->start + self->latency;
  const guint bpf = (guint)GST_AUDIO_INFO_BPF (&self->info);
  guint done = (guint)(held > self->offset ? MIN (held - self->offset, frames) : 0), n;
  guint64 frame = lq_mix_out_frame (self);
  GstFlowReturn flow = GST_FLOW_OK;
  gboolean heard, passed = FALSE;

  if (done < frames)
    lq_mix_open_buffer (self, frame);
  heard = lq_mix_block (self, &frames);
  for (; done < frames && flow == GST_FLOW_OK; done += n) {
    lq_mix_open_buffer (self, frame);
    n = MIN (frames - done, self->size - self->filled);
    lq_mix_write (self, self->filled_map.data + (gsize)self->filled * bpf, frames, done, n);
    self->filled += n;
    self->sounds = self->sounds || heard;
    frame += n;
    passed = done + n == frames;
    if (passed)
      lq_mix_pass (self, frames);
    if (self->filled == self->size)
      flow = lq_mix_push (self, frame);
  }
  /* All of it is held back yet; or nobody takes the rest: it is over all the same. */
  if (!passed)
    lq_mix_pass (self, frames);
  return flow;
}

/* The frame up to which every pad that counts is covered. */
static guint64
lq_mix_covered (GstAudioMixBus *self)
{
  guint64 covered = LQ_NO_FRAME;

  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    covered = MIN (covered, pad->known);
  }
  return covered;
}

/* All has ended: what is left of a buffer goes too. */
static GstFlowReturn
lq_mix_finish (GstAudioMixBus *self)
{
  const GstFlowReturn flow =
      self->filled ? lq_mix_push (self, lq_mix_out_frame (self)) : GST_FLOW_OK;

  lq_mix_drop_filling (self);
  lq_mix_end_meters (self);
  return flow == GST_FLOW_OK ? GST_FLOW_EOS : flow;
}

/* Mixes as far as there are inputs; live, one buffer. */
static GstFlowReturn
lq_mix_run (GstAudioMixBus *self)
{
  const gboolean live = GST_CLOCK_TIME_IS_VALID (lq_mix_live_latency (self));
  const guint64 least = self->offset + lq_mix_lacking (self);
  const guint64 until = live ? least : MAX (least, self->offset + PORTION);
  GstFlowReturn flow = GST_FLOW_OK;
  guint64 covered;

  self->late = FALSE;
  if (!lq_mix_gather (self, least, until, &flow))
    return lq_mix_stopped (self);
  if (flow == GST_FLOW_OK && !self->filled && gst_pad_check_reconfigure (self->srcpad)) {
    lq_mix_drop_filling (self);
    flow = lq_mix_negotiate (self);
  }
  if (self->late)
    lq_mix_miss (self, least, &flow);
  covered = self->late ? least : MIN (lq_mix_covered (self), until);
  lq_mix_see_moves (self);
  g_atomic_int_set (
      &self->open, flow == GST_FLOW_OK && !live && !self->late && !self->moves.together);
  while (flow == GST_FLOW_OK && self->offset < covered) {
    lq_mix_find_end (self);
    if (self->end != LQ_NO_FRAME)
      covered = MIN (covered, self->end + self->latency);
    if (self->offset >= covered)
      return lq_mix_finish (self);
    flow = lq_mix_one (self, (guint)MIN (covered - self->offset, LQ_BLOCK));
    lq_mix_pace (self);
    lq_mix_wake_pads (self);
  }
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

static void
lq_mix_end_pad (gpointer pad, gpointer user)
{
  lq_mix_pad_end (pad);
}

/* The end of a stream, or of all. */
static void
lq_mix_pause (GstAudioMixBus *self, GstFlowReturn flow)
{
  const gboolean refused =
      flow != GST_FLOW_FLUSHING && !(flow == GST_FLOW_EOS && lq_mix_all_eos (self));
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
    self->over = TRUE;
  }
  if (refused) {
    lq_mix_set_flows (self, flow);
  } else if (flow == GST_FLOW_EOS) {
    /* Nobody else takes what is queued while it is looked at. */
    lq_mix_close (self);
    g_ptr_array_foreach (self->snapshot, lq_mix_end_pad, NULL);
  }
  g_mutex_lock (&self->lock);
  /* A stream that began meanwhile keeps it going; what nobody wants any more doesn't. */
  self->ended = self->running && (refused || !lq_mix_has_news (self));
  if (self->ended || !self->running)
    gst_pad_pause_task (self->srcpad);
  g_mutex_unlock (&self->lock);
}

/* What others have set. */
static void
lq_mix_look (GstAudioMixBus *self)
{
  const gint serial = g_atomic_int_get (&self->settings_serial);
  gboolean moved = FALSE;

  if (serial != self->now_serial) {
    lq_mix_close (self);
    self->now_serial = serial;
    GST_OBJECT_LOCK (self);
    self->now = self->settings;
    GST_OBJECT_UNLOCK (self);
  }
  g_mutex_lock (&self->lock);
  if (self->new_segment) {
    self->new_segment = FALSE;
    self->out_segment = self->segment;
    self->need_segment = TRUE;
    self->offset = LQ_NO_FRAME;
    moved = TRUE;
  }
  if (!self->out_seqnum || self->need_segment)
    self->out_seqnum = self->seqnum;
  g_mutex_unlock (&self->lock);
  if (moved) {
    lq_mix_close (self);
    lq_mix_drop_filling (self);
    /* Frames are counted from the new start; what comes of the old segment lies before it. */
    lq_mix_forget (self);
  }
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
