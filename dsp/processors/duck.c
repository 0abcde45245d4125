/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: ducking.
 * Source:  properties/README.md, "Laws used by several"; properties/audiomixbus.csv.
 *
 *   key → |x|, largest → above? → hold → 0 or −amount → attack, release, in two stages → gain
 *
 * z: works: the gain, or what it goes to, isn't 0 dB. */

#include "duck.h"

#include "../base/mathx.h"
#include "../primitives/times.h"

#include <math.h>
#include <string.h>

/* A gain this close to 0 dB is there: a step of it isn't heard at 32 bits. */
#define REST_DB 1e-6

#define NUMBER(name, nick, blurb, unit, scale, field, min, max, def)                           \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, scale, offsetof (struct lq_duck_params, field), min,    \
        max, def, NULL, LQ_PLAYING, LQ_RAMP_MS                                                 \
  }
const struct lq_param lq_duck_rows[LQ_DUCK_ROWS] = {
  NUMBER ("amount", "Duck amount", "Reduction while the key is above the threshold", "dB",
      LQ_LINEAR, amount_db, 0, 60, 12),
  NUMBER ("threshold", "Duck threshold", "Peak level of the key above which it ducks", "dBFS",
      LQ_LINEAR, threshold_db, -80, 0, -40),
  NUMBER ("attack", "Duck attack", "Time to 63 % of the reduction", "ms", LQ_LOG, attack_ms,
      0.1, 2000, 30),
  NUMBER ("hold", "Duck hold", "Stays down this long after the key fell below the threshold",
      "ms", LQ_LINEAR, hold_ms, 0, 10000, 250),
  NUMBER ("release", "Duck release", "Time to 63 % of the way back", "ms", LQ_LOG, release_ms,
      1, 10000, 500),
};
LQ_ASSERT_ROWS (lq_duck_rows, struct lq_duck_params);

bool
lq_duck_prepare (lq_duck *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_duck_rows, LQ_DUCK_ROWS, 0, NULL };
  struct lq_duck_params defaults;

  memset (u, 0, sizeof *u);
  u->rate = stream->rate;
  u->kernels = lq_kernels ();
  if (!lq_ramp_prepare (&u->amount, stream, arena, LQ_RAMP_MS))
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_duck_set (u, &defaults);
  lq_duck_reset (u, 0);
  return true;
}

void
lq_duck_set (lq_duck *u, const struct lq_duck_params *p)
{
  lq_ramp_set (&u->amount, p->amount_db);
  u->threshold = (float)lq_db_to_lin (p->threshold_db);
  u->hold = (uint32_t)lround (fmax (LQ_PEAK_HOLD_MS, p->hold_ms) * u->rate / 1000.0);
  /* The kernel's attack is the way down. */
  u->times.attack = lq_keep (u->rate, p->attack_ms / LQ_TWO_STAGES);
  u->times.release = lq_keep (u->rate, p->release_ms / LQ_TWO_STAGES);
  u->times.rounded = 1;
}

void
lq_duck_reset (lq_duck *u, uint32_t phase)
{
  memset (&u->z, 0, sizeof u->z);
  lq_ramp_jump (&u->amount);
  u->z.phase = phase;
}

float
lq_duck_reduction_db (lq_duck *u)
{
  const float reduction = u->z.reduction_db;

  u->z.reduction_db = 0.0f;
  return reduction;
}

/* Whether the key sounds at all in these frames, or did lately. */
static bool
lq_duck_called (
    lq_duck *u, const float *const *key, uint32_t channels, float *level, uint32_t n)
{
  if (channels == 0)
    memset (level, 0, n * sizeof *level);
  else
    u->kernels->magnitude (key, level, channels, n);
  return u->z.works || u->z.held > 0 || u->kernels->peak (level, n) >= u->threshold;
}

/* Levels become the gains that are wanted, dB. */
static void
lq_duck_target (lq_duck *u, float *level, uint32_t n)
{
  float amount[LQ_HOP];
  uint32_t held = u->z.held;

  lq_ramp_fill (&u->amount, amount, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    held = level[i] >= u->threshold ? u->hold : held - (held > 0);
    level[i] = held > 0 ? -amount[i] : 0.0f;
  }
  u->z.held = held;
}

/* A part within a hop. False: its gains are all 1. */
static bool
lq_duck_part (lq_duck *u, const float *const *key, uint32_t channels, float *gain, uint32_t n)
{
  float reduction;

  if (!lq_duck_called (u, key, channels, gain, n))
    return false;
  lq_duck_target (u, gain, n);
  u->kernels->ballistics (&u->times, &u->z.state, gain, NULL, gain, u->z.phase, n);
  reduction = u->kernels->peak (gain, n);
  u->z.reduction_db = fmaxf (u->z.reduction_db, reduction);
  u->kernels->gains (gain, gain, n);
  u->z.works = true;
  return true;
}

/* At a grid point. */
static void
lq_duck_hop (lq_duck *u)
{
  struct lq_ballistics_state *state = &u->z.state;

  lq_ramp_move (&u->amount);
  if (!u->z.works || u->z.held > 0 || state->slow.z < -REST_DB || state->gain.z < -REST_DB)
    return;
  memset (state, 0, sizeof *state);
  u->z.works = false;
}

bool
lq_duck_process (
    lq_duck *u, const float *const *key, uint32_t channels, float *gain, uint32_t frames)
{
  const float *at[LQ_CHANNELS_MAX];
  bool any = false;

  for (uint32_t done = 0, n; done < frames; done += n) {
    bool works;
    if (u->z.phase == 0)
      lq_duck_hop (u);
    n = lq_hop_left (u->z.phase, frames - done);
    for (uint32_t c = 0; c < channels; c++)
      at[c] = key[c] + done;
    works = lq_duck_part (u, at, channels, gain + done, n);
    for (uint32_t i = 0; works && !any && i < done; i++)
      gain[i] = 1.0f;
    any = any || works;
    for (uint32_t i = 0; any && !works && i < n; i++)
      gain[done + i] = 1.0f;
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
  return any;
}
