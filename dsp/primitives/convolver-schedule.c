/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a level's job as a list of small steps, and which of them each hop does.
 *
 *   for each pair of inputs:  passes → spectra
 *   for each pair of outputs: chunk by chunk all sums → joined → passes
 *
 * The steps are listed twice: at first only counted. */

#include "convolver-private.h"

/* Values of a run that a step of a pass does. */
#define PIECE 256u

/* ns a value of a run, a bin, and a bin of a partition, about: how steps compare. */
#define COST_PASS 0.7
#define COST_BIN 0.5
#define COST_MAC 0.35

typedef struct list {
  const lq_convolver *u;
  struct lq_convolver_level *l;
  double cost; /* of the steps so far */
  uint32_t hop;
} list;

static void
put (list *to, struct lq_convolver_step step, double cost)
{
  struct lq_convolver_level *l = to->l;

  if (l->steps) {
    l->steps[l->n_steps] = step;
    while (to->hop < l->hops && to->cost >= l->cost * (to->hop + 1) / l->hops)
      l->until[to->hop++] = l->n_steps;
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

/* All that one output's sum is made of. */
static void
put_sum (list *to, uint32_t output, uint32_t chunk)
{
  const struct lq_convolver_level *l = to->l;
  bool fresh = true;

  for (uint32_t r = 0; r < l->n_routes; r++) {
    const uint32_t count = l->routes[r].output == output ? l->routes[r].count : 0;
    for (uint32_t i = 0, end; i < count; i = end) {
      end = i + LQ_CONVOLVER_PARTS < count ? i + LQ_CONVOLVER_PARTS : count;
      put (to,
          (struct lq_convolver_step){ .kind = LQ_CONVOLVER_MAC,
              .fresh = fresh,
              .which = r,
              .chunk = chunk,
              .begin = i,
              .end = end },
          COST_MAC * l->bins * (end - i));
      fresh = false;
    }
  }
}

static void
put_all (list *to)
{
  const struct lq_convolver_level *l = to->l;

  for (uint32_t c = 0; c < to->u->inputs; c += 2)
    if (l->spectra[c]) {
      put_passes (to, LQ_CONVOLVER_PASS, c / 2);
      put_bins (to, LQ_CONVOLVER_PART, c / 2);
    }
  for (uint32_t c = 0; c < to->u->outputs; c += 2)
    if (l->result[0][c]) {
      for (uint32_t chunk = 0; chunk < l->size / l->bins; chunk++) {
        put_sum (to, c, chunk);
        put_sum (to, c + 1, chunk);
      }
      put_bins (to, LQ_CONVOLVER_JOIN, c / 2);
      put_passes (to, LQ_CONVOLVER_BACK, c / 2);
    }
}

bool
lq_convolver_schedule (const lq_convolver *u, struct lq_convolver_level *l, lq_arena *arena)
{
  list to = { u, l, 0.0, 0 };

  put_all (&to);
  l->cost = to.cost;
  l->until = lq_arena_alloc (arena, l->hops * sizeof *l->until);
  l->steps = lq_arena_alloc (arena, l->n_steps * sizeof *l->steps);
  if (!l->until || !l->steps)
    return false;
  to = (list){ u, l, 0.0, 0 };
  l->n_steps = 0;
  put_all (&to);
  while (to.hop < l->hops)
    l->until[to.hop++] = l->n_steps;
  return true;
}
