/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: biquads in series, each vector lane some steps behind the one that feeds it.
 * Source:  what bounds the speed is the way from an output to the next. Transposed direct form II
 *          makes it two operations and needs few registers. Where there are many, the poles are
 *          in direct form, the way is one operation, and the lanes are some steps apart, as that
 *          from input to output, and on to the next lane, has become longer.
 *
 * Biquad k of a pass works on frame t − APART·k in step t. Vectors p = 0 … V − 1 hold biquads p,
 * p + V, p + 2V, … in their lanes: what vector p takes is what p − 1 put out APART steps ago, and
 * vector 0 takes the input and, a group of lanes on, what the last vector put out. In the first
 * and last steps of a call some biquads have no frame: their state stays. Spare lanes pass their
 * input on. */

#include "kernels-isa.h"

#include <string.h>

/* Most biquads in one pass. */
#define PASS LQ_BIQUADS_PASS

#define INLINE static inline __attribute__ ((always_inline))
#define UNROLL _Pragma ("GCC unroll 12")

/* The widest vector; FEED1 and FEED2 move y up by one and two lanes and let in what lies at x, as
 * many values; PUT2 writes the two highest lanes. */
#if defined(__AVX512F__)
#define WIDTH 8
#define DIRECT 1
#define FUSED(a, b, c) _mm512_fmadd_pd (a, b, c)
typedef lq_v8d vec;
typedef __mmask8 live;
#define LIVE(frame, frames)                                                                    \
  (_mm512_cmp_pd_mask (frame, _mm512_setzero_pd (), _CMP_GE_OQ) &                              \
      _mm512_cmp_pd_mask (frame, _mm512_set1_pd (frames), _CMP_LT_OQ))
#define CHOOSE(mask, yes, no) _mm512_mask_blend_pd (mask, no, yes)
#define FEED1(x, y) (vec) _mm512_alignr_epi64 ((__m512i)(y), (__m512i)_mm512_set1_pd (*(x)), 7)
#define FEED2(x, y)                                                                            \
  (vec) _mm512_alignr_epi64 (                                                                  \
      (__m512i)(y), (__m512i)_mm512_broadcast_f64x2 (_mm_loadu_pd (x)), 6)
#define PUT2(y, x) _mm_storeu_pd (x, _mm512_extractf64x2_pd (y, 3))
#elif defined(__FMA__)
#define WIDTH 4
#define DIRECT 0
#define FUSED(a, b, c) _mm256_fmadd_pd (a, b, c)
typedef lq_v4d vec;
typedef int64_t live __attribute__ ((vector_size (32)));
#define LIVE(frame, frames) ((live)((frame) >= 0.0) & (live)((frame) < (frames)))
#define CHOOSE(mask, yes, no) (vec) (((live)(yes) & (mask)) | ((live)(no) & ~(mask)))
#define FEED1(x, y)                                                                            \
  _mm256_blend_pd (_mm256_permute4x64_pd (y, 0x90), _mm256_broadcast_sd (x), 1)
#define FEED2(x, y)                                                                            \
  _mm256_insertf128_pd (                                                                       \
      _mm256_castpd128_pd256 (_mm_loadu_pd (x)), _mm256_castpd256_pd128 (y), 1)
#define PUT2(y, x) _mm_storeu_pd (x, _mm256_extractf128_pd (y, 1))
#else
#define WIDTH 2
#define DIRECT 0
#define FUSED(a, b, c) ((a) * (b) + (c))
typedef lq_v2d vec;
typedef int64_t live __attribute__ ((vector_size (16)));
#define LIVE(frame, frames) ((live)((frame) >= 0.0) & (live)((frame) < (frames)))
#define CHOOSE(mask, yes, no) (vec) (((live)(yes) & (mask)) | ((live)(no) & ~(mask)))
#define FEED1(x, y)                                                                            \
  (vec)                                                                                        \
  {                                                                                            \
    (x)[0], (y)[0]                                                                             \
  }
#define FEED2(x, y)                                                                            \
  (vec)                                                                                        \
  {                                                                                            \
    (x)[0], (x)[1]                                                                             \
  }
#define PUT2(y, x) memcpy (x, &(y), sizeof (y))
#endif

/* Fewer vectors wait for one another longer; three keep the machine busy anyway. */
#define APART(vectors) (DIRECT ? (vectors) < 3 ? 5u - (vectors) : 2u : 1u)
#define APART_MAX (DIRECT ? 4 : 1)

/* A pass in memory. */
struct pass {
  vec b0[PASS], b1[PASS], b2[PASS], minus_a1[PASS], minus_a2[PASS];
  vec t1[PASS], t2[PASS], y1[PASS], y2[PASS];
  vec ago[PASS][APART_MAX]; /* put out in the last step, and in those before */
  vec lag[PASS];            /* of the biquad in each lane */
};

/* Value `lane` of vector v of an array of vectors. */
#define AT(vectors, v, lane) ((double *)(vectors))[(v)*WIDTH + (lane)]

INLINE void
load (struct pass *p, const struct lq_biquad_taps *taps, double *const *state, uint32_t n,
    const uint32_t channels, const uint32_t vectors)
{
  for (uint32_t i = 0; i < vectors; i++)
    p->b1[i] = p->b2[i] = p->minus_a1[i] = p->minus_a2[i] = p->t1[i] = p->t2[i] = p->y1[i] =
        p->y2[i] = (vec){ 0.0 };
  for (uint32_t i = 0; i < vectors; i++)
    for (uint32_t k = 0; k < APART_MAX; k++)
      p->ago[i][k] = (vec){ 0.0 };
  for (uint32_t k = 0; k < WIDTH / channels * vectors; k++)
    for (uint32_t c = 0; c < channels; c++) {
      const uint32_t v = k % vectors, lane = k / vectors * channels + c;
      AT (p->b0, v, lane) = k < n ? taps[k].b0 : 1.0;
      AT (p->lag, v, lane) = APART (vectors) * k;
      if (k >= n)
        continue;
      AT (p->b1, v, lane) = taps[k].b1;
      AT (p->b2, v, lane) = taps[k].b2;
      AT (p->minus_a1, v, lane) = -taps[k].a1;
      AT (p->minus_a2, v, lane) = -taps[k].a2;
      AT (p->t1, v, lane) = state[k][c];
      AT (p->t2, v, lane) = state[k][2 + c];
      AT (p->y1, v, lane) = state[k][4 + c];
      AT (p->y2, v, lane) = state[k][6 + c];
    }
}

INLINE void
save (const struct pass *p, double *const *state, uint32_t n, const uint32_t channels,
    const uint32_t vectors)
{
  for (uint32_t k = 0; k < n; k++)
    for (uint32_t c = 0; c < channels; c++) {
      const uint32_t v = k % vectors, lane = k / vectors * channels + c;
      state[k][c] = AT (p->t1, v, lane);
      state[k][2 + c] = AT (p->t2, v, lane);
      state[k][4 + c] = DIRECT ? AT (p->y1, v, lane) : 0.0;
      state[k][6 + c] = DIRECT ? AT (p->y2, v, lane) : 0.0;
    }
}

INLINE vec
feed (const double *x, vec y, const uint32_t channels)
{
  return channels == 1 ? FEED1 (x, y) : FEED2 (x, y);
}

INLINE void
put (vec y, double *x, const uint32_t channels)
{
  if (channels == 1)
    x[0] = y[WIDTH - 1];
  else
    PUT2 (y, x);
}

/* What the biquads of a vector carry from frame to frame: the state of LQ_BIQUAD_STATE. Where the
 * poles are transposed too, t1 and t2 hold all of it; y1 is the last output even so. */
struct carry {
  vec t1, t2, y1, y2;
};

/* One step of vector i. */
INLINE void
step (const struct pass *p, uint32_t i, vec in, struct carry *c)
{
#if DIRECT
  const vec ready = FUSED (p->minus_a2[i], c->y2, FUSED (p->b0[i], in, c->t1));

  c->y2 = c->y1;
  c->y1 = FUSED (p->minus_a1[i], c->y1, ready);
  c->t1 = FUSED (p->b1[i], in, c->t2);
  c->t2 = p->b2[i] * in;
#else
  c->y1 = FUSED (p->b0[i], in, c->t1);
  c->t1 = FUSED (p->minus_a1[i], c->y1, FUSED (p->b1[i], in, c->t2));
  c->t2 = FUSED (p->minus_a2[i], c->y1, p->b2[i] * in);
#endif
}

/* What a vector put out, in the order of its steps, the last first. */
INLINE void
remember (vec *ago, vec y, const uint32_t vectors)
{
  UNROLL for (uint32_t k = APART (vectors); k-- > 1;) ago[k] = ago[k - 1];
  ago[0] = y;
}

/* Steps `from` … `end` − 1 of the first or the last: biquads without a frame keep their state.
 * What they put out then is nothing that anything takes. */
INLINE void
steps_some (struct pass *p, const double *in, double *out, uint32_t from, uint32_t end,
    uint32_t frames, const uint32_t channels, const uint32_t vectors)
{
  const uint32_t apart = APART (vectors);
  struct carry c[PASS];

  UNROLL for (uint32_t i = 0; i < vectors; i++)
  {
    c[i] = (struct carry){ p->t1[i], p->t2[i], p->y1[i], p->y2[i] };
  }
  for (uint32_t t = from; t < end; t++) {
    const vec last = p->ago[vectors - 1][apart - 1];
    const vec first = feed (in + (t - from) * channels, last, channels);
    UNROLL for (uint32_t i = vectors; i-- > 0;)
    {
      const vec x = i == 0 ? first : p->ago[i - 1][apart - 1];
      const vec frame = (double)t - p->lag[i];
      const live at_work = LIVE (frame, (double)frames);
      struct carry next = c[i];
      step (p, i, x, &next);
      remember (p->ago[i], next.y1, vectors);
      c[i].t1 = CHOOSE (at_work, next.t1, c[i].t1);
      c[i].t2 = CHOOSE (at_work, next.t2, c[i].t2);
      c[i].y1 = CHOOSE (at_work, next.y1, c[i].y1);
      c[i].y2 = CHOOSE (at_work, next.y2, c[i].y2);
    }
    put (p->ago[vectors - 1][0], out + (t - from) * channels, channels);
  }
  UNROLL for (uint32_t i = 0; i < vectors; i++)
  {
    p->t1[i] = c[i].t1;
    p->t2[i] = c[i].t2;
    p->y1[i] = c[i].y1;
    p->y2[i] = c[i].y2;
  }
}

/* The steps in which every biquad is at work: `in` runs ahead of `out`. */
INLINE void
steps_all (struct pass *p, const double *in, double *out, uint32_t steps,
    const uint32_t channels, const uint32_t vectors)
{
  const uint32_t apart = APART (vectors);
  struct carry c[PASS];
  vec ago[PASS][APART_MAX];

  UNROLL for (uint32_t i = 0; i < vectors; i++)
  {
    c[i] = (struct carry){ p->t1[i], p->t2[i], p->y1[i], p->y2[i] };
    UNROLL for (uint32_t k = 0; k < apart; k++) ago[i][k] = p->ago[i][k];
  }
  _Pragma ("GCC unroll 4") for (uint32_t t = 0; t < steps; t++)
  {
    const vec first = feed (in + t * channels, ago[vectors - 1][apart - 1], channels);
    UNROLL for (uint32_t i = vectors; i-- > 0;)
    {
      step (p, i, i ? ago[i - 1][apart - 1] : first, &c[i]);
      remember (ago[i], c[i].y1, vectors);
    }
    put (c[vectors - 1].y1, out + t * channels, channels);
  }
  UNROLL for (uint32_t i = 0; i < vectors; i++)
  {
    p->t1[i] = c[i].t1;
    p->t2[i] = c[i].t2;
    p->y1[i] = c[i].y1;
    p->y2[i] = c[i].y2;
    UNROLL for (uint32_t k = 0; k < apart; k++) p->ago[i][k] = ago[i][k];
  }
}

/* What the lanes of a pass are behind at the most, in frames, and the most of that. */
#define LAG(channels, vectors) (APART (vectors) * (WIDTH / (channels) * (vectors)-1))
#define LAG_MAX (APART_MAX * (PASS + WIDTH))

INLINE void
run (double *x, uint32_t frames, const struct lq_biquad_taps *taps, double *const *state,
    uint32_t n, const uint32_t channels, const uint32_t vectors)
{
  const uint32_t lag = LAG (channels, vectors), head = frames < lag ? frames : lag;
  double edge[2 * LAG_MAX], unheard[2 * LAG_MAX];
  struct pass p;

  load (&p, taps, state, n, channels, vectors);
  memset (edge, 0, lag * channels * sizeof *edge);
  memcpy (edge, x, head * channels * sizeof *edge);
  steps_some (&p, edge, unheard, 0, lag, frames, channels, vectors);
  if (frames > lag)
    steps_all (&p, x + lag * channels, x, frames - lag, channels, vectors);
  steps_some (&p, edge, x + (frames - head) * channels, lag + frames - head, lag + frames,
      frames, channels, vectors);
  save (&p, state, n, channels, vectors);
}

/* As many frames at once as a vector of doubles has lanes. */
typedef float floats __attribute__ ((vector_size (WIDTH * sizeof (float))));
#if WIDTH == 8
#define WIDEN(v) _mm512_cvtps_pd (v)
#define LOW(a, b) __builtin_shufflevector (a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(a, b) __builtin_shufflevector (a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define EVEN(a, b) __builtin_shufflevector (a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(a, b) __builtin_shufflevector (a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#elif WIDTH == 4
#define WIDEN(v) _mm256_cvtps_pd (v)
#define LOW(a, b) __builtin_shufflevector (a, b, 0, 4, 1, 5)
#define HIGH(a, b) __builtin_shufflevector (a, b, 2, 6, 3, 7)
#define EVEN(a, b) __builtin_shufflevector (a, b, 0, 2, 4, 6)
#define ODD(a, b) __builtin_shufflevector (a, b, 1, 3, 5, 7)
#else
#define WIDEN(v) __builtin_convertvector(v, vec)
#define LOW(a, b) __builtin_shufflevector (a, b, 0, 2)
#define HIGH(a, b) __builtin_shufflevector (a, b, 1, 3)
#define EVEN(a, b) LOW (a, b)
#define ODD(a, b) HIGH (a, b)
#endif

/* n frames of one plane or two to doubles, interleaved; and back. */
INLINE void
join (const float *a, const float *b, double *x, uint32_t n)
{
  uint32_t i = 0;

  for (; !b && i < n; i++)
    x[i] = a[i];
  for (; i + WIDTH <= n; i += WIDTH) {
    floats left, right;
    vec low, high;
    memcpy (&left, a + i, sizeof left);
    memcpy (&right, b + i, sizeof right);
    low = __builtin_convertvector(LOW (left, right), vec);
    high = __builtin_convertvector(HIGH (left, right), vec);
    memcpy (x + 2 * i, &low, sizeof low);
    memcpy (x + 2 * i + WIDTH, &high, sizeof high);
  }
  for (; i < n; i++) {
    x[2 * i] = a[i];
    x[2 * i + 1] = b[i];
  }
}

INLINE void
part (const double *x, float *a, float *b, uint32_t n)
{
  uint32_t i = 0;

  for (; !b && i < n; i++)
    a[i] = (float)x[i];
  for (; i + WIDTH <= n; i += WIDTH) {
    vec low, high;
    floats first, second, left, right;
    memcpy (&low, x + 2 * i, sizeof low);
    memcpy (&high, x + 2 * i + WIDTH, sizeof high);
    first = __builtin_convertvector(low, floats);
    second = __builtin_convertvector(high, floats);
    left = EVEN (first, second);
    right = ODD (first, second);
    memcpy (a + i, &left, sizeof left);
    memcpy (b + i, &right, sizeof right);
  }
  for (; i < n; i++) {
    a[i] = (float)x[2 * i];
    b[i] = (float)x[2 * i + 1];
  }
}

/* Frames that are doubles at a time, on the way from planes through all biquads. */
#define CHUNK 64

/* The same from and to planes. */
INLINE void
run_planar (float *a, float *b, uint32_t frames, const struct lq_biquad_taps *taps,
    double *const *state, uint32_t n, const uint32_t channels, const uint32_t vectors)
{
  const uint32_t lag = LAG (channels, vectors), head = frames < lag ? frames : lag;
  double in[2 * CHUNK], out[2 * CHUNK];
  struct pass p;

  load (&p, taps, state, n, channels, vectors);
  memset (in, 0, lag * channels * sizeof *in);
  join (a, b, in, head);
  steps_some (&p, in, out, 0, lag, frames, channels, vectors);
  for (uint32_t t = lag, now; t < frames; t += now) {
    now = frames - t < CHUNK ? frames - t : CHUNK;
    join (a + t, b ? b + t : NULL, in, now);
    steps_all (&p, in, out, now, channels, vectors);
    part (out, a + t - lag, b ? b + t - lag : NULL, now);
  }
  steps_some (&p, in, out, lag + frames - head, lag + frames, frames, channels, vectors);
  part (out, a + frames - head, b ? b + frames - head : NULL, head);
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
#define PLANAR_ARGUMENTS                                                                       \
  float *a, float *b, uint32_t frames, const struct lq_biquad_taps *taps,                      \
      double *const *state, uint32_t n
#define RUN(name, channels, v)                                                                 \
  static void name##_##v (ARGUMENTS)                                                           \
  {                                                                                            \
    run (x, frames, taps, state, n, channels, v);                                              \
  }                                                                                            \
  static void name##_planar_##v (PLANAR_ARGUMENTS)                                             \
  {                                                                                            \
    run_planar (a, channels == 2 ? b : NULL, frames, taps, state, n, channels, v);             \
  }
#define RUN_STEREO(v) RUN (stereo, 2, v)
#define RUN_MONO(v) RUN (mono, 1, v)
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
#define CASE_STEREO_PLANAR(v)                                                                  \
  case v:                                                                                      \
    stereo_planar_##v (a, b, frames, taps, state, n);                                          \
    break;
#define CASE_MONO_PLANAR(v)                                                                    \
  case v:                                                                                      \
    mono_planar_##v (a, b, frames, taps, state, n);                                            \
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
    (channels == 2 ? pass_stereo : pass_mono) (x, frames, taps + done, state + done, now);
  }
}

void
LQ_KERNEL (biquads_planar) (PLANAR_ARGUMENTS)
{
  const uint32_t lanes = b ? WIDTH / 2 : WIDTH, vectors = (n + lanes - 1) / lanes;

  if (b)
    switch (vectors) {
      STEREO (CASE_STEREO_PLANAR)
    }
  else
    switch (vectors) {
      MONO (CASE_MONO_PLANAR)
    }
}
