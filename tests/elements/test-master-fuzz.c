/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* test-master-fuzz [ROUNDS [SEED]]: masterchain with all its properties at random, those too that are
 * read at the start; noise, silence and what is no number through it, some properties set again
 * meanwhile. What comes out is as long as what went in, finite, and under the ceiling where there is
 * one. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lqtest.h"
#include "measure.h"
#include "run.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

static guint rounds = LQT_ROUNDS (60, 20);
static guint64 seed = 1;

/* Not set: where files go, and what needs more than a harness gives. */
static gboolean
spared (const GParamSpec *spec)
{
  static const gchar *const names[] = { "name", "parent", "qos", "preset", "automation",
    "automation-location", "order", "spool-directory", "fade-out",
    "maximizer-loudness-target" };

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
  } else if (G_IS_PARAM_SPEC_UINT (spec) && strstr (spec->name, "bands")) {
    const GParamSpecUInt *s = G_PARAM_SPEC_UINT (spec);
    g_object_set (element, spec->name, lqs_range (rnd, s->minimum, s->maximum), NULL);
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
  if (what == 8)
    for (guint i = 0; i < r->in_frames * r->channels; i++)
      r->in[i] = r->in[i] > 0.0f ? 1.0f : -1.0f;
  if (what == 7)
    r->in[lqs_range (rnd, 0, r->in_frames - 1)] = NAN;
  if (what == 6)
    memset (r->in, 0, r->in_frames / 2 * r->channels * sizeof *r->in);
}

/* The ceiling that holds from begin to end, linear; INFINITY where none does. */
static gdouble
ceiling_of (GstElement *element)
{
  gboolean on, bypass, delta;
  gdouble ceiling_db;

  g_object_get (element, "maximizer-enabled", &on, "bypass", &bypass, "delta", &delta,
      "maximizer-ceiling", &ceiling_db, NULL);
  for (guint k = 0; k < 12; k++) {
    gchar *name = g_strdup_printf ("%s%u-listen", k < 8 ? "eq" : "dyneq", 1 + k % 8);
    gboolean listens;
    g_object_get (element, name, &listens, NULL);
    on = on && !listens;
    g_free (name);
  }
  return on && !bypass && !delta ? pow (10.0, ceiling_db / 20.0) : INFINITY;
}

static gboolean
one (guint round, gboolean moves)
{
  static const guint rates[] = { 8000, 44100, 48000, 96000, 192000, 384000 };
  lqs_random rnd = { seed * 1000003 + round + 1 };
  const guint rate = rates[lqs_range (&rnd, 0, moves ? 2 : 5)];
  Run *r = run_new ("masterchain post-messages=false", rate, lqs_range (&rnd, 1, 2), NULL);
  gdouble ceiling, peak;
  gboolean ok;

  gst_element_set_state (r->element, GST_STATE_READY);
  set_all (r->element, &rnd, FALSE, lqs_range (&rnd, 1, 4));
  gst_element_set_state (r->element, GST_STATE_PLAYING);
  ceiling = moves ? INFINITY : ceiling_of (r->element);
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
  peak = lqm_peak (r->out, r->out_frames * r->channels);
  ok = CHECK (!r->error, "round %u: %s", round, r->error ? r->error->message : "");
  for (gsize i = 0; i < (gsize)r->out_frames * r->channels && ok; i++)
    ok = CHECK (isfinite (r->out[i]), "round %u: sample %zu isn't a number", round, i);
  ok = CHECK (r->out_frames == r->in_frames, "round %u: %u of %u frames", round, r->out_frames,
           r->in_frames) &&
       CHECK (peak <= ceiling * (1.0 + 1e-6), "round %u: %g over a ceiling of %g", round, peak,
           ceiling) &&
       ok;
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
