/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hostile control, by number: every property stepped, two threads that set properties at random,
 * everything at its extreme, properties set in every state, files that are broken. */

#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "vinyl-lines.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

#define SETS LQT_ROUNDS (100000, 20000)

/* Everything on, look-ahead, oversampling and tails too. */
#define ALL                                                                                    \
  "channelstrip post-messages=false input-gain=1 hpf-enabled=true lpf-enabled=true "           \
  "gate-enabled=true gate-threshold=-60 gate-lookahead=2 eq1-enabled=true eq1-gain=6 "         \
  "comp-enabled=true comp-threshold=-20 comp-style=fet comp-lookahead=3 deess-enabled=true "   \
  "trans-enabled=true trans-attack=20 sat-enabled=true sat-drive=6 sat-bias=10 "               \
  "delay-enabled=true delay-time=20 delay-ping-pong=true reverb-enabled=true "                 \
  "reverb-decay=0.3 out-pan=0.1 out-width=120"
#define STRIP                                                                                  \
  "channelstrip post-messages=false eq1-enabled=true eq1-gain=3 eq2-enabled=true eq2-gain=-3 " \
  "hpf-enabled=true lpf-enabled=true"

/* Numbers, enums and switches that may be written while playing. */
static GArray *
playing_properties (GstElement *element)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (GParamSpec *));
  guint n;
  GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);

  /* A fade-out before the first frame is an error where nobody knows the end. */
  for (guint i = 0; i < n; i++)
    if (!g_str_equal (all[i]->name, "fade-out") && all[i]->flags & GST_PARAM_MUTABLE_PLAYING &&
        all[i]->flags & G_PARAM_WRITABLE &&
        (G_IS_PARAM_SPEC_DOUBLE (all[i]) || G_IS_PARAM_SPEC_FLOAT (all[i]) ||
            G_IS_PARAM_SPEC_ENUM (all[i]) || G_IS_PARAM_SPEC_BOOLEAN (all[i])))
      g_array_append_val (found, all[i]);
  g_free (all);
  return found;
}

/* 0 is the least, 1 the most that it can be; in between of a number: at random. */
static void
set_at (GstElement *element, GParamSpec *spec, gdouble at)
{
  if (G_IS_PARAM_SPEC_DOUBLE (spec)) {
    const GParamSpecDouble *s = G_PARAM_SPEC_DOUBLE (spec);
    g_object_set (element, spec->name, s->minimum + at * (s->maximum - s->minimum), NULL);
  } else if (G_IS_PARAM_SPEC_FLOAT (spec)) {
    const GParamSpecFloat *s = G_PARAM_SPEC_FLOAT (spec);
    g_object_set (element, spec->name,
        (gdouble)s->minimum + at * (gdouble)(s->maximum - s->minimum), NULL);
  } else if (G_IS_PARAM_SPEC_ENUM (spec)) {
    const GEnumClass *items = G_PARAM_SPEC_ENUM (spec)->enum_class;
    g_object_set (element, spec->name,
        items->values[(guint)(at * (items->n_values - 1) + 0.5)].value, NULL);
  } else {
    g_object_set (element, spec->name, at >= 0.5, NULL);
  }
}

/* Ten buffers of a sine of 100 Hz from frame `first` on. */
static void
push_sine (Run *r, guint first, guint frames)
{
  float *plane = g_new (float, frames), *both = g_new (float, 2 * frames);

  lqs_sine (plane, frames, RATE, 100.0, 0.25, 0.3, first);
  for (guint i = 0; i < frames; i++)
    both[2 * i] = both[2 * i + 1] = plane[i];
  gst_harness_push (r->h, gst_buffer_new_memdup (both, frames * 8));
  g_free (plane);
  g_free (both);
}

/* Largest second difference of left in frames first … end − 1. */
static gdouble
curvature (const Run *r, guint first, guint end)
{
  gdouble worst = 0.0;

  for (guint i = first + 2; i < end; i++)
    worst = fmax (worst, fabs ((gdouble)r->out[2 * i] - 2.0 * (gdouble)r->out[2 * i - 2] +
                               (gdouble)r->out[2 * i - 4]));
  return worst;
}

/* How much more the sharpest bend of frames first … end − 1 bends than what is around it, a period of
 * the sine and more: a click stands alone, while what limiters and saturation do to a gain that
 * rises comes again with each period. */
static gdouble
alone (const Run *r, guint first, guint end)
{
  guint worst = first + 2;

  for (guint i = first + 2; i < end; i++)
    if (curvature (r, i - 2, i + 1) > curvature (r, worst - 2, worst + 1))
      worst = i;
  return curvature (r, worst - 2, worst + 1) /
         fmax (curvature (r, worst - MIN (worst, 700), worst - MIN (worst, 80)),
             curvature (r, worst + 80, MIN (worst + 700, r->out_frames)));
}

/* 18: a step of anything bends the sine at most twice as much as the sine bends by itself, before
 * or after. q, which turns a resonance up, is in test-eq.c with the bound that it has. */
static void
steps_one (const gchar *line, GParamSpec *spec, gdouble from, gdouble to)
{
  const guint half = 24000 + 31;
  Run *r = run_new (line, RATE, 2, NULL);
  const gdouble sine = pow (2.0 * sin (G_PI * 100.0 / RATE), 2.0) * 0.25;
  gdouble rest, moved;
  guint n;

  set_at (r->element, spec, from);
  push_sine (r, 0, half);
  set_at (r->element, spec, to);
  push_sine (r, half, 48000);
  run_take (r);
  n = r->out_frames; /* less by the latency */
  CHECK (n >= half + 36000, "%s: %u frames", spec->name, n);
  rest = fmax (curvature (r, half - 4800, half), curvature (r, n - 5000, n));
  moved = curvature (r, half - 10, n - 5000);
  CHECK (moved <= 2.0 * fmax (rest, sine) || ((g_str_has_prefix (line, "masterchain") ||
                                                  g_str_has_prefix (line, "vinylsafe")) &&
                                                 alone (r, half - 10, n - 5000) <= 2.0),
      "%s from %g to %g of its range: %.2f, %.2f of what is around", spec->name, from, to,
      moved / fmax (rest, sine), alone (r, half - 10, n - 5000));
  run_free (r);
}

static void
steps_of (const gchar *factory, const gchar *line, guint at_least)
{
  GstElement *element = gst_element_factory_make (factory, NULL);
  GArray *properties = playing_properties (element);
  guint tested = 0;

  for (guint i = 0; i < properties->len; i += LQT_ROUNDS (1, 4)) {
    GParamSpec *spec = g_array_index (properties, GParamSpec *, i);
    if (g_str_has_suffix (spec->name, "-q") || g_str_has_prefix (spec->name, "eq3") ||
        g_str_has_prefix (spec->name, "eq4") || g_str_has_prefix (spec->name, "eq5") ||
        g_str_has_prefix (spec->name, "eq6") || g_str_has_prefix (spec->name, "eq7"))
      continue;
    steps_one (line, spec, 0.0, 1.0);
    steps_one (line, spec, 1.0, 0.0);
    tested++;
  }
  CHECK (tested > at_least / LQT_ROUNDS (1, 4), "only %u properties", tested);
  g_array_unref (properties);
  gst_object_unref (element);
}

static void
steps (void)
{
  steps_of ("channelstrip", STRIP, 20);
  steps_of ("loudnessnorm",
      "loudnessnorm post-messages=false mode=linear measured-integrated=-20 "
      "measured-true-peak=-9",
      8);
  steps_of ("masterchain", MASTER_BUSY, 150);
  steps_of ("vinylsafe", VINYL_BUSY, 28);
}

/* 19: two threads set what they like while frames and flushes pass. */
typedef struct {
  GstElement *element;
  guint64 seed;
} Monkey;

static gpointer
monkey (gpointer data)
{
  Monkey *m = data;
  GArray *properties = playing_properties (m->element);
  lqs_random rnd = { m->seed };

  for (guint i = 0; i < SETS; i++)
    set_at (m->element,
        g_array_index (properties, GParamSpec *, lqs_range (&rnd, 0, properties->len - 1)),
        (lqs_uniform (&rnd) + 1.0) / 2.0);
  g_array_unref (properties);
  return NULL;
}

static void
monkeys (void)
{
  static const gchar *const lines[] = { STRIP, ALL, "loudnessnorm mode=measure",
    "loudnessnorm mode=linear measured-integrated=-20 measured-true-peak=-9", MASTER_BUSY,
    MASTER_LINEAR, VINYL_BUSY };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    Monkey a = { r->element, 1 }, b = { r->element, 2 };
    GThread *one = g_thread_new ("one", monkey, &a), *two = g_thread_new ("two", monkey, &b);
    guint bad = 0;
    GstSegment segment;
    gst_segment_init (&segment, GST_FORMAT_TIME);
    for (guint i = 0; i < 300; i++) {
      push_sine (r, i * 480, 480);
      if (i % 50 == 49) {
        gst_harness_push_event (r->h, gst_event_new_flush_start ());
        gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
        gst_harness_push_event (r->h, gst_event_new_segment (&segment));
      }
    }
    g_thread_join (one);
    g_thread_join (two);
    push_sine (r, 0, 4800);
    run_take (r);
    for (guint i = 0; i < r->out_frames * 2; i++)
      bad += !isfinite (r->out[i]);
    CHECK (bad == 0, "%s: %u samples aren't numbers", lines[l], bad);
    CHECK (r->out_frames >= 4800, "%s: %u frames", lines[l], r->out_frames);
    run_listen (r);
    CHECK (!r->error, "%s: %s", lines[l], r->error ? r->error->message : "");
    run_free (r);
  }
}

/* 20: everything at one end, at the other, and at random, at the lowest and the highest rate. */
static void
extremes_of (const gchar *line)
{
  static const guint rates[] = { 8000, 48000, 384000 };

  for (guint k = 0; k < G_N_ELEMENTS (rates); k++)
    for (guint round = 0; round < LQT_ROUNDS (12, 4); round++) {
      Run *r = run_new (line, rates[k], 2, NULL);
      GArray *properties = playing_properties (r->element);
      lqs_random rnd = { round + 1 };
      gdouble peak;
      for (guint i = 0; i < properties->len; i++) {
        GParamSpec *spec = g_array_index (properties, GParamSpec *, i);
        const gdouble at = round < 2   ? round
                           : round % 2 ? lqs_range (&rnd, 0, 1)
                                       : (lqs_uniform (&rnd) + 1.0) / 2.0;
        set_at (
            r->element, spec, g_str_has_suffix (spec->name, "enabled") && round > 1 ? 1.0 : at);
      }
      r->in_frames = rates[k] / LQT_ROUNDS (1, 4);
      r->in = g_new (float, r->in_frames * 2);
      lqs_noise (r->in, r->in_frames * 2, 1.0, round + 1);
      run_all (r, 1000);
      peak = lqm_peak (r->out, r->out_frames * 2);
      CHECK (isfinite (peak), "%s: %u Hz, round %u: not finite", line, rates[k], round);
      /* Eight bands, trim and fader, each by its most, and their resonances: 300 dB at most. */
      CHECK (peak < 1e15, "%s: %u Hz, round %u: %g", line, rates[k], round, peak);
      g_array_unref (properties);
      run_free (r);
    }
}

static void
extremes (void)
{
  extremes_of ("channelstrip post-messages=false");
  extremes_of (MASTER_IDLE " mb-bands=6 exciter-bands=4 imager-bands=4");
  extremes_of (MASTER_IDLE " eq-phase=linear mb-phase=linear");
  extremes_of (VINYL_IDLE);
}

/* 21: set in NULL, READY, PAUSED or while flushing, a property is what was set, and is heard. */
static void
every_state_of (const gchar *line, const gchar *property)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED,
    GST_STATE_PLAYING };

  for (guint i = 0; i <= G_N_ELEMENTS (states); i++) {
    Run *r = run_new (line, RATE, 2, NULL);
    GstSegment segment;
    gdouble gain;
    if (i < G_N_ELEMENTS (states)) {
      gst_element_set_state (r->h->element, states[i]);
      g_object_set (r->element, property, -6.0, NULL);
      gst_element_set_state (r->h->element, GST_STATE_PLAYING);
    } else {
      gst_harness_push_event (r->h, gst_event_new_flush_start ());
      g_object_set (r->element, property, -6.0, NULL);
      gst_harness_push_event (r->h, gst_event_new_flush_stop (TRUE));
    }
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (r->h, gst_event_new_stream_start ("again"));
    gst_harness_set_src_caps_str (
        r->h, "audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels=2");
    gst_harness_push_event (r->h, gst_event_new_segment (&segment));
    push_sine (r, 0, 9600);
    run_take (r);
    g_object_get (r->element, property, &gain, NULL);
    CHECK (gain == -6.0, "state %u: reads %g", i, gain);
    CHECK (r->out_frames == 9600, "state %u: %u frames", i, r->out_frames);
    if (r->out_frames == 9600)
      CHECK_NEAR (lqm_db (lqm_peak (r->out + 9600, 9600) / 0.25), -6.0, 0.01, "what is heard");
    run_free (r);
  }
}

static void
every_state (void)
{
  every_state_of ("channelstrip post-messages=false", "out-gain");
  every_state_of (MASTER_IDLE, "input-gain");
}

/* 21: what a user types wrongly says so, names the place, and stops the start. */
static void
broken_files (void)
{
  static const struct {
    const gchar *property, *text, *says;
  } rows[] = { { "preset", "no-such-preset", "no-such-preset" },
    { "preset", "@out-gain=-3\nout-gian=2\n", "out-gian" },
    { "preset", "@out-gain=-3\n\nout-pan=far left\n", "far left" },
    { "preset", "@out-gain\n", "1" }, { "preset", "/nowhere/at/all.preset", "/nowhere" },
    { "automation", "out-gain linear 0:-60 2:x", "column" },
    { "automation", "out-gian linear 0:0", "out-gian" },
    { "automation", "out-gain curly 0:0", "curly" },
    { "automation-location", "@out-gain linear 0:0\nout-pan linear 0:5 1:0\n", "line 2" },
    { "automation-location", "/nowhere/at/all.automation", "/nowhere" } };
  gchar *folder = g_dir_make_tmp ("lacquer-XXXXXX", NULL);
  gchar *path = g_build_filename (folder, "mine.preset", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstElement *element = gst_element_factory_make ("channelstrip", NULL);
    GstBus *bus = gst_bus_new ();
    GstMessage *message;
    GError *error = NULL;
    GstStateChangeReturn change;
    const gboolean file = rows[i].text[0] == '@';
    gst_element_set_bus (element, bus);
    if (file)
      g_file_set_contents (path, rows[i].text + 1, -1, NULL);
    g_object_set (element, rows[i].property, file ? path : rows[i].text, NULL);
    change = gst_element_set_state (element, GST_STATE_PAUSED);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    CHECK (change == GST_STATE_CHANGE_FAILURE && message, "%s \"%s\" is taken",
        rows[i].property, rows[i].text);
    if (message) {
      gst_message_parse_error (message, &error, NULL);
      CHECK (strstr (error->message, rows[i].says) && (!file || strstr (error->message, path)),
          "%s \"%s\": %s", rows[i].property, rows[i].text, error->message);
      CHECK (error->domain == GST_RESOURCE_ERROR, "%s", error->message);
      g_error_free (error);
      gst_message_unref (message);
    }
    gst_element_set_state (element, GST_STATE_NULL);
    gst_element_set_bus (element, NULL);
    gst_object_unref (bus);
    gst_object_unref (element);
  }
  g_remove (path);
  g_rmdir (folder);
  g_free (path);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "18 steps of every property", steps },
    { "19 two threads set at random", monkeys }, { "20 extremes together", extremes },
    { "21 set in every state", every_state }, { "21 broken files and lines", broken_files },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
