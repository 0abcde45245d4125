/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The maximizer against meters of the tests (8× and 32×, in double), formulas and times. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mathx.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/maximizer.h"
#include "signals.h"

#define RATE 48000.0

static const struct lq_maximizer_params plain = { .enabled = 1,
  .ceiling_db = -1.0f,
  .true_peak = 1,
  .release_ms = 100.0f,
  .auto_release = 1,
  .lookahead_ms = 2.0f,
  .link_transient_percent = 100.0f,
  .link_release_percent = 100.0f };

static const char *const styles[] = { "transparent", "punchy", "loud", "bus", "clip" };

typedef struct {
  lq_maximizer u;
  lq_arena arena;
  uint32_t channels;
} Maximizer;

static Maximizer *
maximizer_new (double rate, uint32_t channels, const struct lq_maximizer_params *p)
{
  const lq_stream stream = { .rate = rate, .channels = channels, .out_channels = channels };
  Maximizer *m = calloc (1, sizeof *m);

  lq_arena_init (&m->arena);
  m->channels = channels;
  if (!lq_maximizer_prepare (&m->u, &stream, p, &m->arena))
    abort ();
  return m;
}

static void
maximizer_free (Maximizer *m)
{
  lq_arena_free (&m->arena);
  free (m);
}

/* Plays x, y (or NULL) through it, in place. */
static void
play (Maximizer *m, float *x, float *y, size_t n)
{
  for (size_t done = 0; done < n; done += LQ_BLOCK) {
    float *ch[] = { x + done, y ? y + done : NULL };
    lq_maximizer_process (&m->u, ch, (uint32_t)(n - done < LQ_BLOCK ? n - done : LQ_BLOCK));
  }
}

static void
once (const struct lq_maximizer_params *p, float *x, float *y, size_t n)
{
  Maximizer *m = maximizer_new (RATE, y ? 2 : 1, p);

  play (m, x, y, n);
  maximizer_free (m);
}

static double
db (double x)
{
  return 20.0 * log10 (x);
}

/* Hostile signals, about full scale. */

enum signal {
  WHITE,
  BAND,
  IMPULSES,
  SQUARE,
  NYQUIST,
  QUARTER,
  THIRD,
  BURSTS,
  CLICKS,
  SWEEP,
  TWO_TONES,
  ONE_SIDED,
  SIGNALS
};

static const char *const names[] = { "white noise", "noise to 0.45 of the rate", "impulses",
  "a square wave", "half the rate", "a quarter of the rate, 45 degrees", "a third of the rate",
  "bursts of noise", "40 Hz under clicks", "a sweep", "bursts of 12 kHz on 20 Hz",
  "one-sided waves" };

static float
one_of (enum signal s, size_t i, double rate, size_t n)
{
  const double t = (double)i / rate, octaves = log (0.45 * rate / 20.0);

  switch (s) {
    case IMPULSES:
      return i % 997 == 500 ? 2.0f : i % 613 == 1 ? -0.75f : 0.0f;
    case SQUARE:
      return fmod (441.0 * t, 1.0) < 0.5 ? 0.7f : -0.7f;
    case NYQUIST:
      return i % 2 ? 0.7f : -0.7f;
    case QUARTER:
      return (float)sin (LQ_PI / 2.0 * (double)i + LQ_PI / 4.0);
    case THIRD:
      return (float)sin (2.0 * LQ_PI / 3.0 * (double)i + 0.3);
    case CLICKS:
      return (float)(0.6 * sin (2.0 * LQ_PI * 40.0 * t)) + (i % 4801 == 0 ? 1.0f : 0.0f);
    case SWEEP:
      return (float)sin (2.0 * LQ_PI * 20.0 * (exp (octaves * (double)i / (double)n) - 1.0) /
                         octaves * (double)n / rate);
    case TWO_TONES:
      return (float)(0.7 * sin (2.0 * LQ_PI * 20.0 * t) +
                     (i / 1500 % 2 ? 0.5 * sin (2.0 * LQ_PI * 12000.0 * t) : 0.0));
    case ONE_SIDED:
      return (float)(fmax (0.0, sin (2.0 * LQ_PI * 300.0 * t)) * (i / 5000 % 2 ? 1.0 : 0.2));
    default:
      return 0.0f;
  }
}

static void
make (enum signal s, float *x, size_t n, double rate)
{
  if (s == WHITE || s == BURSTS)
    lqs_noise (x, n, 1.0, 9);
  else if (s == BAND)
    lqs_band_noise (x, n, 0.45, 0.5, 2);
  else
    for (size_t i = 0; i < n; i++)
      x[i] = one_of (s, i, rate, n);
  for (size_t i = 0; s == BURSTS && i < n; i++)
    x[i] *= i / 700 % 3 ? 0.01f : 1.0f;
}

/* Settings by a number: all the corners turn up, in no order. */
static struct lq_maximizer_params
settings (uint32_t k, int32_t style)
{
  static const float drive[] = { 12.0f, 3.0f, 6.0f, 12.0f, 24.0f };
  static const float release[] = { 1.0f, 20.0f, 100.0f, 2000.0f };
  static const float ahead[] = { 0.5f, 2.0f, 0.5f, 1.0f, 20.0f, 5.0f };
  static const float link[] = { 100.0f, 0.0f, 50.0f, 100.0f, 17.0f };
  struct lq_maximizer_params p = plain;

  p.style = style;
  p.gain_db = drive[k % 5];
  p.lookahead_ms = ahead[k / 2 % 6];
  p.release_ms = release[k / 3 % 4];
  p.auto_release = k % 3 != 0;
  p.link_transient_percent = link[k / 5 % 5];
  p.link_release_percent = link[k / 7 % 5];
  p.upward_db = k % 7 == 0 ? 12.0f : 0.0f;
  p.soft_clip_percent = k % 11 == 0 ? 60.0f : 0.0f;
  return p;
}

/* What a format may add to a sample, with both signs and in full. */
static void
spoil (float *x, size_t n, double error, uint64_t seed)
{
  lqs_random random = { seed };

  for (size_t i = 0; i < n; i++)
    x[i] += (float)(lqs_uniform (&random) < 0.0 ? -error : error);
}

#define LENGTH 12000

static void
hold_ceiling (const struct lq_maximizer_params *p, enum signal s, double rate, double error)
{
  static float x[2][LENGTH];
  const double limit = pow (10.0, (double)p->ceiling_db / 20.0);
  Maximizer *m = maximizer_new (rate, 2, p);
  double eight, finest;

  lq_maximizer_set_output (&m->u, error);
  lq_maximizer_reset (&m->u);
  make (s, x[0], LENGTH, rate);
  make ((s + 5) % SIGNALS, x[1], LENGTH, rate);
  play (m, x[0], x[1], LENGTH);
  CHECK (lq_maximizer_reduction_db (&m->u) > 0.01, "%s: nothing was limited", names[s]);
  maximizer_free (m);
  for (int c = 0; c < 2; c++) {
    spoil (x[c], LENGTH, error, 7);
    CHECK (lqm_peak (x[c], LENGTH) <= limit, "%s, %s, %.0f Hz: samples at %+.4f dB", names[s],
        styles[p->style], rate, db (lqm_peak (x[c], LENGTH) / limit));
    if (!p->true_peak)
      continue;
    lqm_true_peaks (x[c], LENGTH, &eight, &finest);
    CHECK (eight <= limit && db (finest / limit) <= 0.05,
        "%s, %s, %.0f Hz, drive %g, %g ms: %+.4f dB at 8x, %+.4f dB at 32x", names[s],
        styles[p->style], rate, (double)p->gain_db, (double)p->lookahead_ms, db (eight / limit),
        db (finest / limit));
  }
}

static void
ceiling (void)
{
  static const double rates[] = { 44100, 48000, 96000, 192000 };
  uint32_t k = 0;

  for (uint32_t r = 0; r < LQ_COUNT (rates); r++)
    for (int s = 0; s < SIGNALS; s++)
      for (int32_t style = 0; style < LQ_MAXIMIZER_STYLES; style++) {
        const struct lq_maximizer_params p = settings (k++, style);
        hold_ceiling (&p, (enum signal)s, rates[r], 0.0);
      }
}

/* Sample peaks only, and formats that add to what leaves. */
static void
formats (void)
{
  uint32_t k = 0;

  for (int s = 0; s < SIGNALS; s++)
    for (int32_t style = 0; style < LQ_MAXIMIZER_STYLES; style++, k++) {
      struct lq_maximizer_params p = settings (k, style);
      p.ceiling_db = -0.3f;
      hold_ceiling (&p, (enum signal)s, RATE, 1.5 / 32768.0);
      p.true_peak = 0;
      hold_ceiling (&p, (enum signal)s, RATE, k % 2 ? 1.5 / 32768.0 : 0.0);
    }
}

/* What isn't above the ceiling leaves as it came, before and after what is. */
static void
transparent (void)
{
  static float in[600000], x[600000];

  for (int32_t style = 0; style < LQ_MAXIMIZER_STYLES; style++) {
    struct lq_maximizer_params p = plain;
    Maximizer *m;
    size_t latency;
    p.style = style;
    m = maximizer_new (RATE, 1, &p);
    latency = lq_maximizer_latency (&m->u);
    lqs_programme (in, 600000, RATE, 4);
    for (size_t i = 0; i < 600000; i++)
      in[i] *= i > 30000 && i < 31000 ? 8.0f : 0.5f;
    memcpy (x, in, sizeof x);
    play (m, x, NULL, 600000);
    maximizer_free (m);
    CHECK (
        memcmp (x + latency, in, 29000 * sizeof *x) == 0, "%s: not the input", styles[style]);
    CHECK (memcmp (x + 500000, in + 500000 - latency, 100000 * sizeof *x) == 0,
        "%s: not the input nearly ten seconds after peaks", styles[style]);
    CHECK (memcmp (x + 30000 + latency, in + 30000, 1000 * sizeof *x) != 0,
        "%s: peaks came through", styles[style]);
  }
}

/* Where an impulse comes out: look-ahead and a constant, whatever else is set. */
static void
latency (void)
{
  static const float ahead[] = { 0.5f, 0.77f, 2.0f, 5.0f, 13.31f, 20.0f };
  static const double rates[] = { 44100, 96000, 192000 };
  static float x[12000];

  for (uint32_t r = 0; r < LQ_COUNT (rates); r++) {
    long constant = -1;
    for (uint32_t k = 0; k < LQ_COUNT (ahead); k++) {
      struct lq_maximizer_params p = plain;
      size_t at = 0;
      Maximizer *m;
      p.lookahead_ms = ahead[k];
      p.soft_clip_percent = (float)(k % 2 * 50);
      m = maximizer_new (rates[r], 1, &p);
      memset (x, 0, sizeof x);
      x[100] = 0.1f;
      play (m, x, NULL, 12000);
      while (at < 12000 && x[at] != 0.1f)
        at++;
      constant = constant < 0 ? (long)at - lround (ahead[k] * rates[r] / 1000.0) : constant;
      CHECK (at - 100 == lq_maximizer_latency (&m->u), "late by %zu, says %u", at - 100,
          lq_maximizer_latency (&m->u));
      CHECK ((long)at - lround (ahead[k] * rates[r] / 1000.0) == constant,
          "%g ms at %g: late by %zu", (double)ahead[k], rates[r], at - 100);
      maximizer_free (m);
    }
  }
}

/* Drive: gain + max (0, ceiling − threshold). */
static void
drive (void)
{
  static const float sets[][4] = { { 0, 0, -1, 0 }, { -6, 2, -1, 7 }, { -1, 0, -6, 0 },
    { -20, -12, -3, 5 } };
  static float x[20000];

  for (uint32_t k = 0; k < LQ_COUNT (sets); k++) {
    struct lq_maximizer_params p = plain;
    p.threshold_db = sets[k][0];
    p.gain_db = sets[k][1];
    p.ceiling_db = sets[k][2];
    lqs_sine (x, 20000, RATE, 1000.0, 0.01, 0.0, 0);
    once (&p, x, NULL, 20000);
    CHECK_NEAR (
        db (lqm_tone (x + 4000, 9600, RATE, 1000.0) / 0.01), (double)sets[k][3], 1e-3, "drive");
  }
}

/* A steady bass is turned down, not bent. */
static void
harmonics (void)
{
  static const double hertz[] = { 50.0, 62.5, 100.0, 1000.0 };
  static float x[48000 * 4];

  for (size_t k = 0; k < sizeof hertz / sizeof *hertz; k++) {
    struct lq_maximizer_params p = plain;
    double rest = 0.0, tone, thd;
    p.gain_db = 6.0f;
    p.ceiling_db = 0.0f;
    lqs_sine (x, 48000 * 4, RATE, hertz[k], 1.0, 0.1, 0);
    once (&p, x, NULL, 48000 * 4);
    tone = lqm_tone (x + 96000, 48000, RATE, hertz[k]);
    for (int h = 2; h <= 15; h++)
      rest += pow (lqm_tone (x + 96000, 48000, RATE, hertz[k] * h), 2.0);
    thd = 10.0 * log10 (rest) - db (tone);
    CHECK_NEAR (db (tone), -0.1, 0.05, "level of the tone");
    CHECK (thd < -60.0, "%.1f Hz: THD %.1f dB", hertz[k], thd);
    lqt_note ("%.1f Hz, 6 dB of limiting: THD %.1f dB", hertz[k], thd);
  }
}

/* Gain of a level that was limited by 6 dB for so long, and then is 12 dB lower: dB at each frame
 * from the end of the peak on. */
#define AFTER (48000 * 6)

static void
recovery (const struct lq_maximizer_params *settings, double limited_s, double *gain_db)
{
  const size_t end = (size_t)(RATE * (0.2 + limited_s)), n = end + AFTER + 8000;
  struct lq_maximizer_params p = *settings;
  float *x = calloc (n, sizeof *x);
  size_t late;
  Maximizer *m;

  p.ceiling_db = -6.0206f;
  p.true_peak = 0;
  m = maximizer_new (RATE, 1, &p);
  late = lq_maximizer_latency (&m->u);
  for (size_t i = 0; i < n; i++)
    x[i] = i >= 9600 && i < end ? 1.0f : 0.25f;
  play (m, x, NULL, n);
  for (size_t i = 0; i < AFTER; i++)
    gain_db[i] = db (x[end + late + i] / 0.25);
  CHECK_NEAR (lq_maximizer_reduction_db (&m->u), 6.0206, 1e-3, "the figure");
  CHECK_NEAR (lq_maximizer_reduction_db (&m->u), 0.0, 0.0, "the figure since");
  maximizer_free (m);
  free (x);
}

/* Frames until the gain is back to that. */
static double
until (const double *gain_db, double level_db)
{
  size_t i = 0;

  while (i < AFTER && gain_db[i] < level_db)
    i++;
  return (double)i;
}

static double gain_db[AFTER];

static void
release_times (void)
{
  static const float ms[] = { 5.0f, 20.0f, 100.0f, 400.0f, 2000.0f };

  for (int32_t style = 0; style < LQ_MAXIMIZER_STYLES; style++)
    for (uint32_t k = 0; k < LQ_COUNT (ms); k++) {
      struct lq_maximizer_params p = plain;
      double tau;
      p.auto_release = 0;
      p.release_ms = ms[k];
      p.style = LQ_MAXIMIZER_TRANSPARENT;
      recovery (&p, style ? 0.1 * style : 2.0, gain_db);
      /* From 2 dB to 2/e dB. */
      tau = (until (gain_db, -2.0 / exp (1.0)) - until (gain_db, -2.0)) / RATE * 1e3;
      CHECK_NEAR (tau / (double)ms[k], 1.0, 0.05, "time of release");
    }
}

/* Auto-release: how fast 6 dB come back to 1 dB says how long there was limiting. */
static void
programme (void)
{
  for (int32_t style = 0; style < LQ_MAXIMIZER_STYLES; style++) {
    struct lq_maximizer_params p = plain;
    double brief, lasting;
    if (style == LQ_MAXIMIZER_CLIP || style == LQ_MAXIMIZER_PUNCHY ||
        style == LQ_MAXIMIZER_LOUD)
      continue; /* they round such a burst: see the dump */
    p.style = style;
    recovery (&p, 0.003, gain_db);
    brief = until (gain_db, -1.0);
    recovery (&p, 3.0, gain_db);
    lasting = until (gain_db, -1.0);
    lqt_note ("%s: back to 1 dB %.0f ms after 3 ms, %.0f ms after 3 s", styles[style],
        brief / 48.0, lasting / 48.0);
    CHECK (lasting > 2.5 * brief, "%s: %.0f and %.0f frames", styles[style], brief, lasting);
    CHECK (brief < 0.5 * RATE, "%s: %.0f frames after a short peak", styles[style], brief);
  }
}

/* Left is limited by 6 dB from 0.2 s on, right is low: its gain, dB, soon and late. */
static void
link (float transient, float release, double *left, double *right)
{
  static float x[2][48000 * 4];
  struct lq_maximizer_params p = plain;
  static const size_t at[] = { 9600 + 1000, 48000 * 4 - 1 };

  p.true_peak = 0;
  p.ceiling_db = -6.0206f;
  p.link_transient_percent = transient;
  p.link_release_percent = release;
  for (size_t i = 0; i < 48000 * 4; i++) {
    x[0][i] = i >= 9600 ? 1.0f : 0.25f;
    x[1][i] = 0.1f;
  }
  once (&p, x[0], x[1], 48000 * 4);
  for (int k = 0; k < 2; k++) {
    left[k] = db (x[0][at[k]]);
    right[k] = db (x[1][at[k]] / 0.1f);
  }
}

static void
links (void)
{
  static const float shares[] = { 0.0f, 50.0f, 100.0f };

  for (int t = 0; t < 3; t++)
    for (int r = 0; r < 3; r++) {
      double left[2], right[2];
      link (shares[t], shares[r], left, right);
      lqt_note ("links %.0f/%.0f: right %.2f dB soon, %.2f dB late", (double)shares[t],
          (double)shares[r], right[0], right[1]);
      for (int k = 0; k < 2; k++)
        CHECK_NEAR (left[k], -6.0206, 1e-3, "left");
      /* 20 ms of 400 have begun to last; after four seconds all has. */
      CHECK_NEAR (right[0], -6.02 * (0.05 * shares[r] + 0.95 * shares[t]) / 100.0, 0.1, "soon");
      CHECK_NEAR (right[1], -6.02 * shares[r] / 100.0, 0.02, "late");
      if (shares[t] == shares[r] && t != 1)
        CHECK_NEAR (right[1], t ? left[1] : 0.0, t ? 1e-5 : 0.0, "one gain, or two");
    }
}

/* Links that move: the ceiling holds, and what was divided becomes one again. */
static void
moving_links (void)
{
  static float x[2][48000], in[2][48000];
  struct lq_maximizer_params p = plain;
  Maximizer *m;
  size_t late;

  p.gain_db = 12.0f;
  m = maximizer_new (RATE, 2, &p);
  late = lq_maximizer_latency (&m->u);
  lqs_noise (in[0], 48000, 1.0, 1);
  lqs_noise (in[1], 48000, 0.5, 2);
  memcpy (x, in, sizeof x);
  for (size_t done = 0; done < 48000; done += 800) {
    float *ch[] = { x[0] + done, x[1] + done };
    p.link_transient_percent = done / 2400 % 2 && done < 36000 ? 20.0f : 100.0f;
    p.link_release_percent = done / 4000 % 2 && done < 36000 ? 0.0f : 100.0f;
    lq_maximizer_set (&m->u, &p);
    lq_maximizer_process (&m->u, ch, 800);
  }
  maximizer_free (m);
  CHECK (fmax (lqm_peak (x[0], 48000), lqm_peak (x[1], 48000)) <= pow (10.0, -0.05), "peaks");
  for (size_t i = 42000; i < 48000; i++)
    if (!CHECK (fabs (x[0][i] * in[1][i - late] - x[1][i] * in[0][i - late]) < 1e-6,
            "frame %zu: two gains", i))
      break;
}

/* The lift of a steady tone. */
static void
upward (void)
{
  static const float levels[] = { -90.0f, -80.0f, -50.0f, -45.0f, -30.0f, -6.0f };
  static const double lifts[] = { 0.0, 0.0, 9.0, 9.0, 4.5, 0.0 };
  static float x[48000 * 5];

  for (uint32_t k = 0; k < LQ_COUNT (levels); k++) {
    struct lq_maximizer_params p = plain;
    p.upward_db = 9.0f;
    p.ceiling_db = 0.0f;
    /* RMS is 3 dB below the peak. */
    lqs_sine (x, 48000 * 5, RATE, 1000.0, pow (10.0, (levels[k] + 3.0103) / 20.0), 0.0, 0);
    once (&p, x, NULL, 48000 * 5);
    CHECK_NEAR (db (lqm_tone (x + 48000 * 4, 24000, RATE, 1000.0)) - levels[k] - 3.0103,
        lifts[k], 0.05, "lift");
    CHECK_NEAR (lq_maximizer_lift_db (&p, levels[k]), lifts[k], 1e-3, "lift as told");
  }
  /* Louder in is louder out. */
  for (double l = -100.0; l < 0.0; l += 0.1) {
    struct lq_maximizer_params p = plain;
    p.upward_db = 12.0f;
    CHECK (lq_maximizer_lift_db (&p, l) + 0.1 > lq_maximizer_lift_db (&p, l - 0.1), "%.1f", l);
  }
}

/* A lift that comes and goes does so slowly. */
static void
smooth_lift (void)
{
  static float x[48000 * 6], in[48000 * 6];
  struct lq_maximizer_params p = plain;
  double most = 0.0;

  p.upward_db = 12.0f;
  for (size_t i = 0; i < 48000 * 6; i++)
    in[i] = (i / 48000 % 2 ? 0.003f : 0.3f) * (i % 2 ? -1.0f : 1.0f);
  memcpy (x, in, sizeof x);
  once (&p, x, NULL, 48000 * 6);
  for (size_t i = 2000; i < 48000 * 6 - 48; i++)
    if (i % 48000 > 1000)
      most = fmax (most, fabs (db (fabs (x[i + 48] / x[i]))));
  CHECK (most < 0.15, "%.2f dB in 1 ms", most);
}

/* Rounding: nothing below its knee, then less and less; products that fold stay low. */
static void
rounding (void)
{
  static float x[96000];
  struct lq_maximizer_params p = plain;
  static double spectrum[32768 / 2 + 1];
  double folded = -200.0;

  p.soft_clip_percent = 100.0f;
  p.ceiling_db = 0.0f;
  lqs_sine (x, 96000, RATE, 1000.0, 0.45, 0.0, 0);
  once (&p, x, NULL, 96000);
  CHECK_NEAR (lqm_tone (x + 48000, 24000, RATE, 1000.0), 0.45, 1e-6, "below the knee");
  p.gain_db = 6.0f;
  /* On a bin: 5 kHz and its harmonics are known places. */
  lqs_sine (x, 96000, RATE, 3413.0 * RATE / 32768.0, 0.9, 0.0, 0);
  once (&p, x, NULL, 96000);
  CHECK (lqm_peak (x, 96000) > 0.8, "%g", lqm_peak (x, 96000));
  lqm_spectrum_db (x + 48000, 32768, spectrum);
  for (uint32_t i = 20; i < 32768 * 19 / 48; i++)
    if (i % 3413 > 20 && i % 3413 < 3413 - 20)
      folded = fmax (folded, spectrum[i]);
  lqt_note ("5 kHz, 6 dB into soft-clip=100: folded products at %.1f dB", folded);
  CHECK (folded < -60.0, "folded products at %.1f dB", folded);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "the ceiling holds", ceiling },
    { "formats, and sample peaks", formats }, { "idle, it is a delay", transparent },
    { "latency is look-ahead and a constant", latency }, { "drive", drive },
    { "a steady bass isn't bent", harmonics }, { "releases take their time", release_times },
    { "auto-release knows long from short", programme }, { "links", links },
    { "links move", moving_links }, { "upward", upward }, { "a lift is smooth", smooth_lift },
    { "rounding", rounding }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
