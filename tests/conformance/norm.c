/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The promise of loudnessnorm in two passes with peak-policy=limit, at the element: the loudness by
 * libebur128, true peaks by the meters of tests/lib, on what leaves in its own format. What can't
 * be reached has to be said, as far as it is from the target, and has to be unreachable. */

#include "base/param.h"
#include "hostile.h"
#include "lqtest.h"
#include "measure.h"
#include "result.h"
#include "run.h"
#include "songs.h"
#include "test-conformance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The bars. LU; LU; dB. */
#define LOUDNESS_BAR 0.1
#define TOLD_BAR 0.1
#define FINE_BAR 0.05

/* What the element tells of a true peak lies within −0.62 and +0.22 dB of the finest meter's. */
#define PEAK_MIDDLE (-0.2)
#define PEAK_BAR 0.42

/* Silence around what is metered. */
#define PAD 64

#define TABLE "loudnessnorm in two passes, limited: worst of all targets, formats and rates"

static const struct format {
  const char *name, *caps, *settings;
  unsigned bytes;
  double lsb; /* most that a sample is off but for shaping, linear */
} formats[] = { { "F32", "F32LE", "", 4, 0.0 }, { "S24", "S24LE", "", 3, 1.5 / 8388608.0 },
  { "S16, dithered", "S16LE", "dither=tpdf", 2, 1.5 / 32768.0 },
  { "S16, shaped", "S16LE", "dither=tpdf noise-shaping=strong", 2, INFINITY } };
#define FORMATS LQ_COUNT (formats)

static const struct aim {
  double lufs, ceiling_dbtp;
} aims[] = { { -23.0, -1.0 }, { -16.0, -1.0 }, { -14.0, -1.0 }, { -9.0, -0.3 } };
#define AIMS LQ_COUNT (aims)

static const double rates[] = { 48000.0, 44100.0, 96000.0 };
#define RATES LQ_COUNT (rates)

/* A programme. */
typedef struct {
  const char *name;
  lqg_planes planes;
  double rate, peak_dbtp;
} Input;

/* What came of it, metered; dB, LUFS. */
typedef struct {
  Run *run;
  lqg_planes wide, planes; /* planes: wide without its PAD at both ends */
  double lufs, over8, over32;
  char what[160];
} Output;

typedef struct {
  unsigned runs, unreached;
  double missed, told, over8, over32, reduction;
} Worst;

/* Interleaved, of whatever format, to planes. */
static void
widen (lqg_planes *to, const void *from, unsigned bytes)
{
  const uint8_t *at = from;
  float f;

  for (size_t i = 0; i < to->frames; i++)
    for (unsigned c = 0; c < to->channels; c++, at += bytes)
      if (bytes == 4) {
        memcpy (&f, at, 4);
        to->ch[c][i] = f;
      } else if (bytes == 3) {
        to->ch[c][i] = (float)((int32_t)((uint32_t)at[0] << 8 | (uint32_t)at[1] << 16 |
                                         (uint32_t)at[2] << 24) /
                               2147483648.0);
      } else {
        to->ch[c][i] = (float)((int16_t)(at[0] | at[1] << 8) / 32768.0);
      }
}

/* Through the element. */
static Output
play (const Input *in, const struct format *format, const struct aim *aim, const char *mode)
{
  Output o = { .lufs = NAN };
  char line[256];

  snprintf (line, sizeof line, "loudnessnorm %s loudness-target=%g max-true-peak=%g %s", mode,
      aim->lufs, aim->ceiling_dbtp, format->settings);
  snprintf (o.what, sizeof o.what, "%s to %g LUFS, %s, %g kHz", in->name, aim->lufs,
      format->name, in->rate / 1000.0);
  o.run = run_new (line, (guint)in->rate, in->planes.channels, format->caps);
  o.run->in_frames = (guint)in->planes.frames;
  o.run->in = g_new (float, in->planes.frames * in->planes.channels);
  for (size_t i = 0; i < in->planes.frames; i++)
    for (unsigned c = 0; c < in->planes.channels; c++)
      o.run->in[i * in->planes.channels + c] = in->planes.ch[c][i];
  run_all (o.run, 4800);
  o.wide = lqg_new (in->planes.channels, in->planes.frames + 2 * PAD);
  o.planes = o.wide;
  for (unsigned c = 0; c < o.wide.channels; c++)
    o.planes.ch[c] += PAD;
  o.planes.frames = o.run->out_bytes / (format->bytes * o.wide.channels);
  CHECK (!o.run->error, "%s: %s", o.what, o.run->error ? o.run->error->message : "");
  if (CHECK (o.planes.frames == in->planes.frames, "%s: %zu frames of %zu", o.what,
          o.planes.frames, in->planes.frames))
    widen (&o.planes, o.run->out, format->bytes);
  o.lufs = lqc_peer_loudness (&o.planes, in->rate);
  return o;
}

static void
output_free (Output *o)
{
  run_free (o->run);
  lqg_free (&o->wide);
}

/* The highest of all channels, dBTP; planes with silence around. */
static void
true_peaks (const lqg_planes *p, double *eight_dbtp, double *finest_dbtp)
{
  double eight = 0.0, finest = 0.0, peak[2];

  for (unsigned c = 0; c < p->channels; c++) {
    lqm_true_peaks (p->ch[c], p->frames, &peak[0], &peak[1]);
    eight = fmax (eight, peak[0]);
    finest = fmax (finest, peak[1]);
  }
  *eight_dbtp = lqm_db (eight);
  *finest_dbtp = lqm_db (finest);
}

static Input
input_new (const char *name, unsigned channels, size_t frames, double rate)
{
  return (Input){ .name = name, .planes = lqg_new (channels, frames), .rate = rate };
}

/* After its frames are there. */
static void
input_measure (Input *in)
{
  lqg_planes wide = lqg_new (in->planes.channels, in->planes.frames + 2 * PAD);
  double eight;

  for (unsigned c = 0; c < wide.channels; c++)
    memcpy (wide.ch[c] + PAD, in->planes.ch[c], in->planes.frames * sizeof (float));
  true_peaks (&wide, &eight, &in->peak_dbtp);
  lqg_free (&wide);
}

/* One gain for every sample, to the precision of the format. */
static void
check_linear (const Input *in, const Output *o, const struct format *format)
{
  float loudest = 0.0f;
  double gain = 1.0, off = 0.0;

  for (unsigned c = 0; c < in->planes.channels; c++)
    for (size_t i = 0; i < in->planes.frames; i++)
      if (fabsf (in->planes.ch[c][i]) > loudest) {
        loudest = fabsf (in->planes.ch[c][i]);
        gain = (double)o->planes.ch[c][i] / (double)in->planes.ch[c][i];
      }
  if (format->lsb > 0.0)
    gain = pow (10.0, run_figure (o->run, "applied-gain") / 20.0);
  for (unsigned c = 0; c < in->planes.channels; c++)
    for (size_t i = 0; i < in->planes.frames; i++) {
      const double due = gain * (double)in->planes.ch[c][i];
      /* Two roundings of a float, here and in the gain. */
      off = fmax (off, (fabs ((double)o->planes.ch[c][i] - due) - 1e-30) /
                           (format->lsb + fabs (due) * 0x1p-22 + 1e-30));
    }
  CHECK (
      off <= 1.0, "%s: \"one constant gain\" is off %.3g times what it may be", o->what, off);
}

static bool
says (const Output *o, const char *words)
{
  const char *summary =
      o->run->last ? gst_structure_get_string (o->run->last, "summary") : NULL;

  return summary && strstr (summary, words);
}

/* No gain reaches the target: not the greatest either. */
static void
check_unreachable (
    const Input *in, const Output *o, const struct format *format, const struct aim *aim)
{
  double most = o->lufs;

  CHECK (says (o, "short of the target") && says (o, "dB"), "%s: it says \"%s\"", o->what,
      gst_structure_get_string (o->run->last, "summary"));
  if (run_figure (o->run, "applied-gain") < 30.0 - 1e-3) {
    char mode[64];
    snprintf (mode, sizeof mode, "mode=linear measured-integrated=%g", aim->lufs - 60.0);
    Output linear = play (in, format, aim, mode);
    most = linear.lufs;
    output_free (&linear);
  }
  CHECK (most < aim->lufs - LOUDNESS_BAR, "%s: %.2f LU are missing, but 30 dB reach %.2f LUFS",
      o->what, aim->lufs - o->lufs, most);
}

/* What is told is what is measured. */
static void
check_told (const Output *o, const struct aim *aim, Worst *w)
{
  const double shortfall = run_figure (o->run, "shortfall");
  const double told = run_figure (o->run, "output-integrated");
  const double missing = aim->lufs - o->lufs;

  CHECK (fabs (told - o->lufs) <= TOLD_BAR, "%s: told %.2f LUFS, %.2f are measured", o->what,
      told, o->lufs);
  CHECK (fabs (missing - shortfall) <= TOLD_BAR, "%s: told to miss %.2f LU, missed by %.2f",
      o->what, shortfall, missing);
  w->told = fmax (w->told, fmax (fabs (told - o->lufs), fabs (missing - shortfall)));
}

static void
check_loudness (const Input *in, const Output *o, const struct format *format,
    const struct aim *aim, Worst *w)
{
  const double missing = aim->lufs - o->lufs;

  check_told (o, aim, w);
  if (fabs (missing) <= LOUDNESS_BAR) {
    CHECK (says (o, "on the target"), "%s: reached, but not said", o->what);
    w->missed = fmax (w->missed, fabs (missing));
    return;
  }
  w->unreached++;
  check_unreachable (in, o, format, aim);
}

static void
check_peaks (
    const Input *in, Output *o, const struct format *format, const struct aim *aim, Worst *w)
{
  const double reduction = run_figure (o->run, "limiter-reduction");
  const double told = run_figure (o->run, "output-true-peak");

  true_peaks (&o->wide, &o->over8, &o->over32);
  o->over8 -= aim->ceiling_dbtp;
  o->over32 -= aim->ceiling_dbtp;
  CHECK (o->over8 <= 0.0, "%s: %+.3f dB over the ceiling at 8×", o->what, o->over8);
  CHECK (o->over32 <= FINE_BAR, "%s: %+.3f dB over the ceiling at 32×", o->what, o->over32);
  /* Its meter's filter is shorter: it reads what lies at half the rate higher, and between its
   * four points a frame it reads lower. */
  CHECK (fabs (told - aim->ceiling_dbtp - o->over32 - PEAK_MIDDLE) <= PEAK_BAR,
      "%s: told %.3f dBTP, %.3f are measured", o->what, told, o->over32 + aim->ceiling_dbtp);
  w->over8 = fmax (w->over8, o->over8);
  w->over32 = fmax (w->over32, o->over32);
  w->reduction = fmax (w->reduction, reduction);
  if (in->peak_dbtp + run_figure (o->run, "applied-gain") < aim->ceiling_dbtp - 0.2)
    CHECK (reduction == 0.0, "%s: limited by %.2f dB for nothing", o->what, reduction);
  CHECK (says (o, reduction == 0.0 ? "One constant gain" : "peaks limited by"),
      "%s: \"%s\" of a reduction of %.2f dB", o->what,
      gst_structure_get_string (o->run->last, "summary"), reduction);
  if (reduction == 0.0 && format->lsb < 1.0)
    check_linear (in, o, format);
}

static void
judge (const Input *in, const struct format *format, const struct aim *aim, Worst *w)
{
  Output o = play (in, format, aim, "mode=two-pass");

  w->runs++;
  if (CHECK (o.run->last != NULL, "%s: no final message", o.what) &&
      o.planes.frames == in->planes.frames) {
    check_loudness (in, &o, format, aim, w);
    check_peaks (in, &o, format, aim, w);
  }
  output_free (&o);
}

static Worst
worst_new (void)
{
  return (Worst){ .over8 = -INFINITY, .over32 = -INFINITY };
}

static void
publish (const char *name, const Worst *w)
{
  lqc_counted (TABLE, name, "runs", w->runs);
  lqc_counted (TABLE, name, "out of reach, and said so", w->unreached);
  lqc_told (TABLE, name, "else off the target, LU", w->missed);
  lqc_told (TABLE, name, "told − libebur128's, LU", w->told);
  lqc_told (TABLE, name, "over the ceiling at 8×, dB", w->over8);
  lqc_told (TABLE, name, "at 32×, dB", w->over32);
  lqc_told (TABLE, name, "most limiting, dB", w->reduction);
}

/* Of the slow cases, which are in no table. */
static void
tell (const char *name, const Worst *w)
{
  lqt_note ("%s: %u runs, %u out of reach; off by %.3f LU, told by %.3f; %+.3f dB at 8x, %+.3f "
            "at 32x; limited by %.1f dB",
      name, w->runs, w->unreached, w->missed, w->told, w->over8, w->over32, w->reduction);
  fflush (stdout);
}

static bool
can_judge (void)
{
  const lqg_planes nothing = { .channels = 1 };

  if (!isnan (lqc_peer_loudness (&nothing, 48000.0)))
    return true;
  lqt_skip ("libebur128 is missing");
  return false;
}

/* Settings that keep the gain from the target: the reason in words, the rest in figures. */
void
lqc_norm_bounds (void)
{
  static const struct {
    const char *mode, *words;
    struct aim aim;
    bool loud;
  } rows[] = {
    { "mode=two-pass max-gain=2", "max-gain, 2.0 dB", { -9.0, -1.0 }, false },
    { "mode=two-pass max-gain=11", "max-gain, 11.0 dB", { -5.0, -1.0 }, false },
    { "mode=two-pass boost=false", "boost is off", { -9.0, -1.0 }, false },
    { "mode=two-pass min-gain=-3", "min-gain, -3.0 dB", { -40.0, -1.0 }, false },
    { "mode=two-pass peak-policy=cap", "ceiling of -1.0 dBTP", { -9.0, -1.0 }, false },
    { "mode=two-pass peak-policy=cap", "ceiling of -6.0 dBTP", { -14.0, -6.0 }, true },
    { "mode=two-pass", "take what more gain", { -16.0, -1.0 }, true },
  };

  for (unsigned k = 0; k < LQ_COUNT (rows) * FORMATS && can_judge (); k++) {
    const lqc_hostile *h = &lqc_hostiles[rows[k / FORMATS].loud ? 0 : 1];
    Input in = input_new (h->name, h->channels, (size_t)(h->seconds * 48000.0), 48000.0);
    const struct aim *aim = &rows[k / FORMATS].aim;
    Worst w = worst_new ();
    Output o;
    h->fill (&in.planes, in.rate);
    input_measure (&in);
    o = play (&in, &formats[k % FORMATS], aim, rows[k / FORMATS].mode);
    check_told (&o, aim, &w);
    check_peaks (&in, &o, &formats[k % FORMATS], aim, &w);
    CHECK (fabs (aim->lufs - o.lufs) > LOUDNESS_BAR, "%s with %s: the target is reached",
        o.what, rows[k / FORMATS].mode);
    CHECK (says (&o, rows[k / FORMATS].words), "%s with %s: it says \"%s\"", o.what,
        rows[k / FORMATS].mode, gst_structure_get_string (o.run->last, "summary"));
    output_free (&o);
    lqg_free (&in.planes);
  }
}

/* All formats at the first rate; at the others, unless `all`, each target with one of them. */
static void
hostile (bool all)
{
  for (unsigned s = 0; lqc_hostiles[s].name && can_judge (); s++) {
    const lqc_hostile *h = &lqc_hostiles[s];
    Worst w = worst_new ();
    for (unsigned r = 0; r < RATES; r++) {
      Input in = input_new (h->name, h->channels, (size_t)(h->seconds * rates[r]), rates[r]);
      h->fill (&in.planes, rates[r]);
      input_measure (&in);
      for (unsigned k = 0; k < AIMS * FORMATS; k++)
        if (all || r == 0 || k % FORMATS == (k / FORMATS + s + r) % FORMATS)
          judge (&in, &formats[k % FORMATS], &aims[k / FORMATS], &w);
      lqg_free (&in.planes);
    }
    (all ? tell : publish) (h->name, &w);
  }
}

void
lqc_norm_hostile (void)
{
  hostile (false);
}

void
lqc_norm_hostile_all (void)
{
  hostile (true);
}

/* Whole songs in everything; else half a minute at one rate and a format a target. */
static void
songs (bool all)
{
  static char paths[LQC_SONGS][LQC_PATH];
  const unsigned n = can_judge () ? lqc_song_paths (paths) : 0;

  for (unsigned s = 0; s < n; s++) {
    Worst w = worst_new ();
    for (unsigned r = 0; r < RATES; r++) {
      Input in = { .name = lqc_song_name (paths[s]), .rate = rates[r] };
      if (!all && r != s % RATES)
        continue;
      in.planes = lqc_song (paths[s], rates[r], all ? 900.0 : 30.0);
      CHECK (in.planes.frames > 0, "%s isn't to be decoded", in.name);
      input_measure (&in);
      for (unsigned k = 0; k < AIMS * FORMATS; k++)
        if (all || k % FORMATS == (k / FORMATS + s / RATES) % FORMATS)
          judge (&in, &formats[k % FORMATS], &aims[k / FORMATS], &w);
      lqg_free (&in.planes);
    }
    (all ? tell : publish) (lqc_song_name (paths[s]), &w);
  }
  if (n == 0 && can_judge ())
    lqt_skip ("no songs (Debian's asc-music and neverball-common)");
  else if (n > 0)
    CHECK (n >= 5, "only %u songs", n);
}

void
lqc_norm_songs (void)
{
  songs (false);
}

void
lqc_norm_songs_all (void)
{
  songs (true);
}
