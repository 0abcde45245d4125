/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of masterchain share. */

#ifndef GST_MASTER_CHAIN_PRIVATE_H
#define GST_MASTER_CHAIN_PRIVATE_H

#include "gstmasterchain.h"

G_BEGIN_DECLS

struct _GstMasterChain {
  LqFilter parent;
  lq_master *chain; /* larger than GObject lets an instance be */
  guint64 heard;    /* frames of the first pass */
  gboolean ends;    /* it is known where the programme does … */
  gdouble length_s; /* … here */
  gboolean warned;  /* that a fade-out has no end to be at */
};

/* gstmasterchain-report.c */
void gst_master_chain_put_bands (LqFilter *filter);
void gst_master_chain_describe (LqFilter *filter, GstStructure *s, gboolean final);

/* gstmasterchain-learn.c */
gboolean gst_master_chain_learns (LqFilter *filter);
/* … for the drive that reaches a loudness. */
gboolean gst_master_chain_seeks_drive (LqFilter *filter);
gboolean gst_master_chain_check_learn (LqFilter *filter, GError **error);
gboolean gst_master_chain_admit (LqFilter *filter, GError **error);
gboolean gst_master_chain_conclude (LqFilter *filter, gboolean before_output, GError **error);
guint gst_master_chain_analyse (
    LqFilter *filter, float *const *planes, guint frames, gfloat *notes);
gboolean gst_master_chain_solve (LqFilter *filter);

/* Tells a new chain where the programme ends, if that is known. */
void gst_master_chain_tell_end (GstMasterChain *self, const lq_stream *stream);

/* Says once where a fade-out is set whose end isn't known. */
void gst_master_chain_see_fades (GstMasterChain *self, const struct lq_master_params *params);

G_END_DECLS

#endif
