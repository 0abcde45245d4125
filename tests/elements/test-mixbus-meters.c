/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Meters of audiomixbus and its pads against what tones are known to have; messages lie on the
 * frame, whatever runs ahead and however late the mix is. */

#include "lqtest.h"
#include "measure.h"
#include "take.h"

#include <math.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define TONE(buffers, cut, level, late, pad)                                                   \
  "audiotestsrc num-buffers=" buffers " samplesperbuffer=" cut " freq=997 volume=" level       \
  " timestamp-offset=" late " ! audio/x-raw,format=F32LE,rate=48000,channels=2 ! mix." pad " "

static gdouble
number (const GstStructure *s, const gchar *name)
{
  gdouble value = NAN;

  gst_structure_get_double (s, name, &value);
  return value;
}

/* What the array of this name says of the n-th pad or channel. */
static gdouble
nth (const GstStructure *s, const gchar *name, guint n)
{
  const GValue *array = gst_structure_get_value (s, name);

  return array && n < gst_value_array_get_size (array)
             ? g_value_get_double (gst_value_array_get_value (array, n))
             : NAN;
}

static guint64
when (const GstStructure *s, const gchar *name)
{
  guint64 value = GST_CLOCK_TIME_NONE;

  gst_structure_get_uint64 (s, name, &value);
  return value;
}

/* 4 s of two tones, one at −20 dBFS and a fader of −6 dB, the other mono to the left by its pan. */
static void
tones (void)
{
  const GstStructure *s;
  Take take;

  if (take_untestable ())
    return;
  take = take_play ("audiomixbus name=mix meters=true sink_0::gain=-6 sink_1::mute=true "
                    "! fakesink name=out " TONE ("192", "1000", "0.1", "0", "sink_0")
                        TONE ("192", "1000", "0.5", "0", "sink_1"));
  CHECK (!take.error && take.messages->len == 40 + 1, "%s, %u messages", take_error (&take),
      take.messages->len);
  s = g_ptr_array_index (take.messages, take.messages->len - 1);
  CHECK_NEAR (number (s, "peak"), -26.0, 0.01, "peak, dBFS");
  CHECK_NEAR (number (s, "rms"), -29.01, 0.01, "RMS, dBFS");
  CHECK_NEAR (number (s, "true-peak"), -26.0, 0.02, "true peak, dBTP");
  CHECK_NEAR (number (s, "short-term"), -26.0, 0.1, "short-term loudness, LUFS");
  CHECK_NEAR (number (s, "correlation"), 1.0, 1e-6, "correlation");
  CHECK_NEAR (nth (s, "channel-peak", 1), -26.0, 0.01, "peak of right");
  CHECK_NEAR (nth (s, "pad-peak", 0), -26.0, 0.01, "peak of sink_0");
  CHECK_NEAR (nth (s, "pad-rms", 0), -29.01, 0.01, "RMS of sink_0");
  CHECK_NEAR (nth (s, "pad-short-term", 0), -26.0, 0.1, "loudness of sink_0");
  CHECK_NEAR (nth (s, "pad-peak", 1), -120.0, 0.0, "peak of what is muted");
  CHECK_NEAR (nth (s, "pad-short-term", 1), -120.0, 0.0, "loudness of what is muted");
  CHECK (gst_structure_has_name (s, "audiomixbus") &&
             g_strcmp0 (gst_structure_get_string (s, "summary"),
                 "2 inputs, 0:04.0: peak -26.0 dBFS, true peak -26.0 dBTP, integrated -26.0 "
                 "LUFS.") == 0,
      "%s: %s", gst_structure_get_name (s), gst_structure_get_string (s, "summary"));
  take_clear (&take);
}

/* A pad that sounds from 1.05 s to 1.25 s does so in three periods, and nowhere else. */
static void
periods (void)
{
  static const gchar *const rows[] = { "",
    "sink_0::gate-enabled=true sink_0::gate-ratio=1 "
    "sink_0::gate-lookahead=7.7 ",
    "interval=20000000 ", "sink_1::comp-key=sink_0 " };

  if (take_untestable ())
    return;
  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    const GstClockTime period = r == 2 ? 20 * GST_MSECOND : 100 * GST_MSECOND;
    gchar *line = g_strdup_printf (
        "audiomixbus name=mix %s ! fakesink name=out " TONE ("99", "3333", "0.1", "0", "sink_0")
            TONE ("20", "480", "0.5", "1050000000", "sink_1"),
        rows[r]);
    Take take = take_play (line);
    const guint n = take.messages->len;
    CHECK (
        !take.error && n == (guint)((99 * 3333 * GST_SECOND / TAKE_RATE + period - 1) / period),
        "%s: %s, %u messages", rows[r], take_error (&take), n);
    for (guint i = 0; i < n; i++) {
      const GstStructure *s = g_ptr_array_index (take.messages, i);
      const GstClockTime at = i * period;
      const gboolean sounds = at + period > 1050 * GST_MSECOND && at < 1250 * GST_MSECOND;
      gboolean final = FALSE;
      gst_structure_get_boolean (s, "final", &final);
      CHECK (when (s, "timestamp") == at && when (s, "running-time") == at &&
                 (final || when (s, "duration") == period),
          "%s: message %u at %" G_GUINT64_FORMAT, rows[r], i, when (s, "timestamp"));
      CHECK (sounds ? nth (s, "pad-peak", 1) > -10.0 : nth (s, "pad-peak", 1) <= -120.0,
          "%s: %g dBFS in period %u", rows[r], nth (s, "pad-peak", 1), i);
      CHECK (fabs (nth (s, "pad-peak", 0) + 20.0) < 0.1 || i == 0,
          "%s: pad 0 has %g dBFS in period %u", rows[r], nth (s, "pad-peak", 0), i);
      CHECK (final == (i == n - 1), "%s: message %u is final", rows[r], i);
    }
    take_clear (&take);
    g_free (line);
  }
}

/* What dynamics do, and whose; nobody looks: no messages. */
static void
reductions (void)
{
  const GstStructure *s;
  Take take;

  if (take_untestable ())
    return;
  take = take_play ("audiomixbus name=mix sink_0::comp-enabled=true sink_0::comp-threshold=-20 "
                    "sink_0::comp-ratio=100 sink_0::comp-knee=0 sink_1::duck-key=sink_0 "
                    "sink_1::duck-amount=9 "
                    "! fakesink name=out " TONE ("100", "1000", "0.5", "0", "sink_0")
                        TONE ("100", "1000", "0.5", "0", "sink_1"));
  CHECK (!take.error && take.messages->len > 10, "%s", take_error (&take));
  s = g_ptr_array_index (take.messages, 19);
  CHECK_NEAR (nth (s, "pad-comp-gain-reduction", 0), 13.98, 0.05, "compressor, dB");
  CHECK_NEAR (nth (s, "pad-comp-gain-reduction", 1), 0.0, 0.0, "of the other, dB");
  CHECK_NEAR (nth (s, "pad-duck-gain-reduction", 1), 9.0, 0.05, "ducking, dB");
  CHECK_NEAR (nth (s, "pad-peak", 1), lqm_db (0.5) - 9.0, 0.1, "peak of what is ducked");
  take_clear (&take);
  take = take_play ("audiomixbus name=mix post-messages=false ! fakesink name=out " TONE (
      "10", "1000", "0.5", "0", "sink_0"));
  CHECK (!take.error && take.messages->len == 0, "%u messages", take.messages->len);
  take_clear (&take);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "levels and loudness of tones", tones },
    { "periods lie on the frame", periods }, { "reductions, and silence", reductions },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
