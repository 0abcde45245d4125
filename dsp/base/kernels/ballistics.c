/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how a gain in dB follows its target: the one recursion of dynamics units.
 * Source:  Giannoulis, Massberg, Reiss, JAES 60(6), 2012: branching and decoupled detectors.
 *
 * Branching without a branch: of the two candidates, that of the attack is the lower one wherever
 * the target lies below, if the attack is the faster; the higher one, if it is the slower. So the
 * least (or the largest) of both is always the right one.
 *
 * state: [0] the gain, [1] the slow one of a programme-dependent release, [2] the peak that a
 * decoupled detector smooths. */

#include "../stream.h"
#include "kernels-isa.h"

static inline double
least (double a, double b)
{
  return a < b ? a : b;
}

/* `down` is −1 where the attack is the slower: the largest is the least of the opposites. */
static void
branching (const struct lq_ballistics *b, double *state, const float *t, float *g, uint32_t n)
{
  const double a = b->attack, r = b->release, a1 = 1.0 - a, r1 = 1.0 - r;
  const double down = a <= r ? 1.0 : -1.0;
  double z = down * state[0];

  for (uint32_t i = 0; i < n; i++) {
    const double x = down * t[i];
    z = least (a * z + a1 * x, r * z + r1 * x);
    g[i] = (float)(down * z);
  }
  state[0] = down * z;
}

/* Two in series have no corner; they overlap, and are as fast as one. */
static void
rounded (const struct lq_ballistics *b, double *state, const float *t, float *g, uint32_t n)
{
  const double a = b->attack, r = b->release, a1 = 1.0 - a, r1 = 1.0 - r;
  const double down = a <= r ? 1.0 : -1.0;
  double z0 = down * state[0], z1 = down * state[1];

  for (uint32_t i = 0; i < n; i++) {
    const double x = down * t[i];
    z0 = least (a * z0 + a1 * x, r * z0 + r1 * x);
    z1 = least (a * z1 + a1 * z0, r * z1 + r1 * z0);
    g[i] = (float)(down * z1);
  }
  state[0] = down * z0;
  state[1] = down * z1;
}

static void
decoupled (const struct lq_ballistics *b, double *state, const float *t, float *g, uint32_t n)
{
  const double a = b->attack, r = b->release, a1 = 1.0 - a, r1 = 1.0 - r;
  double z = state[0], peak = state[2];

  for (uint32_t i = 0; i < n; i++) {
    const double x = t[i];
    peak = least (x, r * peak + r1 * x);
    z = a * z + a1 * peak;
    g[i] = (float)z;
  }
  state[0] = z;
  state[2] = peak;
}

/* The loop over the output, solved: with the ratio R in force at this level the coefficient a is
 * a / (1 + (1 − a)·(R − 1)); where the output is below the threshold, the gain just returns. */
static void
looped (const struct lq_ballistics *b, double *state, const float *t, const float *ratio,
    float *g, uint32_t n)
{
  const double a = b->attack, r = b->release;
  const double far = 1e9;
  double z = state[0];

  for (uint32_t i = 0; i < n; i++) {
    const double x = t[i], more = ratio[i] - 1.0;
    const double aa = a / (1.0 + (1.0 - a) * more), rr = r / (1.0 + (1.0 - r) * more);
    const double first = aa * z + (1.0 - aa) * x, second = rr * z + (1.0 - rr) * x;
    z = x < z ? first : second;
    z = least (z, more > 0.0 ? r * state[0] : far);
    state[0] = z;
    g[i] = (float)z;
  }
}

static void
linger (const struct lq_ballistics *b, double *state, const float *t, float *slow, uint32_t n)
{
  const double a = b->take, r = b->give, a1 = 1.0 - a, r1 = 1.0 - r;
  double z = state[1];

  for (uint32_t i = 0; i < n; i++) {
    const double x = t[i];
    z = least (a * z + a1 * x, r * z + r1 * x);
    slow[i] = (float)z;
  }
  state[1] = z;
}

void
LQ_KERNEL (ballistics) (const struct lq_ballistics *b, double *state, const float *target_db,
    const float *ratio, float *gain_db, uint32_t n)
{
  float slow[LQ_BLOCK];

  /* First: gain_db may be target_db. */
  if (b->lingers)
    linger (b, state, target_db, slow, n);
  if (ratio)
    looped (b, state, target_db, ratio, gain_db, n);
  else if (b->rounded)
    rounded (b, state, target_db, gain_db, n);
  else if (b->decoupled)
    decoupled (b, state, target_db, gain_db, n);
  else
    branching (b, state, target_db, gain_db, n);
  for (uint32_t i = 0; i < n && b->lingers; i++)
    gain_db[i] = slow[i] < gain_db[i] ? slow[i] : gain_db[i];
}

void
LQ_KERNEL (mean_square) (
    const double keep[2], double *state, const float *x, float *mean, uint32_t n)
{
  const double a = keep[0], b = keep[1], a1 = 1.0 - a, b1 = 1.0 - b;
  double z = state[0], y = state[1];

  for (uint32_t i = 0; i < n; i++) {
    z = a * z + a1 * ((double)x[i] * x[i]);
    y = b * y + b1 * z;
    mean[i] = (float)y;
  }
  state[0] = z;
  state[1] = y;
}
