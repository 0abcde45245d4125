/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What tests measure with: independent of the core, in double. */

#ifndef LQ_MEASURE_H
#define LQ_MEASURE_H

#include <complex.h>
#include <stddef.h>

/* Σ x[n]·e^(−j2π·hz·n/rate): the response at hz of an impulse response x. */
double complex lqm_response (const float *x, size_t frames, double rate, double hz);

/* Amplitude of the sine at hz in x, fitted by least squares with a Hann window. */
double lqm_tone (const float *x, size_t frames, double rate, double hz);

/* In-place FFT of n = 2^k values, forward. */
void lqm_fft (double complex *x, size_t n);

/* Power spectrum of x (n = 2^k) under a Blackman-Harris 7-term window, n/2 + 1 bins; a full-scale sine on a bin
 * has 0 dB at its bin. */
void lqm_spectrum_db (const float *x, size_t n, double *out_db);

/* Largest |value| of x, looked at 8 and 32 times a frame: a windowed sinc of 64 taps a phase,
 * computed directly. Only between frames that have 31 before and 32 behind them in x. */
void lqm_true_peaks (const float *x, size_t frames, double *eight, double *finest);

double lqm_rms (const float *x, size_t frames);
double lqm_peak (const float *x, size_t frames);
double lqm_db (double lin);

/* Largest |a − b|. */
double lqm_difference (const float *a, const float *b, size_t frames);

/* Largest |second difference| of x: what a click raises. */
double lqm_curvature (const float *x, size_t frames);

#endif
