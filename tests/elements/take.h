/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole pipelines, played to their end: what they put out, and what they said. */

#ifndef LQ_TEST_TAKE_H
#define LQ_TEST_TAKE_H

#include <gst/gst.h>

#define TAKE_RATE 48000

typedef struct {
  GByteArray *bytes;
  GstClockTime first_pts; /* of the first buffer */
  gchar *error;
  gint channels;       /* 0: nothing came */
  GPtrArray *warnings; /* gchar * */
  GPtrArray *messages; /* GstStructure *: element messages */
} Take;

/* What the sink `out` of this line of gst-launch gets, as fast as can be, a minute at the most. */
Take take_play (const gchar *line);

/* The same; `prepare` does something to the pipeline before it plays. */
Take take_play_prepared (const gchar *line, void (*prepare) (GstElement *pipeline));
void take_clear (Take *take);

/* A line for it: a constant 0.5 of at least so many frames in buffers of `size`, mono, to sink_0 of an
 * audiomixbus with the properties `mix`, and `more` beside. */
gchar *take_constant (guint frames, guint size, const gchar *mix, const gchar *more);

/* In words. */
const gchar *take_error (const Take *take);

const float *take_floats (const Take *take);
guint take_count (const Take *take);

/* Whether any warning has these words. */
gboolean take_warned (const Take *take, const gchar *words);

/* Under TSan whole pipelines can't be looked at: skips the case. */
gboolean take_untestable (void);

#endif
