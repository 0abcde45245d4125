/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Equaliser and filters as units: what they put out against their design in plain long double,
 * Butterworth's formula, sweeps, clicks, listening. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "guard.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/eq.h"
#include "processors/pass.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TYPES (LQ_BIQUAD_LOW_PASS + 1)
#define PI 3.14159265358979323846

static const char *const names[TYPES] = { "bell", "low-shelf", "high-shelf", "notch",
  "band-pass", "all-pass", "tilt", "high-pass", "low-pass" };

/* A unit made for a stream, with its memory. */
struct eq {
  lq_arena arena;
  lq_eq *u;
  struct lq_eq_params p;
  uint32_t channels;
};

static lq_stream
stream_of (double rate, uint32_t channels)
{
  return (lq_stream){ .rate = rate, .channels = channels, .out_channels = channels };
}

static struct eq
eq_new (double rate, uint32_t channels)
{
  static const struct lq_module modules[] = { LQ_EQ_MODULE_LIST (0) };
  const lq_stream stream = stream_of (rate, channels);
  struct eq e = { .channels = channels };

  lq_arena_init (&e.arena);
  e.u = aligned_alloc (LQ_ALIGN, (sizeof *e.u + LQ_ALIGN - 1) / LQ_ALIGN * LQ_ALIGN);
  if (!lq_eq_prepare (e.u, &stream, &e.arena))
    abort ();
  lq_modules_defaults (modules, LQ_EQ_MODULES, &e.p);
  return e;
}

static void
eq_free (struct eq *e)
{
  lq_arena_free (&e->arena);
  free (e->u);
}

static void
eq_run (struct eq *e, const lqg_planes *p, size_t first, size_t end, uint32_t block)
{
  float *at[LQG_CHANNELS_MAX];

  for (size_t done = first; done < end; done += block) {
    const uint32_t n = end - done < block ? (uint32_t)(end - done) : block;
    for (uint32_t c = 0; c < e->channels; c++)
      at[c] = p->ch[c] + done;
    lq_eq_process (e->u, at, n);
  }
}

static void
band (struct eq *e, uint32_t i, int type, double hz, double gain_db, double q)
{
  e->p.band[i] = (struct lq_eq_band){ .enabled = 1,
    .type = type,
    .frequency_hz = (float)hz,
    .gain_db = (float)gain_db,
    .q = (float)q };
}

/* What a band does, section by section, in direct form I and long double. */
static void
plain_band (const struct lq_eq_band *b, double rate, long double *x, size_t n)
{
  const struct lq_biquad_spec spec = {
    .type = b->type, .frequency_hz = b->frequency_hz, .gain_db = b->gain_db, .q = b->q
  };
  struct lq_biquad_pair pair;

  lq_biquad_design (&spec, rate, &pair);
  for (int k = 0; k < (pair.aided ? 2 : 1); k++) {
    const struct lq_biquad_taps t = lq_biquad_to_taps (k ? &pair.aid : &pair.main);
    long double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
    for (size_t i = 0; i < n; i++) {
      const long double y = t.b0 * x[i] + t.b1 * x1 + t.b2 * x2 - t.a1 * y1 - t.a2 * y2;
      x2 = x1;
      x1 = x[i];
      y2 = y1;
      y1 = y;
      x[i] = y;
    }
  }
}

/* Eight bands of all types, different in each set. */
static void
eight (struct eq *e, uint32_t set)
{
  lqs_random rnd = { set * 7 + 3 };

  for (uint32_t i = 0; i < LQ_EQ_BANDS; i++)
    band (e, i, (int)((i + set) % TYPES), 40.0 * pow (2.0, i + 0.5 * lqs_uniform (&rnd)),
        9.0 * lqs_uniform (&rnd), 0.5 + 2.0 * fabs (lqs_uniform (&rnd)));
}

#define RESPONSE 30000

/* Output of every variant against the plain one, −140 dB of its peak, and among each other. */
static void
check_response (uint32_t set, uint32_t channels, uint32_t bands)
{
  lqg_planes first = lqg_new (channels, RESPONSE), p = lqg_new (channels, RESPONSE);
  long double *x = malloc (RESPONSE * sizeof *x);

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    struct eq e;
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    e = eq_new (48000, channels);
    eight (&e, set);
    for (uint32_t i = bands; i < LQ_EQ_BANDS; i++)
      e.p.band[i].enabled = 0;
    lq_eq_set (e.u, &e.p);
    lq_eq_reset (e.u);
    for (uint32_t c = 0; c < channels; c++)
      lqs_noise (p.ch[c], RESPONSE, 0.5, c + 1);
    eq_run (&e, &p, 0, RESPONSE, 1000);
    for (uint32_t c = 0; c < channels; c++) {
      double worst = 0.0, peak = 0.0;
      lqs_noise (first.ch[c], RESPONSE, 0.5, c + 1);
      for (size_t i = 0; i < RESPONSE; i++)
        x[i] = first.ch[c][i];
      for (uint32_t i = 0; i < bands; i++)
        plain_band (&e.p.band[i], 48000, x, RESPONSE);
      for (size_t i = 0; i < RESPONSE; i++) {
        worst = fmax (worst, fabs ((double)(p.ch[c][i] - x[i])));
        peak = fmax (peak, fabs ((double)x[i]));
      }
      CHECK (worst <= 1e-7 * peak, "%s, set %u, %u bands, channel %u: %.1f dB off",
          lq_cpu_name ((enum lq_cpu)cpu), set, bands, c, lqm_db (worst / peak));
    }
    eq_free (&e);
  }
  lq_cpu_force (lq_cpu_best ());
  free (x);
  lqg_free (&first);
  lqg_free (&p);
}

static void
response (void)
{
  for (uint32_t set = 0; set < 9; set++)
    check_response (set, 2, 8);
  for (uint32_t bands = 1; bands <= 8; bands++)
    check_response (2, 3, bands);
}

/* The analogue prototype itself through the whole unit: an impulse's spectrum. */
static void
impulse (void)
{
  const size_t n = 1 << 16;
  struct eq e = eq_new (48000, 1);
  lqg_planes p = lqg_new (1, n);

  band (&e, 0, LQ_BIQUAD_BELL, 1000, 6, 1);
  band (&e, 1, LQ_BIQUAD_HIGH_SHELF, 9000, 1.5, 0.707);
  band (&e, 2, LQ_BIQUAD_LOW_SHELF, 100, -4, 0.707);
  band (&e, 7, LQ_BIQUAD_BELL, 12000, -3, 2);
  lq_eq_set (e.u, &e.p);
  lq_eq_reset (e.u);
  p.ch[0][0] = 1.0f;
  eq_run (&e, &p, 0, n, 1024);
  for (double hz = 20.0; hz < 20000.5; hz *= pow (10.0, 0.1)) {
    double want = 1.0;
    for (uint32_t i = 0; i < LQ_EQ_BANDS; i++) {
      const struct lq_eq_band *b = &e.p.band[i];
      const double A = pow (10.0, b->gain_db / 40.0), r = sqrt (A) / b->q;
      const double complex s = I * hz / b->frequency_hz;
      if (b->enabled && b->type == LQ_BIQUAD_BELL)
        want *= cabs ((s * s + s * A / b->q + 1) / (s * s + s / (A * b->q) + 1));
      else if (b->enabled && b->type == LQ_BIQUAD_LOW_SHELF)
        want *= cabs (A * (s * s + r * s + A) / (A * s * s + r * s + 1));
      else if (b->enabled)
        want *= cabs (A * (A * s * s + r * s + 1) / (s * s + r * s + A));
    }
    CHECK_NEAR (lqm_db (cabs (lqm_response (p.ch[0], n, 48000, hz)) / want), 0.0, 0.1, "dB");
  }
  lqg_free (&p);
  eq_free (&e);
}

/* Noise of the arithmetic alone: what a 20 Hz, Q 10 bell at 192 kHz adds to its design, run in
 * long double over the same float input; the rounding of the output to float is in it. */
static void
noise (void)
{
  const size_t n = 192000 * 4, from = 192000 * 2;
  long double *x = malloc (n * sizeof *x);

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    struct eq e;
    lqg_planes p = lqg_new (1, n);
    double error = 0.0, power = 0.0;
    if (lq_cpu_force ((enum lq_cpu)cpu)) {
      e = eq_new (192000, 1);
      band (&e, 0, LQ_BIQUAD_BELL, 20, 12, 10);
      lq_eq_set (e.u, &e.p);
      lq_eq_reset (e.u);
      lqs_sine (p.ch[0], n, 192000, 20.0, 0.2, 0.0, 0);
      for (size_t i = 0; i < n; i++)
        x[i] = p.ch[0][i];
      plain_band (&e.p.band[0], 192000, x, n);
      eq_run (&e, &p, 0, n, 1024);
      for (size_t i = from; i < n; i++) {
        error += (double)((p.ch[0][i] - x[i]) * (p.ch[0][i] - x[i]));
        power += (double)(x[i] * x[i]);
      }
      lqt_note ("%s: %.1f dB", lq_cpu_name ((enum lq_cpu)cpu), 10.0 * log10 (error / power));
      CHECK (error < 1e-13 * power, "THD+N %.1f dB", 10.0 * log10 (error / power));
      eq_free (&e);
    }
    lqg_free (&p);
  }
  lq_cpu_force (lq_cpu_best ());
  free (x);
}

#define SWEEP (1 << 17)

/* Sweeps one value over two seconds from t = 0.2 s on, set every `every` frames, under a sine at
 * 1 kHz; the largest component outside of the carrier's modulation by the filter, dBc. */
static double
spurious (int type, int what, uint32_t every)
{
  struct eq e = eq_new (48000, 1);
  lqg_planes p = lqg_new (1, SWEEP);
  double *db = malloc ((SWEEP / 2 + 1) * sizeof *db), worst = -INFINITY, carrier = -INFINITY;

  lqs_sine (p.ch[0], SWEEP, 48000, 1000.0, 0.05, 0.0, 0);
  for (size_t done = 0; done < SWEEP; done += every) {
    const double t = fmin (fmax ((double)done / 48000.0 - 0.2, 0.0) / 2.0, 1.0);
    band (&e, 0, type, what == 0 ? 150.0 * pow (50.0, t) : 1200.0,
        what == 1 ? -18.0 + 36.0 * t : 12.0, what == 2 ? 0.2 * pow (100.0, t) : 1.0);
    lq_eq_set (e.u, &e.p);
    if (done == 0)
      lq_eq_reset (e.u);
    eq_run (&e, &p, done, done + every < SWEEP ? done + every : SWEEP, 64);
  }
  lqm_spectrum_db (p.ch[0], SWEEP, db);
  for (size_t k = 0; k <= SWEEP / 2; k++) {
    const double hz = k * 48000.0 / SWEEP;
    carrier = fmax (carrier, db[k]);
    if (fabs (hz - 1000.0) > 150.0)
      worst = fmax (worst, db[k]);
  }
  free (db);
  lqg_free (&p);
  eq_free (&e);
  return worst - carrier;
}

static void
sweeps (void)
{
  static const char *const whats[] = { "frequency", "gain", "q" };
  static const uint32_t everies[] = { 64, 480, 1500 };

  for (int what = 0; what < 3; what++)
    for (uint32_t i = 0; i < LQ_COUNT (everies); i++) {
      double worst = -INFINITY;
      for (int type = 0; type < TYPES; type++) {
        const double db = spurious (type, what, everies[i]);
        CHECK (db < -60.0, "%s of %s, set every %u frames: %.1f dBc", whats[what], names[type],
            everies[i], db);
        worst = fmax (worst, db);
      }
      lqt_note ("%s, set every %u frames: %.1f dBc", whats[what], everies[i], worst);
    }
}

/* Second differences after a step from band `a` to band `b`, against the largest of the sine's own
 * and those at rest before and after: where a filter takes the tone away, what it puts out on the
 * way may bend as much as the tone itself. */
static double
click_ratio (double rate, const struct lq_eq_band *a, const struct lq_eq_band *b)
{
  const size_t before = (size_t)(1.5 * rate), frames = before + (size_t)(1.5 * rate);
  const size_t steady = (size_t)(0.1 * rate);
  struct eq e = eq_new (rate, 1);
  lqg_planes p = lqg_new (1, frames);
  double ratio;

  lqs_sine (p.ch[0], frames, rate, 100.0, 0.5, 0.3, 0);
  e.p.band[0] = *a;
  lq_eq_set (e.u, &e.p);
  lq_eq_reset (e.u);
  eq_run (&e, &p, 0, before + 31, 1024);
  e.p.band[0] = *b;
  lq_eq_set (e.u, &e.p);
  eq_run (&e, &p, before + 31, frames, 1024);
  ratio = lqm_curvature (p.ch[0] + before, frames - before) /
          fmax (pow (2.0 * sin (PI * 100.0 / rate), 2.0) * 0.5,
              fmax (lqm_curvature (p.ch[0] + before - steady, steady),
                  lqm_curvature (p.ch[0] + frames - steady, steady)));
  lqg_free (&p);
  eq_free (&e);
  return ratio;
}

static void
check_click (double rate, const struct lq_eq_band *a, const struct lq_eq_band *b)
{
  const double ratio = click_ratio (rate, a, b);
  /* A resonance that is turned up rings as loud as it will sound, at its own frequency. */
  const bool shelf = b->type == LQ_BIQUAD_LOW_SHELF || b->type == LQ_BIQUAD_HIGH_SHELF;
  const double ring_hz = b->frequency_hz * (shelf ? pow (10.0, fabs (b->gain_db) / 80.0) : 1.0);
  const double bound =
      b->q > 10.0f && a->q < b->q ? fmax (2.0, 1.0 + pow (ring_hz / 100.0, 2.0)) : 2.0;

  CHECK (ratio <= bound, "%g: %s %g Hz %g dB q %g %s to %s %g Hz %g dB q %g %s: %.2f", rate,
      names[a->type], a->frequency_hz, a->gain_db, a->q, a->enabled ? "on" : "off",
      names[b->type], b->frequency_hz, b->gain_db, b->q, b->enabled ? "on" : "off", ratio);
}

/* Steps of each parameter of each type, with something to hear before and after. */
static void
clicks_at (double rate)
{
  static const double hz[] = { 10, 40, 71, 90, 100, 115, 130, 200, 1000, 40000 };
  static const double gains[] = { -24, -6, 0, 12, 24 };
  static const double qs[] = { 0.1, 0.707, 3.0, 40.0 };
  const struct lq_eq_band start = {
    .enabled = 1, .frequency_hz = 120, .gain_db = 12, .q = 0.707f
  };
  struct lq_eq_band a, b;

  for (int type = 0; type < TYPES; type++) {
    a = b = start;
    a.type = b.type = type;
    for (uint32_t i = 0; i < LQ_COUNT (hz); i++)
      for (uint32_t k = 0; k < LQ_COUNT (hz); k++) {
        a.frequency_hz = (float)hz[i];
        b.frequency_hz = (float)hz[k];
        check_click (rate, &a, &b);
      }
    a = b = start;
    a.type = b.type = type;
    for (uint32_t i = 0; i < LQ_COUNT (gains); i++)
      for (uint32_t k = 0; k < LQ_COUNT (gains); k++) {
        a.gain_db = (float)gains[i];
        b.gain_db = (float)gains[k];
        check_click (rate, &a, &b);
      }
    a = b = start;
    a.type = b.type = type;
    for (uint32_t i = 0; i < LQ_COUNT (qs); i++)
      for (uint32_t k = 0; k < LQ_COUNT (qs); k++) {
        a.q = (float)qs[i];
        b.q = (float)qs[k];
        check_click (rate, &a, &b);
      }
    for (int to = 0; to < TYPES; to++) {
      a = b = start;
      a.type = type;
      b.type = to;
      check_click (rate, &a, &b);
      a.enabled = 0;
      check_click (rate, &a, &b);
      check_click (rate, &b, &a);
    }
  }
}

static void
clicks (void)
{
  clicks_at (48000);
}

static void
clicks_slow (void)
{
  clicks_at (8000);
}

/* A change too small to hear takes every section from rest to motion and back: nothing else
 * may be heard of that. */
static void
hand_over (void)
{
  static const double hz[] = { 20, 150, 2500, 15000 };
  const size_t n = 24000;

  for (int type = 0; type < TYPES; type++)
    for (uint32_t i = 0; i < LQ_COUNT (hz); i++)
      for (double q = 0.3; q < 20.0; q *= 7.0) {
        lqg_planes p[2];
        for (int moved = 0; moved < 2; moved++) {
          struct eq e = eq_new (48000, 1);
          p[moved] = lqg_new (1, n);
          lqs_programme (p[moved].ch[0], n, 48000, 3);
          band (&e, 0, type, hz[i], 7.0, q);
          lq_eq_set (e.u, &e.p);
          lq_eq_reset (e.u);
          eq_run (&e, &p[moved], 0, 10000, 1024);
          if (moved)
            e.p.band[0].frequency_hz *= 1.0f + 0x1p-22f;
          lq_eq_set (e.u, &e.p);
          eq_run (&e, &p[moved], 10000, n, 1024);
          eq_free (&e);
        }
        const double off = lqm_difference (p[0].ch[0], p[1].ch[0], n);
        const double peak = lqm_peak (p[0].ch[0], n);
        CHECK (off <= 2e-5 * peak, "%s %g Hz q %g: %.1f dB", names[type], hz[i], q,
            lqm_db (off / peak));
        lqg_free (&p[0]);
        lqg_free (&p[1]);
      }
}

struct filter {
  lq_arena arena;
  lq_pass u;
};

/* Magnitude of a filter at hz, dB, from its impulse response. */
static void
filter_impulse (enum lq_pass_kind kind, double rate, double hz, int slope, lqg_planes *p)
{
  const lq_stream stream = stream_of (rate, 1);
  const struct lq_pass_params params = { 1, (float)hz, slope };
  static struct filter f;

  lq_arena_init (&f.arena);
  if (!lq_pass_prepare (&f.u, kind, &stream, &f.arena))
    abort ();
  lq_pass_set (&f.u, &params);
  lq_pass_reset (&f.u);
  memset (p->ch[0], 0, p->frames * sizeof (float));
  p->ch[0][0] = 1.0f;
  for (size_t done = 0; done < p->frames; done += LQ_BLOCK) {
    float *at[1] = { p->ch[0] + done };
    lq_pass_process (&f.u, at, LQ_BLOCK);
  }
  lq_arena_free (&f.arena);
}

static void
filters (void)
{
  static const int slopes[] = { 6, 12, 18, 24, 36, 48 };
  static const double hz[] = { 30, 80, 1000, 5000, 12000 };
  lqg_planes p = lqg_new (1, 64 * LQ_BLOCK);

  for (int kind = 0; kind < 2; kind++)
    for (uint32_t i = 0; i < LQ_COUNT (slopes); i++)
      for (uint32_t k = 0; k < LQ_COUNT (hz); k++) {
        filter_impulse ((enum lq_pass_kind)kind, 48000, hz[k], slopes[i], &p);
        for (double at = fmax (20.0, hz[k] / 4.0); at < 20000.0; at *= sqrt (2.0)) {
          /* Butterworth: |H|² = 1/(1 + w^2n). */
          const double w = kind ? at / hz[k] : hz[k] / at, n = slopes[i] / 6.0;
          const double want = -10.0 * log10 (1.0 + pow (w, 2.0 * n));
          const double got = lqm_db (cabs (lqm_response (p.ch[0], p.frames, 48000, at)));
          if (want > -40.0)
            CHECK (fabs (got - want) < (hz[k] <= 5000.0 ? 0.1 : 0.3),
                "%s %d dB/oct %g Hz: %.3f dB at %g Hz, not %.3f", kind ? "lpf" : "hpf",
                slopes[i], hz[k], got, at, want);
        }
        CHECK_NEAR (lqm_db (cabs (lqm_response (p.ch[0], p.frames, 48000, hz[k]))), -3.0103,
            0.03, "at its frequency");
      }
  filter_impulse (LQ_PASS_LOW, 48000, 0.49 * 48000 + 1, 48, &p);
  CHECK (
      p.ch[0][0] == 1.0f && lqm_peak (p.ch[0] + 1, 1000) == 0.0, "a low-pass at 0.49 fs is on");
  lqg_free (&p);
}

/* What is heard of bands 2 and 5: the sum of their band-passes, whatever else the unit does. */
static void
listening (void)
{
  const size_t n = 48 * LQ_BLOCK;
  struct eq e = eq_new (48000, 1);
  lqg_planes p = lqg_new (2, n);
  long double *x = malloc (n * sizeof *x), *y = malloc (n * sizeof *y);
  double worst = 0.0;

  CHECK (!e.u->listen.active && lq_eq_neutral (e.u), "a new unit listens");
  band (&e, 1, LQ_BIQUAD_LOW_SHELF, 300, 12, 2);
  band (&e, 4, LQ_BIQUAD_BELL, 4000, -12, 5);
  e.p.band[1].listen = e.p.band[4].listen = 1;
  lq_eq_set (e.u, &e.p);
  lq_eq_reset (e.u);
  lqs_noise (p.ch[0], n, 0.5, 7);
  for (size_t i = 0; i < n; i++)
    x[i] = y[i] = p.ch[0][i];
  for (size_t done = 0; done < n; done += LQ_BLOCK) {
    float *at[2] = { p.ch[0] + done, p.ch[1] + done };
    lq_eq_process (e.u, at, LQ_BLOCK);
    CHECK (e.u->listen.active, "it doesn't listen");
    lq_listen_mix (&e.u->listen, at, 2, 0, LQ_BLOCK);
  }
  e.p.band[1].type = e.p.band[4].type = LQ_BIQUAD_BAND_PASS;
  plain_band (&e.p.band[1], 48000, x, n);
  plain_band (&e.p.band[4], 48000, y, n);
  for (size_t i = 0; i < n; i++)
    worst = fmax (worst, fabs ((double)(p.ch[0][i] - (x[i] + y[i]))));
  CHECK (worst < 2e-7, "off by %g", worst);
  CHECK (lqm_difference (p.ch[0], p.ch[1], n) < 2e-7, "the other plane differs");
  free (x);
  free (y);
  lqg_free (&p);
  eq_free (&e);
}

/* Listening begins and ends without a click, and leaves the audio as it was. */
static void
listening_clicks (void)
{
  const size_t n = 96 * LQ_BLOCK;
  struct eq e = eq_new (48000, 1);
  lqg_planes p = lqg_new (1, n), in = lqg_new (1, n);
  const double sine = pow (2.0 * PI * 100.0 / 48000.0, 2.0) * 0.5;

  lqs_sine (in.ch[0], n, 48000, 100.0, 0.5, 0.1, 0);
  lqg_copy (&p, &in);
  e.p.band[2].frequency_hz = 150.0f;
  lq_eq_set (e.u, &e.p);
  lq_eq_reset (e.u);
  for (size_t done = 0; done < n; done += LQ_BLOCK) {
    float *at[1] = { p.ch[0] + done };
    e.p.band[2].listen = done >= 20 * LQ_BLOCK && done < 60 * LQ_BLOCK;
    lq_eq_set (e.u, &e.p);
    lq_eq_process (e.u, at, LQ_BLOCK);
    lq_listen_mix (&e.u->listen, at, 1, 0, LQ_BLOCK);
  }
  CHECK (!e.u->listen.active && lq_eq_neutral (e.u), "it still listens");
  CHECK (lqm_curvature (p.ch[0], n) < 2.0 * sine, "a click: ratio %.2f",
      lqm_curvature (p.ch[0], n) / sine);
  CHECK (
      memcmp (p.ch[0] + 70 * LQ_BLOCK, in.ch[0] + 70 * LQ_BLOCK, 1000) == 0, "not as it was");
  CHECK (lqm_difference (p.ch[0], in.ch[0], n) > 0.1, "nothing was heard");
  lqg_free (&p);
  lqg_free (&in);
  eq_free (&e);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "every variant does what was designed", response },
    { "an impulse shows the prototypes", impulse },
    { "noise of a 20 Hz bell at 192 kHz", noise }, { "sweeps", sweeps },
    { "no step clicks, 48 kHz", clicks }, { "no step clicks, 8 kHz", clicks_slow },
    { "rest and motion hand over exactly", hand_over }, { "Butterworth filters", filters },
    { "listening hears the bands", listening },
    { "listening begins and ends without a click", listening_clicks }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
