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

/* Frame numbers of a vector's lanes. */
static inline lq_wide
lanes_from (uint32_t frame)
{
  static const float numbers[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

  return load (numbers) + (float)frame;
}

/* So many lines are damped in a vector, from as many frames at a time. */
#if defined(__AVX__)
typedef lq_v8f group;
typedef int32_t mask __attribute__ ((vector_size (32)));
#define GROUP 8
#else
typedef lq_v4f group;
typedef int32_t mask __attribute__ ((vector_size (16)));
#define GROUP 4
#endif
#define GROUPS (LINES / GROUP)

static inline group
load_group (const float *x)
{
  group v;

  memcpy (&v, x, sizeof v);
  return v;
}

static inline void
store_group (float *x, group v)
{
  memcpy (x, &v, sizeof v);
}

/* Rows become columns. */
#if defined(__AVX__)
static inline void
swap (group *a, group *b, mask first, mask second)
{
  const group x = __builtin_shuffle (*a, *b, first);

  *b = __builtin_shuffle (*a, *b, second);
  *a = x;
}

static inline void
transpose (group m[GROUP])
{
  const mask low1 = { 0, 8, 1, 9, 4, 12, 5, 13 }, high1 = { 2, 10, 3, 11, 6, 14, 7, 15 },
             low2 = { 0, 1, 8, 9, 4, 5, 12, 13 }, high2 = { 2, 3, 10, 11, 6, 7, 14, 15 },
             low4 = { 0, 1, 2, 3, 8, 9, 10, 11 }, high4 = { 4, 5, 6, 7, 12, 13, 14, 15 };
  group t;

  for (int i = 0; i < 8; i += 2)
    swap (&m[i], &m[i + 1], low1, high1);
  for (int i = 0; i < 8; i += 4) {
    swap (&m[i], &m[i + 2], low2, high2);
    swap (&m[i + 1], &m[i + 3], low2, high2);
  }
  for (int i = 0; i < 4; i++)
    swap (&m[i], &m[i + 4], low4, high4);
  /* Pairs have ended up in the order 0, 2, 1, 3. */
  for (int i = 1; i < 8; i += 4) {
    t = m[i];
    m[i] = m[i + 1];
    m[i + 1] = t;
  }
}
#else
static inline void
transpose (group m[GROUP])
{
  const mask low1 = { 0, 4, 1, 5 }, high1 = { 2, 6, 3, 7 }, low2 = { 0, 1, 4, 5 },
             high2 = { 2, 3, 6, 7 };
  const group a = __builtin_shuffle (m[0], m[1], low1),
              b = __builtin_shuffle (m[0], m[1], high1),
              c = __builtin_shuffle (m[2], m[3], low1),
              d = __builtin_shuffle (m[2], m[3], high1);

  m[0] = __builtin_shuffle (a, c, low2);
  m[1] = __builtin_shuffle (a, c, high2);
  m[2] = __builtin_shuffle (b, d, low2);
  m[3] = __builtin_shuffle (b, d, high2);
}
#endif

/* A group of lines: their coefficients. */
struct section {
  group b0, b1, b2, a1, a2;
};

static inline struct section
coefficients (const struct lq_tank_damp *damp, int g, float t, uint32_t moving)
{
  group c[5];

  for (int k = 0; k < 5; k++) {
    c[k] = load_group (damp->now[k] + GROUP * g);
    if (moving)
      c[k] += load_group (damp->step[k] + GROUP * g) * t;
  }
  return (struct section){ c[0], c[1], c[2], c[3], c[4] };
}

static inline group
biquad (const struct section *c, group x, group *t1, group *t2)
{
  const group y = c->b0 * x + *t1;

  *t1 = (c->b1 * x + *t2) - c->a1 * y;
  *t2 = c->b2 * x - c->a2 * y;
  return y;
}

/* One group of lines over the step; the last frames may be fewer than fill a vector. */
static inline void
damp_some (const struct lq_tank_damp *damp, float (*state)[LINES], const float *const *x,
    float *f, int g, uint32_t first, uint32_t n, uint32_t moving)
{
  group t1 = load_group (state[0] + GROUP * g), t2 = load_group (state[1] + GROUP * g);
  struct section c = coefficients (damp, g, 0.0f, 0);

  for (uint32_t i = 0; i < n; i += GROUP) {
    group m[GROUP];
    for (int k = 0; k < GROUP; k++)
      m[k] = load_group (x[GROUP * g + k] + i);
    transpose (m);
    for (uint32_t k = 0; k < GROUP; k++) {
      if (moving)
        c = coefficients (damp, g, (float)(first + i + k), 1);
      if (i + k < n)
        m[k] = biquad (&c, m[k], &t1, &t2);
    }
    transpose (m);
    for (int k = 0; k < GROUP; k++)
      store_group (f + (GROUP * g + k) * LQ_TANK_STEP + i, m[k]);
  }
  store_group (state[0] + GROUP * g, t1);
  store_group (state[1] + GROUP * g, t2);
}

/* All lines at once while nothing moves, so that their recursions overlap; n is a multiple of GROUP. */
static inline void
damp_all (const struct lq_tank_damp *damp, float (*state)[LINES], const float *const *x,
    float *f, uint32_t n)
{
  group t1[GROUPS], t2[GROUPS];
  struct section c[GROUPS];

  for (int g = 0; g < GROUPS; g++) {
    t1[g] = load_group (state[0] + GROUP * g);
    t2[g] = load_group (state[1] + GROUP * g);
    c[g] = coefficients (damp, g, 0.0f, 0);
  }
  for (uint32_t i = 0; i < n; i += GROUP)
    for (int g = 0; g < GROUPS; g++) {
      group m[GROUP];
      for (int k = 0; k < GROUP; k++)
        m[k] = load_group (x[GROUP * g + k] + i);
      transpose (m);
      for (int k = 0; k < GROUP; k++)
        m[k] = biquad (&c[g], m[k], &t1[g], &t2[g]);
      transpose (m);
      for (int k = 0; k < GROUP; k++)
        store_group (f + (GROUP * g + k) * LQ_TANK_STEP + i, m[k]);
    }
  for (int g = 0; g < GROUPS; g++) {
    store_group (state[0] + GROUP * g, t1[g]);
    store_group (state[1] + GROUP * g, t2[g]);
  }
}

void
LQ_KERNEL (tank_damp) (const struct lq_tank_damp *damp, float (*state)[LINES],
    const float *const *x, float *f, uint32_t first, uint32_t n)
{
  const float *rest[LINES];
  const uint32_t whole = damp->moving ? 0 : n & ~(GROUP - 1u);

  if (whole)
    damp_all (damp, state, x, f, whole);
  if (whole == n)
    return;
  for (int k = 0; k < LINES; k++)
    rest[k] = x[k] + whole;
  for (int g = 0; g < GROUPS; g++)
    if (damp->moving)
      damp_some (damp, state, rest, f, g, first, n, 1);
    else
      damp_some (damp, state, rest, f + whole, g, 0, n - whole, 0);
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

static inline void
allpass (const struct lq_tank_gain *gain, const float *x, const float *past, float *line,
    float *y, uint32_t first, uint32_t n, uint32_t moving)
{
  lq_wide g = gain->now - (lq_wide){ 0 };

  for (uint32_t i = 0; i < n; i += LQ_LANES) {
    const lq_wide in = load (x + i), was = load (past + i);
    lq_wide out;
    if (moving)
      g = gain->now + gain->step * lanes_from (first + i);
    out = was - g * in;
    store (line + i, in + g * out);
    store (y + i, out);
  }
}

void
LQ_KERNEL (tank_allpass) (const struct lq_tank_gain *gain, const float *x, const float *past,
    float *line, float *y, uint32_t first, uint32_t n)
{
  allpass (gain, x, past, line, y, first, n, gain->step != 0.0f);
}

/* A tap's pointer and gain are fetched once for four vectors. */
#define STRIDE (4 * LQ_LANES)
_Static_assert(LQ_TANK_STEP % STRIDE == 0, "a step is whole strides");

static inline void
sum_resting (const struct lq_tank_gain *gain, const float *const *x, uint32_t count, float *y,
    uint32_t n)
{
  for (uint32_t i = 0; i < n; i += STRIDE) {
    lq_wide s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };
    for (uint32_t k = 0; k < count; k++) {
      const float *from = x[k] + i, g = gain[k].now;
      s0 += load (from) * g;
      s1 += load (from + LQ_LANES) * g;
      s2 += load (from + 2 * LQ_LANES) * g;
      s3 += load (from + 3 * LQ_LANES) * g;
    }
    store (y + i, s0);
    store (y + i + LQ_LANES, s1);
    store (y + i + 2 * LQ_LANES, s2);
    store (y + i + 3 * LQ_LANES, s3);
  }
}

void
LQ_KERNEL (tank_sum) (const struct lq_tank_gain *gain, const float *const *x, uint32_t count,
    float *y, uint32_t first, uint32_t n)
{
  uint32_t moving = 0;

  for (uint32_t k = 0; k < count; k++)
    moving |= gain[k].step != 0.0f;
  if (!moving) {
    sum_resting (gain, x, count, y, n);
    return;
  }
  for (uint32_t i = 0; i < n; i += LQ_LANES) {
    const lq_wide t = lanes_from (first + i);
    lq_wide sum = { 0 };
    for (uint32_t k = 0; k < count; k++)
      sum += load (x[k] + i) * (gain[k].now + gain[k].step * t);
    store (y + i, sum);
  }
}
