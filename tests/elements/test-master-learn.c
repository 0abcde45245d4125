/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* masterchain learn=whole-track: what it reaches, by the meter of loudnessnorm; what it says where it
 * can't; and what happens to the track while it is heard first. */

#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "take.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

#define LEARN MASTER_IDLE " learn=whole-track maximizer-enabled=true "

/* Quiet and loud passages of something like music. */
static void
fill (Run *r, gdouble seconds, gdouble amplitude)
{
  gfloat *plane;

  r->in_frames = (guint)(seconds * r->rate);
  plane = g_new (gfloat, r->in_frames);
  r->in = g_new (gfloat, r->in_frames * r->channels);
  for (guint c = 0; c < r->channels; c++) {
    lqs_programme (plane, r->in_frames, r->rate, c + 2);
    for (guint i = 0; i < r->in_frames; i++)
      r->in[i * r->channels + c] =
          (gfloat)(amplitude * (0.3 + 0.7 * pow (sin (1.3 * i / r->rate), 2.0)) *
                   (gdouble)plane[i]);
  }
  g_free (plane);
}

/* Of what came out, LUFS. */
static gdouble
loudness (const Run *r)
{
  Run *meter = run_new ("loudnessnorm mode=measure", r->rate, r->channels, NULL);
  gdouble lufs;

  meter->in_frames = r->out_frames;
  meter->in = g_memdup2 (r->out, r->out_bytes);
  run_all (meter, 4800);
  lufs = run_figure (meter, "integrated");
  run_free (meter);
  return lufs;
}

static void
reached (void)
{
  static const struct {
    const gchar *more;
    guint rate;
    gdouble target, ceiling;
  } rows[] = { { "", RATE, -14.0, -1.0 }, { "", 44100, -12.0, -1.0 },
    { "maximizer-style=clip maximizer-ceiling=-0.3", RATE, -8.0, -0.3 },
    { "maximizer-style=bus maximizer-ceiling=-6", RATE, -20.0, -6.0 },
    { "maximizer-style=loud maximizer-soft-clip=60", 96000, -10.0, -1.0 },
    { "maximizer-style=punchy maximizer-upward=6", RATE, -11.0, -1.0 },
    { "eq-phase=linear eq1-enabled=true eq1-gain=5 mb-enabled=true mb-phase=linear "
      "mb2-threshold=-40 glue-enabled=true glue-threshold=-12 exciter-enabled=true "
      "exciter1-amount=20",
        RATE, -11.0, -1.0 },
    { "fade-in=2 fade-out=0.2", RATE, -14.0, -1.0 },
    { "input-gain=-12 maximizer-gain=9 maximizer-threshold=-6", RATE, -16.0, -1.0 } };

  for (guint k = 0; k < 2 * G_N_ELEMENTS (rows); k += LQT_ROUNDS (1, 3)) {
    const guint i = k / 2;
    gchar *line =
        g_strdup_printf (LEARN "maximizer-loudness-target=%g %s", rows[i].target, rows[i].more);
    Run *r = run_new (line, rows[i].rate, 1 + k % 2, NULL);
    gdouble lufs;
    fill (r, 8.0, 0.5);
    run_all (r, 0);
    CHECK (!r->error && !r->warned, "%s: %s", line,
        r->error     ? r->error->message
        : r->warning ? r->warning->message
                     : "");
    CHECK (r->out_frames == r->in_frames, "%s: %u frames", line, r->out_frames);
    lufs = loudness (r);
    CHECK (fabs (lufs - rows[i].target) <= 0.1, "%s, %u channels: %.3f LUFS", line, r->channels,
        lufs);
    CHECK (lqm_peak (r->out, r->out_frames * r->channels) <=
               pow (10.0, rows[i].ceiling / 20.0) * (1.0 + 1e-7),
        "%s: %g", line, lqm_peak (r->out, r->out_frames * r->channels));
    run_free (r);
    g_free (line);
  }
}

/* What can't be is said, with the figures, and is what comes out. */
static void
unreachable (void)
{
  static const struct {
    const gchar *more;
    gdouble seconds, amplitude;
    const gchar *words;
  } rows[] = { { "maximizer-loudness-target=-1 maximizer-ceiling=-20", 6.0, 0.5,
                   "no drive makes the track so loud" },
    { "maximizer-loudness-target=-80", 6.0, 0.5, "no drive makes the track so quiet" },
    { "maximizer-loudness-target=-14", 0.2, 0.5, "too short or too quiet" },
    { "maximizer-loudness-target=-14", 6.0, 0.0, "too short or too quiet" },
    { "maximizer-loudness-target=-14", 6.0, 1e-7, "too short or too quiet" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line = g_strdup_printf (LEARN "%s", rows[i].more);
    Run *r = run_new (line, RATE, 2, NULL);
    fill (r, rows[i].seconds, rows[i].amplitude);
    run_all (r, 1000);
    CHECK (!r->error && r->out_frames == r->in_frames, "%s: %u frames, %s", line, r->out_frames,
        r->error ? r->error->message : "");
    CHECK (r->warning && strstr (r->warning->message, rows[i].words), "%s: %s", line,
        r->warning ? r->warning->message : "no warning");
    if (r->warning && strstr (r->warning->message, "no drive") && r->out_frames) {
      gchar *said = g_strdup_printf ("it is %.1f LUFS", loudness (r));
      CHECK (strstr (r->warning->message, said), "%s; it is: %s", r->warning->message, said);
      g_free (said);
    }
    run_free (r);
    g_free (line);
  }
}

/* Settings that don't go together. */
static void
refused (void)
{
  Run *r = run_new ("masterchain maximizer-enabled=true", RATE, 2, NULL);
  GstMessage *message;

  gst_element_set_state (r->element, GST_STATE_NULL);
  gst_util_set_object_arg (G_OBJECT (r->element), "learn", "whole-track");
  g_object_set (
      r->element, "maximizer-enabled", FALSE, "maximizer-loudness-target", -14.0, NULL);
  CHECK (gst_element_set_state (r->element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE,
      "a target without a maximizer is taken");
  message = gst_bus_pop_filtered (r->bus, GST_MESSAGE_ERROR);
  CHECK (message != NULL, "and nothing is said");
  gst_clear_message (&message);
  gst_element_set_state (r->element, GST_STATE_NULL);
  run_free (r);

  r = run_new (MASTER_IDLE " maximizer-enabled=true", RATE, 2, NULL);
  gst_element_set_state (r->element, GST_STATE_NULL);
  g_object_set (r->element, "maximizer-loudness-target", -14.0, NULL);
  gst_element_set_state (r->element, GST_STATE_PLAYING);
  run_listen (r);
  CHECK (r->warning && strstr (r->warning->message, "learn=whole-track"),
      "a target without learn: %s", r->warning ? r->warning->message : "no warning");
  run_free (r);
}

static void
push (Run *r, guint first, guint end)
{
  for (guint at = first, n; at < end; at += n) {
    GstBuffer *buffer;
    n = MIN (480, end - at);
    buffer = gst_buffer_new_memdup (r->in + (gsize)at * r->channels, n * r->channels * 4);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (at, GST_SECOND, r->rate);
    GST_BUFFER_DURATION (buffer) =
        gst_util_uint64_scale_round (at + n, GST_SECOND, r->rate) - GST_BUFFER_PTS (buffer);
    r->flow = gst_harness_push (r->h, buffer);
  }
}

static void
flush (Run *r)
{
  GstSegment segment;

  gst_harness_push_event (r->h, gst_event_new_flush_start ());
  gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (r->h, gst_event_new_segment (&segment));
}

/* A flush in the first pass: what was heard is forgotten, and the track begins anew. */
static void
flushed_of (const gchar *line)
{
  Run *r = run_new (line, RATE, 2, NULL), *fresh = run_new (line, RATE, 2, NULL);

  fill (r, 6.0, 0.5);
  fill (fresh, 6.0, 0.5);
  push (r, 3 * RATE, 5 * RATE);
  flush (r);
  push (r, 0, r->in_frames);
  run_take (r);
  CHECK (r->out_frames == 0, "%u frames go out in the first pass", r->out_frames);
  run_end (r);
  push (fresh, 0, fresh->in_frames);
  run_end (fresh);
  CHECK (!r->error && r->out_bytes == fresh->out_bytes &&
             memcmp (r->out, fresh->out, r->out_bytes) == 0,
      "%s: %u frames, %u of a fresh start", line, r->out_frames, fresh->out_frames);
  run_free (r);
  run_free (fresh);
}

static void
flushed (void)
{
  flushed_of (MASTER_LEARN);
  flushed_of (MASTER_IDLE " learn=whole-track fade-out=3");
  flushed_of ("loudnessnorm mode=two-pass");
}

static gboolean
seek (Run *r)
{
  return gst_harness_push_upstream_event (
      r->h, gst_event_new_seek (1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                GST_SECOND, GST_SEEK_TYPE_NONE, 0));
}

/* Sought in the first pass: refused, and nothing is lost. */
static void
sought (void)
{
  Run *r = run_new (MASTER_LEARN, RATE, 2, NULL);

  fill (r, 4.0, 0.5);
  push (r, 0, 2 * RATE);
  CHECK (!seek (r), "a seek in the first pass is taken");
  push (r, 2 * RATE, r->in_frames);
  run_end (r);
  CHECK (r->out_frames == r->in_frames && !r->error, "%u frames", r->out_frames);
  run_free (r);
}

/* After the first time, a flush streams: with the drive that was found, and the same bits. */
static void
streams_then (void)
{
  Run *r = run_new (MASTER_LEARN, RATE, 2, NULL);
  gfloat *first;
  gdouble drive, again;
  guint frames, streamed;

  fill (r, 5.0, 0.5);
  push (r, 0, r->in_frames);
  run_end (r);
  frames = r->out_frames;
  first = g_memdup2 (r->out, r->out_bytes);
  g_object_get (r->element, "maximizer-learned-gain", &drive, NULL);
  CHECK (drive != 0.0, "no drive was found");
  flush (r);
  r->out_bytes = 0;
  push (r, 0, 2 * RATE);
  run_take (r);
  streamed = r->out_frames;
  CHECK (streamed > 3 * RATE / 2, "only %u frames stream", streamed);
  push (r, 2 * RATE, r->in_frames);
  run_end (r);
  g_object_get (r->element, "maximizer-learned-gain", &again, NULL);
  CHECK (drive == again, "the drive was %g, is %g", drive, again);
  CHECK (r->out_frames == frames && memcmp (first, r->out, r->out_bytes) == 0,
      "%u frames of %u, or other bits", r->out_frames, frames);
  CHECK (!r->error, "%s", r->error ? r->error->message : "");
  g_free (first);
  run_free (r);
}

/* Another target, once the track is known: aimed at from what was heard. */
static void
other_target (void)
{
  Run *r = run_new (LEARN "maximizer-loudness-target=-14", RATE, 2, NULL);

  fill (r, 8.0, 0.5);
  push (r, 0, r->in_frames);
  run_end (r);
  CHECK (fabs (loudness (r) + 14.0) <= 0.1, "%.3f LUFS", loudness (r));
  g_object_set (r->element, "maximizer-loudness-target", -18.0, NULL);
  flush (r);
  r->out_bytes = 0;
  push (r, 0, r->in_frames);
  run_end (r);
  CHECK (fabs (loudness (r) + 18.0) <= 0.1, "then %.3f LUFS", loudness (r));
  run_free (r);
}

/* Another format in the middle of the first pass is an error. */
static void
other_caps (void)
{
  Run *r = run_new (MASTER_LEARN, RATE, 2, NULL);
  GstCaps *caps;

  fill (r, 2.0, 0.5);
  push (r, 0, RATE);
  caps = gst_caps_from_string (
      "audio/x-raw,format=F32LE,layout=interleaved,rate=44100,channels=2");
  gst_pad_push_event (r->h->srcpad, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  push (r, RATE, 2 * RATE);
  run_end (r);
  CHECK (r->error && r->error->domain == GST_STREAM_ERROR, "%s",
      r->error ? r->error->message : "no error");
  CHECK (r->out_frames == 0, "%u frames pass for a whole", r->out_frames);
  run_free (r);
}

/* A second track has a drive of its own. */
static void
two_tracks (void)
{
  Run *r = run_new (LEARN "maximizer-loudness-target=-16", RATE, 2, NULL);
  GstSegment segment;

  fill (r, 5.0, 0.5);
  push (r, 0, r->in_frames);
  gst_harness_push_event (r->h, gst_event_new_stream_start ("next"));
  run_take (r);
  CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames);
  CHECK (fabs (loudness (r) + 16.0) <= 0.1, "first: %.2f LUFS", loudness (r));
  r->out_bytes = 0;
  gst_harness_set_src_caps_str (
      r->h, "audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels=2");
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (r->h, gst_event_new_segment (&segment));
  for (guint i = 0; i < r->in_frames * 2; i++)
    r->in[i] *= 0.1f;
  push (r, 0, r->in_frames);
  run_end (r);
  CHECK (r->out_frames == r->in_frames && !r->error, "%u frames", r->out_frames);
  CHECK (fabs (loudness (r) + 16.0) <= 0.1, "second: %.2f LUFS", loudness (r));
  run_free (r);
}

/* The same bits however the first pass is cut, and whichever place keeps the track. */
static void
cuts (void)
{
  static const guint sizes[] = { 1, 64, 1000, 0, 480000 };
  gfloat *first = NULL;

  for (guint k = 0; k < 2 * G_N_ELEMENTS (sizes); k++) {
    gchar *line = g_strdup_printf (MASTER_LEARN MASTER_MOVES " eq-phase=linear eq-taps=1024%s",
        k % 2 ? " spool-memory=0" : "");
    Run *r = run_new (line, RATE, 2, NULL);
    fill (r, 3.0, 0.5);
    run_all (r, sizes[k / 2]);
    CHECK (r->out_frames == r->in_frames && !r->error, "%u frames", r->out_frames);
    if (!first)
      first = g_memdup2 (r->out, r->out_bytes);
    CHECK (memcmp (first, r->out, r->out_bytes) == 0, "buffers of %u differ", sizes[k / 2]);
    run_free (r);
    g_free (line);
  }
  g_free (first);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "targets are reached", reached },
    { "targets that can't be", unreachable }, { "what is refused", refused },
    { "a flush in the first pass", flushed }, { "a seek in the first pass", sought },
    { "after it, flushes stream", streams_then }, { "another target", other_target },
    { "caps in the first pass", other_caps }, { "two tracks", two_tracks },
    { "cuts and places", cuts }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
