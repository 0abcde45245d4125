/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: RIAA's recording characteristic, its integral and its derivative as poles and short sums.
 * Source:  V(s) = (1 + sT1)(1 + sT3)/(1 + sT2) = c1·s + 1 + r·(1/(1 + sT2) − 1); y = V·s²/(s + w)/
 *          (s² + ws + w²), w = 2π·20 Hz, in partial fractions. Poles by impulse invariance, so that what
 *          they leave of the analogue response is smooth: taps on differences of x take it, by least
 *          squares of the relative error up to FIT_EDGE of the rate, delay and all. A place within a
 *          frame is but another delay.
 *
 *   x ─→ d = x − x₋₁ ─→ taps ─────────┐
 *   x ─────────────→ × H(0) ─────────→ Σ ─→ v, a or y
 *   x ─→ pole at 500 Hz ─→ x − z ─→ × ┤
 *   x ─→ poles at 20 Hz ──────────→ × ┘  (y)
 *
 * Nothing but x itself passes 0 Hz, so that rounding of taps doesn't hurt there. */

#include "groove.h"

#include "../base/mathx.h"

#include <complex.h>
#include <string.h>

typedef double complex cplx;

#define FIT_EDGE 0.47
#define FIT_EDGE_EXACT 0.5 /* where symmetry doesn't force a zero on half the rate */
#define FIT_LOW_HZ 5.0
#define FIT_SPLIT 0.02 /* of the rate: points lie at even ratios below, evenly above */
#define LOW_POINTS 40
#define POINTS 120

/* Below this rate the pole at 500 Hz is near enough to half the rate to want all taps. */
#define FEW_TAPS_RATE 30000.0
static const uint32_t few_taps[LQ_GROOVE_KINDS] = { 20, 24, 12 };

#define HALF (LQ_GROOVE_STEP / 2u)

struct fit {
  double rate, c1, r, w;
  double pole, feed;     /* 500 Hz */
  double residue, share; /* of y there; of impulse invariance against `feed` */
  double real;           /* residue of y at −w … */
  cplx at, turn;         /* … and at the pair */
  uint32_t taps, kind, places;
  double edge, phase[LQ_GROOVE_PHASES];
  double column[LQ_GROOVE_TAPS + LQ_GROOVE_PHASES][2 * POINTS]; /* taps; what places want */
};

static cplx
riaa (cplx s)
{
  return (1.0 + s * LQ_RIAA_T1) * (1.0 + s * LQ_RIAA_T3) / (1.0 + s * LQ_RIAA_T2);
}

/* ∫ and high-pass. */
static cplx
swing (double w, cplx s)
{
  return s * s / ((s + w) * (s * s + w * s + w * w));
}

static void
begin (struct fit *f, double rate)
{
  const cplx pair = (2.0 * LQ_PI * LQ_GROOVE_HIGH_PASS_HZ) * cexp (I * 2.0 * LQ_PI / 3.0);

  f->rate = rate;
  f->c1 = LQ_RIAA_T1 * LQ_RIAA_T3 / LQ_RIAA_T2;
  f->r = 1.0 - (LQ_RIAA_T1 + LQ_RIAA_T3 - f->c1) / LQ_RIAA_T2;
  f->w = 2.0 * LQ_PI * LQ_GROOVE_HIGH_PASS_HZ;
  f->pole = exp (-1.0 / (LQ_RIAA_T2 * rate));
  f->feed = 1.0 - f->pole;
  f->share = 1.0 / (LQ_RIAA_T2 * rate) / f->feed;
  f->residue = f->r * creal (swing (f->w, -1.0 / LQ_RIAA_T2));
  f->real = creal (riaa (-f->w));
  f->at = riaa (pair) * I / sqrt (3.0);
  f->turn = cexp (pair / rate);
}

/* Playback: d/dt and RIAA's inverse. */
#define PLAYBACK LQ_GROOVE_KINDS

static const double playback_t[2] = { LQ_RIAA_T1, LQ_RIAA_T3 };

/* Residue of s(1 + sT2)/((1 + sT1)(1 + sT3)) at pole p: of 1/(1 + sT). */
static double
playback_residue (int p)
{
  const double own = playback_t[p], other = playback_t[1 - p], s = -1.0 / own;

  return s * (1.0 + s * LQ_RIAA_T2) / (1.0 + s * other);
}

/* What its poles give at z: by impulse invariance, 0 at 0 Hz. */
static cplx
playback_poles (const struct fit *f, cplx z)
{
  cplx sum = 0.0;

  for (int p = 0; p < 2; p++) {
    const double turn = 1.0 / (playback_t[p] * f->rate), keep = exp (-turn), feed = 1.0 - keep;
    sum -= playback_residue (p) * turn / feed * (1.0 - feed / (1.0 - keep / z));
  }
  return sum;
}

/* What the slow poles give at z. */
static cplx
slow (const struct fit *f, cplx z)
{
  return (f->real / (1.0 - exp (-f->w / f->rate) / z) + f->at / (1.0 - f->turn / z) +
             conj (f->at) / (1.0 - conj (f->turn) / z)) /
         f->rate;
}

/* The factors of what isn't taps, of a place. */
static void
factors (const struct fit *f, double phase, double *x, double *high, double *slowly)
{
  const double later = f->share * exp (-phase / (LQ_RIAA_T2 * f->rate));

  *x = f->kind == LQ_GROOVE_VELOCITY ? 1.0 : 0.0;
  *high = -f->r * later;
  *slowly = 0.0;
  if (f->kind == PLAYBACK)
    *high = 0.0;
  if (f->kind == LQ_GROOVE_ACCELERATION)
    *high = f->r / LQ_RIAA_T2 * later;
  if (f->kind == LQ_GROOVE_DISPLACEMENT) {
    *x = -creal (slow (f, 1.0));
    *high = -f->residue * later;
    *slowly = 1.0;
  }
}

/* At the frame itself. */
static cplx
wanted (const struct fit *f, cplx s)
{
  const cplx v = riaa (s);

  if (f->kind == PLAYBACK)
    return s / v;
  return f->kind == LQ_GROOVE_VELOCITY       ? v
         : f->kind == LQ_GROOVE_ACCELERATION ? v * s
                                             : v * swing (f->w, s);
}

static void
put (double *column, int point, cplx value)
{
  column[2 * point] = creal (value);
  column[2 * point + 1] = cimag (value);
}

/* What the places want of the taps at a point of the fit, relative to what is wanted of all. */
static void
set_wants (struct fit *f, int point, double turn)
{
  const cplx z = cexp (I * turn), h = wanted (f, I * turn * f->rate);
  const cplx passed = 1.0 - f->feed / (1.0 - f->pole / z), slowed = slow (f, z);
  const double size = cabs (h);

  for (uint32_t p = 0; p < f->places; p++) {
    double x, high, slowly;
    cplx fixed;
    factors (f, f->phase[p], &x, &high, &slowly);
    fixed = f->kind == PLAYBACK ? playback_poles (f, z) : x + high * passed + slowly * slowed;
    put (f->column[f->taps + p], point, (h * cexp (I * turn * f->phase[p]) - fixed) / size);
  }
}

static void
set_columns (struct fit *f)
{
  const double low = FIT_LOW_HZ / f->rate;

  for (int i = 0; i < POINTS; i++) {
    const double share = i < LOW_POINTS ? low * pow (FIT_SPLIT / low, (double)i / LOW_POINTS)
                                        : FIT_SPLIT + (f->edge - FIT_SPLIT) * (i - LOW_POINTS) /
                                                          (POINTS - LOW_POINTS - 1);
    const double turn = 2.0 * LQ_PI * share;
    const cplx z = cexp (I * turn);
    cplx d = cexp (I * turn * (1.0 - f->taps / 2)) * (1.0 - 1.0 / z) /
             cabs (wanted (f, I * turn * f->rate));
    for (uint32_t k = 0; k < f->taps; k++, d *= z)
      put (f->column[k], i, d);
    set_wants (f, i, turn);
  }
}

#define SUMS 4

static double
product (const double *a, const double *b)
{
  double sum[SUMS] = { 0.0 };

  for (uint32_t i = 0; i < 2 * POINTS; i += SUMS)
    for (uint32_t s = 0; s < SUMS; s++)
      sum[s] += a[i + s] * b[i + s];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Householder's reflection that leaves nothing below the diagonal of column k. */
static void
reflect (struct fit *f, uint32_t k)
{
  double mirror[2 * POINTS] = { 0.0 }, size;

  memcpy (mirror + k, f->column[k] + k, sizeof mirror - k * sizeof *mirror);
  size = sqrt (product (mirror, mirror));
  size = mirror[k] > 0.0 ? -size : size;
  mirror[k] -= size;
  for (uint32_t j = k + 1; j < f->taps + f->places; j++) {
    double *const column = f->column[j];
    const double by = product (mirror, column) / (-size * mirror[k]);
    for (uint32_t i = 0; i < 2 * POINTS; i++)
      column[i] -= by * mirror[i];
  }
  f->column[k][k] = size;
}

/* The forms of all places up to an edge; unit: what 1 cm is. */
static void
solve (struct fit *f, double unit, struct lq_groove_form *const form[])
{
  const uint32_t skip = (LQ_GROOVE_TAPS - f->taps) / 2;
  double tap[LQ_GROOVE_TAPS], x, high, slowly;

  set_columns (f);
  for (uint32_t k = 0; k < f->taps; k++)
    reflect (f, k);
  for (uint32_t p = 0; p < f->places; p++) {
    memset (form[p], 0, sizeof *form[p]);
    for (uint32_t k = f->taps; k-- > 0;) {
      tap[k] = f->column[f->taps + p][k];
      for (uint32_t j = k + 1; j < f->taps; j++)
        tap[k] -= f->column[j][k] * tap[j];
      tap[k] /= f->column[k][k];
      form[p]->tap[skip + k] = (float)(tap[k] * unit);
    }
    factors (f, f->phase[p], &x, &high, &slowly);
    form[p]->x = (float)(x * unit);
    form[p]->high = (float)(high * unit);
    form[p]->slow = (float)(slowly * unit);
  }
}

/* One place. */
static void
solve_one (struct fit *f, double phase, double unit, struct lq_groove_form *form)
{
  f->places = 1;
  f->phase[0] = phase;
  solve (f, unit, &form);
}

/* All places of a frame; symmetry lets the one at `natural` follow further up. */
static void
solve_frame (struct fit *f, double natural, double unit, struct lq_groove_form *fine)
{
  const bool exact = f->rate >= FEW_TAPS_RATE;
  struct lq_groove_form *form[LQ_GROOVE_PHASES];

  f->taps = LQ_GROOVE_TAPS;
  f->edge = FIT_EDGE;
  f->places = 0;
  for (uint32_t m = 0; m < LQ_GROOVE_PHASES; m++) {
    const double phase = (double)m / LQ_GROOVE_PHASES;
    if (exact && phase == natural)
      continue;
    f->phase[f->places] = phase;
    form[f->places++] = fine + m;
  }
  solve (f, unit, form);
  f->edge = FIT_EDGE_EXACT;
  if (exact)
    solve_one (f, natural, unit, fine + (uint32_t)(natural * LQ_GROOVE_PHASES));
}

/* What frame m of a half-step does to it, and to the states at its end. */
static void
set_frame (const struct fit *f, uint32_t m, struct lq_groove_poles *p)
{
  for (uint32_t i = 0; i < LQ_GROOVE_STEP; i++) {
    const int since = (int)(i % HALF) - (int)m;
    const cplx turned = cpow (f->turn, HALF - 1.0 - m);
    const double ends[] = { p->share * pow (p->fall, HALF - 1.0 - m), p->share * creal (turned),
      p->share * cimag (turned), f->feed * pow (f->pole, HALF - 1.0 - m) };
    p->into[m][i] = (float)ends[i % HALF];
    if (since < 0)
      continue;
    p->low[m][i] = (float)(f->feed * pow (f->pole, since));
    p->slow[m][i] = (float)(p->share * (f->real * pow (p->fall, since) +
                                           2.0 * creal (f->at * cpow (f->turn, since))));
  }
}

static void
set_poles (const struct fit *f, struct lq_groove_poles *p)
{
  const double fall = exp (-f->w / f->rate), keep = pow (f->pole, LQ_GROOVE_STEP);
  const cplx turn = cpow (f->turn, LQ_GROOVE_STEP), half = cpow (f->turn, HALF);
  const double stay[] = { pow (fall, HALF), creal (half), creal (half), pow (f->pole, HALF) };
  const double cross[] = { 0.0, -cimag (half), cimag (half), 0.0 };

  *p = (struct lq_groove_poles){ .keep = f->pole,
    .feed = f->feed,
    .share = 1.0 / f->rate,
    .fall = fall,
    .turn = { creal (f->turn), cimag (f->turn) },
    .out = { f->real, 2.0 * creal (f->at), -2.0 * cimag (f->at) },
    .stay = { pow (fall, LQ_GROOVE_STEP), creal (turn), creal (turn), keep },
    .cross = { 0.0, -cimag (turn), cimag (turn), 0.0 } };
  for (uint32_t i = 0; i < LQ_GROOVE_STEP; i++) {
    const double later = i % HALF + 1.0;
    const cplx turned = f->at * cpow (f->turn, later);
    p->stay_half[i] = i < HALF ? 1.0f : (float)stay[i - HALF];
    p->cross_half[i] = i < HALF ? 0.0f : (float)cross[i - HALF];
    p->rest[0][i] = (float)(f->real * pow (fall, later));
    p->rest[1][i] = (float)(2.0 * creal (turned));
    p->rest[2][i] = (float)(-2.0 * cimag (turned));
    p->rest[3][i] = (float)pow (f->pole, later);
  }
  for (uint32_t m = 0; m < HALF; m++)
    set_frame (f, m, p);
}

static void
set_close (const struct lq_groove_form *fine, bool before, struct lq_groove_close *close)
{
  close->half = fine[before ? 0 : LQ_GROOVE_PHASES / 2];
  close->before = before;
  for (uint32_t m = 0; m < LQ_GROOVE_PHASES; m++) {
    for (uint32_t k = 0; k < LQ_GROOVE_TAPS; k++)
      close->tap[k][m] = fine[m].tap[k];
    close->x[m] = fine[m].x;
    close->high[m] = fine[m].high;
    close->slow[m] = fine[m].slow;
  }
}

void
lq_groove_design (struct lq_groove_design *design, double rate, double reference_velocity,
    double reference_level_db)
{
  /* Walls are plane 0 ± plane 1 by √½. */
  static const double units[] = { 1.0, 0.70710678118654752 / LQ_GROOVE_G, 1e4 };
  struct fit f;

  begin (&f, rate);
  design->scale = 0.5 * reference_velocity / pow (10.0, reference_level_db / 20.0) /
                  cabs (riaa (I * 2.0 * LQ_PI * 1000.0));
  set_poles (&f, &design->poles);
  for (f.kind = 0; f.kind < LQ_GROOVE_KINDS; f.kind++) {
    const double natural = f.kind == LQ_GROOVE_VELOCITY ? 0.5 : 0.0;
    f.taps = rate < FEW_TAPS_RATE ? LQ_GROOVE_TAPS : few_taps[f.kind];
    f.edge = FIT_EDGE;
    design->skip[f.kind] = (LQ_GROOVE_TAPS - f.taps) / 2;
    solve_one (&f, natural, units[f.kind], &design->grid[f.kind]);
    solve_frame (&f, natural, units[f.kind], design->fine[f.kind]);
    set_close (design->fine[f.kind], f.kind == LQ_GROOVE_VELOCITY, &design->close[f.kind]);
  }
}

void
lq_groove_playback_design (struct lq_groove_playback *playback, double rate, double scale)
{
  /* A wall is √2·scale times its channel. */
  const double unit = 1e-4 / scale / sqrt (2.0);
  struct lq_groove_form form;
  struct fit f;

  begin (&f, rate);
  f.kind = PLAYBACK;
  f.taps = LQ_GROOVE_TAPS;
  f.edge = rate >= FEW_TAPS_RATE ? FIT_EDGE_EXACT : FIT_EDGE;
  solve_one (&f, 0.0, unit, &form);
  memcpy (playback->tap, form.tap, sizeof form.tap);
  for (int p = 0; p < 2; p++) {
    const double turn = 1.0 / (playback_t[p] * rate);
    playback->keep[p] = exp (-turn);
    playback->feed[p] = 1.0 - playback->keep[p];
    playback->high[p] = (float)(-playback_residue (p) * turn / playback->feed[p] * unit);
  }
}
