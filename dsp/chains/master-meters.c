/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what masterchain's chain measures: the figures that it reports, and the loudness that a
 * matched bypass takes. */

#include "master.h"

#include "../base/mathx.h"

/* Quieter than the absolute gate of BS.1770 nothing is matched: the gain stays as it is. */
#define MATCH_LEAST_LUFS (-70.0f)

#define LOUDNESS(field) offsetof (struct lq_master_loudness, field)
#define LOUDNESS_ROW(name, nick, blurb, unit, field)                                           \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, LQ_LINEAR, LOUDNESS (field), -120, 120, -120, NULL,     \
        LQ_READONLY, 0                                                                         \
  }
static const struct lq_param input_rows[] = {
  LOUDNESS_ROW ("momentary", "Input momentary", "Of the input, 400 ms", "LUFS", momentary_lufs),
  LOUDNESS_ROW ("short-term", "Input short-term", "Of the input, 3 s", "LUFS", short_term_lufs),
  LOUDNESS_ROW ("integrated", "Input integrated", "Of the input, since STREAM_START", "LUFS",
      integrated_lufs),
  LOUDNESS_ROW ("true-peak", "Input true peak", "Of the input, highest since STREAM_START",
      "dBTP", true_peak_dbtp),
};
static const struct lq_param output_rows[] = {
  LOUDNESS_ROW (
      "momentary", "Output momentary", "Of the output, 400 ms", "LUFS", momentary_lufs),
  LOUDNESS_ROW (
      "short-term", "Output short-term", "Of the output, 3 s", "LUFS", short_term_lufs),
  LOUDNESS_ROW ("integrated", "Output integrated", "Of the output, since STREAM_START", "LUFS",
      integrated_lufs),
  LOUDNESS_ROW ("true-peak", "Output true peak",
      "Of the output in the negotiated format, highest since STREAM_START", "dBTP",
      true_peak_dbtp),
};
LQ_ASSERT_ROWS (input_rows, struct lq_master_loudness);
LQ_ASSERT_ROWS (output_rows, struct lq_master_loudness);

#define FIGURE(field) offsetof (struct lq_master_figures, field)
static const struct lq_param other_rows[] = {
  { "output-range", "Output range", "Loudness range of the output", "LU", LQ_FLOAT, LQ_LINEAR,
      FIGURE (range_lu), 0, 120, 0, NULL, LQ_READONLY, 0 },
  { "correlation", "Correlation",
      "Of left and right at the output, 400 ms; 0 in silence and mono", NULL, LQ_FLOAT,
      LQ_LINEAR, FIGURE (correlation), -1, 1, 0, NULL, LQ_READONLY, 0 },
  { "mono-loss", "Mono loss", "Output power lost when summed to mono, 3 s", "dB", LQ_FLOAT,
      LQ_LINEAR, FIGURE (mono_loss_db), 0, 120, 0, NULL, LQ_READONLY, 0 },
};

#define REDUCTION(nick, blurb, least, field)                                                   \
  {                                                                                            \
    "gain-reduction", nick, blurb, "dB", LQ_FLOAT, LQ_LINEAR, FIGURE (field), least, 120, 0,   \
        NULL, LQ_READONLY, 0                                                                   \
  }
#define BAND(least, field)                                                                     \
  REDUCTION ("Band reduction",                                                                 \
      "Largest in the last period; negative where the band is raised", least, field)
static const struct lq_param reduction_rows[] = {
  REDUCTION ("Glue reduction", "Largest in the last period, without makeup", 0, glue_db),
  REDUCTION ("Low-end reduction", "Largest in the last period", 0, lowend_db),
  REDUCTION ("Maximizer reduction", "Largest in the last period", 0, maximizer_db),
  { "learned-gain", "Learned gain", "Drive that learn found", "dB", LQ_FLOAT, LQ_LINEAR,
      FIGURE (learned_db), -120, 120, 0, NULL, LQ_READONLY, 0 },
  BAND (-90, mb_db[0]),
  BAND (-90, mb_db[1]),
  BAND (-90, mb_db[2]),
  BAND (-90, mb_db[3]),
  BAND (-90, mb_db[4]),
  BAND (-90, mb_db[5]),
  BAND (-24, dyneq_db[0]),
  BAND (-24, dyneq_db[1]),
  BAND (-24, dyneq_db[2]),
  BAND (-24, dyneq_db[3]),
};

const struct lq_module lq_master_figure_modules[LQ_MASTER_FIGURE_MODULES] = {
  { "input", input_rows, LQ_COUNT (input_rows), FIGURE (input), NULL },
  { "output", output_rows, LQ_COUNT (output_rows), FIGURE (output), NULL },
  { "glue", &reduction_rows[0], 1, 0, NULL },
  { "lowend", &reduction_rows[1], 1, 0, NULL },
  { "maximizer", &reduction_rows[2], 2, 0, NULL },
  { "mb1", &reduction_rows[4], 1, 0, NULL },
  { "mb2", &reduction_rows[5], 1, 0, NULL },
  { "mb3", &reduction_rows[6], 1, 0, NULL },
  { "mb4", &reduction_rows[7], 1, 0, NULL },
  { "mb5", &reduction_rows[8], 1, 0, NULL },
  { "mb6", &reduction_rows[9], 1, 0, NULL },
  { "dyneq1", &reduction_rows[10], 1, 0, NULL },
  { "dyneq2", &reduction_rows[11], 1, 0, NULL },
  { "dyneq3", &reduction_rows[12], 1, 0, NULL },
  { "dyneq4", &reduction_rows[13], 1, 0, NULL },
  { "", other_rows, LQ_COUNT (other_rows), 0, NULL },
};

bool
lq_master_meters_prepare (lq_master *u, lq_arena *arena)
{
  lq_loudness_prepare_windows (&u->matched[0], &u->stream);
  lq_loudness_prepare_windows (&u->matched[1], &u->stream);
  return lq_thirds_prepare (&u->thirds, &u->stream, arena) &&
         lq_loudness_prepare (&u->before.loudness, &u->stream, arena) &&
         lq_truepeak_prepare (&u->before.peak, &u->stream, arena) &&
         lq_loudness_prepare (&u->after.loudness, &u->stream, arena) &&
         lq_truepeak_prepare (&u->after.peak, &u->stream, arena);
}

void
lq_master_measure (struct lq_master_meter *m, float *const *ch, uint32_t n)
{
  const float *at[2] = { ch[0], ch[m->peak.channels - 1] };

  lq_loudness_process (&m->loudness, at, n);
  lq_truepeak_process (&m->peak, at, n);
}

void
lq_master_written (lq_master *u, const float *const *ch, uint32_t frames)
{
  lq_loudness_process (&u->after.loudness, ch, frames);
  lq_truepeak_process (&u->after.peak, ch, frames);
  lq_thirds_process (&u->thirds, ch, frames);
}

static void
begin_meter (struct lq_master_meter *m)
{
  lq_loudness_reset (&m->loudness);
  lq_truepeak_reset (&m->peak);
}

void
lq_master_begin (lq_master *u, bool programme)
{
  begin_meter (&u->before);
  begin_meter (&u->after);
  lq_thirds_reset (&u->thirds);
  /* What a first pass had heard, too, is to be heard anew. */
  if (!programme && (u->knows || !u->learn))
    return;
  u->z.place = 0;
  lq_fades_set_end (&u->fades, LQ_FADES_NO_END);
  u->knows = false;
  if (u->learn)
    lq_learn_reset (u->learn);
}

void
lq_master_meter (lq_master *u, bool on)
{
  if (on && !u->metered)
    lq_master_begin (u, false);
  u->metered = on;
}

static struct lq_master_loudness
read_meter (struct lq_master_meter *m, bool final)
{
  if (final)
    lq_truepeak_finish (&m->peak);
  return (struct lq_master_loudness){ (float)lq_loudness_momentary (&m->loudness),
    (float)lq_loudness_short_term (&m->loudness),
    (float)lq_loudness_integrated (&m->loudness, 0.0),
    (float)lq_lin_to_db ((double)lq_truepeak_max_peak (&m->peak)) };
}

void
lq_master_figures (lq_master *u, struct lq_master_figures *figures, bool final)
{
  figures->input = read_meter (&u->before, final);
  figures->output = read_meter (&u->after, final);
  figures->range_lu = (float)lq_loudness_range (&u->after.loudness, 0.0);
  for (uint32_t i = 0; i < LQ_MB_BANDS; i++)
    figures->mb_db[i] = lq_mb_reduction_db (&u->mb, i);
  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++)
    figures->dyneq_db[i] = lq_dyneq_reduction_db (&u->dyneq, i) + 0.0f; /* never −0 */
  figures->learned_db = u->knows ? (float)u->learned.drive_db : 0.0f;
  figures->glue_db = lq_glue_reduction_db (&u->glue);
  figures->lowend_db = lq_lowend_reduction_db (&u->lowend);
  figures->maximizer_db = lq_maximizer_reduction_db (&u->maximizer);
  lq_thirds_read (&u->thirds, &u->reading);
  figures->correlation = u->reading.correlation;
  figures->mono_loss_db = u->reading.mono_loss_db;
}

/* A matched bypass. All of it happens on the grid, however blocks are cut. */

static bool
lq_master_matches (const lq_master *u)
{
  return u->asked.ear.gain_match || u->match.target != 1.0 || !lq_ramp_resting (&u->match);
}

void
lq_master_match_input (lq_master *u, const float *const *ch, uint32_t n)
{
  uint32_t phase = u->z.phase, ends = 0;

  u->z.matches = lq_master_matches (u);
  for (uint32_t at = 0, some; at < n && u->z.matches; at += some) {
    const float *x[2] = { ch[0] + at, ch[u->stream.channels - 1] + at };
    some = lq_hop_left (phase, n - at);
    lq_loudness_process (&u->matched[0], x, some);
    phase = (phase + some) % LQ_HOP;
    if (phase == 0)
      u->heard_lufs[ends++] = (float)lq_loudness_short_term (&u->matched[0]);
  }
}

/* At the end of a hop. */
static void
lq_master_match_hop (lq_master *u, float in_lufs)
{
  const double out_lufs = lq_loudness_short_term (&u->matched[1]);

  if (u->asked.ear.gain_match && in_lufs > MATCH_LEAST_LUFS &&
      out_lufs > (double)MATCH_LEAST_LUFS)
    lq_ramp_set (&u->match, lq_db_to_lin (out_lufs - (double)in_lufs));
}

void
lq_master_match_output (lq_master *u, const float *const *ch, uint32_t offset, uint32_t n)
{
  uint32_t phase = u->z.phase, ends = 0;

  for (uint32_t at = 0, some; at < n && u->z.matches; at += some) {
    const float *x[2] = { ch[0] + at, ch[u->stream.channels - 1] + at };
    if (phase == 0)
      lq_ramp_move (&u->match);
    some = lq_hop_left (phase, n - at);
    lq_ramp_fill (&u->match, u->matching + offset + at, phase, some);
    lq_loudness_process (&u->matched[1], x, some);
    phase = (phase + some) % LQ_HOP;
    if (phase == 0)
      lq_master_match_hop (u, u->heard_lufs[ends++]);
  }
}

const float *
lq_master_match (const lq_master *u)
{
  return u->z.matches ? u->matching : NULL;
}
