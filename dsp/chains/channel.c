/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: one channel of a mixing console.
 *
 *   wait ─┬─→ track ─→ (1−b) ─┬─→ alignment ─→ shift: the delay ─→ fader ─→ × duck ─→ buses
 *         └─→ bypass ──→ b ───┘ */

#include "channel.h"

#include <math.h>
#include <string.h>

#define PLACE(field) offsetof (struct lq_channel_params, field)
#define INPUT_GAIN 1 /* the row of input that a console has */

static const struct lq_override band_overrides[LQ_CHANNEL_EQ_BANDS][2] = {
  { { "frequency", 100.0 }, { NULL, 0.0 } },
  { { "frequency", 400.0 }, { NULL, 0.0 } },
  { { "frequency", 2500.0 }, { NULL, 0.0 } },
  { { "frequency", 8000.0 }, { NULL, 0.0 } },
};

#define BAND(i)                                                                                \
  {                                                                                            \
    "eq" #i, lq_eq_band_rows, LQ_EQ_BAND_ROWS, PLACE (track.eq.band[i - 1]),                   \
        band_overrides[i - 1]                                                                  \
  }
const struct lq_module lq_channel_modules[LQ_CHANNEL_MODULES] = {
  { "", lq_fader_rows, LQ_FADER_ROWS, PLACE (fader), NULL },
  { "input", lq_input_track_rows + INPUT_GAIN, 1, PLACE (track.input), NULL },
  { "hpf", lq_pass_rows, LQ_PASS_ROWS, PLACE (track.hpf), lq_hpf_overrides },
  { "lpf", lq_pass_rows, LQ_PASS_ROWS, PLACE (track.lpf), lq_lpf_overrides },
  { "gate", lq_gate_rows, LQ_GATE_ROWS, PLACE (track.gate), NULL },
  { "eq", lq_eq_rows, LQ_EQ_ROWS, PLACE (track.eq), NULL },
  BAND (1),
  BAND (2),
  BAND (3),
  BAND (4),
  { "comp", lq_comp_rows, LQ_COMP_ROWS, PLACE (track.comp), NULL },
  { "deess", lq_deess_rows, LQ_DEESS_ROWS, PLACE (track.deess), NULL },
  { "trans", lq_trans_rows, LQ_TRANS_ROWS, PLACE (track.trans), NULL },
  { "sat", lq_sat_rows, LQ_SAT_ROWS, PLACE (track.sat), NULL },
  { "duck", lq_duck_rows, LQ_DUCK_ROWS, PLACE (duck), NULL },
};

#define FIGURE(field) offsetof (struct lq_channel_figures, field)
#define LEVEL_ROW(name, nick, blurb, unit, field)                                              \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, LQ_LINEAR, offsetof (struct lq_gauge_figures, field),   \
        -120, 120, -120, NULL, LQ_READONLY, 0                                                  \
  }
static const struct lq_param level_rows[] = {
  LEVEL_ROW ("peak", "Peak",
      "Sample peak behind the fader, highest over channels in the last period", "dBFS",
      peak_db),
  LEVEL_ROW (
      "rms", "RMS", "RMS behind the fader, loudest channel, last period", "dBFS", rms_db),
  LEVEL_ROW ("short-term", "Short-term loudness",
      "Short-term loudness behind the fader, measured while the bus's `meters` is true", "LUFS",
      loudness_lufs),
};
LQ_ASSERT_ROWS (level_rows, struct lq_gauge_figures);

static const struct lq_param duck_rows[] = {
  { "gain-reduction", "Duck reduction", "Largest reduction by ducking in the last period", "dB",
      LQ_FLOAT, LQ_LINEAR, 0, 0, 120, 0, NULL, LQ_READONLY, 0 },
};

const struct lq_module lq_channel_figure_modules[LQ_CHANNEL_FIGURE_MODULES] = {
  LQ_TRACK_FIGURE_LIST (FIGURE (track)),
  { "duck", duck_rows, LQ_COUNT (duck_rows), FIGURE (duck_db), NULL },
  { "", level_rows, LQ_COUNT (level_rows), FIGURE (out), NULL },
};

void
lq_channel_defaults (struct lq_channel_params *p)
{
  static const struct lq_module all[] = {
    { "input", lq_input_rows, LQ_INPUT_ROWS, PLACE (track.input), NULL },
    LQ_EQ_MODULE_LIST (PLACE (track.eq)),
  };

  memset (p, 0, sizeof *p);
  lq_modules_defaults (all, LQ_COUNT (all), p);
  lq_modules_defaults (lq_channel_modules, LQ_CHANNEL_MODULES, p);
}

/* What is late. */

static uint32_t
lq_channel_frames (double rate, float ms)
{
  return (uint32_t)lround (ms * rate / 1000.0);
}

/* Of a saturator that is on; UINT32_MAX: no memory. */
static uint32_t
lq_channel_sat_frames (double rate, const struct lq_sat_params *p)
{
  const lq_stream mono = { rate, 1, 1, { LQ_POS_MONO } };
  struct lq_sat_params on = *p;
  lq_arena arena;
  lq_sat sat;
  uint32_t frames = UINT32_MAX;

  on.enabled = 1;
  lq_arena_init (&arena);
  if (lq_sat_prepare (&sat, &mono, &on, &arena))
    frames = lq_sat_latency (&sat);
  lq_arena_free (&arena);
  return frames;
}

static uint32_t *
lq_channel_switch (struct lq_track_params *p, enum lq_late late)
{
  return late == LQ_LATE_GATE   ? &p->gate.enabled
         : late == LQ_LATE_COMP ? &p->comp.enabled
                                : &p->sat.enabled;
}

/* Frames of one module, were it on. */
static uint32_t
lq_channel_module_late (double rate, const struct lq_track_params *p, enum lq_late late)
{
  switch (late) {
    case LQ_LATE_GATE:
      return lq_channel_frames (rate, p->gate.lookahead_ms);
    case LQ_LATE_COMP:
      return lq_channel_frames (rate, p->comp.lookahead_ms);
    default:
      return lq_channel_sat_frames (rate, &p->sat);
  }
}

uint32_t
lq_channel_need (const lq_stream *stream, const struct lq_channel_params *p)
{
  struct lq_track_params track = p->track;
  uint32_t need = 0, frames;

  for (int late = 0; late < LQ_LATES; late++) {
    if (!*lq_channel_switch (&track, late))
      continue;
    frames = lq_channel_module_late (stream->rate, &track, late);
    if (frames == UINT32_MAX)
      return frames;
    need += frames;
  }
  return need;
}

/* Takes its frames from `left`; where these don't suffice, shortens it. */
static void
lq_channel_fit (lq_channel *u, struct lq_track_params *p, enum lq_late late, uint32_t *left)
{
  const double rate = u->stream.rate;
  uint32_t frames = lq_channel_module_late (rate, p, late);

  if (frames > *left) {
    u->shortened[late] = true;
    if (late == LQ_LATE_GATE)
      p->gate.lookahead_ms = (float)(*left * 1000.0 / rate);
    else if (late == LQ_LATE_COMP)
      p->comp.lookahead_ms = (float)(*left * 1000.0 / rate);
    else
      p->sat.oversampling = 1;
    frames = lq_channel_module_late (rate, p, late);
  }
  *left -= frames < *left ? frames : *left;
}

static void lq_channel_process_track (
    lq_channel *u, float *const *ch, uint32_t frames, const struct lq_keys *keys);

/* The track hears silence until it stands `phase` frames behind a grid point. */
static void
lq_channel_run_track (lq_channel *u, uint32_t phase)
{
  float silence[LQ_FADER_CHANNELS][LQ_HOP] = { { 0.0f } }, *ch[LQ_FADER_CHANNELS];

  for (uint32_t c = 0; c < u->stream.channels; c++)
    ch[c] = silence[c];
  lq_channel_process_track (u, ch, phase, NULL);
}

/* Whether a track is needed at all. */
static bool
lq_channel_works (const struct lq_track_params *p)
{
  bool bands = false;

  for (uint32_t i = 0; i < LQ_CHANNEL_EQ_BANDS; i++)
    bands = bands || p->eq.band[i].enabled || p->eq.band[i].listen;
  return p->input.gain_db != 0.0f || p->hpf.enabled || p->lpf.enabled || p->gate.enabled ||
         p->gate.listen || bands || p->comp.enabled || p->comp.listen || p->deess.enabled ||
         p->deess.listen || p->trans.enabled || p->sat.enabled;
}

/* Makes the track; `p` has what is on from the start. Its latency, or UINT32_MAX: no memory. */
static uint32_t
lq_channel_make_track (lq_channel *u, const struct lq_track_params *p, lq_arena *arena)
{
  uint8_t order[LQ_STAGES];
  const char *at;
  size_t length;
  uint32_t late;
  lq_track *track = lq_arena_alloc (arena, sizeof *track);

  lq_track_read_order ("", order, &at, &length);
  if (!track || !lq_track_prepare (track, &u->stream, p, order, LQ_CHANNEL_EQ_BANDS, arena))
    return UINT32_MAX;
  late = lq_track_latency (track);
  if (!lq_bypass_prepare (&u->bypass, &u->stream, late, late, arena))
    return UINT32_MAX;
  u->track = track;
  return late;
}

/* What is behind the track, and the memory of what is before it. */
static bool
lq_channel_prepare_rest (lq_channel *u, const struct lq_fader_bus *bus, lq_arena *arena)
{
  const uint32_t channels = u->stream.channels;

  u->duck_gain = lq_arena_alloc (arena, LQ_BLOCK * sizeof *u->duck_gain);
  return u->duck_gain &&
         (u->wait == 0 || lq_line_prepare (&u->waiting, channels, u->wait, arena)) &&
         (u->align == 0 || lq_line_prepare (&u->aligning, channels, u->align, arena)) &&
         lq_shift_prepare (&u->shift, &u->stream, u->stream.rate / 2.0, arena) &&
         lq_fader_prepare (&u->fader, &u->stream, bus, arena) &&
         lq_gauge_prepare (&u->gauge, &u->stream, false, arena) &&
         lq_duck_prepare (&u->duck, &u->stream, arena);
}

bool
lq_channel_prepare (lq_channel *u, const lq_stream *stream, const struct lq_channel_params *p,
    const struct lq_fader_bus *bus, const struct lq_channel_times *times, lq_arena *arena)
{
  struct lq_track_params fitted = p->track;
  uint32_t left = times->room, late = 0;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->wait = times->wait;
  for (int on = 1; on >= 0; on--)
    for (int i = 0; i < LQ_LATES; i++)
      if ((*lq_channel_switch ((struct lq_track_params *)&p->track, i) != 0) == on)
        lq_channel_fit (u, &fitted, i, &left);
  for (int i = 0; i < LQ_LATES; i++)
    *lq_channel_switch (&fitted, i) = 1;
  u->fitted = fitted;
  if (times->room > 0 || lq_channel_works (&p->track))
    late = lq_channel_make_track (u, &fitted, arena);
  if (late == UINT32_MAX)
    return false;
  u->align = times->latency > u->wait + late ? times->latency - u->wait - late : 0;
  if (!lq_channel_prepare_rest (u, bus, arena))
    return false;
  lq_channel_set (u, p, 0.0, true, false);
  lq_channel_reset (u, true, 0);
  return true;
}

uint32_t
lq_channel_late (const lq_channel *u)
{
  return u->wait + (u->track ? lq_track_latency (u->track) : 0);
}

uint32_t
lq_channel_heard_late (const lq_channel *u, enum lq_key key)
{
  switch (key) {
    case LQ_KEY_GATE:
      return u->wait;
    case LQ_KEY_COMP:
      return u->wait + (u->track ? lq_gate_latency (&u->track->gate) : 0);
    default:
      return lq_channel_late (u) + u->align;
  }
}

bool
lq_channel_wants (const lq_channel *u, const struct lq_channel_params *p)
{
  return !u->track && lq_channel_works (&p->track);
}

bool
lq_channel_equip (lq_channel *u, uint32_t phase, lq_arena *arena)
{
  struct lq_channel_params off;

  /* Without latency nothing is late: what was fitted is 0 frames of it. */
  if (lq_channel_make_track (u, &u->fitted, arena) == UINT32_MAX)
    return false;
  lq_channel_defaults (&off);
  lq_track_set (u->track, &off.track);
  lq_track_reset (u->track);
  lq_bypass_set (&u->bypass, u->bypassed);
  lq_bypass_reset (&u->bypass);
  lq_channel_run_track (u, phase);
  return true;
}

void
lq_channel_set (
    lq_channel *u, const struct lq_channel_params *p, double law_db, bool open, bool bypassed)
{
  struct lq_duck_params duck = p->duck;

  if (u->track)
    lq_track_set (u->track, &p->track);
  lq_shift_set (&u->shift, lq_shift_frames (u->stream.rate, p->fader.delay_ms));
  lq_fader_set (&u->fader, &p->fader, law_db, open);
  duck.amount_db = bypassed ? 0.0f : duck.amount_db;
  lq_duck_set (&u->duck, &duck);
  if (u->track && bypassed != u->bypassed)
    lq_bypass_set (&u->bypass, bypassed);
  u->bypassed = bypassed;
}

void
lq_channel_reset (lq_channel *u, bool present, uint32_t phase)
{
  if (u->track) {
    lq_track_reset (u->track);
    lq_bypass_reset (&u->bypass);
    lq_channel_run_track (u, phase);
  }
  if (u->wait)
    lq_line_reset (&u->waiting);
  if (u->align)
    lq_line_reset (&u->aligning);
  lq_shift_reset (&u->shift, phase);
  lq_fader_reset (&u->fader, present, phase);
  lq_duck_reset (&u->duck, phase);
  u->ducks = false;
}

static void
lq_channel_process_track (
    lq_channel *u, float *const *ch, uint32_t frames, const struct lq_keys *keys)
{
  struct lq_flow f = { .planes = u->stream.channels, .frames = frames };
  const float *in[LQ_FADER_CHANNELS];

  for (uint32_t c = 0; c < f.planes; c++)
    in[c] = f.at[c] = ch[c];
  lq_gate_hear (&u->track->gate, keys ? keys->plane[LQ_KEY_GATE] : NULL);
  lq_comp_hear (&u->track->comp, keys ? keys->plane[LQ_KEY_COMP] : NULL);
  lq_bypass_keep (&u->bypass, in, frames);
  lq_track_process (u->track, &f);
  lq_track_listen (u->track, &f);
  lq_bypass_mix (&u->bypass, ch, frames);
}

/* By whole frames, in place. */
static void
lq_channel_delay (
    const lq_channel *u, lq_line *line, uint32_t lag, float *const *ch, uint32_t frames)
{
  if (lag == 0)
    return;
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    lq_line_write (line, c, ch[c], frames);
    lq_line_read (line, c, lag, ch[c], frames);
  }
  lq_line_advance (line, frames);
}

void
lq_channel_process (
    lq_channel *u, float *const *ch, uint32_t frames, const struct lq_keys *keys)
{
  lq_channel_delay (u, &u->waiting, u->wait, ch, frames);
  if (u->track)
    lq_channel_process_track (u, ch, frames, keys);
}

void
lq_channel_place (lq_channel *u, float *const *ch, uint32_t frames, const struct lq_keys *keys)
{
  const float *const *duck = keys ? keys->plane[LQ_KEY_DUCK] : NULL;

  lq_channel_delay (u, &u->aligning, u->align, ch, frames);
  lq_shift_process (&u->shift, ch, frames);
  u->ducks =
      lq_duck_process (&u->duck, duck, duck ? keys->duck_channels : 0, u->duck_gain, frames);
}

void
lq_channel_mix (
    lq_channel *u, float *const *ch, uint32_t frames, struct lq_mix *to, uint32_t at)
{
  lq_fader_process (&u->fader, ch, frames, u->ducks ? u->duck_gain : NULL, to, at);
}

void
lq_channel_pass (lq_channel *u, uint32_t frames)
{
  float silence[LQ_FADER_CHANNELS][LQ_HOP] = { { 0.0f } }, *ch[LQ_FADER_CHANNELS];

  for (uint32_t c = 0; c < u->stream.channels; c++)
    ch[c] = silence[c];
  lq_channel_process (u, ch, frames, NULL);
  lq_channel_place (u, ch, frames, NULL);
  lq_fader_process (&u->fader, ch, frames, NULL, NULL, 0);
}

void
lq_channel_meter (lq_channel *u, bool on, bool loud)
{
  if (on && !u->fader.gauge)
    lq_gauge_reset (&u->gauge);
  lq_gauge_set_loud (&u->gauge, loud);
  u->fader.gauge = on ? &u->gauge : NULL;
}

void
lq_channel_rest (lq_channel *u, uint32_t frames)
{
  static const float silence[LQ_BLOCK];
  const float *ch[LQ_FADER_CHANNELS];

  for (uint32_t c = 0; c < u->stream.channels; c++)
    ch[c] = silence;
  if (u->fader.gauge)
    lq_gauge_process (u->fader.gauge, ch, frames, 1.0);
}

struct lq_channel_figures
lq_channel_read (lq_channel *u)
{
  struct lq_channel_figures figures = { .out = lq_gauge_read (&u->gauge) };

  figures.duck_db = lq_duck_reduction_db (&u->duck);
  if (u->track)
    figures.track = lq_track_read (u->track);
  return figures;
}

bool
lq_channel_plain (const lq_channel *u)
{
  return !u->track && u->wait == 0 && u->align == 0 && lq_shift_absent (&u->shift) &&
         lq_duck_resting (&u->duck) && lq_fader_plain (&u->fader);
}

uint32_t
lq_channel_add_plain (
    lq_channel *u, const float *x, uint32_t frames, struct lq_mix *to, uint32_t at)
{
  frames = lq_fader_add_plain (&u->fader, x, frames, to, at);
  lq_shift_process (&u->shift, NULL, frames);
  lq_duck_pass (&u->duck, frames);
  return frames;
}

uint32_t
lq_channel_tail (const lq_channel *u)
{
  const uint32_t track = u->track ? lq_track_latency (u->track) + lq_track_tail (u->track) : 0;

  return u->wait + track + u->align + lq_shift_tail (&u->shift);
}

bool
lq_channel_neutral (const lq_channel *u)
{
  return (!u->track || (lq_track_neutral (u->track) && !u->bypassed &&
                           lq_bypass_resting_wet (&u->bypass))) &&
         lq_shift_absent (&u->shift) && u->wait == 0 && u->align == 0;
}
