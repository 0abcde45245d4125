/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The meters as units: what they read doesn't depend on the cut of blocks, on what was before a
 * reset, on the CPU. What they read against the standards: tests/conformance. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "base/mathx.h"
#include "guard.h"
#include "lqtest.h"
#include "primitives/loudness.h"
#include "primitives/truepeak.h"
#include "signals.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#define RATE 44100.0
#define FRAMES 300000
#define CHANNELS 3

/* Everything that both meters say. */
typedef struct reading {
  double figures[8];
  float peaks[4 * CHANNELS];
} reading;

typedef struct meters {
  lq_arena arena;
  lq_loudness loudness;
  lq_truepeak truepeak;
} meters;

static void
meters_new (meters *m, uint32_t channels)
{
  const lq_stream stream = lqu_stream (RATE, channels);

  memset (m, 0xa5, sizeof *m);
  lq_arena_init (&m->arena);
  CHECK (lq_loudness_prepare (&m->loudness, &stream, &m->arena) &&
             lq_truepeak_prepare (&m->truepeak, &stream, &m->arena),
      "no memory");
}

static reading
meters_read (meters *m)
{
  const lq_loudness *l = &m->loudness;
  reading r = { { lq_loudness_momentary (l), lq_loudness_short_term (l),
      lq_loudness_max_momentary (l), lq_loudness_max_short_term (l),
      lq_loudness_integrated (l, 0.0), lq_loudness_range (l, 0.0),
      lq_loudness_integrated (l, -55.0), lq_loudness_range (l, -55.0) } };

  for (uint32_t c = 0; c < CHANNELS; c++) {
    r.peaks[c] = lq_truepeak_peak (&m->truepeak, c);
    r.peaks[CHANNELS + c] = lq_truepeak_take (&m->truepeak, c, &r.peaks[2 * CHANNELS + c]);
    r.peaks[3 * CHANNELS + c] = lq_truepeak_sample (&m->truepeak, c);
  }
  return r;
}

/* Loud and soft passages, and a gap. */
static lqg_planes
programme (void)
{
  lqg_planes p = lqg_new (CHANNELS, FRAMES);

  for (uint32_t c = 0; c < CHANNELS; c++) {
    lqs_programme (p.ch[c], FRAMES, RATE, c + 1);
    for (size_t i = 0; i < FRAMES; i++)
      p.ch[c][i] *= i < 60000 ? 0.1f : i < 200000 ? 1.0f : i < 220000 ? 0.0f : 0.4f;
  }
  return p;
}

/* Reads half way, at the end, and after the last frames were looked between. */
static void
play (meters *m, const lqg_planes *p, lqu_cut cut, reading out[3])
{
  const float *at[CHANNELS];
  uint32_t n;

  for (size_t done = 0; done < FRAMES; done += n) {
    n = lqu_next (&cut, (done < 123457 ? 123457 : FRAMES) - done);
    for (uint32_t c = 0; c < CHANNELS; c++)
      at[c] = p->ch[c] + done;
    lq_loudness_process (&m->loudness, at, n);
    lq_truepeak_process (&m->truepeak, at, n);
    if (done + n == 123457)
      out[0] = meters_read (m);
  }
  out[1] = meters_read (m);
  lq_truepeak_finish (&m->truepeak);
  out[2] = meters_read (m);
}

static void
cuts (void)
{
  static const uint32_t lengths[] = { 1, 7, 64, 1000, 48000, 0 };
  lqg_planes p = programme ();
  reading whole[3], parts[3];
  meters m;

  meters_new (&m, CHANNELS);
  play (&m, &p, (lqu_cut){ .length = LQ_BLOCK }, whole);
  CHECK (whole[0].figures[4] > -40.0, "nothing was measured");
  for (uint32_t i = 0; i < LQ_COUNT (lengths); i++) {
    lq_loudness_reset (&m.loudness);
    lq_truepeak_reset (&m.truepeak);
    play (&m, &p, (lqu_cut){ lengths[i], { 3 } }, parts);
    CHECK (memcmp (whole, parts, sizeof whole) == 0, "blocks of %u read otherwise", lengths[i]);
  }
  lq_arena_free (&m.arena);
  lqg_free (&p);
}

static void
resets (void)
{
  lqg_planes p = programme (), bad = programme ();
  reading fresh[3], again[3];
  meters m;

  for (uint32_t c = 0; c < CHANNELS; c++)
    bad.ch[c][FRAMES - 5] = NAN;
  meters_new (&m, CHANNELS);
  play (&m, &p, (lqu_cut){ .length = LQ_BLOCK }, fresh);
  play (&m, &bad, (lqu_cut){ .length = LQ_BLOCK }, again);
  lq_loudness_reset (&m.loudness);
  lq_truepeak_reset (&m.truepeak);
  play (&m, &p, (lqu_cut){ .length = LQ_BLOCK }, again);
  CHECK (memcmp (fresh, again, sizeof fresh) == 0, "the past shows");
  lq_arena_free (&m.arena);
  lqg_free (&p);
  lqg_free (&bad);
}

static void
variants (void)
{
  lqg_planes p = programme ();
  reading first[3], other[3];

  for (int cpu = LQ_CPU_BASELINE; cpu < LQ_CPU_COUNT; cpu++) {
    meters m;
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    meters_new (&m, CHANNELS);
    play (&m, &p, (lqu_cut){ .length = LQ_BLOCK }, cpu == LQ_CPU_BASELINE ? first : other);
    lq_arena_free (&m.arena);
    for (int r = 0; r < 3 && cpu != LQ_CPU_BASELINE; r++) {
      for (int i = 0; i < 8; i++)
        CHECK_NEAR (other[r].figures[i], first[r].figures[i], 1e-6, lq_cpu_name (cpu));
      for (int i = 0; i < 4 * CHANNELS; i++)
        CHECK_NEAR (other[r].peaks[i], first[r].peaks[i], 1e-6, lq_cpu_name (cpu));
    }
  }
  lq_cpu_force (lq_cpu_best ());
  lqg_free (&p);
}

/* Mono counts as on two loudspeakers, whenever that is said; gates move with it. */
static void
dual_mono (void)
{
  lqg_planes p = programme ();
  const float *at[1] = { p.ch[0] };
  double before[4], after[4];
  meters m;

  meters_new (&m, 1);
  lq_loudness_process (&m.loudness, at, FRAMES);
  for (int i = 0; i < 2; i++) {
    double *r = i ? after : before;
    r[0] = lq_loudness_integrated (&m.loudness, 0.0);
    r[1] = lq_loudness_momentary (&m.loudness);
    r[2] = lq_loudness_max_short_term (&m.loudness);
    r[3] = lq_loudness_max_momentary (&m.loudness);
    lq_loudness_set_dual_mono (&m.loudness, true);
  }
  for (int i = 0; i < 4; i++)
    CHECK_NEAR (after[i] - before[i], 10.0 * log10 (2.0), 1e-9, "dual mono");
  lq_arena_free (&m.arena);
  lqg_free (&p);
}

static void
nothing (void)
{
  float zeros[4800] = { 0 };
  const float *at[2] = { zeros, zeros };
  meters m;

  meters_new (&m, 2);
  for (int i = 0; i < 50; i++) {
    CHECK (lq_loudness_momentary (&m.loudness) == LQ_SILENCE_DB, "momentary");
    CHECK (lq_loudness_max_short_term (&m.loudness) == LQ_SILENCE_DB, "short-term");
    CHECK (lq_loudness_integrated (&m.loudness, 0.0) == LQ_SILENCE_DB, "integrated");
    CHECK (lq_loudness_range (&m.loudness, 0.0) == 0.0, "range");
    CHECK (lq_truepeak_max_peak (&m.truepeak) == 0.0f, "peak");
    lq_loudness_process (&m.loudness, at, 4800);
    lq_truepeak_process (&m.truepeak, at, 4800);
    lq_truepeak_finish (&m.truepeak);
  }
  lq_arena_free (&m.arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "readings don't depend on the cut", cuts },
    { "a reset forgets, even NaN", resets }, { "CPU variants agree", variants },
    { "dual mono", dual_mono }, { "silence reads as nothing", nothing }, { NULL, NULL } };

  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
