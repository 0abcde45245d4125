/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* masterchain from outside: fades at both ends of a track and what they need to know, what is heard
 * (delta, monitor, a matched bypass), orders, and what it refuses in which words. */

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "take.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

/* A constant 0.5 of 96000 frames, two channels; and into fakesink. */
#define FRAMES 96000
#define CONSTANT                                                                               \
  "audiotestsrc wave=square freq=0 volume=0.5 num-buffers=96 samplesperbuffer=1000 "           \
  "! audio/x-raw,format=F32LE,rate=48000,channels=2 ! "
#define OUT " ! fakesink name=out"

/* Fades. */

typedef gdouble (*Curve) (gdouble t);

static gdouble
linear (gdouble t)
{
  return t;
}

static gdouble
logarithmic (gdouble t)
{
  return t == 0.0 ? 0.0 : pow (10.0, 3.0 * (t - 1.0));
}

static gdouble
s_curve (gdouble t)
{
  return (1.0 - cos (G_PI * t)) / 2.0;
}

static gdouble
equal_power (gdouble t)
{
  return sin (G_PI * t / 2.0);
}

static const struct {
  const gchar *nick;
  Curve g;
} curves[] = { { "linear", linear }, { "log", logarithmic }, { "s-curve", s_curve },
  { "equal-power", equal_power } };

static gdouble
held (gdouble t)
{
  return CLAMP (t, 0.0, 1.0);
}

/* Whether the take is the constant with these fades. */
static void
faded (const Take *take, const gchar *line, Curve in, gdouble in_s, Curve out, gdouble out_s,
    guint frames)
{
  const float *x = take_floats (take);

  CHECK (!take->error, "%s: %s", line, take_error (take));
  if (!CHECK (take_count (take) == 2 * frames, "%s: %u of %u values", line, take_count (take),
          2 * frames))
    return;
  for (guint i = 0; i < frames; i++) {
    const gdouble begin = in_s > 0.0 ? in (held (i / (in_s * RATE))) : 1.0;
    const gdouble end = out_s > 0.0 ? out (held (((gdouble)frames - i) / (out_s * RATE))) : 1.0;
    if (!CHECK (fabs (x[2 * i] - 0.5 * begin * end) < 1e-6 && x[2 * i] == x[2 * i + 1],
            "%s: frame %u is %g, not %g", line, i, (gdouble)x[2 * i], 0.5 * begin * end))
      return;
  }
}

static void
fades_learned (void)
{
  if (take_untestable ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (curves); i++) {
    const guint j = (i + 1) % G_N_ELEMENTS (curves);
    gchar *line = g_strdup_printf (CONSTANT
        "masterchain learn=whole-track fade-in=0.5 fade-in-curve=%s fade-out=0.7 "
        "fade-out-curve=%s" OUT,
        curves[i].nick, curves[j].nick);
    Take take = take_play (line);
    faded (&take, line, curves[i].g, 0.5, curves[j].g, 0.7, FRAMES);
    take_clear (&take);
    g_free (line);
  }
}

/* A file, whose demuxer knows its length. */
static void
fades_announced (void)
{
  gchar *folder, *file, *line;
  Take take;

  if (take_untestable ())
    return;
  folder = g_dir_make_tmp ("lacquer-XXXXXX", NULL);
  file = g_build_filename (folder, "x.wav", NULL);
  line = g_strdup_printf (
      CONSTANT "tee name=t ! queue ! wavenc ! filesink location=%s t. ! queue" OUT, file);
  take = take_play (line);
  take_clear (&take);
  g_free (line);
  line = g_strdup_printf (
      "filesrc location=%s ! wavparse ! masterchain fade-out=0.25 fade-in=1.5" OUT, file);
  take = take_play (line);
  faded (&take, line, s_curve, 1.5, s_curve, 0.25, FRAMES);
  take_clear (&take);
  g_free (line);

  /* Longer than the track: from its beginning on, and said. */
  line = g_strdup_printf (
      "filesrc location=%s ! wavparse ! masterchain fade-out=7 fade-out-curve=linear" OUT,
      file);
  take = take_play (line);
  faded (&take, line, s_curve, 0.0, linear, (gdouble)FRAMES / RATE, FRAMES);
  CHECK (take_warned (&take, "fade-out is 7 s and the track 2 s"), "isn't said");
  take_clear (&take);
  g_free (line);
  g_unlink (file);
  g_rmdir (folder);
  g_free (file);
  g_free (folder);
}

static void
on_second (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  GstMapInfo map;

  (void)sink;
  (void)pad;
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_byte_array_append (data, map.data, (guint)map.size);
  gst_buffer_unmap (buffer, &map);
}

/* Another file in the same pipeline, once it was READY: its own end counts. */
static void
fades_again (void)
{
  static const gchar *const names[] = { "two.wav", "three.wav" };
  GByteArray *bytes = g_byte_array_new ();
  GstElement *pipeline, *source, *sink;
  gchar *folder, *file[2];
  GstBus *bus;

  if (take_untestable ())
    return;
  folder = g_dir_make_tmp ("lacquer-XXXXXX", NULL);
  pipeline = gst_parse_launch ("filesrc name=in ! wavparse ! masterchain fade-out=0.25 ! "
                               "fakesink name=out signal-handoffs=true sync=false",
      NULL);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  bus = gst_element_get_bus (pipeline);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_second), bytes);
  for (guint k = 0; k < 2; k++) {
    const guint frames = (2 + k) * RATE;
    Take take;
    GstMessage *message;
    gchar *line = g_strdup_printf (
        "audiotestsrc wave=square freq=0 volume=0.5 num-buffers=%u samplesperbuffer=1000 ! "
        "audio/x-raw,format=F32LE,rate=48000,channels=2 ! wavenc ! tee name=t ! queue ! "
        "filesink "
        "location=%s/%s t. ! queue" OUT,
        frames / 1000, folder, names[k]);
    file[k] = g_build_filename (folder, names[k], NULL);
    take = take_play (line);
    take_clear (&take);
    g_object_set (source, "location", file[k], NULL);
    g_byte_array_set_size (bytes, 0);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message =
        gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    CHECK (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "file %u: no end", k);
    gst_clear_message (&message);
    gst_element_set_state (pipeline, GST_STATE_READY);
    take = (Take){ .bytes = bytes };
    faded (&take, names[k], s_curve, 0.0, s_curve, 0.25, frames);
    g_free (line);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (source);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  for (guint k = 0; k < 2; k++) {
    g_unlink (file[k]);
    g_free (file[k]);
  }
  g_rmdir (folder);
  g_free (folder);
  g_byte_array_unref (bytes);
}

/* Nobody knows the end. */
static void
fades_refused (void)
{
  Run *r = run_new ("masterchain fade-out=1", RATE, 2, NULL);

  run_sine (r, 0.5, 0.5);
  run_all (r, 480);
  CHECK (r->error && strstr (r->error->message, "learn=whole-track"), "%s",
      r->error ? r->error->message : "no error");
  CHECK (r->out_frames == 0, "%u frames went out", r->out_frames);
  run_free (r);
}

static GstBuffer *
constant_at (guint first, guint frames)
{
  float *x = g_new (float, 2 * (gsize)frames);
  GstBuffer *buffer;

  for (guint i = 0; i < 2 * frames; i++)
    x[i] = 0.5f;
  buffer = gst_buffer_new_memdup (x, frames * 8);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (first, GST_SECOND, RATE);
  g_free (x);
  return buffer;
}

/* A fade is where it is in the track, also after a seek, there and back. */
static void
fades_seek (void)
{
  static const guint places[] = { 0, 14400, 30000, 4800 };
  Run *r = run_new ("masterchain fade-in=0.5 fade-in-curve=linear", RATE, 2, NULL);
  GstSegment segment;

  for (guint k = 0; k < G_N_ELEMENTS (places); k++) {
    if (k > 0) {
      gst_harness_push_event (r->h, gst_event_new_flush_start ());
      gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
    }
    gst_segment_init (&segment, GST_FORMAT_TIME);
    segment.start = segment.time = segment.position =
        gst_util_uint64_scale_round (places[k], GST_SECOND, RATE);
    gst_harness_push_event (r->h, gst_event_new_segment (&segment));
    gst_harness_push (r->h, constant_at (places[k], 1000));
    r->out_frames = 0;
    r->out_bytes = 0;
    run_take (r);
    for (guint i = 0; i < r->out_frames; i++) {
      const gdouble want = 0.5 * MIN (1.0, (places[k] + i) / 24000.0);
      if (!CHECK (fabs (r->out[2 * i] - want) < 1e-6, "from %u: frame %u is %g, not %g",
              places[k], i, (gdouble)r->out[2 * i], want))
        break;
    }
    CHECK (r->out_frames == 1000, "%u frames", r->out_frames);
  }
  run_free (r);
}

/* What is heard. */

/* Different channels. */
static void
fill (Run *r)
{
  float *plane;

  run_sine (r, 1.0, 0.25);
  plane = g_new (float, r->in_frames);
  for (guint c = 0; c < r->channels; c++) {
    lqs_programme (plane, r->in_frames, RATE, c + 3);
    for (guint i = 0; i < r->in_frames; i++)
      r->in[i * r->channels + c] = 0.25f * plane[i];
  }
  g_free (plane);
}

static void
monitored (void)
{
  static const struct {
    const gchar *nick;
    float cells[4];
  } rows[] = { { "stereo", { 1, 0, 0, 1 } }, { "mono", { .5f, .5f, .5f, .5f } },
    { "mid", { .5f, .5f, .5f, .5f } }, { "side", { .5f, -.5f, .5f, -.5f } },
    { "left", { 1, 0, 1, 0 } }, { "right", { 0, 1, 0, 1 } } };

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++)
    for (guint channels = 1; channels <= 2; channels++) {
      gchar *line = g_strdup_printf ("masterchain monitor=%s", rows[k].nick);
      Run *r = run_new (line, RATE, channels, NULL);
      const float *m = rows[k].cells;
      fill (r);
      run_all (r, 0);
      for (guint i = 0; i < r->in_frames && r->out_frames == r->in_frames; i++) {
        const float *x = r->in + (gsize)i * channels, *y = r->out + (gsize)i * channels;
        const float right = x[channels - 1];
        if (!CHECK (fabsf (y[0] - (m[0] * x[0] + m[1] * right)) < 1e-7f &&
                        (channels == 1 || fabsf (y[1] - (m[2] * x[0] + m[3] * right)) < 1e-7f),
                "%s, %u channels: frame %u", line, channels, i))
          break;
      }
      CHECK (r->out_frames == r->in_frames, "%s: %u frames", line, r->out_frames);
      run_free (r);
      g_free (line);
    }
}

/* input − output: of a gain of 6 dB it is −0.995 of the input. */
static void
difference (void)
{
  Run *r = run_new ("masterchain input-gain=6 delta=true", RATE, 2, NULL);
  const gdouble gain = 1.0 - pow (10.0, 0.3);

  fill (r);
  run_all (r, 0);
  CHECK (run_residue_db (r, gain) < -140.0, "%.1f dB are left", run_residue_db (r, gain));
  run_free (r);
}

/* Bypassed, the input is as loud as the output would be; and is itself where it isn't matched. */
static void
matched (void)
{
  static const guint cuts[] = { 480, 1024, 77 };
  float *first = NULL;

  for (guint k = 0; k < G_N_ELEMENTS (cuts); k++) {
    Run *r =
        run_new ("masterchain input-gain=-9 bypass=true bypass-gain-match=true", RATE, 2, NULL);
    gdouble energy[2] = { 0.0, 0.0 };
    run_sine (r, 8.0, 0.25);
    run_all (r, cuts[k]);
    if (!CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames)) {
      run_free (r);
      continue;
    }
    for (guint i = 6 * RATE * 2; i < 8 * RATE * 2; i++) {
      energy[0] += (gdouble)r->in[i] * (gdouble)r->in[i];
      energy[1] += (gdouble)r->out[i] * (gdouble)r->out[i];
    }
    CHECK (fabs (10.0 * log10 (energy[1] / energy[0]) + 9.0) < 0.02, "%.3f dB, not -9",
        10.0 * log10 (energy[1] / energy[0]));
    if (first)
      CHECK (memcmp (first, r->out, r->out_frames * 8) == 0, "buffers of %u differ", cuts[k]);
    else
      first = g_memdup2 (r->out, r->out_frames * 8);
    run_free (r);
  }
  g_free (first);
}

/* What it refuses. */

static void
refused (void)
{
  static const struct {
    const gchar *line, *words;
  } rows[] = { { "order=eq,reverb", "\"reverb\"" }, { "order=eq,eq", "\"eq\"" },
    { "order=maximizer", "\"maximizer\"" },
    { "learn=whole-track spool-directory=/nonexistent/folder", "/nonexistent/folder" } };

  if (take_untestable ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line = g_strdup_printf (
        "audiotestsrc num-buffers=5 ! masterchain %s ! fakesink name=out", rows[i].line);
    Take take = take_play (line);
    CHECK (take.error && strstr (take.error, rows[i].words), "%s: %s", rows[i].line,
        take.error ? take.error : "no error");
    take_clear (&take);
    g_free (line);
  }
}

static void
live (void)
{
  Take take;

  if (take_untestable ())
    return;
  take = take_play ("audiotestsrc is-live=true num-buffers=50 ! masterchain learn=whole-track "
                    "! fakesink name=out");
  CHECK (take.error && strstr (take.error, "live"), "%s", take.error ? take.error : "no error");
  CHECK (take_count (&take) == 0, "something came out");
  take_clear (&take);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "fades of a track that was learned", fades_learned },
    { "fades of a file", fades_announced }, { "fades of a second file", fades_again },
    { "no end, no fade-out", fades_refused }, { "fades stay where they are", fades_seek },
    { "monitor", monitored }, { "delta", difference }, { "a matched bypass", matched },
    { "settings that can't work", refused }, { "a live stream isn't learned", live },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
