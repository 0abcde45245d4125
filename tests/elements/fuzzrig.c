/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzzrig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lqtest.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

static const FuzzElement *element;
static guint rounds;
static guint64 seed = 1;

/* Not set: where files go, and what needs more than a harness gives. */
static gboolean
spared (const GParamSpec *spec)
{
  static const gchar *const names[] = { "name", "parent", "qos", "preset", "automation",
    "automation-location", "spool-directory", "interval", NULL };

  return g_strv_contains (names, spec->name) || g_strv_contains (element->spared, spec->name) ||
         !(spec->flags & G_PARAM_WRITABLE) || spec->flags & G_PARAM_CONSTRUCT_ONLY;
}

/* At one end of its range, at the other, or between. */
static void
set_random (GstElement *e, GParamSpec *spec, lqs_random *rnd)
{
  const guint way = lqs_range (rnd, 0, 5);
  const gdouble at = way == 0 ? 0.0 : way == 1 ? 1.0 : (lqs_uniform (rnd) + 1.0) / 2.0;

  if (G_IS_PARAM_SPEC_DOUBLE (spec)) {
    const GParamSpecDouble *s = G_PARAM_SPEC_DOUBLE (spec);
    g_object_set (e, spec->name, s->minimum + at * (s->maximum - s->minimum), NULL);
  } else if (G_IS_PARAM_SPEC_ENUM (spec)) {
    const GEnumClass *items = G_PARAM_SPEC_ENUM (spec)->enum_class;
    g_object_set (
        e, spec->name, items->values[lqs_range (rnd, 0, items->n_values - 1)].value, NULL);
  } else if (G_IS_PARAM_SPEC_BOOLEAN (spec)) {
    g_object_set (e, spec->name, (gboolean)lqs_range (rnd, 0, 1), NULL);
  } else if (G_IS_PARAM_SPEC_UINT (spec) && strstr (spec->name, "bands")) {
    const GParamSpecUInt *s = G_PARAM_SPEC_UINT (spec);
    g_object_set (e, spec->name, lqs_range (rnd, s->minimum, s->maximum), NULL);
  } else if (G_IS_PARAM_SPEC_UINT64 (spec)) {
    g_object_set (e, spec->name, (guint64)lqs_range (rnd, 0, 100000), NULL);
  }
}

static void
set_all (GstElement *e, lqs_random *rnd, gboolean playing, guint one_in)
{
  guint n;
  GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (e), &n);

  for (guint i = 0; i < n; i++)
    if (!spared (all[i]) && (!playing || all[i]->flags & GST_PARAM_MUTABLE_PLAYING) &&
        lqs_range (rnd, 1, one_in) == 1)
      set_random (e, all[i], rnd);
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
  for (guint i = 0; i < r->in_frames * r->channels; i++) {
    if (what == 8)
      r->in[i] = r->in[i] > 0.0f ? 1.0f : -1.0f;
    if (what == 7 && i % 997 == 5)
      r->in[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
    if (what == 6 && i < r->in_frames / 2 * r->channels)
      r->in[i] = 0.0f;
    /* Antiphase. */
    if (what == 5 && r->channels == 2 && i % 2)
      r->in[i] = -r->in[i - 1];
  }
}

static gboolean
one (guint round, gboolean moves)
{
  static const guint rates[] = { 8000, 44100, 48000, 96000, 192000, 384000 };
  lqs_random rnd = { seed * 1000003 + round + 1 };
  const guint rate = rates[lqs_range (&rnd, 0, moves ? 2 : 5)];
  Run *r = run_new (element->line, rate, lqs_range (&rnd, 1, 2), NULL);
  gboolean ok;

  gst_element_set_state (r->element, GST_STATE_READY);
  set_all (r->element, &rnd, FALSE, lqs_range (&rnd, 1, 4));
  if (element->mend)
    element->mend (r->element);
  gst_element_set_state (r->element, GST_STATE_PLAYING);
  fill (r, &rnd);
  for (guint at = 0, n; at < r->in_frames; at += n) {
    n = lqs_range (&rnd, 1, 2000);
    n = MIN (n, r->in_frames - at);
    run_push (r, at, n, gst_util_uint64_scale_round (at, GST_SECOND, rate));
    if (moves)
      set_all (r->element, &rnd, TRUE, 20);
  }
  run_end (r);
  ok = CHECK (!r->error, "round %u: %s", round, r->error ? r->error->message : "");
  for (gsize i = 0; i < (gsize)r->out_frames * r->channels && ok; i++)
    ok = CHECK (isfinite (r->out[i]), "round %u: sample %zu isn't a number", round, i);
  ok = CHECK (r->out_frames == r->in_frames, "round %u: %u of %u frames", round, r->out_frames,
           r->in_frames) &&
       ok;
  ok = element->judge (r, round, moves) && ok;
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
fuzz_main (const FuzzElement *what, int argc, char **argv)
{
  static const lqt_case cases[] = { { "any settings", settled },
    { "any settings, and changes", moving }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  element = what;
  rounds = argc > 1 ? (guint)MAX (1, atoi (argv[1])) : what->rounds;
  if (argc > 2)
    seed = g_ascii_strtoull (argv[2], NULL, 10);
  return lqt_main (cases, 1, argv);
}
