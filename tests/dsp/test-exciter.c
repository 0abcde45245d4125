/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The exciter: harmonics against the Fourier series of its curves in double, aliases by transforms of
 * whole periods, small signals and bands by their responses. */

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpu.h"
#include "base/mathx.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/exciter.h"
#include "signals.h"

#define RATE 48000
#define PERIOD 8192
#define N (14 * PERIOD)

static float in[2][N], out[2][N];

static const char *const names[] = { "warm", "tape", "tube", "triode", "retro" };

/* The curves as the header has them: f, the level that it comes to, its bias. */
static double
root (double x)
{
  return x / sqrt (1.0 + x * x);
}

static double
fourth (double x)
{
  return x / sqrt (sqrt (1.0 + x * x * x * x));
}

static const struct {
  double (*f) (double);
  double level, bias;
} curves[] = { { root, 16.0, 0.5 }, { root, 4.0, 0.0 }, { tanh, 5.0, 0.35 }, { tanh, 8.0, 0.9 },
  { fourth, 2.5, 0.0 } };

static struct lq_exciter_params
params (uint32_t bands)
{
  const struct lq_module modules[] = { LQ_EXCITER_MODULE_LIST (0) };
  struct lq_exciter_params p;

  lq_modules_defaults (modules, LQ_EXCITER_MODULES, &p);
  p.enabled = 1;
  p.bands = bands;
  return p;
}

static struct lq_exciter_params
one (int style, float amount)
{
  struct lq_exciter_params p = params (1);

  p.band[0] = (struct lq_exciter_band){ style, amount, 100.0f, LQ_SAT_STEREO };
  return p;
}

/* in → out, `n` frames through a fresh unit; from frame `at` on with `then`. The latency. */
static uint32_t
run_change (const struct lq_exciter_params *p, const struct lq_exciter_params *then, size_t at,
    double rate, size_t n, size_t block)
{
  const lq_stream stream = { .rate = rate, .channels = 2, .out_channels = 2 };
  lq_exciter *u = malloc (sizeof *u);
  uint32_t latency, grown;
  lq_arena arena;

  lq_arena_init (&arena);
  if (!lq_exciter_prepare (u, &stream, p, &arena))
    abort ();
  latency = lq_exciter_latency (u);
  memcpy (out, in, sizeof out);
  for (size_t done = 0, some; done < n; done += some) {
    float *ch[2] = { out[0] + done, out[1] + done };
    some = n - done < block ? n - done : block;
    if (done == at) {
      lq_exciter_set (u, then);
      grown = lq_exciter_grow (u);
      CHECK (grown == lq_exciter_latency (u) - latency, "grew by %u", grown);
      latency += grown;
    }
    if (done < at && done + some > at)
      some = at - done;
    lq_exciter_process (u, ch, (uint32_t)some);
  }
  lq_arena_free (&arena);
  free (u);
  return latency;
}

static uint32_t
run (const struct lq_exciter_params *p, double rate, size_t n)
{
  return run_change (p, p, SIZE_MAX, rate, n, LQ_BLOCK);
}

static void
sine (uint32_t bin, double amplitude)
{
  for (uint32_t i = 0; i < N; i++)
    in[0][i] = in[1][i] =
        (float)(amplitude * sin (2.0 * LQ_PI * (double)((uint64_t)bin * i % PERIOD) / PERIOD));
}

/* Amplitude of harmonic h of the tone at `bin`, h = 0: the mean. */
static double
line (const float *y, uint32_t bin, uint32_t h)
{
  double complex z = 0.0;

  for (uint32_t i = 0; i < PERIOD; i++)
    z += y[i] * cexp (-2.0 * LQ_PI * I * (double)((uint64_t)bin * h * i % PERIOD) / PERIOD);
  return cabs (z) / PERIOD * (h ? 2.0 : 1.0);
}

/* What a style makes of a sine: amplitude of its harmonic h. */
static double
expected (int style, double amplitude, double drive, uint32_t h)
{
  double (*const f) (double) = curves[style].f;
  const double b = curves[style].bias, level = curves[style].level;
  const double slope = (f (b + 1e-6) - f (b - 1e-6)) / 2e-6;
  double complex z = 0.0;

  for (uint32_t i = 0; i < 4096; i++) {
    const double t = 2.0 * LQ_PI * i / 4096.0;
    z += (f (amplitude * drive / level * sin (t) + b) - f (b)) * cexp (-I * t * h);
  }
  return cabs (z) / 4096.0 * 2.0 * level / slope / drive;
}

static void
harmonics (void)
{
  static const float amounts[] = { 20, 50, 100 };

  for (int style = 0; style < LQ_EXCITER_STYLES; style++)
    for (int a = 0; a < 3; a++) {
      const struct lq_exciter_params p = one (style, amounts[a]);
      const double drive = pow (10.0, amounts[a] * 0.24 / 20.0);
      double level[10];
      sine (85, 0.5);
      run (&p, RATE, N);
      for (uint32_t h = 1; h <= 9; h++) {
        const double want = expected (style, 0.5, drive, h);
        level[h] = line (out[0] + N - PERIOD, 85, h);
        CHECK_NEAR (level[h], want, 2e-5 + 4e-4 * want, names[style]);
      }
      CHECK (line (out[0] + N - PERIOD, 85, 0) < 3.16e-5, "%s: an offset", names[style]);
      lqt_note ("%s, %g %%: %.1f, %.1f, %.1f, %.1f dB", names[style], amounts[a],
          lqm_db (level[2] / level[1]), lqm_db (level[3] / level[1]),
          lqm_db (level[4] / level[1]), lqm_db (level[5] / level[1]));
    }
}

/* What the styles promise, at −6 dBFS and 50 %. */
static void
characters (void)
{
  double h[LQ_EXCITER_STYLES][6];

  for (int style = 0; style < LQ_EXCITER_STYLES; style++) {
    const struct lq_exciter_params p = one (style, 50.0f);
    sine (85, 0.5);
    run (&p, RATE, N);
    for (uint32_t k = 1; k < 6; k++)
      h[style][k] = lqm_db (line (out[0] + N - PERIOD, 85, k));
  }
  CHECK (h[LQ_EXCITER_WARM][2] > h[LQ_EXCITER_WARM][3] + 20.0, "warm: the 2nd");
  CHECK (h[LQ_EXCITER_TRIODE][2] > h[LQ_EXCITER_TRIODE][3] + 15.0, "triode: the 2nd");
  CHECK (h[LQ_EXCITER_TRIODE][2] > h[LQ_EXCITER_WARM][2] + 5.0, "triode: more of it");
  CHECK (h[LQ_EXCITER_TAPE][3] > h[LQ_EXCITER_TAPE][2] + 40.0, "tape: odd");
  CHECK (h[LQ_EXCITER_RETRO][3] > h[LQ_EXCITER_RETRO][2] + 40.0, "retro: odd");
  CHECK (h[LQ_EXCITER_RETRO][3] - h[LQ_EXCITER_RETRO][5] <
             h[LQ_EXCITER_TAPE][3] - h[LQ_EXCITER_TAPE][5] - 5.0,
      "retro: falls slowly");
  CHECK (fabs (h[LQ_EXCITER_TUBE][2] - h[LQ_EXCITER_TUBE][3]) < 20.0 &&
             h[LQ_EXCITER_TUBE][3] > -70.0,
      "tube: even and odd");
}

/* Everything up to 20 kHz that is no multiple of the tone, against it, dB. */
static double
alias_db (const float *y, uint32_t bin, double rate)
{
  static double complex z[PERIOD];
  double rest = 0.0;

  for (uint32_t i = 0; i < PERIOD; i++)
    z[i] = y[i];
  lqm_fft (z, PERIOD);
  for (uint32_t k = 1; k <= PERIOD / 2 && k * rate / PERIOD <= 20000.0; k++)
    if (k % bin)
      rest += pow (cabs (z[k]), 2.0);
  return 10.0 * log10 (rest / pow (cabs (z[bin]), 2.0));
}

/* At full scale and 50 %, 12 dB, as the saturator's. */
static void
aliases (void)
{
  static const double rates[] = { 44100, 48000 };
  static const double tones[] = { 4963, 5000, 5037 };

  for (int r = 0; r < 2; r++)
    for (int style = 0; style < LQ_EXCITER_STYLES; style++) {
      const struct lq_exciter_params p = one (style, 50.0f);
      double worst = -200.0;
      for (int t = 0; t < 3; t++) {
        const uint32_t bin = (uint32_t)(tones[t] * PERIOD / rates[r]) | 1;
        sine (bin, 1.0);
        run (&p, rates[r], N);
        worst = fmax (worst, alias_db (out[0] + N - PERIOD, bin, rates[r]));
      }
      CHECK (worst < -80.0, "%s at %g Hz: %.1f dBc", names[style], rates[r], worst);
      lqt_note ("%s at %g Hz: %.1f dBc", names[style], rates[r], worst);
    }
}

/* Small signals: 0 dB at any amount, with one band and with four, by the mean of an impulse up and one
 * down, which is without even harmonics. */
static void
small (void)
{
  static float up[N];
  static const float amounts[] = { 5, 30, 70, 100 };

  for (uint32_t bands = 1; bands <= 4; bands += 3)
    for (int style = 0; style < LQ_EXCITER_STYLES; style++)
      for (int a = 0; a < 4; a++) {
        struct lq_exciter_params p = params (bands);
        double worst = 0.0;
        for (uint32_t b = 0; b < bands; b++)
          p.band[b] = (struct lq_exciter_band){ style, amounts[a], 100.0f, LQ_SAT_STEREO };
        memset (in, 0, sizeof in);
        in[0][100] = 1e-2f;
        run (&p, RATE, RATE);
        memcpy (up, out[0], sizeof up);
        in[0][100] = -1e-2f;
        run (&p, RATE, RATE);
        for (size_t i = 0; i < RATE; i++)
          up[i] = (up[i] - out[0][i]) / 2e-2f;
        for (double hz = 50.0; hz < 18000.0; hz *= 1.3)
          worst = fmax (worst, fabs (lqm_db (cabs (lqm_response (up, RATE, RATE, hz)))));
        CHECK (worst < 0.05, "%s, %u bands, %g %%: %.3f dB", names[style], bands, amounts[a],
            worst);
      }
}

static void
mix (void)
{
  static float wet[2][N];
  struct lq_exciter_params p = one (LQ_EXCITER_TUBE, 80.0f);
  uint32_t latency;
  double worst = 0.0;

  lqs_programme (in[0], N, RATE, 1);
  lqs_programme (in[1], N, RATE, 2);
  run (&p, RATE, N);
  memcpy (wet, out, sizeof wet);
  p.band[0].mix_percent = 35.0f;
  latency = run (&p, RATE, N);
  for (int c = 0; c < 2; c++)
    for (size_t i = latency; i < N; i++)
      worst = fmax (worst, fabs (0.65 * in[c][i - latency] + 0.35 * wet[c][i] - out[c][i]));
  CHECK (worst < 1e-6, "mix is off by %g", worst);
  /* Below 10 % what is excited comes in gradually. */
  run (&(struct lq_exciter_params){ 1, 1, { 200, 2500, 8000 }, 0, { { 1, 0.01f, 100, 0 } } },
      RATE, N);
  worst = 0.0;
  for (size_t i = latency; i < N; i++)
    worst = fmax (worst, fabs (in[0][i - latency] - out[0][i]));
  CHECK (worst < 1e-4 && worst > 0.0, "0.01 %%: %g", worst);
}

/* A route's signal against the same alone, in both channels. */
static void
routes (void)
{
  static const double picks[][2] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 0.5, 0.5 },
    { 0.5, -0.5 } };
  static const double puts[][2] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 }, { 1, -1 } };
  static float source[2][N], routed[2][N];
  uint32_t latency;

  lqs_programme (source[0], N, RATE, 1);
  lqs_programme (source[1], N, RATE, 2);
  for (int route = 1; route < 5; route++) {
    struct lq_exciter_params p = one (LQ_EXCITER_TRIODE, 60.0f);
    double worst = 0.0;
    memcpy (in, source, sizeof in);
    p.band[0].channel = route;
    latency = run (&p, RATE, N);
    memcpy (routed, out, sizeof routed);
    p.band[0].channel = LQ_SAT_STEREO;
    for (size_t i = 0; i < N; i++)
      in[0][i] = in[1][i] =
          (float)(picks[route][0] * source[0][i] + picks[route][1] * source[1][i]);
    run (&p, RATE, N);
    for (int c = 0; c < 2; c++)
      for (size_t i = latency; i < N; i++)
        worst = fmax (worst,
            fabs (source[c][i - latency] +
                  puts[route][c] * (out[0][i] - (double)in[0][i - latency]) - routed[c][i]));
    CHECK (worst < 1e-6, "channel %d is off by %g", route, worst);
    CHECK (
        lqm_difference (routed[route == 2], source[route == 2], N) > 0.01, "it does nothing");
  }
}

/* Only the band that has an amount gets harmonics; the sum of all is flat. */
static void
bands (void)
{
  struct lq_exciter_params p = params (4);
  const uint32_t low = 14, high = 700; /* 82 Hz, 4.1 kHz */

  p.band[2] = (struct lq_exciter_band){ LQ_EXCITER_TAPE, 90.0f, 100.0f, LQ_SAT_STEREO };
  sine (low, 0.5);
  run (&p, RATE, N);
  CHECK (line (out[0] + N - PERIOD, low, 3) < 1e-4, "the low tone's 3rd is %.1f dB",
      lqm_db (line (out[0] + N - PERIOD, low, 3)));
  sine (high, 0.5);
  run (&p, RATE, N);
  CHECK (line (out[0] + N - PERIOD, high, 3) > 0.005, "the high tone's 3rd is %.1f dB",
      lqm_db (line (out[0] + N - PERIOD, high, 3)));
}

static void
neutral (void)
{
  lqs_programme (in[0], N, RATE, 1);
  lqs_programme (in[1], N, RATE, 2);
  for (uint32_t n = 1; n <= 4; n++) {
    const struct lq_exciter_params p = params (n);
    struct lq_exciter_params off = p, works = p;
    uint32_t latency;
    off.enabled = 0;
    works.band[n - 1] = (struct lq_exciter_band){ 1, 70, 100, LQ_SAT_MID };
    CHECK (run (&off, RATE, N) == 0 && memcmp (in, out, sizeof in) == 0, "off, %u bands", n);
    latency = run (&p, RATE, N);
    CHECK (latency > 0, "no latency");
    for (int c = 0; c < 2; c++)
      CHECK (memcmp (in[c], out[c] + latency, (N - latency) * sizeof (float)) == 0,
          "amount 0, %u bands: not the input", n);
    latency = run_change (&works, &off, N / 2 + 5, RATE, N, 1000);
    for (int c = 0; c < 2; c++) {
      CHECK (memcmp (in[c] + N - 9000 - latency, out[c] + N - 9000, 9000 * sizeof (float)) == 0,
          "off again, %u bands: not the input", n);
      CHECK (lqm_difference (in[c], out[c] + latency, N / 2) > 0.01, "%u bands: nothing", n);
    }
    /* Switched on late: the latency grows, and nothing is lost. */
    latency = run_change (&off, &works, N / 2 + 5, RATE, N, 1000);
    CHECK (latency > 0, "%u bands: it doesn't grow", n);
    for (int c = 0; c < 2; c++)
      CHECK (memcmp (in[c] + N / 2 + 5, out[c] + N / 2 + 5 + latency, 8 * sizeof (float)) == 0,
          "%u bands: late, it jumps", n);
  }
}

static void
latencies (void)
{
  static const int32_t factors[] = { 0, 1, 2, 4, 8 };

  for (int k = 0; k < 5; k++) {
    struct lq_exciter_params p = one (LQ_EXCITER_TAPE, 50.0f);
    uint32_t latency, peak = 0;
    p.oversampling = factors[k];
    memset (in, 0, sizeof in);
    in[0][500] = 0.01f;
    latency = run (&p, RATE, PERIOD);
    for (uint32_t i = 0; i < PERIOD; i++)
      peak = fabsf (out[0][i]) > fabsf (out[0][peak]) ? i : peak;
    CHECK (peak == 500 + latency, "×%d: says %u, has %u", factors[k], latency, peak - 500);
    lqt_note ("×%d: %u frames", factors[k], latency);
  }
}

/* What switches, fades. */
static void
clicks (void)
{
  for (uint32_t n = 1; n <= 4; n += 3)
    for (int k = 0; k < 6; k++) {
      struct lq_exciter_params p = params (n), q;
      double step, rest;
      p.band[0] = (struct lq_exciter_band){ 0, 40, 100, 0 };
      q = p;
      if (k == 0)
        q.band[0].channel = LQ_SAT_SIDE;
      if (k == 1)
        q.band[0].style = LQ_EXCITER_TRIODE;
      if (k == 2)
        q.band[0].amount_percent = 0.0f;
      if (k == 3)
        p.band[0].amount_percent = 0.0f;
      if (k == 4)
        q.enabled = 0;
      if (k == 5)
        q.crossover_hz[0] = 60.0f;
      lqs_sine (in[0], N, RATE, 100.0, 0.5, 0.0, 0);
      lqs_sine (in[1], N, RATE, 100.0, 0.3, 1.0, 0);
      run_change (&p, &q, N / 2 + 7, RATE, N, LQ_BLOCK);
      for (int c = 0; c < 2; c++) {
        step = lqm_curvature (out[c] + N / 2, N / 4);
        rest = fmax (
            lqm_curvature (out[c] + N / 4, N / 4), lqm_curvature (out[c] + 3 * N / 4, N / 4));
        CHECK (step <= 1.6 * rest + 4e-7, "%u bands, change %d: ratio %.2f", n, k, step / rest);
      }
    }
}

static void
cuts (void)
{
  static const size_t blocks[] = { 1, 7, 63, 64, 500 };
  static float whole[2][N];

  lqs_programme (in[0], N, RATE, 1);
  lqs_programme (in[1], N, RATE, 2);
  for (uint32_t n = 1; n <= 4; n++) {
    struct lq_exciter_params p = params (n), q = p;
    p.band[0] = (struct lq_exciter_band){ 0, 40, 100, LQ_SAT_MID };
    q.band[0] = (struct lq_exciter_band){ 2, 90, 60, LQ_SAT_LEFT };
    q.crossover_hz[0] = 60.0f;
    run_change (&p, &q, 7011, RATE, 30000, LQ_BLOCK);
    memcpy (whole, out, sizeof whole);
    for (int k = 0; k < 5; k++) {
      run_change (&p, &q, 7011, RATE, 30000, blocks[k]);
      CHECK (memcmp (whole, out, sizeof whole) == 0, "%u bands: blocks of %zu differ", n,
          blocks[k]);
    }
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "harmonics of the curves", harmonics },
    { "what the styles promise", characters }, { "aliases of 5 kHz", aliases },
    { "small signals at 0 dB", small }, { "mix", mix }, { "channels", routes },
    { "a band alone", bands }, { "neutral, off, late", neutral },
    { "latency is the measured one", latencies }, { "no clicks", clicks },
    { "however cut", cuts }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
