/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Third octaves and mono loss: against the standard's frequencies, sines, noise of known density, a
 * Welch estimate by its definition in double, and the laws of sums; periods, cuts, variants. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "guard.h"
#include "lqtest.h"
#include "measure.h"
#include "primitives/thirds.h"
#include "signals.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000.0
#define SIZE 16384 /* of a window at 44.1 and 48 kHz */
#define LAG (SIZE / 16)

/* IEC 61260-1:2014, table E.1: exact base-ten midband frequencies, as printed (five figures). */
static const double centres[LQ_THIRDS] = { 19.953, 25.119, 31.623, 39.811, 50.119, 63.096,
  79.433, 100.00, 125.89, 158.49, 199.53, 251.19, 316.23, 398.11, 501.19, 630.96, 794.33,
  1000.0, 1258.9, 1584.9, 1995.3, 2511.9, 3162.3, 3981.1, 5011.9, 6309.6, 7943.3, 10000, 12589,
  15849, 19953 };

/* Half a third octave, base ten: 10^(1/20). */
#define EDGE 1.1220184543019633

typedef struct meter {
  lq_thirds u;
  lq_arena arena;
} meter;

static meter *
new_meter (double rate, uint32_t channels)
{
  const lq_stream stream = lqu_stream (rate, channels);
  meter *m = aligned_alloc (64, (sizeof *m + 63) / 64 * 64);

  if (!m)
    abort ();
  memset (m, 0xa5, sizeof *m);
  lq_arena_init (&m->arena);
  if (!lq_thirds_prepare (&m->u, &stream, &m->arena))
    abort ();
  return m;
}

static void
free_meter (meter *m)
{
  lq_arena_free (&m->arena);
  free (m);
}

static void
feed (meter *m, const lqg_planes *p, size_t first, size_t end, lqu_cut cut)
{
  const float *at[2];
  uint32_t n;

  for (size_t done = first; done < end; done += n) {
    n = lqu_next (&cut, end - done);
    for (uint32_t c = 0; c < p->channels; c++)
      at[c] = p->ch[c] + done;
    lq_thirds_process (&m->u, at, n);
  }
}

static struct lq_thirds_figures
measure (double rate, const lqg_planes *p)
{
  meter *m = new_meter (rate, p->channels);
  struct lq_thirds_figures f;

  feed (m, p, 0, p->frames, (lqu_cut){ .length = LQ_BLOCK });
  lq_thirds_read (&m->u, &f);
  free_meter (m);
  return f;
}

static void
frequencies (void)
{
  for (uint32_t b = 0; b < LQ_THIRDS; b++)
    CHECK_NEAR (lq_thirds_centre (b) / centres[b], 1.0, 3e-5, "centre");
}

/* A sine in the middle of a band: its level there, and how far down the next bands hear it. The lowest
 * bands are no wider than the window's line: what it spreads is what the header says. */
static double
lost_at (uint32_t band, double rate)
{
  static const double lost[] = { 1.2, 0.5, 0.35, 0.1, 0.1 };

  return band < 5 ? lost[band] : 0.01;
}

static void
sines_of (double rate)
{
  const size_t frames = (size_t)(2 * rate);
  lqg_planes p = lqg_new (2, frames);
  double worst = 0, beside = -200;

  for (uint32_t b = 0; b < LQ_THIRDS; b++) {
    struct lq_thirds_figures f;
    if (centres[b] >= 0.45 * rate)
      continue;
    lqs_sine (p.ch[0], frames, rate, centres[b], 0.5, 0.3, 0);
    lqs_sine (p.ch[1], frames, rate, centres[b], 0.001, 1.3, 0);
    f = measure (rate, &p);
    CHECK (
        f.channel_db[0][b] < -6.0206 + 0.02 && f.channel_db[0][b] > -6.0206 - lost_at (b, rate),
        "%g Hz at %g: %.3f dB", centres[b], rate, f.channel_db[0][b]);
    CHECK_NEAR (f.channel_db[1][b] - f.channel_db[0][b], -53.979, 0.01, "the other channel");
    CHECK (f.spectrum_db[b] == f.channel_db[0][b], "not the louder one");
    if (b < 5 && rate == RATE)
      lqt_note ("%g Hz: %.2f dB, above it %.1f, below %.1f", centres[b],
          f.channel_db[0][b] + 6.0206, f.channel_db[0][b + 1] + 6.0206,
          b ? f.channel_db[0][b - 1] + 6.0206 : -200);
    worst = b > 4 ? fmax (worst, fabs (f.channel_db[0][b] + 6.0206)) : worst;
    for (uint32_t o = 0; o < LQ_THIRDS; o++) {
      const int apart = abs ((int)o - (int)b);
      const double most = apart == 0 ? 0 : b < 5 ? -9 : b < 12 ? -23 : apart > 5 ? -90 : -48;
      CHECK (f.channel_db[0][o] <= -6.02 + most + 0.02, "%g Hz in band %u: %.1f dB", centres[b],
          o, f.channel_db[0][o]);
      if (b > 12 && apart == 1)
        beside = fmax (beside, f.channel_db[0][o] + 6.02);
    }
  }
  lqt_note ("%g Hz: worst from 63 Hz on %.3f dB; beside it, from 500 Hz, %.1f dB", rate, worst,
      beside);
  lqg_free (&p);
}

static void
sines (void)
{
  static const double rates[] = { 8000, 44100, 48000, 96000, 192000 };

  for (uint32_t i = 0; i < LQ_COUNT (rates); i++)
    sines_of (rates[i]);
}

/* Uniform noise has a²/3 of power, evenly up to half the rate; 0 dBFS is a power of ½. */
static void
noise (void)
{
  lqg_planes p = lqg_new (2, 3000000);
  struct lq_thirds_figures f;
  double worst = 0;

  lqs_noise (p.ch[0], p.frames, 0.5, 7);
  lqs_noise (p.ch[1], p.frames, 0.25, 8);
  f = measure (RATE, &p);
  for (uint32_t b = 0; b < LQ_THIRDS; b++) {
    const double wide = centres[b] * (EDGE - 1 / EDGE) / (RATE / 2);
    const double want = 10 * log10 (0.25 / 3 * 2 * wide);
    /* Standard deviation of a mean of 366 overlapping windows of `bins`, times 4. */
    const double bins = fmax (wide * SIZE / 2, 1.0);
    const double bound = 4 * 4.34 / sqrt (366 * bins / 2) + 0.01;
    CHECK_NEAR (f.channel_db[0][b], want, bound, "band of noise");
    CHECK_NEAR (f.channel_db[1][b], want - 6.0206, bound, "band of noise, half as loud");
    CHECK_NEAR (f.loss_db[b], 3.0103, bound, "uncorrelated noise");
    worst = fmax (worst, fabs (f.channel_db[0][b] - want) / bound);
  }
  CHECK_NEAR (f.mono_loss_db, 3.0103, 0.1, "uncorrelated noise");
  CHECK_NEAR (f.correlation, 0, 0.05, "uncorrelated noise");
  lqt_note ("worst: %.2f of four standard deviations", worst);
  lqg_free (&p);
}

/* Power of a band in one window, by the definition. */
static void
window_power (const float *left, const float *right, double power[3][LQ_THIRDS])
{
  static double complex x[3][SIZE];

  for (size_t i = 0; i < SIZE; i++) {
    const double w = 0.5 - 0.5 * cos (2 * M_PI * (double)i / SIZE);
    x[0][i] = w * left[i];
    x[1][i] = w * right[i];
    x[2][i] = w * ((double)left[i] + right[i]) / 2;
  }
  for (int c = 0; c < 3; c++) {
    lqm_fft (x[c], SIZE);
    for (uint32_t b = 0; b < LQ_THIRDS; b++) {
      const double middle = 1000 * pow (10, ((int)b - 17) / 10.0) * SIZE / RATE;
      const double lo = middle / EDGE, hi = middle * EDGE;
      for (int k = (int)(lo + 0.5); k <= (int)(hi + 0.5); k++) {
        const double share = fmin (k + 0.5, hi) - fmax (k - 0.5, lo);
        /* Both halves of the spectrum; the window keeps 3/8; a sine of 1 has ½. */
        power[c][b] += share * 2 * pow (cabs (x[c][k]) / SIZE, 2) / 0.375 / 0.5;
      }
    }
  }
}

/* Programme with a second channel that is partly the same. */
static lqg_planes
programme (size_t frames)
{
  lqg_planes p = lqg_new (2, frames);

  lqs_programme (p.ch[0], frames, RATE, 3);
  lqs_programme (p.ch[1], frames, RATE, 4);
  for (size_t i = 0; i < frames; i++)
    p.ch[1][i] = 0.6f * p.ch[0][i] - 0.3f * p.ch[1][i];
  return p;
}

static void
check_window (const struct lq_thirds_figures *f, double power[3][LQ_THIRDS], double windows,
    double *worst)
{
  for (uint32_t b = 0; b < LQ_THIRDS; b++) {
    const double mean = (power[0][b] + power[1][b]) / 2;
    for (int c = 0; c < 2; c++) {
      const double off = fabs (f->channel_db[c][b] - 10 * log10 (power[c][b] / windows));
      CHECK (off < 0.001, "channel %d, band %u: %.5f dB off", c, b, off);
      *worst = fmax (*worst, off);
    }
    CHECK_NEAR (f->loss_db[b], 10 * log10 (mean / power[2][b]), 0.001, "loss");
  }
}

/* Whatever the variant: each window by itself, when it is done and not a frame before, then two in one
 * period. */
static void
definition_of (const lqg_planes *p)
{
  meter *m = new_meter (RATE, 2);
  struct lq_thirds_figures f, before;
  double worst = 0;
  size_t at = 0;

  lq_thirds_read (&m->u, &before);
  for (int w = 0; w < 4; w++) {
    double power[3][LQ_THIRDS] = { { 0 } };
    const int more = w == 2;
    const size_t begins = (size_t)w * SIZE / 2, done = begins + SIZE + LAG;
    if (w == 3)
      break;
    feed (m, p, at, done - 1, (lqu_cut){ .length = 333 });
    lq_thirds_read (&m->u, &f);
    CHECK (memcmp (f.spectrum_db, before.spectrum_db, sizeof f.spectrum_db) == 0 &&
               memcmp (f.loss_db, before.loss_db, sizeof f.loss_db) == 0,
        "window %d: read before it was done", w);
    at = done + (more ? SIZE / 2 : 0);
    feed (m, p, done - 1, at, (lqu_cut){ .length = 1 + 99 * (uint32_t)w });
    lq_thirds_read (&m->u, &f);
    for (int i = 0; i <= more; i++)
      window_power (p->ch[0] + begins + (size_t)i * SIZE / 2,
          p->ch[1] + begins + (size_t)i * SIZE / 2, power);
    check_window (&f, power, 1.0 + more, &worst);
    before = f;
  }
  lqt_note ("worst against the definition: %.6f dB", worst);
  free_meter (m);
}

static void
definition (void)
{
  lqg_planes p = programme (3 * SIZE);

  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++)
    if (lq_cpu_force ((enum lq_cpu)cpu))
      definition_of (&p);
  lq_cpu_force (lq_cpu_best ());
  lqg_free (&p);
}

/* The same bits however it is cut, with readings at odd places; and mono-loss keeps to its 3 s. */
static void
cuts (void)
{
  static const uint32_t lengths[] = { LQ_BLOCK, 1, 63, 64, 65, 0 };
  lqg_planes p = programme (60000);
  struct lq_thirds_figures first[3], f;

  for (uint32_t i = 0; i < LQ_COUNT (lengths); i++) {
    static const size_t stops[] = { 0, 17411, 33333, 60000 };
    meter *m = new_meter (RATE, 2);
    for (int k = 0; k < 3; k++) {
      feed (m, &p, stops[k], stops[k + 1], (lqu_cut){ lengths[i], { 9 } });
      lq_thirds_read (&m->u, i ? &f : &first[k]);
      CHECK (i == 0 || memcmp (&f, &first[k], sizeof f) == 0, "blocks of %u read otherwise",
          lengths[i]);
    }
    /* Reset is fresh. */
    lq_thirds_reset (&m->u);
    feed (m, &p, 0, stops[1], (lqu_cut){ .length = 100 });
    lq_thirds_read (&m->u, &f);
    CHECK (memcmp (&f, &first[0], sizeof f) == 0, "a reset isn't fresh");
    free_meter (m);
  }
  lqg_free (&p);
}

/* x and a·x, and what that must lose: (1 + a²)/2 against ((1 + a)/2)². */
static void
losses (void)
{
  static const float second[] = { 1, -1, 0, 0.5f, -0.9f, 2 };
  lqg_planes p = lqg_new (2, 200000);

  lqs_noise (p.ch[0], p.frames, 0.5, 9);
  for (uint32_t i = 0; i < LQ_COUNT (second); i++) {
    const double a = second[i], mono = pow ((1 + a) / 2, 2), both = (1 + a * a) / 2;
    const double want = mono > 0 ? 10 * log10 (both / mono) : 120;
    struct lq_thirds_figures f;
    for (size_t k = 0; k < p.frames; k++)
      p.ch[1][k] = second[i] * p.ch[0][k];
    f = measure (RATE, &p);
    CHECK_NEAR (f.mono_loss_db, want, 1e-4, "loss");
    for (uint32_t b = 0; b < LQ_THIRDS; b++)
      CHECK_NEAR (f.loss_db[b], want, 0.001, "loss of a band");
    CHECK_NEAR (f.correlation, a == 0 ? 0 : copysign (1, a), 1e-6, "correlation");
  }
  lqg_free (&p);
}

/* Low notes alike, high ones opposite, a quarter period apart in the middle. */
static void
bands (void)
{
  const size_t frames = 200000;
  lqg_planes p = lqg_new (2, frames), x = lqg_new (1, frames);
  static const double hz[] = { 100, 1000, 5011.9 }, phase[] = { 0, M_PI / 2, M_PI };
  struct lq_thirds_figures f;

  for (int i = 0; i < 3; i++)
    for (uint32_t c = 0; c < 2; c++) {
      lqs_sine (x.ch[0], frames, RATE, hz[i], 0.2, c ? phase[i] : 0, 0);
      for (size_t k = 0; k < frames; k++)
        p.ch[c][k] += x.ch[0][k];
    }
  f = measure (RATE, &p);
  CHECK_NEAR (f.loss_db[7], 0, 0.001, "100 Hz");
  CHECK_NEAR (f.loss_db[17], 3.0103, 0.001, "1 kHz");
  CHECK (f.loss_db[24] > 100, "5 kHz: %.1f dB", f.loss_db[24]);
  /* 3 of power in each channel; 1, ½ and 0 in the sum. */
  CHECK_NEAR (f.mono_loss_db, 10 * log10 (3 / 1.5), 0.01, "all of it");
  lqg_free (&p);
  lqg_free (&x);
}

/* Opposite for 4 s, then alike: the loss of the last 3 s alone, to 100 ms. */
static void
three_seconds (void)
{
  lqg_planes p = lqg_new (2, 384000);
  meter *m = new_meter (RATE, 2);
  struct lq_thirds_figures f;

  lqs_sine (p.ch[0], p.frames, RATE, 100, 0.5, 0, 0);
  for (size_t i = 0; i < p.frames; i++)
    p.ch[1][i] = i < 192000 ? -p.ch[0][i] : p.ch[0][i];
  for (size_t at = 0; at < p.frames; at += 4800) {
    const double alike = at < 192000 ? 0 : fmin (1, ((double)at - 192000) / 144000);
    if (at > 0)
      CHECK_NEAR (f.mono_loss_db, alike > 0 ? -10 * log10 (alike) : 120, 1e-4, "loss");
    feed (m, &p, at, at + 4800, (lqu_cut){ .length = 480 });
    lq_thirds_read (&m->u, &f);
  }
  lqg_free (&p);
  free_meter (m);
}

/* Nothing, one channel, half the rate, a silent neighbour; less than a window. */
static void
corners (void)
{
  lqg_planes p = lqg_new (2, 100000), mono = lqg_new (1, 100000);
  struct lq_thirds_figures f = measure (RATE, &p);

  for (uint32_t b = 0; b < LQ_THIRDS; b++)
    CHECK (f.spectrum_db[b] == -120 && f.channel_db[1][b] == -120 && f.loss_db[b] == 0,
        "silence in band %u: %g", b, f.spectrum_db[b]);
  CHECK (f.mono_loss_db == 0 && f.correlation == 0, "silence loses something");
  lqs_noise (p.ch[0], p.frames, 1, 2);
  f = measure (RATE, &p);
  for (uint32_t b = 0; b < LQ_THIRDS; b++)
    CHECK (f.channel_db[1][b] < -115, "crosstalk in band %u: %g", b, f.channel_db[1][b]);
  f = measure (8000, &p);
  for (uint32_t b = 0; b < LQ_THIRDS; b++)
    CHECK ((f.spectrum_db[b] == -120) == (centres[b] / EDGE >= 4000), "8 kHz, band %u: %g", b,
        f.spectrum_db[b]);
  lqs_noise (mono.ch[0], mono.frames, 1, 2);
  f = measure (RATE, &mono);
  for (uint32_t b = 0; b < LQ_THIRDS; b++)
    CHECK (
        f.spectrum_db[b] > -40 && f.channel_db[0][b] == f.spectrum_db[b] && f.loss_db[b] == 0,
        "mono, band %u: %g", b, f.spectrum_db[b]);
  CHECK (f.mono_loss_db == 0 && f.correlation == 0, "mono loses something");
  lqg_free (&p);
  lqg_free (&mono);
}

/* The kernel on any bins between canaries, against the window and the sums in double. */
static void
kernel_of (uint32_t size)
{
  lqg_planes p = lqg_new (2, size);
  lqs_random random = { size };

  for (uint32_t c = 0; c < 2; c++)
    lqs_noise (p.ch[c], size, 1, 6 + c);
  for (int round = 0; round < 200; round++) {
    const double span = size / 2.0 - 1.5, a = 1.5 + span * (0.5 + 0.5 * lqs_uniform (&random)),
                 b = 1.5 + span * (0.5 + 0.5 * lqs_uniform (&random));
    const float lo = (float)fmin (a, b), hi = round ? (float)fmax (a, b) : (float)size / 2;
    double want[3] = { 0 };
    float power[3];
    for (uint32_t k = 2; k <= size / 2; k++) {
      const double share = fmin (k + 0.5, hi) - fmax (k - 0.5, lo);
      double complex x[2];
      for (int i = 0; i < 2; i++) {
        const uint32_t at = i ? size - k : k;
        x[i] = 2 * (p.ch[0][at] + I * p.ch[1][at]) - (p.ch[0][at - 1] + I * p.ch[1][at - 1]) -
               (p.ch[0][at + 1] + I * p.ch[1][at + 1]);
      }
      const double complex left = x[0] + conj (x[1]), right = (x[0] - conj (x[1])) / I;
      if (share <= 0)
        continue;
      want[0] += share * pow (cabs (left), 2);
      want[1] += share * pow (cabs (right), 2);
      want[2] += share * pow (cabs (left + right), 2);
    }
    lq_kernels ()->band_power (p.ch[0], p.ch[1], size, lo, hi, power);
    for (int i = 0; i < 3; i++)
      CHECK (fabs (power[i] - want[i]) <= 1e-5 * want[i] + 1e-4 && want[i] > 0,
          "%u, %g to %g: %g, not %g", size, lo, hi, power[i], want[i]);
  }
  CHECK (lqg_intact (&p), "wrote");
  lqg_free (&p);
}

static void
kernel (void)
{
  for (int cpu = 0; cpu < LQ_CPU_COUNT; cpu++)
    if (lq_cpu_force ((enum lq_cpu)cpu))
      for (uint32_t size = 64; size <= 2048; size *= 2)
        kernel_of (size);
  lq_cpu_force (lq_cpu_best ());
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "centres are the standard's", frequencies },
    { "sines", sines }, { "noise", noise }, { "windows, by the definition", definition },
    { "the result doesn't depend on the cut", cuts }, { "mono loss", losses },
    { "mono loss of bands", bands }, { "mono loss of 3 s", three_seconds },
    { "silence, mono, half the rate", corners }, { "kernel band_power", kernel },
    { NULL, NULL } };

  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
