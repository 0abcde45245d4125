/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm from outside: one exact gain, what it says, and what it does with streams that have
 * no loudness. Levels are measured by the test's own sums, or follow from BS.1770 for a 997 Hz sine:
 * −3.01 + 0.69 − 0.69 dB a channel, so that a stereo sine of amplitude A has 20·log10 A LUFS. */

#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

static Run *
norm_new (const gchar *settings, guint channels, const gchar *format)
{
  gchar *line = g_strconcat ("loudnessnorm mode=two-pass ", settings, NULL);
  Run *r = run_new (line, RATE, channels, format);

  g_free (line);
  return r;
}

/* The sine of −20 LUFS goes to −14 by 6 dB, and nothing else happens to it. */
static void
exact_gain (void)
{
  const guint cuts[] = { 1, 480, 48000 };

  for (guint i = 0; i < G_N_ELEMENTS (cuts); i++) {
    Run *r = norm_new ("", 2, NULL);
    run_sine (r, 5.0, pow (10.0, -20.0 / 20.0));
    run_all (r, cuts[i]);
    CHECK (r->out_frames == r->in_frames, "%u frames of %u", r->out_frames, r->in_frames);
    CHECK_NEAR (run_figure (r, "integrated"), -20.0, 0.02, "input loudness");
    CHECK_NEAR (run_figure (r, "output-integrated"), -14.0, 0.02, "output loudness");
    CHECK_NEAR (run_figure (r, "applied-gain"), 6.0, 0.02, "gain");
    CHECK_NEAR (run_figure (r, "shortfall"), 0.0, 1e-9, "shortfall");
    if (r->out_frames == r->in_frames) {
      const gdouble gain = (gdouble)r->out[2001] / (gdouble)r->in[2001];
      CHECK (run_residue_db (r, gain) < -140.0, "residue %.1f dB", run_residue_db (r, gain));
      CHECK_NEAR (20.0 * log10 (gain), run_figure (r, "applied-gain"), 1e-3, "gain as applied");
    }
    run_free (r);
  }
}

/* A click above a quiet sine: the gain stops at the ceiling and says what is missing. */
static void
cap_at_ceiling (void)
{
  Run *r = norm_new ("peak-policy=cap max-true-peak=-1", 2, NULL);
  gdouble peak = 0.0;

  run_sine (r, 5.0, pow (10.0, -30.0 / 20.0));
  /* Half a raised cosine around a sample: little between samples is above it. */
  for (gint i = -24; i <= 24; i++)
    r->in[2 * (120000 + i)] = (gfloat)(0.5 * (0.5 + 0.5 * cos (G_PI * i / 24.0)));
  run_all (r, 1000);
  for (guint i = 0; i < r->out_frames * 2; i++)
    peak = fmax (peak, fabs ((gdouble)r->out[i]));
  CHECK (20.0 * log10 (peak) <= -1.0, "peak %.3f dBFS", 20.0 * log10 (peak));
  CHECK (20.0 * log10 (peak) > -1.1, "peak %.3f dBFS leaves room", 20.0 * log10 (peak));
  CHECK_NEAR (run_figure (r, "output-integrated") + run_figure (r, "shortfall"), -14.0, 0.02,
      "what is reached and what is missing");
  CHECK (run_figure (r, "shortfall") > 5.0, "shortfall %g", run_figure (r, "shortfall"));
  CHECK (r->last && strstr (gst_structure_get_string (r->last, "summary"), "ceiling"),
      "the summary doesn't name the ceiling");
  run_free (r);
}

static void
bounds (void)
{
  static const struct {
    const gchar *line;
    gdouble amplitude_db, gain_db, shortfall_lu;
  } rows[] = { { "boost=false", -20, 0, 6 }, { "max-gain=2", -20, 2, 4 },
    { "min-gain=-3", -4, -3, -7 }, { "tolerance=7", -20, 0, 0 },
    { "target=podcast", -20, 4, 0 }, { "loudness-target=-30 target=podcast", -20, -10, 0 },
    { "target=tidal", -20, 0, 6 }, { "target=tidal boost=true", -20, 6, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r = norm_new (rows[i].line, 2, NULL);
    run_sine (r, 3.0, pow (10.0, rows[i].amplitude_db / 20.0));
    run_all (r, 4800);
    lqt_note ("%s", rows[i].line);
    CHECK_NEAR (run_figure (r, "applied-gain"), rows[i].gain_db, 0.02, rows[i].line);
    CHECK_NEAR (run_figure (r, "shortfall"), rows[i].shortfall_lu, 0.02, rows[i].line);
    run_free (r);
  }
}

/* 38: no loudness, no gain, and it is said. */
static void
no_loudness (void)
{
  static const struct {
    const gchar *what;
    gdouble seconds, amplitude;
  } rows[] = { { "silence", 2, 0 }, { "under 400 ms", 0.39, 0.1 },
    { "one frame", 1.0 / RATE, 0.5 }, { "below -70 LUFS", 2, 1e-4 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r = norm_new ("", 2, NULL);
    run_sine (r, rows[i].seconds, rows[i].amplitude);
    run_all (r, 4800);
    CHECK (r->out_frames == r->in_frames, "%s: %u frames of %u", rows[i].what, r->out_frames,
        r->in_frames);
    if (r->out_frames == r->in_frames)
      CHECK (run_residue_db (r, 1.0) < -300.0, "%s: changed", rows[i].what);
    CHECK (run_figure (r, "applied-gain") == 0.0, "%s: gain", rows[i].what);
    CHECK (
        r->last && strstr (gst_structure_get_string (r->last, "summary"), "can't be measured"),
        "%s: not said", rows[i].what);
    CHECK (!r->error, "%s: %s", rows[i].what, r->error ? r->error->message : "");
    run_free (r);
  }
}

/* 38: above 0 LUFS too. */
static void
very_loud (void)
{
  Run *r = norm_new ("", 2, NULL);

  run_sine (r, 3.0, pow (10.0, 6.0 / 20.0));
  run_all (r, 4800);
  CHECK_NEAR (run_figure (r, "integrated"), 6.0, 0.02, "input");
  CHECK_NEAR (run_figure (r, "output-integrated"), -14.0, 0.02, "output");
  run_free (r);
}

static void
channel_counts (void)
{
  Run *mono = norm_new ("", 1, NULL), *dual = norm_new ("dual-mono=true", 1, NULL);
  Run *six = norm_new ("", 6, NULL);

  run_sine (mono, 3.0, 0.1);
  run_all (mono, 4800);
  CHECK_NEAR (run_figure (mono, "integrated"), -23.01, 0.02, "mono");
  run_sine (dual, 3.0, 0.1);
  run_all (dual, 4800);
  CHECK_NEAR (run_figure (dual, "integrated"), -20.0, 0.02, "dual mono");
  run_sine (six, 3.0, 0.01);
  run_all (six, 4800);
  /* L R C count 1, the two behind 1.41, LFE nothing. */
  CHECK_NEAR (run_figure (six, "integrated"), -40.0 + 10.0 * log10 ((3.0 + 2.0 * 1.41) / 2.0),
      0.02, "5.1");
  CHECK_NEAR (run_figure (six, "output-integrated"), -14.0, 0.02, "5.1 out");
  run_free (mono);
  run_free (dual);
  run_free (six);
}

/* Tags describe the output, before its first buffer. */
static void
tags (void)
{
  Run *r = norm_new ("loudness-target=-16", 2, NULL);
  gdouble gain = NAN, peak = NAN;
  gchar *comment = NULL;

  run_sine (r, 3.0, 0.1);
  run_all (r, 4800);
  CHECK (r->tags != NULL, "no tags");
  if (r->tags) {
    gst_tag_list_get_double (r->tags, GST_TAG_TRACK_GAIN, &gain);
    gst_tag_list_get_double (r->tags, GST_TAG_TRACK_PEAK, &peak);
    gst_tag_list_get_string_index (r->tags, GST_TAG_EXTENDED_COMMENT, 0, &comment);
  }
  CHECK_NEAR (gain, -2.0, 0.02, "ReplayGain 2: -18 - (-16)");
  CHECK_NEAR (peak, pow (10.0, -16.0 / 20.0), 0.002, "peak");
  CHECK ((comment && abs (atoi (comment + strlen ("R128_TRACK_GAIN=")) + 7 * 256) < 5),
      "R 128 tag %s", comment ? comment : "missing");
  g_free (comment);
  run_free (r);
}

/* Stale gain tags don't get through, others do. */
static void
stale_tags (void)
{
  Run *r = norm_new ("write-tags=false", 2, NULL);
  gdouble gain;
  gchar *title = NULL;

  gst_harness_push_event (r->h,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "Song", GST_TAG_TRACK_GAIN, 5.0,
          GST_TAG_ALBUM_GAIN, 4.0, GST_TAG_EXTENDED_COMMENT, "R128_ALBUM_GAIN=12", NULL)));
  run_sine (r, 1.0, 0.1);
  run_all (r, 4800);
  CHECK (
      r->tags && gst_tag_list_get_string (r->tags, GST_TAG_TITLE, &title), "the title is lost");
  CHECK (
      !r->tags || !gst_tag_list_get_double (r->tags, GST_TAG_TRACK_GAIN, &gain), "stale gain");
  CHECK (
      !r->tags || !gst_tag_list_get_double (r->tags, GST_TAG_ALBUM_GAIN, &gain), "stale album");
  CHECK (!r->tags || gst_tag_list_get_tag_size (r->tags, GST_TAG_EXTENDED_COMMENT) == 0,
      "stale comment");
  g_free (title);
  run_free (r);
}

/* measure leaves every bit, and says what it heard. */
static void
measure (void)
{
  Run *r = norm_new ("mode=measure", 2, NULL);

  run_sine (r, 3.0, 0.25);
  run_all (r, 777);
  CHECK (r->out_frames == r->in_frames && run_residue_db (r, 1.0) < -300.0, "changed");
  CHECK_NEAR (run_figure (r, "integrated"), 20.0 * log10 (0.25), 0.02, "integrated");
  CHECK_NEAR (run_figure (r, "momentary"), 20.0 * log10 (0.25), 0.02, "momentary");
  CHECK_NEAR (run_figure (r, "short-term"), 20.0 * log10 (0.25), 0.03, "short-term");
  CHECK_NEAR (run_figure (r, "true-peak"), 20.0 * log10 (0.25), 0.05, "true peak");
  CHECK_NEAR (run_figure (r, "range"), 0.0, 0.1, "range");
  run_free (r);
}

/* Where peaks are in the way they are limited, and the result is on the target all the same. */
static void
limited (void)
{
  Run *r = norm_new ("max-true-peak=-6", 2, NULL);

  run_sine (r, 8.0, 0.1);
  for (guint i = 4000; i < r->in_frames; i += 9000)
    for (gint k = -24; k <= 24; k++)
      r->in[2 * ((gint)i + k)] += (gfloat)(0.8 * (0.5 + 0.5 * cos (G_PI * k / 24.0)));
  run_all (r, 1000);
  CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames);
  CHECK_NEAR (run_figure (r, "output-integrated"), -14.0, 0.1, "output loudness");
  CHECK_NEAR (run_figure (r, "shortfall"), 0.0, 0.02, "shortfall");
  CHECK (run_figure (r, "output-true-peak") <= -6.0, "true peak %.3f dBTP",
      run_figure (r, "output-true-peak"));
  CHECK (run_figure (r, "limiter-reduction") > 6.0, "reduction %.2f dB",
      run_figure (r, "limiter-reduction"));
  CHECK (r->last && strstr (gst_structure_get_string (r->last, "summary"), "limited by"),
      "the summary doesn't name the limiter");
  run_free (r);
}

/* linear takes the figures that it is given. */
static void
linear (void)
{
  Run *r = norm_new ("mode=linear measured-integrated=-20 measured-true-peak=-9", 2, NULL);

  run_sine (r, 2.0, 0.1);
  run_all (r, 4800);
  CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames);
  CHECK (run_residue_db (r, pow (10.0, 6.0 / 20.0)) < -130.0, "gain isn't 6 dB");
  run_free (r);
  r = norm_new (
      "mode=linear peak-policy=cap measured-integrated=-20 measured-true-peak=-3", 2, NULL);
  run_sine (r, 2.0, 0.1);
  run_all (r, 4800);
  CHECK_NEAR (run_figure (r, "applied-gain"), 2.0, 0.05, "stops at the ceiling");
  CHECK_NEAR (run_figure (r, "shortfall"), 4.0, 0.05, "says so");
  run_free (r);
}

static void
linear_unset (void)
{
  GstElement *element = gst_element_factory_make_full ("loudnessnorm", "mode", 2, NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error = NULL;

  gst_element_set_bus (element, bus);
  CHECK (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE,
      "linear without a measurement starts");
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  CHECK (message != NULL, "no error message");
  if (message) {
    gst_message_parse_error (message, &error, NULL);
    CHECK (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS),
        "domain, code");
    CHECK (strstr (error->message, "measured-integrated"), "says: %s", error->message);
    g_error_free (error);
    gst_message_unref (message);
  }
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

/* The ceiling holds in integers: a square wave at full scale, in 16 bits with dither. */
static void
ceiling_in_integers (void)
{
  for (guint limit = 0; limit < 2; limit++) {
    Run *r = norm_new (limit ? "loudness-target=0 max-true-peak=-3"
                             : "peak-policy=cap loudness-target=0 max-true-peak=-3",
        2, "S16LE");
    gint top = 0;
    run_sine (r, 2.0, 0.5);
    run_all (r, 4800);
    for (guint i = 0; i < r->in_frames * 2; i++)
      top = MAX (top, ABS (((const gint16 *)r->out)[i]));
    CHECK (top <= pow (10.0, -3.0 / 20.0) * 32768.0, "top %d", top);
    CHECK (top >= pow (10.0, (limit ? -3.2 : -3.1) / 20.0) * 32768.0, "top %d is too low", top);
    CHECK (run_figure (r, "output-true-peak") <= -3.0 + 1e-6, "says %.4f",
        run_figure (r, "output-true-peak"));
    run_free (r);
  }
}

/* Order of events, and of the first buffer after them. */
static void
event_order (void)
{
  Run *r = norm_new ("", 2, NULL);
  static const GstEventType order[] = { GST_EVENT_STREAM_START, GST_EVENT_CAPS,
    GST_EVENT_SEGMENT, GST_EVENT_TAG, GST_EVENT_EOS };
  GstEvent *event;
  guint at = 0;

  run_sine (r, 1.0, 0.1);
  for (guint i = 0; i < 10; i++) {
    GstBuffer *buffer = gst_buffer_new_memdup (r->in + i * 9600, 4800 * 2 * sizeof (float));
    GST_BUFFER_PTS (buffer) = i * GST_SECOND / 10;
    gst_harness_push (r->h, buffer);
  }
  CHECK (gst_harness_buffers_in_queue (r->h) == 0, "a buffer went out before the end");
  gst_harness_push_event (r->h, gst_event_new_eos ());
  while ((event = gst_harness_try_pull_event (r->h))) {
    if (at < G_N_ELEMENTS (order))
      CHECK (GST_EVENT_TYPE (event) == order[at], "event %u is %s", at,
          GST_EVENT_TYPE_NAME (event));
    at++;
    gst_event_unref (event);
  }
  CHECK (at == G_N_ELEMENTS (order), "%u events", at);
  run_free (r);
}

/* Two tracks without a break: each has its own gain. */
static void
two_tracks (void)
{
  Run *r = norm_new ("", 2, NULL);
  gdouble first, second;
  GstSegment segment;

  run_sine (r, 2.0, 0.1);
  for (guint track = 0; track < 2; track++) {
    gst_segment_init (&segment, GST_FORMAT_TIME);
    if (track) {
      gst_harness_push_event (r->h, gst_event_new_stream_start ("second"));
      gst_harness_push_event (r->h, gst_event_new_segment (&segment));
    }
    for (guint i = 0; i < r->in_frames * 2 && track; i++)
      r->in[i] *= 0.5f;
    gst_harness_push (r->h, gst_buffer_new_memdup (r->in, r->in_frames * 2 * sizeof (float)));
  }
  r->in_frames = 0;
  run_all (r, 1);
  CHECK (r->out_frames == 4 * RATE, "%u frames", r->out_frames);
  if (r->out_frames == 4 * RATE) {
    first = lqm_rms (r->out + 2 * RATE, RATE);
    second = lqm_rms (r->out + 5 * RATE, RATE);
    CHECK_NEAR (20.0 * log10 (first / second), 0.0, 0.02, "one level on both");
    CHECK_NEAR (20.0 * log10 (first * sqrt (2.0)), -14.0, 0.02, "the target's");
  }
  run_free (r);
}

/* A second stream is measured as if there had been no first. */
static void
measured_anew (void)
{
  Run *r = norm_new ("mode=measure", 2, NULL);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  run_sine (r, 5.0, 0.5);
  gst_harness_push (r->h, gst_buffer_new_memdup (r->in, r->in_frames * 2 * sizeof (float)));
  gst_harness_push_event (r->h, gst_event_new_stream_start ("second"));
  gst_harness_push_event (r->h, gst_event_new_segment (&segment));
  run_listen (r);
  CHECK_NEAR (run_figure (r, "integrated"), 20.0 * log10 (0.5), 0.02, "the first");
  g_clear_pointer (&r->last, gst_structure_free);
  run_sine (r, 4.0, 0.05);
  run_all (r, 1000);
  CHECK_NEAR (run_figure (r, "integrated"), 20.0 * log10 (0.05), 0.02, "the second");
  CHECK_NEAR (run_figure (r, "max-momentary"), 20.0 * log10 (0.05), 0.02, "its maximum");
  CHECK_NEAR (run_figure (r, "true-peak"), 20.0 * log10 (0.05), 0.1, "its peak");
  run_free (r);
}

/* A format that changes within a stream can't be measured as one. */
static void
format_change (void)
{
  Run *r = norm_new ("", 2, NULL);

  run_sine (r, 1.0, 0.1);
  gst_harness_push (r->h, gst_buffer_new_memdup (r->in, 4800 * 8));
  gst_harness_push_event (
      r->h, gst_event_new_caps (gst_caps_from_string (
                "audio/x-raw,format=F32LE,layout=interleaved,rate=44100,channels=2")));
  run_all (r, 4800);
  CHECK (r->error && g_error_matches (r->error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT),
      "%s", r->error ? r->error->message : "no error");
  CHECK (r->out_frames == 0, "%u frames went out", r->out_frames);
  run_free (r);
}

/* 39: a flush in the first pass forgets what was measured. */
static void
flush_in_first_pass (void)
{
  Run *r = norm_new ("", 2, NULL);
  GstSegment segment;

  run_sine (r, 2.0, 0.5);
  gst_harness_push (r->h, gst_buffer_new_memdup (r->in, 48000 * 8));
  gst_harness_push_event (r->h, gst_event_new_flush_start ());
  gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (r->h, gst_event_new_segment (&segment));
  run_sine (r, 2.0, 0.1);
  run_all (r, 4800);
  CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames);
  CHECK_NEAR (run_figure (r, "integrated"), -20.0, 0.02, "loudness of what came after");
  run_free (r);
}

/* 39: a flush after the first pass keeps the gain, and frames pass directly. */
static void
flush_when_known (void)
{
  Run *r = norm_new ("", 2, NULL);
  GstSegment segment;
  GstBuffer *buffer;

  run_sine (r, 2.0, 0.1);
  run_all (r, 4800);
  gst_harness_push_event (r->h, gst_event_new_flush_start ());
  gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = GST_SECOND;
  gst_harness_push_event (r->h, gst_event_new_segment (&segment));
  buffer = gst_buffer_new_memdup (r->in + 96000, 4800 * 8);
  GST_BUFFER_PTS (buffer) = GST_SECOND;
  gst_harness_push (r->h, buffer);
  buffer = gst_harness_try_pull (r->h);
  CHECK (buffer != NULL, "frames are held again");
  if (buffer) {
    float *same = g_new (float, 9600);
    const gsize size = gst_buffer_extract (buffer, 0, same, 9600 * sizeof (float));
    CHECK (size > 4000 * 8, "%zu bytes", size);
    CHECK (memcmp (same, r->out + 96000, size) == 0, "other samples");
    CHECK (GST_BUFFER_PTS (buffer) == GST_SECOND, "other time");
    gst_buffer_unref (buffer);
    g_free (same);
  }
  run_free (r);
}

/* 39: seeks while measuring are refused, and queries say so. */
static void
seek_in_first_pass (void)
{
  Run *r = norm_new ("", 2, NULL);
  GstPad *pad = gst_element_get_static_pad (r->h->element, "src");
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean seekable = TRUE;

  run_sine (r, 1.0, 0.1);
  gst_harness_push (r->h, gst_buffer_new_memdup (r->in, 4800 * 8));
  CHECK (
      !gst_pad_send_event (pad, gst_event_new_seek (1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                    GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, 0)),
      "a seek was taken");
  if (gst_pad_query (pad, query))
    gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  else
    seekable = FALSE;
  CHECK (!seekable, "says it can seek");
  gst_query_unref (query);
  gst_object_unref (pad);
  run_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "one exact gain, however it is cut", exact_gain },
    { "the gain stops at the ceiling", cap_at_ceiling },
    { "peaks are limited, the target is met", limited },
    { "bounds, targets, tolerance", bounds }, { "38 no loudness", no_loudness },
    { "38 above 0 LUFS", very_loud }, { "mono, dual mono, 5.1", channel_counts },
    { "tags of the output", tags }, { "stale tags", stale_tags }, { "measure", measure },
    { "linear", linear }, { "linear without a measurement", linear_unset },
    { "the ceiling in 16 bits", ceiling_in_integers }, { "order of events", event_order },
    { "two tracks", two_tracks }, { "each stream is a programme", measured_anew },
    { "a format change while measuring", format_change },
    { "39 flush in the first pass", flush_in_first_pass },
    { "39 flush after it", flush_when_known },
    { "39 seek in the first pass", seek_in_first_pass }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
