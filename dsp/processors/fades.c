/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the fades at the two ends of a programme.
 *
 *   place ─→ gain (from) ─┐
 *         ─→ gain (to) ───┴─ swap ─→ × x
 *
 * z: see the header. A frame's gain is that of its place alone, so that a fade is where it is
 * wherever a rendering begins; settings that change fade from one curve to the other. */

#include "fades.h"

#include "../base/mathx.h"

#include <string.h>

static const struct lq_enum curves = { "LqFadeCurve",
  (const struct lq_item[]){ { "linear", "Linear", LQ_FADES_LINEAR },
      { "log", "Logarithmic, 60 dB", LQ_FADES_LOG }, { "s-curve", "S curve", LQ_FADES_S_CURVE },
      { "equal-power", "Equal power", LQ_FADES_EQUAL_POWER }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_fades_params, name)
const struct lq_param lq_fades_rows[LQ_FADES_ROWS] = {
  { "in", "Fade-in", "From the first frame; 0 is none", "s", LQ_FLOAT, LQ_LINEAR, FIELD (in_s),
      0, 60, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "in-curve", "Fade-in curve",
      "g(t), t from 0 to 1: t; 10^(3(t−1)), 0 at t = 0; (1−cos πt)/2; sin(πt/2)", NULL, LQ_ENUM,
      LQ_LINEAR, FIELD (in_curve), 0, 3, LQ_FADES_S_CURVE, &curves, LQ_PLAYING, LQ_RAMP_MS },
  { "out", "Fade-out",
      "Ends with the last frame, whose place the stream's duration or learn=whole-track tells; "
      "longer than the track: shortened; 0 is none",
      "s", LQ_FLOAT, LQ_LINEAR, FIELD (out_s), 0, 60, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "out-curve", "Fade-out curve", "As fade-in-curve with t from 1 to 0", NULL, LQ_ENUM,
      LQ_LINEAR, FIELD (out_curve), 0, 3, LQ_FADES_S_CURVE, &curves, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_fades_rows, struct lq_fades_params);

bool
lq_fades_prepare (lq_fades *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_fades_rows, LQ_FADES_ROWS, 0, NULL };

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->end = LQ_FADES_NO_END;
  if (!lq_ramp_prepare (&u->swap, stream, arena, LQ_RAMP_MS))
    return false;
  lq_modules_defaults (&self, 1, &u->asked);
  lq_fades_reset (u);
  return true;
}

void
lq_fades_set (lq_fades *u, const struct lq_fades_params *p)
{
  u->asked = *p;
}

void
lq_fades_set_end (lq_fades *u, int64_t end)
{
  u->end = end;
}

void
lq_fades_reset (lq_fades *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.to = u->asked;
  lq_ramp_jump_to (&u->swap, 0.0);
}

static double
curve (int32_t kind, double t)
{
  if (t <= 0.0)
    return 0.0;
  if (t >= 1.0)
    return 1.0;
  switch (kind) {
    case LQ_FADES_LINEAR:
      return t;
    case LQ_FADES_LOG:
      return pow (10.0, 3.0 * (t - 1.0));
    case LQ_FADES_S_CURVE:
      return 0.5 - 0.5 * cos (LQ_PI * t);
    default:
      return sin (0.5 * LQ_PI * t);
  }
}

/* Frames that the fades take. */
static void
lengths (const struct lq_fades_params *p, double rate, int64_t end, double *in, double *out)
{
  *in = (double)p->in_s * rate;
  *out = end == LQ_FADES_NO_END ? 0.0 : fmin ((double)p->out_s * rate, (double)end);
}

double
lq_fades_gain (const struct lq_fades_params *p, double rate, int64_t end, int64_t place)
{
  double in, out, gain = 1.0;

  lengths (p, rate, end, &in, &out);
  if (in > 0.0)
    gain = curve (p->in_curve, (double)place / in);
  if (out > 0.0)
    gain *= curve (p->out_curve, (double)(end - place) / out);
  return gain;
}

/* Whether no frame of n from `place` on is in a fade, or behind the end of one. */
static bool
between (const lq_fades *u, const struct lq_fades_params *p, int64_t place, uint32_t n)
{
  double in, out;

  lengths (p, u->stream.rate, u->end, &in, &out);
  return (in <= 0.0 || (double)place >= in) &&
         (out <= 0.0 || (double)(place + n) <= (double)u->end - out);
}

bool
lq_fades_fill (const lq_fades *u, int64_t place, float *gain, uint32_t n)
{
  if (between (u, &u->asked, place, n))
    return false;
  for (uint32_t i = 0; i < n; i++)
    gain[i] = (float)lq_fades_gain (&u->asked, u->stream.rate, u->end, place + i);
  return true;
}

bool
lq_fades_neutral (const lq_fades *u)
{
  return !u->z.swapping && u->z.to.in_s == 0.0f && u->z.to.out_s == 0.0f &&
         u->asked.in_s == 0.0f && u->asked.out_s == 0.0f;
}

/* At a grid point. */
static void
begin_hop (lq_fades *u)
{
  if (u->z.swapping && !lq_ramp_move (&u->swap)) {
    u->z.swapping = false;
    lq_ramp_jump_to (&u->swap, 0.0);
  }
  if (u->z.swapping || memcmp (&u->asked, &u->z.to, sizeof u->asked) == 0)
    return;
  u->z.from = u->z.to;
  u->z.to = u->asked;
  u->z.swapping = true;
  lq_ramp_set (&u->swap, 1.0);
  lq_ramp_hop (&u->swap);
}

static void
fade_part (lq_fades *u, float *const *ch, uint32_t at, uint32_t n, int64_t place)
{
  const double rate = u->stream.rate;
  float gain[LQ_HOP], swap[LQ_HOP];

  if (between (u, &u->z.to, place, n) && (!u->z.swapping || between (u, &u->z.from, place, n)))
    return;
  if (u->z.swapping)
    lq_ramp_fill (&u->swap, swap, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    const double to = lq_fades_gain (&u->z.to, rate, u->end, place + i);
    const double from =
        u->z.swapping ? lq_fades_gain (&u->z.from, rate, u->end, place + i) : to;
    gain[i] = u->z.swapping ? (float)(from + (to - from) * (double)swap[i]) : (float)to;
  }
  for (uint32_t c = 0; c < u->stream.channels; c++)
    for (uint32_t i = 0; i < n; i++)
      ch[c][at + i] *= gain[i];
}

void
lq_fades_process (lq_fades *u, float *const *ch, uint32_t frames, int64_t place)
{
  for (uint32_t at = 0, n; at < frames; at += n) {
    if (u->z.phase == 0)
      begin_hop (u);
    n = lq_hop_left (u->z.phase, frames - at);
    if (u->z.swapping || u->z.to.in_s > 0.0f || u->z.to.out_s > 0.0f)
      fade_part (u, ch, at, n, place + at);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
