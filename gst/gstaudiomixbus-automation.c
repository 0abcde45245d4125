/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: what moves by itself: curves of `automation`, control bindings of the bus and of pads.
 *
 *   frame of the mix, on the grid ─→ stream time + lag of ramps ─┬─→ store of the bus, groups ─→ console
 *                                                                └─→ store of a pad ─→ its voice
 *
 * The values are a function of the frame alone. So a voice that moves takes them itself, hop by hop,
 * in whatever thread runs it, however far ahead. What moves the bus cuts the mixing thread's blocks
 * at the grid. What concerns the voices of many pads at once (solo, a group's mute, the pan law,
 * bypass) makes all voices go hop by hop with the bus: then no pad runs ahead.
 *
 * A fader gets its audio late by the mix's latency, as all that comes behind it; a track doesn't. */

#include "gstaudiomixbus-private.h"

#include <math.h>
#include <string.h>

#include "base/mathx.h"

/* Scopes. */

static const struct lq_module group_module = { "", lq_group_rows, LQ_GROUP_ROWS, 0, NULL };

static const LqParamTable *
lq_mix_group_table (void)
{
  static LqParamTable *table;
  static gsize done;

  if (g_once_init_enter (&done)) {
    table = lq_param_table_new (NULL);
    lq_param_table_add (table, LQ_GROUP_CHAIN, &group_module, 1);
    g_once_init_leave (&done, 1);
  }
  return table;
}

/* sink_0, as pads are called. */
static gboolean
lq_mix_names_pad (const gchar *scope)
{
  const gchar *digits = scope + strlen ("sink_");
  guint64 number;

  return g_str_has_prefix (scope, "sink_") && g_ascii_isdigit (*digits) &&
         (*digits != '0' || !digits[1]) &&
         g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT32 - 1, &number, NULL);
}

static gchar *
lq_mix_no_scope (GstAudioMixBus *self, const gchar *scope)
{
  const gchar **names = g_new0 (const gchar *, self->groups->len + 1);
  const gchar *closest;
  gchar *why, *quoted = lq_text_quote (scope, strlen (scope));

  for (guint i = 0; i < self->groups->len; i++)
    names[i] = g_array_index (self->groups, LqMixGroup, i).name;
  closest = lq_text_closest (scope, names);
  why = g_strdup_printf ("has the scope `%s`, which is neither a pad (sink_0, …) nor a group "
                         "of the property groups%s%s%s",
      quoted, closest ? "; did you mean `" : "", closest ? closest : "", closest ? "`?" : "");
  g_free (quoted);
  g_free (names);
  return why;
}

static const LqParamTable *
lq_mix_find_scope (const gchar *scope, gchar **why, gpointer user)
{
  GstAudioMixBus *self = user;

  if (lq_mix_names_pad (scope))
    return lq_mix_pad_table ();
  for (guint i = 0; i < self->groups->len; i++)
    if (g_str_equal (g_array_index (self->groups, LqMixGroup, i).name, scope))
      return lq_mix_group_table ();
  *why = lq_mix_no_scope (self, scope);
  return NULL;
}

static gboolean
lq_mix_names_any (const LqCurves *curves, const gchar *const *properties)
{
  gboolean any = FALSE;

  for (; *properties && !any; properties++)
    any = lq_curves_names (curves, *properties);
  return any;
}

/* Whether these curves concern the voices of other pads. */
static gboolean
lq_mix_concern_many (const LqCurves *curves)
{
  static const gchar *const of_bus[] = { "bypass", "pan-law", NULL };
  static const gchar *const of_pad[] = { "solo", "solo-safe", NULL };
  static const gchar *const of_group[] = { "mute", "solo", NULL };

  if (!*lq_curves_scope (curves))
    return lq_mix_names_any (curves, of_bus);
  if (lq_mix_names_pad (lq_curves_scope (curves)))
    return lq_mix_names_any (curves, of_pad);
  return lq_mix_names_any (curves, of_group);
}

/* Compiles `automation` and `automation-location`; groups have been read. Nothing flows. */
gboolean
lq_mix_load_automation (GstAudioMixBus *self, GError **error)
{
  const LqScopes scopes = { self->params.table, lq_mix_find_scope, self };
  gchar *text = lq_params_dup_string (&self->params, "automation");
  gchar *location = lq_params_dup_string (&self->params, "automation-location");
  const gboolean any = (text && *text) || (location && *location);
  LqMixMoves *m = &self->moves;

  for (guint i = 0; i < self->groups->len; i++)
    g_array_index (self->groups, LqMixGroup, i).curves = NULL;
  g_clear_pointer (&m->automation, lq_automation_free);
  if (any)
    m->automation = lq_automation_load_scoped (&scopes, text, location, error);
  g_free (text);
  g_free (location);
  m->together_curves = FALSE;
  for (guint i = 0; i < lq_automation_scopes (m->automation); i++)
    m->together_curves =
        m->together_curves || lq_mix_concern_many (lq_automation_nth_scope (m->automation, i));
  lq_mix_bind_groups (self);
  return !any || m->automation;
}

/* Time. */

/* The stream time at which what is set at this grid point is to be where it shall be: ramps lag. */
static gdouble
lq_mix_seconds (const GstAudioMixBus *self, gint64 frame)
{
  return (self->moves.stream_frames + (gdouble)frame + self->moves.lag) / self->stream.rate;
}

/* Hops after which no ramp remembers anything. */
static gint
lq_mix_hops (const GstAudioMixBus *self)
{
  return 2 * ((gint)ceil (self->moves.lag / LQ_HOP) + 1);
}

static GstClockTime
lq_mix_clock_time (gdouble seconds)
{
  return (GstClockTime)(MAX (seconds, 0.0) * GST_SECOND + 0.5);
}

/* Whether control bindings move it; without a lock where it has none, as GStreamer looks at them too. */
static gboolean
lq_mix_bound (gpointer object)
{
  return GST_OBJECT (object)->control_bindings &&
         gst_object_has_active_control_bindings (GST_OBJECT (object));
}

/* Voices. */

/* What it is at the start: what will be switched on counts from then on. */
void
lq_voice_fill_at_start (GstAudioMixBus *self, LqVoice *voice)
{
  GstAudioMixBusPad *pad = voice->pad;

  voice->curves = lq_automation_curves (self->moves.automation, GST_OBJECT_NAME (pad));
  lq_params_fill (&pad->params, LQ_GROUP_CHAIN, &voice->params);
  lq_moves_enable (
      voice->curves, GST_OBJECT (pad), lq_channel_modules, LQ_CHANNEL_MODULES, &voice->params);
}

gboolean
lq_voice_moves (const LqVoice *voice)
{
  return voice->curves || lq_mix_bound (voice->pad);
}

/* Hands its settings to its channel, `phase` frames behind a grid point. Under work. */
void
lq_voice_settle (GstAudioMixBus *self, LqVoice *voice, guint phase)
{
  if (voice->mapped && lq_channel_wants (&voice->channel, &voice->params) &&
      !lq_channel_equip (&voice->channel, phase, &voice->arena))
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("Not enough memory for %s.", GST_OBJECT_NAME (voice->pad)), (NULL));
  lq_channel_set (&voice->channel, &voice->params, voice->law_db, voice->open, voice->bypassed);
}

/* Its settings stand as the pad's store had them at this generation. What the mixing thread has to
 * settle for all voices stays unsettled. */
static void
lq_voice_agree (LqVoice *voice, guint generation)
{
  if (voice->texts != lq_params_texts (&voice->pad->params) ||
      voice->solo != (voice->params.fader.solo != 0) ||
      voice->solo_safe != (voice->params.fader.solo_safe != 0))
    return;
  voice->follows = generation;
  __atomic_store_n (&voice->generation, generation, __ATOMIC_RELAXED);
}

/* Whether a row acts behind what makes all voices equally late. */
static gboolean
lq_mix_is_late (const LqParamInfo *info)
{
  return info->module->rows == lq_fader_rows || info->module->rows == lq_duck_rows;
}

static gpointer
lq_mix_ref (gconstpointer object, gpointer data)
{
  return gst_object_ref ((gpointer)object);
}

/* gst_object_sync_values, with the time that each property goes by, and safe where a binding is taken
 * away meanwhile. */
static void
lq_mix_sync_pad (GstAudioMixBusPad *pad, gdouble now, gdouble late)
{
  GList *bindings;

  GST_OBJECT_LOCK (pad);
  bindings = g_list_copy_deep (GST_OBJECT (pad)->control_bindings, lq_mix_ref, NULL);
  GST_OBJECT_UNLOCK (pad);
  g_object_freeze_notify (G_OBJECT (pad));
  for (const GList *node = bindings; node; node = node->next) {
    GstControlBinding *binding = node->data;
    const LqParamInfo *info = lq_param_table_find (pad->params.table, binding->name);
    gst_control_binding_sync_values (binding, GST_OBJECT (pad),
        lq_mix_clock_time (info && lq_mix_is_late (info) ? late : now), GST_CLOCK_TIME_NONE);
  }
  g_object_thaw_notify (G_OBJECT (pad));
  g_list_free_full (bindings, gst_object_unref);
}

/* How many values moved. */
static guint
lq_voice_apply (const LqVoice *voice, gdouble now, gdouble late)
{
  guint moved = 0;

  for (guint i = 0; i < lq_curves_size (voice->curves); i++) {
    const LqParamInfo *info = lq_curves_nth (voice->curves, i);
    const gdouble value =
        lq_curves_value (voice->curves, i, lq_mix_is_late (info) ? late : now);
    moved += lq_params_put_number (&voice->pad->params, info->id, value) ? 1 : 0;
  }
  return moved;
}

/* At a grid point, before the hop that begins there. Under work. */
static void
lq_voice_control (GstAudioMixBus *self, LqVoice *voice, gint64 frame)
{
  const gdouble now = lq_mix_seconds (self, frame);
  const gdouble late = lq_mix_seconds (self, frame - (gint64)self->latency);
  LqParams *params = &voice->pad->params;
  const guint moved = lq_voice_apply (voice, now, late);
  guint generation;

  if (lq_mix_bound (voice->pad))
    lq_mix_sync_pad (voice->pad, now, late);
  generation = lq_params_generation (params);
  if (generation == voice->generation)
    return;
  /* Where nothing else moved there is no need to look for it. */
  if (generation != voice->generation + moved)
    lq_params_fill (params, LQ_GROUP_CHAIN, &voice->params);
  else
    for (guint i = 0; i < lq_curves_size (voice->curves); i++)
      lq_params_fill_one (params, lq_curves_nth (voice->curves, i), &voice->params);
  lq_voice_agree (voice, generation);
  lq_voice_settle (self, voice, 0);
}

/* Before so many frames of it: takes its values at a grid point, returns how many there are up to the
 * next. Under work. */
guint
lq_voice_follow (GstAudioMixBus *self, LqVoice *voice, guint64 frames)
{
  const guint phase = (guint)(voice->at % LQ_HOP);

  if (voice->joined && phase == 0)
    lq_voice_control (self, voice, (gint64)voice->at);
  return lq_hop_left (phase, (guint)MIN (frames, LQ_HOP));
}

/* It begins at the frame `from` as if it had been there, silent, for a while. Under work. */
void
lq_voice_preroll (GstAudioMixBus *self, LqVoice *voice, guint64 from, gboolean present)
{
  const guint phase = (guint)(from % LQ_HOP);
  const gint hops = lq_mix_hops (self);

  for (gint hop = hops; hop >= 0; hop--) {
    lq_voice_control (self, voice, (gint64)(from - phase) - (gint64)hop * LQ_HOP);
    if (hop == hops)
      lq_channel_reset (&voice->channel, present, 0);
    lq_channel_pass (&voice->channel, hop ? LQ_HOP : phase);
  }
}

/* The bus and its groups. */

/* What groups have of curves, after either has been read. */
void
lq_mix_bind_groups (GstAudioMixBus *self)
{
  for (guint g = 0; g < self->groups->len; g++) {
    LqMixGroup *group = &g_array_index (self->groups, LqMixGroup, g);
    /* A group that came later may be called as a pad is. */
    group->curves = lq_mix_names_pad (group->name)
                        ? NULL
                        : lq_automation_curves (self->moves.automation, group->name);
  }
}

/* Their values at the grid point that was looked at last. */
void
lq_mix_move_groups (GstAudioMixBus *self)
{
  for (guint g = 0; g < self->groups->len; g++) {
    LqMixGroup *group = &g_array_index (self->groups, LqMixGroup, g);
    const struct lq_group_params before = group->params;
    for (guint i = 0; i < lq_curves_size (group->curves); i++) {
      const struct lq_param *row = lq_curves_nth (group->curves, i)->row;
      const gdouble value = lq_curves_value (group->curves, i, self->moves.seconds);
      gchar *at = (gchar *)&group->params + row->offset;
      if (row->type == LQ_FLOAT)
        *(gfloat *)(gpointer)at = (gfloat)value;
      else
        *(guint32 *)(gpointer)at = value != 0.0;
    }
    if (group->params.mute != before.mute || group->params.solo != before.solo)
      self->moves.concerned = TRUE;
    if (group->curves && self->prepared)
      lq_console_set_group (&self->console, g, lq_db_to_lin (group->params.gain_db));
  }
}

static void
lq_mix_control_bus (GstAudioMixBus *self, gint64 frame)
{
  const LqCurves *own = lq_automation_curves (self->moves.automation, "");
  LqMixMoves *m = &self->moves;

  m->seconds = lq_mix_seconds (self, frame - (gint64)self->latency);
  for (guint i = 0; i < lq_curves_size (own); i++)
    lq_params_put_number (
        &self->params, lq_curves_nth (own, i)->id, lq_curves_value (own, i, m->seconds));
  if (lq_mix_bound (self))
    gst_object_sync_values (GST_OBJECT (self), lq_mix_clock_time (m->seconds));
  lq_mix_move_groups (self);
}

/* The voice of a pad takes part in what concerns many, whether anything is heard of it or not. */
static void
lq_mix_control_voices (GstAudioMixBus *self, gint64 frame)
{
  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    g_mutex_lock (&voice->pad->work);
    if (voice->mapped && voice->at <= self->offset && lq_voice_moves (voice))
      lq_voice_control (self, voice, frame);
    g_mutex_unlock (&voice->pad->work);
  }
}

/* Before a block. */
void
lq_mix_control (GstAudioMixBus *self)
{
  const gint64 frame = (gint64)(self->offset - self->offset % LQ_HOP);

  if (!self->moves.moving && !self->moves.together)
    return;
  lq_mix_control_bus (self, frame);
  if (self->moves.together)
    lq_mix_control_voices (self, frame);
}

/* Of so many frames that may be mixed: *frames becomes how many at once, the result how far voices may
 * go meanwhile. */
guint
lq_mix_cut (GstAudioMixBus *self, guint *frames)
{
  const guint whole = *frames;

  if (self->moves.moving || self->moves.together)
    *frames = lq_hop_left ((guint)(self->offset % LQ_HOP), whole);
  return self->moves.together ? *frames : whole;
}

/* Whether bindings of a pad concern the voices of others. */
static gboolean
lq_mix_pads_together (GstAudioMixBus *self)
{
  gboolean together = FALSE;

  for (guint i = 0; i < self->snapshot->len && !together; i++) {
    GstObject *pad = g_ptr_array_index (self->snapshot, i);
    together = lq_mix_bound (pad) &&
               (lq_moves (NULL, pad, "solo") || lq_moves (NULL, pad, "solo-safe"));
  }
  return together;
}

/* Looks at what moves: once a portion. */
void
lq_mix_see_moves (GstAudioMixBus *self)
{
  const gboolean bound = lq_mix_bound (self);
  LqMixMoves *m = &self->moves;
  gboolean groups = FALSE;

  for (guint g = 0; g < self->groups->len; g++)
    groups = groups || g_array_index (self->groups, LqMixGroup, g).curves;
  m->moving = bound || groups || lq_automation_curves (m->automation, "");
  m->together = m->together_curves ||
                (bound && (lq_moves (NULL, GST_OBJECT (self), "bypass") ||
                              lq_moves (NULL, GST_OBJECT (self), "pan-law"))) ||
                lq_mix_pads_together (self);
}

/* The mix begins at self->offset: the bus stands there as if it had come that way. */
void
lq_mix_begin_moves (GstAudioMixBus *self)
{
  const GstClockTime start =
      gst_segment_to_stream_time (&self->out_segment, GST_FORMAT_TIME, self->out_segment.start);
  const guint phase = (guint)(self->offset % LQ_HOP);
  LqMixMoves *m = &self->moves;

  m->lag = lq_ramp_lag (self->stream.rate, LQ_RAMP_MS);
  m->stream_frames =
      GST_CLOCK_TIME_IS_VALID (start) ? (gdouble)start * self->stream.rate / GST_SECOND : 0.0;
  lq_mix_see_moves (self);
  if (!m->moving)
    return;
  for (gint hop = lq_mix_hops (self); hop >= (phase ? 0 : 1); hop--) {
    lq_mix_control_bus (self, (gint64)(self->offset - phase) - (gint64)hop * LQ_HOP);
    lq_mix_follow_bus (self);
    if (hop == lq_mix_hops (self))
      lq_console_reset (&self->console, self->offset);
    else
      lq_console_pass (&self->console);
  }
}

/* Channels. */

static const gchar *const stereo_properties[] = { "pan", "pan-mode", "reverb-send",
  "delay-send", NULL };

/* Whether mono isn't enough for where curves, or this pad's bindings, may place it. */
gboolean
lq_mix_moves_place (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  const gchar *const *name = stereo_properties;

  if (!lq_mix_bound (pad))
    return FALSE;
  while (*name && !lq_moves (NULL, GST_OBJECT (pad), *name))
    name++;
  return *name != NULL;
}

/* The same of curves, of pads that are still to come too. */
gboolean
lq_mix_curves_place (GstAudioMixBus *self)
{
  gboolean place = FALSE;

  for (guint i = 1; i < lq_automation_scopes (self->moves.automation); i++)
    place = place || lq_mix_names_any (lq_automation_nth_scope (self->moves.automation, i),
                         stereo_properties);
  return place;
}
