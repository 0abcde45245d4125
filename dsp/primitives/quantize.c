/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: quantiser with dither and noise shaping.
 * Source:  Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither", JAES 40(5), 1992:
 *          triangular noise of 2 LSB width makes mean and variance of the error independent of
 *          the signal, at LSB²/4 in all. Seeds: G. L. Steele et al., "Fast splittable
 *          pseudorandom number generators", OOPSLA 2014 (SplitMix64).
 *
 *   x ─→ ·scale ─→ − ──→ + ─→ round ─┬→ saturate ─→ blank ─→ interleave ─→ out
 *                  │     └ dither ← words
 *                  └──── taps ← error┘
 *
 * Every grid point makes LQ_HOP words of noise a channel, needed or not, so that frame counts
 * alone place them; and there the shaper's taps may change. z: phase counts frames on the grid;
 * quiet those since the last loud one; order tells how long past errors must still be followed.
 * errors holds what is left of them. */

#include "quantize.h"

#include "interleave.h"

#include <math.h>
#include <string.h>

_Static_assert(LQ_NOISE_WORDS == LQ_HOP, "a hop of noise");

/* Arithmetic in the shaper's loop, LSBs. */
#define SLACK_LSB 0x1p-10

#define STRIDE (LQ_NOISE_BEFORE + LQ_NOISE_WORDS)

const struct lq_enum lq_dither_enum = { "LqDither",
  (const struct lq_item[]){ { "none", "None: rounding", LQ_DITHER_NONE },
      { "rpdf", "Rectangular, ±½ LSB", LQ_DITHER_RPDF },
      { "tpdf", "Triangular, ±1 LSB", LQ_DITHER_TPDF },
      { "tpdf-hp", "Triangular, high-passed", LQ_DITHER_TPDF_HP }, { NULL, NULL, 0 } } };

/* hi and top of 32 bits: the largest float below 2^31, and 2^31. */
static const struct lq_quantum quanta[] = {
  [LQ_S16] = { 0x1p15f, -0x1p15f, 0x1p15f, 0x1p15f, INT16_MIN, INT16_MAX },
  [LQ_S24] = { 0x1p23f, -0x1p23f, 0x1p23f, 0x1p23f, -0x800000, 0x7fffff },
  [LQ_S24_32] = { 0x1p23f, -0x1p23f, 0x1p23f, 0x1p23f, -0x800000, 0x7fffff },
  [LQ_S32] = { 0x1p31f, -0x1p31f, 0x1.fffffep30f, 0x1p31f, INT32_MIN, INT32_MAX },
};

uint32_t
lq_sample_bytes (enum lq_sample_format format)
{
  return format == LQ_S16 ? 2 : format == LQ_S24 ? 3 : 4;
}

double
lq_sample_lsb (enum lq_sample_format format)
{
  return 1.0 / quanta[format].scale;
}

/* Channels are shaped LQ_SHAPE_LANES at a time. */
static size_t
lq_quantize_groups (const lq_quantize *u)
{
  return (u->channels + LQ_SHAPE_LANES - 1) / LQ_SHAPE_LANES;
}

bool
lq_quantize_prepare (lq_quantize *u, const lq_stream *stream, enum lq_sample_format format,
    uint64_t seed, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->format = format;
  u->quantum = quanta[format];
  u->dither = LQ_DITHER_TPDF;
  u->rate = stream->rate;
  u->channels = stream->out_channels;
  u->blank_frames = (uint32_t)lround (LQ_BLANK_SECONDS * stream->rate);
  u->seed = seed;
  u->words = lq_arena_alloc (arena, (size_t)u->channels * STRIDE * sizeof *u->words);
  u->errors = lq_arena_alloc (arena, lq_quantize_groups (u) * sizeof *u->errors);
  if (!u->words || !u->errors)
    return false;
  lq_quantize_reset (u);
  return true;
}

void
lq_quantize_set (
    lq_quantize *u, enum lq_dither dither, enum lq_shaping shaping, bool auto_blank)
{
  u->dither = dither;
  u->shaping = shaping;
  if (auto_blank != u->auto_blank)
    u->z.quiet = 0;
  u->auto_blank = auto_blank;
}

bool
lq_quantize_lacks_curve (const lq_quantize *u)
{
  return u->shaping != LQ_SHAPING_NONE && u->format != LQ_S32 && !lq_shape_has (u->rate);
}

static const struct lq_shape_taps *
lq_quantize_curve (const lq_quantize *u)
{
  return lq_shape_taps (u->format == LQ_S32 ? LQ_SHAPING_NONE : u->shaping, u->rate);
}

/* SplitMix64: a state's output; neighbouring states give unrelated ones. */
static uint64_t
lq_quantize_split (uint64_t state)
{
  state = (state ^ (state >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  state = (state ^ (state >> 27)) * UINT64_C (0x94d049bb133111eb);
  return state ^ (state >> 31);
}

static void
lq_quantize_forget (lq_quantize *u)
{
  memset (u->errors, 0, lq_quantize_groups (u) * sizeof *u->errors);
}

void
lq_quantize_reset (lq_quantize *u)
{
  uint64_t state = lq_quantize_split (u->seed);

  memset (&u->z, 0, sizeof u->z);
  lq_quantize_forget (u);
  for (size_t i = 0; i < (size_t)u->channels * STRIDE; i++) {
    state += UINT64_C (0x9e3779b97f4a7c15);
    /* A generator must not begin with all its words zero. */
    u->words[i] = (uint32_t)(lq_quantize_split (state) >> 32) | 1;
  }
}

double
lq_quantize_worst_lsb (const lq_quantize *u)
{
  static const double worst[] = { [LQ_DITHER_NONE] = 0.5,
    [LQ_DITHER_RPDF] = 1.0,
    [LQ_DITHER_TPDF] = 1.5,
    [LQ_DITHER_TPDF_HP] = 1.5 };

  const struct lq_shape_taps *curve = lq_quantize_curve (u);
  const double error = u->format == LQ_S32 ? 0.5 : worst[u->dither];

  return curve->order ? error * lq_shape_sum (curve) + SLACK_LSB : error;
}

/* Errors of the hop before reach into this one with the taps of then. */
static void
lq_quantize_shaper (lq_quantize *u)
{
  const struct lq_shape_taps *curve = lq_quantize_curve (u);

  u->taps = *curve;
  u->taps.order = curve->order > u->z.order ? curve->order : u->z.order;
  u->z.order = curve->order;
}

static void
lq_quantize_hop (lq_quantize *u)
{
  lq_quantize_shaper (u);
  for (uint32_t c = 0; c < u->channels; c++) {
    uint32_t *words = u->words + (size_t)c * STRIDE;
    words[LQ_NOISE_BEFORE - 1] = words[STRIDE - 1];
    u->kernels->noise (words + LQ_NOISE_BEFORE);
  }
}

/* The dither of a channel's frames from `from` of a part of a hop. */
static void
lq_quantize_dither (const lq_quantize *u, uint32_t c, float *d, uint32_t from, uint32_t n)
{
  const uint32_t *words = u->words + (size_t)c * STRIDE + LQ_NOISE_BEFORE + u->z.phase + from;

  if (u->format == LQ_S32 || u->dither == LQ_DITHER_NONE)
    memset (d, 0, n * sizeof *d);
  else
    u->kernels->dither (words, d, (uint32_t)u->dither, n);
}

/* Frames `from` to `to` of a part of a hop, of up to LQ_SHAPE_LANES channels from `first` on. */
static void
lq_quantize_group (lq_quantize *u, uint32_t first, const float *const *x, int32_t (*q)[LQ_HOP],
    uint32_t from, uint32_t to)
{
  const uint32_t left = u->channels - first, n = to - from;
  const uint32_t channels = left < LQ_SHAPE_LANES ? left : LQ_SHAPE_LANES;
  float dither[LQ_SHAPE_LANES][LQ_HOP];
  const float *in[LQ_SHAPE_LANES], *d[LQ_SHAPE_LANES];
  int32_t *out[LQ_SHAPE_LANES];

  for (uint32_t c = 0; c < channels; c++) {
    in[c] = x[first + c] + from;
    d[c] = dither[c];
    out[c] = q[first + c] + from;
    lq_quantize_dither (u, first + c, dither[c], from, n);
    if (!u->taps.order)
      u->kernels->quantize (in[c], d[c], out[c], &u->quantum, n);
  }
  if (u->taps.order)
    u->kernels->shape (
        &u->taps, u->errors[first / LQ_SHAPE_LANES], in, d, out, &u->quantum, channels, n);
}

static void
lq_quantize_round (
    lq_quantize *u, const float *const *x, int32_t (*q)[LQ_HOP], uint32_t from, uint32_t to)
{
  for (uint32_t c = 0; c < u->channels && from < to; c += LQ_SHAPE_LANES)
    lq_quantize_group (u, c, x, q, from, to);
}

static bool
loud (float x)
{
  return fabsf (x) >= LQ_BLANK_LEVEL;
}

/* How many frames from `n` back are quiet on all channels (back), or from 0 on (not). */
static uint32_t
lq_quantize_run (const lq_quantize *u, const float *const *x, uint32_t n, bool back)
{
  uint32_t run = n;

  for (uint32_t c = 0; c < u->channels; c++) {
    uint32_t i = 0;
    while (i < run && !loud (x[c][back ? n - 1 - i : i]))
      i++;
    run = i;
  }
  return run;
}

/* Which frames of a part of a hop, whose input is x, are to be blank. */
static void
lq_quantize_find_blank (
    lq_quantize *u, const float *const *x, uint32_t n, uint32_t *from, uint32_t *to)
{
  const uint32_t lead = lq_quantize_run (u, x, n, false);
  const uint32_t still = u->blank_frames - u->z.quiet;

  *from = still < lead ? still : lead;
  *to = lead;
  u->z.quiet = lead == n ? u->z.quiet + n : lq_quantize_run (u, x, n, true);
  u->z.quiet = u->z.quiet < u->blank_frames ? u->z.quiet : u->blank_frames;
}

/* A part of a hop. */
static void
lq_quantize_part (lq_quantize *u, const float *const *x, int32_t (*q)[LQ_HOP], uint32_t n)
{
  uint32_t from = n, to = n;

  if (u->auto_blank)
    lq_quantize_find_blank (u, x, n, &from, &to);
  lq_quantize_round (u, x, q, 0, from);
  if (from < to)
    lq_quantize_forget (u);
  for (uint32_t c = 0; c < u->channels && from < to; c++)
    memset (q[c] + from, 0, (to - from) * sizeof **q);
  lq_quantize_round (u, x, q, to, n);
}

/* Four samples of 24 bits are a double word and a word. */
static void
lq_quantize_pack (const int32_t *q, uint8_t *out, uint32_t n)
{
  const bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  uint32_t i = 0;

  for (; i + 4 <= n && !big; i += 4) {
    uint64_t a = (uint32_t)q[i] & 0xffffff, b = (uint32_t)q[i + 1] & 0xffffff;
    uint64_t c = (uint32_t)q[i + 2] & 0xffffff, d = (uint32_t)q[i + 3];
    uint64_t low = a | b << 24 | c << 48;
    uint32_t high = (uint32_t)(c >> 16 | d << 8);
    memcpy (out + 3 * (size_t)i, &low, sizeof low);
    memcpy (out + 3 * (size_t)i + 8, &high, sizeof high);
  }
  for (; i < n; i++)
    for (uint32_t byte = 0; byte < 3; byte++)
      out[3 * (size_t)i + byte] = (uint8_t)((uint32_t)q[i] >> 8 * (big ? 2 - byte : byte));
}

/* Integers of a part of a hop to where they belong in the output. */
static void
lq_quantize_write (const lq_quantize *u, int32_t (*q)[LQ_HOP], uint8_t *out, uint32_t n)
{
  int32_t merged[LQ_HOP * LQ_CHANNELS_MAX];
  const int32_t *plane[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < u->channels; c++)
    plane[c] = q[c];
  if (u->format == LQ_S16) {
    u->kernels->narrow (plane, (int16_t *)(void *)out, u->channels, n);
  } else if (u->format == LQ_S24) {
    lq_interleave_words (u->kernels, plane, merged, u->channels, n);
    lq_quantize_pack (merged, out, n * u->channels);
  } else {
    lq_interleave_words (u->kernels, plane, (int32_t *)(void *)out, u->channels, n);
  }
}

void
lq_quantize_process (lq_quantize *u, const float *const *planes, void *out, uint32_t frames)
{
  const size_t frame_bytes = (size_t)u->channels * lq_sample_bytes (u->format);
  const float *at[LQ_CHANNELS_MAX];
  int32_t q[LQ_CHANNELS_MAX][LQ_HOP];

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0)
      lq_quantize_hop (u);
    n = lq_hop_left (u->z.phase, frames - done);
    for (uint32_t c = 0; c < u->channels; c++)
      at[c] = planes[c] + done;
    lq_quantize_part (u, at, q, n);
    lq_quantize_write (u, q, (uint8_t *)out + done * frame_bytes, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
