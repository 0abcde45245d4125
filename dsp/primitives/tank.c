/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: reverberation by a feedback delay network.
 * Source:  Jot and Chaigne 1991 (network); Schroeder 1962 (allpass diffusers); Schlecht and Habets
 *          2015 (a matrix that moves instead of the lines: nothing is lost to interpolation).
 *
 *   a, b ─┬─→ early ─→ taps, × tap ──────────────────────────────────────────┐
 *         └─→ 4 allpasses each ─→ × inject ─→ ± ─→ + ─→ 16 lines ─→ damping ─┐│
 *                                                  ↑                         ││
 *                                 turns of pairs ←─┴──── H/4 ←───────────────┘│
 *                                                        └─→ a row each ─→ + ─┴─→ out
 *
 * A line begins with what its input is now, so that a step may have as many frames as the shortest
 * time in a loop: everything is a plain loop over frames, but for the damping's recursion.
 *
 * z: from is the room at rest, to the one that is faded to. Gains go straight from their values at
 * the beginning of a hop to those at its end, which ramps give. turn: phasors, one a pair of lines,
 * whose imaginary part times the modulation is the sine of the angle. */

#include "tank.h"

#include "../base/mathx.h"
#include "../base/param.h"

#include <string.h>

/* Sine of the largest angle at full modulation; rates of the pairs, Hz. */
#define TURN_MOST 0.9
#define TURN_SLOWEST_HZ 1.7
#define TURN_SPREAD 1.17

#define NEPERS_60 6.907755279 /* of 60 dB */

/* Planes of a step. */
enum {
  DAMPED = 0,
  LATE = LQ_TANK_LINES,
  BLEND = 2 * LQ_TANK_LINES,
  DIFFUSED = 3 * LQ_TANK_LINES,
  SPARE = DIFFUSED + 2,
  PLANES = SPARE + 1
};

static const struct lq_tank_spec unset = { LQ_TANK_PLATE, 1.5, 0.5, 0.4, 0.8, 0.2 };

bool
lq_tank_prepare (lq_tank *u, double rate, uint32_t channels, lq_arena *arena)
{
  const lq_stream stream = { .rate = rate };
  lq_ramp *const ramps[] = { &u->decay, &u->damping, &u->diffusion, &u->modulation, &u->fade };
  uint32_t longest[3];

  memset (u, 0, sizeof *u);
  u->rate = rate;
  u->channels = channels;
  u->kernels = lq_kernels ();
  lq_tank_longest (rate, longest);
  for (uint32_t i = 0; i < sizeof ramps / sizeof ramps[0]; i++)
    if (!lq_ramp_prepare (ramps[i], &stream, arena, LQ_TANK_RAMP_MS))
      return false;
  u->planes = lq_arena_alloc (arena, PLANES * LQ_HOP * sizeof (float));
  if (!u->planes || !lq_ring_prepare (&u->lines, LQ_TANK_LINES, longest[0], arena) ||
      !lq_ring_prepare (&u->allpasses, 2 * LQ_TANK_ALLPASSES, longest[1], arena) ||
      !lq_ring_prepare (&u->early, 2, longest[2], arena))
    return false;
  for (int p = 0; p < LQ_TANK_LINES / 2; p++) {
    const double angle = 2.0 * LQ_PI * TURN_SLOWEST_HZ * pow (TURN_SPREAD, p) * LQ_HOP / rate;
    u->turn_re[p] = cos (angle);
    u->turn_im[p] = sin (angle);
  }
  lq_tank_set (u, &unset);
  lq_tank_reset (u);
  return true;
}

void
lq_tank_set (lq_tank *u, const struct lq_tank_spec *spec)
{
  u->spec = *spec;
  lq_ramp_set (&u->decay, log (spec->decay_s));
  lq_ramp_set (&u->damping, spec->damping);
  lq_ramp_set (&u->diffusion, spec->diffusion);
  lq_ramp_set (&u->modulation, sqrt (spec->modulation));
}

static void
go (struct lq_tank_gain *gain, float from, float to)
{
  gain->now = from;
  gain->step = (to - from) / LQ_HOP;
}

/* Gains of the hop from where the last one ended to `end`. */
static void
aim (lq_tank *u, const struct lq_tank_gains *end, double share_now, double share_end)
{
  const struct lq_tank_gains *now = &u->z.end;
  struct lq_tank_gain inject;

  for (int i = 0; i < 5 * LQ_TANK_LINES; i++) {
    const int k = i / LQ_TANK_LINES, line = i % LQ_TANK_LINES;
    u->z.damp.now[k][line] = now->damp[k][line];
    u->z.damp.step[k][line] = (end->damp[k][line] - now->damp[k][line]) / LQ_HOP;
  }
  for (int i = 0; i < 2 * LQ_TANK_ALLPASSES; i++)
    go (&u->z.allpass[i / LQ_TANK_ALLPASSES][i % LQ_TANK_ALLPASSES],
        now->allpass[i / LQ_TANK_ALLPASSES][i % LQ_TANK_ALLPASSES],
        end->allpass[i / LQ_TANK_ALLPASSES][i % LQ_TANK_ALLPASSES]);
  for (int k = 0; k < LQ_TANK_TAPS; k++) {
    go (&u->z.tap[0][k], (float)(now->tap[k] * (1.0 - share_now)),
        (float)(end->tap[k] * (1.0 - share_end)));
    go (&u->z.tap[1][k], (float)(now->tap[k] * share_now), (float)(end->tap[k] * share_end));
  }
  go (&inject, now->inject, end->inject);
  u->z.mix.inject = inject.now;
  u->z.mix.inject_step = inject.step;
  u->z.end = *end;
}

/* The spec as ramps have it at the end of the hop. */
static struct lq_tank_spec
spec_at_end (const lq_tank *u)
{
  return (struct lq_tank_spec){ .decay_s = exp (u->decay.z.end),
    .damping = u->damping.z.end,
    .diffusion = u->diffusion.z.end };
}

static void
start_phasors (lq_tank *u)
{
  for (int p = 0; p < LQ_TANK_LINES / 2; p++) {
    const double angle = 2.399963 * p; /* the golden angle */
    u->z.re[p] = cos (angle);
    u->z.im[p] = sin (angle);
  }
}

void
lq_tank_reset (lq_tank *u)
{
  struct lq_tank_gains gains;
  struct lq_tank_spec spec;

  memset (&u->z, 0, sizeof u->z);
  lq_ramp_jump (&u->decay);
  lq_ramp_jump (&u->damping);
  lq_ramp_jump (&u->diffusion);
  lq_ramp_jump (&u->modulation);
  lq_ring_reset (&u->lines);
  lq_ring_reset (&u->allpasses);
  lq_ring_reset (&u->early);
  spec = spec_at_end (u);
  lq_tank_design_times (&u->z.from, u->rate, u->channels, &u->spec);
  lq_tank_design_gains (&gains, u->rate, &u->z.from, &u->z.from, 0.0, &spec);
  u->z.end = gains;
  aim (u, &gains, 0.0, 0.0);
  start_phasors (u);
}

/* Times. */
static void
hop_times (lq_tank *u)
{
  if (u->z.fading) {
    if (!lq_ramp_resting (&u->fade)) {
      lq_ramp_hop (&u->fade);
      return;
    }
    u->z.from = u->z.to;
    u->z.fading = false;
  }
  if (u->spec.type == u->z.from.type && u->spec.size == u->z.from.size)
    return;
  lq_tank_design_times (&u->z.to, u->rate, u->channels, &u->spec);
  u->z.fading = true;
  lq_ramp_jump_to (&u->fade, 0.0);
  lq_ramp_set (&u->fade, 1.0);
  lq_ramp_hop (&u->fade);
}

/* Pairs turn on by the time of a hop. */
static void
hop_turns (lq_tank *u)
{
  struct lq_tank_mix *mix = &u->z.mix;
  const double begin = TURN_MOST * u->modulation.z.value, end = TURN_MOST * u->modulation.z.end;

  mix->turning = begin != 0.0 || end != 0.0;
  for (int p = 0; p < LQ_TANK_LINES / 2; p++) {
    const double re = u->turn_re[p] * u->z.re[p] - u->turn_im[p] * u->z.im[p],
                 im = u->turn_im[p] * u->z.re[p] + u->turn_re[p] * u->z.im[p];
    const double unit = 1.5 - 0.5 * (re * re + im * im); /* back to length 1 */
    const double now = begin * u->z.im[p], next = end * im * unit;
    const double now_cos = sqrt (1.0 - now * now), next_cos = sqrt (1.0 - next * next);
    mix->sine[p] = (float)now;
    mix->sine_step[p] = (float)((next - now) / LQ_HOP);
    mix->cosine[p] = (float)now_cos;
    mix->cosine_step[p] = (float)((next_cos - now_cos) / LQ_HOP);
    u->z.re[p] = re * unit;
    u->z.im[p] = im * unit;
  }
}

void
lq_tank_hop (lq_tank *u)
{
  const bool was_fading = u->z.fading, was_moving = u->z.moving;
  bool moving = false;
  double begin = 0.0, end = 0.0;

  hop_times (u);
  moving |= lq_ramp_move (&u->decay);
  moving |= lq_ramp_move (&u->damping);
  moving |= lq_ramp_move (&u->diffusion);
  lq_ramp_move (&u->modulation);
  hop_turns (u);
  if (u->z.fading) {
    begin = u->fade.z.value;
    end = u->fade.z.end;
  }
  moving |= u->z.fading || was_fading;
  if (moving) {
    const struct lq_tank_spec spec = spec_at_end (u);
    struct lq_tank_gains gains;
    lq_tank_design_gains (
        &gains, u->rate, &u->z.from, u->z.fading ? &u->z.to : &u->z.from, end, &spec);
    aim (u, &gains, begin, end);
  } else if (was_moving) {
    const struct lq_tank_gains gains = u->z.end;
    aim (u, &gains, 0.0, 0.0);
  }
  u->z.damp.moving = moving;
  u->z.moving = moving;
}

uint32_t
lq_tank_step (const lq_tank *u)
{
  uint32_t n = u->z.from.shortest < LQ_HOP ? u->z.from.shortest : LQ_HOP;

  return u->z.fading && u->z.to.shortest < n ? u->z.to.shortest : n;
}

static float *
plane (const lq_tank *u, uint32_t i)
{
  return u->planes + (size_t)i * LQ_HOP;
}

/* Between two reading points, into `out`. */
static const float *
blend (const float *from, const float *to, const float *fade, float *out, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    out[i] = from[i] + fade[i] * (to[i] - from[i]);
  return out;
}

/* What a reading point hears; `spare` is written where it is between two. */
static inline const float *
hear (const lq_tank *u, const lq_ring *ring, uint32_t line, uint32_t from, uint32_t to,
    const float *fade, float *spare, uint32_t n)
{
  const float *past = lq_ring_past (ring, line, from, n);

  if (!u->z.fading || from == to)
    return past;
  return blend (past, lq_ring_past (ring, line, to, n), fade, spare, n);
}

static void
diffuse (lq_tank *u, const float *fade, uint32_t phase, uint32_t n)
{
  for (uint32_t side = 0; side < 2; side++) {
    const float *x = lq_ring_place (&u->early, side);
    float *y = plane (u, DIFFUSED + side);
    for (uint32_t k = 0; k < LQ_TANK_ALLPASSES; k++, x = y) {
      const uint32_t line = side * LQ_TANK_ALLPASSES + k;
      const float *past = hear (u, &u->allpasses, line, u->z.from.allpass[side][k],
          u->z.to.allpass[side][k], fade, plane (u, SPARE), n);
      u->kernels->tank_allpass (
          &u->z.allpass[side][k], x, past, lq_ring_place (&u->allpasses, line), y, phase, n);
      lq_ring_wrote (&u->allpasses, line, n);
    }
  }
  lq_ring_advance (&u->allpasses, n);
}

/* The row of H that output c has: no two of them, the sides that lines are fed from left out, are
 * the same or each other's negative as long as there are rows. */
static uint32_t
row_of (uint32_t c)
{
  static const uint8_t rows[LQ_TANK_LINES] = { 5, 10, 3, 12, 6, 9, 15, 0, 4, 11, 2, 13, 7, 8,
    14, 1 };

  return rows[c % LQ_TANK_LINES];
}

static void
circulate (lq_tank *u, const float *fade, uint32_t phase, uint32_t n)
{
  const float *ends[LQ_TANK_LINES];
  float *to[LQ_TANK_LINES], *rows[LQ_TANK_LINES] = { NULL };

  for (uint32_t i = 0; i < LQ_TANK_LINES; i++) {
    ends[i] = hear (
        u, &u->lines, i, u->z.from.line[i], u->z.to.line[i], fade, plane (u, BLEND + i), n);
    to[i] = lq_ring_place (&u->lines, i);
  }
  for (uint32_t c = 0; c < u->channels && c < LQ_TANK_LINES; c++)
    rows[row_of (c)] = plane (u, LATE + row_of (c));
  u->kernels->tank_damp (&u->z.damp, u->z.state, ends, plane (u, DAMPED), phase, n);
  u->kernels->tank_mix (&u->z.mix, plane (u, DAMPED), plane (u, DIFFUSED),
      plane (u, DIFFUSED + 1), to, rows, phase, n);
  for (uint32_t i = 0; i < LQ_TANK_LINES; i++)
    lq_ring_wrote (&u->lines, i, n);
  lq_ring_advance (&u->lines, n);
}

/* Sources of output c that are early, and their gains; how many. */
static uint32_t
gather (const lq_tank *u, uint32_t c, const float **x, struct lq_tank_gain *gain, uint32_t n)
{
  uint32_t count = 0;

  for (int room = 0; room < (u->z.fading ? 2 : 1); room++) {
    const struct lq_tank_times *t = room ? &u->z.to : &u->z.from;
    for (uint32_t k = 0; k < t->taps; k++) {
      const uint32_t side = (c + (k >= 6)) % 2;
      x[count] = lq_ring_past (&u->early, side, t->tap[c][k], n);
      gain[count] = u->z.tap[room][k];
      /* Later outputs have other signs. */
      if ((c * 5 + k * (c / 2)) & 4) {
        gain[count].now = -gain[count].now;
        gain[count].step = -gain[count].step;
      }
      count++;
    }
  }
  return count;
}

static void
put_out (lq_tank *u, float *const *out, uint32_t phase, uint32_t n)
{
  static const struct lq_tank_gain whole = { 1.0f, 0.0f }, half = { 0.70710678f, 0.0f },
                                   minus = { -0.70710678f, 0.0f };
  const float *x[2 * LQ_TANK_TAPS + 2];
  struct lq_tank_gain gain[2 * LQ_TANK_TAPS + 2];

  for (uint32_t c = 0; c < u->channels; c++) {
    uint32_t count = gather (u, c, x, gain, n);
    x[count] = plane (u, LATE + row_of (c));
    gain[count++] = c < LQ_TANK_LINES ? whole : half;
    /* Where rows run out: sums and differences of two. */
    if (c >= LQ_TANK_LINES) {
      x[count] = plane (u, LATE + row_of (c + c / LQ_TANK_LINES));
      gain[count++] = c & 1 ? half : minus;
    }
    u->kernels->tank_sum (gain, x, count, out[c], phase, n);
  }
}

void
lq_tank_process (
    lq_tank *u, const float *a, const float *b, float *const *out, uint32_t phase, uint32_t n)
{
  float fade[LQ_HOP];

  if (u->z.fading)
    lq_ramp_fill (&u->fade, fade, phase, n);
  memcpy (lq_ring_place (&u->early, 0), a, n * sizeof *a);
  memcpy (lq_ring_place (&u->early, 1), b, n * sizeof *b);
  lq_ring_wrote (&u->early, 0, n);
  lq_ring_wrote (&u->early, 1, n);
  diffuse (u, fade, phase, n);
  circulate (u, fade, phase, n);
  put_out (u, out, phase, n);
  lq_ring_advance (&u->early, n);
}

double
lq_tank_tail_s (const lq_tank *u, double db)
{
  const double decay_s = exp (fmax (u->decay.target, u->decay.z.value));
  struct lq_tank_spec spec = u->spec;
  struct lq_tank_times times;
  struct lq_tank_gains gains;
  double slowest = decay_s, most = 0.0;

  spec.decay_s = decay_s;
  lq_tank_design_times (&times, u->rate, u->channels, &spec);
  lq_tank_design_gains (&gains, u->rate, &times, &times, 0.0, &spec);
  for (int i = 0; i < LQ_TANK_LINES; i++) {
    const double sum = (double)gains.damp[0][i] + gains.damp[1][i] + gains.damp[2][i],
                 below = 1.0 + gains.damp[3][i] + (double)gains.damp[4][i];
    const double nepers = -log (4.0 * sum / below), m = times.line[i] / u->rate;
    slowest = fmax (slowest, nepers > 0.0 ? NEPERS_60 * m / nepers : slowest);
    most = fmax (most, m);
  }
  return slowest * db / 60.0 + 2.0 * most;
}
