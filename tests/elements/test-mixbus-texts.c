/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: automation and presets as texts: which goes before which, and what can't be read is
 * refused with line and column. */

#include "lqtest.h"
#include "take.h"

#include <glib/gstdio.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

/* A file beside the property, which goes first, pad by pad. */
static void
files (void)
{
  gchar *path = NULL, *mix, *line;
  gint fd = g_file_open_tmp ("lq-XXXXXX.txt", &path, NULL);
  Take take;

  if (take_untestable ())
    return;
  CHECK (fd >= 0, "no file");
  g_close (fd, NULL);
  g_file_set_contents (path,
      "# two pads\nsink_0::gain step 0:-40\n\nsink_1::gain step 0:-20 # half\ngain step 0:0\n",
      -1, NULL);
  mix = g_strdup_printf (
      "automation=\"sink_0::gain step 0:-6.0206\" automation-location=%s", path);
  line = take_constant (9600, 960, mix,
      "audiotestsrc wave=square freq=0 volume=0.5 num-buffers=10 samplesperbuffer=960 ! "
      "audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_1");
  take = take_play (line);
  CHECK (!take.error && take_count (&take) == 9600, "%s: %s", line, take_error (&take));
  for (guint n = 0; n < take_count (&take); n += 960)
    CHECK_NEAR (take_floats (&take)[n], 0.25 + 0.05, 1e-4, "a sum");
  take_clear (&take);
  g_free (line);
  g_free (mix);
  g_file_set_contents (path, "\nsink_0::gain step 0:-40\n  sink_1::gian step 0:1", -1, NULL);
  mix = g_strdup_printf ("automation-location=%s", path);
  line = take_constant (9600, 960, mix, "");
  take = take_play (line);
  CHECK (
      take.error && strstr (take.error, "line 3, column 11") && strstr (take.error, "`gain`"),
      "%s", take_error (&take));
  take_clear (&take);
  g_free (line);
  g_free (mix);
  g_unlink (path);
  g_free (path);
}

static void
refusals (void)
{
  static const struct {
    const gchar *set, *says;
  } rows[] = {
    { "automation=\"sink_0::gian step 0:1\"", "line 1, column 9: there is no property `gian`" },
    { "automation=\"gain step 0:1; drum::gain step 0:1\" groups=drums",
        "line 1, column 16: `drum::gain` has the scope `drum`, which is neither a pad (sink_0, "
        "…) "
        "nor a group of the property groups; did you mean `drums`?" },
    { "automation=\"sink_x::gain step 0:1\"", "neither a pad" },
    { "automation=\"sink_01::gain step 0:1\"", "neither a pad" },
    { "automation=\"::gain step 0:1\"", "neither a pad" },
    { "automation=\"drums::pan step 0:1\" groups=drums",
        "column 8: there is no property `pan`" },
    { "automation=\"drums::gain linear 0:25\" groups=drums", "-120 to 24 dB" },
    { "automation=\"drums::mute linear 0:1\" groups=drums", "it takes `step` alone" },
    { "automation=\"sink_0::gain step 0:1; sink_0::gain step 0:2\"",
        "column 24: `sink_0::gain` has a curve already" },
    { "automation=\"sink_0::qos-messages step 0:1\"", "it has no curve" },
    { "automation=\"sink_0::comp-lookahead step 0:1\"", "it has no curve" },
    { "automation=\"sink_0::group step 0:1\"", "it has no curve" },
  };
  Take take;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line = take_constant (960, 960, rows[i].set, "");
    take = take_play (line);
    CHECK (take.error && strstr (take.error, rows[i].says), "%s: %s", rows[i].set,
        take_error (&take));
    take_clear (&take);
    g_free (line);
  }
  take =
      take_play ("audiotestsrc num-buffers=1 ! audioconvert ! "
                 "channelstrip automation=\"sink_0::out-gain step 0:1\" ! fakesink name=out");
  CHECK (take.error && strstr (take.error, "no pads and no groups"), "%s", take_error (&take));
  take_clear (&take);
}

/* Factory presets, a preset file, and what was set explicitly. */
static void
presets (void)
{
  static const gchar *const names[] = { "band-mix", "small-room", "large-hall", "dub-echo",
    "radio-desk" };
  static const struct {
    const gchar *set, *says;
  } wrong[] = { { "preset=band-mixx", "did you mean `band-mix`?" },
    { "preset=./none.preset", "none.preset" } };
  GstElement *mix;
  Take take;
  gdouble decay, predelay;
  gchar *line;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *set = g_strdup_printf ("preset=%s sink_0::reverb-send=-10", names[i]);
    line = take_constant (9600, 960, set, "");
    take = take_play (line);
    CHECK (!take.error && take_count (&take) >= 19200, "%s: %s", set, take_error (&take));
    take_clear (&take);
    g_free (line);
    g_free (set);
  }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    line = take_constant (960, 960, wrong[i].set, "");
    take = take_play (line);
    CHECK (take.error && strstr (take.error, wrong[i].says), "%s", take_error (&take));
    take_clear (&take);
    g_free (line);
  }
  mix = gst_parse_launch ("audiomixbus reverb-decay=3 preset=large-hall", NULL);
  g_object_get (mix, "reverb-decay", &decay, "reverb-predelay", &predelay, NULL);
  CHECK (decay == 3.0 && predelay == 45.0, "%g s, %g ms", decay, predelay);
  gst_element_set_state (mix, GST_STATE_READY);
  g_object_set (mix, "preset", "small-room", NULL);
  g_object_get (mix, "reverb-decay", &decay, NULL);
  CHECK (decay == 0.5, "%g s after READY", decay);
  g_object_set (mix, "preset", "", NULL);
  g_object_get (mix, "reverb-decay", &decay, "reverb-predelay", &predelay, NULL);
  CHECK (decay == 1.5 && predelay == 20.0, "%g s, %g ms without", decay, predelay);
  gst_element_set_state (mix, GST_STATE_NULL);
  gst_object_unref (mix);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "a file, and the property before it", files },
    { "what can't be read, with line and column", refusals }, { "presets of the bus", presets },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
