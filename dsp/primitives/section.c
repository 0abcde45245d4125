/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a filter section under modulation.
 * Source:  trapezoidal state-variable filter (A. Simper, "Solving the continuous SVF equations
 *          using trapezoidal integration", 2013), its outputs mixed to any second-order response.
 *          Its integrators keep their meaning while frequency and q move, and every step of it
 *          is a contraction, so that no motion makes it unstable.
 *
 *   x ─┬─→ main ─→ aid ─→ · m ─┬─→     g, k, low, mid, high: cubics between grid points,
 *      └─────── · (1 − m) ─────┘       with the slopes that the ramps have there
 *
 * Small changes sweep. What would pass through other settings on its way (another type, a jump
 * in frequency, another route) fades to dry, switches and fades back.
 * z: mode says which form `state` is in; from and to are the ends of the current hop. */

#include "section.h"

#include "../base/mathx.h"
#include "../base/param.h"
#include "../base/vec.h"

#include <string.h>

/* A longer way in frequency is a jump, octaves: short enough not to excite a resonance passed. */
#define JUMP_OCTAVES 0.34

/* A fall of q by a factor of more than 8 is one too: what a resonance has stored would all come out
 * within the sweep. */
#define FALL_LOG_Q 2.08

/* Share of a hop over which slopes of coefficients are taken. */
#define SLOPE_STEP (1.0 / 64.0)

/* Ways within a part of a hop. */
#define PART_OCTAVES 0.08
#define PART_LOG_Q 0.35
#define PART_DB 3.0

enum { G, K, LOW, MID, HIGH, CURVES };

/* Coefficients of one step of the state-variable filter. */
struct step {
  double a11, a12, a21, a22; /* state to state */
  double b1, b2;             /* input to state */
  double c1, c2, d;          /* state and input to output */
};

static struct step
step_of (const double p[CURVES])
{
  const double g = p[G], k = p[K], d = 1.0 / (1.0 + g * (g + k));
  const double band = p[MID] - p[HIGH] * k, low = p[LOW] - p[HIGH];
  struct step s;

  s.a11 = 2.0 * d - 1.0;
  s.a12 = -2.0 * g * d;
  s.a21 = 2.0 * g * d;
  s.a22 = 1.0 - 2.0 * g * g * d;
  s.b1 = 2.0 * g * d;
  s.b2 = 2.0 * g * g * d;
  s.c1 = band * d + low * g * d;
  s.c2 = -band * g * d + low * (1.0 - g * g * d);
  s.d = p[HIGH] + band * g * d + low * g * g * d;
  return s;
}

static void
values (const lq_biquad *s, double out[CURVES])
{
  const double g = sqrt (s->g2);

  out[G] = g;
  out[K] = s->kg / g;
  out[LOW] = s->low;
  out[MID] = s->mid / g;
  out[HIGH] = s->high;
}

bool
lq_section_prepare (
    lq_section *s, const lq_stream *stream, lq_arena *arena, bool parallel, double fade_ms)
{
  bool ok;

  memset (s, 0, sizeof *s);
  s->rate = stream->rate;
  s->pairs = (stream->channels + 1) / 2;
  s->parallel = parallel;
  s->target = (struct lq_biquad_spec){ .frequency_hz = 1000.0, .q = 0.7 };
  ok = lq_ramp_prepare (&s->octave, stream, arena, LQ_RAMP_MS) &&
       lq_ramp_prepare (&s->gain_db, stream, arena, LQ_RAMP_MS) &&
       lq_ramp_prepare (&s->log_q, stream, arena, LQ_RAMP_MS) &&
       lq_ramp_prepare (&s->amount, stream, arena, fade_ms);
  s->state = lq_arena_alloc (arena, s->pairs * LQ_SECTION_STATE * sizeof (double));
  if (!ok || !s->state)
    return false;
  lq_section_reset (s);
  return true;
}

static bool
same (const struct lq_biquad_spec *a, const struct lq_biquad_spec *b)
{
  return a->type == b->type && a->plain == b->plain && a->frequency_hz == b->frequency_hz &&
         a->gain_db == b->gain_db && a->q == b->q;
}

void
lq_section_set (lq_section *s, const struct lq_biquad_spec *spec, bool on)
{
  if (on == s->on && same (spec, &s->target))
    return;
  s->on = on;
  s->target = *spec;
  s->fresh = true;
}

void
lq_section_set_route (lq_section *s, int32_t route)
{
  s->fresh = s->fresh || route != s->route;
  s->route = route;
}

static void
clear (lq_section *s)
{
  memset (s->state, 0, s->pairs * LQ_SECTION_STATE * sizeof *s->state);
}

static double
target_octave (const lq_section *s)
{
  return log2 (fmin (s->target.frequency_hz, LQ_NYQUIST_MARGIN * s->rate));
}

/* Something to hear, if it comes to that. */
static bool
wanted (const lq_section *s)
{
  return s->on && !lq_biquad_idle (&s->target, s->rate);
}

static void
aim (lq_section *s)
{
  lq_ramp_set (&s->octave, target_octave (s));
  lq_ramp_set (&s->gain_db, s->target.gain_db);
  lq_ramp_set (&s->log_q, log (s->target.q));
}

/* At what is asked for, at once: nobody hears it. */
static void
adopt (lq_section *s)
{
  s->z.type = s->target.type;
  s->z.plain = s->target.plain;
  s->z.route = s->route;
  aim (s);
  lq_ramp_jump (&s->octave);
  lq_ramp_jump (&s->gain_db);
  lq_ramp_jump (&s->log_q);
  clear (s);
}

static void
design (const lq_section *s, double octave, double gain_db, double log_q,
    struct lq_section_node *node)
{
  const struct lq_biquad_spec spec = { .type = s->z.type,
    .plain = s->z.plain,
    .frequency_hz = exp2 (octave),
    .gain_db = gain_db,
    .q = exp (log_q) };

  lq_biquad_design (&spec, s->rate, &node->at);
  values (&node->at.main, node->main.value);
  values (&node->at.aid, node->aid.value);
}

static void
slopes (struct lq_section_curve *c, const struct lq_section_curve *next)
{
  for (int i = 0; i < CURVES; i++)
    c->slope[i] = (next->value[i] - c->value[i]) / SLOPE_STEP;
}

/* The value of a ramp at u = 0 … 1 of the current hop, and its slope. */
static double
ramp_at (const lq_ramp *r, double u, double *slope)
{
  const double d = r->z.end - r->z.value;
  const double c2 = 3.0 * d - 2.0 * r->z.slope - r->z.end_slope;
  const double c3 = r->z.slope + r->z.end_slope - 2.0 * d;

  *slope = u < 1.0 ? r->z.slope + u * (2.0 * c2 + u * 3.0 * c3) : r->z.end_slope;
  return u < 1.0 ? r->z.value + u * (r->z.slope + u * (c2 + u * c3)) : r->z.end;
}

/* The node at u = 0 … 1 of the current hop. */
static void
node_of (const lq_section *s, struct lq_section_node *node, double u)
{
  double octave_slope, gain_slope, q_slope;
  const double octave = ramp_at (&s->octave, u, &octave_slope);
  const double gain_db = ramp_at (&s->gain_db, u, &gain_slope);
  const double log_q = ramp_at (&s->log_q, u, &q_slope);
  struct lq_section_node next;

  memset (node, 0, sizeof *node);
  design (s, octave, gain_db, log_q, node);
  if (octave_slope == 0.0 && gain_slope == 0.0 && q_slope == 0.0)
    return;
  design (s, octave + SLOPE_STEP * octave_slope, gain_db + SLOPE_STEP * gain_slope,
      log_q + SLOPE_STEP * q_slope, &next);
  slopes (&node->main, &next.main);
  slopes (&node->aid, &next.aid);
}

static double
way (const lq_ramp *r)
{
  return fabs (r->z.end - r->z.value);
}

static void
plan_hop (lq_section *s)
{
  const double far = fmax (fmax (way (&s->octave) / PART_OCTAVES, way (&s->log_q) / PART_LOG_Q),
      way (&s->gain_db) / PART_DB);

  s->z.node[0] = s->z.node[s->z.parts];
  s->z.parts = 1;
  while (s->z.parts < far && s->z.parts < LQ_SECTION_PARTS)
    s->z.parts *= 2;
  for (uint32_t i = 1; i <= s->z.parts; i++)
    node_of (s, &s->z.node[i], (double)i / s->z.parts);
}

/* Stays where the ramps stand, at rest. */
static void
plan_rest (lq_section *s)
{
  s->z.parts = 1;
  node_of (s, &s->z.node[1], 1.0);
  s->z.node[0] = s->z.node[1];
}

void
lq_section_reset (lq_section *s)
{
  memset (&s->z, 0, sizeof s->z);
  adopt (s);
  lq_ramp_set (&s->amount, s->on ? 1.0 : 0.0);
  lq_ramp_jump (&s->amount);
  s->fresh = false;
  if (!wanted (s))
    return;
  plan_rest (s);
  s->z.mode = s->parallel ? LQ_SECTION_MOVING : LQ_SECTION_RESTING;
}

/* Rows of the map from the state of the state-variable filter to that of a transposed direct form
 * II: whatever follows, both must put out the same without input. */
static void
observed (const lq_biquad *b, double m[2][2])
{
  double p[CURVES];
  struct step s;

  values (b, p);
  s = step_of (p);
  m[0][0] = s.c1;
  m[0][1] = s.c2;
  m[1][0] = s.c1 * s.a11 + s.c2 * s.a21 + lq_biquad_to_taps (b).a1 * s.c1;
  m[1][1] = s.c1 * s.a12 + s.c2 * s.a22 + lq_biquad_to_taps (b).a1 * s.c2;
}

static void
to_direct (const lq_biquad *b, double *state)
{
  double m[2][2];

  observed (b, m);
  for (int c = 0; c < 2; c++) {
    const double x = state[c], y = state[2 + c];
    state[c] = m[0][0] * x + m[0][1] * y;
    state[2 + c] = m[1][0] * x + m[1][1] * y;
    state[4 + c] = state[6 + c] = 0.0;
  }
}

/* Where pole and zero cancel (first order) many states sound the same: the smallest is taken. */
static void
to_variable (const lq_biquad *b, double *state)
{
  const struct lq_biquad_taps taps = lq_biquad_to_taps (b);
  double m[2][2], det, norm, size;

  observed (b, m);
  det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
  norm = m[0][0] * m[0][0] + m[0][1] * m[0][1];
  size = norm + m[1][0] * m[1][0] + m[1][1] * m[1][1];
  for (int c = 0; c < 2; c++) {
    const double x = state[c] - taps.a1 * state[4 + c] - taps.a2 * state[6 + c];
    const double y = state[2 + c] - taps.a2 * state[4 + c];
    if (fabs (det) > 1e-13 * size) {
      state[c] = (m[1][1] * x - m[0][1] * y) / det;
      state[2 + c] = (m[0][0] * y - m[1][0] * x) / det;
    } else {
      state[c] = norm > 0.0 ? m[0][0] * x / norm : 0.0;
      state[2 + c] = norm > 0.0 ? m[0][1] * x / norm : 0.0;
    }
  }
}

static void
convert (lq_section *s, enum lq_section_mode mode)
{
  const struct lq_biquad_pair *at = &s->z.node[s->z.parts].at;

  for (uint32_t pair = 0; pair < s->pairs && s->z.mode != mode; pair++) {
    double *state = s->state + pair * LQ_SECTION_STATE;
    if (mode == LQ_SECTION_MOVING) {
      to_variable (&at->main, state);
      to_variable (&at->aid, state + LQ_BIQUAD_STATE);
    } else {
      to_direct (&at->main, state);
      to_direct (&at->aid, state + LQ_BIQUAD_STATE);
    }
  }
  s->z.mode = mode;
}

static void
sleep (lq_section *s)
{
  adopt (s);
  lq_ramp_set (&s->amount, s->on ? 1.0 : 0.0);
  lq_ramp_jump (&s->amount);
  s->z.mode = LQ_SECTION_ASLEEP;
}

/* From neutral: types with a gain begin at 0 dB, others dry. */
static void
wake (lq_section *s)
{
  const bool gain = lq_biquad_has_gain (s->target.type);

  adopt (s);
  lq_ramp_set (&s->gain_db, gain ? 0.0 : s->target.gain_db);
  lq_ramp_jump (&s->gain_db);
  lq_ramp_set (&s->amount, gain && !s->parallel ? 1.0 : 0.0);
  lq_ramp_jump (&s->amount);
  plan_rest (s);
  s->z.mode = LQ_SECTION_MOVING;
}

/* What is asked for can't be reached by sweeping. */
static bool
must_switch (const lq_section *s)
{
  return s->target.type != s->z.type || s->target.plain != s->z.plain ||
         s->route != s->z.route || fabs (target_octave (s) - s->octave.z.end) > JUMP_OCTAVES ||
         s->log_q.z.end - log (s->target.q) > FALL_LOG_Q;
}

static bool
at_rest (const lq_section *s)
{
  return lq_ramp_resting (&s->octave) && lq_ramp_resting (&s->gain_db) &&
         lq_ramp_resting (&s->log_q) && lq_ramp_resting (&s->amount);
}

/* Sets the ramps' targets; false: the section went to sleep. */
static bool
steer (lq_section *s)
{
  const bool off = !s->on || (!wanted (s) && !lq_biquad_has_gain (s->target.type));
  bool change = must_switch (s);

  if (s->z.mode == LQ_SECTION_ASLEEP) {
    if (wanted (s))
      wake (s);
    else
      sleep (s);
    change = false;
  } else if (lq_ramp_resting (&s->amount) && s->amount.z.value == 0.0) {
    if (!wanted (s)) {
      sleep (s);
      return false;
    }
    adopt (s);
    plan_rest (s);
    change = false;
  }
  if (s->z.mode == LQ_SECTION_ASLEEP)
    return false;
  lq_ramp_set (&s->amount, change || off ? 0.0 : 1.0);
  if (!change)
    aim (s);
  return true;
}

void
lq_section_hop (lq_section *s)
{
  s->fresh = false;
  if (!steer (s) || (s->z.mode == LQ_SECTION_RESTING && at_rest (s)))
    return;
  if (s->parallel && at_rest (s))
    return;
  convert (s, LQ_SECTION_MOVING);
  lq_ramp_hop (&s->octave);
  lq_ramp_hop (&s->gain_db);
  lq_ramp_hop (&s->log_q);
  lq_ramp_hop (&s->amount);
  if (!at_rest (s)) {
    plan_hop (s);
    return;
  }
  plan_rest (s);
  if (!wanted (s))
    sleep (s);
  else if (!s->parallel && s->amount.z.value == 1.0)
    convert (s, LQ_SECTION_RESTING);
}

/* The cubics of the coefficients over a part of a hop, u from 0 to 1. */
static void
cubics (const struct lq_section_curve *from, const struct lq_section_curve *to, uint32_t parts,
    double c[CURVES][4])
{
  for (int i = 0; i < CURVES; i++) {
    const double d = to->value[i] - from->value[i];
    const double slope = from->slope[i] / parts, end = to->slope[i] / parts;
    c[i][0] = from->value[i];
    c[i][1] = slope;
    c[i][2] = 3.0 * d - 2.0 * slope - end;
    c[i][3] = slope + end - 2.0 * d;
  }
}

/* One filter over n frames of 2 interleaved channels, from u on by du. */
static void
run (const double c[CURVES][4], double *state, lq_v2d *x, double u, double du, uint32_t n)
{
  /* An overshooting cubic mustn't make it unstable. */
  const double g_min = c[G][0] / 4.0, k_min = c[K][0] / 4.0;
  lq_v2d v = { state[0], state[1] }, w = { state[2], state[3] };

  for (uint32_t i = 0; i < n; i++) {
    const double at = u + i * du;
    const lq_v2d in = x[i], was = v;
    double p[CURVES];
    struct step s;
    for (int k = 0; k < CURVES; k++)
      p[k] = c[k][0] + at * (c[k][1] + at * (c[k][2] + at * c[k][3]));
    p[G] = fmax (p[G], g_min);
    p[K] = fmax (p[K], k_min);
    s = step_of (p);
    x[i] = s.d * in + s.c1 * v + s.c2 * w;
    v = s.a11 * v + s.a12 * w + s.b1 * in;
    w = s.a21 * was + s.a22 * w + s.b2 * in;
  }
  state[0] = v[0];
  state[1] = v[1];
  state[2] = w[0];
  state[3] = w[1];
}

/* Frames first … first + n − 1 of part `part` of the hop. */
static void
filter_part (
    const lq_section *s, uint32_t part, double *state, lq_v2d *x, uint32_t first, uint32_t n)
{
  const struct lq_section_node *from = &s->z.node[part], *to = from + 1;
  const double du = (double)s->z.parts / LQ_HOP;
  double c[CURVES][4];

  cubics (&from->main, &to->main, s->z.parts, c);
  run (c, state, x, first * du, du, n);
  if (from->at.aided || to->at.aided) {
    cubics (&from->aid, &to->aid, s->z.parts, c);
    run (c, state + LQ_BIQUAD_STATE, x, first * du, du, n);
  } else {
    memset (state + LQ_BIQUAD_STATE, 0, LQ_BIQUAD_STATE * sizeof *state);
  }
}

static void
filter (const lq_section *s, double *state, lq_v2d *x, uint32_t phase, uint32_t n)
{
  const uint32_t length = LQ_HOP / s->z.parts;

  for (uint32_t done = 0, now; done < n; done += now) {
    const uint32_t first = (phase + done) % length;
    now = length - first < n - done ? length - first : n - done;
    filter_part (s, (phase + done) / length, state, x + done, first, now);
  }
}

void
lq_section_move (
    lq_section *s, uint32_t pair, uint32_t channels, double *x, uint32_t phase, uint32_t n)
{
  const bool mix = s->parallel || !lq_ramp_resting (&s->amount) || s->amount.z.value != 1.0;
  lq_v2d wet[LQ_HOP] __attribute__ ((aligned (16)));
  float amount[LQ_HOP];

  for (uint32_t i = 0; i < n; i++)
    wet[i] = channels == 2 ? (lq_v2d){ x[2 * i], x[2 * i + 1] } : (lq_v2d){ x[i], 0.0 };
  filter (s, s->state + pair * LQ_SECTION_STATE, wet, phase, n);
  if (mix)
    lq_ramp_fill (&s->amount, amount, phase, n);
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t c = 0; c < channels; c++) {
      double *at = &x[i * channels + c], dry = s->parallel ? 0.0 : *at;
      *at = mix ? dry + amount[i] * (wet[i][c] - dry) : wet[i][c];
    }
}

double
lq_section_ring (const lq_section *s, double *gain_db)
{
  const struct lq_biquad_pair *at = &s->z.node[s->z.parts].at;
  const lq_biquad *b = &at->main;
  const double peak = fmax (fmax (b->low, b->high), fabs (b->mid) / b->kg);
  double decay = lq_biquad_decay (b);

  *gain_db = 0.0;
  if (s->z.mode == LQ_SECTION_ASLEEP)
    return 0.0;
  *gain_db = fmax (0.0, lq_lin_to_db (peak));
  if (at->aided)
    decay += lq_biquad_decay (&at->aid);
  return decay;
}
