/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "signals.h"

#include <math.h>
#include <stdlib.h>

void
lqs_sine (float *out, size_t frames, double rate, double hz, double amplitude, double phase,
    uint64_t first)
{
  for (size_t i = 0; i < frames; i++)
    out[i] = (float)(amplitude * sin (2.0 * M_PI * hz * (double)(first + i) / rate + phase));
}

void
lqs_noise (float *out, size_t frames, double amplitude, uint64_t seed)
{
  lqs_random r = { seed * 2 + 1 };

  for (size_t i = 0; i < frames; i++)
    out[i] = (float)(amplitude * lqs_uniform (&r));
}

void
lqs_band_noise (float *out, size_t frames, double share, double rms, uint64_t seed)
{
  enum { REACH = 127 };
  lqs_random r = { seed * 2 + 1 };
  double *white = malloc ((frames + 2 * REACH) * sizeof *white), taps[2 * REACH + 1];
  double sum = 0.0;

  for (int k = -REACH; k <= REACH; k++)
    taps[REACH + k] = (k ? sin (2.0 * M_PI * share * k) / (M_PI * k) : 2.0 * share) *
                      (0.5 + 0.5 * cos (M_PI * k / (REACH + 1.0)));
  for (size_t i = 0; i < frames + 2 * REACH; i++)
    white[i] = lqs_uniform (&r);
  for (size_t i = 0; i < frames; i++) {
    double y = 0.0;
    for (int k = 0; k <= 2 * REACH; k++)
      y += taps[k] * white[i + (size_t)k];
    out[i] = (float)y;
    sum += y * y;
  }
  for (size_t i = 0; i < frames; i++)
    out[i] *= (float)(rms / sqrt (sum / (double)frames));
  free (white);
}

void
lqs_programme (float *out, size_t frames, double rate, uint64_t seed)
{
  static const double hz[] = { 55.0, 220.0, 987.0, 3150.0 };
  lqs_random r = { seed * 2 + 1 };

  for (size_t i = 0; i < frames; i++) {
    double t = (double)i / rate, x = 0.05 * lqs_uniform (&r);
    for (int k = 0; k < 4; k++)
      x += 0.06 * (1.0 + sin (2.0 * M_PI * (0.7 + k) * t + (double)seed)) *
           sin (2.0 * M_PI * hz[k] * t + k);
    out[i] = (float)x;
  }
}
