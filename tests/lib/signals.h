/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Test signals, in double or float, from formulas. Phases are in radians. */

#ifndef LQ_SIGNALS_H
#define LQ_SIGNALS_H

#include <stddef.h>
#include <stdint.h>

/* A small generator with a known sequence (xorshift64*), for noise and random cuts. */
typedef struct lqs_random {
  uint64_t state;
} lqs_random;

static inline uint64_t
lqs_next (lqs_random *r)
{
  r->state ^= r->state >> 12;
  r->state ^= r->state << 25;
  r->state ^= r->state >> 27;
  return r->state * UINT64_C (2685821657736338717);
}

/* Uniform in [−1, 1). */
static inline double
lqs_uniform (lqs_random *r)
{
  return (double)(int64_t)lqs_next (r) / 9223372036854775808.0;
}

/* An integer in [lo, hi]. */
static inline uint32_t
lqs_range (lqs_random *r, uint32_t lo, uint32_t hi)
{
  return lo + (uint32_t)(lqs_next (r) % ((uint64_t)hi - lo + 1));
}

/* amplitude·sin(2π·hz·n/rate + phase), for n = first … first + frames − 1. */
void lqs_sine (float *out, size_t frames, double rate, double hz, double amplitude,
    double phase, uint64_t first);

/* White noise, uniform, ± amplitude. */
void lqs_noise (float *out, size_t frames, double amplitude, uint64_t seed);

/* Noise from 0 to `share` of the rate, of this RMS: a windowed sinc of 255 taps. */
void lqs_band_noise (float *out, size_t frames, double share, double rms, uint64_t seed);

/* Noise and tones over the whole band, at about −12 dBFS: something like music, never silent. */
void lqs_programme (float *out, size_t frames, double rate, uint64_t seed);

#endif
