/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: two channels to up to six bands.
 * Source:  S. Linkwitz, R. Riley, JAES 24(1) 1976: bands are high-passes and low-passes squared; the
 *          two of a split sum to an all-pass, which the bands of other splits pass as well.
 *
 *   x ─→ split 0 ─┬─ lower ─→ all-passes of the upper side ─→ split 3 ─┬─→ … ─→ split 4 ─→
 *                 └─ upper ─→ all-passes of the lower side ─→ split 3 ─┴─→ … ─→ split 5 ─→
 *
 *   split: x ─→ w = x − a1·w₁ − a2·w₂ ─┬─→ a2·w + a1·w₁ + w₂ = all-pass
 *                                      └─→ w − 2w₁ + w₂ ─→ v, likewise ─→ gain·(v − 2v₁ + v₂) = upper
 *          lower = all-pass − upper
 *
 * Two channels of two signals are the lanes: both sides of a level of the tree go at once. The way
 * through all of it is long, and a processor looks only so far ahead: each recursion is a frame
 * behind the one that feeds it. Frames of a piece come out as rows of lanes, and are sorted into
 * planes afterwards. */

#include "kernels-isa.h"

#include <stdbool.h>
#include <string.h>

/* Frames that go through the tree at once. */
#define PIECE 256

#define INLINE static inline __attribute__ ((always_inline))

/* Lanes that come out. Of splits without a level behind them: the lower bands, the upper ones. */
struct piece {
  double in[PIECE][2];
  float out[3][PIECE][4];
  float nobody[PIECE];
};

/* The bands of rows, from 1 on, by halves of their lanes; 0: nobody's. */
static const uint8_t places[LQ_BANDS_MAX + 1][3][2] = {
  [2] = { { 1, 2 } },
  [3] = { { 1, 2 }, { 0, 3 } },
  [4] = { { 1, 3 }, { 2, 4 } },
  [5] = { { 1, 2 }, { 3, 4 }, { 0, 5 } },
  [6] = { { 1, 2 }, { 4, 5 }, { 3, 6 } },
};

#if defined(__FMA__)
#define FUSED4(a, b, c) _mm256_fmadd_pd (a, b, c)
#else
#define FUSED4(a, b, c) ((a) * (b) + (c))
#endif

/* Four lanes of a recursion: the last value of each and the last but one. */
struct past {
  lq_v4d one, two;
};

/* Taps of the all-pass, and of both high-passes together. */
struct taps {
  lq_v4d a1, a2, gain;
};

INLINE lq_v4d
load (const double *x)
{
  lq_v4d v;

  memcpy (&v, x, sizeof v);
  return v;
}

INLINE struct taps
taps_of (const struct lq_bands_taps *t, uint32_t i)
{
  return (struct taps){ load (t->a1[i]), load (t->a2[i]), load (t->gain[i]) };
}

INLINE struct past
past_of (const double state[2][4])
{
  return (struct past){ load (state[0]), load (state[1]) };
}

INLINE void
keep (const struct past *p, double state[2][4])
{
  memcpy (state[0], &p->one, sizeof p->one);
  memcpy (state[1], &p->two, sizeof p->two);
}

/* The all-pass of x, and *high: what the first high-pass makes of it. */
INLINE lq_v4d
allpass (const struct taps *t, struct past *w, lq_v4d x, lq_v4d *high)
{
  const lq_v4d twice = { -2.0, -2.0, -2.0, -2.0 };
  const lq_v4d now = FUSED4 (-t->a1, w->one, FUSED4 (-t->a2, w->two, x));
  const lq_v4d sum = FUSED4 (t->a2, now, FUSED4 (t->a1, w->one, w->two));

  *high = FUSED4 (twice, w->one, now + w->two);
  w->two = w->one;
  w->one = now;
  return sum;
}

/* The second high-pass. */
INLINE lq_v4d
upper (const struct taps *t, struct past *v, lq_v4d x)
{
  lq_v4d high;

  allpass (t, v, x, &high);
  return t->gain * high;
}

INLINE void
put (lq_v4d v, float *out)
{
  const lq_v4f narrow = __builtin_convertvector(v, lq_v4f);

  memcpy (out, &narrow, sizeof narrow);
}

/* The first split has two lanes. */
struct first {
  lq_v2d a1, a2, gain, w1, w2, v1, v2;
};

INLINE struct first
first_of (const struct lq_bands_taps *t, const struct lq_bands_state *s)
{
  struct first f;

  memcpy (&f.a1, t->a1[0], sizeof f.a1);
  memcpy (&f.a2, t->a2[0], sizeof f.a2);
  memcpy (&f.gain, t->gain[0], sizeof f.gain);
  memcpy (&f.w1, s->w[0][0], sizeof f.w1);
  memcpy (&f.w2, s->w[0][1], sizeof f.w2);
  memcpy (&f.v1, s->v[0][0], sizeof f.v1);
  memcpy (&f.v2, s->v[0][1], sizeof f.v2);
  return f;
}

INLINE void
keep_first (const struct first *f, struct lq_bands_state *s)
{
  memcpy (s->w[0][0], &f->w1, sizeof f->w1);
  memcpy (s->w[0][1], &f->w2, sizeof f->w2);
  memcpy (s->v[0][0], &f->v1, sizeof f->v1);
  memcpy (s->v[0][1], &f->v2, sizeof f->v2);
}

INLINE lq_v2d
allpass_first (struct first *f, const double *in, lq_v2d *high)
{
  const lq_v2d twice = { -2.0, -2.0 };
  lq_v2d x, w, sum;

  memcpy (&x, in, sizeof x);
  w = lq_v2d_fused (-f->a1, f->w1, lq_v2d_fused (-f->a2, f->w2, x));
  sum = lq_v2d_fused (f->a2, w, lq_v2d_fused (f->a1, f->w1, f->w2));
  *high = lq_v2d_fused (twice, f->w1, w + f->w2);
  f->w2 = f->w1;
  f->w1 = w;
  return sum;
}

INLINE lq_v2d
upper_first (struct first *f, lq_v2d x)
{
  const lq_v2d twice = { -2.0, -2.0 };
  const lq_v2d v = lq_v2d_fused (-f->a1, f->v1, lq_v2d_fused (-f->a2, f->v2, x));
  const lq_v2d high = lq_v2d_fused (twice, f->v1, v + f->v2);

  f->v2 = f->v1;
  f->v1 = v;
  return f->gain * high;
}

/* All recursions, and what each hands to the next. */
struct tree {
  struct first first;
  struct taps one, two, split, a, b, deep;
  struct past w1, w2, w, v, wa, wb, vd;
  lq_v2d first_sum, first_high;
  lq_v4d x1, x2, x3, sum, high, in_a, in_b, sum_a, sum_b, high_d;
};

INLINE struct tree
tree_of (const struct lq_bands_taps *t, const struct lq_bands_state *s)
{
  struct tree r = { .first = first_of (t, s),
    .one = taps_of (t, 1),
    .two = taps_of (t, 2),
    .split = taps_of (t, 3),
    .a = taps_of (t, 4),
    .b = taps_of (t, 5),
    .w1 = past_of (s->w[1]),
    .w2 = past_of (s->w[2]),
    .w = past_of (s->w[3]),
    .v = past_of (s->v[3]),
    .wa = past_of (s->w[4]),
    .wb = past_of (s->w[5]),
    .vd = past_of (s->v[4]) };

  r.deep.a1 = __builtin_shufflevector (r.a.a1, r.b.a1, 2, 3, 6, 7);
  r.deep.a2 = __builtin_shufflevector (r.a.a2, r.b.a2, 2, 3, 6, 7);
  r.deep.gain = __builtin_shufflevector (r.a.gain, r.b.gain, 2, 3, 6, 7);
  return r;
}

INLINE void
keep_tree (const struct tree *r, struct lq_bands_state *s)
{
  keep_first (&r->first, s);
  keep (&r->w1, s->w[1]);
  keep (&r->w2, s->w[2]);
  keep (&r->w, s->w[3]);
  keep (&r->v, s->v[3]);
  keep (&r->wa, s->w[4]);
  keep (&r->wb, s->w[5]);
  keep (&r->vd, s->v[4]);
}

/* The last level: the lower of each pair of lanes only passes the all-pass. */
INLINE void
end_deep (struct tree *r, struct piece *p, uint32_t i)
{
  const lq_v4d zero = { 0.0 }, up = upper (&r->deep, &r->vd, r->high_d);

  put (r->sum_a - __builtin_shufflevector (zero, up, 0, 1, 4, 5), p->out[0][i]);
  put (r->sum_b - __builtin_shufflevector (zero, up, 0, 1, 6, 7), p->out[1][i]);
  put (up, p->out[2][i]);
}

INLINE void
begin_deep (struct tree *r)
{
  lq_v4d high_a, high_b;

  r->sum_a = allpass (&r->a, &r->wa, r->in_a, &high_a);
  r->sum_b = allpass (&r->b, &r->wb, r->in_b, &high_b);
  r->high_d = __builtin_shufflevector (high_a, high_b, 2, 3, 6, 7);
}

/* The second level's bands: out, or on. */
INLINE void
end_split (struct tree *r, struct piece *p, uint32_t i, bool on)
{
  const lq_v4d up = upper (&r->split, &r->v, r->high), low = r->sum - up;

  if (on) {
    r->in_a = __builtin_shufflevector (low, up, 0, 1, 4, 5);
    r->in_b = __builtin_shufflevector (low, up, 2, 3, 6, 7);
    return;
  }
  put (low, p->out[0][i]);
  put (up, p->out[1][i]);
}

/* The first level's. */
INLINE void
end_first (struct tree *r, struct piece *p, uint32_t i, bool on)
{
  const lq_v2d up = upper_first (&r->first, r->first_high), low = r->first_sum - up;

  r->x1 = __builtin_shufflevector (low, up, 0, 1, 2, 3);
  if (!on)
    put (r->x1, p->out[0][i]);
}

INLINE void
begin_first (struct tree *r, const double *in)
{
  r->first_sum = allpass_first (&r->first, in, &r->first_high);
}

INLINE lq_v4d
pass_between (struct tree *r, uint32_t which, lq_v4d x)
{
  lq_v4d high;

  return which == 1 ? allpass (&r->one, &r->w1, x, &high) : allpass (&r->two, &r->w2, x, &high);
}

INLINE void
begin_split (struct tree *r, const uint32_t passes)
{
  r->sum = allpass (&r->split, &r->w,
      passes == 0   ? r->x1
      : passes == 1 ? r->x2
                    : r->x3,
      &r->high);
}

#if defined(__AVX__)
/* Step t: each recursion is a frame behind the one that feeds it. `all`: each has one. */
INLINE void
step (struct tree *r, struct piece *p, uint32_t t, uint32_t n, bool all, const uint32_t levels,
    const uint32_t passes)
{
  const uint32_t split = 2 + passes;

  /* Before its first frame the difference is a very large number. */
#define HAS(lag) (all || t - (lag) < n)
  if (levels > 2 && HAS (split + 3))
    end_deep (r, p, t - (split + 3));
  if (levels > 2 && HAS (split + 2))
    begin_deep (r);
  if (levels > 1 && HAS (split + 1))
    end_split (r, p, t - (split + 1), levels > 2);
  if (levels > 1 && HAS (split))
    begin_split (r, passes);
  if (levels > 1 && passes > 1 && HAS (3))
    r->x3 = pass_between (r, 2, r->x2);
  if (levels > 1 && passes > 0 && HAS (2))
    r->x2 = pass_between (r, 1, r->x1);
  if (HAS (1))
    end_first (r, p, t - 1, levels > 1);
  if (HAS (0))
    begin_first (r, p->in[t]);
#undef HAS
}
#define LAST(levels, passes) ((levels) == 1 ? 1 : (levels) == 2 ? 3 + (passes) : 5 + (passes))
#else
/* There aren't registers enough for frames on their way. */
INLINE void
step (struct tree *r, struct piece *p, uint32_t t, uint32_t n, bool all, const uint32_t levels,
    const uint32_t passes)
{
  begin_first (r, p->in[t]);
  end_first (r, p, t, levels > 1);
  if (levels > 1 && passes > 0)
    r->x2 = pass_between (r, 1, r->x1);
  if (levels > 1 && passes > 1)
    r->x3 = pass_between (r, 2, r->x2);
  if (levels > 1)
    begin_split (r, passes);
  if (levels > 1)
    end_split (r, p, t, levels > 2);
  if (levels > 2)
    begin_deep (r);
  if (levels > 2)
    end_deep (r, p, t);
}
#define LAST(levels, passes) 0
#endif

/* n frames of a piece; levels of the tree, all-passes between the first two of them. */
INLINE void
grow (const struct lq_bands_taps *taps, struct lq_bands_state *s, struct piece *p, uint32_t n,
    const uint32_t levels, const uint32_t passes)
{
  const uint32_t last = LAST (levels, passes);
  struct tree r = tree_of (taps, s);
  uint32_t t = 0;

  for (; t < last; t++)
    step (&r, p, t, n, false, levels, passes);
  for (; t < n; t++)
    step (&r, p, t, n, true, levels, passes);
  for (; t < n + last; t++)
    step (&r, p, t, n, false, levels, passes);
  keep_tree (&r, s);
}

/* Rows of lanes to a plane for each lane. */
INLINE uint32_t
transpose (const float (*rows)[4], float *const plane[4], uint32_t n)
{
  uint32_t i = 0;

#if defined(__AVX__)
  for (; i + 8 <= n; i += 8) {
    lq_v8f r[4], a, b, c, d;
    for (uint32_t k = 0; k < 4; k++)
      r[k] = _mm256_insertf128_ps (_mm256_castps128_ps256 (_mm_loadu_ps (rows[i + k])),
          _mm_loadu_ps (rows[i + 4 + k]), 1);
    a = _mm256_unpacklo_ps (r[0], r[1]);
    b = _mm256_unpacklo_ps (r[2], r[3]);
    c = _mm256_unpackhi_ps (r[0], r[1]);
    d = _mm256_unpackhi_ps (r[2], r[3]);
    _mm256_storeu_ps (plane[0] + i, _mm256_shuffle_ps (a, b, 0x44));
    _mm256_storeu_ps (plane[1] + i, _mm256_shuffle_ps (a, b, 0xee));
    _mm256_storeu_ps (plane[2] + i, _mm256_shuffle_ps (c, d, 0x44));
    _mm256_storeu_ps (plane[3] + i, _mm256_shuffle_ps (c, d, 0xee));
  }
#else
  for (; i + 4 <= n; i += 4) {
    lq_v4f r[4], a, b, c, d;
    for (uint32_t k = 0; k < 4; k++)
      memcpy (&r[k], rows[i + k], sizeof r[k]);
    a = __builtin_shufflevector (r[0], r[1], 0, 4, 1, 5);
    b = __builtin_shufflevector (r[2], r[3], 0, 4, 1, 5);
    c = __builtin_shufflevector (r[0], r[1], 2, 6, 3, 7);
    d = __builtin_shufflevector (r[2], r[3], 2, 6, 3, 7);
    r[0] = __builtin_shufflevector (a, b, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector (a, b, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector (c, d, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector (c, d, 2, 3, 6, 7);
    for (uint32_t k = 0; k < 4; k++)
      memcpy (plane[k] + i, &r[k], sizeof r[k]);
  }
#endif
  return i;
}

static void
sort (struct piece *p, uint32_t bands, float *const (*out)[2], uint32_t at, uint32_t n)
{
  const uint32_t rows = bands == 2 ? 1 : bands < LQ_BANDS_DEEP ? 2 : 3;

  for (uint32_t k = 0; k < rows; k++) {
    float *plane[4];
    for (uint32_t lane = 0; lane < 4; lane++) {
      const uint32_t band = places[bands][k][lane / 2];
      plane[lane] = band ? out[band - 1][lane % 2] + at : p->nobody;
    }
    for (uint32_t i = transpose (p->out[k], plane, n); i < n; i++)
      for (uint32_t lane = 0; lane < 4; lane++)
        plane[lane][i] = p->out[k][i][lane];
  }
}

void
LQ_KERNEL (bands) (const struct lq_bands_taps *taps, struct lq_bands_state *state,
    const float *const x[2], float *const (*out)[2], uint32_t n)
{
  struct piece p;

  for (uint32_t at = 0, some; at < n; at += some) {
    const float *left = x[0] + at, *right = x[1] + at;
    some = n - at < PIECE ? n - at : PIECE;
    for (uint32_t i = 0; i < some; i++) {
      p.in[i][0] = left[i];
      p.in[i][1] = right[i];
    }
    switch (taps->bands) {
      case 2:
        grow (taps, state, &p, some, 1, 0);
        break;
      case 3:
        grow (taps, state, &p, some, 2, 0);
        break;
      case 4:
        grow (taps, state, &p, some, 2, 1);
        break;
      case 5:
        grow (taps, state, &p, some, 3, 1);
        break;
      default:
        grow (taps, state, &p, some, 3, 2);
        break;
    }
    sort (&p, taps->bands, out, at, some);
  }
}
