/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: delay lines without copies.
 *
 *   [0 … LQ_HOP … size) and behind it once more the first LQ_HOP frames, for steps that wrap
 *
 * z: at is where the current step begins; valid saturates at size. Until then what is older than a
 * line's first frame is either wholly silent, or reaches back into the LQ_HOP frames before the
 * wrap, which reset clears. */

#include "ring.h"

#include <string.h>

/* Lines that lie a multiple of 4 KiB apart get into each other's way in the cache. */
#define PAGE_FLOATS 1024u
#define APART_FLOATS 80u

const float lq_ring_silence[LQ_HOP];

bool
lq_ring_prepare (lq_ring *ring, uint32_t lines, uint32_t max_lag, lq_arena *arena)
{
  const uint32_t size = (max_lag > LQ_HOP ? max_lag : LQ_HOP) + LQ_HOP;
  const uint32_t least = size + 2 * LQ_HOP;

  *ring = (lq_ring){ .lines = lines, .size = size };
  ring->stride = (least + PAGE_FLOATS - 1) / PAGE_FLOATS * PAGE_FLOATS + APART_FLOATS;
  if (ring->stride - PAGE_FLOATS >= least)
    ring->stride -= PAGE_FLOATS;
  ring->memory = lq_arena_alloc (arena, (size_t)lines * ring->stride * sizeof (float));
  return ring->memory != NULL;
}

void
lq_ring_reset (lq_ring *ring)
{
  memset (&ring->z, 0, sizeof ring->z);
  for (uint32_t i = 0; i < ring->lines; i++)
    memset (ring->memory + (size_t)i * ring->stride + ring->size - LQ_HOP, 0,
        2 * LQ_HOP * sizeof (float));
}

void
lq_ring_repeat (lq_ring *ring, uint32_t line, uint32_t n)
{
  float *memory = ring->memory + (size_t)line * ring->stride;
  const uint32_t at = ring->z.at, end = at + n;

  if (end > ring->size)
    memcpy (memory, memory + ring->size, (end - ring->size) * sizeof (float));
  if (at < LQ_HOP)
    memcpy (memory + ring->size + at, memory + at,
        ((end < LQ_HOP ? end : LQ_HOP) - at) * sizeof (float));
}

void
lq_ring_advance (lq_ring *ring, uint32_t n)
{
  ring->z.at += n;
  if (ring->z.at >= ring->size)
    ring->z.at -= ring->size;
  ring->z.valid = ring->z.valid + n < ring->size ? ring->z.valid + n : ring->size;
}
