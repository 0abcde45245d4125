/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The compressor against the formulas of properties/README.md and STANDARDS.md, 4. */

#include "base/fpu.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/comp.h"
#include "signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 1600000

static float in[2][FRAMES_MAX], out[2][FRAMES_MAX];

static struct lq_comp_params
defaults (void)
{
  const struct lq_module module = { "", lq_comp_rows, LQ_COMP_ROWS, 0, NULL };
  struct lq_comp_params p;

  lq_modules_defaults (&module, 1, &p);
  p.enabled = 1;
  return p;
}

/* `in` through a new compressor, into out; returns the largest reduction. */
static float
run (double rate, uint32_t channels, const struct lq_comp_params *p, size_t frames)
{
  lq_stream stream = { rate, channels, channels, { LQ_POS_LEFT, LQ_POS_RIGHT } };
  static lq_comp u;
  lq_arena arena;
  float reduction;

  lq_arena_init (&arena);
  if (!lq_comp_prepare (&u, &stream, p, &arena))
    abort ();
  memcpy (out, in, sizeof in);
  for (size_t done = 0; done < frames; done += LQ_BLOCK) {
    float *at[] = { out[0] + done, out[1] + done };
    lq_comp_process (&u, at, (uint32_t)(frames - done < LQ_BLOCK ? frames - done : LQ_BLOCK));
  }
  reduction = lq_comp_reduction_db (&u);
  lq_arena_free (&arena);
  return reduction;
}

/* The law as it stands in the table, of its own. */
static double
formula (const struct lq_comp_params *p, double x)
{
  const double T = p->threshold_db, W = p->knee_db, R = p->ratio >= 100 ? INFINITY : p->ratio;
  double y;

  if (2 * (x - T) < -W)
    y = x;
  else if (2 * fabs (x - T) <= W && W > 0)
    y = x + (1 / R - 1) * (x - T + W / 2) * (x - T + W / 2) / (2 * W);
  else
    y = T + (x - T) / R;
  if (x - y > p->range_db)
    y = x - p->range_db;
  if (x < T)
    y += fmin (p->upward_db, (T - x) * (1 - 1 / R));
  return y;
}

/* Gain of a settled tone, dB. */
static double
settled (const struct lq_comp_params *p, double hz, double level_db)
{
  const size_t frames = 57600, last = 9600;

  lqs_sine (in[0], frames, 48000, hz, pow (10, level_db / 20), 0, 0);
  run (48000, 1, p, frames);
  return lqm_db (
      lqm_rms (out[0] + frames - last, last) / lqm_rms (in[0] + frames - last, last));
}

static void
static_curves (void)
{
  static const double knees[] = { 0, 6, 24 }, ratios[] = { 1.5, 4, 100 },
                      tones[] = { 100, 997 };
  double worst = 0;

  for (int detector = 0; detector < 3; detector++)
    for (int k = 0; k < 3; k++)
      for (int r = 0; r < 3; r++)
        for (int tone = 0; tone < 2; tone++)
          for (double x = -80; x <= 0; x += 5) {
            struct lq_comp_params p = defaults ();
            double level = detector == LQ_COMP_RMS ? x - 10 * log10 (2) : x, off;
            p.detector = detector;
            p.knee_db = (float)knees[k];
            p.ratio = (float)ratios[r];
            p.threshold_db = -24;
            off = settled (&p, tones[tone], x) - (formula (&p, level) - level);
            worst = fmax (worst, fabs (off));
            CHECK (fabs (off) <= 0.1,
                "detector %d, knee %g, ratio %g, %g Hz at %g dBFS: %+.3f dB", detector,
                knees[k], ratios[r], tones[tone], x, off);
          }
  printf ("# worst %.3f dB\n", worst);
}

/* The query is the same law. */
static void
curve_query (void)
{
  struct lq_comp_params p = defaults ();

  p.upward_db = 6;
  p.range_db = 12;
  for (double x = -90; x <= 6; x += 0.5)
    CHECK_NEAR (lq_comp_curve_db (&p, x), formula (&p, x), 1e-9, "curve");
}

/* dB of gain at frame i. */
static double
gain_at (size_t i)
{
  return lqm_db (fabs ((double)out[0][i] / in[0][i]));
}

/* A square wave that goes from one level to another and back: |x| is constant but for that. */
static void
square (double rate, size_t up, size_t down, size_t frames, double low_db, double high_db)
{
  for (size_t i = 0; i < frames; i++) {
    const double level = i >= up && i < down ? high_db : low_db;
    const bool positive = fmod ((double)i * 500 / rate, 1.0) < 0.5;
    in[0][i] = (float)(pow (10, level / 20) * (positive ? 1 : -1));
  }
}

/* Frames from `from` on until the gain is 63 % of its way from `a` to `b`. */
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
times_at (double rate, double attack, double release, double hold, int detector)
{
  struct lq_comp_params p = defaults ();
  const size_t up = (size_t)(0.05 * rate), down = up + (size_t)((0.02 + 0.01 * attack) * rate);
  const size_t frames = down + (size_t)((0.06 + hold / 1000 + 0.004 * release) * rate);
  const size_t held = (size_t)(fmax (hold, 10) * rate / 1000);
  double full = -15, took, reached;

  p.threshold_db = -30;
  p.ratio = 4;
  p.knee_db = 0;
  p.attack_ms = (float)attack;
  p.release_ms = (float)release;
  p.hold_ms = (float)hold;
  p.detector = detector;
  square (rate, up, down, frames, -40, -10);
  run (rate, 1, &p, frames);
  took = time_to_63 (up, down, 0, full) * 1000 / rate;
  CHECK (fabs (took / attack - 1) <= 0.05, "%g Hz, detector %d: attack %g ms takes %.3f", rate,
      detector, attack, took);
  reached = gain_at (down + held - 1);
  CHECK_NEAR (reached, full, 0.05, "held");
  took = time_to_63 (down + held, frames, reached, 0) * 1000 / rate;
  CHECK (fabs (took / release - 1) <= 0.05, "%g Hz, detector %d: release %g ms takes %.3f",
      rate, detector, release, took);
}

static void
attack_release (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };

  for (int r = 0; r < 4; r++) {
    times_at (rates[r], 1, 20, 0, LQ_COMP_PEAK);
    times_at (rates[r], 10, 120, 0, LQ_COMP_PEAK);
    times_at (rates[r], 10, 120, 200, LQ_COMP_PEAK);
    times_at (rates[r], 100, 1000, 0, LQ_COMP_PEAK);
    times_at (rates[r], 10, 120, 0, LQ_COMP_SMOOTH);
  }
}

static void
feedback (void)
{
  static const double ratios[] = { 1.5, 3, 10, 100 };

  for (int r = 0; r < 4; r++)
    for (double x = -50; x <= 0; x += 5) {
      struct lq_comp_params p = defaults ();
      p.topology = LQ_COMP_FEEDBACK;
      p.ratio = (float)ratios[r];
      p.threshold_db = -30;
      CHECK_NEAR (settled (&p, 997, x), formula (&p, x) - x, 0.1, "feedback");
    }
}

/* At every corner of its settings the loop settles: no gain leaves what the curve allows. */
static void
feedback_is_stable (void)
{
  static const float attacks[] = { 0.01f, 300 }, releases[] = { 5, 5000 }, knees[] = { 0, 24 };
  const size_t frames = 24000;

  for (int i = 0; i < 64; i++) {
    struct lq_comp_params p = defaults ();
    p.topology = LQ_COMP_FEEDBACK;
    p.attack_ms = attacks[i & 1];
    p.release_ms = releases[i >> 1 & 1];
    p.knee_db = knees[i >> 2 & 1];
    p.ratio = i >> 3 & 1 ? 100 : 2;
    p.threshold_db = i >> 4 & 1 ? -60 : -6;
    p.upward_db = i >> 5 & 1 ? 24 : 0;
    lqs_programme (in[0], frames, 48000, 7 + (uint64_t)i);
    run (48000, 1, &p, frames);
    for (size_t n = 0; n < frames; n++)
      if (!CHECK (fabsf (out[0][n]) <= 16.0f * fabsf (in[0][n]) + 1e-9f, "corner %d: %g of %g",
              i, out[0][n], in[0][n]))
        break;
  }
}

static void
auto_release (void)
{
  struct lq_comp_params p = defaults ();
  const double rate = 48000;
  const size_t up = 4800;

  p.auto_release = 1;
  p.threshold_db = -30;
  p.ratio = 100;
  p.knee_db = 0;
  p.attack_ms = 1;
  for (int longer = 0; longer < 2; longer++) {
    const size_t down = up + (size_t)((longer ? 5 : 0.01) * rate), frames = down + 3 * 48000;
    double start, t;
    size_t i;
    square (rate, up, down, frames, -40, -20);
    run (rate, 1, &p, frames);
    start = gain_at (down - 1);
    CHECK (start < -9.5, "only %.1f dB of reduction", start);
    for (i = down; i < frames && gain_at (i) < 0.1 * start; i++)
      ;
    t = (double)(i - down) / rate;
    printf ("# 90 %% after %.3f s\n", t);
    if (longer)
      CHECK (t > 1, "after 5 s of 10 dB: 90 %% after %.3f s", t);
    else
      CHECK (t < 0.3, "after 10 ms: 90 %% after %.3f s", t);
  }
}

/* No corner where the release begins: the slope of the reduction never jumps by 1 dB/ms. */
static void
smooth (void)
{
  struct lq_comp_params p = defaults ();
  const size_t up = 4800, down = 48000, frames = 72000, ms = 48;
  double worst = 0;

  p.detector = LQ_COMP_SMOOTH;
  p.threshold_db = -40;
  p.release_ms = 50;
  square (48000, up, down, frames, -50, -5);
  run (48000, 1, &p, frames);
  for (size_t i = down; i + 2 * ms < frames; i++)
    worst = fmax (worst, fabs (gain_at (i) - 2 * gain_at (i + ms) + gain_at (i + 2 * ms)));
  CHECK (worst < 1, "the slope jumps by %.2f dB/ms", worst);
}

static void
link (void)
{
  struct lq_comp_params p = defaults ();
  const size_t frames = 48000;

  p.threshold_db = -30;
  for (int l = 0; l <= 100; l += 50) {
    double a, b;
    p.link_percent = (float)l;
    lqs_sine (in[0], frames, 48000, 997, 0.5, 0, 0);
    lqs_sine (in[1], frames, 48000, 997, 0.1, 0, 0);
    run (48000, 2, &p, frames);
    a = lqm_db (lqm_rms (out[0] + 40000, 4800) / lqm_rms (in[0] + 40000, 4800));
    b = lqm_db (lqm_rms (out[1] + 40000, 4800) / lqm_rms (in[1] + 40000, 4800));
    CHECK_NEAR (a, formula (&p, lqm_db (0.5)) - lqm_db (0.5), 0.1, "loud");
    CHECK_NEAR (b, l / 100.0 * a + (1 - l / 100.0) * (formula (&p, -20) + 20), 0.1, "soft");
    for (size_t i = 0; i < frames && l == 100; i++)
      if (in[0][i] != 0 && in[1][i] != 0)
        if (!CHECK (fabs (out[0][i] / (double)in[0][i] - out[1][i] / (double)in[1][i]) < 2e-7,
                "frame %zu: gains differ", i))
          break;
  }
}

static void
gains (void)
{
  struct lq_comp_params p = defaults ();
  double half;

  p.threshold_db = -30;
  p.knee_db = 0;
  p.range_db = 5;
  CHECK_NEAR (settled (&p, 997, -5), -5, 0.05, "range");
  p.makeup_db = 7;
  CHECK_NEAR (settled (&p, 997, -5), 2, 0.05, "makeup");
  p = defaults ();
  p.auto_makeup = 1;
  p.knee_db = 0;
  half = 18 * (1 - 1 / 3.0) / 2;
  CHECK_NEAR (settled (&p, 997, -30), half, 0.05, "auto-makeup below the threshold");
  CHECK_NEAR (settled (&p, 997, -0.0), half - 12, 0.05, "auto-makeup at 0 dBFS");
  p = defaults ();
  p.upward_db = 8;
  p.knee_db = 0;
  CHECK_NEAR (settled (&p, 997, -24), 4, 0.1, "upward");
  CHECK_NEAR (settled (&p, 997, -60), 8, 0.1, "upward, at most");
  p = defaults ();
  p.mix_percent = 40;
  p.makeup_db = 3;
  half = pow (10, (formula (&p, -3) + 3 + 3) / 20);
  CHECK_NEAR (settled (&p, 997, -3), lqm_db (0.6 + 0.4 * half), 0.05, "mix");
  p = defaults ();
  p.sc_hpf_hz = 1000;
  CHECK_NEAR (settled (&p, 100, 0), 0, 0.05, "the high-pass keeps lows from the detector");
  p = defaults ();
  p.ratio = 1;
  CHECK (settled (&p, 997, 0) == 0, "ratio 1 changes something");
}

static void
lookahead (void)
{
  struct lq_comp_params p = defaults ();
  const double rates[] = { 44100, 48000, 192000 };

  p.threshold_db = 0;
  for (int r = 0; r < 3; r++)
    for (int ms = 0; ms <= 20; ms += 5) {
      const size_t late = (size_t)lround (ms * rates[r] / 1000);
      p.lookahead_ms = (float)ms;
      lqs_programme (in[0], 12000, rates[r], 5);
      for (size_t i = 0; i < 12000; i++)
        in[0][i] *= 0.1f;
      run (rates[r], 1, &p, 12000);
      CHECK (memcmp (out[0] + late, in[0], (12000 - late) * sizeof (float)) == 0,
          "%d ms at %g Hz isn't %zu frames", ms, rates[r], late);
    }
  /* With it the gain is down when the loud part comes. */
  p.lookahead_ms = 20;
  p.threshold_db = -30;
  p.attack_ms = 3;
  square (48000, 4800, 48000, 48000, -50, -10);
  run (48000, 1, &p, 48000);
  CHECK (
      fabsf (out[0][4800 + 960 + 1]) < 0.25f * fabsf (in[0][4801]), "the peak comes through");
}

/* Gain over a period, in which even colour cancels. */
static double
gain_over (size_t i)
{
  return lqm_db (lqm_rms (out[0] + i, 96) / lqm_rms (in[0] + i, 96));
}

/* Opto's release is the set one after a burst, and five times that after a long reduction. */
static void
opto_remembers (void)
{
  for (int longer = 0; longer < 2; longer++) {
    struct lq_comp_params p = defaults ();
    const size_t up = 4800, down = up + (longer ? 144000 : 960), frames = down + 144000;
    const size_t tau = 48 * 120 * (longer ? 5 : 1), later = down + 48 * 120;
    double kept;
    p.style = LQ_COMP_OPTO;
    p.threshold_db = -30;
    p.attack_ms = 1;
    square (48000, up, down, frames, -50, -10);
    run (48000, 1, &p, frames);
    kept = gain_over (later + tau) / gain_over (later);
    CHECK (fabs (kept - exp (-1)) < 0.05, "%s: %.3f is left after %zu ms",
        longer ? "long" : "burst", kept, tau / 48);
  }
}

/* Share of the harmonics in a compressed tone, dBc. */
static void
styles (void)
{
  static const double odd[] = { 0, 0.003, 0.012, 0, 0.004 },
                      even[] = { 0, 0, 0.003, 0.006, 0.01 };
  double times[5];

  for (int style = 0; style < 5; style++) {
    struct lq_comp_params p = defaults ();
    double one, two, three;
    p.style = style;
    p.threshold_db = -40;
    p.release_ms = 300;
    lqs_sine (in[0], 96000, 48000, 1000, 0.7, 0, 0);
    run (48000, 1, &p, 96000);
    one = lqm_tone (out[0] + 48000, 48000, 48000, 1000);
    two = lqm_db (lqm_tone (out[0] + 48000, 48000, 48000, 2000) / one);
    three = lqm_db (lqm_tone (out[0] + 48000, 48000, 48000, 3000) / one);
    printf ("# style %d: second %.1f dBc, third %.1f dBc\n", style, two, three);
    for (int i = 48000; i < 96000; i++) {
      const double x = in[0][i], square = x * x / (1 + x * x);
      in[1][i] = (float)(x + odd[style] * x * square + even[style] * square);
    }
    for (int harmonic = 2; harmonic <= 3; harmonic++) {
      const double want =
          lqm_db (lqm_tone (in[1] + 48000, 48000, 48000, 1000 * harmonic) / 0.7);
      const double got = harmonic == 2 ? two : three;
      CHECK (want < -100 ? got < -100 : fabs (got - want) < 1,
          "style %d, harmonic %d: %.1f, not %.1f dBc", style, harmonic, got, want);
    }
    square (48000, 4800, 96000, 96000, -50, -5);
    run (48000, 1, &p, 96000);
    times[style] = time_to_63 (4800, 96000, 0, gain_at (95000));
  }
  CHECK (times[LQ_COMP_FET] < 0.6 * times[LQ_COMP_CLEAN], "fet isn't faster");
  CHECK (times[LQ_COMP_OPTO] > 1.3 * times[LQ_COMP_CLEAN], "opto isn't slower");
  opto_remembers ();
  CHECK (times[LQ_COMP_VARI_MU] > 1.1 * times[LQ_COMP_CLEAN], "vari-mu isn't slower");
}

static void
reduction (void)
{
  struct lq_comp_params p = defaults ();

  lqs_sine (in[0], 48000, 48000, 997, 1, 0, 0);
  p.makeup_db = 9;
  CHECK_NEAR (run (48000, 1, &p, 48000), 12, 0.1, "reduction at 0 dBFS");
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "static curves, every detector and knee", static_curves },
    { "the curve that is told", curve_query }, { "attack, hold and release", attack_release },
    { "feedback has its ratio", feedback }, { "feedback is stable", feedback_is_stable },
    { "auto-release", auto_release }, { "smooth has no corner", smooth }, { "link", link },
    { "range, makeup, upward, mix, side chain", gains }, { "look-ahead", lookahead },
    { "styles", styles }, { "reduction is told", reduction }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
