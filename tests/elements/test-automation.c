/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lqtest.h"
#include "lqautomation.h"

static const lqt_case cases[] = { { NULL, NULL } };

int
main (int argc, char **argv)
{
  return lqt_main (cases, argc, argv);
}
