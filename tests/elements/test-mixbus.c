/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus in whole pipelines: the same samples as GStreamer's audiomixer where both are set
 * alike, and what formulas say where they can't be. */

#include "lqtest.h"
#include "measure.h"
#include "memory.h"
#include "run.h"
#include "signals.h"
#include "take.h"

#include <gst/audio/audio.h>

#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE TAKE_RATE

/* Both mixers play this line, in which MIX stands for the element, without an error. */
static void
play_both (const gchar *line, Take *stock, Take *ours)
{
  gchar **parts = g_strsplit (line, "MIX", 2);
  gchar *with;

  with = g_strconcat (parts[0], "audiomixer", parts[1], NULL);
  *stock = take_play (with);
  CHECK (!stock->error, "%s: %s", with, take_error (stock));
  g_free (with);
  with = g_strconcat (parts[0], "audiomixbus", parts[1], NULL);
  *ours = take_play (with);
  CHECK (!ours->error, "%s: %s", with, take_error (ours));
  g_free (with);
  g_strfreev (parts);
}

static double
apart (const Take *a, const Take *b, GstAudioFormat format)
{
  double worst = 0.0;
  guint n = MIN (a->bytes->len, b->bytes->len);

  if (format == GST_AUDIO_FORMAT_F64)
    for (guint i = 0; i < n / 8; i++)
      worst = MAX (worst, fabs (((double *)(gpointer)a->bytes->data)[i] -
                                ((double *)(gpointer)b->bytes->data)[i]));
  else if (format == GST_AUDIO_FORMAT_F32)
    for (guint i = 0; i < n / 4; i++)
      worst = MAX (worst, fabs ((double)take_floats (a)[i] - (double)take_floats (b)[i]));
  else if (format == GST_AUDIO_FORMAT_S32)
    for (guint i = 0; i < n / 4; i++)
      worst = MAX (worst, fabs ((double)((gint32 *)(gpointer)a->bytes->data)[i] -
                                (double)((gint32 *)(gpointer)b->bytes->data)[i]) *
                              0x1p-31);
  else
    for (guint i = 0; i < n / 2; i++)
      worst = MAX (worst, fabs ((double)((gint16 *)(gpointer)a->bytes->data)[i] -
                                (double)((gint16 *)(gpointer)b->bytes->data)[i]) *
                              0x1p-15);
  return worst;
}

/* Unity, volume and mute; streams that begin late and end early; odd buffers; four formats. */
static void
as_audiomixer (void)
{
  static const struct {
    const gchar *name;
    GstAudioFormat format;
  } formats[] = { { "F32LE", GST_AUDIO_FORMAT_F32 }, { "F64LE", GST_AUDIO_FORMAT_F64 },
    { "S16LE", GST_AUDIO_FORMAT_S16 }, { "S32LE", GST_AUDIO_FORMAT_S32 } };
  static const gint rates[] = { 44100, 48000 };

  if (take_untestable ())
    return;
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++)
    for (guint r = 0; r < G_N_ELEMENTS (rates); r++) {
      gchar *line = g_strdup_printf (
          "MIX name=mix sink_1::volume=0.5 sink_2::mute=true ! fakesink name=out "
          "audiotestsrc num-buffers=60 freq=440 volume=0.3 ! A ! mix.sink_0 "
          "audiotestsrc num-buffers=77 samplesperbuffer=777 freq=1000 wave=saw volume=0.4 "
          "timestamp-offset=100000000 ! A ! mix.sink_1 "
          "audiotestsrc num-buffers=20 freq=50 wave=square ! A ! mix.sink_2 "
          "audiotestsrc num-buffers=9 samplesperbuffer=5000 freq=3000 volume=0.2 ! A ! "
          "mix.sink_3");
      gchar *caps = g_strdup_printf (
          "audio/x-raw,format=%s,rate=%d,channels=2", formats[f].name, rates[r]);
      gchar **parts = g_strsplit (line, "! A !", -1), *joined;
      gchar *glue = g_strdup_printf ("! %s !", caps);
      Take stock, ours;
      joined = g_strjoinv (glue, parts);
      play_both (joined, &stock, &ours);
      CHECK (stock.bytes->len == ours.bytes->len && ours.bytes->len, "%s: %u bytes, not %u",
          caps, ours.bytes->len, stock.bytes->len);
      /* audiomixer cuts off what a volume leaves below an LSB of integers. */
      CHECK (apart (&stock, &ours, formats[f].format) <=
                 (formats[f].format == GST_AUDIO_FORMAT_S16 ? 0x1p-15 : 1e-6),
          "%s: %g apart", caps, apart (&stock, &ours, formats[f].format));
      take_clear (&stock);
      take_clear (&ours);
      g_free (glue);
      g_free (joined);
      g_strfreev (parts);
      g_free (caps);
      g_free (line);
    }
}

/* 128 inputs of 1 kHz at phases of their own sum to what theory says, within -140 dB. */
static void
many (void)
{
  GString *line = g_string_new ("audiomixbus name=mix ! fakesink name=out ");
  lqs_random rnd = { 5 };
  double re = 0.0, im = 0.0, worst = 0.0;
  Take take;

  if (take_untestable ())
    return;
  for (int i = 0; i < 128; i++) {
    const guint late = lqs_range (&rnd, 0, 47);
    /* Whole samples late: a phase. */
    g_string_append_printf (line,
        "audiotestsrc num-buffers=20 samplesperbuffer=960 freq=1000 volume=0.01 "
        "timestamp-offset=%" G_GUINT64_FORMAT
        " ! audio/x-raw,format=F64LE,rate=48000,channels=1 ! mix.sink_%d ",
        gst_util_uint64_scale_round (late, GST_SECOND, RATE), i);
    re += 0.01 * cos (-2.0 * G_PI * late / 48.0);
    im += 0.01 * sin (-2.0 * G_PI * late / 48.0);
  }
  take = take_play (line->str);
  CHECK (!take.error && take.bytes->len == (19200 + 47) * 8, "%s, %u bytes", take_error (&take),
      take.bytes->len);
  for (guint n = 100; n < 19000 && !take.error; n++) {
    /* The source's sine begins a sample behind its zero. */
    const double w = 2.0 * G_PI * (n + 1) / 48.0;
    const double expected = re * sin (w) + im * cos (w);
    worst = MAX (worst, fabs (((double *)(gpointer)take.bytes->data)[n] - expected));
  }
  CHECK (worst < 1e-7, "%g from theory", worst);
  lqt_note ("%.1f dB from theory", lqm_db (worst));
  take_clear (&take);
  g_string_free (line, TRUE);
}

/* A click of each of 64 pads, at a time of its own, comes out at that time. */
static void
clicks (void)
{
  GString *line = g_string_new ("audiomixbus name=mix "
                                "sink_3::gate-enabled=true sink_3::gate-lookahead=7.3 "
                                "sink_3::gate-threshold=-90 sink_5::delay=2 "
                                "! fakesink name=out ");
  Take take;
  guint found = 0;

  if (take_untestable ())
    return;
  for (int i = 0; i < 64; i++)
    g_string_append_printf (line,
        "audiotestsrc num-buffers=1 samplesperbuffer=1 wave=square freq=1 volume=1 "
        "timestamp-offset=%" G_GUINT64_FORMAT
        " ! audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_%d ",
        gst_util_uint64_scale_round (1000 + 137 * i, GST_SECOND, RATE), i);
  take = take_play (line->str);
  CHECK (!take.error, "%s", take_error (&take));
  for (int i = 0; i < 64 && !take.error; i++) {
    const guint at = (guint)(1000 + 137 * i + (i == 5 ? 96 : 0));
    if (at < take_count (&take) && fabs (take_floats (&take)[at]) > 0.9)
      found++;
    else
      (void)CHECK (FALSE, "pad %d: %g at frame %u", i,
          at < take_count (&take) ? take_floats (&take)[at] : 0.0, at);
  }
  CHECK (found == 64, "%u of 64 clicks", found);
  take_clear (&take);
  g_string_free (line, TRUE);
}

/* Solo, solo-safe, mute and groups: which of four tones sound. */
static void
truths (void)
{
  static const struct {
    const gchar *set;
    const gchar *heard; /* pads 0 to 3 */
  } rows[] = { { "", "1111" }, { "sink_0::mute=true", "0111" }, { "sink_1::solo=true", "0100" },
    { "sink_1::solo=true sink_2::solo=true", "0110" },
    { "sink_1::solo=true sink_3::solo-safe=true", "0101" },
    { "sink_1::solo=true sink_1::mute=true", "0000" },
    { "groups=g,solo=true sink_0::group=g sink_2::group=g", "1010" },
    { "groups=g,mute=true sink_0::group=g sink_2::group=g", "0101" },
    { "groups=g,solo=true,mute=true sink_0::group=g", "0000" },
    { "groups=g;h,solo=true sink_0::group=g sink_1::group=h sink_0::solo=true", "1100" },
    { "groups=g,gain=-120.0 sink_3::group=g", "1110" }, { "sink_2::gain=-120", "1101" },
    { "mute=true", "0000" }, { "gain=-120", "0000" } };

  if (take_untestable ())
    return;
  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    GString *line = g_string_new (NULL);
    Take take;
    g_string_printf (line, "audiomixbus name=mix %s ! fakesink name=out ", rows[r].set);
    for (int i = 0; i < 4; i++)
      g_string_append_printf (line,
          "audiotestsrc num-buffers=10 samplesperbuffer=960 freq=%d volume=0.1 "
          "! audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_%d ",
          1000 * (i + 1), i);
    take = take_play (line->str);
    CHECK (!take.error && take_count (&take) == 9600, "%s: %s, %u frames", rows[r].set,
        take_error (&take), take_count (&take));
    for (int i = 0; i < 4 && take_count (&take) == 9600; i++) {
      const double level = lqm_tone (take_floats (&take), 9600, RATE, 1000.0 * (i + 1));
      CHECK (rows[r].heard[i] == '1' ? fabs (level - 0.1) < 1e-4 : level < 1e-6,
          "%s: pad %d has %g", rows[r].set, i, level);
    }
    take_clear (&take);
    g_string_free (line, TRUE);
  }
}

/* Mono placed by the bus's law, stereo balanced, a mix that is stereo since a pad needs it. */
static void
places (void)
{
  Take take;

  if (take_untestable ())
    return;
  take = take_play ("audiomixbus name=mix pan-law=-3 sink_0::pan=-0.5 ! fakesink name=out "
                    "audiotestsrc num-buffers=10 samplesperbuffer=960 freq=1000 volume=0.5 "
                    "! audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_0");
  CHECK (!take.error && take_count (&take) == 19200, "%s, %u", take_error (&take),
      take_count (&take));
  if (take_count (&take) == 19200) {
    double left = 0.0, right = 0.0;
    for (int i = 0; i < 9600; i++) {
      left = MAX (left, fabs (take_floats (&take)[2 * i]));
      right = MAX (right, fabs (take_floats (&take)[2 * i + 1]));
    }
    CHECK_NEAR (left, 0.5 * cos (G_PI / 8.0), 1e-4, "left");
    CHECK_NEAR (right, 0.5 * sin (G_PI / 8.0), 1e-4, "right");
  }
  take_clear (&take);
}

/* A reverb's tail comes out whole behind the inputs, and is stereo; a delay's echo in time. */
static void
returns (void)
{
  Take take;
  guint loud = 0;

  if (take_untestable ())
    return;
  /* However late the mix is. */
  for (guint late = 0; late < 2; late++) {
    gchar *line = g_strdup_printf (
        "audiomixbus name=mix strip-latency-reserve=%u sink_0::delay-send=0 delay-time=100 "
        "delay-feedback=0 delay-hpf=0 delay-lpf=0 delay-predelay=20 ! fakesink name=out "
        "audiotestsrc num-buffers=1 samplesperbuffer=1 wave=square freq=1 volume=0.5 "
        "! audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_0",
        7 * late);
    take = take_play (line);
    CHECK (!take.error && take_count (&take) >= 2 * 5761, "%s, %u", take_error (&take),
        take_count (&take));
    if (take_count (&take) >= 2 * 5761) {
      CHECK_NEAR (fabs (take_floats (&take)[0]), 0.5, 1e-3, "the click");
      CHECK_NEAR (fabs (take_floats (&take)[2 * 5760]), 0.5, 1e-3, "its echo 120 ms later");
    }
    take_clear (&take);
    g_free (line);
  }
  take = take_play (
      "audiomixbus name=mix sink_0::reverb-send=0 reverb-decay=1 ! fakesink name=out "
      "audiotestsrc num-buffers=10 samplesperbuffer=960 wave=white-noise volume=0.5 "
      "! audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_0");
  CHECK (!take.error && take_count (&take) > 2 * 60000, "%s, %u", take_error (&take),
      take_count (&take));
  for (guint i = 2 * 9600; i < take_count (&take); i++)
    loud += fabs (take_floats (&take)[i]) > 1e-4;
  CHECK (loud > 20000, "%u samples of a tail", loud);
  for (guint i = take_count (&take) > 200 ? take_count (&take) - 100 : 0;
       i < take_count (&take); i++)
    CHECK (fabs (take_floats (&take)[i]) < 1e-4, "cut at %g", take_floats (&take)[i]);
  take_clear (&take);
}

/* What is late and switched on while it plays fits into the reserve, or is shortened: said so. */
static void
reserve (void)
{
  static const struct {
    const gchar *set, *what, *says;
  } rows[] = { { "", "gate-enabled", "the gate's look-ahead is shorter than asked for" },
    { "strip-latency-reserve=6", "gate-enabled", NULL },
    { "", "sat-enabled", "the saturator isn't oversampled" },
    { "strip-latency-reserve=12", "sat-enabled", NULL } };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    gchar *line = g_strdup_printf (
        "audiomixbus name=mix %s sink_0::gate-lookahead=5 sink_0::gate-ratio=1 ! fakesink "
        "audiotestsrc num-buffers=50 samplesperbuffer=960 ! "
        "audio/x-raw,format=F32LE,rate=48000,channels=2 ! mix.sink_0",
        rows[r].set);
    GstElement *pipeline = gst_parse_launch (line, NULL);
    GstElement *mix = gst_bin_get_by_name (GST_BIN (pipeline), "mix");
    GstPad *pad = gst_element_get_static_pad (mix, "sink_0");
    GstBus *bus = gst_element_get_bus (pipeline);
    GstMessage *message;
    GError *error = NULL;

    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
    g_object_set (pad, rows[r].what, TRUE, NULL);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (
        bus, 10 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    if (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
      gst_message_parse_warning (message, &error, NULL);
    CHECK (message && (error != NULL) == (rows[r].says != NULL) &&
               (!error || strstr (error->message, rows[r].says)),
        "%s %s: %s", rows[r].set, rows[r].what, error ? error->message : "no warning");
    g_clear_error (&error);
    gst_clear_message (&message);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (bus);
    gst_object_unref (pad);
    gst_object_unref (mix);
    gst_object_unref (pipeline);
    g_free (line);
  }
}

/* Whatever can't be mixed is refused with a sentence. */
static void
refusals (void)
{
  static const struct {
    const gchar *line, *says;
  } rows[] = {
    { "audiomixbus name=mix ! fakesink name=out "
      "audiotestsrc num-buffers=50 ! audio/x-raw,rate=44100 ! mix.sink_0 "
      "audiotestsrc num-buffers=50 ! audio/x-raw,rate=48000 ! mix.sink_1",
        "audioresample" },
    { "audiomixbus name=mix groups=drums,loudness=3 ! fakesink name=out "
      "audiotestsrc num-buffers=5 ! mix.",
        "groups" },
  };

  if (take_untestable ())
    return;
  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    Take take = take_play (rows[r].line);
    CHECK (take.error && strstr (take.error, rows[r].says), "%s: %s", rows[r].line,
        take_error (&take));
    take_clear (&take);
  }
}

/* Pads come and go, are sought and set while it plays: nothing stalls, no error, no NaN. */
static void
storm (void)
{
  GstElement *pipeline =
      gst_parse_launch ("audiomixbus name=mix ! audio/x-raw,format=F32LE,channels=2 ! fakesink "
                        "name=out sync=false "
                        "audiotestsrc name=src wave=silence ! "
                        "audio/x-raw,format=F32LE,rate=48000,channels=2 ! mix.",
          NULL);
  GstElement *mix = gst_bin_get_by_name (GST_BIN (pipeline), "mix");
  GstElement *sources[8] = { NULL };
  GstPad *pads[8] = { NULL };
  GstBus *bus = gst_element_get_bus (pipeline);
  lqs_random rnd = { 3 };
  GstMessage *message;
  gint64 before = -1, position = -1;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
  for (int step = 0; step < 300; step++) {
    const guint i = lqs_range (&rnd, 0, 7);
    if (!sources[i]) {
      GstPad *from;
      sources[i] = gst_element_factory_make ("audiotestsrc", NULL);
      g_object_set (sources[i], "volume", 0.05, "samplesperbuffer",
          (gint)lqs_range (&rnd, 1, 3000), NULL);
      /* A pipeline on its way to PLAYING would start it before it is linked. */
      gst_element_set_locked_state (sources[i], TRUE);
      gst_bin_add (GST_BIN (pipeline), sources[i]);
      pads[i] = gst_element_request_pad_simple (mix, "sink_%u");
      g_object_set (pads[i], "pan", lqs_uniform (&rnd), "reverb-send",
          step % 3 ? -120.0 : -20.0, "hpf-enabled", step % 5 == 0, NULL);
      from = gst_element_get_static_pad (sources[i], "src");
      CHECK (gst_pad_link (from, pads[i]) == GST_PAD_LINK_OK, "a pad can't be linked");
      gst_object_unref (from);
      gst_element_set_locked_state (sources[i], FALSE);
      gst_element_sync_state_with_parent (sources[i]);
    } else if (lqs_range (&rnd, 0, 1)) {
      g_object_set (
          pads[i], "mute", step % 2, "solo", step % 7 == 0, "gain", -20.0 * (step % 3), NULL);
    } else {
      gst_element_set_locked_state (sources[i], TRUE);
      gst_element_set_state (sources[i], GST_STATE_NULL);
      gst_element_release_request_pad (mix, pads[i]);
      gst_object_unref (pads[i]);
      gst_bin_remove (GST_BIN (pipeline), sources[i]);
      sources[i] = NULL;
    }
    if (step % 50 == 49)
      gst_element_seek_simple (pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          (gint64)lqs_range (&rnd, 0, 100) * GST_SECOND);
    g_usleep (2000);
  }
  gst_element_query_position (mix, GST_FORMAT_TIME, &before);
  for (int wait = 0; wait < 100 && position <= before; wait++) {
    g_usleep (20000);
    gst_element_query_position (mix, GST_FORMAT_TIME, &position);
  }
  CHECK (position > before, "it stands still at %" G_GINT64_FORMAT, position);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message) {
    GError *error = NULL;
    gst_message_parse_error (message, &error, NULL);
    (void)CHECK (FALSE, "%s", error->message);
    g_error_free (error);
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  for (int i = 0; i < 8; i++)
    if (sources[i]) {
      gst_element_release_request_pad (mix, pads[i]);
      gst_object_unref (pads[i]);
    }
  gst_object_unref (bus);
  gst_object_unref (mix);
  gst_object_unref (pipeline);
}

/* Live, a pad that brings nothing keeps no other from being heard, whichever comes first. */
static void
nothing (void)
{
  const gchar *source = "audiotestsrc is-live=true wave=square volume=0.5 num-buffers=30 ! "
                        "audio/x-raw,format=F32LE,rate=48000,channels=2";

  for (int empty = 0; empty < 2; empty++) {
    gchar *line = g_strdup_printf (
        "audiomixbus name=mix latency=20000000 ! fakesink name=out %s ! valve drop=true "
        "drop-mode=forward-sticky-events ! mix.sink_%d %s ! mix.sink_%d",
        source, empty, source, !empty);
    Take take = take_play (line);
    const gsize samples = take.bytes->len / sizeof (float);
    guint heard = 0;
    CHECK (!take.error, "%s", take_error (&take));
    for (gsize i = 0; i < samples; i++)
      heard += fabsf (take_floats (&take)[i]) > 0.4f;
    CHECK (samples > RATE && heard > samples / 4 * 3, "pad %d empty: %u of %zu samples heard",
        empty, heard, samples);
    take_clear (&take);
    g_free (line);
  }
}

static const gchar *const all_modules[] = { "hpf-enabled=true", "lpf-enabled=true",
  "gate-enabled=true", "eq1-enabled=true", "eq1-gain=3", "eq2-enabled=true", "eq2-gain=3",
  "eq3-enabled=true", "eq3-gain=3", "eq4-enabled=true", "eq4-gain=3", "comp-enabled=true",
  "deess-enabled=true", "trans-enabled=true", "trans-attack=20", "sat-enabled=true",
  "reverb-send=-10", "pan=0.3" };

/* A mix of so many pads with every module on, that has put out a little and stands; 4 buffers each. */
static GstElement *
standing (int pads)
{
  GString *line = g_string_new ("audiomixbus name=mix ");
  GstElement *pipeline;

  for (int i = 0; i < pads; i++)
    for (guint k = 0; k < G_N_ELEMENTS (all_modules); k++)
      g_string_append_printf (line, "sink_%d::%s ", i, all_modules[k]);
  g_string_append (line, "! fakesink ");
  for (int i = 0; i < pads; i++)
    g_string_append_printf (line,
        "audiotestsrc num-buffers=4 samplesperbuffer=480 ! "
        "audio/x-raw,format=F32LE,rate=48000,channels=2 ! mix.sink_%d ",
        i);
  pipeline = gst_parse_launch (line->str, NULL);
  g_string_free (line, TRUE);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, 30 * GST_SECOND);
  return pipeline;
}

static void
memory (void)
{
  GstElement *pipelines[3];
  int64_t bytes[4];

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  lqt_skip ("a sanitizer counts memory that isn't touched");
  return;
#endif
  bytes[0] = lqt_memory_bytes ();
  for (int i = 0; i < 3; i++) {
    pipelines[i] = standing (i < 2 ? 1 : 33);
    bytes[i + 1] = lqt_memory_bytes ();
  }
  for (int i = 0; i < 3; i++) {
    gst_element_set_state (pipelines[i], GST_STATE_NULL);
    gst_object_unref (pipelines[i]);
  }
  /* 384 KiB, 15 of queued input, and what source and thread take. */
  CHECK (bytes[3] - bytes[2] - (bytes[2] - bytes[1]) < 32 * (384 + 15 + 30) * 1024,
      "%" G_GINT64_FORMAT " KiB a pad",
      (gint64)(bytes[3] - bytes[2] - (bytes[2] - bytes[1])) / 32 / 1024);
  lqt_note ("%.0f KiB a pad, source and queue included",
      (double)(bytes[3] - bytes[2] - (bytes[2] - bytes[1])) / 32 / 1024);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "the same samples as audiomixer", as_audiomixer },
    { "128 tones sum to theory", many }, { "clicks of 64 pads keep their times", clicks },
    { "solo, mute and groups", truths }, { "pan, and mono that becomes stereo", places },
    { "returns and their tails", returns }, { "look-ahead and the reserve", reserve },
    { "what can't be mixed", refusals }, { "memory of a pad", memory },
    { "pads come and go", storm }, { "a pad that brings nothing", nothing }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
