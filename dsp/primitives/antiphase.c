/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a guard against correlation below 0.
 * Source:  with l = m + s and r = m − s, Σ l·r = Σ m² − Σ s².
 *
 *   Σ m², Σ s² of a step ─→ ring ─┬─→ of 400 ms: weaker? ─→ 40 ms of it: armed
 *                                 │     └─→ Σ m²/Σ s² ─→ least of a second ─┐
 *                                 ├─→ of 60 ms ─→ Σ m²/Σ s² ────────────────┼─→ least ─→ × what is
 *                                 └─→ of 15 ms ─→ 2·Σ m²/Σ s² ──────────────┘     owed ─→ slow up ─→ √ ─→ ramp
 *
 * What the long window says is too late where the middle stops, since it still holds some; what shorter
 * ones say is too much where the side comes in bursts. Of 15 ms a low tone may be at its peak: they
 * count for half. A ratio below 1 gives a gain that leaves the side up to MARGIN weaker than the
 * middle: just as strong, one of the channels may be almost nothing, of either sign. What went out too
 * strong is owed for as long as it is in the long window.
 *
 * z: `out` is the side as it went out, `whole` as it came in, before other guards. The sums of the windows are made anew once round the ring, so that
 * nothing is left of what was louder. */

#include "antiphase.h"

#include "../base/mathx.h"
#include "../base/param.h"
#include "times.h"

#include <string.h>

#define WINDOW_MS 400.0
#define BRIEF_MS 60.0
#define INSTANT_MS 15.0
#define INSTANT_WEIGHT 0.5
#define HOLD_MS 1000.0
#define PROOF_MS 40.0
#define BACK_MS 200.0
#define MARGIN 0.1

/* Steps are hops, as many as stay below this. */
#define STEP_MS 1.4

/* −120 dBFS, mean square: below it a channel is silent. */
#define SILENT 1e-12

/* A power from here on is 1. */
#define WHOLE 0.999

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
  u->instant = steps_of (rate, u->hops, INSTANT_MS);
  u->proof = steps_of (rate, u->hops, PROOF_MS);
  u->silent = SILENT * u->hops * LQ_HOP;
  u->back = 1.0 - lq_keep (rate / (u->hops * LQ_HOP), BACK_MS);
  u->ring = lq_arena_alloc (arena, u->steps * sizeof *u->ring);
  if (!u->ring || !lq_ramp_prepare (&u->gain, stream, arena, LQ_RAMP_MS) ||
      !lq_slidemax_prepare (&u->held, steps_of (rate, u->hops, HOLD_MS), arena))
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

static void
add (struct lq_antiphase_sums *sum, const struct lq_antiphase_sums *x, double sign)
{
  sum->mid += sign * x->mid;
  sum->side += sign * x->side;
  sum->out += sign * x->out;
  sum->whole += sign * x->whole;
}

/* A step is over: it goes into the windows. */
static void
slide (lq_antiphase *u)
{
  const uint32_t lengths[] = { u->steps, u->brief, u->instant };

  for (uint32_t w = 0; w < LQ_ANTIPHASE_WINDOWS; w++) {
    add (&u->z.window[w], &u->z.step, 1.0);
    add (&u->z.window[w], &u->ring[(u->z.at + u->steps - lengths[w]) % u->steps], -1.0);
  }
  u->ring[u->z.at] = u->z.step;
  memset (&u->z.step, 0, sizeof u->z.step);
  if (++u->z.at < u->steps)
    return;
  u->z.at = 0;
  memset (u->z.window, 0, sizeof u->z.window);
  for (uint32_t w = 0; w < LQ_ANTIPHASE_WINDOWS; w++)
    for (uint32_t i = u->steps - lengths[w]; i < u->steps; i++)
      add (&u->z.window[w], &u->ring[i], 1.0);
}

/* The power that a side may keep, beside which the middle is so much stronger. */
static double
allowed (double mid, double side, double silent)
{
  const double ratio = fmax (mid, 0.0) / fmax (side, silent);

  return ratio >= 1.0 ? 1.0 : ratio * (1.0 - fmin (1.0 - ratio, MARGIN));
}

static void
step (lq_antiphase *u)
{
  const struct lq_antiphase_sums *whole = &u->z.window[0], *brief = &u->z.window[1],
                                 *instant = &u->z.window[2];
  double power = 1.0, all = 1.0;
  bool stronger;

  slide (u);
  stronger = whole->whole > whole->mid && whole->whole > u->silent * u->steps;
  if (stronger)
    u->z.evidence += u->z.evidence < u->proof;
  else
    u->z.evidence -= u->z.evidence > 0;
  u->z.armed = u->z.evidence == u->proof || (u->z.armed && u->z.evidence > 0);
  if (u->z.armed && stronger) {
    all = allowed (whole->mid, whole->side, u->silent);
    power = fmin (allowed (brief->mid, brief->side, u->silent),
        allowed (instant->mid, INSTANT_WEIGHT * instant->side, u->silent));
  }
  lq_slidemax_note (&u->held, (float)(1.0 - all));
  power = fmin (power, 1.0 - lq_slidemax_next (&u->held));
  if (u->z.armed && stronger)
    power *= allowed (whole->mid, whole->out, u->silent);
  if (power < u->z.power)
    u->z.power = power;
  else
    u->z.power += (power - u->z.power) * u->back;
  if (u->z.power > WHOLE)
    u->z.power = 1.0;
  lq_ramp_set (&u->gain, sqrt (u->z.power));
}

double
lq_antiphase_hop (lq_antiphase *u, double side, double mid, double before)
{
  const double m = lq_product_take (u->z.mid), s = lq_product_take (u->z.side),
               all = side * s + mid * m;
  const double gain = lq_ramp_at (&u->gain, LQ_HOP / 2);

  if (!u->on) {
    if (u->z.heard)
      forget (u);
    lq_ramp_set (&u->gain, 1.0);
    lq_ramp_move (&u->gain);
    return 0.0;
  }
  u->z.heard = true;
  u->z.step.mid += m;
  u->z.step.side += all;
  u->z.step.out += gain * gain * all;
  u->z.step.whole += before > all ? before : all;
  if (++u->z.hop >= u->hops) {
    u->z.hop = 0;
    step (u);
  }
  lq_ramp_move (&u->gain);
  return all;
}
