/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The promises of the README, each shown in whole pipelines of stock elements: a processed branch
 * stays aligned with a dry one, nothing is lost at the end of files whose demuxers set a stop, the
 * same bits come however buffers are cut and agree on every processor. */

#include "base/cpu.h"
#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "run.h"
#include "signals.h"
#include "take.h"
#include "vinyl-lines.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

/* Plays a line of gst-launch to its end, without an error. */
static Take
play (const gchar *line)
{
  Take take = take_play (line);

  CHECK (!take.error, "%s: %s", line, take.error);
  return take;
}

static gdouble
peak_db (const Take *take)
{
  return lqm_db (
      lqm_peak ((const float *)take->bytes->data, take->bytes->len / sizeof (float)));
}

#define SOURCE                                                                                 \
  "audiotestsrc wave=pink-noise volume=0.2 num-buffers=200 samplesperbuffer=1000"              \
  " ! audio/x-raw,format=F32LE,rate=48000,channels=2 ! tee name=t "
#define ENDLESS "queue max-size-buffers=0 max-size-bytes=0 max-size-time=0"

/* 1: dry and processed branch of one tee, the latter turned over, cancel in a stock mixer. */
static void
tee_nulls (void)
{
  static const struct {
    const gchar *strip, *volume;
  } rows[] = { { "channelstrip", "1" }, { "channelstrip out-gain=6", "1.9952623149688795" },
    { "channelstrip ! loudnessnorm mode=measure", "1" },
    { "channelstrip gate-enabled=true gate-threshold=-90 gate-lookahead=15.3", "1" },
    { "channelstrip order=comp,gate comp-enabled=true comp-ratio=1 comp-lookahead=20 "
      "gate-enabled=true gate-range=0 gate-lookahead=3",
        "1" },
    { "loudnessnorm mode=linear measured-integrated=-20 measured-true-peak=-40",
        "1.9952623149688795" },
    { "loudnessnorm mode=two-pass min-gain=0 max-gain=0 ! channelstrip", "1" },
    { "masterchain", "1" }, { "masterchain input-gain=6", "1.9952623149688795" },
    { "masterchain maximizer-enabled=true maximizer-lookahead=20", "1" },
    { "masterchain eq-phase=linear eq1-enabled=true eq1-gain=0 exciter-enabled=true "
      "exciter-bands=4 maximizer-enabled=true maximizer-style=clip",
        "1" },
    { "masterchain bypass=true eq-phase=linear mb-phase=linear mb-enabled=true "
      "maximizer-enabled=true maximizer-gain=20 order=mb,eq",
        "1" },
    { "masterchain learn=whole-track maximizer-enabled=true imager-enabled=true", "1" },
    { "vinylsafe mode=analyse", "1" }, { VINYL_IDLE " cut-level=-20", "0.1" },
    { VINYL_HEARD " bypass=true", "1" },
    { VINYL_IDLE " learn=whole-track cut-level=-20 treble-limiter-lookahead=10", "0.1" } };

  if (take_untestable ())
    return;
  for (guint i = 0; i < 2 * G_N_ELEMENTS (rows); i++) {
    const guint r = i / 2;
    gchar *line = g_strdup_printf (SOURCE
        "%s name=mix ! fakesink name=out t. ! " ENDLESS " ! volume volume=%s ! mix. "
        "t. ! " ENDLESS
        " ! channelstrip input-invert-left=true input-invert-right=true ! %s ! mix.",
        i % 2 ? "audiomixbus" : "audiomixer", rows[r].volume, rows[r].strip);
    Take take = play (line);
    CHECK (take.bytes->len == 200000 * 8, "%s: %u bytes", rows[r].strip, take.bytes->len);
    CHECK (peak_db (&take) < -130.0, "%s: %.1f dBFS are left", rows[r].strip, peak_db (&take));
    take_clear (&take);
    g_free (line);
  }
}

/* 1: with one frame too many on a branch the same line doesn't cancel: the test can fail. */
static void
tee_would_tell (void)
{
  Take take;

  if (take_untestable ())
    return;
  take = play (SOURCE "audiomixer name=mix ! fakesink name=out t. ! " ENDLESS " ! mix. "
                      "t. ! " ENDLESS " ! channelstrip input-invert-left=true"
                      " input-invert-right=true out-delay=0.0208333 ! mix.");

  CHECK (peak_db (&take) > -40.0, "%.1f dBFS", peak_db (&take));
  take_clear (&take);
}

/* 1: files whose demuxers set a stop, with and without the elements: frame for frame. */
static void
nothing_lost_at_the_end (void)
{
  static const struct {
    const gchar *name, *encode, *decode;
    const gchar *needs[4];
  } rows[] = { { "Ogg", "vorbisenc ! oggmux", "oggdemux ! vorbisdec",
                   { "vorbisenc", "oggmux", "vorbisdec" } },
    { "M4A", "avenc_aac ! mp4mux", "qtdemux ! avdec_aac",
        { "avenc_aac", "mp4mux", "avdec_aac" } },
    { "FLAC", "flacenc", "flacparse ! flacdec", { "flacenc", "flacparse" } } };
  static const gchar *const elements[] = { "channelstrip hpf-enabled=true eq1-enabled=true",
    "loudnessnorm mode=two-pass", "loudnessnorm mode=measure", "loudnessnorm",
    "channelstrip eq3-enabled=true eq3-gain=2 ! loudnessnorm mode=two-pass target=podcast",
    MASTER_LINEAR, MASTER_LEARN, VINYL_HEARD, VINYL_LEARN, "vinylsafe" };
  gchar *folder;

  if (take_untestable ())
    return;
  folder = g_dir_make_tmp ("lacquer-XXXXXX", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *path = g_build_filename (folder, rows[i].name, NULL), *line;
    Take dry;
    gboolean there = TRUE;
    for (guint k = 0; rows[i].needs[k]; k++)
      there = there && gst_registry_check_feature_version (
                           gst_registry_get (), rows[i].needs[k], 1, 0, 0);
    if (!there) {
      lqt_note ("%s isn't tested: %s, %s or %s is missing", rows[i].name, rows[i].needs[0],
          rows[i].needs[1], rows[i].needs[2]);
      g_free (path);
      continue;
    }
    line = g_strdup_printf (
        "audiotestsrc wave=pink-noise volume=0.1 num-buffers=101 samplesperbuffer=997"
        " ! audio/x-raw,rate=44100,channels=2 ! audioconvert ! %s ! tee ! filesink location=%s "
        "audiotestsrc num-buffers=1 ! fakesink name=out",
        rows[i].encode, path);
    dry = play (line);
    take_clear (&dry);
    g_free (line);
    /* avdec_aac's planes would keep the bytes that it clips. */
    line = g_strdup_printf ("filesrc location=%s ! %s ! audioconvert ! "
                            "audio/x-raw,format=F32LE,layout=interleaved ! fakesink name=out",
        path, rows[i].decode);
    dry = play (line);
    CHECK (dry.bytes->len > 100 * 997 * 8, "%s: %u bytes", rows[i].name, dry.bytes->len);
    g_free (line);
    for (guint k = 0; k < G_N_ELEMENTS (elements); k++) {
      Take wet;
      line = g_strdup_printf ("filesrc location=%s ! %s ! audioconvert ! %s ! "
                              "audio/x-raw,format=F32LE ! fakesink name=out",
          path, rows[i].decode, elements[k]);
      wet = play (line);
      CHECK (wet.bytes->len == dry.bytes->len, "%s through %s: %u bytes of %u", rows[i].name,
          elements[k], wet.bytes->len, dry.bytes->len);
      CHECK (wet.first_pts == dry.first_pts, "%s through %s: another beginning", rows[i].name,
          elements[k]);
      take_clear (&wet);
      g_free (line);
    }
    take_clear (&dry);
    g_remove (path);
    g_free (path);
  }
  g_rmdir (folder);
  g_free (folder);
}

/* 2: at the rate that came in, and what is missing to the target is what a meter misses. */
static void
says_what_it_reaches (void)
{
  static const struct {
    const gchar *line;
    guint rate;
    gdouble amplitude, target;
  } rows[] = { { "loudnessnorm mode=two-pass target=spotify", 44100, 0.02, -14.0 },
    { "loudnessnorm mode=two-pass target=ebu-r128", 8000, 0.3, -23.0 },
    { "loudnessnorm mode=two-pass target=cd", 192000, 0.5, -9.0 },
    { "loudnessnorm mode=two-pass max-gain=3", 48000, 0.05, -14.0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run *r = run_new (rows[i].line, rows[i].rate, 2, NULL);
    Run *heard = run_new ("loudnessnorm mode=two-pass mode=measure", rows[i].rate, 2, NULL);
    r->in_frames = 5 * rows[i].rate;
    r->in = g_new (float, r->in_frames * 2);
    lqs_programme (r->in, r->in_frames * 2, rows[i].rate, 6);
    for (guint k = 0; k < r->in_frames * 2; k++)
      r->in[k] *= (float)rows[i].amplitude;
    run_all (r, 1000);
    CHECK (r->out_frames == r->in_frames, "%s: %u frames", rows[i].line, r->out_frames);
    heard->in_frames = r->out_frames;
    heard->in = g_memdup2 (r->out, r->out_bytes);
    run_all (heard, 1000);
    CHECK_NEAR (run_figure (heard, "integrated"), run_figure (r, "output-integrated"), 0.02,
        rows[i].line);
    CHECK_NEAR (run_figure (heard, "integrated") + run_figure (r, "shortfall"), rows[i].target,
        0.02, rows[i].line);
    CHECK (run_figure (heard, "true-peak") <= -0.25, "%s: a peak of %.2f dBTP", rows[i].line,
        run_figure (heard, "true-peak"));
    CHECK_NEAR (lqm_db (fabs ((gdouble)(r->out[1001] / r->in[1001]))),
        run_figure (r, "applied-gain"), 1e-3, rows[i].line);
    run_free (heard);
    run_free (r);
  }
}

/* All modules of the strip at work, half of them automated. */
#define STRIP                                                                                  \
  "channelstrip post-messages=false input-gain=-3 hpf-enabled=true hpf-slope=24"               \
  " lpf-enabled=true lpf-frequency=15000 eq1-enabled=true eq1-type=low-shelf eq1-gain=3"       \
  " eq2-enabled=true eq2-gain=-9 eq2-q=4 eq5-enabled=true eq5-type=high-shelf eq5-gain=4"      \
  " eq8-enabled=true eq8-frequency=12000 eq8-gain=6 out-width=1.3 out-delay=3.7"               \
  " automation=\"out-gain linear 0:-20 1:0; out-pan smooth 0:-1 0.7:1; eq2-frequency smooth"   \
  " 0:200 1.2:9000; eq2-enabled step 0:1 0.9:0\""

static const gchar *const lines[] = { STRIP, "loudnessnorm", "loudnessnorm mode=measure",
  "loudnessnorm mode=linear measured-integrated=-20 measured-true-peak=-9",
  MASTER_BUSY MASTER_MOVES, MASTER_LINEAR MASTER_MOVES, MASTER_LEARN MASTER_MOVES, VINYL_BUSY,
  VINYL_BUSY VINYL_MOVES, VINYL_LEARN VINYL_MOVES };
static const gchar *const formats[] = { "F32LE", "S24LE", "S16LE" };

static Run *
render (const gchar *line, const gchar *format, guint cut)
{
  Run *r = run_new (line, RATE, 2, format);

  r->in_frames = RATE + 777;
  r->in = g_new (float, r->in_frames * 2);
  lqs_programme (r->in, r->in_frames * 2, RATE, 5);
  for (guint i = 0; i < r->in_frames * 2; i++)
    r->in[i] *= 0.3f;
  run_all (r, cut);
  return r;
}

/* 4: the same bits however buffers are cut; 0 stands for random cuts. */
static void
cuts (void)
{
  static const guint sizes[] = { 1, 7, 64, 1024, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
      Run *whole = render (lines[i], formats[f], 48000);
      CHECK (whole->out_bytes > 48000 * 4, "%s: nothing came", lines[i]);
      for (guint k = 0; k < G_N_ELEMENTS (sizes); k++) {
        Run *r = render (lines[i], formats[f], sizes[k]);
        CHECK (
            r->out_bytes == whole->out_bytes && memcmp (r->out, whole->out, r->out_bytes) == 0,
            "%s to %s in buffers of %u: other bits", lines[i], formats[f], sizes[k]);
        run_free (r);
      }
      run_free (whole);
    }
}

/* 4: each kind of processor hears the same. */
static void
processors (void)
{
  const enum lq_cpu best = lq_cpu_best ();

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    Run *first;
    lq_cpu_force (LQ_CPU_BASELINE);
    first = render (lines[i], "F32LE", 1000);
    for (gint cpu = LQ_CPU_BASELINE + 1; cpu <= (gint)best; cpu++) {
      Run *r;
      lq_cpu_force (cpu);
      r = render (lines[i], "F32LE", 1000);
      if (CHECK (r->out_frames == first->out_frames, "%u frames", r->out_frames))
        CHECK (lqm_db (lqm_difference (r->out, first->out, r->out_frames * 2)) < -140.0,
            "%s: %s differs by %.1f dBFS", lines[i], lq_cpu_name (cpu),
            lqm_db (lqm_difference (r->out, first->out, r->out_frames * 2)));
      run_free (r);
    }
    run_free (first);
  }
  lq_cpu_force (best);
}

/* 6: presets, automation, two passes and a report from a line alone; the documents' own lines run in
 * tests/pipelines/documented. */
static void
from_a_line_alone (void)
{
  Take take;

  if (take_untestable ())
    return;
  take = play ("audiotestsrc num-buffers=100 ! audioconvert ! channelstrip preset=synth-pad "
               "automation=\"out-gain linear 0:-60 2:0\" ! loudnessnorm preset=measure-only ! "
               "loudnessnorm mode=two-pass target=spotify ! fakesink name=out");

  CHECK (take.bytes->len > 0, "nothing came");
  take_clear (&take);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "1 dry and processed cancel", tee_nulls },
    { "1 one frame off wouldn't", tee_would_tell },
    { "1 nothing is lost at the end of Ogg, M4A, FLAC", nothing_lost_at_the_end },
    { "2 says what it reaches", says_what_it_reaches },
    { "4 the same bits however it is cut", cuts }, { "4 each kind of processor", processors },
    { "6 from a line alone", from_a_line_alone }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
