/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* soak-live HOURS: loudnessnorm mode=live as a broadcast runs it, for so many hours of its time.
 * Memory stays, every timestamp is exact, and the sound at the end is as at the beginning. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "memory.h"
#include "run.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 44100
#define CHUNK 4410            /* frames a buffer */
#define LOOP_CHUNKS (60 * 10) /* the programme comes again every minute */
#define MEMORY_SLACK (1 << 20)

static gdouble hours = 0.1;

/* A minute of noise: −35, −12, then silence, −25 dBFS. */
static gfloat *
minute (void)
{
  static const gdouble gains[] = { 0.03, 0.4, 0.0, 0.09 };
  const gsize n = (gsize)LOOP_CHUNKS * CHUNK * 2;
  gfloat *x = g_new (gfloat, n);

  lqs_noise (x, n, 1.0, 9);
  for (gsize i = 0; i < n; i++)
    x[i] *= (gfloat)gains[i * 4 / n];
  return x;
}

typedef struct {
  guint64 frames;
  gboolean exact;
  gdouble power; /* Σ x² of the current minute */
  gdouble peak;
} Heard;

static void
hear (GstHarness *h, Heard *heard)
{
  GstBuffer *buffer;
  GstMapInfo map;

  while ((buffer = gst_harness_try_pull (h))) {
    const GstClockTime pts = gst_util_uint64_scale_int (heard->frames, GST_SECOND, RATE);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    const gfloat *x = (const gfloat *)map.data;
    const guint n = (guint)(map.size / (2 * sizeof *x));
    const GstClockTime end = gst_util_uint64_scale_int (heard->frames + n, GST_SECOND, RATE);
    if (GST_BUFFER_PTS (buffer) != pts || GST_BUFFER_DURATION (buffer) != end - pts)
      heard->exact = FALSE;
    for (guint i = 0; i < 2 * n; i++) {
      heard->power += (gdouble)x[i] * x[i];
      heard->peak = MAX (heard->peak, fabs ((gdouble)x[i]));
    }
    heard->frames += n;
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
}

static void
soak (void)
{
  const guint minutes = (guint)ceil (hours * 60.0), settled = MIN (minutes / 2, 60);
  Run *r = run_new (
      "loudnessnorm loudness-target=-20 live-max-boost=24 interval=1000000000", RATE, 2, NULL);
  gfloat *x = minute ();
  Heard heard = { .exact = TRUE };
  gdouble early = 0.0, late = 0.0;
  gint64 memory = 0;

  for (guint m = 0; m < minutes; m++) {
    heard.power = 0.0;
    for (guint c = 0; c < LOOP_CHUNKS; c++) {
      const guint64 at = ((guint64)m * LOOP_CHUNKS + c) * CHUNK;
      GstBuffer *buffer =
          gst_buffer_new_memdup (x + (gsize)c * CHUNK * 2, CHUNK * 2 * sizeof *x);
      GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_int (at, GST_SECOND, RATE);
      gst_harness_push (r->h, buffer);
      hear (r->h, &heard);
    }
    run_listen (r);
    if (m == settled) {
      early = heard.power;
      memory = lqt_memory_bytes ();
    }
    late = heard.power;
  }
  memory = lqt_memory_bytes () - memory;
  gst_harness_push_event (r->h, gst_event_new_eos ());
  hear (r->h, &heard);
  run_listen (r);
  CHECK (heard.exact, "a timestamp or a duration is off");
  CHECK (heard.frames == (guint64)minutes * LOOP_CHUNKS * CHUNK, "%" G_GUINT64_FORMAT " frames",
      heard.frames);
  CHECK (memory < MEMORY_SLACK, "%" G_GINT64_FORMAT " bytes more than after %u minutes", memory,
      settled);
  CHECK_NEAR (
      10.0 * log10 (late / early), 0.0, 0.01, "the last minute beside an early one, dB");
  CHECK (lqm_db (heard.peak) <= -1.0, "%.3f dBFS", lqm_db (heard.peak));
  CHECK (r->last && !r->error && r->warnings == 0, "it ends as it should");
  lqt_note ("%u minutes, %" G_GINT64_FORMAT " bytes of memory more, %.4f dB apart", minutes,
      memory, 10.0 * log10 (late / early));
  run_free (r);
  g_free (x);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "live for hours", soak }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  if (argc > 1)
    hours = g_ascii_strtod (argv[1], NULL);
  return lqt_main (cases, 1, argv);
}
