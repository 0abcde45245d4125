/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The fader of a mixer's channel: laws at 101 positions, sends, fades and sums against formulas; the
 * kernels mix, mix_pair, pair_level and mix_curve. */

#include "base/cpu.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/fader.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 48000
#define PI 3.14159265358979323846

static const struct lq_module module = { "", lq_fader_rows, LQ_FADER_ROWS, 0, NULL };
static double sums[8][FRAMES], sent[2][2][FRAMES];
static float in[8][FRAMES];

typedef struct {
  lq_arena arena;
  lq_fader fader;
  struct lq_fader_params p;
  uint32_t channels, bus;
} rig;

static void
rig_open (rig *r, uint32_t channels, uint32_t bus, const double *map)
{
  lq_stream stream = { 48000.0, channels, channels, { LQ_POS_MONO } };
  struct lq_fader_bus to = { .channels = bus, .pair = bus >= 2, .left = 0, .right = 1 };
  double unity[64] = { 0 };

  for (uint32_t c = 0; c < channels && channels > 1; c++)
    stream.position[c] = (uint8_t)(c == 0 ? LQ_POS_LEFT : c == 1 ? LQ_POS_RIGHT : LQ_POS_OTHER);
  for (uint32_t o = 0; o < bus; o++)
    for (uint32_t i = 0; i < channels; i++)
      unity[o * channels + i] = channels == 1 ? o < 2 : bus == 1 ? 0.5 : o == i;
  to.map = map ? map : unity;
  r->channels = channels;
  r->bus = bus;
  lq_arena_init (&r->arena);
  CHECK (lq_fader_prepare (&r->fader, &stream, &to, &r->arena), "no memory");
  lq_modules_defaults (&module, 1, &r->p);
}

static void
rig_set (rig *r, double law)
{
  lq_fader_set (&r->fader, &r->p, law, true);
}

/* Feeds in[][0 … frames − 1] by blocks of `block` frames, sums from 0. */
static void
rig_run (rig *r, uint32_t frames, uint32_t block, const float *curve)
{
  double *const main[8] = { sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6],
    sums[7] };
  static uint8_t marks[3][FRAMES / LQ_HOP + 1];
  struct lq_mix to = { main, { { NULL } }, marks[0], { marks[1], marks[2] } };
  float *at[8];

  for (uint32_t c = 0; c < 8; c++)
    memset (sums[c], 0, frames * sizeof (double));
  memset (sent, 0, sizeof sent);
  for (uint32_t done = 0, n; done < frames; done += n) {
    n = frames - done < block ? frames - done : block;
    for (uint32_t c = 0; c < 8; c++) {
      at[c] = in[c] + done;
    }

    for (int s = 0; s < 2; s++)
      for (int c = 0; c < 2; c++)
        to.send[s][c] = sent[s][c];
    lq_fader_process (&r->fader, at, n, curve ? curve + done : NULL, &to, done);
  }
}

static void
fill (float value)
{
  for (int c = 0; c < 8; c++)
    for (int i = 0; i < FRAMES; i++)
      in[c][i] = value;
}

/* The laws as the table has them, written here anew. */
static double
law_of (double db, double p)
{
  const double theta = p * PI / 2.0;

  if (p >= 1.0)
    return 0.0;
  if (db == -3.0)
    return cos (theta);
  if (db == -4.5)
    return sqrt (cos (theta) * (1.0 - p));
  if (db == -6.0)
    return 1.0 - p;
  if (db == -2.5)
    return pow (cos (theta), 0.831);
  return fmin (1.0, 2.0 * (1.0 - p));
}

static void
near_db (double value, double expected, const char *what)
{
  if (expected < 1e-9)
    CHECK (fabs (value) < 1e-9, "%s: %g where silence belongs", what, value);
  else
    CHECK (
        fabs (20.0 * log10 (value / expected)) < 0.01, "%s: %g, not %g", what, value, expected);
}

static void
laws (void)
{
  static const double all[] = { 0.0, -2.5, -3.0, -4.5, -6.0 };
  rig mono, stereo;

  rig_open (&mono, 1, 2, NULL);
  rig_open (&stereo, 2, 2, NULL);
  for (int law = 0; law < 5; law++)
    for (int i = 0; i <= 100; i++) {
      const double pan = (i - 50) / 50.0, p = (pan + 1.0) / 2.0, db = all[law];
      const double half = law_of (db, 0.5);
      mono.p.pan = stereo.p.pan = (float)pan;
      rig_set (&mono, db);
      lq_fader_reset (&mono.fader, true, 0);
      fill (1.0f);
      rig_run (&mono, 64, 64, NULL);
      near_db (sums[0][9], law_of (db, p), "mono, left");
      near_db (sums[1][9], law_of (db, 1.0 - p), "mono, right");
      stereo.p.pan_mode = LQ_PAN_BALANCE;
      rig_set (&stereo, db);
      lq_fader_reset (&stereo.fader, true, 0);
      fill (1.0f);
      rig_run (&stereo, 64, 64, NULL);
      near_db (sums[0][9], fmin (1.0, law_of (db, p) / half), "balance, left");
      near_db (sums[1][9], fmin (1.0, law_of (db, 1.0 - p) / half), "balance, right");
      stereo.p.pan_mode = LQ_PAN_DUAL;
      stereo.p.pan_left = (float)pan;
      rig_set (&stereo, db);
      lq_fader_reset (&stereo.fader, true, 0);
      fill (1.0f);
      rig_run (&stereo, 64, 64, NULL);
      near_db (sums[0][9], law_of (db, p), "dual, left");
      near_db (sums[1][9], 1.0 + law_of (db, 1.0 - p), "dual, right");
    }
  lq_arena_free (&mono.arena);
  lq_arena_free (&stereo.arena);
}

static void
gains (void)
{
  rig r;

  rig_open (&r, 2, 2, NULL);
  fill (0.3f);
  rig_run (&r, 1000, 480, NULL);
  CHECK (sums[0][7] == (double)0.3f && sums[1][999] == (double)0.3f,
      "unity isn't exact: %.17g, %.17g", sums[0][7], sums[1][999]);
  r.p.volume = 0.5f;
  r.p.gain_db = -6.0f;
  r.p.invert_left = 1;
  rig_set (&r, 0.0);
  lq_fader_reset (&r.fader, true, 0);
  fill (1.0f);
  rig_run (&r, 100, 100, NULL);
  CHECK_NEAR (sums[0][50], -0.5 * pow (10.0, -0.3), 1e-7, "volume × gain, inverted");
  CHECK_NEAR (sums[1][50], 0.5 * pow (10.0, -0.3), 1e-7, "volume × gain");
  r.p = (struct lq_fader_params){ 0 };
  lq_modules_defaults (&module, 1, &r.p);
  for (float width = 0.0f; width <= 200.0f; width += 50.0f) {
    r.p.width_percent = width;
    rig_set (&r, 0.0);
    lq_fader_reset (&r.fader, true, 0);
    for (int i = 0; i < 100; i++) {
      in[0][i] = 0.75f;
      in[1][i] = 0.25f;
    }
    rig_run (&r, 100, 33, NULL);
    CHECK_NEAR (sums[0][90], 0.5 + 0.25 * width / 100.0, 1e-7, "left of a width");
    CHECK_NEAR (sums[1][90], 0.5 - 0.25 * width / 100.0, 1e-7, "right of a width");
  }
  lq_arena_free (&r.arena);
}

/* Six channels to two by a matrix; two to six; two to one. */
static void
maps (void)
{
  static const double down[12] = { 0.5, 0, 0.35, 0, 0.35, 0, 0, 0.5, 0.35, 0, 0, 0.35 };
  rig r;

  rig_open (&r, 6, 2, down);
  for (int c = 0; c < 6; c++)
    for (int i = 0; i < 200; i++)
      in[c][i] = (float)(1 << c);
  r.p.gain_db = 6.0f;
  rig_set (&r, 0.0);
  lq_fader_reset (&r.fader, true, 0);
  rig_run (&r, 200, 77, NULL);
  CHECK_NEAR (
      sums[0][150], pow (10.0, 0.3) * (0.5 + 0.35 * 4 + 0.35 * 16), 1e-5, "5.1 to left");
  CHECK_NEAR (
      sums[1][150], pow (10.0, 0.3) * (1.0 + 0.35 * 4 + 0.35 * 32), 1e-5, "5.1 to right");
  lq_arena_free (&r.arena);
  rig_open (&r, 2, 6, NULL);
  fill (1.0f);
  r.p.pan = 1.0f;
  rig_set (&r, 0.0);
  lq_fader_reset (&r.fader, true, 0);
  rig_run (&r, 64, 64, NULL);
  CHECK (sums[0][5] == 0.0 && sums[1][5] == 1.0 && sums[4][5] == 0.0, "stereo in 5.1: %g %g %g",
      sums[0][5], sums[1][5], sums[4][5]);
  lq_arena_free (&r.arena);
  rig_open (&r, 2, 1, NULL);
  in[0][3] = 0.5f;
  in[1][3] = -0.25f;
  rig_run (&r, 64, 64, NULL);
  CHECK (sums[0][3] == 0.125, "stereo to mono: %g", sums[0][3]);
  lq_arena_free (&r.arena);
}

static void
sends (void)
{
  static const double expected[3][2][2] = {
    /* pre, post, panned: left and right, open and muted */
    { { 0.5, 0.5 }, { 0.5, 0.5 } }, { { 0.25, 0.25 }, { 0, 0 } }, { { 0, 0.25 }, { 0, 0 } }
  };
  rig r;

  rig_open (&r, 1, 2, NULL);
  for (int mode = 0; mode < 3; mode++)
    for (uint32_t mute = 0; mute < 2; mute++) {
      r.p.reverb_send_db = (float)(20.0 * log10 (0.5));
      r.p.volume = 0.5f;
      r.p.pan = 1.0f;
      r.p.send_mode = mode;
      r.p.mute = mute;
      rig_set (&r, 0.0);
      lq_fader_reset (&r.fader, true, 0);
      fill (1.0f);
      rig_run (&r, 128, 50, NULL);
      for (int c = 0; c < 2; c++) {
        CHECK_NEAR (sent[LQ_SEND_REVERB][c][99], expected[mode][mute][c], 1e-6, "a send");
        CHECK (sent[LQ_SEND_DELAY][c][99] == 0.0, "the other send isn't silent");
      }
      CHECK (lq_fader_silent (&r.fader) == (mute && mode != LQ_SEND_PRE_FADER),
          "mode %d, mute %u: silent is told wrong", mode, mute);
    }
  lq_fader_appear (&r.fader, false, 0.0f);
  fill (1.0f);
  r.p.send_mode = LQ_SEND_PRE_FADER;
  rig_set (&r, 0.0);
  rig_run (&r, 4800, 480, NULL);
  CHECK (sent[LQ_SEND_REVERB][0][4799] == 0.0, "away, its send still sounds");
  CHECK (lq_fader_gone (&r.fader) && lq_fader_silent (&r.fader), "it isn't gone");
  lq_arena_free (&r.arena);
}

/* A fade of 400 ms: within 0.1 dB of the raised cosine, smoothed by a ramp; over when it should be. */
static void
fades (void)
{
  const double frames = 0.4 * 48000.0, lag = lq_ramp_lag (48000.0, LQ_RAMP_MS);
  const double span = frames - 2.0 * lag;
  double worst = 0.0;
  rig r;

  rig_open (&r, 1, 1, (const double[]){ 1.0 });
  lq_fader_reset (&r.fader, false, 0);
  lq_fader_appear (&r.fader, true, 400.0f);
  fill (1.0f);
  rig_run (&r, FRAMES, 512, NULL);
  for (int i = 4000; i < 15000; i++) {
    const double place = (i - lag) / span, curve = (1.0 - cos (PI * fmin (place, 1.0))) / 2.0;
    worst = fmax (worst, fabs (20.0 * log10 (sums[0][i] / curve)));
  }
  CHECK (worst < 0.35, "%.3f dB from the curve", worst);
  lqt_note ("%.3f dB from the raised cosine", worst);
  CHECK (sums[0][(int)frames + 128] == 1.0 && sums[0][0] == 0.0, "it begins at %g, ends at %g",
      sums[0][0], sums[0][(int)frames + 128]);
  /* Turned round halfway. */
  lq_fader_appear (&r.fader, false, 400.0f);
  fill (1.0f);
  rig_run (&r, 9600, 512, NULL);
  lq_fader_appear (&r.fader, true, 50.0f);
  fill (1.0f);
  {
    const double last = sums[0][9599];
    rig_run (&r, 9600, 512, NULL);
    CHECK (fabs (sums[0][0] - last) < 1e-3, "a step of %g", fabs (sums[0][0] - last));
    CHECK (sums[0][9599] == 1.0, "it ends at %g", sums[0][9599]);
  }
  lq_arena_free (&r.arena);
}

/* Every row stepped from end to end on a 100 Hz sine: no click; and the same however it is cut. */
static void
steps (void)
{
  static double whole[2][FRAMES];
  static float sum[FRAMES];
  double clean;

  for (uint32_t row = 0; row < LQ_FADER_ROWS; row++)
    for (int way = 0; way < 2; way++) {
      const struct lq_param *info = &lq_fader_rows[row];
      rig r;
      for (int cut = 0; cut < 2; cut++) {
        double value[2] = { info->min, info->max };
        if (strcmp (info->name, "gain") == 0)
          value[1] = 0.0;
        if (strcmp (info->name, "volume") == 0)
          value[1] = 1.0;
        rig_open (&r, 2, 2, NULL);
        for (int i = 0; i < 2; i++) {
          const double v = value[(i + way) % 2];
          char *field = (char *)&r.p + info->offset;
          if (info->type == LQ_FLOAT)
            *(float *)field = (float)v;
          else
            *(uint32_t *)field = (uint32_t)v;
          rig_set (&r, -3.0);
          if (i == 0)
            lq_fader_reset (&r.fader, true, 0);
        }
        lqs_sine (in[0], 9600, 48000.0, 100.0, 0.5, 0.0, 0);
        lqs_sine (in[1], 9600, 48000.0, 100.0, 0.4, 1.0, 0);
        clean = lqm_curvature (in[0], 9600);
        rig_run (&r, 9600, cut ? 37 : 1024, NULL);
        for (int c = 0; c < 2; c++) {
          if (cut)
            CHECK (memcmp (whole[c], sums[c], 9600 * sizeof (double)) == 0,
                "%s: it depends on blocks", info->name);
          memcpy (whole[c], sums[c], 9600 * sizeof (double));
          for (int i = 0; i < 9600; i++)
            sum[i] = (float)sums[c][i];
          CHECK (lqm_curvature (sum, 9600) <= 2.0 * 2.0 * clean, "%s clicks: %.2f", info->name,
              lqm_curvature (sum, 9600) / clean);
        }
        lq_arena_free (&r.arena);
      }
    }
}

static double
on_grid (double x)
{
  return ldexp (nearbyint (ldexp (x, 44)), -44);
}

/* A sum of 300 channels is the same in any order, to the last bit. */
static void
orders (void)
{
  static float x[300][64], curve[64];
  static double forwards[64], backwards[64];
  lqs_random rnd = { 11 };

  memset (forwards, 0, sizeof forwards);
  memset (backwards, 0, sizeof backwards);
  for (int c = 0; c < 300; c++)
    for (int i = 0; i < 64; i++) {
      x[c][i] = (float)(lqs_uniform (&rnd) * (c % 7 ? 1.0 : 1e-6));
      curve[i] = (float)lqs_uniform (&rnd);
    }
  for (int c = 0; c < 300; c++) {
    lq_kernels ()->mix (forwards, x[c], 0.01 * c, 64);
    lq_kernels ()->mix_curve (forwards, x[c], curve, 64);
  }
  for (int c = 299; c >= 0; c--) {
    lq_kernels ()->mix_curve (backwards, x[c], curve, 64);
    lq_kernels ()->mix (backwards, x[c], 0.01 * c, 64);
  }
  CHECK (memcmp (forwards, backwards, sizeof forwards) == 0, "the order shows");
}

static void
kernels (void)
{
  static double sum[200], expected[200];
  static float x[200], curve[200];
  lqs_random rnd = { 7 };

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    for (uint32_t n = 0; n < 130; n++)
      for (uint32_t offset = 0; offset < 4; offset++) {
        for (int i = 0; i < 200; i++) {
          sum[i] = expected[i] = lqs_uniform (&rnd);
          x[i] = (float)lqs_uniform (&rnd);
          curve[i] = (float)lqs_uniform (&rnd);
        }
        for (uint32_t i = 0; i < n; i++)
          expected[offset + i] += on_grid ((double)x[offset + i] * 0.7);
        lq_kernels ()->mix (sum + offset, x + offset, 0.7, n);
        CHECK (memcmp (sum, expected, sizeof sum) == 0, "mix, %u frames", n);
        for (uint32_t i = 0; i < n; i++)
          expected[offset + i] += on_grid ((double)x[offset + i] * (double)curve[i]);
        lq_kernels ()->mix_curve (sum + offset, x + offset, curve, n);
        CHECK (memcmp (sum, expected, sizeof sum) == 0, "mix_curve, %u frames", n);
      }
  }
  lq_cpu_force (lq_cpu_best ());
}

/* Frames of two: all of them, or those before a bad one, and some at least of those far before it. */
static void
pairs_of (lqs_random *rnd, uint32_t n, uint32_t offset, uint32_t bad, float what)
{
  static const double gain[2] = { 0.7, -0.3 };
  double left[420], right[420], expected[2][420];
  float x[2 * 420];
  uint32_t done;

  for (int i = 0; i < 420; i++) {
    left[i] = expected[0][i] = lqs_uniform (rnd);
    right[i] = expected[1][i] = lqs_uniform (rnd);
    x[2 * i] = (float)lqs_uniform (rnd);
    x[2 * i + 1] = (float)lqs_uniform (rnd);
  }
  if (bad / 2 < n)
    x[2 * offset + bad] = what;
  done = lq_kernels ()->mix_pair (left + offset, right + offset, x + 2 * offset, gain, n);
  if (bad / 2 < n)
    CHECK (done <= bad / 2 && bad / 2 < done + 128, "%u of %u frames, bad one in %u", done, n,
        bad / 2);
  else
    CHECK (done == n, "%u of %u frames", done, n);
  for (uint32_t i = offset; i < offset + done; i++) {
    expected[0][i] += on_grid ((double)x[2 * i] * gain[0]);
    expected[1][i] += on_grid ((double)x[2 * i + 1] * gain[1]);
  }
  CHECK (memcmp (left, expected[0], sizeof left) == 0 &&
             memcmp (right, expected[1], sizeof right) == 0,
      "mix_pair, %u frames", n);
}

/* The same as `peak` and `product` of the channels by themselves, wherever it is cut. */
static void
levels_of (lqs_random *rnd, uint32_t n, uint32_t phase)
{
  static float x[2 * 600], one[2][600];
  const struct lq_kernels *k = lq_kernels ();
  double lanes[2][LQ_PRODUCT_LANES] = { { 0 } }, expected[2][LQ_PRODUCT_LANES] = { { 0 } };
  float peak[2];

  for (uint32_t i = 0; i < 2 * n; i++)
    one[i % 2][i / 2] = x[i] = (float)lqs_range (rnd, -30000, 30000) / 8192.0f;
  k->pair_level (x, n, phase, peak, lanes[0], lanes[1]);
  for (int c = 0; c < 2; c++) {
    k->product (one[c], one[c], n, phase, expected[c]);
    CHECK (peak[c] == k->peak (one[c], n), "peak of %u frames: %g", n, peak[c]);
    for (int i = 0; i < LQ_PRODUCT_LANES; i++)
      CHECK (fabs (lanes[c][i] - expected[c][i]) <= 1e-6 * expected[c][i] + 1e-12,
          "%u frames from %u: lane %d is %g, not %g", n, phase, i, lanes[c][i], expected[c][i]);
  }
}

static void
pairs (void)
{
  lqs_random rnd = { 15 };
  const float bad[] = { NAN, -NAN, INFINITY, -INFINITY, 1.1e6f, -1.1e6f };

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    for (uint32_t n = 0; n < 400; n += n < 140 ? 1 : 37)
      for (uint32_t offset = 0; offset < 4; offset++) {
        pairs_of (&rnd, n, offset, UINT32_MAX, 0.0f);
        levels_of (&rnd, n, offset % LQ_PRODUCT_LANES);
        pairs_of (&rnd, n, offset, lqs_range (&rnd, 0, 2 * 400), bad[n % LQ_COUNT (bad)]);
      }
  }
  lq_cpu_force (lq_cpu_best ());
}

/* A fader that is plain gives the same by either way; what isn't says so. */
static void
plain (void)
{
  static const double swapped[4] = { 0.0, 1.0, 1.0, 0.0 };
  static uint8_t marks[FRAMES / LQ_HOP + 1];
  static double pair[2][FRAMES];
  static float frames[2 * FRAMES];
  double *const main[2] = { pair[0], pair[1] };
  struct lq_mix to = { .main = main, .heard = marks };
  lqs_random rnd = { 16 };
  rig r;

  for (int i = 0; i < FRAMES; i++)
    for (int c = 0; c < 2; c++)
      frames[2 * i + c] = in[c][i] = (float)lqs_uniform (&rnd);
  rig_open (&r, 2, 2, NULL);
  r.p.pan = 0.3f;
  r.p.volume = 0.7f;
  r.p.gain_db = -5.0f;
  rig_set (&r, 0.0);
  CHECK (!lq_fader_plain (&r.fader), "it is plain while it moves");
  lq_fader_reset (&r.fader, true, 0);
  CHECK (lq_fader_plain (&r.fader), "it isn't plain");
  rig_run (&r, 2048, LQ_BLOCK, NULL);
  memset (pair, 0, sizeof pair);
  CHECK (lq_fader_add_plain (&r.fader, frames, 2048, &to, 0) == 2048, "not all frames");
  CHECK (memcmp (pair[0], sums[0], 2048 * sizeof (double)) == 0 &&
             memcmp (pair[1], sums[1], 2048 * sizeof (double)) == 0,
      "the plain way gives other bits");
  CHECK (marks[0] == 1 && marks[2048 / LQ_HOP - 1] == 1 && marks[2048 / LQ_HOP] == 0, "marks");
  r.p.width_percent = 50.0f;
  rig_set (&r, 0.0);
  lq_fader_reset (&r.fader, true, 0);
  CHECK (!lq_fader_plain (&r.fader), "plain with a width");
  r.p.width_percent = 100.0f;
  r.p.reverb_send_db = -20.0f;
  rig_set (&r, 0.0);
  lq_fader_reset (&r.fader, true, 0);
  CHECK (!lq_fader_plain (&r.fader), "plain with a send");
  r.p.reverb_send_db = -120.0f;
  r.p.pan_mode = LQ_PAN_DUAL;
  r.p.pan_left = 0.1f;
  rig_set (&r, 0.0);
  lq_fader_reset (&r.fader, true, 0);
  CHECK (!lq_fader_plain (&r.fader), "plain with a dual pan");
  lq_arena_free (&r.arena);
  rig_open (&r, 2, 2, swapped);
  CHECK (!lq_fader_plain (&r.fader), "plain from left to right");
  lq_arena_free (&r.arena);
  rig_open (&r, 1, 2, NULL);
  CHECK (!lq_fader_plain (&r.fader), "plain of mono");
  lq_arena_free (&r.arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "pan laws at 101 positions", laws },
    { "volume, gain, polarity, width", gains }, { "from channels to channels", maps },
    { "sends", sends }, { "coming and going", fades },
    { "no step clicks, no cut shows", steps }, { "sums in any order", orders },
    { "kernels on every processor", kernels }, { "frames of two on every processor", pairs },
    { "the plain way", plain }, { NULL, NULL } };

  lq_orc_init ();
  return lqt_main (cases, argc, argv);
}
