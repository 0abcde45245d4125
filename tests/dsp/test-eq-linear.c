/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The equaliser with linear phase: magnitudes against those of the minimum-phase equaliser's design,
 * phase, the delay, boost against cut, matrices, designs under automation, growth. */

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

/* The magnitude of a band as the minimum-phase equaliser has it, from its design. */
static double
designed (const struct lq_eq_band *b, double rate, double hz)
{
  struct lq_biquad_spec spec[LQ_EQ_PARTS];
  double power = 1.0;

  for (uint32_t k = 0, n = lq_eq_band_specs (b, true, spec); k < n; k++) {
    struct lq_biquad_pair pair;
    lq_biquad_design (&spec[k], rate, &pair);
    power *= lq_biquad_power (&pair.main, rate, hz);
    power *= pair.aided ? lq_biquad_power (&pair.aid, rate, hz) : 1.0;
  }
  return sqrt (power);
}

static double
all_designed (const struct eq *e, double hz)
{
  double h = 1.0;

  for (uint32_t i = 0; i < LQ_EQ_BANDS; i++)
    if (e->p.band[i].enabled)
      h *= designed (&e->p.band[i], e->rate, hz);
  return h;
}

/* Everything that one would set for mastering, and steep filters. */
static void
curve (struct eq *e, int which)
{
  if (which == 0) {
    eq_band (e, 0, LQ_BIQUAD_LOW_SHELF, 90, 4, 0.707, 0);
    eq_band (e, 1, LQ_BIQUAD_BELL, 250, -6, 1, 0);
    eq_band (e, 2, LQ_BIQUAD_BELL, 3000, 12, 2, 0);
    eq_band (e, 3, LQ_BIQUAD_HIGH_SHELF, 9000, 5, 0.707, 0);
    eq_band (e, 4, LQ_BIQUAD_TILT, 1000, -3, 1, 0);
    eq_band (e, 5, LQ_BIQUAD_BELL, 900, -24, 3, 0);
  } else if (which == 1) {
    eq_band (e, 0, LQ_BIQUAD_HIGH_PASS, 150, 0, 0.707, 0)->slope = 24;
    eq_band (e, 7, LQ_BIQUAD_LOW_PASS, 7000, 0, 0.707, 0)->slope = 48;
    eq_band (e, 3, LQ_BIQUAD_ALL_PASS, 700, 0, 0.707, 0);
  } else {
    eq_band (e, 2, LQ_BIQUAD_HIGH_PASS, 60, 0, 0.707, 0);
    eq_band (e, 6, LQ_BIQUAD_BAND_PASS, 2000, 0, 0.5, 0);
    eq_band (e, 3, LQ_BIQUAD_LOW_PASS, 16000, 0, 0.707, 0)->slope = 6;
  }
}

/* An impulse on channel `in`, and what comes of it. */
static lqg_planes
impulse (struct eq *e, uint32_t in, size_t n)
{
  lqg_planes p = lqg_new (e->channels, n);

  eq_start (e);
  p.ch[in][0] = 1.0f;
  eq_run (e, &p, 0, n);
  return p;
}

/* Above the resolution of 2·rate/N within 0.05 dB of the design, in phase within 0.01. */
static void
check_curve (double rate, int32_t taps, int which)
{
  struct eq e = eq_new (rate, 1, taps);
  const uint32_t late = lq_eq_latency (e.u), n = 2 * (late + 1);
  double worst = 0.0, turned = 0.0, skew = 0.0;
  lqg_planes p;

  curve (&e, which);
  p = impulse (&e, 0, 2 * (size_t)n);
  for (double hz = 2.0 * rate / n; hz < 0.49 * rate; hz += 0.37 * rate / n) {
    const double want = all_designed (&e, hz);
    const double complex got =
        lqm_response (p.ch[0], n, rate, hz) * cexp (I * 2.0 * PI * hz / rate * late);
    if (want < 0.01)
      continue;
    worst = fmax (worst, fabs (lqm_db (cabs (got) / want)));
    turned = fmax (turned, fabs (carg (got)));
  }
  for (uint32_t i = 1; i <= late; i++)
    skew = fmax (skew, fabs (p.ch[0][late + i] - p.ch[0][late - i]));
  lqt_note ("%g Hz, N = %u, curve %d: %.4f dB, %.5f rad, even within %.2g", rate, n, which,
      worst, turned, skew);
  CHECK (worst < 0.05, "magnitude off by %.3f dB", worst);
  CHECK (turned < 0.01, "phase off by %.4f", turned);
  CHECK (skew < 1e-6, "taps are uneven by %g", skew);
  CHECK (lqm_peak (p.ch[0] + n - 1, n) < 1e-7, "it sounds after N − 1 frames");
  lqg_free (&p);
  eq_free (&e);
}

static void
curves (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };

  for (uint32_t i = 0; i < LQ_COUNT (rates); i += LQT_ROUNDS (1, 2))
    for (int which = 0; which < 3; which++)
      check_curve (rates[i], 4096, which);
  check_curve (48000, 8192, 0);
  check_curve (48000, 16384, 1);
}

/* N/2 − 1 frames, N doubled above 48 kHz, above 96 kHz, and so on. */
static void
delay (void)
{
  static const struct {
    double rate;
    uint32_t times;
  } rates[] = { { 8000, 1 }, { 44100, 1 }, { 48000, 1 }, { 88200, 2 }, { 96000, 2 },
    { 176400, 4 }, { 192000, 4 }, { 384000, 8 } };

  for (uint32_t i = 0; i < LQ_COUNT (rates); i += LQT_ROUNDS (1, 3))
    for (int32_t taps = 1024; taps <= 16384; taps *= 2) {
      struct eq e = eq_new (rates[i].rate, 2, taps);
      const uint32_t want = (uint32_t)taps * rates[i].times / 2 - 1;
      CHECK (lq_eq_latency (e.u) == want, "%g Hz, %d: late by %u, not %u", rates[i].rate, taps,
          lq_eq_latency (e.u), want);
      eq_free (&e);
    }
}

/* Neutral it is its delay bit for bit, also after it was something else. */
static void
neutral (void)
{
  for (int32_t taps = 1024; taps <= 16384; taps *= 4) {
    struct eq e = eq_new (48000, 2, taps);
    const size_t late = lq_eq_latency (e.u), n = 10 * (size_t)taps + 48000;
    lqg_planes in = lqg_new (2, n), out = lqg_new (2, n);
    for (uint32_t c = 0; c < 2; c++)
      lqs_programme (in.ch[c], n, 48000, 3 + c);
    lqg_copy (&out, &in);
    eq_start (&e);
    eq_run (&e, &out, 0, n / 4);
    curve (&e, 0);
    lq_eq_set (e.u, &e.p);
    eq_run (&e, &out, n / 4, n / 2);
    for (uint32_t i = 0; i < LQ_EQ_BANDS; i++)
      e.p.band[i].enabled = 0;
    lq_eq_set (e.u, &e.p);
    eq_run (&e, &out, n / 2, n);
    for (uint32_t c = 0; c < 2; c++) {
      CHECK (memcmp (in.ch[c], out.ch[c] + late, (n / 4 - late) * sizeof (float)) == 0,
          "%d taps: not a delay at first", taps);
      CHECK (lqm_difference (in.ch[c] + n / 2 - late - 2000, out.ch[c] + n / 2 - 2000, 2000) >
                 0.01,
          "%d taps: nothing was done", taps);
      CHECK (
          memcmp (in.ch[c] + n - late - 4000, out.ch[c] + n - 4000, 4000 * sizeof (float)) == 0,
          "%d taps: not a delay at last", taps);
    }
    lqg_free (&in);
    lqg_free (&out);
    eq_free (&e);
  }
}

/* A boost and the cut that is its inverse, one after the other, are a delay: within −60 dB, though
 * each is cut off at its ends. */
static void
null (void)
{
  const size_t n = 96000;
  struct eq a = eq_new (48000, 2, 4096), b = eq_new (48000, 2, 4096);
  const size_t late = 2 * (size_t)lq_eq_latency (a.u);
  lqg_planes in = lqg_new (2, n), out = lqg_new (2, n);

  for (uint32_t c = 0; c < 2; c++)
    lqs_programme (in.ch[c], n, 48000, 3 + c);
  lqg_copy (&out, &in);
  eq_band (&a, 1, LQ_BIQUAD_BELL, 700, 9, 1.5, 0);
  eq_band (&a, 2, LQ_BIQUAD_HIGH_SHELF, 5000, 6, 0.7, 0);
  eq_band (&a, 3, LQ_BIQUAD_LOW_SHELF, 150, -6, 0.7, 0);
  for (uint32_t i = 0; i < LQ_EQ_BANDS; i++) {
    b.p.band[i] = a.p.band[i];
    b.p.band[i].gain_db = -a.p.band[i].gain_db;
  }
  eq_start (&a);
  eq_start (&b);
  eq_run (&a, &out, 0, n);
  CHECK (lqm_difference (in.ch[0], out.ch[0] + late / 2, n - late) > 0.05, "nothing was done");
  eq_run (&b, &out, 0, n);
  for (uint32_t c = 0; c < 2; c++) {
    const double off = lqm_difference (in.ch[c], out.ch[c] + late, n - late);
    lqt_note ("channel %u: %.1f dB", c, lqm_db (off / lqm_peak (in.ch[c], n)));
    CHECK (off < 1e-3 * lqm_peak (in.ch[c], n), "off by %g", off);
  }
  lqg_free (&in);
  lqg_free (&out);
  eq_free (&a);
  eq_free (&b);
}

/* Noise comes out as the sum of its impulse responses, each in its place: long double. */
static void
convolution (void)
{
  const size_t n = 40000;

  for (int mixed = 0; mixed < 2; mixed++)
    for (int32_t taps = 1024; taps <= 4096; taps *= 4) {
      struct eq e = eq_new (48000, 2, taps);
      lqg_planes h[2], in = lqg_new (2, n), out = lqg_new (2, n);
      double worst = 0.0;
      curve (&e, 0);
      for (uint32_t i = 0; i < 6 && mixed; i++)
        e.p.band[i].channel = (int32_t)(i + 1) % 5;
      for (uint32_t c = 0; c < 2; c++) {
        h[c] = impulse (&e, c, (size_t)taps);
        lqs_noise (in.ch[c], n, 0.5, 3 + c);
      }
      lqg_copy (&out, &in);
      eq_start (&e);
      eq_run (&e, &out, 0, n);
      for (size_t i = 0; i < n; i += i < 3 * (size_t)taps ? 17 : 331)
        for (uint32_t c = 0; c < 2; c++) {
          long double y = 0;
          for (size_t k = 0; k < (size_t)taps && k <= i; k++)
            y += (long double)h[0].ch[c][k] * in.ch[0][i - k] +
                 (long double)h[1].ch[c][k] * in.ch[1][i - k];
          worst = fmax (worst, fabs ((double)(y - out.ch[c][i])));
        }
      lqt_note ("%d taps%s: %.1f dB", taps, mixed ? ", a matrix" : "", lqm_db (worst));
      CHECK (worst < 3e-6, "%d taps: off by %g", taps, worst);
      for (uint32_t c = 0; c < 2; c++)
        lqg_free (&h[c]);
      lqg_free (&in);
      lqg_free (&out);
      eq_free (&e);
    }
}

/* m = band · m for magnitudes: [output][input]. */
static void
multiply (double m[2][2], int route, double h)
{
  const double mean = (h + 1.0) / 2.0, half = (h - 1.0) / 2.0;
  const double of[5][2][2] = { { { h, 0 }, { 0, h } }, { { h, 0 }, { 0, 1 } },
    { { 1, 0 }, { 0, h } }, { { mean, half }, { half, mean } },
    { { mean, -half }, { -half, mean } } };

  for (int in = 0; in < 2; in++) {
    const double a = m[0][in], b = m[1][in];
    m[0][in] = of[route][0][0] * a + of[route][0][1] * b;
    m[1][in] = of[route][1][0] * a + of[route][1][1] * b;
  }
}

static void
matrices (void)
{
  static const int codes[][4] = { { 1, 1, 1, 1 }, { 2, 0, 2, 2 }, { 3, 3, 0, 3 },
    { 4, 4, 4, 4 }, { 3, 4, 3, 4 }, { 1, 2, 0, 0 }, { 1, 3, 2, 4 }, { 4, 1, 3, 2 } };

  for (uint32_t k = 0; k < LQ_COUNT (codes); k++) {
    struct eq e = eq_new (48000, 2, 4096);
    const uint32_t late = lq_eq_latency (e.u);
    lqg_planes p[2];
    double worst = 0.0;
    for (uint32_t i = 0; i < 4; i++)
      eq_band (&e, 2 * i, i == 2 ? LQ_BIQUAD_HIGH_SHELF : LQ_BIQUAD_BELL, 300.0 * pow (2.3, i),
          i % 2 ? 9.0 : -7.0, 0.9, codes[k][i]);
    for (uint32_t c = 0; c < 2; c++)
      p[c] = impulse (&e, c, 8192);
    for (double hz = 25.0; hz < 20000.0; hz *= 1.2) {
      double m[2][2] = { { 1, 0 }, { 0, 1 } };
      for (uint32_t i = 0; i < 4; i++)
        multiply (m, codes[k][i], designed (&e.p.band[2 * i], 48000, hz));
      for (int in = 0; in < 2; in++)
        for (int out = 0; out < 2; out++)
          worst = fmax (worst, cabs (lqm_response (p[in].ch[out], 8192, 48000, hz) *
                                         cexp (I * 2.0 * PI * hz / 48000 * late) -
                                     m[out][in]));
    }
    CHECK (worst < 1e-3, "%d%d%d%d: off by %g", codes[k][0], codes[k][1], codes[k][2],
        codes[k][3], worst);
    lqg_free (&p[0]);
    lqg_free (&p[1]);
    eq_free (&e);
  }
}

/* A frequency and a gain that move for three seconds, and stand: no click on the way, and then the
 * same as if they had always stood there, bit for bit. From routes to none, and off and on, too. */
static void
check_automation (int how)
{
  const size_t n = 6 * 48000, stop = 3 * 48000, last = 24000;
  const double own = pow (2.0 * sin (PI * 100.0 / 48000), 2.0) * 0.5;
  struct eq e = eq_new (48000, 2, 2048), rest = eq_new (48000, 2, 2048);
  lqg_planes p = lqg_new (2, n), q = lqg_new (2, n);
  double bend;

  for (uint32_t c = 0; c < 2; c++)
    lqs_sine (p.ch[c], n, 48000, 100.0, 0.5, c, 0);
  lqg_copy (&q, &p);
  for (size_t done = 0; done < n; done += 480) {
    const double t = fmin ((double)done / (double)stop, 1.0);
    const bool here = how != 2 || done >= stop || done / 24000 % 2;
    eq_band (&e, 1, LQ_BIQUAD_BELL, 60.0 * pow (4.0, t), 9.0 * cos (20.0 * t), 1.0,
        how == 1 ? (int)(done < stop ? done / 24000 % 5 : 0) : 0);
    e.p.band[1].enabled = here;
    lq_eq_set (e.u, &e.p);
    if (done == 0)
      lq_eq_reset (e.u);
    eq_run (&e, &p, done, done + 480);
  }
  rest.p = e.p;
  eq_start (&rest);
  eq_run (&rest, &q, 0, n);
  for (uint32_t c = 0; c < 2; c++) {
    bend = fmax (lqm_curvature (q.ch[c] + 5000, n - 5000), own * pow (10.0, 9.0 / 20.0));
    CHECK (lqm_curvature (p.ch[c] + 3000, n - 3000) < 1.5 * bend, "a click: %.2f",
        lqm_curvature (p.ch[c] + 3000, n - 3000) / bend);
    CHECK (memcmp (p.ch[c] + n - last, q.ch[c] + n - last, last * sizeof (float)) == 0,
        "%d: it ends as something else: %g", how,
        lqm_difference (p.ch[c] + n - last, q.ch[c] + n - last, last));
  }
  lqg_free (&p);
  lqg_free (&q);
  eq_free (&e);
  eq_free (&rest);
}

static void
automation (void)
{
  for (int how = 0; how < 3; how++)
    check_automation (how);
}

/* What was set late is heard within 60 ms and the delay. */
static void
promptness (void)
{
  const size_t n = 48000, at = 24000 + 13;
  struct eq e = eq_new (48000, 2, 4096);
  lqg_planes p = lqg_new (2, n), q = lqg_new (2, n);
  size_t late = lq_eq_latency (e.u), last = 0;

  lqs_noise (p.ch[0], n, 0.5, 4);
  lqs_noise (p.ch[1], n, 0.5, 5);
  lqg_copy (&q, &p);
  curve (&e, 2);
  eq_start (&e);
  eq_run (&e, &p, 0, at);
  curve (&e, 0);
  lq_eq_set (e.u, &e.p);
  eq_run (&e, &p, at, n);
  eq_start (&e);
  eq_run (&e, &q, 0, n);
  for (size_t i = at; i < n; i++)
    last = p.ch[0][i] != q.ch[0][i] ? i - at : last;
  lqt_note ("%.1f ms", (double)last / 48.0);
  CHECK (last > 100 && last < 60 * 48, "heard after %zu frames", last);
  CHECK (late == 2047, "late by %zu", late);
  lqg_free (&p);
  lqg_free (&q);
  eq_free (&e);
}

/* Off at the start and then on: late from then on, and soon what it would have been. */
static void
growth (void)
{
  const size_t n = 48000, at = 5000 + 13;
  struct eq e = eq_new (48000, 2, 2048);
  lqg_planes p = lqg_new (2, n), q = lqg_new (2, n);

  for (uint32_t c = 0; c < 2; c++)
    lqs_programme (p.ch[c], n, 48000, c + 7);
  lqg_copy (&q, &p);
  curve (&e, 0);
  eq_start (&e);
  eq_run (&e, &q, 0, n);
  e.p.enabled = 0;
  lq_arena_free (&e.arena);
  eq_prepare (&e);
  eq_start (&e);
  CHECK (lq_eq_latency (e.u) == 0 && lq_eq_neutral (e.u), "late though off");
  CHECK (lq_eq_latency_most (e.u) == 1023, "most: %u", lq_eq_latency_most (e.u));
  eq_run (&e, &p, 0, at);
  e.p.enabled = 1;
  lq_eq_set (e.u, &e.p);
  CHECK (lq_eq_grow (e.u) == 1023 && lq_eq_grow (e.u) == 0, "grows otherwise");
  CHECK (
      lq_eq_latency (e.u) == 1023 && !lq_eq_neutral (e.u), "late by %u", lq_eq_latency (e.u));
  eq_run (&e, &p, at, n);
  for (uint32_t c = 0; c < 2; c++)
    CHECK (lqm_difference (p.ch[c] + n - 24000, q.ch[c] + n - 24000, 24000) < 1e-6,
        "not the same later");
  lqg_free (&p);
  lqg_free (&q);
  eq_free (&e);
}

/* What is listened to is as late as the rest. */
static void
listening (void)
{
  const size_t n = 20 * LQ_BLOCK;
  struct eq e = eq_new (48000, 2, 2048), m;
  lqg_planes p = lqg_new (2, n), q = lqg_new (2, n);

  for (uint32_t c = 0; c < 2; c++)
    lqs_programme (p.ch[c], n, 48000, c + 7);
  lqg_copy (&q, &p);
  m = eq_new (48000, 2, 2048);
  m.p.phase = LQ_EQ_MINIMUM;
  lq_arena_free (&m.arena);
  eq_prepare (&m);
  for (int i = 0; i < 2; i++) {
    struct eq *u = i ? &m : &e;
    const lqg_planes *planes = i ? &q : &p;
    eq_band (u, 2, LQ_BIQUAD_BELL, 800, 6, 2, 3)->listen = 1;
    eq_start (u);
    for (size_t done = 0; done < n; done += LQ_BLOCK) {
      float *at[2] = { planes->ch[0] + done, planes->ch[1] + done };
      lq_eq_process (u->u, at, LQ_BLOCK);
      lq_listen_mix (&u->u->listen, at, 2, 0, LQ_BLOCK);
    }
  }
  for (uint32_t c = 0; c < 2; c++) {
    CHECK (
        lqm_difference (p.ch[c] + 1023, q.ch[c], n - 1023) < 1e-6, "something else is heard");
    CHECK (lqm_peak (q.ch[c], n) > 0.01, "nothing is heard");
  }
  lqg_free (&p);
  lqg_free (&q);
  eq_free (&e);
  eq_free (&m);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "magnitude and phase", curves }, { "the delay", delay },
    { "neutral, a delay bit for bit", neutral }, { "boost and cut are nothing", null },
    { "any input is convolved", convolution },
    { "bands on left, right, mid and side", matrices },
    { "designs follow what moves", automation }, { "how soon a change is heard", promptness },
    { "a delay that grows", growth }, { "listening is as late", listening }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
