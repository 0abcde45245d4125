/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: input stage: trim, polarity, swap, stereo mode, DC removal.
 * Source:  mid and side as properties/README.md: M = (L+R)/2, S = (L−R)/2; L = M+S, R = M−S.
 *
 *   L, R ─→ polarity → swap → mode → gain, as one 2×2 matrix whose cells are ramped ─→ − w·dc ─→
 *   others ────────────────────────── gain ──────────────────────────────────────────→ − w·dc ─→
 *
 * z: phase counts frames on the grid; dc[c] is the one-pole low-pass (5 Hz) of channel c, kept
 * running only while w is above 0. */

#include "input.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

/* Corner of the DC removal, Hz (properties/channelstrip.csv, input-dc-block). */
#define DC_HZ 5.0

/* −96 dBFS, linear: where a tail ends. */
#define TAIL_END 1.585e-5

static const struct lq_enum modes = { "LqInputMode",
  (const struct lq_item[]){ { "stereo", "Stereo", LQ_INPUT_STEREO },
      { "left", "Left on both", LQ_INPUT_LEFT }, { "right", "Right on both", LQ_INPUT_RIGHT },
      { "mono", "Mono sum on both", LQ_INPUT_MONO },
      { "mid-side-encode", "Mid/side encode", LQ_INPUT_MID_SIDE_ENCODE },
      { "mid-side-decode", "Mid/side decode", LQ_INPUT_MID_SIDE_DECODE }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_input_params, name)
const struct lq_param lq_input_rows[LQ_INPUT_ROWS] = {
  { "trim-left", "Trim left", "Of left, or of mono, on top of input-gain", "dB", LQ_FLOAT,
      LQ_LINEAR, FIELD (trim_left_db), -24, 24, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "trim-right", "Trim right", "Of right, on top of input-gain", "dB", LQ_FLOAT, LQ_LINEAR,
      FIELD (trim_right_db), -24, 24, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "enabled", "Input", "Input stage on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1, 1,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "gain", "Input gain", "Trim", "dB", LQ_FLOAT, LQ_LINEAR, FIELD (gain_db), -60, 24, 0, NULL,
      LQ_PLAYING, LQ_RAMP_MS },
  { "dc-block", "DC removal", "First-order high-pass at 5 Hz", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (dc_block), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "invert-left", "Invert left", "Inverts the polarity of left, or of mono", NULL, LQ_BOOL,
      LQ_LINEAR, FIELD (invert_left), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "invert-right", "Invert right", "Inverts the polarity of right", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (invert_right), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "swap", "Swap", "Exchanges left and right", NULL, LQ_BOOL, LQ_LINEAR, FIELD (swap), 0, 1, 0,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mode", "Input mode",
      "What the two channels carry: left, right: that channel on both; mono: (L+R)/2 on both; "
      "encode: M = (L+R)/2, S = (L−R)/2; decode: L = M+S, R = M−S",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (mode), 0, 5, 0, &modes, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_input_rows, struct lq_input_params);

/* LL, LR, RL, RR of each mode. */
static const double mode_matrix[][4] = {
  [LQ_INPUT_STEREO] = { 1, 0, 0, 1 },
  [LQ_INPUT_LEFT] = { 1, 0, 1, 0 },
  [LQ_INPUT_RIGHT] = { 0, 1, 0, 1 },
  [LQ_INPUT_MONO] = { 0.5, 0.5, 0.5, 0.5 },
  [LQ_INPUT_MID_SIDE_ENCODE] = { 0.5, 0.5, 0.5, -0.5 },
  [LQ_INPUT_MID_SIDE_DECODE] = { 1, 1, 1, -1 },
};

bool
lq_input_prepare (lq_input *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_input_rows, LQ_INPUT_ROWS, 0, NULL };
  struct lq_input_params defaults;
  bool ok = true;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->lowpass = 1.0 - exp (-2.0 * LQ_PI * DC_HZ / stream->rate);
  for (int i = 0; i < 4; i++)
    ok = ok && lq_ramp_prepare (&u->matrix[i], stream, arena, LQ_RAMP_MS);
  ok = ok && lq_ramp_prepare (&u->gain, stream, arena, LQ_RAMP_MS);
  ok = ok && lq_ramp_prepare (&u->dc, stream, arena, LQ_RAMP_MS);
  if (!ok)
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_input_set (u, &defaults);
  lq_input_reset (u);
  return true;
}

/* What one side is multiplied by. */
static double
lq_input_side (const struct lq_input_params *p, double gain, float trim_db, uint32_t invert)
{
  const double trimmed = p->enabled && trim_db != 0.0f ? gain * lq_db_to_lin (trim_db) : gain;

  return p->enabled && invert ? -trimmed : trimmed;
}

void
lq_input_set (lq_input *u, const struct lq_input_params *p)
{
  const bool stereo = u->stream.channels >= 2;
  const double gain = p->enabled ? lq_db_to_lin (p->gain_db) : 1.0;
  const double left = lq_input_side (p, gain, p->trim_left_db, p->invert_left);
  const double right = lq_input_side (p, gain, p->trim_right_db, p->invert_right);
  const bool swap = p->enabled && p->swap && stereo;
  const double *m = mode_matrix[p->enabled && stereo ? p->mode : LQ_INPUT_STEREO];

  for (int row = 0; row < 2; row++) {
    lq_ramp_set (&u->matrix[2 * row], m[2 * row + swap] * left);
    lq_ramp_set (&u->matrix[2 * row + 1], m[2 * row + !swap] * right);
  }
  lq_ramp_set (&u->gain, gain);
  lq_ramp_set (&u->dc, p->enabled && p->dc_block ? 1.0 : 0.0);
  u->moving = true;
}

void
lq_input_reset (lq_input *u)
{
  memset (&u->z, 0, sizeof u->z);
  for (int i = 0; i < 4; i++)
    lq_ramp_jump (&u->matrix[i]);
  lq_ramp_jump (&u->gain);
  lq_ramp_jump (&u->dc);
  u->moving = false;
}

uint32_t
lq_input_latency (const lq_input *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_input_tail (const lq_input *u)
{
  const bool dc = u->dc.target != 0.0 || u->dc.z.value != 0.0;

  return dc ? (uint32_t)ceil (log (TAIL_END) / log1p (-u->lowpass)) : 0;
}

static bool
lq_input_straight (const lq_input *u)
{
  return u->matrix[0].z.value == 1.0 && u->matrix[1].z.value == 0.0 &&
         u->matrix[2].z.value == 0.0 && u->matrix[3].z.value == 1.0 && u->gain.z.value == 1.0;
}

bool
lq_input_neutral (const lq_input *u)
{
  return !u->moving && lq_input_straight (u) && u->dc.z.value == 0.0;
}

/* One step of every ramp, at a grid point. */
static void
lq_input_hop (lq_input *u)
{
  bool resting = true;

  for (int i = 0; i < 4; i++) {
    lq_ramp_hop (&u->matrix[i]);
    resting = resting && lq_ramp_resting (&u->matrix[i]);
  }
  lq_ramp_hop (&u->gain);
  lq_ramp_hop (&u->dc);
  u->moving = !(resting && lq_ramp_resting (&u->gain) && lq_ramp_resting (&u->dc));
}

/* d = d · ramp over a part of a hop. */
static void
lq_input_apply (const lq_input *u, const lq_ramp *ramp, float *d, uint32_t n)
{
  float curve[LQ_HOP];

  lq_ramp_fill (ramp, curve, u->z.phase, n);
  lq_orc_gain_curve (d, curve, (int)n);
}

static void
lq_input_matrix_moving (lq_input *u, float *left, float *right, uint32_t n)
{
  float l[LQ_HOP], r[LQ_HOP];

  memcpy (l, left, n * sizeof *l);
  memcpy (r, right, n * sizeof *r);
  lq_input_apply (u, &u->matrix[0], left, n);
  lq_input_apply (u, &u->matrix[3], right, n);
  lq_input_apply (u, &u->matrix[1], r, n);
  lq_input_apply (u, &u->matrix[2], l, n);
  lq_orc_mix (left, r, 1.0f, (int)n);
  lq_orc_mix (right, l, 1.0f, (int)n);
}

/* At rest; the halves of modes are exact, so decode undoes encode to one rounding. */
static void
lq_input_matrix_resting (const lq_input *u, float *left, float *right, uint32_t n)
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
lq_input_levels (lq_input *u, float *const *ch, uint32_t n)
{
  const uint32_t channels = u->stream.channels;

  if (!u->moving && lq_input_straight (u))
    return;
  if (channels == 1 && u->moving)
    lq_input_apply (u, &u->matrix[0], ch[0], n);
  else if (channels == 1)
    lq_orc_gain (ch[0], (float)u->matrix[0].z.value, (int)n);
  else if (u->moving)
    lq_input_matrix_moving (u, ch[0], ch[1], n);
  else
    lq_input_matrix_resting (u, ch[0], ch[1], n);
  for (uint32_t c = 2; c < channels; c++)
    if (u->moving)
      lq_input_apply (u, &u->gain, ch[c], n);
    else
      lq_orc_gain (ch[c], (float)u->gain.z.value, (int)n);
}

static void
lq_input_dc (lq_input *u, float *x, double *state, uint32_t n)
{
  const double a = u->lowpass;
  double dc = *state;

  for (uint32_t i = 0; i < n; i++) {
    double w = u->moving ? lq_ramp_at (&u->dc, u->z.phase + i) : u->dc.z.value;
    dc += a * (x[i] - dc);
    x[i] = (float)(x[i] - w * dc);
  }
  *state = dc;
}

void
lq_input_process (lq_input *u, float *const *ch, uint32_t frames)
{
  float *at[LQ_CHANNELS_MAX];

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && u->moving)
      lq_input_hop (u);
    n = u->moving ? lq_hop_left (u->z.phase, frames - done) : frames - done;
    for (uint32_t c = 0; c < u->stream.channels; c++)
      at[c] = ch[c] + done;
    lq_input_levels (u, at, n);
    if (u->moving || u->dc.z.value != 0.0)
      for (uint32_t c = 0; c < u->stream.channels; c++)
        lq_input_dc (u, at[c], &u->z.dc[c], n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
