/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the chain of channelstrip.
 *
 *   ┬─→ input ─→ hpf ─→ lpf ─→ gate ─→ eq ─→ comp ─→ deess ─→ trans ─→ sat ─→ [1 → 2]
 *   └ meters                    └────────── in any order ──────────────┘
 *       ─→ delay ─→ reverb ─→ out ─→ (1−m) ─┬─┬─→
 *                       listened to ─→ m ────┘ └ meters, correlation
 *
 * z: again: see the header. A stage behind one that grows late simply gets fewer frames. */

#include "strip.h"

#include "../base/mathx.h"

#include <string.h>

/* The modules, in the order of lq_strip_modules. */
enum module {
  INPUT,
  HPF,
  LPF,
  GATE,
  EQ,
  EQ_BANDS,
  COMP = EQ + LQ_EQ_MODULES,
  DEESS,
  TRANS,
  SAT,
  DELAY,
  REVERB,
  OUT
};

#define PLACE(field) offsetof (struct lq_strip_params, field)
const struct lq_module lq_strip_modules[LQ_STRIP_MODULES] = {
  { "input", lq_input_rows, LQ_INPUT_ROWS, PLACE (input), NULL },
  { "hpf", lq_pass_rows, LQ_PASS_ROWS, PLACE (hpf), lq_hpf_overrides },
  { "lpf", lq_pass_rows, LQ_PASS_ROWS, PLACE (lpf), lq_lpf_overrides },
  { "gate", lq_gate_rows, LQ_GATE_ROWS, PLACE (gate), NULL },
  LQ_EQ_MODULE_LIST (PLACE (eq)),
  { "comp", lq_comp_rows, LQ_COMP_ROWS, PLACE (comp), NULL },
  { "deess", lq_deess_rows, LQ_DEESS_ROWS, PLACE (deess), NULL },
  { "trans", lq_trans_rows, LQ_TRANS_ROWS, PLACE (trans), NULL },
  { "sat", lq_sat_rows, LQ_SAT_ROWS, PLACE (sat), NULL },
  { "delay", lq_delay_rows, LQ_DELAY_ROWS, PLACE (delay), NULL },
  { "reverb", lq_reverb_rows, LQ_REVERB_ROWS, PLACE (reverb), NULL },
  { "out", lq_out_rows, LQ_OUT_ROWS, PLACE (out), NULL },
};
_Static_assert(OUT + 1 == LQ_STRIP_MODULES, "every module has its number");

static const char *const stages[LQ_STRIP_STAGES] = { "gate", "eq", "comp", "deess", "trans",
  "sat" };

/* The stage of this name, or LQ_STRIP_STAGES. */
static uint32_t
stage_named (const char *word, size_t length)
{
  uint32_t stage = 0;

  while (stage < LQ_STRIP_STAGES &&
         (strlen (stages[stage]) != length || memcmp (stages[stage], word, length) != 0))
    stage++;
  return stage;
}

/* Past blanks. */
static const char *
past_blanks (const char *text)
{
  return text + strspn (text, " \t");
}

bool
lq_strip_read_order (
    const char *text, uint8_t order[LQ_STRIP_STAGES], const char **at, size_t *length)
{
  bool named[LQ_STRIP_STAGES] = { false };
  const char *word = past_blanks (text);
  uint32_t n = 0, stage;

  while (*word) {
    *at = word;
    *length = strcspn (word, ", \t");
    stage = stage_named (word, *length);
    if (stage == LQ_STRIP_STAGES || named[stage])
      return false;
    named[stage] = true;
    order[n++] = (uint8_t)stage;
    word = past_blanks (word + *length);
    if (*word == ',')
      word = past_blanks (word + 1);
    else if (*word)
      return false;
  }
  for (stage = 0; stage < LQ_STRIP_STAGES; stage++)
    if (!named[stage])
      order[n++] = (uint8_t)stage;
  return true;
}

lq_stream
lq_strip_output (const lq_stream *stream)
{
  lq_stream out = *stream;

  out.channels = stream->out_channels;
  if (stream->channels == 1 && stream->out_channels == 2) {
    out.position[0] = LQ_POS_LEFT;
    out.position[1] = LQ_POS_RIGHT;
  }
  return out;
}

static bool
lq_strip_prepare_stages (
    lq_strip *u, const lq_stream *stream, const struct lq_strip_params *p, lq_arena *arena)
{
  return lq_input_prepare (&u->input, stream, arena) &&
         lq_pass_prepare (&u->hpf, LQ_PASS_HIGH, stream, arena) &&
         lq_pass_prepare (&u->lpf, LQ_PASS_LOW, stream, arena) &&
         lq_gate_prepare (&u->gate, stream, &p->gate, arena) &&
         lq_eq_prepare (&u->eq, stream, arena) &&
         lq_comp_prepare (&u->comp, stream, &p->comp, arena) &&
         lq_deess_prepare (&u->deess, stream, arena) &&
         lq_trans_prepare (&u->trans, stream, arena) &&
         lq_sat_prepare (&u->sat, stream, &p->sat, arena);
}

bool
lq_strip_prepare (lq_strip *u, const lq_stream *stream, const struct lq_strip_params *p,
    const uint8_t order[LQ_STRIP_STAGES], lq_arena *arena)
{
  const lq_stream out = lq_strip_output (stream);
  lq_stream in = *stream;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  in.out_channels = in.channels;
  memcpy (u->order, order, sizeof u->order);
  if (!lq_strip_meters_prepare (u, &out, arena) ||
      !lq_strip_prepare_stages (u, &in, p, arena) ||
      !lq_delay_prepare (&u->delay, &out, arena) ||
      !lq_reverb_prepare (&u->reverb, &out, arena) || !lq_out_prepare (&u->out, stream, arena))
    return false;
  lq_strip_set (u, p);
  lq_strip_reset (u);
  return true;
}

uint32_t
lq_strip_repeats (const lq_strip *u)
{
  uint32_t again = 0;

  /* Stage after stage: a later one gets no frames before. */
  for (uint32_t stage = 0; stage < LQ_STRIP_STAGES; stage++)
    again += u->z.again[stage];
  return again;
}

/* Gives modules their settings, where these are new. While frames that come a second time are
 * dropped nobody listens: what is listened to fades in with the frames of its stage. */
static void
lq_strip_give (lq_strip *u)
{
  struct lq_strip_params p = u->asked;
  const bool all = !u->gave;

  if (u->deaf)
    p.gate.listen = p.comp.listen = p.deess.listen = 0;
  for (uint32_t i = 0; i < LQ_EQ_BANDS && u->deaf; i++)
    p.eq.band[i].listen = 0;
#define GIVE(type, module)                                                                     \
  if (all || memcmp (&u->given.module, &p.module, sizeof p.module) != 0)                       \
  lq_##type##_set (&u->module, &p.module)
  GIVE (input, input);
  GIVE (pass, hpf);
  GIVE (pass, lpf);
  GIVE (gate, gate);
  GIVE (eq, eq);
  GIVE (comp, comp);
  GIVE (deess, deess);
  GIVE (trans, trans);
  GIVE (sat, sat);
  GIVE (delay, delay);
  GIVE (reverb, reverb);
  GIVE (out, out);
#undef GIVE
  u->given = p;
  u->gave = true;
}

void
lq_strip_set (lq_strip *u, const struct lq_strip_params *p)
{
  u->asked = *p;
  lq_strip_give (u);
  u->z.again[LQ_STRIP_GATE] += lq_gate_grow (&u->gate);
  u->z.again[LQ_STRIP_COMP] += lq_comp_grow (&u->comp);
  u->z.again[LQ_STRIP_SAT] += lq_sat_grow (&u->sat);
  if (u->deaf || lq_strip_repeats (u) == 0)
    return;
  u->deaf = true;
  lq_strip_give (u);
}

static void
lq_strip_hear (lq_strip *u)
{
  if (!u->deaf)
    return;
  u->deaf = false;
  lq_strip_give (u);
}

void
lq_strip_reset (lq_strip *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_strip_hear (u);
  lq_input_reset (&u->input);
  lq_pass_reset (&u->hpf);
  lq_pass_reset (&u->lpf);
  lq_gate_reset (&u->gate);
  lq_eq_reset (&u->eq);
  lq_comp_reset (&u->comp);
  lq_deess_reset (&u->deess);
  lq_trans_reset (&u->trans);
  lq_sat_reset (&u->sat);
  lq_delay_reset (&u->delay);
  lq_reverb_reset (&u->reverb);
  lq_out_reset (&u->out);
}

uint32_t
lq_strip_latency (const lq_strip *u)
{
  return lq_gate_latency (&u->gate) + lq_comp_latency (&u->comp) + lq_sat_latency (&u->sat);
}

uint32_t
lq_strip_latency_most (const lq_strip *u)
{
  return lq_gate_latency_most (&u->gate) + lq_comp_latency_most (&u->comp) +
         lq_sat_latency_most (&u->sat);
}

uint32_t
lq_strip_tail (const lq_strip *u)
{
  return lq_input_tail (&u->input) + lq_pass_tail (&u->hpf) + lq_pass_tail (&u->lpf) +
         lq_eq_tail (&u->eq) + lq_deess_tail (&u->deess) + lq_sat_tail (&u->sat) +
         lq_strip_echo (u);
}

uint32_t
lq_strip_echo (const lq_strip *u)
{
  return lq_delay_tail (&u->delay) + lq_reverb_tail (&u->reverb) + lq_out_tail (&u->out);
}

bool
lq_strip_works (const lq_strip *u, uint32_t i)
{
  switch (i) {
    case INPUT:
      return !lq_input_neutral (&u->input);
    case HPF:
      return !lq_pass_neutral (&u->hpf);
    case LPF:
      return !lq_pass_neutral (&u->lpf);
    case GATE:
      return !lq_gate_neutral (&u->gate);
    case EQ:
      return false; /* its bands do */
    case COMP:
      return !lq_comp_neutral (&u->comp);
    case DEESS:
      return !lq_deess_neutral (&u->deess);
    case TRANS:
      return !lq_trans_neutral (&u->trans);
    case SAT:
      return !lq_sat_neutral (&u->sat);
    case DELAY:
      return !lq_delay_neutral (&u->delay);
    case REVERB:
      return !lq_reverb_neutral (&u->reverb);
    case OUT:
      return !lq_out_neutral (&u->out);
    default:
      return u->eq.cascade.section[i - EQ_BANDS].z.mode != LQ_SECTION_ASLEEP;
  }
}

bool
lq_strip_neutral (const lq_strip *u)
{
  for (uint32_t i = 0; i < LQ_STRIP_MODULES; i++)
    if (i < EQ_BANDS || i >= COMP)
      if (lq_strip_works (u, i))
        return false;
  return lq_eq_neutral (&u->eq);
}

bool
lq_strip_needs_stereo (const struct lq_strip_params *p)
{
  return (p->out.enabled && p->out.pan != 0.0f) || (p->delay.enabled && p->delay.ping_pong) ||
         (p->reverb.enabled && p->reverb.width_percent > 0.0f);
}

/* What is left of a block, and where it stands. */
struct flow {
  float *at[LQ_CHANNELS_MAX];
  uint32_t frames, dropped;
  uint32_t planes;
  uint32_t began[LQ_STRIP_STAGES]; /* `dropped` where each stage's block began */
};

static void
lq_strip_stage (lq_strip *u, uint32_t stage, struct flow *f)
{
  uint32_t again = u->z.again[stage];

  f->began[stage] = f->dropped;
  switch (stage) {
    case LQ_STRIP_GATE:
      lq_gate_process (&u->gate, f->at, f->frames);
      break;
    case LQ_STRIP_EQ:
      lq_eq_process (&u->eq, f->at, f->frames);
      break;
    case LQ_STRIP_COMP:
      lq_comp_process (&u->comp, f->at, f->frames);
      break;
    case LQ_STRIP_DEESS:
      lq_deess_process (&u->deess, f->at, f->frames);
      break;
    case LQ_STRIP_TRANS:
      lq_trans_process (&u->trans, f->at, f->frames);
      break;
    default:
      lq_sat_process (&u->sat, f->at, f->frames);
  }
  again = again < f->frames ? again : f->frames;
  u->z.again[stage] -= again;
  for (uint32_t c = 0; c < f->planes && again; c++)
    f->at[c] += again;
  f->frames -= again;
  f->dropped += again;
}

static void
lq_strip_listen (
    const lq_strip *u, const lq_listen *listen, const struct flow *f, uint32_t stage)
{
  lq_listen_mix (
      listen, f->at, u->stream.out_channels, f->dropped - f->began[stage], f->frames);
}

static void
lq_strip_part (lq_strip *u, float *const *ch, uint32_t frames)
{
  struct flow f = { .frames = frames, .planes = u->stream.out_channels };

  for (uint32_t c = 0; c < f.planes; c++)
    f.at[c] = ch[c];
  if (u->metered)
    lq_strip_measure (&u->before, ch, frames);
  lq_input_process (&u->input, ch, frames);
  lq_pass_process (&u->hpf, ch, frames);
  lq_pass_process (&u->lpf, ch, frames);
  for (uint32_t i = 0; i < LQ_STRIP_STAGES; i++)
    lq_strip_stage (u, u->order[i], &f);
  if (u->stream.out_channels > u->stream.channels)
    memcpy (f.at[1], f.at[0], f.frames * sizeof (float));
  lq_delay_process (&u->delay, f.at, f.frames);
  lq_reverb_process (&u->reverb, f.at, f.frames);
  lq_out_process (&u->out, f.at, f.frames);
  lq_strip_listen (u, &u->gate.listen, &f, LQ_STRIP_GATE);
  lq_strip_listen (u, &u->eq.listen, &f, LQ_STRIP_EQ);
  lq_strip_listen (u, &u->comp.listen, &f, LQ_STRIP_COMP);
  lq_strip_listen (u, &u->deess.listen, &f, LQ_STRIP_DEESS);
  if (!u->metered)
    return;
  lq_strip_measure (&u->after, f.at, f.frames);
  if (u->pair)
    lq_correlation_process (&u->correlation, f.at[u->left], f.at[u->right], f.frames);
}

void
lq_strip_process (lq_strip *u, float *const *ch, uint32_t frames)
{
  const uint32_t repeats = u->deaf ? lq_strip_repeats (u) : 0;
  const uint32_t first = frames < repeats ? frames : repeats;
  float *at[LQ_CHANNELS_MAX];

  if (first)
    lq_strip_part (u, ch, first);
  if (lq_strip_repeats (u) == 0)
    lq_strip_hear (u);
  for (uint32_t c = 0; c < u->stream.out_channels; c++)
    at[c] = ch[c] + first;
  if (first < frames)
    lq_strip_part (u, at, frames - first);
}
