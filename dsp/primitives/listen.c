/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what a unit lets one hear in place of the element's output.
 *
 *   unit's block ─→ planes ─┐
 *   element's output ───────┴─ × fade, × (1 − fade) ─→
 *
 * z: phase counts frames on the grid. */

#include "listen.h"

#include "../base/param.h"

#include "lqorc.h"

#include <string.h>

bool
lq_listen_prepare (lq_listen *u, const lq_stream *stream, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->channels = stream->channels;
  if (!lq_ramp_prepare (&u->solo, stream, arena, LQ_RAMP_MS))
    return false;
  u->planes = lq_arena_alloc (arena, stream->channels * LQ_BLOCK * sizeof (float));
  u->fade = lq_arena_alloc (arena, LQ_BLOCK * sizeof (float));
  return u->planes && u->fade;
}

void
lq_listen_set (lq_listen *u, bool on)
{
  lq_ramp_set (&u->solo, on ? 1.0 : 0.0);
  u->active = u->active || on;
}

void
lq_listen_reset (lq_listen *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->heard = 0;
  lq_ramp_jump (&u->solo);
  u->active = u->solo.target != 0.0;
  /* Nothing was processed yet that could be mixed in. */
  memset (u->planes, 0, u->channels * LQ_BLOCK * sizeof *u->planes);
  memset (u->fade, 0, LQ_BLOCK * sizeof *u->fade);
}

uint32_t
lq_listen_process (lq_listen *u, uint32_t frames)
{
  uint32_t at = 0;

  for (uint32_t n; at < frames && u->active; at += n) {
    if (u->z.phase == 0 && lq_ramp_absent (&u->solo)) {
      u->active = false;
      break;
    }
    if (u->z.phase == 0)
      lq_ramp_hop (&u->solo);
    n = lq_hop_left (u->z.phase, frames - at);
    lq_ramp_fill (&u->solo, u->fade + at, u->z.phase, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
  u->z.phase = (u->z.phase + frames - at) % LQ_HOP;
  u->heard = at;
  return at;
}

void
lq_listen_mix (
    const lq_listen *u, float *const *ch, uint32_t planes, uint32_t first, uint32_t frames)
{
  const uint32_t last = u->channels - 1, left = u->heard > first ? u->heard - first : 0;
  const uint32_t n = frames < left ? frames : left;

  for (uint32_t c = 0; n && c < planes; c++)
    lq_orc_crossfade (
        ch[c], lq_listen_plane (u, c < last ? c : last) + first, u->fade + first, (int)n);
}
