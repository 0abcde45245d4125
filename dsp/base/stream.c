/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stream.h"

/* The first channel at `at`, or channels where there is none. */
static uint32_t
find (const uint8_t *position, uint32_t channels, enum lq_position at)
{
  uint32_t c = 0;

  while (c < channels && position[c] != at)
    c++;
  return c;
}

bool
lq_stream_pair (const uint8_t *position, uint32_t channels, uint32_t *left, uint32_t *right)
{
  *left = find (position, channels, LQ_POS_LEFT);
  *right = find (position, channels, LQ_POS_RIGHT);
  if (*left < channels && *right < channels)
    return true;
  *left = 0;
  *right = 1;
  return channels == 2;
}
