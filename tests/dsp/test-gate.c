/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The gate against the law of properties/channelstrip.csv. */

#include "base/fpu.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/gate.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 400000

static float in[FRAMES_MAX], out[FRAMES_MAX];

static struct lq_gate_params
defaults (void)
{
  const struct lq_module module = { "", lq_gate_rows, LQ_GATE_ROWS, 0, NULL };
  struct lq_gate_params p;

  lq_modules_defaults (&module, 1, &p);
  p.enabled = 1;
  return p;
}

static float
run (double rate, const struct lq_gate_params *p, size_t frames)
{
  lq_stream stream = { rate, 1, 1, { LQ_POS_MONO } };
  static lq_gate u;
  lq_arena arena;

  lq_arena_init (&arena);
  if (!lq_gate_prepare (&u, &stream, p, &arena))
    abort ();
  memcpy (out, in, sizeof in);
  for (size_t done = 0; done < frames; done += LQ_BLOCK) {
    float *at = out + done;
    lq_gate_process (&u, &at, (uint32_t)(frames - done < LQ_BLOCK ? frames - done : LQ_BLOCK));
  }
  lq_arena_free (&arena);
  return lq_gate_reduction_db (&u);
}

static double
gain_at (size_t i)
{
  return lqm_db (fabs ((double)out[i] / in[i]));
}

/* A square wave, |x| = the level that `db` gives for its frame. */
static void
square (double rate, size_t frames, double (*db) (double seconds))
{
  for (size_t i = 0; i < frames; i++)
    in[i] = (float)(pow (10, db ((double)i / rate) / 20) *
                    (fmod ((double)i * 500 / rate, 1.0) < 0.5 ? 1 : -1));
}

static double held_level;

static double
level_constant (double seconds)
{
  (void)seconds;
  return held_level;
}

static void
static_curve (void)
{
  static const double ratios[] = { 1, 2, 10, 100 }, ranges[] = { 0, 12, 60 };

  for (int r = 0; r < 4; r++)
    for (int a = 0; a < 3; a++)
      for (held_level = -80; held_level <= -10; held_level += 2.5) {
        struct lq_gate_params p = defaults ();
        double over = held_level + 50, gain;
        p.ratio = (float)ratios[r];
        p.range_db = (float)ranges[a];
        square (48000, 96000, level_constant);
        run (48000, &p, 96000);
        gain = over >= 0          ? 0
               : ratios[r] == 100 ? -ranges[a]
                                  : fmax (-ranges[a], over * (ratios[r] - 1));
        CHECK_NEAR (gain_at (95999), gain, 0.1, "gate");
        CHECK_NEAR (lq_gate_curve_db (&p, held_level) - held_level, gain, 1e-6, "curve");
      }
}

/* Up at 0.5 s, down at 1 s. */
static double
level_step (double seconds)
{
  return seconds >= 0.5 && seconds < 1 ? -10 : -70;
}

static double
time_to_63 (size_t from, size_t end, double a, double b)
{
  const double at = a + (1 - exp (-1)) * (b - a);

  for (size_t i = from; i < end; i++)
    if (b < a ? gain_at (i) <= at : gain_at (i) >= at)
      return (double)(i - from);
  return INFINITY;
}

static void
times (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };
  static const double attacks[] = { 1, 10, 50 }, releases[] = { 20, 150, 300 },
                      holds[] = { 50, 10, 200 };

  for (int r = 0; r < 4; r++)
    for (int t = 0; t < 3; t++) {
      const double rate = rates[r];
      const size_t up = (size_t)(0.5 * rate), down = (size_t)rate, frames = (size_t)(2 * rate);
      struct lq_gate_params p = defaults ();
      size_t closes;
      double took;
      p.ratio = 100;
      p.attack_ms = (float)attacks[t];
      p.release_ms = (float)releases[t];
      p.hold_ms = (float)holds[t];
      square (rate, frames, level_step);
      run (rate, &p, frames);
      CHECK_NEAR (gain_at (up - 1), -60, 0.1, "range");
      took = time_to_63 (up, down, -60, 0) * 1000 / rate;
      CHECK (fabs (took / attacks[t] - 1) <= 0.05, "%g Hz: attack %g takes %.3f", rate,
          attacks[t], took);
      for (closes = down; closes < frames && gain_at (closes) > -0.001; closes++)
        ;
      took = (double)(closes - down) * 1000 / rate;
      CHECK (fabs (took - holds[t]) <= 1 + 0.01 * releases[t], "%g Hz: hold %g takes %.3f",
          rate, holds[t], took);
      took = time_to_63 (down, frames, 0, -60) * 1000 / rate - holds[t];
      CHECK (fabs (took / releases[t] - 1) <= 0.05, "%g Hz: release %g takes %.3f", rate,
          releases[t], took);
    }
}

/* Back and forth between closing and opening point, from a closed or an open gate. */
static double
level_between (double seconds)
{
  const double swing = -52 + 1.5 * sin (2 * 3.14159265358979 * 7 * seconds);

  return seconds < 0.3 ? held_level : swing;
}

static void
no_chatter (void)
{
  struct lq_gate_params p = defaults ();
  const size_t frames = 96000;

  p.ratio = 100;
  p.hold_ms = 0;
  for (int open = 0; open < 2; open++) {
    held_level = open ? -20 : -80;
    square (48000, frames, level_between);
    run (48000, &p, frames);
    for (size_t i = 20000; i < frames; i++)
      if (!CHECK (fabs (gain_at (i) - (open ? 0 : -60)) < 0.1, "%s: %.2f dB at %zu",
              open ? "open" : "closed", gain_at (i), i))
        break;
  }
}

/* 50 Hz bursts: opening with 1 ms makes no click above −60 dBFS beyond 5 kHz. */
static void
no_click (void)
{
  struct lq_gate_params p = defaults ();
  static double spectrum[4097];
  double worst = -200;

  lqs_sine (in, 96000, 48000, 50, 0.5, 0, 0);
  memset (in, 0, 48000 * sizeof *in);
  for (int i = 48000; i < 57600; i++)
    in[i] *= 0.5f - 0.5f * cosf (3.14159265f * (float)(i - 48000) / 9600.0f);
  run (48000, &p, 96000);
  lqm_spectrum_db (out + 46000, 8192, spectrum);
  for (int i = 854; i < 4097; i++)
    worst = fmax (worst, spectrum[i]);
  CHECK (worst < -60, "%.1f dBFS", worst);
}

static void
side_chain (void)
{
  struct lq_gate_params p = defaults ();

  p.sc_hpf_hz = 2000;
  p.ratio = 100;
  lqs_sine (in, 48000, 48000, 60, 0.2, 0, 0);
  CHECK (run (48000, &p, 48000) > 59, "lows open it past the high-pass");
  p.sc_hpf_hz = 0;
  run (48000, &p, 48000);
  CHECK (
      memcmp (out + 24000, in + 24000, 24000 * sizeof *in) == 0, "open, it isn't transparent");
}

static void
lookahead (void)
{
  struct lq_gate_params p = defaults ();

  p.lookahead_ms = 10;
  p.threshold_db = -90;
  lqs_programme (in, 48000, 48000, 3);
  run (48000, &p, 48000);
  CHECK (
      memcmp (out + 24000 + 480, in + 24000, 20000 * sizeof *in) == 0, "it isn't 480 frames");
  p.threshold_db = -50;
  square (48000, 96000, level_step);
  run (48000, &p, 96000);
  CHECK (
      fabsf (out[24000 + 480]) > 0.99f * fabsf (in[24000]), "the onset is cut in spite of it");
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "static curve", static_curve },
    { "attack, hold and release", times }, { "no chatter between the points", no_chatter },
    { "no click", no_click }, { "side chain; transparent when open", side_chain },
    { "look-ahead", lookahead }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
