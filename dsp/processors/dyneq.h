/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dynamic equaliser: four bands in series, whose gains follow the level in the band.
 * Layer: processors.
 *
 * Channels: 1 or 2, planar, in place. Latency 0. Of one channel `mid` is all there is, as `left` is;
 * `right` and `side` are nothing.
 *
 * Detectors hear the unit's input through a band-pass at the band's frequency and q (bell), a
 * low-pass (low-shelf) or a high-pass (high-shelf). Level: peak, held 10 ms, of the louder channel;
 * relative: against the peak of the whole input, all channels of it.
 *
 * Gains are made once a group, 4000 to 8500 times a second, from what came before it, and the
 * filter goes straight from one to the next: so that the attack can't be shorter than a group,
 * 0.17 ms at 48 kHz; longer ones are exact to half of that.
 *
 * Another frequency, q or type is another table of filters by gain, made within some hops, and
 * then gone over to in LQ_RAMP_MS; another type or more than half an octave: at no gain, before and
 * after which the gain takes twice as long to go and to come back. */

#ifndef LQ_DYNEQ_H
#define LQ_DYNEQ_H

#include "../base/kernels.h"
#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/biquad.h"
#include "../primitives/listen.h"
#include "../primitives/slidemax.h"

#define LQ_DYNEQ_BANDS LQ_SWING_BANDS

/* Most frames that are done at once. */
#define LQ_DYNEQ_CHUNK (4 * LQ_HOP)

/* As the biquads' types are numbered. */
enum lq_dyneq_type {
  LQ_DYNEQ_BELL = LQ_BIQUAD_BELL,
  LQ_DYNEQ_LOW_SHELF = LQ_BIQUAD_LOW_SHELF,
  LQ_DYNEQ_HIGH_SHELF = LQ_BIQUAD_HIGH_SHELF
};
enum lq_dyneq_mode { LQ_DYNEQ_ABSOLUTE, LQ_DYNEQ_RELATIVE };
enum lq_dyneq_channel {
  LQ_DYNEQ_STEREO,
  LQ_DYNEQ_LEFT,
  LQ_DYNEQ_RIGHT,
  LQ_DYNEQ_MID,
  LQ_DYNEQ_SIDE
};

struct lq_dyneq_band {
  uint32_t enabled;
  int32_t type; /* enum lq_dyneq_type */
  float frequency_hz, q, threshold_db;
  int32_t threshold_mode; /* enum lq_dyneq_mode */
  float range_db, ratio, attack_ms, release_ms;
  int32_t channel; /* enum lq_dyneq_channel */
  uint32_t listen;
};

struct lq_dyneq_params {
  uint32_t enabled;
  struct lq_dyneq_band band[LQ_DYNEQ_BANDS];
};

#define LQ_DYNEQ_ROWS 1
#define LQ_DYNEQ_BAND_ROWS 12
extern const struct lq_param lq_dyneq_rows[LQ_DYNEQ_ROWS];
extern const struct lq_param lq_dyneq_band_rows[LQ_DYNEQ_BAND_ROWS];
extern const struct lq_override lq_dyneq_overrides[LQ_DYNEQ_BANDS][2];

/* The unit's modules in a chain whose params hold struct lq_dyneq_params at `offset`. */
#define LQ_DYNEQ_MODULES (1 + LQ_DYNEQ_BANDS)
#define LQ_DYNEQ_MODULE_LIST(offset)                                                           \
  { "dyneq", lq_dyneq_rows, LQ_DYNEQ_ROWS, (offset), NULL },                                   \
      LQ_DYNEQ_BAND_MODULE ("dyneq1", offset, 0), LQ_DYNEQ_BAND_MODULE ("dyneq2", offset, 1),  \
      LQ_DYNEQ_BAND_MODULE ("dyneq3", offset, 2), LQ_DYNEQ_BAND_MODULE ("dyneq4", offset, 3)
#define LQ_DYNEQ_BAND_MODULE(prefix, offset, i)                                                \
  {                                                                                            \
    prefix, lq_dyneq_band_rows, LQ_DYNEQ_BAND_ROWS,                                            \
        (offset) + offsetof (struct lq_dyneq_params, band) +                                   \
            (i) * sizeof (struct lq_dyneq_band),                                               \
        lq_dyneq_overrides[i]                                                                  \
  }

struct lq_dyneq_spec {
  int32_t type;
  float frequency_hz, q;
};

/* Filters by gain: at nodes 3 dB apart, and cubics between them. */
#define LQ_DYNEQ_NODES 17
#define LQ_DYNEQ_STEP_DB 3.0
struct lq_dyneq_table {
  struct lq_dyneq_spec spec;
  uint32_t done; /* designs */
  double node[LQ_DYNEQ_NODES][LQ_SWING_OWN];
  double cubic[LQ_DYNEQ_NODES - 1][4][LQ_SWING_OWN];
  double detector[LQ_SWING_OWN];
  double decay[LQ_DYNEQ_NODES]; /* frames in which the filter's ring decays by e */
};

/* What moves on ramps. */
enum lq_dyneq_control {
  LQ_DYNEQ_ON, /* share of the gain in dB */
  LQ_DYNEQ_THRESHOLD,
  LQ_DYNEQ_SHARE, /* 0 absolute … 1 relative */
  LQ_DYNEQ_RANGE, /* its magnitude … */
  LQ_DYNEQ_SIGN,  /* … and its sign: −1 … 1 */
  LQ_DYNEQ_SLOPE, /* 1 − 1/ratio */
  LQ_DYNEQ_HEARD, /* 0 … 1 */
  LQ_DYNEQ_OWN_LEFT,
  LQ_DYNEQ_OWN_RIGHT,
  LQ_DYNEQ_OTHER, /* what of the channels it hears, as kernels.h has it */
  LQ_DYNEQ_CONTROLS
};

/* Taps of the group under way, at its beginning and its end; OWN is the left channel's, that of the
 * right stands behind. */
struct lq_dyneq_taps {
  double from[LQ_SWING_TAPS + 1], to[LQ_SWING_TAPS + 1];
};

/* Shares of its way that a gain goes in a group. */
struct lq_dyneq_times {
  double attack, release;
};

struct lq_dyneq_voice {
  bool on, listened;
  struct lq_dyneq_spec spec; /* as last set */
  struct lq_dyneq_times times;
  lq_ramp ramp[LQ_DYNEQ_CONTROLS];
  lq_ramp move; /* from table[0] to table[1] */
  lq_ramp fade; /* from the gain by `now` to that by `next` */
  lq_ramp dip;  /* share of the gain in dB, that goes to 0 for a far move */
  struct lq_dyneq_table *table[2];
  lq_slidemax held;
  struct {
    bool awake;                   /* it listens, and its filter runs */
    bool building, ready, moving; /* table[1] is made, whole, gone over to */
    struct lq_dyneq_times now, next;
    double moves_db, next_db; /* what ballistics follow: how far the band moves */
    float most_db; /* gain farthest from 0 since lq_dyneq_reduction_db, with its sign */
    double filter[2][2], detector[2][2]; /* states: v, w of left and right */
    struct lq_dyneq_taps filters, detectors;
  } z;
};

typedef struct lq_dyneq {
  lq_stream stream;
  const struct lq_kernels *kernels;
  uint32_t group; /* frames */
  struct lq_dyneq_voice voice[LQ_DYNEQ_BANDS];
  lq_slidemax whole; /* peaks of the input */
  lq_listen listen;
  struct lq_swing_row *row;
  double *x;     /* two channels, interleaved */
  double *heard; /* what detectors hear */
  float *none;   /* the channel that one channel hasn't */
  struct {
    uint32_t phase; /* frames since the last grid point */
    bool calm;      /* no ramp moves, no table is made */
    uint32_t bands; /* that were awake last */
  } z;
} lq_dyneq;

bool lq_dyneq_prepare (lq_dyneq *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_dyneq_set (lq_dyneq *u, const struct lq_dyneq_params *p);              /* [rt] */
void lq_dyneq_reset (lq_dyneq *u);                                             /* [rt] */
void lq_dyneq_process (lq_dyneq *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_dyneq_latency (const lq_dyneq *u);                                 /* [any] */

/* Frames that sound after the input ended. [any] */
uint32_t lq_dyneq_tail (const lq_dyneq *u);

/* At rest at its neutral settings: process would change nothing, and nobody listens. [rt] */
bool lq_dyneq_neutral (const lq_dyneq *u);

/* The reduction of a band that was farthest from 0 since the last call, dB; negative where the band
 * was raised. [rt] */
float lq_dyneq_reduction_db (lq_dyneq *u, uint32_t band);

#endif
