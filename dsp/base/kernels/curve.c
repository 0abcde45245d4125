/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: saturation curves without libm.
 * Source:  tanh: x·P(x²)/Q(x²) of degrees 7 and 8, fitted to the least relative error on 0 … 9, which
 *          is 3.9e-7; roots: Newton's iteration from a guess by the exponent (which is a line for
 *          log2 of the value). Mean of a clip over a line: J. D. Parker, V. Zavalishin, E. Le Bivic,
 *          "Reducing the aliasing of nonlinear waveshaping using continuous-time convolution",
 *          DAFx-16; with c = clip (x) and e = x − c the difference of antiderivatives becomes
 *          (c0 + c1)/2 + (e0 + e1)/2·(c1 − c0)/(x1 − x0), where nothing large cancels.
 *
 * Plain loops that the compiler vectorises; never fused, so that the variants give the same bits. */

#include "kernels-isa.h"

#include <string.h>

/* tanh is 1 from here on, to 3e-8. */
#define TANH_END 9.0f

/* Guesses for v^(−1/2) and v^(−1/4): what is left of the exponent's bias, and of the mean error of
 * taking log2 of the mantissa for the mantissa. */
#define ROOT_GUESS INT32_C (0x5f3759df)
#define FOURTH_GUESS INT32_C (0x4f58cae5)

static inline float
float_of (int32_t bits)
{
  float x;

  memcpy (&x, &bits, sizeof x);
  return x;
}

static inline int32_t
bits_of (float x)
{
  int32_t bits;

  memcpy (&bits, &x, sizeof bits);
  return bits;
}

/* 1/√v, v ≥ 1. */
static inline float
over_root (float v)
{
  const float half = 0.5f * v;
  float y = float_of (ROOT_GUESS - (bits_of (v) >> 1));

  y = y * (1.5f - half * y * y);
  y = y * (1.5f - half * y * y);
  return y * (1.5f - half * y * y);
}

/* 1/⁴√v, v ≥ 1. */
static inline float
over_fourth (float v)
{
  const float quarter = 0.25f * v;
  float y = float_of (FOURTH_GUESS - (bits_of (v) >> 2));

  y = y * (1.25f - quarter * (y * y) * (y * y));
  y = y * (1.25f - quarter * (y * y) * (y * y));
  y = y * (1.25f - quarter * (y * y) * (y * y));
  return y * (1.25f - quarter * (y * y) * (y * y));
}

static inline float
root (float x)
{
  return x * over_root (1.0f + x * x);
}

static inline float
fourth (float x)
{
  const float t = x * x;

  return x * over_fourth (1.0f + t * t);
}

static inline float
hold (float x, float most)
{
  x = x > most ? most : x;
  return x < -most ? -most : x;
}

static inline float
tangent (float x)
{
  const float h = hold (x, TANH_END), t = h * h;
  const float p =
      0.999999627633f + t * (0.128353689704f + t * (0.00285511507285f + t * 1.0423872003e-5f));
  const float q =
      1.0f + t * (0.461684194319f +
                     t * (0.0234201192746f + t * (0.000225287460251f + t * 2.14555234144e-7f)));

  return h * p / q;
}

/* A loop for each, as the compiler unswitches none. */
#define CURVE_LOOP(f)                                                                          \
  for (uint32_t i = 0; i < n; i++)                                                             \
  y[i] = (f (x[i] * scale + bias) - offset) * gain

#define clip(x) hold (x, 1.0f)

void
LQ_KERNEL (curve) (const struct lq_curve_shape *shape, const float *x, float *y, uint32_t n)
{
  const float scale = shape->scale, bias = shape->bias, offset = shape->offset,
              gain = shape->gain;

  switch (shape->curve) {
    case LQ_CURVE_ROOT:
      CURVE_LOOP (root);
      break;
    case LQ_CURVE_TANH:
      CURVE_LOOP (tangent);
      break;
    case LQ_CURVE_FOURTH:
      CURVE_LOOP (fourth);
      break;
    default:
      CURVE_LOOP (clip);
  }
}

void
LQ_KERNEL (clip_mean) (const struct lq_curve_shape *shape, const float *before, const float *x,
    float *restrict y, uint32_t n)
{
  const float scale = shape->scale, bias = shape->bias, offset = shape->offset,
              gain = shape->gain;

  for (uint32_t i = 0; i < n; i++) {
    const float x0 = before[i] * scale + bias, x1 = x[i] * scale + bias;
    const float c0 = clip (x0), c1 = clip (x1), d = x1 - x0;
    const float share = (c1 - c0) / (d == 0.0f ? 1.0f : d);
    const float mean = 0.5f * (c0 + c1) + 0.5f * ((x0 - c0) + (x1 - c1)) * share;
    y[i] = (mean - offset) * gain;
  }
}
