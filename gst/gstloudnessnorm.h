/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef GST_LOUDNESS_NORM_H
#define GST_LOUDNESS_NORM_H

#include "chains/norm.h"
#include "lqfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_LOUDNESS_NORM (gst_loudness_norm_get_type ())
G_DECLARE_FINAL_TYPE (GstLoudnessNorm, gst_loudness_norm, GST, LOUDNESS_NORM, LqFilter)

GST_ELEMENT_REGISTER_DECLARE (loudnessnorm);

G_END_DECLS

#endif
