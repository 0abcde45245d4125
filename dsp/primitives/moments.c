/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: highest figures of a groove, and the moments that broke a limit.
 * Source:  shared/properties/vinylsafe.csv.
 *
 *   peaks ─→ largest of the block ─┬─→ highest
 *                                  └─→ > limit? ─→ runs, group by group ─→ moments ─┬─→ worst ten
 *                                                                                  └─→ queue
 *
 * z: groups: so far; origin: when; highest; violations, warnings; run: under way; worst, n_worst; queue, queued, missed. */

#include "moments.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WARNING LQ_GROOVE_LIMITS

/* What figures are made of: largest of a block. */
enum { VELOCITY, LATERAL, VERTICAL, ACCELERATION, RAW };

static const uint8_t raw_of[LQ_GROOVE_LIMITS + 1] = { VELOCITY, VELOCITY, LATERAL, VERTICAL,
  ACCELERATION, ACCELERATION, ACCELERATION };

static const char *const names[LQ_GROOVE_LIMITS] = { "velocity", "slope", "displacement",
  "vertical", "acceleration", "curvature" };

const char *
lq_groove_limit_name (enum lq_groove_limit which)
{
  return names[which];
}

void
lq_moments_prepare (lq_moments *u, double rate, double stylus_um)
{
  memset (u, 0, sizeof *u);
  u->rate = rate;
  u->stylus_um = stylus_um;
  u->gap = (uint64_t)ceil (LQ_MOMENTS_GAP_S * rate / LQ_GROOVE_GROUP);
  lq_moments_reset (u);
}

void
lq_moments_set (lq_moments *u, const struct lq_moments_limits *limits)
{
  u->limits = *limits;
}

void
lq_moments_set_late (lq_moments *u, uint32_t frames)
{
  u->late = (frames + LQ_GROOVE_GROUP - 1) / LQ_GROOVE_GROUP;
}

void
lq_moments_reset (lq_moments *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.origin = -LQ_GROOVE_LAG;
}

static inline float
larger (float a, float b)
{
  return a > b ? a : b;
}

static inline float
raw (const struct lq_groove_peaks *p, uint32_t kind)
{
  switch (kind) {
    case VELOCITY:
      return p->velocity;
    case LATERAL:
      return p->lateral;
    case VERTICAL:
      return larger (p->deep, p->shallow);
    default:
      return p->acceleration;
  }
}

static void
largest (const struct lq_groove_peaks *peaks, uint32_t groups, float most[RAW])
{
  float v = 0.0f, l = 0.0f, d = 0.0f, s = 0.0f, a = 0.0f;

  for (uint32_t g = 0; g < groups; g++) {
    v = larger (v, peaks[g].velocity);
    a = larger (a, peaks[g].acceleration);
    l = larger (l, peaks[g].lateral);
    d = larger (d, peaks[g].deep);
    s = larger (s, peaks[g].shallow);
  }
  most[VELOCITY] = v;
  most[LATERAL] = l;
  most[VERTICAL] = larger (d, s);
  most[ACCELERATION] = a;
}

/* Figure = what it is made of · this. */
static void
scales (const lq_moments *u, double speed, float scale[LQ_GROOVE_LIMITS + 1])
{
  for (uint32_t k = 0; k < LQ_GROOVE_LIMITS; k++)
    scale[k] = 1.0f;
  if (speed > 0.0) {
    scale[LQ_GROOVE_LIMIT_SLOPE] = (float)(1.0 / speed);
    scale[LQ_GROOVE_LIMIT_CURVATURE] = (float)lq_groove_curvature (1.0, u->stylus_um, speed);
  } else
    scale[LQ_GROOVE_LIMIT_SLOPE] = scale[LQ_GROOVE_LIMIT_CURVATURE] = 0.0f;
  scale[WARNING] = scale[LQ_GROOVE_LIMIT_CURVATURE];
}

/* In the measure of what the figure is made of. */
static float
limit_of (const lq_moments *u, uint32_t k, const float scale[LQ_GROOVE_LIMITS + 1])
{
  const float limit = k < LQ_GROOVE_LIMITS ? u->limits.limit[k] : u->limits.warning;

  return limit > 0.0f && scale[k] > 0.0f ? limit / scale[k] : HUGE_VALF;
}

static uint64_t
frame_of (const lq_moments *u, uint64_t group)
{
  const int64_t frame = u->z.origin + (int64_t)(group * LQ_GROOVE_GROUP);

  return frame > 0 ? (uint64_t)frame : 0;
}

static struct lq_moment
moment_of (const lq_moments *u, uint32_t k)
{
  const struct lq_moments_run *const run = &u->z.run[k];

  return (struct lq_moment){ .begin = frame_of (u, run->first),
    .end = frame_of (u, run->last + 1),
    .limit = (int32_t)k,
    .excess_db = (float)(20.0 * log10 (run->worst)),
    .reduction_db = run->reduction_db };
}

static bool
worse (const struct lq_moment *a, const struct lq_moment *b)
{
  return a->excess_db > b->excess_db || (a->excess_db == b->excess_db && a->begin < b->begin);
}

/* Into a list of n that goes down; returns its new length. */
static uint32_t
insert_worst (struct lq_moment *list, uint32_t n, const struct lq_moment *m)
{
  uint32_t at = n;

  if (n == LQ_MOMENTS_WORST && !worse (m, &list[n - 1]))
    return n;
  if (n < LQ_MOMENTS_WORST)
    n++;
  else
    at--;
  for (; at > 0 && worse (m, &list[at - 1]); at--)
    list[at] = list[at - 1];
  list[at] = *m;
  return n;
}

/* Ends of one call come by limits, and go by time. */
static void
enqueue (lq_moments *u, const struct lq_moment *m)
{
  uint32_t at = u->z.queued;

  if (u->z.queued < LQ_MOMENTS_QUEUE)
    u->z.queued++;
  else {
    u->z.missed++;
    if (u->z.queue[--at].end <= m->end)
      return;
  }
  for (; at > 0 && u->z.queue[at - 1].end > m->end; at--)
    u->z.queue[at] = u->z.queue[at - 1];
  u->z.queue[at] = *m;
}

/* The oldest `n` that are pending are told. */
static void
release (lq_moments *u, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    const struct lq_moment *const m = &u->z.pending[i].moment;
    u->z.n_worst = insert_worst (u->z.worst, u->z.n_worst, m);
    enqueue (u, m);
  }
  u->z.n_pending -= n;
  memmove (u->z.pending, u->z.pending + n, u->z.n_pending * sizeof *u->z.pending);
}

static void
finish (lq_moments *u, uint32_t k)
{
  if (k != WARNING) {
    if (u->z.n_pending == LQ_MOMENTS_PENDING)
      release (u, 1);
    u->z.pending[u->z.n_pending++] =
        (struct lq_moments_pending){ moment_of (u, k), u->z.run[k].last + u->gap + u->late };
    if (u->late == 0)
      release (u, u->z.n_pending);
  }
  u->z.run[k].open = false;
}

static void
reduce_pending (lq_moments *u, float reduction_db)
{
  uint32_t due = 0;

  for (uint32_t i = 0; i < u->z.n_pending; i++) {
    struct lq_moment *const m = &u->z.pending[i].moment;
    m->reduction_db = larger (m->reduction_db, reduction_db);
    if (due == i && u->z.groups > u->z.pending[i].due)
      due++;
  }
  release (u, due);
}

/* A group is broken. */
static void
extend (lq_moments *u, uint32_t k, uint64_t group, float excess, float reduction_db)
{
  struct lq_moments_run *const run = &u->z.run[k];

  if (run->open && group - run->last > u->gap)
    finish (u, k);
  if (!run->open) {
    uint32_t *const count = k == WARNING ? &u->z.warnings : &u->z.violations;
    *count += *count < UINT32_MAX;
    *run =
        (struct lq_moments_run){ .first = group, .reduction_db = reduction_db, .open = true };
  }
  run->last = group;
  run->worst = larger (run->worst, excess);
}

static void
look (lq_moments *u, uint32_t k, const struct lq_groove_peaks *peaks, uint32_t groups,
    float most, float reduction_db)
{
  for (uint32_t g = 0; g < groups; g++) {
    const float it = raw (peaks + g, raw_of[k]);
    if (it > most)
      extend (u, k, u->z.groups + g, it / most, reduction_db);
  }
}

void
lq_moments_process (lq_moments *u, const struct lq_groove_peaks *peaks, uint32_t groups,
    double speed, float reduction_db)
{
  float most[RAW], scale[LQ_GROOVE_LIMITS + 1];

  if (groups == 0)
    return;
  reduce_pending (u, reduction_db);
  largest (peaks, groups, most);
  scales (u, speed, scale);
  for (uint32_t k = 0; k <= LQ_GROOVE_LIMITS; k++) {
    const float it = most[raw_of[k]], limit = limit_of (u, k, scale);
    struct lq_moments_run *const run = &u->z.run[k];
    if (k < LQ_GROOVE_LIMITS)
      u->z.highest[k] = larger (u->z.highest[k], it * scale[k]);
    if (run->open)
      run->reduction_db = larger (run->reduction_db, reduction_db);
    if (it > limit)
      look (u, k, peaks, groups, limit, reduction_db);
    if (run->open && u->z.groups + groups - run->last > u->gap)
      finish (u, k);
  }
  u->z.groups += groups;
}

void
lq_moments_locate (lq_moments *u, int64_t frame)
{
  lq_moments_finish (u);
  u->z.origin = frame - (int64_t)(u->z.groups * LQ_GROOVE_GROUP);
}

void
lq_moments_finish (lq_moments *u)
{
  for (uint32_t k = 0; k <= LQ_GROOVE_LIMITS; k++)
    if (u->z.run[k].open)
      finish (u, k);
  release (u, u->z.n_pending);
}

/* What is worth a look, in the same measure: a record, or what breaks a limit. */
static float
floor_of (const lq_moments *u, uint32_t k, const float scale[LQ_GROOVE_LIMITS + 1])
{
  const float limit = limit_of (u, k, scale);

  return scale[k] > 0.0f ? fminf (u->z.highest[k] / scale[k], limit) : HUGE_VALF;
}

struct lq_groove_floor
lq_moments_floor (const lq_moments *u, double speed)
{
  float scale[LQ_GROOVE_LIMITS + 1], floor[LQ_GROOVE_LIMITS];

  scales (u, speed, scale);
  for (uint32_t k = 0; k < LQ_GROOVE_LIMITS; k++)
    floor[k] = floor_of (u, k, scale);
  return (struct lq_groove_floor){
    .velocity = fminf (floor[LQ_GROOVE_LIMIT_VELOCITY], floor[LQ_GROOVE_LIMIT_SLOPE]),
    .acceleration =
        fminf (floor[LQ_GROOVE_LIMIT_ACCELERATION], floor[LQ_GROOVE_LIMIT_CURVATURE]),
    .displacement = floor[LQ_GROOVE_LIMIT_DISPLACEMENT],
    .slack = 1.002f,
  };
}

uint32_t
lq_moments_take (lq_moments *u, struct lq_moment to[LQ_MOMENTS_QUEUE], uint32_t *missed)
{
  const uint32_t n = u->z.queued;

  memcpy (to, u->z.queue, n * sizeof *to);
  if (missed)
    *missed = u->z.missed;
  u->z.queued = u->z.missed = 0;
  return n;
}

uint32_t
lq_moments_worst (const lq_moments *u, struct lq_moment to[LQ_MOMENTS_WORST])
{
  uint32_t n = u->z.n_worst;

  memcpy (to, u->z.worst, n * sizeof *to);
  for (uint32_t i = 0; i < u->z.n_pending; i++)
    n = insert_worst (to, n, &u->z.pending[i].moment);
  for (uint32_t k = 0; k < LQ_GROOVE_LIMITS; k++)
    if (u->z.run[k].open) {
      const struct lq_moment m = moment_of (u, k);
      n = insert_worst (to, n, &m);
    }
  return n;
}

size_t
lq_moments_text (const lq_moments *u, char *text, size_t room)
{
  struct lq_moment worst[LQ_MOMENTS_WORST];
  const uint32_t n = lq_moments_worst (u, worst);
  size_t length = 0;

  *text = '\0';
  for (uint32_t i = 0; i < n; i++) {
    const struct lq_moment *const m = &worst[i];
    const long long ms = llround ((double)m->begin * 1000.0 / u->rate);
    const long long cents = llround (m->excess_db * 100.0);
    char one[80];
    const int more = snprintf (one, sizeof one, "%s%lld.%03lld %s %lld.%02lld", i ? "; " : "",
        ms / 1000, ms % 1000, names[m->limit], cents / 100, cents % 100);
    if (more < 0 || length + (size_t)more >= room)
      break;
    memcpy (text + length, one, (size_t)more + 1);
    length += (size_t)more;
  }
  return length;
}
