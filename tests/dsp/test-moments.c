/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The list of broken limits against sequences whose moments are counted by hand. */

#include "primitives/moments.h"

#include "lqtest.h"
#include "signals.h"
#include "vinyl.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000.0
#define GAP 150 /* groups of 16 frames in 50 ms */
#define SPEED 50.0
#define GROUPS 6000

static const struct lq_moments_limits limits = { .limit = { 30, 0.8f, 50, 15, 3000, 1 },
  .warning = 0.5f };

static struct lq_groove_peaks peaks[GROUPS];

/* Fed as the chain would, `block` groups a call. */
static void
feed (lq_moments *u, uint32_t from, uint32_t until, uint32_t block, float reduction_db)
{
  for (uint32_t g = from, n; g < until; g += n) {
    n = until - g < block ? until - g : block;
    lq_moments_process (u, peaks + g, n, SPEED, reduction_db);
  }
}

static void
fresh (lq_moments *u)
{
  memset (peaks, 0, sizeof peaks);
  lq_moments_prepare (u, RATE, 8);
  lq_moments_set (u, &limits);
}

static bool
is (const struct lq_moment *m, uint32_t first, uint32_t last, int limit, double excess_db)
{
  return CHECK (m->begin == first * 16 - 16 && m->end == last * 16 && m->limit == limit &&
                    fabs (m->excess_db - excess_db) < 1e-4,
      "%s %lld … %lld, %.4f dB; meant %s %u … %u, %.4f", lq_groove_limit_name (m->limit),
      (long long)m->begin, (long long)m->end, m->excess_db, lq_groove_limit_name (limit),
      first * 16 - 16, last * 16, excess_db);
}

/* Two runs with GAP − 1 groups between them are one moment, with GAP two. */
static void
joins (void)
{
  struct lq_moment m[LQ_MOMENTS_QUEUE];
  lq_moments u;

  for (uint32_t between = GAP - 1; between <= GAP; between++) {
    const uint32_t second = 103 + between;
    fresh (&u);
    for (uint32_t g = 100; g < 103; g++)
      peaks[g].lateral = 55;
    peaks[101].lateral = 100;
    peaks[second].lateral = 70;
    feed (&u, 0, second + GAP, 7, 0);
    if (between < GAP) {
      CHECK (u.z.queued == 0, "finished too early");
      CHECK (lq_moments_violations (&u) == 1, "%u moments", lq_moments_violations (&u));
      CHECK (lq_moments_worst (&u, m) == 1, "not listed while it is open");
      is (&m[0], 100, second, LQ_GROOVE_LIMIT_DISPLACEMENT, 20 * log10 (2));
    }
    feed (&u, second + GAP, second + GAP + 1, 1, 0);
    CHECK (lq_moments_take (&u, m, NULL) == (between < GAP ? 1u : 2u), "moments");
    if (between < GAP)
      is (&m[0], 100, second, LQ_GROOVE_LIMIT_DISPLACEMENT, 20 * log10 (2));
    else {
      is (&m[0], 100, 102, LQ_GROOVE_LIMIT_DISPLACEMENT, 20 * log10 (2));
      is (&m[1], second, second, LQ_GROOVE_LIMIT_DISPLACEMENT, 20 * log10 (1.4));
    }
    CHECK (lq_moments_take (&u, m, NULL) == 0, "taken twice");
    CHECK (lq_moments_violations (&u) == (between < GAP ? 1u : 2u), "moments");
  }
}

/* Each limit by its own figure, just above and exactly at it; off, nothing happens. */
static void
every_limit (void)
{
  const double g_of = SPEED * SPEED / (8e-4 * 980.665); /* curvature 1 */
  const struct {
    int limit;
    struct lq_groove_peaks at, over;
    double db;
  } rows[] = {
    { LQ_GROOVE_LIMIT_VELOCITY, { .velocity = 30 }, { .velocity = 33 }, 20 * log10 (1.1) },
    { LQ_GROOVE_LIMIT_DISPLACEMENT, { .lateral = 50 }, { .lateral = 51 }, 20 * log10 (1.02) },
    { LQ_GROOVE_LIMIT_VERTICAL, { .deep = 15, .shallow = 15 }, { .deep = 1, .shallow = 45 },
        20 * log10 (3) },
    { LQ_GROOVE_LIMIT_VERTICAL, { .deep = 15 }, { .deep = 16.5f, .shallow = 2 },
        20 * log10 (1.1) },
    { LQ_GROOVE_LIMIT_ACCELERATION, { .acceleration = 3000 }, { .acceleration = 3010 },
        20 * log10 (301. / 300) },
    { LQ_GROOVE_LIMIT_CURVATURE, { .acceleration = (float)(g_of * 0.9999) },
        { .acceleration = (float)(g_of * 2) }, 20 * log10 (2) },
    { LQ_GROOVE_LIMIT_SLOPE, { .velocity = 39.99f }, { .velocity = 42 }, 20 * log10 (1.05) },
  };
  struct lq_moment m[LQ_MOMENTS_QUEUE];
  lq_moments u;

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int off = 0; off < 3; off++) {
      struct lq_moments_limits only = { .warning = HUGE_VALF };
      fresh (&u);
      if (off < 2)
        only.limit[rows[i].limit] = limits.limit[rows[i].limit];
      else
        only.limit[rows[i].limit] = HUGE_VALF;
      lq_moments_set (&u, &only);
      peaks[50] = off == 1 ? rows[i].at : rows[i].over;
      feed (&u, 0, 400, 64, 0);
      CHECK (lq_moments_violations (&u) == (off == 0), "row %zu, %d: %u", i, off,
          lq_moments_violations (&u));
      CHECK (lq_moments_take (&u, m, NULL) == (off == 0), "row %zu, %d", i, off);
      if (off == 0)
        is (&m[0], 50, 50, rows[i].limit, rows[i].db);
      CHECK (lq_moments_warnings (&u) == 0, "warned while off");
    }
}

/* One group that breaks several; the warning by itself. */
static void
together (void)
{
  struct lq_moment m[LQ_MOMENTS_QUEUE];
  lq_moments u;

  fresh (&u);
  peaks[0].velocity = 45;       /* 1.5 × velocity, 1.125 × slope */
  peaks[0].acceleration = 2000; /* curvature 0.6276: a warning */
  peaks[600].acceleration = 4000;
  feed (&u, 0, 1200, 64, 0);
  CHECK (lq_moments_violations (&u) == 4, "%u", lq_moments_violations (&u));
  CHECK (lq_moments_warnings (&u) == 2, "%u warnings", lq_moments_warnings (&u));
  CHECK (lq_moments_take (&u, m, NULL) == 4, "not four");
  CHECK (
      m[0].begin == 0 && m[0].end == 0 && m[0].limit == LQ_GROOVE_LIMIT_VELOCITY, "the first");
  CHECK_NEAR (m[1].excess_db, 20 * log10 (45 / 40.), 1e-4, "slope");
  is (&m[2], 600, 600, LQ_GROOVE_LIMIT_ACCELERATION, 20 * log10 (4 / 3.));
  is (&m[3], 600, 600, LQ_GROOVE_LIMIT_CURVATURE,
      20 * log10 (4000 * 980.665 * 8e-4 / (SPEED * SPEED)));
  CHECK_NEAR (lq_moments_highest (&u, LQ_GROOVE_LIMIT_VELOCITY), 45, 1e-5, "velocity");
  CHECK_NEAR (lq_moments_highest (&u, LQ_GROOVE_LIMIT_SLOPE), 0.9, 1e-6, "slope");
  CHECK_NEAR (
      lq_moments_highest (&u, LQ_GROOVE_LIMIT_ACCELERATION), 4000, 1e-3, "acceleration");
  CHECK_NEAR (lq_moments_highest (&u, LQ_GROOVE_LIMIT_CURVATURE), 1.25525, 1e-5, "curvature");
}

/* Records are of the speed they were made at; floors of the one that is asked for. */
static void
records (void)
{
  const struct lq_moments_limits off = { .warning = 0 };
  struct lq_groove_floor floor;
  lq_moments u;

  fresh (&u);
  lq_moments_set (&u, &off);
  peaks[3] = (struct lq_groove_peaks){ .velocity = 20, .lateral = 40, .deep = 3, .shallow = 7 };
  lq_moments_process (&u, peaks, 8, 50, 0);
  peaks[3] = (struct lq_groove_peaks){ .velocity = 18, .lateral = 30, .deep = 9 };
  lq_moments_process (&u, peaks, 8, 25, 0);
  CHECK_NEAR (lq_moments_highest (&u, LQ_GROOVE_LIMIT_VELOCITY), 20, 1e-6, "velocity");
  CHECK_NEAR (lq_moments_highest (&u, LQ_GROOVE_LIMIT_SLOPE), 18 / 25., 1e-6, "slope");
  CHECK_NEAR (lq_moments_highest (&u, LQ_GROOVE_LIMIT_DISPLACEMENT), 40, 1e-6, "lateral");
  CHECK_NEAR (lq_moments_highest (&u, LQ_GROOVE_LIMIT_VERTICAL), 9, 1e-6, "vertical");
  floor = lq_moments_floor (&u, 50);
  CHECK_NEAR (floor.velocity, 20, 1e-5, "floor by velocity");
  CHECK_NEAR (floor.displacement, 40, 1e-5, "floor");
  floor = lq_moments_floor (&u, 20);
  CHECK_NEAR (floor.velocity, 14.4, 1e-5, "floor by slope");
  lq_moments_set (&u, &limits);
  floor = lq_moments_floor (&u, 15);
  CHECK_NEAR (floor.velocity, 10.8, 1e-5, "floor by slope, not by its limit of 12");
  lq_moments_reset (&u);
  CHECK (lq_moments_highest (&u, LQ_GROOVE_LIMIT_VELOCITY) == 0, "a record survives");
  CHECK (lq_moments_floor (&u, 50).velocity == 0, "a floor survives");
}

static void
meter (const char *what, double rate, const float *l, const float *r, uint32_t frames,
    double slow_db)
{
  const lq_stream stream = { .rate = rate, .channels = 2, .out_channels = 2 };
  const lqv_lathe lathe = { rate, 7, -12 };
  lqv_frame *const all = malloc (frames * sizeof *all), top;
  double got[4], truth[4];
  lq_arena arena;
  lq_groove groove;
  lq_moments u;

  lq_arena_init (&arena);
  lq_groove_prepare (&groove, &stream, 7, -12, &arena);
  lq_moments_prepare (&u, rate, 8);
  lq_moments_set (&u, &limits);
  for (uint32_t at = 0; at + 1024 <= frames; at += 1024) {
    const struct lq_groove_floor floor = lq_moments_floor (&u, SPEED);
    const float *const x[2] = { l + at, r + at };
    const uint32_t n = lq_groove_process (&groove, x, 1024, LQ_GROOVE_ALL, &floor);
    lq_moments_process (&u, groove.peaks, n, SPEED, 0);
  }
  lqv_measure (&lathe, l, r, frames, 16, all);
  top = lqv_largest (all, frames);
  memcpy (truth, (const double[]){ top.velocity, top.acceleration, top.lateral, top.vertical },
      sizeof truth);
  memcpy (got,
      (const double[]){ u.z.highest[LQ_GROOVE_LIMIT_VELOCITY],
          u.z.highest[LQ_GROOVE_LIMIT_ACCELERATION], u.z.highest[LQ_GROOVE_LIMIT_DISPLACEMENT],
          u.z.highest[LQ_GROOVE_LIMIT_VERTICAL] },
      sizeof got);
  for (int k = 0; k < 4; k++)
    CHECK (truth[k] < 1e-3 || fabs (20 * log10 (got[k] / truth[k])) < (k < 2 ? 0.2 : slow_db),
        "%s at %g Hz, figure %d: %.4f, truth %.4f", what, rate, k, got[k], truth[k]);
  lq_arena_free (&arena);
  free (all);
}

/* Highest figures of a signal against the second model. */
static void
meters (void)
{
  enum { FRAMES = 4 * 1024 };
  static float l[FRAMES], r[FRAMES], one[FRAMES];
  const double rate = 48000;

  for (int k = 0; k < 3; k++) {
    const double hz = 200 * pow (rate * 0.42 / 200, k / 2.0);
    lqs_sine (l, FRAMES, rate, hz, 0.2, 0.3, 0);
    for (int n = 0; n < FRAMES; n++) /* what begins and ends at once is everything */
      r[n] = l[n] *= (float)(0.5 - 0.5 * cos (2 * 3.14159265358979 * n / FRAMES));
    meter ("a tone", rate, l, r, FRAMES, 0.2);
    for (int n = 0; n < FRAMES; n++)
      r[n] = -0.5f * l[n];
    meter ("a tone, apart", rate, l, r, FRAMES, 0.2);
  }
  lqs_band_noise (l, FRAMES, 0.35, 0.1, 3);
  lqs_band_noise (r, FRAMES, 0.35, 0.1, 4);
  meter ("noise", rate, l, r, FRAMES, 0.2);
  lqs_sine (one, FRAMES, rate, 60, 0.4, 0, 0);
  for (int n = 0; n < FRAMES; n++) {
    const float window = (float)(0.5 - 0.5 * cos (2 * 3.14159265358979 * n / FRAMES));
    l[n] = window * (one[n] + 0.3f * l[n]);
    r[n] = window * (one[n] + 0.3f * r[n]);
  }
  meter ("noise on a bass", rate, l, r, FRAMES, 1.5);
}

/* Reductions from the first call of a moment to 50 ms behind it. */
static void
reductions (void)
{
  struct lq_moment m[LQ_MOMENTS_QUEUE];
  lq_moments u;

  fresh (&u);
  peaks[64].velocity = 31;
  feed (&u, 0, 64, 64, 9);
  feed (&u, 64, 128, 64, 1);
  feed (&u, 128, 192, 64, 2.5f);
  feed (&u, 192, 256, 64, 0.5f);
  feed (&u, 256, 1000, 64, 7);
  CHECK (lq_moments_take (&u, m, NULL) == 1, "not one");
  CHECK_NEAR (m[0].reduction_db, 2.5, 1e-6, "reduction");
}

/* Sixty-four of a hundred, the worst ten of all, and what they read. */
static void
lists (void)
{
  struct lq_moment m[LQ_MOMENTS_QUEUE];
  char text[LQ_MOMENTS_TEXT], wanted[LQ_MOMENTS_TEXT] = "", small[40];
  uint32_t missed = 0;
  lq_moments u;

  fresh (&u);
  for (int round = 0; round < 4; round++) {
    memset (peaks, 0, sizeof peaks);
    for (uint32_t i = 0; i < 25; i++) {
      const uint32_t number = (uint32_t)round * 25 + i;
      peaks[i * 200 + 1].lateral = (float)(51 + number * 37 % 100);
    }
    feed (&u, 0, 25 * 200, 64, 0);
  }
  CHECK (lq_moments_violations (&u) == 100, "%u moments", lq_moments_violations (&u));
  CHECK (lq_moments_take (&u, m, &missed) == 64 && missed == 36, "%u missed", missed);
  for (uint32_t i = 0; i < 64; i++)
    CHECK (m[i].begin == i * 3200, "%u at %lld", i, (long long)m[i].begin);
  for (uint32_t i = 0; i < 10; i++) {
    const uint32_t value = 99 - i, number = value * 73 % 100; /* 37·73 ≡ 1 */
    sprintf (wanted + strlen (wanted), "%s%.3f displacement %.2f", i ? "; " : "",
        number * 3200 / RATE, 20 * log10 ((51 + value) / 50.));
  }
  CHECK (lq_moments_text (&u, text, sizeof text) == strlen (wanted), "length");
  CHECK (strcmp (text, wanted) == 0, "%s\n%s", text, wanted);
  CHECK (lq_moments_text (&u, small, sizeof small) < sizeof small, "length");
  CHECK (strncmp (small, wanted, strlen (small)) == 0 && strlen (small) > 20, "%s", small);
  lq_moments_reset (&u);
  CHECK (lq_moments_text (&u, text, sizeof text) == 0 && !*text, "after reset: %s", text);
}

/* Times of a programme that is entered elsewhere; what was under way ends where it was. */
static void
places (void)
{
  struct lq_moment m[LQ_MOMENTS_QUEUE];
  lq_moments u;

  fresh (&u);
  lq_moments_locate (&u, 0);
  peaks[0].lateral = peaks[10].lateral = 60;
  feed (&u, 0, 12, 5, 0);
  lq_moments_locate (&u, 480000);
  feed (&u, 0, 12, 5, 0);
  lq_moments_finish (&u);
  CHECK (lq_moments_take (&u, m, NULL) == 2, "not two");
  CHECK (m[0].begin == 0 && m[0].end == 176, "%d to %d", (int)m[0].begin, (int)m[0].end);
  CHECK (
      m[1].begin == 480000 && m[1].end == 480176, "%d to %d", (int)m[1].begin, (int)m[1].end);
}

/* The longest names and numbers fit into LQ_MOMENTS_TEXT, in a locale that writes commas too. */
static void
long_text (void)
{
  char text[LQ_MOMENTS_TEXT];
  struct lq_moment m[LQ_MOMENTS_WORST];
  lq_moments u;

  setlocale (LC_ALL, "de_DE.UTF-8");
  fresh (&u);
  for (uint32_t i = 0; i < 12; i++) {
    u.z.groups += 80000ull * 3000;
    peaks[0].acceleration = 1e12f;
    lq_moments_process (&u, peaks, 1, SPEED, 0);
    lq_moments_finish (&u);
  }
  CHECK (lq_moments_worst (&u, m) == 10, "not ten");
  CHECK (lq_moments_text (&u, text, sizeof text) < sizeof text - 1, "length");
  CHECK (strstr (text, "acceleration 170.46") && !strchr (text, ','), "%s", text);
  for (uint32_t i = 0, n = 0; text[i]; i++)
    CHECK ((n += text[i] == ';') < 10, "too many");
}

/* The same however it is cut, on a signal that breaks everything now and then. */
static void
cuts (void)
{
  lqs_random r = { 5 };
  lq_moments a, b;
  struct lq_moment x[LQ_MOMENTS_QUEUE], y[LQ_MOMENTS_QUEUE];
  uint32_t n;

  fresh (&a);
  fresh (&b);
  for (uint32_t g = 0; g < GROUPS; g++) {
    const float loud = lqs_uniform (&r) > 0.996 ? 1.6f : 0.2f;
    peaks[g].velocity = loud * (float)(25 + 10 * lqs_uniform (&r));
    peaks[g].lateral = loud * (float)(35 + 10 * lqs_uniform (&r));
    peaks[g].deep = loud * (float)(10 + 5 * lqs_uniform (&r));
    peaks[g].acceleration = loud * (float)(2500 + 1000 * lqs_uniform (&r));
  }
  feed (&a, 0, GROUPS, 64, 0);
  for (uint32_t g = 0; g < GROUPS; g += n) {
    n = lqs_range (&r, 0, 20);
    n = n < GROUPS - g ? n : GROUPS - g;
    lq_moments_process (&b, peaks + g, n, SPEED, 0);
  }
  lq_moments_finish (&a);
  lq_moments_finish (&b);
  CHECK (a.z.violations > 20, "only %u", a.z.violations);
  CHECK (a.z.violations == b.z.violations && a.z.warnings == b.z.warnings, "other counts");
  CHECK (memcmp (a.z.highest, b.z.highest, sizeof a.z.highest) == 0, "other records");
  n = lq_moments_take (&a, x, NULL);
  CHECK (lq_moments_take (&b, y, NULL) == n && n > 20, "other moments");
  for (uint32_t i = 0; i < n; i++)
    CHECK (x[i].begin == y[i].begin && x[i].end == y[i].end && x[i].limit == y[i].limit &&
               x[i].excess_db == y[i].excess_db,
        "moment %u", i);
  for (uint32_t i = 1; i < n; i++)
    CHECK (x[i].end >= x[i - 1].end, "ends aren't in order");
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "runs join within 50 ms", joins },
    { "every limit", every_limit }, { "several at once, and warnings", together },
    { "records and floors", records }, { "highest figures", meters },
    { "reductions", reductions }, { "queue, worst ten, text", lists },
    { "places in a programme", places }, { "long text, another locale", long_text },
    { "cuts", cuts }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
