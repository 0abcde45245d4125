/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* test-vinyl-limits [STRIDE]: vinylsafe's limits at its output, by the tests' own model of the groove
 * (lib/vinyl.h), on hostile signals, with every stage on, off and alone, at all rates, at either end of a
 * side. Every STRIDE-th of all combinations is tried; 1 is all of them. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cutrun.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"
#include "vinyl.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

/* Silence, a signal, silence. */
#define LEAD_S 0.02
#define LOUD_S 0.5
#define QUIET_S 0.08
#define G 980.665

static guint stride = 41; /* shares no factor with any of the counts */

/* Signals. */

typedef struct {
  gdouble rate;
  guint frames;
  gfloat *c[2];
} Planes;

/* Leaves what the model is exact for, up to 0.43 of the rate, or 20 kHz: a windowed sinc. */
static void
audible (const Planes *p)
{
  enum { HALF = 127 };
  const gdouble share = 2.0 * fmin (20000.0, 0.43 * p->rate) / p->rate;
  gdouble tap[2 * HALF + 1];
  gfloat *from = g_new (gfloat, p->frames);

  for (gint k = -HALF; k <= HALF; k++)
    tap[k + HALF] =
        (k ? sin (G_PI * share * k) / (G_PI * k) : share) *
        (0.42 + 0.5 * cos (G_PI * k / (HALF + 1)) + 0.08 * cos (2.0 * G_PI * k / (HALF + 1)));
  for (guint c = 0; c < 2; c++) {
    memcpy (from, p->c[c], p->frames * sizeof *from);
    for (gint i = 0; i < (gint)p->frames; i++) {
      gdouble sum = 0.0;
      for (gint k = MAX (-HALF, i - (gint)p->frames + 1); k <= MIN (HALF, i); k++)
        sum += tap[k + HALF] * (gdouble)from[i - k];
      p->c[c][i] = (gfloat)sum;
    }
  }
  g_free (from);
}

/* From 1 to 12 kHz and on with it; nothing falls below full scale. */
static void
sweep (const Planes *p)
{
  gdouble phase = 0.0;

  for (guint i = 0; i < p->frames; i++) {
    const gdouble s = fmin (1.0, 1.25 * i / p->frames);
    phase += 2.0 * G_PI * fmin (1000.0 * pow (12.0, s), 0.43 * p->rate) / p->rate;
    p->c[0][i] = p->c[1][i] = (gfloat)sin (phase);
  }
}

static void
antiphase (const Planes *p)
{
  lqs_sine (p->c[0], p->frames, p->rate, 40.0, 1.0, 0.0, 0);
  lqs_sine (p->c[1], p->frames, p->rate, 40.0, -1.0, 0.0, 0);
}

/* Alone and in pairs, of either sign, in either channel. */
static void
impulses (const Planes *p)
{
  const guint every = (guint)(0.031 * p->rate);

  for (guint i = every, k = 0; i + 8 < p->frames; i += every, k++) {
    p->c[k % 2][i] = k % 3 ? 1.0f : -1.0f;
    p->c[k % 4 ? 0 : 1][i + k % 7] += 1.0f;
  }
}

/* Half-waves of 30 Hz to one side. */
static void
one_sided (const Planes *p)
{
  for (guint i = 0; i < p->frames; i++) {
    const gdouble s = i / p->rate;
    p->c[0][i] =
        (gfloat)(fmod (s, 0.11) < 1.0 / 60.0 ? sin (2.0 * G_PI * 30.0 * fmod (s, 0.11)) : 0.0);
    p->c[1][i] = fmod (s, 0.22) < 0.11 ? p->c[0][i] : -p->c[0][i];
  }
}

/* 20 Hz, and 12 kHz in bursts. */
static void
bass_and_treble (const Planes *p)
{
  for (guint i = 0; i < p->frames; i++) {
    const gdouble s = i / p->rate;
    const gdouble high =
        fmod (s, 0.05) < 0.01 ? sin (2.0 * G_PI * fmin (12000.0, 0.42 * p->rate) * s) : 0.0;
    p->c[0][i] = (gfloat)(0.5 * sin (2.0 * G_PI * 20.0 * s) + 0.5 * high);
    p->c[1][i] = (gfloat)(0.5 * sin (2.0 * G_PI * 20.0 * s + 1.0) + 0.4 * high);
  }
}

/* Bursts of noise without its bass, hissed. */
static void
sibilants (const Planes *p)
{
  lqs_random random = { 11 };
  gdouble last[2] = { 0.0, 0.0 };

  for (guint i = 0; i < p->frames; i++) {
    const gdouble s = fmod (i / p->rate, 0.12), common = lqs_uniform (&random);
    const gdouble loud = s < 0.06 ? sin (G_PI * s / 0.06) : 0.0;
    for (guint c = 0; c < 2; c++) {
      const gdouble x = common + 0.3 * lqs_uniform (&random);
      p->c[c][i] = (gfloat)(0.7 * loud * (x - last[c]));
      last[c] = x;
    }
  }
  audible (p);
}

static void
direct (const Planes *p)
{
  for (guint i = 0; i < p->frames; i++) {
    p->c[0][i] = 1.0f;
    p->c[1][i] = i < p->frames / 2 ? 1.0f : -0.5f;
  }
}

static void
side_of_20 (const Planes *p)
{
  lqs_sine (p->c[0], p->frames, p->rate, 20.0, 1.0, 0.4, 0);
  lqs_sine (p->c[1], p->frames, p->rate, 20.0, -1.0, 0.4, 0);
}

/* Paul Kellet's filter; either channel its own. */
static void
pink (const Planes *p)
{
  for (guint c = 0; c < 2; c++) {
    lqs_random random = { 5 + c };
    gdouble b[3] = { 0.0, 0.0, 0.0 };
    for (guint i = 0; i < p->frames; i++) {
      const gdouble white = lqs_uniform (&random);
      b[0] = 0.99765 * b[0] + white * 0.0990460;
      b[1] = 0.96300 * b[1] + white * 0.2965164;
      b[2] = 0.57000 * b[2] + white * 1.0526913;
      p->c[c][i] = (gfloat)CLAMP (0.5 * (b[0] + b[1] + b[2] + white * 0.1848), -1.0, 1.0);
    }
  }
  audible (p);
}

/* In steps of 16 bits; the right one half as fast. */
static void
square (const Planes *p)
{
  for (guint i = 0; i < p->frames; i++) {
    p->c[0][i] = fmod (i * 441.0 / p->rate, 1.0) < 0.5 ? 32767.0f / 32768.0f : -1.0f;
    p->c[1][i] = fmod (i * 220.5 / p->rate, 1.0) < 0.5 ? 32767.0f / 32768.0f : -1.0f;
  }
}

/* Something like music, far too loud. */
static void
music (const Planes *p)
{
  for (guint c = 0; c < 2; c++) {
    lqs_programme (p->c[c], p->frames, p->rate, c + 3);
    for (guint i = 0; i < p->frames; i++)
      p->c[c][i] *= (gfloat)(0.5 + 2.5 * pow (sin (9.0 * i / p->rate), 4.0));
  }
  audible (p);
}

/* In one channel alone, with a sudden end. */
static void
left_alone (const Planes *p)
{
  lqs_sine (p->c[0], 2 * p->frames / 3, p->rate, fmin (9000.0, 0.4 * p->rate), 0.9, 0.0, 0);
}

static const struct {
  const gchar *name;
  void (*fill) (const Planes *p);
  gdouble tolerance_db;
} signals[] = { { "sweep", sweep, 0.2 }, { "antiphase 40 Hz", antiphase, 0.2 },
  { "impulses", impulses, 0.5 }, { "one-sided pulses", one_sided, 0.2 },
  { "20 Hz and 12 kHz", bass_and_treble, 0.2 }, { "sibilants", sibilants, 0.2 },
  { "DC", direct, 0.5 }, { "side of 20 Hz", side_of_20, 0.2 }, { "pink noise", pink, 0.2 },
  { "square", square, 0.5 }, { "music", music, 0.2 }, { "left alone", left_alone, 0.2 } };
#define SIGNALS G_N_ELEMENTS (signals)

/* Settings. */

#define INNER "vinylsafe radius-aware=false "
#define OPEN "highpass-frequency=0 lowpass-frequency=0 bass-mono-frequency=0 "
#define FREE                                                                                   \
  INNER OPEN "velocity-limit=0 slope-limit=0 displacement-limit=0 vertical-limit=0 "           \
             "acceleration-limit=0 curvature-limit=0 "
static const gchar *const lines[] = { INNER, "vinylsafe side-duration=1200 ",
  "vinylsafe side-start=1199 side-duration=1200.5 ", INNER "treble-limiter-enabled=false",
  INNER "treble-limiter-lookahead=0.1", INNER OPEN "treble-limiter-lookahead=10",
  INNER "stylus=spherical-18", INNER OPEN "stylus=line-contact-5", INNER OPEN,
  INNER OPEN "velocity-limit=3 displacement-limit=5 vertical-limit=1 acceleration-limit=100 "
             "curvature-limit=0.1",
  FREE "velocity-limit=10", FREE "slope-limit=0.3", FREE "displacement-limit=20",
  FREE "vertical-limit=5", FREE "acceleration-limit=400", FREE "curvature-limit=0.5",
  INNER "treble-limiter-attack=5 treble-limiter-release=1",
  INNER OPEN "treble-limiter-attack=0.01 treble-limiter-release=500",
  INNER "treble-limiter-frequency=1000", INNER OPEN "treble-limiter-frequency=12000",
  INNER "deess-enabled=true phase-repair=true bass-mono-slope=24 bass-mono-mode=cross-blend",
  "vinylsafe side-duration=1200 cut-level=12 reference-velocity=14 " OPEN,
  "vinylsafe disc=7in rpm=45 side-start=200 side-duration=300 " OPEN };
#define LINES G_N_ELEMENTS (lines)

static const guint rates[] = { 44100, 48000, 96000, 192000 };

/* What is allowed. */

enum { VELOCITY, LATERAL, VERTICAL, ACCELERATION, KINDS };
static const gchar *const kinds[] = { "velocity", "displacement", "vertical", "acceleration" };

static gdouble
on (gdouble limit)
{
  return limit > 0.0 ? limit : INFINITY;
}

/* Of the element as it is set, at a radius. */
static void
limits_of (Run *r, gdouble radius_mm, gdouble most[KINDS])
{
  const gdouble rpm = cut_get (r, "rpm") == 33.0 ? 100.0 / 3.0 : cut_get (r, "rpm");
  const gdouble speed = 2.0 * G_PI * radius_mm / 10.0 * rpm / 60.0;
  const gdouble bend = speed * speed / (cut_get (r, "stylus-radius") * 1e-4) / G;

  most[VELOCITY] =
      fmin (on (cut_get (r, "velocity-limit")), on (cut_get (r, "slope-limit")) * speed);
  most[LATERAL] = on (cut_get (r, "displacement-limit"));
  most[VERTICAL] = on (cut_get (r, "vertical-limit"));
  most[ACCELERATION] =
      fmin (on (cut_get (r, "acceleration-limit")), on (cut_get (r, "curvature-limit")) * bend);
}

static void
raise_to (gdouble *most, gdouble x)
{
  *most = fmax (*most, x);
}

/* Of frames from…end − 1, what each limit is exceeded by, dB. */
static void
excess_of (Run *r, guint from, guint end, const gdouble most[KINDS], gdouble db[KINDS],
    guint at[KINDS])
{
  const lqv_lathe lathe = { r->rate, cut_get (r, "reference-velocity"),
    cut_get (r, "reference-level") };
  gfloat *left = cut_plane (r->out, r->out_frames, r->channels, 0),
         *right = cut_plane (r->out, r->out_frames, r->channels, r->channels - 1);
  lqv_frame *frame = g_new (lqv_frame, r->out_frames);

  lqv_measure (&lathe, left, right, r->out_frames,
      r->rate > 150000  ? 2
      : r->rate > 60000 ? 4
                        : 8,
      frame);
  for (guint k = 0; k < KINDS; k++)
    db[k] = -INFINITY;
  for (guint i = from; i < MIN (end, r->out_frames); i++) {
    const gdouble over[KINDS] = { (gdouble)frame[i].velocity / most[VELOCITY],
      (gdouble)frame[i].lateral / most[LATERAL], (gdouble)frame[i].vertical / most[VERTICAL],
      (gdouble)frame[i].acceleration / most[ACCELERATION] };
    for (guint k = 0; k < KINDS; k++)
      if (over[k] > db[k]) {
        db[k] = over[k];
        at[k] = i;
      }
  }
  for (guint k = 0; k < KINDS; k++)
    db[k] = 20.0 * log10 (fmax (db[k], 1e-6));
  g_free (frame);
  g_free (left);
  g_free (right);
}

/* `begins`: in the midst of it, and ends so. */
static void
fill (Run *r, guint signal, gboolean begins)
{
  Planes p = { r->rate, (guint)(LOUD_S * r->rate), { NULL, NULL } };

  const guint lead = begins ? 0 : (guint)(LEAD_S * r->rate);

  cut_silence (r, begins ? LOUD_S : LEAD_S + LOUD_S + QUIET_S);
  for (guint c = 0; c < 2; c++)
    p.c[c] = g_new0 (gfloat, p.frames);
  signals[signal].fill (&p);
  for (guint i = 0; i < p.frames * r->channels; i++)
    r->in[lead * r->channels + i] = p.c[i % r->channels][i / r->channels];
  g_free (p.c[0]);
  g_free (p.c[1]);
}

/* A run by which the four limits are held; what they are exceeded by is noted in `highest`. */
static void
held_by (const gchar *line, guint signal, guint rate, guint channels, gdouble highest[KINDS])
{
  gdouble most[KINDS], db[KINDS];
  guint at[KINDS];
  gchar *text = g_strdup_printf ("%s post-messages=false", line);
  Run *r = run_new (text, rate, channels, NULL);

  fill (r, signal, FALSE);
  run_all (r, 0);
  if (CHECK (r->out_frames == r->in_frames && !r->error, "%s, %u Hz: %u of %u frames, %s", line,
          rate, r->out_frames, r->in_frames, r->error ? r->error->message : "no error")) {
    const gdouble inner = cut_get (r, "inner-radius"), outer = cut_get (r, "outer-radius"),
                  whole = cut_get (r, "side-duration");
    const gdouble radius =
        whole > 0.0 ? outer - (outer - inner) * cut_get (r, "side-start") / whole : inner;
    limits_of (r, radius, most);
    excess_of (r, 0, r->out_frames, most, db, at);
    for (guint k = 0; k < KINDS; k++) {
      CHECK (db[k] <= signals[signal].tolerance_db,
          "%s, %s, %u Hz, %u ch: %s exceeds by %.2f dB at frame %u of %u", line,
          signals[signal].name, rate, channels, kinds[k], db[k], at[k], r->out_frames);
      raise_to (highest + k, db[k]);
    }
  }
  run_free (r);
  g_free (text);
}

static void
nothing (gdouble highest[KINDS])
{
  for (guint k = 0; k < KINDS; k++)
    highest[k] = -INFINITY;
}

static void
say (const gdouble highest[KINDS], guint tried, gboolean reached)
{
  for (guint k = 0; k < KINDS; k++) {
    CHECK (!reached || highest[k] > -0.5, "nothing comes near the limit of %s: %.2f dB",
        kinds[k], highest[k]);
    lqt_note ("%s: at most %+.3f dB over its limit, in %u", kinds[k], highest[k], tried);
  }
}

static void
hold (void)
{
  gdouble highest[KINDS];
  guint tried = 0;

  nothing (highest);
  for (guint k = 0; k < SIGNALS * LINES * G_N_ELEMENTS (rates); k += stride, tried++)
    held_by (lines[k / SIGNALS % LINES], k % SIGNALS, rates[k / SIGNALS / LINES],
        k % 9 == 8 ? 1 : 2, highest);
  say (highest, tried, TRUE);
}

/* At a rate that has little treble, and one that has more than anybody hears. */
static void
hold_at_the_ends (void)
{
  static const guint at[] = { 0, 2, 4, 10 };
  gdouble highest[KINDS];

  nothing (highest);
  for (guint k = 0; k < G_N_ELEMENTS (at); k++) {
    held_by (INNER OPEN, at[k], 8000, 2, highest);
    if (k % 2 || stride == 1)
      held_by (INNER OPEN, at[k], 384000, 2, highest);
  }
  say (highest, 6, FALSE);
}

/* In the midst of something: what was before, and what will be behind, isn't known, and the model's
 * filters begin at rest; from there on all is held. */
static void
hold_in_the_midst (void)
{
  for (guint k = 0; k < SIGNALS; k++) {
    const guint signal = k;
    Run *r = run_new (
        k % 2 ? INNER "post-messages=false" : INNER OPEN "post-messages=false", 48000, 2, NULL);
    gdouble most[KINDS], db[KINDS];
    guint at[KINDS];
    fill (r, signal, TRUE);
    run_all (r, 0);
    CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames);
    limits_of (r, cut_get (r, "inner-radius"), most);
    for (guint settled = 0; settled < 2; settled++) {
      excess_of (r, settled ? 4800 : 144, r->out_frames - 32, most, db, at);
      for (guint i = 0; i < KINDS; i++)
        CHECK (
            settled != (i == LATERAL || i == VERTICAL) || db[i] <= signals[signal].tolerance_db,
            "%s, %s: %s exceeds by %.2f dB at frame %u of %u", k % 2 ? "filters" : "none",
            signals[signal].name, kinds[i], db[i], at[i], r->out_frames);
    }
    run_free (r);
  }
}

/* Tones that break one limit, and end at it. */
static void
reach (void)
{
  static const struct {
    const gchar *line;
    gdouble hz, left, right;
    guint kind;
    gdouble tolerance_db;
  } rows[] = { { INNER OPEN, 12000, .5, .5, ACCELERATION, 0.2 },
    { INNER OPEN "stylus=spherical-18", 12000, .5, .5, ACCELERATION, 0.2 },
    { INNER OPEN, 12000, .5, 0, ACCELERATION, 0.2 },
    { FREE "velocity-limit=10", 2000, .9, .9, VELOCITY, 0.3 },
    { FREE "slope-limit=0.5", 3000, .9, .9, VELOCITY, 0.3 },
    { FREE "displacement-limit=20", 60, .9, .9, LATERAL, 0.5 },
    { FREE "vertical-limit=10", 60, .9, -.9, VERTICAL, 0.5 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *text = g_strdup_printf ("%s post-messages=false", rows[i].line);
    Run *r = run_new (text, 48000, 2, NULL);
    gdouble most[KINDS], db[KINDS];
    guint at[KINDS];
    cut_tone (r, 1.2, rows[i].hz, rows[i].left, rows[i].right);
    run_all (r, 0);
    limits_of (r, cut_get (r, "inner-radius"), most);
    excess_of (r, 30000, 50000, most, db, at);
    CHECK (fabs (db[rows[i].kind]) <= rows[i].tolerance_db,
        "%s, %g Hz: ends %+.2f dB from the limit", rows[i].line, rows[i].hz, db[rows[i].kind]);
    lqt_note ("%s %g Hz: %+.3f dB from the limit of %s", rows[i].line, rows[i].hz,
        db[rows[i].kind], kinds[rows[i].kind]);
    run_free (r);
    g_free (text);
  }
}

/* Limits that move hold for the frames with which they came. */
static void
moved (void)
{
  static const guint kind[] = { 5, 8, 4 };
  enum { AT = 16 * 1024, FRAMES = 40960 };

  for (guint s = 0; s < G_N_ELEMENTS (kind); s++) {
    Run *r = run_new (INNER OPEN "post-messages=false", 48000, 2, NULL);
    gdouble most[KINDS], db[KINDS];
    guint at[KINDS];
    fill (r, kind[s], FALSE);
    limits_of (r, cut_get (r, "inner-radius"), most);
    for (guint at = 0; at < r->in_frames; at += 512) {
      const guint n = MIN (512, r->in_frames - at);
      if (at == AT)
        g_object_set (r->element, "velocity-limit", 5.0, "displacement-limit", 12.0,
            "vertical-limit", 4.0, "acceleration-limit", 200.0, NULL);
      gst_harness_push (r->h, gst_buffer_new_memdup (r->in + 2 * at, n * 8));
    }
    gst_harness_push_event (r->h, gst_event_new_eos ());
    run_take (r);
    CHECK (r->out_frames == r->in_frames, "%u frames", r->out_frames);
    excess_of (r, 0, AT, most, db, at);
    for (guint k = 0; k < KINDS; k++)
      CHECK (db[k] <= 0.2, "%s: %s exceeds by %.2f dB before, at %u", signals[kind[s]].name,
          kinds[k], db[k], at[k]);
    limits_of (r, cut_get (r, "inner-radius"), most);
    excess_of (r, AT, FRAMES, most, db, at);
    for (guint k = 0; k < KINDS; k++)
      CHECK (db[k] <= 0.2, "%s: %s exceeds by %.2f dB once it moved, at %u",
          signals[kind[s]].name, kinds[k], db[k], at[k]);
    run_free (r);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "limits hold", hold },
    { "at 8 and 384 kHz", hold_at_the_ends },
    { "streams that begin in the midst", hold_in_the_midst },
    { "tones end at the limits", reach }, { "limits that move", moved }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  if (argc > 1)
    stride = (guint)MAX (1, atoi (argv[1]));
  return lqt_main (cases, 1, argv);
}
