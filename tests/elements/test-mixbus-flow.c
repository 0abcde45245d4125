/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus over a life: flushes, seeks, ends, states, the lengths of its buffers, where it begins,
 * and what it signals. Where audiomixer does the same both are asked. */

#include "lqtest.h"
#include "mixrig.h"

#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

/* What came out is `gain` times the ramp from frame `from` on, `frames` of it. */
static void
expect_ramp (MixRig *rig, guint64 from, guint frames, gfloat gain)
{
  CHECK (mix_samples (rig) == frames, "%s: %u frames, not %u", GST_OBJECT_NAME (rig->mix),
      mix_samples (rig), frames);
  for (guint i = 0; i < MIN (frames, mix_samples (rig)); i++) {
    const gfloat value = gain * mix_ramp_at (from + i);
    if (!CHECK (fabsf (mix_sample (rig, i) - value) < 1e-6f, "%s: frame %u is %g, not %g",
            GST_OBJECT_NAME (rig->mix), i, (gdouble)mix_sample (rig, i), (gdouble)value))
      return;
  }
}

/* All inputs flushed by one flush: it goes on downstream, once, and all begins anew. */
static void
flush_all (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++)
    for (guint closed = 0; closed < 2; closed++) {
      MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);
      const guint32 seqnum = gst_util_seqnum_next ();

      mix_close (rig, closed != 0);
      for (guint i = 0; i < 2; i++) {
        mix_begin (rig->in[i]);
        for (guint n = 0; n < 40; n++)
          mix_push (rig->in[i], mix_value (rig->in[i], n * 4800, 4800, 0.5));
      }
      if (closed)
        mix_wait_held (rig);
      else
        mix_wait_frames (rig, 4800);
      CHECK (!closed || mix_is_blocked (rig->in[0], 20), "%s takes it all", mix_mixers[m]);
      CHECK (mix_flush_start (rig->in[0], seqnum) && rig->flush_starts == 0,
          "%s: one flush of two goes on", mix_mixers[m]);
      mix_flush_start (rig->in[1], seqnum);
      for (guint i = 0; i < 2; i++) {
        mix_drop (rig->in[i]);
        mix_wait_idle (rig->in[i]);
      }
      CHECK (rig->flush_starts == 1, "%s: %u FLUSH_START", mix_mixers[m], rig->flush_starts);
      CHECK (!closed || rig->in[0]->flow == GST_FLOW_FLUSHING, "%s: %s", mix_mixers[m],
          gst_flow_get_name (rig->in[0]->flow));
      mix_close (rig, FALSE);
      for (guint i = 0; i < 2; i++) {
        mix_flush_stop (rig->in[i], seqnum);
        mix_push (rig->in[i], mix_segment (0, -1, 0, 0));
        mix_push (rig->in[i], mix_ramp (rig->in[i], 0, 9600));
        mix_push (rig->in[i], gst_event_new_eos ());
      }
      mix_wait_eos (rig, 1);
      CHECK (rig->flush_stops == 1 && mix_seqnum (rig, GST_EVENT_FLUSH_START) == seqnum &&
                 mix_seqnum (rig, GST_EVENT_FLUSH_STOP) == seqnum,
          "%s: %u FLUSH_STOP, other numbers", mix_mixers[m], rig->flush_stops);
      CHECK (rig->stream_starts == 1, "%s: %u STREAM_START", mix_mixers[m], rig->stream_starts);
      expect_ramp (rig, 0, 9600, 2.0f);
      mix_free (rig);
    }
}

/* One of two inputs flushed: nothing goes downstream, the other goes on, and so does the flushed one
 * from where it says. */
static void
flush_one (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);
    MixInput *a = rig->in[0], *b = rig->in[1];
    const guint32 seqnum = gst_util_seqnum_next ();

    mix_begin (a);
    mix_begin (b);
    mix_push (a, mix_value (a, 0, 4800, 0.5));
    mix_push (b, mix_value (b, 0, 4800, 0.25));
    mix_wait_frames (rig, 4800);
    mix_push (b, mix_value (b, 4800, 48000, 0.25));
    mix_push (b, mix_value (b, 52800, 48000, 0.25));
    mix_push (b, mix_value (b, 100800, 48000, 0.25));
    mix_flush_start (b, seqnum);
    mix_drop (b);
    mix_wait_idle (b);
    mix_flush_stop (b, seqnum);
    mix_push (b, mix_segment (0, -1, 0, 0));
    mix_push (b, mix_value (b, 96000, 4800, 0.125));
    mix_push (b, gst_event_new_eos ());
    mix_push (a, mix_value (a, 4800, 96000, 0.5));
    mix_push (a, gst_event_new_eos ());
    mix_wait_eos (rig, 1);
    CHECK (rig->flush_starts == 0 && rig->flush_stops == 0, "%s flushes", mix_mixers[m]);
    CHECK (mix_samples (rig) == 100800, "%s: %u frames", mix_mixers[m], mix_samples (rig));
    for (guint i = 0; i < 100800; i++) {
      const gfloat value = mix_sample (rig, i);
      /* A second of what is flushed may be under way, and a voice fades in anew. */
      const gboolean ok = i < 4800    ? fabsf (value - 0.75f) < 1e-6f
                          : i < 52800 ? value > 0.4999f && value < 0.7501f
                          : i < 96000 ? fabsf (value - 0.5f) < 1e-6f
                          : i < 97000 ? value > 0.4999f && value < 0.6251f
                                      : fabsf (value - 0.625f) < 1e-6f;
      if (!CHECK (ok, "%s: frame %u is %g", mix_mixers[m], i, (gdouble)value))
        break;
    }
    mix_free (rig);
  }
}

/* ms that have been played before a seek that doesn't flush. */
#define PLAYED 500

/* What a source does at a seek: from there on a ramp, to the stop or for a second. */
static gboolean
seek_ramp (MixInput *in, GstEvent *event)
{
  const guint32 seqnum = gst_event_get_seqnum (event);
  GstSeekFlags flags;
  GstSegment segment;
  GstEvent *out;
  gint64 start, stop;
  gdouble rate;

  gst_event_parse_seek (event, &rate, NULL, &flags, NULL, &start, NULL, &stop);
  if (flags & GST_SEEK_FLAG_FLUSH)
    mix_flush_start (in, seqnum);
  mix_drop (in);
  if (!mix_wait_idle (in))
    return FALSE;
  if (flags & GST_SEEK_FLAG_FLUSH)
    mix_flush_stop (in, seqnum);
  if (stop < 0)
    stop = start + GST_SECOND;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_segment_do_seek (&segment, rate, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET,
      (guint64)start, GST_SEEK_TYPE_SET, (guint64)stop, NULL);
  if (!(flags & GST_SEEK_FLAG_FLUSH))
    segment.base = PLAYED * GST_MSECOND;
  out = gst_event_new_segment (&segment);
  gst_event_set_seqnum (out, seqnum);
  mix_push (in, out);
  for (gint64 at = start / GST_MSECOND; at < stop / (gint64)GST_MSECOND; at += 10)
    mix_push (in, mix_ramp (in, (guint64)at * 48, 480));
  out = gst_event_new_eos ();
  gst_event_set_seqnum (out, seqnum);
  mix_push (in, out);
  return TRUE;
}

static gboolean
seek (MixRig *rig, GstSeekFlags flags, gint64 start_ms, gint64 stop_ms, guint32 *seqnum)
{
  GstEvent *event = gst_event_new_seek (1.0, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET,
      start_ms * (gint64)GST_MSECOND, stop_ms < 0 ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
      stop_ms < 0 ? -1 : stop_ms * (gint64)GST_MSECOND);

  *seqnum = gst_event_get_seqnum (event);
  return gst_element_send_event (rig->mix, event);
}

/* A flushing seek through the mixer, while it plays, while downstream blocks, and after the end. */
static void
seeks (void)
{
  enum { PLAYING, BLOCKED, ENDED, WAYS };

  for (guint m = 0; m < MIX_MIXERS; m++)
    for (guint way = 0; way < WAYS; way++) {
      MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);
      const guint end = way == ENDED ? 10 : 500;
      guint32 seqnum = 0;

      for (guint i = 0; i < 2; i++) {
        rig->in[i]->seek = seek_ramp;
        mix_begin (rig->in[i]);
        for (guint n = 0; n < end; n++)
          mix_push (rig->in[i], mix_value (rig->in[i], n * 480, 480, 0.5));
        if (way == ENDED)
          mix_push (rig->in[i], gst_event_new_eos ());
      }
      if (way == ENDED)
        mix_wait_eos (rig, 1);
      else
        mix_wait_frames (rig, 480);
      mix_close (rig, way == BLOCKED);
      if (way == BLOCKED)
        mix_wait_held (rig);
      CHECK (seek (rig, GST_SEEK_FLAG_FLUSH, 1000, 1500, &seqnum), "%s doesn't seek",
          mix_mixers[m]);
      mix_close (rig, FALSE);
      mix_wait_eos (rig, 1);
      CHECK (rig->flush_starts == 1 && rig->flush_stops == 1 &&
                 mix_seqnum (rig, GST_EVENT_FLUSH_STOP) == seqnum,
          "%s, way %u: flushes %u, %u", mix_mixers[m], way, rig->flush_starts,
          rig->flush_stops);
      CHECK (mix_seqnum (rig, GST_EVENT_SEGMENT) == seqnum &&
                 mix_seqnum (rig, GST_EVENT_EOS) == seqnum,
          "%s, way %u: numbers of segment and end aren't the seek's", mix_mixers[m], way);
      CHECK (rig->segment.start == GST_SECOND && rig->segment.stop == 1500 * GST_MSECOND &&
                 rig->segment.time == GST_SECOND && rig->segment.base == 0,
          "%s: segment %" GST_SEGMENT_FORMAT, mix_mixers[m], &rig->segment);
      CHECK (g_array_index (rig->times, GstClockTime, 0) == GST_SECOND,
          "%s: it begins at %" G_GUINT64_FORMAT, mix_mixers[m],
          g_array_index (rig->times, GstClockTime, 0));
      expect_ramp (rig, 48000, 24000, 2.0f);
      mix_free (rig);
    }
}

/* A seek that doesn't flush, as loops are made of: the next segment goes on where the last one
 * ended; audiomixer 1.22 has nothing to say to it. */
static void
seek_without_flush (void)
{
  for (guint m = 1; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);
    guint32 seqnum = 0;

    for (guint i = 0; i < 2; i++) {
      rig->in[i]->seek = seek_ramp;
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_ramp (rig->in[i], 0, PLAYED * 48));
      mix_wait_idle (rig->in[i]);
    }
    mix_wait_frames (rig, PLAYED * 48);
    CHECK (seek (rig, GST_SEEK_FLAG_SEGMENT, 1000, 1500, &seqnum), "%s doesn't seek",
        mix_mixers[m]);
    mix_wait_eos (rig, 1);
    CHECK (rig->flush_starts == 0 && rig->segments == 2 && rig->segment.start == GST_SECOND &&
               rig->segment.base == PLAYED * GST_MSECOND,
        "%s: %u segments, the last %" GST_SEGMENT_FORMAT, mix_mixers[m], rig->segments,
        &rig->segment);
    CHECK (mix_samples (rig) == 48 * (PLAYED + 500), "%s: %u frames", mix_mixers[m],
        mix_samples (rig));
    for (guint i = 0; i < mix_samples (rig); i++) {
      const gfloat value = 2.0f * mix_ramp_at (i < PLAYED * 48 ? i : i - PLAYED * 48 + 48000);
      if (!CHECK (fabsf (mix_sample (rig, i) - value) < 1e-6f, "%s: frame %u is %g",
              mix_mixers[m], i, (gdouble)mix_sample (rig, i)))
        break;
    }
    mix_free (rig);
  }
}

/* Behind a flush the first thing may be a GAP. */
static void
gap_behind_flush (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);
    const guint32 seqnum = gst_util_seqnum_next ();

    for (guint i = 0; i < 2; i++) {
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 48000, 0.5));
    }
    mix_wait_frames (rig, 48000);
    for (guint i = 0; i < 2; i++)
      mix_flush_start (rig->in[i], seqnum);
    for (guint i = 0; i < 2; i++) {
      mix_flush_stop (rig->in[i], seqnum);
      mix_push (rig->in[i], mix_segment (0, -1, 0, 0));
      mix_push (rig->in[i], gst_event_new_gap (0, 10 * GST_MSECOND));
      mix_push (rig->in[i], mix_ramp (rig->in[i], 480, 9600));
      mix_push (rig->in[i], gst_event_new_eos ());
    }
    mix_wait_eos (rig, 1);
    CHECK (mix_samples (rig) == 10080, "%s: %u frames", mix_mixers[m], mix_samples (rig));
    for (guint i = 0; i < mix_samples (rig); i++)
      if (!CHECK (
              fabsf (mix_sample (rig, i) - (i < 480 ? 0.0f : 2.0f * mix_ramp_at (i))) < 1e-6f,
              "%s: frame %u is %g", mix_mixers[m], i, (gdouble)mix_sample (rig, i)))
        break;
    mix_free (rig);
  }
}

/* A seek to where nothing is any more ends again. */
static void
seek_to_the_end (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);
    guint32 seqnum = 0;

    for (guint i = 0; i < 2; i++) {
      rig->in[i]->seek = seek_ramp;
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 4800, 0.5));
      mix_push (rig->in[i], gst_event_new_eos ());
    }
    mix_wait_eos (rig, 1);
    CHECK (
        seek (rig, GST_SEEK_FLAG_FLUSH, 100, 100, &seqnum), "%s doesn't seek", mix_mixers[m]);
    mix_wait_eos (rig, 1);
    CHECK (mix_seqnum (rig, GST_EVENT_EOS) == seqnum && mix_samples (rig) == 0,
        "%s: the end of something else, %u frames", mix_mixers[m], mix_samples (rig));
    mix_free (rig);
  }
}

/* One seek after the other, each before the other's data has come. */
static void
many_seeks (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 3, TRUE);
    guint32 seqnum = 0;

    for (guint i = 0; i < 3; i++) {
      rig->in[i]->seek = seek_ramp;
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 480, 0.5));
    }
    mix_wait_frames (rig, 480);
    for (guint n = 0; n < 50; n++) {
      CHECK (seek (rig, GST_SEEK_FLAG_FLUSH, 100 * n, 100 * n + 200, &seqnum),
          "%s: seek %u fails", mix_mixers[m], n);
      if (n % 3 == 1)
        mix_wait_frames (rig, 480);
    }
    mix_wait_eos (rig, 1);
    CHECK (rig->flush_starts == 50 && rig->flush_stops == 50, "%s: %u and %u flushes",
        mix_mixers[m], rig->flush_starts, rig->flush_stops);
    CHECK (mix_seqnum (rig, GST_EVENT_EOS) == seqnum, "%s: the end of another seek",
        mix_mixers[m]);
    expect_ramp (rig, 4900 * 48, 9600, 3.0f);
    mix_free (rig);
  }
}

/* What can't be sought says so, and nothing else happens; audiomixer tries backwards. */
static void
refused_seeks (void)
{
  MixRig *rig = mix_playing ("audiomixbus", "", 1, TRUE);
  guint32 seqnum = 0;

  mix_begin (rig->in[0]);
  mix_push (rig->in[0], mix_value (rig->in[0], 0, 480, 0.5));
  mix_wait_frames (rig, 480);
  rig->in[0]->seek = seek_ramp;
  CHECK (!gst_element_seek (rig->mix, -1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
             GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_SECOND),
      "it plays backwards");
  CHECK (!gst_element_seek_simple (rig->mix, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, 0),
      "it seeks to a byte");
  CHECK (rig->flush_starts == 0, "it flushes for that");
  /* It can be sought all the same. */
  CHECK (seek (rig, GST_SEEK_FLAG_FLUSH, 100, 200, &seqnum), "it doesn't seek");
  mix_wait_eos (rig, 1);
  expect_ramp (rig, 4800, 4800, 1.0f);
  mix_free (rig);
}

/* A segment of another rate can't be mixed with the others. */
static void
other_rate (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 1, TRUE);
    MixInput *in = rig->in[0];
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_TIME);
    segment.rate = 2.0;
    mix_begin (in);
    mix_wait_idle (in);
    mix_push (in, gst_event_new_segment (&segment));
    mix_wait_idle (in);
    mix_push (in, mix_value (in, 0, 480, 0.5));
    mix_push (in, gst_event_new_eos ());
    mix_wait_idle (in);
    if (m) {
      gchar *error = mix_error (rig);
      CHECK (in->flow == GST_FLOW_NOT_NEGOTIATED && error && strstr (error, "rate"), "%s, %s",
          gst_flow_get_name (in->flow), error);
      g_free (error);
    }
    mix_free (rig);
  }
}

/* Played, stopped, played: the same each time. */
static void
states (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);

    for (guint n = 0; n < 4; n++) {
      mix_close (rig, n == 2);
      for (guint i = 0; i < 2; i++) {
        mix_begin (rig->in[i]);
        mix_push (rig->in[i], mix_ramp (rig->in[i], 0, 24000));
        mix_push (rig->in[i], mix_ramp (rig->in[i], 24000, 24000));
        /* The first time it is stopped while it plays, the third while downstream blocks. */
        if (n == 1 || n == 3)
          mix_push (rig->in[i], gst_event_new_eos ());
      }
      if (n == 1 || n == 3) {
        mix_wait_eos (rig, 1);
        expect_ramp (rig, 0, 48000, 2.0f);
      } else if (n == 0) {
        mix_wait_frames (rig, 48);
      } else {
        g_usleep (20000);
      }
      mix_close (rig, FALSE);
      gst_element_set_state (rig->mix, n == 1 ? GST_STATE_NULL : GST_STATE_READY);
      for (guint i = 0; i < 2; i++) {
        mix_wait_idle (rig->in[i]);
      }
      mix_forget (rig);
      mix_play (rig);
    }
    mix_free (rig);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "flush of all", flush_all },
    { "flush of one", flush_one }, { "seeks", seeks },
    { "a GAP behind a flush", gap_behind_flush },
    { "a seek without a flush", seek_without_flush }, { "a seek to the end", seek_to_the_end },
    { "many seeks", many_seeks }, { "seeks that can't be", refused_seeks },
    { "a segment of another rate", other_rate }, { "states", states }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
