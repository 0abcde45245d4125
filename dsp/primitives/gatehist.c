/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: gating and percentiles over any number of blocks in constant memory.
 * Source:  ITU-R BS.1770-5, Annex 1 (gates of integrated loudness); EBU Tech 3342 v4, clause 3
 *          (range: gates, P95 − P10, rank round ((n − 1)·p + 1) of the sorted list).
 *
 *   power → bin of 0.005 LU {Σ power, blocks} ⊂ cell of 1 LU {Σ power, blocks}
 *
 * Gates compare with the mean power of a bin: blocks of equal level are judged exactly. */

#include "gatehist.h"

#include "../base/mathx.h"

#include <string.h>

#define ABSOLUTE_GATE (-70.0)
#define INTEGRATED_GATE_LU (-10.0)
#define RANGE_GATE_LU (-20.0)
#define RANGE_LOW 0.10
#define RANGE_HIGH 0.95

void
lq_gatehist_reset (lq_gatehist *h)
{
  memset (h, 0, sizeof *h);
}

static double
power_of (double lufs)
{
  return pow (10.0, (lufs - LQ_LOUDNESS_OFFSET) / 10.0);
}

/* The bin of a power above 0; −1 below the floor. */
static int
bin_of (double power)
{
  const double lufs = LQ_LOUDNESS_OFFSET + 10.0 * log10 (power);
  const double bin = floor ((lufs - LQ_GATE_FLOOR) / LQ_GATE_BIN_LU);

  return bin < 0.0 ? -1 : bin >= LQ_GATE_BINS ? LQ_GATE_BINS - 1 : (int)bin;
}

void
lq_gatehist_add (lq_gatehist *h, double power)
{
  int bin;

  /* NaN fails here too. */
  if (!(power > 0.0) || (bin = bin_of (power)) < 0)
    return;
  h->power[bin] += power;
  h->blocks[bin]++;
  h->cell[bin / LQ_GATE_CELL].power += power;
  h->cell[bin / LQ_GATE_CELL].blocks++;
}

void
lq_gatehist_merge (lq_gatehist *h, const lq_gatehist *from)
{
  for (int i = 0; i < LQ_GATE_CELLS; i++) {
    h->cell[i].power += from->cell[i].power;
    h->cell[i].blocks += from->cell[i].blocks;
  }
  for (int i = 0; i < LQ_GATE_BINS; i++) {
    h->power[i] += from->power[i];
    h->blocks[i] += from->blocks[i];
  }
}

/* The first bin whose mean power is above the gate. */
static int
first_above (const lq_gatehist *h, double gate)
{
  int bin = bin_of (gate);

  /* Rounding in bin_of may be off by one either way. */
  bin = bin > 0 ? bin - 1 : 0;
  while (bin < LQ_GATE_BINS && h->power[bin] <= gate * h->blocks[bin])
    bin++;
  return bin;
}

/* Everything in bins `first` and up. */
static struct lq_gate_sum
sum_from (const lq_gatehist *h, int first)
{
  struct lq_gate_sum sum = { 0 };
  int bin = first;

  for (; bin < LQ_GATE_BINS && bin % LQ_GATE_CELL != 0; bin++) {
    sum.power += h->power[bin];
    sum.blocks += h->blocks[bin];
  }
  for (int i = bin / LQ_GATE_CELL; i < LQ_GATE_CELLS; i++) {
    sum.power += h->cell[i].power;
    sum.blocks += h->cell[i].blocks;
  }
  return sum;
}

/* The first bin that passes the absolute gate and the one `relative_lu` beside the mean of what
 * passes that; LQ_GATE_BINS where none does. */
static int
first_gated (const lq_gatehist *h, double gain_db, double relative_lu)
{
  const double absolute = power_of (ABSOLUTE_GATE - gain_db);
  const int first = first_above (h, absolute);
  const struct lq_gate_sum sum = sum_from (h, first);
  double relative;

  if (!sum.blocks)
    return LQ_GATE_BINS;
  relative = sum.power / (double)sum.blocks * pow (10.0, relative_lu / 10.0);
  return relative > absolute ? first_above (h, relative) : first;
}

double
lq_gatehist_integrated (const lq_gatehist *h, double gain_db)
{
  const struct lq_gate_sum sum = sum_from (h, first_gated (h, gain_db, INTEGRATED_GATE_LU));

  if (!sum.blocks)
    return LQ_SILENCE_DB;
  return LQ_LOUDNESS_OFFSET + 10.0 * log10 (sum.power / (double)sum.blocks) + gain_db;
}

/* Level, dB, of the block of this rank (0 is the quietest) among those in bins `first` and up. */
static double
level_at (const lq_gatehist *h, int first, uint64_t rank)
{
  int bin = first;

  while (rank >= h->blocks[bin]) {
    const struct lq_gate_sum *cell = &h->cell[bin / LQ_GATE_CELL];
    if (bin % LQ_GATE_CELL == 0 && rank >= cell->blocks) {
      rank -= cell->blocks;
      bin += LQ_GATE_CELL;
    } else {
      rank -= h->blocks[bin++];
    }
  }
  return 10.0 * log10 (h->power[bin] / h->blocks[bin]);
}

double
lq_gatehist_range (const lq_gatehist *h, double gain_db)
{
  const int first = first_gated (h, gain_db, RANGE_GATE_LU);
  const uint64_t n = sum_from (h, first).blocks;

  if (!n)
    return 0.0;
  return level_at (h, first, (uint64_t)((n - 1) * RANGE_HIGH + 0.5)) -
         level_at (h, first, (uint64_t)((n - 1) * RANGE_LOW + 0.5));
}
