/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Design of second-order sections whose magnitude follows the analogue prototype up to 20 kHz,
 * and the forms in which they are run. Layer: primitives. */

#ifndef LQ_BIQUAD_H
#define LQ_BIQUAD_H

#include "../base/kernels.h"

#include <stdbool.h>
#include <stdint.h>

/* Prototypes: properties/README.md. The last two are first-order, 1/(s+1) and s/(s+1). */
enum lq_biquad_type {
  LQ_BIQUAD_BELL,
  LQ_BIQUAD_LOW_SHELF,
  LQ_BIQUAD_HIGH_SHELF,
  LQ_BIQUAD_NOTCH,
  LQ_BIQUAD_BAND_PASS,
  LQ_BIQUAD_ALL_PASS,
  LQ_BIQUAD_TILT,
  LQ_BIQUAD_HIGH_PASS,
  LQ_BIQUAD_LOW_PASS,
  LQ_BIQUAD_HIGH_PASS_1,
  LQ_BIQUAD_LOW_PASS_1
};

struct lq_biquad_spec {
  int32_t type;        /* enum lq_biquad_type */
  bool plain;          /* one section must do, at some accuracy above rate/8 */
  double frequency_hz; /* 10 to 40000; held at LQ_NYQUIST_MARGIN of the rate */
  double gain_db;      /* −24 to 24; bell, shelves, tilt */
  double q;            /* 0.1 to 40; not tilt nor first-order types */
};

/* H(s) = (high·s² + mid·s + low·g2) / (s² + kg·s + g2), s = (z − 1)/(z + 1): `low` is the gain at
 * 0 Hz, `high` at half the rate. Stable where g2 and kg are above 0. */
typedef struct lq_biquad {
  double g2, kg, low, mid, high;
} lq_biquad;

/* A design: the section, and for some types at rates below 80 kHz a first-order aid that takes
 * out what the section leaves of the error towards half the rate. */
struct lq_biquad_pair {
  lq_biquad main, aid;
  bool aided; /* else aid is exactly 1 */
};

/* Bounded work, a few µs; continuous in frequency, gain and q. [rt] */
void lq_biquad_design (
    const struct lq_biquad_spec *spec, double rate, struct lq_biquad_pair *pair);

/* |prototype|² at `hz`. [any] */
double lq_biquad_prototype (const struct lq_biquad_spec *spec, double hz);

/* |H|² of the section at `hz`. [any] */
double lq_biquad_power (const lq_biquad *s, double rate, double hz);

struct lq_biquad_taps lq_biquad_to_taps (const lq_biquad *s); /* [rt] */

/* Frames in which the section's slowest mode decays by e. [rt] */
double lq_biquad_decay (const lq_biquad *s);

/* Bell, shelves and tilt; 0 dB of them is neutral. [rt] */
bool lq_biquad_has_gain (int32_t type);

/* Whether the section does nothing at this setting, whatever the signal. [rt] */
bool lq_biquad_idle (const struct lq_biquad_spec *spec, double rate);

#endif
