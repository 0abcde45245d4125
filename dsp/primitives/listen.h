/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a unit lets one hear in place of the whole element's output: a band, a detector's signal.
 * It is kept, block by block, beside the audio; after its last unit the chain mixes it in.
 * Nothing is computed while nobody listens. Layer: primitives.
 *
 * In process, before the planes are changed:
 *   n = lq_listen_process (&u->listen, frames);
 *   fill plane c, lq_listen_plane (&u->listen, c), with n frames, for each channel */

#ifndef LQ_LISTEN_H
#define LQ_LISTEN_H

#include "../base/ramp.h"

typedef struct lq_listen {
  uint32_t channels;
  lq_ramp solo;   /* from the element's output to what is heard, 0 … 1 */
  float *planes;  /* what is heard: channels × LQ_BLOCK */
  float *fade;    /* solo over the block */
  bool active;    /* any of it matters */
  uint32_t heard; /* frames of the block that do */
  struct {
    uint32_t phase; /* frames since the last grid point */
  } z;
} lq_listen;

/* Nobody listens. False: no memory. [setup] */
bool lq_listen_prepare (lq_listen *u, const lq_stream *stream, lq_arena *arena);
void lq_listen_set (lq_listen *u, bool on); /* [rt] */
void lq_listen_reset (lq_listen *u);        /* [rt] */

/* A block of `frames` frames begins: so many of them, from the first on, may be heard and have to be
 * written. What ends, ends at a grid point. [rt] */
uint32_t lq_listen_process (lq_listen *u, uint32_t frames);

static inline float *
lq_listen_plane (const lq_listen *u, uint32_t c)
{
  return u->planes + c * LQ_BLOCK;
}

/* Cross-fades `planes` planes of the element's output to what is heard, from frame `first` of the
 * block that was processed last on; planes beyond the unit's channels get its last. Does nothing
 * where nobody listens. [rt] */
void lq_listen_mix (
    const lq_listen *u, float *const *ch, uint32_t planes, uint32_t first, uint32_t frames);

#endif
