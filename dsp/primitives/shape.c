/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the curves of noise shaping.
 * Source:  44.1 kHz, taps of error feedback: R. A. Wannamaker, "Psychoacoustically Optimal Noise
 *          Shaping", JAES 40(7/8), 1992 (3 and 9 taps); S. P. Lipshitz, J. Vanderkooy,
 *          R. A. Wannamaker, "Minimally Audible Noise Shaping", JAES 39(11), 1991 (5 taps).
 *          48 kHz: the same responses in Hz up to 19 kHz, within 0.16, 0.41 and 0.32 dB, fitted
 *          by docs/fit-noise-shaping; above, what theory asks for so that the mean of the log
 *          magnitude is 0 (M. Gerzon, P. G. Craven, "Optimal Noise Shaping and Dither of Digital
 *          Signals", AES preprint 2822, 1989).
 *
 * All have their zeros within the unit circle. */

#include "shape.h"

#include <math.h>

#define CURVES 3

const struct lq_enum lq_shaping_enum = { "LqNoiseShaping",
  (const struct lq_item[]){ { "none", "None: the noise of the dither", LQ_SHAPING_NONE },
      { "light", "3 taps, 6 dB more noise, 18 dB less at 3 to 4.5 kHz", LQ_SHAPING_LIGHT },
      { "medium", "5 taps, 12 dB more noise, 22 dB less there", LQ_SHAPING_MEDIUM },
      { "strong", "9 taps, 18 dB more noise, 24 dB less there", LQ_SHAPING_STRONG },
      { NULL, NULL, 0 } } };

static const struct lq_shape_taps none;

static const struct lq_shape_taps curves_44100[CURVES] = {
  { 4, { 1.623f, -0.982f, 0.109f } },
  { 8, { 2.033f, -2.165f, 1.959f, -1.590f, 0.6149f } },
  { 12, { 2.412f, -3.370f, 3.937f, -4.174f, 3.353f, -2.205f, 1.281f, -0.569f, 0.0847f } },
};

static const struct lq_shape_taps curves_48000[CURVES] = {
  { 8, { 1.41813f, -0.38462f, -0.57525f, 0.49197f, -0.32635f, 0.20253f, -0.09870f, 0.02657f } },
  { 12, { 1.79295f, -1.29164f, 0.33191f, 0.61763f, -1.48430f, 1.23788f, -0.41863f, -0.01218f,
            0.20364f, -0.24042f, 0.17781f, -0.06648f } },
  { 16, { 2.18392f, -2.34650f, 1.56163f, -0.15644f, -1.75490f, 2.67823f, -2.29744f, 1.25111f,
            -0.06306f, -0.85276f, 1.07429f, -0.89973f, 0.59473f, -0.31149f, 0.11933f,
            -0.02554f } },
};

static const struct lq_shape_taps *
lq_shape_curves (double rate)
{
  if (fabs (rate - 44100.0) < 1.0)
    return curves_44100;
  return fabs (rate - 48000.0) < 1.0 ? curves_48000 : NULL;
}

bool
lq_shape_has (double rate)
{
  return lq_shape_curves (rate) != NULL;
}

const struct lq_shape_taps *
lq_shape_taps (enum lq_shaping shaping, double rate)
{
  const struct lq_shape_taps *curves = lq_shape_curves (rate);

  return shaping == LQ_SHAPING_NONE || !curves ? &none : &curves[shaping - 1];
}

double
lq_shape_sum (const struct lq_shape_taps *taps)
{
  double sum = 1.0;

  for (uint32_t k = 0; k < taps->order; k++)
    sum += fabs ((double)taps->c[k]);
  return sum;
}
