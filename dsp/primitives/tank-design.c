/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: times and gains of the reverb tank.
 * Source:  Jot and Chaigne, AES preprint 3030 (1991): line i of m frames loses what the room loses in
 *          its time, g = 10^(−3·m/(T60·rate)), at each frequency. The matrix is orthogonal, so that
 *          nothing else is lost: T60 is exact.
 *
 * Damping: a shelf of second order that is 1 at 0 Hz, h² at the top, poles and zeros of Q 0.58:
 *   |H|² = (1 + h²x² + h⁴x⁴)/(1 + x² + x⁴), x = f/f0.
 * With 1/R wanted at 10 kHz and h⁴ = R^−3.6 (what is lost at the top is 1.8 times that, in dB) f0
 * follows from a quadratic equation; where R goes to 1, poles and zeros meet. R is put right twice
 * for what H loses at 1 kHz, and H scaled to be exact there. Below, decay is longer by what that
 * was: 10 to 20 %.
 *
 * Level: lines that are fed by √(e^x − 1) each, x = 13.8·(mean time)/T60, have the same energy at any
 * decay. Early reflections fall with the room's decay as well, so that they don't bend its curve. */

#include "tank.h"

#include "../base/mathx.h"

#include <string.h>

/* Times are at size 50 %; each 50 % more or less is a factor. */
#define SIZE_FACTOR 1.7

/* T60 of a diffuser is at most this share of the room's at 10 kHz. */
#define DIFFUSER_SHARE 0.35
#define DIFFUSER_GAIN 0.72

#define DAMPING_HZ 10000.0
#define DECAY_HZ 1000.0

/* Nepers of 60 dB, and twice of them: of energy. */
#define NEPERS_60 6.907755279
#define INJECT_MOST 8.0

/* Lines, ms, from shortest to longest; diffusers by a factor; early reflections from … to, ms, and their
 * share of the energy. */
static const struct room {
  double line_from_ms, line_to_ms, diffuser, early_from_ms, early_to_ms, early_share;
} rooms[LQ_TANK_TYPES] = {
  [LQ_TANK_ROOM] = { 10.0, 38.0, 0.7, 3.0, 21.0, 0.4 },
  [LQ_TANK_HALL] = { 24.0, 58.0, 1.2, 11.0, 58.0, 0.2 },
  [LQ_TANK_PLATE] = { 8.0, 38.0, 0.6, 0.0, 0.0, 0.0 },
  [LQ_TANK_CHAMBER] = { 12.0, 41.0, 0.9, 5.0, 29.0, 0.3 },
};

/* Where lines lie between shortest and longest, as powers: uneven, so that no sums of few of them
 * meet. Neighbours, which turn about each other, are far apart. */
static const double line_place[LQ_TANK_LINES] = { 0.000, 0.548, 0.131, 0.683, 0.262, 0.811,
  0.397, 0.931, 0.068, 0.613, 0.203, 0.742, 0.329, 0.872, 0.471, 1.000 };

/* Diffusers of either input, ms. */
static const double allpass_ms[2][LQ_TANK_ALLPASSES] = { { 4.771, 3.595, 12.735, 9.307 },
  { 5.113, 3.239, 11.921, 8.581 } };

/* Early reflections: where between first and last, and their signs and levels. The last four come
 * from the other side. */
static const double tap_place[LQ_TANK_TAPS] = { 0.000, 0.113, 0.272, 0.428, 0.651, 0.917, 0.178,
  0.367, 0.563, 1.000 };
static const double tap_level[LQ_TANK_TAPS] = { 1.00, 0.78, -0.88, 0.69, -0.74, 0.66, -0.55,
  0.61, 0.52, -0.58 };

static double
size_factor (double size)
{
  return pow (SIZE_FACTOR, 2.0 * size - 1.0);
}

static bool
is_prime (uint32_t n)
{
  if (n % 2 == 0)
    return n == 2;
  for (uint32_t d = 3; d * d <= n; d += 2)
    if (n % d == 0)
      return false;
  return n > 1;
}

static uint32_t
next_prime (uint32_t n)
{
  while (!is_prime (n))
    n++;
  return n;
}

static uint32_t
to_frames (double ms, double rate)
{
  return (uint32_t)lround (fmax (1.0, ms * rate / 1000.0));
}

static void
design_taps (struct lq_tank_times *t, double rate, uint32_t channels, double factor)
{
  const struct room *room = &rooms[t->type];

  t->taps = room->early_share > 0.0 ? LQ_TANK_TAPS : 0;
  for (uint32_t k = 0; k < t->taps; k++) {
    const double ms =
        room->early_from_ms + (room->early_to_ms - room->early_from_ms) * tap_place[k];
    t->tap_mean[k] = ms * factor * rate / 1000.0;
    /* Each output has them a little earlier or later, by its number times the golden ratio. */
    for (uint32_t c = 0; c < channels; c++) {
      const double golden = 0.618034 * (c + 1) * (2 * k + 1), shift = golden - floor (golden);
      t->tap[c][k] = to_frames (ms * factor * (0.92 + 0.16 * shift), rate);
    }
  }
}

void
lq_tank_design_times (
    struct lq_tank_times *t, double rate, uint32_t channels, const struct lq_tank_spec *spec)
{
  const struct room *room = &rooms[spec->type];
  const double factor = size_factor (spec->size);
  const double ratio = room->line_to_ms / room->line_from_ms;

  memset (t, 0, sizeof *t);
  t->type = spec->type;
  t->size = spec->size;
  t->shortest = UINT32_MAX;
  for (int i = 0; i < LQ_TANK_LINES; i++) {
    const double ms = room->line_from_ms * factor * pow (ratio, line_place[i]);
    t->line[i] = next_prime (to_frames (ms, rate));
    t->shortest = t->line[i] < t->shortest ? t->line[i] : t->shortest;
  }
  for (int i = 0; i < 2 * LQ_TANK_ALLPASSES; i++) {
    uint32_t *frames = &t->allpass[i / LQ_TANK_ALLPASSES][i % LQ_TANK_ALLPASSES];
    *frames = to_frames (
        allpass_ms[i / LQ_TANK_ALLPASSES][i % LQ_TANK_ALLPASSES] * room->diffuser * factor,
        rate);
    t->shortest = *frames < t->shortest ? *frames : t->shortest;
  }
  design_taps (t, rate, channels, factor);
}

void
lq_tank_longest (double rate, uint32_t frames[3])
{
  struct lq_tank_times t;

  memset (frames, 0, 3 * sizeof *frames);
  for (uint32_t type = 0; type < LQ_TANK_TYPES; type++) {
    lq_tank_design_times (
        &t, rate, LQ_CHANNELS_MAX, &(struct lq_tank_spec){ .type = type, .size = 1.0 });
    for (int i = 0; i < LQ_TANK_LINES; i++)
      frames[0] = t.line[i] > frames[0] ? t.line[i] : frames[0];
    for (int i = 0; i < 2 * LQ_TANK_ALLPASSES; i++)
      if (t.allpass[i / LQ_TANK_ALLPASSES][i % LQ_TANK_ALLPASSES] > frames[1])
        frames[1] = t.allpass[i / LQ_TANK_ALLPASSES][i % LQ_TANK_ALLPASSES];
    for (uint32_t i = 0; i < LQ_CHANNELS_MAX * t.taps; i++)
      if (t.tap[i / t.taps][i % t.taps] > frames[2])
        frames[2] = t.tap[i / t.taps][i % t.taps];
  }
}

/* A shelf that loses R at w_high, as coefficients b0, b1, b2, a1, a2, times `gain` at w_one; w are
 * tan (π·f/rate). */
static double
shelf_power (double x, double h2)
{
  return (1.0 + x * h2 + x * x * h2 * h2) / (1.0 + x + x * x);
}

static void
shelf (double loss, double gain, double w_high, double w_one, double c[5])
{
  const double q = sqrt (3.0), near = w_one * w_one / (w_high * w_high);
  double r = loss, h2 = 1.0, x = 1.25, one = 1.0, p, z, d0;

  for (int i = 0; i < 3 && loss > 1.0 + 1e-9; i++) {
    double a, b;
    r = loss / one;
    h2 = pow (r, -1.8);
    a = 1.0 - r * r * h2 * h2;
    b = 1.0 - r * r * h2;
    x = (sqrt (b * b + 4.0 * a * (r * r - 1.0)) - b) / (2.0 * a);
    one = sqrt (shelf_power (x * near, h2));
  }
  p = sqrt (x) / w_high;
  z = p * sqrt (h2);
  d0 = 1.0 + q * p + p * p;
  gain /= one * d0;
  c[0] = gain * (1.0 + q * z + z * z);
  c[1] = gain * 2.0 * (1.0 - z * z);
  c[2] = gain * (1.0 - q * z + z * z);
  c[3] = 2.0 * (1.0 - p * p) / d0;
  c[4] = (1.0 - q * p + p * p) / d0;
}

/* Damping of a line of m frames. Matrix and shelf share the factor 1/4 that makes H orthogonal. */
static void
design_damp (
    struct lq_tank_gains *g, int i, double m, double rate, const struct lq_tank_spec *spec)
{
  const double high = fmin (DAMPING_HZ, 0.45 * rate), one = fmin (DECAY_HZ, 0.2 * rate);
  const double nepers = NEPERS_60 * m / (spec->decay_s * rate);
  const double faster = pow (10.0, spec->damping * log10 (high / one));
  /* More than 36 dB of difference a round is neither heard nor solved well. */
  const double loss = exp (fmin (nepers * (faster - 1.0), 4.1));
  double c[5], bottom;

  shelf (loss, exp (-nepers), tan (LQ_PI * high / rate), tan (LQ_PI * one / rate), c);
  /* Whatever happens, 0 Hz decays too. */
  bottom = (c[0] + c[1] + c[2]) / (1.0 + c[3] + c[4]) * exp (0.4 * nepers);
  for (int k = 0; k < 5; k++)
    g->damp[k][i] = (float)(k < 3 ? c[k] / fmax (bottom, 1.0) / 4.0 : c[k]);
}

static void
design_allpasses (struct lq_tank_gains *g, double rate, const struct lq_tank_times *from,
    const struct lq_tank_times *to, double share, const struct lq_tank_spec *spec)
{
  const double shortest_s = spec->decay_s * pow (10.0, -spec->damping);

  for (int i = 0; i < 2 * LQ_TANK_ALLPASSES; i++) {
    const int side = i / LQ_TANK_ALLPASSES, k = i % LQ_TANK_ALLPASSES;
    const double frames = from->allpass[side][k] +
                          share * ((double)to->allpass[side][k] - from->allpass[side][k]);
    const double most = exp (-NEPERS_60 * frames / (DIFFUSER_SHARE * shortest_s * rate));
    g->allpass[side][k] = (float)fmin (DIFFUSER_GAIN * spec->diffusion, most);
  }
}

static double
between (double from, double to, double share)
{
  return from + share * (to - from);
}

void
lq_tank_design_gains (struct lq_tank_gains *g, double rate, const struct lq_tank_times *from,
    const struct lq_tank_times *to, double share, const struct lq_tank_spec *spec)
{
  const struct room *a = &rooms[from->type], *b = &rooms[to->type];
  const double early = between (a->early_share, b->early_share, share);
  double mean = 0.0, energy = 0.0, x, tap[LQ_TANK_TAPS] = { 0.0 };

  for (int i = 0; i < LQ_TANK_LINES; i++) {
    const double m = between (from->line[i], to->line[i], share);
    design_damp (g, i, m, rate, spec);
    mean += m / LQ_TANK_LINES;
  }
  design_allpasses (g, rate, from, to, share, spec);
  x = 2.0 * NEPERS_60 * mean / (spec->decay_s * rate);
  g->inject = (float)sqrt (fmin (expm1 (x), INJECT_MOST) * (1.0 - early));
  for (uint32_t k = 0; k < LQ_TANK_TAPS; k++) {
    const double time = from->taps == 0 ? to->tap_mean[k]
                        : to->taps == 0 ? from->tap_mean[k]
                                        : between (from->tap_mean[k], to->tap_mean[k], share);
    tap[k] = tap_level[k] * exp (-NEPERS_60 * time / (spec->decay_s * rate));
    energy += tap[k] * tap[k];
  }
  for (uint32_t k = 0; k < LQ_TANK_TAPS; k++)
    g->tap[k] = (float)(energy > 0.0 ? tap[k] * sqrt (early / energy) : 0.0);
}
