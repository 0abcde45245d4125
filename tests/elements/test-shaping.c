/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* noise-shaping at the elements: the noise that leaves, the warning where there is no curve,
 * changes while playing, and the ceiling under it. */

#include "lqtest.h"
#include "measure.h"
#include "run.h"

#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define FRAMES 88200
#define BLOCK 4410

static Run *
played (const gchar *line, const gchar *more, guint rate, const gchar *format, guint cut)
{
  gchar *words = g_strconcat (line, " ", more, NULL);
  Run *r = run_new (words, rate, 2, format);

  run_sine (r, 2.0, 0.1);
  run_all (r, cut);
  CHECK (!r->error && r->flow == GST_FLOW_OK, "%s: %s", words,
      r->error ? r->error->message : gst_flow_get_name (r->flow));
  g_free (words);
  return r;
}

/* Noise of 16 bits beside the same in F32, over flat dither's, dB. */
static gdouble
noise_db (const gchar *line, const gchar *more, guint rate)
{
  Run *exact = played (line, more, rate, "F32LE", BLOCK);
  Run *r = played (line, more, rate, "S16LE", BLOCK);
  const gsize n = (gsize)r->in_frames * 2;
  gdouble sum = 0.0;

  CHECK (r->out_bytes == n * sizeof (gint16), "%zu bytes came", r->out_bytes);
  CHECK (exact->out_bytes == n * sizeof (float), "%zu bytes came", exact->out_bytes);
  for (gsize i = 0; i < n && r->out_bytes == n * 2; i++) {
    const gdouble e =
        ((const gint16 *)(gconstpointer)r->out)[i] - (gdouble)exact->out[i] * 32768.0;
    sum += e * e / (gdouble)n;
  }
  run_free (r);
  run_free (exact);
  return 10.0 * log10 (sum / 0.25);
}

static void
totals (void)
{
  static const gchar *const lines[] = { "channelstrip out-gain=-3",
    "loudnessnorm mode=linear measured-integrated=-20 measured-true-peak=-17" };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    CHECK_NEAR (noise_db (lines[l], "", 44100), 0.0, 0.3, "none, dB");
    CHECK_NEAR (noise_db (lines[l], "noise-shaping=light", 44100), 6.64, 0.3, "light, dB");
    CHECK_NEAR (noise_db (lines[l], "noise-shaping=medium", 44100), 12.19, 0.3, "medium, dB");
    CHECK_NEAR (noise_db (lines[l], "noise-shaping=strong", 44100), 18.40, 0.3, "strong, dB");
    CHECK_NEAR (noise_db (lines[l], "noise-shaping=strong", 48000), 15.31, 0.3, "48 kHz, dB");
  }
}

/* One warning, in words, and flat dither. */
static void
no_curve (void)
{
  static const gchar *const lines[] = { "channelstrip out-gain=-3",
    "loudnessnorm mode=linear measured-integrated=-20 measured-true-peak=-17" };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *flat = played (lines[l], "", 96000, "S16LE", 1000);
    Run *r = played (lines[l], "noise-shaping=strong", 96000, "S16LE", 1000);
    CHECK (flat->warnings == 0, "flat dither is warned about");
    CHECK (r->warnings == 1, "%u warnings", r->warnings);
    CHECK (r->warning &&
               g_error_matches (r->warning, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS),
        "another domain or code");
    CHECK (r->warning && strstr (r->warning->message, "96000") &&
               strstr (r->warning->message, "44100") && strstr (r->warning->message, "48000"),
        "it says: %s", r->warning ? r->warning->message : "nothing");
    CHECK (r->out_bytes == flat->out_bytes && memcmp (r->out, flat->out, r->out_bytes) == 0,
        "not as flat dither");
    run_free (r);
    run_free (flat);
  }
}

/* Nothing to say where nothing is dithered. */
static void
unasked (void)
{
  for (guint i = 0; i < 2; i++) {
    Run *r =
        played ("channelstrip", "noise-shaping=strong", 96000, i ? "S32LE" : "F32LE", BLOCK);
    CHECK (r->warnings == 0, "%s is warned about", i ? "S32" : "F32");
    run_free (r);
  }
}

static void
push (Run *r, guint first, guint frames)
{
  GstBuffer *buffer =
      gst_buffer_new_memdup (r->in + (gsize)first * r->channels, frames * r->channels * 4);

  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (first, GST_SECOND, r->rate);
  CHECK (gst_harness_push (r->h, buffer) == GST_FLOW_OK, "not taken");
}

/* Set while playing: asked for once more at a rate without curve, it isn't told twice. */
static void
told_once (void)
{
  Run *r = run_new ("channelstrip", 96000, 2, "S16LE");

  run_sine (r, 1.0, 0.1);
  for (guint at = 0; at < r->in_frames; at += 4800) {
    gst_util_set_object_arg (
        G_OBJECT (r->element), "noise-shaping", at / 4800 % 2 ? "light" : "none");
    push (r, at, 4800);
  }
  run_take (r);
  run_listen (r);
  CHECK (r->warnings == 1, "%u warnings", r->warnings);
  CHECK (r->out_bytes == (gsize)r->in_frames * 4, "%zu bytes", r->out_bytes);
  run_free (r);
}

/* Changes at every buffer: never more beside the input than both shapers' errors together. */
static void
while_playing (void)
{
  static const gchar *const nicks[] = { "none", "strong", "light", "medium" };
  Run *r = run_new ("channelstrip", 44100, 2, "S16LE");
  gdouble worst = 0.0;

  run_sine (r, 2.0, 0.1);
  for (guint at = 0; at < r->in_frames; at += 1000) {
    gst_util_set_object_arg (G_OBJECT (r->element), "noise-shaping", nicks[at / 1000 % 4]);
    push (r, at, MIN (1000, r->in_frames - at));
  }
  run_take (r);
  for (guint i = 0; i < r->in_frames * 2; i++)
    worst =
        fmax (worst, fabs (((const gint16 *)(gconstpointer)r->out)[i] - r->in[i] * 32768.0));
  CHECK (worst > 8.0 && worst < 34.0, "up to %.1f LSB", worst);
  run_free (r);
}

/* The gain under the ceiling gives way when shaping comes, and comes back. */
static void
ceiling_follows (void)
{
  Run *r = run_new ("loudnessnorm mode=linear peak-policy=cap loudness-target=0 "
                    "max-true-peak=-3 measured-integrated=-9 measured-true-peak=-6.0206",
      44100, 2, "S16LE");
  float *tone = g_new (float, FRAMES);
  gdouble part[3];
  gint top = 0;

  run_sine (r, 6.0, 0.5);
  for (guint at = 0; at < r->in_frames; at += BLOCK) {
    if (at == FRAMES)
      gst_util_set_object_arg (G_OBJECT (r->element), "noise-shaping", "strong");
    if (at == 2 * FRAMES)
      gst_util_set_object_arg (G_OBJECT (r->element), "noise-shaping", "none");
    push (r, at, BLOCK);
  }
  gst_harness_push_event (r->h, gst_event_new_eos ());
  run_take (r);
  for (guint i = 0; i < r->in_frames * 2; i++)
    top = MAX (top, ABS (((const gint16 *)(gconstpointer)r->out)[i]));
  for (guint p = 0; p < 3; p++) {
    for (guint i = 0; i < FRAMES; i++)
      tone[i] =
          (float)(((const gint16 *)(gconstpointer)r->out)[2 * (p * FRAMES + i)] / 32768.0);
    part[p] = lqm_db (lqm_tone (tone + 4410, FRAMES - 4410, 44100.0, 997.0));
  }
  CHECK (top <= pow (10.0, -3.0 / 20.0) * 32768.0, "top %d", top);
  CHECK (part[0] - part[1] > 0.01 && part[0] - part[1] < 0.1, "gain gives way by %.4f dB",
      part[0] - part[1]);
  CHECK_NEAR (part[2], part[0], 1e-3, "and comes back, dB");
  lqt_note (
      "strong shaping at 16 bits costs %.3f dB of gain under a ceiling", part[0] - part[1]);
  g_free (tone);
  run_free (r);
}

/* Automation moves it, at the same frame however buffers are cut. */
static void
automated (void)
{
  static const gchar line[] =
      "channelstrip automation=\"noise-shaping step 0:none 0.5:strong 1:light 1.5:none\"";
  Run *a = played (line, "", 48000, "S16LE", 4800), *b = played (line, "", 48000, "S16LE", 0);
  Run *flat = played ("channelstrip", "", 48000, "S16LE", 4800);

  CHECK (a->out_bytes == b->out_bytes && memcmp (a->out, b->out, a->out_bytes) == 0,
      "cuts are heard");
  CHECK (memcmp (a->out, flat->out, a->out_bytes) != 0, "nothing moves");
  CHECK (memcmp (a->out, flat->out, 4 * 23000) == 0, "it begins too early");
  run_free (flat);
  run_free (b);
  run_free (a);
}

/* What was set just before a flush holds behind it. */
static void
flushed (void)
{
  Run *r = run_new ("channelstrip", 44100, 2, "S16LE");
  GstSegment segment;

  run_sine (r, 0.2, 0.0);
  push (r, 0, BLOCK);
  gst_util_set_object_arg (G_OBJECT (r->element), "dither", "none");
  gst_harness_push_event (r->h, gst_event_new_flush_start ());
  gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (r->h, gst_event_new_segment (&segment));
  while (gst_harness_buffers_in_queue (r->h))
    gst_buffer_unref (gst_harness_pull (r->h));
  push (r, 0, BLOCK);
  run_take (r);
  CHECK (r->out_bytes == BLOCK * 4, "%zu bytes", r->out_bytes);
  for (guint i = 0; i < BLOCK * 2 && r->out_bytes == BLOCK * 4; i++)
    if (!CHECK (((const gint16 *)(gconstpointer)r->out)[i] == 0, "the old dither goes on"))
      break;
  run_free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "noise of every curve", totals },
    { "96 kHz: one warning, flat dither", no_curve },
    { "no warning where nothing is dithered", unasked },
    { "told once, however often it is set", told_once },
    { "changes while playing", while_playing },
    { "the gain under a ceiling follows", ceiling_follows }, { "automation", automated },
    { "set just before a flush", flushed }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
