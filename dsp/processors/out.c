/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: output stage: width, pan, gain, mute, delay.
 * Source:  laws as properties/channelstrip.csv, out-pan-law; M = (L+R)/2, S = (L−R)/2.
 *
 *   L, R ─→ width → pan → gain → mute, as one 2×2 matrix of ramped cells ─┐
 *   others ──────────── gain → mute ──────────────────────────────────────┤
 *                                     ┌───────────────────────────────────┘
 *                                     └─→ shift: the delay
 *
 * z: phase counts frames on the grid. */

#include "out.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

#define DELAY_MAX_MS 500.0

#define FIELD(name) offsetof (struct lq_out_params, name)
const struct lq_param lq_out_rows[LQ_OUT_ROWS] = {
  { "enabled", "Output", "Output stage: width, pan, gain, mute, delay, in this order", NULL,
      LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "pan", "Pan",
      "−1 left, 1 right; mono by the pan law; stereo in balance: the farther side is lowered, "
      "the centre is untouched",
      NULL, LQ_FLOAT, LQ_LINEAR, FIELD (pan), -1, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "pan-mode", "Pan mode", "Dual places left and right by pan-left and pan-right", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (pan_mode), 0, 1, 0, &lq_pan_modes, LQ_PLAYING, LQ_RAMP_MS },
  { "pan-left", "Pan of left", "Dual: where the left input goes, by the pan law", NULL,
      LQ_FLOAT, LQ_LINEAR, FIELD (pan_left), -1, 1, -1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "pan-right", "Pan of right", "Dual: where the right input goes, by the pan law", NULL,
      LQ_FLOAT, LQ_LINEAR, FIELD (pan_right), -1, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "pan-law", "Pan law",
      "Gain at the centre: −3 sine and cosine, −6 linear, −4.5 between the two, 0 none, "
      "−2.5 an analogue desk's; between these by interpolation",
      "dB", LQ_FLOAT, LQ_LINEAR, FIELD (pan_law_db), -6, 0, -3, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "width", "Width", "Level of the side: 0 mono, 100 untouched, 200 doubled", "%", LQ_FLOAT,
      LQ_LINEAR, FIELD (width_percent), 0, 200, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "gain", "Output gain", "Fader; −120 is silence", "dB", LQ_FLOAT, LQ_LINEAR, FIELD (gain_db),
      -120, 24, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mute", "Mute", "Silences the output", NULL, LQ_BOOL, LQ_LINEAR, FIELD (mute), 0, 1, 0,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "delay", "Delay", "Wanted delay, to a fraction of a sample; not counted in the latency",
      "ms", LQ_FLOAT, LQ_LINEAR, FIELD (delay_ms), 0, DELAY_MAX_MS, 0, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_out_rows, struct lq_out_params);

bool
lq_out_prepare (lq_out *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_out_rows, LQ_OUT_ROWS, 0, NULL };
  struct lq_out_params defaults;
  bool ok = true;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  /* Mono that became stereo has no positions of its own. */
  u->pair = lq_stream_pair (stream->position, stream->out_channels, &u->left, &u->right);
  for (int i = 0; i < 4; i++)
    ok = ok && lq_ramp_prepare (&u->matrix[i], stream, arena, LQ_RAMP_MS);
  ok = ok && lq_ramp_prepare (&u->gain, stream, arena, LQ_RAMP_MS);
  ok = ok && lq_shift_prepare (&u->shift, stream, DELAY_MAX_MS * stream->rate / 1000.0, arena);
  if (!ok)
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_out_set (u, &defaults);
  lq_out_reset (u);
  return true;
}

void
lq_out_set (lq_out *u, const struct lq_out_params *p)
{
  const double gain = !p->enabled ? 1.0 : p->mute ? 0.0 : lq_db_to_lin (p->gain_db);
  const double width = p->enabled ? p->width_percent / 100.0 : 1.0;
  const double same = (1.0 + width) / 2.0, other = (1.0 - width) / 2.0;
  double pan[4] = { 1.0, 0.0, 0.0, 1.0 };

  if (p->enabled)
    lq_pan_place (&(struct lq_pan){ p->pan_mode, p->pan, p->pan_left, p->pan_right },
        p->pan_law_db, u->stream.channels == 1, pan);
  for (int row = 0; row < 4; row += 2) {
    lq_ramp_set (&u->matrix[row], gain * (pan[row] * same + pan[row + 1] * other));
    lq_ramp_set (&u->matrix[row + 1], gain * (pan[row] * other + pan[row + 1] * same));
  }
  lq_ramp_set (&u->gain, gain);
  lq_shift_set (&u->shift, p->enabled ? lq_shift_frames (u->stream.rate, p->delay_ms) : 0.0);
  u->moving = true;
}

void
lq_out_reset (lq_out *u)
{
  memset (&u->z, 0, sizeof u->z);
  for (int i = 0; i < 4; i++)
    lq_ramp_jump (&u->matrix[i]);
  lq_ramp_jump (&u->gain);
  lq_shift_reset (&u->shift, 0);
  u->moving = false;
}

uint32_t
lq_out_latency (const lq_out *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_out_tail (const lq_out *u)
{
  return lq_shift_tail (&u->shift);
}

static bool
lq_out_straight (const lq_out *u)
{
  return u->matrix[0].z.value == 1.0 && u->matrix[1].z.value == 0.0 &&
         u->matrix[2].z.value == 0.0 && u->matrix[3].z.value == 1.0;
}

bool
lq_out_neutral (const lq_out *u)
{
  return !u->moving && u->gain.z.value == 1.0 && lq_shift_absent (&u->shift) &&
         u->stream.channels == u->stream.out_channels && (!u->pair || lq_out_straight (u));
}

static void
lq_out_hop_levels (lq_out *u)
{
  bool resting;

  lq_ramp_hop (&u->gain);
  resting = lq_ramp_resting (&u->gain);
  for (int i = 0; i < 4; i++) {
    lq_ramp_hop (&u->matrix[i]);
    resting = resting && lq_ramp_resting (&u->matrix[i]);
  }
  u->moving = !resting;
}

/* d = d · ramp over a part of a hop. */
static void
lq_out_apply (const lq_out *u, const lq_ramp *ramp, float *d, uint32_t n)
{
  float curve[LQ_HOP];

  lq_ramp_fill (ramp, curve, u->z.phase, n);
  lq_orc_gain_curve (d, curve, (int)n);
}

static void
lq_out_matrix_moving (lq_out *u, float *left, float *right, uint32_t n)
{
  float l[LQ_HOP], r[LQ_HOP];

  memcpy (l, left, n * sizeof *l);
  memcpy (r, right, n * sizeof *r);
  lq_out_apply (u, &u->matrix[0], left, n);
  lq_out_apply (u, &u->matrix[3], right, n);
  lq_out_apply (u, &u->matrix[1], r, n);
  lq_out_apply (u, &u->matrix[2], l, n);
  lq_orc_mix (left, r, 1.0f, (int)n);
  lq_orc_mix (right, l, 1.0f, (int)n);
}

static void
lq_out_matrix_resting (const lq_out *u, float *left, float *right, uint32_t n)
{
  const float ll = (float)u->matrix[0].z.value, lr = (float)u->matrix[1].z.value;
  const float rl = (float)u->matrix[2].z.value, rr = (float)u->matrix[3].z.value;

  for (uint32_t i = 0; i < n; i++) {
    float l = left[i], r = right[i];
    left[i] = ll * l + lr * r;
    right[i] = rl * l + rr * r;
  }
}

static void
lq_out_gain (lq_out *u, float *const *at, uint32_t n)
{
  if (!u->moving && u->gain.z.value == 1.0)
    return;
  for (uint32_t c = 0; c < u->stream.channels; c++)
    if (u->pair && (c == u->left || c == u->right))
      continue;
    else if (u->moving)
      lq_out_apply (u, &u->gain, at[c], n);
    else
      lq_orc_gain (at[c], (float)u->gain.z.value, (int)n);
}

static void
lq_out_levels (lq_out *u, float *const *at, uint32_t n)
{
  if (u->pair && u->moving)
    lq_out_matrix_moving (u, at[u->left], at[u->right], n);
  else if (u->pair && !lq_out_straight (u))
    lq_out_matrix_resting (u, at[u->left], at[u->right], n);
  lq_out_gain (u, at, n);
}

void
lq_out_process (lq_out *u, float *const *ch, uint32_t frames)
{
  float *at[LQ_CHANNELS_MAX];

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && u->moving)
      lq_out_hop_levels (u);
    n = u->moving ? lq_hop_left (u->z.phase, frames - done) : frames - done;
    for (uint32_t c = 0; c < u->stream.out_channels; c++)
      at[c] = ch[c] + done;
    lq_out_levels (u, at, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
  lq_shift_process (&u->shift, ch, frames);
}
