/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "registry.h"

#include "primitives/level.h"
#include "primitives/loudness.h"
#include "primitives/thirds.h"
#include "primitives/truepeak.h"
#include "chains/cut.h"
#include "chains/master.h"
#include "chains/strip.h"
#include "processors/comp.h"
#include "processors/deess.h"
#include "processors/delay.h"
#include "processors/dyneq.h"
#include "processors/eq.h"
#include "processors/exciter.h"
#include "processors/elliptic.h"
#include "processors/lowend.h"
#include "processors/pass.h"
#include "processors/gate.h"
#include "processors/glue.h"
#include "processors/imager.h"
#include "processors/input.h"
#include "processors/limiter.h"
#include "processors/maximizer.h"
#include "processors/mb.h"
#include "processors/out.h"
#include "processors/reverb.h"
#include "processors/ride.h"
#include "processors/sat.h"
#include "processors/trans.h"

#include <string.h>

/* The unit's five calls behind untyped pointers. */
#define UNIT_PREPARE(type)                                                                     \
  static bool type##_unit_prepare (                                                            \
      void *u, const lq_stream *stream, const void *p, lq_arena *arena)                        \
  {                                                                                            \
    return type##_prepare ((type *)u, stream, arena);                                          \
  }
#define UNIT_PROCESS(type) UNIT_PREPARE (type) UNIT_CALLS (type)
#define UNIT_CALLS(type)                                                                       \
  static void type##_unit_process (void *u, float *const *ch, uint32_t frames)                 \
  {                                                                                            \
    type##_process ((type *)u, ch, frames);                                                    \
  }                                                                                            \
  UNIT_CALLS_BUT_PROCESS (type)
#define UNIT_CALLS_BUT_PROCESS(type)                                                           \
  static void type##_unit_reset (void *u)                                                      \
  {                                                                                            \
    type##_reset ((type *)u);                                                                  \
  }                                                                                            \
  static uint32_t type##_unit_latency (const void *u)                                          \
  {                                                                                            \
    return type##_latency ((const type *)u);                                                   \
  }
#define UNIT_SET(type)                                                                         \
  static void type##_unit_set (void *u, const void *p)                                         \
  {                                                                                            \
    type##_set ((type *)u, (const struct type##_params *)p);                                   \
  }
#define UNIT_TAIL(type)                                                                        \
  static uint32_t type##_unit_tail (const void *u)                                             \
  {                                                                                            \
    return type##_tail ((const type *)u);                                                      \
  }
/* A unit that latches parameters, and may grow late. */
#define UNIT_LATCHES(type)                                                                     \
  static uint32_t type##_unit_grow (void *u)                                                   \
  {                                                                                            \
    return type##_grow ((type *)u);                                                            \
  }                                                                                            \
  UNIT_KEEPS (type)
/* … and never does. */
#define UNIT_KEEPS(type)                                                                       \
  static bool type##_unit_prepare (                                                            \
      void *u, const lq_stream *stream, const void *p, lq_arena *arena)                        \
  {                                                                                            \
    return type##_prepare ((type *)u, stream, (const struct type##_params *)p, arena);         \
  }                                                                                            \
  UNIT_CALLS (type)
#define CALLS(type)                                                                            \
  .size = sizeof (type), .prepare = type##_unit_prepare, .reset = type##_unit_reset,           \
  .process = type##_unit_process, .latency = type##_unit_latency

#define FILTER_CALLS(kind)                                                                     \
  .size = sizeof (lq_pass), .prepare = kind##_unit_prepare, .reset = lq_pass_unit_reset,       \
  .process = lq_pass_unit_process, .latency = lq_pass_unit_latency

/* Meters read only, and know no latency. */
#define UNIT_METER(type, ...)                                                                  \
  UNIT_PREPARE (type)                                                                          \
  static void type##_unit_reset (void *u)                                                      \
  {                                                                                            \
    type##_reset ((type *)u);                                                                  \
  }                                                                                            \
  static void type##_unit_process (void *u, float *const *ch, uint32_t frames)                 \
  {                                                                                            \
    type##_process ((type *)u, (const float *const *)ch, frames __VA_ARGS__);                  \
  }                                                                                            \
  static uint32_t type##_unit_latency (const void *u)                                          \
  {                                                                                            \
    return 0;                                                                                  \
  }

/* What has settings, and rings. */
#define UNIT_SET_TAIL(type) UNIT_SET (type) UNIT_TAIL (type)

UNIT_METER (lq_level, , 1.0)
UNIT_METER (lq_loudness)
UNIT_METER (lq_truepeak)
UNIT_METER (lq_thirds)
UNIT_PROCESS (lq_input)
UNIT_SET_TAIL (lq_input)
UNIT_CALLS (lq_pass)
UNIT_SET_TAIL (lq_pass)
UNIT_KEEPS (lq_imager)
UNIT_SET_TAIL (lq_imager)
UNIT_PROCESS (lq_eq)
UNIT_SET_TAIL (lq_eq)
UNIT_PROCESS (lq_limiter)
UNIT_SET (lq_limiter)
UNIT_PROCESS (lq_deess)
UNIT_SET_TAIL (lq_deess)
UNIT_PROCESS (lq_delay)
UNIT_SET_TAIL (lq_delay)
UNIT_PROCESS (lq_reverb)
UNIT_SET_TAIL (lq_reverb)
UNIT_PROCESS (lq_trans)
UNIT_SET (lq_trans)
UNIT_LATCHES (lq_gate)
UNIT_SET (lq_gate)
UNIT_LATCHES (lq_comp)
UNIT_SET (lq_comp)
UNIT_PROCESS (lq_dyneq)
UNIT_SET_TAIL (lq_dyneq)
UNIT_PROCESS (lq_glue)
UNIT_SET_TAIL (lq_glue)
UNIT_LATCHES (lq_maximizer)
UNIT_SET_TAIL (lq_maximizer)
UNIT_LATCHES (lq_mb)
UNIT_SET_TAIL (lq_mb)
UNIT_LATCHES (lq_sat)
UNIT_SET_TAIL (lq_sat)
UNIT_LATCHES (lq_exciter)
UNIT_SET_TAIL (lq_exciter)
UNIT_PROCESS (lq_elliptic)
UNIT_SET_TAIL (lq_elliptic)
UNIT_PROCESS (lq_lowend)
UNIT_SET_TAIL (lq_lowend)
UNIT_PREPARE (lq_out)
UNIT_CALLS_BUT_PROCESS (lq_out)
UNIT_SET_TAIL (lq_out)
UNIT_CALLS (lq_master)
UNIT_SET_TAIL (lq_master)
UNIT_CALLS (lq_cut)
UNIT_SET_TAIL (lq_cut)
UNIT_CALLS (lq_strip)
UNIT_SET_TAIL (lq_strip)

/* A chain makes two channels of one before the output stage. */
static void
lq_out_unit_process (void *unit, float *const *ch, uint32_t frames)
{
  const lq_out *u = unit;

  if (u->stream.out_channels > u->stream.channels)
    memcpy (ch[1], ch[0], frames * sizeof (float));
  lq_out_process (unit, ch, frames);
}

static bool
lq_strip_unit_prepare (void *u, const lq_stream *stream, const void *params, lq_arena *arena)
{
  uint8_t order[LQ_STAGES];
  struct lq_strip_params defaults = { 0 };
  const char *at;
  size_t length;

  lq_modules_defaults (lq_strip_modules, LQ_STRIP_MODULES, &defaults);
  return lq_track_read_order (LQ_STAGE_ORDER, order, &at, &length) &&
         lq_strip_prepare (u, stream, params ? params : &defaults, order, arena);
}

/* The chain drops what comes a second time before it puts out anything new. */
static uint32_t
lq_strip_unit_grow (void *unit)
{
  return lq_strip_repeats (unit);
}

static uint32_t
lq_eq_unit_grow (void *u)
{
  return lq_eq_grow (u);
}

static bool
lq_master_unit_prepare (void *u, const lq_stream *stream, const void *params, lq_arena *arena)
{
  uint8_t order[LQ_MASTER_FREE];
  struct lq_master_params defaults = { 0 };
  const char *at;
  size_t length;

  lq_modules_defaults (lq_master_modules, LQ_MASTER_MODULES, &defaults);
  return lq_master_read_order (LQ_MASTER_ORDER, order, &at, &length) &&
         lq_master_prepare (u, stream, params ? params : &defaults, order, false, arena);
}

static uint32_t
lq_master_unit_grow (void *unit)
{
  return lq_master_repeats (unit);
}

static bool
lq_cut_unit_prepare (void *u, const lq_stream *stream, const void *params, lq_arena *arena)
{
  struct lq_cut_params defaults = { 0 };

  lq_modules_defaults (lq_cut_modules, LQ_CUT_MODULES, &defaults);
  return lq_cut_prepare (u, stream, params ? params : &defaults, false, arena);
}

static uint32_t
lq_cut_unit_grow (void *unit)
{
  return lq_cut_grow (unit);
}

static bool
eq_full_unit_prepare (void *u, const lq_stream *stream, const void *p, lq_arena *arena)
{
  return lq_eq_prepare_full (u, stream, p, arena);
}

static bool
hpf_unit_prepare (void *u, const lq_stream *stream, const void *p, lq_arena *arena)
{
  return lq_pass_prepare (u, LQ_PASS_HIGH, stream, arena);
}

static bool
lpf_unit_prepare (void *u, const lq_stream *stream, const void *p, lq_arena *arena)
{
  return lq_pass_prepare (u, LQ_PASS_LOW, stream, arena);
}

/* The rider is told its look-ahead and its aim by the chain; here they are a switch. */
#define RIDE_LOOKAHEAD_MS 20.0
#define RIDE_TARGET_LUFS (-23.0)
#define RIDE_BOUND_DB 60.0

struct ride_unit_params {
  uint32_t enabled;
  struct lq_ride_params live;
};

static const struct lq_param ride_switch[] = { { "enabled", "Rider", "Rides the gain", NULL,
    LQ_BOOL, LQ_LINEAR, offsetof (struct ride_unit_params, enabled), 0, 1, 0, NULL, LQ_PLAYING,
    LQ_RAMP_MS } };

UNIT_CALLS (lq_ride)

static bool
lq_ride_unit_prepare (void *u, const lq_stream *stream, const void *p, lq_arena *arena)
{
  const uint32_t lookahead = (uint32_t)(stream->rate * RIDE_LOOKAHEAD_MS / 1000.0);

  return lq_ride_prepare (u, stream, lookahead, arena);
}

static void
lq_ride_unit_set (void *u, const void *params)
{
  const struct ride_unit_params *p = params;
  const double bound = p->enabled ? RIDE_BOUND_DB : 0.0;

  lq_ride_set (u, &p->live);
  lq_ride_aim (u, &(struct lq_ride_aim){ RIDE_TARGET_LUFS, 0.0, -bound, bound });
}

static const struct lq_module ride_modules[] = { { "", ride_switch, 1, 0, NULL },
  { "", lq_ride_rows, LQ_RIDE_ROWS, offsetof (struct ride_unit_params, live), NULL } };
static const struct lq_module hpf_module[] = { { "", lq_pass_rows, LQ_PASS_ROWS, 0,
    lq_hpf_overrides } };
static const struct lq_module lpf_module[] = { { "", lq_pass_rows, LQ_PASS_ROWS, 0,
    lq_lpf_overrides } };
static const struct lq_module eq_modules[] = { LQ_EQ_MODULE_LIST (0) };
static const struct lq_module eq_full_modules[] = { LQ_EQ_FULL_MODULE_LIST (0) };
static const struct lq_module imager_modules[] = { LQ_IMAGER_MODULE_LIST (0) };
static const struct lq_module exciter_modules[] = { LQ_EXCITER_MODULE_LIST (0) };
static const struct lq_module elliptic_module[] = { { "", lq_elliptic_rows, LQ_ELLIPTIC_ROWS, 0,
    NULL } };
static const struct lq_module lowend_module[] = { { "", lq_lowend_rows, LQ_LOWEND_ROWS, 0,
    NULL } };
/* The same with linear phase and, for brevity, few taps; what it latches isn't tried here. */
static const struct lq_param eq_linear_rows[] = {
  { "enabled", "Equaliser", "The whole equaliser on", NULL, LQ_BOOL, LQ_LINEAR,
      offsetof (struct lq_eq_params, enabled), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "phase", "Phase", "Linear", NULL, LQ_UINT, LQ_LINEAR, offsetof (struct lq_eq_params, phase),
      LQ_EQ_LINEAR, LQ_EQ_LINEAR, LQ_EQ_LINEAR, NULL, 0, 0 },
  { "taps", "Taps", "N", NULL, LQ_UINT, LQ_LINEAR, offsetof (struct lq_eq_params, taps), 2048,
      2048, 2048, NULL, 0, 0 },
};
static const struct lq_module eq_linear_modules[] = {
  { "eq", eq_linear_rows, LQ_EQ_FULL_ROWS, 0, NULL },
  LQ_EQ_BAND_MODULE ("eq1", LQ_EQ_FULL_BAND_ROWS, 0, 0),
  LQ_EQ_BAND_MODULE ("eq2", LQ_EQ_FULL_BAND_ROWS, 0, 1),
};
static const struct lq_module input_module[] = { { "", lq_input_rows, LQ_INPUT_ROWS, 0,
    NULL } };
static const struct lq_module limiter_module[] = { { "", lq_limiter_rows, LQ_LIMITER_ROWS, 0,
    NULL } };
static const struct lq_module deess_module[] = { { "", lq_deess_rows, LQ_DEESS_ROWS, 0,
    NULL } };
static const struct lq_module delay_module[] = { { "", lq_delay_rows, LQ_DELAY_ROWS, 0,
    NULL } };
static const struct lq_module reverb_module[] = { { "", lq_reverb_rows, LQ_REVERB_ROWS, 0,
    NULL } };
static const struct lq_module trans_module[] = { { "", lq_trans_rows, LQ_TRANS_ROWS, 0,
    NULL } };
static const struct lq_module gate_module[] = { { "", lq_gate_rows, LQ_GATE_ROWS, 0, NULL } };
static const struct lq_module mb_modules[] = { LQ_MB_MODULE_LIST (0) };
static const struct lq_module comp_module[] = { { "", lq_comp_rows, LQ_COMP_ROWS, 0, NULL } };
static const struct lq_module dyneq_modules[] = { LQ_DYNEQ_MODULE_LIST (0) };
static const struct lq_module glue_module[] = { { "", lq_glue_rows, LQ_GLUE_ROWS, 0, NULL } };
static const struct lq_module maximizer_module[] = { { "", lq_maximizer_rows, LQ_MAXIMIZER_ROWS,
    0, NULL } };
static const struct lq_module sat_module[] = { { "", lq_sat_rows, LQ_SAT_ROWS, 0, NULL } };
static const struct lq_module out_module[] = { { "", lq_out_rows, LQ_OUT_ROWS, 0, NULL } };

#define EQ_FULL_CALLS                                                                          \
  .size = sizeof (lq_eq), .prepare = eq_full_unit_prepare, .reset = lq_eq_unit_reset,          \
  .process = lq_eq_unit_process, .latency = lq_eq_unit_latency

static const struct lq_unit units[] = {
  { "level", LQ_UNIT_ANALYSER, 1, LQ_CHANNELS_MAX, CALLS (lq_level) },
  { "loudness", LQ_UNIT_ANALYSER, 1, LQ_CHANNELS_MAX, CALLS (lq_loudness) },
  { "truepeak", LQ_UNIT_ANALYSER, 1, LQ_CHANNELS_MAX, CALLS (lq_truepeak) },
  { "thirds", LQ_UNIT_ANALYSER, 1, LQ_THIRDS_CHANNELS, CALLS (lq_thirds) },
  { "input", 0, 1, LQ_CHANNELS_MAX, .modules = input_module, .n_modules = 1,
      .params_size = sizeof (struct lq_input_params), .set = lq_input_unit_set,
      .tail = lq_input_unit_tail, CALLS (lq_input) },
  { "hpf", 0, 1, LQ_CHANNELS_MAX, .modules = hpf_module, .n_modules = 1,
      .params_size = sizeof (struct lq_pass_params), .set = lq_pass_unit_set,
      .tail = lq_pass_unit_tail, FILTER_CALLS (hpf) },
  { "lpf", 0, 1, LQ_CHANNELS_MAX, .modules = lpf_module, .n_modules = 1,
      .params_size = sizeof (struct lq_pass_params), .set = lq_pass_unit_set,
      .tail = lq_pass_unit_tail, FILTER_CALLS (lpf) },
  { "eq", 0, 1, LQ_CHANNELS_MAX, .modules = eq_modules, .n_modules = LQ_EQ_MODULES,
      .params_size = sizeof (struct lq_eq_params), .set = lq_eq_unit_set,
      .tail = lq_eq_unit_tail, CALLS (lq_eq) },
  { "eq-full", 0, 1, 2, .modules = eq_full_modules, .n_modules = LQ_EQ_MODULES,
      .params_size = sizeof (struct lq_eq_params), .set = lq_eq_unit_set,
      .tail = lq_eq_unit_tail, .grow = lq_eq_unit_grow, EQ_FULL_CALLS },
  { "eq-linear", 0, 1, 2, .modules = eq_linear_modules,
      .n_modules = LQ_COUNT (eq_linear_modules), .params_size = sizeof (struct lq_eq_params),
      .set = lq_eq_unit_set, .tail = lq_eq_unit_tail, .grow = lq_eq_unit_grow, EQ_FULL_CALLS },
  { "imager", 0, 1, 2, .modules = imager_modules, .n_modules = LQ_IMAGER_MODULES,
      .params_size = sizeof (struct lq_imager_params), .set = lq_imager_unit_set,
      .tail = lq_imager_unit_tail, CALLS (lq_imager) },
  { "exciter", 0, 1, 2, .modules = exciter_modules, .n_modules = LQ_EXCITER_MODULES,
      .params_size = sizeof (struct lq_exciter_params), .set = lq_exciter_unit_set,
      .tail = lq_exciter_unit_tail, .grow = lq_exciter_unit_grow, CALLS (lq_exciter) },
  { "elliptic", LQ_UNIT_COLOURS, 1, 2, .modules = elliptic_module, .n_modules = 1,
      .params_size = sizeof (struct lq_elliptic_params), .set = lq_elliptic_unit_set,
      .tail = lq_elliptic_unit_tail, CALLS (lq_elliptic) },
  { "lowend", 0, 1, 2, .modules = lowend_module, .n_modules = 1,
      .params_size = sizeof (struct lq_lowend_params), .set = lq_lowend_unit_set,
      .tail = lq_lowend_unit_tail, CALLS (lq_lowend) },
  { "dyneq", 0, 1, 2, .modules = dyneq_modules, .n_modules = LQ_DYNEQ_MODULES,
      .params_size = sizeof (struct lq_dyneq_params), .set = lq_dyneq_unit_set,
      .tail = lq_dyneq_unit_tail, CALLS (lq_dyneq) },
  { "limiter", 0, 1, LQ_CHANNELS_MAX, .modules = limiter_module, .n_modules = 1,
      .params_size = sizeof (struct lq_limiter_params), .set = lq_limiter_unit_set,
      CALLS (lq_limiter) },
  { "ride", 0, 1, LQ_CHANNELS_MAX, .modules = ride_modules,
      .n_modules = LQ_COUNT (ride_modules), .params_size = sizeof (struct ride_unit_params),
      .set = lq_ride_unit_set, CALLS (lq_ride) },
  { "deess", 0, 1, LQ_CHANNELS_MAX, .modules = deess_module, .n_modules = 1,
      .params_size = sizeof (struct lq_deess_params), .set = lq_deess_unit_set,
      .tail = lq_deess_unit_tail, CALLS (lq_deess) },
  { "trans", 0, 1, LQ_CHANNELS_MAX, .modules = trans_module, .n_modules = 1,
      .params_size = sizeof (struct lq_trans_params), .set = lq_trans_unit_set,
      CALLS (lq_trans) },
  { "gate", 0, 1, LQ_CHANNELS_MAX, .modules = gate_module, .n_modules = 1,
      .params_size = sizeof (struct lq_gate_params), .set = lq_gate_unit_set,
      .grow = lq_gate_unit_grow, CALLS (lq_gate) },
  { "mb", 0, 1, 2, .modules = mb_modules, .n_modules = LQ_MB_MODULES,
      .params_size = sizeof (struct lq_mb_params), .set = lq_mb_unit_set,
      .tail = lq_mb_unit_tail, .grow = lq_mb_unit_grow, CALLS (lq_mb) },
  { "comp", 0, 1, LQ_CHANNELS_MAX, .modules = comp_module, .n_modules = 1,
      .params_size = sizeof (struct lq_comp_params), .set = lq_comp_unit_set,
      .grow = lq_comp_unit_grow, CALLS (lq_comp) },
  { "glue", 0, 1, LQ_CHANNELS_MAX, .modules = glue_module, .n_modules = 1,
      .params_size = sizeof (struct lq_glue_params), .set = lq_glue_unit_set,
      .tail = lq_glue_unit_tail, CALLS (lq_glue) },
  { "sat", 0, 1, LQ_CHANNELS_MAX, .modules = sat_module, .n_modules = 1,
      .params_size = sizeof (struct lq_sat_params), .set = lq_sat_unit_set,
      .tail = lq_sat_unit_tail, .grow = lq_sat_unit_grow, CALLS (lq_sat) },
  { "maximizer", 0, 1, LQ_CHANNELS_MAX, .modules = maximizer_module, .n_modules = 1,
      .params_size = sizeof (struct lq_maximizer_params), .set = lq_maximizer_unit_set,
      .tail = lq_maximizer_unit_tail, .grow = lq_maximizer_unit_grow, CALLS (lq_maximizer) },
  { "delay", LQ_UNIT_ECHOES, 1, LQ_CHANNELS_MAX, .modules = delay_module, .n_modules = 1,
      .params_size = sizeof (struct lq_delay_params), .set = lq_delay_unit_set,
      .tail = lq_delay_unit_tail, CALLS (lq_delay) },
  { "reverb", LQ_UNIT_ECHOES, 1, LQ_CHANNELS_MAX, .modules = reverb_module, .n_modules = 1,
      .params_size = sizeof (struct lq_reverb_params), .set = lq_reverb_unit_set,
      .tail = lq_reverb_unit_tail, CALLS (lq_reverb) },
  { "out", LQ_UNIT_WIDENS, 1, LQ_CHANNELS_MAX, .modules = out_module, .n_modules = 1,
      .params_size = sizeof (struct lq_out_params), .set = lq_out_unit_set,
      .tail = lq_out_unit_tail, CALLS (lq_out) },
  { "master", 0, 1, 2, .modules = lq_master_modules, .n_modules = LQ_MASTER_MODULES,
      .params_size = sizeof (struct lq_master_params), .set = lq_master_unit_set,
      .tail = lq_master_unit_tail, .grow = lq_master_unit_grow, CALLS (lq_master) },
  { "cut", LQ_UNIT_COLOURS, 1, 2, .modules = lq_cut_modules, .n_modules = LQ_CUT_MODULES,
      .params_size = sizeof (struct lq_cut_params), .set = lq_cut_unit_set,
      .tail = lq_cut_unit_tail, .grow = lq_cut_unit_grow, CALLS (lq_cut) },
  { "strip", LQ_UNIT_WIDENS | LQ_UNIT_ECHOES, 1, LQ_CHANNELS_MAX, .modules = lq_strip_modules,
      .n_modules = LQ_STRIP_MODULES, .params_size = sizeof (struct lq_strip_params),
      .set = lq_strip_unit_set, .tail = lq_strip_unit_tail, .grow = lq_strip_unit_grow,
      CALLS (lq_strip) },
};

const struct lq_unit *
lq_units (uint32_t *n)
{
  *n = LQ_COUNT (units);
  return units;
}
