/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Click-free bypass around a whole chain, at the chain's latency. Layer: primitives.
 *
 * For every block of at most LQ_BLOCK frames: lq_bypass_set if it changed, lq_bypass_keep with
 * the input, the chain in place, lq_bypass_mix with its output. Bypassed, the output is the input
 * of `latency` frames ago, bit for bit; mono that became stereo is the input on both channels.
 * The chain goes on running while bypassed, so that it comes back as if it had never been away;
 * who leaves it out while lq_bypass_resting_dry has to reset it before it is heard again.
 * Channels: stream->channels planes in, stream->out_channels planes out.
 *
 * A gain may make the dry signal as loud as the other. And what is heard instead of the chain may
 * be the difference, input − output (lq_bypass_prepare_difference), which costs nothing until it is asked
 * for, and comes by the latency later. */

#ifndef LQ_BYPASS_H
#define LQ_BYPASS_H

#include "../base/ramp.h"
#include "line.h"

typedef struct lq_bypass {
  uint32_t channels, out_channels;
  uint32_t latency;  /* frames, now */
  lq_ramp dry;       /* share of the dry signal, 0 … 1 */
  const float *gain; /* of the dry signal in the coming block, linear; NULL: 1 */
  bool difference;   /* … from which the wet one is taken away */
  lq_line line;      /* the input: the current block, and where there is latency its past */
  bool moving;       /* the share changes, or is asked to */
  bool waits;        /* … once the line is full */
  bool held;         /* the line doesn't sleep */
  struct {
    uint32_t phase; /* frames since the last grid point */
    uint32_t kept;  /* frames */
  } z;
} lq_bypass;

/* Not bypassed. The latency may grow up to `most_frames`. False: no memory. [setup] */
bool lq_bypass_prepare (lq_bypass *u, const lq_stream *stream, uint32_t latency_frames,
    uint32_t most_frames, lq_arena *arena);

/* The same, of what the chain takes away. [setup] */
bool lq_bypass_prepare_difference (lq_bypass *u, const lq_stream *stream,
    uint32_t latency_frames, uint32_t most_frames, lq_arena *arena);

/* The chain is later by so many frames from the next on. [rt] */
void lq_bypass_grow (lq_bypass *u, uint32_t frames);

/* Fades over, from the next grid point on; only before lq_bypass_keep. [rt] */
void lq_bypass_set (lq_bypass *u, bool bypassed);

/* What the dry signal of the next lq_bypass_mix is multiplied by: a number for each frame, linear;
 * NULL leaves its bits. [rt] */
static inline void
lq_bypass_match (lq_bypass *u, const float *gain)
{
  u->gain = gain;
}

/* Forgets the past, and is at once what was set last. [rt] */
void lq_bypass_reset (lq_bypass *u);

/* The input of a block, before the chain overwrites it. [rt] */
void lq_bypass_keep (lq_bypass *u, const float *const *in, uint32_t frames);

/* The same block after the chain: becomes what is to be heard. [rt] */
void lq_bypass_mix (lq_bypass *u, float *const *out, uint32_t frames);

/* Somebody else reads the line: it doesn't sleep. [rt] */
static inline void
lq_bypass_hold (lq_bypass *u, bool held)
{
  u->held = held;
}

/* The line holds all that the latency asks for. [rt] */
static inline bool
lq_bypass_full (const lq_bypass *u)
{
  return u->z.kept >= u->latency;
}

/* At rest, and not bypassed: mix leaves the chain's output alone. [rt] */
static inline bool
lq_bypass_resting_wet (const lq_bypass *u)
{
  return !u->moving && u->dry.z.value == 0.0;
}

/* At rest, and bypassed: what the chain puts out isn't heard. [rt] */
static inline bool
lq_bypass_resting_dry (const lq_bypass *u)
{
  return !u->moving && u->dry.z.value == 1.0;
}

#endif
