/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Planes to interleaved integers, native endian, with dither and noise shaping. Layer: primitives.
 *
 * A sample of ±1 is full scale, 2^(bits−1) LSBs. Results are rounded to nearest, ties to even,
 * and saturate; NaN becomes 0. Formats of 24 bits and fewer are dithered; LQ_S32 only rounds.
 * The noise depends on seed, channel and the frames since the last reset alone: neither on how
 * blocks are cut nor on the kind of dither in force before.
 *
 * Noise shaping feeds the errors of rounding and dither back through the taps of shape.h; what
 * saturation takes away is no error, so that no overload can build up. Each error keeps the taps
 * in force when it was made: a change while playing is neither a jump nor a gap. Where the rate
 * has no curve the noise stays flat. Without dither it is as stable, but the error follows the
 * signal, and silence after a signal may leave a tone of a few LSBs. */

#ifndef LQ_QUANTIZE_H
#define LQ_QUANTIZE_H

#include "../base/arena.h"
#include "../base/kernels.h"
#include "../base/param.h"
#include "../base/stream.h"
#include "shape.h"

enum lq_sample_format {
  LQ_S16,
  LQ_S24,    /* 3 bytes a sample */
  LQ_S24_32, /* 24 bits, sign-extended to 4 bytes */
  LQ_S32
};

/* Nicks of enum lq_dither. */
extern const struct lq_enum lq_dither_enum;

/* Auto-blank: the output becomes exact zeros, and past errors are forgotten, once every |x| of every channel has stayed below
 * LQ_BLANK_LEVEL for LQ_BLANK_SECONDS, until the next sample that doesn't. */
#define LQ_BLANK_LEVEL 0x1p-40f
#define LQ_BLANK_SECONDS 0.7

/* The noise of a channel: words[LQ_NOISE_BEFORE + i] belongs to frame i of the current hop. */
#define LQ_NOISE_BEFORE 16

typedef struct lq_quantize {
  const struct lq_kernels *kernels;
  struct lq_quantum quantum;
  enum lq_sample_format format;
  enum lq_dither dither;
  enum lq_shaping shaping;
  bool auto_blank;
  double rate;
  uint32_t channels;
  uint32_t blank_frames; /* LQ_BLANK_SECONDS */
  uint64_t seed;
  uint32_t *words; /* channels × (LQ_NOISE_BEFORE + LQ_NOISE_WORDS) */
  float (*errors)[LQ_SHAPE_TAPS][LQ_SHAPE_LANES]; /* past ones, each LQ_SHAPE_LANES channels */
  struct lq_shape_taps taps;                      /* of this hop */
  struct {
    uint32_t phase; /* frames since the last grid point */
    uint32_t quiet; /* frames since the last loud one, blank_frames at most */
    uint32_t order; /* of this hop's curve: how far its errors reach into the next */
  } z;
} lq_quantize;

/* For stream->out_channels planes. LQ_DITHER_TPDF, no shaping, no auto-blank. False: no memory. [setup] */
bool lq_quantize_prepare (lq_quantize *u, const lq_stream *stream, enum lq_sample_format format,
    uint64_t seed, lq_arena *arena);

/* Takes effect with the next block, shaping at the next hop. [rt] */
void lq_quantize_set (
    lq_quantize *u, enum lq_dither dither, enum lq_shaping shaping, bool auto_blank);

/* Whether shaping is asked for where there is no curve. [any] */
bool lq_quantize_lacks_curve (const lq_quantize *u);

/* The noise begins anew. [rt] */
void lq_quantize_reset (lq_quantize *u);

/* Any number of frames; out holds frames × channels samples. [rt] */
void lq_quantize_process (
    lq_quantize *u, const float *const *planes, void *out, uint32_t frames);

/* Bytes of a sample. [any] */
uint32_t lq_sample_bytes (enum lq_sample_format format);

/* What one LSB of the format is, linear. [any] */
double lq_sample_lsb (enum lq_sample_format format);

/* Largest |output − input|, in LSBs, short of saturation: what a ceiling must leave free. It is
 * that of the settings given last, from LQ_HOP + LQ_SHAPE_TAPS frames after they were. [any] */
double lq_quantize_worst_lsb (const lq_quantize *u);

#endif
