/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a detector looks at: the audio behind a high-pass, a low-pass and a tilt of the detector's
 * own. While all are off it is the audio itself, and costs nothing. Latency 0. Layer: primitives. */

#ifndef LQ_SIDECHAIN_H
#define LQ_SIDECHAIN_H

#include "cascade.h"

typedef struct lq_sidechain {
  uint32_t channels;
  lq_cascade cascade; /* high-pass, low-pass, tilt */
  float *planes;      /* channels × LQ_BLOCK */
  bool works;         /* any of them is heard */
  const float *const
      *key; /* other audio to look at, from `passed` frames on; NULL: the given */
  uint32_t passed;
} lq_sidechain;

/* All off. False: no memory. [setup] */
bool lq_sidechain_prepare (lq_sidechain *u, const lq_stream *stream, lq_arena *arena);

/* Corners of the filters, 12 dB/octave, Hz, 0 is off; gain of the tilt about 1 kHz, dB. [rt] */
void lq_sidechain_set (lq_sidechain *u, double hpf_hz, double lpf_hz, double tilt_db);
void lq_sidechain_reset (lq_sidechain *u); /* [rt] */

/* Until it is told otherwise the detector looks at these planes instead, one for each channel, from
 * their beginning on; NULL: at the audio itself. [rt] */
static inline void
lq_sidechain_hear (lq_sidechain *u, const float *const *key)
{
  u->key = key;
  u->passed = 0;
}

/* seen[c] becomes where the detector looks: the planes of ch, or filtered copies. [rt] */
void lq_sidechain_process (
    lq_sidechain *u, float *const *ch, const float **seen, uint32_t frames);

#endif
