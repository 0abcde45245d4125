/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks for the gain whose result has a loudness, where only trying tells what a gain comes to:
 * behind a limiter loudness grows slowly, not at all, or at the gates in steps. Layer: chains. */

#ifndef LQ_GAIN_SEARCH_H
#define LQ_GAIN_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

struct lq_gain_point {
  double gain_db, result_lufs;
};

typedef struct lq_gain_search {
  struct lq_gain_point now; /* the gain to try; at the end the one found, and its result */
  bool at_most;             /* at the end: the greatest gain isn't loud enough, and was taken */
  bool less;                /* … or a lesser one that is about as loud */
  uint32_t count;           /* of tries */
  bool has_idle, has_low, has_high;
  double sought_lufs, least_db, most_db;
  struct lq_gain_point idle, last, low, high;
} lq_gain_search;

/* Between two gains; `now.gain_db` is to be tried first. `idle` is a gain whose result is known,
 * so small that nothing is limited; NULL: there is none. [rt] */
void lq_gain_search_begin (lq_gain_search *u, double sought_lufs, double least_db,
    double most_db, const struct lq_gain_point *idle, double first_db);

/* What came of the try; true: another is to be tried. [rt] */
bool lq_gain_search_next (lq_gain_search *u, double result_lufs);

/* A result counts as what is sought if it is so near, LU. */
#define LQ_GAIN_CLOSE_LU 0.01

#endif
