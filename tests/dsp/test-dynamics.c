/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The kernels of dynamics against libm and plain loops, every variant, every length and place; and
 * the sliding maximum. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "base/kernels.h"
#include "guard.h"
#include "lqtest.h"
#include "primitives/slidemax.h"
#include "primitives/times.h"
#include "signals.h"

#include <math.h>
#include <string.h>

#define N 999

static void
each (void (*f) (const struct lq_kernels *k))
{
  for (int cpu = 0; cpu <= (int)lq_cpu_best (); cpu++) {
    lq_cpu_force ((enum lq_cpu)cpu);
    f (lq_kernels ());
  }
  lq_cpu_force (lq_cpu_best ());
}

static void
decibels_of (const struct lq_kernels *k)
{
  float x[N], db[N], back[N];

  for (int i = 0; i < N; i++)
    x[i] = (float)pow (10, (-260 + 0.4 * i) / 20);
  x[0] = 0;
  k->decibels (x, db, N);
  for (int i = 0; i < N; i++)
    CHECK (fabs (db[i] - fmax (-200, 20 * log10 (fmax (x[i], 1e-30)))) <= 1e-4, "%g is %g dB",
        x[i], db[i]);
  for (int i = 0; i < N; i++)
    db[i] = (float)(-201 + 0.33 * i);
  k->gains (db, back, N);
  for (int i = 0; i < N; i++) {
    const double want = db[i] > -200 ? pow (10, db[i] / 20.0) : 0;
    CHECK (fabs (back[i] - want) <= 2e-6 * want, "%g dB is %g, not %g", db[i], back[i], want);
  }
  db[0] = 0;
  db[1] = -0.0f;
  k->gains (db, back, 2);
  CHECK (back[0] == 1 && back[1] == 1, "0 dB isn't 1");
}

static void
decibels (void)
{
  each (decibels_of);
}

/* A value comes out the same wherever it stands, and nothing beside is written. */
static void
places_of (const struct lq_kernels *k)
{
  lqg_planes p = lqg_new (4, 64);
  float whole[2][64];

  for (int i = 0; i < 64; i++)
    p.ch[0][i] = 0.01f * (float)(i + 1);
  k->decibels (p.ch[0], whole[0], 64);
  k->gains (whole[0], whole[1], 64);
  for (uint32_t n = 0; n <= 33; n++)
    for (uint32_t at = 0; at < 5; at++) {
      memset (p.ch[1], 0, 64 * sizeof (float));
      k->decibels (p.ch[0] + at, p.ch[1] + at, n);
      k->gains (p.ch[1] + at, p.ch[2] + at, n);
      CHECK (memcmp (p.ch[1] + at, whole[0] + at, n * sizeof (float)) == 0, "dB at %u", at);
      CHECK (memcmp (p.ch[2] + at, whole[1] + at, n * sizeof (float)) == 0, "gain at %u", at);
      CHECK (n + at == 64 || p.ch[1][at + n] == 0, "wrote behind its %u", n);
    }
  CHECK (lqg_intact (&p), "wrote outside");
  lqg_free (&p);
}

static void
places (void)
{
  each (places_of);
}

static void
magnitude_of (const struct lq_kernels *k)
{
  static float x[3][N], level[N];
  const float *at[] = { x[0], x[1], x[2] };
  lqs_random random = { 3 };

  for (int c = 0; c < 3; c++)
    for (int i = 0; i < N; i++)
      x[c][i] = (float)lqs_uniform (&random);
  for (uint32_t channels = 1; channels <= 3; channels++) {
    k->magnitude (at, level, channels, N);
    for (int i = 0; i < N; i++) {
      float most = 0;
      for (uint32_t c = 0; c < channels; c++)
        most = fmaxf (most, fabsf (x[c][i]));
      CHECK (level[i] == most, "frame %d: %g, not %g", i, level[i], most);
    }
  }
}

static void
magnitude (void)
{
  each (magnitude_of);
}

static void
squash_of (const struct lq_kernels *k)
{
  static const struct lq_squash curves[] = { { -20, 0.75f, 6, 90, 0 }, { -30, 1, 0, 12, 6 },
    { -10, 0.5f, 24, 90, 24 } };
  float x[N], g[N];

  for (int i = 0; i < N; i++)
    x[i] = (float)(-90 + 0.1 * i);
  for (int c = 0; c < 3; c++) {
    const struct lq_squash *s = &curves[c];
    k->squash (s, x, g, N);
    for (int i = 0; i < N; i++) {
      const double over = (double)x[i] - s->threshold_db, w = s->knee_db;
      double down = 2 * over > w    ? over
                    : 2 * over > -w ? (over + w / 2) * (over + w / 2) / (2 * w)
                                    : 0;
      down = fmin (s->range_db, s->slope * down);
      CHECK_NEAR (g[i], fmin (s->upward_db, fmax (0, -over * s->slope)) - down, 2e-5, "curve");
    }
  }
}

static void
squash (void)
{
  each (squash_of);
}

/* As the papers write them, with a branch. */
static double
branching (double z, double x, double attack, double release)
{
  const double c = x < z ? attack : release;

  return c * z + (1 - c) * x;
}

static void
ballistics_of (const struct lq_kernels *k)
{
  static const double pairs[][2] = { { 0.9, 0.999 }, { 0.9995, 0.95 }, { 0.99, 0.99 } };
  lqs_random random = { 9 };
  float x[N], g[N];

  for (int i = 0; i < N; i++)
    x[i] = i / 100 % 2 ? (float)(10 * lqs_uniform (&random) - 12) : 0;
  for (int p = 0; p < 3; p++)
    for (int kind = 0; kind < 4; kind++) {
      const double a = pairs[p][0], r = pairs[p][1];
      struct lq_ballistics b = { .attack = a, .release = r, .take = 0.999, .give = 0.9999 };
      struct lq_ballistics_state state = { .peak = 0 };
      double z = 0, second = 0, peak = 0;
      b.lingers = kind == 1;
      b.decoupled = kind == 2;
      b.rounded = kind == 3;
      memcpy (g, x, sizeof g);
      /* In pieces of all lengths. */
      for (uint32_t at = 0, n, piece = 0; at < N; at += n, piece++) {
        n = piece % 7 + (piece % 5 == 0 ? 150 : 0);
        n = n < N - at ? n : N - at;
        k->ballistics (&b, &state, g + at, NULL, g + at, at, n);
      }
      for (int i = 0; i < N; i++) {
        double want;
        peak = x[i] < peak ? fmin (x[i], r * peak + (1 - r) * x[i]) : r * peak + (1 - r) * x[i];
        z = kind == 2 ? a * z + (1 - a) * peak : branching (z, x[i], a, r);
        second =
            kind == 1 ? branching (second, x[i], b.take, b.give) : branching (second, z, a, r);
        want = kind == 1 ? fmin (z, second) : kind == 3 ? second : z;
        CHECK (fabs (g[i] - want) < 1e-5, "kind %d, frame %d: %g, not %g", kind, i, g[i], want);
      }
    }
}

static void
ballistics (void)
{
  each (ballistics_of);
}

/* The loop over the output: what comes out fulfils its equation, g = c·g' + (1 − c)·target (x + g). */
static void
loop_of (const struct lq_kernels *k)
{
  struct lq_ballistics b = { .attack = 0.99, .release = 0.999 };
  float x[N], t[N], ratio[N], g[N];
  struct lq_ballistics_state state = { .peak = 0 };
  double before = 0;
  const double r = 4, threshold = -30;

  for (int i = 0; i < N; i++) {
    x[i] = i < 500 ? -10 : -40;
    t[i] = (float)(-(1 - 1 / r) * fmax (0, x[i] - threshold));
    ratio[i] = x[i] > threshold ? (float)r : 1;
  }
  k->ballistics (&b, &state, t, ratio, g, 0, N);
  for (int i = 0; i < N; i++) {
    const double want = fmin (0, -(r - 1) * (x[i] + g[i] - threshold));
    const double c = t[i] < before ? b.attack : b.release;
    CHECK_NEAR (g[i], c * before + (1 - c) * want, 1e-4, "loop");
    before = g[i];
  }
}

static void
loop (void)
{
  each (loop_of);
}

static void
mean_of (const struct lq_kernels *k)
{
  float x[2][N], mean[N];
  const double keeps[] = { 0.99, 0.9 };
  double states[2][2] = { { 0 } }, *const state[2] = { states[0], states[1] };
  double first[2] = { 0 }, want[2] = { 0 };
  const float *const from[2] = { x[0], x[1] };
  lqs_random random = { 4 };

  for (int i = 0; i < 2 * N; i++)
    x[i % 2][i / 2] = (float)lqs_uniform (&random) * (i / N == i % 2 ? 1.0f : 0.3f);
  k->mean_square (keeps, state, from, mean, N);
  for (int i = 0; i < N; i++) {
    for (int c = 0; c < 2; c++) {
      first[c] = 0.99 * first[c] + 0.01 * (double)x[c][i] * x[c][i];
      want[c] = 0.9 * want[c] + 0.1 * first[c];
    }
    CHECK_NEAR (mean[i], fmax (want[0], want[1]), 1e-7, "mean");
  }
}

static void
mean (void)
{
  each (mean_of);
}

/* Against a look through the whole window: never less than `hold` frames, at most a group more. */
static void
sliding_of (const struct lq_kernels *k)
{
  lq_arena arena;
  lq_slidemax u;
  static float x[5000], held[5000];
  lqs_random random = { 8 };

  lq_arena_init (&arena);
  CHECK (lq_slidemax_prepare (&u, lq_slidemax_groups (1000), &arena), "no memory");
  u.kernels = k;
  for (int h = 0; h < 3; h++) {
    const int hold = (int[]){ 8, 100, 1000 }[h];
    for (int i = 0; i < 5000; i++)
      x[i] = held[i] = (float)fabs (lqs_uniform (&random)) * (i / 1500 % 2 ? 0.1f : 1.0f);
    lq_slidemax_set (&u, lq_slidemax_groups ((uint32_t)hold));
    lq_slidemax_reset (&u);
    for (uint32_t at = 0, n; at < 5000; at += n) {
      n = lqs_range (&random, 0, 40);
      n = n < 5000 - at ? n : 5000 - at;
      lq_slidemax_process (&u, held + at, n);
    }
    for (int i = 0; i < 5000; i++) {
      float least = 0, most = 0;
      for (int j = i; j >= 0 && j >= i - hold - 16; j--) {
        most = fmaxf (most, x[j]);
        if (j >= i - hold)
          least = fmaxf (least, x[j]);
      }
      if (!CHECK (held[i] >= least && held[i] <= most, "hold %d, frame %d: %g, not %g to %g",
              hold, i, held[i], least, most))
        break;
    }
  }
  lq_arena_free (&arena);
}

static void
sliding (void)
{
  each (sliding_of);
}

/* Another window, longer or shorter, goes on with what is remembered. */
static void
another_window (void)
{
  static const uint32_t windows[] = { 1, 7, 3, 40, 2, 40, 11 };
  lq_arena arena;
  lq_slidemax u;
  float groups[140];
  lqs_random random = { 12 };
  uint32_t kept = 0;

  lq_arena_init (&arena);
  CHECK (lq_slidemax_prepare (&u, 40, &arena), "no memory");
  for (int i = 0; i < 140; i++) {
    const uint32_t window = windows[i / 20];
    float want = 0;
    lq_slidemax_set (&u, window);
    kept = kept < window ? kept : window;
    groups[i] = (float)fabs (lqs_uniform (&random));
    lq_slidemax_note (&u, groups[i]);
    kept = kept < window ? kept + 1 : window;
    for (uint32_t j = 0; j < kept; j++)
      want = fmaxf (want, groups[i - (int)j]);
    CHECK_NEAR (lq_slidemax_next (&u), want, 0, "the window's largest");
    CHECK_NEAR (lq_slidemax_largest (&u), want, 0, "… and afterwards");
  }
  lq_arena_free (&arena);
}

static void
time_constants (void)
{
  CHECK_NEAR (lq_keep (48000, 10), exp (-1 / 480.0), 1e-12, "one pole");
  for (double second = 1; second < 90; second += 7) {
    const double a = lq_first_of_two (second, 100), t = 100;
    const double way = 1 - (a * exp (-t / a) - second * exp (-t / second)) / (a - second);
    if (second < 45)
      CHECK_NEAR (way, 1 - exp (-1), 1e-6, "two in series");
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "decibels, gains against libm", decibels },
    { "decibels, gains: any place and length", places }, { "magnitude", magnitude },
    { "squash", squash }, { "ballistics", ballistics }, { "ballistics in a loop", loop },
    { "mean_square", mean }, { "sliding maximum", sliding },
    { "another window", another_window }, { "time constants", time_constants },
    { NULL, NULL } };

  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
