/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signals that are hard on a normaliser: short, all peaks, all level, or hardly there. */

#ifndef LQ_HOSTILE_H
#define LQ_HOSTILE_H

#include "guard.h"

typedef struct lqc_hostile {
  const char *name;
  unsigned channels;
  double seconds;
  void (*fill) (lqg_planes *p, double rate);
} lqc_hostile;

/* Ends with one without a name. */
extern const lqc_hostile lqc_hostiles[];

#endif
