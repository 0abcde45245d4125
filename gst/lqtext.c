/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: reading names and values from texts, with errors that say line and column.
 * Source:  the optimal string alignment distance for "did you mean" (G. Boytsov, Indexing methods
 *          for approximate dictionary searching, 2011, §2.1). */

#include "lqtext.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Characters of a word that an error repeats. */
#define QUOTED 40

/* Longest word that is compared with names; no name comes near it. */
#define WORD_MAX 63

static gboolean
lq_text_file_error (const gchar *path, gint code, const gchar *why, GError **error)
{
  g_set_error (error, GST_RESOURCE_ERROR, code, "%s: %s", path, why);
  return FALSE;
}

/* Reads to the end or the limit; FALSE with errno, EFBIG at the limit. */
static gboolean
lq_text_read (gint fd, gsize limit, GString *into)
{
  gchar part[16384];
  gssize got;

  while ((got = read (fd, part, sizeof part)) != 0) {
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return FALSE;
    if (into->len + (gsize)got > limit) {
      errno = EFBIG;
      return FALSE;
    }
    g_string_append_len (into, part, got);
  }
  return TRUE;
}

/* Opens without blocking on a pipe; devices and folders are refused. */
static gint
lq_text_open (const gchar *path, GError **error)
{
  const gint fd = g_open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
  struct stat about;

  if (fd < 0) {
    lq_text_file_error (path,
        errno == ENOENT ? GST_RESOURCE_ERROR_NOT_FOUND : GST_RESOURCE_ERROR_OPEN_READ,
        g_strerror (errno), error);
    return -1;
  }
  if (fstat (fd, &about) == 0 && S_ISREG (about.st_mode))
    return fd;
  close (fd);
  lq_text_file_error (path, GST_RESOURCE_ERROR_OPEN_READ, "not a regular file", error);
  return -1;
}

static gboolean
lq_text_whole (const gchar *path, const GString *content, GError **error)
{
  const LqText text = { path, content->str };

  if (strlen (content->str) == content->len)
    return lq_text_check (&text, error);
  return lq_text_error (
      &text, content->str + strlen (content->str), error, "a zero byte: this isn't a text");
}

gchar *
lq_text_load (const gchar *path, gsize limit, GError **error)
{
  const gint fd = lq_text_open (path, error);
  GString *content;
  gboolean ok;
  gint failure;

  if (fd < 0)
    return NULL;
  content = g_string_new (NULL);
  ok = lq_text_read (fd, limit, content);
  failure = errno;
  close (fd);
  if (!ok && failure == EFBIG)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "%s: larger than %" G_GSIZE_FORMAT " KiB: this isn't such a file", path, limit / 1024);
  else if (!ok)
    lq_text_file_error (path, GST_RESOURCE_ERROR_READ, g_strerror (failure), error);
  if (ok && g_str_has_prefix (content->str, "\xef\xbb\xbf"))
    g_string_erase (content, 0, 3);
  ok = ok && lq_text_whole (path, content, error);
  return g_string_free (content, !ok);
}

gboolean
lq_text_error (const LqText *text, const gchar *at, GError **error, const gchar *format, ...)
{
  const gchar *start = text->text;
  guint line = 1, column = 1;
  gchar *sentence;
  va_list args;

  for (const gchar *p = text->text; p < at; p++)
    if (*p == '\n') {
      line++;
      start = p + 1;
    }
  for (const gchar *p = start; p < at; p++)
    column += ((guchar)*p & 0xc0) != 0x80;
  va_start (args, format);
  sentence = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s, line %u, column %u: %s", text->name, line, column, sentence);
  g_free (sentence);
  return FALSE;
}

gboolean
lq_text_check (const LqText *text, GError **error)
{
  const gchar *end;

  if (g_utf8_validate (text->text, -1, &end))
    return TRUE;
  return lq_text_error (text, end, error, "not UTF-8");
}

gchar *
lq_text_quote (const gchar *word, gsize length)
{
  const gchar *end = word;
  gchar *cut, *shown;
  guint n = 0;

  while (end < word + length && n++ < QUOTED)
    end = g_utf8_next_char (end);
  cut = g_strndup (word, (gsize)(end - word));
  shown = g_strconcat (cut, end < word + length ? "…" : "", NULL);
  g_free (cut);
  return shown;
}

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b. */
static guint
lq_text_distance (const gchar *a, const gchar *b)
{
  const gsize n = strlen (b);
  guint rows[3][WORD_MAX + 1];
  guint *older = rows[0], *old = rows[1], *now = rows[2];

  for (gsize j = 0; j <= n; j++)
    old[j] = (guint)j;
  for (gsize i = 1; a[i - 1]; i++) {
    guint *spare = older;
    now[0] = (guint)i;
    for (gsize j = 1; j <= n; j++) {
      now[j] = MIN (MIN (old[j], now[j - 1]) + 1, old[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = MIN (now[j], older[j - 2] + 1);
    }
    older = old;
    old = now;
    now = spare;
  }
  return old[n];
}

const gchar *
lq_text_closest (const gchar *word, const gchar *const *candidates)
{
  const gchar *closest = NULL;
  /* More changes than a third of the word and it's another word. */
  guint best = 2 + (guint)(strlen (word) / 3);

  if (strlen (word) > WORD_MAX)
    return NULL;
  for (; *candidates; candidates++) {
    guint distance =
        strlen (*candidates) > WORD_MAX ? best : lq_text_distance (word, *candidates);
    if (distance < best) {
      best = distance;
      closest = *candidates;
    }
  }
  return closest;
}

const LqParamInfo *
lq_text_property (const LqText *text, const gchar *at, gsize length, const LqParamTable *table,
    GError **error)
{
  const guint n = lq_param_table_size (table);
  gchar *name = g_strndup (at, length);
  const LqParamInfo *info = lq_param_table_find (table, name);
  const gchar **names, *closest;
  gchar *quoted;

  if (!info) {
    names = g_new0 (const gchar *, n + 1);
    for (guint i = 0; i < n; i++)
      names[i] = lq_param_table_nth (table, i)->pspec->name;
    closest = lq_text_closest (name, names);
    quoted = lq_text_quote (name, length);
    lq_text_error (text, at, error, "there is no property `%s`%s%s%s", quoted,
        closest ? "; did you mean `" : "", closest ? closest : "", closest ? "`?" : "");
    g_free (quoted);
    g_free (names);
  }
  g_free (name);
  return info;
}

const struct lq_item *
lq_enum_item (const struct lq_enum *items, gint value)
{
  for (const struct lq_item *item = items->items; item->nick; item++)
    if (item->value == value)
      return item;
  return NULL;
}

gchar *
lq_text_from_double (gdouble value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE], format[8];

  for (guint digits = 1; digits <= 17; digits++) {
    g_snprintf (format, sizeof format, "%%.%ug", digits);
    g_ascii_formatd (text, sizeof text, format, value);
    /* Few digits alone would make 120 read 1.2e+02. */
    if (g_ascii_strtod (text, NULL) == value &&
        (!strchr (text, 'e') || fabs (value) < 1e-4 || fabs (value) >= 1e16))
      break;
  }
  return g_strdup (text);
}

/* Plain decimal numbers alone: strtod would read 0x10, inf and nan as well. */
static gboolean
lq_text_plain (const gchar *word, gdouble *value)
{
  gchar *end;

  if (!*word || strspn (word, "+-.0123456789eE") != strlen (word))
    return FALSE;
  *value = g_ascii_strtod (word, &end);
  return *end == '\0' && isfinite (*value);
}

static gboolean
lq_text_bool (const gchar *word, gdouble *value)
{
  static const gchar *const words[] = { "false", "true", "no", "yes", "0", "1" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (word, words[i]) == 0) {
      *value = i % 2;
      return TRUE;
    }
  return FALSE;
}

static gboolean
lq_text_enum (const gchar *word, const struct lq_enum *items, gdouble *value)
{
  for (const struct lq_item *item = items->items; item->nick; item++)
    if (strcmp (item->nick, word) == 0) {
      *value = item->value;
      return TRUE;
    }
  return lq_text_plain (word, value) && *value == rint (*value) && fabs (*value) < 1e9 &&
         lq_enum_item (items, (gint)*value);
}

static gboolean
lq_text_in_range (const gchar *word, const struct lq_param *row, gdouble *value)
{
  if (!lq_text_plain (word, value) || *value < row->min || *value > row->max)
    return FALSE;
  return row->type == LQ_FLOAT || *value == rint (*value);
}

/* What a row takes, for people. */
static gchar *
lq_text_takes (const struct lq_param *row)
{
  GString *takes = g_string_new (NULL);
  gchar *min, *max;

  if (row->type == LQ_BOOL)
    return g_string_free (g_string_append (takes, "true or false"), FALSE);
  if (row->type == LQ_ENUM) {
    for (const struct lq_item *item = row->items->items; item->nick; item++)
      g_string_append_printf (takes, "%s%s", takes->len ? ", " : "", item->nick);
    return g_string_free (takes, FALSE);
  }
  min = lq_text_from_double (row->min);
  max = lq_text_from_double (row->max);
  g_string_printf (takes, "%s%s to %s%s%s", row->type == LQ_FLOAT ? "" : "whole numbers, ", min,
      max, row->unit ? " " : "", row->unit ? row->unit : "");
  g_free (min);
  g_free (max);
  return g_string_free (takes, FALSE);
}

gboolean
lq_text_number (const LqText *text, const gchar *at, gsize length, const LqParamInfo *info,
    gdouble *value, GError **error)
{
  const struct lq_param *row = info->row;
  gchar local[WORD_MAX + 1], *quoted, *takes;
  gboolean ok = length <= WORD_MAX;

  if (ok) {
    memcpy (local, at, length);
    local[length] = '\0';
    ok = row->type == LQ_BOOL   ? lq_text_bool (local, value)
         : row->type == LQ_ENUM ? lq_text_enum (local, row->items, value)
                                : lq_text_in_range (local, row, value);
  }
  if (ok)
    return TRUE;
  quoted = lq_text_quote (at, length);
  takes = lq_text_takes (row);
  lq_text_error (text, at, error, "`%s` takes %s, not `%s`", info->pspec->name, takes, quoted);
  g_free (quoted);
  g_free (takes);
  return FALSE;
}
