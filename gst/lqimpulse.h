/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Impulse responses out of files: any audio that GStreamer decodes, in memory, at any rate. */

#ifndef LQ_IMPULSE_H
#define LQ_IMPULSE_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* The longest that is taken, s. */
#define LQ_IMPULSE_MAX_S 30

typedef struct {
  guint rate;     /* Hz */
  guint channels; /* 1 to 8 */
  gsize frames;   /* at least 1; the last one isn't silent */
  gfloat **planes;
} LqImpulse;

/* Reads a file to its end; takes as long as that, not on a streaming thread while it plays.
 * `cancel`: becomes TRUE when nobody wants it any more; may be NULL.
 * NULL and why, as a sentence with the path and the remedy: GST_RESOURCE_ERROR NOT_FOUND, OPEN_READ,
 * READ, SETTINGS (too long, empty, silent, not finite, too many channels); GST_STREAM_ERROR
 * WRONG_TYPE (holds no audio), DECODE. */
LqImpulse *lq_impulse_load (const gchar *path, const gint *cancel, GError **error);

/* The same at another rate: its frequency response is kept. NULL: no memory. */
LqImpulse *lq_impulse_at_rate (const LqImpulse *impulse, guint rate);

void lq_impulse_free (LqImpulse *impulse); /* may be NULL */

G_END_DECLS

#endif
