/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the chain of channelstrip.
 *
 *   ┬─→ track ─→ [1 → 2] ─→ delay ─→ reverb ─→ out ─→ (1−m) ─┬─┬─→
 *   └ meters                                listened to ─→ m ─┘ └ meters, correlation */

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
  { "input", lq_input_track_rows, LQ_INPUT_TRACK_ROWS, PLACE (track.input), NULL },
  { "hpf", lq_pass_rows, LQ_PASS_ROWS, PLACE (track.hpf), lq_hpf_overrides },
  { "lpf", lq_pass_rows, LQ_PASS_ROWS, PLACE (track.lpf), lq_lpf_overrides },
  { "gate", lq_gate_rows, LQ_GATE_ROWS, PLACE (track.gate), NULL },
  LQ_EQ_MODULE_LIST (PLACE (track.eq)),
  { "comp", lq_comp_rows, LQ_COMP_ROWS, PLACE (track.comp), NULL },
  { "deess", lq_deess_rows, LQ_DEESS_ROWS, PLACE (track.deess), NULL },
  { "trans", lq_trans_rows, LQ_TRANS_ROWS, PLACE (track.trans), NULL },
  { "sat", lq_sat_rows, LQ_SAT_ROWS, PLACE (track.sat), NULL },
  { "delay", lq_delay_rows, LQ_DELAY_ROWS, PLACE (delay), NULL },
  { "reverb", lq_reverb_rows, LQ_REVERB_ROWS, PLACE (reverb), NULL },
  { "out", lq_out_rows, LQ_OUT_ROWS, PLACE (out), NULL },
};
_Static_assert(OUT + 1 == LQ_STRIP_MODULES, "every module has its number");

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

bool
lq_strip_prepare (lq_strip *u, const lq_stream *stream, const struct lq_strip_params *p,
    const uint8_t order[LQ_STAGES], lq_arena *arena)
{
  const lq_stream out = lq_strip_output (stream);
  lq_stream in = *stream;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  in.out_channels = in.channels;
  if (!lq_strip_meters_prepare (u, &out, arena) ||
      !lq_track_prepare (&u->track, &in, &p->track, order, LQ_EQ_BANDS, arena) ||
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
  return lq_track_repeats (&u->track);
}

void
lq_strip_set (lq_strip *u, const struct lq_strip_params *p)
{
  const bool all = !u->gave;

  lq_track_set (&u->track, &p->track);
  if (all || memcmp (&u->given.delay, &p->delay, sizeof p->delay) != 0)
    lq_delay_set (&u->delay, &p->delay);
  if (all || memcmp (&u->given.reverb, &p->reverb, sizeof p->reverb) != 0)
    lq_reverb_set (&u->reverb, &p->reverb);
  if (all || memcmp (&u->given.out, &p->out, sizeof p->out) != 0)
    lq_out_set (&u->out, &p->out);
  u->given = *p;
  u->gave = true;
}

void
lq_strip_reset (lq_strip *u)
{
  lq_track_reset (&u->track);
  lq_delay_reset (&u->delay);
  lq_reverb_reset (&u->reverb);
  lq_out_reset (&u->out);
}

uint32_t
lq_strip_latency (const lq_strip *u)
{
  return lq_track_latency (&u->track);
}

uint32_t
lq_strip_latency_most (const lq_strip *u)
{
  return lq_track_latency_most (&u->track);
}

uint32_t
lq_strip_tail (const lq_strip *u)
{
  return lq_track_tail (&u->track) + lq_strip_echo (u);
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
      return !lq_input_neutral (&u->track.input);
    case HPF:
      return !lq_pass_neutral (&u->track.hpf);
    case LPF:
      return !lq_pass_neutral (&u->track.lpf);
    case GATE:
      return !lq_gate_neutral (&u->track.gate);
    case EQ:
      return false; /* its bands do */
    case COMP:
      return !lq_comp_neutral (&u->track.comp);
    case DEESS:
      return !lq_deess_neutral (&u->track.deess);
    case TRANS:
      return !lq_trans_neutral (&u->track.trans);
    case SAT:
      return !lq_sat_neutral (&u->track.sat);
    case DELAY:
      return !lq_delay_neutral (&u->delay);
    case REVERB:
      return !lq_reverb_neutral (&u->reverb);
    case OUT:
      return !lq_out_neutral (&u->out);
    default:
      return lq_eq_band_works (&u->track.eq, i - EQ_BANDS);
  }
}

bool
lq_strip_neutral (const lq_strip *u)
{
  return lq_track_neutral (&u->track) && lq_delay_neutral (&u->delay) &&
         lq_reverb_neutral (&u->reverb) && lq_out_neutral (&u->out);
}

bool
lq_strip_needs_stereo (const struct lq_strip_params *p)
{
  return (p->out.enabled && p->out.pan != 0.0f) || (p->delay.enabled && p->delay.ping_pong) ||
         (p->reverb.enabled && p->reverb.width_percent > 0.0f);
}

static void
lq_strip_part (lq_strip *u, float *const *ch, uint32_t frames)
{
  struct lq_flow f = { .planes = u->stream.channels, .frames = frames };

  for (uint32_t c = 0; c < u->stream.out_channels; c++)
    f.at[c] = ch[c];
  if (u->metered)
    lq_strip_measure (&u->before, ch, frames);
  lq_track_process (&u->track, &f);
  if (u->stream.out_channels > u->stream.channels) {
    f.at[1] += f.dropped;
    memcpy (f.at[1], f.at[0], f.frames * sizeof (float));
    f.planes = 2;
  }
  lq_delay_process (&u->delay, f.at, f.frames);
  lq_reverb_process (&u->reverb, f.at, f.frames);
  lq_out_process (&u->out, f.at, f.frames);
  lq_track_listen (&u->track, &f);
  if (!u->metered)
    return;
  lq_strip_measure (&u->after, f.at, f.frames);
  if (u->pair)
    lq_correlation_process (&u->correlation, f.at[u->left], f.at[u->right], f.frames);
}

void
lq_strip_process (lq_strip *u, float *const *ch, uint32_t frames)
{
  const uint32_t repeats = u->track.deaf ? lq_strip_repeats (u) : 0;
  const uint32_t first = frames < repeats ? frames : repeats;
  float *at[LQ_CHANNELS_MAX];

  if (first)
    lq_strip_part (u, ch, first);
  if (lq_strip_repeats (u) == 0)
    lq_track_hear (&u->track);
  for (uint32_t c = 0; c < u->stream.out_channels; c++)
    at[c] = ch[c] + first;
  if (first < frames)
    lq_strip_part (u, at, frames - first);
}
