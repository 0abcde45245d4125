/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Presets: UTF-8 texts, `property=value` a line, `#` starts a comment. Factory presets are compiled
 * in; a name with a `/`, or one that ends in `.preset`, is a file. A preset is read and checked as
 * a whole before it writes anything. */

#ifndef LQ_PRESET_H
#define LQ_PRESET_H

#include "lqparams.h"
#include "lqtext.h"

G_BEGIN_DECLS

/* Largest file that is read, in bytes. */
#define LQ_PRESET_LIMIT ((gsize)256 << 10)

typedef struct _LqPreset LqPreset;

/* NULL and RESOURCE/SETTINGS with line and column where the text is wrong. */
LqPreset *lq_preset_new (const LqParamTable *table, const LqText *text, GError **error);

/* NULL is fine. */
void lq_preset_free (LqPreset *preset);

/* The preset of the element `factory` that is called so; a NULL or empty name is a preset that
 * writes nothing. Errors are of GST_RESOURCE_ERROR: NOT_FOUND, which lists the names there are,
 * OPEN_READ, READ or SETTINGS. */
gboolean lq_preset_load (const gchar *factory, const gchar *name, const LqParamTable *table,
    LqPreset **out, GError **error);

/* Stores a value together with what it implies. The origin is taken care of. */
typedef void (*LqPresetWrite) (LqParams *params, guint id, gdouble value, gpointer user);

/* A property reads differently than before. */
typedef void (*LqPresetNotify) (guint id, gpointer user);

/* First returns to default what an earlier preset wrote and nobody set since, then writes its own,
 * in the order of the text; with keep_explicit (before READY) not what was set explicitly. `write`
 * NULL writes to the store alone; `notify`, which may be NULL, is called at the end, for values
 * that `write` implied as well. One thread at a time. */
void lq_preset_apply (const LqPreset *preset, LqParams *params, gboolean keep_explicit,
    LqPresetWrite write, LqPresetNotify notify, gpointer user);

/* Names of the element's factory presets in order, NULL-ended; g_strfreev it. */
gchar **lq_preset_names (const gchar *factory);

/* A preset of all that isn't at its default, whoever set it; applied to an element at its defaults
 * it gives these settings again. `comment`, which may be NULL, stands on top. g_free it. */
gchar *lq_preset_to_text (LqParams *params, const gchar *comment);

/* The same to a file, whole or not at all. */
gboolean lq_preset_save (
    LqParams *params, const gchar *path, const gchar *comment, GError **error);

G_END_DECLS

#endif
