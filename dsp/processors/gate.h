/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Gate and downward expander. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place, one gain for all. Latency: the look-ahead, from
 * the start if the module is on then, else from when it is first switched on. Look-ahead is latched
 * in prepare.
 *
 * Level: the largest |x| of all channels, of the last max (hold, 10 ms). The gate opens above the
 * threshold, and closes `hysteresis` below it. Closed, its gain is (level − threshold)·(ratio − 1)
 * dB, at least −range; open, 0 dB. */

#ifndef LQ_GATE_H
#define LQ_GATE_H

#include "../base/kernels.h"
#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/listen.h"
#include "../primitives/lookahead.h"
#include "../primitives/sidechain.h"
#include "../primitives/slidemax.h"

struct lq_gate_params {
  uint32_t enabled;
  float threshold_db, hysteresis_db, ratio, range_db, attack_ms, hold_ms, release_ms;
  float lookahead_ms, sc_hpf_hz, sc_lpf_hz;
  uint32_t listen;
};

#define LQ_GATE_ROWS 12
extern const struct lq_param lq_gate_rows[LQ_GATE_ROWS];

/* What moves on ramps. */
enum lq_gate_control {
  LQ_GATE_THRESHOLD,
  LQ_GATE_HYSTERESIS,
  LQ_GATE_SLOPE, /* ratio − 1 */
  LQ_GATE_RANGE,
  LQ_GATE_WET,   /* share of the gate in the gain */
  LQ_GATE_TIMES, /* from one attack and release to others, 0 … 1 */
  LQ_GATE_CONTROLS
};

typedef struct lq_gate {
  lq_stream stream;
  const struct lq_kernels *kernels;
  lq_sidechain sidechain;
  lq_listen listen;
  lq_lookahead lookahead;
  lq_slidemax held;
  lq_ramp ramp[LQ_GATE_CONTROLS];
  bool enabled; /* asked for */
  bool changed; /* settings are new */
  bool moving;  /* a ramp moves, or is asked to */
  struct lq_ballistics times;
  struct {
    uint32_t phase; /* frames since the last grid point */
    bool awake;     /* the gain is computed */
    bool open;
    struct lq_ballistics now, next;          /* next: while TIMES moves */
    struct lq_ballistics_state state, other; /* other: for next */
    uint32_t soft;      /* hops for which an opening is no faster than SOFT_MS */
    float reduction_db; /* largest since lq_gate_reduction_db */
  } z;
} lq_gate;

bool lq_gate_prepare (lq_gate *u, const lq_stream *stream, const struct lq_gate_params *p,
    lq_arena *arena);                                                 /* [setup] */
void lq_gate_set (lq_gate *u, const struct lq_gate_params *p);        /* [rt] */
void lq_gate_reset (lq_gate *u);                                      /* [rt] */
void lq_gate_process (lq_gate *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_gate_latency (const lq_gate *u);                          /* [any] */

/* The detector looks at these planes in the next process, one for each channel, instead of at the
 * audio itself; NULL: at that. [rt] */
static inline void
lq_gate_hear (lq_gate *u, const float *const *key)
{
  lq_sidechain_hear (&u->sidechain, key);
}

/* The latency if it is switched on. [any] */
uint32_t lq_gate_latency_most (const lq_gate *u);

/* After set: frames by which the latency has just grown. [rt] */
uint32_t lq_gate_grow (lq_gate *u);

/* At rest at neutral settings: process would change nothing. [rt] */
bool lq_gate_neutral (const lq_gate *u);

/* Largest attenuation since the last call, dB, positive. [rt] */
float lq_gate_reduction_db (lq_gate *u);

/* The static curve of the closed gate: output level at this level of the detector, dB. [any] */
double lq_gate_curve_db (const struct lq_gate_params *p, double level_db);

#endif
