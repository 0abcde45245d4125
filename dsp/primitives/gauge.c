/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: level and loudness of one place. */

#include "gauge.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

/* Channels that are scaled at once. */
#define SIDE 8

bool
lq_gauge_prepare (lq_gauge *u, const lq_stream *stream, bool whole, lq_arena *arena)
{
  u->channels = stream->channels;
  u->loud = true;
  if (whole && !lq_loudness_prepare (&u->loudness, stream, arena))
    return false;
  if (!whole)
    lq_loudness_prepare_windows (&u->loudness, stream);
  if (!lq_level_prepare (&u->level, stream, arena))
    return false;
  lq_gauge_reset (u);
  return true;
}

void
lq_gauge_reset (lq_gauge *u)
{
  lq_level_reset (&u->level);
  lq_loudness_reset (&u->loudness);
  memset (&u->reading, 0, sizeof u->reading);
  u->highest = 0.0;
}

void
lq_gauge_set_loud (lq_gauge *u, bool loud)
{
  if (loud && !u->loud)
    lq_loudness_reset (&u->loudness);
  u->loud = loud;
}

/* Loudness has filters, which want the samples themselves. */
static void
lq_gauge_loudness (lq_gauge *u, const float *const *ch, uint32_t frames, double gain)
{
  float scaled[SIDE][LQ_HOP];
  const float *at[SIDE];

  if (gain == 1.0 || u->channels > SIDE) {
    lq_loudness_process (&u->loudness, ch, frames);
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    n = frames - done < LQ_HOP ? frames - done : LQ_HOP;
    for (uint32_t c = 0; c < u->channels; c++) {
      at[c] = scaled[c];
      memcpy (scaled[c], ch[c] + done, n * sizeof **scaled);
      lq_orc_gain (scaled[c], (float)gain, (int)n);
    }
    lq_loudness_process (&u->loudness, at, n);
  }
}

void
lq_gauge_process (lq_gauge *u, const float *const *ch, uint32_t frames, double gain)
{
  lq_level_process (&u->level, ch, frames, gain);
  if (u->loud)
    lq_gauge_loudness (u, ch, frames, gain);
}

struct lq_gauge_figures
lq_gauge_read (lq_gauge *u)
{
  double peak = 0.0, rms = 0.0;

  lq_level_take (&u->level, &u->reading);
  for (uint32_t c = 0; c < u->channels; c++) {
    peak = fmax (peak, u->reading.peak[c]);
    rms = fmax (rms, u->reading.rms[c]);
  }
  u->highest = fmax (u->highest, peak);
  return (struct lq_gauge_figures){ (float)lq_lin_to_db (peak), (float)lq_lin_to_db (rms),
    u->loud ? (float)lq_loudness_short_term (&u->loudness) : (float)LQ_SILENCE_DB };
}
