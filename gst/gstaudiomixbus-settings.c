/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: groups, and settings that moved. */

#include "gstaudiomixbus-private.h"

#include "base/mathx.h"

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
  struct {
    struct lq_group_params *params;
    const gchar *wrong;
  } *to = user;
  const gchar *name = g_quark_to_string (field);

  if (g_str_equal (name, "gain") &&
      (G_VALUE_HOLDS_DOUBLE (value) || G_VALUE_HOLDS_INT (value))) {
    const gdouble gain =
        G_VALUE_HOLDS_INT (value) ? g_value_get_int (value) : g_value_get_double (value);
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
  struct {
    struct lq_group_params *params;
    const gchar *wrong;
  } to = { &group.params, NULL };
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
    lq_mix_bind_groups (self);
  }
  lq_mix_clear_groups (groups);
  g_array_unref (groups);
  g_strfreev (parts);
  g_free (text);
  return ok;
}

guint
lq_mix_group_named (GstAudioMixBus *self, const gchar *name)
{
  for (guint i = 0; i < self->groups->len; i++)
    if (g_str_equal (g_array_index (self->groups, LqMixGroup, i).name, name))
      return i;
  return LQ_NO_GROUP;
}

/* Settings. */

void
lq_mix_find_group (GstAudioMixBus *self, LqVoice *voice)
{
  gchar *name = lq_params_dup_string (&voice->pad->params, "group");
  const gboolean named = name && *name;

  voice->group = named ? lq_mix_group_named (self, name) : LQ_NO_GROUP;
  if (named && voice->group == LQ_NO_GROUP && !voice->pad->warned)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("%s: there is no group \"%s\" in the property groups: it goes straight to the bus.",
            GST_OBJECT_NAME (voice->pad), name),
        (NULL));
  voice->pad->warned = named && voice->group == LQ_NO_GROUP;
  g_free (name);
}

static const struct lq_group_params *
lq_mix_group_of (GstAudioMixBus *self, const LqVoice *voice)
{
  return voice->group == LQ_NO_GROUP
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
    any = !voice->leaving && voice->solo;
  }
  return any;
}

/* Groups have other numbers now. */
static void
lq_mix_find_groups (GstAudioMixBus *self)
{
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    g_mutex_lock (&voice->pad->work);
    lq_mix_find_group (self, voice);
    g_mutex_unlock (&voice->pad->work);
  }
}

/* The groups, where a string was written. */
static void
lq_mix_follow_groups (GstAudioMixBus *self)
{
  const guint texts = lq_params_texts (&self->params);
  GError *error = NULL;

  if (texts == self->moves.texts)
    return;
  self->moves.texts = texts;
  self->moves.concerned = TRUE;
  if (!lq_mix_read_groups (self, &error)) {
    GST_ELEMENT_WARNING (
        self, RESOURCE, SETTINGS, ("%s The groups stay as they were.", error->message), (NULL));
    g_error_free (error);
  }
  lq_mix_move_groups (self);
  lq_mix_find_groups (self);
}

/* The bus's own, where they moved. */
void
lq_mix_follow_bus (GstAudioMixBus *self)
{
  const gfloat law_db = self->console_params.master.pan_law_db;
  const gboolean bypassed = self->bypassed;

  self->generation = lq_params_generation (&self->params);
  g_atomic_int_set (&self->settled, (gint)self->generation);
  lq_params_fill (&self->params, LQ_GROUP_CHAIN, &self->console_params);
  self->bypassed = lq_params_get_int (&self->params, "bypass");
  if (self->bypassed != bypassed || self->console_params.master.pan_law_db != law_db)
    self->moves.concerned = TRUE;
  lq_mix_follow_groups (self);
  lq_mix_follow_meters (self);
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
  static const gchar *const what[LQ_LATES] = {
    "the gate's look-ahead is shorter than asked for",
    "the compressor's look-ahead is shorter than asked for", "the saturator isn't oversampled"
  };
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
      !self->soloing || voice->params.fader.solo_safe || lq_mix_soloed (self, voice);

  voice->law_db = self->console_params.master.pan_law_db;
  voice->open = !group || !group->mute;
  voice->bypassed = self->bypassed;
  lq_voice_settle (self, voice, (guint)(voice->at % LQ_HOP));
  lq_mix_check_fit (self, voice);
  /* One that leaves stays as it is, unless nothing of it has been heard yet. */
  if (present == voice->present || voice->fading || (voice->leaving && voice->joined))
    return;
  voice->present = present;
  if (voice->joined)
    lq_fader_appear (&voice->channel.fader, present,
        present ? voice->params.fader.fade_in_ms : voice->params.fader.fade_out_ms);
}

/* A pad's group, where one of its strings was written. Under work. FALSE: none was. */
static gboolean
lq_mix_follow_texts (GstAudioMixBus *self, LqVoice *voice)
{
  const guint texts = lq_params_texts (&voice->pad->params);

  if (texts == voice->texts)
    return FALSE;
  voice->texts = texts;
  lq_mix_find_group (self, voice);
  return TRUE;
}

/* Hands on what moved since the last block. */
void
lq_mix_follow (GstAudioMixBus *self)
{
  const guint texts = self->moves.texts;
  gboolean moved = self->unsorted, named = self->unsorted;

  if (lq_params_generation (&self->params) != self->generation || self->unsorted)
    lq_mix_follow_bus (self);
  moved = moved || self->moves.concerned;
  named = named || texts != self->moves.texts;
  self->moves.concerned = FALSE;
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    const guint generation = lq_params_generation (&voice->pad->params);
    if (generation == __atomic_load_n (&voice->generation, __ATOMIC_RELAXED) && !moved)
      continue;
    g_mutex_lock (&voice->pad->work);
    voice->follows = generation;
    lq_params_fill (&voice->pad->params, LQ_GROUP_CHAIN, &voice->params);
    voice->solo = voice->params.fader.solo != 0;
    voice->solo_safe = voice->params.fader.solo_safe != 0;
    named = lq_mix_follow_texts (self, voice) || named;
    g_mutex_unlock (&voice->pad->work);
    moved = TRUE;
  }
  if (!moved)
    return;
  /* Keys and groups are found by names: not anew for each move of a fader. */
  if (named)
    lq_mix_tie (self);
  self->soloing = lq_mix_any_solo (self);
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    g_mutex_lock (&voice->pad->work);
    lq_mix_set_voice (self, voice);
    /* From here on its pad may run it. */
    __atomic_store_n (&voice->generation, voice->follows, __ATOMIC_RELAXED);
    g_mutex_unlock (&voice->pad->work);
  }
}
