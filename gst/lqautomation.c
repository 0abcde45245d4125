/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: properties that follow curves in stream time, written as text.
 * Source:  F. N. Fritsch and J. Butland, A method for constructing local monotone piecewise cubic
 *          interpolants, SIAM J. Sci. Stat. Comput. 5 (1984): slopes are harmonic means of the
 *          secants. Which weights they take, and the slopes at the ends (the first secant; 0), are
 *          those of GstInterpolationControlSource, so that values are the same as with a control
 *          binding; it can't be read here without its lock. It weights by the two intervals that
 *          follow a point, where the paper takes those on both sides; any weights from 1/3 to 2/3
 *          keep a slope within three times both secants, and so the curve monotonic.
 *
 *   text ─→ words ─→ points ─→ one polynomial a point ─→ value (stream time) ─→ LqParams
 */

#include "lqautomation.h"

#include <math.h>
#include <string.h>

/* A century: stream time ends later, and no double loses a nanosecond's order before it. */
#define SECONDS_MAX 3155760000.0

/* From `seconds` to the next point, d seconds after it: value + d (c1 + d (c2 + d c3)). */
typedef struct {
  gdouble seconds, value;
  gdouble c1, c2, c3;
} LqPoint;

typedef enum { LQ_SHAPE_STEP, LQ_SHAPE_LINEAR, LQ_SHAPE_SMOOTH, LQ_SHAPES } LqShape;

static const gchar *const shape_names[LQ_SHAPES + 1] = { "step", "linear", "smooth", NULL };

typedef struct {
  const LqParamInfo *info;
  LqPoint *points;
  guint n_points;
  guint last; /* the point used last; where the next search begins */
} LqCurve;

struct _LqAutomation {
  GArray *curves; /* LqCurve */
};

/* Reading words. A statement ends at `;`, at the line's end or at a comment. */

typedef struct {
  const LqParamTable *table;
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

/* Curves from points */

static void
lq_shape_linear (LqPoint *points, guint n)
{
  for (guint i = 0; i + 1 < n; i++)
    points[i].c1 =
        (points[i + 1].value - points[i].value) / (points[i + 1].seconds - points[i].seconds);
}

/* Seconds between a point and the next, 0 for the last. */
static gdouble
lq_points_dx (const LqPoint *points, guint n, guint i)
{
  return i + 1 < n ? points[i + 1].seconds - points[i].seconds : 0.0;
}

/* The slope in point i, of the secants on both sides: 0 where they turn, and at the end. */
static gdouble
lq_smooth_slope (const LqPoint *points, guint n, guint i, gdouble before, gdouble after)
{
  const gdouble dx = lq_points_dx (points, n, i), dx_next = lq_points_dx (points, n, i + 1);

  if (i + 1 == n || !(before * after > 0.0))
    return 0.0;
  return 3.0 * (dx + dx_next) / ((dx + 2.0 * dx_next) / before + (2.0 * dx + dx_next) / after);
}

/* The secants, in c1 on entry, give way to the slopes in the points. */
static void
lq_shape_smooth (LqPoint *points, guint n)
{
  gdouble slope, next, secant, dx, excess;

  lq_shape_linear (points, n);
  if (n < 3)
    return;
  slope = points[0].c1;
  for (guint i = 0; i + 1 < n; i++) {
    secant = points[i].c1;
    dx = lq_points_dx (points, n, i);
    next = lq_smooth_slope (points, n, i + 1, secant, points[i + 1].c1);
    excess = slope + next - 2.0 * secant;
    points[i].c1 = slope;
    points[i].c2 = (secant - slope - excess) / dx;
    points[i].c3 = excess / (dx * dx);
    slope = next;
  }
}

static gdouble
lq_curve_value (const LqCurve *curve, guint i, gdouble seconds)
{
  const LqPoint *point = &curve->points[i];
  const gdouble d = seconds - point->seconds;
  gdouble value, other;

  if (i + 1 == curve->n_points || !(d > 0.0))
    return point->value;
  value = point->value + d * (point->c1 + d * (point->c2 + d * point->c3));
  other = point[1].value;
  /* Rounding must not lead out of the property's range. */
  return fmin (fmax (value, fmin (point->value, other)), fmax (point->value, other));
}

/* The last point at or before a time; the first before them all. Near the point used last first,
 * since time mostly goes on a little. */
static guint
lq_curve_find (const LqCurve *curve, guint start, gdouble seconds)
{
  const LqPoint *points = curve->points;
  guint low = 0, high = curve->n_points;

  for (guint i = start; i < curve->n_points && i < start + 2; i++) {
    if (points[i].seconds > seconds)
      break;
    if (i + 1 == curve->n_points || points[i + 1].seconds > seconds)
      return i;
  }
  while (high - low > 1) {
    const guint middle = low + (high - low) / 2;
    if (points[middle].seconds > seconds)
      high = middle;
    else
      low = middle;
  }
  return low;
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
    if (strlen (shape_names[i]) == word.length &&
        memcmp (shape_names[i], word.at, word.length) == 0) {
      *shape = (LqShape)i;
      return !stepped || i == LQ_SHAPE_STEP ||
             lq_text_error (reader->text, word.at, error,
                 "`%s` has no values in between: it takes `step` alone, not `%s`",
                 info->pspec->name, shape_names[i]);
    }
  if (!word.length)
    return lq_text_error (reader->text, word.at, error,
        "`%s` has no curve: step, linear or smooth, then points time:value", info->pspec->name);
  name = g_strndup (word.at, word.length);
  closest = lq_text_closest (name, shape_names);
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
  else if (!(info->row->flags & LQ_PLAYING))
    why = "takes effect at the next start only, so it has no curve";
  return !why || lq_reader_wrong (reader, word, why, error);
}

static LqCurve *
lq_automation_find (const LqAutomation *automation, const gchar *property)
{
  for (guint i = 0; automation && i < automation->curves->len; i++) {
    LqCurve *curve = &g_array_index (automation->curves, LqCurve, i);
    if (strcmp (curve->info->pspec->name, property) == 0)
      return curve;
  }
  return NULL;
}

static LqCurve
lq_curve_make (const LqParamInfo *info, LqShape shape, GArray *points)
{
  LqPoint *at = (LqPoint *)(gpointer)points->data;

  if (shape == LQ_SHAPE_LINEAR)
    lq_shape_linear (at, points->len);
  else if (shape == LQ_SHAPE_SMOOTH)
    lq_shape_smooth (at, points->len);
  return (LqCurve){ info, at, points->len, 0 };
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

static gboolean
lq_read_statement (LqReader *reader, LqAutomation *automation, GError **error)
{
  const LqWord word = lq_reader_word (reader);
  const LqParamInfo *info;
  LqShape shape = LQ_SHAPE_STEP;
  GArray *points;
  LqCurve curve;

  if (!word.length)
    return TRUE;
  info = lq_text_property (reader->text, word.at, word.length, reader->table, error);
  if (!info || !lq_check_automatable (reader, word, info, error))
    return FALSE;
  if (lq_automation_find (automation, info->pspec->name))
    return lq_reader_wrong (reader, word, "has a curve already", error);
  if (!lq_read_shape (reader, info, &shape, error))
    return FALSE;
  points = g_array_new (FALSE, FALSE, sizeof (LqPoint));
  if (!lq_read_points (reader, info, points, error)) {
    g_array_unref (points);
    return FALSE;
  }
  curve = lq_curve_make (info, shape, points);
  g_array_free (points, FALSE);
  g_array_append_val (automation->curves, curve);
  return TRUE;
}

static void
lq_curve_clear (gpointer curve)
{
  g_free (((LqCurve *)curve)->points);
}

LqAutomation *
lq_automation_new (const LqParamTable *table, const LqText *text, GError **error)
{
  LqAutomation *automation;
  LqReader reader = { table, text, text->text };

  if (!lq_text_check (text, error))
    return NULL;
  automation = g_new0 (LqAutomation, 1);
  automation->curves = g_array_new (FALSE, FALSE, sizeof (LqCurve));
  g_array_set_clear_func (automation->curves, lq_curve_clear);
  do {
    if (!lq_read_statement (&reader, automation, error)) {
      lq_automation_free (automation);
      return NULL;
    }
  } while (lq_reader_next (&reader));
  return automation;
}

/* Moves the curves of properties that have none yet. */
static void
lq_automation_merge (LqAutomation *into, LqAutomation *from)
{
  for (guint i = 0; i < from->curves->len; i++) {
    LqCurve *curve = &g_array_index (from->curves, LqCurve, i);
    if (lq_automation_find (into, curve->info->pspec->name))
      continue;
    g_array_append_val (into->curves, *curve);
    curve->points = NULL;
  }
}

LqAutomation *
lq_automation_load (
    const LqParamTable *table, const gchar *automation, const gchar *location, GError **error)
{
  const LqText text = { "automation", automation ? automation : "" };
  LqAutomation *all = lq_automation_new (table, &text, error), *more = NULL;
  LqText file = { location, NULL };
  gchar *content;

  if (!all || !location || !*location)
    return all;
  content = lq_text_load (location, LQ_AUTOMATION_LIMIT, error);
  file.text = content;
  if (content)
    more = lq_automation_new (table, &file, error);
  g_free (content);
  if (more)
    lq_automation_merge (all, more);
  else
    g_clear_pointer (&all, lq_automation_free);
  lq_automation_free (more);
  return all;
}

void
lq_automation_free (LqAutomation *automation)
{
  if (!automation)
    return;
  g_array_unref (automation->curves);
  g_free (automation);
}

void
lq_automation_apply (LqAutomation *automation, LqParams *params, gdouble seconds)
{
  LqCurve *curves = (LqCurve *)(gpointer)automation->curves->data;

  for (guint i = 0; i < automation->curves->len; i++) {
    curves[i].last = lq_curve_find (&curves[i], curves[i].last, seconds);
    lq_params_put_number (
        params, curves[i].info->id, lq_curve_value (&curves[i], curves[i].last, seconds));
  }
}

guint
lq_automation_size (const LqAutomation *automation)
{
  return automation ? automation->curves->len : 0;
}

const LqParamInfo *
lq_automation_nth (const LqAutomation *automation, guint n)
{
  return g_array_index (automation->curves, LqCurve, n).info;
}

gboolean
lq_automation_names (const LqAutomation *automation, const gchar *property)
{
  return lq_automation_find (automation, property) != NULL;
}

gboolean
lq_automation_range (
    const LqAutomation *automation, const gchar *property, gdouble *min, gdouble *max)
{
  const LqCurve *curve = lq_automation_find (automation, property);

  if (!curve)
    return FALSE;
  *min = *max = curve->points[0].value;
  for (guint i = 1; i < curve->n_points; i++) {
    *min = MIN (*min, curve->points[i].value);
    *max = MAX (*max, curve->points[i].value);
  }
  return TRUE;
}
