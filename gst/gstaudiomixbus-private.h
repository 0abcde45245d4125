/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of audiomixbus share.
 *
 *   pads' streaming threads ─→ a queue each ─→ the mixing thread: place ─→ voices ─→ bus ─→ src
 *
 * Offline, while the bus is `open`, a pad's own thread runs its voice as far as the bus has room
 * (`reach`): its audio is still in the cache, and threads share the work. Live, and whenever
 * something is to be settled first, the mixing thread does it all. The sum is the same in any order.
 *
 * Locks: `lock` of the element guards what makes the mixing thread run, wait and stop; `work` of a pad
 * what it has taken from its queue, and its voice; `sum` what is added to the bus; `lock` of a pad
 * its queue. Taken in this order, none while something is pushed or waited for, but for `work`
 * while a serialised event of the pad is handed on. What has no lock is the mixing thread's own
 * while it runs, and touched by others only while it is stopped. */

#ifndef GST_AUDIO_MIX_BUS_PRIVATE_H
#define GST_AUDIO_MIX_BUS_PRIVATE_H

#include <gst/audio/audio.h>

#include "base/kernels.h"
#include "chains/channel.h"
#include "chains/console.h"
#include "gstaudiomixbus.h"
#include "lqautomation.h"
#include "lqparams.h"
#include "lqresponse.h"
#include "primitives/quantize.h"
#include "primitives/tap.h"

GST_DEBUG_CATEGORY_EXTERN (lq_mix_debug);
#define GST_CAT_DEFAULT lq_mix_debug

/* Of a voice that has no group. */
#define LQ_NO_GROUP UINT32_MAX

/* No frame is this far. */
#define LQ_NO_FRAME G_MAXUINT64

/* Most channels of a pad. */
#define LQ_MIX_CHANNELS LQ_FADER_CHANNELS

/* A stretch of a pad's audio, at its place in the mix. */
typedef struct {
  GstBuffer *buffer;                /* NULL: silence */
  const GstAudioFormatInfo *format; /* of its samples */
  guint64 at;                       /* the frame of the mix at which it begins */
  guint skip;                       /* frames of the buffer before that */
  guint frames;                     /* that count */
} LqPiece;

/* Where a voice broke off: nobody had said that it would. */
typedef struct {
  guint64 at;       /* the frame; LQ_NO_FRAME: it didn't, or that is over */
  guint64 back;     /* the frame from which on there is sound again, or LQ_NO_FRAME */
  guint tail, rise; /* frames that it takes to end and to begin */
  gboolean sounds;  /* what is behind `at`: */
  float *after[LQ_MIX_CHANNELS];
} LqBreak;

typedef struct _LqVoice LqVoice;

/* What a key hears of one voice: channel i of that at map[o × its channels + i] in plane o, `lag`
 * frames later. */
typedef struct {
  LqVoice *voice;
  guint lag;
  gfloat map[LQ_MIX_CHANNELS * LQ_MIX_CHANNELS];
} LqKeySource;

/* What a voice's meters showed of the period that ends before the frame `end`. */
#define LQ_READINGS 64
typedef struct {
  guint64 end;
  struct lq_channel_figures figures;
} LqReading;

/* `named`: the voice listens to something else than itself: to the sum of these, in GArray. */
typedef struct {
  gboolean named;
  GArray *sources;
} LqVoiceKey;

/* What a pad sounds like: it lives on when the pad has gone, until it has faded out. */
struct _LqVoice {
  GstAudioMixBusPad *pad;
  GstAudioInfo info;
  gboolean mapped; /* the channel stands for the bus as it is */
  lq_channel channel;
  struct lq_channel_params params;
  lq_arena arena;
  guint generation;         /* of the pad's settings, as last taken; atomic … */
  guint follows;            /* … the one that it is being set to … */
  guint texts;              /* … of its strings … */
  gboolean solo, solo_safe; /* … and these, as the mixing thread took them */
  guint group;              /* UINT32_MAX: none */
  gdouble law_db;           /* the bus's … */
  gboolean open, bypassed;  /* … whose group isn't muted … */
  const LqCurves *curves;   /* … and what moves the pad, or NULL */
  float *planes[LQ_MIX_CHANNELS];
  gpointer unpacked; /* samples of a piece, as GStreamer unpacks them */
  guint64 at;        /* the frame of the mix up to which it has been added; atomic */
  GArray *pieces;    /* LqPiece, in order */
  guint first;       /* the first of them that isn't over */
  LqPiece kept;      /* the last that is */
  LqBreak gap;
  guint64 covered;  /* the frame up to which it is known what sounds */
  guint64 ends;     /* LQ_NO_FRAME, or the frame from which on nothing sounds any more */
  gboolean joined;  /* something of it has been mixed */
  gboolean late;    /* it came when the mix was running */
  gboolean leaving; /* its pad has gone, or has another voice … */
  gboolean fading;  /* … the former */
  gboolean present; /* no other pad's solo silences it */
  guint64 clean;    /* frames since the last sample that wasn't audio */
  LqReading readings[LQ_READINGS];
  struct lq_channel_figures figures; /* as told last */
  LqVoiceKey key[LQ_KEYS];
  guint depth;      /* voices that it hears are less deep; 0: it hears none */
  gboolean heard;   /* by another's key */
  gboolean asked;   /* whether it hears somebody */
  lq_tap tap;       /* … in this: what is behind its track */
  guint need, wait; /* frames that its track takes; that are before it */
};

/* A group of pads, as the property says. */
typedef struct {
  gchar *name;
  struct lq_group_params params;
  const LqCurves *curves; /* that move it, or NULL */
} LqMixGroup;

/* What moves by itself. The mixing thread's, but for what doesn't change while data flows. */
typedef struct {
  LqAutomation *automation;   /* or NULL */
  gboolean together_curves;   /* some concern the voices of many pads */
  gdouble stream_frames, lag; /* stream time of the frame 0, and that of ramps; frames */
  gboolean moving;            /* the bus, or a group */
  gboolean together;          /* what concerns many voices: they go with the bus */
  gdouble seconds;            /* the stream time that the bus was set for last */
  gboolean concerned;         /* what the bus has for voices is new */
  guint texts;                /* of the bus's strings, as last read */
} LqMixMoves;

struct _GstAudioMixBusPad {
  GstPad parent;
  LqParams params;
  guint number; /* of its name */

  /* Under lock. */
  GMutex lock;
  gint refused_rate; /* its own thread's: the last that was, Hz */
  GCond room;        /* it isn't full any more, or flushes; a query was answered */
  GPtrArray *incoming;
  guint64 incoming_frames;
  guint incoming_bpf;    /* of the last caps that came in; 0: none */
  GstFlowReturn flow;    /* OK, FLUSHING, or what downstream said */
  gboolean waits;        /* its thread, for room */
  guint wanted;          /* frames that the mixing thread waits for; 0: it doesn't … */
  guint64 wanted_until;  /* … and the frame of the mix that these lead to */
  guint flushes;         /* so far; atomic */
  guint32 flush_seqnum;  /* of the last FLUSH_START; of a FLUSH_STOP that came: */
  gboolean flushing;     /* between the two */
  gboolean released;     /* what is queued is still to be heard */
  GstQuery *query;       /* serialised: behind all that is queued … */
  gboolean query_busy;   /* … and being answered … */
  gboolean query_answer; /* … so */

  /* Under work; the mixing thread's but for what its own thread runs ahead. */
  GMutex work;
  GPtrArray *taken;
  guint next; /* the first of them that wasn't handled */
  guint flushes_seen;
  GstAudioInfo info;
  gboolean has_caps, eos, discont;
  gboolean first_buffer, waited_once; /* none has come; a deadline has passed all the same */
  gboolean emits;                     /* emit-signals … */
  guint emits_of;                     /* … at this generation of the settings */
  guint64 bad_samples;
  gboolean warned;         /* that its group isn't there */
  gchar *bad_key[LQ_KEYS]; /* names that were warned of */
  GstSegment segment;
  guint64 expected; /* the frame of its segment that should come next, or LQ_NO_FRAME */
  guint64 position; /* the frame of the mix that comes next, or LQ_NO_FRAME */
  GstClockTime discont_time;  /* since when timestamps are off, or NONE */
  guint64 processed, dropped; /* frames, for QoS */
  LqVoice *voice;
  gboolean asked; /* the mixing thread's: it may have set `wanted` */
  guint64 known;  /* the frame up to which the mixing thread knows it */
};

enum { LQ_MISSING_SILENCE, LQ_MISSING_WARN, LQ_MISSING_ERROR };
enum { LQ_START_ZERO, LQ_START_FIRST, LQ_START_SET };

/* Settings that are as in audiomixer; under the object lock. */
typedef struct {
  GstClockTime latency, min_upstream_latency, alignment_threshold, discont_wait, start_time;
  gint duration_n, duration_d; /* of an output buffer, seconds */
  gint start_time_selection;
  gboolean ignore_inactive_pads, force_live, emit_signals;
} LqMixSettings;

struct _GstAudioMixBus {
  GstElement parent;
  GstPad *srcpad;
  LqParams params;
  LqMixSettings settings;
  LqMixMoves moves;

  GMutex preset_lock;   /* one preset at a time */
  GError *preset_error; /* under the object lock: what a setter couldn't say */
  gint ready;           /* atomic: READY or above */

  /* Under lock. */
  GMutex lock;
  GCond wake;          /* of the mixing thread */
  gboolean running;    /* it may */
  gboolean blocked;    /* not PLAYING: no clock is waited for */
  gboolean kicked;     /* something happened that it has to look at */
  GstClockID clock_id; /* what it waits for */
  GPtrArray *pads;     /* by number, each with a reference */
  guint pads_serial;   /* moves with them */
  guint next_number;   /* of a pad that has none */
  gboolean ended;      /* the task has paused itself */
  gboolean flushing;   /* FLUSH_START went downstream */
  gboolean seeking;    /* a seek is on its way upstream */
  gboolean sought;     /* one came before there was a stream */
  guint32 seqnum;      /* of the last seek or flush, of segments and EOS to come */
  gboolean peer_known, peer_live;
  GstClockTime peer_min, peer_max;
  gboolean first_buffer; /* a start time is still to be found */
  gboolean send_eos;     /* EOS hasn't been sent since data came last */
  gboolean eos_asked;    /* somebody sent the element an EOS */
  GstSegment segment;    /* the output's; `position` isn't used … */
  gboolean new_segment;  /* … and the mixing thread hasn't seen it yet */
  GstClockTime
      position; /* of the next frame that goes out, or NONE before a start time is known */

  GMutex sum;
  guint64 base;         /* set under sum, atomic: frames before it are closed */
  gint reach;           /* atomic: frames behind it that may be added */
  gint open;            /* atomic: pads may run ahead */
  gint settled;         /* atomic: the generation of the settings that are in force */
  gint settings_serial; /* atomic: of `settings` */

  gint lacking;      /* atomic: pads that the mixing thread waits for; the last one wakes it */
  gint rate;         /* atomic: of all pads, 0 while none has caps */
  gint queue_frames; /* atomic: what a pad may queue */
  gint latency_frames; /* atomic: what channels are late */

  /* The mixing thread's. */
  LqMixSettings now; /* as last taken */
  gint now_serial;
  gint64 pace_time;   /* when the pace was looked at last, µs … */
  guint64 pace_frame; /* … and where the mix was */
  guint64 woken;      /* the frame at which waiting pads were woken last */
  GstSegment out_segment;
  GPtrArray *snapshot; /* of pads */
  guint snapshot_serial;
  GPtrArray *voices;                     /* in the order of pads' numbers */
  gboolean unsorted;                     /* they aren't */
  gboolean late;                         /* a deadline was missed */
  GArray *groups;                        /* LqMixGroup */
  gboolean posts, measures_all;          /* messages; meters that are dear too */
  guint64 period;                        /* frames; 0: nobody looks at the meters … */
  guint64 period_start;                  /* … the frame at which the first one began … */
  guint64 spoken;                        /* … and that at which the one under way did */
  guint deepest;                         /* of the voices */
  float *keys[LQ_KEYS][LQ_MIX_CHANNELS]; /* what the voice at work listens to */
  GstAudioInfo info;                     /* of the output */
  lq_stream stream;
  const struct lq_kernels *kernels;
  gboolean prepared;  /* the console is */
  gboolean told;      /* the latency is known to the pipeline */
  gboolean quantized; /* integers go out … */
  gboolean straight;  /* … that the quantiser makes itself */
  guint64 bad_samples;
  lq_console console;
  struct lq_console_params console_params;
  LqResponse response; /* of the console's reverb */
  lq_arena arena, output_arena;
  lq_quantize quantize;
  guint generation; /* of the settings, as last taken */
  guint latency;    /* frames */
  guint64 offset; /* the frame of the mix that goes in next: `latency` before it one goes out */
  guint64 start;  /* the frame at which the output began */
  guint64
      end; /* LQ_NO_FRAME, or the frame at which it ends: all inputs have, and their tails */
  guint block;                /* frames of an output buffer, without … */
  guint64 error, error_block; /* … what remains of it, in 1/duration_d frames */
  gboolean soloing, bypassed;
  gboolean need_stream_start, need_segment, discont;
  gboolean over; /* EOS went out, and nothing since */
  guint32 out_seqnum;
  GstBuffer *filling; /* the output buffer under way, mapped … */
  GstMapInfo filled_map;
  guint filled, size; /* … frames that it has, and shall have */
  gboolean sounds;    /* … one of which isn't silent */
  float *out[LQ_CHANNELS_MAX];
  int32_t *words;
};

/* gstaudiomixbus.c */
void lq_mix_kick (GstAudioMixBus *self);
void lq_mix_pad_consumed (GstAudioMixBusPad *pad, GstBuffer *buffer);
void lq_mix_select (GstAudioMixBus *self, guint64 frame, guint frames);

const LqParamTable *lq_mix_pad_table (void);

/* gstaudiomixbus-texts.c */
void lq_mix_set_preset (GstAudioMixBus *self, const gchar *name);
gboolean lq_mix_read_texts (GstAudioMixBus *self);
void lq_mix_fail (GstAudioMixBus *self, GError *error);

/* gstaudiomixbus-automation.c */
gboolean lq_mix_load_automation (GstAudioMixBus *self, GError **error);
void lq_mix_begin_moves (GstAudioMixBus *self);
void lq_mix_see_moves (GstAudioMixBus *self);
guint lq_mix_cut (GstAudioMixBus *self, guint *frames);
void lq_mix_control (GstAudioMixBus *self);
void lq_mix_bind_groups (GstAudioMixBus *self);
void lq_mix_move_groups (GstAudioMixBus *self);
gboolean lq_mix_moves_place (GstAudioMixBus *self, GstAudioMixBusPad *pad);
gboolean lq_mix_curves_place (GstAudioMixBus *self);
void lq_voice_fill_at_start (GstAudioMixBus *self, LqVoice *voice);
gboolean lq_voice_moves (const LqVoice *voice);
void lq_voice_settle (GstAudioMixBus *self, LqVoice *voice, guint phase);
guint lq_voice_follow (GstAudioMixBus *self, LqVoice *voice, guint64 frames);
void lq_voice_preroll (GstAudioMixBus *self, LqVoice *voice, guint64 from, gboolean present);

/* gstaudiomixbus-pad.c: a pad's side that belongs to its streaming thread */
void lq_mix_pad_setup (GstAudioMixBusPad *pad);
GstMiniObject *lq_mix_pad_peek (
    GstAudioMixBus *self, GstAudioMixBusPad *pad, guint wanted, guint64 until);
void lq_mix_pad_unwant (GstAudioMixBus *self, GstAudioMixBusPad *pad);
GstMiniObject *lq_mix_pad_take (GstAudioMixBusPad *pad);
void lq_mix_pad_pop (GstAudioMixBusPad *pad);
void lq_mix_pad_answer (GstAudioMixBusPad *pad, gboolean answer);
void lq_mix_pad_set_flow (GstAudioMixBusPad *pad, GstFlowReturn flow);
void lq_mix_pad_end (GstAudioMixBusPad *pad);
void lq_mix_pad_clear (GstAudioMixBusPad *pad);
gboolean lq_mix_pad_flushed (GstAudioMixBusPad *pad);
gboolean lq_mix_pad_waiting (GstAudioMixBusPad *pad);
void lq_mix_pad_reached (GstAudioMixBus *self, GstAudioMixBusPad *pad, guint64 frame);
void lq_mix_pad_wake (GstAudioMixBusPad *pad);

/* gstaudiomixbus-time.c: where buffers belong */
void lq_mix_pad_restart (GstAudioMixBusPad *pad);
gboolean lq_mix_place (
    GstAudioMixBus *self, GstAudioMixBusPad *pad, GstBuffer *buffer, LqPiece *piece);
GstBuffer *lq_mix_clip_gap (GstAudioMixBusPad *pad, GstBuffer *gap);

/* gstaudiomixbus-caps.c */
GstCaps *lq_mix_template (GstPadDirection direction);
GstCaps *lq_mix_sink_caps (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstCaps *filter);
gboolean lq_mix_check_caps (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstCaps *caps);
GstFlowReturn lq_mix_negotiate (GstAudioMixBus *self);

/* gstaudiomixbus-events.c */
gboolean lq_mix_src_event (GstPad *pad, GstObject *parent, GstEvent *event);
gboolean lq_mix_src_query (GstPad *pad, GstObject *parent, GstQuery *query);
void lq_mix_flush_start (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event);
void lq_mix_flush_stop (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event);
GstClockTime lq_mix_live_latency (GstAudioMixBus *self);
void lq_mix_start_task (GstAudioMixBus *self);
void lq_mix_stop_task (GstAudioMixBus *self, GstEvent *flush_start);
void lq_mix_resume (GstAudioMixBus *self);
void lq_mix_remember_seek (GstAudioMixBus *self, GstEvent *event);
void lq_mix_set_flows (GstAudioMixBus *self, GstFlowReturn flow);
GPtrArray *lq_mix_pads (GstAudioMixBus *self);

/* gstaudiomixbus-loop.c */
GstClockTime lq_mix_pts (GstAudioMixBus *self, guint64 frame);
void lq_mix_loop (gpointer self);
void lq_mix_restart (GstAudioMixBus *self);
void lq_mix_run_ahead (GstAudioMixBus *self, GstAudioMixBusPad *pad);
void lq_mix_close (GstAudioMixBus *self);
gboolean lq_mix_pad_buffer (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstBuffer *buffer);
void lq_mix_send_start (GstAudioMixBus *self);
void lq_mix_drop_filling (GstAudioMixBus *self);
gboolean lq_mix_revive (GstAudioMixBus *self);
gboolean lq_mix_all_eos (GstAudioMixBus *self);

/* gstaudiomixbus-keys.c */
void lq_mix_plan (GstAudioMixBus *self);
void lq_mix_tie (GstAudioMixBus *self);
void lq_voice_hear (GstAudioMixBus *self, const LqVoice *voice, guint64 from, guint frames,
    struct lq_keys *keys);
void lq_voice_clear_keys (LqVoice *voice);

/* gstaudiomixbus-meters.c */
guint64 lq_mix_period_left (const GstAudioMixBus *self, guint64 at);
void lq_voice_note (const GstAudioMixBus *self, LqVoice *voice, guint64 at);
void lq_voice_meter (const GstAudioMixBus *self, LqVoice *voice);
void lq_mix_begin_meters (GstAudioMixBus *self);
void lq_mix_follow_meters (GstAudioMixBus *self);
void lq_mix_passed (GstAudioMixBus *self);
void lq_mix_end_meters (GstAudioMixBus *self);

/* gstaudiomixbus-break.c */
gboolean lq_voice_break (GstAudioMixBus *self, LqVoice *voice, guint64 at);
void lq_voice_patch (LqVoice *voice, guint64 from, guint frames);
void lq_voice_cut (GstAudioMixBus *self, LqVoice *voice);
void lq_mix_miss (GstAudioMixBus *self, guint64 until, GstFlowReturn *flow);

/* gstaudiomixbus-voice.c */
gboolean lq_voice_copy (
    GstAudioMixBus *self, LqVoice *voice, const LqPiece *piece, guint64 from, guint frames);
LqPiece *lq_voice_piece (const LqVoice *voice, guint n);
void lq_voice_drop (LqVoice *voice);
void lq_voice_map (const GstAudioInfo *in, const GstAudioInfo *out, gdouble *map);
LqVoice *lq_voice_new (GstAudioMixBusPad *pad, const GstAudioInfo *info);
void lq_voice_free (LqVoice *voice);
gboolean lq_voice_takes (const LqVoice *voice, const GstAudioInfo *info);
void lq_voice_add (LqVoice *voice, const LqPiece *piece);
void lq_voice_flush (LqVoice *voice);
guint64 lq_voice_last (const LqVoice *voice);
gboolean lq_voice_over (const LqVoice *voice);
gboolean lq_voice_prepare (GstAudioMixBus *self, LqVoice *voice);
void lq_voice_run (GstAudioMixBus *self, LqVoice *voice, guint64 until);

/* gstaudiomixbus-mix.c */
gboolean lq_mix_set_output (GstAudioMixBus *self, const GstAudioInfo *info);
gboolean lq_mix_read_groups (GstAudioMixBus *self, GError **error);
void lq_mix_begin (GstAudioMixBus *self);
gboolean lq_mix_block (GstAudioMixBus *self, guint *frames);
void lq_mix_write (GstAudioMixBus *self, guint8 *out, guint size, guint first, guint frames);
void lq_mix_pass (GstAudioMixBus *self, guint frames);
guint64 lq_mix_tail_end (GstAudioMixBus *self, guint64 last);
void lq_mix_drop_voices (GstAudioMixBus *self);
void lq_mix_refresh (GstAudioMixBus *self);
void lq_mix_leave_voice (GstAudioMixBus *self, GstAudioMixBusPad *pad, gboolean fade);
void lq_mix_release (GstAudioMixBus *self);

/* gstaudiomixbus-gather.c */
gboolean lq_mix_gather (
    GstAudioMixBus *self, guint64 least, guint64 until, GstFlowReturn *flow);
void lq_mix_pad_follow (GstAudioMixBus *self, GstAudioMixBusPad *pad, GstEvent *event);
GstClockTime lq_mix_item_time (GstMiniObject *item);
gboolean lq_mix_pad_idle (GstAudioMixBus *self, GstAudioMixBusPad *pad);

/* gstaudiomixbus-ahead.c */
void lq_mix_pace (GstAudioMixBus *self);
void lq_mix_wake_pads (GstAudioMixBus *self);

/* gstaudiomixbus-settings.c */
guint lq_mix_group_named (GstAudioMixBus *self, const gchar *name);
void lq_mix_find_group (GstAudioMixBus *self, LqVoice *voice);
void lq_mix_follow_bus (GstAudioMixBus *self);
void lq_mix_follow (GstAudioMixBus *self);

/* gstaudiomixbus-properties.c */
void lq_mix_install (GObjectClass *klass);
void lq_mix_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec);
void lq_mix_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec);

#endif
