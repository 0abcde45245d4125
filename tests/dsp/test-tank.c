/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the reverb stands on: rings against a plain array, and the tank's kernels against the formulas
 * in double, each variant, any length. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/fpu.h"
#include "base/kernels.h"
#include "lqtest.h"
#include "measure.h"
#include "primitives/ring.h"
#include "signals.h"

#define LINES LQ_TANK_LINES
#define STEP LQ_TANK_STEP
#define LONG 20000

/* Two lines are written in steps of any length and read at any lag; twice, with a reset between. */
static void
rings (void)
{
  static const uint32_t longest[] = { 1, 11, 64, 65, 500, 3001 };
  static float all[2][LONG + STEP];

  for (int i = 0; i < 6; i++) {
    lqs_random random = { i + 1 };
    lq_arena arena;
    lq_ring ring;
    lq_arena_init (&arena);
    if (!lq_ring_prepare (&ring, 2, longest[i], &arena))
      abort ();
    for (int round = 0; round < 2; round++) {
      bool same = true;
      lq_ring_reset (&ring);
      for (int c = 0; c < 2; c++)
        lqs_noise (all[c], LONG, 1.0, (uint64_t)(10 * i + 2 * round + c + 1));
      for (uint32_t at = 0, n; at < LONG - STEP; at += n) {
        n = lqs_range (&random, 1, STEP);
        for (uint32_t c = 0; c < 2; c++) {
          const uint32_t lag = lqs_range (&random, 0, longest[i]);
          const float *past;
          /* All of it may be written, as whole vectors do. */
          memset (lq_ring_place (&ring, c), 0x7e, STEP * sizeof (float));
          memcpy (lq_ring_place (&ring, c), all[c] + at, n * sizeof (float));
          lq_ring_wrote (&ring, c, n);
          past = lq_ring_past (&ring, c, lag, n);
          for (uint32_t k = 0; k < n; k++)
            same = same && past[k] == (at + k < lag ? 0.0f : all[c][at + k - lag]);
        }
        lq_ring_advance (&ring, n);
      }
      CHECK (same, "lags up to %u, round %d", longest[i], round);
    }
    lq_arena_free (&arena);
  }
}

/* Numbers for all kernels. */
struct job {
  struct lq_tank_damp damp;
  struct lq_tank_mix mix;
  float state[2][LINES];
  float x[LINES][2 * STEP], a[STEP], b[STEP]; /* x: beyond any step too */
  float f[LINES * STEP], to[LINES][STEP], row[LINES][STEP], line[STEP], y[STEP];
  uint32_t first, n;
};

static void
make (struct job *j, uint32_t n, bool moving)
{
  lqs_random random = { n + 1 };

  memset (j, 0, sizeof *j);
  j->n = n;
  j->first = lqs_range (&random, 0, STEP - n);
  for (int k = 0; k < LINES; k++) {
    static const double of[5] = { 0.2, -0.3, 0.1, -1.2, 0.5 };
    for (int c = 0; c < 5; c++) {
      j->damp.now[c][k] = (float)(of[c] + 0.05 * lqs_uniform (&random));
      j->damp.step[c][k] = moving ? (float)(0.0005 * lqs_uniform (&random)) : 0.0f;
    }
    j->state[0][k] = (float)lqs_uniform (&random);
    j->state[1][k] = (float)lqs_uniform (&random);
    lqs_noise (j->x[k], 2 * STEP, 1.0, k + 100u);
  }
  j->damp.moving = j->mix.turning = moving;
  j->mix.inject = 0.7f;
  j->mix.inject_step = moving ? 0.001f : 0.0f;
  for (int p = 0; p < LINES / 2 && moving; p++) {
    const double angle = 0.3 * p;
    j->mix.cosine[p] = (float)cos (angle);
    j->mix.sine[p] = (float)sin (angle);
    j->mix.cosine_step[p] = (float)((cos (angle + 0.05) - cos (angle)) / STEP);
    j->mix.sine_step[p] = (float)((sin (angle + 0.05) - sin (angle)) / STEP);
  }
  lqs_noise (j->a, STEP, 1.0, 7);
  lqs_noise (j->b, STEP, 1.0, 8);
}

static void
run (const struct lq_kernels *kernels, struct job *j)
{
  const struct lq_tank_gain gain[3] = { { 0.6f, 0.001f }, { -0.4f, 0.0f }, { 0.3f, 0.0f } };
  const float *x[LINES];
  float *to[LINES], *rows[LINES];

  for (int k = 0; k < LINES; k++) {
    x[k] = j->x[k] + k;
    to[k] = j->to[k];
    rows[k] = k % 3 == 0 ? j->row[k] : NULL;
  }
  kernels->tank_damp (&j->damp, j->state, x, j->f, j->first, j->n);
  kernels->tank_mix (&j->mix, j->f, j->a, j->b, to, rows, j->first, j->n);
  kernels->tank_allpass (gain, j->a, j->b, j->line, j->y, j->first, j->n);
  kernels->tank_sum (gain, x, 3, j->a, j->first, j->n);
}

/* The largest error of frames that count, against the formulas in double. */
static double
errors (const struct job *in, const struct job *out)
{
  double worst = 0.0, t1[LINES], t2[LINES];

  for (int k = 0; k < LINES; k++) {
    t1[k] = in->state[0][k];
    t2[k] = in->state[1][k];
  }
  for (uint32_t i = 0; i < in->n; i++) {
    const double t = in->first + i, inject = in->mix.inject + in->mix.inject_step * t;
    double f[LINES], v[LINES], g = 0.6 + 0.001 * t, y, sum;
    for (int k = 0; k < LINES; k++) {
      double c[5];
      const double x = in->x[k][i + (uint32_t)k];
      for (int n = 0; n < 5; n++)
        c[n] = in->damp.now[n][k] + in->damp.step[n][k] * t;
      f[k] = c[0] * x + t1[k];
      t1[k] = c[1] * x + t2[k] - c[3] * f[k];
      t2[k] = c[2] * x - c[4] * f[k];
      worst = fmax (worst, fabs (f[k] - out->f[k * STEP + (int)i]));
    }
    for (int k = 0; k < LINES; k++) {
      v[k] = 0.0;
      for (int n = 0; n < LINES; n++)
        v[k] += __builtin_parity ((unsigned)(k & n)) ? -f[n] : f[n];
      if (k % 3 == 0)
        worst = fmax (worst, fabs (v[k] - out->row[k][i]));
    }
    for (int p = 0; p < LINES / 2 && in->mix.turning; p++) {
      const double c = in->mix.cosine[p] + in->mix.cosine_step[p] * t,
                   s = in->mix.sine[p] + in->mix.sine_step[p] * t, a = v[2 * p];
      v[2 * p] = c * a - s * v[2 * p + 1];
      v[2 * p + 1] = s * a + c * v[2 * p + 1];
    }
    for (int k = 0; k < LINES; k++) {
      const double side = inject * (k % 2 ? in->b[i] : in->a[i]);
      const bool minus = ((k & 1) && (k & 2)) != ((k & 4) && (k & 8));
      worst = fmax (worst, fabs (v[k] + (minus ? -side : side) - out->to[k][i]));
    }
    y = in->b[i] - g * in->a[i];
    worst = fmax (worst, fabs (y - out->y[i]) + fabs (in->a[i] + g * y - out->line[i]));
    sum = g * in->x[0][i] - 0.4 * in->x[1][i + 1] + 0.3 * in->x[2][i + 2];
    worst = fmax (worst, fabs (sum - out->a[i]));
  }
  for (int k = 0; k < LINES; k++)
    worst = fmax (worst, fabs (t1[k] - out->state[0][k]) + fabs (t2[k] - out->state[1][k]));
  return worst;
}

/* Whether the frames that count are the same bits. */
static bool
same (const struct job *a, const struct job *b)
{
  bool equal = memcmp (a->state, b->state, sizeof a->state) == 0;

  for (int k = 0; k < LINES; k++)
    equal = equal && memcmp (a->f + k * STEP, b->f + k * STEP, a->n * sizeof (float)) == 0 &&
            memcmp (a->to[k], b->to[k], a->n * sizeof (float)) == 0 &&
            memcmp (a->row[k], b->row[k], a->n * sizeof (float)) == 0;
  return equal && memcmp (a->y, b->y, a->n * sizeof (float)) == 0 &&
         memcmp (a->line, b->line, a->n * sizeof (float)) == 0 &&
         memcmp (a->a, b->a, a->n * sizeof (float)) == 0;
}

static void
kernels (void)
{
  static struct job in, baseline, out;

  for (uint32_t n = 0; n <= STEP; n++)
    for (int moving = 0; moving < 2; moving++)
      for (int cpu = LQ_CPU_BASELINE; cpu < LQ_CPU_COUNT; cpu++) {
        if (!lq_cpu_force ((enum lq_cpu)cpu))
          continue;
        make (&in, n, moving);
        out = in;
        run (lq_kernels (), &out);
        if (cpu == LQ_CPU_BASELINE)
          baseline = out;
        CHECK (errors (&in, &out) < 1e-4, "%u frames, %s: off by %.3g", n,
            lq_cpu_name ((enum lq_cpu)cpu), errors (&in, &out));
        CHECK (same (&baseline, &out), "%u frames: %s has other bits", n,
            lq_cpu_name ((enum lq_cpu)cpu));
      }
  lq_cpu_force (lq_cpu_best ());
}

/* What mixing and turning put into the lines has the energy of what came out of them. */
static void
lossless (void)
{
  static struct job j;
  double in = 0.0, out = 0.0;

  make (&j, STEP, true);
  memset (j.a, 0, sizeof j.a);
  memset (j.b, 0, sizeof j.b);
  memset (j.mix.cosine_step, 0, sizeof j.mix.cosine_step);
  memset (j.mix.sine_step, 0, sizeof j.mix.sine_step);
  run (lq_kernels (), &j);
  for (int i = 0; i < LINES * STEP; i++) {
    in += (double)j.f[i] * j.f[i];
    out += (double)j.to[i / STEP][i % STEP] * j.to[i / STEP][i % STEP];
  }
  CHECK_NEAR (out / in, 16.0, 1e-4, "energy, times 16");
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "rings", rings }, { "kernels, every variant", kernels },
    { "mixing loses nothing", lossless }, { NULL, NULL } };

  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
