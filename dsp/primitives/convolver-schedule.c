/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a level's job as a list of small steps, and which of them each hop does.
 *
 *   until the result begins:  for each pair of inputs: passes → spectra;
 *                             for each pair of outputs: first partitions → joined → passes
 *   after that:               for each output, two chunks by two: all other partitions, for the
 *                             next jobs: of one of the two chunks, as the jobs alternate
 *
 * The steps are listed twice: at first only counted. */

#include "convolver-private.h"

/* Values of a run that a step of a pass does. */
#define PIECE 256u

/* Pairs that a step adds. */
#define PAIRS 8u

/* ns a value of a run, a bin, and a bin of a partition, about: how steps compare. */
#define COST_PASS 0.7
#define COST_BIN 0.5
#define COST_MAC 0.35

typedef struct list {
  const lq_convolver *u;
  struct lq_convolver_level *l;
  uint32_t part;      /* 0: before the result begins; 1: after */
  double cost;        /* of its steps so far */
  uint32_t hop, hops; /* the next that isn't full, and the first behind this part */
  uint32_t begin;     /* the first hop of it */
} list;

static void
put (list *to, struct lq_convolver_step step, double cost)
{
  struct lq_convolver_level *l = to->l;

  if (l->steps) {
    const double share = l->cost[to->part] / (to->hops - to->begin);
    while (to->hop < to->hops && to->cost >= share * (to->hop + 1 - to->begin))
      l->until[to->hop++] = l->n_steps;
    l->steps[l->n_steps] = step;
  }
  l->n_steps++;
  to->cost += cost;
}

static void
put_passes (list *to, uint8_t kind, uint32_t pair)
{
  const uint32_t quarter = to->l->fft.size / 4, piece = quarter < PIECE ? quarter : PIECE;

  for (uint32_t k = 0; k < to->l->fft.passes; k++)
    for (uint32_t i = 0; i < quarter; i += piece)
      put (to,
          (struct lq_convolver_step){
              .kind = kind, .pass = (uint8_t)k, .which = pair, .begin = i, .end = i + piece },
          COST_PASS * piece);
}

static void
put_bins (list *to, uint8_t kind, uint32_t pair)
{
  for (uint32_t chunk = 0; chunk < to->l->size / to->l->bins; chunk++)
    put (to, (struct lq_convolver_step){ .kind = kind, .which = pair, .chunk = chunk },
        COST_BIN * to->l->bins);
}

static void
put_mac (list *to, uint8_t kind, uint8_t fresh, uint32_t route, uint32_t chunk, uint32_t begin,
    uint32_t end)
{
  put (to,
      (struct lq_convolver_step){ .kind = kind,
          .fresh = fresh,
          .which = route,
          .chunk = chunk,
          .begin = begin,
          .end = end },
      COST_MAC * to->l->bins * (end - begin));
}

/* Whether an output's sum has partitions that are added ahead. */
static bool
is_ahead (const struct lq_convolver_level *l, uint32_t output)
{
  bool any = false;

  for (uint32_t r = 0; r < l->n_routes; r++)
    any |= l->routes[r].output == output && l->routes[r].n_pairs > 0;
  return any;
}

static inline uint32_t
lesser (uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

/* What the job's own input adds to an output's sum; of routes that have no such partition too a
 * step, as the sum may begin with it. */
static void
put_own (list *to, uint32_t output, uint32_t chunk)
{
  const struct lq_convolver_level *l = to->l;
  uint8_t fresh = is_ahead (l, output) ? LQ_CONVOLVER_BEGINS_FIRST : LQ_CONVOLVER_BEGINS;

  for (uint32_t r = 0; r < l->n_routes; r++) {
    const struct lq_convolver_route *route = &l->routes[r];
    const uint32_t stop = l->lead == 0 ? route->count : route->index[0] == 0;
    uint32_t i = 0;
    if (route->output != output)
      continue;
    do {
      put_mac (to, LQ_CONVOLVER_OWN, fresh, r, chunk, i, lesser (i + LQ_CONVOLVER_PARTS, stop));
      fresh = LQ_CONVOLVER_ADDS;
      i += LQ_CONVOLVER_PARTS;
    } while (i < stop);
  }
}

/* What is added to it ahead, of two chunks. */
static void
put_ahead (list *to, uint32_t output, uint32_t chunk)
{
  const struct lq_convolver_level *l = to->l;
  uint8_t fresh = LQ_CONVOLVER_BEGINS, fresh_next = LQ_CONVOLVER_BEGINS_FIRST;

  for (uint32_t r = 0; r < l->n_routes && is_ahead (l, output); r++) {
    const struct lq_convolver_route *route = &l->routes[r];
    const uint32_t first = route->index[0] == 0;
    const bool one = first < route->count && route->index[first] == 1;
    uint32_t i = 0;
    if (route->output != output)
      continue;
    do {
      for (uint32_t k = 0; k < 2; k++) {
        const uint32_t end = lesser (i + PAIRS, route->n_pairs);
        put_mac (to, LQ_CONVOLVER_AHEAD, fresh, r, chunk + k, i, end);
      }
      fresh = LQ_CONVOLVER_ADDS;
      i += PAIRS;
    } while (i < route->n_pairs);
    for (uint32_t k = 0; k < 2; k++)
      put_mac (to, LQ_CONVOLVER_NEXT, fresh_next, r, chunk + k, first, first + one);
    fresh_next = LQ_CONVOLVER_ADDS;
  }
}

static void
put_sums (list *to, uint32_t pair, uint32_t part)
{
  const uint32_t chunks = to->l->size / to->l->bins;

  for (uint32_t chunk = 0; chunk < chunks && part == 0; chunk++) {
    put_own (to, 2 * pair, chunk);
    put_own (to, 2 * pair + 1, chunk);
  }
  for (uint32_t chunk = 0; chunk < chunks && part == 1; chunk += 2) {
    put_ahead (to, 2 * pair, chunk);
    put_ahead (to, 2 * pair + 1, chunk);
  }
}

static void
put_part (list *to, uint32_t part)
{
  const struct lq_convolver_level *l = to->l;

  to->part = part;
  to->cost = 0.0;
  to->begin = to->hop;
  to->hops = part == 0 && l->lead ? l->lead : l->hops;
  for (uint32_t c = 0; c < to->u->inputs && part == 0; c += 2)
    if (l->spectra[c]) {
      put_passes (to, LQ_CONVOLVER_PASS, c / 2);
      put_bins (to, LQ_CONVOLVER_PART, c / 2);
    }
  for (uint32_t c = 0; c < to->u->outputs; c += 2)
    if (l->result[0][c]) {
      put_sums (to, c / 2, part);
      if (part == 0) {
        put_bins (to, LQ_CONVOLVER_JOIN, c / 2);
        put_passes (to, LQ_CONVOLVER_BACK, c / 2);
      }
    }
  for (; l->until && to->hop < to->hops; to->hop++)
    l->until[to->hop] = l->n_steps;
  to->l->cost[part] = to->cost;
}

static void
put_all (list *to)
{
  to->l->n_steps = 0;
  to->hop = 0;
  put_part (to, 0);
  if (to->l->lead)
    put_part (to, 1);
}

bool
lq_convolver_schedule (const lq_convolver *u, struct lq_convolver_level *l, lq_arena *arena)
{
  list to = { .u = u, .l = l };

  put_all (&to);
  l->until = lq_arena_alloc (arena, l->hops * sizeof *l->until);
  l->steps = lq_arena_alloc (arena, l->n_steps * sizeof *l->steps);
  if (!l->until || !l->steps)
    return false;
  put_all (&to);
  return true;
}
