/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rest of the contract: no click, no allocation or lock, every rate and channel count, any
 * parameters, too little memory, every CPU variant. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "rtguard.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A click is what raises the second difference of a 100 Hz sine above this many times that of
 * the curvier of the two steady states (DESIGN.md). */
#define CLICK_RATIO 2.0

/* Frames before the step, and after it: longer than the longest delay and its cross-fade. */
#define CLICK_BEFORE 4800
#define CLICK_AFTER(rate) ((size_t)(0.75 * (rate)))

/* Of a 100 Hz sine at this amplitude, rounding to float alone makes this much. */
#define SINE_LEVEL 0.5
#define ROUNDING 4e-7

/* Switches on the row's own module; what other modules of a chain make of the step is theirs. */
static void
enable_own (lqu *u, const lqu_row *row)
{
  lqu_row r;

  for (uint32_t i = 0; lqu_get_row (u, i, &r); i++)
    if (strcmp (r.row->name, "enabled") == 0 &&
        strncmp (r.module->prefix, row->module->prefix, strlen (r.module->prefix)) == 0)
      lqu_write (u, &r, 1.0);
}

/* A sine that begins out of silence begins with a corner, or a jump. A unit that echoes would play
 * that again after the step, where it isn't the step's: for it the sine swells first. */
static void
swell (const lqu *u, const lqg_planes *p)
{
  const size_t length = CLICK_BEFORE / 2;

  if (!(u->unit->flags & LQ_UNIT_ECHOES))
    return;
  for (uint32_t c = 0; c < u->stream.channels; c++)
    for (size_t i = 0; i < length; i++)
      p->ch[c][i] *= (float)(0.5 - 0.5 * cos (M_PI * (double)i / (double)length));
}

/* Where a row's value goes: from, to. */
static void
click_step (lqu *u, const lqu_row *row, double from, double to)
{
  const double rate = u->stream.rate;
  const size_t steady = CLICK_BEFORE / 2;
  size_t late, before, all, frames, grown;
  lqg_planes p;

  lqu_defaults (u);
  if (strcmp (row->row->name, "enabled") != 0)
    enable_own (u, row);
  lqu_write (u, row, from);
  lqu_prepare (u);
  lqu_set (u);
  lqu_grow (u);
  u->unit->reset (u->state);
  /* What is very late may have been changed already, or change later. In whole periods. */
  late =
      u->unit->latency (u->state) > CLICK_BEFORE / 4
          ? (size_t)ceil (u->unit->latency (u->state) * 100.0 / rate) * (size_t)(rate / 100.0)
          : 0;
  before = CLICK_BEFORE + late;
  frames = all = before + late + CLICK_AFTER (rate);
  p = lqg_new (u->planes, all);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    lqs_sine (p.ch[c], all, rate, 100.0, c ? 0.7 * SINE_LEVEL : SINE_LEVEL, c, 0);
  swell (u, &p);
  lqu_process (u, &p, 0, before + 31, (lqu_cut){ .length = LQ_BLOCK });
  lqu_write (u, row, to);
  lqu_set (u);
  grown = lqu_grow (u);
  lqu_process (u, &p, before + 31, all, (lqu_cut){ .length = LQ_BLOCK });
  /* What comes a second time is left out, as a chain does. */
  frames -= grown;
  for (uint32_t c = 0; c < u->planes; c++)
    memmove (p.ch[c] + before + 31, p.ch[c] + before + 31 + grown,
        (frames - before - 31) * sizeof (float));
  for (uint32_t c = 0; c < u->planes; c++) {
    double was = lqm_curvature (p.ch[c] + before - steady, steady);
    double after = lqm_curvature (p.ch[c] + frames - steady, steady);
    double step = lqm_curvature (p.ch[c] + before, frames - before);
    CHECK (step <= CLICK_RATIO * fmax (was, after) + ROUNDING,
        "%s %s%s%s %g to %g, channel %u at %g: ratio %.2f", u->unit->name, row->module->prefix,
        *row->module->prefix ? "-" : "", row->row->name, from, to, c, rate,
        step / fmax (was, after));
  }
  lqg_free (&p);
}

static void
click_of (lqu *u)
{
  lqu_row r;

  for (uint32_t i = 0; lqu_get_row (u, i, &r); i++) {
    if (!(r.row->flags & LQ_PLAYING) || r.row->type > LQ_UINT)
      continue;
    if (r.row->type == LQ_ENUM)
      for (const struct lq_item *item = r.row->items->items; item[1].nick; item++)
        click_step (u, &r, item[0].value, item[1].value);
    click_step (u, &r, r.row->min, r.row->max);
    click_step (u, &r, r.row->max, r.row->min);
  }
}

static void
click (void)
{
  lqu_each (48000, click_of);
}

static void
click_slow_rate (void)
{
  lqu_each (8000, click_of);
}

static void
guarded_of (lqu *u)
{
  lqg_planes p = lqu_programme (u, 20 * LQ_BLOCK, 7);
  lqs_random random = { 9 };
  const char *name = "";
  unsigned calls = 0;

  for (uint32_t block = 0; block < 20; block++) {
    float *at[LQG_CHANNELS_MAX];
    for (uint32_t c = 0; c < u->planes; c++)
      at[c] = p.ch[c] + block * LQ_BLOCK;
    lqu_randomise (u, &random);
    rtguard_arm ();
    if (u->params)
      u->unit->set (u->state, u->params);
    if (block % 5 == 4)
      u->unit->reset (u->state);
    u->unit->process (u->state, at, LQ_BLOCK);
    u->unit->latency (u->state);
    if (u->unit->tail)
      u->unit->tail (u->state);
    calls += rtguard_disarm (&name);
  }
  CHECK (calls == 0, "%s: %u calls, the first %s", u->unit->name, calls, name);
  lqg_free (&p);
}

static void
guarded (void)
{
  const char *name = NULL;
  void *volatile memory;

  rtguard_arm ();
  memory = malloc (9);
  free (memory);
  CHECK (rtguard_disarm (&name) == 2 && name && strcmp (name, "malloc") == 0,
      "the guard itself sees nothing");
  lqu_each (48000, guarded_of);
}

static void
rate_of (lqu *u)
{
  lqg_planes p = lqu_programme (u, 4000, 8);

  for (unsigned set = 0; set < LQU_SETS; set++) {
    lqu_start (u, set);
    lqu_process (u, &p, 0, p.frames, (lqu_cut){ .length = LQ_BLOCK });
    CHECK (lqu_finite (&p) && lqg_intact (&p), "%s, set %u, %g Hz, %u channels", u->unit->name,
        set, u->stream.rate, u->stream.channels);
  }
  lqg_free (&p);
}

static void
rates (void)
{
  static const double hz[] = { 8000, 44100, 48000, 96000, 192000, 384000 };

  for (uint32_t i = 0; i < LQ_COUNT (hz); i++)
    lqu_each (hz[i], rate_of);
}

static void
channels (void)
{
  static const uint32_t counts[] = { 1, 2, 3, 6, 8, 64 };
  uint32_t n;
  const struct lq_unit *units = lq_units (&n);

  for (uint32_t i = 0; i < n * LQ_COUNT (counts); i++) {
    const struct lq_unit *unit = &units[i / LQ_COUNT (counts)];
    uint32_t count = counts[i % LQ_COUNT (counts)];
    lq_stream stream = lqu_stream (48000, count);
    if (count < unit->channels_min || count > unit->channels_max)
      continue;
    lqu u = lqu_new (unit, &stream);
    rate_of (&u);
    lqu_free (&u);
  }
}

static void
fuzz_of (lqu *u)
{
  lqs_random random = { 21 };
  lqg_planes in = lqu_programme (u, 3000, 9), p = lqg_new (u->planes, 3000);

  u->unit->reset (u->state);
  for (int round = 0; round < 150; round++) {
    uint32_t end = lqs_range (&random, 1, 3000);
    lqg_copy (&p, &in);
    lqu_randomise (u, &random);
    lqu_set (u);
    lqu_process (u, &p, 0, end, (lqu_cut){ 0, random });
    if (!CHECK (lqu_finite (&p) && lqg_intact (&p), "%s, round %d", u->unit->name, round))
      break;
  }
  lqg_free (&in);
  lqg_free (&p);
}

static void
fuzz (void)
{
  lqu_each (48000, fuzz_of);
}

/* With memory for less and less: false and nothing else, at each piece asked for. */
static void
memory_of (lqu *u)
{
  const size_t total = u->arena.total;
  void *state = aligned_alloc (LQ_ALIGN, (u->unit->size + LQ_ALIGN - 1) / LQ_ALIGN * LQ_ALIGN);
  lq_arena arena;

  lq_arena_init (&arena);
  for (size_t limit = LQ_ALIGN; limit < total;
       limit += limit < 16384 ? LQ_ALIGN : (total / 64 / LQ_ALIGN + 1) * LQ_ALIGN) {
    arena.limit = limit;
    if (!CHECK (!u->unit->prepare (state, &u->stream, u->params, &arena),
            "%s: prepared with %zu of %zu bytes", u->unit->name, limit, total))
      limit = total;
    lq_arena_free (&arena);
  }
  arena.limit = total;
  CHECK (u->unit->prepare (state, &u->stream, u->params, &arena),
      "%s: not prepared with its %zu bytes", u->unit->name, total);
  lq_arena_free (&arena);
  free (state);
}

static void
memory (void)
{
  lqu_each (48000, memory_of);
}

/* One rounding of the largest sample, −138 dB of it, is all that variants may differ by. */
static void
variants_of (lqu *u)
{
  lqg_planes in = lqu_programme (u, 12000, 10), a = lqg_new (u->planes, 12000),
             b = lqg_new (u->planes, 12000);

  for (unsigned set = 0; set < LQU_SETS; set++)
    for (int cpu = LQ_CPU_BASELINE; cpu < LQ_CPU_COUNT; cpu++) {
      lqg_planes *out = cpu == LQ_CPU_BASELINE ? &a : &b;
      if (!lq_cpu_force ((enum lq_cpu)cpu))
        continue;
      lqu v = lqu_new (u->unit, &u->stream);
      lqg_copy (out, &in);
      lqu_start (&v, set);
      lqu_play_changes (&v, out, (lqu_cut){ .length = LQ_BLOCK });
      lqu_free (&v);
      for (uint32_t c = 0; c < u->planes && out == &b; c++)
        CHECK (lqm_difference (a.ch[c], b.ch[c], 12000) <= 1.3e-7 * lqu_peak (&a, 0, 12000),
            "%s, set %u: %s is off by %.3g", u->unit->name, set, lq_cpu_name ((enum lq_cpu)cpu),
            lqm_difference (a.ch[c], b.ch[c], 12000));
    }
  lq_cpu_force (lq_cpu_best ());
  lqg_free (&in);
  lqg_free (&a);
  lqg_free (&b);
}

static void
variants (void)
{
  lqu_each (48000, variants_of);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "no parameter clicks, 48 kHz", click },
    { "no parameter clicks, 8 kHz", click_slow_rate },
    { "no allocation, no lock, no printing", guarded }, { "8 to 384 kHz", rates },
    { "1 to 64 channels", channels }, { "any parameters at any time: finite", fuzz },
    { "too little memory: no, and nothing else", memory }, { "CPU variants agree", variants },
    { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
