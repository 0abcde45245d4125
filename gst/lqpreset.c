/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: settings under a name.
 *
 *   GResource or file ─→ text ─→ (property, value) … ─→ LqParams, origin PRESET
 */

#include "lqpreset.h"
#include "lqpresets-resource.h"

#include <string.h>

#define FOLDER "/lacquer/presets/"
#define SUFFIX ".preset"

typedef struct {
  const LqParamInfo *info;
  gdouble value;
} LqPresetLine;

struct _LqPreset {
  GArray *lines; /* LqPresetLine */
};

/* Reading */

static gboolean
lq_preset_has (const LqPreset *preset, guint id)
{
  for (guint i = 0; i < preset->lines->len; i++)
    if (g_array_index (preset->lines, LqPresetLine, i).info->id == id)
      return TRUE;
  return FALSE;
}

static gboolean
lq_preset_may_hold (const LqParamInfo *info)
{
  return info->row->type != LQ_STRING && !(info->row->flags & (LQ_READONLY | LQ_NO_PRESET));
}

/* Ends of a line's part, blanks taken off. */
static void
lq_trim (const gchar **at, const gchar **end)
{
  while (*at < *end && g_ascii_isspace (**at))
    ++*at;
  while (*at < *end && g_ascii_isspace ((*end)[-1]))
    --*end;
}

static gboolean
lq_preset_read_value (LqPreset *preset, const LqText *text, const LqParamInfo *info,
    const gchar *at, const gchar *end, GError **error)
{
  LqPresetLine line = { info, 0.0 };

  lq_trim (&at, &end);
  if (!lq_text_number (text, at, (gsize)(end - at), info, &line.value, error))
    return FALSE;
  g_array_append_val (preset->lines, line);
  return TRUE;
}

/* From `at` to `end`: one line without its comment. */
static gboolean
lq_preset_read_line (LqPreset *preset, const LqText *text, const LqParamTable *table,
    const gchar *at, const gchar *end, GError **error)
{
  const gchar *equals, *name_end;
  const LqParamInfo *info;

  lq_trim (&at, &end);
  if (at == end)
    return TRUE;
  equals = name_end = memchr (at, '=', (gsize)(end - at));
  if (!equals || equals == at)
    return lq_text_error (text, at, error, "a line of a preset is property=value");
  lq_trim (&at, &name_end);
  info = lq_text_property (text, at, (gsize)(name_end - at), table, error);
  if (!info)
    return FALSE;
  if (!lq_preset_may_hold (info))
    return lq_text_error (text, at, error, "`%s` %s", info->pspec->name,
        info->row->flags & LQ_READONLY ? "is only read: nothing can be written to it"
                                       : "doesn't belong into a preset");
  if (lq_preset_has (preset, info->id))
    return lq_text_error (text, at, error, "`%s` has a value already", info->pspec->name);
  return lq_preset_read_value (preset, text, info, equals + 1, end, error);
}

LqPreset *
lq_preset_new (const LqParamTable *table, const LqText *text, GError **error)
{
  const gchar *at = text->text, *const stop = at + strlen (at);
  LqPreset *preset;

  if (!lq_text_check (text, error))
    return NULL;
  preset = g_new0 (LqPreset, 1);
  preset->lines = g_array_new (FALSE, FALSE, sizeof (LqPresetLine));
  while (at < stop) {
    const gchar *newline = memchr (at, '\n', (gsize)(stop - at));
    const gchar *end = newline ? newline : stop;
    const gchar *comment = memchr (at, '#', (gsize)(end - at));
    if (!lq_preset_read_line (preset, text, table, at, comment ? comment : end, error)) {
      lq_preset_free (preset);
      return NULL;
    }
    at = end < stop ? end + 1 : stop;
  }
  return preset;
}

void
lq_preset_free (LqPreset *preset)
{
  if (!preset)
    return;
  g_array_unref (preset->lines);
  g_free (preset);
}

/* Finding */

static GResource *
lq_preset_resource (void)
{
  static gsize done;

  if (g_once_init_enter (&done)) {
    lq_presets_register_resource ();
    g_once_init_leave (&done, 1);
  }
  return lq_presets_get_resource ();
}

static gint
lq_compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar *const *)a, *(const gchar *const *)b);
}

gchar **
lq_preset_names (const gchar *factory)
{
  gchar *folder = g_strconcat (FOLDER, factory, NULL);
  gchar **names = g_resource_enumerate_children (
      lq_preset_resource (), folder, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  g_free (folder);
  if (!names)
    return g_new0 (gchar *, 1);
  for (gchar **name = names; *name; name++)
    if (g_str_has_suffix (*name, SUFFIX))
      (*name)[strlen (*name) - strlen (SUFFIX)] = '\0';
  qsort (names, g_strv_length (names), sizeof *names, lq_compare_names);
  return names;
}

static gboolean
lq_preset_unknown (const gchar *factory, const gchar *name, GError **error)
{
  gchar **names = lq_preset_names (factory);
  gchar *list = g_strjoinv (", ", names);
  gchar *shown = g_utf8_make_valid (name, -1);
  gchar *quoted = lq_text_quote (shown, strlen (shown));
  const gchar *closest = lq_text_closest (name, (const gchar *const *)names);

  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "%s has no preset `%s`%s%s%s. %s%s; a file's name has a / or ends in " SUFFIX, factory,
      quoted, closest ? "; did you mean `" : "", closest ? closest : "", closest ? "`?" : "",
      *list ? "There are " : "There are none", list);
  g_free (quoted);
  g_free (shown);
  g_free (list);
  g_strfreev (names);
  return FALSE;
}

static gboolean
lq_preset_load_factory (const gchar *factory, const gchar *name, const LqParamTable *table,
    LqPreset **out, GError **error)
{
  gchar *path = g_strconcat (FOLDER, factory, "/", name, SUFFIX, NULL);
  GBytes *bytes =
      g_resource_lookup_data (lq_preset_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  gchar *content, *shown;
  gsize size;

  g_free (path);
  if (!bytes)
    return lq_preset_unknown (factory, name, error);
  content = g_bytes_unref_to_data (bytes, &size);
  content = g_realloc (content, size + 1);
  content[size] = '\0';
  shown = g_strconcat ("preset ", name, NULL);
  *out = lq_preset_new (table, &(LqText){ shown, content }, error);
  g_free (shown);
  g_free (content);
  return *out != NULL;
}

gboolean
lq_preset_load (const gchar *factory, const gchar *name, const LqParamTable *table,
    LqPreset **out, GError **error)
{
  gchar *content;

  *out = NULL;
  if (!name || !*name) {
    *out = lq_preset_new (table, &(LqText){ "preset", "" }, error);
    return TRUE;
  }
  if (!strchr (name, '/') && !g_str_has_suffix (name, SUFFIX))
    return lq_preset_load_factory (factory, name, table, out, error);
  content = lq_text_load (name, LQ_PRESET_LIMIT, error);
  if (content)
    *out = lq_preset_new (table, &(LqText){ name, content }, error);
  g_free (content);
  return *out != NULL;
}

/* Writing to the store */

static void
lq_preset_put (LqParams *params, guint id, gdouble value, LqOrigin origin, LqPresetWrite write,
    gpointer user)
{
  if (write)
    write (params, id, value, user);
  else
    lq_params_put_number (params, id, value);
  lq_params_set_origin (params, id, origin);
}

/* What an earlier preset wrote, nobody set since and this one doesn't write. */
static void
lq_preset_undo (const LqPreset *preset, LqParams *params, LqPresetWrite write, gpointer user)
{
  for (guint id = 1; id <= lq_param_table_size (params->table); id++) {
    const LqParamInfo *info = lq_param_table_nth (params->table, id - 1);
    if (lq_params_origin (params, id) == LQ_ORIGIN_PRESET && !lq_preset_has (preset, id))
      lq_preset_put (params, id, info->def, LQ_ORIGIN_DEFAULT, write, user);
  }
}

void
lq_preset_apply (const LqPreset *preset, LqParams *params, gboolean keep_explicit,
    LqPresetWrite write, LqPresetNotify notify, gpointer user)
{
  const guint n = lq_param_table_size (params->table);
  gdouble *before = g_new (gdouble, n);

  for (guint i = 0; i < n; i++)
    before[i] = lq_params_get_number (params, i + 1);
  lq_preset_undo (preset, params, write, user);
  for (guint i = 0; i < preset->lines->len; i++) {
    const LqPresetLine *line = &g_array_index (preset->lines, LqPresetLine, i);
    const guint id = line->info->id;
    if (!keep_explicit || lq_params_origin (params, id) != LQ_ORIGIN_EXPLICIT)
      lq_preset_put (params, id, line->value, LQ_ORIGIN_PRESET, write, user);
  }
  for (guint i = 0; notify && i < n; i++)
    if (!(lq_param_table_nth (params->table, i)->row->flags & LQ_READONLY) &&
        lq_params_get_number (params, i + 1) != before[i])
      notify (i + 1, user);
  g_free (before);
}

/* Saving */

static gchar *
lq_preset_value_text (const LqParamInfo *info, gdouble value)
{
  const struct lq_item *item;

  switch (info->row->type) {
    case LQ_BOOL:
      return g_strdup (value != 0.0 ? "true" : "false");
    case LQ_ENUM:
      item = lq_enum_item (info->row->items, (gint)value);
      return item ? g_strdup (item->nick) : g_strdup_printf ("%d", (gint)value);
    case LQ_FLOAT:
      return lq_text_from_double (value);
    default:
      return g_strdup_printf ("%.0f", value);
  }
}

static void
lq_preset_comment (GString *text, const gchar *comment)
{
  gchar **lines = g_strsplit (comment, "\n", -1);

  for (gchar **line = lines; *line; line++)
    g_string_append_printf (text, "# %s\n", *line);
  g_strfreev (lines);
}

gchar *
lq_preset_to_text (LqParams *params, const gchar *comment)
{
  GString *text = g_string_new (NULL);

  if (comment)
    lq_preset_comment (text, comment);
  for (guint i = 0; i < lq_param_table_size (params->table); i++) {
    const LqParamInfo *info = lq_param_table_nth (params->table, i);
    const gdouble value = lq_params_get_number (params, i + 1);
    gchar *written;
    if (!lq_preset_may_hold (info) || value == info->def)
      continue;
    written = lq_preset_value_text (info, value);
    g_string_append_printf (text, "%s=%s\n", info->pspec->name, written);
    g_free (written);
  }
  return g_string_free (text, FALSE);
}

gboolean
lq_preset_save (LqParams *params, const gchar *path, const gchar *comment, GError **error)
{
  gchar *text = lq_preset_to_text (params, comment);
  GError *failure = NULL;
  const gboolean ok = g_file_set_contents (path, text, -1, &failure);

  g_free (text);
  if (ok)
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR,
      g_error_matches (failure, G_FILE_ERROR, G_FILE_ERROR_NOSPC)
          ? GST_RESOURCE_ERROR_NO_SPACE_LEFT
          : GST_RESOURCE_ERROR_OPEN_WRITE,
      "can't save the preset: %s", failure->message);
  g_error_free (failure);
  return FALSE;
}
