/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: transient shaper.
 * Source:  onsets: primitives/onset.h.
 *
 *   max |x| of channels and groups ─→ held 12 ms ─→ dB ─→ fast: up at once, down with FALL_MS
 *     onset  = fast − slow, slow follows it up with LEARN_MS    gain = attack·min (onset, 15)
 *     follow = past − fast, past falls towards it with DECAY_MS      + sustain·min (follow, 24)
 *   x × (1 − mix + mix·gain) ─→ y, straight from group to group
 *
 * A steady tone holds its peak, so that all envelopes are equal. An onset out of silence counts for
 * RANGE_DB: it is at 15 dB for the first 7 ms, and over after 40.
 *
 * z: phase counts frames on the grid; past in dB. */

#include "trans.h"

#include "../base/mathx.h"
#include "../primitives/times.h"
#include "lqorc.h"

#include <string.h>

#define HOLD_MS 12.0
#define FALL_MS 6.0
#define LEARN_MS 15.0
#define FORGET_MS 40.0
#define DECAY_MS 250.0
#define RANGE_DB 24.0
#define ATTACK_DB 15.0
#define SUSTAIN_DB 24.0

#define FIELD(name) offsetof (struct lq_trans_params, name)
const struct lq_param lq_trans_rows[LQ_TRANS_ROWS] = {
  { "enabled", "Transients", "Transient shaper, independent of level", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (enabled), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "attack", "Attack", "Onsets by up to 15 dB, up or down; 0 = neutral", "%", LQ_FLOAT,
      LQ_LINEAR, FIELD (attack_percent), -100, 100, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "sustain", "Sustain", "What follows onsets by up to 24 dB, up or down; 0 = neutral", "%",
      LQ_FLOAT, LQ_LINEAR, FIELD (sustain_percent), -100, 100, 0, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "mix", "Transients mix", "Dry to shaped", "%", LQ_FLOAT, LQ_LINEAR, FIELD (mix_percent), 0,
      100, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_trans_rows, struct lq_trans_params);

bool
lq_trans_prepare (lq_trans *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_trans_rows, LQ_TRANS_ROWS, 0, NULL };
  struct lq_trans_params defaults;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->group = lq_group_frames (stream->rate);
  u->decay = 1.0 - lq_keep (stream->rate / u->group, DECAY_MS);
  lq_onset_prepare (&u->onset, stream->rate / u->group, FALL_MS, LEARN_MS, FORGET_MS, RANGE_DB);
  if (!lq_ramp_prepare (&u->attack, stream, arena, LQ_RAMP_MS) ||
      !lq_ramp_prepare (&u->sustain, stream, arena, LQ_RAMP_MS) ||
      !lq_ramp_prepare (&u->mix, stream, arena, LQ_RAMP_MS) ||
      !lq_slidemax_prepare (&u->hold, lq_group_hold (stream->rate, HOLD_MS), arena))
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_trans_set (u, &defaults);
  lq_trans_reset (u);
  return true;
}

void
lq_trans_set (lq_trans *u, const struct lq_trans_params *p)
{
  lq_ramp_set (&u->attack, p->attack_percent / 100.0);
  lq_ramp_set (&u->sustain, p->sustain_percent / 100.0);
  lq_ramp_set (&u->mix, p->enabled ? p->mix_percent / 100.0 : 0.0);
}

/* Whether nothing can be heard of it, now and in the coming hop. */
static bool
idle (const lq_trans *u)
{
  const bool flat = lq_ramp_resting (&u->attack) && u->attack.target == 0.0 &&
                    lq_ramp_resting (&u->sustain) && u->sustain.target == 0.0;

  return flat || (lq_ramp_resting (&u->mix) && u->mix.target == 0.0);
}

void
lq_trans_reset (lq_trans *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_ramp_jump (&u->attack);
  lq_ramp_jump (&u->sustain);
  lq_ramp_jump (&u->mix);
  lq_slidemax_reset (&u->hold);
  lq_onset_reset (&u->onset);
  u->z.past = LQ_SILENCE_DB;
  u->z.from = u->z.to = 1.0f;
  u->z.running = !idle (u);
}

uint32_t
lq_trans_latency (const lq_trans *u)
{
  (void)u;
  return 0;
}

bool
lq_trans_neutral (const lq_trans *u)
{
  return !u->z.running && idle (u);
}

static bool
resting (const lq_trans *u)
{
  return lq_ramp_resting (&u->attack) && lq_ramp_resting (&u->sustain) &&
         lq_ramp_resting (&u->mix);
}

/* At a grid point. */
static void
hop (lq_trans *u)
{
  const bool rests = resting (u);

  if (idle (u) && u->z.to == 1.0f) {
    u->z.running = false;
    u->z.from = 1.0f;
  } else if (!u->z.running) {
    lq_slidemax_reset (&u->hold);
    u->z.running = u->onset.z.fresh = true;
  }
  if (rests)
    return;
  lq_ramp_hop (&u->attack);
  lq_ramp_hop (&u->sustain);
  lq_ramp_hop (&u->mix);
}

/* A group begins: its gain goes to what the last one asks for. */
static void
next_group (lq_trans *u)
{
  const double attack = lq_ramp_at (&u->attack, u->z.phase),
               mix = lq_ramp_at (&u->mix, u->z.phase),
               sustain = lq_ramp_at (&u->sustain, u->z.phase);
  const double level = lq_lin_to_db (lq_slidemax_next (&u->hold));
  const bool fresh = u->onset.z.fresh;
  const double onset = lq_onset_next (&u->onset, level), fast = u->onset.z.fast;
  double after, gain_db;

  u->z.past += (fast - u->z.past) * (fresh || fast > u->z.past ? 1.0 : u->decay);
  after = fmax (u->z.past - fast, 0.0);
  gain_db = attack * fmin (onset, ATTACK_DB) + sustain * fmin (after, SUSTAIN_DB);
  u->z.from = u->z.to;
  u->z.to = (float)(1.0 + mix * (lq_db_to_lin (gain_db) - 1.0));
}

/* n frames of a group, from its frame `first` on. */
static void
part (lq_trans *u, float *const *ch, uint32_t at, uint32_t first, uint32_t n)
{
  float gain[LQ_HOP];

  for (uint32_t c = 0; c < u->stream.channels; c++)
    lq_slidemax_note (&u->hold, u->kernels->peak (ch[c] + at, n));
  if (u->z.from == 1.0f && u->z.to == 1.0f)
    return;
  lq_group_fill (gain, n, first, u->group, u->z.from, u->z.to);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    lq_orc_gain_curve (ch[c] + at, gain, (int)n);
}

void
lq_trans_process (lq_trans *u, float *const *ch, uint32_t frames)
{
  if (lq_trans_neutral (u) && resting (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t first = u->z.phase % u->group;
    if (u->z.phase == 0)
      hop (u);
    n = lq_hop_left (u->z.phase, frames - done);
    if (u->z.running) {
      if (first == 0)
        next_group (u);
      n = n < u->group - first ? n : u->group - first;
      part (u, ch, done, first, n);
    }
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
