/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is set before the stream begins is loaded there,
 * and sounds from the first frame on; what is set while playing is loaded and prepared by a thread of
 * its own, handed over atomically and cross-faded in by the reverb. */

#include "lqresponse.h"

#include <string.h>

static void
lq_convolver_drop (gpointer *place)
{
  lq_convolver_free (g_atomic_pointer_exchange (place, NULL));
}

static gchar *
lq_response_location (LqResponse *r)
{
  gchar *path = lq_params_dup_string (r->params, "reverb-impulse-location");

  if (path && !*path)
    g_clear_pointer (&path, g_free);
  return path;
}

/* What plays it at this stream; of no impulse: silence. */
static lq_convolver *
lq_response_make (const LqImpulse *impulse, const lq_stream *stream)
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
lq_response_unfit (const gchar *path, const LqImpulse *impulse, const lq_stream *stream)
{
  return g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s: an impulse response of %u channels can't be played to a stream of %u. It may have "
      "1, "
      "as many as the stream, or 4 for a stereo stream: left to left, left to right, right to "
      "left, right to right.",
      path, impulse->channels, stream->channels);
}

void
lq_response_init (LqResponse *r, GstElement *element, LqParams *params, lq_reverb *reverb)
{
  r->element = element;
  r->params = params;
  r->reverb = reverb;
  g_mutex_init (&r->lock);
}

void
lq_response_clear (LqResponse *r)
{
  g_mutex_clear (&r->lock);
}

/* While playing. */

static void
lq_response_warn (LqResponse *r, GError *error)
{
  gst_element_message_full (r->element, GST_MESSAGE_WARNING, error->domain, error->code,
      g_strdup_printf ("%s What sounded before goes on.", error->message), NULL, __FILE__,
      GST_FUNCTION, __LINE__);
  g_error_free (error);
}

/* For the stream as it is, and again if that changed meanwhile. FALSE: it doesn't fit, or there is no
 * memory; the impulse is freed then, and else taken over. */
static gboolean
lq_response_hand_over (LqResponse *r, const gchar *path, LqImpulse *impulse, GError **error)
{
  lq_convolver *made = NULL;
  gboolean done = FALSE;

  while (!done) {
    lq_stream stream;
    gboolean running;
    guint serial;
    g_mutex_lock (&r->lock);
    stream = r->stream;
    running = r->running;
    serial = r->serial;
    g_mutex_unlock (&r->lock);
    if (running && impulse && !lq_reverb_fits (&stream, impulse->channels))
      *error = lq_response_unfit (path, impulse, &stream);
    else if (running && !(made = lq_response_make (impulse, &stream)))
      *error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
          "%s: there isn't enough memory for it.", path);
    if (*error) {
      lq_impulse_free (impulse);
      return FALSE;
    }
    g_mutex_lock (&r->lock);
    done = serial == r->serial;
    if (done) {
      lq_impulse_free (r->impulse);
      r->impulse = impulse;
      made = g_atomic_pointer_exchange (&r->arrived, made);
    }
    g_mutex_unlock (&r->lock);
    lq_convolver_free (made);
    made = NULL;
  }
  return TRUE;
}

/* The thread: of several locations that were set meanwhile, the last one counts. */
static void
lq_response_load (gpointer job, gpointer user)
{
  LqResponse *r = user;
  const gboolean last = g_atomic_int_dec_and_test (&r->asked);
  gchar *path = lq_response_location (r);
  GError *error = NULL;
  LqImpulse *impulse = NULL;

  lq_convolver_drop (&r->leftover);
  if (last && !g_atomic_int_get (&r->cancel)) {
    if (path)
      impulse = lq_impulse_load (path, &r->cancel, &error);
    if (!error)
      lq_response_hand_over (r, path, impulse, &error);
    if (error && g_atomic_int_get (&r->cancel))
      g_clear_error (&error);
    if (error)
      lq_response_warn (r, error);
  }
  g_free (path);
}

void
lq_response_changed (LqResponse *r)
{
  g_mutex_lock (&r->lock);
  if (r->pool) {
    g_atomic_int_inc (&r->asked);
    g_thread_pool_push (r->pool, r, NULL);
  }
  g_mutex_unlock (&r->lock);
}

/* From beginning to end. */

gboolean
lq_response_check (LqResponse *r, GError **error)
{
  gchar *path = lq_response_location (r);
  GError *why = NULL;
  LqImpulse *impulse = path ? lq_impulse_load (path, NULL, &why) : NULL;

  g_mutex_lock (&r->lock);
  r->impulse = impulse;
  r->running = FALSE;
  g_atomic_int_set (&r->cancel, FALSE);
  if (!why)
    r->pool = g_thread_pool_new (lq_response_load, r, 1, FALSE, &why);
  g_mutex_unlock (&r->lock);
  g_free (path);
  if (why)
    g_propagate_error (error, why);
  return why == NULL;
}

void
lq_response_stop (LqResponse *r)
{
  GThreadPool *pool;

  g_mutex_lock (&r->lock);
  pool = r->pool;
  r->pool = NULL;
  g_mutex_unlock (&r->lock);
  g_atomic_int_set (&r->cancel, TRUE);
  if (pool)
    g_thread_pool_free (pool, FALSE, TRUE);
  lq_reverb_free (r->reverb);
  lq_convolver_drop (&r->arrived);
  lq_convolver_drop (&r->leftover);
  g_mutex_lock (&r->lock);
  r->running = FALSE;
  g_clear_pointer (&r->impulse, lq_impulse_free);
  g_mutex_unlock (&r->lock);
}

gboolean
lq_response_prepare (LqResponse *r, const lq_stream *stream)
{
  lq_convolver *made = NULL;
  gboolean ok = TRUE;

  g_mutex_lock (&r->lock);
  lq_convolver_drop (&r->arrived);
  r->stream = *stream;
  r->running = TRUE;
  r->serial++;
  if (r->impulse && lq_reverb_fits (&r->stream, r->impulse->channels)) {
    made = lq_response_make (r->impulse, &r->stream);
    ok = made != NULL;
  }
  g_mutex_unlock (&r->lock);
  if (made)
    lq_reverb_load (r->reverb, made);
  return ok;
}

gboolean
lq_response_admit (LqResponse *r, GError **error)
{
  gchar *path;

  if (!lq_params_get_int (r->params, "reverb-enabled") ||
      lq_params_get_int (r->params, "reverb-type") != LQ_REVERB_CONVOLUTION)
    return TRUE;
  path = lq_response_location (r);
  g_mutex_lock (&r->lock);
  if (r->impulse && !lq_reverb_fits (&r->stream, r->impulse->channels))
    g_propagate_error (error, lq_response_unfit (path, r->impulse, &r->stream));
  g_mutex_unlock (&r->lock);
  if (!path)
    GST_ELEMENT_WARNING (r->element, RESOURCE, SETTINGS,
        ("reverb-type=convolution has no impulse response to play, and stays silent. Set "
         "reverb-impulse-location to an audio file."),
        (NULL));
  g_free (path);
  return *error == NULL;
}

/* What is done with is taken back only where there is room for it: a loading makes it. */
void
lq_response_exchange (LqResponse *r)
{
  if (r->reverb->old && !g_atomic_pointer_get (&r->leftover))
    g_atomic_pointer_set (&r->leftover, lq_reverb_unload (r->reverb));
  if (g_atomic_pointer_get (&r->arrived) && lq_reverb_loads (r->reverb))
    lq_reverb_load (r->reverb, g_atomic_pointer_exchange (&r->arrived, NULL));
}
