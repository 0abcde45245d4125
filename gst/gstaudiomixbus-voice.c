/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: what a pad sounds like.
 *
 *   pieces (buffers at their places) ─→ planes ─→ scrub ─→ channel ─→ its group or the bus
 *
 * A voice outlives its pad, and the channels it had before its caps changed, until what it holds
 * has been heard. */

#include "gstaudiomixbus-private.h"

#include <string.h>

#include "base/fpu.h"
#include "lqstream.h"
#include "primitives/interleave.h"
#include "primitives/scrub.h"

/* Pieces that are over before the list is shortened. */
#define PIECES_OVER 64

LqVoice *
lq_voice_new (GstAudioMixBusPad *pad, const GstAudioInfo *info)
{
  LqVoice *voice = g_new0 (LqVoice, 1);

  voice->pad = gst_object_ref (pad);
  voice->info = *info;
  voice->pieces = g_array_new (FALSE, FALSE, sizeof (LqPiece));
  voice->ends = voice->gap.at = LQ_NO_FRAME;
  voice->clean = G_MAXUINT64 / 2;
  lq_arena_init (&voice->arena);
  lq_channel_defaults (&voice->params);
  voice->open = TRUE;
  return voice;
}

LqPiece *
lq_voice_piece (const LqVoice *voice, guint n)
{
  return &g_array_index (voice->pieces, LqPiece, n);
}

void
lq_voice_drop (LqVoice *voice)
{
  for (guint i = voice->first; i < voice->pieces->len; i++)
    gst_clear_buffer (&lq_voice_piece (voice, i)->buffer);
  g_array_set_size (voice->pieces, 0);
  voice->first = 0;
  gst_clear_buffer (&voice->kept.buffer);
}

void
lq_voice_free (LqVoice *voice)
{
  lq_voice_drop (voice);
  lq_voice_clear_keys (voice);
  g_array_unref (voice->pieces);
  lq_arena_free (&voice->arena);
  gst_object_unref (voice->pad);
  g_free (voice);
}

/* Whether audio like this may follow what it has. */
gboolean
lq_voice_takes (const LqVoice *voice, const GstAudioInfo *info)
{
  const gint channels = GST_AUDIO_INFO_CHANNELS (info);

  return channels == GST_AUDIO_INFO_CHANNELS (&voice->info) &&
         memcmp (voice->info.position, info->position,
             (gsize)channels * sizeof info->position[0]) == 0;
}

void
lq_voice_add (LqVoice *voice, const LqPiece *piece)
{
  g_array_append_val (voice->pieces, *piece);
  if (voice->gap.at != LQ_NO_FRAME && voice->gap.back == LQ_NO_FRAME)
    voice->gap.back = MAX (piece->at, voice->gap.at);
}

/* What it holds is forgotten; it begins anew with what comes. */
void
lq_voice_flush (LqVoice *voice)
{
  lq_voice_drop (voice);
  voice->covered = 0;
  voice->ends = voice->gap.at = LQ_NO_FRAME;
  voice->joined = FALSE;
  voice->late = TRUE;
  if (voice->tap.ring)
    memset (voice->tap.ring, 0, (gsize)voice->tap.channels * voice->tap.size * sizeof (float));
}

/* The frame behind all that it holds. */
guint64
lq_voice_last (const LqVoice *voice)
{
  return voice->covered;
}

/* Setting up. */

/* What GStreamer's converter makes of each channel: map[out × channels in + in]. */
void
lq_voice_map (const GstAudioInfo *in, const GstAudioInfo *out, gdouble *map)
{
  const gint from = GST_AUDIO_INFO_CHANNELS (in), to = GST_AUDIO_INFO_CHANNELS (out);
  gdouble unit[LQ_MIX_CHANNELS * LQ_MIX_CHANNELS] = { 0 }, *result;
  GstAudioConverter *converter = NULL;
  GstAudioInfo a, b;

  for (gint i = 0; i < from * to; i++)
    map[i] = i / from == i % from;
  if (from == to &&
      memcmp (in->position, out->position, (gsize)from * sizeof in->position[0]) == 0)
    return;
  gst_audio_info_set_format (
      &a, GST_AUDIO_FORMAT_F64, GST_AUDIO_INFO_RATE (in), from, in->position);
  gst_audio_info_set_format (
      &b, GST_AUDIO_FORMAT_F64, GST_AUDIO_INFO_RATE (in), to, out->position);
  /* Of 64 channels GStreamer 1.22's mixer crashes: those go straight. */
  if (to < 64)
    converter = gst_audio_converter_new (0, &a, &b, NULL);
  if (!converter)
    return;
  for (gint i = 0; i < from; i++)
    unit[i * from + i] = 1.0;
  result = g_new0 (gdouble, (gsize)from * (gsize)to);
  if (gst_audio_converter_samples (
          converter, 0, (gpointer[]){ unit }, (gsize)from, (gpointer[]){ result }, (gsize)from))
    for (gint i = 0; i < from; i++)
      for (gint o = 0; o < to; o++)
        map[o * from + i] = result[i * to + o];
  g_free (result);
  gst_audio_converter_free (converter);
}

static gboolean
lq_voice_alloc (LqVoice *voice)
{
  const gsize channels = (gsize)GST_AUDIO_INFO_CHANNELS (&voice->info);
  float *memory = lq_arena_alloc (&voice->arena, channels * LQ_BLOCK * sizeof (float));

  voice->unpacked = lq_arena_alloc (&voice->arena, channels * LQ_BLOCK * sizeof (gdouble));
  for (gsize c = 0; memory && c < channels; c++)
    voice->planes[c] = memory + c * LQ_BLOCK;
  return memory && voice->unpacked;
}

/* For the bus as it is. FALSE: no memory. */
gboolean
lq_voice_prepare (GstAudioMixBus *self, LqVoice *voice)
{
  gdouble map[LQ_CHANNELS_MAX * LQ_MIX_CHANNELS];
  struct lq_fader_bus bus = { .channels = self->stream.channels,
    .pair = self->console.pair,
    .left = self->console.left,
    .right = self->console.right,
    .map = map };
  const guint left = self->latency - MIN (self->latency, voice->need);
  struct lq_channel_times times = { .latency = self->latency };
  lq_stream stream;

  /* What is heard by a key comes as soon as it can; others keep room for what may be switched on. */
  times.wait = MIN (voice->wait, left);
  times.room = voice->heard ? self->latency - left : self->latency - times.wait;
  memset (&voice->tap, 0, sizeof voice->tap);
  memset (&voice->gap, 0, sizeof voice->gap);
  voice->gap.at = LQ_NO_FRAME;
  lq_arena_free (&voice->arena);
  lq_stream_describe (&voice->info, &voice->info, &stream);
  lq_voice_map (&voice->info, &self->info, map);
  voice->mapped = lq_voice_alloc (voice) && lq_channel_prepare (&voice->channel, &stream,
                                                &voice->params, &bus, &times, &voice->arena);
  voice->generation = voice->follows = lq_params_generation (&voice->pad->params) - 1;
  voice->texts = lq_params_texts (&voice->pad->params) - 1;
  voice->joined = FALSE;
  voice->at = self->offset;
  lq_voice_meter (self, voice);
  return voice->mapped;
}

/* Samples. */

/* The samples of a piece from frame `from` of its buffer on, to planes; TRUE: some are bad. */
static gboolean
lq_voice_unpack (const GstAudioMixBus *self, const LqVoice *voice, const LqPiece *piece,
    const guint8 *data, float *const *planes, guint frames)
{
  const GstAudioFormatInfo *format = piece->format;
  const guint channels = (guint)GST_AUDIO_INFO_CHANNELS (&voice->info);
  const guint samples = frames * channels;
  const gdouble *wide = voice->unpacked;
  const gint32 *whole = voice->unpacked;
  float *flat = (float *)voice->unpacked;

  if (format->format == GST_AUDIO_FORMAT_F32)
    return lq_deinterleave (
        self->kernels, (const float *)(gconstpointer)data, planes, channels, frames);
  format->unpack_func (format, GST_AUDIO_PACK_FLAG_TRUNCATE_RANGE, voice->unpacked,
      (gpointer)data, (gint)samples);
  /* In place: a float is no longer than what it is made of. */
  if (format->unpack_format == GST_AUDIO_FORMAT_F64)
    for (guint i = 0; i < samples; i++)
      flat[i] = (float)wide[i];
  else
    for (guint i = 0; i < samples; i++)
      flat[i] = (float)whole[i] * 0x1p-31f;
  return lq_deinterleave (self->kernels, flat, planes, channels, frames);
}

/* Counts what wasn't audio, and says so once a burst. */
static void
lq_voice_count_bad (GstAudioMixBus *self, LqVoice *voice, guint64 bad, guint frames)
{
  GstAudioMixBusPad *pad = voice->pad;
  const gboolean burst = bad && voice->clean >= (guint64)self->stream.rate;

  voice->clean = bad ? 0 : voice->clean + frames;
  if (!bad)
    return;
  pad->bad_samples += bad;
  lq_params_put_uint64 (&pad->params, "bad-samples", pad->bad_samples);
  /* Pads run at the same time. */
  lq_params_put_uint64 (&self->params, "bad-samples",
      __atomic_add_fetch (&self->bad_samples, bad, __ATOMIC_RELAXED));
  if (burst)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("%s holds samples that aren't audio (NaN, infinite or above 1e6): NaN and infinity "
         "were set to 0, the others clamped.",
            GST_OBJECT_NAME (pad)),
        (NULL));
}

/* One piece's share of a block that begins at the frame `from`; TRUE: some samples are bad. */
gboolean
lq_voice_copy (
    GstAudioMixBus *self, LqVoice *voice, const LqPiece *piece, guint64 from, guint frames)
{
  const guint64 begin = MAX (piece->at, from);
  const guint64 end = MIN (piece->at + piece->frames, from + frames);
  float *planes[LQ_MIX_CHANNELS];
  gboolean bad = FALSE;
  GstMapInfo map;
  gsize bpf;

  if (!piece->buffer || end <= begin || !gst_buffer_map (piece->buffer, &map, GST_MAP_READ))
    return FALSE;
  for (gint c = 0; c < GST_AUDIO_INFO_CHANNELS (&voice->info); c++)
    planes[c] = voice->planes[c] + (begin - from);
  bpf = (gsize)piece->format->width / 8 * (gsize)GST_AUDIO_INFO_CHANNELS (&voice->info);
  bad = lq_voice_unpack (self, voice, piece,
      map.data + (piece->skip + (begin - piece->at)) * bpf, planes, (guint)(end - begin));
  gst_buffer_unmap (piece->buffer, &map);
  return bad;
}

static void
lq_voice_shorten (LqVoice *voice)
{
  if (voice->first == voice->pieces->len)
    g_array_set_size (voice->pieces, 0);
  else if (voice->first >= PIECES_OVER)
    g_array_remove_range (voice->pieces, 0, voice->first);
  else
    return;
  voice->first = 0;
}

/* Whether all of [from, from + frames) comes from pieces. */
static gboolean
lq_voice_dense (const LqVoice *voice, guint64 from, guint frames)
{
  guint64 at = from;

  for (guint i = voice->first; i < voice->pieces->len && at < from + frames; i++) {
    const LqPiece *piece = lq_voice_piece (voice, i);
    if (piece->at > at || !piece->buffer)
      return FALSE;
    at = piece->at + piece->frames;
  }
  return at >= from + frames;
}

/* The first piece is over: it stays until the next one is, in case that never comes. */
static void
lq_voice_keep (LqVoice *voice, LqPiece *piece)
{
  gst_clear_buffer (&voice->kept.buffer);
  voice->kept = *piece;
  piece->buffer = NULL;
  voice->first++;
}

/* A block of what the pad brought, silence where it brought nothing. */
static void
lq_voice_read (GstAudioMixBus *self, LqVoice *voice, guint64 from, guint frames)
{
  const guint channels = (guint)GST_AUDIO_INFO_CHANNELS (&voice->info);
  gboolean bad = FALSE;

  if (!lq_voice_dense (voice, from, frames))
    for (guint c = 0; c < channels; c++)
      memset (voice->planes[c], 0, frames * sizeof (float));
  for (guint i = voice->first; i < voice->pieces->len; i++) {
    LqPiece *piece = lq_voice_piece (voice, i);
    if (piece->at >= from + frames)
      break;
    bad = lq_voice_copy (self, voice, piece, from, frames) || bad;
    if (piece->at + piece->frames > from + frames)
      break;
    lq_voice_keep (voice, piece);
  }
  lq_voice_shorten (voice);
  lq_voice_count_bad (
      self, voice, bad ? lq_scrub (self->kernels, voice->planes, channels, frames) : 0, frames);
  if (voice->gap.at != LQ_NO_FRAME)
    lq_voice_patch (voice, from, frames);
}

/* Running. */

/* The first frame that it brings, or LQ_NO_FRAME. */
static guint64
lq_voice_begins (const LqVoice *voice)
{
  return voice->first < voice->pieces->len ? lq_voice_piece (voice, voice->first)->at
                                           : LQ_NO_FRAME;
}

/* Nothing of a voice that leaves will be heard any more. */
gboolean
lq_voice_over (const LqVoice *voice)
{
  if (!voice->joined)
    return voice->fading || lq_voice_begins (voice) == LQ_NO_FRAME;
  return lq_fader_gone (&voice->channel.fader) || voice->ends <= voice->at;
}

/* From silence, at the frame `from`. */
static void
lq_voice_join (GstAudioMixBus *self, LqVoice *voice, guint64 from)
{
  const gboolean fades = voice->late && voice->present;

  if (lq_voice_moves (voice))
    lq_voice_preroll (self, voice, from, voice->present && !fades);
  else
    lq_channel_reset (&voice->channel, voice->present && !fades, (guint)(from % LQ_HOP));
  if (fades)
    lq_fader_appear (&voice->channel.fader, true, voice->params.fader.fade_in_ms);
  voice->joined = TRUE;
  voice->ends = LQ_NO_FRAME;
}

/* Where it ends, if nothing comes any more. */
static void
lq_voice_see_end (LqVoice *voice)
{
  const gboolean over = voice->leaving || voice->pad->eos;

  if (!over)
    voice->ends = LQ_NO_FRAME;
  else if (voice->ends == LQ_NO_FRAME)
    voice->ends = voice->covered + (voice->gap.at == LQ_NO_FRAME ? 0 : voice->gap.tail) +
                  lq_channel_tail (&voice->channel);
}

/* Frames of it, at most LQ_BLOCK, in one piece of the bus's rings. */
static void
lq_voice_sound (GstAudioMixBus *self, LqVoice *voice, guint frames)
{
  const guint64 from = voice->at;
  struct lq_keys keys;
  struct lq_mix mix;

  lq_voice_read (self, voice, from, frames);
  if (voice->depth)
    lq_voice_hear (self, voice, from, frames, &keys);
  lq_channel_process (&voice->channel, voice->planes, frames, voice->depth ? &keys : NULL);
  if (voice->tap.ring)
    lq_tap_write (&voice->tap, from, voice->planes, frames);
  lq_channel_place (&voice->channel, voice->planes, frames, voice->depth ? &keys : NULL);
  mix = lq_console_mix (&self->console, voice->group);
  g_mutex_lock (&self->sum);
  lq_channel_mix (
      &voice->channel, voice->planes, frames, &mix, lq_console_place (&self->console, from));
  g_mutex_unlock (&self->sum);
}

/* Frames that it sounds in, from where it is on, of a block of `frames`. */
static guint
lq_voice_sounds (GstAudioMixBus *self, LqVoice *voice, guint frames)
{
  const guint64 from = voice->at;

  if (!voice->joined)
    lq_voice_join (self, voice, from);
  lq_voice_see_end (voice);
  frames = voice->ends <= from ? 0 : (guint)MIN (frames, voice->ends - from);
  if (frames == 0) {
    voice->joined = FALSE;
    voice->late = TRUE;
  }
  return frames;
}

/* At most so many frames; returns how many it has gone on by. It fades in from its first frame on,
 * wherever the block began. */
static guint
lq_voice_step (GstAudioMixBus *self, LqVoice *voice, guint frames)
{
  const guint64 from = voice->at, begins = voice->joined ? from : lq_voice_begins (voice);
  guint sound = 0;

  if (begins > from)
    frames = (guint)MIN (begins - from, frames);
  else
    sound = lq_voice_sounds (self, voice, frames);
  if (sound > 0) {
    lq_voice_sound (self, voice, sound);
    return sound;
  }
  if (voice->tap.ring)
    lq_tap_write (&voice->tap, from, NULL, frames);
  lq_channel_rest (&voice->channel, frames);
  return frames;
}

/* Frames that need no more than gains, from one buffer, up to the frame `until`: they go straight from it
 * to the bus. Returns how many; 0 where it is not so simple. Whatever else wants to see a voice's
 * samples has to make it so. */
static guint
lq_voice_pass (GstAudioMixBus *self, LqVoice *voice, guint64 until)
{
  LqPiece *piece =
      voice->first < voice->pieces->len ? lq_voice_piece (voice, voice->first) : NULL;
  const guint place = lq_console_place (&self->console, voice->at);
  const float *x;
  struct lq_mix mix;
  GstMapInfo map;
  guint n;

  if (!voice->joined || !piece || !piece->buffer || piece->at > voice->at || voice->depth ||
      voice->tap.ring || voice->gap.at != LQ_NO_FRAME ||
      piece->format->format != GST_AUDIO_FORMAT_F32 || !lq_channel_plain (&voice->channel))
    return 0;
  n = (guint)MIN (MIN (piece->at + piece->frames, until) - voice->at, LQ_FADER_PLAIN);
  n = (guint)MIN (n, lq_mix_period_left (self, voice->at));
  n = MIN (n, self->console.room - place);
  if (!gst_buffer_map (piece->buffer, &map, GST_MAP_READ))
    return 0;
  lq_voice_see_end (voice);
  x = (const float *)(gpointer)map.data + (piece->skip + (voice->at - piece->at)) * 2;
  mix = lq_console_mix (&self->console, voice->group);
  g_mutex_lock (&self->sum);
  n = lq_channel_add_plain (&voice->channel, x, n, &mix, place);
  g_mutex_unlock (&self->sum);
  gst_buffer_unmap (piece->buffer, &map);
  lq_voice_count_bad (self, voice, 0, n);
  if (voice->at + n == piece->at + piece->frames) {
    lq_voice_keep (voice, piece);
    lq_voice_shorten (voice);
  }
  return n;
}

/* Adds all of it up to the frame `until`, for which the bus has room. Under work. */
void
lq_voice_run (GstAudioMixBus *self, LqVoice *voice, guint64 until)
{
  const gboolean moves = voice->at < until && lq_voice_moves (voice);
  const guint64 word = lq_fpu_enter ();
  guint64 limit;
  guint n;

  for (; voice->at < until; __atomic_store_n (&voice->at, voice->at + n, __ATOMIC_RELEASE)) {
    limit = moves ? voice->at + lq_voice_follow (self, voice, until - voice->at) : until;
    n = lq_voice_pass (self, voice, limit);
    if (n == 0) {
      n = (guint)MIN (limit - voice->at, LQ_BLOCK);
      n = MIN (n, self->console.room - lq_console_place (&self->console, voice->at));
      n = (guint)MIN (n, lq_mix_period_left (self, voice->at));
      n = lq_voice_step (self, voice, n);
    }
    lq_voice_note (self, voice, voice->at + n);
  }
  lq_fpu_leave (word);
}
