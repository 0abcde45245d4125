/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: comes and goes.
 *
 *   place (straight, a step each hop) ─→ (1 − cos π·place)/2 ─→ ramp ─→ gain
 *
 * z: place. */

#include "fade.h"

#include "../base/mathx.h"

bool
lq_fade_prepare (lq_fade *f, const lq_stream *stream, lq_arena *arena)
{
  f->rate = stream->rate;
  if (!lq_ramp_prepare (&f->ramp, stream, arena, LQ_RAMP_MS))
    return false;
  lq_fade_jump (f, false);
  return true;
}

void
lq_fade_set (lq_fade *f, bool on, float ms)
{
  const double hops = (ms - LQ_RAMP_MS) * f->rate / 1000.0 / LQ_HOP;

  f->on = on;
  f->step = hops > 1.0 ? 1.0 / hops : 1.0;
}

void
lq_fade_jump (lq_fade *f, bool on)
{
  f->on = on;
  f->step = 1.0;
  f->z.place = on ? 1.0 : 0.0;
  lq_ramp_jump_to (&f->ramp, f->z.place);
}

bool
lq_fade_move (lq_fade *f)
{
  if (lq_fade_resting (f))
    return false;
  f->z.place = lq_clamp (f->z.place + (f->on ? f->step : -f->step), 0.0, 1.0);
  lq_ramp_set (&f->ramp, (1.0 - cos (LQ_PI * f->z.place)) / 2.0);
  lq_ramp_hop (&f->ramp);
  return true;
}
