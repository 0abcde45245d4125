/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* channelstrip from outside: formats and channels that it negotiates, pan by the tables' formulas,
 * automation on its curve, dither by theory. */

#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>
#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

static GstHarness *
strip_new (const gchar *line, guint channels, const gchar *out_caps)
{
  gchar *all = g_strconcat ("channelstrip post-messages=false ", line, NULL);
  gchar *caps = g_strdup_printf (
      "audio/x-raw,format=F32LE,layout=interleaved,rate=%d,channels=%u", RATE, channels);
  GstHarness *h = gst_harness_new_parse (all);

  gst_harness_set_live (h, FALSE);
  if (out_caps)
    gst_harness_set_sink_caps_str (h, out_caps);
  gst_harness_set_src_caps_str (h, caps);
  g_free (caps);
  g_free (all);
  return h;
}

/* Pushes interleaved samples from a stream time on, cut as told; all that comes out, EOS included
 * if asked for. Free it. */
static guint8 *
play (GstHarness *h, const float *in, guint frames, guint channels, guint cut,
    GstClockTime from, gboolean eos, gsize *bytes)
{
  const gsize bpf = channels * sizeof (float);
  gsize room = 0;
  guint8 *out = NULL;
  GstBuffer *buffer;

  *bytes = 0;
  for (guint at = 0, n; at < frames; at += n) {
    n = MIN (cut, frames - at);
    buffer = gst_buffer_new_memdup (in + (gsize)at * channels, n * bpf);
    GST_BUFFER_PTS (buffer) = from + gst_util_uint64_scale_round (at, GST_SECOND, RATE);
    gst_harness_push (h, buffer);
  }
  if (eos)
    gst_harness_push_event (h, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (h))) {
    const gsize size = gst_buffer_get_size (buffer);
    /* Doubled: under ASan each realloc copies all. */
    if (*bytes + size >= room) {
      room = 2 * (*bytes + size) + 1;
      out = g_realloc (out, room);
    }
    gst_buffer_extract (buffer, 0, out + *bytes, size);
    *bytes += size;
    gst_buffer_unref (buffer);
  }
  return out;
}

static gint
out_channels (GstHarness *h)
{
  GstPad *pad = gst_element_get_static_pad (h->element, "src");
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint channels = 0;

  if (caps)
    gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &channels);
  gst_clear_caps (&caps);
  gst_object_unref (pad);
  return channels;
}

static const gchar *
out_format (GstHarness *h)
{
  GstPad *pad = gst_element_get_static_pad (h->element, "src");
  GstCaps *caps = gst_pad_get_current_caps (pad);
  const gchar *format = "none";

  if (caps)
    format =
        g_intern_string (gst_structure_get_string (gst_caps_get_structure (caps, 0), "format"));
  gst_clear_caps (&caps);
  gst_object_unref (pad);
  return format;
}

/* F32 if it can be had, else the widest, whatever order downstream lists. */
static void
formats (void)
{
  static const struct {
    const gchar *offered, *wanted;
  } rows[] = { { "{S16LE,S32LE,F32LE,S24LE}", "F32LE" },
    { "{S16LE,S24LE,S24_32LE,S32LE}", "S24_32LE" }, { "{S16LE,S24LE}", "S24LE" },
    { "{S16LE,S32LE}", "S32LE" }, { "S16LE", "S16LE" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *caps = g_strdup_printf ("audio/x-raw,format=%s", rows[i].offered);
    GstHarness *h = strip_new ("", 2, caps);
    const float silence[20] = { 0 };
    gsize bytes;
    g_free (play (h, silence, 10, 2, 10, 0, FALSE, &bytes));
    CHECK (g_str_equal (out_format (h), rows[i].wanted), "of %s it takes %s", rows[i].offered,
        out_format (h));
    gst_harness_teardown (h);
    g_free (caps);
  }
}

/* Mono stays mono unless a pan, its automation or a binding asks for two, or downstream does. */
static void
mono_or_stereo (void)
{
  static const struct {
    const gchar *line, *caps;
    gint channels;
  } rows[] = { { "", NULL, 1 }, { "out-gain=-3 out-delay=3", NULL, 1 },
    { "hpf-enabled=true lpf-enabled=true eq1-enabled=true", NULL, 1 },
    { "out-pan=0.3", NULL, 2 }, { "automation=\"out-pan linear 0:0 1:0\"", NULL, 2 },
    { "", "audio/x-raw,channels=2", 2 }, { "out-pan=0.3", "audio/x-raw,channels=1", 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstHarness *h = strip_new (rows[i].line, 1, rows[i].caps);
    const float silence[10] = { 0 };
    gsize bytes;
    g_free (play (h, silence, 10, 1, 10, 0, FALSE, &bytes));
    CHECK (out_channels (h) == rows[i].channels, "%s (%s): %d channels", rows[i].line,
        rows[i].caps ? rows[i].caps : "any", out_channels (h));
    gst_harness_teardown (h);
  }
}

/* Left gain of the law at p, from properties/channelstrip.csv, out-pan-law. */
static gdouble
law (gdouble db, gdouble p)
{
  const gdouble theta = p * G_PI / 2.0;

  if (db == -3.0)
    return cos (theta);
  if (db == -4.5)
    return sqrt (cos (theta) * (1.0 - p));
  if (db == -6.0)
    return 1.0 - p;
  if (db == -2.5)
    return pow (cos (theta), 0.831);
  return fmin (1.0, 2.0 * (1.0 - p));
}

static void
pan_laws (void)
{
  static const gdouble laws[] = { -6.0, -4.5, -3.0, -2.5, 0.0 };
  float in[4800];

  for (guint i = 0; i < G_N_ELEMENTS (in); i++)
    in[i] = 0.5f;
  for (guint l = 0; l < G_N_ELEMENTS (laws); l++)
    for (gdouble pan = -0.9; pan < 0.95; pan += 0.15) {
      gchar *line = g_strdup_printf ("out-pan=%.2f out-pan-law=%.1f", pan, laws[l]);
      GstHarness *h = strip_new (line, 1, "audio/x-raw,channels=2");
      const gdouble p = (pan + 1.0) / 2.0;
      gsize bytes;
      float *out = (float *)play (h, in, 4800, 1, 480, 0, FALSE, &bytes);
      const gdouble left = 20.0 * log10 ((gdouble)out[2000] / 0.5);
      const gdouble right = 20.0 * log10 ((gdouble)out[2001] / 0.5);
      CHECK_NEAR (left, 20.0 * log10 (law (laws[l], p)), 0.01, line);
      CHECK_NEAR (right, 20.0 * log10 (law (laws[l], 1.0 - p)), 0.01, line);
      g_free (out);
      gst_harness_teardown (h);
      g_free (line);
    }
}

/* A constant through a strip set so: what comes out, left and right. */
static void
constant (const gchar *line, gdouble left, gdouble right, gdouble want_left, gdouble want_right)
{
  GstHarness *h = strip_new (line, 2, NULL);
  float in[9600], *out;
  gsize bytes;

  for (guint i = 0; i < 4800; i++) {
    in[2 * i] = (float)left;
    in[2 * i + 1] = (float)right;
  }
  out = (float *)play (h, in, 4800, 2, 480, 0, FALSE, &bytes);
  CHECK_NEAR (out[4000], want_left, 1e-6, line);
  CHECK_NEAR (out[4001], want_right, 1e-6, line);
  g_free (out);
  gst_harness_teardown (h);
}

static void
stereo_stages (void)
{
  constant ("out-width=0", 0.5, 0.1, 0.3, 0.3);
  constant ("out-width=200", 0.5, 0.1, 0.7, -0.1);
  constant ("out-width=100", 0.5, 0.1, 0.5f, 0.1f);
  constant ("out-mute=true", 0.5, 0.1, 0, 0);
  constant ("out-gain=-120", 0.5, 0.1, 0, 0);
  constant ("out-pan=1", 0.5, 0.1, 0, 0.1f);
  constant ("out-pan=-1", 0.5, 0.1, 0.5f, 0);
  constant ("out-pan=0.5", 0.5, 0.1, 0.5 * cos (0.75 * G_PI / 2) / cos (G_PI / 4), 0.1f);
  constant ("input-swap=true", 0.5, 0.1, 0.1f, 0.5f);
  constant ("input-mode=mid-side-encode", 0.5, 0.1, 0.3, 0.2);
  constant ("input-mode=mid-side-decode", 0.3, 0.2, 0.5, 0.1);
  constant ("input-invert-right=true", 0.5, 0.1, 0.5f, -0.1f);
  constant ("out-pan-mode=dual out-pan-left=1 out-pan-right=-1", 0.5, 0.1, 0.1f, 0.5f);
}

/* Whole delays move samples, and the end isn't lost. */
static void
delay (void)
{
  GstHarness *h = strip_new ("out-delay=10", 2, NULL);
  float *in = g_new (float, 9600), *out;
  gsize bytes;

  lqs_noise (in, 9600, 0.5, 7);
  out = (float *)play (h, in, 4800, 2, 333, 0, TRUE, &bytes);
  CHECK (bytes == (4800 + 480) * 8, "%" G_GSIZE_FORMAT " frames", bytes / 8);
  CHECK (bytes < 5280 * 8 || memcmp (out + 960, in, 9600 * sizeof (float)) == 0,
      "other samples than went in");
  for (guint i = 0; i < 960; i++)
    CHECK (out[i] == 0.0f, "sound before the delay");
  g_free (in);
  g_free (out);
  gst_harness_teardown (h);
}

/* A constant under automation follows the curve, at any cut, from any place. */
static gdouble
worst_off_curve (const gchar *automation, gdouble (*curve) (gdouble), gdouble from_s, guint cut)
{
  gchar *line = g_strdup_printf ("automation=\"%s\"", automation);
  GstHarness *h = strip_new (line, 2, NULL);
  const guint frames = 2 * RATE;
  float *in = g_new (float, frames * 2), *out;
  gdouble worst = 0.0;
  gsize bytes;

  for (guint i = 0; i < frames * 2; i++)
    in[i] = 0.5f;
  out = (float *)play (
      h, in, frames, 2, cut, (GstClockTime)(from_s * GST_SECOND + 0.5), FALSE, &bytes);
  for (guint i = 0; i < bytes / 8; i++) {
    const gdouble want = curve (from_s + (gdouble)i / RATE);
    worst = fmax (worst, fabs (20.0 * log10 ((gdouble)out[2 * i] / 0.5 + 1e-12) - want));
  }
  g_free (in);
  g_free (out);
  g_free (line);
  gst_harness_teardown (h);
  return worst;
}

/* Slow enough that a corner of 16 ms stays within 0.1 dB. */
static gdouble
slope (gdouble s)
{
  return s < 0.5 ? -12.0 : s > 2.5 ? 0.0 : -12.0 + 6.0 * (s - 0.5);
}

/* The fade of the README: 30 dB a second. */
static gdouble
fade (gdouble s)
{
  return s < 2.0 ? -60.0 + 30.0 * s : 0.0;
}

static void
automation (void)
{
  static const struct {
    const gchar *line;
    gdouble (*curve) (gdouble);
  } rows[] = { { "out-gain linear 0.5:-12 2.5:0", slope },
    { "out-gain linear 0:-60 2:0 30:0 33:-60", fade } };
  const gdouble from[] = { 0.0, 0.7, 1.23456789 };
  const guint cuts[] = { 64, 480, 1000, 48000 };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++)
    for (guint f = 0; f < G_N_ELEMENTS (from); f++)
      for (guint c = 0; c < G_N_ELEMENTS (cuts); c++) {
        const gdouble worst = worst_off_curve (rows[r].line, rows[r].curve, from[f], cuts[c]);
        CHECK (worst < 0.1, "%s, from %g s, cut %u: %.4f dB off", rows[r].line, from[f],
            cuts[c], worst);
      }
}

/* Played from the middle, automated gains are those of the whole, bit for bit. */
static void
automation_after_seek (void)
{
  const gchar *line = "automation=\"out-gain smooth 0:-40 0.6:0 0.9:-20 1.4:3; "
                      "out-pan linear 0:-1 2:1; out-mute step 0:0 1.1:1 1.2:0\"";
  GstHarness *whole = strip_new (line, 2, NULL), *part = strip_new (line, 2, NULL);
  const guint frames = 2 * RATE, from = 50003;
  float *in = g_new (float, frames * 2), *all, *rest;
  gsize all_bytes, rest_bytes;
  guint differ = 0;

  lqs_noise (in, frames * 2, 0.5, 3);
  all = (float *)play (whole, in, frames, 2, 1024, 0, FALSE, &all_bytes);
  rest = (float *)play (part, in + from * 2, frames - from, 2, 1024,
      gst_util_uint64_scale_round (from, GST_SECOND, RATE), FALSE, &rest_bytes);
  CHECK (rest_bytes == (frames - from) * 8, "%" G_GSIZE_FORMAT " bytes", rest_bytes);
  for (guint i = 0; i < rest_bytes / sizeof (float); i++)
    differ += rest[i] != all[from * 2 + i];
  CHECK (differ == 0, "%u samples differ", differ);
  g_free (in);
  g_free (all);
  g_free (rest);
  gst_harness_teardown (whole);
  gst_harness_teardown (part);
}

/* An application's control binding moves the gain as automation does. */
static void
control_binding (void)
{
  GstHarness *h = strip_new ("name=strip", 2, NULL);
  GstElement *strip = gst_bin_get_by_name (GST_BIN (h->element), "strip");
  GstControlSource *source = gst_interpolation_control_source_new ();
  float *in = g_new (float, RATE * 2), *out;
  gdouble worst = 0.0;
  gsize bytes;

  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source), 0, -12.0);
  gst_timed_value_control_source_set (
      GST_TIMED_VALUE_CONTROL_SOURCE (source), 2 * GST_SECOND, 0.0);
  gst_object_add_control_binding (GST_OBJECT (strip),
      gst_direct_control_binding_new_absolute (GST_OBJECT (strip), "out-gain", source));
  gst_object_unref (strip);
  gst_object_unref (source);
  for (guint i = 0; i < RATE * 2; i++)
    in[i] = 0.5f;
  out = (float *)play (h, in, RATE, 2, 1024, 0, FALSE, &bytes);
  for (guint i = 0; i < bytes / 8; i++)
    worst = fmax (
        worst, fabs (20.0 * log10 ((gdouble)out[2 * i] / 0.5) - (-12.0 + 6.0 * i / RATE)));
  CHECK (worst < 0.1, "%.4f dB off", worst);
  g_free (in);
  g_free (out);
  gst_harness_teardown (h);
}

/* TPDF at 16 bits over silence: AES17 noise of −93.3 dBFS, a full-scale sine being 0 dBFS. */
static void
dither_level (void)
{
  GstHarness *h = strip_new ("", 2, "audio/x-raw,format=S16LE");
  GstHarness *again = strip_new ("", 2, "audio/x-raw,format=S16LE");
  const guint frames = 4 * RATE;
  float *in = g_new0 (float, frames * 2);
  gsize bytes, again_bytes;
  gdouble sum = 0.0, level;
  gint16 *out, *same;

  /* Not exact zero, so that nothing may blank it. */
  for (guint i = 0; i < frames * 2; i++)
    in[i] = 1e-9f;
  out = (gint16 *)play (h, in, frames, 2, 1024, 0, FALSE, &bytes);
  same = (gint16 *)play (again, in, frames, 2, 777, 0, FALSE, &again_bytes);
  for (guint i = 0; i < frames * 2; i++)
    sum += (gdouble)out[i] * out[i];
  level = 10.0 * log10 (sum / (frames * 2) / 32768.0 / 32768.0) + 3.01;
  CHECK_NEAR (level, -93.3, 0.3, "dither, dBFS by AES17");
  CHECK (bytes == again_bytes && memcmp (out, same, bytes) == 0, "the seed doesn't repeat");
  g_free (in);
  g_free (out);
  g_free (same);
  gst_harness_teardown (h);
  gst_harness_teardown (again);
}

/* Every factory preset loads and passes sound. */
static void
presets (void)
{
  static const gchar *const names[] = { "hi-hat", "acoustic-guitar", "electric-guitar-driven",
    "synth-pad" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *line = g_strdup_printf ("preset=%s", names[i]);
    GstHarness *h = strip_new (line, 2, NULL);
    float *in = g_new (float, RATE * 2), *out;
    gsize bytes;
    lqs_programme (in, RATE * 2, RATE, 4);
    out = (float *)play (h, in, RATE, 2, 1024, 0, FALSE, &bytes);
    CHECK (bytes == RATE * 8, "%s: %" G_GSIZE_FORMAT " bytes", names[i], bytes);
    for (guint k = 0; k < bytes / 4; k++)
      if (!CHECK (isfinite (out[k]), "%s: not finite", names[i]))
        break;
    CHECK_NEAR (lqm_db (lqm_rms (out, bytes / 4) / lqm_rms (in, RATE * 2)), 0.0, 6.0, names[i]);
    g_free (in);
    g_free (out);
    g_free (line);
    gst_harness_teardown (h);
  }
}

/* The last message names what worked, and says how loud it was. */
static void
summary (void)
{
  Run *r = run_new ("channelstrip eq2-enabled=true eq2-gain=-6 eq2-frequency=997 eq2-q=0.3"
                    " hpf-enabled=true out-gain=-4",
      RATE, 2, NULL);
  const gchar *text;

  run_sine (r, 5.0, 0.5);
  run_all (r, 1024);
  text = r->last ? gst_structure_get_string (r->last, "summary") : NULL;
  text = text ? text : "none";
  CHECK (g_str_has_prefix (text, "hpf, eq2 and out shaped the audio."), "%s", text);
  CHECK (strstr (text, "In: peak -6.0 dBFS, at the loudest -6.0 LUFS."), "%s", text);
  CHECK (strstr (text, "at the loudest -16.0 LUFS."), "%s", text);
  run_free (r);
}

/* Samples that are never equal, so that one too many or too few is seen. */
static GstBuffer *
counted (guint first, guint frames)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, frames * sizeof (gfloat), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint i = 0; i < frames; i++)
    ((gfloat *)map.data)[i] = 0.5f + (gfloat)(first + i) / 1048576.0f;
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (first, GST_SECOND, 48000);
  return buffer;
}

/* Modules with look-ahead switched on while playing: late from then on, and no frame is lost. */
static void
switched_on_late (void)
{
  GstHarness *h =
      gst_harness_new_parse ("channelstrip name=s gate-lookahead=5 gate-threshold=-90 "
                             "comp-lookahead=2.5 comp-ratio=1 post-messages=false");
  GstElement *strip = gst_bin_get_by_name (GST_BIN (h->element), "s");
  guint frames = 0;
  GstBuffer *buffer;

  gst_harness_set_src_caps_str (
      h, "audio/x-raw,format=F32LE,rate=48000,channels=1,layout=interleaved");
  CHECK (gst_harness_query_latency (h) == 0, "late though all is off");
  for (guint i = 0; i < 100; i++) {
    if (i == 30)
      g_object_set (strip, "gate-enabled", TRUE, NULL);
    if (i == 60)
      g_object_set (strip, "comp-enabled", TRUE, "gate-enabled", FALSE, NULL);
    gst_harness_push (h, counted (i * 333, 333));
  }
  CHECK (gst_harness_query_latency (h) == 7500 * GST_USECOND, "LATENCY is %" G_GUINT64_FORMAT,
      gst_harness_query_latency (h));
  gst_harness_push_event (h, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (h))) {
    GstMapInfo map;
    const GstClockTime pts = gst_util_uint64_scale_round (frames, GST_SECOND, 48000);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    CHECK (ABS (GST_CLOCK_DIFF (pts, GST_BUFFER_PTS (buffer))) <= 1, "a break at frame %u",
        frames);
    for (gsize i = 0; i < map.size / sizeof (gfloat); i++, frames++)
      if (!CHECK (((gfloat *)map.data)[i] == 0.5f + (gfloat)frames / 1048576.0f,
              "frame %u is %g", frames, (gdouble)((gfloat *)map.data)[i]))
        break;
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  CHECK (frames == 33300, "%u frames", frames);
  gst_object_unref (strip);
  gst_harness_teardown (h);
}

/* The order is heard: a gain before a compressor isn't one behind it. */
static void
order_is_heard (void)
{
  static const gchar *const orders[] = { "eq,comp", "comp,eq" };
  gdouble level[2];

  for (guint i = 0; i < 2; i++) {
    gchar *line = g_strdup_printf (
        "channelstrip order=%s eq1-enabled=true eq1-type=tilt eq1-frequency=10 "
        "eq1-gain=24 comp-enabled=true comp-threshold=-30 comp-ratio=100 comp-knee=0",
        orders[i]);
    Run *r = run_new (line, 48000, 1, NULL);
    run_sine (r, 1, 0.01);
    run_all (r, 480);
    level[i] = fabs ((gdouble)r->out[47000]);
    for (guint n = 46000; n < 47000; n++)
      level[i] = MAX (level[i], fabs ((gdouble)r->out[n]));
    level[i] = 20 * log10 (level[i]);
    run_free (r);
    g_free (line);
  }
  CHECK (fabs (level[0] + 30) < 0.2, "raised, then compressed: %.2f dBFS", level[0]);
  CHECK (fabs (level[1] + 28) < 0.2, "compressed, then raised: %.2f dBFS", level[1]);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "output formats in order of preference", formats },
    { "mono or stereo", mono_or_stereo }, { "pan laws", pan_laws },
    { "width, mute, gain, balance, modes", stereo_stages }, { "delay", delay },
    { "automation lies on its curve", automation },
    { "automation after a seek", automation_after_seek },
    { "control binding", control_binding }, { "dither of 16 bits", dither_level },
    { "factory presets", presets }, { "the last message", summary },
    { "look-ahead switched on while playing", switched_on_late },
    { "the order is heard", order_is_heard }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
