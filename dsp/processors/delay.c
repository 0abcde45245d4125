/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: echo with feedback.
 * Source:  rows delay-* of properties/channelstrip.csv.
 *
 *   x ─┬─→ × entry ─→ [ping-pong: middle to left] ─→ + ─→ line ─┬─ `from` ─→ (1−m) ─┐
 *      │                                             ↑          └─ `to` ───→ m ─────┤
 *      │      × feedback ←─ [ping-pong: crossed] ←───┴──────┬── lpf ←── hpf ←───────┘
 *      │                                                    └─→ width → × duck ─→ m ──┬─→ y
 *      └────────────────────────────────────────────────────────────────── (1 − m) ───┘
 *
 * A step never has more frames than the shortest time in force, so that its echoes are all in the
 * line before it begins, and everything but the filters is a plain loop over frames.
 *
 * Ducking looks at the largest |x| of a hop: it rises at once and falls in dB by an exponential;
 * echoes are lowered in full from DUCK_FULL_DB on, not at all below DUCK_NONE_DB.
 *
 * z: phase counts frames on the grid; from is the reading point at rest; to and fading describe the
 * cross-fade under way, whose end a new time waits for. */

#include "delay.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

#define TIME_MAX_MS 4000.0
#define TAIL_MAX_S 60.0

#define DUCK_FULL_DB (-30.0)
#define DUCK_NONE_DB (-60.0)
#define DUCK_FALL_MS 300.0
#define DUCK_SILENCE 3e-5f /* −90 dBFS */

static const struct lq_enum notes = { "LqDelayNote",
  (const struct lq_item[]){ { "1/32t", "Thirty-second, triplet", 0 },
      { "1/32", "Thirty-second", 1 }, { "1/32d", "Thirty-second, dotted", 2 },
      { "1/16t", "Sixteenth, triplet", 3 }, { "1/16", "Sixteenth", 4 },
      { "1/16d", "Sixteenth, dotted", 5 }, { "1/8t", "Eighth, triplet", 6 },
      { "1/8", "Eighth", 7 }, { "1/8d", "Eighth, dotted", 8 },
      { "1/4t", "Quarter, triplet", 9 }, { "1/4", "Quarter", 10 },
      { "1/4d", "Quarter, dotted", 11 }, { "1/2t", "Half, triplet", 12 }, { "1/2", "Half", 13 },
      { "1/2d", "Half, dotted", 14 }, { "1/1t", "Whole, triplet", 15 }, { "1/1", "Whole", 16 },
      { "1/1d", "Whole, dotted", 17 }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_delay_params, name)
const struct lq_param lq_delay_rows[LQ_DELAY_ROWS] = {
  { "enabled", "Delay", "Echo", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1, 0, NULL,
      LQ_PLAYING, LQ_RAMP_MS },
  { "time", "Delay time", "Between echoes, while delay-tempo is 0", "ms", LQ_FLOAT, LQ_LOG,
      FIELD (time_ms), 1, TIME_MAX_MS, 350, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "tempo", "Delay tempo",
      "Time is that of delay-note, 240000·note/tempo ms, at most 4000; 0 = off, delay-time "
      "holds",
      "bpm", LQ_FLOAT, LQ_LINEAR, FIELD (tempo_bpm), 0, 300, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "note", "Delay note", "Between echoes, at delay-tempo: d dotted (×1.5), t triplet (×2/3)",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (note), 0, 17, 10, &notes, LQ_PLAYING, LQ_RAMP_MS },
  { "feedback", "Feedback", "Gain of one round, linear", "%", LQ_FLOAT, LQ_LINEAR,
      FIELD (feedback_percent), 0, 95, 30, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "ping-pong", "Ping-pong", "Echoes alternate between left and right; stereo out only", NULL,
      LQ_BOOL, LQ_LINEAR, FIELD (ping_pong), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "hpf", "Delay high-pass", "In the loop, 6 dB/oct; 0 = off", "Hz", LQ_FLOAT, LQ_LINEAR,
      FIELD (hpf_hz), 0, 5000, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "lpf", "Delay low-pass", "In the loop, 6 dB/oct; 0 = off", "Hz", LQ_FLOAT, LQ_LINEAR,
      FIELD (lpf_hz), 0, 40000, 8000, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "width", "Delay width", "Side of the echoes against their middle", "%", LQ_FLOAT, LQ_LINEAR,
      FIELD (width_percent), 0, 200, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "duck", "Ducking", "Echoes are lowered by up to this while the input sounds; 0 = off", "dB",
      LQ_FLOAT, LQ_LINEAR, FIELD (duck_db), 0, 36, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mix", "Delay mix", "Dry to wet", "%", LQ_FLOAT, LQ_LINEAR, FIELD (mix_percent), 0, 100, 20,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_delay_rows, struct lq_delay_params);

double
lq_delay_time_ms (const struct lq_delay_params *p)
{
  static const double shares[] = { 2.0 / 3.0, 1.0, 1.5 };
  double note;

  if (p->tempo_bpm <= 0.0f)
    return p->time_ms;
  note = ldexp (shares[p->note % 3], p->note / 3 - 5);
  return fmin (240000.0 * note / p->tempo_bpm, TIME_MAX_MS);
}

static bool
filter_prepare (struct lq_delay_filter *f, bool low, const lq_stream *stream, lq_arena *arena)
{
  f->low = low;
  f->state = lq_arena_alloc (arena, stream->channels * sizeof *f->state);
  return f->state && lq_ramp_prepare (&f->centre, stream, arena, LQ_RAMP_MS) &&
         lq_ramp_prepare (&f->amount, stream, arena, LQ_RAMP_MS);
}

bool
lq_delay_prepare (lq_delay *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_delay_rows, LQ_DELAY_ROWS, 0, NULL };
  const uint32_t longest = (uint32_t)ceil (TIME_MAX_MS * stream->rate / 1000.0);
  lq_ramp *const ramps[] = { &u->mix, &u->feedback, &u->pong, &u->width, &u->duck, &u->fade,
    &u->entry };
  struct lq_delay_params defaults;
  bool ok = true;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->fall = 1.0 - exp (-1000.0 * LQ_HOP / (DUCK_FALL_MS * stream->rate));
  u->pair = lq_stream_pair (stream->position, stream->channels, &u->left, &u->right);
  for (uint32_t i = 0; i < LQ_COUNT (ramps); i++)
    ok = ok && lq_ramp_prepare (ramps[i], stream, arena, LQ_RAMP_MS);
  u->echo = lq_arena_alloc (arena, (size_t)stream->channels * LQ_HOP * sizeof (float));
  if (!ok || !u->echo || !filter_prepare (&u->hpf, false, stream, arena) ||
      !filter_prepare (&u->lpf, true, stream, arena) ||
      !lq_line_prepare (&u->line, stream->channels, longest, arena))
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_delay_set (u, &defaults);
  lq_delay_reset (u);
  return true;
}

/* A filter that is off keeps its last corner while it fades out. */
static void
filter_set (const lq_delay *u, struct lq_delay_filter *f, float hz)
{
  const double most = LQ_NYQUIST_MARGIN * u->stream.rate;
  const bool on = hz > 0.0f && !(f->low && hz >= most);

  f->hz = on ? lq_clamp (hz, 10.0, most) : 0.0;
  if (on)
    f->corner = tan (LQ_PI * f->hz / u->stream.rate);
  lq_ramp_set (&f->amount, on ? 1.0 : 0.0);
}

void
lq_delay_set (lq_delay *u, const struct lq_delay_params *p)
{
  const double frames = lq_delay_time_ms (p) * u->stream.rate / 1000.0;

  u->frames = (uint32_t)lround (fmax (frames, 1.0));
  u->duck_db = p->duck_db;
  filter_set (u, &u->hpf, p->hpf_hz);
  filter_set (u, &u->lpf, p->lpf_hz);
  lq_ramp_set (&u->mix, p->enabled ? p->mix_percent / 100.0 : 0.0);
  lq_ramp_set (&u->feedback, p->feedback_percent / 100.0);
  lq_ramp_set (&u->pong, u->pair && p->ping_pong ? 1.0 : 0.0);
  lq_ramp_set (&u->width, p->width_percent / 100.0);
}

static void
filter_reset (struct lq_delay_filter *f, uint32_t channels)
{
  lq_ramp_set (&f->centre, f->corner);
  lq_ramp_jump (&f->centre);
  lq_ramp_jump (&f->amount);
  memset (f->state, 0, channels * sizeof *f->state);
  f->on = f->amount.target > 0.0;
}

/* As if nothing had ever sounded; all but mix and entry at their targets. */
static void
forget (lq_delay *u)
{
  lq_ramp_jump (&u->feedback);
  lq_ramp_jump (&u->pong);
  lq_ramp_jump (&u->width);
  lq_ramp_jump_to (&u->duck, 1.0);
  filter_reset (&u->hpf, u->stream.channels);
  filter_reset (&u->lpf, u->stream.channels);
  lq_line_reset (&u->line);
  u->z.from = u->frames;
  u->z.fading = false;
  u->z.peak = 0.0f;
  u->z.level_db = LQ_SILENCE_DB;
}

void
lq_delay_reset (lq_delay *u)
{
  memset (&u->z, 0, sizeof u->z);
  forget (u);
  lq_ramp_jump (&u->mix);
  lq_ramp_jump_to (&u->entry, 1.0);
  u->z.running = !lq_ramp_absent (&u->mix);
}

uint32_t
lq_delay_latency (const lq_delay *u)
{
  (void)u;
  return 0;
}

bool
lq_delay_neutral (const lq_delay *u)
{
  return !u->z.running && lq_ramp_absent (&u->mix);
}

/* Time constant of a filter of the loop, frames. */
static double
filter_frames (const lq_delay *u, const struct lq_delay_filter *f)
{
  return f->hz > 0.0 ? u->stream.rate / (2.0 * LQ_PI * f->hz) : 0.0;
}

/* The largest gain of one round at any frequency: both filters have 1/(1 + high/low) between them. */
static double
round_gain (const lq_delay *u)
{
  const double both = u->lpf.hz > 0.0 ? 1.0 / (1.0 + u->hpf.hz / u->lpf.hz) : 1.0;

  return both * fmax (u->feedback.target, u->feedback.z.value);
}

uint32_t
lq_delay_tail (const lq_delay *u)
{
  const double mix = fmax (u->mix.target, u->mix.z.value);
  const double wide = fmax (1.0, fmax (u->width.target, u->width.z.value));
  const double gain = round_gain (u), end = 1.585e-5;
  /* Echoes of a tone of 0 dBFS that all fall on each other, and what is left of it: −96 dBFS. */
  const double level = mix * wide / (1.0 - gain);
  const double low = filter_frames (u, &u->lpf), high = filter_frames (u, &u->hpf);
  uint32_t longest = u->frames > u->z.from ? u->frames : u->z.from;
  double rounds = 1.0, tail;

  if (lq_delay_neutral (u) || level <= end)
    return 0;
  if (u->z.fading && u->z.to > longest)
    longest = u->z.to;
  if (gain > 0.0)
    rounds += fmax (0.0, ceil (log (end / level) / log (gain)));
  /* Each round the low-pass is late by its time constant; the last one rings. */
  tail = rounds * (longest + low) + log (level / end) * (low + high);
  return (uint32_t)fmin (ceil (tail), TAIL_MAX_S * u->stream.rate);
}

static void
hop_filter (struct lq_delay_filter *f, uint32_t channels)
{
  if (lq_ramp_resting (&f->amount) && f->amount.target == 0.0) {
    f->on = false;
    return;
  }
  lq_ramp_set (&f->centre, f->corner);
  if (!f->on) {
    f->on = true;
    lq_ramp_jump (&f->centre);
    memset (f->state, 0, channels * sizeof *f->state);
  }
  lq_ramp_move (&f->centre);
  lq_ramp_move (&f->amount);
}

static void
hop_time (lq_delay *u)
{
  if (u->z.fading) {
    lq_ramp_move (&u->fade);
    if (!lq_ramp_resting (&u->fade))
      return;
    u->z.from = u->z.to;
    u->z.fading = false;
  }
  if (u->frames == u->z.from)
    return;
  u->z.fading = true;
  u->z.to = u->frames;
  lq_ramp_jump_to (&u->fade, 0.0);
  lq_ramp_set (&u->fade, 1.0);
  lq_ramp_hop (&u->fade);
}

/* How far the echoes go down, by the input of the hop that is over. */
static void
hop_duck (lq_delay *u)
{
  double level_db = LQ_SILENCE_DB, share;

  if (u->duck_db == 0.0) {
    u->z.level_db = LQ_SILENCE_DB;
    lq_ramp_set (&u->duck, 1.0);
  } else {
    if (u->z.peak > DUCK_SILENCE)
      level_db = lq_lin_to_db (u->z.peak);
    u->z.level_db += (level_db - u->z.level_db) * (level_db > u->z.level_db ? 1.0 : u->fall);
    share = lq_clamp ((u->z.level_db - DUCK_NONE_DB) / (DUCK_FULL_DB - DUCK_NONE_DB), 0.0, 1.0);
    lq_ramp_set (&u->duck, lq_db_to_lin (-u->duck_db * share));
  }
  u->z.peak = 0.0f;
  lq_ramp_move (&u->duck);
}

static void
hop (lq_delay *u)
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
  lq_ramp_move (&u->feedback);
  lq_ramp_move (&u->pong);
  lq_ramp_move (&u->width);
  lq_ramp_move (&u->entry);
  hop_filter (&u->hpf, u->stream.channels);
  hop_filter (&u->lpf, u->stream.channels);
  hop_time (u);
  hop_duck (u);
}

/* A step of a filter whose corner w = tan (π·hz/rate) or amount moves. */
static void
filter_moving (lq_delay *u, struct lq_delay_filter *f, uint32_t n)
{
  struct lq_shelf_taps taps[LQ_HOP];
  float centre[LQ_HOP], amount[LQ_HOP];

  lq_ramp_fill (&f->centre, centre, u->z.phase, n);
  lq_ramp_fill (&f->amount, amount, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    const double w = centre[i], hi = f->low ? 1.0 - amount[i] : 1.0,
                 lo = f->low ? 1.0 : 1.0 - amount[i];
    taps[i] = (struct lq_shelf_taps){ (1.0 - w) / (1.0 + w), w / (1.0 + w), hi, lo - hi };
  }
  for (uint32_t c = 0; c < u->stream.channels; c++)
    lq_first_move (taps, &f->state[c], u->echo + c * LQ_HOP, n);
}

static void
filter (lq_delay *u, struct lq_delay_filter *f, uint32_t n)
{
  const double w = f->centre.z.value;
  const struct lq_shelf_taps taps = { (1.0 - w) / (1.0 + w), w / (1.0 + w), f->low ? 0.0 : 1.0,
    f->low ? 1.0 : -1.0 };

  if (!f->on)
    return;
  if (f->centre.z.value != f->centre.z.end || f->amount.z.value != 1.0 ||
      f->amount.z.end != 1.0) {
    filter_moving (u, f, n);
    return;
  }
  for (uint32_t c = 0; c < u->stream.channels; c++)
    u->kernels->shelf (
        &taps, &f->state[c], u->echo + c * LQ_HOP, u->z.phase % LQ_SHELF_GROUP, n);
}

/* What the reading points hear. */
static void
hear (lq_delay *u, uint32_t n)
{
  float fade[LQ_HOP], next[LQ_HOP];

  if (u->z.fading)
    lq_ramp_fill (&u->fade, fade, u->z.phase, n);
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    float *echo = u->echo + c * LQ_HOP;
    lq_line_read (&u->line, c, u->z.from, echo, n);
    if (!u->z.fading)
      continue;
    lq_line_read (&u->line, c, u->z.to, next, n);
    lq_orc_crossfade (echo, next, fade, (int)n);
  }
}

/* The middle enters on the left alone, and echoes change sides. */
static void
feed_pair (lq_delay *u, float *const *at, const float *entry, const float *feedback, uint32_t n)
{
  const float *l = at[u->left], *r = at[u->right];
  const float *el = u->echo + u->left * LQ_HOP, *er = u->echo + u->right * LQ_HOP;
  float pong[LQ_HOP], left[LQ_HOP], right[LQ_HOP];

  lq_ramp_fill (&u->pong, pong, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    const float to_left = l[i] + 0.5f * pong[i] * (r[i] - l[i]);
    const float to_right = (1.0f - pong[i]) * r[i], crossed = pong[i] * (er[i] - el[i]);
    left[i] = entry[i] * to_left + feedback[i] * (el[i] + crossed);
    right[i] = entry[i] * to_right + feedback[i] * (er[i] - crossed);
  }
  lq_line_write (&u->line, u->left, left, n);
  lq_line_write (&u->line, u->right, right, n);
}

static void
feed (lq_delay *u, float *const *at, uint32_t n)
{
  float entry[LQ_HOP], feedback[LQ_HOP], in[LQ_HOP];

  lq_ramp_fill (&u->entry, entry, u->z.phase, n);
  lq_ramp_fill (&u->feedback, feedback, u->z.phase, n);
  if (u->pair)
    feed_pair (u, at, entry, feedback, n);
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    const float *x = at[c], *echo = u->echo + c * LQ_HOP;
    if (u->pair && (c == u->left || c == u->right))
      continue;
    for (uint32_t i = 0; i < n; i++)
      in[i] = entry[i] * x[i] + feedback[i] * echo[i];
    lq_line_write (&u->line, c, in, n);
  }
  lq_line_advance (&u->line, n);
}

static void
widen (lq_delay *u, uint32_t n)
{
  float *l = u->echo + u->left * LQ_HOP, *r = u->echo + u->right * LQ_HOP, width[LQ_HOP];

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
step (lq_delay *u, float *const *at, uint32_t n)
{
  float wet[LQ_HOP], dry[LQ_HOP], duck[LQ_HOP];

  if (u->duck_db > 0.0)
    for (uint32_t c = 0; c < u->stream.channels; c++)
      u->z.peak = fmaxf (u->z.peak, u->kernels->peak (at[c], n));
  hear (u, n);
  filter (u, &u->hpf, n);
  filter (u, &u->lpf, n);
  feed (u, at, n);
  if (u->pair)
    widen (u, n);
  lq_ramp_fill (&u->mix, wet, u->z.phase, n);
  lq_ramp_fill (&u->duck, duck, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    dry[i] = 1.0f - wet[i];
    wet[i] *= duck[i];
  }
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    const float *echo = u->echo + c * LQ_HOP;
    float *y = at[c];
    for (uint32_t i = 0; i < n; i++)
      y[i] = dry[i] * y[i] + wet[i] * echo[i];
  }
}

void
lq_delay_process (lq_delay *u, float *const *ch, uint32_t frames)
{
  float *at[LQ_CHANNELS_MAX];

  if (lq_delay_neutral (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0)
      hop (u);
    n = lq_hop_left (u->z.phase, frames - done);
    if (u->z.running) {
      n = n < u->z.from ? n : u->z.from;
      if (u->z.fading)
        n = n < u->z.to ? n : u->z.to;
      for (uint32_t c = 0; c < u->stream.channels; c++)
        at[c] = ch[c] + done;
      step (u, at, n);
    }
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
