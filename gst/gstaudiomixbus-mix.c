/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: from voices to what goes out.
 *
 *   blocks of at most LQ_BLOCK frames: settings → voices, by number → console → format */

#include "gstaudiomixbus-private.h"

#include <math.h>
#include <string.h>

#include "base/fpu.h"
#include "base/mathx.h"
#include "lqstream.h"
#include "primitives/interleave.h"

#define NO_GROUP UINT32_MAX

/* Setting up. */

static gboolean
lq_mix_alloc (GstAudioMixBus *self)
{
  float *memory = lq_arena_alloc (&self->arena,
      (LQ_MIX_CHANNELS + (gsize)self->stream.channels) * LQ_BLOCK * sizeof (float));

  self->unpacked =
      lq_arena_alloc (&self->arena, (gsize)LQ_BLOCK * LQ_MIX_CHANNELS * sizeof (gdouble));
  self->words = lq_arena_alloc (
      &self->arena, (gsize)LQ_BLOCK * self->stream.channels * sizeof *self->words);
  if (!memory || !self->unpacked || !self->words)
    return FALSE;
  for (guint c = 0; c < LQ_MIX_CHANNELS; c++)
    self->planes[c] = memory + (gsize)c * LQ_BLOCK;
  for (guint c = 0; c < self->stream.channels; c++)
    self->out[c] = memory + (gsize)(LQ_MIX_CHANNELS + c) * LQ_BLOCK;
  return TRUE;
}

/* What the look-ahead of pads needs, at least the reserve: the latency of all. */
static guint
lq_mix_find_latency (GstAudioMixBus *self)
{
  guint need = (guint)ceil (self->console_params.master.reserve_ms * self->stream.rate / 1000.0);

  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    guint frames;
    lq_stream stream;
    lq_params_fill (&voice->pad->params, LQ_GROUP_CHAIN, &voice->params);
    lq_stream_describe (&voice->info, &voice->info, &stream);
    frames = lq_channel_need (&stream, &voice->params);
    if (frames != UINT32_MAX)
      need = MAX (need, frames);
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
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

/* A console for the channels that go out. FALSE: no memory. */
static gboolean
lq_mix_prepare (GstAudioMixBus *self, const lq_stream *stream)
{
  const gboolean first = !self->prepared;

  lq_mix_release (self);
  self->stream = *stream;
  self->kernels = lq_kernels ();
  lq_params_fill (&self->params, LQ_GROUP_CHAIN, &self->console_params);
  if (!lq_mix_alloc (self) ||
      !lq_console_prepare (&self->console, stream, LQ_GROUPS_MAX, &self->arena))
    return FALSE;
  if (first)
    self->latency = lq_mix_find_latency (self);
  self->generation = lq_params_generation (&self->params) - 1;
  self->prepared = TRUE;
  for (guint i = 0; i < self->voices->len; i++)
    ((LqVoice *)g_ptr_array_index (self->voices, i))->mapped = FALSE;
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

/* Groups. */

static void
lq_mix_clear_groups (GArray *groups)
{
  for (guint i = 0; i < groups->len; i++)
    g_free (g_array_index (groups, LqMixGroup, i).name);
  g_array_set_size (groups, 0);
}

static gboolean
lq_mix_group_field (GQuark field, const GValue *value, gpointer user)
{
  struct { struct lq_group_params *params; const gchar *wrong; } *to = user;
  const gchar *name = g_quark_to_string (field);

  if (g_str_equal (name, "gain") && (G_VALUE_HOLDS_DOUBLE (value) || G_VALUE_HOLDS_INT (value))) {
    const gdouble gain = G_VALUE_HOLDS_INT (value) ? g_value_get_int (value) : g_value_get_double (value);
    if (gain >= -120.0 && gain <= 24.0) {
      to->params->gain_db = (gfloat)gain;
      return TRUE;
    }
  } else if (g_str_equal (name, "mute") && G_VALUE_HOLDS_BOOLEAN (value)) {
    to->params->mute = g_value_get_boolean (value);
    return TRUE;
  } else if (g_str_equal (name, "solo") && G_VALUE_HOLDS_BOOLEAN (value)) {
    to->params->solo = g_value_get_boolean (value);
    return TRUE;
  }
  to->wrong = name;
  return FALSE;
}

/* One group, `name,gain=-3.0,mute=false,solo=false`. */
static gboolean
lq_mix_read_group (GArray *groups, const gchar *text, GError **error)
{
  LqMixGroup group = { 0 };
  struct { struct lq_group_params *params; const gchar *wrong; } to = { &group.params, NULL };
  GstStructure *s = gst_structure_from_string (text, NULL);
  gboolean ok = s != NULL;

  if (!s)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "groups: \"%s\" can't be read. A group is a name, then gain, mute and solo between "
        "commas: drums,gain=-3.0,mute=false,solo=false; groups are separated by ;.",
        text);
  else if (!gst_structure_foreach (s, lq_mix_group_field, &to)) {
    ok = FALSE;
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "groups: %s of \"%s\" can't be set so. A group has gain (-120.0 to 24.0 dB), mute and "
        "solo (true or false).",
        to.wrong, gst_structure_get_name (s));
  } else if (groups->len == LQ_GROUPS_MAX) {
    ok = FALSE;
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "groups: there are more than %d.", LQ_GROUPS_MAX);
  } else {
    group.name = g_strdup (gst_structure_get_name (s));
    g_array_append_val (groups, group);
  }
  if (s)
    gst_structure_free (s);
  return ok;
}

/* The property `groups`. Where it can't be read FALSE, and the groups stay as they are. */
gboolean
lq_mix_read_groups (GstAudioMixBus *self, GError **error)
{
  gchar *text = lq_params_dup_string (&self->params, "groups");
  gchar **parts = g_strsplit (text ? text : "", ";", -1);
  GArray *groups = g_array_new (FALSE, FALSE, sizeof (LqMixGroup));
  gboolean ok = TRUE;

  for (guint i = 0; parts[i] && ok; i++)
    if (*g_strstrip (parts[i]))
      ok = lq_mix_read_group (groups, parts[i], error);
  if (ok) {
    GArray *old = self->groups;
    self->groups = groups;
    groups = old;
  }
  lq_mix_clear_groups (groups);
  g_array_unref (groups);
  g_strfreev (parts);
  g_free (text);
  return ok;
}

static guint
lq_mix_group_named (GstAudioMixBus *self, const gchar *name)
{
  for (guint i = 0; i < self->groups->len; i++)
    if (g_str_equal (g_array_index (self->groups, LqMixGroup, i).name, name))
      return i;
  return NO_GROUP;
}

/* Settings. */

static void
lq_mix_find_group (GstAudioMixBus *self, LqVoice *voice)
{
  gchar *name = lq_params_dup_string (&voice->pad->params, "group");
  const gboolean named = name && *name;

  voice->group = named ? lq_mix_group_named (self, name) : NO_GROUP;
  if (named && voice->group == NO_GROUP && !voice->pad->warned)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("%s: there is no group \"%s\" in the property groups: it goes straight to the bus.",
            GST_OBJECT_NAME (voice->pad), name),
        (NULL));
  voice->pad->warned = named && voice->group == NO_GROUP;
  g_free (name);
}

static const struct lq_group_params *
lq_mix_group_of (GstAudioMixBus *self, const LqVoice *voice)
{
  return voice->group == NO_GROUP
             ? NULL
             : &g_array_index (self->groups, LqMixGroup, voice->group).params;
}

static gboolean
lq_mix_soloed (GstAudioMixBus *self, const LqVoice *voice)
{
  const struct lq_group_params *group = lq_mix_group_of (self, voice);

  return voice->params.fader.solo || (group && group->solo);
}

/* Whether anything is soloed. */
static gboolean
lq_mix_any_solo (GstAudioMixBus *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->groups->len; i++)
    any = any || g_array_index (self->groups, LqMixGroup, i).params.solo;
  for (guint i = 0; i < self->voices->len && !any; i++) {
    const LqVoice *voice = g_ptr_array_index (self->voices, i);
    any = !voice->leaving && voice->params.fader.solo;
  }
  return any;
}

/* The bus's own, where they moved. */
static void
lq_mix_follow_bus (GstAudioMixBus *self)
{
  GError *error = NULL;

  self->generation = lq_params_generation (&self->params);
  lq_params_fill (&self->params, LQ_GROUP_CHAIN, &self->console_params);
  self->bypassed = lq_params_get_int (&self->params, "bypass");
  if (!lq_mix_read_groups (self, &error)) {
    GST_ELEMENT_WARNING (
        self, RESOURCE, SETTINGS, ("%s The groups stay as they were.", error->message), (NULL));
    g_error_free (error);
  }
  lq_console_set (&self->console, &self->console_params, self->bypassed);
  lq_console_use_groups (&self->console, self->groups->len);
  for (guint i = 0; i < self->groups->len; i++)
    lq_console_set_group (&self->console, i,
        lq_db_to_lin (g_array_index (self->groups, LqMixGroup, i).params.gain_db));
  if (self->quantized)
    lq_quantize_set (&self->quantize,
        (enum lq_dither)lq_params_get_int (&self->params, "dither"),
        (enum lq_shaping)lq_params_get_int (&self->params, "noise-shaping"),
        lq_params_get_int (&self->params, "auto-blank"));
}

/* A module that didn't fit into the latency, and is on: said once. */
static void
lq_mix_check_fit (GstAudioMixBus *self, LqVoice *voice)
{
  static const gchar *const what[LQ_LATES] = { "the gate's look-ahead is shorter than asked for",
    "the compressor's look-ahead is shorter than asked for", "the saturator isn't oversampled" };
  const struct lq_track_params *p = &voice->params.track;
  const gboolean on[LQ_LATES] = { p->gate.enabled, p->comp.enabled, p->sat.enabled };

  for (guint i = 0; i < LQ_LATES; i++) {
    if (!on[i] || !voice->channel.shortened[i])
      continue;
    voice->channel.shortened[i] = false;
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("%s: %s, since the mix is %.1f ms late and can't be later while it runs. "
         "strip-latency-reserve keeps room for it.",
            GST_OBJECT_NAME (voice->pad), what[i], self->latency * 1000.0 / self->stream.rate),
        (NULL));
  }
}

static void
lq_mix_set_voice (GstAudioMixBus *self, LqVoice *voice)
{
  const struct lq_group_params *group = lq_mix_group_of (self, voice);
  const gboolean present =
      !voice->leaving && (!self->soloing || voice->params.fader.solo_safe || lq_mix_soloed (self, voice));

  lq_channel_set (&voice->channel, &voice->params, self->console_params.master.pan_law_db,
      !group || !group->mute, self->bypassed);
  lq_mix_check_fit (self, voice);
  if (present == voice->present || voice->leaving)
    return;
  voice->present = present;
  if (voice->joined)
    lq_fader_appear (&voice->channel.fader, present,
        present ? voice->params.fader.fade_in_ms : voice->params.fader.fade_out_ms);
}

/* Hands on what moved since the last block. */
static void
lq_mix_follow (GstAudioMixBus *self)
{
  gboolean moved = lq_params_generation (&self->params) != self->generation || self->unsorted;

  if (moved)
    lq_mix_follow_bus (self);
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    const guint generation = lq_params_generation (&voice->pad->params);
    if (generation == voice->generation && !(moved && voice->mapped))
      continue;
    voice->generation = generation;
    lq_params_fill (&voice->pad->params, LQ_GROUP_CHAIN, &voice->params);
    lq_mix_find_group (self, voice);
    moved = TRUE;
  }
  if (!moved)
    return;
  self->soloing = lq_mix_any_solo (self);
  for (guint i = 0; i < self->voices->len; i++)
    lq_mix_set_voice (self, g_ptr_array_index (self->voices, i));
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

/* New ones get their channels, those that are over go. */
static void
lq_mix_sort_voices (GstAudioMixBus *self)
{
  for (guint i = self->voices->len; i-- > 0;) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    if (voice->mapped && !(voice->leaving && lq_voice_over (self, voice)))
      continue;
    self->unsorted = TRUE;
    if (voice->leaving && lq_voice_over (self, voice)) {
      lq_voice_free (voice);
      g_ptr_array_remove_index (self->voices, i);
    } else if (!lq_voice_prepare (self, voice)) {
      GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
          ("Not enough memory for %s.", GST_OBJECT_NAME (voice->pad)), (NULL));
      voice->leaving = voice->fading = TRUE;
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
      lq_voice_flush (voice);
    }
  }
}

/* The pad has no voice any more; what it has of it sounds on, or fades out. */
void
lq_mix_leave_voice (GstAudioMixBus *self, GstAudioMixBusPad *pad, gboolean fade)
{
  LqVoice *voice = pad->voice;

  if (!voice)
    return;
  pad->voice = NULL;
  voice->leaving = TRUE;
  voice->fading = fade;
  self->unsorted = TRUE;
  if (fade && voice->joined)
    lq_fader_appear (&voice->channel.fader, false, voice->params.fader.fade_out_ms);
}

/* A pad has been released: what it still has is heard while it fades. */
static void
lq_mix_leave (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  GstMiniObject *item;

  while (pad->voice && (item = lq_mix_pad_peek (pad, 0)) && !GST_IS_QUERY (item)) {
    if (GST_IS_BUFFER (item) && pad->has_caps && self->offset != LQ_NO_FRAME)
      lq_mix_pad_buffer (self, pad, gst_buffer_ref (GST_BUFFER_CAST (item)));
    lq_mix_pad_pop (pad);
  }
  lq_mix_pad_clear (pad);
  lq_mix_leave_voice (self, pad, TRUE);
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
  lq_console_reset (&self->console, (guint)(self->offset % LQ_HOP));
  if (self->quantized)
    lq_quantize_reset (&self->quantize);
  for (guint i = 0; i < self->voices->len; i++)
    ((LqVoice *)g_ptr_array_index (self->voices, i))->late = FALSE;
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

/* `skip` frames of a block are left out; returns bytes written. */
static gsize
lq_mix_write (GstAudioMixBus *self, guint8 *out, guint frames, guint skip)
{
  const guint channels = self->stream.channels, count = frames - skip;
  const gsize bytes = (gsize)count * (gsize)GST_AUDIO_INFO_BPF (&self->info);
  const float *planes[LQ_CHANNELS_MAX];
  double *wide = (double *)(gpointer)out;

  if (GST_AUDIO_INFO_FORMAT (&self->info) == GST_AUDIO_FORMAT_F64) {
    for (guint c = 0; c < channels; c++)
      for (guint i = 0; i < count; i++)
        wide[(gsize)i * channels + c] = self->console.main[c][skip + i];
    return bytes;
  }
  for (guint c = 0; c < channels; c++) {
    for (guint i = 0; i < count; i++)
      self->out[c][i] = (float)self->console.main[c][skip + i];
    planes[c] = self->out[c];
  }
  if (!self->quantized) {
    lq_interleave (self->kernels, planes, (float *)(gpointer)out, channels, count);
    return bytes;
  }
  if (self->straight) {
    lq_quantize_process (&self->quantize, planes, out, count);
    return bytes;
  }
  lq_quantize_process (&self->quantize, planes, self->words, count);
  lq_mix_round (self->words, count * channels, GST_AUDIO_INFO_DEPTH (&self->info));
  self->info.finfo->pack_func (self->info.finfo, GST_AUDIO_PACK_FLAG_NONE, self->words, out,
      (gint)(count * channels));
  return bytes;
}

/* The next `frames`, of which the first `held` aren't written: they come from before the mix
 * began. FALSE: all that was written is silence. */
gboolean
lq_mix_block (GstAudioMixBus *self, guint8 *out, guint frames, guint held)
{
  const guint64 word = lq_fpu_enter ();
  gboolean heard = FALSE;

  for (guint done = 0, n; done < frames; done += n) {
    const guint skip = held > done ? held - done : 0;
    n = MIN (frames - done, LQ_BLOCK);
    lq_mix_sort_voices (self);
    lq_mix_follow (self);
    self->unsorted = FALSE;
    lq_console_begin (&self->console, n);
    for (guint i = 0; i < self->voices->len; i++)
      lq_voice_run (self, g_ptr_array_index (self->voices, i), n);
    heard = lq_console_finish (&self->console, n) || heard;
    if (skip < n)
      out += lq_mix_write (self, out, n, skip);
    self->offset += n;
  }
  lq_fpu_leave (word);
  return heard;
}

/* The frame at which the output ends, when all inputs have ended at `last`. */
guint64
lq_mix_tail_end (GstAudioMixBus *self, guint64 last)
{
  guint64 end = last + self->latency;

  for (guint i = 0; i < self->voices->len; i++) {
    const LqVoice *voice = g_ptr_array_index (self->voices, i);
    if (voice->mapped && voice->joined)
      end = MAX (end, voice->covered + lq_channel_tail (&voice->channel));
  }
  return end + lq_console_tail (&self->console) - self->latency;
}
