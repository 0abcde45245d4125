/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Equaliser of eight bands in series, each of any type. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place; in full, that is with slopes, routes and linear
 * phase, 1 or 2. Latency 0, with linear phase N/2 − 1.
 * What the bands listen to is heard at this unit's input; `listen` has it for the chain. */

#ifndef LQ_EQ_H
#define LQ_EQ_H

#include "../base/param.h"
#include "../primitives/cascade.h"
#include "../primitives/listen.h"

#define LQ_EQ_BANDS 8

/* Sections of a band in full: 96 dB an octave. */
#define LQ_EQ_PARTS 8

struct lq_eq_band {
  uint32_t enabled;
  int32_t type; /* enum lq_biquad_type, up to LQ_BIQUAD_LOW_PASS */
  float frequency_hz, gain_db, q;
  uint32_t listen;
  /* In full alone; not looked at else. */
  int32_t slope;   /* of high-pass and low-pass, dB an octave; 12: shaped by q */
  int32_t channel; /* enum lq_route */
};

/* phase */
enum lq_eq_phase { LQ_EQ_MINIMUM, LQ_EQ_LINEAR };

struct lq_eq_params {
  uint32_t enabled;
  /* In full alone, latched when it is prepared. */
  int32_t phase; /* enum lq_eq_phase */
  int32_t taps;  /* N up to 48 kHz, as in lq_linear_taps */
  struct lq_eq_band band[LQ_EQ_BANDS];
};

#define LQ_EQ_ROWS 1
#define LQ_EQ_BAND_ROWS 6
#define LQ_EQ_FULL_ROWS 3
#define LQ_EQ_FULL_BAND_ROWS 8
extern const struct lq_param
    lq_eq_rows[LQ_EQ_FULL_ROWS]; /* the first are all that others have */
extern const struct lq_param lq_eq_band_rows[LQ_EQ_FULL_BAND_ROWS];
extern const struct lq_override lq_eq_overrides[LQ_EQ_BANDS][2];

/* The unit's modules in a chain whose params hold struct lq_eq_params at `offset`; and in full. */
#define LQ_EQ_MODULES (1 + LQ_EQ_BANDS)
#define LQ_EQ_MODULE_LIST(offset) LQ_EQ_MODULES_OF (offset, LQ_EQ_ROWS, LQ_EQ_BAND_ROWS)
#define LQ_EQ_FULL_MODULE_LIST(offset)                                                         \
  LQ_EQ_MODULES_OF (offset, LQ_EQ_FULL_ROWS, LQ_EQ_FULL_BAND_ROWS)
#define LQ_EQ_MODULES_OF(offset, rows, band_rows)                                              \
  { "eq", lq_eq_rows, rows, (offset), NULL }, LQ_EQ_BAND_MODULE ("eq1", band_rows, offset, 0), \
      LQ_EQ_BAND_MODULE ("eq2", band_rows, offset, 1),                                         \
      LQ_EQ_BAND_MODULE ("eq3", band_rows, offset, 2),                                         \
      LQ_EQ_BAND_MODULE ("eq4", band_rows, offset, 3),                                         \
      LQ_EQ_BAND_MODULE ("eq5", band_rows, offset, 4),                                         \
      LQ_EQ_BAND_MODULE ("eq6", band_rows, offset, 5),                                         \
      LQ_EQ_BAND_MODULE ("eq7", band_rows, offset, 6),                                         \
      LQ_EQ_BAND_MODULE ("eq8", band_rows, offset, 7)
#define LQ_EQ_BAND_MODULE(prefix, band_rows, offset, i)                                        \
  {                                                                                            \
    prefix, lq_eq_band_rows, band_rows,                                                        \
        (offset) + offsetof (struct lq_eq_params, band) + (i) * sizeof (struct lq_eq_band),    \
        lq_eq_overrides[i]                                                                     \
  }

typedef struct lq_eq {
  lq_stream stream;
  lq_cascade cascade;
  uint32_t bands;
  uint32_t parts;    /* sections of a band: LQ_EQ_PARTS in full, else 1 */
  lq_section *heard; /* band-passes of what is listened to */
  lq_listen listen;
  struct lq_eq_linear *linear; /* NULL: minimum phase */
  struct {
    uint32_t phase; /* frames since the last grid point */
  } z;
} lq_eq;

bool lq_eq_prepare (lq_eq *u, const lq_stream *stream, lq_arena *arena); /* [setup] */

/* Of its first bands alone: the others are off. [setup] */
bool lq_eq_prepare_bands (lq_eq *u, const lq_stream *stream, uint32_t bands, lq_arena *arena);

/* In full, of one or two channels; p may be NULL: the defaults. Linear phase is late by N/2 − 1
 * frames: from the start where it is enabled then, else from when it first is. [setup] */
bool lq_eq_prepare_full (
    lq_eq *u, const lq_stream *stream, const struct lq_eq_params *p, lq_arena *arena);

/* What a band does, as sections in series: how many. [rt] */
uint32_t lq_eq_band_specs (
    const struct lq_eq_band *b, bool full, struct lq_biquad_spec spec[LQ_EQ_PARTS]);

/* What it acts on, enum lq_route, and whether it is off: one channel is its own left and mid, and
 * has no right and no side. [rt] */
int32_t lq_eq_band_route (const struct lq_eq_band *b, uint32_t channels);
bool lq_eq_band_absent (const struct lq_eq_band *b, uint32_t channels);

/* Whether a band does anything to what passes, or is about to. [rt] */
bool lq_eq_band_works (const lq_eq *u, uint32_t band);

void lq_eq_set (lq_eq *u, const struct lq_eq_params *p);          /* [rt] */
void lq_eq_reset (lq_eq *u);                                      /* [rt] */
void lq_eq_process (lq_eq *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_eq_latency (const lq_eq *u);                          /* [any] */

/* What it will be late by once on. [any] */
uint32_t lq_eq_latency_most (const lq_eq *u);

/* Frames by which the latency has grown since the last call. [rt] */
uint32_t lq_eq_grow (lq_eq *u);

/* Frames that sound after the input ended. [any] */
uint32_t lq_eq_tail (const lq_eq *u);

/* At rest at its neutral settings, and not late: process would change nothing, and nobody listens. [rt] */
bool lq_eq_neutral (const lq_eq *u);

#endif
