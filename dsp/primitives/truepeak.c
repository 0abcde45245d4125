/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: true-peak and sample-peak meter.
 * Source:  ITU-R BS.1770-5, Annex 2 ("this or a method with similar or superior results"): 4×
 *          interpolation, here by a Kaiser-windowed sinc with 24 taps a phase. Its coefficients
 *          are not the annex's 48, which read up to 0.31 dB low. 4× at every rate: 2× at high
 *          ones, which the annex allows, would read tones at fs/4 up to 0.47 dB low.
 *
 *   x → history ‖ block → |x|, max          → sample peak
 *                       → 4× sinc, |y|, max → between samples
 *
 * z: the newest frames of each channel, and the peaks. */

#include "truepeak.h"

#include "../base/mathx.h"
#include "interp.h"

#include <string.h>

#define TAPS LQ_TRUEPEAK_TAPS

/* The window's shape: flat to 0.02 dB over four fifths of the band. */
#define KAISER_BETA 6.0

/* Frames that a value between samples needs ahead. */
#define AHEAD (TAPS / 2)
#define HISTORY (LQ_TRUEPEAK_BEFORE + AHEAD)
#define WORK (HISTORY + LQ_BLOCK + LQ_TRUEPEAK_BEHIND)

static void
design (struct lq_truepeak_taps *taps)
{
  double half[TAPS], quarter[TAPS], near = 0.0, curve = 0.0;

  lq_interp_design (half, TAPS, 0.5, KAISER_BETA);
  lq_interp_design (quarter, TAPS, 0.25, KAISER_BETA);
  for (int k = 0; k < TAPS / 2; k++) {
    taps->half[k] = (float)half[k];
    taps->even[k] = (float)((quarter[k] + quarter[TAPS - 1 - k]) / 2.0);
    taps->odd[k] = (float)((quarter[k] - quarter[TAPS - 1 - k]) / 2.0);
  }
  /* Three quarters mirror the quarter, and so does their bound. */
  lq_interp_bound (half, TAPS, 0.5, &near, &curve);
  lq_interp_bound (quarter, TAPS, 0.25, &near, &curve);
  taps->near = (float)near;
  taps->curve = (float)curve;
}

bool
lq_truepeak_prepare (lq_truepeak *u, const lq_stream *stream, lq_arena *arena)
{
  u->kernels = lq_kernels ();
  u->channels = stream->channels;
  u->work = lq_arena_alloc (arena, WORK * sizeof (float));
  u->z.history = lq_arena_alloc (arena, u->channels * HISTORY * sizeof (float));
  if (!u->work || !u->z.history)
    return false;
  design (&u->taps);
  lq_truepeak_reset (u);
  return true;
}

void
lq_truepeak_reset (lq_truepeak *u)
{
  float *history = u->z.history;

  memset (&u->z, 0, sizeof u->z);
  u->z.history = history;
  memset (history, 0, u->channels * HISTORY * sizeof (float));
  memset (u->work, 0, WORK * sizeof (float));
}

static inline void
raise_to (float *peak, float value)
{
  *peak = value > *peak ? value : *peak;
}

/* Looks between the oldest n frames that have all they need behind them. */
static void
look_between (lq_truepeak *u, uint32_t channel, uint32_t n)
{
  lq_peaks *period = &u->z.period[channel];
  const float *x = u->work + LQ_TRUEPEAK_BEFORE;

  raise_to (&period->peak, u->kernels->truepeak (&u->taps, x, n, period->peak));
  raise_to (&u->z.all[channel].peak, period->peak);
}

static void
process_channel (lq_truepeak *u, uint32_t channel, const float *x, uint32_t n)
{
  float *history = u->z.history + channel * HISTORY;
  lq_peaks *period = &u->z.period[channel];

  memcpy (u->work, history, HISTORY * sizeof (float));
  memcpy (u->work + HISTORY, x, n * sizeof (float));
  memcpy (history, u->work + n, HISTORY * sizeof (float));
  raise_to (&period->sample, u->kernels->peak (x, n));
  raise_to (&u->z.all[channel].sample, period->sample);
  raise_to (&period->peak, period->sample);
  look_between (u, channel, n);
}

void
lq_truepeak_process (lq_truepeak *u, const float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    n = frames - done < LQ_BLOCK ? frames - done : LQ_BLOCK;
    for (uint32_t c = 0; c < u->channels; c++)
      process_channel (u, c, ch[c] + done, n);
  }
}

void
lq_truepeak_finish (lq_truepeak *u)
{
  for (uint32_t c = 0; c < u->channels; c++) {
    memcpy (u->work, u->z.history + c * HISTORY, HISTORY * sizeof (float));
    memset (u->work + HISTORY, 0, TAPS * sizeof (float));
    look_between (u, c, TAPS);
  }
}

float
lq_truepeak_sample (const lq_truepeak *u, uint32_t channel)
{
  return u->z.all[channel].sample;
}

float
lq_truepeak_peak (const lq_truepeak *u, uint32_t channel)
{
  return u->z.all[channel].peak;
}

float
lq_truepeak_max_sample (const lq_truepeak *u)
{
  float max = 0.0f;

  for (uint32_t c = 0; c < u->channels; c++)
    raise_to (&max, lq_truepeak_sample (u, c));
  return max;
}

float
lq_truepeak_max_peak (const lq_truepeak *u)
{
  float max = 0.0f;

  for (uint32_t c = 0; c < u->channels; c++)
    raise_to (&max, lq_truepeak_peak (u, c));
  return max;
}

float
lq_truepeak_take (lq_truepeak *u, uint32_t channel, float *sample)
{
  lq_peaks *p = &u->z.period[channel];
  const float peak = p->peak;

  if (sample)
    *sample = p->sample;
  *p = (lq_peaks){ 0 };
  return peak;
}
