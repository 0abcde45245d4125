/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loudness meter of BS.1770-5 and EBU R 128: momentary (400 ms), short-term (3 s), integrated,
 * range. 1 to 64 channels. Layer: primitives.
 *
 * Windows are rectangular, of whole sub-blocks of 10 ms to the nearest frame; momentary and
 * short-term move with each of them. Before the first frame was silence. All figures are LUFS
 * or LU, LQ_SILENCE_DB where there is nothing. Memory is constant; the error that this makes is
 * gatehist.h's: integrated exact but for blocks within 0.005 LU of a gate, range ±0.005 LU. */

#ifndef LQ_LOUDNESS_H
#define LQ_LOUDNESS_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/stream.h"
#include "gatehist.h"
#include "kweight.h"

#define LQ_LOUDNESS_STEPS 100 /* sub-blocks a second */
#define LQ_LOUDNESS_RING 300  /* sub-blocks in 3 s */

typedef struct lq_loudness {
  const struct lq_kernels *kernels;
  lq_kweight filter;
  double rate;
  double mono_gain;                 /* 2 for dual mono, else 1: on every power */
  bool mono;                        /* the stream has one channel */
  uint32_t counted;                 /* channels that count */
  uint8_t channel[LQ_CHANNELS_MAX]; /* … which they are */
  double weight[LQ_CHANNELS_MAX];   /* … and their weights */
  struct {
    uint64_t frames, steps, step_end; /* frames, whole sub-blocks, where the next one ends */
    double momentary, short_term;     /* power now … */
    double max_momentary, max_short_term; /* … and at the most */
    double step[10];                /* energy of the last sub-blocks, a ring by step number */
    double tenth[LQ_LOUDNESS_RING]; /* energy of the 100 ms up to each sub-block, likewise */
    struct lq_kweight_pair pair[LQ_CHANNELS_MAX / 2];
    lq_gatehist *blocks;      /* of 400 ms, every 100 ms */
    lq_gatehist *short_terms; /* of 3 s, every 100 ms */
  } z;
} lq_loudness;

/* Weight of a channel of the stream in the sum of powers: BS.1770-5, tables 3 and 4. [any] */
double lq_loudness_weight (const lq_stream *stream, uint32_t channel);

/* False: no memory. [setup] */
bool lq_loudness_prepare (lq_loudness *u, const lq_stream *stream, lq_arena *arena);

/* Momentary and short-term loudness alone, in far less memory; integrated loudness and range may
 * not be asked for. [setup] */
void lq_loudness_prepare_windows (lq_loudness *u, const lq_stream *stream);

/* A mono stream counts 3.01 dB louder, all of its programme, past and coming. Others don't
 * care. [rt] */
void lq_loudness_set_dual_mono (lq_loudness *u, bool dual_mono);

/* A new programme: everything measured is forgotten. [rt] */
void lq_loudness_reset (lq_loudness *u);

/* Any number of frames. [rt] */
void lq_loudness_process (lq_loudness *u, const float *const *ch, uint32_t frames);

/* [any] */
double lq_loudness_momentary (const lq_loudness *u);
double lq_loudness_short_term (const lq_loudness *u);
double lq_loudness_max_momentary (const lq_loudness *u);
double lq_loudness_max_short_term (const lq_loudness *u);

/* Whole sub-blocks so far, and the power of the newest, in the scale of window powers without
 * dual mono's gain. [any] */
static inline uint64_t
lq_loudness_steps (const lq_loudness *u)
{
  return u->z.steps;
}
double lq_loudness_step_power (const lq_loudness *u);

/* LUFS of such a power. [any] */
double lq_loudness_of_power (const lq_loudness *u, double power);

/* Integrated loudness, and range, of the programme had it been `gain_db` louder: 0 for as it
 * is. Exact to the gates: what the gain lifts over −70 LUFS counts. [any] */
double lq_loudness_integrated (const lq_loudness *u, double gain_db);
double lq_loudness_range (const lq_loudness *u, double gain_db);

#endif
