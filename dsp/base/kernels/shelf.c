/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a first-order filter, four frames at a time: within a group the recursion is summed by
 * doubling (lane k takes p times lane k − 1, then p² times lane k − 2), and p^(k+1) times what came
 * before the group is added last. From group to group that is one product and one sum.
 *
 * A lane depends on no later one: where a call ends within a group, the group is done again, with
 * more of its frames, by the next call. So the cut doesn't show, and lanes are four everywhere. */

#include "kernels-isa.h"

#include <string.h>

#define GROUP LQ_SHELF_GROUP
_Static_assert(GROUP == 4, "a vector of doubles");

struct powers {
  double p1, p2, p3, p4; /* p … p⁴ */
};

/* lp of a group without what came before it. The vectors of AVX move lanes about in one step; for
 * SSE2 numbers by themselves are faster. Both do the same operations. */
#if defined(__AVX__)
typedef int64_t lanes __attribute__ ((vector_size (32)));

static inline lq_v4d
summed (const struct powers *w, lq_v4d fed)
{
  const lq_v4d p1 = { 0.0, w->p1, w->p1, w->p1 }, p2 = { 0.0, 0.0, w->p2, w->p2 };
  const lq_v4d s = fed + p1 * __builtin_shuffle (fed, (lanes){ 0, 0, 1, 2 });

  return s + p2 * __builtin_shuffle (s, (lanes){ 0, 0, 0, 1 });
}
#else
static inline lq_v4d
summed (const struct powers *w, lq_v4d fed)
{
  const double s1 = fed[1] + w->p1 * fed[0], s2 = fed[2] + w->p1 * fed[1],
               s3 = fed[3] + w->p1 * fed[2];

  return (lq_v4d){ fed[0], s1, s2 + w->p2 * fed[0], s3 + w->p2 * s1 };
}
#endif

static inline lq_v4d
low_passed (const struct powers *w, lq_v4d sum, double before)
{
  return sum + (lq_v4d){ w->p1, w->p2, w->p3, w->p4 } * before;
}

/* Frames that share a group with others before them, or have none to fill it. */
static inline void
few (const struct lq_shelf_taps *t, const struct powers *w, struct lq_shelf_state *z, float *x,
    uint32_t phase, uint32_t n)
{
  lq_v4d fed, lp;

  memcpy (&fed, z->fed, sizeof fed);
  for (uint32_t k = phase; k < phase + n; k++) {
    fed[k] = t->q * (x[k - phase] + z->last);
    z->last = x[k - phase];
  }
  lp = low_passed (w, summed (w, fed), z->lp);
  for (uint32_t k = phase; k < phase + n; k++)
    x[k - phase] = (float)(t->hi * x[k - phase] + t->difference * lp[k]);
  if (phase + n == GROUP) {
    z->lp = lp[GROUP - 1];
    fed = (lq_v4d){ 0.0 };
  }
  memcpy (z->fed, &fed, sizeof fed);
}

/* A whole group; what it leaves behind. */
#if defined(__AVX__)
static inline double
group (
    const struct lq_shelf_taps *t, const struct powers *w, float *x, double before, double last)
{
  lq_v4f in, out;
  lq_v4d v, sum, y;

  memcpy (&in, x, sizeof in);
  v = __builtin_convertvector(in, lq_v4d);
  sum = __builtin_shuffle (v, (lanes){ 0, 0, 1, 2 });
  sum[0] = last;
  sum = summed (w, t->q * (v + sum));
  y = t->hi * v + t->difference * low_passed (w, sum, before);
  out = __builtin_convertvector(y, lq_v4f);
  memcpy (x, &out, sizeof out);
  /* Lane 3 once more, by itself: nothing else stands between one group and the next. */
  return sum[3] + w->p4 * before;
}
#else
static inline double
group (
    const struct lq_shelf_taps *t, const struct powers *w, float *x, double before, double last)
{
  const double x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
  const double f0 = t->q * (x0 + last), f1 = t->q * (x1 + x0), f2 = t->q * (x2 + x1),
               f3 = t->q * (x3 + x2);
  const double s1 = f1 + w->p1 * f0, s2 = f2 + w->p1 * f1, s3 = f3 + w->p1 * f2;
  const double after = (s3 + w->p2 * s1) + w->p4 * before;

  x[0] = (float)(t->hi * x0 + t->difference * (f0 + w->p1 * before));
  x[1] = (float)(t->hi * x1 + t->difference * (s1 + w->p2 * before));
  x[2] = (float)(t->hi * x2 + t->difference * ((s2 + w->p2 * f0) + w->p3 * before));
  x[3] = (float)(t->hi * x3 + t->difference * after);
  return after;
}
#endif

void
LQ_KERNEL (shelf) (const struct lq_shelf_taps *t, struct lq_shelf_state *z, float *x,
    uint32_t phase, uint32_t n)
{
  const double p = t->p, p2 = p * p;
  const struct lq_shelf_taps own = *t; /* which x can't be */
  const struct powers w = { p, p2, p2 * p, p2 * p2 };
  uint32_t i = (GROUP - phase) % GROUP;
  double before, last;

  i = i < n ? i : n;
  if (i)
    few (t, &w, z, x, phase, i);
  before = z->lp;
  last = z->last;
  for (; i + GROUP <= n; i += GROUP) {
    const double next = x[i + 3];
    before = group (&own, &w, x + i, before, last);
    last = next;
  }
  z->lp = before;
  z->last = last;
  if (i < n)
    few (t, &w, z, x + i, 0, n - i);
}
