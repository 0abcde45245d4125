/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: reverb.
 * Source:  rows reverb-* of properties/channelstrip.csv; the rooms: dsp/primitives/tank.c.
 *
 *   x ─┬─→ × entry ─→ predelay ─┬─→ network ─→ × share ───────┬─→ hpf ─→ lpf ─→ width ─→ × m ─┐
 *      │                        └─→ convolution × (1 − share) ─┘                              │
 *      └──────────────────────────────────────────────────────────────────── × (1 − m) ───────┴─→ y
 *
 * A network hears two signals: left and right; one twice; of more channels the even ones and the
 * odd ones. While `share` moves it takes in as much as it gives, so that it wakes without a click.
 *
 * An impulse response that follows another takes in as much as it gives, too.
 *
 * Type, size and predelay change by cross-fading reading points, so that one network does for all and
 * its tail goes on; everything else ramps.
 *
 * z: phase counts frames on the grid; from is the predelay at rest; to and fading describe the
 * cross-fade under way, whose end a new predelay waits for. */

#include "reverb.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

#define PREDELAY_MAX_MS 500.0
#define TAIL_MAX_S 60.0

/* Of an input at 0 dBFS the reverberation of a tone may be this much louder; and it ends at −96. */
#define TAIL_DB (96.0 + 15.0)

/* In the cascade. */
enum { HIGH_PASS, LOW_PASS, FILTERS };

static const struct lq_enum types = { "LqReverbType",
  (const struct lq_item[]){ { "room", "Room", LQ_REVERB_ROOM },
      { "hall", "Hall", LQ_REVERB_HALL }, { "plate", "Plate", LQ_REVERB_PLATE },
      { "chamber", "Chamber", LQ_REVERB_CHAMBER },
      { "convolution", "Impulse response", LQ_REVERB_CONVOLUTION }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_reverb_params, name)
const struct lq_param lq_reverb_rows[LQ_REVERB_ROWS] = {
  { "enabled", "Reverb", "Reverb; its whole tail comes out at EOS", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (enabled), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "type", "Reverb type",
      "Convolution plays reverb-impulse-location; decay, size, damping, diffusion, modulation "
      "are "
      "then without effect",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (type), 0, 4, LQ_REVERB_PLATE, &types, LQ_PLAYING,
      LQ_TANK_RAMP_MS },
  { "predelay", "Predelay", "Before the first reflection", "ms", LQ_FLOAT, LQ_LINEAR,
      FIELD (predelay_ms), 0, PREDELAY_MAX_MS, 20, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "decay", "Decay", "T60 at 1 kHz", "s", LQ_FLOAT, LQ_LOG, FIELD (decay_s), 0.1, 20, 1.5,
      NULL, LQ_PLAYING, LQ_TANK_RAMP_MS },
  { "size", "Size", "Of the space: spacing of reflections", "%", LQ_FLOAT, LQ_LINEAR,
      FIELD (size_percent), 0, 100, 50, NULL, LQ_PLAYING, LQ_TANK_RAMP_MS },
  { "damping", "Damping", "0: highs decay as 1 kHz does; 100: ten times faster at 10 kHz", "%",
      LQ_FLOAT, LQ_LINEAR, FIELD (damping_percent), 0, 100, 40, NULL, LQ_PLAYING,
      LQ_TANK_RAMP_MS },
  { "diffusion", "Diffusion", "Density of the onset", "%", LQ_FLOAT, LQ_LINEAR,
      FIELD (diffusion_percent), 0, 100, 80, NULL, LQ_PLAYING, LQ_TANK_RAMP_MS },
  { "modulation", "Reverb modulation", "Movement of the tail; 0 = time-invariant", "%",
      LQ_FLOAT, LQ_LINEAR, FIELD (modulation_percent), 0, 100, 20, NULL, LQ_PLAYING,
      LQ_TANK_RAMP_MS },
  { "width", "Reverb width", "Side of the wet signal against its middle; 0 = mono", "%",
      LQ_FLOAT, LQ_LINEAR, FIELD (width_percent), 0, 200, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "hpf", "Reverb high-pass", "Of the wet signal, 12 dB/oct; 0 = off", "Hz", LQ_FLOAT,
      LQ_LINEAR, FIELD (hpf_hz), 0, 5000, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "lpf", "Reverb low-pass", "Of the wet signal, 12 dB/oct; 0 = off", "Hz", LQ_FLOAT,
      LQ_LINEAR, FIELD (lpf_hz), 0, 40000, 12000, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mix", "Reverb mix", "Dry to wet", "%", LQ_FLOAT, LQ_LINEAR, FIELD (mix_percent), 0, 100,
      15, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_reverb_rows, struct lq_reverb_params);

static void
find_channels (lq_reverb *u)
{
  uint8_t position[LQ_CHANNELS_MAX];

  for (uint32_t c = 0; c < u->stream.channels; c++)
    if (u->stream.position[c] != LQ_POS_LFE) {
      position[u->wet] = u->stream.position[c];
      u->channel[u->wet++] = c;
    }
  u->pair = lq_stream_pair (position, u->wet, &u->left, &u->right);
}

bool
lq_reverb_prepare (lq_reverb *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_reverb_rows, LQ_REVERB_ROWS, 0, NULL };
  const uint32_t longest = (uint32_t)ceil (PREDELAY_MAX_MS * stream->rate / 1000.0);
  lq_ramp *const ramps[] = { &u->mix, &u->width, &u->network, &u->fade, &u->entry, &u->swap };
  struct lq_reverb_params defaults;
  lq_stream wet = *stream;
  bool ok = true;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  find_channels (u);
  wet.channels = wet.out_channels = u->wet ? u->wet : 1;
  for (uint32_t i = 0; i < LQ_COUNT (ramps); i++)
    ok = ok && lq_ramp_prepare (ramps[i], stream, arena, LQ_RAMP_MS);
  u->planes = lq_arena_alloc (arena, (4 * (size_t)wet.channels + 2) * LQ_HOP * sizeof (float));
  if (!ok || !u->planes || !lq_line_prepare (&u->line, wet.channels, longest, arena) ||
      !lq_tank_prepare (&u->tank, stream->rate, wet.channels, arena) ||
      !lq_cascade_prepare (&u->filters, &wet, arena, FILTERS))
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_reverb_set (u, &defaults);
  lq_reverb_reset (u);
  return true;
}

static void
set_filter (lq_reverb *u, uint32_t i, float hz)
{
  /* Butterworth of second order. */
  const struct lq_biquad_spec spec = { .type = i == HIGH_PASS ? LQ_BIQUAD_HIGH_PASS
                                                              : LQ_BIQUAD_LOW_PASS,
    .plain = true,
    .frequency_hz = fmaxf (hz, 10.0f),
    .q = 0.70710678f };

  lq_cascade_set (&u->filters, i, &spec, hz > 0.0f);
}

void
lq_reverb_set (lq_reverb *u, const struct lq_reverb_params *p)
{
  u->predelay = (uint32_t)lround (p->predelay_ms * u->stream.rate / 1000.0);
  lq_ramp_set (&u->mix, p->enabled && u->wet ? p->mix_percent / 100.0 : 0.0);
  lq_ramp_set (&u->width, p->width_percent / 100.0);
  lq_ramp_set (&u->network, p->type == LQ_REVERB_CONVOLUTION ? 0.0 : 1.0);
  set_filter (u, HIGH_PASS, p->hpf_hz);
  set_filter (u, LOW_PASS, p->lpf_hz);
  /* A network that fades out stays the room it was. */
  if (p->type != LQ_REVERB_CONVOLUTION)
    u->type = (uint32_t)p->type;
  lq_tank_set (&u->tank, &(struct lq_tank_spec){ .type = u->type,
                             .decay_s = p->decay_s,
                             .size = p->size_percent / 100.0,
                             .damping = p->damping_percent / 100.0,
                             .diffusion = p->diffusion_percent / 100.0,
                             .modulation = p->modulation_percent / 100.0 });
}

/* The next impulse response is the one. */
static void
swap (lq_reverb *u)
{
  u->z.swapping = false;
  if (!u->next)
    return;
  u->old = u->impulse;
  u->impulse = u->next;
  u->next = NULL;
}

/* As if nothing had ever sounded; all but mix and entry at their targets. */
static void
forget (lq_reverb *u)
{
  lq_ramp_jump (&u->width);
  lq_ramp_jump (&u->network);
  lq_line_reset (&u->line);
  lq_tank_reset (&u->tank);
  lq_cascade_reset (&u->filters);
  u->z.reverberating = u->network.target > 0.0;
  u->z.convolving = false;
  u->z.swapping = false;
  u->z.from = u->predelay;
  u->z.fading = false;
}

void
lq_reverb_reset (lq_reverb *u)
{
  memset (&u->z, 0, sizeof u->z);
  forget (u);
  swap (u);
  lq_ramp_jump (&u->mix);
  lq_ramp_jump_to (&u->entry, 1.0);
  u->z.running = !lq_ramp_absent (&u->mix);
}

uint32_t
lq_reverb_latency (const lq_reverb *u)
{
  (void)u;
  return 0;
}

bool
lq_reverb_neutral (const lq_reverb *u)
{
  return !u->z.running && lq_ramp_absent (&u->mix);
}

/* Frames of the longest impulse response that is heard. */
static double
response (const lq_reverb *u)
{
  const double now = u->impulse ? lq_convolver_frames (u->impulse) : 0.0;

  return u->next ? fmax (now, lq_convolver_frames (u->next)) : now;
}

uint32_t
lq_reverb_tail (const lq_reverb *u)
{
  const double mix = fmax (u->mix.target, u->mix.z.value);
  const double wide = fmax (1.0, fmax (u->width.target, u->width.z.value));
  double db = TAIL_DB + lq_lin_to_db (mix * wide), frames;
  uint32_t predelay = u->predelay > u->z.from ? u->predelay : u->z.from;

  if (lq_reverb_neutral (u) || db <= 0.0)
    return 0;
  if (u->z.fading && u->z.to > predelay)
    predelay = u->z.to;
  frames = predelay + (double)lq_cascade_tail (&u->filters);
  if (u->network.target > 0.0 || u->network.z.value > 0.0)
    frames += lq_tank_tail_s (&u->tank, db) * u->stream.rate;
  if (u->network.target < 1.0 || u->network.z.value < 1.0)
    frames = fmax (frames, predelay + (double)lq_cascade_tail (&u->filters) + response (u));
  return (uint32_t)fmin (ceil (frames), TAIL_MAX_S * u->stream.rate);
}

static void
hop_predelay (lq_reverb *u)
{
  if (u->z.fading) {
    if (!lq_ramp_resting (&u->fade)) {
      lq_ramp_hop (&u->fade);
      return;
    }
    u->z.from = u->z.to;
    u->z.fading = false;
  }
  if (u->predelay == u->z.from)
    return;
  u->z.fading = true;
  u->z.to = u->predelay;
  lq_ramp_jump_to (&u->fade, 0.0);
  lq_ramp_set (&u->fade, 1.0);
  lq_ramp_hop (&u->fade);
}

static void
hop_network (lq_reverb *u)
{
  if (lq_ramp_absent (&u->network)) {
    u->z.reverberating = false;
    return;
  }
  if (!u->z.reverberating)
    lq_tank_reset (&u->tank);
  u->z.reverberating = true;
  lq_tank_hop (&u->tank);
}

static void
hop_convolution (lq_reverb *u)
{
  if (lq_ramp_resting (&u->network) && u->network.target == 1.0) {
    u->z.convolving = false;
    swap (u);
    return;
  }
  if (!u->z.convolving || !u->impulse) {
    swap (u);
    if (u->impulse)
      lq_convolver_reset (u->impulse);
  }
  u->z.convolving = true;
  if (u->z.swapping && !lq_ramp_move (&u->swap))
    swap (u);
  if (!u->next || u->z.swapping)
    return;
  lq_convolver_reset (u->next);
  lq_ramp_jump_to (&u->swap, 0.0);
  lq_ramp_set (&u->swap, 1.0);
  lq_ramp_hop (&u->swap);
  u->z.swapping = true;
}

static void
hop (lq_reverb *u)
{
  if (lq_ramp_absent (&u->mix)) {
    u->z.running = false;
    return;
  }
  if (!u->z.running) {
    forget (u);
    lq_ramp_jump_to (&u->entry, 0.0);
    lq_ramp_set (&u->entry, 1.0);
    u->z.running = true;
  }
  lq_ramp_move (&u->mix);
  lq_ramp_move (&u->width);
  lq_ramp_move (&u->entry);
  hop_predelay (u);
  lq_ramp_move (&u->network);
  hop_network (u);
  hop_convolution (u);
}

static void
apply (const lq_reverb *u, const lq_ramp *ramp, float *x, uint32_t n)
{
  float gain[LQ_HOP];

  if (lq_ramp_resting (ramp) && ramp->z.value == 1.0)
    return;
  lq_ramp_fill (ramp, gain, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++)
    x[i] *= gain[i];
}

/* What enters, and is late. */
static void
delay (lq_reverb *u, float *const *at, float *const *in, uint32_t n)
{
  float fade[LQ_HOP], next[LQ_HOP];

  if (u->z.fading)
    lq_ramp_fill (&u->fade, fade, u->z.phase, n);
  for (uint32_t w = 0; w < u->wet; w++) {
    memcpy (in[w], at[u->channel[w]], n * sizeof (float));
    apply (u, &u->entry, in[w], n);
    lq_line_write (&u->line, w, in[w], n);
    lq_line_read (&u->line, w, u->z.from, in[w], n);
    if (!u->z.fading)
      continue;
    lq_line_read (&u->line, w, u->z.to, next, n);
    lq_orc_crossfade (in[w], next, fade, (int)n);
  }
  lq_line_advance (&u->line, n);
}

/* Two signals out of all: sums of those with even and with odd numbers, as loud as one of them. */
static void
fold (const lq_reverb *u, float *const *in, float *sides[2], uint32_t n)
{
  for (uint32_t side = 0; side < 2; side++) {
    const uint32_t count = (u->wet + 1 - side) / 2;
    const float gain = (float)(1.0 / sqrt (count));
    memset (sides[side], 0, n * sizeof (float));
    for (uint32_t w = side; w < u->wet; w += 2)
      for (uint32_t i = 0; i < n; i++)
        sides[side][i] += gain * in[w][i];
  }
}

static void
reverberate (lq_reverb *u, float *const *in, float *const *out, uint32_t n)
{
  float *sides[2] = { u->planes + 4 * (size_t)u->wet * LQ_HOP,
    u->planes + (4 * (size_t)u->wet + 1) * LQ_HOP };

  if (u->wet == 1)
    sides[0] = sides[1] = in[0];
  else if (u->wet == 2) {
    sides[0] = in[0];
    sides[1] = in[1];
  } else
    fold (u, in, sides, n);
  apply (u, &u->network, sides[0], n);
  if (sides[1] != sides[0])
    apply (u, &u->network, sides[1], n);
  lq_tank_process (&u->tank, sides[0], sides[1], out, u->z.phase, n);
  for (uint32_t w = 0; w < u->wet; w++)
    apply (u, &u->network, out[w], n);
}

/* A plane of a step: wet channel w of one of the sets. */
enum { IN, OUT, PART_IN, PART_OUT };

static float *
plane (const lq_reverb *u, uint32_t set, uint32_t w)
{
  return u->planes + ((size_t)set * u->wet + w) * LQ_HOP;
}

/* x = x · (1 − ramp). */
static void
apply_rest (const lq_reverb *u, const lq_ramp *ramp, float *x, uint32_t n)
{
  float gain[LQ_HOP];

  if (lq_ramp_absent (ramp))
    return;
  lq_ramp_fill (ramp, gain, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++)
    x[i] *= 1.0f - gain[i];
}

/* Adds what an impulse response makes of `in`. `comes`: it is the next one; while it or the network
 * fades, it takes in as much as it gives. */
static void
convolve (lq_reverb *u, lq_convolver *impulse, bool comes, float *const *in, float *const *out,
    uint32_t n)
{
  const float *from[LQ_CHANNELS_MAX];
  float *to[LQ_CHANNELS_MAX];

  for (uint32_t w = 0; w < u->wet; w++) {
    float *x = plane (u, PART_IN, w);
    memcpy (x, in[w], n * sizeof *x);
    apply_rest (u, &u->network, x, n);
    if (comes)
      apply (u, &u->swap, x, n);
    from[w] = x;
    to[w] = plane (u, PART_OUT, w);
  }
  lq_convolver_process (impulse, from, to, u->z.phase, n);
  for (uint32_t w = 0; w < u->wet; w++) {
    apply_rest (u, &u->network, to[w], n);
    if (comes)
      apply (u, &u->swap, to[w], n);
    else if (u->z.swapping)
      apply_rest (u, &u->swap, to[w], n);
    for (uint32_t i = 0; i < n; i++)
      out[w][i] += to[w][i];
  }
}

/* The wet signal of a step. */
static void
wet (lq_reverb *u, float *const *in, float *const *out, uint32_t n)
{
  float *part[LQ_CHANNELS_MAX];

  for (uint32_t w = 0; w < u->wet; w++) {
    memset (out[w], 0, n * sizeof (float));
    part[w] = plane (u, PART_OUT, w);
  }
  if (u->z.convolving && u->impulse)
    convolve (u, u->impulse, false, in, out, n);
  if (u->z.swapping)
    convolve (u, u->next, true, in, out, n);
  if (!u->z.reverberating)
    return;
  reverberate (u, in, u->z.convolving ? part : out, n);
  for (uint32_t w = 0; w < u->wet && u->z.convolving; w++)
    for (uint32_t i = 0; i < n; i++)
      out[w][i] += part[w][i];
}

static void
widen (lq_reverb *u, float *l, float *r, uint32_t n)
{
  float width[LQ_HOP];

  if (lq_ramp_resting (&u->width) && u->width.z.value == 1.0)
    return;
  lq_ramp_fill (&u->width, width, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    const float middle = 0.5f * (l[i] + r[i]), side = 0.5f * width[i] * (l[i] - r[i]);
    l[i] = middle + side;
    r[i] = middle - side;
  }
}

static void
step (lq_reverb *u, float *const *at, uint32_t n)
{
  float *in[LQ_CHANNELS_MAX], *out[LQ_CHANNELS_MAX], mix[LQ_HOP];

  for (uint32_t w = 0; w < u->wet; w++) {
    in[w] = plane (u, IN, w);
    out[w] = plane (u, OUT, w);
  }
  delay (u, at, in, n);
  wet (u, in, out, n);
  lq_cascade_process (&u->filters, out, n);
  if (u->pair)
    widen (u, out[u->left], out[u->right], n);
  lq_ramp_fill (&u->mix, mix, u->z.phase, n);
  for (uint32_t w = 0; w < u->wet; w++) {
    float *y = at[u->channel[w]];
    for (uint32_t i = 0; i < n; i++)
      y[i] = (1.0f - mix[i]) * y[i] + mix[i] * out[w][i];
  }
}

void
lq_reverb_process (lq_reverb *u, float *const *ch, uint32_t frames)
{
  float *at[LQ_CHANNELS_MAX];

  if (lq_reverb_neutral (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0)
      hop (u);
    n = lq_hop_left (u->z.phase, frames - done);
    if (u->z.running) {
      if (u->z.reverberating) {
        const uint32_t most = lq_tank_step (&u->tank);
        n = n < most ? n : most;
      }
      for (uint32_t c = 0; c < u->stream.channels; c++)
        at[c] = ch[c] + done;
      step (u, at, n);
    }
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
