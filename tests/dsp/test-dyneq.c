/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The dynamic equaliser against the prototypes and laws of properties/README.md and the rows of
 * masterchain.csv. */

#include "base/fpu.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/dyneq.h"
#include "signals.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 500000

static float in[2][FRAMES_MAX], out[2][FRAMES_MAX];
static lq_arena arena;
static lq_dyneq unit;

static struct lq_dyneq_params
defaults (void)
{
  const struct lq_module modules[] = { LQ_DYNEQ_MODULE_LIST (0) };
  struct lq_dyneq_params p;

  lq_modules_defaults (modules, LQ_DYNEQ_MODULES, &p);
  return p;
}

/* One band on, at 1 kHz. */
static struct lq_dyneq_params
one_band (void)
{
  struct lq_dyneq_params p = defaults ();

  p.band[0].enabled = 1;
  p.band[0].frequency_hz = 1000;
  return p;
}

static void
start (double rate, uint32_t channels, const struct lq_dyneq_params *p)
{
  lq_stream stream = { rate, channels, channels, { LQ_POS_LEFT, LQ_POS_RIGHT } };

  lq_arena_free (&arena);
  lq_arena_init (&arena);
  if (!lq_dyneq_prepare (&unit, &stream, &arena))
    abort ();
  lq_dyneq_set (&unit, p);
  lq_dyneq_reset (&unit);
}

static void
play (size_t first, size_t end, uint32_t block)
{
  for (int c = 0; c < 2; c++)
    for (size_t i = first; i < end; i++)
      out[c][i] = in[c][i];
  for (size_t done = first; done < end; done += block) {
    float *at[] = { out[0] + done, out[1] + done };
    lq_dyneq_process (&unit, at, (uint32_t)(end - done < block ? end - done : block));
  }
}

static void
run (double rate, uint32_t channels, const struct lq_dyneq_params *p, size_t frames)
{
  start (rate, channels, p);
  play (0, frames, LQ_BLOCK);
}

static double
prototype_db (int type, double hz, double gain_db, double q, double at)
{
  const double A = pow (10, gain_db / 40), r = sqrt (A);
  const double complex s = I * at / hz;

  switch (type) {
    case LQ_DYNEQ_BELL:
      return 20 * log10 (cabs ((s * s + s * A / q + 1) / (s * s + s / (A * q) + 1)));
    case LQ_DYNEQ_LOW_SHELF:
      return 20 * log10 (cabs (A * (s * s + s * r / q + A) / (A * s * s + s * r / q + 1)));
    default:
      return 20 * log10 (cabs (A * (A * s * s + s * r / q + 1) / (s * s + s * r / q + A)));
  }
}

/* Gain at `at` Hz while a tone in the band holds the band at its range, dB. */
static double
probed (double rate, const struct lq_dyneq_params *p, double driver, double at)
{
  const size_t frames = 48000, last = 24000;

  lqs_sine (in[0], frames, rate, at, 0.1, 0, 0);
  if (fabs (log (at / driver)) > 0.01) {
    lqs_sine (in[1], frames, rate, driver, 0.3, 0, 0);
    for (size_t i = 0; i < frames; i++)
      in[0][i] += in[1][i];
  }
  run (rate, 1, p, frames);
  return lqm_db (lqm_tone (out[0] + frames - last, last, rate, at) /
                 lqm_tone (in[0] + frames - last, last, rate, at));
}

/* Largest error below 10 kHz and, printed, below 20 kHz, of a band at a gain. */
static double
curve_error (int type, double hz, double q, double gain_db)
{
  static const double probes[] = { 30, 90, 200, 401, 700, 1000, 1403, 2203, 4001, 5507, 7001,
    8501, 9901 };
  struct lq_dyneq_params p = one_band ();
  struct lq_dyneq_band *b = &p.band[0];
  double worst = 0;

  b->type = type;
  b->frequency_hz = (float)hz;
  b->q = (float)q;
  b->range_db = (float)gain_db;
  b->threshold_db = -80;
  b->ratio = 100;
  b->attack_ms = 1;
  b->release_ms = 5000;
  for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
    const double want = prototype_db (type, hz, gain_db, q, probes[i]);
    const double off = probed (48000, &p, hz, probes[i]) - want;
    if (fabs (probes[i] / hz - 1) < 0.02 && probes[i] != hz)
      continue;
    worst = fmax (worst, fabs (off));
    /* The designs themselves are this far off where a band moves far. */
    CHECK (fabs (off) <= (fabs (gain_db) > 20 ? 0.15 : 0.1),
        "type %d, %g Hz, q %g, %+g dB: at %g Hz off by %+.3f dB", type, hz, q, gain_db,
        probes[i], off);
  }
  return worst;
}

static void
curves (void)
{
  static const double gains[] = { -24, -11, -4.5, -1.5, 0.5, 2, 6, 13.3, 24 };
  static const double hertz[] = { 60, 400, 2500, 7000 }, qs[] = { 0.4, 1, 1.4, 6 };
  double worst = 0;

  for (int type = 0; type < 3; type++)
    for (int h = 0; h < 4; h++)
      for (int q = 0; q < 4; q++)
        for (int g = 0; g < 9; g += 1 + (q & 1))
          if (type == LQ_DYNEQ_BELL || qs[q] < 2)
            worst = fmax (worst, curve_error (type, hertz[h], qs[q], gains[g]));
  printf ("# worst %.3f dB\n", worst);
}

/* Gain of a settled tone at the band's centre, dB. */
static double
settled (const struct lq_dyneq_params *p, double hz, double level_db)
{
  const size_t frames = 48000, last = 9600;

  lqs_sine (in[0], frames, 48000, hz, pow (10, level_db / 20), 0, 0);
  run (48000, 1, p, frames);
  return lqm_db (
      lqm_rms (out[0] + frames - last, last) / lqm_rms (in[0] + frames - last, last));
}

static double
law (const struct lq_dyneq_band *b, double over)
{
  const double slope = b->ratio >= 100 ? 1 : 1 - 1 / b->ratio;
  const double moves = fmin (fabs (b->range_db), fmax (over, 0) * slope);

  return b->range_db < 0 ? -moves : moves;
}

static void
gain_law (void)
{
  static const float ratios[] = { 1.5f, 3, 10, 100 }, ranges[] = { -24, -6, 3, 12, 24 };
  double worst = 0;

  for (int r = 0; r < 4; r++)
    for (int k = 0; k < 5; k++)
      for (double x = -50; x <= 0; x += 5) {
        struct lq_dyneq_params p = one_band ();
        struct lq_dyneq_band *b = &p.band[0];
        double off;
        b->ratio = ratios[r];
        b->range_db = ranges[k];
        b->threshold_db = -32;
        b->release_ms = 50;
        off = settled (&p, 1000, x) - law (b, x + 32);
        worst = fmax (worst, fabs (off));
        CHECK (fabs (off) <= 0.1, "ratio %g, range %+g at %g dBFS: %+.3f dB", ratios[r],
            ranges[k], x, off);
        CHECK_NEAR (lq_dyneq_reduction_db (&unit, 0), -law (b, x + 32), 0.1, "figure");
      }
  printf ("# worst %.3f dB\n", worst);
}

/* Shelves listen beyond their corner, and the gain there is the shelf's whole. */
static void
shelf_law (void)
{
  for (int type = 1; type < 3; type++)
    for (double x = -40; x <= 0; x += 10) {
      struct lq_dyneq_params p = one_band ();
      const double hz = type == LQ_DYNEQ_LOW_SHELF ? 50 : 9000;
      double level;
      p.band[0].type = type;
      p.band[0].q = 0.7071f;
      p.band[0].threshold_db = -30;
      p.band[0].range_db = -20;
      p.band[0].release_ms = 50;
      /* Butterworth: what the detector leaves of the tone. */
      level = x - 10 * log10 (1 + pow (type == 1 ? hz / 1000 : 1000 / hz, 4));
      CHECK_NEAR (settled (&p, hz, x),
          prototype_db (type, 1000, law (&p.band[0], level + 30), 0.7071, hz), 0.15, "shelf");
      CHECK (fabs (settled (&p, type == 1 ? 20000 : 10, x)) < 0.3, "the other side");
    }
}

/* The same at any level; and against what the whole programme is. */
static void
relative (void)
{
  double gain[3];

  for (int k = 0; k < 3; k++) {
    struct lq_dyneq_params p = one_band ();
    const size_t frames = 48000;
    const double level = pow (10, -10 * k / 20.0);
    p.band[0].threshold_mode = LQ_DYNEQ_RELATIVE;
    p.band[0].threshold_db = -12;
    p.band[0].range_db = -12;
    p.band[0].q = 4;
    p.band[0].release_ms = 50;
    lqs_sine (in[0], frames, 48000, 1000, 0.4 * level, 0, 0);
    lqs_sine (in[1], frames, 48000, 60, 0.5 * level, 0, 0);
    for (size_t i = 0; i < frames; i++)
      in[0][i] = in[1][i] += in[0][i];
    run (48000, 2, &p, frames);
    gain[k] = lqm_db (lqm_tone (out[0] + 24000, 24000, 48000, 1000) / (0.4 * level));
    CHECK_NEAR (gain[k], law (&p.band[0], 20 * log10 (0.4 / 0.9) + 12), 0.2, "relative");
    CHECK_NEAR (gain[k], gain[0], 0.05, "the same at any level");
  }
}

/* Frames until the gain of a tone is 63 % of its way: the envelope over each half of a period. */
static double
time_to_63 (double rate, size_t from, size_t end, double a, double b)
{
  const double at = a + (1 - exp (-1)) * (b - a);
  double before = a;
  size_t half = (size_t)lround (rate / 4000 / 2);

  for (size_t i = from; i + half <= end; i += half) {
    const double now = lqm_db (lqm_rms (out[0] + i, half) / lqm_rms (in[0] + i, half));
    if (b < a ? now <= at : now >= at)
      return (double)i + 0.5 * (double)half - (double)from -
             (double)half * (now == before ? 0 : (now - at) / (now - before));
    before = now;
  }
  return INFINITY;
}

/* A wide band, which itself takes no time, and a tone that steps. */
static void
times_at (double rate, double attack, double release, int sign, double tolerance)
{
  struct lq_dyneq_params p = one_band ();
  struct lq_dyneq_band *b = &p.band[0];
  const size_t up = (size_t)(0.05 * rate) + 5,
               down = up + (size_t)((0.03 + 0.008 * attack) * rate);
  const size_t frames = down + (size_t)((0.03 + 0.0015 * release) * rate);
  const double full = 12.0 * sign;
  double took, reached;

  b->frequency_hz = 4000;
  b->q = 0.1f;
  b->range_db = (float)(2 * full);
  b->threshold_db = -32;
  b->ratio = 2;
  b->attack_ms = (float)attack;
  b->release_ms = (float)release;
  lqs_sine (in[0], frames, rate, 4000, 1, 0.3, 0);
  for (size_t i = 0; i < frames; i++)
    in[0][i] *= (float)pow (10, (i >= up && i < down ? -8 : -60) / 20.0);
  run (rate, 1, &p, frames);
  took = time_to_63 (rate, up, down, 0, full) * 1000 / rate;
  CHECK (fabs (took / attack - 1) <= tolerance, "%g Hz: attack %g ms takes %.4f", rate, attack,
      took);
  reached = full;
  took = time_to_63 (rate, down + (size_t)(0.01 * rate), frames, reached, 0) * 1000 / rate;
  CHECK (fabs (took / release - 1) <= 0.05, "%g Hz: release %g ms takes %.4f", rate, release,
      took);
}

static void
times (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };

  for (int r = 0; r < 4; r++)
    for (int sign = -1; sign <= 1; sign += 2) {
      times_at (rates[r], 1, 20, sign, 0.15);
      times_at (rates[r], 3, 50, sign, 0.1);
      times_at (rates[r], 10, 120, sign, 0.05);
      times_at (rates[r], 100, 1000, sign, 0.05);
    }
}

/* What a channel's band hears, and what it acts on: left, right, mid, side of the output. */
static void
channels (void)
{
  /* of the tone: left, right */
  static const double tones[][2] = { { 0.5, 0 }, { 0, 0.5 }, { 0.5, 0.5 }, { 0.5, -0.5 } };
  static const struct {
    double level[4];     /* what the detector reads of each tone */
    double matrix[2][2]; /* of what it acts on: what becomes of left and right at −6 dB */
  } want[] = {
    [LQ_DYNEQ_STEREO] = { { 0.5, 0.5, 0.5, 0.5 }, { { 1, 0 }, { 0, 1 } } },
    [LQ_DYNEQ_LEFT] = { { 0.5, 0, 0.5, 0.5 }, { { 1, 0 }, { 0, 0 } } },
    [LQ_DYNEQ_RIGHT] = { { 0, 0.5, 0.5, 0.5 }, { { 0, 0 }, { 0, 1 } } },
    [LQ_DYNEQ_MID] = { { 0.25, 0.25, 0.5, 0 }, { { 0.5, 0.5 }, { 0.5, 0.5 } } },
    [LQ_DYNEQ_SIDE] = { { 0.25, 0.25, 0, 0.5 }, { { 0.5, -0.5 }, { -0.5, 0.5 } } },
  };

  for (int channel = 0; channel < 5; channel++)
    for (int t = 0; t < 4; t++) {
      struct lq_dyneq_params p = one_band ();
      const size_t frames = 48000, last = 4800;
      double level = lqm_db (want[channel].level[t]), gain;
      p.band[0].channel = channel;
      p.band[0].range_db = -20;
      p.band[0].threshold_db = -30;
      p.band[0].release_ms = 50;
      gain = want[channel].level[t] > 0 ? pow (10, law (&p.band[0], level + 30) / 20) : 1;
      lqs_sine (in[0], frames, 48000, 1000, tones[t][0], 0, 0);
      lqs_sine (in[1], frames, 48000, 1000, tones[t][1], 0, 0);
      run (48000, 2, &p, frames);
      for (int c = 0; c < 2; c++) {
        const double x =
            tones[t][c] + (gain - 1) * (want[channel].matrix[c][0] * tones[t][0] +
                                           want[channel].matrix[c][1] * tones[t][1]);
        const double got = lqm_rms (out[c] + frames - last, last) * sqrt (2);
        CHECK_NEAR (got, fabs (x), 0.01 * 0.5, "what is left of it");
      }
    }
}

static void
mono (void)
{
  for (int channel = 0; channel < 5; channel++) {
    struct lq_dyneq_params p = one_band ();
    const bool acts =
        channel == LQ_DYNEQ_STEREO || channel == LQ_DYNEQ_LEFT || channel == LQ_DYNEQ_MID;
    p.band[0].channel = channel;
    p.band[0].range_db = 9;
    p.band[0].threshold_db = -40;
    CHECK_NEAR (settled (&p, 1000, -10), acts ? 9 : 0, 0.05, "of one channel");
  }
}

/* The detector's band, and nothing else, after the unit: bell's band-pass at three frequencies. */
static void
listen (void)
{
  static const double hertz[] = { 500, 1000, 3000 };
  struct lq_dyneq_params p = one_band ();

  p.band[0].listen = 1;
  p.band[0].q = 2;
  for (int k = 0; k < 3; k++) {
    const double w = hertz[k] / 1000;
    const double want = 1 / sqrt (1 + pow (2 * (w - 1 / w), 2));
    double sum = 0;
    lqs_sine (in[0], 48000, 48000, hertz[k], 0.5, 0, 0);
    start (48000, 1, &p);
    for (size_t done = 0; done < 48000; done += 1000) {
      float *at[] = { in[0] + done };
      lq_dyneq_process (&unit, at, 1000);
      lq_listen_mix (&unit.listen, at, 1, 0, 1000);
      for (int i = 0; i < 1000 && done >= 24000; i++)
        sum += (double)at[0][i] * at[0][i];
    }
    CHECK_NEAR (lqm_db (sqrt (sum / 24000 * 2)), lqm_db (0.5 * want), 0.1, "heard");
  }
}

/* Nothing to do: bit for bit what came in. */
static void
transparent (void)
{
  for (int way = 0; way < 5; way++) {
    struct lq_dyneq_params p = defaults ();
    for (int b = 0; b < 4; b++) {
      p.band[b].enabled = way != 0;
      p.band[b].range_db = way == 1 ? 0 : 12;
      p.band[b].ratio = way == 2 ? 1 : 4;
      p.band[b].threshold_db = way == 4 ? 0 : -60;
    }
    p.enabled = way != 3;
    for (int c = 0; c < 2; c++) {
      lqs_programme (in[c], 48000, 48000, 3 + (uint64_t)c);
      for (int i = 0; i < 48000; i++)
        in[c][i] *= 0.2f;
    }
    run (48000, 2, &p, 48000);
    CHECK (lq_dyneq_neutral (&unit) == (way != 4), "way %d: neutral or not", way);
    CHECK (memcmp (in[0], out[0], 48000 * sizeof (float)) == 0 &&
               memcmp (in[1], out[1], 48000 * sizeof (float)) == 0,
        "way %d changes something", way);
  }
}

/* Frequency, q, type and channel move under a tone: no step, no zipper. */
static void
automation (void)
{
  const size_t frames = 96000;
  const double quiet = 0.25 * pow (2 * acos (-1) * 100 / 48000, 2);

  for (int way = 0; way < 4; way++) {
    struct lq_dyneq_params p = one_band ();
    struct lq_dyneq_band *b = &p.band[0];
    double worst;
    b->range_db = 9;
    b->threshold_db = -80;
    b->ratio = 100;
    b->attack_ms = 50;
    b->release_ms = 500;
    b->frequency_hz = 100;
    for (int c = 0; c < 2; c++)
      lqs_sine (in[c], frames, 48000, 100, 0.25, 0, 0);
    start (48000, 2, &p);
    play (0, 48000, 480);
    for (size_t at = 48000; at < frames; at += 480) {
      const double t = (double)(at - 48000) / 48000;
      b->frequency_hz = way == 0 ? (float)(100 * pow (80, t)) : way == 3 ? 8000 : 100;
      b->q = way == 1 ? (float)(1 + 5 * t) : 1;
      b->type = way == 2 ? (int)(t * 6) % 3 : LQ_DYNEQ_BELL;
      b->channel = way == 2 ? (int)(t * 9) % 5 : LQ_DYNEQ_STEREO;
      lq_dyneq_set (&unit, &p);
      play (at, at + 480, 480);
    }
    worst = lqm_curvature (out[0] + 40000, frames - 40000);
    printf ("# way %d: %.2f of the tone's own curvature at +9 dB\n", way,
        worst / quiet / pow (10, 9 / 20.0));
    CHECK (worst < 2 * quiet * pow (10, 9 / 20.0), "way %d: a click", way);
  }
}

static void
cuts (void)
{
  static const uint32_t blocks[] = { 1, 61, 441, 1024 };
  static float first[2][40000];

  for (int k = 0; k < 4; k++) {
    struct lq_dyneq_params p = defaults ();
    for (int i = 0; i < 3; i++) {
      p.band[i].enabled = 1;
      p.band[i].threshold_db = -50;
      p.band[i].range_db = i & 1 ? 9 : -9;
      p.band[i].channel = i;
      p.band[i].attack_ms = 0.2f;
    }
    p.band[1].threshold_mode = LQ_DYNEQ_RELATIVE;
    lqs_programme (in[0], 40000, 48000, 5);
    lqs_programme (in[1], 40000, 48000, 6);
    start (48000, 2, &p);
    play (0, 10007, blocks[k]);
    p.band[0].frequency_hz = 3000;
    p.band[3] = p.band[0];
    p.band[2].enabled = 0;
    lq_dyneq_set (&unit, &p);
    play (10007, 40000, blocks[k]);
    for (int c = 0; c < 2; c++)
      if (k == 0)
        memcpy (first[c], out[c], sizeof first[c]);
      else
        CHECK (memcmp (first[c], out[c], sizeof first[c]) == 0, "blocks of %u", blocks[k]);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "curves follow the prototypes", curves },
    { "gain law", gain_law }, { "shelves listen to their side", shelf_law },
    { "relative threshold", relative }, { "attack and release", times },
    { "channels", channels }, { "mono", mono }, { "listen", listen },
    { "transparent without a gain", transparent }, { "automation doesn't click", automation },
    { "the cut doesn't show", cuts }, { NULL, NULL } };
  int failed;

  lq_orc_init ();
  lq_fpu_enter ();
  failed = lqt_main (cases, argc, argv);
  lq_arena_free (&arena);
  return failed;
}
