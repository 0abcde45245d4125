/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* channelstrip: the reverb's impulse response. What is set before the stream begins is loaded there,
 * and sounds from the first frame on; what is set while playing is loaded and prepared by a thread of
 * its own, handed over atomically and cross-faded in by the reverb. */

#include "gstchannelstrip-private.h"

#include <string.h>

static void
lq_convolver_drop (gpointer *place)
{
  lq_convolver_free (g_atomic_pointer_exchange (place, NULL));
}

static gchar *
gst_channel_strip_location (GstChannelStrip *self)
{
  gchar *path =
      lq_params_dup_string (lq_filter_params (LQ_FILTER (self)), "reverb-impulse-location");

  if (path && !*path)
    g_clear_pointer (&path, g_free);
  return path;
}

/* What plays it at this stream; of no impulse: silence. */
static lq_convolver *
gst_channel_strip_make (const LqImpulse *impulse, const lq_stream *stream)
{
  static const float silence = 0.0f;
  static const float *const nothing = &silence;
  LqImpulse *other = NULL;
  lq_convolver *made = NULL;

  if (!impulse)
    return lq_reverb_make (stream, &nothing, 1, 1);
  if (impulse->rate != (guint)stream->rate) {
    impulse = other = lq_impulse_at_rate (impulse, (guint)stream->rate);
    if (!other)
      return NULL;
  }
  made = lq_reverb_make (stream, (const float *const *)impulse->planes, impulse->channels,
      (uint32_t)impulse->frames);
  lq_impulse_free (other);
  return made;
}

static GError *
gst_channel_strip_unfit (const gchar *path, const LqImpulse *impulse, const lq_stream *stream)
{
  return g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s: an impulse response of %u channels can't be played to a stream of %u. It may have "
      "1, "
      "as many as the stream, or 4 for a stereo stream: left to left, left to right, right to "
      "left, right to right.",
      path, impulse->channels, stream->channels);
}

void
gst_channel_strip_impulse_init (GstChannelStrip *self)
{
  g_mutex_init (&self->impulse.lock);
}

void
gst_channel_strip_impulse_clear (GstChannelStrip *self)
{
  g_mutex_clear (&self->impulse.lock);
}

/* While playing. */

static void
gst_channel_strip_warn (GstChannelStrip *self, GError *error)
{
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_WARNING, error->domain, error->code,
      g_strdup_printf ("%s What sounded before goes on.", error->message), NULL, __FILE__,
      GST_FUNCTION, __LINE__);
  g_error_free (error);
}

/* For the stream as it is, and again if that changed meanwhile. FALSE: it doesn't fit, or there is no
 * memory; the impulse is freed then, and else taken over. */
static gboolean
gst_channel_strip_hand_over (
    GstChannelStrip *self, const gchar *path, LqImpulse *impulse, GError **error)
{
  GstChannelStripImpulse *i = &self->impulse;
  lq_convolver *made = NULL;
  gboolean done = FALSE;

  while (!done) {
    lq_stream stream;
    gboolean running;
    guint serial;
    g_mutex_lock (&i->lock);
    stream = i->stream;
    running = i->running;
    serial = i->serial;
    g_mutex_unlock (&i->lock);
    if (running && impulse && !lq_reverb_fits (&stream, impulse->channels))
      *error = gst_channel_strip_unfit (path, impulse, &stream);
    else if (running && !(made = gst_channel_strip_make (impulse, &stream)))
      *error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
          "%s: there isn't enough memory for it.", path);
    if (*error) {
      lq_impulse_free (impulse);
      return FALSE;
    }
    g_mutex_lock (&i->lock);
    done = serial == i->serial;
    if (done) {
      lq_impulse_free (i->impulse);
      i->impulse = impulse;
      made = g_atomic_pointer_exchange (&i->arrived, made);
    }
    g_mutex_unlock (&i->lock);
    lq_convolver_free (made);
    made = NULL;
  }
  return TRUE;
}

/* The thread: of several locations that were set meanwhile, the last one counts. */
static void
gst_channel_strip_load (gpointer job, gpointer user)
{
  GstChannelStrip *self = user;
  GstChannelStripImpulse *i = &self->impulse;
  const gboolean last = g_atomic_int_dec_and_test (&i->asked);
  gchar *path = gst_channel_strip_location (self);
  GError *error = NULL;
  LqImpulse *impulse = NULL;

  lq_convolver_drop (&i->leftover);
  if (last && !g_atomic_int_get (&i->cancel)) {
    if (path)
      impulse = lq_impulse_load (path, &i->cancel, &error);
    if (!error)
      gst_channel_strip_hand_over (self, path, impulse, &error);
    if (error && g_atomic_int_get (&i->cancel))
      g_clear_error (&error);
    if (error)
      gst_channel_strip_warn (self, error);
  }
  g_free (path);
}

void
gst_channel_strip_impulse_changed (GstChannelStrip *self)
{
  GstChannelStripImpulse *i = &self->impulse;

  g_mutex_lock (&i->lock);
  if (i->pool) {
    g_atomic_int_inc (&i->asked);
    g_thread_pool_push (i->pool, self, NULL);
  }
  g_mutex_unlock (&i->lock);
}

/* From beginning to end. */

gboolean
gst_channel_strip_impulse_check (GstChannelStrip *self, GError **error)
{
  GstChannelStripImpulse *i = &self->impulse;
  gchar *path = gst_channel_strip_location (self);
  GError *why = NULL;
  LqImpulse *impulse = path ? lq_impulse_load (path, NULL, &why) : NULL;

  g_mutex_lock (&i->lock);
  i->impulse = impulse;
  i->running = FALSE;
  g_atomic_int_set (&i->cancel, FALSE);
  if (!why)
    i->pool = g_thread_pool_new (gst_channel_strip_load, self, 1, FALSE, &why);
  g_mutex_unlock (&i->lock);
  g_free (path);
  if (why)
    g_propagate_error (error, why);
  return why == NULL;
}

void
gst_channel_strip_impulse_stop (GstChannelStrip *self)
{
  GstChannelStripImpulse *i = &self->impulse;
  GThreadPool *pool;

  g_mutex_lock (&i->lock);
  pool = i->pool;
  i->pool = NULL;
  g_mutex_unlock (&i->lock);
  g_atomic_int_set (&i->cancel, TRUE);
  if (pool)
    g_thread_pool_free (pool, FALSE, TRUE);
  lq_reverb_free (&self->chain->reverb);
  lq_convolver_drop (&i->arrived);
  lq_convolver_drop (&i->leftover);
  g_mutex_lock (&i->lock);
  i->running = FALSE;
  g_clear_pointer (&i->impulse, lq_impulse_free);
  g_mutex_unlock (&i->lock);
}

gboolean
gst_channel_strip_impulse_prepare (GstChannelStrip *self, const lq_stream *stream)
{
  GstChannelStripImpulse *i = &self->impulse;
  lq_convolver *made = NULL;
  gboolean ok = TRUE;

  g_mutex_lock (&i->lock);
  lq_convolver_drop (&i->arrived);
  i->stream = lq_strip_output (stream);
  i->running = TRUE;
  i->serial++;
  if (i->impulse && lq_reverb_fits (&i->stream, i->impulse->channels)) {
    made = gst_channel_strip_make (i->impulse, &i->stream);
    ok = made != NULL;
  }
  g_mutex_unlock (&i->lock);
  if (made)
    lq_reverb_load (&self->chain->reverb, made);
  return ok;
}

gboolean
gst_channel_strip_impulse_admit (GstChannelStrip *self, GError **error)
{
  GstChannelStripImpulse *i = &self->impulse;
  LqParams *params = lq_filter_params (LQ_FILTER (self));
  gchar *path;

  if (!lq_params_get_int (params, "reverb-enabled") ||
      lq_params_get_int (params, "reverb-type") != LQ_REVERB_CONVOLUTION)
    return TRUE;
  path = gst_channel_strip_location (self);
  g_mutex_lock (&i->lock);
  if (i->impulse && !lq_reverb_fits (&i->stream, i->impulse->channels))
    g_propagate_error (error, gst_channel_strip_unfit (path, i->impulse, &i->stream));
  g_mutex_unlock (&i->lock);
  if (!path)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("reverb-type=convolution has no impulse response to play, and stays silent. Set "
         "reverb-impulse-location to an audio file."),
        (NULL));
  g_free (path);
  return *error == NULL;
}

/* What is done with is taken back only where there is room for it: a loading makes it. */
void
gst_channel_strip_impulse_exchange (GstChannelStrip *self)
{
  GstChannelStripImpulse *i = &self->impulse;
  lq_reverb *reverb = &self->chain->reverb;

  if (reverb->old && !g_atomic_pointer_get (&i->leftover))
    g_atomic_pointer_set (&i->leftover, lq_reverb_unload (reverb));
  if (g_atomic_pointer_get (&i->arrived) && lq_reverb_loads (reverb))
    lq_reverb_load (reverb, g_atomic_pointer_exchange (&i->arrived, NULL));
}
