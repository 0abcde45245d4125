/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: power taken away, in three bands; correlation of the bass.
 * Source:  |low-pass|² + |high-pass|² = 1 of Butterworth's, also through the bilinear transform.
 *
 *   in  l, r ─┬─→ Σ x² ──────────────────────────────→ all ──→ − low − high = middle
 *   out l, r ─┼─→ low-pass at some 6 kHz of rate ─→ Σ low², Σ l·r
 *             └─→ high-pass ─────────────────────────→ Σ high²
 *
 * The low-pass works on sums of frames: what is within 300 Hz of multiples of that lower rate comes in
 * some 30 dB down.
 *
 * z: bands: filters and sums; hops: so far; treble; pending, hop: frames that wait. */

#include "treatment.h"

#include "../base/mathx.h"

#include <string.h>

/* Rate of the low-pass, at least. */
#define LOW_RATE 4000.0

/* Mean square of silence; and in shares of all input: what filters leave of it beside their band, for the
 * middle also what so many seconds in flight through the others make of it. */
#define SILENT 1e-12
#define BESIDE 1e-9
#define BETWEEN 3e-5
#define FLIGHT_S 0.01

enum { IN, OUT = 2 };

/* One section of a fourth-order filter; returns the gain its numerator lacks. */
static double
section (float taps[2], double hz, double rate, uint32_t k, bool high)
{
  const double t = tan (LQ_PI * hz / rate), damp = 2.0 * cos ((2 * k + 1) * LQ_PI / 8.0);
  const double norm = 1.0 / (1.0 + damp * t + t * t);

  taps[0] = (float)(2.0 * (t * t - 1.0) * norm);
  taps[1] = (float)((1.0 - damp * t + t * t) * norm);
  return high ? norm : t * t * norm;
}

void
lq_treatment_prepare (lq_treatment *u, const lq_stream *stream, double split_hz)
{
  double low;

  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->channels = stream->channels;
  u->rate = stream->rate;
  for (u->taps.step = 1;
       u->taps.step < LQ_TREATMENT_HOP && u->rate / (2 * u->taps.step) >= LOW_RATE;)
    u->taps.step *= 2;
  low = u->rate / u->taps.step;
  u->low_scale = section (u->taps.low[0], LQ_TREATMENT_BASS_HZ, low, 0, false) *
                 section (u->taps.low[1], LQ_TREATMENT_BASS_HZ, low, 1, false);
  /* Mean of a step, squared, and as many frames as it has. */
  u->low_scale *= u->low_scale / u->taps.step;
  lq_treatment_set_split (u, split_hz);
  lq_treatment_reset (u);
}

static void
settle_treble (lq_treatment *u)
{
  for (uint32_t k = 0; k < LQ_TREATMENT_LANES; k++) {
    u->z.treble[k] += u->z.bands.treble[k] * u->high_scale;
    u->z.bands.treble[k] = 0.0;
  }
}

void
lq_treatment_set_split (lq_treatment *u, double split_hz)
{
  const double most = LQ_NYQUIST_MARGIN * u->rate;
  const double hz = split_hz < most ? split_hz : most;

  settle_treble (u);
  u->high_scale = section (u->taps.high[0], hz, u->rate, 0, true) *
                  section (u->taps.high[1], hz, u->rate, 1, true);
  u->high_scale *= split_hz < most ? u->high_scale : 0.0;
}

void
lq_treatment_reset (lq_treatment *u)
{
  memset (&u->z, 0, sizeof u->z);
}

static void
count (lq_treatment *u, const float *const x[LQ_TREATMENT_LANES], uint32_t hops)
{
  u->kernels->treatment (&u->taps, &u->z.bands, x, hops);
  u->z.hops += hops;
}

/* Frames that are no whole hop wait for more. */
static uint32_t
wait (lq_treatment *u, const float *const x[LQ_TREATMENT_LANES], uint32_t n)
{
  const uint32_t room = LQ_TREATMENT_HOP - u->z.pending;
  const float *hop[LQ_TREATMENT_LANES];

  n = n < room ? n : room;
  for (uint32_t k = 0; k < LQ_TREATMENT_LANES; k++) {
    memcpy (u->z.hop[k] + u->z.pending, x[k], n * sizeof *x[k]);
    hop[k] = u->z.hop[k];
  }
  u->z.pending += n;
  if (u->z.pending == LQ_TREATMENT_HOP) {
    u->z.pending = 0;
    count (u, hop, 1);
  }
  return n;
}

void
lq_treatment_process (
    lq_treatment *u, const float *const *in, const float *const *out, uint32_t frames)
{
  const uint32_t right = u->channels > 1 ? 1 : 0;
  const float *x[LQ_TREATMENT_LANES] = { in[0], in[right], out[0], out[right] };

  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t left = frames - done;
    n = left - left % LQ_TREATMENT_HOP;
    if (u->z.pending > 0 || n == 0)
      n = wait (u, x, left);
    else
      count (u, x, n / LQ_TREATMENT_HOP);
    for (uint32_t k = 0; k < LQ_TREATMENT_LANES; k++)
      x[k] += n;
  }
}

/* Of input or output: Σ of each band. */
static double
powers (const lq_treatment *u, int of, double power[LQ_TREATMENT_BANDS])
{
  const struct lq_treatment_state *const b = &u->z.bands;
  const double all = b->all[of] + b->all[of + 1];

  power[0] = (b->bass[of] + b->bass[of + 1]) * u->low_scale;
  power[2] = (b->treble[of] + b->treble[of + 1]) * u->high_scale + u->z.treble[of] +
             u->z.treble[of + 1];
  power[1] = all - power[0] - power[2];
  return all;
}

void
lq_treatment_now (const lq_treatment *u, double db[LQ_TREATMENT_BANDS])
{
  const double frames = fmax ((double)u->z.hops * LQ_TREATMENT_HOP, 1.0),
               silent = SILENT * frames;
  const double between = BETWEEN + FLIGHT_S * u->rate / frames;
  const double beside[LQ_TREATMENT_BANDS] = { BESIDE, between, BESIDE };
  double in[LQ_TREATMENT_BANDS], out[LQ_TREATMENT_BANDS];
  const double all = powers (u, IN, in);

  powers (u, OUT, out);
  for (int b = 0; b < LQ_TREATMENT_BANDS; b++) {
    db[b] = 0.0;
    if (in[b] > silent && in[b] > beside[b] * all)
      db[b] = out[b] > 0.0 ? 10.0 * log10 (in[b] / out[b]) : LQ_TREATMENT_MOST_DB;
    db[b] = fmin (fmax (db[b], -LQ_TREATMENT_MOST_DB), LQ_TREATMENT_MOST_DB);
  }
}

double
lq_treatment_bass_correlation (const lq_treatment *u)
{
  const struct lq_treatment_state *const b = &u->z.bands;
  const double silent = SILENT * LQ_TREATMENT_HOP * (double)u->z.hops / u->low_scale;

  if (!(b->bass[IN] > silent && b->bass[IN + 1] > silent))
    return 0.0;
  return b->cross[IN] / sqrt (b->bass[IN] * b->bass[IN + 1]);
}
