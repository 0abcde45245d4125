/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A room's reverberation out of two signals: a feedback delay network of 16 lines behind allpass
 * diffusers, and early reflections. Layer: primitives.
 *
 * All outputs are wet only, each by other signs and times; for uncorrelated inputs they are
 * uncorrelated, and so they are for one signal on both. White noise of some RMS on both inputs comes
 * out at about that RMS, whatever the room and its decay.
 *
 * Every setting may change at any time. Decay, damping, diffusion, modulation ramp; what changes times
 * (type, size) cross-fades the reading points of all lines: the tail goes on in the new room. A change
 * of times waits for the end of the one before it. */

#ifndef LQ_TANK_H
#define LQ_TANK_H

#include "../base/kernels.h"
#include "../base/ramp.h"
#include "ring.h"

enum lq_tank_type { LQ_TANK_ROOM, LQ_TANK_HALL, LQ_TANK_PLATE, LQ_TANK_CHAMBER, LQ_TANK_TYPES };

/* Length of its ramps and cross-fades: what is slower than a mix may change without a sound. */
#define LQ_TANK_RAMP_MS 48.0

#define LQ_TANK_ALLPASSES 4
#define LQ_TANK_TAPS 10 /* early reflections of an output */

struct lq_tank_spec {
  uint32_t type;                               /* enum lq_tank_type */
  double decay_s;                              /* T60 at 1 kHz */
  double size, damping, diffusion, modulation; /* 0 … 1 */
};

/* Times of a room, frames. */
struct lq_tank_times {
  uint32_t type;
  double size;
  uint32_t line[LQ_TANK_LINES];
  uint32_t allpass[2][LQ_TANK_ALLPASSES];
  uint32_t tap[LQ_CHANNELS_MAX][LQ_TANK_TAPS];
  double tap_mean[LQ_TANK_TAPS]; /* over outputs, about: what gains go by */
  uint32_t taps;                 /* early reflections there are; 0 on a plate */
  uint32_t shortest;             /* time in any loop */
};

/* What follows from times and a spec, as a hop ends. */
struct lq_tank_gains {
  float damp[5][LQ_TANK_LINES];
  float allpass[2][LQ_TANK_ALLPASSES];
  float tap[LQ_TANK_TAPS];
  float inject;
};

typedef struct lq_tank {
  double rate;
  uint32_t channels; /* outputs */
  const struct lq_kernels *kernels;
  struct lq_tank_spec spec; /* as last set */
  lq_ramp decay;            /* ln s */
  lq_ramp damping, diffusion, modulation;
  lq_ramp fade; /* from the times `from` to the times `to`, 0 … 1 */
  lq_ring lines, allpasses, early;
  double turn_re[LQ_TANK_LINES / 2],
      turn_im[LQ_TANK_LINES / 2]; /* by which pairs turn in a hop */
  float *planes;                  /* of a step: see tank.c */
  struct {
    struct lq_tank_times from, to;
    bool fading, moving;
    float state[2][LQ_TANK_LINES]; /* of the damping */
    struct lq_tank_damp damp;
    struct lq_tank_mix mix;
    struct lq_tank_gain allpass[2][LQ_TANK_ALLPASSES];
    struct lq_tank_gain tap[2][LQ_TANK_TAPS];            /* of from and of to */
    struct lq_tank_gains end;                            /* where this hop's gains end */
    double re[LQ_TANK_LINES / 2], im[LQ_TANK_LINES / 2]; /* phasors of the modulation */
  } z;
} lq_tank;

bool lq_tank_prepare (
    lq_tank *u, double rate, uint32_t channels, lq_arena *arena); /* [setup] */
void lq_tank_set (lq_tank *u, const struct lq_tank_spec *spec);   /* [rt] */
void lq_tank_reset (lq_tank *u);                                  /* [rt] */

/* At each grid point, before process. [rt] */
void lq_tank_hop (lq_tank *u);

/* Most frames that process takes at once, at most LQ_HOP; holds until the next hop. [rt] */
uint32_t lq_tank_step (const lq_tank *u);

/* n frames that begin `phase` frames after the last grid point; they end at the next one at the
 * latest. `out`: as many planes as there are channels, each with room for LQ_HOP frames. [rt] */
void lq_tank_process (
    lq_tank *u, const float *a, const float *b, float *const *out, uint32_t phase, uint32_t n);

/* Seconds until an input is `db` below what it was, at any frequency. [any] */
double lq_tank_tail_s (const lq_tank *u, double db);

/* Of tank-design.c. [rt] */
void lq_tank_design_times (
    struct lq_tank_times *t, double rate, uint32_t channels, const struct lq_tank_spec *spec);
/* Between two rooms where share (of the second) is neither 0 nor 1; they may be the same. */
void lq_tank_design_gains (struct lq_tank_gains *g, double rate,
    const struct lq_tank_times *from, const struct lq_tank_times *to, double share,
    const struct lq_tank_spec *spec);
/* The longest times there are, frames: of lines, allpasses and early reflections. */
void lq_tank_longest (double rate, uint32_t frames[3]);

#endif
