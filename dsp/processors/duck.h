/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ducking: the level of one signal falls while another sounds. Layer: processors.
 *
 * The key: 1 to LQ_CHANNELS_MAX channels, of which the largest |x| counts. While it is at the
 * threshold or above, and max (hold, 10 ms) longer, the gain goes towards −amount with τ attack, then
 * back to 0 dB with τ release; in two stages alike, without a corner. Latency 0. */

#ifndef LQ_DUCK_H
#define LQ_DUCK_H

#include "../base/kernels.h"
#include "../base/param.h"
#include "../base/ramp.h"

struct lq_duck_params {
  float amount_db, threshold_db, attack_ms, hold_ms, release_ms;
};

#define LQ_DUCK_ROWS 5
extern const struct lq_param lq_duck_rows[LQ_DUCK_ROWS];

typedef struct lq_duck {
  double rate;
  const struct lq_kernels *kernels;
  lq_ramp amount;
  float threshold; /* linear */
  uint32_t hold;   /* frames */
  struct lq_ballistics times;
  struct {
    uint32_t phase; /* frames since the last grid point */
    uint32_t held;  /* frames until release begins */
    struct lq_ballistics_state state;
    bool works;         /* the gain isn't at rest at 0 dB */
    float reduction_db; /* largest since lq_duck_reduction_db */
  } z;
} lq_duck;

/* False: no memory. [setup] */
bool lq_duck_prepare (lq_duck *u, const lq_stream *stream, lq_arena *arena);
void lq_duck_set (lq_duck *u, const struct lq_duck_params *p); /* [rt] */

/* At rest at 0 dB, `phase` frames behind a grid point. [rt] */
void lq_duck_reset (lq_duck *u, uint32_t phase);

/* At most LQ_BLOCK frames of a key of so many channels (0: it is silent): their gains, linear.
 * False: all are 1, and none was written. [rt] */
bool lq_duck_process (
    lq_duck *u, const float *const *key, uint32_t channels, float *gain, uint32_t frames);

/* At rest at 0 dB, and nothing calls: frames of a silent key may pass without their gains. [rt] */
static inline bool
lq_duck_resting (const lq_duck *u)
{
  return !u->z.works && u->z.held == 0 && lq_ramp_resting (&u->amount);
}
static inline void
lq_duck_pass (lq_duck *u, uint32_t frames)
{
  u->z.phase = (u->z.phase + frames) % LQ_HOP;
}

/* Largest reduction since the last call, dB, positive. [rt] */
float lq_duck_reduction_db (lq_duck *u);

#endif
