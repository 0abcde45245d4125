/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Stereo imager: how wide each of 1 to 4 bands is, a side made from the middle, mono bass, and a guard
 * against antiphase. Layer: processors.
 *
 * Channels: 1 (nothing is done) or 2, planar, in place. Latency 0.
 *
 * It works on the middle (l + r)/2 and the side (l − r)/2, and never on the middle: l + r stays what it
 * is; with several bands, what it is behind the all-pass that the bands sum to, as the side is.
 *
 *   side of a band = width · (side + stereoize · decorrelated middle)
 *
 * so that a width of 0 gives l = r whatever else is set. At 100 % of stereoize the side is as strong as
 * the middle, but below 100 Hz, where there is none: the correlation of a mono source falls to about 0
 * (50 %: 0.6). Left and right get complementary halves of the spectrum, 11 changes over the range.
 *
 * The guard looks at each band and, behind mono bass, at all: primitives/antiphase.h. With several
 * bands and everything else neutral the sound passes as it is until the guard acts. */

#ifndef LQ_IMAGER_H
#define LQ_IMAGER_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/antiphase.h"
#include "../primitives/bands.h"
#include "pass.h"

#define LQ_IMAGER_BANDS 4

struct lq_imager_band {
  float width_percent, stereoize_percent;
};

struct lq_imager_params {
  uint32_t enabled;
  uint32_t bands; /* latched in prepare */
  float crossover_hz[LQ_IMAGER_BANDS - 1];
  float mono_hz;      /* 0: off */
  int32_t mono_slope; /* dB an octave: 6, 12, 24 */
  uint32_t guard;
  struct lq_imager_band band[LQ_IMAGER_BANDS];
};

#define LQ_IMAGER_ROWS 8
#define LQ_IMAGER_BAND_ROWS 2
extern const struct lq_param lq_imager_rows[LQ_IMAGER_ROWS];
extern const struct lq_param lq_imager_band_rows[LQ_IMAGER_BAND_ROWS];

/* The unit's modules in a chain whose params hold struct lq_imager_params at `offset`. */
#define LQ_IMAGER_MODULES (1 + LQ_IMAGER_BANDS)
#define LQ_IMAGER_MODULE_LIST(offset)                                                          \
  { "imager", lq_imager_rows, LQ_IMAGER_ROWS, (offset), NULL },                                \
      LQ_IMAGER_BAND_MODULE ("imager1", offset, 0),                                            \
      LQ_IMAGER_BAND_MODULE ("imager2", offset, 1),                                            \
      LQ_IMAGER_BAND_MODULE ("imager3", offset, 2),                                            \
      LQ_IMAGER_BAND_MODULE ("imager4", offset, 3)
#define LQ_IMAGER_BAND_MODULE(prefix, offset, i)                                               \
  {                                                                                            \
    prefix, lq_imager_band_rows, LQ_IMAGER_BAND_ROWS,                                          \
        (offset) + offsetof (struct lq_imager_params, band) +                                  \
            (i) * sizeof (struct lq_imager_band),                                              \
        NULL                                                                                   \
  }

/* Biquads of the decorrelator: a high-pass, and all-passes. */
#define LQ_IMAGER_BIQUADS LQ_BIQUADS_PASS

typedef struct lq_imager {
  lq_stream stream;
  const struct lq_kernels *kernels;
  uint32_t bands;
  lq_bands split;                                  /* of middle and side; several bands */
  lq_ramp on;                                      /* from the input to what is made; as well */
  lq_ramp width[LQ_IMAGER_BANDS];                  /* 1: as it is */
  lq_ramp stereo[LQ_IMAGER_BANDS];                 /* 0 … 1 */
  lq_antiphase guard[LQ_IMAGER_BANDS], last_guard; /* bands': only where there are several */
  lq_pass mono;
  struct lq_biquad_taps taps[LQ_IMAGER_BIQUADS];
  uint32_t biquads;
  uint32_t ring; /* hops that the decorrelator sounds on */
  float *planes; /* (bands + 2) × middle, side */
  float mono_hz; /* as last set, but 0 */
  bool guarded, working /* something as set isn't neutral */;
  struct {
    uint32_t phase;   /* frames since the last grid point */
    bool running;     /* middle and side are made */
    bool wet;         /* … and heard */
    uint32_t ringing; /* hops for which the decorrelator still runs */
    uint32_t quiet;   /* hops since a guard acted, up to a bound */
    double biquad[LQ_IMAGER_BIQUADS][LQ_BIQUAD_STATE];
  } z;
} lq_imager;

bool lq_imager_prepare (lq_imager *u, const lq_stream *stream, const struct lq_imager_params *p,
    lq_arena *arena);                                                     /* [setup] */
void lq_imager_set (lq_imager *u, const struct lq_imager_params *p);      /* [rt] */
void lq_imager_reset (lq_imager *u);                                      /* [rt] */
void lq_imager_process (lq_imager *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_imager_latency (const lq_imager *u);                          /* [any] */

/* Frames that sound after the input ended. [any] */
uint32_t lq_imager_tail (const lq_imager *u);

/* At rest at its neutral settings, with no guard on: process would change nothing. [rt] */
bool lq_imager_neutral (const lq_imager *u);

#endif
