/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: multiband dynamics: what happens to frames.
 *
 *   x ─┬─→ bands ─┬──────────────────────────────────────────────────────── × ─→ Σ ─→ on ─→
 *      │          └─→ max |x|, held → dB → curve → links → ballistics → makeup, mix ┘    │
 *      └─────────────────────────────────────────────────────────────────────────────────┘
 *
 * Gains of all bands lie in lanes: of b where channels are linked, of 2·b + c where they aren't. */

#include "mb-private.h"

#include "../base/mathx.h"

#include <string.h>

/* Laid on the targets of bands that no link reaches: none is lower. */
#define APART_DB 1000.0f

#define RAISE_MOST_DB 90.0f

/* The curve of a band at the beginning or the end of the hop. */
static struct lq_squash
curve_of (const lq_mb *u, uint32_t b, bool at_end)
{
  float v[LQ_MB_RANGE + 1];

  for (int i = LQ_MB_THRESHOLD; i <= LQ_MB_RANGE; i++)
    v[i] = (float)(at_end ? u->ramp[b][i].z.end : u->ramp[b][i].z.value);
  if (v[LQ_MB_SLOPE] < 0.0f && v[LQ_MB_RANGE] > RAISE_MOST_DB)
    v[LQ_MB_RANGE] = RAISE_MOST_DB;
  return (struct lq_squash){ v[LQ_MB_THRESHOLD], v[LQ_MB_SLOPE], v[LQ_MB_KNEE], v[LQ_MB_RANGE],
    0.0f };
}

/* What a lane is asked for, from its level in dB; while the curve moves, between both ends. */
static void
target (const lq_mb *u, uint32_t b, float *x, uint32_t n)
{
  const struct lq_squash curve = curve_of (u, b, false), next = curve_of (u, b, true);
  float later[LQ_HOP];

  if (u->moving)
    u->kernels->squash (&next, x, later, n);
  u->kernels->squash (&curve, x, x, n);
  for (uint32_t i = 0; i < n && u->moving; i++)
    x[i] += (later[i] - x[i]) * (float)(u->z.phase + i) / LQ_HOP;
}

static void
targets (lq_mb *u, uint32_t n)
{
  const uint32_t each = u->z.split ? 2 : 1, channels = u->stream.channels / each;

  for (uint32_t k = 0; k < each * u->bands; k++) {
    const uint32_t first = u->z.split ? k : 2 * k;
    float *x = u->gain[k];
    u->kernels->magnitude ((const float *const *)u->plane + first, x, channels, n);
    lq_slidemax_process (&u->peak[k], x, n);
    u->kernels->decibels (x, x, n);
    target (u, k / each, x, n);
  }
}

/* A control over n frames. */
static void
fill (const lq_mb *u, const lq_ramp *r, float *out, uint32_t n)
{
  lq_ramp_fill (r, out, u->z.phase, n);
}

/* Targets of split channels move towards the lower one. */
static void
link_channels (lq_mb *u, uint32_t n)
{
  float share[LQ_MB_CHUNK];

  if (!u->z.split || (lq_ramp_absent (&u->link)))
    return;
  fill (u, &u->link, share, n);
  for (uint32_t b = 0; b < u->bands; b++) {
    float *left = u->gain[2 * b], *right = u->gain[2 * b + 1];
    for (uint32_t i = 0; i < n; i++) {
      const float l = left[i], r = right[i], lowest = l < r ? l : r;
      left[i] = l + share[i] * (lowest - l);
      right[i] = r + share[i] * (lowest - r);
    }
  }
}

/* Targets of bands move towards the lowest of all. */
static void
link_bands (lq_mb *u, uint32_t n)
{
  const uint32_t each = u->z.split ? 2 : 1;
  float share[LQ_MB_CHUNK], lowest[LQ_MB_CHUNK], apart[LQ_MB_BANDS][LQ_MB_CHUNK];

  if (lq_ramp_absent (&u->band_link))
    return;
  fill (u, &u->band_link, share, n);
  for (uint32_t b = 0; b < u->bands; b++)
    fill (u, &u->ramp[b][LQ_MB_APART], apart[b], n);
  for (uint32_t c = 0; c < each; c++) {
    for (uint32_t i = 0; i < n; i++)
      lowest[i] = APART_DB;
    for (uint32_t b = 0; b < u->bands; b++)
      for (uint32_t i = 0; i < n; i++) {
        const float t = u->gain[each * b + c][i] + APART_DB * apart[b][i];
        lowest[i] = t < lowest[i] ? t : lowest[i];
      }
    for (uint32_t b = 0; b < u->bands; b++) {
      float *t = u->gain[each * b + c];
      for (uint32_t i = 0; i < n; i++)
        t[i] += share[i] * (1.0f - apart[b][i]) * (lowest[i] - t[i]);
    }
  }
}

static void
follow_by (const lq_mb *u, const struct lq_mb_times *times, double *z, float *const *gain,
    uint32_t lanes, uint32_t n)
{
  struct lq_follow_lanes f;

  for (uint32_t k = 0; k < lanes; k++) {
    const uint32_t b = u->z.split ? k / 2 : k;
    f.attack[k] = times->attack[b];
    f.release[k] = times->release[b];
    f.z[k] = z[k];
  }
  u->kernels->follow (&f, gain, lanes, n);
  memcpy (z, f.z, lanes * sizeof *z);
}

/* Targets become gains, dB. */
static void
follow (lq_mb *u, uint32_t n)
{
  const uint32_t lanes = (u->z.split ? 2 : 1) * u->bands;
  float fade[LQ_HOP];

  if (u->times.target == 0.0) {
    follow_by (u, &u->z.now, u->z.gain, u->gain, lanes, n);
    return;
  }
  for (uint32_t k = 0; k < lanes; k++)
    memcpy (u->other[k], u->gain[k], n * sizeof (float));
  follow_by (u, &u->z.now, u->z.gain, u->gain, lanes, n);
  follow_by (u, &u->z.next, u->z.later, u->other, lanes, n);
  fill (u, &u->times, fade, n);
  for (uint32_t k = 0; k < lanes; k++)
    for (uint32_t i = 0; i < n; i++)
      u->gain[k][i] += fade[i] * (u->other[k][i] - u->gain[k][i]);
}

/* The largest change of a lane, with the sign of a reduction. */
static float
change_of (const lq_mb *u, const float *gain, uint32_t n)
{
  float most = 0.0f;

  if (!u->z.raises)
    return u->kernels->peak (gain, n);
  for (uint32_t i = 0; i < n; i++)
    most = fabsf (gain[i]) > fabsf (most) ? -gain[i] : most;
  return most;
}

static void
note (lq_mb *u, uint32_t n)
{
  const uint32_t each = u->z.split ? 2 : 1;

  for (uint32_t k = 0; k < each * u->bands; k++) {
    const uint32_t b = k / each;
    const float change = change_of (u, u->gain[k], n);
    if (u->ramp[b][LQ_MB_APART].z.value < 1.0 && fabsf (change) > fabsf (u->z.reduction_db[b]))
      u->z.reduction_db[b] = change;
  }
}

/* While settings move all of a band's gain is one curve: audible·(1 + wet·(makeup·gain − 1)). */
static void
shape (const lq_mb *u, uint32_t b, float *gain, uint32_t n)
{
  const lq_ramp *r = u->ramp[b];
  float makeup[LQ_HOP], wet[LQ_HOP], audible[LQ_HOP];

  fill (u, &r[LQ_MB_MAKEUP], makeup, n);
  fill (u, &r[LQ_MB_WET], wet, n);
  fill (u, &r[LQ_MB_AUDIBLE], audible, n);
  for (uint32_t i = 0; i < n; i++)
    gain[i] += makeup[i];
  u->kernels->gains (gain, gain, n);
  for (uint32_t i = 0; i < n; i++)
    gain[i] = audible[i] * (1.0f + wet[i] * (gain[i] - 1.0f));
}

/* Bands times their gains to channel c, as much of them as is on. */
static void
apply (lq_mb *u, uint32_t c, float *x, uint32_t n)
{
  static const float none[LQ_MB_BANDS] = { 0 }, all[LQ_MB_BANDS] = { 1, 1, 1, 1, 1, 1 };
  const float *band[LQ_MB_BANDS], *gain[LQ_MB_BANDS];
  const bool rests = lq_ramp_resting (&u->on);
  float y[LQ_MB_CHUNK], on[LQ_HOP];

  if (rests && u->on.target == 0.0)
    return;
  for (uint32_t b = 0; b < u->bands; b++) {
    band[b] = u->plane[2 * b + c];
    gain[b] = u->gain[lq_mb_lane (u, b, c)];
  }
  u->kernels->blend (band, gain, u->moving ? none : u->z.offset, u->moving ? all : u->z.scale,
      u->bands, rests ? x : y, n);
  if (rests)
    return;
  fill (u, &u->on, on, n);
  for (uint32_t i = 0; i < n; i++)
    x[i] += on[i] * (y[i] - x[i]);
}

/* n frames from `first` on, all of them before the next thing that moves. */
static void
stretch (lq_mb *u, float *const *ch, uint32_t first, uint32_t n)
{
  const uint32_t channels = u->stream.channels, lanes = (u->z.split ? 2 : 1) * u->bands;
  const float *const x[2] = { ch[0] + first, ch[channels - 1] + first };

  lq_bands_process (&u->splitter, x, (float *const(*)[2])u->plane, n);
  targets (u, n);
  link_channels (u, n);
  link_bands (u, n);
  follow (u, n);
  note (u, n);
  for (uint32_t k = 0; k < lanes; k++)
    if (u->moving)
      shape (u, u->z.split ? k / 2 : k, u->gain[k], n);
    else
      u->kernels->gains (u->gain[k], u->gain[k], n);
  for (uint32_t c = 0; c < channels; c++)
    apply (u, c, ch[c] + first, n);
}

void
lq_mb_process (lq_mb *u, float *const *ch, uint32_t frames)
{
  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t left = frames - done;
    if (u->z.phase == 0)
      lq_mb_hop (u);
    /* Up to the grid where something moves, or is yet to begin or end there. */
    n = left < LQ_MB_CHUNK - u->z.phase ? left : LQ_MB_CHUNK - u->z.phase;
    if (!u->z.running || u->moving || !lq_ramp_resting (&u->on) || u->on.target == 0.0)
      n = lq_hop_left (u->z.phase, left);
    if (u->z.running)
      stretch (u, ch, done, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
