/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter: the flow of a buffer.
 *
 *   submit:   clip to the segment → jump? drain, restart → anchor the clock
 *             (two-pass: → spool, nothing goes on)
 *   generate: blocks of at most LQ_BLOCK frames, cut where a meter's period ends and, under
 *             automation, at the grid:
 *             settings → planes → scrub → chain → bypass → meters → F32 or dithered integers
 *
 * Every frame keeps the timestamp of the input frame it comes from: the first `latency` frames
 * out of the chain after a restart are swallowed, and a drain brings the last ones. */

#include "lqfilter-private.h"

#include <math.h>
#include <string.h>

/* An input timestamp this far from the expected one is a jump, even without DISCONT. */
#define JUMP_TIME GST_SECOND
/* The same with DISCONT: as audio sinks align. */
#define DISCONT_TIME (40 * GST_MSECOND)

/* A tail ends when all that follows is below −96 dBFS; after 60 s with a fade of 20 ms. */
#define TAIL_END 1.585e-5f
#define TAIL_MAX_S 60
#define TAIL_FADE_MS 20

/* Frames a drain renders at once. */
#define DRAIN_FRAMES 4096

/* Buffers. */

/* Timestamps of an output buffer of `frames`, which follow what has gone out. */
static void
lq_filter_stamp (LqFilter *filter, GstBuffer *buffer, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint64 end = p->out_frames + frames;

  GST_BUFFER_PTS (buffer) = lq_filter_time_of (filter, p->out_frames);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    GST_BUFFER_DURATION (buffer) = lq_filter_time_of (filter, end) - GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = GST_BUFFER_OFFSET_END (buffer) = GST_BUFFER_OFFSET_NONE;
  if (p->base_offset != GST_BUFFER_OFFSET_NONE) {
    GST_BUFFER_OFFSET (buffer) = p->base_offset + p->out_frames;
    GST_BUFFER_OFFSET_END (buffer) = p->base_offset + end;
  }
  p->out_frames = end;
  if (p->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  p->discont = FALSE;
}

/* Frames of a buffer in the output's format. */
static guint
lq_filter_frames_in (LqFilter *filter, GstBuffer *buffer)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  return (guint)(gst_buffer_get_size (buffer) / (gsize)GST_AUDIO_INFO_BPF (&p->out));
}

static gboolean
lq_filter_all_zero (const guint8 *data, gsize size)
{
  return size == 0 || (data[0] == 0 && memcmp (data, data + 1, size - 1) == 0);
}

/* A new buffer with what comes of `frames` frames (NULL: silence), without timestamps. */
static GstBuffer *
lq_filter_make (LqFilter *filter, const gfloat *in, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint out_frames = frames - MIN (frames, p->hold);
  const gsize size = (gsize)out_frames * (gsize)GST_AUDIO_INFO_BPF (&p->out);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;
  gsize written;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  written = lq_filter_run (filter, in, map.data, frames);
  if (!in && lq_filter_all_zero (map.data, written))
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_set_size (buffer, (gssize)written);
  return buffer;
}

/* The same with the timestamps that follow, or NULL where all is held. */
GstBuffer *
lq_filter_render (LqFilter *filter, const gfloat *in, guint frames)
{
  GstBuffer *buffer = lq_filter_make (filter, in, frames);
  const guint out_frames = lq_filter_frames_in (filter, buffer);

  if (out_frames) {
    lq_filter_stamp (filter, buffer, out_frames);
    return buffer;
  }
  gst_buffer_unref (buffer);
  return NULL;
}

GstFlowReturn
lq_filter_push (LqFilter *filter, GstBuffer *buffer)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (filter);

  return gst_pad_push (trans->srcpad, buffer);
}

/* A part of a drain's buffer, from its beginning. */
static GstBuffer *
lq_filter_shorten (LqFilter *filter, GstBuffer *buffer, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint had = lq_filter_frames_in (filter, buffer);

  p->out_frames -= had;
  buffer = gst_buffer_make_writable (buffer);
  gst_buffer_set_size (buffer, (gssize)frames * GST_AUDIO_INFO_BPF (&p->out));
  lq_filter_stamp (filter, buffer, frames);
  return buffer;
}

/* Frames of the last block run up to the last that is louder than TAIL_END; of integers, up to
 * the last that isn't zero. */
static guint
lq_filter_loud_frames (LqFilter *filter, GstBuffer *buffer)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gsize bpf = (gsize)GST_AUDIO_INFO_BPF (&p->out);
  guint frames;
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (frames = (guint)(map.size / bpf); frames; frames--) {
    const guint8 *at = map.data + (frames - 1) * bpf;
    if (p->integer ? !lq_filter_all_zero (at, bpf)
                   : p->kernels->peak ((const float *)at, p->stream.out_channels) > TAIL_END)
      break;
  }
  gst_buffer_unmap (buffer, &map);
  return frames;
}

/* The last frames of the longest tail fade out; F32 in `data`. */
static void
lq_filter_fade (LqFilter *filter, gfloat *data, guint64 first, guint frames, guint64 end)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gdouble length = TAIL_FADE_MS * p->stream.rate / 1000.0;

  for (guint i = 0; i < frames; i++) {
    const gdouble left = (gdouble)(end - first - i) / length;
    const gfloat gain = left < 1.0 ? (gfloat)(0.5 - 0.5 * cos (G_PI * left)) : 1.0f;
    for (guint c = 0; c < p->stream.out_channels; c++)
      data[i * p->stream.out_channels + c] *= gain;
  }
}

/* Pushes buffers that turned out not to be the end. */
static GstFlowReturn
lq_filter_push_all (LqFilter *filter, GQueue *held)
{
  GstFlowReturn ret = GST_FLOW_OK;
  GstBuffer *buffer;

  while ((buffer = g_queue_pop_head (held))) {
    if (ret == GST_FLOW_OK)
      ret = lq_filter_push (filter, buffer);
    else
      gst_buffer_unref (buffer);
  }
  return ret;
}

/* What the chain still sounds after its input's end. Quiet buffers wait until a loud one shows
 * that the tail goes on. */
static GstFlowReturn
lq_filter_tail (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const guint64 limit = (guint64)(TAIL_MAX_S * p->stream.rate);
  const guint64 length = MIN (klass->tail ? klass->tail (filter) : 0, limit);
  GstFlowReturn ret = GST_FLOW_OK;
  GQueue quiet = G_QUEUE_INIT;

  for (guint64 done = 0; done < length && ret == GST_FLOW_OK;) {
    const guint n = (guint)MIN (length - done, DRAIN_FRAMES);
    GstBuffer *buffer = lq_filter_render (filter, NULL, n);
    const guint loud = lq_filter_loud_frames (filter, buffer);
    if (length == limit && !p->integer) {
      GstMapInfo map;
      gst_buffer_map (buffer, &map, GST_MAP_READWRITE);
      lq_filter_fade (filter, (gfloat *)map.data, done, n, length);
      gst_buffer_unmap (buffer, &map);
    }
    done += n;
    g_queue_push_tail (&quiet, buffer);
    if (loud && done < length) {
      ret = lq_filter_push_all (filter, &quiet);
    } else if (loud) {
      buffer = lq_filter_shorten (filter, g_queue_pop_tail (&quiet), loud);
      g_queue_push_tail (&quiet, buffer);
      ret = lq_filter_push_all (filter, &quiet);
    }
  }
  g_queue_clear_full (&quiet, (GDestroyNotify)gst_buffer_unref);
  return ret;
}

/* Begins or ends a drain, in which nothing counts as input. */
static void
lq_filter_set_over (LqFilter *filter, gboolean over)
{
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  lq_filter_private (filter)->over = over;
  if (klass->over)
    klass->over (filter, over);
}

/* Streaming thread: pushes what is held back, under the timestamps it came with. */
GstFlowReturn
lq_filter_drain (LqFilter *filter, gboolean with_tail)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint64 heard = p->in_frames;
  GstFlowReturn ret = GST_FLOW_OK;

  if (!p->prepared || !p->anchored || p->fresh || p->pass == LQ_PASS_SPOOL ||
      p->pass == LQ_PASS_FAILED)
    return GST_FLOW_OK;
  lq_filter_set_over (filter, TRUE);
  /* More than once where the latency grows meanwhile. A stream shorter than the latency: the rest
   * of the hold is swallowed first. */
  while (p->latency && p->out_frames < heard && ret == GST_FLOW_OK) {
    const guint missing = (guint)(heard - p->out_frames);
    GstBuffer *buffer = lq_filter_render (filter, NULL, p->hold + missing);
    if (buffer)
      ret = lq_filter_push (filter, buffer);
  }
  if (ret == GST_FLOW_OK && with_tail)
    ret = lq_filter_tail (filter);
  lq_filter_set_over (filter, FALSE);
  /* Messages tell the time of the input. */
  p->in_frames = heard;
  if (p->latency || with_tail)
    lq_filter_restart (filter);
  return ret;
}

/* Input. */

/* Whether this timestamp doesn't continue what came before. */
static gboolean
lq_filter_jumps (LqFilter *filter, GstClockTime pts, gboolean flagged)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const GstClockTime expected = lq_filter_time_of (filter, p->in_frames);
  GstClockTimeDiff off;

  if (!GST_CLOCK_TIME_IS_VALID (pts) || !GST_CLOCK_TIME_IS_VALID (expected))
    return FALSE;
  off = ABS (GST_CLOCK_DIFF (expected, pts));
  return off >= (GstClockTimeDiff)(flagged ? DISCONT_TIME : JUMP_TIME);
}

/* The input buffer cut to the segment; NULL where nothing is left. */
static GstBuffer *
lq_filter_clip (LqFilter *filter, GstBuffer *buffer)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  if (p->segment.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID (buffer))
    return buffer;
  return gst_audio_buffer_clip (
      buffer, &p->segment, GST_AUDIO_INFO_RATE (&p->in), GST_AUDIO_INFO_BPF (&p->in));
}

/* Timestamps of the buffer into the clock; drains at a jump. */
GstFlowReturn
lq_filter_synchronise (LqFilter *filter, GstClockTime pts, guint64 offset, gboolean flagged)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  GstFlowReturn ret = GST_FLOW_OK;

  if (p->anchored && lq_filter_jumps (filter, pts, flagged)) {
    GST_DEBUG_OBJECT (filter, "jump to %" GST_TIME_FORMAT, GST_TIME_ARGS (pts));
    ret = lq_filter_drain (filter, FALSE);
    lq_filter_restart (filter);
  }
  if (!p->anchored)
    lq_filter_anchor (filter, pts, offset);
  return ret;
}

/* Frames from where the input stands to the end of a gap: counted from the clock, so that many
 * gaps don't add up their rounding. */
guint64
lq_filter_gap_frames (LqFilter *filter, GstClockTime pts, GstClockTime duration)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint64 rate = (guint64)p->stream.rate;
  guint64 end;

  if (!GST_CLOCK_TIME_IS_VALID (pts) || !GST_CLOCK_TIME_IS_VALID (p->base_pts))
    return gst_util_uint64_scale_round (duration, rate, GST_SECOND);
  if (pts + duration < p->base_pts)
    return 0;
  end = gst_util_uint64_scale_round (pts + duration - p->base_pts, rate, GST_SECOND);
  return end > p->in_frames ? end - p->in_frames : 0;
}

/* A buffer that can't be a whole number of frames ends the stream; NULL then, and the reason. */
static GstBuffer *
lq_filter_accept (LqFilter *filter, GstBuffer *buffer, GstFlowReturn *ret)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gsize size = gst_buffer_get_size (buffer);
  const gsize bpf = (gsize)GST_AUDIO_INFO_BPF (&p->in);

  *ret = GST_FLOW_OK;
  if (!p->prepared)
    *ret = GST_FLOW_NOT_NEGOTIATED;
  else if (size % bpf || p->pass == LQ_PASS_FAILED)
    *ret = GST_FLOW_ERROR;
  if (p->prepared && size % bpf)
    GST_ELEMENT_ERROR (filter, STREAM, FORMAT,
        ("A buffer of %" G_GSIZE_FORMAT
         " bytes isn't a whole number of frames of %" G_GSIZE_FORMAT " bytes.",
            size, bpf),
        (NULL));
  if (*ret == GST_FLOW_OK)
    return buffer;
  gst_buffer_unref (buffer);
  return NULL;
}

static GstFlowReturn
lq_filter_submit (GstBaseTransform *trans, gboolean discont, GstBuffer *buffer)
{
  LqFilter *filter = LQ_FILTER (trans);
  LqFilterPrivate *p = lq_filter_private (filter);
  GstFlowReturn ret = lq_filter_base_class ()->submit_input_buffer (trans, discont, buffer);
  guint frames;

  if (ret != GST_FLOW_OK || !trans->queued_buf)
    return ret;
  buffer = lq_filter_accept (filter, trans->queued_buf, &ret);
  trans->queued_buf = NULL;
  if (!buffer)
    return ret;
  buffer = lq_filter_clip (filter, buffer);
  if (!buffer)
    return GST_BASE_TRANSFORM_FLOW_DROPPED;
  if (!lq_filter_admit (filter)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  ret = lq_filter_synchronise (filter, GST_BUFFER_PTS (buffer), GST_BUFFER_OFFSET (buffer),
      GST_BUFFER_IS_DISCONT (buffer));
  frames = (guint)(gst_buffer_get_size (buffer) / (gsize)GST_AUDIO_INFO_BPF (&p->in));
  p->heard += frames;
  if (ret == GST_FLOW_OK && p->pass == LQ_PASS_SPOOL) {
    ret = lq_filter_twopass_take (filter, buffer, frames);
    return ret == GST_FLOW_OK ? GST_BASE_TRANSFORM_FLOW_DROPPED : ret;
  }
  trans->queued_buf = buffer;
  return ret;
}

/* GAP buffers say that their samples count as silence, whatever they are. */
static GstBuffer *
lq_filter_process_gap (LqFilter *filter, GstBuffer *buffer, guint frames)
{
  GstBuffer *out = lq_filter_render (filter, NULL, frames);

  if (out)
    gst_buffer_copy_into (out, buffer, GST_BUFFER_COPY_META, 0, -1);
  gst_buffer_unref (buffer);
  return out;
}

/* A buffer that has its input's timestamps goes out, or NULL: the latency may have grown. */
static GstBuffer *
lq_filter_finish (LqFilter *filter, GstBuffer *buffer, guint frames)
{
  const guint left = lq_filter_frames_in (filter, buffer);

  if (left == frames)
    lq_filter_private (filter)->out_frames += frames;
  else if (left)
    lq_filter_stamp (filter, buffer, left);
  else
    gst_clear_buffer (&buffer);
  return buffer;
}

/* In place where the formats allow it, else into a new buffer. */
static GstBuffer *
lq_filter_process_buffer (LqFilter *filter, GstBuffer *buffer, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gboolean in_place = !p->integer && !p->hold && gst_buffer_is_writable (buffer) &&
                            gst_buffer_is_all_memory_writable (buffer) &&
                            p->stream.out_channels == p->stream.channels && !p->latency;
  GstBuffer *out;
  GstMapInfo map;

  gst_buffer_map (buffer, &map, in_place ? GST_MAP_READWRITE : GST_MAP_READ);
  if (lq_filter_transparent (filter, (const gfloat *)map.data, frames)) {
    lq_filter_idle (filter, (const gfloat *)map.data, frames);
    gst_buffer_unmap (buffer, &map);
    p->out_frames += frames;
    return buffer;
  }
  if (in_place) {
    const gsize written = lq_filter_run (filter, (const gfloat *)map.data, map.data, frames);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_set_size (buffer, (gssize)written);
    return lq_filter_finish (filter, buffer, frames);
  }
  if (p->latency) {
    out = lq_filter_render (filter, (const gfloat *)map.data, frames);
  } else {
    out = lq_filter_make (filter, (const gfloat *)map.data, frames);
    gst_buffer_copy_into (out, buffer, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
    out = lq_filter_finish (filter, out, frames);
  }
  gst_buffer_unmap (buffer, &map);
  if (out)
    gst_buffer_copy_into (out, buffer, GST_BUFFER_COPY_META, 0, -1);
  gst_buffer_unref (buffer);
  return out;
}

static GstFlowReturn
lq_filter_generate (GstBaseTransform *trans, GstBuffer **out)
{
  LqFilter *filter = LQ_FILTER (trans);
  LqFilterPrivate *p = lq_filter_private (filter);
  GstBuffer *buffer = trans->queued_buf;
  guint frames;

  *out = NULL;
  trans->queued_buf = NULL;
  if (!buffer)
    return GST_FLOW_OK;
  frames = (guint)(gst_buffer_get_size (buffer) / (gsize)GST_AUDIO_INFO_BPF (&p->in));
  lq_filter_send_tags (filter, FALSE);
  lq_filter_see_control (filter);
  if (frames == 0)
    *out = buffer;
  else if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    *out = lq_filter_process_gap (filter, buffer, frames);
  else
    *out = lq_filter_process_buffer (filter, buffer, frames);
  if (*out && p->discont && frames) {
    *out = gst_buffer_make_writable (*out);
    GST_BUFFER_FLAG_SET (*out, GST_BUFFER_FLAG_DISCONT);
    p->discont = FALSE;
  }
  return GST_FLOW_OK;
}

/* Never called: generate does the work. Without it the base would take us for a passthrough. */
static GstFlowReturn
lq_filter_transform (GstBaseTransform *trans, GstBuffer *in, GstBuffer *out)
{
  return GST_FLOW_NOT_SUPPORTED;
}

void
lq_filter_flow_class_init (LqFilterClass *klass)
{
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  trans_class->submit_input_buffer = lq_filter_submit;
  trans_class->generate_output = lq_filter_generate;
  trans_class->transform = lq_filter_transform;
}
