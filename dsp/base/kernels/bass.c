/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what lies below a pole, taken from the sum and the difference of two channels. A step of
 *          frames goes at once, as in groove.c: a sum over answers to an impulse, which stand behind
 *          zeros so that each frame reads them from its own place, and what was before by its decay.
 *
 * A lane depends on no later frame: where a call ends within a step, the step is done again, with more
 * of its frames, by the next call. So the cut doesn't show. */

#include "groove-lanes.h"

#define STEP LQ_BASS_STEP
#define PER_STEP (STEP / LANES)

/* Frames that are middle and side at a time. */
#define CHUNK (8 * STEP)

/* What goes from step to step. */
struct carry {
  double z;
  float last;
};

/* Frame m, known to the compiler, of a step. */
INLINE void
frame (const struct lq_bass_taps *t, const float *x, wide low[PER_STEP], const int m)
{
  for (int v = 0; v < PER_STEP; v++)
    if ((v + 1) * LANES > m)
      low[v] = plus (low[v], x[m], load (t->low + STEP - m + v * LANES));
}

/* A step, in place. */
INLINE struct carry
low_passed (const struct lq_bass_taps *t, struct carry before, float *x)
{
  struct carry after = { 0.0, x[STEP - 1] };
  wide low[PER_STEP] = { { 0 } };
  float sum;

  frame (t, x, low, 0), frame (t, x, low, 1), frame (t, x, low, 2), frame (t, x, low, 3);
  frame (t, x, low, 4), frame (t, x, low, 5), frame (t, x, low, 6), frame (t, x, low, 7);
  sum = low[PER_STEP - 1][LANES - 1];
  for (int v = 0; v < PER_STEP; v++)
    store (x + v * LANES, plus (low[v], (float)before.z, load (t->decay + v * LANES)));
  after.z = t->step * before.z + (t->p * sum + t->before * after.last);
  return after;
}

/* Whole steps, a chunk at the most; all: every bit of the side's, and none of the middle's. */
INLINE void
steps (const struct lq_bass_taps t[2], struct carry z[2], float *l, float *r,
    const float *by_mid, const float *by_side, uint32_t n, const bool all)
{
  float mid[CHUNK], side[CHUNK];

  for (uint32_t i = 0; i < n; i += LANES) {
    const wide a = load (l + i), b = load (r + i);
    store (mid + i, 0.5f * (a + b));
    store (side + i, 0.5f * (a - b));
  }
  for (uint32_t i = 0; i < n; i += STEP) {
    if (!all)
      z[0] = low_passed (&t[0], z[0], mid + i);
    z[1] = low_passed (&t[1], z[1], side + i);
  }
  for (uint32_t i = 0; i < n; i += LANES) {
    const wide b = all ? load (side + i) : load (by_side + i) * load (side + i);
    const wide a = all ? (wide){ 0 } : load (by_mid + i) * load (mid + i);
    const wide left = load (l + i) - (a + b), right = load (r + i) - (a - b);
    store (l + i, left);
    store (r + i, right);
  }
}

INLINE void
fetch (const struct lq_bass_state *state, struct carry z[2])
{
  for (int c = 0; c < 2; c++)
    z[c] = (struct carry){ state->z[c], state->last[c] };
}

INLINE void
keep (struct lq_bass_state *state, const struct carry z[2])
{
  for (int c = 0; c < 2; c++) {
    state->z[c] = z[c].z;
    state->last[c] = z[c].last;
  }
}

/* Frames that share a step with others before them, or have none to fill it. */
INLINE void
few (const struct lq_bass_taps t[2], struct lq_bass_state *state, float *const ch[2],
    const float *by_mid, const float *by_side, uint32_t phase, uint32_t n, const bool all)
{
  float x[2][STEP] = { { 0 } }, by[2][STEP] = { { 0 } };
  struct carry z[2];

  for (uint32_t c = 0; c < 2; c++) {
    memcpy (state->x[c] + phase, ch[c], n * sizeof *ch[c]);
    memcpy (x[c], state->x[c], (phase + n) * sizeof *x[c]);
  }
  if (!all) {
    memcpy (by[0] + phase, by_mid, n * sizeof *by_mid);
    memcpy (by[1] + phase, by_side, n * sizeof *by_side);
  }
  fetch (state, z);
  steps (t, z, x[0], x[1], by[0], by[1], STEP, all);
  for (uint32_t c = 0; c < 2; c++)
    memcpy (ch[c], x[c] + phase, n * sizeof *ch[c]);
  if (phase + n == STEP)
    keep (state, z);
}

INLINE void
run (const struct lq_bass_taps t[2], struct lq_bass_state *state, float *const ch[2],
    const float *by_mid, const float *by_side, uint32_t phase, uint32_t n, const bool all)
{
  uint32_t i = (STEP - phase) % STEP, now;
  struct carry z[2];

  i = i < n ? i : n;
  if (i)
    few (t, state, ch, by_mid, by_side, phase, i, all);
  fetch (state, z);
  for (; i + STEP <= n; i += now) {
    now = n - i < CHUNK ? (n - i) / STEP * STEP : CHUNK;
    steps (t, z, ch[0] + i, ch[1] + i, by_mid + i, by_side + i, now, all);
  }
  keep (state, z);
  if (i < n)
    few (t, state, (float *const[2]){ ch[0] + i, ch[1] + i }, by_mid + i, by_side + i, 0, n - i,
        all);
}

void
LQ_KERNEL (bass) (const struct lq_bass_taps *mid, const struct lq_bass_taps *side,
    struct lq_bass_state *state, float *const ch[2], const float *by_mid, const float *by_side,
    uint32_t phase, uint32_t n)
{
  const struct lq_bass_taps own[2] = { by_mid ? *mid : *side,
    *side }; /* nothing written is these */

  if (by_mid)
    run (own, state, ch, by_mid, by_side, phase, n, false);
  else
    run (own, state, ch, ch[0], ch[1], phase, n, true);
}
