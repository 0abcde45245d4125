/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: second-order sections that follow their analogue prototype.
 * Source:  poles by impulse invariance, zeros from the magnitude: M. Vicanek, "Matched Second
 *          Order Digital Filters" (2016), as the start of a fit: Levenberg-Marquardt on the logs
 *          of the coefficients, so that every step keeps them positive, that is stable and
 *          minimum-phase. The gain at 0 Hz is exact throughout.
 *
 *   spec ─→ boost ─→ start ─→ fit, FIT_STEPS times ─→ swap for a cut ─→ main, aid
 *
 * A cut is its boost with numerator and denominator swapped; a high shelf is the low shelf that
 * cuts as much, raised: A(As²+s√A/q+1)/(s²+s√A/q+A) = A² / (A(s²+s√A/q+A)/(As²+s√A/q+1)). */

#include "biquad.h"

#include "../base/mathx.h"

#include <string.h>

/* The fit reaches to here: 20 kHz and something to hold on to, or this share of the rate. */
#define FIT_TOP_HZ 22000.0
#define FIT_TOP_SHARE 0.46
#define FIT_STEPS 6
#define FIT_POINTS 24

/* Above this rate a section alone is close enough. */
#define AID_RATE_HZ 80000.0

/* Shelves get their aid gradually, by ln q from and to here. */
#define AID_Q_FROM 1.5
#define AID_Q_TO 3.0

/* Where zero and pole of the aid start, and how far apart, in ln s. */
#define AID_START 0.5
#define AID_SPREAD 0.2

/* Where, in s, the zero of an aided band-pass starts: that of its aid ends at about 3. */
#define BAND_PASS_ZERO 1.25

/* Below this power, −40 dB, the prototype needn't be met. */
#define FLOOR_POWER 1e-4

/* Below this gain, dB, a fit is at a loss where to put poles and zeros that all but cancel: it is
 * made for this much, and its zeros then drawn towards its poles. */
#define FIT_GAIN_DB 1.0

/* The steepest step of a logarithm, and the pull towards standing still. */
#define STEP_MAX 1.0
#define DAMPING 1e-3

enum { G2, KG, HIGH, MID, ZERO, POLE, PARAMS };

/* What is fitted, and to what. The prototype is a boost at hz, a = 10^(gain/40). */
struct fit {
  int32_t type;
  double rate, hz, a, q;
  double top_hz;        /* where the fit ends */
  double notch;         /* s² of the zero of a notch */
  double share;         /* of the gain fitted that is asked for */
  double aid;           /* 0 … 1: how much of an aid there is */
  double zero, pole;    /* of the aid, (1 + zero·s)/(1 + pole·s) */
  lq_biquad s;          /* the section */
  uint32_t n;           /* points */
  double u[FIT_POINTS]; /* −s² there */
  double p[FIT_POINTS]; /* the prototype's power there */
  double weight[FIT_POINTS];
};

static double
square (double x)
{
  return x * x;
}

/* |a·s² + b·s + c|² at s = jw. */
static double
poly (double a, double b, double c, double w2)
{
  return square (c - a * w2) + b * b * w2;
}

/* The power of prototype `type` at w = f/f0. */
static double
prototype (int32_t type, double a, double q, double w)
{
  const double w2 = w * w, ra = sqrt (a);

  switch (type) {
    case LQ_BIQUAD_BELL:
      return poly (1, a / q, 1, w2) / poly (1, 1 / (a * q), 1, w2);
    case LQ_BIQUAD_LOW_SHELF:
      return a * a * poly (1, ra / q, a, w2) / poly (a, ra / q, 1, w2);
    case LQ_BIQUAD_HIGH_SHELF:
      return a * a * poly (a, ra / q, 1, w2) / poly (1, ra / q, a, w2);
    case LQ_BIQUAD_NOTCH:
      return poly (1, 0, 1, w2) / poly (1, 1 / q, 1, w2);
    case LQ_BIQUAD_BAND_PASS:
      return poly (0, 1 / q, 0, w2) / poly (1, 1 / q, 1, w2);
    case LQ_BIQUAD_TILT:
      return poly (0, a, 1, w2) / poly (0, 1, a, w2);
    case LQ_BIQUAD_HIGH_PASS:
      return w2 * w2 / poly (1, 1 / q, 1, w2);
    case LQ_BIQUAD_LOW_PASS:
      return 1.0 / poly (1, 1 / q, 1, w2);
    case LQ_BIQUAD_HIGH_PASS_1:
      return w2 / (1.0 + w2);
    case LQ_BIQUAD_LOW_PASS_1:
      return 1.0 / (1.0 + w2);
    default:
      return 1.0;
  }
}

double
lq_biquad_prototype (const struct lq_biquad_spec *spec, double hz)
{
  return prototype (
      spec->type, pow (10.0, spec->gain_db / 40.0), spec->q, hz / spec->frequency_hz);
}

double
lq_biquad_power (const lq_biquad *s, double rate, double hz)
{
  const double u = square (tan (LQ_PI * fmin (hz / rate, 0.5 - 1e-9)));

  return poly (s->high, s->mid, s->low * s->g2, u) / poly (1.0, s->kg, s->g2, u);
}

/* z of poles or zeros of natural frequency w (radians a frame) and quality q, by impulse
 * invariance: exp(−w/2q ± w√(1/4q² − 1)), as the coefficients of s² + kg·s + g2. */
static void
matched (double w, double q, double *g2, double *kg)
{
  const double damp = w / (2.0 * q), inside = 1.0 - 1.0 / (4.0 * q * q);
  double top, bottom;

  if (inside >= 0.0) {
    double turn = square (sin (w * sqrt (inside) / 2.0)), fall = square (sinh (damp / 2.0));
    top = fall + turn;
    bottom = 1.0 + fall - turn;
  } else {
    double sum = damp + w * sqrt (-inside), difference = w * w / sum;
    top = sinh (sum / 2.0) * sinh (difference / 2.0);
    bottom = cosh (sum / 2.0) * cosh (difference / 2.0);
  }
  *g2 = top / bottom;
  *kg = sinh (damp) / bottom;
}

/* s² of hz, positive. */
static double
warp (const struct fit *f, double hz)
{
  return square (tan (LQ_PI * hz / f->rate));
}

static double
wanted (const struct fit *f, double hz)
{
  return prototype (f->type, f->a, f->q, hz / f->hz);
}

/* Zeros that give the prototype's magnitude at two frequencies besides 0 Hz. */
static void
start_zeros (struct fit *f)
{
  const double at = fmin (f->hz, 0.8 * f->top_hz), u = warp (f, at), v = warp (f, f->top_hz);
  const double c = f->s.low * f->s.g2;
  const double a = wanted (f, at) * poly (1.0, f->s.kg, f->s.g2, u) / u;
  const double b = wanted (f, f->top_hz) * poly (1.0, f->s.kg, f->s.g2, v) / v;
  const double high2 = (b - a - c * c * (1.0 / v - 1.0 / u)) / (v - u);
  double mid2;

  f->s.high = sqrt (fmax (high2, 1e-12));
  mid2 = a - square (c - f->s.high * u) / u;
  f->s.mid = sqrt (fmax (mid2, 1e-6 * a));
}

/* A first-order prototype's pole at `pole` times hz and zero at `zero` times hz (0: at 0 Hz; or
 * none, `zero` above 1e6), each with a partner that cancels for now. */
static void
start_first_order (struct fit *f, double pole, double zero)
{
  const double w = 2.0 * LQ_PI * f->hz / f->rate;
  const double p = tanh (fmin (pole * w, 6.0) / 2.0), z = tanh (fmin (zero * w, 6.0) / 2.0);
  const double k = f->s.low > 0.0 ? f->s.low * p / z : 1.0;

  f->s.g2 = p;
  f->s.kg = 1.0 + p;
  f->s.high = k;
  f->s.mid = k * (1.0 + z);
}

static void
start_low_shelf (struct fit *f)
{
  const double w = 2.0 * LQ_PI * f->hz / f->rate, zero = w * sqrt (f->a) / LQ_PI;
  /* A dip beyond half the rate shows as a slope towards it. */
  const double beyond = fmax (zero - 0.9, 0.0);
  double g2, kg;

  matched (w / sqrt (f->a), f->q, &f->s.g2, &f->s.kg);
  matched (fmin (zero, 0.95) * LQ_PI, f->q / (1.0 + f->q * square (1.5 * beyond)), &g2, &kg);
  f->s.low = f->a * f->a;
  f->s.high = f->s.low * f->s.g2 / g2;
  f->s.mid = f->s.high * kg;
}

/* A band-pass with an aid has two zeros besides that at 0 Hz, one each, which the fit could
 * exchange: the section's starts at the one place, all the aid's at another. */
static void
start_band_pass (struct fit *f, double u)
{
  f->s.high = f->s.kg / sqrt (square (BAND_PASS_ZERO) + u);
  f->s.mid = BAND_PASS_ZERO * f->s.high;
}

static void
start (struct fit *f)
{
  const double w = 2.0 * LQ_PI * f->hz / f->rate, u = warp (f, f->hz);

  f->s = (lq_biquad){ .low = 1.0 };
  matched (w, f->type == LQ_BIQUAD_BELL ? f->a * f->q : f->q, &f->s.g2, &f->s.kg);
  switch (f->type) {
    case LQ_BIQUAD_LOW_SHELF:
      start_low_shelf (f);
      break;
    case LQ_BIQUAD_NOTCH:
      f->notch = u;
      f->s.high = f->s.g2 / u;
      break;
    case LQ_BIQUAD_ALL_PASS:
      f->s.high = 1.0;
      f->s.mid = -f->s.kg;
      break;
    case LQ_BIQUAD_HIGH_PASS:
      f->s.low = 0.0;
      f->s.high = sqrt (wanted (f, f->hz) * poly (1.0, f->s.kg, f->s.g2, u)) / u;
      break;
    case LQ_BIQUAD_TILT:
      f->s.low = 1.0 / f->a;
      start_first_order (f, f->a, 1.0 / f->a);
      break;
    case LQ_BIQUAD_HIGH_PASS_1:
      f->s.low = 0.0;
      start_first_order (f, 1.0, 0.0);
      break;
    case LQ_BIQUAD_LOW_PASS_1:
      start_first_order (f, 1.0, 1e9);
      break;
    case LQ_BIQUAD_BAND_PASS:
      f->s.low = 0.0;
      if (f->aid > 0.0)
        start_band_pass (f, u);
      else
        start_zeros (f);
      break;
    default:
      start_zeros (f);
  }
}

static void
add_point (struct fit *f, double hz, double weight)
{
  const double at = fmin (hz, f->top_hz), p = wanted (f, at);

  f->u[f->n] = warp (f, at);
  f->p[f->n] = p;
  f->weight[f->n++] = weight * p * p / (p * p + 0.1 * square (FLOOR_POWER));
}

/* The flanks of a resonance, and its top unless the power is 0 there. */
static void
add_resonance (struct fit *f, double hz, double q)
{
  const double half = 0.5 / q, centre = sqrt (1.0 + half * half);

  add_point (f, hz * (centre - half), 1.0);
  add_point (f, hz * (centre + half), 1.0);
  if (f->type != LQ_BIQUAD_NOTCH)
    add_point (f, hz, 2.0);
}

static void
add_points (struct fit *f)
{
  static const double near[] = { 0.25, 0.5, 0.75, 1.4, 2.0, 4.0 };
  static const double top[] = { 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 1.0 };
  const bool shelf = f->type == LQ_BIQUAD_LOW_SHELF;

  f->n = 0;
  for (uint32_t i = 0; i < sizeof near / sizeof *near; i++)
    add_point (f, f->hz * near[i], 1.0);
  for (uint32_t i = 0; i < sizeof top / sizeof *top; i++)
    add_point (f, f->top_hz * top[i], 1.0);
  if (shelf)
    add_resonance (f, f->hz * sqrt (f->a), f->q);
  add_resonance (
      f, shelf ? f->hz / sqrt (f->a) : f->hz, f->type == LQ_BIQUAD_BELL ? f->a * f->q : f->q);
}

/* The model's power at point i, and its logarithm's derivatives by the parameters' logarithms. */
static double
model (const struct fit *f, uint32_t i, double j[PARAMS])
{
  const double u = f->u[i], c = f->s.low * f->s.g2;
  const double a = f->s.g2 - u, e = c - f->s.high * u;
  const double den = a * a + square (f->s.kg) * u, num = e * e + square (f->s.mid) * u;
  const double zero = square (f->zero) * u, pole = square (f->pole) * u;

  j[G2] = 2.0 * e * c / num - 2.0 * a * f->s.g2 / den;
  j[KG] = -2.0 * square (f->s.kg) * u / den;
  j[HIGH] = -2.0 * e * f->s.high * u / num;
  j[MID] = 2.0 * square (f->s.mid) * u / num;
  if (f->type == LQ_BIQUAD_NOTCH) {
    j[G2] = 2.0 - 2.0 * a * f->s.g2 / den;
    j[HIGH] = j[MID] = 0.0;
  }
  j[ZERO] = f->aid * 2.0 * zero / (1.0 + zero);
  j[POLE] = f->aid * -2.0 * pole / (1.0 + pole);
  return num * (1.0 + zero) / (den * (1.0 + pole));
}

/* Solves m·x = x for a symmetric positive matrix, in place. */
static void
solve (double m[PARAMS][PARAMS], double x[PARAMS], int n)
{
  for (int i = 0; i < n; i++)
    for (int r = i + 1; r < n; r++) {
      double k = m[r][i] / m[i][i];
      for (int c = i; c < n; c++)
        m[r][c] -= k * m[i][c];
      x[r] -= k * x[i];
    }
  for (int i = n - 1; i >= 0; i--) {
    for (int c = i + 1; c < n; c++)
      x[i] -= m[i][c] * x[c];
    x[i] /= m[i][i];
  }
}

static void
fit_step (struct fit *f)
{
  const int n = f->aid > 0.0 ? PARAMS : ZERO;
  double m[PARAMS][PARAMS] = { { 0 } }, x[PARAMS] = { 0 }, j[PARAMS];

  for (uint32_t i = 0; i < f->n; i++) {
    const double power = model (f, i, j), w = f->weight[i];
    /* ln (p/power), near enough, and bounded. */
    const double r = 2.0 * (f->p[i] - power) / (f->p[i] + power + 1e-30);
    for (int k = 0; k < n; k++) {
      x[k] += w * j[k] * r;
      for (int l = 0; l <= k; l++)
        m[k][l] += w * j[k] * j[l];
    }
  }
  for (int k = 0; k < n; k++) {
    m[k][k] += DAMPING;
    for (int l = 0; l < k; l++)
      m[l][k] = m[k][l];
  }
  solve (m, x, n);
  for (int k = 0; k < n; k++)
    x[k] = exp (lq_clamp (x[k], -STEP_MAX, STEP_MAX));
  f->s.g2 *= x[G2];
  f->s.kg *= x[KG];
  f->s.high *= f->type == LQ_BIQUAD_NOTCH ? x[G2] : x[HIGH];
  f->s.mid *= x[MID];
  if (n == PARAMS) {
    f->zero *= pow (x[ZERO], f->aid);
    f->pole *= pow (x[POLE], f->aid);
  }
}

/* How much of an aid `spec` gets. */
static double
aid_share (const struct lq_biquad_spec *spec, double rate)
{
  double t;

  if (spec->plain || rate > AID_RATE_HZ)
    return 0.0;
  switch (spec->type) {
    case LQ_BIQUAD_LOW_SHELF:
    case LQ_BIQUAD_HIGH_SHELF:
      t = lq_clamp (log (spec->q / AID_Q_FROM) / log (AID_Q_TO / AID_Q_FROM), 0.0, 1.0);
      return t * t * (3.0 - 2.0 * t);
    case LQ_BIQUAD_NOTCH:
    case LQ_BIQUAD_BAND_PASS:
    case LQ_BIQUAD_HIGH_PASS:
    case LQ_BIQUAD_LOW_PASS:
      return 1.0;
    default:
      return 0.0;
  }
}

bool
lq_biquad_has_gain (int32_t type)
{
  return type == LQ_BIQUAD_BELL || type == LQ_BIQUAD_LOW_SHELF ||
         type == LQ_BIQUAD_HIGH_SHELF || type == LQ_BIQUAD_TILT;
}

/* 1/H. */
static void
invert (lq_biquad *s)
{
  const lq_biquad h = *s;

  s->g2 = h.low * h.g2 / h.high;
  s->kg = h.mid / h.high;
  s->low = 1.0 / h.low;
  s->mid = h.kg / h.high;
  s->high = 1.0 / h.high;
}

static void
scale (lq_biquad *s, double gain)
{
  s->low *= gain;
  s->mid *= gain;
  s->high *= gain;
}

/* (1 + zero·s)/(1 + pole·s) as a section whose other pole and zero, at z = 0, cancel. */
static lq_biquad
first_order (double zero, double pole)
{
  return (lq_biquad){ .g2 = 1.0 / pole,
    .kg = 1.0 + 1.0 / pole,
    .low = 1.0,
    .mid = (1.0 + zero) / pole,
    .high = zero / pole };
}

static void
begin (struct fit *f, const struct lq_biquad_spec *spec, double rate)
{
  /* The peaks of a resonant shelf don't scale with its gain, but tell the fit where they are. */
  const double least_db = FIT_GAIN_DB * fmin (1.0, 0.25 / square (spec->q));
  const bool shelf = spec->type == LQ_BIQUAD_LOW_SHELF || spec->type == LQ_BIQUAD_HIGH_SHELF;
  const double gain_db = fabs (spec->gain_db);
  const double fitted_db = fmax (gain_db, shelf ? least_db : FIT_GAIN_DB);

  f->type = spec->type == LQ_BIQUAD_HIGH_SHELF ? LQ_BIQUAD_LOW_SHELF : spec->type;
  f->rate = rate;
  f->hz = fmin (spec->frequency_hz, LQ_NYQUIST_MARGIN * rate);
  f->a = lq_biquad_has_gain (spec->type) ? pow (10.0, fitted_db / 40.0) : 1.0;
  f->share = lq_biquad_has_gain (spec->type) ? gain_db / fitted_db : 1.0;
  f->q = spec->q;
  f->top_hz = fmin (FIT_TOP_HZ, FIT_TOP_SHARE * rate);
  f->notch = 0.0;
  f->aid = aid_share (spec, rate);
  f->zero = f->aid > 0.0 ? AID_START * exp (AID_SPREAD * f->aid) : 0.0;
  f->pole = f->aid > 0.0 ? AID_START * exp (-AID_SPREAD * f->aid) : 0.0;
}

/* Less of the gain fitted, by its logarithm: exact to the second order of a small gain. */
static void
temper (struct fit *f)
{
  if (f->share == 1.0)
    return;
  f->s.low = pow (f->s.low, f->share);
  f->s.mid = f->s.kg * pow (f->s.mid / f->s.kg, f->share);
  f->s.high = pow (f->s.high, f->share);
  f->zero = f->aid > 0.0 ? f->pole * pow (f->zero / f->pole, f->share) : f->zero;
  f->a = pow (f->a, f->share);
}

void
lq_biquad_design (const struct lq_biquad_spec *spec, double rate, struct lq_biquad_pair *pair)
{
  const bool high_shelf = spec->type == LQ_BIQUAD_HIGH_SHELF;
  const bool boost = spec->gain_db >= 0.0;
  struct fit f;

  begin (&f, spec, rate);
  start (&f);
  if (spec->type != LQ_BIQUAD_ALL_PASS) {
    add_points (&f);
    for (int i = 0; i < FIT_STEPS; i++)
      fit_step (&f);
  }
  temper (&f);
  pair->main = f.s;
  pair->aided = f.aid > 0.0;
  pair->aid = first_order (pair->aided ? f.zero : AID_START, pair->aided ? f.pole : AID_START);
  if (lq_biquad_has_gain (spec->type) && boost == high_shelf) {
    invert (&pair->main);
    invert (&pair->aid);
  }
  if (high_shelf)
    scale (&pair->main, boost ? f.a * f.a : 1.0 / (f.a * f.a));
}

struct lq_biquad_taps
lq_biquad_to_taps (const lq_biquad *s)
{
  const double c = s->low * s->g2, a0 = 1.0 + s->kg + s->g2;

  return (struct lq_biquad_taps){ .b0 = (s->high + s->mid + c) / a0,
    .b1 = 2.0 * (c - s->high) / a0,
    .b2 = (s->high - s->mid + c) / a0,
    .a1 = 2.0 * (s->g2 - 1.0) / a0,
    .a2 = (1.0 - s->kg + s->g2) / a0 };
}

double
lq_biquad_decay (const lq_biquad *s)
{
  const double half = s->kg / 2.0, inside = half * half - s->g2;
  /* The s of the slowest pole; z = (1 + s)/(1 − s). */
  const double real = inside > 0.0 ? -s->g2 / (half + sqrt (inside)) : -half;
  const double imaginary = inside > 0.0 ? 0.0 : sqrt (-inside);
  const double num = square (1.0 + real) + square (imaginary);
  const double den = square (1.0 - real) + square (imaginary);

  return -2.0 / log (fmin (fmax (num / den, 1e-300), 1.0 - 1e-15));
}

bool
lq_biquad_idle (const struct lq_biquad_spec *spec, double rate)
{
  if (lq_biquad_has_gain (spec->type))
    return spec->gain_db == 0.0;
  return (spec->type == LQ_BIQUAD_LOW_PASS || spec->type == LQ_BIQUAD_LOW_PASS_1) &&
         spec->frequency_hz >= LQ_NYQUIST_MARGIN * rate;
}
