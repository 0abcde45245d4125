/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what strip and mixer channel have in common.
 *
 *   input ─→ hpf ─→ lpf ─→ gate ─→ eq ─→ comp ─→ deess ─→ trans ─→ sat
 *                           └────────── in any order ──────────────┘
 *
 * z: again: see the header. A stage behind one that grows late simply gets fewer frames. */

#include "track.h"

#include <string.h>

static const char *const stages[LQ_STAGES] = { "gate", "eq", "comp", "deess", "trans", "sat" };

#define REDUCTION(nick, blurb, field)                                                          \
  {                                                                                            \
    "gain-reduction", nick, blurb, "dB", LQ_FLOAT, LQ_LINEAR,                                  \
        offsetof (struct lq_track_figures, field), 0, 120, 0, NULL, LQ_READONLY, 0             \
  }
const struct lq_param lq_track_figure_rows[LQ_TRACK_FIGURE_MODULES] = {
  REDUCTION ("Gate reduction", "Largest attenuation by the gate in the last period", gate_db),
  REDUCTION ("Compressor reduction",
      "Largest reduction by the compressor in the last period, without makeup", comp_db),
  REDUCTION (
      "De-esser reduction", "Largest reduction by the de-esser in the last period", deess_db),
};

bool
lq_track_read_order (
    const char *text, uint8_t order[LQ_STAGES], const char **at, size_t *length)
{
  return lq_flow_read_order (stages, LQ_STAGES, text, order, at, length);
}

static bool
lq_track_prepare_stages (lq_track *u, const lq_stream *stream, const struct lq_track_params *p,
    uint32_t bands, lq_arena *arena)
{
  return lq_input_prepare (&u->input, stream, arena) &&
         lq_pass_prepare (&u->hpf, LQ_PASS_HIGH, stream, arena) &&
         lq_pass_prepare (&u->lpf, LQ_PASS_LOW, stream, arena) &&
         lq_gate_prepare (&u->gate, stream, &p->gate, arena) &&
         lq_eq_prepare_bands (&u->eq, stream, bands, arena) &&
         lq_comp_prepare (&u->comp, stream, &p->comp, arena) &&
         lq_deess_prepare (&u->deess, stream, arena) &&
         lq_trans_prepare (&u->trans, stream, arena) &&
         lq_sat_prepare (&u->sat, stream, &p->sat, arena);
}

bool
lq_track_prepare (lq_track *u, const lq_stream *stream, const struct lq_track_params *p,
    const uint8_t order[LQ_STAGES], uint32_t bands, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->stream = *stream;
  memcpy (u->order, order, sizeof u->order);
  if (!lq_track_prepare_stages (u, stream, p, bands, arena))
    return false;
  lq_track_set (u, p);
  lq_track_reset (u);
  return true;
}

uint32_t
lq_track_repeats (const lq_track *u)
{
  uint32_t again = 0;

  /* Stage after stage: a later one gets no frames before. */
  for (uint32_t stage = 0; stage < LQ_STAGES; stage++)
    again += u->z.again[stage];
  return again;
}

/* Gives modules their settings, where these are new. While frames that come a second time are
 * dropped nobody listens: what is listened to fades in with the frames of its stage. */
static void
lq_track_give (lq_track *u)
{
  struct lq_track_params p = u->asked;
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
#undef GIVE
  u->given = p;
  u->gave = true;
}

void
lq_track_set (lq_track *u, const struct lq_track_params *p)
{
  u->asked = *p;
  lq_track_give (u);
  u->z.again[LQ_STAGE_GATE] += lq_gate_grow (&u->gate);
  u->z.again[LQ_STAGE_COMP] += lq_comp_grow (&u->comp);
  u->z.again[LQ_STAGE_SAT] += lq_sat_grow (&u->sat);
  if (u->deaf || lq_track_repeats (u) == 0)
    return;
  u->deaf = true;
  lq_track_give (u);
}

void
lq_track_hear (lq_track *u)
{
  if (!u->deaf)
    return;
  u->deaf = false;
  lq_track_give (u);
}

void
lq_track_reset (lq_track *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_track_hear (u);
  lq_input_reset (&u->input);
  lq_pass_reset (&u->hpf);
  lq_pass_reset (&u->lpf);
  lq_gate_reset (&u->gate);
  lq_eq_reset (&u->eq);
  lq_comp_reset (&u->comp);
  lq_deess_reset (&u->deess);
  lq_trans_reset (&u->trans);
  lq_sat_reset (&u->sat);
}

uint32_t
lq_track_latency (const lq_track *u)
{
  return lq_gate_latency (&u->gate) + lq_comp_latency (&u->comp) + lq_sat_latency (&u->sat);
}

uint32_t
lq_track_latency_most (const lq_track *u)
{
  return lq_gate_latency_most (&u->gate) + lq_comp_latency_most (&u->comp) +
         lq_sat_latency_most (&u->sat);
}

uint32_t
lq_track_tail (const lq_track *u)
{
  return lq_input_tail (&u->input) + lq_pass_tail (&u->hpf) + lq_pass_tail (&u->lpf) +
         lq_eq_tail (&u->eq) + lq_deess_tail (&u->deess) + lq_sat_tail (&u->sat);
}

bool
lq_track_neutral (const lq_track *u)
{
  return lq_input_neutral (&u->input) && lq_pass_neutral (&u->hpf) &&
         lq_pass_neutral (&u->lpf) && lq_gate_neutral (&u->gate) && lq_eq_neutral (&u->eq) &&
         lq_comp_neutral (&u->comp) && lq_deess_neutral (&u->deess) &&
         lq_trans_neutral (&u->trans) && lq_sat_neutral (&u->sat);
}

static void
lq_track_stage (lq_track *u, uint32_t stage, struct lq_flow *f)
{
  f->began[stage] = f->dropped;
  switch (stage) {
    case LQ_STAGE_GATE:
      lq_gate_process (&u->gate, f->at, f->frames);
      break;
    case LQ_STAGE_EQ:
      lq_eq_process (&u->eq, f->at, f->frames);
      break;
    case LQ_STAGE_COMP:
      lq_comp_process (&u->comp, f->at, f->frames);
      break;
    case LQ_STAGE_DEESS:
      lq_deess_process (&u->deess, f->at, f->frames);
      break;
    case LQ_STAGE_TRANS:
      lq_trans_process (&u->trans, f->at, f->frames);
      break;
    default:
      lq_sat_process (&u->sat, f->at, f->frames);
  }
  lq_flow_drop (f, &u->z.again[stage]);
}

void
lq_track_process (lq_track *u, struct lq_flow *f)
{
  lq_input_process (&u->input, f->at, f->frames);
  lq_pass_process (&u->hpf, f->at, f->frames);
  lq_pass_process (&u->lpf, f->at, f->frames);
  for (uint32_t i = 0; i < LQ_STAGES; i++)
    lq_track_stage (u, u->order[i], f);
}

void
lq_track_listen (const lq_track *u, const struct lq_flow *f)
{
  lq_flow_listen (f, &u->gate.listen, LQ_STAGE_GATE);
  lq_flow_listen (f, &u->eq.listen, LQ_STAGE_EQ);
  lq_flow_listen (f, &u->comp.listen, LQ_STAGE_COMP);
  lq_flow_listen (f, &u->deess.listen, LQ_STAGE_DEESS);
}

struct lq_track_figures
lq_track_read (lq_track *u)
{
  return (struct lq_track_figures){ lq_gate_reduction_db (&u->gate),
    lq_comp_reduction_db (&u->comp), lq_deess_reduction_db (&u->deess) };
}
