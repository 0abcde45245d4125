/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the filters of a detector.
 *
 *   audio ─→ high-pass ─→ low-pass ─→ tilt ─→ what the detector sees */

#include "sidechain.h"

#include "../base/mathx.h"

#include <string.h>

#define FILTERS 3
#define TILT_HZ 1000.0
#define BUTTERWORTH_Q 0.70710678118654752440

bool
lq_sidechain_prepare (lq_sidechain *u, const lq_stream *stream, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->channels = stream->channels;
  u->planes = lq_arena_alloc (arena, stream->channels * LQ_BLOCK * sizeof *u->planes);
  return u->planes && lq_cascade_prepare (&u->cascade, stream, arena, FILTERS);
}

void
lq_sidechain_set (lq_sidechain *u, double hpf_hz, double lpf_hz, double tilt_db)
{
  const struct lq_biquad_spec high = { .type = LQ_BIQUAD_HIGH_PASS,
    .frequency_hz = hpf_hz < 10.0 ? 10.0 : hpf_hz,
    .q = BUTTERWORTH_Q };
  const struct lq_biquad_spec low = { .type = LQ_BIQUAD_LOW_PASS,
    .frequency_hz = lpf_hz < 10.0 ? 10.0 : lpf_hz,
    .q = BUTTERWORTH_Q };
  const struct lq_biquad_spec tilt = {
    .type = LQ_BIQUAD_TILT, .frequency_hz = TILT_HZ, .gain_db = tilt_db, .q = BUTTERWORTH_Q
  };

  lq_cascade_set (&u->cascade, 0, &high, hpf_hz > 0.0);
  lq_cascade_set (&u->cascade, 1, &low, lpf_hz > 0.0);
  lq_cascade_set (&u->cascade, 2, &tilt, tilt_db != 0.0);
}

void
lq_sidechain_reset (lq_sidechain *u)
{
  lq_cascade_reset (&u->cascade);
}

void
lq_sidechain_process (lq_sidechain *u, float *const *ch, const float **seen, uint32_t frames)
{
  float *copies[LQ_CHANNELS_MAX];

  u->works = !lq_cascade_neutral (&u->cascade);
  for (uint32_t c = 0; c < u->channels; c++) {
    const float *source = u->key ? u->key[c] + u->passed : ch[c];
    copies[c] = u->planes + c * LQ_BLOCK;
    seen[c] = u->works ? copies[c] : source;
    if (u->works)
      memcpy (copies[c], source, frames * sizeof **copies);
  }
  u->passed += frames;
  /* Asleep it only advances on the grid. */
  lq_cascade_process (&u->cascade, copies, frames);
}
