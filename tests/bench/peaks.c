/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* peaks FILE…: for each file of interleaved stereo floats a line "sample true rms": the largest
 * sample, the true peak on the tests' own meter (32×, 64 taps a phase), and the mean level, all in
 * dB of full scale. Silence has -999. */

#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A channel of the file, which is read again for each; its frames. */
static size_t
load (FILE *file, int channel, float **plane)
{
  float frame[2];
  size_t frames;

  fseek (file, 0, SEEK_END);
  frames = (size_t)ftell (file) / sizeof frame;
  rewind (file);
  *plane = malloc ((frames + 1) * sizeof **plane);
  for (size_t i = 0; i < frames && fread (frame, sizeof frame, 1, file) == 1; i++)
    (*plane)[i] = frame[channel];
  return frames;
}

static double
db (double lin)
{
  return lin > 0.0 ? 20.0 * log10 (lin) : -999.0;
}

static int
judge (const char *name)
{
  FILE *file = fopen (name, "rb");
  double sample = 0.0, peak = 0.0, power = 0.0, eight, finest;

  if (!file) {
    perror (name);
    return 1;
  }
  for (int c = 0; c < 2; c++) {
    float *x;
    const size_t frames = load (file, c, &x);
    lqm_true_peaks (x, frames, &eight, &finest);
    sample = fmax (sample, lqm_peak (x, frames));
    peak = fmax (peak, fmax (finest, sample));
    power += pow (lqm_rms (x, frames), 2.0) / 2.0;
    free (x);
  }
  fclose (file);
  printf ("%.4f %.4f %.4f\n", db (sample), db (peak), db (sqrt (power)));
  return 0;
}

int
main (int argc, char **argv)
{
  int failed = argc < 2;

  for (int i = 1; i < argc; i++)
    failed |= judge (argv[i]);
  return failed;
}
