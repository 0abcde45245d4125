/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: Butterworth filters of sections.
 * Source:  Butterworth's poles, as the q of second-order sections: 1/(2·cos φ), φ = (2k + 1)π/2n
 *          for even n and (k + 1)π/n for odd, and a first-order section.
 *
 *   ─→ section, q0 ─→ … ─→ section, q(n/2 − 1) ─→ first order, in the last place ─→ */

#include "butter.h"

#include "../base/mathx.h"

bool
lq_butter_section (struct lq_biquad_spec *spec, bool high, bool plain, uint32_t order,
    double hz, uint32_t k, uint32_t sections)
{
  const double angle = order % 2 ? (k + 1.0) / order : (2.0 * k + 1.0) / (2.0 * order);
  const bool first = order % 2 && k == sections - 1, on = first || k < order / 2;

  *spec = (struct lq_biquad_spec){ .plain = plain, .frequency_hz = hz, .q = 1.0 };
  if (first)
    spec->type = high ? LQ_BIQUAD_HIGH_PASS_1 : LQ_BIQUAD_LOW_PASS_1;
  else
    spec->type = high ? LQ_BIQUAD_HIGH_PASS : LQ_BIQUAD_LOW_PASS;
  if (on && !first)
    spec->q = 0.5 / cos (angle * LQ_PI);
  return on;
}
