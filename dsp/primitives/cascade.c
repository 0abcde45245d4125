/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: filter sections in series.
 *
 *   planes, two at a time ─→ double, interleaved ─→ section 0 ─→ … ─→ section n − 1 ─→ planes
 *
 *   then those with a route: left ─→ … ─→ \ mid and side ─→ … ─→ \ …     \ = (l ± r)/2, or back
 *                            right ─→ … ─→ /
 *
 * Neighbours at rest run in one call of the kernel `biquads`; a section that moves runs alone,
 * hop by hop, at its place in the order, which is the same at rest: what a section hears never
 * jumps. Sections that sleep are left out. Left and right, or mid and side, don't meet, so that
 * those of a stretch on one of the two are neighbours.
 * z: phase counts frames on the grid; the sections hold the rest. */

#include "cascade.h"

#include "../base/mathx.h"
#include "../base/param.h"

#include <string.h>

/* −96 dB and something for sums, in nepers of the slowest section's decay; of the decay of each
 * other section; and frames before its decay, of each. */
#define TAIL_NEPERS 14.0
#define TAIL_TOGETHER 3.0
#define TAIL_FRAMES 4.0

/* Sections that fade together: how much longer each takes than the one before. The product of
 * fades alike would be steeper than each; the last are the most resonant. */
#define STAGGER 0.4

static bool
prepare_run (struct lq_cascade_run *run, uint32_t n, lq_arena *arena)
{
  run->taps = lq_arena_alloc (arena, 2 * (size_t)n * sizeof *run->taps);
  run->state = lq_arena_alloc (arena, 2 * (size_t)n * sizeof *run->state);
  run->owner = lq_arena_alloc (arena, 2 * (size_t)n * sizeof *run->owner);
  return run->taps && run->state && run->owner;
}

bool
lq_cascade_prepare_parts (
    lq_cascade *u, const lq_stream *stream, lq_arena *arena, uint32_t n, uint32_t parts)
{
  const uint32_t least = n ? n : 1;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->n = n;
  u->section = lq_arena_alloc (arena, least * sizeof *u->section);
  if (!u->section || !prepare_run (&u->run, least, arena) ||
      !prepare_run (&u->some[0], least, arena) || !prepare_run (&u->some[1], least, arena))
    return false;
  for (uint32_t i = 0; i < n; i++)
    if (!lq_section_prepare (
            &u->section[i], stream, arena, false, (1.0 + STAGGER * (i % parts)) * LQ_RAMP_MS))
      return false;
  lq_cascade_reset (u);
  return true;
}

bool
lq_cascade_prepare (lq_cascade *u, const lq_stream *stream, lq_arena *arena, uint32_t n)
{
  return lq_cascade_prepare_parts (u, stream, arena, n, 1);
}

/* The next section in use from i on, or LQ_CASCADE_SECTIONS. */
static inline uint32_t
next_used (const lq_cascade *u, uint32_t i)
{
  const uint64_t left = i < LQ_CASCADE_SECTIONS ? u->used >> i : 0;

  return left ? i + (uint32_t)__builtin_ctzll (left) : LQ_CASCADE_SECTIONS;
}

#define EACH_USED(i)                                                                           \
  uint32_t i = next_used (u, 0);                                                               \
  i < LQ_CASCADE_SECTIONS;                                                                     \
  i = next_used (u, i + 1)

void
lq_cascade_set (lq_cascade *u, uint32_t i, const struct lq_biquad_spec *spec, bool on)
{
  const uint64_t bit = UINT64_C (1) << i;

  if (!on && !(u->used & bit))
    return;
  u->used |= bit;
  lq_section_set (&u->section[i], spec, on);
  u->calm = u->calm && lq_section_calm (&u->section[i]);
}

void
lq_cascade_route (lq_cascade *u, uint32_t i, int32_t route)
{
  lq_section_set_route (&u->section[i], route);
  if (u->used >> i & 1)
    u->calm = u->calm && lq_section_calm (&u->section[i]);
}

static inline bool
on_both (const lq_section *s)
{
  return s->z.route == LQ_ROUTE_STEREO;
}

static void
add (struct lq_cascade_run *run, const lq_biquad *b, uint32_t owner, uint32_t state)
{
  run->taps[run->n] = lq_biquad_to_taps (b);
  run->owner[run->n] = (uint8_t)owner;
  run->state[run->n++] = state;
}

/* Lists the biquads of a resting section. */
static void
list_one (const lq_cascade *u, uint32_t i, struct lq_cascade_run *run)
{
  const struct lq_biquad_pair *at = &u->section[i].z.node[u->section[i].z.parts].at;

  add (run, &at->main, i, 0);
  if (at->aided)
    add (run, &at->aid, i, LQ_BIQUAD_STATE);
}

static void
check_calm (lq_cascade *u)
{
  u->calm = true;
  u->routed = false;
  u->run.n = 0;
  for (EACH_USED (i)) {
    const lq_section *s = &u->section[i];
    u->calm = u->calm && lq_section_calm (s);
    u->routed = u->routed || (s->z.mode != LQ_SECTION_ASLEEP && !on_both (s));
    if (!s->on && !s->fresh && s->z.mode == LQ_SECTION_ASLEEP)
      u->used &= ~(UINT64_C (1) << i);
  }
  for (EACH_USED (i))
    if (u->calm && u->section[i].z.mode == LQ_SECTION_RESTING && on_both (&u->section[i]))
      list_one (u, i, &u->run);
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
  return u->calm && u->run.n == 0 && !u->routed;
}

uint32_t
lq_cascade_tail (const lq_cascade *u)
{
  double slowest = 0.0, sum = 0.0, frames = 0.0, nepers = TAIL_NEPERS;

  for (EACH_USED (i)) {
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

/* What has been listed runs. */
static void
flush (lq_cascade *u, uint32_t which, uint32_t pair, uint32_t channels, double *x, uint32_t n)
{
  run_kernel (u, &u->some[which], pair, channels, x, n);
  u->some[which].n = 0;
}

/* Within one hop: sections on both channels, the moving ones in their places. */
static void
run_moving (lq_cascade *u, uint32_t pair, uint32_t channels, double *x, uint32_t n)
{
  u->some[0].n = 0;
  for (EACH_USED (i)) {
    if (!on_both (&u->section[i]))
      continue;
    if (u->section[i].z.mode == LQ_SECTION_RESTING)
      list_one (u, i, &u->some[0]);
    if (u->section[i].z.mode != LQ_SECTION_MOVING)
      continue;
    flush (u, 0, pair, channels, x, n);
    lq_section_move (&u->section[i], pair, channels, x, u->z.phase, n);
  }
  flush (u, 0, pair, channels, x, n);
}

static void
to_sides (double *restrict a, double *restrict b, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    const double mid = (a[i] + b[i]) * 0.5, side = (a[i] - b[i]) * 0.5;
    a[i] = mid;
    b[i] = side;
  }
}

static void
from_sides (double *restrict a, double *restrict b, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    const double left = a[i] + b[i], right = a[i] - b[i];
    a[i] = left;
    b[i] = right;
  }
}

/* Sections on one channel, or on mid or side, of the first pair; within a hop where any moves. */
static void
run_routed (lq_cascade *u, double *const x[2], uint32_t n)
{
  bool sides = false;

  u->some[0].n = u->some[1].n = 0;
  for (EACH_USED (i)) {
    lq_section *s = &u->section[i];
    const bool wants_sides = s->z.route == LQ_ROUTE_MID || s->z.route == LQ_ROUTE_SIDE;
    const uint32_t k = s->z.route == LQ_ROUTE_RIGHT || s->z.route == LQ_ROUTE_SIDE;
    if (on_both (s) || s->z.mode == LQ_SECTION_ASLEEP)
      continue;
    if (wants_sides != sides) {
      flush (u, 0, 0, 1, x[0], n);
      flush (u, 1, 0, 1, x[1], n);
      (wants_sides ? to_sides : from_sides) (x[0], x[1], n);
      sides = wants_sides;
    }
    if (s->z.mode == LQ_SECTION_RESTING) {
      list_one (u, i, &u->some[k]);
    } else {
      flush (u, k, 0, 1, x[k], n);
      lq_section_move (s, 0, 1, x[k], u->z.phase, n);
    }
  }
  flush (u, 0, 0, 1, x[0], n);
  flush (u, 1, 0, 1, x[1], n);
  if (sides)
    from_sides (x[0], x[1], n);
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

/* The same by way of two planes of doubles and the sections that act on these. */
static void
store_routed (
    lq_cascade *u, const double *restrict x, float *restrict a, float *restrict b, uint32_t n)
{
  double planes[2][LQ_BLOCK] __attribute__ ((aligned (LQ_ALIGN)));
  double *const at[2] = { planes[0], planes[1] };

  for (uint32_t i = 0; i < n; i++) {
    planes[0][i] = x[2 * i];
    planes[1][i] = x[2 * i + 1];
  }
  run_routed (u, at, n);
  for (uint32_t i = 0; i < n; i++) {
    a[i] = (float)planes[0][i];
    b[i] = (float)planes[1][i];
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
  if (channels == 2 && pair == 0 && u->routed)
    store_routed (u, x, a, b, n);
  else if (channels == 2)
    store (x, a, b, n);
  else
    for (uint32_t i = 0; i < n; i++)
      a[i] = (float)x[i];
}

static void
lq_cascade_hop (lq_cascade *u)
{
  for (EACH_USED (i))
    if (!lq_section_calm (&u->section[i]))
      lq_section_hop (&u->section[i]);
  check_calm (u);
}

/* Whether anything changes what passes. */
static bool
lq_cascade_heard (const lq_cascade *u)
{
  if (u->calm)
    return u->run.n > 0 || u->routed;
  for (EACH_USED (i))
    if (u->section[i].z.mode != LQ_SECTION_ASLEEP)
      return true;
  return false;
}

void
lq_cascade_process (lq_cascade *u, float *const *ch, uint32_t frames)
{
  const uint32_t channels = u->stream.channels;

  for (uint32_t done = 0, n; done < frames; done += n) {
    bool heard;
    if (u->z.phase == 0 && !u->calm)
      lq_cascade_hop (u);
    n = frames - done < LQ_BLOCK ? frames - done : LQ_BLOCK;
    if (!u->calm)
      n = lq_hop_left (u->z.phase, n);
    heard = lq_cascade_heard (u);
    for (uint32_t c = 0; c < channels && heard; c += 2) {
      float *a = ch[c] + done, *b = c + 1 < channels ? ch[c + 1] + done : NULL;
      const bool routed = u->routed && c == 0;
      if (u->calm && u->run.n <= LQ_BIQUADS_PASS && !routed)
        run_calm (u, c / 2, a, b, n);
      else
        lq_cascade_pair (u, c / 2, a, b, b ? 2 : 1, n);
    }
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
