/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Automation: a text of curves, compiled once, then read on the streaming thread.
 *
 *   out-gain linear 0:-60 2:0 30:0 33:-60; hpf-enabled step 0:false 10:true
 *
 * A curve is a property, a shape and points, each time:value; `;` or the line's end ends it, `#`
 * starts a comment. Times are seconds of stream time, resolved to a nanosecond, and increase.
 * Before its first point a curve holds the first value, after its last the last. Shapes: `step`
 * holds each value until the next point, `linear` draws lines between the values in the property's
 * unit, `smooth` a cubic that is monotonic between points. What has no values in between (enums
 * and bools) takes `step` alone, by nick or number. */

#ifndef LQ_AUTOMATION_H
#define LQ_AUTOMATION_H

#include "lqparams.h"
#include "lqtext.h"

G_BEGIN_DECLS

/* Largest file that is read, in bytes. */
#define LQ_AUTOMATION_LIMIT ((gsize)4 << 20)

typedef struct _LqAutomation LqAutomation;

/* Curves of one text; NULL and RESOURCE/SETTINGS with line and column where it is wrong. */
LqAutomation *lq_automation_new (const LqParamTable *table, const LqText *text, GError **error);

/* Curves of the property `automation` and of the file that `automation-location` names, either of
 * which may be NULL or empty; a property with curves in both follows `automation`. */
LqAutomation *lq_automation_load (
    const LqParamTable *table, const gchar *automation, const gchar *location, GError **error);

/* NULL is fine. */
void lq_automation_free (LqAutomation *automation);

/* Writes the value that each curve has at this stream time. [rt] One thread at a time. */
void lq_automation_apply (LqAutomation *automation, LqParams *params, gdouble seconds);

/* The rest only reads what doesn't change. */

/* How many properties have curves. */
guint lq_automation_size (const LqAutomation *automation);

/* The n-th of them. */
const LqParamInfo *lq_automation_nth (const LqAutomation *automation, guint n);

gboolean lq_automation_names (const LqAutomation *automation, const gchar *property);

/* The least and the greatest value that a property's curve takes; FALSE if it has none. */
gboolean lq_automation_range (
    const LqAutomation *automation, const gchar *property, gdouble *min, gdouble *max);

G_END_DECLS

#endif
