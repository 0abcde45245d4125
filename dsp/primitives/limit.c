/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what look-ahead limiters share.
 * Source:  P. Hämäläinen, "Smoothing of the control signal without clipped output in digital
 *          peak limiters", DAFx-02 (a least gain, then a kernel that isn't negative, keeps every
 *          sample under the ceiling); BS.1770-5, Annex 2, for what lies between samples; B-splines:
 *          C. de Boor, "A Practical Guide to Splines", 1978.
 *
 *   x ─┬─→ delay ───────────────────────────────────────────────────────── × ─→ y
 *      └─→ 8× peaks of a piece → what its group may have                   │
 *            → least of hold + 4 groups → (release) → control ─→ cubic B-spline
 *
 * z: allowed[at] is that of group k + 3, control[1] belongs to group k, which leaves. */

#include "limit.h"

#include "../base/mathx.h"
#include "interp.h"

#include <string.h>

/* Windows of the two interpolators: flat to 0.004 dB up to 0.46 of the rate (computed). */
#define HALF_BETA 7.0
#define FINE_BETA 7.0

/* Taps of the whole of both, at the input's rate. */
#define WHOLE (LQ_OVERSHOOT_HALF + 6)

/* Frames read at once: a piece and what its peaks are made of. */
#define WORK (LQ_OVERSHOOT_BEFORE + LQ_OVERSHOOT_GROUP + LQ_OVERSHOOT_BEHIND)

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

float *
lq_limit_basis (uint32_t n, lq_arena *arena)
{
  float *const basis = lq_arena_alloc (arena, (size_t)LQ_LIMIT_KNOTS * n * sizeof *basis);

  for (uint32_t i = 0; basis && i < n; i++) {
    const double t = (i + 0.5) / n, s = 1.0 - t;
    basis[i] = (float)(s * s * s / 6.0);
    basis[n + i] = (float)((3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0);
    basis[2 * n + i] = (float)((3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0);
    basis[3 * n + i] = (float)(t * t * t / 6.0);
  }
  return basis;
}

bool
lq_limit_prepare (
    lq_limit *u, const lq_stream *stream, const struct lq_limit_config *config, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->config = *config;
  u->channels = stream->channels;
  u->group = config->piece * config->pieces;
  u->latency = LQ_LIMIT_KNOTS * u->group + config->spare + LQ_LIMIT_LOOK;
  u->window = LQ_LIMIT_KNOTS;
  u->scratch = lq_arena_alloc (arena, LQ_OVERSHOOT_SCRATCH * sizeof *u->scratch);
  u->lane = lq_arena_alloc (arena, config->lanes * sizeof *u->lane);
  design (&u->taps);
  u->basis = lq_limit_basis (u->group, arena);
  if (!u->scratch || !u->lane || !u->basis ||
      !lq_line_prepare (&u->line, u->channels, u->latency + LQ_OVERSHOOT_BEFORE, arena))
    return false;
  lq_limit_reset (u);
  return true;
}

void
lq_limit_reset (lq_limit *u)
{
  memset (&u->z, 0, sizeof u->z);
  for (uint32_t l = 0; l < u->config.lanes; l++) {
    struct lq_limit_lane *lane = &u->lane[l];
    lane->at = 0;
    lane->least = 1.0f;
    for (uint32_t i = 0; i < LQ_LIMIT_GROUPS; i++)
      lane->allowed[i] = 1.0f;
    for (uint32_t i = 0; i < LQ_LIMIT_KNOTS; i++)
      lane->control[i] = 1.0f;
  }
  lq_line_reset (&u->line);
}

double
lq_limit_error_gain (const lq_limit *u)
{
  double sum = 0.0;

  for (uint32_t k = 0; k < LQ_OVERSHOOT_HALF / 2; k++)
    sum += 2.0 * fabs ((double)u->taps.half[k]);
  return sum;
}

/* Gain. */

/* The least that the groups of the window may have. */
static float
least_gain (const lq_limit *u, const struct lq_limit_lane *lane)
{
  float least = 1.0f;

  for (uint32_t i = 0; i < u->window; i++) {
    const float gain = lane->allowed[(lane->at - i) % LQ_LIMIT_GROUPS];
    least = gain < least ? gain : least;
  }
  return least;
}

void
lq_limit_set_hold (lq_limit *u, uint32_t groups)
{
  const uint32_t window = LQ_LIMIT_KNOTS + groups;

  u->window = window < LQ_LIMIT_GROUPS ? window : LQ_LIMIT_GROUPS - 1;
  for (uint32_t l = 0; l < u->config.lanes; l++)
    u->lane[l].least = least_gain (u, &u->lane[l]);
}

float
lq_limit_note (const lq_limit *u, struct lq_limit_lane *lane, float gain)
{
  float over;

  lane->at = (lane->at + 1) % LQ_LIMIT_GROUPS;
  lane->allowed[lane->at] = gain;
  over = lane->allowed[(lane->at - u->window) % LQ_LIMIT_GROUPS];
  if (gain <= lane->least)
    lane->least = gain;
  else if (over <= lane->least)
    lane->least = least_gain (u, lane);
  return lane->least;
}

void
lq_limit_lower (const lq_limit *u, struct lq_limit_lane *lane, float factor)
{
  for (uint32_t i = 0; i < LQ_LIMIT_GROUPS; i++)
    lane->allowed[i] *= factor;
  lane->least = least_gain (u, lane);
}

/* Sound. */

/* The largest |x|. Magnitudes of floats are in the order of their bits, and a maximum of integers
 * is one that the compiler makes vectors of. */
static float
samples_peak (const float *x, uint32_t n)
{
  int32_t bits[LQ_OVERSHOOT_GROUP], most = 0;
  float peak;

  memcpy (bits, x, n * sizeof *bits);
  for (uint32_t i = 0; i < n; i++) {
    const int32_t magnitude = bits[i] & INT32_MAX;
    most = magnitude > most ? magnitude : most;
  }
  memcpy (&peak, &most, sizeof peak);
  return peak;
}

float
lq_limit_look (lq_limit *u, bool between, float floor, float *peaks)
{
  const uint32_t piece = u->config.piece, first = piece + LQ_LIMIT_LOOK,
                 lag = first + u->config.spare + LQ_OVERSHOOT_BEFORE;
  float work[WORK], most = 0.0f;

  memset (work + LQ_OVERSHOOT_BEFORE + first, 0,
      (LQ_OVERSHOOT_BEHIND - LQ_OVERSHOOT_AHEAD) * sizeof *work);
  for (uint32_t c = 0; c < u->channels; c++) {
    float *x = work + LQ_OVERSHOOT_BEFORE, *last = &u->z.last[c], before = *last, peak;
    if (between) {
      lq_line_read (&u->line, c, lag, work, first + LQ_OVERSHOOT_BEFORE);
      peak = u->kernels->overshoot (&u->taps, x, piece, floor, last, u->scratch);
      peak = peak > before ? peak : before;
    } else {
      lq_line_read (&u->line, c, lag - LQ_OVERSHOOT_BEFORE, x, piece);
      peak = samples_peak (x, piece);
      *last = 0.0f;
    }
    if (peaks)
      peaks[c] = peak;
    most = peak > most ? peak : most;
  }
  return most;
}

static void
advance (lq_limit *u, uint32_t n)
{
  lq_line_advance (&u->line, n);
  u->z.part += n;
  u->z.part = u->z.part < u->config.piece ? u->z.part : 0;
  u->z.phase += n;
  u->z.phase = u->z.phase < u->group ? u->z.phase : 0;
}

void
lq_limit_apply (lq_limit *u, float *const *ch, uint32_t at, uint32_t n, bool split)
{
  const float *basis = u->basis + u->z.phase;

  for (uint32_t c = 0; c < u->channels; c++) {
    lq_line_write (&u->line, c, ch[c] + at, n);
    lq_line_read (&u->line, c, u->latency, ch[c] + at, n);
  }
  /* Two at once where they have one gain. */
  for (uint32_t c = 0, some; c < u->channels; c += some) {
    const struct lq_limit_lane *lane = &u->lane[split ? c : 0];
    some = !split && c + 1 < u->channels ? 2 : 1;
    if (!lq_limit_idle (lane->control))
      u->kernels->spline (
          basis, u->group, lane->control, ch[c] + at, some > 1 ? ch[c + 1] + at : NULL, n);
  }
  advance (u, n);
}

void
lq_limit_hear (lq_limit *u, const float *const *ch, uint32_t at, uint32_t n)
{
  for (uint32_t c = 0; c < u->channels; c++)
    lq_line_write (&u->line, c, ch[c] + at, n);
  advance (u, n);
}
