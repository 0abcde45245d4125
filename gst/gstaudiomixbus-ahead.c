/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: pads' own threads run their voices ahead of the mixing thread. */

#include "gstaudiomixbus-private.h"

/* The pace is looked at each PACE_S s of the mix; PACE_FAST times as fast as it plays is ahead of time. */
#define PACE_S 0.1
#define PACE_FAST 3.0
/* From so many pads on it is dearer to go from thread to thread than to leave the cache. */
#define MANY_PADS 48

/* What a pad keeps back, s: the shortest fade, for when it is released. */
#define KEEP_S 0.02

/* Pads run no further from here on, and none does any more. */
void
lq_mix_close (GstAudioMixBus *self)
{
  if (!g_atomic_int_compare_and_exchange (&self->open, 1, 0))
    return;
  for (guint i = 0; i < self->snapshot->len; i++) {
    GstAudioMixBusPad *pad = g_ptr_array_index (self->snapshot, i);
    g_mutex_lock (&pad->work);
    g_mutex_unlock (&pad->work);
  }
}

/* What there is room for, on the bus and for readings of meters. */
static guint64
lq_mix_farthest (const GstAudioMixBus *self)
{
  const guint64 room = self->console.room / (self->snapshot->len < MANY_PADS ? 2 : 1);

  return self->period ? MIN (room, self->period * (LQ_READINGS - 1)) : room;
}

/* A mix that somebody listens to while it is made stays close to what is heard, so that settings
 * are heard soon; one that runs ahead of time may read by larger portions. */
void
lq_mix_pace (GstAudioMixBus *self)
{
  const gdouble rate = self->stream.rate;
  const guint64 frames = self->offset - self->pace_frame;
  gint64 now;

  if (frames < rate * PACE_S)
    return;
  now = g_get_monotonic_time ();
  g_atomic_int_set (&self->reach,
      frames / rate > PACE_FAST * (gdouble)(now - self->pace_time) / G_USEC_PER_SEC
          ? (gint)lq_mix_farthest (self)
          : LQ_BLOCK);
  self->pace_time = now;
  self->pace_frame = self->offset;
}

/* Pads that wait for room, when there is enough of it for all that they will do at once. */
void
lq_mix_wake_pads (GstAudioMixBus *self)
{
  if (self->offset - self->woken < (guint64)g_atomic_int_get (&self->reach) * 3 / 4)
    return;
  self->woken = self->offset;
  for (guint i = 0; i < self->snapshot->len; i++)
    lq_mix_pad_wake (g_ptr_array_index (self->snapshot, i));
}

/* Whether a pad's own thread may run its voice: nothing about it is to be settled first. */
static gboolean
lq_mix_may_run (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  return g_atomic_int_get (&self->open) && pad->voice && pad->voice->mapped && pad->has_caps &&
         !pad->voice->depth && !pad->voice->heard &&
         pad->voice->generation == lq_params_generation (&pad->params) &&
         (guint)g_atomic_int_get (&self->settled) == lq_params_generation (&self->params);
}

/* In the pad's own thread: what is queued, as far as the bus has room. */
void
lq_mix_run_ahead (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  const guint64 keep = (guint64)(KEEP_S * g_atomic_int_get (&self->rate));
  guint64 limit = 0, at = 0;
  GstMiniObject *item;

  if (!g_atomic_int_get (&self->open) || !g_mutex_trylock (&pad->work))
    return;
  if (lq_mix_may_run (self, pad)) {
    limit = __atomic_load_n (&self->base, __ATOMIC_ACQUIRE) +
            (guint64)g_atomic_int_get (&self->reach);
    while (
        pad->voice->covered < limit && (item = lq_mix_pad_take (pad)) && GST_IS_BUFFER (item)) {
      gst_mini_object_ref (item);
      lq_mix_pad_pop (pad);
      if (!lq_mix_pad_buffer (self, pad, GST_BUFFER_CAST (item)))
        break;
    }
    lq_voice_run (
        self, pad->voice, MIN (pad->voice->covered - MIN (keep, pad->voice->covered), limit));
    at = pad->voice->covered;
  }
  g_mutex_unlock (&pad->work);
  lq_mix_pad_reached (self, pad, at);
}
