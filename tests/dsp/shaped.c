/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "shaped.h"

#include "measure.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const shaped_names[SHAPINGS] = { "none", "light", "medium", "strong" };

static void *
must (void *memory)
{
  if (!memory)
    abort ();
  return memory;
}

static int32_t
sample (enum lq_sample_format format, const uint8_t *at)
{
  int32_t word;
  int16_t half;

  if (format == LQ_S16) {
    memcpy (&half, at, sizeof half);
    return half;
  }
  memcpy (&word, at, sizeof word);
  return word;
}

int32_t *
shaped_switch (
    const struct shaped *job, const float *x, size_t frames, size_t when, enum lq_shaping then)
{
  const lq_stream stream = {
    .rate = job->rate, .channels = job->channels, .out_channels = job->channels
  };
  const uint32_t width = lq_sample_bytes (job->format), channels = job->channels;
  uint8_t *out = must (malloc (1024 * (size_t)channels * width));
  int32_t *result = must (malloc ((frames * channels + 1) * sizeof *result));
  const float *at[LQ_CHANNELS_MAX];
  lqs_random random = { 99 };
  lq_arena arena;
  lq_quantize q;

  lq_arena_init (&arena);
  if (job->format == LQ_S24 || !lq_quantize_prepare (&q, &stream, job->format, 7, &arena))
    abort ();
  lq_quantize_set (&q, job->dither, job->shaping, job->blank);
  for (size_t done = 0, n; done < frames; done += n) {
    if (done == when)
      lq_quantize_set (&q, job->dither, then, job->blank);
    n = job->cut ? job->cut : lqs_range (&random, 1, 300);
    n = n < frames - done ? n : frames - done;
    n = done < when && n > when - done ? when - done : n;
    for (uint32_t c = 0; c < channels; c++)
      at[c] = x + c * frames + done;
    lq_quantize_process (&q, at, out, (uint32_t)n);
    for (size_t i = 0; i < n * channels; i++)
      result[done * channels + i] = sample (job->format, out + i * width);
  }
  lq_arena_free (&arena);
  free (out);
  return result;
}

int32_t *
shaped_run (const struct shaped *job, const float *x, size_t frames)
{
  return shaped_switch (job, x, frames, frames, job->shaping);
}

double *
shaped_errors (const struct shaped *job, const float *x, size_t frames)
{
  const double lsb = lq_sample_lsb (job->format);
  int32_t *y = shaped_run (job, x, frames);
  double *e = must (malloc (frames * sizeof *e));

  for (size_t i = 0; i < frames; i++)
    e[i] = y[i] - x[i] / lsb;
  free (y);
  return e;
}

double
shaped_theory (enum lq_shaping shaping, double hz)
{
  static const double taps[SHAPINGS][10] = { { 0.0 }, { 1.623, -0.982, 0.109 },
    { 2.033, -2.165, 1.959, -1.590, 0.6149 },
    { 2.412, -3.370, 3.937, -4.174, 3.353, -2.205, 1.281, -0.569, 0.0847 } };
  const double w = 2.0 * M_PI * hz / 44100.0;
  double re = 1.0, im = 0.0;

  for (int k = 0; k < 9; k++) {
    re -= taps[shaping][k] * cos ((k + 1) * w);
    im += taps[shaping][k] * sin ((k + 1) * w);
  }
  return re * re + im * im;
}

void
shaped_spectrum (const double *e, size_t frames, double *power)
{
  enum { N = SHAPED_FFT, HALF = SHAPED_FFT / 2 };
  double complex *bins = must (malloc (N * sizeof *bins));
  size_t parts = 0;

  memset (power, 0, HALF * sizeof *power);
  for (size_t at = 0; at + N <= frames; at += HALF, parts++) {
    for (size_t i = 0; i < N; i++)
      bins[i] = e[at + i] * (0.5 - 0.5 * cos (2.0 * M_PI * (double)i / N));
    lqm_fft (bins, N);
    for (size_t k = 0; k < HALF; k++)
      power[k] += creal (bins[k] * conj (bins[k]));
  }
  /* Σ of the window's squares is 3/8·N. */
  for (size_t k = 0; k < HALF; k++)
    power[k] /= 0.375 * N * (double)parts;
  free (bins);
}
