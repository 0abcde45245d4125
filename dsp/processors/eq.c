/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: parametric equaliser.
 *
 *   ─┬─→ band 1 ─→ … ─→ band 8 ─→
 *    └─→ Σ band-passes of listened bands ─→ planes, for the chain
 *
 * z: phase counts frames on the grid, for what is listened to. */

#include "eq.h"

#include "../base/mathx.h"

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

const struct lq_param lq_eq_rows[LQ_EQ_ROWS] = {
  { "enabled", "Equaliser", "The whole equaliser on", NULL, LQ_BOOL, LQ_LINEAR,
      offsetof (struct lq_eq_params, enabled), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
};

#define FIELD(name) offsetof (struct lq_eq_band, name)
const struct lq_param lq_eq_band_rows[LQ_EQ_BAND_ROWS] = {
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

bool
lq_eq_prepare_bands (lq_eq *u, const lq_stream *stream, uint32_t bands, lq_arena *arena)
{
  const struct lq_module self[] = { LQ_EQ_MODULE_LIST (0) };
  struct lq_eq_params defaults;
  bool ok;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->bands = bands;
  u->heard = lq_arena_alloc (arena, bands * sizeof *u->heard);
  ok = u->heard && lq_cascade_prepare (&u->cascade, stream, arena, bands) &&
       lq_listen_prepare (&u->listen, stream, arena);
  for (uint32_t i = 0; i < bands; i++)
    ok = ok && lq_section_prepare (&u->heard[i], stream, arena, true);
  if (!ok)
    return false;
  lq_modules_defaults (self, LQ_EQ_MODULES, &defaults);
  lq_eq_set (u, &defaults);
  lq_eq_reset (u);
  return true;
}

bool
lq_eq_prepare (lq_eq *u, const lq_stream *stream, lq_arena *arena)
{
  return lq_eq_prepare_bands (u, stream, LQ_EQ_BANDS, arena);
}

void
lq_eq_set (lq_eq *u, const struct lq_eq_params *p)
{
  bool any = false;

  for (uint32_t i = 0; i < u->bands; i++) {
    const struct lq_eq_band *b = &p->band[i];
    struct lq_biquad_spec spec = {
      .type = b->type, .frequency_hz = b->frequency_hz, .gain_db = b->gain_db, .q = b->q
    };
    lq_cascade_set (&u->cascade, i, &spec, p->enabled && b->enabled);
    spec.type = LQ_BIQUAD_BAND_PASS;
    spec.gain_db = 0.0;
    lq_section_set (&u->heard[i], &spec, p->enabled && b->listen);
    any = any || (p->enabled && b->listen);
  }
  lq_listen_set (&u->listen, any);
}

void
lq_eq_reset (lq_eq *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_cascade_reset (&u->cascade);
  for (uint32_t i = 0; i < u->bands; i++)
    lq_section_reset (&u->heard[i]);
  lq_listen_reset (&u->listen);
}

uint32_t
lq_eq_latency (const lq_eq *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_eq_tail (const lq_eq *u)
{
  double tail = lq_cascade_tail (&u->cascade), gain_db;

  for (uint32_t i = 0; i < u->bands; i++)
    tail = fmax (tail, ceil (TAIL_NEPERS * lq_section_ring (&u->heard[i], &gain_db)));
  return (uint32_t)fmin (tail, LQ_TAIL_MAX_S * u->stream.rate);
}

bool
lq_eq_neutral (const lq_eq *u)
{
  return lq_cascade_neutral (&u->cascade) && !u->listen.active;
}

static void
lq_eq_hear_hop (lq_eq *u)
{
  for (uint32_t i = 0; i < u->bands; i++)
    if (!lq_section_calm (&u->heard[i]))
      lq_section_hop (&u->heard[i]);
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

void
lq_eq_process (lq_eq *u, float *const *ch, uint32_t frames)
{
  const uint32_t heard = lq_listen_process (&u->listen, frames);

  lq_eq_hear (u, ch, heard);
  u->z.phase = (u->z.phase + frames - heard) % LQ_HOP;
  lq_cascade_process (&u->cascade, ch, frames);
}
