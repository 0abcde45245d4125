/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints the measured noise of the quantiser at 16 bits, TPDF, for docs/plot-dither:
 *   rate <tab> shaping <tab> Hz <tab> dB over flat dither, in bands of a 24th of an octave. */

#include "shaped.h"
#include "signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FRAMES ((size_t)1 << 22)

static void
print_bands (const struct shaped *job, const double *power)
{
  const double step = exp2 (1.0 / 24.0), bin = job->rate / SHAPED_FFT;

  for (double hz = 40.0; hz < 0.49 * job->rate; hz *= step) {
    const size_t first = (size_t)lround (hz / sqrt (step) / bin);
    size_t last = (size_t)lround (hz * sqrt (step) / bin);
    double sum = 0.0;
    last = last > first ? last : first + 1;
    for (size_t k = first; k < last; k++)
      sum += power[k] / 0.25 / (double)(last - first);
    printf (
        "%g\t%s\t%.1f\t%.2f\n", job->rate, shaped_names[job->shaping], hz, 10.0 * log10 (sum));
  }
}

int
main (void)
{
  static const double rates[] = { 44100.0, 48000.0 };
  static double power[SHAPED_FFT / 2];
  float *x = malloc (FRAMES * sizeof *x);

  if (!x)
    return 1;
  for (int i = 0; i < 2 * SHAPINGS; i++) {
    const struct shaped job = { rates[i / SHAPINGS], LQ_S16, LQ_DITHER_TPDF,
      (enum lq_shaping) (i % SHAPINGS), false, 1, 1024 };
    double *e;
    lqs_programme (x, FRAMES, job.rate, 3);
    e = shaped_errors (&job, x, FRAMES);
    shaped_spectrum (e, FRAMES, power);
    print_bands (&job, power);
    free (e);
  }
  free (x);
  return 0;
}
