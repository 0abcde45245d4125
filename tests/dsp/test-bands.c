/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The splitter against Linkwitz and Riley's formulas, written down once more here: a band is the
 * product of the high-passes and low-passes on its way through the tree, and of the all-passes of all
 * other crossovers. */

#include "base/cpu.h"
#include "base/mathx.h"
#include "base/param.h"
#include "guard.h"
#include "measure.h"
#include "signals.h"
#include "lqtest.h"
#include "primitives/bands.h"

#include <complex.h>
#include <stdlib.h>
#include <string.h>

static const double rates[] = { 44100, 48000, 96000, 192000 };

/* Crossovers in order. */
static const float sets[][LQ_BANDS_MAX - 1] = {
  { 120, 600, 3000, 7000, 12000 },
  { 1000, 2000, 4000, 8000, 16000 },
  { 300, 390, 507, 659, 857 },
  { 20, 40, 80, 160, 320 },
  { 500, 500, 500, 500, 500 },
  { 60, 500, 500, 20000, 20000 },
};

typedef struct splitter {
  lq_arena arena;
  lq_bands bands;
  lqg_planes out;
} splitter;

static void
open_splitter (splitter *s, double rate, uint32_t channels, uint32_t bands, const float *hz)
{
  const lq_stream stream = { .rate = rate, .channels = channels, .out_channels = channels };

  lq_arena_init (&s->arena);
  if (!lq_bands_prepare (&s->bands, &stream, bands, &s->arena))
    abort ();
  lq_bands_set (&s->bands, hz);
  lq_bands_reset (&s->bands);
}

static void
close_splitter (splitter *s)
{
  lq_arena_free (&s->arena);
}

/* Plane b·2 + c of `out` is band b of channel c; frames first … end − 1 in blocks of at most `block`. */
static void
run (splitter *s, const lqg_planes *in, lqg_planes *out, size_t first, size_t end,
    uint32_t block)
{
  for (size_t at = first; at < end;) {
    const uint32_t n = (uint32_t)fmin (block, (double)(end - at));
    const float *x[2] = { in->ch[0] + at, in->ch[s->bands.channels - 1] + at };
    float *to[LQ_BANDS_MAX][2];
    for (uint32_t b = 0; b < s->bands.bands; b++)
      for (uint32_t c = 0; c < s->bands.channels; c++)
        to[b][c] = out->ch[2 * b + c] + at;
    lq_bands_process (&s->bands, x, (float *const(*)[2])to, n);
    at += n;
  }
}

static double
warped (double hz, double rate)
{
  return tan (LQ_PI * fmin (fmax (hz, 10.0) / rate, 0.49));
}

/* What each band passes of each crossover: the low-pass, the high-pass or the all-pass. */
static const char *const factors[LQ_BANDS_MAX + 1][LQ_BANDS_MAX] = {
  [2] = { "L", "H" },
  [3] = { "LA", "HL", "HH" },
  [4] = { "LLA", "HLA", "AHL", "AHH" },
  [5] = { "LLAA", "HLAA", "AHLA", "AHHL", "AHHH" },
  [6] = { "LALAA", "HLLAA", "HHLAA", "AAHLA", "AAHHL", "AAHHH" },
};

/* Band b of n at e^(j2π·hz/rate). */
static double complex
expected (double rate, uint32_t n, uint32_t b, const float *crossover, double hz)
{
  double complex h = 1.0;

  for (uint32_t k = 0; k + 1 < n; k++) {
    const double complex s = I * tan (LQ_PI * hz / rate) / warped (crossover[k], rate);
    const double complex d = s * s + sqrt (2.0) * s + 1.0;
    const char factor = factors[n][b][k];
    if (factor == 'H')
      h *= s * s * s * s / (d * d);
    else if (factor == 'L')
      h *= 1.0 / (d * d);
    else
      h *= (s * s - sqrt (2.0) * s + 1.0) / d;
  }
  return h;
}

static double complex
expected_sum (double rate, uint32_t n, const float *crossover, double hz)
{
  double complex h = 1.0;

  for (uint32_t k = 0; k + 1 < n; k++) {
    const double complex s = I * tan (LQ_PI * hz / rate) / warped (crossover[k], rate);
    h *= (s * s - sqrt (2.0) * s + 1.0) / (s * s + sqrt (2.0) * s + 1.0);
  }
  return h;
}

/* Spectra of the impulse responses of all bands. Below −96 dB after the tail, so that many bins. */
static double complex *
spectra (double rate, uint32_t n, const float *crossover, size_t *size)
{
  splitter s;
  size_t frames = 4096;
  double complex *x;

  open_splitter (&s, rate, 1, n, crossover);
  while (frames < lq_bands_tail (&s.bands))
    frames *= 2;
  lqg_planes in = lqg_new (1, frames), out = lqg_new (2 * n, frames);
  in.ch[0][0] = 1.0f;
  run (&s, &in, &out, 0, frames, LQ_BLOCK);
  x = calloc (n * frames, sizeof *x);
  for (uint32_t b = 0; b < n; b++) {
    for (size_t i = 0; i < frames; i++)
      x[b * frames + i] = out.ch[2 * b][i];
    lqm_fft (x + b * frames, frames);
  }
  lqg_free (&in);
  lqg_free (&out);
  close_splitter (&s);
  *size = frames;
  return x;
}

static void
check_responses (double rate, uint32_t n, const float *crossover, double worst[3])
{
  size_t size;
  double complex *x = spectra (rate, n, crossover, &size);

  for (size_t i = 0; i < size / 2; i++) {
    const double hz = rate * (double)i / (double)size;
    double complex sum = 0.0;
    for (uint32_t b = 0; b < n; b++) {
      sum += x[b * size + i];
      worst[0] = fmax (worst[0], cabs (x[b * size + i] - expected (rate, n, b, crossover, hz)));
    }
    worst[1] = fmax (worst[1], cabs (sum - expected_sum (rate, n, crossover, hz)));
    worst[2] = fmax (worst[2], fabs (lqm_db (cabs (sum))));
  }
  free (x);
}

static void
test_responses (void)
{
  double most[3] = { 0.0 };

  for (size_t r = 0; r < LQ_COUNT (rates); r++)
    for (uint32_t n = 2; n <= LQ_BANDS_MAX; n++)
      for (size_t k = 0; k < LQ_COUNT (sets); k++) {
        double worst[3] = { 0.0 };
        check_responses (rates[r], n, sets[k], worst);
        CHECK (worst[0] < 2e-5, "%g Hz, %u bands, set %zu: a band is off by %g", rates[r], n, k,
            worst[0]);
        CHECK (worst[1] < 2e-5, "%g Hz, %u bands, set %zu: the sum is off the all-pass by %g",
            rates[r], n, k, worst[1]);
        CHECK (worst[2] < 0.001, "%g Hz, %u bands, set %zu: the sum is flat to %g dB", rates[r],
            n, k, worst[2]);
        for (int i = 0; i < 3; i++)
          most[i] = fmax (most[i], worst[i]);
      }
  lqt_note ("bands within %.2g, sums within %.2g of the all-pass and flat to %.2g dB", most[0],
      most[1], most[2]);
}

/* Every pair of crossovers from far apart to the same. */
static void
test_pairs (void)
{
  static const float lower[] = { 20, 90, 1000, 7000, 19000 },
                     ratio[] = { 1, 1.01f, 1.2f, 1.5f, 2, 3 };
  double most = 0.0;

  for (size_t i = 0; i < LQ_COUNT (lower); i++)
    for (size_t k = 0; k < LQ_COUNT (ratio); k++) {
      const float hz[2] = { lower[i], lower[i] * ratio[k] };
      double worst[3] = { 0.0 };
      check_responses (48000, 3, hz, worst);
      CHECK (worst[0] < 2e-5 && worst[2] < 0.001,
          "%g and %g Hz: off by %g, the sum is flat to %g dB", hz[0], hz[1], worst[0],
          worst[2]);
      most = fmax (most, worst[2]);
    }
  lqt_note ("flat to %.2g dB", most);
}

/* Any order; and where the rate hasn't got the frequency there is nothing above it. */
static void
test_order_and_limits (void)
{
  static const float mixed[5] = { 3000, 120, 12000, 600, 7000 },
                     sorted[5] = { 120, 600, 3000, 7000, 12000 },
                     high[5] = { 20000, 20000, 20000, 20000, 20000 };
  lqg_planes in = lqg_new (2, 3000), a = lqg_new (12, 3000), b = lqg_new (12, 3000);
  splitter s;

  lqs_noise (in.ch[0], 3000, 0.5, 1);
  lqs_noise (in.ch[1], 3000, 0.5, 2);
  open_splitter (&s, 48000, 2, 6, mixed);
  run (&s, &in, &a, 0, 3000, 1024);
  close_splitter (&s);
  open_splitter (&s, 48000, 2, 6, sorted);
  run (&s, &in, &b, 0, 3000, 1024);
  close_splitter (&s);
  CHECK (lqg_equal (&a, &b), "the order in which crossovers are told matters");
  CHECK (lqg_intact (&a) && lqg_intact (&b) && lqg_intact (&in), "written beside a plane");

  open_splitter (&s, 8000, 2, 6, high);
  for (uint32_t c = 0; c < 2; c++)
    lqs_sine (in.ch[c], 3000, 8000, 2000, 1.0, 0.0, 0);
  run (&s, &in, &a, 0, 3000, 1024);
  close_splitter (&s);
  for (uint32_t p = 2; p < 12; p++)
    CHECK (lqm_peak (a.ch[p] + 1000, 2000) < 1e-5, "band %u above 0.49 of the rate: %g", p / 2,
        lqm_peak (a.ch[p] + 1000, 2000));
  CHECK_NEAR (lqm_tone (a.ch[0] + 1000, 2000, 8000, 2000), 1.0, 1e-4, "the lowest band");
  lqg_free (&in);
  lqg_free (&a);
  lqg_free (&b);
}

/* One band is the input. */
static void
test_one (void)
{
  lqg_planes in = lqg_new (2, 700), out = lqg_new (2, 700);
  const float none[1] = { 0 };
  splitter s;

  for (uint32_t c = 0; c < 2; c++)
    lqs_noise (in.ch[c], 700, 0.5, 3 + c);
  open_splitter (&s, 48000, 2, 1, none);
  run (&s, &in, &out, 0, 700, 100);
  CHECK (lqg_equal (&in, &out), "one band isn't the input");
  close_splitter (&s);
  lqg_free (&in);
  lqg_free (&out);
}

/* Frames 0 … end − 1 with crossovers that change at odd places. */
static void
play (splitter *s, const lqg_planes *in, lqg_planes *out, size_t end, uint32_t block)
{
  lqs_random random = { 5 };

  for (size_t at = 0, next; at < end; at = next) {
    float hz[LQ_BANDS_MAX];
    next = at + lqs_range (&random, 1, 900);
    next = next < end ? next : end;
    run (s, in, out, at, next, block);
    for (uint32_t i = 0; i < LQ_BANDS_MAX; i++)
      hz[i] = (float)(20.0 * pow (1000.0, 0.5 + 0.5 * lqs_uniform (&random)));
    lq_bands_set (&s->bands, hz);
  }
}

static void
test_cut (void)
{
  enum { FRAMES = 20000 };
  static const uint32_t blocks[] = { 1, 7, 64, 65, 333 };
  lqg_planes in = lqg_new (2, FRAMES), whole = lqg_new (12, FRAMES), cut = lqg_new (12, FRAMES);
  splitter s;

  for (uint32_t c = 0; c < 2; c++)
    lqs_programme (in.ch[c], FRAMES, 48000, 7 + c);
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++)
    for (uint32_t n = 2; n <= 6 && lq_cpu_force ((enum lq_cpu)cpu); n++)
      for (size_t k = 0; k < LQ_COUNT (blocks); k++) {
        open_splitter (&s, 48000, 2, n, sets[0]);
        play (&s, &in, &whole, FRAMES, LQ_BLOCK);
        lq_bands_set (&s.bands, sets[0]);
        lq_bands_reset (&s.bands);
        play (&s, &in, &cut, FRAMES, blocks[k]);
        CHECK (lqg_equal (&whole, &cut), "%s, %u bands: blocks of %u differ from whole ones",
            lq_cpu_name ((enum lq_cpu)cpu), n, blocks[k]);
        close_splitter (&s);
      }
  lq_cpu_force (lq_cpu_best ());
  CHECK (lqg_intact (&whole) && lqg_intact (&cut), "written beside a plane");
  lqg_free (&in);
  lqg_free (&whole);
  lqg_free (&cut);
}

/* One channel is what the left one of two is. */
static void
test_mono (void)
{
  enum { FRAMES = 8000 };
  lqg_planes in = lqg_new (2, FRAMES), two = lqg_new (12, FRAMES), one = lqg_new (12, FRAMES);
  splitter s;

  for (uint32_t c = 0; c < 2; c++)
    lqs_programme (in.ch[c], FRAMES, 48000, 9 + c);
  for (uint32_t n = 2; n <= 6; n++) {
    open_splitter (&s, 48000, 2, n, sets[0]);
    play (&s, &in, &two, FRAMES, 500);
    close_splitter (&s);
    open_splitter (&s, 48000, 1, n, sets[0]);
    play (&s, &in, &one, FRAMES, 500);
    close_splitter (&s);
    for (uint32_t b = 0; b < n; b++)
      CHECK (memcmp (two.ch[2 * b], one.ch[2 * b], FRAMES * sizeof (float)) == 0,
          "%u bands: band %u of one channel isn't that of two", n, b);
  }
  lqg_free (&in);
  lqg_free (&two);
  lqg_free (&one);
}

/* Biquads in long double, each by itself. */
typedef struct biquad {
  long double b[3], a[3], x[3], y[3];
} biquad;

enum kind { LOW, HIGH, ALL };

static long double
filter (biquad *q, long double x)
{
  for (int i = 2; i > 0; i--) {
    q->x[i] = q->x[i - 1];
    q->y[i] = q->y[i - 1];
  }
  q->x[0] = x;
  q->y[0] = (q->b[0] * q->x[0] + q->b[1] * q->x[1] + q->b[2] * q->x[2] - q->a[1] * q->y[1] -
                q->a[2] * q->y[2]) /
            q->a[0];
  return q->y[0];
}

static biquad
butterworth (enum kind kind, double w)
{
  const long double k = sqrtl (2.0L) * w, ww = (long double)w * w;
  biquad q = { .a = { 1 + k + ww, 2 * (ww - 1), 1 - k + ww } };

  if (kind == LOW)
    q.b[0] = q.b[2] = ww, q.b[1] = 2 * ww;
  else if (kind == HIGH)
    q.b[0] = q.b[2] = 1, q.b[1] = -2;
  else
    q.b[0] = q.a[2], q.b[1] = q.a[1], q.b[2] = q.a[0];
  return q;
}

static void
reference (const float *x, double *y, uint32_t frames, double rate, uint32_t n, uint32_t band,
    const float *hz)
{
  for (uint32_t i = 0; i < frames; i++)
    y[i] = x[i];
  for (uint32_t k = 0; k + 1 < n; k++) {
    const char factor = factors[n][band][k];
    const enum kind kind = factor == 'H' ? HIGH : factor == 'L' ? LOW : ALL;
    for (int twice = 0; twice < (kind == ALL ? 1 : 2); twice++) {
      biquad q = butterworth (kind, warped (hz[k], rate));
      for (uint32_t i = 0; i < frames; i++)
        y[i] = (double)filter (&q, y[i]);
    }
  }
}

/* Lengths of all kinds, at odd places, with nothing written beside them. */
static double
check_kernel (uint32_t n, uint32_t frames, double rate, const float *hz)
{
  lqg_planes in = lqg_new (2, frames), out = lqg_new (12, frames);
  double *want = calloc (frames + 1, sizeof *want), worst = 0.0;
  splitter s;

  for (uint32_t c = 0; c < 2; c++)
    lqs_noise (in.ch[c], frames, 1.0, 11 + c);
  open_splitter (&s, rate, 2, n, hz);
  run (&s, &in, &out, 0, frames, LQ_BLOCK);
  for (uint32_t p = 0; p < 2 * n; p++) {
    reference (in.ch[p % 2], want, frames, rate, n, p / 2, hz);
    for (uint32_t i = 0; i < frames; i++)
      worst = fmax (worst, fabs (out.ch[p][i] - want[i]));
  }
  CHECK (lqg_intact (&in) && lqg_intact (&out), "%u frames: written beside a plane", frames);
  close_splitter (&s);
  free (want);
  lqg_free (&in);
  lqg_free (&out);
  return worst;
}

static void
test_kernel (void)
{
  static const uint32_t lengths[] = { 31, 32, 33, 63, 64, 65, 255, 256, 257, 999, 1024, 5000 };
  double most = 0.0;

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++) {
    if (!lq_cpu_force ((enum lq_cpu)cpu))
      continue;
    for (uint32_t n = 2; n <= 6; n++)
      for (uint32_t k = 0; k < 26 + LQ_COUNT (lengths); k++)
        for (uint32_t set = 0; set < LQ_COUNT (sets); set++) {
          const uint32_t frames = k < 26 ? k : lengths[k - 26];
          const double rate = set % 2 ? 192000 : 44100;
          const double worst = check_kernel (n, frames, rate, sets[set]);
          CHECK (worst < 2e-7, "%s: %u bands, %u frames, set %u: off by %g",
              lq_cpu_name ((enum lq_cpu)cpu), n, frames, set, worst);
          most = fmax (most, worst);
        }
  }
  lq_cpu_force (lq_cpu_best ());
  lqt_note ("within %.2g of a full-scale noise", most);
}

/* Crossovers that jump and sweep under a sine: no band has a corner that the sine itself hasn't,
 * and the sum stays a sine of about the same level. */
static void
check_moves (double hz, bool sweeps)
{
  enum { FRAMES = 96000, LATE = 24000 };
  lqg_planes in = lqg_new (1, FRAMES), out = lqg_new (12, FRAMES), sum = lqg_new (1, FRAMES);
  double least = 1e9, most = 0.0;
  splitter s;

  lqs_sine (in.ch[0], FRAMES, 48000, hz, 0.5, 0.0, 0);
  open_splitter (&s, 48000, 1, 4, sets[0]);
  for (size_t at = 0; at < FRAMES; at += 64) {
    const double t = (double)at / FRAMES;
    float moved[3] = { 120, 600, 3000 };
    for (int k = 0; k < 3 && at > LATE; k++)
      moved[k] = (float)(moved[k] * (sweeps                ? exp2 (3.0 * sin (20.0 * t))
                                        : (at / 12000) % 2 ? 4.0
                                                           : 0.5));
    lq_bands_set (&s.bands, moved);
    run (&s, &in, &out, at, at + 64, 64);
  }
  for (uint32_t b = 0; b < 4; b++) {
    CHECK (lqm_curvature (out.ch[2 * b] + 9600, FRAMES - 9600) <=
               2.0 * lqm_curvature (in.ch[0] + 9600, FRAMES - 9600),
        "%g Hz: band %u has a corner: %g, the sine %g", hz, b,
        lqm_curvature (out.ch[2 * b] + 9600, FRAMES - 9600),
        lqm_curvature (in.ch[0] + 9600, FRAMES - 9600));
    for (size_t i = 0; i < FRAMES; i++)
      sum.ch[0][i] += out.ch[2 * b][i];
  }
  CHECK (lqm_curvature (sum.ch[0] + 9600, FRAMES - 9600) <=
             2.0 * lqm_curvature (in.ch[0] + 9600, FRAMES - 9600),
      "%g Hz: the sum has a corner", hz);
  for (size_t at = LATE; at + 4800 <= FRAMES; at += 960) {
    const double level = lqm_rms (sum.ch[0] + at, 960);
    least = fmin (least, level);
    most = fmax (most, level);
  }
  lqt_note ("%g Hz, %s: the sum is %.2f to %.2f dB", hz, sweeps ? "swept" : "jumped",
      lqm_db (least / 0.35355), lqm_db (most / 0.35355));
  if (sweeps)
    CHECK (lqm_db (least / most) > -3.0, "%g Hz: the sum falls to %g dB", hz,
        lqm_db (least / most));
  close_splitter (&s);
  lqg_free (&in);
  lqg_free (&out);
  lqg_free (&sum);
}

static void
test_moves (void)
{
  static const double tones[] = { 100, 500, 2500 };

  for (size_t i = 0; i < LQ_COUNT (tones); i++)
    for (int sweeps = 0; sweeps < 2; sweeps++)
      check_moves (tones[i], sweeps);
}

/* After a fade the bands are those of a splitter that never had other crossovers. */
static void
test_arrival (void)
{
  enum { FRAMES = 96000, CHANGE = 9000 };
  lqg_planes in = lqg_new (2, FRAMES), a = lqg_new (12, FRAMES), b = lqg_new (12, FRAMES);
  splitter s;

  for (uint32_t c = 0; c < 2; c++)
    lqs_programme (in.ch[c], FRAMES, 48000, 21 + c);
  for (uint32_t n = 2; n <= 6; n++) {
    open_splitter (&s, 48000, 2, n, sets[0]);
    run (&s, &in, &b, 0, FRAMES, 1000);
    close_splitter (&s);
    open_splitter (&s, 48000, 2, n, sets[1]);
    run (&s, &in, &a, 0, CHANGE, 1000);
    CHECK (lq_bands_resting (&s.bands), "moves without a change");
    /* Only the last of those that are told meanwhile counts. */
    lq_bands_set (&s.bands, sets[2]);
    run (&s, &in, &a, CHANGE, CHANGE + 300, 1000);
    lq_bands_set (&s.bands, sets[3]);
    run (&s, &in, &a, CHANGE + 300, CHANGE + 400, 1000);
    lq_bands_set (&s.bands, sets[0]);
    CHECK (!lq_bands_resting (&s.bands), "rests while it fades");
    run (&s, &in, &a, CHANGE + 400, FRAMES, 1000);
    CHECK (lq_bands_resting (&s.bands), "never rests");
    for (uint32_t p = 0; p < 2 * n; p++)
      CHECK (lqm_difference (a.ch[p] + FRAMES - 1000, b.ch[p] + FRAMES - 1000, 1000) < 1e-6,
          "%u bands: plane %u isn't there: %g", n, p,
          lqm_difference (a.ch[p] + FRAMES - 1000, b.ch[p] + FRAMES - 1000, 1000));
    close_splitter (&s);
  }
  lqg_free (&in);
  lqg_free (&a);
  lqg_free (&b);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = {
    { "each band and all together, as the formulas say", test_responses },
    { "two crossovers, far apart and close", test_pairs },
    { "any order, and beyond the rate", test_order_and_limits },
    { "one band", test_one },
    { "the cut doesn't show", test_cut },
    { "mono", test_mono },
    { "kernel against biquads one by one, in every variant", test_kernel },
    { "crossovers that move", test_moves },
    { "crossovers that arrive", test_arrival },
    { NULL, NULL },
  };

  return lqt_main (cases, argc, argv);
}
