/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: dynamic equaliser: its parameters, what is set and when; what happens to a block is in
 * dyneq-run.c, the filters in dyneq-table.c. */

#include "dyneq-private.h"

#include "../base/mathx.h"

#include <string.h>

/* Groups are powers of two that divide LQ_HOP, about so many. */
#define GROUPS_A_SECOND 6000.0
#define HOLD_MS 10.0

/* A gain that goes before a far move, and comes back after it: up to 24 dB each way. */
#define DIP_MS 32.0

/* −96 dB and something, in nepers, and some more for filters that ring one after the other. */
#define TAIL_NEPERS 14.0
#define TAIL_TOGETHER 4.0
#define TAIL_MAX_S 60.0

static const struct lq_enum types = { "LqDyneqType",
  (const struct lq_item[]){ { "bell", "Bell", LQ_DYNEQ_BELL },
      { "low-shelf", "Low shelf", LQ_DYNEQ_LOW_SHELF },
      { "high-shelf", "High shelf", LQ_DYNEQ_HIGH_SHELF }, { NULL, NULL, 0 } } };
static const struct lq_enum modes = { "LqDyneqThresholdMode",
  (const struct lq_item[]){ { "absolute", "dBFS", LQ_DYNEQ_ABSOLUTE },
      { "relative", "Against the whole programme", LQ_DYNEQ_RELATIVE }, { NULL, NULL, 0 } } };
static const struct lq_enum channels = { "LqDyneqChannel",
  (const struct lq_item[]){ { "stereo", "Both, linked", LQ_DYNEQ_STEREO },
      { "left", "Left", LQ_DYNEQ_LEFT }, { "right", "Right", LQ_DYNEQ_RIGHT },
      { "mid", "Mid", LQ_DYNEQ_MID }, { "side", "Side", LQ_DYNEQ_SIDE }, { NULL, NULL, 0 } } };

const struct lq_param lq_dyneq_rows[LQ_DYNEQ_ROWS] = {
  { "enabled", "Dynamic equaliser", "The whole dynamic equaliser on", NULL, LQ_BOOL, LQ_LINEAR,
      offsetof (struct lq_dyneq_params, enabled), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
};

#define FIELD(name) offsetof (struct lq_dyneq_band, name)
#define NUMBER(name, nick, blurb, unit, scale, field, min, max, def, ramp)                     \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, scale, FIELD (field), min, max, def, NULL, LQ_PLAYING,  \
        ramp                                                                                   \
  }
#define SWITCH(name, nick, blurb, field)                                                       \
  {                                                                                            \
    name, nick, blurb, NULL, LQ_BOOL, LQ_LINEAR, FIELD (field), 0, 1, 0, NULL, LQ_PLAYING,     \
        LQ_RAMP_MS                                                                             \
  }
#define CHOICE(name, nick, blurb, field, most, items)                                          \
  {                                                                                            \
    name, nick, blurb, NULL, LQ_ENUM, LQ_LINEAR, FIELD (field), 0, most, 0, &items,            \
        LQ_PLAYING, LQ_RAMP_MS                                                                 \
  }
const struct lq_param lq_dyneq_band_rows[LQ_DYNEQ_BAND_ROWS] = {
  SWITCH ("enabled", "Dynamic band", "Band on", enabled),
  CHOICE ("type", "Band type",
      "What the band does; its detector is a band-pass, low-pass or high-pass to match", type,
      2, types),
  NUMBER ("frequency", "Band frequency",
      "Of the band and of its detector, held at 0.49 of the sampling rate", "Hz", LQ_LOG,
      frequency_hz, 10, 40000, 1000, LQ_RAMP_MS),
  NUMBER ("q", "Band Q", "Of the band and of its detector", NULL, LQ_LOG, q, 0.1, 40, 1,
      LQ_RAMP_MS),
  NUMBER ("threshold", "Band threshold",
      "Peak level in the band from which on it moves, in dBFS or against the whole programme",
      "dB", LQ_LINEAR, threshold_db, -80, 0, -24, LQ_RAMP_MS),
  CHOICE ("threshold-mode", "Band threshold mode",
      "absolute: dBFS; relative: against the level of the whole programme, independent of "
      "level",
      threshold_mode, 1, modes),
  NUMBER ("range", "Band range", "Most that the band moves, down or up; 0 is neutral", "dB",
      LQ_LINEAR, range_db, -24, 24, -6, LQ_RAMP_MS),
  NUMBER ("ratio", "Band ratio",
      "Moves by 1 - 1/ratio of what the level exceeds the threshold by; 100 is infinite, 1 "
      "neutral",
      NULL, LQ_LOG, ratio, 1, 100, 3, LQ_RAMP_MS),
  NUMBER ("attack", "Band attack", "Time to 63 % of a gain that moves away from 0", "ms",
      LQ_LOG, attack_ms, 0.05, 300, 10, 0),
  NUMBER ("release", "Band release", "Time to 63 % of a gain that returns to 0", "ms", LQ_LOG,
      release_ms, 5, 5000, 120, 0),
  CHOICE (
      "channel", "Band channel", "What the band listens to and acts on", channel, 4, channels),
  SWITCH (
      "listen", "Listen", "Hears what the band's detector hears alone; several add up", listen),
};
LQ_ASSERT_ROWS (lq_dyneq_band_rows, struct lq_dyneq_band);

const struct lq_override lq_dyneq_overrides[LQ_DYNEQ_BANDS][2] = {
  { { "frequency", 100.0 }, { NULL, 0.0 } },
  { { "frequency", 400.0 }, { NULL, 0.0 } },
  { { "frequency", 2500.0 }, { NULL, 0.0 } },
  { { "frequency", 7000.0 }, { NULL, 0.0 } },
};

static uint32_t
group_of (double rate)
{
  return 1u << (uint32_t)lq_clamp (round (log2 (rate / GROUPS_A_SECOND)), 2.0, 6.0);
}

static bool
prepare_voice (
    struct lq_dyneq_voice *v, const lq_stream *stream, uint32_t hold, lq_arena *arena)
{
  bool ok = lq_slidemax_prepare (&v->held, hold, arena) &&
            lq_ramp_prepare (&v->move, stream, arena, LQ_RAMP_MS) &&
            lq_ramp_prepare (&v->fade, stream, arena, LQ_RAMP_MS) &&
            lq_ramp_prepare (&v->dip, stream, arena, DIP_MS);

  for (int i = 0; i < LQ_DYNEQ_CONTROLS; i++)
    ok = ok && lq_ramp_prepare (&v->ramp[i], stream, arena, LQ_RAMP_MS);
  for (int i = 0; i < 2; i++) {
    v->table[i] = lq_arena_alloc (arena, sizeof *v->table[i]);
    ok = ok && v->table[i];
  }
  return ok;
}

bool
lq_dyneq_prepare (lq_dyneq *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self[] = { LQ_DYNEQ_MODULE_LIST (0) };
  struct lq_dyneq_params defaults;
  uint32_t hold;
  bool ok;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->group = group_of (stream->rate);
  hold = 1 + (uint32_t)ceil (HOLD_MS * stream->rate / 1000.0 / u->group);
  ok = lq_slidemax_prepare (&u->whole, hold, arena) &&
       lq_listen_prepare (&u->listen, stream, arena);
  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++)
    ok = ok && prepare_voice (&u->voice[i], stream, hold, arena);
  u->row = lq_arena_alloc (arena, LQ_DYNEQ_ROW_COUNT (u->group) * sizeof *u->row);
  u->x = lq_arena_alloc (arena, 2 * LQ_DYNEQ_CHUNK * sizeof *u->x);
  u->heard = lq_arena_alloc (arena, LQ_SWING_LANES * LQ_DYNEQ_CHUNK * sizeof *u->heard);
  u->none = lq_arena_alloc (arena, LQ_DYNEQ_CHUNK * sizeof *u->none);
  if (!ok || !u->row || !u->x || !u->heard || !u->none)
    return false;
  lq_modules_defaults (self, LQ_DYNEQ_MODULES, &defaults);
  lq_dyneq_set (u, &defaults);
  lq_dyneq_reset (u);
  return true;
}

/* The share of its way that a gain goes in a group. A step comes half a group before one begins, as
 * a mean: that is taken off. */
static double
share (const lq_dyneq *u, double ms)
{
  const double groups = ms * u->stream.rate / 1000.0 / u->group - 0.5;

  return groups > 0.0 ? 1.0 - exp (-1.0 / groups) : 1.0;
}

static void
set_channel (lq_dyneq *u, struct lq_dyneq_voice *v, int32_t channel)
{
  const bool both = channel == LQ_DYNEQ_STEREO, half = channel >= LQ_DYNEQ_MID;
  double left = both || channel == LQ_DYNEQ_LEFT ? 1.0 : half ? 0.5 : 0.0;
  double right = both || channel == LQ_DYNEQ_RIGHT ? 1.0 : half ? 0.5 : 0.0;
  double other = channel == LQ_DYNEQ_MID ? 0.5 : channel == LQ_DYNEQ_SIDE ? -0.5 : 0.0;

  if (u->stream.channels == 1) {
    left = channel == LQ_DYNEQ_MID ? 1.0 : channel == LQ_DYNEQ_SIDE ? 0.0 : left;
    right = 1.0;
    other = 0.0;
  }
  lq_ramp_set (&v->ramp[LQ_DYNEQ_OWN_LEFT], left);
  lq_ramp_set (&v->ramp[LQ_DYNEQ_OWN_RIGHT], right);
  lq_ramp_set (&v->ramp[LQ_DYNEQ_OTHER], other);
}

static void
set_voice (lq_dyneq *u, struct lq_dyneq_voice *v, const struct lq_dyneq_band *p, bool enabled)
{
  /* The largest ratio stands for ∞. */
  const double slope = p->ratio >= 100.0f ? 1.0 : 1.0 - 1.0 / p->ratio;

  v->on = enabled && p->enabled && p->range_db != 0.0f && p->ratio > 1.0f;
  v->listened = enabled && p->enabled && p->listen;
  v->spec = (struct lq_dyneq_spec){ p->type, p->frequency_hz, p->q };
  v->times = (struct lq_dyneq_times){ share (u, p->attack_ms), share (u, p->release_ms) };
  lq_ramp_set (&v->ramp[LQ_DYNEQ_ON], v->on ? 1.0 : 0.0);
  lq_ramp_set (&v->ramp[LQ_DYNEQ_THRESHOLD], p->threshold_db);
  lq_ramp_set (&v->ramp[LQ_DYNEQ_SHARE], p->threshold_mode == LQ_DYNEQ_RELATIVE ? 1.0 : 0.0);
  lq_ramp_set (&v->ramp[LQ_DYNEQ_RANGE], fabsf (p->range_db));
  lq_ramp_set (&v->ramp[LQ_DYNEQ_SIGN], p->range_db < 0.0f ? -1.0 : 1.0);
  lq_ramp_set (&v->ramp[LQ_DYNEQ_SLOPE], slope);
  lq_ramp_set (&v->ramp[LQ_DYNEQ_HEARD], v->listened ? 1.0 : 0.0);
  set_channel (u, v, p->channel);
}

void
lq_dyneq_set (lq_dyneq *u, const struct lq_dyneq_params *p)
{
  bool listened = false;

  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++) {
    set_voice (u, &u->voice[i], &p->band[i], p->enabled);
    listened = listened || u->voice[i].listened;
  }
  lq_listen_set (&u->listen, listened);
  u->z.calm = false;
}

void
lq_dyneq_wake (struct lq_dyneq_voice *v)
{
  const float most_db = v->z.most_db;

  for (int i = LQ_DYNEQ_THRESHOLD; i < LQ_DYNEQ_CONTROLS; i++)
    if (i != LQ_DYNEQ_HEARD)
      lq_ramp_jump (&v->ramp[i]);
  memset (&v->z, 0, sizeof v->z);
  lq_slidemax_reset (&v->held);
  lq_ramp_jump_to (&v->move, 0.0);
  lq_ramp_jump_to (&v->fade, 0.0);
  lq_ramp_jump_to (&v->dip, 1.0);
  v->z.now = v->times;
  lq_dyneq_table_at (v->table[0], 0.0, v->z.filters.to);
  memcpy (v->z.detectors.to, v->table[0]->detector, sizeof v->table[0]->detector);
  lq_dyneq_hear (v, LQ_HOP, &v->z.filters);
  lq_dyneq_hear (v, LQ_HOP, &v->z.detectors);
  memcpy (v->z.filters.from, v->z.filters.to, sizeof v->z.filters.to);
  memcpy (v->z.detectors.from, v->z.detectors.to, sizeof v->z.detectors.to);
  v->z.most_db = most_db;
  v->z.awake = true;
}

void
lq_dyneq_reset (lq_dyneq *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_listen_reset (&u->listen);
  lq_slidemax_reset (&u->whole);
  memset (u->none, 0, LQ_DYNEQ_CHUNK * sizeof *u->none);
  memset (u->row, 0, LQ_DYNEQ_ROW_COUNT (u->group) * sizeof *u->row);
  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++) {
    struct lq_dyneq_voice *v = &u->voice[i];
    uint32_t all = UINT32_MAX;
    memset (&v->z, 0, sizeof v->z);
    lq_ramp_jump (&v->ramp[LQ_DYNEQ_ON]);
    lq_ramp_jump (&v->ramp[LQ_DYNEQ_HEARD]);
    if (!v->on && !v->listened)
      continue;
    lq_dyneq_table_begin (v->table[0], &v->spec);
    lq_dyneq_table_build (v->table[0], u->stream.rate, &all);
    lq_dyneq_wake (v);
  }
}

uint32_t
lq_dyneq_latency (const lq_dyneq *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_dyneq_tail (const lq_dyneq *u)
{
  double slowest = 0.0, sum = 0.0, nepers = TAIL_NEPERS;

  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++) {
    const struct lq_dyneq_voice *v = &u->voice[i];
    const double range = v->ramp[LQ_DYNEQ_RANGE].target * v->ramp[LQ_DYNEQ_SIGN].target;
    double decay = 0.0;
    if (!v->z.awake)
      continue;
    for (uint32_t k = 0; k < LQ_DYNEQ_NODES; k++)
      if (range < 0.0 ? k <= LQ_DYNEQ_NODES / 2 : k >= LQ_DYNEQ_NODES / 2)
        decay = fmax (decay, v->table[0]->decay[k]);
    nepers += fmax (range, 0.0) / 8.686;
    slowest = fmax (slowest, decay);
    sum += decay;
  }
  return (uint32_t)ceil (
      fmin (nepers * slowest + TAIL_TOGETHER * (sum - slowest), TAIL_MAX_S * u->stream.rate));
}

bool
lq_dyneq_neutral (const lq_dyneq *u)
{
  bool sleeps = !u->listen.active;

  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++)
    sleeps = sleeps && !u->voice[i].z.awake && !u->voice[i].on && !u->voice[i].listened;
  return sleeps;
}

float
lq_dyneq_reduction_db (lq_dyneq *u, uint32_t band)
{
  const float most = u->voice[band].z.most_db;

  u->voice[band].z.most_db = 0.0f;
  return -most;
}
