/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hostile signals and formats, by number: what isn't audio, denormals, odd cuts, every format and
 * channel count, buffers that others read too. */

#include "base/fpu.h"
#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "vinyl-lines.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <time.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000
#define FRAMES 24000

/* Modules at work; delay and width as well, which mix frames and channels. */
#define STRIP                                                                                  \
  "channelstrip post-messages=false hpf-enabled=true eq1-enabled=true eq1-gain=6 "             \
  "eq4-enabled=true eq4-gain=-9 eq4-q=3 eq8-enabled=true eq8-type=high-shelf eq8-gain=3 "      \
  "out-delay=1.3"
/* Everything on, look-ahead, oversampling and tails too. */
#define ALL                                                                                    \
  "channelstrip post-messages=false input-gain=1 hpf-enabled=true lpf-enabled=true "           \
  "gate-enabled=true gate-threshold=-60 gate-lookahead=2 eq1-enabled=true eq1-gain=6 "         \
  "comp-enabled=true comp-threshold=-20 comp-style=fet comp-lookahead=3 deess-enabled=true "   \
  "trans-enabled=true trans-attack=20 sat-enabled=true sat-drive=6 sat-bias=10 "               \
  "delay-enabled=true delay-time=20 delay-ping-pong=true reverb-enabled=true "                 \
  "reverb-decay=0.3 out-pan=0.1 out-width=120"
static const gchar *const lines[] = { STRIP, ALL, "channelstrip post-messages=false",
  "loudnessnorm mode=measure",
  "loudnessnorm mode=linear measured-integrated=-20 measured-true-peak=-9",
  "loudnessnorm mode=two-pass", MASTER_IDLE, MASTER_BUSY, MASTER_LINEAR, MASTER_LEARN,
  VINYL_IDLE, VINYL_BUSY, VINYL_LEARN };

static Run *
programme (const gchar *line, guint channels)
{
  Run *r = run_new (line, RATE, channels, NULL);

  r->in_frames = FRAMES;
  r->in = g_new (float, FRAMES *channels);
  lqs_programme (r->in, FRAMES * channels, RATE, 8);
  return r;
}

/* Sanitizers cost more here than there. */
static gboolean
untimeable (void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  lqt_skip ("under a sanitizer time means nothing");
  return TRUE;
#else
  return FALSE;
#endif
}

static guint64
bad_samples (Run *r)
{
  guint64 n;

  g_object_get (r->element, "bad-samples", &n, NULL);
  return n;
}

static gboolean
all_finite (const Run *r)
{
  for (guint i = 0; i < r->out_frames * r->channels; i++)
    if (!isfinite (r->out[i]))
      return FALSE;
  return TRUE;
}

/* 1: the rest is as if the sample had been what it is scrubbed to. */
static void
one_bad_sample (void)
{
  static const struct {
    float bad, scrubbed;
  } rows[] = { { NAN, 0 }, { INFINITY, 0 }, { -INFINITY, 0 }, { FLT_MAX, 1e6f },
    { -1e30f, -1e6f } };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++)
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
      Run *bad = programme (lines[l], 2), *good = programme (lines[l], 2);
      bad->in[2 * 7777] = rows[i].bad;
      good->in[2 * 7777] = rows[i].scrubbed;
      run_all (bad, 480);
      run_all (good, 480);
      CHECK (all_finite (bad), "%s: %g gets through", lines[l], (gdouble)rows[i].bad);
      CHECK (bad->out_frames >= FRAMES && good->out_frames == bad->out_frames &&
                 memcmp (bad->out, good->out, bad->out_bytes) == 0,
          "%s: %g isn't as good as %g", lines[l], (gdouble)rows[i].bad,
          (gdouble)rows[i].scrubbed);
      CHECK (
          bad_samples (bad) == 1, "%s: counts %" G_GUINT64_FORMAT, lines[l], bad_samples (bad));
      CHECK (bad->warned, "%s: no warning", lines[l]);
      CHECK (bad_samples (good) == 0 && !good->warned, "%s: counts good samples", lines[l]);
      run_free (bad);
      run_free (good);
    }
}

/* 1: nothing of a channel's fault gets into another (width and pan aside, which mix them). */
static void
other_channels (void)
{
  for (guint l = 0; l < 5; l++) {
    /* Linked: all channels get one gain. */
    if (l == 1)
      continue;
    Run *bad = programme (lines[l], 6), *good = programme (lines[l], 6);
    for (guint i = 3000; i < 9000; i++)
      bad->in[6 * i + 4] = NAN;
    run_all (bad, 1024);
    run_all (good, 1024);
    for (guint c = 0; c < 6; c++) {
      guint same = 0;
      while (same < FRAMES && bad->out[6 * same + c] == good->out[6 * same + c])
        same++;
      CHECK (c == 4 || same == FRAMES, "%s: channel %u at frame %u", lines[l], c, same);
    }
    run_free (bad);
    run_free (good);
  }
}

static guint
warnings (Run *r)
{
  guint n = 0;
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (r->bus, GST_MESSAGE_WARNING))) {
    gst_message_unref (message);
    n++;
  }
  return n;
}

/* 2: seconds of NaN are silence and a warning, and are forgotten. */
static void
long_nan (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    /* Up to where filters that look ahead begin to ring. */
    const guint before = 100 + 2 * run_latency (r);
    guint n;
    r->in_frames = 12 * RATE;
    r->in = g_new (float, r->in_frames * 2);
    lqs_programme (r->in, r->in_frames * 2, RATE, 8);
    for (guint i = RATE; i < 11 * RATE; i++)
      r->in[2 * i] = r->in[2 * i + 1] = NAN;
    for (guint at = 0; at < r->in_frames; at += 4800)
      gst_harness_push (r->h, gst_buffer_new_memdup (r->in + 2 * at, 4800 * 8));
    gst_harness_push_event (r->h, gst_event_new_eos ());
    run_take (r);
    n = warnings (r);
    CHECK (r->out_frames >= r->in_frames && all_finite (r), "%s: %u frames", lines[l],
        r->out_frames);
    CHECK (n == 1, "%s: %u warnings", lines[l], n);
    CHECK (bad_samples (r) == 20 * RATE, "%s: counts %" G_GUINT64_FORMAT, lines[l],
        bad_samples (r));
    CHECK (lqm_peak (r->out + 2 * 10 * RATE, 2 * (RATE - before)) < 1e-6, "%s: NaN sounds",
        lines[l]);
    CHECK (lqm_rms (r->out + 2 * 11 * RATE + RATE, RATE) > 0.01, "%s: no sound after it",
        lines[l]);
    run_free (r);
  }
}

/* 3: the caller's floating-point mode is his own, and what decays ends in zero, not in denormals. */
static void
denormals (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    const guint64 mode = lq_fpu_enter ();
    guint64 after;
    guint at;
    lq_fpu_leave (mode);
    r->in_frames = 5 * RATE;
    r->in = g_new0 (float, r->in_frames * 2);
    lqs_programme (r->in, 2000, RATE, 8);
    for (guint i = 4000; i < 6000; i++)
      r->in[i] = 1e-40f;
    run_all (r, 1000);
    after = lq_fpu_enter ();
    lq_fpu_leave (after);
    CHECK (after == mode,
        "%s: the mode was %" G_GINT64_MODIFIER "x, is %" G_GINT64_MODIFIER "x", lines[l], mode,
        after);
    for (at = 6000; at < r->out_frames * 2; at++)
      if (fpclassify (r->out[at]) == FP_SUBNORMAL)
        break;
    CHECK (
        at >= r->out_frames * 2, "%s: %g at frame %u", lines[l], (gdouble)r->out[at], at / 2);
    run_free (r);
  }
}

/* This thread's CPU for ten seconds of the same buffer, ns; the least of five. */
static gint64
cpu_of (const gchar *line, float sample)
{
  gint64 least = G_MAXINT64;

  for (guint round = 0; round < 5; round++) {
    Run *r = run_new (line, RATE, 2, NULL);
    struct timespec from, to;
    GstBuffer *out;
    float *in = g_new (float, 2 * RATE);
    lqs_noise (in, 2 * RATE, 1.0, 3);
    for (guint i = 0; i < 2 * RATE; i++)
      in[i] *= sample;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &from);
    for (guint i = 0; i < 10; i++) {
      gst_harness_push (r->h, gst_buffer_new_memdup (in, 2 * RATE * sizeof (float)));
      if ((out = gst_harness_try_pull (r->h)))
        gst_buffer_unref (out);
    }
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &to);
    least = MIN (least, (to.tv_sec - from.tv_sec) * GST_SECOND + to.tv_nsec - from.tv_nsec);
    g_free (in);
    run_free (r);
  }
  return least;
}

/* 3: denormals cost no more than audio does; what isn't a number (2) has to be replaced, which is
 * dear only beside an idle strip. */
static void
cost (void)
{
  static const struct {
    float sample;
    gdouble most;
  } bad[] = { { 1e-39f, 1.2 }, { NAN, 10.0 } };

  if (untimeable ())
    return;
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++)
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
      gdouble ratio = INFINITY;
      /* A neighbour on the same core can only make it look dearer. */
      for (guint tries = 0; tries < 4 && ratio > bad[i].most; tries++)
        ratio = fmin (ratio,
            (gdouble)cpu_of (lines[l], bad[i].sample) / (gdouble)cpu_of (lines[l], 0.25f));
      CHECK (ratio <= bad[i].most, "%s: %g costs %.2f times what audio does", lines[l],
          (gdouble)bad[i].sample, ratio);
    }
}

/* 4: one buffer of a minute; other cuts are in test-promises.c. */
static void
long_buffer (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *one = run_new (lines[l], RATE, 2, NULL), *many = run_new (lines[l], RATE, 2, NULL);
    run_sine (one, LQT_ROUNDS (60.0, 6.0), 0.3);
    run_sine (many, LQT_ROUNDS (60.0, 6.0), 0.3);
    run_all (one, one->in_frames);
    run_all (many, 4096);
    CHECK (one->out_frames == many->out_frames &&
               memcmp (one->out, many->out, one->out_bytes) == 0,
        "%s: other bits", lines[l]);
    run_free (one);
    run_free (many);
  }
}

/* 5: neutral settings leave every bit, at every rate and channel count that is taken. */
static void
neutral_formats (void)
{
  static const guint rates[] = { 8000, 11025, 44100, 96000, 192000, 384000 };
  static const struct {
    const gchar *line;
    guint channels_max;
  } rows[] = { { "channelstrip post-messages=false", 8 }, { "channelstrip", 8 },
    { "loudnessnorm mode=measure", 64 },
    { "loudnessnorm mode=two-pass peak-policy=cap min-gain=0 max-gain=0", 64 },
    { MASTER_IDLE, 2 }, { "masterchain", 2 }, { "masterchain learn=whole-track", 2 },
    { VINYL_ANALYSE, 2 }, { VINYL_OFF, 2 }, { VINYL_OFF " learn=whole-track", 2 } };

  for (guint l = 0; l < G_N_ELEMENTS (rows); l++)
    for (guint k = 0; k < G_N_ELEMENTS (rates); k++)
      for (guint c = 1; c <= rows[l].channels_max; c += c < 8 ? 1 : 7) {
        Run *r = run_new (rows[l].line, rates[k], c, NULL);
        r->in_frames = 3000;
        r->in = g_new (float, 3000 * c);
        lqs_noise (r->in, 3000 * c, 0.9, c);
        run_all (r, 700);
        CHECK (r->out_frames == 3000 && memcmp (r->in, r->out, r->out_bytes) == 0,
            "%s: %u Hz, %u channels", rows[l].line, rates[k], c);
        run_free (r);
      }
}

/* 5: integers that come through audioconvert go out as they were. */
static void
integer_formats (void)
{
  static const gchar *const formats[] = { "S16LE", "S24LE", "S24_32LE" };
  static const gchar *const elements[] = { "channelstrip", "masterchain",
    "vinylsafe mode=analyse" };

  for (guint k = 0; k < 3 * G_N_ELEMENTS (formats); k++) {
    const guint f = k / 3;
    gchar *caps = g_strdup_printf (
        "audio/x-raw,format=%s,layout=interleaved,rate=48000,channels=2", formats[f]);
    gchar *line = g_strdup_printf ("audioconvert ! %s post-messages=false "
                                   "dither=none ! audioconvert dithering=none"
                                   " ! capsfilter caps=audio/x-raw,format=%s",
        elements[k % 3], formats[f]);
    GstHarness *h = gst_harness_new_parse (line);
    const guint bytes = f == 0 ? 2 : f == 1 ? 3 : 4;
    guint8 in[4000 * 2 * 4];
    GstBuffer *out;
    lqs_random rnd = { 9 };
    gst_harness_set_live (h, FALSE);
    gst_harness_set_src_caps_str (h, caps);
    for (guint i = 0; i < 4000 * 2 * bytes; i++)
      in[i] = (guint8)lqs_next (&rnd);
    /* The highest byte of 24 in 32 bits is the sign's. */
    for (guint i = 3; bytes == 4 && i < sizeof in; i += 4)
      in[i] = in[i - 1] & 0x80 ? 0xff : 0;
    gst_harness_push (h, gst_buffer_new_memdup (in, 4000 * 2 * bytes));
    out = gst_harness_try_pull (h);
    CHECK (out && gst_buffer_memcmp (out, 0, in, 4000 * 2 * bytes) == 0, "%s: changed",
        formats[f]);
    if (out)
      gst_buffer_unref (out);
    gst_harness_teardown (h);
    g_free (line);
    g_free (caps);
  }
}

/* 5: and what can't be taken is refused at negotiation. */
static void
refused_formats (void)
{
  static const struct {
    const gchar *element, *caps;
    gboolean taken;
  } rows[] = { { "channelstrip", "format=F32LE,rate=48000,channels=9", FALSE },
    { "loudnessnorm", "format=F32LE,rate=48000,channels=65,channel-mask=(bitmask)0", FALSE },
    { "loudnessnorm", "format=F32LE,rate=48000,channels=64,channel-mask=(bitmask)0", TRUE },
    { "channelstrip", "format=F32LE,rate=7999,channels=2", FALSE },
    { "channelstrip", "format=F32LE,rate=8000,channels=2", TRUE },
    { "loudnessnorm", "format=F32LE,rate=384001,channels=2", FALSE },
    { "loudnessnorm", "format=F32LE,rate=384000,channels=2", TRUE },
    { "channelstrip", "format=F64LE,rate=48000,channels=2", FALSE },
    { "loudnessnorm", "format=S16LE,rate=48000,channels=2", FALSE },
    { "masterchain", "format=F32LE,rate=48000,channels=3", FALSE },
    { "masterchain", "format=F32LE,rate=48000,channels=1", TRUE },
    { "masterchain", "format=F32LE,rate=7999,channels=2", FALSE },
    { "masterchain", "format=F32LE,rate=8000,channels=2", TRUE },
    { "masterchain", "format=F32LE,rate=384000,channels=2", TRUE },
    { "masterchain", "format=F32LE,rate=384001,channels=2", FALSE },
    { "masterchain", "format=F64LE,rate=48000,channels=2", FALSE },
    { "vinylsafe", "format=F32LE,rate=48000,channels=6", FALSE },
    { "vinylsafe", "format=F32LE,rate=48000,channels=3", FALSE },
    { "vinylsafe", "format=F32LE,rate=48000,channels=1", TRUE },
    { "vinylsafe", "format=F32LE,rate=7999,channels=2", FALSE },
    { "vinylsafe", "format=F32LE,rate=8000,channels=2", TRUE },
    { "vinylsafe", "format=F32LE,rate=384000,channels=2", TRUE },
    { "vinylsafe", "format=F32LE,rate=384001,channels=2", FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstElement *element = gst_element_factory_make (rows[i].element, NULL);
    GstPad *pad = gst_element_get_static_pad (element, "sink");
    gchar *text = g_strconcat ("audio/x-raw,layout=interleaved,", rows[i].caps, NULL);
    GstCaps *caps = gst_caps_from_string (text);
    CHECK (gst_pad_query_accept_caps (pad, caps) == rows[i].taken, "%s %s: %s", rows[i].element,
        rows[i].taken ? "refuses" : "takes", rows[i].caps);
    gst_caps_unref (caps);
    g_free (text);
    gst_object_unref (pad);
    gst_object_unref (element);
  }
}

/* 8: a buffer that somebody else holds as well stays what it is. */
static void
shared_buffer (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = programme (lines[l], 2);
    GstBuffer *buffer = gst_buffer_new_memdup (r->in, FRAMES * 8);
    gst_harness_push (r->h, gst_buffer_ref (buffer));
    gst_harness_push_event (r->h, gst_event_new_eos ());
    run_take (r);
    CHECK (r->out_frames >= FRAMES, "%s: %u frames", lines[l], r->out_frames);
    CHECK (gst_buffer_memcmp (buffer, 0, r->in, FRAMES * 8) == 0, "%s: written to", lines[l]);
    gst_buffer_unref (buffer);
    run_free (r);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "1 one bad sample", one_bad_sample },
    { "1 other channels", other_channels }, { "2 seconds of NaN", long_nan },
    { "3 denormals, and the caller's mode", denormals }, { "2, 3 what they cost", cost },
    { "4 a buffer of a minute", long_buffer }, { "5 neutral at every rate", neutral_formats },
    { "5 integers", integer_formats }, { "5 what is refused", refused_formats },
    { "8 a buffer that others hold", shared_buffer }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
