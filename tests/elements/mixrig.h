/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A mixer, ours or GStreamer's, between pads of the test's own: each input has a thread, which pushes
 * what it is given in order, and what comes out is kept. No wait is for ever: a stall is a failed
 * check. What goes out is looked at as it comes (`fault`): times follow from frames, nothing comes
 * twice, events keep their order. */

#ifndef LQ_TEST_MIXRIG_H
#define LQ_TEST_MIXRIG_H

#include <gst/audio/audio.h>
#include <gst/check/gsttestclock.h>

#define MIX_RATE 48000
#define MIX_INPUTS 16

typedef struct _MixRig MixRig;
typedef struct _MixInput MixInput;

struct _MixInput {
  MixRig *rig;
  GstPad *src, *sink;
  guint channels;
  GThread *thread;
  GQueue queue; /* under the rig's lock: not a GAsyncQueue, whose lock TSan doesn't see */
  GCond filled;
  gint busy;          /* atomic: what it hasn't pushed yet */
  gint flow;          /* atomic: of the last buffer */
  gint accepted;      /* atomic: the last event was */
  gint refused;       /* atomic: events that weren't */
  GPtrArray *handled; /* queries that have been answered … */
  guint answers;      /* … of them TRUE; both under the rig's lock */
  gint live;
  GstClockTime latency_min, latency_max;
  GPtrArray *upstream; /* events from the mixer, under the rig's lock */
  gboolean (*seek) (MixInput *in, GstEvent *event);
};

struct _MixRig {
  GstElement *mix;
  GstPad *out;
  GstBus *bus;
  GstTestClock *clock;                              /* NULL: none */
  GstCaps *wants;                                   /* what downstream takes, or NULL: all */
  gboolean (*seek) (MixInput *in, GstEvent *event); /* of inputs to come, … */
  GstClockTime latency_min;                         /* … as is this */
  MixInput *in[MIX_INPUTS];
  guint inputs;

  GMutex lock;
  GCond cond;
  GPtrArray *events; /* that came out */
  GByteArray *bytes; /* of other formats than F32, and … */
  GArray *samples;   /* … gfloat, of that */
  GArray *times;     /* GstClockTime, of each buffer */
  guint buffers, eos, flush_starts, flush_stops, segments, stream_starts, disconts, gaps;
  guint64 next;       /* frame that should come, GST_BUFFER_OFFSET_NONE: any */
  GstSegment segment; /* the last */
  gboolean has_segment, has_caps, flushing, ended;
  GstAudioInfo info;
  GstFlowReturn returns; /* by the chain function */
  gboolean closed;       /* the chain function doesn't come back … */
  gboolean held;         /* … now, but for … */
  guint passes;          /* … so many buffers */
  gchar *fault;          /* what was wrong first */
  gint alive;            /* atomic: buffers of mix_value that somebody holds */
  gint fpu_faults;       /* atomic: pushes that left the FPU otherwise */
  guint word; /* the FPU's, as downstream should find it; 0: ORC in audiomixer has been there */
};

/* A line of gst-launch that has the mixer alone; live with a clock of the test's own. */
MixRig *mix_new (const gchar *line, gboolean live);

/* One of these elements, not live, with so many mono inputs, playing. `mono`: that goes out too. */
#define MIX_MIXERS 2
extern const gchar *const mix_mixers[MIX_MIXERS];
MixRig *mix_playing (const gchar *mixer, const gchar *set, guint inputs, gboolean mono);
MixInput *mix_input (MixRig *rig, const gchar *name, guint channels);
void mix_play (MixRig *rig);
void mix_stop (MixRig *rig);

/* The mixer is stopped: nothing has come out yet. */
void mix_forget (MixRig *rig);
void mix_free (MixRig *rig);

/* Downstream blocks, or doesn't any more. */
void mix_close (MixRig *rig, gboolean closed);

/* Downstream, which is closed and holds a buffer, takes this one. */
void mix_let_by (MixRig *rig);

/* Takes an input and its pad away. */
void mix_remove (MixInput *in);

/* All in order, in the input's thread. */
void mix_push (MixInput *in, gpointer item);
void mix_begin (MixInput *in);
void mix_drop (MixInput *in);
GstCaps *mix_caps (guint rate, guint channels, const gchar *format);
GstBuffer *mix_value (MixInput *in, guint64 frame, guint frames, gdouble value);
GstBuffer *mix_ramp (MixInput *in, guint64 frame, guint frames);
gfloat mix_ramp_at (guint64 frame);
GstEvent *mix_segment (gint64 start_ms, gint64 stop_ms, gint64 base_ms, gint64 offset_ms);

guint mix_fpu (void);

/* Past the queue, in the calling thread. */
gboolean mix_flush_start (MixInput *in, guint32 seqnum);
gboolean mix_flush_stop (MixInput *in, guint32 seqnum);

/* FALSE after 10 s, and then the running case has failed. */
gboolean mix_wait_idle (MixInput *in);
gboolean mix_wait_frames (MixRig *rig, guint frames);
gboolean mix_wait_held (MixRig *rig);
gboolean mix_wait_eos (MixRig *rig, guint eos);
gboolean mix_wait_clock (MixRig *rig, GstClockTime *time);

/* The clock goes to what is waited for. */
gboolean mix_crank (MixRig *rig);

/* Whether the input's thread still has something to do after so many ms. */
gboolean mix_is_blocked (MixInput *in, guint ms);

/* The last event of a type that came out, or NULL; its seqnum, or 0. */
guint32 mix_seqnum (MixRig *rig, GstEventType type);

gfloat mix_sample (MixRig *rig, guint n);
guint mix_samples (MixRig *rig);
gchar *mix_error (MixRig *rig);
GstMessage *mix_message (MixRig *rig, GstMessageType type);

#endif
