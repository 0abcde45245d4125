/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What loudnessnorm says of a programme: quality control, tags that arrive and tags that are sent,
 * predicted playback gain. A stereo sine of amplitude A has 20·log10 A LUFS (test-norm.c). */

#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

static const gchar *
run_warning (Run *r)
{
  return r->warning ? r->warning->message : "no warning";
}

static Run *
norm_new (const gchar *settings)
{
  gchar *line = g_strconcat ("loudnessnorm mode=two-pass ", settings, NULL);
  Run *r = run_new (line, RATE, 2, NULL);

  g_free (line);
  return r;
}

/* Quality control. */

static void
qc (void)
{
  static const struct {
    const gchar *line;
    gdouble seconds, amplitude;
    const gchar *says; /* NULL: nothing is wrong */
    gboolean warns, whole;
  } rows[] = {
    { "qc=error", 3, 0.1, NULL, 0, 1 },
    { "qc=error max-gain=2", 3, 0.1, "4.00 LU below", 0, 0 },
    { "qc=warn max-gain=2", 3, 0.1, "4.00 LU below", 1, 1 },
    { "qc=none max-gain=2", 3, 0.1, NULL, 0, 1 },
    { "qc=error max-gain=2 qc-tolerance=4.1", 3, 0.1, NULL, 0, 1 },
    { "qc=error boost=false", 3, 0.1, NULL, 0, 1 },
    { "qc=error boost=false min-gain=-3", 3, 0.5, "LU above", 0, 0 },
    { "peak-policy=cap qc=error max-true-peak=-3 loudness-target=-5 min-gain=0", 3, 0.9,
        "true peak of", 0, 0 },
    { "qc=error", 3, 0, "could be measured", 0, 0 },
    { "qc=error", 0.3, 0.1, "could be measured", 0, 0 },
    { "qc=error bypass=true", 3, 0.1, "bypass", 0, 0 },
    { "mode=measure qc=error", 3, 0.1, "6.00 LU below", 0, 1 },
    { "mode=measure qc=warn post-messages=false", 3, 0.1, "6.00 LU below", 1, 1 },
    { "mode=measure qc=error target=tidal", 3, 0.1, NULL, 0, 1 },
    { "mode=measure qc=error loudness-target=-20", 3, 0.1, NULL, 0, 1 },
    { "mode=measure qc=error loudness-target=-3 max-true-peak=-6", 3, 0.7, "true peak", 0, 1 },
    { "mode=measure qc=error", 3, 0, "could be measured", 0, 1 },
    { "mode=linear measured-integrated=-20 measured-true-peak=-20 qc=error", 3, 0.1, NULL, 0,
        1 },
    { "mode=linear measured-integrated=-20 measured-true-peak=-20 qc=error post-messages=false",
        3, 0.05, "6.0", 0, 1 },
    { "mode=linear peak-policy=cap measured-integrated=-20 measured-true-peak=-20 qc=error", 3,
        0.5, "true peak", 0, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r = norm_new (rows[i].line);
    const gchar *said;
    run_sine (r, rows[i].seconds, rows[i].amplitude);
    run_all (r, 4800);
    said = rows[i].warns ? run_warning (r) : r->error ? r->error->message : NULL;
    CHECK (!rows[i].says == !said, "%s: says %s", rows[i].line, said ? said : "nothing");
    CHECK (!said || strstr (said, rows[i].says), "%s: says %s", rows[i].line, said);
    CHECK (r->warned == rows[i].warns, "%s: warning %d", rows[i].line, r->warned);
    CHECK (!r->error || g_error_matches (r->error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED),
        "%s: domain, code", rows[i].line);
    CHECK (r->out_frames == (rows[i].whole ? r->in_frames : 0), "%s: %u frames of %u",
        rows[i].line, r->out_frames, r->in_frames);
    run_free (r);
  }
}

/* 4 s that are 9 dB louder than the other 20: short-term loudness is 5.7 LU over integrated. */
static void
qc_short_form (void)
{
  static const struct {
    const gchar *line;
    gboolean fails;
  } rows[] = { { "target=ebu-r128-s1 qc=error", TRUE }, { "target=ebu-r128 qc=error", FALSE },
    { "mode=measure target=ebu-r128-s1 qc=error", TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r = norm_new (rows[i].line);
    run_sine (r, 24.0, pow (10.0, -17.3 / 20.0));
    for (guint at = 4 * RATE * 2; at < r->in_frames * 2; at++)
      r->in[at] *= (gfloat)pow (10.0, -9.0 / 20.0);
    run_all (r, 48000);
    CHECK ((r->error != NULL) == rows[i].fails, "%s: %s", rows[i].line,
        r->error ? r->error->message : "passes");
    CHECK (!r->error || strstr (r->error->message, "short-term"), "says %s", r->error->message);
    run_free (r);
  }
}

/* What fails in two-pass isn't ended as if it were whole. */
static void
qc_no_eos (void)
{
  Run *r = norm_new ("qc=error max-gain=2");
  GstEvent *event;

  run_sine (r, 2.0, 0.1);
  gst_harness_push (r->h, gst_buffer_new_memdup (r->in, r->in_frames * 8));
  gst_harness_push_event (r->h, gst_event_new_eos ());
  while ((event = gst_harness_try_pull_event (r->h))) {
    CHECK (GST_EVENT_TYPE (event) != GST_EVENT_EOS, "EOS goes on");
    gst_event_unref (event);
  }
  CHECK (gst_harness_buffers_in_queue (r->h) == 0, "a buffer went out");
  CHECK (gst_harness_push (r->h, gst_buffer_new_memdup (r->in, 800)) != GST_FLOW_OK,
      "frames are taken after the verdict");
  r->in_frames = 0;
  run_free (r);
}

/* A target writes qc-tolerance as it writes the other three. */
static void
fourth_value (void)
{
  static const struct {
    const gchar *line;
    gdouble tolerance;
    gint target;
  } rows[] = { { "target=ebu-r128", 0.2, 12 }, { "target=cd", 3.0, 21 }, { "", 0.5, 1 },
    { "qc-tolerance=3 target=ebu-r128", 3.0, 0 }, { "target=ebu-r128 qc-tolerance=3", 3.0, 0 },
    { "target=ebu-r128 qc-tolerance=0.2", 0.2, 12 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r = norm_new (rows[i].line);
    gdouble tolerance;
    gint target;
    g_object_get (r->element, "qc-tolerance", &tolerance, "target", &target, NULL);
    CHECK_NEAR (tolerance, rows[i].tolerance, 1e-12, rows[i].line);
    CHECK (target == rows[i].target, "%s: target %d", rows[i].line, target);
    run_free (r);
  }
}

/* Arriving tags. */

#define FROM_TAGS "peak-policy=cap mode=linear measured-from-tags=true "

static void
push_tags (Run *r, GstTagList *list)
{
  gst_harness_push_event (r->h, gst_event_new_tag (list));
}

/* A list of ReplayGain tags and comments; NAN leaves one out. */
static GstTagList *
tags_new (gdouble gain, gdouble peak, gdouble reference, const gchar *comment)
{
  GstTagList *list = gst_tag_list_new (GST_TAG_TITLE, "Song", NULL);

  if (!isnan (gain))
    gst_tag_list_add (list, GST_TAG_MERGE_APPEND, GST_TAG_TRACK_GAIN, gain, NULL);
  if (!isnan (peak))
    gst_tag_list_add (list, GST_TAG_MERGE_APPEND, GST_TAG_TRACK_PEAK, peak, NULL);
  if (!isnan (reference))
    gst_tag_list_add (list, GST_TAG_MERGE_APPEND, GST_TAG_REFERENCE_LEVEL, reference, NULL);
  if (comment)
    gst_tag_list_add (list, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, comment, NULL);
  return list;
}

/* Gain to −14 LUFS from what the tags say. */
static void
from_tags (void)
{
  static const struct {
    const gchar *line;
    gdouble gain, peak, reference;
    const gchar *comment;
    gdouble expected_db;
  } rows[] = {
    { "", -2, 0.1, 89, NULL, 2 },
    { "", -2, 0.1, NAN, NULL, 2 },
    { "", -2, 0.1, -18, NULL, 2 },
    { "", -7, 0.1, -23, NULL, 2 },
    { "", -8, 0.1, 83, NULL, 2 },
    { "", 3, 1.0, 0, NULL, -11 },
    { "", 5, 0.1, 89, "R128_TRACK_GAIN=-1280", 4 },
    { "", NAN, 0.1, NAN, "r128_track_gain[en]=-1280", 4 },
    { "measured-integrated=-17 ", 5, 0.1, 89, NULL, 3 },
    { "measured-true-peak=-2.03 ", -2, 0.1, 89, NULL, 1 },
    { "", -2, 1.0, 89, NULL, -1.03 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line = g_strconcat (FROM_TAGS, rows[i].line, NULL);
    Run *r = norm_new (line);
    run_sine (r, 1.0, 0.1);
    push_tags (r, tags_new (rows[i].gain, rows[i].peak, rows[i].reference, rows[i].comment));
    run_all (r, 4800);
    CHECK (r->out_frames == r->in_frames, "%u: %u frames, %s", i, r->out_frames,
        r->error ? r->error->message : "no error");
    if (r->out_frames == r->in_frames)
      CHECK (run_residue_db (r, pow (10.0, rows[i].expected_db / 20.0)) < -100.0,
          "%u: not %g dB from the first frame on, but %.3f", i, rows[i].expected_db,
          20.0 * log10 ((gdouble)r->out[4001] / (gdouble)r->in[4001]));
    CHECK (!r->warned, "%u: %s", i, run_warning (r));
    run_free (r);
    g_free (line);
  }
}

/* 25: what can't be true is said and ignored; nothing goes out on the strength of it. */
static void
malformed_tags (void)
{
  static const struct {
    gdouble gain, peak, reference;
    const gchar *comment;
  } rows[] = {
    { 1e9, 0.1, 89, NULL },
    { -1e9, 0.1, 89, NULL },
    { INFINITY, 0.1, 89, NULL },
    { 61, 0.1, 89, NULL },
    { -61, 0.1, 89, NULL },
    { 59, 0.1, 89, NULL },
    { -2, 0.0, 89, NULL },
    { -2, -1.0, 89, NULL },
    { -2, 1e9, 89, NULL },
    { -2, 1e-6, 89, NULL },
    { -2, 0.1, 1e9, NULL },
    { -2, 0.1, -1e9, NULL },
    { -2, 0.1, 200, NULL },
    { NAN, 0.1, NAN, "R128_TRACK_GAIN=loud" },
    { NAN, 0.1, NAN, "R128_TRACK_GAIN=" },
    { NAN, 0.1, NAN, "R128_TRACK_GAIN=3.5" },
    { NAN, 0.1, NAN, "R128_TRACK_GAIN=99999999999999999999" },
    { NAN, 0.1, NAN, "R128_TRACK_GAIN=32767" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r = norm_new (FROM_TAGS);
    run_sine (r, 1.0, 0.1);
    push_tags (r, tags_new (rows[i].gain, rows[i].peak, rows[i].reference, rows[i].comment));
    run_all (r, 4800);
    CHECK (r->warned && strstr (run_warning (r), "can't be true"), "%u: no warning", i);
    CHECK (
        r->error && g_error_matches (r->error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS),
        "%u: %s", i, r->error ? r->error->message : "no error");
    CHECK (r->out_frames == 0, "%u: %u frames went out", i, r->out_frames);
    run_free (r);
  }
}

/* NaN can't be told from absence in the tables above; a later list mends what an earlier broke. */
static void
malformed_then_good (void)
{
  Run *r = norm_new (FROM_TAGS);

  run_sine (r, 1.0, 0.1);
  push_tags (r, gst_tag_list_new (
                    GST_TAG_TRACK_GAIN, (gdouble)NAN, GST_TAG_TRACK_PEAK, (gdouble)NAN, NULL));
  push_tags (r, tags_new (-2, NAN, 89, "R128_TRACK_GAIN=nan"));
  push_tags (r, tags_new (NAN, 0.1, NAN, NULL));
  run_all (r, 4800);
  CHECK (r->warned, "no warning");
  CHECK (!r->error && r->out_frames == r->in_frames, "%s", r->error ? r->error->message : "");
  if (r->out_frames == r->in_frames)
    CHECK (run_residue_db (r, pow (10.0, 2.0 / 20.0)) < -100.0, "not +2 dB");
  run_free (r);
}

static void
no_tags (void)
{
  static const gchar *const lines[] = { FROM_TAGS, FROM_TAGS "measured-true-peak=-20",
    FROM_TAGS "measured-integrated=-20" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    Run *r = norm_new (lines[i]);
    run_sine (r, 1.0, 0.1);
    /* An album's gain isn't the track's. */
    push_tags (r, gst_tag_list_new (GST_TAG_ALBUM_GAIN, -2.0, GST_TAG_ALBUM_PEAK, 0.5,
                      GST_TAG_EXTENDED_COMMENT, "R128_ALBUM_GAIN=0", NULL));
    run_all (r, 4800);
    CHECK (r->error && strstr (r->error->message, "no ReplayGain or R 128 track tags"),
        "%s: %s", lines[i], r->error ? r->error->message : "no error");
    CHECK (r->out_frames == 0, "%s: %u frames went out", lines[i], r->out_frames);
    run_free (r);
  }
}

/* Two tracks without a break: the second has tags of its own, or an error of its own. */
static void
tags_of_two_tracks (void)
{
  for (guint good = 0; good < 2; good++) {
    Run *r = norm_new (FROM_TAGS);
    GstSegment segment;
    gst_segment_init (&segment, GST_FORMAT_TIME);
    run_sine (r, 1.0, 0.1);
    push_tags (r, tags_new (-2, 0.1, 89, NULL));
    gst_harness_push (r->h, gst_buffer_new_memdup (r->in, RATE * 8));
    gst_harness_push_event (r->h, gst_event_new_stream_start ("second"));
    gst_harness_push_event (r->h, gst_event_new_segment (&segment));
    if (good)
      push_tags (r, tags_new (2, 0.1, 89, NULL));
    gst_harness_push (r->h, gst_buffer_new_memdup (r->in, RATE * 8));
    gst_harness_push_event (r->h, gst_event_new_eos ());
    run_take (r);
    run_listen (r);
    CHECK (r->out_frames == RATE * (1 + good), "%u frames", r->out_frames);
    CHECK ((r->error == NULL) == (good == 1), "%s", r->error ? r->error->message : "no error");
    for (guint at = 1; good && r->out_frames == 2 * RATE && at < 5; at += 3) {
      const gdouble gain = (gdouble)r->out[(RATE + at) * 2] / (gdouble)r->in[at * 2];
      CHECK_NEAR (20.0 * log10 (gain), 6.0, 1e-3, "the second track's gain at once");
    }
    run_free (r);
  }
}

/* Sent tags. */

/* measure knows at the end, linear before the first buffer; neither sends without being asked. */
static void
sent_tags (void)
{
  static const struct {
    const gchar *line;
    gdouble gain;
  } rows[] = { { "mode=measure", 2 }, { "mode=measure write-tags=false", NAN },
    { "mode=linear measured-integrated=-20 measured-true-peak=-20", -4 },
    { "mode=linear measured-integrated=-20 measured-true-peak=-20 write-tags=false", NAN } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r = norm_new (rows[i].line);
    gdouble gain = NAN;
    run_sine (r, 3.0, 0.1);
    run_all (r, 4800);
    if (r->tags)
      gst_tag_list_get_double (r->tags, GST_TAG_TRACK_GAIN, &gain);
    if (isnan (rows[i].gain))
      CHECK (isnan (gain), "%s: gain %g", rows[i].line, gain);
    else
      CHECK_NEAR (gain, rows[i].gain, 0.02, rows[i].line);
    run_free (r);
  }
}

/* Playback. */

static gdouble
playback (Run *r, const gchar *platform)
{
  const GValue *value = r->last ? gst_structure_get_value (r->last, "playback-gain") : NULL;
  gdouble gain = NAN;

  if (CHECK (value && GST_VALUE_HOLDS_STRUCTURE (value), "no playback-gain"))
    gst_structure_get_double (gst_value_get_structure (value), platform, &gain);
  return gain;
}

static void
playback_gain (void)
{
  /* Peaks of a 997 Hz sine are its loudness: −20 → −14 LUFS, −14 dBTP. */
  Run *r = norm_new ("");

  run_sine (r, 3.0, 0.1);
  run_all (r, 4800);
  CHECK_NEAR (playback (r, "spotify"), 0.0, 0.02, "spotify");
  CHECK_NEAR (playback (r, "spotify-loud"), 3.0, 0.02, "spotify-loud");
  CHECK_NEAR (playback (r, "apple-music"), -2.0, 0.02, "apple-music");
  CHECK_NEAR (playback (r, "youtube"), 0.0, 0.02, "youtube");
  CHECK_NEAR (playback (r, "deezer"), -1.0, 0.02, "deezer");
  CHECK_NEAR (playback (r, "replaygain"), -4.0, 0.02, "replaygain");
  CHECK (isnan (playback (r, "ebu-r128")), "a broadcaster turns it");
  run_free (r);
  /* Turned up no further than the ceiling, or not at all. */
  r = norm_new ("mode=measure");
  run_sine (r, 3.0, 0.01);
  r->in[2 * 1000] = 0.5f;
  run_all (r, 4800);
  CHECK (playback (r, "spotify") > 4.0 && playback (r, "spotify") < 5.1, "spotify %g",
      playback (r, "spotify"));
  CHECK_NEAR (playback (r, "youtube"), 0.0, 1e-9, "youtube");
  run_free (r);
  r = norm_new ("");
  run_sine (r, 1.0, 0.0);
  run_all (r, 4800);
  CHECK (r->last && !gst_structure_has_field (r->last, "playback-gain"), "silence has a gain");
  run_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "quality control", qc },
    { "quality control of short forms", qc_short_form },
    { "a failure isn't ended as a whole", qc_no_eos },
    { "targets write qc-tolerance", fourth_value }, { "a measurement from tags", from_tags },
    { "25 malformed tags", malformed_tags }, { "25 good tags after them", malformed_then_good },
    { "no tags", no_tags }, { "tags of two tracks", tags_of_two_tracks },
    { "tags that are sent", sent_tags }, { "playback gain", playback_gain }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
