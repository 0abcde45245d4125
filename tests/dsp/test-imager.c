/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The imager on impulses, tones and noise: sums, sides and correlations measured from its output with
 * plain sums in double. */

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpu.h"
#include "base/mathx.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "processors/imager.h"
#include "signals.h"

#define RATE 48000
#define N (4 * RATE)

static double rate = RATE;
static float in[2][N], out[2][N];

static struct lq_imager_params
params (uint32_t bands)
{
  const struct lq_module modules[] = { LQ_IMAGER_MODULE_LIST (0) };
  struct lq_imager_params p;

  lq_modules_defaults (modules, LQ_IMAGER_MODULES, &p);
  p.enabled = 1;
  p.bands = bands;
  return p;
}

/* What is set from a frame on. */
struct change {
  size_t at;
  struct lq_imager_params params;
};

/* in → out through a fresh unit in blocks of `block` frames; `change` may be NULL. */
static void
run (const struct lq_imager_params *p, size_t n, const struct change *change, size_t block)
{
  const lq_stream stream = { .rate = rate, .channels = 2, .out_channels = 2 };
  lq_imager *u = malloc (sizeof *u);
  lq_arena arena;

  lq_arena_init (&arena);
  if (!lq_imager_prepare (u, &stream, p, &arena))
    abort ();
  memcpy (out, in, sizeof out);
  for (size_t done = 0, some; done < n; done += some) {
    float *ch[2] = { out[0] + done, out[1] + done };
    some = n - done < block ? n - done : block;
    if (change && done == change->at)
      lq_imager_set (u, &change->params);
    if (change && done < change->at && done + some > change->at)
      some = change->at - done;
    lq_imager_process (u, ch, (uint32_t)some);
  }
  lq_arena_free (&arena);
  free (u);
}

static void
programme (void)
{
  lqs_programme (in[0], N, RATE, 1);
  lqs_programme (in[1], N, RATE, 2);
}

static bool
same (size_t from, size_t n)
{
  return memcmp (in[0] + from, out[0] + from, n * sizeof (float)) == 0 &&
         memcmp (in[1] + from, out[1] + from, n * sizeof (float)) == 0;
}

static void
narrow (void)
{
  programme ();
  for (uint32_t bands = 1; bands <= LQ_IMAGER_BANDS; bands++) {
    struct lq_imager_params p = params (bands);
    for (uint32_t b = 0; b < bands; b++)
      p.band[b] = (struct lq_imager_band){ 0.0f, 30.0f * b };
    run (&p, RATE, NULL, LQ_BLOCK);
    CHECK (memcmp (out[0], out[1], RATE * sizeof (float)) == 0, "%u bands: left isn't right",
        bands);
    CHECK (lqm_rms (out[0], RATE) > 0.05, "%u bands: silent", bands);
  }
}

static void
neutral (void)
{
  programme ();
  for (uint32_t bands = 1; bands <= LQ_IMAGER_BANDS; bands++) {
    struct lq_imager_params p = params (bands);
    struct change back = { RATE / 2 + 17, p };
    run (&p, RATE, NULL, 1000);
    CHECK (same (0, RATE), "%u bands: neutral isn't transparent", bands);
    p.band[bands - 1].width_percent = 170.0f;
    p.band[0].stereoize_percent = 50.0f;
    p.mono_hz = 200.0f;
    run (&p, N, &back, 1000);
    CHECK (!same (0, RATE / 2), "%u bands: nothing happens", bands);
    CHECK (same (RATE, N - RATE), "%u bands: not transparent any more", bands);
    p.enabled = 0;
    run (&p, RATE, NULL, 1000);
    CHECK (same (0, RATE), "%u bands: off, not transparent", bands);
  }
}

/* Magnitude at hz of half the sum (sign 1) or difference of the channels, dB, for an impulse. */
static double
response_db (double hz, double sign)
{
  const double complex l = lqm_response (out[0], RATE, RATE, hz),
                       r = lqm_response (out[1], RATE, RATE, hz);

  return lqm_db (cabs (l + sign * r) / 2.0);
}

static void
sums (void)
{
  for (uint32_t bands = 1; bands <= LQ_IMAGER_BANDS; bands++) {
    struct lq_imager_params p = params (bands);
    double worst = 0.0;
    memset (in, 0, sizeof in);
    in[0][100] = 1.0f;
    in[1][100] = -0.4f;
    for (uint32_t b = 0; b < bands; b++)
      p.band[b] = (struct lq_imager_band){ 30.0f + 50.0f * b, 100.0f - 20.0f * b };
    p.mono_hz = 300.0f;
    p.mono_slope = 24;
    run (&p, RATE, NULL, LQ_BLOCK);
    for (double hz = 20.0; hz <= 20000.0; hz *= 1.05)
      worst = fmax (worst, fabs (response_db (hz, 1.0) - lqm_db (0.3)));
    CHECK (worst <= 0.01, "%u bands: the sum is off by %.4f dB", bands, worst);
    lqt_note ("%u bands: the sum is within %.5f dB", bands, worst);
  }
}

static void
mono_bass (void)
{
  static const int32_t slopes[] = { 6, 12, 24 };
  static const float hertz[] = { 60, 150, 500 };

  memset (in, 0, sizeof in);
  in[0][100] = 1.0f;
  in[1][100] = -1.0f;
  for (int s = 0; s < 3; s++)
    for (int f = 0; f < 3; f++) {
      struct lq_imager_params p = params (1);
      double worst = 0.0;
      p.mono_hz = hertz[f];
      p.mono_slope = slopes[s];
      run (&p, RATE, NULL, LQ_BLOCK);
      for (double hz = 20.0; hz <= 16000.0; hz *= 1.1) {
        const double want = -10.0 * log10 (1.0 + pow (hertz[f] / hz, slopes[s] / 3.0));
        if (want > -80.0)
          worst = fmax (worst, fabs (response_db (hz, -1.0) - want));
      }
      CHECK (
          worst <= 0.05, "%d dB/octave at %g Hz: off by %.3f dB", slopes[s], hertz[f], worst);
      CHECK_NEAR (response_db (hertz[f], -1.0), -3.0103, 0.01, "at the frequency");
    }
}

static void
bands (void)
{
  static const float widths[] = { 50, 160, 0, 200 };
  static const float crossovers[] = { 60, 800, 9000 };
  static const double hertz[] = { 12, 219, 2680, 20000 };
  struct lq_imager_params p = params (4);

  memset (in, 0, sizeof in);
  in[0][100] = 1.0f;
  in[1][100] = -1.0f;
  for (int b = 0; b < 4; b++)
    p.band[b].width_percent = widths[b];
  memcpy (p.crossover_hz, crossovers, sizeof crossovers);
  run (&p, RATE, NULL, LQ_BLOCK);
  for (int b = 0; b < 4; b++) {
    const double lin = pow (10.0, response_db (hertz[b], -1.0) / 20.0);
    CHECK_NEAR (lin, widths[b] / 100.0, 0.03, "side of a band in its middle");
  }
  p = params (1);
  p.band[0].width_percent = 135.0f;
  run (&p, RATE, NULL, LQ_BLOCK);
  CHECK_NEAR (response_db (1000.0, -1.0), 20.0 * log10 (1.35), 1e-4, "the side of all");
}

/* Correlation of frames from … from + n − 1; 0 where a channel is below −120 dBFS. */
static double
correlation_of (const float (*x)[N], size_t from, size_t n)
{
  double xx = 0.0, yy = 0.0, xy = 0.0;

  for (size_t i = from; i < from + n; i++) {
    xx += (double)x[0][i] * x[0][i];
    yy += (double)x[1][i] * x[1][i];
    xy += (double)x[0][i] * x[1][i];
  }
  return xx < 1e-12 * n || yy < 1e-12 * n ? 0.0 : xy / sqrt (xx * yy);
}

static double
correlation (size_t from, size_t n)
{
  return correlation_of (out, from, n);
}

static void
stereoize (void)
{
  double last = 1.0;

  lqs_band_noise (in[0], N, 0.4, 0.1, 5);
  memcpy (in[1], in[0], sizeof in[1]);
  for (int percent = 0; percent <= 100; percent += 25) {
    struct lq_imager_params p = params (1);
    double c, worst = 0.0;
    p.band[0].stereoize_percent = (float)percent;
    run (&p, N, NULL, LQ_BLOCK);
    c = correlation (RATE, 2 * RATE);
    lqt_note ("%d %%: correlation %.3f", percent, c);
    CHECK (c < last - 0.05 || percent == 0, "%d %%: correlation %.3f", percent, c);
    last = c;
    for (size_t i = 0; i < N; i++)
      worst = fmax (worst, fabs (0.5 * ((double)out[0][i] + out[1][i]) - in[0][i]));
    CHECK (worst < 1e-7, "%d %%: the sum is off by %g", percent, worst);
  }
  CHECK (fabs (last) < 0.1, "100 %%: correlation %.3f", last);
}

/* Left and right of mono noise stay as loud as each other in each octave, and no octave is lost. */
static void
balance (void)
{
  struct lq_imager_params p = params (1);

  memset (in, 0, sizeof in);
  in[0][100] = in[1][100] = 1.0f;
  p.band[0].stereoize_percent = 100.0f;
  run (&p, RATE, NULL, LQ_BLOCK);
  for (double hz = 125.0; hz <= 8000.0; hz *= 2.0) {
    double power[2] = { 0.0, 0.0 };
    for (int c = 0; c < 2; c++)
      for (int k = 0; k < 64; k++)
        power[c] +=
            pow (cabs (lqm_response (out[c], RATE, RATE, hz * pow (2.0, k / 64.0))), 2.0);
    CHECK (fabs (10.0 * log10 (power[0] / power[1])) < 4.0,
        "octave from %g Hz: %.1f dB to a side", hz, 10.0 * log10 (power[0] / power[1]));
    lqt_note ("octave from %g Hz: left is %+.1f dB", hz, 10.0 * log10 (power[0] / power[1]));
  }
}

/* The guard. */

static struct lq_imager_params
guarded (uint32_t bands)
{
  struct lq_imager_params p = params (bands);

  p.guard = 1;
  return p;
}

/* The least correlation of 400 ms, by 10 ms, that end from `from` on. */
static double
least (size_t from)
{
  double low = 1.0;

  for (size_t end = from; end <= N; end += RATE / 100)
    low = fmin (low, correlation (end - RATE * 4 / 10, RATE * 4 / 10));
  return low;
}

static void
from_mid_and_side (void)
{
  for (size_t i = 0; i < N; i++) {
    const float m = in[0][i], s = in[1][i];
    in[0][i] = m + s;
    in[1][i] = m - s;
  }
}

static void
guard_case (const char *name, size_t onset, float width)
{
  for (uint32_t bands = 1; bands <= LQ_IMAGER_BANDS; bands++) {
    struct lq_imager_params p = guarded (bands);
    double low;
    for (uint32_t b = 0; b < bands; b++)
      p.band[b].width_percent = width;
    run (&p, N, NULL, LQ_BLOCK);
    low = least (onset + RATE / 2);
    CHECK (low >= -0.05, "%s, %u bands: correlation %.3f", name, bands, low);
    lqt_note ("%s, %u bands: correlation %.3f at the least", name, bands, low);
  }
}

static void
guard_tones (void)
{
  static const double hertz[] = { 30, 200, 1000, 9000 };
  static const float shares[] = { 1.0f, 0.5f, 0.05f };

  for (int f = 0; f < 4; f++)
    for (int k = 0; k < 3; k++) {
      lqs_sine (in[0], N, RATE, hertz[f], 0.5, 0.3, 0);
      for (size_t i = 0; i < N; i++)
        in[1][i] = -shares[k] * in[0][i];
      guard_case ("tone against its negative", 0, 100.0f);
    }
  lqs_sine (in[0], N, RATE, 200.0, 0.2, 0.0, 0);
  lqs_sine (in[1], N, RATE, 2000.0, 0.3, 0.0, 0);
  from_mid_and_side ();
  guard_case ("middle and side at two crossovers", 0, 100.0f);
  lqs_sine (in[0], N, RATE, 40.0, 0.2, 0.0, 0);
  lqs_sine (in[1], N, RATE, 40.0, 0.3, 1.6, 0);
  from_mid_and_side ();
  guard_case ("a low tone, middle and side at 90 degrees", 0, 100.0f);
}

static void
guard_noise (void)
{
  lqs_band_noise (in[0], N, 0.4, 0.1, 5);
  lqs_band_noise (in[1], N, 0.4, 0.1, 6);
  guard_case ("independent noise at twice the width", 0, 200.0f);
  lqs_band_noise (in[0], N, 0.004, 0.05, 7);
  lqs_band_noise (in[1], N, 0.4, 0.1, 8);
  from_mid_and_side ();
  guard_case ("low middle, wide side", 0, 100.0f);
  lqs_band_noise (in[0], N, 0.4, 0.1, 9);
  lqs_band_noise (in[1], N, 0.004, 0.2, 10);
  from_mid_and_side ();
  guard_case ("wide middle, low side", 0, 100.0f);
}

/* Gated: side in bursts of `on` in `period` seconds over a steady middle. */
static void
bursts (double on, double period)
{
  lqs_band_noise (in[0], N, 0.4, 0.03, 11);
  lqs_band_noise (in[1], N, 0.4, 0.2, 12);
  for (size_t i = 0; i < N; i++)
    if (fmod (i / (double)RATE, period) > on)
      in[1][i] = 0.0f;
  from_mid_and_side ();
}

static void
guard_onsets (void)
{
  bursts (0.1, 0.3);
  guard_case ("bursts of side, 100 of 300 ms", 0, 100.0f);
  bursts (0.03, 0.25);
  guard_case ("bursts of side, 30 of 250 ms", 0, 100.0f);
  /* Mono for a second, then whole antiphase: the correlation of 400 ms falls below 0 after 200. */
  lqs_band_noise (in[0], N, 0.4, 0.1, 13);
  for (size_t i = 0; i < N; i++)
    in[1][i] = i < RATE ? in[0][i] : -in[0][i];
  guard_case ("mono, then antiphase", RATE + RATE / 5, 100.0f);
  for (size_t i = 0; i < N; i++) {
    in[0][i] *= i < RATE ? 0.001f : 1.0f;
    in[1][i] *= i < RATE ? 0.001f : 1.0f;
  }
  guard_case ("silent mono, then antiphase", RATE, 100.0f);
}

/* Middle and side at levels that jump at random; `always`: the side is the louder one throughout. */
static size_t jumps[N / 1000];

static void
at_random (uint64_t seed, bool always)
{
  lqs_random random = { seed };
  double mid = 0.1, side = 0.1;
  size_t until = 0, jump = 0;

  lqs_band_noise (in[0], N, seed % 3 ? 0.4 : 0.01, 1.0, 20 + seed);
  lqs_band_noise (in[1], N, seed % 2 ? 0.4 : 0.01, 1.0, 40 + seed);
  for (size_t i = 0; i < N; i++) {
    if (i == until) {
      jumps[jump++] = i;
      until += lqs_range (&random, RATE * 6 / 10, RATE * 3 / 2);
      mid = pow (10.0, -2.0 + lqs_uniform (&random));
      side = pow (10.0, always ? -0.9 : -2.0 + lqs_uniform (&random));
      side = always ? side * (0.6 + 0.4 * lqs_uniform (&random)) + mid : side;
    }
    in[0][i] *= (float)mid;
    in[1][i] *= (float)side;
  }
  jumps[jump] = N;
  from_mid_and_side ();
}

/* Whatever comes: from half a second after levels jumped, or the correlation of the input fell below 0,
 * that of the output is at least −0.05. */
static void
guard_anything (void)
{
  const size_t window = RATE * 4 / 10, move = RATE / 100;
  double worst[2] = { 1.0, 1.0 };

  for (uint64_t seed = 1; seed <= 24; seed++) {
    const bool always = seed > 12;
    const struct lq_imager_params p = guarded (seed % 4 + 1);
    size_t onset = 0, jump = 0;
    at_random (seed, always);
    run (&p, N, NULL, LQ_BLOCK);
    for (size_t end = window; end <= N; end += move) {
      const double c = correlation (end - window, window);
      for (; jumps[jump] <= end && end < N; jump++)
        onset = jumps[jump];
      if (correlation_of (in, end - window, window) >= 0.0)
        onset = end;
      if (end < onset + RATE / 2)
        continue;
      worst[always] = fmin (worst[always], c);
      if (!CHECK (c >= -0.05, "seed %d, %u bands, %.2f s: %.3f", (int)seed, p.bands,
              end / (double)RATE, c))
        break;
    }
  }
  lqt_note ("correlation %.3f at the least; %.3f where the side is louder throughout", worst[0],
      worst[1]);
}

/* Correlation of input bands is above 0 all the time: nothing is touched. */
static void
guard_leaves (void)
{
  lqs_band_noise (in[0], N, 0.4, 0.1, 14);
  lqs_band_noise (in[1], N, 0.4, 0.07, 15);
  from_mid_and_side ();
  for (uint32_t n = 1; n <= LQ_IMAGER_BANDS; n++) {
    const struct lq_imager_params p = guarded (n);
    run (&p, N, NULL, 777);
    CHECK (same (0, N), "%u bands: touched", n);
  }
  /* Tones at 80 degrees. */
  for (double hz = 50.0; hz < 5000.0; hz *= 4.0) {
    const struct lq_imager_params p = guarded (1);
    lqs_sine (in[0], N, RATE, hz, 0.4, 0.0, 0);
    lqs_sine (in[1], N, RATE, hz, 0.4, 80.0 / 180.0 * LQ_PI, 0);
    run (&p, N, NULL, LQ_BLOCK);
    CHECK (same (0, N), "%g Hz at 80 degrees: touched", hz);
  }
}

/* Narrows the band alone, and lets go afterwards. */
static void
guard_band (void)
{
  struct lq_imager_params p = guarded (3);
  double worst = 0.0;

  p.band[2].width_percent = 100.5f; /* not neutral: what is compared passes the same all-pass */
  lqs_sine (in[0], N, RATE, 60.0, 0.3, 0.0, 0);
  for (size_t i = 0; i < N; i++)
    in[1][i] = i < 9 * RATE / 4 ? -in[0][i] : in[0][i];
  for (size_t i = 0; i < N; i++) {
    const double high = 0.2 * sin (2.0 * LQ_PI * 9000.0 * i / RATE);
    in[0][i] += (float)high;
    in[1][i] += (float)(0.3 * high);
  }
  run (&p, N, NULL, LQ_BLOCK);
  /* At the onset the guard of all acts as well, for a while. */
  CHECK_NEAR (lqm_tone (out[0] + 2 * RATE, RATE / 5, RATE, 9000.0), 0.2, 0.002, "left, high");
  CHECK_NEAR (lqm_tone (out[1] + 2 * RATE, RATE / 5, RATE, 9000.0), 0.06, 0.002, "right, high");
  CHECK (lqm_tone (out[0] + 2 * RATE, RATE / 5, RATE, 60.0) < 1e-3, "left, low, antiphase: %g",
      lqm_tone (out[0] + 2 * RATE, RATE / 5, RATE, 60.0));
  CHECK_NEAR (
      lqm_tone (out[0] + 7 * RATE / 2, RATE / 2, RATE, 60.0), 0.3, 0.003, "low, mono again");
  p = guarded (4);
  for (size_t i = 0; i < N; i++)
    in[1][i] = (i < RATE / 4 ? -1.0f : 0.7f) * in[0][i];
  run (&p, N, NULL, LQ_BLOCK);
  worst = fmax (lqm_difference (in[0] + N - 1000, out[0] + N - 1000, 1000),
      lqm_difference (in[1] + N - 1000, out[1] + N - 1000, 1000));
  CHECK (worst == 0.0, "later still off by %g", worst);
}

/* Settings that change under a 100 Hz sine, with several bands. */
static void
clicks_at_rate (void)
{
  for (uint32_t n = 1; n <= LQ_IMAGER_BANDS; n++)
    for (int k = 0; k < 6; k++) {
      struct lq_imager_params p = params (n), q = p;
      double step, rest;
      lqs_sine (in[0], N, rate, 100.0, 0.5, 0.0, 0);
      lqs_sine (in[1], N, rate, 100.0, 0.3, 1.0, 0);
      q.band[0].width_percent = k < 2 ? 200.0f : 100.0f;
      q.band[0].stereoize_percent = k / 2 == 1 ? 100.0f : 0.0f;
      q.guard = k / 2 == 2;
      q.mono_hz = k / 2 == 2 ? 120.0f : 0.0f;
      run (k % 2 ? &q : &p, N, &(struct change){ RATE + 31, k % 2 ? p : q }, LQ_BLOCK);
      for (int c = 0; c < 2; c++) {
        step = lqm_curvature (out[c] + RATE, RATE);
        rest = fmax (lqm_curvature (out[c] + RATE / 2, RATE / 2),
            lqm_curvature (out[c] + 3 * RATE, RATE));
        CHECK (step <= 1.5 * rest + 4e-7, "%u bands, change %d, %g Hz: ratio %.2f", n, k, rate,
            step / rest);
      }
    }
}

static void
clicks (void)
{
  clicks_at_rate ();
  rate = 8000;
  clicks_at_rate ();
  rate = RATE;
}

static void
cuts (void)
{
  static const size_t blocks[] = { 1, 63, 64, 500 };
  static float whole[2][N];

  bursts (0.1, 0.3);
  for (uint32_t n = 1; n <= LQ_IMAGER_BANDS; n += 3) {
    struct lq_imager_params p = guarded (n), q = p;
    p.band[0].stereoize_percent = 40.0f;
    q.crossover_hz[0] = 333.0f;
    q.band[n - 1].width_percent = 20.0f;
    q.mono_hz = 90.0f;
    run (&p, RATE, &(struct change){ 20011, q }, LQ_BLOCK);
    memcpy (whole, out, sizeof whole);
    for (int k = 0; k < 4; k++) {
      run (&p, RATE, &(struct change){ 20011, q }, blocks[k]);
      CHECK (memcmp (whole, out, sizeof whole) == 0, "%u bands: blocks of %zu differ", n,
          blocks[k]);
    }
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "width 0: left is right", narrow },
    { "neutral, off, and back there: bit for bit", neutral },
    { "the sum stays, within 0.01 dB", sums }, { "mono bass: Butterworth", mono_bass },
    { "width of each band", bands }, { "stereoize: correlation, and the sum", stereoize },
    { "stereoize: neither channel is favoured", balance }, { "guard: tones", guard_tones },
    { "guard: noise", guard_noise }, { "guard: onsets and bursts", guard_onsets },
    { "guard: anything", guard_anything }, { "guard: leaves what is above 0", guard_leaves },
    { "guard: a band alone, and then no more", guard_band }, { "no clicks", clicks },
    { "however cut", cuts }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
