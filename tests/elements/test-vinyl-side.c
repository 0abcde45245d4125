/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* vinylsafe and the side of a disc: how long it is, where on it a stream lies, what that means for the
 * limits, and the level at which it fits. Discs are made small, so that a side is a matter of seconds. */

#include <math.h>
#include <string.h>

#include "cutrun.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 8000
#define QUIET " post-messages=false meters=true "
#define OPEN " highpass-frequency=0 lowpass-frequency=0 bass-mono-frequency=0 "
#define FREE                                                                                   \
  " velocity-limit=0 slope-limit=0 displacement-limit=0 vertical-limit=0 "                     \
  "acceleration-limit=0 curvature-limit=0 curvature-warning=0 "

static Run *
silent (const gchar *line, gdouble seconds)
{
  Run *r = run_new (line, RATE, 2, NULL);

  cut_silence (r, seconds);
  run_all (r, 1000);
  CHECK (!r->error && r->out_frames == r->in_frames, "%s: %u frames, %s", line, r->out_frames,
      r->error ? r->error->message : "no error");
  return r;
}

/* Silence at a fixed pitch: a side of 12 inches holds 22.8 min of it at 225 lines per inch. */
static void
time_of_silence (void)
{
  static const struct {
    const gchar *more;
    gdouble lines, rpm, room_mm, minutes; /* 0: not in the tables */
  } rows[] = { { "lines-per-inch=225", 225, 100 / 3., 86, 22.8 },
    { "lines-per-inch=225 mode=analyse", 225, 100 / 3., 86, 22.8 },
    { "lines-per-inch=200", 200, 100 / 3., 86, 20.3 },
    { "lines-per-inch=300", 300, 100 / 3., 86, 30.4 },
    { "lines-per-inch=225 disc=7in rpm=45 inner-radius=54.1", 225, 45, 30, 5.9 },
    { "lines-per-inch=150 disc=10in rpm=78", 150, 78, 60.6, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line = g_strdup_printf ("vinylsafe groove-pitch=fixed %s" QUIET, rows[i].more);
    Run *r = silent (line, 30.0);
    const gdouble used = 0.5 * rows[i].rpm * 25.4 / rows[i].lines;
    CHECK (fabs (cut_get (r, "groove-used") / used - 1) < 0.005, "%s: %g mm, not %g", line,
        cut_get (r, "groove-used"), used);
    CHECK (fabs (cut_get (r, "mean-lines-per-inch") / rows[i].lines - 1) < 0.005, "%s: %g",
        line, cut_get (r, "mean-lines-per-inch"));
    CHECK_NEAR (cut_get (r, "groove-available"), rows[i].room_mm, 1e-3, "groove-available");
    CHECK_NEAR (cut_get (r, "end-radius"),
        cut_get (r, "outer-radius") - cut_get (r, "groove-used"), 1e-3, "end-radius");
    CHECK (cut_get (r, "side-fits") == 1.0, "%s: doesn't fit", line);
    CHECK (fabs (cut_get (r, "minutes-left") + 0.5 -
                 rows[i].room_mm / 25.4 * rows[i].lines / rows[i].rpm) < 0.1,
        "%s: %g min are left", line, cut_get (r, "minutes-left"));
    if (rows[i].minutes > 0)
      CHECK (fabs ((cut_get (r, "minutes-left") + 0.5) / rows[i].minutes - 1) <
                 (rows[i].minutes > 10 ? 0.005 : 0.01),
          "%s: %g min", line, cut_get (r, "minutes-left") + 0.5);
    run_free (r);
    g_free (line);
  }
}

/* Where a stream lies, and how fast the groove is there. */
static void
places (void)
{
  static const struct {
    const gchar *more;
    gdouble start_mm, rpm;
  } rows[] = { { "side-duration=1200", 146.3, 100 / 3. },
    { "side-duration=1200 side-start=600", 103.3, 100 / 3. },
    { "side-duration=1200 side-start=1199", 60.372, 100 / 3. },
    { "side-duration=300 side-start=150 disc=7in rpm=45", 68.55, 45 },
    { "side-duration=1200 side-start=600 groove-pitch=fixed", 108.670, 100 / 3. },
    { "side-start=600 groove-pitch=fixed lines-per-inch=300 rpm=45", 108.2, 45 },
    { "learn=whole-track side-start=6", 60.3 + 86 * 4 / 10., 100 / 3. } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line = g_strdup_printf ("vinylsafe %s" QUIET, rows[i].more);
    Run *r = silent (line, 4.0);
    const gdouble radius = cut_get (r, "radius");
    CHECK (fabs (cut_get (r, "start-radius") - rows[i].start_mm) < 0.01,
        "%s: from %g mm, not %g", line, cut_get (r, "start-radius"), rows[i].start_mm);
    CHECK (radius < rows[i].start_mm && radius > rows[i].start_mm - 1.0, "%s: at %g mm", line,
        radius);
    CHECK (fabs (cut_get (r, "groove-speed") / (2 * G_PI * radius / 10 * rows[i].rpm / 60) -
                 1) < 1e-4,
        "%s: %g cm/s at %g mm", line, cut_get (r, "groove-speed"), radius);
    run_free (r);
    g_free (line);
  }
}

/* What a name stands for, and what was set by itself. */
static void
names (void)
{
  enum { IN_7, IN_10, IN_12, CUSTOM };
  static const struct {
    const gchar *line;
    gdouble disc, outer, inner, stylus, um;
  } rows[] = { { "vinylsafe", IN_12, 146.3, 60.3, 1, 8 },
    { "vinylsafe disc=7in stylus=spherical-18", IN_7, 84.1, 53, 0, 18 },
    { "vinylsafe disc=10in stylus=line-contact-5", IN_10, 120.9, 60.3, 2, 5 },
    { "vinylsafe outer-radius=100 disc=7in", CUSTOM, 100, 53, 1, 8 },
    { "vinylsafe disc=7in outer-radius=100", CUSTOM, 100, 53, 1, 8 },
    { "vinylsafe inner-radius=57.5", CUSTOM, 146.3, 57.5, 1, 8 },
    { "vinylsafe inner-radius=53 outer-radius=84.1 disc=7in", IN_7, 84.1, 53, 1, 8 },
    { "vinylsafe stylus-radius=6 stylus=spherical-18", IN_12, 146.3, 60.3, 3, 6 },
    { "vinylsafe stylus=spherical-18 stylus-radius=6", IN_12, 146.3, 60.3, 3, 6 },
    { "vinylsafe stylus-radius=18 stylus=spherical-18", IN_12, 146.3, 60.3, 0, 18 } };
  Run *r;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    r = run_new (rows[i].line, RATE, 2, NULL);
    CHECK (cut_get (r, "disc") == rows[i].disc &&
               fabs (cut_get (r, "outer-radius") - rows[i].outer) < 1e-3 &&
               fabs (cut_get (r, "inner-radius") - rows[i].inner) < 1e-3,
        "%s: disc %g, %g to %g mm", rows[i].line, cut_get (r, "disc"),
        cut_get (r, "outer-radius"), cut_get (r, "inner-radius"));
    CHECK (cut_get (r, "stylus") == rows[i].stylus &&
               fabs (cut_get (r, "stylus-radius") - rows[i].um) < 1e-3,
        "%s: stylus %g, %g µm", rows[i].line, cut_get (r, "stylus"),
        cut_get (r, "stylus-radius"));
    run_free (r);
  }

  /* From READY on the last word counts. */
  r = run_new ("vinylsafe outer-radius=100", RATE, 2, NULL);
  gst_element_set_state (r->element, GST_STATE_READY);
  gst_util_set_object_arg (G_OBJECT (r->element), "disc", "10in");
  CHECK (cut_get (r, "disc") == IN_10 && fabs (cut_get (r, "outer-radius") - 120.9) < 1e-3,
      "in READY disc=10in is disc %g of %g mm", cut_get (r, "disc"),
      cut_get (r, "outer-radius"));
  g_object_set (r->element, "inner-radius", 62.0, NULL);
  CHECK (cut_get (r, "disc") == CUSTOM, "another radius leaves the name");
  run_free (r);
}

static void
refused_of (const gchar *more, const gchar *words)
{
  GstElement *element = gst_element_factory_make ("vinylsafe", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error = NULL;
  gchar **word = g_strsplit (more, " ", 0);

  gst_element_set_bus (element, bus);
  for (guint i = 0; word[i]; i++) {
    gchar **pair = g_strsplit (word[i], "=", 2);
    gst_util_set_object_arg (G_OBJECT (element), pair[0], pair[1]);
    g_strfreev (pair);
  }
  CHECK (gst_element_set_state (element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE,
      "%s is taken", more);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (CHECK (message != NULL, "%s: nothing is said", more)) {
    gst_message_parse_error (message, &error, NULL);
    CHECK (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS) &&
               strstr (error->message, words),
        "%s: %s", more, error->message);
  }
  g_clear_error (&error);
  gst_clear_message (&message);
  g_strfreev (word);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

static void
said (const gchar *line, gdouble seconds, const gchar *words)
{
  Run *r = silent (line, seconds);

  CHECK (words ? r->warning && strstr (r->warning->message, words) : !r->warned, "%s: %s", line,
      r->warning ? r->warning->message : "no warning");
  run_free (r);
}

static void
words (void)
{
  refused_of ("inner-radius=150", "inner-radius");
  refused_of ("inner-radius=100 outer-radius=100", "outer-radius");
  refused_of ("side-start=300 side-duration=300", "side-start");
  refused_of ("side-start=400 side-duration=300", "side-duration");
  said ("vinylsafe", 1.0, "22.9 min");
  said ("vinylsafe rpm=45", 1.0, "assumed");
  said ("vinylsafe mode=analyse", 1.0, "assumed");
  said ("vinylsafe radius-aware=false", 1.0, NULL);
  said ("vinylsafe side-duration=1200", 1.0, NULL);
  said ("vinylsafe learn=whole-track", 1.0, NULL);
  said ("vinylsafe side-duration=3000", 1.0, "50.0 min long");
  said ("vinylsafe learn=whole-track side-start=3000", 1.0, "50.0 min long");
}

/* A tone that only the curvature holds: as high as the square of the groove's speed. */
#define BENT                                                                                   \
  "vinylsafe velocity-limit=0 slope-limit=0 acceleration-limit=0 displacement-limit=0 "        \
  "stylus=spherical-18" OPEN QUIET

static gdouble
bent (const gchar *more)
{
  gchar *line = g_strdup_printf (BENT "%s", more);
  Run *r = run_new (line, 48000, 2, NULL);
  gfloat *plane;
  gdouble amplitude;

  cut_tone (r, 1.0, 6000.0, 0.7, 0.7);
  run_all (r, 0);
  plane = cut_plane (r->out, r->out_frames, 2, 0);
  amplitude = r->out_frames < 48000 ? NAN : lqm_tone (plane + 24000, 12000, 48000, 6000.0);
  g_free (plane);
  run_free (r);
  g_free (line);
  return amplitude;
}

static void
tightens (void)
{
  const gdouble start = bent ("side-duration=1200"),
                middle = bent ("side-duration=1200 side-start=600"),
                end = bent ("side-duration=1200 side-start=1199"),
                always = bent ("radius-aware=false side-duration=1200");
  const gdouble speed = cut_speed (60.3), bend = speed * speed / 18e-4;

  lqt_note ("%.2f dB at the start, %.2f in the middle, %.2f at the end", lqm_db (start),
      lqm_db (middle), lqm_db (end));
  CHECK_NEAR (lqm_db (start / end), 40 * log10 (146.3 / 60.37), 0.2, "start against end, dB");
  CHECK_NEAR (lqm_db (middle / end), 40 * log10 (103.3 / 60.37), 0.2, "middle against end, dB");
  CHECK_NEAR (lqm_db (end / always), 40 * log10 (60.37 / 60.3), 0.1, "end against always, dB");
  /* A wall has 1/√2 of the lateral. */
  CHECK_NEAR (lqm_db (always / cut_amplitude (6000, G_SQRT2 * bend / (2 * G_PI * 6000))), 0,
      0.6, "against vg²/ρ, dB");
}

/* … and in one stream: 15 mm of groove in 45 s. */
static void
tightens_on_the_way (void)
{
  Run *r = run_new (BENT "groove-pitch=fixed lines-per-inch=100 rpm=78 outer-radius=45 "
                         "inner-radius=30 side-duration=46",
      16000, 1, NULL);
  const gdouble mm_a_second = 78 / 60. * 25.4 / 100;

  cut_tone (r, 20.0, 4000.0, 0.8, 0.8);
  run_all (r, 0);
  CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames);
  for (gdouble s = 4; s < 19 && r->out_frames == r->in_frames; s += 7) {
    const gdouble first = lqm_tone (r->out + 16000, 3200, 16000, 4000.0),
                  now = lqm_tone (r->out + (guint)(s * 16000), 3200, 16000, 4000.0);
    CHECK_NEAR (lqm_db (now / first),
        40 * log10 ((45 - mm_a_second * (s + 0.1)) / (45 - mm_a_second * 1.1)), 0.15,
        "against the first second, dB");
  }
  run_free (r);
}

/* Levels. A disc of 0.7 mm, which holds 6.36 s of silence at 78 turns a minute and 300 lines per inch. */
#define SMALL "vinylsafe outer-radius=61 inner-radius=60.3 rpm=78" OPEN FREE

typedef struct {
  gchar *info;
} Heard;

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Heard *heard = data;
  GError *error = NULL;

  (void)bus;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_INFO) {
    gst_message_parse_info (message, &error, NULL);
    g_free (heard->info);
    heard->info = g_strdup (error->message);
    g_error_free (error);
  }
  return GST_BUS_PASS;
}

/* Bass that swells and rests: some 40 µm to either side. */
static Run *
loud (const gchar *more, gdouble seconds, Heard *heard)
{
  gchar *line = g_strdup_printf (SMALL "%s", more);
  Run *r = run_new (line, RATE, 2, NULL);

  if (heard)
    gst_bus_set_sync_handler (r->bus, on_message, heard, NULL);
  cut_silence (r, seconds);
  for (guint i = 0; i < r->in_frames; i++) {
    const gdouble s = (gdouble)i / r->rate;
    const gdouble x = 0.35 * (0.6 + 0.4 * sin (2 * G_PI * 0.7 * s)) *
                      (sin (2 * G_PI * 57 * s) + 0.4 * sin (2 * G_PI * 103 * s));
    r->in[2 * i] = (gfloat)x;
    r->in[2 * i + 1] = (gfloat)(x + 0.03 * sin (2 * G_PI * 75 * s));
  }
  run_all (r, 0);
  CHECK (!r->error && r->out_frames == r->in_frames, "%s: %u frames", line, r->out_frames);
  g_free (line);
  return r;
}

static void
fits_when_lowered (const gchar *more)
{
  gchar *text;
  Run *r = loud (more, 5.0, NULL);
  const gdouble gain = cut_get (r, "fit-gain");
  Heard heard = { NULL };

  CHECK (cut_get (r, "side-fits") == 0.0 && cut_get (r, "end-radius") < 60.3 &&
             cut_get (r, "groove-used") > 0.7 && cut_get (r, "minutes-left") < 0,
      "%s: fits, ends at %g mm, %g mm used", more, cut_get (r, "end-radius"),
      cut_get (r, "groove-used"));
  CHECK (r->warning != NULL, "%s: nothing is said", more);
  CHECK (gain < -0.7 && gain > -20, "%s: fit-gain %g dB", more, gain);
  lqt_note ("%s: %.2f mm of 0.7, fits at %.2f dB", more, cut_get (r, "groove-used"), gain);
  run_free (r);

  text = g_strdup_printf ("%s cut-level=%.3f", more, gain - 0.005);
  r = loud (text, 5.0, NULL);
  CHECK (cut_get (r, "side-fits") == 1.0 && cut_get (r, "end-radius") >= 60.3 - 1e-4,
      "%s: doesn't fit, ends at %g mm", text, cut_get (r, "end-radius"));
  run_free (r);
  g_free (text);

  text = g_strdup_printf ("%s cut-level=%.3f", more, gain + 0.5);
  r = loud (text, 5.0, NULL);
  CHECK (cut_get (r, "side-fits") == 0.0, "%s: fits: %g dB were too much", text, gain);
  CHECK_NEAR (cut_get (r, "fit-gain"), -0.5, 0.05, "fit-gain half a dB too high");
  run_free (r);
  g_free (text);

  text = g_strdup_printf ("%s cut-level-auto=true", more);
  r = loud (text, 5.0, &heard);
  CHECK (cut_get (r, "side-fits") == 1.0, "%s: doesn't fit, ends at %g mm", text,
      cut_get (r, "end-radius"));
  CHECK_NEAR (cut_get (r, "applied-cut-level"), gain - 0.1, 0.15, "applied-cut-level");
  g_free (text);
  text = g_strdup_printf ("%.2f dB lower", -cut_get (r, "applied-cut-level"));
  CHECK (heard.info && strstr (heard.info, text), "%s, not %s",
      heard.info ? heard.info : "nothing is said", text);
  CHECK (r->last && strstr (gst_structure_get_string (r->last, "summary"), text) &&
             strstr (gst_structure_get_string (r->last, "summary"), "The side fits"),
      "summary: %s", r->last ? gst_structure_get_string (r->last, "summary") : "none");
  if (!strstr (more, "analyse"))
    CHECK (run_residue_db (r, pow (10.0, cut_get (r, "applied-cut-level") / 20.0)) < -120.0,
        "%s: it is cut otherwise: %.1f dB are left", more,
        run_residue_db (r, pow (10.0, cut_get (r, "applied-cut-level") / 20.0)));
  run_free (r);
  g_free (text);
  g_free (heard.info);
}

/* Where limits and filters take something, too. */
static void
limited (void)
{
  static const gchar *const lines[] = { "displacement-limit=25 vertical-limit=15",
    "displacement-limit=30 velocity-limit=30 curvature-limit=1 highpass-frequency=30 "
    "bass-mono-frequency=150",
    "displacement-limit=30 cut-level=3" };

  for (guint k = 0; k < G_N_ELEMENTS (lines); k++) {
    Run *r = loud (lines[k], 5.6, NULL);
    const gdouble level = cut_get (r, "applied-cut-level"), gain = cut_get (r, "fit-gain");
    gchar *text;
    CHECK (cut_get (r, "side-fits") == 0.0 && gain < 0.0, "%s: fits at %g mm, fit-gain %g",
        lines[k], cut_get (r, "end-radius"), gain);
    lqt_note (
        "%s: ends at %.2f mm, fits at %+.2f dB", lines[k], cut_get (r, "end-radius"), gain);
    run_free (r);
    text = g_strdup_printf ("%s cut-level=%.3f", lines[k], level + gain - 0.05);
    r = loud (text, 5.6, NULL);
    CHECK (cut_get (r, "side-fits") == 1.0, "%s: doesn't fit, ends at %g mm", text,
        cut_get (r, "end-radius"));
    run_free (r);
    g_free (text);
    text = g_strdup_printf ("%s cut-level-auto=true", lines[k]);
    r = loud (text, 5.6, NULL);
    CHECK (cut_get (r, "side-fits") == 1.0, "%s: doesn't fit, ends at %g mm", text,
        cut_get (r, "end-radius"));
    CHECK_NEAR (cut_get (r, "applied-cut-level"), level + gain - 0.1, 0.2, "applied-cut-level");
    run_free (r);
    g_free (text);
  }
}

static void
levels (void)
{
  Run *r;

  fits_when_lowered ("mode=analyse");
  fits_when_lowered ("");
  fits_when_lowered ("groove-pitch=variable-depth");

  /* No level makes it fit. */
  r = loud ("cut-level-auto=true", 7.0, NULL);
  CHECK (
      r->warned && cut_get (r, "applied-cut-level") == 0.0 && cut_get (r, "side-fits") == 0.0,
      "applied-cut-level is %g", cut_get (r, "applied-cut-level"));
  run_free (r);

  /* What fits stays as it is. */
  r = loud ("cut-level-auto=true outer-radius=100", 5.0, NULL);
  CHECK (cut_get (r, "applied-cut-level") == 0.0 && cut_get (r, "side-fits") == 1.0,
      "applied-cut-level is %g", cut_get (r, "applied-cut-level"));
  run_free (r);
}

/* Half as many lines are needed where it is quiet. */
static void
variable_beats_fixed (void)
{
  Run *variable = loud ("mode=analyse cut-level=-12", 5.0, NULL),
      *fixed = loud ("mode=analyse cut-level=-12 groove-pitch=fixed", 5.0, NULL);

  CHECK (cut_get (variable, "groove-used") < 0.9 * cut_get (fixed, "groove-used"),
      "variable %g mm, fixed %g mm", cut_get (variable, "groove-used"),
      cut_get (fixed, "groove-used"));
  CHECK (cut_get (variable, "mean-lines-per-inch") > 225 &&
             fabs (cut_get (fixed, "mean-lines-per-inch") - 225) < 1.2,
      "variable %g, fixed %g lines", cut_get (variable, "mean-lines-per-inch"),
      cut_get (fixed, "mean-lines-per-inch"));
  run_free (variable);
  run_free (fixed);
}

/* In the same element, a second stream of another length, after READY. */
static void
again (void)
{
  Run *r = silent ("vinylsafe learn=whole-track side-start=6" QUIET, 2.0);
  static const guint seconds[] = { 6, 3 };

  CHECK_NEAR (cut_get (r, "start-radius"), 60.3 + 86 * 2 / 8., 0.01, "start-radius, of 2 s");
  for (guint i = 0; i < 2; i++) {
    GstSegment segment;
    gst_element_set_state (r->element, GST_STATE_READY);
    gst_element_set_state (r->element, GST_STATE_PLAYING);
    gst_pad_push_event (r->h->srcpad, gst_event_new_flush_start ());
    gst_pad_push_event (r->h->srcpad, gst_event_new_flush_stop (TRUE));
    gst_pad_push_event (r->h->srcpad, gst_event_new_stream_start ("next"));
    gst_harness_set_src_caps_str (
        r->h, "audio/x-raw,format=F32LE,layout=interleaved,rate=8000,channels=2");
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (r->h, gst_event_new_segment (&segment));
    cut_silence (r, seconds[i]);
    r->out_bytes = 0;
    run_all (r, 0);
    CHECK (r->out_frames == r->in_frames && !r->error, "%u frames", r->out_frames);
    CHECK_NEAR (cut_get (r, "start-radius"), 60.3 + 86. * seconds[i] / (6 + seconds[i]), 0.01,
        "start-radius of the next");
  }
  run_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "a side of silence", time_of_silence },
    { "places on the side", places }, { "discs and styli by name", names },
    { "what is said", words }, { "limits tighten with the radius", tightens },
    { "limits tighten on the way", tightens_on_the_way },
    { "levels at which a side fits", levels }, { "… and where limits work", limited },
    { "variable beats fixed", variable_beats_fixed }, { "another stream", again },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
