/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The histogram of gated blocks against the sorted list of all of them. */

#include "base/mathx.h"
#include "lqtest.h"
#include "meters.h"
#include "result.h"
#include "signals.h"
#include "test-conformance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* LU: what the histogram may be off. */
#define TOLERANCE 0.01

#define MOST 100000

static double list[MOST], gated[MOST];

static double
loudness (double power)
{
  return -0.691 + 10.0 * log10 (power);
}

/* Powers of the list above both gates, in order, in `gated`; how many. */
static size_t
gate (size_t n, double relative_lu)
{
  size_t kept = 0, passed = 0;
  double sum = 0.0, threshold;

  for (size_t i = 0; i < n; i++)
    if (loudness (list[i]) > -70.0) {
      sum += list[i];
      passed++;
    }
  threshold = loudness (sum / (double)passed) + relative_lu;
  for (size_t i = 0; i < n; i++)
    if (loudness (list[i]) > -70.0 && loudness (list[i]) > threshold)
      gated[kept++] = list[i];
  return kept;
}

static double
list_integrated (size_t n)
{
  const size_t kept = gate (n, -10.0);
  double sum = 0.0;

  for (size_t i = 0; i < kept; i++)
    sum += gated[i];
  return kept ? loudness (sum / (double)kept) : -120.0;
}

static int
ascending (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Tech 3342: element round ((n − 1)·p/100 + 1), counted from 1, of the sorted list. */
static double
list_range (size_t n)
{
  const size_t kept = gate (n, -20.0);

  qsort (gated, kept, sizeof (double), ascending);
  return kept ? loudness (gated[lround ((double)(kept - 1) * 0.95)]) -
                    loudness (gated[lround ((double)(kept - 1) * 0.10)])
              : 0.0;
}

double
lqc_exact_range (const double *levels, size_t n)
{
  for (size_t i = 0; i < n; i++)
    list[i] = pow (10.0, (levels[i] + 0.691) / 10.0);
  return list_range (n);
}

/* Levels as different as programmes have: wide, narrow, in steps, near the gates. */
static double
level_of (unsigned kind, lqs_random *random)
{
  const double u = lqs_uniform (random);

  switch (kind % 5) {
    case 0:
      return -45.0 + 45.0 * u;
    case 1:
      return -14.0 + 3.0 * u + 3.0 * lqs_uniform (random);
    case 2:
      return u < 0.0 ? -16.0 + lqs_uniform (random) : -26.5 + lqs_uniform (random);
    case 3:
      return -70.0 + 2.0 * u;
    default:
      return -20.0 - 5.0 * (double)lqs_range (random, 0, 5);
  }
}

void
lqc_histogram (void)
{
  static lq_gatehist h;
  const char *table = "Histogram against the list of all blocks";
  lqs_random random = { 77 };

  for (unsigned k = 0; k < 400; k++) {
    const size_t n = k < 100 ? 1 + k : lqs_range (&random, 10, k % 20 ? 5000 : MOST);
    lq_gatehist_reset (&h);
    for (size_t i = 0; i < n; i++) {
      list[i] = pow (10.0, (level_of (k, &random) + 0.691) / 10.0);
      lq_gatehist_add (&h, list[i]);
    }
    lqc_result (table, "integrated, worst difference (LU)", "400 programmes",
        lq_gatehist_integrated (&h, 0.0) - list_integrated (n), 0.0, TOLERANCE, TOLERANCE);
    lqc_result (table, "range, worst difference (LU)", "400 programmes",
        lq_gatehist_range (&h, 0.0) - list_range (n), 0.0, TOLERANCE, TOLERANCE);
  }
}

/* Histograms are copied and added: an album's figure is that of all its blocks. */
void
lqc_album (void)
{
  static lq_gatehist track[3], album, copy;
  lqs_random random = { 5 };
  size_t n = 0;

  for (unsigned k = 0; k < 3; k++) {
    lq_gatehist_reset (&track[k]);
    for (unsigned i = 0; i < 3000; i++, n++) {
      list[n] = pow (10.0, (level_of (k, &random) - 6.0 * k) / 10.0);
      lq_gatehist_add (&track[k], list[n]);
    }
  }
  album = track[0];
  lq_gatehist_merge (&album, &track[1]);
  lq_gatehist_merge (&album, &track[2]);
  copy = album;
  CHECK_NEAR (lq_gatehist_integrated (&copy, 0.0), list_integrated (n), TOLERANCE, "album");
  CHECK_NEAR (lq_gatehist_range (&copy, 0.0), list_range (n), TOLERANCE, "album's range");
}

/* What a programme reads after a gain is known before: soft passages that the gain lifts over
 * the absolute gate too. */
void
lqc_gain (void)
{
  static const double gains[] = { -60.0, -20.0, -3.3, 0.0, 5.0, 12.0, 30.0 };
  const lq_stream stream = lqc_stream (48000.0, 2);
  lqg_planes p = lqg_new (2, 60 * 48000), scaled = lqg_new (2, 60 * 48000);
  lqc_meters m, n;

  for (uint32_t c = 0; c < 2; c++) {
    lqs_programme (p.ch[c], p.frames, 48000.0, c);
    for (size_t i = 0; i < p.frames; i++)
      p.ch[c][i] *= (float)pow (10.0, (-62.0 + 9.0 * sin (6e-7 * (double)i)) / 20.0);
  }
  lqc_meters_new (&m, &stream);
  lqc_meters_run (&m, &p, NULL, NULL);
  for (unsigned k = 0; k < sizeof gains / sizeof gains[0]; k++) {
    for (uint32_t c = 0; c < 2; c++)
      for (size_t i = 0; i < p.frames; i++)
        scaled.ch[c][i] = (float)(p.ch[c][i] * pow (10.0, gains[k] / 20.0));
    lqc_meters_new (&n, &stream);
    lqc_meters_run (&n, &scaled, NULL, NULL);
    CHECK_NEAR (lq_loudness_integrated (&m.loudness, gains[k]),
        lq_loudness_integrated (&n.loudness, 0.0), TOLERANCE, "integrated after a gain");
    CHECK_NEAR (lq_loudness_range (&m.loudness, gains[k]), lq_loudness_range (&n.loudness, 0.0),
        2.0 * TOLERANCE, "range after a gain");
    lqc_meters_free (&n);
  }
  lqc_meters_free (&m);
  lqg_free (&p);
  lqg_free (&scaled);
}
