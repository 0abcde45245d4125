/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* An element with all its properties at random, those too that are read at the start; noise, squares,
 * silence and what is no number through it, some properties set again meanwhile. What comes out is as long
 * as what went in, and finite. */

#ifndef LQ_TEST_FUZZRIG_H
#define LQ_TEST_FUZZRIG_H

#include "run.h"

typedef struct {
  const gchar *line; /* of gst-launch */
  const gchar *const *
      spared; /* properties that aren't set besides those that no element likes to have; ends with NULL */
  guint rounds;                /* by default */
  void (*mend) (GstElement *); /* what would be refused at the start; or NULL */
  gboolean (*judge) (Run *r, guint round, gboolean moved); /* what else has to hold */
} FuzzElement;

/* A test's main: [ROUNDS [SEED]]. */
int fuzz_main (const FuzzElement *what, int argc, char **argv);

#endif
