/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how the groove moves: the poles. What is fast: groove-grid.c.
 * Source:  a step is two halves of four frames, as many as there are states of a plane, that lie side
 *          by side. What a half's own frames do to it is a sum over them; what was before reaches it
 *          through the states at its start: those of the step, in double, and for the second half what
 *          the first adds to them. A product and a sum are one instruction. */

#include "groove-lanes.h"

#define STEP LQ_GROOVE_STEP
#define HALF (STEP / 2)

/* One step: of both planes in a vector where that is wide enough, or of one, or a half of it. States, of
 * as many planes. */
#if defined(__AVX512F__)
#define PLANES 2
#define IN_HALVES(a, b, c, d)                                                                  \
  a, b, c, d, a + 4, b + 4, c + 4, d + 4, a + 8, b + 8, c + 8, d + 8, a + 12, b + 12, c + 12,  \
      d + 12
#define FIRST_AS_SECOND 0, 0, 0, 0, 16, 17, 18, 19, 8, 8, 8, 8, 24, 25, 26, 27
#define SECOND 4, 5, 6, 7, 12, 13, 14, 15
#define FOR_HALVES 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7
#define TURNED 0, 2, 1, 3, 4, 6, 5, 7
typedef lq_v16f step;
typedef lq_v8d states;
typedef lq_v8f inputs;
#elif defined(__AVX__)
#define PLANES 1
#define IN_HALVES(a, b, c, d) a, b, c, d, a + 4, b + 4, c + 4, d + 4
#define FIRST_AS_SECOND 0, 0, 0, 0, 8, 9, 10, 11
#define SECOND 4, 5, 6, 7
#define FOR_HALVES 0, 1, 2, 3, 0, 1, 2, 3
#define TURNED 0, 2, 1, 3
typedef lq_v8f step;
typedef lq_v4d states;
typedef lq_v4f inputs;
#else
#define PLANES 1
#define IN_HALVES(a, b, c, d) a, b, c, d
#define TURNED 0, 2, 1, 3
typedef lq_v4f step;
typedef lq_v4d states;
typedef lq_v4f inputs;
#endif

#define EACH(v, n) __builtin_shufflevector (v, v, IN_HALVES (n, n, n, n))
#define TURN(v) __builtin_shufflevector (v, v, IN_HALVES (0, 2, 1, 3))

/* What the frames of a half add to it, and to the states at its end. */
struct half {
  step low, slow, in;
};

INLINE step
constant (const float *of_step)
{
#if PLANES == 2
  lq_v8f v;

  memcpy (&v, of_step, sizeof v);
  return __builtin_shufflevector (v, v, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
#else
  step v;

  memcpy (&v, of_step, sizeof v);
  return v;
#endif
}

INLINE struct half
within (const struct lq_groove_poles *p, step x, const bool slowly)
{
  const step none = { 0 };
  struct half h = { x, none, none };

#define FRAME(n)                                                                               \
  h.low -= EACH (x, n) * constant (p->low[n]);                                                 \
  h.slow += slowly ? EACH (x, n) * constant (p->slow[n]) : none;                               \
  h.in += EACH (x, n) * constant (p->into[n])
  FRAME (0);
  FRAME (1);
  FRAME (2);
  FRAME (3);
#undef FRAME
  return h;
}

/* With the states at its start. */
INLINE void
before (const struct lq_groove_poles *p, step z, struct half *h, const bool slowly)
{
  h->low -= EACH (z, 3) * constant (p->rest[3]);
  if (!slowly)
    return;
  h->slow += EACH (z, 0) * constant (p->rest[0]);
  h->slow += EACH (z, 1) * constant (p->rest[1]);
  h->slow += EACH (z, 2) * constant (p->rest[2]);
}

/* States go on by a step. */
INLINE states
onward (const struct lq_groove_poles *p, states z, inputs in)
{
  lq_v4d stay, cross;

  memcpy (&stay, p->stay, sizeof stay);
  memcpy (&cross, p->cross, sizeof cross);
#if PLANES == 2
  const states stays = __builtin_shufflevector (stay, stay, 0, 1, 2, 3, 0, 1, 2, 3);
  const states crosses = __builtin_shufflevector (cross, cross, 0, 1, 2, 3, 0, 1, 2, 3);
#else
  const states stays = stay, crosses = cross;
#endif
  return (__builtin_convertvector(in, states) + stays * z) +
         crosses * __builtin_shufflevector (z, z, TURNED);
}

/* Plane c, or both planes, from frame i. */
INLINE step
taken (const float *const x[2], int c, uint32_t i)
{
#if PLANES == 2
  return __builtin_shufflevector (
      load (x[0] + i), load (x[1] + i), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
  return load (x[c] + i);
#endif
}

INLINE void
give (float *const x[2], int c, uint32_t i, step v)
{
#if PLANES == 2
  store (x[0] + i, __builtin_shufflevector (v, v, 0, 1, 2, 3, 4, 5, 6, 7));
  store (x[1] + i, __builtin_shufflevector (v, v, 8, 9, 10, 11, 12, 13, 14, 15));
#else
  store (x[c] + i, v);
#endif
}

/* A step of plane c, or of both. */
INLINE void
go (const struct lq_groove_poles *p, states *z, const float *const x[2], float *const high[2],
    float *const slow[2], int c, uint32_t i, const bool slowly)
{
  const inputs now = __builtin_convertvector(*z, inputs);
#if defined(__AVX__)
  const step none = { 0 }, start = __builtin_shufflevector (now, now, FOR_HALVES);
  const step stay = constant (p->stay_half), cross = constant (p->cross_half);
  struct half h = within (p, taken (x, c, i), slowly);
  const step first = __builtin_shufflevector (none, h.in, FIRST_AS_SECOND);
  const step end = h.in + stay * first + cross * TURN (first);

  before (p, first + stay * start + cross * TURN (start), &h, slowly);
  give (high, c, i, h.low);
  if (slowly)
    give (slow, c, i, h.slow);
  *z = onward (p, *z, __builtin_shufflevector (end, end, SECOND));
#else
  const step stay = constant (p->stay_half + HALF), cross = constant (p->cross_half + HALF);
  struct half a = within (p, taken (x, c, i), slowly);
  struct half b = within (p, taken (x, c, i + HALF), slowly);

  before (p, now, &a, slowly);
  before (p, a.in + stay * now + cross * TURN (now), &b, slowly);
  give (high, c, i, a.low);
  give (high, c, i + HALF, b.low);
  if (slowly) {
    give (slow, c, i, a.slow);
    give (slow, c, i + HALF, b.slow);
  }
  *z = onward (p, *z, b.in + stay * a.in + cross * TURN (a.in));
#endif
}

INLINE void
run (const struct lq_groove_poles *poles, struct lq_groove_state *state,
    const float *const from[2], float *const to[2], float *const slow_to[2], const bool slowly,
    uint32_t n)
{
  const struct lq_groove_poles p = *poles;
  const float *const x[2] = { from[0], from[1] };
  float *const high[2] = { to[0], to[1] };
  float *const slow[2] = { slowly ? slow_to[0] : NULL, slowly ? slow_to[1] : NULL };
  states z[2 / PLANES];

  memcpy (z, state->z, sizeof z);
  for (uint32_t i = 0; i < n; i += STEP)
    for (int c = 0; c < 2; c += PLANES)
      go (&p, z + c / PLANES, x, high, slow, c, i, slowly);
  memcpy (state->z, z, sizeof z);
}

void
LQ_KERNEL (groove_take) (
    const float *l, const float *r, float scale, float *const x[2], uint32_t n)
{
  float *const lateral = x[0], *const vertical = x[1];
  uint32_t i = 0;

  for (; i + LANES <= n; i += LANES) {
    const wide a = load (l + i), b = load (r + i);
    store (lateral + i, (a + b) * scale);
    store (vertical + i, (a - b) * scale);
  }
  for (; i < n; i++) {
    const float a = l[i], b = r[i];
    lateral[i] = (a + b) * scale;
    vertical[i] = (a - b) * scale;
  }
}

void
LQ_KERNEL (groove_run) (const struct lq_groove_poles *poles, struct lq_groove_state *state,
    const float *const x[2], float *const d[2], float *const high[2], float *const slow[2],
    uint32_t n)
{
  for (uint32_t c = 0; c < 2; c++) {
    const float *const from = x[c];
    float *const to = d[c];
    for (uint32_t i = 0; i < n; i += LANES)
      store (to + i, load (from + i) - load (from + i - 1));
  }
  if (slow)
    run (poles, state, x, high, slow, true, n);
  else
    run (poles, state, x, high, slow, false, n);
}

void
LQ_KERNEL (groove_wave) (const struct lq_groove_form *form, const struct lq_groove_rows *rows,
    float *const out[2], uint32_t n)
{
  for (uint32_t i = 0; i < n; i += LQ_GROOVE_GROUP)
    for (uint32_t c = 0; c < 2; c++)
      for (uint32_t at = i; at < i + LQ_GROOVE_GROUP; at += STRIDE)
        wave_of (form, rows, c, at, out[c] + at);
}
