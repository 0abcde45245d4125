/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef GST_VINYL_SAFE_H
#define GST_VINYL_SAFE_H

#include "chains/cut.h"
#include "lqfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_VINYL_SAFE (gst_vinyl_safe_get_type ())
G_DECLARE_FINAL_TYPE (GstVinylSafe, gst_vinyl_safe, GST, VINYL_SAFE, LqFilter)

GST_ELEMENT_REGISTER_DECLARE (vinylsafe);

G_END_DECLS

#endif
