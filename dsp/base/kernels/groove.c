/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: how the groove moves. Poles near 0 Hz run in double, two planes in a vector; what is fast is
 *          short symmetric sums over many frames at once.
 * Source:  the pair of poles goes two frames at a time, z(n+2) = t²·z(n) + t·x(n) + x(n+1): the way from
 *          one state to the next is what takes the time. */

#include "kernels-isa.h"

#include <string.h>

#define INLINE static inline __attribute__ ((always_inline))
#define VECTORS (LQ_GROOVE_GROUP / LQ_LANES)
#define MIDDLE (LQ_GROOVE_TAPS / 2 - 1)

/* The states of both planes in registers. */
struct walk {
  lq_v2d low, real, re, im;
};

/* What slow poles put out. */
INLINE lq_v2d
slow_of (const struct lq_groove_poles *p, lq_v2d real, lq_v2d re, lq_v2d im)
{
  return p->out[0] * real + (p->out[1] * re + p->out[2] * im);
}

INLINE lq_v2d
high_of (const struct lq_groove_poles *p, struct walk *w, lq_v2d x)
{
  w->low = p->keep * w->low + p->feed * x;
  return x - w->low;
}

void
LQ_KERNEL (groove_run) (const struct lq_groove_poles *poles, struct lq_groove_state *state,
    const float *const x[2], float *const d[2], float *const high[2], float *const slow[2],
    uint32_t n)
{
  const struct lq_groove_poles p = *poles;
  const float *const a = x[0], *const b = x[1];
  float *const high_a = high[0], *const high_b = high[1];
  float *const slow_a = slow[0], *const slow_b = slow[1];
  struct walk w;

  for (uint32_t c = 0; c < 2; c++) {
    const float *const from = x[c];
    float *const to = d[c];
    for (uint32_t i = 0; i < n; i++)
      to[i] = from[i] - *(from + i - 1);
  }
  memcpy (&w, state, sizeof w);
  for (uint32_t i = 0; i < n; i += 2) {
    const lq_v2d x0 = { a[i], b[i] }, x1 = { a[i + 1], b[i + 1] };
    const lq_v2d in0 = p.share * x0, in1 = p.share * x1;
    const lq_v2d h0 = high_of (&p, &w, x0), h1 = high_of (&p, &w, x1);
    const lq_v2d real0 = p.fall * w.real + in0, real1 = p.fall * real0 + in1;
    const lq_v2d re0 = p.turn[0] * w.re - (p.turn[1] * w.im - in0);
    const lq_v2d im0 = p.turn[0] * w.im + p.turn[1] * w.re;
    const lq_v2d in_re = p.turn[0] * in0 + in1, in_im = p.turn[1] * in0;
    const lq_v2d re1 = p.turn2[0] * w.re - (p.turn2[1] * w.im - in_re);
    const lq_v2d im1 = p.turn2[0] * w.im + (p.turn2[1] * w.re + in_im);
    const lq_v2d s0 = slow_of (&p, real0, re0, im0), s1 = slow_of (&p, real1, re1, im1);
    high_a[i] = (float)h0[0], high_b[i] = (float)h0[1];
    high_a[i + 1] = (float)h1[0], high_b[i + 1] = (float)h1[1];
    slow_a[i] = (float)s0[0], slow_b[i] = (float)s0[1];
    slow_a[i + 1] = (float)s1[0], slow_b[i + 1] = (float)s1[1];
    w.real = real1;
    w.re = re1;
    w.im = im1;
  }
  memcpy (state, &w, sizeof w);
}

INLINE lq_wide
load (const float *x)
{
  lq_wide v;

  memcpy (&v, x, sizeof v);
  return v;
}

/* The form at a group that begins with frame i, of one plane. */
INLINE void
wave (const struct lq_groove_form *f, uint32_t skip, const struct lq_groove_rows *rows,
    uint32_t plane, uint32_t i, lq_wide y[VECTORS])
{
  const float *const x = rows->x[plane] + i, *const high = rows->high[plane] + i;
  const float *const slow = rows->slow[plane] + i, *const d = rows->d[plane] + i - MIDDLE;

  for (int v = 0; v < VECTORS; v++)
    y[v] = f->x * load (x + v * LQ_LANES) +
           (f->high * load (high + v * LQ_LANES) + f->slow * load (slow + v * LQ_LANES));
  for (uint32_t k = skip; k < LQ_GROOVE_TAPS - skip; k++) {
    const lq_wide tap = f->tap[k] - (lq_wide){ 0 };
    for (int v = 0; v < VECTORS; v++)
      y[v] += tap * load (d + k + v * LQ_LANES);
  }
}

INLINE void
raise (float *peak, const lq_wide y[VECTORS])
{
  lq_wide most = y[0];

  for (int v = 1; v < VECTORS; v++)
    most = lq_wide_max (most, y[v]);
  const float largest = lq_wide_largest (most);
  *peak = largest > *peak ? largest : *peak;
}

INLINE void
raise_abs (float *peak, const lq_wide y[VECTORS])
{
  lq_wide size[VECTORS];

  for (int v = 0; v < VECTORS; v++)
    size[v] = lq_wide_abs (y[v]);
  raise (peak, size);
}

INLINE void
walls (struct lq_groove_peaks *peaks, const lq_wide a[VECTORS], const lq_wide b[VECTORS])
{
  lq_wide size[VECTORS];

  for (int v = 0; v < VECTORS; v++)
    size[v] = lq_wide_abs (a[v]) + lq_wide_abs (b[v]);
  raise (&peaks->acceleration, size);
}

INLINE void
swing (struct lq_groove_peaks *peaks, const lq_wide a[VECTORS], const lq_wide b[VECTORS])
{
  lq_wide in[VECTORS], out[VECTORS], up[VECTORS];

  for (int v = 0; v < VECTORS; v++) {
    in[v] = b[v] + a[v];
    out[v] = b[v] - a[v];
    up[v] = -b[v];
  }
  raise_abs (&peaks->lateral, a);
  raise (&peaks->inward, in);
  raise (&peaks->outward, out);
  raise (&peaks->deep, b);
  raise (&peaks->shallow, up);
}

void
LQ_KERNEL (groove_peaks) (const struct lq_groove_form *form, uint32_t forms, uint32_t skip,
    uint32_t kind, const struct lq_groove_rows *rows, struct lq_groove_peaks *peaks,
    uint32_t groups)
{
  for (uint32_t g = 0; g < groups; g++)
    for (uint32_t m = 0; m < forms; m++) {
      lq_wide a[VECTORS], b[VECTORS];
      wave (form + m, skip, rows, 0, g * LQ_GROOVE_GROUP, a);
      if (kind == LQ_GROOVE_VELOCITY) {
        raise_abs (&peaks[g].velocity, a);
        continue;
      }
      wave (form + m, skip, rows, 1, g * LQ_GROOVE_GROUP, b);
      if (kind == LQ_GROOVE_ACCELERATION)
        walls (peaks + g, a, b);
      else
        swing (peaks + g, a, b);
    }
}

void
LQ_KERNEL (groove_wave) (const struct lq_groove_form *form, const struct lq_groove_rows *rows,
    float *const out[2], uint32_t n)
{
  for (uint32_t i = 0; i < n; i += LQ_GROOVE_GROUP)
    for (uint32_t plane = 0; plane < 2; plane++) {
      lq_wide y[VECTORS];
      wave (form, 0, rows, plane, i, y);
      memcpy (out[plane] + i, y, sizeof y);
    }
}
