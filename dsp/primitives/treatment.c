/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: power taken away, in three bands.
 * Source:  P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE
 *          Trans. AU-15, 1967; windows are a stratified sample of the time.
 *
 *   in  ─→ window, now and then ─→ FFT of left + j·right ─→ Σ |X[k]|² + |X[−k]|² of each band ─→ Σ
 *   out ─→ the same window, `delay` later ─→ the same
 *
 * |X[k]|² + |X[−k]|² is 2·(|left|² + |right|²): nothing has to be taken apart.
 *
 * z: at, first, lot, missed: the window under way; windows, power: sums of all that were heard. */

#include "treatment.h"

#include <math.h>
#include <string.h>

/* A window is the next power of two of so many seconds: bins of 12 to 24 Hz, and a tone's neighbours
 * are 32 dB down three bins away. */
#define WINDOW_S (1.0 / 24.0)

/* Mean of the squared window. */
#define HANN_POWER 0.375

/* Mean square of a band's silence, and of all input. */
#define SILENT 1e-12
#define UNHEARD 1e-9

/* Sums that a vector adds to at once. */
#define LANES 16

bool
lq_treatment_prepare (
    lq_treatment *u, const lq_stream *stream, double split_hz, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->channels = stream->channels;
  u->rate = stream->rate;
  for (u->size = LQ_FFT_MIN; u->size < WINDOW_S * stream->rate;)
    u->size *= 2;
  if (!lq_fft_prepare (&u->fft, u->size, arena))
    return false;
  u->hann = lq_arena_alloc (arena, u->size * sizeof *u->hann);
  u->scratch = lq_arena_alloc (arena, lq_fft_scratch (&u->fft) * sizeof *u->scratch);
  for (int k = 0; k < 4; k++)
    u->heard[k / 2][k % 2] =
        lq_arena_alloc (arena, (u->size + LQ_FFT_STAGGER) * sizeof ***u->heard);
  if (!u->hann || !u->scratch || !u->heard[0][0] || !u->heard[0][1] || !u->heard[1][0] ||
      !u->heard[1][1])
    return false;
  for (uint32_t i = 0; i < u->size; i++)
    u->hann[i] = (float)(0.5 - 0.5 * cos (2.0 * 3.14159265358979323846 * i / u->size));
  lq_treatment_set_split (u, split_hz);
  lq_treatment_reset (u);
  return true;
}

void
lq_treatment_set_split (lq_treatment *u, double split_hz)
{
  const double half = u->size / 2.0, per_hz = u->size / u->rate;

  u->edges[1] = fmin (LQ_TREATMENT_BASS_HZ * per_hz, half);
  u->edges[2] = fmin (fmax (split_hz * per_hz, u->edges[1]), half);
  u->edges[3] = half;
}

void
lq_treatment_set_delay (lq_treatment *u, uint32_t frames)
{
  frames = frames < 2 * u->size ? frames : 2 * u->size;
  if (frames != u->delay &&
      (u->z.at > u->z.first || u->z.first + frames + u->size > LQ_TREATMENT_SHARE * u->size))
    u->z.missed = 1;
  u->delay = frames;
}

void
lq_treatment_reset (lq_treatment *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.lot = 1;
}

/* Σ |X[k]|² for k = begin … end − 1. */
static double
sum (const float *re, const float *im, uint32_t begin, uint32_t end)
{
  float lane[LANES] = { 0 };
  double all = 0.0;
  uint32_t k = begin;

  for (; k + LANES <= end; k += LANES)
    for (uint32_t j = 0; j < LANES; j++)
      lane[j] += re[k + j] * re[k + j] + im[k + j] * im[k + j];
  for (; k < end; k++)
    all += re[k] * re[k] + im[k] * im[k];
  for (uint32_t j = 0; j < LANES; j++)
    all += lane[j];
  return all;
}

/* Power from 0 Hz to an edge; bin k reaches from k − ½ to k + ½. */
static double
below (const lq_treatment *u, const float *re, const float *im, double edge)
{
  const uint32_t n = u->size;
  const uint32_t cut = (uint32_t)(edge + 0.5); /* the bin that the edge cuts */
  double all = sum (re, im, 0, cut);

  if (cut >= n / 2)
    return sum (re, im, 0, n);
  if (cut > 0)
    all += sum (re, im, n - cut + 1, n) + (edge + 0.5 - cut) * sum (re, im, cut, cut + 1) +
        (edge + 0.5 - cut) * sum (re, im, n - cut, n - cut + 1);
  return all;
}

/* Of a window, under Hann's: its power in each band. */
static void
measure (lq_treatment *u, float *const x[2], double power[LQ_TREATMENT_BANDS])
{
  double last = 0.0;

  lq_fft_forward (&u->fft, x[0], x[1], u->scratch);
  for (int b = 0; b < LQ_TREATMENT_BANDS; b++) {
    const double up_to = below (u, x[0], x[1], u->edges[b + 1]);
    power[b] = up_to - last;
    last = up_to;
  }
}

static bool
same (const lq_treatment *u)
{
  const size_t bytes = u->size * sizeof (float);

  return memcmp (u->heard[0][0], u->heard[1][0], bytes) == 0 &&
      memcmp (u->heard[0][1], u->heard[1][1], bytes) == 0;
}

/* Both windows are whole. */
static void
count (lq_treatment *u)
{
  const bool alike = same (u);
  double power[2][LQ_TREATMENT_BANDS];

  measure (u, u->heard[0], power[0]);
  if (alike)
    memcpy (power[1], power[0], sizeof power[1]);
  else
    measure (u, u->heard[1], power[1]);
  for (int b = 0; b < LQ_TREATMENT_BANDS; b++) {
    u->z.power[0][b] += power[0][b];
    u->z.power[1][b] += power[1][b];
  }
  u->z.windows++;
}

/* What of n frames from `at` on belongs to a window that begins at `first`. */
static void
hear (const lq_treatment *u, float *const to[2], const float *const *x, uint32_t from,
    uint32_t first, uint32_t n)
{
  const uint32_t at = u->z.at;
  const uint32_t begin = at > first ? at : first;
  const uint32_t end = at + n < first + u->size ? at + n : first + u->size;

  for (uint32_t c = 0; c < 2 && begin < end; c++) {
    const float *const src = x[u->channels > 1 ? c : 0] + from + (begin - at);
    const float *const hann = u->hann + (begin - first);
    float *const dst = to[c] + (begin - first);
    for (uint32_t i = 0; i < end - begin; i++)
      dst[i] = src[i] * hann[i];
  }
}

/* Another window's time begins. */
static void
draw (lq_treatment *u)
{
  const uint32_t room = (LQ_TREATMENT_SHARE - 1) * u->size - u->delay + 1;

  u->z.lot = u->z.lot * 1664525u + 1013904223u;
  u->z.first = (uint32_t)(((uint64_t)u->z.lot * room) >> 32);
  u->z.at = u->z.missed = 0;
}

void
lq_treatment_process (
    lq_treatment *u, const float *const *in, const float *const *out, uint32_t frames)
{
  const uint32_t period = LQ_TREATMENT_SHARE * u->size;

  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t late = u->z.first + u->delay, end = late + u->size;
    const uint32_t until = u->z.at < end && !u->z.missed ? end : period;
    n = frames - done < until - u->z.at ? frames - done : until - u->z.at;
    if (until == end) {
      hear (u, u->heard[0], in, done, u->z.first, n);
      hear (u, u->heard[1], out, done, late, n);
    }
    u->z.at += n;
    if (u->z.at == end && until == end)
      count (u);
    if (u->z.at == period)
      draw (u);
  }
}

void
lq_treatment_now (const lq_treatment *u, double db[LQ_TREATMENT_BANDS])
{
  const double *const in = u->z.power[0], *const out = u->z.power[1];
  const double scale = HANN_POWER * u->size * (double)u->size * (double)u->z.windows;
  const double floor = fmax (SILENT * scale, UNHEARD * (in[0] + in[1] + in[2]));

  for (int b = 0; b < LQ_TREATMENT_BANDS; b++) {
    db[b] = 0.0;
    if (in[b] > floor)
      db[b] = out[b] > 0.0 ? 10.0 * log10 (in[b] / out[b]) : LQ_TREATMENT_MOST_DB;
    db[b] = fmin (fmax (db[b], -LQ_TREATMENT_MOST_DB), LQ_TREATMENT_MOST_DB);
  }
}
