/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the plan of a side.
 * Source:  L. Boden, "Disc mastering" (1981), by way of shared/STANDARDS.md §3.1 and §3.2.
 *
 *   peaks of groups ─→ cells ─→ notes ─→ walk, turn by turn ─→ x
 *                                 └─→ walks at other levels ─→ the level that fits
 *
 * z: the walk, LQ_SIDE_AHEAD cells behind the notes; the cell under way. */

#include "side.h"

#include "../base/mathx.h"
#include "groove.h"

#include <string.h>

#define UNIT 32.0
#define MM 1000.0
#define INCH 25400.0
#define NEAR 1.00001 /* 0.0001 dB */
#define LINES 20     /* then by halves, so that it ends */

double
lq_side_rpm (int32_t rpm)
{
  return rpm == 33 ? 100.0 / 3.0 : rpm;
}

double
lq_side_start (const struct lq_side_params *p, double seconds, double side_seconds)
{
  const double all = p->outer_mm - p->inner_mm;
  const double pitch = INCH / p->lines_per_inch / MM;
  const double used = p->pitch != LQ_SIDE_FIXED && side_seconds > 0.0
                          ? all * seconds / side_seconds
                          : seconds / 60.0 * p->rpm * pitch;

  return p->outer_mm - lq_clamp (used, 0.0, all);
}

bool
lq_side_prepare (
    lq_side *u, double rate, const struct lq_side_params *p, double seconds, lq_arena *arena)
{
  const double cells_a_second = p->rpm / 60.0 * LQ_SIDE_CELLS;

  *u = (lq_side){ .p = *p, .groups = rate / LQ_GROOVE_GROUP / cells_a_second };
  u->capacity = (uint32_t)ceil (seconds * cells_a_second) + 1;
  u->note = lq_arena_alloc (arena, u->capacity * sizeof *u->note);
  if (!u->note)
    return false;
  lq_side_reset (u);
  return true;
}

/* The finest pitch, µm. */
static double
finest (const struct lq_side_params *p)
{
  return INCH / (p->pitch == LQ_SIDE_FIXED ? p->lines_per_inch : p->finest);
}

static void
walk_begin (const lq_side *u, struct lq_side_walk *w)
{
  memset (w, 0, sizeof *w);
  w->narrowest = u->p.width_um;
  w->room = HUGE_VAL;
}

/* µm of a note at another level: never less than what would be noted at that level. */
static inline double
um (uint16_t note, double gain)
{
  return (gain == 1.0 ? note : ceil (gain * note)) / UNIT;
}

/* Unmodulated width at cell c. */
static double
width_at (const lq_side *u, uint32_t c, uint32_t cells, double gain)
{
  const uint32_t first = c > LQ_SIDE_AHEAD ? c - LQ_SIDE_AHEAD : 0;
  uint16_t deep = 0, shallow = 0;
  double width;

  if (u->p.pitch != LQ_SIDE_VARIABLE_DEPTH)
    return u->p.width_um;
  for (uint32_t i = first; i < cells && i <= c + LQ_SIDE_AHEAD; i++) {
    deep = u->note[i].deep > deep ? u->note[i].deep : deep;
    shallow = u->note[i].shallow > shallow ? u->note[i].shallow : shallow;
  }
  width = fmin (LQ_SIDE_NARROWEST + 2.0 * gain / UNIT * shallow,
      2.0 * (LQ_SIDE_DEEPEST - gain / UNIT * deep));
  return fmax (width, u->p.width_um);
}

/* Cell c, of `cells` that are noted. */
static void
walk_on (const lq_side *u, struct lq_side_walk *w, uint32_t c, uint32_t cells, double gain)
{
  const struct lq_side_note note = u->note[c];
  const double width = width_at (u, c, cells, gain);
  const uint32_t at = c % LQ_SIDE_CELLS;
  const double step = w->x + (c ? finest (&u->p) / LQ_SIDE_CELLS : 0.0);
  double x = step;

  if (c >= LQ_SIDE_CELLS) {
    const double clear =
        w->last[at] + w->inward[at] + width / 2.0 + um (note.outward, gain) + u->p.land_um;
    w->room = fmin (w->room, step - clear);
    if (u->p.pitch != LQ_SIDE_FIXED)
      x = fmax (step, clear);
  }
  w->x = w->last[at] = x;
  w->inward[at] = width / 2.0 + um (note.inward, gain);
  w->narrowest = fmin (w->narrowest, width - 2.0 * um (note.shallow, gain));
  w->cells++;
}

void
lq_side_reset (lq_side *u)
{
  memset (&u->z, 0, sizeof u->z);
  u->z.until = u->groups;
  walk_begin (u, &u->z.walk);
}

static uint16_t
rounded (float um)
{
  const float units = ceilf (um * (float)UNIT);

  return units < 65535.0f ? (uint16_t)units : 65535;
}

/* The cell under way is over. */
static void
note (lq_side *u)
{
  struct lq_groove_peaks *const now = &u->z.now;

  if (u->z.cells == u->capacity) {
    u->z.missed++;
  } else {
    u->note[u->z.cells++] = (struct lq_side_note){ rounded (now->inward),
      rounded (now->outward), rounded (now->deep), rounded (now->shallow) };
    if (u->z.cells > LQ_SIDE_AHEAD)
      walk_on (u, &u->z.walk, u->z.walk.cells, u->z.cells, 1.0);
  }
  memset (now, 0, sizeof *now);
  u->z.until += u->groups;
}

static inline float
larger (float a, float b)
{
  return a > b ? a : b;
}

/* Groups of one cell. */
static void
gather (struct lq_groove_peaks *now, const struct lq_groove_peaks *peaks, uint32_t groups)
{
  float inward = now->inward, outward = now->outward, deep = now->deep, shallow = now->shallow;

  for (uint32_t g = 0; g < groups; g++) {
    inward = larger (peaks[g].inward, inward);
    outward = larger (peaks[g].outward, outward);
    deep = larger (peaks[g].deep, deep);
    shallow = larger (peaks[g].shallow, shallow);
  }
  now->inward = inward;
  now->outward = outward;
  now->deep = deep;
  now->shallow = shallow;
}

void
lq_side_process (lq_side *u, const struct lq_groove_peaks *peaks, uint32_t groups)
{
  for (uint32_t done = 0, some; done < groups; done += some) {
    const uint32_t left = (uint32_t)(u->z.until + 0.5);
    some = left < groups - done ? left : groups - done;
    gather (&u->z.now, peaks + done, some);
    u->z.until -= some;
    while (u->z.until < 0.5)
      note (u);
  }
}

void
lq_side_finish (lq_side *u)
{
  while (u->z.walk.cells < u->z.cells)
    walk_on (u, &u->z.walk, u->z.walk.cells, u->z.cells, 1.0);
}

/* Mean pitch so far, µm; before anything was cut what silence needs. */
static double
mean_pitch (const lq_side *u)
{
  const struct lq_side_walk *const w = &u->z.walk;

  if (w->cells <= LQ_SIDE_CELLS)
    return u->p.pitch == LQ_SIDE_FIXED ? finest (&u->p)
                                       : fmax (finest (&u->p), u->p.width_um + u->p.land_um);
  return w->x / (w->cells - 1) * LQ_SIDE_CELLS;
}

/* µm so far. */
static double
used (const lq_side *u)
{
  return u->z.walk.x + u->z.missed * mean_pitch (u) / LQ_SIDE_CELLS;
}

double
lq_side_radius (const lq_side *u)
{
  return u->p.start_mm - used (u) / MM;
}

struct lq_side_figures
lq_side_now (const lq_side *u)
{
  const double radius = lq_side_radius (u), pitch = mean_pitch (u);

  return (struct lq_side_figures){ .radius_mm = radius,
    .speed = lq_groove_speed (fmax (radius, 0.0), u->p.rpm),
    .used_mm = u->p.outer_mm - radius,
    .mean_lines_per_inch = u->z.walk.cells > 1 ? INCH / pitch : 0.0,
    .minutes_left = (radius - u->p.inner_mm) * MM / pitch / u->p.rpm,
    .narrowest_um = u->z.walk.narrowest,
    .room_um = u->z.walk.room,
    .fits = radius >= u->p.inner_mm };
}

/* A whole walk at another level. */
static struct lq_side_walk
walk_all (const lq_side *u, double gain)
{
  struct lq_side_walk w;

  walk_begin (u, &w);
  for (uint32_t c = 0; c < u->z.cells; c++)
    walk_on (u, &w, c, u->z.cells, gain);
  return w;
}

double
lq_side_length (const lq_side *u, double gain_db)
{
  return walk_all (u, lq_db_to_lin (gain_db)).x;
}

/* By how much a side that is `longer` times what was noted doesn't fit at a gain, µm; not above 0: it does. */
static double
lacks (const lq_side *u, double gain, double longer)
{
  const struct lq_side_walk w = walk_all (u, gain);
  const double length = w.x * longer - (u->p.start_mm - u->p.inner_mm) * MM;

  return u->p.pitch == LQ_SIDE_FIXED ? fmax (length, -w.room) : length;
}

/* By straight lines, of which what a side takes is made (the Illinois rule). */
double
lq_side_fit_gain (const lq_side *u, double side_seconds)
{
  const double noted = u->z.cells / (u->p.rpm / 60.0 * LQ_SIDE_CELLS);
  const double longer =
      side_seconds > 0.0 && noted > 0.0 ? fmax (side_seconds / noted, 1.0) : 1.0;
  double lo = lq_db_to_lin (-LQ_SIDE_GAIN_RANGE), hi = 1.0 / lo;
  double below = lacks (u, lo, longer), above = lacks (u, hi, longer);
  bool fitted = false, lacked = false;

  if (above <= 0.0)
    return LQ_SIDE_NO_GAIN;
  if (below > 0.0)
    return -LQ_SIDE_NO_GAIN;
  for (int i = 0; hi > lo * NEAR; i++) {
    const double line = (lo * above - hi * below) / (above - below);
    const double gain = i < LINES && line > lo && line < hi ? line : sqrt (lo * hi);
    const double now = lacks (u, gain, longer);
    if (now <= 0.0) {
      lo = gain;
      below = now;
      above = fitted ? above / 2.0 : above;
    } else {
      hi = gain;
      above = now;
      below = lacked ? below / 2.0 : below;
    }
    fitted = now <= 0.0;
    lacked = !fitted;
  }
  return lq_lin_to_db (lo);
}
