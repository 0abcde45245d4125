/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* vinylsafe, what is heard: the input's own bits where nothing is done; what was taken away; the record
 * as cut and as traced by a stylus; and no click where these are switched. */

#include <math.h>
#include <string.h>

#include "cutrun.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"
#include "vinyl.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000
#define INNER "vinylsafe post-messages=false radius-aware=false"
#define OPEN " highpass-frequency=0 lowpass-frequency=0 bass-mono-frequency=0 "
#define FREE                                                                                   \
  " velocity-limit=0 slope-limit=0 displacement-limit=0 vertical-limit=0 "                     \
  "acceleration-limit=0 curvature-limit=0 curvature-warning=0 "

/* Something like music, in steps of 16 bits. */
static void
fill (Run *r, gdouble seconds, gdouble amplitude)
{
  gfloat *plane;

  cut_silence (r, seconds);
  plane = g_new (gfloat, r->in_frames);
  for (guint c = 0; c < r->channels; c++) {
    lqs_programme (plane, r->in_frames, r->rate, c + 9);
    for (guint i = 0; i < r->in_frames; i++)
      r->in[i * r->channels + c] =
          (gfloat)(rint (32768.0 * amplitude * (gdouble)plane[i]) / 32768.0);
  }
  g_free (plane);
}

/* Bits. */

static gint32
sample (const Run *r, guint bytes, gsize i)
{
  const guint8 *at = (const guint8 *)r->out + i * bytes;

  switch (bytes) {
    case 2:
      return (gint16)(at[0] | at[1] << 8) * 65536;
    case 3:
      return (gint32)((guint32)at[0] << 8 | (guint32)at[1] << 16 | (guint32)at[2] << 24);
    default:
      return (gint32)((guint32)at[0] | (guint32)at[1] << 8 | (guint32)at[2] << 16 |
                      (guint32)at[3] << 24);
  }
}

/* Output is input, in whatever format. */
static void
same_bits (
    const gchar *line, guint rate, guint channels, const gchar *format, gdouble amplitude)
{
  Run *r = run_new (line, rate, channels, format);
  const guint bytes = !format || strstr (format, "32") ? 4 : strstr (format, "24") ? 3 : 2;
  gboolean same;

  fill (r, 0.6, amplitude);
  run_all (r, 0);
  same = r->out_bytes == (gsize)r->in_frames * channels * bytes && !r->error;
  CHECK (same, "%s %s: %zu bytes", line, format ? format : "F32LE", r->out_bytes);
  for (gsize i = 0; same && i < (gsize)r->in_frames * channels; i++) {
    const gdouble scale = g_strcmp0 (format, "S24_32LE") == 0 ? 8388608.0 : 2147483648.0;
    same = format ? sample (r, bytes, i) == (gint32)rint ((gdouble)r->in[i] * scale)
                  : memcmp (r->out + i, r->in + i, sizeof (gfloat)) == 0;
    CHECK (same, "%s, %u Hz, %u channels, %s: value %zu differs", line, rate, channels,
        format ? format : "F32LE", i);
  }
  run_free (r);
}

static void
bits (void)
{
  static const gchar *const formats[] = { NULL, "S16LE", "S24LE", "S24_32LE", "S32LE" };
  static const guint rates[] = { 8000, 44100, 48000, 96000, 192000, 384000 };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    for (guint channels = 1; channels <= 2; channels++) {
      same_bits (
          INNER " mode=analyse meters=true dither=none", RATE, channels, formats[i], 1.0);
      same_bits (
          INNER " mode=analyse bypass=true dither=none", RATE, channels, formats[i], 1.0);
      same_bits (INNER " bypass=true dither=none", RATE, channels, formats[i], 2.0);
      same_bits (INNER OPEN "dither=none", RATE, channels, formats[i], 0.02);
    }
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    same_bits ("vinylsafe mode=analyse cut-level=6 side-duration=900", rates[i], 2, NULL, 3.0);
    same_bits ("vinylsafe side-duration=900" OPEN, rates[i], 2, NULL,
        rates[i] > 100000 ? 0.0005 : 0.01);
    same_bits ("vinylsafe learn=whole-track treble-limiter-lookahead=10" OPEN, rates[i], 1,
        NULL, rates[i] > 100000 ? 0.0005 : 0.01);
  }
}

/* A gap in the middle is silence, in its place. */
static void
gaps (void)
{
  static const gchar *const lines[] = { INNER " mode=analyse meters=true", INNER OPEN };

  for (guint k = 0; k < G_N_ELEMENTS (lines); k++) {
    Run *r = run_new (lines[k], RATE, 2, NULL);
    fill (r, 1.0, 0.02);
    memset (r->in + 2 * 16000, 0, 16000 * 8);
    for (guint at = 0; at < r->in_frames; at += 16000) {
      GstBuffer *buffer = gst_buffer_new_memdup (r->in + 2 * at, 16000 * 8);
      GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (at, GST_SECOND, RATE);
      GST_BUFFER_DURATION (buffer) = GST_SECOND / 3;
      if (at == 16000)
        GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
      gst_harness_push (r->h, buffer);
    }
    gst_harness_push_event (r->h, gst_event_new_eos ());
    run_take (r);
    CHECK (r->out_frames == r->in_frames && memcmp (r->out, r->in, r->out_bytes) == 0,
        "%s: %u of %u frames, or other bits", lines[k], r->out_frames, r->in_frames);
    run_free (r);
  }
}

/* What was taken away is what is missing. */
static void
taken (void)
{
  static const gchar *const lines[] = { INNER, INNER " cut-level=-3 deess-enabled=true",
    INNER " simulate=cut treble-limiter-lookahead=5" };

  for (guint k = 0; k < G_N_ELEMENTS (lines); k++) {
    gchar *line = g_strdup_printf ("%s listen=true", lines[k]);
    Run *out = run_new (lines[k], RATE, 2, NULL), *away = run_new (line, RATE, 2, NULL);
    gdouble worst = 0.0, loudest = 0.0;
    fill (out, 1.5, 1.5);
    fill (away, 1.5, 1.5);
    run_all (out, 0);
    run_all (away, 0);
    CHECK (out->out_frames == out->in_frames && away->out_frames == out->in_frames,
        "%s: %u and %u frames", line, out->out_frames, away->out_frames);
    for (guint i = 0; i < 2 * MIN (out->out_frames, away->out_frames); i++) {
      worst = fmax (
          worst, fabs ((gdouble)out->in[i] - (gdouble)out->out[i] - (gdouble)away->out[i]));
      loudest = fmax (loudest, fabs ((gdouble)away->out[i]));
    }
    CHECK (worst < 1e-6, "%s: input − output is off by %g", line, worst);
    CHECK (loudest > 0.05, "%s: nothing was taken away", line);
    run_free (out);
    run_free (away);
    g_free (line);
  }
}

/* Simulation. */

/* Cut and played, a tone is what it was and where it was, but for the model's high-pass. */
static void
as_cut (void)
{
  static const gdouble hz[] = { 40, 100, 1000, 5000, 12000 };

  for (guint k = 0; k < 3 * G_N_ELEMENTS (hz); k++) {
    const guint i = k / 3, rate = k % 3 == 2 ? 96000 : 48000, channels = 1 + k % 2;
    const double complex s = I * hz[i] / 20.0, h = s * s * s / ((s + 1) * (s * s + s + 1));
    Run *r = run_new (INNER OPEN FREE "simulate=cut", rate, channels, NULL);
    gdouble worst = 0.0;
    cut_tone (r, 1.5, hz[i], 0.05, 0.03);
    run_all (r, 0);
    if (CHECK (r->out_frames == r->in_frames, "%u of %u frames", r->out_frames, r->in_frames)) {
      gfloat *plane = cut_plane (r->out, r->out_frames, channels, channels - 1);
      const gdouble amplitude = channels > 1 ? 0.03 : 0.05;
      CHECK_NEAR (lqm_db (lqm_tone (plane + rate / 2, rate / 2, rate, hz[i]) / amplitude),
          lqm_db (cabs (h)), 0.1, "level of a tone as cut, dB");
      for (guint n = rate / 2; n < rate; n++)
        worst = fmax (worst,
            fabs (plane[n] / amplitude - cimag (h * cexp (I * 2.0 * G_PI * hz[i] * n / rate))));
      CHECK (worst < 0.03, "%g Hz, %u Hz: off by %g of itself", hz[i], rate, worst);
      g_free (plane);
    }
    run_free (r);
  }
}

struct traced {
  gdouble own[4], other[4]; /* harmonics of the tone's axis and of the other, as velocities */
};

/* A tone of so many cm/s laterally or vertically, as played. */
static struct traced
trace (const gchar *more, gdouble hz, gdouble velocity, gboolean vertical)
{
  gchar *line =
      g_strdup_printf ("vinylsafe post-messages=false" OPEN FREE "simulate=tracing %s", more);
  const gdouble x = cut_amplitude (hz, velocity);
  Run *r = run_new (line, RATE, 2, NULL);
  struct traced t = { { NAN, NAN, NAN, NAN }, { NAN, NAN, NAN, NAN } };

  cut_tone (r, 0.8, hz, x, vertical ? -x : x);
  run_all (r, 0);
  if (CHECK (r->out_frames == r->in_frames, "%s: %u frames", line, r->out_frames)) {
    gfloat *mid = g_new (gfloat, r->out_frames), *side = g_new (gfloat, r->out_frames);
    for (guint i = 0; i < r->out_frames; i++) {
      mid[i] = (r->out[2 * i] + r->out[2 * i + 1]) / 2;
      side[i] = (r->out[2 * i] - r->out[2 * i + 1]) / 2;
    }
    for (guint h = 1; h < 4; h++) {
      const gdouble k = cabs (lqv_riaa (h * hz));
      t.own[h] = k * lqm_tone ((vertical ? side : mid) + 12000, 19200, RATE, h * hz);
      t.other[h] = k * lqm_tone ((vertical ? mid : side) + 12000, 19200, RATE, h * hz);
    }
    g_free (mid);
    g_free (side);
  }
  run_free (r);
  g_free (line);
  return t;
}

/* STANDARDS §3.2: the second harmonic of a vertical tone is half its ratio of curvature, ρ·ω·v/vg² with v of a
 * wall; so is, by pinch, the vertical second of a lateral one, whose own third is 3/8 of the square. */
static void
as_traced (void)
{
  static const struct {
    const gchar *place;
    gdouble radius;
  } places[] = { { "side-duration=1200", 146.3 },
    { "side-duration=1200 side-start=500", 110.47 },
    { "side-duration=1200 side-start=900", 81.8 },
    { "side-duration=1200 side-start=1199", 60.37 } };
  static const struct {
    gdouble hz, velocity, um;
  } rows[] = { { 1000, 7, 18 }, { 2000, 5, 18 }, { 3000, 5, 8 } };

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++) {
    gdouble before = 0.0;
    for (guint p = 0; p < G_N_ELEMENTS (places); p++) {
      gchar *more = g_strdup_printf ("%s stylus-radius=%g", places[p].place, rows[k].um);
      const gdouble speed = cut_speed (places[p].radius);
      const gdouble ratio = rows[k].um * 1e-4 * 2 * G_PI * rows[k].hz * rows[k].velocity /
                            G_SQRT2 / (speed * speed);
      const struct traced up = trace (more, rows[k].hz, rows[k].velocity, TRUE),
                          flat = trace (more, rows[k].hz, rows[k].velocity, FALSE);
      CHECK_NEAR (
          lqm_db (up.own[2] / up.own[1] / (ratio / 2)), 0, 1, "second of a vertical, dB");
      CHECK_NEAR (lqm_db (flat.other[2] / flat.own[1] / (ratio / 2)), 0, 1, "pinch, dB");
      if (ratio > 0.05)
        CHECK_NEAR (lqm_db (flat.own[3] / flat.own[1] / (3 * ratio * ratio / 8)), 0, 1,
            "third of a lateral, dB");
      CHECK (flat.own[3] / flat.own[1] > before, "%s: no more of the third further in", more);
      before = flat.own[3] / flat.own[1];
      g_free (more);
    }
  }
}

/* Switches while playing. */

static gdouble
bend (const Run *r, guint first, guint end)
{
  gfloat *plane = cut_plane (r->out + 2 * first, end - first, 2, 0);
  const gdouble most = lqm_curvature (plane, end - first);

  g_free (plane);
  return most;
}

static void
push (Run *r, guint first, guint end)
{
  for (guint at = first, n; at < end; at += n) {
    GstBuffer *buffer;
    n = MIN (700, end - at);
    buffer = gst_buffer_new_memdup (r->in + 2 * (gsize)at, n * 8);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (at, GST_SECOND, RATE);
    GST_BUFFER_DURATION (buffer) =
        gst_util_uint64_scale_round (at + n, GST_SECOND, RATE) - GST_BUFFER_PTS (buffer);
    gst_harness_push (r->h, buffer);
  }
}

static void
switched (void)
{
  static const struct {
    const gchar *more, *name, *on, *off;
    gboolean late; /* the latency grows */
    gdouble left;  /* of the tone when on; the model's high-pass turns it */
  } rows[] = { { "", "simulate", "cut", "none", TRUE, 1 },
    { "", "simulate", "tracing", "none", TRUE, 1 },
    { "simulate=cut", "simulate", "tracing", "cut", FALSE, 1 },
    { "", "listen", "true", "false", FALSE, 0 }, { "", "bypass", "true", "false", FALSE, 1 },
    { "simulate=cut", "listen", "true", "false", FALSE, 0.4001 } };
  const gdouble sine = pow (2.0 * sin (G_PI * 100.0 / RATE), 2.0) * 0.1;

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++) {
    gchar *line =
        g_strdup_printf ("%s" OPEN FREE "stylus=spherical-18 %s", INNER, rows[k].more);
    Run *r = run_new (line, RATE, 2, NULL);
    guint latency, grown, messages;
    cut_tone (r, 4.0, 100.0, 0.1, 0.1);
    push (r, 0, RATE);
    latency = run_latency (r);
    run_latency_messages (r);
    gst_util_set_object_arg (G_OBJECT (r->element), rows[k].name, rows[k].on);
    push (r, RATE, 2 * RATE);
    grown = run_latency (r);
    messages = run_latency_messages (r);
    CHECK (rows[k].late ? grown > latency && messages > 0 : grown == latency,
        "%s %s=%s: latency %u, then %u, %u messages", line, rows[k].name, rows[k].on, latency,
        grown, messages);
    gst_util_set_object_arg (G_OBJECT (r->element), rows[k].name, rows[k].off);
    push (r, 2 * RATE, 3 * RATE);
    CHECK (
        run_latency (r) == grown, "%s: latency %u, back to %u", line, grown, run_latency (r));
    gst_util_set_object_arg (G_OBJECT (r->element), rows[k].name, rows[k].on);
    push (r, 3 * RATE, r->in_frames);
    gst_harness_push_event (r->h, gst_event_new_eos ());
    run_take (r);
    if (CHECK (r->out_frames == r->in_frames, "%s: %u of %u frames", line, r->out_frames,
            r->in_frames)) {
      gfloat *plane = cut_plane (r->out, r->out_frames, 2, 0);
      const gdouble before = lqm_tone (plane + 20000, 9600, RATE, 100.0),
                    while_on = lqm_tone (plane + 70000, 9600, RATE, 100.0),
                    after = lqm_tone (plane + 110000, 9600, RATE, 100.0);
      CHECK (bend (r, 4800, r->out_frames - 100) <= 2.0 * sine, "%s %s=%s clicks: %.2f", line,
          rows[k].name, rows[k].on, bend (r, 4800, r->out_frames - 100) / sine);
      CHECK_NEAR (lqm_db (before / 0.1), 0, 0.1, "before, dB");
      CHECK_NEAR (lqm_db (after / 0.1), 0, 0.1, "after, dB");
      CHECK (fabs (while_on - 0.1 * rows[k].left) < 0.001, "%s %s=%s: %g when on", line,
          rows[k].name, rows[k].on, while_on);
      g_free (plane);
    }
    run_free (r);
    g_free (line);
  }
}

/* In mode=analyse they do nothing, which is said. */
static void
idle (void)
{
  Run *r =
      run_new ("vinylsafe mode=analyse radius-aware=false simulate=tracing", RATE, 2, NULL);

  fill (r, 0.3, 0.5);
  run_all (r, 0);
  CHECK (r->out_frames == r->in_frames && memcmp (r->out, r->in, r->out_bytes) == 0, "changed");
  gst_element_set_state (r->element, GST_STATE_NULL);
  gst_element_set_state (r->element, GST_STATE_PAUSED);
  run_listen (r);
  CHECK (r->warning && strstr (r->warning->message, "simulate"), "%s",
      r->warning ? r->warning->message : "no warning");
  run_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "bits", bits }, { "gaps", gaps },
    { "what was taken away", taken }, { "as cut", as_cut }, { "as traced", as_traced },
    { "switches", switched }, { "analyse is not heard", idle }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
