/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The convolver against convolution in double: by its definition, and where that takes too long
 * by an FFT that is checked against it. Every variant, cut at random. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "base/kernels.h"
#include "guard.h"
#include "lqtest.h"
#include "measure.h"
#include "primitives/convolver.h"
#include "rtguard.h"
#include "signals.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* dB of the output's RMS: of noise, and of a sine, of which long responses leave less. */
#define WORST_DB (-130.0)
#define WORST_SINE_DB (-124.0)

/* Bins of the spectra that kernel_mac adds. */
#define MAC_BINS 48

static const char *variant;

static void
each (void (*f) (void))
{
  for (int cpu = 0; cpu <= (int)lq_cpu_best (); cpu++) {
    lq_cpu_force ((enum lq_cpu)cpu);
    variant = lq_cpu_name ((enum lq_cpu)cpu);
    f ();
  }
  lq_cpu_force (lq_cpu_best ());
}

static void *
room (size_t bytes)
{
  void *p = calloc (1, bytes ? bytes : 1);

  if (!p)
    abort ();
  return p;
}

enum taps_kind { DECAY, LATE, SPARSE, FLAT };

/* Noise that falls by 60 dB; a single last tap; bursts of ten taps far apart; noise. */
static float *
new_taps (enum taps_kind kind, uint32_t n, uint64_t seed)
{
  float *taps = room (n * sizeof *taps);
  lqs_random random = { seed };

  for (uint32_t i = 0; i < n; i++) {
    const double noise = lqs_uniform (&random);
    const bool burst = kind == SPARSE && i % 7000 >= 6990;
    if (kind == DECAY || burst)
      taps[i] = (float)(noise * pow (10, -3.0 * i / n));
    else if (kind == FLAT)
      taps[i] = (float)noise;
  }
  if (kind == LATE && n)
    taps[n - 1] = -0.7f;
  return taps;
}

/* n frames cut at random (length 0) or in pieces of `length`, from frame 0 after a reset on. */
static void
run (lq_convolver *u, uint32_t inputs, uint32_t outputs, const lqg_planes *x, lqg_planes *y,
    uint32_t n, uint32_t length)
{
  const float *in[LQ_CHANNELS_MAX];
  float *out[LQ_CHANNELS_MAX];
  lqs_random random = { 3 };

  for (uint32_t at = 0, now; at < n; at += now) {
    const uint32_t phase = at % LQ_HOP;
    now = length ? length : lqs_range (&random, 0, 2 * LQ_HOP);
    now = lq_hop_left (phase, now < n - at ? now : n - at);
    for (uint32_t c = 0; c < inputs; c++)
      in[c] = x->ch[c] + at;
    for (uint32_t c = 0; c < outputs; c++)
      out[c] = y->ch[c] + at;
    lq_convolver_process (u, in, out, phase, now);
  }
}

/* What is compared: planes in, the truth of planes out. */
static struct {
  uint32_t inputs, outputs, frames;
  const struct lq_convolver_path *paths;
  uint32_t n_paths;
  lqg_planes x;
  double *want[LQ_CHANNELS_MAX];
  bool sine[LQ_CHANNELS_MAX]; /* outputs that get no noise */
  double worst;
  const char *what;
} truth;

static double
direct (const struct lq_convolver_path *p, const float *x, uint32_t i)
{
  double sum = 0;

  for (uint32_t k = 0; k < p->n_taps && k <= i; k++)
    sum += (double)p->taps[k] * x[i - k];
  return sum;
}

/* input ∗ taps: both spectra are in that of the one plus j times the other. */
static void
by_fft (const struct lq_convolver_path *p, const float *x, uint32_t frames, double *y)
{
  size_t n = 64;
  double complex *z, *w;

  while (n < (size_t)frames + p->n_taps)
    n *= 2;
  z = room (n * sizeof *z);
  w = room (n * sizeof *w);
  for (uint32_t i = 0; i < frames; i++)
    z[i] = x[i];
  for (uint32_t i = 0; i < p->n_taps; i++)
    z[i] += I * p->taps[i];
  lqm_fft (z, n);
  for (size_t k = 0; k < n; k++) {
    const double complex a = z[k], b = conj (z[(n - k) % n]);
    w[k] = conj ((a + b) / 2 * ((a - b) / (2 * I)));
  }
  lqm_fft (w, n);
  for (uint32_t i = 0; i < frames; i++)
    y[i] += creal (w[i]) / (double)n;
  free (z);
  free (w);
}

/* The truth of one path is added. */
static void
add_path (const struct lq_convolver_path *p)
{
  double *want = truth.want[p->output];
  const float *x = truth.x.ch[p->input];
  const bool few = (uint64_t)p->n_taps * truth.frames < 3000000;
  double *part = room (truth.frames * sizeof *part);
  lqs_random random = { 99 };

  for (uint32_t i = 0; few && i < truth.frames; i++)
    part[i] = direct (p, x, i);
  if (!few)
    by_fft (p, x, truth.frames, part);
  for (int i = 0; i < 20 && !few; i++) {
    const uint32_t at = lqs_range (&random, 0, truth.frames - 1);
    CHECK (fabs (part[at] - direct (p, x, at)) < 1e-9, "the test's own FFT is wrong");
  }
  for (uint32_t i = 0; i < truth.frames; i++)
    want[i] += part[i];
  free (part);
}

static void
against_truth (void)
{
  lqg_planes y = lqg_new (truth.outputs, truth.frames);
  lq_convolver *u = lq_convolver_new (truth.inputs, truth.outputs, truth.paths, truth.n_paths);

  if (CHECK (u != NULL, "%s: none", truth.what)) {
    run (u, truth.inputs, truth.outputs, &truth.x, &y, truth.frames, 0);
    CHECK (lqg_intact (&y), "%s: wrote outside", truth.what);
    for (uint32_t c = 0; c < truth.outputs; c++) {
      double wrong = 0, all = 0, db;
      for (uint32_t i = 0; i < truth.frames; i++) {
        wrong += pow (y.ch[c][i] - truth.want[c][i], 2);
        all += pow (truth.want[c][i], 2);
      }
      db = 10 * log10 ((wrong + 1e-300) / (all + 1e-270));
      truth.worst = fmax (truth.worst, db);
      CHECK (db <= (truth.sine[c] ? WORST_SINE_DB : WORST_DB), "%s, output %u, %s: %.1f dB",
          truth.what, c, variant, db);
    }
  }
  lq_convolver_free (u);
  lqg_free (&y);
}

/* Noise in even inputs, a sine in odd ones. */
static void
compare (const char *what, uint32_t inputs, uint32_t outputs,
    const struct lq_convolver_path *paths, uint32_t n_paths, uint32_t frames)
{
  truth.what = what;
  truth.inputs = inputs;
  truth.outputs = outputs;
  truth.paths = paths;
  truth.n_paths = n_paths;
  truth.frames = frames;
  truth.x = lqg_new (inputs, frames);
  for (uint32_t c = 0; c < inputs; c++) {
    if (c % 2)
      lqs_sine (truth.x.ch[c], frames, 48000, 200.0 * c, 0.5, 0.3, 0);
    else
      lqs_noise (truth.x.ch[c], frames, 0.5, 77 + c);
  }
  for (uint32_t c = 0; c < outputs; c++) {
    truth.want[c] = room (frames * sizeof (double));
    truth.sine[c] = true;
  }
  for (uint32_t i = 0; i < n_paths; i++) {
    add_path (&paths[i]);
    truth.sine[paths[i].output] = truth.sine[paths[i].output] && paths[i].input % 2;
  }
  each (against_truth);
  for (uint32_t c = 0; c < outputs; c++)
    free (truth.want[c]);
  lqg_free (&truth.x);
}

/* Each channel by taps of its own. */
static void
diagonal (uint32_t channels, enum taps_kind kind, uint32_t n_taps, uint32_t frames)
{
  struct lq_convolver_path paths[LQ_CHANNELS_MAX];
  char what[64];

  snprintf (what, sizeof what, "%u channels, kind %d, %u taps", channels, (int)kind, n_taps);
  for (uint32_t c = 0; c < channels; c++)
    paths[c] =
        (struct lq_convolver_path){ c, c, new_taps (kind, n_taps, 1 + n_taps + c), n_taps };
  compare (what, channels, channels, paths, channels, frames);
  for (uint32_t c = 0; c < channels; c++)
    free ((void *)paths[c].taps);
}

static void
short_ones (void)
{
  static const uint32_t lengths[] = { 1, 2, 63, 64, 65, 127, 128, 129, 1000, 1600, 2500 };

  truth.worst = -300;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    diagonal (2, DECAY, lengths[i], lengths[i] + 1500);
    diagonal (2, LATE, lengths[i], lengths[i] + 1500);
    diagonal (1, FLAT, lengths[i], lengths[i] + 1500);
  }
  lqt_note ("worst error: %.1f dB", truth.worst);
}

static void
long_ones (void)
{
  truth.worst = -300;
  diagonal (2, DECAY, 48000, 80000);
  diagonal (1, LATE, 48000, 80000);
  diagonal (2, SPARSE, 48000, 80000);
  diagonal (2, DECAY, 200000, 320000);
  diagonal (2, LATE, 200000, 320000);
  diagonal (1, FLAT, 300000, 220000);
  lqt_note ("worst error: %.1f dB", truth.worst);
}

static void
channels (void)
{
  struct lq_convolver_path paths[8];
  float *taps[4];

  truth.worst = -300;
  diagonal (6, DECAY, 3000, 9000);
  diagonal (3, SPARSE, 22000, 50000);
  for (uint32_t i = 0; i < 4; i++) {
    taps[i] = new_taps (DECAY, 6000 + 500 * i, 40 + i);
    paths[i] = (struct lq_convolver_path){ i / 2, i % 2, taps[i], 6000 + 500 * i };
  }
  compare ("true stereo", 2, 2, paths, 4, 20000);
  for (uint32_t i = 0; i < 4; i++)
    paths[i] = (struct lq_convolver_path){ 0, i, taps[i], 6000 };
  compare ("one to four", 1, 4, paths, 4, 20000);
  for (uint32_t i = 0; i < 4; i++)
    paths[i] = (struct lq_convolver_path){ i + 1, 1, taps[0], 6000 };
  compare ("five, of which four to one of three, shared taps", 5, 3, paths, 4, 20000);
  paths[0] = (struct lq_convolver_path){ 1, 0, taps[0], 100 };
  paths[1] = (struct lq_convolver_path){ 1, 0, taps[1], 6500 };
  compare ("two paths between the same", 2, 1, paths, 2, 20000);
  for (uint32_t i = 0; i < 4; i++)
    free (taps[i]);
  lqt_note ("worst error: %.1f dB", truth.worst);
}

/* Tap 0 = 1 alone is the input, bit for bit; no taps are silence. */
static void
unity (void)
{
  enum { n = 3000 };
  float *taps = room (2000 * sizeof *taps);
  const struct lq_convolver_path path = { 0, 0, taps, 2000 };
  lqg_planes x = lqg_new (1, n), y = lqg_new (2, n);
  lq_convolver *u;

  taps[0] = 1;
  lqs_noise (x.ch[0], n, 1, 5);
  memcpy (y.ch[1], x.ch[0], n * sizeof (float));
  u = lq_convolver_new (1, 2, &path, 1);
  run (u, 1, 2, &x, &y, n, 0);
  CHECK (memcmp (y.ch[0], x.ch[0], n * sizeof (float)) == 0, "not the input");
  CHECK (lqm_peak (y.ch[1], n) == 0, "an output without paths isn't silent");
  CHECK (lq_convolver_frames (u) == 2000, "%u taps", lq_convolver_frames (u));
  lq_convolver_free (u);
  u = lq_convolver_new (1, 2, NULL, 0);
  y.ch[0][5] = 1;
  run (u, 1, 2, &x, &y, n, 0);
  CHECK (lqm_peak (y.ch[0], n) == 0, "no paths aren't silence");
  lq_convolver_free (u);
  free (taps);
  lqg_free (&x);
  lqg_free (&y);
}

static void
unity_each (void)
{
  each (unity);
}

/* Any cut gives the same bits, and in place; reset in the middle of everything is as good as new; nothing is
 * allocated and nothing waits. */
static void
repeated (void)
{
  enum { n = 45000 };
  struct lq_convolver_path paths[3];
  lqg_planes x = lqg_new (2, n), y = lqg_new (2, n), again = lqg_new (2, n);
  lq_convolver *u;
  const char *call = "";
  unsigned calls;

  for (uint32_t i = 0; i < 3; i++)
    paths[i] =
        (struct lq_convolver_path){ i / 2, i % 2, new_taps (DECAY, 30000, 8 + i), 30000 };
  for (uint32_t c = 0; c < 2; c++)
    lqs_noise (x.ch[c], n, 1, 5 + c);
  u = lq_convolver_new (2, 2, paths, 3);
  run (u, 2, 2, &x, &y, n, LQ_HOP);
  for (uint32_t length = 0; length < 3; length++) {
    rtguard_arm ();
    lq_convolver_reset (u);
    run (u, 2, 2, &x, &again, n, length);
    calls = rtguard_disarm (&call);
    CHECK (calls == 0, "%u calls, of %s first", calls, call);
    CHECK (lqg_equal (&y, &again), "in pieces of %u it differs", length);
  }
  lqg_copy (&again, &x);
  lq_convolver_reset (u);
  run (u, 2, 2, &again, &again, n, 0);
  CHECK (lqg_equal (&y, &again), "in place it differs");
  for (uint32_t before = 64; before < n; before = before * 2 + 777) {
    lq_convolver_reset (u);
    run (u, 2, 2, &x, &again, before, 0);
    lq_convolver_reset (u);
    run (u, 2, 2, &x, &again, n, LQ_HOP);
    CHECK (lqg_equal (&y, &again), "reset after %u frames isn't new", before);
  }
  lq_convolver_free (u);
  for (uint32_t i = 0; i < 3; i++)
    free ((void *)paths[i].taps);
  lqg_free (&x);
  lqg_free (&y);
  lqg_free (&again);
}

static void
repeated_each (void)
{
  each (repeated);
}

static void
memory (void)
{
  float *taps = new_taps (DECAY, 100000, 1), *late = new_taps (LATE, 100000, 1);
  const struct lq_convolver_path both[] = { { 0, 0, taps, 100000 }, { 1, 1, taps, 100000 },
    { 2, 0, taps, 100 }, { 0, 2, taps, 100 } };
  const struct lq_convolver_path one = { 0, 0, late, 100000 };
  lq_convolver *u = lq_convolver_new (2, 2, both, 2), *v = lq_convolver_new (2, 2, both, 1);
  lq_convolver *w = lq_convolver_new (1, 1, &one, 1);
  const size_t bytes = lq_convolver_bytes (u);

  lqt_note ("two inputs, 100000 taps shared: %zu bytes; one input %zu; a single late tap %zu",
      bytes, lq_convolver_bytes (v), lq_convolver_bytes (w));
  CHECK (bytes < 100000 * 8 * 3 + 1000000, "%zu bytes", bytes);
  lq_convolver_free (v);
  lq_convolver_free (w);
  for (size_t less = 1; less < bytes; less = less + less / 7 + 64)
    if (!CHECK (!lq_convolver_new_within (2, 2, both, 2, bytes - less),
            "%zu bytes too few were enough", less))
      break;
  v = lq_convolver_new_within (2, 2, both, 2, bytes);
  CHECK (v != NULL, "its own size isn't enough");
  lq_convolver_free (v);
  lq_convolver_free (NULL);
  CHECK (!lq_convolver_new (2, 2, both, 3), "input 2 of 2");
  CHECK (!lq_convolver_new (2, 2, both + 3, 1), "output 2 of 2");
  CHECK (!lq_convolver_new (0, 2, both, 0), "no inputs");
  CHECK (!lq_convolver_new (2, LQ_CHANNELS_MAX + 1, both, 0), "too many outputs");
  lq_convolver_free (u);
  free (taps);
  free (late);
}

static void
kernel_fir (void)
{
  const struct lq_kernels *k = lq_kernels ();
  lqg_planes p = lqg_new (4, 128), y = lqg_new (2, 64);

  for (uint32_t c = 0; c < 4; c++)
    lqs_noise (p.ch[c], 128, 1, 4 + c);
  for (uint32_t n_bases = 0; n_bases <= 2; n_bases++) {
    k->fir (p.ch[1], p.ch[0] + 64, (const float *const *)p.ch + 2, n_bases, y.ch[0], 64);
    for (uint32_t i = 0; i < 64; i += 16) {
      const float *bases[] = { p.ch[2] + i, p.ch[3] + i };
      k->fir (p.ch[1], p.ch[0] + 64 + i, bases, n_bases, y.ch[1] + i, 16);
    }
    CHECK (memcmp (y.ch[0], y.ch[1], 64 * sizeof (float)) == 0, "fir depends on the place");
    k->fir (NULL, p.ch[0], (const float *const *)p.ch + 2, n_bases, y.ch[1], 64);
    for (int i = 0; i < 64; i++) {
      double sum = 0;
      for (uint32_t b = 0; b < n_bases; b++)
        sum += p.ch[2 + b][i];
      CHECK_NEAR (y.ch[1][i], sum, 1e-6, "fir without taps");
      for (uint32_t t = 0; t < LQ_FIR_TAPS; t++)
        sum += (double)p.ch[1][t] * p.ch[0][64 + i - (int)t];
      CHECK_NEAR (y.ch[0][i], sum, 3e-6, "fir");
    }
  }
  CHECK (lqg_intact (&y), "fir wrote outside");
  lqg_free (&p);
  lqg_free (&y);
}

/* A sum as kernel_mac wants it, of x and h from plane `h` on. */
static void
check_mac (const float *sum, const float *before, float *const *x, float *const *h,
    uint32_t parts, uint32_t fresh, uint32_t real)
{
  const uint32_t b = LQ_SPECTRUM_BLOCK;

  for (uint32_t i = 0; i < MAC_BINS; i++) {
    const uint32_t re = i / b * 2 * b + i % b, im = re + b;
    double r = fresh ? 0 : before[re], m = fresh ? 0 : before[im];
    for (uint32_t q = 0; q < parts; q++) {
      const double xr = x[q][re], xi = x[q][im], hr = h[q][re], hi = h[q][im];
      r += real && i == 0 ? xr * hr : xr * hr - xi * hi;
      m += real && i == 0 ? xi * hi : xr * hi + xi * hr;
    }
    CHECK_NEAR (sum[re], r, 2e-6, "mac, real part");
    CHECK_NEAR (sum[im], m, 2e-6, "mac, imaginary part");
  }
}

/* Spectra of 48 bins in parts, fresh and not, with and without a real bin; one sum and two. */
static void
kernel_mac (void)
{
  enum { floats = 2 * MAC_BINS, most = 5 };
  const struct lq_kernels *k = lq_kernels ();
  lqg_planes p = lqg_new (3 * most, floats), before = lqg_new (3, floats),
             sum = lqg_new (3, floats);
  const float *const *all = (const float *const *)p.ch;

  for (uint32_t c = 0; c < p.channels; c++)
    lqs_noise (p.ch[c], floats, 1, 9 + c);
  for (uint32_t c = 0; c < 3; c++)
    lqs_noise (before.ch[c], floats, 1, 99 + c);
  for (uint32_t how = 0; how < 4 * (most + 1); how++) {
    const uint32_t fresh = how % 2, real = how / 2 % 2, parts = how / 4;
    lqg_copy (&sum, &before);
    k->mac (sum.ch[0], all, all + most, parts, MAC_BINS, fresh, real);
    k->mac_two (sum.ch + 1, all, all + most, all + 2 * most, parts, MAC_BINS, fresh, real);
    for (uint32_t c = 0; c < 3; c++)
      check_mac (
          sum.ch[c], before.ch[c], p.ch, p.ch + (c == 2 ? 2 : 1) * most, parts, fresh, real);
  }
  for (uint32_t how = 0; how < 2 * (most + 1); how++) {
    /* The imaginary parts lie behind the real ones, with a gap between. */
    const uint32_t fresh = how % 2, parts = how / 2, bins = 32, gap = 48;
    lqg_copy (&sum, &before);
    k->mac_apart (sum.ch[0], all, all + most, parts, bins, gap, fresh);
    for (uint32_t i = 0; i < bins; i++) {
      double r = fresh ? 0 : before.ch[0][i], m = fresh ? 0 : before.ch[0][gap + i];
      for (uint32_t q = 0; q < parts; q++) {
        const double xr = p.ch[q][i], xi = p.ch[q][gap + i];
        const double hr = p.ch[most + q][i], hi = p.ch[most + q][gap + i];
        r += xr * hr - xi * hi;
        m += xr * hi + xi * hr;
      }
      CHECK_NEAR (sum.ch[0][i], r, 2e-6, "mac_apart, real part");
      CHECK_NEAR (sum.ch[0][gap + i], m, 2e-6, "mac_apart, imaginary part");
    }
    for (uint32_t i = bins; i < gap; i++)
      CHECK (sum.ch[0][i] == before.ch[0][i] && sum.ch[0][gap + i] == before.ch[0][gap + i],
          "mac_apart wrote between");
  }
  CHECK (lqg_intact (&sum) && lqg_intact (&p), "mac wrote outside");
  lqg_free (&p);
  lqg_free (&before);
  lqg_free (&sum);
}

static void
kernels_each (void)
{
  each (kernel_fir);
  each (kernel_mac);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "kernels: fir, mac, mac_two, mac_apart", kernels_each },
    { "short responses", short_ones }, { "long responses", long_ones },
    { "channels and paths", channels }, { "unity", unity_each },
    { "any cut, reset, nothing allocated", repeated_each }, { "memory", memory },
    { NULL, NULL } };

  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
