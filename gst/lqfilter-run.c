/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter: the chain's side of the flow: setting up, settings, clock, blocks.
 *
 *   blocks of at most LQ_BLOCK frames, cut where a meter's period ends and, under automation,
 *   at the grid: settings → planes → scrub → chain → bypass → F32 or dithered integers → meters */

#include "lqfilter-private.h"
#include "lqstream.h"

#include "base/fpu.h"
#include "primitives/interleave.h"
#include "primitives/scrub.h"

#include <math.h>
#include <string.h>

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define LQ_READ_U24 GST_READ_UINT24_LE
#else
#define LQ_READ_U24 GST_READ_UINT24_BE
#endif

/* Setting up. */

/* Once for every rate that has no curve. */
static void
lq_filter_check_curve (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gdouble rate = p->stream.rate;

  if (!lq_quantize_lacks_curve (&p->quantize) || p->flat_rate == rate)
    return;
  p->flat_rate = rate;
  GST_ELEMENT_WARNING (filter, RESOURCE, SETTINGS,
      ("There is no noise shaping at %g Hz, only at 44100 and 48000 Hz: dither goes on flat.",
          rate),
      (NULL));
}

/* The quantiser's settings; what they may add to a sample. */
static gdouble
lq_filter_set_quantizer (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  if (!p->integer)
    return 0.0;
  lq_quantize_set (&p->quantize, (enum lq_dither)p->settings.dither,
      (enum lq_shaping)p->settings.shaping, p->settings.auto_blank);
  lq_filter_check_curve (filter);
  return lq_quantize_worst_lsb (&p->quantize) * lq_sample_lsb (p->quantize.format);
}

/* Tells the chain what leaves, where something about it is new. */
static void
lq_filter_tell_output (LqFilter *filter, gboolean always)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const LqFilterOutput output = { p->integer, lq_filter_set_quantizer (filter) };

  if (!always && output.sample_error == p->sample_error)
    return;
  p->sample_error = output.sample_error;
  if (klass->set_output)
    klass->set_output (filter, &output);
}

/* The output's format, which may change while the chain goes on. FALSE: no memory. */
gboolean
lq_filter_set_output (LqFilter *filter, const GstAudioInfo *out)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint seed = (guint)lq_params_get_int (&p->params, "dither-seed");

  p->out = *out;
  p->integer = GST_AUDIO_INFO_IS_INTEGER (out);
  if (p->integer && !lq_quantize_prepare (&p->quantize, &p->stream,
                        lq_stream_sample_format (out), seed, &p->arena))
    return FALSE;
  lq_filter_tell_output (filter, TRUE);
  return TRUE;
}

static gboolean
lq_filter_prepare_units (LqFilter *filter, const GstAudioInfo *out)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  guint most;

  lq_filter_fill_at_start (filter);
  if (klass->prepare && !klass->prepare (filter, &p->stream, p->chain_params, &p->arena))
    return FALSE;
  p->latency = klass->latency ? klass->latency (filter) : 0;
  most = klass->latency_most ? klass->latency_most (filter) : p->latency;
  return lq_filter_set_output (filter, out) &&
         lq_bypass_prepare (&p->bypass, &p->stream, p->latency, most, &p->arena);
}

/* Makes the latency known to the pipeline. */
static void
lq_filter_tell_latency (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const GstClockTime latency = p->latency_time;

  GST_OBJECT_LOCK (filter);
  p->latency_time =
      gst_util_uint64_scale_round (p->latency, GST_SECOND, (guint64)p->stream.rate);
  GST_OBJECT_UNLOCK (filter);
  if (p->latency_time != latency)
    gst_element_post_message (
        GST_ELEMENT (filter), gst_message_new_latency (GST_OBJECT (filter)));
}

/* A module that is late was switched on: what comes of the next frames went out before, and is
 * held back. */
static void
lq_filter_grow (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const guint latency = klass->latency_most ? klass->latency (filter) : p->latency;

  if (latency == p->latency)
    return;
  p->hold += latency - p->latency;
  lq_bypass_grow (&p->bypass, latency - p->latency);
  p->latency = latency;
  lq_filter_tell_latency (filter);
}

static gboolean
lq_filter_alloc_planes (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint planes = MAX (p->stream.channels, p->stream.out_channels);
  float *memory = lq_arena_alloc (&p->arena, (gsize)planes * LQ_BLOCK * sizeof (float));

  for (guint c = 0; memory && c < planes; c++)
    p->planes[c] = memory + (gsize)c * LQ_BLOCK;
  return memory != NULL;
}

gboolean
lq_filter_prepare (
    LqFilter *filter, const GstAudioInfo *in, const GstAudioInfo *out, const lq_stream *stream)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  lq_filter_release (filter);
  p->in = *in;
  p->stream = *stream;
  p->kernels = lq_kernels ();
  p->lag = lq_ramp_lag (stream->rate, LQ_RAMP_MS);
  if (!lq_filter_alloc_planes (filter) || !lq_filter_prepare_units (filter, out))
    return FALSE;
  p->prepared = TRUE;
  p->metered = FALSE;
  p->period_frames = 0;
  lq_filter_restart (filter);
  lq_filter_tell_latency (filter);
  return TRUE;
}

void
lq_filter_release (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  p->prepared = FALSE;
  lq_arena_free (&p->arena);
}

/* As after prepare: no sound is remembered, settings stand at their targets, the clock waits for
 * a timestamp. Meters go on. */
void
lq_filter_restart (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  p->anchored = FALSE;
  p->discont = TRUE;
  p->fresh = TRUE;
  if (!p->prepared)
    return;
  p->generation = lq_params_generation (&p->params);
  lq_filter_take_settings (filter);
  lq_params_fill (&p->params, LQ_GROUP_CHAIN, p->chain_params);
  if (klass->set)
    klass->set (filter, p->chain_params);
  lq_filter_tell_output (filter, FALSE);
  lq_filter_grow (filter);
  if (klass->reset)
    klass->reset (filter);
  lq_bypass_set (&p->bypass, p->settings.bypass);
  lq_bypass_reset (&p->bypass);
  if (p->integer)
    lq_quantize_reset (&p->quantize);
  p->hold = p->latency;
  p->phase = 0;
}

/* Settings. */

static void
lq_filter_look (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const gboolean metered =
      p->settings.post_messages || p->settings.meters || p->settings.watched;

  if (metered == p->metered)
    return;
  p->metered = metered;
  p->period_frames = 0;
  if (klass->meter)
    klass->meter (filter, metered);
}

/* Once, where mono would have to become stereo now. */
static void
lq_filter_check_stereo (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  if (!klass->widens || p->stream.out_channels != 1 || p->wants_stereo ||
      !klass->needs_stereo (filter, p->chain_params))
    return;
  p->wants_stereo = TRUE;
  GST_ELEMENT_WARNING (filter, RESOURCE, SETTINGS,
      ("The stream is mono; a setting that needs two channels takes effect at the next start."),
      (NULL));
}

/* Hands on what moved since the last look. */
void
lq_filter_follow (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const guint generation = lq_params_generation (&p->params);

  if (generation == p->generation)
    return;
  p->generation = generation;
  lq_filter_take_settings (filter);
  lq_params_fill (&p->params, LQ_GROUP_CHAIN, p->chain_params);
  if (klass->set)
    klass->set (filter, p->chain_params);
  lq_filter_grow (filter);
  lq_filter_check_stereo (filter);
  lq_bypass_set (&p->bypass, p->settings.bypass);
  lq_filter_tell_output (filter, FALSE);
}

/* At a grid point: what automation and bindings want `frames` frames after the anchor, read
 * ahead by the time that a ramp lags behind. */
void
lq_filter_control (LqFilter *filter, gint64 frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gdouble time = (p->base_stream_frames + (gdouble)frames + p->lag) / p->stream.rate;

  if (p->automation)
    lq_automation_apply (p->automation, &p->params, time);
  if (lq_filter_bound (filter))
    gst_object_sync_values (
        GST_OBJECT (filter), (GstClockTime)(MAX (time, 0.0) * GST_SECOND + 0.5));
  lq_filter_follow (filter);
}

/* The clock. */

GstClockTime
lq_filter_time_of (LqFilter *filter, guint64 frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  if (!GST_CLOCK_TIME_IS_VALID (p->base_pts))
    return GST_CLOCK_TIME_NONE;
  return p->base_pts +
         gst_util_uint64_scale_int_round (frames, GST_SECOND, GST_AUDIO_INFO_RATE (&p->in));
}

static void
lq_filter_silence (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  for (guint c = 0; c < MAX (p->stream.channels, p->stream.out_channels); c++)
    memset (p->planes[c], 0, LQ_BLOCK * sizeof (float));
}

/* After a restart under automation: ramps and grid as they would stand here in a straight
 * rendering from stream time 0, reached through silence. */
static void
lq_filter_preroll (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const guint phase = (guint)(llround (MAX (p->base_stream_frames, 0.0)) % LQ_HOP);
  const gint hops = 2 * ((gint)ceil (p->lag / LQ_HOP) + 1);
  const guint64 word = lq_fpu_enter ();

  for (gint hop = hops; hop >= 0; hop--) {
    lq_filter_control (filter, -(gint64)hop * LQ_HOP - phase);
    if (hop == hops) {
      /* Where it starts, everything stands. */
      klass->reset (filter);
      lq_bypass_reset (&p->bypass);
    }
    lq_filter_silence (filter);
    lq_bypass_keep (&p->bypass, (const float *const *)p->planes, hop ? LQ_HOP : phase);
    klass->process (filter, p->planes, hop ? LQ_HOP : phase);
    lq_bypass_mix (&p->bypass, p->planes, hop ? LQ_HOP : phase);
  }
  p->phase = phase;
  lq_fpu_leave (word);
}

/* A stream time in frames. Timestamps are rounded to nanoseconds; what is whole but for that is
 * whole, so that curves are read at the same times wherever a rendering begins. */
static gdouble
lq_filter_stream_frames (GstClockTime time, gdouble rate)
{
  const gdouble frames = (gdouble)time * rate / GST_SECOND, whole = round (frames);

  return fabs (frames - whole) <= 2.0 * rate / GST_SECOND ? whole : frames;
}

/* Whether something moves parameters by itself. */
void
lq_filter_see_control (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  p->controlled = !isnan (p->base_stream_frames) && (p->automation || lq_filter_bound (filter));
}

/* Tells the chain where in the programme the next frame lies. While the spool is replayed, its own
 * count says so. */
static void
lq_filter_find_place (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const gboolean first = p->pass == LQ_PASS_SPOOL ? !lq_filter_twopass_started (filter)
                                                  : p->pass == LQ_PASS_NONE && !p->begun;
  gdouble frame;

  if (first)
    p->analysed_from = p->base_stream_frames;
  p->begun = TRUE;
  frame = p->base_stream_frames - p->analysed_from;
  if (!klass->locate || p->pass == LQ_PASS_REPLAY)
    return;
  if (isnan (frame))
    klass->locate (filter, p->heard);
  else
    klass->locate (filter, frame > 0.0 ? (guint64)llround (frame) : 0);
}

/* The next frame has this timestamp: counting begins anew. */
void
lq_filter_anchor (LqFilter *filter, GstClockTime pts, guint64 offset)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GstClockTime stream = GST_CLOCK_TIME_NONE;

  p->anchored = TRUE;
  p->base_pts = pts;
  p->base_offset = offset;
  p->in_frames = p->out_frames = 0;
  p->mark_due = TRUE;
  if (GST_CLOCK_TIME_IS_VALID (pts) && p->segment.format == GST_FORMAT_TIME)
    stream = gst_segment_to_stream_time (&p->segment, GST_FORMAT_TIME, pts);
  p->base_stream_frames =
      GST_CLOCK_TIME_IS_VALID (stream) ? lq_filter_stream_frames (stream, p->stream.rate) : NAN;
  p->controlled = !isnan (p->base_stream_frames) &&
                  (p->automation || lq_filter_bound (filter)) && klass->process;
  if (p->controlled && p->fresh)
    lq_filter_preroll (filter);
  lq_filter_find_place (filter);
}

/* Blocks. */

/* Frames of the next block. */
static guint
lq_filter_cut (LqFilter *filter, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  guint n = MIN (frames, LQ_BLOCK);

  if (p->controlled)
    n = lq_hop_left (p->phase, n);
  if (p->metered) {
    const guint64 period = MAX (
        gst_util_uint64_scale_round (p->settings.interval, (guint64)p->stream.rate, GST_SECOND),
        1);
    const guint64 left = period > p->period_frames ? period - p->period_frames : 1;
    n = (guint)MIN (n, left);
  }
  return n;
}

/* n frames went through: meters' periods, grid. */
static void
lq_filter_count (LqFilter *filter, guint n)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  p->in_frames += n;
  p->phase = (p->phase + n) % LQ_HOP;
  p->ran = TRUE;
  p->fresh = FALSE;
  if (!p->metered || p->over)
    return;
  p->period_frames += n;
  if (p->period_frames >=
      gst_util_uint64_scale_round (p->settings.interval, (guint64)p->stream.rate, GST_SECOND))
    lq_filter_speak (filter, FALSE);
}

/* What the integers in `out` are worth, back in the planes: meters of the output read these. */
static void
lq_filter_reread (LqFilter *filter, const guint8 *out, guint n)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint channels = p->stream.out_channels;
  const gsize bytes = (gsize)GST_AUDIO_INFO_WIDTH (&p->out) / 8;
  const gfloat scale = (gfloat)ldexp (1.0, 1 - GST_AUDIO_INFO_DEPTH (&p->out));

  for (guint c = 0; c < channels; c++)
    for (guint i = 0; i < n; i++) {
      const guint8 *at = out + ((gsize)i * channels + c) * bytes;
      gint32 value = 0;
      if (bytes == 2)
        value = *(const gint16 *)at;
      else if (bytes == 4)
        value = *(const gint32 *)at;
      else
        value = (gint32)(LQ_READ_U24 (at) << 8) >> 8;
      p->planes[c][i] = (gfloat)value * scale;
    }
}

/* The planes, from `first` on, into out. */
static void
lq_filter_write (LqFilter *filter, guint8 *out, guint first, guint n)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  float *at[LQ_CHANNELS_MAX];

  for (guint c = 0; c < p->stream.out_channels; c++)
    at[c] = p->planes[c] + first;
  if (!p->integer)
    lq_interleave (
        p->kernels, (const float *const *)at, (float *)out, p->stream.out_channels, n);
  else
    lq_quantize_process (&p->quantize, (const float *const *)at, out, n);
  if (!p->metered || !klass->written)
    return;
  if (p->integer)
    lq_filter_reread (filter, out, n);
  klass->written (filter, p->integer ? p->planes : at, n);
}

/* A block into the planes, scrubbed; in == NULL is silence. Returns how many samples were bad. */
guint64
lq_filter_load (LqFilter *filter, const gfloat *in, guint n)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  if (!in) {
    lq_filter_silence (filter);
    return 0;
  }
  if (!lq_deinterleave (p->kernels, in, p->planes, p->stream.channels, n))
    return 0;
  return lq_scrub (p->kernels, p->planes, p->stream.channels, n);
}

/* One block; in == NULL is silence. Returns the bytes written. */
static gsize
lq_filter_block (LqFilter *filter, const gfloat *in, guint8 *out, guint n)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const guint held = MIN (p->hold, n);

  lq_filter_count_bad (filter, lq_filter_load (filter, in, n), n);
  lq_bypass_keep (&p->bypass, (const float *const *)p->planes, n);
  if (klass->process)
    klass->process (filter, p->planes, n);
  if (klass->match)
    lq_bypass_match (&p->bypass, klass->match (filter));
  lq_bypass_mix (&p->bypass, p->planes, n);
  p->hold -= held;
  if (n > held)
    lq_filter_write (filter, out, held, n - held);
  return (gsize)(n - held) * (gsize)GST_AUDIO_INFO_BPF (&p->out);
}

/* Any number of frames. `out` has room for all but those held back; returns the bytes written,
 * which are fewer where the latency grows meanwhile. */
gsize
lq_filter_run (LqFilter *filter, const gfloat *in, guint8 *out, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  gsize written = 0;
  guint n;

  for (guint done = 0; done < frames; done += n) {
    const guint64 word = lq_fpu_enter ();
    if (p->controlled && p->phase == 0)
      lq_filter_control (filter, (gint64)p->in_frames);
    else
      lq_filter_follow (filter);
    lq_filter_look (filter);
    n = lq_filter_cut (filter, frames - done);
    written += lq_filter_block (
        filter, in ? in + (gsize)done * p->stream.channels : NULL, out + written, n);
    lq_fpu_leave (word);
    lq_filter_count (filter, n);
  }
  return written;
}

/* The same where the chain changes nothing: it only advances, and listens if it does. */
void
lq_filter_idle (LqFilter *filter, const gfloat *in, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const gboolean listens = klass->listens && klass->listens (filter);
  guint n;

  for (guint done = 0; done < frames; done += n) {
    const guint64 word = lq_fpu_enter ();
    n = lq_filter_cut (filter, frames - done);
    if (listens)
      lq_deinterleave (
          p->kernels, in + (gsize)done * p->stream.channels, p->planes, p->stream.channels, n);
    lq_bypass_keep (&p->bypass, (const float *const *)p->planes, n);
    if (klass->process)
      klass->process (filter, p->planes, n);
    if (klass->match)
      lq_bypass_match (&p->bypass, klass->match (filter));
    lq_bypass_mix (&p->bypass, p->planes, n);
    if (p->metered && klass->written && listens)
      klass->written (filter, p->planes, n);
    lq_fpu_leave (word);
    lq_filter_count (filter, n);
  }
  lq_filter_count_bad (filter, 0, frames);
}

/* Whether the buffer itself may go on: nothing in it would change. */
gboolean
lq_filter_transparent (LqFilter *filter, const gfloat *in, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  if (p->controlled || p->integer || p->latency || p->stream.out_channels != p->stream.channels)
    return FALSE;
  lq_filter_follow (filter);
  lq_filter_look (filter);
  if (p->latency)
    return FALSE;
  if (!klass->neutral || !klass->neutral (filter) || !lq_bypass_resting_wet (&p->bypass))
    return FALSE;
  return !p->kernels->bad (in, frames * p->stream.channels);
}
