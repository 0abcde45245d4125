/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: look-ahead limiter for true peaks.
 *
 *   x ─→ primitives/limit.c: peaks of groups → least gain ─┐      ┌─→ gain ─→ y
 *                                                release ←─┘ ─────┘
 *
 * All but the peaks runs once a group, 1000 to 1500 times a second.
 *
 * Release: fast falls with FAST_MS. slow follows it, to SLOW_TAKE_MS of limiting, and falls with
 * SLOW_MS; the deeper one counts. A short peak is over quickly, long limiting doesn't pump.
 *
 * z: as in the header. */

#include "limiter.h"

#include "../base/mathx.h"

#include <string.h>

#define GROUPS_A_SECOND 1400.0
#define FAST_MS 20.0
#define SLOW_MS 200.0
#define SLOW_TAKE_MS 600.0

/* A reduction of less is none: −100 dB. So that it comes to that, releases also lose a little by
 * the group. */
#define DONE 1e-5
#define CREEP 2e-6

/* A ceiling that falls turns down in the middle of a wave: slower than a gain. */
#define CEILING_RAMP_MS 20.0

#define FIELD(name) offsetof (struct lq_limiter_params, name)
const struct lq_param lq_limiter_rows[LQ_LIMITER_ROWS] = {
  { "enabled", "Limiter", "Holds true peaks under the ceiling", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (enabled), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "ceiling", "Ceiling", "Highest true peak", "dBTP", LQ_FLOAT, LQ_LINEAR, FIELD (ceiling_db),
      -20, 0, -1, NULL, LQ_PLAYING, CEILING_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_limiter_rows, struct lq_limiter_params);

uint32_t
lq_limiter_group (double rate)
{
  const double log2_frames = round (log2 (rate / GROUPS_A_SECOND));

  return 1u << (uint32_t)lq_clamp (log2_frames, 2.0, 8.0);
}

static double
keep (double ms, double groups_a_second)
{
  return exp (-1000.0 / (ms * groups_a_second));
}

bool
lq_limiter_prepare (lq_limiter *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_limit_config config = {
    .piece = lq_limiter_group (stream->rate), .pieces = 1, .lanes = 1
  };
  const double groups = stream->rate / config.piece;

  memset (u, 0, sizeof *u);
  u->fast_keep = keep (FAST_MS, groups);
  u->slow_keep = keep (SLOW_MS, groups);
  u->slow_take = 1.0 - keep (SLOW_TAKE_MS, groups);
  if (!lq_limit_prepare (&u->core, stream, &config, arena) ||
      !lq_ramp_prepare (&u->ceiling, stream, arena, CEILING_RAMP_MS))
    return false;
  lq_limit_set_hold (&u->core, (uint32_t)ceil (LQ_LIMITER_HOLD_MS * groups / 1000.0));
  lq_limiter_set_ceiling (u, LQ_LIMITER_OFF);
  lq_limiter_reset (u);
  return true;
}

void
lq_limiter_set_ceiling (lq_limiter *u, double ceiling)
{
  lq_ramp_set (&u->ceiling, ceiling);
}

void
lq_limiter_set (lq_limiter *u, const struct lq_limiter_params *p)
{
  lq_limiter_set_ceiling (u, p->enabled ? lq_db_to_lin (p->ceiling_db) : LQ_LIMITER_OFF);
}

void
lq_limiter_reset (lq_limiter *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.least = 1.0f;
  lq_ramp_jump (&u->ceiling);
  lq_limit_reset (&u->core);
}

uint32_t
lq_limiter_latency (const lq_limiter *u)
{
  return u->core.latency;
}

/* Gain. */

/* The next control from the least gain. */
static float
release (lq_limiter *u, double least)
{
  const double wanted = 1.0 - least;
  double deeper;

  u->z.fast = u->z.fast * u->fast_keep - CREEP;
  u->z.fast = wanted > u->z.fast ? wanted : u->z.fast;
  if (u->z.fast > u->z.slow)
    u->z.slow += (u->z.fast - u->z.slow) * u->slow_take;
  else
    u->z.slow = u->z.slow * u->slow_keep - CREEP;
  deeper = u->z.fast > u->z.slow ? u->z.fast : u->z.slow;
  if (deeper >= DONE)
    return (float)(1.0 - deeper);
  if (wanted == 0.0)
    u->z.fast = u->z.slow = 0.0;
  return (float)least;
}

void
lq_limiter_follow (lq_limiter *u, double peak_over_ceiling)
{
  const float gain = peak_over_ceiling > 1.0 ? (float)(1.0 / peak_over_ceiling) : 1.0f;
  const float least = lq_limit_note (&u->core, u->core.lane, gain);

  lq_limit_steer (u->core.lane->control,
      least < 1.0f || u->z.fast > 0.0 || u->z.slow > 0.0 ? release (u, least) : 1.0f);
}

/* Mean of the gain's square over the group: Simpson's rule. */
double
lq_limiter_power (const lq_limiter *u)
{
  const float *v = u->core.lane->control;
  const double begin = (v[0] + 4.0 * v[1] + v[2]) / 6.0, end = (v[1] + 4.0 * v[2] + v[3]) / 6.0;
  const double middle = (v[0] + 23.0 * v[1] + 23.0 * v[2] + v[3]) / 48.0;

  return (begin * begin + 4.0 * middle * middle + end * end) / 6.0;
}

double
lq_limiter_take (lq_limiter *u)
{
  const double reduction_db = u->z.least < 1.0f ? -lq_lin_to_db (u->z.least) : 0.0;

  u->z.least = 1.0f;
  return reduction_db;
}

/* Sound. */

static void
begin_group (lq_limiter *u)
{
  const double ceiling = lq_ramp_at (&u->ceiling, u->z.hop);
  const struct lq_limit_lane *lane = u->core.lane;
  float begin;

  lq_limiter_follow (u, ceiling < LQ_LIMITER_OFF
                            ? lq_limit_look (&u->core, true, (float)ceiling, NULL) / ceiling
                            : 0.0);
  begin = lq_limit_begin (lane->control);
  u->z.least = !lq_limit_idle (lane->control) && begin < u->z.least ? begin : u->z.least;
}

void
lq_limiter_process (lq_limiter *u, float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.hop == 0 && !lq_ramp_resting (&u->ceiling))
      lq_ramp_hop (&u->ceiling);
    if (lq_limit_at_group (&u->core))
      begin_group (u);
    n = lq_limit_left (&u->core, lq_hop_left (u->z.hop, frames - done));
    lq_limit_apply (&u->core, ch, done, n, false);
    u->z.hop = (u->z.hop + n) % LQ_HOP;
  }
}

uint32_t
lq_limiter_look (lq_limiter *u, const float *const *ch, uint32_t frames, float *peaks)
{
  uint32_t groups = 0;

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (lq_limit_at_group (&u->core))
      peaks[groups++] = lq_limit_look (&u->core, true, 0.0f, NULL);
    n = lq_limit_left (&u->core, frames - done);
    lq_limit_hear (&u->core, ch, done, n);
  }
  return groups;
}
