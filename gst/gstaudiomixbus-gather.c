/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: what the mixing thread takes from the pads, and how it waits for them.
 *
 * Where nothing is live and a pad is slow, what is there is mixed after SOFT_WAIT, so that pads
 * which can give more are read by larger portions, and none waits for long. */

#include "gstaudiomixbus-private.h"

#define SOFT_WAIT (5 * G_TIME_SPAN_MILLISECOND)

/* Events of a pad, when it is their turn. */

static void
lq_mix_pad_caps (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstCaps *caps)
{
  gboolean late = self->offset != LQ_NO_FRAME && self->offset > self->start;
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, caps))
    return;
  if (!pad->voice || !lq_voice_takes (pad->voice, &info)) {
    /* What goes on with other channels doesn't come late. */
    if (pad->voice)
      late = !pad->voice->joined && pad->voice->late;
    lq_mix_leave_voice (self, pad, FALSE);
    pad->voice = lq_voice_new (pad, &info);
    pad->voice->late = late;
    /* Where the last one has been filled to, nothing is missing. */
    if (pad->position != LQ_NO_FRAME)
      pad->voice->covered = pad->position;
    g_ptr_array_add (self->voices, pad->voice);
    self->unsorted = TRUE;
  }
  pad->info = info;
  pad->has_caps = TRUE;
}

void
lq_mix_pad_follow (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event)
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

/* TRUE: there was one. */
static gboolean
lq_mix_pad_check_flush (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  if (!lq_mix_pad_flushed (pad))
    return FALSE;
  /* Events that stick were meant for what comes now. */
  while (pad->next < pad->taken->len) {
    GstMiniObject *item = g_ptr_array_index (pad->taken, pad->next);
    if (GST_IS_EVENT (item) && GST_EVENT_TYPE (item) == GST_EVENT_CAPS)
      lq_mix_pad_follow (self, pad, GST_EVENT_CAST (item));
    lq_mix_pad_pop (pad);
  }
  lq_mix_pad_restart (pad);
  pad->eos = FALSE;
  if (pad->voice)
    lq_voice_cut (self, pad->voice);
  return TRUE;
}

/* Whether nothing has to be waited for at this pad. */
gboolean
lq_mix_pad_idle (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  return pad->eos || (self->now.ignore_inactive_pads && pad->first_buffer && pad->waited_once);
}

/* The timestamp of a buffer or a GAP, or NONE. */
GstClockTime
lq_mix_item_time (GstMiniObject *item)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  if (GST_IS_BUFFER (item))
    time = GST_BUFFER_PTS (GST_BUFFER_CAST (item));
  else if (GST_IS_EVENT (item) && GST_EVENT_TYPE (item) == GST_EVENT_GAP)
    gst_event_parse_gap (GST_EVENT_CAST (item), &time, NULL);
  return time;
}

/* Takes from a pad until it covers the frame `until` (LQ_NO_FRAME: until a buffer is next). FALSE:
 * it doesn't, and will kick. */
static gboolean
lq_mix_fill_locked (
    GstAudioMixBus *self, GstAudioMixBusPad *pad, guint64 until, GstFlowReturn *flow)
{
  const gboolean known = until != LQ_NO_FRAME;
  GstMiniObject *item;
  guint wanted;

  lq_mix_pad_check_flush (self, pad);
  while (!known || !pad->voice || pad->voice->covered < until) {
    /* What is to be placed anew may cover more than it has frames. */
    wanted = known && pad->voice && !pad->discont
                 ? (guint)(until - MAX (pad->voice->covered, self->offset))
                 : 1;
    item = lq_mix_pad_peek (self, pad, wanted, until);
    if (!item && lq_mix_pad_check_flush (self, pad)) {
      lq_mix_pad_unwant (self, pad);
      continue;
    }
    if (!item)
      return lq_mix_pad_idle (self, pad);
    if (GST_IS_QUERY (item)) {
      lq_mix_pad_answer (pad, GST_QUERY_TYPE (item) == GST_QUERY_DRAIN);
      continue;
    }
    /* Before it is known where the mix begins nothing has a place, not even silence. */
    if (!known && pad->has_caps && GST_CLOCK_TIME_IS_VALID (lq_mix_item_time (item)))
      return TRUE;
    if (GST_IS_EVENT (item)) {
      lq_mix_pad_follow (self, pad, GST_EVENT_CAST (item));
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

static gboolean
lq_mix_fill (GstAudioMixBus *self, GstAudioMixBusPad *pad, guint64 until, GstFlowReturn *flow)
{
  gboolean covers;

  g_mutex_lock (&pad->work);
  covers = lq_mix_fill_locked (self, pad, until, flow);
  pad->known = pad->voice && !lq_mix_pad_idle (self, pad) ? pad->voice->covered : LQ_NO_FRAME;
  g_mutex_unlock (&pad->work);
  return covers;
}

/* TRUE where every pad covers `until`; else the last of those that don't yet will kick. `least`: FALSE
 * in *enough where some don't even cover that. */
static gboolean
lq_mix_fill_all (
    GstAudioMixBus *self, guint64 least, guint64 until, gboolean *enough, GstFlowReturn *flow)
{
  gboolean all = TRUE;

  /* One more than there are, until all have been asked. */
  g_atomic_int_set (&self->lacking, 1);
  *enough = least < until;
  for (guint i = 0; i < self->snapshot->len && *flow == GST_FLOW_OK; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    if (lq_mix_fill (self, pad, until, flow)) {
      lq_mix_pad_unwant (self, pad);
      continue;
    }
    all = FALSE;
    *enough = *enough && pad->voice && pad->known >= least;
  }
  if (!all && g_atomic_int_add (&self->lacking, -1) <= 1)
    lq_mix_kick (self);
  return all;
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
  /* Nothing is taken for a segment that a seek has ended. */
  running = self->running && !self->new_segment;
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

/* The deadline has passed: every pad gives what it has, and has been waited for. */
static void
lq_mix_expire (GstAudioMixBus *self, guint64 until, GstFlowReturn *flow)
{
  for (guint i = 0; i < self->snapshot->len && *flow == GST_FLOW_OK; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    lq_mix_fill (self, pad, until, flow);
    pad->waited_once = TRUE;
  }
  self->late = TRUE;
}

/* There is nothing that could be waited for but the clock. Every pad has been filled. */
static gboolean
lq_mix_idles (GstAudioMixBus *self)
{
  gboolean idles = !lq_mix_all_eos (self);

  for (guint i = 0; i < self->snapshot->len && idles; i++)
    idles = GST_AUDIO_MIX_BUS_PAD (g_ptr_array_index (self->snapshot, i))->known == LQ_NO_FRAME;
  return idles;
}

/* Until every pad covers `until`, or (soft) has for a while covered `least`; FALSE: stopped, or sought. A
 * missed deadline ends it too. */
gboolean
lq_mix_gather (GstAudioMixBus *self, guint64 least, guint64 until, GstFlowReturn *flow)
{
  gboolean timeout = FALSE, soft, none, all;

  while (lq_mix_is_running (self, flow)) {
    lq_mix_refresh (self);
    if (*flow != GST_FLOW_OK)
      return TRUE;
    soft = FALSE;
    all = lq_mix_fill_all (self, least, until, &soft, flow);
    if (all && !lq_mix_idles (self))
      return TRUE;
    /* More than is needed isn't waited for long. */
    if (!all && !soft && least < until && lq_mix_fill_all (self, least, least, &none, flow))
      continue;
    if (*flow != GST_FLOW_OK || (soft && timeout))
      return TRUE;
    if (!lq_mix_wait (
            self, soft ? GST_CLOCK_TIME_NONE : lq_mix_deadline (self), soft, &timeout))
      return FALSE;
    if (timeout && !soft) {
      lq_mix_expire (self, until, flow);
      return TRUE;
    }
  }
  return FALSE;
}
