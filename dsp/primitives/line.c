/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: delay line.
 *
 *   x ─→ ring[at …] ─→ out = ring[at − lag …], silence where that is older than `valid` frames
 *
 * z: at is where the current block begins in each channel's ring; valid saturates at size. */

#include "line.h"

#include <string.h>

bool
lq_line_prepare (lq_line *line, uint32_t channels, uint32_t max_lag, lq_arena *arena)
{
  *line = (lq_line){ .size = max_lag + LQ_BLOCK };
  line->ring = lq_arena_alloc (arena, (size_t)channels * line->size * sizeof (float));
  return line->ring != NULL;
}

void
lq_line_reset (lq_line *line)
{
  memset (&line->z, 0, sizeof line->z);
}

static uint32_t
lq_line_wrap (const lq_line *line, uint32_t at)
{
  return at >= line->size ? at - line->size : at;
}

void
lq_line_write (lq_line *line, uint32_t c, const float *x, uint32_t n)
{
  float *ring = line->ring + (size_t)c * line->size;
  uint32_t left = line->size - line->z.at, first = n < left ? n : left;

  memcpy (ring + line->z.at, x, first * sizeof *x);
  if (first < n)
    memcpy (ring, x + first, (n - first) * sizeof *x);
}

void
lq_line_read (const lq_line *line, uint32_t c, uint32_t lag, float *out, uint32_t n)
{
  const float *ring = line->ring + (size_t)c * line->size;
  uint32_t silent = lag > line->z.valid ? lag - line->z.valid : 0;
  uint32_t at, left, first;

  silent = silent < n ? silent : n;
  if (silent)
    memset (out, 0, silent * sizeof *out);
  n -= silent;
  at = lq_line_wrap (line, line->z.at + line->size - lag + silent);
  left = line->size - at;
  first = n < left ? n : left;
  memcpy (out + silent, ring + at, first * sizeof *out);
  if (first < n)
    memcpy (out + silent + first, ring, (n - first) * sizeof *out);
}

float *
lq_line_place (const lq_line *line, uint32_t c, uint32_t lag, uint32_t *n)
{
  const uint32_t at = lq_line_wrap (line, line->z.at + line->size - lag);

  *n = line->size - at < *n ? line->size - at : *n;
  return line->ring + (size_t)c * line->size + at;
}

void
lq_line_clear (lq_line *line, uint32_t channels)
{
  lq_line_reset (line);
  memset (line->ring, 0, (size_t)channels * line->size * sizeof *line->ring);
}

void
lq_line_advance (lq_line *line, uint32_t n)
{
  line->z.at = lq_line_wrap (line, line->z.at + n);
  line->z.valid = line->z.valid + n < line->size ? line->z.valid + n : line->size;
}
