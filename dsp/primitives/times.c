/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: time constants of dynamics. */

#include "times.h"

#include "../base/mathx.h"

double
lq_keep (double rate, double ms)
{
  return exp (-1000.0 / (ms * rate));
}

/* Share of the way of two time constants in series after time t. */
static double
series_after (double t, double first, double second)
{
  if (fabs (first - second) < 1e-6 * first)
    return 1.0 - (1.0 + t / first) * exp (-t / first);
  return 1.0 - (first * exp (-t / first) - second * exp (-t / second)) / (first - second);
}

double
lq_first_of_two (double second, double whole)
{
  double low = 0.01 * whole, high = whole;

  for (int i = 0; i < 30; i++) {
    const double middle = 0.5 * (low + high);
    if (series_after (whole, second, middle) > 1.0 - exp (-1.0))
      low = middle;
    else
      high = middle;
  }
  return low;
}
