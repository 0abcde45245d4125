/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* masterchain: what it has to know of the whole track: where it ends, and which drive makes it as
 * loud as is asked for. */

#include "gstmasterchain-private.h"

#include "base/mathx.h"

gboolean
gst_master_chain_learns (LqFilter *filter)
{
  return lq_params_get_int (lq_filter_params (filter), "learn") != 0;
}

gboolean
gst_master_chain_seeks_drive (LqFilter *filter)
{
  LqParams *params = lq_filter_params (filter);

  return gst_master_chain_learns (filter) &&
         lq_params_get_double (params, "maximizer-loudness-target") > LQ_SILENCE_DB;
}

gboolean
gst_master_chain_check_learn (LqFilter *filter, GError **error)
{
  LqParams *params = lq_filter_params (filter);

  if (lq_params_get_double (params, "maximizer-loudness-target") > LQ_SILENCE_DB &&
      !gst_master_chain_learns (filter))
    GST_ELEMENT_WARNING (filter, RESOURCE, SETTINGS,
        ("maximizer-loudness-target is reached with learn=whole-track alone: it does nothing."),
        (NULL));
  if (!gst_master_chain_learns (filter))
    return TRUE;
  if (gst_master_chain_seeks_drive (filter) &&
      !lq_params_get_int (params, "maximizer-enabled")) {
    g_set_error_literal (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "maximizer-loudness-target needs maximizer-enabled=true, whose drive is what it sets.");
    return FALSE;
  }
  return lq_filter_check_spool (filter, error);
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
  const gdouble length_s = (gdouble)duration / GST_SECOND;

  if (self->ends)
    return TRUE;
  /* What is announced tells the first pass what will fade; what it counts is the end. */
  if (GST_CLOCK_TIME_IS_VALID (duration) && gst_master_chain_learns (filter))
    lq_master_set_end (self->chain, (gint64)(length_s * lq_filter_stream (filter)->rate + 0.5));
  else if (GST_CLOCK_TIME_IS_VALID (duration))
    gst_master_chain_set_end (self, length_s);
  if (GST_CLOCK_TIME_IS_VALID (duration) || gst_master_chain_learns (filter) ||
      lq_params_get_double (lq_filter_params (filter), "fade-out") <= 0.0)
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
  if (self->chain->learn)
    lq_master_analyse (self->chain, planes, frames);
  return 0;
}

gboolean
gst_master_chain_solve (LqFilter *filter)
{
  lq_master *chain = GST_MASTER_CHAIN (filter)->chain;

  if (chain->learn)
    lq_master_solve (chain);
  return FALSE;
}

/* Where the target can't be reached. */
static void
gst_master_chain_say_learned (GstMasterChain *self)
{
  const struct lq_learn_result *result = &self->chain->learned;
  const gdouble target =
      lq_params_get_double (lq_filter_params (LQ_FILTER (self)), "maximizer-loudness-target");

  if (result->reason == LQ_LEARN_UNMEASURABLE)
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("The track is too short or too quiet to be measured: the drive is as it was set."),
        (NULL));
  else if (result->reason != LQ_LEARN_REACHED)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("maximizer-loudness-target is %.1f LUFS, %s: it is %.1f LUFS with a drive of %.1f dB.",
            target,
            result->reason == LQ_LEARN_TOO_LOUD ? "and no drive makes the track so quiet"
                                                : "and no drive makes the track so loud",
            result->loudness_lufs, result->drive_db),
        (NULL));
}

gboolean
gst_master_chain_conclude (LqFilter *filter, gboolean before_output, GError **error)
{
  GstMasterChain *self = GST_MASTER_CHAIN (filter);

  if (!before_output)
    return TRUE;
  gst_master_chain_set_end (self, (gdouble)self->heard / lq_filter_stream (filter)->rate);
  if (!self->chain->knows)
    return TRUE;
  lq_params_put_double (
      lq_filter_params (filter), "maximizer-learned-gain", self->chain->learned.drive_db);
  gst_master_chain_say_learned (self);
  return TRUE;
}
