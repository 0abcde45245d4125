/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a band of the dynamic equaliser at any gain, without a design for each.
 * Source:  state-variable filter in trapezoidal form, as kernels/swing.c runs it, of designs that
 *          follow the prototype (primitives/biquad.h); between gains 3 dB apart cubics with the
 *          slopes of their neighbours.
 *
 *   gains 0, ±3 … ±24 dB ─→ designs; cuts: numerator and denominator swapped ─→ taps ─→ cubics
 *
 * At 0 dB a design can't tell where its poles are: they are the mean of those at ±SMALL_DB. */

#include "dyneq-private.h"

#include "../base/mathx.h"

#include <string.h>

#define TAPS LQ_SWING_OWN
#define MIDDLE (LQ_DYNEQ_NODES / 2)
#define SMALL_DB 1.0

/* Designs of a table: about 0 dB, of each gain, of the detector. */
#define DESIGNS (MIDDLE + 2)

static lq_biquad
inverse (const lq_biquad *h)
{
  return (lq_biquad){ .g2 = h->low * h->g2 / h->high,
    .kg = h->mid / h->high,
    .low = 1.0 / h->low,
    .mid = h->kg / h->high,
    .high = 1.0 / h->high };
}

/* Of a section; what comes to `base` times its input. Both states of a resonance are kept as many
 * times smaller as it makes them larger, so that at its frequency they stay as they are when its
 * width changes, as that of a bell does with its gain. */
static void
taps_of (const lq_biquad *s, double base, bool resonant, double *t)
{
  const double g = sqrt (s->g2), a1 = 1.0 / (1.0 + s->kg + s->g2), a2 = g * a1, a3 = s->g2 * a1;
  const double size = resonant ? s->kg / g : 1.0;
  const double high = s->high - base, band = (s->mid - s->high * s->kg) / g,
               low = s->low - s->high;

  t[LQ_SWING_A] = 2.0 * a1 - 1.0;
  t[LQ_SWING_B1] = 2.0 * a2;
  t[LQ_SWING_B2] = 2.0 * a3;
  t[LQ_SWING_D] = high + band * a2 + low * a3;
  t[LQ_SWING_I1] = size * t[LQ_SWING_B1];
  t[LQ_SWING_I2] = size * t[LQ_SWING_B2];
  t[LQ_SWING_C1] = (band * a1 + low * a2) / size;
  t[LQ_SWING_C2] = (low * (1.0 - a3) - band * a2) / size;
}

void
lq_dyneq_table_begin (struct lq_dyneq_table *t, const struct lq_dyneq_spec *spec)
{
  t->spec = *spec;
  t->done = 0;
}

static void
design_detector (struct lq_dyneq_table *t, double rate)
{
  static const int32_t types[] = { LQ_BIQUAD_BAND_PASS, LQ_BIQUAD_LOW_PASS,
    LQ_BIQUAD_HIGH_PASS };
  const struct lq_biquad_spec spec = { .type = types[t->spec.type],
    .plain = true,
    .frequency_hz = t->spec.frequency_hz,
    .q = t->spec.q };
  struct lq_biquad_pair pair;

  lq_biquad_design (&spec, rate, &pair);
  taps_of (&pair.main, 0.0, t->spec.type == LQ_DYNEQ_BELL, t->detector);
}

/* Both signs of a gain. */
static void
design_gain (struct lq_dyneq_table *t, double rate, uint32_t i)
{
  const struct lq_biquad_spec spec = { .type = t->spec.type,
    .plain = true,
    .frequency_hz = t->spec.frequency_hz,
    .gain_db = i ? LQ_DYNEQ_STEP_DB * i : SMALL_DB,
    .q = t->spec.q };
  const bool bell = t->spec.type == LQ_DYNEQ_BELL;
  double *up = t->node[MIDDLE + i], *down = t->node[MIDDLE - i], other[TAPS];
  struct lq_biquad_pair pair;
  lq_biquad cut;

  lq_biquad_design (&spec, rate, &pair);
  cut = inverse (&pair.main);
  t->decay[MIDDLE - i] = lq_biquad_decay (&cut);
  t->decay[MIDDLE + i] = lq_biquad_decay (&pair.main);
  taps_of (&pair.main, 1.0, bell, up);
  taps_of (&cut, 1.0, bell, i ? down : other);
  for (uint32_t k = 0; k < TAPS && i == 0; k++)
    up[k] = k < LQ_SWING_D ? 0.5 * (up[k] + other[k]) : 0.0;
}

static double
slope (const struct lq_dyneq_table *t, uint32_t i, uint32_t k)
{
  const uint32_t last = LQ_DYNEQ_NODES - 1;

  if (i == 0)
    return 2.0 * t->node[1][k] - 1.5 * t->node[0][k] - 0.5 * t->node[2][k];
  if (i == last)
    return 1.5 * t->node[last][k] - 2.0 * t->node[last - 1][k] + 0.5 * t->node[last - 2][k];
  return 0.5 * (t->node[i + 1][k] - t->node[i - 1][k]);
}

static void
join (struct lq_dyneq_table *t)
{
  for (uint32_t i = 0; i + 1 < LQ_DYNEQ_NODES; i++)
    for (uint32_t k = 0; k < TAPS; k++) {
      const double y = t->node[i][k], d = t->node[i + 1][k] - y;
      const double a = slope (t, i, k), b = slope (t, i + 1, k);
      t->cubic[i][0][k] = y;
      t->cubic[i][1][k] = a;
      t->cubic[i][2][k] = 3.0 * d - 2.0 * a - b;
      t->cubic[i][3][k] = a + b - 2.0 * d;
    }
}

bool
lq_dyneq_table_build (struct lq_dyneq_table *t, double rate, uint32_t *budget)
{
  for (; t->done<DESIGNS && * budget> 0; t->done++, --*budget)
    if (t->done <= MIDDLE)
      design_gain (t, rate, t->done);
    else
      design_detector (t, rate);
  if (t->done < DESIGNS)
    return false;
  join (t);
  return true;
}

void
lq_dyneq_table_at (const struct lq_dyneq_table *t, double gain_db, double *taps)
{
  const double at = lq_dyneq_table_place (gain_db);
  const uint32_t i = at < LQ_DYNEQ_NODES - 2 ? (uint32_t)at : LQ_DYNEQ_NODES - 2;
  const double u = at - i;
  const double (*c)[TAPS] = t->cubic[i];

  for (uint32_t k = 0; k < TAPS; k++)
    taps[k] = c[0][k] + u * (c[1][k] + u * (c[2][k] + u * c[3][k]));
}
