/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parameter tables become properties. A LqParamTable belongs to a class and says which property
 * is which row; a LqParams belongs to an instance (an element or a pad) and holds the values.
 * Values are stored atomically one by one, with a generation that says "something moved": no
 * setter ever waits for the streaming thread, nor the other way round. */

#ifndef LQ_PARAMS_H
#define LQ_PARAMS_H

#include <gst/gst.h>

#include "base/param.h"

G_BEGIN_DECLS

/* Which struct a module's rows belong to. */
typedef enum {
  LQ_GROUP_CHAIN,   /* the chain's params */
  LQ_GROUP_FIGURES, /* the chain's read-only figures */
  LQ_GROUP_ELEMENT, /* the seam's own: rows without a field, read one by one */
  LQ_GROUPS
} LqGroup;

/* One property. */
typedef struct {
  const struct lq_param *row;
  const struct lq_module *module;
  GParamSpec *pspec;
  LqGroup group;
  guint id;    /* GObject's, 1 and up; its place in the store is id − 1 */
  gdouble def; /* the default in this place */
} LqParamInfo;

typedef struct _LqParamTable LqParamTable;

/* An empty table for `klass`, which it lives as long as; NULL: of what is no object. */
LqParamTable *lq_param_table_new (GObjectClass *klass);

/* Installs a property for every row of the modules, which must outlive the table. */
void lq_param_table_add (
    LqParamTable *table, LqGroup group, const struct lq_module *modules, guint n_modules);

guint lq_param_table_size (const LqParamTable *table);
const LqParamInfo *lq_param_table_nth (const LqParamTable *table, guint n);

/* NULL where there is no such property. */
const LqParamInfo *lq_param_table_find (const LqParamTable *table, const gchar *name);

/* Who wrote a value last. */
typedef enum { LQ_ORIGIN_DEFAULT, LQ_ORIGIN_PRESET, LQ_ORIGIN_EXPLICIT } LqOrigin;

typedef struct {
  const LqParamTable *table;
  gint64 *values;  /* atomic; doubles as their bits */
  gint64 *latched; /* of rows without LQ_PLAYING: what they were at the last lq_params_latch */
  gint *origins;   /* atomic, LqOrigin */
  gchar **strings; /* under lock */
  GMutex lock;
  gint generation; /* atomic */
  gint texts;      /* atomic */
} LqParams;

void lq_params_init (LqParams *params, const LqParamTable *table);
void lq_params_clear (LqParams *params);

/* What GObject's set_property and get_property hand on. Any thread. */
void lq_params_set_value (LqParams *params, guint id, const GValue *value, LqOrigin origin);
void lq_params_get_value (LqParams *params, guint id, GValue *value);

/* Back to the default, origin included. */
void lq_params_reset_value (LqParams *params, guint id);
LqOrigin lq_params_origin (LqParams *params, guint id);
void lq_params_set_origin (LqParams *params, guint id, LqOrigin origin);

/* Moves with every write of a value that is not read-only. */
guint lq_params_generation (LqParams *params);

/* Moves with every write of a string, before the generation does. */
guint lq_params_texts (LqParams *params);

/* Rows that can't change while playing take the values they have now. Streaming stopped. */
void lq_params_latch (LqParams *params);

/* Writes every field of the group into its struct: latched values where a row isn't LQ_PLAYING.
 * Streaming thread; no lock, no allocation. */
void lq_params_fill (LqParams *params, LqGroup group, gpointer fields);

/* The same of one row, which has a field. */
void lq_params_fill_one (LqParams *params, const LqParamInfo *info, gpointer fields);

/* Makes every figure of the group readable from its struct. Streaming thread. */
void lq_params_publish (LqParams *params, LqGroup group, gconstpointer fields);

/* Single values by name, latched where the row isn't LQ_PLAYING; g_error on a wrong name. */
gdouble lq_params_get_double (LqParams *params, const gchar *name);
gint lq_params_get_int (LqParams *params, const gchar *name);
guint64 lq_params_get_uint64 (LqParams *params, const gchar *name);
gchar *lq_params_dup_string (LqParams *params, const gchar *name);

/* A read-only number, or one that another property implies; keeps the origin. */
void lq_params_put_double (LqParams *params, const gchar *name, gdouble value);
void lq_params_put_int (LqParams *params, const gchar *name, gint value);
void lq_params_put_uint64 (LqParams *params, const gchar *name, guint64 value);

/* A text that is read-only. */
void lq_params_put_string (LqParams *params, const gchar *name, const gchar *text);

/* A number of any row, rounded where the row counts; keeps the origin. The generation moves, by one,
 * only where the value does: then TRUE. Any thread; no lock, no allocation. */
gboolean lq_params_put_number (LqParams *params, guint id, gdouble value);

/* The number that any row but a string's has now, latched or not. */
gdouble lq_params_get_number (LqParams *params, guint id);

G_END_DECLS

#endif
