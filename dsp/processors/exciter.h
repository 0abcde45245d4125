/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Multiband exciter: harmonics for each of 1 to 4 bands. Layer: processors.
 *
 * Channels: 1 or 2 (`channel` needs two), planar, in place. Latency: of the oversampling, once the unit
 * was prepared or set enabled; it stays late from then on.
 *
 * A band goes through a curve with `amount`'s drive, 0.24 dB a percent, and back by as much, so that
 * small signals pass at 0 dB at any amount: what grows is the harmonics, and peaks are rounded. Below
 * 10 % what is excited is mixed in with amount/10 %, so that it begins from nothing.
 *
 * Harmonics of a sine of −6 dBFS at 50 % (12 dB), dB against the fundamental, measured
 * (tests/dsp/test-exciter.c):
 *
 *   style    2nd    3rd    4th    5th   curve
 *   warm     WARM
 *   tape     TAPE
 *   tube     TUBE
 *   triode   TRIODE
 *   retro    RETRO
 *
 * With several bands what is not excited passes the all-pass that the bands sum to, for as long as any
 * band is. Bands at amount or mix 0 cost a delay. */

#ifndef LQ_EXCITER_H
#define LQ_EXCITER_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/bands.h"
#include "../primitives/lookahead.h"
#include "sat.h"

#define LQ_EXCITER_BANDS 4

enum lq_exciter_style {
  LQ_EXCITER_WARM,
  LQ_EXCITER_TAPE,
  LQ_EXCITER_TUBE,
  LQ_EXCITER_TRIODE,
  LQ_EXCITER_RETRO,
  LQ_EXCITER_STYLES
};

struct lq_exciter_band {
  int32_t style; /* enum lq_exciter_style */
  float amount_percent, mix_percent;
  int32_t channel; /* enum lq_sat_route */
};

struct lq_exciter_params {
  uint32_t enabled;
  uint32_t bands; /* latched in prepare, as oversampling */
  float crossover_hz[LQ_EXCITER_BANDS - 1];
  int32_t oversampling; /* 0 (auto), 1, 2, 4 or 8 */
  struct lq_exciter_band band[LQ_EXCITER_BANDS];
};

#define LQ_EXCITER_ROWS 6
#define LQ_EXCITER_BAND_ROWS 4
extern const struct lq_param lq_exciter_rows[LQ_EXCITER_ROWS];
extern const struct lq_param lq_exciter_band_rows[LQ_EXCITER_BAND_ROWS];

/* The unit's modules in a chain whose params hold struct lq_exciter_params at `offset`. */
#define LQ_EXCITER_MODULES (1 + LQ_EXCITER_BANDS)
#define LQ_EXCITER_MODULE_LIST(offset)                                                         \
  { "exciter", lq_exciter_rows, LQ_EXCITER_ROWS, (offset), NULL },                             \
      LQ_EXCITER_BAND_MODULE ("exciter1", offset, 0),                                          \
      LQ_EXCITER_BAND_MODULE ("exciter2", offset, 1),                                          \
      LQ_EXCITER_BAND_MODULE ("exciter3", offset, 2),                                          \
      LQ_EXCITER_BAND_MODULE ("exciter4", offset, 3)
#define LQ_EXCITER_BAND_MODULE(prefix, offset, i)                                              \
  {                                                                                            \
    prefix, lq_exciter_band_rows, LQ_EXCITER_BAND_ROWS,                                        \
        (offset) + offsetof (struct lq_exciter_params, band) +                                 \
            (i) * sizeof (struct lq_exciter_band),                                             \
        NULL                                                                                   \
  }

typedef struct lq_exciter {
  lq_stream stream;
  uint32_t bands;
  lq_sat band[LQ_EXCITER_BANDS]; /* the whole unit, where there is one */
  lq_bands split;
  lq_lookahead dry; /* the input, late; for several bands, as all that follows */
  lq_ramp on;       /* from the input to the sum of the bands */
  float *planes;    /* bands × channels */
  bool wanted;      /* as set, some band is excited */
  struct {
    uint32_t phase; /* frames since the last grid point */
    bool running;   /* bands are made */
    uint32_t wait;  /* frames until they may be heard */
  } z;
} lq_exciter;

bool lq_exciter_prepare (lq_exciter *u, const lq_stream *stream,
    const struct lq_exciter_params *p, lq_arena *arena);                    /* [setup] */
void lq_exciter_set (lq_exciter *u, const struct lq_exciter_params *p);     /* [rt] */
void lq_exciter_reset (lq_exciter *u);                                      /* [rt] */
void lq_exciter_process (lq_exciter *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_exciter_latency (const lq_exciter *u);                          /* [any] */

/* The latency if it is switched on. [any] */
uint32_t lq_exciter_latency_most (const lq_exciter *u);

/* After set: frames by which the latency has grown. [rt] */
uint32_t lq_exciter_grow (lq_exciter *u);

/* Frames that sound after the input ended (and the latency). [any] */
uint32_t lq_exciter_tail (const lq_exciter *u);

/* Process changes nothing. [rt] */
bool lq_exciter_neutral (const lq_exciter *u);

#endif
