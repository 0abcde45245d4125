/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The kernels of the groove, every variant against plain C in double. */

#include "primitives/groove.h"

#include "base/cpu.h"
#include "lqtest.h"
#include "most.h"
#include "signals.h"

#include <math.h>
#include <string.h>

enum { ROOM = 256, AT = 40 };

/* x, d, high, slow of both planes. */
static float planes[8][ROOM];

static struct lq_groove_rows
rows_of (void)
{
  return (struct lq_groove_rows){ { planes[0] + AT, planes[1] + AT },
    { planes[2] + AT, planes[3] + AT }, { planes[4] + AT, planes[5] + AT },
    { planes[6] + AT, planes[7] + AT } };
}

static void
noise (lqs_random *r)
{
  for (int i = 0; i < 8; i++)
    for (int k = 0; k < ROOM; k++)
      planes[i][k] = (float)lqs_uniform (r);
}

/* Poles, frame by frame. States: real, re, im, low. */
static void
run_round (const struct lq_kernels *kernels, const struct lq_groove_poles *p, lqs_random *r,
    const char *name)
{
  const uint32_t n = LQ_GROOVE_GROUP * lqs_range (r, 0, 6);
  const bool slowly = lqs_range (r, 0, 1);
  struct lq_groove_state state, plain;
  double off = 0;

  noise (r);
  for (int c = 0; c < 2; c++)
    for (int i = 0; i < 4; i++)
      state.z[c][i] = lqs_uniform (r) / (i == 3 ? 1 : 100);
  plain = state;
  for (int i = 2; i < 8; i++)
    planes[i][AT + n] = planes[i][AT - 1] = 77;
  kernels->groove_run (p, &state, (const float *const[]){ planes[0] + AT, planes[1] + AT },
      (float *const[]){ planes[2] + AT, planes[3] + AT },
      (float *const[]){ planes[4] + AT, planes[5] + AT },
      slowly ? (float *const[]){ planes[6] + AT, planes[7] + AT } : NULL, n);
  for (uint32_t i = AT; i < AT + n; i++)
    for (int c = 0; c < 2; c++) {
      double *const z = plain.z[c];
      const double x = planes[c][i], re = z[1];
      z[0] = p->fall * z[0] + p->share * x;
      z[1] = p->turn[0] * re - p->turn[1] * z[2] + p->share * x;
      z[2] = p->turn[0] * z[2] + p->turn[1] * re;
      z[3] = p->keep * z[3] + p->feed * x;
      off = fmax (off, fabs (x - z[3] - planes[4 + c][i]));
      off = fmax (off, fabs (x - planes[c][i - 1] - planes[2 + c][i]));
      if (slowly)
        off = fmax (off,
            fabs (p->out[0] * z[0] + p->out[1] * z[1] + p->out[2] * z[2] - planes[6 + c][i]));
    }
  for (int c = 0; c < 2; c++)
    for (int i = 0; i < 4; i++)
      off = fmax (off, fabs (plain.z[c][i] - state.z[c][i]));
  CHECK (off < 2e-6, "%s: groove_run of %u frames off by %g", name, n, off);
  for (int i = 2; i < 8; i++)
    CHECK (planes[i][AT + n] == 77 && planes[i][AT - 1] == 77,
        "%s: groove_run writes beyond its frames", name);
}

static double
plain_form (const struct lq_groove_form *f, const struct lq_groove_rows *rows, int c, int i)
{
  double y = f->x * rows->x[c][i] + f->high * rows->high[c][i] + f->slow * rows->slow[c][i];

  for (int k = 0; k < LQ_GROOVE_TAPS; k++)
    y += f->tap[k] * rows->d[c][i + k - 15];
  return y;
}

/* What the planes' values a and b of a kind are as peaks. */
static struct lq_groove_peaks
peaks_of (uint32_t kind, double a, double b)
{
  if (kind == LQ_GROOVE_VELOCITY)
    return (struct lq_groove_peaks){ .velocity = (float)fabs (a) };
  if (kind == LQ_GROOVE_ACCELERATION)
    return (struct lq_groove_peaks){ .acceleration = (float)(fabs (a) + fabs (b)) };
  return (struct lq_groove_peaks){ .lateral = (float)fabs (a),
    .inward = (float)(b + a),
    .outward = (float)(b - a),
    .deep = (float)b,
    .shallow = (float)-b };
}

static struct lq_groove_form
random_form (lqs_random *r, uint32_t kind, uint32_t skip)
{
  struct lq_groove_form f = { { 0 }, 0, (float)lqs_uniform (r), 0 };

  for (uint32_t k = skip; k < LQ_GROOVE_TAPS - skip; k++)
    f.tap[k] = (float)lqs_uniform (r);
  f.x = kind == LQ_GROOVE_ACCELERATION ? 0 : (float)lqs_uniform (r);
  f.slow = kind == LQ_GROOVE_DISPLACEMENT ? (float)lqs_uniform (r) : 0;
  return f;
}

static float
differ (const struct lq_groove_peaks *a, const struct lq_groove_peaks *b)
{
  float off = 0;

  for (int k = 0; k < 7; k++)
    off = fmaxf (off, fabsf (((const float *)a)[k] - ((const float *)b)[k]));
  return off;
}

/* Forms at frames. */
static void
grid_round (const struct lq_kernels *kernels, lqs_random *r, const char *name)
{
  static float wave[LQ_GROOVE_KINDS][2][ROOM];
  const uint32_t groups = lqs_range (r, 0, 8), kinds = lqs_range (r, 1, LQ_GROOVE_ALL);
  static const uint32_t skips[][LQ_GROOVE_KINDS] = { { 6, 4, 10 }, { 0, 0, 0 }, { 8, 2, 14 } };
  const uint32_t *const skip = skips[lqs_range (r, 0, 2)];
  const struct lq_groove_rows rows = rows_of ();
  float *at[LQ_GROOVE_KINDS][2];
  struct lq_groove_form form[LQ_GROOVE_KINDS];
  struct lq_groove_peaks peaks[9], want[9] = { { 0 } };
  float off = 0;

  noise (r);
  for (uint32_t kind = 0; kind < LQ_GROOVE_KINDS; kind++) {
    form[kind] = random_form (r, kind, skip[kind]);
    for (int c = 0; c < 2; c++) {
      at[kind][c] = wave[kind][c];
      wave[kind][c][groups * LQ_GROOVE_GROUP] = 77;
    }
  }
  peaks[groups].velocity = 77;
  kernels->groove_grid (form, skip, kinds, &rows, at, peaks, groups);
  for (uint32_t i = 0; i < groups * LQ_GROOVE_GROUP; i++)
    for (uint32_t kind = 0; kind < LQ_GROOVE_KINDS; kind++) {
      const double a = plain_form (&form[kind], &rows, 0, (int)i),
                   b = plain_form (&form[kind], &rows, 1, (int)i);
      const struct lq_groove_peaks p = peaks_of (kind, a, b);
      if (!(kinds >> kind & 1))
        continue;
      off = fmaxf (off, fabsf (wave[kind][0][i] - (float)a));
      if (kind != LQ_GROOVE_VELOCITY)
        off = fmaxf (off, fabsf (wave[kind][1][i] - (float)b));
      want[i / LQ_GROOVE_GROUP] = most (want[i / LQ_GROOVE_GROUP], &p);
    }
  for (uint32_t g = 0; g < groups; g++)
    off = fmaxf (off, differ (peaks + g, want + g));
  CHECK (off < 1e-5f, "%s: kinds %u in %u groups off by %g", name, kinds, groups, (double)off);
  CHECK (peaks[groups].velocity == 77, "%s: groove_grid writes beyond its groups", name);
  for (uint32_t kind = 0; kind < LQ_GROOVE_KINDS; kind++)
    for (int c = 0; c < 2; c++)
      CHECK (
          wave[kind][c][groups * LQ_GROOVE_GROUP] == 77, "%s: groove_grid writes beyond", name);
}

/* What lies between: never above what all places have, never below what those half-way have where there is
 * no floor; beneath a floor that nothing reaches, nothing. */
static void
closer_round (const struct lq_kernels *kernels, const struct lq_groove_design *d, lqs_random *r,
    const char *name)
{
  const uint32_t kind = lqs_range (r, 0, LQ_GROOVE_KINDS - 1);
  const struct lq_groove_close *const close = &d->close[kind];
  const struct lq_groove_rows rows = rows_of ();
  float wave[2][LQ_GROOVE_GROUP];
  struct lq_groove_peaks known = { 0 }, halves = { 0 }, all, peaks;

  noise (r);
  for (int i = 0; i < LQ_GROOVE_GROUP; i++) {
    struct lq_groove_peaks p;
    for (int c = 0; c < 2; c++)
      wave[c][i] = (float)plain_form (&d->grid[kind], &rows, c, i);
    p = peaks_of (kind, (double)wave[0][i], (double)wave[1][i]);
    known = most (known, &p);
    p = peaks_of (
        kind, plain_form (&close->half, &rows, 0, i), plain_form (&close->half, &rows, 1, i));
    halves = most (halves, &p);
  }
  halves = most (halves, &known);
  all = halves;
  for (int i = 0; i < LQ_GROOVE_GROUP; i++)
    for (int m = 0; m < LQ_GROOVE_PHASES; m++) {
      struct lq_groove_form f = {
        .x = close->x[m], .high = close->high[m], .slow = close->slow[m]
      };
      struct lq_groove_peaks p;
      for (int k = 0; k < LQ_GROOVE_TAPS; k++)
        f.tap[k] = close->tap[k][m];
      p = peaks_of (kind, plain_form (&f, &rows, 0, i), plain_form (&f, &rows, 1, i));
      all = most (all, &p);
    }
  peaks = known;
  kernels->groove_closer (close, kind, &rows, (const float *const[]){ wave[0], wave[1] },
      HUGE_VALF, 1.01f, 0.0f, &peaks);
  CHECK (differ (&peaks, &known) == 0, "%s, kind %u: looks where nothing can be", name, kind);
  kernels->groove_closer (
      close, kind, &rows, (const float *const[]){ wave[0], wave[1] }, 0, 1.01f, 0.0f, &peaks);
  for (int k = 0; k < 7; k++) {
    const float is = ((float *)&peaks)[k], least = ((float *)&halves)[k],
                top = ((float *)&all)[k];
    CHECK (is >= least - 1e-4f * top && is <= top + 1e-4f * top,
        "%s, kind %u: %g isn't within %g and %g", name, kind, (double)is, (double)least,
        (double)top);
  }
}

/* Any number of frames, from and to anywhere; nothing is written behind. */
static void
take_round (const struct lq_kernels *kernels, lqs_random *r, const char *name)
{
  enum { MOST = 300 };
  const uint32_t n = lqs_range (r, 0, MOST), l = lqs_range (r, 0, 3), x = lqs_range (r, 0, 3);
  const float scale = (float)lqs_uniform (r);
  float in[2][MOST + 3], out[2][MOST + 4];

  for (int c = 0; c < 2; c++) {
    lqs_noise (in[c], MOST + 3, 1.0, (uint32_t)lqs_range (r, 0, 1000));
    for (int i = 0; i < MOST + 4; i++)
      out[c][i] = 9.0f;
  }
  kernels->groove_take (
      in[0] + l, in[1] + l, scale, (float *const[]){ out[0] + x, out[1] + x }, n);
  for (uint32_t i = 0; i < n; i++) {
    const float sum = in[0][l + i] + in[1][l + i], difference = in[0][l + i] - in[1][l + i];
    if (!CHECK (out[0][x + i] == sum * scale && out[1][x + i] == difference * scale,
            "%s: take, frame %u of %u", name, i, n))
      return;
  }
  CHECK (out[0][x + n] == 9.0f && out[1][x + n] == 9.0f && (x == 0 || out[0][x - 1] == 9.0f),
      "%s: take writes elsewhere", name);
}

/* One round of the kernels against plain C. */
static void
kernel_round (const struct lq_kernels *kernels, lqs_random *r, const char *name)
{
  static struct lq_groove_design d;

  if (!d.scale)
    lq_groove_design (&d, 48000, 7, -12);
  take_round (kernels, r, name);
  run_round (kernels, &d.poles, r, name);
  grid_round (kernels, r, name);
  closer_round (kernels, &d, r, name);
}

static void
kernels (void)
{
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    lqs_random r = { 99 };
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    for (int round = 0; round < 500; round++)
      kernel_round (lq_kernels (), &r, lq_cpu_name ((enum lq_cpu)cpu));
  }
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "poles, forms, places between", kernels },
    { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
