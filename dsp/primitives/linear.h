/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Linear-phase filters of up to N − 1 taps on one input of one or two channels, late by exactly
 * N/2 − 1 frames, whose magnitudes may be changed while playing: one forward transform for all
 * filters and both channels. Layer: primitives.
 *
 * The N/16 taps at either end are 0: that is the time in which a block is transformed, so that no
 * block's latency is added. Everything happens on the grid counted from the reset.
 *
 * What a filter does to two channels is a matrix of magnitudes, in the bins 0 … N of 2·N:
 * lq_linear_begin, fill lq_linear_target, then lq_linear_step at each hop until it says that it is
 * done; and the same for each filter that changes; then lq_linear_swap, and all of them cross-fade
 * together. While a fade is due or on (lq_linear_busy) no design may begin. */

#ifndef LQ_LINEAR_H
#define LQ_LINEAR_H

#include "../base/stream.h"
#include "fft.h"

#include <stdbool.h>
#include <stdint.h>

#define LQ_LINEAR_PARTS 14
#define LQ_LINEAR_FILTERS 8

#define LQ_LINEAR_TAPS_MIN 1024 /* N */
#define LQ_LINEAR_TAPS_MAX 131072

/* Where a design's magnitudes go, each of bins 0 … N; may be negative. Filters alike on both
 * channels need the first alone. ll, rr: of left and of right; lr: what right gives to left. */
struct lq_linear_target {
  float *half_sum;   /* (ll + rr)/2 */
  float *half_turn;  /* (rl − lr)/2 */
  float *half_split; /* (ll − rr)/2 */
  float *half_cross; /* (rl + lr)/2 */
};

/* What is put out: nothing but the delay, the same on both channels, or a matrix. */
enum lq_linear_kind { LQ_LINEAR_DELAY, LQ_LINEAR_BOTH, LQ_LINEAR_MATRIX };

/* A filter's spectra of partitions, of half_sum + j·half_turn and, for the mirrored input, of
 * half_split + j·half_cross: re and im planes. */
struct lq_linear_set {
  enum lq_linear_kind kind;
  float *taps[2];
};

/* An FFT under way, slice by slice. */
struct lq_linear_slice {
  uint32_t pass, at;
};

typedef struct lq_linear {
  const struct lq_kernels *kernels;
  uint32_t channels, taps, filters;
  uint32_t block, hops; /* of a partition: N/16 frames */
  uint32_t gap, stride; /* floats from a spectrum's real to its imaginary part; to the next */
  uint32_t fade_frames; /* of a cross-fade */
  bool matrices;        /* there may be some */
  lq_fft fft, design;   /* of 2·block, and of 2·N */
  float *ring[2];       /* input, two blocks each */
  float *spectra[2];    /* of past blocks, and mirrored */
  float *work[2][2];    /* what passes go between */
  float *fade;          /* 0 … 1 */
  float *window;        /* taps' weights from the middle on */
  float *target[2][2];  /* design: magnitudes, then taps */
  float *scratch;       /* of its transform */
  struct lq_linear_filter {
    struct lq_linear_set set[2];
    uint32_t now;        /* the set in force */
    bool ready;          /* the other one waits */
    float *sum[2];       /* spectrum of the coming block by each set */
    float *result[2][2]; /* the block under way by each set, left and right */
  } filter[LQ_LINEAR_FILTERS];
  struct {
    uint32_t stage, filter, matrix, part;
    enum lq_linear_kind kind;
    struct lq_linear_slice slice;
    bool filled; /* the partition is in work */
  } job;
  bool wanted;   /* spectra are needed, or will be */
  bool mirrored; /* the same of mirrored ones */
  bool swap;     /* a fade is asked for */
  struct {
    uint32_t hop;      /* of the block, that comes next */
    uint32_t half;     /* of the ring, that is written */
    uint32_t slot;     /* of the newest spectrum */
    uint32_t valid[2]; /* how many spectra there are, and mirrored ones */
    uint32_t wait[2];  /* blocks until all that count are there */
    uint32_t phase;    /* enum of linear.c */
    uint32_t faded;    /* frames of the fade before this block */
  } z;
} lq_linear;

/* N of a stream: `taps` up to 48 kHz, twice as many up to 96 kHz, and so on. [any] */
uint32_t lq_linear_taps (double rate, uint32_t taps);

/* `filters` of N taps, a power of two, all of them delays; matrices: needed at all. [setup] */
bool lq_linear_prepare (lq_linear *u, const lq_stream *stream, uint32_t taps, uint32_t filters,
    bool matrices, lq_arena *arena);

/* The same but for what there was before the first frame that comes: it is not taken for silence,
 * and no filter is heard before N frames have come. [rt] */
void lq_linear_wake (lq_linear *u);

/* Forgets what was heard; filters that wait or fade in are in force at once. [rt] */
void lq_linear_reset (lq_linear *u);

/* [any] */
static inline uint32_t
lq_linear_latency (const lq_linear *u)
{
  return u->taps / 2 - 1;
}

/* Filter `i` is designed anew; not while lq_linear_busy. [rt] */
void lq_linear_begin (lq_linear *u, uint32_t i, enum lq_linear_kind kind);

/* Where its magnitudes go, if it isn't a delay. [rt] */
struct lq_linear_target lq_linear_target (const lq_linear *u);

/* What comes after these were filled: takes about `budget` ns off *budget, which it may overdraw by
 * about 1000. True: done. [rt] */
bool lq_linear_step (lq_linear *u, double *budget);

/* Cross-fades to what has been designed as soon as can be. [rt] */
void lq_linear_swap (lq_linear *u);

/* A fade is asked for or on. [rt] */
bool lq_linear_busy (const lq_linear *u);

/* Nothing but the delay. [rt] */
bool lq_linear_idle (const lq_linear *u);

/* Whether it will look at `dry`. Changes at the grid only, in lq_linear_hop. [rt] */
bool lq_linear_dry (const lq_linear *u);

/* At each point of the grid, before the hop's first frame. [rt] */
void lq_linear_hop (lq_linear *u);

/* n frames within a hop: `in` is taken; then each filter's come, out[filter·channels + channel],
 * which may be `in` or `dry`. dry: the input late by lq_linear_latency. [rt] */
void lq_linear_process (lq_linear *u, const float *const *in, const float *const *dry,
    float *const *out, uint32_t phase, uint32_t n);

#endif
