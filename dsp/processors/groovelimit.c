/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: holds the groove under its limits.
 * Source:  limits: shared/STANDARDS.md §3.3; lanes: groovelimit-lane.c; treble and bass:
 *          groovelimit-split.c.
 *
 *   x ─┬─→ groove ─→ treble, mid, side ─┐
 *      └─→ delay ─→ − treble − bass ────┴─┬─→ groove ─→ fast, slow ─┐
 *                                         └─→ delay ─→ × ───────────┴─┬─→ groove ─→ last ─┐
 *                                                                     └─→ delay ─→ × ─────┴─→ y
 *
 * A gain that moves makes of a velocity v not g·v, but besides that c·g′·x with c = T1 + T3 − T2, near
 * 3 ms, at low frequencies; a displacement behind its high-pass remembers some 50 ms. So the wide-band gains
 * are flat for a while before a peak and move slowly; what the first leaves is little, and what the last one
 * leaves of that is nothing to speak of.
 *
 * z: as in the header. */

#include "groovelimit-private.h"

#include "../base/mathx.h"
#include "../base/vec.h"

#include <string.h>

/* What moves the groove far is bass; vertically, where an elliptical filter left hardly any, whatever lies
 * below 1 kHz. A pole turns what it lets through, so that less is taken than was asked; that much higher it
 * leaves the stage behind it nothing to do. */
#define MID_HZ 1200.0
#define SIDE_HZ 4000.0

/* A limit that falls by more at once. */
#define FALLEN 0.999f

/* No limit is lower. */
#define LEAST 1e-6f

/* Bass's poles have forgotten what was before: −150 dB. */
#define WARM_MS 5.5

/* Least treble-frequency, which has the longest low-pass. */
#define TREBLE_LEAST_HZ 1000.0
#define TREBLE_PERIODS 2.0

#define FIELD(name) offsetof (struct lq_groovelimit_params, name)
const struct lq_param lq_groovelimit_rows[LQ_GROOVELIMIT_ROWS] = {
  { "enabled", "Treble limiter",
      "Holds acceleration, curvature and the velocity of treble above its frequency; idle, it "
      "is bit-transparent",
      NULL, LQ_BOOL, LQ_LINEAR, FIELD (treble_enabled), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "frequency", "Treble limiter frequency", "Band split", "Hz", LQ_FLOAT, LQ_LOG,
      FIELD (treble_frequency_hz), TREBLE_LEAST_HZ, 12000, 4500, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "attack", "Treble limiter attack", "Time to 63 % of a change", "ms", LQ_FLOAT, LQ_LOG,
      FIELD (treble_attack_ms), 0.01, 5, 0.05, NULL, LQ_PLAYING, 0 },
  { "release", "Treble limiter release", "Time to 63 % of a change", "ms", LQ_FLOAT, LQ_LOG,
      FIELD (treble_release_ms), 1, 500, 30, NULL, LQ_PLAYING, 0 },
  { "lookahead", "Treble limiter look-ahead", "Counts in the latency", "ms", LQ_FLOAT,
      LQ_LINEAR, FIELD (treble_lookahead_ms), 0.1, 10, 1.5, NULL, 0, 0 },
};
LQ_ASSERT_ROWS (lq_groovelimit_rows, struct lq_groovelimit_params);

static const struct lq_groovelimit_manner manners[LQ_GROOVELIMIT_LANES] = {
  [LQ_GROOVELIMIT_TREBLE] = { 0.33, 1.5, 0.0, 30.0, 1e9, -0.15 },
  [LQ_GROOVELIMIT_MID] = { 5.33, 8.0, 25.0, 250.0, 100.0, -0.5 },
  [LQ_GROOVELIMIT_SIDE] = { 5.33, 8.0, 25.0, 250.0, 100.0, -0.5 },
  [LQ_GROOVELIMIT_NARROW] = { 10.67, 30.0, 40.0, 300.0, 40.0, -0.1 },
  [LQ_GROOVELIMIT_FAST] = { 1.33, 2.6, 8.0, 100.0, 80.0, -0.1 },
  [LQ_GROOVELIMIT_SLOW] = { 10.67, 30.0, 40.0, 300.0, 40.0, -0.1 },
  [LQ_GROOVELIMIT_LAST] = { 10.67, 30.0, 40.0, 300.0, 40.0, -0.1 },
};

/* The stage each lane is of. */
static const uint8_t stage_of[LQ_GROOVELIMIT_LANES] = { LQ_GROOVELIMIT_SPLIT,
  LQ_GROOVELIMIT_SPLIT, LQ_GROOVELIMIT_SPLIT, LQ_GROOVELIMIT_WIDE, LQ_GROOVELIMIT_WIDE,
  LQ_GROOVELIMIT_WIDE, LQ_GROOVELIMIT_END };

/* Frames of look-ahead that a lane wants. */
static uint32_t
ahead (double rate, const struct lq_groovelimit_manner *m)
{
  const uint32_t group = lq_groovelimit_group (rate, m->group_ms);

  return (LQ_LIMIT_KNOTS + (uint32_t)ceil (m->before_ms * rate / 1000.0 / group)) * group;
}

static uint32_t
larger (uint32_t a, uint32_t b)
{
  return a > b ? a : b;
}

static bool
prepare_lanes (lq_groovelimit *u, const struct lq_groovelimit_manner *manner, lq_arena *arena)
{
  uint32_t most[LQ_GROOVELIMIT_STAGES] = { 0 }, group[LQ_GROOVELIMIT_STAGES] = { 0 };
  bool ok = true;

  for (uint32_t i = 0; i < LQ_GROOVELIMIT_LANES; i++) {
    const uint32_t s = stage_of[i];
    most[s] = larger (most[s], ahead (u->stream.rate, manner + i));
    group[s] = larger (group[s], lq_groovelimit_group (u->stream.rate, manner[i].group_ms));
  }
  for (uint32_t s = 0; s < LQ_GROOVELIMIT_STAGES; s++)
    most[s] = (most[s] + group[s] - 1) / group[s] * group[s];
  for (uint32_t i = 0; ok && i < LQ_GROOVELIMIT_LANES; i++)
    ok = lq_groovelimit_lane_prepare (
        &u->lane[i], &u->stream, manner + i, most[stage_of[i]], arena);
  for (uint32_t s = 0; s < LQ_GROOVELIMIT_STAGES; s++)
    u->late[s] = most[s] + LQ_GROOVE_LAG;
  u->foresees =
      u->late[LQ_GROOVELIMIT_SPLIT] >
      LQ_BLOCK + 4 * LQ_GROOVE_GROUP + ahead (u->stream.rate, manner + LQ_GROOVELIMIT_TREBLE);
  return ok;
}

static bool
prepare_memory (lq_groovelimit *u, lq_arena *arena)
{
  const uint32_t beyond = larger (u->reach, u->warm);

  u->work = lq_arena_alloc (arena, (LQ_BLOCK + 2 * (size_t)beyond) * sizeof *u->work);
  for (uint32_t i = 0; i < LQ_COUNT (u->curve); i++) {
    u->curve[i] = lq_arena_alloc (arena, larger (LQ_BLOCK, u->warm) * sizeof *u->curve[i]);
    if (!u->curve[i])
      return false;
  }
  for (uint32_t i = 0; i < 2; i++) {
    u->split[i].half = lq_arena_alloc (arena, (u->reach + 1) * sizeof (float));
    if (!u->split[i].half)
      return false;
  }
  return u->work && lq_groovelimit_past_prepare (u, arena);
}

/* The ring of the second is as long as some whole blocks: what comes in never lies apart there. */
static bool
prepare_lines (lq_groovelimit *u, lq_arena *arena)
{
  const uint32_t beyond = larger (larger (u->reach, u->warm), LQ_GROOVELIMIT_WAKE),
                 behind = larger (u->late[LQ_GROOVELIMIT_END], LQ_GROOVELIMIT_WAKE),
                 most = u->late[LQ_GROOVELIMIT_WIDE] + behind;

  return lq_line_prepare (
             &u->came_in, u->stream.channels, u->late[LQ_GROOVELIMIT_SPLIT] + beyond, arena) &&
         lq_line_prepare (&u->split_up, u->stream.channels,
             (most + LQ_BLOCK - 1) / LQ_BLOCK * LQ_BLOCK, arena);
}

bool
lq_groovelimit_prepare (lq_groovelimit *u, const lq_stream *stream,
    const struct lq_groovelimit_params *p, double reference_velocity, double reference_level_db,
    lq_arena *arena)
{
  const struct lq_module self = { "", lq_groovelimit_rows, LQ_GROOVELIMIT_ROWS, 0, NULL };
  const double mid = exp (-2.0 * LQ_PI * MID_HZ / stream->rate),
               side = exp (-2.0 * LQ_PI * SIDE_HZ / stream->rate);
  struct lq_groovelimit_manner manner[LQ_GROOVELIMIT_LANES];
  struct lq_groovelimit_params defaults;

  lq_modules_defaults (&self, 1, &defaults);
  p = p ? p : &defaults;
  memset (u, 0, sizeof *u);
  memcpy (manner, manners, sizeof manner);
  manner[LQ_GROOVELIMIT_TREBLE].before_ms = p->treble_lookahead_ms;
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->reach = (uint32_t)ceil (TREBLE_PERIODS * stream->rate / TREBLE_LEAST_HZ);
  u->warm = (uint32_t)ceil (WARM_MS * stream->rate / 1000.0);
  u->mid = lq_first_bass (mid, 1.0 - mid, 0.0);
  u->side = lq_first_bass (side, 1.0 - side, 0.0);
  if (!prepare_lanes (u, manner, arena) || !prepare_memory (u, arena) ||
      !prepare_lines (u, arena))
    return false;
  for (u->chunk = LQ_BLOCK; u->chunk + u->reach > u->late[LQ_GROOVELIMIT_SPLIT];)
    u->chunk /= 2;
  if (!lq_groove_prepare (&u->groove[0], stream, reference_velocity, reference_level_db, arena))
    return false;
  for (uint32_t s = 1; s < LQ_GROOVELIMIT_STAGES; s++)
    if (!lq_groove_prepare_like (&u->groove[s], stream, &u->groove[0], arena))
      return false;
  lq_groovelimit_set (u, p);
  lq_groovelimit_reset (u);
  return true;
}

void
lq_groovelimit_set (lq_groovelimit *u, const struct lq_groovelimit_params *p)
{
  struct lq_groovelimit_lane *const treble = &u->lane[LQ_GROOVELIMIT_TREBLE];
  const double groups = u->stream.rate / treble->group / 1000.0;

  u->p = *p;
  /* Of a lateral tone of that frequency a wall has 1/√2. */
  u->quick = (float)(2.0 * LQ_PI * p->treble_frequency_hz / (sqrt (2.0) * LQ_GROOVE_G));
  treble->take = 1.0 - exp (-1.0 / ((double)p->treble_attack_ms * groups));
  treble->keep = exp (-1.0 / ((double)p->treble_release_ms * groups));
}

void
lq_groovelimit_reset (lq_groovelimit *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.clock = 0 - (uint32_t)LQ_GROOVE_LAG;
  for (uint32_t i = 0; i < LQ_GROOVELIMIT_LANES; i++)
    lq_groovelimit_lane_reset (&u->lane[i]);
  for (uint32_t s = 0; s < LQ_GROOVELIMIT_STAGES; s++)
    lq_groove_reset (&u->groove[s]);
  lq_line_reset (&u->came_in);
  lq_line_clear (&u->split_up, u->stream.channels);
  lq_groovelimit_split_design (u, 0, u->p.treble_frequency_hz);
  lq_groovelimit_past_reset (u);
  lq_groovelimit_begin (u);
}

void
lq_groovelimit_begin (lq_groovelimit *u)
{
  u->z.before = u->late[LQ_GROOVELIMIT_SPLIT];
  u->z.ends = false;
  u->z.left = 0;
}

void
lq_groovelimit_end (lq_groovelimit *u, bool is)
{
  u->z.ends = is;
  u->z.left = is ? u->late[LQ_GROOVELIMIT_SPLIT] : 0;
}

uint32_t
lq_groovelimit_latency (const lq_groovelimit *u)
{
  return u->late[0] + u->late[1] + u->late[2];
}

uint32_t
lq_groovelimit_tail (const lq_groovelimit *u)
{
  return larger (u->reach, u->warm);
}

double
lq_groovelimit_treble_db (lq_groovelimit *u)
{
  return lq_groovelimit_lane_take (&u->lane[LQ_GROOVELIMIT_TREBLE]);
}

double
lq_groovelimit_bass_db (lq_groovelimit *u)
{
  const double mid = lq_groovelimit_lane_take (&u->lane[LQ_GROOVELIMIT_MID]),
               side = lq_groovelimit_lane_take (&u->lane[LQ_GROOVELIMIT_SIDE]);

  return fmax (mid, side);
}

double
lq_groovelimit_wide_db (lq_groovelimit *u)
{
  const double fast = lq_groovelimit_lane_take (&u->lane[LQ_GROOVELIMIT_FAST]),
               slow = lq_groovelimit_lane_take (&u->lane[LQ_GROOVELIMIT_SLOW]),
               narrow = lq_groovelimit_lane_take (&u->lane[LQ_GROOVELIMIT_NARROW]);

  return fast + fmax (slow, narrow) + lq_groovelimit_lane_take (&u->lane[LQ_GROOVELIMIT_LAST]);
}

/* Sound. */

/* 1/limit. */
struct shares {
  float velocity, acceleration, lateral, vertical;
};

static float
most_of (float a, float b)
{
  return a > b ? a : b;
}

static float
vertical_of (const struct lq_groove_peaks *p)
{
  return most_of (p->deep, p->shallow);
}

/* What treble does. It is treble, too, that makes a velocity which changes as fast as treble would. */
static float
treble_of (const lq_groovelimit *u, const struct lq_groove_peaks *p, const struct shares *by)
{
  const float acceleration = p->acceleration * by->acceleration;

  return p->acceleration > u->quick * p->velocity
             ? most_of (acceleration, p->velocity * by->velocity)
             : acceleration;
}

/* Whether any group breaks a limit, if these are the largest of all. */
static bool
breaks (const struct lq_groove_peaks *most, const struct shares *by)
{
  return most->velocity * by->velocity > 1.0f || most->acceleration * by->acceleration > 1.0f ||
         most->lateral * by->lateral > 1.0f || vertical_of (most) * by->vertical > 1.0f;
}

/* Peaks of the newest groups of a stage, the first of which begins at t, against the limits. */
static void
note (lq_groovelimit *u, uint32_t s, uint32_t t, uint32_t groups, const struct shares *by)
{
  struct lq_groovelimit_lane *const lane = u->lane;

  for (uint32_t g = 0; g < groups; g++, t += LQ_GROOVE_GROUP) {
    const struct lq_groove_peaks *const p = lq_groovelimit_peaks (u, s, t);
    const float lateral = p->lateral * by->lateral, vertical = vertical_of (p) * by->vertical;
    const float acceleration = p->acceleration * by->acceleration;
    const float fast = most_of (p->velocity * by->velocity, acceleration);
    if (s == LQ_GROOVELIMIT_SPLIT) {
      lq_groovelimit_lane_note (
          &lane[LQ_GROOVELIMIT_TREBLE], t, u->p.treble_enabled ? treble_of (u, p, by) : 0.0f);
      lq_groovelimit_lane_note (&lane[LQ_GROOVELIMIT_MID], t, lateral);
      lq_groovelimit_lane_note (&lane[LQ_GROOVELIMIT_SIDE], t, vertical);
    } else if (s == LQ_GROOVELIMIT_WIDE) {
      lq_groovelimit_lane_note (&lane[LQ_GROOVELIMIT_FAST], t, fast);
      lq_groovelimit_lane_note (&lane[LQ_GROOVELIMIT_NARROW], t, vertical);
      lq_groovelimit_lane_note (&lane[LQ_GROOVELIMIT_SLOW], t, lateral);
    } else {
      lq_groovelimit_lane_note (
          &lane[LQ_GROOVELIMIT_LAST], t, most_of (fast, most_of (lateral, vertical)));
    }
  }
}

/* The first stage needn't look closely, where the next one won't sleep; nor the next one at velocity and
 * acceleration, where what was near is gentle. */
static uint32_t
look (lq_groovelimit *u, uint32_t s, float *const *ch, uint32_t n,
    const struct lq_groove_floor *floor)
{
  struct lq_groove_floor so = *floor;
  const uint32_t away = u->late[LQ_GROOVELIMIT_SPLIT] / LQ_BLOCK + 3;
  const bool alone = s == LQ_GROOVELIMIT_SPLIT && u->z.rest[s] + away < u->still,
             gentle = s == LQ_GROOVELIMIT_WIDE && lq_groovelimit_gentle (u, floor);

  if (alone)
    so = (struct lq_groove_floor){ HUGE_VALF, HUGE_VALF, HUGE_VALF };
  if (gentle)
    so.steepest = u->z.near_acceleration;
  return lq_groove_process (&u->groove[s], (const float *const *)ch, n,
      gentle && !u->exact ? 1u << LQ_GROOVE_DISPLACEMENT : LQ_GROOVE_ALL, &so);
}

/* Peaks are so many vectors. */
#define PARTS (sizeof (struct lq_groove_peaks) / sizeof (lq_wide))

/* Raises the largest of all. */
static inline void
keep (lq_wide most[PARTS], struct lq_groove_peaks *known, const struct lq_groove_peaks *now)
{
  for (uint32_t i = 0; i < PARTS; i++) {
    lq_wide p;
    memcpy (&p, (const char *)now + i * sizeof p, sizeof p);
    memcpy ((char *)known + i * sizeof p, &p, sizeof p);
    most[i] = lq_wide_max (most[i], p);
  }
}

/* The peaks of groups from t on: how many. */
static uint32_t
measure (lq_groovelimit *u, uint32_t s, uint32_t t, float *const *ch, uint32_t n,
    const struct lq_groove_floor *floor, struct lq_groove_peaks *most)
{
  const uint32_t before = s ? s - 1 : 0;
  uint32_t groups = (u->z.clock % LQ_GROOVE_GROUP + n) / LQ_GROOVE_GROUP;
  lq_wide all[PARTS] = { { 0 } };

  if (u->z.asleep[s] && u->z.stirred[before])
    lq_groovelimit_past_wake (u, s);
  if (u->z.asleep[s]) {
    for (uint32_t g = 0; g < groups; g++, t += LQ_GROOVE_GROUP)
      keep (all, lq_groovelimit_peaks (u, s, t),
          lq_groovelimit_peaks (u, before, t - u->late[before]));
  } else {
    groups = look (u, s, ch, n, floor);
    for (uint32_t g = 0; g < groups; g++, t += LQ_GROOVE_GROUP)
      keep (all, lq_groovelimit_peaks (u, s, t), &u->groove[s].peaks[g]);
  }
  memcpy (most, all, sizeof *most);
  return groups;
}

/* The stage hears n frames. */
static uint32_t
hear (lq_groovelimit *u, uint32_t s, float *const *ch, uint32_t n,
    const struct lq_groove_floor *floor, const struct shares *by)
{
  const uint32_t begins = (u->z.clock & ~(uint32_t)(LQ_GROOVE_GROUP - 1));
  struct lq_groove_peaks most;
  const uint32_t groups = measure (u, s, begins, ch, n, floor, &most);

  if (s == LQ_GROOVELIMIT_SPLIT)
    lq_groovelimit_past_note (u, &most);
  if (breaks (&most, by))
    note (u, s, begins, groups, by);
  return groups;
}

/* What moves the groove vertically is the side alone. */
static void
narrow (lq_groovelimit *u, float *const *ch, uint32_t n)
{
  float *const l = ch[0], *const r = ch[u->stream.channels - 1], *const curve = u->curve[0];

  if (!lq_groovelimit_lane_run (&u->lane[LQ_GROOVELIMIT_NARROW], u->z.clock, n))
    return;
  lq_groovelimit_lane_curve (&u->lane[LQ_GROOVELIMIT_NARROW], u->z.clock, curve, n);
  for (uint32_t i = 0; i < n; i++) {
    const float taken = curve[i] * 0.5f * (l[i] - r[i]);
    l[i] -= taken;
    r[i] += taken;
  }
}

/* Peaks of the groups that are out now, n frames after t. */
static uint32_t
tell (lq_groovelimit *u, uint32_t t, uint32_t n, struct lq_groove_peaks *cut)
{
  struct lq_groovelimit_lane *const last = &u->lane[LQ_GROOVELIMIT_LAST];
  const uint32_t groups =
      ((t + n) / LQ_GROOVE_GROUP - t / LQ_GROOVE_GROUP) & UINT32_MAX / LQ_GROOVE_GROUP;
  uint32_t at =
      (t & ~(uint32_t)(LQ_GROOVE_GROUP - 1)) - u->late[LQ_GROOVELIMIT_END] + LQ_GROOVE_LAG;

  for (uint32_t g = 0; g < groups; g++, at += LQ_GROOVE_GROUP) {
    const struct lq_groove_peaks *const p = lq_groovelimit_peaks (u, LQ_GROOVELIMIT_END, at);
    const float by = last->gain[g];
    cut[g] = (struct lq_groove_peaks){ u->exact ? p->velocity * by : 0.0f,
      u->exact ? p->acceleration * by : 0.0f, p->lateral * by, p->inward * by, p->outward * by,
      p->deep * by, p->shallow * by };
  }
  last->gain[0] = last->gain[groups];
  return groups;
}

/* What rings before the programme and behind it doesn't leave the element: what follows is to see it end as
 * it does. */
static void
trim (lq_groovelimit *u, float *const *ch, uint32_t n)
{
  const uint32_t before = u->z.before < n ? u->z.before : n;
  const uint32_t until = u->z.left < n ? u->z.left : n;

  for (uint32_t c = 0; c < u->stream.channels; c++) {
    u->z.stirred[LQ_GROOVELIMIT_SPLIT] |= before || (u->z.ends && until < n);
    memset (ch[c], 0, before * sizeof *ch[c]);
    if (u->z.ends)
      memset (ch[c] + until, 0, (n - until) * sizeof *ch[c]);
  }
  u->z.before -= before;
  u->z.left -= until;
}

/* Whether lanes did something. */
static void
stir (lq_groovelimit *u, uint32_t from, uint32_t to)
{
  for (uint32_t i = from; i < to; i++) {
    u->z.no_treble &= i != LQ_GROOVELIMIT_TREBLE || !u->lane[i].z.acted;
    u->z.stirred[stage_of[i]] |= u->lane[i].z.acted;
    u->lane[i].z.acted = false;
  }
}

/* Where a limit falls at once, what was only just below the old one was looked at with other eyes. */
static void
watch (lq_groovelimit *u, const struct lq_groove_floor *now)
{
  const struct lq_groove_floor *const was = &u->z.floor;

  if (now->velocity < was->velocity * FALLEN ||
      now->acceleration < was->acceleration * FALLEN ||
      now->displacement < was->displacement * FALLEN || now->vertical < was->vertical * FALLEN)
    u->z.stirred[LQ_GROOVELIMIT_SPLIT] = u->z.stirred[LQ_GROOVELIMIT_WIDE] = true;
  u->z.floor = *now;
}

/* Where the stages work on frames that lie together: how many of n. */
static uint32_t
places (const lq_groovelimit *u, float *split[2], float *wide[2], uint32_t n)
{
  for (uint32_t c = 0; c < 2; c++) {
    const uint32_t of = c < u->stream.channels ? c : 0;
    split[c] = lq_line_place (&u->split_up, of, 0, &n);
    wide[c] = lq_line_place (&u->split_up, of, u->late[LQ_GROOVELIMIT_WIDE], &n);
  }
  return n;
}

/* At most u->chunk frames that are of one block of LQ_BLOCK. How many of them were processed. */
static uint32_t
process (lq_groovelimit *u, float *const *ch, uint32_t n, const struct lq_groove_floor *floor,
    const struct shares *by, uint32_t *told)
{
  struct lq_groovelimit_lane *const lane = u->lane;
  const uint32_t channels = u->stream.channels, t = u->z.clock;
  float *split[2], *wide[2];
  uint32_t groups;

  n = places (u, split, wide, n);
  if ((t + LQ_GROOVE_LAG) % LQ_BLOCK == 0)
    lq_groovelimit_past_mark (u);
  groups = hear (u, LQ_GROOVELIMIT_SPLIT, ch, n, floor, by);
  memcpy (u->came + u->came_groups, u->groove[0].peaks, groups * sizeof *u->came);
  u->came_groups += groups;
  for (uint32_t c = 0; c < channels; c++) {
    lq_line_write (&u->came_in, c, ch[c], n);
    lq_line_read (&u->came_in, c, u->late[LQ_GROOVELIMIT_SPLIT], split[c], n);
  }
  lq_groovelimit_bass (u, split, n);
  lq_groovelimit_treble (u, split, n);
  trim (u, split, n);
  stir (u, LQ_GROOVELIMIT_TREBLE, LQ_GROOVELIMIT_NARROW);
  hear (u, LQ_GROOVELIMIT_WIDE, split, n, floor, by);
  narrow (u, wide, n);
  lq_groovelimit_lane_apply (&lane[LQ_GROOVELIMIT_FAST], t, wide, channels, n);
  lq_groovelimit_lane_apply (&lane[LQ_GROOVELIMIT_SLOW], t, wide, channels, n);
  stir (u, LQ_GROOVELIMIT_NARROW, LQ_GROOVELIMIT_LAST);
  hear (u, LQ_GROOVELIMIT_END, wide, n, floor, by);
  for (uint32_t c = 0; c < channels; c++)
    lq_line_read (
        &u->split_up, c, u->late[LQ_GROOVELIMIT_WIDE] + u->late[LQ_GROOVELIMIT_END], ch[c], n);
  lq_groovelimit_lane_apply (&lane[LQ_GROOVELIMIT_LAST], t, ch, channels, n);
  lq_line_advance (&u->came_in, n);
  lq_line_advance (&u->split_up, n);
  u->z.clock += n;
  *told += tell (u, t, n, u->cut + *told);
  return n;
}

uint32_t
lq_groovelimit_process (
    lq_groovelimit *u, float *const *ch, uint32_t n, const struct lq_groovelimit_limits *limits)
{
  const float lateral = most_of (limits->displacement, LEAST),
              vertical = most_of (limits->vertical, LEAST);
  const struct lq_groove_floor floor = { most_of (limits->velocity, LEAST),
    most_of (limits->acceleration, LEAST), lateral, vertical };
  const struct shares by = { 1.0f / floor.velocity, 1.0f / floor.acceleration, 1.0f / lateral,
    1.0f / vertical };
  uint32_t told = 0;

  watch (u, &floor);
  u->came_groups = 0;
  for (uint32_t done = 0, some; done < n; done += some) {
    float *const at[2] = { ch[0] + done, ch[u->stream.channels - 1] + done };
    some = LQ_BLOCK - (u->z.clock + LQ_GROOVE_LAG) % LQ_BLOCK;
    some = some < u->chunk ? some : u->chunk;
    some = process (u, at, some < n - done ? some : n - done, &floor, &by, &told);
  }
  return told;
}
