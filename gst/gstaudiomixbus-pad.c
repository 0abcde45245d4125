/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: the side of a sink pad that belongs to its streaming thread: the queue.
 *
 * The mixing thread takes all that is queued at once, and what comes next finds the queue empty:
 * both sides wake each other once a queueful, not once a buffer. While the mixing thread waits for
 * pads it says so (`wanted`), and the last of them wakes it. Where it counts fewer of them than there
 * are, since one came while it began to count anew, it is woken early, and counts again. */

#include "gstaudiomixbus-private.h"

/* Frames that a pad may queue before it blocks: while it runs ahead, and in s⁻¹ of the rate, else. */
#define QUEUE_AHEAD 2048
#define QUEUE_SHARE 3
#define QUEUE_LEAST 4096

static GstAudioMixBus *
lq_mix_pad_bus (GstPad *pad)
{
  GstObject *parent = gst_object_get_parent (GST_OBJECT (pad));

  return parent ? GST_AUDIO_MIX_BUS (parent) : NULL;
}

/* With the lock. */
static gboolean
lq_mix_pad_full (GstAudioMixBusPad *pad, GstAudioMixBus *self)
{
  const guint64 least = MAX (QUEUE_LEAST, g_atomic_int_get (&self->rate) / QUEUE_SHARE);

  if (g_atomic_int_get (&self->open))
    return pad->incoming_frames >= QUEUE_AHEAD;
  return pad->incoming_frames >= MAX (least, (guint64)g_atomic_int_get (&self->queue_frames));
}

/* What was wanted of it has come. TRUE: of all others too. With the lock. */
static gboolean
lq_mix_pad_came (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  pad->wanted = 0;
  return g_atomic_int_add (&self->lacking, -1) <= 1;
}

/* A buffer that follows the one before. */
static gboolean
lq_mix_follows (GstMiniObject *item)
{
  return GST_IS_BUFFER (item) && !GST_BUFFER_FLAG_IS_SET (item, GST_BUFFER_FLAG_DISCONT) &&
         !GST_BUFFER_FLAG_IS_SET (item, GST_BUFFER_FLAG_RESYNC);
}

/* With the lock. TRUE: the mixing thread waits for this, and for no other pad; or it is to be looked
 * at in any case, since it is no buffer that follows the one before. */
static gboolean
lq_mix_pad_put (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstMiniObject *item)
{
  const gboolean follows = lq_mix_follows (item);
  const gsize size = GST_IS_BUFFER (item) ? gst_buffer_get_size (GST_BUFFER_CAST (item)) : 0;
  const gsize bpf = MAX (pad->incoming_bpf, 1u);

  g_ptr_array_add (pad->incoming, item);
  /* A torn frame counts: it is to be refused. */
  pad->incoming_frames += (size + bpf - 1) / bpf;
  if (!pad->wanted || (follows && size % bpf == 0 && pad->incoming_frames < pad->wanted))
    return FALSE;
  return lq_mix_pad_came (self, pad) || !follows || size % bpf;
}

static gboolean
lq_mix_pad_lacks_room (GstAudioMixBusPad *pad, GstAudioMixBus *self)
{
  return pad->flow == GST_FLOW_OK && pad->incoming_frames && lq_mix_pad_full (pad, self);
}

/* Until there is room, or none is needed any more. With the lock. */
static void
lq_mix_pad_wait (GstAudioMixBusPad *pad, GstAudioMixBus *self)
{
  while (lq_mix_pad_lacks_room (pad, self)) {
    gboolean kick;
    g_mutex_unlock (&pad->lock);
    lq_mix_run_ahead (self, pad);
    g_mutex_lock (&pad->lock);
    if (!lq_mix_pad_lacks_room (pad, self))
      break;
    /* The mixing thread may want more than there is room for. */
    kick = pad->wanted != 0;
    pad->wanted = 0;
    pad->waits = TRUE;
    if (!kick) {
      g_cond_wait (&pad->room, &pad->lock);
      continue;
    }
    g_mutex_unlock (&pad->lock);
    lq_mix_kick (self);
    g_mutex_lock (&pad->lock);
  }
}

static GstFlowReturn
lq_mix_pad_chain (GstPad *gstpad, GstObject *parent, GstBuffer *buffer)
{
  GstAudioMixBusPad *pad = GST_AUDIO_MIX_BUS_PAD (gstpad);
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (parent);
  GstFlowReturn flow;
  gboolean kick = FALSE;

  g_mutex_lock (&pad->lock);
  lq_mix_pad_wait (pad, self);
  flow = pad->flow;
  if (flow == GST_FLOW_OK)
    kick = lq_mix_pad_put (self, pad, GST_MINI_OBJECT_CAST (buffer));
  g_mutex_unlock (&pad->lock);
  if (flow == GST_FLOW_OK)
    lq_mix_run_ahead (self, pad);
  else
    gst_buffer_unref (buffer);
  if (kick)
    lq_mix_kick (self);
  return flow;
}

/* Events and queries. */

/* What a flush leaves: sticky events that nobody has seen yet. With the lock. */
static void
lq_mix_pad_flush_queue (GstAudioMixBusPad *pad)
{
  guint kept = 0;

  for (guint i = 0; i < pad->incoming->len; i++) {
    GstMiniObject *item = g_ptr_array_index (pad->incoming, i);
    GstEvent *event = GST_IS_EVENT (item) ? GST_EVENT_CAST (item) : NULL;
    if (event && GST_EVENT_IS_STICKY (event) && GST_EVENT_TYPE (event) != GST_EVENT_EOS &&
        GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
      g_ptr_array_index (pad->incoming, kept++) = item;
    else
      gst_mini_object_unref (item);
  }
  g_ptr_array_set_size (pad->incoming, (gint)kept);
  pad->incoming_frames = 0;
  if (pad->query && !pad->query_busy) {
    pad->query = NULL;
    pad->query_answer = FALSE;
  }
}

void
lq_mix_pad_set_flow (GstAudioMixBusPad *pad, GstFlowReturn flow)
{
  g_mutex_lock (&pad->lock);
  if (!pad->flushing && !pad->released)
    pad->flow = flow;
  pad->waits = FALSE;
  g_cond_broadcast (&pad->room);
  g_mutex_unlock (&pad->lock);
}

/* All has ended, unless a new stream has begun to come. */
void
lq_mix_pad_end (GstAudioMixBusPad *pad)
{
  g_mutex_lock (&pad->lock);
  if (!pad->flushing && !pad->released && pad->incoming->len == 0 &&
      pad->next >= pad->taken->len)
    pad->flow = GST_FLOW_EOS;
  g_mutex_unlock (&pad->lock);
}

static void
lq_mix_pad_flush_start (GstAudioMixBusPad *pad, guint32 seqnum)
{
  g_mutex_lock (&pad->lock);
  pad->flow = GST_FLOW_FLUSHING;
  pad->flushing = TRUE;
  pad->flush_seqnum = seqnum;
  lq_mix_pad_flush_queue (pad);
  g_cond_broadcast (&pad->room);
  g_mutex_unlock (&pad->lock);
}

static void
lq_mix_pad_flush_stop (GstAudioMixBusPad *pad)
{
  g_mutex_lock (&pad->lock);
  pad->flow = GST_FLOW_OK;
  pad->flushing = FALSE;
  __atomic_add_fetch (&pad->flushes, 1, __ATOMIC_RELEASE);
  lq_mix_pad_flush_queue (pad);
  g_mutex_unlock (&pad->lock);
}

static GstFlowReturn
lq_mix_pad_queue_event (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event)
{
  const gboolean starts = GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START;
  GstFlowReturn flow;
  gboolean kick = FALSE;

  g_mutex_lock (&pad->lock);
  if (starts && pad->flow == GST_FLOW_EOS)
    pad->flow = GST_FLOW_OK;
  flow = pad->flow;
  if (flow == GST_FLOW_OK)
    kick = lq_mix_pad_put (self, pad, GST_MINI_OBJECT_CAST (event));
  g_mutex_unlock (&pad->lock);
  if (flow == GST_FLOW_OK) {
    if (kick)
      lq_mix_kick (self);
    if (starts)
      lq_mix_resume (self);
    return flow;
  }
  if (GST_EVENT_IS_STICKY (event))
    gst_pad_store_sticky_event (GST_PAD (pad), event);
  gst_event_unref (event);
  return flow;
}

static gboolean
lq_mix_pad_admit_segment (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event)
{
  const GstSegment *segment;
  gdouble rate;

  gst_event_parse_segment (event, &segment);
  g_mutex_lock (&self->lock);
  rate = self->segment.rate;
  g_mutex_unlock (&self->lock);
  if (segment->format == GST_FORMAT_TIME && segment->rate == rate)
    return TRUE;
  if (segment->format == GST_FORMAT_TIME && segment->rate > 0.0)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("%s plays at the rate %g, and the mix at %g. All inputs need the rate of the last "
         "seek.",
            GST_OBJECT_NAME (pad), segment->rate, rate),
        (NULL));
  else
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("%s: %s can't be mixed. Only segments in time that play forwards can.",
            GST_OBJECT_NAME (pad),
            segment->format == GST_FORMAT_TIME ? "a stream that plays backwards"
                                               : gst_format_get_name (segment->format)),
        (NULL));
  return FALSE;
}

/* What has to be refused is refused here, where upstream hears of it. */
static gboolean
lq_mix_pad_admit_event (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event)
{
  GstAudioInfo info;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    return lq_mix_pad_admit_segment (self, pad, event);
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return TRUE;
  gst_event_parse_caps (event, &caps);
  if (!lq_mix_check_caps (self, pad, caps))
    return FALSE;
  g_mutex_lock (&pad->lock);
  if (gst_audio_info_from_caps (&info, caps))
    pad->incoming_bpf = (guint)GST_AUDIO_INFO_BPF (&info);
  g_mutex_unlock (&pad->lock);
  return TRUE;
}

static GstFlowReturn
lq_mix_pad_event (GstPad *gstpad, GstObject *parent, GstEvent *event)
{
  GstAudioMixBusPad *pad = GST_AUDIO_MIX_BUS_PAD (gstpad);
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      lq_mix_pad_flush_start (pad, gst_event_get_seqnum (event));
      lq_mix_flush_start (self, pad, event);
      return GST_FLOW_OK;
    case GST_EVENT_FLUSH_STOP:
      lq_mix_pad_flush_stop (pad);
      lq_mix_flush_stop (self, pad, event);
      return GST_FLOW_OK;
    default:
      break;
  }
  if (!GST_EVENT_IS_SERIALIZED (event))
    return gst_pad_event_default (gstpad, parent, event) ? GST_FLOW_OK : GST_FLOW_ERROR;
  if (!lq_mix_pad_admit_event (self, pad, event)) {
    gst_event_unref (event);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  return lq_mix_pad_queue_event (self, pad, event);
}

/* Waits until all before it has been handled, and it has. */
static gboolean
lq_mix_pad_ask (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstQuery *query)
{
  gboolean answer = FALSE, kick = FALSE;

  g_mutex_lock (&pad->lock);
  if (pad->flow == GST_FLOW_OK) {
    pad->query = query;
    pad->query_answer = FALSE;
    kick = pad->wanted != 0;
    pad->wanted = 0;
  }
  g_mutex_unlock (&pad->lock);
  if (kick)
    lq_mix_kick (self);
  g_mutex_lock (&pad->lock);
  while (pad->query == query)
    g_cond_wait (&pad->room, &pad->lock);
  answer = pad->query_answer;
  g_mutex_unlock (&pad->lock);
  return answer;
}

static gboolean
lq_mix_pad_query (GstPad *gstpad, GstObject *parent, GstQuery *query)
{
  GstAudioMixBusPad *pad = GST_AUDIO_MIX_BUS_PAD (gstpad);
  GstAudioMixBus *self = GST_AUDIO_MIX_BUS (parent);
  GstCaps *caps, *filter;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      gst_query_parse_caps (query, &filter);
      caps = lq_mix_sink_caps (self, pad, filter);
      gst_query_set_caps_result (query, caps);
      gst_caps_unref (caps);
      return TRUE;
    case GST_QUERY_ACCEPT_CAPS:
      /* Another rate is accepted, so that its CAPS event can be refused with the reason. */
      gst_query_parse_accept_caps (query, &caps);
      filter = gst_pad_get_pad_template_caps (gstpad);
      gst_query_set_accept_caps_result (query, gst_caps_is_subset (caps, filter));
      gst_caps_unref (filter);
      return TRUE;
    case GST_QUERY_ALLOCATION:
      return FALSE;
    default:
      break;
  }
  if (GST_QUERY_IS_SERIALIZED (query))
    return lq_mix_pad_ask (self, pad, query);
  return gst_pad_query_default (gstpad, parent, query);
}

static gboolean
lq_mix_pad_activate (GstPad *gstpad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstAudioMixBusPad *pad = GST_AUDIO_MIX_BUS_PAD (gstpad);
  GstAudioMixBus *self = lq_mix_pad_bus (gstpad);

  if (mode != GST_PAD_MODE_PUSH) {
    gst_clear_object (&self);
    return FALSE;
  }
  g_mutex_lock (&pad->lock);
  if (active) {
    pad->flow = GST_FLOW_OK;
    pad->flushing = FALSE;
  } else {
    pad->flow = GST_FLOW_FLUSHING;
    if (!pad->released)
      lq_mix_pad_flush_queue (pad);
    g_cond_broadcast (&pad->room);
  }
  g_mutex_unlock (&pad->lock);
  if (self)
    lq_mix_kick (self);
  gst_clear_object (&self);
  return TRUE;
}

void
lq_mix_pad_setup (GstAudioMixBusPad *pad)
{
  GstPad *gstpad = GST_PAD (pad);

  gst_pad_set_chain_function (gstpad, GST_DEBUG_FUNCPTR (lq_mix_pad_chain));
  gst_pad_set_event_full_function (gstpad, GST_DEBUG_FUNCPTR (lq_mix_pad_event));
  gst_pad_set_query_function (gstpad, GST_DEBUG_FUNCPTR (lq_mix_pad_query));
  gst_pad_set_activatemode_function (gstpad, GST_DEBUG_FUNCPTR (lq_mix_pad_activate));
}

/* For the mixing thread. */

/* All that is queued, if what was taken before is over. With both locks. */
static void
lq_mix_pad_swap (GstAudioMixBusPad *pad)
{
  GPtrArray *all = pad->incoming;

  pad->incoming = pad->taken;
  pad->taken = all;
  pad->incoming_frames = 0;
  if (pad->waits)
    g_cond_broadcast (&pad->room);
  pad->waits = FALSE;
}

/* The next item, which stays the pad's, or NULL. Under work. */
GstMiniObject *
lq_mix_pad_take (GstAudioMixBusPad *pad)
{
  GstMiniObject *item = NULL;

  if (pad->next < pad->taken->len)
    return g_ptr_array_index (pad->taken, pad->next);
  g_ptr_array_set_size (pad->taken, 0);
  pad->next = 0;
  g_mutex_lock (&pad->lock);
  if (pad->incoming->len && pad->flushes == pad->flushes_seen) {
    lq_mix_pad_swap (pad);
    item = g_ptr_array_index (pad->taken, 0);
  }
  g_mutex_unlock (&pad->lock);
  return item;
}

/* The same for the mixing thread, to whom a query is an item too. NULL: there is none, and the pad
 * counts as lacking until there are `wanted` frames, which lead to the frame `until`, or something else
 * (0: it doesn't); or a flush is to be looked at first. */
GstMiniObject *
lq_mix_pad_peek (GstAudioMixBus *self, GstAudioMixBusPad *pad, guint wanted, guint64 until)
{
  GstMiniObject *item = lq_mix_pad_take (pad);

  if (item)
    return item;
  g_mutex_lock (&pad->lock);
  pad->wanted = 0;
  if (pad->flushes != pad->flushes_seen) {
    item = NULL;
  } else if (pad->incoming->len) {
    lq_mix_pad_swap (pad);
    item = g_ptr_array_index (pad->taken, 0);
  } else if (pad->query) {
    pad->query_busy = TRUE;
    item = GST_MINI_OBJECT_CAST (pad->query);
  } else {
    pad->wanted = wanted;
    pad->wanted_until = until;
    pad->asked = wanted != 0;
    if (wanted)
      g_atomic_int_inc (&self->lacking);
  }
  g_mutex_unlock (&pad->lock);
  return item;
}

/* It isn't waited for after all, since it has ended, say: it doesn't count as lacking. */
void
lq_mix_pad_unwant (GstAudioMixBus *self, GstAudioMixBusPad *pad)
{
  if (!pad->asked)
    return;
  pad->asked = FALSE;
  g_mutex_lock (&pad->lock);
  if (pad->wanted)
    lq_mix_pad_came (self, pad);
  g_mutex_unlock (&pad->lock);
}

/* What the pad's own thread has run up to this frame may be what is waited for. */
void
lq_mix_pad_reached (GstAudioMixBus *self, GstAudioMixBusPad *pad, guint64 frame)
{
  gboolean kick;

  g_mutex_lock (&pad->lock);
  kick = pad->wanted && frame >= pad->wanted_until && lq_mix_pad_came (self, pad);
  g_mutex_unlock (&pad->lock);
  if (kick)
    lq_mix_kick (self);
}

/* There is room again, if it waits for that. */
void
lq_mix_pad_wake (GstAudioMixBusPad *pad)
{
  g_mutex_lock (&pad->lock);
  if (pad->waits)
    g_cond_broadcast (&pad->room);
  pad->waits = FALSE;
  g_mutex_unlock (&pad->lock);
}

/* What was peeked at is done with, unless it was a query. */
void
lq_mix_pad_pop (GstAudioMixBusPad *pad)
{
  gst_mini_object_unref (g_ptr_array_index (pad->taken, pad->next));
  pad->next++;
}

void
lq_mix_pad_answer (GstAudioMixBusPad *pad, gboolean answer)
{
  g_mutex_lock (&pad->lock);
  pad->query = NULL;
  pad->query_busy = FALSE;
  pad->query_answer = answer;
  g_cond_broadcast (&pad->room);
  g_mutex_unlock (&pad->lock);
}

/* Whether anything waits to be handled. */
gboolean
lq_mix_pad_waiting (GstAudioMixBusPad *pad)
{
  gboolean any = pad->next < pad->taken->len;

  g_mutex_lock (&pad->lock);
  any = any || pad->incoming->len;
  g_mutex_unlock (&pad->lock);
  return any;
}

/* Forgets what was taken. */
void
lq_mix_pad_clear (GstAudioMixBusPad *pad)
{
  while (pad->next < pad->taken->len)
    lq_mix_pad_pop (pad);
  g_ptr_array_set_size (pad->taken, 0);
  pad->next = 0;
}

/* Since the last call; what was taken before it is forgotten then, but for events that stick. */
gboolean
lq_mix_pad_flushed (GstAudioMixBusPad *pad)
{
  const guint flushes = __atomic_load_n (&pad->flushes, __ATOMIC_ACQUIRE);

  if (flushes == pad->flushes_seen)
    return FALSE;
  pad->flushes_seen = flushes;
  return TRUE;
}
