/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what moves in groups of frames, and its peaks: short sums over many frames at once.
 * Source:  what is read once serves all kinds; a product and a sum are one instruction. Vectors of a
 *          whole group would be read across lines of the cache, nearly all of them, which takes twice
 *          as long: those that lie in lines are read, and what lies between is shifted out of two. */

#define GROOVE_WHOLE_GROUPS
#include "groove-lanes.h"

/* Kinds. */
#define V (1u << LQ_GROOVE_VELOCITY)
#define A (1u << LQ_GROOVE_ACCELERATION)
#define Y (1u << LQ_GROOVE_DISPLACEMENT)

/* Velocity, and both planes of the others. */
struct sums {
  wide v, a, b, y, z;
};

static const struct sums nothing;

/* What a tap of those kinds adds, of either plane. */
INLINE void
tap_lateral (const struct lq_groove_form *form, const uint32_t kinds, uint32_t k, wide d,
    struct sums *sum)
{
  if (kinds & V)
    sum->v = plus (sum->v, form[LQ_GROOVE_VELOCITY].tap[k], d);
  if (kinds & A)
    sum->a = plus (sum->a, form[LQ_GROOVE_ACCELERATION].tap[k], d);
  if (kinds & Y)
    sum->y = plus (sum->y, form[LQ_GROOVE_DISPLACEMENT].tap[k], d);
}

INLINE void
tap_vertical (const struct lq_groove_form *form, const uint32_t kinds, uint32_t k, wide e,
    struct sums *sum)
{
  if (kinds & A)
    sum->b = plus (sum->b, form[LQ_GROOVE_ACCELERATION].tap[k], e);
  if (kinds & Y)
    sum->z = plus (sum->z, form[LQ_GROOVE_DISPLACEMENT].tap[k], e);
}

/* The sums of frame i and behind are whole. */
INLINE void
finish (const struct lq_groove_form *form, const uint32_t kinds,
    const struct lq_groove_rows *rows, uint32_t i, const struct sums *sum,
    float *const wave[LQ_GROOVE_KINDS][2], wide most[PEAKS])
{
  if (kinds & V) {
    const wide v = besides (form, 0, rows, 0, i) + sum->v;
    store (wave[0][0] + i, v);
    gather (0, v, v, most);
  }
  if (kinds & A) {
    const wide a = besides (form + 1, 1, rows, 0, i) + sum->a;
    const wide b = besides (form + 1, 1, rows, 1, i) + sum->b;
    store (wave[1][0] + i, a);
    store (wave[1][1] + i, b);
    gather (1, a, b, most);
  }
  if (kinds & Y) {
    const wide y = besides (form + 2, 2, rows, 0, i) + sum->y;
    const wide z = besides (form + 2, 2, rows, 1, i) + sum->z;
    store (wave[2][0] + i, y);
    store (wave[2][1] + i, z);
    gather (2, y, z, most);
  }
}

#if defined(__AVX512F__)
/* Taps that are 0 at either end where there are few. */
enum { FEW_V = 6, FEW_A = 4, FEW_Y = 10 };

/* The kinds that have tap k. */
INLINE uint32_t
kinds_with (const uint32_t k, const bool few)
{
  const uint32_t end = LQ_GROOVE_TAPS;

  if (!few)
    return V | A | Y;
  return (k >= FEW_V && k < end - FEW_V ? V : 0) | (k >= FEW_A && k < end - FEW_A ? A : 0) |
         (k >= FEW_Y && k < end - FEW_Y ? Y : 0);
}

/* Of one plane, the group and its neighbours. */
struct around {
  wide before, here, behind;
};

INLINE struct around
around (const float *d)
{
  return (struct around){ load (d - LANES), load (d), load (d + LANES) };
}

/* What tap k, known to the compiler, sees. */
INLINE wide
seen (const struct around *at, const uint32_t k)
{
  const bool later = k > MIDDLE;
  const __m512i a = (__m512i)(later ? at->here : at->before);
  const __m512i b = (__m512i)(later ? at->behind : at->here);

#define CASE(n)                                                                                \
  case n:                                                                                      \
    return (wide)_mm512_alignr_epi32 (b, a, n)
  switch ((k + 1) % LANES) {
    CASE (1);
    CASE (2);
    CASE (3);
    CASE (4);
    CASE (5);
    CASE (6);
    CASE (7);
    CASE (8);
    CASE (9);
    CASE (10);
    CASE (11);
    CASE (12);
    CASE (13);
    CASE (14);
    CASE (15);
    default:
      return k == MIDDLE ? at->here : at->behind;
  }
#undef CASE
}

/* Every other tap apart, so that they needn't wait for one another. */
INLINE void
group (const struct lq_groove_form *form, const uint32_t kinds, const bool few,
    const struct lq_groove_rows *rows, uint32_t i, float *const wave[LQ_GROOVE_KINDS][2],
    struct lq_groove_peaks *peaks)
{
  const struct around d = around (rows->d[0] + i), e = around (rows->d[1] + i);
  struct sums sum = nothing, other = nothing;
  wide most[PEAKS] = { { 0 } };

#define TAP(k, to)                                                                             \
  tap_lateral (form, kinds &kinds_with (k, few), k, seen (&d, k), to),                         \
      tap_vertical (form, kinds &kinds_with (k, few), k, seen (&e, k), to)
#define FOUR(k) TAP (k, &sum), TAP (k + 1, &other), TAP (k + 2, &sum), TAP (k + 3, &other)
  FOUR (0), FOUR (4), FOUR (8), FOUR (12), FOUR (16), FOUR (20), FOUR (24), FOUR (28);
#undef FOUR
#undef TAP
  sum.v += other.v;
  sum.a += other.a;
  sum.b += other.b;
  sum.y += other.y;
  sum.z += other.z;
  finish (form, kinds, rows, i, &sum, wave, most);
  across (most, peaks);
}

INLINE void
grid (const struct lq_groove_form *form, const uint32_t *skip, const uint32_t kinds,
    const struct lq_groove_rows *rows, float *const wave[LQ_GROOVE_KINDS][2],
    struct lq_groove_peaks *peaks, uint32_t groups)
{
  const struct lq_groove_rows r = *rows;
  const bool few = skip[LQ_GROOVE_VELOCITY] >= FEW_V && skip[LQ_GROOVE_ACCELERATION] >= FEW_A &&
                   skip[LQ_GROOVE_DISPLACEMENT] >= FEW_Y;

  if (few)
    for (uint32_t g = 0; g < groups; g++)
      group (form, kinds, true, &r, g * LQ_GROOVE_GROUP, wave, peaks + g);
  else
    for (uint32_t g = 0; g < groups; g++)
      group (form, kinds, false, &r, g * LQ_GROOVE_GROUP, wave, peaks + g);
}
#else
/* What taps from..to of those kinds add at two vectors of frames: one vector at a time, since there are
 * hardly enough registers. */
INLINE void
add (const struct lq_groove_form *form, const uint32_t kinds, uint32_t from, uint32_t to,
    const float *d, const float *e, struct sums *sum, struct sums *next)
{
  if (kinds == 0)
    return;
  for (uint32_t k = from; k < to; k++) {
    tap_lateral (form, kinds, k, once (load (d + k)), sum);
    tap_lateral (form, kinds, k, once (load (d + k + LANES)), next);
    tap_vertical (form, kinds, k, once (load (e + k)), sum);
    tap_vertical (form, kinds, k, once (load (e + k + LANES)), next);
  }
}

/* All taps: those of acceleration are the most, those of displacement the fewest. */
INLINE void
pair (const struct lq_groove_form *form, const uint32_t skip[LQ_GROOVE_KINDS],
    const uint32_t kinds, const struct lq_groove_rows *rows, uint32_t i,
    float *const wave[LQ_GROOVE_KINDS][2], wide most[PEAKS])
{
  const uint32_t a = skip[LQ_GROOVE_ACCELERATION], v = skip[LQ_GROOVE_VELOCITY],
                 y = skip[LQ_GROOVE_DISPLACEMENT], end = LQ_GROOVE_TAPS;
  const float *const d = rows->d[0] + i - MIDDLE, *const e = rows->d[1] + i - MIDDLE;
  struct sums sum = nothing, next = nothing;

  add (form, kinds & A, a, v, d, e, &sum, &next);
  add (form, kinds & ~Y, v, y, d, e, &sum, &next);
  add (form, kinds, y, end - y, d, e, &sum, &next);
  add (form, kinds & ~Y, end - y, end - v, d, e, &sum, &next);
  add (form, kinds & A, end - v, end - a, d, e, &sum, &next);
  finish (form, kinds, rows, i, &sum, wave, most);
  finish (form, kinds, rows, i + LANES, &next, wave, most);
}

INLINE void
grid (const struct lq_groove_form *form, const uint32_t *skip, const uint32_t kinds,
    const struct lq_groove_rows *rows, float *const wave[LQ_GROOVE_KINDS][2],
    struct lq_groove_peaks *peaks, uint32_t groups)
{
  const struct lq_groove_rows r = *rows;

  for (uint32_t g = 0; g < groups; g++) {
    wide most[PEAKS] = { { 0 } };
    for (uint32_t h = 0; h < LQ_GROOVE_GROUP; h += STRIDE)
      pair (form, skip, kinds, &r, g * LQ_GROOVE_GROUP + h, wave, most);
    across (most, peaks + g);
  }
}
#endif

void
LQ_KERNEL (groove_grid) (const struct lq_groove_form form[LQ_GROOVE_KINDS],
    const uint32_t skip[LQ_GROOVE_KINDS], uint32_t kinds, const struct lq_groove_rows *rows,
    float *const wave[LQ_GROOVE_KINDS][2], struct lq_groove_peaks *peaks, uint32_t groups)
{
  /* What chains ask for; others are measured with all, and forgotten. */
  if (kinds == Y) {
    grid (form, skip, Y, rows, wave, peaks, groups);
    return;
  }
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
