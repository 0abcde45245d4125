/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The groove's model against the analogue formulas, the normative table (tests/tables/
 * vinyl_limits.csv) and an oversampled model in double (tests/lib/vinyl.h). */

#include "primitives/groove.h"

#include "guard.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"
#include "vinyl.h"
#include "most.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static const double rates[] = { 8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000,
  176400, 192000, 384000 };
#define RATES (sizeof rates / sizeof *rates)

static const struct lq_groove_floor always = { 0, 0, 0 };
static const struct lq_groove_floor never = { HUGE_VALF, HUGE_VALF, HUGE_VALF };

static lq_stream
stream_of (double rate, uint32_t channels)
{
  return (lq_stream){ .rate = rate, .channels = channels, .out_channels = channels };
}

/* Everything in blocks of `cut` frames (0: at random), with silence behind; all groups' peaks to
 * `all` (NULL: only the largest of those from frame `from` on). */
static struct lq_groove_peaks
run (double rate, uint32_t channels, const float *l, const float *r, size_t frames,
    uint32_t cut, const struct lq_groove_floor *floor, size_t from, struct lq_groove_peaks *all)
{
  const lq_stream stream = stream_of (rate, channels);
  const size_t end = frames + 2 * LQ_GROOVE_GROUP;
  static float silence[2 * LQ_GROOVE_GROUP];
  struct lq_groove_peaks largest = { 0 };
  lqs_random random = { 5 };
  lq_arena arena;
  lq_groove u;
  long at = -LQ_GROOVE_GROUP;

  lq_arena_init (&arena);
  if (!CHECK (lq_groove_prepare (&u, &stream, 7, -12, &arena), "prepare"))
    return largest;
  for (size_t done = 0, n; done < end; done += n) {
    const bool behind = done >= frames;
    const float *x[2] = { behind ? silence : l + done, behind ? silence : r + done };
    n = cut ? cut : lqs_range (&random, 1, LQ_BLOCK);
    n = fmin (n, behind ? end - done : frames - done);
    const uint32_t groups = lq_groove_process (&u, x, (uint32_t)n, LQ_GROOVE_ALL, floor);
    for (uint32_t g = 0; g < groups; g++, at += LQ_GROOVE_GROUP) {
      if (at >= (long)from && at + 2 * LQ_GROOVE_TAPS < (long)frames)
        largest = most (largest, u.peaks + g);
      if (all && at >= 0 && at < (long)frames)
        all[at / LQ_GROOVE_GROUP] = u.peaks[g];
    }
  }
  lq_arena_free (&arena);
  return largest;
}

/* What a form does to an impulse in both planes. */
static void
impulse (const struct lq_groove_design *design, const struct lq_groove_form *form,
    const struct lq_kernels *kernels, float *out, size_t frames, size_t at)
{
  const size_t room = frames + 2 * LQ_GROOVE_TAPS;
  float *plane[10];
  struct lq_groove_state state = { 0 };

  for (int i = 0; i < 10; i++)
    plane[i] = (float *)calloc (room, sizeof **plane) + LQ_GROOVE_TAPS;
  plane[0][at] = 1;
  kernels->groove_run (&design->poles, &state, (const float *const[]){ plane[0], plane[1] },
      (float *const[]){ plane[2], plane[3] }, (float *const[]){ plane[4], plane[5] },
      (float *const[]){ plane[6], plane[7] }, (uint32_t)frames);
  kernels->groove_wave (form,
      &(struct lq_groove_rows){ { plane[0], plane[1] }, { plane[2], plane[3] },
          { plane[4], plane[5] }, { plane[6], plane[7] } },
      (float *const[]){ plane[8], plane[9] }, (uint32_t)frames);
  memcpy (out, plane[8], frames * sizeof *out);
  CHECK (lqm_peak (plane[9], frames) == 0, "an impulse laterally, and it moves vertically");
  for (int i = 0; i < 10; i++)
    free (plane[i] - LQ_GROOVE_TAPS);
}

/* Worst error of one quantity, dB, and of its phase with it, as a share; `later`: of a frame. */
static double
response_error (const float *h, size_t frames, size_t at, double rate, double gain, int kind,
    double later, double step, double *turn)
{
  /* An impulse in float has no 20 Hz left in its second derivative. */
  const double low = kind == LQ_GROOVE_ACCELERATION ? 200 : 20;
  const double top = fmin (20000, 0.45 * rate);
  double worst = 0;

  *turn = 0;
  for (double hz = low; hz < top * step; hz *= step) {
    const double f = fmin (hz, top);
    const double complex s = I * 2 * PI * f;
    const double complex want = kind == LQ_GROOVE_VELOCITY ? lqv_riaa (f)
                                : kind == LQ_GROOVE_ACCELERATION
                                    ? lqv_riaa (f) * s / sqrt (2) / 980.665
                                    : lqv_swing (f) * 1e4;
    const double complex got = gain * lqm_response (h, frames, rate, f) *
                               cexp (s * ((double)at - later) / rate) / want;
    worst = fmax (worst, fabs (lqm_db (cabs (got))));
    *turn = fmax (*turn, cabs (got - 1));
  }
  return worst;
}

static void
responses (void)
{
  static const char *const names[] = { "velocity", "acceleration", "displacement" };

  for (size_t i = 0; i < RATES; i++) {
    const size_t half = (size_t)(rates[i] / 2) / 16 * 16, at = 64;
    float *h = calloc (half, sizeof *h);
    static struct lq_groove_design d;
    lq_groove_design (&d, rates[i], 7, -12);
    for (int kind = 0; kind < LQ_GROOVE_KINDS; kind++) {
      const size_t frames = kind == LQ_GROOVE_DISPLACEMENT ? half : half / 320 * 16 + 256;
      double turn, worst, fine = 0;
      const double gain = d.scale * 2 / 7 * pow (10, -12 / 20.);
      impulse (&d, &d.grid[kind], lq_kernels (), h, frames, at);
      worst = response_error (h, frames, at, rates[i], gain, kind,
          kind == LQ_GROOVE_VELOCITY ? 0.5 : 0, 1.03, &turn);
      CHECK (worst < 0.05 && turn < 0.02, "%s at %g Hz: off by %.4f dB, turned by %.4f",
          names[kind], rates[i], worst, turn);
      for (int m = 0; m < LQ_GROOVE_PHASES; m += 2) {
        double t;
        impulse (&d, &d.fine[kind][m], lq_kernels (), h, frames, at);
        fine = fmax (fine, response_error (h, frames, at, rates[i], gain, kind,
                               (double)m / LQ_GROOVE_PHASES, 1.1, &t));
      }
      lqt_note ("%s at %g Hz: %.4f dB, with phase %.4f; between frames %.3f dB", names[kind],
          rates[i], worst, turn, fine);
      CHECK (fine < 0.3, "%s between frames at %g Hz: off by %.3f dB", names[kind], rates[i],
          fine);
    }
    free (h);
  }
}

/* value against a table's figure of so many decimals. */
static void
figure (double hz, double value, double table, const char *what)
{
  const double tolerance = 0.01 * fabs (table) + 0.00501;

  CHECK (fabs (value - table) <= tolerance, "%s at %g Hz: %.4f, table %.4f", what, hz, value,
      table);
}

/* The same in dB, of which 0.086 are 1 %. */
static void
ratio (double hz, double value, double table, const char *what)
{
  CHECK (fabs (value - table) <= 0.0864 + 0.00501, "%s at %g Hz: %.4f dB, table %.4f", what, hz,
      value, table);
}

/* A tone at the reference level, laterally, and from it the columns of the table. */
static void
table_row (double rate, const double row[11])
{
  const double hz = row[0], out = lq_groove_speed (146.15, 100 / 3.),
               in = lq_groove_speed (60.3, 100 / 3.);
  const size_t frames = (size_t)rate, from = (size_t)(0.6 * rate);
  float *x = malloc (frames * sizeof *x);
  struct lq_groove_peaks p;
  double v, a, y;

  lqs_sine (x, frames, rate, hz, pow (10, -12 / 20.), 0.3, 0);
  p = run (rate, 1, x, x, frames - 64, 0, &always, from, NULL);
  free (x);
  v = p.velocity;
  a = p.acceleration * sqrt (2); /* of a wall that moves as fast as the stylus does laterally */
  y = p.lateral *
      cabs (lqv_riaa (hz) / (2 * PI * hz) / lqv_swing (hz)); /* without the high-pass */
  ratio (hz, lqm_db (v / 7), row[1], "RIAA");
  figure (hz, v, row[2], "velocity");
  figure (hz, y, row[3], "displacement");
  figure (hz, a, row[4], "acceleration");
  ratio (hz, lqm_db (out / v), row[5], "slope outside");
  ratio (hz, lqm_db (in / v), row[6], "slope inside");
  ratio (hz, -lqm_db (lq_groove_curvature (a, 18, in)), row[7], "curvature, 18 µm, inside");
  ratio (hz, -lqm_db (lq_groove_curvature (a, 6, in)), row[8], "curvature, 6 µm, inside");
  ratio (
      hz, lqm_db (lq_groove_acceleration (18, out) / a), row[9], "curvature, 18 µm, outside");
  ratio (hz, lqm_db (50 / y), row[10], "50 µm");
}

static void
table (void)
{
  FILE *f = fopen (LQ_TABLES "/vinyl_limits.csv", "r");
  char line[512];
  int rows = 0;

  if (!CHECK (f != NULL, "vinyl_limits.csv can't be opened"))
    return;
  while (fgets (line, sizeof line, f)) {
    double row[11];
    char *at = line;
    if (line[0] < '0' || line[0] > '9')
      continue;
    for (int i = 0; i < 11; i++, at += *at == ',')
      row[i] = strtod (at, &at);
    for (size_t i = 5; i < 9; i += 3)
      if (row[0] < 0.45 * rates[i])
        table_row (rates[i], row);
    rows++;
  }
  fclose (f);
  CHECK (rows == 23, "%d rows", rows);
}

/* STANDARDS §3.2: the reference reads the reference, 50 Hz moves 31.7 µm; the high-pass included. */
static void
reference (void)
{
  for (size_t i = 0; i < RATES; i++) {
    const size_t frames = (size_t)rates[i], from = frames * 6 / 10;
    float *x = malloc (frames * sizeof *x), *silent = calloc (frames, sizeof *x);
    struct lq_groove_peaks p;
    lqs_sine (x, frames, rates[i], 1000, pow (10, -12 / 20.), 0.1, 0);
    p = run (rates[i], 1, x, x, frames - 64, 0, &always, from, NULL);
    CHECK_NEAR (lqm_db (p.velocity / 7), 0, 0.05, "1 kHz at the reference level, dB");
    p = run (rates[i], 2, x, silent, frames - 64, 0, &always, from, NULL);
    CHECK_NEAR (p.velocity, 3.5, 0.02, "of one channel");
    lqs_sine (x, frames, rates[i], 50, pow (10, -12 / 20.), 0.1, 0);
    p = run (rates[i], 1, x, x, frames - 64, 0, &always, from, NULL);
    CHECK_NEAR (p.lateral, 31.7, 0.317, "50 Hz");
    CHECK (p.deep < 1e-3 && p.shallow < 1e-3, "mono moves vertically: %g", p.deep);
    free (x);
    free (silent);
  }
}

/* How far a measured peak lies above (and below) the truth, dB, group by group, where either is near
 * the largest. */
struct gap {
  double above, below;
};

static void
missed (struct gap *gap, double got, double truth, double largest)
{
  if (truth >= 0.5 * largest)
    gap->below = fmax (gap->below, lqm_db (truth / got));
}

static void
invented (struct gap *gap, double got, double truth, double largest)
{
  if (got >= 0.5 * largest)
    gap->above = fmax (gap->above, lqm_db (got / truth));
}

static void
against_truth (double rate, const char *name, const float *l, const float *r, size_t frames,
    double most_db)
{
  const size_t groups = frames / LQ_GROOVE_GROUP;
  const lqv_lathe lathe = { rate, 7, -12 };
  struct lq_groove_peaks *ours = malloc (groups * sizeof *ours),
                         *rough = malloc (groups * sizeof *ours);
  lqv_frame *truth = malloc (frames * sizeof *truth);
  struct gap v = { 0, 0 }, a = v, y = v, gv = v, ga = v, gy = v;
  lqv_frame top;

  run (rate, 2, l, r, groups * LQ_GROOVE_GROUP, 0, &always, 0, ours);
  run (rate, 2, l, r, groups * LQ_GROOVE_GROUP, 0, &never, 0, rough);
  lqv_measure (&lathe, l, r, frames, 16, truth);
  top = lqv_largest (truth, groups * LQ_GROOVE_GROUP);
  for (size_t g = 1; g + 1 < groups; g++) {
    /* A peak may fall on the border of two groups. */
    const lqv_frame t = lqv_largest (truth + g * LQ_GROOVE_GROUP, LQ_GROOVE_GROUP);
    const lqv_frame wide = lqv_largest (truth + (g - 1) * LQ_GROOVE_GROUP, 3 * LQ_GROOVE_GROUP);
    const struct lq_groove_peaks p = ours[g], q = most (most (p, ours + g - 1), ours + g + 1);
    const struct lq_groove_peaks c = most (most (rough[g], rough + g - 1), rough + g + 1);
    missed (&v, q.velocity, t.velocity, top.velocity);
    missed (&a, q.acceleration, t.acceleration, top.acceleration);
    missed (&y, q.lateral, t.lateral, top.lateral);
    missed (&y, fmax (q.deep, q.shallow), t.vertical, top.vertical);
    missed (&y, q.inward, t.inward, top.inward);
    missed (&y, q.outward, t.outward, top.outward);
    missed (&gv, c.velocity, t.velocity, top.velocity);
    missed (&ga, c.acceleration, t.acceleration, top.acceleration);
    missed (&gy, c.lateral, t.lateral, top.lateral);
    invented (&v, p.velocity, wide.velocity, top.velocity);
    invented (&a, p.acceleration, wide.acceleration, top.acceleration);
    invented (&y, p.lateral, wide.lateral, top.lateral);
    invented (&y, fmax (p.deep, p.shallow), wide.vertical, top.vertical);
    invented (&y, p.inward, wide.inward, top.inward);
    invented (&y, p.outward, wide.outward, top.outward);
  }
  lqt_note ("%s, %g Hz: truth above the fine peaks by %.3f, %.3f, %.3f dB (v, a, y), below by "
            "%.3f, %.3f, %.3f; "
            "above those of the grid by %.2f, %.2f, %.2f",
      name, rate, v.below, a.below, y.below, v.above, a.above, y.above, gv.below, ga.below,
      gy.below);
  CHECK (v.below < most_db && a.below < most_db && y.below < most_db,
      "%s at %g Hz: peaks missed by %.3f, %.3f, %.3f dB", name, rate, v.below, a.below,
      y.below);
  CHECK (v.above < most_db && a.above < most_db && y.above < most_db,
      "%s at %g Hz: peaks too high by %.3f, %.3f, %.3f dB", name, rate, v.above, a.above,
      y.above);
  free (ours);
  free (rough);
  free (truth);
}

static void
truth (void)
{
  for (size_t i = 5; i < 9; i += 1 + (i > 5)) {
    const double rate = rates[i];
    const size_t frames = (size_t)(rate * 0.5);
    float *l = malloc (frames * sizeof *l), *r = malloc (frames * sizeof *r);
    lqs_band_noise (l, frames, 0.4, 0.1, 3);
    lqs_band_noise (r, frames, 0.4, 0.1, 4);
    against_truth (rate, "noise to 0.4", l, r, frames, 0.2);
    for (size_t n = 0; n < frames; n++) {
      l[n] += (float)(0.2 * sin (2 * PI * 55 / rate * n));
      r[n] = 0.3f * r[n] + 0.7f * l[n];
    }
    against_truth (rate, "noise and bass", l, r, frames, 0.2);
    for (size_t n = 0; n < frames; n++) {
      const double t = n / rate, top = 0.44 * rate, k = log (top / 20) / 0.5;
      l[n] = (float)(0.3 * sin (2 * PI * 20 / k * (exp (k * t) - 1)));
      r[n] = (float)(0.2 * cos (2 * PI * 20 / k * (exp (k * t) - 1)));
    }
    against_truth (rate, "sweep to 0.44", l, r, frames, 0.2);
    memset (l, 0, frames * sizeof *l);
    memset (r, 0, frames * sizeof *r);
    for (size_t n = 500; n < frames; n += 997) {
      l[n] = 0.5f;
      r[n] = n % 2 ? -0.5f : 0.25f;
    }
    against_truth (rate, "impulses", l, r, frames, 0.5);
    free (l);
    free (r);
  }
}

/* Groups near a limit are looked at closely, and none that exceeds it is missed. */
static void
floors (void)
{
  enum { FRAMES = 48000, GROUPS = FRAMES / LQ_GROOVE_GROUP };
  static float l[FRAMES], r[FRAMES];
  static struct lq_groove_peaks fine[GROUPS], near[GROUPS];
  struct lq_groove_peaks top;
  struct lq_groove_floor floor;
  int missed = 0, beyond = 0;

  lqs_programme (l, FRAMES, 48000, 8);
  lqs_programme (r, FRAMES, 48000, 9);
  top = run (48000, 2, l, r, FRAMES, 0, &always, 0, fine);
  floor = (struct lq_groove_floor){ 0.7f * top.velocity, 0.7f * top.acceleration,
    0.7f * top.lateral };
  run (48000, 2, l, r, FRAMES, 0, &floor, 0, near);
  for (int g = 0; g < GROUPS; g++) {
    beyond += fine[g].velocity > floor.velocity || fine[g].acceleration > floor.acceleration;
    missed += fine[g].velocity > floor.velocity && near[g].velocity != fine[g].velocity;
    missed += fine[g].acceleration > floor.acceleration &&
              near[g].acceleration != fine[g].acceleration;
    missed += fine[g].lateral > floor.displacement && near[g].lateral != fine[g].lateral;
  }
  CHECK (
      beyond > 20 && missed == 0, "%d groups exceed the floor, %d are missed", beyond, missed);
}

/* What goes on by `keep` a frame behind a jump, or before it; what is missed where the floor lies below. */
static void
jump (double rate, int at, bool down, double keep, double missed_db[2])
{
  enum { FRAMES = 1024 };
  static float l[FRAMES], r[FRAMES];
  static lqv_frame truth[FRAMES];
  const lqv_lathe lathe = { rate, 7, -12 };
  struct lq_groove_floor floor;
  struct lq_groove_peaks top;
  lqv_frame most;

  for (int i = 0; i < FRAMES; i++) {
    const int away = down ? at - 1 - i : i - at;
    l[i] = away < 0 ? 0.0f : (float)(0.7 * pow (keep, away));
    r[i] = -0.5f * l[i];
  }
  lqv_measure (&lathe, l, r, FRAMES, 8, truth);
  most = lqv_largest (truth, FRAMES);
  floor = (struct lq_groove_floor){ 0.88f * most.velocity, 0.88f * most.acceleration,
    0.88f * most.lateral, 0.88f * most.vertical, 0, 0 };
  top = run (rate, 2, l, r, FRAMES, 0, &floor, 0, NULL);
  missed_db[0] = fmax (missed_db[0], lqm_db (most.velocity / top.velocity));
  missed_db[0] = fmax (missed_db[0], lqm_db (most.lateral / top.lateral));
  missed_db[0] = fmax (missed_db[0], lqm_db (most.vertical / fmax (top.deep, top.shallow)));
  missed_db[1] = fmax (missed_db[1], lqm_db (most.acceleration / top.acceleration));
}

/* Beside a jump, wherever that falls in a group, what swings over isn't missed. */
static void
jumps (void)
{
  static const int places[] = { 0, 1, LQ_GROOVE_GROUP / 2, LQ_GROOVE_GROUP - 1 };
  double missed_db[2] = { 0, 0 };

  for (int k = 0; k < 16; k++)
    jump (k / 8 ? 192000 : 48000, 512 + places[k % 4], k / 4 % 2, 0.96, missed_db);
  CHECK (missed_db[0] < 0.15, "%.3f dB of velocity or displacement are missed", missed_db[0]);
  CHECK (missed_db[1] < 0.5, "%.3f dB of acceleration are missed", missed_db[1]);
  lqt_note (
      "beside a jump %.3f dB of velocity and displacement, %.3f of acceleration are missed",
      missed_db[0], missed_db[1]);
}

static void
cuts (void)
{
  enum { FRAMES = 9000, GROUPS = FRAMES / LQ_GROOVE_GROUP };
  static float l[FRAMES], r[FRAMES];
  static struct lq_groove_peaks a[GROUPS], b[GROUPS];

  lqs_programme (l, FRAMES, 48000, 8);
  lqs_programme (r, FRAMES, 48000, 9);
  run (48000, 2, l, r, GROUPS * LQ_GROOVE_GROUP, 1024, &always, 0, a);
  for (uint32_t cut = 0; cut < 40; cut += 3) {
    run (48000, 2, l, r, GROUPS * LQ_GROOVE_GROUP, cut, &always, 0, b);
    CHECK (memcmp (a, b, sizeof a) == 0, "blocks of %u give other peaks", cut);
  }
}

/* One that goes on from another's poles has its peaks. */
static void
resumed (void)
{
  enum { FRAMES = 48000, FROM = 24000, SOME = 700 };
  static float l[FRAMES], r[FRAMES];
  const lq_stream stream = stream_of (48000, 2);
  static lq_groove all, later;
  lq_arena arena;

  lqs_programme (l, FRAMES, 48000, 3);
  lqs_programme (r, FRAMES, 48000, 4);
  lq_arena_init (&arena);
  if (!CHECK (lq_groove_prepare (&all, &stream, 7, -12, &arena) &&
                  lq_groove_prepare_like (&later, &stream, &all, &arena),
          "prepare"))
    return;
  for (uint32_t at = LQ_GROOVE_MEMORY; at < LQ_GROOVE_MEMORY + 3 * LQ_GROOVE_GROUP; at++) {
    struct lq_groove_state poles;
    lq_groove_reset (&all);
    lq_groove_reset (&later);
    lq_groove_follow (&later, (const float *const[]){ r, l }, 1000);
    for (uint32_t done = 0; done < FROM; done += 1000)
      lq_groove_process (
          &all, (const float *const[]){ l + done, r + done }, 1000, LQ_GROOVE_ALL, &never);
    poles = all.z.poles;
    lq_groove_process (
        &all, (const float *const[]){ l + FROM, r + FROM }, at, LQ_GROOVE_ALL, &never);
    lq_groove_resume (&later, &poles);
    lq_groove_follow (&later, (const float *const[]){ l + FROM, r + FROM }, at);
    const float *const x[] = { l + FROM + at, r + FROM + at };
    const uint32_t a = lq_groove_process (&all, x, SOME, LQ_GROOVE_ALL, &always),
                   b = lq_groove_process (&later, x, SOME, LQ_GROOVE_ALL, &always);
    CHECK (a > 40 && a == b && memcmp (all.peaks, later.peaks, a * sizeof *all.peaks) == 0,
        "%u frames after it went on it has other peaks", at);
  }
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "RIAA, its derivative and its integral", responses },
    { "vinyl_limits.csv", table }, { "reference level, 50 Hz", reference },
    { "peaks against the oversampled model", truth }, { "near a floor", floors },
    { "beside a jump", jumps }, { "any cut", cuts },
    { "gone on from another's poles", resumed }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
