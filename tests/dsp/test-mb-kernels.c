/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Kernels of multiband dynamics against plain C, in every variant, between canaries. */

#include "base/cpu.h"
#include "base/kernels.h"
#include "base/mathx.h"
#include "base/param.h"
#include "guard.h"
#include "lqtest.h"
#include "signals.h"

#include <math.h>

#define BANDS_MAX LQ_BANDS_MAX

/* Gain of a curve with T −20, W 9, at most 15 dB either way; properties/README.md. */
static double
formula (double R, double x)
{
  const double T = -20, W = 9;
  double gain = (T + (x - T) / R) - x;

  if (2 * (x - T) < -W)
    gain = 0.0;
  else if (2 * fabs (x - T) <= W)
    gain = (1 / R - 1) * (x - T + W / 2) * (x - T + W / 2) / (2 * W);
  return fmin (fmax (gain, -15.0), 15.0);
}

static const struct lq_kernels *kernels;

static void
check_follow (uint32_t planes, uint32_t n, lqs_random *random)
{
  lqg_planes p = lqg_new (planes, n), before = lqg_new (planes, n);
  struct lq_follow_lanes f;

  for (uint32_t k = 0; k < planes; k++) {
    f.attack[k] = 0.5 + 0.5 * lqs_uniform (random);
    f.release[k] = 1.0 - 1e-5 * pow (10.0, 2.0 + 2.0 * lqs_uniform (random));
    if (k % 5 == 4)
      f.attack[k] = 1.0 - 1e-6;
    f.z[k] = 10.0 * lqs_uniform (random);
    for (uint32_t i = 0; i < n; i++)
      p.ch[k][i] = (float)(i / 7 % 3 ? 20.0 * lqs_uniform (random) : -5.0);
  }
  const struct lq_follow_lanes begin = f;
  lqg_copy (&before, &p);
  kernels->follow (&f, p.ch, planes, n);
  for (uint32_t k = 0; k < planes; k++) {
    double z = begin.z[k], worst = 0.0;
    for (uint32_t i = 0; i < n; i++) {
      const double x = before.ch[k][i], c = x < z ? begin.attack[k] : begin.release[k];
      z = c * z + (1.0 - c) * x;
      worst = fmax (worst, fabs (p.ch[k][i] - z));
    }
    CHECK (worst < 4e-6, "follow, %u planes, %u frames: off by %g", planes, n, worst);
    CHECK (fabs (f.z[k] - z) < 1e-9, "follow: what it remembers is off by %g", f.z[k] - z);
  }
  CHECK (lqg_intact (&p), "follow writes beside a plane");
  lqg_free (&p);
  lqg_free (&before);
}

static void
check_blend (uint32_t bands, uint32_t n, lqs_random *random)
{
  lqg_planes p = lqg_new (2 * bands + 1, n);
  float offset[BANDS_MAX], scale[BANDS_MAX];
  double worst = 0.0;

  for (uint32_t k = 0; k < 2 * bands; k++)
    for (uint32_t i = 0; i < n; i++)
      p.ch[k][i] = (float)lqs_uniform (random);
  for (uint32_t b = 0; b < bands; b++) {
    offset[b] = (float)lqs_uniform (random);
    scale[b] = (float)lqs_uniform (random);
  }
  kernels->blend ((const float *const *)p.ch, (const float *const *)p.ch + bands, offset, scale,
      bands, p.ch[2 * bands], n);
  for (uint32_t i = 0; i < n; i++) {
    double sum = 0.0;
    for (uint32_t b = 0; b < bands; b++)
      sum += (offset[b] + (double)scale[b] * p.ch[bands + b][i]) * p.ch[b][i];
    worst = fmax (worst, fabs (sum - p.ch[2 * bands][i]));
  }
  CHECK (worst < 1e-6, "blend, %u bands, %u frames: off by %g", bands, n, worst);
  CHECK (lqg_intact (&p), "blend writes beside a plane");
  lqg_free (&p);
}

static void
check_squash (uint32_t n, lqs_random *random)
{
  lqg_planes p = lqg_new (2, n);
  const double ratio = 0.6 + 0.39 * lqs_uniform (random);

  for (uint32_t i = 0; i < n; i++)
    p.ch[0][i] = (float)(-20.0 + 20.0 * lqs_uniform (random));
  const struct lq_squash curve = { -20, (float)(1.0 - 1.0 / ratio), 9, 15, 0 };
  kernels->squash (&curve, p.ch[0], p.ch[1], n);
  for (uint32_t i = 0; i < n; i++)
    CHECK_NEAR (p.ch[1][i], formula (ratio, p.ch[0][i]), 1e-4, "a raising curve");
  CHECK (lqg_intact (&p), "squash writes beside a plane");
  lqg_free (&p);
}

static void
test_kernels (void)
{
  static const uint32_t longer[] = { 31, 32, 33, 63, 64, 65, 255, 256, 257, 999, 1024 };

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    lqs_random random = { 77 };
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    kernels = lq_kernels ();
    for (uint32_t k = 0; k < 26 + LQ_COUNT (longer); k++) {
      const uint32_t n = k < 26 ? k : longer[k - 26];
      for (uint32_t planes = 1; planes <= LQ_FOLLOW_LANES; planes++)
        check_follow (planes, n, &random);
      for (uint32_t bands = 2; bands <= BANDS_MAX; bands++)
        check_blend (bands, n, &random);
      check_squash (n, &random);
    }
  }
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = {
    { "follow, blend, squash that raises", test_kernels },
    { NULL, NULL },
  };

  return lqt_main (cases, argc, argv);
}
