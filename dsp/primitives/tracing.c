/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: tracing distortion and loss of a stylus.
 * Source:  the path of a ball's centre is the envelope of the balls on the wall, y(t) ⊕ ball: F. V. Hunt
 *          and J. A. Pierce, "Distortion in Sound Reproduction from Phonograph Records", JASA 10, 1938,
 *          whose first term is y + ρ/2·(dy/dx)²; patch: H. Hertz's contact, whose pressure over its
 *          length is half an ellipse.
 *
 *   l, r ─→ RIAA, ∫ ─→ walls ─→ ×2 … ×8 ─→ patch ─→ ball ─→ and back ─→ d/dt, RIAA⁻¹ ─→ l, r
 *
 * The left wall is below the ball, the right one above: so in-phase signals are lateral. The largest of the
 * sums of wall and ball is looked for among fast frames, then between them by a parabola.
 *
 * z: poles; pending frames, of LQ_GROOVE_GROUP that are worked on at once. planes: the past. */

#include "tracing.h"

#include "../base/mathx.h"
#include "../base/vec.h"

#include <string.h>

#define GROUP LQ_GROOVE_GROUP
#define KEEP LQ_GROOVE_TAPS
#define FAST (GROUP * LQ_OVERSAMPLE_MAX)
#define FAST_RATE 170000.0
#define LAG (LQ_TRACING_REACH + LQ_TRACING_PATCH)
#define SLOPE_REACH 0.75 /* of the radius: a slope of more than 1 can't be cut */

/* Half the length of the patch under 18 µm: 1.5 g on two walls, E/(1 − ν²) of 3.5 GPa. */
#define PATCH_UM 3.45
#define PATCH_OF 18.0

#define SQRT_HALF 0.70710678118654752f

struct lq_tracing_planes {
  float in[2][GROUP], out[2][GROUP];
  float x[2][KEEP + GROUP], d[2][KEEP + GROUP], high[2][KEEP + GROUP], slow[2][KEEP + GROUP];
  float wall[2][2 * LQ_TRACING_PATCH + FAST]; /* fast */
  float soft[2][2 * LQ_TRACING_REACH + FAST]; /* behind the patch */
  float traced[2][1 + KEEP + GROUP];          /* slow again */
  float rest[2][KEEP + GROUP];                /* of the playback's poles */
  float best[FAST], at[FAST];
};

static uint32_t
factor_of (double rate)
{
  uint32_t factor = 1;

  while (factor < LQ_OVERSAMPLE_MAX && rate * factor < FAST_RATE)
    factor *= 2;
  return factor;
}

bool
lq_tracing_prepare (lq_tracing *u, const lq_stream *stream, double reference_velocity,
    double reference_level_db, lq_arena *arena)
{
  lq_stream two = *stream;

  *u = (lq_tracing){
    .kernels = lq_kernels (), .channels = stream->channels, .rate = stream->rate
  };
  two.channels = two.out_channels = 2;
  u->planes = lq_arena_alloc (arena, sizeof *u->planes);
  if (!u->planes ||
      !lq_oversample_prepare (&u->oversample, &two, factor_of (stream->rate), 0, arena))
    return false;
  lq_groove_design (&u->design, stream->rate, reference_velocity, reference_level_db);
  lq_groove_playback_design (&u->playback, stream->rate, u->design.scale);
  lq_tracing_set (u, LQ_TRACING_CUT, 50.0, PATCH_OF);
  lq_tracing_reset (u);
  return true;
}

void
lq_tracing_reset (lq_tracing *u)
{
  memset (u->planes, 0, sizeof *u->planes);
  memset (&u->z, 0, sizeof u->z);
  lq_oversample_reset (&u->oversample);
}

double
lq_tracing_patch_um (double stylus_um)
{
  return PATCH_UM * cbrt (stylus_um / PATCH_OF);
}

/* ∫√(1 − x²) from −1 to x, of which the whole is π/2. */
static double
ellipse (double x)
{
  const double c = lq_clamp (x, -1.0, 1.0);

  return 0.5 * (c * sqrt (1.0 - c * c) + asin (c)) + LQ_PI / 4.0;
}

void
lq_tracing_set (lq_tracing *u, int32_t mode, double speed, double stylus_um)
{
  const double step = speed * 1e4 / (u->rate * u->oversample.factor); /* µm */
  const double patch = lq_tracing_patch_um (stylus_um) / step;

  u->mode = mode;
  if (fabs (speed - u->speed) <= 1e-3 * u->speed &&
      fabs (stylus_um - u->stylus) <= 1e-3 * u->stylus)
    return;
  u->speed = speed;
  u->stylus = stylus_um;
  u->reach =
      (uint32_t)lq_clamp (ceil (SLOPE_REACH * stylus_um / step), 1.0, LQ_TRACING_REACH - 1.0);
  for (uint32_t i = 0; i <= 2 * u->reach; i++) {
    const double away = fmin (fabs ((double)i - u->reach) * step, stylus_um);
    u->ball[i] = (float)(sqrt (stylus_um * stylus_um - away * away) - stylus_um);
  }
  for (int i = -LQ_TRACING_PATCH; i <= LQ_TRACING_PATCH; i++)
    u->patch[LQ_TRACING_PATCH + i] =
        (float)((ellipse ((i + 0.5) / patch) - ellipse ((i - 0.5) / patch)) * 2.0 / LQ_PI);
}

/* What the next group looks back at. */
static void
keep_past (float *x)
{
  for (uint32_t i = 0; i < KEEP; i++)
    x[i] = x[GROUP + i];
}

/* A group of input becomes that of the walls LQ_GROOVE_LAG frames before, µm. */
static void
cut (lq_tracing *u)
{
  struct lq_tracing_planes *const p = u->planes;
  const float scale = (float)u->design.scale;
  float lateral[GROUP], vertical[GROUP];
  struct lq_groove_rows rows;

  for (uint32_t i = 0; i < GROUP; i++) {
    const float l = p->in[0][i], r = p->in[u->channels > 1 ? 1 : 0][i];
    p->x[0][KEEP + i] = (l + r) * scale;
    p->x[1][KEEP + i] = (l - r) * scale;
  }
  u->kernels->groove_run (&u->design.poles, &u->z.poles,
      (const float *const[]){ p->x[0] + KEEP, p->x[1] + KEEP },
      (float *const[]){ p->d[0] + KEEP, p->d[1] + KEEP },
      (float *const[]){ p->high[0] + KEEP, p->high[1] + KEEP },
      (float *const[]){ p->slow[0] + KEEP, p->slow[1] + KEEP }, GROUP);
  for (uint32_t c = 0; c < 2; c++) {
    rows.x[c] = p->x[c] + KEEP - LQ_GROOVE_LAG;
    rows.d[c] = p->d[c] + KEEP - LQ_GROOVE_LAG;
    rows.high[c] = p->high[c] + KEEP - LQ_GROOVE_LAG;
    rows.slow[c] = p->slow[c] + KEEP - LQ_GROOVE_LAG;
  }
  u->kernels->groove_wave (&u->design.fine[LQ_GROOVE_DISPLACEMENT][0], &rows,
      (float *const[]){ lateral, vertical }, GROUP);
  for (uint32_t c = 0; c < 2; c++) {
    float *const to = lq_oversample_in (&u->oversample, c);
    const float sign = c == 0 ? SQRT_HALF : -SQRT_HALF;
    for (uint32_t i = 0; i < GROUP; i++)
      to[i] = SQRT_HALF * lateral[i] + sign * vertical[i];
    keep_past (p->x[c]);
    keep_past (p->d[c]);
    keep_past (p->high[c]);
    keep_past (p->slow[c]);
  }
}

typedef int32_t v4i __attribute__ ((vector_size (16)));

static inline lq_v4f
load (const float *x)
{
  lq_v4f v;

  memcpy (&v, x, sizeof v);
  return v;
}

/* The highest of wall and ball together at four fast frames, and where, as counts of `first`. */
static inline void
highest (
    const float *first, float sign, const float *above, uint32_t reach, float *best, float *at)
{
  lq_v4f most = sign * load (first + 1) + above[1];
  v4i where = { 1, 1, 1, 1 };

  for (uint32_t k = 2; k < 2 * reach; k++) {
    const lq_v4f y = sign * load (first + k) + above[k];
    const v4i more = y > most, place = (int32_t)k - (v4i){ 0 };
    most = (lq_v4f)((more & (v4i)y) | (~more & (v4i)most));
    where = (more & place) | (~more & where);
  }
  for (int i = 0; i < 4; i++) {
    best[i] = most[i];
    at[i] = (float)where[i];
  }
}

/* soft ⊕ ball at the n fast frames of `best`; on the other side of the wall if `sign` is −1. */
static void
ball (lq_tracing *u, const float *soft, float sign, float *best, float *at, uint32_t n)
{
  const uint32_t reach = u->reach;
  const float *const first = soft + LQ_TRACING_REACH - reach;

  for (uint32_t i = 0; i < n; i += 4)
    highest (first + i, sign, u->ball, reach, best + i, at + i);
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t k = (uint32_t)at[i];
    const float before = sign * first[i + k - 1] + u->ball[k - 1] - best[i];
    const float behind = sign * first[i + k + 1] + u->ball[k + 1] - best[i];
    const float bend = -(before + behind), tilt = behind - before;
    const float more =
        before <= 0.0f && behind <= 0.0f && bend > 0.0f ? tilt * tilt / (8.0f * bend) : 0.0f;
    best[i] = sign * (best[i] + more);
  }
}

/* Walls at the fast rate, what is traced of them, LAG fast frames later. */
static void
trace (lq_tracing *u, uint32_t c)
{
  struct lq_tracing_planes *const p = u->planes;
  const uint32_t factor = u->oversample.factor, n = GROUP * factor;
  float *const wall = p->wall[c], *const soft = p->soft[c];

  lq_oversample_up (&u->oversample, c, GROUP);
  for (uint32_t m = 0; m < factor; m++) {
    const float *const fast = lq_oversample_fast (&u->oversample, c, m);
    for (uint32_t i = 0; i < GROUP; i++)
      wall[2 * LQ_TRACING_PATCH + i * factor + m] = fast[i];
  }
  for (uint32_t i = 0; i < n; i++)
    soft[2 * LQ_TRACING_REACH + i] = wall[LQ_TRACING_PATCH + i];
  if (u->mode == LQ_TRACING_FULL) {
    for (uint32_t i = 0; i < n; i += 4) {
      lq_v4f sum = { 0.0f };
      for (uint32_t k = 0; k <= 2 * LQ_TRACING_PATCH; k++)
        sum += u->patch[k] * load (wall + i + k);
      memcpy (soft + 2 * LQ_TRACING_REACH + i, &sum, sizeof sum);
    }
    ball (u, soft, c == 0 ? 1.0f : -1.0f, p->best, p->at, n);
  } else {
    memcpy (p->best, soft + LQ_TRACING_REACH, n * sizeof *soft);
  }
  for (uint32_t m = 0; m < factor; m++) {
    float *const shaped = lq_oversample_shaped (&u->oversample, c, m);
    for (uint32_t i = 0; i < GROUP; i++)
      shaped[i] = p->best[i * factor + m];
  }
  memmove (wall, wall + n, 2 * LQ_TRACING_PATCH * sizeof *wall);
  memmove (soft, soft + n, 2 * LQ_TRACING_REACH * sizeof *soft);
}

static void
play (lq_tracing *u, uint32_t c)
{
  struct lq_tracing_planes *const p = u->planes;
  const struct lq_groove_playback *const b = &u->playback;
  float *const y = p->traced[c], *const rest = p->rest[c];
  double *const z = u->z.play[c];

  lq_oversample_down (&u->oversample, c, y + 1 + KEEP, GROUP);
  for (uint32_t i = 0; i < GROUP; i++) {
    const double x = y[1 + KEEP + i];
    z[0] = b->keep[0] * z[0] + b->feed[0] * x;
    z[1] = b->keep[1] * z[1] + b->feed[1] * x;
    rest[KEEP + i] = b->high[0] * (float)(x - z[0]) + b->high[1] * (float)(x - z[1]);
  }
  memcpy (p->out[c], rest + KEEP - LQ_GROOVE_LAG, GROUP * sizeof *rest);
  for (uint32_t k = 0; k < LQ_GROOVE_TAPS; k++) {
    const float *const from = y + 1 + KEEP - LQ_GROOVE_LAG + k - (LQ_GROOVE_TAPS / 2 - 1);
    for (uint32_t i = 0; i < GROUP; i++)
      p->out[c][i] += b->tap[k] * (from[i] - *(from + i - 1));
  }
  memmove (y, y + GROUP, (1 + KEEP) * sizeof *y);
  memmove (rest, rest + GROUP, KEEP * sizeof *rest);
}

static void
group (lq_tracing *u)
{
  cut (u);
  for (uint32_t c = 0; c < 2; c++) {
    trace (u, c);
    play (u, c);
  }
}

void
lq_tracing_process (lq_tracing *u, float *const *ch, uint32_t frames)
{
  struct lq_tracing_planes *const p = u->planes;

  for (uint32_t done = 0, n; done < frames; done += n) {
    n = GROUP - u->z.pending < frames - done ? GROUP - u->z.pending : frames - done;
    for (uint32_t c = 0; c < u->channels; c++) {
      float out[GROUP];
      memcpy (out, p->out[c] + u->z.pending, n * sizeof *out);
      memcpy (p->in[c] + u->z.pending, ch[c] + done, n * sizeof *out);
      memcpy (ch[c] + done, out, n * sizeof *out);
    }
    u->z.pending += n;
    if (u->z.pending == GROUP) {
      group (u);
      u->z.pending = 0;
    }
  }
}

uint32_t
lq_tracing_latency (const lq_tracing *u)
{
  return GROUP + 2 * LQ_GROOVE_LAG + lq_oversample_latency (&u->oversample) +
         LAG / u->oversample.factor;
}
