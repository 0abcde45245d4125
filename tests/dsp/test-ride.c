/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The gain rider on programmes of tones, whose loudness is known from their amplitude: 1 kHz in
 * two channels has as many LUFS as its peak has dBFS (EBU Tech 3341, case 1). */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mathx.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/ride.h"
#include "signals.h"

#define RATE 48000
#define TONE_HZ 1000.0
#define PERIOD 48 /* frames; frame 12 of each is its peak */
#define TARGET (-23.0)

typedef struct {
  lq_ride u;
  lq_arena arena;
  struct lq_ride_params p;
  uint32_t channels;
} Ride;

static const struct lq_ride_params wide = { 400, LQ_RIDE_BLEND, 3, -50, 24, 24 };

static Ride *
ride_new (double rate, uint32_t channels, uint32_t lookahead, struct lq_ride_params p)
{
  lq_stream stream = { .rate = rate, .channels = channels, .out_channels = channels };
  Ride *r = calloc (1, sizeof *r);

  r->channels = channels;
  lq_arena_init (&r->arena);
  if (!lq_ride_prepare (&r->u, &stream, lookahead, &r->arena))
    abort ();
  lq_ride_set (&r->u, &p);
  lq_ride_aim (&r->u, &(struct lq_ride_aim){ TARGET, 0, -60, 60 });
  lq_ride_reset (&r->u);
  return r;
}

static void
ride_free (Ride *r)
{
  lq_arena_free (&r->arena);
  free (r);
}

/* x in all channels, blocks of at most `block` frames; x becomes what the first one becomes. */
static void
run (Ride *r, float *x, size_t n, uint32_t block)
{
  static float other[LQ_BLOCK];

  for (size_t done = 0, k; done < n; done += k) {
    float *ch[] = { x + done, other };
    k = n - done < block ? n - done : block;
    memcpy (other, x + done, k * sizeof *x);
    lq_ride_process (&r->u, ch, (uint32_t)k);
    CHECK (r->channels == 1 || memcmp (other, x + done, k * sizeof *x) == 0,
        "the channels differ");
  }
}

/* Programmes. */

struct part {
  double seconds, db; /* a tone of this peak; noise of the peak −db − 1000 below −500 */
};

#define SILENCE (-1000.0)
#define NOISE(db) (-1000.0 + (db))

static size_t
length (const struct part *parts)
{
  size_t n = 0;

  for (; parts->seconds > 0.0; parts++)
    n += (size_t)(parts->seconds * RATE);
  return n;
}

static float *
programme (const struct part *parts)
{
  float *x = calloc (length (parts), sizeof *x);

  for (size_t at = 0, n; parts->seconds > 0.0; parts++, at += n) {
    n = (size_t)(parts->seconds * RATE);
    if (parts->db > -500.0)
      lqs_sine (x + at, n, RATE, TONE_HZ, pow (10.0, parts->db / 20.0), 0, at);
    else if (parts->db != SILENCE)
      lqs_noise (x + at, n, pow (10.0, (parts->db + 1000.0) / 20.0), 3);
  }
  return x;
}

/* Gain of the tone's peak in the period from frame `at` of the input on, dB. */
static double
gain_at (const float *in, const float *out, size_t at, size_t lookahead)
{
  return lqm_db (fabs ((double)out[at + 12 + lookahead] / in[at + 12]));
}

/* Steps of 20 dB. */

/* Steepest slope of the gain from frame `from` on, dB/s. */
static double
steepest (const float *in, const float *out, size_t from, size_t n, size_t lookahead)
{
  double most = 0.0, last = gain_at (in, out, from, lookahead);

  for (size_t at = from + PERIOD; at + PERIOD + lookahead <= n; at += PERIOD) {
    const double now = gain_at (in, out, at, lookahead);
    most = fmax (most, fabs (now - last) * RATE / PERIOD);
    last = now;
  }
  return most;
}

/* Seconds from the start of a part at the input until its output stays within 1 LU. */
static double
settling (
    const float *in, const float *out, size_t from, size_t end, double db, size_t lookahead)
{
  size_t at = end - lookahead - PERIOD;

  /* From its end backwards, before the next part is heard. */
  while (at > from && fabs (db + gain_at (in, out, at, lookahead) - TARGET) <= 1.0)
    at -= PERIOD;
  return at <= from ? 0.0 : (double)(at - from) / RATE;
}

static void
steps_with (int32_t window, double slew, uint32_t lookahead)
{
  static const struct part parts[] = { { 12, -23 }, { 16, -43 }, { 16, -23 }, { 16, -3 },
    { 16, -23 }, { 0, 0 } };
  struct lq_ride_params p = wide;
  const size_t n = length (parts);
  float *in = programme (parts), *out = programme (parts);
  const double allowed = 20.0 / slew + (window == LQ_RIDE_MOMENTARY ? 0.4 : 3.0);
  double slope, worst = 0.0;
  Ride *r;

  p.window = window;
  p.slew_db_s = (float)slew;
  r = ride_new (RATE, 2, lookahead, p);
  run (r, out, n, LQ_BLOCK);
  for (size_t i = 0, at = 0; parts[i].seconds > 0.0; i++) {
    const size_t end = at + (size_t)(parts[i].seconds * RATE);
    const double took = settling (in, out, at, end, parts[i].db, lookahead);
    CHECK (took <= allowed, "window %d, %g dB/s, part %zu: %.2f s of %.2f", window, slew, i,
        took, allowed);
    worst = fmax (worst, took);
    at = end;
  }
  slope = steepest (in, out, RATE / 2, n, lookahead);
  CHECK (slope <= slew * 1.0001 + 0.004, "window %d: %.4f dB/s of %g", window, slope, slew);
  CHECK (slope >= slew * 0.99, "window %d: never faster than %.3f dB/s of %g", window, slope,
      slew);
  lqt_note ("window %d, %g dB/s, look-ahead %u: 20 dB within 1 LU after %.2f s (%.2f allowed), "
            "steepest %.4f dB/s",
      window, slew, lookahead, worst, allowed, slope);
  ride_free (r);
  free (in);
  free (out);
}

static void
steps (void)
{
  for (int32_t window = LQ_RIDE_MOMENTARY; window <= LQ_RIDE_BLEND; window++) {
    steps_with (window, 3, 19200);
    steps_with (window, 20, 19200);
    steps_with (window, 60, 0);
  }
}

/* What is ridden. */

/* Loudness `s` seconds after a step between two long tones, over a window. */
static double
after_step (double from_db, double to_db, double s, double window_s)
{
  const double share = fmax (0.0, fmin (1.0, s / window_s));

  return 10.0 *
         log10 ((1.0 - share) * pow (10.0, from_db / 10.0) + share * pow (10.0, to_db / 10.0));
}

static double
ridden (int32_t window, double from_db, double to_db, double s)
{
  const double m = after_step (from_db, to_db, s, 0.4), l = after_step (from_db, to_db, s, 3.0);

  return window == LQ_RIDE_MOMENTARY ? m : window == LQ_RIDE_SHORT_TERM ? l : fmax (l, m - 3.0);
}

/* While the slew isn't reached the gain is target − loudness, as of the last 30 ms. */
static void
follows (int32_t window, double from_db, double to_db)
{
  const struct part parts[] = { { 6, from_db }, { 4, to_db }, { 0, 0 } };
  struct lq_ride_params p = wide;
  float *x = programme (parts);
  size_t wrong = 0;
  Ride *r;

  p.window = window;
  p.slew_db_s = 60;
  r = ride_new (RATE, 2, 0, p);
  run (r, x, 6 * RATE, LQ_BLOCK);
  for (size_t at = 6 * RATE; at < 10 * RATE; at += 480) {
    const double s = (double)(at - 6 * RATE) / RATE + 0.01;
    const double now = TARGET - ridden (window, from_db, to_db, s);
    const double then = TARGET - ridden (window, from_db, to_db, s - 0.03);
    run (r, x + at, 480, 480);
    wrong += lq_ride_gain_db (&r->u) < fmin (now, then) - 0.05 ||
             lq_ride_gain_db (&r->u) > fmax (now, then) + 0.05;
  }
  CHECK (wrong == 0, "window %d, %g to %g LUFS: %zu of 400 gains are off", window, from_db,
      to_db, wrong);
  ride_free (r);
  free (x);
}

/* Gaps too short to be pauses count, as they do in BS.1770. */
static void
gaps (void)
{
  struct part parts[42] = { { 0, 0 } };
  struct lq_ride_params p = wide;
  float *x;
  Ride *r;

  for (int i = 0; i < 40; i++)
    parts[i] = i % 2 ? (struct part){ 0.2, SILENCE } : (struct part){ 0.3, -20 };
  p.window = LQ_RIDE_SHORT_TERM;
  x = programme (parts);
  r = ride_new (RATE, 2, 0, p);
  run (r, x, length (parts), LQ_BLOCK);
  CHECK_NEAR (lq_ride_gain_db (&r->u), TARGET + 20.0 - 10.0 * log10 (0.6), 0.1, "gain");
  ride_free (r);
  free (x);
}

static void
windows (void)
{
  for (int32_t window = LQ_RIDE_MOMENTARY; window <= LQ_RIDE_BLEND; window++) {
    follows (window, -23, -29);
    follows (window, -29, -23);
  }
  gaps ();
}

/* Silence. */

/* A quiet tone, a pause of `seconds`, the tone again: the gain stays. */
static void
pause_of (double seconds, double db, int32_t window, uint32_t lookahead)
{
  const struct part parts[] = { { 10, -43 }, { seconds, db }, { 6, -43 }, { 0, 0 } };
  const size_t n = length (parts), begin = 10 * RATE, end = begin + (size_t)(seconds * RATE);
  struct lq_ride_params p = wide;
  float *in = programme (parts), *out = programme (parts);
  double held, change = 0.0, resumed = 0.0;
  Ride *r;

  p.window = window;
  p.slew_db_s = 60;
  r = ride_new (RATE, 2, lookahead, p);
  run (r, out, begin + RATE / 25, LQ_BLOCK); /* the ramp arrives within 20 ms */
  held = lq_ride_gain_db (&r->u);
  CHECK_NEAR (held, 20.0, 0.05, "gain that is held");
  for (size_t at = begin + RATE / 25; at < n; at += 480) {
    run (r, out + at, 480, 480);
    if (at + 480 <= end)
      change = fmax (change, fabs (lq_ride_gain_db (&r->u) - held));
    resumed = fmax (resumed, fabs (lq_ride_gain_db (&r->u) - held));
  }
  CHECK (change <= 1e-6, "pause of %g s: the gain moves by %.3g dB", seconds, change);
  CHECK (
      resumed <= 0.1, "after a pause of %g s, window %d: by %.3g dB", seconds, window, resumed);
  for (size_t i = begin + RATE / 25; i + lookahead < end && i < end; i++)
    if (!CHECK (fabs (out[i + lookahead] - in[i] * pow (10.0, held / 20.0)) <=
                    1e-6 * pow (10.0, -43.0 / 20.0),
            "frame %zu of the pause isn't the input under the gain held", i))
      break;
  ride_free (r);
  free (in);
  free (out);
}

static void
silence (void)
{
  for (int32_t window = LQ_RIDE_MOMENTARY; window <= LQ_RIDE_BLEND; window++) {
    pause_of (0.7, SILENCE, window, 0);
    pause_of (2, SILENCE, window, 19200);
    pause_of (20, SILENCE, window, 0);
    pause_of (20, NOISE (-58), window, 0);
    pause_of (20, NOISE (-80), window, 19200);
  }
}

/* Nothing but noise under the gate: 0 dB. */
static void
noise_alone (void)
{
  static const struct part parts[] = { { 10, NOISE (-60) }, { 0, 0 } };
  float *in = programme (parts), *out = programme (parts);
  Ride *r = ride_new (RATE, 2, 480, wide);

  run (r, out, length (parts), LQ_BLOCK);
  CHECK (memcmp (out + 480, in, (length (parts) - 480) * sizeof *in) == 0, "not the input");
  ride_free (r);
  free (in);
  free (out);
}

/* Bounds. */

static double
bound_of (double db, double least, double most, double boost, double cut)
{
  const struct part parts[] = { { 8, db }, { 0, 0 } };
  struct lq_ride_params p = wide;
  float *x = programme (parts);
  double lowest = 0.0, highest = 0.0, last;
  Ride *r;

  p.max_boost_db = (float)boost;
  p.max_cut_db = (float)cut;
  p.slew_db_s = 60;
  r = ride_new (RATE, 2, 100, p);
  lq_ride_aim (&r->u, &(struct lq_ride_aim){ TARGET, 0, least, most });
  lq_ride_reset (&r->u);
  for (size_t at = 0; at < 8 * RATE; at += 480) {
    run (r, x + at, 480, 480);
    lowest = fmin (lowest, lq_ride_gain_db (&r->u));
    highest = fmax (highest, lq_ride_gain_db (&r->u));
  }
  last = lq_ride_gain_db (&r->u);
  CHECK (lowest >= fmax (least, -cut) - 1e-9 && highest <= fmin (most, boost) + 1e-9,
      "%g LUFS: %.6f to %.6f dB", db, lowest, highest);
  ride_free (r);
  free (x);
  return last;
}

static void
bounds (void)
{
  CHECK_NEAR (bound_of (-45, -60, 60, 12, 24), 12.0, 1e-9, "most boost");
  CHECK_NEAR (bound_of (-45, -60, 5, 12, 24), 5.0, 1e-9, "most gain");
  CHECK_NEAR (bound_of (-45, -60, 0, 12, 24), 0.0, 1e-9, "no boost");
  CHECK_NEAR (bound_of (-3, -60, 60, 12, 7), -7.0, 1e-9, "most cut");
  CHECK_NEAR (bound_of (-3, -6, 60, 12, 24), -6.0, 1e-9, "least gain");
  CHECK_NEAR (bound_of (-3, 0, 0, 12, 24), 0.0, 1e-9, "off");
  CHECK_NEAR (bound_of (-13, -60, 60, 12, 24), -10.0, 0.05, "within bounds");
}

/* Start. */

static void
start_of (double quiet_s, double db, double ahead_s)
{
  const struct part parts[] = { { quiet_s, NOISE (-70) }, { 6, db }, { 0, 0 } };
  const struct part no_pause[] = { { 6, db }, { 0, 0 } };
  const struct part *all = quiet_s > 0.0 ? parts : no_pause;
  const size_t n = length (all), from = (size_t)(quiet_s * RATE),
               lookahead = (size_t)(ahead_s * RATE);
  float *in = programme (all), *out = programme (all);
  const double wanted = fmax (-24.0, fmin (24.0, TARGET - db));
  double worst = 0.0;
  Ride *r = ride_new (RATE, 2, (uint32_t)lookahead, wide);

  run (r, out, n, LQ_BLOCK);
  for (size_t at = from; at + PERIOD + lookahead <= n; at += PERIOD)
    worst = fmax (worst, fabs (gain_at (in, out, at, lookahead) - wanted));
  CHECK (
      worst <= 0.1, "%g LUFS after %g s, %g s ahead: %.3f dB off", db, quiet_s, ahead_s, worst);
  ride_free (r);
  free (in);
  free (out);
}

static void
starts (void)
{
  static const double lufs[] = { -46, -36, -23, -9, 0 };

  for (size_t i = 0; i < sizeof lufs / sizeof *lufs; i++) {
    start_of (0, lufs[i], 0.4);
    start_of (2, lufs[i], 0.4);
    start_of (5.003, lufs[i], 1.0);
  }
  start_of (1, -49.9, 0.42);
  start_of (1, -43.5, 0.2);
}

/* Without look-ahead: 0 dB for a tenth of a second, then the gain, at once; where it is known,
 * from the first frame on, and later by the slew. */
static void
late_start (void)
{
  static const struct part parts[] = { { 6, -33 }, { 0, 0 } };
  float *in = programme (parts), *out = programme (parts);
  Ride *r = ride_new (RATE, 2, 0, wide);

  run (r, out, 6 * RATE, LQ_BLOCK);
  CHECK_NEAR (gain_at (in, out, 96 * 48, 0), 0.0, 1e-6, "gain before 100 ms");
  CHECK_NEAR (gain_at (in, out, 125 * 48, 0), 10.0, 0.1, "gain after 125 ms");
  lq_ride_start (&r->u, true, 4.0);
  lq_ride_reset (&r->u);
  memcpy (out, in, 6 * RATE * sizeof *in);
  run (r, out, 6 * RATE, LQ_BLOCK);
  CHECK_NEAR (gain_at (in, out, 0, 0), 4.0, 1e-5, "gain that was known");
  CHECK_NEAR (gain_at (in, out, RATE + 4800, 0), 7.0, 0.1, "gain a second later");
  CHECK_NEAR (lq_ride_gain_db (&r->u), 10.0, 0.05, "gain at the end");
  lq_ride_start (&r->u, false, 4.0);
  lq_ride_reset (&r->u);
  CHECK_NEAR (lq_ride_gain_db (&r->u), 0.0, 0.0, "gain when nothing is known any more");
  ride_free (r);
  free (in);
  free (out);
}

/* The rest. */

static void
delay (void)
{
  static const uint32_t frames[] = { 0, 1, 63, 64, 65, 1023, 4801, 19200, 144000 };
  static float in[200000], out[200000];

  lqs_noise (in, 200000, 0.9, 8);
  for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
    for (int gain = 0; gain <= 6; gain += 6) {
      Ride *r = ride_new (RATE, 2, frames[i], wide);
      size_t wrong = 0;
      lq_ride_aim (&r->u, &(struct lq_ride_aim){ TARGET, 0, gain, gain });
      lq_ride_reset (&r->u);
      memcpy (out, in, sizeof in);
      run (r, out, 200000, 999);
      for (size_t k = 0; k < 200000; k++) {
        const float x = k < frames[i] ? 0.0f : in[k - frames[i]];
        wrong += gain ? fabs (out[k] - x * pow (10.0, gain / 20.0)) > 2e-7 : out[k] != x;
      }
      CHECK (wrong == 0, "%u frames, %d dB: %zu are wrong", frames[i], gain, wrong);
      CHECK (lq_ride_latency (&r->u) == frames[i], "says %u", lq_ride_latency (&r->u));
      ride_free (r);
    }
}

static void
mono (void)
{
  static const struct part parts[] = { { 12, -30 }, { 0, 0 } };

  for (int dual = 0; dual < 2; dual++) {
    float *x = programme (parts);
    Ride *r = ride_new (RATE, 1, 4800, wide);
    lq_ride_set_dual_mono (&r->u, dual);
    run (r, x, length (parts), LQ_BLOCK);
    CHECK_NEAR (lq_ride_gain_db (&r->u), dual ? 7.0 : 10.01, 0.05, "gain of mono");
    ride_free (r);
    free (x);
  }
}

/* However it is cut, with settings that change on the way. */
static void
cuts (void)
{
  static const struct part parts[] = { { 2, -33 }, { 1, NOISE (-75) }, { 3, -13 }, { 0, 0 } };
  static const uint32_t blocks[] = { LQ_BLOCK, 1, 63, 100, 480, 577 };
  const size_t n = length (parts);
  float *whole = programme (parts);

  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    float *x = programme (parts);
    struct lq_ride_params p = wide;
    Ride *r = ride_new (RATE, 2, 4801, p);
    run (r, x, 50001, blocks[b]);
    p.slew_db_s = 30;
    p.window = LQ_RIDE_MOMENTARY;
    lq_ride_set (&r->u, &p);
    run (r, x + 50001, n - 50001, blocks[b]);
    if (b == 0)
      memcpy (whole, x, n * sizeof *x);
    CHECK (memcmp (whole, x, n * sizeof *x) == 0, "blocks of %u differ", blocks[b]);
    ride_free (r);
    free (x);
  }
  free (whole);
}

/* An hour in minutes, each of a loud, a quiet and a silent part. */
static void
hour (void)
{
  static float x[8000];
  Ride *r = ride_new (8000, 1, 8000, wide);
  double worst = 0.0;

  for (uint32_t second = 0; second < 3600; second++) {
    const uint32_t part = second % 60 / 20;
    memset (x, 0, sizeof x);
    if (part < 2)
      lqs_sine (x, 8000, 8000, TONE_HZ, part ? 0.02 : 0.2, 0, second * UINT64_C (8000));
    run (r, x, 8000, 1000);
    if (second % 20 == 19) {
      /* Mono: the power of a tone of 3.01 dB less; 1 kHz has 0 dB to 0.03. */
      const double lufs = lqm_db (part ? 0.02 : 0.2) - 3.0103;
      worst = fmax (worst, fabs (lq_ride_gain_db (&r->u) - TARGET + lufs));
    }
  }
  CHECK (worst <= 0.1, "the gain is off by %.3f dB", worst);
  CHECK (r->u.z.frames == UINT64_C (3600) * 8000, "frames");
  ride_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "steps of 20 dB settle, no faster than the slew", steps },
    { "the loudness ridden is that of its window", windows },
    { "nothing moves in silence", silence }, { "noise alone isn't raised", noise_alone },
    { "bounds hold", bounds }, { "a programme begins at its gain", starts },
    { "without look-ahead, and with a known gain", late_start },
    { "the delay is exact", delay }, { "mono and dual mono", mono },
    { "the result doesn't depend on the cut", cuts }, { "an hour", hour }, { NULL, NULL } };

  lq_orc_init ();
  return lqt_main (cases, argc, argv);
}
