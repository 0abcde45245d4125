/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The equaliser in full: slopes against Butterworth's formula, what bands on left, right, mid and
 * side do to two channels against a product of matrices, what they leave alone, clicks. */

#include "base/fpu.h"
#include "eqrig.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static const int slopes[] = { 6, 12, 18, 24, 36, 48, 72, 96 };
static const char *const routes[] = { "stereo", "left", "right", "mid", "side" };

/* One slope at one corner and rate, where the formula is above −40 dB. Returns the worst error. */
static double
check_slope (double rate, bool high, double hz, int slope)
{
  const size_t n = (size_t)1 << 17;
  const double order = slope / 6.0;
  struct eq e = eq_new (rate, 1, 0);
  lqg_planes p = lqg_new (1, n);
  double worst = 0.0;

  eq_band (&e, 3, high ? LQ_BIQUAD_HIGH_PASS : LQ_BIQUAD_LOW_PASS, hz, 0.0, sqrt (0.5), 0)
      ->slope = slope;
  eq_start (&e);
  p.ch[0][0] = 1.0f;
  eq_run (&e, &p, 0, n);
  for (double at = fmax (20.0, hz / 16.0); at < fmin (20000.0, 0.45 * rate);
       at *= pow (2.0, 1.0 / 6.0)) {
    const double w = high ? hz / at : at / hz;
    const double want = -10.0 * log10 (1.0 + pow (w, 2.0 * order));
    const double got = lqm_db (cabs (lqm_response (p.ch[0], n, rate, at)));
    if (want > -40.0)
      worst = fmax (worst, fabs (got - want));
    if (want > -40.0)
      CHECK (fabs (got - want) < 0.1, "%g: %s %d dB/oct %g Hz: %.3f dB at %g Hz, not %.3f",
          rate, high ? "high" : "low", slope, hz, got, at, want);
  }
  CHECK_NEAR (
      lqm_db (cabs (lqm_response (p.ch[0], n, rate, hz))), -3.0103, 0.05, "at its frequency");
  lqg_free (&p);
  eq_free (&e);
  return worst;
}

static void
butterworth (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };
  static const double hz[] = { 30, 250, 1000, 5000, 12000 };

  for (uint32_t r = 0; r < LQ_COUNT (rates); r += LQT_ROUNDS (1, 2))
    for (uint32_t i = 0; i < LQ_COUNT (slopes); i++) {
      double worst = 0.0;
      for (uint32_t k = 0; k < 2 * LQ_COUNT (hz); k++)
        worst = fmax (worst, check_slope (rates[r], k % 2, hz[k / 2], slopes[i]));
      lqt_note ("%g Hz, %d dB/octave: within %.3f dB", rates[r], slopes[i], worst);
    }
}

/* At 12 dB an octave q shapes the corner, at others it doesn't matter. */
static void
corner (void)
{
  const size_t n = 1 << 16;

  for (int high = 0; high < 2; high++)
    for (uint32_t i = 0; i < LQ_COUNT (slopes); i++) {
      struct eq e = eq_new (48000, 1, 0);
      lqg_planes p = lqg_new (1, n);
      const double want = slopes[i] == 12 ? lqm_db (3.0) : -3.0103;
      eq_band (&e, 0, high ? LQ_BIQUAD_HIGH_PASS : LQ_BIQUAD_LOW_PASS, 1000, 0, 3.0, 0)->slope =
          slopes[i];
      eq_start (&e);
      p.ch[0][0] = 1.0f;
      eq_run (&e, &p, 0, n);
      CHECK_NEAR (
          lqm_db (cabs (lqm_response (p.ch[0], n, 48000, 1000))), want, 0.02, "the corner");
      lqg_free (&p);
      eq_free (&e);
    }
}

/* The response of a band of second order, from its design. */
static double complex
designed (const struct lq_eq_band *b, double rate, double hz)
{
  const struct lq_biquad_spec spec = {
    .type = b->type, .frequency_hz = b->frequency_hz, .gain_db = b->gain_db, .q = b->q
  };
  const double complex z = cexp (-I * 2.0 * PI * hz / rate);
  struct lq_biquad_pair pair;
  double complex h = 1.0;

  lq_biquad_design (&spec, rate, &pair);
  for (int k = 0; k < (pair.aided ? 2 : 1); k++) {
    const struct lq_biquad_taps t = lq_biquad_to_taps (k ? &pair.aid : &pair.main);
    h *= (t.b0 + t.b1 * z + t.b2 * z * z) / (1.0 + t.a1 * z + t.a2 * z * z);
  }
  return h;
}

/* m = band · m: what a band does to what came out of the bands before, [output][input]. */
static void
multiply (double complex m[2][2], int route, double complex h)
{
  const double complex mean = (h + 1.0) / 2.0, half = (h - 1.0) / 2.0;
  const double complex of[5][2][2] = { { { h, 0 }, { 0, h } }, { { h, 0 }, { 0, 1 } },
    { { 1, 0 }, { 0, h } }, { { mean, half }, { half, mean } },
    { { mean, -half }, { -half, mean } } };

  for (int in = 0; in < 2; in++) {
    const double complex a = m[0][in], b = m[1][in];
    m[0][in] = of[route][0][0] * a + of[route][0][1] * b;
    m[1][in] = of[route][1][0] * a + of[route][1][1] * b;
  }
}

/* Eight bands on what `code` says, by five each, moved there from elsewhere or there at once. */
static void
check_matrix (const int code[LQ_EQ_BANDS], bool moved)
{
  const size_t lead = moved ? 48000 : 0, n = lead + ((size_t)1 << 16);
  double worst = 0.0;
  struct eq e = eq_new (48000, 2, 0);
  lqg_planes p[2] = { lqg_new (2, n), lqg_new (2, n) };

  for (int in = 0; in < 2; in++) {
    for (uint32_t i = 0; i < LQ_EQ_BANDS; i++)
      eq_band (&e, i, i == 5 ? LQ_BIQUAD_NOTCH : LQ_BIQUAD_BELL, 60.0 * pow (2.1, i),
          i % 2 ? 9.0 : -7.0, 1.1, moved ? (code[i] + 1) % 5 : code[i]);
    eq_start (&e);
    eq_run (&e, &p[in], 0, moved ? lead / 2 + 77 : 0);
    for (uint32_t i = 0; i < LQ_EQ_BANDS; i++)
      e.p.band[i].channel = code[i];
    lq_eq_set (e.u, &e.p);
    p[in].ch[in][lead] = 1.0f;
    eq_run (&e, &p[in], moved ? lead / 2 + 77 : 0, n);
  }
  for (double hz = 25.0; hz < 20000.0; hz *= 1.3) {
    double complex m[2][2] = { { 1, 0 }, { 0, 1 } };
    for (uint32_t i = 0; i < LQ_EQ_BANDS; i++)
      multiply (m, code[i], designed (&e.p.band[i], 48000, hz));
    for (int in = 0; in < 2; in++)
      for (int out = 0; out < 2; out++)
        worst = fmax (worst,
            cabs (lqm_response (p[in].ch[out] + lead, n - lead, 48000, hz) - m[out][in]));
  }
  CHECK (worst < 2e-5, "%d%d%d%d%d%d%d%d%s: off by %g", code[0], code[1], code[2], code[3],
      code[4], code[5], code[6], code[7], moved ? ", moved" : "", worst);
  for (int in = 0; in < 2; in++)
    lqg_free (&p[in]);
  eq_free (&e);
}

static void
matrices (void)
{
  static const int plain[][LQ_EQ_BANDS] = { { 0, 0, 0, 0, 0, 0, 0, 0 },
    { 1, 1, 1, 1, 1, 1, 1, 1 }, { 2, 2, 2, 2, 2, 2, 2, 2 }, { 3, 3, 3, 3, 3, 3, 3, 3 },
    { 4, 4, 4, 4, 4, 4, 4, 4 }, { 1, 2, 1, 2, 3, 4, 3, 4 }, { 3, 1, 4, 2, 3, 1, 4, 0 },
    { 1, 3, 0, 2, 4, 1, 3, 0 } };
  lqs_random random = { 5 };

  for (uint32_t i = 0; i < LQ_COUNT (plain); i++)
    for (int moved = 0; moved < 2; moved++)
      check_matrix (plain[i], moved);
  for (int k = 0; k < LQT_ROUNDS (12, 2); k++) {
    int code[LQ_EQ_BANDS];
    for (uint32_t i = 0; i < LQ_EQ_BANDS; i++)
      code[i] = (int)lqs_range (&random, 0, 4);
    check_matrix (code, k % 2);
  }
}

/* What a band isn't on passes bit for bit. */
static void
untouched (void)
{
  const size_t n = 20000;

  for (int route = 1; route < 5; route++) {
    struct eq e = eq_new (48000, 2, 0);
    lqg_planes in = lqg_new (2, n), out = lqg_new (2, n);
    lqs_programme (in.ch[0], n, 48000, 5);
    for (size_t i = 0; i < n; i++)
      in.ch[1][i] = route == 3 ? -in.ch[0][i] : in.ch[0][i];
    if (route < 3)
      lqs_programme (in.ch[1], n, 48000, 6);
    lqg_copy (&out, &in);
    eq_band (&e, 1, LQ_BIQUAD_BELL, 500, 12, 1, route);
    eq_band (&e, 2, LQ_BIQUAD_HIGH_PASS, 100, 12, 1, route)->slope = 96;
    eq_start (&e);
    eq_run (&e, &out, 0, n / 2);
    e.p.band[1].gain_db = -12.0f;
    lq_eq_set (e.u, &e.p);
    eq_run (&e, &out, n / 2, n);
    for (uint32_t c = 0; c < 2; c++) {
      const bool acts = (route == 1 && c == 0) || (route == 2 && c == 1);
      CHECK (acts == (memcmp (in.ch[c], out.ch[c], n * sizeof (float)) != 0),
          "a band on %s %s channel %u", routes[route], acts ? "leaves" : "touches", c);
    }
    lqg_free (&in);
    lqg_free (&out);
    eq_free (&e);
  }
}

/* One channel is its own left and mid; it has no right and no side. */
static void
one_channel (void)
{
  const size_t n = 20000;
  lqg_planes in = lqg_new (1, n), both = lqg_new (1, n), out = lqg_new (1, n);

  lqs_programme (in.ch[0], n, 48000, 5);
  for (int route = 0; route < 5; route++) {
    struct eq e = eq_new (48000, 1, 0);
    const lqg_planes *want = route == 2 || route == 4 ? &in : &both;
    lqg_copy (&out, &in);
    eq_band (&e, 0, LQ_BIQUAD_BELL, 500, 12, 1, route)->listen = 0;
    eq_band (&e, 1, LQ_BIQUAD_LOW_PASS, 9000, 0, 1, route)->slope = 36;
    eq_start (&e);
    eq_run (&e, &out, 0, n);
    if (route == 0)
      lqg_copy (&both, &out);
    CHECK (lqg_equal (want, &out), "%s is another", routes[route]);
    CHECK (lq_eq_neutral (e.u) == (want == &in), "%s: neutral or not", routes[route]);
    eq_free (&e);
  }
  CHECK (!lqg_equal (&in, &both), "nothing was done");
  lqg_free (&in);
  lqg_free (&both);
  lqg_free (&out);
}

/* The second difference over a step from band a to band b against what it is before and after, and
 * the sine's own, of both channels. */
static double worst_click;

static void
check_click (const struct lq_eq_band *a, const struct lq_eq_band *b)
{
  const size_t before = 48000, n = 120000, steady = 4800;
  struct eq e = eq_new (48000, 2, 0);
  lqg_planes p = lqg_new (2, n);

  lqs_sine (p.ch[0], n, 48000, 100.0, 0.5, 0.3, 0);
  lqs_sine (p.ch[1], n, 48000, 100.0, 0.35, 1.5, 0);
  e.p.band[2] = *a;
  eq_start (&e);
  eq_run (&e, &p, 0, before + 31);
  e.p.band[2] = *b;
  lq_eq_set (e.u, &e.p);
  eq_run (&e, &p, before + 31, n);
  for (uint32_t c = 0; c < 2; c++) {
    const double own = pow (2.0 * sin (PI * 100.0 / 48000), 2.0) * (c ? 0.35 : 0.5);
    const double rest = fmax (lqm_curvature (p.ch[c] + before - steady, steady),
        lqm_curvature (p.ch[c] + n - steady, steady));
    const double ratio = lqm_curvature (p.ch[c] + before, n - before) / fmax (own, rest);
    worst_click = fmax (worst_click, ratio);
    CHECK (ratio <= 2.0, "%d, %d dB/oct, %s to %d dB/oct, %s, channel %u: %.2f", a->type,
        a->slope, routes[a->channel], b->slope, routes[b->channel], c, ratio);
  }
  lqg_free (&p);
  eq_free (&e);
}

static void
clicks (void)
{
  struct lq_eq_band a = {
    .enabled = 1, .frequency_hz = 120, .gain_db = 12, .q = 0.707f, .slope = 12
  };
  struct lq_eq_band b = a;

  for (int type = 0; type <= LQ_BIQUAD_LOW_PASS; type++)
    for (int k = 0; k < 25; k += LQT_ROUNDS (1, 4)) {
      a.type = b.type = type;
      a.channel = k / 5;
      b.channel = k % 5;
      check_click (&a, &b);
    }
  for (uint32_t k = 0; k < 2 * LQ_COUNT (slopes) * LQ_COUNT (slopes); k += LQT_ROUNDS (1, 5)) {
    a.type = b.type = k % 2 ? LQ_BIQUAD_HIGH_PASS : LQ_BIQUAD_LOW_PASS;
    a.slope = slopes[k / 2 % LQ_COUNT (slopes)];
    b.slope = slopes[k / 2 / LQ_COUNT (slopes)];
    a.channel = b.channel = (int)(k % 5);
    check_click (&a, &b);
    b.frequency_hz = 60;
    b.channel = (b.channel + 1) % 5;
    check_click (&a, &b);
    b.frequency_hz = 120;
  }
  lqt_note ("at most %.2f times the curvature at rest", worst_click);
}

/* What is heard of a band on mid or side, and of both together: the band of both channels. */
static void
listening (void)
{
  static const int sets[][2] = { { 0, -1 }, { 3, -1 }, { 4, -1 }, { 3, 4 }, { 1, -1 },
    { 2, -1 }, { 1, 2 } };
  const size_t n = 20 * LQ_BLOCK;
  lqg_planes in = lqg_new (2, n), out[LQ_COUNT (sets)];
  double sum = 0.0, away = 0.0;

  lqs_programme (in.ch[0], n, 48000, 5);
  lqs_programme (in.ch[1], n, 48000, 6);
  for (uint32_t i = 0; i < LQ_COUNT (sets); i++) {
    struct eq e = eq_new (48000, 2, 0);
    out[i] = lqg_new (2, n);
    lqg_copy (&out[i], &in);
    for (uint32_t k = 0; k < 2 && sets[i][k] >= 0; k++)
      eq_band (&e, k, LQ_BIQUAD_BELL, 700, 0, 2, sets[i][k])->listen = 1;
    eq_start (&e);
    for (size_t done = 0; done < n; done += LQ_BLOCK) {
      float *at[2] = { out[i].ch[0] + done, out[i].ch[1] + done };
      lq_eq_process (e.u, at, LQ_BLOCK);
      lq_listen_mix (&e.u->listen, at, 2, 0, LQ_BLOCK);
    }
    eq_free (&e);
  }
  for (size_t i = 0; i < n; i++) {
    const float l = out[0].ch[0][i], r = out[0].ch[1][i];
    const float want[LQ_COUNT (sets)][2] = { { l, r }, { (l + r) / 2, (l + r) / 2 },
      { (l - r) / 2, (r - l) / 2 }, { l, r }, { l, 0 }, { 0, r }, { l, r } };
    for (uint32_t k = 0; k < LQ_COUNT (sets); k++)
      for (uint32_t c = 0; c < 2; c++)
        away = fmax (away, fabs (out[k].ch[c][i] - want[k][c]));
    sum = fmax (sum, fabs (l));
  }
  CHECK (sum > 0.01, "nothing was heard");
  CHECK (away < 2e-7, "off by %g", away);
  for (uint32_t i = 0; i < LQ_COUNT (sets); i++)
    lqg_free (&out[i]);
  lqg_free (&in);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "slopes are Butterworth's", butterworth },
    { "q shapes the corner at 12 dB an octave alone", corner },
    { "bands on left, right, mid and side", matrices },
    { "what a band isn't on passes untouched", untouched }, { "of one channel", one_channel },
    { "slope and channel change without a click", clicks }, { "listening", listening },
    { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
