/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: correlation of the bass.
 * Source:  Σ l·r/√(Σ l²·Σ r²) behind a Butterworth low-pass.
 *
 *   l, r ─→ low-pass ─→ l², r², l·r ─→ Σ
 *
 * z: biquads, sums. */

#include "basscorr.h"

#include "../base/stream.h"
#include "butter.h"

#include <math.h>
#include <string.h>

#define CHUNK (4 * LQ_HOP)
#define SILENT 1e-12

void
lq_basscorr_prepare (lq_basscorr *u, double rate)
{
  u->kernels = lq_kernels ();
  for (uint32_t k = 0; k < LQ_BASSCORR_SECTIONS; k++) {
    struct lq_biquad_spec spec;
    struct lq_biquad_pair pair;
    lq_butter_section (&spec, false, true, 4, LQ_BASSCORR_HZ, k, LQ_BASSCORR_SECTIONS);
    lq_biquad_design (&spec, rate, &pair);
    u->taps[k] = lq_biquad_to_taps (&pair.main);
  }
  lq_basscorr_reset (u);
}

void
lq_basscorr_reset (lq_basscorr *u)
{
  memset (&u->z, 0, sizeof u->z);
}

void
lq_basscorr_process (lq_basscorr *u, const float *left, const float *right, uint32_t frames)
{
  double *const state[LQ_BASSCORR_SECTIONS] = { u->z.state[0], u->z.state[1] };
  float l[CHUNK], r[CHUNK];

  for (uint32_t done = 0, n; done < frames; done += n) {
    n = frames - done < CHUNK ? frames - done : CHUNK;
    memcpy (l, left + done, n * sizeof *l);
    memcpy (r, right + done, n * sizeof *r);
    u->kernels->biquads_planar (l, r, n, u->taps, state, LQ_BASSCORR_SECTIONS);
    u->kernels->products (l, r, n, u->z.phase, u->z.xx, u->z.yy, u->z.xy);
    u->z.phase = (u->z.phase + n) % LQ_PRODUCT_LANES;
  }
}

double
lq_basscorr_value (const lq_basscorr *u)
{
  double xx = 0.0, yy = 0.0, xy = 0.0;

  for (int i = 0; i < LQ_PRODUCT_LANES; i++) {
    xx += u->z.xx[i];
    yy += u->z.yy[i];
    xy += u->z.xy[i];
  }
  return xx > SILENT && yy > SILENT ? xy / sqrt (xx * yy) : 0.0;
}
