/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* LqFilter under latency and with a tail, by an element that has both: every frame comes out once,
 * with the timestamp of the frame that came in, whatever ends the stretch. */

#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <math.h>
#include <string.h>

#include "late.h"
#include "lqtest.h"
#include "signals.h"

#define RATE 48000
#define CAPS "audio/x-raw,format=F32LE,layout=interleaved,channels=1,rate=48000"

/* What came out, and how it was stamped. */
typedef struct {
  float samples[200000];
  guint frames, buffers;
  GstClockTime first_pts, next_pts;
  guint breaks; /* timestamps that don't follow the last */
} Out;

static GstHarness *
late_new (guint latency, guint echo)
{
  GstElement *element =
      g_object_new (LATE_TYPE, "latency", latency, "echo", echo, "post-messages", FALSE, NULL);
  GstHarness *h = gst_harness_new_with_element (element, "sink", "src");

  gst_harness_set_src_caps_str (h, CAPS);
  gst_object_unref (element);
  return h;
}

/* The n-th sample that is put in: never 0. */
static float
sample (guint n)
{
  return 0.1f + 0.8f * (float)((n * 2654435761u) >> 8) / 16777216.0f;
}

static GstBuffer *
buffer_of (guint first, guint frames, GstClockTime pts)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, frames * sizeof (float), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint i = 0; i < frames; i++)
    ((float *)map.data)[i] = sample (first + i);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale_round (frames, GST_SECOND, RATE);
  return buffer;
}

static GstClockTime
time_of (guint frames)
{
  return gst_util_uint64_scale_round (frames, GST_SECOND, RATE);
}

/* Pushes frames first … end − 1 in buffers of `length`. */
static void
push (GstHarness *h, guint first, guint end, guint length)
{
  for (guint n; first < end; first += n) {
    n = MIN (length, end - first);
    gst_harness_push (h, buffer_of (first, n, time_of (first)));
  }
}

static void
collect (GstHarness *h, Out *out)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (h))) {
    const GstClockTime pts = GST_BUFFER_PTS (buffer);
    GstMapInfo map;
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    if (!out->buffers++)
      out->first_pts = pts;
    else if (ABS (GST_CLOCK_DIFF (out->next_pts, pts)) > 1)
      out->breaks++;
    out->next_pts = pts + GST_BUFFER_DURATION (buffer);
    memcpy (out->samples + out->frames, map.data, map.size);
    out->frames += (guint)(map.size / sizeof (float));
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
}

/* Frames 0 … frames − 1 as they came in, and timestamps that follow. */
static void
check_same (const Out *out, guint frames, const char *what)
{
  CHECK (out->frames == frames, "%s: %u frames out of %u", what, out->frames, frames);
  for (guint i = 0; i < MIN (frames, out->frames); i++)
    if (!CHECK (out->samples[i] == sample (i), "%s: frame %u is %g, not %g", what, i,
            (double)out->samples[i], (double)sample (i)))
      break;
  CHECK (out->breaks == 0, "%s: %u breaks in time", what, out->breaks);
  CHECK (out->buffers == 0 || out->first_pts == 0, "%s: begins at %" G_GUINT64_FORMAT, what,
      out->first_pts);
}

static void
short_streams (void)
{
  const guint latency = 700, lengths[] = { 0, 1, 699, 700, 701, 5000 },
              cuts[] = { 1, 480, 5000 };

  for (guint l = 0; l < G_N_ELEMENTS (lengths); l++)
    for (guint c = 0; c < G_N_ELEMENTS (cuts); c++) {
      GstHarness *h = late_new (latency, 0);
      Out *out = g_new0 (Out, 1);
      gchar *what = g_strdup_printf ("%u frames by %u", lengths[l], cuts[c]);
      push (h, 0, lengths[l], cuts[c]);
      gst_harness_push_event (h, gst_event_new_eos ());
      collect (h, out);
      check_same (out, lengths[l], what);
      g_free (what);
      g_free (out);
      gst_harness_teardown (h);
    }
}

/* The latency grows while playing, from nothing or from something: every frame comes out once,
 * under its own time, and the pipeline is told. */
static void
grows (void)
{
  const guint cuts[] = { 1, 480, 5000 };

  for (guint i = 0; i < 12; i++) {
    const guint latency = i % 2 ? 700 : 0, cut = cuts[i / 2 % 3], bypass = i >= 6;
    GstHarness *h = late_new (latency, 0);
    Out *out = g_new0 (Out, 1);
    gchar *what =
        g_strdup_printf ("%u and later, by %u%s", latency, cut, bypass ? ", bypassed" : "");
    g_object_set (h->element, "bypass", bypass, NULL);
    push (h, 0, 10000, cut);
    g_object_set (h->element, "later", 333, NULL);
    push (h, 10000, 20000, cut);
    CHECK (gst_harness_query_latency (h) == time_of (latency + 333), "%s: not reported", what);
    g_object_set (h->element, "later", 9000, NULL);
    push (h, 20000, 30000, cut);
    g_object_set (h->element, "later", 9001, NULL);
    gst_harness_push_event (h, gst_event_new_eos ());
    collect (h, out);
    check_same (out, 30000, what);
    g_free (what);
    g_free (out);
    gst_harness_teardown (h);
  }
}

static void
reports_latency (void)
{
  GstHarness *h = late_new (480, 0);
  GstQuery *query = gst_query_new_latency ();
  GstPad *pad = gst_element_get_static_pad (h->element, "src");
  GstClockTime min, max;
  gboolean live;

  gst_harness_set_live (h, TRUE);
  push (h, 0, 480, 480);
  CHECK (gst_pad_query (pad, query), "no answer");
  gst_query_parse_latency (query, &live, &min, &max);
  CHECK (min == 10 * GST_MSECOND, "reported %" G_GUINT64_FORMAT " ns", min);
  gst_query_unref (query);
  gst_object_unref (pad);
  gst_harness_teardown (h);
}

/* A stretch that ends with something else than EOS: the drain comes before it, and what follows
 * begins anew. */
static void
ends (const char *what, GstEvent *event, GstClockTime next)
{
  GstHarness *h = late_new (1000, 0);
  Out *first = g_new0 (Out, 1), *second = g_new0 (Out, 1);

  push (h, 0, 3000, 512);
  if (event)
    gst_harness_push_event (h, event);
  else
    gst_harness_push (h, buffer_of (0, 10, next));
  collect (h, first);
  check_same (first, 3000, what);
  gst_harness_push (h, buffer_of (event ? 0 : 10, 2000, event ? next : next + time_of (10)));
  gst_harness_push_event (h, gst_event_new_eos ());
  collect (h, second);
  CHECK (second->frames == (event ? 2000u : 2010u), "%s: then %u frames", what, second->frames);
  CHECK (
      second->first_pts == next, "%s: then from %" G_GUINT64_FORMAT, what, second->first_pts);
  for (guint i = 0; i < second->frames; i++)
    if (!CHECK (second->samples[i] == sample (i), "%s: then frame %u differs", what, i))
      break;
  g_free (first);
  g_free (second);
  gst_harness_teardown (h);
}

static void
drains (void)
{
  GstSegment segment;
  GstCaps *caps = gst_caps_from_string (
      "audio/x-raw,format=F32LE,layout=interleaved,channels=1,rate=44100");

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.base = time_of (3000);
  ends ("SEGMENT", gst_event_new_segment (&segment), 0);
  ends ("CAPS", gst_event_new_caps (caps), time_of (3000));
  ends ("jump forwards", NULL, 10 * GST_SECOND);
  gst_caps_unref (caps);
}

/* A buffer's time may wander by a sample without that being a jump. */
static void
jitter (void)
{
  GstHarness *h = late_new (1000, 0);
  Out *out = g_new0 (Out, 1);

  for (guint i = 0; i < 20; i++)
    gst_harness_push (h, buffer_of (i * 480, 480, time_of (i * 480 + i % 2)));
  gst_harness_push_event (h, gst_event_new_eos ());
  collect (h, out);
  check_same (out, 9600, "jitter");
  g_free (out);
  gst_harness_teardown (h);
}

static void
tail (void)
{
  GstHarness *h = late_new (100, 5000);
  Out *out = g_new0 (Out, 1);

  push (h, 0, 9000, 1024);
  gst_harness_push_event (h, gst_event_new_eos ());
  collect (h, out);
  CHECK (out->frames == 14000, "%u frames with the tail", out->frames);
  CHECK (out->breaks == 0, "%u breaks in time", out->breaks);
  for (guint i = 0; i < out->frames; i++) {
    const float now = i < 9000 ? sample (i) : 0.0f, then = i >= 5000 ? sample (i - 5000) : 0.0f;
    if (!CHECK (fabsf (out->samples[i] - now - 0.5f * then) < 1e-6f, "frame %u differs", i))
      break;
  }
  g_free (out);
  gst_harness_teardown (h);
}

/* A tail of silence isn't one. */
static void
silent_tail (void)
{
  GstHarness *h = late_new (0, 5000);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 8000 * sizeof (float), NULL);
  Out *out = g_new0 (Out, 1);

  gst_buffer_memset (buffer, 0, 0, 8000 * sizeof (float));
  GST_BUFFER_PTS (buffer) = 0;
  gst_harness_push (h, buffer);
  gst_harness_push_event (h, gst_event_new_eos ());
  collect (h, out);
  CHECK (out->frames == 8000, "%u frames", out->frames);
  g_free (out);
  gst_harness_teardown (h);
}

static void
flush (void)
{
  GstHarness *h = late_new (1000, 5000);
  Out *out = g_new0 (Out, 1);
  GstSegment segment;

  push (h, 0, 8000, 1024);
  collect (h, out);
  memset (out, 0, sizeof *out);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = 5 * GST_SECOND;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  gst_harness_push (h, buffer_of (0, 3000, 5 * GST_SECOND));
  collect (h, out);
  CHECK (out->frames == 2000, "%u frames after the flush", out->frames);
  CHECK (out->first_pts == 5 * GST_SECOND, "from %" G_GUINT64_FORMAT, out->first_pts);
  for (guint i = 0; i < out->frames; i++)
    if (!CHECK (out->samples[i] == sample (i), "frame %u holds old sound", i))
      break;
  g_free (out);
  gst_harness_teardown (h);
}

/* Bypassed, the delay stays, and the output is the input bit for bit. */
static void
bypass (void)
{
  GstHarness *h = late_new (1000, 700);
  Out *out = g_new0 (Out, 1);

  g_object_set (h->element, "bypass", TRUE, NULL);
  push (h, 0, 20000, 333);
  gst_harness_push_event (h, gst_event_new_eos ());
  collect (h, out);
  check_same (out, 20000, "bypass");
  g_free (out);
  gst_harness_teardown (h);
}

static void
gaps (void)
{
  GstHarness *h = late_new (500, 0);
  GstBuffer *buffer;
  guint frames = 0, flagged = 0;

  push (h, 0, 4800, 480);
  gst_harness_push_event (h, gst_event_new_gap (time_of (4800), 100 * GST_MSECOND));
  gst_harness_push (h, buffer_of (0, 480, time_of (9600)));
  gst_harness_push_event (h, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (h))) {
    const guint n = (guint)(gst_buffer_get_size (buffer) / sizeof (float));
    if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)) {
      GstMapInfo map;
      gst_buffer_map (buffer, &map, GST_MAP_READ);
      for (guint i = 0; i < n; i++)
        CHECK (((float *)map.data)[i] == 0.0f, "sound under a GAP flag");
      gst_buffer_unmap (buffer, &map);
      flagged++;
    }
    CHECK (ABS (GST_CLOCK_DIFF (GST_BUFFER_PTS (buffer), time_of (frames))) <= 1,
        "frame %u out of time", frames);
    frames += n;
    gst_buffer_unref (buffer);
  }
  CHECK (frames == 10080, "%u frames", frames);
  CHECK (flagged > 0, "no buffer says that it is silent");
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "streams shorter than the latency", short_streams },
    { "LATENCY query", reports_latency }, { "a latency that grows", grows },
    { "what ends a stretch drains it", drains }, { "jitter isn't a jump", jitter },
    { "tail at EOS", tail }, { "silence has no tail", silent_tail }, { "flush forgets", flush },
    { "bypass keeps the delay", bypass }, { "gap events", gaps }, { NULL, NULL } };

  gst_init (&argc, &argv);
  return lqt_main (cases, argc, argv);
}
