/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: treble and bass that the groove's limiter takes off.
 * Source:  low-pass by a windowed sinc (F. J. Harris, Proc. IEEE 66(1) 1978), what it leaves is the treble:
 *          no state, so that it costs nothing where nothing is taken. Bass: a pole.
 *
 *   x ─→ symmetric low-pass ─→ x − … ─→ × reduction ─→ − from both channels
 *   m, s ─→ a pole ───────────────────→ × reduction of each ─→ − from both
 *
 * z: low is the poles' state; once idle, they start anew from what they would have heard. */

#include "groovelimit-private.h"

#include "../base/mathx.h"

#include <string.h>

/* Half of the low-pass in periods of its frequency. */
#define PERIODS 2.0

/* Cross-fade to another frequency. */
#define FADE_MS 16.0

/* Frames that a low-pass is run at a time, at the most. */
#define STEP LQ_HOP

void
lq_groovelimit_split_design (lq_groovelimit *u, uint32_t which, double hz)
{
  struct lq_groovelimit_split *const s = &u->split[which];
  const double turn = fmin (hz / u->stream.rate, 0.45), half = PERIODS / turn;
  double sum = 0.0;

  s->hz = hz;
  s->pairs = (uint32_t)half < u->reach ? (uint32_t)half : u->reach;
  for (uint32_t k = 0; k <= s->pairs; k++) {
    const double x = 2.0 * turn * k, w = k / (s->pairs + 1.0);
    const double sinc = k ? sin (LQ_PI * x) / (LQ_PI * x) : 1.0;
    /* Hamming. */
    const double tap = sinc * (0.54 + 0.46 * cos (LQ_PI * w));
    s->half[k] = (float)tap;
    sum += k ? 2.0 * tap : tap;
  }
  for (uint32_t k = 0; k <= s->pairs; k++)
    s->half[k] = (float)(s->half[k] / sum);
}

/* n low-passed frames of x, which has `reach` on both sides. */
static void
low_pass (const lq_groovelimit *u, const struct lq_groovelimit_split *s, const float *x,
    float *low, uint32_t n)
{
  float part[STEP];
  struct lq_fold f = { .middle = x, .weight = s->half[0] };

  memset (low, 0, n * sizeof *low);
  for (uint32_t first = 1; first <= s->pairs; first += f.pairs) {
    const uint32_t left = s->pairs + 1 - first;
    f.pairs = left < LQ_FOLD_PAIRS ? left : LQ_FOLD_PAIRS;
    f.taps = s->half + first;
    for (uint32_t k = 0; k < f.pairs; k++) {
      f.a[k] = x - (first + k);
      f.b[k] = x + (first + k);
    }
    u->kernels->fold (&f, part, n);
    f.middle = NULL;
    for (uint32_t i = 0; i < n; i++)
      low[i] += part[i];
  }
}

/* From split[0] to split[1]. */
static void
fade (const lq_groovelimit *u, const float *x, float *low, uint32_t faded, uint32_t n)
{
  const float step = (float)(1000.0 / (FADE_MS * u->stream.rate));
  float other[STEP];

  low_pass (u, &u->split[1], x, other, n);
  for (uint32_t i = 0; i < n; i++) {
    const float t = (float)(faded + i) * step, s = t < 1.0f ? t * t * (3.0f - 2.0f * t) : 1.0f;
    low[i] += s * (other[i] - low[i]);
  }
}

static bool
active (const float *curve, uint32_t n)
{
  float most = 0.0f;

  for (uint32_t i = 0; i < n; i++)
    most = curve[i] > most ? curve[i] : most;
  return most > 0.0f;
}

/* STEP frames or less. */
static void
step (lq_groovelimit *u, float *const *ch, uint32_t at, uint32_t n)
{
  const float *const curve = u->curve[0] + at;
  float low[STEP];

  for (uint32_t c = 0; c < u->stream.channels; c++) {
    const float *const x = u->work + u->reach;
    float *const y = ch[c] + at;
    lq_line_read (&u->came_in, c, u->late[0] + u->reach - at, u->work, n + 2 * u->reach);
    low_pass (u, &u->split[0], x, low, n);
    if (u->z.fading)
      fade (u, x, low, u->z.faded, n);
    for (uint32_t i = 0; i < n; i++)
      y[i] -= curve[i] * (x[i] - low[i]);
  }
}

/* At a grid point: the frequency that is set. */
static void
turn (lq_groovelimit *u)
{
  if (u->z.fading && u->z.faded * 1000.0 >= FADE_MS * u->stream.rate) {
    const struct lq_groovelimit_split old = u->split[0];
    u->split[0] = u->split[1];
    u->split[1] = old;
    u->z.fading = false;
  }
  if (!u->z.fading && u->split[0].hz != u->p.treble_frequency_hz) {
    lq_groovelimit_split_design (u, 1, u->p.treble_frequency_hz);
    u->z.fading = true;
    u->z.faded = 0;
  }
}

void
lq_groovelimit_treble (lq_groovelimit *u, float *const *ch, uint32_t n)
{
  struct lq_groovelimit_lane *const lane = &u->lane[LQ_GROOVELIMIT_TREBLE];
  const bool any = lq_groovelimit_lane_run (lane, u->z.clock, n);

  if (any)
    lq_groovelimit_lane_curve (lane, u->z.clock, u->curve[0], n);
  for (uint32_t done = 0, some; done < n; done += some) {
    some = lq_hop_left ((u->z.clock + done) % LQ_HOP, n - done);
    if ((u->z.clock + done) % LQ_HOP == 0)
      turn (u);
    if (any && active (u->curve[0] + done, some))
      step (u, ch, done, some);
    if (u->z.fading)
      u->z.faded += some;
  }
}

/* The poles as they would be: a group begins, and with it a step. */
static void
run_in (lq_groovelimit *u, uint32_t at)
{
  double mid = 0.0, side = 0.0;
  float *const l = u->work, *const r = u->curve[0];
  const uint32_t lag = u->late[0] + u->warm - at;

  lq_line_read (&u->came_in, 0, lag, l, u->warm);
  lq_line_read (&u->came_in, u->stream.channels - 1, lag, r, u->warm);
  for (uint32_t i = 0; i < u->warm; i++) {
    mid += (1.0 - u->mid.p) * (0.5 * ((double)l[i] + r[i]) - mid);
    side += (1.0 - u->side.p) * (0.5 * ((double)l[i] - r[i]) - side);
  }
  u->z.low.z[0] = lq_first_bass_state (&u->mid, mid, 0.0);
  u->z.low.z[1] = lq_first_bass_state (&u->side, side, 0.0);
}

void
lq_groovelimit_bass (lq_groovelimit *u, float *const *ch, uint32_t n)
{
  struct lq_groovelimit_lane *const mid = &u->lane[LQ_GROOVELIMIT_MID],
                                    *const side = &u->lane[LQ_GROOVELIMIT_SIDE];
  const uint32_t group = mid->group, t = u->z.clock;
  float *const last = ch[u->stream.channels - 1];
  const bool by_mid = lq_groovelimit_lane_run (mid, t, n),
             by_side = lq_groovelimit_lane_run (side, t, n);

  if (!by_mid && !by_side) {
    u->z.running = false;
    return;
  }
  if (by_mid)
    lq_groovelimit_lane_curve (mid, t, u->curve[1], n);
  else
    memset (u->curve[1], 0, n * sizeof (float));
  if (by_side)
    lq_groovelimit_lane_curve (side, t, u->curve[2], n);
  else
    memset (u->curve[2], 0, n * sizeof (float));
  for (uint32_t done = 0, some; done < n; done += some) {
    const uint32_t left = group - ((t + done) & (group - 1));
    some = left < n - done ? left : n - done;
    if ((!by_mid || lq_limit_idle (lq_groovelimit_lane_controls (mid, t, done))) &&
        (!by_side || lq_limit_idle (lq_groovelimit_lane_controls (side, t, done)))) {
      u->z.running = false;
      continue;
    }
    if (!u->z.running)
      run_in (u, done);
    u->z.running = true;
    u->kernels->bass (&u->mid, &u->side, &u->z.low,
        (float *const[]){ ch[0] + done, last + done }, u->curve[1] + done, u->curve[2] + done,
        (t + done) % LQ_BASS_STEP, some);
  }
}
