/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* soak-mixbus STEPS [SEED]: whatever can happen to a mixer, in any order, while it plays: pads that come
 * and go, end and begin again, change their channels, are flushed, set, lack times; seeks, stops. Offline
 * and by a real clock. After each step the mix has to get on; every buffer's time is checked, none may
 * stay, nothing that isn't a number comes out. */

#include "lqtest.h"
#include "mixrig.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define SOURCES 8

typedef struct {
  MixInput *in;
  guint64 at; /* the frame that it sends next */
  gboolean ended;
  gboolean fresh; /* nothing has been sent since it began: it says when */
} Source;

typedef struct {
  MixRig *rig;
  lqs_random rnd;
  gboolean live;
  GstClock *clock;
  GstClockTime began; /* base time */
  Source sources[SOURCES];
  guint64 now;  /* the frame up to which all send, of their segments … */
  guint64 from; /* … which begin here */
  guint seeks, removals, ends;
} Storm;

static guint steps = 150, seed = 1;
static Storm *storm;

static guint
pick (guint most)
{
  return lqs_range (&storm->rnd, 0, most);
}

static Source *
source_of (MixInput *in)
{
  for (guint i = 0; i < SOURCES; i++)
    if (storm->sources[i].in == in)
      return &storm->sources[i];
  return NULL;
}

static gboolean
nobody (void)
{
  for (guint i = 0; i < SOURCES; i++)
    if (storm->sources[i].in && !storm->sources[i].ended)
      return FALSE;
  return TRUE;
}

static GstEvent *
segment_event (guint32 seqnum)
{
  GstEvent *event =
      mix_segment ((gint64)gst_util_uint64_scale (storm->from, 1000, MIX_RATE), -1, 0, 0);

  if (seqnum)
    gst_event_set_seqnum (event, seqnum);
  return event;
}

static void
send_caps (Source *s)
{
  GstCaps *caps = mix_caps (MIX_RATE, s->in->channels, GST_AUDIO_NE (F32));

  mix_push (s->in, gst_event_new_caps (caps));
  gst_caps_unref (caps);
}

static void
begin (Source *s)
{
  mix_push (s->in, gst_event_new_stream_start ("storm"));
  send_caps (s);
  mix_push (s->in, segment_event (0));
  s->ended = FALSE;
  s->fresh = TRUE;
  s->at = storm->now;
}

/* A source's part of a seek of the whole pipeline. */
static gboolean
on_seek (MixInput *in, GstEvent *event)
{
  Source *s = source_of (in);
  const guint32 seqnum = gst_event_get_seqnum (event);

  mix_flush_start (in, seqnum);
  mix_drop (in);
  if (!mix_wait_idle (in))
    return FALSE;
  mix_flush_stop (in, seqnum);
  /* What the flush has thrown away, too. */
  mix_push (in, gst_event_new_stream_start ("storm"));
  send_caps (s);
  mix_push (in, segment_event (seqnum));
  s->ended = FALSE;
  s->fresh = TRUE;
  s->at = storm->from;
  return TRUE;
}

/* What can happen. */

static void
add (Source *s)
{
  s->in = mix_input (storm->rig, NULL, 1 + pick (7));
  g_object_set (s->in->sink, "gain", -20.0 * (pick (2)), "eq1-enabled", pick (3) == 0,
      "eq1-gain", 6.0, "pan", lqs_uniform (&storm->rnd), "reverb-send",
      pick (3) ? -120.0 : -30.0, "qos-messages", pick (1), "emit-signals", pick (1), NULL);
  begin (s);
}

static void
take_away (Source *s)
{
  mix_remove (s->in);
  s->in = NULL;
  storm->removals++;
}

static void
set (Source *s)
{
  g_object_set (s->in->sink, "gain", -40.0 * (pick (8) / 8.0), "mute", pick (5) == 0, "solo",
      pick (7) == 0, "pan", lqs_uniform (&storm->rnd), "delay", 10.0 * pick (5), "comp-enabled",
      pick (1), "group", pick (1) ? "g" : "", NULL);
  g_object_set (storm->rig->mix, "gain", -6.0 * pick (2), "groups",
      pick (1) ? "g,gain=-3.0" : "", "discont-wait", (guint64)pick (1) * GST_SECOND, NULL);
}

static void
change_caps (Source *s)
{
  s->in->channels = 1 + pick (7);
  send_caps (s);
}

static void
flush (Source *s)
{
  const guint32 seqnum = gst_util_seqnum_next ();

  mix_flush_start (s->in, seqnum);
  mix_drop (s->in);
  mix_wait_idle (s->in);
  mix_flush_stop (s->in, seqnum);
  begin (s);
}

static void
end (Source *s)
{
  if (s->ended) {
    begin (s);
    return;
  }
  mix_push (s->in, gst_event_new_eos ());
  s->ended = TRUE;
  storm->ends++;
}

static void
seek_all (void)
{
  guint sources = 0;

  for (guint i = 0; i < SOURCES; i++)
    sources += storm->sources[i].in != NULL;
  if (!sources)
    return;
  storm->from = 4800 * (guint64)pick (1000);
  storm->now = storm->from;
  CHECK (
      gst_element_seek (storm->rig->mix, 1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          GST_SEEK_TYPE_SET, (gint64)gst_util_uint64_scale (storm->from, GST_SECOND, MIX_RATE),
          GST_SEEK_TYPE_NONE, -1),
      "a seek fails");
  storm->seeks++;
  /* What a pipeline does then. */
  if (storm->live) {
    storm->began = gst_clock_get_time (storm->clock);
    gst_element_set_base_time (storm->rig->mix, storm->began);
  }
}

static void
stop_and_go (void)
{
  MixRig *rig = storm->rig;

  gst_element_set_state (rig->mix, pick (1) ? GST_STATE_READY : GST_STATE_NULL);
  for (guint i = 0; i < SOURCES; i++)
    if (storm->sources[i].in) {
      mix_drop (storm->sources[i].in);
      mix_wait_idle (storm->sources[i].in);
    }
  mix_forget (rig);
  storm->now = storm->from = 0;
  if (storm->live) {
    storm->began = gst_clock_get_time (storm->clock);
    gst_element_set_base_time (rig->mix, storm->began);
  }
  mix_play (rig);
  for (guint i = 0; i < SOURCES; i++)
    if (storm->sources[i].in)
      begin (&storm->sources[i]);
}

/* So many frames of noise, or of something that is less than that. */
static void
send (Source *s, guint64 until)
{
  while (s->at < until) {
    guint n = 1 + pick (pick (1) ? 30 : 2000);
    GstBuffer *buffer;
    n = (guint)MIN (n, until - s->at);
    buffer = mix_value (
        s->in, s->fresh || pick (20) ? s->at : G_MAXUINT64, n, lqs_uniform (&storm->rnd) * 0.1);
    if (pick (30) == 0) {
      const gfloat bad = NAN;
      gst_buffer_fill (buffer, 0, &bad, sizeof bad);
    }
    if (pick (20) == 0)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    if (pick (20) == 0 && GST_BUFFER_PTS_IS_VALID (buffer)) {
      mix_push (
          s->in, gst_event_new_gap (GST_BUFFER_PTS (buffer), GST_BUFFER_DURATION (buffer)));
      gst_buffer_unref (buffer);
    } else {
      mix_push (s->in, buffer);
    }
    if (pick (30) == 0)
      mix_push (s->in, mix_value (s->in, s->at, 0, 0.0));
    s->at += n;
    s->fresh = FALSE;
  }
}

/* Whether output has come to a frame, counted from the segment's start. */
static gboolean
gets_to (guint64 frame)
{
  MixRig *rig = storm->rig;
  const gint64 until = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  gboolean there = FALSE;

  g_mutex_lock (&rig->lock);
  while (!(there = rig->next != GST_BUFFER_OFFSET_NONE && rig->next >= frame) &&
         g_cond_wait_until (&rig->cond, &rig->lock, until))
    ;
  for (guint i = 0; i < rig->samples->len; i++)
    if (!isfinite (g_array_index (rig->samples, gfloat, i))) {
      there =
          CHECK (FALSE, "sample %u is %g", i, (gdouble)g_array_index (rig->samples, gfloat, i));
      break;
    }
  g_array_set_size (rig->samples, 0);
  g_mutex_unlock (&rig->lock);
  return there;
}

static void
step (void)
{
  Source *s = &storm->sources[pick (SOURCES - 1)];
  const guint what = pick (99);

  if (!s->in)
    add (s);
  else if (what < 25)
    take_away (s);
  else if (what < 45)
    set (s);
  else if (what < 60 && !s->ended)
    change_caps (s);
  else if (what < 75)
    flush (s);
  else if (what < 88)
    end (s);
  else if (what < 96)
    seek_all ();
  else if (what < 98)
    stop_and_go ();
}

/* All have ended: so does the mix, maybe later, by a tail. What comes next comes behind that. */
static gboolean
settle (void)
{
  MixRig *rig = storm->rig;
  const gint64 until = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  gboolean any = FALSE;

  for (guint i = 0; i < SOURCES; i++)
    any = any || storm->sources[i].in;
  g_mutex_lock (&rig->lock);
  while (any && !rig->ended && g_cond_wait_until (&rig->cond, &rig->lock, until))
    ;
  any = !any || rig->ended;
  if (rig->has_segment && rig->next != GST_BUFFER_OFFSET_NONE)
    storm->now = MAX (storm->now, storm->from + rig->next);
  g_mutex_unlock (&rig->lock);
  return any;
}

/* All send as far as they should; the mix gets there. */
static gboolean
get_on (void)
{
  guint64 until;
  gboolean ok = TRUE;

  if (storm->live) {
    g_usleep (3000);
    until =
        storm->from + gst_util_uint64_scale (gst_clock_get_time (storm->clock) - storm->began,
                          MIX_RATE, GST_SECOND);
  } else {
    until = storm->now + 1 + pick (4000);
  }
  for (guint i = 0; i < SOURCES; i++)
    if (storm->sources[i].in && !storm->sources[i].ended && (!storm->live || pick (9)))
      send (&storm->sources[i], until);
  storm->now = until;
  for (guint i = 0; i < SOURCES; i++)
    if (storm->sources[i].in)
      ok = mix_wait_idle (storm->sources[i].in) && ok;
  if (nobody ())
    return ok && settle ();
  /* Offline a block, and what timestamps may be off; live, that and the latency, and what a busy machine takes. */
  until -= storm->from;
  return ok && (storm->live ? until < 24000 || gets_to (until - 24000)
                            : until < 4000 || gets_to (until - 4000));
}

static void
blow (gboolean live)
{
  Storm it = { .rnd = { seed }, .live = live };
  gchar *error;
  guint buffers;

  storm = &it;
  it.rig = mix_new ("audiomixbus name=mix reverb-decay=0.2", live);
  it.rig->word = mix_fpu ();
  it.rig->seek = on_seek;
  it.rig->latency_min = live ? 10 * GST_MSECOND : 0;
  it.rig->wants = mix_caps (MIX_RATE, 2, GST_AUDIO_NE (F32));
  if (live) {
    it.clock = gst_system_clock_obtain ();
    it.began = gst_clock_get_time (it.clock);
    gst_element_set_clock (it.rig->mix, it.clock);
    gst_element_set_base_time (it.rig->mix, it.began);
  }
  mix_play (it.rig);
  add (&it.sources[0]);
  for (guint n = 0; n < steps; n++) {
    step ();
    if (!CHECK (get_on (),
            "step %u of seed %u: it stands at %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, n,
            seed, it.rig->next, it.now - it.from))
      break;
  }
  g_mutex_lock (&it.rig->lock);
  buffers = it.rig->buffers;
  g_mutex_unlock (&it.rig->lock);
  lqt_note (
      "%u seeks, %u pads gone, %u ends, %u buffers", it.seeks, it.removals, it.ends, buffers);
  error = mix_error (it.rig);
  CHECK (!error, "%s", error);
  g_free (error);
  mix_free (it.rig);
  gst_clear_object (&it.clock);
}

static void
offline (void)
{
  blow (FALSE);
}

static void
by_clock (void)
{
  blow (TRUE);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "offline", offline }, { "by a clock", by_clock },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  if (argc > 1)
    steps = (guint)atoi (argv[1]);
  if (argc > 2)
    seed = (guint)atoi (argv[2]);
  return lqt_main (cases, 1, argv);
}
