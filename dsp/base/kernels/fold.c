/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: symmetric filters, a lane each frame, four vectors at a time: what a pair of taps costs
 * besides its samples (two pointers and a number) is then shared by four.
 *
 * A value is made by the same operations in the same order wherever it lies, never fused: the
 * variants give the same bits, and so does any cut. */

#include "kernels-isa.h"

#include <string.h>

#define VECTORS 4
#define STRIDE ((uint32_t)(VECTORS * LQ_LANES))

static inline lq_wide
load (const float *x)
{
  lq_wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

static inline void
store (float *x, lq_wide v)
{
  memcpy (x, &v, sizeof v);
}

/* STRIDE values from `at` on. */
static inline void
many (const struct lq_fold *f, float *out, uint32_t at)
{
  lq_wide s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };

  for (uint32_t k = f->pairs; k-- > 0;) {
    const float *a = f->a[k] + at, *b = f->b[k] + at, tap = f->taps[k];
    s0 += tap * (load (a) + load (b));
    s1 += tap * (load (a + LQ_LANES) + load (b + LQ_LANES));
    s2 += tap * (load (a + 2 * LQ_LANES) + load (b + 2 * LQ_LANES));
    s3 += tap * (load (a + 3 * LQ_LANES) + load (b + 3 * LQ_LANES));
  }
  if (f->middle) {
    const float *m = f->middle + at, weight = f->weight;
    s0 += weight * load (m);
    s1 += weight * load (m + LQ_LANES);
    s2 += weight * load (m + 2 * LQ_LANES);
    s3 += weight * load (m + 3 * LQ_LANES);
  }
  store (out + at, s0);
  store (out + at + LQ_LANES, s1);
  store (out + at + 2 * LQ_LANES, s2);
  store (out + at + 3 * LQ_LANES, s3);
}

static inline void
some (const struct lq_fold *f, float *out, uint32_t at)
{
  lq_wide s = { 0 };

  for (uint32_t k = f->pairs; k-- > 0;)
    s += f->taps[k] * (load (f->a[k] + at) + load (f->b[k] + at));
  if (f->middle)
    s += f->weight * load (f->middle + at);
  store (out + at, s);
}

void
LQ_KERNEL (fold) (const struct lq_fold *f, float *out, uint32_t n)
{
  uint32_t i = 0;

  for (; i + STRIDE <= n; i += STRIDE)
    many (f, out, i);
  for (; i + LQ_LANES <= n; i += LQ_LANES)
    some (f, out, i);
  for (; i < n; i++) {
    float s = 0.0f;
    for (uint32_t k = f->pairs; k-- > 0;)
      s += f->taps[k] * (f->a[k][i] + f->b[k][i]);
    out[i] = f->middle ? s + f->weight * f->middle[i] : s;
  }
}
