/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: shelves and tilts of first order.
 * Source:  H = (hi·s + lo·w)/(s + w) = hi + (lo − hi)·w/(s + w), s = (z − 1)/(z + 1). Its inverse has
 *          1/hi, 1/lo and w·lo/hi in their places; with w = centre·√(hi/lo) that is what the
 *          negative gain gives.
 *
 *   x ─┬─→ w/(s + w) ─→ lp ─→ × (lo − hi) ─→ + ─→ y
 *      └──────────────────────→ × hi ────────┘
 *
 * The state is a low-passed signal, whatever the gains are: they may move. */

#include "firstorder.h"

#include "../base/mathx.h"

lq_first
lq_first_design (double hz, double rate, double low, double high)
{
  return (lq_first){ tan (LQ_PI * fmin (hz / rate, 0.25)), low, high };
}

static struct lq_shelf_taps
with_pole (double w, double hi, double lo)
{
  return (struct lq_shelf_taps){ (1.0 - w) / (1.0 + w), w / (1.0 + w), hi, lo - hi };
}

struct lq_shelf_taps
lq_first_taps (const lq_first *f, double gain_db)
{
  const double hi = lq_db_to_lin (gain_db * f->high), lo = lq_db_to_lin (gain_db * f->low);

  return with_pole (f->centre * sqrt (hi / lo), hi, lo);
}

struct lq_shelf_taps
lq_first_high_pass (double hz, double rate, double amount)
{
  return with_pole (tan (LQ_PI * hz / rate), 1.0, 1.0 - amount);
}

struct lq_bass_taps
lq_first_bass (double p, double now, double before)
{
  struct lq_bass_taps taps = { .p = p, .before = before };
  double power = 1.0, answer = now;

  for (uint32_t k = 0; k < LQ_BASS_STEP; k++) {
    taps.low[LQ_BASS_STEP + k] = (float)answer;
    taps.decay[k] = (float)power;
    answer = (p * now + before) * power;
    power *= p;
  }
  taps.step = power;
  return taps;
}

void
lq_first_move (
    const struct lq_shelf_taps *taps, struct lq_shelf_state *state, float *x, uint32_t n)
{
  double lp = state->lp, last = state->last;

  for (uint32_t i = 0; i < n; i++) {
    lp = taps[i].p * lp + taps[i].q * (x[i] + last);
    last = x[i];
    x[i] = (float)(taps[i].hi * last + taps[i].difference * lp);
  }
  state->lp = lp;
  state->last = last;
}
