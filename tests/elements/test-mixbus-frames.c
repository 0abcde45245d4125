/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: where the mix begins, how long its buffers are, what it signals, what it negotiates, and
 * its pads' names, caps and queries. Where audiomixer does the same both are asked. */

#include "lqtest.h"
#include "mixrig.h"

#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

/* start-time-selection: where the first frame is, and that what lies before it is left out. */
static void
beginnings (void)
{
  static const struct {
    const gchar *set;
    guint first, frames; /* ms, frames */
  } rows[] = { { "start-time-selection=zero", 0, 7200 },
    { "start-time-selection=first", 100, 2400 },
    { "start-time-selection=set start-time=50000000", 50, 4800 },
    { "start-time-selection=set start-time=120000000", 120, 1440 },
    { "start-time-selection=zero start-time=50000000", 0, 7200 },
    { "start-time-selection=set", 0, 7200 } };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++)
    for (guint m = 0; m < MIX_MIXERS; m++) {
      MixRig *rig = mix_playing (mix_mixers[m], rows[r].set, 2, FALSE);
      const guint first = rows[r].first * 48;

      rig->wants = mix_caps (MIX_RATE, 1, GST_AUDIO_NE (F32));
      mix_begin (rig->in[0]);
      mix_begin (rig->in[1]);
      mix_push (rig->in[0], mix_ramp (rig->in[0], 4800, 2400));
      mix_push (rig->in[1], mix_ramp (rig->in[1], 4896, 480));
      for (guint i = 0; i < 2; i++)
        mix_push (rig->in[i], gst_event_new_eos ());
      mix_wait_eos (rig, 1);
      CHECK (mix_samples (rig) == rows[r].frames, "%s, %s: %u frames, not %u", mix_mixers[m],
          rows[r].set, mix_samples (rig), rows[r].frames);
      CHECK (rig->times->len &&
                 g_array_index (rig->times, GstClockTime, 0) == rows[r].first * GST_MSECOND,
          "%s, %s: another first time", mix_mixers[m], rows[r].set);
      for (guint i = 0; i < mix_samples (rig); i++) {
        const guint at = first + i;
        const gfloat value = (at >= 4800 ? mix_ramp_at (at) : 0.0f) +
                             (at >= 4896 && at < 5376 ? mix_ramp_at (at) : 0.0f);
        if (!CHECK (fabsf (mix_sample (rig, i) - value) < 1e-6f, "%s, %s: frame %u",
                mix_mixers[m], rows[r].set, at))
          break;
      }
      mix_free (rig);
    }
}

/* Output buffers of all lengths: both have the same times, the rig has looked at each. */
static void
lengths (void)
{
  static const struct {
    const gchar *set;
    guint rate, shortest, longest; /* Hz, frames of a buffer */
  } rows[] = { { "", 44100, 441, 441 }, { "", 48000, 480, 480 }, { "", 11025, 110, 111 },
    { "output-buffer-duration=25000000", 44100, 1102, 1103 },
    { "output-buffer-duration=1000000", 44100, 44, 45 },
    { "output-buffer-duration=33333333", 48000, 1599, 1600 },
    { "output-buffer-duration-fraction=1/30", 44100, 1470, 1470 },
    { "output-buffer-duration-fraction=1001/30000", 44100, 1471, 1472 },
    { "output-buffer-duration-fraction=1001/60000", 48000, 800, 801 },
    { "output-buffer-duration-fraction=1/7", 44100, 6300, 6300 },
    { "output-buffer-duration-fraction=3/1000", 22050, 66, 67 },
    { "output-buffer-duration=200000000", 48000, 9600, 9600 } };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    GArray *times[2] = { NULL, NULL };
    for (guint m = 0; m < MIX_MIXERS; m++) {
      MixRig *rig = mix_playing (mix_mixers[m], rows[r].set, 1, FALSE);
      GstCaps *caps = mix_caps (rows[r].rate, 1, GST_AUDIO_NE (F32));
      MixInput *in = rig->in[0];

      mix_push (in, gst_event_new_stream_start ("s"));
      mix_push (in, gst_event_new_caps (caps));
      mix_push (in, mix_segment (0, -1, 0, 0));
      for (guint i = 0; i < 40; i++)
        mix_push (in, mix_value (in, G_MAXUINT64, 997, 0.5));
      mix_push (in, gst_event_new_eos ());
      mix_wait_eos (rig, 1);
      CHECK (mix_samples (rig) == 40 * 997, "%s, %s: %u frames", mix_mixers[m], rows[r].set,
          mix_samples (rig));
      for (guint i = 1; i < rig->times->len; i++) {
        const guint n = (guint)gst_util_uint64_scale_round (
            g_array_index (rig->times, GstClockTime, i) -
                g_array_index (rig->times, GstClockTime, i - 1),
            rows[r].rate, GST_SECOND);
        if (!CHECK (n >= rows[r].shortest && n <= rows[r].longest, "%s, %s: %u frames",
                mix_mixers[m], rows[r].set, n))
          break;
      }
      times[m] = g_array_ref (rig->times);
      mix_free (rig);
      gst_caps_unref (caps);
    }
    CHECK (times[0]->len == times[1]->len && memcmp (times[0]->data, times[1]->data,
                                                 times[0]->len * sizeof (GstClockTime)) == 0,
        "%s at %u Hz: other times than audiomixer's", rows[r].set, rows[r].rate);
    g_array_unref (times[0]);
    g_array_unref (times[1]);
  }
}

static void
on_selected (GstElement *mix, GstSegment *segment, GstClockTime pts, GstClockTime dts,
    GstClockTime duration, GstStructure *info, gpointer data)
{
  GArray *seen = data;
  guint64 offset = 0;
  guint frames = 0;

  CHECK (segment->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID (pts) &&
             duration == 10 * GST_MSECOND && info &&
             gst_structure_get_uint64 (info, "offset", &offset) &&
             gst_structure_get_uint (info, "frames", &frames) && frames == 480 &&
             pts == offset * GST_SECOND / MIX_RATE,
      "%s: a selection of %u frames at %" G_GUINT64_FORMAT, GST_OBJECT_NAME (mix), frames, pts);
  /* audiomixer says it again each time an input lets it wait. */
  if (!seen->len || g_array_index (seen, GstClockTime, seen->len - 1) != pts)
    g_array_append_val (seen, pts);
  else
    CHECK (g_str_equal (GST_OBJECT_NAME (mix), "audiomixer"), "one buffer is selected twice");
}

static void
on_consumed (GstElement *pad, GstBuffer *buffer, gpointer data)
{
  *(guint64 *)data += GST_IS_BUFFER (buffer) ? gst_buffer_get_size (buffer) : 0;
}

/* samples-selected once a buffer, with its time; buffer-consumed for each that came; neither if not
 * asked for. */
static void
signals (void)
{
  for (guint m = 0; m < MIX_MIXERS; m++)
    for (guint emit = 0; emit < 2; emit++) {
      MixRig *rig = mix_playing (mix_mixers[m], emit ? "emit-signals=true" : "", 2, FALSE);
      GArray *seen = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
      guint64 bytes[2] = { 0, 0 };

      g_signal_connect (rig->mix, "samples-selected", G_CALLBACK (on_selected), seen);
      for (guint i = 0; i < 2; i++) {
        g_object_set (rig->in[i]->sink, "emit-signals", emit && i, NULL);
        g_signal_connect (
            rig->in[i]->sink, "buffer-consumed", G_CALLBACK (on_consumed), &bytes[i]);
        mix_begin (rig->in[i]);
        for (guint n = 0; n < 10; n++)
          mix_push (rig->in[i], mix_value (rig->in[i], n * 240, 240, 0.5));
        mix_push (rig->in[i], gst_event_new_eos ());
      }
      mix_wait_eos (rig, 1);
      /* audiomixer selects once more, at the end. */
      CHECK (seen->len == (emit ? rig->times->len + !m : 0), "%s: %u selections of %u buffers",
          mix_mixers[m], seen->len, rig->times->len);
      CHECK (!emit || memcmp (seen->data, rig->times->data,
                          rig->times->len * sizeof (GstClockTime)) == 0,
          "%s: selections at other times", mix_mixers[m]);
      CHECK (bytes[0] == 0 && bytes[1] == (emit ? 9600 : 0), "%s: %u and %u bytes consumed",
          mix_mixers[m], (guint)bytes[0], (guint)bytes[1]);
      g_array_unref (seen);
      mix_free (rig);
    }
}

/* What goes out: the filter downstream, else what the pads have. */
static void
negotiation (void)
{
  static const struct {
    const gchar *wants;
    guint channels[2];
    const gchar *becomes;
  } rows[] = {
    { NULL, { 1, 1 }, "format=(string)F32LE, rate=(int)48000, channels=(int)1" },
    { NULL, { 1, 2 }, "format=(string)F32LE, rate=(int)48000, channels=(int)2" },
    { "audio/x-raw,channels=2", { 1, 1 }, "rate=(int)48000, channels=(int)2" },
    { "audio/x-raw,channels=1", { 2, 2 }, "rate=(int)48000, channels=(int)1" },
    { "audio/x-raw,format=S16LE", { 1, 1 }, "format=(string)S16LE" },
    { "audio/x-raw,format={S32LE,F64LE}", { 1, 1 }, "format=(string)F64LE" },
    { "audio/x-raw,channels=[1,2]", { 6, 1 }, "channels=(int)2" },
    { NULL, { 6, 2 }, "channels=(int)6, channel-mask=(bitmask)0x000000000000003f" },
  };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    MixRig *rig = mix_playing ("audiomixbus", "", 2, FALSE);
    GstCaps *caps, *expected;
    gchar *text = g_strconcat ("audio/x-raw, ", rows[r].becomes, NULL), *got;

    if (rows[r].wants)
      rig->wants = gst_caps_from_string (rows[r].wants);
    for (guint i = 0; i < 2; i++) {
      rig->in[i]->channels = rows[r].channels[i];
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 480, 0.5));
      mix_push (rig->in[i], gst_event_new_eos ());
    }
    mix_wait_eos (rig, 1);
    caps = gst_pad_get_current_caps (rig->out);
    expected = gst_caps_from_string (text);
    got = caps ? gst_caps_to_string (caps) : g_strdup ("nothing");
    CHECK (caps && gst_caps_is_subset (caps, expected), "row %u: %s, not %s", r, got, text);
    gst_clear_caps (&caps);
    gst_caps_unref (expected);
    g_free (got);
    g_free (text);
    mix_free (rig);
  }
}

/* An input of another rate, before and while it plays, is refused with both rates in a sentence. */
static void
other_rates (void)
{
  for (guint later = 0; later < 2; later++) {
    MixRig *rig = mix_playing ("audiomixbus", "", 2, FALSE);
    GstCaps *caps = mix_caps (44100, 1, GST_AUDIO_NE (F32));
    MixInput *a = rig->in[0], *b = rig->in[1];
    gchar *error;

    mix_begin (a);
    mix_push (a, mix_value (a, 0, 480, 0.5));
    mix_wait_idle (a);
    if (later) {
      mix_begin (b);
      mix_push (b, mix_value (b, 0, 480, 0.5));
      mix_wait_frames (rig, 480);
    } else {
      mix_push (b, gst_event_new_stream_start ("b"));
    }
    mix_push (b, gst_event_new_caps (caps));
    mix_push (b, mix_segment (0, -1, 0, 0));
    mix_push (b, mix_value (b, G_MAXUINT64, 441, 0.5));
    mix_wait_idle (b);
    CHECK (b->flow == GST_FLOW_NOT_NEGOTIATED, "%s", gst_flow_get_name (b->flow));
    error = mix_error (rig);
    CHECK (error && strstr (error, "44100") && strstr (error, "48000") &&
               strstr (error, GST_PAD_NAME (b->sink)),
        "%s", error);
    g_free (error);
    gst_caps_unref (caps);
    mix_free (rig);
  }
}

#define ENOUGH(mixer)                                                                          \
  "audiotestsrc ! audio/x-raw,rate=48000,channels=2 ! " mixer                                  \
  " ! identity eos-after=100 ! wavenc ! filesink location=/dev/null"

/* Who is behind it says that it has enough, in the midst of things: that is the end, and nothing comes
 * behind it, though pads still have some. */
static void
enough (void)
{
  for (guint n = 0; n < 60; n++) {
    GstElement *line =
        gst_parse_launch (n < 5 ? ENOUGH ("audiomixer") : ENOUGH ("audiomixbus"), NULL);
    GstBus *bus = gst_element_get_bus (line);
    GstMessage *message;

    gst_element_set_state (line, GST_STATE_PLAYING);
    message =
        gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    CHECK (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "%s",
        message ? GST_MESSAGE_TYPE_NAME (message) : "nothing");
    gst_clear_message (&message);
    gst_element_set_state (line, GST_STATE_NULL);
    gst_object_unref (bus);
    gst_object_unref (line);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "where it begins", beginnings },
    { "lengths of buffers", lengths }, { "signals", signals }, { "what goes out", negotiation },
    { "other rates", other_rates }, { "enough downstream", enough }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
