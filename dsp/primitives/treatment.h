/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Power that was taken away so far, dB, in three bands: 10·log10 (Σ input²/Σ output²) over both channels
 * below 300 Hz, from there to a split, and above. Layer: primitives.
 *
 * It listens to samples: of each LQ_TREATMENT_SHARE windows' time (a window: 21 to 43 ms) one window, at a
 * place drawn by lot in it, so that no tempo falls in step; the lots are always the same, and the
 * first window is the stream's first. Input and output are heard in the same windows (Hann's), so that
 * what is steady reads exactly whatever is sampled; what comes and goes, as its share in the
 * samples: within 0.1 dB of the whole after a minute of music.
 *
 * 0 dB: where the band's input is below −120 dBFS, or 90 dB below all bands'; where nothing was
 * heard yet; where input and output are the same bits, exactly. 120 dB: nothing is left. Negative: there
 * is more than there was. Channels: 1 or 2. Results don't depend on the cut. */

#ifndef LQ_TREATMENT_H
#define LQ_TREATMENT_H

#include "../base/arena.h"
#include "../base/stream.h"
#include "fft.h"

#define LQ_TREATMENT_SHARE 4
#define LQ_TREATMENT_BANDS 3
#define LQ_TREATMENT_BASS_HZ 300.0
#define LQ_TREATMENT_MOST_DB 120.0

typedef struct lq_treatment {
  lq_fft fft;
  uint32_t channels, size;
  double rate;
  double edges[LQ_TREATMENT_BANDS + 1]; /* bins */
  uint32_t delay;
  float *hann, *scratch;
  float *heard[2][2]; /* input, output; left, right: of a window, under it */
  struct {
    uint32_t at;    /* input frames since the time of this window's lot began */
    uint32_t first; /* where the window begins in it */
    uint32_t lot;   /* the last one drawn */
    uint32_t missed; /* not 0: the delay moved, this window is void */
    uint64_t windows;
    double power[2][LQ_TREATMENT_BANDS];
  } z;
} lq_treatment;

/* split_hz: between the upper two bands. False: no memory. [setup] */
bool lq_treatment_prepare (
    lq_treatment *u, const lq_stream *stream, double split_hz, lq_arena *arena);

/* From the next window on; what was counted stays where it is. [rt] */
void lq_treatment_set_split (lq_treatment *u, double split_hz);

/* By how many frames the output that `process` gets is later than its input, at most two windows
 * (4096 frames at 48 kHz); 0 at first, and kept by reset. So nobody has to delay the input for this. [rt] */
void lq_treatment_set_delay (lq_treatment *u, uint32_t frames);
void lq_treatment_reset (lq_treatment *u); /* [rt] */

/* Any number of frames. [rt] */
void lq_treatment_process (
    lq_treatment *u, const float *const *in, const float *const *out, uint32_t frames);

/* Below, between, above. [any] */
void lq_treatment_now (const lq_treatment *u, double db[LQ_TREATMENT_BANDS]);

#endif
