/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is learned about the drive, against a maximizer that is set to it. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chains/learn.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"

#define RATE 48000.0
#define FRAMES (48000 * 8)

static const lq_stream stream = {
  .rate = RATE, .channels = 2, .out_channels = 2, .position = { LQ_POS_LEFT, LQ_POS_RIGHT }
};

static const struct lq_maximizer_params plain = { .enabled = 1,
  .ceiling_db = -1.0f,
  .true_peak = 1,
  .release_ms = 100.0f,
  .auto_release = 1,
  .lookahead_ms = 2.0f,
  .link_transient_percent = 100.0f,
  .link_release_percent = 100.0f };

static float in[2][FRAMES];

/* Loud and soft parts, beats, something of everything. */
static void
programme (void)
{
  lqs_programme (in[0], FRAMES, RATE, 3);
  lqs_programme (in[1], FRAMES, RATE, 4);
  for (size_t i = 0; i < FRAMES; i++) {
    const double beat = exp (-(double)(i % 24000) / 3000.0);
    /* Far from the relative gate, where loudness has steps. */
    const double part = i / 96000 % 2 ? 0.4 : 0.7;
    const double kick = 0.6 * beat * sin (2.0 * M_PI * 60.0 * (double)(i % 24000) / RATE);
    for (int c = 0; c < 2; c++)
      in[c][i] = (float)(part * (in[c][i] * (0.3 + 0.7 * beat) + kick));
  }
}

static void
hear (lq_learn *u, size_t block)
{
  for (size_t done = 0; done < FRAMES; done += block) {
    const float *ch[] = { in[0] + done, in[1] + done };
    lq_learn_process (u, ch, (uint32_t)(FRAMES - done < block ? FRAMES - done : block));
  }
  lq_learn_finish (u);
}

/* Loudness of a meter behind a maximizer; of the input itself where p is NULL. */
static double
loudness (const struct lq_maximizer_params *p)
{
  static float x[2][LQ_BLOCK];
  static lq_maximizer maximizer;
  static lq_loudness meter;
  lq_arena arena;
  double lufs;

  lq_arena_init (&arena);
  if ((p && !lq_maximizer_prepare (&maximizer, &stream, p, &arena)) ||
      !lq_loudness_prepare (&meter, &stream, &arena))
    abort ();
  for (size_t done = 0, n; done < FRAMES; done += n) {
    float *ch[] = { x[0], x[1] };
    n = FRAMES - done < LQ_BLOCK ? FRAMES - done : LQ_BLOCK;
    for (int c = 0; c < 2; c++)
      memcpy (x[c], in[c] + done, n * sizeof **x);
    if (p)
      lq_maximizer_process (&maximizer, ch, (uint32_t)n);
    lq_loudness_process (&meter, (const float *const *)ch, (uint32_t)n);
  }
  lufs = lq_loudness_integrated (&meter, 0.0);
  lq_arena_free (&arena);
  return lufs;
}

static void
reached (void)
{
  programme ();
  for (int32_t style = 0; style < LQ_MAXIMIZER_STYLES; style++) {
    struct lq_maximizer_params p = plain;
    static lq_learn u;
    lq_arena arena;
    p.style = style;
    p.gain_db = 5.0f;
    p.threshold_db = -7.0f;
    p.soft_clip_percent = style == LQ_MAXIMIZER_BUS ? 40.0f : 0.0f;
    lq_arena_init (&arena);
    if (!lq_learn_prepare (&u, &stream, &p, 0.0, &arena))
      abort ();
    hear (&u, 1000);
    for (double target = -24.0; target < -10.5; target += 2.1) {
      const struct lq_learn_result r = lq_learn_solve (&u, target);
      struct lq_maximizer_params set = p;
      double lufs;
      CHECK (r.reason == LQ_LEARN_REACHED, "style %d, %.1f LUFS: reason %d", style, target,
          (int)r.reason);
      CHECK_NEAR (r.loudness_lufs, target, 1e-3, "what is said");
      CHECK_NEAR (lq_learn_loudness (&u, r.drive_db), target, 1e-3, "the curve");
      lq_learn_apply (&set, r.drive_db);
      CHECK_NEAR (lq_maximizer_drive_db (&set), r.drive_db, 1e-5, "drive as set");
      lufs = loudness (&set);
      CHECK_NEAR (lufs, target, 0.1, "loudness");
    }
    /* Where nothing is limited a dB is a LU. */
    CHECK_NEAR (lq_learn_loudness (&u, -10.0), loudness (NULL) - 10.0, 0.01, "in proportion");
    lq_arena_free (&arena);
  }
}

/* Targets out of reach, and silence. */
static void
out_of_reach (void)
{
  static lq_learn u;
  struct lq_maximizer_params p = plain;
  struct lq_learn_result r;
  lq_arena arena;

  programme ();
  p.gain_db = 4.0f;
  lq_arena_init (&arena);
  if (!lq_learn_prepare (&u, &stream, &p, 0.0, &arena))
    abort ();
  hear (&u, 777);
  r = lq_learn_solve (&u, -1.0);
  CHECK (r.reason == LQ_LEARN_TOO_QUIET, "reason %d", (int)r.reason);
  lq_learn_apply (&p, r.drive_db);
  CHECK_NEAR (loudness (&p), r.loudness_lufs, 0.05, "the loudest there is");
  for (double drive = -12.0; drive <= 30.0; drive += 3.0)
    CHECK (lq_learn_loudness (&u, drive) <= r.loudness_lufs + 0.05, "%.0f dB is louder", drive);
  r = lq_learn_solve (&u, -60.0);
  CHECK (r.reason == LQ_LEARN_TOO_LOUD && r.drive_db == -12.0, "reason %d at %g dB",
      (int)r.reason, r.drive_db);
  CHECK_NEAR (r.loudness_lufs, loudness (NULL) - 12.0, 0.01, "the softest there is");
  memset (in, 0, sizeof in);
  lq_learn_reset (&u);
  hear (&u, 1024);
  r = lq_learn_solve (&u, -14.0);
  CHECK (r.reason == LQ_LEARN_UNMEASURABLE && r.drive_db == 4.0, "reason %d at %g dB",
      (int)r.reason, r.drive_db);
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "the drive for a loudness", reached },
    { "out of reach", out_of_reach }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
