/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reverb: room, hall, plate, chamber by a network of lines; `convolution` by an impulse response.
 * Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place, as many out as in. LFE channels pass untouched;
 * all others get a wet signal of their own, uncorrelated with those of the others. Width acts on the
 * first channels positioned left and right (a stereo stream without such positions: on its two).
 * Latency 0; the reverberation is a tail.
 *
 * Convolution plays an impulse response that is made off the streaming thread and handed over. One
 * that comes while another sounds is cross-faded in; without any, the wet signal is silent.
 *
 * At mix 0, and switched off, it sleeps and forgets: what comes before it wakes doesn't sound later. */

#ifndef LQ_REVERB_H
#define LQ_REVERB_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/cascade.h"
#include "../primitives/convolver.h"
#include "../primitives/line.h"
#include "../primitives/tank.h"

enum lq_reverb_type {
  LQ_REVERB_ROOM = LQ_TANK_ROOM,
  LQ_REVERB_HALL = LQ_TANK_HALL,
  LQ_REVERB_PLATE = LQ_TANK_PLATE,
  LQ_REVERB_CHAMBER = LQ_TANK_CHAMBER,
  LQ_REVERB_CONVOLUTION = LQ_TANK_TYPES
};

struct lq_reverb_params {
  uint32_t enabled;
  int32_t type; /* enum lq_reverb_type */
  float predelay_ms, decay_s, size_percent, damping_percent, diffusion_percent,
      modulation_percent, width_percent, hpf_hz, lpf_hz, mix_percent;
};

#define LQ_REVERB_ROWS 12
extern const struct lq_param lq_reverb_rows[LQ_REVERB_ROWS];

typedef struct lq_reverb {
  lq_stream stream;
  uint32_t wet;                      /* channels that get any of it … */
  uint32_t channel[LQ_CHANNELS_MAX]; /* … and which these are */
  bool pair;                         /* left and right exist */
  uint32_t left, right;              /* among the wet channels */
  uint32_t predelay;                 /* frames, as last set */
  uint32_t type;                     /* as last set */
  lq_ramp mix;                       /* 0 … 1; 0 while switched off */
  lq_ramp width;                     /* 0 … 2 */
  lq_ramp network; /* share of the network in the wet signal; the rest is convolution's */
  lq_ramp fade;    /* from the reading point `from` to `to`, 0 … 1 */
  lq_ramp entry;   /* share of the input that enters: 0 … 1 after waking */
  lq_convolver *impulse, *next, *old; /* that sounds; that comes after it; that is done with */
  lq_ramp swap;                       /* from impulse to next, 0 … 1 */
  lq_line line;                       /* predelay */
  lq_tank tank;
  lq_cascade filters; /* of the wet signal: high-pass, low-pass */
  float *planes; /* of a step: what enters, what comes out, both again for a part, of each wet
                    * channel; two more */
  struct {
    uint32_t phase;     /* frames since the last grid point */
    bool running;       /* something may be heard of it */
    bool reverberating; /* … of the network */
    bool convolving;    /* … of an impulse response */
    bool swapping;      /* from one to the next */
    bool fading;
    uint32_t from, to; /* predelays, frames */
  } z;
} lq_reverb;

/* Forgets the impulse responses: lq_reverb_free goes before a second prepare. False: no memory. */
bool lq_reverb_prepare (lq_reverb *u, const lq_stream *stream, lq_arena *arena); /* [setup] */
void lq_reverb_set (lq_reverb *u, const struct lq_reverb_params *p);             /* [rt] */
void lq_reverb_reset (lq_reverb *u);                                             /* [rt] */
void lq_reverb_process (lq_reverb *u, float *const *ch, uint32_t frames);        /* [rt] */
uint32_t lq_reverb_latency (const lq_reverb *u);                                 /* [any] */

/* Frames until all is below −96 dBFS after the input ended, 60 s at most. [any] */
uint32_t lq_reverb_tail (const lq_reverb *u);

/* Impulse responses of `channels` planes: 1 for all channels, or as many as the stream has, or has
 * wet ones; of 4 the first pair is what left does to left and right, the second what right does; a
 * stream with one wet channel takes the mean of all. [any] */
bool lq_reverb_fits (const lq_stream *stream, uint32_t channels);

/* What plays the planes at a stream that they fit; NULL: no memory. [setup] */
lq_convolver *lq_reverb_make (
    const lq_stream *stream, const float *const *planes, uint32_t channels, uint32_t frames);

/* Takes it over, from the next grid point on, or at a reset. lq_reverb_loads: whether it can; not
 * while the one before is being faded in, or waits to be taken back. [rt] */
static inline bool
lq_reverb_loads (const lq_reverb *u)
{
  return !u->next && !u->old;
}
void lq_reverb_load (lq_reverb *u, lq_convolver *next); /* [rt] */

/* What it has done with, or NULL: the caller frees it, off the streaming thread. [rt] */
lq_convolver *lq_reverb_unload (lq_reverb *u);

/* Frees all impulse responses that it has. [setup] */
void lq_reverb_free (lq_reverb *u);

/* At rest at its neutral settings: process would change nothing. [rt] */
bool lq_reverb_neutral (const lq_reverb *u);

#endif
