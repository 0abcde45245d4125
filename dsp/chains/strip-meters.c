/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the meters of channelstrip's chain, and the figures that it reports. */

#include "strip.h"

#define LEVEL(field) offsetof (struct lq_gauge_figures, field)
#define LEVEL_ROW(name, nick, blurb, unit, field)                                              \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, LQ_LINEAR, LEVEL (field), -120, 120, -120, NULL,        \
        LQ_READONLY, 0                                                                         \
  }
static const struct lq_param before_rows[] = {
  LEVEL_ROW ("peak", "Input peak",
      "Sample peak before the input stage, highest over channels in the last period", "dBFS",
      peak_db),
  LEVEL_ROW ("rms", "Input RMS", "RMS before the input stage, loudest channel, last period",
      "dBFS", rms_db),
  LEVEL_ROW ("loudness", "Input loudness", "Short-term loudness before the input stage", "LUFS",
      loudness_lufs),
};
static const struct lq_param after_rows[] = {
  LEVEL_ROW ("peak", "Output peak",
      "Sample peak after the output stage, highest over channels in the last period", "dBFS",
      peak_db),
  LEVEL_ROW ("rms", "Output RMS", "RMS after the output stage, loudest channel, last period",
      "dBFS", rms_db),
  LEVEL_ROW ("loudness", "Output loudness", "Short-term loudness after the output stage",
      "LUFS", loudness_lufs),
};
LQ_ASSERT_ROWS (before_rows, struct lq_gauge_figures);
LQ_ASSERT_ROWS (after_rows, struct lq_gauge_figures);

static const struct lq_param correlation_rows[] = {
  { "correlation", "Correlation",
      "Of left and right at the output, 400 ms; 0 in silence and mono", NULL, LQ_FLOAT,
      LQ_LINEAR, 0, -1, 1, 0, NULL, LQ_READONLY, 0 },
};

#define FIGURE(field) offsetof (struct lq_strip_figures, field)
const struct lq_module lq_strip_figure_modules[LQ_STRIP_FIGURE_MODULES] = {
  { "input", before_rows, LQ_COUNT (before_rows), FIGURE (input), NULL },
  LQ_TRACK_FIGURE_LIST (FIGURE (track)),
  { "output", after_rows, LQ_COUNT (after_rows), FIGURE (output), NULL },
  { "", correlation_rows, LQ_COUNT (correlation_rows), FIGURE (correlation), NULL },
};

bool
lq_strip_meters_prepare (lq_strip *u, const lq_stream *out, lq_arena *arena)
{
  u->pair = lq_stream_pair (out->position, out->channels, &u->left, &u->right);
  lq_correlation_prepare (&u->correlation, out->rate);
  return lq_gauge_prepare (&u->before, &u->stream, false, arena) &&
         lq_gauge_prepare (&u->after, out, false, arena);
}

void
lq_strip_measure (lq_gauge *gauge, float *const *ch, uint32_t frames)
{
  const float *at[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < gauge->channels; c++)
    at[c] = ch[c];
  lq_gauge_process (gauge, at, frames, 1.0);
}

void
lq_strip_begin (lq_strip *u)
{
  lq_gauge_reset (&u->before);
  lq_gauge_reset (&u->after);
  lq_correlation_reset (&u->correlation);
}

void
lq_strip_meter (lq_strip *u, bool on)
{
  if (on && !u->metered)
    lq_strip_begin (u);
  u->metered = on;
}

void
lq_strip_figures (lq_strip *u, struct lq_strip_figures *figures)
{
  figures->input = lq_gauge_read (&u->before);
  figures->output = lq_gauge_read (&u->after);
  figures->track = lq_track_read (&u->track);
  figures->correlation = (float)lq_correlation_value (&u->correlation);
}
