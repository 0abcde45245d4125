/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: power of four signals, of all of them, of their bass and of their treble.
 *
 *   x ─┬─→ x² ─→ Σ
 *      ├─→ section, section (high-pass) ─→ y² ─→ Σ
 *      └─→ Σ of `step` frames ─→ sharpen ─→ section, section (low-pass) ─→ y², y·(that of the neighbour) ─→ Σ
 *
 * A lane for each signal. Sections are direct form I, so that one product and one difference come back
 * within a frame: those of a cascade have their inputs' past in common. */

#include "kernels-isa.h"

#include <string.h>

#define HOP LQ_TREATMENT_HOP

/* sinc falls by (πx)²/6: a twelfth of the second difference puts back half of that on either side. */
#define SHARPEN (1.0f / 24.0f)

static inline lq_v4f
all (float x)
{
  return (lq_v4f){ x, x, x, x };
}

static inline lq_v4f
get (const float *x)
{
  lq_v4f v;

  memcpy (&v, x, sizeof v);
  return v;
}

static inline void
add (double *sum, lq_v4f v)
{
  for (int k = 0; k < LQ_TREATMENT_LANES; k++)
    sum[k] += v[k];
}

/* Four frames of four planes, frame by frame. */
static inline void
frames (const float *const x[LQ_TREATMENT_LANES], uint32_t at, lq_v4f *f0, lq_v4f *f1,
    lq_v4f *f2, lq_v4f *f3)
{
  const lq_v4f a = get (x[0] + at), b = get (x[1] + at), c = get (x[2] + at),
               d = get (x[3] + at);
  const lq_v4f ab = __builtin_shufflevector (a, b, 0, 4, 1, 5),
               AB = __builtin_shufflevector (a, b, 2, 6, 3, 7),
               cd = __builtin_shufflevector (c, d, 0, 4, 1, 5),
               CD = __builtin_shufflevector (c, d, 2, 6, 3, 7);

  *f0 = __builtin_shufflevector (ab, cd, 0, 1, 4, 5);
  *f1 = __builtin_shufflevector (ab, cd, 2, 3, 6, 7);
  *f2 = __builtin_shufflevector (AB, CD, 0, 1, 4, 5);
  *f3 = __builtin_shufflevector (AB, CD, 2, 3, 6, 7);
}

/* Signals and their past two: in, between the sections, out. */
struct past {
  lq_v4f x1, x2, u1, u2, y1, y2;
};

static inline struct past
remember (const struct lq_treatment_past *s)
{
  return (struct past){ get (s->x[0]), get (s->x[1]), get (s->u[0]), get (s->u[1]),
    get (s->y[0]), get (s->y[1]) };
}

static inline void
keep (struct lq_treatment_past *s, const struct past *p)
{
  memcpy (s->x[0], &p->x1, sizeof p->x1);
  memcpy (s->x[1], &p->x2, sizeof p->x2);
  memcpy (s->u[0], &p->u1, sizeof p->u1);
  memcpy (s->u[1], &p->u2, sizeof p->u2);
  memcpy (s->y[0], &p->y1, sizeof p->y1);
  memcpy (s->y[1], &p->y2, sizeof p->y2);
}

/* Both sections, whose numerators are 1 + middle·z⁻¹ + z⁻². */
static inline lq_v4f
sections (struct past *p, const float taps[2][2], float middle, lq_v4f x)
{
  const lq_v4f u = ((x + p->x2) + all (middle) * p->x1 - all (taps[0][1]) * p->u2) -
                   all (taps[0][0]) * p->u1;
  const lq_v4f y = ((u + p->u2) + all (middle) * p->u1 - all (taps[1][1]) * p->y2) -
                   all (taps[1][0]) * p->y1;

  p->x2 = p->x1;
  p->x1 = x;
  p->u2 = p->u1;
  p->u1 = u;
  p->y2 = p->y1;
  p->y1 = y;
  return y;
}

struct bass {
  struct past past;
  lq_v4f box1, box2;
  lq_v4f power, cross;
};

static inline void
low (struct bass *b, const struct lq_treatment_taps *taps, lq_v4f box)
{
  const lq_v4f x = b->box1 - all (SHARPEN) * ((box - b->box1) - (b->box1 - b->box2));
  const lq_v4f y = sections (&b->past, taps->low, 2.0f, x);

  b->box2 = b->box1;
  b->box1 = box;
  b->power += y * y;
  b->cross += y * __builtin_shufflevector (y, y, 1, 0, 3, 2);
}

static inline lq_v4f
high (struct past *p, const struct lq_treatment_taps *taps, lq_v4f x, lq_v4f power)
{
  const lq_v4f y = sections (p, taps->high, -2.0f, x);

  return power + y * y;
}

void
LQ_KERNEL (treatment) (const struct lq_treatment_taps *taps, struct lq_treatment_state *state,
    const float *const x[LQ_TREATMENT_LANES], uint32_t hops)
{
  struct bass bass = {
    .past = remember (&state->low), .box1 = get (state->box[0]), .box2 = get (state->box[1])
  };
  struct past past = remember (&state->high);

  for (uint32_t at = 0; at < hops * HOP; at += HOP) {
    lq_v4f power = { 0 }, treble = { 0 }, box = { 0 };
    bass.power = bass.cross = power;
    for (uint32_t i = 0; i < HOP; i += 4) {
      lq_v4f a, b, c, d;
      frames (x, at + i, &a, &b, &c, &d);
      power += (a * a + b * b) + (c * c + d * d);
      treble = high (&past, taps, a, treble);
      treble = high (&past, taps, b, treble);
      treble = high (&past, taps, c, treble);
      treble = high (&past, taps, d, treble);
      box += (a + b) + (c + d);
      if (taps->step <= 2) {
        low (&bass, taps, taps->step == 1 ? a : a + b);
        if (taps->step == 1)
          low (&bass, taps, b);
        low (&bass, taps, taps->step == 1 ? c : c + d);
        if (taps->step == 1)
          low (&bass, taps, d);
      } else if ((i + 4) % taps->step == 0) {
        low (&bass, taps, box);
        box = all (0.0f);
      }
    }
    add (state->all, power);
    add (state->bass, bass.power);
    add (state->cross, bass.cross);
    add (state->treble, treble);
  }
  keep (&state->low, &bass.past);
  keep (&state->high, &past);
  memcpy (state->box[0], &bass.box1, sizeof bass.box1);
  memcpy (state->box[1], &bass.box2, sizeof bass.box2);
}
