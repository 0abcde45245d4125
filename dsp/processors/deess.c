/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: de-esser.
 * Source:  crossover: S. Linkwitz, R. Riley, "Active Crossover Networks for Noncoincident Drivers",
 *          JAES 24(1) 1976; both bands sum to (s² − √2·s + 1)/(s² + √2·s + 1), and so do bilinear
 *          ones. Relative threshold: level of the band against that of the whole.
 *
 *   x ─┬─→ high-pass² ─→ upper ─┬─→ max of channels and group, held ─→ dB ─┐
 *      ├─→ max …, held ─→ dB ───┼──────────────────────────────────→ − ────┴─→ − threshold
 *      │                        │      → 0 … range → attack, release → g
 *      ├─→ all-pass ─→ sum ─────┴─→ split: sum + (g − 1)·upper ─→ y
 *      └──────────────────────────→ wide:  g·x
 *
 * Gains are made once a group, and go straight from one to the next. Another frequency is another
 * crossover, faded to.
 *
 * z: phase counts frames on the grid; reduction_db is what ballistics follow. */

#include "deess.h"

#include "../base/mathx.h"
#include "../primitives/times.h"

#include <string.h>

#define HOLD_MS 10.0

/* Frames that are filtered at once. */
#define CHUNK (4 * LQ_HOP)

/* A band below this level is silence. A reduction that releases to less than this is none. */
#define SILENCE 1e-6f
#define DONE_DB 1e-4

/* −96 dB of a crossover at its frequency, in radians of it. */
#define TAIL_RADIANS 30.0

static const struct lq_enum modes = { "LqDeessMode",
  (const struct lq_item[]){ { "split", "The band alone", LQ_DEESS_SPLIT },
      { "wide", "Everything", LQ_DEESS_WIDE }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_deess_params, name)
const struct lq_param lq_deess_rows[LQ_DEESS_ROWS] = {
  { "enabled", "De-esser", "De-esser on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1, 0,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "frequency", "Sibilant frequency", "The sibilant band begins here", "Hz", LQ_FLOAT, LQ_LOG,
      FIELD (frequency_hz), 2000, 16000, 6000, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "threshold", "De-esser threshold",
      "Level of the band against the whole programme above which it works: independent of "
      "level",
      "dB", LQ_FLOAT, LQ_LINEAR, FIELD (threshold_db), -40, 0, -12, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
  { "range", "De-esser range",
      "Reduces by the excess over the threshold, at most by this; 0 = neutral", "dB", LQ_FLOAT,
      LQ_LINEAR, FIELD (range_db), 0, 24, 8, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mode", "De-esser mode", "split: the band alone (a crossover); wide: everything", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (mode), 0, 1, 0, &modes, LQ_PLAYING, LQ_RAMP_MS },
  { "attack", "De-esser attack", "Time to 63 % of a change", "ms", LQ_FLOAT, LQ_LOG,
      FIELD (attack_ms), 0.05, 50, 1, NULL, LQ_PLAYING, 0 },
  { "release", "De-esser release", "Time to 63 % of a change", "ms", LQ_FLOAT, LQ_LOG,
      FIELD (release_ms), 5, 500, 60, NULL, LQ_PLAYING, 0 },
  { "listen", "De-esser listen", "Hears the band alone", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (listen), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_deess_rows, struct lq_deess_params);

static void
design (lq_deess *u, uint32_t which, double hz)
{
  const double w = tan (LQ_PI * fmin (hz / u->stream.rate, 0.45)), k = sqrt (2.0) * w;
  const double norm = 1.0 / (1.0 + k + w * w);
  struct lq_deess_split *s = &u->split[which];

  s->taps = (struct lq_crossover_taps){ 2.0 * (w * w - 1.0) * norm, (1.0 - k + w * w) * norm,
    norm * norm };
  memset (s->state, 0, (u->stream.channels + 1) / 2 * sizeof *s->state);
  u->z.frequency_hz[which] = hz;
}

static bool
prepare_memory (lq_deess *u, lq_arena *arena)
{
  const size_t channels = u->stream.channels, pairs = (channels + 1) / 2;

  for (uint32_t i = 0; i < 2; i++) {
    u->split[i].state = lq_arena_alloc (arena, pairs * sizeof *u->split[i].state);
    if (!u->split[i].state)
      return false;
  }
  u->upper = lq_arena_alloc (arena, channels * CHUNK * sizeof (float));
  u->sum = lq_arena_alloc (arena, channels * CHUNK * sizeof (float));
  u->other = lq_arena_alloc (arena, 4 * (size_t)CHUNK * sizeof (float));
  return u->upper && u->sum && u->other;
}

bool
lq_deess_prepare (lq_deess *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_deess_rows, LQ_DEESS_ROWS, 0, NULL };
  const uint32_t hold = lq_group_hold (stream->rate, HOLD_MS);
  lq_ramp *const ramps[] = { &u->threshold_db, &u->range_db, &u->on, &u->wide, &u->fade };
  struct lq_deess_params defaults;

  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->group = lq_group_frames (stream->rate);
  for (uint32_t i = 0; i < LQ_COUNT (ramps); i++)
    if (!lq_ramp_prepare (ramps[i], stream, arena, LQ_RAMP_MS))
      return false;
  if (!prepare_memory (u, arena) || !lq_listen_prepare (&u->listen, stream, arena) ||
      !lq_slidemax_prepare (&u->whole, hold, arena) ||
      !lq_slidemax_prepare (&u->band, hold, arena))
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_deess_set (u, &defaults);
  lq_deess_reset (u);
  return true;
}

static double
share (const lq_deess *u, double ms)
{
  return 1.0 - lq_keep (u->stream.rate / u->group, ms);
}

void
lq_deess_set (lq_deess *u, const struct lq_deess_params *p)
{
  u->attack = share (u, p->attack_ms);
  u->release = share (u, p->release_ms);
  u->frequency_hz = p->frequency_hz;
  u->listened = p->enabled && p->listen;
  lq_ramp_set (&u->threshold_db, p->threshold_db);
  lq_ramp_set (&u->range_db, p->range_db);
  lq_ramp_set (&u->wide, p->mode == LQ_DEESS_WIDE ? 1.0 : 0.0);
  lq_ramp_set (&u->on, p->enabled && p->range_db > 0.0f ? 1.0 : 0.0);
  lq_listen_set (&u->listen, u->listened);
}

/* Everything begins with silence, at what is set. */
static void
wake (lq_deess *u)
{
  lq_ramp_jump (&u->threshold_db);
  lq_ramp_jump (&u->range_db);
  lq_ramp_jump (&u->wide);
  lq_slidemax_reset (&u->whole);
  lq_slidemax_reset (&u->band);
  design (u, 0, u->frequency_hz);
  u->z.fading = false;
  u->z.reduction_db = 0.0;
  u->z.from = u->z.to = 1.0f;
}

void
lq_deess_reset (lq_deess *u)
{
  memset (&u->z, 0, sizeof u->z);
  wake (u);
  lq_ramp_jump (&u->on);
  lq_listen_reset (&u->listen);
  u->z.running = u->on.target != 0.0 || u->listened;
}

uint32_t
lq_deess_latency (const lq_deess *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_deess_tail (const lq_deess *u)
{
  const double hz = fmin (u->frequency_hz, fmin (u->z.frequency_hz[0], 0.45 * u->stream.rate));

  if (!u->z.running && u->on.target == 0.0)
    return 0;
  return (uint32_t)ceil (TAIL_RADIANS * u->stream.rate / (2.0 * LQ_PI * hz));
}

bool
lq_deess_neutral (const lq_deess *u)
{
  return !u->z.running && u->on.target == 0.0 && !u->listen.active;
}

float
lq_deess_reduction_db (lq_deess *u)
{
  const float most = u->z.most_db;

  u->z.most_db = 0.0f;
  return most;
}

/* Grid. */

static void
hop_frequency (lq_deess *u)
{
  if (u->z.fading && lq_ramp_resting (&u->fade)) {
    const struct lq_deess_split old = u->split[0];
    u->split[0] = u->split[1];
    u->split[1] = old;
    u->z.frequency_hz[0] = u->z.frequency_hz[1];
    u->z.fading = false;
  }
  if (!u->z.fading && u->frequency_hz != u->z.frequency_hz[0]) {
    design (u, 1, u->frequency_hz);
    lq_ramp_jump_to (&u->fade, 0.0);
    lq_ramp_set (&u->fade, 1.0);
    u->z.fading = true;
  }
  if (u->z.fading)
    lq_ramp_hop (&u->fade);
}

/* `heard`: somebody listens to its band. */
static void
hop (lq_deess *u, bool heard)
{
  if (lq_ramp_absent (&u->on) && !heard) {
    u->z.running = false;
    return;
  }
  if (!u->z.running)
    wake (u);
  u->z.running = true;
  lq_ramp_move (&u->threshold_db);
  lq_ramp_move (&u->range_db);
  lq_ramp_move (&u->on);
  lq_ramp_move (&u->wide);
  hop_frequency (u);
}

/* Nothing but the gain moves until something else is set. */
static bool
calm (const lq_deess *u)
{
  return lq_ramp_resting (&u->threshold_db) && lq_ramp_resting (&u->range_db) &&
         lq_ramp_resting (&u->on) && lq_ramp_resting (&u->wide) && !u->z.fading &&
         u->frequency_hz == u->z.frequency_hz[0];
}

/* Sound. */

static void
split_pair (lq_deess *u, uint32_t c, float *const *ch, uint32_t first, uint32_t n)
{
  const uint32_t channels = u->stream.channels - c < 2 ? 1 : 2;
  float *const at = u->upper + c * CHUNK, *const to = u->sum + c * CHUNK, *other = u->other;
  /* One alone stands for both. */
  float *const upper[2] = { at, channels == 2 ? at + CHUNK : other };
  float *const sum[2] = { to, channels == 2 ? to + CHUNK : other + CHUNK };
  float *const upper2[2] = { other, other + CHUNK }, *const sum2[2] = { other + 2 * CHUNK,
    other + 3 * CHUNK };
  const float *const x[2] = { ch[c] + first, ch[c + channels - 1] + first };
  float fade[LQ_HOP];

  u->kernels->crossover (&u->split[0].taps, u->split[0].state + c / 2, x, upper, sum, n);
  if (!u->z.fading)
    return;
  u->kernels->crossover (&u->split[1].taps, u->split[1].state + c / 2, x, upper2, sum2, n);
  lq_ramp_fill (&u->fade, fade, u->z.phase, n);
  for (uint32_t k = 0; k < channels; k++)
    for (uint32_t i = 0; i < n; i++) {
      upper[k][i] += fade[i] * (upper2[k][i] - upper[k][i]);
      sum[k][i] += fade[i] * (sum2[k][i] - sum[k][i]);
    }
}

/* So many groups may begin in a stretch. */
#define GROUPS (CHUNK / 4)

/* Levels that the groups which begin in a stretch go by: of what was there before. Linear, then dB. */
struct levels {
  float whole[GROUPS], band[GROUPS];
  uint32_t count;
};

/* Frames of the group under way, `at` frames into the stretch. */
static uint32_t
group_left (const lq_deess *u, uint32_t at, uint32_t n)
{
  const uint32_t left = u->group - (u->z.phase + at) % u->group;

  return n - at < left ? n - at : left;
}

static void
measure (lq_deess *u, float *const *ch, uint32_t first, uint32_t n, struct levels *l)
{
  const float *x[LQ_CHANNELS_MAX], *upper[LQ_CHANNELS_MAX];
  float whole[CHUNK], band[CHUNK];

  for (uint32_t c = 0; c < u->stream.channels; c++) {
    x[c] = ch[c] + first;
    upper[c] = u->upper + c * CHUNK;
  }
  u->kernels->magnitude (x, whole, u->stream.channels, n);
  u->kernels->magnitude (upper, band, u->stream.channels, n);
  l->count = 0;
  for (uint32_t at = 0, some; at < n; at += some) {
    some = group_left (u, at, n);
    if ((u->z.phase + at) % u->group == 0) {
      l->whole[l->count] = lq_slidemax_next (&u->whole);
      l->band[l->count++] = lq_slidemax_next (&u->band);
    }
    lq_slidemax_note (&u->whole, u->kernels->peak (whole + at, some));
    lq_slidemax_note (&u->band, u->kernels->peak (band + at, some));
  }
}

/* What each group that begins asks for becomes its gain, dB; `phase`: of the first. */
static void
follow (lq_deess *u, struct levels *l, uint32_t phase, float *gain_db)
{
  float whole_db[GROUPS], band_db[GROUPS];
  const bool on = u->on.z.value != 0.0;
  double reduction = u->z.reduction_db, most = 0.0;

  u->kernels->decibels (l->whole, whole_db, l->count);
  u->kernels->decibels (l->band, band_db, l->count);
  for (uint32_t i = 0; i < l->count; i++, phase = (phase + u->group) % LQ_HOP) {
    double wanted = 0.0;
    if (l->band[i] > SILENCE)
      wanted =
          lq_clamp ((double)band_db[i] - whole_db[i] - lq_ramp_at (&u->threshold_db, phase),
              0.0, lq_ramp_at (&u->range_db, phase));
    reduction += (wanted - reduction) * (wanted > reduction ? u->attack : u->release);
    if (wanted == 0.0 && reduction < DONE_DB)
      reduction = 0.0;
    most = reduction > most ? reduction : most;
    gain_db[i] = (float)-reduction;
  }
  u->z.reduction_db = reduction;
  if (on && most > u->z.most_db)
    u->z.most_db = (float)most;
}

/* Gains of all frames: straight from group to group. */
static void
draw (lq_deess *u, const float *to, float *gain, uint32_t n)
{
  for (uint32_t at = 0, some; at < n; at += some) {
    const uint32_t in = (u->z.phase + at) % u->group;
    some = group_left (u, at, n);
    if (in == 0) {
      u->z.from = u->z.to;
      u->z.to = *to++;
    }
    lq_group_fill (gain + at, some, in, u->group, u->z.from, u->z.to);
  }
}

/* Frames of a channel, whose bands are `upper` and the rest of `sum`. */
static void
apply (const lq_deess *u, float *x, const float *upper, const float *sum, const float *gain,
    uint32_t n)
{
  const bool rests = lq_ramp_resting (&u->on) && lq_ramp_resting (&u->wide);
  float on[LQ_HOP], wide[LQ_HOP];

  if (rests && u->on.target == 0.0)
    return;
  if (rests && u->wide.target == 0.0) {
    for (uint32_t i = 0; i < n; i++)
      x[i] = sum[i] + (gain[i] - 1.0f) * upper[i];
    return;
  }
  if (rests) {
    for (uint32_t i = 0; i < n; i++)
      x[i] *= gain[i];
    return;
  }
  lq_ramp_fill (&u->on, on, u->z.phase, n);
  lq_ramp_fill (&u->wide, wide, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    const float narrow = sum[i] + (gain[i] - 1.0f) * upper[i], all = gain[i] * x[i];
    x[i] += on[i] * (narrow + wide[i] * (all - narrow) - x[i]);
  }
}

/* n frames from `first` on, all of them before the next thing that moves. */
static void
stretch (lq_deess *u, float *const *ch, uint32_t first, uint32_t n)
{
  const uint32_t channels = u->stream.channels, in = u->z.phase % u->group;
  float gain_db[GROUPS], to[GROUPS], gain[CHUNK];
  struct levels levels;

  for (uint32_t c = 0; c < channels; c += 2)
    split_pair (u, c, ch, first, n);
  measure (u, ch, first, n, &levels);
  follow (u, &levels, in ? (u->z.phase + u->group - in) % LQ_HOP : u->z.phase, gain_db);
  u->kernels->gains (gain_db, to, levels.count);
  draw (u, to, gain, n);
  for (uint32_t c = 0; c < channels; c++)
    apply (u, ch[c] + first, u->upper + c * CHUNK, u->sum + c * CHUNK, gain, n);
}

void
lq_deess_process (lq_deess *u, float *const *ch, uint32_t frames)
{
  const uint32_t heard = lq_listen_process (&u->listen, frames);

  if (!heard && lq_deess_neutral (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t left = frames - done;
    if (u->z.phase == 0)
      hop (u, done < heard);
    /* Up to the grid where something moves, or is yet to begin or end there. */
    n = left < CHUNK - u->z.phase ? left : CHUNK - u->z.phase;
    if (!u->z.running || !calm (u) || u->on.target == 0.0)
      n = lq_hop_left (u->z.phase, left);
    if (u->z.running)
      stretch (u, ch, done, n);
    for (uint32_t c = 0; done < heard && c < u->stream.channels; c++)
      memcpy (lq_listen_plane (&u->listen, c) + done, u->upper + c * CHUNK, n * sizeof (float));
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
