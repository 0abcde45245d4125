/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how the groove moves. Poles near 0 Hz keep their states in double and go by whole groups, in
 *          which they are sums over the group's frames; what is fast is short symmetric sums over many
 *          frames at once.
 * Source:  what is read once serves all kinds; a product and a sum are one instruction. */

#include "groove-lanes.h"

/* States go on by a group. */
INLINE lq_v4d
onward (const struct lq_groove_poles *p, lq_v4d z, lq_v4f in)
{
  lq_v4d stay, cross;

  memcpy (&stay, p->stay, sizeof stay);
  memcpy (&cross, p->cross, sizeof cross);
  return stay * z + (cross * __builtin_shufflevector (z, z, 0, 2, 1, 3) +
                        __builtin_convertvector(in, lq_v4d));
}

/* One plane's group; s NULL: slow isn't wanted. */
struct group {
  wide low[VECTORS], slow[VECTORS];
  lq_v4f in;
};

/* What frame m of the group adds, m known to the compiler. */
INLINE void
frame (
    const struct lq_groove_poles *p, struct group *g, float x, const int m, const bool slowly)
{
  lq_v4f into;

  memcpy (&into, p->into[m], sizeof into);
  g->in += into * x;
  for (int v = 0; v < VECTORS; v++) {
    const int from = LQ_GROOVE_GROUP - 1 - m + v * LANES;
    if ((v + 1) * LANES <= m)
      continue;
    g->low[v] = plus (g->low[v], x, load (p->low + from));
    if (slowly)
      g->slow[v] = plus (g->slow[v], x, load (p->slow + from));
  }
}

INLINE lq_v4d
run_group (const struct lq_groove_poles *p, lq_v4d z, const float *x, float *h, float *s)
{
  struct group g = { { { 0 } }, { { 0 } }, { 0 } };

#define FOUR(m)                                                                                \
  frame (p, &g, x[m], m, s), frame (p, &g, x[m + 1], m + 1, s),                                \
      frame (p, &g, x[m + 2], m + 2, s), frame (p, &g, x[m + 3], m + 3, s)
  FOUR (0), FOUR (4), FOUR (8), FOUR (12);
#undef FOUR
  for (int v = 0; v < VECTORS; v++) {
    const int at = v * LANES;
    store (h + at, load (x + at) - plus (g.low[v], (float)z[3], load (p->decay + at)));
    if (!s)
      continue;
    for (int i = 0; i < 3; i++)
      g.slow[v] = plus (g.slow[v], (float)z[i], load (p->rest[i] + at));
    store (s + at, g.slow[v]);
  }
  return onward (p, z, g.in);
}

INLINE void
run_both (const struct lq_groove_poles *p, struct lq_groove_state *state,
    const float *const x[2], float *const high[2], float *const slow[2], uint32_t n)
{
  lq_v4d z[2];

  memcpy (z, state, sizeof z);
  for (uint32_t i = 0; i < n; i += LQ_GROOVE_GROUP)
    for (int c = 0; c < 2; c++)
      z[c] = run_group (p, z[c], x[c] + i, high[c] + i, slow ? slow[c] + i : NULL);
  memcpy (state, z, sizeof z);
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
    run_both (poles, state, x, high, slow, n);
  else
    run_both (poles, state, x, high, NULL, n);
}

/* What taps from..to of those kinds add at frame i and behind; sums are split where one would wait for
 * itself. */
INLINE void
add (const struct lq_groove_form *form, const uint32_t kinds, const uint32_t split,
    uint32_t from, uint32_t to, const struct lq_groove_rows *rows, uint32_t i,
    wide sum[LQ_GROOVE_KINDS][2][2][COLUMNS])
{
  const uint32_t planes = kinds & ~(1u << LQ_GROOVE_VELOCITY) ? 2 : 1;

  if (kinds == 0)
    return;
  for (uint32_t k = from; k < to; k += 2)
    for (uint32_t s = 0; s < 2; s++)
      for (uint32_t c = 0; c < planes; c++)
        for (int v = 0; v < COLUMNS; v++) {
          const wide d = load (rows->d[c] + i - MIDDLE + k + s + v * LANES);
          for (uint32_t kind = 0; kind < LQ_GROOVE_KINDS; kind++)
            if (kinds >> kind & 1 && (c == 0 || kind != LQ_GROOVE_VELOCITY)) {
              wide *const to_this = &sum[kind][s % split][c][v];
              *to_this = plus (*to_this, form[kind].tap[k + s], d);
            }
        }
}

/* All taps: those of acceleration are the most, those of displacement the fewest. */
INLINE void
add_all (const struct lq_groove_form *form, const uint32_t skip[LQ_GROOVE_KINDS],
    const uint32_t kinds, const uint32_t split, const struct lq_groove_rows *rows, uint32_t i,
    wide sum[LQ_GROOVE_KINDS][2][2][COLUMNS])
{
  const uint32_t most = kinds & 1u << LQ_GROOVE_ACCELERATION;
  const uint32_t more = kinds & ~(1u << LQ_GROOVE_DISPLACEMENT);
  const uint32_t a = skip[LQ_GROOVE_ACCELERATION], v = skip[LQ_GROOVE_VELOCITY],
                 y = skip[LQ_GROOVE_DISPLACEMENT], end = LQ_GROOVE_TAPS;

  add (form, most, split, a, v, rows, i, sum);
  add (form, more, split, v, y, rows, i, sum);
  add (form, kinds, split, y, end - y, rows, i, sum);
  add (form, more, split, end - y, end - v, rows, i, sum);
  add (form, most, split, end - v, end - a, rows, i, sum);
}

INLINE void
grid (const struct lq_groove_form *form, const uint32_t *skip, const uint32_t kinds,
    const uint32_t split, const struct lq_groove_rows *rows,
    float *const wave[LQ_GROOVE_KINDS][2], struct lq_groove_peaks *peaks, uint32_t groups)
{
  for (uint32_t g = 0; g < groups; g++) {
    wide most[PEAKS] = { { 0 } };
    for (uint32_t i = g * LQ_GROOVE_GROUP; i < (g + 1) * LQ_GROOVE_GROUP; i += STRIDE) {
      wide sum[LQ_GROOVE_KINDS][2][2][COLUMNS] = { { { { { 0 } } } } };
      add_all (form, skip, kinds, split, rows, i, sum);
      for (uint32_t kind = 0; kind < LQ_GROOVE_KINDS; kind++) {
        if (!(kinds >> kind & 1))
          continue;
        for (int v = 0; v < COLUMNS; v++) {
          wide y[2] = { { 0 } };
          for (uint32_t c = 0; c < (kind == LQ_GROOVE_VELOCITY ? 1 : 2); c++) {
            const uint32_t at = i + (uint32_t)(v * LANES);
            y[c] = besides (form + kind, kind, rows, c, at) + sum[kind][0][c][v];
            if (split > 1)
              y[c] += sum[kind][1][c][v];
            store (wave[kind][c] + at, y[c]);
          }
          gather (kind, y[0], y[1], most);
        }
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
  switch (kinds) {
    case 7:
      grid (form, skip, 7, 1, rows, wave, peaks, groups);
      break;
    case 6:
      grid (form, skip, 6, 1, rows, wave, peaks, groups);
      break;
    case 5:
      grid (form, skip, 5, 1, rows, wave, peaks, groups);
      break;
    case 4:
      grid (form, skip, 4, 2, rows, wave, peaks, groups);
      break;
    case 3:
      grid (form, skip, 3, 2, rows, wave, peaks, groups);
      break;
    case 2:
      grid (form, skip, 2, 2, rows, wave, peaks, groups);
      break;
    case 1:
      grid (form, skip, 1, 2, rows, wave, peaks, groups);
      break;
    default:
      memset (peaks, 0, groups * sizeof *peaks);
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
