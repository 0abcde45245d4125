/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of loudnessnorm share. */

#ifndef GST_LOUDNESS_NORM_PRIVATE_H
#define GST_LOUDNESS_NORM_PRIVATE_H

#include "gstloudnessnorm.h"

G_BEGIN_DECLS

/* A measurement as its file holds it. */
typedef struct {
  gboolean there;
  guint64 rate, channels, frames;
  GstClockTime announced; /* the duration that upstream stated, or NONE */
  gboolean dual_mono;
  struct lq_norm_measured figures;
} GstNormStored;

struct _GstLoudnessNorm {
  LqFilter parent;
  lq_norm chain;
  struct lq_norm_params params; /* as set, without the measurement from elsewhere */
  gboolean has_params;
  GstNormStored stored;           /* linear: what measurement-location holds */
  struct lq_norm_measured tagged; /* what arriving tags state, LQ_SILENCE_DB where nothing */
  gboolean tagged_r128;           /* … the loudness by an R 128 tag, which wins */
};

enum gst_norm_qc { GST_NORM_QC_NONE, GST_NORM_QC_WARN, GST_NORM_QC_ERROR };
extern const struct lq_enum gst_norm_qc_enum;

/* No measurement: every figure is unset. */
#define GST_NORM_UNMEASURED                                                                    \
  ((struct lq_norm_measured){ LQ_SILENCE_DB, LQ_SILENCE_DB, LQ_SILENCE_DB, LQ_SILENCE_DB })

/* gstloudnessnorm.c */
gint gst_loudness_norm_mode (GstLoudnessNorm *self);
/* The measurement that the gain follows from may have changed: decides anew, without a ramp where no
 * frame of the programme has come. */
void gst_loudness_norm_reconsider (GstLoudnessNorm *self);

/* gstloudnessnorm-tags.c: what tags are sent; what arriving ones say. */
GstTagList *gst_loudness_norm_tags (
    LqFilter *filter, const GstTagList *arrived, gboolean at_end);
/* Whether there was anything to forget. */
gboolean gst_loudness_norm_forget_tags (GstLoudnessNorm *self);

/* gstloudnessnorm-report.c: words and figures. What the output measures, or will, as far as the
 * decision says it; FALSE where that isn't known, or can't be measured. */
gboolean gst_loudness_norm_predict (
    const lq_norm *chain, gdouble *loudness_lufs, gdouble *peak_dbtp);
void gst_loudness_norm_describe (LqFilter *filter, GstStructure *s, gboolean final);

/* gstloudnessnorm-qc.c: whether the result may be delivered. */
gboolean gst_loudness_norm_judge (
    GstLoudnessNorm *self, gboolean before_output, GError **error);

/* gstloudnessnorm-store.c: measurements in files, tags and properties. */
gboolean gst_loudness_norm_check_measured (GstLoudnessNorm *self, GError **error);
void gst_loudness_norm_fill_measured (GstLoudnessNorm *self, struct lq_norm_params *p);
gboolean gst_loudness_norm_admit (LqFilter *filter, GError **error);
gboolean gst_loudness_norm_keep (GstLoudnessNorm *self, gboolean before_output, GError **error);

/* gstloudnessnorm-album.c: a measurement as a structure, and as the text of a file. */
GstStructure *gst_loudness_norm_measurement (GstLoudnessNorm *self);
gchar *gst_loudness_norm_measurement_text (const GstStructure *s);
gboolean gst_loudness_norm_read_measurement (
    const gchar *path, GstNormStored *stored, GError **error);
/* … of this text, which errors call `name`. */
gboolean gst_loudness_norm_parse_measurement (
    const gchar *name, const gchar *content, GstNormStored *stored, GError **error);

G_END_DECLS

#endif
