/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The echo against its laws: impulses are counted out by hand, filters against the bilinear
 * first-order prototypes. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpu.h"
#include "base/mathx.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/delay.h"
#include "signals.h"

#define RATE 48000.0
#define N 96000
#define CHANNELS 6

static float x[CHANNELS][N];

struct rig {
  lq_delay u;
  lq_arena arena;
  uint32_t channels;
};

static const struct lq_delay_params plain = { .enabled = 1,
  .time_ms = 100,
  .note = 10,
  .feedback_percent = 50,
  .width_percent = 100,
  .mix_percent = 40 };

static struct rig *
rig_new (const struct lq_delay_params *p, double rate, uint32_t channels)
{
  lq_stream stream = { .rate = rate, .channels = channels, .out_channels = channels };
  struct rig *rig =
      aligned_alloc (LQ_ALIGN, (sizeof *rig + LQ_ALIGN - 1) / LQ_ALIGN * LQ_ALIGN);

  for (uint32_t c = 2; c < channels; c++)
    stream.position[c] = LQ_POS_OTHER;
  stream.position[0] = channels == 1 ? LQ_POS_MONO : LQ_POS_LEFT;
  stream.position[1] = LQ_POS_RIGHT;
  rig->channels = channels;
  lq_arena_init (&rig->arena);
  if (!lq_delay_prepare (&rig->u, &stream, &rig->arena))
    abort ();
  lq_delay_set (&rig->u, p);
  lq_delay_reset (&rig->u);
  return rig;
}

static void
rig_free (struct rig *rig)
{
  lq_arena_free (&rig->arena);
  free (rig);
}

/* Frames first … end − 1 of x. */
static void
rig_run (struct rig *rig, size_t first, size_t end)
{
  for (size_t done = first; done < end; done += LQ_BLOCK) {
    float *ch[CHANNELS];
    for (uint32_t c = 0; c < rig->channels; c++)
      ch[c] = x[c] + done;
    lq_delay_process (&rig->u, ch, (uint32_t)(end - done < LQ_BLOCK ? end - done : LQ_BLOCK));
  }
}

static void
clear (void)
{
  memset (x, 0, sizeof x);
}

static void
run (const struct lq_delay_params *p, double rate, uint32_t channels)
{
  struct rig *rig = rig_new (p, rate, channels);

  rig_run (rig, 0, N);
  rig_free (rig);
}

/* Without filters echo k has mix·feedback^(k − 1), where it belongs and nowhere else. */
static void
echoes (void)
{
  static const double rates[] = { 8000, 44100, 48000, 96000 };
  static const float times[] = { 1, 9.37f, 100, 333.3f };

  for (int r = 0; r < 4; r++)
    for (int t = 0; t < 4; t++) {
      struct lq_delay_params p = plain;
      const uint32_t frames = (uint32_t)lround (times[t] * rates[r] / 1000.0);
      double worst = 0.0;
      p.time_ms = times[t];
      clear ();
      x[0][3] = 1.0f;
      run (&p, rates[r], 1);
      for (uint32_t i = 0; i < N; i++) {
        const uint32_t since = i - 3, k = since / frames;
        double want = i == 3 ? 0.6 : 0.0;
        if (i > 3 && since % frames == 0)
          want = 0.4 * pow (0.5, k - 1.0);
        worst = fmax (worst, fabs (x[0][i] - want));
      }
      CHECK (worst < 1e-6, "%g ms at %g: off by %.3g", times[t], rates[r], worst);
    }
}

/* Every note at a tempo, and the longest time. */
static void
tempo (void)
{
  static const char *const nicks[] = { "1/32t", "1/32", "1/32d", "1/16t", "1/16", "1/16d",
    "1/8t", "1/8", "1/8d", "1/4t", "1/4", "1/4d", "1/2t", "1/2", "1/2d", "1/1t", "1/1",
    "1/1d" };
  struct lq_delay_params p = plain;

  for (int note = 0; note < 18; note++) {
    const char kind = nicks[note][strlen (nicks[note]) - 1];
    const double part = 1.0 / atof (strchr (nicks[note], '/') + 1),
                 value = part * (kind == 't'      ? 2.0 / 3.0
                                    : kind == 'd' ? 1.5
                                                  : 1.0);
    uint32_t at = 1;
    p.note = note;
    p.tempo_bpm = 170.0f;
    CHECK (strcmp (lq_delay_rows[3].items->items[note].nick, nicks[note]) == 0 &&
               lq_delay_rows[3].items->items[note].value == note,
        "note %d isn't %s", note, nicks[note]);
    CHECK_NEAR (lq_delay_time_ms (&p), 240000.0 * value / 170.0, 1e-6, nicks[note]);
    p.feedback_percent = 0;
    p.time_ms = 7;
    clear ();
    x[0][0] = 1.0f;
    run (&p, 8000, 1);
    while (at < N - 1 && x[0][at] == 0.0f)
      at++;
    CHECK (at == (uint32_t)lround (240.0 * value / 170.0 * 8000), "%s comes at %u", nicks[note],
        at);
  }
  p.tempo_bpm = 1.0f;
  CHECK_NEAR (lq_delay_time_ms (&p), 4000.0, 0.0, "the longest");
}

/* |H| of a first-order section by the bilinear transform, high or low. */
static double
prototype (double hz, double corner, int high)
{
  const double s = tan (LQ_PI * hz / RATE) / tan (LQ_PI * corner / RATE);

  return (high ? s : 1.0) / sqrt (1.0 + s * s);
}

static void
filters (void)
{
  static const double hertz[] = { 50, 200, 1000, 4000, 12000, 20000 };
  struct lq_delay_params p = plain;

  p.hpf_hz = 200;
  p.lpf_hz = 4000;
  p.mix_percent = 100;
  p.time_ms = 400;
  clear ();
  x[0][0] = 1.0f;
  run (&p, RATE, 1);
  for (int k = 1; k <= 3; k++)
    for (int i = 0; i < 6; i++) {
      const double once = prototype (hertz[i], 200, 1) * prototype (hertz[i], 4000, 0);
      const double got = cabs (lqm_response (x[0] + k * 19200, 19200, RATE, hertz[i]));
      CHECK_NEAR (20.0 * log10 (got), 20.0 * log10 (pow (once, k) * pow (0.5, k - 1)), 0.02,
          "an echo's response, dB");
    }
}

static void
ping_pong (void)
{
  struct lq_delay_params p = plain;
  double stray = 0.0;

  p.ping_pong = 1;
  for (uint32_t channels = 2; channels <= 6; channels += 4) {
    clear ();
    x[0][0] = 0.8f;
    x[1][0] = 0.4f;
    x[3][0] = 1.0f;
    run (&p, RATE, channels);
    for (int k = 1; k < 10; k++)
      for (int c = 0; c < 2; c++) {
        const double want = k % 2 == 1 - c ? 0.4 * 0.6 * pow (0.5, k - 1) : 0.0;
        CHECK_NEAR (x[c][k * 4800], want, 1e-6, "an echo that alternates");
      }
    for (int k = 1; k < 10 && channels == 6; k++)
      CHECK_NEAR (x[3][k * 4800], 0.4 * pow (0.5, k - 1), 1e-6, "an echo that stays");
    for (int c = 4; c < 6; c++)
      stray = fmax (stray, lqm_peak (x[c], N));
  }
  CHECK (stray == 0.0, "channels that were silent sound: %g", stray);
  clear ();
  x[0][0] = 1.0f;
  run (&p, RATE, 1);
  CHECK_NEAR (x[0][9600], 0.2, 1e-6, "mono doesn't care");
}

static void
width (void)
{
  static const float percents[] = { 0, 100, 200 };

  for (int i = 0; i < 3; i++) {
    struct lq_delay_params p = plain;
    p.width_percent = percents[i];
    clear ();
    x[0][0] = 1.0f;
    run (&p, RATE, 2);
    CHECK_NEAR (x[0][4800], 0.4 * (0.5 + percents[i] / 200.0), 1e-6, "left");
    CHECK_NEAR (x[1][4800], 0.4 * (0.5 - percents[i] / 200.0), 1e-6, "right");
    CHECK_NEAR (x[0][9600], 0.2 * (0.5 + percents[i] / 200.0), 1e-6, "left, only once");
  }
}

/* A tone of 0.5 s whose one echo comes 0.3 s later: 12 dB lower while both sound. */
static void
duck (void)
{
  struct lq_delay_params p = plain;
  double during, after;

  p.time_ms = 300;
  p.feedback_percent = 0;
  p.duck_db = 12;
  clear ();
  lqs_sine (x[0], 24000, RATE, 1000, 0.5, 0, 0);
  run (&p, RATE, 1);
  /* The delay is 300 periods: dry and echo are in phase. */
  during = lqm_tone (x[0] + 18000, 4800, RATE, 1000);
  after = lqm_tone (x[0] + 33600, 4800, RATE, 1000);
  CHECK_NEAR (20.0 * log10 ((during - 0.3) / 0.2), -12.0, 0.1, "while the input sounds, dB");
  CHECK (20.0 * log10 (after / 0.2) > -12.0, "doesn't come back: %.2f dB",
      20.0 * log10 (after / 0.2));
  p.time_ms = 1500;
  clear ();
  lqs_sine (x[0], 24000, RATE, 1000, 0.5, 0, 0);
  run (&p, RATE, 1);
  CHECK_NEAR (20.0 * log10 (lqm_tone (x[0] + 76000, 9600, RATE, 1000) / 0.2), 0.0, 0.05,
      "when it is long over, dB");
}

/* After the declared tail nothing is left; it isn't much too long either. */
static void
tails (void)
{
  static const float feedbacks[] = { 0, 30, 70, 90 };
  static const float lows[] = { 0, 500, 8000 };

  for (int f = 0; f < 4; f++)
    for (int l = 0; l < 3; l++) {
      struct lq_delay_params p = plain;
      struct rig *rig;
      uint32_t tail, last = 0;
      p.time_ms = 10;
      p.feedback_percent = feedbacks[f];
      p.lpf_hz = lows[l];
      p.hpf_hz = l == 1 ? 100 : 0;
      p.mix_percent = 100;
      rig = rig_new (&p, RATE, 1);
      tail = lq_delay_tail (&rig->u);
      clear ();
      lqs_noise (x[0], 9600, 1.0, 5);
      rig_run (rig, 0, N);
      for (uint32_t i = 9600; i < N; i++)
        if (fabsf (x[0][i]) > 1.585e-5f)
          last = i - 9599;
      CHECK (last <= tail && tail < 2 * last + 9600, "feedback %g, lpf %g: %u of %u frames",
          feedbacks[f], lows[l], last, tail);
      rig_free (rig);
    }
}

static void
longest_tail (void)
{
  struct lq_delay_params p = plain;
  struct rig *rig;

  p.time_ms = 4000;
  p.feedback_percent = 95;
  rig = rig_new (&p, RATE, 1);
  CHECK (lq_delay_tail (&rig->u) == 60 * 48000, "%u frames", lq_delay_tail (&rig->u));
  p.enabled = 0;
  lq_delay_set (&rig->u, &p);
  lq_delay_reset (&rig->u);
  CHECK (lq_delay_tail (&rig->u) == 0 && lq_delay_neutral (&rig->u), "off, but it sounds");
  rig_free (rig);
}

/* From 100 ms to 37: impulses before and after are echoed at the one and the other. */
static void
new_time (void)
{
  struct lq_delay_params p = plain;
  struct rig *rig = rig_new (&p, RATE, 1);

  clear ();
  x[0][0] = x[0][40000] = 1.0f;
  rig_run (rig, 0, 20000);
  p.time_ms = 37;
  lq_delay_set (&rig->u, &p);
  rig_run (rig, 20000, N);
  CHECK_NEAR (x[0][4 * 4800], 0.05, 1e-6, "the fourth of the first");
  CHECK_NEAR (x[0][40000 + 1776], 0.4, 1e-6, "the first of the second");
  CHECK_NEAR (x[0][40000 + 2 * 1776], 0.2, 1e-6, "the second of the second");
  rig_free (rig);
}

/* Switched off and on again it has forgotten what was before. */
static void
forgets (void)
{
  struct lq_delay_params p = plain;
  struct rig *rig = rig_new (&p, RATE, 2);

  clear ();
  lqs_noise (x[0], 24000, 0.5, 7);
  lqs_noise (x[1], 24000, 0.5, 8);
  rig_run (rig, 0, 24000);
  p.enabled = 0;
  lq_delay_set (&rig->u, &p);
  rig_run (rig, 24000, 30000);
  CHECK (lq_delay_neutral (&rig->u), "doesn't sleep");
  p.enabled = 1;
  lq_delay_set (&rig->u, &p);
  rig_run (rig, 30000, N);
  CHECK (lqm_peak (x[0] + 27000, N - 27000) == 0.0, "remembers");
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "echoes in time and level", echoes },
    { "tempo and notes", tempo }, { "filters of the loop", filters },
    { "ping-pong", ping_pong }, { "width", width }, { "ducking", duck },
    { "tails end where they are said to", tails },
    { "the longest tail, and none", longest_tail }, { "a new time", new_time },
    { "sleep forgets", forgets }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
