/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: linear-phase filters of thousands of taps, exchanged while playing.
 * Source:  frequency sampling with a window; partitions of one size, overlap and save, as in
 *          F. Wefers, "Partitioned convolution algorithms for real-time auralization", 2014, ch. 5.
 *
 *   left + j·right → ring → 2·B frames → FFT ─→ spectra of 14 blocks ─┬─→ Σ · taps → inverse → block
 *                                         └─→ mirrored, conjugate ────┘   (of each filter)
 *
 * Two channels are one complex signal z, and taps alike on both are real in it. A matrix is
 * y = a ∗ z + b ∗ z̄, a = (ll + rr)/2 + j(rl − lr)/2, b = (ll − rr)/2 + j(rl + lr)/2; the spectrum
 * of z̄ is that of z mirrored and conjugate.
 *
 * When a block is complete it is transformed, meets the first partition, and the sum goes back to
 * be heard in the next one. What older blocks add is added in the hops before, a slice of bins
 * each. The block's time is made up for by taps that are 0 at both ends.
 *
 *   design: magnitudes → mirrored → FFT → · window, in partitions → FFT → the set that is not in force
 *
 * z: hop, half, slot: places; valid, wait: how many of the spectra count, and how many are missing;
 * phase, faded: of a fade. */

#include "linear.h"

#include "../base/mathx.h"
#include "../base/param.h"

#include <string.h>

/* Bins that a hop adds: of both halves of 64 frames. */
#define SLICE (2 * LQ_HOP)

/* The window is flat but for this share at its ends: what is cut off is least, and what it makes of
 * low bells as well. */
#define TAPER 0.1

/* Partitions of half the taps: the window's length in blocks. */
#define SIDE_BLOCKS 7

/* ns a value of a pass, a value that is copied or weighted, about. */
#define COST_PASS 0.8
#define COST_VALUE 1.0

/* Values of a run that a step of a pass does at most. */
#define PIECE 512u

enum { REST, JOINING, FADING };         /* z.phase */
enum { MIRROR, TRANSFORM, PART, DONE }; /* job.stage */

uint32_t
lq_linear_taps (double rate, uint32_t taps)
{
  for (double top = 48000.0; rate > top && taps < LQ_LINEAR_TAPS_MAX; top *= 2.0)
    taps *= 2;
  return taps;
}

static float *
plane (lq_arena *arena, size_t floats)
{
  return lq_arena_alloc (arena, floats * sizeof (float));
}

static bool
prepare_filter (lq_linear *u, struct lq_linear_filter *f, lq_arena *arena)
{
  const size_t spectra = (size_t)LQ_LINEAR_PARTS * u->stride;
  bool ok = true;

  for (int s = 0; s < 2; s++) {
    for (int m = 0; m < (u->matrices ? 2 : 1); m++)
      ok = ok && (f->set[s].taps[m] = plane (arena, spectra));
    ok = ok && (f->sum[s] = plane (arena, u->stride));
    for (int c = 0; c < 2; c++)
      ok = ok && (f->result[s][c] = plane (arena, u->block + LQ_FFT_STAGGER));
  }
  return ok;
}

static bool
prepare_planes (lq_linear *u, lq_arena *arena)
{
  const size_t spectra = (size_t)LQ_LINEAR_PARTS * u->stride;
  bool ok = true;

  for (int c = 0; c < 2; c++) {
    ok = ok && (u->ring[c] = plane (arena, 2 * (size_t)u->block + LQ_FFT_STAGGER));
    for (int k = 0; k < 2; k++)
      ok = ok && (u->work[k][c] = plane (arena, u->gap));
  }
  for (int m = 0; m < (u->matrices ? 2 : 1); m++) {
    ok = ok && (u->spectra[m] = plane (arena, spectra));
    for (int c = 0; c < 2; c++)
      ok = ok && (u->target[m][c] = plane (arena, 2 * (size_t)u->taps + LQ_FFT_STAGGER));
  }
  ok = ok && (u->fade = plane (arena, u->fade_frames));
  ok = ok && (u->window = plane (arena, u->taps / 2));
  return ok && (u->scratch = plane (arena, lq_fft_scratch (&u->design)));
}

/* Weights of taps from the middle on, with what the transforms leave to be scaled. */
static void
fill_window (lq_linear *u)
{
  const uint32_t side = SIDE_BLOCKS * u->block;
  const double scale = 1.0 / ((double)u->design.size * u->fft.size);

  for (uint32_t i = 0; i < side; i++) {
    const double from = fmax (0.0, (double)i / side - (1.0 - TAPER)) / TAPER;
    u->window[i] = (float)(scale * (0.5 + 0.5 * cos (LQ_PI * from)));
  }
  for (uint32_t i = 0; i < u->fade_frames; i++)
    u->fade[i] = (float)(0.5 - 0.5 * cos (LQ_PI * (i + 0.5) / u->fade_frames));
}

bool
lq_linear_prepare (lq_linear *u, const lq_stream *stream, uint32_t taps, uint32_t filters,
    bool matrices, lq_arena *arena)
{
  memset (u, 0, sizeof *u);
  if (stream->channels > 2 || filters > LQ_LINEAR_FILTERS || taps < LQ_LINEAR_TAPS_MIN ||
      taps > LQ_LINEAR_TAPS_MAX)
    return false;
  u->kernels = lq_kernels ();
  u->channels = stream->channels;
  u->taps = taps;
  u->filters = filters;
  u->matrices = matrices && stream->channels == 2;
  u->block = taps / 16;
  u->hops = u->block / LQ_HOP;
  u->gap = 2 * u->block + LQ_FFT_STAGGER;
  u->stride = 2 * u->gap;
  u->fade_frames = (uint32_t)ceil (stream->rate * LQ_RAMP_MS / 1000.0 / u->block) * u->block;
  if (!lq_fft_prepare (&u->fft, 2 * u->block, arena) ||
      !lq_fft_prepare (&u->design, 2 * taps, arena) || !prepare_planes (u, arena))
    return false;
  for (uint32_t i = 0; i < filters; i++)
    if (!prepare_filter (u, &u->filter[i], arena))
      return false;
  fill_window (u);
  u->job.stage = DONE;
  lq_linear_reset (u);
  return true;
}

/* What is needed for the filters there are. */
static void
look (lq_linear *u)
{
  u->wanted = u->mirrored = false;
  for (uint32_t i = 0; i < 2 * u->filters; i++) {
    const enum lq_linear_kind kind = u->filter[i / 2].set[i % 2].kind;
    u->wanted = u->wanted || kind != LQ_LINEAR_DELAY;
    u->mirrored = u->mirrored || kind == LQ_LINEAR_MATRIX;
  }
}

/* What waits, or fades in, is in force. */
static void
adopt (lq_linear *u)
{
  for (uint32_t i = 0; i < u->filters; i++) {
    struct lq_linear_filter *f = &u->filter[i];
    if (!f->ready)
      continue;
    f->now ^= 1;
    f->set[f->now ^ 1].kind = LQ_LINEAR_DELAY;
    f->ready = false;
  }
  look (u);
}

void
lq_linear_reset (lq_linear *u)
{
  adopt (u);
  u->swap = false;
  memset (&u->z, 0, sizeof u->z);
  for (int c = 0; c < 2; c++)
    memset (u->ring[c], 0, 2 * (size_t)u->block * sizeof (float));
  for (uint32_t i = 0; i < 2 * u->filters; i++)
    for (int c = 0; c < 2; c++)
      memset (u->filter[i / 2].result[i % 2][c], 0, u->block * sizeof (float));
}

void
lq_linear_wake (lq_linear *u)
{
  lq_linear_reset (u);
  u->z.wait[0] = u->z.wait[1] = LQ_LINEAR_PARTS + 1;
}

void
lq_linear_begin (lq_linear *u, uint32_t i, enum lq_linear_kind kind)
{
  struct lq_linear_filter *f = &u->filter[i];

  f->set[f->now ^ 1].kind = kind;
  f->ready = false;
  memset (&u->job, 0, sizeof u->job);
  u->job.filter = i;
  u->job.kind = kind;
  look (u);
}

struct lq_linear_target
lq_linear_target (const lq_linear *u)
{
  return (struct lq_linear_target){ u->target[0][0], u->target[0][1], u->target[1][0],
    u->target[1][1] };
}

/* The other half of a spectrum that is real and even. */
static void
mirror (lq_linear *u, double *budget)
{
  const uint32_t size = u->design.size, half = size / 2;
  const uint32_t left = half - u->job.slice.at, n = left < 8 * PIECE ? left : 8 * PIECE;
  float *re = u->target[u->job.matrix][0], *im = u->target[u->job.matrix][1];
  const bool turns = u->job.kind == LQ_LINEAR_MATRIX;

  if (!turns && u->job.slice.at == 0)
    im[half] = 0.0f;
  for (uint32_t k = u->job.slice.at; k < u->job.slice.at + n; k++) {
    im[k] = turns ? im[k] : 0.0f;
    re[size - (k ? k : size)] = re[k];
    im[size - (k ? k : size)] = im[k];
  }
  *budget -= 2 * COST_VALUE * n;
  u->job.slice.at += n;
  if (u->job.slice.at < half)
    return;
  u->job.slice.at = 0;
  u->job.stage = TRANSFORM;
}

/* Some of a transform in place. True: it is done. */
static bool
transform (const lq_linear *u, const lq_fft *fft, float *re, float *im,
    struct lq_linear_slice *at, double *budget)
{
  const uint32_t quarter = fft->size / 4, left = quarter - at->at;
  const uint32_t end = at->at + (left < PIECE ? left : PIECE);
  float *other_re = u->scratch, *other_im = u->scratch + fft->size + LQ_FFT_STAGGER;
  const bool odd = at->pass % 2, last = at->pass + 1 == fft->passes;
  const struct lq_fft_runs from = lq_fft_runs (fft, odd ? other_re : re, odd ? other_im : im);

  if (last)
    u->kernels->fft_last_exact (&fft->pass[at->pass], &from, re, im, at->at, end, 0);
  else
    u->kernels->fft_pass_exact (
        &fft->pass[at->pass], &from, odd ? re : other_re, odd ? im : other_im, at->at, end);
  *budget -= 4 * COST_PASS * (end - at->at);
  at->at = end;
  if (end < quarter)
    return false;
  at->at = 0;
  at->pass++;
  return last;
}

/* A partition of taps, and as many zeros. */
static void
weight (const lq_linear *u, float *re, float *im, double *budget)
{
  const float *const *taps = (const float *const *)u->target[u->job.matrix];
  const int32_t first = (int32_t)(u->block * (u->job.part + 1)) - (int32_t)(u->taps / 2 - 1);

  for (uint32_t k = 0; k < u->block; k++) {
    const int32_t away = first + (int32_t)k;
    const uint32_t d = (uint32_t)(away < 0 ? -away : away);
    re[k] = taps[0][d] * u->window[d];
    im[k] = taps[1][d] * u->window[d];
  }
  memset (re + u->block, 0, u->block * sizeof *re);
  memset (im + u->block, 0, u->block * sizeof *im);
  *budget -= 3 * COST_VALUE * u->block;
}

/* The next piece of the partitions' spectra. */
static void
make_part (lq_linear *u, double *budget)
{
  struct lq_linear_filter *f = &u->filter[u->job.filter];
  float *re = f->set[f->now ^ 1].taps[u->job.matrix] + (size_t)u->job.part * u->stride;
  float *im = re + u->gap;

  if (!u->job.filled) {
    weight (u, re, im, budget);
    u->job.filled = true;
    return;
  }
  if (!transform (u, &u->fft, re, im, &u->job.slice, budget))
    return;
  u->job.filled = false;
  u->job.slice = (struct lq_linear_slice){ 0 };
  if (++u->job.part < LQ_LINEAR_PARTS)
    return;
  u->job.part = 0;
  u->job.stage = u->job.kind == LQ_LINEAR_MATRIX && u->job.matrix++ == 0 ? (uint32_t)MIRROR
                                                                         : (uint32_t)DONE;
}

bool
lq_linear_step (lq_linear *u, double *budget)
{
  if (u->job.kind == LQ_LINEAR_DELAY)
    u->job.stage = DONE;
  while (u->job.stage != DONE && *budget > 0.0) {
    float *const *target = u->target[u->job.matrix];
    if (u->job.stage == MIRROR) {
      mirror (u, budget);
    } else if (u->job.stage == PART) {
      make_part (u, budget);
    } else if (transform (u, &u->design, target[0], target[1], &u->job.slice, budget)) {
      u->job.slice = (struct lq_linear_slice){ 0 };
      u->job.stage = PART;
    }
  }
  u->filter[u->job.filter].ready = u->job.stage == DONE;
  return u->job.stage == DONE;
}

void
lq_linear_swap (lq_linear *u)
{
  u->swap = true;
}

bool
lq_linear_busy (const lq_linear *u)
{
  return u->swap || u->z.phase != REST;
}

bool
lq_linear_idle (const lq_linear *u)
{
  return !u->wanted && !lq_linear_busy (u);
}

/* Whether set s of a filter is heard, or about to be. */
static inline bool
at_work (const lq_linear *u, const struct lq_linear_filter *f, uint32_t s)
{
  return s == f->now || (f->ready && u->z.phase != REST);
}

bool
lq_linear_dry (const lq_linear *u)
{
  for (uint32_t i = 0; i < 2 * u->filters; i++)
    if (at_work (u, &u->filter[i / 2], i % 2) &&
        u->filter[i / 2].set[i % 2].kind == LQ_LINEAR_DELAY)
      return true;
  return false;
}

/* Adds partitions first … of taps in bins at … to a sum: the newest spectrum meets the first. */
static void
add (const lq_linear *u, const struct lq_linear_set *set, float *sum, uint32_t at,
    uint32_t bins, uint32_t first, uint32_t end, bool fresh)
{
  for (uint32_t m = 0; m < (set->kind == LQ_LINEAR_MATRIX ? 2 : 1); m++) {
    const float *x[LQ_LINEAR_PARTS], *h[LQ_LINEAR_PARTS];
    const uint32_t most = end - first;
    uint32_t n = 0;
    for (; n < most && n < u->z.valid[m]; n++) {
      const uint32_t slot = (u->z.slot + LQ_LINEAR_PARTS - n) % LQ_LINEAR_PARTS;
      x[n] = u->spectra[m] + (size_t)slot * u->stride + at;
      h[n] = set->taps[m] + (size_t)(first + n) * u->stride + at;
    }
    u->kernels->mac_apart (sum + at, x, h, n, bins, u->gap, fresh && m == 0);
  }
}

/* The block that is complete becomes a spectrum. */
static void
take_block (lq_linear *u)
{
  const uint32_t quarter = u->block / 2, last = u->fft.passes - 1;
  float *re = u->spectra[0] + (size_t)u->z.slot * u->stride, *im = re + u->gap;
  struct lq_fft_runs from;

  for (uint32_t j = 0; j < 4; j++) {
    const size_t at = (j / 2 ? u->z.half : u->z.half ^ 1) * (size_t)u->block + j % 2 * quarter;
    from.re[j] = u->ring[0] + at;
    from.im[j] = u->ring[1] + at;
  }
  for (uint32_t k = 0; k < last; k++) {
    float *const *to = u->work[k % 2];
    u->kernels->fft_pass_exact (&u->fft.pass[k], &from, to[0], to[1], 0, quarter);
    from = lq_fft_runs (&u->fft, to[0], to[1]);
  }
  u->kernels->fft_last_exact (&u->fft.pass[last], &from, re, im, 0, quarter, 0);
}

static void
turn_block (lq_linear *u)
{
  const float *re = u->spectra[0] + (size_t)u->z.slot * u->stride, *im = re + u->gap;
  float *to_re = u->spectra[1] + (size_t)u->z.slot * u->stride, *to_im = to_re + u->gap;
  const uint32_t size = u->fft.size;

  to_re[0] = re[0];
  to_im[0] = -im[0];
  for (uint32_t k = 1; k < size; k++) {
    to_re[k] = re[size - k];
    to_im[k] = -im[size - k];
  }
}

static void
take (lq_linear *u)
{
  const bool needed[2] = { u->wanted, u->mirrored };

  u->z.slot = (u->z.slot + 1) % LQ_LINEAR_PARTS;
  if (u->wanted)
    take_block (u);
  if (u->mirrored)
    turn_block (u);
  for (int m = 0; m < 2; m++) {
    if (!needed[m]) {
      u->z.valid[m] = 0;
      u->z.wait[m] = LQ_LINEAR_PARTS + 1;
      continue;
    }
    u->z.valid[m] += u->z.valid[m] < LQ_LINEAR_PARTS;
    u->z.wait[m] -= u->z.wait[m] > 0;
  }
  u->z.half ^= 1;
}

/* A sum becomes the block that is heard next: real and imaginary part exchanged, the inverse. */
static void
put_back (const lq_linear *u, const float *sum, float *const result[2])
{
  const uint32_t quarter = u->block / 2, last = u->fft.passes - 1;
  struct lq_fft_runs from = lq_fft_runs (&u->fft, sum + u->gap, sum);

  for (uint32_t k = 0; k < last; k++) {
    float *const *to = u->work[k % 2];
    u->kernels->fft_pass_exact (&u->fft.pass[k], &from, to[0], to[1], 0, quarter);
    from = lq_fft_runs (&u->fft, to[0], to[1]);
  }
  u->kernels->fft_last_exact (&u->fft.pass[last], &from, result[1], result[0], 0, quarter, 1);
}

/* Whether all the spectra that waiting filters look at are there. */
static bool
ready (const lq_linear *u)
{
  for (uint32_t i = 0; i < u->filters; i++) {
    const struct lq_linear_filter *f = &u->filter[i];
    const enum lq_linear_kind kind = f->set[f->now ^ 1].kind;
    if (f->ready && ((kind != LQ_LINEAR_DELAY && u->z.wait[0]) ||
                        (kind == LQ_LINEAR_MATRIX && u->z.wait[1])))
      return false;
  }
  return true;
}

static void
end_block (lq_linear *u)
{
  u->z.faded += u->block;
  if (u->z.phase == FADING && u->z.faded >= u->fade_frames) {
    adopt (u);
    u->z.phase = REST;
  } else if (u->z.phase == JOINING) {
    u->z.phase = FADING;
    u->z.faded = 0;
  }
  take (u);
  for (uint32_t i = 0; i < 2 * u->filters; i++) {
    struct lq_linear_filter *f = &u->filter[i / 2];
    const uint32_t s = i % 2;
    if (!at_work (u, f, s) || f->set[s].kind == LQ_LINEAR_DELAY)
      continue;
    add (u, &f->set[s], f->sum[s], 0, u->fft.size, 0, 1, false);
    put_back (u, f->sum[s], f->result[s]);
  }
  if (u->z.phase == REST && u->swap && ready (u)) {
    u->z.phase = JOINING;
    u->swap = false;
  }
}

void
lq_linear_hop (lq_linear *u)
{
  if (u->z.hop == u->hops) {
    end_block (u);
    u->z.hop = 0;
  }
  for (uint32_t i = 0; i < 2 * u->filters; i++) {
    struct lq_linear_filter *f = &u->filter[i / 2];
    const uint32_t s = i % 2;
    if (at_work (u, f, s) && f->set[s].kind != LQ_LINEAR_DELAY)
      add (u, &f->set[s], f->sum[s], u->z.hop * SLICE, SLICE, 1, LQ_LINEAR_PARTS, true);
  }
  u->z.hop++;
}

/* What a filter's set has for a channel, from place `at` of the block on. */
static inline const float *
heard (const struct lq_linear_filter *f, uint32_t s, uint32_t c, uint32_t at,
    const float *const *dry)
{
  return f->set[s].kind == LQ_LINEAR_DELAY ? dry[c] : f->result[s][c] + at;
}

void
lq_linear_process (lq_linear *u, const float *const *in, const float *const *dry,
    float *const *out, uint32_t phase, uint32_t n)
{
  const uint32_t at = (u->z.hop - 1) * LQ_HOP + phase;

  for (uint32_t c = 0; c < u->channels; c++)
    memcpy (u->ring[c] + u->z.half * (size_t)u->block + at, in[c], n * sizeof (float));
  for (uint32_t i = 0; i < u->filters * u->channels; i++) {
    const struct lq_linear_filter *f = &u->filter[i / u->channels];
    const uint32_t c = i % u->channels;
    const float *a = heard (f, f->now, c, at, dry), *b = heard (f, f->now ^ 1, c, at, dry);
    const bool fades = u->z.phase == FADING && f->ready;
    const float *gain = u->fade + (fades ? u->z.faded + at : 0);
    if (fades)
      for (uint32_t k = 0; k < n; k++)
        out[i][k] = a[k] + gain[k] * (b[k] - a[k]);
    else if (out[i] != a)
      memmove (out[i], a, n * sizeof (float));
  }
}
