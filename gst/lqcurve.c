/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: curves through points.
 * Source:  F. N. Fritsch and J. Butland, A method for constructing local monotone piecewise cubic
 *          interpolants, SIAM J. Sci. Stat. Comput. 5 (1984): slopes are harmonic means of the
 *          secants. Which weights they take, and the slopes at the ends (the first secant; 0), are
 *          those of GstInterpolationControlSource, so that values are the same as with a control
 *          binding; it can't be read here without its lock. It weights by the two intervals that
 *          follow a point, where the paper takes those on both sides; any weights from 1/3 to 2/3
 *          keep a slope within three times both secants, and so the curve monotonic.
 *
 *   points ─→ one polynomial a point ─→ value at a time
 */

#include "lqcurve.h"

#include <math.h>

const gchar *const lq_shape_names[LQ_SHAPES + 1] = { "step", "linear", "smooth", NULL };

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

gdouble
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
guint
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

LqCurve
lq_curve_make (const LqParamInfo *info, LqShape shape, GArray *points)
{
  LqPoint *at = (LqPoint *)(gpointer)points->data;
  LqCurve curve;

  if (shape == LQ_SHAPE_LINEAR)
    lq_shape_linear (at, points->len);
  else if (shape == LQ_SHAPE_SMOOTH)
    lq_shape_smooth (at, points->len);
  curve = (LqCurve){ info, at, points->len, 0 };
  g_array_free (points, FALSE);
  return curve;
}
