/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the curve of a gain that evens a programme out.
 * Source:  loudness and its gates by ITU-R BS.1770-5 and EBU Tech 3342; the curve is ours.
 *
 *   power of cells → mean over 3 s around each → level → integrated − level where it is above the
 *   gate, a straight line across what isn't → Hann window of 4 s → off
 *
 * The mean of 3 s is what loudness range is made of, so that what is ridden is what is measured;
 * the window makes the way from one loudness to another one that isn't heard as a step.
 * z: what lq_leveller_feed has begun. */

#include "leveller.h"

#include "../base/mathx.h"
#include "../primitives/gatehist.h"

#include <string.h>

#define CELL_S 0.5
#define MEAN_S 3.0
#define SMOOTH_S 4.0
#define SMOOTH_CELLS 5 /* cells on a side of the window, at most */

bool
lq_leveller_prepare (lq_leveller *u, const lq_stream *stream, lq_arena *arena)
{
  u->rate = stream->rate;
  u->power = lq_arena_alloc (arena, LQ_LEVELLER_CELLS * sizeof *u->power);
  u->off = lq_arena_alloc (arena, LQ_LEVELLER_CELLS * sizeof *u->off);
  if (!u->power || !u->off)
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

/* Power to the level of the 3 s around, in place: a running sum, of which the cells that leave are
 * kept in `off`. */
static void
level (lq_leveller *u, double scale_db)
{
  const int32_t reach = (int32_t)lround (0.5 * MEAN_S * u->rate / u->cell_frames);
  const int32_t n = (int32_t)u->used;
  double sum = 0.0;

  memcpy (u->off, u->power, u->used * sizeof *u->off);
  for (int32_t i = 0; i < reach && i < n; i++)
    sum += (double)u->off[i];
  for (int32_t i = 0; i < n; i++) {
    const int32_t first = i > reach ? i - reach : 0, last = i + reach < n ? i + reach : n - 1;
    if (i + reach < n)
      sum += (double)u->off[i + reach];
    if (i > reach)
      sum -= (double)u->off[i - reach - 1];
    u->power[i] = (float)(LQ_LOUDNESS_OFFSET + scale_db +
                          lq_power_to_db (fmax (sum, 0.0) / (last - first + 1)));
  }
}

/* off = integrated − level; across what isn't heard a straight line. */
static void
deviate (lq_leveller *u, double integrated_lufs, double gate_lufs)
{
  const uint32_t none = u->used;
  uint32_t before = none;

  for (uint32_t i = 0; i < u->used; i++) {
    if ((double)u->power[i] < gate_lufs)
      continue;
    u->off[i] = (float)(integrated_lufs - (double)u->power[i]);
    for (uint32_t k = before == none ? 0 : before + 1; k < i; k++)
      u->off[k] = before == none
                      ? u->off[i]
                      : u->off[before] + (u->off[i] - u->off[before]) * (float)(k - before) /
                                             (float)(i - before);
    before = i;
  }
  for (uint32_t k = before == none ? 0 : before + 1; k < u->used; k++)
    u->off[k] = before == none ? 0.0f : u->off[before];
}

static void
smooth (lq_leveller *u)
{
  const double cell_s = u->cell_frames / u->rate;
  const int32_t n = (int32_t)u->used;
  double window[SMOOTH_CELLS];
  int32_t reach = 0;

  while (reach < SMOOTH_CELLS && reach * cell_s < 0.5 * SMOOTH_S) {
    window[reach] = 0.5 + 0.5 * cos (2.0 * LQ_PI * reach * cell_s / SMOOTH_S);
    reach++;
  }
  /* The levels have served: their memory takes the result. */
  for (int32_t i = 0; i < n; i++) {
    double sum = 0.0, weight = 0.0;
    for (int32_t k = -reach + 1; k < reach; k++) {
      if (i + k < 0 || i + k >= n)
        continue;
      sum += window[k < 0 ? -k : k] * (double)u->off[i + k];
      weight += window[k < 0 ? -k : k];
    }
    u->power[i] = (float)(sum / weight);
  }
  memcpy (u->off, u->power, u->used * sizeof *u->off);
}

void
lq_leveller_finish (lq_leveller *u, double integrated_lufs, double gate_lufs, double scale_db)
{
  level (u, scale_db);
  deviate (u, integrated_lufs, gate_lufs);
  smooth (u);
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
