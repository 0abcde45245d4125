/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: from voices to what goes out.
 *
 *   blocks of at most LQ_BLOCK frames: settings → voices, by number → console → format */

#include "gstaudiomixbus-private.h"

#include <math.h>
#include <string.h>

#include "base/fpu.h"
#include "lqstream.h"
#include "primitives/interleave.h"

/* Frames of the bus's rings: an L2 cache in stereo, half of which is in use where there are few pads. */
#define ROOM 65536

/* Setting up. */

static gboolean
lq_mix_alloc (GstAudioMixBus *self)
{
  float *memory =
      lq_arena_alloc (&self->arena, (gsize)self->stream.channels * LQ_BLOCK * sizeof (float));

  float *keys = lq_arena_alloc (
      &self->arena, (gsize)LQ_KEYS * LQ_MIX_CHANNELS * LQ_BLOCK * sizeof (float));

  self->words = lq_arena_alloc (
      &self->arena, (gsize)LQ_BLOCK * self->stream.channels * sizeof *self->words);
  if (!memory || !keys || !self->words)
    return FALSE;
  for (guint i = 0; i < LQ_KEYS * LQ_MIX_CHANNELS; i++)
    self->keys[i / LQ_MIX_CHANNELS][i % LQ_MIX_CHANNELS] = keys + (gsize)i * LQ_BLOCK;
  for (guint c = 0; c < self->stream.channels; c++)
    self->out[c] = memory + (gsize)c * LQ_BLOCK;
  return TRUE;
}

/* What the look-ahead of pads needs, at least the reserve: the latency of all. */
static guint
lq_mix_find_latency (GstAudioMixBus *self)
{
  guint need =
      (guint)ceil (self->console_params.master.reserve_ms * self->stream.rate / 1000.0);

  for (guint i = 0; i < self->voices->len; i++) {
    const LqVoice *voice = g_ptr_array_index (self->voices, i);
    need = MAX (need, voice->need + voice->wait);
  }
  return need;
}

static void
lq_mix_tell_latency (GstAudioMixBus *self)
{
  if (g_atomic_int_get (&self->latency_frames) == (gint)self->latency && self->told)
    return;
  self->told = TRUE;
  g_atomic_int_set (&self->latency_frames, (gint)self->latency);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

/* A console for the channels that go out. FALSE: no memory. */
static gboolean
lq_mix_prepare (GstAudioMixBus *self, const lq_stream *stream)
{
  const lq_stream returns = lq_console_returns (stream);
  const gboolean first = !self->prepared;

  lq_mix_close (self);
  lq_mix_release (self);
  self->stream = *stream;
  self->kernels = lq_kernels ();
  lq_params_fill (&self->params, LQ_GROUP_CHAIN, &self->console_params);
  lq_reverb_free (&self->console.reverb);
  if (!lq_mix_alloc (self) ||
      !lq_console_prepare (&self->console, stream, LQ_GROUPS_MAX, ROOM, &self->arena) ||
      !lq_response_prepare (&self->response, &returns))
    return FALSE;
  self->generation = lq_params_generation (&self->params) - 1;
  self->prepared = TRUE;
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    g_mutex_lock (&voice->pad->work);
    voice->mapped = FALSE;
    g_mutex_unlock (&voice->pad->work);
  }
  lq_mix_plan (self);
  if (first)
    self->latency = lq_mix_find_latency (self);
  lq_mix_tell_latency (self);
  return TRUE;
}

void
lq_mix_release (GstAudioMixBus *self)
{
  self->prepared = FALSE;
  lq_arena_free (&self->arena);
}

static gboolean
lq_mix_same_channels (const GstAudioInfo *a, const GstAudioInfo *b)
{
  return GST_AUDIO_INFO_RATE (a) == GST_AUDIO_INFO_RATE (b) &&
         GST_AUDIO_INFO_CHANNELS (a) == GST_AUDIO_INFO_CHANNELS (b) &&
         memcmp (a->position, b->position, sizeof a->position) == 0;
}

/* What goes out has this format from now on. FALSE: no memory. */
gboolean
lq_mix_set_output (GstAudioMixBus *self, const GstAudioInfo *info)
{
  const gboolean same = self->prepared && lq_mix_same_channels (&self->info, info);
  lq_stream stream;

  lq_mix_close (self);
  self->info = *info;
  lq_stream_describe (info, info, &stream);
  if (!same && !lq_mix_prepare (self, &stream))
    return FALSE;
  lq_arena_free (&self->output_arena);
  self->quantized = GST_AUDIO_INFO_IS_INTEGER (info);
  self->straight = GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16 ||
                   GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S32;
  if (self->quantized &&
      !lq_quantize_prepare (&self->quantize, &stream, lq_stream_sample_format (info),
          (guint)lq_params_get_int (&self->params, "dither-seed"), &self->output_arena))
    return FALSE;
  self->generation = lq_params_generation (&self->params) - 1;
  return TRUE;
}

/* Voices. */

static gint
lq_mix_compare (gconstpointer a, gconstpointer b)
{
  const LqVoice *x = *(LqVoice *const *)a, *y = *(LqVoice *const *)b;

  if (x->leaving != y->leaving)
    return x->leaving ? 1 : -1;
  return x->pad->number < y->pad->number ? -1 : x->pad->number > y->pad->number;
}

/* A channel for a new one; what can't have one leaves. */
static void
lq_mix_equip (GstAudioMixBus *self, LqVoice *voice)
{
  gboolean ok;

  g_mutex_lock (&voice->pad->work);
  ok = lq_voice_prepare (self, voice);
  if (!ok) {
    voice->leaving = voice->fading = TRUE;
    if (voice->pad->voice == voice)
      voice->pad->voice = NULL;
  }
  g_mutex_unlock (&voice->pad->work);
  if (!ok)
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("Not enough memory for %s.", GST_OBJECT_NAME (voice->pad)), (NULL));
}

/* Whether some have no channels yet. */
static gboolean
lq_mix_has_new (GstAudioMixBus *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->voices->len && !any; i++)
    any = !((LqVoice *)g_ptr_array_index (self->voices, i))->mapped;
  return any;
}

/* New ones get their channels, those that are over go. */
static void
lq_mix_sort_voices (GstAudioMixBus *self)
{
  if (lq_mix_has_new (self))
    lq_mix_plan (self);
  for (guint i = self->voices->len; i-- > 0;) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    const gboolean over = voice->leaving && lq_voice_over (voice);
    if (voice->mapped && !over)
      continue;
    self->unsorted = TRUE;
    if (over) {
      lq_voice_free (voice);
      g_ptr_array_remove_index (self->voices, i);
    } else {
      lq_mix_equip (self, voice);
    }
  }
  if (self->unsorted)
    g_ptr_array_sort (self->voices, lq_mix_compare);
}

void
lq_mix_drop_voices (GstAudioMixBus *self)
{
  for (guint i = self->voices->len; i-- > 0;) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    if (voice->leaving) {
      lq_voice_free (voice);
      g_ptr_array_remove_index (self->voices, i);
    } else {
      g_mutex_lock (&voice->pad->work);
      lq_voice_flush (voice);
      g_mutex_unlock (&voice->pad->work);
    }
  }
}

/* How long it could still be heard. */
static float
lq_mix_left_ms (GstAudioMixBus *self, const LqVoice *voice)
{
  const guint64 at = voice->at + 2 * LQ_HOP;

  return voice->covered > at ? (float)(voice->covered - at) * 1000.0f / (float)self->stream.rate
                             : 0.0f;
}

/* The pad has no voice any more; what it has of it sounds on, or fades out. */
void
lq_mix_leave_voice (GstAudioMixBus *self, GstAudioMixBusPad *pad, gboolean fade)
{
  LqVoice *voice = pad->voice;

  if (!voice)
    return;
  /* Other channels go on where these end. */
  if (fade)
    lq_voice_break (self, voice, MAX (voice->covered, voice->at));
  pad->voice = NULL;
  voice->leaving = TRUE;
  voice->fading = fade;
  self->unsorted = TRUE;
  if (fade && voice->joined)
    lq_fader_appear (&voice->channel.fader, false,
        MIN (voice->params.fader.fade_out_ms, lq_mix_left_ms (self, voice)));
}

/* A pad has been released: what it still has is heard while it fades. */
static void
lq_mix_leave (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  GstMiniObject *item;

  g_mutex_lock (&pad->work);
  while (pad->voice && (item = lq_mix_pad_peek (self, pad, 0, 0)) && !GST_IS_QUERY (item)) {
    if (GST_IS_BUFFER (item) && pad->has_caps && self->offset != LQ_NO_FRAME)
      lq_mix_pad_buffer (self, pad, gst_buffer_ref (GST_BUFFER_CAST (item)));
    else if (GST_IS_EVENT (item) && (GST_EVENT_TYPE (item) == GST_EVENT_CAPS ||
                                        GST_EVENT_TYPE (item) == GST_EVENT_SEGMENT))
      lq_mix_pad_follow (self, pad, GST_EVENT_CAST (item));
    lq_mix_pad_pop (pad);
  }
  lq_mix_pad_clear (pad);
  lq_mix_leave_voice (self, pad, TRUE);
  g_mutex_unlock (&pad->work);
}

/* The pads as they are now. */
void
lq_mix_refresh (GstAudioMixBus *self)
{
  GPtrArray *old;
  guint serial;

  g_mutex_lock (&self->lock);
  serial = self->pads_serial;
  g_mutex_unlock (&self->lock);
  if (serial == self->snapshot_serial)
    return;
  self->snapshot_serial = serial;
  old = self->snapshot;
  self->snapshot = lq_mix_pads (self);
  for (guint i = 0; i < old->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (old, i);
    if (!g_ptr_array_find (self->snapshot, pad, NULL))
      lq_mix_leave (self, pad);
  }
  g_ptr_array_unref (old);
}

/* The mix begins at self->offset. */
void
lq_mix_begin (GstAudioMixBus *self)
{
  const gdouble n = self->now.duration_n, d = self->now.duration_d;
  const guint64 frames =
      gst_util_uint64_scale ((guint64)self->stream.rate, (guint64)n, (guint64)d);

  self->block = (guint)CLAMP (frames, 1, G_MAXINT / 1024);
  self->error_block =
      ((guint64)self->stream.rate * (guint64)n - frames * (guint64)d) % (guint64)d;
  self->error = 0;
  self->end = LQ_NO_FRAME;
  self->generation = lq_params_generation (&self->params);
  lq_mix_follow_bus (self);
  lq_console_reset (&self->console, self->offset);
  lq_mix_begin_moves (self);
  if (self->quantized)
    lq_quantize_reset (&self->quantize);
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    g_mutex_lock (&voice->pad->work);
    voice->late = FALSE;
    voice->at = self->offset;
    g_mutex_unlock (&voice->pad->work);
  }
  lq_mix_begin_meters (self);
  self->base = self->woken = self->pace_frame = self->offset;
  self->pace_time = g_get_monotonic_time ();
  g_atomic_int_set (&self->reach, LQ_BLOCK);
}

/* Going out. */

/* Half an LSB of the format that cuts off what lies below one. */
static void
lq_mix_round (int32_t *words, guint n, gint depth)
{
  const int32_t half = depth < 32 ? (int32_t)1 << (31 - depth) : 0;

  for (guint i = 0; i < n; i++)
    words[i] = words[i] > G_MAXINT32 - half ? G_MAXINT32 : words[i] + half;
}

/* Frames first … first + frames − 1 of the block that was mixed last, of `size` frames. */
void
lq_mix_write (GstAudioMixBus *self, guint8 *out, guint size, guint first, guint frames)
{
  const guint channels = self->stream.channels;
  const guint place = lq_console_place (&self->console, self->console.z.now - size) + first;
  const float *planes[LQ_CHANNELS_MAX];
  double *wide = (double *)(gpointer)out;

  if (GST_AUDIO_INFO_FORMAT (&self->info) == GST_AUDIO_FORMAT_F64) {
    for (guint c = 0; c < channels; c++)
      for (guint i = 0; i < frames; i++)
        wide[(gsize)i * channels + c] = self->console.main[c][place + i];
    return;
  }
  for (guint c = 0; c < channels; c++) {
    lq_console_narrow (&self->console, c, place, self->out[c], frames);
    planes[c] = self->out[c];
  }
  if (!self->quantized) {
    lq_interleave (self->kernels, planes, (float *)(gpointer)out, channels, frames);
  } else if (self->straight) {
    lq_quantize_process (&self->quantize, planes, out, frames);
  } else {
    lq_quantize_process (&self->quantize, planes, self->words, frames);
    lq_mix_round (self->words, frames * channels, GST_AUDIO_INFO_DEPTH (&self->info));
    self->info.finfo->pack_func (self->info.finfo, GST_AUDIO_PACK_FLAG_TRUNCATE_RANGE,
        self->words, out, (gint)(frames * channels));
  }
}

/* Whatever nobody has run ahead, first those that others hear. */
static void
lq_mix_run_voices (GstAudioMixBus *self, guint64 until, guint depth)
{
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    if (voice->depth != depth)
      continue;
    if (__atomic_load_n (&voice->at, __ATOMIC_ACQUIRE) >= until)
      continue;
    g_mutex_lock (&voice->pad->work);
    lq_voice_run (self, voice, until);
    g_mutex_unlock (&voice->pad->work);
  }
}

/* The next block: *frames, at most LQ_BLOCK, becomes how many. FALSE: it is silent. lq_mix_pass
 * follows when it has been written. */
gboolean
lq_mix_block (GstAudioMixBus *self, guint *frames)
{
  const guint64 word = lq_fpu_enter ();
  gboolean heard;
  guint ahead;

  lq_response_exchange (&self->response);
  lq_mix_sort_voices (self);
  lq_mix_control (self);
  lq_mix_follow (self);
  *frames = MIN (*frames, ROOM - lq_console_place (&self->console, self->offset));
  *frames = (guint)MIN (*frames, lq_mix_period_left (self, self->offset));
  ahead = lq_mix_cut (self, frames);
  self->unsorted = FALSE;
  for (guint depth = 0; depth <= self->deepest; depth++)
    lq_mix_run_voices (self, self->offset + ahead, depth);
  g_mutex_lock (&self->sum);
  lq_console_look (&self->console, *frames);
  g_mutex_unlock (&self->sum);
  heard = lq_console_finish (&self->console, *frames);
  lq_fpu_leave (word);
  return heard;
}

/* That block is over: its place in the bus is free. */
void
lq_mix_pass (GstAudioMixBus *self, guint frames)
{
  self->offset += frames;
  g_mutex_lock (&self->sum);
  lq_console_clear (&self->console, frames);
  __atomic_store_n (&self->base, self->offset, __ATOMIC_RELEASE);
  g_mutex_unlock (&self->sum);
  lq_mix_passed (self);
}

/* The frame at which the output ends, when all inputs have ended at `last`. */
guint64
lq_mix_tail_end (GstAudioMixBus *self, guint64 last)
{
  guint64 end = last + self->latency;

  for (guint i = 0; i < self->voices->len; i++) {
    const LqVoice *voice = g_ptr_array_index (self->voices, i);
    g_mutex_lock (&voice->pad->work);
    if (voice->mapped && voice->joined)
      end = MAX (end, voice->covered + lq_channel_tail (&voice->channel));
    g_mutex_unlock (&voice->pad->work);
  }
  return end + lq_console_tail (&self->console) - self->latency;
}
