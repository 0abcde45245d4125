/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter: the object, its properties, presets, automation and states. */

#include "lqfilter-private.h"

#include "lqcommon.h"

GST_DEBUG_CATEGORY (lq_filter_debug);

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LqFilter, lq_filter, GST_TYPE_BASE_TRANSFORM)

LqFilterPrivate *
lq_filter_private (LqFilter *filter)
{
  return lq_filter_get_instance_private (filter);
}

LqParams *
lq_filter_params (LqFilter *filter)
{
  return &lq_filter_private (filter)->params;
}

const lq_stream *
lq_filter_stream (LqFilter *filter)
{
  return &lq_filter_private (filter)->stream;
}

void
lq_filter_imply (LqFilter *filter, const gchar *name, gdouble value)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const guint id = lq_param_table_find (p->params.table, name)->id;

  if (g_atomic_int_get (&p->ready) || lq_params_origin (&p->params, id) != LQ_ORIGIN_EXPLICIT)
    lq_params_put_number (&p->params, id, value);
}

gboolean
lq_filter_heard (LqFilter *filter, guint64 *frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  *frames = p->heard;
  return p->whole;
}

GstClockTime
lq_filter_announced (LqFilter *filter)
{
  gint64 duration = 0;

  if (!gst_pad_peer_query_duration (
          GST_BASE_TRANSFORM (filter)->sinkpad, GST_FORMAT_TIME, &duration) ||
      duration <= 0)
    return GST_CLOCK_TIME_NONE;
  return (GstClockTime)duration;
}

GstBaseTransformClass *
lq_filter_base_class (void)
{
  return GST_BASE_TRANSFORM_CLASS (lq_filter_parent_class);
}

/* Posts an error that has been made elsewhere, and frees it. */
void
lq_filter_fail (LqFilter *filter, GError *error)
{
  gst_element_message_full (GST_ELEMENT (filter), GST_MESSAGE_ERROR, error->domain, error->code,
      g_strdup (error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
  g_error_free (error);
}

/* Presets. */

static void
lq_filter_preset_write (LqParams *params, guint id, gdouble value, gpointer user)
{
  LqFilter *filter = user;
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  lq_params_put_number (params, id, value);
  if (klass->wrote)
    klass->wrote (filter, id, LQ_ORIGIN_PRESET);
}

static void
lq_filter_preset_notify (guint id, gpointer user)
{
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (user);

  g_object_notify_by_pspec (G_OBJECT (user), lq_param_table_nth (klass->table, id - 1)->pspec);
}

/* Returns FALSE and why. */
static gboolean
lq_filter_load_preset (LqFilter *filter, const gchar *name, GError **error)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  GstElementFactory *factory = gst_element_get_factory (GST_ELEMENT (filter));
  LqPreset *preset = NULL;

  if (!lq_preset_load (factory ? GST_OBJECT_NAME (factory) : G_OBJECT_TYPE_NAME (filter), name,
          p->params.table, &preset, error))
    return FALSE;
  g_mutex_lock (&p->preset_lock);
  lq_preset_apply (preset, &p->params, !g_atomic_int_get (&p->ready), lq_filter_preset_write,
      lq_filter_preset_notify, filter);
  g_mutex_unlock (&p->preset_lock);
  lq_preset_free (preset);
  return TRUE;
}

static void
lq_filter_set_preset (LqFilter *filter, const GValue *value)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gchar *name = g_value_get_string (value);
  GError *error = NULL;

  if (!lq_filter_load_preset (filter, name ? name : "", &error) &&
      g_atomic_int_get (&p->ready)) {
    /* A running pipeline goes on as it was. */
    GST_ELEMENT_WARNING (filter, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    g_clear_error (&error);
    return;
  }
  GST_OBJECT_LOCK (filter);
  g_clear_error (&p->setter_error);
  p->setter_error = error;
  GST_OBJECT_UNLOCK (filter);
}

/* Automation. */

static gboolean
lq_filter_compile (LqFilter *filter, GError **error)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  gchar *text = lq_params_dup_string (&p->params, "automation");
  gchar *location = lq_params_dup_string (&p->params, "automation-location");
  const gboolean any = (text && *text) || (location && *location);

  g_clear_pointer (&p->automation, lq_automation_free);
  if (any)
    p->automation = lq_automation_load (p->params.table, text, location, error);
  g_free (text);
  g_free (location);
  return !any || p->automation;
}

gboolean
lq_filter_bound (LqFilter *filter)
{
  return gst_object_has_active_control_bindings (GST_OBJECT (filter));
}

/* Whether automation or a binding moves this property. */
gboolean
lq_filter_moves (LqFilter *filter, const gchar *property)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  return lq_moves (lq_automation_curves (p->automation, ""), GST_OBJECT (filter), property);
}

/* The chain's params where a stream begins: a module that will be moved counts as switched on, so
 * that it is late from the beginning. */
void
lq_filter_fill_at_start (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  lq_params_fill (&p->params, LQ_GROUP_CHAIN, p->chain_params);
  lq_moves_enable (lq_automation_curves (p->automation, ""), GST_OBJECT (filter),
      klass->modules, klass->n_modules, p->chain_params);
}

/* The base's own settings, read where the generation says that something moved. */
void
lq_filter_take_settings (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  LqFilterSettings *s = &p->settings;

  s->bypass = lq_params_get_int (&p->params, "bypass");
  s->post_messages = lq_params_get_int (&p->params, "post-messages");
  s->meters = lq_params_get_int (&p->params, "meters");
  s->watched = klass->watches && klass->watches (filter);
  s->auto_blank = lq_params_get_int (&p->params, "auto-blank");
  s->dither = lq_params_get_int (&p->params, "dither");
  s->shaping = lq_params_get_int (&p->params, "noise-shaping");
  s->interval = lq_params_get_uint64 (&p->params, "interval");
}

/* GObject. */

static void
lq_filter_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  LqFilter *filter = LQ_FILTER (object);
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  lq_params_set_value (&p->params, id, value, LQ_ORIGIN_EXPLICIT);
  if (klass->wrote)
    klass->wrote (filter, id, LQ_ORIGIN_EXPLICIT);
  if (g_str_equal (pspec->name, "preset"))
    lq_filter_set_preset (filter, value);
}

static void
lq_filter_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  lq_params_get_value (lq_filter_params (LQ_FILTER (object)), id, value);
}

static gboolean
lq_filter_start (GstBaseTransform *trans)
{
  LqFilter *filter = LQ_FILTER (trans);
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  GError *error = NULL;

  lq_params_latch (&p->params);
  p->generation = lq_params_generation (&p->params);
  lq_filter_take_settings (filter);
  lq_params_fill (&p->params, LQ_GROUP_CHAIN, p->chain_params);
  p->bad_samples = 0;
  p->clean_frames = G_MAXUINT64 / 2;
  p->ran = FALSE;
  p->flat_rate = 0.0;
  p->pass = LQ_PASS_NONE;
  p->admitted = FALSE;
  p->whole = TRUE;
  p->begun = FALSE;
  p->heard = 0;
  gst_segment_init (&p->segment, GST_FORMAT_UNDEFINED);
  lq_params_put_uint64 (&p->params, "bad-samples", 0);
  if (klass->check && !klass->check (filter, &error)) {
    if (klass->stop)
      klass->stop (filter);
    lq_filter_fail (filter, error);
    return FALSE;
  }
  return TRUE;
}

static gboolean
lq_filter_stop (GstBaseTransform *trans)
{
  LqFilter *filter = LQ_FILTER (trans);
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);

  if (klass->stop)
    klass->stop (filter);
  lq_filter_twopass_drop (filter);
  lq_filter_release (filter);
  GST_OBJECT_LOCK (filter);
  g_array_set_size (p->seeks, 0);
  GST_OBJECT_UNLOCK (filter);
  return TRUE;
}

/* What must be right before the first buffer; posts an error where it isn't. */
static gboolean
lq_filter_get_ready (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  GError *error;

  GST_OBJECT_LOCK (filter);
  error = p->setter_error ? g_error_copy (p->setter_error) : NULL;
  GST_OBJECT_UNLOCK (filter);
  if (!error)
    lq_filter_compile (filter, &error);
  if (!error)
    return TRUE;
  lq_filter_fail (filter, error);
  return FALSE;
}

static GstStateChangeReturn
lq_filter_change_state (GstElement *element, GstStateChange transition)
{
  LqFilter *filter = LQ_FILTER (element);
  LqFilterPrivate *p = lq_filter_private (filter);
  const gboolean upwards = transition == GST_STATE_CHANGE_NULL_TO_READY ||
                           transition == GST_STATE_CHANGE_READY_TO_PAUSED;
  GstStateChangeReturn ret;

  if (upwards && !lq_filter_get_ready (filter))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_NULL_TO_READY)
    g_atomic_int_set (&p->ready, TRUE);
  ret = GST_ELEMENT_CLASS (lq_filter_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL ||
      (transition == GST_STATE_CHANGE_NULL_TO_READY && ret == GST_STATE_CHANGE_FAILURE))
    g_atomic_int_set (&p->ready, FALSE);
  return ret;
}

static void
lq_filter_constructed (GObject *object)
{
  LqFilterPrivate *p = lq_filter_private (LQ_FILTER (object));
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (object);

  /* Not in init: there the class is still the base's own. */
  lq_params_init (&p->params, klass->table);
  p->chain_params = g_malloc0 (MAX (klass->params_size, 1));
  p->figures = g_malloc0 (MAX (klass->figures_size, 1));
  G_OBJECT_CLASS (lq_filter_parent_class)->constructed (object);
}

static void
lq_filter_finalize (GObject *object)
{
  LqFilterPrivate *p = lq_filter_private (LQ_FILTER (object));

  lq_filter_twopass_drop (LQ_FILTER (object));
  lq_arena_free (&p->arena);
  g_clear_pointer (&p->automation, lq_automation_free);
  g_clear_error (&p->setter_error);
  g_array_unref (p->seeks);
  g_free (p->chain_params);
  g_free (p->figures);
  lq_params_clear (&p->params);
  g_mutex_clear (&p->preset_lock);
  G_OBJECT_CLASS (lq_filter_parent_class)->finalize (object);
}

static void
lq_filter_init (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  g_mutex_init (&p->preset_lock);
  lq_arena_init (&p->arena);
  p->seeks = g_array_new (FALSE, FALSE, sizeof (guint32));
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (filter), FALSE);
}

static void
lq_filter_class_init (LqFilterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (lq_filter_debug, "lacquer", 0, "Lacquer's elements");
  lq_common_init ();
  object_class->constructed = lq_filter_constructed;
  object_class->finalize = lq_filter_finalize;
  GST_ELEMENT_CLASS (klass)->change_state = lq_filter_change_state;
  trans_class->start = lq_filter_start;
  trans_class->stop = lq_filter_stop;
  lq_filter_caps_class_init (klass);
  lq_filter_flow_class_init (klass);
  lq_filter_events_class_init (klass);
}

static void
lq_filter_add_pad (LqFilterClass *klass, const gchar *name, GstPadDirection direction)
{
  GstCaps *caps = lq_filter_template (klass->channels_max, direction);

  gst_element_class_add_pad_template (
      GST_ELEMENT_CLASS (klass), gst_pad_template_new (name, direction, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
}

void
lq_filter_class_setup (LqFilterClass *klass, const LqFilterTables *tables)
{
  /* A class doesn't inherit these two: each answers for its own properties. */
  G_OBJECT_CLASS (klass)->set_property = lq_filter_set_property;
  G_OBJECT_CLASS (klass)->get_property = lq_filter_get_property;
  klass->table = lq_param_table_new (G_OBJECT_CLASS (klass));
  klass->modules = tables->modules;
  klass->n_modules = tables->n_modules;
  klass->params_size = tables->params_size;
  klass->figures_size = tables->figures_size;
  lq_param_table_add (klass->table, LQ_GROUP_CHAIN, tables->modules, tables->n_modules);
  if (tables->own)
    lq_param_table_add (klass->table, LQ_GROUP_ELEMENT, tables->own, 1);
  lq_param_table_add (klass->table, LQ_GROUP_ELEMENT, &lq_common_module, 1);
  lq_param_table_add (klass->table, LQ_GROUP_FIGURES, tables->figures, tables->n_figures);
  lq_filter_add_pad (klass, "sink", GST_PAD_SINK);
  lq_filter_add_pad (klass, "src", GST_PAD_SRC);
}
