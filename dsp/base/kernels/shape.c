/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: rounding with error feedback.
 * Source:  S. P. Lipshitz, J. Vanderkooy, R. A. Wannamaker, "Minimally Audible Noise Shaping",
 *          JAES 39(11), 1991: y = round (v + d), v = x − Σ c·e, e = y − v.
 *
 *   x ─→ whole + rest;  rest ─→ + ─→ v ─→ + d ─→ round ─┬→ + whole ─→ saturate ─→ q
 *                               └─ state ←─ ·c ←─ e = y − v
 *
 * The loop knows only the rest, so that its numbers stay small and exact whatever the level and
 * the format. From one output to the next there are an addition, two that round, and one product
 * and difference: t = state + (rest + d) doesn't wait for v, and
 * state' = (next + c·v) − c·y rather than next − c·(y − v). */

#include "kernels-isa.h"
#include "rounding.h"

#include <string.h>

typedef float lanes __attribute__ ((vector_size (4 * LQ_SHAPE_LANES)));
typedef int32_t places __attribute__ ((vector_size (4 * LQ_SHAPE_LANES)));

/* Planes of a run as the loop sees them; idle lanes are silent. */
struct run {
  float rest[LQ_SHAPE_LANES][LQ_NOISE_WORDS]; /* what x is above an even number of LSBs */
  float sum[LQ_SHAPE_LANES][LQ_NOISE_WORDS];  /* rest + d; then the rounded result */
  int32_t even[LQ_SHAPE_LANES][LQ_NOISE_WORDS];
};

static inline lanes
load (const float *at)
{
  lanes v;

  memcpy (&v, at, sizeof v);
  return v;
}

static inline void
store (float *at, lanes v)
{
  memcpy (at, &v, sizeof v);
}

static inline __attribute__ ((always_inline)) void
transpose (lanes *v)
{
  const lanes a = __builtin_shuffle (v[0], v[1], (places){ 0, 4, 1, 5 });
  const lanes b = __builtin_shuffle (v[2], v[3], (places){ 0, 4, 1, 5 });
  const lanes c = __builtin_shuffle (v[0], v[1], (places){ 2, 6, 3, 7 });
  const lanes d = __builtin_shuffle (v[2], v[3], (places){ 2, 6, 3, 7 });

  v[0] = __builtin_shuffle (a, b, (places){ 0, 1, 4, 5 });
  v[1] = __builtin_shuffle (a, b, (places){ 2, 3, 6, 7 });
  v[2] = __builtin_shuffle (c, d, (places){ 0, 1, 4, 5 });
  v[3] = __builtin_shuffle (c, d, (places){ 2, 3, 6, 7 });
}

static void
cut (const float *x, const float *d, struct run *run, uint32_t lane,
    const struct lq_quantum *to, uint32_t n)
{
  float *rest = run->rest[lane], *sum = run->sum[lane];
  int32_t *even = run->even[lane];

  hold (x, rest, to, n);
  for (uint32_t i = 0; i < n; i++) {
    int32_t whole = (int32_t)rest[i], odd = whole & 1;
    even[i] = whole - odd;
    rest[i] = rest[i] - (float)whole + (float)odd;
    sum[i] = rest[i] + d[i];
  }
}

static void
settle (
    const struct run *run, uint32_t lane, int32_t *q, const struct lq_quantum *to, uint32_t n)
{
  const float *y = run->sum[lane];
  const int32_t *even = run->even[lane], min = to->min, max = to->max;

  for (uint32_t i = 0; i < n; i++) {
    int32_t v = even[i] + (int32_t)y[i];
    v = v < min ? min : v;
    q[i] = v > max ? max : v;
  }
}

/* One frame. */
static inline __attribute__ ((always_inline)) lanes
step (const lanes *c, lanes *s, lanes rest, lanes sum, int order)
{
  const lanes v = s[0] + rest, t = s[0] + sum;
  const lanes y = (t + ROUNDER) - ROUNDER;
  const lanes e = y - v;

  s[0] = (s[1] + c[0] * v) - c[0] * y;
  for (int k = 1; k < order; k++)
    s[k] = s[k + 1] - c[k] * e;
  return y;
}

/* Four frames of four planes; of the last ones only `left` count. */
static inline __attribute__ ((always_inline)) void
four (const lanes *c, lanes *s, struct run *run, uint32_t at, uint32_t left, int order)
{
  lanes rest[4], sum[4];

  for (int lane = 0; lane < 4; lane++) {
    rest[lane] = load (run->rest[lane] + at);
    sum[lane] = load (run->sum[lane] + at);
  }
  transpose (rest);
  transpose (sum);
  for (uint32_t i = 0; i < left; i++)
    sum[i] = step (c, s, rest[i], sum[i], order);
  transpose (sum);
  for (int lane = 0; lane < 4; lane++)
    store (run->sum[lane] + at, sum[lane]);
}

static inline __attribute__ ((always_inline)) void
feed (const struct lq_shape_taps *taps, float (*state)[LQ_SHAPE_LANES], struct run *run,
    uint32_t n, int order)
{
  lanes c[LQ_SHAPE_TAPS], s[LQ_SHAPE_TAPS + 1];
  uint32_t i = 0;

  for (int k = 0; k < order; k++) {
    c[k] = (lanes){ 0 } + taps->c[k];
    s[k] = load (state[k]);
  }
  /* What older, longer taps left. */
  s[order] = (lanes){ 0 };
  for (; i + 4 <= n; i += 4)
    four (c, s, run, i, 4, order);
  if (i < n)
    four (c, s, run, i, n - i, order);
  for (int k = 0; k < order; k++)
    store (state[k], s[k]);
}

void
LQ_KERNEL (shape) (const struct lq_shape_taps *taps, float (*state)[LQ_SHAPE_LANES],
    const float *const *x, const float *const *d, int32_t *const *q,
    const struct lq_quantum *to, uint32_t channels, uint32_t n)
{
  struct run run;

  for (uint32_t c = 0; c < LQ_SHAPE_LANES; c++) {
    memset (run.rest[c], 0, sizeof run.rest[c]);
    memset (run.sum[c], 0, sizeof run.sum[c]);
    if (c < channels)
      cut (x[c], d[c], &run, c, to, n);
  }
  if (taps->order <= 4)
    feed (taps, state, &run, n, 4);
  else if (taps->order <= 8)
    feed (taps, state, &run, n, 8);
  else if (taps->order <= 12)
    feed (taps, state, &run, n, 12);
  else
    feed (taps, state, &run, n, 16);
  for (uint32_t c = 0; c < channels; c++)
    settle (&run, c, q[c], to, n);
}
