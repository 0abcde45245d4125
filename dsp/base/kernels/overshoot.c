/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how far a signal reaches between its samples, eight times as finely.
 *
 *   x ─→ half-band, 64 taps ─→ h (half-way) ─→ 3 values between each two of x, h, x, h, …
 *
 * Twice the rate leaves the second interpolator an octave of room, so that 12 taps do. Its taps
 * of 1/4 and 3/4 mirror each other, as in truepeak.c. */

#include "bound.h"

#define PAIRS (LQ_OVERSHOOT_HALF / 2)

/* Frames of h that the values between x[i] and x[i + 1] take on either side. */
#define AROUND 3

/* What values are made of, on either side, less the two that they lie between. */
#define REACH (PAIRS + AROUND - 2)

/* h, half-way between x[0] and x[1], a lane each frame. */
static inline lq_wide
half_way (const struct lq_overshoot_taps *taps, const float *x)
{
  const float *first = x - (PAIRS - 1), *last = x + PAIRS;
  lq_wide even = { 0 }, odd = { 0 };

  for (int k = 0; k < PAIRS; k += 2) {
    even += taps->half[k] * (load (first + k) + load (last - k));
    odd += taps->half[k + 1] * (load (first + k + 1) + load (last - k - 1));
  }
  return even + odd;
}

/* The largest of the 3 values between a[0] and b[0]; the stream is …, a[0], b[0], a[1], b[1], … */
static inline lq_wide
between (const struct lq_overshoot_taps *taps, const float *a, const float *b)
{
  lq_wide mid = { 0 }, even = { 0 }, odd = { 0 };

  for (int k = 0; k < 3; k++) {
    const lq_wide outer = load (b - 3 + k), its = load (a + 3 - k);
    const lq_wide inner = load (a - 2 + k), other = load (b + 2 - k);
    const lq_wide s = outer + its, t = inner + other;
    mid += taps->mid[2 * k] * s + taps->mid[2 * k + 1] * t;
    even += taps->even[2 * k] * s + taps->even[2 * k + 1] * t;
    odd += taps->odd[2 * k] * (outer - its) + taps->odd[2 * k + 1] * (inner - other);
  }
  return lq_wide_max (lq_wide_abs (mid), lq_wide_abs (even) + lq_wide_abs (odd));
}

static inline void
store (float *at, lq_wide v)
{
  memcpy (at, &v, sizeof v);
}

/* max|x[i]|, i = 0 … n, and no other: what is found must not depend on the width of vectors. */
static inline float
samples_max (const float *x, uint32_t n)
{
  float largest = 0.0f;

  if (n + 1 >= (uint32_t)LQ_LANES)
    return near_max (x, n);
  for (uint32_t i = 0; i <= n; i++)
    largest = x[i] > largest ? x[i] : -x[i] > largest ? -x[i] : largest;
  return largest;
}

float
LQ_KERNEL (overshoot) (const struct lq_overshoot_taps *taps, const float *x, uint32_t n,
    float floor, float *last, float *scratch)
{
  float *value = scratch, *half = scratch + 16;
  const float *h = half + AROUND;
  const float largest = samples_max (x, n);
  lq_wide best = { 0 };
  float most;

  *last = 0.0f;
  if (taps->near * largest + taps->curve * curve_max (x, n, REACH) <= floor)
    return largest < floor ? largest : floor;
  for (uint32_t i = 0; i < n + 2 * AROUND; i += LQ_LANES)
    store (half + i, half_way (taps, x + i - AROUND));
  for (uint32_t i = 0; i < n; i += LQ_LANES) {
    const uint32_t some = n - i < (uint32_t)LQ_LANES ? n - i : (uint32_t)LQ_LANES;
    lq_wide v = lq_wide_abs (load (h + i));
    v = lq_wide_max (v, between (taps, x + i, h + i));
    v = lq_wide_max (v, between (taps, h + i, x + i + 1));
    store (value, v);
    *last = value[some - 1];
    for (uint32_t j = some; j < (uint32_t)LQ_LANES; j++)
      value[j] = 0.0f;
    best = lq_wide_max (best, load (value));
  }
  most = lq_wide_largest (best);
  return most > largest ? most : largest;
}

void
LQ_KERNEL (spline) (const float *basis, uint32_t stride, const float control[4], float *x,
    float *other, uint32_t n)
{
  const float a = control[0], b = control[1], c = control[2], d = control[3];
  const float *basis1 = basis + stride, *basis2 = basis1 + stride, *basis3 = basis2 + stride;
  float curve[LQ_OVERSHOOT_GROUP];

  for (uint32_t at = 0, some; at < n; at += some) {
    some = n - at < LQ_OVERSHOOT_GROUP ? n - at : LQ_OVERSHOOT_GROUP;
    for (uint32_t i = 0; i < some; i++)
      curve[i] =
          basis[at + i] * a + basis1[at + i] * b + basis2[at + i] * c + basis3[at + i] * d;
    for (uint32_t i = 0; i < some; i++)
      x[at + i] *= curve[i];
    for (uint32_t i = 0; i < some && other; i++)
      other[at + i] *= curve[i];
  }
}

void
LQ_KERNEL (spline_fall) (const float *basis, uint32_t group, const float *control, uint32_t at,
    float *curve, uint32_t n)
{
  for (uint32_t done = 0, some; done < n; done += some, control++, at = 0) {
    const float a = 1.0f - control[0], b = 1.0f - control[1], c = 1.0f - control[2],
                d = 1.0f - control[3];
    const float *const basis0 = basis + at, *const basis1 = basis0 + group,
                       *const basis2 = basis1 + group, *const basis3 = basis2 + group;
    float *const out = curve + done;
    uint32_t i = 0;
    some = group - at < n - done ? group - at : n - done;
    for (; i + LQ_LANES <= some; i += LQ_LANES) {
      const lq_wide fall = load (basis0 + i) * a + load (basis1 + i) * b +
                           load (basis2 + i) * c + load (basis3 + i) * d;
      store (out + i, fall);
    }
    for (; i < some; i++)
      out[i] = basis0[i] * a + basis1[i] * b + basis2[i] * c + basis3[i] * d;
  }
}
