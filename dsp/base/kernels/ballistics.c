/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how a gain in dB follows its target: the one recursion of dynamics units.
 * Source:  Giannoulis, Massberg, Reiss, JAES 60(6), 2012: branching and decoupled detectors.
 *
 * Branching without a branch: of the two candidates, that of the attack is the lower one wherever
 * the target lies below, if the attack is the faster; the higher one, if it is the slower. So the
 * least (or the largest) of both is always the right one: z' = least (a·z + u, r·z + v).
 *
 * Such steps, one after the other, are the least of lines in z again. Over a group of four frames
 * there are five, of the slopes a⁴, a³r … r⁴, and where they begin follows from the targets alone:
 * for many groups side by side. What is left one after the other is a choice among five lines a
 * group. Groups lie on the grid, so that the cut doesn't show. */

#include "../stream.h"
#include "kernels-isa.h"

#include <string.h>

#define GROUP LQ_FOLLOW_GROUP
_Static_assert(GROUP == 4, "the lines are those of four steps");

/* So many groups side by side. */
#define SIDE 32

static inline double
least (double a, double b)
{
  return a < b ? a : b;
}

/* a·b + c, in one instruction where there is one; nothing else is ever fused, so that a frame comes
 * out the same wherever it lies. */
#if defined(__FMA__)
#define FUSED(a, b, c) __builtin_fma (a, b, c)
#else
#define FUSED(a, b, c) ((a) * (b) + (c))
#endif

/* Coefficients of z, 1 − them; `sign` is −1 where the attack is the slower: the largest is the least
 * of the opposites. */
struct steps {
  double a, r, a1, r1, sign;
};

static inline struct steps
steps_of (double attack, double release)
{
  return (struct steps){ attack, release, 1.0 - attack, 1.0 - release,
    attack <= release ? 1.0 : -1.0 };
}

static inline double
step (const struct steps *s, double z, double x)
{
  return least (FUSED (s->a, z, s->a1 * x), FUSED (s->r, z, s->r1 * x));
}

/* Targets of groups side by side, times the sign; and where the lines of each begin. */
struct side {
  double x[GROUP][SIDE], line[GROUP + 1][SIDE], z[GROUP][SIDE];
};

static inline void
begin_lines (const struct steps *s, struct side *p, uint32_t groups)
{
  const double a = s->a, r = s->r, a1 = s->a1, r1 = s->r1;

  for (uint32_t i = 0; i < groups; i++) {
    const double x0 = p->x[0][i], x1 = p->x[1][i], x2 = p->x[2][i], x3 = p->x[3][i];
    const double b0 = a1 * x0, b1 = r1 * x0;
    const double u1 = a1 * x1, v1 = r1 * x1, u2 = a1 * x2, v2 = r1 * x2, u3 = a1 * x3,
                 v3 = r1 * x3;
    const double c0 = FUSED (a, b0, u1), c2 = FUSED (r, b1, v1);
    const double c1 = least (FUSED (a, b1, u1), FUSED (r, b0, v1));
    const double d0 = FUSED (a, c0, u2), d3 = FUSED (r, c2, v2);
    const double d1 = least (FUSED (a, c1, u2), FUSED (r, c0, v2));
    const double d2 = least (FUSED (a, c2, u2), FUSED (r, c1, v2));
    p->line[0][i] = FUSED (a, d0, u3);
    p->line[1][i] = least (FUSED (a, d1, u3), FUSED (r, d0, v3));
    p->line[2][i] = least (FUSED (a, d2, u3), FUSED (r, d1, v3));
    p->line[3][i] = least (FUSED (a, d3, u3), FUSED (r, d2, v3));
    p->line[4][i] = FUSED (r, d3, v3);
  }
}

/* The one thing that goes on from group to group: z[3] at the end of each. */
static inline double
choose_lines (const struct steps *s, struct side *p, uint32_t groups, double z)
{
  const double aa = s->a * s->a, ar = s->a * s->r, rr = s->r * s->r;
  const double s0 = aa * aa, s1 = aa * ar, s2 = aa * rr, s3 = ar * rr, s4 = rr * rr;

  for (uint32_t i = 0; i < groups; i++) {
    const double first = least (FUSED (s0, z, p->line[0][i]), FUSED (s1, z, p->line[1][i]));
    const double second = least (FUSED (s2, z, p->line[2][i]), FUSED (s3, z, p->line[3][i]));
    z = least (least (first, second), FUSED (s4, z, p->line[4][i]));
    p->z[3][i] = z;
  }
  return z;
}

static inline void
fill_between (const struct steps *s, struct side *p, uint32_t groups, double z)
{
  double before[SIDE];

  before[0] = z;
  for (uint32_t i = 1; i < groups; i++)
    before[i] = p->z[3][i - 1];
  for (uint32_t i = 0; i < groups; i++) {
    const double z0 = step (s, before[i], p->x[0][i]), z1 = step (s, z0, p->x[1][i]);
    p->z[0][i] = z0;
    p->z[1][i] = z1;
    p->z[2][i] = step (s, z1, p->x[2][i]);
  }
}

/* Frames of four groups to a plane each, and back. */
static inline void
transpose (lq_v4f m[GROUP])
{
  const lq_v4f a = __builtin_shufflevector (m[0], m[1], 0, 4, 1, 5),
               b = __builtin_shufflevector (m[0], m[1], 2, 6, 3, 7),
               c = __builtin_shufflevector (m[2], m[3], 0, 4, 1, 5),
               d = __builtin_shufflevector (m[2], m[3], 2, 6, 3, 7);

  m[0] = __builtin_shufflevector (a, c, 0, 1, 4, 5);
  m[1] = __builtin_shufflevector (a, c, 2, 3, 6, 7);
  m[2] = __builtin_shufflevector (b, d, 0, 1, 4, 5);
  m[3] = __builtin_shufflevector (b, d, 2, 3, 6, 7);
}

static inline void
take (const struct steps *s, struct side *p, const float *t, uint32_t groups)
{
  uint32_t i = 0;

  for (; i + 4 <= groups; i += 4) {
    lq_v4f m[GROUP];
    for (int k = 0; k < GROUP; k++)
      memcpy (&m[k], t + GROUP * (i + (uint32_t)k), sizeof m[k]);
    transpose (m);
    for (int k = 0; k < GROUP; k++) {
      const lq_v4d x = s->sign * __builtin_convertvector(m[k], lq_v4d);
      memcpy (p->x[k] + i, &x, sizeof x);
    }
  }
  for (; i < groups; i++)
    for (int k = 0; k < GROUP; k++)
      p->x[k][i] = s->sign * t[GROUP * i + k];
}

static inline void
give (const struct steps *s, const struct side *p, float *g, uint32_t groups)
{
  uint32_t i = 0;

  for (; i + 4 <= groups; i += 4) {
    lq_v4f m[GROUP];
    for (int k = 0; k < GROUP; k++) {
      lq_v4d z;
      memcpy (&z, p->z[k] + i, sizeof z);
      m[k] = __builtin_convertvector(s->sign * z, lq_v4f);
    }
    transpose (m);
    /* One by one: a wide store that gathers narrow ones waits for them. */
    for (int k = 0; k < GROUP; k++)
      memcpy (g + GROUP * (i + (uint32_t)k), &m[k], sizeof m[k]);
  }
  for (; i < groups; i++)
    for (int k = 0; k < GROUP; k++)
      g[GROUP * i + k] = (float)(s->sign * p->z[k][i]);
}

static inline void
run_side (const struct steps *s, struct side *p, struct lq_follow *f, uint32_t groups)
{
  const double z = f->z;

  begin_lines (s, p, groups);
  f->z = choose_lines (s, p, groups, z);
  fill_between (s, p, groups, z);
}

/* `groups` whole groups, SIDE at most, through one recursion, or through another one behind it; t may
 * be g. */
static void
follow_groups (const struct steps *s, struct lq_follow *f, struct lq_follow *second,
    const float *t, float *g, uint32_t groups)
{
  struct side p;

  take (s, &p, t, groups);
  run_side (s, &p, f, groups);
  for (int k = 0; k < GROUP && second; k++)
    for (uint32_t i = 0; i < groups; i++)
      p.x[k][i] = (float)p.z[k][i];
  if (second)
    run_side (s, &p, second, groups);
  give (s, &p, g, groups);
}

/* Frames one by one, up to the end of a group; how many. */
static uint32_t
follow_some (const struct steps *s, struct lq_follow *f, const float *t, float *g, uint32_t at,
    uint32_t n)
{
  double z = f->z;
  uint32_t i = 0;

  for (uint32_t k = 0; k < at; k++)
    z = step (s, z, s->sign * f->fed[k]);
  for (; i < n && at < GROUP - 1; i++, at++) {
    f->fed[at] = t[i];
    z = step (s, z, s->sign * t[i]);
    g[i] = (float)(s->sign * z);
  }
  if (i < n && at == GROUP - 1) {
    float whole[GROUP];
    f->fed[at] = t[i];
    follow_groups (s, f, NULL, f->fed, whole, 1);
    g[i++] = whole[at];
  }
  return i;
}

/* Through one recursion, or through another one behind it. z goes with the sign of the candidates
 * while it runs; t may be g. */
static void
follow (double attack, double release, struct lq_follow *f, struct lq_follow *second,
    const float *t, float *g, uint32_t phase, uint32_t n)
{
  const struct steps s = steps_of (attack, release);
  struct lq_follow none = { 0 }, *other = second ? second : &none;
  uint32_t i = 0, some;

  f->z *= s.sign;
  other->z *= s.sign;
#if !defined(__AVX__)
  /* Two lanes don't pay. */
  for (double z = f->z, y = other->z; i < n; i++, f->z = z, other->z = y) {
    z = step (&s, z, s.sign * t[i]);
    y = step (&s, y, (float)z);
    g[i] = (float)(s.sign * (second ? y : z));
  }
#endif
  for (; i < n; i += some) {
    const uint32_t at = (phase + i) % GROUP, groups = (n - i) / GROUP;
    if (at == 0 && groups > 0) {
      some = GROUP * (groups < SIDE ? groups : SIDE);
      follow_groups (&s, f, second, t + i, g + i, some / GROUP);
      continue;
    }
    some = follow_some (&s, f, t + i, g + i, at, n - i);
    if (second)
      follow_some (&s, second, g + i, g + i, at, some);
  }
  f->z *= s.sign;
  other->z *= s.sign;
}

static void
decoupled (const struct lq_ballistics *b, struct lq_ballistics_state *state, const float *t,
    float *g, uint32_t n)
{
  const double a = b->attack, r = b->release, a1 = 1.0 - a, r1 = 1.0 - r;
  double z = state->gain.z, peak = state->peak;

  for (uint32_t i = 0; i < n; i++) {
    const double x = t[i];
    peak = least (x, r * peak + r1 * x);
    z = a * z + a1 * peak;
    g[i] = (float)z;
  }
  state->gain.z = z;
  state->peak = peak;
}

/* The loop over the output, solved: with the ratio R in force at this level the coefficient a is
 * a / (1 + (1 − a)·(R − 1)); where the output is below the threshold, the gain just returns. */
static void
looped (const struct lq_ballistics *b, struct lq_ballistics_state *state, const float *t,
    const float *ratio, float *g, uint32_t n)
{
  const double a = b->attack, r = b->release;
  const double far = 1e9;
  double z = state->gain.z;

  for (uint32_t i = 0; i < n; i++) {
    const double x = t[i], more = ratio[i] - 1.0;
    const double aa = a / (1.0 + (1.0 - a) * more), rr = r / (1.0 + (1.0 - r) * more);
    const double first = aa * z + (1.0 - aa) * x, second = rr * z + (1.0 - rr) * x;
    z = x < z ? first : second;
    z = least (z, more > 0.0 ? r * state->gain.z : far);
    state->gain.z = z;
    g[i] = (float)z;
  }
}

void
LQ_KERNEL (ballistics) (const struct lq_ballistics *b, struct lq_ballistics_state *state,
    const float *target_db, const float *ratio, float *gain_db, uint32_t phase, uint32_t n)
{
  float slow[LQ_BLOCK];

  /* First: gain_db may be target_db. */
  if (b->lingers)
    follow (b->take, b->give, &state->slow, NULL, target_db, slow, phase, n);
  if (ratio)
    looped (b, state, target_db, ratio, gain_db, n);
  else if (b->decoupled)
    decoupled (b, state, target_db, gain_db, n);
  else
    /* Two in series have no corner. */
    follow (b->attack, b->release, &state->gain, b->rounded ? &state->slow : NULL, target_db,
        gain_db, phase, n);
  for (uint32_t i = 0; i < n && b->lingers; i++)
    gain_db[i] = slow[i] < gain_db[i] ? slow[i] : gain_db[i];
}

#define PIECE 64

/* A channel a lane; what doesn't wait for the frame before is done beforehand and afterwards. */
void
LQ_KERNEL (mean_square) (const double keeps[2], double *const state[2], const float *const x[2],
    float *mean, uint32_t n)
{
  const double a = keeps[0], b = keeps[1], a1 = 1.0 - a, b1 = 1.0 - b;
  lq_v2d z = { state[0][0], state[1][0] }, y = { state[0][1], state[1][1] };
  const lq_v2d zero = { 0 };
  double in[PIECE][2], out[PIECE][2];

  for (uint32_t at = 0, some; at < n; at += some) {
    const float *left = x[0] + at, *right = x[1] + at;
    float *to = mean + at;
    some = n - at < PIECE ? n - at : PIECE;
    for (uint32_t i = 0; i < some; i++) {
      in[i][0] = a1 * ((double)left[i] * left[i]);
      in[i][1] = a1 * ((double)right[i] * right[i]);
    }
    for (uint32_t i = 0; i < some; i++) {
      lq_v2d square;
      memcpy (&square, in[i], sizeof square);
      z = lq_v2d_fused (a - zero, z, square);
      y = lq_v2d_fused (b - zero, y, b1 * z);
      memcpy (out[i], &y, sizeof y);
    }
    for (uint32_t i = 0; i < some; i++)
      to[i] = (float)(out[i][0] > out[i][1] ? out[i][0] : out[i][1]);
  }
  state[0][0] = z[0];
  state[0][1] = y[0];
  state[1][0] = z[1];
  state[1][1] = y[1];
}
