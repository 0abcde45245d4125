/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lqtest.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* More failed checks than this in one case are only counted. */
#define FAILURES_SHOWN 12

static struct {
  unsigned failures;
  bool skipped;
  char reason[256];
} current;

bool
lqt_fail (const char *file, int line, const char *format, ...)
{
  va_list args;

  if (current.failures++ < FAILURES_SHOWN) {
    printf ("# %s:%d: ", file, line);
    va_start (args, format);
    vprintf (format, args);
    va_end (args);
    printf ("\n");
  }
  return false;
}

bool
lqt_near (const char *file, int line, double value, double expected, double tolerance,
    const char *what)
{
  if (fabs (value - expected) <= tolerance)
    return true;
  return lqt_fail (file, line, "%s: %.9g, expected %.9g ± %.3g (off by %.3g)", what, value,
      expected, tolerance, value - expected);
}

void
lqt_skip (const char *reason)
{
  current.skipped = true;
  snprintf (current.reason, sizeof current.reason, "%s", reason);
}

void
lqt_note (const char *format, ...)
{
  va_list args;

  printf ("# ");
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  printf ("\n");
}

static bool
wanted (const char *name, int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    if (strcmp (argv[i], name) == 0)
      return true;
  return argc < 2;
}

int
lqt_main (const lqt_case *cases, int argc, char **argv)
{
  unsigned number = 0, failed = 0;

  setvbuf (stdout, NULL, _IOLBF, 0);
  for (const lqt_case *c = cases; c->name; c++) {
    if (!wanted (c->name, argc, argv))
      continue;
    memset (&current, 0, sizeof current);
    c->run ();
    if (current.failures > FAILURES_SHOWN)
      printf ("# and %u more\n", current.failures - FAILURES_SHOWN);
    printf ("%sok %u - %s%s%s\n", current.failures ? "not " : "", ++number, c->name,
        current.skipped ? " # SKIP " : "", current.skipped ? current.reason : "");
    failed += current.failures > 0;
  }
  printf ("1..%u\n", number);
  return failed ? 1 : 0;
}
