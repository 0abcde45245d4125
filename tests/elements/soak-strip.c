/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* soak-strip SECONDS [SEED]: channelstrip with random automation of every property that has any, while
 * another thread sets what it likes, formats change, and flushes, gaps and bad samples pass, for so
 * many seconds. What comes out is finite and lies without a gap on its timeline; nothing is an error. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lqparams.h"
#include "lqtest.h"
#include "measure.h"
#include "run.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

static gdouble seconds = 2.0;
static guint64 seed = 1;

/* A value of a property as text, `at` of the way from its least to its greatest. */
static void
add_value (GString *text, GParamSpec *spec, gdouble at)
{
  if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    g_string_append (text, at < 0.5 ? "false" : "true");
  else if (G_IS_PARAM_SPEC_ENUM (spec)) {
    const GEnumClass *items = G_PARAM_SPEC_ENUM (spec)->enum_class;
    g_string_append (text,
        items->values[MIN ((guint)(at * items->n_values), items->n_values - 1)].value_nick);
  } else {
    const gdouble low = G_PARAM_SPEC_DOUBLE (spec)->minimum,
                  high = G_PARAM_SPEC_DOUBLE (spec)->maximum;
    gchar number[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append (text, g_ascii_dtostr (number, sizeof number, low + at * (high - low)));
  }
}

static gdouble
share (lqs_random *r)
{
  const guint way = lqs_range (r, 0, 4);

  return way == 0 ? 0.0 : way == 1 ? 1.0 : (lqs_uniform (r) + 1.0) / 2.0;
}

/* Curves of every property that may have one, over ten seconds. */
static gchar *
random_automation (GstElement *element, lqs_random *r)
{
  static const gchar *const curves[] = { "step", "linear", "smooth" };
  guint n, used = 0;
  GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    GParamSpec *spec = specs[i];
    const gboolean number = G_IS_PARAM_SPEC_DOUBLE (spec);
    gdouble at = 0.0;
    if (!(spec->flags & GST_PARAM_CONTROLLABLE) || g_str_equal (spec->name, "bypass") ||
        !(number || G_IS_PARAM_SPEC_ENUM (spec) || G_IS_PARAM_SPEC_BOOLEAN (spec)))
      continue;
    g_string_append_printf (text, "%s%s %s", used++ ? "; " : "", spec->name,
        curves[number ? lqs_range (r, 0, 2) : 0]);
    for (guint k = lqs_range (r, 1, 8); k-- > 0; at += 0.01 + (lqs_uniform (r) + 1.0)) {
      g_string_append_printf (text, " %u.%03u:", (guint)at, (guint)(at * 1000) % 1000);
      add_value (text, spec, share (r));
    }
  }
  g_free (specs);
  CHECK (used > 100, "only %u properties", used);
  return g_string_free (text, FALSE);
}

typedef struct {
  GstElement *element;
  gint stop; /* atomic */
} Monkey;

static gpointer
monkey (gpointer data)
{
  Monkey *m = data;
  lqs_random r = { seed + 77 };
  guint n;
  GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (m->element), &n);

  while (!g_atomic_int_get (&m->stop)) {
    GParamSpec *spec = specs[lqs_range (&r, 0, n - 1)];
    GString *text = g_string_new (NULL);
    if ((spec->flags & GST_PARAM_CONTROLLABLE) && (spec->flags & G_PARAM_WRITABLE) &&
        (G_IS_PARAM_SPEC_DOUBLE (spec) || G_IS_PARAM_SPEC_ENUM (spec) ||
            G_IS_PARAM_SPEC_BOOLEAN (spec))) {
      add_value (text, spec, share (&r));
      gst_util_set_object_arg (G_OBJECT (m->element), spec->name, text->str);
    }
    g_string_free (text, TRUE);
    g_usleep (200);
  }
  g_free (specs);
  return NULL;
}

/* Noise, silence, ends of the scale, and what is no number. */
static void
fill (lqs_random *r, float *x, guint n)
{
  const guint what = lqs_range (r, 0, 9);

  lqs_noise (x, n, what < 5 ? 0.3 : what < 8 ? 1.0 : 0.0, lqs_next (r) | 1);
  if (what == 9)
    x[lqs_range (r, 0, n - 1)] = lqs_range (r, 0, 1) ? NAN : INFINITY;
  if (what == 7)
    for (guint i = 0; i < n; i++)
      x[i] = x[i] > 0.0f ? 1.0f : -1.0f;
}

/* One stream of some seconds: a format, an automation; returns how much time it took. */
static gdouble
stream (Run *r, lqs_random *rnd, guint rate, guint channels)
{
  const gint64 began = g_get_monotonic_time ();
  GstClockTime at = 0, expected = GST_CLOCK_TIME_NONE;
  GstBuffer *buffer;
  float *x = g_new (float, 4000 * channels);
  guint64 frames = 0;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint i = 0; i < 100; i++) {
    const guint n = lqs_range (rnd, 1, 4000);
    fill (rnd, x, n * channels);
    buffer = gst_buffer_new_memdup (x, (gsize)n * channels * sizeof (float));
    GST_BUFFER_PTS (buffer) = at + gst_util_uint64_scale_round (frames, GST_SECOND, rate);
    if (lqs_range (rnd, 0, 40) == 0)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
    gst_harness_push (r->h, buffer);
    frames += n;
    while ((buffer = gst_harness_try_pull (r->h))) {
      GstMapInfo map;
      gst_buffer_map (buffer, &map, GST_MAP_READ);
      CHECK (isfinite (lqm_peak ((float *)map.data, map.size / 4)), "not finite");
      gst_buffer_unmap (buffer, &map);
      if (GST_CLOCK_TIME_IS_VALID (expected))
        CHECK (ABS (GST_CLOCK_DIFF (expected, GST_BUFFER_PTS (buffer))) < 2000,
            "a gap of %" G_GINT64_FORMAT " ns",
            GST_CLOCK_DIFF (expected, GST_BUFFER_PTS (buffer)));
      expected = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
      gst_buffer_unref (buffer);
    }
    if (lqs_range (rnd, 0, 50) == 0) {
      gst_harness_push_event (r->h, gst_event_new_flush_start ());
      gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
      gst_harness_push_event (r->h, gst_event_new_segment (&segment));
      expected = GST_CLOCK_TIME_NONE;
    }
  }
  g_free (x);
  return (gdouble)(g_get_monotonic_time () - began) / G_USEC_PER_SEC;
}

static void
soak (void)
{
  static const guint rates[] = { 8000, 44100, 48000, 96000, 192000 },
                     channels[] = { 1, 2, 6, 8 };
  lqs_random rnd = { seed };
  gdouble spent = 0.0;
  guint streams = 0;

  while (spent < seconds) {
    const guint rate = rates[lqs_range (&rnd, 0, 4)], count = channels[lqs_range (&rnd, 0, 3)];
    Run *r = run_new ("channelstrip post-messages=true interval=20000000", rate, count, NULL);
    Monkey m = { r->element, FALSE };
    gchar *text = random_automation (r->element, &rnd);
    GThread *thread;
    gst_element_set_state (r->h->element, GST_STATE_NULL);
    g_object_set (r->element, "automation", text, NULL);
    gst_element_set_state (r->h->element, GST_STATE_PLAYING);
    thread = g_thread_new ("monkey", monkey, &m);
    spent += stream (r, &rnd, rate, count);
    g_atomic_int_set (&m.stop, TRUE);
    g_thread_join (thread);
    gst_harness_push_event (r->h, gst_event_new_eos ());
    run_listen (r);
    if (!CHECK (!r->error, "%s", r->error ? r->error->message : ""))
      spent = seconds;
    run_free (r);
    g_free (text);
    streams++;
  }
  lqt_note ("%u streams in %.0f s", streams, spent);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "random automation of every property", soak },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  if (argc > 1)
    seconds = g_ascii_strtod (argv[1], NULL);
  if (argc > 2)
    seed = g_ascii_strtoull (argv[2], NULL, 10);
  return lqt_main (cases, 1, argv);
}
