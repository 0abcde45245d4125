/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of vinylsafe share. */

#ifndef GST_VINYL_SAFE_PRIVATE_H
#define GST_VINYL_SAFE_PRIVATE_H

#include "gstvinylsafe.h"

G_BEGIN_DECLS

struct _GstVinylSafe {
  LqFilter parent;
  lq_cut *chain;    /* larger than GObject lets an instance be */
  gdouble length_s; /* of the stream, as upstream or the first pass says; 0: nobody does */
  struct lq_cut_figures figures; /* as last read */
};

/* gstvinylsafe-side.c: the disc, and what has to be known of the whole stream. */
void gst_vinyl_safe_wrote (LqFilter *filter, guint id, LqOrigin origin);
gboolean gst_vinyl_safe_learns (LqFilter *filter);
gboolean gst_vinyl_safe_check (LqFilter *filter, GError **error);
gboolean gst_vinyl_safe_admit (LqFilter *filter, GError **error);
gboolean gst_vinyl_safe_conclude (LqFilter *filter, gboolean before_output, GError **error);
guint gst_vinyl_safe_analyse (
    LqFilter *filter, float *const *planes, guint frames, gfloat *notes);
gboolean gst_vinyl_safe_solve (LqFilter *filter);

/* gstvinylsafe-report.c */
void gst_vinyl_safe_put_moments (LqFilter *filter);
void gst_vinyl_safe_describe (LqFilter *filter, GstStructure *s, gboolean final);

G_END_DECLS

#endif
