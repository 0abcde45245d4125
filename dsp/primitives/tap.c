/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the last frames of a signal, by number. */

#include "tap.h"

#include "lqorc.h"

#include <string.h>

bool
lq_tap_prepare (lq_tap *u, uint32_t channels, uint32_t lag, lq_arena *arena)
{
  u->channels = channels;
  u->size = (lag + 2 * LQ_BLOCK - 1) / LQ_BLOCK * LQ_BLOCK;
  u->ring = lq_arena_alloc (arena, (size_t)channels * u->size * sizeof *u->ring);
  return u->ring != NULL;
}

/* Frames from `place` on that lie together. */
static uint32_t
together (const lq_tap *u, uint32_t place, uint32_t frames)
{
  return u->size - place < frames ? u->size - place : frames;
}

void
lq_tap_write (lq_tap *u, uint64_t at, float *const *ch, uint32_t frames)
{
  const uint32_t place = (uint32_t)(at % u->size), first = together (u, place, frames);

  for (uint32_t c = 0; c < u->channels; c++) {
    float *ring = u->ring + (size_t)c * u->size;
    if (ch) {
      memcpy (ring + place, ch[c], first * sizeof *ring);
      memcpy (ring, ch[c] + first, (frames - first) * sizeof *ring);
    } else {
      memset (ring + place, 0, first * sizeof *ring);
      memset (ring, 0, (frames - first) * sizeof *ring);
    }
  }
}

void
lq_tap_add (const lq_tap *u, uint32_t c, uint64_t at, float gain, float *out, uint32_t frames)
{
  const uint32_t place = (uint32_t)(at % u->size), first = together (u, place, frames);
  float *ring = u->ring + (size_t)c * u->size;

  lq_orc_mix (out, ring + place, gain, (int)first);
  lq_orc_mix (out + first, ring, gain, (int)(frames - first));
}
