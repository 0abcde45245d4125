/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The contract that every unit keeps, run over all of the registry. What a unit computes is
 * tested in its own program; here is what all promise alike. */

#include "base/fpu.h"
#include "base/kernels.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "primitives/scrub.h"
#include "unit.h"

#include <math.h>
#include <string.h>

/* Where a tail ends: −96 dBFS. */
#define TAIL_END 1.585e-5

static void
cuts_of (lqu *u)
{
  static const uint32_t lengths[] = { 1, 7, 64, 1000, 0 };
  lqg_planes in = lqu_programme (u, 12000, 1), whole = lqg_new (u->planes, 12000),
             parts = lqg_new (u->planes, 12000);

  for (unsigned set = 0; set < LQU_SETS; set++) {
    lqg_copy (&whole, &in);
    lqu_start (u, set);
    lqu_play_changes (u, &whole, (lqu_cut){ .length = LQ_BLOCK });
    for (uint32_t i = 0; i < LQ_COUNT (lengths); i++) {
      lqg_copy (&parts, &in);
      lqu_start (u, set);
      lqu_play_changes (u, &parts, (lqu_cut){ lengths[i], { 11 } });
      CHECK (lqg_equal (&whole, &parts), "%s, set %u: blocks of %u differ", u->unit->name, set,
          lengths[i]);
      CHECK (lqg_intact (&parts), "%s, set %u: wrote outside", u->unit->name, set);
    }
  }
  lqg_free (&in);
  lqg_free (&whole);
  lqg_free (&parts);
}

static void
cuts (void)
{
  lqu_each (48000, cuts_of);
}

/* Whether the one is the other, so many frames later. */
static bool
same_later (const lqg_planes *early, const lqg_planes *late, size_t frames)
{
  for (uint32_t c = 0; c < early->channels; c++)
    if (memcmp (
            early->ch[c], late->ch[c] + frames, (early->frames - frames) * sizeof (float)) != 0)
      return false;
  return true;
}

/* The same after a past, even a poisoned one, and a reset as when new; where the latency has grown in
 * that past, as much later. */
static void
reset_of (lqu *u)
{
  size_t grown;
  lqg_planes in = lqu_programme (u, 9000, 2), fresh = lqg_new (u->planes, 9000),
             again = lqg_new (u->planes, 9000);

  for (unsigned set = 0; set < LQU_SETS; set++) {
    lqu other = lqu_new (u->unit, &u->stream);
    lqg_copy (&fresh, &in);
    lqu_start (&other, set);
    lqu_process (&other, &fresh, 0, 9000, (lqu_cut){ .length = LQ_BLOCK });
    lqu_free (&other);
    lqg_copy (&again, &in);
    for (uint32_t c = 0; c < u->stream.channels; c++)
      again.ch[c][2000 + c] = NAN;
    lqu_start (u, set);
    lqu_play_changes (u, &again, (lqu_cut){ .length = 333 });
    grown = lqu_grow (u);
    lqg_copy (&again, &in);
    lqu_restart (u, set);
    lqu_process (u, &again, 0, 9000, (lqu_cut){ .length = LQ_BLOCK });
    CHECK (same_later (&fresh, &again, grown), "%s, set %u: reset isn't fresh", u->unit->name,
        set);
  }
  lqg_free (&in);
  lqg_free (&fresh);
  lqg_free (&again);
}

static void
reset (void)
{
  lqu_each (44100, reset_of);
}

static void
tail_of (lqu *u)
{
  for (unsigned set = 0; set < LQU_SETS; set++) {
    uint32_t latency, tail, end;
    lqg_planes p;
    lqu_start (u, set);
    latency = u->unit->latency (u->state);
    tail = u->unit->tail ? u->unit->tail (u->state) : 0;
    if (!CHECK (tail <= 60 * u->stream.rate, "%s: a tail of %u frames", u->unit->name, tail))
      continue;
    end = 9000 + latency + tail;
    p = lqu_programme (u, end + 5000, 3);
    for (uint32_t c = 0; c < u->planes; c++)
      memset (p.ch[c] + 9000, 0, (end + 5000 - 9000) * sizeof (float));
    lqu_process (u, &p, 0, p.frames, (lqu_cut){ .length = LQ_BLOCK });
    CHECK (lqu_peak (&p, end, p.frames) <= TAIL_END,
        "%s, set %u: %.1f dBFS after the tail of %u", u->unit->name, set,
        lqm_db (lqu_peak (&p, end, p.frames)), tail);
    lqg_free (&p);
  }
}

static void
tail (void)
{
  lqu_each (48000, tail_of);
}

/* Silence stays silence, whatever the settings. */
static void
silence_of (lqu *u)
{
  lqg_planes p = lqg_new (u->planes, 5000);

  for (unsigned set = 0; set < LQU_SETS; set++) {
    lqu_start (u, set);
    lqu_process (u, &p, 0, 2500, (lqu_cut){ .length = 1000 });
    lqu_defaults (u);
    lqu_set (u);
    lqu_process (u, &p, 2500, 5000, (lqu_cut){ .length = 1000 });
    CHECK (lqu_peak (&p, 0, 5000) == 0.0, "%s, set %u: silence sounds", u->unit->name, set);
  }
  lqg_free (&p);
}

static void
silence (void)
{
  lqu_each (48000, silence_of);
}

static void
latency_of (lqu *u)
{
  const uint32_t at = 100, latency = u->unit->latency (u->state);
  lqg_planes p = lqg_new (u->planes, at + latency + 4000);
  uint32_t peak = 0;

  p.ch[0][at] = 1.0f;
  u->unit->reset (u->state);
  lqu_process (u, &p, 0, p.frames, (lqu_cut){ .length = LQ_BLOCK });
  for (uint32_t i = 0; i < p.frames; i++)
    if (fabsf (p.ch[0][i]) > fabsf (p.ch[0][peak]))
      peak = i;
  CHECK (peak == at + latency, "%s: says %u, has %d", u->unit->name, latency, (int)(peak - at));
  lqg_free (&p);
}

static void
latency (void)
{
  lqu_each (48000, latency_of);
}

/* Switched on while playing, a unit that is late begins to be so where it stood; switched off it
 * stays so. */
static void
growth_of (lqu *u)
{
  const size_t at = 2000 + 17, off = at + 12000, end = off + 48000;
  lqg_planes in, out;

  /* What colours can't be off. */
  if (!u->unit->grow || (u->unit->flags & LQ_UNIT_COLOURS))
    return;
  in = lqu_programme (u, end, 12);
  out = lqg_new (u->planes, end);
  for (unsigned set = 0; set < LQU_SETS; set++) {
    uint32_t late, grown;
    lqg_copy (&out, &in);
    lqu_start (u, set);
    late = u->unit->latency (u->state);
    lqu_enable (u, false);
    lqu_prepare (u);
    CHECK (u->unit->latency (u->state) == 0, "%s, set %u: late though off", u->unit->name, set);
    lqu_process (u, &out, 0, at, (lqu_cut){ .length = 500 });
    lqu_enable (u, true);
    lqu_set (u);
    grown = lqu_grow (u);
    CHECK (grown == late && u->unit->latency (u->state) == late,
        "%s, set %u: grew by %u, late by %u", u->unit->name, set, grown, late);
    lqu_process (u, &out, at, off, (lqu_cut){ .length = 500 });
    lqu_enable (u, false);
    lqu_set (u);
    CHECK (lqu_grow (u) == 0, "%s, set %u: grows when switched off", u->unit->name, set);
    lqu_process (u, &out, off, end, (lqu_cut){ .length = 500 });
    for (uint32_t c = 0; c < u->stream.channels; c++) {
      CHECK (memcmp (out.ch[c], in.ch[c], at * sizeof (float)) == 0, "%s: off, not transparent",
          u->unit->name);
      CHECK (fabsf (out.ch[c][at + grown] - in.ch[c][at]) <= 1e-6f,
          "%s, set %u: channel %u jumps from %g to %g", u->unit->name, set, c, in.ch[c][at],
          out.ch[c][at + grown]);
      CHECK (memcmp (out.ch[c] + end - 4000, in.ch[c] + end - 4000 - late,
                 4000 * sizeof (float)) == 0,
          "%s, set %u: off again, not the input %u ago", u->unit->name, set, late);
    }
  }
  lqg_free (&in);
  lqg_free (&out);
}

static void
growth (void)
{
  lqu_each (48000, growth_of);
}

static void
poison_of (lqu *u)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 2e6f };
  lqg_planes p = lqu_programme (u, LQ_BLOCK, 4);

  for (unsigned set = 0; set < LQU_SETS; set++) {
    lqu_start (u, set);
    for (uint32_t i = 0; i < LQ_COUNT (bad) * u->stream.channels; i++)
      p.ch[i % u->stream.channels][13 * i + set] = bad[i / u->stream.channels];
    CHECK (lq_scrub (lq_kernels (), p.ch, u->stream.channels, LQ_BLOCK) ==
               LQ_COUNT (bad) * u->stream.channels,
        "%s, set %u: the scrub didn't count all", u->unit->name, set);
    lqu_process (u, &p, 0, p.frames, (lqu_cut){ .length = LQ_BLOCK });
    CHECK (lqu_finite (&p), "%s, set %u: not finite", u->unit->name, set);
    lqg_free (&p);
    p = lqu_programme (u, LQ_BLOCK, 4);
    for (uint32_t block = 0; block < 100; block++) {
      lqg_planes q = lqu_programme (u, LQ_BLOCK, 4);
      lqu_process (u, &q, 0, q.frames, (lqu_cut){ .length = LQ_BLOCK });
      CHECK (lqu_finite (&q), "%s, set %u: not finite later", u->unit->name, set);
      lqg_free (&q);
    }
  }
  lqg_free (&p);
}

static void
poison (void)
{
  lqu_each (48000, poison_of);
}

static void
neutral_of (lqu *u)
{
  lqg_planes in = lqu_programme (u, 6000, 5), out = lqg_new (u->planes, 6000);
  const uint32_t latency = u->unit->latency (u->state);
  const bool widened = u->stream.out_channels > u->stream.channels;

  lqg_copy (&out, &in);
  u->unit->reset (u->state);
  lqu_process (u, &out, 0, 6000, (lqu_cut){ .length = 1000 });
  for (uint32_t c = 0; c < u->stream.channels && !widened; c++)
    if (!(u->unit->flags & LQ_UNIT_COLOURS))
      CHECK (memcmp (in.ch[c], out.ch[c] + latency, (6000 - latency) * sizeof (float)) == 0,
          "%s: its defaults change channel %u", u->unit->name, c);
  lqg_free (&in);
  lqg_free (&out);
}

static void
neutral (void)
{
  lqu_each (48000, neutral_of);
}

/* Whatever an analyser is told, the audio passes. */
static void
analysers_of (lqu *u)
{
  lqg_planes in, out;

  if (!(u->unit->flags & LQ_UNIT_ANALYSER))
    return;
  in = lqu_programme (u, 12000, 6);
  out = lqg_new (u->planes, 12000);
  for (unsigned set = 0; set < LQU_SETS; set++) {
    lqg_copy (&out, &in);
    lqu_start (u, set);
    lqu_play_changes (u, &out, (lqu_cut){ .length = 0, .random = { 3 } });
    CHECK (lqg_equal (&in, &out), "%s, set %u: changes audio", u->unit->name, set);
  }
  lqg_free (&in);
  lqg_free (&out);
}

static void
analysers (void)
{
  lqu_each (48000, analysers_of);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "the result doesn't depend on the cut", cuts },
    { "reset equals fresh, even after NaN", reset }, { "silence after the tail", tail },
    { "silence stays silence", silence }, { "declared latency is the measured one", latency },
    { "a latency that grows", growth }, { "scrubbed poison: finite, and recovered", poison },
    { "defaults are transparent", neutral }, { "analysers leave audio alone", analysers },
    { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
