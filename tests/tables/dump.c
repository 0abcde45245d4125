/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints the parameter tables of the chains, tab-separated in the columns of the normative tables
 * (tests/tables/NAME.csv), after the chain's name. */

#include "chains/strip.h"

#include <stdio.h>

static const char *const types[] = { "double", "bool", "enum", "uint", "uint64", "string" };

static void
print_items (const struct lq_param *row)
{
  for (const struct lq_item *item = row->items->items; item->nick; item++)
    printf ("%s%s=%d", item == row->items->items ? "" : "|", item->nick, item->value);
}

static const char *
nick_of (const struct lq_param *row, double value)
{
  for (const struct lq_item *item = row->items->items; item->nick; item++)
    if (item->value == (int32_t)value)
      return item->nick;
  return "?";
}

static void
print_row (const char *chain, const struct lq_module *module, const struct lq_param *row)
{
  const double def = lq_module_default (module, row);
  const bool number = row->type == LQ_FLOAT || row->type == LQ_UINT;

  printf ("%s\t%s%s%s\t%s\t%s\t", chain, module->prefix, *module->prefix ? "-" : "", row->name,
      types[row->type], row->unit ? row->unit : "");
  if (number)
    printf ("%.9g\t%.9g\t%.9g\t", row->min, row->max, def);
  else if (row->type == LQ_BOOL)
    printf ("\t\t%s\t", def != 0.0 ? "true" : "false");
  else
    printf ("\t\t%s\t", nick_of (row, def));
  if (row->items)
    print_items (row);
  printf ("\t%s\t%s\n", row->flags & LQ_READONLY ? "r" : "rw",
      row->flags & LQ_READONLY  ? ""
      : row->flags & LQ_PLAYING ? "playing"
                                : "ready");
}

static void
print_modules (const char *chain, const struct lq_module *modules, uint32_t n)
{
  for (uint32_t m = 0; m < n; m++)
    for (uint32_t r = 0; r < modules[m].n_rows; r++)
      print_row (chain, &modules[m], &modules[m].rows[r]);
}

int
main (void)
{
  print_modules ("channelstrip", lq_strip_modules, LQ_STRIP_MODULES);
  print_modules ("channelstrip", lq_strip_figure_modules, LQ_STRIP_FIGURE_MODULES);
  return 0;
}
