/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: high-pass and low-pass of a strip.
 *
 *   ─→ Butterworth's sections in series (primitives/butter.c) ─→ */

#include "pass.h"

#include "../primitives/butter.h"

#include <string.h>

const struct lq_enum lq_pass_slopes = { "LqFilterSlope",
  (const struct lq_item[]){ { "6", "6 dB/octave", 6 }, { "12", "12 dB/octave", 12 },
      { "18", "18 dB/octave", 18 }, { "24", "24 dB/octave", 24 }, { "36", "36 dB/octave", 36 },
      { "48", "48 dB/octave", 48 }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_pass_params, name)
const struct lq_param lq_pass_rows[LQ_PASS_ROWS] = {
  { "enabled", "Filter", "Butterworth filter on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0,
      1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "frequency", "Filter frequency",
      "−3.01 dB here; a high-pass is held at 0.49 of the sampling rate, a low-pass there and "
      "above is off",
      "Hz", LQ_FLOAT, LQ_LOG, FIELD (frequency_hz), 10, 40000, 80, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "slope", "Filter slope", "Steepness beyond the frequency, dB per octave", NULL, LQ_ENUM,
      LQ_LINEAR, FIELD (slope), 0, 5, 12, &lq_pass_slopes, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_pass_rows, struct lq_pass_params);

const struct lq_override lq_hpf_overrides[] = { { "frequency", 80.0 }, { NULL, 0.0 } };
const struct lq_override lq_lpf_overrides[] = { { "frequency", 16000.0 }, { NULL, 0.0 } };

bool
lq_pass_prepare (lq_pass *u, enum lq_pass_kind kind, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_pass_rows, LQ_PASS_ROWS, 0,
    kind == LQ_PASS_HIGH ? lq_hpf_overrides : lq_lpf_overrides };
  struct lq_pass_params defaults;

  memset (u, 0, sizeof *u);
  u->kind = kind;
  if (!lq_cascade_prepare (&u->cascade, stream, arena, LQ_PASS_SECTIONS))
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_pass_set (u, &defaults);
  lq_pass_reset (u);
  return true;
}

void
lq_pass_put (
    lq_cascade *cascade, uint32_t first, enum lq_pass_kind kind, const struct lq_pass_params *p)
{
  const bool high = kind == LQ_PASS_HIGH;

  for (uint32_t k = 0; k < LQ_PASS_SECTIONS; k++) {
    struct lq_biquad_spec spec;
    /* A high-pass follows its prototype without an aid: its error is at the top, where it is
     * flat. */
    const bool on = lq_butter_section (
        &spec, high, high, (uint32_t)p->slope / 6, p->frequency_hz, k, LQ_PASS_SECTIONS);
    lq_cascade_set (cascade, first + k, &spec, p->enabled && on);
  }
}

void
lq_pass_set (lq_pass *u, const struct lq_pass_params *p)
{
  lq_pass_put (&u->cascade, 0, u->kind, p);
}

void
lq_pass_reset (lq_pass *u)
{
  lq_cascade_reset (&u->cascade);
}

void
lq_pass_process (lq_pass *u, float *const *ch, uint32_t frames)
{
  lq_cascade_process (&u->cascade, ch, frames);
}

uint32_t
lq_pass_latency (const lq_pass *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_pass_tail (const lq_pass *u)
{
  return lq_cascade_tail (&u->cascade);
}

bool
lq_pass_neutral (const lq_pass *u)
{
  return lq_cascade_neutral (&u->cascade);
}
