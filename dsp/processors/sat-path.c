/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the curves of the saturation, on the fast planes.
 * Source:  means of a clip: kernels/curve.c. The value at a point of time is the mean of the two
 *          lines that meet there, so that nothing is shifted; both means together let pass
 *          cos² (ω/2) of a small signal, and c(ω) = 1/cos² (ω/2) = 1/(1 − v/2), v = 1 − cos ω, makes
 *          up for it as far as the audio reaches: 1 + c1·v + c2·v² + c3·v³, met at three points.
 *
 *   fast m ─→ f (x/level + b) − f (b) ─→ · level/f'(b) ─→ shaped m
 *   hard:  fast m − 1, m ─→ mean of the clip between them ─→ symmetric filter ─→ shaped m */

#include "sat-private.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

/* dB of a tape's pre-emphasis, about HIGHS_HZ, and of the lows that an iron core sees. */
#define HIGHS_DB 9.0
#define IRON_DB 9.0

const struct lq_sat_kind lq_sat_kinds[LQ_SAT_STYLES] = {
  [LQ_SAT_TAPE] = { LQ_CURVE_ROOT, 2.0, 0.0, HIGHS_DB, 0.0 },
  [LQ_SAT_TUBE] = { LQ_CURVE_TANH, 1.25, 0.35, 0.0, 0.0 },
  [LQ_SAT_TRANSFORMER] = { LQ_CURVE_FOURTH, 1.5, 0.0, 0.0, IRON_DB },
  [LQ_SAT_SOFT] = { LQ_CURVE_TANH, 1.0, 0.0, 0.0, 0.0 },
  [LQ_SAT_HARD] = { LQ_CURVE_CLIP, 1.0, 0.0, 0.0, 0.0 },
};

/* Audio reaches to here, and to that share of the rate. */
#define AUDIO_HZ 20000.0
#define AUDIO_SHARE 0.42

/* Above this angle of the highest audio at the fast rate means droop by too much. */
#define ANGLE_MOST 1.45

/* What is looked at in planes of means: frames before and behind those of a block. */
#define MEANS_BEFORE 3
#define MEANS_BEHIND 4
#define MEANS (LQ_OVERSAMPLE_BLOCK + MEANS_BEFORE + MEANS_BEHIND)

bool
lq_sat_means (const lq_stream *stream, uint32_t factor)
{
  const double audio = fmin (AUDIO_HZ, AUDIO_SHARE * stream->rate);

  return 2.0 * LQ_PI * audio / (stream->rate * factor) <= ANGLE_MOST;
}

uint32_t
lq_sat_reach (uint32_t factor)
{
  return (factor - 1 + LQ_SAT_DROOP) / factor;
}

/* c1 … c3 by the differences of (c − 1)/v at three places. */
void
lq_sat_droop (lq_sat *u)
{
  const double rate = u->stream.rate, fast = rate * u->over.factor;
  const double angle = 2.0 * LQ_PI * fmin (AUDIO_HZ, AUDIO_SHARE * rate) / fast;
  const double top = 1.0 - cos (angle), v0 = 0.1 * top, v1 = 0.55 * top, v2 = 0.95 * top;
  const double f0 = 1.0 / (2.0 - v0), f1 = 1.0 / (2.0 - v1), f2 = 1.0 / (2.0 - v2);
  const double d01 = (f1 - f0) / (v1 - v0), d12 = (f2 - f1) / (v2 - v1);
  const double c3 = (d12 - d01) / (v2 - v0), c2 = d01 - c3 * (v0 + v1),
               c1 = f0 - v0 * (d01 - c3 * v1);
  /* v = 1 − cos ω, v² = 3/2 − 2 cos ω + ½ cos 2ω, v³ = 5/2 − 15/4 cos ω + 3/2 cos 2ω − ¼ cos 3ω. */
  const double t[LQ_SAT_DROOP + 1] = { 1.0 + c1 + 1.5 * c2 + 2.5 * c3,
    -(c1 + 2.0 * c2 + 3.75 * c3) / 2.0, (0.5 * c2 + 1.5 * c3) / 2.0, -0.25 * c3 / 2.0, 0.0 };

  for (uint32_t k = 0; k < LQ_SAT_DROOP; k++)
    u->droop[k] = (float)((t[k] + t[k + 1]) / 2.0);
}

uint32_t
lq_sat_scratch (const lq_sat *u)
{
  return LQ_OVERSAMPLE_BLOCK + (u->over.factor + 2) * MEANS;
}

/* f'(b). */
static double
slope (uint32_t curve, double b)
{
  switch (curve) {
    case LQ_CURVE_ROOT:
      return pow (1.0 + b * b, -1.5);
    case LQ_CURVE_TANH:
      return 1.0 - tanh (b) * tanh (b);
    case LQ_CURVE_FOURTH:
      return pow (1.0 + b * b * b * b, -1.25);
    default:
      return 1.0;
  }
}

/* f (b) by the kernel itself, so that silence is 0. */
struct lq_curve_shape
lq_sat_curve (const lq_sat *u, uint32_t style, double bias)
{
  const struct lq_sat_kind *kind = &u->kinds[style];
  struct lq_curve_shape shape = { kind->curve, (float)(1.0 / kind->level),
    (float)(kind->bias + bias), 0.0f, 1.0f };
  float zero = 0.0f;

  u->kernels->curve (&shape, &zero, &shape.offset, 1);
  shape.gain = (float)(kind->level / slope (kind->curve, kind->bias + bias));
  return shape;
}

void
lq_sat_bend (
    const lq_sat *u, uint32_t style, const float *bias, struct lq_sat_bend *bend, uint32_t n)
{
  const struct lq_sat_kind *kind = &u->kinds[style];
  const struct lq_curve_shape plain = { kind->curve, 1.0f, 0.0f, 0.0f, 1.0f };

  for (uint32_t i = 0; i < n; i++) {
    bend->bias[i] = (float)kind->bias + bias[i];
    bend->gain[i] = (float)(kind->level / slope (kind->curve, bend->bias[i]));
  }
  u->kernels->curve (&plain, bend->bias, bend->offset, n);
}

/* One plane through a curve whose bias moves. */
static void
bent (const lq_sat *u, uint32_t style, const struct lq_sat_bend *bend, const float *x, float *y,
    uint32_t n)
{
  const struct lq_sat_kind *kind = &u->kinds[style];
  const struct lq_curve_shape plain = { kind->curve, 1.0f, 0.0f, 0.0f, 1.0f };
  const float scale = (float)(1.0 / kind->level);

  for (uint32_t i = 0; i < n; i++)
    y[i] = x[i] * scale + bend->bias[i];
  u->kernels->curve (&plain, y, y, n);
  for (uint32_t i = 0; i < n; i++)
    y[i] = (y[i] - bend->offset[i]) * bend->gain[i];
}

/* Means between fast values j − 1 and j, for frames −MEANS_BEFORE … n + reach − 1 of plane m. */
static void
mean_plane (lq_sat *u, uint32_t c, uint32_t m, const struct lq_sat_motion *motion, float *out,
    uint32_t count)
{
  const uint32_t factor = u->over.factor;
  const float *x = lq_oversample_fast (&u->over, c, m) - MEANS_BEFORE;
  const float *last = m ? lq_oversample_fast (&u->over, c, m - 1) - MEANS_BEFORE
                        : lq_oversample_fast (&u->over, c, factor - 1) - MEANS_BEFORE - 1;
  struct lq_curve_shape shape = { LQ_CURVE_CLIP, 1.0f, 0.0f, 0.0f, 1.0f };
  float *a = u->scratch + LQ_OVERSAMPLE_BLOCK + factor * MEANS, *b = a + MEANS;
  /* The bias comes so late that its value is known for the farthest frame. */
  const float *now = motion ? motion->bias + LQ_SAT_PAST - MEANS_BEFORE - u->reach : NULL;
  const float *ago = m ? now : now - (motion != NULL);

  if (!motion) {
    shape.bias = shape.offset = (float)u->bias.z.value;
    u->kernels->clip_mean (&shape, last, x, out, count);
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    a[i] = last[i] + ago[i];
    b[i] = x[i] + now[i];
  }
  u->kernels->clip_mean (&shape, a, b, out, count);
  for (uint32_t i = 0; i < count; i++)
    out[i] -= 0.5f * (ago[i] + now[i]);
}

static void
shape_means (
    lq_sat *u, uint32_t c, const struct lq_sat_motion *motion, float *const *to, uint32_t n)
{
  const uint32_t factor = u->over.factor;
  float *means = u->scratch + LQ_OVERSAMPLE_BLOCK;

  for (uint32_t m = 0; m < factor; m++)
    mean_plane (u, c, m, motion, means + m * MEANS, n + MEANS_BEFORE + u->reach);
  for (uint32_t m = 0; m < factor; m++) {
    struct lq_fold f = { .taps = u->droop, .pairs = LQ_SAT_DROOP };
    for (uint32_t k = 0; k < LQ_SAT_DROOP; k++) {
      /* Counted from a frame that can't be below 0. */
      const uint32_t a = MEANS_BEFORE * factor + m - k, b = MEANS_BEFORE * factor + m + 1 + k;
      f.a[k] = means + a % factor * MEANS + a / factor;
      f.b[k] = means + b % factor * MEANS + b / factor;
    }
    u->kernels->fold (&f, to[m], n);
  }
}

/* The planes shaped by one style, into `to`. */
static void
shape_style (lq_sat *u, uint32_t c, uint32_t style, const struct lq_sat_motion *motion,
    const struct lq_sat_bend *bend, float *const *to, uint32_t n)
{
  if (u->kinds[style].curve == LQ_CURVE_CLIP && u->means) {
    shape_means (u, c, motion, to, n);
    return;
  }
  for (uint32_t m = 0; m < u->over.factor; m++) {
    const float *x = lq_oversample_fast (&u->over, c, m);
    if (motion)
      bent (u, style, bend, x, to[m], n);
    else
      u->kernels->curve (&u->rest.curve, x, to[m], n);
  }
}

void
lq_sat_shape (lq_sat *u, uint32_t c, const struct lq_sat_motion *motion, uint32_t n)
{
  float *shaped[LQ_OVERSAMPLE_MAX], *other[LQ_OVERSAMPLE_MAX];
  float others[LQ_OVERSAMPLE_MAX][LQ_HOP];

  for (uint32_t m = 0; m < u->over.factor; m++) {
    shaped[m] = lq_oversample_shaped (&u->over, c, m);
    other[m] = others[m];
  }
  shape_style (u, c, u->z.from, motion, motion ? &motion->from : NULL, shaped, n);
  if (u->z.from == u->z.to)
    return;
  shape_style (u, c, u->z.to, motion, &motion->to, other, n);
  for (uint32_t m = 0; m < u->over.factor; m++)
    lq_orc_crossfade (shaped[m], other[m], motion->fade, (int)n);
}
