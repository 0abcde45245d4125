/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a delay that one hears and may change.
 *
 *   x ─┬─→ line ─┬─→ tap `from` ─→ (1−m) ─┐
 *      │         └─→ tap `to` ───→ m ─────┴─→
 *      └─→ a tap of delay 0 takes the signal itself
 *
 * The line sleeps while the delay rests at 0. It wakes empty, and what enters it fades in by m
 * with the tap, so that the silence before it doesn't end in a click.
 * z: phase counts frames on the grid; from is the tap at rest; to, fading and waking describe the
 * cross-fade under way. A new delay waits for its end. */

#include "shift.h"

#include "../base/param.h"
#include "lqorc.h"

#include <math.h>
#include <string.h>

bool
lq_shift_prepare (lq_shift *u, const lq_stream *stream, double longest, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->channels = stream->out_channels;
  if (!lq_ramp_prepare (&u->fade, stream, arena, LQ_RAMP_MS) ||
      !lq_fraction_prepare (&u->fraction, arena) ||
      !lq_line_prepare (
          &u->line, u->channels, (uint32_t)ceil (longest) + LQ_FRACTION_TAPS, arena))
    return false;
  lq_shift_reset (u, 0);
  return true;
}

double
lq_shift_frames (double rate, float ms)
{
  const double frames = ms * rate / 1000.0, whole = nearbyint (frames);

  return fabs (frames - whole) <= 1e-4 + frames * 0x1p-23 ? whole : frames;
}

static void
lq_shift_aim (const lq_shift *u, struct lq_shift_tap *tap, double frames)
{
  tap->frames = frames;
  tap->lag = (uint32_t)frames;
  if (frames != floor (frames))
    tap->lag = lq_fraction_design (&u->fraction, frames, tap->taps);
}

void
lq_shift_reset (lq_shift *u, uint32_t phase)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.phase = phase;
  lq_ramp_jump_to (&u->fade, 0.0);
  lq_shift_aim (u, &u->z.from, u->asked);
  lq_line_reset (&u->line);
}

uint32_t
lq_shift_tail (const lq_shift *u)
{
  double longest = fmax (u->asked, u->z.from.frames);

  if (u->z.fading)
    longest = fmax (longest, u->z.to.frames);
  if (longest == floor (longest))
    return (uint32_t)longest;
  return (uint32_t)ceil (longest) + LQ_FRACTION_TAPS;
}

static void
lq_shift_hop (lq_shift *u)
{
  if (u->z.fading) {
    lq_ramp_hop (&u->fade);
    if (!lq_ramp_resting (&u->fade))
      return;
    u->z.from = u->z.to;
    u->z.fading = u->z.waking = false;
  }
  if (u->asked == u->z.from.frames)
    return;
  u->z.fading = true;
  u->z.waking = u->z.from.frames == 0.0;
  if (u->z.waking)
    lq_line_reset (&u->line);
  lq_shift_aim (u, &u->z.to, u->asked);
  lq_ramp_jump_to (&u->fade, 0.0);
  lq_ramp_set (&u->fade, 1.0);
  lq_ramp_hop (&u->fade);
}

/* What tap hears of channel c; x is the current block itself. */
static void
lq_shift_hear (const lq_shift *u, const struct lq_shift_tap *tap, uint32_t c, float *x,
    float *out, uint32_t n)
{
  float window[LQ_BLOCK + LQ_FRACTION_TAPS];

  if (tap->frames == 0.0) {
    memmove (out, x, n * sizeof *x);
  } else if (tap->frames == floor (tap->frames)) {
    lq_line_read (&u->line, c, tap->lag, out, n);
  } else {
    lq_line_read (
        &u->line, c, tap->lag + LQ_FRACTION_TAPS - 1, window, n + LQ_FRACTION_TAPS - 1);
    lq_fraction_apply (tap->taps, window, out, n);
  }
}

static void
lq_shift_part (lq_shift *u, float *const *at, uint32_t n)
{
  float fade[LQ_HOP], entry[LQ_HOP], next[LQ_HOP];

  if (u->z.fading)
    lq_ramp_fill (&u->fade, fade, u->z.phase, n);
  for (uint32_t c = 0; c < u->channels; c++) {
    float *x = at[c];
    if (!u->z.fading) {
      lq_line_write (&u->line, c, x, n);
      lq_shift_hear (u, &u->z.from, c, x, x, n);
      continue;
    }
    memcpy (entry, x, n * sizeof *x);
    if (u->z.waking)
      lq_orc_gain_curve (entry, fade, (int)n);
    lq_line_write (&u->line, c, entry, n);
    lq_shift_hear (u, &u->z.to, c, x, next, n);
    lq_shift_hear (u, &u->z.from, c, x, x, n);
    lq_orc_crossfade (x, next, fade, (int)n);
  }
  lq_line_advance (&u->line, n);
}

void
lq_shift_process (lq_shift *u, float *const *ch, uint32_t frames)
{
  float *at[LQ_CHANNELS_MAX];

  if (lq_shift_absent (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0)
      lq_shift_hop (u);
    n = u->z.fading || u->asked != u->z.from.frames ? lq_hop_left (u->z.phase, frames - done)
                                                    : frames - done;
    for (uint32_t c = 0; c < u->channels; c++)
      at[c] = ch[c] + done;
    if (u->z.fading || u->z.from.frames > 0.0)
      lq_shift_part (u, at, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
