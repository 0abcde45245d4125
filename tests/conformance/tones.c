/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loudness against theory: the weighting's response, tones (those of BS.2217 among them), gates,
 * channels, days. */

#include "base/mathx.h"
#include "base/param.h"
#include "lqtest.h"
#include "meters.h"
#include "primitives/kweight.h"
#include "result.h"
#include "signals.h"
#include "test-conformance.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* LU: what a tone may be off. */
#define TONE_TOLERANCE 0.03

/* |K|² of what the design made. */
static double
designed_power (const lq_kweight *k, double hz, double rate)
{
  const struct lq_kweight_taps *t = &k->taps;
  const double complex z = cexp (-I * 2.0 * M_PI * hz / rate);
  const double complex shelf =
      (1.0 + z * (t->b1 + z * t->b2)) / (1.0 + z * (t->a1 + z * t->a2));
  const double complex pass = (1.0 + z * (-2.0 + z)) / (1.0 + z * (t->c1 + z * t->c2));
  const double complex h = shelf * pass;

  return k->energy_scale * creal (h * conj (h));
}

/* Largest difference to the table's response, dB, from 10 Hz to `top`. */
static double
response_error (double rate, double top)
{
  double worst = 0.0;
  lq_kweight k;

  lq_kweight_design (&k, rate);
  for (int i = 0; i <= 2000; i++) {
    const double hz = 10.0 * pow (top / 10.0, i / 2000.0);
    const double off = 10.0 * log10 (designed_power (&k, hz, rate) / lqc_k_power (hz));
    worst = fabs (off) > fabs (worst) ? off : worst;
  }
  return worst;
}

void
lqc_k_response (void)
{
  static const double rates[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 37800, 44056,
    44100, 47952, 48000, 50000, 64000, 88200, 96000, 176400, 192000, 352800, 384000 };
  const char *table = "K-weighting against its response at 48 kHz (dB), from 10 Hz";

  for (unsigned i = 0; i < LQ_COUNT (rates); i++) {
    const double half = rates[i] / 2.0, top = fmin (20000.0, 0.95 * half);
    char row[32];
    snprintf (row, sizeof row, "%g kHz", rates[i] / 1000.0);
    lqc_result (table, row, "worst", response_error (rates[i], top), 0.0, 0.01, 0.01);
    lqc_told (table, row, "up to, Hz", top);
    lqc_told (table, row, "worst up to 20 kHz or half the rate",
        response_error (rates[i], fmin (20000.0, half)));
  }
}

/* Integrated loudness of `seconds` of a sine in all channels of the stream. */
static double
tone_loudness (const lq_stream *stream, double hz, double amplitude, double seconds)
{
  lqg_planes p = lqg_new (1, (size_t)(seconds * stream->rate));
  lqc_meters m;
  double value;

  lqs_sine (p.ch[0], p.frames, stream->rate, hz, amplitude, 0.0, 0);
  lqc_meters_new (&m, stream);
  lqc_meters_run (&m, &p, NULL, NULL);
  value = lq_loudness_integrated (&m.loudness, 0.0);
  lqc_meters_free (&m);
  lqg_free (&p);
  return value;
}

/* The tones of BS.2217, and those of the same kind at other rates. */
void
lqc_tones (void)
{
  static const double rates[] = { 8000, 22050, 32000, 44100, 48000, 88200, 96000, 192000,
    384000 };
  static const double tones[] = { 25, 100, 500, 1000, 2000, 10000 };

  for (unsigned i = 0; i < LQ_COUNT (rates); i++)
    for (unsigned k = 0; k < 2 * LQ_COUNT (tones); k++) {
      const lq_stream stream = lqc_stream (rates[i], 2);
      const double hz = tones[k / 2], target = -23.0 - k % 2;
      /* Two channels of this amplitude are as loud as the target. */
      const double amplitude = pow (10.0, (target - lqc_sine_loudness (hz, 2.0)) / 20.0);
      char row[48], column[32];
      if (hz > 0.45 * rates[i])
        continue;
      snprintf (row, sizeof row, "%g Hz at %g", hz, target);
      snprintf (column, sizeof column, "%g kHz", rates[i] / 1000.0);
      lqc_result ("Tones as in BS.2217, integrated (LUFS)", row, column,
          tone_loudness (&stream, hz, amplitude, 20.0), target, TONE_TOLERANCE, TONE_TOLERANCE);
    }
}

/* Integrated loudness of two tones of 997 Hz, 30 s each, of these loudnesses. */
static double
two_levels (double first, double second)
{
  const lq_stream stream = lqc_stream (48000.0, 2);
  const size_t half = 30 * 48000;
  lqg_planes p = lqg_new (1, 2 * half);
  lqc_meters m;
  double value;

  for (int i = 0; i < 2; i++)
    lqs_sine (p.ch[0] + i * half, half, 48000.0, 997.0,
        pow (10.0, ((i ? second : first) - lqc_sine_loudness (997.0, 2.0)) / 20.0), 0.0,
        i * half);
  lqc_meters_new (&m, &stream);
  lqc_meters_run (&m, &p, NULL, NULL);
  value = lq_loudness_integrated (&m.loudness, 0.0);
  lqc_meters_free (&m);
  lqg_free (&p);
  return value;
}

static double
mean_of (double a, double b)
{
  return 10.0 * log10 ((pow (10.0, a / 10.0) + pow (10.0, b / 10.0)) / 2.0);
}

void
lqc_gates (void)
{
  const char *table = "Gates, two tones of 30 s each (LUFS)";
  /* Blocks in which one tone gives way to the other weigh a little. */
  const double margin = 0.05;

  lqc_result (table, "−10 and −22.0: both pass", "48 kHz", two_levels (-10.0, -22.0),
      mean_of (-10.0, -22.0), margin, margin);
  lqc_result (table, "−10 and −24.0: 11.2 LU below the mean", "48 kHz",
      two_levels (-10.0, -24.0), -10.0, margin, margin);
  lqc_result (table, "−69.5 and −69.5", "48 kHz", two_levels (-69.5, -69.5), -69.5,
      TONE_TOLERANCE, TONE_TOLERANCE);
  lqc_result (table, "−69.0 and −70.5: below the absolute gate", "48 kHz",
      two_levels (-69.0, -70.5), -69.0, margin, margin);
  lqc_result (
      table, "−70.5 and −71.0: nothing", "48 kHz", two_levels (-70.5, -71.0), -120.0, 0.0, 0.0);
}

/* A tone in one channel of a layout; `weight` as BS.1770-5, tables 3 and 4 say. */
typedef struct placed {
  const char *layout;
  uint8_t positions[12];
  unsigned channels, sounding;
  double weight;
} placed;

void
lqc_weights (void)
{
#define FRONT LQ_POS_LEFT, LQ_POS_RIGHT, LQ_POS_CENTER, LQ_POS_LFE
  static const placed places[] = { { "mono", { LQ_POS_MONO }, 1, 0, 1.0 },
    { "stereo, right", { LQ_POS_LEFT, LQ_POS_RIGHT }, 2, 1, 1.0 },
    { "unpositioned", { LQ_POS_NONE, LQ_POS_NONE }, 2, 1, 1.0 },
    { "5.1, centre", { FRONT, LQ_POS_SIDE, LQ_POS_SIDE }, 6, 2, 1.0 },
    { "5.1, side", { FRONT, LQ_POS_SIDE, LQ_POS_SIDE }, 6, 4, 1.41 },
    { "5.1, its surround called rear", { FRONT, LQ_POS_REAR, LQ_POS_REAR }, 6, 5, 1.41 },
    { "7.1, side", { FRONT, LQ_POS_REAR, LQ_POS_REAR, LQ_POS_SIDE, LQ_POS_SIDE }, 8, 7, 1.41 },
    { "7.1, rear", { FRONT, LQ_POS_REAR, LQ_POS_REAR, LQ_POS_SIDE, LQ_POS_SIDE }, 8, 4, 1.0 },
    { "7.1 wide, wide", { FRONT, LQ_POS_REAR, LQ_POS_REAR, LQ_POS_WIDE, LQ_POS_WIDE }, 8, 6,
        1.41 },
    { "7.1 wide, rear", { FRONT, LQ_POS_REAR, LQ_POS_REAR, LQ_POS_WIDE, LQ_POS_WIDE }, 8, 4,
        1.41 },
    { "5.1.2, top", { FRONT, LQ_POS_SIDE, LQ_POS_SIDE, LQ_POS_OTHER, LQ_POS_OTHER }, 8, 6,
        1.0 } };
#undef FRONT

  for (unsigned i = 0; i < LQ_COUNT (places); i++) {
    const placed *at = &places[i];
    lq_stream stream = { .rate = 48000.0, .channels = at->channels };
    lqg_planes p = lqg_new (at->channels, 10 * 48000);
    lqc_meters m;
    memcpy (stream.position, at->positions, sizeof at->positions);
    lqs_sine (p.ch[at->sounding], p.frames, 48000.0, 997.0, 0.1, 0.0, 0);
    lqc_meters_new (&m, &stream);
    lqc_meters_run (&m, &p, NULL, NULL);
    lqc_result ("Channel weights: 997 Hz at −20 dBFS in one channel (LUFS)", at->layout,
        "48 kHz", lq_loudness_integrated (&m.loudness, 0.0),
        lqc_sine_loudness (997.0, at->weight * 0.01), TONE_TOLERANCE, TONE_TOLERANCE);
    lqc_meters_free (&m);
    lqg_free (&p);
  }
}

void
lqc_channel_counts (void)
{
  lqg_planes p = lqg_new (LQ_CHANNELS_MAX, 3 * 48000);

  for (unsigned c = 0; c < LQ_CHANNELS_MAX; c++)
    lqs_sine (p.ch[c], p.frames, 48000.0, 997.0, 0.01 * (1 + c % 5), c, 0);
  for (unsigned channels = 1; channels <= LQ_CHANNELS_MAX; channels++) {
    lq_stream stream = { .rate = 48000.0, .channels = channels };
    double squares = 0.0, value;
    lqc_meters m;
    for (unsigned c = 0; c < channels; c++)
      squares += pow (0.01 * (1 + c % 5), 2.0);
    lqc_meters_new (&m, &stream);
    lqc_meters_run (&m, &p, NULL, NULL);
    value = lq_loudness_integrated (&m.loudness, 0.0) - lqc_sine_loudness (997.0, squares);
    lqc_result ("1 to 64 channels, a tone in each", "worst difference to theory (LU)", "48 kHz",
        value, 0.0, TONE_TOLERANCE, TONE_TOLERANCE);
    lqc_meters_free (&m);
  }
  lqg_free (&p);
}

/* Six hours of a tone: nothing moves, and no memory is taken. */
void
lqc_days (void)
{
  const lq_stream stream = lqc_stream (8000.0, 1);
  lqg_planes p = lqg_new (1, 10 * 8000);
  double early[3] = { 0 };
  uint64_t blocks = 0;
  size_t bytes;
  lqc_meters m;

  lqs_sine (p.ch[0], p.frames, 8000.0, 1000.0, 0.1, 0.0, 0);
  lqc_meters_new (&m, &stream);
  bytes = m.arena.total;
  for (int i = 0; i < 6 * 360; i++) {
    lqc_meters_run (&m, &p, NULL, NULL);
    if (i == 5) {
      early[0] = lq_loudness_momentary (&m.loudness);
      early[1] = lq_loudness_short_term (&m.loudness);
      early[2] = lq_loudness_integrated (&m.loudness, 0.0);
    }
  }
  CHECK_NEAR (lq_loudness_momentary (&m.loudness), early[0], 1e-9, "momentary after hours");
  CHECK_NEAR (lq_loudness_short_term (&m.loudness), early[1], 1e-9, "short-term after hours");
  CHECK_NEAR (lq_loudness_integrated (&m.loudness, 0.0), early[2], 0.005, "integrated");
  for (int i = 0; i < LQ_GATE_CELLS; i++)
    blocks += m.loudness.z.blocks->cell[i].blocks;
  /* Every 100 ms but the first three. */
  CHECK (blocks == 6 * 36000 - 3, "%u blocks were counted", (unsigned)blocks);
  CHECK (m.arena.total == bytes && bytes < 2 * 1024 * 1024, "%zu bytes", bytes);
  lqc_told ("Memory of a mono meter", "bytes, the same after six hours", "", (double)bytes);
  lqc_meters_free (&m);
  lqg_free (&p);
}
