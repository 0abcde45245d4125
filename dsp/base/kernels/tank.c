/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the loops of a reverb tank of LQ_TANK_LINES lines: damping, in which lanes are lines,
 * and everything else, in which lanes are frames.
 *
 * Each frame is made by the same operations in the same order in every variant, never fused: the
 * bits are the same, and the cut doesn't show. Whole vectors are read and written; what lies behind
 * the n frames of a step is nobody's. */

#include "kernels-isa.h"

#include <string.h>

#define LINES LQ_TANK_LINES
#define QUADS (LINES / 4)

static inline lq_wide
load (const float *x)
{
  lq_wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

static inline void
store (float *x, lq_wide v)
{
  memcpy (x, &v, sizeof v);
}

static inline lq_v4f
load4 (const float *x)
{
  lq_v4f v;

  memcpy (&v, x, sizeof v);
  return v;
}

static inline void
store4 (float *x, lq_v4f v)
{
  memcpy (x, &v, sizeof v);
}

/* Frame numbers of a vector's lanes. */
static inline lq_wide
lanes_from (uint32_t frame)
{
  lq_wide t;

  for (int i = 0; i < LQ_LANES; i++)
    t[i] = (float)(frame + (uint32_t)i);
  return t;
}

/* Rows become columns. */
typedef int32_t mask4 __attribute__ ((vector_size (16)));

static inline void
transpose (lq_v4f m[4])
{
  const lq_v4f a = __builtin_shuffle (m[0], m[1], (mask4){ 0, 4, 1, 5 }),
               b = __builtin_shuffle (m[0], m[1], (mask4){ 2, 6, 3, 7 }),
               c = __builtin_shuffle (m[2], m[3], (mask4){ 0, 4, 1, 5 }),
               d = __builtin_shuffle (m[2], m[3], (mask4){ 2, 6, 3, 7 });

  m[0] = __builtin_shuffle (a, c, (mask4){ 0, 1, 4, 5 });
  m[1] = __builtin_shuffle (a, c, (mask4){ 2, 3, 6, 7 });
  m[2] = __builtin_shuffle (b, d, (mask4){ 0, 1, 4, 5 });
  m[3] = __builtin_shuffle (b, d, (mask4){ 2, 3, 6, 7 });
}

/* Four lines: their coefficients and state. */
struct quad {
  lq_v4f b0, b1, b2, a1, a2;
};

static inline struct quad
coefficients (const struct lq_tank_damp *damp, int q, float t, uint32_t moving)
{
  lq_v4f c[5];

  for (int k = 0; k < 5; k++) {
    c[k] = load4 (damp->now[k] + 4 * q);
    if (moving)
      c[k] += load4 (damp->step[k] + 4 * q) * t;
  }
  return (struct quad){ c[0], c[1], c[2], c[3], c[4] };
}

static inline lq_v4f
biquad (const struct quad *c, lq_v4f x, lq_v4f *t1, lq_v4f *t2)
{
  const lq_v4f y = c->b0 * x + *t1;

  *t1 = (c->b1 * x + *t2) - c->a1 * y;
  *t2 = c->b2 * x - c->a2 * y;
  return y;
}

/* One quad of lines over the step; four frames at a time, the last ones maybe fewer. */
static inline void
damp_quad (const struct lq_tank_damp *damp, float (*state)[LINES], const float *const *x,
    float *f, int q, uint32_t first, uint32_t n, uint32_t moving)
{
  lq_v4f t1 = load4 (state[0] + 4 * q), t2 = load4 (state[1] + 4 * q);
  struct quad c = coefficients (damp, q, 0.0f, 0);

  for (uint32_t i = 0; i < n; i += 4) {
    lq_v4f m[4];
    for (int k = 0; k < 4; k++)
      m[k] = load4 (x[4 * q + k] + i);
    transpose (m);
    for (uint32_t k = 0; k < 4; k++) {
      if (moving)
        c = coefficients (damp, q, (float)(first + i + k), 1);
      if (i + k < n)
        m[k] = biquad (&c, m[k], &t1, &t2);
    }
    transpose (m);
    for (int k = 0; k < 4; k++)
      store4 (f + (4 * q + k) * LQ_TANK_STEP + i, m[k]);
  }
  store4 (state[0] + 4 * q, t1);
  store4 (state[1] + 4 * q, t2);
}

/* All lines at once while nothing moves: their recursions overlap. */
static inline void
damp_all (const struct lq_tank_damp *damp, float (*state)[LINES], const float *const *x,
    float *f, uint32_t n)
{
  lq_v4f t1[QUADS], t2[QUADS];
  struct quad c[QUADS];

  for (int q = 0; q < QUADS; q++) {
    t1[q] = load4 (state[0] + 4 * q);
    t2[q] = load4 (state[1] + 4 * q);
    c[q] = coefficients (damp, q, 0.0f, 0);
  }
  for (uint32_t i = 0; i < n; i += 4)
    for (int q = 0; q < QUADS; q++) {
      lq_v4f m[4];
      for (int k = 0; k < 4; k++)
        m[k] = load4 (x[4 * q + k] + i);
      transpose (m);
      for (int k = 0; k < 4; k++)
        m[k] = biquad (&c[q], m[k], &t1[q], &t2[q]);
      transpose (m);
      for (int k = 0; k < 4; k++)
        store4 (f + (4 * q + k) * LQ_TANK_STEP + i, m[k]);
    }
  for (int q = 0; q < QUADS; q++) {
    store4 (state[0] + 4 * q, t1[q]);
    store4 (state[1] + 4 * q, t2[q]);
  }
}

void
LQ_KERNEL (tank_damp) (const struct lq_tank_damp *damp, float (*state)[LINES],
    const float *const *x, float *f, uint32_t first, uint32_t n)
{
  const float *rest[LINES];
  const uint32_t whole = n & ~3u;

  if (damp->moving) {
    for (int q = 0; q < QUADS; q++)
      damp_quad (damp, state, x, f, q, first, n, 1);
    return;
  }
  damp_all (damp, state, x, f, whole);
  if (whole == n)
    return;
  for (int k = 0; k < LINES; k++)
    rest[k] = x[k] + whole;
  for (int q = 0; q < QUADS; q++)
    damp_quad (damp, state, rest, f + whole, q, 0, n - whole, 0);
}

/* v = H·v, H of ±1 in Walsh's natural order. */
static inline void
hadamard (lq_wide v[LINES])
{
#pragma GCC unroll 4
  for (int h = 1; h < LINES; h *= 2)
#pragma GCC unroll 16
    for (int i = 0; i < LINES; i++)
      if (!(i & h)) {
        const lq_wide a = v[i], b = v[i + h];
        v[i] = a + b;
        v[i + h] = a - b;
      }
}

/* Neighbours turn about each other. */
static inline void
turn (const struct lq_tank_mix *mix, lq_wide v[LINES], lq_wide t)
{
#pragma GCC unroll 8
  for (int p = 0; p < LINES / 2; p++) {
    const lq_wide c = mix->cosine[p] + mix->cosine_step[p] * t,
                  s = mix->sine[p] + mix->sine_step[p] * t;
    const lq_wide a = v[2 * p], b = v[2 * p + 1];
    v[2 * p] = c * a - s * b;
    v[2 * p + 1] = s * a + c * b;
  }
}

static inline void
mix_step (const struct lq_tank_mix *mix, const float *f, const float *a, const float *b,
    float *const *to, float *const *rows, uint32_t first, uint32_t n, uint32_t turning)
{
  for (uint32_t i = 0; i < n; i += LQ_LANES) {
    const lq_wide t = lanes_from (first + i), gain = mix->inject + mix->inject_step * t;
    const lq_wide in[2] = { gain * load (a + i), gain * load (b + i) };
    lq_wide v[LINES];
#pragma GCC unroll 16
    for (int k = 0; k < LINES; k++)
      v[k] = load (f + k * LQ_TANK_STEP + i);
    hadamard (v);
#pragma GCC unroll 16
    for (int k = 0; k < LINES; k++)
      if (rows[k])
        store (rows[k] + i, v[k]);
    if (turning)
      turn (mix, v, t);
      /* Signs of a bent function: no row of H has them, nor is near to. */
#pragma GCC unroll 16
    for (int k = 0; k < LINES; k++)
      store (to[k] + i,
          ((k & k >> 1) ^ (k >> 2 & k >> 3)) & 1 ? v[k] - in[k & 1] : v[k] + in[k & 1]);
  }
}

void
LQ_KERNEL (tank_mix) (const struct lq_tank_mix *mix, const float *f, const float *a,
    const float *b, float *const *to, float *const *rows, uint32_t first, uint32_t n)
{
  if (mix->turning)
    mix_step (mix, f, a, b, to, rows, first, n, 1);
  else
    mix_step (mix, f, a, b, to, rows, first, n, 0);
}

void
LQ_KERNEL (tank_allpass) (const struct lq_tank_gain *gain, const float *x, const float *past,
    float *line, float *y, uint32_t first, uint32_t n)
{
  for (uint32_t i = 0; i < n; i += LQ_LANES) {
    const lq_wide g = gain->now + gain->step * lanes_from (first + i);
    const lq_wide in = load (x + i), out = load (past + i) - g * in;
    store (line + i, in + g * out);
    store (y + i, out);
  }
}

void
LQ_KERNEL (tank_sum) (const struct lq_tank_gain *gain, const float *const *x, uint32_t count,
    float *y, uint32_t first, uint32_t n)
{
  uint32_t moving = 0;

  for (uint32_t k = 0; k < count; k++)
    moving |= gain[k].step != 0.0f;
  for (uint32_t i = 0; i < n; i += LQ_LANES) {
    const lq_wide t = lanes_from (first + i);
    lq_wide sum = { 0 };
    for (uint32_t k = 0; k < count; k++)
      sum += load (x[k] + i) *
             (moving ? gain[k].now + gain[k].step * t : gain[k].now - (lq_wide){ 0 });
    store (y + i, sum);
  }
}
