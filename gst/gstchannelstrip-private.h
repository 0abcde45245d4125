/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of channelstrip share. */

#ifndef GST_CHANNEL_STRIP_PRIVATE_H
#define GST_CHANNEL_STRIP_PRIVATE_H

#include "gstchannelstrip.h"
#include "lqimpulse.h"

G_BEGIN_DECLS

/* The reverb's impulse response, on its way from the file to the streaming thread. */
typedef struct {
  GThreadPool *pool; /* of one thread, from check to stop: loads what is set while playing */
  gint cancel;       /* atomic: stop waits for it */
  gint asked;        /* atomic: loadings that wait */
  GMutex lock;
  LqImpulse *impulse; /* under lock: as the file has it; NULL: none is set */
  gboolean running;   /* under lock: the stream is known */
  lq_stream stream;   /* under lock: that the reverb has */
  guint serial;       /* under lock: moves with the stream */
  gpointer arrived;   /* atomic: an lq_convolver that the streaming thread may take */
  gpointer leftover;  /* atomic: one that it has done with */
} GstChannelStripImpulse;

struct _GstChannelStrip {
  LqFilter parent;
  lq_strip *chain; /* larger than GObject lets an instance be */
  GstChannelStripImpulse impulse;
};

/* gstchannelstrip-impulse.c */

void gst_channel_strip_impulse_init (GstChannelStrip *self);
void gst_channel_strip_impulse_clear (GstChannelStrip *self);

/* READY to PAUSED: loads what reverb-impulse-location names. */
gboolean gst_channel_strip_impulse_check (GstChannelStrip *self, GError **error);
void gst_channel_strip_impulse_stop (GstChannelStrip *self);

/* The chain is new, for this stream; FALSE: no memory. Streaming thread. */
gboolean gst_channel_strip_impulse_prepare (GstChannelStrip *self, const lq_stream *stream);

/* Before the first frame: FALSE where what should sound can't. */
gboolean gst_channel_strip_impulse_admit (GstChannelStrip *self, GError **error);

/* Another location was set. Any thread. */
void gst_channel_strip_impulse_changed (GstChannelStrip *self);

/* Before each block: takes what has arrived, gives back what is done with. [rt] */
void gst_channel_strip_impulse_exchange (GstChannelStrip *self);

G_END_DECLS

#endif
