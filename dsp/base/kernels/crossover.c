/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the upper band of an LR4 crossover, and what both bands sum to.
 * Source:  S. Linkwitz, R. Riley, JAES 24(1) 1976: two Butterworth high-passes in series; the sum is
 *          the all-pass of one Butterworth's poles.
 *
 *   x ─→ w = x − a1·w₁ − a2·w₂ ─┬─→ a2·w + a1·w₁ + w₂ ─→ sum
 *                               └─→ w − 2w₁ + w₂ ─→ v, likewise ─→ g²·(v − 2v₁ + v₂) ─→ upper
 *
 * The first high-pass and the all-pass share one recursion. A channel a lane; what doesn't wait for
 * the frame before is done for many frames at once. */

#include "kernels-isa.h"

#include <string.h>

#define PIECE 64

/* Frames of two channels in and out, a channel a lane. */
struct piece {
  double in[PIECE][2], upper[PIECE][2], sum[PIECE][2];
};

static inline void
pass (const struct lq_crossover_taps *t, struct lq_crossover_state *s, struct piece *p,
    uint32_t n)
{
  const lq_v2d zero = { 0 }, a1 = t->a1 - zero, a2 = t->a2 - zero, minus1 = -a1, minus2 = -a2;
  const lq_v2d twice = -2.0 - zero;
  lq_v2d w1, w2, v1, v2;

  memcpy (&w1, s->w[0], sizeof w1);
  memcpy (&w2, s->w[1], sizeof w2);
  memcpy (&v1, s->v[0], sizeof v1);
  memcpy (&v2, s->v[1], sizeof v2);
  for (uint32_t i = 0; i < n; i++) {
    lq_v2d x, w, v, y;
    memcpy (&x, p->in[i], sizeof x);
    w = lq_v2d_fused (minus1, w1, lq_v2d_fused (minus2, w2, x));
    y = lq_v2d_fused (a2, w, lq_v2d_fused (a1, w1, w2));
    memcpy (p->sum[i], &y, sizeof y);
    x = lq_v2d_fused (twice, w1, w + w2);
    w2 = w1;
    w1 = w;
    v = lq_v2d_fused (minus1, v1, lq_v2d_fused (minus2, v2, x));
    y = lq_v2d_fused (twice, v1, v + v2);
    memcpy (p->upper[i], &y, sizeof y);
    v2 = v1;
    v1 = v;
  }
  memcpy (s->w[0], &w1, sizeof w1);
  memcpy (s->w[1], &w2, sizeof w2);
  memcpy (s->v[0], &v1, sizeof v1);
  memcpy (s->v[1], &v2, sizeof v2);
}

void
LQ_KERNEL (crossover) (const struct lq_crossover_taps *taps, struct lq_crossover_state *state,
    const float *const x[2], float *const upper[2], float *const sum[2], uint32_t n)
{
  struct piece p;

  for (uint32_t at = 0, some; at < n; at += some) {
    const float *left = x[0] + at, *right = x[1] + at;
    float *upper0 = upper[0] + at, *upper1 = upper[1] + at;
    float *sum0 = sum[0] + at, *sum1 = sum[1] + at;
    some = n - at < PIECE ? n - at : PIECE;
    for (uint32_t i = 0; i < some; i++) {
      p.in[i][0] = left[i];
      p.in[i][1] = right[i];
    }
    pass (taps, state, &p, some);
    for (uint32_t i = 0; i < some; i++) {
      upper0[i] = (float)(taps->gain * p.upper[i][0]);
      upper1[i] = (float)(taps->gain * p.upper[i][1]);
    }
    for (uint32_t i = 0; i < some; i++) {
      sum0[i] = (float)p.sum[i][0];
      sum1[i] = (float)p.sum[i][1];
    }
  }
}
