/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ceiling at every rate and in every mode that has one, and bypass back and forth. */

#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "vinyl-lines.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define CEILING_DB (-1.0)

static gfloat
square (guint i, gdouble rate)
{
  return fmod (i * 441.0 / rate, 1.0) < 0.5 ? 1.0f : -1.0f;
}

static gfloat
quarter (guint i, gdouble rate)
{
  return (gfloat)sin (G_PI / 2.0 * i + G_PI / 4.0);
}

/* One frame in 400 ms. */
static gfloat
impulse (guint i, gdouble rate)
{
  return fmod (i, floor (0.4 * rate)) == 123.0 ? 1.0f : 0.0f;
}

/* dB over the ceiling, looked at 8 and 32 times a frame; with silence before and behind. */
static void
over (Run *r, guint bytes, gdouble *eight, gdouble *finest)
{
  const gsize n = r->out_bytes / (r->channels * bytes);
  gfloat *x = g_new0 (gfloat, n + 128);

  *eight = *finest = 0.0;
  for (guint c = 0; c < r->channels; c++) {
    gdouble peaks[2];
    for (gsize i = 0; i < n; i++)
      x[64 + i] = bytes == 4 ? r->out[i * r->channels + c]
                             : (gfloat)((const gint16 *)r->out)[i * r->channels + c] / 32768.0f;
    lqm_true_peaks (x, n + 128, &peaks[0], &peaks[1]);
    *eight = fmax (*eight, peaks[0]);
    *finest = fmax (*finest, peaks[1]);
  }
  *eight = lqm_db (*eight) - CEILING_DB;
  *finest = lqm_db (*finest) - CEILING_DB;
  g_free (x);
}

/* 35: 0 dBFS, driven into the ceiling. */
static void
ceiling (void)
{
  static gfloat (*const fill[]) (guint i, gdouble rate) = { square, quarter, impulse };
  static const guint rates[] = { 8000, 11025, 44100, 48000, 96000, 192000, 384000 };
  static const gchar *const modes[] = { "mode=two-pass",
    "mode=linear measured-integrated=-12 measured-true-peak=0", "mode=live" };
  static const gchar *const formats[] = { "F32LE", "S16LE" };
  gdouble most = -INFINITY, finest, eight;

  for (guint k = 0; k < 3 * 7 * 3 * 2; k += LQT_ROUNDS (1, 5)) {
    const guint rate = rates[k / 3 % 7], bytes = k / 63 ? 2 : 4, f = k / 21 % 3;
    gchar *line = g_strdup_printf (
        "loudnessnorm loudness-target=0 max-true-peak=%g noise-shaping=medium %s", CEILING_DB,
        modes[k % 3]);
    Run *r = run_new (line, rate, 2, formats[k / 63]);
    r->in_frames = rate;
    r->in = g_new (gfloat, 2 * rate);
    for (guint i = 0; i < 2 * rate; i++)
      r->in[i] = fill[f](i / 2, rate);
    run_all (r, 4000);
    CHECK (r->out_bytes == (gsize)rate * 2 * bytes, "%s: %zu bytes", line, r->out_bytes);
    over (r, bytes, &eight, &finest);
    CHECK (eight <= 0.0, "%s, signal %u at %u Hz: %+.3f dB at 8×", line, f, rate, eight);
    CHECK (finest <= 0.05, "%s, signal %u at %u Hz: %+.3f dB at 32×", line, f, rate, finest);
    most = fmax (most, finest);
    run_free (r);
    g_free (line);
  }
  CHECK (most > -0.3, "nothing comes near the ceiling: %.2f dB", most);
  lqt_note ("at most %+.3f dB at 32x", most);
}

#define RATE 48000
#define TOGGLE (RATE / 20) /* frames */
#define CUT 480

typedef struct {
  GstElement *element;
  guint frames;
} Toggles;

static GstPadProbeReturn
toggle (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Toggles *t = data;
  const guint before = t->frames;

  t->frames += (guint)(gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info)) / 8);
  if (before / TOGGLE != t->frames / TOGGLE)
    g_object_set (t->element, "bypass", t->frames / TOGGLE % 2 == 1, NULL);
  return GST_PAD_PROBE_OK;
}

/* A tone through it, toggled or not. */
static Run *
toggled (const gchar *line, gboolean toggles)
{
  Run *r = run_new (line, RATE, 2, NULL);
  Toggles t = { r->element, 0 };
  GstPad *pad = gst_element_get_static_pad (r->element, "src");

  r->in_frames = 4 * RATE;
  r->in = g_new (gfloat, 8 * RATE);
  for (guint i = 0; i < 8 * RATE; i++)
    r->in[i] = (gfloat)(0.1 * sin (2.0 * G_PI * 100.0 * (i / 2) / RATE));
  if (toggles)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, toggle, &t, NULL);
  run_all (r, CUT);
  gst_object_unref (pad);
  return r;
}

/* Largest second difference of the left channel. */
static gdouble
bend (const gfloat *x, guint frames)
{
  gdouble worst = 0.0;

  for (guint i = 2; i < frames; i++)
    worst = fmax (worst, fabs ((gdouble)x[2 * i] - 2.0 * x[2 * i - 2] + x[2 * i - 4]));
  return worst;
}

/* Frames that are those of `to`, bit for bit. */
static guint
same (const gfloat *x, const gfloat *to, guint frames)
{
  guint n = 0;

  for (guint i = 0; i < frames; i++)
    n += memcmp (x + 2 * i, to + 2 * i, 2 * sizeof *x) == 0;
  return n;
}

/* 37: each 50 ms; in time with both, one or the other bit for bit, and no click between. */
static void
bypass (void)
{
  static const gchar *const lines[] = { "loudnessnorm mode=two-pass loudness-target=-17",
    "loudnessnorm mode=linear measured-integrated=-23 loudness-target=-17",
    "channelstrip post-messages=false gate-enabled=true gate-threshold=-60 gate-lookahead=2 "
    "comp-enabled=true comp-threshold=-30 comp-lookahead=3 trans-enabled=true trans-attack=30 "
    "out-gain=-2",
    MASTER_IDLE " glue-enabled=true glue-threshold=-15 maximizer-enabled=true "
                "maximizer-ceiling=-24",
    VINYL_BUSY, VINYL_IDLE " cut-level=-2" };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *plain = toggled (lines[l], FALSE), *r = toggled (lines[l], TRUE);
    const guint n = r->in_frames;
    guint dry, wet, outside = 0;
    if (!CHECK (r->out_frames == n && plain->out_frames == n, "%s: %u frames", lines[l],
            r->out_frames))
      continue;
    dry = same (r->out, r->in, n);
    wet = same (r->out, plain->out, n);
    for (guint i = 0; i < 2 * n; i++) {
      const gfloat dry_x = r->in[i], wet_x = plain->out[i];
      const gfloat close = 1e-6f * fmaxf (fabsf (dry_x), fabsf (wet_x));
      outside +=
          r->out[i] > fmaxf (dry_x, wet_x) + close || r->out[i] < fminf (dry_x, wet_x) - close;
    }
    lqt_note ("%s: %.0f %% dry, %.0f %% wet", lines[l], 100.0 * dry / n, 100.0 * wet / n);
    CHECK (dry > n / 5 && wet > n / 5, "%s: settled for %u frames and %u of %u", lines[l], dry,
        wet, n);
    CHECK (outside == 0, "%s: %u samples aren't between the two", lines[l], outside);
    CHECK (bend (r->out, n) <= 2.0 * bend (plain->out, n), "%s: a click, ratio %.2f", lines[l],
        bend (r->out, n) / bend (plain->out, n));
    run_free (r);
    run_free (plain);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "35 the ceiling at every rate", ceiling },
    { "37 bypass each 50 ms", bypass }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
