/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: quantiser with dither.
 * Source:  Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither", JAES 40(5), 1992:
 *          triangular noise of 2 LSB width makes mean and variance of the error independent of
 *          the signal, at LSB²/4 in all. Seeds: G. L. Steele et al., "Fast splittable
 *          pseudorandom number generators", OOPSLA 2014 (SplitMix64).
 *
 *   x ─→ ·scale ─→ + ─→ round ─→ saturate ─→ blank ─→ interleave ─→ out
 *   words ─→ dither ┘
 *
 * Every grid point makes LQ_HOP words of noise a channel, needed or not, so that frame counts
 * alone place them. z: phase counts frames on the grid; quiet those since the last loud one. */

#include "quantize.h"

#include "interleave.h"

#include <math.h>
#include <string.h>

_Static_assert(LQ_NOISE_WORDS == LQ_HOP, "a hop of noise");

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

bool
lq_quantize_prepare (lq_quantize *u, const lq_stream *stream, enum lq_sample_format format,
    uint64_t seed, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->format = format;
  u->quantum = quanta[format];
  u->dither = LQ_DITHER_TPDF;
  u->channels = stream->out_channels;
  u->blank_frames = (uint32_t)lround (LQ_BLANK_SECONDS * stream->rate);
  u->seed = seed;
  u->words = lq_arena_alloc (arena, (size_t)u->channels * STRIDE * sizeof *u->words);
  if (!u->words)
    return false;
  lq_quantize_reset (u);
  return true;
}

void
lq_quantize_set (lq_quantize *u, enum lq_dither dither, bool auto_blank)
{
  u->dither = dither;
  if (auto_blank != u->auto_blank)
    u->z.quiet = 0;
  u->auto_blank = auto_blank;
}

/* SplitMix64: a state's output; neighbouring states give unrelated ones. */
static uint64_t
lq_quantize_split (uint64_t state)
{
  state = (state ^ (state >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  state = (state ^ (state >> 27)) * UINT64_C (0x94d049bb133111eb);
  return state ^ (state >> 31);
}

void
lq_quantize_reset (lq_quantize *u)
{
  uint64_t state = lq_quantize_split (u->seed);

  memset (&u->z, 0, sizeof u->z);
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

  return u->format == LQ_S32 ? 0.5 : worst[u->dither];
}

static void
lq_quantize_hop (lq_quantize *u)
{
  for (uint32_t c = 0; c < u->channels; c++) {
    uint32_t *words = u->words + (size_t)c * STRIDE;
    words[LQ_NOISE_BEFORE - 1] = words[STRIDE - 1];
    u->kernels->noise (words + LQ_NOISE_BEFORE);
  }
}

/* One channel's part of a hop. */
static void
lq_quantize_plane (const lq_quantize *u, uint32_t c, const float *x, int32_t *q, uint32_t n)
{
  static const float none[LQ_HOP];
  const uint32_t *words = u->words + (size_t)c * STRIDE + LQ_NOISE_BEFORE + u->z.phase;
  float dither[LQ_HOP];

  if (u->format == LQ_S32 || u->dither == LQ_DITHER_NONE) {
    u->kernels->quantize (x, none, q, &u->quantum, n);
    return;
  }
  u->kernels->dither (words, dither, (uint32_t)u->dither, n);
  u->kernels->quantize (x, dither, q, &u->quantum, n);
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

/* Zeroes what is to be blank of a part of a hop; x is the part's input. */
static void
lq_quantize_blank (lq_quantize *u, const float *const *x, int32_t (*q)[LQ_HOP], uint32_t n)
{
  const uint32_t lead = lq_quantize_run (u, x, n, false);
  const uint32_t still = u->blank_frames - u->z.quiet;

  for (uint32_t c = 0; c < u->channels && still < lead; c++)
    memset (q[c] + still, 0, (lead - still) * sizeof **q);
  u->z.quiet = lead == n ? u->z.quiet + n : lq_quantize_run (u, x, n, true);
  u->z.quiet = u->z.quiet < u->blank_frames ? u->z.quiet : u->blank_frames;
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
    for (uint32_t c = 0; c < u->channels; c++) {
      at[c] = planes[c] + done;
      lq_quantize_plane (u, c, at[c], q[c], n);
    }
    if (u->auto_blank)
      lq_quantize_blank (u, at, q, n);
    lq_quantize_write (u, q, (uint8_t *)out + done * frame_bytes, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
