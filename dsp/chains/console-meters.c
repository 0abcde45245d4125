/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the meters of the console's bus. */

#include "console.h"

#include "../base/mathx.h"

#define OUT(field) offsetof (struct lq_gauge_figures, field)
#define LEVEL_ROW(name, nick, blurb, unit, place)                                              \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, LQ_LINEAR, place, -120, 120, -120, NULL, LQ_READONLY, 0 \
  }
static const struct lq_param level_rows[] = {
  LEVEL_ROW ("peak", "Peak",
      "Sample peak of the output, highest over channels in the last period", "dBFS",
      OUT (peak_db)),
  LEVEL_ROW (
      "rms", "RMS", "RMS of the output, loudest channel, last period", "dBFS", OUT (rms_db)),
  LEVEL_ROW ("short-term", "Short-term loudness", "Short-term loudness of the output", "LUFS",
      OUT (loudness_lufs)),
};
LQ_ASSERT_ROWS (level_rows, struct lq_gauge_figures);

#define FIGURE(field) offsetof (struct lq_console_figures, field)
static const struct lq_param other_rows[] = {
  LEVEL_ROW ("true-peak", "True peak",
      "True peak of the output, highest over channels in the last period", "dBTP",
      FIGURE (true_peak_db)),
  { "correlation", "Correlation",
      "Of left and right at the output, 400 ms; 0 in silence and mono", NULL, LQ_FLOAT,
      LQ_LINEAR, FIGURE (correlation), -1, 1, 0, NULL, LQ_READONLY, 0 },
};

const struct lq_module lq_console_figure_modules[LQ_CONSOLE_FIGURE_MODULES] = {
  { "", level_rows, LQ_COUNT (level_rows), FIGURE (out), NULL },
  { "", other_rows, LQ_COUNT (other_rows), 0, NULL },
};

bool
lq_console_meters_prepare (lq_console *u, lq_arena *arena)
{
  u->measured = lq_arena_alloc (arena, u->stream.channels * LQ_BLOCK * sizeof *u->measured);
  lq_correlation_prepare (&u->correlation, u->stream.rate);
  return u->measured && lq_gauge_prepare (&u->gauge, &u->stream, true, arena) &&
         lq_truepeak_prepare (&u->truepeak, &u->stream, arena);
}

void
lq_console_begin (lq_console *u)
{
  lq_gauge_reset (&u->gauge);
  lq_truepeak_reset (&u->truepeak);
  lq_correlation_reset (&u->correlation);
}

void
lq_console_meter (lq_console *u, bool on)
{
  if (on && !u->metered)
    lq_console_begin (u);
  u->metered = on;
}

void
lq_console_measure (lq_console *u, uint32_t place, uint32_t frames)
{
  const float *at[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < u->stream.channels; c++) {
    float *plane = u->measured + c * LQ_BLOCK;
    lq_console_narrow (u, c, place, plane, frames);
    at[c] = plane;
  }
  lq_gauge_process (&u->gauge, at, frames, 1.0);
  lq_truepeak_process (&u->truepeak, at, frames);
  if (u->pair)
    lq_correlation_process (&u->correlation, at[u->left], at[u->right], frames);
}

struct lq_console_figures
lq_console_read (lq_console *u, bool last)
{
  struct lq_console_figures figures = { .out = lq_gauge_read (&u->gauge) };
  double peak = 0.0;

  if (last)
    lq_truepeak_finish (&u->truepeak);
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    u->true_peak[c] = lq_truepeak_take (&u->truepeak, c, NULL);
    peak = fmax (peak, u->true_peak[c]);
  }
  figures.true_peak_db = (float)lq_lin_to_db (peak);
  figures.correlation = u->pair ? (float)lq_correlation_value (&u->correlation) : 0.0f;
  return figures;
}
