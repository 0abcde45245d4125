/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every case of EBU Tech 3341 and 3342 that can be synthesised, at five rates. */

#include "base/param.h"
#include "lqtest.h"
#include "meters.h"
#include "result.h"
#include "synth.h"
#include "test-conformance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double rates[] = { 44100, 48000, 88200, 96000, 192000 };

/* Ours, tighter than the table's: true peak, dB. */
#define PEAK_MINUS 0.2
#define PEAK_PLUS 0.05

/* What is read while a case plays. */
typedef struct watch {
  const lqc_case *c;
  double lowest;  /* of the metric, where a minimum counts */
  double worst;   /* largest deviation of a step's running maximum */
  unsigned steps; /* … of how many */
} watch;

static void
look (lqc_meters *m, double seconds, void *data)
{
  watch *w = data;
  const char *metric = w->c->metric;
  const bool momentary = strchr (metric, 'M') != NULL;
  const double period = momentary ? 0.8 : 6.0, settled = momentary ? 1.0 : 3.0;
  const double now =
      momentary ? lq_loudness_momentary (&m->loudness) : lq_loudness_short_term (&m->loudness);
  const double max = momentary ? lq_loudness_max_momentary (&m->loudness)
                               : lq_loudness_max_short_term (&m->loudness);

  if (seconds > settled - 0.001)
    w->lowest = fmin (w->lowest, now);
  if (fabs (remainder (seconds, period)) < 0.001) {
    const double off = max - (w->c->expected + w->steps++);
    w->worst = fabs (off) > fabs (w->worst) ? off : w->worst;
  }
}

static double
reading (const lqc_meters *m, const watch *w)
{
  const lq_loudness *l = &m->loudness;
  const char *metric = w->c->metric;

  if (strcmp (metric, "I") == 0)
    return lq_loudness_integrated (l, 0.0);
  if (strcmp (metric, "LRA") == 0)
    return lq_loudness_range (l, 0.0);
  if (strcmp (metric, "maxM") == 0)
    return lq_loudness_max_momentary (l);
  if (strcmp (metric, "maxS") == 0)
    return lq_loudness_max_short_term (l);
  if (strcmp (metric, "TP") == 0)
    return lqc_db (lq_truepeak_max_peak (&m->truepeak));
  if (strncmp (metric, "min", 3) == 0)
    return w->lowest;
  CHECK (strncmp (metric, "steps", 5) == 0 && w->steps == 20, "%s, %u steps", metric, w->steps);
  return w->c->expected + w->worst;
}

/* Cases 10 and 13 are twenty files of one name each, and make one row. */
static void
judge (const lqc_case *c, const char *table, double rate, double value)
{
  const bool peak = strcmp (c->metric, "TP") == 0;
  char row[80], column[32];

  snprintf (row, sizeof row, "%s %s", c->name, c->metric);
  snprintf (column, sizeof column, "%g kHz", rate / 1000.0);
  lqc_result (table, row, column, value, c->expected, peak ? PEAK_MINUS : c->minus,
      peak ? PEAK_PLUS : c->plus);
}

/* Plays every case whose name begins with `prefix` and whose metric is TP, or isn't. */
static void
play (const char *table, const char *prefix, bool peaks)
{
  for (unsigned i = 0; i < LQ_COUNT (rates); i++) {
    lqc_cases cases;
    lqc_case c;
    unsigned played = 0;
    if (!lqc_open (&cases, LQC_CASES))
      return;
    while (lqc_next (&cases, &c)) {
      const lq_stream stream = lqc_stream (rates[i], c.channels);
      watch w = { .c = &c, .lowest = INFINITY };
      lqc_meters m;
      lqg_planes p;
      if (strncmp (c.name, prefix, strlen (prefix)) != 0 ||
          (strcmp (c.metric, "TP") == 0) != peaks)
        continue;
      p = lqc_synth (c.synth, rates[i]);
      lqc_meters_new (&m, &stream);
      lqc_meters_run (&m, &p, look, &w);
      judge (&c, table, rates[i], reading (&m, &w));
      lqc_meters_free (&m);
      lqg_free (&p);
      played++;
    }
    CHECK (played > 0, "no case %s in the table", prefix);
  }
}

void
lqc_ebu_loudness (void)
{
  play ("EBU Tech 3341, loudness (LUFS)", "3341-", false);
}

void
lqc_ebu_range (void)
{
  play ("EBU Tech 3342, range (LU)", "3342-", false);
}

void
lqc_ebu_true_peak (void)
{
  play ("EBU Tech 3341, true peak (dBTP)", "3341-", true);
}

/* Case 6 with a loud low-frequency channel between: nothing changes. */
void
lqc_ebu_lfe (void)
{
  lqg_planes five = lqc_synth ("multi f=1000 20@-28,-28,-24,-30,-30", 48000.0),
             six = lqc_synth ("multi f=1000 20@-28,-28,-24,-3,-30,-30", 48000.0);
  double value[2];

  for (int i = 0; i < 2; i++) {
    const lq_stream stream = lqc_stream (48000.0, i ? 6 : 5);
    lqc_meters m;
    lqc_meters_new (&m, &stream);
    lqc_meters_run (&m, i ? &six : &five, NULL, NULL);
    value[i] = lq_loudness_integrated (&m.loudness, 0.0);
    lqc_meters_free (&m);
  }
  CHECK_NEAR (value[1], value[0], 1e-9, "integrated with LFE");
  lqg_free (&five);
  lqg_free (&six);
}
