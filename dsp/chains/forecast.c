/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: loudness behind the limiter, from notes of the first pass.
 *
 *   listen: x ─┬─→ peak of a group ─────────────┐
 *              └─→ K-weighting → energy of it ──┴→ notes
 *   feed:   peak · gain / ceiling → the limiter's law → mean g² of the group ┐
 *           energy ──────────────── some groups later ────────────────────── × → 400 ms → gates
 *
 * K-weighting of what is limited is taken for the limiting of what is K-weighted. The gain moves
 * slowly beside the filter, and only the difference to the same sum without a limiter counts, so
 * that what is left of this is small.
 *
 * z: as in the header. */

#include "forecast.h"

#include "../base/mathx.h"

#include <string.h>

#define STEPS_A_SECOND 10
#define BLOCK_STEPS 4

bool
lq_forecast_prepare (
    lq_forecast *u, const lq_loudness *meter, const lq_stream *stream, lq_arena *arena)
{
  u->meter = meter;
  u->rate = stream->rate;
  u->z.limited = lq_arena_alloc (arena, sizeof *u->z.limited);
  u->z.plain = lq_arena_alloc (arena, sizeof *u->z.plain);
  if (!u->z.limited || !u->z.plain || !lq_limiter_prepare (&u->limiter, stream, arena))
    return false;
  /* A group's energy is noted when the next one begins. */
  u->lag = (uint32_t)lround ((double)u->limiter.latency / u->limiter.group) - 1;
  lq_forecast_reset (u);
  return true;
}

/* All but the memory. */
static void
forget (lq_forecast *u)
{
  lq_gatehist *limited = u->z.limited, *plain = u->z.plain;
  const float peak = u->z.peak;

  memset (&u->z, 0, sizeof u->z);
  u->z.limited = limited;
  u->z.plain = plain;
  u->z.peak = peak;
  lq_limiter_reset (&u->limiter);
}

void
lq_forecast_reset (lq_forecast *u)
{
  forget (u);
  u->z.peak = 0.0f;
}

float
lq_forecast_peak (const lq_forecast *u)
{
  return u->z.peak;
}

/* Weighted energy of the group that ends here. */
static float
take_energy (lq_forecast *u)
{
  const lq_loudness *m = u->meter;
  double energy = 0.0;

  for (uint32_t i = 0; i < m->counted; i++)
    energy += m->weight[i] * u->z.pair[i / 2].energy[i % 2];
  for (uint32_t i = 0; i < m->counted; i += 2)
    memset (u->z.pair[i / 2].energy, 0, sizeof u->z.pair[i / 2].energy);
  return (float)energy;
}

/* n frames from `first` on, all of one group. */
static void
weigh (lq_forecast *u, const float *const *ch, uint32_t first, uint32_t n)
{
  const lq_loudness *m = u->meter;

  for (uint32_t i = 0; i < m->counted; i += 2) {
    const uint32_t other = i + 1 < m->counted ? i + 1 : i;
    m->kernels->kweight (&m->filter.taps, &u->z.pair[i / 2], ch[m->channel[i]] + first,
        ch[m->channel[other]] + first, n);
  }
}

uint32_t
lq_forecast_listen (lq_forecast *u, const float *const *ch, uint32_t frames, float *notes)
{
  const uint32_t group = u->limiter.group;
  float peaks[LQ_FORECAST_NOTES / 2];
  const uint32_t groups = lq_limiter_look (&u->limiter, ch, frames, peaks);
  uint32_t at = 0;

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0) {
      notes[2 * at] = peaks[at];
      notes[2 * at + 1] = take_energy (u);
      u->z.peak = peaks[at] > u->z.peak ? peaks[at] : u->z.peak;
      at++;
    }
    n = group - u->z.phase;
    n = frames - done < n ? frames - done : n;
    weigh (u, ch, done, n);
    u->z.phase = (u->z.phase + n) % group;
  }
  return 2 * groups;
}

void
lq_forecast_begin (lq_forecast *u, double gain_db, double ceiling)
{
  forget (u);
  u->gain_db = gain_db;
  u->scale = lq_db_to_lin (gain_db) / ceiling;
  lq_gatehist_reset (u->z.limited);
  lq_gatehist_reset (u->z.plain);
}

/* 100 ms are full: a block of 400 ms ends. */
static void
end_step (lq_forecast *u)
{
  double limited = 0.0, plain = 0.0;

  u->z.steps++;
  for (uint32_t i = 0; i < BLOCK_STEPS; i++) {
    limited += u->z.step[i][0];
    plain += u->z.step[i][1];
  }
  if (u->z.steps >= BLOCK_STEPS) {
    const double frames = u->rate * BLOCK_STEPS / STEPS_A_SECOND;
    lq_gatehist_add (u->z.limited, limited / frames);
    lq_gatehist_add (u->z.plain, plain / frames);
  }
  memset (u->z.step[u->z.steps % BLOCK_STEPS], 0, sizeof *u->z.step);
}

void
lq_forecast_feed (lq_forecast *u, const float *notes, uint32_t n)
{
  for (uint32_t i = 0; i + 1 < n; i += 2) {
    const uint64_t group = u->z.groups++;
    double *step = u->z.step[u->z.steps % BLOCK_STEPS];
    double energy;
    lq_limiter_follow (&u->limiter, notes[i] * u->scale);
    u->z.energy[group % LQ_FORECAST_RING] = notes[i + 1];
    energy = group < u->lag ? 0.0 : u->z.energy[(group - u->lag) % LQ_FORECAST_RING];
    step[0] += energy * lq_limiter_power (&u->limiter);
    step[1] += energy;
    if ((double)(u->z.groups * u->limiter.group) * STEPS_A_SECOND >=
        (double)(u->z.steps + 1) * u->rate)
      end_step (u);
  }
}

double
lq_forecast_loss (const lq_forecast *u)
{
  const double gain_db = u->gain_db + lq_power_to_db (u->meter->mono_gain);
  const double limited = lq_gatehist_integrated (u->z.limited, gain_db);
  const double plain = lq_gatehist_integrated (u->z.plain, gain_db);

  return limited > LQ_SILENCE_DB && plain > LQ_SILENCE_DB ? fmin (limited - plain, 0.0) : 0.0;
}
