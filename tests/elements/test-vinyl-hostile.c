/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* vinylsafe where it is treated badly: one channel and six, the lowest and the highest rate, signals that
 * no lathe survives, seeks and gaps that move the place on the side, programmes of no frame and of one,
 * discs with hardly any groove, sides longer than the disc, every property that is read at the start at
 * its extremes. */

#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "take.h"
#include "vinyl-lines.h"
#include "vinyl.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

/* A disc whose limits don't follow the radius: those of 60.3 mm hold all over it. */
#define INNERMOST " radius-aware=false"
#define INNER_CM 6.03
#define STYLUS_CM 8e-4
#define TURNS_A_SECOND (100.0 / 3.0 / 60.0)
#define G 980.665

static gdouble
number (Run *r, const gchar *name)
{
  gdouble value;

  g_object_get (r->element, name, &value, NULL);
  return value;
}

static gboolean
all_finite (const Run *r)
{
  for (gsize i = 0; i < (gsize)r->out_frames * r->channels; i++)
    if (!isfinite (r->out[i]))
      return FALSE;
  return TRUE;
}

/* One channel moves a groove sideways alone, and an elliptical filter has nothing to do. */
static void
mono (void)
{
  Run *plain = run_new (VINYL_IDLE " meters=true", RATE, 1, NULL);
  Run *round = run_new (VINYL_IDLE " bass-mono-frequency=500 bass-mono-mode=cross-blend "
                                   "phase-repair=true",
      RATE, 1, NULL);
  Run *pair = run_new (VINYL_IDLE " meters=true", RATE, 2, NULL);

  run_programme (plain, RATE, 2.0, 3);
  run_programme (round, RATE, 2.0, 3);
  run_programme (pair, RATE, 2.0, 3);
  for (guint i = 0; i < RATE; i++)
    pair->in[2 * i] = pair->in[2 * i + 1] = plain->in[i];
  run_all (plain, 480);
  run_all (round, 480);
  run_all (pair, 480);
  CHECK (plain->out_frames == RATE && all_finite (plain), "%u frames", plain->out_frames);
  CHECK (plain->out_bytes == round->out_bytes &&
             memcmp (plain->out, round->out, round->out_bytes) == 0,
      "an elliptical filter is heard in mono");
  CHECK (number (plain, "vertical-peak-output") == 0.0, "one channel moves it up and down");
  CHECK (number (plain, "velocity-peak") > 30.0 &&
             number (plain, "velocity-peak-output") <= 30.0 * 1.024,
      "cut at %.2f cm/s, of %.2f", number (plain, "velocity-peak-output"),
      number (plain, "velocity-peak"));
  for (guint i = 0; i < 2 * RATE; i++)
    pair->out[i / 2] = i % 2 ? pair->out[i / 2] : pair->out[i];
  CHECK (lqm_difference (pair->out, plain->out, RATE) < 1e-4, "two equal channels differ by %g",
      lqm_difference (pair->out, plain->out, RATE));
  run_free (plain);
  run_free (round);
  run_free (pair);
}

/* Whatever the rate: as long, finite, and within limits by its own figures. */
static void
rates (void)
{
  static const guint tried[] = { 8000, 11025, 22050, 88200, 384000 };
  static const gchar *const lines[] = { VINYL_SIDE " meters=true", VINYL_HEARD " meters=true" };

  for (guint k = 0; k < G_N_ELEMENTS (tried) * 2; k++) {
    const gchar *line = lines[k % 2];
    Run *r = run_new (line, tried[k / 2], 2, NULL);
    run_programme (r, tried[k / 2] / 4, 3.0, 5);
    run_all (r, 1000);
    CHECK (r->out_frames == tried[k / 2] / 4 && all_finite (r) && !r->error,
        "%s at %u Hz: %u frames", line, tried[k / 2], r->out_frames);
    CHECK (number (r, "acceleration-peak-output") <= 1.06 * number (r, "acceleration-limit") &&
               number (r, "vertical-peak-output") <= 1.06 * number (r, "vertical-limit"),
        "%s at %u Hz: %.0f g, %.1f µm", line, tried[k / 2],
        number (r, "acceleration-peak-output"), number (r, "vertical-peak-output"));
    run_free (r);
  }
}

/* 36. Signals, frame i of left and right. */
static void
side_20 (guint i, gfloat *x)
{
  x[0] = (gfloat)sin (2.0 * G_PI * 20.0 * i / RATE);
  x[1] = -x[0];
}

static void
direct (guint i, gfloat *x)
{
  x[0] = x[1] = 1.0f;
}

static void
direct_apart (guint i, gfloat *x)
{
  x[0] = 1.0f;
  x[1] = -1.0f;
}

static void
square (guint i, gfloat *x)
{
  x[0] = i / 240 % 2 ? 1.0f : -1.0f;
  x[1] = i / 400 % 2 ? 1.0f : -1.0f;
}

static void
high_side (guint i, gfloat *x)
{
  x[0] = (gfloat)sin (2.0 * G_PI * 12000.0 * i / RATE + 0.5);
  x[1] = -x[0];
}

/* What a groove with these limits may have, by the tests' own model. */
static void
check_groove (const Run *r, const gchar *what)
{
  const lqv_lathe lathe = { RATE, 7.0, -12.0 };
  const gdouble speed = 2.0 * G_PI * INNER_CM * TURNS_A_SECOND;
  const gdouble most_g = fmin (3000.0, speed * speed / STYLUS_CM / G);
  const gdouble over = pow (10.0, 0.5 / 20.0);
  gfloat *left = g_new (gfloat, r->out_frames), *right = g_new (gfloat, r->out_frames);
  lqv_frame *frame = g_new (lqv_frame, r->out_frames), top;

  for (guint i = 0; i < r->out_frames; i++) {
    left[i] = r->out[2 * i];
    right[i] = r->out[2 * i + 1];
  }
  lqv_measure (&lathe, left, right, r->out_frames, 8, frame);
  top = lqv_largest (frame, r->out_frames);
  lqt_note ("%s: %.2f cm/s, %.1f and %.1f µm, %.0f of %.0f g", what, (gdouble)top.velocity,
      (gdouble)top.lateral, (gdouble)top.vertical, (gdouble)top.acceleration, most_g);
  CHECK (top.velocity <= fmin (30.0, 0.8 * speed) * over, "%s: %.2f cm/s", what,
      (gdouble)top.velocity);
  CHECK (top.lateral <= 50.0 * over && top.vertical <= 15.0 * over, "%s: %.1f and %.1f µm",
      what, (gdouble)top.lateral, (gdouble)top.vertical);
  CHECK (top.acceleration <= most_g * over, "%s: %.0f of %.0f g", what,
      (gdouble)top.acceleration, most_g);
  g_free (left);
  g_free (right);
  g_free (frame);
}

static void
impossible (void)
{
  static const struct {
    const gchar *name;
    void (*frame) (guint i, gfloat *x);
  } rows[] = { { "20 Hz against each other", side_20 }, { "a constant", direct },
    { "a constant against each other", direct_apart }, { "squares", square },
    { "12 kHz against each other", high_side } };
  static const gchar *const lines[] = { VINYL_SIDE INNERMOST, VINYL_IDLE INNERMOST };

  for (guint k = 0; k < 2 * G_N_ELEMENTS (rows); k++) {
    Run *r = run_new (lines[k % 2], RATE, 2, NULL);
    r->in_frames = RATE / 2;
    r->in = g_new0 (gfloat, RATE);
    for (guint i = 0; i < r->in_frames; i++)
      rows[k / 2].frame (i, r->in + 2 * i);
    run_all (r, 480);
    if (CHECK (r->out_frames == r->in_frames && all_finite (r), "%s: %u frames",
            rows[k / 2].name, r->out_frames))
      check_groove (r, rows[k / 2].name);
    run_free (r);
  }
}

/* 36: six channels, with a sentence, and as two after audioconvert. */
static void
six_channels (void)
{
  static const gchar six[] = "audiotestsrc num-buffers=3 ! audio/x-raw,channels=6,"
                             "channel-mask=(bitmask)0x3f ! ";
  GError *error = NULL;
  gchar *line = g_strconcat (six, "vinylsafe ! fakesink", NULL);
  GstElement *pipeline = gst_parse_launch (line, &error);
  Take take;

  CHECK (error && strstr (error->message, "vinylsafe") && strstr (error->message, "channels"),
      "six channels: %s", error ? error->message : "are taken");
  g_clear_error (&error);
  gst_clear_object (&pipeline);
  g_free (line);
  if (take_untestable ())
    return;
  line = g_strconcat (six, "audioconvert ! " VINYL_SIDE " ! fakesink name=out", NULL);
  take = take_play (line);
  CHECK (!take.error && take.channels == 2, "%d channels: %s", take.channels,
      take.error ? take.error : "");
  take_clear (&take);
  g_free (line);
}

/* Where a fixed pitch is after so many seconds, mm. */
static gdouble
radius_at (gdouble seconds)
{
  return 146.3 - 25.4 / 225.0 * TURNS_A_SECOND * seconds;
}

/* 10: after a seek the groove is where the place on the side is, and limits with it. */
static void
seeks (void)
{
  static const guint places_s[] = { 0, 600, 1190, 30, 1300, 2 };
  Run *r = run_new (VINYL_IDLE " meters=true groove-pitch=fixed land=0 acceleration-limit=0 "
                               "slope-limit=0 velocity-limit=0 curvature-limit=0.2",
      RATE, 2, NULL);
  gdouble level[G_N_ELEMENTS (places_s)];

  r->in_frames = RATE;
  r->in = g_new (gfloat, 2 * RATE);
  for (guint i = 0; i < 2 * RATE; i++)
    r->in[i] = (gfloat)(0.5 * sin (2.0 * G_PI * 9000.0 * (i / 2) / RATE));
  for (guint k = 0; k < G_N_ELEMENTS (places_s); k++) {
    const gdouble mm = fmax (60.3, radius_at (places_s[k] + 1.0));
    GstSegment segment;
    gfloat left[RATE * 3 / 8];
    if (k) {
      gst_harness_push_event (r->h, gst_event_new_flush_start ());
      gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
    }
    gst_segment_init (&segment, GST_FORMAT_TIME);
    segment.start = segment.time = segment.position = places_s[k] * GST_SECOND;
    gst_harness_push_event (r->h, gst_event_new_segment (&segment));
    run_take (r);
    r->out_bytes = 0;
    for (guint i = 0; i < 10; i++)
      run_push (r, i * RATE / 10, RATE / 10, places_s[k] * GST_SECOND + i * GST_SECOND / 10);
    run_take (r);
    CHECK_NEAR (fmax (60.3, number (r, "radius")), mm, 0.03, "the radius, mm");
    /* The tone begins as a jump, from which the gain comes back. */
    CHECK (r->out_frames > 20000 + G_N_ELEMENTS (left), "%u frames", r->out_frames);
    for (guint i = 0; i < G_N_ELEMENTS (left); i++)
      left[i] = r->out[2 * (i + 20000)];
    level[k] = lqm_tone (left, G_N_ELEMENTS (left), RATE, 9000.0) * pow (146.3 / mm, 2.0);
    CHECK_NEAR (lqm_db (level[k] / level[0]), 0.0, 0.2, "level against the radius squared, dB");
  }
  run_end (r);
  CHECK (!r->error, "%s", r->error ? r->error->message : "");
  run_free (r);
}

/* 13, 14: jumps and GAP events move the place on, too; in a gap the disc turns. */
static void
gaps (void)
{
  Run *r = run_new (VINYL_IDLE " meters=true groove-pitch=fixed", RATE, 2, NULL);
  GstBuffer *buffer;

  run_programme (r, RATE, 0.05, 3);
  run_push (r, 0, RATE, 0);
  gst_harness_push_event (r->h, gst_event_new_gap (GST_SECOND, 299 * GST_SECOND));
  run_push (r, 0, RATE, 300 * GST_SECOND);
  CHECK_NEAR (number (r, "radius"), radius_at (301.0), 0.03, "after a gap of 299 s, mm");
  buffer = gst_buffer_new_memdup (r->in, RATE * 8);
  GST_BUFFER_PTS (buffer) = 900 * GST_SECOND;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (r->h, buffer);
  CHECK_NEAR (number (r, "radius"), radius_at (901.0), 0.03, "after a jump to 900 s, mm");
  run_end (r);
  CHECK (all_finite (r) && !r->error, "%s", r->error ? r->error->message : "");
  run_free (r);
}

/* 15: no frames, one, and as many as are held back, one more and one fewer. */
static void
short_programmes (void)
{
  static const gchar *const lines[] = { VINYL_HEARD " meters=true post-messages=true",
    VINYL_ANALYSE " post-messages=true", VINYL_LEARN " post-messages=true" };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++)
    for (guint k = 0; k < 5; k++) {
      Run *r = run_new (lines[l], RATE, 2, NULL);
      const guint late = run_latency (r), frames = k < 2 ? k : late + k - 3;
      if (k >= 2 && late == 0) {
        run_free (r);
        continue;
      }
      run_programme (r, frames, 1.0, 5);
      run_all (r, 0);
      CHECK (r->out_frames == frames && !r->error, "%s: %u frames of %u, %s", lines[l],
          r->out_frames, frames, r->error ? r->error->message : "");
      CHECK (r->last || frames == 0, "%s: %u frames and no final message", lines[l], frames);
      CHECK (!r->last || (isfinite (run_figure (r, "minutes-left")) &&
                             isfinite (run_figure (r, "fit-gain")) &&
                             gst_structure_get_string (r->last, "summary")),
          "%s: %u frames and no report", lines[l], frames);
      run_free (r);
    }
}

/* Discs on which next to nothing fits, and the largest. */
static void
radii (void)
{
  static const struct {
    const gchar *disc;
    gdouble outer_mm, inner_mm;
  } rows[] = { { "", 60.31, 60.3 }, { "disc=custom", 40.0, 39.99 }, { "rpm=78", 200.0, 30.0 },
    { "disc=7in", 53.01, 53.0 } };

  for (guint k = 0; k < 2 * G_N_ELEMENTS (rows); k++) {
    gchar *line = g_strdup_printf (
        "vinylsafe meters=true post-messages=true %s outer-radius=%g inner-radius=%g%s",
        rows[k / 2].disc, rows[k / 2].outer_mm, rows[k / 2].inner_mm,
        k % 2 ? " cut-level-auto=true" : "");
    Run *r = run_new (line, RATE, 2, NULL);
    run_programme (r, 2 * RATE, 1.0, 3);
    run_all (r, 4800);
    CHECK (r->out_frames == 2 * RATE && all_finite (r) && !r->error, "%s: %u frames, %s", line,
        r->out_frames, r->error ? r->error->message : "");
    CHECK (number (r, "radius") >= 30.0 && number (r, "groove-speed") > 5.0,
        "%s: at %.2f mm, %.2f cm/s", line, number (r, "radius"), number (r, "groove-speed"));
    run_free (r);
    g_free (line);
  }
}

/* What can't be: says which properties are at fault, and doesn't start. */
static void
refused (void)
{
  static const gchar *const rows[][3] = { { "disc=7in outer-radius=53", "inner-radius",
                                              "outer-radius" },
    { "outer-radius=60", "inner-radius", "outer-radius" },
    { "outer-radius=40 inner-radius=200", "inner-radius", "outer-radius" },
    { "side-start=100 side-duration=100", "side-start", "side-duration" },
    { "side-start=7200 side-duration=1", "side-start", "side-duration" },
    { "learn=whole-track spool-memory=0 spool-directory=/nowhere", "/nowhere", "spool" },
    { "preset=no-such-cut", "no-such-cut", "preset" },
    { "automation=\"velocity-limit linear 0:x\"", "column", "velocity-limit" },
    { "automation=\"disc step 0:7in\"", "disc", "disc" } };

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++) {
    gchar *line = g_strdup_printf ("vinylsafe %s", rows[k][0]);
    GstElement *element = gst_parse_launch (line, NULL);
    GstBus *bus = gst_bus_new ();
    GstMessage *message;
    GError *error = NULL;
    gst_element_set_bus (element, bus);
    CHECK (gst_element_set_state (element, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE,
        "%s: starts", line);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    if (CHECK (message != NULL, "%s: no error", line)) {
      gst_message_parse_error (message, &error, NULL);
      CHECK (error->domain == GST_RESOURCE_ERROR && strstr (error->message, rows[k][1]) &&
                 strstr (error->message, rows[k][2]),
          "%s: %s", line, error->message);
      g_clear_error (&error);
      gst_message_unref (message);
    }
    gst_element_set_state (element, GST_STATE_NULL);
    gst_element_set_bus (element, NULL);
    gst_object_unref (bus);
    gst_object_unref (element);
    g_free (line);
  }
}

/* A side longer than the disc, one of unknown length: what is assumed is said, and nothing breaks. */
static void
long_sides (void)
{
  static const struct {
    const gchar *words, *says;
    gboolean fits;
  } rows[] = { { "side-duration=7200 side-start=7199", "side is 120.0 min long", FALSE },
    { "side-duration=7200 side-start=7199 cut-level-auto=true", "side is 120.0 min long",
        FALSE },
    { "", "a full side of 22.9 min", TRUE }, { "disc=7in rpm=45", "a full side of", TRUE },
    { "radius-aware=false", NULL, TRUE }, { "side-duration=60", NULL, TRUE },
    { "learn=whole-track", NULL, TRUE } };

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++) {
    gchar *line = g_strdup_printf ("vinylsafe meters=true %s", rows[k].words);
    Run *r = run_new (line, RATE, 2, NULL);
    gboolean fits;
    run_programme (r, 3 * RATE, 0.2, 3);
    run_all (r, 4800);
    g_object_get (r->element, "side-fits", &fits, NULL);
    CHECK (r->out_frames == 3 * RATE && all_finite (r) && !r->error, "%s: %u frames", line,
        r->out_frames);
    CHECK (rows[k].says ? r->warning && strstr (r->warning->message, rows[k].says) : !r->warned,
        "%s: %s", line, r->warning ? r->warning->message : "no warning");
    CHECK (fits == rows[k].fits, "%s: it %s", line, fits ? "fits" : "doesn't fit");
    CHECK (number (r, "groove-speed") >= 2.0 * G_PI * 5.29 * TURNS_A_SECOND,
        "%s: the groove moves at %.2f cm/s", line, number (r, "groove-speed"));
    run_free (r);
    g_free (line);
  }
}

static void
set_end (GstElement *element, GParamSpec *spec, gboolean most)
{
  if (G_IS_PARAM_SPEC_DOUBLE (spec)) {
    const GParamSpecDouble *s = G_PARAM_SPEC_DOUBLE (spec);
    g_object_set (element, spec->name, most ? s->maximum : s->minimum, NULL);
  } else if (G_IS_PARAM_SPEC_ENUM (spec)) {
    const GEnumClass *items = G_PARAM_SPEC_ENUM (spec)->enum_class;
    g_object_set (
        element, spec->name, items->values[most ? items->n_values - 1 : 0].value, NULL);
  } else if (G_IS_PARAM_SPEC_BOOLEAN (spec)) {
    g_object_set (element, spec->name, most, NULL);
  } else if (G_IS_PARAM_SPEC_UINT64 (spec) && !g_str_equal (spec->name, "interval")) {
    g_object_set (element, spec->name, most ? G_PARAM_SPEC_UINT64 (spec)->maximum : 0, NULL);
  }
}

/* 20: each property that is read at the start at either end, and set back in READY. */
static void
at_the_start (void)
{
  GstElement *element = gst_element_factory_make ("vinylsafe", NULL);
  guint n, tried = 0;
  GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);

  for (guint k = 0; k < 2 * n; k++) {
    GParamSpec *spec = all[k / 2];
    Run *r;
    gboolean inside_out;
    if (spec->flags & GST_PARAM_MUTABLE_PLAYING || !(spec->flags & G_PARAM_WRITABLE) ||
        spec->flags & G_PARAM_CONSTRUCT_ONLY || G_IS_PARAM_SPEC_STRING (spec))
      continue;
    r = run_new ("vinylsafe meters=true deess-enabled=true", RATE, 2, NULL);
    gst_element_set_state (r->element, GST_STATE_READY);
    set_end (r->element, spec, k % 2);
    inside_out = number (r, "inner-radius") >= number (r, "outer-radius");
    gst_element_set_state (r->element, GST_STATE_PLAYING);
    run_programme (r, RATE / 5, 2.0, 3);
    run_all (r, 4800);
    CHECK (inside_out ? r->error && strstr (r->error->message, "inner-radius")
                      : r->out_frames == RATE / 5 && all_finite (r) && !r->error,
        "%s at its %s: %u frames, %s", spec->name, k % 2 ? "most" : "least", r->out_frames,
        r->error ? r->error->message : "");
    run_free (r);
    tried++;
  }
  CHECK (tried > 40, "only %u properties", tried / 2);
  g_free (all);
  gst_object_unref (element);
}

/* 21: written while playing, what is read at the start reads back, and counts from the next start. */
static void
next_start (void)
{
  Run *r = run_new (VINYL_SIDE " meters=true", RATE, 2, NULL);
  gdouble before;

  run_programme (r, RATE, 0.1, 3);
  run_push (r, 0, RATE, 0);
  before = number (r, "groove-speed");
  gst_util_set_object_arg (G_OBJECT (r->element), "rpm", "78");
  run_push (r, 0, RATE, GST_SECOND);
  CHECK_NEAR (number (r, "groove-speed"), before, 0.1, "rpm while playing, cm/s");
  gst_element_set_state (r->h->element, GST_STATE_NULL);
  gst_element_set_state (r->h->element, GST_STATE_PLAYING);
  gst_harness_push_event (r->h, gst_event_new_stream_start ("again"));
  gst_harness_set_src_caps_str (
      r->h, "audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels=2");
  {
    GstSegment segment;
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (r->h, gst_event_new_segment (&segment));
  }
  run_push (r, 0, RATE, 0);
  CHECK_NEAR (number (r, "groove-speed"), before * 78.0 / (100.0 / 3.0), 0.3,
      "rpm from the next start, cm/s");
  run_free (r);
}

/* 23, 41: many sides learned at once, spooled to one folder: each as it is alone. */
static void
many_at_once (void)
{
  enum { MANY = 12 };
  Run *r[MANY];

  for (guint i = 0; i < MANY; i++) {
    r[i] = run_new (VINYL_LEARN " spool-memory=0", RATE, 2, NULL);
    run_programme (r[i], RATE, 0.2 + 0.3 * i, 7 + i);
  }
  for (guint at = 0; at < RATE; at += 4800)
    for (guint i = 0; i < MANY; i++)
      run_push (r[i], at, 4800, gst_util_uint64_scale (at, GST_SECOND, RATE));
  for (guint i = 0; i < MANY; i++) {
    Run *alone = run_new (VINYL_LEARN, RATE, 2, NULL);
    run_programme (alone, RATE, 0.2 + 0.3 * i, 7 + i);
    run_all (alone, 4800);
    run_end (r[i]);
    CHECK (r[i]->out_frames == RATE && !r[i]->error && r[i]->out_bytes == alone->out_bytes &&
               memcmp (r[i]->out, alone->out, alone->out_bytes) == 0,
        "%u: %u frames, or not as alone", i, r[i]->out_frames);
    run_free (alone);
    run_free (r[i]);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "one channel", mono },
    { "the lowest rate and the highest", rates }, { "36 what no lathe survives", impossible },
    { "36 six channels", six_channels }, { "10 seeks", seeks },
    { "13, 14 gaps and jumps", gaps }, { "15 programmes of a few frames", short_programmes },
    { "discs with hardly any groove", radii }, { "what can't be", refused },
    { "sides too long, or of no length", long_sides },
    { "20 each property of the start", at_the_start }, { "21 the next start", next_start },
    { "23, 41 many at once", many_at_once }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
