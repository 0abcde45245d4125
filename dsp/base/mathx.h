/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Conversions between the units people use and the numbers loops use. Layer: base. */

#ifndef LQ_MATHX_H
#define LQ_MATHX_H

#include <math.h>

#define LQ_PI 3.14159265358979323846

/* A level or gain at or below this many dB is silence. */
#define LQ_SILENCE_DB (-120.0)

/* Frequencies of filters are held at this share of the sampling rate. */
#define LQ_NYQUIST_MARGIN 0.49

/* 10^(dB/20); exactly 0 at LQ_SILENCE_DB and below, exactly 1 at 0. [any] */
static inline double
lq_db_to_lin (double db)
{
  return db <= LQ_SILENCE_DB ? 0.0 : pow (10.0, db / 20.0);
}

/* 20·log10(lin), LQ_SILENCE_DB at the least. [any] */
static inline double
lq_lin_to_db (double lin)
{
  return lin <= 1e-6 ? LQ_SILENCE_DB : 20.0 * log10 (lin);
}

/* 10·log10(power), LQ_SILENCE_DB at the least. [any] */
static inline double
lq_power_to_db (double power)
{
  return power <= 1e-12 ? LQ_SILENCE_DB : 10.0 * log10 (power);
}

static inline double
lq_clamp (double x, double lo, double hi)
{
  return x < lo ? lo : x > hi ? hi : x;
}

#endif
