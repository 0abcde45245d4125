/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Equaliser of eight bands in series, each of any type. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency 0.
 * What the bands listen to is heard at this unit's input; `listen` has it for the chain. */

#ifndef LQ_EQ_H
#define LQ_EQ_H

#include "../base/param.h"
#include "../primitives/cascade.h"
#include "../primitives/listen.h"

#define LQ_EQ_BANDS 8

struct lq_eq_band {
  uint32_t enabled;
  int32_t type; /* enum lq_biquad_type, up to LQ_BIQUAD_LOW_PASS */
  float frequency_hz, gain_db, q;
  uint32_t listen;
};

struct lq_eq_params {
  uint32_t enabled;
  struct lq_eq_band band[LQ_EQ_BANDS];
};

#define LQ_EQ_ROWS 1
#define LQ_EQ_BAND_ROWS 6
extern const struct lq_param lq_eq_rows[LQ_EQ_ROWS];
extern const struct lq_param lq_eq_band_rows[LQ_EQ_BAND_ROWS];
extern const struct lq_override lq_eq_overrides[LQ_EQ_BANDS][2];

/* The unit's modules in a chain whose params hold struct lq_eq_params at `offset`. */
#define LQ_EQ_MODULES (1 + LQ_EQ_BANDS)
#define LQ_EQ_MODULE_LIST(offset)                                                              \
  { "eq", lq_eq_rows, LQ_EQ_ROWS, (offset), NULL }, LQ_EQ_BAND_MODULE ("eq1", offset, 0),      \
      LQ_EQ_BAND_MODULE ("eq2", offset, 1), LQ_EQ_BAND_MODULE ("eq3", offset, 2),              \
      LQ_EQ_BAND_MODULE ("eq4", offset, 3), LQ_EQ_BAND_MODULE ("eq5", offset, 4),              \
      LQ_EQ_BAND_MODULE ("eq6", offset, 5), LQ_EQ_BAND_MODULE ("eq7", offset, 6),              \
      LQ_EQ_BAND_MODULE ("eq8", offset, 7)
#define LQ_EQ_BAND_MODULE(prefix, offset, i)                                                   \
  {                                                                                            \
    prefix, lq_eq_band_rows, LQ_EQ_BAND_ROWS,                                                  \
        (offset) + offsetof (struct lq_eq_params, band) + (i) * sizeof (struct lq_eq_band),    \
        lq_eq_overrides[i]                                                                     \
  }

typedef struct lq_eq {
  lq_stream stream;
  lq_cascade cascade;
  uint32_t bands;
  lq_section *heard; /* band-passes of what is listened to */
  lq_listen listen;
  struct {
    uint32_t phase; /* frames since the last grid point */
  } z;
} lq_eq;

bool lq_eq_prepare (lq_eq *u, const lq_stream *stream, lq_arena *arena); /* [setup] */

/* Of its first bands alone: the others are off. [setup] */
bool lq_eq_prepare_bands (lq_eq *u, const lq_stream *stream, uint32_t bands, lq_arena *arena);

void lq_eq_set (lq_eq *u, const struct lq_eq_params *p);          /* [rt] */
void lq_eq_reset (lq_eq *u);                                      /* [rt] */
void lq_eq_process (lq_eq *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_eq_latency (const lq_eq *u);                          /* [any] */

/* Frames that sound after the input ended. [any] */
uint32_t lq_eq_tail (const lq_eq *u);

/* At rest at its neutral settings: process would change nothing, and nobody listens. [rt] */
bool lq_eq_neutral (const lq_eq *u);

#endif
