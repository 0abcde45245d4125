/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* vinylsafe from outside: its figures against formulas and the table vinyl_limits.csv, the moments that
 * break a limit, what it says was taken away. */

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cutrun.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"
#include "vinyl.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000
#define QUIET " post-messages=false meters=true "
#define ANALYSE "vinylsafe mode=analyse radius-aware=false" QUIET
#define PROTECT "vinylsafe radius-aware=false" QUIET
#define OPEN " highpass-frequency=0 lowpass-frequency=0 bass-mono-frequency=0 "
#define FREE                                                                                   \
  " velocity-limit=0 slope-limit=0 displacement-limit=0 vertical-limit=0 "                     \
  "acceleration-limit=0 curvature-limit=0 curvature-warning=0 "

/* The model. */

/* What the model's high-pass, third order at 20 Hz, leaves. */
static gdouble
high_pass (gdouble hz)
{
  return 1.0 / sqrt (1.0 + pow (20.0 / hz, 6.0));
}

static Run *
heard (const gchar *line, guint rate, guint channels, gdouble hz, gdouble left, gdouble right)
{
  Run *r = run_new (line, rate, channels, NULL);

  cut_silence (r, hz < 300.0 ? 1.3 : 0.25);
  cut_add (r, hz, left, right, 0.0, 100.0, hz < 300.0 ? 0.6 : 0.05);
  run_all (r, 0);
  CHECK (!r->error && r->out_frames == r->in_frames, "%s: %u frames", line, r->out_frames);
  return r;
}

/* |got/want − 1| ≤ 1 %, and half of a last digit. */
static void
percent (const gchar *what, guint rate, gdouble hz, gdouble got, gdouble want, gdouble digit)
{
  CHECK (fabs (got - want) <= 0.01 * want + digit, "%u Hz, a tone of %g Hz: %s is %g, not %g",
      rate, hz, what, got, want);
}

enum {
  HZ,
  GAIN,
  VELOCITY,
  SWING,
  BEND,
  SLOPE_OUT,
  SLOPE_IN,
  CURVE_18_IN,
  CURVE_6_IN,
  CURVE_18_OUT,
  SWING_50,
  COLUMNS
};

/* What the rounding of F32 at a quarter of full scale bends a wall by, at 192 kHz. */
#define ROUNDING_G 0.015

/* Every row in one place of the disc, with one stylus. */
static void
rows_of (const gchar *place, guint rate, gint slope, gint curve)
{
  FILE *f = fopen (LQ_TABLES "/vinyl_limits.csv", "r");
  gchar row[512], *line = g_strdup_printf ("%s %s", ANALYSE, place);
  guint rows = 0;

  if (!CHECK (f != NULL, "vinyl_limits.csv can't be opened"))
    return;
  while (fgets (row, sizeof row, f)) {
    gdouble x[COLUMNS];
    gchar *at = row;
    Run *r;
    for (guint c = 0; c < COLUMNS; c++, at += *at == ',')
      x[c] = g_ascii_strtod (at, &at);
    if (x[HZ] < 1.0 || x[HZ] > 0.45 * rate)
      continue;
    rows++;
    r = heard (line, rate, 2, x[HZ], pow (10.0, CUT_REFERENCE_DB / 20.0),
        pow (10.0, CUT_REFERENCE_DB / 20.0));
    percent ("velocity-peak", rate, x[HZ], cut_get (r, "velocity-peak"), x[VELOCITY], 0.005);
    CHECK (fabs (20.0 * log10 (cut_get (r, "velocity-peak") / 7.0) - x[GAIN]) < 0.1,
        "%u Hz, %g Hz: RIAA is %.3f dB, not %.2f", rate, x[HZ],
        20.0 * log10 (cut_get (r, "velocity-peak") / 7.0), x[GAIN]);
    percent ("displacement-peak", rate, x[HZ], cut_get (r, "displacement-peak"),
        x[SWING] * high_pass (x[HZ]), 0.005);
    percent ("displacement against 50 µm", rate, x[HZ],
        cut_get (r, "displacement-peak") / high_pass (x[HZ]),
        50.0 * pow (10.0, -x[SWING_50] / 20.0), 0.05);
    /* The table's is that of the lateral, of which a wall has 1/√2. */
    percent ("acceleration-peak", rate, x[HZ], cut_get (r, "acceleration-peak") * G_SQRT2,
        x[BEND], ROUNDING_G + 0.005);
    percent ("slope-peak", rate, x[HZ], cut_get (r, "slope-peak"), pow (10.0, -x[slope] / 20.0),
        0.0);
    percent ("curvature-peak", rate, x[HZ], cut_get (r, "curvature-peak") * G_SQRT2,
        pow (10.0, -x[curve] / 20.0), ROUNDING_G / x[BEND] * pow (10.0, -x[curve] / 20.0));
    CHECK (cut_get (r, "vertical-peak") < 1e-3, "%g Hz: vertical of a mono tone: %g µm", x[HZ],
        cut_get (r, "vertical-peak"));
    run_free (r);
  }
  fclose (f);
  g_free (line);
  CHECK (rows > 20, "only %u rows", rows);
}

static void
table (void)
{
  static const guint rates[] = { 44100, 48000, 96000, 192000 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    rows_of ("stylus=spherical-18", rates[i], SLOPE_IN, CURVE_18_IN);
    rows_of ("stylus-radius=6", rates[i], SLOPE_IN, CURVE_6_IN);
    rows_of ("stylus=spherical-18 inner-radius=146.05", rates[i], SLOPE_OUT, CURVE_18_OUT);
  }
}

/* Of one channel, of both against each other, of the reference, of cut-level; before any treatment. */
static void
scaled (void)
{
  const gdouble x = pow (10.0, -12.0 / 20.0);
  static const struct {
    const gchar *more;
    guint channels;
    gdouble left, right, lateral, vertical, wall;
  } rows[] = { { "", 2, 1, 1, 1, 0, 1 }, { "", 1, 1, 0, 1, 0, 1 }, { "", 2, 1, 0, .5, .5, 1 },
    { "", 2, 0, 1, .5, .5, 1 }, { "", 2, .5, -.5, 0, .5, .5 },
    { "reference-velocity=10", 2, .7, .7, 1, 0, 1 },
    { "reference-level=-6", 2, 1, 1, .501187, 0, .501187 },
    { "cut-level=6", 2, .5, .5, .997631, 0, .997631 },
    { "cut-level=-12 reference-velocity=14", 2, 1, .2, .301426, .200951, .502377 } };

  for (guint k = 0; k < 2 * G_N_ELEMENTS (rows); k++) {
    const guint i = k / 2;
    gchar *line = g_strdup_printf ("%s %s", k % 2 ? PROTECT : ANALYSE, rows[i].more);
    Run *one =
            heard (line, RATE, rows[i].channels, 1000.0, x * rows[i].left, x * rows[i].right),
        *low = heard (line, RATE, rows[i].channels, 50.0, x * rows[i].left, x * rows[i].right);
    CHECK (fabs (cut_get (one, "velocity-peak") - 7.0 * rows[i].lateral) <=
               0.07 * rows[i].lateral + 2e-3,
        "%s, row %u: %g cm/s, not %g", line, i, cut_get (one, "velocity-peak"),
        7.0 * rows[i].lateral);
    CHECK (fabs (cut_get (low, "displacement-peak") - 31.67 * rows[i].lateral) <=
               0.3167 * rows[i].lateral + 1e-2,
        "%s, row %u: %g µm, not %g", line, i, cut_get (low, "displacement-peak"),
        31.67 * rows[i].lateral);
    CHECK (fabs (cut_get (low, "vertical-peak") - 31.67 * rows[i].vertical) <=
               0.3167 * rows[i].vertical + 1e-2,
        "%s, row %u: vertical %g µm, not %g", line, i, cut_get (low, "vertical-peak"),
        31.67 * rows[i].vertical);
    percent ("wall", RATE, 1000, cut_get (one, "acceleration-peak"),
        44.85 / G_SQRT2 * rows[i].wall, 0.0);
    run_free (one);
    run_free (low);
    g_free (line);
  }
}

/* As cut: what the filters leave, where no limit is broken. */
static void
as_cut (void)
{
  const gdouble x = pow (10.0, -26.0 / 20.0);
  Run *r = heard (PROTECT OPEN, RATE, 2, 1000.0, x, x);

  percent ("velocity-peak-output", RATE, 1000, cut_get (r, "velocity-peak-output"),
      7.0 * pow (10.0, -14.0 / 20.0), 0.0);
  percent ("acceleration-peak-output", RATE, 1000, cut_get (r, "acceleration-peak-output"),
      cut_get (r, "acceleration-peak"), 0.0);
  run_free (r);

  /* Butterworth of second order at its corner, on its way to the groove. */
  r = heard (PROTECT OPEN "highpass-frequency=100 highpass-slope=12", RATE, 2, 100.0, x, x);
  percent ("displacement-peak-output", RATE, 100, cut_get (r, "displacement-peak-output"),
      cut_get (r, "displacement-peak") / G_SQRT2, 0.0);
  run_free (r);

  r = heard (PROTECT OPEN "bass-mono-frequency=150", RATE, 2, 80.0, x, -x);
  percent ("vertical-peak-output", RATE, 80, cut_get (r, "vertical-peak-output"),
      cut_get (r, "vertical-peak") * pow (10.0, -6.55 / 20.0), 0.0);
  run_free (r);
}

/* Moments. */

typedef struct {
  gdouble time, duration, excess, reduction;
  gchar limit[16];
} Moment;

typedef struct {
  Moment moment[64], worst[16];
  guint n, n_worst;
  guint warnings;
  gchar *summary;
} Moments;

static guint
read_list (const GValue *list, Moment *to, guint room)
{
  const guint n = gst_value_array_get_size (list);

  for (guint i = 0; i < n && i < room; i++) {
    const GstStructure *s = gst_value_get_structure (gst_value_array_get_value (list, i));
    gst_structure_get (s, "time", G_TYPE_DOUBLE, &to[i].time, "duration", G_TYPE_DOUBLE,
        &to[i].duration, "excess", G_TYPE_DOUBLE, &to[i].excess, "reduction", G_TYPE_DOUBLE,
        &to[i].reduction, NULL);
    g_strlcpy (to[i].limit, gst_structure_get_string (s, "limit"), sizeof to[i].limit);
  }
  return MIN (n, room);
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Moments *m = data;
  const GstStructure *s = gst_message_get_structure (message);

  (void)bus;
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT ||
      !gst_structure_has_name (s, "vinylsafe") || !gst_structure_has_field (s, "moments"))
    return GST_BUS_PASS;
  m->n += read_list (gst_structure_get_value (s, "moments"), m->moment + m->n, 64 - m->n);
  gst_structure_get_uint (s, "curvature-warnings", &m->warnings);
  if (gst_structure_has_field (s, "worst"))
    m->n_worst = read_list (gst_structure_get_value (s, "worst"), m->worst, 16);
  if (gst_structure_has_field (s, "summary")) {
    g_free (m->summary);
    m->summary = g_strdup (gst_structure_get_string (s, "summary"));
  }
  return GST_BUS_PASS;
}

static Run *
watched (const gchar *line, Moments *m)
{
  Run *r = run_new (line, RATE, 2, NULL);

  memset (m, 0, sizeof *m);
  gst_bus_set_sync_handler (r->bus, on_message, m, NULL);
  return r;
}

#define EDGE 0.01

/* Seconds after its beginning at which a burst of `over` times its limit reaches that. */
static gdouble
crosses (gdouble over)
{
  return EDGE / G_PI * acos (1.0 - 2.0 / over);
}

/* Bursts of 1 kHz at velocities against a limit of 10 cm/s: known excess at known times. */
static void
moments_of (const gchar *line, gboolean protects)
{
  static const struct {
    gdouble at, length, velocity;
    guint moment; /* 0: none; more than one burst may be one */
  } bursts[] = { { .5, .1, 12, 1 }, { 1, .1, 20, 2 }, { 1.3, .1, 9.7, 0 }, { 1.7, .2, 14, 3 },
    { 2.2, .05, 13, 4 }, { 2.28, .05, 11, 4 }, { 2.6, .05, 11, 5 }, { 2.72, .05, 15, 6 } };
  static const guint order[] = { 2, 6, 3, 4, 1, 5 };
  Moments m;
  Run *r = watched (line, &m);
  gchar *text = NULL, **words;

  cut_silence (r, 3.2);
  for (guint i = 0; i < G_N_ELEMENTS (bursts); i++) {
    const gdouble x = cut_amplitude (1000.0, bursts[i].velocity);
    cut_add (r, 1000.0, x, x, bursts[i].at, bursts[i].at + bursts[i].length, EDGE);
  }
  run_all (r, 1000);
  CHECK (cut_get (r, "violations") == 6.0, "%g violations", cut_get (r, "violations"));
  if (!CHECK (m.n == 6 && m.n_worst == 6, "%u moments, %u of the worst", m.n, m.n_worst))
    goto out;
  for (guint i = 0; i < G_N_ELEMENTS (bursts); i++) {
    const gdouble over = bursts[i].velocity / 10.0;
    const Moment *found = m.moment + bursts[i].moment - 1;
    gdouble end = bursts[i].at + bursts[i].length;
    if (bursts[i].moment == 0 || (i > 0 && bursts[i - 1].moment == bursts[i].moment))
      continue;
    if (i + 1 < G_N_ELEMENTS (bursts) && bursts[i + 1].moment == bursts[i].moment)
      end = bursts[i + 1].at + bursts[i + 1].length - crosses (1.1);
    else
      end -= crosses (over);
    CHECK (fabs (found->time - bursts[i].at - crosses (over)) < 1e-3 &&
               fabs (found->time + found->duration - end) < 1e-3,
        "from %g to %g, not %g to %g", found->time, found->time + found->duration,
        bursts[i].at + crosses (over), end);
    CHECK (g_str_equal (found->limit, "velocity") &&
               fabs (found->excess - 20.0 * log10 (over)) < 0.1,
        "%s by %g dB, not %g", found->limit, found->excess, 20.0 * log10 (over));
    if (protects)
      CHECK (found->reduction > found->excess - 0.2 && found->reduction < found->excess + 3.0,
          "%g dB over, %g dB taken", found->excess, found->reduction);
    else
      CHECK (found->reduction == 0.0, "%g dB are taken away", found->reduction);
  }
  g_object_get (r->element, "worst-moments", &text, NULL);
  words = g_strsplit (text ? text : "", "; ", 0);
  for (guint i = 0; i < 6; i++) {
    const Moment *want = m.moment + order[i] - 1;
    gdouble time = 0.0, excess = 0.0;
    gchar limit[16] = "";
    CHECK (fabs (m.worst[i].time - want->time) < 1e-9 && m.worst[i].excess == want->excess,
        "the %u. worst is at %g, not at %g", i + 1, m.worst[i].time, want->time);
    if (CHECK (i < g_strv_length (words) &&
                   sscanf (words[i], "%lf %15s %lf", &time, limit, &excess) == 3,
            "worst-moments: %s", text))
      CHECK (fabs (time - want->time) < 2e-3 && fabs (excess - want->excess) < 0.06 &&
                 g_str_equal (limit, "velocity"),
          "worst-moments: %s", text);
  }
  g_strfreev (words);
  CHECK (m.summary && strstr (m.summary, "6 moments broke a limit"), "%s", m.summary);
out:
  g_free (text);
  g_free (m.summary);
  run_free (r);
}

static void
moments (void)
{
  moments_of ("vinylsafe mode=analyse radius-aware=false" FREE "velocity-limit=10", FALSE);
  moments_of ("vinylsafe radius-aware=false" FREE "velocity-limit=10", TRUE);
}

/* One kind of limit is broken at a time, under its own name; nothing is where nothing breaks. */
static void
kinds (void)
{
  static const struct {
    const gchar *limit, *name;
    gdouble hz, left, right, excess_db;
  } rows[] = { { "velocity-limit=3.5", "velocity", 1000, 1, 1, 6.02 },
    { "slope-limit=0.2", "slope", 1000, 1, 1, 4.42 },
    { "displacement-limit=20", "displacement", 50, 1, 1, 3.96 },
    { "vertical-limit=10", "vertical", 50, 1, -1, 9.98 },
    { "acceleration-limit=400", "acceleration", 10000, 1, 1, 11.72 },
    { "curvature-limit=1", "curvature", 10000, 0, 1, 8.74 },
    { "velocity-limit=8", NULL, 1000, 1, 1, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line =
        g_strdup_printf ("vinylsafe mode=analyse radius-aware=false" FREE "%s", rows[i].limit);
    const gdouble x = pow (10.0, CUT_REFERENCE_DB / 20.0);
    Moments m;
    Run *r = watched (line, &m);
    cut_silence (r, 1.5);
    cut_add (r, rows[i].hz, x * rows[i].left, x * rows[i].right, 0.3, 1.2, 0.3);
    run_all (r, 0);
    CHECK (m.n == (rows[i].name != NULL), "%s: %u moments", line, m.n);
    if (m.n == 1)
      CHECK (g_str_equal (m.moment[0].limit, rows[i].name) &&
                 fabs (m.moment[0].excess - rows[i].excess_db) < 0.12,
          "%s: %s by %.2f dB", line, m.moment[0].limit, m.moment[0].excess);
    else
      CHECK (m.summary && strstr (m.summary, "Nothing breaks a limit"), "%s", m.summary);
    g_free (m.summary);
    run_free (r);
    g_free (line);
  }
}

/* Reported, and not treated: 8 kHz of a wall, against a curvature of 0.5 and of 1. */
static void
warnings (void)
{
  static const gdouble ratio[] = { 0.45, 0.6, 1.2, 0.8 };
  const gdouble speed = cut_speed (60.3);
  Moments m;
  Run *r = watched ("vinylsafe mode=analyse radius-aware=false" FREE
                    "curvature-limit=1 curvature-warning=0.5",
      &m);

  cut_silence (r, 2.0);
  for (guint i = 0; i < G_N_ELEMENTS (ratio); i++) {
    const gdouble wall = ratio[i] * speed * speed / 8e-4 / (2.0 * G_PI * 8000.0);
    const gdouble x = cut_amplitude (8000.0, wall * G_SQRT2);
    cut_add (r, 8000.0, x, 0.0, 0.2 + 0.4 * i, 0.4 + 0.4 * i, 0.02);
  }
  run_all (r, 0);
  CHECK (m.warnings == 3, "%u warnings", m.warnings);
  CHECK (m.n == 1 && g_str_equal (m.moment[0].limit, "curvature") &&
             fabs (m.moment[0].excess - 20.0 * log10 (1.2)) < 0.15,
      "%u moments, the first by %.2f dB", m.n, m.moment[0].excess);
  g_free (m.summary);
  run_free (r);
}

/* Correlation, treatment. */

static void
correlation (void)
{
  static const struct {
    gdouble left[3], right[3]; /* of 60, 90 and 5000 Hz */
    gdouble want;
  } rows[] = { { { .2, 0, 0 }, { .2, 0, 0 }, 1 }, { { .2, 0, 0 }, { -.2, 0, 0 }, -1 },
    { { .2, 0, .4 }, { .1, 0, -.4 }, 1 }, { { .2, 0, 0 }, { 0, .2, 0 }, 0 },
    { { .2, .1, 0 }, { .2, -.1, 0 }, .6 }, { { .2, .2, .5 }, { .2, -.1, .5 }, .316228 } };
  static const gdouble hz[] = { 60, 90, 5000 };

  for (guint k = 0; k < 2 * G_N_ELEMENTS (rows); k++) {
    const guint i = k / 2;
    Run *r = run_new (k % 2 ? PROTECT : ANALYSE, RATE, 2, NULL);
    cut_silence (r, 3.0);
    for (guint c = 0; c < 3; c++)
      cut_add (r, hz[c], rows[i].left[c], rows[i].right[c], 0.0, 3.0, 0.05);
    run_all (r, 0);
    CHECK (fabs (cut_get (r, "bass-correlation") - rows[i].want) < 0.01,
        "row %u: %.4f, not %.2f", i, cut_get (r, "bass-correlation"), rows[i].want);
    run_free (r);
  }
}

/* What filters take of a tone in each band; cut-level isn't any treatment. */
static void
treatment (void)
{
  static const gdouble hz[] = { 80, 1000, 10000 };
  static const struct {
    const gchar *more;
    gdouble right;   /* of the lowest tone, of 1 on the left */
    gdouble want[3]; /* NAN: nothing is there */
  } rows[] = { { "", -1, { 0, 0, 0 } }, { "bass-mono-frequency=150", -1, { 6.55, 0, 0 } },
    { "bass-mono-frequency=150", 1, { 0, 0, 0 } },
    { "highpass-frequency=80 cut-level=-3", 1, { 3.01, 0, 0 } },
    { "lowpass-frequency=1000", 1, { 0, 3.01, 40 } },
    { "lowpass-frequency=10000 cut-level=-6", 1, { 0, 0, 3.01 } },
    { "lowpass-frequency=10000 treble-limiter-frequency=12000", 1, { 0, 1.2494, NAN } } };
  static const gchar *const names[] = { "treatment-bass", "treatment-mid", "treatment-treble" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line = g_strdup_printf ("%s" FREE OPEN "%s", PROTECT, rows[i].more);
    Run *r = run_new (line, RATE, 2, NULL);
    cut_silence (r, 3.0);
    for (guint b = 0; b < 3; b++)
      cut_add (r, hz[b], .05, b ? .05 : .05 * rows[i].right, 0.0, 9.0, 0.05);
    run_all (r, 0);
    for (guint b = 0; b < 3; b++)
      CHECK (isnan (rows[i].want[b]) || fabs (cut_get (r, names[b]) - rows[i].want[b]) < 0.1,
          "%s: %s is %.3f dB, not %g", rows[i].more, names[b], cut_get (r, names[b]),
          rows[i].want[b]);
    run_free (r);
    g_free (line);
  }
}

static void
levels (void)
{
  Run *r = heard (PROTECT "cut-level=-4.5", RATE, 2, 1000, .1, .1);

  CHECK_NEAR (cut_get (r, "applied-cut-level"), -4.5, 1e-4, "applied-cut-level");
  run_free (r);
  r = heard ("vinylsafe cut-level=3 mode=analyse radius-aware=false", RATE, 2, 1000, .1, .1);
  CHECK_NEAR (
      run_figure (r, "applied-cut-level"), 3, 1e-4, "applied-cut-level, in the message");
  CHECK_NEAR (run_figure (r, "velocity-peak"), cut_get (r, "velocity-peak"), 1e-6,
      "velocity-peak, in the message");
  run_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "vinyl_limits.csv", table },
    { "channels, references, level", scaled }, { "as cut", as_cut },
    { "moments that break a limit", moments }, { "each limit has its name", kinds },
    { "warnings of curvature", warnings }, { "bass correlation", correlation },
    { "what is taken away", treatment }, { "applied-cut-level", levels }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
