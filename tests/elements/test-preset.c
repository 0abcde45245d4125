/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Presets: who may overwrite what, errors that say where, saving and reading back. */

#include "dummy.h"
#include "lqpreset.h"
#include "lqtest.h"
#include "signals.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Aids */

static LqPreset *
compile (const gchar *text)
{
  GError *error = NULL;
  LqPreset *preset = lq_preset_new (dummy_table (), &(LqText){ "test", text }, &error);

  CHECK (preset, "%s", error ? error->message : "no error set");
  g_clear_error (&error);
  return preset;
}

static void
apply (Dummy *dummy, const gchar *text, gboolean keep_explicit)
{
  LqPreset *preset = compile (text);

  if (preset)
    lq_preset_apply (preset, &dummy->params, keep_explicit, NULL, NULL, NULL);
  lq_preset_free (preset);
}

static void
check_value (
    Dummy *dummy, const gchar *property, gdouble expected, LqOrigin origin, const gchar *when)
{
  const guint id = dummy_id (property);
  const gdouble value = lq_params_get_number (&dummy->params, id);

  CHECK (value == expected, "%s: %s is %g, expected %g", when, property, value, expected);
  CHECK (lq_params_origin (&dummy->params, id) == origin, "%s: %s has origin %d, expected %d",
      when, property, lq_params_origin (&dummy->params, id), origin);
}

/* Cases */

static void
every_type (void)
{
  Dummy *dummy = dummy_new ();

  apply (dummy,
      "# a comment\r\n\r\n  a-level = -6.5  # half\n\ta-shape=hard\nb-shape=24\na-on=yes\n"
      "a-count=7\na-voices=16\ninterval=3600000000000\nb-frequency=1e3",
      FALSE);
  check_value (dummy, "a-level", -6.5, LQ_ORIGIN_PRESET, "double");
  check_value (dummy, "a-shape", 1.0, LQ_ORIGIN_PRESET, "nick");
  check_value (dummy, "b-shape", 24.0, LQ_ORIGIN_PRESET, "number's nick");
  check_value (dummy, "a-on", 1.0, LQ_ORIGIN_PRESET, "bool");
  check_value (dummy, "a-count", 7.0, LQ_ORIGIN_PRESET, "count");
  check_value (dummy, "a-voices", 16.0, LQ_ORIGIN_PRESET, "from the next start");
  check_value (dummy, "interval", 3.6e12, LQ_ORIGIN_PRESET, "64 bits");
  check_value (dummy, "b-frequency", 1000.0, LQ_ORIGIN_PRESET, "exponent");
  check_value (dummy, "b-level", 0.0, LQ_ORIGIN_DEFAULT, "not named");
  g_object_unref (dummy);
}

static void
returns_what_it_wrote (void)
{
  Dummy *dummy = dummy_new ();

  apply (dummy, "a-level=-6\na-count=9\nb-frequency=50\nb-on=true", FALSE);
  g_object_set (dummy, "a-count", 11, NULL);
  apply (dummy, "a-level=-3\nb-level=3", FALSE);
  check_value (dummy, "a-level", -3.0, LQ_ORIGIN_PRESET, "written again");
  check_value (dummy, "b-level", 3.0, LQ_ORIGIN_PRESET, "written");
  check_value (dummy, "a-count", 11.0, LQ_ORIGIN_EXPLICIT, "set since");
  check_value (dummy, "b-frequency", 2000.0, LQ_ORIGIN_DEFAULT, "back, to the place's default");
  check_value (dummy, "b-on", 0.0, LQ_ORIGIN_DEFAULT, "back");
  apply (dummy, "", FALSE);
  check_value (dummy, "a-level", 0.0, LQ_ORIGIN_DEFAULT, "no preset");
  check_value (dummy, "a-count", 11.0, LQ_ORIGIN_EXPLICIT, "no preset, set");
  g_object_unref (dummy);
}

static void
explicit_values (void)
{
  Dummy *dummy = dummy_new ();

  g_object_set (dummy, "a-level", -20.0, "a-on", FALSE, NULL);
  apply (dummy, "a-level=-6\na-on=true\nb-level=-6", TRUE);
  check_value (dummy, "a-level", -20.0, LQ_ORIGIN_EXPLICIT, "set before");
  check_value (dummy, "a-on", 0.0, LQ_ORIGIN_EXPLICIT, "set before, to its default");
  check_value (dummy, "b-level", -6.0, LQ_ORIGIN_PRESET, "not set");
  g_object_set (dummy, "b-level", -21.0, NULL);
  check_value (dummy, "b-level", -21.0, LQ_ORIGIN_EXPLICIT, "set after");
  apply (dummy, "a-level=-7", FALSE);
  check_value (dummy, "a-level", -7.0, LQ_ORIGIN_PRESET, "while playing");
  check_value (dummy, "b-level", -21.0, LQ_ORIGIN_EXPLICIT, "stays");
  g_object_unref (dummy);
}

/* A selector: a-count implies b-count, ten times as much, unless that was set. */
static void
write_implied (LqParams *params, guint id, gdouble value, gpointer user)
{
  const guint implied = dummy_id ("b-count");

  lq_params_put_number (params, id, value);
  if (id == dummy_id ("a-count") && lq_params_origin (params, implied) != LQ_ORIGIN_EXPLICIT)
    lq_params_put_number (params, implied, 10.0 * value);
}

static guint writes;

static void
write_counted (LqParams *params, guint id, gdouble value, gpointer user)
{
  writes++;
  lq_params_put_number (params, id, value);
}

/* Nothing goes through its default on the way from one preset to the next: it would be heard. */
static void
writes_once (void)
{
  LqPreset *first = compile ("a-level=-6\na-count=5\nb-on=true");
  LqPreset *second = compile ("a-level=-7\na-count=5\nb-level=3");
  Dummy *dummy = dummy_new ();

  lq_preset_apply (first, &dummy->params, FALSE, write_counted, NULL, NULL);
  writes = 0;
  lq_preset_apply (second, &dummy->params, FALSE, write_counted, NULL, NULL);
  CHECK (writes == 4, "%u writes for three lines and one return", writes);
  lq_preset_free (first);
  lq_preset_free (second);
  g_object_unref (dummy);
}

static void
note_id (guint id, gpointer user)
{
  GString *seen = user;

  g_string_append_printf (
      seen, "%s ", lq_param_table_nth (dummy_table (), id - 1)->pspec->name);
}

static void
apply_noted (Dummy *dummy, const gchar *text, const gchar *expected)
{
  LqPreset *preset = compile (text);
  GString *seen = g_string_new (NULL);

  lq_preset_apply (preset, &dummy->params, FALSE, write_implied, note_id, seen);
  CHECK (strcmp (seen->str, expected) == 0, "notified: %s; expected: %s", seen->str, expected);
  g_string_free (seen, TRUE);
  lq_preset_free (preset);
}

static void
implied_and_notified (void)
{
  Dummy *dummy = dummy_new ();

  apply_noted (dummy, "a-count=5\na-level=0", "a-count b-count ");
  check_value (dummy, "b-count", 50.0, LQ_ORIGIN_DEFAULT, "implied");
  apply_noted (dummy, "a-count=5\na-level=1", "a-level ");
  apply_noted (dummy, "a-count=6\nb-count=7", "a-level a-count b-count ");
  check_value (dummy, "b-count", 7.0, LQ_ORIGIN_PRESET, "the later line");
  apply_noted (dummy, "", "a-count b-count ");
  check_value (dummy, "a-count", 3.0, LQ_ORIGIN_DEFAULT, "returned");
  g_object_unref (dummy);
}

static const struct {
  const gchar *text;
  guint line, column;
  const gchar *says;
} mistakes[] = {
  { "a-levle=0", 1, 1, "did you mean `a-level`?" },
  { "a-level=0\n\n  # x\n quite-another=1", 4, 2, "no property `quite-another`" },
  { "a-level", 1, 1, "property=value" },
  { " = 3", 1, 2, "property=value" },
  { "a-level=", 1, 9, "-120 to 24 dB" },
  { "a-level = -121", 1, 11, "not `-121`" },
  { "a-level=nan", 1, 9, "not `nan`" },
  { "a-level=-inf", 1, 9, "not `-inf`" },
  { "a-level=0x1", 1, 9, "not `0x1`" },
  { "a-level=3,5", 1, 9, "not `3,5`" },
  { "a-level=3 dB", 1, 9, "not `3 dB`" },
  { "a-level==3", 1, 9, "not `=3`" },
  { "a-shape=round", 1, 9, "soft, hard, 24" },
  { "a-on=2", 1, 6, "true or false" },
  { "a-count=-1", 1, 9, "whole numbers" },
  { "a-count=1.5", 1, 9, "whole numbers" },
  { "a-level=1\na-level=2", 2, 1, "a value already" },
  { "peak=0", 1, 1, "only read" },
  { "preset=other", 1, 1, "doesn't belong" },
  { "label=x", 1, 1, "doesn't belong" },
  { "pinned=1", 1, 1, "doesn't belong" },
  { "a-level=0 # \xc3", 1, 13, "UTF-8" },
};

static void
errors_say_where (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    GError *error = NULL;
    LqPreset *preset =
        lq_preset_new (dummy_table (), &(LqText){ "x.preset", mistakes[i].text }, &error);
    gchar *where = g_strdup_printf (
        "x.preset, line %u, column %u: ", mistakes[i].line, mistakes[i].column);
    if (CHECK (!preset && error, "no error: %s", mistakes[i].text)) {
      CHECK (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS),
          "code of: %s", error->message);
      CHECK (
          g_str_has_prefix (error->message, where) && strstr (error->message, mistakes[i].says),
          "%s\n# for: %s\n# expected: %s… %s", error->message, mistakes[i].text, where,
          mistakes[i].says);
    }
    lq_preset_free (preset);
    g_clear_error (&error);
    g_free (where);
  }
}

static void
load_fails (const gchar *factory, const gchar *name, gint code, const gchar *says)
{
  LqPreset *preset = NULL;
  GError *error = NULL;

  CHECK (!lq_preset_load (factory, name, dummy_table (), &preset, &error), "loads %s", name);
  CHECK (!preset, "a preset in spite of the error");
  if (CHECK (error, "no error for %s", name))
    CHECK (g_error_matches (error, GST_RESOURCE_ERROR, code) && strstr (error->message, says),
        "%s; expected %s", error->message, says);
  g_clear_error (&error);
}

static void
names (void)
{
  gchar **known = lq_preset_names ("loudnessnorm"), **none = lq_preset_names ("nonesuch");
  gchar **strip = lq_preset_names ("channelstrip");
  gchar *word = g_strnfill (100000, 'x');
  LqPreset *preset = NULL;

  CHECK (g_strv_contains ((const gchar *const *)known, "measure-only"), "measure-only");
  CHECK (g_strv_length (strip) >= 4 && strcmp (strip[0], strip[1]) < 0, "not in order");
  CHECK (none && !none[0], "presets of an unknown element");
  load_fails ("loudnessnorm", "measure-onyl", GST_RESOURCE_ERROR_NOT_FOUND,
      "did you mean `measure-only`?");
  load_fails (
      "loudnessnorm", "quite-another", GST_RESOURCE_ERROR_NOT_FOUND, "There are audiobook, ");
  load_fails ("nonesuch", "x", GST_RESOURCE_ERROR_NOT_FOUND, "There are none");
  load_fails ("loudnessnorm", "..", GST_RESOURCE_ERROR_NOT_FOUND, "`..`");
  load_fails ("loudnessnorm", "\xff\xfe", GST_RESOURCE_ERROR_NOT_FOUND, "no preset");
  load_fails ("loudnessnorm", word, GST_RESOURCE_ERROR_NOT_FOUND, "xxx…`");
  /* The dummy has no property `mode`: a factory preset is checked as any other. */
  load_fails ("loudnessnorm", "measure-only", GST_RESOURCE_ERROR_SETTINGS,
      "preset measure-only, line 2, column 1: ");
  CHECK (lq_preset_load ("loudnessnorm", NULL, dummy_table (), &preset, NULL), "no name");
  lq_preset_free (preset);
  CHECK (lq_preset_load ("loudnessnorm", "", dummy_table (), &preset, NULL), "empty name");
  lq_preset_free (preset);
  g_strfreev (known);
  g_strfreev (strip);
  g_strfreev (none);
  g_free (word);
}

static void
files (void)
{
  gchar *folder = g_dir_make_tmp ("lacquer-test-XXXXXX", NULL);
  gchar *path = g_build_filename (folder, "mine", NULL);
  gchar *large = g_strnfill (LQ_PRESET_LIMIT + 1, '\n');
  Dummy *dummy = dummy_new ();
  LqPreset *preset = NULL;
  GError *error = NULL;

  load_fails ("x", path, GST_RESOURCE_ERROR_NOT_FOUND, path);
  load_fails ("x", "gone.preset", GST_RESOURCE_ERROR_NOT_FOUND, "gone.preset");
  load_fails ("x", folder, GST_RESOURCE_ERROR_OPEN_READ, "not a regular file");
  g_file_set_contents (path,
      "\xef\xbb\xbf"
      "a-level=-9\r\n",
      -1, NULL);
  CHECK (lq_preset_load ("x", path, dummy_table (), &preset, &error), "%s",
      error ? error->message : "?");
  if (preset)
    lq_preset_apply (preset, &dummy->params, TRUE, NULL, NULL, NULL);
  check_value (dummy, "a-level", -9.0, LQ_ORIGIN_PRESET, "from a file");
  lq_preset_free (preset);
  g_file_set_contents (path, "a-level=-9\na-level=", -1, NULL);
  load_fails ("x", path, GST_RESOURCE_ERROR_SETTINGS, "mine, line 2, column 1");
  g_file_set_contents (path, large, (gssize)LQ_PRESET_LIMIT + 1, NULL);
  load_fails ("x", path, GST_RESOURCE_ERROR_SETTINGS, "larger than 256 KiB");
  g_file_set_contents (path, "a-level=1\n\0", 11, NULL);
  load_fails ("x", path, GST_RESOURCE_ERROR_SETTINGS, "line 2, column 1: a zero byte");
  CHECK (!lq_preset_save (&dummy->params, "/nowhere/at/all", NULL, &error), "saves to nowhere");
  CHECK (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE), "%s",
      error ? error->message : "no error");
  g_clear_error (&error);
  g_unlink (path);
  g_rmdir (folder);
  g_object_unref (dummy);
  g_free (large);
  g_free (path);
  g_free (folder);
}

/* Sets every property that a preset may hold to something, and tells what. */
static void
randomise (Dummy *dummy, lqs_random *r)
{
  for (guint i = 0; i < lq_param_table_size (dummy_table ()); i++) {
    const LqParamInfo *info = lq_param_table_nth (dummy_table (), i);
    const struct lq_param *row = info->row;
    const gdouble unit = 0.5 + 0.5 * lqs_uniform (r);
    gdouble value = row->min + unit * (row->max - row->min);
    if (row->type == LQ_STRING || (row->flags & (LQ_READONLY | LQ_NO_PRESET)) ||
        lqs_range (r, 0, 2) == 0)
      continue;
    if (row->type == LQ_ENUM)
      value = row->items->items[lqs_range (r, 0, 2)].value;
    else if (row->type != LQ_FLOAT)
      value = rint (value);
    lq_params_put_number (&dummy->params, info->id, value);
  }
}

static void
round_trip (void)
{
  gchar *folder = g_dir_make_tmp ("lacquer-test-XXXXXX", NULL);
  gchar *path = g_build_filename (folder, "saved.preset", NULL);
  lqs_random r = { 42 };

  for (guint k = 0; k < 300; k++) {
    Dummy *first = dummy_new (), *second = dummy_new ();
    LqPreset *preset = NULL;
    GError *error = NULL;
    randomise (first, &r);
    if (k % 30 == 0) {
      CHECK (lq_preset_save (&first->params, path, "mine\nsecond line", &error), "save");
      CHECK (lq_preset_load ("x", path, dummy_table (), &preset, &error), "load: %s",
          error ? error->message : "?");
    } else {
      gchar *text = lq_preset_to_text (&first->params, NULL);
      preset = compile (text);
      g_free (text);
    }
    lq_preset_apply (preset, &second->params, TRUE, NULL, NULL, NULL);
    for (guint id = 1; id <= lq_param_table_size (dummy_table ()); id++)
      CHECK (lq_params_get_number (&first->params, id) ==
                 lq_params_get_number (&second->params, id),
          "%s: %.17g reads back as %.17g",
          lq_param_table_nth (dummy_table (), id - 1)->pspec->name,
          lq_params_get_number (&first->params, id),
          lq_params_get_number (&second->params, id));
    lq_preset_free (preset);
    g_clear_error (&error);
    g_object_unref (first);
    g_object_unref (second);
  }
  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
  g_free (folder);
}

static void
saves_what_differs (void)
{
  Dummy *dummy = dummy_new ();
  gchar *text = lq_preset_to_text (&dummy->params, NULL);

  CHECK (strcmp (text, "") == 0, "defaults: %s", text);
  g_free (text);
  apply (dummy, "b-level=2.5\na-shape=24", FALSE);
  g_object_set (dummy, "a-level", -120.0, "a-on", TRUE, "label", "x", "pinned", 0.25,
      "b-frequency", 2000.0, NULL);
  text = lq_preset_to_text (&dummy->params, "about");
  CHECK (strcmp (text, "# about\na-level=-120\na-shape=24\na-on=true\nb-level=2.5\n") == 0,
      "%s", text);
  g_free (text);
  g_object_unref (dummy);
}

static const lqt_case cases[] = {
  { "values of every type", every_type },
  { "a preset returns what the one before it wrote, not what was set", returns_what_it_wrote },
  { "before READY nothing set explicitly is overwritten", explicit_values },
  { "implied values go with it, and what changed is notified", implied_and_notified },
  { "one write a value", writes_once },
  { "a mistake is told with line and column", errors_say_where },
  { "names: known, unknown, odd", names },
  { "files: missing, a folder, huge, broken", files },
  { "saved and loaded again, all is the same", round_trip },
  { "what is at its default isn't saved", saves_what_differs },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  return lqt_main (cases, argc, argv);
}
