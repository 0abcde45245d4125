/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* dump-strip: what channelstrip's modules do to signals, measured through the whole chain, one point
 * a line: picture, curve, x, y, separated by tabs. docs/plot-strip draws them; dump-reverb has the
 * reverb's. */

#include "base/fpu.h"
#include "chains/strip.h"
#include "lqorc.h"
#include "measure.h"
#include "signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000.0
#define MOST (12 * 48000)

static struct lq_strip_params params;
static float in[2][MOST], out[2][MOST];
static bool mono; /* one channel in, two out */

static void
defaults (void)
{
  lq_modules_defaults (lq_strip_modules, LQ_STRIP_MODULES, &params);
}

/* `in`, n frames and what is late, through a fresh strip into `out`, from the first frame's on. */
static void
play (uint32_t n)
{
  static lq_strip strip;
  lq_arena arena;
  uint8_t order[LQ_STAGES];
  const char *at;
  size_t length;
  lq_stream stream = {
    .rate = RATE, .channels = 2, .out_channels = 2, .position = { LQ_POS_LEFT, LQ_POS_RIGHT }
  };
  uint32_t late;

  if (mono) {
    stream.channels = 1;
    stream.position[0] = LQ_POS_MONO;
  }
  lq_arena_init (&arena);
  if (!lq_track_read_order (LQ_STAGE_ORDER, order, &at, &length) ||
      !lq_strip_prepare (&strip, &stream, &params, order, &arena))
    abort ();
  late = lq_strip_latency (&strip);
  if (n + late > MOST)
    abort ();
  for (int c = 0; c < 2; c++) {
    memcpy (out[c], in[c], n * sizeof (float));
    memset (out[c] + n, 0, late * sizeof (float));
  }
  for (uint32_t done = 0, some; done < n + late; done += some) {
    float *const planes[2] = { out[0] + done, out[1] + done };
    some = n + late - done < LQ_BLOCK ? n + late - done : LQ_BLOCK;
    lq_strip_process (&strip, planes, some);
  }
  for (int c = 0; c < 2; c++)
    memmove (out[c], out[c] + late, n * sizeof (float));
  lq_arena_free (&arena);
}

static void
both (void)
{
  memcpy (in[1], in[0], sizeof in[0]);
}

static void
impulse (void)
{
  memset (in, 0, sizeof in);
  in[0][0] = in[1][0] = 1.0f;
}

/* A square wave of 500 Hz: |x| is constant. */
static float
square (uint32_t i)
{
  return i / 48 % 2 ? -1.0f : 1.0f;
}

static void
print_response (const char *picture, const char *curve)
{
  impulse ();
  play (96000);
  for (double hz = 20.0; hz < 20500.0; hz *= pow (2.0, 1.0 / 12.0))
    printf ("%s\t%s\t%.2f\t%.3f\n", picture, curve, hz,
        lqm_db (cabs (lqm_response (out[0], 96000, RATE, hz))));
}

static void
filters (void)
{
  static const int nicks[] = { 6, 12, 18, 24, 36, 48 };
  char name[32];

  for (int i = 0; i < 6; i++) {
    defaults ();
    params.track.hpf.enabled = 1;
    params.track.hpf.frequency_hz = 100.0f;
    params.track.hpf.slope = nicks[i];
    params.track.lpf.enabled = 1;
    params.track.lpf.frequency_hz = 5000.0f;
    params.track.lpf.slope = nicks[i];
    snprintf (name, sizeof name, "%d", nicks[i]);
    print_response ("filters", name);
  }
}

static void
bands (void)
{
  static const struct {
    const char *name;
    int32_t type;
    float hz, gain_db, q;
  } rows[] = { { "bell", LQ_BIQUAD_BELL, 1000, 9, 1 },
    { "bell, Q 4, −9 dB", LQ_BIQUAD_BELL, 3000, -9, 4 },
    { "low shelf", LQ_BIQUAD_LOW_SHELF, 120, 6, 0.7f },
    { "high shelf", LQ_BIQUAD_HIGH_SHELF, 8000, 6, 0.7f },
    { "notch, Q 2", LQ_BIQUAD_NOTCH, 300, 0, 2 },
    { "band-pass", LQ_BIQUAD_BAND_PASS, 1000, 0, 1 },
    { "tilt", LQ_BIQUAD_TILT, 700, 6, 0.7f } };

  for (size_t i = 0; i < LQ_COUNT (rows); i++) {
    defaults ();
    params.track.eq.band[0].enabled = 1;
    params.track.eq.band[0].type = rows[i].type;
    params.track.eq.band[0].frequency_hz = rows[i].hz;
    params.track.eq.band[0].gain_db = rows[i].gain_db;
    params.track.eq.band[0].q = rows[i].q;
    print_response ("eq", rows[i].name);
  }
}

/* Steps of a level that goes up from `low` by 1 dB to `high`, and down again: what comes of each. */
static void
print_levels (const char *picture, const char *curve, int low, int high, bool down)
{
  const uint32_t step = 9600;
  const int steps = high - low + 1;

  for (int i = 0; i < steps; i++) {
    const int db = down ? high - i : low + i;
    for (uint32_t k = 0; k < step; k++)
      in[0][(uint32_t)i * step + k] = (float)pow (10.0, db / 20.0) * square (k);
  }
  both ();
  play ((uint32_t)steps * step);
  for (int i = 0; i < steps; i++)
    printf ("%s\t%s\t%d\t%.3f\n", picture, curve, down ? high - i : low + i,
        lqm_db (lqm_rms (out[0] + (uint32_t)i * step + step - 960, 960)));
}

static void
gates (void)
{
  static const struct {
    const char *up, *down;
    float ratio;
  } rows[] = { { "2:1", "2:1, falling", 2 }, { "gate", "gate, falling", 100 } };

  for (int i = 0; i < 2; i++) {
    defaults ();
    params.track.gate.enabled = 1;
    params.track.gate.threshold_db = -40;
    params.track.gate.hysteresis_db = 6;
    params.track.gate.range_db = 40;
    params.track.gate.ratio = rows[i].ratio;
    params.track.gate.attack_ms = 1;
    params.track.gate.hold_ms = 0;
    params.track.gate.release_ms = 20;
    print_levels ("gate", rows[i].up, -60, -20, false);
    print_levels ("gate", rows[i].down, -60, -20, true);
  }
}

static void
compressor (float ratio, float knee_db, float upward_db)
{
  defaults ();
  params.track.comp.enabled = 1;
  params.track.comp.threshold_db = -24;
  params.track.comp.ratio = ratio;
  params.track.comp.knee_db = knee_db;
  params.track.comp.upward_db = upward_db;
  params.track.comp.attack_ms = 1;
  params.track.comp.release_ms = 20;
}

static void
curves (void)
{
  static const struct {
    const char *name;
    float ratio, knee_db, upward_db;
  } rows[] = { { "2:1, knee 0", 2, 0, 0 }, { "4:1, knee 6", 4, 6, 0 },
    { "4:1, knee 12", 4, 12, 0 }, { "100:1, knee 0", 100, 0, 0 },
    { "2:1, upward 12 dB", 2, 0, 12 } };

  for (size_t i = 0; i < LQ_COUNT (rows); i++) {
    compressor (rows[i].ratio, rows[i].knee_db, rows[i].upward_db);
    print_levels ("comp", rows[i].name, -56, 0, false);
  }
}

/* |y/x| over time: `picture`, from `from_ms` on, which is 0 of the axis. */
static void
print_gain (const char *picture, const char *curve, int from_ms, int to_ms)
{
  /* A period of the square wave, centred. */
  for (int ms = from_ms; ms < to_ms; ms++) {
    const uint32_t at = (uint32_t)ms * 48 - 48;
    printf ("%s\t%s\t%d\t%.3f\n", picture, curve, ms - from_ms,
        lqm_db (lqm_rms (out[0] + at, 96) / lqm_rms (in[0] + at, 96)));
  }
}

/* From −30 to −6 dBFS for 200 ms, and back. */
static void
styles (void)
{
  static const char *const names[] = { "clean", "vca", "fet", "opto", "vari-mu" };

  for (int i = 0; i < 5; i++) {
    compressor (4, 6, 0);
    params.track.comp.style = i;
    params.track.comp.attack_ms = 10;
    params.track.comp.release_ms = 100;
    for (uint32_t k = 0; k < 72000; k++)
      in[0][k] = square (k) * (k >= 24000 && k < 33600 ? 0.5f : 0.0316f);
    both ();
    play (72000);
    print_gain ("styles", names[i], 480, 1200);
  }
}

static void
deess (void)
{
  static const char *const names[] = { "split", "wide" };

  for (int mode = 0; mode < 2; mode++)
    for (double hz = 500.0; hz < 20500.0; hz *= pow (2.0, 1.0 / 12.0)) {
      defaults ();
      params.track.deess.enabled = 1;
      params.track.deess.mode = mode;
      lqs_sine (in[0], 24000, RATE, hz, 0.25, 0.0, 0);
      both ();
      play (24000);
      printf ("deess\t%s\t%.1f\t%.3f\n", names[mode], hz,
          lqm_db (lqm_tone (out[0] + 12000, 12000, RATE, hz) / 0.25));
    }
}

/* A drum of a sort: 400 Hz that begins at once and decays by 60 dB in 400 ms. */
static void
drum (void)
{
  static const struct {
    const char *name;
    float attack, sustain;
  } rows[] = { { "attack +100 %", 100, 0 }, { "attack −100 %", -100, 0 },
    { "sustain +100 %", 0, 100 }, { "sustain −100 %", 0, -100 } };

  for (size_t i = 0; i < LQ_COUNT (rows); i++) {
    defaults ();
    params.track.trans.enabled = 1;
    params.track.trans.attack_percent = rows[i].attack;
    params.track.trans.sustain_percent = rows[i].sustain;
    for (uint32_t k = 0; k < 72000; k++)
      in[0][k] = k < 24000 ? 1e-5f * square (k)
                           : (float)(0.5 * exp (-6.9 * (k - 24000) / 19200.0)) * square (k);
    both ();
    play (72000);
    print_gain ("trans", rows[i].name, 490, 900);
  }
}

static void
saturate (int style)
{
  defaults ();
  params.track.sat.enabled = 1;
  params.track.sat.style = style;
  params.track.sat.drive_db = 12;
  params.track.sat.level_match = 0;
}

static void
saturation (void)
{
  static const char *const names[] = { "tape", "tube", "transformer", "soft", "hard" };

  for (int i = 0; i < 5; i++) {
    saturate (i);
    /* Steady, then one period. */
    lqs_sine (in[0], 48000, RATE, 200.0, 1.0, 0.0, 0);
    both ();
    play (48000);
    for (uint32_t k = 24000 - 60; k <= 24000 + 60; k++)
      printf ("sat\t%s\t%.4f\t%.4f\n", names[i], (double)in[0][k], (double)out[0][k]);
    saturate (i);
    lqs_sine (in[0], 48000, RATE, 100.0, 0.5, 0.0, 0);
    both ();
    play (48000);
    for (int k = 2; k <= 9; k++)
      printf ("harmonics\t%s\t%d\t%.2f\n", names[i], k,
          lqm_db (lqm_tone (out[0] + 24000, 19200, RATE, 100.0 * k) /
                  lqm_tone (out[0] + 24000, 19200, RATE, 100.0)));
  }
}

/* The energy of each echo of an impulse. */
static void
echoes (void)
{
  for (int filtered = 0; filtered < 2; filtered++) {
    defaults ();
    params.delay.enabled = 1;
    params.delay.time_ms = 300;
    params.delay.feedback_percent = 60;
    params.delay.mix_percent = 100;
    params.delay.hpf_hz = filtered ? 400 : 0;
    params.delay.lpf_hz = filtered ? 3000 : 0;
    impulse ();
    play (10 * 48000);
    for (int k = 1; k <= 12; k++)
      printf ("delay\t%s\t%d\t%.2f\n", filtered ? "hpf 400 Hz, lpf 3 kHz" : "without filters",
          300 * k, lqm_db (sqrt (14400.0) * lqm_rms (out[0] + 14400 * k - 100, 14400)));
  }
}

static void
pans (void)
{
  static const char *const names[] = { "0 dB", "−2.5 dB", "−3 dB", "−4.5 dB", "−6 dB" };

  static const float laws_db[] = { 0, -2.5f, -3, -4.5f, -6 };

  mono = true;
  for (int law = 0; law < 5; law++)
    for (int i = -20; i <= 20; i++) {
      defaults ();
      params.out.pan = (float)i / 20.0f;
      params.out.pan_law_db = laws_db[law];
      lqs_sine (in[0], 9600, RATE, 1000.0, 0.5, 0.0, 0);
      both ();
      play (9600);
      printf ("pan\t%s\t%g\t%.3f\n", names[law], i / 20.0,
          fmax (-60.0, lqm_db (lqm_rms (out[0] + 4800, 4800) / lqm_rms (in[0] + 4800, 4800))));
    }
}

int
main (void)
{
  lq_orc_init ();
  lq_fpu_enter ();
  filters ();
  bands ();
  gates ();
  curves ();
  styles ();
  deess ();
  drum ();
  saturation ();
  echoes ();
  pans ();
  return 0;
}
