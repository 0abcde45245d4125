/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* test-vinyl-fuzz [ROUNDS [SEED]]: vinylsafe as in fuzzrig.h; and all figures are numbers, and where nothing
 * moves the element's own figures of what it cuts are within the limits. */

#include <math.h>

#include "fuzzrig.h"
#include "lqtest.h"

/* As on impulses, dB. */
#define OVER_DB 0.5

static gdouble
number (GstElement *element, const gchar *name)
{
  gdouble value;

  g_object_get (element, name, &value, NULL);
  return value;
}

/* What would be refused at the start, and is tested elsewhere: a disc inside out, a stream behind its
 * side. */
static void
make_possible (GstElement *element)
{
  const gdouble outer_mm = number (element, "outer-radius");
  const gdouble side_s = number (element, "side-duration");

  if (number (element, "inner-radius") >= outer_mm)
    g_object_set (element, "inner-radius", outer_mm - 0.5, NULL);
  if (side_s > 0.0 && number (element, "side-start") >= side_s)
    g_object_set (element, "side-start", 0.9 * side_s, NULL);
}

static gboolean
one_figure (GQuark field, const GValue *value, gpointer data)
{
  guint *bad = data;

  if (G_VALUE_HOLDS_DOUBLE (value))
    *bad += !isfinite (g_value_get_double (value));
  return TRUE;
}

/* Of the output, against the limits that hold all over the side. */
static gboolean
within (Run *r, guint round)
{
  static const gchar *const limits[] = { "velocity", "slope", "displacement", "vertical",
    "acceleration", "curvature" };
  gboolean ok = TRUE, bypass;
  gint mode;

  g_object_get (r->element, "mode", &mode, "bypass", &bypass, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (limits) && !mode && !bypass; i++) {
    gchar *limit = g_strconcat (limits[i], "-limit", NULL);
    gchar *peak = g_strconcat (limits[i], "-peak-output", NULL);
    const gdouble most = number (r->element, limit), got = number (r->element, peak);
    ok = CHECK (most == 0.0 || got <= most * pow (10.0, OVER_DB / 20.0),
             "round %u: %s is %g, its limit %g", round, peak, got, most) &&
         ok;
    g_free (limit);
    g_free (peak);
  }
  return ok;
}

static gboolean
sane (Run *r, guint round, gboolean moved)
{
  guint bad = 0;

  if (!CHECK (r->last != NULL, "round %u: no final message", round))
    return FALSE;
  gst_structure_foreach (r->last, one_figure, &bad);
  return CHECK (bad == 0, "round %u: %u figures aren't numbers", round, bad) &&
         (moved || within (r, round));
}

int
main (int argc, char **argv)
{
  static const gchar *const spared[] = { "meters", "post-messages", NULL };
  static const FuzzElement what = { "vinylsafe meters=true", spared, LQT_ROUNDS (30, 10),
    make_possible, sane };

  return fuzz_main (&what, argc, argv);
}
