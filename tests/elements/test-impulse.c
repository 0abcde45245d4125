/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* reverb-impulse-location from outside: files that GStreamer decodes, against direct convolution in
 * double; other rates and channels; bad files; another file while playing. */

#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "take.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000
#define WET                                                                                    \
  "channelstrip name=strip reverb-enabled=true reverb-type=convolution reverb-predelay=0 "     \
  "reverb-hpf=0 reverb-lpf=0 reverb-mix=100 reverb-impulse-location=%s"

static gchar *folder;

static gchar *
path_of (const gchar *name)
{
  return g_build_filename (folder, name, NULL);
}

/* A WAVE file of 32-bit float: little-endian, as this machine's own. */
static gchar *
write_wave (const gchar *name, guint rate, guint channels, const float *x, guint frames)
{
  const guint bytes = frames * channels * 4, all = bytes + 36, size = 16, bpf = channels * 4;
  const guint byte_rate = rate * bpf;
  const guint16 tag = 3, n = (guint16)channels, align = (guint16)bpf, bits = 32;
  GByteArray *file = g_byte_array_new ();
  gchar *path = path_of (name);

#define ADD(what, length) g_byte_array_append (file, (const guint8 *)(what), length)
  ADD ("RIFF", 4);
  ADD (&all, 4);
  ADD ("WAVEfmt ", 8);
  ADD (&size, 4);
  ADD (&tag, 2);
  ADD (&n, 2);
  ADD (&rate, 4);
  ADD (&byte_rate, 4);
  ADD (&align, 2);
  ADD (&bits, 2);
  ADD ("data", 4);
  ADD (&bytes, 4);
  ADD (x, bytes);
#undef ADD
  if (!g_file_set_contents (path, (const gchar *)file->data, file->len, NULL))
    abort ();
  g_byte_array_free (file, TRUE);
  return path;
}

/* Decaying noise, by 60 dB at its end. */
static float *
decaying (guint frames, guint channels, guint64 seed)
{
  float *x = g_new (float, frames *channels);

  lqs_noise (x, (gsize)frames * channels, 0.2, seed);
  for (guint i = 0; i < frames * channels; i++)
    x[i] *= (float)exp (-6.9 * (i / channels) / frames);
  return x;
}

static Run *
start (const gchar *path, guint rate, guint channels, const gchar *more)
{
  gchar *line = g_strdup_printf (WET " %s", path, more);
  Run *r = run_new (line, rate, channels, NULL);

  g_free (line);
  return r;
}

static void
fill (Run *r, guint frames)
{
  r->in_frames = frames;
  r->in = g_new (float, frames * r->channels);
  lqs_noise (r->in, (gsize)frames * r->channels, 0.3, 4);
}

/* Output channel `to`, against Σ over paths of input `from` ∗ plane `plane` of the impulse response:
 * what differs, dB below the output's RMS. */
struct path {
  guint from, plane;
};

static gdouble
error_db (const Run *r, const float *taps, guint planes, guint n_taps, guint to,
    const struct path *path, guint n_paths)
{
  gdouble error = 0.0, power = 0.0;

  for (guint t = 0; t < r->out_frames; t += 37) {
    gdouble sum = 0.0, d;
    for (guint p = 0; p < n_paths; p++)
      for (guint k = 0; k < n_taps && k <= t; k++)
        if (t - k < r->in_frames)
          sum += (gdouble)taps[k * planes + path[p].plane] *
                 r->in[(t - k) * r->channels + path[p].from];
    d = r->out[t * r->channels + to] - sum;
    error += d * d;
    power += sum * sum;
  }
  return 10.0 * log10 ((error + 1e-300) / (power + 1e-300));
}

/* Every plane to its channel, and the whole tail. */
static void
direct (void)
{
  static const struct {
    guint planes, channels;
  } rows[] = { { 1, 2 }, { 2, 2 }, { 6, 6 }, { 1, 6 } };
  const guint taps = 30000;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const guint planes = rows[i].planes, channels = rows[i].channels;
    float *x = decaying (taps, planes, 3);
    gchar *path = write_wave ("direct.wav", RATE, planes, x, taps);
    Run *r = start (path, RATE, channels, "");
    fill (r, 20000);
    run_all (r, 0);
    CHECK (!r->error, "%s", r->error ? r->error->message : "");
    /* The last of them are below −96 dBFS. */
    CHECK (r->out_frames + 100 >= r->in_frames + taps, "a tail of %d frames of %u",
        (gint)r->out_frames - (gint)r->in_frames, taps);
    for (guint c = 0; c < channels; c++) {
      const struct path from = { c, planes == 1 ? 0 : c };
      /* LFE stays dry. */
      if (channels == 6 && c == 3)
        continue;
      CHECK (error_db (r, x, planes, taps, c, &from, 1) < -120.0,
          "%u planes, channel %u of %u: %.1f dB", planes, c, channels,
          error_db (r, x, planes, taps, c, &from, 1));
    }
    run_free (r);
    g_free (path);
    g_free (x);
  }
}

/* Four planes: what each side does to each. */
static void
true_stereo (void)
{
  static const struct path left[] = { { 0, 0 }, { 1, 2 } }, right[] = { { 0, 1 }, { 1, 3 } };
  const guint taps = 9000;
  float *x = decaying (taps, 4, 8);
  gchar *path = write_wave ("four.wav", RATE, 4, x, taps);
  Run *r = start (path, RATE, 2, "");

  fill (r, 20000);
  run_all (r, 0);
  CHECK (error_db (r, x, 4, taps, 0, left, 2) < -120.0, "left: %.1f dB",
      error_db (r, x, 4, taps, 0, left, 2));
  CHECK (error_db (r, x, 4, taps, 1, right, 2) < -120.0, "right: %.1f dB",
      error_db (r, x, 4, taps, 1, right, 2));
  run_free (r);
  g_free (path);
  g_free (x);
}

/* Mono becomes stereo, each side by its own plane. */
static void
widened (void)
{
  const guint taps = 4000;
  float *x = decaying (taps, 2, 8);
  gchar *path = write_wave ("two.wav", RATE, 2, x, taps);
  Run *r = start (path, RATE, 1, "out-pan-law=0");
  float *in;

  fill (r, 12000);
  run_all (r, 0);
  /* Two came out of one. */
  r->channels = 2;
  r->out_frames /= 2;
  in = g_new (float, r->in_frames * 2);
  for (guint i = 0; i < r->in_frames * 2; i++)
    in[i] = r->in[i / 2];
  g_free (r->in);
  r->in = in;
  for (guint c = 0; c < 2; c++) {
    const struct path from = { c, c };
    CHECK (error_db (r, x, 2, taps, c, &from, 1) < -120.0, "side %u: %.1f dB", c,
        error_db (r, x, 2, taps, c, &from, 1));
  }
  run_free (r);
  g_free (path);
  g_free (x);
}

/* At another rate the response keeps its place and its gain: a pulse of width 0.1 ms, 10 ms late, of
 * sum 1, in the middle of the band. */
static void
resampled (void)
{
  static const guint rates[] = { 96000, 44100, 32000 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    const guint n = rates[i] / 50;
    const gdouble wide = 1e-4 * rates[i], centre = n / 2.0;
    float *x = g_new (float, n);
    gchar *path;
    Run *r;
    gdouble sum = 0.0, wanted;
    for (guint k = 0; k < n; k++)
      sum += exp (-0.5 * pow ((k - centre) / wide, 2.0));
    for (guint k = 0; k < n; k++)
      x[k] = (float)(exp (-0.5 * pow ((k - centre) / wide, 2.0)) / sum);
    path = write_wave ("rate.wav", rates[i], 1, x, n);
    r = start (path, RATE, 1, "reverb-width=0");
    r->in_frames = RATE / 10;
    r->in = g_new0 (float, r->in_frames);
    r->in[1000] = 1.0f;
    run_all (r, 0);
    CHECK (!r->error && r->out_frames >= 2000, "%u Hz: %u frames", rates[i], r->out_frames);
    for (gint k = -20; k <= 20 && r->out_frames >= 2000; k++) {
      wanted = exp (-0.5 * pow (k / (1e-4 * RATE), 2.0)) / (1e-4 * RATE * sqrt (2.0 * G_PI));
      CHECK_NEAR (r->out[1480 + k], wanted, 2e-4 * 0.083, "the pulse");
    }
    run_free (r);
    g_free (path);
    g_free (x);
  }
}

/* Ends in an error that names the file and the remedy. */
static void
refuse (const gchar *path, guint channels, GQuark domain, const gchar *because)
{
  gchar *line = g_strdup_printf (
      "audiotestsrc num-buffers=9 ! audio/x-raw,rate=%d,channels=%u ! " WET " ! fakesink", RATE,
      channels, path);
  GstElement *pipeline = gst_parse_launch (line, NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  GError *error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  if (CHECK (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR, "%s is taken", path)) {
    gst_message_parse_error (message, &error, NULL);
    lqt_note ("%s", error->message);
    CHECK (domain == 0 || error->domain == domain, "%s: another domain", path);
    CHECK (g_str_has_prefix (error->message, path), "it doesn't begin with %s", path);
    CHECK (strstr (error->message, because) != NULL, "not \"%s\"", because);
    g_error_free (error);
  }
  g_clear_pointer (&message, gst_message_unref);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  g_free (line);
}

static void
refuse_wave (const gchar *name, guint rate, guint channels, const float *x, guint frames,
    const gchar *because)
{
  gchar *path = write_wave (name, rate, channels, x, frames);

  refuse (path, 2, GST_RESOURCE_ERROR, because);
  g_free (path);
}

static void
bad_files (void)
{
  float *noise = decaying (5000, 5, 2), bad[4] = { 0.1f, NAN, 0.1f, 0.2f };
  const float silence[100] = { 0 };
  gchar *path = path_of ("missing.wav");

  refuse (path, 2, GST_RESOURCE_ERROR, "no such file");
  g_free (path);
  refuse (folder, 2, GST_RESOURCE_ERROR, "regular file");
  path = path_of ("notes.txt");
  g_file_set_contents (path, "This is no audio, however long one looks at it.\n", -1, NULL);
  refuse (path, 2, 0, "decode");
  g_file_set_contents (path, "", 0, NULL);
  refuse (path, 2, 0, "decode");
  g_free (path);
  refuse_wave ("empty.wav", RATE, 1, silence, 0, "empty");
  refuse_wave ("silent.wav", RATE, 2, silence, 50, "silent");
  refuse_wave ("nan.wav", RATE, 1, bad, 4, "no numbers");
  refuse_wave ("five.wav", RATE, 5, noise, 1000, "5 channels");
  g_free (noise);
  noise = decaying (600 * 8000, 1, 2);
  refuse_wave ("long.wav", 8000, 1, noise, 600 * 8000, "longer than the 30 s");
  g_free (noise);
}

/* Without a file it is silent, and says so. */
static void
nothing (void)
{
  Run *r = start ("\"\"", RATE, 2, "");

  fill (r, 10000);
  run_all (r, 0);
  CHECK (!r->error && r->warning, "no warning");
  CHECK (!r->warning || strstr (r->warning->message, "reverb-impulse-location"), "\"%s\"",
      r->warning ? r->warning->message : "");
  CHECK (lqm_peak (r->out, (gsize)r->out_frames * 2) == 0.0, "something sounds");
  run_free (r);
}

/* Pushes blocks of a sine until its amplitude at the output is `wanted`, 20 s at most; all that
 * comes out is kept. */
static gboolean
until (Run *r, guint *at, gdouble wanted)
{
  float block[480];

  for (guint i = 0; i < 20000; i++, *at += 480) {
    GstBuffer *buffer;
    lqs_sine (block, 480, RATE, 100.0, 0.5, 0.0, *at);
    buffer = gst_buffer_new_memdup (block, sizeof block);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (*at, GST_SECOND, RATE);
    gst_harness_push (r->h, buffer);
    run_take (r);
    if (i >= 20 &&
        fabs (lqm_tone (r->out + r->out_frames - 4800, 4800, RATE, 100.0) - wanted) < 1e-4)
      return TRUE;
    g_usleep (1000);
  }
  return FALSE;
}

/* Another file while playing fades in; a bad one leaves the old and is a warning; none is silence. */
static void
exchanged (void)
{
  const float one[] = { 1.0f }, half[] = { 0.0f, 0.0f, 0.5f };
  const gdouble sine = 0.5 * pow (2.0 * G_PI * 100.0 / RATE, 2.0);
  gchar *first = write_wave ("one.wav", RATE, 1, one, 1),
        *second = write_wave ("half.wav", RATE, 1, half, 3), *missing = path_of ("gone.wav");
  Run *r = start (first, RATE, 1, "reverb-width=0");
  guint at = 0;

  CHECK (until (r, &at, 0.5), "the first doesn't sound");
  g_object_set (r->element, "reverb-impulse-location", second, NULL);
  CHECK (until (r, &at, 0.25), "the second doesn't sound");
  g_object_set (r->element, "reverb-impulse-location", missing, NULL);
  for (guint i = 0; i < 2000 && !r->warning; i++) {
    g_usleep (1000);
    run_listen (r);
  }
  CHECK (r->warning && strstr (r->warning->message, missing) &&
             strstr (r->warning->message, "goes on"),
      "no warning of the missing one");
  CHECK (until (r, &at, 0.25), "the second doesn't go on");
  for (guint i = 0; i < 20; i++)
    g_object_set (r->element, "reverb-impulse-location", i & 1 ? first : second, NULL);
  CHECK (until (r, &at, 0.5), "the last of many doesn't sound");
  g_object_set (r->element, "reverb-impulse-location", "", NULL);
  CHECK (until (r, &at, 0.0), "none isn't silent");
  CHECK (lqm_curvature (r->out + 4800, r->out_frames - 4800) < 2.0 * sine,
      "a click: ratio %.2f", lqm_curvature (r->out + 4800, r->out_frames - 4800) / sine);
  run_free (r);
  g_free (first);
  g_free (second);
  g_free (missing);
}

/* Set before the stream, set and unset all the time while it begins, ends and begins again. */
static void
restless (void)
{
  float *x = decaying (3000, 2, 1);
  gchar *path = write_wave ("restless.wav", 44100, 2, x, 3000);
  GstElement *strip = gst_element_factory_make ("channelstrip", NULL);
  GstHarness *h = gst_harness_new_with_element (strip, "sink", "src");

  gst_harness_set_live (h, FALSE);
  g_object_set (strip, "reverb-enabled", TRUE, "reverb-type", 4, NULL);
  for (guint i = 0; i < 40; i++) {
    gchar *caps =
        g_strdup_printf ("audio/x-raw,format=F32LE,layout=interleaved,rate=%u,channels=2",
            i & 1 ? 32000 : 48000);
    g_object_set (strip, "reverb-impulse-location", path, NULL);
    gst_harness_set_src_caps_str (h, caps);
    for (guint k = 0; k < 3; k++) {
      gst_harness_push (h, gst_buffer_new_memdup (x, 3000 * 2 * sizeof (float)));
      g_object_set (strip, "reverb-impulse-location", k & 1 ? path : "", NULL);
    }
    if (i % 5 == 4) {
      gst_element_set_state (strip, GST_STATE_READY);
      gst_element_set_state (strip, GST_STATE_PLAYING);
    }
    g_free (caps);
  }
  CHECK (gst_harness_buffers_received (h) > 0, "nothing came");
  gst_object_unref (strip);
  gst_harness_teardown (h);
  g_free (path);
  g_free (x);
}

static void
remove_all (void)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *path = path_of (name);
    g_unlink (path);
    g_free (path);
  }
  if (dir)
    g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
}

/* audiomixbus's reverb return plays one too: a click that is sent to it, and not heard itself. */
static void
returned (void)
{
  const float h[] = { 0.5f, 0.0f, -0.25f, 0.0f, 0.125f };
  gchar *path, *line;
  float worst = 0.0f;
  Take take;

  if (take_untestable ())
    return;
  path = write_wave ("return.wav", 48000, 1, h, G_N_ELEMENTS (h));
  line = g_strdup_printf (
      "audiomixbus name=mix reverb-type=convolution reverb-predelay=0 reverb-hpf=0 "
      "reverb-lpf=0 "
      "reverb-impulse-location=%s reverb-gain=-6.0206 sink_0::volume=0 sink_0::reverb-send=0 "
      "sink_0::send-mode=pre-fader ! audio/x-raw,channels=2 ! fakesink name=out "
      "audiotestsrc num-buffers=1 samplesperbuffer=1 wave=square freq=1 volume=1 ! "
      "audio/x-raw,format=F32LE,rate=48000,channels=2 ! mix.sink_0",
      path);
  take = take_play (line);
  CHECK (!take.error && take_count (&take) >= 2 * G_N_ELEMENTS (h), "%s, %u samples",
      take_error (&take), take_count (&take));
  for (guint i = 0; i < MIN (take_count (&take), 2 * G_N_ELEMENTS (h)); i++)
    worst = MAX (worst, fabsf (take_floats (&take)[i] - 0.5f * h[i / 2]));
  CHECK (worst < 1e-5f, "%g from the response", (double)worst);
  take_clear (&take);
  g_free (line);
  line = g_strdup_printf ("audiomixbus name=mix reverb-type=convolution "
                          "reverb-impulse-location=%s-not ! fakesink name=out "
                          "audiotestsrc num-buffers=1 ! mix.sink_0",
      path);
  take = take_play (line);
  CHECK (take.error && strstr (take.error, "return.wav-not"), "%s", take_error (&take));
  take_clear (&take);
  g_free (line);
  g_free (path);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "equals direct convolution, whole tail", direct },
    { "true stereo", true_stereo }, { "mono becomes stereo", widened },
    { "another rate", resampled }, { "bad files are errors for people", bad_files },
    { "no file is silence and a warning", nothing },
    { "another file while playing", exchanged }, { "many files, many streams", restless },
    { "a mixer's return", returned }, { NULL, NULL } };
  int result;

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  folder = g_dir_make_tmp ("lacquer-impulse-XXXXXX", NULL);
  result = lqt_main (cases, argc, argv);
  remove_all ();
  return result;
}
