/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of channelstrip share. */

#ifndef GST_CHANNEL_STRIP_PRIVATE_H
#define GST_CHANNEL_STRIP_PRIVATE_H

#include "gstchannelstrip.h"
#include "lqresponse.h"

G_BEGIN_DECLS

struct _GstChannelStrip {
  LqFilter parent;
  lq_strip *chain; /* larger than GObject lets an instance be */
  LqResponse response;
};

G_END_DECLS

#endif
