/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eqrig.h"

#include <stdlib.h>

void
eq_prepare (struct eq *e)
{
  const lq_stream stream = {
    .rate = e->rate, .channels = e->channels, .out_channels = e->channels
  };

  lq_arena_init (&e->arena);
  if (!lq_eq_prepare_full (e->u, &stream, &e->p, &e->arena))
    abort ();
}

struct eq
eq_new (double rate, uint32_t channels, int32_t taps)
{
  static const struct lq_module modules[] = { LQ_EQ_FULL_MODULE_LIST (0) };
  struct eq e = { .channels = channels, .rate = rate };

  e.u = aligned_alloc (LQ_ALIGN, (sizeof *e.u + LQ_ALIGN - 1) / LQ_ALIGN * LQ_ALIGN);
  lq_modules_defaults (modules, LQ_EQ_MODULES, &e.p);
  if (taps) {
    e.p.phase = LQ_EQ_LINEAR;
    e.p.taps = taps;
  }
  eq_prepare (&e);
  return e;
}

void
eq_free (struct eq *e)
{
  lq_arena_free (&e->arena);
  free (e->u);
}

void
eq_start (struct eq *e)
{
  lq_eq_set (e->u, &e->p);
  lq_eq_reset (e->u);
}

void
eq_run (struct eq *e, const lqg_planes *p, size_t first, size_t end)
{
  for (size_t done = first; done < end; done += LQ_BLOCK) {
    const uint32_t n = end - done < LQ_BLOCK ? (uint32_t)(end - done) : LQ_BLOCK;
    float *at[2] = { p->ch[0] + done, p->ch[e->channels - 1] + done };
    lq_eq_process (e->u, at, n);
  }
}

struct lq_eq_band *
eq_band (struct eq *e, uint32_t i, int type, double hz, double gain_db, double q, int route)
{
  e->p.band[i] = (struct lq_eq_band){ .enabled = 1,
    .type = type,
    .frequency_hz = (float)hz,
    .gain_db = (float)gain_db,
    .q = (float)q,
    .slope = 12,
    .channel = route };
  return &e->p.band[i];
}
