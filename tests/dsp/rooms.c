/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rooms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const rooms_names[4] = { "room", "hall", "plate", "chamber" };

rooms_job
rooms_plain (int32_t type, double rate, double decay_s, double size_percent)
{
  return (rooms_job){ .p = { .enabled = 1,
                          .type = type,
                          .decay_s = (float)decay_s,
                          .size_percent = (float)size_percent,
                          .diffusion_percent = 80,
                          .width_percent = 100,
                          .mix_percent = 100 },
    .rate = rate,
    .channels = 2 };
}

void
rooms_run (const rooms_job *job, float *const *x, size_t frames)
{
  lq_stream stream = {
    .rate = job->rate, .channels = job->channels, .out_channels = job->channels
  };
  lq_reverb *u = aligned_alloc (LQ_ALIGN, (sizeof *u + LQ_ALIGN - 1) / LQ_ALIGN * LQ_ALIGN);
  static const uint8_t surround[ROOMS_PLANES] = { LQ_POS_LEFT, LQ_POS_RIGHT, LQ_POS_CENTER,
    LQ_POS_LFE, LQ_POS_REAR, LQ_POS_REAR, LQ_POS_SIDE, LQ_POS_SIDE };
  lq_arena arena;

  memcpy (stream.position, surround, sizeof surround);
  if (job->channels == 1)
    stream.position[0] = LQ_POS_MONO;
  lq_arena_init (&arena);
  if (!u || !lq_reverb_prepare (u, &stream, &arena))
    abort ();
  lq_reverb_set (u, &job->p);
  lq_reverb_reset (u);
  for (size_t done = 0; done < frames; done += LQ_BLOCK) {
    float *at[ROOMS_PLANES];
    for (uint32_t c = 0; c < job->channels; c++)
      at[c] = x[c] + done;
    lq_reverb_process (u, at, (uint32_t)(frames - done < LQ_BLOCK ? frames - done : LQ_BLOCK));
  }
  lq_arena_free (&arena);
  free (u);
}

float **
rooms_impulse (const rooms_job *job, uint32_t mask, size_t frames)
{
  float **planes = calloc (job->channels, sizeof *planes);

  for (uint32_t c = 0; planes && c < job->channels; c++) {
    planes[c] = calloc (frames, sizeof **planes);
    if (!planes[c])
      abort ();
    planes[c][0] = mask >> c & 1 ? 1.0f : 0.0f;
  }
  rooms_run (job, planes, frames);
  return planes;
}

void
rooms_free (float **planes, uint32_t channels)
{
  for (uint32_t c = 0; c < channels; c++)
    free (planes[c]);
  free (planes);
}

/* Four band-passes in series, each of this Q: about an octave at Q 1. */
static void
band (double *x, size_t frames, double rate, double hz, double octaves)
{
  /* Of a cascade of four the band at −3 dB is narrower than of one, by √(2^¼ − 1). */
  const double q = 0.435 / (2.0 * sinh (log (2.0) / 2.0 * octaves)), w = 2.0 * M_PI * hz / rate;
  const double alpha = sin (w) / (2.0 * q), a0 = 1.0 + alpha;
  const double b = alpha / a0, a1 = -2.0 * cos (w) / a0, a2 = (1.0 - alpha) / a0;

  for (int pass = 0; pass < 4; pass++) {
    double x1 = 0.0, x2 = 0.0, y1 = 0.0, y2 = 0.0;
    for (size_t i = 0; i < frames; i++) {
      const double y = b * (x[i] - x2) - a1 * y1 - a2 * y2;
      x2 = x1;
      x1 = x[i];
      y2 = y1;
      x[i] = y1 = y;
    }
  }
}

double
rooms_t60 (const float *h, size_t frames, double rate, double hz, double octaves)
{
  double *x = malloc (frames * sizeof *x), sum = 0.0;
  double n = 0.0, st = 0.0, sl = 0.0, stt = 0.0, stl = 0.0;

  for (size_t i = 0; i < frames; i++)
    x[i] = h[i];
  band (x, frames, rate, hz, octaves);
  for (size_t i = frames; i-- > 0;)
    x[i] = sum += x[i] * x[i];
  for (size_t i = 0; i < frames; i++) {
    const double level = 10.0 * log10 (x[i] / sum + 1e-300), t = (double)i / rate;
    if (level > -5.0 || level < -35.0)
      continue;
    n += 1.0;
    st += t;
    sl += level;
    stt += t * t;
    stl += t * level;
  }
  free (x);
  return -60.0 / ((n * stl - st * sl) / (n * stt - st * st));
}

double
rooms_density (const float *h, size_t frames, double rate, size_t frame)
{
  const ptrdiff_t half = (ptrdiff_t)lround (0.01 * rate);
  double weights = 0.0, power = 0.0, above = 0.0;

  for (int pass = 0; pass < 2; pass++)
    for (ptrdiff_t k = -half; k <= half; k++) {
      const ptrdiff_t i = (ptrdiff_t)frame + k;
      const double w = 0.5 + 0.5 * cos (M_PI * (double)k / (double)half);
      if (i < 0 || i >= (ptrdiff_t)frames)
        continue;
      if (pass == 0) {
        weights += w;
        power += w * h[i] * h[i];
      } else if (fabs ((double)h[i]) > sqrt (power / weights)) {
        above += w / weights;
      }
    }
  return above / erfc (M_SQRT1_2);
}

double
rooms_correlation (const float *a, const float *b, size_t first, size_t end)
{
  double aa = 0.0, bb = 0.0, ab = 0.0;

  for (size_t i = first; i < end; i++) {
    aa += (double)a[i] * a[i];
    bb += (double)b[i] * b[i];
    ab += (double)a[i] * b[i];
  }
  return ab / sqrt (aa * bb);
}
