/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus under automation and control bindings: what is heard lies on the curves, hop by hop,
 * whatever the buffers are. */

#include "lqautomation.h"
#include "lqtest.h"
#include "measure.h"
#include "signals.h"
#include "take.h"

#include <gst/gst.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE TAKE_RATE
#define HOP 64

/* Frames on both sides of a step that its ramp may take, which is 16 ms long. */
#define RAMP 512

/* Exactly so many frames, without an error. */
static void
check_frames (Take *take, guint frames, const gchar *line)
{
  CHECK (!take->error && take_count (take) >= frames, "%s: %u frames, %s", line,
      take_count (take), take_error (take));
  if (take_count (take) > frames)
    g_byte_array_set_size (take->bytes, frames * (guint)sizeof (float));
}

/* The curve itself, in dB at a time. */
typedef double (*Curve) (double seconds);

static double
linear_db (double t)
{
  return t < 0.5   ? -60.0
         : t < 2.0 ? -60.0 + 40.0 * (t - 0.5)
         : t < 2.5 ? 0.0
                   : -6.0 * (t - 2.5);
}

static double
smooth_db (double t)
{
  static LqAutomation *curve;
  static LqParamTable *table;
  static const struct lq_param row = { "gain", "Gain", "Gain", "dB", LQ_FLOAT, LQ_LINEAR, 0,
    -120, 24, 0, NULL, LQ_PLAYING, 0, NULL };
  static const struct lq_module module = { "", &row, 1, 0, NULL };

  if (!curve) {
    table = lq_param_table_new (NULL);
    lq_param_table_add (table, LQ_GROUP_CHAIN, &module, 1);
    curve = lq_automation_new (
        table, &(LqText){ "smooth", "gain smooth 0:-30 1:-24 1.5:-10 3:-3" }, NULL);
  }
  return lq_curves_value (lq_automation_curves (curve, ""), 0, t);
}

static double
step_db (double t)
{
  return t < 0.7 ? -12.0 : t < 1.3 ? -20.0 : 3.0;
}

/* At every hop; `steps`: seconds at which it jumps, 0 ends them. `unit`: the level at 0 dB. */
static void
check_curve (const Take *take, Curve curve, const double *steps, double unit, const char *what)
{
  double worst = 0.0, at = 0.0;

  for (guint n = 0; n < take_count (take); n += HOP) {
    const double t = n / (double)RATE;
    double off = fabs (20.0 * log10 (MAX (take_floats (take)[n], 1e-12) / unit) - curve (t));
    for (const double *step = steps; step && *step; step++)
      if (fabs (t - *step) * RATE < RAMP)
        off = 0.0;
    if (off > worst) {
      worst = off;
      at = t;
    }
  }
  CHECK (worst <= 0.1, "%s: %.3f dB off at %.4f s", what, worst, at);
}

static const guint sizes[] = { 1, 64, 1000, 1024, 48000 };
static const double steps[] = { 0.7, 1.3, 0.0 };

#define LINEAR "linear 0.5:-60 2:0 2.5:0 3.5:-6"
#define SMOOTH "smooth 0:-30 1:-24 1.5:-10 3:-3"
#define STEP "step 0:-12 0.7:-20 1.3:3"

static const struct {
  const char *text;
  Curve curve;
  const double *steps;
} shapes[] = { { LINEAR, linear_db, NULL }, { SMOOTH, smooth_db, NULL },
  { STEP, step_db, steps } };

/* A pad's fader, to the same bits whatever the buffers are. */
static void
faders (void)
{
  if (take_untestable ())
    return;
  for (guint s = 0; s < G_N_ELEMENTS (shapes); s++) {
    Take first = { 0 };
    for (guint b = 0; b < G_N_ELEMENTS (sizes); b++) {
      gchar *mix = g_strdup_printf ("automation=\"sink_0::gain %s\"", shapes[s].text);
      gchar *line = take_constant (144000, sizes[b], mix,
          "audiotestsrc wave=silence num-buffers=144 samplesperbuffer=1000 ! "
          "audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_1");
      Take take = take_play (line);
      check_frames (&take, 144000, line);
      check_curve (&take, shapes[s].curve, shapes[s].steps, 0.5, line);
      if (b)
        CHECK (take.bytes->len == first.bytes->len &&
                   memcmp (take.bytes->data, first.bytes->data, take.bytes->len) == 0,
            "%s: other bits than with other buffers", line);
      if (b)
        take_clear (&take);
      else
        first = take;
      g_free (line);
      g_free (mix);
    }
    take_clear (&first);
  }
}

/* Groups and the bus. */

static void
buses (void)
{
  static const char *const names[] = { "g::gain", "gain" };

  if (take_untestable ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint s = 0; s < G_N_ELEMENTS (shapes); s++)
      for (guint b = 1; b < G_N_ELEMENTS (sizes); b++) {
        gchar *mix =
            g_strdup_printf ("groups=g,gain=-3.0 sink_0::group=g automation=\"%s %s%s\"",
                names[i], shapes[s].text, i ? "; g::gain step 0:0" : "");
        gchar *line = take_constant (144000, sizes[b], mix, "");
        Take take = take_play (line);
        check_frames (&take, 144000, line);
        check_curve (&take, shapes[s].curve, shapes[s].steps, 0.5, line);
        take_clear (&take);
        g_free (line);
        g_free (mix);
      }
}

/* What sounds of two constants, 0.5 on sink_0 and 0.25 on sink_1, from each of these times on. */
typedef struct {
  const gchar *set;
  struct {
    double from, level;
  } rows[4];
} Switches;

static void
switches (void)
{
  static const Switches cases[] = {
    { "groups=g sink_0::group=g automation=\"g::mute step 0:false 0.5:true 1:false\"",
        { { 0.0, 0.75 }, { 0.5, 0.25 }, { 1.0, 0.75 } } },
    { "groups=g sink_1::group=g automation=\"g::solo step 0:true 0.5:false\"",
        { { 0.0, 0.25 }, { 0.5, 0.75 } } },
    { "automation=\"sink_1::solo step 0:no 0.5:yes; sink_0::solo-safe step 0:0 1:1\"",
        { { 0.0, 0.75 }, { 0.5, 0.25 }, { 1.0, 0.75 } } },
    { "automation=\"sink_0::mute step 0:1 0.5:0;mute step 0:0 1:1 1.5:0\"",
        { { 0.0, 0.25 }, { 0.5, 0.75 }, { 1.0, 0.0 }, { 1.5, 0.75 } } },
    { "automation=\"dim step 0:0 0.5:1; bypass step 0:0 1:1\" dim-gain=-6.0206 "
      "sink_0::input-gain=6.0206",
        { { 0.0, 1.25 }, { 0.5, 0.625 }, { 1.0, 0.375 } } },
    { "automation=\"sink_7::gain linear 0:-60 2:0; sink_0::input-gain step 0:0 0.5:6.0206\"",
        { { 0.0, 0.75 }, { 0.5, 1.25 } } },
  };

  if (take_untestable ())
    return;
  for (guint c = 0; c < G_N_ELEMENTS (cases); c++)
    for (guint b = 1; b < 4; b++) {
      gchar *line = take_constant (96000, sizes[b], cases[c].set,
          "audiotestsrc wave=square freq=0 volume=0.25 num-buffers=96 samplesperbuffer=1000 ! "
          "audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_1");
      Take take = take_play (line);
      guint wrong = 0;
      check_frames (&take, 96000, line);
      for (guint n = 0; n < take_count (&take); n++) {
        guint row = 0;
        while (row < 3 && cases[c].rows[row + 1].from > 0.0 &&
               n >= cases[c].rows[row + 1].from * RATE)
          row++;
        if (n - cases[c].rows[row].from * RATE < (row ? RAMP : 0) ||
            (row < 3 && fabs (cases[c].rows[row + 1].from * RATE - n) < RAMP))
          continue;
        wrong += fabs (take_floats (&take)[n] - cases[c].rows[row].level) > 1e-4;
      }
      CHECK (wrong == 0, "%s: %u frames differ", line, wrong);
      take_clear (&take);
      g_free (line);
    }
}

/* Modules of a pad's strip. */
static void
strips (void)
{
  Take take;

  if (take_untestable ())
    return;
  take = take_play ("audiomixbus name=mix sink_0::eq1-enabled=true sink_0::eq1-frequency=1000 "
                    "automation=\"sink_0::eq1-gain linear 0:0 1:0 2:12\" ! fakesink name=out "
                    "audiotestsrc freq=1000 volume=0.1 num-buffers=150 samplesperbuffer=960 ! "
                    "audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_0");
  check_frames (&take, 144000, "eq");
  for (guint n = 4800; n + 960 <= take_count (&take); n += 4800) {
    const double t = (n + 480) / (double)RATE,
                 db = t < 1.0 ? 0.0 : MIN (12.0 * (t - 1.0), 12.0);
    const double level = lqm_db (lqm_tone (take_floats (&take) + n, 960, RATE, 1000.0) / 0.1);
    CHECK_NEAR (level, db, 0.15, "eq");
  }
  take_clear (&take);
  /* Switched on by a curve alone: late from the start, and so the fader, whose curve is exact. */
  take = take_play (
      "audiomixbus name=mix sink_0::comp-lookahead=20 sink_0::comp-threshold=-26.0206 "
      "sink_0::comp-ratio=2 sink_0::comp-knee=0 "
      "automation=\"sink_0::comp-enabled step 0:false 4:true\nsink_0::gain " LINEAR "\" "
      "! fakesink name=out "
      "audiotestsrc wave=square freq=0 volume=0.5 num-buffers=225 samplesperbuffer=1024 ! "
      "audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_0");
  CHECK (!take.error && take_count (&take) == 230400, "comp: %s, %u", take_error (&take),
      take_count (&take));
  if (take_count (&take) == 230400) {
    const double before = lqm_db (take_floats (&take)[190000]),
                 after = lqm_db (take_floats (&take)[230000]);
    take.bytes->len = 168000 * sizeof (float);
    check_curve (&take, linear_db, NULL, 0.5, "late by a look-ahead");
    CHECK_NEAR (before, -12.0206, 0.05, "before the compressor");
    CHECK_NEAR (after, -6.0206 - 6.0 - 10.0, 0.2, "compressed");
  }
  take_clear (&take);
}

static GstClockTime latency;

static void
see_latency (GstElement *pipeline)
{
  GstElement *mix = gst_bin_get_by_name (GST_BIN (pipeline), "mix");
  GstPad *src = gst_element_get_static_pad (mix, "src");
  GstQuery *query = gst_query_new_latency ();

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
  if (gst_pad_query (src, query))
    gst_query_parse_latency (query, NULL, &latency, NULL);
  gst_query_unref (query);
  gst_object_unref (src);
  gst_object_unref (mix);
}

/* What the start depends on. */
static void
starts (void)
{
  static const struct {
    const gchar *set;
    gint channels;
  } rows[] = { { "", 1 }, { "automation=\"sink_0::pan linear 0:-1 1:1\"", 2 },
    { "automation=\"sink_3::reverb-send linear 0:-120 1:-6\"", 2 },
    { "automation=\"sink_0::gain linear 0:-1 1:1\"", 1 } };
  gchar *line;
  Take take;

  if (take_untestable ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    line = take_constant (4800, 480, rows[i].set, "");
    take = take_play (line);
    CHECK (!take.error && take.channels == rows[i].channels, "%s: %d channels, %s", line,
        take.channels, take_error (&take));
    take_clear (&take);
    g_free (line);
  }
  line = take_constant (4800, 480,
      "sink_0::comp-lookahead=10 automation=\"sink_0::comp-threshold step 0:-20\"", "");
  take = take_play_prepared (line, see_latency);
  CHECK (!take.error && latency == 20 * GST_MSECOND, "10 ms and a block, not %g ms, %s",
      (double)latency / 1e6, take_error (&take));
  take_clear (&take);
  g_free (line);
}

/* Control bindings. */

static void
bind_to (GstObject *object, const gchar *property)
{
  static const struct {
    double seconds, value;
  } points[] = { { 0.5, -60.0 }, { 2.0, 0.0 }, { 2.5, 0.0 }, { 3.5, -6.0 } };
  GstControlSource *source = gst_interpolation_control_source_new ();

  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source),
        (GstClockTime)(points[i].seconds * GST_SECOND), points[i].value);
  CHECK (gst_object_add_control_binding (
             object, gst_direct_control_binding_new_absolute (object, property, source)),
      "%s can't be bound", property);
  gst_object_unref (source);
}

static void
bind_pad (GstElement *pipeline)
{
  GstElement *mix = gst_bin_get_by_name (GST_BIN (pipeline), "mix");
  GstPad *pad = gst_element_get_static_pad (mix, "sink_0");

  bind_to (GST_OBJECT (pad), "gain");
  gst_object_unref (pad);
  gst_object_unref (mix);
}

static void
bind_bus (GstElement *pipeline)
{
  GstElement *mix = gst_bin_get_by_name (GST_BIN (pipeline), "mix");

  bind_to (GST_OBJECT (mix), "gain");
  gst_object_unref (mix);
}

static void
bindings (void)
{
  static const gchar *const sets[] = { "sink_0::gain=-60", "sink_0::gain=-60 "
                                                           "strip-latency-reserve=30" };

  if (take_untestable ())
    return;
  for (guint b = 0; b < G_N_ELEMENTS (sizes); b++)
    for (guint s = 0; s < G_N_ELEMENTS (sets); s++) {
      gchar *line = take_constant (144000, sizes[b], sets[s], "");
      Take take = take_play_prepared (line, bind_pad);
      check_frames (&take, 144000, line);
      check_curve (&take, linear_db, NULL, 0.5, line);
      take_clear (&take);
      g_free (line);
    }
  for (guint b = 1; b < G_N_ELEMENTS (sizes); b++) {
    gchar *line = take_constant (144000, sizes[b], "gain=-60", "");
    Take take = take_play_prepared (line, bind_bus);
    check_frames (&take, 144000, line);
    check_curve (&take, linear_db, NULL, 0.5, line);
    take_clear (&take);
    g_free (line);
  }
}

/* A seek before it plays: the curve goes by stream time. */
static double
sought_db (double t)
{
  return linear_db (t + 1.25);
}

static void
seek (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
  CHECK (gst_element_seek (pipeline, 1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
             GST_SEEK_TYPE_SET, 1250 * GST_MSECOND, GST_SEEK_TYPE_SET, 3 * GST_SECOND),
      "no seek");
  gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
}

static void
seeks (void)
{
  static const gchar *const names[] = { "sink_0::gain", "gain" };

  if (take_untestable ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *mix = g_strdup_printf ("automation=\"%s " LINEAR "\"", names[i]);
    gchar *line = take_constant (480000, 1000, mix, "");
    Take take = take_play_prepared (line, seek);
    const guint frames = 84000;
    CHECK (!take.error && take_count (&take) >= frames, "%s: %u, %s", line, take_count (&take),
        take_error (&take));
    /* What came in preroll is of before the seek. */
    if (take_count (&take) >= frames)
      g_byte_array_remove_range (
          take.bytes, 0, (take_count (&take) - frames) * (guint)sizeof (float));
    check_curve (&take, sought_db, NULL, 0.5, line);
    take_clear (&take);
    g_free (line);
    g_free (mix);
  }
}

/* What a pad brings from half-way on lies on its curve from the first frame; a pad that a key looks
 * at does too. */
static double
late_db (double t)
{
  return linear_db (t + 1.0);
}

static void
joins (void)
{
  static const gchar *const sets[] = { "", "strip-latency-reserve=7", "sink_0::comp-key=sink_1",
    "sink_1::duck-key=sink_0 sink_1::duck-amount=0" };

  if (take_untestable ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (sets); i++)
    for (guint b = 1; b < 4; b++) {
      gchar *line = g_strdup_printf (
          "audiomixbus name=mix %s automation=\"sink_0::gain " LINEAR
          "\" ! audio/x-raw,format=F32LE ! fakesink name=out "
          "audiotestsrc wave=silence num-buffers=144 samplesperbuffer=1000 ! "
          "audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_1 "
          "audiotestsrc wave=square freq=0 volume=0.5 timestamp-offset=1000000000 "
          "samplesperbuffer=%u num-buffers=%u ! "
          "audio/x-raw,format=F32LE,rate=48000,channels=1 ! mix.sink_0",
          sets[i], sizes[b], 96000 / sizes[b]);
      Take take = take_play (line);
      gboolean silent = TRUE;
      check_frames (&take, 143000, line);
      for (guint n = 0; n < 48000 && n < take_count (&take); n++)
        silent = silent && take_floats (&take)[n] == 0.0f;
      CHECK (silent, "%s: it sounds too soon", line);
      g_byte_array_remove_range (take.bytes, 0, 48000 * sizeof (float));
      check_curve (&take, late_db, NULL, 0.5, line);
      take_clear (&take);
      g_free (line);
    }
}

/* Pads that come and go, with curves and bindings that wait for them: it goes on. */
static void
comes_and_goes (void)
{
  GstElement *pipeline = gst_parse_launch (
      "audiomixbus name=mix groups=g automation=\"sink_0::gain linear 0:-60 9:0; "
      "sink_2::pan linear 0:-1 5:1; sink_3::solo step 0:0 1:1 1.2:0; sink_2::eq1-gain smooth "
      "0:0 3:6 5:-6; g::mute step 0:0 2:1 3:0; reverb-gain linear 0:-10 9:0\" ! "
      "audio/x-raw,format=F32LE ! fakesink name=out sync=false "
      "audiotestsrc wave=silence ! audio/x-raw,format=F32LE,rate=48000,channels=2 ! mix.sink_9",
      NULL);
  GstElement *mix = gst_bin_get_by_name (GST_BIN (pipeline), "mix"), *source = NULL;
  GstBus *bus = gst_element_get_bus (pipeline);
  lqs_random rnd = { 7 };
  gint64 before = -1, position = -1;
  GstMessage *message;
  GstPad *pad = NULL, *from;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
  for (int step = 0; step < 60; step++) {
    if (!source) {
      gchar *name = g_strdup_printf ("sink_%u", lqs_range (&rnd, 0, 4));
      source = gst_element_factory_make ("audiotestsrc", NULL);
      g_object_set (source, "samplesperbuffer", (gint)lqs_range (&rnd, 1, 3000), NULL);
      /* A pipeline on its way to PLAYING would start it before it is linked. */
      gst_element_set_locked_state (source, TRUE);
      gst_bin_add (GST_BIN (pipeline), source);
      pad = gst_element_request_pad_simple (mix, name);
      g_object_set (pad, "group", "g", "reverb-send", -20.0, NULL);
      if (step % 3)
        bind_to (GST_OBJECT (pad), step % 2 ? "gain" : "comp-threshold");
      from = gst_element_get_static_pad (source, "src");
      CHECK (gst_pad_link (from, pad) == GST_PAD_LINK_OK, "%s can't be linked", name);
      gst_object_unref (from);
      gst_element_set_locked_state (source, FALSE);
      gst_element_sync_state_with_parent (source);
      g_free (name);
    } else {
      gst_element_set_locked_state (source, TRUE);
      gst_element_set_state (source, GST_STATE_NULL);
      gst_element_release_request_pad (mix, pad);
      gst_clear_object (&pad);
      gst_bin_remove (GST_BIN (pipeline), source);
      source = NULL;
    }
    if (step % 10 == 9) {
      gst_element_seek_simple (pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          (gint64)lqs_range (&rnd, 0, 4) * GST_SECOND);
      /* A source that waits for a sink in preroll can't be stopped. */
      gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
    }
    g_usleep (5000);
  }
  gst_element_query_position (mix, GST_FORMAT_TIME, &before);
  for (int wait = 0; wait < 200 && position <= before; wait++) {
    g_usleep (20000);
    gst_element_query_position (mix, GST_FORMAT_TIME, &position);
  }
  CHECK (position > before, "it stands still at %" G_GINT64_FORMAT, position);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  CHECK (!message, "an error");
  gst_clear_message (&message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_clear_object (&pad);
  gst_object_unref (bus);
  gst_object_unref (mix);
  gst_object_unref (pipeline);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "a fader lies on its curve", faders },
    { "groups and the bus lie on theirs", buses }, { "mute, solo, dim and bypass", switches },
    { "modules of a pad", strips }, { "channels and latency from the start", starts },
    { "control bindings", bindings }, { "behind a seek", seeks }, { "what joins later", joins },
    { "pads come and go", comes_and_goes }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
