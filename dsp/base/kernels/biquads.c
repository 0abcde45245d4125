/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: biquads in series, each vector lane a step behind the one that feeds it.
 * Source:  transposed direct form II; the sums in the order that keeps the way from y to the next
 *          y short: two fused operations where the processor has them.
 *
 * Biquad k of a pass works on frame t − k in step t. Vectors p = 0 … V − 1 hold biquads p, p + V,
 * p + 2V, … in their lanes: what vector p takes is what p − 1 put out in the last step, and
 * vector 0 takes the input and, a group of lanes on, what the last vector put out. In the first
 * and last steps of a call some biquads have no frame: their state stays. Spare lanes pass their
 * input on. */

#include "kernels-isa.h"

#include <string.h>

/* Most biquads in one pass. */
#define PASS LQ_BIQUADS_PASS

#define INLINE static inline __attribute__ ((always_inline))
#define UNROLL _Pragma ("GCC unroll 12")

/* The widest vector; shift1 and shift2 move y up by one and two lanes, input comes in below. */
#if defined(__AVX512F__)
#define WIDTH 8
#define FUSED(a, b, c) _mm512_fmadd_pd (a, b, c)
typedef lq_v8d vec;
typedef int64_t ints __attribute__ ((vector_size (64)));
#define SHIFT1(in, y) __builtin_shufflevector (in, y, 0, 8, 9, 10, 11, 12, 13, 14)
#define SHIFT2(in, y) __builtin_shufflevector (in, y, 0, 1, 8, 9, 10, 11, 12, 13)
#elif defined(__FMA__)
#define WIDTH 4
#define FUSED(a, b, c) _mm256_fmadd_pd (a, b, c)
typedef lq_v4d vec;
typedef int64_t ints __attribute__ ((vector_size (32)));
#define SHIFT1(in, y) __builtin_shufflevector (in, y, 0, 4, 5, 6)
#define SHIFT2(in, y) __builtin_shufflevector (in, y, 0, 1, 4, 5)
#else
#define WIDTH 2
#define FUSED(a, b, c) ((a) * (b) + (c))
typedef lq_v2d vec;
typedef int64_t ints __attribute__ ((vector_size (16)));
#define SHIFT1(in, y) __builtin_shufflevector (in, y, 0, 2)
#define SHIFT2(in, y) (in)
#endif

/* A pass in memory. */
struct pass {
  vec b0[PASS], b1[PASS], b2[PASS], a1[PASS], a2[PASS];
  vec s1[PASS], s2[PASS], y[PASS];
  vec lag[PASS]; /* the number of the biquad in each lane */
};

/* Value `lane` of vector v of an array of vectors. */
#define AT(vectors, v, lane) ((double *)(vectors))[(v)*WIDTH + (lane)]

INLINE void
load (struct pass *p, const struct lq_biquad_taps *taps, double *const *state, uint32_t n,
    const uint32_t channels, const uint32_t vectors)
{
  memset (p, 0, sizeof *p);
  for (uint32_t k = 0; k < WIDTH / channels * vectors; k++)
    for (uint32_t c = 0; c < channels; c++) {
      const uint32_t v = k % vectors, lane = k / vectors * channels + c;
      AT (p->b0, v, lane) = k < n ? taps[k].b0 : 1.0;
      AT (p->lag, v, lane) = k;
      if (k >= n)
        continue;
      AT (p->b1, v, lane) = taps[k].b1;
      AT (p->b2, v, lane) = taps[k].b2;
      AT (p->a1, v, lane) = taps[k].a1;
      AT (p->a2, v, lane) = taps[k].a2;
      AT (p->s1, v, lane) = state[k][c];
      AT (p->s2, v, lane) = state[k][2 + c];
    }
}

INLINE void
save (const struct pass *p, double *const *state, uint32_t n, const uint32_t channels,
    const uint32_t vectors)
{
  for (uint32_t k = 0; k < n; k++)
    for (uint32_t c = 0; c < channels; c++) {
      state[k][c] = AT (p->s1, k % vectors, k / vectors * channels + c);
      state[k][2 + c] = AT (p->s2, k % vectors, k / vectors * channels + c);
    }
}

/* Where the frames lie: interleaved doubles or, where x is NULL, two planes of floats. */
struct place {
  double *x;
  float *a, *b;
};

/* y moved up, frame t below it. */
INLINE vec
feed (const struct place *at, uint32_t t, vec y, const uint32_t channels)
{
  vec in = { 0 };

  in[0] = at->x ? at->x[t * channels] : (double)at->a[t];
  if (channels == 1)
    return SHIFT1 (in, y);
  in[1] = at->x ? at->x[2 * t + 1] : (double)at->b[t];
  return SHIFT2 (in, y);
}

/* The same of silence. */
INLINE vec
starve (vec y, const uint32_t channels)
{
  const vec in = { 0 };

  return channels == 1 ? SHIFT1 (in, y) : SHIFT2 (in, y);
}

INLINE void
put (vec y, const struct place *at, uint32_t t, const uint32_t channels)
{
  const double first = y[WIDTH - channels], last = y[WIDTH - 1];

  if (at->x) {
    at->x[t * channels] = first;
    at->x[t * channels + channels - 1] = last;
    return;
  }
  at->a[t] = (float)first;
  if (channels == 2)
    at->b[t] = (float)last;
}

/* One step of vector i; s1 and s2 are its state. */
INLINE vec
step (const struct pass *p, uint32_t i, vec in, vec *s1, vec *s2)
{
  const vec y = FUSED (p->b0[i], in, *s1);

  *s1 = FUSED (-p->a1[i], y, FUSED (p->b1[i], in, *s2));
  *s2 = FUSED (-p->a2[i], y, p->b2[i] * in);
  return y;
}

INLINE vec
choose (ints mask, vec yes, vec no)
{
  return (vec)(((ints)yes & mask) | ((ints)no & ~mask));
}

/* Step t of the first and the last: those without a frame keep their state. */
INLINE void
step_some (struct pass *p, const struct place *at, uint32_t t, uint32_t frames,
    const uint32_t channels, const uint32_t vectors)
{
  const vec last = p->y[vectors - 1];
  const vec first = t < frames ? feed (at, t, last, channels) : starve (last, channels);

  for (uint32_t i = vectors; i-- > 0;) {
    const vec in = i ? p->y[i - 1] : first;
    const vec frame = (double)t - p->lag[i];
    const ints mask = (ints)(frame >= 0.0) & (ints)(frame < (double)frames);
    vec s1 = p->s1[i], s2 = p->s2[i];
    p->y[i] = step (p, i, in, &s1, &s2);
    p->s1[i] = choose (mask, s1, p->s1[i]);
    p->s2[i] = choose (mask, s2, p->s2[i]);
  }
}

/* The steps in which every biquad is at work: from frame `lag` on, which comes out `lag` later. */
INLINE void
steps_all (struct pass *p, const struct place *at, uint32_t lag, uint32_t frames,
    const uint32_t channels, const uint32_t vectors)
{
  vec s1[PASS], s2[PASS], y[PASS];

  UNROLL for (uint32_t i = 0; i < vectors; i++)
  {
    s1[i] = p->s1[i];
    s2[i] = p->s2[i];
    y[i] = p->y[i];
  }
  for (uint32_t t = lag; t < frames; t++) {
    const vec first = feed (at, t, y[vectors - 1], channels);
    UNROLL for (uint32_t i = vectors; i-- > 0;)
    {
      const vec x = i ? y[i - 1] : first;
      y[i] = step (p, i, x, &s1[i], &s2[i]);
    }
    put (y[vectors - 1], at, t - lag, channels);
  }
  UNROLL for (uint32_t i = 0; i < vectors; i++)
  {
    p->s1[i] = s1[i];
    p->s2[i] = s2[i];
    p->y[i] = y[i];
  }
}

INLINE void
run (const struct place *at, uint32_t frames, const struct lq_biquad_taps *taps,
    double *const *state, uint32_t n, const uint32_t channels, const uint32_t vectors)
{
  const uint32_t lag = WIDTH / channels * vectors - 1;
  struct pass p;
  uint32_t t = 0;

  load (&p, taps, state, n, channels, vectors);
  for (; t < lag; t++)
    step_some (&p, at, t, frames, channels, vectors);
  if (frames > lag) {
    steps_all (&p, at, lag, frames, channels, vectors);
    t = frames;
  }
  for (; t < frames + lag; t++) {
    step_some (&p, at, t, frames, channels, vectors);
    put (p.y[vectors - 1], at, t - lag, channels);
  }
  save (&p, state, n, channels, vectors);
}

/* The numbers of vectors that PASS biquads come to; X is a case or a function. */
#if WIDTH == 8
#define STEREO(X) X (1) X (2) X (3)
#define MONO(X) X (1) X (2)
#elif WIDTH == 4
#define STEREO(X) X (1) X (2) X (3) X (4) X (5) X (6)
#define MONO(X) X (1) X (2) X (3)
#else
#define STEREO(X) X (1) X (2) X (3) X (4) X (5) X (6) X (7) X (8) X (9) X (10) X (11) X (12)
#define MONO(X) X (1) X (2) X (3) X (4) X (5) X (6)
#endif

#define ARGUMENTS                                                                              \
  const struct place *at, uint32_t frames, const struct lq_biquad_taps *taps,                  \
      double *const *state, uint32_t n
/* A function for doubles and one for planes: which it is must be known to the inner loop. */
#define RUN(name, channels, v)                                                                 \
  static void name##_doubles_##v (ARGUMENTS)                                                   \
  {                                                                                            \
    const struct place here = { at->x, NULL, NULL };                                           \
    if (here.x)                                                                                \
      run (&here, frames, taps, state, n, channels, v);                                        \
  }                                                                                            \
  static void name##_planes_##v (ARGUMENTS)                                                    \
  {                                                                                            \
    const struct place here = { NULL, at->a, at->b };                                          \
    run (&here, frames, taps, state, n, channels, v);                                          \
  }
#define RUN_STEREO(v) RUN (stereo, 2, v)
#define RUN_MONO(v) RUN (mono, 1, v)
STEREO (RUN_STEREO)
MONO (RUN_MONO)

#define CASE(name, v)                                                                          \
  case v:                                                                                      \
    (at->x ? name##_doubles_##v : name##_planes_##v) (at, frames, taps, state, n);             \
    break;
#define CASE_STEREO(v) CASE (stereo, v)
#define CASE_MONO(v) CASE (mono, v)

static void
pass_stereo (ARGUMENTS)
{
  const uint32_t lanes = WIDTH / 2;

  switch ((n + lanes - 1) / lanes) {
    STEREO (CASE_STEREO)
  }
}

static void
pass_mono (ARGUMENTS)
{
  const uint32_t lanes = WIDTH;

  switch ((n + lanes - 1) / lanes) {
    MONO (CASE_MONO)
  }
}

void
LQ_KERNEL (biquads) (double *x, uint32_t frames, uint32_t channels,
    const struct lq_biquad_taps *taps, double *const *state, uint32_t n)
{
  const uint32_t passes = (n + PASS - 1) / PASS, share = passes ? (n + passes - 1) / passes : 0;
  const struct place at = { x, NULL, NULL };

  for (uint32_t done = 0, now; done < n; done += now) {
    now = n - done < share ? n - done : share;
    (channels == 2 ? pass_stereo : pass_mono) (&at, frames, taps + done, state + done, now);
  }
}

void
LQ_KERNEL (biquads_planar) (float *a, float *b, uint32_t frames,
    const struct lq_biquad_taps *taps, double *const *state, uint32_t n)
{
  const struct place at = { NULL, a, b };

  (b ? pass_stereo : pass_mono) (&at, frames, taps, state, n);
}
