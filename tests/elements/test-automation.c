/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Automation: its values are those of GstInterpolationControlSource, its errors say where. */

#include "dummy.h"
#include "lqautomation.h"
#include "lqtest.h"
#include "rtguard.h"
#include "signals.h"

#include <glib/gstdio.h>
#include <gst/controller/gstinterpolationcontrolsource.h>
#include <math.h>
#include <string.h>

/* Aids */

static LqAutomation *
compile (const gchar *text)
{
  const LqText named = { "automation", text };
  GError *error = NULL;
  LqAutomation *automation = lq_automation_new (dummy_table (), &named, &error);

  CHECK (automation, "%s", error ? error->message : "no error set");
  g_clear_error (&error);
  return automation;
}

static gdouble
value_at (LqAutomation *automation, Dummy *dummy, const gchar *property, gdouble seconds)
{
  const LqParamInfo *info = lq_param_table_find (dummy_table (), property);

  lq_automation_apply (automation, &dummy->params, seconds);
  if (info->row->type == LQ_FLOAT)
    return lq_params_get_double (&dummy->params, property);
  return (gdouble)lq_params_get_uint64 (&dummy->params, property);
}

/* Cases */

static void
holds_and_shapes (void)
{
  LqAutomation *automation =
      compile ("a-level linear 1:-60 3:0 5:0; a-frequency step 2:100 4:200\n"
               " ; b-level smooth 0:-1 33:1 # a comment; with a semicolon\n"
               "a-on step 0:false 1.5:yes 2:0;a-shape step 0:hard 1:24 2:soft 3:1;\n#\n"
               "a-count\tstep 0:7 1:100; b-count linear 0:0 10:10; interval step 0:1000000 "
               "1:3600000000000");
  Dummy *dummy = dummy_new ();
  static const struct {
    const gchar *property;
    gdouble seconds, value;
  } truth[] = {
    { "a-level", 0.0, -60.0 },
    { "a-level", 1.0, -60.0 },
    { "a-level", 2.0, -30.0 },
    { "a-level", 3.0, 0.0 },
    { "a-level", 1e9, 0.0 },
    { "a-frequency", 0.0, 100.0 },
    { "a-frequency", 3.999999999, 100.0 },
    { "a-frequency", 4.0, 200.0 },
    { "b-level", 16.5, 0.0 },
    { "b-level", 40.0, 1.0 },
    { "a-on", 1.499, 0.0 },
    { "a-on", 1.5, 1.0 },
    { "a-on", 2.0, 0.0 },
    { "a-shape", 0.5, 1.0 },
    { "a-shape", 1.0, 24.0 },
    { "a-shape", 2.5, 0.0 },
    { "a-shape", 3.5, 1.0 },
    { "a-count", 0.9, 7.0 },
    { "a-count", 1.0, 100.0 },
    { "b-count", 4.4, 4.0 },
    { "b-count", 4.6, 5.0 },
    { "interval", 0.0, 1e6 },
    { "interval", 1.0, 3.6e12 },
  };

  CHECK (lq_automation_size (automation) == 8, "%u curves", lq_automation_size (automation));
  for (guint i = 0; automation && i < G_N_ELEMENTS (truth); i++)
    CHECK_NEAR (value_at (automation, dummy, truth[i].property, truth[i].seconds),
        truth[i].value, 1e-12, truth[i].property);
  lq_automation_free (automation);
  g_object_unref (dummy);
}

#define POINTS_MAX 14

typedef struct {
  guint n;
  GstClockTime times[POINTS_MAX];
  gdouble values[POINTS_MAX];
} Points;

static Points
random_points (lqs_random *r)
{
  Points p = { .n = lqs_range (r, 1, POINTS_MAX) };
  GstClockTime time = lqs_range (r, 0, 3) * GST_SECOND;

  for (guint i = 0; i < p.n; i++) {
    p.times[i] = time;
    p.values[i] =
        i && lqs_range (r, 0, 4) == 0 ? p.values[i - 1] : 72.0 * lqs_uniform (r) - 48.0;
    time += lqs_range (r, 0, 3) ? lqs_range (r, 1000000, 2000000000) : 30 * GST_SECOND;
  }
  return p;
}

static LqAutomation *
compile_points (const Points *p, const gchar *shape)
{
  GString *text = g_string_new ("a-level ");
  LqAutomation *automation;

  g_string_append (text, shape);
  for (guint i = 0; i < p->n; i++) {
    gchar *value = lq_text_from_double (p->values[i]);
    g_string_append_printf (text, " %" G_GUINT64_FORMAT ".%09u:%s", p->times[i] / GST_SECOND,
        (guint)(p->times[i] % GST_SECOND), value);
    g_free (value);
  }
  automation = compile (text->str);
  g_string_free (text, TRUE);
  return automation;
}

static GstControlSource *
control_source (const Points *p, GstInterpolationMode mode)
{
  GstControlSource *source = gst_interpolation_control_source_new ();

  g_object_set (source, "mode", mode, NULL);
  for (guint i = 0; i < p->n; i++)
    gst_timed_value_control_source_set (
        GST_TIMED_VALUE_CONTROL_SOURCE (source), p->times[i], p->values[i]);
  return source;
}

/* Times at random, then in steps forward, so that every way of finding the place is gone. */
static void
compare (const Points *p, GstInterpolationMode mode, const gchar *shape, lqs_random *r)
{
  LqAutomation *automation = compile_points (p, shape);
  GstControlSource *source = control_source (p, mode);
  Dummy *dummy = dummy_new ();
  const GstClockTime first = p->times[0], span = p->times[p->n - 1] - first;

  for (guint i = 0; i < 120; i++) {
    const GstClockTime at =
        i < 60 ? first + lqs_next (r) % (span + 1) : first + span / 60 * (i - 60);
    const gdouble ours = value_at (automation, dummy, "a-level", (gdouble)at / 1e9);
    gdouble theirs = NAN;
    CHECK (gst_control_source_get_value (source, at, &theirs), "no value to compare with");
    if (!CHECK_NEAR (ours, theirs, 1e-9 * 120.0, shape))
      break;
  }
  for (guint i = 0; i < p->n; i++)
    CHECK (value_at (automation, dummy, "a-level", (gdouble)p->times[i] / 1e9) == p->values[i],
        "%s: point %u isn't met exactly", shape, i);
  lq_automation_free (automation);
  gst_object_unref (source);
  g_object_unref (dummy);
}

static void
equals_control_source (void)
{
  lqs_random r = { 20240117 };

  for (guint i = 0; i < 400; i++) {
    const Points p = random_points (&r);
    compare (&p, GST_INTERPOLATION_MODE_NONE, "step", &r);
    compare (&p, GST_INTERPOLATION_MODE_LINEAR, "linear", &r);
    compare (&p, GST_INTERPOLATION_MODE_CUBIC_MONOTONIC, "smooth", &r);
  }
}

static void
stays_between_points (void)
{
  lqs_random r = { 99 };
  Dummy *dummy = dummy_new ();

  for (guint k = 0; k < 200; k++) {
    Points p = random_points (&r);
    LqAutomation *automation;
    for (guint i = 0; i < p.n; i++)
      p.values[i] = lqs_range (&r, 0, 1) ? 24.0 : lqs_range (&r, 0, 1) ? -120.0 : p.values[i];
    automation = compile_points (&p, "smooth");
    for (guint i = 0; i + 1 < p.n; i++) {
      const gdouble rises = p.values[i + 1] - p.values[i];
      gdouble last = p.values[i];
      for (guint j = 1; j <= 50; j++) {
        const gdouble at =
            (gdouble)p.times[i] + j / 50.0 * (gdouble)(p.times[i + 1] - p.times[i]);
        const gdouble value = value_at (automation, dummy, "a-level", at / 1e9);
        CHECK (value >= -120.0 && value <= 24.0, "%.17g is out of range", value);
        CHECK ((value - last) * rises >= 0.0 || fabs (value - last) < 1e-9, "turns at %g", at);
        last = value;
      }
    }
    lq_automation_free (automation);
  }
  g_object_unref (dummy);
}

static void
says_what_it_holds (void)
{
  LqAutomation *automation = compile ("a-level smooth 0:-6 1:12 2:3; b-on step 0:0 5:1 6:0");
  gdouble min = 0, max = 0;

  CHECK (lq_automation_names (automation, "a-level"), "a-level");
  CHECK (!lq_automation_names (automation, "b-level"), "b-level");
  CHECK (!lq_automation_names (NULL, "a-level"), "no automation");
  CHECK (lq_automation_range (automation, "a-level", &min, &max) && min == -6 && max == 12,
      "a-level: %g to %g", min, max);
  CHECK (lq_automation_range (automation, "b-on", &min, &max) && min == 0 && max == 1,
      "b-on: %g to %g", min, max);
  CHECK (!lq_automation_range (automation, "a-on", &min, &max), "a-on");
  CHECK (strcmp (lq_automation_nth (automation, 1)->pspec->name, "b-on") == 0, "second");
  lq_automation_free (automation);
  automation = compile ("  # nothing\n;;\n");
  CHECK (lq_automation_size (automation) == 0, "nothing");
  lq_automation_free (automation);
}

/* Texts with one mistake, and where it is. */
static const struct {
  const gchar *text;
  guint line, column;
  const gchar *says;
} mistakes[] = {
  { "a-levle linear 0:0", 1, 1, "did you mean `a-level`?" },
  { "a-level linear 0:0;\n  quite-another step 0:1", 2, 3, "no property `quite-another`" },
  { "a-level", 1, 8, "has no curve" },
  { "a-level linaer 0:0", 1, 9, "did you mean `linear`?" },
  { "a-level 0:0 1:1", 1, 9, "no curve `0:0`" },
  { "a-level linear", 1, 15, "no points" },
  { "a-level linear; b-level step 0:0", 1, 15, "no points" },
  { "a-level linear 0:-60 -5", 1, 22, "isn't time:value" },
  { "a-level linear 0:-60 :5", 1, 22, "isn't time:value" },
  { "a-level linear 0:-60 5:", 1, 22, "isn't time:value" },
  { "a-level linear 1:0 1:3", 1, 20, "isn't later" },
  { "a-level linear 2:0 1:3", 1, 20, "isn't later" },
  { "a-level linear 1:0 1.0000000001:3", 1, 20, "isn't later" },
  { "a-level linear -1:0", 1, 16, "count from 0" },
  { "a-level linear 1e99:0", 1, 16, "count from 0" },
  { "a-level linear 1e999:0", 1, 16, "count from 0" },
  { "a-level linear nan:0", 1, 16, "no time" },
  { "a-level linear inf:0", 1, 16, "no time" },
  { "a-level linear 0x1:0", 1, 16, "no time" },
  { "a-level linear 1.2.3:0", 1, 16, "no time" },
  { "a-level linear 0:nan", 1, 18, "-120 to 24 dB" },
  { "a-level linear 0:inf", 1, 18, "-120 to 24 dB" },
  { "a-level linear 0:-120.5", 1, 18, "-120 to 24 dB" },
  { "a-level linear 0:24.0001", 1, 18, "-120 to 24 dB" },
  { "a-level linear 0:3:4", 1, 18, "-120 to 24 dB" },
  { "a-level linear 0:0,1:3", 1, 18, "not `0,1:3`" },
  { "a-level linear 0:0; a-level step 0:0", 1, 21, "a curve already" },
  { "a-on linear 0:0 1:1", 1, 6, "`step` alone" },
  { "a-shape smooth 0:0 1:1", 1, 9, "`step` alone" },
  { "a-on step 0:maybe", 1, 13, "true or false" },
  { "a-shape step 0:round", 1, 16, "soft, hard, 24" },
  { "a-shape step 0:2", 1, 16, "soft, hard, 24" },
  { "a-count step 0:1.5", 1, 16, "whole numbers" },
  { "peak step 0:0", 1, 1, "only read" },
  { "label step 0:0", 1, 1, "is a text" },
  { "a-voices step 0:2", 1, 1, "next start" },
  { "# \xc3\xa4\xc3\xb6\n\xc3\xa4 linear 0:0", 2, 1, "no property" },
  { "a-level linear 0:\xc3\xa4 1:0", 1, 18, "not `\xc3\xa4`" },
  { "a-level linear 0:0 # \xff", 1, 22, "UTF-8" },
  { "a-level linear 0:0 # \xc3\xa4 \xff", 1, 24, "UTF-8" },
};

static void
errors_say_where (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    const LqText text = { "automation", mistakes[i].text };
    GError *error = NULL;
    LqAutomation *automation = lq_automation_new (dummy_table (), &text, &error);
    gchar *where = g_strdup_printf (
        "automation, line %u, column %u: ", mistakes[i].line, mistakes[i].column);
    if (CHECK (!automation && error, "no error: %s", mistakes[i].text)) {
      CHECK (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS),
          "code of: %s", error->message);
      CHECK (
          g_str_has_prefix (error->message, where) && strstr (error->message, mistakes[i].says),
          "%s\n# for: %s\n# expected: %s… %s", error->message, mistakes[i].text, where,
          mistakes[i].says);
    }
    lq_automation_free (automation);
    g_clear_error (&error);
    g_free (where);
  }
}

static void
load_fails (const gchar *automation, const gchar *location, gint code, const gchar *says)
{
  GError *error = NULL;
  LqAutomation *loaded = lq_automation_load (dummy_table (), automation, location, &error);

  if (CHECK (!loaded && error, "no error; expected %s", says))
    CHECK (g_error_matches (error, GST_RESOURCE_ERROR, code) && strstr (error->message, says),
        "%s; expected %s", error->message, says);
  lq_automation_free (loaded);
  g_clear_error (&error);
}

static void
files (void)
{
  gchar *path = NULL;
  const gint fd = g_file_open_tmp ("lacquer-test-XXXXXX", &path, NULL);
  gchar *large = g_strnfill (LQ_AUTOMATION_LIMIT + 1, ' ');
  Dummy *dummy = dummy_new ();
  LqAutomation *loaded;
  GError *error = NULL;

  g_close (fd, NULL);
  g_file_set_contents (path,
      "\xef\xbb\xbf# fades\r\na-level linear 0:-60 2:0 # in\r\n\r\nb-level step 0:3\r\n", -1,
      NULL);
  loaded = lq_automation_load (dummy_table (), "b-level step 0:-3;", path, &error);
  if (CHECK (loaded, "%s", error ? error->message : "?")) {
    CHECK (lq_automation_size (loaded) == 2, "%u curves", lq_automation_size (loaded));
    CHECK_NEAR (value_at (loaded, dummy, "a-level", 1.0), -30.0, 1e-12, "from the file");
    CHECK_NEAR (value_at (loaded, dummy, "b-level", 1.0), -3.0, 0.0, "automation wins");
  }
  lq_automation_free (loaded);
  loaded = lq_automation_load (dummy_table (), NULL, "", &error);
  CHECK (loaded && lq_automation_size (loaded) == 0, "neither says anything");
  lq_automation_free (loaded);
  load_fails ("a-level", path, GST_RESOURCE_ERROR_SETTINGS, "automation, line 1, column 8");
  g_file_set_contents (path, "# one\n a-level linear 0:nan", -1, NULL);
  load_fails ("", path, GST_RESOURCE_ERROR_SETTINGS, "line 2, column 19");
  load_fails ("", path, GST_RESOURCE_ERROR_SETTINGS, path);
  g_file_set_contents (path, large, (gssize)LQ_AUTOMATION_LIMIT + 1, NULL);
  load_fails ("", path, GST_RESOURCE_ERROR_SETTINGS, "larger than 4096 KiB");
  g_file_set_contents (path, "a-level step 0:0\n\0x", 19, NULL);
  load_fails ("", path, GST_RESOURCE_ERROR_SETTINGS, "line 2, column 1: a zero byte");
  g_unlink (path);
  load_fails ("", path, GST_RESOURCE_ERROR_NOT_FOUND, path);
  load_fails ("", "/", GST_RESOURCE_ERROR_OPEN_READ, "not a regular file");
  g_object_unref (dummy);
  g_free (large);
  g_free (path);
}

/* A hundred thousand points: compiled and read in no time, at any place. */
static void
many_points (void)
{
  const guint n = 100000;
  GString *text = g_string_new ("a-level linear");
  Dummy *dummy = dummy_new ();
  LqAutomation *automation;
  lqs_random r = { 5 };

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, " %u.%u:%d", i / 10, i % 10, -(int)(i * 7919 % 120));
  automation = compile (text->str);
  for (guint i = 0; automation && i < 20000; i++) {
    const guint at = lqs_range (&r, 0, n - 1);
    if (!CHECK_NEAR (value_at (automation, dummy, "a-level", at / 10.0),
            -(gdouble)(at * 7919 % 120), 1e-9, "a point"))
      break;
  }
  lq_automation_free (automation);
  g_string_free (text, TRUE);
  g_object_unref (dummy);
}

static void
real_time (void)
{
  static const gdouble odd[] = { 0.0, -1.0, 1e300, INFINITY, -INFINITY, NAN, 2.0 };
  LqAutomation *automation = compile (
      "a-level smooth 0:-6 1:12 2:3 7:0; b-level linear 1:0 2:1 3:24; a-on step 0:0 5:1 6:0");
  Dummy *dummy = dummy_new ();
  const gchar *name = "";
  guint generation, calls;

  rtguard_arm ();
  for (guint i = 0; i < 1000; i++)
    lq_automation_apply (automation, &dummy->params, i * 0.01);
  for (guint i = 0; i < 1000; i++)
    lq_automation_apply (automation, &dummy->params, (i * 7919 % 1000) * 0.01);
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    lq_automation_apply (automation, &dummy->params, odd[i]);
  calls = rtguard_disarm (&name);
  CHECK (calls == 0, "%u calls, the first of %s", calls, name);
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    const gdouble value = value_at (automation, dummy, "a-level", odd[i]);
    CHECK (value >= -120.0 && value <= 24.0, "%g s gives %g", odd[i], value);
  }
  lq_automation_apply (automation, &dummy->params, 100.0);
  generation = lq_params_generation (&dummy->params);
  lq_automation_apply (automation, &dummy->params, 101.0);
  CHECK (lq_params_generation (&dummy->params) == generation, "moves where nothing does");
  rtguard_arm ();
  g_free (g_malloc (1));
  CHECK (rtguard_disarm (&name) == 2, "the guard is blind");
  lq_automation_free (automation);
  g_object_unref (dummy);
}

static const lqt_case cases[] = {
  { "shapes, values of every type, held before and after", holds_and_shapes },
  { "the values of GstInterpolationControlSource", equals_control_source },
  { "smooth is monotonic between its points", stays_between_points },
  { "says which properties it names, and how far they go", says_what_it_holds },
  { "a mistake is told with line and column", errors_say_where },
  { "files: comments, precedence, missing, huge, not a text", files },
  { "a hundred thousand points", many_points },
  { "applying allocates nothing and takes no lock; odd times are harmless", real_time },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  return lqt_main (cases, argc, argv);
}
