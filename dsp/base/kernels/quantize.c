/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: noise, dither and rounding of the quantiser.
 * Source:  G. Marsaglia, "Xorshift RNGs", J. Stat. Software 8(14), 2003, the 128-bit generator
 *          with shifts 11, 8, 19: LANES of them side by side, four steps a run, so that the run
 *          is the state. Word i is lane i mod LANES, step i / LANES. */

#include "kernels-isa.h"
#include "rounding.h"

#include <stdbool.h>
#include <string.h>

#define LANES (LQ_NOISE_WORDS / 4)

/* Eight words: half of the lanes, or eight frames. */
typedef uint32_t words8 __attribute__ ((vector_size (32)));

static inline words8
load (const void *at)
{
  words8 v;

  memcpy (&v, at, sizeof v);
  return v;
}

static inline void
store (void *at, words8 v)
{
  memcpy (at, &v, sizeof v);
}

void
LQ_KERNEL (noise) (uint32_t *words)
{
  for (uint32_t lane = 0; lane < LANES; lane += 8) {
    words8 last = load (words + 3 * LANES + lane);
    for (int step = 0; step < 4; step++) {
      words8 t = load (words + LANES * step + lane);
      t ^= t << 11;
      last = last ^ (last >> 19) ^ t ^ (t >> 8);
      store (words + LANES * step + lane, last);
    }
  }
}

/* Upper and lower half of a word, 0 … 65535 each, are two uniform numbers. */
static void
rectangular (const uint32_t *words, float *d, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    d[i] = (float)(2 * (int32_t)(words[i] >> 16) - 65535) * 0x1p-17f;
}

static void
triangular (const uint32_t *words, float *d, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    d[i] = (float)((int32_t)(words[i] >> 16) + (int32_t)(words[i] & 0xffff) - 65535) * 0x1p-16f;
}

static void
high_passed (const uint32_t *words, float *d, uint32_t n)
{
  const uint32_t *last = words - 1;

  for (uint32_t i = 0; i < n; i++)
    d[i] = (float)((int32_t)(words[i] >> 16) - (int32_t)(last[i] >> 16)) * 0x1p-16f;
}

void
LQ_KERNEL (dither) (const uint32_t *words, float *d, uint32_t kind, uint32_t n)
{
  if (kind == LQ_DITHER_RPDF)
    rectangular (words, d, n);
  else if (kind == LQ_DITHER_TPDF)
    triangular (words, d, n);
  else
    high_passed (words, d, n);
}

/* What v is cut to and what is left of it are both exact; d meets only the rest. The rest is made
 * even-sided before it is rounded, so that ties go to the even sum. */
static void
settle (const float *v, const float *d, int32_t *q, const struct lq_quantum *to, uint32_t n)
{
  const int32_t min = to->min, max = to->max;

  for (uint32_t i = 0; i < n; i++) {
    int32_t whole = (int32_t)v[i], odd = whole & 1, y;
    float rest = v[i] - (float)whole + (float)odd + d[i];
    y = whole - odd + (int32_t)((rest + ROUNDER) - ROUNDER);
    y = y < min ? min : y;
    q[i] = y > max ? max : y;
  }
}

/* Where the top of the range is no float. */
static void
saturate (const float *x, int32_t *q, const struct lq_quantum *to, uint32_t n)
{
  const float scale = to->scale, top = to->top;
  const int32_t max = to->max;

  for (uint32_t i = 0; i < n; i++)
    q[i] = x[i] * scale >= top ? max : q[i];
}

void
LQ_KERNEL (quantize) (
    const float *x, const float *d, int32_t *q, const struct lq_quantum *to, uint32_t n)
{
  float v[LQ_NOISE_WORDS];

  for (uint32_t at = 0, m; at < n; at += m) {
    m = n - at < LQ_NOISE_WORDS ? n - at : LQ_NOISE_WORDS;
    hold (x + at, v, to, m);
    settle (v, d + at, q + at, to, m);
    if (to->top > to->hi)
      saturate (x + at, q + at, to, m);
  }
}

/* Two planes: a frame is one word, whose lower half comes first or last. */
static void
narrow_two (const int32_t *left, const int32_t *right, int16_t *out, uint32_t n)
{
  const bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  const int32_t *first = big ? right : left, *second = big ? left : right;
  uint32_t i = 0;

  for (; i + 8 <= n; i += 8)
    store (out + 2 * (size_t)i, (load (first + i) & 0xffff) | load (second + i) << 16);
  for (; i < n; i++) {
    out[2 * (size_t)i] = (int16_t)left[i];
    out[2 * (size_t)i + 1] = (int16_t)right[i];
  }
}

void
LQ_KERNEL (narrow) (const int32_t *const *q, int16_t *out, uint32_t channels, uint32_t n)
{
  if (channels == 2) {
    narrow_two (q[0], q[1], out, n);
    return;
  }
  for (uint32_t c = 0; c < channels; c++)
    for (uint32_t i = 0; i < n; i++)
      out[(size_t)i * channels + c] = (int16_t)q[c][i];
}
