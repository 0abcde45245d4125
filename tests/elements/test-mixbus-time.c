/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where audiomixbus puts what comes in: scripts that GStreamer's audiomixer and ours both play, and
 * that have to come out, frame by frame, as written here.
 *
 * A script's words are an input's number, what it sends, and figures (frames of 48 kHz; segments and
 * offsets in ms):
 *
 *   s stream-start, caps, segment   b:frame,n,value a buffer   d … with DISCONT   r … with RESYNC
 *   u:n,value one without a time    G:frame,n a GAP event (n 0: without duration)
 *   z:frame,n,value a buffer flagged GAP   g:start,stop,base,offset a segment   C:channels caps
 *   o:ms the offset of its pad, p:ms of the mixer's   e EOS   w wait until all is taken
 *
 * What is expected: value*frames …, - for frames that may be anything (a fade). */

#include "lqtest.h"
#include "mixrig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

typedef struct {
  const gchar *name, *set, *script, *expected;
  const gchar *stock; /* where audiomixer differs, what it makes of it; "": it isn't asked */
} Row;

static const gchar *const mixers[] = { "audiomixer", "audiomixbus" };

static void
send_buffer (MixInput *in, gchar kind, const gint64 *figures, gdouble value)
{
  GstBuffer *buffer = kind == 'u'
                          ? mix_value (in, G_MAXUINT64, (guint)figures[0], value)
                          : mix_value (in, (guint64)figures[0], (guint)figures[1], value);

  if (kind == 'd')
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  if (kind == 'r')
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_RESYNC);
  if (kind == 'z')
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  mix_push (in, buffer);
}

static void
send_gap (MixInput *in, const gint64 *figures)
{
  mix_push (in,
      gst_event_new_gap (
          gst_util_uint64_scale_round ((guint64)figures[0], GST_SECOND, MIX_RATE),
          figures[1] ? gst_util_uint64_scale_round ((guint64)figures[1], GST_SECOND, MIX_RATE)
                     : GST_CLOCK_TIME_NONE));
}

static void
send_caps (MixInput *in, guint channels)
{
  GstCaps *caps = mix_caps (MIX_RATE, channels, GST_AUDIO_NE (F32));

  in->channels = channels;
  mix_push (in, gst_event_new_caps (caps));
  gst_caps_unref (caps);
}

/* One word, which isn't `w`. */
static void
send_word (MixInput *in, const gchar *word)
{
  gint64 figures[4] = { 0, 0, 0, 0 };
  gchar **parts = g_strsplit (*word && word[1] == ':' ? word + 2 : "", ",", 4);
  const guint n = g_strv_length (parts);

  for (guint i = 0; i < n; i++)
    figures[i] = g_ascii_strtoll (parts[i], NULL, 10);
  switch (*word) {
    case 's':
      mix_begin (in);
      break;
    case 'G':
      send_gap (in, figures);
      break;
    case 'g':
      mix_push (in, mix_segment (figures[0], figures[1], figures[2], figures[3]));
      break;
    case 'C':
      send_caps (in, (guint)figures[0]);
      break;
    case 'o':
      gst_pad_set_offset (in->src, figures[0] * (gint64)GST_MSECOND);
      break;
    case 'p':
      gst_pad_set_offset (in->sink, figures[0] * (gint64)GST_MSECOND);
      break;
    case 'e':
      mix_push (in, gst_event_new_eos ());
      break;
    default:
      send_buffer (in, *word, figures, g_ascii_strtod (parts[n - 1], NULL));
  }
  g_strfreev (parts);
}

/* What came out against `expected`, and how much of it. */
static void
compare (MixRig *rig, const Row *row, const gchar *expected)
{
  gchar **parts = g_strsplit (expected, " ", -1);
  guint at = 0;

  for (guint p = 0; parts[p] && *parts[p]; p++) {
    const gchar *star = strchr (parts[p], '*');
    const guint n = (guint)atoi (star + 1);
    const gdouble value = g_ascii_strtod (parts[p], NULL);
    for (guint i = 0; i < n && *parts[p] != '-'; i++)
      if (!CHECK (fabs ((gdouble)mix_sample (rig, at + i) - value) < 1e-6,
              "%s, %s: frame %u is %g, not %g", row->name, GST_OBJECT_NAME (rig->mix), at + i,
              (gdouble)mix_sample (rig, at + i), value))
        break;
    at += n;
  }
  CHECK (mix_samples (rig) == at, "%s, %s: %u frames, not %u", row->name,
      GST_OBJECT_NAME (rig->mix), mix_samples (rig), at);
  g_strfreev (parts);
}

static void
play_row (const Row *row, const gchar *mixer)
{
  gchar *line = g_strconcat (mixer, " name=", mixer, " ", row->set, NULL), *error;
  gchar **words = g_strsplit (row->script, " ", -1);
  MixRig *rig = mix_new (line, FALSE);
  const gboolean stock = g_str_equal (mixer, "audiomixer");
  guint last = 0;

  rig->wants = mix_caps (MIX_RATE, 1, GST_AUDIO_NE (F32));
  for (guint w = 0; words[w]; w++)
    last = MAX (last, (guint)(*words[w] - '0'));
  for (guint i = 0; i <= last; i++)
    mix_input (rig, NULL, 1);
  mix_play (rig);
  for (guint w = 0; words[w]; w++) {
    MixInput *in = rig->in[*words[w] - '0'];
    if (words[w][1] == 'w')
      mix_wait_idle (in);
    else
      send_word (in, words[w] + 1);
  }
  mix_wait_eos (rig, 1);
  compare (rig, row, stock && row->stock ? row->stock : row->expected);
  error = mix_error (rig);
  CHECK (!error, "%s, %s: %s", row->name, mixer, error);
  g_free (error);
  mix_free (rig);
  g_strfreev (words);
  g_free (line);
}

static void
play_rows (const Row *rows, guint n)
{
  for (guint r = 0; r < n; r++)
    for (guint m = 0; m < G_N_ELEMENTS (mixers); m++)
      if (m || !rows[r].stock || *rows[r].stock)
        play_row (&rows[r], mixers[m]);
}

/* Segments. */
static void
segments (void)
{
  static const Row rows[] = {
    { "two inputs", "", "0s 1s 0b:0,960,.5 1b:0,960,.25 0e 1e", ".75*960", NULL },
    { "a start that isn't 0", "", "0s 0g:3600000,-1,0,0 0b:172800000,960,.5 0e", ".5*960",
        NULL },
    { "a base", "", "0s 1s 0g:0,-1,20,0 0b:0,480,.5 1b:0,480,.25 0e 1e", ".25*480 0*480 .5*480",
        NULL },
    { "an offset", "", "0s 0g:0,-1,0,10 0b:0,960,.5 0e", ".5*480", NULL },
    { "start, base and offset", "", "0s 0g:1000,-1,30,10 0b:48000,960,.5 0b:48960,480,.25 0e",
        "0*960 .5*960 .25*480", NULL },
    { "a stop", "", "0s 0g:0,15,0,0 0b:0,480,.5 0b:480,480,.25 0b:960,480,1 0e",
        ".5*480 .25*240", NULL },
    { "what lies before the start", "", "0s 0g:15,-1,0,0 0b:0,480,1 0b:480,480,.5 0e", ".5*240",
        NULL },
    { "one after the other", "",
        "0s 0b:0,480,.5 0g:1000,-1,10,0 0b:48000,480,.25 0g:0,-1,20,0 0b:0,480,.125 0e",
        ".5*480 .25*480 .125*480", NULL },
    { "one that goes on later", "", "0s 0b:0,480,.5 0g:0,-1,20,0 0b:0,480,.25 0e",
        ".5*480 0*480 .25*480", NULL },
    { "one that lies before the last", "", "0s 0b:0,960,.5 0g:0,-1,10,0 0b:0,960,.25 0e",
        ".5*960 .25*480", NULL },
    { "a pad's offset", "", "0o:10 0s 1s 0b:0,480,.5 1b:0,480,.25 0e 1e", ".25*480 .5*480",
        NULL },
    { "an offset of the mixer's pad", "", "0p:10 0s 1s 0b:0,480,.5 1b:0,480,.25 0e 1e",
        ".25*480 .5*480", NULL },
    { "a pad's offset that is negative", "", "0o:-10 0s 1s 0b:0,960,.5 1b:0,480,.25 0e 1e",
        ".75*480", NULL },
  };

  play_rows (rows, G_N_ELEMENTS (rows));
}

/* Timestamps that don't follow. */
static void
jumps (void)
{
  static const Row rows[] = {
    { "off by less than the threshold", "",
        "0s 0b:0,480,.5 0b:1440,480,.25 0b:0,480,.125 0b:1440,480,.5 0e",
        ".5*480 .25*480 .125*480 .5*480", NULL },
    { "off by the threshold, at once", "discont-wait=0",
        "0s 0b:0,480,.5 0b:2400,480,.25 0b:2880,480,.125 0e", ".5*480 0*1920 .25*480 .125*480",
        NULL },
    { "off by the threshold, not for long", "",
        "0s 0b:0,480,.5 0b:2400,480,.25 0b:2880,480,.125 0b:1440,480,.5 0e",
        ".5*480 .25*480 .125*480 .5*480", NULL },
    { "off for longer than it may be", "discont-wait=20000000",
        "0s 0b:0,480,.5 0b:4800,480,.25 0b:5280,480,.125 0e", ".5*480 0*4320 .25*480 .125*480",
        "" },
    { "off for longer than it may be, later", "discont-wait=60000000",
        "0s 0b:0,480,.5 0b:2640,480,.25 0b:3120,480,.125 0b:3600,480,.5 0e",
        ".5*480 .25*480 .125*480 0*2160 .5*480", "" },
    { "a small threshold", "alignment-threshold=1000000 discont-wait=0",
        "0s 0b:0,480,.5 0b:528,480,.25 0b:1032,480,.125 0e", ".5*480 0*48 .25*480 .125*480",
        NULL },
    { "DISCONT over a gap", "", "0s 0b:0,480,.5 0d:960,480,.25 0b:1440,480,.125 0e",
        ".5*480 0*480 .25*480 .125*480", NULL },
    { "RESYNC over a gap", "", "0s 0b:0,480,.5 0r:960,480,.25 0b:1440,480,.125 0e",
        ".5*480 0*480 .25*480 .125*480", NULL },
    { "DISCONT backwards", "", "0s 0b:0,960,.5 0d:480,960,.25 0b:1440,480,.125 0e",
        ".5*960 .25*480 .125*480", NULL },
    { "backwards at once", "discont-wait=0",
        "0s 0b:0,4800,.5 0b:2400,4800,.25 0b:7200,480,.125 0e", ".5*4800 .25*2400 .125*480",
        NULL },
    { "DISCONT far back", "", "0s 0b:0,4800,.5 0d:0,480,1 0d:4800,480,.125 0e",
        ".5*4800 .125*480", NULL },
    { "what follows what was lost", "",
        "0s 0b:0,4800,.5 0d:0,480,1 0b:480,480,1 0b:4560,480,.25 0b:5040,480,.125 0e",
        ".5*4800 .25*240 .125*480", NULL },
    { "what follows what lies before all", "", "0o:-20 0s 0b:0,480,1 0b:480,960,.5 0e",
        ".5*480", NULL },
    { "late at the beginning", "", "0s 1s 0b:1440,480,.5 1b:0,480,.25 0e 1e",
        ".25*480 0*960 .5*480", NULL },
    { "a thousand frames of a thousand buffers' jitter", "",
        "0s 0b:0,100,.5 0b:101,100,.5 0b:199,100,.5 0b:301,100,.5 0b:399,100,.5 0e", ".5*500",
        NULL },
  };

  play_rows (rows, G_N_ELEMENTS (rows));
}

/* What isn't audio with a time. */
static void
absences (void)
{
  static const Row rows[] = {
    { "no times at all", "", "0s 0u:480,.5 0u:480,.25 0u:7,.125 0e", ".5*480 .25*480 .125*7",
        NULL },
    { "times at first", "", "0s 0b:480,480,.5 0u:480,.25 0e", "0*480 .5*480 .25*480", NULL },
    { "times later", "", "0s 0u:480,.5 0b:480,480,.25 0e", ".5*480 .25*480", NULL },
    { "a GAP", "", "0s 0b:0,480,.5 0G:480,480 0b:960,480,.25 0e", ".5*480 0*480 .25*480",
        NULL },
    { "a GAP at first", "", "0s 0G:0,480 0b:480,480,.25 0e", "0*480 .25*480", NULL },
    { "a GAP without a duration", "", "0s 0b:0,480,.5 0G:480,0 0b:480,480,.25 0e",
        ".5*480 .25*480", NULL },
    { "a GAP at the end", "", "0s 0b:0,480,.5 0G:480,480 0e", ".5*480 0*480", NULL },
    { "nothing but a GAP", "", "0s 1s 0G:0,960 1b:0,480,.5 0e 1e", ".5*480 0*480", NULL },
    { "a GAP over a segment's stop", "", "0s 0g:0,15,0,0 0b:0,480,.5 0G:480,4800 0e",
        ".5*480 0*240", NULL },
    { "GAP buffers", "", "0s 0b:0,480,.5 0z:480,480,1 0b:960,480,.25 0e",
        ".5*480 0*480 .25*480", NULL },
    { "empty buffers", "", "0s 0b:0,0,1 0b:0,480,.5 0b:480,0,1 0u:0,1 0b:480,480,.25 0e",
        ".5*480 .25*480", NULL },
    { "hours of GAPs in another input", "",
        "0s 1s 0G:0,480 0G:480,480 0G:960,480 1b:0,1440,.5 0b:1440,480,.25 0e 1e",
        ".5*1440 .25*480", NULL },
    { "one frame a buffer beside a second", "",
        "0s 1s 0b:0,48000,.5 1b:0,1,.25 1b:1,1,.125 1b:2,1,.0625 0e 1e",
        ".75*1 .625*1 .5625*1 .5*47997", NULL },
  };

  play_rows (rows, G_N_ELEMENTS (rows));
}

/* Ends. */
static void
ends (void)
{
  static const Row rows[] = {
    { "at different times", "", "0s 1s 2s 0b:0,480,.5 0e 1b:0,960,.25 1e 2b:0,1439,.125 2e",
        ".875*480 .375*480 .125*479", NULL },
    { "before any audio, of one", "", "0s 1s 0e 1b:0,480,.5 1e", ".5*480", NULL },
    { "before its caps, of one", "", "0e 1s 1b:0,480,.5 1e", ".5*480", "" },
    { "before any audio, of all", "", "0s 1s 0e 1e", "", NULL },
    { "long before the others'", "", "0s 1s 0b:0,480,.5 0e 0w 1b:0,96000,.25 1e",
        ".75*480 .25*95520", NULL },
    { "one frame", "", "0s 0b:0,1,.5 0e", ".5*1", NULL },
    { "in the middle of a block", "", "0s 0b:0,481,.5 0e", ".5*481", NULL },
    { "behind a lone late frame", "", "0s 0b:4800,1,.5 0e", "0*4800 .5*1", NULL },
    { "behind what was clipped away", "", "0s 0g:100,-1,0,0 0b:0,480,.5 0e", "", NULL },
  };

  play_rows (rows, G_N_ELEMENTS (rows));
}

/* Caps that change while it plays: every frame counts. */
static void
changes (void)
{
  static const Row rows[] = {
    { "mono, stereo, mono", "", "0s 0b:0,480,.5 0C:2 0b:480,480,.25 0C:1 0b:960,480,.125 0e",
        ".5*480 .25*480 .125*480", NULL },
    { "each a hundred frames", "",
        "0s 0b:0,100,.5 0C:2 0b:100,100,.25 0C:1 0b:200,100,.125 0C:2 0b:300,100,.5 0e",
        ".5*100 .25*100 .125*100 .5*100", NULL },
    { "beside another input", "",
        "0s 1s 1b:0,1440,.25 1e 0b:0,480,.5 0C:2 0b:480,480,.5 0C:1 0b:960,480,.5 0e",
        ".75*1440", NULL },
    { "when it has been heard", "",
        "0s 0b:0,48000,.5 0w 0C:2 0b:48000,48000,.25 0w 0C:1 0b:96000,48000,.5 0e",
        ".5*48000 .25*48000 .5*48000", NULL },
    { "after a GAP", "", "0s 0b:0,48000,.5 0C:2 0G:48000,4800 0b:52800,48000,.25 0e",
        ".5*48000 0*4800 .25*48000", NULL },
    { "and back at once", "", "0s 0b:0,48000,.5 0C:2 0C:1 0b:48000,4800,.25 0e",
        ".5*48000 .25*4800", NULL },
    { "the same again", "", "0s 0b:0,480,.5 0C:1 0b:480,480,.5 0e", ".5*960", NULL },
  };

  play_rows (rows, G_N_ELEMENTS (rows));
}

/* What came before new caps is mixed, whether or not anything follows them. */
static void
caps_last (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (mixers); m++) {
    MixRig *rig = mix_new (mixers[m], FALSE);

    rig->wants = mix_caps (MIX_RATE, 1, GST_AUDIO_NE (F32));
    for (guint i = 0; i < 2; i++)
      mix_input (rig, NULL, 1);
    mix_play (rig);
    mix_begin (rig->in[0]);
    mix_begin (rig->in[1]);
    mix_push (rig->in[0], mix_value (rig->in[0], 0, 24000, 0.5));
    send_caps (rig->in[0], 2);
    mix_wait_idle (rig->in[0]);
    mix_push (rig->in[1], mix_value (rig->in[1], 0, 24000, 0.25));
    mix_wait_frames (rig, 24000);
    CHECK (fabsf (mix_sample (rig, 23999) - 0.75f) < 1e-6f, "%g",
        (gdouble)mix_sample (rig, 23999));
    mix_free (rig);
  }
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "segments", segments }, { "timestamps that jump", jumps },
    { "gaps, and no timestamps", absences }, { "ends", ends }, { "caps that change", changes },
    { "caps that come last", caps_last }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
