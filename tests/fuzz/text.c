/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Texts of automation (first byte a) and of presets (any other). Taken or refused, always: what is
 * refused has an error that points into the text; what is taken stays within its ranges; a preset
 * saved reads back. */

#include "dummy.h"
#include "fuzz.h"
#include "lqautomation.h"
#include "lqpreset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const fuzz_seeds[] = {
  "aa-level linear 0:-60 2:0 30:0 33:-60; b-level smooth 0:-1 16:-1 33:1",
  "a# fades\na-level smooth 0:-120 1.5:24 2:24 3:-6\na-on step 0:false 1:true\n",
  "aa-shape step 0:soft 1:hard 2:24 3:1;a-frequency linear 0:20 600:20000; a-count linear 0:0 "
  "9:100",
  "ainterval step 0:1000000 1:3600000000000; b-frequency smooth 1:100",
  "p# mine\na-level=-6.5\na-shape=hard\na-on=true\n\nb-frequency = 1e3 # comment\nb-count=7\n",
  "pb-shape=24\r\na-voices=16\r\ninterval=3600000000000\r\nb-on=no",
  NULL,
};

unsigned long fuzz_accepted;

const char *const *
fuzz_words (void)
{
  static const gchar *const more[] = { "step", "linear", "smooth", "soft", "hard", "true",
    "false", ";", "\n", "#", ":", "=", "\xc3\xa4", "\xe2\x80\xa6 " };
  static const char **words;
  guint n = 0;

  if (words)
    return words;
  words = g_new0 (const char *, lq_param_table_size (dummy_table ()) + G_N_ELEMENTS (more) + 1);
  for (; n < lq_param_table_size (dummy_table ()); n++)
    words[n] = lq_param_table_nth (dummy_table (), n)->pspec->name;
  memcpy (words + n, more, sizeof more);
  return words;
}

static void
require (gboolean condition, const gchar *what, const gchar *text, const gchar *detail)
{
  gchar *escaped;

  if (condition)
    return;
  escaped = g_strescape (text, NULL);
  fprintf (stderr, "%s: %s\ntext: \"%s\"\n", what, detail, escaped);
  abort ();
}

/* The error's line and column lie in the text, or just behind a line's end. */
static void
check_error (const GError *error, const gchar *text)
{
  unsigned line = 0, column = 0;
  gchar **lines;
  gsize width = 0;

  require (error != NULL, "refused without an error", text, "");
  require (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS), "code",
      text, error->message);
  require (sscanf (error->message, "fuzz, line %u, column %u: ", &line, &column) == 2,
      "no line and column", text, error->message);
  require (g_utf8_validate (error->message, -1, NULL), "message isn't UTF-8", text, "");
  lines = g_strsplit (text, "\n", -1);
  require (line >= 1 && line <= MAX (1, g_strv_length (lines)), "line", text, error->message);
  for (const gchar *p = lines[line - 1]; p && *p; p++)
    width += ((guchar)*p & 0xc0) != 0x80;
  require (column >= 1 && column <= width + 1, "column", text, error->message);
  g_strfreev (lines);
}

static void
check_values (Dummy *dummy, const gchar *text)
{
  for (guint i = 0; i < lq_param_table_size (dummy_table ()); i++) {
    const LqParamInfo *info = lq_param_table_nth (dummy_table (), i);
    const gdouble value = lq_params_get_number (&dummy->params, info->id);
    if (info->row->type == LQ_STRING)
      continue;
    require (value >= info->row->min && value <= info->row->max, "out of range", text,
        info->pspec->name);
    if (info->row->type != LQ_FLOAT)
      require (value == rint (value), "not whole", text, info->pspec->name);
    if (info->row->type == LQ_ENUM)
      require (lq_enum_item (info->row->items, (gint)value) != NULL, "no such item", text,
          info->pspec->name);
  }
}

static void
check_automation (const gchar *text)
{
  static const gdouble times[] = { 0.0, 0.5, 1.0, 1.25, 2.0, 3.0, 16.0, 32.9, 0.1, 1e9 };
  GError *error = NULL;
  LqAutomation *automation =
      lq_automation_new (dummy_table (), &(LqText){ "fuzz", text }, &error);
  Dummy *dummy = dummy_new ();

  if (!automation)
    check_error (error, text);
  for (guint i = 0; automation && i < G_N_ELEMENTS (times); i++) {
    lq_automation_apply (automation, &dummy->params, times[i]);
    check_values (dummy, text);
  }
  fuzz_accepted += automation != NULL;
  lq_automation_free (automation);
  g_clear_error (&error);
  g_object_unref (dummy);
}

static LqPreset *
apply_preset (const gchar *text, Dummy *dummy, GError **error)
{
  LqPreset *preset = lq_preset_new (dummy_table (), &(LqText){ "fuzz", text }, error);

  if (preset)
    lq_preset_apply (preset, &dummy->params, TRUE, NULL, NULL, NULL);
  return preset;
}

static void
check_preset (const gchar *text)
{
  Dummy *first = dummy_new (), *second = dummy_new ();
  GError *error = NULL;
  LqPreset *preset = apply_preset (text, first, &error), *again;
  gchar *saved = lq_preset_to_text (&first->params, NULL), *saved_again;

  if (!preset)
    check_error (error, text);
  g_clear_error (&error);
  check_values (first, text);
  again = apply_preset (saved, second, &error);
  require (again != NULL, "saved, but not read", text, saved);
  saved_again = lq_preset_to_text (&second->params, NULL);
  require (strcmp (saved, saved_again) == 0, "saved twice", text, saved);
  fuzz_accepted += preset != NULL;
  lq_preset_free (preset);
  lq_preset_free (again);
  g_free (saved);
  g_free (saved_again);
  g_object_unref (first);
  g_object_unref (second);
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  g_log_set_always_fatal (
      (GLogLevelFlags)(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING));
  return 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  gchar *text;

  if (!size)
    return 0;
  text = g_strndup ((const gchar *)data + 1, size - 1);
  if (data[0] == 'a')
    check_automation (text);
  else
    check_preset (text);
  g_free (text);
  return 0;
}
