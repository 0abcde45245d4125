/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: filter sections in series.
 *
 *   planes, two at a time ─→ double, interleaved ─→ section 0 ─→ … ─→ section n − 1 ─→ planes
 *
 * Neighbours at rest run in one call of the kernel `biquads`; a section that moves runs alone,
 * hop by hop, at its place in the order. Sections that sleep are left out.
 * z: phase counts frames on the grid; the sections hold the rest. */

#include "cascade.h"

#include "../base/mathx.h"

#include <string.h>

/* −96 dB and something for sums, in nepers of the slowest section's decay; of the decay of each
 * other section; and frames before its decay, of each. */
#define TAIL_NEPERS 14.0
#define TAIL_TOGETHER 3.0
#define TAIL_FRAMES 4.0

bool
lq_cascade_prepare (lq_cascade *u, const lq_stream *stream, lq_arena *arena, uint32_t n)
{
  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->n = n;
  u->section = lq_arena_alloc (arena, (n ? n : 1) * sizeof *u->section);
  if (!u->section)
    return false;
  for (uint32_t i = 0; i < n; i++)
    if (!lq_section_prepare (&u->section[i], stream, arena, false))
      return false;
  lq_cascade_reset (u);
  return true;
}

void
lq_cascade_set (lq_cascade *u, uint32_t i, const struct lq_biquad_spec *spec, bool on)
{
  lq_section_set (&u->section[i], spec, on);
  u->calm = u->calm && lq_section_calm (&u->section[i]);
}

static void
add (struct lq_cascade_run *run, const lq_biquad *b, uint32_t owner, uint32_t state)
{
  run->taps[run->n] = lq_biquad_to_taps (b);
  run->owner[run->n] = (uint8_t)owner;
  run->state[run->n++] = state;
}

/* Lists the biquads of resting sections first … end − 1. */
static void
list (const lq_cascade *u, uint32_t first, uint32_t end, struct lq_cascade_run *run)
{
  run->n = 0;
  for (uint32_t i = first; i < end; i++) {
    const lq_section *s = &u->section[i];
    const struct lq_biquad_pair *at = &s->z.node[s->z.parts].at;
    if (s->z.mode != LQ_SECTION_RESTING)
      continue;
    add (run, &at->main, i, 0);
    if (at->aided)
      add (run, &at->aid, i, LQ_BIQUAD_STATE);
  }
}

static void
check_calm (lq_cascade *u)
{
  u->calm = true;
  for (uint32_t i = 0; i < u->n; i++)
    u->calm = u->calm && lq_section_calm (&u->section[i]);
  if (u->calm)
    list (u, 0, u->n, &u->run);
}

void
lq_cascade_reset (lq_cascade *u)
{
  memset (&u->z, 0, sizeof u->z);
  for (uint32_t i = 0; i < u->n; i++)
    lq_section_reset (&u->section[i]);
  check_calm (u);
}

bool
lq_cascade_neutral (const lq_cascade *u)
{
  return u->calm && u->run.n == 0;
}

uint32_t
lq_cascade_tail (const lq_cascade *u)
{
  double slowest = 0.0, sum = 0.0, frames = 0.0, nepers = TAIL_NEPERS;

  for (uint32_t i = 0; i < u->n; i++) {
    double gain_db, decay = lq_section_ring (&u->section[i], &gain_db);
    nepers += gain_db / 8.686;
    slowest = fmax (slowest, decay);
    sum += decay;
    frames += decay > 0.0 ? TAIL_FRAMES : 0.0;
  }
  return (uint32_t)ceil (fmin (
      nepers * slowest + TAIL_TOGETHER * (sum - slowest), LQ_TAIL_MAX_S * u->stream.rate));
}

static void
find_states (
    const lq_cascade *u, const struct lq_cascade_run *run, uint32_t pair, double **state)
{
  for (uint32_t i = 0; i < run->n; i++)
    state[i] = u->section[run->owner[i]].state + pair * LQ_SECTION_STATE + run->state[i];
}

static void
run_kernel (const lq_cascade *u, const struct lq_cascade_run *run, uint32_t pair,
    uint32_t channels, double *x, uint32_t n)
{
  double *state[2 * LQ_CASCADE_SECTIONS];

  find_states (u, run, pair, state);
  if (run->n)
    u->kernels->biquads (x, n, channels, run->taps, state, run->n);
}

/* Within one hop: moving sections in their places. */
static void
run_moving (lq_cascade *u, uint32_t pair, uint32_t channels, double *x, uint32_t n)
{
  struct lq_cascade_run run;
  uint32_t first = 0;

  for (uint32_t i = 0; i < u->n; i++) {
    if (u->section[i].z.mode != LQ_SECTION_MOVING)
      continue;
    list (u, first, i, &run);
    run_kernel (u, &run, pair, channels, x, n);
    lq_section_move (&u->section[i], pair, channels, x, u->z.phase, n);
    first = i + 1;
  }
  list (u, first, u->n, &run);
  run_kernel (u, &run, pair, channels, x, n);
}

static void
load (double *restrict x, const float *restrict a, const float *restrict b, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    x[2 * i] = a[i];
    x[2 * i + 1] = b[i];
  }
}

static void
store (const double *restrict x, float *restrict a, float *restrict b, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    a[i] = (float)x[2 * i];
    b[i] = (float)x[2 * i + 1];
  }
}

/* Everything at rest, and few enough for one pass: without a detour through doubles. */
static void
run_calm (const lq_cascade *u, uint32_t pair, float *a, float *b, uint32_t n)
{
  double *state[2 * LQ_CASCADE_SECTIONS];

  find_states (u, &u->run, pair, state);
  u->kernels->biquads_planar (a, b, n, u->run.taps, state, u->run.n);
}

static void
lq_cascade_pair (
    lq_cascade *u, uint32_t pair, float *a, float *b, uint32_t channels, uint32_t n)
{
  double x[2 * LQ_BLOCK] __attribute__ ((aligned (LQ_ALIGN)));

  if (channels == 2)
    load (x, a, b, n);
  else
    for (uint32_t i = 0; i < n; i++)
      x[i] = a[i];
  if (u->calm)
    run_kernel (u, &u->run, pair, channels, x, n);
  else
    run_moving (u, pair, channels, x, n);
  if (channels == 2)
    store (x, a, b, n);
  else
    for (uint32_t i = 0; i < n; i++)
      a[i] = (float)x[i];
}

static void
lq_cascade_hop (lq_cascade *u)
{
  for (uint32_t i = 0; i < u->n; i++)
    if (!lq_section_calm (&u->section[i]))
      lq_section_hop (&u->section[i]);
  check_calm (u);
}

/* Whether anything changes what passes. */
static bool
lq_cascade_heard (const lq_cascade *u)
{
  for (uint32_t i = 0; i < u->n; i++)
    if (u->section[i].z.mode != LQ_SECTION_ASLEEP)
      return true;
  return false;
}

void
lq_cascade_process (lq_cascade *u, float *const *ch, uint32_t frames)
{
  const uint32_t channels = u->stream.channels;

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && !u->calm)
      lq_cascade_hop (u);
    n = frames - done < LQ_BLOCK ? frames - done : LQ_BLOCK;
    if (!u->calm)
      n = lq_hop_left (u->z.phase, n);
    for (uint32_t c = 0; c < channels && lq_cascade_heard (u); c += 2) {
      float *a = ch[c] + done, *b = c + 1 < channels ? ch[c + 1] + done : NULL;
      if (u->calm && u->run.n <= LQ_BIQUADS_PASS)
        run_calm (u, c / 2, a, b, n);
      else
        lq_cascade_pair (u, c / 2, a, b, b ? 2 : 1, n);
    }
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
