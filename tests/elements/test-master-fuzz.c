/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* test-master-fuzz [ROUNDS [SEED]]: masterchain as in fuzzrig.h; and what comes out is under the ceiling
 * where there is one. */

#include <math.h>

#include "fuzzrig.h"
#include "lqtest.h"
#include "measure.h"

/* The ceiling that holds from begin to end, linear; INFINITY where none does. */
static gdouble
ceiling_of (GstElement *element)
{
  gboolean on, bypass, delta;
  gdouble ceiling_db;

  g_object_get (element, "maximizer-enabled", &on, "bypass", &bypass, "delta", &delta,
      "maximizer-ceiling", &ceiling_db, NULL);
  for (guint k = 0; k < 12; k++) {
    gchar *name = g_strdup_printf ("%s%u-listen", k < 8 ? "eq" : "dyneq", 1 + k % 8);
    gboolean listens;
    g_object_get (element, name, &listens, NULL);
    on = on && !listens;
    g_free (name);
  }
  return on && !bypass && !delta ? pow (10.0, ceiling_db / 20.0) : INFINITY;
}

static gboolean
under (Run *r, guint round, gboolean moved)
{
  const gdouble ceiling = moved ? INFINITY : ceiling_of (r->element);
  const gdouble peak = lqm_peak (r->out, r->out_frames * r->channels);

  return CHECK (peak <= ceiling * (1.0 + 1e-6), "round %u: %g over a ceiling of %g", round,
      peak, ceiling);
}

int
main (int argc, char **argv)
{
  static const gchar *const spared[] = { "order", "fade-out", "maximizer-loudness-target",
    NULL };
  static const FuzzElement what = { "masterchain post-messages=false", spared,
    LQT_ROUNDS (60, 20), NULL, under };

  return fuzz_main (&what, argc, argv);
}
