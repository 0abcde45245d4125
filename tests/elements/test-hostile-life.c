/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hostile lives, by number: elements started and stopped without end, many at once, stopped or
 * flushed while a two-pass run pushes, fed live, and without a place for the spool. */

#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "memory.h"
#include "run.h"
#include "signals.h"
#include "vinyl-lines.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

#define CYCLES LQT_ROUNDS (1000, 100)
#define INSTANCES LQT_ROUNDS (200, 40)
#define MINUTES LQT_ROUNDS (20, 4)

static guint
open_files (void)
{
  GDir *dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  if (dir)
    g_dir_close (dir);
  return n;
}

/* Everything on, look-ahead, oversampling and tails too. */
#define ALL                                                                                    \
  "channelstrip post-messages=false input-gain=1 hpf-enabled=true lpf-enabled=true "           \
  "gate-enabled=true gate-threshold=-60 gate-lookahead=2 eq1-enabled=true eq1-gain=6 "         \
  "comp-enabled=true comp-threshold=-20 comp-style=fet comp-lookahead=3 deess-enabled=true "   \
  "trans-enabled=true trans-attack=20 sat-enabled=true sat-drive=6 sat-bias=10 "               \
  "delay-enabled=true delay-time=20 delay-ping-pong=true reverb-enabled=true "                 \
  "reverb-decay=0.3 out-pan=0.1 out-width=120"

/* 23: started, fed and stopped, again and again, halfway through a spool too. */
static void
cycling (void)
{
  static const gchar *const lines[] = { "channelstrip eq1-enabled=true out-delay=3", ALL,
    "loudnessnorm mode=measure", "loudnessnorm mode=two-pass spool-memory=0", MASTER_BUSY,
    MASTER_LEARN " spool-memory=0", VINYL_HEARD, VINYL_LEARN " spool-memory=0" };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    /* A start of these takes more than one of the others. */
    const guint cycles = l < 4 ? CYCLES : l < 6 ? CYCLES / 5 : CYCLES / 20;
    guint before;
    GstSegment segment;
    gst_segment_init (&segment, GST_FORMAT_TIME);
    run_sine (r, 0.1, 0.1);
    run_all (r, 480);
    before = open_files ();
    for (guint i = 0; i < cycles; i++) {
      gst_element_set_state (r->h->element, GST_STATE_NULL);
      gst_element_set_state (r->h->element, GST_STATE_PLAYING);
      gst_harness_push_event (r->h, gst_event_new_stream_start ("again"));
      gst_harness_set_src_caps_str (
          r->h, "audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels=2");
      gst_harness_push_event (r->h, gst_event_new_segment (&segment));
      gst_harness_push (r->h, gst_buffer_new_memdup (r->in, 480 * 8));
      if (i % 2)
        gst_harness_push_event (r->h, gst_event_new_eos ());
      run_take (r);
    }
    CHECK (r->out_frames >= cycles / 2 * 480, "%s: %u frames", lines[l], r->out_frames);
    gst_element_set_state (r->h->element, GST_STATE_NULL);
    CHECK (open_files () <= before, "%s: %u files are open, were %u", lines[l], open_files (),
        before);
    run_free (r);
  }
}

/* 23, 41: many at once, each with a spool file in the same folder; each has its own result. */
static void
many_of (const gchar *line, guint instances)
{
  Run *r[INSTANCES];
  const guint before = open_files ();

  for (guint i = 0; i < instances; i++) {
    r[i] = run_new (line, RATE, 2, NULL);
    run_sine (r[i], 1.0, 0.05 + 0.002 * i);
  }
  for (guint at = 0; at < RATE; at += 4800)
    for (guint i = 0; i < instances; i++)
      gst_harness_push (r[i]->h, gst_buffer_new_memdup (r[i]->in + 2 * at, 4800 * 8));
  for (guint i = 0; i < instances; i++) {
    gst_harness_push_event (r[i]->h, gst_event_new_eos ());
    run_take (r[i]);
    run_listen (r[i]);
    CHECK (r[i]->out_frames == RATE && !r[i]->error, "%u: %u frames, %s", i, r[i]->out_frames,
        r[i]->error ? r[i]->error->message : "");
    CHECK_NEAR (lqm_db (lqm_rms (r[i]->out, RATE * 2) * sqrt (2.0)), -14.0, 0.05, "the target");
    run_free (r[i]);
  }
  CHECK (open_files () <= before, "%u files are open, were %u", open_files (), before);
}

static void
many_at_once (void)
{
  many_of ("loudnessnorm mode=two-pass spool-memory=0 post-messages=false", INSTANCES);
  many_of (MASTER_IDLE " learn=whole-track maximizer-enabled=true "
                       "maximizer-loudness-target=-14 spool-memory=0",
      LQT_ROUNDS (40, 10));
}

/* 39: two-pass from a live source is refused with the reason. */
static void
live_source_of (const gchar *element)
{
  GError *error = NULL;
  gchar *line =
      g_strdup_printf ("audiotestsrc is-live=true ! audioconvert ! %s ! fakesink", element);
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  CHECK (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR, "no error");
  if (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    CHECK (strstr (error->message, "live"), "%s", error->message);
    g_clear_error (&error);
  }
  gst_clear_message (&message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  g_free (line);
}

static void
live_source (void)
{
  live_source_of ("loudnessnorm mode=two-pass");
  live_source_of ("vinylsafe learn=whole-track");
  live_source_of ("vinylsafe cut-level-auto=true");
}

/* 39: stopped, flushed from downstream, or paused, in the middle of the second pass. */
typedef struct {
  guint seen;
  gsize bytes;
  gint done;
} Middle;

static GstPadProbeReturn
in_the_middle (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Middle *m = data;

  m->bytes += gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));
  if (++m->seen == 20)
    g_atomic_int_set (&m->done, 1);
  return GST_PAD_PROBE_OK;
}

enum middle_act { STOP, SEEK, PAUSE };

static void
act (GstElement *pipeline, enum middle_act what)
{
  GstState state;

  if (what == SEEK)
    CHECK (gst_element_seek_simple (
               pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 5 * GST_SECOND),
        "a seek in the second pass is refused");
  if (what != PAUSE)
    return;
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  CHECK (gst_element_get_state (pipeline, &state, NULL, 10 * GST_SECOND) ==
                 GST_STATE_CHANGE_SUCCESS &&
             state == GST_STATE_PAUSED,
      "doesn't pause in the second pass");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
}

static void
in_second_pass (const gchar *element, enum middle_act what)
{
  gchar *line = g_strdup_printf (
      "audiotestsrc num-buffers=2000 ! audio/x-raw,format=F32LE,rate=48000,channels=2 ! "
      "%s spool-memory=0 ! fakesink name=out sync=false",
      element);
  GstElement *pipeline = gst_parse_launch (line, NULL);
  GstElement *out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  GstPad *pad = gst_element_get_static_pad (out, "sink");
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  Middle m = { 0, 0, 0 };

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, in_the_middle, &m, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 60000 && !g_atomic_int_get (&m.done); i++)
    g_usleep (1000);
  CHECK (m.done, "the second pass never begins");
  act (pipeline, what);
  if (what == STOP)
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  else
    message =
        gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  CHECK (what == STOP ? !message : message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS,
      "act %d: %s", what, message ? GST_MESSAGE_TYPE_NAME (message) : "no end");
  CHECK (what != PAUSE || m.bytes == 2000 * 1024 * 8,
      "%" G_GSIZE_FORMAT " frames of 2048000 after a pause", m.bytes / 8);
  gst_clear_message (&message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pad);
  gst_object_unref (out);
  gst_object_unref (pipeline);
  g_free (line);
}

static void
stop_while_pushing (void)
{
  static const gchar *const lines[] = { "loudnessnorm mode=two-pass",
    MASTER_IDLE " learn=whole-track maximizer-enabled=true maximizer-loudness-target=-14",
    VINYL_LEARN };

#ifdef __SANITIZE_THREAD__
  lqt_skip ("under TSan the queues of a GStreamer without it look like races");
  return;
#endif
  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    guint before;
    in_second_pass (lines[l], STOP);
    before = open_files ();
    for (guint round = 0; round < LQT_ROUNDS (30, 6) / (1 + l); round++)
      in_second_pass (lines[l], round % 3);
    CHECK (open_files () <= before, "%u files are open, were %u", open_files (), before);
  }
}

/* What a run says whose spool has no place: the error's text, and that nothing got out. */
static void
spool_of (
    const gchar *element, const gchar *folder, guint seconds, gint code, const gchar *says)
{
  gchar *line = g_strdup_printf ("%s spool-memory=0 spool-directory=%s", element, folder);
  Run *r = run_new (line, RATE, 2, NULL);
  GDir *dir;

  run_sine (r, seconds, 0.1);
  run_all (r, 4800);
  CHECK (r->error && g_error_matches (r->error, GST_RESOURCE_ERROR, code), "%s: %s", folder,
      r->error ? r->error->message : "no error");
  CHECK (r->error && strstr (r->error->message, says), "%s: %s", folder,
      r->error ? r->error->message : "no error");
  CHECK (r->error && strstr (r->error->message, folder), "%s: %s", folder,
      r->error ? r->error->message : "no error");
  CHECK (r->out_frames == 0, "%s: %u frames pass for a whole", folder, r->out_frames);
  run_free (r);
  dir = g_dir_open (folder, 0, NULL);
  CHECK (!dir || !g_dir_read_name (dir), "%s: a file is left", folder);
  if (dir)
    g_dir_close (dir);
  g_free (line);
}

static void
spool_fails (const gchar *folder, guint seconds, gint code, const gchar *says)
{
  spool_of ("loudnessnorm mode=two-pass", folder, seconds, code, says);
  spool_of (MASTER_IDLE " learn=whole-track", folder, seconds, code, says);
  spool_of (VINYL_LEARN, folder, seconds, code, says);
}

/* 40: no folder, and one that may not be written. */
static void
no_folder (void)
{
  GstElement *element = gst_element_factory_make_full ("loudnessnorm", "mode", 1,
      "spool-memory", (guint64)0, "spool-directory", "/nowhere/at/all", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error = NULL;

  gst_element_set_bus (element, bus);
  gst_element_set_state (element, GST_STATE_PLAYING);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  CHECK (message != NULL, "a folder that isn't there is taken");
  if (message) {
    gst_message_parse_error (message, &error, NULL);
    CHECK (error->domain == GST_RESOURCE_ERROR && strstr (error->message, "/nowhere/at/all"),
        "%s", error->message);
    g_error_free (error);
    gst_message_unref (message);
  }
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

/* 40: a file system of 1 MiB is full halfway. */
static void
full_folder (void)
{
  gchar *folder = g_dir_make_tmp ("lacquer-XXXXXX", NULL);

  if (mount ("none", folder, "tmpfs", 0, "size=1m") != 0) {
    lqt_skip ("no tmpfs can be mounted here (not root?)");
  } else {
    spool_fails (folder, 10, GST_RESOURCE_ERROR_NO_SPACE_LEFT, "MB free");
    umount (folder);
  }
  g_rmdir (folder);
  g_free (folder);
}

/* 40: files may not grow beyond a limit (ulimit -f). */
static void
limited_files (void)
{
  gchar *folder = g_dir_make_tmp ("lacquer-XXXXXX", NULL);
  struct rlimit was, now;

  getrlimit (RLIMIT_FSIZE, &was);
  now = was;
  now.rlim_cur = 1 << 20;
  signal (SIGXFSZ, SIG_IGN);
  setrlimit (RLIMIT_FSIZE, &now);
  spool_fails (folder, 10, GST_RESOURCE_ERROR_NO_SPACE_LEFT, "limit");
  setrlimit (RLIMIT_FSIZE, &was);
  g_rmdir (folder);
  g_free (folder);
}

/* 41: twenty minutes (four under a sanitizer) take no more memory than one: measured, and spooled to a file. */
static gdouble
grown_after (const gchar *line, guint minutes)
{
  Run *r = run_new (line, 8000, 1, NULL);
  const gdouble before = (gdouble)lqt_memory_bytes () / 1048576.0;
  gdouble most = 0.0;
  GstBuffer *out;

  run_sine (r, 1.0, 0.1);
  for (guint k = 0; k < 60 * minutes; k++) {
    gst_harness_push (r->h, gst_buffer_new_memdup (r->in, 8000 * sizeof (float)));
    if ((out = gst_harness_try_pull (r->h)))
      gst_buffer_unref (out);
    most = fmax (most, (gdouble)lqt_memory_bytes () / 1048576.0);
  }
  run_free (r);
  return most - before;
}

static void
memory_of_minutes (void)
{
  static const gchar *const lines[] = { "loudnessnorm mode=measure post-messages=false",
    "loudnessnorm mode=two-pass spool-memory=0 post-messages=false",
    "channelstrip eq1-enabled=true out-delay=10 post-messages=false", ALL, MASTER_BUSY,
    MASTER_LEARN " spool-memory=0", VINYL_LEARN " spool-memory=0" };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    const gdouble one = grown_after (lines[l], 1), many = grown_after (lines[l], MINUTES);
    CHECK (many < one + 2.0, "%s: a minute takes %.1f MiB, many %.1f", lines[l], one, many);
    CHECK (many < 40.0, "%s: %.1f MiB", lines[l], many);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "23 started and stopped without end", cycling },
    { "23, 41 many at once", many_at_once }, { "39 a live source", live_source },
    { "39 stopped, sought, paused in the second pass", stop_while_pushing },
    { "40 no folder for the spool", no_folder }, { "40 a full file system", full_folder },
    { "40 a limit on files", limited_files }, { "41 memory", memory_of_minutes },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
