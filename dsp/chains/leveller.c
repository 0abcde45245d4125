/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the curve of a gain that evens a programme out.
 * Source:  loudness and its gates by ITU-R BS.1770-5 and EBU Tech 3342; the curve is ours.
 *
 *   power of cells above the gate → mean over 3 s around each → integrated − its level, a straight
 *   line across what isn't above the gate → Hann window of 4 s → off
 *
 * The mean of 3 s is what loudness range is made of, so that what is ridden is what is measured;
 * the window makes the way from one loudness to another one that isn't heard as a step. Where a
 * programme jumps so often that those ways are a part of its range, a faster pace halves both.
 * z: what lq_leveller_feed has begun. */

#include "leveller.h"

#include "../base/mathx.h"
#include "../primitives/gatehist.h"

#include <string.h>

#define CELL_S 0.25
#define MEAN_S 3.0
#define SMOOTH_S 4.0
#define SMOOTH_CELLS 9 /* cells on a side of the window, at most */

bool
lq_leveller_prepare (lq_leveller *u, const lq_stream *stream, lq_arena *arena)
{
  u->rate = stream->rate;
  u->power = lq_arena_alloc (arena, LQ_LEVELLER_CELLS * sizeof *u->power);
  u->off = lq_arena_alloc (arena, LQ_LEVELLER_CELLS * sizeof *u->off);
  u->work = lq_arena_alloc (arena, LQ_LEVELLER_CELLS * sizeof *u->work);
  if (!u->power || !u->off || !u->work)
    return false;
  lq_leveller_reset (u);
  return true;
}

void
lq_leveller_reset (lq_leveller *u)
{
  u->used = 0;
  u->cell_frames = CELL_S * u->rate;
  u->least_db = u->most_db = 0.0;
  memset (&u->z, 0, sizeof u->z);
}

/* Two cells become one. */
static void
halve (lq_leveller *u)
{
  for (uint32_t i = 0; i < LQ_LEVELLER_CELLS / 2; i++)
    u->power[i] = 0.5f * (u->power[2 * i] + u->power[2 * i + 1]);
  u->used = LQ_LEVELLER_CELLS / 2;
  u->cell_frames *= 2.0;
}

static void
end_cell (lq_leveller *u)
{
  u->power[u->used++] = (float)(u->z.energy / u->z.frames);
  /* What is over belongs to the next cell: no error adds up. */
  u->z.energy = 0.0;
  u->z.frames -= u->cell_frames;
  if (u->used == LQ_LEVELLER_CELLS)
    halve (u);
}

void
lq_leveller_feed (lq_leveller *u, double energy, uint32_t frames)
{
  u->z.energy += energy;
  u->z.frames += frames;
  if (u->z.frames >= u->cell_frames)
    end_cell (u);
}

/* Between two cells that are heard, or before the first (from −1) or after the last (to the end). */
static void
bridge (lq_leveller *u, int32_t from, int32_t to)
{
  const int32_t n = (int32_t)u->used;

  for (int32_t k = from + 1; k < to; k++) {
    if (from < 0)
      u->off[k] = to < n ? u->off[to] : 0.0f;
    else if (to == n)
      u->off[k] = u->off[from];
    else
      u->off[k] =
          u->off[from] + (u->off[to] - u->off[from]) * (float)(k - from) / (float)(to - from);
  }
}

/* off: the programme's loudness less the mean around each cell. Only what is heard counts, so that
 * a pause doesn't pull the gain up where it begins and ends; across it a straight line. */
static void
deviate (lq_leveller *u, double mean_s, double integrated_lufs, double least_power)
{
  const int32_t reach = (int32_t)lround (0.5 * mean_s * u->rate / u->cell_frames);
  const int32_t n = (int32_t)u->used;
  int32_t heard = 0, before = -1;
  double sum = 0.0;

  for (int32_t i = -reach; i < n; i++) {
    /* The cell that comes into the window, and the one that leaves it. */
    for (int32_t side = 0; side < 2; side++) {
      const int32_t k = side ? i - reach - 1 : i + reach;
      if (k < 0 || k >= n || (double)u->power[k] < least_power)
        continue;
      sum += side ? -(double)u->power[k] : (double)u->power[k];
      heard += side ? -1 : 1;
    }
    if (i < 0 || (double)u->power[i] < least_power)
      continue;
    u->off[i] = (float)(integrated_lufs - lq_power_to_db (fmax (sum, least_power) / heard));
    bridge (u, before, i);
    before = i;
  }
  bridge (u, before, n);
}

static void
smooth (lq_leveller *u, double smooth_s)
{
  const double cell_s = u->cell_frames / u->rate;
  const int32_t n = (int32_t)u->used;
  double window[SMOOTH_CELLS];
  int32_t reach = 0;

  while (reach < SMOOTH_CELLS && reach * cell_s < 0.5 * smooth_s) {
    window[reach] = 0.5 + 0.5 * cos (2.0 * LQ_PI * reach * cell_s / smooth_s);
    reach++;
  }
  for (int32_t i = 0; i < n; i++) {
    double sum = 0.0, weight = 0.0;
    for (int32_t k = -reach + 1; k < reach; k++) {
      if (i + k < 0 || i + k >= n)
        continue;
      sum += window[k < 0 ? -k : k] * (double)u->off[i + k];
      weight += window[k < 0 ? -k : k];
    }
    u->work[i] = (float)(sum / weight);
  }
  memcpy (u->off, u->work, u->used * sizeof *u->off);
}

void
lq_leveller_finish (
    lq_leveller *u, uint32_t pace, double integrated_lufs, double gate_lufs, double scale_db)
{
  const double offset_db = LQ_LOUDNESS_OFFSET + scale_db;
  const double least_power = pow (10.0, 0.1 * (gate_lufs - offset_db));

  deviate (u, ldexp (MEAN_S, -(int)pace), integrated_lufs - offset_db, least_power);
  smooth (u, ldexp (SMOOTH_S, -(int)pace));
  u->least_db = u->most_db = 0.0;
  for (uint32_t i = 0; i < u->used; i++) {
    u->least_db = fmin (u->least_db, (double)u->off[i]);
    u->most_db = fmax (u->most_db, (double)u->off[i]);
  }
}

double
lq_leveller_at (const lq_leveller *u, double frame)
{
  const double at = frame / u->cell_frames - 0.5;
  const double cell = floor (at);

  if (u->used == 0)
    return 0.0;
  if (at <= 0.0)
    return (double)u->off[0];
  if (cell + 1.0 >= u->used)
    return (double)u->off[u->used - 1];
  return (double)u->off[(uint32_t)cell] +
         (at - cell) * ((double)u->off[(uint32_t)cell + 1] - (double)u->off[(uint32_t)cell]);
}
