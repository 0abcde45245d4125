/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Gain riding that brings a programme's loudness range down: from its loudness over the whole of
 * its time, how far every moment is from the programme's. Gain in dB = strength × that; a strength
 * of 1 would make all of one loudness. Layer: chains.
 *
 * Memory doesn't grow: the time is cut into LQ_LEVELLER_CELLS cells at the most, of a quarter of a
 * second each in a programme of up to two hours, of half a second in up to four, and so on. */

#ifndef LQ_LEVELLER_H
#define LQ_LEVELLER_H

#include <stdint.h>

#include "../base/arena.h"
#include "../base/stream.h"

#define LQ_LEVELLER_CELLS 32768

/* How fast it may move: each pace is twice as fast as the one before. */
#define LQ_LEVELLER_PACES 4

typedef struct lq_leveller {
  double rate;
  float *power; /* of each cell, weighted */
  float *off;   /* dB from the programme's loudness: positive where it is quieter */
  float *work;
  uint32_t used;
  double cell_frames;
  double least_db, most_db; /* of off */
  struct {
    double energy, frames; /* of the cell that isn't full yet */
  } z;
} lq_leveller;

/* False: no memory. [setup] */
bool lq_leveller_prepare (lq_leveller *u, const lq_stream *stream, lq_arena *arena);

/* A new programme. [rt] */
void lq_leveller_reset (lq_leveller *u);

/* The programme in its order: so many frames, at most a cell's, of this weighted energy
 * (power × frames). [rt] */
void lq_leveller_feed (lq_leveller *u, double energy, uint32_t frames);

/* All was fed. Around `integrated_lufs`; what is quieter than `gate_lufs` isn't ridden: there the
 * gain goes from what was before to what comes. `scale_db` is added to every power. Pace 0 is the
 * gentlest. As often as wanted. [rt] */
void lq_leveller_finish (
    lq_leveller *u, uint32_t pace, double integrated_lufs, double gate_lufs, double scale_db);

/* dB at a frame of the programme. [rt] */
double lq_leveller_at (const lq_leveller *u, double frame);

#endif
