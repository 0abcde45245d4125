/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: keys, by which a pad's gate, compressor or ducking listens to others.
 *
 *   name ─→ pad, label or group ─→ voices ─→ their taps, behind the tracks, each as late as makes
 *   it simultaneous with what looks at it ─→ planes
 *
 * Who hears and who is heard is run by the mixing thread alone, in the order of depth. */

#include "gstaudiomixbus-private.h"

#include <string.h>

#include "lqorc.h"
#include "lqstream.h"

static const gchar *const key_names[LQ_KEYS] = { "gate-key", "comp-key", "duck-key" };

void
lq_voice_clear_keys (LqVoice *voice)
{
  for (guint k = 0; k < LQ_KEYS; k++) {
    voice->key[k].named = FALSE;
    g_clear_pointer (&voice->key[k].sources, g_array_unref);
  }
}

/* Names. */

static GstAudioMixBusPad *
lq_mix_pad_named (GstAudioMixBus *self, const gchar *name)
{
  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    if (g_strcmp0 (GST_OBJECT_NAME (pad), name) == 0)
      return pad;
  }
  return NULL;
}

static GstAudioMixBusPad *
lq_mix_pad_labelled (GstAudioMixBus *self, const gchar *name)
{
  GstAudioMixBusPad *found = NULL;

  for (guint i = 0; i < self->snapshot->len && !found; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    gchar *label = lq_params_dup_string (&pad->params, "label");
    if (g_strcmp0 (label, name) == 0)
      found = pad;
    g_free (label);
  }
  return found;
}

/* The voices of a name, in pad order; NULL: nobody bears it. */
static GPtrArray *
lq_mix_voices_named (GstAudioMixBus *self, const gchar *name)
{
  GstAudioMixBusPad *pad = lq_mix_pad_named (self, name);
  GPtrArray *voices = g_ptr_array_new ();
  guint group;

  pad = pad ? pad : lq_mix_pad_labelled (self, name);
  if (pad) {
    if (pad->voice)
      g_ptr_array_add (voices, pad->voice);
    return voices;
  }
  group = lq_mix_group_named (self, name);
  if (group == LQ_NO_GROUP) {
    g_ptr_array_unref (voices);
    return NULL;
  }
  for (guint i = 0; i < self->snapshot->len; i++) {
    pad = g_ptr_array_index (self->snapshot, i);
    if (pad->voice && pad->voice->group == group)
      g_ptr_array_add (voices, pad->voice);
  }
  return voices;
}

/* Whether `voice` hears `other`, straight or through others; each is asked once. */
static gboolean
lq_voice_asks (LqVoice *voice, const LqVoice *other)
{
  gboolean hears = voice == other;

  if (voice->asked)
    return FALSE;
  voice->asked = TRUE;
  for (guint k = 0; k < LQ_KEYS; k++)
    for (guint i = 0; voice->key[k].sources && i < voice->key[k].sources->len && !hears; i++)
      hears =
          lq_voice_asks (g_array_index (voice->key[k].sources, LqKeySource, i).voice, other);
  return hears;
}

static gboolean
lq_mix_hears (GstAudioMixBus *self, LqVoice *voice, const LqVoice *other)
{
  for (guint i = 0; i < self->voices->len; i++)
    ((LqVoice *)g_ptr_array_index (self->voices, i))->asked = FALSE;
  return lq_voice_asks (voice, other);
}

/* Said once for a name. */
static void
lq_mix_warn_key (
    GstAudioMixBus *self, GstAudioMixBusPad *pad, guint k, const gchar *name, gboolean circle)
{
  if (g_strcmp0 (pad->bad_key[k], name) == 0)
    return;
  g_free (pad->bad_key[k]);
  pad->bad_key[k] = g_strdup (name);
  if (!name)
    return;
  if (circle)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("%s: %s=%s closes a circle of keys: it hears silence instead.", GST_OBJECT_NAME (pad),
            key_names[k], name),
        (NULL));
  else
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("%s: %s=%s: no pad, label or group has this name: it hears silence.",
            GST_OBJECT_NAME (pad), key_names[k], name),
        (NULL));
}

/* What one key of a voice hears; of circles the key that closes them hears nothing, which is that of
 * the latest of their pads, since keys are found in the order of pads. */
static void
lq_mix_find_key (GstAudioMixBus *self, LqVoice *voice, guint k)
{
  LqVoiceKey *key = &voice->key[k];
  gchar *name = lq_params_dup_string (&voice->pad->params, key_names[k]);
  const gboolean named = name && *name;
  GPtrArray *voices = named ? lq_mix_voices_named (self, name) : NULL;
  gboolean circle = FALSE;

  for (guint i = 0; voices && i < voices->len; i++)
    circle = circle || lq_mix_hears (self, g_ptr_array_index (voices, i), voice);
  key->named = named;
  if (voices && !circle && voices->len)
    key->sources = g_array_new (FALSE, TRUE, sizeof (LqKeySource));
  for (guint i = 0; key->sources && i < voices->len; i++) {
    const LqKeySource source = { .voice = g_ptr_array_index (voices, i) };
    g_array_append_val (key->sources, source);
  }
  lq_mix_warn_key (self, voice->pad, k, named && (!voices || circle) ? name : NULL, circle);
  if (voices)
    g_ptr_array_unref (voices);
  g_free (name);
}

/* Calls with each voice that a key of `voice` hears. */
static void
lq_voice_each_source (LqVoice *voice, void (*call) (LqVoice *, guint, LqKeySource *))
{
  for (guint k = 0; k < LQ_KEYS; k++)
    for (guint i = 0; voice->key[k].sources && i < voice->key[k].sources->len; i++)
      call (voice, k, &g_array_index (voice->key[k].sources, LqKeySource, i));
}

static void
lq_voice_mark_heard (LqVoice *voice, guint k, LqKeySource *source)
{
  source->voice->heard = TRUE;
}

static void
lq_voice_deepen (LqVoice *voice, guint k, LqKeySource *source)
{
  voice->depth = MAX (voice->depth, source->voice->depth + 1);
}

/* Circles there are none: after as many rounds as there are voices nothing moves any more. */
static void
lq_mix_find_depths (GstAudioMixBus *self)
{
  guint before;

  self->deepest = 0;
  do {
    before = self->deepest;
    for (guint i = 0; i < self->voices->len; i++) {
      LqVoice *voice = g_ptr_array_index (self->voices, i);
      for (guint k = 0; k < LQ_KEYS; k++)
        voice->depth = MAX (voice->depth, (guint)voice->key[k].named);
      lq_voice_each_source (voice, lq_voice_deepen);
      self->deepest = MAX (self->deepest, voice->depth);
    }
  } while (self->deepest != before);
}

/* Who hears whom. Nobody runs ahead meanwhile that does. */
static void
lq_mix_find_keys (GstAudioMixBus *self)
{
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    lq_voice_clear_keys (voice);
    voice->heard = FALSE;
    voice->depth = 0;
  }
  for (guint i = 0; i < self->snapshot->len; i++) {
    const GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    for (guint k = 0; k < LQ_KEYS && pad->voice; k++)
      lq_mix_find_key (self, pad->voice, k);
  }
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    for (guint k = 0; k < LQ_KEYS && voice->leaving; k++)
      lq_mix_find_key (self, voice, k);
  }
  for (guint i = 0; i < self->voices->len; i++)
    lq_voice_each_source (g_ptr_array_index (self->voices, i), lq_voice_mark_heard);
  lq_mix_find_depths (self);
}

/* Times. */

/* So that what it hears isn't behind what it acts on. */
static void
lq_voice_wait_for (LqVoice *voice, guint k, LqKeySource *source)
{
  const guint late = source->voice->wait + source->voice->need;
  const guint gate = voice->params.track.gate.enabled
                         ? (guint)(voice->params.track.gate.lookahead_ms *
                                       GST_AUDIO_INFO_RATE (&voice->info) / 1000.0 +
                                   0.5)
                         : 0;
  const guint own = k == LQ_KEY_COMP ? gate : 0;

  if (k != LQ_KEY_DUCK && late > own)
    voice->wait = MAX (voice->wait, late - own);
}

/* Before voices get channels: what these take of the latency. */
void
lq_mix_plan (GstAudioMixBus *self)
{
  lq_mix_close (self);
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    lq_stream stream;
    if (voice->mapped)
      continue;
    lq_voice_fill_at_start (self, voice);
    lq_stream_describe (&voice->info, &voice->info, &stream);
    voice->need = lq_channel_need (&stream, &voice->params);
    voice->need = voice->need == UINT32_MAX ? 0 : voice->need;
    voice->wait = 0;
    lq_mix_find_group (self, voice);
  }
  lq_mix_find_keys (self);
  for (guint depth = 1; depth <= self->deepest; depth++)
    for (guint i = 0; i < self->voices->len; i++) {
      LqVoice *voice = g_ptr_array_index (self->voices, i);
      if (!voice->mapped && voice->depth == depth)
        lq_voice_each_source (voice, lq_voice_wait_for);
    }
}

static void
lq_voice_tie (LqVoice *voice, guint k, LqKeySource *source)
{
  const guint heard = lq_channel_heard_late (&voice->channel, k);
  const guint late = lq_channel_late (&source->voice->channel);
  const gint from = GST_AUDIO_INFO_CHANNELS (&source->voice->info);
  gdouble map[LQ_MIX_CHANNELS * LQ_MIX_CHANNELS];

  source->lag = heard > late ? heard - late : 0;
  if (k == LQ_KEY_DUCK) {
    for (gint i = 0; i < from * from; i++)
      source->map[i] = i / from == i % from;
    return;
  }
  lq_voice_map (&source->voice->info, &voice->info, map);
  for (gint i = 0; i < from * GST_AUDIO_INFO_CHANNELS (&voice->info); i++)
    source->map[i] = (gfloat)map[i];
}

/* A tap for what is heard; FALSE: no memory. */
static gboolean
lq_voice_open_tap (GstAudioMixBus *self, LqVoice *voice)
{
  return voice->tap.ring ||
         lq_tap_prepare (&voice->tap, (guint)GST_AUDIO_INFO_CHANNELS (&voice->info),
             self->latency, &voice->arena);
}

static gboolean
lq_mix_any_key (GstAudioMixBus *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->voices->len; i++)
    for (guint k = 0; k < LQ_KEYS && !any; k++) {
      const LqVoice *voice = g_ptr_array_index (self->voices, i);
      gchar *name = lq_params_dup_string (&voice->pad->params, key_names[k]);
      any = name && *name;
      g_free (name);
    }
  return any;
}

/* All voices have channels, and settings moved: who hears whom now. */
void
lq_mix_tie (GstAudioMixBus *self)
{
  /* Where nobody hears anybody, and nobody did, nobody has to be stopped. */
  if (self->deepest == 0 && !lq_mix_any_key (self))
    return;
  lq_mix_close (self);
  lq_mix_find_keys (self);
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    if (voice->heard && !lq_voice_open_tap (self, voice))
      GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
          ("Not enough memory for %s.", GST_OBJECT_NAME (voice->pad)), (NULL));
    lq_voice_each_source (voice, lq_voice_tie);
  }
}

/* Hearing. */

static void
lq_voice_hear_source (
    const LqKeySource *source, float *const *planes, guint planes_n, guint64 from, guint frames)
{
  const lq_tap *tap = &source->voice->tap;

  for (guint o = 0; o < planes_n && tap->ring; o++)
    for (guint i = 0; i < tap->channels; i++) {
      const gfloat gain = source->map[o * tap->channels + i];
      if (gain != 0.0f && from >= source->lag)
        lq_tap_add (tap, i, from - source->lag, gain, planes[o], frames);
    }
}

/* What a voice's keys hear, a block from the frame `from` on. */
void
lq_voice_hear (GstAudioMixBus *self, const LqVoice *voice, guint64 from, guint frames,
    struct lq_keys *keys)
{
  const guint channels = (guint)GST_AUDIO_INFO_CHANNELS (&voice->info);

  memset (keys, 0, sizeof *keys);
  for (guint k = 0; k < LQ_KEYS; k++) {
    const LqVoiceKey *key = &voice->key[k];
    if (!key->named)
      continue;
    keys->plane[k] = (const float *const *)self->keys[k];
    for (guint c = 0; c < LQ_MIX_CHANNELS; c++)
      memset (self->keys[k][c], 0, frames * sizeof (float));
    for (guint i = 0; key->sources && i < key->sources->len; i++) {
      const LqKeySource *source = &g_array_index (key->sources, LqKeySource, i);
      const guint planes = k == LQ_KEY_DUCK ? source->voice->tap.channels : channels;
      lq_voice_hear_source (source, self->keys[k], planes, from, frames);
      if (k == LQ_KEY_DUCK)
        keys->duck_channels = MAX (keys->duck_channels, planes);
    }
  }
}
