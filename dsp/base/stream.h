/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What every unit is told about the stream it works on, and the two block lengths that the
 * whole core agrees on. Layer: base. */

#ifndef LQ_STREAM_H
#define LQ_STREAM_H

#include <stdbool.h>
#include <stdint.h>

/* Most channels of a stream. */
#define LQ_CHANNELS_MAX 64

/* Control sub-block, frames: parameters move and automation is read on a grid of this many
 * frames, counted from the last reset, never from where a buffer happens to begin. */
#define LQ_HOP 64

/* Longest block a unit is asked to process at once, frames: 16 hops, so that a stereo block and
 * its scratch stay in the L1 cache. A shorter block may have any length from 0. */
#define LQ_BLOCK 1024

/* Where a channel's loudspeaker stands, as far as metering and panning care. */
enum lq_position {
  LQ_POS_NONE, /* unpositioned: counts fully, is never panned */
  LQ_POS_LEFT,
  LQ_POS_RIGHT,
  LQ_POS_CENTER,
  LQ_POS_MONO,
  LQ_POS_LFE,
  LQ_POS_SIDE,  /* 60° ≤ |azimuth| ≤ 120°, at ear height */
  LQ_POS_REAR,  /* behind that, at ear height; beside no SIDE channel it stands for one */
  LQ_POS_OTHER, /* every height, top, bottom and centre-surround channel */
  LQ_POS_WIDE /* 60° ≤ |azimuth| ≤ 120° too, but in front of SIDE channels or without them */
};

typedef struct lq_stream {
  double rate;       /* frames a second, 8000 to 384000 */
  uint32_t channels; /* planes that carry input, 1 to LQ_CHANNELS_MAX */
  uint32_t
      out_channels; /* planes that carry output: = channels, or 2 where mono becomes stereo */
  uint8_t position[LQ_CHANNELS_MAX]; /* enum lq_position of each input channel */
} lq_stream;

/* Left and right: the first channels of `channels` positioned so, else those of two. False: there is
 * no such pair. [any] */
bool lq_stream_pair (
    const uint8_t *position, uint32_t channels, uint32_t *left, uint32_t *right);

/* Frames from `phase` (frames since the last grid point) to the next grid point, at most n. [any] */
static inline uint32_t
lq_hop_left (uint32_t phase, uint32_t n)
{
  uint32_t left = LQ_HOP - phase;
  return n < left ? n : left;
}

#endif
