/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "result.h"

#include "lqtest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES 16
#define ROWS 64
#define COLUMNS 20
#define NAME 128

typedef struct cell {
  bool filled, counted;
  double value;
} cell;

typedef struct row {
  char name[NAME];
  bool judged;
  double expected, minus, plus;
  cell cells[COLUMNS];
} row;

typedef struct table {
  char name[NAME];
  unsigned n_rows, n_columns;
  char columns[COLUMNS][NAME];
  row rows[ROWS];
} table;

static table tables[TABLES];
static unsigned n_tables;

/* Index of `name` in a list of n names of `stride` bytes; appended where it is new. */
static unsigned
find (char *names, size_t stride, unsigned *n, unsigned most, const char *name)
{
  unsigned i = 0;

  while (i < *n && strcmp (names + i * stride, name) != 0)
    i++;
  if (i == most)
    abort ();
  if (i == *n) {
    snprintf (names + i * stride, NAME, "%s", name);
    ++*n;
  }
  return i;
}

static cell *
cell_of (const char *table_name, const char *row_name, const char *column, row **at)
{
  table *t = &tables[find (tables[0].name, sizeof (table), &n_tables, TABLES, table_name)];

  *at = &t->rows[find (t->rows[0].name, sizeof (row), &t->n_rows, ROWS, row_name)];
  return &(*at)->cells[find (t->columns[0], NAME, &t->n_columns, COLUMNS, column)];
}

void
lqc_told (const char *table_name, const char *row_name, const char *column, double value)
{
  row *r;
  cell *c = cell_of (table_name, row_name, column, &r);

  c->filled = true;
  c->value = value;
}

void
lqc_counted (const char *table_name, const char *row_name, const char *column, unsigned count)
{
  row *r;
  cell *c = cell_of (table_name, row_name, column, &r);

  c->filled = c->counted = true;
  c->value = count;
}

void
lqc_result (const char *table_name, const char *row_name, const char *column, double value,
    double expected, double minus, double plus)
{
  row *r;
  cell *c = cell_of (table_name, row_name, column, &r);

  r->judged = true;
  r->expected = expected;
  r->minus = minus;
  r->plus = plus;
  if (!c->filled || !(fabs (value - expected) <= fabs (c->value - expected)))
    c->value = value;
  c->filled = true;
  CHECK (value >= expected - minus && value <= expected + plus,
      "%s, %s, %s: %.4f, expected %.4f -%.3f +%.3f", table_name, row_name, column, value,
      expected, minus, plus);
}

static void
print_value (double value)
{
  const double size = fabs (value);

  if (size < 0.00005)
    printf (" 0.0000 |");
  else
    printf (" %.*f |", size < 0.1 ? 4 : size < 1000.0 ? 3 : 0, value);
}

static void
print_row (const table *t, const row *r)
{
  printf ("| %s |", r->name);
  if (r->judged && r->minus == r->plus)
    printf (" %.4g ± %.3g |", r->expected, r->plus);
  else if (r->judged)
    printf (" %.4g −%.3g +%.3g |", r->expected, r->minus, r->plus);
  else
    printf (" |");
  for (unsigned i = 0; i < t->n_columns; i++)
    if (r->cells[i].counted)
      printf (" %.0f |", r->cells[i].value);
    else if (r->cells[i].filled)
      print_value (r->cells[i].value);
    else
      printf (" |");
  printf ("\n");
}

void
lqc_markdown (void)
{
  for (unsigned k = 0; k < n_tables; k++) {
    const table *t = &tables[k];
    printf ("\n## %s\n\n| | expected |", t->name);
    for (unsigned i = 0; i < t->n_columns; i++)
      printf (" %s |", t->columns[i]);
    printf ("\n|---|---|");
    for (unsigned i = 0; i < t->n_columns; i++)
      printf ("---|");
    printf ("\n");
    for (unsigned i = 0; i < t->n_rows; i++)
      print_row (t, &t->rows[i]);
  }
}
