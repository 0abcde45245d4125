/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hostile streams, by number: what comes out of order, in odd sizes, in pieces, with gaps and jumps.
 * Latencies other than 0 are tested with an element made for it in test-filter.c. */

#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "vinyl-lines.h"

#include <gst/audio/audio.h>
#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

/* The tail: a delay of 96 frames, whole ones. */
#define TAIL 96
#define STRIP                                                                                  \
  "channelstrip post-messages=false hpf-enabled=true eq1-enabled=true eq1-gain=6 "             \
  "out-delay=2"
/* Dynamics, none of them late. */
#define DYNAMICS                                                                               \
  "channelstrip post-messages=false gate-enabled=true gate-threshold=-60 comp-enabled=true "   \
  "comp-threshold=-10 comp-auto-release=true deess-enabled=true trans-enabled=true "           \
  "trans-sustain=5 order=comp,gate"
static const gchar *const lines[] = { STRIP, DYNAMICS, "channelstrip",
  "loudnessnorm mode=measure",
  "loudnessnorm mode=linear measured-integrated=-20 measured-true-peak=-9", MASTER_IDLE,
  MASTER_BUSY, MASTER_LINEAR, VINYL_IDLE, VINYL_BUSY, VINYL_ANALYSE,
  "loudnessnorm mode=two-pass", MASTER_LEARN, VINYL_LEARN };
#define ONE_PASS 11 /* of them work as frames come */

/* These change nothing of a tone at this level, and aren't late. */
static gboolean
leaves (guint line)
{
  return line == 2 || line == 3 || line == 5 || line == 10;
}

/* What is held back goes out under the old segment, so that these begin anew in the next. */
static gboolean
begins_anew (guint line)
{
  return line == 6 || line == 7 || line == 8 || line == 9 || line == 12 || line == 13;
}

static guint
tail_of (guint line)
{
  return line == 0 ? TAIL : 0;
}

static GstBuffer *
buffer_at (guint first, guint frames, gdouble amplitude)
{
  float *plane = g_new (float, frames + 1), *both = g_new (float, 2 * frames + 1);
  GstBuffer *buffer;

  lqs_sine (plane, frames, RATE, 997.0, amplitude, 1.0, first);
  for (guint i = 0; i < frames; i++)
    both[2 * i] = both[2 * i + 1] = plane[i];
  buffer = gst_buffer_new_memdup (both, frames * 8);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (first, GST_SECOND, RATE);
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale_round (first + frames, GST_SECOND, RATE) - GST_BUFFER_PTS (buffer);
  g_free (plane);
  g_free (both);
  return buffer;
}

static void
push (Run *r, guint first, guint end)
{
  for (guint n; first < end; first += n) {
    n = MIN (480, end - first);
    r->flow = gst_harness_push (r->h, buffer_at (first, n, 0.25));
  }
}

static void
push_segment (Run *r, GstClockTime start, GstClockTime stop)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = start;
  segment.stop = stop;
  gst_harness_push_event (r->h, gst_event_new_segment (&segment));
}

static void
push_eos (Run *r)
{
  gst_harness_push_event (r->h, gst_event_new_eos ());
  run_take (r);
  run_listen (r);
}

/* 6: buffers and EOS before there is a format. */
static void
before_caps (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    GstHarness *h = gst_harness_new_parse (lines[l]);
    gst_harness_set_live (h, FALSE);
    gst_harness_play (h);
    gst_harness_push_event (h, gst_event_new_stream_start ("x"));
    CHECK (
        gst_harness_push (h, buffer_at (0, 100, 0.1)) < GST_FLOW_OK, "%s: takes it", lines[l]);
    gst_harness_teardown (h);

    h = gst_harness_new_parse (lines[l]);
    gst_harness_set_live (h, FALSE);
    gst_harness_play (h);
    gst_harness_push_event (h, gst_event_new_stream_start ("x"));
    CHECK (gst_harness_push_event (h, gst_event_new_eos ()), "%s: EOS is lost", lines[l]);
    CHECK (gst_harness_buffers_in_queue (h) == 0, "%s: a buffer of nothing", lines[l]);
    gst_harness_teardown (h);
  }
}

/* 6: empty buffers, buffers without a timestamp, EOS and again EOS. */
static void
odd_buffers (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    GstBuffer *buffer;
    for (guint i = 0; i < 10; i++) {
      gst_harness_push (r->h, gst_buffer_new_allocate (NULL, 0, NULL));
      buffer = buffer_at (i * 100, 100, 0.25);
      GST_BUFFER_PTS (buffer) = GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
      CHECK (gst_harness_push (r->h, buffer) == GST_FLOW_OK, "%s: refused", lines[l]);
    }
    push_eos (r);
    gst_harness_push_event (r->h, gst_event_new_eos ());
    CHECK (r->out_frames == 1000 + tail_of (l), "%s: %u frames", lines[l], r->out_frames);
    CHECK (!r->error, "%s: %s", lines[l], r->error ? r->error->message : "");
    run_free (r);
  }
}

/* 7: the error names both sizes, and nothing of the buffer gets out. */
static void
broken_frames (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    GstBuffer *buffer = buffer_at (0, 100, 0.25);
    gst_buffer_set_size (buffer, 797);
    CHECK (gst_harness_push (r->h, buffer) == GST_FLOW_ERROR, "%s: takes it", lines[l]);
    run_listen (r);
    run_take (r);
    CHECK (r->error && g_error_matches (r->error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT) &&
               strstr (r->error->message, "797") && strstr (r->error->message, "8 bytes"),
        "%s: %s", lines[l], r->error ? r->error->message : "no error");
    CHECK (r->out_frames == 0, "%s: %u frames get out", lines[l], r->out_frames);
    run_free (r);
  }
}

/* 9: after a flush, silence is silence, at the new segment's times. */
static void
flush (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    push (r, 0, 9600);
    gst_harness_push_event (r->h, gst_event_new_flush_start ());
    gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
    run_take (r);
    r->out_bytes = 0;
    push_segment (r, 3600 * GST_SECOND, GST_CLOCK_TIME_NONE);
    for (guint i = 0; i < 10; i++)
      gst_harness_push (r->h, buffer_at (3600u * RATE + i * 480, 480, 0.0));
    push_eos (r);
    CHECK (r->out_frames >= 4800, "%s: %u frames", lines[l], r->out_frames);
    CHECK (r->out_pts == 3600 * GST_SECOND, "%s: begins at %" GST_TIME_FORMAT, lines[l],
        GST_TIME_ARGS (r->out_pts));
    CHECK (lqm_peak (r->out, r->out_frames * 2) == 0.0, "%s: %g sounds on", lines[l],
        lqm_peak (r->out, r->out_frames * 2));
    run_free (r);
  }
}

/* 10: five hundred flushing seeks; what follows the last is what a fresh start there gives. */
static void
seek_storm (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL), *fresh = run_new (lines[l], RATE, 2, NULL);
    lqs_random rnd = { 10 };
    for (guint i = 0; i <= 500; i++) {
      const guint at = i < 500 ? lqs_range (&rnd, 0, 100 * RATE) / RATE * RATE : 7 * RATE;
      gst_harness_push_event (r->h, gst_event_new_flush_start ());
      gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
      push_segment (r, gst_util_uint64_scale (at, GST_SECOND, RATE), GST_CLOCK_TIME_NONE);
      push (r, at, at + (i < 500 ? lqs_range (&rnd, 0, 2000) : 30000));
      if (i == 499) {
        gst_harness_push_event (r->h, gst_event_new_flush_start ());
        run_take (r);
        r->out_bytes = 0;
      }
    }
    push_segment (fresh, 7 * GST_SECOND, GST_CLOCK_TIME_NONE);
    push (fresh, 7 * RATE, 7 * RATE + 30000);
    push_eos (r);
    push_eos (fresh);
    CHECK (r->out_frames == 30000 + tail_of (l) && r->out_frames == fresh->out_frames &&
               memcmp (r->out, fresh->out, r->out_bytes) == 0,
        "%s: %u frames, of a fresh start %u", lines[l], r->out_frames, fresh->out_frames);
    CHECK (!r->error, "%s: %s", lines[l], r->error ? r->error->message : "");
    run_free (r);
    run_free (fresh);
  }
}

/* 11: a new segment that goes on where the last one ended takes and adds nothing. */
static void
gapless_segment (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *cut = run_new (lines[l], RATE, 2, NULL), *whole = run_new (lines[l], RATE, 2, NULL);
    push (cut, 0, 9600);
    push_segment (cut, GST_SECOND / 5, GST_CLOCK_TIME_NONE);
    push (cut, 9600, 30000);
    push_eos (cut);
    push (whole, 0, 30000);
    push_eos (whole);
    CHECK (cut->out_frames == 30000 + tail_of (l), "%s: %u frames", lines[l], cut->out_frames);
    CHECK (cut->out_bytes == whole->out_bytes &&
               (begins_anew (l) || memcmp (cut->out, whole->out, whole->out_bytes) == 0),
        "%s: heard", lines[l]);
    run_free (cut);
    run_free (whole);
  }
}

/* 12: another format every ten buffers: every frame comes out under its own. */
static void
caps_storm (void)
{
  static const guint rates[] = { 48000, 44100, 96000, 8000 };

  for (guint l = 0; l < ONE_PASS; l++) {
    GstHarness *h = gst_harness_new_parse (lines[l]);
    GstClockTime at = 0;
    GstBuffer *buffer;
    gdouble peak = 0.0;
    guint64 in = 0, out = 0, breaks = 0;
    GstClockTime next = 0;
    gst_harness_set_live (h, FALSE);
    gst_harness_set_drop_buffers (h, FALSE);
    for (guint i = 0; i < 40; i++) {
      const guint rate = rates[i % 4], channels = 1 + i / 4 % 2;
      gchar *caps = g_strdup_printf (
          "audio/x-raw,format=F32LE,layout=interleaved,rate=%u,channels=%u", rate, channels);
      gst_harness_set_src_caps_str (h, caps);
      g_free (caps);
      for (guint k = 0; k < 10; k++) {
        const guint frames = rate / 100;
        float *x = g_new (float, frames *channels);
        GstFlowReturn flow;
        for (guint j = 0; j < frames * channels; j++)
          x[j] = 0.25f;
        buffer = gst_buffer_new_wrapped (x, frames * channels * sizeof (float));
        GST_BUFFER_PTS (buffer) = at;
        GST_BUFFER_DURATION (buffer) = 10 * GST_MSECOND;
        at += 10 * GST_MSECOND;
        flow = gst_harness_push (h, buffer);
        CHECK (flow == GST_FLOW_OK, "%s: %s", lines[l], gst_flow_get_name (flow));
        in += 10 * GST_MSECOND;
      }
    }
    gst_harness_push_event (h, gst_event_new_eos ());
    while ((buffer = gst_harness_try_pull (h))) {
      GstMapInfo map;
      gst_buffer_map (buffer, &map, GST_MAP_READ);
      peak = fmax (peak, lqm_peak ((const float *)(gpointer)map.data, map.size / 4));
      gst_buffer_unmap (buffer, &map);
      out += GST_BUFFER_DURATION (buffer);
      breaks += l != 0 && ABS (GST_CLOCK_DIFF (next, GST_BUFFER_PTS (buffer))) > 1000;
      next = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
      gst_buffer_unref (buffer);
    }
    /* The strip's delay comes out at the end of each format. */
    CHECK (l == 0 ? out >= in && out < in + 40 * 3 * GST_MSECOND
                  : ABS (GST_CLOCK_DIFF (in, out)) < 40 * GST_USECOND,
        "%s: %" GST_TIME_FORMAT " of %" GST_TIME_FORMAT, lines[l], GST_TIME_ARGS (out),
        GST_TIME_ARGS (in));
    CHECK (breaks == 0, "%s: %" G_GUINT64_FORMAT " breaks", lines[l], breaks);
    CHECK (peak < (l == 4 ? 0.51 : 0.6), "%s: a click of %g", lines[l], peak);
    gst_harness_teardown (h);
  }
}

/* 13: real jumps end a stretch, a jitter of timestamps doesn't. */
static void
jumps (void)
{
  for (guint l = 0; l < ONE_PASS; l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    /* What look-ahead and linear phase hold back. */
    const guint held = run_latency (r);
    GstBuffer *buffer;
    guint jumped = 0;
    push (r, 0, 9600);
    for (guint i = 20; i < 40; i++) {
      buffer = buffer_at (i * 480, 480, 0.25);
      GST_BUFFER_PTS (buffer) += (i % 2) * GST_SECOND / RATE;
      gst_harness_push (r->h, buffer);
    }
    run_take (r);
    CHECK (
        r->out_frames + held == 19200, "%s: %u frames under jitter", lines[l], r->out_frames);
    buffer = buffer_at (19200 + 10 * RATE, 480, 0.25);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    gst_harness_push (r->h, buffer);
    buffer = buffer_at (19200 + 9 * RATE, 480, 0.25);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    gst_harness_push (r->h, buffer);
    r->out_bytes = 0;
    while ((buffer = gst_harness_try_pull (r->h))) {
      if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT))
        CHECK (GST_BUFFER_PTS (buffer) == gst_util_uint64_scale (19200, GST_SECOND, RATE) +
                                              (jumped++ == 0 ? 10 : 9) * GST_SECOND,
            "%s: jumps to %" GST_TIME_FORMAT, lines[l],
            GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
      r->out_bytes += gst_buffer_get_size (buffer);
      gst_buffer_unref (buffer);
    }
    /* All but the last stretch, of which some may be held back. */
    CHECK (r->out_bytes == (held + 480 + (480 - MIN (480, held))) * 8,
        "%s: %u frames, %u are held", lines[l], (guint)r->out_bytes / 8, held);
    run_free (r);
  }
}

/* 14: GAP buffers count as silence, whatever their samples; time goes on. */
static void
gaps (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL), *plain = run_new (lines[l], RATE, 2, NULL);
    for (guint i = 0; i < 50; i++) {
      const gboolean gap = i % 3 == 1;
      GstBuffer *buffer = buffer_at (i * 480, 480, 0.25);
      if (gap)
        GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
      gst_harness_push (r->h, buffer);
      gst_harness_push (plain->h, buffer_at (i * 480, 480, gap ? 0.0 : 0.25));
    }
    push_eos (r);
    push_eos (plain);
    CHECK (r->out_frames == 24000 + tail_of (l), "%s: %u frames", lines[l], r->out_frames);
    /* Where the element changes nothing, the buffer itself goes on, flag and all. */
    if (!leaves (l) && l != 11)
      CHECK (r->out_bytes == plain->out_bytes &&
                 lqm_difference (r->out, plain->out, r->out_frames * 2) == 0.0,
          "%s: not as silence", lines[l]);
    run_free (r);
    run_free (plain);
  }
}

/* 15: programmes of a few frames. */
static void
short_programmes (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++)
    for (guint frames = 0; frames <= 130; frames += frames < 3 ? 1 : 63) {
      Run *r = run_new (lines[l], RATE, 2, NULL);
      push (r, 0, frames);
      push_eos (r);
      CHECK (r->out_frames == (frames ? frames + tail_of (l) : 0), "%s: %u frames of %u",
          lines[l], r->out_frames, frames);
      CHECK (!r->error, "%s: %s", lines[l], r->error ? r->error->message : "");
      run_free (r);
    }
}

/* 16: what lies outside the segment doesn't get in. */
static void
clip (void)
{
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    push_segment (r, 100 * GST_MSECOND, 500 * GST_MSECOND);
    push (r, 0, RATE);
    push_eos (r);
    CHECK (r->out_frames == 19200 + tail_of (l), "%s: %u frames", lines[l], r->out_frames);
    CHECK (r->out_pts == 100 * GST_MSECOND, "%s: begins at %" GST_TIME_FORMAT, lines[l],
        GST_TIME_ARGS (r->out_pts));
    run_free (r);
  }
}

/* 17: those that aren't late say 0, and an impulse stays where it was. */
static void
latency (void)
{
  for (guint l = 1; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    guint at = 0;
    r->in_frames = 9600;
    r->in = g_new0 (float, 19200);
    r->in[2 * 5000] = r->in[2 * 5000 + 1] = 0.5f;
    CHECK ((run_latency (r) == 0) == (l == 1 || leaves (l)), "%s: says it is late by %u",
        lines[l], run_latency (r));
    run_all (r, 480);
    for (guint i = 1; i < r->out_frames; i++)
      if (fabsf (r->out[2 * i]) > fabsf (r->out[2 * at]))
        at = i;
    /* An all-pass moves the highest point of an impulse. */
    CHECK (at == 5000 || ((l == 1 || l >= 6) && at > 5000 && at < 5010),
        "%s: comes at frame %u", lines[l], at);
    run_free (r);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "6 before there are caps", before_caps },
    { "6 empty buffers, no timestamps, EOS twice", odd_buffers },
    { "7 broken frames", broken_frames }, { "9 flush, then silence", flush },
    { "10 500 flushing seeks", seek_storm }, { "11 gapless segments", gapless_segment },
    { "12 another format every ten buffers", caps_storm }, { "13 jumps and jitter", jumps },
    { "14 gaps", gaps }, { "15 programmes of a few frames", short_programmes },
    { "16 segment clip", clip }, { "17 latency", latency }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
