/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The dispatch table: loops that are compiled once for each instruction set. A kernel is written
 * in dsp/base/kernels/NAME.c as LQ_KERNEL (name), has its contract here, and is entered in
 * table.c; units fetch the table with lq_kernels () in prepare and keep the pointer.
 * All kernels are [rt]; pointers needn't be aligned; n may be 0. Layer: base. */

#ifndef LQ_KERNELS_H
#define LQ_KERNELS_H

#include "groove-rows.h"

#include <stdbool.h>
#include <stdint.h>

/* A sample above this magnitude is not audio: it is clamped, as NaN becomes 0. */
#define LQ_SCRUB_LIMIT 1e6f

/* Sums that the product of two signals is kept in, so that a vector adds to them at once. */
#define LQ_PRODUCT_LANES 8

/* Their sum, which begins anew. [rt] */
static inline double
lq_product_take (double lanes[LQ_PRODUCT_LANES])
{
  double sum = 0.0;

  for (int k = 0; k < LQ_PRODUCT_LANES; k++) {
    sum += lanes[k];
    lanes[k] = 0.0;
  }
  return sum;
}

/* K-weighting of two channels at once: a lane each (primitives/kweight.h designs the taps). */
struct lq_kweight_taps {
  double b1, b2, a1, a2; /* shelf, b0 = 1 */
  double c1, c2;         /* high-pass, denominator; its numerator is 1, −2, 1 */
};
struct lq_kweight_pair {
  double x1[2], x2[2], v1[2], v2[2], y1[2], y2[2]; /* input, shelf, high-pass: one, two ago */
  double energy[2];                                /* Σ y² */
};

/* A biquad, a0 = 1: y = −a1·y1 + (−a2·y2 + (b0·x + t1)); t1 = b1·x + t2; t2 = b2·x. Its state for
 * two channels is t1 left, t1 right, t2 …, y1 …, y2 …: y1 and y2 are the last outputs. Variants
 * without registers enough keep y1 = y2 = 0, and what they stand for in t1 and t2: transposed
 * direct form II, y = b0·x + t1; t1 = −a1·y + (b1·x + t2); t2 = −a2·y + b2·x. */
#define LQ_BIQUAD_STATE 8

struct lq_biquad_taps {
  double b0, b1, b2, a1, a2;
};

#define LQ_BIQUADS_PASS 12

/* True peak: taps of an interpolated value, and how many frames before and behind those of a
 * block must be readable. */
#define LQ_TRUEPEAK_TAPS 24
#define LQ_TRUEPEAK_BEFORE 16
#define LQ_TRUEPEAK_BEHIND 32

struct lq_truepeak_taps {
  float half[LQ_TRUEPEAK_TAPS / 2]; /* half-way, for x[k] + x[23 − k] */
  float even[LQ_TRUEPEAK_TAPS / 2]; /* a quarter and three quarters: for the same sums … */
  float odd[LQ_TRUEPEAK_TAPS / 2];  /* … and, ±, for x[k] − x[23 − k] */
  float near, curve;                /* |y| ≤ near·max|x| beside it + curve·max|Δ²x| */
};

/* Overshoot: a half-band of this many taps to twice the rate, then three values between each two
 * of its frames from as many of these; how many frames before and behind those of a group must
 * be readable, and the longest group. */
#define LQ_OVERSHOOT_HALF 64
#define LQ_OVERSHOOT_TAPS 12
#define LQ_OVERSHOOT_BEFORE 40
#define LQ_OVERSHOOT_AHEAD                                                                     \
  36 /* … of which this many count; those behind may hold any finite number */
#define LQ_OVERSHOOT_BEHIND (LQ_OVERSHOOT_AHEAD + 28)
#define LQ_OVERSHOOT_GROUP 256
#define LQ_OVERSHOOT_SCRATCH (LQ_OVERSHOOT_GROUP + 64) /* floats to work in */

struct lq_overshoot_taps {
  float half[LQ_OVERSHOOT_HALF / 2]; /* half-way, for x[k] + x[63 − k] */
  float mid[LQ_OVERSHOOT_TAPS / 2];  /* at twice the rate as in lq_truepeak_taps … */
  float even[LQ_OVERSHOOT_TAPS / 2], odd[LQ_OVERSHOOT_TAPS / 2];
  float near, curve; /* |y| ≤ near·max|x| beside it + curve·max|Δ²x| */
};

/* Noise of one channel is made in runs of this many words, one a frame: LQ_HOP. */
#define LQ_NOISE_WORDS 64

/* Kinds of dither, as numbered in properties. */
enum lq_dither {
  LQ_DITHER_NONE,
  LQ_DITHER_RPDF,   /* rectangular, ±½ LSB */
  LQ_DITHER_TPDF,   /* triangular, ±1 LSB */
  LQ_DITHER_TPDF_HP /* triangular, the difference of successive rectangular ones */
};

/* An integer format as the quantiser sees it. */
struct lq_quantum {
  float scale;      /* LSBs of full scale: 2^(bits−1) */
  float lo, hi;     /* LSBs, floats that a 32-bit integer holds: what x·scale is held to */
  float top;        /* LSBs: from here on the result is `max` */
  int32_t min, max; /* range of the result */
};

/* Error feedback of 4, 8, 12 or 16 taps for up to LQ_SHAPE_LANES channels side by side: the noise
 * passes 1 − Σ c[k]·z^−(k+1). state[k][lane] is what past errors add to the frame k ahead, so
 * that each error keeps the taps in force when it was made. */
#define LQ_SHAPE_LANES 4
#define LQ_SHAPE_TAPS 16

struct lq_shape_taps {
  uint32_t order; /* 4, 8, 12 or 16; taps from here on are 0 */
  float c[LQ_SHAPE_TAPS];
};

/* Half-band filters and others that are symmetric: out[i] = middle[i]·weight + Σ taps[k]·(a[k][i] +
 * b[k][i]), the farthest (k = pairs − 1) first. The variants give the same bits. */
#define LQ_FOLD_PAIRS 24

struct lq_fold {
  const float *a[LQ_FOLD_PAIRS], *b[LQ_FOLD_PAIRS];
  const float *middle; /* may be NULL */
  const float *taps;
  float weight;
  uint32_t pairs;
};

/* Saturation curves f, odd, of slope 1 at 0, going to ±1. */
enum lq_curve {
  LQ_CURVE_ROOT,   /* x/√(1 + x²) */
  LQ_CURVE_TANH,   /* tanh x */
  LQ_CURVE_FOURTH, /* x/⁴√(1 + x⁴) */
  LQ_CURVE_CLIP    /* x held to ±1 */
};

struct lq_curve_shape {
  uint32_t curve; /* enum lq_curve */
  float scale, bias, offset, gain;
};

/* First-order section y = hi·x + difference·lp, lp = p·lp + q·(x + last x): gain hi at half the
 * rate, hi + difference at 0 Hz where q = (1 − p)/2. Frames go in groups of LQ_SHELF_GROUP. */
#define LQ_SHELF_GROUP 4

struct lq_shelf_taps {
  double p, q, hi, difference;
};
struct lq_shelf_state {
  double lp, last;            /* at the end of the last whole group; the last x of all */
  double fed[LQ_SHELF_GROUP]; /* q·(x + last x) of the group that isn't whole */
};

/* A low-pass of two channels' middle and side, lp = p·lp + now·x + before·(last x), LQ_BASS_STEP frames at
 * once: its answer to an impulse behind zeros, and p^k, by which z = p·lp + before·(last x) goes on. Sums
 * over a step are floats, z is not. */
#define LQ_BASS_STEP 8

struct lq_bass_taps {
  double p, before, step; /* step: p^LQ_BASS_STEP */
  float low[2 * LQ_BASS_STEP], decay[LQ_BASS_STEP];
};
struct lq_bass_state {
  double z[2];              /* of the step under way: middle, side */
  float last[2];            /* of the last whole step, the last values of both */
  float x[2][LQ_BASS_STEP]; /* what came of the step under way */
};

/* A static curve, dB: gain = −slope·(what the level exceeds the threshold by, round the knee), at
 * least −range; and below the threshold slope·(what is missing), at most `upward`. A slope below 0
 * raises what is above, at most by range. */
struct lq_squash {
  float threshold_db, slope /* 1 − 1/ratio */, knee_db, range_db, upward_db;
};

/* How a gain follows its target, coefficients a frame: z = c·z + (1 − c)·target. */
struct lq_ballistics {
  double attack, release;
  double take, give;  /* of the slow gain, the lower of which and the fast one counts, if … */
  uint32_t lingers;   /* … it does */
  uint32_t decoupled; /* the release is smoothed by the attack */
  uint32_t rounded;   /* two alike in series, nothing else */
};

/* Gains side by side, a lane each: z = c·z + (1 − c)·target, the faster coefficient or the slower one
 * as the target lies. At most so many. */
#define LQ_FOLLOW_LANES 12
struct lq_follow_lanes {
  double attack[LQ_FOLLOW_LANES], release[LQ_FOLLOW_LANES];
  double z[LQ_FOLLOW_LANES];
};

/* An LR4 crossover, bilinear: a1, a2 of one Butterworth section of second order, gain the square of
 * its high-pass's. The states of two channels, of both recursions: last, last but one. */
struct lq_crossover_taps {
  double a1, a2, gain;
};
struct lq_crossover_state {
  double w[2][2], v[2][2];
};

/* A tree of such crossovers, for up to LQ_BANDS_MAX bands of two channels. Four lanes are those of two
 * signals. Recursion 0 splits the input; then its lower and upper bands pass the all-passes 1 and 2,
 * as many as there are, and are split by 3. From LQ_BANDS_DEEP bands on recursions 4 and 5 split the
 * two bands of each: the lower of a pair only passes the all-pass. Without a gain the upper band of
 * a lane is silence, and the lower one is the all-pass. */
#define LQ_BANDS_MAX 6
#define LQ_BANDS_DEEP 5
#define LQ_BANDS_RECURSIONS 6

struct lq_bands_taps {
  uint32_t bands; /* 2 to LQ_BANDS_MAX */
  double a1[LQ_BANDS_RECURSIONS][4], a2[LQ_BANDS_RECURSIONS][4], gain[LQ_BANDS_RECURSIONS][4];
};
struct lq_bands_state {
  /* Last, last but one: of all-passes, and of the second high-passes, where 4 has those of 5 too. */
  double w[LQ_BANDS_RECURSIONS][2][4], v[LQ_BANDS_RECURSIONS][2][4];
};

/* Filters whose taps move (processors/dyneq.h), a pair of lanes each, left and right:
 *   u = own·x + other·(x of the other channel)
 *   y = base + d·u + c1·v + c2·w;  v' = a·v − b1·w + i1·u;  w' = w − b2·w + b1·v + i2·u
 * where base is x, or 0 of a detector. Within a group of frames taps go straight from a row to the
 * next: at its frame i they are row[r] + (row[r + 1] − row[r])·(i + 1)/group. */
#define LQ_SWING_BANDS 4
#define LQ_SWING_LANES (2 * LQ_SWING_BANDS)
#define LQ_SWING_GROUP 64

enum lq_swing_tap {
  LQ_SWING_A,
  LQ_SWING_B1,
  LQ_SWING_B2,
  LQ_SWING_I1,
  LQ_SWING_I2,
  LQ_SWING_D,
  LQ_SWING_C1,
  LQ_SWING_C2,
  LQ_SWING_OWN,
  LQ_SWING_OTHER,
  LQ_SWING_TAPS
};
struct lq_swing_row {
  double tap[LQ_SWING_TAPS][LQ_SWING_LANES];
};
struct lq_swing {
  const struct lq_swing_row *row;  /* of the group that the first frame lies in, and so on */
  double (*state)[LQ_SWING_LANES]; /* v, w */
  uint32_t count;                  /* bands, from 1 on; lanes of others pass x on: all 0 */
  uint32_t group;                  /* frames, LQ_SWING_GROUP at most */
  uint32_t mixed;                  /* else own is 1 and other is 0 in all rows */
  uint32_t
      moving; /* swing_levels: else its first row holds all the time, and is the only one */
};

#define LQ_HOLD_GROUP 8

/* One recursion, which takes frames in groups on the grid; and all that a gain has. */
#define LQ_FOLLOW_GROUP 4
struct lq_follow {
  double z;                   /* at the end of the last whole group */
  float fed[LQ_FOLLOW_GROUP]; /* targets of the group that isn't whole */
};
struct lq_ballistics_state {
  struct lq_follow gain, slow; /* slow: that lingers, or the second in series */
  double peak;                 /* that a decoupled detector smooths */
};

/* A reverb tank: this many lines, mixed by Walsh-Hadamard's matrix; planes of a step, and the
 * steps themselves, have room for LQ_TANK_STEP frames, all of which may be read and written. What
 * moves goes straight through a hop: now + step·frame, frames counted from the last grid point. */
#define LQ_TANK_LINES 16
#define LQ_TANK_STEP 64

struct lq_tank_gain {
  float now, step;
};
struct lq_tank_damp {
  float now[5][LQ_TANK_LINES], step[5][LQ_TANK_LINES]; /* b0, b1, b2, a1, a2 of each line */
  uint32_t moving;
};
struct lq_tank_mix {
  float cosine[LQ_TANK_LINES / 2], sine[LQ_TANK_LINES / 2]; /* of angles by which pairs turn */
  float cosine_step[LQ_TANK_LINES / 2], sine_step[LQ_TANK_LINES / 2];
  float inject, inject_step;
  uint32_t turning;
};

/* FFT (primitives/fft.h): four runs of `quarter` values that a pass reads, and the pass. Results
 * go to y[q + stride·(radix·p + j)] for i = q + stride·p. Factors: 6 for each p, cosine and sine
 * for j = 1, 2, 3; while stride < 16 the same for each i, in groups of 16 i, 16 of a kind. */
struct lq_fft_runs {
  const float *re[4], *im[4];
};
struct lq_fft_pass {
  uint32_t quarter, stride;
  uint32_t radix; /* 4; the last pass's may be 2 */
  const float *twiddles;
};

/* The spectrum of a real signal, bins 0 to N/2 − 1: blocks of so many real parts, then imaginary
 * ones. Bin 0 has the real bin N/2 as its imaginary part. */
#define LQ_SPECTRUM_BLOCK 16

/* Taps of a filter that isn't symmetric. */
#define LQ_FIR_TAPS 64

struct lq_kernels {
  /* Whether any of n samples is NaN, infinite or beyond ±LQ_SCRUB_LIMIT. */
  uint32_t (*bad) (const float *x, uint32_t n);
  /* Largest |x| of n samples; 0 for none. x must be free of NaN. */
  float (*peak) (const float *x, uint32_t n);
  /* lanes[(phase + i) % LQ_PRODUCT_LANES] += x[i]·y[i], each sum in the order of frames; x and y
   * may be the same. */
  void (*product) (const float *x, const float *y, uint32_t n, uint32_t phase, double *lanes);
  /* product of x and x, y and y, x and y in one pass: the same bits. */
  void (*products) (const float *x, const float *y, uint32_t n, uint32_t phase, double *xx,
      double *yy, double *xy);
  /* Adds n frames to the pair's energy; left and right may be the same. */
  void (*kweight) (const struct lq_kweight_taps *taps, struct lq_kweight_pair *pair,
      const float *left, const float *right, uint32_t n);
  /* Largest of `floor` and of |y| between frames i and i + 1, i = 0 … n − 1; such a y is made
   * of x[i − 11] … x[i + 12]. Reads LQ_TRUEPEAK_BEFORE frames before x and LQ_TRUEPEAK_BEHIND
   * behind its n; those from x[n + 12] on may hold any finite number. Where y can't exceed
   * floor it isn't computed. */
  float (*truepeak) (
      const struct lq_truepeak_taps *taps, const float *x, uint32_t n, float floor);
  /* Largest |x| of frames 0 … n and of seven values between each two of them, n ≤
   * LQ_OVERSHOOT_GROUP; `last`: of those between the last two alone. Where neither can exceed
   * `floor` some number up to it, and 0. Reads LQ_OVERSHOOT_BEFORE frames before x and
   * LQ_OVERSHOOT_BEHIND behind its n. */
  float (*overshoot) (const struct lq_overshoot_taps *taps, const float *x, uint32_t n,
      float floor, float *last, float *scratch);
  /* x[i] *= Σ basis[k·stride + i]·control[k], k = 0 … 3, and the same of `other` (or NULL). The variants
   * give the same bits. */
  void (*spline) (const float *basis, uint32_t stride, const float control[4], float *x,
      float *other, uint32_t n);
  /* curve[i] = Σ basis[k·group + f]·(1 − control[g + k]), f + g·group = at + i. The variants give the
   * same bits. */
  void (*spline_fall) (const float *basis, uint32_t group, const float *control, uint32_t at,
      float *curve, uint32_t n);
  /* level[i] = the largest |x| of the channels at frame i. */
  void (*magnitude) (const float *const *x, float *level, uint32_t channels, uint32_t n);
  /* Groups of LQ_HOLD_GROUP values, none negative: each value becomes the largest of its group so far
   * and of *largest; value[g] that of the group; *since the largest of all groups and of what it
   * was; *largest then that of *since and rest[g]. */
  void (*hold) (
      float *x, float *value, const float *rest, float *since, float *largest, uint32_t groups);
  /* dB of numbers that aren't negative, −200 at the least, within 0.0001 dB, and back: exactly 1
   * at 0 dB, 0 from −200 dB down, else within 1e-6 of it. In place or not. */
  void (*decibels) (const float *linear, float *db, uint32_t n);
  void (*gains) (const float *db, float *linear, uint32_t n);
  void (*squash) (
      const struct lq_squash *curve, const float *level_db, float *gain_db, uint32_t n);
  /* gain (which may be target) follows target, at most LQ_BLOCK of them. `ratio` (or NULL): the level
   * is looked at behind the gain, where the curve has this ratio. phase: frames since the last grid
   * point; settings and states change there alone. */
  void (*ballistics) (const struct lq_ballistics *how, struct lq_ballistics_state *state,
      const float *target_db, const float *ratio, float *gain_db, uint32_t phase, uint32_t n);
  /* Planes of gains, in place: targets become what follows them. */
  void (*follow) (
      struct lq_follow_lanes *lanes, float *const *gain_db, uint32_t planes, uint32_t n);
  /* y[i] = Σ (offset[b] + scale[b]·gain[b][i])·x[b][i]. Variants give the same bits. */
  void (*blend) (const float *const *x, const float *const *gain, const float *offset,
      const float *scale, uint32_t bands, float *y, uint32_t n);
  /* x² of two channels (or of one, twice) through two of z = keep·z + (1 − keep)·x in series, two
   * states each: the larger of both. */
  void (*mean_square) (const double keeps[2], double *const state[2], const float *const x[2],
      float *mean, uint32_t n);
  /* The upper bands of two channels (or of one, twice), and what both bands sum to; in place or not. */
  void (*crossover) (const struct lq_crossover_taps *taps, struct lq_crossover_state *state,
      const float *const x[2], float *const upper[2], float *const sum[2], uint32_t n);
  /* The bands of two channels (or of one, twice): which signals lie where is bands' matter. */
  void (*bands) (const struct lq_bands_taps *taps, struct lq_bands_state *state,
      const float *const x[2], float *const (*out)[2], uint32_t n);
  /* What detectors hear of the same two planes, each by itself: for each group, or part of one,
   * peak[…][k] is the largest |y| of both channels of band k. heard (or NULL): y, LQ_SWING_LANES of
   * each frame. x: the planes as doubles, interleaved. Rows aren't askew. */
  void (*swing_levels) (const struct lq_swing *bands, const float *const in[2], double *x,
      uint32_t phase, uint32_t n, float (*peak)[LQ_SWING_BANDS], double *heard);
  /* Bands in series on such an x, in place, and to two planes. In row[r] band k has what is meant for
   * group r − k, so that there are as many rows more as bands. phase: frames since the group began.
   * Both: fused multiply-add where there is one. */
  void (*swing) (
      const struct lq_swing *bands, double *x, float *const out[2], uint32_t phase, uint32_t n);
  /* Both lanes of band k of n rows, up to LQ_SWING_OWN: values at places at[r], 0 to `pieces`, of
   * cubics between whole numbers. The variants give the same bits. */
  void (*swing_taps) (const double (*cubic)[4][LQ_SWING_OWN], uint32_t pieces, const double *at,
      struct lq_swing_row *row, uint32_t k, uint32_t n);
  /* The next LQ_NOISE_WORDS random words from the last. */
  void (*noise) (uint32_t *words);
  /* d[i] in LSBs from words[i]; LQ_DITHER_TPDF_HP looks at words[−1] too. Not for LQ_DITHER_NONE,
   * whose d is 0. */
  void (*dither) (const uint32_t *words, float *d, uint32_t kind, uint32_t n);
  /* q = x·scale + d to the nearest integer, ties to even, in range; NaN counts as 0. Exact: d is
   * added to the fraction alone. */
  void (*quantize) (
      const float *x, const float *d, int32_t *q, const struct lq_quantum *to, uint32_t n);
  /* quantize with the errors fed back, on 1 to LQ_SHAPE_LANES planes of at most LQ_NOISE_WORDS
   * frames; for formats of 24 bits and fewer. An error is what rounding and d make, never what
   * saturation takes: it stays below ½ + |d|. No fused multiply-add: variants agree. */
  void (*shape) (const struct lq_shape_taps *taps, float (*state)[LQ_SHAPE_LANES],
      const float *const *x, const float *const *d, int32_t *const *q,
      const struct lq_quantum *to, uint32_t channels, uint32_t n);
  /* Interleaves planes of integers that fit into 16 bits. */
  void (*narrow) (const int32_t *const *q, int16_t *out, uint32_t channels, uint32_t n);
  /* n frames of two channels, 32 bits of whatever kind, to planes and back. What split returns
   * isn't 0 where, read as floats, one of them is bad. */
  uint32_t (*split) (const uint32_t *in, uint32_t *left, uint32_t *right, uint32_t n);
  void (*merge) (const uint32_t *left, const uint32_t *right, uint32_t *out, uint32_t n);
  /* n biquads in series over frames of 1 or 2 interleaved channels, in place; state[i] of each
   * has LQ_BIQUAD_STATE values, of which mono uses those of left. Fused multiply-add where there is one. */
  void (*biquads) (double *x, uint32_t frames, uint32_t channels,
      const struct lq_biquad_taps *taps, double *const *state, uint32_t n);
  /* The same from and to one plane or two (b may be NULL), for at most LQ_BIQUADS_PASS of them. */
  void (*biquads_planar) (float *a, float *b, uint32_t frames,
      const struct lq_biquad_taps *taps, double *const *state, uint32_t n);
  /* A symmetric filter of n values; `out` is none of its inputs. */
  void (*fold) (const struct lq_fold *fold, float *out, uint32_t n);
  /* y = (f (x·scale + bias) − offset)·gain, to 1e-6 of f; y may be x. |x·scale + bias| ≤ 1e9.
   * Variants give the same bits. */
  void (*curve) (const struct lq_curve_shape *shape, const float *x, float *y, uint32_t n);
  /* LQ_CURVE_CLIP, its mean over the straight line from `before[i]` to x[i]. */
  void (*clip_mean) (const struct lq_curve_shape *shape, const float *before, const float *x,
      float *y, uint32_t n);
  /* In place; phase: frames since the last whole group. Variants give the same bits. */
  void (*shelf) (const struct lq_shelf_taps *taps, struct lq_shelf_state *state, float *x,
      uint32_t phase, uint32_t n);
  /* Two channels (or one, twice) in place: the low-passed middle by by_mid[i] and side by by_side[i] are
   * taken away, each below its own taps. Both NULL: all of the side, of the middle nothing, whose taps may
   * be NULL, and no state but the side's is known then. phase: frames since the last whole step. */
  void (*bass) (const struct lq_bass_taps *mid, const struct lq_bass_taps *side,
      struct lq_bass_state *state, float *const ch[2], const float *by_mid,
      const float *by_side, uint32_t phase, uint32_t n);
  /* Lines' ends x through their biquads (transposed form II, its two states) into planes f. The
   * variants of all tank loops give the same bits. */
  void (*tank_damp) (const struct lq_tank_damp *damp, float (*state)[LQ_TANK_LINES],
      const float *const *x, float *f, uint32_t first, uint32_t n);
  /* v = H·f goes to those `rows` that aren't NULL; then pairs turn, and lines begin with what
   * comes of it ± a (even ones) or b, times `inject`. */
  void (*tank_mix) (const struct lq_tank_mix *mix, const float *f, const float *a,
      const float *b, float *const *to, float *const *rows, uint32_t first, uint32_t n);
  /* y = past − g·x; line = x + g·y. */
  void (*tank_allpass) (const struct lq_tank_gain *gain, const float *x, const float *past,
      float *line, float *y, uint32_t first, uint32_t n);
  /* y = Σ gain[k]·x[k]. */
  void (*tank_sum) (const struct lq_tank_gain *gain, const float *const *x, uint32_t count,
      float *y, uint32_t first, uint32_t n);
  /* One pass of an FFT but the last, of i = begin … end − 1: multiples of 16. */
  void (*fft_pass) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from, float *re,
      float *im, uint32_t begin, uint32_t end);
  /* The last, which may be in place; `upper`: only the second half of the spectrum, to planes
   * that hold no more. */
  void (*fft_last) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from, float *re,
      float *im, uint32_t begin, uint32_t end, uint32_t upper);
  /* Twice the spectra of two real signals from that of left + j·right, and that spectrum from
   * those of the signals: bins begin … end − 1 of the halves, multiples of LQ_SPECTRUM_BLOCK, of
   * which left and right hold no others. A value behind the planes is read, and written. right
   * of fft_part may be NULL. */
  void (*fft_part) (const float *re, const float *im, uint32_t size, float *left, float *right,
      uint32_t begin, uint32_t end);
  void (*fft_join) (const float *left, const float *right, uint32_t size, float *re, float *im,
      uint32_t begin, uint32_t end);
  /* Of two real signals, from the spectrum of left + j·right as it is without a window: 64 times the
   * power of left, of right and of left + right between `lo` and `hi` under Hann's window, which is
   * put on here. lo and hi count in bins, 1½ ≤ lo < hi ≤ size/2; bin k reaches from k − ½ to k + ½. */
  void (*band_power) (
      const float *re, const float *im, uint32_t size, float lo, float hi, float power[3]);
  /* sum (fresh: what is 0 before) += Σ x[p]·h[p] over `parts` pairs of spectra, bins a multiple of
   * LQ_SPECTRUM_BLOCK; real: their first is bin 0. */
  void (*mac) (float *sum, const float *const *x, const float *const *h, uint32_t parts,
      uint32_t bins, uint32_t fresh, uint32_t real);
  /* mac of x and h to sums[0], and of x and next to sums[1]. */
  void (*mac_two) (float *const *sums, const float *const *x, const float *const *h,
      const float *const *next, uint32_t parts, uint32_t bins, uint32_t fresh, uint32_t real);
  /* fft_pass and fft_last, which give the same bits in all variants; and mac, which does so too,
   * of complex spectra whose imaginary parts lie `gap` floats behind their real ones, bins a
   * multiple of LQ_SPECTRUM_BLOCK. */
  void (*fft_pass_exact) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from,
      float *re, float *im, uint32_t begin, uint32_t end);
  void (*fft_last_exact) (const struct lq_fft_pass *pass, const struct lq_fft_runs *from,
      float *re, float *im, uint32_t begin, uint32_t end, uint32_t upper);
  void (*mac_apart) (float *sum, const float *const *x, const float *const *h, uint32_t parts,
      uint32_t bins, uint32_t gap, uint32_t fresh);
  /* out[i] = Σ bases[b][i] + Σ taps[k]·x[i − k], LQ_FIR_TAPS of them, or taps NULL; n is a multiple
   * of 16. The same bits wherever a frame lies. out may be one of the bases. */
  void (*fir) (const float *taps, const float *x, const float *const *bases, uint32_t n_bases,
      float *out, uint32_t n);
  /* sum += x·gain; sum += x·curve, each rounded to a multiple of 2^-44. They don't overlap. The
   * variants give the same bits. mix_pair: of frames of two, to sums of their own, up to the
   * first group in which one is bad: returns how many. */
  void (*mix) (double *sum, const float *x, double gain, uint32_t n);
  uint32_t (*mix_pair) (
      double *left, double *right, const float *x, const double *gain, uint32_t n);
  /* Of frames of two the largest magnitude of each channel, and their squares, added to
   * LQ_PRODUCT_LANES lanes as `product` does, within 1e-6 of it. */
  void (*pair_level) (
      const float *x, uint32_t n, uint32_t phase, float peak[2], double *left, double *right);
  void (*mix_curve) (double *sum, const float *x, const float *curve, uint32_t n);
  /* x[0] = (l + r)·scale, x[1] = (l − r)·scale. Variants give the same bits. */
  void (*groove_take) (
      const float *l, const float *r, float scale, float *const x[2], uint32_t n);
  /* n frames, whole groups, of both planes x: d[i] = x[i] − x[i − 1], so that one before is read,
   * high and, where `slow` is given, slow. Fused multiply-add where there is one. */
  void (*groove_run) (const struct lq_groove_poles *poles, struct lq_groove_state *state,
      const float *const x[2], float *const d[2], float *const high[2], float *const slow[2],
      uint32_t n);
  /* The forms of those `kinds` (of 1 << kind) at groups one behind the other: what moves to `wave`,
   * their peaks to `peaks`, where those of other kinds become 0. The first and last `skip` taps are
   * 0; skip is even, that of acceleration not above that of velocity, which isn't above that of
   * displacement. */
  void (*groove_grid) (const struct lq_groove_form form[LQ_GROOVE_KINDS],
      const uint32_t skip[LQ_GROOVE_KINDS], uint32_t kinds, const struct lq_groove_rows *rows,
      float *const wave[LQ_GROOVE_KINDS][2], struct lq_groove_peaks *peaks, uint32_t groups);
  /* Raises one group's peaks of a kind, of which wave holds what groove_grid found, by what lies
   * between: where it may exceed `floor`, and the peak that is known by more than a factor `slack`. Beside
   * its first and last frames, whose neighbours aren't there, something may be higher by `more`. */
  void (*groove_closer) (const struct lq_groove_close *close, uint32_t kind,
      const struct lq_groove_rows *rows, const float *const wave[2], float floor, float slack,
      float more, struct lq_groove_peaks *peaks);
  /* One form of both planes, n a multiple of LQ_GROOVE_GROUP. */
  void (*groove_wave) (const struct lq_groove_form *form, const struct lq_groove_rows *rows,
      float *const out[2], uint32_t n);
  /* Adds to the sums. What low hears is sharpened, x − (second difference of x)/24, for the sake of what
   * falls in the sums of a step, and so a step late. Fused multiply-add where there is one. */
  void (*treatment) (const struct lq_treatment_taps *taps, struct lq_treatment_state *state,
      const float *const x[LQ_TREATMENT_LANES], uint32_t hops);
};

/* The table in force. [setup] */
const struct lq_kernels *lq_kernels (void);

/* In a kernel file: the name with the variant behind it. */
#define LQ_KERNEL_PASTE(name, isa) lq_##name##_##isa
#define LQ_KERNEL_NAME(name, isa) LQ_KERNEL_PASTE (name, isa)
#define LQ_KERNEL(name) LQ_KERNEL_NAME (name, LQ_ISA)

#endif
