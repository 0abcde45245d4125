/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The kernels of the dynamic equaliser against plain C, in every variant that this machine runs. */

#include "base/cpu.h"
#include "base/kernels.h"
#include "lqtest.h"
#include "signals.h"

#include <math.h>
#include <string.h>

/* What the tests of kernels read and write beside x. */
static float in[2][400], out[2][400];

#define ROWS 90
#define KERNEL_FRAMES 300

static struct lq_swing_row rows[ROWS];

/* Taps that are stable, whatever they are between. */
static void
random_rows (lqs_random *r)
{
  for (int i = 0; i < ROWS; i++)
    for (int lane = 0; lane < LQ_SWING_LANES; lane++) {
      const double g = exp (3 * lqs_uniform (r)), k = exp (2 * lqs_uniform (r));
      const double a1 = 1 / (1 + g * (g + k));
      const double taps[] = { 2 * a1 - 1, 2 * g * a1, 2 * g * g * a1, lqs_uniform (r),
        lqs_uniform (r), lqs_uniform (r), lqs_uniform (r), lqs_uniform (r), lqs_uniform (r),
        lqs_uniform (r) };
      for (int t = 0; t < LQ_SWING_TAPS; t++)
        rows[i].tap[t][lane] = taps[t];
    }
}

/* One frame of band k, both channels in place; heard: without x. */
static void
plain_step (const struct lq_swing *b, uint32_t row, uint32_t k, uint32_t frame, double x[2],
    double (*state)[LQ_SWING_LANES], bool heard)
{
  double y[2];

  for (int c = 0; c < 2; c++) {
    const uint32_t lane = 2 * k + (uint32_t)c;
    double t[LQ_SWING_TAPS], u, v = state[0][lane], w = state[1][lane];
    for (int i = 0; i < LQ_SWING_TAPS; i++) {
      const double from = rows[row].tap[i][lane], to = rows[row + 1].tap[i][lane];
      t[i] = heard && !b->moving ? rows[0].tap[i][lane]
                                 : from + (to - from) * (frame + 1) / b->group;
    }
    u = b->mixed ? t[LQ_SWING_OWN] * x[c] + t[LQ_SWING_OTHER] * x[1 - c] : x[c];
    y[c] = (heard ? 0 : x[c]) + t[LQ_SWING_D] * u + t[LQ_SWING_C1] * v + t[LQ_SWING_C2] * w;
    state[0][lane] = t[LQ_SWING_A] * v - t[LQ_SWING_B1] * w + t[LQ_SWING_I1] * u;
    state[1][lane] = w - t[LQ_SWING_B2] * w + t[LQ_SWING_B1] * v + t[LQ_SWING_I2] * u;
  }
  x[0] = y[0];
  x[1] = y[1];
}

static void
one_kernel_round (const struct lq_kernels *kernels, lqs_random *r, const char *name)
{
  const uint32_t group = 4u << lqs_range (r, 0, 3), n = lqs_range (r, 0, KERNEL_FRAMES);
  const uint32_t phase = lqs_range (r, 0, group - 1), count = lqs_range (r, 1, LQ_SWING_BANDS);
  double state[2][LQ_SWING_LANES] = { { 0 } }, plain[2][LQ_SWING_LANES] = { { 0 } };
  static double x[2 * KERNEL_FRAMES + 2], ours[2 * KERNEL_FRAMES], y[2];
  static double heard[LQ_SWING_LANES * KERNEL_FRAMES + 1];
  float peak[ROWS][LQ_SWING_BANDS], most[ROWS][LQ_SWING_BANDS] = { { 0 } };
  struct lq_swing b = { rows, state, count, group, lqs_range (r, 0, 1), lqs_range (r, 0, 1) };
  double off = 0;

  random_rows (r);
  for (int lane = 0; lane < LQ_SWING_LANES && !b.mixed; lane++)
    for (int i = 0; i < ROWS; i++) {
      rows[i].tap[LQ_SWING_OWN][lane] = 1;
      rows[i].tap[LQ_SWING_OTHER][lane] = 0;
    }
  for (int lane = 2 * (int)count; lane < LQ_SWING_LANES; lane++)
    for (int i = 0; i < ROWS; i++)
      for (int t = 0; t < LQ_SWING_TAPS; t++)
        rows[i].tap[t][lane] = 0;
  for (uint32_t i = 0; i < 2 * count; i++)
    state[0][i] = plain[0][i] = lqs_uniform (r);
  for (uint32_t i = 0; i < 2 * n; i++)
    x[i] = ours[i] = in[i % 2][i / 2] = (float)lqs_uniform (r);
  out[0][n] = out[1][n] = 77;
  x[2 * n] = x[2 * n + 1] = heard[LQ_SWING_LANES * n] = 77;
  for (uint32_t i = 0; i < n; i++)
    for (int c = 0; c < 2; c++)
      x[2 * i + c] = 0;
  kernels->swing_levels (&b, (const float *const[]){ in[0], in[1] }, x, phase, n, peak, heard);
  for (uint32_t i = 0; i < n; i++)
    off = fmax (off, fabs (x[2 * i] - in[0][i]) + fabs (x[2 * i + 1] - in[1][i]));
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t k = 0; k < count; k++) {
      const uint32_t row = (phase + i) / group;
      y[0] = x[2 * i];
      y[1] = x[2 * i + 1];
      plain_step (&b, row, k, (phase + i) % group, y, plain, true);
      for (uint32_t c = 0; c < 2; c++) {
        off = fmax (off, fabs (heard[LQ_SWING_LANES * i + 2 * k + c] - y[c]));
        most[row][k] = fmaxf (most[row][k], (float)fabs (y[c]));
      }
      if (i + 1 == n || (phase + i + 1) % group == 0)
        off = fmax (off, fabsf (most[row][k] - peak[row][k]) / 10);
    }
  kernels->swing (&b, x, (float *const[]){ out[0], out[1] }, phase, n);
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t k = 0; k < count; k++)
      plain_step (
          &b, (phase + i) / group + k, k, (phase + i) % group, ours + 2 * i, plain, false);
  for (uint32_t i = 0; i < 2 * n; i++)
    off = fmax (off, fabs (ours[i] - x[i]) / 100 + fabs ((float)x[i] - out[i % 2][i / 2]));
  for (uint32_t i = 0; i < 2 * count; i++)
    off = fmax (off, fabs (plain[0][i] - state[0][i]) + fabs (plain[1][i] - state[1][i]));
  CHECK (off < 1e-6, "%s: %u bands, group %u, %u frames from %u: off by %g", name, count, group,
      n, phase, off);
  CHECK (x[2 * n] == 77 && x[2 * n + 1] == 77 && out[0][n] == 77 && out[1][n] == 77 &&
             heard[LQ_SWING_LANES * n] == 77,
      "%s: writes beyond the end", name);
}

/* Values of cubics, in both lanes of one band and nowhere else. */
static void
one_taps_round (const struct lq_kernels *kernels, lqs_random *r, const char *name)
{
  static double cubic[7][4][LQ_SWING_OWN];
  const uint32_t n = lqs_range (r, 0, 40), k = lqs_range (r, 0, LQ_SWING_BANDS - 1);
  double at[40];
  bool right = true;

  for (int i = 0; i < 7; i++)
    for (int c = 0; c < 4; c++)
      for (int t = 0; t < LQ_SWING_OWN; t++)
        cubic[i][c][t] = lqs_uniform (r);
  for (uint32_t i = 0; i < n; i++)
    at[i] = i == 0 ? 7 : i == 1 ? 0 : 3.5 + 3.5 * lqs_uniform (r);
  for (int i = 0; i < ROWS; i++)
    for (int t = 0; t < LQ_SWING_TAPS; t++)
      for (int lane = 0; lane < LQ_SWING_LANES; lane++)
        rows[i].tap[t][lane] = 77;
  kernels->swing_taps ((const double (*)[4][LQ_SWING_OWN])cubic, 7, at, rows, k, n);
  for (uint32_t i = 0; i < ROWS; i++)
    for (int t = 0; t < LQ_SWING_TAPS; t++)
      for (uint32_t lane = 0; lane < LQ_SWING_LANES; lane++) {
        const double (*c)[LQ_SWING_OWN] = cubic[i < n ? (int)fmin (at[i], 6) : 0];
        const int own = t % LQ_SWING_OWN;
        const double u = i < n ? at[i] - fmin (floor (at[i]), 6) : 0;
        const double want =
            i < n && lane / 2 == k && t < LQ_SWING_OWN
                ? c[0][own] + u * c[1][own] + u * u * c[2][own] + u * u * u * c[3][own]
                : 77;
        right = right && fabs (rows[i].tap[t][lane] - want) < 1e-12;
      }
  CHECK (right, "%s: taps of %u rows", name, n);
}

static void
kernels (void)
{
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    lqs_random r = { 99 };
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    for (int round = 0; round < 400; round++)
      one_kernel_round (lq_kernels (), &r, lq_cpu_name ((enum lq_cpu)cpu));
    for (int round = 0; round < 100; round++)
      one_taps_round (lq_kernels (), &r, lq_cpu_name ((enum lq_cpu)cpu));
  }
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "bands, swing_levels, swing_taps", kernels },
    { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
