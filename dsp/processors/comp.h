/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Compressor. Layer: processors.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. Latency: the look-ahead, from the start if the
 * module is on then, else from when it is first switched on. Look-ahead is latched in prepare.
 *
 * Level: peak: the largest |x| of the last max (hold, 10 ms); rms: of the mean square over
 * rms-window; smooth: as peak, but the release is smoothed by the attack, so that it begins without
 * a corner (its time stays `release`). The static curve (lq_comp_curve_db) makes a gain of the
 * level, then the gain in dB follows with τ attack and release. In feedback topology the level is
 * looked at behind the gain, solved without a delay: the ratio is the one that results.
 *
 * Styles, where clean is as the settings say and adds nothing. At 12 dB of reduction and above the
 * colour is in full, added to the input before the gain: odd, k·x³/(1 + x²), and even, k·x²/(1 + x²)
 * without its DC.
 *
 *   style     attack  release              knee        colour
 *   vca       × 1     × 1                  × ½         odd 0.3 %
 *   fet       × ½     × ¾                  × ¼         odd 1.2 %, even 0.3 %
 *   opto      × 1.5   × 1 after bursts,    + 6 dB      even 0.6 %
 *                     × 5 after a long
 *                     reduction
 *   vari-mu   × 1.2   × 1.5                + 12 dB     even 1 %, odd 0.4 %: the ratio
 *                                                      rises with the level */

#ifndef LQ_COMP_H
#define LQ_COMP_H

#include "../base/kernels.h"
#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/listen.h"
#include "../primitives/lookahead.h"
#include "../primitives/sidechain.h"
#include "../primitives/slidemax.h"

enum lq_comp_detector { LQ_COMP_PEAK, LQ_COMP_RMS, LQ_COMP_SMOOTH };
enum lq_comp_topology { LQ_COMP_FORWARD, LQ_COMP_FEEDBACK };
enum lq_comp_style { LQ_COMP_CLEAN, LQ_COMP_VCA, LQ_COMP_FET, LQ_COMP_OPTO, LQ_COMP_VARI_MU };

struct lq_comp_params {
  uint32_t enabled;
  float threshold_db, ratio, knee_db, attack_ms, hold_ms, release_ms;
  uint32_t auto_release;
  float range_db, makeup_db;
  uint32_t auto_makeup;
  float mix_percent;
  int32_t detector; /* enum lq_comp_detector */
  float rms_window_ms;
  int32_t topology; /* enum lq_comp_topology */
  int32_t style;    /* enum lq_comp_style */
  float upward_db, lookahead_ms, link_percent, sc_hpf_hz, sc_lpf_hz, sc_tilt_db;
  uint32_t listen;
};

#define LQ_COMP_ROWS 23
extern const struct lq_param lq_comp_rows[LQ_COMP_ROWS];

/* What moves on ramps. */
enum lq_comp_control {
  LQ_COMP_THRESHOLD,
  LQ_COMP_SLOPE,
  LQ_COMP_KNEE,
  LQ_COMP_RANGE,
  LQ_COMP_UPWARD,
  LQ_COMP_MAKEUP, /* dB */
  LQ_COMP_WET,    /* share of the compressed signal */
  LQ_COMP_LINK,
  LQ_COMP_ODD,
  LQ_COMP_EVEN,
  LQ_COMP_SWAP,  /* from one detector to the other, 0 … 1 */
  LQ_COMP_TIMES, /* from one ballistics to the other, 0 … 1 */
  LQ_COMP_CONTROLS
};

struct lq_comp_channel {
  lq_slidemax peak, power;          /* held: of magnitudes, of mean squares */
  double mean[2];                   /* square, as the kernel has it */
  struct lq_ballistics_state state; /* … */
  struct lq_ballistics_state next;  /* of the ballistics that follow, while TIMES moves */
  float dc_x, dc_y;                 /* the even colour's DC blocker */
};

/* How the gain moves. */
struct lq_comp_times {
  struct lq_ballistics ballistics;
  uint32_t loops; /* the level is looked at behind the gain */
};

typedef struct lq_comp {
  lq_stream stream;
  const struct lq_kernels *kernels;
  lq_sidechain sidechain;
  lq_listen listen;
  lq_lookahead lookahead;
  lq_ramp ramp[LQ_COMP_CONTROLS];
  struct lq_comp_channel *channel; /* where all are linked, the first has what all share */
  float *level, *gain;             /* dB: channels × LQ_BLOCK each */
  bool enabled;                    /* asked for */
  bool moving;                     /* a ramp moves, or is asked to */
  float mix;
  int32_t detector;
  bool holds; /* mean squares */
  double keep_mean[2];
  float dc_keep;
  struct lq_comp_times times;
  struct {
    struct lq_comp_times now, next; /* next: while TIMES moves */
    uint32_t phase;                 /* frames since the last grid point */
    int32_t detector;               /* in force; while SWAP moves, where it comes from */
    bool awake;                     /* the gain is computed … */
    bool split;                     /* … for each channel by itself */
    float reduction_db;             /* largest since lq_comp_reduction_db */
  } z;
} lq_comp;

bool lq_comp_prepare (lq_comp *u, const lq_stream *stream, const struct lq_comp_params *p,
    lq_arena *arena);                                                 /* [setup] */
void lq_comp_set (lq_comp *u, const struct lq_comp_params *p);        /* [rt] */
void lq_comp_reset (lq_comp *u);                                      /* [rt] */
void lq_comp_process (lq_comp *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_comp_latency (const lq_comp *u);                          /* [any] */

/* The detector looks at these planes in the next process, one for each channel, instead of at the
 * audio itself; NULL: at that. [rt] */
static inline void
lq_comp_hear (lq_comp *u, const float *const *key)
{
  lq_sidechain_hear (&u->sidechain, key);
}

/* After each set: colour of another manner than the style's, shares at full reduction. [rt] */
static inline void
lq_comp_set_colour (lq_comp *u, double odd, double even)
{
  lq_ramp_set (&u->ramp[LQ_COMP_ODD], odd);
  lq_ramp_set (&u->ramp[LQ_COMP_EVEN], even);
}

/* The latency if it is switched on. [any] */
uint32_t lq_comp_latency_most (const lq_comp *u);

/* After set: frames by which the latency has just grown. [rt] */
uint32_t lq_comp_grow (lq_comp *u);

/* At rest at neutral settings: process would change nothing. [rt] */
bool lq_comp_neutral (const lq_comp *u);

/* Largest reduction since the last call, dB, positive, without makeup. [rt] */
float lq_comp_reduction_db (lq_comp *u);

/* The static curve: output level at this level of the detector, dB, without makeup and mix. [any] */
double lq_comp_curve_db (const struct lq_comp_params *p, double level_db);

/* What styles do to settings. */
struct lq_comp_manner {
  float attack, release, knee_scale, knee_db, odd, even;
  bool lingers;
};
extern const struct lq_comp_manner lq_comp_manners[];

#endif
