/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: where a buffer belongs.
 *
 * A pad's first buffer is placed by its running time, to the nearest frame; those that follow come
 * right behind it as long as their timestamps say so within `alignment-threshold`, or have been off
 * for less than `discont-wait`. After DISCONT, RESYNC, a new segment or too long a difference a
 * buffer is placed anew. What belongs before a frame that is being mixed, or that the pad has
 * filled already, is left out. */

#include "gstaudiomixbus-private.h"

void
lq_mix_pad_restart (GstAudioMixBusPad *pad)
{
  pad->expected = pad->position = LQ_NO_FRAME;
  pad->discont_time = GST_CLOCK_TIME_NONE;
  pad->discont = TRUE;
}

static guint64
lq_mix_frames (GstClockTime time, guint rate)
{
  return gst_util_uint64_scale_round (time, rate, GST_SECOND);
}

/* A message for frames that came too late: what was dropped of them. */
static void
lq_mix_count_dropped (
    GstAudioMixBus *self, GstAudioMixBusPad *pad, GstClockTime pts, guint64 frames, guint rate)
{
  GstMessage *message;
  GstStructure *s;

  pad->dropped += frames;
  if (!lq_params_get_int (&pad->params, "qos-messages"))
    return;
  message = gst_message_new_qos (GST_OBJECT (pad), TRUE,
      gst_segment_to_running_time (&pad->segment, GST_FORMAT_TIME, pts),
      gst_segment_to_stream_time (&pad->segment, GST_FORMAT_TIME, pts), pts,
      gst_util_uint64_scale (frames, GST_SECOND, rate));
  gst_message_set_qos_stats (message, GST_FORMAT_DEFAULT, pad->processed, pad->dropped);
  if (GST_CLOCK_TIME_IS_VALID (lq_mix_live_latency (self))) {
    s = gst_message_writable_structure (message);
    gst_structure_set (s, "live", G_TYPE_BOOLEAN, TRUE, NULL);
  }
  gst_element_post_message (GST_ELEMENT (self), message);
}

/* Whether a buffer that begins at this frame of its segment isn't the one that follows. */
static gboolean
lq_mix_jumps (GstAudioMixBusPad *pad, const LqMixSettings *settings, GstClockTime pts,
    guint64 frame, guint rate)
{
  const guint64 off = pad->expected > frame ? pad->expected - frame : frame - pad->expected;
  const GstClockTime time = gst_util_uint64_scale (pad->expected, GST_SECOND, rate);
  const GstClockTime since = pts - pad->segment.start;

  if (off < gst_util_uint64_scale_int (settings->alignment_threshold, (gint)rate, GST_SECOND)) {
    pad->discont_time = GST_CLOCK_TIME_NONE;
    return FALSE;
  }
  if (settings->discont_wait == 0)
    return TRUE;
  if (!GST_CLOCK_TIME_IS_VALID (pad->discont_time)) {
    pad->discont_time = time;
    return ABS (GST_CLOCK_DIFF (time, since)) >= (GstClockTimeDiff)settings->discont_wait;
  }
  return ABS (GST_CLOCK_DIFF (pad->discont_time, since)) >=
         (GstClockTimeDiff)settings->discont_wait;
}

/* The frame of the mix at this timestamp, which may lie before its first. FALSE: outside the
 * output's segment. */
static gboolean
lq_mix_frame_of (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstClockTime pts, guint frames,
    guint rate, gint64 *frame)
{
  const GstSegment *out = &self->out_segment;
  GstClockTime end = pts + gst_util_uint64_scale_ceil (frames, GST_SECOND, rate);
  guint64 place;

  pts = gst_segment_to_running_time (&pad->segment, GST_FORMAT_TIME, pts);
  end = gst_segment_to_running_time (&pad->segment, GST_FORMAT_TIME, end);
  place = gst_segment_position_from_running_time (out, GST_FORMAT_TIME, pts);
  if (GST_CLOCK_TIME_IS_VALID (place)) {
    *frame = (gint64)lq_mix_frames (place - out->start, rate);
    return TRUE;
  }
  place = gst_segment_position_from_running_time (out, GST_FORMAT_TIME, end);
  if (!GST_CLOCK_TIME_IS_VALID (place))
    return FALSE;
  *frame = (gint64)lq_mix_frames (place - out->start, rate) - frames;
  return TRUE;
}

static guint64
lq_mix_gap_frames (GstBuffer *buffer, guint rate)
{
  return GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP) &&
                 GST_BUFFER_DURATION_IS_VALID (buffer)
             ? lq_mix_frames (GST_BUFFER_DURATION (buffer), rate)
             : 0;
}

/* The frame at which a buffer begins: behind the last, or by its time; `base` is the first that is still
 * open. FALSE: outside the output's segment. */
static gboolean
lq_mix_seek_place (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstBuffer *buffer,
    guint64 frames, guint64 base, gint64 *frame)
{
  const guint rate = (guint)GST_AUDIO_INFO_RATE (&pad->info);
  const GstClockTime pts = GST_BUFFER_PTS (buffer);
  gboolean jump;
  guint64 own;

  if (!GST_CLOCK_TIME_IS_VALID (pts)) {
    if (pad->position == LQ_NO_FRAME)
      pad->position = base;
    pad->expected = pad->expected == LQ_NO_FRAME ? frames : pad->expected + frames;
    *frame = (gint64)pad->position;
    return TRUE;
  }
  own = lq_mix_frames (pts - pad->segment.start, rate);
  /* What comes after a missed deadline isn't behind anything. */
  jump = pad->discont || pad->expected == LQ_NO_FRAME ||
         (pad->position != LQ_NO_FRAME && pad->position < base) ||
         GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT) ||
         GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_RESYNC) ||
         lq_mix_jumps (pad, &self->now, pts, own, rate);
  pad->discont = FALSE;
  if (jump)
    pad->discont_time = GST_CLOCK_TIME_NONE;
  pad->expected = (jump ? own : pad->expected) + frames;
  *frame = (gint64)pad->position;
  return (!jump && pad->position != LQ_NO_FRAME) ||
         lq_mix_frame_of (self, pad, pts, (guint)frames, rate, frame);
}

/* The buffer, which this takes over, as a piece; FALSE: nothing of it is heard. */
gboolean
lq_mix_place (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstBuffer *buffer, LqPiece *piece)
{
  const guint rate = (guint)GST_AUDIO_INFO_RATE (&pad->info);
  const GstClockTime pts = GST_BUFFER_PTS (buffer);
  const gboolean silent = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP);
  /* After a flush its voice may have run ahead. */
  const guint64 base = MAX (__atomic_load_n (&self->base, __ATOMIC_ACQUIRE), pad->voice->at);
  guint64 frames = gst_buffer_get_size (buffer) / (guint)GST_AUDIO_INFO_BPF (&pad->info);
  guint64 before, least;
  gint64 frame;

  if (frames == 0)
    frames = lq_mix_gap_frames (buffer, rate);
  *piece = (LqPiece){ silent ? NULL : buffer, pad->info.finfo, 0, 0, (guint)frames };
  if (frames == 0)
    goto drop;
  if (!lq_mix_seek_place (self, pad, buffer, frames, base, &frame))
    goto lost;
  /* What came before it, and what has been mixed, stays. */
  least = pad->position == LQ_NO_FRAME ? base : MAX (pad->position, base);
  before = frame < (gint64)least ? (guint64)((gint64)least - frame) : 0;
  if (before && GST_CLOCK_TIME_IS_VALID (pts))
    lq_mix_count_dropped (self, pad, pts, MIN (before, frames), rate);
  pad->position = before < frames ? (guint64)frame + frames : least;
  if (before >= frames)
    goto lost;
  pad->processed += frames - before;
  piece->at = (guint64)frame + before;
  piece->skip = (guint)before;
  piece->frames = (guint)(frames - before);
  if (silent)
    gst_buffer_unref (buffer);
  return TRUE;

lost:
  /* What comes next isn't behind this. */
  pad->discont = TRUE;
drop:
  gst_buffer_unref (buffer);
  return FALSE;
}

/* A silence without data: what lies in the pad's segment of it; takes it over. */
GstBuffer *
lq_mix_clip_gap (GstAudioMixBusPad *pad, GstBuffer *gap)
{
  GstClockTime start = GST_BUFFER_PTS (gap), stop;

  if (!GST_CLOCK_TIME_IS_VALID (start))
    return gap;
  stop = start + GST_BUFFER_DURATION (gap);
  if (!gst_segment_clip (&pad->segment, GST_FORMAT_TIME, start, stop, &start, &stop)) {
    gst_buffer_unref (gap);
    return NULL;
  }
  GST_BUFFER_PTS (gap) = start;
  GST_BUFFER_DURATION (gap) = stop - start;
  return gap;
}
