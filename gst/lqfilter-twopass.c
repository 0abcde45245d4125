/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter: two-pass work in one pipeline.
 *
 *   SPOOL:  frames → scrub → analyse; → spool; events wait at their frame
 *   EOS or the next STREAM_START: solve; REPLAY: spool and events → chain → out
 *   KNOWN:  what comes after a flushing seek passes straight through the chain
 *
 * All of it happens on the streaming thread, and stops at any flow other than OK. */

#include "lqfilter-private.h"

#include "base/fpu.h"
#include "primitives/interleave.h"

/* Frames read back at once. */
#define REPLAY_FRAMES 4096

/* Notes may take this share of spool-memory, and the audio the rest. */
#define NOTES_SHARE 16

/* Progress is said at these steps: of the whole where it is known, else of stream time. */
#define PROGRESS_STEPS 10
#define PROGRESS_SECONDS 30

/* Where the timestamps of the input don't follow from those before. */
typedef struct {
  guint64 frame;
  GstClockTime pts;
  guint64 offset;
} LqMark;

typedef struct {
  guint64 frame;
  GstEvent *event;
} LqHeldEvent;

struct _LqSpoolBook {
  LqSpool *spool;
  LqSpool *notes; /* what analyse noted */
  guint64 frames;
  guint64 expected; /* frames in all, 0 where unknown */
  guint64 said;     /* frames at the last word of progress */
  GArray *marks;    /* LqMark */
  GArray *events;   /* LqHeldEvent */
  gfloat *samples;  /* of one read */
};

static void
lq_held_event_clear (gpointer held)
{
  gst_event_unref (((LqHeldEvent *)held)->event);
}

static void
lq_filter_progress (LqFilter *filter, GstProgressType type, const gchar *format, ...)
{
  va_list args;
  gchar *text;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  gst_element_post_message (GST_ELEMENT (filter),
      gst_message_new_progress (GST_OBJECT (filter), type, "measure", text));
  g_free (text);
}

/* How far the measurement is, once a step. Only the first pass is told so: gst-launch goes to
 * PLAYING when all progress is complete, and the second pass needs PLAYING to end. */
static void
lq_filter_progress_step (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqSpoolBook *book = p->book;
  const guint64 done = book->frames;
  const guint64 step = book->expected ? book->expected / PROGRESS_STEPS + 1
                                      : (guint64)(PROGRESS_SECONDS * p->stream.rate);

  if (done - book->said < step)
    return;
  book->said = done;
  if (book->expected)
    lq_filter_progress (filter, GST_PROGRESS_TYPE_CONTINUE, "Measuring: %.0f %%",
        MIN (100.0, 100.0 * (gdouble)done / (gdouble)book->expected));
  else
    lq_filter_progress (filter, GST_PROGRESS_TYPE_CONTINUE, "Measuring: %.0f s",
        (gdouble)done / p->stream.rate);
}

gboolean
lq_filter_check_spool (LqFilter *filter, GError **error)
{
  gchar *directory = lq_params_dup_string (lq_filter_params (filter), "spool-directory");
  const gboolean ok = !directory || !*directory || lq_spool_check_directory (directory, error);

  g_free (directory);
  return ok;
}

/* Why two-pass work can't be done on this stream, or NULL. */
static const gchar *
lq_filter_twopass_obstacle (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (GST_BASE_TRANSFORM (filter)->sinkpad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  if (live)
    return "Two-pass work hears the whole stream before its first sample goes out, and this "
           "source is live: it doesn't wait, and may never end. Record it first, or choose a "
           "mode of one pass.";
  if (p->segment.rate < 0.0)
    return "Two-pass work needs the stream from its beginning to its end; it is played "
           "backwards.";
  return NULL;
}

static gboolean
lq_filter_twopass_open (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gchar *obstacle = lq_filter_twopass_obstacle (filter);
  const GstClockTime duration = lq_filter_announced (filter);
  gchar *directory;
  guint64 memory;

  if (obstacle) {
    GST_ELEMENT_ERROR (filter, RESOURCE, SETTINGS, ("%s", obstacle), (NULL));
    return FALSE;
  }
  if (!p->book)
    lq_filter_twopass_begin (filter);
  directory = lq_params_dup_string (&p->params, "spool-directory");
  memory = lq_params_get_uint64 (&p->params, "spool-memory");
  p->book->spool = lq_spool_new (memory - memory / NOTES_SHARE, directory);
  p->book->notes = lq_spool_new (memory / NOTES_SHARE, directory);
  g_free (directory);
  if (GST_CLOCK_TIME_IS_VALID (duration)) {
    p->book->expected =
        gst_util_uint64_scale_round (duration, (guint64)p->stream.rate, GST_SECOND);
    lq_spool_expect (p->book->spool, p->book->expected * (guint64)GST_AUDIO_INFO_BPF (&p->in));
  }
  p->book->samples = g_malloc ((gsize)REPLAY_FRAMES * (gsize)GST_AUDIO_INFO_BPF (&p->in));
  g_atomic_int_set (&p->spooling, TRUE);
  lq_filter_progress (filter, GST_PROGRESS_TYPE_START, "Measuring");
  return TRUE;
}

/* An empty book: events may wait in it before there is a format. */
void
lq_filter_twopass_begin (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  p->book = g_new0 (LqSpoolBook, 1);
  p->book->marks = g_array_new (FALSE, FALSE, sizeof (LqMark));
  p->book->events = g_array_new (FALSE, FALSE, sizeof (LqHeldEvent));
  g_array_set_clear_func (p->book->events, lq_held_event_clear);
}

/* Whether frames are in the book. */
gboolean
lq_filter_twopass_started (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  return p->book && p->book->frames > 0;
}

void
lq_filter_twopass_drop (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqSpoolBook *book = p->book;

  g_atomic_int_set (&p->spooling, FALSE);
  p->book = NULL;
  if (!book)
    return;
  if (book->spool && p->pass == LQ_PASS_SPOOL)
    lq_filter_progress (filter, GST_PROGRESS_TYPE_CANCELED, "Measuring was stopped");
  if (book->spool)
    lq_spool_free (book->spool);
  if (book->notes)
    lq_spool_free (book->notes);
  g_array_unref (book->marks);
  g_array_unref (book->events);
  g_free (book->samples);
  g_free (book);
}

/* The work can't go on: nothing of it goes out. */
GstFlowReturn
lq_filter_twopass_fail (LqFilter *filter, GError *error)
{
  LqFilterPrivate *p = lq_filter_private (filter);

  if (error)
    lq_filter_fail (filter, error);
  lq_filter_progress (filter, GST_PROGRESS_TYPE_ERROR, "Two-pass work failed");
  p->pass = LQ_PASS_FAILED;
  lq_filter_twopass_drop (filter);
  return GST_FLOW_ERROR;
}

/* Scrubs, measures and stores one block; in == NULL is silence. */
static gboolean
lq_filter_twopass_block (LqFilter *filter, const gfloat *in, guint n, GError **error)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const gsize bpf = (gsize)GST_AUDIO_INFO_BPF (&p->in);
  const guint64 word = lq_fpu_enter ();
  const guint64 bad = lq_filter_load (filter, in, n);
  gfloat notes[LQ_FILTER_NOTES];
  guint noted;

  if (!in || bad) {
    lq_interleave (
        p->kernels, (const float *const *)p->planes, p->book->samples, p->stream.channels, n);
    in = p->book->samples;
  }
  noted = klass->analyse (filter, p->planes, n, notes);
  lq_fpu_leave (word);
  lq_filter_count_bad (filter, bad, n);
  p->in_frames += n;
  p->book->frames += n;
  return lq_spool_append (p->book->spool, in, n * bpf, error) &&
         (!noted || lq_spool_append (p->book->notes, notes, noted * sizeof *notes, error));
}

/* Frames of the next block, and settings as they are to be there. */
static guint
lq_filter_twopass_cut (LqFilter *filter, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  guint n = MIN (frames, LQ_BLOCK);

  if (!LQ_FILTER_GET_CLASS (filter)->rehearses)
    return n;
  if (p->controlled && p->phase == 0)
    lq_filter_control (filter, (gint64)p->in_frames);
  else
    lq_filter_follow (filter);
  if (p->controlled)
    n = lq_hop_left (p->phase, n);
  p->phase = (p->phase + n) % LQ_HOP;
  p->fresh = FALSE;
  return n;
}

/* Frames of the first pass: of a buffer, or `frames` of silence without one. Takes the buffer. */
GstFlowReturn
lq_filter_twopass_take (LqFilter *filter, GstBuffer *buffer, guint frames)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gboolean silent = !buffer || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP);
  GstMapInfo map = GST_MAP_INFO_INIT;
  GError *error = NULL;
  guint n;

  if ((!p->book || !p->book->spool) && !lq_filter_twopass_open (filter)) {
    gst_clear_buffer (&buffer);
    return lq_filter_twopass_fail (filter, NULL);
  }
  if (p->mark_due) {
    const LqMark mark = { p->book->frames, p->base_pts, p->base_offset };
    g_array_append_val (p->book->marks, mark);
    p->mark_due = FALSE;
  }
  if (buffer)
    gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (guint done = 0; done < frames && !error; done += n) {
    const gfloat *in = (const gfloat *)map.data + (gsize)done * p->stream.channels;
    n = lq_filter_twopass_cut (filter, frames - done);
    lq_filter_twopass_block (filter, silent ? NULL : in, n, &error);
  }
  if (buffer)
    gst_buffer_unmap (buffer, &map);
  gst_clear_buffer (&buffer);
  if (error)
    return lq_filter_twopass_fail (filter, error);
  lq_filter_progress_step (filter);
  return GST_FLOW_OK;
}

/* Takes the event; it goes out at the frame where it came. */
void
lq_filter_twopass_hold (LqFilter *filter, GstEvent *event)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqHeldEvent held = { 0, event };

  if (!p->book)
    lq_filter_twopass_begin (filter);
  held.frame = p->book->frames;
  g_array_append_val (p->book->events, held);
}

/* Replaying. */

/* Sends the events that wait at or before this frame, from *next on. */
static void
lq_filter_replay_events (LqFilter *filter, guint64 frame, guint *next)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  GArray *events = p->book->events;

  for (; *next < events->len; (*next)++) {
    LqHeldEvent *held = &g_array_index (events, LqHeldEvent, *next);
    if (held->frame > frame)
      return;
    lq_filter_sink_now (filter, gst_event_ref (held->event));
  }
}

/* Frames up to the next mark, event, or end. */
static guint
lq_filter_replay_left (const LqSpoolBook *book, guint64 at, guint mark, guint event)
{
  guint64 end = MIN (book->frames, at + REPLAY_FRAMES);

  if (mark < book->marks->len)
    end = MIN (end, g_array_index (book->marks, LqMark, mark).frame);
  if (event < book->events->len)
    end = MIN (end, g_array_index (book->events, LqHeldEvent, event).frame);
  return (guint)(end - at);
}

static GstFlowReturn
lq_filter_replay_frames (LqFilter *filter, guint64 at, guint n)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  const gsize bpf = (gsize)GST_AUDIO_INFO_BPF (&p->in);
  GError *error = NULL;
  GstBuffer *buffer;

  if (!lq_spool_read (p->book->spool, at * bpf, p->book->samples, n * bpf, &error))
    return lq_filter_twopass_fail (filter, error);
  buffer = lq_filter_render (filter, p->book->samples, n);
  return buffer ? lq_filter_push (filter, buffer) : GST_FLOW_OK;
}

static GstFlowReturn
lq_filter_replay (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  LqSpoolBook *book = p->book;
  GstFlowReturn ret = GST_FLOW_OK;
  guint mark = 0, event = 0, n;

  for (guint64 at = 0; at < book->frames && ret == GST_FLOW_OK; at += n) {
    lq_filter_replay_events (filter, at, &event);
    if (mark < book->marks->len && g_array_index (book->marks, LqMark, mark).frame == at) {
      const LqMark *m = &g_array_index (book->marks, LqMark, mark++);
      ret = lq_filter_drain (filter, FALSE);
      lq_filter_anchor (filter, m->pts, m->offset);
      if (klass->locate)
        klass->locate (filter, at);
    }
    if (at == 0)
      lq_filter_send_tags (filter, FALSE);
    n = lq_filter_replay_left (book, at, mark, event);
    if (ret == GST_FLOW_OK)
      ret = lq_filter_replay_frames (filter, at, n);
  }
  if (ret == GST_FLOW_OK)
    lq_filter_replay_events (filter, book->frames, &event);
  return ret;
}

/* All notes once more, as often as the chain asks for them. */
static gboolean
lq_filter_twopass_solve (LqFilter *filter, GError **error)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const guint64 size = lq_spool_size (p->book->notes);
  gfloat notes[LQ_FILTER_NOTES];
  guint64 word = lq_fpu_enter ();
  gboolean ok = TRUE;

  while (ok && klass->solve (filter))
    for (guint64 at = 0; at < size && ok; at += sizeof notes) {
      const gsize bytes = (gsize)MIN (size - at, sizeof notes);
      ok = lq_spool_read (p->book->notes, at, notes, bytes, error);
      if (ok)
        klass->retrace (filter, notes, (guint)(bytes / sizeof *notes));
    }
  lq_fpu_leave (word);
  return ok;
}

/* The first pass is over: concludes it and sends everything out. */
GstFlowReturn
lq_filter_twopass_finish (LqFilter *filter)
{
  LqFilterPrivate *p = lq_filter_private (filter);
  LqFilterClass *klass = LQ_FILTER_GET_CLASS (filter);
  const gboolean frames = lq_filter_twopass_started (filter);
  GError *error = NULL;
  GstFlowReturn ret;

  if (!p->book)
    lq_filter_twopass_begin (filter);
  if (frames && !lq_filter_twopass_solve (filter, &error))
    return lq_filter_twopass_fail (filter, error);
  p->pass = LQ_PASS_REPLAY;
  g_atomic_int_set (&p->spooling, FALSE);
  lq_filter_restart (filter);
  /* After the restart, which has taken the newest settings: they are what counts. */
  if (frames && klass->conclude && !klass->conclude (filter, TRUE, &error))
    return lq_filter_twopass_fail (filter, error);
  if (frames)
    lq_filter_progress (filter, GST_PROGRESS_TYPE_COMPLETE, "Measured %.1f s",
        (gdouble)p->book->frames / p->stream.rate);
  ret = lq_filter_replay (filter);
  if (p->pass != LQ_PASS_REPLAY)
    return ret;
  p->pass = LQ_PASS_KNOWN;
  lq_filter_twopass_drop (filter);
  return ret;
}
