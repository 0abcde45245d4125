/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The bus of a mixing console: groups, the two returns, the bus fader, what is monitored.
 * Layer: chains.
 *
 * Channels: 1 to LQ_CHANNELS_MAX out. Its planes are rings of `room` frames, in which frame f of the
 * mix lies at f mod room: channels may be added for as many frames ahead. Blocks of at most LQ_BLOCK frames, which
 * don't go over a ring's end, are then finished one after the other, and cleared when they have
 * been read. Sums are doubles whose parts are whole multiples of 2^-44: they don't depend on the
 * order in which channels are added. Returns have the bus's pair, or one channel where it has none; they
 * sleep while nothing is sent to them and nothing of it sounds any more. Latency 0. */

#ifndef LQ_CONSOLE_H
#define LQ_CONSOLE_H

#include "../primitives/correlation.h"
#include "../primitives/gauge.h"
#include "../primitives/monitor.h"
#include "../primitives/shift.h"
#include "../primitives/truepeak.h"
#include "../processors/delay.h"
#include "../processors/fader.h"
#include "../processors/reverb.h"

struct lq_bus_params {
  float gain_db;
  uint32_t mute;
  float pan_law_db;
  int32_t monitor; /* enum lq_monitor_what */
  uint32_t dim;
  float dim_gain_db, reserve_ms;
};
#define LQ_MASTER_ROWS 7

struct lq_return_params {
  float gain_db;
  uint32_t mute;
};
#define LQ_RETURN_ROWS 2

struct lq_console_params {
  struct lq_bus_params master;
  struct lq_reverb_params reverb;
  struct lq_delay_params delay;
  float predelay_ms; /* of the delay */
  struct lq_return_params back[LQ_SENDS];
};

#define LQ_CONSOLE_MODULES 6
extern const struct lq_module lq_console_modules[LQ_CONSOLE_MODULES];

/* What the bus's meters show of what goes out. */
struct lq_console_figures {
  struct lq_gauge_figures out;
  float true_peak_db; /* highest over channels in the period, dBTP */
  float correlation;  /* of left and right, 400 ms */
};

#define LQ_CONSOLE_FIGURE_MODULES 2
extern const struct lq_module lq_console_figure_modules[LQ_CONSOLE_FIGURE_MODULES];

struct lq_group_params {
  float gain_db;
  uint32_t mute, solo;
};
#define LQ_GROUP_ROWS 3
extern const struct lq_param lq_group_rows[LQ_GROUP_ROWS];

/* Most groups of a console. */
#define LQ_GROUPS_MAX 32

/* A return: what is sent, on its way back. */
struct lq_return {
  lq_ramp gain;
  lq_fade open;
  float *plane[2]; /* of a block */
  struct {
    bool awake;
    uint64_t until; /* the frame from which on nothing was sent any more */
  } z;
};

typedef struct lq_console {
  const struct lq_kernels *kernels;
  lq_stream stream;
  bool pair;
  uint32_t left, right; /* of the pair; both 0 where there is none */
  uint32_t sends;       /* channels of a return: 2 or 1 */
  uint32_t room;
  uint32_t groups;
  lq_ramp *group_gain;
  double **group;                /* [group × channels + c] */
  double *main[LQ_CHANNELS_MAX]; /* the bus */
  double *send[LQ_SENDS][2];
  uint8_t *heard, *sent[LQ_SENDS]; /* marks of hops */
  bool wet;                        /* a return was added to the block finished last */
  bool looked; /* as of lq_console_look: anything was added to the block … */
  uint32_t first[LQ_SENDS],
      last[LQ_SENDS]; /* … sent: the frames of it between which that was */
  lq_reverb reverb;
  lq_delay delay;
  lq_shift predelay;
  struct lq_return back[LQ_SENDS];
  lq_ramp level; /* gain and dim */
  lq_fade open;  /* mute */
  lq_monitor monitor;
  bool metered;
  lq_gauge gauge;
  lq_truepeak truepeak;
  lq_correlation correlation;
  float *measured;                  /* a block: channels × LQ_BLOCK */
  float true_peak[LQ_CHANNELS_MAX]; /* of each channel, as of lq_console_read, linear */
  struct {
    uint32_t phase; /* frames since the last grid point */
    uint64_t now;   /* the frame of the mix that is finished next */
  } z;
} lq_console;

/* Defaults of all fields, those without a row included. [any] */
void lq_console_defaults (struct lq_console_params *p);

/* `room`: a multiple of LQ_BLOCK. Forgets impulse responses as lq_reverb_prepare does. False: no
 * memory. [setup] */
bool lq_console_prepare (
    lq_console *u, const lq_stream *stream, uint32_t groups, uint32_t room, lq_arena *arena);

/* The stream that its returns have. [any] */
lq_stream lq_console_returns (const lq_stream *stream);

/* `bypassed`: the returns are silent. [rt] */
void lq_console_set (lq_console *u, const struct lq_console_params *p, bool bypassed);
/* So many of the groups that it was prepared for are in use. [rt] */
static inline void
lq_console_use_groups (lq_console *u, uint32_t groups)
{
  u->groups = groups;
}

void lq_console_set_group (lq_console *u, uint32_t group, double gain); /* linear. [rt] */

/* No sound is remembered, settings stand; `frame` of the mix comes next. [rt] */
void lq_console_reset (lq_console *u, uint64_t frame);

/* At a grid point before that frame: what it has been set to moves on by a hop. [rt] */
void lq_console_pass (lq_console *u);

/* Where a frame of the mix lies. [any] */
static inline uint32_t
lq_console_place (const lq_console *u, uint64_t frame)
{
  return (uint32_t)(frame % u->room);
}

/* Where a channel of this group (UINT32_MAX: of none) goes. [rt] */
struct lq_mix lq_console_mix (const lq_console *u, uint32_t group);

/* What has been added to the next block is all that will be: looks at its marks, which no channel may
 * set meanwhile, not even ahead of it. [rt] */
void lq_console_look (lq_console *u, uint32_t frames);

/* That block, looked at before; it lies in `main` then, from its place on; false: all of it is 0.
 * Channels may be added behind it at the same time. [rt] */
bool lq_console_finish (lq_console *u, uint32_t frames);

/* Somebody looks at the meters from now on, or nobody does. [rt] */
void lq_console_meter (lq_console *u, bool on);

/* The meters start anew. [rt] */
void lq_console_begin (lq_console *u);

/* The period since the last call; a new one begins. `last`: nothing follows. [rt] */
struct lq_console_figures lq_console_read (lq_console *u, bool last);

/* Of console-meters.c, for the chain. */
bool lq_console_meters_prepare (lq_console *u, lq_arena *arena);          /* [setup] */
void lq_console_measure (lq_console *u, uint32_t place, uint32_t frames); /* [rt] */

/* Channel c of frames that lie at `place`, in single precision. [rt] */
void lq_console_narrow (
    const lq_console *u, uint32_t c, uint32_t place, float *out, uint32_t frames);

/* That block has been read; no channel may be added meanwhile. [rt] */
void lq_console_clear (lq_console *u, uint32_t frames);

/* Frames of the returns that may sound behind the last that is sent to them. [any] */
uint64_t lq_console_tail (const lq_console *u);

#endif
