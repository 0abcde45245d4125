/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* ebur128-peer MODE CHANNELS RATE: interleaved floats from standard input, blocks of 1024 frames,
 * through libebur128. MODE:
 *   read     only reads: what the others cost beside libebur128
 *   measure  M, S, I, LRA, sample and true peak; read once at the end, as blocks (its default)
 *   watch    the same as histograms, all figures read every 100 ms, as a meter does
 * Prints integrated loudness, loudness range and true peak. */

#include <ebur128.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES 1024
#define CHANNELS_MAX 64
#define QUERIES_PER_SECOND 10

static float block[FRAMES * CHANNELS_MAX];

/* Bytes read, fewer than asked for at the end only. */
static size_t
fill (char *at, size_t bytes)
{
  size_t have = 0;

  while (have < bytes) {
    ssize_t n = read (STDIN_FILENO, at + have, bytes - have);
    if (n <= 0)
      break;
    have += (size_t)n;
  }
  return have;
}

static double
peak (ebur128_state *state, unsigned channels)
{
  double highest = 0.0, one;

  for (unsigned c = 0; c < channels; c++) {
    ebur128_true_peak (state, c, &one);
    highest = fmax (highest, one);
    ebur128_sample_peak (state, c, &one);
    highest = fmax (highest, one);
  }
  return 20.0 * log10 (highest);
}

/* Everything that a meter shows; returns something, so that nothing is optimised away. */
static double
look (ebur128_state *state, unsigned channels)
{
  double m = 0, s = 0, i = 0, lra = 0;

  ebur128_loudness_momentary (state, &m);
  ebur128_loudness_shortterm (state, &s);
  ebur128_loudness_global (state, &i);
  ebur128_loudness_range (state, &lra);
  return m + s + i + lra + peak (state, channels);
}

static int
report (ebur128_state *state, unsigned channels)
{
  double integrated, range;

  if (ebur128_loudness_global (state, &integrated) || ebur128_loudness_range (state, &range))
    return 1;
  printf ("%.2f LUFS %.2f LU %.2f dBTP\n", integrated, range, peak (state, channels));
  return 0;
}

int
main (int argc, char **argv)
{
  const unsigned channels = argc == 4 ? (unsigned)atoi (argv[2]) : 0;
  const unsigned long rate = argc == 4 ? strtoul (argv[3], NULL, 10) : 0;
  const int watch = argc == 4 && strcmp (argv[1], "watch") == 0;
  const int measure = watch || (argc == 4 && strcmp (argv[1], "measure") == 0);
  const int mode = EBUR128_MODE_M | EBUR128_MODE_S | EBUR128_MODE_I | EBUR128_MODE_LRA |
                   EBUR128_MODE_SAMPLE_PEAK | EBUR128_MODE_TRUE_PEAK |
                   (watch ? EBUR128_MODE_HISTOGRAM : 0);
  const size_t frame = channels * sizeof (float);
  unsigned long since = 0;
  volatile double sink = 0.0;
  ebur128_state *state;
  size_t bytes;

  if (channels < 1 || channels > CHANNELS_MAX || rate < 1) {
    fputs ("ebur128-peer read|measure|watch CHANNELS RATE\n", stderr);
    return 2;
  }
  state = ebur128_init (channels, rate, mode);
  if (!state)
    return 1;
  while ((bytes = fill ((char *)block, FRAMES * frame)) > 0) {
    if (measure && ebur128_add_frames_float (state, block, bytes / frame) != EBUR128_SUCCESS)
      return 1;
    since += bytes / frame;
    if (watch && since >= rate / QUERIES_PER_SECOND) {
      since -= rate / QUERIES_PER_SECOND;
      sink = look (state, channels);
    }
  }
  (void)sink;
  return measure ? report (state, channels) : 0;
}
