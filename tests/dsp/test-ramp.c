/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ramps: arrive exactly, have no corner, and lag by what they say. */

#include "base/ramp.h"
#include "lqtest.h"

#include <math.h>

static const lq_stream stream = { .rate = 48000, .channels = 1, .out_channels = 1 };

static void
step_arrives (void)
{
  lq_arena arena;
  lq_ramp r;
  double last = 0.0, last_slope = 0.0, corner = 0.0;
  uint32_t hops = 0;

  lq_arena_init (&arena);
  CHECK (lq_ramp_prepare (&r, &stream, &arena, 16.0), "no memory");
  CHECK (lq_ramp_resting (&r), "a new ramp rests");
  lq_ramp_set (&r, 1.0);
  CHECK (!lq_ramp_resting (&r), "a target to reach");
  while (!lq_ramp_resting (&r) && hops < 100) {
    lq_ramp_hop (&r);
    for (uint32_t i = 0; i < LQ_HOP; i++) {
      double value = lq_ramp_at (&r, i), slope = value - last;
      CHECK (value >= last - 1e-12 && value <= 1.0 + 1e-12, "monotonic: %.15g", value);
      corner = fmax (corner, fabs (slope - last_slope));
      last = value;
      last_slope = slope;
    }
    hops++;
  }
  CHECK (lq_ramp_at (&r, 0) == 1.0 && r.z.value == 1.0, "arrives at the target itself");
  CHECK_NEAR (hops, 13, 0, "hops of a 16 ms ramp and the one at rest");
  /* A parabola over T has a second derivative of 4/T². */
  CHECK_NEAR (corner, 4.0 / (768.0 * 768.0), 1e-9, "largest change of slope");
  lq_arena_free (&arena);
}

static void
line_lags (void)
{
  lq_arena arena;
  lq_ramp r;
  double lag = lq_ramp_lag (stream.rate, 16.0);

  lq_arena_init (&arena);
  lq_ramp_prepare (&r, &stream, &arena, 16.0);
  for (int k = 0; k < 40; k++) {
    lq_ramp_set (&r, 0.01 * LQ_HOP * k);
    lq_ramp_hop (&r);
    for (uint32_t i = 0; k > 20 && i < LQ_HOP; i++)
      CHECK_NEAR (lq_ramp_at (&r, i), 0.01 * (LQ_HOP * k + i - lag), 1e-9, "line");
  }
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "a step arrives without a corner", step_arrives },
    { "a line keeps its shape, late by the stated lag", line_lags }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
