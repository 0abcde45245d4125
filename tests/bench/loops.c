/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loops [--quick] [UNIT…]: what each unit of the registry costs, one JSON object a line:
 *   {"unit", "setting", "cpu", "channels", "rate", "ns", "min", "max"}
 * in nanoseconds of this thread's CPU time a frame, median of the repetitions, least and most.
 *
 * A unit works in place, so each block is copied in first; the copy's own cost is taken off.
 * Settings: "neutral" are the unit's defaults ("defaults" where they colour); "active" has every module on and every gain at
 * 3 dB, up and down in turn, and half of all that colours by degrees. A meter has one setting, "active". */

#define _GNU_SOURCE
#include "base/cpu.h"
#include "base/fpu.h"
#include "lqorc.h"
#include "../dsp/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Different blocks in turn, so that no unit sees one block only; all in the first-level cache
 * where the stream is stereo. */
#define BLOCKS 4
#define REPETITIONS_MAX 64
#define GAIN_DB 3.0

static uint32_t repetitions = 21;
static double repetition_s = 2e-3;

struct timing {
  double median, min, max; /* ns a frame */
};

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct load {
  lqu *unit; /* NULL: the copy alone */
  uint32_t channels;
  const lqg_planes *from;
  float *to[LQ_CHANNELS_MAX]; /* a block each, aligned as in an element */
};

static void
play (struct load *load, uint32_t blocks)
{
  for (uint32_t b = 0; b < blocks; b++) {
    for (uint32_t c = 0; c < load->channels; c++) {
      memcpy (
          load->to[c], load->from->ch[c] + b % BLOCKS * LQ_BLOCK, LQ_BLOCK * sizeof (float));
      /* Nothing of it may be left out where nobody reads the copy. */
      __asm__ volatile("" : : "r"(load->to[c]) : "memory");
    }
    if (load->unit)
      load->unit->unit->process (load->unit->state, load->to, LQ_BLOCK);
  }
}

static double
seconds (struct load *load, uint32_t blocks)
{
  const double began = now ();

  play (load, blocks);
  return now () - began;
}

/* So many blocks take about one repetition's time. */
static uint32_t
calibrate (struct load *load)
{
  uint32_t blocks = 1;

  while (seconds (load, blocks) < repetition_s / 2 && blocks < 1u << 20)
    blocks *= 2;
  return blocks;
}

static int
ascending (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static struct timing
measure (struct load *load)
{
  const uint32_t blocks = calibrate (load);
  double ns[REPETITIONS_MAX];

  for (uint32_t i = 0; i < repetitions; i++)
    ns[i] = 1e9 * seconds (load, blocks) / ((double)blocks * LQ_BLOCK);
  qsort (ns, repetitions, sizeof ns[0], ascending);
  return (struct timing){ ns[repetitions / 2], ns[0], ns[repetitions - 1] };
}

/* Whether the row says how much is done of what its unit doesn't do by default. */
static bool
is_degree (const struct lq_param *row)
{
  static const char *const names[] = { "amount", "contrast", "stereoize" };

  for (size_t i = 0; i < LQ_COUNT (names); i++)
    if (row->def == 0.0 && strcmp (row->name, names[i]) == 0)
      return true;
  return false;
}

/* Every gain up and down in turn; whatever has a switch is on. */
static void
activate (lqu *u)
{
  double sign = 1.0;
  lqu_row r;

  lqu_enable (u, true);
  for (uint32_t i = 0; lqu_get_row (u, i, &r); i++)
    if (strcmp (r.row->name, "gain") == 0) {
      lqu_write (u, &r, sign * GAIN_DB);
      sign = -sign;
    } else if (is_degree (r.row))
      lqu_write (u, &r, r.row->max / 2);
}

static void
time_unit (
    const struct lq_unit *unit, bool active, enum lq_cpu cpu, uint32_t channels, double rate)
{
  const lq_stream stream = lqu_stream (rate, channels);
  const char *setting = active                            ? "active"
                        : (unit->flags & LQ_UNIT_COLOURS) ? "defaults"
                                                          : "neutral";
  struct load load = { .channels = channels };
  struct timing copy, all;
  lqg_planes from;
  float *to;
  lqu u;

  lq_cpu_force (cpu);
  u = lqu_new (unit, &stream);
  if (active)
    activate (&u);
  lqu_set (&u);
  unit->reset (u.state);
  from = lqu_programme (&u, BLOCKS * LQ_BLOCK, 1);
  load.from = &from;
  to = aligned_alloc (LQ_ALIGN, channels * LQ_BLOCK * sizeof (float));
  for (uint32_t c = 0; c < channels; c++)
    load.to[c] = to + c * LQ_BLOCK;
  copy = measure (&load);
  load.unit = &u;
  play (&load, 2 * BLOCKS);
  all = measure (&load);
  printf ("{\"unit\": \"%s\", \"setting\": \"%s\", \"cpu\": \"%s\", \"channels\": %u, "
          "\"rate\": %.0f, \"ns\": %.4f, \"min\": %.4f, \"max\": %.4f}\n",
      unit->name, setting, lq_cpu_name (cpu), channels, rate, all.median - copy.median,
      all.min - copy.median, all.max - copy.median);
  fflush (stdout);
  free (to);
  lqg_free (&from);
  lqu_free (&u);
}

/* Stereo at 48 kHz on every CPU variant; then, on the best, other channels and rates. */
static void
time_all (const struct lq_unit *unit)
{
  static const uint32_t channels[] = { 1, 6, 8 };
  static const double rates[] = { 44100.0, 96000.0, 192000.0 };
  const enum lq_cpu best = lq_cpu_best ();

  for (int cpu = LQ_CPU_BASELINE; cpu < LQ_CPU_COUNT; cpu++) {
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    if (!(unit->flags & LQ_UNIT_ANALYSER))
      time_unit (unit, false, (enum lq_cpu)cpu, 2, 48000.0);
    time_unit (unit, true, (enum lq_cpu)cpu, 2, 48000.0);
  }
  for (uint32_t i = 0; i < LQ_COUNT (channels); i++)
    if (channels[i] >= unit->channels_min && channels[i] <= unit->channels_max)
      time_unit (unit, true, best, channels[i], 48000.0);
  for (uint32_t i = 0; i < LQ_COUNT (rates); i++)
    time_unit (unit, true, best, 2, rates[i]);
}

static bool
wanted (const char *name, int argc, char **argv)
{
  bool any = false;

  for (int i = 1; i < argc; i++) {
    if (strcmp (argv[i], name) == 0)
      return true;
    any |= argv[i][0] != '-';
  }
  return !any;
}

int
main (int argc, char **argv)
{
  const uint64_t word = lq_fpu_enter ();
  const struct lq_unit *units;
  uint32_t n;

  if (argc > 1 && strcmp (argv[1], "--quick") == 0) {
    repetitions = 3;
    repetition_s = 2e-4;
  }
  lq_orc_init ();
  units = lq_units (&n);
  for (uint32_t i = 0; i < n; i++)
    if (wanted (units[i].name, argc, argv))
      time_all (&units[i]);
  lq_fpu_leave (word);
  return 0;
}
