/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Live gain rider: brings a programme to a loudness in one pass, bounded and slowly. A limiter
 * has to follow it. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place; one gain for all. Latency: the look-ahead
 * given to lq_ride_prepare. No tail.
 *
 * What is heard. Loudness is measured on the input, ahead of the output, every 10 ms. M and S are
 * momentary and short-term loudness of BS.1770, but silence isn't averaged in: a window is the
 * mean over the sub-blocks of 10 ms that were heard in its last 400 ms or 3 s. Not heard are those
 * before the first frame, and whole pauses: sub-blocks below the gate on end until momentary
 * loudness, as BS.1770 has it, is below the gate as well. In a programme without such pauses M
 * and S are the meter's; after a start or a pause they are right from the first tenth of a
 * second on instead of 3 s later.
 *
 * What moves. At each grid point of LQ_HOP frames the gain goes by at most slew towards
 * target − loudness within its bounds, if something is heard: momentary loudness and the newest
 * sub-block are at the gate or above, and of the last 400 ms at least 100 ms were heard. Else it
 * stays, whatever is changed meanwhile.
 *
 * The start. Until the first decision the gain is 0 dB, or what lq_ride_start says, brought into
 * the bounds. The first decision is taken at once, and so are those that follow while the sound
 * they come from is still in the delay; from then on the slew holds. With a look-ahead of 420 ms
 * and more every programme above the gate begins at its gain; of 200 ms and more those 6 LU above
 * it. Where lq_ride_start knows a gain nothing is at once. */

#ifndef LQ_RIDE_H
#define LQ_RIDE_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/line.h"
#include "../primitives/loudness.h"

#define LQ_RIDE_LOOKAHEAD_MAX_MS 3000

enum lq_ride_window {
  LQ_RIDE_MOMENTARY,
  LQ_RIDE_SHORT_TERM,
  LQ_RIDE_BLEND /* the louder of S and M − 3 LU */
};

struct lq_ride_params {
  float lookahead_ms; /* for the chain, which hands it to lq_ride_prepare in frames */
  int32_t window;     /* enum lq_ride_window */
  float slew_db_s, gate_lufs, max_boost_db, max_cut_db;
};

#define LQ_RIDE_ROWS 6
extern const struct lq_param lq_ride_rows[LQ_RIDE_ROWS];

typedef struct lq_ride {
  struct lq_ride_params p;
  struct lq_ride_aim {
    double target_lufs, tolerance_lu;
    double least_db, most_db; /* bounds besides max_cut and max_boost */
  } aim;
  bool started; /* the gain to begin with is known … */
  double start_db;
  double hop_s;               /* a grid interval, s */
  uint32_t channels;          /* planes */
  uint32_t lookahead, settle; /* frames: the delay, and what the ramp needs to arrive */
  lq_loudness meter;
  lq_ramp gain; /* linear */
  lq_line line;
  struct {
    uint64_t frames;   /* since the reset */
    uint64_t onset;    /* where the first sub-block heard began, 0 before */
    uint32_t phase;    /* frames since the last grid point */
    uint32_t pause;    /* sub-blocks below the gate on end, LQ_LOUDNESS_RING at most */
    bool any;          /* a sub-block was heard since the reset */
    bool decided;      /* the first decision was taken */
    bool moves;        /* something is heard: the gain may move */
    double heard_lufs; /* loudness by the window in force, while `moves` */
    double gain_db;    /* that the ramp goes to */
    double power[LQ_LOUDNESS_RING]; /* of the last sub-blocks, by number; 0 where not heard … */
    uint8_t heard[LQ_LOUDNESS_RING];
  } z;
} lq_ride;

/* lookahead: frames, 0 to 3 s. Off until lq_ride_aim. False: no memory. [setup] */
bool lq_ride_prepare (lq_ride *u, const lq_stream *stream, uint32_t lookahead, lq_arena *arena);
void lq_ride_set (lq_ride *u, const struct lq_ride_params *p);        /* [rt] */
void lq_ride_reset (lq_ride *u);                                      /* [rt] */
void lq_ride_process (lq_ride *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_ride_latency (const lq_ride *u);                          /* [any] */

/* Where to: the loudness, how far from it 0 dB will do, and bounds of the gain. No boost at all:
 * most_db 0. Both 0: off, a delay. Where they exclude each other the lower one holds. [rt] */
void lq_ride_aim (lq_ride *u, const struct lq_ride_aim *aim);

/* A gain known beforehand, from a measurement of this programme; or none is. In force from the
 * next reset on, and at once while nothing has been heard yet. [rt] */
void lq_ride_start (lq_ride *u, bool known, double gain_db);

/* As lq_loudness_set_dual_mono. [rt] */
void lq_ride_set_dual_mono (lq_ride *u, bool dual_mono);

/* The gain in force at the output now. [rt] */
double lq_ride_gain_db (const lq_ride *u);

/* By how much the target's gain lies above (positive) or below the bounds now; 0 within them, and
 * while nothing is heard. [rt] */
double lq_ride_withheld_db (const lq_ride *u);

#endif
