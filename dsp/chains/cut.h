/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The chain of vinylsafe: a master that a lathe can cut. Layer: chains.
 *
 * Order: cut-level; elliptical filter, phase repair, high-pass, low-pass, de-esser; the limits of the
 * groove, last, so that they hold for what is cut. What is then heard is that, or how it sounds as cut
 * and played (simulate), or the difference to the input (listen). Channels: 1 or 2, planar, in place.
 *
 * Limits follow the radius of the groove, which comes of the plan of the side (primitives/side.h) that is
 * made of what is cut. A stream begins where on the side `side_start_s` says, and as far in as the frame
 * that lq_cut_locate names.
 *
 * mode=analyse leaves every bit: the groove is that of the input, unfiltered, at cut-level.
 *
 * Two passes (learn): the first finds how long the stream is, and at which level its side fits. Reset
 * forgets the sound, not what was measured; lq_cut_begin starts that anew. */

#ifndef LQ_CUT_H
#define LQ_CUT_H

#include "../primitives/bypass.h"
#include "../primitives/groove.h"
#include "../primitives/moments.h"
#include "../primitives/side.h"
#include "../primitives/tracing.h"
#include "../primitives/treatment.h"
#include "../processors/deess.h"
#include "../processors/elliptic.h"
#include "../processors/groovelimit.h"
#include "../processors/imager.h"
#include "../processors/pass.h"

enum lq_cut_mode { LQ_CUT_PROTECT, LQ_CUT_ANALYSE };
enum lq_cut_disc_name { LQ_CUT_7IN, LQ_CUT_10IN, LQ_CUT_12IN, LQ_CUT_CUSTOM };
enum lq_cut_stylus_name {
  LQ_CUT_SPHERICAL_18,
  LQ_CUT_ELLIPTICAL_8,
  LQ_CUT_LINE_CONTACT_5,
  LQ_CUT_STYLUS_CUSTOM
};
enum lq_cut_simulate { LQ_CUT_AS_IT_IS, LQ_CUT_AS_CUT, LQ_CUT_AS_TRACED };

/* The disc, and where on it the stream lies. */
struct lq_cut_disc {
  int32_t mode, disc, rpm; /* enum lq_cut_mode, lq_cut_disc_name; 33, 45, 78 */
  float outer_mm, inner_mm;
  float reference_velocity, reference_level_db;
  float side_start_s, side_duration_s; /* 0: the stream's end is the side's */
  uint32_t radius_aware;
  int32_t stylus;
  float stylus_um;
};

struct lq_cut_pitch {
  int32_t pitch; /* enum lq_side_pitch */
  float lines_per_inch, lines_per_inch_max;
  float groove_width_um, land_um;
};

/* A Butterworth filter; 0 Hz: off. */
struct lq_cut_pass {
  float frequency_hz;
  int32_t slope; /* dB an octave */
};

/* 0: off. */
struct lq_cut_limits {
  float velocity, slope, displacement_um, vertical_um, acceleration_g, curvature;
  float curvature_warning;
};

struct lq_cut_ear {
  int32_t simulate; /* enum lq_cut_simulate */
  uint32_t listen;
};

struct lq_cut_params {
  struct lq_cut_disc disc;
  struct lq_cut_pitch pitch;
  float cut_level_db;
  struct lq_cut_pass high, low;
  struct lq_elliptic_params elliptic;
  uint32_t phase_repair;
  struct lq_cut_limits limits;
  struct lq_deess_params deess;
  struct lq_groovelimit_params treble;
  struct lq_cut_ear ear;
};

/* The modules, in this order. */
enum lq_cut_module {
  LQ_CUT_DISC,
  LQ_CUT_PITCH,
  LQ_CUT_LEVEL,
  LQ_CUT_HIGH,
  LQ_CUT_LOW,
  LQ_CUT_ELLIPTIC,
  LQ_CUT_REPAIR,
  LQ_CUT_LIMITS,
  LQ_CUT_DEESS,
  LQ_CUT_TREBLE,
  LQ_CUT_EAR,
  LQ_CUT_MODULES
};
extern const struct lq_module lq_cut_modules[LQ_CUT_MODULES];

/* Radii, and radii of styli, by name; false: custom. [any] */
bool lq_cut_disc_radii (int32_t disc, double *outer_mm, double *inner_mm);
bool lq_cut_stylus_radius (int32_t stylus, double *um);

/* The highest so far. */
struct lq_cut_peaks {
  float velocity, slope, displacement_um, vertical_um, acceleration_g, curvature;
};

struct lq_cut_figures {
  float deess_db, treble_db; /* reductions, the largest of the period */
  struct lq_cut_peaks before, cut;
  uint32_t violations;
  float applied_cut_level_db;
  float radius_mm, groove_speed; /* cm/s */
  float start_radius_mm, end_radius_mm;
  float groove_used_mm, groove_available_mm;
  uint32_t side_fits;
  float minutes_left, fit_gain_db, mean_lines_per_inch, groove_width_minimum_um;
  float bass_correlation;
  float treatment_db[LQ_TREATMENT_BANDS];
};

#define LQ_CUT_FIGURE_MODULES 3
extern const struct lq_module lq_cut_figure_modules[LQ_CUT_FIGURE_MODULES];

/* What a first pass found. */
struct lq_cut_learned {
  double seconds;  /* of the stream */
  double level_db; /* what cut-level-auto adds, ≤ 0 */
  bool hopeless;   /* no level fits */
};

/* The largest, dB: of treble; of any since the last block. */
struct lq_cut_reductions {
  float treble_db, last_db;
};

/* The level change at which the side would fit, as far as it was heard when that was last looked at. */
struct lq_cut_fit {
  double due_s, gain_db; /* programme; 0: not looked at yet */
};

typedef struct lq_cut {
  lq_stream stream;
  struct lq_side_params plan; /* as latched; start_mm is of the stream's place */
  lq_ramp level;
  lq_elliptic elliptic;
  lq_imager repair;
  lq_cascade passes; /* high-pass, then low-pass */
  lq_deess deess;
  lq_groovelimit limit;
  lq_tracing tracing;
  lq_bypass simulated, ear; /* dry: not simulated; wet: not the difference */
  bool simulates;           /* the latency counts it */
  uint32_t grown;           /* frames, since lq_cut_grow */
  lq_groove groove;         /* of the input */
  lq_moments before, cut;   /* cut: without limits, as what is cut breaks none */
  lq_treatment treatment;
  lq_side side, plain; /* of what is cut; of what comes to the limits */
  float *work;         /* a block of all channels, twice */
  struct lq_cut_params asked;
  struct lq_cut_pass given_high, given_low; /* frequencies as last set, but 0 */
  bool gave;                                /* stages have settings: those of `asked` */
  double speed;                             /* of the groove, cm/s, where it is now … */
  struct lq_groovelimit_limits limits;      /* … and its limits there */
  bool analyses;                            /* mode=analyse */
  bool metered;
  bool auto_level, knows; /* a first pass looks for the level; what it found holds */
  struct lq_cut_learned learned;
  double stream_s; /* length of the stream, or 0 where it isn't known */
  /* Seconds of the side: where the plan begins, up to where the programme was heard. */
  double from_s, heard_s;
  struct lq_cut_reductions reductions; /* of the period */
  struct lq_cut_fit fit;
  struct {
    uint32_t phase; /* frames since the last grid point, of LQ_BLOCK frames */
    bool located;
    int64_t place; /* of the next frame in, in the programme */
    int64_t from;  /* where the plan began */
    int64_t end;   /* where the programme ended, or INT64_MAX */
    /* Frames that come before the programme does, and where in it the next one is: of the plan, of what
     * comes to the limits, and of the view of the input. */
    int64_t skip, skip_plain, side_seen, plain_seen, view_seen;
    int32_t simulate; /* what is simulated, heard or not */
    uint32_t warm;    /* frames for which it has been */
  } z;
} lq_cut;

/* `p`: what is latched, and whether simulate counts in the latency from the start. `auto_level`: there will
 * be a first pass that looks for the level. [setup] */
bool lq_cut_prepare (lq_cut *u, const lq_stream *stream, const struct lq_cut_params *p,
    bool auto_level, lq_arena *arena);
void lq_cut_set (lq_cut *u, const struct lq_cut_params *p);         /* [rt] */
void lq_cut_reset (lq_cut *u);                                      /* [rt] */
void lq_cut_process (lq_cut *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_cut_latency (const lq_cut *u);                          /* [any] */
uint32_t lq_cut_latency_most (const lq_cut *u);                     /* [any] */
uint32_t lq_cut_tail (const lq_cut *u);                             /* [any] */

/* Frames by which the latency has grown since the last call: what comes next is that much older. [rt] */
uint32_t lq_cut_grow (lq_cut *u);

/* process changes nothing. [rt] */
bool lq_cut_neutral (const lq_cut *u);

/* The next frame is this one of the programme. [rt] */
void lq_cut_locate (lq_cut *u, int64_t frame);

/* cut-level, and what cut-level-auto adds, dB. [any] */
double lq_cut_level (const lq_cut *u);

/* How long the stream is, s; 0: nobody knows. [rt] */
void lq_cut_set_length (lq_cut *u, double seconds);

/* Of the whole side, s; 0: not known. [any] */
double lq_cut_side_seconds (const lq_cut *u);

/* Whether the input is over: what comes then is no part of the programme. [rt] */
void lq_cut_over (lq_cut *u, bool is);

/* The first of two passes: hears a block, which it may overwrite, and at the programme's end finds what
 * there is to be found. [rt] */
void lq_cut_analyse (lq_cut *u, float *const *ch, uint32_t frames);
void lq_cut_solve (lq_cut *u);

/* Somebody looks at the meters, from now on, or nobody does. [rt] */
void lq_cut_meter (lq_cut *u, bool on);

/* What was measured is forgotten; `programme`: a new one begins. [rt] */
void lq_cut_begin (lq_cut *u, bool programme);

/* Those of the place on the side alone. [any] */
void lq_cut_plan_figures (lq_cut *u, struct lq_cut_figures *figures, bool final);

/* Reductions are those since the last call. `final`: the programme ended. [rt] */
void lq_cut_figures (lq_cut *u, struct lq_cut_figures *figures, bool final);

/* Of cut-meters.c, for the chain: n groups from frame `at` of the programme on are looked at; what the block
 * just limited lost. [rt] */
void lq_cut_view (lq_cut *u, lq_moments *view, struct lq_groove_peaks *peaks, uint32_t n,
    int64_t at, float reduction_db);
void lq_cut_see_reductions (lq_cut *u);
void lq_cut_see_treatment (lq_cut *u, const float *const *out, uint32_t frames);

#endif
