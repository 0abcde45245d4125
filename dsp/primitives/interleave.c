/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the way between buffers and planes. One channel is a copy, two are a kernel; more go in tiles that stay in the L1 cache. */

#include "interleave.h"

#include <stddef.h>
#include <string.h>

/* Frames of a tile: 64 channels of it are 4 kB. */
#define TILE 16

/* A sample as bits, whatever its type. */
typedef uint32_t __attribute__ ((may_alias)) word;

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
merge (const struct lq_kernels *kernels, const word *const *planes, word *out,
    uint32_t channels, uint32_t frames)
{
  if (channels == 1) {
    memcpy (out, planes[0], frames * sizeof *out);
    return;
  }
  if (channels == 2) {
    kernels->merge (planes[0], planes[1], out, frames);
    return;
  }
  for (uint32_t at = 0, n; at < frames; at += n) {
    n = frames - at < TILE ? frames - at : TILE;
    for (uint32_t c = 0; c < channels; c++)
      for (uint32_t i = 0; i < n; i++)
        out[(size_t)(at + i) * channels + c] = planes[c][at + i];
  }
}

bool
lq_deinterleave (const struct lq_kernels *kernels, const float *in, float *const *planes,
    uint32_t channels, uint32_t frames)
{
  if (channels == 2)
    return kernels->split ((const word *)in, (word *)planes[0], (word *)planes[1], frames) != 0;
  if (channels == 1)
    memcpy (planes[0], in, frames * sizeof *in);
  else
    split_many ((const word *)in, planes, channels, frames);
  return kernels->bad (in, channels * frames) != 0;
}

void
lq_interleave (const struct lq_kernels *kernels, const float *const *planes, float *out,
    uint32_t channels, uint32_t frames)
{
  const word *plane[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < channels; c++)
    plane[c] = (const word *)planes[c];
  merge (kernels, plane, (word *)out, channels, frames);
}

void
lq_interleave_words (const struct lq_kernels *kernels, const int32_t *const *planes,
    int32_t *out, uint32_t channels, uint32_t frames)
{
  const word *plane[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < channels; c++)
    plane[c] = (const word *)planes[c];
  merge (kernels, plane, (word *)out, channels, frames);
}
