/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What loudnessnorm takes for a measurement: the text of its file (first byte m), and the tags of a
 * stream (t: a line each, g gain, p peak, l reference level, c comment). Whatever comes, it is
 * refused with an error that people can read, or the figures are ones that can be. */

#include "fuzz.h"
#include "gstloudnessnorm-private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mathx.h"

GST_PLUGIN_STATIC_DECLARE (lacquer);

const char *const fuzz_seeds[] = {
  "m# measured\nversion=1\nrate=44100\nchannels=1\nframes=102400\nduration=2321995465\n"
  "dual-mono=false\nintegrated=-5.6\nrange=0\ntrue-peak=-1.86\nsample-peak=-1.9\n",
  "mversion=1\nrate=384000\nchannels=64\nframes=1000000000000\nannounced=5\ndual-mono=true\n"
  "integrated=-120\ntrue-peak=-120\nblocks=20:6.4\n",
  "tg-7.5\np0.98\n",
  "tg1e308\nl89\ncno gain\n",
  "tcR128_TRACK_GAIN=-1234\ncR128_ALBUM_GAIN=7\np1.2\n",
  "tcR128_TRACK_GAIN[en]=+32767\nl-18\ng3\n",
  NULL,
};

unsigned long fuzz_accepted;

const char *const *
fuzz_words (void)
{
  static const char *const words[] = { "version", "rate", "channels", "frames", "announced",
    "dual-mono", "integrated", "true-peak", "range", "=", "\n", "#", "-120", "1e9", "nan",
    "inf", "0x1p9", "-0", "\ncR128_TRACK_GAIN=", "\ng", "\np", "\nl", "\xc3\xa4", NULL };

  return words;
}

static void
require (gboolean condition, const gchar *what, const gchar *text)
{
  gchar *escaped;

  if (condition)
    return;
  escaped = g_strescape (text, NULL);
  fprintf (stderr, "%s\ntext: \"%s\"\n", what, escaped);
  abort ();
}

static gboolean
within (gdouble x, gdouble least, gdouble most)
{
  return x >= least && x <= most;
}

static void
check_file (const gchar *text)
{
  GstNormStored stored;
  GError *error = NULL;

  if (!gst_loudness_norm_parse_measurement ("fuzz", text, &stored, &error)) {
    require (error != NULL, "refused without an error", text);
    require (g_utf8_validate (error->message, -1, NULL), "message isn't UTF-8", text);
    require (!stored.there, "refused, but there", text);
    g_clear_error (&error);
    return;
  }
  require (error == NULL, "taken with an error", text);
  require (within ((gdouble)stored.rate, 1, 1e6), "rate", text);
  require (within ((gdouble)stored.channels, 1, 64), "channels", text);
  require (within (stored.figures.integrated_lufs, LQ_SILENCE_DB, 120), "integrated", text);
  require (within (stored.figures.true_peak_dbtp, LQ_SILENCE_DB, 120), "true peak", text);
  fuzz_accepted++;
}

/* One line of tags. */
static void
add_tag (GstTagList *list, const gchar *line)
{
  static const gchar *const tags[] = { GST_TAG_TRACK_GAIN, GST_TAG_TRACK_PEAK,
    GST_TAG_REFERENCE_LEVEL };
  static const gchar kinds[] = "gpl";
  const gchar *kind = *line ? strchr (kinds, *line) : NULL;

  if (kind)
    gst_tag_list_add (
        list, GST_TAG_MERGE_APPEND, tags[kind - kinds], g_ascii_strtod (line + 1, NULL), NULL);
  else if (*line == 'c' && line[1] && g_utf8_validate (line, -1, NULL))
    gst_tag_list_add (list, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, line + 1, NULL);
}

static void
check_tags (const gchar *text)
{
  GstTagList *list = gst_tag_list_new_empty (), *sent;
  gchar **lines = g_strsplit (text, "\n", -1);
  GstLoudnessNorm *norm = GST_LOUDNESS_NORM (
      gst_element_factory_make_full ("loudnessnorm", "measured-from-tags", TRUE, NULL));

  for (guint i = 0; lines[i]; i++)
    add_tag (list, lines[i]);
  gst_loudness_norm_forget_tags (norm);
  sent = gst_loudness_norm_tags (LQ_FILTER (norm), list, FALSE);
  require (norm->tagged.integrated_lufs == LQ_SILENCE_DB ||
               within (norm->tagged.integrated_lufs, -70, 20),
      "loudness", text);
  require (norm->tagged.true_peak_dbtp == LQ_SILENCE_DB ||
               within (norm->tagged.true_peak_dbtp, -90, 40),
      "peak", text);
  fuzz_accepted += norm->tagged.integrated_lufs > LQ_SILENCE_DB;
  g_clear_pointer (&sent, gst_tag_list_unref);
  g_strfreev (lines);
  gst_tag_list_unref (list);
  gst_object_unref (norm);
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  gchar *text;

  if (!size)
    return 0;
  text = g_strndup ((const gchar *)data + 1, size - 1);
  if (*data == 't')
    check_tags (text);
  else
    check_file (text);
  g_free (text);
  return 0;
}
