/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The normaliser's chain, which isn't in the registry since it has calls that no other unit has:
 * real-time safe in every mode, the same bits however it is cut, no click when its gain moves.
 * What it decides and says is tested at the element. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "chains/norm.h"
#include "guard.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "rtguard.h"
#include "signals.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#define RATE 48000.0
#define FRAMES 72000
#define CHANNELS 2

struct rig {
  lq_arena arena;
  lq_norm norm;
  struct lq_norm_params params;
};

static void
rig_new (struct rig *r, enum lq_norm_mode mode)
{
  const lq_stream stream = lqu_stream (RATE, CHANNELS);

  memset (r, 0xa5, sizeof *r);
  lq_arena_init (&r->arena);
  lq_modules_defaults (lq_norm_modules, LQ_NORM_MODULES, &r->params);
  r->params.mode = mode;
  r->params.measured_integrated_lufs = -20.0f;
  r->params.measured_true_peak_dbtp = -40.0f;
  CHECK (lq_norm_prepare (&r->norm, &stream, &r->params, &r->arena), "no memory");
}

static void
slice (const lqg_planes *p, size_t first, float **ch)
{
  for (uint32_t c = 0; c < CHANNELS; c++)
    ch[c] = p->ch[c] + first;
}

/* Frames first … end − 1 in blocks of so many, 0: of random sizes. */
static void
play (struct rig *r, const lqg_planes *p, size_t first, size_t end, uint32_t block)
{
  lqs_random rnd = { 5 };
  float *ch[CHANNELS];

  for (uint32_t n; first < end; first += n) {
    n = block ? block : (uint32_t)lqs_range (&rnd, 1, LQ_BLOCK);
    n = n < end - first ? n : (uint32_t)(end - first);
    slice (p, first, ch);
    lq_norm_process (&r->norm, ch, n);
  }
}

static lqg_planes
programme (void)
{
  lqg_planes p = lqg_new (CHANNELS, FRAMES);

  for (uint32_t c = 0; c < CHANNELS; c++)
    lqs_programme (p.ch[c], FRAMES, RATE, c + 3);
  return p;
}

/* All that the seam calls while it streams, in the order in which it does. */
static void
stream (struct rig *r, const lqg_planes *p)
{
  static float notes[FRAMES];
  struct lq_norm_figures figures;
  float *ch[CHANNELS];
  uint32_t n = 0;

  lq_norm_meter (&r->norm, true);
  for (size_t at = 0; at + LQ_BLOCK <= FRAMES; at += LQ_BLOCK) {
    slice (p, at, ch);
    if (r->params.mode == LQ_NORM_TWO_PASS)
      n += lq_norm_analyse (&r->norm, ch, LQ_BLOCK, notes + n);
  }
  while (r->params.mode == LQ_NORM_TWO_PASS && lq_norm_solve (&r->norm))
    lq_norm_retrace (&r->norm, notes, n);
  for (size_t at = 0; at + LQ_BLOCK <= FRAMES; at += LQ_BLOCK) {
    r->params.loudness_target_lufs = at / LQ_BLOCK % 2 ? -30.0f : -14.0f;
    lq_norm_set (&r->norm, &r->params);
    slice (p, at, ch);
    lq_norm_process (&r->norm, ch, LQ_BLOCK);
    lq_norm_written (&r->norm, (const float *const *)ch, LQ_BLOCK);
    lq_norm_read (&r->norm, &figures, at + 2 * LQ_BLOCK > FRAMES);
    lq_norm_neutral (&r->norm);
    lq_norm_listens (&r->norm);
    lq_norm_latency (&r->norm);
  }
  lq_norm_reset (&r->norm);
  lq_norm_begin (&r->norm, true);
}

static void
guarded (void)
{
  for (enum lq_norm_mode mode = LQ_NORM_LIVE; mode <= LQ_NORM_MEASURE; mode++) {
    lqg_planes p = programme ();
    struct rig r;
    const char *name = "";
    unsigned calls;
    rig_new (&r, mode);
    rtguard_arm ();
    stream (&r, &p);
    calls = rtguard_disarm (&name);
    CHECK (calls == 0, "mode %d: %u calls, the first %s", mode, calls, name);
    CHECK (lqg_intact (&p), "mode %d: writes beside its planes", mode);
    lqg_free (&p);
    lq_arena_free (&r.arena);
  }
}

/* A target that changes on the way, at a place that is on no grid. */
static lqg_planes
cut (enum lq_norm_mode mode, uint32_t block)
{
  lqg_planes p = programme ();
  struct rig r;

  rig_new (&r, mode);
  lq_norm_meter (&r.norm, true);
  play (&r, &p, 0, 10007, block);
  r.params.loudness_target_lufs = -23.0f;
  lq_norm_set (&r.norm, &r.params);
  play (&r, &p, 10007, FRAMES, block);
  lq_arena_free (&r.arena);
  return p;
}

static void
cuts (void)
{
  static const uint32_t blocks[] = { 1, 7, 64, 1000, 0 };
  static const enum lq_norm_mode modes[] = { LQ_NORM_LINEAR, LQ_NORM_LIVE };

  for (unsigned m = 0; m < 2; m++) {
    lqg_planes whole = cut (modes[m], LQ_BLOCK);
    for (unsigned i = 0; i < 5; i++) {
      lqg_planes p = cut (modes[m], blocks[i]);
      CHECK (
          lqg_equal (&p, &whole), "mode %d in blocks of %u: other bits", modes[m], blocks[i]);
      lqg_free (&p);
    }
    lqg_free (&whole);
  }
}

#define LONG_FRAMES (20 * 48000)

/* 20 s, whose second half is 20 dB louder. */
static lqg_planes
two_levels (void)
{
  lqg_planes p = lqg_new (CHANNELS, LONG_FRAMES);

  for (uint32_t c = 0; c < CHANNELS; c++) {
    lqs_noise (p.ch[c], LONG_FRAMES, 0.03, c + 9);
    for (size_t i = LONG_FRAMES / 2; i < LONG_FRAMES; i++)
      p.ch[c][i] *= 10.0f;
  }
  return p;
}

/* Two passes that bring the range down, in blocks of so many; guarded where they are whole. */
static lqg_planes
ridden (uint32_t block, unsigned *calls)
{
  static float notes[LONG_FRAMES];
  lqg_planes p = two_levels ();
  const char *name;
  float *ch[CHANNELS];
  struct rig r;
  uint32_t n = 0;

  rig_new (&r, LQ_NORM_TWO_PASS);
  r.params.range_target_lu = 8.0f;
  lq_norm_set (&r.norm, &r.params);
  lq_norm_begin (&r.norm, true);
  rtguard_arm ();
  for (size_t at = 0; at + LQ_BLOCK <= LONG_FRAMES; at += LQ_BLOCK) {
    slice (&p, at, ch);
    n += lq_norm_analyse (&r.norm, ch, LQ_BLOCK, notes + n);
  }
  while (lq_norm_solve (&r.norm))
    lq_norm_retrace (&r.norm, notes, n);
  play (&r, &p, 0, LONG_FRAMES, block);
  *calls = rtguard_disarm (&name);
  CHECK (r.norm.decision.strength > 0.0, "nothing was ridden");
  lq_arena_free (&r.arena);
  return p;
}

static void
riding (void)
{
  static const uint32_t blocks[] = { 333, 0 };
  unsigned calls;
  lqg_planes whole = ridden (LQ_BLOCK, &calls);

  CHECK (calls == 0, "%u calls", calls);
  for (unsigned i = 0; i < 2; i++) {
    lqg_planes p = ridden (blocks[i], &calls);
    CHECK (lqg_equal (&p, &whole), "in blocks of %u: other bits", blocks[i]);
    lqg_free (&p);
  }
  lqg_free (&whole);
}

/* As the contract has it: a sine of 100 Hz bends at most twice as much as by itself. */
static void
click (void)
{
  const size_t before = 4800 + 31, frames = 30000;

  for (int down = 0; down < 2; down++) {
    lqg_planes p = lqg_new (CHANNELS, frames);
    struct rig r;
    double steady, step;
    for (uint32_t c = 0; c < CHANNELS; c++)
      lqs_sine (p.ch[c], frames, RATE, 100.0, 0.1, c, 0);
    rig_new (&r, LQ_NORM_LINEAR);
    r.params.loudness_target_lufs = down ? 0.0f : -70.0f;
    lq_norm_set (&r.norm, &r.params);
    lq_norm_reset (&r.norm);
    play (&r, &p, 0, before, LQ_BLOCK);
    r.params.loudness_target_lufs = down ? -70.0f : 0.0f;
    lq_norm_set (&r.norm, &r.params);
    play (&r, &p, before, frames, LQ_BLOCK);
    steady = fmax (
        lqm_curvature (p.ch[0] + 1000, 3000), lqm_curvature (p.ch[0] + frames - 3000, 3000));
    step = lqm_curvature (p.ch[0] + before - 10, frames - before + 10);
    CHECK (step <= 2.0 * steady, "%s: ratio %.2f", down ? "down" : "up", step / steady);
    lqg_free (&p);
    lq_arena_free (&r.arena);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "no allocation, no lock, in any mode", guarded },
    { "the result doesn't depend on the cut", cuts },
    { "riding to a range: no allocation, any cut", riding },
    { "a gain that moves doesn't click", click }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
