/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The FFT against a DFT by its definition in double, every size and variant; its passes in
 * pieces, between canaries; real signals two in one. */

#include "base/cpu.h"
#include "base/fpu.h"
#include "guard.h"
#include "lqtest.h"
#include "measure.h"
#include "primitives/fft.h"
#include "signals.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIRECT_MAX 8192
#define WORST_DB (-130.0)

static void
each (void (*f) (void))
{
  for (int cpu = 0; cpu <= (int)lq_cpu_best (); cpu++) {
    lq_cpu_force ((enum lq_cpu)cpu);
    f ();
  }
  lq_cpu_force (lq_cpu_best ());
}

static void *
room (size_t bytes)
{
  void *p = calloc (1, bytes);

  if (!p)
    abort ();
  return p;
}

/* The definition. */
static void
dft (const double complex *x, double complex *y, uint32_t n)
{
  double *c = room (n * sizeof *c), *s = room (n * sizeof *s);

  for (uint32_t i = 0; i < n; i++) {
    c[i] = cos (2 * M_PI * i / n);
    s[i] = -sin (2 * M_PI * i / n);
  }
  for (uint32_t k = 0; k < n; k++) {
    double re = 0, im = 0;
    for (uint32_t i = 0, a = 0; i < n; i++, a = (a + k) & (n - 1)) {
      const double xr = creal (x[i]), xi = cimag (x[i]);
      re += xr * c[a] - xi * s[a];
      im += xr * s[a] + xi * c[a];
    }
    y[k] = re + im * I;
  }
  free (c);
  free (s);
}

/* Noise and a tone. */
static void
signal_of (uint32_t n, double complex *x)
{
  lqs_random random = { n };

  for (uint32_t i = 0; i < n; i++)
    x[i] = (float)(lqs_uniform (&random) + cos (0.3 * i)) +
           I * (float)(0.5 * lqs_uniform (&random));
}

/* dB of the RMS of what differs, relative to the RMS of `want`. */
static double
error_db (const float *re, const float *im, const double complex *want, uint32_t n)
{
  double wrong = 0, all = 0;

  for (uint32_t k = 0; k < n; k++) {
    const double a = re[k] - creal (want[k]), b = im[k] - cimag (want[k]);
    wrong += a * a + b * b;
    all += creal (want[k]) * creal (want[k]) + cimag (want[k]) * cimag (want[k]);
  }
  return 10 * log10 (wrong / all + 1e-30);
}

static struct {
  uint32_t n;
  double complex *x, *y;
  double worst;
} truth;

/* Forward against the truth, and back, in place between canaries. */
static void
one_size (void)
{
  const uint32_t n = truth.n;
  lqg_planes p = lqg_new (2, n);
  lq_arena arena;
  lq_fft fft;
  double db;

  lq_arena_init (&arena);
  if (CHECK (lq_fft_prepare (&fft, n, &arena), "no FFT of %u", n)) {
    float *scratch = room (lq_fft_scratch (&fft) * sizeof *scratch);
    for (uint32_t i = 0; i < n; i++) {
      p.ch[0][i] = (float)creal (truth.x[i]);
      p.ch[1][i] = (float)cimag (truth.x[i]);
    }
    lq_fft_forward (&fft, p.ch[0], p.ch[1], scratch);
    db = error_db (p.ch[0], p.ch[1], truth.y, n);
    CHECK (db <= WORST_DB, "%u forward: %.1f dB", n, db);
    truth.worst = fmax (truth.worst, db);
    lq_fft_inverse (&fft, p.ch[0], p.ch[1], scratch);
    for (uint32_t i = 0; i < n; i++) {
      p.ch[0][i] /= (float)n;
      p.ch[1][i] /= (float)n;
    }
    db = error_db (p.ch[0], p.ch[1], truth.x, n);
    CHECK (db <= WORST_DB, "%u and back: %.1f dB", n, db);
    CHECK (lqg_intact (&p), "%u: wrote outside", n);
    free (scratch);
  }
  lq_arena_free (&arena);
  lqg_free (&p);
}

static void
sizes (uint32_t first, uint32_t end)
{
  truth.worst = -300;
  for (uint32_t n = first; n <= end; n *= 2) {
    truth.n = n;
    truth.x = room (n * sizeof *truth.x);
    truth.y = room (n * sizeof *truth.y);
    signal_of (n, truth.x);
    memcpy (truth.y, truth.x, n * sizeof *truth.y);
    if (n <= DIRECT_MAX)
      dft (truth.x, truth.y, n);
    else
      lqm_fft (truth.y, n);
    each (one_size);
    free (truth.x);
    free (truth.y);
  }
  lqt_note ("worst error: %.1f dB", truth.worst);
}

static void
direct (void)
{
  sizes (LQ_FFT_MIN, DIRECT_MAX);
}

static void
longer (void)
{
  sizes (2 * DIRECT_MAX, LQ_FFT_MAX);
}

/* A unit at each place of a short one: every factor by itself, exact to the float. */
static void
units (void)
{
  enum { n = 128 };
  lq_arena arena;
  lq_fft fft;
  float re[n], im[n], *scratch;

  lq_arena_init (&arena);
  if (!CHECK (lq_fft_prepare (&fft, n, &arena), "no FFT"))
    return;
  scratch = room (lq_fft_scratch (&fft) * sizeof *scratch);
  for (int at = 0; at < n; at++) {
    memset (re, 0, sizeof re);
    memset (im, 0, sizeof im);
    re[at] = 1;
    lq_fft_forward (&fft, re, im, scratch);
    for (int k = 0; k < n; k++) {
      const double a = -2 * M_PI * (at * k % n) / n;
      CHECK (hypot (re[k] - cos (a), im[k] - sin (a)) < 4e-7, "unit at %d, bin %d", at, k);
    }
  }
  free (scratch);
  lq_arena_free (&arena);
}

static void
units_each (void)
{
  each (units);
}

/* Each pass in pieces of any length, and the upper half of the last, give the same bits. */
static void
pieces_of (uint32_t n)
{
  lqg_planes p = lqg_new (8, n), half = lqg_new (2, n / 2);
  lqs_random random = { n + 7 };
  lq_arena arena;
  lq_fft fft;
  bool same = true;

  lq_arena_init (&arena);
  CHECK (lq_fft_prepare (&fft, n, &arena), "no FFT");
  for (int c = 0; c < 2; c++)
    lqs_noise (p.ch[c], n, 1, 5 + (uint64_t)c);
  for (uint32_t k = 0; k < fft.passes; k++) {
    const struct lq_fft_runs from = lq_fft_runs (&fft, p.ch[0], p.ch[1]);
    const struct lq_fft_pass *pass = &fft.pass[k];
    const bool last = k + 1 == fft.passes;
    if (last)
      fft.kernels->fft_last (pass, &from, p.ch[2], p.ch[3], 0, n / 4, 0);
    else
      fft.kernels->fft_pass (pass, &from, p.ch[2], p.ch[3], 0, n / 4);
    for (uint32_t i = 0, end; i < n / 4; i = end) {
      end = i + 16 * lqs_range (&random, 0, 5);
      end = end < n / 4 ? end : n / 4;
      if (last)
        fft.kernels->fft_last (pass, &from, half.ch[0], half.ch[1], i, end, 1);
      if (last)
        fft.kernels->fft_last (pass, &from, p.ch[4], p.ch[5], i, end, 0);
      else
        fft.kernels->fft_pass (pass, &from, p.ch[4], p.ch[5], i, end);
    }
    for (int c = 0; c < 2; c++) {
      same = same && memcmp (p.ch[2 + c], p.ch[4 + c], n * sizeof (float)) == 0;
      memcpy (p.ch[c], p.ch[2 + c], n * sizeof (float));
    }
  }
  for (int c = 0; c < 2; c++)
    same = same && memcmp (half.ch[c], p.ch[c] + n / 2, n / 2 * sizeof (float)) == 0;
  CHECK (same, "%u values in pieces differ", n);
  CHECK (lqg_intact (&p) && lqg_intact (&half), "%u: wrote outside", n);
  lq_arena_free (&arena);
  lqg_free (&p);
  lqg_free (&half);
}

static void
pieces (void)
{
  for (uint32_t n = LQ_FFT_MIN; n <= 2048; n *= 2)
    pieces_of (n);
}

static void
pieces_each (void)
{
  each (pieces);
}

static uint32_t exact_n;
static bool variant_is_first;
static void exact_of (uint32_t n);

static void
exact (void)
{
  exact_of (exact_n);
  variant_is_first = false;
}

/* The exact passes, in pieces: the transform, and the bits of the first variant in all others. */
static void
exact_of (uint32_t n)
{
  static float first[2][2048];
  lqg_planes p = lqg_new (6, n);
  lqs_random random = { n + 7 };
  const bool reference = variant_is_first;
  double off = 0.0, all = 0.0;
  float *scratch;
  lq_arena arena;
  lq_fft fft;

  lq_arena_init (&arena);
  CHECK (lq_fft_prepare (&fft, n, &arena), "no FFT");
  scratch = room (lq_fft_scratch (&fft) * sizeof *scratch);
  for (int c = 0; c < 2; c++) {
    lqs_noise (p.ch[c], n, 1, 5 + (uint64_t)c);
    memcpy (p.ch[4 + c], p.ch[c], n * sizeof (float));
  }
  lq_fft_forward (&fft, p.ch[4], p.ch[5], scratch);
  for (uint32_t k = 0; k < fft.passes; k++) {
    const struct lq_fft_runs from = lq_fft_runs (&fft, p.ch[0], p.ch[1]);
    for (uint32_t i = 0, end; i < n / 4; i = end) {
      end = i + 16 * lqs_range (&random, 1, 5);
      end = end < n / 4 ? end : n / 4;
      if (k + 1 == fft.passes)
        fft.kernels->fft_last_exact (&fft.pass[k], &from, p.ch[2], p.ch[3], i, end, 0);
      else
        fft.kernels->fft_pass_exact (&fft.pass[k], &from, p.ch[2], p.ch[3], i, end);
    }
    for (int c = 0; c < 2; c++)
      memcpy (p.ch[c], p.ch[2 + c], n * sizeof (float));
  }
  for (uint32_t i = 0; i < 2 * n; i++) {
    off += pow (p.ch[i / n][i % n] - p.ch[4 + i / n][i % n], 2.0);
    all += pow (p.ch[4 + i / n][i % n], 2.0);
  }
  CHECK (off <= 1e-12 * all, "%u: another transform, %.1f dB", n, 10.0 * log10 (off / all));
  for (int c = 0; c < 2 && reference; c++)
    memcpy (first[c], p.ch[c], n * sizeof (float));
  for (int c = 0; c < 2; c++)
    CHECK (memcmp (first[c], p.ch[c], n * sizeof (float)) == 0, "%u: other bits", n);
  CHECK (lqg_intact (&p), "%u: wrote outside", n);
  lq_arena_free (&arena);
  free (scratch);
  lqg_free (&p);
}

static void
exact_each (void)
{
  for (uint32_t n = LQ_FFT_MIN; n <= 2048; n *= 2) {
    exact_n = n;
    variant_is_first = true;
    each (exact);
  }
}

/* Bin k of a half spectrum. */
static double complex
bin_of (const float *half, uint32_t k)
{
  const float *at =
      half + k / LQ_SPECTRUM_BLOCK * 2 * LQ_SPECTRUM_BLOCK + k % LQ_SPECTRUM_BLOCK;

  return k ? at[0] + I * at[LQ_SPECTRUM_BLOCK] : at[0];
}

static void
check_half (const float *half, const double complex *want, uint32_t n, const char *which)
{
  double wrong = 0, all = 0;

  for (uint32_t k = 0; k < n / 2; k++) {
    wrong += pow (cabs (bin_of (half, k) - 2 * want[k]), 2);
    all += pow (cabs (2 * want[k]), 2);
  }
  wrong += pow (half[LQ_SPECTRUM_BLOCK] - 2 * creal (want[n / 2]), 2);
  CHECK (10 * log10 (wrong / all) <= WORST_DB, "%u, %s: %.1f dB", n, which,
      10 * log10 (wrong / all));
}

/* Two real signals in one spectrum, parted in pieces and joined again. */
static void
two_of (uint32_t n)
{
  lqg_planes p = lqg_new (4, n + 1), half = lqg_new (3, n);
  double complex *x = room (n * sizeof *x), *want[2];
  float *scratch;
  lq_arena arena;
  lq_fft fft;
  double worst = 0;

  lq_arena_init (&arena);
  CHECK (lq_fft_prepare (&fft, n, &arena), "no FFT");
  scratch = room (lq_fft_scratch (&fft) * sizeof *scratch);
  for (int c = 0; c < 2; c++) {
    want[c] = room (n * sizeof *want[c]);
    lqs_noise (p.ch[c], n, 1, n + 5 + (uint64_t)c);
    for (uint32_t i = 0; i < n; i++)
      x[i] = p.ch[c][i];
    dft (x, want[c], n);
  }
  lq_fft_forward (&fft, p.ch[0], p.ch[1], scratch);
  for (uint32_t k = 0; k < n / 2; k += 16) {
    fft.kernels->fft_part (
        p.ch[0], p.ch[1], n, half.ch[0] + 2 * k, half.ch[1] + 2 * k, k, k + 16);
    fft.kernels->fft_part (p.ch[0], p.ch[1], n, half.ch[2] + 2 * k, NULL, k, k + 16);
  }
  check_half (half.ch[0], want[0], n, "left");
  check_half (half.ch[1], want[1], n, "right");
  CHECK (memcmp (half.ch[0], half.ch[2], n * sizeof (float)) == 0, "left alone differs");
  for (uint32_t k = 0; k < n / 2; k += 16)
    fft.kernels->fft_join (
        half.ch[0] + 2 * k, half.ch[1] + 2 * k, n, p.ch[2], p.ch[3], k, k + 16);
  for (uint32_t i = 0; i < n; i++)
    worst = fmax (worst,
        fmax (fabs (p.ch[2][i] - 2.0 * p.ch[0][i]), fabs (p.ch[3][i] - 2.0 * p.ch[1][i])));
  CHECK (worst < 1e-4, "%u: joined, %g off", n, worst);
  CHECK (lqg_intact (&p) && lqg_intact (&half), "%u: wrote outside", n);
  for (int c = 0; c < 2; c++)
    free (want[c]);
  free (x);
  free (scratch);
  lq_arena_free (&arena);
  lqg_free (&p);
  lqg_free (&half);
}

static void
two (void)
{
  for (uint32_t n = LQ_FFT_MIN; n <= 1024; n *= 2)
    two_of (n);
}

static void
two_each (void)
{
  each (two);
}

static void
refusals (void)
{
  static const uint32_t sizes[] = { 0, 1, 32, 63, 65, 96, 1000, 2 * LQ_FFT_MAX };
  lq_arena arena;
  lq_fft fft;

  lq_arena_init (&arena);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    CHECK (!lq_fft_prepare (&fft, sizes[i], &arena), "an FFT of %u", sizes[i]);
  CHECK (lq_fft_prepare (&fft, 1024, &arena), "no FFT");
  arena.limit = arena.total;
  for (size_t less = 64; less < arena.limit; less += 4096) {
    lq_arena small;
    lq_arena_init (&small);
    small.limit = arena.total - less;
    CHECK (!lq_fft_prepare (&fft, 1024, &small), "%zu bytes too few were enough", less);
    lq_arena_free (&small);
  }
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "64 to 8192 against a DFT", direct },
    { "longer against an FFT in double", longer }, { "units", units_each },
    { "passes in pieces", pieces_each },
    { "the exact passes give the same bits in all variants", exact_each },
    { "two real signals", two_each }, { "sizes and memory refused", refusals },
    { NULL, NULL } };

  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
