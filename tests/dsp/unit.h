/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A unit of the registry, made and driven: what the contract test and others run units with. */

#ifndef LQ_TEST_UNIT_H
#define LQ_TEST_UNIT_H

#include "guard.h"
#include "registry.h"
#include "signals.h"

typedef struct lqu {
  const struct lq_unit *unit;
  lq_stream stream;
  lq_arena arena;
  void *state;     /* the unit's struct */
  void *params;    /* its params, or NULL */
  uint32_t planes; /* channels it reads or writes, whichever are more */
} lqu;

/* A stream of `channels`, positioned as people expect; out_channels the same. */
lq_stream lqu_stream (double rate, uint32_t channels);

/* The unit prepared, at its defaults. Aborts where it can't be. */
lqu lqu_new (const struct lq_unit *unit, const lq_stream *stream);
void lqu_free (lqu *u);

/* Prepares it anew with the params as they stand: rows that aren't LQ_PLAYING are latched there. */
void lqu_prepare (lqu *u);

/* A row of the unit and where its value stands, or false where there is none with this index. */
typedef struct lqu_row {
  const struct lq_module *module;
  const struct lq_param *row;
} lqu_row;
bool lqu_get_row (const lqu *u, uint32_t index, lqu_row *row);

/* Writes a value into params; lqu_set hands them to the unit. */
void lqu_write (lqu *u, const lqu_row *row, double value);
void lqu_set (lqu *u);

/* Params at their defaults; every module switched; at random. Not handed over yet. */
void lqu_defaults (lqu *u);
void lqu_enable (lqu *u, bool on);
void lqu_randomise (lqu *u, lqs_random *random);

/* Lengths of blocks: `length` frames, or where it is 0, random ones. */
typedef struct lqu_cut {
  uint32_t length;
  lqs_random random;
} lqu_cut;
uint32_t lqu_next (lqu_cut *cut, size_t left);

/* Processes planes->frames frames from `first` up to `end`, in place, cut as told. */
void lqu_process (lqu *u, const lqg_planes *planes, size_t first, size_t end, lqu_cut cut);

/* Planes for the unit with something like music on all inputs. */
lqg_planes lqu_programme (const lqu *u, size_t frames, uint64_t seed);

/* Whether every sample is finite. */
bool lqu_finite (const lqg_planes *planes);

/* Largest |sample| of frames first … end − 1 on any plane. */
double lqu_peak (const lqg_planes *planes, size_t first, size_t end);

/* Parameter sets tried in each case: 0 is the defaults switched on, the others are random. */
#define LQU_SETS 4

/* Params of set number `set`, the same each time; handed over, and at rest. */
void lqu_start (lqu *u, unsigned set);

/* The same where it was started with this set before: what is latched stays as it is. */
void lqu_restart (lqu *u, unsigned set);

/* Frames by which the last set made the latency grow. */
uint32_t lqu_grow (lqu *u);

/* Runs `f` for each unit at `rate`, in each way it takes a stream: stereo, widening mono. */
void lqu_each (double rate, void (*f) (lqu *u));

/* Plays all of planes with random changes of parameters at odd places, cut as told. */
void lqu_play_changes (lqu *u, const lqg_planes *planes, lqu_cut cut);

#endif
