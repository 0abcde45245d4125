/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the delay of a unit that is late while on. */

#include "lookahead.h"

#include <string.h>

bool
lq_lookahead_prepare (
    lq_lookahead *u, uint32_t channels, uint32_t frames, bool on, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->channels = channels;
  u->frames = frames;
  u->late = on;
  return lq_line_prepare (&u->line, channels, frames, arena);
}

void
lq_lookahead_reset (lq_lookahead *u)
{
  lq_line_reset (&u->line);
  u->waiting = 0;
}

void
lq_lookahead_need (lq_lookahead *u)
{
  if (u->late)
    return;
  u->late = true;
  u->grown += u->frames;
  u->waiting = u->frames;
}

uint32_t
lq_lookahead_grow (lq_lookahead *u)
{
  const uint32_t grown = u->grown;

  u->grown = 0;
  return grown;
}

void
lq_lookahead_advance (lq_lookahead *u, uint32_t n)
{
  u->waiting -= n < u->waiting ? n : u->waiting;
  if (u->late)
    lq_line_advance (&u->line, n);
}

void
lq_lookahead_process (lq_lookahead *u, float *const *ch, uint32_t n)
{
  for (uint32_t c = 0; c < u->channels && lq_lookahead_latency (u); c++) {
    lq_lookahead_write (u, c, ch[c], n);
    lq_lookahead_read (u, c, ch[c], n);
  }
  lq_lookahead_advance (u, n);
}
