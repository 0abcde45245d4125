/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a guard against correlation below 0.
 * Source:  with l = m + s and r = m − s, Σ l·r = Σ m² − Σ s².
 *
 *   Σ m², Σ s² of a step ─→ ring ─┬─→ of 400 ms: weaker? ─→ 40 ms of it: armed
 *                                 │     └─→ Σ m²/Σ s² ─→ held 400 ms ─┐
 *                                 └─→ of 60 ms ─→ Σ m²/Σ s² ─→ slow up ┴─→ the lesser ─→ √ ─→ ramp
 *
 * What the long window says is too late where the middle stops, since it still holds some; what the
 * short one says is too much where the side comes in bursts. A ratio below 1 gives a gain that
 * leaves the side up to MARGIN weaker than the middle: just as strong, one of the channels may be almost
 * nothing, of either sign.
 *
 * z: the sums of the windows are made anew once round the ring, so that nothing is left of what was
 * louder. */

#include "antiphase.h"

#include "../base/mathx.h"
#include "../base/param.h"
#include "times.h"

#include <string.h>

#define WINDOW_MS 400.0
#define BRIEF_MS 60.0
#define PROOF_MS 40.0
#define BACK_MS 200.0
#define MARGIN 0.1

/* Steps are hops, as many as stay below this. */
#define STEP_MS 1.4

/* −120 dBFS, mean square: below it a channel is silent. */
#define SILENT 1e-12

/* A gain from here on is 1. */
#define WHOLE 0.9999

static uint32_t
steps_of (double rate, uint32_t hops, double ms)
{
  return (uint32_t)ceil (ms * rate / 1000.0 / (LQ_HOP * hops));
}

bool
lq_antiphase_prepare (lq_antiphase *u, const lq_stream *stream, lq_arena *arena)
{
  const double rate = stream->rate;

  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->hops = (uint32_t)fmax (1.0, floor (STEP_MS * rate / 1000.0 / LQ_HOP));
  u->steps = steps_of (rate, u->hops, WINDOW_MS);
  u->brief = steps_of (rate, u->hops, BRIEF_MS);
  u->proof = steps_of (rate, u->hops, PROOF_MS);
  u->silent = SILENT * u->hops * LQ_HOP;
  u->back = 1.0 - lq_keep (rate / (u->hops * LQ_HOP), BACK_MS);
  u->ring = lq_arena_alloc (arena, u->steps * sizeof *u->ring);
  if (!u->ring || !lq_ramp_prepare (&u->gain, stream, arena, LQ_RAMP_MS) ||
      !lq_slidemax_prepare (&u->held, u->steps, arena))
    return false;
  lq_antiphase_reset (u);
  return true;
}

void
lq_antiphase_set (lq_antiphase *u, bool on)
{
  u->on = on;
}

static void
forget (lq_antiphase *u)
{
  memset (&u->z, 0, sizeof u->z);
  memset (u->ring, 0, u->steps * sizeof *u->ring);
  u->z.power = 1.0;
  lq_slidemax_reset (&u->held);
}

void
lq_antiphase_reset (lq_antiphase *u)
{
  forget (u);
  lq_ramp_jump_to (&u->gain, 1.0);
}

void
lq_antiphase_note (
    lq_antiphase *u, const float *mid, const float *side, uint32_t phase, uint32_t n)
{
  u->kernels->product (mid, mid, n, phase, u->z.mid);
  u->kernels->product (side, side, n, phase, u->z.side);
}

static double
take (double lanes[LQ_PRODUCT_LANES])
{
  double sum = 0.0;

  for (int k = 0; k < LQ_PRODUCT_LANES; k++) {
    sum += lanes[k];
    lanes[k] = 0.0;
  }
  return sum;
}

/* A step is over: it goes into the windows. */
static void
slide (lq_antiphase *u)
{
  const uint32_t leaves = (u->z.at + u->steps - u->brief) % u->steps;
  struct lq_antiphase_pair *whole = &u->z.whole, *brief = &u->z.brief;

  brief->mid += u->z.step.mid - u->ring[leaves].mid;
  brief->side += u->z.step.side - u->ring[leaves].side;
  whole->mid += u->z.step.mid - u->ring[u->z.at].mid;
  whole->side += u->z.step.side - u->ring[u->z.at].side;
  u->ring[u->z.at] = u->z.step;
  u->z.step = (struct lq_antiphase_pair){ 0 };
  if (++u->z.at < u->steps)
    return;
  u->z.at = 0;
  *whole = *brief = u->z.step;
  for (uint32_t i = 0; i < u->steps; i++) {
    struct lq_antiphase_pair *const both[] = { whole, i < u->steps - u->brief ? NULL : brief };
    for (uint32_t k = 0; k < 2 && both[k]; k++) {
      both[k]->mid += u->ring[i].mid;
      both[k]->side += u->ring[i].side;
    }
  }
}

/* The power that a side may keep. */
static double
allowed (const struct lq_antiphase_pair *e, double silent)
{
  const double ratio = fmax (e->mid, 0.0) / fmax (e->side, silent);

  return ratio >= 1.0 ? 1.0 : ratio * (1.0 - fmin (1.0 - ratio, MARGIN));
}

static void
step (lq_antiphase *u)
{
  double part = 1.0, whole = 1.0;
  bool stronger;

  slide (u);
  stronger = u->z.whole.side > u->z.whole.mid && u->z.whole.side > u->silent * u->steps;
  if (stronger)
    u->z.evidence += u->z.evidence < u->proof;
  else
    u->z.evidence -= u->z.evidence > 0;
  u->z.armed = u->z.evidence == u->proof || (u->z.armed && u->z.evidence > 0);
  if (u->z.armed && stronger) {
    part = allowed (&u->z.brief, u->silent);
    whole = allowed (&u->z.whole, u->silent);
  }
  if (part < u->z.power)
    u->z.power = part;
  else
    u->z.power += (part - u->z.power) * u->back;
  if (u->z.power > WHOLE)
    u->z.power = 1.0;
  lq_slidemax_note (&u->held, (float)(1.0 - whole));
  whole = 1.0 - lq_slidemax_next (&u->held);
  lq_ramp_set (&u->gain, sqrt (fmin (u->z.power, whole)));
}

void
lq_antiphase_hop (lq_antiphase *u, double side, double mid)
{
  const double m = take (u->z.mid), s = take (u->z.side);

  if (!u->on) {
    if (u->z.heard)
      forget (u);
    lq_ramp_set (&u->gain, 1.0);
    lq_ramp_move (&u->gain);
    return;
  }
  u->z.heard = true;
  u->z.step.mid += m;
  u->z.step.side += side * s + mid * m;
  if (++u->z.hop >= u->hops) {
    u->z.hop = 0;
    step (u);
  }
  lq_ramp_move (&u->gain);
}
