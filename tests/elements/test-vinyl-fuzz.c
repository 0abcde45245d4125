/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* test-vinyl-fuzz [ROUNDS [SEED]]: vinylsafe with all its properties at random, those too that are read at
 * the start; noise, squares, silence and what is no number through it, some properties set again
 * meanwhile. What comes out is as long as what went in and finite, all figures are numbers, and where
 * nothing moves the element's own figures of what it cuts are within the limits. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

/* As on impulses, dB. */
#define OVER_DB 0.5

static guint rounds = 30;
static guint64 seed = 1;

/* Not set: where files go, and what needs more than a harness gives. */
static gboolean
spared (const GParamSpec *spec)
{
  static const gchar *const names[] = { "name", "parent", "qos", "preset", "automation",
    "automation-location", "spool-directory", "meters", "post-messages", "interval" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (spec->name, names[i]))
      return TRUE;
  return !(spec->flags & G_PARAM_WRITABLE) || spec->flags & G_PARAM_CONSTRUCT_ONLY;
}

/* At one end of its range, at the other, or between. */
static void
set_random (GstElement *element, GParamSpec *spec, lqs_random *rnd)
{
  const guint way = lqs_range (rnd, 0, 5);
  const gdouble at = way == 0 ? 0.0 : way == 1 ? 1.0 : (lqs_uniform (rnd) + 1.0) / 2.0;

  if (G_IS_PARAM_SPEC_DOUBLE (spec)) {
    const GParamSpecDouble *s = G_PARAM_SPEC_DOUBLE (spec);
    g_object_set (element, spec->name, s->minimum + at * (s->maximum - s->minimum), NULL);
  } else if (G_IS_PARAM_SPEC_ENUM (spec)) {
    const GEnumClass *items = G_PARAM_SPEC_ENUM (spec)->enum_class;
    g_object_set (element, spec->name,
        items->values[lqs_range (rnd, 0, items->n_values - 1)].value, NULL);
  } else if (G_IS_PARAM_SPEC_BOOLEAN (spec)) {
    g_object_set (element, spec->name, (gboolean)lqs_range (rnd, 0, 1), NULL);
  } else if (G_IS_PARAM_SPEC_UINT64 (spec)) {
    g_object_set (element, spec->name, (guint64)lqs_range (rnd, 0, 100000), NULL);
  }
}

static void
set_all (GstElement *element, lqs_random *rnd, gboolean playing, guint one_in)
{
  guint n;
  GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);

  for (guint i = 0; i < n; i++)
    if (!spared (all[i]) && (!playing || all[i]->flags & GST_PARAM_MUTABLE_PLAYING) &&
        lqs_range (rnd, 1, one_in) == 1)
      set_random (element, all[i], rnd);
  g_free (all);
}

static gdouble
number (GstElement *element, const gchar *name)
{
  gdouble value;

  g_object_get (element, name, &value, NULL);
  return value;
}

/* What would be refused at the start, and is tested elsewhere: a disc inside out, a stream behind its
 * side. */
static void
make_possible (GstElement *element)
{
  const gdouble outer_mm = number (element, "outer-radius");
  const gdouble side_s = number (element, "side-duration");

  if (number (element, "inner-radius") >= outer_mm)
    g_object_set (element, "inner-radius", outer_mm - 0.5, NULL);
  if (side_s > 0.0 && number (element, "side-start") >= side_s)
    g_object_set (element, "side-start", 0.9 * side_s, NULL);
}

static void
fill (Run *r, lqs_random *rnd)
{
  const guint what = lqs_range (rnd, 0, 9);

  r->in_frames = lqs_range (rnd, 1, 12000);
  r->in = g_new (gfloat, r->in_frames * r->channels);
  lqs_noise (r->in, r->in_frames * r->channels,
      what == 9  ? 1e5
      : what > 5 ? 1.0
                 : 0.2,
      lqs_next (rnd) | 1);
  for (guint i = 0; i < r->in_frames * r->channels; i++) {
    if (what == 8)
      r->in[i] = r->in[i] > 0.0f ? 1.0f : -1.0f;
    if (what == 7 && i % 997 == 5)
      r->in[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
    if (what == 6 && i < r->in_frames / 2 * r->channels)
      r->in[i] = 0.0f;
    /* Antiphase, for vertical swings. */
    if (what == 5 && r->channels == 2 && i % 2)
      r->in[i] = -r->in[i - 1];
  }
}

static gboolean
one_figure (GQuark field, const GValue *value, gpointer data)
{
  guint *bad = data;

  if (G_VALUE_HOLDS_DOUBLE (value))
    *bad += !isfinite (g_value_get_double (value));
  return TRUE;
}

/* Of the output, against the limits that hold all over the side. */
static gboolean
within (Run *r, guint round)
{
  static const gchar *const limits[] = { "velocity", "slope", "displacement", "vertical",
    "acceleration", "curvature" };
  gboolean ok = TRUE, bypass;
  gint mode;

  g_object_get (r->element, "mode", &mode, "bypass", &bypass, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (limits) && !mode && !bypass; i++) {
    gchar *limit = g_strconcat (limits[i], "-limit", NULL);
    gchar *peak = g_strconcat (limits[i], "-peak-output", NULL);
    const gdouble most = number (r->element, limit), got = number (r->element, peak);
    ok = CHECK (most == 0.0 || got <= most * pow (10.0, OVER_DB / 20.0),
             "round %u: %s is %g, its limit %g", round, peak, got, most) &&
         ok;
    g_free (limit);
    g_free (peak);
  }
  return ok;
}

static gboolean
one (guint round, gboolean moves)
{
  static const guint rates[] = { 8000, 44100, 48000, 96000, 192000, 384000 };
  lqs_random rnd = { seed * 1000003 + round + 1 };
  const guint rate = rates[lqs_range (&rnd, 0, moves ? 2 : 5)];
  Run *r = run_new ("vinylsafe meters=true", rate, lqs_range (&rnd, 1, 2), NULL);
  guint bad = 0;
  gboolean ok;

  gst_element_set_state (r->element, GST_STATE_READY);
  set_all (r->element, &rnd, FALSE, lqs_range (&rnd, 1, 4));
  make_possible (r->element);
  gst_element_set_state (r->element, GST_STATE_PLAYING);
  fill (r, &rnd);
  for (guint at = 0, n; at < r->in_frames; at += n) {
    GstBuffer *buffer;
    n = lqs_range (&rnd, 1, 2000);
    n = MIN (n, r->in_frames - at);
    buffer = gst_buffer_new_memdup (r->in + (gsize)at * r->channels, n * r->channels * 4);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_round (at, GST_SECOND, rate);
    gst_harness_push (r->h, buffer);
    if (moves)
      set_all (r->element, &rnd, TRUE, 20);
  }
  gst_harness_push_event (r->h, gst_event_new_eos ());
  run_take (r);
  run_listen (r);
  ok = CHECK (!r->error, "round %u: %s", round, r->error ? r->error->message : "");
  for (gsize i = 0; i < (gsize)r->out_frames * r->channels && ok; i++)
    ok = CHECK (isfinite (r->out[i]), "round %u: sample %zu isn't a number", round, i);
  ok = CHECK (r->out_frames == r->in_frames, "round %u: %u of %u frames", round, r->out_frames,
           r->in_frames) &&
       ok;
  if (CHECK (r->last != NULL, "round %u: no final message", round))
    gst_structure_foreach (r->last, one_figure, &bad);
  ok = CHECK (bad == 0, "round %u: %u figures aren't numbers", round, bad) && ok;
  ok = (moves || within (r, round)) && ok;
  run_free (r);
  return ok;
}

static void
settled (void)
{
  guint bad = 0;

  for (guint round = 0; round < rounds && bad < 5; round++)
    bad += !one (round, FALSE);
}

static void
moving (void)
{
  guint bad = 0;

  for (guint round = 0; round < rounds && bad < 5; round++)
    bad += !one (round, TRUE);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "any settings", settled },
    { "any settings, and changes", moving }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  if (argc > 1)
    rounds = (guint)MAX (1, atoi (argv[1]));
  if (argc > 2)
    seed = g_ascii_strtoull (argv[2], NULL, 10);
  return lqt_main (cases, 1, argv);
}
