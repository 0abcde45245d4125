/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What presets and automation share: texts that name properties, and errors that say where. */

#ifndef LQ_TEXT_H
#define LQ_TEXT_H

#include "lqparams.h"

G_BEGIN_DECLS

/* A text and what to call it in errors: a path, or the property it came from. */
typedef struct {
  const gchar *name;
  const gchar *text;
} LqText;

/* A whole regular file of valid UTF-8 (a byte order mark is taken off), or NULL and why not. */
gchar *lq_text_load (const gchar *path, gsize limit, GError **error);

/* Sets "name, line 1, column 17: sentence" as RESOURCE/SETTINGS; lines and columns count from 1,
 * columns in characters. Returns FALSE. */
gboolean lq_text_error (const LqText *text, const gchar *at, GError **error,
    const gchar *format, ...) G_GNUC_PRINTF (4, 5);

/* FALSE and where, if the text isn't UTF-8. */
gboolean lq_text_check (const LqText *text, GError **error);

/* `length` bytes for a sentence: cut where it gets long. Free it. */
gchar *lq_text_quote (const gchar *word, gsize length);

/* The property called so; or NULL and an error that says what may have been meant. */
const LqParamInfo *lq_text_property (const LqText *text, const gchar *at, gsize length,
    const LqParamTable *table, GError **error);

/* The candidate (of a NULL-ended list) that a word may have been meant for, or NULL. */
const gchar *lq_text_closest (const gchar *word, const gchar *const *candidates);

/* A value of a row that isn't a string: numbers with a decimal point whatever the locale, nicks
 * or numbers of enums, true/false/yes/no/1/0; checked against the row's range. */
gboolean lq_text_number (const LqText *text, const gchar *at, gsize length,
    const LqParamInfo *info, gdouble *value, GError **error);

/* The shortest text that reads back as this value. Free it. */
gchar *lq_text_from_double (gdouble value);

/* An item of an enum by its value, or NULL. */
const struct lq_item *lq_enum_item (const struct lq_enum *items, gint value);

G_END_DECLS

#endif
