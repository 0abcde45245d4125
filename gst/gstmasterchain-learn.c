/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* masterchain: what it has to know of the whole track: where it ends, and which drive makes it as
 * loud as is asked for. */

#include "gstmasterchain-private.h"

#include "base/mathx.h"
#include "lqspool.h"

gboolean
gst_master_chain_learns (LqFilter *filter)
{
  return lq_params_get_int (lq_filter_params (filter), "learn") != 0;
}

gboolean
gst_master_chain_check_learn (LqFilter *filter, GError **error)
{
  gchar *directory;
  gboolean ok = TRUE;

  if (!gst_master_chain_learns (filter))
    return TRUE;
  directory = lq_params_dup_string (lq_filter_params (filter), "spool-directory");
  if (directory && *directory)
    ok = lq_spool_check_directory (directory, error);
  g_free (directory);
  return ok;
}

void
gst_master_chain_tell_end (GstMasterChain *self, const lq_stream *stream)
{
  lq_master_set_end (self->chain,
      self->ends ? (gint64)(self->length_s * stream->rate + 0.5) : LQ_FADES_NO_END);
}

/* The programme is so long. */
static void
gst_master_chain_set_end (GstMasterChain *self, gdouble length_s)
{
  const gdouble fade_s = lq_params_get_double (lq_filter_params (LQ_FILTER (self)), "fade-out");

  self->ends = TRUE;
  self->length_s = length_s;
  gst_master_chain_tell_end (self, lq_filter_stream (LQ_FILTER (self)));
  if (fade_s > length_s)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("fade-out is %.3g s and the track %.3g s: it fades from its beginning on.", fade_s,
            length_s),
        (NULL));
}

/* Before the first frame: where the programme ends, if anybody knows. */
gboolean
gst_master_chain_admit (LqFilter *filter, GError **error)
{
  GstMasterChain *self = GST_MASTER_CHAIN (filter);
  const GstClockTime duration = lq_filter_announced (filter);

  if (gst_master_chain_learns (filter) || self->ends)
    return TRUE;
  if (GST_CLOCK_TIME_IS_VALID (duration)) {
    gst_master_chain_set_end (self, (gdouble)duration / GST_SECOND);
    return TRUE;
  }
  if (lq_params_get_double (lq_filter_params (filter), "fade-out") <= 0.0)
    return TRUE;
  g_set_error_literal (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "fade-out ends with the track, and nobody says how long this one is. Set "
      "learn=whole-track, which hears it to its end first, or fade-out=0.");
  return FALSE;
}

void
gst_master_chain_see_fades (GstMasterChain *self, const struct lq_master_params *params)
{
  guint64 frames;

  lq_filter_heard (LQ_FILTER (self), &frames);
  if (self->warned || self->ends || frames == 0 || params->fades.out_s <= 0.0f ||
      gst_master_chain_learns (LQ_FILTER (self)))
    return;
  self->warned = TRUE;
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("fade-out ends with the track, and nobody says how long this one is: it doesn't fade."),
      (NULL));
}

/* The first pass. */

guint
gst_master_chain_analyse (LqFilter *filter, float *const *planes, guint frames, gfloat *notes)
{
  GstMasterChain *self = GST_MASTER_CHAIN (filter);

  self->heard += frames;
  return 0;
}

gboolean
gst_master_chain_solve (LqFilter *filter)
{
  return FALSE;
}

gboolean
gst_master_chain_conclude (LqFilter *filter, gboolean before_output, GError **error)
{
  GstMasterChain *self = GST_MASTER_CHAIN (filter);

  if (before_output)
    gst_master_chain_set_end (self, (gdouble)self->heard / lq_filter_stream (filter)->rate);
  return TRUE;
}
