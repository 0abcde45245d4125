/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the drive for a loudness.
 * Source:  interpolation: F. N. Fritsch, J. Butland, "A Method for Constructing Local Monotone
 *          Piecewise Cubic Interpolants", SIAM J. Sci. Stat. Comput. 5, 1984.
 *
 *   x ─┬─→ maximizer, −12 dB ─→ loudness ─┐
 *      ├─→ …                              ├─→ loudness over drive ─→ drive
 *      └─→ maximizer, +30 dB ─→ loudness ─┘
 *
 * z: as in the header. */

#include "learn.h"

#include "../base/mathx.h"

#include <string.h>

/* What a drive more gains, LU, is nothing. */
#define PLATEAU_LU 0.02

/* Halvings of a step: to 1e-5 dB. */
#define HALVINGS 18

static double
drive_of (uint32_t k)
{
  return LQ_LEARN_LEAST_DB + k * LQ_LEARN_STEP_DB;
}

void
lq_learn_apply (struct lq_maximizer_params *p, double drive_db)
{
  p->enabled = 1;
  p->threshold_db = 0.0f;
  p->gain_db = (float)drive_db;
}

bool
lq_learn_prepare (lq_learn *u, const lq_stream *stream, const struct lq_maximizer_params *p,
    double sample_error, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->set_db = lq_maximizer_drive_db (p);
  u->drive = lq_arena_alloc (arena, LQ_LEARN_DRIVES * sizeof *u->drive);
  u->work = lq_arena_alloc (arena, (size_t)stream->channels * LQ_BLOCK * sizeof *u->work);
  if (!u->drive || !u->work)
    return false;
  for (uint32_t k = 0; k < LQ_LEARN_DRIVES; k++) {
    struct lq_maximizer_params own = *p;
    lq_learn_apply (&own, drive_of (k));
    if (!lq_maximizer_prepare (&u->drive[k].maximizer, stream, &own, arena) ||
        !lq_loudness_prepare (&u->drive[k].meter, stream, arena))
      return false;
    lq_maximizer_set_output (&u->drive[k].maximizer, sample_error);
  }
  lq_learn_reset (u);
  return true;
}

void
lq_learn_reset (lq_learn *u)
{
  for (uint32_t k = 0; k < LQ_LEARN_DRIVES; k++) {
    lq_maximizer_reset (&u->drive[k].maximizer);
    lq_loudness_reset (&u->drive[k].meter);
  }
  u->z.skip = lq_maximizer_latency (&u->drive[0].maximizer);
  u->z.place = 0;
}

void
lq_learn_process (lq_learn *u, const float *const *ch, uint32_t frames)
{
  const uint32_t skip = u->z.skip < frames ? u->z.skip : frames, n = frames - skip;
  float gain[LQ_BLOCK];
  const bool faded = u->fades && lq_fades_fill (u->fades, u->z.place, gain, n);
  float *planes[LQ_CHANNELS_MAX];
  const float *heard[LQ_CHANNELS_MAX];

  for (uint32_t k = 0; k < LQ_LEARN_DRIVES; k++) {
    for (uint32_t c = 0; c < u->stream.channels; c++) {
      planes[c] = u->work + (size_t)c * LQ_BLOCK;
      heard[c] = planes[c] + skip;
      memcpy (planes[c], ch[c], frames * sizeof *planes[c]);
    }
    lq_maximizer_process (&u->drive[k].maximizer, planes, frames);
    for (uint32_t c = 0; c < u->stream.channels && faded; c++)
      for (uint32_t i = 0; i < n; i++)
        planes[c][skip + i] *= gain[i];
    lq_loudness_process (&u->drive[k].meter, heard, n);
  }
  u->z.skip -= skip;
  u->z.place += n;
}

void
lq_learn_finish (lq_learn *u)
{
  static const float silence[LQ_BLOCK];
  const float *planes[LQ_CHANNELS_MAX];
  uint32_t left = lq_maximizer_latency (&u->drive[0].maximizer);

  for (uint32_t c = 0; c < u->stream.channels; c++)
    planes[c] = silence;
  for (uint32_t n; left; left -= n) {
    n = left < LQ_BLOCK ? left : LQ_BLOCK;
    lq_learn_process (u, planes, n);
  }
}

/* Solving. */

static double
measured (const lq_learn *u, uint32_t k)
{
  return lq_loudness_integrated (&u->drive[k].meter, 0.0);
}

/* Slope at drive k, LU a step: none where loudness turns, else the harmonic mean of both sides. */
static double
slope (const double *lufs, uint32_t k)
{
  const double before = k > 0 ? lufs[k] - lufs[k - 1] : 0.0;
  const double behind = k + 1 < LQ_LEARN_DRIVES ? lufs[k + 1] - lufs[k] : 0.0;

  if (k == 0)
    return behind;
  if (k + 1 == LQ_LEARN_DRIVES)
    return before;
  return before * behind > 0.0 ? 2.0 * before * behind / (before + behind) : 0.0;
}

/* Between drives k and k + 1. */
static double
between (const double *lufs, uint32_t k, double t)
{
  const double a = lufs[k], b = lufs[k + 1], d = slope (lufs, k), e = slope (lufs, k + 1);
  const double c2 = 3.0 * (b - a) - 2.0 * d - e, c3 = d + e - 2.0 * (b - a);

  return a + t * (d + t * (c2 + t * c3));
}

double
lq_learn_loudness (const lq_learn *u, double drive_db)
{
  const double at =
      lq_clamp ((drive_db - LQ_LEARN_LEAST_DB) / LQ_LEARN_STEP_DB, 0.0, LQ_LEARN_DRIVES - 1.0);
  const uint32_t k = at < LQ_LEARN_DRIVES - 1.0 ? (uint32_t)at : LQ_LEARN_DRIVES - 2;
  double lufs[LQ_LEARN_DRIVES];

  for (uint32_t i = 0; i < LQ_LEARN_DRIVES; i++)
    lufs[i] = measured (u, i);
  return between (lufs, k, at - k);
}

/* The place between drives k and k + 1 that is as loud as the target, which lies between them. */
static double
place (const double *lufs, uint32_t k, double target_lufs)
{
  double low = 0.0, high = 1.0;

  for (uint32_t i = 0; i < HALVINGS; i++) {
    const double middle = (low + high) / 2.0;
    if (between (lufs, k, middle) < target_lufs)
      low = middle;
    else
      high = middle;
  }
  return high;
}

struct lq_learn_result
lq_learn_solve (const lq_learn *u, double target_lufs)
{
  double lufs[LQ_LEARN_DRIVES];
  uint32_t k, best = 0;

  for (k = 0; k < LQ_LEARN_DRIVES; k++) {
    lufs[k] = measured (u, k);
    best = lufs[k] > lufs[best] + PLATEAU_LU ? k : best;
  }
  if (lufs[best] <= LQ_SILENCE_DB || lufs[0] <= LQ_SILENCE_DB)
    return (struct lq_learn_result){ LQ_LEARN_UNMEASURABLE, u->set_db, LQ_SILENCE_DB };
  if (lufs[0] > target_lufs)
    return (struct lq_learn_result){ LQ_LEARN_TOO_LOUD, drive_of (0), lufs[0] };
  for (k = 0; k + 1 < LQ_LEARN_DRIVES; k++)
    if (lufs[k] <= target_lufs && lufs[k + 1] >= target_lufs)
      return (struct lq_learn_result){ LQ_LEARN_REACHED,
        drive_of (k) + place (lufs, k, target_lufs) * LQ_LEARN_STEP_DB, target_lufs };
  return (struct lq_learn_result){ LQ_LEARN_TOO_QUIET, drive_of (best), lufs[best] };
}
