/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* De-esser: turns down sibilants by how their band stands to the whole programme, at any level.
 * Linked over channels. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency 0.
 *
 * Split: a Linkwitz-Riley crossover of fourth order at `frequency`, whose upper band is turned
 * down. At rest its bands sum to an all-pass, flat; that stays as long as the module works in this
 * mode (with a range above 0), since fading to the dry signal would be heard by its phase. */

#ifndef LQ_DEESS_H
#define LQ_DEESS_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/listen.h"
#include "../base/kernels.h"
#include "../primitives/group.h"
#include "../primitives/slidemax.h"

enum lq_deess_mode { LQ_DEESS_SPLIT, LQ_DEESS_WIDE };

struct lq_deess_params {
  uint32_t enabled;
  float frequency_hz, threshold_db, range_db;
  int32_t mode; /* enum lq_deess_mode */
  float attack_ms, release_ms;
  uint32_t listen;
};

#define LQ_DEESS_ROWS 8
extern const struct lq_param lq_deess_rows[LQ_DEESS_ROWS];

struct lq_deess_split {
  struct lq_crossover_taps taps;
  struct lq_crossover_state *state; /* of pairs */
};

typedef struct lq_deess {
  lq_stream stream;
  const struct lq_kernels *kernels;
  uint32_t group;
  double attack, release; /* shares of the way in a group */
  lq_ramp threshold_db, range_db;
  lq_ramp on, wide; /* 0 … 1 */
  lq_ramp fade;     /* from split[0] to split[1] */
  struct lq_deess_split split[2];
  lq_slidemax whole, band; /* peaks of groups */
  lq_listen listen;
  float *upper, *sum;  /* of every channel: the upper band, what both bands sum to */
  float *other;        /* of two channels, both: by split[1] while fading; a spare one */
  double frequency_hz; /* as last set */
  bool listened;
  struct {
    uint32_t phase; /* frames since the last grid point */
    bool running, fading;
    double frequency_hz[2]; /* of the splits */
    double reduction_db;
    float from, to; /* gain at the ends of the group */
    float most_db;  /* since lq_deess_reduction_db */
  } z;
} lq_deess;

bool lq_deess_prepare (lq_deess *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_deess_set (lq_deess *u, const struct lq_deess_params *p);              /* [rt] */
void lq_deess_reset (lq_deess *u);                                             /* [rt] */
void lq_deess_process (lq_deess *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_deess_latency (const lq_deess *u);                                 /* [any] */
uint32_t lq_deess_tail (const lq_deess *u);                                    /* [any] */

/* At rest at its neutral settings: process would change nothing, and nobody listens. [rt] */
bool lq_deess_neutral (const lq_deess *u);

/* The largest reduction since the last call, dB. [rt] */
float lq_deess_reduction_db (lq_deess *u);

#endif
