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
 * and bools) takes `step` alone, by nick or number.
 *
 *   sink_0::gain linear 0:-60 4:0; drums::mute step 0:false 10:true
 *
 * An object that has others to move (a mixer its pads and groups) takes their names as scopes. */

#ifndef LQ_AUTOMATION_H
#define LQ_AUTOMATION_H

#include "lqparams.h"
#include "lqtext.h"

G_BEGIN_DECLS

/* Largest file that is read, in bytes. */
#define LQ_AUTOMATION_LIMIT ((gsize)4 << 20)

typedef struct _LqAutomation LqAutomation;

/* What names mean. */
typedef struct {
  const LqParamTable *table; /* of those without a scope: the object's own */
  /* The table of what is called `scope`; NULL where nothing is, and *why (to be freed) a sentence
   * about a name that has this scope, its verb first. May be NULL: there are no scopes. */
  const LqParamTable *(*find) (const gchar *scope, gchar **why, gpointer user);
  gpointer user;
} LqScopes;

/* Curves of one text; NULL and RESOURCE/SETTINGS with line and column where it is wrong. */
LqAutomation *lq_automation_new (const LqParamTable *table, const LqText *text, GError **error);

/* Curves of the property `automation` and of the file that `automation-location` names, either of
 * which may be NULL or empty; a property with curves in both follows `automation`. */
LqAutomation *lq_automation_load (
    const LqParamTable *table, const gchar *automation, const gchar *location, GError **error);

/* The same two with scopes. */
LqAutomation *lq_automation_new_scoped (
    const LqScopes *scopes, const LqText *text, GError **error);
LqAutomation *lq_automation_load_scoped (
    const LqScopes *scopes, const gchar *automation, const gchar *location, GError **error);

/* NULL is fine. */
void lq_automation_free (LqAutomation *automation);

/* Writes the value that each curve of the object's own has at this stream time. [rt] One thread at a time. */
void lq_automation_apply (LqAutomation *automation, LqParams *params, gdouble seconds);

/* The rest only reads what doesn't change. */

/* How many properties of its own have curves. */
guint lq_automation_size (const LqAutomation *automation);

/* The n-th of them. */
const LqParamInfo *lq_automation_nth (const LqAutomation *automation, guint n);

gboolean lq_automation_names (const LqAutomation *automation, const gchar *property);

/* The least and the greatest value that a property's curve takes; FALSE if it has none. */
gboolean lq_automation_range (
    const LqAutomation *automation, const gchar *property, gdouble *min, gdouble *max);

/* The curves of one scope, "" being the object's own. */
typedef struct _LqCurves LqCurves;

/* How many scopes there are, and the n-th of them; the first is the object's own, which may be
 * empty. */
guint lq_automation_scopes (const LqAutomation *automation);
const LqCurves *lq_automation_nth_scope (const LqAutomation *automation, guint n);

/* NULL where nothing of that scope has a curve. */
const LqCurves *lq_automation_curves (const LqAutomation *automation, const gchar *scope);

const gchar *lq_curves_scope (const LqCurves *curves);
guint lq_curves_size (const LqCurves *curves);
const LqParamInfo *lq_curves_nth (const LqCurves *curves, guint n);
gboolean lq_curves_names (const LqCurves *curves, const gchar *property);

/* The value of the n-th of them at this stream time. [rt] Any thread. */
gdouble lq_curves_value (const LqCurves *curves, guint n, gdouble seconds);

/* Whether a curve (there may be none: NULL) or a control binding moves this property. */
gboolean lq_moves (const LqCurves *curves, GstObject *object, const gchar *property);

/* In a chain's params: what has a switch and a property that moves counts as switched on. */
void lq_moves_enable (const LqCurves *curves, GstObject *object,
    const struct lq_module *modules, guint n_modules, gpointer params);

G_END_DECLS

#endif
