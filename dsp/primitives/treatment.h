/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Power that was taken away so far, dB, in three bands: 10·log10 (Σ input²/Σ output²) over both channels
 * below 300 Hz, from there to a split, and above; and, since it falls out of that, the correlation of left
 * and right below 300 Hz of the input. Layer: primitives.
 *
 * Bands are those of Butterworth filters of fourth order (24 dB an octave, −3.01 dB at the edges), whose
 * powers complement one another: what the upper and the lower one don't let through is the middle. Bilinear,
 * so towards half the rate the upper one is steeper. All frames count, but for a last few that are no hop
 * yet. Input and output are to be of the same moment.
 *
 * 0 dB: where the band's input is silent (mean square below −120 dBFS; or 90 dB below that of all
 * bands; the middle: 45, and less than 10 ms of all bands would be); where input and output are the same, exactly. 120 dB:
 * nothing is left. Negative: there is more than there was. Channels: 1 or 2. The same bits however the
 * stream is cut. Costs 1.6 to 2.5
 * ns a stereo frame. */

#ifndef LQ_TREATMENT_H
#define LQ_TREATMENT_H

#include "../base/kernels.h"
#include "../base/stream.h"

#define LQ_TREATMENT_BANDS 3
#define LQ_TREATMENT_BASS_HZ 300.0
#define LQ_TREATMENT_MOST_DB 120.0

typedef struct lq_treatment {
  const struct lq_kernels *kernels;
  uint32_t channels;
  double rate;
  struct lq_treatment_taps taps;
  double low_scale, high_scale; /* of the sums of low and high */
  struct {
    struct lq_treatment_state bands;
    uint64_t hops;
    double treble[LQ_TREATMENT_LANES]; /* under splits that were before */
    uint32_t pending;                  /* frames that are no hop yet */
    float hop[LQ_TREATMENT_LANES][LQ_TREATMENT_HOP];
  } z;
} lq_treatment;

/* split_hz: between the upper two bands. [setup] */
void lq_treatment_prepare (lq_treatment *u, const lq_stream *stream, double split_hz);

/* What was counted stays in its band. [rt] */
void lq_treatment_set_split (lq_treatment *u, double split_hz);
void lq_treatment_reset (lq_treatment *u); /* [rt] */

/* Any number of frames. [rt] */
void lq_treatment_process (
    lq_treatment *u, const float *const *in, const float *const *out, uint32_t frames);

/* Below, between, above. [any] */
void lq_treatment_now (const lq_treatment *u, double db[LQ_TREATMENT_BANDS]);

/* −1 to 1; 0 where one of the two has no bass; mono: 1, or 0. [any] */
double lq_treatment_bass_correlation (const lq_treatment *u);

#endif
