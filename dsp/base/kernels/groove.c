/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how the groove moves. Poles near 0 Hz keep their states in double and go by steps, in
 *          which they are sums over the step's frames. What is fast: groove-grid.c.
 * Source:  a product and a sum are one instruction. */

#include "groove-lanes.h"

/* States go on by a step. */
INLINE lq_v4d
onward (const struct lq_groove_poles *p, lq_v4d z, lq_v4f in)
{
  lq_v4d stay, cross;

  memcpy (&stay, p->stay, sizeof stay);
  memcpy (&cross, p->cross, sizeof cross);
  return stay * z + (cross * __builtin_shufflevector (z, z, 0, 2, 1, 3) +
                        __builtin_convertvector(in, lq_v4d));
}

#define STEP LQ_GROOVE_STEP
#define PER_STEP (STEP / LANES)

/* What the frames of a step add to one plane. */
struct step {
  wide low[PER_STEP], slow[PER_STEP];
  lq_v4f in;
};

/* Frame m's, m known to the compiler. */
INLINE void
frame (const struct lq_groove_poles *p, struct step *a, struct step *b, float x, float y,
    const int m, const bool slowly)
{
  lq_v4f into;

  memcpy (&into, p->into[m], sizeof into);
  a->in += into * x;
  b->in += into * y;
  for (int v = 0; v < PER_STEP; v++) {
    const int from = STEP - 1 - m + v * LANES;
    const wide low = load (p->low + from), slow = load (p->slow + from);
    if ((v + 1) * LANES <= m)
      continue;
    a->low[v] = plus (a->low[v], x, low);
    b->low[v] = plus (b->low[v], y, low);
    if (!slowly)
      continue;
    a->slow[v] = plus (a->slow[v], x, slow);
    b->slow[v] = plus (b->slow[v], y, slow);
  }
}

/* With what was before. */
INLINE lq_v4d
finish (const struct lq_groove_poles *p, const struct step *a, lq_v4d z, const float *x,
    float *h, float *s, const bool slowly)
{
  for (int v = 0; v < PER_STEP; v++) {
    const int at = v * LANES;
    wide slow = a->slow[v];
    store (h + at, load (x + at) - plus (a->low[v], (float)z[3], load (p->decay + at)));
    if (!slowly)
      continue;
    slow = plus (slow, (float)z[0], load (p->rest[0] + at));
    slow = plus (slow, (float)z[1], load (p->rest[1] + at));
    slow = plus (slow, (float)z[2], load (p->rest[2] + at));
    store (s + at, slow);
  }
  return onward (p, z, a->in);
}

INLINE void
run_both (const struct lq_groove_poles *p, struct lq_groove_state *state,
    const float *const x[2], float *const high[2], float *const slow[2], const bool slowly,
    uint32_t n)
{
  const float *const xa = x[0], *const xb = x[1];
  float *const ha = high[0], *const hb = high[1];
  float *const sa = slowly ? slow[0] : NULL, *const sb = slowly ? slow[1] : NULL;
  lq_v4d za, zb;

  memcpy (&za, state->z[0], sizeof za);
  memcpy (&zb, state->z[1], sizeof zb);
  for (uint32_t i = 0; i < n; i += STEP) {
    struct step a = { .in = { 0 } }, b = a;
#define TWO(m)                                                                                 \
  frame (p, &a, &b, xa[i + m], xb[i + m], m, slowly),                                          \
      frame (p, &a, &b, xa[i + m + 1], xb[i + m + 1], m + 1, slowly)
    TWO (0), TWO (2), TWO (4), TWO (6);
#undef TWO
    za = finish (p, &a, za, xa + i, ha + i, sa + i, slowly);
    zb = finish (p, &b, zb, xb + i, hb + i, sb + i, slowly);
  }
  memcpy (state->z[0], &za, sizeof za);
  memcpy (state->z[1], &zb, sizeof zb);
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
    run_both (poles, state, x, high, slow, true, n);
  else
    run_both (poles, state, x, high, slow, false, n);
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
