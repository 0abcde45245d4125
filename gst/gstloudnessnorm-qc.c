/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm: quality control. What leaves (measure: what came in) is held against the target
 * and the ceiling: in two-pass by what the gain will make of it, before any of it goes out, else
 * by what was measured, at the end. */

#include "gstloudnessnorm-private.h"

#include <math.h>

#include "base/mathx.h"

/* Bounds hold to what figures are rounded by. */
#define ROUNDING 0.005

/* EBU R 128 s1 (properties/targets.csv): nothing may be louder than this for 3 s. */
#define S1_TARGET 13
#define S1_SHORT_TERM_LUFS (-18.0)

const struct lq_enum gst_norm_qc_enum = { "LqNormQc",
  (const struct lq_item[]){ { "none", "Nothing is judged", GST_NORM_QC_NONE },
      { "warn", "A WARNING where the result isn't as asked", GST_NORM_QC_WARN },
      { "error", "An ERROR where it isn't", GST_NORM_QC_ERROR }, { NULL, NULL, 0 } } };

/* What is judged. */
struct result {
  const gchar *what; /* "The result has", … */
  gdouble integrated_lufs, true_peak_dbtp, max_short_term_lufs;
};

static void
gst_loudness_norm_read_result (lq_norm *chain, const gchar *what, struct result *r)
{
  struct lq_norm_figures f;
  const gboolean input = chain->p.mode == LQ_NORM_MEASURE;

  lq_norm_read (chain, &f, TRUE);
  *r = (struct result){ what, f.output_integrated_lufs, f.output_true_peak_dbtp,
    input ? f.max_short_term_lufs : lq_loudness_max_short_term (&chain->out) };
}

/* With bypass what leaves is the input. */
static void
gst_loudness_norm_foresee (lq_norm *chain, gboolean bypass, struct result *r)
{
  const struct lq_norm_measured *m = &chain->measured;
  const gdouble max = lq_loudness_max_short_term (&chain->in);

  *r = (struct result){ "the result would have", LQ_SILENCE_DB, LQ_SILENCE_DB,
    max + chain->decision.gain_db };
  gst_loudness_norm_predict (chain, &r->integrated_lufs, &r->true_peak_dbtp);
  if (bypass)
    *r = (struct result){ "the input, which bypass lets through, has", m->integrated_lufs,
      m->true_peak_dbtp, max };
}

static void
gst_loudness_norm_complain (GString *complaints, const gchar *format, ...)
{
  va_list args;

  if (complaints->len)
    g_string_append (complaints, ", and ");
  va_start (args, format);
  g_string_append_vprintf (complaints, format, args);
  va_end (args);
}

static void
gst_loudness_norm_judge_loudness (const struct lq_norm_params *p, const struct result *r,
    gdouble tolerance_lu, GString *complaints)
{
  const gdouble off = r->integrated_lufs - p->loudness_target_lufs;

  if (r->integrated_lufs <= LQ_SILENCE_DB)
    gst_loudness_norm_complain (complaints,
        "no loudness that could be measured (silence, or less than 400 ms), so that it can't "
        "meet the target of %.1f LUFS",
        (gdouble)p->loudness_target_lufs);
  else if (off > tolerance_lu + ROUNDING || (p->boost && off < -tolerance_lu - ROUNDING))
    gst_loudness_norm_complain (complaints,
        "%.2f LUFS, which is %.2f LU %s the target of %.1f LUFS where qc-tolerance allows %.2f",
        r->integrated_lufs, fabs (off), off > 0.0 ? "above" : "below",
        (gdouble)p->loudness_target_lufs, tolerance_lu);
  if (p->target == S1_TARGET && r->max_short_term_lufs > S1_SHORT_TERM_LUFS + ROUNDING)
    gst_loudness_norm_complain (complaints,
        "a short-term loudness of up to %.2f LUFS where ebu-r128-s1 allows %.1f LUFS",
        r->max_short_term_lufs, S1_SHORT_TERM_LUFS);
}

static void
gst_loudness_norm_judge_peak (
    const struct lq_norm_params *p, const struct result *r, GString *complaints)
{
  if (r->true_peak_dbtp > p->max_true_peak_dbtp + ROUNDING)
    gst_loudness_norm_complain (complaints,
        "a true peak of %.2f dBTP where max-true-peak is %.2f dBTP", r->true_peak_dbtp,
        (gdouble)p->max_true_peak_dbtp);
}

/* What can be done about it. */
static const gchar *
gst_loudness_norm_remedy (const lq_norm *chain)
{
  if (chain->p.mode == LQ_NORM_MEASURE)
    return "Normalise it, or judge it by another target.";
  switch (chain->decision.reason) {
    case LQ_NORM_AT_CEILING:
      return "The gain stopped at the ceiling: lower loudness-target, raise max-true-peak, or "
             "limit the peaks.";
    case LQ_NORM_AT_MIN_GAIN:
      return "The gain stopped at min-gain.";
    case LQ_NORM_AT_MAX_GAIN:
      return "The gain stopped at max-gain.";
    case LQ_NORM_NO_BOOST:
      return "The gain stopped at 0 dB, since boost is off.";
    case LQ_NORM_AT_LIMITER:
    case LQ_NORM_NEAREST:
      return "The limiter takes what more gain gives: lower loudness-target, or raise "
             "max-true-peak.";
    case LQ_NORM_WITHIN_TOLERANCE:
      return "It was left as it is, since tolerance allows more than qc-tolerance.";
    default:
      return "Check the target, or use mode=two-pass, which measures the stream itself.";
  }
}

/* The verdict as a sentence, or NULL where all is well. */
static gchar *
gst_loudness_norm_verdict (GstLoudnessNorm *self, gboolean before_output)
{
  LqParams *params = lq_filter_params (LQ_FILTER (self));
  lq_norm *chain = &self->chain;
  const gboolean measure = chain->p.mode == LQ_NORM_MEASURE;
  GString *complaints = g_string_new (NULL);
  gchar *sentence = NULL;
  struct result r;

  if (before_output)
    gst_loudness_norm_foresee (chain, lq_params_get_int (params, "bypass"), &r);
  else
    gst_loudness_norm_read_result (chain, measure ? "the input has" : "the result has", &r);
  gst_loudness_norm_judge_loudness (
      &chain->p, &r, lq_params_get_double (params, "qc-tolerance"), complaints);
  gst_loudness_norm_judge_peak (&chain->p, &r, complaints);
  if (complaints->len)
    sentence = g_strdup_printf ("Quality control: %s %s. %s", r.what, complaints->str,
        gst_loudness_norm_remedy (chain));
  g_string_free (complaints, TRUE);
  return sentence;
}

gboolean
gst_loudness_norm_judge (GstLoudnessNorm *self, gboolean before_output, GError **error)
{
  const gint qc = lq_params_get_int (lq_filter_params (LQ_FILTER (self)), "qc");
  gchar *verdict;

  if (qc == GST_NORM_QC_NONE)
    return TRUE;
  verdict = gst_loudness_norm_verdict (self, before_output);
  if (!verdict)
    return TRUE;
  if (qc == GST_NORM_QC_ERROR)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "%s%s", verdict,
        before_output ? " Nothing has been sent out." : "");
  else
    GST_ELEMENT_WARNING (self, STREAM, FAILED, ("%s", verdict), (NULL));
  g_free (verdict);
  return qc != GST_NORM_QC_ERROR;
}
