/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: rounding of peaks by what is taken away from them.
 * Source:  curve: beyond the knee k the excess e = u − clip (u, k) becomes w·f (e/w), with f the
 *          root of kernels/curve.c and w the width of the rounding; taken away is the difference.
 *
 *   x ─┬─→ delay ─────────────────────────────────────────────────── + ─→ y
 *      └─→ / level ─→ to the fast rate ─→ w·f (e/w) − e ─→ back ─→ · level
 *
 * z: as in the header. */

#include "soften.h"

#include <string.h>

#define HARD_KNEE 1.0f

/* Blocks to work in. */
#define WORKS 4

/* What the way down remembers at the most, frames, and room. */
#define MEMORY (2 * LQ_OVERSAMPLE_HISTORY)

static uint32_t
factor_of (double rate)
{
  return rate < 88200.0 ? 4 : rate < 176400.0 ? 2 : 1;
}

bool
lq_soften_prepare (lq_soften *u, const lq_stream *stream, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->channels = stream->channels;
  u->work = lq_arena_alloc (arena, WORKS * LQ_SOFTEN_BLOCK * sizeof *u->work);
  u->z.quiet = lq_arena_alloc (arena, u->channels * sizeof *u->z.quiet);
  if (!u->work || !u->z.quiet ||
      !lq_oversample_prepare (&u->over, stream, factor_of (stream->rate), 0, arena) ||
      !lq_line_prepare (&u->line, u->channels, u->over.latency, arena) ||
      !lq_line_prepare (&u->levels, 1, u->over.latency, arena))
    return false;
  lq_soften_reset (u);
  return true;
}

void
lq_soften_reset (lq_soften *u)
{
  u->z.awake = false;
  u->z.wait = 0;
  lq_line_reset (&u->line);
}

/* From silence. */
static void
wake (lq_soften *u)
{
  u->z.awake = true;
  u->z.wait = u->line.z.valid ? (u->over.latency + MEMORY + LQ_HOP - 1) / LQ_HOP * LQ_HOP : 0;
  for (uint32_t c = 0; c < u->channels; c++)
    u->z.quiet[c] = MEMORY;
  lq_oversample_reset (&u->over);
  lq_line_reset (&u->levels);
}

/* Adds what one curve takes away of a plane, by its shares. */
static void
take (const lq_soften *u, float knee, float width, const float *share, const float *x,
    float *to, uint32_t n)
{
  const struct lq_curve_shape shape = { LQ_CURVE_ROOT, 1.0f / width, 0.0f, 0.0f, width };
  float *restrict e = u->work, *restrict y = u->work + LQ_SOFTEN_BLOCK;

  for (uint32_t i = 0; i < n; i++) {
    const float top = x[i] > knee ? knee : x[i];
    e[i] = x[i] - (top < -knee ? -knee : top);
  }
  u->kernels->curve (&shape, e, y, n);
  for (uint32_t i = 0; i < n; i++)
    to[i] += share[i] * (y[i] - e[i]);
}

/* Whether any |x| passes the knee: by bits, whose order is that of magnitudes. */
static bool
passes (const float *x, float knee, uint32_t n)
{
  int32_t bits[LQ_SOFTEN_BLOCK], most = 0, limit;

  memcpy (bits, x, n * sizeof *bits);
  memcpy (&limit, &knee, sizeof limit);
  for (uint32_t i = 0; i < n; i++) {
    const int32_t magnitude = bits[i] & INT32_MAX;
    most = magnitude > most ? magnitude : most;
  }
  return most > limit;
}

/* The shaped planes; false: all of them are 0. */
static bool
shape (lq_soften *u, uint32_t c, const struct lq_soften_how *how, uint32_t n)
{
  const float knee = how->softens ? LQ_SOFTEN_SOFT_KNEE : HARD_KNEE;
  bool any = false;

  for (uint32_t m = 0; m < u->over.factor; m++) {
    const float *x = lq_oversample_fast (&u->over, c, m);
    float *to = lq_oversample_shaped (&u->over, c, m);
    memset (to, 0, n * sizeof *to);
    if (u->z.wait || !passes (x, knee, n))
      continue;
    any = true;
    if (how->softens)
      take (u, LQ_SOFTEN_SOFT_KNEE, 1.0f - LQ_SOFTEN_SOFT_KNEE, how->soft, x, to, n);
    if (how->hardens)
      take (u, HARD_KNEE, LQ_SOFTEN_HARD_END - HARD_KNEE, how->hard, x, to, n);
  }
  return any;
}

/* What is to be added to n frames of channel c, that come as x; `late` scales it back. */
static void
differ (lq_soften *u, uint32_t c, const struct lq_soften_how *how, const float *x, float *y,
    const float *late, uint32_t n)
{
  float *in = lq_oversample_in (&u->over, c), *difference = u->work;
  bool any;

  for (uint32_t i = 0; i < n; i++)
    in[i] = x[i] / how->level[i];
  lq_oversample_up (&u->over, c, n);
  any = shape (u, c, how, n);
  if (!any && u->z.quiet[c] >= MEMORY) {
    lq_oversample_skip (&u->over, c, n);
    memset (difference, 0, n * sizeof *difference);
  } else {
    lq_oversample_down (&u->over, c, difference, n);
    u->z.quiet[c] = any ? 0 : u->z.quiet[c] + n;
  }
  for (uint32_t i = 0; i < n; i++)
    y[i] += difference[i] * late[i];
}

void
lq_soften_process (lq_soften *u, float *const *ch, uint32_t n, const struct lq_soften_how *how)
{
  float *delayed = u->work + 2 * LQ_SOFTEN_BLOCK, *late = u->work + 3 * LQ_SOFTEN_BLOCK;

  if (how && !u->z.awake)
    wake (u);
  u->z.awake = how != NULL;
  if (how) {
    lq_line_write (&u->levels, 0, how->level, n);
    lq_line_read (&u->levels, 0, u->over.latency, late, n);
    lq_line_advance (&u->levels, n);
  }
  for (uint32_t c = 0; c < u->channels; c++) {
    lq_line_write (&u->line, c, ch[c], n);
    if (how) {
      lq_line_read (&u->line, c, u->over.latency, delayed, n);
      differ (u, c, how, ch[c], delayed, late, n);
      memcpy (ch[c], delayed, n * sizeof *delayed);
    } else {
      lq_line_read (&u->line, c, u->over.latency, ch[c], n);
    }
  }
  lq_line_advance (&u->line, n);
  u->z.wait -= n < u->z.wait ? n : u->z.wait;
}
