/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The meters beside libebur128: on generated programmes, and on songs where there are any. */

#include "base/param.h"
#include "lqtest.h"
#include "meters.h"
#include "result.h"
#include "signals.h"
#include "songs.h"
#include "test-conformance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Short-term readings of a programme: 15 minutes. */
#define MOST 9000

#ifdef LQC_EBUR128
#include <ebur128.h>
#endif

/* What both say of a programme. Momentary is read every 50 ms, short-term
 * every 100 ms: theirs sums its whole window each time. */
typedef struct figures {
  double integrated, range, max_momentary, max_short_term, peak, sample;
  double short_term[MOST];
  unsigned steps, n_short_terms;
} figures;

/* After a step of 10 ms. */
static void
note (figures *f, double momentary, double short_term)
{
  if (f->steps % 5 == 0)
    f->max_momentary = fmax (f->max_momentary, momentary);
  if (f->steps % 10 != 0)
    return;
  f->max_short_term = fmax (f->max_short_term, short_term);
  if (f->steps >= 300 && f->n_short_terms < MOST)
    f->short_term[f->n_short_terms++] = short_term;
}

static void
look (lqc_meters *m, double seconds, void *data)
{
  figures *f = data;

  f->steps++;
  note (f, lq_loudness_momentary (&m->loudness), lq_loudness_short_term (&m->loudness));
}

static void
ours (figures *f, const lqg_planes *p, double rate)
{
  const lq_stream stream = lqc_stream (rate, p->channels);
  lqc_meters m;

  *f = (figures){ .max_momentary = -INFINITY, .max_short_term = -INFINITY };
  lqc_meters_new (&m, &stream);
  lqc_meters_run (&m, p, look, f);
  f->integrated = lq_loudness_integrated (&m.loudness, 0.0);
  f->range = lq_loudness_range (&m.loudness, 0.0);
  f->peak = lqc_db (lq_truepeak_max_peak (&m.truepeak));
  f->sample = lqc_db (lq_truepeak_max_sample (&m.truepeak));
  lqc_meters_free (&m);
}

#ifdef LQC_EBUR128
static void
look_at_theirs (ebur128_state *state, figures *f)
{
  double momentary = -INFINITY, short_term = -INFINITY;

  f->steps++;
  if (f->steps % 5 == 0)
    ebur128_loudness_momentary (state, &momentary);
  if (f->steps % 10 == 0)
    ebur128_loudness_shortterm (state, &short_term);
  note (f, momentary, short_term);
}

static void
their_peaks (ebur128_state *state, unsigned channels, figures *f)
{
  double peak, max = 0.0, max_sample = 0.0;

  for (unsigned c = 0; c < channels; c++) {
    ebur128_true_peak (state, c, &peak);
    max = fmax (max, peak);
    ebur128_sample_peak (state, c, &peak);
    max_sample = fmax (max_sample, peak);
  }
  f->peak = lqc_db (max);
  f->sample = lqc_db (max_sample);
}

static void
theirs (figures *f, const lqg_planes *p, double rate)
{
  ebur128_state *state = ebur128_init (p->channels, (unsigned long)rate,
      EBUR128_MODE_M | EBUR128_MODE_S | EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK |
          EBUR128_MODE_SAMPLE_PEAK);
  const size_t step = (size_t)(rate / 100.0);
  float *frames = malloc (step * p->channels * sizeof (float));

  *f = (figures){ .max_momentary = -INFINITY, .max_short_term = -INFINITY };
  for (size_t done = 0, n; done < p->frames; done += n) {
    n = p->frames - done < step ? p->frames - done : step;
    for (size_t i = 0; i < n * p->channels; i++)
      frames[i] = p->ch[i % p->channels][done + i / p->channels];
    ebur128_add_frames_float (state, frames, n);
    look_at_theirs (state, f);
  }
  ebur128_loudness_global (state, &f->integrated);
  /* Their own takes a short-term loudness each second; Tech 3342 asks for ten. */
  f->range = lqc_exact_range (f->short_term, f->n_short_terms);
  their_peaks (state, p->channels, f);
  ebur128_destroy (&state);
  free (frames);
}

double
lqc_peer_loudness (const lqg_planes *p, double rate)
{
  ebur128_state *state = ebur128_init (p->channels, (unsigned long)rate, EBUR128_MODE_I);
  const size_t step = 4096;
  float *frames = malloc (step * p->channels * sizeof (float));
  double loudness = NAN;

  for (size_t done = 0, n; done < p->frames; done += n) {
    n = p->frames - done < step ? p->frames - done : step;
    for (size_t i = 0; i < n * p->channels; i++)
      frames[i] = p->ch[i % p->channels][done + i / p->channels];
    ebur128_add_frames_float (state, frames, n);
  }
  ebur128_loudness_global (state, &loudness);
  ebur128_destroy (&state);
  free (frames);
  return loudness;
}

static void
compare (const char *name, const lqg_planes *p, double rate)
{
  const char *table = "Ours − libebur128's (LU, dB)";
  static figures a, b;

  ours (&a, p, rate);
  theirs (&b, p, rate);
  CHECK (b.n_short_terms > 500, "%u short-term readings", b.n_short_terms);
  lqc_result (table, name, "integrated", a.integrated - b.integrated, 0.0, 0.05, 0.05);
  lqc_result (table, name, "range", a.range - b.range, 0.0, 0.05, 0.05);
  lqc_result (
      table, name, "max. momentary", a.max_momentary - b.max_momentary, 0.0, 0.05, 0.05);
  lqc_result (
      table, name, "max. short-term", a.max_short_term - b.max_short_term, 0.0, 0.05, 0.05);
  /* Their interpolator reads up to 0.13 dB low. */
  lqc_told (table, name, "true peak", a.peak - b.peak);
  CHECK (a.peak - b.peak > -0.05 && a.peak - b.peak < 0.15, "%s: true peak %.3f, theirs %.3f",
      name, a.peak, b.peak);
  CHECK_NEAR (a.sample, b.sample, 1e-5, name);
  lqc_told (table, name, "our integrated", a.integrated);
  lqc_told (table, name, "our range", a.range);
}
#else
double
lqc_peer_loudness (const lqg_planes *p, double rate)
{
  return NAN;
}

static void
compare (const char *name, const lqg_planes *p, double rate)
{
  static figures a;

  ours (&a, p, rate);
}
#endif

/* Whether it is here; where not, the case is skipped. */
static bool
have_peer (void)
{
  const lqg_planes nothing = { .channels = 1 };

  if (!isnan (lqc_peer_loudness (&nothing, 48000.0)))
    return true;
  lqt_skip ("libebur128 is missing");
  return false;
}

/* A minute whose level wanders over 25 dB. */
void
lqc_peer_generated (void)
{
  static const double rates[] = { 32000, 44100, 48000, 96000 };
  static const unsigned channels[] = { 2, 1, 5, 2 };

  for (unsigned i = 0; i < LQ_COUNT (rates) && have_peer (); i++) {
    lqg_planes p = lqg_new (channels[i], (size_t)(60.0 * rates[i]));
    double gain = 0.0;
    char name[64];
    for (unsigned c = 0; c < p.channels; c++) {
      lqs_programme (p.ch[c], p.frames, rates[i], c + i);
      for (size_t n = 0; n < p.frames; n++) {
        const double t = (double)n / rates[i];
        if (n % 64 == 0)
          gain = pow (10.0, (-12.0 + 8.0 * sin (0.3 * t) + 4.5 * sin (1.7 * t + c)) / 20.0);
        p.ch[c][n] *= (float)gain;
      }
    }
    snprintf (
        name, sizeof name, "generated, %u channels, %g kHz", p.channels, rates[i] / 1000.0);
    compare (name, &p, rates[i]);
    lqg_free (&p);
  }
}

void
lqc_peer_songs (void)
{
  static char paths[LQC_SONGS][LQC_PATH];
  const unsigned n = lqc_song_paths (paths);
  unsigned songs = 0;

  for (unsigned i = 0; i < n && have_peer (); i++) {
    lqg_planes p = lqc_song (paths[i], 44100.0, 900.0);
    if (p.frames > 90 * 44100) {
      compare (lqc_song_name (paths[i]), &p, 44100.0);
      songs++;
    }
    lqg_free (&p);
  }
  if (!songs && have_peer ())
    lqt_skip ("no songs (Debian's asc-music and neverball-common)");
}
