/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The strip's meter against formulas, and cut anyhow. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "base/mathx.h"
#include "guard.h"
#include "lqtest.h"
#include "primitives/level.h"
#include "signals.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#define RATE 48000.0
#define FRAMES 48000

static lq_level_reading
measure (const lqg_planes *p, lqu_cut cut)
{
  const lq_stream stream = lqu_stream (RATE, p->channels);
  const float *at[LQG_CHANNELS_MAX];
  lq_level_reading r;
  lq_level u;
  uint32_t n;

  memset (&u, 0xa5, sizeof u);
  lq_level_prepare (&u, &stream, NULL);
  for (size_t done = 0; done < p->frames; done += n) {
    n = lqu_next (&cut, p->frames - done);
    for (uint32_t c = 0; c < p->channels; c++)
      at[c] = p->ch[c] + done;
    lq_level_process (&u, at, n, 1.0);
  }
  lq_level_take (&u, &r);
  return r;
}

/* Two sines of whole periods, a phase apart: amplitude/√2, and the cosine of the phase. */
static void
sines (void)
{
  lqg_planes p = lqg_new (2, FRAMES);

  for (int degrees = 0; degrees <= 180; degrees += 15) {
    const double phase = degrees * LQ_PI / 180.0;
    lq_level_reading r;
    lqs_sine (p.ch[0], FRAMES, RATE, 1000.0, 0.5, 0.0, 0);
    lqs_sine (p.ch[1], FRAMES, RATE, 1000.0, 0.01, phase, 0);
    r = measure (&p, (lqu_cut){ .length = LQ_BLOCK });
    CHECK (r.frames == FRAMES, "%u frames", (unsigned)r.frames);
    CHECK_NEAR (20.0 * log10 (r.rms[0]), 20.0 * log10 (0.5) - 3.0103, 1e-4, "rms");
    CHECK_NEAR (20.0 * log10 (r.rms[1]), -40.0 - 3.0103, 1e-4, "rms");
    CHECK_NEAR (r.peak[0], 0.5, 1e-6, "peak");
    CHECK_NEAR (r.correlation, cos (phase), 1e-6, "correlation");
  }
  lqg_free (&p);
}

static void
cuts (void)
{
  static const uint32_t lengths[] = { 1, 7, 64, 1000, 0 };
  lqg_planes p = lqg_new (2, 20011);
  lq_level_reading whole;

  for (uint32_t c = 0; c < 2; c++)
    lqs_programme (p.ch[c], p.frames, RATE, c);
  for (int cpu = LQ_CPU_BASELINE; cpu < LQ_CPU_COUNT; cpu++) {
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    if (cpu == LQ_CPU_BASELINE)
      whole = measure (&p, (lqu_cut){ .length = LQ_BLOCK });
    for (uint32_t i = 0; i < LQ_COUNT (lengths); i++) {
      lq_level_reading r = measure (&p, (lqu_cut){ lengths[i], { 9 } });
      CHECK (memcmp (&whole, &r, sizeof r) == 0, "%s, blocks of %u read otherwise",
          lq_cpu_name ((enum lq_cpu)cpu), lengths[i]);
    }
  }
  lq_cpu_force (lq_cpu_best ());
  lqg_free (&p);
}

/* A reading begins a new period; silence, no frames and many channels are no trouble. */
static void
periods (void)
{
  lqg_planes p = lqg_new (64, 1000);
  const lq_stream stream = lqu_stream (RATE, 2);
  lq_level_reading r = measure (&p, (lqu_cut){ .length = 100 });
  lq_level u;

  CHECK (r.rms[63] == 0.0 && r.peak[63] == 0.0f && r.correlation == 0.0, "silence has a level");
  p.ch[0][5] = p.ch[1][5] = -0.5f;
  lq_level_prepare (&u, &stream, NULL);
  lq_level_process (&u, (const float *const *)p.ch, 100, 1.0);
  lq_level_take (&u, &r);
  CHECK_NEAR (r.rms[0], 0.5 / 10.0, 1e-12, "rms");
  CHECK_NEAR (r.correlation, 1.0, 1e-12, "correlation");
  CHECK (r.peak[1] == 0.5f, "peak");
  lq_level_take (&u, &r);
  CHECK (r.frames == 0 && r.rms[0] == 0.0 && r.peak[0] == 0.0f, "the last period's level");
  lqg_free (&p);
}

/* The kernel: exactly what three sums of products are, of n frames that are all there is. */
static void
products_of (uint32_t n, lqs_random *random)
{
  lqg_planes p = lqg_new (2, n);
  double ours[3][LQ_PRODUCT_LANES], theirs[3][LQ_PRODUCT_LANES];
  const uint32_t phase = lqs_range (random, 0, 3 * LQ_PRODUCT_LANES);

  for (int k = 0; k < 3 * LQ_PRODUCT_LANES; k++)
    ours[k / LQ_PRODUCT_LANES][k % LQ_PRODUCT_LANES] =
        theirs[k / LQ_PRODUCT_LANES][k % LQ_PRODUCT_LANES] = lqs_uniform (random);
  for (uint32_t i = 0; i < n; i++) {
    const double x = p.ch[0][i] = (float)lqs_uniform (random);
    const double y = p.ch[1][i] = (float)lqs_uniform (random);
    const uint32_t k = (phase + i) % LQ_PRODUCT_LANES;
    theirs[0][k] += x * x;
    theirs[1][k] += y * y;
    theirs[2][k] += x * y;
  }
  lq_kernels ()->products (p.ch[0], p.ch[1], n, phase, ours[0], ours[1], ours[2]);
  CHECK (memcmp (ours, theirs, sizeof ours) == 0, "%u frames from %u", n, phase);
  CHECK (lqg_intact (&p), "%u frames: wrote", n);
  lqg_free (&p);
}

static void
products (void)
{
  lqs_random random = { 4 };

  for (int cpu = LQ_CPU_BASELINE; cpu < LQ_CPU_COUNT; cpu++)
    if (lq_cpu_force ((enum lq_cpu)cpu))
      for (uint32_t round = 0; round < 400; round++)
        products_of (round < 200 ? round % 50 : lqs_range (&random, 50, LQ_BLOCK), &random);
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "sines read as the formula says", sines },
    { "readings don't depend on the cut or the CPU", cuts }, { "periods begin anew", periods },
    { "kernel products", products }, { NULL, NULL } };

  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
