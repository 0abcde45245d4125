/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: click-free parameter changes, the same for knobs and for automation.
 * Source:  a box of M hops convolved with itself; step response S(k) = k²/2M² up to M hops,
 *          1 − (2M − k)²/2M² beyond; a cubic Hermite segment between knots is exact for both.
 *
 *   set ─→ target ─┬─ history, 2M hops ─→ Σ w·t  = end        value ┐ Hermite ─→ at, fill
 *                  └───────────────────→ Σ w'·t = end_slope   slope ┘
 *
 * z.age counts the hops begun since the target last changed: in hop 2M the ramp arrives, from
 * then on the value is the target itself, so that rounding never keeps a neutral unit awake. */

#include "ramp.h"

#include <math.h>

static uint32_t
lq_ramp_half (double rate, double ms)
{
  double hops = rate * ms / 1000.0 / LQ_HOP;
  uint32_t half = (uint32_t)lround (hops / 2.0);
  return half ? half : 1;
}

bool
lq_ramp_prepare (lq_ramp *r, const lq_stream *stream, lq_arena *arena, double ms)
{
  *r = (lq_ramp){ .half = lq_ramp_half (stream->rate, ms) };
  r->history = lq_arena_alloc (arena, 2 * r->half * sizeof (double));
  if (!r->history)
    return false;
  lq_ramp_jump (r);
  return true;
}

double
lq_ramp_lag (double rate, double ms)
{
  /* The kernel's centre is M − ½ hops back from the end of the hop it is computed for. */
  return (lq_ramp_half (rate, ms) + 0.5) * LQ_HOP;
}

void
lq_ramp_jump (lq_ramp *r)
{
  for (uint32_t i = 0; i < 2 * r->half; i++)
    r->history[i] = r->target;
  r->z.value = r->z.end = r->z.taken = r->target;
  r->z.slope = r->z.end_slope = 0.0;
  r->z.age = 2 * r->half + 1;
}

void
lq_ramp_hop (lq_ramp *r)
{
  const uint32_t taps = 2 * r->half;
  const double m2 = (double)r->half * r->half;
  double end = 0.0, end_slope = 0.0;

  if (r->target != r->z.taken)
    r->z.age = 0;
  if (r->z.age <= taps)
    r->z.age++;
  r->z.taken = r->target;
  r->history[r->z.head] = r->z.taken;
  r->z.value = r->z.end;
  r->z.slope = r->z.end_slope;
  /* Newest target first; S(i+1) − S(i) = (2i+1)/2M² while rising, mirrored while falling. */
  for (uint32_t i = 0, at = r->z.head; i < taps; i++) {
    bool rising = i < r->half;
    double w = (rising ? 2.0 * i + 1.0 : 2.0 * (taps - 1 - i) + 1.0) / (2.0 * m2);
    end += w * r->history[at];
    end_slope += (rising ? r->history[at] : -r->history[at]) / m2;
    at = at ? at - 1 : taps - 1;
  }
  r->z.head = r->z.head + 1 == taps ? 0 : r->z.head + 1;
  if (r->z.age >= taps) {
    end = r->z.taken;
    end_slope = 0.0;
  }
  r->z.end = end;
  r->z.end_slope = end_slope;
}

/* The cubic c0 + c1 u + c2 u² + c3 u³ of the current hop, u from 0 to 1. */
static void
lq_ramp_cubic (const lq_ramp *r, double c[4])
{
  double d = r->z.end - r->z.value;

  c[0] = r->z.value;
  c[1] = r->z.slope;
  c[2] = 3.0 * d - 2.0 * r->z.slope - r->z.end_slope;
  c[3] = r->z.slope + r->z.end_slope - 2.0 * d;
}

double
lq_ramp_at (const lq_ramp *r, uint32_t frame)
{
  double u = (double)frame / LQ_HOP, c[4];

  lq_ramp_cubic (r, c);
  return c[0] + u * (c[1] + u * (c[2] + u * c[3]));
}

void
lq_ramp_fill (const lq_ramp *r, float *out, uint32_t first, uint32_t n)
{
  double c[4];

  if (lq_ramp_resting (r)) {
    for (uint32_t i = 0; i < n; i++)
      out[i] = (float)r->z.value;
    return;
  }
  lq_ramp_cubic (r, c);
  for (uint32_t i = 0; i < n; i++) {
    double u = (double)(first + i) / LQ_HOP;
    out[i] = (float)(c[0] + u * (c[1] + u * (c[2] + u * c[3])));
  }
}
