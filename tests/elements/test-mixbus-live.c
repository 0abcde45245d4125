/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus live, by a clock that the test turns: deadlines, late inputs, latency. Where audiomixer
 * does the same both are asked. */

#include "lqtest.h"
#include "mixrig.h"

#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define BLOCK 480 /* frames, 10 ms */

static const gchar *const mixers[] = { "audiomixer", "audiomixbus" };

static MixRig *
live_rig (const gchar *mixer, const gchar *set)
{
  gchar *line = g_strconcat (mixer, " name=", mixer, " ", set, NULL);
  MixRig *rig = mix_new (line, TRUE);

  rig->wants = mix_caps (MIX_RATE, 1, GST_AUDIO_NE (F32));
  g_free (line);
  return rig;
}

/* What is waited for is `ms` in the end. */
static void
expect_deadline (MixRig *rig, guint ms)
{
  GstClockTime time = 0;

  for (guint i = 0; i < 5000 && time != ms * GST_MSECOND && mix_wait_clock (rig, &time); i++)
    g_usleep (200);
  CHECK (time == ms * GST_MSECOND, "%s waits until %" G_GUINT64_FORMAT " ns, not %u ms",
      GST_OBJECT_NAME (rig->mix), time, ms);
}

/* The clock goes on to `ms`, the deadline of a block, which goes out then, so that there are `frames`,
 * and not before. A test clock has to be told even of times that have passed. */
static void
cross (MixRig *rig, guint ms, guint frames)
{
  const GstClockTime deadline = ms * GST_MSECOND;
  GstClockTime time = 0;

  CHECK (mix_samples (rig) < frames, "%s: %u frames before %u ms", GST_OBJECT_NAME (rig->mix),
      frames, ms);
  expect_deadline (rig, ms);
  for (guint i = 0; i < 20000 && mix_samples (rig) < frames; i++) {
    if (gst_test_clock_peek_next_pending_id (rig->clock, NULL) && mix_wait_clock (rig, &time) &&
        time <= deadline)
      gst_test_clock_crank (rig->clock);
    g_usleep (200);
  }
  time = gst_clock_get_time (GST_CLOCK (rig->clock));
  CHECK (mix_samples (rig) == frames && time == deadline,
      "%s: %u frames, not %u, at %" G_GUINT64_FORMAT " ns, not %u ms",
      GST_OBJECT_NAME (rig->mix), mix_samples (rig), frames, time, ms);
}

static void
expect (MixRig *rig, guint from, guint frames, gdouble value)
{
  mix_wait_frames (rig, from + frames);
  for (guint i = from; i < from + frames; i++)
    if (!CHECK (fabs ((gdouble)mix_sample (rig, i) - value) < 1e-6,
            "%s: frame %u is %g, not %g", GST_OBJECT_NAME (rig->mix), i,
            (gdouble)mix_sample (rig, i), value))
      return;
}

/* The same behind an input that has just broken off, or is back: ours does so within 2 ms, where the
 * input's fades are 0. */
static void
expect_after (MixRig *rig, guint from, guint frames, gdouble value, gdouble before)
{
  const guint ramp = g_str_equal (GST_OBJECT_NAME (rig->mix), "audiomixbus") ? 96 : 0;
  const gdouble least = MIN (before, value), most = MAX (before, value);

  mix_wait_frames (rig, from + frames);
  for (guint i = from; i < from + ramp; i++)
    if (!CHECK (mix_sample (rig, i) > least - 1e-4 && mix_sample (rig, i) < most + 1e-4,
            "frame %u is %g, not between %g and %g", i, (gdouble)mix_sample (rig, i), least,
            most))
      return;
  expect (rig, from + ramp, frames - ramp, value);
}

static MixInput *
soon_input (MixRig *rig)
{
  MixInput *in = mix_input (rig, NULL, 1);

  if (g_str_equal (GST_OBJECT_NAME (rig->mix), "audiomixbus"))
    g_object_set (in->sink, "fade-in", 0.0, "fade-out", 0.0, NULL);
  return in;
}

/* Blocks go out as soon as all is there, else at their deadline; what an input that is late had for
 * them is lost, what comes after counts; QoS messages say how much was lost. */
static void
late_input (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "discont-wait=0");
    MixInput *a = mix_input (rig, NULL, 1), *b = soon_input (rig);
    GstMessage *message;
    guint64 processed = 0, dropped = 0;

    g_object_set (b->sink, "qos-messages", TRUE, NULL);
    mix_play (rig);
    mix_begin (a);
    mix_begin (b);
    mix_push (a, mix_value (a, 0, BLOCK, 0.5));
    mix_push (b, mix_value (b, 0, BLOCK, 0.25));
    expect (rig, 0, BLOCK, 0.75);
    mix_push (a, mix_value (a, BLOCK, BLOCK, 0.5));
    mix_wait_idle (a);
    /* The block that begins at 10 ms has to go at 20. */
    cross (rig, 20, 2 * BLOCK);
    expect_after (rig, BLOCK, BLOCK, 0.5, 0.75);
    /* b comes, half of it too late. */
    mix_push (b, mix_value (b, BLOCK + BLOCK / 2, BLOCK, 0.25));
    mix_push (a, mix_value (a, 2 * BLOCK, BLOCK, 0.5));
    mix_wait_idle (a);
    mix_wait_idle (b);
    cross (rig, 30, 3 * BLOCK);
    expect_after (rig, 2 * BLOCK, BLOCK / 2, 0.75, 0.5);
    expect_after (rig, 2 * BLOCK + BLOCK / 2, BLOCK / 2, 0.5, 0.75);
    message = mix_message (rig, GST_MESSAGE_QOS);
    CHECK (message != NULL, "%s says nothing of what was lost", mixers[m]);
    if (message) {
      gboolean live = FALSE;
      gst_message_parse_qos_stats (message, NULL, &processed, &dropped);
      gst_message_parse_qos (message, &live, NULL, NULL, NULL, NULL);
      CHECK (processed == BLOCK && dropped == BLOCK / 2 && live,
          "%s: %" G_GUINT64_FORMAT " frames processed, %" G_GUINT64_FORMAT " dropped, live %d",
          mixers[m], processed, dropped, live);
      gst_message_unref (message);
    }
    mix_free (rig);
  }
}

/* Who comes before the one that is late, and who comes behind it, are heard alike. */
static void
late_first (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "");
    MixInput *in[3];

    for (guint i = 0; i < 3; i++)
      in[i] = soon_input (rig);
    mix_play (rig);
    for (guint i = 0; i < 3; i++) {
      mix_begin (in[i]);
      mix_push (in[i], mix_value (in[i], 0, BLOCK, 0.25));
    }
    expect (rig, 0, BLOCK, 0.75);
    for (guint late = 0; late < 3; late++) {
      const guint at = (2 * late + 1) * BLOCK;
      for (guint i = 0; i < 3; i++)
        if (i != late) {
          mix_push (in[i], mix_value (in[i], at, BLOCK, 0.25));
          mix_wait_idle (in[i]);
        }
      cross (rig, 20 * (late + 1), at + BLOCK);
      expect_after (rig, at, BLOCK, 0.5, 0.75);
      for (guint i = 0; i < 3; i++)
        mix_push (in[i], mix_value (in[i], at + BLOCK, BLOCK, 0.25));
      expect_after (rig, at + BLOCK, BLOCK, 0.75, 0.5);
    }
    mix_free (rig);
  }
}

static GstBuffer *
tone (MixInput *in, guint from, guint frames, gdouble w)
{
  GstBuffer *buffer = mix_value (in, from, frames, 0.0);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint i = 0; i < frames; i++)
    ((gfloat *)(gpointer)map.data)[i] = (gfloat)sin (w * (from + i));
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* A tone that breaks off and comes back, at its worst place: nothing bends more than the tone does
 * itself, nothing is louder than it was; a warning, or an error, where that is wanted. */
static void
broken_tone (void)
{
  static const gchar *const how[] = { "silence", "warn", "error" };

  for (guint h = 0; h < G_N_ELEMENTS (how); h++) {
    gchar *set = g_strconcat ("missing-input=", how[h], NULL);
    MixRig *rig = live_rig ("audiomixbus", set);
    MixInput *a = mix_input (rig, NULL, 1), *b = mix_input (rig, NULL, 1);
    const gdouble w = 2.0 * G_PI * 110.0 / MIX_RATE;
    GstMessage *message;
    gdouble bend = 0.0, most = 0.0;

    mix_play (rig);
    mix_begin (a);
    mix_begin (b);
    for (guint i = 0; i < 12; i++) {
      const gboolean there = i < 4 || i >= 8;
      mix_push (a, mix_value (a, i * BLOCK, BLOCK, 0.0));
      if (there)
        mix_push (b, tone (b, i * BLOCK, BLOCK, w));
      mix_wait_idle (a);
      if (there)
        mix_wait_frames (rig, (i + 1) * BLOCK);
      else if (h < 2)
        cross (rig, 10 * (i + 1), (i + 1) * BLOCK);
      else
        break;
    }
    for (guint i = 2; h < 2 && i < 12 * BLOCK; i++) {
      bend = MAX (bend,
          fabs (mix_sample (rig, i) - 2.0 * mix_sample (rig, i - 1) + mix_sample (rig, i - 2)));
      most = MAX (most, fabs (mix_sample (rig, i)));
    }
    CHECK (bend < 2.0 * w * w, "bends by %g, the tone by %g", bend, w * w);
    CHECK (most < 1.001, "%g", most);
    for (guint i = 5 * BLOCK; h < 2 && i < 8 * BLOCK; i++)
      if (!CHECK (mix_sample (rig, i) == 0.0f, "frame %u is %g", i, mix_sample (rig, i)))
        break;
    if (h == 2)
      mix_crank (rig);
    message = h ? gst_bus_timed_pop_filtered (rig->bus, 5 * GST_SECOND,
                      h == 1 ? GST_MESSAGE_WARNING : GST_MESSAGE_ERROR)
                : NULL;
    CHECK (h == 0 || message, "missing-input=%s says nothing", how[h]);
    gst_clear_message (&message);
    message = mix_message (rig, GST_MESSAGE_WARNING);
    CHECK (!message, "says it again, or shouldn't");
    gst_clear_message (&message);
    mix_free (rig);
    g_free (set);
  }
}

/* Whole buffers that come too late are counted, and the mix goes on without them. (audiomixer
 * drops one each time that it is woken: when it has done is a matter of luck.) */
static void
too_late (void)
{
  for (guint m = 1; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "");
    MixInput *a = mix_input (rig, NULL, 1), *b = mix_input (rig, NULL, 1);
    guint64 dropped = 0, last = 0;
    GstMessage *message;

    g_object_set (b->sink, "qos-messages", TRUE, NULL);
    mix_play (rig);
    mix_begin (a);
    mix_begin (b);
    mix_wait_idle (b);
    for (guint i = 0; i < 4; i++) {
      mix_push (a, mix_value (a, i * BLOCK, BLOCK, 0.5));
      mix_wait_idle (a);
      cross (rig, 10 * (i + 1), (i + 1) * BLOCK);
      expect (rig, i * BLOCK, BLOCK, 0.5);
    }
    for (guint i = 0; i < 5; i++)
      mix_push (b, mix_value (b, i * BLOCK, BLOCK, 0.25));
    mix_push (a, mix_value (a, 4 * BLOCK, BLOCK, 0.5));
    mix_wait_frames (rig, 5 * BLOCK);
    /* A voice that comes late fades in. */
    for (guint i = 4 * BLOCK; i < 5 * BLOCK; i++)
      if (!CHECK (mix_sample (rig, i) > 0.4999f && mix_sample (rig, i) < 0.7501f,
              "%s: frame %u is %g", mixers[m], i, (gdouble)mix_sample (rig, i)))
        break;
    while ((message = mix_message (rig, GST_MESSAGE_QOS))) {
      gst_message_parse_qos_stats (message, NULL, NULL, &dropped);
      last = MAX (last, dropped);
      gst_message_unref (message);
    }
    CHECK (last == 4 * BLOCK, "%s: %" G_GUINT64_FORMAT " frames dropped", mixers[m], last);
    mix_free (rig);
  }
}

/* Who sends nothing is waited for at each block, unless it may be ignored: then once. */
static void
inactive (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++)
    for (guint ignore = 0; ignore < 2; ignore++) {
      MixRig *rig = live_rig (mixers[m], ignore ? "ignore-inactive-pads=true" : "");
      MixInput *a = mix_input (rig, NULL, 1), *b = mix_input (rig, NULL, 1);

      mix_play (rig);
      mix_begin (a);
      mix_push (a, mix_value (a, 0, BLOCK, 0.5));
      mix_wait_idle (a);
      cross (rig, 10, BLOCK);
      expect (rig, 0, BLOCK, 0.5);
      for (guint i = 1; i < 5; i++) {
        mix_push (a, mix_value (a, i * BLOCK, BLOCK, 0.5));
        mix_wait_idle (a);
        if (!ignore) {
          cross (rig, 10 * (i + 1), (i + 1) * BLOCK);
        }
        expect (rig, i * BLOCK, BLOCK, 0.5);
      }
      /* It is heard when it comes. */
      mix_begin (b);
      mix_push (b, mix_value (b, 5 * BLOCK, 3 * BLOCK, 0.25));
      mix_wait_idle (b);
      mix_push (a, mix_value (a, 5 * BLOCK, 3 * BLOCK, 0.5));
      expect (rig, 7 * BLOCK, BLOCK, 0.75);
      mix_free (rig);
    }
}

/* The LATENCY query: upstream's largest minimum and smallest maximum, a block, and what is set. */
static void
latency (void)
{
  static const struct {
    const gchar *set;
    gint live;
    guint min[2], max[2]; /* of the inputs, ms; 0: no maximum */
    gint answer_live;     /* audiomixer 1.22 says nothing of force-live */
    guint answer_min, answer_max;
  } rows[] = {
    { "", 0, { 0, 0 }, { 0, 0 }, 0, 10, 0 },
    { "", 1, { 20, 5 }, { 0, 0 }, 1, 30, 0 },
    { "", 1, { 20, 5 }, { 100, 50 }, 1, 30, 60 },
    { "latency=50000000", 1, { 20, 5 }, { 100, 0 }, 1, 80, 160 },
    { "min-upstream-latency=40000000", 1, { 20, 5 }, { 100, 60 }, 1, 50, 90 },
    { "output-buffer-duration=25000000", 1, { 20, 5 }, { 100, 60 }, 1, 45, 85 },
    { "force-live=true", 0, { 0, 0 }, { 0, 0 }, 1, 10, 0 },
  };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++)
    for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
      MixRig *rig = live_rig (mixers[m], rows[r].set);
      GstQuery *query = gst_query_new_latency ();
      GstPad *src = gst_element_get_static_pad (rig->mix, "src");
      GstClockTime min = 0, max = 0;
      gboolean live = FALSE;

      for (guint i = 0; i < 2; i++) {
        MixInput *in = mix_input (rig, NULL, 1);
        in->live = rows[r].live;
        in->latency_min = rows[r].min[i] * GST_MSECOND;
        if (rows[r].max[i])
          in->latency_max = rows[r].max[i] * GST_MSECOND;
      }
      mix_play (rig);
      for (guint i = 0; i < 2; i++) {
        mix_begin (rig->in[i]);
        mix_push (rig->in[i], mix_value (rig->in[i], 0, 4 * BLOCK, 0.5));
      }
      mix_wait_frames (rig, BLOCK);
      CHECK (gst_pad_query (src, query), "%s: no answer", mixers[m]);
      gst_query_parse_latency (query, &live, &min, &max);
      if (!GST_CLOCK_TIME_IS_VALID (max))
        max = 0;
      if (!m && strstr (rows[r].set, "force-live"))
        live = TRUE;
      CHECK (live == rows[r].answer_live && min == rows[r].answer_min * GST_MSECOND &&
                 (!live || max == rows[r].answer_max * GST_MSECOND),
          "%s, row %u: live %d, %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " ns", mixers[m],
          r, live, min, max);
      gst_query_unref (query);
      gst_object_unref (src);
      mix_free (rig);
    }
}

/* force-live when inputs have ended, and without any: silence in time with the clock, where audiomixer
 * runs away. */
static void
forced (void)
{
  for (guint m = 1; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "force-live=true");
    MixInput *in = mix_input (rig, NULL, 1);

    in->live = FALSE;
    mix_play (rig);
    mix_begin (in);
    mix_push (in, mix_value (in, 0, BLOCK, 0.5));
    mix_push (in, gst_event_new_eos ());
    expect (rig, 0, BLOCK, 0.5);
    for (guint i = 1; i < 4; i++) {
      cross (rig, 10 * (i + 1), (i + 1) * BLOCK);
      expect (rig, i * BLOCK, BLOCK, 0.0);
    }
    mix_remove (in);
    cross (rig, 50, 5 * BLOCK);
    expect (rig, 4 * BLOCK, BLOCK, 0.0);
    CHECK (rig->eos == 0, "%s ends", mixers[m]);
    CHECK (rig->gaps >= 3, "%s: silence isn't called a gap", mixers[m]);
    mix_free (rig);
  }
}

/* Without caps time passes all the same: what comes later is where it belongs. */
static void
nothing_yet (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "");
    MixInput *in = mix_input (rig, NULL, 1);

    mix_play (rig);
    for (guint i = 0; i < 3; i++) {
      /* audiomixer 1.22 doesn't know the rate yet: its blocks last no time. */
      if (m)
        expect_deadline (rig, 10 * (i + 1));
      mix_crank (rig);
    }
    if (!m) {
      mix_free (rig);
      continue;
    }
    expect_deadline (rig, 40);
    mix_begin (in);
    mix_push (in, mix_value (in, 0, 5 * BLOCK, 0.5));
    mix_wait_frames (rig, 2 * BLOCK);
    CHECK (g_array_index (rig->times, GstClockTime, 0) == 30 * GST_MSECOND,
        "it begins at %" G_GUINT64_FORMAT, g_array_index (rig->times, GstClockTime, 0));
    expect (rig, 0, BLOCK, 0.5);
    mix_free (rig);
  }
}

/* Where all inputs may be ignored time passes as well. */
static void
all_inactive (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "ignore-inactive-pads=true");
    MixInput *in = mix_input (rig, NULL, 1);
    GstClockTime time = 0;
    gchar *error;

    mix_play (rig);
    for (guint i = 0; i < 3 && m; i++) {
      expect_deadline (rig, 10 * (i + 1));
      mix_crank (rig);
    }
    mix_begin (in);
    mix_wait_idle (in);
    for (guint i = 0; i < 5000 && m && mix_wait_clock (rig, &time) && time < 60 * GST_MSECOND;
         i++)
      mix_crank (rig);
    CHECK (!m || time == 60 * GST_MSECOND, "it waits until %" G_GUINT64_FORMAT " ns", time);
    error = mix_error (rig);
    CHECK (!error, "%s", error);
    g_free (error);
    mix_free (rig);
  }
}

/* Paused, no clock is waited for; what is there goes out. */
static void
paused (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "");
    MixInput *a = mix_input (rig, NULL, 1), *b = mix_input (rig, NULL, 1);

    gst_element_set_state (rig->mix, GST_STATE_PAUSED);
    mix_begin (a);
    mix_begin (b);
    mix_push (a, mix_value (a, 0, BLOCK, 0.5));
    mix_wait_idle (a);
    g_usleep (50000);
    /* audiomixer 1.22 does, and goes on once it is played. */
    CHECK (!m || gst_test_clock_peek_id_count (rig->clock) == 0, "it waits, paused");
    CHECK (mix_samples (rig) == 0, "%u frames, paused", mix_samples (rig));
    mix_play (rig);
    expect_deadline (rig, 10);
    gst_element_set_state (rig->mix, GST_STATE_PAUSED);
    mix_push (b, mix_value (b, 0, BLOCK, 0.25));
    expect (rig, 0, BLOCK, 0.75);
    mix_free (rig);
  }
}

/* A setting that moves a deadline moves the one that is being waited for. */
static void
moved_deadline (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "");
    MixInput *a = mix_input (rig, NULL, 1), *b = mix_input (rig, NULL, 1);
    GstMessage *message;

    mix_play (rig);
    mix_begin (a);
    mix_begin (b);
    mix_push (a, mix_value (a, 0, BLOCK, 0.5));
    mix_wait_idle (a);
    expect_deadline (rig, 10);
    while ((message = mix_message (rig, GST_MESSAGE_LATENCY)))
      gst_message_unref (message);
    g_object_set (rig->mix, "latency", 30 * GST_MSECOND, NULL);
    message = mix_message (rig, GST_MESSAGE_LATENCY);
    CHECK (message != NULL, "%s: nobody hears of a new latency", mixers[m]);
    gst_clear_message (&message);
    cross (rig, 40, BLOCK);
    expect (rig, 0, BLOCK, 0.5);
    mix_free (rig);
  }
}

/* An input's EOS isn't waited for; the last one's ends it. */
static void
live_ends (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "");
    MixInput *a = mix_input (rig, NULL, 1), *b = mix_input (rig, NULL, 1);

    mix_play (rig);
    mix_begin (a);
    mix_begin (b);
    mix_push (b, mix_value (b, 0, BLOCK, 0.25));
    mix_push (b, gst_event_new_eos ());
    mix_push (a, mix_value (a, 0, 2 * BLOCK, 0.5));
    expect (rig, 0, BLOCK, 0.75);
    expect (rig, BLOCK, BLOCK, 0.5);
    mix_push (a, mix_value (a, 2 * BLOCK, BLOCK / 3, 0.5));
    mix_push (a, gst_event_new_eos ());
    mix_wait_eos (rig, 1);
    CHECK (mix_samples (rig) == 2 * BLOCK + BLOCK / 3, "%s: %u frames", mixers[m],
        mix_samples (rig));
    mix_free (rig);
  }
}

/* Clocks of pipelines begin anywhere. */
static void
base_time (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = live_rig (mixers[m], "");
    MixInput *a = mix_input (rig, NULL, 1), *b = mix_input (rig, NULL, 1);

    (void)b;
    gst_test_clock_set_time (rig->clock, 5 * GST_SECOND);
    gst_element_set_base_time (rig->mix, 5 * GST_SECOND);
    mix_play (rig);
    mix_begin (a);
    mix_begin (b);
    mix_push (a, mix_value (a, 0, BLOCK, 0.5));
    mix_wait_idle (a);
    cross (rig, 5010, BLOCK);
    expect (rig, 0, BLOCK, 0.5);
    mix_free (rig);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "an input that is late", late_input },
    { "each input late in turn", late_first }, { "a tone that breaks off", broken_tone },
    { "buffers that are too late", too_late }, { "inputs that send nothing", inactive },
    { "latency", latency }, { "force-live", forced }, { "before anything comes", nothing_yet },
    { "inputs that all send nothing", all_inactive }, { "paused", paused },
    { "a deadline that moves", moved_deadline }, { "ends, live", live_ends },
    { "a clock that is running", base_time }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
