/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: multiband exciter.
 * Source:  saturation: sat.c, with curves of its own; crossover: bands.h. Even harmonics come of a bias.
 *          At tanh b = 1/√3 tanh, at b = ½ x/√(1 + x²) has no third derivative: there a small signal
 *          gets a 2nd harmonic alone.
 *
 *   x ─┬─→ bands ─┬─→ saturation ─┬─→ Σ ─┐
 *      │          └─→ …           ┘      ├─→ fade ─→ y
 *      └─→ line, the latency ────────────┘
 *
 * A single band is the saturation alone, which passes the input where it does nothing. Several begin with
 * silence, and are faded to when their latency has passed. */

#include "exciter.h"

#include "../base/mathx.h"

#include <string.h>

#define DRIVE_MOST_DB 24.0

/* From here on, percent, what is excited is mixed in whole. */
#define WHOLE_FROM 10.0

#define CHUNK LQ_OVERSAMPLE_BLOCK

/* Levels are such that all styles sound at about the same amount; where there is a bias, most of it is
 * the 2nd harmonic's. */
static const struct lq_sat_kind kinds[LQ_EXCITER_STYLES] = {
  [LQ_EXCITER_WARM] = { LQ_CURVE_ROOT, 16.0, 0.5, 0.0, 0.0 },
  [LQ_EXCITER_TAPE] = { LQ_CURVE_ROOT, 4.0, 0.0, 0.0, 0.0 },
  [LQ_EXCITER_TUBE] = { LQ_CURVE_TANH, 5.0, 0.35, 0.0, 0.0 },
  [LQ_EXCITER_TRIODE] = { LQ_CURVE_TANH, 8.0, 0.9, 0.0, 0.0 },
  [LQ_EXCITER_RETRO] = { LQ_CURVE_FOURTH, 2.5, 0.0, 0.0, 0.0 },
};

static const struct lq_enum styles = { "LqExciterStyle",
  (const struct lq_item[]){ { "warm", "Warm: 2nd harmonic, soft", LQ_EXCITER_WARM },
      { "tape", "Tape: odd harmonics, a long knee", LQ_EXCITER_TAPE },
      { "tube", "Tube: even and odd harmonics", LQ_EXCITER_TUBE },
      { "triode", "Triode: 2nd harmonic, strongly asymmetric", LQ_EXCITER_TRIODE },
      { "retro", "Retro: odd harmonics that fall slowly, as a transformer's",
          LQ_EXCITER_RETRO },
      { NULL, NULL, 0 } } };
static const struct lq_enum channels = { "LqExciterChannel",
  (const struct lq_item[]){ { "stereo", "Both channels", LQ_SAT_STEREO },
      { "left", "Left", LQ_SAT_LEFT }, { "right", "Right", LQ_SAT_RIGHT },
      { "mid", "Middle", LQ_SAT_MID }, { "side", "Side", LQ_SAT_SIDE }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_exciter_params, name)
#define CROSSOVER(number, def)                                                                 \
  {                                                                                            \
    "crossover" #number, "Exciter crossover " #number,                                         \
        "Between bands, Linkwitz-Riley of fourth order; in any order", "Hz", LQ_FLOAT, LQ_LOG, \
        FIELD (crossover_hz[(number)-1]), 20, 20000, def, NULL, LQ_PLAYING, LQ_RAMP_MS         \
  }
const struct lq_param lq_exciter_rows[LQ_EXCITER_ROWS] = {
  { "enabled", "Exciter", "Multiband exciter on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0,
      1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "bands", "Exciter bands", "Bands in use; 1: the whole range is the first one", NULL,
      LQ_UINT, LQ_LINEAR, FIELD (bands), 1, LQ_EXCITER_BANDS, 1, NULL, 0, 0 },
  CROSSOVER (1, 200),
  CROSSOVER (2, 2500),
  CROSSOVER (3, 8000),
  { "oversampling", "Exciter oversampling",
      "auto: 4 below 88.2 kHz, 2 below 176.4 kHz, 1 above; counts in the latency", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (oversampling), 0, 8, 0, &lq_sat_factors, 0, 0 },
};

#define BAND(name) offsetof (struct lq_exciter_band, name)
const struct lq_param lq_exciter_band_rows[LQ_EXCITER_BAND_ROWS] = {
  { "style", "Exciter style", "Which harmonics", NULL, LQ_ENUM, LQ_LINEAR, BAND (style), 0, 4,
      0, &styles, LQ_PLAYING, LQ_RAMP_MS },
  { "amount", "Exciter amount",
      "Drive into the curve and as much back: 100 % is 24 dB; small signals stay at 0 dB; 0 = "
      "neutral",
      "%", LQ_FLOAT, LQ_LINEAR, BAND (amount_percent), 0, 100, 0, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "mix", "Exciter mix", "Dry to excited, within the band", "%", LQ_FLOAT, LQ_LINEAR,
      BAND (mix_percent), 0, 100, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "channel", "Exciter channel", "What the band acts on", NULL, LQ_ENUM, LQ_LINEAR,
      BAND (channel), 0, 4, 0, &channels, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_exciter_band_rows, struct lq_exciter_band);
_Static_assert(LQ_EXCITER_ROWS == offsetof (struct lq_exciter_params, band) / 4,
    "every field of struct lq_exciter_params has its row");

/* A band as a saturation. */
static struct lq_sat_params
saturation (const struct lq_exciter_params *p, uint32_t b)
{
  const struct lq_exciter_band *band = &p->band[b];
  const double amount = band->amount_percent, whole = fmin (amount / WHOLE_FROM, 1.0);

  return (struct lq_sat_params){ .enabled = p->enabled,
    .style = band->style,
    .drive_db = (float)(amount / 100.0 * DRIVE_MOST_DB),
    .mix_percent = (float)(band->mix_percent * whole),
    .level_match = 1,
    .oversampling = p->oversampling };
}

static bool
prepare_several (lq_exciter *u, bool on, lq_arena *arena)
{
  const uint32_t channels = u->stream.channels;

  u->planes = lq_arena_alloc (arena, (size_t)u->bands * channels * CHUNK * sizeof *u->planes);
  return u->planes && lq_bands_prepare (&u->split, &u->stream, u->bands, arena) &&
         lq_ramp_prepare (&u->on, &u->stream, arena, LQ_RAMP_MS) &&
         lq_lookahead_prepare (&u->dry, channels, lq_sat_latency_most (&u->band[0]), on, arena);
}

bool
lq_exciter_prepare (
    lq_exciter *u, const lq_stream *stream, const struct lq_exciter_params *p, lq_arena *arena)
{
  const struct lq_module self[] = { LQ_EXCITER_MODULE_LIST (0) };
  struct lq_exciter_params defaults;

  lq_modules_defaults (self, LQ_EXCITER_MODULES, &defaults);
  p = p ? p : &defaults;
  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->bands = p->bands;
  for (uint32_t b = 0; b < u->bands; b++) {
    const struct lq_sat_params sat = saturation (p, b);
    if (!lq_sat_prepare_kinds (&u->band[b], stream, &sat, kinds, arena))
      return false;
  }
  if (u->bands > 1 && !prepare_several (u, p->enabled, arena))
    return false;
  lq_exciter_set (u, p);
  lq_exciter_reset (u);
  return true;
}

void
lq_exciter_set (lq_exciter *u, const struct lq_exciter_params *p)
{
  u->wanted = false;
  for (uint32_t b = 0; b < u->bands; b++) {
    const struct lq_sat_params sat = saturation (p, b);
    lq_sat_set_route (&u->band[b], (enum lq_sat_route)p->band[b].channel);
    lq_sat_set (&u->band[b], &sat);
    u->wanted = u->wanted || (p->enabled && sat.mix_percent > 0.0f);
  }
  if (u->bands == 1)
    return;
  lq_bands_set (&u->split, p->crossover_hz);
  if (p->enabled)
    lq_lookahead_need (&u->dry);
}

uint32_t
lq_exciter_grow (lq_exciter *u)
{
  uint32_t grown = 0;

  for (uint32_t b = 0; b < u->bands; b++)
    grown = lq_sat_grow (&u->band[b]);
  if (u->bands > 1)
    lq_lookahead_grow (&u->dry);
  return grown;
}

/* Bands that have heard nothing. */
static void
wake (lq_exciter *u)
{
  for (uint32_t b = 0; b < u->bands; b++)
    lq_sat_reset (&u->band[b]);
  if (u->bands > 1)
    lq_bands_reset (&u->split);
}

void
lq_exciter_reset (lq_exciter *u)
{
  memset (&u->z, 0, sizeof u->z);
  wake (u);
  if (u->bands == 1)
    return;
  lq_lookahead_reset (&u->dry);
  lq_ramp_jump_to (&u->on, u->wanted ? 1.0 : 0.0);
  u->z.running = u->wanted;
}

uint32_t
lq_exciter_latency (const lq_exciter *u)
{
  return lq_sat_latency (&u->band[0]);
}

uint32_t
lq_exciter_latency_most (const lq_exciter *u)
{
  return lq_sat_latency_most (&u->band[0]);
}

uint32_t
lq_exciter_tail (const lq_exciter *u)
{
  uint32_t tail = 0;

  for (uint32_t b = 0; b < u->bands; b++) {
    const uint32_t own = lq_sat_tail (&u->band[b]);
    tail = own > tail ? own : tail;
  }
  if (u->bands > 1)
    tail = u->z.running || u->wanted ? tail + lq_bands_tail (&u->split) : 0;
  return tail;
}

bool
lq_exciter_neutral (const lq_exciter *u)
{
  if (u->bands == 1)
    return lq_sat_neutral (&u->band[0]);
  return !u->dry.late && !u->z.running && !u->wanted;
}

/* At a grid point. */
static void
hop (lq_exciter *u)
{
  if (!u->z.running && !u->wanted)
    return;
  if (!u->z.running) {
    wake (u);
    lq_ramp_jump_to (&u->on, 0.0);
    u->z.wait = u->dry.frames + LQ_HOP;
    u->z.running = true;
  }
  u->z.wait -= u->z.wait < LQ_HOP ? u->z.wait : LQ_HOP;
  lq_ramp_set (&u->on, u->wanted && !u->z.wait ? 1.0 : 0.0);
  lq_ramp_move (&u->on);
  if (lq_ramp_absent (&u->on) && !u->wanted)
    u->z.running = false;
}

/* n frames of all bands and the late input, added up in ch. */
static void
stretch (lq_exciter *u, float *const *ch, uint32_t n)
{
  const uint32_t channels = u->stream.channels;
  const bool moves = !lq_ramp_resting (&u->on) || u->on.target != 1.0;
  const float *const x[2] = { ch[0], ch[channels - 1] };
  float *band[LQ_EXCITER_BANDS][2], on[LQ_HOP];

  for (uint32_t b = 0; b < u->bands; b++)
    for (uint32_t c = 0; c < 2; c++)
      band[b][c] = u->planes + (b * channels + (c < channels ? c : 0)) * CHUNK;
  lq_bands_process (&u->split, x, (float *const(*)[2])band, n);
  for (uint32_t b = 0; b < u->bands; b++)
    lq_sat_process (&u->band[b], band[b], n);
  lq_lookahead_process (&u->dry, ch, n);
  if (moves)
    lq_ramp_fill (&u->on, on, u->z.phase, n);
  for (uint32_t c = 0; c < channels; c++) {
    float *sum = band[0][c], *y = ch[c];
    for (uint32_t b = 1; b < u->bands; b++)
      for (uint32_t i = 0; i < n; i++)
        sum[i] += band[b][c][i];
    if (moves)
      for (uint32_t i = 0; i < n; i++)
        y[i] += on[i] * (sum[i] - y[i]);
    else
      memcpy (y, sum, n * sizeof *y);
  }
}

static void
several (lq_exciter *u, float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    float *at[2] = { ch[0] + done, ch[u->stream.channels - 1] + done };
    if (u->z.phase == 0)
      hop (u);
    n = lq_hop_left (u->z.phase, frames - done);
    if (u->z.running && u->wanted && lq_ramp_resting (&u->on) && u->on.target == 1.0)
      n = frames - done < CHUNK - u->z.phase ? frames - done : CHUNK - u->z.phase;
    if (u->z.running)
      stretch (u, at, n);
    else
      lq_lookahead_process (&u->dry, at, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}

void
lq_exciter_process (lq_exciter *u, float *const *ch, uint32_t frames)
{
  if (u->bands == 1) {
    lq_sat_process (&u->band[0], ch, frames);
    return;
  }
  if (lq_exciter_neutral (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  several (u, ch, frames);
}
