/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What kernels that measure a record work on. Layer: base. */

#ifndef LQ_GROOVE_ROWS_H
#define LQ_GROOVE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/* The groove (primitives/groove.h): what moves is measured in groups of so many frames, from planes
 * of which as many must be readable before and behind a group. Planes: 0 is (left + right)/√2,
 * 1 (left − right)/√2. */
#define LQ_GROOVE_GROUP 16
#define LQ_GROOVE_TAPS 32

/* y = Σ tap[k]·d[i + k − 15] + x·x[i] + high·high[i] + slow·slow[i]. */
struct lq_groove_form {
  float tap[LQ_GROOVE_TAPS], x, high, slow;
};

enum lq_groove_kind { LQ_GROOVE_VELOCITY, LQ_GROOVE_ACCELERATION, LQ_GROOVE_DISPLACEMENT };
#define LQ_GROOVE_KINDS 3

/* Places of a frame that are looked at where it matters, and their forms side by side. `half`: the
 * form half a frame beside that of groove_grid, which is before it where `before`, and behind
 * otherwise. */
#define LQ_GROOVE_PHASES 8
struct lq_groove_close {
  struct lq_groove_form half;
  bool before;
  float tap[LQ_GROOVE_TAPS][LQ_GROOVE_PHASES];
  float x[LQ_GROOVE_PHASES], high[LQ_GROOVE_PHASES], slow[LQ_GROOVE_PHASES];
};

/* high: what a pole lets through, z ← keep·z + feed·x. slow: three poles near 0 Hz, of which two turn
 * by `turn` a frame: Σ of their states by `out`. States: real, re, im, low. LQ_GROOVE_STEP frames go at
 * once, in two halves, for which all stands here twice: low and slow, what frame n of a half does to
 * each; into, what it does to the states at the half's end; rest, what each state at its start does;
 * stay_half and cross_half, from the step's start to the half's, as stay and cross over the step:
 * z ← stay·z + cross·(z turned) + what goes in. */
#define LQ_GROOVE_STEP 8
struct lq_groove_poles {
  double keep, feed, share, fall, turn[2], out[3];
  double stay[4], cross[4];
  float stay_half[LQ_GROOVE_STEP], cross_half[LQ_GROOVE_STEP], rest[4][LQ_GROOVE_STEP];
  float low[LQ_GROOVE_STEP / 2][LQ_GROOVE_STEP], slow[LQ_GROOVE_STEP / 2][LQ_GROOVE_STEP];
  float into[LQ_GROOVE_STEP / 2][LQ_GROOVE_STEP];
};
struct lq_groove_state {
  double z[2][4];
};
struct lq_groove_rows {
  const float *x[2], *d[2], *high[2], *slow[2];
};

/* Largest of a group: |plane 0| of velocity; |plane 0 ± plane 1| of acceleration; of displacement
 * |plane 0|, plane 1 + plane 0, plane 1 − plane 0, plane 1 and −plane 1. */
struct lq_groove_peaks {
  float velocity, acceleration, lateral, inward, outward, deep, shallow;
  float nothing; /* so that they are eight */
};

/* Power of four signals (primitives/treatment.h), in steps of LQ_TREATMENT_HOP frames. Two sections
 * each, of a1 and a2, whose numerators are (1 + z⁻¹)² and (1 − z⁻¹)²: low works on sums of `step` frames,
 * a power of two. */
#define LQ_TREATMENT_LANES 4
#define LQ_TREATMENT_HOP 64

struct lq_treatment_taps {
  float low[2][2], high[2][2];
  uint32_t step; /* 1 to LQ_TREATMENT_HOP */
};
struct lq_treatment_past {
  float x[2][LQ_TREATMENT_LANES], u[2][LQ_TREATMENT_LANES], y[2][LQ_TREATMENT_LANES];
};
/* Pasts: last, last but one. Sums so far: of all that came in, of what low and high let through, and of
 * what low did times the same of the neighbour, 0 and 1, 2 and 3. */
struct lq_treatment_state {
  struct lq_treatment_past low, high;
  float box[2][LQ_TREATMENT_LANES];
  double all[LQ_TREATMENT_LANES], bass[LQ_TREATMENT_LANES], treble[LQ_TREATMENT_LANES],
      cross[LQ_TREATMENT_LANES];
};

#endif
