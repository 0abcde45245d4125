/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the maximizer's limiter: releases and links.
 * Source:  two stages of release: as limiter.c, in dB.
 *
 *   least gain of the window ─→ wanted, dB ─→ total:   max (wanted, total · fast_keep)
 *                                             lasting: follows total, falls by slow_keep
 *   of channel c:  lasting' = link·(of all) + (1 − link)·own,
 *                  short = max (0, total − lasting'), short' = link·(largest) + (1 − link)·own
 *                  control = min (least, 10^−(lasting' + short')/20)
 *
 * lasting' + short' ≥ total ≥ wanted in any mixture of links. The ceiling is the minimum's matter:
 * it doesn't depend on how exact dB are.
 *
 * A drive that rises would turn the gain down in steps, at each peak of a wave. So what is held is
 * taken to have become as much louder: the gain goes along with the drive.
 *
 * While all have one gain only the first lane and stage work, on the largest peak of all. */

#include "../base/mathx.h"
#include "maximizer-private.h"

#include <string.h>

/* A reduction of less is none, dB: −99 dB of the signal. */
#define DONE_DB 1e-4

/* dB of a neper. */
#define NEPER_DB 8.685889638065036

/* While the drive rises, peaks are known from so far below the ceiling on. */
#define OVER_LEAST 0.25f

const struct lq_maximizer_manner lq_maximizer_manners[LQ_MAXIMIZER_STYLES] = {
  [LQ_MAXIMIZER_TRANSPARENT] = { 40.0f, 400.0f, 400.0f, 10.5f, 0.0f, 0.0f, 0.0f },
  [LQ_MAXIMIZER_PUNCHY] = { 25.0f, 160.0f, 800.0f, 7.0f, 1.0f, 3.0f, 1.0f },
  [LQ_MAXIMIZER_LOUD] = { 15.0f, 100.0f, 300.0f, 5.0f, 1.0f, 1.5f, 0.8f },
  [LQ_MAXIMIZER_BUS] = { 100.0f, 700.0f, 600.0f, 10.5f, 0.0f, 0.0f, 0.0f },
  [LQ_MAXIMIZER_CLIP] = { 10.0f, 60.0f, 1000.0f, 3.0f, 1.0f, 0.0f, 0.0f },
};

static double
keep (double ms, double groups_a_second)
{
  return exp (-1000.0 / (ms * groups_a_second));
}

void
lq_maximizer_times (lq_maximizer *u)
{
  const struct lq_maximizer_manner *m = u->manner;
  const double groups = u->groups_a_second;
  const double fast_ms = u->p.auto_release ? (double)m->fast_ms : (double)u->p.release_ms,
               slow_ms = u->p.auto_release ? (double)m->slow_ms : (double)u->p.release_ms;
  const uint32_t hold = (uint32_t)ceil ((double)m->hold_ms * groups / 1000.0);

  u->fast_keep = keep (fast_ms, groups);
  u->slow_keep = keep (slow_ms, groups);
  u->take = 1.0 - keep (m->take_ms, groups);
  if (u->limit.window != LQ_LIMIT_KNOTS + hold)
    lq_limit_set_hold (&u->limit, hold);
}

static bool
wants_split (const lq_maximizer *u)
{
  const lq_ramp *transient = &u->ramp[LQ_MAXIMIZER_TRANSIENT],
                *release = &u->ramp[LQ_MAXIMIZER_RELEASE];

  return u->stream.channels > 1 && !(lq_ramp_resting (transient) && lq_ramp_resting (release) &&
                                       transient->target == 1.0 && release->target == 1.0);
}

void
lq_maximizer_forget (lq_maximizer *u)
{
  for (uint32_t c = 0; c < u->stream.channels; c++)
    u->own[c] = (struct lq_maximizer_stage){ .least = 1.0f };
  u->z.lasting = 0.0;
  u->z.split = wants_split (u);
  u->z.together = 0;
  u->z.least = 1.0f;
  lq_limit_reset (&u->limit);
}

/* Each channel goes on by itself from where all were. */
static void
divide (lq_maximizer *u)
{
  for (uint32_t c = 1; c < u->stream.channels; c++) {
    u->limit.lane[c] = u->limit.lane[0];
    u->own[c] = u->own[0];
  }
  u->z.split = true;
  u->z.together = 0;
}

/* All go on as one: by now their controls are the same. */
static void
unite (lq_maximizer *u)
{
  struct lq_limit_lane *first = &u->limit.lane[0];

  for (uint32_t c = 1; c < u->stream.channels; c++) {
    const struct lq_limit_lane *lane = &u->limit.lane[c];
    for (uint32_t i = 0; i < LQ_LIMIT_GROUPS; i++)
      first->allowed[i] = fminf (first->allowed[i], lane->allowed[i]);
    first->least = fminf (first->least, lane->least);
    for (uint32_t i = 0; i < LQ_LIMIT_KNOTS; i++)
      first->control[i] = fminf (first->control[i], lane->control[i]);
    u->own[0].total = fmax (u->own[0].total, u->own[c].total);
    u->own[0].over = fmaxf (u->own[0].over, u->own[c].over);
  }
  u->own[0].lasting = u->z.lasting;
  u->own[0].least = -1.0f;
  u->z.split = false;
}

/* lasting after a group in which total was that. */
static double
lasts (const lq_maximizer *u, double lasting, double total)
{
  return total > lasting ? lasting + (total - lasting) * u->take : lasting * u->slow_keep;
}

/* A group that may have `allowed`, to the first two of its stages; false: nothing is reduced. */
static bool
follow (lq_maximizer *u, uint32_t l)
{
  struct lq_maximizer_stage *s = &u->own[l];
  const float over = s->over > OVER_LEAST ? s->over : OVER_LEAST;
  const float least = lq_limit_note (&u->limit, &u->limit.lane[l], 1.0f / over);

  s->over = 0.0f;
  if (least != s->least)
    s->wanted = least < 1.0f ? -20.0 * log10 ((double)least) : 0.0;
  s->least = least;
  s->total = fmax (s->wanted, s->total * u->fast_keep);
  s->lasting = lasts (u, s->lasting, s->total);
  if (s->wanted == 0.0 && s->total < DONE_DB && s->lasting < DONE_DB)
    s->total = s->lasting = 0.0;
  return s->total > 0.0 || s->lasting > 0.0;
}

/* The control for a reduction. */
static float
control (const struct lq_maximizer_stage *s, double reduction_db)
{
  float gain;

  if (reduction_db <= s->wanted)
    return s->least;
  gain = (float)exp (-reduction_db / NEPER_DB);
  return gain < s->least ? gain : s->least;
}

static void
follow_as_one (lq_maximizer *u)
{
  struct lq_maximizer_stage *s = &u->own[0];
  const bool reduces = follow (u, 0);

  u->z.lasting = s->lasting;
  lq_limit_steer (u->limit.lane->control,
      reduces ? control (s, s->total > s->lasting ? s->total : s->lasting) : 1.0f);
}

static void
follow_split (lq_maximizer *u)
{
  const double transient = lq_ramp_at (&u->ramp[LQ_MAXIMIZER_TRANSIENT], u->z.hop),
               release = lq_ramp_at (&u->ramp[LQ_MAXIMIZER_RELEASE], u->z.hop);
  const uint32_t channels = u->stream.channels;
  double total = 0.0, most = 0.0;

  for (uint32_t c = 0; c < channels; c++) {
    follow (u, c);
    total = fmax (total, u->own[c].total);
  }
  u->z.lasting = lasts (u, u->z.lasting, total);
  if (total == 0.0 && u->z.lasting < DONE_DB)
    u->z.lasting = 0.0;
  for (uint32_t c = 0; c < channels; c++) {
    const double lasting = release * u->z.lasting + (1.0 - release) * u->own[c].lasting;
    most = fmax (most, u->own[c].total - lasting);
  }
  for (uint32_t c = 0; c < channels; c++) {
    const struct lq_maximizer_stage *s = &u->own[c];
    const double lasting = release * u->z.lasting + (1.0 - release) * s->lasting;
    const double brief = fmax (0.0, s->total - lasting);
    const double all = lasting + transient * most + (1.0 - transient) * brief;
    lq_limit_steer (u->limit.lane[c].control, all > 0.0 ? control (s, all) : s->least);
  }
}

/* A group is over. */
static void
begin_group (lq_maximizer *u)
{
  const bool split = wants_split (u);

  if (split && !u->z.split)
    divide (u);
  u->z.together = split ? 0 : u->z.together + u->z.split;
  if (!split && u->z.split && u->z.together > LQ_LIMIT_KNOTS)
    unite (u);
  if (u->z.split)
    follow_split (u);
  else
    follow_as_one (u);
  for (uint32_t l = 0; l < (u->z.split ? u->stream.channels : 1); l++) {
    const struct lq_limit_lane *lane = &u->limit.lane[l];
    const float begin = lq_limit_begin (lane->control);
    u->z.least = !lq_limit_idle (lane->control) && begin < u->z.least ? begin : u->z.least;
  }
}

/* A piece is over: by how much its peaks exceed the ceiling. */
static void
look (lq_maximizer *u, bool rising)
{
  const float ceiling = (float)lq_ramp_at (&u->ramp[LQ_MAXIMIZER_CEILING], u->z.hop);
  float peaks[LQ_CHANNELS_MAX];
  const float floor = rising ? OVER_LEAST * ceiling : ceiling;
  const float most = lq_limit_look (&u->limit, u->p.true_peak, floor, peaks);

  if (!u->z.split)
    u->own[0].over = fmaxf (u->own[0].over, most / ceiling);
  for (uint32_t c = 0; c < u->stream.channels && u->z.split; c++)
    u->own[c].over = fmaxf (u->own[c].over, peaks[c] / ceiling);
}

/* What is held has been driven by `from`, what comes is by `to`. */
static void
raise (lq_maximizer *u, double from, double to)
{
  for (uint32_t l = 0; l < (u->z.split ? u->stream.channels : 1); l++)
    lq_limit_lower (&u->limit, &u->limit.lane[l], (float)(from / to));
}

void
lq_maximizer_limit (lq_maximizer *u, float *const *ch, uint32_t n)
{
  const struct lq_maximizer_curve *drive = &u->curve[LQ_MAXIMIZER_DRIVE];

  for (uint32_t done = 0, some; done < n; done += some) {
    const float now = drive->flat ? drive->value : drive->at[done];
    const bool rising = now > u->z.drive;
    if (u->z.hop == 0)
      for (uint32_t i = LQ_MAXIMIZER_EARLY; i < LQ_MAXIMIZER_CONTROLS; i++)
        lq_ramp_move (&u->ramp[i]);
    if (lq_limit_at_piece (&u->limit))
      look (u, rising);
    if (lq_limit_at_group (&u->limit)) {
      if (rising)
        raise (u, u->z.drive, now);
      u->z.drive = now;
      begin_group (u);
    }
    some = lq_limit_left (&u->limit, lq_hop_left (u->z.hop, n - done));
    lq_limit_apply (&u->limit, ch, done, some, u->z.split);
    u->z.hop = (u->z.hop + some) % LQ_HOP;
  }
}
