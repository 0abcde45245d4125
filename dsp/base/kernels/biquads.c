/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: biquads in series, each vector lane a step behind the one that feeds it.
 * Source:  transposed direct form II; the sums in the order that keeps the way from y to the next
 *          y short.
 *
 * Biquad k of a pass works on frame t − k in step t. Vectors p = 0 … V − 1 hold biquads p, p + V,
 * p + 2V, … in their lanes: what vector p takes is what p − 1 put out in the last step, and
 * vector 0 takes the input and, a group of lanes on, what the last vector put out. In the first
 * and last steps of a call some biquads have no frame: their state stays. Spare lanes pass their
 * input on. */

#include "kernels-isa.h"

#include <string.h>

/* Most biquads in one pass. */
#define PASS 12

#define INLINE static inline __attribute__ ((always_inline))
#define UNROLL _Pragma ("GCC unroll 12")

/* The widest vector; shift1 and shift2 move y up by one and two lanes, input comes in below. */
#if defined(__AVX512F__)
#define WIDTH 8
typedef lq_v8d vec;
typedef int64_t ints __attribute__ ((vector_size (64)));
#define SHIFT1(in, y) __builtin_shufflevector (in, y, 0, 8, 9, 10, 11, 12, 13, 14)
#define SHIFT2(in, y) __builtin_shufflevector (in, y, 0, 1, 8, 9, 10, 11, 12, 13)
#elif defined(__AVX__)
#define WIDTH 4
typedef lq_v4d vec;
typedef int64_t ints __attribute__ ((vector_size (32)));
#define SHIFT1(in, y) __builtin_shufflevector (in, y, 0, 4, 5, 6)
#define SHIFT2(in, y) __builtin_shufflevector (in, y, 0, 1, 4, 5)
#else
#define WIDTH 2
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

INLINE vec
feed (const double *x, vec y, const uint32_t channels)
{
  vec in = { 0 };

  in[0] = x[0];
  if (channels == 1)
    return SHIFT1 (in, y);
  in[1] = x[1];
  return SHIFT2 (in, y);
}

INLINE void
put (vec y, double *x, const uint32_t channels)
{
  for (uint32_t c = 0; c < channels; c++)
    x[c] = y[WIDTH - channels + c];
}

/* One step of vector i; s1 and s2 are its state. */
INLINE vec
step (const struct pass *p, uint32_t i, vec in, vec *s1, vec *s2)
{
  const vec y = p->b0[i] * in + *s1;

  *s1 = (p->b1[i] * in + *s2) - p->a1[i] * y;
  *s2 = p->b2[i] * in - p->a2[i] * y;
  return y;
}

INLINE vec
choose (ints mask, vec yes, vec no)
{
  return (vec)(((ints)yes & mask) | ((ints)no & ~mask));
}

/* Step t of the first and the last: those without a frame keep their state. */
INLINE void
step_some (struct pass *p, const double *x, uint32_t t, uint32_t frames,
    const uint32_t channels, const uint32_t vectors)
{
  const vec first = feed (x, p->y[vectors - 1], channels);

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

/* The steps in which every biquad is at work: `in` runs ahead of `out`. */
INLINE void
steps_all (struct pass *p, const double *in, double *out, uint32_t steps,
    const uint32_t channels, const uint32_t vectors)
{
  vec s1[PASS], s2[PASS], y[PASS];

  UNROLL for (uint32_t i = 0; i < vectors; i++)
  {
    s1[i] = p->s1[i];
    s2[i] = p->s2[i];
    y[i] = p->y[i];
  }
  for (uint32_t t = 0; t < steps; t++) {
    const vec first = feed (in + t * channels, y[vectors - 1], channels);
    UNROLL for (uint32_t i = vectors; i-- > 0;)
    {
      const vec x = i ? y[i - 1] : first;
      y[i] = step (p, i, x, &s1[i], &s2[i]);
    }
    put (y[vectors - 1], out + t * channels, channels);
  }
  UNROLL for (uint32_t i = 0; i < vectors; i++)
  {
    p->s1[i] = s1[i];
    p->s2[i] = s2[i];
    p->y[i] = y[i];
  }
}

INLINE void
run (double *x, uint32_t frames, const struct lq_biquad_taps *taps, double *const *state,
    uint32_t n, const uint32_t channels, const uint32_t vectors)
{
  const double none[2] = { 0.0, 0.0 };
  const uint32_t lag = WIDTH / channels * vectors - 1;
  struct pass p;
  uint32_t t = 0;

  load (&p, taps, state, n, channels, vectors);
  for (; t < lag; t++)
    step_some (&p, t < frames ? x + t * channels : none, t, frames, channels, vectors);
  if (frames > lag) {
    steps_all (&p, x + lag * channels, x, frames - lag, channels, vectors);
    t = frames;
  }
  for (; t < frames + lag; t++) {
    step_some (&p, none, t, frames, channels, vectors);
    put (p.y[vectors - 1], x + (t - lag) * channels, channels);
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
  double *x, uint32_t frames, const struct lq_biquad_taps *taps, double *const *state,         \
      uint32_t n
#define RUN_STEREO(v)                                                                          \
  static void stereo_##v (ARGUMENTS)                                                           \
  {                                                                                            \
    run (x, frames, taps, state, n, 2, v);                                                     \
  }
#define RUN_MONO(v)                                                                            \
  static void mono_##v (ARGUMENTS)                                                             \
  {                                                                                            \
    run (x, frames, taps, state, n, 1, v);                                                     \
  }
STEREO (RUN_STEREO)
MONO (RUN_MONO)

#define CASE_STEREO(v)                                                                         \
  case v:                                                                                      \
    stereo_##v (x, frames, taps, state, n);                                                    \
    break;
#define CASE_MONO(v)                                                                           \
  case v:                                                                                      \
    mono_##v (x, frames, taps, state, n);                                                      \
    break;

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

  for (uint32_t done = 0, now; done < n; done += now) {
    now = n - done < share ? n - done : share;
    if (channels == 2)
      pass_stereo (x, frames, taps + done, state + done, now);
    else
      pass_mono (x, frames, taps + done, state + done, now);
  }
}
