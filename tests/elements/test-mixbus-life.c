/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hostile lives of audiomixbus, by number: look-ahead and tails at ends and flushes, settings at their
 * ends or from two threads, pads by the thousand, days of time. */

#include "lqtest.h"
#include "mixrig.h"
#include "signals.h"

#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CYCLES 60
#define SETS 3000
#else
#define CYCLES 500
#define SETS 30000
#endif

static MixRig *
rig_new (const gchar *set, guint inputs, guint channels)
{
  gchar *line = g_strconcat ("audiomixbus name=mix ", set, NULL);
  MixRig *rig = mix_new (line, FALSE);

  rig->word = mix_fpu ();
  rig->wants = mix_caps (MIX_RATE, channels, GST_AUDIO_NE (F32));
  for (guint i = 0; i < inputs; i++)
    mix_input (rig, NULL, channels);
  g_free (line);
  return rig;
}

static void
expect_no_error (MixRig *rig)
{
  gchar *error = mix_error (rig);

  CHECK (!error, "%s", error);
  g_free (error);
}

static void
expect_finite (MixRig *rig)
{
  for (guint i = 0; i < mix_samples (rig); i++)
    if (!CHECK (
            isfinite (mix_sample (rig, i)), "sample %u is %g", i, (gdouble)mix_sample (rig, i)))
      return;
}

/* 9: behind a flush there is nothing of what was before, and the first time is the segment's. */
static void
flushed_tails (void)
{
  MixRig *rig = rig_new ("reverb-decay=10 delay-feedback=90", 2, 2);

  for (guint i = 0; i < 2; i++)
    g_object_set (rig->in[i]->sink, "reverb-send", 0.0, "delay-send", 0.0, "delay", 100.0,
        "eq1-enabled", TRUE, "eq1-q", 40.0, "eq1-gain", 24.0, "comp-enabled", TRUE, NULL);
  mix_play (rig);
  for (guint i = 0; i < 2; i++) {
    mix_begin (rig->in[i]);
    mix_push (rig->in[i], mix_ramp (rig->in[i], 0, 48000));
  }
  mix_wait_frames (rig, 40000);
  for (guint i = 0; i < 2; i++)
    mix_flush_start (rig->in[i], 5);
  for (guint i = 0; i < 2; i++) {
    mix_flush_stop (rig->in[i], 5);
    mix_push (rig->in[i], mix_segment (7000, -1, 0, 0));
    mix_push (rig->in[i], mix_value (rig->in[i], 7 * 48000, 48000, 0.0));
    mix_push (rig->in[i], gst_event_new_eos ());
  }
  mix_wait_eos (rig, 1);
  CHECK (mix_samples (rig) >= 96000, "%u samples", mix_samples (rig));
  CHECK (g_array_index (rig->times, GstClockTime, 0) == 0, "it begins at another time");
  for (guint i = 0; i < mix_samples (rig); i++)
    if (!CHECK (
            mix_sample (rig, i) == 0.0f, "sample %u is %g", i, (gdouble)mix_sample (rig, i)))
      break;
  mix_free (rig);
}

/* The same where a reverb alone sounds, and the flush comes in the middle of a block. */
static void
flushed_returns (void)
{
  MixRig *rig = rig_new ("reverb-decay=10", 1, 2);
  MixInput *in = rig->in[0];

  g_object_set (in->sink, "reverb-send", 0.0, NULL);
  mix_play (rig);
  mix_begin (in);
  mix_push (in, mix_ramp (in, 0, 4800));
  mix_wait_frames (rig, 4000);
  mix_close (rig, TRUE);
  mix_push (in, gst_event_new_eos ());
  mix_wait_idle (in);
  for (guint i = 0; i < 40; i++) {
    mix_wait_held (rig);
    mix_let_by (rig);
  }
  mix_wait_held (rig);
  CHECK (mix_samples (rig) > 2 * 15000 && mix_sample (rig, 2 * 15000) != 0.0f,
      "there is no reverb alone in %u samples", mix_samples (rig));
  mix_flush_start (in, 5);
  mix_close (rig, FALSE);
  mix_flush_stop (in, 5);
  mix_push (in, mix_segment (0, -1, 0, 0));
  mix_push (in, mix_value (in, 0, 96000, 0.0));
  mix_push (in, gst_event_new_eos ());
  mix_wait_eos (rig, 1);
  CHECK (mix_samples (rig) >= 2 * 96000, "%u samples", mix_samples (rig));
  for (guint i = 0; i < mix_samples (rig); i++)
    if (!CHECK (
            mix_sample (rig, i) == 0.0f, "sample %u is %g", i, (gdouble)mix_sample (rig, i)))
      break;
  mix_free (rig);
}

/* 15, 17: with a look-ahead of L frames each input of any length comes out whole, at its time, and the
 * LATENCY is a block and L. */
static void
look_ahead (void)
{
  static const guint lengths[] = { 0, 1, 47, 479, 480, 481, 1023, 1024, 1025, 5000 };

  for (guint n = 0; n < G_N_ELEMENTS (lengths); n++) {
    MixRig *rig = rig_new ("", 2, 1);
    GstQuery *query = gst_query_new_latency ();
    GstPad *src = gst_element_get_static_pad (rig->mix, "src");
    GstClockTime min = 0;

    g_object_set (rig->in[0]->sink, "gate-enabled", TRUE, "gate-lookahead", 10.0,
        "gate-threshold", -90.0, "gate-range", 0.0, NULL);
    mix_play (rig);
    mix_begin (rig->in[0]);
    mix_begin (rig->in[1]);
    if (lengths[n])
      mix_push (rig->in[0], mix_value (rig->in[0], 0, lengths[n], 0.25));
    mix_push (rig->in[1], mix_value (rig->in[1], 240, 1, 0.5));
    mix_push (rig->in[0], gst_event_new_eos ());
    mix_push (rig->in[1], gst_event_new_eos ());
    mix_wait_eos (rig, 1);
    CHECK (mix_samples (rig) == MAX (lengths[n], 241), "%u frames become %u", lengths[n],
        mix_samples (rig));
    for (guint i = 0; i < mix_samples (rig); i++) {
      const gfloat value = (i < lengths[n] ? 0.25f : 0.0f) + (i == 240 ? 0.5f : 0.0f);
      if (!CHECK (fabsf (mix_sample (rig, i) - value) < 1e-6f, "%u: frame %u is %g", lengths[n],
              i, (gdouble)mix_sample (rig, i)))
        break;
    }
    gst_pad_query (src, query);
    gst_query_parse_latency (query, NULL, &min, NULL);
    CHECK (min == 20 * GST_MSECOND, "a latency of %" G_GUINT64_FORMAT " ns", min);
    gst_query_unref (query);
    gst_object_unref (src);
    mix_free (rig);
  }
}

/* A property's least or greatest value. */
static void
set_end (GObject *object, GParamSpec *spec, gboolean most)
{
  if (!(spec->flags & G_PARAM_WRITABLE) || (spec->flags & G_PARAM_CONSTRUCT_ONLY))
    return;
  if (G_IS_PARAM_SPEC_DOUBLE (spec))
    g_object_set (object, spec->name,
        most ? G_PARAM_SPEC_DOUBLE (spec)->maximum : G_PARAM_SPEC_DOUBLE (spec)->minimum, NULL);
  else if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    g_object_set (object, spec->name, most, NULL);
  else if (G_IS_PARAM_SPEC_ENUM (spec))
    g_object_set (object, spec->name,
        most ? G_PARAM_SPEC_ENUM (spec)->enum_class->maximum
             : G_PARAM_SPEC_ENUM (spec)->enum_class->values[0].value,
        NULL);
}

/* Those of time would make blocks of a nanosecond or of centuries. */
static gboolean
is_audio (GParamSpec *spec)
{
  return spec->owner_type != GST_TYPE_OBJECT && spec->owner_type != GST_TYPE_PAD &&
         !G_IS_PARAM_SPEC_UINT64 (spec) && !GST_IS_PARAM_SPEC_FRACTION (spec) &&
         !g_str_equal (spec->name, "mute") && !g_str_equal (spec->name, "solo") &&
         !g_str_equal (spec->name, "start-time-selection");
}

static void
set_ends (gpointer object, guint way, lqs_random *rnd)
{
  guint n;
  GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);

  for (guint i = 0; i < n; i++)
    if (is_audio (specs[i]))
      set_end (object, specs[i], way < 2 ? way : lqs_range (rnd, 0, 1));
  g_free (specs);
}

/* 20: every setting at an end, at 8 and 384 kHz: finite, and it ends. */
static void
extremes (void)
{
  static const guint rates[] = { 8000, 384000 };
  lqs_random rnd = { 11 };

  for (guint way = 0; way < 5; way++)
    for (guint r = 0; r < 2; r++) {
      MixRig *rig = rig_new ("", 2, 2);
      GstCaps *caps = mix_caps (rates[r], 2, GST_AUDIO_NE (F32));

      gst_clear_caps (&rig->wants);
      set_ends (rig->mix, way, &rnd);
      for (guint i = 0; i < 2; i++)
        set_ends (rig->in[i]->sink, way, &rnd);
      mix_play (rig);
      for (guint i = 0; i < 2; i++) {
        mix_push (rig->in[i], gst_event_new_stream_start ("s"));
        mix_push (rig->in[i], gst_event_new_caps (caps));
        mix_push (rig->in[i], mix_segment (0, -1, 0, 0));
        /* Enough for the greatest latency. */
        for (guint n = 0; n < 100; n++)
          mix_push (rig->in[i], mix_ramp (rig->in[i], G_MAXUINT64, rates[r] / 100));
      }
      mix_wait_frames (rig, rates[r] / 2);
      mix_stop (rig);
      expect_finite (rig);
      expect_no_error (rig);
      gst_caps_unref (caps);
      mix_free (rig);
    }
}

typedef struct {
  GObject *object;
  guint seed;
  gint stops; /* atomic */
} Monkey;

/* Sets what can be set while playing to any of its values. */
static gpointer
monkey_thread (gpointer user)
{
  Monkey *monkey = user;
  lqs_random rnd = { monkey->seed };
  guint n;
  GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (monkey->object), &n);

  for (guint i = 0; i < SETS && !g_atomic_int_get (&monkey->stops); i++) {
    GParamSpec *spec = specs[lqs_range (&rnd, 0, n - 1)];
    if (!is_audio (spec) || !(spec->flags & GST_PARAM_MUTABLE_PLAYING))
      continue;
    if (G_IS_PARAM_SPEC_DOUBLE (spec) && lqs_range (&rnd, 0, 1))
      g_object_set (monkey->object, spec->name,
          G_PARAM_SPEC_DOUBLE (spec)->minimum +
              (0.5 + 0.5 * lqs_uniform (&rnd)) *
                  (G_PARAM_SPEC_DOUBLE (spec)->maximum - G_PARAM_SPEC_DOUBLE (spec)->minimum),
          NULL);
    else
      set_end (monkey->object, spec, lqs_range (&rnd, 0, 1) != 0);
  }
  g_free (specs);
  return NULL;
}

/* 19: two threads set everything while it plays. */
static void
monkeys (void)
{
  MixRig *rig = rig_new ("", 3, 2);
  Monkey monkey[2];
  GThread *threads[2];

  mix_play (rig);
  for (guint i = 0; i < 3; i++)
    mix_begin (rig->in[i]);
  monkey[0] = (Monkey){ G_OBJECT (rig->in[1]->sink), 3, 0 };
  monkey[1] = (Monkey){ G_OBJECT (rig->mix), 4, 0 };
  for (guint t = 0; t < 2; t++)
    threads[t] = g_thread_new ("monkey", monkey_thread, &monkey[t]);
  for (guint n = 0; n < 400; n++)
    for (guint i = 0; i < 3; i++) {
      mix_push (rig->in[i], mix_ramp (rig->in[i], n * 480, 480));
      if (n % 40 == 39)
        mix_wait_idle (rig->in[i]);
    }
  mix_wait_frames (rig, 400 * 480 - 48000);
  for (guint t = 0; t < 2; t++) {
    g_atomic_int_set (&monkey[t].stops, 1);
    g_thread_join (threads[t]);
  }
  expect_finite (rig);
  expect_no_error (rig);
  mix_free (rig);
}

/* 24: at an age of weeks every time is exact. */
static void
old_age (void)
{
  MixRig *rig = rig_new ("start-time-selection=first", 2, 1);
  const guint64 at = 48000 * G_GUINT64_CONSTANT (3600) * 24 * 30;

  mix_play (rig);
  for (guint i = 0; i < 2; i++) {
    mix_begin (rig->in[i]);
    mix_push (rig->in[i], mix_ramp (rig->in[i], at + 48 * i, 48000));
    mix_push (rig->in[i], gst_event_new_eos ());
  }
  mix_wait_eos (rig, 1);
  CHECK (mix_samples (rig) == 48048, "%u frames", mix_samples (rig));
  CHECK (rig->times->len && g_array_index (rig->times, GstClockTime, 0) ==
                                24 * 30 * G_GUINT64_CONSTANT (3600) * GST_SECOND,
      "another time");
  for (guint i = 48; i < 48000; i++)
    if (!CHECK (fabsf (mix_sample (rig, i) - 2.0f * mix_ramp_at (at + i)) < 1e-6f,
            "frame %u is %g", i, (gdouble)mix_sample (rig, i)))
      break;
  mix_free (rig);
}

/* 26: 64 pads into 64 channels, and pads that come and go a thousand times beside one that plays. */
static void
many_pads (void)
{
  MixRig *rig = mix_new ("audiomixbus name=mix", FALSE);
  GstPad *pads[64];

  rig->wants = mix_caps (MIX_RATE, 64, GST_AUDIO_NE (F32));
  gst_caps_set_simple (rig->wants, "channel-mask", GST_TYPE_BITMASK, (guint64)0, NULL);
  for (guint i = 0; i < MIX_INPUTS; i++)
    mix_input (rig, NULL, 1 + i % 8);
  mix_play (rig);
  for (guint i = 0; i < MIX_INPUTS; i++) {
    mix_begin (rig->in[i]);
    mix_push (rig->in[i], mix_value (rig->in[i], 0, 4800, 0.01));
  }
  mix_wait_frames (rig, 4800);
  for (guint n = 0; n < CYCLES; n++) {
    for (guint i = 0; i < 1 + n % 64; i++)
      pads[i] = gst_element_request_pad_simple (rig->mix, "sink_%u");
    if (n % 10 == 0)
      for (guint i = 0; i < MIX_INPUTS; i++)
        mix_push (rig->in[i], mix_value (rig->in[i], 4800 + n * 480, 480, 0.01));
    for (guint i = 0; i < 1 + n % 64; i++) {
      gst_element_release_request_pad (rig->mix, pads[i]);
      gst_object_unref (pads[i]);
    }
  }
  for (guint i = 0; i < MIX_INPUTS; i++)
    mix_push (rig->in[i], gst_event_new_eos ());
  mix_wait_eos (rig, 1);
  expect_finite (rig);
  expect_no_error (rig);
  CHECK (mix_samples (rig) % 64 == 0 && GST_AUDIO_INFO_CHANNELS (&rig->info) == 64,
      "%d channels", GST_AUDIO_INFO_CHANNELS (&rig->info));
  mix_free (rig);
}

/* 29: who is soloed and leaves, or ends, silences nobody any more. */
static void
solo_leaves (void)
{
  MixRig *rig = rig_new ("", 2, 1);

  g_object_set (rig->in[0]->sink, "solo", TRUE, NULL);
  mix_play (rig);
  for (guint i = 0; i < 2; i++) {
    mix_begin (rig->in[i]);
    mix_push (rig->in[i], mix_value (rig->in[i], 0, 48000, i ? 0.25 : 0.5));
  }
  mix_wait_frames (rig, 48000);
  mix_push (rig->in[1], mix_value (rig->in[1], 48000, 96000, 0.25));
  mix_push (rig->in[1], gst_event_new_eos ());
  mix_remove (rig->in[0]);
  mix_wait_eos (rig, 1);
  CHECK (mix_samples (rig) == 144000, "%u frames", mix_samples (rig));
  CHECK (fabsf (mix_sample (rig, 40000) - 0.5f) < 1e-6f &&
             fabsf (mix_sample (rig, 140000) - 0.25f) < 1e-6f,
      "%g with, %g without it", (gdouble)mix_sample (rig, 40000),
      (gdouble)mix_sample (rig, 140000));
  mix_free (rig);
}

/* No step where pads come and go while they still have audio: no frame differs from the one before by more
 * than a fade of 10 ms makes it. */
static void
no_steps (void)
{
  MixRig *rig = rig_new ("", 1, 1);
  MixInput *a = rig->in[0];
  gfloat worst = 0.0f;
  guint now = 0, heard = 0;

  mix_play (rig);
  mix_begin (a);
  for (guint n = 0; n < 20; n++) {
    MixInput *b = n ? mix_input (rig, NULL, 1) : NULL;
    if (b) {
      mix_begin (b);
      /* It begins anywhere, and has more than it will be asked for. */
      for (guint i = 0; i < 60; i++)
        mix_push (b, mix_value (b, now + 37 * n + i * 480, 480, 0.1));
    }
    now += 12000;
    mix_push (a, mix_value (a, now - 12000, 12000, 0.5));
    mix_wait_frames (rig, now - 480);
    /* All that it has is there, or as much as the mix takes. */
    if (b)
      mix_is_blocked (b, 200);
    if (b)
      mix_remove (b);
  }
  mix_push (a, mix_value (a, now, 48000, 0.5));
  mix_push (a, gst_event_new_eos ());
  mix_wait_eos (rig, 1);
  for (guint i = 1; i < mix_samples (rig); i++) {
    worst = MAX (worst, fabsf (mix_sample (rig, i) - mix_sample (rig, i - 1)));
    heard += mix_sample (rig, i) > 0.5999f;
  }
  CHECK (worst < 0.1f * 0.005f, "a step of %g", (gdouble)worst);
  CHECK (heard > 100000, "%u frames with both", heard);
  mix_free (rig);
}

/* Groups that change between two starts, or while it plays: who is in one that has gone goes straight to
 * the bus. */
static void
groups_go (void)
{
  MixRig *rig = rig_new ("groups=a;b,gain=-120.0", 2, 1);

  g_object_set (rig->in[0]->sink, "group", "b", NULL);
  for (guint n = 0; n < 3; n++) {
    mix_play (rig);
    for (guint i = 0; i < 2; i++) {
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 9600, 0.25));
    }
    mix_wait_frames (rig, 9600);
    CHECK (fabsf (mix_sample (rig, 9000) - (n ? 0.5f : 0.25f)) < 1e-6f, "start %u: %g", n,
        (gdouble)mix_sample (rig, 9000));
    /* Behind a flush the bus's settings are read before any pad's. */
    g_object_set (rig->mix, "groups", "", NULL);
    for (guint i = 0; i < 2; i++)
      mix_flush_start (rig->in[i], 9 + n);
    for (guint i = 0; i < 2; i++) {
      mix_flush_stop (rig->in[i], 9 + n);
      mix_push (rig->in[i], mix_segment (0, -1, 0, 0));
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 9600, 0.25));
    }
    g_object_set (rig->in[1]->sink, "gain", 0.0, NULL);
    mix_wait_frames (rig, 9600);
    CHECK (fabsf (mix_sample (rig, 9000) - 0.5f) < 1e-6f, "flush %u: %g", n,
        (gdouble)mix_sample (rig, 9000));
    gst_element_set_state (rig->mix, GST_STATE_READY);
    mix_forget (rig);
  }
  mix_free (rig);
}

/* 23: started and stopped again and again, in the middle of blocks; each time all comes out. */
static void
cycling (void)
{
  MixRig *rig = rig_new ("", 2, 1);

  for (guint n = 0; n < CYCLES; n++) {
    mix_play (rig);
    for (guint i = 0; i < 2; i++) {
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 700, 0.25));
      if (n % 2)
        mix_push (rig->in[i], gst_event_new_eos ());
    }
    if (n % 2)
      mix_wait_eos (rig, 1);
    else if (n % 4)
      mix_wait_frames (rig, 480);
    CHECK (n % 2 == 0 || mix_samples (rig) == 700, "%u frames", mix_samples (rig));
    gst_element_set_state (rig->mix, n % 8 ? GST_STATE_READY : GST_STATE_NULL);
    for (guint i = 0; i < 2; i++) {
      mix_drop (rig->in[i]);
      mix_wait_idle (rig->in[i]);
    }
    mix_forget (rig);
  }
  mix_free (rig);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "9: flushed tails", flushed_tails },
    { "9: flushed returns", flushed_returns }, { "15, 17: look-ahead", look_ahead },
    { "20: extremes", extremes }, { "19: monkeys", monkeys }, { "24: old age", old_age },
    { "26: many pads", many_pads }, { "29: a solo that leaves", solo_leaves },
    { "no steps", no_steps }, { "groups that go", groups_go }, { "23: cycling", cycling },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
