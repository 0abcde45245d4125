/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* One element, a programme through it, and all that comes of it: frames, tags, messages. */

#ifndef LQ_TEST_RUN_H
#define LQ_TEST_RUN_H

#include <gst/check/gstharness.h>

typedef struct {
  GstHarness *h;
  GstElement *element; /* the first of the line */
  GstBus *bus;
  guint rate, channels;
  float *in; /* interleaved; what run_all pushes */
  guint in_frames;
  float *out; /* bytes of whatever format, if one was asked for */
  gsize out_bytes;
  gsize out_room;
  guint out_frames;     /* in F32 */
  GstFlowReturn flow;   /* of the last buffer pushed */
  GstClockTime out_pts; /* of the first buffer */
  GstTagList *tags;     /* that came before the first buffer */
  GstStructure *last;   /* the final message */
  GError *error;
  gboolean warned;
  GError *warning; /* the first */
  guint warnings;
  GstStructure *album; /* the last message album-measure */
} Run;

/* A line of gst-launch, fed F32 of so many channels; a format to ask of it, or NULL. Not live. */
Run *run_new (const gchar *line, guint rate, guint channels, const gchar *format);
void run_free (Run *r);

/* So many seconds of 997 Hz on every channel, of its own amplitude. */
void run_sine (Run *r, gdouble seconds, gdouble amplitude);

/* So many frames of a programme to push, of its own on every channel. */
void run_programme (Run *r, guint frames, gdouble amplitude, guint64 seed);

/* Pushes frames first … first + frames − 1 with this timestamp; ends the stream and takes what came. */
void run_push (Run *r, guint first, guint frames, GstClockTime at);
void run_end (Run *r);

/* Pops what lies on the bus: how many messages were of a new latency. No error may be there. */
guint run_latency_messages (Run *r);

/* Pushes all in buffers of so many frames, 0: of random sizes, ends the stream, and takes what came. */
void run_all (Run *r, guint cut);

/* Takes what lies on the bus, and what came out. */
void run_listen (Run *r);
void run_take (Run *r);

/* The latency that the element tells, frames; gst_harness_query_latency knows none where nothing is
 * live. */
guint run_latency (Run *r);

/* A figure of the final message, NAN without one. */
gdouble run_figure (Run *r, const gchar *name);

/* Output against input × gain, dB below full scale. */
gdouble run_residue_db (Run *r, gdouble gain);

#endif
