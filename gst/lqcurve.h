/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A curve in time: points, and what lies between them. */

#ifndef LQ_CURVE_H
#define LQ_CURVE_H

#include "lqparams.h"

G_BEGIN_DECLS

/* From `seconds` to the next point, d seconds after it: value + d (c1 + d (c2 + d c3)). */
typedef struct {
  gdouble seconds, value;
  gdouble c1, c2, c3;
} LqPoint;

typedef enum { LQ_SHAPE_STEP, LQ_SHAPE_LINEAR, LQ_SHAPE_SMOOTH, LQ_SHAPES } LqShape;

/* Their names, NULL-ended. */
extern const gchar *const lq_shape_names[LQ_SHAPES + 1];

typedef struct {
  const LqParamInfo *info;
  LqPoint *points;
  guint n_points;
  guint last; /* the point used last; where the next search begins */
} LqCurve;

/* Of points of which `seconds` and `value` are set; takes them over. */
LqCurve lq_curve_make (const LqParamInfo *info, LqShape shape, GArray *points);

/* The last point at or before a time, the first before them all; looked for at `start` first. [rt] */
guint lq_curve_find (const LqCurve *curve, guint start, gdouble seconds);

/* At a time that isn't before the point i, unless i is 0, nor behind the next. [rt] */
gdouble lq_curve_value (const LqCurve *curve, guint i, gdouble seconds);

G_END_DECLS

#endif
