/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef GST_CHANNEL_STRIP_H
#define GST_CHANNEL_STRIP_H

#include "chains/strip.h"
#include "lqfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_CHANNEL_STRIP (gst_channel_strip_get_type ())
G_DECLARE_FINAL_TYPE (GstChannelStrip, gst_channel_strip, GST, CHANNEL_STRIP, LqFilter)

GST_ELEMENT_REGISTER_DECLARE (channelstrip);

G_END_DECLS

#endif
