/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The groove that a lathe would cut of a signal: how fast and how far it moves. Layer: primitives.
 *
 * Lateral is (left wall + right wall)/√2, vertical (left − right)/√2, walls orthonormal; above 0 is
 * towards the centre of the disc, and deeper. A mono sine of 1 kHz at the reference level has the
 * reference velocity laterally, and 1/√2 of it at each wall.
 *
 *   velocity      v = K·h ∗ x, h: (1 + sT1)(1 + sT3)/(1 + sT2), 1 at 1 kHz             cm/s
 *   acceleration  a = dv/dt                                                             g
 *   displacement  y = ∫v dt through a Butterworth high-pass of third order at 20 Hz     µm
 *
 * Velocity and acceleration have no high-pass. All are within 0.05 dB of that, and in phase with it,
 * up to 0.45 of the rate (docs of the tests: measured figures in tests/dsp/test-groove.c).
 *
 * Peaks are those of groups of LQ_GROOVE_GROUP frames. Where a group comes near `floor` its peaks are
 * looked for at LQ_GROOVE_PHASES places a frame instead of one, which find all but 0.15 dB of a tone
 * up to 0.45 of the rate; elsewhere they may read low, never so low that what exceeds `floor` were
 * missed by music. Channels: 1 or 2. */

#ifndef LQ_GROOVE_H
#define LQ_GROOVE_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/stream.h"

/* What to measure: any of 1 << kind. */
#define LQ_GROOVE_ALL ((1u << LQ_GROOVE_KINDS) - 1)

/* Most groups that one call measures. */
#define LQ_GROOVE_GROUPS (LQ_BLOCK / LQ_GROOVE_GROUP + 1)

/* The first group that is measured is that of the frames −16 … −1, once frame 15 is there: a group
 * is known when so many frames behind its last have come. */
#define LQ_GROOVE_LAG LQ_GROOVE_GROUP

/* What the sums of a group hear besides the poles, frames. */
#define LQ_GROOVE_MEMORY (LQ_GROOVE_TAPS + LQ_GROOVE_GROUP)

/* Standard gravity, cm/s²; RIAA's time constants, s; the corner of the high-pass, Hz. */
#define LQ_GROOVE_G 980.665
#define LQ_RIAA_T1 3180e-6
#define LQ_RIAA_T2 318e-6
#define LQ_RIAA_T3 75e-6
#define LQ_GROOVE_HIGH_PASS_HZ 20.0

/* Peaks beyond which more exact ones are asked for. 0: always; a limit: what a limiter takes; the
 * highest so far: what a meter takes; HUGE_VALF: never. */
struct lq_groove_floor {
  float velocity, acceleration, displacement;
  float vertical; /* displacement; 0: the same as of lateral */
  float slack;    /* factor by which a peak may read low, above 1; 0: 0.09 dB */
  float steepest; /* no acceleration is higher, for displacement's sake; 0: what was measured */
};

/* Of one rate; scaled so that x is (left ± right)·scale. */
struct lq_groove_design {
  struct lq_groove_poles poles;
  struct lq_groove_form grid[LQ_GROOVE_KINDS];
  struct lq_groove_form fine[LQ_GROOVE_KINDS][LQ_GROOVE_PHASES];
  struct lq_groove_close close[LQ_GROOVE_KINDS];
  uint32_t skip[LQ_GROOVE_KINDS]; /* taps of `grid` that are 0, at either end */
  double scale;
};

/* Back from a wall's displacement, µm, to its channel: y = Σ tap[k]·d[i + k − 15] + Σ high[p]·(x − z_p), z_p ←
 * keep[p]·z_p + feed[p]·x, by the same scale. */
struct lq_groove_playback {
  float tap[LQ_GROOVE_TAPS], high[2];
  double keep[2], feed[2];
};

typedef struct lq_groove {
  const struct lq_kernels *kernels;
  uint32_t channels;
  struct lq_groove_design design;
  float *planes;
  float slope,
      bow; /* by how much an acceleration changes velocity and displacement in half a frame */
  struct lq_groove_peaks peaks[LQ_GROOVE_GROUPS]; /* of the last call */
  struct {
    struct lq_groove_state poles;
    uint32_t pending; /* frames that are no group yet */
  } z;
} lq_groove;

/* Takes a millisecond or so. [setup] */
void lq_groove_design (struct lq_groove_design *design, double rate, double reference_velocity,
    double reference_level_db);

void lq_groove_playback_design (
    struct lq_groove_playback *playback, double rate, double scale); /* [setup] */

/* cm/s, dBFS. False: no memory. [setup] */
bool lq_groove_prepare (lq_groove *u, const lq_stream *stream, double reference_velocity,
    double reference_level_db, lq_arena *arena);
/* The same as another, whose design it takes. [setup] */
bool lq_groove_prepare_like (
    lq_groove *u, const lq_stream *stream, const lq_groove *other, lq_arena *arena);
void lq_groove_reset (lq_groove *u); /* [rt] */

/* n ≤ LQ_BLOCK frames; returns for how many groups u->peaks holds the peaks now: those of `kinds`, the
 * others are 0. The same bits however the stream is cut, as long as the kinds are the same; those that
 * are asked for later than others begin from rest. [rt] */
uint32_t lq_groove_process (lq_groove *u, const float *const *x, uint32_t n, uint32_t kinds,
    const struct lq_groove_floor *floor);

/* Frames whose peaks nobody wants. [rt] */
void lq_groove_follow (lq_groove *u, const float *const *x, uint32_t n);
/* From where another was that heard the same, at the end of a group; once LQ_GROOVE_MEMORY more frames were
 * followed, its peaks are that one's to the bit. [rt] */
void lq_groove_resume (lq_groove *u, const struct lq_groove_state *poles);

/* 2π·r·rpm/60, cm/s, of a radius in mm. [any] */
double lq_groove_speed (double radius_mm, double rpm);

/* a·ρ/vg², and the acceleration at which it is 1: g, µm, cm/s. [any] */
double lq_groove_curvature (double acceleration, double stylus_um, double speed);
double lq_groove_acceleration (double stylus_um, double speed);

#endif
