/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The bus compressor against the laws of properties/README.md, the rows of masterchain.csv and
 * STANDARDS.md, 4. */

#include "base/fpu.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/glue.h"
#include "signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 500000

static float in[2][FRAMES_MAX], out[2][FRAMES_MAX];
static lq_arena arena;
static lq_glue unit;

static struct lq_glue_params
defaults (void)
{
  const struct lq_module module = { "", lq_glue_rows, LQ_GLUE_ROWS, 0, NULL };
  struct lq_glue_params p;

  lq_modules_defaults (&module, 1, &p);
  p.enabled = 1;
  p.colour_percent = 0;
  return p;
}

/* A new unit, at rest at p; and what it makes of frames first … end − 1 of `in`. */
static void
start (double rate, uint32_t channels, const struct lq_glue_params *p)
{
  lq_stream stream = { rate, channels, channels, { LQ_POS_LEFT, LQ_POS_RIGHT } };

  lq_arena_free (&arena);
  lq_arena_init (&arena);
  if (!lq_glue_prepare (&unit, &stream, &arena))
    abort ();
  lq_glue_set (&unit, p);
  lq_glue_reset (&unit);
}

static void
play (size_t first, size_t end, uint32_t block)
{
  for (int c = 0; c < 2; c++)
    for (size_t i = first; i < end; i++)
      out[c][i] = in[c][i];
  for (size_t done = first; done < end; done += block) {
    float *at[] = { out[0] + done, out[1] + done };
    lq_glue_process (&unit, at, (uint32_t)(end - done < block ? end - done : block));
  }
}

static void
run (double rate, uint32_t channels, const struct lq_glue_params *p, size_t frames)
{
  start (rate, channels, p);
  play (0, frames, LQ_BLOCK);
}

/* The knee and the curve as the tables have them. */
static double
knee_of (double ratio)
{
  static const double at[] = { 2, 4, 10 }, knee[] = { 10, 6, 2 };
  const int i = ratio > 4;
  const double t = (log (ratio) - log (at[i])) / (log (at[i + 1]) - log (at[i]));

  return t < 0 ? 10 : exp (log (knee[i]) + t * (log (knee[i + 1]) - log (knee[i])));
}

static double
formula (const struct lq_glue_params *p, double x)
{
  const double T = -12 + p->threshold_db, R = p->ratio, W = knee_of (R);
  double y;

  if (2 * (x - T) < -W)
    y = x;
  else if (2 * fabs (x - T) <= W)
    y = x + (1 / R - 1) * (x - T + W / 2) * (x - T + W / 2) / (2 * W);
  else
    y = T + (x - T) / R;
  return p->range_db < 70 && x - y > p->range_db ? x - p->range_db : y;
}

/* Gain of a settled tone, dB. */
static double
settled (const struct lq_glue_params *p, double hz, double level_db)
{
  const size_t frames = 38400, last = 9600;

  lqs_sine (in[0], frames, 48000, hz, pow (10, level_db / 20), 0, 0);
  run (48000, 1, p, frames);
  return lqm_db (
      lqm_rms (out[0] + frames - last, last) / lqm_rms (in[0] + frames - last, last));
}

static void
static_curves (void)
{
  static const double ratios[] = { 1.5, 2, 3, 4, 7, 10 }, thresholds[] = { -15, 0, 9 };
  double worst = 0;

  for (int r = 0; r < 6; r++)
    for (int t = 0; t < 3; t++)
      for (double x = -40; x <= 6; x += 2) {
        struct lq_glue_params p = defaults ();
        double off;
        p.threshold_db = (float)thresholds[t];
        p.ratio = (float)ratios[r];
        off = settled (&p, 997, x) - (formula (&p, x) - x);
        worst = fmax (worst, fabs (off));
        CHECK (fabs (off) <= 0.1, "ratio %g, T %+g, %g dBFS: %+.3f dB", ratios[r],
            thresholds[t], x, off);
        CHECK_NEAR (lq_glue_curve_db (&p, x), formula (&p, x), 1e-5, "the curve that is told");
      }
  printf ("# worst %.3f dB\n", worst);
}

static double
gain_at (size_t i)
{
  return lqm_db (fabs ((double)out[0][i] / in[0][i]));
}

/* |x| is constant but for a step up and one down. */
static void
square (double rate, size_t up, size_t down, size_t frames, double low_db, double high_db)
{
  for (size_t i = 0; i < frames; i++) {
    const double level = i >= up && i < down ? high_db : low_db;
    const bool positive = fmod ((double)i * 500 / rate, 1.0) < 0.5;
    in[0][i] = (float)(pow (10, level / 20) * (positive ? 1 : -1));
  }
}

/* Frames that passed, from `from` on, when the gain is 63 % of its way from `a` to `b`; the first
 * gain is one frame after the step. */
static double
time_to_63 (size_t from, size_t end, double a, double b)
{
  const double at = a + (1 - exp (-1)) * (b - a);

  for (size_t i = from; i < end; i++)
    if (b < a ? gain_at (i) <= at : gain_at (i) >= at) {
      const double before = i > from ? gain_at (i - 1) : a, now = gain_at (i);
      return (double)(i - from) + (now == before ? 0 : (at - before) / (now - before));
    }
  return INFINITY;
}

static void
times_at (double rate, double attack, double release)
{
  struct lq_glue_params p = defaults ();
  const size_t up = (size_t)(0.02 * rate), down = up + (size_t)((0.02 + 0.01 * attack) * rate);
  const size_t frames = down + (size_t)((0.02 + 0.0015 * release) * rate);
  const size_t held = (size_t)(0.01 * rate);
  double reached, took;

  p.threshold_db = -15;
  p.ratio = 4;
  p.attack_ms = (float)attack;
  p.release_ms = (float)release;
  square (rate, up, down, frames, -50, -7);
  run (rate, 1, &p, frames);
  took = time_to_63 (up, down, 0, -15) * 1000 / rate;
  CHECK (fabs (took / attack - 1) <= 0.05 + 500 / rate / attack,
      "%g Hz: attack %g ms takes %.4f", rate, attack, took);
  reached = gain_at (down + held - 1);
  CHECK_NEAR (reached, -15, 0.05, "held");
  took = time_to_63 (down + held, frames, reached, 0) * 1000 / rate;
  CHECK (fabs (took / release - 1) <= 0.05, "%g Hz: release %g ms takes %.3f", rate, release,
      took);
}

static void
attack_release (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };

  for (int r = 0; r < 4; r++) {
    times_at (rates[r], 0.1, 50);
    times_at (rates[r], 1, 100);
    times_at (rates[r], 10, 300);
    times_at (rates[r], 30, 1200);
  }
}

/* Frames until 90 % of a reduction by about 10 dB is gone, after `ms` of it. */
static double
recovers (double ms, float release_ms)
{
  struct lq_glue_params p = defaults ();
  const double rate = 48000;
  const size_t up = 4800, down = up + (size_t)(ms * rate / 1000), frames = down + 150000;
  double begin;

  p.auto_release = 1;
  p.release_ms = release_ms;
  p.threshold_db = -15;
  p.ratio = 10;
  p.attack_ms = 1;
  square (rate, up, down, frames, -50, -27 + 10 / 0.9);
  run (rate, 1, &p, frames);
  begin = gain_at (down - 1);
  CHECK_NEAR (begin, -10, 0.2, "reduction");
  for (size_t i = down; i < frames; i++)
    if (gain_at (i) > 0.1 * begin)
      return (double)(i - down) / rate;
  return INFINITY;
}

static void
auto_release (void)
{
  const double burst = recovers (10, 1200), longer = recovers (5000, 1200);

  printf ("# 90 %% after %.3f s, %.3f s\n", burst, longer);
  CHECK (burst < 0.3, "a burst takes %.3f s", burst);
  CHECK (longer > 1, "after 5 s: %.3f s", longer);
  CHECK (recovers (10, 50) == burst && recovers (5000, 50) == longer,
      "release isn't without effect");
}

/* Harmonics of the header's formula for a sine of amplitude a at a depth of 0 … 1. */
static double
harmonic_of (double a, double odd, double even, double depth, int harmonic)
{
  const int n = 4096;
  double sine = 0, cosine = 0;

  for (int i = 0; i < n; i++) {
    const double t = 2 * acos (-1) * i / n, x = a * sin (t), s = x * x / (1 + x * x);
    const double y = x + depth * (odd * x * s + even * s);
    sine += y * sin (harmonic * t) * 2 / n;
    cosine += y * cos (harmonic * t) * 2 / n;
  }
  return hypot (sine, cosine);
}

static void
colour (void)
{
  static const double colours[] = { 0, 20, 100 };
  double last = -200;

  for (int k = 0; k < 3; k++)
    for (double wanted = 0; wanted <= 12; wanted += 3) {
      struct lq_glue_params p = defaults ();
      const double a = 0.7, share = colours[k] / 100;
      double one;
      p.colour_percent = (float)colours[k];
      p.threshold_db = -15;
      p.range_db = wanted > 0 ? (float)wanted : 70;
      p.ratio = 10;
      p.threshold_db = wanted > 0 ? -15 : 15;
      p.release_ms = 1200;
      lqs_sine (in[0], 57600, 48000, 1000, a, 0, 0);
      run (48000, 1, &p, 57600);
      one = lqm_tone (out[0] + 28800, 28800, 48000, 1000);
      for (int h = 2; h <= 4; h++) {
        const double got = lqm_db (lqm_tone (out[0] + 28800, 28800, 48000, 1000 * h) / one);
        const double ideal =
            lqm_db (harmonic_of (a, LQ_GLUE_ODD * share, LQ_GLUE_EVEN * share, wanted / 12, h) /
                    harmonic_of (a, LQ_GLUE_ODD * share, LQ_GLUE_EVEN * share, wanted / 12, 1));
        CHECK (ideal < -115 ? got < -110 : fabs (got - ideal) < 0.5,
            "colour %g %%, %g dB down: harmonic %d %.1f, not %.1f dBc", colours[k], wanted, h,
            got, ideal);
        if (h == 3 && colours[k] > 0 && wanted > 0) {
          CHECK (got > last + 1 || wanted <= 3, "doesn't follow the reduction");
          last = got;
        }
      }
      if (wanted == 0)
        CHECK (
            memcmp (in[0], out[0], 57600 * sizeof (float)) == 0, "adds something to nothing");
    }
}

/* The autofade's gain at a share of its length. */
static double
raised_cosine (double t)
{
  return t <= 0 ? 0 : t >= 1 ? 1 : 0.5 - 0.5 * cos (acos (-1) * t);
}

static void
autofade (void)
{
  struct lq_glue_params p = defaults ();
  const double rate = 48000;

  for (int i = 0; i < FRAMES_MAX; i++)
    in[0][i] = in[1][i] = 0.5f;
  p.ratio = 1;
  for (int s = 1; s <= 4; s += 3) {
    const size_t length = (size_t)(rate * s), turn = length + 9600 + 17;
    p.autofade_s = (float)s;
    p.autofade_trigger = LQ_GLUE_OUT;
    start (rate, 2, &p);
    play (0, turn, 1000);
    p.autofade_trigger = LQ_GLUE_IN;
    lq_glue_set (&unit, &p);
    play (turn, turn + length + 9600, 1000);
    for (size_t i = 0; i < turn + length + 9600; i++) {
      const double t =
          (double)(i < turn ? length - fmin ((double)i, (double)length) : i - turn);
      const double off = out[0][i] / 0.5 - raised_cosine (t / (double)length);
      if (!CHECK (fabs (off) < 0.008 && out[0][i] == out[1][i], "%d s, frame %zu: off by %.4f",
              s, i, off))
        break;
    }
    CHECK (out[0][length / 2] > 0 && out[0][length - 2000] > 0, "is over early");
    for (size_t i = length + 200; i < turn; i++)
      if (!CHECK (out[0][i] == 0, "isn't silent"))
        break;
    CHECK (out[0][turn + length + 200] == 0.5f, "isn't back exactly");
    CHECK (lq_glue_neutral (&unit), "isn't neutral again");
  }
}

/* In at the start: nothing. None: at once, ramped. Off: nothing of it, and back at once. */
static void
autofade_switches (void)
{
  for (int way = 0; way < 4; way++) {
    struct lq_glue_params p = defaults ();
    const size_t at = 24000;
    double worst = 0;
    p.autofade_s = 1;
    p.autofade_trigger = way == 0 ? LQ_GLUE_IN : LQ_GLUE_OUT;
    p.enabled = way != 1;
    p.threshold_db = 15;
    for (int i = 0; i < 48000; i++)
      in[0][i] = 0.1f;
    start (48000, 1, &p);
    play (0, at, LQ_BLOCK);
    p.autofade_trigger = way == 2 ? LQ_GLUE_NONE : p.autofade_trigger;
    p.enabled = p.enabled && way != 3;
    lq_glue_set (&unit, &p);
    play (at, 48000, LQ_BLOCK);
    if (way < 2)
      CHECK (memcmp (in[0], out[0], 48000 * sizeof (float)) == 0, "way %d: fades", way);
    else
      CHECK_NEAR (out[0][at - 1] / 0.1, 0.5, 0.01, "half-way");
    CHECK (out[0][at + 1000] == 0.1f, "way %d: isn't back after 20 ms", way);
    for (size_t i = 1; i < 48000; i++)
      worst = fmax (worst, fabs ((double)out[0][i] - out[0][i - 1]));
    CHECK (worst < 0.1 * 0.5 * 2 / (0.012 * 48000), "way %d: a step of %g", way, worst);
  }
}

static void
gains (void)
{
  struct lq_glue_params p = defaults ();
  double half;

  p.range_db = 3;
  CHECK_NEAR (settled (&p, 997, 0), -3, 0.05, "range");
  p.makeup_db = 7;
  CHECK_NEAR (settled (&p, 997, 0), 4, 0.05, "makeup");
  p = defaults ();
  p.mix_percent = 40;
  p.makeup_db = 3;
  half = pow (10, (formula (&p, -3) + 3 + 3) / 20);
  CHECK_NEAR (settled (&p, 997, -3), lqm_db (0.6 + 0.4 * half), 0.05, "mix");
  p = defaults ();
  p.sc_hpf_hz = 400;
  p.release_ms = 50;
  for (double hz = 50; hz <= 200; hz *= 2) {
    const double w = hz / 400, down = 20 * log10 (w * w / sqrt (1 + w * w * w * w));
    CHECK_NEAR (settled (&p, hz, 12), formula (&p, 12 + down) - (12 + down), 0.1, "sc-hpf");
  }
  p = defaults ();
  p.ratio = 1;
  p.makeup_db = 6;
  CHECK_NEAR (settled (&p, 997, 0), 6, 0.001, "makeup at ratio 1");
  p = defaults ();
  p.range_db = 0;
  p.makeup_db = 6;
  CHECK_NEAR (settled (&p, 997, 0), 6, 0.001, "makeup at range 0");
}

static void
neutral (void)
{
  for (int way = 0; way < 4; way++) {
    struct lq_glue_params p = defaults ();
    p.colour_percent = 100;
    p.ratio = way == 0 ? 1 : 4;
    p.range_db = way == 1 ? 0 : 70;
    p.mix_percent = way == 2 ? 0 : 100;
    p.makeup_db = way == 2 ? 6 : 0;
    p.enabled = way != 3;
    lqs_programme (in[0], 48000, 48000, 3);
    lqs_programme (in[1], 48000, 48000, 4);
    run (48000, 2, &p, 48000);
    CHECK (lq_glue_neutral (&unit), "way %d isn't neutral", way);
    CHECK (memcmp (in[0], out[0], 48000 * sizeof (float)) == 0 &&
               memcmp (in[1], out[1], 48000 * sizeof (float)) == 0,
        "way %d changes something", way);
    CHECK (lq_glue_reduction_db (&unit) == 0, "way %d reduces", way);
  }
}

static void
linked (void)
{
  struct lq_glue_params p = defaults ();

  p.threshold_db = -10;
  p.ratio = 4;
  lqs_sine (in[0], 48000, 48000, 997, 0.1, 0, 0);
  lqs_sine (in[1], 48000, 48000, 500, 0.8, 0, 0);
  run (48000, 2, &p, 48000);
  for (int i = 2; i < 48000; i++)
    if (fabsf (in[0][i]) > 0.01f && fabsf (in[1][i]) > 0.01f &&
        !CHECK (fabs (out[0][i] / (double)in[0][i] - out[1][i] / (double)in[1][i]) < 2e-6,
            "frame %d: gains differ", i))
      break;
  CHECK_NEAR (lqm_db (lqm_rms (out[0] + 40000, 4800) / lqm_rms (in[0] + 40000, 4800)),
      formula (&p, lqm_db (0.8)) - lqm_db (0.8), 0.1, "by the louder");
  CHECK_NEAR (lq_glue_reduction_db (&unit), lqm_db (0.8) - formula (&p, lqm_db (0.8)), 0.1,
      "the figure");
}

static void
cuts (void)
{
  static const uint32_t blocks[] = { 1, 63, 441, 1024 };
  static float first[2][48000];

  for (int b = 0; b < 4; b++) {
    struct lq_glue_params p = defaults ();
    p.colour_percent = 60;
    p.threshold_db = -10;
    p.sc_hpf_hz = 120;
    p.auto_release = 1;
    p.autofade_s = 1;
    p.autofade_trigger = LQ_GLUE_OUT;
    lqs_programme (in[0], 48000, 48000, 5);
    lqs_programme (in[1], 48000, 48000, 6);
    start (48000, 2, &p);
    play (0, 20011, blocks[b]);
    p.autofade_trigger = LQ_GLUE_IN;
    p.ratio = 10;
    lq_glue_set (&unit, &p);
    play (20011, 48000, blocks[b]);
    for (int c = 0; c < 2; c++)
      if (b == 0)
        memcpy (first[c], out[c], sizeof first[c]);
      else
        CHECK (memcmp (first[c], out[c], sizeof first[c]) == 0, "blocks of %u", blocks[b]);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "static curves", static_curves },
    { "attack and release", attack_release }, { "auto-release", auto_release },
    { "colour follows the reduction", colour }, { "autofade", autofade },
    { "autofade's switches", autofade_switches }, { "range, makeup, mix, side chain", gains },
    { "neutral settings", neutral }, { "linked", linked }, { "the cut doesn't show", cuts },
    { NULL, NULL } };
  int failed;

  lq_orc_init ();
  lq_fpu_enter ();
  failed = lqt_main (cases, argc, argv);
  lq_arena_free (&arena);
  return failed;
}
