/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keys of audiomixbus: ducking against its settings, a keyed gate and compressor against static
 * curves, times of keys against the same signal heard by itself; names, labels, groups, circles. */

#include "lqtest.h"
#include "measure.h"
#include "take.h"

#include <math.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

#define RATE TAKE_RATE
#define CAPS "! audio/x-raw,format=F32LE,rate=48000,channels=1 ! "
#define TWO "! audio/x-raw,format=F32LE,rate=48000,channels=2 ! "

/* Music of 6 s whose samples are all ±0.25, and a voice from 1 s to 2 s that isn't heard itself. */
#define MUSIC                                                                                  \
  "audiotestsrc num-buffers=300 samplesperbuffer=960 wave=square freq=100 volume=0.25 " CAPS   \
  "mix.sink_0 "
#define VOICE                                                                                  \
  "audiotestsrc num-buffers=50 samplesperbuffer=960 wave=square freq=250 volume=%s "           \
  "timestamp-offset=1000000000 " CAPS "mix.sink_1 "

static Take
play (const gchar *settings, const gchar *level)
{
  gchar *line = g_strdup_printf ("audiomixbus name=mix sink_1::mute=true "
                                 "%s ! fakesink name=out " MUSIC VOICE,
      settings, level);
  Take take = take_play (line);

  CHECK (!take.error && take_count (&take) == 6 * RATE, "%s: %s, %u frames", line,
      take_error (&take), take_count (&take));
  g_free (line);
  return take;
}

/* Gain of the music at this frame, dB. */
static double
gain_db (const Take *take, guint frame)
{
  return frame < take_count (take) ? lqm_db (fabs (take_floats (take)[frame]) / 0.25) : NAN;
}

/* The first frame from `from` on where the gain has passed `db`, downwards or upwards. */
static guint
passes (const Take *take, guint from, double db, gboolean down)
{
  guint n = from;

  while (n < take_count (take) && (gain_db (take, n) > db) == down)
    n++;
  return n;
}

/* Depth, times to 63 % of the way in dB, hold; the music comes back as it was. */
static void
ducks (void)
{
  static const struct {
    double amount, attack, hold, release;
  } rows[] = { { 12, 30, 250, 500 }, { 6, 5, 100, 200 }, { 20, 100, 500, 300 },
    { 60, 20, 0, 150 } };
  const double way = 1.0 - exp (-1.0);

  if (take_untestable ())
    return;
  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    gchar *settings = g_strdup_printf (
        "sink_0::duck-key=sink_1 sink_0::duck-amount=%g sink_0::duck-attack=%g "
        "sink_0::duck-hold=%g sink_0::duck-release=%g",
        rows[r].amount, rows[r].attack, rows[r].hold, rows[r].release);
    Take take = play (settings, "0.5");
    const double hold = fmax (rows[r].hold, 10.0);
    const guint falls = passes (&take, RATE - 10, -rows[r].amount * way, TRUE);
    const guint rises = passes (&take, 2 * RATE + 10, -rows[r].amount * (1.0 - way), FALSE);
    CHECK_NEAR (gain_db (&take, RATE / 2), 0.0, 1e-6, "before, dB");
    CHECK_NEAR (gain_db (&take, 2 * RATE - 50), -rows[r].amount, 0.5, "ducked, dB");
    CHECK_NEAR ((falls - RATE) * 1000.0 / RATE, rows[r].attack, 0.1 * rows[r].attack + 0.05,
        "attack, ms");
    CHECK_NEAR ((rises - 2.0 * RATE) * 1000.0 / RATE, hold + rows[r].release,
        0.1 * rows[r].release + 1.0, "hold and release, ms");
    CHECK_NEAR (gain_db (&take, 6 * RATE - 1), 0.0, 1e-3, "after, dB");
    CHECK (rows[r].release > 200 || fabs (take_floats (&take)[6 * RATE - 1]) == 0.25,
        "the music doesn't come back as it was");
    take_clear (&take);
    g_free (settings);
  }
}

/* By its threshold; by pad, label and group; a key that isn't there is silence, said once. */
static void
names (void)
{
  static const struct {
    const gchar *set, *level;
    gboolean ducks;
    const gchar *warning;
  } rows[] = { { "sink_0::duck-key=sink_1 sink_0::duck-threshold=-20", "0.11", TRUE, NULL },
    { "sink_0::duck-key=sink_1 sink_0::duck-threshold=-20", "0.09", FALSE, NULL },
    { "sink_0::duck-key=host sink_1::label=host", "0.5", TRUE, NULL },
    { "sink_0::duck-key=v groups=v sink_1::group=v", "0.5", TRUE, NULL },
    { "sink_0::duck-key=v groups=v", "0.5", FALSE, NULL },
    { "sink_0::duck-key=sink_1 bypass=true", "0.5", FALSE, NULL },
    { "sink_0::duck-key=nobody", "0.5", FALSE, "sink_0: duck-key=nobody: no pad" },
    { "sink_0::duck-key=sink_0", "0.5", FALSE, "closes a circle" },
    { "sink_0::duck-key=sink_1 sink_1::comp-key=sink_0", "0.5", TRUE,
        "sink_1: comp-key=sink_0 closes a circle" },
    { "sink_1::duck-key=sink_0 sink_0::gate-key=sink_1", "0.5", FALSE,
        "sink_1: duck-key=sink_0 closes a circle" } };

  if (take_untestable ())
    return;
  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    Take take = play (rows[r].set, rows[r].level);
    const double gain = gain_db (&take, 2 * RATE - 50);
    CHECK (rows[r].ducks ? fabs (gain + 12.0) < 0.5 : fabs (gain) < 1e-6, "%s: %g dB",
        rows[r].set, gain);
    CHECK (take.warnings->len == (rows[r].warning ? 1 : 0), "%s: %u warnings", rows[r].set,
        take.warnings->len);
    CHECK (!rows[r].warning || take_warned (&take, rows[r].warning), "%s: %s", rows[r].set,
        take.warnings->len ? (gchar *)g_ptr_array_index (take.warnings, 0) : "");
    take_clear (&take);
  }
}

/* A gate opens, a compressor works, while and as much as its key sounds. */
static void
dynamics (void)
{
  Take take;

  if (take_untestable ())
    return;
  take =
      play ("sink_0::comp-enabled=true sink_0::comp-key=sink_1 sink_0::comp-threshold=-26.0206 "
            "sink_0::comp-ratio=4 sink_0::comp-knee=0",
          "0.5");
  CHECK_NEAR (gain_db (&take, RATE / 2), 0.0, 0.01, "no key, dB");
  /* (−6.02 + 26.02)·(1/4 − 1) */
  CHECK_NEAR (gain_db (&take, 2 * RATE - 50), -15.0, 0.1, "keyed at -6 dBFS, dB");
  CHECK_NEAR (gain_db (&take, 4 * RATE), 0.0, 0.01, "behind the key, dB");
  take_clear (&take);
  take = play ("sink_0::gate-enabled=true sink_0::gate-key=sink_1 sink_0::gate-ratio=100 "
               "sink_0::gate-range=40",
      "0.5");
  CHECK_NEAR (gain_db (&take, RATE / 2), -40.0, 0.01, "closed, dB");
  CHECK_NEAR (gain_db (&take, 2 * RATE - 50), 0.0, 0.01, "open, dB");
  CHECK_NEAR (gain_db (&take, 5 * RATE), -40.0, 0.01, "closed again, dB");
  take_clear (&take);
  /* Solo and mute of the key change nothing; a stereo key counts by its mean in mono. */
  take =
      play ("sink_0::comp-enabled=true sink_0::comp-key=sink_1 sink_0::comp-threshold=-26.0206 "
            "sink_0::comp-ratio=4 sink_0::comp-knee=0 sink_0::solo=true sink_1::gain=-120",
          "0.5");
  CHECK_NEAR (gain_db (&take, 2 * RATE - 50), -15.0, 0.1, "keyed by what is silenced, dB");
  take_clear (&take);
}

/* What hears another pad with the same signal does as if it heard itself, whatever either's
 * latency. */
static void
in_time (void)
{
  static const gchar *const rows[][2] = { { "", "" }, { "sink_0::comp-lookahead=5", "" },
    { "", "sink_1::gate-enabled=true sink_1::gate-ratio=1 sink_1::gate-lookahead=3" },
    { "sink_0::comp-lookahead=5",
        "sink_1::gate-enabled=true sink_1::gate-ratio=1 sink_1::gate-lookahead=3" },
    { "sink_0::comp-lookahead=2 sink_0::gate-enabled=true sink_0::gate-ratio=1 "
      "sink_0::gate-lookahead=1.3",
        "sink_1::gate-enabled=true sink_1::gate-ratio=1 sink_1::gate-lookahead=11" } };
  const gchar *source = "audiotestsrc num-buffers=100 samplesperbuffer=777 wave=saw freq=37 "
                        "volume=0.7 " TWO "tee name=t t. ! queue ! mix.sink_0 "
                        "t. ! queue ! mix.sink_1";

  if (take_untestable ())
    return;
  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    const gchar *keys[] = { "", "sink_0::comp-key=sink_1" };
    Take takes[2];
    double worst = 0.0;
    for (guint i = 0; i < 2; i++) {
      gchar *line = g_strdup_printf (
          "audiomixbus name=mix sink_1::mute=true %s %s %s "
          "sink_0::comp-enabled=true sink_0::comp-threshold=-20 sink_0::comp-attack=0.5 "
          "sink_0::comp-release=10 ! fakesink name=out %s",
          rows[r][0], rows[r][1], keys[i], source);
      takes[i] = take_play (line);
      CHECK (!takes[i].error && take_count (&takes[i]) == 2 * 77700, "%s: %s, %u", line,
          take_error (&takes[i]), take_count (&takes[i]));
      g_free (line);
    }
    for (guint n = 0; n < MIN (take_count (&takes[0]), take_count (&takes[1])); n++)
      worst = MAX (worst, fabs (take_floats (&takes[0])[n] - take_floats (&takes[1])[n]));
    /* Peaks are held by groups of eight frames on the grid, which lie elsewhere behind a delay. */
    CHECK (worst < 1e-5, "%s %s: %g apart", rows[r][0], rows[r][1], worst);
    take_clear (&takes[0]);
    take_clear (&takes[1]);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "ducking: depth and times", ducks },
    { "names, labels, groups, circles", names }, { "keyed gate and compressor", dynamics },
    { "keys are in time", in_time }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
