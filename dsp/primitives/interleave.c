/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the way between buffers and planes. One channel is a copy, two are what a compiler
 * turns into shuffles; more go in tiles that stay in the L1 cache. */

#include "interleave.h"

#include <stddef.h>
#include <string.h>

/* Frames of a tile: 64 channels of it are 4 kB. */
#define TILE 16

/* A sample as bits, whatever its type. */
typedef uint32_t __attribute__ ((may_alias)) word;

/* Four of them. */
typedef uint32_t __attribute__ ((vector_size (16))) words;

static void
split_two (const word *in, word *left, word *right, uint32_t n)
{
  uint32_t i = 0;

  for (; i + 4 <= n; i += 4) {
    words a, b, even, odd;
    memcpy (&a, in + 2 * (size_t)i, sizeof a);
    memcpy (&b, in + 2 * (size_t)i + 4, sizeof b);
    even = __builtin_shufflevector (a, b, 0, 2, 4, 6);
    odd = __builtin_shufflevector (a, b, 1, 3, 5, 7);
    memcpy (left + i, &even, sizeof even);
    memcpy (right + i, &odd, sizeof odd);
  }
  for (; i < n; i++) {
    left[i] = in[2 * (size_t)i];
    right[i] = in[2 * (size_t)i + 1];
  }
}

static void
merge_two (const word *left, const word *right, word *out, uint32_t n)
{
  uint32_t i = 0;

  for (; i + 4 <= n; i += 4) {
    words l, r, low, high;
    memcpy (&l, left + i, sizeof l);
    memcpy (&r, right + i, sizeof r);
    low = __builtin_shufflevector (l, r, 0, 4, 1, 5);
    high = __builtin_shufflevector (l, r, 2, 6, 3, 7);
    memcpy (out + 2 * (size_t)i, &low, sizeof low);
    memcpy (out + 2 * (size_t)i + 4, &high, sizeof high);
  }
  for (; i < n; i++) {
    out[2 * (size_t)i] = left[i];
    out[2 * (size_t)i + 1] = right[i];
  }
}

static void
split_many (const word *in, float *const *planes, uint32_t channels, uint32_t frames)
{
  for (uint32_t at = 0, n; at < frames; at += n) {
    n = frames - at < TILE ? frames - at : TILE;
    for (uint32_t c = 0; c < channels; c++) {
      word *plane = (word *)planes[c] + at;
      for (uint32_t i = 0; i < n; i++)
        plane[i] = in[(size_t)(at + i) * channels + c];
    }
  }
}

static void
merge (const word *const *planes, word *out, uint32_t channels, uint32_t frames)
{
  if (channels == 1) {
    memcpy (out, planes[0], frames * sizeof *out);
    return;
  }
  if (channels == 2) {
    merge_two (planes[0], planes[1], out, frames);
    return;
  }
  for (uint32_t at = 0, n; at < frames; at += n) {
    n = frames - at < TILE ? frames - at : TILE;
    for (uint32_t c = 0; c < channels; c++)
      for (uint32_t i = 0; i < n; i++)
        out[(size_t)(at + i) * channels + c] = planes[c][at + i];
  }
}

void
lq_deinterleave (const float *in, float *const *planes, uint32_t channels, uint32_t frames)
{
  if (channels == 1)
    memcpy (planes[0], in, frames * sizeof *in);
  else if (channels == 2)
    split_two ((const word *)in, (word *)planes[0], (word *)planes[1], frames);
  else
    split_many ((const word *)in, planes, channels, frames);
}

void
lq_interleave (const float *const *planes, float *out, uint32_t channels, uint32_t frames)
{
  const word *plane[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < channels; c++)
    plane[c] = (const word *)planes[c];
  merge (plane, (word *)out, channels, frames);
}

void
lq_interleave_words (
    const int32_t *const *planes, int32_t *out, uint32_t channels, uint32_t frames)
{
  const word *plane[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < channels; c++)
    plane[c] = (const word *)planes[c];
  merge (plane, (word *)out, channels, frames);
}
