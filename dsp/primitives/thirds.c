/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: spectrum and mono loss in third octaves.
 * Source:  IEC 61260-1:2014, 5.2 to 5.4, base ten; P. D. Welch, "The use of fast Fourier transform for
 *          the estimation of power spectra", IEEE Trans. AU-15, 1967.
 *
 *   left, right → ring of 3/2 windows → FFT of left + j·right → Hann → |left|², |right|², |left + right|²
 *                                                                    → Σ of each band → Σ of windows
 *
 * The window is put on in the spectrum, ½X[k] − ¼X[k − 1] − ¼X[k + 1]: so the first pass reads the ring
 * itself. Each window's work is as many equal parts as there are hops for it.
 *
 * z: at, filled: the ring; hop, first, done, band: the work under way, window: its bands so far;
 * windows, power: the period's sums; reading: what was read last. */

#include "thirds.h"

#include "../base/mathx.h"

#include <string.h>

/* A window, seconds at the least: bins of 3 Hz, in a band of 4.6 Hz at 20 Hz. */
#define WINDOW_S 0.34

/* Work is spread over 1/16 of a window, which is a hop for each 1024 frames. */
#define SPREAD (16 * LQ_HOP)

/* The middle of them: 1 kHz. */
#define KILO 17

/* What a bin of a band costs, and a band, against a value of a quarter in a pass. */
#define COST_BIN 1
#define COST_BAND 64

/* What band_power makes of the squared amplitude of a sine: 64, for the window (3/8) and for half the
 * line, ¼; each times the size squared. */
#define SINE_POWER (64.0 * 3.0 / 8.0 / 4.0)

double
lq_thirds_centre (uint32_t band)
{
  return 1000.0 * pow (10.0, ((int)band - KILO) / 10.0);
}

/* Edges in bins of the bands that there are, and when each is done. */
static void
plan (lq_thirds *u, double rate)
{
  const double per_hz = u->size / rate, nyquist = u->size / 2.0;
  uint32_t due = u->fft.passes * (u->size / 4);

  u->bands = 0;
  for (uint32_t b = 0; b <= LQ_THIRDS; b++) {
    const double edge = lq_thirds_centre (b) * pow (10.0, -0.05) * per_hz;
    u->edges[b] = (float)fmin (edge, nyquist);
    if (b < LQ_THIRDS && edge < nyquist)
      u->bands = b + 1;
  }
  for (uint32_t b = 0; b < u->bands; b++) {
    due += COST_BAND + COST_BIN * (uint32_t)(u->edges[b + 1] - u->edges[b]);
    u->due[b] = due;
  }
}

/* Two planes of so many values, apart as a cache likes them. */
static bool
planes (float **to, size_t n, lq_arena *arena)
{
  to[0] = lq_arena_alloc (arena, 2 * (n + LQ_FFT_STAGGER) * sizeof **to);
  to[1] = to[0] ? to[0] + n + LQ_FFT_STAGGER : NULL;
  return to[0] != NULL;
}

bool
lq_thirds_prepare (lq_thirds *u, const lq_stream *stream, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->channels = stream->channels;
  for (u->size = SPREAD; u->size < WINDOW_S * stream->rate;)
    u->size *= 2;
  u->hops = u->size / SPREAD;
  lq_correlation_prepare (&u->correlation, stream->rate);
  if (!lq_fft_prepare (&u->fft, u->size, arena) || !planes (u->ring, u->size / 2 * 3, arena) ||
      !planes (u->work[0], u->size, arena) || !planes (u->work[1], u->size, arena))
    return false;
  if (u->channels == 1)
    u->ring[1] = u->ring[0];
  plan (u, stream->rate);
  lq_thirds_reset (u);
  return true;
}

void
lq_thirds_reset (lq_thirds *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_correlation_reset (&u->correlation);
  for (uint32_t b = 0; b < LQ_THIRDS; b++) {
    u->z.reading.spectrum_db[b] = (float)LQ_SILENCE_DB;
    for (uint32_t c = 0; c < LQ_THIRDS_CHANNELS; c++)
      u->z.reading.channel_db[c][b] = (float)LQ_SILENCE_DB;
  }
}

/* Values begin … end − 1 of a quarter in a pass. */
static void
pass (lq_thirds *u, uint32_t number, uint32_t begin, uint32_t end)
{
  const struct lq_fft_pass *p = &u->fft.pass[number];
  float *const *from = u->work[(number + 1) % 2], *const *to = u->work[number % 2];
  struct lq_fft_runs runs = lq_fft_runs (&u->fft, from[0], from[1]);

  for (uint32_t j = 0; number == 0 && j < 4; j++) {
    const size_t at = (size_t)((u->z.first + j) % 6) * p->quarter;
    runs.re[j] = u->ring[0] + at;
    runs.im[j] = u->ring[1] + at;
  }
  if (number + 1 == u->fft.passes)
    u->kernels->fft_last (p, &runs, to[0], to[1], begin, end, 0);
  else
    u->kernels->fft_pass (p, &runs, to[0], to[1], begin, end);
}

static void
fold (lq_thirds *u, uint32_t band)
{
  float *const *x = u->work[(u->fft.passes - 1) % 2];
  float power[3];

  u->kernels->band_power (x[0], x[1], u->size, u->edges[band], u->edges[band + 1], power);
  for (int i = 0; i < 3; i++)
    u->z.window[band][i] = power[i];
}

/* A window is done. */
static void
add (lq_thirds *u)
{
  for (uint32_t b = 0; b < u->bands; b++)
    for (int i = 0; i < 3; i++)
      u->z.power[b][i] += u->z.window[b][i];
  u->z.windows++;
}

/* One hop's part of what a window needs. */
static void
work (lq_thirds *u)
{
  const uint32_t quarter = u->size / 4, passes = quarter * u->fft.passes;
  const uint64_t all = u->due[u->bands - 1];
  const uint32_t until = (uint32_t)(all * u->z.hop / u->hops + 15) & ~15u;

  while (u->z.done < until && u->z.done < passes) {
    const uint32_t begin = u->z.done % quarter, left = quarter - begin;
    const uint32_t n = until - u->z.done < left ? until - u->z.done : left;
    pass (u, u->z.done / quarter, begin, begin + n);
    u->z.done += n;
  }
  for (; u->z.band < u->bands && u->due[u->z.band] <= until; u->z.band++)
    fold (u, u->z.band);
  if (u->z.hop++ < u->hops)
    return;
  u->z.hop = 0;
  add (u);
}

static void
end_hop (lq_thirds *u)
{
  const uint32_t half = u->size / 2;

  if (u->z.hop > 0)
    work (u);
  if (u->z.filled == u->size && u->z.at % half == 0) {
    u->z.first = (u->z.at / half + 1) % 3 * 2;
    u->z.done = u->z.band = 0;
    u->z.hop = 1;
  }
  if (u->z.at == half * 3)
    u->z.at = 0;
}

void
lq_thirds_process (lq_thirds *u, const float *const *ch, uint32_t frames)
{
  if (u->channels == 2)
    lq_correlation_process (&u->correlation, ch[0], ch[1], frames);
  for (uint32_t done = 0, n; done < frames; done += n) {
    n = lq_hop_left (u->z.at % LQ_HOP, frames - done);
    for (uint32_t c = 0; c < u->channels; c++)
      memcpy (u->ring[c] + u->z.at, ch[c] + done, n * sizeof (float));
    u->z.at += n;
    u->z.filled = u->size - u->z.filled < n ? u->size : u->z.filled + n;
    if (u->z.at % LQ_HOP == 0)
      end_hop (u);
  }
}

/* The sums become a reading. */
static void
take (lq_thirds *u)
{
  const double scale = 1.0 / (SINE_POWER * u->size * (double)u->size * u->z.windows);
  struct lq_thirds_figures *to = &u->z.reading;

  for (uint32_t b = 0; b < u->bands; b++) {
    const double *power = u->z.power[b];
    for (uint32_t c = 0; c < u->channels; c++)
      to->channel_db[c][b] = (float)lq_power_to_db (power[c] * scale);
    to->spectrum_db[b] = fmaxf (to->channel_db[0][b], to->channel_db[1][b]);
    if (u->channels == 2)
      to->loss_db[b] =
          (float)lq_mono_loss_db ((power[0] + power[1]) / 2 * scale, power[2] / 4 * scale);
  }
  memset (u->z.power, 0, sizeof u->z.power);
  u->z.windows = 0;
}

void
lq_thirds_read (lq_thirds *u, struct lq_thirds_figures *figures)
{
  if (u->z.windows > 0)
    take (u);
  if (u->channels == 2) {
    u->z.reading.mono_loss_db = (float)lq_correlation_mono_loss (&u->correlation);
    u->z.reading.correlation = (float)lq_correlation_value (&u->correlation);
  }
  *figures = u->z.reading;
}
