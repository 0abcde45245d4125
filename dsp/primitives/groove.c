/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: peaks of what moves in the groove, group by group.
 * Source:  shared/STANDARDS.md §3.2; filters: groove-design.c.
 *
 *   l, r ─→ ± ─→ lateral, vertical ─→ poles ─→ planes ─┬─→ grid ─→ peaks ──→ ∨ ─→
 *                                                      └─→ fine, near the floor ↗
 *
 * z: poles' states; pending frames stand in the planes behind KEEP frames of the past. */

#include "groove.h"

#include <math.h>
#include <string.h>

/* Frames of the past that a group and the taps of the one before it need. */
#define KEEP LQ_GROOVE_TAPS

/* Frames that are worked on at once, so that all planes stay near. */
#define CHUNK 256
#define ROOM (KEEP + LQ_GROOVE_GROUP + CHUNK)

/* How far above a group's peak on the grid one between may lie: 1.41 for a tone of a quarter of the
 * rate, 1.57 for an impulse, 1.5 for noise up to 0.4 of the rate. */
#define BETWEEN 2.0f

/* What isn't worth a look, where nothing else is said: 0.09 dB. */
#define SLACK 1.01f

enum { X, D, HIGH, SLOW, WAVES, PLANES = WAVES + LQ_GROOVE_KINDS };

static float *
plane (const lq_groove *u, uint32_t which, uint32_t c)
{
  return u->planes + (2 * which + c) * ROOM;
}

static bool
prepare (lq_groove *u, const lq_stream *stream, lq_arena *arena)
{
  const double rate = stream->rate, wall = sqrt (2.0) * LQ_GROOVE_G;

  *u = (lq_groove){ .kernels = lq_kernels (),
    .channels = stream->channels,
    .slope = (float)(wall / (2.0 * rate)),
    .bow = (float)(1e4 * wall / (8.0 * rate * rate)) };
  u->planes = lq_arena_alloc (arena, 2 * PLANES * ROOM * sizeof *u->planes);
  if (!u->planes)
    return false;
  lq_groove_reset (u);
  return true;
}

bool
lq_groove_prepare (lq_groove *u, const lq_stream *stream, double reference_velocity,
    double reference_level_db, lq_arena *arena)
{
  if (!prepare (u, stream, arena))
    return false;
  lq_groove_design (&u->design, stream->rate, reference_velocity, reference_level_db);
  return true;
}

bool
lq_groove_prepare_like (
    lq_groove *u, const lq_stream *stream, const lq_groove *other, lq_arena *arena)
{
  if (!prepare (u, stream, arena))
    return false;
  u->design = other->design;
  return true;
}

void
lq_groove_reset (lq_groove *u)
{
  memset (u->planes, 0, 2 * PLANES * ROOM * sizeof *u->planes);
  memset (&u->z, 0, sizeof u->z);
}

static void
take (lq_groove *u, const float *const *x, uint32_t from, uint32_t n)
{
  float *const to[2] = { plane (u, X, 0) + KEEP + u->z.pending,
    plane (u, X, 1) + KEEP + u->z.pending };

  u->kernels->groove_take (
      x[0] + from, x[u->channels > 1 ? 1 : 0] + from, (float)u->design.scale, to, n);
}

static void
run (lq_groove *u, uint32_t n, bool slowly)
{
  const float *x[2];
  float *d[2], *high[2], *slow[2];

  for (uint32_t c = 0; c < 2; c++) {
    x[c] = plane (u, X, c) + KEEP;
    d[c] = plane (u, D, c) + KEEP;
    high[c] = plane (u, HIGH, c) + KEEP;
    slow[c] = plane (u, SLOW, c) + KEEP;
  }
  u->kernels->groove_run (&u->design.poles, &u->z.poles, x, d, high, slowly ? slow : NULL, n);
}

/* Where group g is. */
static struct lq_groove_rows
rows_at (const lq_groove *u, uint32_t g)
{
  const uint32_t at = KEEP - LQ_GROOVE_LAG + g * LQ_GROOVE_GROUP;
  struct lq_groove_rows rows;

  for (uint32_t c = 0; c < 2; c++) {
    rows.x[c] = plane (u, X, c) + at;
    rows.d[c] = plane (u, D, c) + at;
    rows.high[c] = plane (u, HIGH, c) + at;
    rows.slow[c] = plane (u, SLOW, c) + at;
  }
  return rows;
}

static inline float
larger (float a, float b)
{
  return a > b ? a : b;
}

/* Whether what lies up to `more` above a peak may exceed the floor, and is worth it. */
static inline bool
beyond (float peak, float more, float floor, float slack)
{
  return peak * BETWEEN > floor && peak + more > larger (floor, peak * slack);
}

static void
look (lq_groove *u, uint32_t kind, uint32_t g, float floor, float slack, float more,
    struct lq_groove_peaks *peaks)
{
  const struct lq_groove_rows rows = rows_at (u, g);
  const uint32_t at = g * LQ_GROOVE_GROUP;
  const float *const wave[] = { plane (u, WAVES + kind, 0) + at,
    plane (u, WAVES + kind, 1) + at };

  u->kernels->groove_closer (
      &u->design.close[kind], kind, &rows, wave, floor, slack, more, peaks);
}

/* Within half a frame velocity changes by no more than acceleration lets it, and displacement bends
 * away from its peak by no more. */
static void
look_closer (lq_groove *u, uint32_t groups, uint32_t kinds, const struct lq_groove_floor *floor,
    struct lq_groove_peaks *peaks)
{
  const bool known = kinds >> LQ_GROOVE_ACCELERATION & 1;
  const float slack = floor->slack > 1.0f ? floor->slack : SLACK;
  const float lateral = floor->displacement,
              vertical = floor->vertical > 0.0f ? floor->vertical : lateral;

  for (uint32_t g = 0; g < groups; g++) {
    struct lq_groove_peaks *const p = peaks + g;
    const float down = larger (p->deep, p->shallow);
    float a = known ? p->acceleration * BETWEEN : HUGE_VALF;
    if (known && a > floor->acceleration) {
      look (u, LQ_GROOVE_ACCELERATION, g, floor->acceleration, slack, p->acceleration, p);
      a = larger (p->acceleration * slack, floor->acceleration);
    }
    if (beyond (p->velocity, u->slope * a, floor->velocity, slack))
      look (u, LQ_GROOVE_VELOCITY, g, floor->velocity, slack, u->slope * a, p);
    const float bow = u->bow * (floor->steepest > 0.0f ? floor->steepest : a);
    const float deep = beyond (down, bow, vertical, slack) ? vertical : HUGE_VALF;
    const float far = beyond (p->lateral, bow, lateral, slack) ? lateral : HUGE_VALF;
    if (deep < HUGE_VALF || far < HUGE_VALF)
      look (u, LQ_GROOVE_DISPLACEMENT, g, deep < far ? deep : far, slack, bow, p);
  }
}

static void
forget (lq_groove *u, uint32_t done)
{
  for (uint32_t i = 0; i < 2 * WAVES; i++) {
    float *const p = u->planes + i * ROOM;
    memmove (p, p + done, (KEEP + (i < 2 ? u->z.pending : 0)) * sizeof *p);
  }
}

static uint32_t
chunk (lq_groove *u, uint32_t n, uint32_t kinds, const struct lq_groove_floor *floor,
    struct lq_groove_peaks *peaks)
{
  const uint32_t groups = (u->z.pending + n) / LQ_GROOVE_GROUP, done = groups * LQ_GROOVE_GROUP;
  const struct lq_groove_rows rows = rows_at (u, 0);
  float *wave[LQ_GROOVE_KINDS][2];

  u->z.pending += n - done;
  if (groups == 0)
    return 0;
  run (u, done, kinds >> LQ_GROOVE_DISPLACEMENT & 1);
  for (uint32_t i = 0; i < 2 * LQ_GROOVE_KINDS; i++)
    wave[i / 2][i % 2] = plane (u, WAVES + i / 2, i % 2);
  u->kernels->groove_grid (u->design.grid, u->design.skip, kinds, &rows, wave, peaks, groups);
  look_closer (u, groups, kinds, floor, peaks);
  forget (u, done);
  return groups;
}

uint32_t
lq_groove_process (lq_groove *u, const float *const *x, uint32_t n, uint32_t kinds,
    const struct lq_groove_floor *floor)
{
  uint32_t groups = 0;

  for (uint32_t done = 0, now; done < n; done += now) {
    now = n - done < CHUNK ? n - done : CHUNK;
    take (u, x, done, now);
    groups += chunk (u, now, kinds & LQ_GROOVE_ALL, floor, u->peaks + groups);
  }
  return groups;
}

void
lq_groove_follow (lq_groove *u, const float *const *x, uint32_t n)
{
  for (uint32_t done = 0, now; done < n; done += now) {
    uint32_t whole;
    now = n - done < CHUNK ? n - done : CHUNK;
    take (u, x, done, now);
    u->z.pending += now;
    whole = u->z.pending / LQ_GROOVE_GROUP * LQ_GROOVE_GROUP;
    u->z.pending -= whole;
    if (whole == 0)
      continue;
    run (u, whole, true);
    forget (u, whole);
  }
}

void
lq_groove_resume (lq_groove *u, const struct lq_groove_state *poles)
{
  u->z.poles = *poles;
  u->z.pending = 0;
}

double
lq_groove_speed (double radius_mm, double rpm)
{
  return 2.0 * 3.14159265358979323846 * radius_mm / 10.0 * rpm / 60.0;
}

double
lq_groove_curvature (double acceleration, double stylus_um, double speed)
{
  return acceleration * LQ_GROOVE_G * stylus_um * 1e-4 / (speed * speed);
}

double
lq_groove_acceleration (double stylus_um, double speed)
{
  return speed * speed / (stylus_um * 1e-4) / LQ_GROOVE_G;
}
