/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm's measurements: the file that is written and read, of this stream or another;
 * messages of albums, which combine to what the whole measures. */

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

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

static gchar *folder;

/* What upstream says of the duration; NONE: nothing. */
static GstClockTime stated = GST_CLOCK_TIME_NONE;
static GstPadQueryFunction harness_query;

static gboolean
answer (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_DURATION || !GST_CLOCK_TIME_IS_VALID (stated))
    return harness_query (pad, parent, query);
  gst_query_set_duration (query, GST_FORMAT_TIME, (gint64)stated);
  return TRUE;
}

/* `settings` has a %s for the folder's name. */
static Run *
norm_new (const gchar *settings, guint rate, guint channels)
{
  gchar **parts = g_strsplit (settings, "%", -1);
  gchar *filled = g_strjoinv (folder, parts);
  gchar *line = g_strconcat ("loudnessnorm mode=two-pass ", filled, NULL);
  Run *r = run_new (line, rate, channels, NULL);

  harness_query = GST_PAD_QUERYFUNC (r->h->srcpad);
  gst_pad_set_query_function (r->h->srcpad, answer);
  g_free (line);
  g_free (filled);
  g_strfreev (parts);
  return r;
}

/* A programme that isn't one level: seconds of a sine that rises by 6 dB in the middle. */
static void
programme (Run *r, gdouble seconds)
{
  run_sine (r, seconds, 0.1);
  for (gsize i = (gsize)r->in_frames / 2 * r->channels; i < (gsize)r->in_frames * r->channels;
       i++)
    r->in[i] *= 2.0f;
}

static gchar *
path_of (const gchar *name)
{
  return g_build_filename (folder, name, NULL);
}

static gchar *
content_of (const gchar *name)
{
  gchar *path = path_of (name), *content = NULL;

  g_file_get_contents (path, &content, NULL, NULL);
  g_free (path);
  return content;
}

static void
write_file (const gchar *name, const gchar *content)
{
  gchar *path = path_of (name);

  g_file_set_contents (path, content, -1, NULL);
  g_free (path);
}

/* Measures into the folder's file a. */
static void
measure_a (GstClockTime duration)
{
  Run *r = norm_new ("mode=measure measurement-location=%/a", RATE, 2);

  stated = duration;
  programme (r, 5.0);
  run_all (r, 4800);
  CHECK (!r->error && !r->warned, "%s", r->error ? r->error->message : run_warning (r));
  run_free (r);
  stated = GST_CLOCK_TIME_NONE;
}

/* measure, then linear, is what two-pass does; both write the same. */
static void
two_runs_are_two_passes (void)
{
  Run *both = norm_new ("measurement-location=%/b", RATE, 2), *linear;
  gchar *a, *b;

  measure_a (GST_CLOCK_TIME_NONE);
  programme (both, 5.0);
  run_all (both, 4800);
  a = content_of ("a");
  b = content_of ("b");
  CHECK (a && b && strcmp (a, b) == 0, "measure wrote %s, two-pass %s", a, b);
  CHECK (a && strstr (a, "\nintegrated=-1") && strstr (a, "\nframes=240000\n"), "%s", a);
  linear = norm_new ("mode=linear measurement-location=%/a", RATE, 2);
  programme (linear, 5.0);
  run_all (linear, 777);
  CHECK (!linear->error && !linear->warned, "%s",
      linear->error ? linear->error->message : run_warning (linear));
  CHECK (linear->out_frames == both->out_frames, "%u frames", linear->out_frames);
  if (linear->out_frames == both->out_frames && linear->out_frames) {
    gdouble worst = 0.0;
    for (guint i = 0; i < 2 * linear->out_frames; i++)
      worst = fmax (worst, fabs ((gdouble)linear->out[i] - (gdouble)both->out[i]));
    CHECK (worst < 1e-6, "outputs differ by %g", worst);
  }
  g_free (a);
  g_free (b);
  run_free (both);
  run_free (linear);
}

/* Of another file: refused as far as it can be seen before, else told after. */
static void
another_file (void)
{
  static const struct {
    guint rate, channels;
    GstClockTime measured, said;
    gdouble seconds;
    gboolean fails, warns;
  } rows[] = {
    { RATE, 2, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 5, 0, 0 },
    { 44100, 2, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 5, 1, 0 },
    { RATE, 1, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 5, 1, 0 },
    { RATE, 2, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 4.9, 0, 1 },
    { RATE, 2, 5 * GST_SECOND, 5 * GST_SECOND, 5, 0, 0 },
    { RATE, 2, 5 * GST_SECOND, 6 * GST_SECOND, 6, 1, 0 },
    { RATE, 2, 5 * GST_SECOND, 4800 * GST_MSECOND, 4.8, 1, 0 },
    { RATE, 2, GST_CLOCK_TIME_NONE, 6 * GST_SECOND, 6, 1, 0 },
    { RATE, 2, GST_CLOCK_TIME_NONE, 5 * GST_SECOND, 5, 0, 0 },
    /* An estimate comes out alike in both runs. */
    { RATE, 2, 8 * GST_SECOND, 8 * GST_SECOND, 5, 0, 0 },
    { RATE, 2, 8 * GST_SECOND, 5 * GST_SECOND, 5, 1, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r;
    measure_a (rows[i].measured);
    stated = rows[i].said;
    r = norm_new ("mode=linear measurement-location=%/a", rows[i].rate, rows[i].channels);
    programme (r, rows[i].seconds);
    run_all (r, 4800);
    CHECK ((r->error != NULL) == rows[i].fails, "%u: %s", i,
        r->error ? r->error->message : "no error");
    CHECK (!r->error || (r->error->domain == GST_RESOURCE_ERROR &&
                            strstr (r->error->message, "another file")),
        "%u: %s", i, r->error->message);
    CHECK (r->warned == rows[i].warns, "%u: %s", i, run_warning (r));
    CHECK (
        r->out_frames == (rows[i].fails ? 0 : r->in_frames), "%u: %u frames", i, r->out_frames);
    run_free (r);
    stated = GST_CLOCK_TIME_NONE;
  }
}

/* Why the element doesn't start, or NULL. */
static GError *
start_error (const gchar *mode, const gchar *name)
{
  GstElement *element = gst_element_factory_make ("loudnessnorm", NULL);
  GstBus *bus = gst_bus_new ();
  gchar *path = path_of (name);
  GstMessage *message;
  GError *error = NULL;

  gst_util_set_object_arg (G_OBJECT (element), "mode", mode);
  g_object_set (element, "measurement-location", path, NULL);
  gst_element_set_bus (element, bus);
  gst_element_set_state (element, GST_STATE_PAUSED);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message) {
    gst_message_parse_error (message, &error, NULL);
    gst_message_unref (message);
  }
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
  g_free (path);
  return error;
}

static void
broken_files (void)
{
  static const struct {
    const gchar *content, *says;
    gint code;
  } rows[] = {
    { NULL, "No such file", GST_RESOURCE_ERROR_NOT_FOUND },
    { "", "version", GST_RESOURCE_ERROR_SETTINGS },
    { "hello\n", "line 1", GST_RESOURCE_ERROR_SETTINGS },
    { "# comment\nversion=2\n", "line 2", GST_RESOURCE_ERROR_SETTINGS },
    { "version=1\nrate=48000\nchannels=2\nframes=x\n", "line 4", GST_RESOURCE_ERROR_SETTINGS },
    { "version=1\nrate=48000\nchannels=2\nframes=9\nintegrated=nan\n", "line 5",
        GST_RESOURCE_ERROR_SETTINGS },
    { "version=1\nrate=0\n", "line 2", GST_RESOURCE_ERROR_SETTINGS },
    { "version=1\nrate=48000\nchannels=2\nframes=9\nintegrated=-14\n", "true-peak",
        GST_RESOURCE_ERROR_SETTINGS },
    { "version=1\nrate=48000\nchannels=2\nframes=9\nintegrated=-14\ntrue-peak=-3\ndual-mono=2",
        "line 7", GST_RESOURCE_ERROR_SETTINGS },
    { "\xff\xfe", "UTF-8", GST_RESOURCE_ERROR_SETTINGS },
  };
  GError *error;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (rows[i].content)
      write_file ("broken", rows[i].content);
    error = start_error ("linear", rows[i].content ? "broken" : "missing");
    CHECK (g_error_matches (error, GST_RESOURCE_ERROR, rows[i].code), "%u: %s", i,
        error ? error->message : "no error");
    CHECK (error && strstr (error->message, rows[i].says), "%u: %s", i,
        error ? error->message : "no error");
    g_clear_error (&error);
  }
  write_file ("broken", "version=1\nrate=48000\nchannels=2\nframes=9\nintegrated=-14\n"
                        "true-peak=-3\nsomething-later=7\n");
  error = start_error ("linear", "broken");
  CHECK (!error, "a field of later times: %s", error->message);
  g_clear_error (&error);
}

/* Said before the work, where it can be seen; else after, and two-pass lets nothing out. */
static void
unwritable (void)
{
  static const gchar *const modes[] = { "measure", "two-pass" };

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    GError *error = start_error (modes[i], "nowhere/m");
    gchar *gone = path_of ("gone"), *line;
    Run *r;
    CHECK (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE), "%s: %s",
        modes[i], error ? error->message : "no error");
    g_clear_error (&error);
    error = start_error (modes[i], "../../dev/null");
    CHECK (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE), "%s: %s",
        modes[i], error ? error->message : "no error");
    g_clear_error (&error);
    error = start_error (modes[i], "");
    CHECK (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE), "%s: %s",
        modes[i], error ? error->message : "no error");
    g_clear_error (&error);
    g_mkdir (gone, 0700);
    line = g_strdup_printf ("mode=%s measurement-location=%%/gone/m", modes[i]);
    r = norm_new (line, RATE, 2);
    g_rmdir (gone);
    programme (r, 2.0);
    run_all (r, 4800);
    CHECK (g_error_matches (r->error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE),
        "%s: %s", modes[i], r->error ? r->error->message : "no error");
    CHECK (r->out_frames == (i ? 0 : r->in_frames), "%s: %u frames", modes[i], r->out_frames);
    run_free (r);
    g_free (line);
    g_free (gone);
  }
}

/* What a seek cut isn't written over a measurement; what starts anew from the beginning is. */
static void
after_a_flush (void)
{
  for (guint whole = 0; whole < 2; whole++) {
    Run *r = norm_new ("mode=measure measurement-location=%/flushed", RATE, 2);
    GstSegment segment;
    gchar *content;
    run_sine (r, 2.0, 0.5);
    gst_harness_push (r->h, gst_buffer_new_memdup (r->in, 48000 * 8));
    gst_harness_push_event (r->h, gst_event_new_flush_start ());
    gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
    gst_segment_init (&segment, GST_FORMAT_TIME);
    segment.start = segment.time = whole ? 0 : GST_MSECOND;
    gst_harness_push_event (r->h, gst_event_new_segment (&segment));
    programme (r, 3.0);
    run_all (r, 4800);
    content = content_of ("flushed");
    CHECK ((content != NULL) == (whole == 1), "%u: %s", whole,
        content ? content : "nothing written");
    CHECK (r->warned == (whole == 0), "%u: %s", whole, run_warning (r));
    CHECK (!content || strstr (content, "\nframes=144000\n"), "%s", content);
    g_free (content);
    run_free (r);
  }
}

/* A mono file that was measured as one loudspeaker is played on two. */
static void
dual_mono (void)
{
  Run *r = norm_new ("mode=measure measurement-location=%/mono", RATE, 1);

  run_sine (r, 2.0, 0.1);
  run_all (r, 4800);
  run_free (r);
  r = norm_new ("mode=linear dual-mono=true measurement-location=%/mono", RATE, 1);
  run_sine (r, 2.0, 0.1);
  run_all (r, 4800);
  CHECK_NEAR (run_figure (r, "applied-gain"), 6.0, 0.02, "−23 LUFS count as −20");
  run_free (r);
}

/* Albums. */

typedef struct {
  gdouble power;
  guint64 count;
} Level;

/* Adds a message's blocks to the array. */
static void
add_levels (GArray *levels, const GstStructure *s, const gchar *field)
{
  gchar **items = g_strsplit (s ? gst_structure_get_string (s, field) : "", "/", -1);

  for (gchar **item = items; *item && **item; item++) {
    gchar *colon;
    Level level;
    level.count = g_ascii_strtoull (*item, &colon, 10);
    level.power = g_ascii_strtod (colon + 1, NULL);
    g_array_append_val (levels, level);
  }
  g_strfreev (items);
}

/* BS.1770-5 on a list of levels. */
static gdouble
gated (const GArray *levels)
{
  gdouble gate = pow (10.0, (-70.0 + 0.691) / 10.0), power = 0.0;

  for (guint pass = 0; pass < 2; pass++) {
    guint64 count = 0;
    power = 0.0;
    for (guint i = 0; i < levels->len; i++) {
      const Level *level = &g_array_index (levels, Level, i);
      if (level->power / (gdouble)level->count <= gate)
        continue;
      power += level->power;
      count += level->count;
    }
    power /= (gdouble)count;
    gate = fmax (gate, power * 0.1);
  }
  return -0.691 + 10.0 * log10 (power);
}

/* One track's message; its sound is `seconds` at `amplitude`, and `track` is where it is kept. */
static GstStructure *
album_message (const gchar *mode, gdouble seconds, gdouble amplitude)
{
  gchar *line = g_strdup_printf ("mode=%s album-measure=true post-messages=false", mode);
  Run *r = norm_new (line, RATE, 2);
  GstStructure *album, *copy = NULL;
  gchar *text;

  run_sine (r, seconds, amplitude);
  run_all (r, 4800);
  album = r->album;
  r->album = NULL;
  if (CHECK (album != NULL, "%s: no message", mode)) {
    text = gst_structure_to_string (album);
    copy = gst_structure_from_string (text, NULL);
    CHECK (copy && gst_structure_is_equal (album, copy), "doesn't survive as a text: %s", text);
    CHECK (!strchr (text, '"'), "needs quotes: %s", text);
    g_free (text);
    gst_structure_free (album);
  }
  run_free (r);
  g_free (line);
  return copy;
}

/* A loud short track, a quiet long one that the gate takes away in part: means of means would be
 * off by LUs. */
static void
albums_combine (void)
{
  static const struct {
    gdouble seconds, amplitude;
  } tracks[] = { { 10, 0.5 }, { 40, 0.1 }, { 30, 0.05 } };
  GArray *levels = g_array_new (FALSE, FALSE, sizeof (Level));
  Run *whole = norm_new ("mode=measure", RATE, 2);
  guint at = 0;

  run_sine (whole, 80.0, 1.0);
  for (guint i = 0; i < G_N_ELEMENTS (tracks); i++) {
    GstStructure *s = album_message ("measure", tracks[i].seconds, tracks[i].amplitude);
    add_levels (levels, s, "blocks");
    for (guint end = at + (guint)(tracks[i].seconds * RATE * 2); at < end; at++)
      whole->in[at] *= (gfloat)tracks[i].amplitude;
    if (s)
      gst_structure_free (s);
  }
  run_all (whole, 48000);
  /* Three blocks of 800 lie across each border. */
  CHECK_NEAR (gated (levels), run_figure (whole, "integrated"), 0.05, "the album");
  g_array_unref (levels);
  run_free (whole);
}

static void
album_figures (void)
{
  static const gchar *const modes[] = { "measure", "two-pass",
    "linear measured-integrated=-20 measured-true-peak=-20" };

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    GstStructure *s = album_message (modes[i], 10.0, 0.1);
    GArray *levels = g_array_new (FALSE, FALSE, sizeof (Level));
    guint64 frames = 0, duration = 0, blocks = 0;
    gdouble integrated = NAN, peak = NAN;
    if (!s)
      continue;
    gst_structure_get (s, "frames", G_TYPE_UINT64, &frames, "duration", G_TYPE_UINT64,
        &duration, "integrated", G_TYPE_DOUBLE, &integrated, "true-peak", G_TYPE_DOUBLE, &peak,
        NULL);
    add_levels (levels, s, "blocks");
    for (guint n = 0; n < levels->len; n++)
      blocks += g_array_index (levels, Level, n).count;
    CHECK (frames == 10 * RATE && duration == 10 * GST_SECOND, "%s: length", modes[i]);
    CHECK (blocks == 97, "%s: %" G_GUINT64_FORMAT " blocks of 400 ms", modes[i], blocks);
    CHECK_NEAR (gated (levels), integrated, 1e-9, modes[i]);
    CHECK_NEAR (integrated, -20.0, 0.01, modes[i]);
    CHECK_NEAR (peak, -20.0, 0.05, modes[i]);
    g_array_set_size (levels, 0);
    add_levels (levels, s, "short-term-blocks");
    blocks = 0;
    for (guint n = 0; n < levels->len; n++)
      blocks += g_array_index (levels, Level, n).count;
    CHECK (blocks == 71, "%s: %" G_GUINT64_FORMAT " blocks of 3 s", modes[i], blocks);
    g_array_unref (levels);
    gst_structure_free (s);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "two runs are two passes", two_runs_are_two_passes },
    { "a measurement of another file", another_file }, { "broken files", broken_files },
    { "places that can't be written", unwritable }, { "after a flush", after_a_flush },
    { "dual mono", dual_mono }, { "albums combine", albums_combine },
    { "messages of albums", album_figures }, { NULL, NULL } };
  static const gchar *const names[] = { "a", "b", "broken", "flushed", "mono" };
  int result;

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  folder = g_dir_make_tmp ("lacquer-XXXXXX", NULL);
  result = lqt_main (cases, argc, argv);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *path = path_of (names[i]);
    g_unlink (path);
    g_free (path);
  }
  g_rmdir (folder);
  g_free (folder);
  return result;
}
