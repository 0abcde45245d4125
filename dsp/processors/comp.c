/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: compressor: its parameters; what happens to a block is in comp-run.c.
 * Source:  D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design",
 *          JAES 60(6), 2012; "Parameter Automation in a Dynamic Range Compressor", JAES 61(10),
 *          2013 (on releases that follow the programme); two time constants side by side, of which
 *          the slow one charges on long reduction only, are those of console bus compressors. */

#include "comp-private.h"

#include "../base/mathx.h"
#include "../primitives/times.h"

#include <string.h>

#define HOLD_MAX_MS 500.0

/* The slow gain of a release that follows the programme: it takes this long to charge, and so much
 * longer than the fast one, but at least GIVE_MS, to fall. */
#define TAKE_MS 1000.0
#define GIVE_MS 1200.0
#define OPTO_TAKE_MS 250.0
#define OPTO_GIVE 5.0

/* The even colour's DC goes from here down. */
#define DC_HZ 8.0

const struct lq_comp_manner lq_comp_manners[] = {
  { 1.0f, 1.0f, 1.0f, 0.0f, 0.0f, 0.0f, false },
  { 1.0f, 1.0f, 0.5f, 0.0f, 0.003f, 0.0f, false },
  { 0.5f, 0.75f, 0.25f, 0.0f, 0.012f, 0.003f, false },
  { 1.5f, 1.0f, 1.0f, 6.0f, 0.0f, 0.006f, true },
  { 1.2f, 1.5f, 1.0f, 12.0f, 0.004f, 0.01f, false },
};

static const struct lq_enum detectors = { "LqCompDetector",
  (const struct lq_item[]){ { "peak", "Peak", LQ_COMP_PEAK }, { "rms", "RMS", LQ_COMP_RMS },
      { "smooth", "Smooth peak", LQ_COMP_SMOOTH }, { NULL, NULL, 0 } } };
static const struct lq_enum topologies = { "LqCompTopology",
  (const struct lq_item[]){ { "feed-forward", "Feed-forward", LQ_COMP_FORWARD },
      { "feedback", "Feedback", LQ_COMP_FEEDBACK }, { NULL, NULL, 0 } } };
static const struct lq_enum styles = { "LqCompStyle",
  (const struct lq_item[]){ { "clean", "Clean", LQ_COMP_CLEAN }, { "vca", "VCA", LQ_COMP_VCA },
      { "fet", "FET", LQ_COMP_FET }, { "opto", "Opto", LQ_COMP_OPTO },
      { "vari-mu", "Vari-mu", LQ_COMP_VARI_MU }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_comp_params, name)
#define NUMBER(name, nick, blurb, unit, scale, field, min, max, def)                           \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, scale, FIELD (field), min, max, def, NULL, LQ_PLAYING,  \
        LQ_RAMP_MS                                                                             \
  }
#define SWITCH(name, nick, blurb, field)                                                       \
  {                                                                                            \
    name, nick, blurb, NULL, LQ_BOOL, LQ_LINEAR, FIELD (field), 0, 1, 0, NULL, LQ_PLAYING,     \
        LQ_RAMP_MS                                                                             \
  }
#define CHOICE(name, nick, blurb, field, most, items)                                          \
  {                                                                                            \
    name, nick, blurb, NULL, LQ_ENUM, LQ_LINEAR, FIELD (field), 0, most, 0, &items,            \
        LQ_PLAYING, LQ_RAMP_MS                                                                 \
  }
const struct lq_param lq_comp_rows[LQ_COMP_ROWS] = {
  SWITCH ("enabled", "Compressor", "Compressor on", enabled),
  NUMBER ("threshold", "Compressor threshold", "Level from which on it compresses", "dBFS",
      LQ_LINEAR, threshold_db, -60, 0, -18),
  NUMBER ("ratio", "Compressor ratio",
      "Of level in to level out above the threshold, in feedback topology too; 1 is neutral, "
      "100 infinite",
      NULL, LQ_LOG, ratio, 1, 100, 3),
  NUMBER ("knee", "Compressor knee", "Whole width of the curve's bend", "dB", LQ_LINEAR,
      knee_db, 0, 24, 6),
  NUMBER ("attack", "Compressor attack", "Time to 63 % of a reduction that grows", "ms", LQ_LOG,
      attack_ms, 0.01, 300, 10),
  NUMBER ("hold", "Compressor hold", "Time before the release begins", "ms", LQ_LINEAR, hold_ms,
      0, 500, 0),
  NUMBER ("release", "Compressor release",
      "Time to 63 % of a reduction that ends; with auto-release that of the fast part", "ms",
      LQ_LOG, release_ms, 5, 5000, 120),
  SWITCH ("auto-release", "Automatic release",
      "Recovers fast after bursts and slowly after long reduction", auto_release),
  NUMBER ("range", "Compressor range", "Largest reduction; 90 is no bound", "dB", LQ_LINEAR,
      range_db, 0, 90, 90),
  NUMBER ("makeup", "Makeup gain", "Gain of the compressed signal", "dB", LQ_LINEAR, makeup_db,
      -24, 36, 0),
  SWITCH ("auto-makeup", "Automatic makeup",
      "Adds half of the reduction that the curve makes at 0 dBFS", auto_makeup),
  NUMBER (
      "mix", "Compressor mix", "Dry to compressed", "%", LQ_LINEAR, mix_percent, 0, 100, 100),
  CHOICE ("detector", "Compressor detector",
      "What the level is: peak, RMS over rms-window, or peak with a smooth release", detector,
      2, detectors),
  NUMBER ("rms-window", "RMS window", "Time constant of the mean square", "ms", LQ_LOG,
      rms_window_ms, 1, 300, 20),
  CHOICE ("topology", "Compressor topology",
      "Detects its input or its output; feedback makes no use of look-ahead", topology, 1,
      topologies),
  CHOICE (
      "style", "Compressor style", "Differs in ballistics, knee and colour", style, 4, styles),
  NUMBER ("upward", "Upward compression",
      "Raises what is below the threshold by the same law, by this at most; 0 is off", "dB",
      LQ_LINEAR, upward_db, 0, 24, 0),
  { "lookahead", "Compressor look-ahead",
      "The signal is delayed by this; counts in the latency", "ms", LQ_FLOAT, LQ_LINEAR,
      FIELD (lookahead_ms), 0, 20, 0, NULL, 0, 0 },
  NUMBER ("link", "Compressor link",
      "0: each channel by itself; 100: the largest reduction for all channels", "%", LQ_LINEAR,
      link_percent, 0, 100, 100),
  NUMBER ("sc-hpf", "Detector high-pass", "High-pass of the detector, 12 dB/octave; 0 is off",
      "Hz", LQ_LINEAR, sc_hpf_hz, 0, 5000, 0),
  NUMBER ("sc-lpf", "Detector low-pass", "Low-pass of the detector, 12 dB/octave; 0 is off",
      "Hz", LQ_LINEAR, sc_lpf_hz, 0, 40000, 0),
  NUMBER ("sc-tilt", "Detector tilt",
      "Tilt of the detector around 1 kHz; positive: highs count more", "dB", LQ_LINEAR,
      sc_tilt_db, -12, 12, 0),
  SWITCH ("listen", "Listen", "Hears the detector's signal behind its filters", listen),
};
LQ_ASSERT_ROWS (lq_comp_rows, struct lq_comp_params);

/* Two stages make the mean square, so that lows don't ripple in it; this share is the second's. */
#define SECOND_WINDOW 0.3

static double
slope_of (const struct lq_comp_params *p)
{
  /* The largest ratio stands for ∞. */
  return p->ratio >= 100.0f ? 1.0 : 1.0 - 1.0 / p->ratio;
}

static double
knee_of (const struct lq_comp_params *p)
{
  const struct lq_comp_manner *m = &lq_comp_manners[p->style];

  return m->knee_scale * p->knee_db + m->knee_db;
}

double
lq_comp_curve_db (const struct lq_comp_params *p, double level_db)
{
  const double over = level_db - p->threshold_db, knee = knee_of (p), slope = slope_of (p);
  double down = 0.0;

  if (2.0 * over > knee)
    down = slope * over;
  else if (2.0 * over > -knee)
    down = slope * (over + knee / 2.0) * (over + knee / 2.0) / (2.0 * knee);
  return level_db - fmin (down, p->range_db) + fmin (p->upward_db, fmax (0.0, -over * slope));
}

static uint32_t
frames_of (const lq_comp *u, double ms)
{
  return (uint32_t)lround (ms * u->stream.rate / 1000.0);
}

static bool
lq_comp_prepare_channels (lq_comp *u, lq_arena *arena)
{
  const uint32_t longest = lq_slidemax_groups (frames_of (u, HOLD_MAX_MS));
  bool ok = true;

  u->channel = lq_arena_alloc (arena, u->stream.channels * sizeof *u->channel);
  for (uint32_t c = 0; u->channel && c < u->stream.channels; c++)
    ok = ok && lq_slidemax_prepare (&u->channel[c].peak, longest, arena) &&
         lq_slidemax_prepare (&u->channel[c].power, longest, arena);
  u->level = lq_arena_alloc (arena, u->stream.channels * LQ_BLOCK * sizeof *u->level);
  u->gain = lq_arena_alloc (arena, u->stream.channels * LQ_BLOCK * sizeof *u->gain);
  return ok && u->channel && u->level && u->gain;
}

bool
lq_comp_prepare (
    lq_comp *u, const lq_stream *stream, const struct lq_comp_params *p, lq_arena *arena)
{
  const struct lq_module self = { "", lq_comp_rows, LQ_COMP_ROWS, 0, NULL };
  struct lq_comp_params defaults;
  bool ok;

  memset (u, 0, sizeof *u);
  lq_modules_defaults (&self, 1, &defaults);
  p = p ? p : &defaults;
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->dc_keep = (float)exp (-2.0 * LQ_PI * DC_HZ / stream->rate);
  ok = lq_sidechain_prepare (&u->sidechain, stream, arena) &&
       lq_listen_prepare (&u->listen, stream, arena) &&
       lq_lookahead_prepare (&u->lookahead, stream->channels, frames_of (u, p->lookahead_ms),
           p->enabled, arena) &&
       lq_comp_prepare_channels (u, arena);
  for (int i = 0; i < LQ_COMP_CONTROLS; i++)
    ok = ok && lq_ramp_prepare (&u->ramp[i], stream, arena, LQ_RAMP_MS);
  if (!ok)
    return false;
  lq_comp_set (u, p);
  lq_comp_reset (u);
  return true;
}

static void
lq_comp_set_ballistics (lq_comp *u, const struct lq_comp_params *p)
{
  const struct lq_comp_manner *m = &lq_comp_manners[p->style];
  const double attack = m->attack * p->attack_ms;
  double release = m->release * p->release_ms, give = fmax (GIVE_MS, release);

  u->times.ballistics.decoupled = p->detector == LQ_COMP_SMOOTH;
  if (u->times.ballistics.decoupled)
    release = lq_first_of_two (attack, release);
  u->times.ballistics.attack = lq_keep (u->stream.rate, attack);
  u->times.ballistics.release = lq_keep (u->stream.rate, release);
  u->times.ballistics.lingers = p->auto_release || m->lingers;
  if (!p->auto_release)
    give = OPTO_GIVE * release;
  u->times.ballistics.take = lq_keep (u->stream.rate, p->auto_release ? TAKE_MS : OPTO_TAKE_MS);
  u->times.ballistics.give = lq_keep (u->stream.rate, give);
}

static double
makeup_of (const struct lq_comp_params *p)
{
  const double half = -p->threshold_db * slope_of (p) / 2.0;

  return p->makeup_db + (p->auto_makeup ? half : 0.0);
}

void
lq_comp_set (lq_comp *u, const struct lq_comp_params *p)
{
  const struct lq_comp_manner *m = &lq_comp_manners[p->style];

  /* Off, its filters cost nothing either; on or off it always runs, so that its grid stays. */
  if (p->enabled)
    lq_sidechain_set (&u->sidechain, p->sc_hpf_hz, p->sc_lpf_hz, p->sc_tilt_db);
  else
    lq_sidechain_set (&u->sidechain, 0.0, 0.0, 0.0);
  lq_listen_set (&u->listen, p->enabled && p->listen);
  lq_ramp_set (&u->ramp[LQ_COMP_THRESHOLD], p->threshold_db);
  lq_ramp_set (&u->ramp[LQ_COMP_SLOPE], slope_of (p));
  lq_ramp_set (&u->ramp[LQ_COMP_KNEE], knee_of (p));
  lq_ramp_set (&u->ramp[LQ_COMP_RANGE], p->range_db);
  lq_ramp_set (&u->ramp[LQ_COMP_UPWARD], p->upward_db);
  lq_ramp_set (&u->ramp[LQ_COMP_MAKEUP], makeup_of (p));
  lq_ramp_set (&u->ramp[LQ_COMP_LINK], p->link_percent / 100.0);
  lq_ramp_set (&u->ramp[LQ_COMP_ODD], m->odd);
  lq_ramp_set (&u->ramp[LQ_COMP_EVEN], m->even);
  u->mix = p->mix_percent / 100.0f;
  u->detector = p->detector;
  u->times.loops = p->topology == LQ_COMP_FEEDBACK;
  u->enabled = p->enabled;
  u->holds = p->hold_ms > 0.0f;
  u->keep_mean[0] = lq_keep (
      u->stream.rate, lq_first_of_two (SECOND_WINDOW * p->rms_window_ms, p->rms_window_ms));
  u->keep_mean[1] = lq_keep (u->stream.rate, SECOND_WINDOW * p->rms_window_ms);
  lq_comp_set_ballistics (u, p);
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    lq_slidemax_set (&u->channel[c].peak,
        lq_slidemax_groups (frames_of (u, fmax (LQ_PEAK_HOLD_MS, p->hold_ms))));
    lq_slidemax_set (&u->channel[c].power, lq_slidemax_groups (frames_of (u, p->hold_ms)));
  }
  u->moving = true;
  if (p->enabled)
    lq_lookahead_need (&u->lookahead);
}

void
lq_comp_forget (lq_comp *u)
{
  u->z.split = u->ramp[LQ_COMP_LINK].target != 1.0;
  for (uint32_t c = 0; c < u->stream.channels; c++) {
    struct lq_comp_channel *at = &u->channel[c];
    lq_slidemax_reset (&at->peak);
    lq_slidemax_reset (&at->power);
    at->mean[0] = at->mean[1] = 0.0;
    at->dc_x = at->dc_y = 0.0f;
    memset (&at->state, 0, sizeof at->state);
    memset (&at->next, 0, sizeof at->next);
  }
}

void
lq_comp_reset (lq_comp *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_sidechain_reset (&u->sidechain);
  lq_listen_reset (&u->listen);
  lq_lookahead_reset (&u->lookahead);
  lq_ramp_set (&u->ramp[LQ_COMP_WET], u->enabled ? u->mix : 0.0);
  lq_ramp_set (&u->ramp[LQ_COMP_SWAP], 0.0);
  lq_ramp_set (&u->ramp[LQ_COMP_TIMES], 0.0);
  for (int i = 0; i < LQ_COMP_CONTROLS; i++)
    lq_ramp_jump (&u->ramp[i]);
  lq_comp_forget (u);
  u->z.now = u->times;
  u->z.detector = u->detector;
  u->z.awake = u->enabled;
  u->moving = false;
}

uint32_t
lq_comp_latency (const lq_comp *u)
{
  return lq_lookahead_latency (&u->lookahead);
}

uint32_t
lq_comp_latency_most (const lq_comp *u)
{
  return u->lookahead.frames;
}

uint32_t
lq_comp_grow (lq_comp *u)
{
  return lq_lookahead_grow (&u->lookahead);
}

bool
lq_comp_neutral (const lq_comp *u)
{
  return !u->moving && !u->z.awake && !u->listen.active && lq_comp_latency (u) == 0;
}

float
lq_comp_reduction_db (lq_comp *u)
{
  const float reduction = u->z.reduction_db;

  u->z.reduction_db = 0.0f;
  return reduction;
}
