/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The chain of channelstrip: its order, its meters, what it says about itself. */

#include "base/fpu.h"
#include "chains/strip.h"
#include "guard.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "rtguard.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000.0

struct rig {
  lq_arena arena;
  lq_stream stream;
  struct lq_strip_params params;
  lq_strip strip;
};

/* Prepared with the params as they stand. */
static void
rig_prepare (struct rig *r, const char *text)
{
  uint8_t order[LQ_STAGES];
  const char *at;
  size_t length;

  lq_arena_free (&r->arena);
  lq_arena_init (&r->arena);
  if (!lq_track_read_order (text, order, &at, &length) ||
      !lq_strip_prepare (&r->strip, &r->stream, &r->params, order, &r->arena))
    abort ();
}

static struct rig *
rig_new (uint32_t channels, uint32_t out_channels)
{
  struct rig *r = calloc (1, sizeof *r);

  if (!r)
    abort ();
  r->stream = (lq_stream){ .rate = RATE, .channels = channels, .out_channels = out_channels };
  r->stream.position[0] = channels == 1 ? LQ_POS_MONO : LQ_POS_LEFT;
  r->stream.position[1] = LQ_POS_RIGHT;
  lq_arena_init (&r->arena);
  lq_modules_defaults (lq_strip_modules, LQ_STRIP_MODULES, &r->params);
  rig_prepare (r, LQ_STAGE_ORDER);
  return r;
}

static void
rig_free (struct rig *r)
{
  lq_arena_free (&r->arena);
  free (r);
}

/* The settings, at rest. */
static void
rig_set (struct rig *r)
{
  lq_strip_set (&r->strip, &r->params);
  lq_strip_reset (&r->strip);
}

static void
rig_play (struct rig *r, const lqg_planes *p, uint32_t first, uint32_t end, uint32_t cut)
{
  float *at[LQG_CHANNELS_MAX];

  for (uint32_t n; first < end; first += n) {
    n = end - first < cut ? end - first : cut;
    for (uint32_t c = 0; c < p->channels; c++)
      at[c] = p->ch[c] + first;
    lq_strip_process (&r->strip, at, n);
  }
}

static lqg_planes
tone (uint32_t channels, uint32_t frames, double hz, double amplitude)
{
  lqg_planes p = lqg_new (channels, frames);

  for (uint32_t c = 0; c < channels; c++)
    lqs_sine (p.ch[c], frames, RATE, hz, amplitude, 0.0, 0);
  return p;
}

static struct lq_strip_figures
read_figures (struct rig *r)
{
  struct lq_strip_figures f;

  lq_strip_figures (&r->strip, &f);
  return f;
}

/* By BS.1770: stereo at X dBFS and 1 kHz reads X + 0.007 LUFS. */
static void
meters (void)
{
  const uint32_t frames = 4 * 48000;
  struct rig *r = rig_new (2, 2);
  lqg_planes p = tone (2, frames, 1000.0, 0.1);
  struct lq_strip_figures f;

  memset (p.ch[1], 0, 100 * sizeof (float));
  r->params.out.gain_db = -6.0f;
  rig_set (r);
  f = read_figures (r);
  CHECK (f.input.peak_db == -120.0f && f.output.rms_db == -120.0f &&
             f.output.loudness_lufs == -120.0f && f.correlation == 0.0f,
      "before anything there is something");
  lq_strip_meter (&r->strip, true);
  rig_play (r, &p, 0, frames, LQ_BLOCK);
  lq_strip_reset (&r->strip);
  f = read_figures (r);
  CHECK_NEAR (f.input.peak_db, -20.0, 0.01, "input-peak");
  CHECK_NEAR (f.input.rms_db, -23.01, 0.01, "input-rms");
  CHECK_NEAR (f.input.loudness_lufs, -19.993, 0.03, "input-loudness");
  CHECK_NEAR (f.output.peak_db, -26.0, 0.01, "output-peak");
  CHECK_NEAR (f.output.rms_db, -29.01, 0.01, "output-rms");
  CHECK_NEAR (f.output.loudness_lufs, -25.993, 0.03, "output-loudness");
  CHECK_NEAR (f.correlation, 1.0, 1e-6, "correlation");
  f = read_figures (r);
  CHECK (f.input.peak_db == -120.0f && f.input.rms_db == -120.0f, "the period didn't end");
  CHECK_NEAR (f.input.loudness_lufs, -19.993, 0.03, "loudness stays");
  lq_strip_begin (&r->strip);
  f = read_figures (r);
  CHECK (f.input.loudness_lufs == -120.0f && f.correlation == 0.0f, "didn't begin anew");
  lq_strip_meter (&r->strip, false);
  rig_play (r, &p, 0, 48000, LQ_BLOCK);
  f = read_figures (r);
  CHECK (f.output.peak_db == -120.0f, "measures while nobody looks");
  lqg_free (&p);
  rig_free (r);
}

/* Highest over channels; mono that becomes stereo. */
static void
meters_of_channels (void)
{
  struct rig *r = rig_new (2, 2);
  lqg_planes p = tone (2, 48000, 1000.0, 0.5);
  struct lq_strip_figures f;

  for (uint32_t i = 0; i < 48000; i++)
    p.ch[1][i] *= 0.1f;
  rig_set (r);
  lq_strip_meter (&r->strip, true);
  rig_play (r, &p, 0, 48000, 1000);
  f = read_figures (r);
  CHECK_NEAR (f.input.peak_db, -6.02, 0.01, "the louder channel's peak");
  CHECK_NEAR (f.input.rms_db, -9.03, 0.01, "the louder channel's RMS");
  CHECK_NEAR (lqm_db (r->strip.before.reading.peak[1]), -26.02, 0.01, "the other's peak");
  rig_free (r);
  r = rig_new (1, 2);
  r->params.out.pan = -1.0f;
  rig_set (r);
  lq_strip_meter (&r->strip, true);
  rig_play (r, &p, 0, 48000, 1000);
  f = read_figures (r);
  CHECK_NEAR (f.input.peak_db, -6.02, 0.01, "mono in");
  CHECK_NEAR (f.output.peak_db, -6.02, 0.01, "panned to the left");
  CHECK (r->strip.after.reading.peak[1] == 0.0f, "the right isn't silent");
  CHECK (f.correlation == 0.0f, "correlation with silence: %g", (double)f.correlation);
  lqg_free (&p);
  rig_free (r);
}

/* Over 400 ms: half way after a change of polarity it is 0. */
static void
correlation (void)
{
  struct rig *r = rig_new (2, 2);
  lqg_planes p = tone (2, 96000, 1000.0, 0.5);
  lqg_planes noise = lqg_new (2, 48000);

  rig_set (r);
  lq_strip_meter (&r->strip, true);
  for (uint32_t i = 48000; i < 96000; i++)
    p.ch[1][i] *= -1.0f;
  rig_play (r, &p, 0, 48000, 777);
  CHECK_NEAR (read_figures (r).correlation, 1.0, 1e-6, "in phase");
  rig_play (r, &p, 48000, 48000 + 9600, 777);
  CHECK_NEAR (read_figures (r).correlation, 0.0, 1e-3, "200 ms after the turn");
  rig_play (r, &p, 48000 + 9600, 48000 + 19200 - 480, 777);
  CHECK_NEAR (read_figures (r).correlation, -0.95, 1e-3, "390 ms after it");
  rig_play (r, &p, 48000 + 19200 - 480, 48000 + 19200, 777);
  CHECK_NEAR (read_figures (r).correlation, -1.0, 1e-6, "400 ms after it");
  lqs_noise (noise.ch[0], 48000, 0.5, 1);
  lqs_noise (noise.ch[1], 48000, 0.5, 2);
  rig_play (r, &noise, 0, 48000, 777);
  /* Standard deviation 1/√19200. */
  CHECK_NEAR (read_figures (r).correlation, 0.0, 0.03, "two noises");
  lqg_free (&p);
  lqg_free (&noise);
  rig_free (r);
}

/* Whatever the cut, the same figures. */
static void
meters_cut (void)
{
  static const uint32_t cuts[] = { 1024, 1, 7, 64, 1000 };
  struct lq_strip_figures first = { 0 }, f;

  for (uint32_t k = 0; k < 5; k++) {
    struct rig *r = rig_new (2, 2);
    lqg_planes p = lqg_new (2, 60000);
    lqs_programme (p.ch[0], 60000, RATE, 1);
    lqs_programme (p.ch[1], 60000, RATE, 2);
    rig_set (r);
    lq_strip_meter (&r->strip, true);
    rig_play (r, &p, 0, 60000, cuts[k]);
    f = read_figures (r);
    if (k == 0)
      first = f;
    CHECK (memcmp (&first, &f, sizeof f) == 0, "blocks of %u differ", cuts[k]);
    lqg_free (&p);
    rig_free (r);
  }
}

/* Something in every unit. */
static void
busy (struct lq_strip_params *p)
{
  p->track.input.gain_db = 3.0f;
  p->track.input.mode = LQ_INPUT_MID_SIDE_ENCODE;
  p->track.input.dc_block = 1;
  p->track.hpf.enabled = p->track.lpf.enabled = 1;
  p->track.eq.band[1].enabled = p->track.eq.band[5].enabled = 1;
  p->track.eq.band[1].gain_db = 5.0f;
  p->track.eq.band[5].gain_db = -7.0f;
  p->out.pan = 0.4f;
  p->out.width_percent = 140.0f;
  p->out.delay_ms = 3.3f;
}

/* The units of a strip by themselves. */
struct units {
  lq_input input;
  lq_pass hpf, lpf;
  lq_eq eq;
  lq_out out;
};

static void
units_start (struct units *u, struct rig *r)
{
  if (!lq_input_prepare (&u->input, &r->stream, &r->arena) ||
      !lq_pass_prepare (&u->hpf, LQ_PASS_HIGH, &r->stream, &r->arena) ||
      !lq_pass_prepare (&u->lpf, LQ_PASS_LOW, &r->stream, &r->arena) ||
      !lq_eq_prepare (&u->eq, &r->stream, &r->arena) ||
      !lq_out_prepare (&u->out, &r->stream, &r->arena))
    abort ();
  lq_input_set (&u->input, &r->params.track.input);
  lq_pass_set (&u->hpf, &r->params.track.hpf);
  lq_pass_set (&u->lpf, &r->params.track.lpf);
  lq_eq_set (&u->eq, &r->params.track.eq);
  lq_out_set (&u->out, &r->params.out);
  lq_input_reset (&u->input);
  lq_pass_reset (&u->hpf);
  lq_pass_reset (&u->lpf);
  lq_eq_reset (&u->eq);
  lq_out_reset (&u->out);
}

/* The strip is its units, in the order of its table. */
static void
order (void)
{
  struct rig *r = rig_new (2, 2);
  lqg_planes p = lqg_new (2, 20000), q = lqg_new (2, 20000);
  static struct units u;
  float *at[2];

  lqs_programme (p.ch[0], 20000, RATE, 1);
  lqs_programme (p.ch[1], 20000, RATE, 2);
  lqg_copy (&q, &p);
  busy (&r->params);
  rig_set (r);
  rig_play (r, &p, 0, 20000, 1000);
  units_start (&u, r);
  for (uint32_t done = 0; done < 20000; done += 1000) {
    at[0] = q.ch[0] + done;
    at[1] = q.ch[1] + done;
    lq_input_process (&u.input, at, 1000);
    lq_pass_process (&u.hpf, at, 1000);
    lq_pass_process (&u.lpf, at, 1000);
    lq_eq_process (&u.eq, at, 1000);
    lq_out_process (&u.out, at, 1000);
  }
  CHECK (lqg_equal (&p, &q), "differs from its units in a row");
  lqg_free (&p);
  lqg_free (&q);
  rig_free (r);
}

/* |H| of the band-pass prototype (s/q)/(s² + s/q + 1), dB. */
static double
band_pass_db (double hz, double centre, double q)
{
  const double w = hz / centre - centre / hz;

  return -10.0 * log10 (1.0 + q * q * w * w);
}

/* A band listened to is heard alone, past the output stage, on every channel; it comes and goes
 * without a click. */
static void
listen (void)
{
  static const double hz[] = { 250.0, 1000.0, 3000.0 };

  for (uint32_t channels = 1; channels <= 2; channels++)
    for (int k = 0; k < 3; k++) {
      struct rig *r = rig_new (channels, 2);
      lqg_planes p = tone (2, 96000, hz[k], 0.1);
      r->params.out.gain_db = -120.0f;
      r->params.track.eq.band[4].q = 2.0f;
      rig_set (r);
      rig_play (r, &p, 0, 9999, 1000);
      r->params.track.eq.band[4].listen = 1;
      lq_strip_set (&r->strip, &r->params);
      rig_play (r, &p, 9999, 60001, 1000);
      r->params.track.eq.band[4].listen = 0;
      lq_strip_set (&r->strip, &r->params);
      rig_play (r, &p, 60001, 96000, 1000);
      for (int c = 0; c < 2; c++) {
        CHECK_NEAR (lqm_db (lqm_tone (p.ch[c] + 20000, 40000, RATE, hz[k]) / 0.1),
            band_pass_db (hz[k], 1000.0, 2.0), 0.1, "what is heard of a tone, dB");
        CHECK (lqm_peak (p.ch[c], 9000) == 0.0 && lqm_peak (p.ch[c] + 62000, 34000) == 0.0,
            "something is heard while nothing is listened to");
      }
      CHECK (!r->strip.track.eq.listen.active, "still listens");
      lqg_free (&p);
      rig_free (r);
    }
}

static void
about (void)
{
  struct rig *r = rig_new (2, 2);

  rig_set (r);
  CHECK (lq_strip_neutral (&r->strip), "not neutral at its defaults");
  CHECK (!lq_strip_needs_stereo (&r->params), "defaults need stereo");
  CHECK (lq_strip_echo (&r->strip) == 0 && lq_strip_tail (&r->strip) == 0, "a tail of nothing");
  CHECK (lq_strip_latency (&r->strip) == 0, "latency");
  r->params.track.input.dc_block = 1;
  rig_set (r);
  CHECK (!lq_strip_neutral (&r->strip), "neutral while it filters");
  CHECK (lq_strip_tail (&r->strip) > 0, "a filter has a tail");
  CHECK (lq_strip_echo (&r->strip) == 0, "a filter is no echo");
  r->params.out.delay_ms = 100.0f;
  rig_set (r);
  CHECK (lq_strip_echo (&r->strip) >= 4800 && lq_strip_echo (&r->strip) < 4900,
      "an echo of %u frames after 100 ms", lq_strip_echo (&r->strip));
  r->params.out.pan = 0.01f;
  CHECK (lq_strip_needs_stereo (&r->params), "pan needs no stereo");
  r->params.out.enabled = 0;
  CHECK (!lq_strip_needs_stereo (&r->params), "a stage that is off needs stereo");
  rig_free (r);
}

/* What the seam calls while it streams, besides the calls of every unit. */
static void
guarded (void)
{
  struct rig *r = rig_new (2, 2);
  lqg_planes p = tone (2, 48000, 1000.0, 0.1);
  struct lq_strip_figures f;
  const char *name = "";
  unsigned calls;

  rtguard_arm ();
  lq_strip_meter (&r->strip, true);
  rig_play (r, &p, 0, 48000, 1000);
  lq_strip_figures (&r->strip, &f);
  lq_strip_begin (&r->strip);
  lq_strip_needs_stereo (&r->params);
  lq_strip_neutral (&r->strip);
  calls = rtguard_disarm (&name);
  CHECK (calls == 0, "%u calls, the first %s", calls, name);
  lqg_free (&p);
  rig_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "units in the table's order", order },
    { "a band listened to is heard alone", listen }, { "meters of a tone", meters },
    { "meters over channels", meters_of_channels }, { "correlation over 400 ms", correlation },
    { "meters don't depend on the cut", meters_cut }, { "what it says about itself", about },
    { "meters: no allocation, no lock", guarded }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
