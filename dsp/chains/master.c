/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the chain of masterchain.
 *
 *   ┬─┬─→ input ─→ eq ─→ dyneq ─→ mb ─→ glue ─→ exciter ─→ imager ─→ lowend ─→ maximizer ─→ fades ─┐
 *   │ │            └────────────────────── in any order ─────────────┘                              │
 *   │ └─→ delay ──→ delta: input − output ─→ (δ) ───────────────────────────────────────── (1−δ) ──┤
 *   └ meters, loudness                        listened to ─→ m ─→ (1−m) ─→ monitor (2×2) ─→ loudness
 *
 * z: again: see track.h. place counts what came in; what leaves is `latency` frames before that. */

#include "master.h"

#include "../base/mathx.h"

#include <string.h>

/* A matched bypass is slower than other changes: it isn't to be noticed. */
#define MATCH_RAMP_MS 200.0

/* The modules, in the order of lq_master_modules. */
enum module {
  INPUT,
  EQ,
  EQ_BANDS,
  DYNEQ = EQ + LQ_EQ_MODULES,
  MB = DYNEQ + LQ_DYNEQ_MODULES,
  GLUE = MB + LQ_MB_MODULES,
  EXCITER,
  IMAGER = EXCITER + LQ_EXCITER_MODULES,
  LOWEND = IMAGER + LQ_IMAGER_MODULES,
  MAXIMIZER,
  TARGET,
  FADES,
  EAR
};

#define EAR_FIELD(name) offsetof (struct lq_master_ear, name)
static const struct lq_param ear_rows[] = {
  { "monitor", "Monitor",
      "What leaves the element; mono and mid: (L+R)/2, side: (L−R)/2, left, right: on both",
      NULL, LQ_ENUM, LQ_LINEAR, EAR_FIELD (monitor), 0, LQ_MONITORS - 1, 0, &lq_monitor_items,
      LQ_PLAYING, LQ_RAMP_MS },
  { "delta", "Delta", "Hears input − output, delay-matched: what was taken away", NULL, LQ_BOOL,
      LQ_LINEAR, EAR_FIELD (delta), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "bypass-gain-match", "Matched bypass",
      "Bypass plays the input at the output's loudness (short-term)", NULL, LQ_BOOL, LQ_LINEAR,
      EAR_FIELD (gain_match), 0, 1, 0, NULL, LQ_PLAYING, MATCH_RAMP_MS },
};
LQ_ASSERT_ROWS (ear_rows, struct lq_master_ear);

static const struct lq_param target_rows[] = {
  { "loudness-target", "Loudness target",
      "With learn=whole-track: the drive is found that makes the output this loud; −120 is "
      "unset",
      "LUFS", LQ_FLOAT, LQ_LINEAR, 0, -120, 0, LQ_SILENCE_DB, NULL, LQ_PLAYING, LQ_RAMP_MS },
};

#define PLACE(field) offsetof (struct lq_master_params, field)
const struct lq_module lq_master_modules[LQ_MASTER_MODULES] = {
  { "input", lq_input_master_rows, LQ_INPUT_MASTER_ROWS, PLACE (input), NULL },
  LQ_EQ_FULL_MODULE_LIST (PLACE (eq)),
  LQ_DYNEQ_MODULE_LIST (PLACE (dyneq)),
  LQ_MB_MODULE_LIST (PLACE (mb)),
  { "glue", lq_glue_rows, LQ_GLUE_ROWS, PLACE (glue), NULL },
  LQ_EXCITER_MODULE_LIST (PLACE (exciter)),
  LQ_IMAGER_MODULE_LIST (PLACE (imager)),
  { "lowend", lq_lowend_rows, LQ_LOWEND_ROWS, PLACE (lowend), NULL },
  { "maximizer", lq_maximizer_rows, LQ_MAXIMIZER_ROWS, PLACE (maximizer), NULL },
  { "maximizer", target_rows, LQ_COUNT (target_rows), PLACE (loudness_target_lufs), NULL },
  { "fade", lq_fades_rows, LQ_FADES_ROWS, PLACE (fades), NULL },
  { "", ear_rows, LQ_COUNT (ear_rows), PLACE (ear), NULL },
};
_Static_assert(EAR + 1 == LQ_MASTER_MODULES, "every module has its number");

static const char *const stages[LQ_MASTER_FREE] = { "eq", "dyneq", "mb", "glue", "exciter",
  "imager", "lowend" };

bool
lq_master_read_order (
    const char *text, uint8_t order[LQ_MASTER_FREE], const char **at, size_t *length)
{
  return lq_flow_read_order (stages, LQ_MASTER_FREE, text, order, at, length);
}

static bool
lq_master_prepare_stages (
    lq_master *u, const lq_stream *stream, const struct lq_master_params *p, lq_arena *arena)
{
  return lq_input_prepare (&u->input, stream, arena) &&
         lq_eq_prepare_full (&u->eq, stream, &p->eq, arena) &&
         lq_dyneq_prepare (&u->dyneq, stream, arena) &&
         lq_mb_prepare (&u->mb, stream, &p->mb, arena) &&
         lq_glue_prepare (&u->glue, stream, arena) &&
         lq_exciter_prepare (&u->exciter, stream, &p->exciter, arena) &&
         lq_imager_prepare (&u->imager, stream, &p->imager, arena) &&
         lq_lowend_prepare (&u->lowend, stream, arena) &&
         lq_maximizer_prepare (&u->maximizer, stream, &p->maximizer, arena) &&
         lq_fades_prepare (&u->fades, stream, arena);
}

static bool
lq_master_prepare_learn (lq_master *u, const struct lq_master_params *p, lq_arena *arena)
{
  u->learn = lq_arena_alloc (arena, sizeof *u->learn);
  if (!u->learn || !lq_learn_prepare (u->learn, &u->stream, &p->maximizer, 0.0, arena))
    return false;
  lq_learn_fade (u->learn, &u->fades);
  return true;
}

bool
lq_master_prepare (lq_master *u, const lq_stream *stream, const struct lq_master_params *p,
    const uint8_t order[LQ_MASTER_FREE], bool learns, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->stream = *stream;
  memcpy (u->order, order, sizeof u->order);
  if (!lq_master_prepare_stages (u, stream, p, arena) ||
      !lq_bypass_prepare_difference (
          &u->delta, stream, lq_master_latency (u), lq_master_latency_most (u), arena) ||
      !lq_monitor_prepare (&u->monitor, stream, arena) ||
      !lq_ramp_prepare (&u->match, stream, arena, MATCH_RAMP_MS) ||
      (learns && !lq_master_prepare_learn (u, p, arena)) ||
      !lq_master_meters_prepare (u, arena))
    return false;
  lq_ramp_set (&u->match, 1.0);
  lq_master_set (u, p);
  lq_master_reset (u);
  return true;
}

uint32_t
lq_master_repeats (const lq_master *u)
{
  uint32_t again = 0;

  for (uint32_t stage = 0; stage < LQ_MASTER_STAGES; stage++)
    again += u->z.again[stage];
  return again;
}

/* The drive for the loudness that is asked for. */
static void
lq_master_aim (lq_master *u)
{
  u->learned = lq_learn_solve (u->learn, (double)u->asked.loudness_target_lufs);
}

/* Gives modules their settings, where these are new. While frames that come a second time are
 * dropped nobody listens. */
static void
lq_master_give (lq_master *u)
{
  struct lq_master_params p = u->asked;
  const bool all = !u->gave;

  for (uint32_t i = 0; i < LQ_EQ_BANDS && u->deaf; i++)
    p.eq.band[i].listen = 0;
  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS && u->deaf; i++)
    p.dyneq.band[i].listen = 0;
  if (u->knows && p.loudness_target_lufs > (float)LQ_SILENCE_DB)
    lq_learn_apply (&p.maximizer, u->learned.drive_db);
#define GIVE(module)                                                                           \
  if (all || memcmp (&u->given.module, &p.module, sizeof p.module) != 0)                       \
  lq_##module##_set (&u->module, &p.module)
  GIVE (input);
  GIVE (eq);
  GIVE (dyneq);
  GIVE (mb);
  GIVE (glue);
  GIVE (exciter);
  GIVE (imager);
  GIVE (lowend);
  GIVE (maximizer);
  GIVE (fades);
#undef GIVE
  lq_bypass_set (&u->delta, p.ear.delta);
  lq_monitor_set (&u->monitor, p.ear.monitor);
  u->given = p;
  u->gave = true;
}

/* A stage is later by so many frames. */
static uint32_t
lq_master_grow (lq_master *u, enum lq_master_stage stage, uint32_t frames)
{
  u->z.again[stage] += frames;
  return frames;
}

void
lq_master_set (lq_master *u, const struct lq_master_params *p)
{
  const bool matched = u->asked.ear.gain_match;
  const bool aims = u->knows && u->asked.loudness_target_lufs != p->loudness_target_lufs;
  uint32_t grown = 0;

  u->asked = *p;
  if (aims)
    lq_master_aim (u);
  lq_master_give (u);
  grown += lq_master_grow (u, LQ_MASTER_EQ, lq_eq_grow (&u->eq));
  grown += lq_master_grow (u, LQ_MASTER_MB, lq_mb_grow (&u->mb));
  grown += lq_master_grow (u, LQ_MASTER_EXCITER, lq_exciter_grow (&u->exciter));
  grown += lq_master_grow (u, LQ_MASTER_MAXIMIZER, lq_maximizer_grow (&u->maximizer));
  lq_bypass_grow (&u->delta, grown);
  for (int i = 0; i < 2 && p->ear.gain_match && !matched; i++)
    lq_loudness_reset (&u->matched[i]);
  if (!p->ear.gain_match)
    lq_ramp_set (&u->match, 1.0);
  if (u->deaf || lq_master_repeats (u) == 0)
    return;
  u->deaf = true;
  lq_master_give (u);
}

static void
lq_master_hear (lq_master *u)
{
  if (!u->deaf)
    return;
  u->deaf = false;
  lq_master_give (u);
}

/* Frames by which the programme comes late to the maximizer. */
static uint32_t
lq_master_early (const lq_master *u)
{
  return lq_master_latency (u) - lq_maximizer_latency (&u->maximizer);
}

void
lq_master_reset (lq_master *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_master_hear (u);
  lq_input_reset (&u->input);
  lq_eq_reset (&u->eq);
  lq_dyneq_reset (&u->dyneq);
  lq_mb_reset (&u->mb);
  lq_glue_reset (&u->glue);
  lq_exciter_reset (&u->exciter);
  lq_imager_reset (&u->imager);
  lq_lowend_reset (&u->lowend);
  lq_maximizer_reset (&u->maximizer);
  lq_fades_reset (&u->fades);
  lq_bypass_reset (&u->delta);
  lq_monitor_jump (&u->monitor);
  lq_ramp_jump (&u->match);
  u->z.early = lq_master_early (u);
  lq_maximizer_await (&u->maximizer, u->z.early);
}

uint32_t
lq_master_latency (const lq_master *u)
{
  return lq_eq_latency (&u->eq) + lq_mb_latency (&u->mb) + lq_exciter_latency (&u->exciter) +
         lq_maximizer_latency (&u->maximizer);
}

uint32_t
lq_master_latency_most (const lq_master *u)
{
  return lq_eq_latency_most (&u->eq) + lq_mb_latency_most (&u->mb) +
         lq_exciter_latency_most (&u->exciter) + lq_maximizer_latency_most (&u->maximizer);
}

uint32_t
lq_master_tail (const lq_master *u)
{
  return lq_input_tail (&u->input) + lq_eq_tail (&u->eq) + lq_dyneq_tail (&u->dyneq) +
         lq_mb_tail (&u->mb) + lq_glue_tail (&u->glue) + lq_exciter_tail (&u->exciter) +
         lq_imager_tail (&u->imager) + lq_lowend_tail (&u->lowend) +
         lq_maximizer_tail (&u->maximizer);
}

static bool
lq_master_ear_neutral (const lq_master *u)
{
  return lq_bypass_resting_wet (&u->delta) && lq_monitor_straight (&u->monitor) &&
         !u->asked.ear.gain_match && lq_ramp_resting (&u->match);
}

bool
lq_master_neutral (const lq_master *u)
{
  return lq_input_neutral (&u->input) && lq_eq_neutral (&u->eq) &&
         lq_dyneq_neutral (&u->dyneq) && lq_mb_neutral (&u->mb) && lq_glue_neutral (&u->glue) &&
         lq_exciter_neutral (&u->exciter) && lq_imager_neutral (&u->imager) &&
         lq_lowend_neutral (&u->lowend) && lq_maximizer_neutral (&u->maximizer) &&
         lq_fades_neutral (&u->fades) && lq_master_ear_neutral (u);
}

bool
lq_master_works (const lq_master *u, uint32_t i)
{
  if (i > EQ && i < EQ + LQ_EQ_MODULES)
    return lq_eq_band_works (&u->eq, i - EQ_BANDS);
  switch (i) {
    case INPUT:
      return !lq_input_neutral (&u->input);
    case DYNEQ:
      return !lq_dyneq_neutral (&u->dyneq);
    case MB:
      return !lq_mb_neutral (&u->mb);
    case GLUE:
      return !lq_glue_neutral (&u->glue);
    case EXCITER:
      return !lq_exciter_neutral (&u->exciter);
    case IMAGER:
      return !lq_imager_neutral (&u->imager);
    case LOWEND:
      return !lq_lowend_neutral (&u->lowend);
    case MAXIMIZER:
      return !lq_maximizer_neutral (&u->maximizer);
    case FADES:
      return !lq_fades_neutral (&u->fades);
    default:
      return false; /* the equaliser's bands do, and others' */
  }
}

void
lq_master_set_output (lq_master *u, double sample_error)
{
  lq_maximizer_set_output (&u->maximizer, sample_error);
}

void
lq_master_locate (lq_master *u, int64_t frame)
{
  u->z.place = frame;
}

void
lq_master_set_end (lq_master *u, int64_t frames)
{
  lq_fades_set_end (&u->fades, frames);
}

void
lq_master_over (lq_master *u, bool is)
{
  u->z.over = is;
  lq_maximizer_end (&u->maximizer, is ? lq_master_early (u) : UINT32_MAX);
}

static void
lq_master_stage (lq_master *u, uint32_t stage, struct lq_flow *f)
{
  f->began[stage] = f->dropped;
  switch (stage) {
    case LQ_MASTER_EQ:
      lq_eq_process (&u->eq, f->at, f->frames);
      break;
    case LQ_MASTER_DYNEQ:
      lq_dyneq_process (&u->dyneq, f->at, f->frames);
      break;
    case LQ_MASTER_MB:
      lq_mb_process (&u->mb, f->at, f->frames);
      break;
    case LQ_MASTER_GLUE:
      lq_glue_process (&u->glue, f->at, f->frames);
      break;
    case LQ_MASTER_EXCITER:
      lq_exciter_process (&u->exciter, f->at, f->frames);
      break;
    case LQ_MASTER_IMAGER:
      lq_imager_process (&u->imager, f->at, f->frames);
      break;
    case LQ_MASTER_LOWEND:
      lq_lowend_process (&u->lowend, f->at, f->frames);
      break;
    case LQ_MASTER_MAXIMIZER:
      lq_maximizer_process (&u->maximizer, f->at, f->frames);
      break;
    default:
      break;
  }
  lq_flow_drop (f, &u->z.again[stage]);
}

/* The pair, or the one channel, as it is monitored. */
static void
lq_master_finish (lq_master *u, float *const *ch, uint32_t frames)
{
  float cell[4][LQ_HOP];
  float *left = ch[0], *right = ch[u->stream.channels - 1];

  if (lq_monitor_straight (&u->monitor)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (uint32_t at = 0, n; at < frames; at += n) {
    if (u->z.phase == 0)
      lq_monitor_hop (&u->monitor);
    n = lq_hop_left (u->z.phase, frames - at);
    lq_monitor_fill (&u->monitor, cell, u->z.phase, n);
    for (uint32_t i = at, k = 0; k < n; i++, k++) {
      const float l = left[i], r = right[i];
      left[i] = l * cell[0][k] + r * cell[1][k];
      if (u->stream.channels > 1)
        right[i] = l * cell[2][k] + r * cell[3][k];
    }
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}

/* The modules up to the maximizer. */
static void
lq_master_shape (lq_master *u, struct lq_flow *f)
{
  lq_input_process (&u->input, f->at, f->frames);
  for (uint32_t i = 0; i < LQ_MASTER_FREE; i++)
    lq_master_stage (u, u->order[i], f);
}

void
lq_master_analyse (lq_master *u, float *const *ch, uint32_t frames)
{
  struct lq_flow f = { .planes = u->stream.channels, .frames = frames };
  const float *in[2];

  for (uint32_t c = 0; c < u->stream.channels; c++)
    f.at[c] = ch[c];
  lq_master_shape (u, &f);
  lq_flow_drop (&f, &u->z.early);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    in[c] = f.at[c];
  lq_learn_process (u->learn, in, f.frames);
}

void
lq_master_solve (lq_master *u)
{
  float silence[2][LQ_HOP], *const ch[2] = { silence[0], silence[1] };
  uint32_t late = lq_master_early (u);

  for (uint32_t n; late > 0; late -= n) {
    n = late < LQ_HOP ? late : LQ_HOP;
    memset (silence, 0, sizeof silence);
    lq_master_analyse (u, ch, n);
  }
  lq_learn_finish (u->learn);
  u->knows = true;
  lq_master_aim (u);
  lq_master_give (u);
}

static void
lq_master_part (lq_master *u, float *const *ch, uint32_t offset, uint32_t frames)
{
  struct lq_flow f = { .planes = u->stream.channels, .frames = frames };
  const float *in[2];

  for (uint32_t c = 0; c < u->stream.channels; c++)
    in[c] = f.at[c] = ch[c];
  if (u->metered && !u->z.over)
    lq_master_measure (&u->before, ch, frames);
  lq_master_match_input (u, in, frames);
  lq_bypass_keep (&u->delta, in, frames);
  lq_master_shape (u, &f);
  lq_master_stage (u, LQ_MASTER_MAXIMIZER, &f);
  lq_fades_process (
      &u->fades, f.at, f.frames, u->z.place + f.dropped - (int64_t)lq_master_latency (u));
  u->z.place += frames;
  lq_master_match_output (u, in, offset, frames);
  lq_bypass_mix (&u->delta, ch, frames);
  lq_flow_listen (&f, &u->eq.listen, LQ_MASTER_EQ);
  lq_flow_listen (&f, &u->dyneq.listen, LQ_MASTER_DYNEQ);
  lq_master_finish (u, ch, frames);
}

void
lq_master_process (lq_master *u, float *const *ch, uint32_t frames)
{
  const uint32_t repeats = u->deaf ? lq_master_repeats (u) : 0;
  const uint32_t first = frames < repeats ? frames : repeats;
  float *at[2];

  if (first)
    lq_master_part (u, ch, 0, first);
  if (lq_master_repeats (u) == 0)
    lq_master_hear (u);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    at[c] = ch[c] + first;
  if (first < frames)
    lq_master_part (u, at, first, frames - first);
}
