/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the bus of a mixing console.
 *
 *   groups × gain ─→ + ─→ × gain, dim, mute ─→ monitor (2×2) ─→
 *   channels ───────→ +
 *   reverb send ─→ reverb, all wet ─→ × gain, mute ─→ +
 *   delay send ─→ pre-delay ─→ delay, all wet ─→ × gain, mute ─→ +
 *
 * z: phase counts frames on the grid, now those since reset; awake: a return runs. */

#include "console.h"

#include "../base/mathx.h"

#include <string.h>

#define NO_GROUP UINT32_MAX
#define PREDELAY_MAX_MS 500.0

#define MASTER(name) offsetof (struct lq_bus_params, name)
static const struct lq_param master_rows[LQ_MASTER_ROWS] = {
  { "gain", "Gain", "Bus fader; −120 is silence", "dB", LQ_FLOAT, LQ_LINEAR, MASTER (gain_db),
      -120, 24, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mute", "Mute", "Silences the bus", NULL, LQ_BOOL, LQ_LINEAR, MASTER (mute), 0, 1, 0, NULL,
      LQ_PLAYING, LQ_RAMP_MS },
  { "pan-law", "Pan law",
      "Gain at the centre: −3 sine and cosine, −6 linear, −4.5 between the two, 0 "
      "audiomixer's own, −2.5 an analogue desk's; between these by interpolation",
      "dB", LQ_FLOAT, LQ_LINEAR, MASTER (pan_law_db), -6, 0, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "monitor", "Monitor",
      "What is heard of the bus; mono and mid: (L+R)/2, side: (L−R)/2, left, right: on both",
      NULL, LQ_ENUM, LQ_LINEAR, MASTER (monitor), 0, LQ_MONITORS - 1, 0, &lq_monitor_items,
      LQ_PLAYING, LQ_RAMP_MS },
  { "dim", "Dim", "Lowers the bus by dim-gain", NULL, LQ_BOOL, LQ_LINEAR, MASTER (dim), 0, 1, 0,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "dim-gain", "Dim gain", "What dim adds", "dB", LQ_FLOAT, LQ_LINEAR, MASTER (dim_gain_db),
      -60, 0, -20, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "strip-latency-reserve", "Latency reserve",
      "Look-ahead that pads may use: at least this, at least what they need at the start", "ms",
      LQ_FLOAT, LQ_LINEAR, MASTER (reserve_ms), 0, 100, 0, NULL, 0, 0 },
};
LQ_ASSERT_ROWS (master_rows, struct lq_bus_params);

#define RETURN(name) offsetof (struct lq_return_params, name)
static const struct lq_param return_rows[LQ_RETURN_ROWS] = {
  { "gain", "Return gain", "Of the return; −120 is silence", "dB", LQ_FLOAT, LQ_LINEAR,
      RETURN (gain_db), -120, 24, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mute", "Return mute", "Silences the return", NULL, LQ_BOOL, LQ_LINEAR, RETURN (mute), 0, 1,
      0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (return_rows, struct lq_return_params);

static const struct lq_param predelay_rows[1] = {
  { "predelay", "Delay pre-delay", "Before the first echo, on top of its time", "ms", LQ_FLOAT,
      LQ_LINEAR, 0, 0, PREDELAY_MAX_MS, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};

/* Both are there for whoever sends; `mix`, their last row, isn't a console's. */
static const struct lq_override there[] = { { "enabled", 1.0 }, { NULL, 0.0 } };

#define PLACE(field) offsetof (struct lq_console_params, field)
const struct lq_module lq_console_modules[LQ_CONSOLE_MODULES] = {
  { "", master_rows, LQ_MASTER_ROWS, PLACE (master), NULL },
  { "reverb", lq_reverb_rows, LQ_REVERB_ROWS - 1, PLACE (reverb), there },
  { "reverb", return_rows, LQ_RETURN_ROWS, PLACE (back[LQ_SEND_REVERB]), NULL },
  { "delay", lq_delay_rows, LQ_DELAY_ROWS - 1, PLACE (delay), there },
  { "delay", predelay_rows, 1, PLACE (predelay_ms), NULL },
  { "delay", return_rows, LQ_RETURN_ROWS, PLACE (back[LQ_SEND_DELAY]), NULL },
};

#define GROUP(name) offsetof (struct lq_group_params, name)
const struct lq_param lq_group_rows[LQ_GROUP_ROWS] = {
  { "gain", "Group gain", "Of all its pads; −120 is silence", "dB", LQ_FLOAT, LQ_LINEAR,
      GROUP (gain_db), -120, 24, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mute", "Group mute", "Mutes all its pads", NULL, LQ_BOOL, LQ_LINEAR, GROUP (mute), 0, 1, 0,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "solo", "Group solo", "Solos all its pads", NULL, LQ_BOOL, LQ_LINEAR, GROUP (solo), 0, 1, 0,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_group_rows, struct lq_group_params);

/* LL, LR, RL, RR of each. */
void
lq_console_defaults (struct lq_console_params *p)
{
  memset (p, 0, sizeof *p);
  lq_modules_defaults (lq_console_modules, LQ_CONSOLE_MODULES, p);
  p->reverb.mix_percent = p->delay.mix_percent = 100.0f;
}

static bool
lq_console_prepare_planes (lq_console *u, lq_arena *arena)
{
  const size_t bytes = u->room * sizeof (double), marks = u->room / LQ_HOP;
  const uint32_t channels = u->stream.channels;
  bool ok = (u->heard = lq_arena_alloc (arena, marks)) != NULL;

  for (uint32_t c = 0; c < channels; c++)
    ok = ok && (u->main[c] = lq_arena_alloc (arena, bytes));
  for (int s = 0; s < LQ_SENDS; s++) {
    ok = ok && (u->sent[s] = lq_arena_alloc (arena, marks));
    for (uint32_t c = 0; c < u->sends; c++)
      ok = ok && (u->send[s][c] = lq_arena_alloc (arena, bytes)) &&
           (u->back[s].plane[c] = lq_arena_alloc (arena, LQ_BLOCK * sizeof (float)));
  }
  u->group = lq_arena_alloc (arena, (u->groups * channels + 1) * sizeof *u->group);
  u->group_gain = lq_arena_alloc (arena, (u->groups + 1) * sizeof *u->group_gain);
  for (uint32_t i = 0; ok && u->group && i < u->groups * channels; i++)
    ok = (u->group[i] = lq_arena_alloc (arena, bytes)) != NULL;
  for (uint32_t g = 0; ok && u->group_gain && g < u->groups; g++)
    ok = lq_ramp_prepare (&u->group_gain[g], &u->stream, arena, LQ_RAMP_MS);
  return ok && u->group && u->group_gain;
}

lq_stream
lq_console_returns (const lq_stream *stream)
{
  lq_stream back = *stream;
  uint32_t left, right;
  const bool pair = lq_stream_pair (stream->position, stream->channels, &left, &right);

  back.channels = back.out_channels = pair ? 2 : 1;
  back.position[0] = pair ? LQ_POS_LEFT : LQ_POS_MONO;
  back.position[1] = LQ_POS_RIGHT;
  return back;
}

bool
lq_console_prepare (
    lq_console *u, const lq_stream *stream, uint32_t groups, uint32_t room, lq_arena *arena)
{
  const lq_stream back = lq_console_returns (stream);
  struct lq_console_params defaults;
  bool ok;

  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->stream = *stream;
  u->groups = groups;
  u->room = room;
  u->pair = lq_stream_pair (stream->position, stream->channels, &u->left, &u->right);
  u->sends = back.channels;
  ok = lq_console_prepare_planes (u, arena) && lq_reverb_prepare (&u->reverb, &back, arena) &&
       lq_delay_prepare (&u->delay, &back, arena) &&
       lq_shift_prepare (&u->predelay, &back, PREDELAY_MAX_MS * stream->rate / 1000.0, arena) &&
       lq_ramp_prepare (&u->level, stream, arena, LQ_RAMP_MS) &&
       lq_fade_prepare (&u->open, stream, arena) && lq_console_meters_prepare (u, arena);
  ok = ok && lq_monitor_prepare (&u->monitor, stream, arena);
  for (int s = 0; s < LQ_SENDS; s++)
    ok = ok && lq_ramp_prepare (&u->back[s].gain, stream, arena, LQ_RAMP_MS) &&
         lq_fade_prepare (&u->back[s].open, stream, arena);
  if (!ok)
    return false;
  lq_console_defaults (&defaults);
  for (uint32_t g = 0; g < groups; g++)
    lq_console_set_group (u, g, 1.0);
  lq_console_set (u, &defaults, false);
  lq_console_reset (u, 0);
  return true;
}

void
lq_console_set (lq_console *u, const struct lq_console_params *p, bool bypassed)
{
  const bool enabled[LQ_SENDS] = { p->reverb.enabled, p->delay.enabled };
  struct lq_reverb_params reverb = p->reverb;
  struct lq_delay_params delay = p->delay;
  const float dim_db = p->master.dim ? p->master.dim_gain_db : 0.0f;

  /* Off, they would pass what is sent: what closes is the return. */
  reverb.enabled = delay.enabled = 1;
  lq_reverb_set (&u->reverb, &reverb);
  lq_delay_set (&u->delay, &delay);
  lq_shift_set (&u->predelay, lq_shift_frames (u->stream.rate, p->predelay_ms));
  for (int s = 0; s < LQ_SENDS; s++) {
    lq_ramp_set (&u->back[s].gain, lq_db_to_lin (p->back[s].gain_db));
    lq_fade_set (&u->back[s].open, enabled[s] && !p->back[s].mute && !bypassed, 0.0f);
  }
  lq_ramp_set (&u->level,
      p->master.gain_db <= LQ_SILENCE_DB ? 0.0 : lq_db_to_lin (p->master.gain_db + dim_db));
  lq_fade_set (&u->open, !p->master.mute, 0.0f);
  lq_monitor_set (&u->monitor, p->master.monitor);
}

void
lq_console_set_group (lq_console *u, uint32_t group, double gain)
{
  lq_ramp_set (&u->group_gain[group], gain);
}

/* What has been added there goes. */
static void
lq_console_wipe (lq_console *u, uint32_t place, uint32_t frames)
{
  const uint32_t channels = u->stream.channels;
  const size_t bytes = frames * sizeof (double);

  for (uint32_t c = 0; c < channels; c++)
    memset (u->main[c] + place, 0, bytes);
  for (uint32_t i = 0; i < u->groups * channels; i++)
    memset (u->group[i] + place, 0, bytes);
}

static void
lq_console_wipe_send (lq_console *u, int s, uint32_t place, uint32_t frames)
{
  for (uint32_t c = 0; c < u->sends; c++)
    memset (u->send[s][c] + place, 0, frames * sizeof (double));
}

void
lq_console_reset (lq_console *u, uint64_t frame)
{
  const uint32_t hops = u->room / LQ_HOP;

  for (int s = 0; s < LQ_SENDS; s++) {
    if (memchr (u->sent[s], 1, hops))
      lq_console_wipe_send (u, s, 0, u->room);
    memset (u->sent[s], 0, hops);
  }
  /* A block of returns alone that was never cleared has no mark. */
  if (u->wet || memchr (u->heard, 1, hops))
    lq_console_wipe (u, 0, u->room);
  u->wet = false;
  memset (u->heard, 0, hops);
  u->z.phase = (uint32_t)(frame % LQ_HOP);
  u->z.now = frame;
  for (int s = 0; s < LQ_SENDS; s++) {
    memset (&u->back[s].z, 0, sizeof u->back[s].z);
    lq_ramp_jump (&u->back[s].gain);
    lq_fade_jump (&u->back[s].open, u->back[s].open.on);
  }
  for (uint32_t g = 0; g < u->groups; g++)
    lq_ramp_jump (&u->group_gain[g]);
  lq_monitor_jump (&u->monitor);
  lq_ramp_jump (&u->level);
  lq_fade_jump (&u->open, u->open.on);
}

struct lq_mix
lq_console_mix (const lq_console *u, uint32_t group)
{
  return (struct lq_mix){
    .main = group == NO_GROUP ? u->main : u->group + group * u->stream.channels,
    .send = { { u->send[0][0], u->send[0][1] }, { u->send[1][0], u->send[1][1] } },
    .heard = u->heard,
    .sent = { u->sent[0], u->sent[1] },
  };
}

/* The frames of the coming block between whose hops some are marked; false: none. */
static bool
lq_console_marked (
    const lq_console *u, const uint8_t *marks, uint32_t frames, uint32_t *first, uint32_t *last)
{
  const uint32_t place = lq_console_place (u, u->z.now), end = place + frames;
  uint32_t from = place / LQ_HOP, to = (end - 1) / LQ_HOP + 1;

  while (from < to && !marks[from])
    from++;
  while (to > from && !marks[to - 1])
    to--;
  *first = from * LQ_HOP > place ? from * LQ_HOP - place : 0;
  *last = to * LQ_HOP < end ? to * LQ_HOP - place : frames;
  return from < to;
}

void
lq_console_look (lq_console *u, uint32_t frames)
{
  uint32_t first, last;

  u->looked = lq_console_marked (u, u->heard, frames, &first, &last);
  for (int s = 0; s < LQ_SENDS; s++)
    if (!lq_console_marked (u, u->sent[s], frames, &u->first[s], &u->last[s]))
      u->first[s] = u->last[s] = 0;
}

void
lq_console_clear (lq_console *u, uint32_t frames)
{
  const uint32_t end = lq_console_place (u, u->z.now - 1) + 1, place = end - frames;
  const uint32_t first = place / LQ_HOP, last = (end - 1) / LQ_HOP, hops = end / LQ_HOP - first;

  /* Returns go to main too, whatever was heard; a hop that goes on keeps its mark. */
  if (u->wet || memchr (u->heard + first, 1, last + 1 - first))
    lq_console_wipe (u, place, frames);
  memset (u->heard + first, 0, hops);
  for (int s = 0; s < LQ_SENDS; s++) {
    if (memchr (u->sent[s] + first, 1, last + 1 - first))
      lq_console_wipe_send (u, s, place, frames);
    memset (u->sent[s] + first, 0, hops);
  }
  u->wet = false;
}

/* A part of a block that lies within one hop. */
struct part {
  uint32_t first, n; /* first: in the block */
  uint32_t place;    /* … and in the rings */
};

/* d += x · ramp. */
static void
lq_console_add (const lq_console *u, const struct part *part, double *d, const double *x,
    const lq_ramp *ramp)
{
  float curve[LQ_HOP];

  if (lq_ramp_absent (ramp))
    return;
  lq_ramp_fill (ramp, curve, u->z.phase, part->n);
  for (uint32_t i = 0; i < part->n; i++)
    d[part->place + i] += x[part->place + i] * (double)curve[i];
}

static void
lq_console_groups (lq_console *u, const struct part *part)
{
  const uint32_t channels = u->stream.channels;

  for (uint32_t g = 0; g < u->groups; g++)
    for (uint32_t c = 0; c < channels; c++)
      lq_console_add (u, part, u->main[c], u->group[g * channels + c], &u->group_gain[g]);
}

/* The wet signal of a part, which nothing was sent to before it woke. */
static void
lq_console_wet (lq_console *u, int s, float *const *ch, uint32_t frames)
{
  if (s == LQ_SEND_REVERB) {
    lq_reverb_process (&u->reverb, ch, frames);
    return;
  }
  lq_shift_process (&u->predelay, ch, frames);
  lq_delay_process (&u->delay, ch, frames);
}

/* As if it had been there since the grid point before the coming block, or one in it. */
static void
lq_console_wake (lq_console *u, int s, uint32_t phase)
{
  float silence[2][LQ_HOP] = { { 0.0f } };

  if (s == LQ_SEND_REVERB) {
    lq_reverb_reset (&u->reverb);
  } else {
    lq_shift_reset (&u->predelay, 0);
    lq_delay_reset (&u->delay);
  }
  lq_console_wet (u, s, (float *[]){ silence[0], silence[1] }, phase);
  u->back[s].z.awake = true;
}

static uint64_t
lq_console_back_tail (const lq_console *u, int s)
{
  return s == LQ_SEND_REVERB ? lq_reverb_tail (&u->reverb)
                             : lq_shift_tail (&u->predelay) + lq_delay_tail (&u->delay);
}

/* The return's own planes for this block, and up to where they sound. A return wakes at the first hop
 * in which something is sent, wherever blocks begin. */
static uint32_t
lq_console_return (lq_console *u, int s, uint32_t frames)
{
  const uint32_t place = lq_console_place (u, u->z.now);
  struct lq_return *back = &u->back[s];
  uint32_t first = 0;
  float *at[2];
  uint64_t end;

  if (u->last[s]) {
    if (!back->z.awake) {
      first = u->first[s];
      lq_console_wake (u, s, first ? 0 : u->z.phase);
    }
    back->z.until = u->z.now + u->last[s];
  }
  if (!back->z.awake)
    return 0;
  end = back->z.until + lq_console_back_tail (u, s);
  if (end < u->z.now + frames) {
    frames = end > u->z.now ? (uint32_t)(end - u->z.now) : 0;
    back->z.awake = false;
  }
  for (uint32_t c = 0; c < u->sends; c++) {
    at[c] = back->plane[c] + first;
    memset (back->plane[c], 0, first * sizeof (float));
    for (uint32_t i = first; i < frames; i++)
      back->plane[c][i] = (float)u->send[s][c][place + i];
  }
  if (frames > first)
    lq_console_wet (u, s, at, frames - first);
  return frames;
}

static void
lq_console_back (lq_console *u, const struct part *part, int s, uint32_t frames)
{
  struct lq_return *back = &u->back[s];
  const uint32_t planes[2] = { u->left, u->right };
  struct part heard = *part;
  float curve[LQ_HOP], open[LQ_HOP];

  if (heard.first >= frames || lq_fade_absent (&back->open) || lq_ramp_absent (&back->gain))
    return;
  if (heard.first + heard.n > frames)
    heard.n = frames - heard.first;
  lq_ramp_fill (&back->gain, curve, u->z.phase, heard.n);
  lq_ramp_fill (&back->open.ramp, open, u->z.phase, heard.n);
  for (uint32_t i = 0; i < heard.n; i++)
    curve[i] *= open[i];
  for (uint32_t c = 0; c < u->sends; c++)
    u->kernels->mix_curve (
        u->main[planes[c]] + heard.place, back->plane[c] + heard.first, curve, heard.n);
}

static void
lq_console_level (lq_console *u, const struct part *part)
{
  float level[LQ_HOP], open[LQ_HOP];

  if (lq_ramp_resting (&u->level) && u->level.target == 1.0 && lq_fade_resting (&u->open) &&
      u->open.on)
    return;
  lq_ramp_fill (&u->level, level, u->z.phase, part->n);
  lq_ramp_fill (&u->open.ramp, open, u->z.phase, part->n);
  for (uint32_t c = 0; c < u->stream.channels; c++)
    for (uint32_t i = 0; i < part->n; i++)
      u->main[c][part->place + i] *= (double)level[i] * (double)open[i];
}

static void
lq_console_monitor (lq_console *u, const struct part *part)
{
  double *left = u->main[u->left] + part->place, *right = u->main[u->right] + part->place;
  float cell[4][LQ_HOP];

  if (lq_monitor_straight (&u->monitor))
    return;
  lq_monitor_fill (&u->monitor, cell, u->z.phase, part->n);
  for (uint32_t i = 0; i < part->n; i++) {
    const double l = left[i], r = right[i];
    left[i] = l * (double)cell[0][i] + r * (double)cell[1][i];
    right[i] = l * (double)cell[2][i] + r * (double)cell[3][i];
  }
}

void
lq_console_pass (lq_console *u)
{
  for (uint32_t g = 0; g < u->groups; g++)
    lq_ramp_move (&u->group_gain[g]);
  for (int s = 0; s < LQ_SENDS; s++) {
    lq_ramp_move (&u->back[s].gain);
    lq_fade_move (&u->back[s].open);
  }
  lq_monitor_hop (&u->monitor);
  lq_ramp_move (&u->level);
  lq_fade_move (&u->open);
}

bool
lq_console_finish (lq_console *u, uint32_t frames)
{
  bool heard = u->looked;
  uint32_t wet[LQ_SENDS];
  struct part part = { 0, 0, lq_console_place (u, u->z.now) };

  for (int s = 0; s < LQ_SENDS; s++) {
    wet[s] = lq_console_return (u, s, frames);
    u->wet = u->wet || wet[s];
  }
  heard = heard || u->wet;
  for (; part.first < frames; part.first += part.n, part.place += part.n) {
    if (u->z.phase == 0)
      lq_console_pass (u);
    part.n = lq_hop_left (u->z.phase, frames - part.first);
    if (heard) {
      lq_console_groups (u, &part);
      for (int s = 0; s < LQ_SENDS; s++)
        lq_console_back (u, &part, s, wet[s]);
      lq_console_level (u, &part);
      if (u->pair)
        lq_console_monitor (u, &part);
    }
    u->z.phase = (u->z.phase + part.n) % LQ_HOP;
  }
  if (u->metered)
    lq_console_measure (u, lq_console_place (u, u->z.now), frames);
  u->z.now += frames;
  return heard;
}

void
lq_console_narrow (const lq_console *u, uint32_t c, uint32_t place, float *out, uint32_t frames)
{
  const double *restrict from = u->main[c] + place;
  float *restrict to = out;

  for (uint32_t i = 0; i < frames; i++)
    to[i] = (float)from[i];
}

uint64_t
lq_console_tail (const lq_console *u)
{
  uint64_t tail = 0;

  for (int s = 0; s < LQ_SENDS; s++) {
    const uint64_t one = u->back[s].z.awake ? lq_console_back_tail (u, s) : 0;
    tail = tail > one ? tail : one;
  }
  return tail;
}
