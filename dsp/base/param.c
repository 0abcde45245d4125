/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "param.h"

#include <string.h>

double
lq_module_default (const struct lq_module *module, const struct lq_param *row)
{
  for (const struct lq_override *o = module->overrides; o && o->name; o++)
    if (strcmp (o->name, row->name) == 0)
      return o->def;
  return row->def;
}

static void
lq_param_store (const struct lq_param *row, char *at, double value)
{
  float f = (float)value;
  int32_t i = (int32_t)value;
  uint32_t u = (uint32_t)value;

  if (row->type == LQ_FLOAT)
    memcpy (at, &f, sizeof f);
  else if (row->type == LQ_ENUM)
    memcpy (at, &i, sizeof i);
  else
    memcpy (at, &u, sizeof u);
}

void
lq_modules_defaults (const struct lq_module *modules, uint32_t n_modules, void *params)
{
  for (uint32_t m = 0; m < n_modules; m++)
    for (uint32_t r = 0; r < modules[m].n_rows; r++) {
      const struct lq_param *row = &modules[m].rows[r];
      if (row->offset != LQ_NO_FIELD)
        lq_param_store (row, (char *)params + modules[m].offset + row->offset,
            lq_module_default (&modules[m], row));
    }
}
