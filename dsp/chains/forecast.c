/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: loudness behind a gain and the limiter, from notes of the first pass.
 *
 *   listen: x ─┬─→ peak of a group ─────────────┐
 *              └─→ K-weighting → energy of it ──┴→ notes
 *   feed:   peak · gain / ceiling → the limiter's law → mean g² of the group ┐
 *           energy · riding ─────── some groups later ────────────────────── × → 400 ms, 3 s → gates
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
#define SHORT_TERM_STEPS 30
_Static_assert(SHORT_TERM_STEPS < LQ_FORECAST_STEPS, "the ring holds a block and what begins");

enum side { OUT, IN };

bool
lq_forecast_prepare (
    lq_forecast *u, const lq_loudness *meter, const lq_stream *stream, lq_arena *arena)
{
  u->meter = meter;
  u->rate = stream->rate;
  u->z.out = lq_arena_alloc (arena, sizeof *u->z.out);
  u->z.in = lq_arena_alloc (arena, sizeof *u->z.in);
  u->z.short_terms = lq_arena_alloc (arena, sizeof *u->z.short_terms);
  if (!u->z.out || !u->z.in || !u->z.short_terms ||
      !lq_limiter_prepare (&u->limiter, stream, arena))
    return false;
  /* A group's energy is noted when the next one begins. */
  u->lag = (uint32_t)lround ((double)u->limiter.core.latency / u->limiter.core.group) - 1;
  lq_forecast_reset (u);
  return true;
}

/* All but the memory. */
static void
forget (lq_forecast *u)
{
  lq_gatehist *out = u->z.out, *in = u->z.in, *short_terms = u->z.short_terms;
  const float peak = u->z.peak;

  memset (&u->z, 0, sizeof u->z);
  u->z.out = out;
  u->z.in = in;
  u->z.short_terms = short_terms;
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
  const uint32_t group = u->limiter.core.group;
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
lq_forecast_begin (lq_forecast *u, const struct lq_forecast_try *what)
{
  forget (u);
  u->now = *what;
  lq_gatehist_reset (u->z.out);
  lq_gatehist_reset (u->z.in);
  lq_gatehist_reset (u->z.short_terms);
}

/* Energy of the newest steps but the one that begins, as it goes out or came in. */
static double
newest (const lq_forecast *u, uint32_t steps, uint32_t side)
{
  double sum = 0.0;

  for (uint32_t i = 1; i <= steps; i++)
    sum += u->z.step[(u->z.steps + LQ_FORECAST_STEPS - i) % LQ_FORECAST_STEPS][side];
  return sum;
}

/* 100 ms are full: blocks of 400 ms and of 3 s end. */
static void
end_step (lq_forecast *u)
{
  const double frames = u->rate / STEPS_A_SECOND;

  u->z.steps++;
  if (u->z.steps >= BLOCK_STEPS) {
    lq_gatehist_add (u->z.out, newest (u, BLOCK_STEPS, OUT) / (frames * BLOCK_STEPS));
    lq_gatehist_add (u->z.in, newest (u, BLOCK_STEPS, IN) / (frames * BLOCK_STEPS));
  }
  if (u->z.steps >= SHORT_TERM_STEPS)
    lq_gatehist_add (
        u->z.short_terms, newest (u, SHORT_TERM_STEPS, OUT) / (frames * SHORT_TERM_STEPS));
  memset (u->z.step[u->z.steps % LQ_FORECAST_STEPS], 0, sizeof *u->z.step);
}

/* dB by which the gain rides at a group, its bounds kept. */
static double
ridden (const lq_forecast *u, uint64_t group)
{
  const struct lq_forecast_try *t = &u->now;
  const double frame = ((double)group + 0.5) * u->limiter.core.group;
  const double db = t->gain_db + t->strength * lq_leveller_at (t->leveller, frame);

  return fmin (fmax (db, t->least_db), t->most_db) - t->gain_db;
}

void
lq_forecast_feed (lq_forecast *u, const float *notes, uint32_t n)
{
  const double scale = lq_db_to_lin (u->now.gain_db) / u->now.ceiling;

  for (uint32_t i = 0; i + 1 < n; i += 2) {
    const uint64_t group = u->z.groups++;
    const uint32_t newest_slot = group % LQ_FORECAST_RING;
    const double ride = u->now.leveller ? lq_db_to_lin (ridden (u, group)) : 1.0;
    double *step = u->z.step[u->z.steps % LQ_FORECAST_STEPS];
    lq_limiter_follow (&u->limiter, (float)(notes[i] * scale * ride));
    u->z.most_peak = fmax (u->z.most_peak, notes[i] * ride);
    u->z.energy[newest_slot] = notes[i + 1];
    u->z.ridden[newest_slot] = (float)(ride * ride);
    if (group >= u->lag) {
      const uint32_t slot = (group - u->lag) % LQ_FORECAST_RING;
      const double energy = u->z.energy[slot];
      step[OUT] += energy * u->z.ridden[slot] * lq_limiter_power (&u->limiter);
      step[IN] += energy;
    }
    if ((double)(u->z.groups * u->limiter.core.group) * STEPS_A_SECOND >=
        (double)(u->z.steps + 1) * u->rate)
      end_step (u);
  }
}

double
lq_forecast_change (const lq_forecast *u)
{
  const double gain_db = u->now.gain_db + lq_power_to_db (u->meter->mono_gain);
  const double out = lq_gatehist_integrated (u->z.out, gain_db);
  const double in = lq_gatehist_integrated (u->z.in, gain_db);

  return out > LQ_SILENCE_DB && in > LQ_SILENCE_DB ? out - in : 0.0;
}

double
lq_forecast_range (const lq_forecast *u)
{
  return lq_gatehist_range (
      u->z.short_terms, u->now.gain_db + lq_power_to_db (u->meter->mono_gain));
}

double
lq_forecast_ridden_peak (const lq_forecast *u)
{
  return u->z.most_peak;
}

void
lq_forecast_tell (lq_forecast *u, lq_leveller *leveller, const float *notes, uint32_t n)
{
  for (uint32_t i = 0; i + 1 < n; i += 2)
    lq_leveller_feed (leveller, notes[i + 1], u->limiter.core.group);
}
