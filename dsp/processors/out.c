/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: output stage: width, pan, gain, mute, delay.
 * Source:  laws as properties/channelstrip.csv, out-pan-law; M = (L+R)/2, S = (L−R)/2.
 *
 *   L, R ─→ width → pan → gain → mute, as one 2×2 matrix of ramped cells ─┐
 *   others ──────────── gain → mute ──────────────────────────────────────┤
 *                                     ┌───────────────────────────────────┘
 *                                     ├─→ line ─┬─→ tap `from` ─→ (1−m) ─┐
 *                                     │         └─→ tap `to` ───→ m ─────┴─→
 *                                     └─→ a tap of delay 0 takes the signal itself
 *
 * The line sleeps while the delay rests at 0. It wakes empty, and what enters it fades in by m
 * with the tap, so that the silence before it doesn't end in a click.
 * z: phase counts frames on the grid; from is the tap at rest; to, fading and waking describe the
 * cross-fade under way. A new delay waits for its end. */

#include "out.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

#define DELAY_MAX_MS 500.0

static const struct lq_enum pan_modes = { "LqPanMode",
  (const struct lq_item[]){ { "balance", "Balance", LQ_PAN_BALANCE },
      { "dual", "Left and right by themselves", LQ_PAN_DUAL }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_out_params, name)
const struct lq_param lq_out_rows[LQ_OUT_ROWS] = {
  { "enabled", "Output", "Output stage: width, pan, gain, mute, delay, in this order", NULL,
      LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "pan", "Pan",
      "−1 left, 1 right; mono by the pan law; stereo in balance: the farther side is lowered, "
      "the centre is untouched",
      NULL, LQ_FLOAT, LQ_LINEAR, FIELD (pan), -1, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "pan-mode", "Pan mode", "Dual places left and right by pan-left and pan-right", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (pan_mode), 0, 1, 0, &pan_modes, LQ_PLAYING, LQ_RAMP_MS },
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

/* The laws that have a formula of their own, by their gain at the centre, dB. */
static const double law_at_db[] = { -6.0, -4.5, -3.0, -2.5, 0.0 };

static double
law_gain (int law, double p)
{
  const double cosine = cos (p * LQ_PI / 2.0);

  switch (law) {
    case 0:
      return 1.0 - p;
    case 1:
      return sqrt (cosine * (1.0 - p));
    case 2:
      return cosine;
    case 3:
      return pow (cosine, 0.831);
    default:
      return fmin (1.0, 2.0 * (1.0 - p));
  }
}

double
lq_pan_gain (double p, double law_db)
{
  const int last = LQ_COUNT (law_at_db) - 1;
  int law = 0;
  double t, a, b;

  if (p <= 0.0 || p >= 1.0)
    return p <= 0.0 ? 1.0 : 0.0;
  while (law < last - 1 && law_db >= law_at_db[law + 1])
    law++;
  t = lq_clamp ((law_db - law_at_db[law]) / (law_at_db[law + 1] - law_at_db[law]), 0.0, 1.0);
  a = law_gain (law, p);
  b = law_gain (law + 1, p);
  return pow (a, 1.0 - t) * pow (b, t);
}

bool
lq_out_prepare (lq_out *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_out_rows, LQ_OUT_ROWS, 0, NULL };
  const uint32_t longest = (uint32_t)ceil (DELAY_MAX_MS * stream->rate / 1000.0);
  struct lq_out_params defaults;
  bool ok = true;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  /* Mono that became stereo has no positions of its own. */
  u->pair = lq_stream_pair (stream->position, stream->out_channels, &u->left, &u->right);
  for (int i = 0; i < 4; i++)
    ok = ok && lq_ramp_prepare (&u->matrix[i], stream, arena, LQ_RAMP_MS);
  ok = ok && lq_ramp_prepare (&u->gain, stream, arena, LQ_RAMP_MS);
  ok = ok && lq_ramp_prepare (&u->fade, stream, arena, LQ_RAMP_MS);
  ok = ok && lq_fraction_prepare (&u->fraction, arena);
  ok =
      ok && lq_line_prepare (&u->line, stream->out_channels, longest + LQ_FRACTION_TAPS, arena);
  if (!ok)
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_out_set (u, &defaults);
  lq_out_reset (u);
  return true;
}

/* What reaches left and right: from left (cells[0], cells[2]) and from right (1, 3). */
static void
lq_out_pan (const lq_out *u, const struct lq_out_params *p, double cells[4])
{
  const double law = p->pan_law_db, at = (p->pan + 1.0) / 2.0;
  const bool dual = p->pan_mode == LQ_PAN_DUAL;
  const double l = (p->pan_left + 1.0) / 2.0, r = (p->pan_right + 1.0) / 2.0;
  const double centre = lq_pan_gain (0.5, law);

  memset (cells, 0, 4 * sizeof *cells);
  if (u->stream.channels == 1) {
    cells[0] = lq_pan_gain (at, law);
    cells[3] = lq_pan_gain (1.0 - at, law);
  } else if (dual) {
    cells[0] = lq_pan_gain (l, law);
    cells[2] = lq_pan_gain (1.0 - l, law);
    cells[1] = lq_pan_gain (r, law);
    cells[3] = lq_pan_gain (1.0 - r, law);
  } else {
    cells[0] = fmin (1.0, lq_pan_gain (at, law) / centre);
    cells[3] = fmin (1.0, lq_pan_gain (1.0 - at, law) / centre);
  }
}

/* A delay that is whole but for the rounding of a float is whole. */
static double
lq_out_frames (const lq_out *u, float ms)
{
  const double frames = ms * u->stream.rate / 1000.0, whole = nearbyint (frames);

  return fabs (frames - whole) <= 1e-4 + frames * 0x1p-23 ? whole : frames;
}

void
lq_out_set (lq_out *u, const struct lq_out_params *p)
{
  const double gain = !p->enabled ? 1.0 : p->mute ? 0.0 : lq_db_to_lin (p->gain_db);
  const double width = p->enabled ? p->width_percent / 100.0 : 1.0;
  const double same = (1.0 + width) / 2.0, other = (1.0 - width) / 2.0;
  double pan[4] = { 1.0, 0.0, 0.0, 1.0 };

  if (p->enabled)
    lq_out_pan (u, p, pan);
  for (int row = 0; row < 4; row += 2) {
    lq_ramp_set (&u->matrix[row], gain * (pan[row] * same + pan[row + 1] * other));
    lq_ramp_set (&u->matrix[row + 1], gain * (pan[row] * other + pan[row + 1] * same));
  }
  lq_ramp_set (&u->gain, gain);
  u->delay_frames = p->enabled ? lq_out_frames (u, p->delay_ms) : 0.0;
  u->moving = true;
}

static void
lq_out_aim (const lq_out *u, struct lq_out_tap *tap, double frames)
{
  tap->frames = frames;
  tap->lag = (uint32_t)frames;
  if (frames != floor (frames))
    tap->lag = lq_fraction_design (&u->fraction, frames, tap->taps);
}

void
lq_out_reset (lq_out *u)
{
  memset (&u->z, 0, sizeof u->z);
  for (int i = 0; i < 4; i++)
    lq_ramp_jump (&u->matrix[i]);
  lq_ramp_jump (&u->gain);
  lq_ramp_set (&u->fade, 0.0);
  lq_ramp_jump (&u->fade);
  lq_out_aim (u, &u->z.from, u->delay_frames);
  lq_line_reset (&u->line);
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
  double longest = fmax (u->delay_frames, u->z.from.frames);

  if (u->z.fading)
    longest = fmax (longest, u->z.to.frames);
  return longest > 0.0 ? (uint32_t)ceil (longest) + LQ_FRACTION_TAPS : 0;
}

static bool
lq_out_delays (const lq_out *u)
{
  return u->z.fading || u->z.from.frames > 0.0 || u->delay_frames > 0.0;
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
  return !u->moving && u->gain.z.value == 1.0 && !lq_out_delays (u) &&
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

static void
lq_out_hop_delay (lq_out *u)
{
  if (u->z.fading) {
    lq_ramp_hop (&u->fade);
    if (!lq_ramp_resting (&u->fade))
      return;
    u->z.from = u->z.to;
    u->z.fading = u->z.waking = false;
  }
  if (u->delay_frames == u->z.from.frames)
    return;
  u->z.fading = true;
  u->z.waking = u->z.from.frames == 0.0;
  if (u->z.waking)
    lq_line_reset (&u->line);
  lq_out_aim (u, &u->z.to, u->delay_frames);
  lq_ramp_set (&u->fade, 0.0);
  lq_ramp_jump (&u->fade);
  lq_ramp_set (&u->fade, 1.0);
  lq_ramp_hop (&u->fade);
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

/* What tap hears of channel c; x is the current block itself. */
static void
lq_out_hear (
    const lq_out *u, const struct lq_out_tap *tap, uint32_t c, float *x, float *out, uint32_t n)
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
lq_out_delay (lq_out *u, float *const *at, uint32_t n)
{
  float fade[LQ_HOP], entry[LQ_HOP], next[LQ_HOP];

  if (u->z.fading)
    lq_ramp_fill (&u->fade, fade, u->z.phase, n);
  for (uint32_t c = 0; c < u->stream.out_channels; c++) {
    float *x = at[c];
    if (!u->z.fading) {
      lq_line_write (&u->line, c, x, n);
      lq_out_hear (u, &u->z.from, c, x, x, n);
      continue;
    }
    memcpy (entry, x, n * sizeof *x);
    if (u->z.waking)
      lq_orc_gain_curve (entry, fade, (int)n);
    lq_line_write (&u->line, c, entry, n);
    lq_out_hear (u, &u->z.to, c, x, next, n);
    lq_out_hear (u, &u->z.from, c, x, x, n);
    lq_orc_crossfade (x, next, fade, (int)n);
  }
  lq_line_advance (&u->line, n);
}

void
lq_out_process (lq_out *u, float *const *ch, uint32_t frames)
{
  float *at[LQ_CHANNELS_MAX];

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && u->moving)
      lq_out_hop_levels (u);
    if (u->z.phase == 0)
      lq_out_hop_delay (u);
    n = u->moving || u->z.fading || u->delay_frames != u->z.from.frames
            ? lq_hop_left (u->z.phase, frames - done)
            : frames - done;
    for (uint32_t c = 0; c < u->stream.out_channels; c++)
      at[c] = ch[c] + done;
    lq_out_levels (u, at, n);
    if (u->z.fading || u->z.from.frames > 0.0)
      lq_out_delay (u, at, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
