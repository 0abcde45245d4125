/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What loudnessnorm takes for a measurement: the text of its file (first byte m), and the tags of a
 * stream (t, as GStreamer writes a list of tags). Whatever comes, it is refused with an error that
 * people can read, or the figures are ones that can be. */

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
  "ttaglist, replaygain-track-gain=(double)-7.5, replaygain-track-peak=(double)0.98;",
  "ttaglist, replaygain-track-gain=(double)1e308, replaygain-reference-level=(double)89;",
  "ttaglist, extended-comment=(string){ \"R128_TRACK_GAIN\\=-1234\", \"R128_ALBUM_GAIN\\=7\" "
  "};",
  "ttaglist, extended-comment=(string)\"R128_TRACK_GAIN[en]\\=+32767\", title=(string)a;",
  NULL,
};

unsigned long fuzz_accepted;

const char *const *
fuzz_words (void)
{
  static const char *const words[] = { "version", "rate", "channels", "frames", "announced",
    "dual-mono", "integrated", "true-peak", "range", "=", "\n", "#", "-120", "1e9", "nan",
    "inf", "0x1p9", "-0", "R128_TRACK_GAIN\\=", "replaygain-track-gain=(double)",
    "replaygain-track-peak=(double)", "replaygain-reference-level=(double)", "\xc3\xa4", NULL };

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

/* Values have the types of their tags: the text of a list may say anything, a demuxer can't. */
static void
see_type (const GstTagList *list, const gchar *tag, gpointer typed)
{
  for (guint i = 0; i < gst_tag_list_get_tag_size (list, tag); i++)
    if (!gst_tag_exists (tag) ||
        !G_VALUE_HOLDS (gst_tag_list_get_value_index (list, tag, i), gst_tag_get_type (tag)))
      *(gboolean *)typed = FALSE;
}

static void
check_tags (const gchar *text)
{
  GstTagList *list, *sent;
  GstLoudnessNorm *norm;
  gboolean typed = TRUE;

  /* The rest is GStreamer's own business. */
  if (!g_str_has_prefix (text, "taglist") || !(list = gst_tag_list_new_from_string (text)))
    return;
  gst_tag_list_foreach (list, see_type, &typed);
  if (!typed) {
    gst_tag_list_unref (list);
    return;
  }
  norm = GST_LOUDNESS_NORM (
      gst_element_factory_make_full ("loudnessnorm", "measured-from-tags", TRUE, NULL));
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
  gst_tag_list_unref (list);
  gst_object_unref (norm);
}

static void
ignore (const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data)
{
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  /* GStreamer's parser of lists complains of texts that it takes. */
  g_log_set_handler ("GStreamer", G_LOG_LEVEL_WARNING, ignore, NULL);
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
