/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The plan of a side against arithmetic, against the geometry of the groove it lays down, and against
 * what cutting engineers tell (tests/tables/vinyl_side_times.csv). */

#include "primitives/groove.h"
#include "primitives/side.h"

#include "lqtest.h"
#include "signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define RATE 8000.0
#define GROUPS_A_SECOND (RATE / LQ_GROOVE_GROUP)

static struct lq_side_params
disc (double inches, double rpm, int32_t pitch)
{
  struct lq_side_params p = { .pitch = pitch,
    .rpm = rpm,
    .lines_per_inch = 225,
    .finest = 300,
    .width_um = 56,
    .land_um = 15 };

  p.outer_mm = inches == 7 ? 84.1 : inches == 10 ? 120.9 : 146.3;
  p.inner_mm = inches == 7 ? 53 : 60.3;
  p.start_mm = p.outer_mm;
  return p;
}

/* Minutes until a side is full of what `peaks` repeat. */
static double
minutes (const struct lq_side_params *p, const struct lq_groove_peaks *peaks, uint32_t groups,
    lq_side *u, lq_arena *arena)
{
  const uint32_t piece = 250;
  double seconds = 0;

  if (!CHECK (lq_side_prepare (u, RATE, p, 7200, arena), "prepare"))
    return 0;
  for (uint32_t at = 0; lq_side_now (u).fits && seconds < 7200; at += piece) {
    at = at + piece > groups ? 0 : at;
    lq_side_process (u, peaks + at, piece);
    seconds += piece / GROUPS_A_SECOND;
  }
  return seconds / 60;
}

static void
silence (void)
{
  static const struct lq_groove_peaks quiet[500];
  const struct {
    double inches, rpm, lpi, minutes;
  } rows[] = { { 12, 100 / 3., 200, 20.3 }, { 12, 100 / 3., 225, 22.8 },
    { 12, 100 / 3., 300, 30.4 }, { 7, 45, 225, 5.9 * (84.1 - 53) / 30.0 } };
  lq_side u;
  lq_arena arena;

  for (int i = 0; i < 4; i++) {
    struct lq_side_params p = disc (rows[i].inches, rows[i].rpm, LQ_SIDE_FIXED);
    const double turns = (p.outer_mm - p.inner_mm) / 25.4 * rows[i].lpi;
    double got;
    lq_arena_init (&arena);
    p.lines_per_inch = rows[i].lpi;
    got = minutes (&p, quiet, 500, &u, &arena);
    CHECK_NEAR (got, turns / rows[i].rpm, 0.002 * got, "minutes by arithmetic");
    if (i < 3)
      CHECK_NEAR (got, rows[i].minutes, 0.005 * got, "minutes of STANDARDS §3.1");
    CHECK_NEAR (lq_side_now (&u).mean_lines_per_inch, rows[i].lpi, 0.01, "lines per inch");
    CHECK_NEAR (lq_side_now (&u).room_um, 25400 / rows[i].lpi - 56 - 15, 0.01, "room");
    lq_arena_free (&arena);
  }
  for (int lpi = 200; lpi <= 400; lpi += 100) {
    struct lq_side_params p = disc (12, 100 / 3., LQ_SIDE_VARIABLE);
    p.finest = lpi;
    lq_arena_init (&arena);
    minutes (&p, quiet, 500, &u, &arena);
    CHECK_NEAR (lq_side_now (&u).mean_lines_per_inch, 25400 / fmax (25400. / lpi, 71), 0.3,
        "lines per inch of silence, variable");
    lq_arena_free (&arena);
  }
}

/* Laid down as planned, no two turns come closer than the land, and none wastes any. */
static void
geometry (void)
{
  enum { GROUPS = 150 * 500 };
  static struct lq_groove_peaks peaks[GROUPS];
  lqs_random r = { 7 };
  lq_side u;
  lq_arena arena;

  for (int g = 0; g < GROUPS; g++) {
    const double loud = 20 + 18 * sin (g / 3000.) + 20 * (g / 700 % 9 == 0);
    peaks[g].inward = (float)(loud * (0.5 + 0.5 * lqs_uniform (&r)));
    peaks[g].outward = (float)(loud * (0.5 + 0.5 * lqs_uniform (&r)));
    peaks[g].deep = (float)(0.3 * loud);
    peaks[g].shallow = (float)(0.5 * loud);
  }
  for (int pitch = LQ_SIDE_FIXED; pitch <= LQ_SIDE_VARIABLE_DEPTH; pitch++) {
    const struct lq_side_params p = disc (12, 100 / 3., pitch);
    static double at[LQ_SIDE_CELLS * 90];
    double closest = HUGE_VAL, steepest = HUGE_VAL, narrowest = HUGE_VAL;
    uint32_t cells = 0;
    lq_arena_init (&arena);
    lq_side_prepare (&u, RATE, &p, 200, &arena);
    for (int g = 0; g < GROUPS; g++) {
      lq_side_process (&u, peaks + g, 1);
      while (cells < u.z.walk.cells)
        at[cells++] = u.p.start_mm * 1000 - lq_side_radius (&u) * 1000;
    }
    lq_side_finish (&u);
    for (int g = 0; g < GROUPS; g++) {
      const uint32_t c = (uint32_t)floor ((g + 0.5) / u.groups);
      const double back = 60 / p.rpm * GROUPS_A_SECOND;
      const int before = (int)floor (g - back + 0.5);
      if (c >= cells)
        break;
      narrowest = fmin (narrowest, p.width_um - 2 * peaks[g].shallow);
      if (before < 0 || c < LQ_SIDE_CELLS + 1)
        continue;
      /* A group beside the one a turn before, which may be in a neighbouring cell. */
      closest = fmin (closest,
          at[c] - at[c - LQ_SIDE_CELLS] - 56 - peaks[before].inward - peaks[g].outward);
      steepest = fmin (steepest, at[c] - at[c - 1]);
    }
    if (pitch == LQ_SIDE_FIXED)
      CHECK (fabs (closest - 15 - lq_side_now (&u).room_um) < 4, "land %.2f µm, %.2f said",
          closest, lq_side_now (&u).room_um + 15);
    if (pitch == LQ_SIDE_VARIABLE) {
      CHECK (closest > 14.9 && closest < 18, "least land %.2f µm", closest);
      CHECK_NEAR (steepest * LQ_SIDE_CELLS, 25400 / 300., 0.01, "finest pitch");
    }
    if (pitch != LQ_SIDE_VARIABLE_DEPTH)
      CHECK_NEAR (lq_side_now (&u).narrowest_um, narrowest, 0.07, "narrowest");
    else
      CHECK (lq_side_now (&u).narrowest_um > 24.9, "narrowest %.2f µm with depth control",
          lq_side_now (&u).narrowest_um);
    lqt_note ("pitch %d: %.1f lines per inch", pitch, lq_side_now (&u).mean_lines_per_inch);
    lq_arena_free (&arena);
  }
}

/* The loud parts of the song below are at −21.8 dBFS rms: 3 dB less than a sine of reference velocity
 * at this reference level, which is where a VU meter stands in the mean while loud music touches 0. */
#define SONG_DB (-12.0 - 3.8)

/* Something like a song at reference level: bass and middle by a falling spectrum, beats, loud and soft
 * parts; left and right mostly alike. */
static uint32_t
song (struct lq_groove_peaks *peaks, uint32_t seconds, double level_db)
{
  static float l[1024], r[1024];
  const lq_stream stream = { .rate = RATE, .channels = 2, .out_channels = 2 };
  const struct lq_groove_floor never = { HUGE_VALF, HUGE_VALF, HUGE_VALF };
  double a = 0, b = 0, c = 0, d = 0;
  lqs_random random = { 11 };
  uint32_t groups = 0;
  lq_arena arena;
  static lq_groove u;

  lq_arena_init (&arena);
  lq_groove_prepare (&u, &stream, 7, SONG_DB - level_db, &arena);
  for (uint32_t n = 0; n < seconds * (uint32_t)RATE; n += 1000) {
    const float *x[] = { l, r };
    for (int i = 0; i < 1000; i++) {
      const double t = (n + i) / RATE, beat = exp (-6 * fmod (t, 0.5));
      const double part = fmod (t, 40) < 25 ? 1 : 0.5;
      a += 0.1 * (lqs_uniform (&random) - a); /* 130 Hz */
      b += 0.03 * (a - b);                    /* below 40 Hz there is nothing */
      c += 0.1 * (lqs_uniform (&random) - c);
      d += 0.2 * (c - d); /* the side has no bass */
      const double mid = part * (0.5 * (a - b) + 0.2 * beat * sin (2 * PI * 60 * t));
      const double side = part * 0.15 * (c - d);
      l[i] = (float)(mid + side);
      r[i] = (float)(mid - side);
    }
    const uint32_t got = lq_groove_process (&u, x, 1000, LQ_GROOVE_ALL, &never);
    memcpy (peaks + groups, u.peaks, got * sizeof *peaks);
    groups += got;
  }
  lq_arena_free (&arena);
  return groups;
}

/* Beside the chart: the same song on each disc at each level. The charts differ among themselves by a
 * quarter (12 inches at 33⅓: 20 to 25 minutes; 7 at 45: 5 to 5.9). */
static void
charts (void)
{
  FILE *f = fopen (LQ_TABLES "/vinyl_side_times.csv", "r");
  static struct lq_groove_peaks peaks[90 * 500];
  char line[256];
  double sum = 0, worst = 0;
  int rows = 0;

  if (!CHECK (f != NULL, "vinyl_side_times.csv can't be opened"))
    return;
  while (fgets (line, sizeof line, f)) {
    double inches, rpm, level, chart, got, fixed;
    struct lq_side_params p;
    lq_arena arena;
    lq_side u;
    if (sscanf (line, "%lf,%lf,%lf,%lf", &inches, &rpm, &level, &chart) != 4)
      continue;
    const uint32_t groups = song (peaks, 80, level);
    p = disc (inches, rpm, LQ_SIDE_VARIABLE);
    lq_arena_init (&arena);
    got = minutes (&p, peaks, groups, &u, &arena);
    lq_arena_free (&arena);
    p.pitch = LQ_SIDE_FIXED;
    lq_arena_init (&arena);
    fixed = minutes (&p, peaks, groups, &u, &arena);
    /* … as coarse as it must be to leave as much land. */
    fixed *= 25400 / p.lines_per_inch / (25400 / p.lines_per_inch - lq_side_now (&u).room_um);
    lq_arena_free (&arena);
    CHECK (got > 1.05 * fixed, "fixed pitch lasts %.2f min, variable pitch %.2f", fixed, got);
    lqt_note ("%g in, %g rpm, %+g dB: %.1f min, chart %.1f, fixed %.1f", inches, rpm, level,
        got, chart, fixed);
    sum += log (got / chart);
    worst = fmax (worst, fabs (log (got / chart)));
    rows++;
  }
  fclose (f);
  CHECK (rows == 26, "%d rows", rows);
  CHECK (fabs (sum / rows) < 0.1 && worst < 0.25, "the charts aren't met");
  lqt_note ("mean %+.1f %%, worst %.1f %%", 100 * sum / rows, 100 * worst);
}

/* A level change makes an overlong side fit, and just so. */
static void
fit (void)
{
  static struct lq_groove_peaks peaks[90 * 500], quieter[90 * 500];
  const uint32_t groups = song (peaks, 80, 0);

  for (int pitch = LQ_SIDE_VARIABLE; pitch <= LQ_SIDE_VARIABLE_DEPTH; pitch++)
    for (int cut = 0; cut < 2; cut++) {
      const struct lq_side_params p = disc (12, 100 / 3., pitch);
      const double part = cut ? 0.25 : 1;
      double gain;
      lq_arena arena;
      lq_side u;
      lq_arena_init (&arena);
      lq_side_prepare (&u, RATE, &p, 2000, &arena);
      for (int i = 0; i < 20 * part; i++)
        lq_side_process (&u, peaks, groups);
      lq_side_finish (&u);
      CHECK (cut || (!lq_side_now (&u).fits && lq_side_now (&u).minutes_left < -1),
          "26.7 minutes fit");
      CHECK_NEAR (lq_side_length (&u, 0), u.z.walk.x, 1e-6, "walk again");
      gain = lq_side_fit_gain (&u, 20 * 80);
      for (uint32_t g = 0; g < groups; g++)
        for (int i = 0; i < 7; i++)
          ((float *)&quieter[g])[i] = ((float *)&peaks[g])[i] * (float)pow (10, gain / 20);
      lq_side_reset (&u);
      for (int i = 0; i < 20; i++)
        lq_side_process (&u, quieter, groups);
      lq_side_finish (&u);
      lqt_note ("pitch %d, %g of the side known: %.2f dB, then %.2f of %.2f mm", pitch, part,
          gain, lq_side_now (&u).used_mm, p.outer_mm - p.inner_mm);
      CHECK_NEAR (
          lq_side_now (&u).used_mm, 86, cut ? 0.5 : 0.05, "mm used at the level that fits");
      CHECK (cut || lq_side_now (&u).fits, "it doesn't fit");
      CHECK (gain < -1 && gain > -20, "%.2f dB", gain);
      CHECK (lq_side_fit_gain (&u, 40 * 60) == -LQ_SIDE_NO_GAIN, "40 minutes fit somehow");
      lq_arena_free (&arena);
    }
}

/* Results don't depend on the cut; a side longer than the notes goes on. */
static void
cuts (void)
{
  static struct lq_groove_peaks peaks[90 * 500];
  const uint32_t groups = song (peaks, 80, 0);
  const struct lq_side_params p = disc (7, 45, LQ_SIDE_VARIABLE_DEPTH);
  lq_side a, b;
  lq_arena arena;

  lq_arena_init (&arena);
  lq_side_prepare (&a, RATE, &p, 60, &arena);
  lq_side_prepare (&b, RATE, &p, 100, &arena);
  lq_side_process (&a, peaks, groups);
  for (uint32_t g = 0; g < groups; g += 7)
    lq_side_process (&b, peaks + g, groups - g < 7 ? groups - g : 7);
  CHECK (memcmp (a.note, b.note, a.capacity * sizeof *a.note) == 0, "other notes");
  CHECK_NEAR (lq_side_radius (&a), lq_side_radius (&b), 0.5, "beyond the notes");
  CHECK (a.z.missed > 0 && b.z.missed == 0, "%u cells missed", a.z.missed);
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "silence", silence }, { "geometry", geometry },
    { "vinyl_side_times.csv", charts }, { "the level that fits", fit }, { "cuts", cuts },
    { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
