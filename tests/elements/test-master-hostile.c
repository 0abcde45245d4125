/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* masterchain where it is treated badly: latencies, on from the start and growing; a bypass of
 * everything; orders and crossovers written in any order; odd formats and signals; what its figures
 * and messages hold; and all settings at random. */

#include <math.h>
#include <string.h>

#include "lqtest.h"
#include "master-lines.h"
#include "measure.h"
#include "run.h"
#include "signals.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE 48000

static void
push (Run *r, guint first, guint frames)
{
  run_push (r, first, frames, gst_util_uint64_scale_round (first, GST_SECOND, r->rate));
}

/* Settings that change nothing, and how late they are; frames. */
#define EXCITER "exciter-enabled=true exciter-oversampling=4"
#define MAXIMIZER "maximizer-enabled=true"
static const struct {
  const gchar *more;
  guint rate;
  gint frames; /* −1: whatever it says */
} late[] = { { "", RATE, 0 }, { "eq-phase=linear eq1-enabled=true", RATE, 2047 },
  { "eq-phase=linear eq-taps=1024 eq1-enabled=true", RATE, 511 },
  { "eq-phase=linear eq-taps=1024 eq1-enabled=true", 96000, 1023 },
  { "eq-phase=linear eq-taps=16384 eq2-enabled=true", 44100, 8191 },
  { "eq1-enabled=true dyneq1-enabled=true imager-enabled=true lowend-enabled=true", RATE, 0 },
  { EXCITER, RATE, -1 }, { MAXIMIZER, RATE, -1 },
  { MAXIMIZER " maximizer-lookahead=20", 44100, -1 }, { MAXIMIZER, 192000, -1 },
  { MAXIMIZER " maximizer-lookahead=0.5", 8000, -1 },
  { MAXIMIZER " " EXCITER " eq-phase=linear eq1-enabled=true order=exciter,eq", RATE, -1 } };

/* 17: what is said, what is held back, and where an impulse comes out are one. */
static void
latencies (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (late); k++)
    for (guint channels = 1; channels <= 2; channels++) {
      gchar *line = g_strdup_printf (MASTER_IDLE " %s", late[k].more);
      Run *r = run_new (line, late[k].rate, channels, NULL);
      guint said, held;
      run_programme (r, 30000, 0.3, 4);
      push (r, 0, 30000);
      said = run_latency (r);
      run_take (r);
      held = 30000 - r->out_frames;
      CHECK (held == said, "%s: holds %u frames back, says %u", line, held, said);
      CHECK (late[k].frames < 0 ? said > 0 : said == (guint)late[k].frames,
          "%s at %u Hz: %u frames", line, late[k].rate, said);
      run_end (r);
      CHECK (r->out_frames == 30000, "%s: %u frames", line, r->out_frames);
      CHECK (
          r->out_pts == 0, "%s: begins at %" GST_TIME_FORMAT, line, GST_TIME_ARGS (r->out_pts));
      CHECK (r->out_frames == 30000 && lqm_difference (r->out, r->in, 30000 * channels) < 2e-7,
          "%s, %u channels: changed by %g", line, channels,
          lqm_difference (r->out, r->in, MIN (30000, r->out_frames) * channels));
      run_free (r);
      g_free (line);
    }
}

/* All of it on, with what moves phases: the first frame of a burst in silence isn't early, and the
 * query says what is held back. */
static void
latency_of_all (void)
{
  static const gchar *const lines[] = { MASTER_BUSY, MASTER_LINEAR };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    gdouble before = 0.0, after = 0.0;
    run_programme (r, 60000, 0.3, 4);
    memset (r->in, 0, 30000 * 8);
    push (r, 0, 60000);
    run_take (r);
    CHECK (60000 - r->out_frames == run_latency (r), "%s: holds %u frames back, says %u",
        lines[l], 60000 - r->out_frames, run_latency (r));
    run_end (r);
    for (guint i = 0; i < 1000; i++) {
      before += pow ((gdouble)r->out[2 * (28900 + i)], 2.0);
      after += pow ((gdouble)r->out[2 * (30100 + i)], 2.0);
    }
    CHECK (r->out_frames == 60000, "%s: %u frames", lines[l], r->out_frames);
    CHECK (after > 1.0 && before < after * 1e-4, "%s: %.1f dB of it are early", lines[l],
        10.0 * log10 (before / after + 1e-30));
    run_free (r);
  }
}

/* Growing while playing. */

/* Late modules that change nothing come on one after another: every frame comes out once, as it
 * went in, at its time. */
static void
growing (void)
{
  static const gchar *const names[] = { "exciter-enabled", "maximizer-enabled", "eq1-enabled" };
  static const guint cuts[] = { 480, 1000, 1, 64 };

  for (guint k = 0; k < G_N_ELEMENTS (cuts); k++) {
    Run *r = run_new (
        MASTER_IDLE " eq-phase=linear eq-taps=1024 exciter-oversampling=4", RATE, 2, NULL);
    guint grown = 0, was = 0;
    run_programme (r, 50000, 0.3, 4);
    for (guint at = 0, n; at < r->in_frames; at += n) {
      n = MIN (cuts[k], r->in_frames - at);
      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        if (at <= (i + 1) * 10007 && at + n > (i + 1) * 10007)
          g_object_set (r->element, names[i], TRUE, NULL);
      push (r, at, n);
      if (run_latency (r) != was) {
        CHECK (run_latency (r) > was, "it shrinks from %u to %u", was, run_latency (r));
        CHECK (run_latency_messages (r) > 0, "no LATENCY message at %u", at);
        was = run_latency (r);
        grown++;
      }
    }
    run_take (r);
    CHECK (r->out_frames + run_latency (r) == r->in_frames,
        "cut %u: %u frames are out, %u are held", cuts[k], r->out_frames, run_latency (r));
    run_end (r);
    CHECK (grown == 3, "cut %u: grew %u times", cuts[k], grown);
    CHECK (r->out_frames == r->in_frames, "cut %u: %u frames", cuts[k], r->out_frames);
    CHECK (r->out_frames == r->in_frames &&
               lqm_difference (r->out, r->in, r->in_frames * 2) < 2e-7,
        "cut %u: changed by %g", cuts[k], lqm_difference (r->out, r->in, r->in_frames * 2));
    run_free (r);
  }
}

/* A tone through a chain at work, to which late modules that work come: no click, no gap. */
static void
growing_at_work (void)
{
  static const gchar *const names[] = { "exciter-enabled", "maximizer-enabled", "eq1-enabled",
    "mb-enabled" };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++) {
    Run *r = run_new (MASTER_IDLE
        " eq-phase=linear eq-taps=1024 eq1-gain=4 mb-phase=linear exciter1-amount=20 "
        "maximizer-gain=6 glue-enabled=true imager-enabled=true imager1-width=140 "
        "dyneq1-enabled=true dyneq1-threshold=-40 lowend-enabled=true lowend-contrast=50",
        RATE, 2, NULL);
    GstClockTime next = 0;
    GstBuffer *buffer;
    gdouble rest, moved;
    guint n = 0;
    gfloat *left;
    r->in_frames = 96000;
    r->in = g_new (gfloat, 2 * 96000);
    left = g_new (gfloat, 96000);
    lqs_sine (left, 96000, RATE, 100.0, 0.2, 0.3, 0);
    for (guint i = 0; i < 2 * 96000; i++)
      r->in[i] = left[i / 2];
    for (guint at = 0; at < 96000; at += 480) {
      if (at == 48000)
        g_object_set (r->element, names[k], TRUE, NULL);
      push (r, at, 480);
    }
    gst_harness_push_event (r->h, gst_event_new_eos ());
    while ((buffer = gst_harness_try_pull (r->h))) {
      const guint frames = (guint)(gst_buffer_get_size (buffer) / 8);
      gfloat pair[2];
      CHECK (
          ABS (GST_CLOCK_DIFF (next, GST_BUFFER_PTS (buffer))) < 1000, "%s: a gap", names[k]);
      next = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
      for (guint i = 0; i < frames && n < 96000; i++, n++) {
        gst_buffer_extract (buffer, i * 8, pair, 8);
        left[n] = pair[0];
      }
      gst_buffer_unref (buffer);
    }
    CHECK (n == 96000, "%s: %u frames", names[k], n);
    rest = fmax (lqm_curvature (left + 20000, 24000), lqm_curvature (left + 80000, 14000));
    moved = lqm_curvature (left + 44000, 36000);
    CHECK (moved <= 2.0 * rest, "%s: a click, ratio %.2f", names[k], moved / rest);
    g_free (left);
    run_free (r);
  }
}

/* Bypass. */

static void
bypassed (void)
{
  static const gchar *const lines[] = { MASTER_IDLE, MASTER_BUSY, MASTER_LINEAR, MASTER_LEARN,
    MASTER_BUSY " monitor=side delta=true eq1-listen=true" };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++)
    for (guint channels = 1; channels <= 2; channels++) {
      gchar *line = g_strdup_printf ("%s bypass=true", lines[l]);
      Run *r = run_new (line, RATE, channels, NULL);
      run_programme (r, 40000, 0.8, 9);
      run_all (r, 0);
      CHECK (r->out_frames == 40000 && memcmp (r->in, r->out, r->out_bytes) == 0,
          "%s: %u frames, or other bits", line, r->out_frames);
      run_free (r);
      g_free (line);
    }
}

/* Orders. */

/* Modules that aren't late, so that elements in a row count the same hops. */
static const gchar *const modules[][2] = {
  { "eq", "eq2-enabled=true eq2-gain=6 eq5-enabled=true eq5-gain=-9 eq5-q=4" },
  { "dyneq", "dyneq2-enabled=true dyneq2-threshold=-50 dyneq2-range=-12" },
  { "mb", "mb-enabled=true mb2-threshold=-45 mb3-threshold=-40 mb1-makeup=3" },
  { "glue", "glue-enabled=true glue-threshold=-15 glue-ratio=4" },
  { "imager", "imager-enabled=true imager-bands=2 imager1-width=30 imager2-width=170" },
  { "lowend", "lowend-enabled=true lowend-contrast=80" },
  { "exciter", "exciter-enabled=true exciter1-amount=30 exciter1-style=triode" }
};
#define MODULES G_N_ELEMENTS (modules)

static Run *
played (const gchar *line, guint frames)
{
  Run *r = run_new (line, RATE, 2, NULL);

  run_programme (r, frames, 0.5, 21);
  run_all (r, 500);
  CHECK (r->out_frames == frames && !r->error, "%s: %u frames, %s", line, r->out_frames,
      r->error ? r->error->message : "");
  return r;
}

/* In one element as in a row of elements with one module each, bit for bit; the exciter, which is
 * late, last: in one element it hears what rings on behind the programme. */
static void
orders (void)
{
  lqs_random rnd = { 5 };
  gfloat *first = NULL;
  guint other = 0;

  for (guint round = 0; round < 16; round++) {
    guint at[MODULES];
    GString *one = g_string_new (MASTER_IDLE " order="), *row = g_string_new (NULL);
    Run *a, *b;
    for (guint i = 0; i < MODULES; i++)
      at[i] = i;
    for (guint i = MODULES - 2; i > 0; i--) {
      const guint j = lqs_range (&rnd, 0, i), was = at[i];
      at[i] = at[j];
      at[j] = was;
    }
    for (guint i = 0; i < MODULES; i++)
      g_string_append_printf (one, "%s%s", i ? "," : "", modules[at[i]][0]);
    for (guint i = 0; i < MODULES; i++) {
      g_string_append_printf (one, " %s", modules[at[i]][1]);
      g_string_append_printf (row, "%s" MASTER_IDLE " %s", i ? " ! " : "", modules[at[i]][1]);
    }
    a = played (one->str, 20000);
    b = played (row->str, 20000);
    CHECK (a->out_bytes == b->out_bytes && memcmp (a->out, b->out, 19900 * 8) == 0,
        "%s: not as the modules in a row, by %g", one->str,
        lqm_difference (a->out, b->out, 40000));
    if (!first)
      first = g_memdup2 (a->out, a->out_bytes);
    other += memcmp (first, a->out, a->out_bytes) != 0;
    run_free (a);
    run_free (b);
    g_string_free (one, TRUE);
    g_string_free (row, TRUE);
  }
  CHECK (other > 10, "orders aren't heard: %u of 16 differ", other);
  g_free (first);
}

/* Those not named follow in default order. */
static void
partial_orders (void)
{
  static const gchar *const rows[][2] = { { "order=lowend,glue",
                                              "order=lowend,glue,eq,dyneq,mb,exciter,imager" },
    { "order=\"\"", "order=eq,dyneq,mb,glue,exciter,imager,lowend" },
    { "order=\"imager, eq\"", "order=imager,eq,dyneq,mb,glue,exciter,lowend" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *lines[2];
    Run *r[2];
    for (guint k = 0; k < 2; k++) {
      lines[k] = g_strdup_printf (MASTER_BUSY " %s", rows[i][k]);
      r[k] = played (lines[k], 9600);
    }
    CHECK (memcmp (r[0]->out, r[1]->out, r[0]->out_bytes) == 0, "%s isn't %s", rows[i][0],
        rows[i][1]);
    for (guint k = 0; k < 2; k++) {
      run_free (r[k]);
      g_free (lines[k]);
    }
  }
}

/* Crossovers written in any order. */
static void
crossovers (void)
{
  static const gchar *const rows[][3] = {
    { "mb-enabled=true mb2-threshold=-40 mb3-makeup=6 mb1-makeup=-6",
        "mb-crossover1=5000 mb-crossover2=90 mb-crossover3=700",
        "mb-crossover1=90 mb-crossover2=700 mb-crossover3=5000" },
    { "mb-enabled=true mb-phase=linear mb2-threshold=-40 mb3-makeup=6",
        "mb-crossover1=5000 mb-crossover2=90 mb-crossover3=700",
        "mb-crossover1=90 mb-crossover2=700 mb-crossover3=5000" },
    { "mb-enabled=true mb-bands=6 mb6-makeup=3 mb1-mute=true",
        "mb-crossover1=9000 mb-crossover2=8000 mb-crossover3=7000 mb-crossover4=500 "
        "mb-crossover5=50",
        "mb-crossover1=50 mb-crossover2=500 mb-crossover3=7000 mb-crossover4=8000 "
        "mb-crossover5=9000" },
    { "exciter-enabled=true exciter-bands=4 exciter1-amount=20 exciter3-amount=50",
        "exciter-crossover1=6000 exciter-crossover2=300 exciter-crossover3=100",
        "exciter-crossover1=100 exciter-crossover2=300 exciter-crossover3=6000" },
    { "imager-enabled=true imager-bands=4 imager1-width=0 imager2-width=200",
        "imager-crossover1=300 imager-crossover2=6000 imager-crossover3=100",
        "imager-crossover1=100 imager-crossover2=300 imager-crossover3=6000" },
    /* Two alike, and one next to the other. */
    { "mb-enabled=true mb2-makeup=6", "mb-crossover1=700 mb-crossover2=700 mb-crossover3=20",
        "mb-crossover1=20 mb-crossover2=700 mb-crossover3=700" }
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *lines[2];
    Run *r[2];
    for (guint k = 0; k < 2; k++) {
      lines[k] = g_strdup_printf (MASTER_IDLE " %s %s", rows[i][0], rows[i][1 + k]);
      r[k] = played (lines[k], 20000);
      CHECK (
          lqm_peak (r[k]->out, 40000) < 4.0, "%s: %g", lines[k], lqm_peak (r[k]->out, 40000));
    }
    CHECK (memcmp (r[0]->out, r[1]->out, r[0]->out_bytes) == 0, "%s isn't sorted", lines[0]);
    for (guint k = 0; k < 2; k++) {
      run_free (r[k]);
      g_free (lines[k]);
    }
  }
}

/* Odd formats and signals. */

enum { SILENCE, CONSTANT, SQUARE, DENORMAL, NOISE, BURSTS, SIGNALS };

static void
signal_of (Run *r, guint what, guint frames)
{
  r->in_frames = frames;
  g_free (r->in);
  r->in = g_new0 (gfloat, MAX (1, frames) * r->channels);
  lqs_noise (r->in, frames * r->channels, 1.0, 7 + what);
  for (guint i = 0; i < frames * r->channels && what != NOISE; i++)
    r->in[i] = what == CONSTANT   ? 1.0f
               : what == SQUARE   ? (i / r->channels / 37 % 2 ? 1.0f : -1.0f)
               : what == DENORMAL ? r->in[i] * 1e-39f
               : what == BURSTS   ? (i / 1000 % 3 == 1 ? NAN : r->in[i])
                                  : 0.0f;
}

/* Every rate, mono too, few frames and many: as many out as in, finite, below the ceiling. */
static void
odd_formats (void)
{
  static const guint rates[] = { 8000, 11025, 48000, 384000 }, lengths[] = { 1, 2, 63, 5000 };
  static const gchar *const lines[] = { MASTER_BUSY, MASTER_LINEAR, MASTER_LEARN };

  for (guint k = 0; k < 3 * 4 * 4 * 2; k += LQT_ROUNDS (1, 5))
    for (guint what = 0; what < SIGNALS; what++) {
      const gchar *line = lines[k % 3];
      const guint rate = rates[k / 3 % 4], length = lengths[k / 12 % 4];
      Run *r = run_new (line, rate, 1 + k / 48, NULL);
      gdouble peak;
      if (length < 1000 && what > SQUARE) {
        run_free (r);
        break;
      }
      signal_of (r, what, length * (length > 1000 && rate > 100000 ? 4 : 1));
      run_all (r, 0);
      peak = lqm_peak (r->out, r->out_frames * r->channels);
      CHECK (!r->error, "%s: %s", line, r->error ? r->error->message : "");
      CHECK (r->out_frames == r->in_frames,
          "%s, %u Hz, %u channels, signal %u: %u of %u frames", line, rate, r->channels, what,
          r->out_frames, r->in_frames);
      CHECK (peak <= pow (10.0, -1.0 / 20.0) * (1.0 + 1e-7),
          "%s, %u Hz, %u channels, signal %u, %u frames: %g", line, rate, r->channels, what,
          r->in_frames, peak);
      CHECK (what != SILENCE || peak == 0.0, "%s: silence is %g", line, peak);
      run_free (r);
    }
}

/* After sound, a minute of silence ends in zeros. */
static void
long_silence (void)
{
  static const gchar *const lines[] = { MASTER_BUSY, MASTER_LINEAR,
    "masterchain imager-enabled=true imager1-stereoize=80 exciter-enabled=true "
    "exciter1-amount=60 exciter1-style=triode maximizer-enabled=true maximizer-upward=12" };

  for (guint l = 0; l < G_N_ELEMENTS (lines); l++) {
    Run *r = run_new (lines[l], RATE, 2, NULL);
    run_programme (r, 60 * RATE, 0.9, 3);
    memset (r->in + 2 * RATE, 0, 59 * RATE * 8);
    run_all (r, 4800);
    CHECK (r->out_frames == 60 * RATE, "%s: %u frames", lines[l], r->out_frames);
    CHECK (lqm_peak (r->out + 2 * 20 * RATE, 2 * RATE) < 1e-5, "%s: %g after 20 s", lines[l],
        lqm_peak (r->out + 2 * 20 * RATE, 2 * RATE));
    CHECK (lqm_peak (r->out + 2 * 59 * RATE, 2 * RATE) == 0.0, "%s: %g at the end", lines[l],
        lqm_peak (r->out + 2 * 59 * RATE, 2 * RATE));
    run_free (r);
  }
}

/* Figures. */

static guint
numbers_in (const gchar *text)
{
  gchar **words = g_strsplit (text ? text : "", ",", -1);
  guint n = 0;

  for (guint i = 0; words[i]; i++) {
    gchar *rest;
    const gdouble x = g_ascii_strtod (words[i], &rest);
    n += rest != words[i] && *rest == 0 && isfinite (x);
  }
  n = g_strv_length (words) == n ? n : 0;
  g_strfreev (words);
  return n;
}

static void
all_read_only (Run *r)
{
  guint n, figures = 0;
  GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (r->element), &n);

  for (guint i = 0; i < n; i++)
    if (!(all[i]->flags & G_PARAM_WRITABLE) && G_IS_PARAM_SPEC_DOUBLE (all[i])) {
      gdouble value;
      g_object_get (r->element, all[i]->name, &value, NULL);
      CHECK (value >= G_PARAM_SPEC_DOUBLE (all[i])->minimum &&
                 value <= G_PARAM_SPEC_DOUBLE (all[i])->maximum,
          "%s is %g", all[i]->name, value);
      figures++;
    }
  CHECK (figures >= 25, "only %u figures", figures);
  g_free (all);
}

static gdouble
property (Run *r, const gchar *name)
{
  gdouble value;

  g_object_get (r->element, name, &value, NULL);
  return value;
}

static void
figures (void)
{
  static const gchar *const working[] = { "mb1-gain-reduction", "mb2-gain-reduction",
    "dyneq1-gain-reduction", "glue-gain-reduction", "lowend-gain-reduction",
    "maximizer-gain-reduction" };

  for (guint channels = 1; channels <= 2; channels++)
    for (guint quiet = 0; quiet < 2; quiet++) {
      Run *r = run_new (MASTER_BUSY
          " maximizer-gain=18 post-messages=true meters=true interval=100000000",
          RATE, channels, NULL);
      static const gchar *const lists[] = { "spectrum", "mono-loss-bands" };
      run_programme (r, 4 * RATE, quiet ? 0.0 : 0.9, 5);
      for (guint at = 0; at < r->in_frames; at += 480) {
        push (r, at, 480);
        if (at == 3 * RATE)
          for (guint i = 0; i < G_N_ELEMENTS (working); i++)
            CHECK (
                quiet ? property (r, working[i]) == 0.0 : fabs (property (r, working[i])) > 0.1,
                "%s is %g", working[i], property (r, working[i]));
      }
      all_read_only (r);
      for (guint i = 0; i < 2; i++) {
        gchar *text;
        g_object_get (r->element, lists[i], &text, NULL);
        CHECK (numbers_in (text) == 31, "%s: \"%s\"", lists[i], text);
        g_free (text);
      }
      run_end (r);
      CHECK (r->last && gst_structure_has_name (r->last, "masterchain"), "no final message");
      if (r->last) {
        const gchar *summary = gst_structure_get_string (r->last, "summary");
        CHECK (summary && (quiet ? strstr (summary, "silence") != NULL
                                 : strstr (summary, "maximizer") && strstr (summary, "LUFS")),
            "summary: %s", summary ? summary : "none");
        CHECK (quiet || run_figure (r, "output-true-peak") <= -0.99, "%.2f dBTP",
            run_figure (r, "output-true-peak"));
        CHECK (quiet || run_figure (r, "output-true-peak") > -4.0, "%.2f dBTP",
            run_figure (r, "output-true-peak"));
        CHECK (fabs (run_figure (r, "correlation")) <= 1.0, "correlation");
      }
      run_free (r);
    }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "17 latencies", latencies },
    { "17 latency of everything", latency_of_all }, { "latency grows", growing },
    { "latency grows, at work", growing_at_work }, { "bypass leaves every bit", bypassed },
    { "orders", orders }, { "orders in part", partial_orders },
    { "crossovers out of order", crossovers }, { "odd formats and signals", odd_formats },
    { "a minute of silence", long_silence }, { "figures and messages", figures },
    { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
