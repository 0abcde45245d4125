/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm range-target: five dynamic programmes, measured by libebur128; and what else a gain
 * that rides has to keep. */

#include <ebur128.h>
#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000
#define SILENT (-200.0)

/* Level of a programme at a time, dBFS of its noise. */
typedef gdouble (*Shape) (gdouble t);

/* An orchestra: long waves over short ones, and a pause. */
static gdouble
orchestra (gdouble t)
{
  return t > 50 && t < 57 ? SILENT : -26 + 11 * sin (t / 5.9) + 3 * sin (t / 1.7);
}

/* A crescendo, like a bolero's. */
static gdouble
crescendo (gdouble t)
{
  return -48 + 36 * t / 120;
}

/* A film: talk, and now and then what blows up. */
static gdouble
film (gdouble t)
{
  const gdouble at = fmod (t, 30);

  if (at > 22)
    return -11;
  return fmod (t, 3.1) > 2.6 ? -58 : -31;
}

/* Quiet and loud movements. */
static gdouble
movements (gdouble t)
{
  static const gdouble levels[] = { -38, -20, -33, -14, -41, -24 };

  return levels[(guint)(t / 20) % 6];
}

/* A drama on the air: whispers, shouts, a room. */
static gdouble
drama (gdouble t)
{
  const gdouble word = sin (t * 2.1) > 0.6 ? -55 : 0;

  return word < 0 ? word : -30 + 12 * sin (t / 3.3) * sin (t / 7.1);
}

static const struct {
  const gchar *name;
  Shape shape;
  gdouble range; /* to ask for */
} pieces[] = { { "orchestra", orchestra, 8 }, { "crescendo", crescendo, 10 },
  { "film", film, 9 }, { "movements", movements, 7 }, { "drama", drama, 6 } };

/* Two minutes of noise that rolls off like music, in stereo. */
static void
piece (Run *r, Shape shape)
{
  lqs_random rnd = { 31 };
  gdouble slow[2] = { 0.0, 0.0 };

  r->in_frames = 120 * r->rate;
  g_free (r->in);
  r->in = g_new (gfloat, (gsize)r->in_frames * r->channels);
  for (guint i = 0; i < r->in_frames; i++) {
    const gdouble gain = pow (10.0, shape ((gdouble)i / r->rate) / 20.0);
    for (guint c = 0; c < r->channels; c++) {
      slow[c % 2] += 0.2 * (lqs_uniform (&rnd) - slow[c % 2]);
      r->in[(gsize)i * r->channels + c] = (gfloat)(4.0 * gain * slow[c % 2]);
    }
  }
}

typedef struct {
  gdouble integrated, range, peak_db;
} Figures;

/* By libebur128, whose range takes a short-term loudness once a second: ten of it, each beginning
 * 100 ms later, take one every 100 ms. */
static Figures
measure (const gfloat *x, gsize frames, guint channels)
{
  ebur128_state *states[10];
  Figures f = { 0.0, 0.0, -200.0 };
  gdouble peak;

  for (guint k = 0; k < 10; k++) {
    const gsize skip = k * RATE / 10;
    states[k] = ebur128_init (channels, RATE,
        EBUR128_MODE_LRA | (k == 0 ? EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK : 0));
    ebur128_add_frames_float (states[k], x + skip * channels, frames - skip);
  }
  ebur128_loudness_global (states[0], &f.integrated);
  ebur128_loudness_range_multiple (states, 10, &f.range);
  for (guint c = 0; c < channels; c++) {
    ebur128_true_peak (states[0], c, &peak);
    f.peak_db = MAX (f.peak_db, lqm_db (peak));
  }
  for (guint k = 0; k < 10; k++)
    ebur128_destroy (&states[k]);
  return f;
}

static Run *
range_new (const gchar *settings, gdouble range, guint channels)
{
  gchar *line =
      g_strdup_printf ("loudnessnorm mode=two-pass range-target=%g %s", range, settings);
  Run *r = run_new (line, RATE, channels, NULL);

  g_free (line);
  return r;
}

static const gchar *
summary (Run *r)
{
  return r->last ? gst_structure_get_string (r->last, "summary") : "nothing";
}

/* Range within 0.5 LU, loudness within 0.1 LU, the ceiling kept, and all that said. */
static void
five_pieces (void)
{
  static const gchar *const settings[] = { "loudness-target=-23", "loudness-target=-14" };

  for (guint k = 0; k < G_N_ELEMENTS (pieces); k++)
    for (guint s = k % 2; s < G_N_ELEMENTS (settings); s += 2) {
      Run *r = range_new (settings[s], pieces[k].range, 2);
      Figures in, out;
      piece (r, pieces[k].shape);
      run_all (r, 0);
      in = measure (r->in, r->in_frames, 2);
      out = measure (r->out, r->out_frames, 2);
      lqt_note ("%s to %g, %s: range %.2f → %.2f LU, %.2f → %.2f LUFS, %.2f dBTP",
          pieces[k].name, pieces[k].range, settings[s], in.range, out.range, in.integrated,
          out.integrated, out.peak_db);
      CHECK (in.range > pieces[k].range + 3.0, "%s isn't dynamic: %.1f LU", pieces[k].name,
          in.range);
      CHECK_NEAR (out.range, pieces[k].range, 0.5, pieces[k].name);
      CHECK_NEAR (out.integrated, s ? -14.0 : -23.0, 0.1, pieces[k].name);
      CHECK (out.peak_db <= -1.0, "%s: %.2f dBTP", pieces[k].name, out.peak_db);
      CHECK_NEAR (run_figure (r, "output-range"), out.range, 0.1, "the element's own figure");
      CHECK (strstr (summary (r), "Not linear"), "%s", summary (r));
      run_free (r);
    }
}

/* What is no wider gets exactly one gain. */
static void
narrow_enough (void)
{
  Run *r = range_new ("loudness-target=-23", 20, 2);

  piece (r, drama);
  run_all (r, 0);
  CHECK (measure (r->in, r->in_frames, 2).range < 20.0, "too wide for this test");
  CHECK (run_residue_db (r, pow (10.0, run_figure (r, "applied-gain") / 20.0)) < -130.0,
      "residue %.1f dB", run_residue_db (r, pow (10.0, run_figure (r, "applied-gain") / 20.0)));
  CHECK (strstr (summary (r), "One constant gain"), "%s", summary (r));
  run_free (r);
}

/* Out of reach: it does what it can, and says so. */
static void
out_of_reach (void)
{
  Run *r = range_new ("loudness-target=-19 min-gain=-8 max-gain=1", 5, 2);

  piece (r, movements);
  run_all (r, 0);
  CHECK (strstr (summary (r), "not to the 5.0 LU of range-target"), "%s", summary (r));
  CHECK (measure (r->out, r->out_frames, 2).range < 22.0, "range %.2f LU",
      measure (r->out, r->out_frames, 2).range);
  run_free (r);
}

/* Gain at a time, dB, over 100 ms; both sides must sound there. */
static gdouble
gain (const Run *r, const gfloat *out, gdouble t)
{
  const gsize first = (gsize)(t * RATE) * 2, n = RATE / 10 * 2;

  return lqm_db (lqm_rms (out + first, n)) - lqm_db (lqm_rms (r->in + first, n));
}

/* It never moves fast, and a pause isn't pulled up: there the gain is between its neighbours'. */
static gdouble
room_in_the_middle (gdouble t)
{
  return t > 50 && t < 70 ? -75 : t < 50 ? -20 : -40;
}

static void
gently (void)
{
  Run *r = range_new ("loudness-target=-26", 6, 2);
  gdouble fastest = 0.0, before, after;

  piece (r, room_in_the_middle);
  run_all (r, 0);
  before = gain (r, r->out, 40);
  after = gain (r, r->out, 80);
  for (gdouble t = 2; t < 118; t += 0.1) {
    const gdouble step = fabs (gain (r, r->out, t + 0.1) - gain (r, r->out, t));
    /* Where the programme itself jumps the 100 ms hold both sides. */
    if (fabs (t - 50) > 0.3 && fabs (t - 70) > 0.3)
      fastest = MAX (fastest, step);
  }
  for (gdouble t = 52; t < 68; t += 0.5)
    CHECK (gain (r, r->out, t) > before - 0.3 && gain (r, r->out, t) < after + 0.3,
        "%.2f dB at %.1f s", gain (r, r->out, t), t);
  CHECK (after > before + 6.0, "%.1f and %.1f dB", before, after);
  CHECK (fastest < 0.8, "%.2f dB in 100 ms", fastest);
  run_free (r);
}

/* Bounds of the gain hold for what rides, and the ceiling for a gain that is capped. */
static void
bounds (void)
{
  Run *r = range_new ("loudness-target=-20 boost=false min-gain=-9", 5, 2);
  gdouble peak;

  piece (r, movements);
  run_all (r, 0);
  for (gdouble t = 1; t < 118; t += 0.5)
    CHECK (gain (r, r->out, t) < 0.01 && gain (r, r->out, t) > -9.01, "%.2f dB at %.1f s",
        gain (r, r->out, t), t);
  run_free (r);
  r = range_new ("loudness-target=-9 peak-policy=cap", 5, 2);
  piece (r, orchestra);
  run_all (r, 0);
  peak = measure (r->out, r->out_frames, 2).peak_db;
  CHECK (peak <= -1.0 && peak > -1.2, "%.2f dBTP", peak);
  CHECK (run_figure (r, "limiter-reduction") == 0.0, "a limiter was at work");
  CHECK (strstr (summary (r), "stopped at the ceiling"), "%s", summary (r));
  CHECK_NEAR (measure (r->out, r->out_frames, 2).integrated,
      run_figure (r, "output-integrated"), 0.05, "what it says it reached");
  run_free (r);
}

/* After it was analysed the stream may be sought in: each place has the gain that it had. */
static void
sought (void)
{
  Run *r = range_new ("loudness-target=-23", 7, 2);
  const gsize at = 65 * RATE, n = 5 * RATE;
  GstSegment segment;
  GstBuffer *buffer;
  gfloat *first;

  piece (r, movements);
  run_all (r, 0);
  first = g_memdup2 (r->out + 2 * at, 2 * n * sizeof *first);
  gst_harness_push_event (r->h, gst_event_new_flush_start ());
  gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 65 * GST_SECOND;
  gst_harness_push_event (r->h, gst_event_new_segment (&segment));
  r->out_bytes = 0;
  buffer = gst_buffer_new_memdup (r->in + 2 * at, 2 * n * sizeof (gfloat));
  GST_BUFFER_PTS (buffer) = 65 * GST_SECOND;
  gst_harness_push (r->h, buffer);
  gst_harness_push_event (r->h, gst_event_new_eos ());
  run_take (r);
  CHECK (r->out_frames == n, "%u of %zu frames", r->out_frames, n);
  /* But for the limiter's first milliseconds, which is idle here, and the ramp's place on its grid. */
  for (gdouble t = 0.1; t < 4.8; t += 0.1) {
    const gsize i = (gsize)(t * RATE) * 2;
    CHECK_NEAR (
        lqm_db (lqm_rms (r->out + i, 9600) / lqm_rms (first + i, 9600)), 0.0, 0.01, "gain");
  }
  g_free (first);
  run_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "five dynamic pieces", five_pieces },
    { "a range that is narrow enough", narrow_enough },
    { "a range out of reach", out_of_reach }, { "pauses, and how fast", gently },
    { "bounds", bounds }, { "sought in", sought }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
