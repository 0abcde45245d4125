/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Multiband dynamics: each of 2 to 6 bands by itself compressed, or raised. Layer: processors.
 *
 * Channels: 1 or 2, planar, in place. Bands and phase are latched in prepare. Latency: 0 with phase
 * minimum, else that of the filters.
 *
 * Level: the largest |x| of the band in the last 10 ms. The static curve (lq_mb_curve_db) makes a gain
 * of the level, then the gain in dB follows with τ attack and release. Links are laid between curve
 * and ballistics: first that of channels, then that of bands, of which those that are bypassed know
 * nothing. A band is (1 − mix)·dry + mix·makeup·gain·dry.
 *
 * At rest where every band in use does nothing: ratio 1 or range 0 with makeup 0, or mix 0, or bypass;
 * no solo, no mute. Else the bands sum to an all-pass (phase minimum), flat; that stays as long as any
 * band does something, since fading to the dry signal is heard by its phase. */

#ifndef LQ_MB_H
#define LQ_MB_H

#include "../base/kernels.h"
#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/bands.h"
#include "../primitives/slidemax.h"

#define LQ_MB_BANDS LQ_BANDS_MAX

enum lq_mb_phase { LQ_MB_MINIMUM, LQ_MB_LINEAR };

struct lq_mb_band {
  float threshold_db, ratio, knee_db, attack_ms, release_ms, range_db, makeup_db, mix_percent;
  uint32_t solo, mute, bypass;
};

struct lq_mb_params {
  uint32_t enabled;
  uint32_t bands;
  int32_t phase; /* enum lq_mb_phase */
  float crossover_hz[LQ_MB_BANDS - 1];
  float band_link_percent, link_percent;
  struct lq_mb_band band[LQ_MB_BANDS];
};

#define LQ_MB_ROWS 10
#define LQ_MB_BAND_ROWS 11
extern const struct lq_param lq_mb_rows[LQ_MB_ROWS];
extern const struct lq_param lq_mb_band_rows[LQ_MB_BAND_ROWS];
extern const struct lq_override lq_mb_overrides[LQ_MB_BANDS][3];

/* The unit's modules in a chain whose params hold struct lq_mb_params at `offset`. */
#define LQ_MB_MODULES (1 + LQ_MB_BANDS)
#define LQ_MB_MODULE_LIST(offset)                                                              \
  { "mb", lq_mb_rows, LQ_MB_ROWS, (offset), NULL }, LQ_MB_BAND_MODULE ("mb1", offset, 0),      \
      LQ_MB_BAND_MODULE ("mb2", offset, 1), LQ_MB_BAND_MODULE ("mb3", offset, 2),              \
      LQ_MB_BAND_MODULE ("mb4", offset, 3), LQ_MB_BAND_MODULE ("mb5", offset, 4),              \
      LQ_MB_BAND_MODULE ("mb6", offset, 5)
#define LQ_MB_BAND_MODULE(prefix, offset, i)                                                   \
  {                                                                                            \
    prefix, lq_mb_band_rows, LQ_MB_BAND_ROWS,                                                  \
        (offset) + offsetof (struct lq_mb_params, band) + (i) * sizeof (struct lq_mb_band),    \
        lq_mb_overrides[i]                                                                     \
  }

/* What of a band moves on ramps. */
enum lq_mb_control {
  LQ_MB_THRESHOLD,
  LQ_MB_SLOPE,
  LQ_MB_KNEE,
  LQ_MB_RANGE,
  LQ_MB_MAKEUP,  /* dB */
  LQ_MB_WET,     /* share of the compressed band */
  LQ_MB_AUDIBLE, /* 0 … 1 */
  LQ_MB_APART,   /* 1: no link reaches it */
  LQ_MB_CONTROLS
};

/* Coefficients a frame. */
struct lq_mb_times {
  double attack[LQ_MB_BANDS], release[LQ_MB_BANDS];
};

typedef struct lq_mb {
  lq_stream stream;
  const struct lq_kernels *kernels;
  uint32_t bands;
  lq_bands splitter;
  lq_ramp ramp[LQ_MB_BANDS][LQ_MB_CONTROLS];
  lq_ramp link, band_link;
  lq_ramp times;                     /* from one ballistics to the other */
  lq_ramp on;                        /* 0 … 1 */
  lq_slidemax peak[2 * LQ_MB_BANDS]; /* a lane each, see z.split */
  float *plane[2 * LQ_MB_BANDS];     /* bands of channels, 2·b + c */
  float *gain[2 * LQ_MB_BANDS];      /* of lanes */
  float *other[2 * LQ_MB_BANDS];     /* of lanes, by the ballistics that follow */
  uint32_t settle;                   /* hops before what begins is heard */
  bool wanted;                       /* enabled, and a band does something */
  bool moving;                       /* a ramp moves, or is asked to */
  struct lq_mb_times set;            /* as last set */
  struct {
    uint32_t phase; /* frames since the last grid point */
    uint32_t settling;
    bool running;
    bool raises;                  /* a ratio is below 1 */
    bool split;                   /* lanes are 2·b + c, each channel by itself; else b */
    struct lq_mb_times now, next; /* next: while times move */
    double gain[2 * LQ_MB_BANDS], later[2 * LQ_MB_BANDS]; /* dB, of lanes: of now and next */
    /* What bands come to while nothing moves: offset + scale·gain. */
    float offset[LQ_MB_BANDS], scale[LQ_MB_BANDS];
    float reduction_db[LQ_MB_BANDS]; /* since lq_mb_reduction_db */
  } z;
} lq_mb;

bool lq_mb_prepare (lq_mb *u, const lq_stream *stream, const struct lq_mb_params *p,
    lq_arena *arena);                                             /* [setup] */
void lq_mb_set (lq_mb *u, const struct lq_mb_params *p);          /* [rt] */
void lq_mb_reset (lq_mb *u);                                      /* [rt] */
void lq_mb_process (lq_mb *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_mb_latency (const lq_mb *u);                          /* [any] */
uint32_t lq_mb_tail (const lq_mb *u);                             /* [any] */

/* The latency if it is switched on. [any] */
uint32_t lq_mb_latency_most (const lq_mb *u);

/* After set: frames by which the latency has just grown. [rt] */
uint32_t lq_mb_grow (lq_mb *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_mb_neutral (const lq_mb *u);

/* The largest change of a band's gain since the last call, dB, without makeup and mix: positive where
 * it is turned down, negative where it is raised. Bypassed: 0. [rt] */
float lq_mb_reduction_db (lq_mb *u, uint32_t band);

/* The static curve: output level of a band at this level, dB, without makeup and mix. [any] */
double lq_mb_curve_db (const struct lq_mb_band *p, double level_db);

#endif
