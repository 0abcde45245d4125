/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the equaliser as one filter of linear phase.
 *
 *   bands → sections, as the minimum-phase equaliser has them → |H| at each bin → primitives/linear.c
 *
 *   x ─┬─→ line of N/2 − 1 frames ─→ \
 *      └─→ FIR ─────────────────────→ one or the other ─→
 *
 * A design is made where the audio is, a slice each hop, within a share of the hop's time that is
 * estimated, not measured: so it takes as many hops each time. What is asked for meanwhile is
 * designed next.
 * z: phase: frames since the last grid point; awake: see the header. */

#include "eq-linear.h"

#include "../base/mathx.h"

#include <string.h>

/* Of a hop's time, that a design may take. */
#define SHARE 0.025

/* ns: a section's design, a bin of a section, and of a matrix, about. */
#define COST_SECTION 5000.0
#define COST_BIN 3.0
#define COST_MATRIX 10.0

/* Bins at a time. */
#define BINS 64

enum { SECTIONS, MAGNITUDES, FILTER }; /* design.stage */

bool
lq_eq_linear_prepare (struct lq_eq_linear *u, const lq_stream *stream,
    const struct lq_eq_params *p, lq_arena *arena)
{
  const uint32_t taps = lq_linear_taps (stream->rate, (uint32_t)p->taps);

  u->stream = *stream;
  u->budget = SHARE * LQ_HOP / stream->rate * 1e9;
  u->sine2 = lq_arena_alloc (arena, (taps + 1) * sizeof *u->sine2);
  if (!u->sine2 || !lq_linear_prepare (&u->linear, stream, taps, 1, true, arena) ||
      !lq_lookahead_prepare (
          &u->ahead, stream->channels, lq_linear_latency (&u->linear), p->enabled, arena))
    return false;
  for (uint32_t k = 0; k <= taps; k++) {
    const double sine = sin (LQ_PI / 2.0 * k / taps);
    u->sine2[k] = sine * sine;
  }
  return true;
}

/* Whether a band changes any magnitude. */
static bool
works (const struct lq_eq_linear *u, const struct lq_eq_band *b)
{
  struct lq_biquad_spec spec[LQ_EQ_PARTS];

  if (!b->enabled || b->type == LQ_BIQUAD_ALL_PASS || lq_eq_band_absent (b, u->stream.channels))
    return false;
  return lq_eq_band_specs (b, true, spec) && !lq_biquad_idle (&spec[0], u->stream.rate);
}

void
lq_eq_linear_set (struct lq_eq_linear *u, const struct lq_eq_params *p)
{
  memset (&u->asked, 0, sizeof u->asked);
  for (uint32_t i = 0; i < LQ_EQ_BANDS && p->enabled; i++) {
    if (!works (u, &p->band[i]))
      continue;
    u->asked.band[i] = p->band[i];
    u->asked.band[i].listen = 0;
  }
  if (p->enabled)
    lq_lookahead_need (&u->ahead);
}

static bool
is_designed (const struct lq_eq_linear *u)
{
  return memcmp (&u->asked, &u->designed, sizeof u->asked) == 0;
}

static void
begin (struct lq_eq_linear *u)
{
  enum lq_linear_kind kind = LQ_LINEAR_DELAY;

  u->designed = u->asked;
  for (uint32_t i = 0; i < LQ_EQ_BANDS; i++) {
    const struct lq_eq_band *b = &u->designed.band[i];
    if (b->enabled && lq_eq_band_route (b, u->stream.channels) != LQ_ROUTE_STEREO)
      kind = LQ_LINEAR_MATRIX;
    else if (b->enabled && kind == LQ_LINEAR_DELAY)
      kind = LQ_LINEAR_BOTH;
  }
  u->design.active = true;
  u->design.stage = SECTIONS;
  u->design.band = u->design.bin = 0;
  u->design.kind = kind;
  lq_linear_begin (&u->linear, 0, kind);
}

/* A band's sections. */
static void
design_band (struct lq_eq_linear *u, double *budget)
{
  struct lq_eq_design *d = &u->design;
  const struct lq_eq_band *b = &u->designed.band[d->band];
  struct lq_biquad_spec spec[LQ_EQ_PARTS];
  const uint32_t n = b->enabled ? lq_eq_band_specs (b, true, spec) : 0;
  uint32_t at = d->first[d->band];

  for (uint32_t k = 0; k < n; k++) {
    struct lq_biquad_pair pair;
    lq_biquad_design (&spec[k], u->stream.rate, &pair);
    d->section[at++] = pair.main;
    if (pair.aided)
      d->section[at++] = pair.aid;
  }
  *budget -= COST_SECTION * n;
  d->first[++d->band] = at;
  if (d->band == LQ_EQ_BANDS)
    d->stage = d->kind == LQ_LINEAR_DELAY ? (uint32_t)FILTER : (uint32_t)MAGNITUDES;
}

/* power[i] *= |H|² of a section, which lq_biquad_power has as a fraction in tan². */
static void
multiply_power (
    const lq_biquad *s, const double *restrict sine2, double *restrict power, uint32_t n)
{
  const double low = s->low * s->g2, mid2 = s->mid * s->mid, high = s->high;
  const double g2 = s->g2, kg2 = s->kg * s->kg;

  for (uint32_t i = 0; i < n; i++) {
    const double s2 = sine2[i], c2 = 1.0 - s2, both = s2 * c2;
    const double top = low * c2 - high * s2, bottom = g2 * c2 - s2;
    power[i] *= (top * top + mid2 * both) / (bottom * bottom + kg2 * both);
  }
}

/* Magnitudes of what left and right give to left and right. */
struct matrix {
  double ll[BINS], lr[BINS], rl[BINS], rr[BINS];
};

/* m = band · m. */
static void
multiply_matrix (struct matrix *m, const double *h, int32_t route, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    const double ll = m->ll[i], lr = m->lr[i], rl = m->rl[i], rr = m->rr[i];
    const double mean = (h[i] + 1.0) * 0.5, half = (h[i] - 1.0) * 0.5;
    const double left = route == LQ_ROUTE_LEFT ? h[i] : route == LQ_ROUTE_RIGHT ? 1.0 : mean;
    const double right = route == LQ_ROUTE_RIGHT ? h[i] : route == LQ_ROUTE_LEFT ? 1.0 : mean;
    const double cross = route == LQ_ROUTE_MID ? half : route == LQ_ROUTE_SIDE ? -half : 0.0;
    m->ll[i] = left * ll + cross * rl;
    m->lr[i] = left * lr + cross * rr;
    m->rl[i] = cross * ll + right * rl;
    m->rr[i] = cross * lr + right * rr;
  }
}

/* The product of all bands, in n bins: those on both channels in `both`, the others in m. */
static void
multiply_bands (const struct lq_eq_linear *u, double *both, struct matrix *m, uint32_t n)
{
  const struct lq_eq_design *d = &u->design;

  for (uint32_t i = 0; i < n; i++) {
    both[i] = m->ll[i] = m->rr[i] = 1.0;
    m->lr[i] = m->rl[i] = 0.0;
  }
  for (uint32_t band = 0; band < LQ_EQ_BANDS; band++) {
    const int32_t route = lq_eq_band_route (&u->designed.band[band], u->stream.channels);
    double power[BINS], *to = route == LQ_ROUTE_STEREO ? both : power;
    for (uint32_t i = 0; i < n && to == power; i++)
      power[i] = 1.0;
    for (uint32_t k = d->first[band]; k < d->first[band + 1]; k++)
      multiply_power (&d->section[k], u->sine2 + d->bin, to, n);
    for (uint32_t i = 0; i < n && to == power; i++)
      power[i] = sqrt (power[i]);
    if (to == power)
      multiply_matrix (m, power, route, n);
  }
  for (uint32_t i = 0; i < n; i++)
    both[i] = sqrt (both[i]);
}

/* The next bins of the target. */
static void
design_bins (struct lq_eq_linear *u, double *budget)
{
  const struct lq_linear_target to = lq_linear_target (&u->linear);
  struct lq_eq_design *d = &u->design;
  const uint32_t left = u->linear.taps + 1 - d->bin, n = left < BINS ? left : BINS;
  double both[BINS];
  struct matrix m;

  multiply_bands (u, both, &m, n);
  for (uint32_t i = 0; i < n; i++)
    to.half_sum[d->bin + i] = (float)(both[i] * (m.ll[i] + m.rr[i]) * 0.5);
  for (uint32_t i = 0; i < n && d->kind == LQ_LINEAR_MATRIX; i++) {
    to.half_turn[d->bin + i] = (float)(both[i] * (m.rl[i] - m.lr[i]) * 0.5);
    to.half_split[d->bin + i] = (float)(both[i] * (m.ll[i] - m.rr[i]) * 0.5);
    to.half_cross[d->bin + i] = (float)(both[i] * (m.rl[i] + m.lr[i]) * 0.5);
  }
  *budget -= n * (COST_BIN * d->first[LQ_EQ_BANDS] +
                     (d->kind == LQ_LINEAR_MATRIX ? 8.0 * COST_MATRIX : COST_MATRIX));
  d->bin += n;
  if (d->bin > u->linear.taps)
    d->stage = FILTER;
}

/* As much of the design as the budget allows. True: it is done. */
static bool
design (struct lq_eq_linear *u, double budget)
{
  while (budget > 0.0) {
    if (u->design.stage == SECTIONS)
      design_band (u, &budget);
    else if (u->design.stage == MAGNITUDES)
      design_bins (u, &budget);
    else if (lq_linear_step (&u->linear, &budget))
      break;
    else
      return false;
  }
  u->design.active = u->design.stage != FILTER || budget <= 0.0;
  return !u->design.active;
}

void
lq_eq_linear_reset (struct lq_eq_linear *u)
{
  u->z.phase = 0;
  u->z.awake = u->ahead.late;
  lq_lookahead_reset (&u->ahead);
  if (u->design.active || !is_designed (u)) {
    begin (u);
    while (!design (u, 1e9))
      ;
  }
  lq_linear_reset (&u->linear);
}

/* At a grid point. */
static void
lq_eq_linear_hop (struct lq_eq_linear *u)
{
  if (u->ahead.late && !u->z.awake) {
    lq_linear_wake (&u->linear);
    u->z.awake = true;
  }
  if (!u->z.awake)
    return;
  if (!u->design.active && !lq_linear_busy (&u->linear) && !is_designed (u))
    begin (u);
  if (u->design.active && design (u, u->budget))
    lq_linear_swap (&u->linear);
  lq_linear_hop (&u->linear);
}

/* n frames within a hop. */
static void
run (struct lq_eq_linear *u, float *const *ch, uint32_t n)
{
  const bool dry = !u->z.awake || lq_linear_dry (&u->linear);
  float late[2][LQ_HOP];
  const float *const at[2] = { late[0], late[1] };

  for (uint32_t c = 0; c < u->stream.channels; c++) {
    lq_lookahead_write (&u->ahead, c, ch[c], n);
    if (dry)
      lq_lookahead_read (&u->ahead, c, late[c], n);
    if (dry && !u->z.awake)
      memcpy (ch[c], late[c], n * sizeof (float));
  }
  if (u->z.awake)
    lq_linear_process (&u->linear, (const float *const *)ch, at, ch, u->z.phase, n);
  lq_lookahead_advance (&u->ahead, n);
}

void
lq_eq_linear_process (struct lq_eq_linear *u, float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    float *const at[2] = { ch[0] + done, ch[u->stream.channels - 1] + done };
    if (u->z.phase == 0)
      lq_eq_linear_hop (u);
    n = lq_hop_left (u->z.phase, frames - done);
    if (u->ahead.late)
      run (u, at, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}

void
lq_eq_linear_dry (struct lq_eq_linear *u, uint32_t c, const float *x, float *late, uint32_t n)
{
  memcpy (late, x, n * sizeof *x);
  lq_lookahead_write (&u->ahead, c, x, n);
  lq_lookahead_read (&u->ahead, c, late, n);
}

bool
lq_eq_linear_neutral (const struct lq_eq_linear *u)
{
  return !u->ahead.late;
}

double
lq_eq_linear_tail (const struct lq_eq_linear *u)
{
  return lq_linear_idle (&u->linear) && is_designed (u) ? 0.0 : u->linear.taps / 2.0;
}
