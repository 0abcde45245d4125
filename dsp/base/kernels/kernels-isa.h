/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What every kernel file includes: the build defines LQ_ISA as baseline, v3 or v4. */

#ifndef LQ_KERNELS_ISA_H
#define LQ_KERNELS_ISA_H

#include "../kernels.h"
#include "../vec.h"

uint32_t LQ_KERNEL (bad) (const float *x, uint32_t n);
float LQ_KERNEL (peak) (const float *x, uint32_t n);
void LQ_KERNEL (product) (
    const float *x, const float *y, uint32_t n, uint32_t phase, double *lanes);
void LQ_KERNEL (products) (const float *x, const float *y, uint32_t n, uint32_t phase,
    double *xx, double *yy, double *xy);
void LQ_KERNEL (kweight) (const struct lq_kweight_taps *taps, struct lq_kweight_pair *pair,
    const float *left, const float *right, uint32_t n);
float LQ_KERNEL (truepeak) (
    const struct lq_truepeak_taps *taps, const float *x, uint32_t n, float floor);
float LQ_KERNEL (overshoot) (const struct lq_overshoot_taps *taps, const float *x, uint32_t n,
    float floor, float *last, float *scratch);
void LQ_KERNEL (spline) (const float *basis, uint32_t stride, const float control[4], float *x,
    float *other, uint32_t n);
void LQ_KERNEL (spline_fall) (const float *basis, uint32_t group, const float *control,
    uint32_t at, float *curve, uint32_t n);
void LQ_KERNEL (magnitude) (const float *const *x, float *level, uint32_t channels, uint32_t n);
void LQ_KERNEL (hold) (
    float *x, float *value, const float *rest, float *since, float *largest, uint32_t groups);
void LQ_KERNEL (decibels) (const float *linear, float *db, uint32_t n);
void LQ_KERNEL (gains) (const float *db, float *linear, uint32_t n);
void LQ_KERNEL (squash) (
    const struct lq_squash *curve, const float *level_db, float *gain_db, uint32_t n);
void LQ_KERNEL (ballistics) (const struct lq_ballistics *how, struct lq_ballistics_state *state,
    const float *target_db, const float *ratio, float *gain_db, uint32_t phase, uint32_t n);
void LQ_KERNEL (follow) (
    struct lq_follow_lanes *lanes, float *const *gain_db, uint32_t planes, uint32_t n);
void LQ_KERNEL (blend) (const float *const *x, const float *const *gain, const float *offset,
    const float *scale, uint32_t bands, float *y, uint32_t n);
void LQ_KERNEL (mean_square) (const double keeps[2], double *const state[2],
    const float *const x[2], float *mean, uint32_t n);
void LQ_KERNEL (crossover) (const struct lq_crossover_taps *taps,
    struct lq_crossover_state *state, const float *const x[2], float *const upper[2],
    float *const sum[2], uint32_t n);
void LQ_KERNEL (bands) (const struct lq_bands_taps *taps, struct lq_bands_state *state,
    const float *const x[2], float *const (*out)[2], uint32_t n);
void LQ_KERNEL (swing_levels) (const struct lq_swing *bands, const float *const in[2],
    double *x, uint32_t phase, uint32_t n, float (*peak)[LQ_SWING_BANDS], double *heard);
void LQ_KERNEL (swing) (
    const struct lq_swing *bands, double *x, float *const out[2], uint32_t phase, uint32_t n);
void LQ_KERNEL (swing_taps) (const double (*cubic)[4][LQ_SWING_OWN], uint32_t pieces,
    const double *at, struct lq_swing_row *row, uint32_t k, uint32_t n);
void LQ_KERNEL (noise) (uint32_t *words);
void LQ_KERNEL (dither) (const uint32_t *words, float *d, uint32_t kind, uint32_t n);
void LQ_KERNEL (quantize) (
    const float *x, const float *d, int32_t *q, const struct lq_quantum *to, uint32_t n);
void LQ_KERNEL (shape) (const struct lq_shape_taps *taps, float (*state)[LQ_SHAPE_LANES],
    const float *const *x, const float *const *d, int32_t *const *q,
    const struct lq_quantum *to, uint32_t channels, uint32_t n);
void LQ_KERNEL (narrow) (const int32_t *const *q, int16_t *out, uint32_t channels, uint32_t n);
uint32_t LQ_KERNEL (split) (const uint32_t *in, uint32_t *left, uint32_t *right, uint32_t n);
void LQ_KERNEL (merge) (const uint32_t *left, const uint32_t *right, uint32_t *out, uint32_t n);
void LQ_KERNEL (biquads) (double *x, uint32_t frames, uint32_t channels,
    const struct lq_biquad_taps *taps, double *const *state, uint32_t n);
void LQ_KERNEL (biquads_planar) (float *a, float *b, uint32_t frames,
    const struct lq_biquad_taps *taps, double *const *state, uint32_t n);
void LQ_KERNEL (fold) (const struct lq_fold *fold, float *out, uint32_t n);
void LQ_KERNEL (curve) (
    const struct lq_curve_shape *shape, const float *x, float *y, uint32_t n);
void LQ_KERNEL (clip_mean) (const struct lq_curve_shape *shape, const float *before,
    const float *x, float *y, uint32_t n);
void LQ_KERNEL (shelf) (const struct lq_shelf_taps *taps, struct lq_shelf_state *state,
    float *x, uint32_t phase, uint32_t n);
void LQ_KERNEL (tank_damp) (const struct lq_tank_damp *damp, float (*state)[LQ_TANK_LINES],
    const float *const *x, float *f, uint32_t first, uint32_t n);
void LQ_KERNEL (tank_mix) (const struct lq_tank_mix *mix, const float *f, const float *a,
    const float *b, float *const *to, float *const *rows, uint32_t first, uint32_t n);
void LQ_KERNEL (tank_allpass) (const struct lq_tank_gain *gain, const float *x,
    const float *past, float *line, float *y, uint32_t first, uint32_t n);
void LQ_KERNEL (tank_sum) (const struct lq_tank_gain *gain, const float *const *x,
    uint32_t count, float *y, uint32_t first, uint32_t n);
void LQ_KERNEL (fft_pass) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from,
    float *re, float *im, uint32_t begin, uint32_t end);
void LQ_KERNEL (fft_last) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from,
    float *re, float *im, uint32_t begin, uint32_t end, uint32_t upper);
void LQ_KERNEL (fft_part) (const float *re, const float *im, uint32_t size, float *left,
    float *right, uint32_t begin, uint32_t end);
void LQ_KERNEL (fft_join) (const float *left, const float *right, uint32_t size, float *re,
    float *im, uint32_t begin, uint32_t end);
void LQ_KERNEL (band_power) (
    const float *re, const float *im, uint32_t size, float lo, float hi, float *power);
void LQ_KERNEL (mac) (float *sum, const float *const *x, const float *const *h, uint32_t parts,
    uint32_t bins, uint32_t fresh, uint32_t real);
void LQ_KERNEL (mac_two) (float *const *sums, const float *const *x, const float *const *h,
    const float *const *next, uint32_t parts, uint32_t bins, uint32_t fresh, uint32_t real);
void LQ_KERNEL (fft_pass_exact) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from,
    float *re, float *im, uint32_t begin, uint32_t end);
void LQ_KERNEL (fft_last_exact) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from,
    float *re, float *im, uint32_t begin, uint32_t end, uint32_t upper);
void LQ_KERNEL (mac_apart) (float *sum, const float *const *x, const float *const *h,
    uint32_t parts, uint32_t bins, uint32_t gap, uint32_t fresh);
void LQ_KERNEL (fir) (const float *taps, const float *x, const float *const *bases,
    uint32_t n_bases, float *out, uint32_t n);
void LQ_KERNEL (mix) (double *restrict sum, const float *restrict x, double gain, uint32_t n);
void LQ_KERNEL (pair_level) (
    const float *x, uint32_t n, uint32_t phase, float *peak, double *left, double *right);
uint32_t LQ_KERNEL (mix_pair) (double *restrict left, double *restrict right,
    const float *restrict x, const double *restrict gain, uint32_t n);
void LQ_KERNEL (mix_curve) (
    double *restrict sum, const float *restrict x, const float *restrict curve, uint32_t n);

void LQ_KERNEL (groove_take) (
    const float *l, const float *r, float scale, float *const x[2], uint32_t n);
void LQ_KERNEL (groove_run) (const struct lq_groove_poles *poles, struct lq_groove_state *state,
    const float *const x[2], float *const d[2], float *const high[2], float *const slow[2],
    uint32_t n);
void LQ_KERNEL (groove_grid) (const struct lq_groove_form form[LQ_GROOVE_KINDS],
    const uint32_t skip[LQ_GROOVE_KINDS], uint32_t kinds, const struct lq_groove_rows *rows,
    float *const wave[LQ_GROOVE_KINDS][2], struct lq_groove_peaks *peaks, uint32_t groups);
void LQ_KERNEL (groove_closer) (const struct lq_groove_close *close, uint32_t kind,
    const struct lq_groove_rows *rows, const float *const wave[2], float floor, float slack,
    float more, struct lq_groove_peaks *peaks);
void LQ_KERNEL (groove_wave) (const struct lq_groove_form *form,
    const struct lq_groove_rows *rows, float *const out[2], uint32_t n);
void LQ_KERNEL (bass) (const struct lq_bass_taps *mid, const struct lq_bass_taps *side,
    struct lq_bass_state *state, float *const ch[2], const float *by_mid, const float *by_side,
    uint32_t phase, uint32_t n);
extern const struct lq_kernels LQ_KERNEL (table);
void LQ_KERNEL (treatment) (const struct lq_treatment_taps *taps,
    struct lq_treatment_state *state, const float *const x[LQ_TREATMENT_LANES], uint32_t hops);

#endif
