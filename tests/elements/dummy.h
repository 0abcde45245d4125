/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* An object with a property of every kind, for tests of the helpers that attach to any object.
 * Two units of the same rows, `a-` and `b-`, figures, and rows of the element's own. */

#ifndef LQT_DUMMY_H
#define LQT_DUMMY_H

#include "lqparams.h"

struct dummy_unit {
  float level_db; /* −120 to 24 */
  float frequency_hz;
  int32_t shape; /* soft, hard, 24 */
  uint32_t on;
  uint32_t count;  /* 0 to 100, 3 */
  uint32_t voices; /* takes effect at the next start */
};

struct dummy_params {
  struct dummy_unit a, b;
};

struct dummy_figures {
  float peak_db;
  uint32_t events;
};

typedef struct {
  GObject object;
  LqParams params;
} Dummy;

Dummy *dummy_new (void);
const LqParamTable *dummy_table (void);
guint dummy_id (const gchar *property);

#endif
