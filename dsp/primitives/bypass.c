/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: bypass. Dry and wet are the same programme, so the cross-fade is linear in gain.
 *
 *   in ──┬─→ chain ──────────────→ (1−m) ─┐
 *        └─→ line, latency frames ─→ m ───┴─→ out
 *
 * The line sleeps while nothing but the current block could be asked of it, and that not; that of a
 * difference sleeps while nothing is asked of it, and is filled before it is heard.
 * z: phase counts frames on the grid, kept those that the line has been given. */

/* A line that is as full as can be. */
#define FULL (UINT32_MAX / 2)

#include "bypass.h"

#include "../base/param.h"
#include "lqorc.h"

#include <string.h>

bool
lq_bypass_prepare (lq_bypass *u, const lq_stream *stream, uint32_t latency_frames,
    uint32_t most_frames, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->channels = stream->channels;
  u->out_channels = stream->out_channels;
  u->latency = latency_frames;
  if (!lq_ramp_prepare (&u->dry, stream, arena, LQ_RAMP_MS) ||
      !lq_line_prepare (&u->line, stream->channels, most_frames, arena))
    return false;
  lq_bypass_reset (u);
  return true;
}

bool
lq_bypass_prepare_difference (lq_bypass *u, const lq_stream *stream, uint32_t latency_frames,
    uint32_t most_frames, lq_arena *arena)
{
  if (!lq_bypass_prepare (u, stream, latency_frames, most_frames, arena))
    return false;
  u->difference = true;
  return true;
}

void
lq_bypass_grow (lq_bypass *u, uint32_t frames)
{
  u->latency += frames;
}

static bool
lq_bypass_sleeps (const lq_bypass *u)
{
  return (u->latency == 0 || (u->difference && !u->held)) && lq_bypass_resting_wet (u);
}

void
lq_bypass_set (lq_bypass *u, bool bypassed)
{
  u->waits = bypassed && u->difference && !lq_bypass_full (u);
  lq_ramp_set (&u->dry, bypassed && !u->waits ? 1.0 : 0.0);
  u->moving = u->waits || !lq_ramp_resting (&u->dry);
}

void
lq_bypass_reset (lq_bypass *u)
{
  u->z.phase = 0;
  u->z.kept = FULL;
  if (u->waits)
    lq_ramp_set (&u->dry, 1.0);
  lq_ramp_jump (&u->dry);
  lq_line_reset (&u->line);
  u->moving = u->waits = false;
}

void
lq_bypass_keep (lq_bypass *u, const float *const *in, uint32_t frames)
{
  if (lq_bypass_sleeps (u)) {
    u->z.kept = 0;
    return;
  }
  if (u->z.kept == 0)
    lq_line_reset (&u->line);
  for (uint32_t c = 0; c < u->channels; c++)
    lq_line_write (&u->line, c, in[c], frames);
}

/* Where in a block the share moves: at rest at `before` up to first, at `after` from end on. */
struct span {
  uint32_t first, end;
  bool before, after; /* dry */
};

/* Steps through a block: its span, and the share within it. */
static struct span
lq_bypass_step (lq_bypass *u, float *share, uint32_t frames)
{
  struct span s = { .before = u->dry.z.value == 1.0 };
  bool ramping = u->moving && u->dry.z.age <= 2 * u->dry.half;

  s.first = s.end = ramping ? 0 : frames;
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && u->waits && u->z.kept + done >= u->latency) {
      lq_ramp_set (&u->dry, 1.0);
      u->waits = false;
    }
    if (u->z.phase == 0 && u->moving && !u->waits) {
      lq_ramp_hop (&u->dry);
      s.first = ramping ? s.first : done;
      u->moving = ramping = !lq_ramp_resting (&u->dry);
    }
    n = u->moving ? lq_hop_left (u->z.phase, frames - done) : frames - done;
    if (ramping) {
      lq_ramp_fill (&u->dry, share + done, u->z.phase, n);
      s.end = done + n;
    }
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
  s.after = u->dry.z.value == 1.0;
  return s;
}

static void
lq_bypass_blend (
    const struct span *s, const float *share, const float *dry, float *out, uint32_t frames)
{
  if (s->before)
    memcpy (out, dry, s->first * sizeof *out);
  if (s->end > s->first)
    lq_orc_crossfade (
        out + s->first, dry + s->first, share + s->first, (int)(s->end - s->first));
  if (s->after && s->end < frames)
    memcpy (out + s->end, dry + s->end, (frames - s->end) * sizeof *out);
}

void
lq_bypass_mix (lq_bypass *u, float *const *out, uint32_t frames)
{
  const bool asleep = lq_bypass_sleeps (u), wet = lq_bypass_resting_wet (u);
  float share[LQ_BLOCK], dry[LQ_BLOCK];
  struct span s = lq_bypass_step (u, share, frames);

  if (asleep)
    return;
  for (uint32_t c = 0; c < u->out_channels && !wet; c++) {
    lq_line_read (&u->line, c < u->channels ? c : 0, u->latency, dry, frames);
    for (uint32_t i = 0; i < frames && u->gain; i++)
      dry[i] *= u->gain[i];
    for (uint32_t i = 0; i < frames && u->difference; i++)
      dry[i] -= out[c][i];
    lq_bypass_blend (&s, share, dry, out[c], frames);
  }
  lq_line_advance (&u->line, frames);
  u->z.kept = u->z.kept + frames < FULL ? u->z.kept + frames : FULL;
  u->gain = NULL;
}
