/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Multiband dynamics against the formulas of properties/README.md and of Linkwitz-Riley crossovers.
 * All bands of such a tree are one all-pass times a positive weight each: tones add up as numbers. */

#include "base/cpu.h"
#include "base/mathx.h"
#include "base/param.h"
#include "guard.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/mb.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 2600000

static float in[2][FRAMES_MAX], out[2][FRAMES_MAX];
static float figures[LQ_MB_BANDS];

static struct lq_mb_params
defaults (void)
{
  const struct lq_module modules[] = { LQ_MB_MODULE_LIST (0) };
  struct lq_mb_params p;

  lq_modules_defaults (modules, LQ_MB_MODULES, &p);
  p.enabled = 1;
  return p;
}

/* `in` through a new unit, into out. */
static void
run (double rate, uint32_t channels, const struct lq_mb_params *p, size_t frames)
{
  const lq_stream stream = { .rate = rate, .channels = channels, .out_channels = channels };
  static lq_mb u;
  lq_arena arena;

  lq_arena_init (&arena);
  if (!lq_mb_prepare (&u, &stream, p, &arena))
    abort ();
  for (uint32_t c = 0; c < channels; c++)
    memcpy (out[c], in[c], frames * sizeof (float));
  for (size_t done = 0; done < frames; done += LQ_BLOCK) {
    float *at[] = { out[0] + done, out[1] + done };
    lq_mb_process (&u, at, (uint32_t)(frames - done < LQ_BLOCK ? frames - done : LQ_BLOCK));
    /* Figures are those of the second half. */
    for (uint32_t b = 0; b < p->bands && done < frames / 2; b++)
      lq_mb_reduction_db (&u, b);
  }
  for (uint32_t b = 0; b < p->bands; b++)
    figures[b] = lq_mb_reduction_db (&u, b);
  lq_arena_free (&arena);
}

/* The law as it stands in the table, of its own; the bound of the row `range`. */
static double
formula (const struct lq_mb_band *p, double x)
{
  const double T = p->threshold_db, W = p->knee_db, R = p->ratio >= 100 ? INFINITY : p->ratio;
  double y;

  if (2 * (x - T) < -W)
    y = x;
  else if (2 * fabs (x - T) <= W && W > 0)
    y = x + (1 / R - 1) * (x - T + W / 2) * (x - T + W / 2) / (2 * W);
  else
    y = T + (x - T) / R;
  if (p->range_db < 90)
    y = fmin (fmax (y, x - p->range_db), x + p->range_db);
  return y;
}

/* What each of 4 bands weighs at hz: crossover 2 first, then 1 and 3. */
static double
weight (double rate, const struct lq_mb_params *p, uint32_t b, double hz)
{
  double w[3];

  for (int k = 0; k < 3; k++)
    w[k] = 1.0 /
           (1.0 + pow (tan (LQ_PI * hz / rate) / tan (LQ_PI * p->crossover_hz[k] / rate), 4.0));
  switch (b) {
    case 0:
      return w[1] * w[0];
    case 1:
      return w[1] * (1 - w[0]);
    case 2:
      return (1 - w[1]) * w[2];
    default:
      return (1 - w[1]) * (1 - w[2]);
  }
}

static void
check_static (const struct lq_mb_params *p, uint32_t b, double hz, double level_db)
{
  const struct lq_mb_band *band = &p->band[b];
  const double rate = 48000, w = weight (rate, p, b, hz), x = level_db + lqm_db (w);
  const double gain = formula (band, x) - x, m = band->mix_percent / 100.0;
  const double wet = pow (10.0, (gain + band->makeup_db) / 20.0);
  const double want = x + lqm_db (1.0 - m + m * wet);

  lqs_sine (in[0], 96000, rate, hz, pow (10.0, level_db / 20.0), 0.3, 0);
  run (rate, 1, p, 96000);
  CHECK_NEAR (lqm_db (lqm_tone (out[0] + 76800, 19200, rate, hz)), want, 0.1, "level");
  CHECK (fabs (lqm_db (lqm_tone (out[0] + 76800, 19200, rate, hz)) - want) < 0.1,
      "band %u, T %g, R %g, W %g, range %g at %g dB", b, band->threshold_db, band->ratio,
      band->knee_db, band->range_db, level_db);
  CHECK_NEAR (figures[b], -gain, 0.1, "the figure");
  CHECK_NEAR (lq_mb_curve_db (band, x), formula (band, x), 1e-4, "lq_mb_curve_db");
}

static void
test_static (void)
{
  static const float ratios[] = { 0.2f, 0.5f, 0.8f, 1, 1.5f, 2, 4, 10, 100 };
  static const double tones[] = { 67, 271, 1303, 9437 };
  lqs_random random = { 3 };

  for (uint32_t k = 0; k < LQ_COUNT (ratios); k++)
    for (uint32_t b = 0; b < 4; b++)
      for (int round = 0; round < 4; round++) {
        struct lq_mb_params p = defaults ();
        struct lq_mb_band *band = &p.band[b];
        band->solo = 1;
        band->ratio = ratios[k];
        band->threshold_db = (float)(-20.0 + 15.0 * lqs_uniform (&random));
        band->knee_db = round == 0 ? 0 : (float)(12.0 + 12.0 * lqs_uniform (&random));
        band->range_db = round == 1 ? 6 : round == 2 ? 90 : 40;
        band->makeup_db = round == 3 ? (float)(10.0 * lqs_uniform (&random)) : 0;
        band->mix_percent = round == 3 ? 60 : 100;
        check_static (&p, b, tones[b], -15.0 + 14.0 * lqs_uniform (&random));
      }
}

/* τ from what is left of a change after `frames`: exact for an exponential. */
static double
tau_ms (double rate, double left, double frames)
{
  return -1000.0 * frames / (rate * log (left));
}

/* Of two frames of that tone: the crossover's answer to a step is none of it. */
static double
level_db (size_t i)
{
  return lqm_db (0.5 * (fabs (out[0][i]) + fabs (out[0][i + 1])));
}

/* A tone of half the rate, which both filters of a low crossover leave as it is, from −10 to 0 dB
 * and back: a reduction of 10 dB. */
static void
check_times (double rate, float attack, float release)
{
  const size_t up = (size_t)(0.1 * rate), down = up + (size_t)(rate * (0.05 + 0.012 * attack)),
               end = down + (size_t)(rate * (0.02 + 0.008 * release));
  const double low = pow (10.0, -10.0 / 20.0), high = 1.0;
  struct lq_mb_params p = defaults ();
  struct lq_mb_band *band = &p.band[1];
  size_t k;

  p.bands = 2;
  p.crossover_hz[0] = 20;
  *band = (struct lq_mb_band){ -10, 100, 0, attack, release, 24, 0, 100, 0, 0, 0 };
  p.band[0].bypass = 1;
  if (end > FRAMES_MAX)
    abort ();
  for (size_t i = 0; i < end; i++)
    in[0][i] = (float)((i >= up && i < down ? high : low) * (i % 2 ? 1 : -1));
  run (rate, 1, &p, end);
  k = (size_t)fmax (1, round (attack * rate / 1000.0));
  const double full = level_db (down - 2) - lqm_db (high);
  CHECK_NEAR (full, -10.0, 0.03, "the whole reduction");
  CHECK (
      fabs (tau_ms (rate, 1.0 - lqm_db (fabs (out[0][up + k - 1]) / high) / full, (double)k) /
                attack -
            1.0) < 0.05,
      "%g Hz: attack of %g ms is %g", rate, attack,
      tau_ms (rate, 1.0 - lqm_db (fabs (out[0][up + k - 1]) / high) / full, (double)k));
  size_t begin = down + 20;
  while (begin < end && level_db (begin) - lqm_db (low) < full + 0.05)
    begin++;
  CHECK ((double)(begin - down) / rate > 0.00999 &&
             (double)(begin - down) / rate < 0.0107 + 6e-6 * release,
      "%g Hz: a peak is held for %g ms", rate, 1000.0 * (double)(begin - down) / rate);
  k = (size_t)round (release * rate / 1000.0);
  const double got = tau_ms (rate, (level_db (begin + k - 1) - lqm_db (low)) / full, (double)k);
  CHECK (
      fabs (got / release - 1.0) < 0.05, "%g Hz: release of %g ms is %g", rate, release, got);
}

static void
test_times (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };
  static const float attacks[] = { 0.01f, 0.1f, 1, 25, 300 },
                     releases[] = { 5, 20, 100, 300, 1000 };

  for (uint32_t r = 0; r < LQ_COUNT (rates); r++)
    for (uint32_t k = 0; k < LQ_COUNT (attacks); k++)
      check_times (rates[r], attacks[k], releases[k]);
  check_times (44100, 1, 5000);
  /* The attack is the slower one. */
  check_times (48000, 100, 5);
}

/* Two channels, of which only the left is above the threshold. */
static void
test_link (void)
{
  for (int k = 0; k <= 4; k++) {
    struct lq_mb_params p = defaults ();
    const double loud = 0.5, soft = 0.02, hz = 271, share = k / 4.0;
    p.link_percent = 25.0f * (float)k;
    p.band[1].solo = 1;
    const double w = weight (48000, &p, 1, hz), x = lqm_db (loud * w);
    const double low = formula (&p.band[1], x) - x;
    lqs_sine (in[0], 96000, 48000, hz, loud, 0.0, 0);
    lqs_sine (in[1], 96000, 48000, hz, soft, 0.0, 0);
    run (48000, 2, &p, 96000);
    CHECK_NEAR (lqm_db (lqm_tone (out[0] + 76800, 19200, 48000, hz) / loud / w), low, 0.1,
        "the louder channel");
    CHECK_NEAR (lqm_db (lqm_tone (out[1] + 76800, 19200, 48000, hz) / soft / w), share * low,
        0.1, "the softer channel");
    CHECK_NEAR (figures[1], -low, 0.1, "the figure");
  }
}

/* Tones in two bands, of which only one is above its threshold; a third, bypassed one knows nothing. */
static void
test_band_link (void)
{
  static const double tones[3] = { 40, 271, 12007 };

  for (int k = 0; k <= 4; k++) {
    struct lq_mb_params p = defaults ();
    double sum[3] = { 0.0 }, target[4], lowest = 0.0;
    p.band_link_percent = 25.0f * (float)k;
    p.band[0].threshold_db = p.band[3].threshold_db = p.band[2].threshold_db = 0;
    p.band[1].threshold_db = -30;
    p.band[1].range_db = 12;
    p.band[0].bypass = 1;
    for (size_t i = 0; i < 96000; i++)
      in[0][i] = 0.0f;
    for (int t = 0; t < 3; t++) {
      static float tone[96000];
      lqs_sine (tone, 96000, 48000, tones[t], t == 1 ? 0.5 : 0.03, 0.0, 0);
      for (size_t i = 0; i < 96000; i++)
        in[0][i] += tone[i];
    }
    run (48000, 1, &p, 96000);
    for (int b = 1; b < 4; b++)
      target[b] = 0.0;
    const double x = lqm_db (0.5 * weight (48000, &p, 1, tones[1]));
    target[1] = formula (&p.band[1], x) - x;
    lowest = target[1];
    for (int t = 0; t < 3; t++)
      for (uint32_t b = 0; b < 4; b++) {
        const double gain = b == 0 ? 0.0 : target[b] + k / 4.0 * (lowest - target[b]);
        sum[t] += weight (48000, &p, b, tones[t]) * pow (10.0, gain / 20.0);
      }
    for (int t = 0; t < 3; t++)
      CHECK_NEAR (
          lqm_db (lqm_tone (out[0] + 48000, 48000, 48000, tones[t]) / (t == 1 ? 0.5 : 0.03)),
          lqm_db (sum[t]), 0.15, "a tone");
    CHECK_NEAR (figures[3], -k / 4.0 * lowest, 0.15, "the figure of the band that is linked");
    CHECK (figures[0] == 0.0f, "a bypassed band reports %g dB", figures[0]);
  }
}

/* What of two bands sounds, and how: every combination of six switches. */
static void
test_switches (void)
{
  static const double tones[2] = { 60, 11003 };
  static float tone[48000];

  for (unsigned bits = 0; bits < 64; bits++) {
    struct lq_mb_params p = defaults ();
    p.bands = 2;
    p.crossover_hz[0] = 900;
    memset (in[0], 0, 48000 * sizeof (float));
    for (int b = 0; b < 2; b++) {
      struct lq_mb_band *band = &p.band[b];
      *band = (struct lq_mb_band){ -20, 4, 0, 5, 50, 24, 3, 100, (bits >> (3 * b)) & 1,
        (bits >> (3 * b + 1)) & 1, (bits >> (3 * b + 2)) & 1 };
      lqs_sine (tone, 48000, 48000, tones[b], 0.3, 0.0, 0);
      for (int i = 0; i < 48000; i++)
        in[0][i] += tone[i];
    }
    run (48000, 1, &p, 48000);
    for (int b = 0; b < 2; b++) {
      const struct lq_mb_band *band = &p.band[b], *other = &p.band[1 - b];
      const bool sounds = !band->mute && (band->solo || !other->solo);
      const double x = lqm_db (0.3), gain = band->bypass ? 0.0 : formula (band, x) - x + 3.0;
      const double got = lqm_tone (out[0] + 24000, 24000, 48000, tones[b]) / 0.3;
      if (sounds)
        CHECK (fabs (lqm_db (got) - gain) < 0.1, "switches %#o: band %d has %g dB, not %g",
            bits, b, lqm_db (got), gain);
      else
        CHECK (got < 3e-4, "switches %#o: band %d is heard at %g", bits, b, got);
    }
  }
}

/* Bit by bit where no band does anything, however; an all-pass where one might. */
static void
test_neutral (void)
{
  for (int way = 0; way < 6; way++) {
    struct lq_mb_params p = defaults ();
    lqs_programme (in[0], 20000, 48000, 4);
    lqs_programme (in[1], 20000, 48000, 5);
    for (uint32_t b = 0; b < LQ_MB_BANDS; b++) {
      struct lq_mb_band *band = &p.band[b];
      const int how = way < 4 ? way : (int)(b % 4);
      band->threshold_db = -50;
      if (how == 0)
        band->ratio = 1;
      else if (how == 1)
        band->mix_percent = 0;
      else if (how == 2)
        band->bypass = 1;
      else
        band->range_db = 0;
    }
    /* Bands that aren't in use don't count. */
    p.band[5].ratio = 3;
    p.enabled = way != 5;
    if (way == 5)
      p.band[2].makeup_db = 5;
    run (48000, 2, &p, 20000);
    CHECK (memcmp (in, out, 20000 * sizeof (float)) == 0 &&
               memcmp (in[1], out[1], 20000 * sizeof (float)) == 0,
        "way %d changes the signal", way);
  }
}

static void
test_flat (void)
{
  static double complex x[32768];
  double worst = 0.0;

  for (uint32_t n = 2; n <= 6; n++) {
    struct lq_mb_params p = defaults ();
    p.bands = n;
    memset (in[0], 0, sizeof in[0]);
    in[0][0] = 0.05f;
    run (48000, 1, &p, 32768);
    for (int i = 0; i < 32768; i++)
      x[i] = out[0][i] / 0.05;
    lqm_fft (x, 32768);
    for (int i = 0; i < 16384; i++)
      worst = fmax (worst, fabs (lqm_db (cabs (x[i]))));
  }
  CHECK (worst < 0.01, "all bands together are flat to %g dB", worst);
  lqt_note ("flat to %.2g dB", worst);
}

/* Switched on, off and changed under a sine: no corner, and at the end what a fresh one does. */
static void
test_moves (void)
{
  enum { FRAMES = 96000 };
  const lq_stream stream = { .rate = 48000, .channels = 1, .out_channels = 1 };
  struct lq_mb_params p = defaults (), other = p;
  static lq_mb u;
  lq_arena arena;
  lqs_random random = { 9 };
  double steady;

  lqs_sine (in[0], FRAMES, 48000, 100, 0.5, 0.0, 0);
  steady = lqm_curvature (in[0], FRAMES);
  for (uint32_t b = 0; b < 4; b++)
    other.band[b].ratio = 1;
  lq_arena_init (&arena);
  if (!lq_mb_prepare (&u, &stream, &p, &arena))
    abort ();
  memcpy (out[0], in[0], FRAMES * sizeof (float));
  for (size_t at = 0; at < FRAMES; at += 64) {
    float *ch[] = { out[0] + at };
    struct lq_mb_params now = at / 9600 % 2 ? other : p;
    const double t = (double)at / FRAMES;
    now.enabled = at / 9600 % 3 != 0;
    for (int k = 0; k < 5; k++)
      now.crossover_hz[k] *= (float)exp2 (sin (20.0 * t + k));
    for (uint32_t b = 0; b < 4 && at / 9600 % 4 == 1; b++) {
      now.band[b].attack_ms = lqs_range (&random, 0, 1) ? 0.01f : 300.0f;
      now.band[b].mute = b == 3;
      now.band[b].solo = b == 0;
    }
    lq_mb_set (&u, &now);
    lq_mb_process (&u, ch, 64);
  }
  CHECK (lqm_curvature (out[0] + 4800, FRAMES - 4800) < 2.0 * steady, "a corner of %g times",
      lqm_curvature (out[0] + 4800, FRAMES - 4800) / steady);
  lqt_note ("second differences %.2f times those of the sine",
      lqm_curvature (out[0] + 4800, FRAMES - 4800) / steady);
  lq_arena_free (&arena);
}

/* Kernels. */

static const struct lq_kernels *kernels;

static void
check_follow (uint32_t planes, uint32_t n, lqs_random *random)
{
  lqg_planes p = lqg_new (planes, n), before = lqg_new (planes, n);
  struct lq_follow_lanes f;

  for (uint32_t k = 0; k < planes; k++) {
    f.attack[k] = 0.5 + 0.5 * lqs_uniform (random);
    f.release[k] = 1.0 - 1e-5 * pow (10.0, 2.0 + 2.0 * lqs_uniform (random));
    if (k % 5 == 4)
      f.attack[k] = 1.0 - 1e-6;
    f.z[k] = 10.0 * lqs_uniform (random);
    for (uint32_t i = 0; i < n; i++)
      p.ch[k][i] = (float)(i / 7 % 3 ? 20.0 * lqs_uniform (random) : -5.0);
  }
  const struct lq_follow_lanes begin = f;
  lqg_copy (&before, &p);
  kernels->follow (&f, p.ch, planes, n);
  for (uint32_t k = 0; k < planes; k++) {
    double z = begin.z[k], worst = 0.0;
    for (uint32_t i = 0; i < n; i++) {
      const double x = before.ch[k][i], c = x < z ? begin.attack[k] : begin.release[k];
      z = c * z + (1.0 - c) * x;
      worst = fmax (worst, fabs (p.ch[k][i] - z));
    }
    CHECK (worst < 4e-6, "follow, %u planes, %u frames: off by %g", planes, n, worst);
    CHECK (fabs (f.z[k] - z) < 1e-9, "follow: what it remembers is off by %g", f.z[k] - z);
  }
  CHECK (lqg_intact (&p), "follow writes beside a plane");
  lqg_free (&p);
  lqg_free (&before);
}

static void
check_blend (uint32_t bands, uint32_t n, lqs_random *random)
{
  lqg_planes p = lqg_new (2 * bands + 1, n);
  float offset[LQ_MB_BANDS], scale[LQ_MB_BANDS];
  double worst = 0.0;

  for (uint32_t k = 0; k < 2 * bands; k++)
    for (uint32_t i = 0; i < n; i++)
      p.ch[k][i] = (float)lqs_uniform (random);
  for (uint32_t b = 0; b < bands; b++) {
    offset[b] = (float)lqs_uniform (random);
    scale[b] = (float)lqs_uniform (random);
  }
  kernels->blend ((const float *const *)p.ch, (const float *const *)p.ch + bands, offset, scale,
      bands, p.ch[2 * bands], n);
  for (uint32_t i = 0; i < n; i++) {
    double sum = 0.0;
    for (uint32_t b = 0; b < bands; b++)
      sum += (offset[b] + (double)scale[b] * p.ch[bands + b][i]) * p.ch[b][i];
    worst = fmax (worst, fabs (sum - p.ch[2 * bands][i]));
  }
  CHECK (worst < 1e-6, "blend, %u bands, %u frames: off by %g", bands, n, worst);
  CHECK (lqg_intact (&p), "blend writes beside a plane");
  lqg_free (&p);
}

static void
check_squash (uint32_t n, lqs_random *random)
{
  lqg_planes p = lqg_new (2, n);
  struct lq_mb_band band = { .threshold_db = -20, .knee_db = 9, .range_db = 15 };

  band.ratio = (float)(0.6 + 0.39 * lqs_uniform (random));
  for (uint32_t i = 0; i < n; i++)
    p.ch[0][i] = (float)(-20.0 + 20.0 * lqs_uniform (random));
  const struct lq_squash curve = { -20, 1.0f - 1.0f / band.ratio, 9, 15, 0 };
  kernels->squash (&curve, p.ch[0], p.ch[1], n);
  for (uint32_t i = 0; i < n; i++)
    CHECK_NEAR (p.ch[1][i], formula (&band, p.ch[0][i]) - p.ch[0][i], 1e-4, "a raising curve");
  CHECK (lqg_intact (&p), "squash writes beside a plane");
  lqg_free (&p);
}

static void
test_kernels (void)
{
  static const uint32_t longer[] = { 31, 32, 33, 63, 64, 65, 255, 256, 257, 999, 1024 };

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    lqs_random random = { 77 };
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    kernels = lq_kernels ();
    for (uint32_t k = 0; k < 26 + LQ_COUNT (longer); k++) {
      const uint32_t n = k < 26 ? k : longer[k - 26];
      for (uint32_t planes = 1; planes <= LQ_FOLLOW_LANES; planes++)
        check_follow (planes, n, &random);
      for (uint32_t bands = 2; bands <= LQ_MB_BANDS; bands++)
        check_blend (bands, n, &random);
      check_squash (n, &random);
    }
  }
  lq_cpu_force (lq_cpu_best ());
}

/* All variants say the same to −140 dB. */
static void
test_variants (void)
{
  static float first[48000];
  struct lq_mb_params p = defaults ();

  p.link_percent = 40;
  p.band_link_percent = 30;
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    lqs_programme (in[0], 48000, 48000, 6);
    lqs_programme (in[1], 48000, 48000, 7);
    run (48000, 2, &p, 48000);
    if (cpu == 0)
      memcpy (first, out[0], sizeof first);
    else
      CHECK (lqm_difference (first, out[0], 48000) < 2e-7, "%s: differs by %g",
          lq_cpu_name ((enum lq_cpu)cpu), lqm_difference (first, out[0], 48000));
  }
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = {
    { "static curves", test_static },
    { "attack and release", test_times },
    { "link of channels", test_link },
    { "link of bands", test_band_link },
    { "solo, mute, bypass", test_switches },
    { "neutral", test_neutral },
    { "flat", test_flat },
    { "moves", test_moves },
    { "kernels in every variant", test_kernels },
    { "variants agree", test_variants },
    { NULL, NULL },
  };

  return lqt_main (cases, argc, argv);
}
