/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The meters of one place on a signal's way: sample peak and RMS of a period, short-term loudness.
 * Layer: primitives. */

#ifndef LQ_GAUGE_H
#define LQ_GAUGE_H

#include "level.h"
#include "loudness.h"

/* LQ_SILENCE_DB at the least. */
struct lq_gauge_figures {
  float peak_db, rms_db; /* highest over channels, in the period between two readings */
  float loudness_lufs;   /* short-term, now */
};

typedef struct lq_gauge {
  uint32_t channels;
  bool loud; /* loudness is measured */
  lq_level level;
  lq_loudness loudness;
  lq_level_reading reading; /* each channel's, as of the last lq_gauge_read */
  double highest;           /* sample peak since the last reset, up to then */
} lq_gauge;

/* `whole`: integrated loudness may be asked of `loudness` too. False: no memory. [setup] */
bool lq_gauge_prepare (lq_gauge *u, const lq_stream *stream, bool whole, lq_arena *arena);

/* Nothing has been measured. [rt] */
void lq_gauge_reset (lq_gauge *u);

/* Loudness, which is dear, is measured from now on or isn't; at first it is. [rt] */
void lq_gauge_set_loud (lq_gauge *u, bool loud);

/* So many frames times `gain`, which is 1 where there are more than 8 channels. [rt] */
void lq_gauge_process (lq_gauge *u, const float *const *ch, uint32_t frames, double gain);

/* The same of frames of two, interleaved, while loudness isn't measured. [rt] */
static inline void
lq_gauge_process_pair (lq_gauge *u, const float *x, uint32_t frames, double gain)
{
  lq_level_process_pair (&u->level, x, frames, gain);
}

/* The period since the last call or reset; a new one begins. [rt] */
struct lq_gauge_figures lq_gauge_read (lq_gauge *u);

#endif
