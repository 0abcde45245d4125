/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* test-master-ceiling [STRIDE]: the maximizer's ceiling at masterchain's output, in every style, link
 * setting, rate and format, by samples and by the tests' own meters of 8 and 32 looks a frame. Every
 * STRIDE-th of all combinations is tried; 1 is all of them. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "run.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define CEILING_DB (-1.0)
#define SECONDS 0.12

static guint stride = 37; /* shares no factor with any of the counts */

/* Signals: full scale and beyond, unlike in both channels. */

static gdouble
square (guint i, gdouble rate, guint c)
{
  return fmod (i * (441.0 + 7.0 * c) / rate, 1.0) < 0.5 ? 1.0 : -1.0;
}

static gdouble
quarter (guint i, gdouble rate, guint c)
{
  return sin (G_PI / 2.0 * i + G_PI / 4.0) * (c ? 0.3 : 1.0);
}

static gdouble
impulses (guint i, gdouble rate, guint c)
{
  return i % (guint)(0.02 * rate) == 11 + 5 * c ? 2.0 : 0.0;
}

/* Bursts of a tone just below half the rate, and of silence. */
static gdouble
bursts (guint i, gdouble rate, guint c)
{
  return i / (guint)(0.005 * rate) % 2 == c ? 1.4 * sin (2.9 * i) : 0.0;
}

static gdouble
noise (guint i, gdouble rate, guint c)
{
  lqs_random r = { i * 2654435761u + c * 40503u + 1 };

  lqs_next (&r);
  return 3.0 * lqs_uniform (&r);
}

typedef gdouble (*Signal) (guint i, gdouble rate, guint c);
static const Signal signals[] = { square, quarter, impulses, bursts, noise };

static const struct {
  const gchar *caps, *more;
  guint bytes;
  gdouble scale;  /* of a sample as an integer; 0: it is F32 */
  guint rate_max; /* where its noise shaping has a curve */
} formats[] = { { "F32LE", "", 4, 0.0, 192000 }, { "S24LE", "", 3, 8388608.0, 192000 },
  { "S24_32LE", "", 4, 8388608.0, 192000 }, { "S16LE", "", 2, 32768.0, 192000 },
  { "S16LE", "noise-shaping=strong", 2, 32768.0, 48000 },
  { "S16LE", "noise-shaping=light dither=tpdf-hp", 2, 32768.0, 48000 } };

static const guint rates[] = { 44100, 48000, 96000, 192000 };
static const gchar *const styles[] = { "transparent", "punchy", "loud", "bus", "clip" };
static const gchar *const links[] = { "maximizer-link-transient=0 maximizer-link-release=0", "",
  "maximizer-link-transient=0 maximizer-link-release=100",
  "maximizer-link-transient=50 maximizer-link-release=30" };
static const gchar *const lines[] = { MASTER_IDLE " maximizer-gain=6",
  MASTER_IDLE " maximizer-gain=12 maximizer-upward=12 maximizer-soft-clip=100 "
              "maximizer-lookahead=0.5",
  MASTER_SHAPED " maximizer-gain=3 maximizer-auto-release=false maximizer-release=1" };

static gfloat
sample (const Run *r, guint format, gsize i)
{
  const guint8 *at = (const guint8 *)r->out + i * formats[format].bytes;
  gint32 x;

  switch (formats[format].bytes) {
    case 2:
      return (gfloat)((const gint16 *)(gconstpointer)at)[0] / 32768.0f;
    case 3:
      x = (gint32)((guint32)at[0] << 8 | (guint32)at[1] << 16 | (guint32)at[2] << 24) / 256;
      return (gfloat)x / 8388608.0f;
    default:
      if (formats[format].scale == 0.0)
        return r->out[i];
      return (gfloat)((const gint32 *)(gconstpointer)at)[0] / 8388608.0f;
  }
}

/* Largest of all samples, and between them; with silence before and behind. */
static void
peaks_of (const Run *r, guint format, gdouble peak[3])
{
  const gsize n = r->out_bytes / (formats[format].bytes * r->channels);
  gfloat *x = g_new0 (gfloat, n + 128);

  memset (peak, 0, 3 * sizeof *peak);
  for (guint c = 0; c < r->channels; c++) {
    gdouble between[2];
    for (gsize i = 0; i < n; i++)
      x[64 + i] = sample (r, format, i * r->channels + c);
    lqm_true_peaks (x, n + 128, &between[0], &between[1]);
    peak[0] = fmax (peak[0], lqm_peak (x, n + 128));
    peak[1] = fmax (peak[1], between[0]);
    peak[2] = fmax (peak[2], between[1]);
  }
  g_free (x);
}

static Run *
driven (const gchar *line, guint rate, guint format, Signal signal, guint channels)
{
  Run *r = run_new (line, rate, channels, formats[format].caps);

  r->in_frames = (guint)(SECONDS * rate);
  r->in = g_new (gfloat, r->in_frames * channels);
  for (guint i = 0; i < r->in_frames; i++)
    for (guint c = 0; c < channels; c++)
      r->in[i * channels + c] = (gfloat)signal (i, rate, c);
  run_all (r, 1000);
  CHECK (r->out_bytes == (gsize)r->in_frames * channels * formats[format].bytes,
      "%s: %zu bytes", line, r->out_bytes);
  CHECK (!r->error, "%s: %s", line, r->error ? r->error->message : "");
  return r;
}

/* The k-th of all combinations; dB over the ceiling at 32 looks, −∞ where it isn't one. */
static gdouble
combination (guint k, gboolean true_peak)
{
  const guint style = k % 5, link = k / 5 % 4, rate = rates[k / 20 % 4],
              format = k / 80 % G_N_ELEMENTS (formats),
              signal = k / (80 * G_N_ELEMENTS (formats)) % G_N_ELEMENTS (signals),
              line = k / (80 * G_N_ELEMENTS (formats) * G_N_ELEMENTS (signals));
  const gdouble ceiling = pow (10.0, CEILING_DB / 20.0);
  gdouble peak[3];
  gchar *text;
  Run *r;

  if (rate > formats[format].rate_max)
    return -INFINITY;
  text = g_strdup_printf ("%s maximizer-enabled=true maximizer-ceiling=%g maximizer-style=%s "
                          "maximizer-true-peak=%s %s %s",
      lines[line], CEILING_DB, styles[style], true_peak ? "true" : "false", links[link],
      formats[format].more);
  r = driven (text, rate, format, signals[signal], 1 + (k % 7 != 0));
  peaks_of (r, format, peak);
  CHECK (peak[0] <= ceiling * (1.0 + 1e-7), "%s, %s, signal %u, %u Hz: a sample of %.8f", text,
      formats[format].caps, signal, rate, peak[0]);
  if (true_peak) {
    CHECK (peak[1] <= ceiling, "%s, %s, signal %u, %u Hz: %+.4f dB at 8 looks", text,
        formats[format].caps, signal, rate, lqm_db (peak[1] / ceiling));
    CHECK (peak[2] <= ceiling * pow (10.0, 0.05 / 20.0),
        "%s, %s, signal %u, %u Hz: %+.4f dB at 32 looks", text, formats[format].caps, signal,
        rate, lqm_db (peak[2] / ceiling));
  }
  run_free (r);
  g_free (text);
  return lqm_db (peak[true_peak ? 2 : 0] / ceiling);
}

static void
all_of (gboolean true_peak)
{
  const guint all = 80 * G_N_ELEMENTS (formats) * G_N_ELEMENTS (signals) * G_N_ELEMENTS (lines);
  gdouble most = -INFINITY;
  guint tried = 0;

  for (guint k = true_peak ? 0 : 3; k < all; k += true_peak ? stride : 3 * stride) {
    most = fmax (most, combination (k, true_peak));
    tried++;
  }
  CHECK (most > -0.3, "nothing comes near the ceiling: %.3f dB", most);
  lqt_note ("at most %+.4f dB over the ceiling in %u combinations", most, tried);
}

static void
between_samples (void)
{
  all_of (TRUE);
}

static void
on_samples (void)
{
  all_of (FALSE);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "the ceiling, true peaks", between_samples },
    { "the ceiling, sample peaks", on_samples }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  if (argc > 1)
    stride = (guint)MAX (1, atoi (argv[1]));
  return lqt_main (cases, 1, argv);
}
