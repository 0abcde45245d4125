/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Designs of sections against their analogue prototypes, written down once more here from
 * properties/README.md: complex, where the design works with powers. */

#include "base/mathx.h"
#include "lqtest.h"
#include "primitives/biquad.h"

#include <complex.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = { "bell", "low-shelf", "high-shelf", "notch", "band-pass",
  "all-pass", "tilt", "high-pass", "low-pass", "first-order high-pass",
  "first-order low-pass" };
#define TYPES 11

static const double rates[] = { 44100, 48000, 96000, 192000 };
static const double qs[] = { 0.1, 0.3, 0.5, 0.707, 1, 1.41, 2, 4, 10, 40 };
static const double gains[] = { 0.5, 1.5, 4, 12, 24 };

/* The prototype's response at w = f/f0. */
static double complex
prototype (const struct lq_biquad_spec *p, double w)
{
  const double complex s = I * w, s2 = s * s;
  const double a = pow (10.0, p->gain_db / 40.0), r = sqrt (a), q = p->q;

  switch (p->type) {
    case LQ_BIQUAD_BELL:
      return (s2 + s * a / q + 1) / (s2 + s / (a * q) + 1);
    case LQ_BIQUAD_LOW_SHELF:
      return a * (s2 + s * r / q + a) / (a * s2 + s * r / q + 1);
    case LQ_BIQUAD_HIGH_SHELF:
      return a * (a * s2 + s * r / q + 1) / (s2 + s * r / q + a);
    case LQ_BIQUAD_NOTCH:
      return (s2 + 1) / (s2 + s / q + 1);
    case LQ_BIQUAD_BAND_PASS:
      return s / q / (s2 + s / q + 1);
    case LQ_BIQUAD_ALL_PASS:
      return (s2 - s / q + 1) / (s2 + s / q + 1);
    case LQ_BIQUAD_TILT:
      return (a * s + 1) / (s + a);
    case LQ_BIQUAD_HIGH_PASS:
      return s2 / (s2 + s / q + 1);
    case LQ_BIQUAD_LOW_PASS:
      return 1 / (s2 + s / q + 1);
    case LQ_BIQUAD_HIGH_PASS_1:
      return s / (s + 1);
    default:
      return 1 / (s + 1);
  }
}

/* What the taps do to e^(j2π·hz/rate). */
static double complex
response (const lq_biquad *s, double rate, double hz)
{
  const struct lq_biquad_taps t = lq_biquad_to_taps (s);
  const double complex z = cexp (-I * 2.0 * LQ_PI * hz / rate);

  return (t.b0 + z * (t.b1 + z * t.b2)) / (1.0 + z * (t.a1 + z * t.a2));
}

static double complex
designed (const struct lq_biquad_pair *p, double rate, double hz)
{
  return response (&p->main, rate, hz) * (p->aided ? response (&p->aid, rate, hz) : 1.0);
}

static double
db (double complex h)
{
  return 20.0 * log10 (cabs (h) + 1e-30);
}

/* What the design may be off by, dB. */
static double
bound (const struct lq_biquad_spec *p, double rate)
{
  const bool q = p->type != LQ_BIQUAD_TILT && p->type < LQ_BIQUAD_HIGH_PASS_1;
  const bool narrow = q && p->q >= 1.0;
  double limit = 0.8;

  if (narrow && p->frequency_hz <= 4000.0)
    limit = 0.1;
  else if (narrow && p->frequency_hz <= 8000.0)
    limit = 0.35;
  if (rate < 48000.0 || fabs (p->gain_db) > 12.0)
    limit *= 2.0;
  return rate >= 96000.0 ? limit / 4.0 : limit;
}

/* Largest error in dB, 20 Hz to 20 kHz, where the prototype is above −40 dB. */
static double
error_of (const struct lq_biquad_spec *p, double rate)
{
  struct lq_biquad_pair pair;
  double worst = 0.0;

  lq_biquad_design (p, rate, &pair);
  for (int k = 0; k < 320; k++) {
    /* Over the whole band, and closely around the resonance. */
    const double hz = k < 200 ? 20.0 * pow (1000.0, k / 199.0)
                              : p->frequency_hz * exp2 ((k - 260) / 60.0 / fmax (p->q, 0.5));
    const double want = db (prototype (p, hz / p->frequency_hz));
    if (hz < 20.0 || hz > 20000.0 || want < -40.0)
      continue;
    worst = fmax (worst, fabs (db (designed (&pair, rate, hz)) - want));
  }
  return worst;
}

static bool
is_gain (int type)
{
  return type <= LQ_BIQUAD_HIGH_SHELF || type == LQ_BIQUAD_TILT;
}

/* Runs f for type `type` at all gains, qs and frequencies. */
static void
each_spec (int type, double rate, void (*f) (const struct lq_biquad_spec *, double))
{
  const bool q = type != LQ_BIQUAD_TILT && type < LQ_BIQUAD_HIGH_PASS_1;

  for (int g = 0; g < (is_gain (type) ? 10 : 1); g++)
    for (int i = 0; i < (q ? 10 : 1); i++)
      for (double hz = 10.0; hz < 20001.0; hz *= exp2 (1.0 / 3.0)) {
        const struct lq_biquad_spec p = { .type = type,
          .frequency_hz = hz,
          .gain_db = is_gain (type) ? gains[g / 2] * (g % 2 ? -1.0 : 1.0) : 0.0,
          .q = q ? qs[i] : 0.707 };
        f (&p, rate);
      }
}

static double worst_share;

static void
accurate (const struct lq_biquad_spec *p, double rate)
{
  const double error = error_of (p, rate), limit = bound (p, rate);

  CHECK (error <= limit, "%s at %g Hz, q %g, %g dB, rate %g: off by %.3f dB, %.3f allowed",
      names[p->type], p->frequency_hz, p->q, p->gain_db, rate, error, limit);
  worst_share = fmax (worst_share, error / limit);
}

static void
accuracy (void)
{
  for (int r = 0; r < 4; r++)
    for (int type = 0; type < TYPES; type++) {
      worst_share = 0.0;
      each_spec (type, rates[r], accurate);
      lqt_note ("%g Hz, %s: %.2f of what is allowed", rates[r], names[type], worst_share);
    }
}

static void
inverse_of (const struct lq_biquad_spec *p, double rate)
{
  struct lq_biquad_spec other = *p;
  struct lq_biquad_pair boost, cut;
  double worst = 0.0;

  if (p->gain_db < 0.0)
    return;
  other.gain_db = -p->gain_db;
  lq_biquad_design (p, rate, &boost);
  lq_biquad_design (&other, rate, &cut);
  for (double hz = 5.0; hz < rate / 2.0; hz *= 1.3)
    worst = fmax (worst, cabs (designed (&boost, rate, hz) * designed (&cut, rate, hz) - 1.0));
  /* What is left is the rounding of taps, at its worst where poles and zeros are 1e-5 inside. */
  CHECK (worst < 3e-6, "%s at %g Hz, q %g, ±%g dB, rate %g: boost · cut is off 1 by %.1e",
      names[p->type], p->frequency_hz, p->q, p->gain_db, rate, worst);
}

static void
inverse (void)
{
  for (int type = 0; type < TYPES; type++)
    if (is_gain (type)) {
      each_spec (type, 48000.0, inverse_of);
      each_spec (type, 192000.0, inverse_of);
    }
}

static void
all_pass_of (const struct lq_biquad_spec *p, double rate)
{
  struct lq_biquad_pair pair;
  double worst = 0.0;

  lq_biquad_design (p, rate, &pair);
  for (double hz = 5.0; hz < rate / 2.0; hz *= 1.3)
    worst = fmax (worst, fabs (cabs (designed (&pair, rate, hz)) - 1.0));
  CHECK (worst < 1e-7, "at %g Hz, q %g, rate %g: magnitude off 1 by %.1e", p->frequency_hz,
      p->q, rate, worst);
  /* It turns by 180° where the prototype does. */
  if (p->frequency_hz < rate / 20.0)
    CHECK (creal (designed (&pair, rate, p->frequency_hz)) < -0.95,
        "at %g Hz, q %g, rate %g: no half turn", p->frequency_hz, p->q, rate);
}

static void
all_pass (void)
{
  for (int r = 0; r < 4; r++)
    each_spec (LQ_BIQUAD_ALL_PASS, rates[r], all_pass_of);
}

/* Poles inside the circle, by the triangle of a1 and a2. */
static bool
stable (const lq_biquad *s)
{
  const struct lq_biquad_taps t = lq_biquad_to_taps (s);

  return isfinite (t.b0 + t.b1 + t.b2) && fabs (t.a2) < 1.0 && fabs (t.a1) < 1.0 + t.a2;
}

static void
stability_at (double rate)
{
  static const double hz[] = { 10, 20, 100, 1000, 3900, 3930, 10000, 20000, 23000, 24000,
    40000 };
  static const double steps[] = { -24, -12, -0.5, -1e-3, -1e-9, 0, 1e-9, 1e-3, 0.5, 12, 24 };

  for (int type = 0; type < TYPES; type++)
    for (int f = 0; f < 11; f++)
      for (int g = 0; g < 11; g++)
        for (int q = 0; q < 10; q++) {
          const struct lq_biquad_spec p = {
            .type = type, .frequency_hz = hz[f], .gain_db = steps[g], .q = qs[q]
          };
          struct lq_biquad_pair pair;
          lq_biquad_design (&p, rate, &pair);
          CHECK (stable (&pair.main) && (!pair.aided || stable (&pair.aid)),
              "%s at %g Hz, q %g, %g dB, rate %g: unstable", names[type], hz[f], qs[q],
              steps[g], rate);
        }
}

static void
stability (void)
{
  static const double all[] = { 8000, 11025, 22050, 44100, 48000, 88200, 176400, 384000 };

  for (int r = 0; r < 8; r++)
    stability_at (all[r]);
}

/* Of a step of 0.1 dB, beside twice what the prototype does. */
#define JUMP_DB 0.1

/* What moves a setting a little moves the response a little: sweeps depend on it. */
static void
continuous_of (int type, double rate, double hz, double q)
{
  static const double at[] = { 25, 100, 400, 900, 1100, 2500, 3500, 7000, 12000, 18000 };
  struct lq_biquad_spec p = { .type = type, .frequency_hz = hz, .q = q, .gain_db = -24.0 };
  struct lq_biquad_spec before = p;
  struct lq_biquad_pair last, now;

  lq_biquad_design (&p, rate, &last);
  for (double gain = -23.9; gain < 24.01; gain += 0.1) {
    p.gain_db = gain;
    lq_biquad_design (&p, rate, &now);
    for (int i = 0; i < 10 && at[i] < 0.45 * rate; i++) {
      const double step = db (designed (&now, rate, at[i]) / designed (&last, rate, at[i]));
      const double ideal = db (prototype (&p, at[i] / hz) / prototype (&before, at[i] / hz));
      CHECK (fabs (step) <= 2.0 * fabs (ideal) + JUMP_DB,
          "%s at %g Hz, q %g, rate %g: jumps by %.2f dB for %.2f at %g dB, %g Hz", names[type],
          hz, q, rate, step, ideal, gain, at[i]);
    }
    last = now;
    before = p;
  }
}

/* A resonant shelf close to the Nyquist frequency has two fits that are about as good: there a
 * sweep of its gain may step by 1.5 dB, which the ramp between two designs spreads over 64 frames. */
static void
continuous (void)
{
  static const double hz[] = { 30, 1000, 3000, 9000, 18000 }, rates[] = { 8000, 48000 };

  for (int type = 0; type < TYPES; type++)
    for (int r = 0; r < 2; r++)
      for (int f = 0; f < 5 && is_gain (type); f++)
        for (int q = 0; q < 10; q++) {
          const double at = fmin (hz[f], 0.46 * rates[r]);
          if (type == LQ_BIQUAD_BELL || qs[q] < 2.0 || at < 0.3 * rates[r])
            continuous_of (type, rates[r], at, qs[q]);
        }
}

static void
neutral (void)
{
  struct lq_biquad_spec p = { .type = LQ_BIQUAD_LOW_PASS, .frequency_hz = 23520.0, .q = 0.707 };

  CHECK (lq_biquad_idle (&p, 48000.0), "a low-pass at 0.49 fs works");
  p.frequency_hz = 23500.0;
  CHECK (!lq_biquad_idle (&p, 48000.0), "a low-pass below 0.49 fs is off");
  p.type = LQ_BIQUAD_HIGH_PASS;
  p.frequency_hz = 40000.0;
  CHECK (!lq_biquad_idle (&p, 48000.0), "a high-pass above 0.49 fs is off");
  for (int type = 0; type < TYPES; type++) {
    p.type = type;
    p.frequency_hz = 1000.0;
    p.gain_db = 0.0;
    CHECK (lq_biquad_idle (&p, 48000.0) == is_gain (type), "%s at 0 dB", names[type]);
  }
}

static const lqt_case cases[] = {
  { "accuracy against the prototypes", accuracy },
  { "a cut is the inverse of its boost", inverse },
  { "all-pass: magnitude 1", all_pass },
  { "stable at every rate", stability },
  { "continuous in gain", continuous },
  { "when a section is off", neutral },
  { 0 },
};

int
main (int argc, char **argv)
{
  return lqt_main (cases, argc, argv);
}
