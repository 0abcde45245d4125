/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* masterchain: what its messages say beyond figures. */

#include "gstmasterchain-private.h"

#include "base/mathx.h"
#include "lqmessage.h"
#include "lqmodules.h"

#include <math.h>

/* "-14.0 LUFS, -1.0 dBTP", or "silence". */
static gchar *
gst_master_chain_level (struct lq_master_meter *meter)
{
  const gdouble peak_db = lq_lin_to_db (lq_truepeak_max_peak (&meter->peak));
  const gdouble lufs = lq_loudness_integrated (&meter->loudness, 0.0);

  if (peak_db <= LQ_SILENCE_DB)
    return g_strdup ("silence");
  if (lufs <= LQ_SILENCE_DB)
    return g_strdup_printf ("too short or quiet to be measured, %.1f dBTP", peak_db);
  return g_strdup_printf ("%.1f LUFS, %.1f dBTP", lufs, peak_db);
}

static bool
gst_master_chain_works (gconstpointer chain, guint i)
{
  return lq_master_works (chain, i);
}

static gchar *
gst_master_chain_summary (lq_master *chain)
{
  gchar *text =
      lq_modules_summary (lq_master_modules, LQ_MASTER_MODULES, gst_master_chain_works, chain,
          gst_master_chain_level (&chain->before), gst_master_chain_level (&chain->after));

  if (chain->knows && chain->learned.reason != LQ_LEARN_UNMEASURABLE) {
    gchar *learned = g_strdup_printf (
        "%s The drive that was found is %.1f dB.", text, chain->learned.drive_db);
    g_free (text);
    text = learned;
  }
  return text;
}

/* True peaks of every channel so far. */
static void
gst_master_chain_add_peaks (GstStructure *s, const lq_truepeak *peak, const gchar *name)
{
  gdouble db[2];

  for (guint c = 0; c < peak->channels; c++)
    db[c] = lq_lin_to_db (lq_truepeak_peak (peak, c));
  lq_message_add_array (s, name, db, peak->channels);
}

static void
gst_master_chain_put (LqFilter *filter, const gchar *name, const float *bands)
{
  GString *text = g_string_new (NULL);
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < LQ_THIRDS; i++) {
    if (i)
      g_string_append_c (text, ',');
    /* Without a sign where it rounds to 0. */
    g_string_append (text, g_ascii_formatd (number, sizeof number, "%.1f",
                               fabsf (bands[i]) < 0.05f ? 0.0 : (gdouble)bands[i]));
  }
  lq_params_put_string (lq_filter_params (filter), name, text->str);
  g_string_free (text, TRUE);
}

/* The figures that are lists. */
void
gst_master_chain_put_bands (LqFilter *filter)
{
  const struct lq_thirds_figures *reading = &GST_MASTER_CHAIN (filter)->chain->reading;

  gst_master_chain_put (filter, "spectrum", reading->spectrum_db);
  gst_master_chain_put (filter, "mono-loss-bands", reading->loss_db);
}

static void
gst_master_chain_add_spectrum (GstStructure *s, const gchar *name, const float *bands)
{
  gdouble values[LQ_THIRDS];

  for (guint i = 0; i < LQ_THIRDS; i++)
    values[i] = (gdouble)bands[i];
  lq_message_add_array (s, name, values, LQ_THIRDS);
}

void
gst_master_chain_describe (LqFilter *filter, GstStructure *s, gboolean final)
{
  lq_master *chain = GST_MASTER_CHAIN (filter)->chain;
  gchar *summary;

  gst_master_chain_add_peaks (s, &chain->before.peak, "channel-input-true-peak");
  gst_master_chain_add_peaks (s, &chain->after.peak, "channel-output-true-peak");
  gst_master_chain_add_spectrum (s, "left-spectrum", chain->reading.channel_db[0]);
  if (chain->stream.channels > 1)
    gst_master_chain_add_spectrum (s, "right-spectrum", chain->reading.channel_db[1]);
  if (!final)
    return;
  summary = gst_master_chain_summary (chain);
  gst_structure_set (s, "summary", G_TYPE_STRING, summary, NULL);
  g_free (summary);
}
