/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ducking: the whole curve against its formula at four rates; the same wherever blocks are cut; no
 * work while nothing calls; and the ring of what others hear. */

#include "lqorc.h"
#include "lqtest.h"
#include "primitives/tap.h"
#include "processors/duck.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 400000

static const struct lq_module module = { "", lq_duck_rows, LQ_DUCK_ROWS, 0, NULL };
static float key[2][MOST], gain[2][MOST];

typedef struct {
  lq_arena arena;
  lq_duck duck;
  struct lq_duck_params p;
} rig;

static void
rig_open (rig *r, double rate)
{
  const lq_stream stream = { rate, 2, 2, { LQ_POS_LEFT, LQ_POS_RIGHT } };

  lq_arena_init (&r->arena);
  CHECK (lq_duck_prepare (&r->duck, &stream, &r->arena), "no memory");
  lq_modules_defaults (&module, 1, &r->p);
}

/* `cut` frames at once, 0: of any number. */
static void
rig_run (rig *r, float *out, uint32_t frames, uint32_t cut)
{
  lqs_random rnd = { 3 };

  lq_duck_set (&r->duck, &r->p);
  lq_duck_reset (&r->duck, 0);
  for (uint32_t done = 0, n; done < frames; done += n) {
    const float *at[2] = { key[0] + done, key[1] + done };
    n = cut ? cut : (uint32_t)lqs_range (&rnd, 1, LQ_BLOCK);
    n = n < frames - done ? n : frames - done;
    if (!lq_duck_process (&r->duck, at, 2, out + done, n))
      for (uint32_t i = 0; i < n; i++)
        out[done + i] = 1.0f;
  }
}

/* 63 % after the time asked for, in two stages alike: their τ is that of t = 2.1462. */
static double
curve (double amount, double ms, double since_ms)
{
  const double t = since_ms / (ms / 2.1462);

  return since_ms <= 0.0 ? 0.0 : amount * (1.0 - exp (-t) * (1.0 + t));
}

static void
formula (void)
{
  static const double rates[] = { 8000, 44100, 96000, 192000 };

  for (int i = 0; i < 4; i++) {
    const double rate = rates[i];
    const uint32_t frames = (uint32_t)(1.2 * rate), off = (uint32_t)(0.4 * rate);
    const double held_ms = 1000.0 * off / rate + 50.0;
    double worst = 0.0, deepest = 0.0;
    rig r;

    rig_open (&r, rate);
    r.p.amount_db = 18;
    r.p.attack_ms = 20;
    r.p.hold_ms = 50;
    r.p.release_ms = 80;
    for (uint32_t n = 0; n < frames; n++) {
      key[0][n] = 0.0f;
      key[1][n] = n < off ? -0.5f : 0.0f;
    }
    rig_run (&r, gain[0], frames, 256);
    for (uint32_t n = 0; n < frames; n++) {
      /* The first frame is a step on its way already. */
      const double ms = 1000.0 * (n + 1) / rate;
      const double expected =
          ms <= held_ms ? -curve (18, 20, ms) : -18.0 + curve (18, 80, ms - held_ms);
      worst = fmax (worst, fabs (20.0 * log10 (gain[0][n]) - expected));
    }
    deepest = lq_duck_reduction_db (&r.duck);
    CHECK (worst < 0.06, "%g Hz: %g dB from the formula", rate, worst);
    CHECK_NEAR (deepest, 18.0, 0.01, "reduction, dB");
    CHECK (lq_duck_reduction_db (&r.duck) == 0.0f, "a reading isn't over");
    lq_arena_free (&r.arena);
  }
}

static void
cuts (void)
{
  const uint32_t frames = 200000, all[] = { 1, 7, 64, 500, 0 };
  lqs_random rnd = { 9 };
  rig r;

  rig_open (&r, 48000);
  for (uint32_t n = 0; n < frames; n++)
    for (int c = 0; c < 2; c++)
      key[c][n] = n / 20000 % 2 ? (float)(lqs_range (&rnd, -30, 30) / 1000.0) : 0.0f;
  rig_run (&r, gain[0], frames, LQ_BLOCK);
  for (int i = 0; i < 5; i++) {
    rig_run (&r, gain[1], frames, all[i]);
    CHECK (memcmp (gain[0], gain[1], frames * sizeof (float)) == 0, "cut by %u: not the same",
        all[i]);
  }
  lq_arena_free (&r.arena);
}

static void
rests (void)
{
  const float *at[2] = { key[0], key[1] };
  rig r;

  rig_open (&r, 48000);
  memset (key, 0, sizeof key);
  CHECK (!lq_duck_process (&r.duck, at, 2, gain[0], 256), "works on silence");
  CHECK (!lq_duck_process (&r.duck, NULL, 0, gain[0], 256), "works without a key");
  key[0][100] = 1.0f;
  CHECK (lq_duck_process (&r.duck, at, 2, gain[0], 256), "sleeps through a click");
  CHECK (gain[0][99] == 1.0f && gain[0][255] < 1.0f, "%g, %g", gain[0][99], gain[0][255]);
  for (int i = 0; i < 1000; i++)
    lq_duck_process (&r.duck, NULL, 0, gain[0], 256);
  CHECK (!lq_duck_process (&r.duck, NULL, 0, gain[0], 256), "never rests again");
  lq_arena_free (&r.arena);
}

/* Frames are found by their numbers, as far back as was asked for. */
static void
taps (void)
{
  const uint32_t lag = 700;
  lqs_random rnd = { 4 };
  lq_arena arena;
  lq_tap tap;

  lq_arena_init (&arena);
  CHECK (lq_tap_prepare (&tap, 2, lag, &arena), "no memory");
  for (uint32_t n = 0; n < 20000; n++) {
    key[0][n] = (float)(n + 1);
    key[1][n] = (float)n / 2;
  }
  for (uint32_t done = 0, n; done + LQ_BLOCK < 20000; done += n) {
    float *at[2] = { key[0] + done, key[1] + done }, out[LQ_BLOCK];
    bool right = true;
    n = (uint32_t)lqs_range (&rnd, 1, LQ_BLOCK);
    lq_tap_write (&tap, done, at, n);
    if (done < lag)
      continue;
    for (uint32_t i = 0; i < n; i++)
      out[i] = 1.0f;
    lq_tap_add (&tap, 0, done - lag, 2.0f, out, n);
    for (uint32_t i = 0; i < n; i++)
      right = right && out[i] == 1.0f + 2.0f * (float)(done - lag + i + 1);
    CHECK (right, "frames from %u on aren't those", done - lag);
  }
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "ducking follows its formula", formula },
    { "cuts don't show", cuts }, { "rests while nothing calls", rests },
    { "a tap finds frames by number", taps }, { NULL, NULL } };

  lq_orc_init ();
  return lqt_main (cases, argc, argv);
}
