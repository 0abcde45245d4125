/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: FFT, the plan. The passes are in base/kernels/fft.c.
 *
 *   x → scratch → x → … → x: each pass from one to the other, the last in place if need be
 *
 * Passes are of radix 4, strides 1, 4, 16 …; of an odd power of two the last has radix 2. The last
 * one's factors are all 1. */

#include "fft.h"

#include "../base/mathx.h"

#include <string.h>

/* Where factor c (of 6) of index i goes. */
static size_t
place (const struct lq_fft_pass *pass, uint32_t i, uint32_t c)
{
  return pass->stride < 16 ? (size_t)i / 16 * 96 + c * 16 + i % 16 : (size_t)i * 6 + c;
}

static bool
fill (struct lq_fft_pass *pass, uint32_t size, lq_arena *arena)
{
  const bool wide = pass->stride < 16;
  const uint32_t n = wide ? pass->quarter : pass->quarter / pass->stride;
  const double step = -2 * LQ_PI * pass->stride / size;
  float *w = lq_arena_alloc (arena, (size_t)n * 6 * sizeof *w);

  if (!w)
    return false;
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 1; j < 4; j++) {
      const double angle = step * j * (wide ? i / pass->stride : i);
      w[place (pass, i, 2 * j - 2)] = (float)cos (angle);
      w[place (pass, i, 2 * j - 1)] = (float)sin (angle);
    }
  pass->twiddles = w;
  return true;
}

bool
lq_fft_prepare (lq_fft *u, uint32_t size, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  if (size < LQ_FFT_MIN || size > LQ_FFT_MAX || (size & (size - 1)))
    return false;
  u->kernels = lq_kernels ();
  u->size = size;
  for (uint32_t stride = 1; stride < size; stride *= 4) {
    struct lq_fft_pass *pass = &u->pass[u->passes++];
    *pass = (struct lq_fft_pass){ size / 4, stride, stride == size / 2 ? 2 : 4, NULL };
    if (stride < size / 4 && !fill (pass, size, arena))
      return false;
  }
  return true;
}

void
lq_fft_forward (const lq_fft *u, float *re, float *im, float *scratch)
{
  float *other_re = scratch, *other_im = scratch + u->size + LQ_FFT_STAGGER;
  const uint32_t quarter = u->size / 4, last = u->passes - 1;
  struct lq_fft_runs from = lq_fft_runs (u, re, im);

  for (uint32_t k = 0; k < last; k++) {
    float *to_re = k % 2 ? re : other_re, *to_im = k % 2 ? im : other_im;
    u->kernels->fft_pass (&u->pass[k], &from, to_re, to_im, 0, quarter);
    from = lq_fft_runs (u, to_re, to_im);
  }
  u->kernels->fft_last (&u->pass[last], &from, re, im, 0, quarter, 0);
}
