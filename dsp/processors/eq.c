/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: parametric equaliser.
 *
 *   ─┬─→ band 1 ─→ … ─→ band 8 ─→
 *    └─→ Σ band-passes of listened bands ─→ planes, for the chain
 *
 * A band is a section of the cascade, in full up to eight: a Butterworth filter. What a band on
 * left, right, mid or side lets hear is where that lies in the stereo image, so that mid and side
 * listened to together are the band of both channels.
 * z: phase counts frames on the grid, for what is listened to. */

#include "eq-linear.h"

#include "../base/mathx.h"
#include "../primitives/butter.h"

#include <string.h>

/* −96 dB, in nepers, and something for several that sound together. */
#define TAIL_NEPERS 14.0

static const struct lq_enum types = { "LqEqType",
  (const struct lq_item[]){ { "bell", "Bell", LQ_BIQUAD_BELL },
      { "low-shelf", "Low shelf", LQ_BIQUAD_LOW_SHELF },
      { "high-shelf", "High shelf", LQ_BIQUAD_HIGH_SHELF },
      { "notch", "Notch", LQ_BIQUAD_NOTCH }, { "band-pass", "Band-pass", LQ_BIQUAD_BAND_PASS },
      { "all-pass", "All-pass", LQ_BIQUAD_ALL_PASS }, { "tilt", "Tilt", LQ_BIQUAD_TILT },
      { "high-pass", "High-pass", LQ_BIQUAD_HIGH_PASS },
      { "low-pass", "Low-pass", LQ_BIQUAD_LOW_PASS }, { NULL, NULL, 0 } } };

static const struct lq_enum slopes = { "LqEqSlope",
  (const struct lq_item[]){ { "6", "6 dB/octave", 6 }, { "12", "12 dB/octave", 12 },
      { "18", "18 dB/octave", 18 }, { "24", "24 dB/octave", 24 }, { "36", "36 dB/octave", 36 },
      { "48", "48 dB/octave", 48 }, { "72", "72 dB/octave", 72 }, { "96", "96 dB/octave", 96 },
      { NULL, NULL, 0 } } };

static const struct lq_enum routes = { "LqEqChannel",
  (const struct lq_item[]){ { "stereo", "Both channels", LQ_ROUTE_STEREO },
      { "left", "Left", LQ_ROUTE_LEFT }, { "right", "Right", LQ_ROUTE_RIGHT },
      { "mid", "Mid", LQ_ROUTE_MID }, { "side", "Side", LQ_ROUTE_SIDE }, { NULL, NULL, 0 } } };

static const struct lq_enum phases = { "LqEqPhase",
  (const struct lq_item[]){ { "minimum", "Minimum phase", LQ_EQ_MINIMUM },
      { "linear", "Linear phase", LQ_EQ_LINEAR }, { NULL, NULL, 0 } } };

static const struct lq_enum taps = { "LqEqTaps",
  (const struct lq_item[]){ { "1024", "1024 taps", 1024 }, { "2048", "2048 taps", 2048 },
      { "4096", "4096 taps", 4096 }, { "8192", "8192 taps", 8192 },
      { "16384", "16384 taps", 16384 }, { NULL, NULL, 0 } } };

const struct lq_param lq_eq_rows[LQ_EQ_FULL_ROWS] = {
  { "enabled", "Equaliser", "The whole equaliser on", NULL, LQ_BOOL, LQ_LINEAR,
      offsetof (struct lq_eq_params, enabled), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "phase", "Equaliser phase",
      "Of the whole equaliser; linear: FIR of eq-taps, its delay counts in LATENCY", NULL,
      LQ_ENUM, LQ_LINEAR, offsetof (struct lq_eq_params, phase), 0, 1, 0, &phases, 0, 0 },
  { "taps", "Equaliser taps",
      "N of the linear-phase filter up to 48 kHz, doubled up to 96 kHz and so on; late by "
      "N/2−1 "
      "frames",
      NULL, LQ_ENUM, LQ_LINEAR, offsetof (struct lq_eq_params, taps), 0, 4, 4096, &taps, 0, 0 },
};

#define FIELD(name) offsetof (struct lq_eq_band, name)
const struct lq_param lq_eq_band_rows[LQ_EQ_FULL_BAND_ROWS] = {
  { "enabled", "Band", "Band on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1, 0, NULL,
      LQ_PLAYING, LQ_RAMP_MS },
  { "type", "Band type", "What the band does", NULL, LQ_ENUM, LQ_LINEAR, FIELD (type), 0, 8, 0,
      &types, LQ_PLAYING, LQ_RAMP_MS },
  { "frequency", "Band frequency",
      "Centre, corner or pivot; held at 0.49 of the sampling rate, a low-pass there and above "
      "is off",
      "Hz", LQ_FLOAT, LQ_LOG, FIELD (frequency_hz), 10, 40000, 1000, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "gain", "Band gain", "Of bell, shelves and tilt; a cut is the exact inverse of its boost",
      "dB", LQ_FLOAT, LQ_LINEAR, FIELD (gain_db), -24, 24, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "q", "Band Q", "Narrowness or resonance; not used by tilt", NULL, LQ_FLOAT, LQ_LOG,
      FIELD (q), 0.1, 40, 0.707, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "listen", "Listen",
      "Hears what lies in the band alone, a band-pass of its frequency and q; several add up",
      NULL, LQ_BOOL, LQ_LINEAR, FIELD (listen), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "slope", "Band slope",
      "Of high-pass and low-pass; at 12 q shapes the corner, elsewhere Butterworth",
      "dB per octave", LQ_ENUM, LQ_LINEAR, FIELD (slope), 0, 7, 12, &slopes, LQ_PLAYING,
      LQ_RAMP_MS },
  { "channel", "Band channel", "What the band acts on", NULL, LQ_ENUM, LQ_LINEAR,
      FIELD (channel), 0, 4, 0, &routes, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_eq_band_rows, struct lq_eq_band);

const struct lq_override lq_eq_overrides[LQ_EQ_BANDS][2] = {
  { { "frequency", 60.0 }, { NULL, 0.0 } },
  { { "frequency", 120.0 }, { NULL, 0.0 } },
  { { "frequency", 250.0 }, { NULL, 0.0 } },
  { { "frequency", 500.0 }, { NULL, 0.0 } },
  { { "frequency", 1000.0 }, { NULL, 0.0 } },
  { { "frequency", 3000.0 }, { NULL, 0.0 } },
  { { "frequency", 6000.0 }, { NULL, 0.0 } },
  { { "frequency", 12000.0 }, { NULL, 0.0 } },
};

static bool
prepare_linear (lq_eq *u, const struct lq_eq_params *p, lq_arena *arena)
{
  u->linear = lq_arena_alloc (arena, sizeof *u->linear);
  return u->linear && lq_eq_linear_prepare (u->linear, &u->stream, p, arena);
}

/* p: NULL: the defaults. */
static bool
prepare (lq_eq *u, const lq_stream *stream, uint32_t bands, uint32_t parts,
    const struct lq_eq_params *p, lq_arena *arena)
{
  const struct lq_module self[] = { LQ_EQ_FULL_MODULE_LIST (0) };
  struct lq_eq_params defaults;
  bool ok;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->bands = bands;
  u->parts = parts;
  u->heard = lq_arena_alloc (arena, bands * sizeof *u->heard);
  memset (&defaults, 0, sizeof defaults);
  ok = u->heard && lq_listen_prepare (&u->listen, stream, arena);
  if (p && p->phase == LQ_EQ_LINEAR)
    ok = ok && prepare_linear (u, p, arena);
  else
    ok = ok && lq_cascade_prepare_parts (&u->cascade, stream, arena, bands * parts, parts);
  for (uint32_t i = 0; i < bands; i++)
    ok = ok && lq_section_prepare (&u->heard[i], stream, arena, true, LQ_RAMP_MS);
  if (!ok)
    return false;
  lq_modules_defaults (self, LQ_EQ_MODULES, &defaults);
  lq_eq_set (u, p ? p : &defaults);
  lq_eq_reset (u);
  return true;
}

bool
lq_eq_prepare_bands (lq_eq *u, const lq_stream *stream, uint32_t bands, lq_arena *arena)
{
  return prepare (u, stream, bands, 1, NULL, arena);
}

bool
lq_eq_prepare (lq_eq *u, const lq_stream *stream, lq_arena *arena)
{
  return prepare (u, stream, LQ_EQ_BANDS, 1, NULL, arena);
}

bool
lq_eq_prepare_full (
    lq_eq *u, const lq_stream *stream, const struct lq_eq_params *p, lq_arena *arena)
{
  return stream->channels <= 2 && prepare (u, stream, LQ_EQ_BANDS, LQ_EQ_PARTS, p, arena);
}

int32_t
lq_eq_band_route (const struct lq_eq_band *b, uint32_t channels)
{
  return channels == 2 ? b->channel : LQ_ROUTE_STEREO;
}

bool
lq_eq_band_absent (const struct lq_eq_band *b, uint32_t channels)
{
  return channels == 1 && (b->channel == LQ_ROUTE_RIGHT || b->channel == LQ_ROUTE_SIDE);
}

uint32_t
lq_eq_band_specs (
    const struct lq_eq_band *b, bool full, struct lq_biquad_spec spec[LQ_EQ_PARTS])
{
  const bool high = b->type == LQ_BIQUAD_HIGH_PASS;
  const uint32_t order = (uint32_t)b->slope / 6;
  uint32_t n = 0;

  spec[0] = (struct lq_biquad_spec){
    .type = b->type, .frequency_hz = b->frequency_hz, .gain_db = b->gain_db, .q = b->q
  };
  if (!full || b->slope == 12 || !(high || b->type == LQ_BIQUAD_LOW_PASS))
    return 1;
  for (uint32_t k = 0; k < LQ_EQ_PARTS; k++)
    if (lq_butter_section (&spec[k], high, false, order, b->frequency_hz, k, (order + 1) / 2))
      n++;
    else
      break;
  return n;
}

static void
set_band (lq_eq *u, uint32_t i, const struct lq_eq_band *b, int32_t route, bool on)
{
  struct lq_biquad_spec spec[LQ_EQ_PARTS];
  const uint32_t n = lq_eq_band_specs (b, u->parts > 1, spec);

  for (uint32_t k = 0; k < u->parts; k++) {
    lq_cascade_route (&u->cascade, i * u->parts + k, route);
    lq_cascade_set (&u->cascade, i * u->parts + k, &spec[k < n ? k : 0], on && k < n);
  }
}

void
lq_eq_set (lq_eq *u, const struct lq_eq_params *p)
{
  const uint32_t channels = u->stream.channels;
  const bool full = u->parts > 1;
  bool any = false;

  for (uint32_t i = 0; i < u->bands; i++) {
    const struct lq_eq_band *b = &p->band[i];
    const struct lq_biquad_spec heard = {
      .type = LQ_BIQUAD_BAND_PASS, .frequency_hz = b->frequency_hz, .q = b->q
    };
    const int32_t route = full ? lq_eq_band_route (b, channels) : LQ_ROUTE_STEREO;
    const bool here = p->enabled && !(full && lq_eq_band_absent (b, channels));
    if (!u->linear)
      set_band (u, i, b, route, here && b->enabled);
    lq_section_set_route (&u->heard[i], route);
    lq_section_set (&u->heard[i], &heard, here && b->listen);
    any = any || (here && b->listen);
  }
  lq_listen_set (&u->listen, any);
  if (u->linear)
    lq_eq_linear_set (u->linear, p);
}

void
lq_eq_reset (lq_eq *u)
{
  memset (&u->z, 0, sizeof u->z);
  if (u->linear)
    lq_eq_linear_reset (u->linear);
  else
    lq_cascade_reset (&u->cascade);
  for (uint32_t i = 0; i < u->bands; i++)
    lq_section_reset (&u->heard[i]);
  lq_listen_reset (&u->listen);
}

uint32_t
lq_eq_latency (const lq_eq *u)
{
  return u->linear ? lq_lookahead_latency (&u->linear->ahead) : 0;
}

uint32_t
lq_eq_latency_most (const lq_eq *u)
{
  return u->linear ? u->linear->ahead.frames : 0;
}

uint32_t
lq_eq_grow (lq_eq *u)
{
  return u->linear ? lq_lookahead_grow (&u->linear->ahead) : 0;
}

uint32_t
lq_eq_tail (const lq_eq *u)
{
  double tail = u->linear ? lq_eq_linear_tail (u->linear) : lq_cascade_tail (&u->cascade);
  double gain_db;

  for (uint32_t i = 0; i < u->bands; i++)
    tail = fmax (tail, ceil (TAIL_NEPERS * lq_section_ring (&u->heard[i], &gain_db)));
  return (uint32_t)fmin (tail, LQ_TAIL_MAX_S * u->stream.rate);
}

bool
lq_eq_band_works (const lq_eq *u, uint32_t band)
{
  if (u->linear)
    return u->linear->asked.band[band].enabled || u->linear->designed.band[band].enabled;
  for (uint32_t k = band * u->parts; k < (band + 1) * u->parts; k++)
    if (u->cascade.section[k].z.mode != LQ_SECTION_ASLEEP)
      return true;
  return false;
}

bool
lq_eq_neutral (const lq_eq *u)
{
  const bool neutral =
      u->linear ? lq_eq_linear_neutral (u->linear) : lq_cascade_neutral (&u->cascade);

  return neutral && !u->listen.active;
}

static void
lq_eq_hear_hop (lq_eq *u)
{
  for (uint32_t i = 0; i < u->bands; i++)
    if (!lq_section_calm (&u->heard[i]))
      lq_section_hop (&u->heard[i]);
}

/* What a band acts on, of frames of two channels, where it lies among both. */
static void
project (double *x, uint32_t n, int32_t route)
{
  for (uint32_t i = 0; i < n && route != LQ_ROUTE_STEREO; i++) {
    const double a = x[2 * i], b = x[2 * i + 1];
    const double mid = (a + b) * 0.5, side = (a - b) * 0.5;
    x[2 * i] = route == LQ_ROUTE_LEFT    ? a
               : route == LQ_ROUTE_RIGHT ? 0.0
               : route == LQ_ROUTE_MID   ? mid
                                         : side;
    x[2 * i + 1] = route == LQ_ROUTE_LEFT    ? 0.0
                   : route == LQ_ROUTE_RIGHT ? b
                   : route == LQ_ROUTE_MID   ? mid
                                             : -side;
  }
}

/* The sum of what the band-passes let through of channels c and perhaps c + 1, within a hop. */
static void
lq_eq_hear_pair (lq_eq *u, uint32_t c, float *const *ch, uint32_t at, uint32_t n)
{
  const uint32_t channels = u->stream.channels - c < 2 ? 1 : 2;
  double x[2 * LQ_HOP], sum[2 * LQ_HOP] = { 0 };

  for (uint32_t band = 0; band < u->bands; band++) {
    if (u->heard[band].z.mode != LQ_SECTION_MOVING)
      continue;
    for (uint32_t i = 0; i < n * channels; i++)
      x[i] = ch[c + i % channels][at + i / channels];
    project (x, n, u->heard[band].z.route);
    lq_section_move (&u->heard[band], c / 2, channels, x, u->z.phase, n);
    for (uint32_t i = 0; i < n * channels; i++)
      sum[i] += x[i];
  }
  for (uint32_t i = 0; i < n * channels; i++)
    lq_listen_plane (&u->listen, c + i % channels)[at + i / channels] = (float)sum[i];
}

static void
lq_eq_hear (lq_eq *u, float *const *ch, uint32_t frames)
{
  for (uint32_t at = 0, n; at < frames; at += n) {
    if (u->z.phase == 0)
      lq_eq_hear_hop (u);
    n = lq_hop_left (u->z.phase, frames - at);
    for (uint32_t c = 0; c < u->stream.channels; c += 2)
      lq_eq_hear_pair (u, c, ch, at, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}

/* What is listened to is as late as what it stands in for. */
static void
hear_late (lq_eq *u, float *const *ch, uint32_t frames)
{
  float late[2][LQ_BLOCK];
  float *at[2] = { late[0], late[1] };

  for (uint32_t c = 0; c < u->stream.channels; c++)
    lq_eq_linear_dry (u->linear, c, ch[c], late[c], frames);
  lq_eq_hear (u, at, frames);
}

void
lq_eq_process (lq_eq *u, float *const *ch, uint32_t frames)
{
  const uint32_t heard = lq_listen_process (&u->listen, frames);

  if (u->linear && heard)
    hear_late (u, ch, heard);
  else
    lq_eq_hear (u, ch, heard);
  u->z.phase = (u->z.phase + frames - heard) % LQ_HOP;
  if (u->linear)
    lq_eq_linear_process (u->linear, ch, frames);
  else
    lq_cascade_process (&u->cascade, ch, frames);
}
