/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Output stage: laws, width, gain and delay against the tables' formulas. */

#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/out.h"
#include "signals.h"

#include <math.h>
#include <string.h>

#define FRAMES 60000

static float planes[6][FRAMES], *const ch[] = { planes[0], planes[1], planes[2], planes[3],
  planes[4], planes[5] };

static const struct lq_module module = { "", lq_out_rows, LQ_OUT_ROWS, 0, NULL };

static struct lq_out_params
defaults (void)
{
  struct lq_out_params p;

  lq_modules_defaults (&module, 1, &p);
  return p;
}

static void
run (lq_out *u, uint32_t frames)
{
  float *at[6];

  for (uint32_t done = 0, n; done < frames; done += n) {
    n = frames - done < LQ_BLOCK ? frames - done : LQ_BLOCK;
    for (int c = 0; c < 6; c++)
      at[c] = ch[c] + done;
    lq_out_process (u, at, n);
  }
}

/* What constant inputs in[0 … channels − 1] become. */
static void
settle (const lq_stream *stream, const struct lq_out_params *p, const double *in)
{
  lq_arena arena;
  lq_out u;

  lq_arena_init (&arena);
  lq_out_prepare (&u, stream, &arena);
  lq_out_set (&u, p);
  lq_out_reset (&u);
  for (uint32_t c = 0; c < stream->out_channels; c++)
    for (int i = 0; i < 64; i++)
      planes[c][i] = (float)in[c < stream->channels ? c : 0];
  lq_out_process (&u, ch, 64);
  lq_arena_free (&arena);
}

static const lq_stream stereo = { 48000, 2, 2, { LQ_POS_LEFT, LQ_POS_RIGHT } };
static const lq_stream mono = { 48000, 1, 1, { LQ_POS_MONO } };
static const lq_stream widening = { 48000, 1, 2, { LQ_POS_MONO } };

/* The formulas of properties/channelstrip.csv, out-pan-law, in dB. */
static double
formula_db (double p, double law)
{
  double theta = p * M_PI / 2.0;

  if (law == -3.0)
    return 20.0 * log10 (cos (theta));
  if (law == -4.5)
    return 10.0 * log10 (cos (theta) * (1.0 - p));
  if (law == -6.0)
    return 20.0 * log10 (1.0 - p);
  if (law == 0.0)
    return fmin (0.0, 20.0 * log10 (2.0 * (1.0 - p)));
  if (law == -2.5)
    return 0.831 * 20.0 * log10 (cos (theta));
  /* a^(1−t)·b^t is linear in dB. */
  if (law > -2.5)
    return formula_db (p, -2.5) +
           (law + 2.5) / 2.5 * (formula_db (p, 0) - formula_db (p, -2.5));
  if (law > -3.0)
    return formula_db (p, -3) + (law + 3.0) / 0.5 * (formula_db (p, -2.5) - formula_db (p, -3));
  if (law > -4.5)
    return formula_db (p, -4.5) +
           (law + 4.5) / 1.5 * (formula_db (p, -3) - formula_db (p, -4.5));
  return formula_db (p, -6) + (law + 6.0) / 1.5 * (formula_db (p, -4.5) - formula_db (p, -6));
}

static void
laws (void)
{
  static const double one[] = { 1.0 };
  struct lq_out_params p = defaults ();

  for (double law = -6.0; law <= 0.0; law += 0.25)
    for (double pan = -1.0; pan <= 1.0; pan += 0.125) {
      p.pan = (float)pan;
      p.pan_law_db = (float)law;
      settle (&widening, &p, one);
      if (pan < 1.0)
        CHECK_NEAR (lqm_db (planes[0][0]), formula_db ((pan + 1) / 2, law), 0.01, "left");
      else
        CHECK (planes[0][0] == 0.0f, "left is silent at the right");
      if (pan > -1.0)
        CHECK_NEAR (lqm_db (planes[1][0]), formula_db ((1 - pan) / 2, law), 0.01, "right");
      else
        CHECK (planes[1][0] == 0.0f, "right is silent at the left");
    }
}

static void
balance (void)
{
  static const double in[] = { 0.7, -0.3 };
  struct lq_out_params p = defaults ();

  for (double law = -6.0; law <= 0.0; law += 0.75)
    for (double pan = -0.9; pan < 0.95; pan += 0.1) {
      double l = formula_db ((pan + 1) / 2, law) - formula_db (0.5, law);
      double r = formula_db ((1 - pan) / 2, law) - formula_db (0.5, law);
      p.pan = (float)pan;
      p.pan_law_db = (float)law;
      settle (&stereo, &p, in);
      CHECK_NEAR (lqm_db (planes[0][0] / 0.7), fmin (0.0, l), 0.01, "left");
      CHECK_NEAR (lqm_db (planes[1][0] / -0.3), fmin (0.0, r), 0.01, "right");
    }
  p.pan = 0.0f;
  p.pan_law_db = -1.234f;
  settle (&stereo, &p, in);
  CHECK (planes[0][0] == 0.7f && planes[1][0] == -0.3f, "the centre is untouched");
}

static void
dual (void)
{
  static const double in[] = { 0.5, 0.25 };
  struct lq_out_params p = defaults ();
  double c = pow (10.0, -3.0103 / 20.0);

  p.pan_mode = LQ_PAN_DUAL;
  p.pan = 0.7f;
  settle (&stereo, &p, in);
  CHECK (planes[0][0] == 0.5f && planes[1][0] == 0.25f, "defaults are untouched, pan or not");
  p.pan_left = 0.0f;
  settle (&stereo, &p, in);
  CHECK_NEAR (planes[0][0], c * 0.5, 1e-5, "left at the centre");
  CHECK_NEAR (planes[1][0], c * 0.5 + 0.25, 1e-5, "and on right");
  p.pan_left = 1.0f;
  p.pan_right = -1.0f;
  settle (&stereo, &p, in);
  CHECK (planes[0][0] == 0.25f && planes[1][0] == 0.5f, "exchanged");
}

static void
width (void)
{
  static const double in[] = { 0.8, 0.2 };
  struct lq_out_params p = defaults ();

  for (int w = 0; w <= 200; w += 25) {
    p.width_percent = (float)w;
    settle (&stereo, &p, in);
    CHECK_NEAR (planes[0][0], 0.5 + 0.3 * w / 100.0, 1e-6, "left");
    CHECK_NEAR (planes[1][0], 0.5 - 0.3 * w / 100.0, 1e-6, "right");
  }
}

static void
surround (void)
{
  /* C, L, R, then what has no side: pan and width look for positions. */
  const lq_stream s = { 48000, 4, 4, { LQ_POS_CENTER, LQ_POS_RIGHT, LQ_POS_LEFT, LQ_POS_LFE } };
  const lq_stream none = { 48000, 3, 3, { LQ_POS_NONE } };
  static const double in[] = { 0.1, 0.2, 0.3, 0.4 };
  struct lq_out_params p = defaults ();

  p.pan = 1.0f;
  p.gain_db = -20.0f;
  settle (&s, &p, in);
  CHECK_NEAR (planes[0][0], 0.01, 1e-8, "centre");
  CHECK_NEAR (planes[1][0], 0.02, 1e-8, "right");
  CHECK (planes[2][0] == 0.0f, "left");
  CHECK_NEAR (planes[3][0], 0.04, 1e-8, "LFE");
  settle (&none, &p, in);
  for (int c = 0; c < 3; c++)
    CHECK_NEAR (planes[c][0], 0.1 * in[c], 1e-8, "unpositioned: gain alone");
}

static void
mono_stays (void)
{
  static const double in[] = { 0.5 };
  struct lq_out_params p = defaults ();

  p.pan = -0.5f;
  p.width_percent = 0.0f;
  settle (&mono, &p, in);
  CHECK (planes[0][0] == 0.5f, "no pan, no width");
  p.gain_db = -120.0f;
  settle (&mono, &p, in);
  CHECK (planes[0][0] == 0.0f, "−120 dB is silence");
  p.gain_db = 6.0f;
  p.mute = 1;
  settle (&widening, &p, in);
  CHECK (planes[0][0] == 0.0f && planes[1][0] == 0.0f, "mute");
  p.enabled = 0;
  settle (&widening, &p, in);
  CHECK (planes[0][0] == 0.5f && planes[1][0] == 0.5f, "off: unity on both");
}

static void
delay_whole (void)
{
  static const double ms[] = { 0.0208333333, 1.0, 10.0, 333.3125, 500.0 };
  static float x[FRAMES];
  struct lq_out_params p = defaults ();
  lq_arena arena;
  lq_out u;

  lq_arena_init (&arena);
  lq_out_prepare (&u, &stereo, &arena);
  lqs_noise (x, FRAMES, 0.5, 4);
  for (uint32_t i = 0; i < LQ_COUNT (ms); i++) {
    uint32_t d = (uint32_t)lround (ms[i] * 48.0);
    p.delay_ms = (float)ms[i];
    lq_out_set (&u, &p);
    lq_out_reset (&u);
    memcpy (planes[1], x, sizeof x);
    run (&u, FRAMES);
    CHECK (lq_out_tail (&u) >= d && lq_out_latency (&u) == 0, "a tail, no latency");
    CHECK (memcmp (planes[1] + d, x, (FRAMES - d) * sizeof *x) == 0, "%g ms: not exact", ms[i]);
    CHECK (lqm_peak (planes[1], d) == 0.0, "silence before");
  }
  lq_arena_free (&arena);
}

static void
delay_fraction (void)
{
  /* 10.3 ms are 494.4 frames: tones arrive with their level and at their phase. */
  static const double hz[] = { 100.0, 1000.0, 10000.0, 20000.0 };
  struct lq_out_params p = defaults ();
  lq_arena arena;
  lq_out u;

  lq_arena_init (&arena);
  lq_out_prepare (&u, &stereo, &arena);
  p.delay_ms = 10.3f;
  for (uint32_t i = 0; i < LQ_COUNT (hz); i++) {
    static float expected[FRAMES];
    lq_out_set (&u, &p);
    lq_out_reset (&u);
    lqs_sine (planes[0], FRAMES, 48000, hz[i], 0.5, 0.0, 0);
    lqs_sine (expected, FRAMES, 48000, hz[i], 0.5, -2.0 * M_PI * hz[i] * 0.0103, 0);
    run (&u, FRAMES);
    CHECK (lqm_difference (planes[0] + 1000, expected + 1000, FRAMES - 1000) < 0.005 * 0.5,
        "%g Hz is off by %g", hz[i],
        lqm_difference (planes[0] + 1000, expected + 1000, FRAMES - 1000));
  }
  lq_arena_free (&arena);
}

/* Back at neutral the unit sleeps, and what it then passes is exact again. */
static void
sleeps (void)
{
  static float x[FRAMES];
  struct lq_out_params p = defaults ();
  lq_arena arena;
  lq_out u;

  lq_arena_init (&arena);
  lq_out_prepare (&u, &stereo, &arena);
  lqs_noise (x, FRAMES, 0.5, 4);
  CHECK (lq_out_neutral (&u), "neutral when new");
  p.delay_ms = 20.0f;
  p.pan = 0.5f;
  lq_out_set (&u, &p);
  run (&u, 20000);
  CHECK (!lq_out_neutral (&u), "at work");
  p = defaults ();
  lq_out_set (&u, &p);
  run (&u, 2000);
  CHECK (lq_out_neutral (&u) && lq_out_tail (&u) == 0, "asleep again");
  memcpy (planes[0], x, sizeof x);
  run (&u, FRAMES);
  CHECK (memcmp (planes[0], x, sizeof x) == 0, "exact again");
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "pan laws", laws }, { "balance", balance },
    { "dual pan", dual }, { "width", width }, { "more than two channels", surround },
    { "mono", mono_stays }, { "whole delays are exact", delay_whole },
    { "delays to a fraction", delay_fraction }, { "wakes and sleeps", sleeps },
    { NULL, NULL } };

  lq_orc_init ();
  return lqt_main (cases, argc, argv);
}
