/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of multiband dynamics share. Layer: processors. */

#ifndef LQ_MB_PRIVATE_H
#define LQ_MB_PRIVATE_H

#include "mb.h"

/* No past, at what is set: levels are silent, gains 0 dB, nothing moves. [rt] */
void lq_mb_forget (lq_mb *u);

/* At a grid point. [rt] */
void lq_mb_hop (lq_mb *u);

/* Frames that are processed at once. */
#define LQ_MB_CHUNK (4 * LQ_HOP)

/* Channel c of band b: the lane of its gain. */
static inline uint32_t
lq_mb_lane (const lq_mb *u, uint32_t b, uint32_t c)
{
  return u->z.split ? 2 * b + c : b;
}

#endif
