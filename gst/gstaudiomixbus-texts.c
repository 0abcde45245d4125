/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: what is written as text: presets of the bus (its own properties, none of its pads'),
 * and, where it starts, groups and automation. */

#include "gstaudiomixbus-private.h"

#include "lqpreset.h"

static void
lq_mix_preset_notify (guint id, gpointer user)
{
  GstAudioMixBus *self = user;

  g_object_notify_by_pspec (
      G_OBJECT (self), lq_param_table_nth (self->params.table, id - 1)->pspec);
}

/* FALSE and why. */
static gboolean
lq_mix_load_preset (GstAudioMixBus *self, const gchar *name, GError **error)
{
  GstElementFactory *factory = gst_element_get_factory (GST_ELEMENT (self));
  LqPreset *preset = NULL;

  if (!lq_preset_load (factory ? GST_OBJECT_NAME (factory) : "audiomixbus", name,
          self->params.table, &preset, error))
    return FALSE;
  g_mutex_lock (&self->preset_lock);
  lq_preset_apply (preset, &self->params, !g_atomic_int_get (&self->ready), NULL,
      lq_mix_preset_notify, self);
  g_mutex_unlock (&self->preset_lock);
  lq_preset_free (preset);
  return TRUE;
}

/* `preset` has been written. What is wrong with it before READY is said when it gets there. */
void
lq_mix_set_preset (GstAudioMixBus *self, const gchar *name)
{
  GError *error = NULL;

  if (!lq_mix_load_preset (self, name ? name : "", &error) && g_atomic_int_get (&self->ready)) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    g_clear_error (&error);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_clear_error (&self->preset_error);
  self->preset_error = error;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
lq_mix_check_preset (GstAudioMixBus *self, GError **error)
{
  gboolean ok;

  GST_OBJECT_LOCK (self);
  ok = !self->preset_error;
  if (!ok)
    g_propagate_error (error, g_error_copy (self->preset_error));
  GST_OBJECT_UNLOCK (self);
  return ok;
}

/* Posts an error, and frees it. */
void
lq_mix_fail (GstAudioMixBus *self, GError *error)
{
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR, error->domain, error->code,
      g_strdup (error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
  g_error_free (error);
}

/* All of it. FALSE: an error was posted. Nothing flows. */
gboolean
lq_mix_read_texts (GstAudioMixBus *self)
{
  GError *error = NULL;

  if (lq_mix_check_preset (self, &error) && lq_mix_read_groups (self, &error) &&
      lq_mix_load_automation (self, &error))
    return TRUE;
  lq_mix_fail (self, error);
  return FALSE;
}
