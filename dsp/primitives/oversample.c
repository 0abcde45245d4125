/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: oversampling by stages of two.
 * Source:  half-bands: P. P. Vaidyanathan, "Multirate Systems and Filter Banks", 1993, §4.6.4. Every second tap is 0, so a stage up computes only the values half-way
 *          between those it has, and a stage down is half of the even values and half of what the
 *          odd ones interpolate in their places.
 *
 *   in ─┬──────────────────── fast 0 ─→ (shaped 0) ─┬─→ ½ ─→ + ─→ …
 *       └─→ between ──┬────── fast 2                │         ↑
 *         └─→ between ┴─→ …   fast 1, 3 ─→ (shaped) ┴─→ half-way
 *
 * All planes have one index, that of the frames: value i of plane m stands for the time i + m/M.
 * What a filter takes from its future is a lag of its result, in whole frames; the lags add up to
 * the latency. The memory of each plane: HISTORY values of the past, then those of the block. */

#include "oversample.h"

#include <string.h>

/* Values of the past that some filter still takes: 2·18 − 1 at the most, and lags. */
#define HISTORY LQ_OVERSAMPLE_HISTORY
#define PLANE (HISTORY + LQ_OVERSAMPLE_BLOCK)

/* Taps of the value half-way, from the nearest pair on. They have the least maximum error up to a share
 * of a stage's slower rate, and a sum of ½. The first stage decides what folds: 0.4385 of 44.1 kHz
 * is 19.3 kHz; from 47 kHz on 0.4167 are enough, 20 kHz of 48. Images are down by 71 and 74 dB. The
 * later stages have octaves of room: 0.228 and 0.114, 91 and 93 dB. */
#define SHORT_FROM_HZ 47000.0
struct half_band {
  uint32_t pairs;
  double taps[LQ_FOLD_PAIRS];
};
static const struct half_band first_of_all = { 18,
  { 0.6353185131, -0.2078012426, 0.1200299639, -0.08095378707, 0.05828277959, -0.04324391743,
      0.03248000009, -0.02442889147, 0.01826272985, -0.01348943287, 0.00979328487,
      -0.006950433391, 0.004793873273, -0.003189449471, 0.0020268941, -0.001211892028,
      0.0006640709037, -0.0003830633384 } };
static const struct half_band first_of_high = { 13,
  { 0.6337862897, -0.2038868425, 0.113837326, -0.07293078193, 0.04888695744, -0.03309920966,
      0.0221026049, -0.01440318933, 0.008967702243, -0.005311297353, 0.002865331053,
      -0.0014097214, 0.0005948309255 } };
static const struct half_band second = { 5,
  { 0.6139126982, -0.1522509125, 0.04896999561, -0.01238245533, 0.001750674061 } };
static const struct half_band third = { 3, { 0.5896489017, -0.1034212407, 0.01377233903 } };

/* Where value `index` of the stream that M planes make lies: its plane, and its frame (may be
 * below 0). */
static inline uint32_t
plane_of (int32_t index, uint32_t m)
{
  return (uint32_t)index & (m - 1);
}

static inline int32_t
frame_of (int32_t index, uint32_t m)
{
  return (index - (int32_t)plane_of (index, m)) / (int32_t)m;
}

/* Where a plane has the frame that is `frames` after that which lags by `lag`. */
static inline uint32_t
place (struct lq_oversample_plane p, uint32_t lag, int32_t frames)
{
  return (uint32_t)((int32_t)(p.at + HISTORY + p.lag - lag) + frames);
}

static inline float *
channel_of (const lq_oversample *o, uint32_t c)
{
  return o->memory + (size_t)c * o->planes * PLANE;
}

static void
design (lq_oversample *o, double rate)
{
  const struct half_band *const stages[LQ_OVERSAMPLE_STAGES] = {
    rate < SHORT_FROM_HZ ? &first_of_all : &first_of_high, &second, &third
  };

  for (uint32_t s = 0; s < LQ_OVERSAMPLE_STAGES; s++) {
    o->pairs[s] = stages[s]->pairs;
    for (uint32_t k = 0; k < o->pairs[s]; k++) {
      o->up[s][k] = (float)stages[s]->taps[k];
      o->down[s][k] = o->up[s][k] / 2.0f;
    }
  }
}

static struct lq_oversample_plane
new_plane (lq_oversample *o, uint32_t lag)
{
  return (struct lq_oversample_plane){ PLANE * o->planes++, lag };
}

/* Lays out planes and lags. */
static void
plan (lq_oversample *o, uint32_t reach)
{
  uint32_t lag = 0;

  o->fast[0] = new_plane (o, 0);
  for (uint32_t s = 0; s < o->stages; s++) {
    const uint32_t m = 1u << s;
    lag += (m - 1 + o->pairs[s]) / m;
    for (uint32_t k = m; k-- > 0;) {
      o->fast[2 * k] = o->fast[k];
      o->fast[2 * k + 1] = new_plane (o, lag);
    }
  }
  lag += reach;
  for (uint32_t k = 0; k < o->factor; k++)
    o->shaped[k] = new_plane (o, lag);
  for (uint32_t s = o->stages; s-- > 0;) {
    const uint32_t m = 1u << s;
    lag += (m - 1 + o->pairs[s] - 1) / m;
    for (uint32_t k = 0; k < m && s > 0; k++)
      o->between[s][k] = new_plane (o, lag);
  }
  o->latency = lag;
}

static void
plan_up (lq_oversample *o, uint32_t s)
{
  const uint32_t m = 1u << s, step = o->factor / m;

  for (uint32_t at = 0; at < m; at++) {
    const struct lq_oversample_plane out = o->fast[at * step + step / 2];
    struct lq_oversample_route *r = &o->up_from[s][at];
    for (uint32_t k = 0; k < o->pairs[s]; k++) {
      const int32_t a = (int32_t)at - (int32_t)k, b = (int32_t)(at + 1 + k);
      r->a[k] = place (o->fast[plane_of (a, m) * step], out.lag, frame_of (a, m));
      r->b[k] = place (o->fast[plane_of (b, m) * step], out.lag, frame_of (b, m));
    }
    r->to = place (out, out.lag, 0);
  }
}

/* From 2·2^s planes to 2^s. */
static void
plan_down (lq_oversample *o, uint32_t s)
{
  const struct lq_oversample_plane *in = s + 1 < o->stages ? o->between[s + 1] : o->shaped;
  const uint32_t m = 1u << s;

  for (uint32_t at = 0; at < m; at++) {
    const uint32_t lag = s ? o->between[s][at].lag : o->latency;
    struct lq_oversample_route *r = &o->down_from[s][at];
    for (uint32_t k = 0; k < o->pairs[s]; k++) {
      const int32_t a = (int32_t)(at + k), b = (int32_t)at - 1 - (int32_t)k;
      r->a[k] = place (in[2 * plane_of (a, m) + 1], lag, frame_of (a, m));
      r->b[k] = place (in[2 * plane_of (b, m) + 1], lag, frame_of (b, m));
    }
    r->middle = place (in[2 * at], lag, 0);
    r->to = s ? place (o->between[s][at], lag, 0) : 0;
  }
}

bool
lq_oversample_prepare (
    lq_oversample *o, const lq_stream *stream, uint32_t factor, uint32_t reach, lq_arena *arena)
{
  memset (o, 0, sizeof *o);
  o->kernels = lq_kernels ();
  o->channels = stream->channels;
  o->factor = factor;
  while (1u << o->stages < factor)
    o->stages++;
  design (o, stream->rate);
  plan (o, reach);
  for (uint32_t s = 0; s < o->stages; s++) {
    plan_up (o, s);
    plan_down (o, s);
  }
  o->memory =
      lq_arena_alloc (arena, (size_t)stream->channels * o->planes * PLANE * sizeof (float));
  return o->memory != NULL;
}

void
lq_oversample_reset (lq_oversample *o)
{
  memset (o->memory, 0, (size_t)o->channels * o->planes * PLANE * sizeof (float));
}

float *
lq_oversample_in (const lq_oversample *o, uint32_t c)
{
  return channel_of (o, c) + place (o->fast[0], 0, 0);
}

/* What a filter takes for a channel. */
static void
follow_route (
    const lq_oversample *o, uint32_t c, const struct lq_oversample_route *r, struct lq_fold *f)
{
  const float *memory = channel_of (o, c);

  for (uint32_t k = 0; k < f->pairs; k++) {
    f->a[k] = memory + r->a[k];
    f->b[k] = memory + r->b[k];
  }
}

void
lq_oversample_up (lq_oversample *o, uint32_t c, uint32_t n)
{
  for (uint32_t s = 0; s < o->stages; s++) {
    struct lq_fold f = { .taps = o->up[s], .pairs = o->pairs[s] };
    for (uint32_t at = 0; at < 1u << s; at++) {
      follow_route (o, c, &o->up_from[s][at], &f);
      o->kernels->fold (&f, channel_of (o, c) + o->up_from[s][at].to, n);
    }
  }
}

const float *
lq_oversample_fast (const lq_oversample *o, uint32_t c, uint32_t m)
{
  return channel_of (o, c) + place (o->fast[m], o->shaped[0].lag, 0);
}

float *
lq_oversample_shaped (const lq_oversample *o, uint32_t c, uint32_t m)
{
  return channel_of (o, c) + place (o->shaped[m], o->shaped[m].lag, 0);
}

/* Whole planes are too much to move for a few frames: only the past that is taken. */
static void
move_on (lq_oversample *o, uint32_t c, uint32_t n)
{
  float *plane = o->memory + (size_t)c * o->planes * PLANE;

  for (uint32_t p = 0; p < o->planes; p++, plane += PLANE)
    memmove (plane, plane + n, HISTORY * sizeof *plane);
}

void
lq_oversample_down (lq_oversample *o, uint32_t c, float *out, uint32_t n)
{
  float *memory = channel_of (o, c);

  if (o->stages == 0)
    memcpy (out, memory + place (o->shaped[0], o->latency, 0), n * sizeof *out);
  for (uint32_t s = o->stages; s-- > 0;) {
    struct lq_fold f = { .taps = o->down[s], .pairs = o->pairs[s], .weight = 0.5f };
    for (uint32_t at = 0; at < 1u << s; at++) {
      const struct lq_oversample_route *r = &o->down_from[s][at];
      follow_route (o, c, r, &f);
      f.middle = memory + r->middle;
      o->kernels->fold (&f, s ? memory + r->to : out, n);
    }
  }
  move_on (o, c, n);
}

void
lq_oversample_skip (lq_oversample *o, uint32_t c, uint32_t n)
{
  float *memory = channel_of (o, c);

  for (uint32_t s = 1; s < o->stages; s++)
    for (uint32_t at = 0; at < 1u << s; at++)
      memset (memory + o->down_from[s][at].to, 0, n * sizeof *memory);
  move_on (o, c, n);
}
