/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm mode=live from outside. Levels are those of sines of 997 Hz on two channels, whose
 * loudness in LUFS is their level in dBFS: what comes out is read from its amplitude. */

#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000
#define WIDE "live-max-boost=24 live-max-cut=24 loudness-target=-20 "

static Run *
live_new (const gchar *settings, guint rate)
{
  gchar *line = g_strconcat ("loudnessnorm ", settings, NULL);
  Run *r = run_new (line, rate, 2, NULL);

  g_free (line);
  return r;
}

/* Levels from so many seconds on, dBFS; below −150: silence. Ends with a negative time. */
typedef struct {
  gdouble from_s, level_db;
} Part;

static void
programme (Run *r, const Part *parts)
{
  gsize n = 0, at = 0;

  while (parts[n].from_s >= 0.0)
    n++;
  run_sine (r, parts[n - 1].from_s, 1.0);
  for (gsize k = 0; k + 1 < n; k++) {
    const gfloat gain =
        parts[k].level_db < -150.0 ? 0.0f : (gfloat)pow (10.0, parts[k].level_db / 20.0);
    const gsize end = MIN ((gsize)(parts[k + 1].from_s * r->rate), r->in_frames);
    for (; at < end; at++)
      r->in[2 * at] = r->in[2 * at + 1] = r->in[2 * at] * gain;
  }
}

/* Level of the 20 ms around a moment, dBFS. */
static gdouble
level (const Run *r, const float *x, gdouble at_s)
{
  const gsize half = r->rate / 100;
  gfloat plane[2 * 4000];

  for (gsize i = 0; i < 2 * half; i++)
    plane[i] = x[2 * ((gsize)(at_s * r->rate) - half + i)];
  return lqm_db (lqm_rms (plane, 2 * half) * G_SQRT2);
}

/* Steps of 20 dB, up and down, from quiet and from loud: within 1 LU of the target once the gain
 * could go there and the window holds nothing else. */
static void
steps_settle (void)
{
  static const struct {
    const gchar *settings;
    gdouble slew, window;
  } rows[] = { { "live-slew=10 live-window=momentary", 10, 0.4 },
    { "live-slew=10 live-window=short-term", 10, 3 }, { "live-slew=10", 10, 3 }, { "", 3, 3 },
    { "live-slew=60 live-window=momentary live-lookahead=0", 60, 0.4 },
    { "live-slew=60 live-window=momentary live-lookahead=3000", 60, 0.4 } };
  const Part parts[] = { { 0, -30 }, { 12, -10 }, { 26, -30 }, { 40, 0 }, { -1, 0 } };

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++) {
    gchar *settings = g_strconcat (WIDE, rows[k].settings, NULL);
    Run *r = live_new (settings, RATE);
    const gdouble settle = 20.0 / rows[k].slew + rows[k].window;
    programme (r, parts);
    run_all (r, 0);
    for (guint step = 1; step <= 2; step++)
      for (gdouble t = parts[step].from_s + settle + 0.02; t < parts[step + 1].from_s - 3.1;
           t += 0.05)
        if (!CHECK_NEAR (level (r, r->out, t), -20.0, 1.0, rows[k].settings))
          lqt_note ("%s at %.2f s, step %u", rows[k].settings, t, step);
    run_free (r);
    g_free (settings);
  }
}

/* The gain changes by no more than the slew, whatever comes. */
static void
slew_holds (void)
{
  const Part parts[] = { { 0, -20 }, { 5, -38 }, { 12, -3 }, { 20, -30 }, { 26, 0 },
    { -1, 0 } };
  Run *r = live_new (WIDE "live-slew=6 live-window=momentary", RATE);
  gdouble before = NAN, fastest = 0.0;

  programme (r, parts);
  run_all (r, 0);
  for (gdouble t = 1.0; t < 25.9; t += 0.1) {
    const gdouble gain = level (r, r->out, t) - level (r, r->in, t);
    gboolean at_step = FALSE;
    for (guint k = 1; k < 4; k++)
      at_step |= fabs (t - parts[k].from_s) < 0.12;
    if (!at_step && fabs (gain - before) > fastest)
      fastest = fabs (gain - before);
    before = at_step ? NAN : gain;
  }
  CHECK (fastest <= 0.6 * 1.02, "%.3f dB in 100 ms", fastest);
  CHECK (fastest >= 0.6 * 0.9, "it goes as fast as it may: %.3f dB in 100 ms", fastest);
  run_free (r);
}

/* Neither in digital silence nor in a room's noise does anything move: the programme goes on at
 * the gain that it had. */
static void
rests_in_silence (void)
{
  static const gdouble rooms[] = { -200.0, -60.0 };

  for (guint k = 0; k < G_N_ELEMENTS (rooms); k++) {
    const Part parts[] = { { 0, -30 }, { 10, rooms[k] }, { 40, -30 }, { 45, 0 }, { -1, 0 } };
    Run *r = live_new (WIDE "live-slew=20", RATE);
    gdouble held;
    programme (r, parts);
    run_all (r, 0);
    held = level (r, r->out, 9.0) - level (r, r->in, 9.0);
    CHECK_NEAR (held, 10.0, 0.1, "gain before the pause");
    CHECK_NEAR (level (r, r->out, 40.1) - level (r, r->in, 40.1), held, 0.05, "after it");
    if (rooms[k] > -150.0)
      for (gdouble t = 11.0; t < 39.5; t += 0.25)
        CHECK_NEAR (level (r, r->out, t) - level (r, r->in, t), held, 0.05, "in it");
    run_free (r);
  }
}

/* LATENCY is look-ahead and limiter; and what comes out lies where it lay. */
static void
impulse_stays (void)
{
  static const struct {
    guint rate, lookahead;
  } rows[] = { { 48000, 0 }, { 48000, 400 }, { 44100, 137 }, { 96000, 3000 }, { 8000, 250 } };

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++) {
    gchar *settings = g_strdup_printf ("live-lookahead=%u", rows[k].lookahead);
    Run *r = live_new (settings, rows[k].rate);
    const guint at = rows[k].rate * 2 + 77;
    guint64 latency;
    gsize loudest = 0;
    gst_harness_set_live (r->h, TRUE);
    run_sine (r, 5, 0.0);
    r->in[2 * at] = r->in[2 * at + 1] = 0.5f;
    run_all (r, 0);
    for (gsize i = 0; i < (gsize)r->out_frames * 2; i++)
      if (fabsf (r->out[i]) > fabsf (r->out[loudest]))
        loudest = i;
    CHECK (r->out_frames == r->in_frames, "%u of %u frames", r->out_frames, r->in_frames);
    CHECK (r->out_pts == 0, "begins at 0");
    CHECK (loudest / 2 == at, "%s: at %zu, not %u", settings, loudest / 2, at);
    latency = gst_harness_query_latency (r->h);
    /* The limiter's: 4 groups of about 0.7 ms and its interpolator. */
    CHECK (latency >= (guint64)GST_MSECOND * (rows[k].lookahead + 2) &&
               latency <= (guint64)GST_MSECOND * (rows[k].lookahead + 12),
        "%s: latency %.3f ms", settings, (gdouble)latency / GST_MSECOND);
    run_free (r);
    g_free (settings);
  }
}

/* The first sample already has its gain where the look-ahead hears enough before it. */
static void
begins_at_its_gain (void)
{
  const Part parts[] = { { 0, -35 }, { 6, 0 }, { -1, 0 } };
  Run *r = live_new (WIDE "live-lookahead=420", RATE);

  programme (r, parts);
  run_all (r, 480);
  CHECK_NEAR (level (r, r->out, 0.02), -20.0, 0.2, "first sound");
  run_free (r);
  /* A measurement is believed before anything is heard: then only the slew. */
  r = live_new (WIDE "measured-integrated=-28 live-lookahead=0", RATE);
  programme (r, parts);
  run_all (r, 480);
  CHECK_NEAR (level (r, r->out, 0.02), -27.0, 0.05, "what was measured");
  CHECK_NEAR (level (r, r->out, 5.9), -20.0, 0.2, "what is heard");
  run_free (r);
}

/* So are the tags of the stream, where it is asked to believe them; another stream has others. */
static void
begins_as_tagged (void)
{
  const Part parts[] = { { 0, -35 }, { 2, 0 }, { -1, 0 } };

  for (guint believe = 0; believe < 2; believe++) {
    gchar *settings =
        g_strdup_printf (WIDE "measured-from-tags=%u live-lookahead=0 live-slew=0.1", believe);
    Run *r = live_new (settings, RATE);
    /* −28 LUFS by ReplayGain 2's reference of −18. */
    gst_harness_push_event (
        r->h, gst_event_new_tag (gst_tag_list_new (GST_TAG_TRACK_GAIN, 10.0, GST_TAG_TRACK_PEAK,
                  0.5, GST_TAG_REFERENCE_LEVEL, 89.0, NULL)));
    programme (r, parts);
    run_all (r, 480);
    CHECK_NEAR (level (r, r->out, 0.02), believe ? -27.0 : -35.0, 0.05, settings);
    CHECK (!r->error && !r->warned, "%s", r->error ? r->error->message : "a warning");
    run_free (r);
    g_free (settings);
  }
}

/* Bounds hold, and are told. */
static void
bounds (void)
{
  static const struct {
    const gchar *settings;
    gdouble level, out, shortfall;
    const gchar *says;
  } rows[] = { { "loudness-target=-14", -50, -38, 24, "24.0 LU short of the target" },
    { "loudness-target=-14 max-gain=3", -30, -27, 13, "13.0 LU short" },
    { "loudness-target=-14 boost=false", -30, -30, 16, "bounds held the gain" },
    { "loudness-target=-40 live-max-cut=6", -20, -26, -14, "14.0 LU above the target" },
    { "loudness-target=-40 min-gain=-2", -20, -22, -18, "18.0 LU above" },
    { "loudness-target=-14 live-gate=-30", -40, -40, 0, "a gain that never moved" },
    { "loudness-target=-14 tolerance=3", -16, -16, 0, "2.0 LU short of the target" },
    { "loudness-target=-14 tolerance=1", -16, -14, 0, "on the target of -14.0 LUFS" } };

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++) {
    const Part parts[] = { { 0, rows[k].level }, { 8, 0 }, { -1, 0 } };
    Run *r = live_new (rows[k].settings, RATE);
    const gchar *summary;
    gdouble gain;
    programme (r, parts);
    run_all (r, 0);
    CHECK_NEAR (level (r, r->out, 6.0), rows[k].out, 0.1, rows[k].settings);
    summary = r->last ? gst_structure_get_string (r->last, "summary") : "";
    CHECK (strstr (summary, rows[k].says), "%s: %s", rows[k].settings, summary);
    CHECK_NEAR (run_figure (r, "shortfall"), rows[k].shortfall, 0.1, rows[k].settings);
    CHECK_NEAR (run_figure (r, "applied-gain"), rows[k].out - rows[k].level, 0.1, "gain");
    g_object_get (r->element, "applied-gain", &gain, NULL);
    CHECK_NEAR (gain, rows[k].out - rows[k].level, 0.1, "the property");
    run_free (r);
  }
}

/* The silence that brings out what is held back at the end is no part of the programme: neither
 * measured nor told a time for. */
static void
the_end (void)
{
  static const guint lookaheads[] = { 0, 400, 3000 };

  for (guint k = 0; k < G_N_ELEMENTS (lookaheads); k++) {
    const Part parts[] = { { 0, -20 }, { 5, 0 }, { -1, 0 } };
    gchar *settings = g_strdup_printf ("live-lookahead=%u", lookaheads[k]);
    Run *r = live_new (settings, RATE);
    guint64 end = 0;
    programme (r, parts);
    run_all (r, 0);
    CHECK_NEAR (run_figure (r, "integrated"), -20.0, 0.01, settings);
    CHECK_NEAR (run_figure (r, "range"), 0.0, 0.01, settings);
    CHECK_NEAR (run_figure (r, "momentary"), -20.0, 0.02, settings);
    CHECK (
        r->last && gst_structure_get_uint64 (r->last, "endtime", &end) && end == 5 * GST_SECOND,
        "%s: ends at %" GST_TIME_FORMAT, settings, GST_TIME_ARGS (end));
    CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames);
    run_free (r);
    g_free (settings);
  }
}

/* Bursts far over the target, before the rider is down: no sample above the ceiling, whatever the
 * policy says, and in 16 bits. */
static void
ceiling_holds (void)
{
  static const gchar *const formats[] = { NULL, "S16LE" };
  static const gchar *const policies[] = { "limit", "cap" };

  for (guint k = 0; k < 4; k++) {
    const Part parts[] = { { 0, -40 }, { 4, -1 }, { 4.5, -40 }, { 9, 5 }, { 11, 0 },
      { -1, 0 } };
    gchar *line = g_strconcat ("loudnessnorm live-max-boost=24 live-max-cut=24 "
                               "live-lookahead=0 max-true-peak=-2 peak-policy=",
        policies[k / 2], NULL);
    Run *r = run_new (line, RATE, 2, formats[k % 2]);
    gdouble peak = 0.0;
    programme (r, parts);
    run_all (r, 0);
    if (k % 2)
      for (gsize i = 0; i < r->out_bytes / 2; i++)
        peak = MAX (peak, fabs (((const gint16 *)r->out)[i] / 32768.0));
    else
      peak = lqm_peak (r->out, 2 * (gsize)r->out_frames);
    CHECK (lqm_db (peak) <= -2.0, "%s: %.3f dBFS", line, lqm_db (peak));
    CHECK (lqm_db (peak) >= -2.5, "%s: it comes near: %.3f dBFS", line, lqm_db (peak));
    CHECK (run_figure (r, "output-true-peak") <= -2.0, "and so it measures");
    CHECK (run_figure (r, "limiter-reduction") > 20.0, "%.1f dB of limiting",
        run_figure (r, "limiter-reduction"));
    run_free (r);
    g_free (line);
  }
}

/* Packets that are lost, or a seek: it goes on with the gain that it had. Another programme
 * doesn't. */
static void
a_jump (void)
{
  const Part parts[] = { { 0, -30 }, { 5, 0 }, { -1, 0 } };
  Run *r = live_new (WIDE "live-lookahead=0 live-slew=1", RATE);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint k = 0; k < 3; k++) {
    const gsize before = r->out_frames;
    GstBuffer *buffer;
    programme (r, parts);
    if (k == 2) {
      gst_harness_push_event (r->h, gst_event_new_stream_start ("another"));
      gst_harness_push_event (r->h, gst_event_new_segment (&segment));
    }
    buffer = gst_buffer_new_memdup (r->in, (gsize)r->in_frames * 2 * sizeof (float));
    GST_BUFFER_PTS (buffer) = k * 60 * GST_SECOND;
    gst_harness_push (r->h, buffer);
    run_take (r);
    CHECK_NEAR (level (r, r->out, (gdouble)before / RATE + 0.03), k == 1 ? -20.0 : -30.0, 0.1,
        "the beginning");
    CHECK_NEAR (level (r, r->out, (gdouble)r->out_frames / RATE - 0.1), -20.0, 0.2, "the end");
  }
  run_free (r);
}

/* Settings may change while it plays; the gain then moves by the slew. */
static void
a_change_while_playing (void)
{
  const Part parts[] = { { 0, -20 }, { 10, 0 }, { -1, 0 } };
  Run *r = live_new ("loudness-target=-20 live-lookahead=0 live-slew=6 "
                     "automation=\"loudness-target step 0:-20 5:-14\"",
      RATE);

  programme (r, parts);
  run_all (r, 0);
  CHECK_NEAR (level (r, r->out, 4.9), -20.0, 0.1, "before");
  CHECK_NEAR (level (r, r->out, 5.5), -17.0, 0.4, "on its way");
  CHECK_NEAR (level (r, r->out, 6.5), -14.0, 0.1, "there");
  run_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "steps of 20 dB settle", steps_settle },
    { "the slew holds", slew_holds }, { "silence moves nothing", rests_in_silence },
    { "an impulse stays where it was", impulse_stays },
    { "the beginning has its gain", begins_at_its_gain },
    { "bounds hold and are told", bounds }, { "the ceiling holds", ceiling_holds },
    { "the beginning as tagged", begins_as_tagged }, { "the end is the input's", the_end },
    { "a jump keeps the gain", a_jump }, { "a target that changes", a_change_while_playing },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
