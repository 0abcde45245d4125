/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Spectrum in 31 third octaves, 20 Hz to 20 kHz, of one channel or two; what each band loses when
 * they are summed to mono; the same of all bands together, and the correlation. Layer: primitives.
 *
 * Bands are those of IEC 61260-1, base ten: centres 1000·10^(k/10) Hz, edges 10^(±1/20) times that.
 * A band's level is the power of the Fourier transform between its edges, under Hann's windows of
 * 0.34 s (up to the next power of two frames), which overlap by half; a bin that an edge cuts counts
 * by its share. 0 dBFS is a sine whose peak is full scale, as AES17 has it. Noise reads its power in
 * the band, which is 3.01 dB more than its mean square. Bands whose lower edge isn't below half the
 * rate read LQ_SILENCE_DB; one that half the rate cuts holds what there is below.
 * Against that definition a reading is within 0.0001 dB. A sine in the middle of its band reads low by
 * what the window spreads over the neighbours: at 48 kHz 1.15 dB at 20 Hz, 0.5 at 25, 0.3 at 31.5, 0.1 at
 * 40, less than 0.01 from 50 Hz on; the neighbours hear it 11 dB lower at 20 Hz, 39 at 50, 86 and more
 * from 500 Hz on. Even noise isn't touched by that.
 *
 * A reading is the mean power of the windows that were done since the last one. A window is done
 * 1/16 of its length after its last frame: the work is spread over the hops in between, so that none of
 * them is long. Results don't depend on the cut. Costs 2 to 3 ns a stereo frame at 48 kHz. */

#ifndef LQ_THIRDS_H
#define LQ_THIRDS_H

#include "../base/arena.h"
#include "../base/stream.h"
#include "correlation.h"
#include "fft.h"

#define LQ_THIRDS 31
#define LQ_THIRDS_CHANNELS 2

struct lq_thirds_figures {
  float spectrum_db[LQ_THIRDS]; /* dBFS, the louder channel; LQ_SILENCE_DB at the least */
  float channel_db[LQ_THIRDS_CHANNELS][LQ_THIRDS];
  float loss_db[LQ_THIRDS]; /* of each band, as lq_correlation_mono_loss has it; mono: 0 */
  float mono_loss_db;       /* of all, 3 s; mono: 0 */
  float correlation;        /* 400 ms; mono: 0 */
};

typedef struct lq_thirds {
  const struct lq_kernels *kernels;
  lq_correlation correlation;
  lq_fft fft;
  uint32_t channels, size;
  uint32_t hops;              /* that a window's work is spread over … */
  uint32_t bands;             /* … which is the transform's, then these bands' */
  float edges[LQ_THIRDS + 1]; /* of the bands, bins */
  uint32_t due[LQ_THIRDS];    /* how much work is done when a band is */
  float *ring[LQ_THIRDS_CHANNELS];
  float *work[2][2]; /* planes that passes go between */
  struct {
    uint32_t at;     /* where the next frame goes in the ring */
    uint32_t filled; /* frames since the reset, up to the size */
    uint32_t hop;    /* of the work under way; 0: none is */
    uint32_t first;  /* the quarter of the ring that its window begins with */
    uint32_t done;   /* values of a quarter, over all passes, that are transformed */
    uint32_t band;   /* the next */
    uint32_t windows;
    float window[LQ_THIRDS][3];
    double power[LQ_THIRDS][3]; /* Σ over the period's windows: left, right, left + right */
    struct lq_thirds_figures reading;
  } z;
} lq_thirds;

/* One channel or two. False: no memory. [setup] */
bool lq_thirds_prepare (lq_thirds *u, const lq_stream *stream, lq_arena *arena);

/* Nothing has been heard or read. [rt] */
void lq_thirds_reset (lq_thirds *u);

/* Any number of frames. [rt] */
void lq_thirds_process (lq_thirds *u, const float *const *ch, uint32_t frames);

/* The period since the last call, and what is so now; a new period begins. Where no window was done in
 * it the spectrum and its losses stay; before the first they are silent. [rt] */
void lq_thirds_read (lq_thirds *u, struct lq_thirds_figures *figures);

/* Hz, the middle of band 0 … 30. [any] */
double lq_thirds_centre (uint32_t band);

#endif
