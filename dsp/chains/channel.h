/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* One channel of a mixing console: a track, what aligns it with the others, its fader. Layer: chains.
 *
 * Channels: 1 to LQ_FADER_CHANNELS in, planar; out: added to buses. Its latency is that of the
 * whole console from the beginning, and never changes: what the track's modules don't use of it is
 * a delay behind them. A module that is off, yet would be late, has its delay from the beginning
 * too where that fits; one that doesn't fit gets a shorter look-ahead, a saturator runs at 1×.
 *
 * Its gate, its compressor and its ducking may listen to other channels (keys). What is behind
 * another's track comes later than what goes into this one's: from the start a channel with keys is
 * delayed in front of its track (`wait`) until both are at the same time.
 *
 * A channel whose modules are all off, and would never be late, has no track at first: it costs a
 * tenth of the memory. lq_channel_wants tells when it needs one; who owns it makes it. */

#ifndef LQ_CHANNEL_H
#define LQ_CHANNEL_H

#include "../primitives/bypass.h"
#include "../primitives/line.h"
#include "../primitives/shift.h"
#include "../processors/duck.h"
#include "../processors/fader.h"
#include "track.h"

struct lq_channel_params {
  struct lq_track_params track;
  struct lq_fader_params fader;
  struct lq_duck_params duck;
};

/* What its meters show: behind the fader, before the pan; reductions are the largest of the period. */
struct lq_channel_figures {
  struct lq_gauge_figures out;
  struct lq_track_figures track;
  float duck_db;
};

#define LQ_CHANNEL_FIGURE_MODULES (2 + LQ_TRACK_FIGURE_MODULES)
extern const struct lq_module lq_channel_figure_modules[LQ_CHANNEL_FIGURE_MODULES];

#define LQ_CHANNEL_EQ_BANDS 4
#define LQ_CHANNEL_MODULES (10 + 1 + LQ_CHANNEL_EQ_BANDS)
extern const struct lq_module lq_channel_modules[LQ_CHANNEL_MODULES];

/* Modules that are late. */
enum lq_late { LQ_LATE_GATE, LQ_LATE_COMP, LQ_LATE_SAT, LQ_LATES };

/* What may listen to another channel. */
enum lq_key { LQ_KEY_GATE, LQ_KEY_COMP, LQ_KEY_DUCK, LQ_KEYS };

/* What is heard there: a plane for each channel of the track; for ducking as many as there are. NULL:
 * nothing else than the channel itself; for ducking: nothing. */
struct lq_keys {
  const float *const *plane[LQ_KEYS];
  uint32_t duck_channels;
};

/* Where a channel stands in the console: frames. `latency`: the console's; `wait`: of those, before
 * its track; `room`: those that its track may take. */
struct lq_channel_times {
  uint32_t latency, wait, room;
};

typedef struct lq_channel {
  lq_stream stream;
  uint32_t wait;    /* frames before the track … */
  lq_line waiting;  /* … in here */
  lq_track *track;  /* or NULL */
  lq_bypass bypass; /* of the track */
  lq_line aligning; /* of what the track isn't late … */
  lq_shift shift;   /* the wanted delay */
  lq_fader fader;
  lq_duck duck;
  uint32_t align;                /* … frames */
  struct lq_track_params fitted; /* what the track is made for */
  bool shortened[LQ_LATES];      /* didn't fit into the latency */
  lq_gauge gauge;
  bool bypassed;
  bool ducks;       /* as lq_channel_place found: the gains of this block … */
  float *duck_gain; /* … LQ_BLOCK */
} lq_channel;

/* Defaults of all fields, those without a row included. [any] */
void lq_channel_defaults (struct lq_channel_params *p);

/* Frames of latency that it needs at these settings, which count those modules as on that are. Needs
 * memory for a while; UINT32_MAX: there is none. [setup] */
uint32_t lq_channel_need (const lq_stream *stream, const struct lq_channel_params *p);

/* False: no memory. [setup] */
bool lq_channel_prepare (lq_channel *u, const lq_stream *stream,
    const struct lq_channel_params *p, const struct lq_fader_bus *bus,
    const struct lq_channel_times *times, lq_arena *arena);

/* Frames by which what is behind its track is late. [any] */
uint32_t lq_channel_late (const lq_channel *u);

/* Frames by which what its gate, its compressor or its ducking look at is late. [any] */
uint32_t lq_channel_heard_late (const lq_channel *u, enum lq_key key);

/* Whether these settings need a track that isn't there. [rt] */
bool lq_channel_wants (const lq_channel *u, const struct lq_channel_params *p);

/* It gets one, as if it had always been there, all off: set follows. `phase`: as of the next frame.
 * False: no memory. [setup] */
bool lq_channel_equip (lq_channel *u, uint32_t phase, lq_arena *arena);

/* `open`: its group isn't muted. [rt] */
void lq_channel_set (
    lq_channel *u, const struct lq_channel_params *p, double law_db, bool open, bool bypassed);

/* As after prepare: no sound remembered, settings stand. [rt] */
void lq_channel_reset (lq_channel *u, bool present, uint32_t phase);

/* In place: up to behind the track. [rt] */
void lq_channel_process (
    lq_channel *u, float *const *ch, uint32_t frames, const struct lq_keys *keys);

/* In place: alignment, delay; the gain of ducking is computed. [rt] */
void lq_channel_place (
    lq_channel *u, float *const *ch, uint32_t frames, const struct lq_keys *keys);

/* What came of these goes to the buses, from frame `at` of their planes on. [rt] */
void lq_channel_mix (
    lq_channel *u, float *const *ch, uint32_t frames, struct lq_mix *to, uint32_t at);

/* At most LQ_HOP frames of silence, which go nowhere: what it has been set to moves on. [rt] */
void lq_channel_pass (lq_channel *u, uint32_t frames);

/* Somebody looks at the meters from now on (`loud`: at loudness too), or nobody does. [rt] */
void lq_channel_meter (lq_channel *u, bool on, bool loud);

/* The meters go on through frames of silence that aren't processed. [rt] */
void lq_channel_rest (lq_channel *u, uint32_t frames);

/* The period since the last call; a new one begins. [rt] */
struct lq_channel_figures lq_channel_read (lq_channel *u);

/* Its frames need no more than gains: lq_fader_plain of all of it. [rt] */
bool lq_channel_plain (const lq_channel *u);

/* process and mix at once of frames of two, where it is plain; returns how many. [rt] */
uint32_t lq_channel_add_plain (
    lq_channel *u, const float *x, uint32_t frames, struct lq_mix *to, uint32_t at);

/* Frames that may sound after the input's end, the console's latency included. [any] */
uint32_t lq_channel_tail (const lq_channel *u);

/* process would change nothing but by the delay of the console's latency. [rt] */
bool lq_channel_neutral (const lq_channel *u);

#endif
