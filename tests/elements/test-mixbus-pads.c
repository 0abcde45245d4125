/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: its pads' names, caps and queries, how they come and go while it plays, and ends. */

#include "lqtest.h"
#include "mixrig.h"

#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

/* A name as asked for, none that is taken or no name of a pad, the next free number. */
static void
names (void)
{
  static const struct {
    const gchar *asks, *gets;
  } rows[] = { { "sink_5", "sink_5" }, { "sink_%u", "sink_6" }, { NULL, "sink_7" },
    { "sink_2", "sink_2" }, { "sink_%u", "sink_8" }, { "sink_0", "sink_0" } };

  for (guint m = 0; m < MIX_MIXERS; m++) {
    GstElement *mix = gst_element_factory_make (mix_mixers[m], NULL);
    GstPadTemplate *templ = gst_element_get_pad_template (mix, "sink_%u");
    GstObject *child = NULL;
    GstPad *pad;

    gst_object_ref_sink (mix);
    for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
      pad = gst_element_request_pad (mix, templ, rows[r].asks, NULL);
      CHECK (pad && g_str_equal (GST_PAD_NAME (pad), rows[r].gets), "%s: %s becomes %s",
          mix_mixers[m], rows[r].asks, pad ? GST_PAD_NAME (pad) : "nothing");
      gst_clear_object (&pad);
    }
    CHECK (gst_child_proxy_get_children_count (GST_CHILD_PROXY (mix)) == 6, "%s: %u children",
        mix_mixers[m], gst_child_proxy_get_children_count (GST_CHILD_PROXY (mix)));
    child = GST_OBJECT (gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (mix), "sink_2"));
    CHECK (child && g_str_equal (GST_OBJECT_NAME (child), "sink_2"), "%s: no child",
        mix_mixers[m]);
    gst_clear_object (&child);
    /* What has gone may come again. */
    pad = gst_element_get_static_pad (mix, "sink_5");
    gst_element_release_request_pad (mix, pad);
    gst_object_unref (pad);
    pad = gst_element_request_pad (mix, templ, "sink_5", NULL);
    CHECK (pad != NULL, "%s: sink_5 isn't free again", mix_mixers[m]);
    gst_clear_object (&pad);
    gst_object_unref (mix);
  }
}

static void
no_names (void)
{
  static const gchar *const bad[] = { "sink_1", "sink_", "sink_x", "sink_-1", "sink_4294967295",
    "src", "sink_99999999999" };
  GstElement *mix = gst_object_ref_sink (gst_element_factory_make ("audiomixbus", NULL));
  GstPadTemplate *templ = gst_element_get_pad_template (mix, "sink_%u");
  GstPad *pad = gst_element_request_pad (mix, templ, "sink_1", NULL);

  gst_clear_object (&pad);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    /* Past GStreamer's own check, which would be a critical. */
    pad = GST_ELEMENT_GET_CLASS (mix)->request_new_pad (mix, templ, bad[i], NULL);
    CHECK (!pad, "%s becomes %s", bad[i], pad ? GST_PAD_NAME (pad) : "");
    gst_clear_object (&pad);
  }
  gst_object_unref (mix);
}

/* All that a CAPS query offers is accepted; the mix's rate comes first once there is one. */
static void
caps_queries (void)
{
  MixRig *rig = mix_playing ("audiomixbus", "", 2, TRUE);
  GstCaps *caps, *all, *filter = gst_caps_from_string ("audio/x-raw,rate={96000,48000,44100}");
  gint rate = 0;

  rig->in[0]->channels = 2;
  all = gst_pad_get_pad_template_caps (rig->in[0]->sink);
  gst_clear_caps (&rig->wants);
  caps = gst_pad_query_caps (rig->in[0]->sink, NULL);
  CHECK (gst_caps_is_equal (caps, all), "before anything is known not all is offered");
  gst_caps_unref (caps);
  mix_begin (rig->in[0]);
  mix_wait_idle (rig->in[0]);
  caps = gst_pad_query_caps (rig->in[1]->sink, filter);
  CHECK (!gst_caps_is_empty (caps) &&
             gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate) &&
             rate == MIX_RATE,
      "the mix's rate isn't first: %d", rate);
  CHECK (gst_caps_is_subset (caps, filter), "more than the filter lets through");
  gst_caps_unref (caps);
  caps = gst_caps_from_string (
      "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2");
  CHECK (gst_pad_query_accept_caps (rig->in[1]->sink, caps), "plain caps aren't accepted");
  gst_caps_set_simple (caps, "channels", G_TYPE_INT, 9, NULL);
  CHECK (!gst_pad_query_accept_caps (rig->in[1]->sink, caps), "9 channels are accepted");
  gst_caps_set_simple (caps, "channels", G_TYPE_INT, 2, "rate", G_TYPE_INT, 7999, NULL);
  CHECK (!gst_pad_query_accept_caps (rig->in[1]->sink, caps), "7999 Hz are accepted");
  gst_caps_unref (caps);
  gst_caps_unref (filter);
  gst_caps_unref (all);
  mix_free (rig);
}

/* Before there is a rate a pad offers what downstream takes. */
static void
downstream_caps (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 1, TRUE);
    GstCaps *caps, *other;

    gst_clear_caps (&rig->wants);
    rig->wants = gst_caps_from_string ("audio/x-raw,rate=32000");
    caps = gst_pad_query_caps (rig->in[0]->sink, NULL);
    other = mix_caps (48000, 1, GST_AUDIO_NE (F32));
    CHECK (!gst_caps_can_intersect (caps, other), "%s offers a rate that nobody takes",
        mix_mixers[m]);
    gst_caps_unref (other);
    other = mix_caps (32000, 1, GST_AUDIO_NE (F32));
    CHECK (gst_caps_can_intersect (caps, other), "%s doesn't offer 32000 Hz", mix_mixers[m]);
    gst_caps_unref (other);
    gst_caps_unref (caps);
    mix_free (rig);
  }
}

/* DRAIN comes back when all before it has been taken; ALLOCATION isn't answered; neither blocks, not
 * even where the other input has nothing. */
static void
queries (void)
{
  MixRig *rig = mix_playing ("audiomixbus", "", 2, TRUE);
  MixInput *a = rig->in[0], *b = rig->in[1];
  GstCaps *caps = mix_caps (MIX_RATE, 1, GST_AUDIO_NE (F32));

  mix_begin (a);
  mix_push (a, gst_query_new_drain ());
  mix_push (a, gst_query_new_allocation (caps, TRUE));
  mix_push (a, mix_value (a, 0, 480, 0.5));
  mix_wait_idle (a);
  CHECK (a->handled->len == 2 && a->answers == 1, "%u queries, %u answers", a->handled->len,
      a->answers);
  mix_push (a, gst_query_new_drain ());
  CHECK (mix_is_blocked (a, 50), "drained before it is taken");
  mix_begin (b);
  mix_push (b, mix_value (b, 0, 480, 0.25));
  mix_wait_idle (a);
  CHECK (a->handled->len == 3 && a->answers == 2, "%u queries, %u answers", a->handled->len,
      a->answers);
  /* A flush, and a stop, let a query go while downstream blocks. */
  mix_wait_frames (rig, 480);
  mix_close (rig, TRUE);
  mix_push (b, mix_value (b, 480, 4800, 0.25));
  mix_push (a, mix_value (a, 480, 4800, 0.5));
  mix_wait_held (rig);
  mix_push (a, gst_query_new_drain ());
  CHECK (mix_is_blocked (a, 50), "drained before it is taken");
  mix_flush_start (a, 77);
  mix_wait_idle (a);
  CHECK (a->handled->len == 4 && a->answers == 2, "%u queries, %u answers", a->handled->len,
      a->answers);
  mix_flush_stop (a, 77);
  mix_push (a, mix_segment (0, -1, 0, 0));
  mix_push (a, mix_value (a, 5280, 480, 0.5));
  mix_push (a, gst_query_new_drain ());
  CHECK (mix_is_blocked (a, 50), "drained before it is taken");
  mix_stop (rig);
  mix_wait_idle (a);
  /* Downstream, which goes on first, may let the last be answered. */
  CHECK (a->handled->len == 5 && a->answers >= 2 && a->answers <= 3, "%u queries, %u answers",
      a->handled->len, a->answers);
  gst_caps_unref (caps);
  mix_free (rig);
}

/* A pad that is released while its thread waits in it: the thread comes back, the mix goes on. */
static void
released_blocked (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++)
    for (guint which = 0; which < 2; which++) {
      MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);
      MixInput *full = rig->in[which], *empty = rig->in[1 - which];

      mix_begin (full);
      mix_begin (empty);
      for (guint n = 0; n < 20; n++)
        mix_push (full, mix_value (full, n * 9600, 9600, 0.5));
      CHECK (mix_is_blocked (full, 50), "%s takes it all", mix_mixers[m]);
      mix_remove (full);
      mix_push (empty, mix_value (empty, 0, 4800, 0.25));
      mix_push (empty, gst_event_new_eos ());
      mix_wait_eos (rig, 1);
      CHECK (mix_samples (rig) == 4800, "%s: %u frames", mix_mixers[m], mix_samples (rig));
      CHECK (fabsf (mix_sample (rig, 4700) - 0.25f) < 1e-6f, "%s: %g", mix_mixers[m],
          (gdouble)mix_sample (rig, 4700));
      mix_free (rig);
    }
}

/* The one that all others wait for leaves: they go on at once. */
static void
released_empty (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++)
    for (guint which = 0; which < 2; which++) {
      MixRig *rig = mix_playing (mix_mixers[m], "", 2, TRUE);
      MixInput *a = rig->in[1 - which], *b = rig->in[which];

      if (which)
        mix_begin (b);
      mix_begin (a);
      mix_push (a, mix_ramp (a, 0, 4800));
      mix_push (a, gst_event_new_eos ());
      mix_is_blocked (a, 20);
      CHECK (rig->eos == 0, "%s doesn't wait", mix_mixers[m]);
      mix_remove (b);
      mix_wait_eos (rig, 1);
      CHECK (mix_samples (rig) == 4800, "%s: %u frames", mix_mixers[m], mix_samples (rig));
      mix_free (rig);
    }
}

/* One comes while it plays: it is placed by its time, fades in, and nothing else changes. */
static void
joins (void)
{
  MixRig *rig = mix_playing ("audiomixbus", "", 1, TRUE);
  MixInput *a = rig->in[0], *b;
  gfloat last = 0.5f;

  mix_begin (a);
  mix_push (a, mix_value (a, 0, 48000, 0.5));
  mix_wait_frames (rig, 48000);
  b = mix_input (rig, "sink_9", 1);
  mix_begin (b);
  mix_push (b, mix_value (b, 48480, 48000, 0.25));
  mix_push (b, gst_event_new_eos ());
  mix_push (a, mix_value (a, 48000, 96000, 0.5));
  mix_push (a, gst_event_new_eos ());
  mix_wait_eos (rig, 1);
  CHECK (mix_samples (rig) == 144000, "%u frames", mix_samples (rig));
  for (guint i = 0; i < 144000; i++) {
    const gfloat value = mix_sample (rig, i);
    const gboolean fades = i >= 48480 && i < 49500;
    const gfloat sum = i >= 48480 && i < 96480 ? 0.75f : 0.5f;
    if (!CHECK (fades ? value > 0.4999f && value < 0.7501f && fabsf (value - last) < 0.003f
                      : fabsf (value - sum) < 1e-6f,
            "frame %u is %g after %g", i, (gdouble)value, (gdouble)last))
      break;
    last = value;
  }
  mix_free (rig);
}

/* A new stream after all have ended goes on behind the end. */
static void
after_the_end (void)
{
  MixRig *rig = mix_playing ("audiomixbus", "", 2, TRUE);

  /* The first has nothing. */
  mix_push (rig->in[0], gst_event_new_eos ());
  mix_push (rig->in[1], gst_event_new_eos ());
  mix_wait_eos (rig, 1);
  for (guint n = 0; n < 3; n++) {
    for (guint i = 0; i < 2; i++) {
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_segment (0, -1, 100 * n, 0));
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 4800, 0.25));
      mix_push (rig->in[i], gst_event_new_eos ());
    }
    mix_wait_eos (rig, n + 2);
    mix_wait_frames (rig, 4800 * (n + 1));
  }
  CHECK (mix_samples (rig) == 3 * 4800, "%u frames", mix_samples (rig));
  CHECK (rig->stream_starts == 4, "%u streams", rig->stream_starts);
  mix_free (rig);
}

/* Without pads it waits; the first that comes begins it. */
static void
no_pads (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++) {
    MixRig *rig = mix_playing (mix_mixers[m], "", 0, TRUE);

    g_usleep (20000);
    for (guint n = 0; n < 3; n++) {
      MixInput *in = mix_input (rig, NULL, 1);
      mix_begin (in);
      mix_push (in, mix_value (in, n * 4800, 4800, 0.25));
      mix_wait_frames (rig, 4800 * (n + 1));
      mix_remove (in);
    }
    CHECK (rig->eos == 0, "%s ends without pads", mix_mixers[m]);
    mix_free (rig);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "names", names }, { "what is no name", no_names },
    { "caps queries", caps_queries }, { "downstream's caps", downstream_caps },
    { "serialised queries", queries }, { "released while it blocks", released_blocked },
    { "released while others wait for it", released_empty }, { "one comes later", joins },
    { "after the end", after_the_end }, { "no pads", no_pads }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
