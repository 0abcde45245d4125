/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The impulse response of an element's reverb, on its way from the file that the property
 * reverb-impulse-location names to the streaming thread. */

#ifndef LQ_RESPONSE_H
#define LQ_RESPONSE_H

#include "lqimpulse.h"
#include "lqparams.h"
#include "processors/reverb.h"

G_BEGIN_DECLS

/* The property, a row of the element's own. */
#define LQ_RESPONSE_ROW                                                                        \
  {                                                                                            \
    "reverb-impulse-location", "Impulse response",                                             \
        "Of reverb-type=convolution: any audio file that GStreamer decodes, resampled to the " \
        "stream's rate; cross-faded in",                                                       \
        NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_PLAYING, 0, NULL            \
  }

typedef struct {
  GstElement *element; /* whose it is: for messages */
  LqParams *params;    /* with reverb-impulse-location, reverb-enabled and reverb-type */
  lq_reverb *reverb;
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
} LqResponse;

/* What belongs to `element` outlives it. */
void lq_response_init (LqResponse *r, GstElement *element, LqParams *params, lq_reverb *reverb);
void lq_response_clear (LqResponse *r);

/* READY to PAUSED: loads what reverb-impulse-location names. */
gboolean lq_response_check (LqResponse *r, GError **error);
void lq_response_stop (LqResponse *r);

/* The reverb is new, for this stream; FALSE: no memory. Streaming thread. */
gboolean lq_response_prepare (LqResponse *r, const lq_stream *stream);

/* Before the first frame: FALSE where what should sound can't. */
gboolean lq_response_admit (LqResponse *r, GError **error);

/* Another location was set. Any thread. */
void lq_response_changed (LqResponse *r);

/* Before each block: takes what has arrived, gives back what is done with. [rt] */
void lq_response_exchange (LqResponse *r);

G_END_DECLS

#endif
