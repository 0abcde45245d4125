/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how the groove moves. Poles near 0 Hz keep their states in double and go by steps, in
 *          which they are sums over the group's frames; what is fast is short symmetric sums over many
 *          frames at once.
 * Source:  what is read once serves all kinds; a product and a sum are one instruction. */

#include "groove-lanes.h"

/* Kinds. */
#define V (1u << LQ_GROOVE_VELOCITY)
#define A (1u << LQ_GROOVE_ACCELERATION)
#define Y (1u << LQ_GROOVE_DISPLACEMENT)

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

/* What is summed over COLUMNS vectors: velocity, and both planes of the others. */
struct sums {
  wide v0, v1, a0, a1, a2, a3, y0, y1, y2, y3;
};

/* What taps from..to of those kinds add at frame i and behind. */
INLINE void
add (const struct lq_groove_form *form, const uint32_t kinds, uint32_t from, uint32_t to,
    const float *d, const float *e, struct sums *sum)
{
  const struct lq_groove_form *const fv = form + LQ_GROOVE_VELOCITY;
  const struct lq_groove_form *const fa = form + LQ_GROOVE_ACCELERATION;
  const struct lq_groove_form *const fy = form + LQ_GROOVE_DISPLACEMENT;

  if (kinds == 0)
    return;
  for (uint32_t k = from; k < to; k++) {
    const wide d0 = load (d + k), d1 = load (d + k + LANES);
    const wide e0 = load (e + k), e1 = load (e + k + LANES);
    if (kinds & V) {
      sum->v0 = plus (sum->v0, fv->tap[k], d0);
      sum->v1 = plus (sum->v1, fv->tap[k], d1);
    }
    if (kinds & A) {
      sum->a0 = plus (sum->a0, fa->tap[k], d0);
      sum->a1 = plus (sum->a1, fa->tap[k], d1);
      sum->a2 = plus (sum->a2, fa->tap[k], e0);
      sum->a3 = plus (sum->a3, fa->tap[k], e1);
    }
    if (kinds & Y) {
      sum->y0 = plus (sum->y0, fy->tap[k], d0);
      sum->y1 = plus (sum->y1, fy->tap[k], d1);
      sum->y2 = plus (sum->y2, fy->tap[k], e0);
      sum->y3 = plus (sum->y3, fy->tap[k], e1);
    }
  }
}

/* All taps: those of acceleration are the most, those of displacement the fewest. */
INLINE struct sums
add_all (const struct lq_groove_form *form, const uint32_t skip[LQ_GROOVE_KINDS],
    const uint32_t kinds, const struct lq_groove_rows *rows, uint32_t i)
{
  const uint32_t a = skip[LQ_GROOVE_ACCELERATION], v = skip[LQ_GROOVE_VELOCITY],
                 y = skip[LQ_GROOVE_DISPLACEMENT], end = LQ_GROOVE_TAPS;
  const float *const d = rows->d[0] + i - MIDDLE, *const e = rows->d[1] + i - MIDDLE;
  const wide none = { 0 };
  struct sums sum = { none, none, none, none, none, none, none, none, none, none };

  add (form, kinds & A, a, v, d, e, &sum);
  add (form, kinds & ~Y, v, y, d, e, &sum);
  add (form, kinds, y, end - y, d, e, &sum);
  add (form, kinds & ~Y, end - y, end - v, d, e, &sum);
  add (form, kinds & A, end - v, end - a, d, e, &sum);
  return sum;
}

/* One vector of a kind is whole. */
INLINE wide
whole (const struct lq_groove_form *form, const uint32_t kind,
    const struct lq_groove_rows *rows, uint32_t c, uint32_t at, wide sum, float *wave)
{
  const wide y = besides (form + kind, kind, rows, c, at) + sum;

  store (wave + at, y);
  return y;
}

INLINE void
grid (const struct lq_groove_form *form, const uint32_t *skip, const uint32_t kinds,
    const struct lq_groove_rows *rows, float *const wave[LQ_GROOVE_KINDS][2],
    struct lq_groove_peaks *peaks, uint32_t groups)
{
  const struct lq_groove_rows r = *rows;
  float *const wv = wave[0][0], *const wa = wave[1][0], *const wb = wave[1][1];
  float *const wy = wave[2][0], *const wz = wave[2][1];

  for (uint32_t g = 0; g < groups; g++) {
    wide most[PEAKS] = { { 0 } };
    for (uint32_t h = 0; h < LQ_GROOVE_GROUP; h += STRIDE) {
      const uint32_t i = g * LQ_GROOVE_GROUP + h, j = i + LANES;
      const struct sums s = add_all (form, skip, kinds, &r, i);
      if (kinds & V) {
        gather (0, whole (form, 0, &r, 0, i, s.v0, wv), most[0], most);
        gather (0, whole (form, 0, &r, 0, j, s.v1, wv), most[0], most);
      }
      if (kinds & A) {
        gather (
            1, whole (form, 1, &r, 0, i, s.a0, wa), whole (form, 1, &r, 1, i, s.a2, wb), most);
        gather (
            1, whole (form, 1, &r, 0, j, s.a1, wa), whole (form, 1, &r, 1, j, s.a3, wb), most);
      }
      if (kinds & Y) {
        gather (
            2, whole (form, 2, &r, 0, i, s.y0, wy), whole (form, 2, &r, 1, i, s.y2, wz), most);
        gather (
            2, whole (form, 2, &r, 0, j, s.y1, wy), whole (form, 2, &r, 1, j, s.y3, wz), most);
      }
    }
    across (most, peaks + g);
  }
}

void
LQ_KERNEL (groove_grid) (const struct lq_groove_form form[LQ_GROOVE_KINDS],
    const uint32_t skip[LQ_GROOVE_KINDS], uint32_t kinds, const struct lq_groove_rows *rows,
    float *const wave[LQ_GROOVE_KINDS][2], struct lq_groove_peaks *peaks, uint32_t groups)
{
  /* What chains ask for; others are measured with all, and forgotten. */
  if (kinds == (A | Y)) {
    grid (form, skip, A | Y, rows, wave, peaks, groups);
    return;
  }
  grid (form, skip, V | A | Y, rows, wave, peaks, groups);
  for (uint32_t g = 0; g < groups; g++) {
    if (!(kinds & V))
      peaks[g].velocity = 0.0f;
    if (!(kinds & A))
      peaks[g].acceleration = 0.0f;
    if (!(kinds & Y))
      peaks[g].lateral = peaks[g].inward = peaks[g].outward = peaks[g].deep = peaks[g].shallow =
          0.0f;
  }
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
