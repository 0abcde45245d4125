/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A delay that one hears and may change: to a fraction of a sample, cross-faded from one value to
 * the next. Layer: primitives.
 *
 * Channels: all of the stream's outputs, planar, in place. While it rests at 0 it costs nothing,
 * and changes nothing. */

#ifndef LQ_SHIFT_H
#define LQ_SHIFT_H

#include "../base/ramp.h"
#include "fraction.h"
#include "line.h"

/* One reading point of the delay line. */
struct lq_shift_tap {
  double frames; /* its delay; 0: past the line */
  uint32_t lag;  /* whole frames before the FIR */
  float taps[LQ_FRACTION_TAPS];
};

typedef struct lq_shift {
  uint32_t channels;
  lq_ramp fade; /* from the tap `from` to the tap `to`, 0 … 1 */
  lq_fraction fraction;
  lq_line line;
  double asked; /* frames, as last set */
  struct {
    uint32_t phase;               /* frames since the last grid point */
    struct lq_shift_tap from, to; /* where the delay comes from and, while fading, goes */
    bool fading, waking;          /* waking: the line began empty with this fade */
  } z;
} lq_shift;

/* `longest`: frames, the most that lq_shift_set may ask for. False: no memory. [setup] */
bool lq_shift_prepare (lq_shift *u, const lq_stream *stream, double longest, lq_arena *arena);

/* From the next grid point on. [rt] */
static inline void
lq_shift_set (lq_shift *u, double frames)
{
  u->asked = frames;
}

/* `phase` frames behind a grid point. [rt] */
void lq_shift_reset (lq_shift *u, uint32_t phase);
void lq_shift_process (lq_shift *u, float *const *ch, uint32_t frames); /* [rt] */

/* Frames that sound after the input ended. [any] */
uint32_t lq_shift_tail (const lq_shift *u);

/* At rest at 0, or asked to be. [rt] */
static inline bool
lq_shift_absent (const lq_shift *u)
{
  return !u->z.fading && u->z.from.frames <= 0.0 && u->asked <= 0.0;
}

/* A time in frames: what is whole but for the rounding of a float is whole. [any] */
double lq_shift_frames (double rate, float ms);

#endif
