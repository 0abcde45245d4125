/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: audio that breaks off, since it isn't there in time, its pad has gone or was flushed,
 * or has other channels now; and that comes back. */

#include "gstaudiomixbus-private.h"

#include <string.h>

#include "primitives/patch.h"

/* A prediction isn't trusted for longer. */
#define TAIL_MAX_MS 10.0
#define SHORTEST_MS 2.0

static guint
lq_voice_frames (const LqVoice *voice, gdouble ms)
{
  return (guint)(ms * GST_AUDIO_INFO_RATE (&voice->info) / 1000.0 + 0.5);
}

/* The frame from which on pieces, up to `at`, follow one another without a gap. */
static guint64
lq_voice_since (const LqVoice *voice, guint64 at)
{
  guint64 since = at;

  for (guint i = voice->pieces->len; i-- > voice->first;) {
    const LqPiece *piece = lq_voice_piece (voice, i);
    if (piece->at >= since)
      continue;
    if (!piece->buffer || piece->at + piece->frames < since)
      return since;
    since = piece->at;
  }
  if (voice->kept.buffer && voice->kept.at < since &&
      voice->kept.at + voice->kept.frames >= since)
    since = voice->kept.at;
  return since;
}

/* The last frames before `at` come to voice->planes: how many there are, LQ_BLOCK at most. */
static guint
lq_voice_remember (GstAudioMixBus *self, LqVoice *voice, guint64 at)
{
  const guint known = (guint)MIN (at - lq_voice_since (voice, at), LQ_BLOCK);
  gboolean bad = lq_voice_copy (self, voice, &voice->kept, at - known, known);

  for (guint i = voice->first; i < voice->pieces->len; i++)
    bad = lq_voice_copy (self, voice, lq_voice_piece (voice, i), at - known, known) || bad;
  return bad ? 0 : known;
}

/* What will sound behind the frame `at`; FALSE: nothing, or no memory. */
static gboolean
lq_voice_predict (GstAudioMixBus *self, LqVoice *voice, guint64 at)
{
  const guint known = lq_voice_remember (self, voice, at);
  LqBreak *gap = &voice->gap;

  for (gint c = 0; c < GST_AUDIO_INFO_CHANNELS (&voice->info) && known; c++) {
    if (!gap->after[c])
      gap->after[c] =
          lq_arena_alloc (&voice->arena, lq_voice_frames (voice, TAIL_MAX_MS) * sizeof (float));
    if (!gap->after[c])
      return FALSE;
    lq_patch_tail (voice->planes[c], known, gap->after[c], gap->tail);
  }
  return known > 0;
}

/* Nothing comes any more from the frame `at` on, for now. Under work. FALSE: that was known, or it was
 * silent. */
gboolean
lq_voice_break (GstAudioMixBus *self, LqVoice *voice, guint64 at)
{
  LqBreak *gap = &voice->gap;
  const gdouble out = voice->params.fader.fade_out_ms, in = voice->params.fader.fade_in_ms;

  if (!voice->mapped || !voice->joined || (gap->at != LQ_NO_FRAME && gap->back == LQ_NO_FRAME))
    return FALSE;
  gap->tail = lq_voice_frames (voice, CLAMP (out, SHORTEST_MS, TAIL_MAX_MS));
  gap->rise = lq_voice_frames (voice, MAX (in, SHORTEST_MS));
  gap->sounds = lq_voice_predict (self, voice, at);
  gap->at = at;
  gap->back = LQ_NO_FRAME;
  return TRUE;
}

/* A block of planes that begins at the frame `from`. */
void
lq_voice_patch (LqVoice *voice, guint64 from, guint frames)
{
  LqBreak *gap = &voice->gap;
  const guint64 end = from + frames, tail = MAX (from, gap->at), rise = MAX (from, gap->back);

  for (gint c = 0; c < GST_AUDIO_INFO_CHANNELS (&voice->info); c++) {
    float *plane = voice->planes[c];
    if (gap->back != LQ_NO_FRAME && rise < end && rise - gap->back < gap->rise)
      lq_patch_rise (
          gap->rise, (guint)(rise - gap->back), plane + (rise - from), (guint)(end - rise));
    for (guint64 at = tail; gap->sounds && at < MIN (end, gap->at + gap->tail); at++)
      plane[at - from] += gap->after[c][at - gap->at];
  }
  if (gap->back != LQ_NO_FRAME && end >= gap->back + gap->rise && end >= gap->at + gap->tail)
    gap->at = LQ_NO_FRAME;
}

/* Its pad was flushed: what it holds goes, what was heard of it ends without a click. Under work. */
void
lq_voice_cut (GstAudioMixBus *self, LqVoice *voice)
{
  lq_voice_break (self, voice, voice->at);
  lq_voice_drop (voice);
  voice->covered = 0;
  voice->ends = LQ_NO_FRAME;
  voice->late = TRUE;
}

/* The deadline of the frames before `until` has passed: who hasn't brought them fades out. */
void
lq_mix_miss (GstAudioMixBus *self, guint64 until, GstFlowReturn *flow)
{
  const gint how = lq_params_get_int (&self->params, "missing-input");

  for (guint i = 0; i < self->snapshot->len && *flow == GST_FLOW_OK; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    gboolean missing;
    g_mutex_lock (&pad->work);
    missing = pad->voice && !lq_mix_pad_idle (self, pad) && pad->voice->covered < until &&
              lq_voice_break (self, pad->voice, MAX (pad->voice->covered, pad->voice->at));
    g_mutex_unlock (&pad->work);
    if (!missing || how == LQ_MISSING_SILENCE)
      continue;
    if (how == LQ_MISSING_WARN) {
      GST_ELEMENT_WARNING (self, STREAM, FAILED,
          ("%s brought no data in time: it fades out, and in when it is back.",
              GST_OBJECT_NAME (pad)),
          (NULL));
      continue;
    }
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("%s brought no data in time, and missing-input=error.", GST_OBJECT_NAME (pad)),
        (NULL));
    *flow = GST_FLOW_ERROR;
  }
}
