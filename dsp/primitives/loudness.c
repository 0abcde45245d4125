/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: loudness meter.
 * Source:  ITU-R BS.1770-5, Annexes 1 and 3; EBU Tech 3341 v4 (meter), 3342 v4 (range).
 *
 *   x → K → Σ y² over 10 ms ┬→ · weight, Σ channels → ring of sub-blocks → Σ 100 ms → ring
 *                           …                                                      ├→ Σ 400 ms
 *                                                                                  └→ Σ 3 s
 *   every 10 ms: momentary, short-term, their maxima; every 100 ms: a block for each gate
 *
 * Sums over windows are made anew each time, from few terms: nothing accumulates an error.
 * z: the rings, the filters, the two histograms. */

#include "loudness.h"

#include "../base/mathx.h"

#include <string.h>

#define TENTH 10                     /* sub-blocks in 100 ms, the hop of gated blocks */
#define MOMENTARY_STEPS 40           /* … in 400 ms */
#define SHORT_STEPS LQ_LOUDNESS_RING /* … in 3 s */

/* BS.1770-5, table 3. */
#define SURROUND_WEIGHT 1.41

static bool
has_side (const lq_stream *stream)
{
  for (uint32_t c = 0; c < stream->channels; c++)
    if (stream->position[c] == LQ_POS_SIDE)
      return true;
  return false;
}

double
lq_loudness_weight (const lq_stream *stream, uint32_t channel)
{
  switch (stream->position[channel]) {
    case LQ_POS_LFE:
      return 0.0;
    case LQ_POS_SIDE:
    case LQ_POS_WIDE:
      return SURROUND_WEIGHT;
    case LQ_POS_REAR:
      /* 5.1's surround channels are often called rear: they stand at ±110°. */
      return has_side (stream) ? 1.0 : SURROUND_WEIGHT;
    default:
      return 1.0;
  }
}

void
lq_loudness_prepare_windows (lq_loudness *u, const lq_stream *stream)
{
  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->rate = stream->rate;
  u->mono = stream->channels == 1;
  u->mono_gain = 1.0;
  lq_kweight_design (&u->filter, stream->rate);
  for (uint32_t c = 0; c < stream->channels; c++) {
    u->weight[u->counted] = lq_loudness_weight (stream, c) * u->filter.energy_scale;
    u->channel[u->counted] = (uint8_t)c;
    u->counted += u->weight[u->counted] > 0.0;
  }
  lq_loudness_reset (u);
}

bool
lq_loudness_prepare (lq_loudness *u, const lq_stream *stream, lq_arena *arena)
{
  lq_loudness_prepare_windows (u, stream);
  u->z.blocks = lq_arena_alloc (arena, sizeof *u->z.blocks);
  u->z.short_terms = lq_arena_alloc (arena, sizeof *u->z.short_terms);
  if (!u->z.blocks || !u->z.short_terms)
    return false;
  lq_loudness_reset (u);
  return true;
}

void
lq_loudness_set_dual_mono (lq_loudness *u, bool dual_mono)
{
  u->mono_gain = u->mono && dual_mono ? 2.0 : 1.0;
}

/* The frame at which sub-block `step` begins. */
static uint64_t
step_begin (const lq_loudness *u, uint64_t step)
{
  return (uint64_t)((double)step * u->rate / LQ_LOUDNESS_STEPS + 0.5);
}

void
lq_loudness_reset (lq_loudness *u)
{
  lq_gatehist *blocks = u->z.blocks, *short_terms = u->z.short_terms;

  memset (&u->z, 0, sizeof u->z);
  u->z.blocks = blocks;
  u->z.short_terms = short_terms;
  if (blocks && short_terms) {
    lq_gatehist_reset (blocks);
    lq_gatehist_reset (short_terms);
  }
  u->z.step_end = step_begin (u, 1);
}

/* Weighted energy of the sub-block that ends here; its sums begin anew. */
static double
take_energy (lq_loudness *u)
{
  double energy = 0.0;

  for (uint32_t i = 0; i < u->counted; i++)
    energy += u->weight[i] * u->z.pair[i / 2].energy[i % 2];
  for (uint32_t i = 0; i < u->counted; i += 2)
    memset (u->z.pair[i / 2].energy, 0, sizeof u->z.pair[i / 2].energy);
  return energy;
}

/* Mean square over the newest `steps` sub-blocks; those before the first frame were silent. */
static double
window_power (const lq_loudness *u, uint32_t steps)
{
  const uint64_t now = u->z.steps;
  const uint64_t frames =
      now < steps ? step_begin (u, steps) : step_begin (u, now) - step_begin (u, now - steps);
  uint32_t at = (uint32_t)((now + LQ_LOUDNESS_RING - 1) % LQ_LOUDNESS_RING);
  double energy = 0.0;

  for (uint32_t i = 0; i < steps; i += TENTH) {
    energy += u->z.tenth[at];
    at = at < TENTH ? at + LQ_LOUDNESS_RING - TENTH : at - TENTH;
  }
  return energy / (double)frames;
}

static void
end_step (lq_loudness *u)
{
  double tenth = 0.0;

  u->z.step[u->z.steps % TENTH] = take_energy (u);
  for (uint32_t i = 0; i < TENTH; i++)
    tenth += u->z.step[i];
  u->z.tenth[u->z.steps % LQ_LOUDNESS_RING] = tenth;
  u->z.steps++;
  u->z.step_end = step_begin (u, u->z.steps + 1);

  u->z.momentary = window_power (u, MOMENTARY_STEPS);
  u->z.short_term = window_power (u, SHORT_STEPS);
  u->z.max_momentary = fmax (u->z.max_momentary, u->z.momentary);
  u->z.max_short_term = fmax (u->z.max_short_term, u->z.short_term);
  if (u->z.steps % TENTH != 0 || !u->z.blocks)
    return;
  if (u->z.steps >= MOMENTARY_STEPS)
    lq_gatehist_add (u->z.blocks, u->z.momentary);
  if (u->z.steps >= SHORT_STEPS)
    lq_gatehist_add (u->z.short_terms, u->z.short_term);
}

/* Up to n frames from `first` on, all within a sub-block. */
static void
filter_frames (lq_loudness *u, const float *const *ch, uint32_t first, uint32_t n)
{
  for (uint32_t i = 0; i < u->counted; i += 2) {
    const uint32_t other = i + 1 < u->counted ? i + 1 : i;
    u->kernels->kweight (&u->filter.taps, &u->z.pair[i / 2], ch[u->channel[i]] + first,
        ch[u->channel[other]] + first, n);
  }
}

void
lq_loudness_process (lq_loudness *u, const float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint64_t left = u->z.step_end - u->z.frames;
    n = frames - done < left ? frames - done : (uint32_t)left;
    filter_frames (u, ch, done, n);
    u->z.frames += n;
    if (u->z.frames == u->z.step_end)
      end_step (u);
  }
}

double
lq_loudness_step_power (const lq_loudness *u)
{
  const uint64_t last = u->z.steps - 1;

  if (u->z.steps == 0)
    return 0.0;
  return u->z.step[last % TENTH] / (double)(step_begin (u, last + 1) - step_begin (u, last));
}

double
lq_loudness_of_power (const lq_loudness *u, double power)
{
  return fmax (LQ_SILENCE_DB, LQ_LOUDNESS_OFFSET + lq_power_to_db (power * u->mono_gain));
}

double
lq_loudness_momentary (const lq_loudness *u)
{
  return lq_loudness_of_power (u, u->z.momentary);
}

double
lq_loudness_short_term (const lq_loudness *u)
{
  return lq_loudness_of_power (u, u->z.short_term);
}

double
lq_loudness_max_momentary (const lq_loudness *u)
{
  return lq_loudness_of_power (u, u->z.max_momentary);
}

double
lq_loudness_max_short_term (const lq_loudness *u)
{
  return lq_loudness_of_power (u, u->z.max_short_term);
}

double
lq_loudness_integrated (const lq_loudness *u, double gain_db)
{
  return lq_gatehist_integrated (u->z.blocks, gain_db + lq_power_to_db (u->mono_gain));
}

double
lq_loudness_range (const lq_loudness *u, double gain_db)
{
  return lq_gatehist_range (u->z.short_terms, gain_db + lq_power_to_db (u->mono_gain));
}
