/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Maximizer: drive, upward lift, rounding of peaks, look-ahead limiter. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency, from the start if it is on then, else
 * from when it is first switched on: round (lookahead) + LQ_MAXIMIZER_CONSTANT + the oversampler's
 * delay (lq_maximizer_latency_most), whatever else is set. Look-ahead is latched in prepare.
 *
 * Drive = gain + max (0, ceiling − threshold). No sample leaves above the ceiling; with true-peak
 * what lies between samples stays under it, too, and both by what the output's format may add
 * (lq_maximizer_set_output). At a drive of 0 dB what isn't above the ceiling, by an inner margin of
 * 0.1 dB with true-peak, leaves as it came, in every style.
 *
 * The reduction of each channel, dB, is that of two stages: lasting, which follows long limiting
 * within `take`, and short, all that is needed beyond it. link-release and link-transient mix
 * the one that all channels need with their own. Auto-release: short comes back with `fast`,
 * lasting with `slow`. Else both come back with τ = release. A peak is held for `hold` first.
 *
 *   style        fast   slow    take    hold     rounded before the limiter
 *   transparent  40 ms  400 ms  400 ms  10.5 ms  –
 *   punchy       25     160     800      7       what exceeds the lasting level by 3 dB
 *   loud         15     100     300      5       … 0.8 of it, dB, by 1.5 dB
 *   bus          100    700     600     10.5     –
 *   clip         10     60      1000     3       what exceeds the ceiling
 *
 * Rounding goes to 0.83 dB above where it begins (soften.h). soft-clip fades to a curve that begins
 * 6 dB below the ceiling and goes to it.
 *
 * upward: lq_maximizer_lift_db. */

#ifndef LQ_MAXIMIZER_H
#define LQ_MAXIMIZER_H

#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/limit.h"
#include "../primitives/lookahead.h"
#include "../primitives/soften.h"

enum lq_maximizer_style {
  LQ_MAXIMIZER_TRANSPARENT,
  LQ_MAXIMIZER_PUNCHY,
  LQ_MAXIMIZER_LOUD,
  LQ_MAXIMIZER_BUS,
  LQ_MAXIMIZER_CLIP,
  LQ_MAXIMIZER_STYLES
};

struct lq_maximizer_params {
  uint32_t enabled;
  float threshold_db, gain_db, ceiling_db;
  uint32_t true_peak;
  int32_t style; /* enum lq_maximizer_style */
  float release_ms;
  uint32_t auto_release;
  float lookahead_ms, link_transient_percent, link_release_percent, upward_db,
      soft_clip_percent;
};

#define LQ_MAXIMIZER_ROWS 13
extern const struct lq_param lq_maximizer_rows[LQ_MAXIMIZER_ROWS];

/* Frames of latency beside the look-ahead and the oversampler: the gain begins to move so long
 * before the look-ahead does that the shortest one doesn't make peaks between samples, and the
 * look between samples. */
#define LQ_MAXIMIZER_SMOOTH 32
#define LQ_MAXIMIZER_CONSTANT (LQ_MAXIMIZER_SMOOTH + LQ_LIMIT_LOOK)

/* What styles do. */
struct lq_maximizer_manner {
  float fast_ms, slow_ms, take_ms, hold_ms;
  float rounds;   /* share of the hard curve of soften.h */
  float above_db; /* where it begins, above the ceiling … */
  float follows;  /* … and this share of the lasting reduction */
};
extern const struct lq_maximizer_manner lq_maximizer_manners[LQ_MAXIMIZER_STYLES];

/* What moves on ramps. */
enum lq_maximizer_control {
  LQ_MAXIMIZER_DRIVE, /* linear */
  LQ_MAXIMIZER_LIFT,  /* linear */
  LQ_MAXIMIZER_WET,   /* share of what is limited, 0 … 1 */
  LQ_MAXIMIZER_LEVEL, /* where rounding begins, linear */
  LQ_MAXIMIZER_SOFT,  /* shares of the curves */
  LQ_MAXIMIZER_HARD,
  LQ_MAXIMIZER_CEILING, /* linear */
  LQ_MAXIMIZER_TRANSIENT,
  LQ_MAXIMIZER_RELEASE, /* of links, 0 … 1 */
  LQ_MAXIMIZER_CONTROLS
};

/* Of those, they move with the limiter, the others with what is before it. */
#define LQ_MAXIMIZER_EARLY LQ_MAXIMIZER_CEILING

/* A gain's stages, dB of reduction. */
struct lq_maximizer_stage {
  float least;   /* gain that the window may have … */
  double wanted; /* … as a reduction */
  double total, lasting;
  float over; /* largest peak / ceiling of the group under way */
};

/* Energies that a hop's frames are added to in turn. */
#define LQ_MAXIMIZER_SUMS 8

/* A ramp over a block. */
struct lq_maximizer_curve {
  float *at;
  bool flat; /* it is `value` throughout, which isn't in memory */
  float value;
};

typedef struct lq_maximizer {
  lq_stream stream;
  lq_lookahead dry;
  lq_soften soften;
  lq_limit limit;
  lq_ramp ramp[LQ_MAXIMIZER_CONTROLS];
  struct lq_maximizer_stage
      *own; /* of each channel, while they aren't one; of the first, else of all */
  struct lq_maximizer_curve curve[LQ_MAXIMIZER_EARLY];
  struct lq_soften_how how; /* made of some of them */
  float *late;              /* the dry signal, a block */
  double groups_a_second;
  double error; /* most that the output's format adds to a sample */
  struct lq_maximizer_params p;
  const struct lq_maximizer_manner *manner;
  double fast_keep, slow_keep, take; /* a group */
  double evens, rise, fall, lift;    /* shares of the way of the level and of the lift, a hop */
  double soft, hard;                 /* shares of the curves, when they may */
  bool enabled;
  struct {
    uint32_t phase;                /* frames since the last grid point of LQ_SOFTEN_BLOCK */
    uint32_t hop;                  /* in the limiter: since the last grid point */
    bool awake;                    /* the wet signal is made */
    uint32_t wait;                 /* frames until it may be heard */
    bool rounds;                   /* peaks are, or were until now */
    bool rested;                   /* … not in the block before */
    bool split;                    /* channels have gains of their own */
    uint32_t together;             /* groups since they were to be one */
    double lasting;                /* reduction that all need, dB */
    double sum[LQ_MAXIMIZER_SUMS]; /* of squares in this hop */
    double even, mean;             /* square, smoothed */
    double lift_db;
    uint32_t before; /* frames that come to the limiter before the programme's first one */
    uint32_t left;   /* … until its last one; UINT32_MAX: nobody knows */
    float drive;     /* where the last group began, linear */
    float least;     /* gain since lq_maximizer_reduction_db */
  } z;
} lq_maximizer;

bool lq_maximizer_prepare (lq_maximizer *u, const lq_stream *stream,
    const struct lq_maximizer_params *p, lq_arena *arena);                      /* [setup] */
void lq_maximizer_set (lq_maximizer *u, const struct lq_maximizer_params *p);   /* [rt] */
void lq_maximizer_reset (lq_maximizer *u);                                      /* [rt] */
void lq_maximizer_process (lq_maximizer *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_maximizer_latency (const lq_maximizer *u);                          /* [any] */

/* Only after reset: the first `frames` that come aren't of the programme, and don't leave either. And:
 * it ends with the next `frames` that come, UINT32_MAX: it doesn't. What filters before the limiter
 * ring before and behind it is no part of what leaves, and between the last sample and nothing there
 * are peaks of its own: the limiter hears silence there. [rt] */
void lq_maximizer_await (lq_maximizer *u, uint32_t frames);
void lq_maximizer_end (lq_maximizer *u, uint32_t frames);

/* Frames that sound after the input ended (and the latency). [any] */
uint32_t lq_maximizer_tail (const lq_maximizer *u);

/* The latency if it is switched on. [any] */
uint32_t lq_maximizer_latency_most (const lq_maximizer *u);

/* After set: frames by which the latency has just grown. [rt] */
uint32_t lq_maximizer_grow (lq_maximizer *u);

/* Process changes nothing. [rt] */
bool lq_maximizer_neutral (const lq_maximizer *u);

/* The most that the output's format adds to a sample, linear; the ceiling gives way by what that
 * becomes. At first 0. [rt] */
void lq_maximizer_set_output (lq_maximizer *u, double sample_error);

/* Largest reduction since the last call, dB, positive. [rt] */
float lq_maximizer_reduction_db (lq_maximizer *u);

/* gain + max (0, ceiling − threshold). [any] */
double lq_maximizer_drive_db (const struct lq_maximizer_params *p);

/* The lift of a programme whose level (RMS of a channel, the mean over channels) is this, dB. [any] */
double lq_maximizer_lift_db (const struct lq_maximizer_params *p, double level_db);

#endif
