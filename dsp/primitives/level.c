/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: level meter of a strip.
 *
 *   x → |x|, max → peak;  x² → Σ → rms;  x·y → Σ → correlation
 *
 * z: the period's frames, peaks, and sums in double, a lane for each frame modulo 8. */

#include "level.h"

#include <math.h>
#include <string.h>

bool
lq_level_prepare (lq_level *u, const lq_stream *stream, lq_arena *arena)
{
  u->kernels = lq_kernels ();
  u->channels = stream->channels;
  lq_level_reset (u);
  return true;
}

void
lq_level_reset (lq_level *u)
{
  memset (&u->z, 0, sizeof u->z);
}

/* lanes += x·y·gain². */
static void
lq_level_product (const lq_level *u, const float *x, const float *y, uint32_t frames,
    double gain, double lanes[LQ_PRODUCT_LANES])
{
  const uint32_t phase = (uint32_t)(u->z.frames % LQ_PRODUCT_LANES);
  double sums[LQ_PRODUCT_LANES] = { 0.0 };

  if (gain == 1.0) {
    u->kernels->product (x, y, frames, phase, lanes);
    return;
  }
  u->kernels->product (x, y, frames, phase, sums);
  for (int k = 0; k < LQ_PRODUCT_LANES; k++)
    lanes[k] += sums[k] * gain * gain;
}

void
lq_level_process (lq_level *u, const float *const *ch, uint32_t frames, double gain)
{
  for (uint32_t c = 0; c < u->channels && gain != 0.0; c++) {
    const float peak = u->kernels->peak (ch[c], frames) * (float)fabs (gain);
    u->z.peak[c] = peak > u->z.peak[c] ? peak : u->z.peak[c];
    lq_level_product (u, ch[c], ch[c], frames, gain, u->z.energy[c]);
  }
  if (u->channels == 2 && gain != 0.0)
    lq_level_product (u, ch[0], ch[1], frames, gain, u->z.cross);
  u->z.frames += frames;
}

void
lq_level_process_pair (lq_level *u, const float *x, uint32_t frames, double gain)
{
  double sums[2][LQ_PRODUCT_LANES] = { { 0.0 } };
  float peak[2];

  u->kernels->pair_level (
      x, frames, (uint32_t)(u->z.frames % LQ_PRODUCT_LANES), peak, sums[0], sums[1]);
  for (uint32_t c = 0; c < 2; c++) {
    peak[c] *= (float)fabs (gain);
    u->z.peak[c] = peak[c] > u->z.peak[c] ? peak[c] : u->z.peak[c];
    for (int k = 0; k < LQ_PRODUCT_LANES; k++)
      u->z.energy[c][k] += sums[c][k] * gain * gain;
  }
  u->z.frames += frames;
}

static double
lane_sum (const double lanes[LQ_PRODUCT_LANES])
{
  double sum = 0.0;

  for (int k = 0; k < LQ_PRODUCT_LANES; k++)
    sum += lanes[k];
  return sum;
}

void
lq_level_take (lq_level *u, lq_level_reading *out)
{
  out->frames = u->z.frames;
  out->correlation = 0.0;
  for (uint32_t c = 0; c < u->channels; c++) {
    out->peak[c] = u->z.peak[c];
    out->rms[c] = out->frames ? sqrt (lane_sum (u->z.energy[c]) / (double)out->frames) : 0.0;
    u->z.peak[c] = 0.0f;
    memset (u->z.energy[c], 0, sizeof u->z.energy[c]);
  }
  if (u->channels == 2 && out->rms[0] > 0.0 && out->rms[1] > 0.0) {
    const double scale = out->rms[0] * out->rms[1] * (double)out->frames;
    out->correlation = fmax (-1.0, fmin (1.0, lane_sum (u->z.cross) / scale));
  }
  memset (u->z.cross, 0, sizeof u->z.cross);
  u->z.frames = 0;
}
