/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: pan laws.
 * Source:  properties/channelstrip.csv, out-pan-law; audiomixbus.csv, pan. */

#include "pan.h"

#include "../base/mathx.h"

#include <string.h>

const struct lq_enum lq_pan_modes = { "LqPanMode",
  (const struct lq_item[]){ { "balance", "Balance", LQ_PAN_BALANCE },
      { "dual", "Left and right by themselves", LQ_PAN_DUAL }, { NULL, NULL, 0 } } };

/* The laws that have a formula of their own, by their gain at the centre, dB. */
static const double law_at_db[] = { -6.0, -4.5, -3.0, -2.5, 0.0 };

static double
law_gain (int law, double p)
{
  const double cosine = cos (p * LQ_PI / 2.0);

  switch (law) {
    case 0:
      return 1.0 - p;
    case 1:
      return sqrt (cosine * (1.0 - p));
    case 2:
      return cosine;
    case 3:
      return pow (cosine, 0.831);
    default:
      return fmin (1.0, 2.0 * (1.0 - p));
  }
}

double
lq_pan_gain (double p, double law_db)
{
  const int last = LQ_COUNT (law_at_db) - 1;
  int law = 0;
  double t, a, b;

  if (p <= 0.0 || p >= 1.0)
    return p <= 0.0 ? 1.0 : 0.0;
  while (law < last - 1 && law_db >= law_at_db[law + 1])
    law++;
  t = lq_clamp ((law_db - law_at_db[law]) / (law_at_db[law + 1] - law_at_db[law]), 0.0, 1.0);
  a = law_gain (law, p);
  b = law_gain (law + 1, p);
  return pow (a, 1.0 - t) * pow (b, t);
}

void
lq_pan_place (const struct lq_pan *pan, double law_db, bool mono, double cells[4])
{
  const double at = (pan->pan + 1.0) / 2.0;
  const double l = (pan->left + 1.0) / 2.0, r = (pan->right + 1.0) / 2.0;
  const double centre = lq_pan_gain (0.5, law_db);

  memset (cells, 0, 4 * sizeof *cells);
  if (mono) {
    cells[0] = lq_pan_gain (at, law_db);
    cells[3] = lq_pan_gain (1.0 - at, law_db);
  } else if (pan->mode == LQ_PAN_DUAL) {
    cells[0] = lq_pan_gain (l, law_db);
    cells[2] = lq_pan_gain (1.0 - l, law_db);
    cells[1] = lq_pan_gain (r, law_db);
    cells[3] = lq_pan_gain (1.0 - r, law_db);
  } else {
    cells[0] = fmin (1.0, lq_pan_gain (at, law_db) / centre);
    cells[3] = fmin (1.0, lq_pan_gain (1.0 - at, law_db) / centre);
  }
}
