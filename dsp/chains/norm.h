/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loudness normalisation: measure, decide on a gain, apply it, and measure what came of it.
 * Layer: chains.
 *
 * Channels: 1 to LQ_CHANNELS_MAX, planar, in place. No tail. Latency: 0 in `measure`, else the
 * limiter's, whatever the policy; in `live` with the look-ahead before it.
 *   live:     the gain rides, decided in one pass (ride.h); the limiter always holds the ceiling.
 *   measure:  process measures and leaves every sample as it is.
 *   linear:   the gain follows from the measured_… parameters; process applies it and limits.
 *   two-pass: analyse hears the whole stream, solve decides, then process does the same; with
 *             range_target the gain follows the programme's loudness (leveller.h). */

#ifndef LQ_NORM_H
#define LQ_NORM_H

#include "../base/arena.h"
#include "../base/param.h"
#include "../base/ramp.h"
#include "../base/stream.h"
#include "../primitives/loudness.h"
#include "../primitives/truepeak.h"
#include "../processors/ride.h"
#include "forecast.h"
#include "gain-search.h"

enum lq_norm_mode { LQ_NORM_LIVE, LQ_NORM_TWO_PASS, LQ_NORM_LINEAR, LQ_NORM_MEASURE };

enum lq_norm_policy { LQ_NORM_LIMIT, LQ_NORM_CAP };

struct lq_norm_params {
  int32_t mode;   /* enum lq_norm_mode */
  int32_t target; /* index into lq_norm_targets; has written the next three */
  float loudness_target_lufs, max_true_peak_dbtp;
  uint32_t boost;
  float tolerance_lu, min_gain_db, max_gain_db;
  int32_t peak_policy; /* enum lq_norm_policy */
  uint32_t dual_mono;
  float measured_integrated_lufs, measured_true_peak_dbtp;
  float measured_range_lu, measured_sample_peak_dbfs;
  float range_target_lu; /* 0: off */
  struct lq_ride_params live;
};

#define LQ_NORM_ROWS 15
extern const struct lq_param lq_norm_rows[LQ_NORM_ROWS];
#define LQ_NORM_MODULES 2
extern const struct lq_module lq_norm_modules[LQ_NORM_MODULES];

/* What a target writes. */
struct lq_norm_target {
  double loudness_lufs, true_peak_dbtp;
  uint32_t boost;
  double qc_tolerance_lu; /* for the seam, which judges */
};
#define LQ_NORM_CUSTOM 0
#define LQ_NORM_TARGETS 22
extern const struct lq_norm_target lq_norm_targets[LQ_NORM_TARGETS];

struct lq_norm_figures {
  float momentary_lufs, short_term_lufs, integrated_lufs, range_lu;
  float true_peak_dbtp, sample_peak_dbfs;
  float max_momentary_lufs, max_short_term_lufs, peak_to_loudness_db;
  float applied_gain_db, limiter_reduction_db, shortfall_lu;
  float output_integrated_lufs, output_range_lu, output_true_peak_dbtp;
};

#define LQ_NORM_FIGURES 15
extern const struct lq_param lq_norm_figure_rows[LQ_NORM_FIGURES];
extern const struct lq_module lq_norm_figure_modules[1];

/* What a gain is decided from. */
struct lq_norm_measured {
  double integrated_lufs, range_lu;
  double true_peak_dbtp, sample_peak_dbfs;
};

/* What held the gain where it is. */
enum lq_norm_reason {
  LQ_NORM_ON_TARGET,
  LQ_NORM_WITHIN_TOLERANCE, /* left at 0 dB */
  LQ_NORM_AT_CEILING,
  LQ_NORM_AT_MIN_GAIN,
  LQ_NORM_AT_MAX_GAIN,
  LQ_NORM_NO_BOOST,
  LQ_NORM_AT_LIMITER,  /* more gain would only be limited away */
  LQ_NORM_NEAREST,     /* no gain tried came nearer: the result jumps over the target */
  LQ_NORM_RIDDEN,      /* live: the result is known at the end */
  LQ_NORM_UNMEASURABLE /* silence, or under 400 ms: left at 0 dB, or lowered to the ceiling */
};

struct lq_norm_decision {
  double gain_db;
  double result_lufs;  /* predicted; LQ_SILENCE_DB where unmeasurable */
  double shortfall_lu; /* target − result, 0 where met or unmeasurable */
  enum lq_norm_reason reason;
  double strength;  /* of riding for range_target; 0: one gain */
  double range_lu;  /* … what it makes of the range … */
  double peak_dbtp; /* … and the peak before gain and limiter */
};

typedef struct lq_norm {
  lq_stream stream;
  struct lq_norm_params p;
  double quantiser_error; /* most that the output's quantiser adds to a peak, linear */
  bool known;             /* two-pass: solve has decided */
  bool metered;
  bool over;   /* the input is */
  bool moving; /* the gain is under way */
  struct lq_norm_measured measured;
  struct lq_norm_decision decision;
  struct lq_norm_params solved; /* what the decision of two passes was made for */
  lq_ramp gain;                 /* linear */
  lq_ride ride;                 /* live */
  bool kept;                    /* … goes on after a reset with the gain it had */
  double kept_db;
  double ridden_least_db, ridden_most_db; /* … where it has been in this programme … */
  double withheld_db[2]; /* … what bounds took from it at the most, below and above */
  lq_limiter limiter;
  lq_forecast forecast; /* two-pass */
  lq_leveller leveller;
  bool notes; /* two-pass: all of this programme is being noted */
  struct lq_norm_try {
    enum { LQ_NORM_TRY_NONE, LQ_NORM_TRY_LEVELS, LQ_NORM_TRY_RANGE, LQ_NORM_TRY_GAIN } stage;
    lq_gain_search search; /* of the gain */
    uint32_t count;        /* of the strength, at this pace */
    uint32_t pace, best_pace;
    double gain_db, result_lufs; /* the latest */
    double strength, range_lu, last_strength, last_range_lu;
    double best_strength, best_off_lu; /* whose range came nearest, and how near */
  } tried;
  double reduction_db;      /* by the limiter, since the programme began */
  lq_loudness in, out, now; /* now: the input's windows, in the second pass */
  lq_truepeak in_peak, out_peak;
  struct {
    uint32_t phase;    /* frames since the last grid point */
    uint64_t position; /* two-pass, riding: frames since the programme began */
  } z;
} lq_norm;

/* `p` is what it is set to. Latency and memory depend on mode and live-lookahead, which stay. [setup]
 */
bool lq_norm_prepare (
    lq_norm *u, const lq_stream *stream, const struct lq_norm_params *p, lq_arena *arena);
void lq_norm_set (lq_norm *u, const struct lq_norm_params *p);        /* [rt] */
void lq_norm_reset (lq_norm *u);                                      /* [rt] */
void lq_norm_process (lq_norm *u, float *const *ch, uint32_t frames); /* [rt] */
uint32_t lq_norm_latency (const lq_norm *u);                          /* [any] */

/* The most that the output's format adds to a sample, linear: the ceiling gives way by what that
 * makes between samples. [setup] */
void lq_norm_set_output (lq_norm *u, double sample_error);

/* Whether the input is over: then process gets silence, to bring out what is held back, and
 * doesn't measure it. [rt] */
void lq_norm_over (lq_norm *u, bool is);

/* Two-pass, riding: the next frame is this one of the programme. [rt] */
void lq_norm_locate (lq_norm *u, uint64_t frame);

/* Meters start anew; `programme`: what was measured is forgotten, too. [rt] */
void lq_norm_begin (lq_norm *u, bool programme);

/* First of two passes, at most LQ_BLOCK frames: writes notes, up to LQ_FORECAST_NOTES floats,
 * that the caller keeps, and returns their number. Then solve: while it is true, all notes go to
 * retrace in their order, and solve is called again. [rt] */
uint32_t lq_norm_analyse (lq_norm *u, float *const *ch, uint32_t frames, float *notes);
bool lq_norm_solve (lq_norm *u);
void lq_norm_retrace (lq_norm *u, const float *notes, uint32_t n);

/* Whether the figures of the input (linear) and the output (linear, two-pass) are wanted; the
 * output's come from what is handed to lq_norm_written. [rt] */
void lq_norm_meter (lq_norm *u, bool on);
void lq_norm_written (lq_norm *u, const float *const *ch, uint32_t frames);

/* Nothing would change; and: yet process has to see it. [rt] */
bool lq_norm_neutral (const lq_norm *u);
bool lq_norm_listens (const lq_norm *u);

/* `final`: the programme ended, the last samples' overshoot counts. [rt] */
void lq_norm_read (lq_norm *u, struct lq_norm_figures *f, bool final);

/* Whether the first pass has to be noted. [any] */
bool lq_norm_needs_notes (const struct lq_norm_params *p);

/* Two-pass: the riding gain at a frame, dB; the output's peak as foreseen, dBTP; the decision
 * after settings changed. [rt] */
double lq_norm_ridden_gain (const lq_norm *u, double frame);
double lq_norm_foreseen_peak (const lq_norm *u);
struct lq_norm_decision lq_norm_redecide (const lq_norm *u);

/* live: whether it were bounds that left the output `off_lu` from the target. [any] */
bool lq_norm_held (const lq_norm *u, double off_lu);

/* The gain for a stream that measured so. `u` gives the gates where it has heard the stream
 * itself (two-pass), else NULL. [any] */
struct lq_norm_decision lq_norm_decide (const struct lq_norm_params *p,
    const struct lq_norm_measured *measured, double quantiser_error, const lq_loudness *u);

/* The greatest gain, dB, and whether there is a limiter. [any] */
double lq_norm_most_gain (const struct lq_norm_params *p);
bool lq_norm_limits (const struct lq_norm_params *p);

/* The whole programme came out this loud: corrects what the decision foresaw. [rt] */
void lq_norm_settle (lq_norm *u, double result_lufs);

/* Where the limiter is set, linear: below the ceiling by what meters read between the points that
 * it looks at, and by what the output's quantiser may add. [rt] */
double lq_norm_ceiling (const lq_norm *u);

#endif
