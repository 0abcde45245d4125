/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: look-ahead limiter for true peaks.
 * Source:  P. Hämäläinen, "Smoothing of the control signal without clipped output in digital
 *          peak limiters", DAFx-02 (a least gain, then a kernel that isn't negative, keeps every
 *          sample under the ceiling); BS.1770-5, Annex 2, for what lies between samples; B-splines:
 *          C. de Boor, "A Practical Guide to Splines", 1978.
 *
 *   x ─┬─→ delay ──────────────────────────────────────────────────────────── × ─→ y
 *      └─→ 8× peaks, largest of channels and of a group of frames             │
 *            → gain it may have: min (1, ceiling / peak)                      │
 *            → least of hold + 4 groups → release → control ─→ cubic B-spline ┘
 *
 * All but the peaks runs once a group, 1000 to 1500 times a second. A frame's gain is made of four
 * controls, none of which exceeds what its group may have, with weights that aren't negative and
 * sum to 1: so neither does it.
 *
 * Release: fast falls with FAST_MS. slow follows it, to SLOW_TAKE_MS of limiting, and falls with
 * SLOW_MS; the deeper one counts. A short peak is over quickly, long limiting doesn't pump.
 *
 * z: group k of output frames begins where the input's count is a multiple of `group`; gains[at]
 * is that of group k + 3, control[1] belongs to group k. */

#include "limiter.h"

#include "../base/mathx.h"
#include "../primitives/interp.h"

#include <string.h>

#define GROUPS_A_SECOND 1400.0
#define AHEAD_GROUPS 3
#define FAST_MS 20.0
#define SLOW_MS 200.0
#define SLOW_TAKE_MS 600.0

/* A reduction of less is none: −100 dB. So that it comes to that, releases also lose a little by
 * the group. */
#define DONE 1e-5
#define CREEP 2e-6

/* A ceiling that falls turns down in the middle of a wave: slower than a gain. */
#define CEILING_RAMP_MS 20.0

/* Windows of the two interpolators: flat to 0.004 dB up to 0.46 of the rate (computed). */
#define HALF_BETA 7.0
#define FINE_BETA 7.0

/* Taps of the whole of both, at the input's rate. */
#define WHOLE (LQ_OVERSHOOT_HALF + 6)

/* Frames read at once: a group and what its peaks are made of. */
#define WORK (LQ_OVERSHOOT_BEFORE + LQ_OVERSHOOT_GROUP + LQ_OVERSHOOT_BEHIND)

#define FIELD(name) offsetof (struct lq_limiter_params, name)
const struct lq_param lq_limiter_rows[LQ_LIMITER_ROWS] = {
  { "enabled", "Limiter", "Holds true peaks under the ceiling", NULL, LQ_BOOL, LQ_LINEAR,
      FIELD (enabled), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "ceiling", "Ceiling", "Highest true peak", "dBTP", LQ_FLOAT, LQ_LINEAR, FIELD (ceiling_db),
      -20, 0, -1, NULL, LQ_PLAYING, CEILING_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_limiter_rows, struct lq_limiter_params);

/* Design. */

/* What the value `phase` of the way between frames m and m + 1 of twice the rate (m = 0: x, 1:
 * half-way) is made of, in x[i − 34 + k]. */
static void
whole_taps (const double *half, const double *fine, uint32_t m, double *h)
{
  memset (h, 0, WHOLE * sizeof *h);
  for (uint32_t k = 0; k < LQ_OVERSHOOT_TAPS; k++) {
    /* Frame m − 5 + k of twice the rate, counted from an even one that can't be negative. */
    const uint32_t frame = m + k + 1, x = frame / 2;
    if (frame % 2 == 0)
      h[LQ_OVERSHOOT_HALF / 2 - 1 + x] += fine[k];
    else
      for (uint32_t j = 0; j < LQ_OVERSHOOT_HALF; j++)
        h[x + j] += fine[k] * half[j];
  }
}

static void
design (struct lq_overshoot_taps *taps)
{
  double half[LQ_OVERSHOOT_HALF], fine[LQ_OVERSHOOT_TAPS], whole[WHOLE];
  double near = 0.0, curve = 0.0;

  lq_interp_design (half, LQ_OVERSHOOT_HALF, 0.5, HALF_BETA);
  for (uint32_t k = 0; k < LQ_OVERSHOOT_HALF / 2; k++)
    taps->half[k] = (float)half[k];
  lq_interp_bound (half, LQ_OVERSHOOT_HALF, 0.5, &near, &curve);
  for (uint32_t quarter = 1; quarter <= 3; quarter++) {
    const double phase = quarter / 4.0;
    lq_interp_design (fine, LQ_OVERSHOOT_TAPS, phase, FINE_BETA);
    for (uint32_t m = 0; m < 2; m++) {
      whole_taps (half, fine, m, whole);
      lq_interp_bound (whole, WHOLE, (m + phase) / 2.0, &near, &curve);
    }
    for (uint32_t k = 0, r = LQ_OVERSHOOT_TAPS - 1; k < LQ_OVERSHOOT_TAPS / 2; k++, r--)
      if (quarter == 1) {
        taps->even[k] = (float)((fine[k] + fine[r]) / 2.0);
        taps->odd[k] = (float)((fine[k] - fine[r]) / 2.0);
      } else if (quarter == 2) {
        taps->mid[k] = (float)fine[k];
      }
  }
  taps->near = (float)near;
  taps->curve = (float)curve;
}

uint32_t
lq_limiter_group (double rate)
{
  const double log2_frames = round (log2 (rate / GROUPS_A_SECOND));

  return 1u << (uint32_t)lq_clamp (log2_frames, 2.0, 8.0);
}

/* Weights of the four controls at each frame of a group. */
static bool
make_basis (lq_limiter *u, lq_arena *arena)
{
  const uint32_t n = u->group;

  u->basis = lq_arena_alloc (arena, (size_t)LQ_LIMITER_KNOTS * n * sizeof *u->basis);
  for (uint32_t i = 0; u->basis && i < n; i++) {
    const double t = (i + 0.5) / n, s = 1.0 - t;
    u->basis[i] = (float)(s * s * s / 6.0);
    u->basis[n + i] = (float)((3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0);
    u->basis[2 * n + i] = (float)((3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0);
    u->basis[3 * n + i] = (float)(t * t * t / 6.0);
  }
  return u->basis != NULL;
}

static double
keep (double ms, double groups_a_second)
{
  return exp (-1000.0 / (ms * groups_a_second));
}

bool
lq_limiter_prepare (lq_limiter *u, const lq_stream *stream, lq_arena *arena)
{
  const double groups = stream->rate / lq_limiter_group (stream->rate);
  const uint32_t hold = (uint32_t)ceil (LQ_LIMITER_HOLD_MS * groups / 1000.0);

  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->channels = stream->channels;
  u->group = lq_limiter_group (stream->rate);
  u->latency = (AHEAD_GROUPS + 1) * u->group + LQ_OVERSHOOT_AHEAD;
  u->window = AHEAD_GROUPS + 1 + hold;
  u->window = u->window < LQ_LIMITER_GROUPS ? u->window : LQ_LIMITER_GROUPS;
  u->fast_keep = keep (FAST_MS, groups);
  u->slow_keep = keep (SLOW_MS, groups);
  u->slow_take = 1.0 - keep (SLOW_TAKE_MS, groups);
  u->scratch = lq_arena_alloc (arena, LQ_OVERSHOOT_SCRATCH * sizeof *u->scratch);
  design (&u->taps);
  if (!u->scratch || !make_basis (u, arena) ||
      !lq_ramp_prepare (&u->ceiling, stream, arena, CEILING_RAMP_MS) ||
      !lq_line_prepare (&u->line, u->channels, u->latency + LQ_OVERSHOOT_BEFORE, arena))
    return false;
  lq_limiter_set_ceiling (u, LQ_LIMITER_OFF);
  lq_limiter_reset (u);
  return true;
}

void
lq_limiter_set_ceiling (lq_limiter *u, double ceiling)
{
  lq_ramp_set (&u->ceiling, ceiling);
}

void
lq_limiter_set (lq_limiter *u, const struct lq_limiter_params *p)
{
  lq_limiter_set_ceiling (u, p->enabled ? lq_db_to_lin (p->ceiling_db) : LQ_LIMITER_OFF);
}

void
lq_limiter_reset (lq_limiter *u)
{
  memset (&u->z, 0, sizeof u->z);
  for (uint32_t i = 0; i < LQ_LIMITER_GROUPS; i++)
    u->z.gains[i] = 1.0f;
  for (uint32_t i = 0; i < LQ_LIMITER_KNOTS; i++)
    u->z.control[i] = 1.0f;
  u->z.least = 1.0f;
  lq_ramp_jump (&u->ceiling);
  lq_line_reset (&u->line);
}

uint32_t
lq_limiter_latency (const lq_limiter *u)
{
  return u->latency;
}

/* Gain. */

/* The least that the groups of the window may have. */
static double
least_gain (const lq_limiter *u)
{
  float least = 1.0f;

  for (uint32_t i = 0; i < u->window; i++) {
    const float gain = u->z.gains[(u->z.at - i) % LQ_LIMITER_GROUPS];
    least = gain < least ? gain : least;
  }
  return least;
}

/* The next control from the least gain. */
static float
release (lq_limiter *u, double least)
{
  const double wanted = 1.0 - least;
  double deeper;

  u->z.fast = u->z.fast * u->fast_keep - CREEP;
  u->z.fast = wanted > u->z.fast ? wanted : u->z.fast;
  if (u->z.fast > u->z.slow)
    u->z.slow += (u->z.fast - u->z.slow) * u->slow_take;
  else
    u->z.slow = u->z.slow * u->slow_keep - CREEP;
  deeper = u->z.fast > u->z.slow ? u->z.fast : u->z.slow;
  if (deeper >= DONE)
    return (float)(1.0 - deeper);
  if (wanted == 0.0)
    u->z.fast = u->z.slow = 0.0;
  return (float)least;
}

void
lq_limiter_follow (lq_limiter *u, double peak_over_ceiling)
{
  const float gain = peak_over_ceiling > 1.0 ? (float)(1.0 / peak_over_ceiling) : 1.0f;

  u->z.at = (u->z.at + 1) % LQ_LIMITER_GROUPS;
  u->z.gains[u->z.at] = gain;
  if (gain < 1.0f)
    u->z.busy = u->window;
  memmove (u->z.control, u->z.control + 1, (LQ_LIMITER_KNOTS - 1) * sizeof *u->z.control);
  u->z.control[LQ_LIMITER_KNOTS - 1] = u->z.busy || u->z.fast > 0.0 || u->z.slow > 0.0
                                           ? release (u, u->z.busy ? least_gain (u) : 1.0)
                                           : 1.0f;
  u->z.busy -= u->z.busy > 0;
}

/* Mean of the gain's square over the group: Simpson's rule. */
double
lq_limiter_power (const lq_limiter *u)
{
  const float *v = u->z.control;
  const double begin = (v[0] + 4.0 * v[1] + v[2]) / 6.0, end = (v[1] + 4.0 * v[2] + v[3]) / 6.0;
  const double middle = (v[0] + 23.0 * v[1] + 23.0 * v[2] + v[3]) / 48.0;

  return (begin * begin + 4.0 * middle * middle + end * end) / 6.0;
}

/* Whether the whole group leaves as it came. */
static bool
idle (const lq_limiter *u)
{
  const float *v = u->z.control;

  return v[0] == 1.0f && v[1] == 1.0f && v[2] == 1.0f && v[3] == 1.0f;
}

double
lq_limiter_take (lq_limiter *u)
{
  const double reduction_db = u->z.least < 1.0f ? -lq_lin_to_db (u->z.least) : 0.0;

  u->z.least = 1.0f;
  return reduction_db;
}

/* Sound. */

/* The peak of the newest group that has all it needs behind it: it ends LQ_OVERSHOOT_AHEAD frames
 * before the next input frame. What can't exceed `floor` isn't looked at closely. */
static float
group_peak (lq_limiter *u, float floor)
{
  const uint32_t first = u->group + LQ_OVERSHOOT_AHEAD;
  float work[WORK], most = 0.0f;

  memset (work + LQ_OVERSHOOT_BEFORE + first, 0,
      (LQ_OVERSHOOT_BEHIND - LQ_OVERSHOOT_AHEAD) * sizeof *work);
  for (uint32_t c = 0; c < u->channels; c++) {
    float *last = &u->z.last[c], before = *last, peak;
    lq_line_read (&u->line, c, first + LQ_OVERSHOOT_BEFORE, work, first + LQ_OVERSHOOT_BEFORE);
    peak = u->kernels->overshoot (
        &u->taps, work + LQ_OVERSHOOT_BEFORE, u->group, floor, last, u->scratch);
    peak = peak > before ? peak : before;
    most = peak > most ? peak : most;
  }
  return most;
}

static void
begin_group (lq_limiter *u)
{
  const double ceiling = lq_ramp_at (&u->ceiling, u->z.hop);
  const float *v = u->z.control;
  float begin;

  lq_limiter_follow (
      u, ceiling < LQ_LIMITER_OFF ? group_peak (u, (float)ceiling) / ceiling : 0.0);
  begin = (v[0] + 4.0f * v[1] + v[2]) / 6.0f;
  u->z.least = !idle (u) && begin < u->z.least ? begin : u->z.least;
}

/* n frames of the group at ch + at, the oldest in the line. */
static void
limit (lq_limiter *u, float *const *ch, uint32_t at, uint32_t n)
{
  const uint32_t group = u->group;
  const float *v = u->z.control, *basis = u->basis + u->z.phase;
  float curve[LQ_OVERSHOOT_GROUP];
  const bool rests = idle (u);

  for (uint32_t i = 0; i < n && !rests; i++)
    curve[i] = basis[i] * v[0] + basis[group + i] * v[1] + basis[2 * group + i] * v[2] +
               basis[3 * group + i] * v[3];
  for (uint32_t c = 0; c < u->channels; c++) {
    float *x = ch[c] + at;
    lq_line_write (&u->line, c, x, n);
    lq_line_read (&u->line, c, u->latency, x, n);
    for (uint32_t i = 0; i < n && !rests; i++)
      x[i] *= curve[i];
  }
}

/* Frames to the next group or grid point, at most n; begins what begins here. */
static uint32_t
next_stretch (const lq_limiter *u, uint32_t n)
{
  const uint32_t left = u->group - u->z.phase;

  n = lq_hop_left (u->z.hop, n);
  return n < left ? n : left;
}

static void
advance (lq_limiter *u, uint32_t n)
{
  lq_line_advance (&u->line, n);
  u->z.phase = (u->z.phase + n) % u->group;
  u->z.hop = (u->z.hop + n) % LQ_HOP;
}

void
lq_limiter_process (lq_limiter *u, float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.hop == 0 && !lq_ramp_resting (&u->ceiling))
      lq_ramp_hop (&u->ceiling);
    if (u->z.phase == 0)
      begin_group (u);
    n = next_stretch (u, frames - done);
    limit (u, ch, done, n);
    advance (u, n);
  }
}

uint32_t
lq_limiter_look (lq_limiter *u, const float *const *ch, uint32_t frames, float *peaks)
{
  uint32_t groups = 0;

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0)
      peaks[groups++] = group_peak (u, 0.0f);
    n = next_stretch (u, frames - done);
    for (uint32_t c = 0; c < u->channels; c++)
      lq_line_write (&u->line, c, ch[c] + done, n);
    advance (u, n);
  }
  return groups;
}
