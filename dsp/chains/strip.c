/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the chain of channelstrip.
 *
 *   ┬─→ input ─→ hpf ─→ lpf ─┬─→ eq ─→ out ─→ (1−m) ─┬─┬─→
 *   └ meters                 └─→ band-passes ─→ m ───┘ └ meters, correlation
 *
 * The way past eq and out is taken while a band is listened to (processors/eq.h).
 */

#include "strip.h"

#include "../base/mathx.h"

#include <string.h>

#define PLACE(field) offsetof (struct lq_strip_params, field)
const struct lq_module lq_strip_modules[LQ_STRIP_MODULES] = {
  { "input", lq_input_rows, LQ_INPUT_ROWS, PLACE (input), NULL },
  { "hpf", lq_pass_rows, LQ_PASS_ROWS, PLACE (hpf), lq_hpf_overrides },
  { "lpf", lq_pass_rows, LQ_PASS_ROWS, PLACE (lpf), lq_lpf_overrides },
  LQ_EQ_MODULE_LIST (PLACE (eq)),
  { "out", lq_out_rows, LQ_OUT_ROWS, PLACE (out), NULL },
};

#define LEVEL(field) offsetof (struct lq_strip_level_figures, field)
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
LQ_ASSERT_ROWS (before_rows, struct lq_strip_level_figures);
LQ_ASSERT_ROWS (after_rows, struct lq_strip_level_figures);

static const struct lq_param correlation_rows[] = {
  { "correlation", "Correlation",
      "Of left and right at the output, 400 ms; 0 in silence and mono", NULL, LQ_FLOAT,
      LQ_LINEAR, 0, -1, 1, 0, NULL, LQ_READONLY, 0 },
};

#define FIGURE(field) offsetof (struct lq_strip_figures, field)
const struct lq_module lq_strip_figure_modules[LQ_STRIP_FIGURE_MODULES] = {
  { "input", before_rows, LQ_COUNT (before_rows), FIGURE (input), NULL },
  { "output", after_rows, LQ_COUNT (after_rows), FIGURE (output), NULL },
  { "", correlation_rows, LQ_COUNT (correlation_rows), FIGURE (correlation), NULL },
};

/* The planes and positions at the output. */
static lq_stream
lq_strip_output (const lq_stream *stream)
{
  lq_stream out = *stream;

  out.channels = stream->out_channels;
  if (stream->channels == 1 && stream->out_channels == 2) {
    out.position[0] = LQ_POS_LEFT;
    out.position[1] = LQ_POS_RIGHT;
  }
  return out;
}

/* The first channel at `position`, or channels where there is none. */
static uint32_t
find (const lq_stream *stream, enum lq_position position)
{
  uint32_t c = 0;

  while (c < stream->channels && stream->position[c] != position)
    c++;
  return c;
}

static void
lq_strip_find_pair (lq_strip *u, const lq_stream *out)
{
  u->left = find (out, LQ_POS_LEFT);
  u->right = find (out, LQ_POS_RIGHT);
  u->pair = u->left < out->channels && u->right < out->channels;
  if (!u->pair && out->channels == 2) {
    u->left = 0;
    u->right = 1;
    u->pair = true;
  }
}

static bool
lq_strip_meter_prepare (struct lq_strip_meter *m, const lq_stream *stream, lq_arena *arena)
{
  m->channels = stream->channels;
  lq_loudness_prepare_windows (&m->loudness, stream);
  return lq_level_prepare (&m->level, stream, arena);
}

bool
lq_strip_prepare (lq_strip *u, const lq_stream *stream, lq_arena *arena)
{
  const lq_stream out = lq_strip_output (stream);

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  lq_strip_find_pair (u, &out);
  lq_correlation_prepare (&u->correlation, stream->rate);
  return lq_strip_meter_prepare (&u->before, stream, arena) &&
         lq_strip_meter_prepare (&u->after, &out, arena) &&
         lq_input_prepare (&u->input, stream, arena) &&
         lq_pass_prepare (&u->hpf, LQ_PASS_HIGH, stream, arena) &&
         lq_pass_prepare (&u->lpf, LQ_PASS_LOW, stream, arena) &&
         lq_eq_prepare (&u->eq, stream, arena) && lq_out_prepare (&u->out, stream, arena);
}

void
lq_strip_set (lq_strip *u, const struct lq_strip_params *p)
{
  lq_input_set (&u->input, &p->input);
  lq_pass_set (&u->hpf, &p->hpf);
  lq_pass_set (&u->lpf, &p->lpf);
  lq_eq_set (&u->eq, &p->eq);
  lq_out_set (&u->out, &p->out);
}

void
lq_strip_reset (lq_strip *u)
{
  lq_input_reset (&u->input);
  lq_pass_reset (&u->hpf);
  lq_pass_reset (&u->lpf);
  lq_eq_reset (&u->eq);
  lq_out_reset (&u->out);
}

uint32_t
lq_strip_latency (const lq_strip *u)
{
  return lq_input_latency (&u->input) + lq_pass_latency (&u->hpf) + lq_pass_latency (&u->lpf) +
         lq_eq_latency (&u->eq) + lq_out_latency (&u->out);
}

uint32_t
lq_strip_tail (const lq_strip *u)
{
  return lq_input_tail (&u->input) + lq_pass_tail (&u->hpf) + lq_pass_tail (&u->lpf) +
         lq_eq_tail (&u->eq) + lq_out_tail (&u->out);
}

uint32_t
lq_strip_echo (const lq_strip *u)
{
  return lq_out_tail (&u->out);
}

bool
lq_strip_neutral (const lq_strip *u)
{
  return lq_input_neutral (&u->input) && lq_pass_neutral (&u->hpf) &&
         lq_pass_neutral (&u->lpf) && lq_eq_neutral (&u->eq) && lq_out_neutral (&u->out);
}

bool
lq_strip_works (const lq_strip *u, uint32_t i)
{
  const uint32_t eq = 3, out = eq + LQ_EQ_MODULES;

  if (i > eq && i < out)
    return u->eq.cascade.section[i - eq - 1].z.mode != LQ_SECTION_ASLEEP;
  return i == 0    ? !lq_input_neutral (&u->input)
         : i == 1  ? !lq_pass_neutral (&u->hpf)
         : i == 2  ? !lq_pass_neutral (&u->lpf)
         : i == eq ? false /* its bands do */
                   : !lq_out_neutral (&u->out);
}

bool
lq_strip_needs_stereo (const struct lq_strip_params *p)
{
  return p->out.enabled && p->out.pan != 0.0f;
}

static void
lq_strip_measure (struct lq_strip_meter *m, float *const *ch, uint32_t frames)
{
  const float *at[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < m->channels; c++)
    at[c] = ch[c];
  lq_level_process (&m->level, at, frames);
  lq_loudness_process (&m->loudness, at, frames);
}

void
lq_strip_process (lq_strip *u, float *const *ch, uint32_t frames)
{
  if (u->metered)
    lq_strip_measure (&u->before, ch, frames);
  lq_input_process (&u->input, ch, frames);
  lq_pass_process (&u->hpf, ch, frames);
  lq_pass_process (&u->lpf, ch, frames);
  lq_eq_process (&u->eq, ch, frames);
  if (u->stream.out_channels > u->stream.channels)
    memcpy (ch[1], ch[0], frames * sizeof (float));
  lq_out_process (&u->out, ch, frames);
  lq_listen_mix (&u->eq.listen, ch, u->stream.out_channels, 0, frames);
  if (!u->metered)
    return;
  lq_strip_measure (&u->after, ch, frames);
  if (u->pair)
    lq_correlation_process (&u->correlation, ch[u->left], ch[u->right], frames);
}

void
lq_strip_begin (lq_strip *u)
{
  struct lq_strip_meter *both[] = { &u->before, &u->after };

  for (int i = 0; i < 2; i++) {
    lq_level_reset (&both[i]->level);
    lq_loudness_reset (&both[i]->loudness);
    memset (&both[i]->reading, 0, sizeof both[i]->reading);
    both[i]->highest = 0.0;
  }
  lq_correlation_reset (&u->correlation);
}

void
lq_strip_meter (lq_strip *u, bool on)
{
  if (on && !u->metered)
    lq_strip_begin (u);
  u->metered = on;
}

static struct lq_strip_level_figures
lq_strip_read (struct lq_strip_meter *m)
{
  double peak = 0.0, rms = 0.0;

  lq_level_take (&m->level, &m->reading);
  for (uint32_t c = 0; c < m->channels; c++) {
    peak = fmax (peak, m->reading.peak[c]);
    rms = fmax (rms, m->reading.rms[c]);
  }
  m->highest = fmax (m->highest, peak);
  return (struct lq_strip_level_figures){ (float)lq_lin_to_db (peak), (float)lq_lin_to_db (rms),
    (float)lq_loudness_short_term (&m->loudness) };
}

void
lq_strip_figures (lq_strip *u, struct lq_strip_figures *figures)
{
  figures->input = lq_strip_read (&u->before);
  figures->output = lq_strip_read (&u->after);
  figures->correlation = (float)lq_correlation_value (&u->correlation);
}
