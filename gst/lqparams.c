/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lqparams.h"

#include <math.h>
#include <string.h>

struct _LqParamTable {
  GObjectClass *klass;
  GArray *infos;                          /* LqParamInfo, in the order of their ids */
  GHashTable *by_name;                    /* interned name → id */
  guint begin[LQ_GROUPS], end[LQ_GROUPS]; /* where the rows of a group lie that have fields */
};

LqParamTable *
lq_param_table_new (GObjectClass *klass)
{
  LqParamTable *table = g_new0 (LqParamTable, 1);

  table->klass = klass;
  table->infos = g_array_new (FALSE, TRUE, sizeof (LqParamInfo));
  table->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return table;
}

static GType
lq_enum_type (const struct lq_enum *items)
{
  GType type = g_type_from_name (items->type_name);
  GEnumValue *values;
  guint n = 0;

  if (type)
    return type;
  while (items->items[n].nick)
    n++;
  values = g_new0 (GEnumValue, n + 1);
  for (guint i = 0; i < n; i++)
    values[i] =
        (GEnumValue){ items->items[i].value, items->items[i].name, items->items[i].nick };
  type = g_enum_register_static (items->type_name, values);
  gst_type_mark_as_plugin_api (type, 0);
  return type;
}

static GParamFlags
lq_param_gflags (const struct lq_param *row)
{
  GParamFlags flags = G_PARAM_STATIC_STRINGS;

  if (row->flags & LQ_READONLY)
    return flags | G_PARAM_READABLE;
  flags |= G_PARAM_READWRITE;
  if (!(row->flags & LQ_PLAYING))
    return flags | GST_PARAM_MUTABLE_READY;
  flags |= GST_PARAM_MUTABLE_PLAYING;
  return row->type == LQ_STRING || (row->flags & LQ_FIXED) ? flags
                                                           : flags | GST_PARAM_CONTROLLABLE;
}

/* A number of a row as a guint64; doubles can't hold the largest exactly. */
static guint64
lq_param_u64 (gdouble value)
{
  return value >= 18446744073709551615.0 ? G_MAXUINT64 : (guint64)value;
}

static GParamSpec *
lq_param_spec (const struct lq_param *row, const gchar *name, gdouble def)
{
  const GParamFlags flags = lq_param_gflags (row);
  gchar *text =
      row->unit ? g_strdup_printf ("%s, in %s", row->blurb, row->unit) : g_strdup (row->blurb);
  const gchar *blurb = g_intern_string (text);

  g_free (text);
  switch (row->type) {
    case LQ_FLOAT:
      return g_param_spec_double (name, row->nick, blurb, row->min, row->max, def, flags);
    case LQ_BOOL:
      return g_param_spec_boolean (name, row->nick, blurb, def != 0.0, flags);
    case LQ_ENUM:
      return g_param_spec_enum (
          name, row->nick, blurb, lq_enum_type (row->items), (gint)def, flags);
    case LQ_UINT:
      return g_param_spec_uint (
          name, row->nick, blurb, (guint)row->min, (guint)row->max, (guint)def, flags);
    case LQ_UINT64:
      return g_param_spec_uint64 (name, row->nick, blurb, lq_param_u64 (row->min),
          lq_param_u64 (row->max), lq_param_u64 (def), flags);
    default:
      return g_param_spec_string (name, row->nick, blurb, row->text, flags);
  }
}

static void
lq_param_table_add_row (LqParamTable *table, LqGroup group, const struct lq_module *module,
    const struct lq_param *row)
{
  LqParamInfo info = { row, module, NULL, group, table->infos->len + 1,
    lq_module_default (module, row) };
  gchar *joined = *module->prefix ? g_strconcat (module->prefix, "-", row->name, NULL)
                                  : g_strdup (row->name);
  const gchar *name = g_intern_string (joined);

  g_free (joined);
  info.pspec = lq_param_spec (row, name, info.def);
  g_array_append_val (table->infos, info);
  if (row->offset != LQ_NO_FIELD) {
    if (table->end[group] == 0)
      table->begin[group] = info.id - 1;
    table->end[group] = info.id;
  }
  g_hash_table_insert (table->by_name, (gpointer)name, GUINT_TO_POINTER (info.id));
  if (table->klass)
    g_object_class_install_property (table->klass, info.id, info.pspec);
  else
    g_param_spec_ref_sink (info.pspec);
}

void
lq_param_table_add (
    LqParamTable *table, LqGroup group, const struct lq_module *modules, guint n_modules)
{
  for (guint m = 0; m < n_modules; m++)
    for (guint r = 0; r < modules[m].n_rows; r++)
      lq_param_table_add_row (table, group, &modules[m], &modules[m].rows[r]);
}

guint
lq_param_table_size (const LqParamTable *table)
{
  return table->infos->len;
}

const LqParamInfo *
lq_param_table_nth (const LqParamTable *table, guint n)
{
  return &g_array_index (table->infos, LqParamInfo, n);
}

const LqParamInfo *
lq_param_table_find (const LqParamTable *table, const gchar *name)
{
  guint id = GPOINTER_TO_UINT (g_hash_table_lookup (table->by_name, name));

  return id ? lq_param_table_nth (table, id - 1) : NULL;
}

/* Values: 64 bits each, moved as a whole. */

static gint64
lq_bits (gdouble value)
{
  gint64 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static gdouble
lq_number (gint64 bits)
{
  gdouble value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static gint64
lq_load (const gint64 *at)
{
  return __atomic_load_n (at, __ATOMIC_RELAXED);
}

static void
lq_store (gint64 *at, gint64 bits)
{
  __atomic_store_n (at, bits, __ATOMIC_RELAXED);
}

static gint64
lq_param_default_bits (const LqParamInfo *info)
{
  if (info->row->type == LQ_FLOAT)
    return lq_bits (info->def);
  return info->row->type == LQ_UINT64 ? (gint64)lq_param_u64 (info->def) : (gint64)info->def;
}

void
lq_params_init (LqParams *params, const LqParamTable *table)
{
  const guint n = lq_param_table_size (table);

  memset (params, 0, sizeof *params);
  params->table = table;
  params->values = g_new0 (gint64, n);
  params->latched = g_new0 (gint64, n);
  params->origins = g_new0 (gint, n);
  params->strings = g_new0 (gchar *, n);
  g_mutex_init (&params->lock);
  for (guint i = 0; i < n; i++) {
    const LqParamInfo *info = lq_param_table_nth (table, i);
    params->values[i] = params->latched[i] = lq_param_default_bits (info);
    params->strings[i] = g_strdup (info->row->text);
  }
}

void
lq_params_clear (LqParams *params)
{
  for (guint i = 0; i < lq_param_table_size (params->table); i++)
    g_free (params->strings[i]);
  g_free (params->values);
  g_free (params->latched);
  g_free (params->origins);
  g_free (params->strings);
  g_mutex_clear (&params->lock);
}

/* The release pairs with the acquire in lq_params_generation: who sees the number sees the value. */
static void
lq_params_moved (LqParams *params)
{
  __atomic_fetch_add (&params->generation, 1, __ATOMIC_RELEASE);
}

static gint64
lq_value_bits (const LqParamInfo *info, const GValue *value)
{
  switch (info->row->type) {
    case LQ_FLOAT:
      return lq_bits (g_value_get_double (value));
    case LQ_BOOL:
      return g_value_get_boolean (value);
    case LQ_ENUM:
      return g_value_get_enum (value);
    case LQ_UINT:
      return g_value_get_uint (value);
    default:
      return (gint64)g_value_get_uint64 (value);
  }
}

void
lq_params_set_value (LqParams *params, guint id, const GValue *value, LqOrigin origin)
{
  const LqParamInfo *info = lq_param_table_nth (params->table, id - 1);

  if (info->row->type == LQ_FLOAT && isnan (g_value_get_double (value))) {
    g_warning ("%s: not a number; the old value stays", info->pspec->name);
    return;
  }
  if (info->row->type == LQ_STRING) {
    g_mutex_lock (&params->lock);
    g_free (params->strings[id - 1]);
    params->strings[id - 1] = g_value_dup_string (value);
    g_mutex_unlock (&params->lock);
    g_atomic_int_inc (&params->texts);
  } else {
    lq_store (&params->values[id - 1], lq_value_bits (info, value));
  }
  lq_params_set_origin (params, id, origin);
  lq_params_moved (params);
}

void
lq_params_get_value (LqParams *params, guint id, GValue *value)
{
  const LqParamInfo *info = lq_param_table_nth (params->table, id - 1);
  const gint64 bits = lq_load (&params->values[id - 1]);

  switch (info->row->type) {
    case LQ_FLOAT:
      g_value_set_double (value, lq_number (bits));
      break;
    case LQ_BOOL:
      g_value_set_boolean (value, bits != 0);
      break;
    case LQ_ENUM:
      g_value_set_enum (value, (gint)bits);
      break;
    case LQ_UINT:
      g_value_set_uint (value, (guint)bits);
      break;
    case LQ_UINT64:
      g_value_set_uint64 (value, (guint64)bits);
      break;
    default:
      g_mutex_lock (&params->lock);
      g_value_set_string (value, params->strings[id - 1]);
      g_mutex_unlock (&params->lock);
  }
}

void
lq_params_reset_value (LqParams *params, guint id)
{
  const LqParamInfo *info = lq_param_table_nth (params->table, id - 1);

  g_mutex_lock (&params->lock);
  g_free (params->strings[id - 1]);
  params->strings[id - 1] = g_strdup (info->row->text);
  g_mutex_unlock (&params->lock);
  g_atomic_int_inc (&params->texts);
  lq_store (&params->values[id - 1], lq_param_default_bits (info));
  lq_params_set_origin (params, id, LQ_ORIGIN_DEFAULT);
  lq_params_moved (params);
}

LqOrigin
lq_params_origin (LqParams *params, guint id)
{
  return (LqOrigin)__atomic_load_n (&params->origins[id - 1], __ATOMIC_RELAXED);
}

void
lq_params_set_origin (LqParams *params, guint id, LqOrigin origin)
{
  __atomic_store_n (&params->origins[id - 1], (gint)origin, __ATOMIC_RELAXED);
}

guint
lq_params_generation (LqParams *params)
{
  return (guint)__atomic_load_n (&params->generation, __ATOMIC_ACQUIRE);
}

guint
lq_params_texts (LqParams *params)
{
  return (guint)g_atomic_int_get (&params->texts);
}

void
lq_params_latch (LqParams *params)
{
  for (guint i = 0; i < lq_param_table_size (params->table); i++)
    lq_store (&params->latched[i], lq_load (&params->values[i]));
}

/* The value in force: as latched where the row can't change while playing. */
static gint64
lq_params_bits (LqParams *params, const LqParamInfo *info)
{
  const gboolean live = info->row->flags & (LQ_PLAYING | LQ_READONLY);

  return lq_load (live ? &params->values[info->id - 1] : &params->latched[info->id - 1]);
}

void
lq_params_fill_one (LqParams *params, const LqParamInfo *info, gpointer fields)
{
  const gint64 bits = lq_params_bits (params, info);
  gchar *at = (gchar *)fields + info->module->offset + info->row->offset;

  if (info->row->type == LQ_FLOAT)
    memcpy (at, &(gfloat){ (gfloat)lq_number (bits) }, sizeof (gfloat));
  else
    memcpy (at, &(gint32){ (gint32)bits }, sizeof (gint32));
}

void
lq_params_fill (LqParams *params, LqGroup group, gpointer fields)
{
  for (guint i = params->table->begin[group]; i < params->table->end[group]; i++) {
    const LqParamInfo *info = lq_param_table_nth (params->table, i);

    if (info->group == group && info->row->offset != LQ_NO_FIELD)
      lq_params_fill_one (params, info, fields);
  }
}

void
lq_params_publish (LqParams *params, LqGroup group, gconstpointer fields)
{
  for (guint i = params->table->begin[group]; i < params->table->end[group]; i++) {
    const LqParamInfo *info = lq_param_table_nth (params->table, i);
    const gchar *at = (const gchar *)fields + info->module->offset + info->row->offset;
    gfloat number;
    gint32 count;

    if (info->group != group || info->row->offset == LQ_NO_FIELD)
      continue;
    memcpy (&number, at, sizeof number);
    memcpy (&count, at, sizeof count);
    lq_store (
        &params->values[i], info->row->type == LQ_FLOAT ? lq_bits (number) : (gint64)count);
  }
}

static const LqParamInfo *
lq_params_info (LqParams *params, const gchar *name)
{
  const LqParamInfo *info = lq_param_table_find (params->table, name);

  if (!info)
    g_error ("no property %s", name);
  return info;
}

gdouble
lq_params_get_double (LqParams *params, const gchar *name)
{
  return lq_number (lq_params_bits (params, lq_params_info (params, name)));
}

gint
lq_params_get_int (LqParams *params, const gchar *name)
{
  return (gint)lq_params_bits (params, lq_params_info (params, name));
}

guint64
lq_params_get_uint64 (LqParams *params, const gchar *name)
{
  return (guint64)lq_params_bits (params, lq_params_info (params, name));
}

gchar *
lq_params_dup_string (LqParams *params, const gchar *name)
{
  const LqParamInfo *info = lq_params_info (params, name);
  gchar *copy;

  g_mutex_lock (&params->lock);
  copy = g_strdup (params->strings[info->id - 1]);
  g_mutex_unlock (&params->lock);
  return copy;
}

static void
lq_params_put (LqParams *params, const gchar *name, gint64 bits)
{
  const LqParamInfo *info = lq_params_info (params, name);

  lq_store (&params->values[info->id - 1], bits);
  if (!(info->row->flags & LQ_READONLY))
    lq_params_moved (params);
}

void
lq_params_put_double (LqParams *params, const gchar *name, gdouble value)
{
  lq_params_put (params, name, lq_bits (value));
}

void
lq_params_put_int (LqParams *params, const gchar *name, gint value)
{
  lq_params_put (params, name, value);
}

void
lq_params_put_uint64 (LqParams *params, const gchar *name, guint64 value)
{
  lq_params_put (params, name, (gint64)value);
}

void
lq_params_put_string (LqParams *params, const gchar *name, const gchar *text)
{
  const LqParamInfo *info = lq_params_info (params, name);
  gchar *before;

  g_mutex_lock (&params->lock);
  before = params->strings[info->id - 1];
  params->strings[info->id - 1] = g_strdup (text);
  g_mutex_unlock (&params->lock);
  g_free (before);
}

gboolean
lq_params_put_number (LqParams *params, guint id, gdouble value)
{
  const LqParamInfo *info = lq_param_table_nth (params->table, id - 1);
  const gint64 bits =
      info->row->type == LQ_FLOAT ? lq_bits (value) : (gint64)floor (value + 0.5);

  if (lq_load (&params->values[id - 1]) == bits)
    return FALSE;
  lq_store (&params->values[id - 1], bits);
  if (!(info->row->flags & LQ_READONLY))
    lq_params_moved (params);
  return TRUE;
}

gdouble
lq_params_get_number (LqParams *params, guint id)
{
  const LqParamInfo *info = lq_param_table_nth (params->table, id - 1);
  const gint64 bits = lq_load (&params->values[id - 1]);

  if (info->row->type == LQ_FLOAT)
    return lq_number (bits);
  return info->row->type == LQ_UINT64 ? (gdouble)(guint64)bits : (gdouble)bits;
}
