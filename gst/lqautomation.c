/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: properties that follow curves in stream time, written as text.
 *
 *   text ─→ words ─→ points ─→ one polynomial a point ─→ value (stream time) ─→ LqParams
 */

#include "lqautomation.h"

#include "lqcurve.h"

#include <math.h>
#include <string.h>

/* A century: stream time ends later, and no double loses a nanosecond's order before it. */
#define SECONDS_MAX 3155760000.0

struct _LqCurves {
  gchar *scope;   /* "": the object's own */
  GArray *curves; /* LqCurve */
};

struct _LqAutomation {
  GPtrArray *scopes; /* LqCurves, the object's own first */
};

/* Reading words. A statement ends at `;`, at the line's end or at a comment. */

typedef struct {
  const LqScopes *scopes;
  const LqText *text;
  const gchar *at;
} LqReader;

typedef struct {
  const gchar *at;
  gsize length; /* 0: the statement ends here */
} LqWord;

static gboolean
lq_is_blank (gchar c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

static gboolean
lq_ends_statement (gchar c)
{
  return c == '\0' || c == ';' || c == '\n' || c == '#';
}

static LqWord
lq_reader_word (LqReader *reader)
{
  LqWord word;

  while (lq_is_blank (*reader->at))
    reader->at++;
  word.at = reader->at;
  while (!lq_is_blank (*reader->at) && !lq_ends_statement (*reader->at))
    reader->at++;
  word.length = (gsize)(reader->at - word.at);
  return word;
}

/* Steps over a statement's end; FALSE at the text's. */
static gboolean
lq_reader_next (LqReader *reader)
{
  if (*reader->at == '#')
    reader->at += strcspn (reader->at, "\n");
  if (*reader->at == '\0')
    return FALSE;
  reader->at++;
  return TRUE;
}

static gboolean
lq_reader_wrong (LqReader *reader, LqWord word, const gchar *what, GError **error)
{
  gchar *quoted = lq_text_quote (word.at, word.length);

  lq_text_error (reader->text, word.at, error, "`%s` %s", quoted, what);
  g_free (quoted);
  return FALSE;
}

/* Statements */

static gboolean
lq_read_time (LqReader *reader, LqWord word, gdouble *seconds, GError **error)
{
  gchar text[64] = "", *end = text;

  if (word.length < sizeof text)
    memcpy (text, word.at, word.length);
  if (strspn (text, "+-.0123456789eE") == strlen (text))
    *seconds = g_ascii_strtod (text, &end);
  if (end == text || *end)
    return lq_reader_wrong (reader, word, "is no time in seconds", error);
  if (!(*seconds >= 0.0 && *seconds <= SECONDS_MAX))
    return lq_reader_wrong (reader, word, "is no stream time: seconds count from 0", error);
  *seconds = rint (*seconds * 1e9) / 1e9;
  return TRUE;
}

static gboolean
lq_read_point (
    LqReader *reader, LqWord word, const LqParamInfo *info, GArray *points, GError **error)
{
  const gchar *colon = memchr (word.at, ':', word.length);
  const LqWord time = { word.at, colon ? (gsize)(colon - word.at) : 0 };
  LqPoint point = { 0 };

  if (!colon || !time.length || time.length + 1 == word.length)
    return lq_reader_wrong (reader, word, "isn't time:value, as in 2.5:-6", error);
  if (!lq_read_time (reader, time, &point.seconds, error))
    return FALSE;
  if (points->len && point.seconds <= g_array_index (points, LqPoint, points->len - 1).seconds)
    return lq_reader_wrong (
        reader, time, "isn't later than the point before it; times increase", error);
  if (!lq_text_number (
          reader->text, colon + 1, word.length - time.length - 1, info, &point.value, error))
    return FALSE;
  g_array_append_val (points, point);
  return TRUE;
}

static gboolean
lq_read_shape (LqReader *reader, const LqParamInfo *info, LqShape *shape, GError **error)
{
  const LqWord word = lq_reader_word (reader);
  const gboolean stepped = info->row->type == LQ_BOOL || info->row->type == LQ_ENUM;
  gchar *name, *quoted;
  const gchar *closest;

  for (guint i = 0; i < LQ_SHAPES; i++)
    if (strlen (lq_shape_names[i]) == word.length &&
        memcmp (lq_shape_names[i], word.at, word.length) == 0) {
      *shape = (LqShape)i;
      return !stepped || i == LQ_SHAPE_STEP ||
             lq_text_error (reader->text, word.at, error,
                 "`%s` has no values in between: it takes `step` alone, not `%s`",
                 info->pspec->name, lq_shape_names[i]);
    }
  if (!word.length)
    return lq_text_error (reader->text, word.at, error,
        "`%s` has no curve: step, linear or smooth, then points time:value", info->pspec->name);
  name = g_strndup (word.at, word.length);
  closest = lq_text_closest (name, lq_shape_names);
  quoted = lq_text_quote (word.at, word.length);
  lq_text_error (reader->text, word.at, error,
      "there is no curve `%s`: curves are step, linear and smooth%s%s%s", quoted,
      closest ? "; did you mean `" : "", closest ? closest : "", closest ? "`?" : "");
  g_free (quoted);
  g_free (name);
  return FALSE;
}

static gboolean
lq_check_automatable (LqReader *reader, LqWord word, const LqParamInfo *info, GError **error)
{
  const gchar *why = NULL;

  if (info->row->flags & LQ_READONLY)
    why = "is only read: nothing can be written to it";
  else if (info->row->type == LQ_STRING)
    why = "is a text: it has no curve";
  else if (info->row->flags & LQ_FIXED)
    why = "is no setting that moves: it has no curve";
  else if (!(info->row->flags & LQ_PLAYING))
    why = "takes effect at the next start only, so it has no curve";
  return !why || lq_reader_wrong (reader, word, why, error);
}

/* The curves of one scope. */

static LqCurves *
lq_curves_new (const gchar *scope)
{
  LqCurves *curves = g_new0 (LqCurves, 1);

  curves->scope = g_strdup (scope);
  curves->curves = g_array_new (FALSE, FALSE, sizeof (LqCurve));
  return curves;
}

static void
lq_curves_free (gpointer data)
{
  LqCurves *curves = data;

  for (guint i = 0; i < curves->curves->len; i++)
    g_free (g_array_index (curves->curves, LqCurve, i).points);
  g_array_unref (curves->curves);
  g_free (curves->scope);
  g_free (curves);
}

static LqCurve *
lq_curves_find (const LqCurves *curves, const gchar *property)
{
  for (guint i = 0; curves && i < curves->curves->len; i++) {
    LqCurve *curve = &g_array_index (curves->curves, LqCurve, i);
    if (strcmp (curve->info->pspec->name, property) == 0)
      return curve;
  }
  return NULL;
}

static LqCurves *
lq_automation_scope (const LqAutomation *automation, const gchar *scope)
{
  for (guint i = 0; automation && i < automation->scopes->len; i++) {
    LqCurves *curves = g_ptr_array_index (automation->scopes, i);
    if (strcmp (curves->scope, scope) == 0)
      return curves;
  }
  return NULL;
}

/* The same, made where there is none. */
static LqCurves *
lq_automation_open (LqAutomation *automation, const gchar *scope)
{
  LqCurves *curves = lq_automation_scope (automation, scope);

  if (!curves) {
    curves = lq_curves_new (scope);
    g_ptr_array_add (automation->scopes, curves);
  }
  return curves;
}

static gboolean
lq_read_points (LqReader *reader, const LqParamInfo *info, GArray *points, GError **error)
{
  LqWord word;

  while ((word = lq_reader_word (reader)).length)
    if (!lq_read_point (reader, word, info, points, error))
      return FALSE;
  return points->len || lq_text_error (reader->text, word.at, error,
                            "`%s` has no points; they are written time:value, as in 2.5:-6",
                            info->pspec->name);
}

/* The table of what a word names, and where its property begins in it. */
static const LqParamTable *
lq_read_scope (LqReader *reader, LqWord word, gsize *begin, gchar **scope, GError **error)
{
  const gchar *colons = g_strstr_len (word.at, (gssize)word.length, "::");
  const LqParamTable *table = reader->scopes->table;
  gchar *why = NULL;

  *begin = colons ? (gsize)(colons - word.at) + 2 : 0;
  *scope = g_strndup (word.at, colons ? (gsize)(colons - word.at) : 0);
  if (!colons)
    return table;
  table =
      reader->scopes->find ? reader->scopes->find (*scope, &why, reader->scopes->user) : NULL;
  if (!table)
    lq_reader_wrong (reader, word,
        why ? why : "has a scope, but here are no pads and no groups: write the property alone",
        error);
  g_free (why);
  return table;
}

/* What the statement is about, NULL and why where that can't have a curve. */
static const LqParamInfo *
lq_read_name (
    LqReader *reader, LqAutomation *automation, LqWord word, LqCurves **curves, GError **error)
{
  const LqParamInfo *info = NULL;
  const LqParamTable *table;
  gchar *scope;
  gsize begin;

  table = lq_read_scope (reader, word, &begin, &scope, error);
  if (table)
    info = lq_text_property (reader->text, word.at + begin, word.length - begin, table, error);
  if (info && !lq_check_automatable (reader, word, info, error))
    info = NULL;
  *curves = info ? lq_automation_open (automation, scope) : NULL;
  if (info && lq_curves_find (*curves, info->pspec->name)) {
    lq_reader_wrong (reader, word, "has a curve already", error);
    info = NULL;
  }
  g_free (scope);
  return info;
}

static gboolean
lq_read_statement (LqReader *reader, LqAutomation *automation, GError **error)
{
  const LqWord word = lq_reader_word (reader);
  LqShape shape = LQ_SHAPE_STEP;
  const LqParamInfo *info;
  LqCurves *curves;
  GArray *points;
  LqCurve curve;

  if (!word.length)
    return TRUE;
  info = lq_read_name (reader, automation, word, &curves, error);
  if (!info || !lq_read_shape (reader, info, &shape, error))
    return FALSE;
  points = g_array_new (FALSE, FALSE, sizeof (LqPoint));
  if (!lq_read_points (reader, info, points, error)) {
    g_array_unref (points);
    return FALSE;
  }
  curve = lq_curve_make (info, shape, points);
  g_array_append_val (curves->curves, curve);
  return TRUE;
}

LqAutomation *
lq_automation_new_scoped (const LqScopes *scopes, const LqText *text, GError **error)
{
  LqAutomation *automation;
  LqReader reader = { scopes, text, text->text };

  if (!lq_text_check (text, error))
    return NULL;
  automation = g_new0 (LqAutomation, 1);
  automation->scopes = g_ptr_array_new_with_free_func (lq_curves_free);
  g_ptr_array_add (automation->scopes, lq_curves_new (""));
  do {
    if (!lq_read_statement (&reader, automation, error)) {
      lq_automation_free (automation);
      return NULL;
    }
  } while (lq_reader_next (&reader));
  return automation;
}

LqAutomation *
lq_automation_new (const LqParamTable *table, const LqText *text, GError **error)
{
  return lq_automation_new_scoped (&(LqScopes){ .table = table }, text, error);
}

/* Moves the curves of properties that have none yet. */
static void
lq_automation_merge (LqAutomation *into, LqAutomation *from)
{
  for (guint s = 0; s < from->scopes->len; s++) {
    LqCurves *source = g_ptr_array_index (from->scopes, s);
    LqCurves *target = lq_automation_open (into, source->scope);
    for (guint i = 0; i < source->curves->len; i++) {
      LqCurve *curve = &g_array_index (source->curves, LqCurve, i);
      if (lq_curves_find (target, curve->info->pspec->name))
        continue;
      g_array_append_val (target->curves, *curve);
      curve->points = NULL;
    }
  }
}

LqAutomation *
lq_automation_load_scoped (
    const LqScopes *scopes, const gchar *automation, const gchar *location, GError **error)
{
  const LqText text = { "automation", automation ? automation : "" };
  LqAutomation *all = lq_automation_new_scoped (scopes, &text, error), *more = NULL;
  LqText file = { location, NULL };
  gchar *content;

  if (!all || !location || !*location)
    return all;
  content = lq_text_load (location, LQ_AUTOMATION_LIMIT, error);
  file.text = content;
  if (content)
    more = lq_automation_new_scoped (scopes, &file, error);
  g_free (content);
  if (more)
    lq_automation_merge (all, more);
  else
    g_clear_pointer (&all, lq_automation_free);
  lq_automation_free (more);
  return all;
}

LqAutomation *
lq_automation_load (
    const LqParamTable *table, const gchar *automation, const gchar *location, GError **error)
{
  return lq_automation_load_scoped (&(LqScopes){ .table = table }, automation, location, error);
}

void
lq_automation_free (LqAutomation *automation)
{
  if (!automation)
    return;
  g_ptr_array_unref (automation->scopes);
  g_free (automation);
}

/* Reading */

guint
lq_automation_scopes (const LqAutomation *automation)
{
  return automation ? automation->scopes->len : 0;
}

const LqCurves *
lq_automation_nth_scope (const LqAutomation *automation, guint n)
{
  return g_ptr_array_index (automation->scopes, n);
}

const LqCurves *
lq_automation_curves (const LqAutomation *automation, const gchar *scope)
{
  const LqCurves *curves = lq_automation_scope (automation, scope);

  return curves && curves->curves->len ? curves : NULL;
}

const gchar *
lq_curves_scope (const LqCurves *curves)
{
  return curves->scope;
}

guint
lq_curves_size (const LqCurves *curves)
{
  return curves ? curves->curves->len : 0;
}

const LqParamInfo *
lq_curves_nth (const LqCurves *curves, guint n)
{
  return g_array_index (curves->curves, LqCurve, n).info;
}

gboolean
lq_curves_names (const LqCurves *curves, const gchar *property)
{
  return lq_curves_find (curves, property) != NULL;
}

gdouble
lq_curves_value (const LqCurves *curves, guint n, gdouble seconds)
{
  const LqCurve *curve = &g_array_index (curves->curves, LqCurve, n);

  return lq_curve_value (curve, lq_curve_find (curve, 0, seconds), seconds);
}

/* What moves by itself */

gboolean
lq_moves (const LqCurves *curves, GstObject *object, const gchar *property)
{
  GstControlBinding *binding;

  if (lq_curves_names (curves, property))
    return TRUE;
  binding = gst_object_get_control_binding (object, property);
  if (!binding)
    return FALSE;
  gst_object_unref (binding);
  return TRUE;
}

static gboolean
lq_moves_module (const LqCurves *curves, GstObject *object, const struct lq_module *module)
{
  gboolean moves = FALSE;

  for (guint r = 0; r < module->n_rows && !moves; r++) {
    gchar *name = g_strdup_printf ("%s-%s", module->prefix, module->rows[r].name);
    moves = lq_moves (curves, object, name);
    g_free (name);
  }
  return moves;
}

void
lq_moves_enable (const LqCurves *curves, GstObject *object, const struct lq_module *modules,
    guint n_modules, gpointer params)
{
  if (!lq_curves_size (curves) && !gst_object_has_active_control_bindings (object))
    return;
  for (guint m = 0; m < n_modules; m++) {
    const struct lq_module *module = &modules[m];
    if (*module->prefix && strcmp (module->rows[0].name, "enabled") == 0 &&
        lq_moves_module (curves, object, module))
      *(guint32 *)((gchar *)params + module->offset + module->rows[0].offset) = 1;
  }
}

/* The object's own */

static LqCurves *
lq_automation_own (const LqAutomation *automation)
{
  return automation ? g_ptr_array_index (automation->scopes, 0) : NULL;
}

void
lq_automation_apply (LqAutomation *automation, LqParams *params, gdouble seconds)
{
  GArray *array = lq_automation_own (automation)->curves;
  LqCurve *curves = (LqCurve *)(gpointer)array->data;

  for (guint i = 0; i < array->len; i++) {
    curves[i].last = lq_curve_find (&curves[i], curves[i].last, seconds);
    lq_params_put_number (
        params, curves[i].info->id, lq_curve_value (&curves[i], curves[i].last, seconds));
  }
}

guint
lq_automation_size (const LqAutomation *automation)
{
  return lq_curves_size (lq_automation_own (automation));
}

const LqParamInfo *
lq_automation_nth (const LqAutomation *automation, guint n)
{
  return lq_curves_nth (lq_automation_own (automation), n);
}

gboolean
lq_automation_names (const LqAutomation *automation, const gchar *property)
{
  return lq_curves_names (lq_automation_own (automation), property);
}

gboolean
lq_automation_range (
    const LqAutomation *automation, const gchar *property, gdouble *min, gdouble *max)
{
  const LqCurve *curve = lq_curves_find (lq_automation_own (automation), property);

  if (!curve)
    return FALSE;
  *min = *max = curve->points[0].value;
  for (guint i = 1; i < curve->n_points; i++) {
    *min = MIN (*min, curve->points[i].value);
    *max = MAX (*max, curve->points[i].value);
  }
  return TRUE;
}
