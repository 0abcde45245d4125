/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what a convolver is made of: levels, spectra of taps, memory.
 *
 *   taps → 64 directly → partitions of 64 → of 512 from tap 768 on → of 4096 from 5888 on …
 *
 * A spectrum of taps is that of a partition and as many zeros, and holds what the kernels leave to
 * be scaled: fft_part makes spectra twice as large, here and there, and the FFT isn't scaled. */

#include "convolver-private.h"

#include <string.h>

/* A size is used if the longest path has `from` taps. Its partitions begin at tap size + 64·lead,
 * where those of the size before end whole. */
static const struct {
  uint32_t size, lead, from;
} sizes[LQ_CONVOLVER_LEVELS] = {
  { 64, 0, 65 },
  { 512, 4, 1600 },
  { 4096, 28, 20000 },
  { 32768, 220, 200000 },
};

static bool
silent (const struct lq_convolver_path *path, uint32_t begin, uint32_t end)
{
  for (uint32_t i = begin; i < end && i < path->n_taps; i++)
    if (path->taps[i] != 0.0f)
      return false;
  return true;
}

/* Direct parts, sorted by output. */
static bool
plan_heads (lq_convolver *u, const struct lq_convolver_path *paths, uint32_t n_paths)
{
  u->heads = lq_arena_alloc (&u->arena, n_paths * sizeof *u->heads);
  if (!u->heads)
    return false;
  for (uint32_t c = 0; c < u->outputs; c++)
    for (uint32_t i = 0; i < n_paths; i++) {
      struct lq_convolver_head *head = &u->heads[u->n_heads];
      uint32_t n = paths[i].n_taps < LQ_CONVOLVER_HEAD ? paths[i].n_taps : LQ_CONVOLVER_HEAD;
      float *taps;
      while (n > 0 && paths[i].taps[n - 1] == 0.0f)
        n--;
      if (paths[i].output != c || n == 0)
        continue;
      taps = lq_arena_alloc (&u->arena, LQ_CONVOLVER_HEAD * sizeof *taps);
      if (!taps)
        return false;
      memcpy (taps, paths[i].taps, n * sizeof *taps);
      *head = (struct lq_convolver_head){ paths[i].input, c, taps };
      u->n_heads++;
    }
  return true;
}

/* Floats of all chunks. */
static size_t
spectrum (const struct lq_convolver_level *l)
{
  return (size_t)l->size / l->bins * l->stride;
}

/* One partition, all chunks. */
static void
transform (const lq_convolver *u, struct lq_convolver_level *l,
    const struct lq_convolver_path *path, uint32_t begin, uint32_t i, uint32_t n,
    float *spectra)
{
  const uint32_t stop = path->n_taps < l->end ? path->n_taps : l->end;
  const uint32_t taps = stop - begin < l->size ? stop - begin : l->size;
  const float scale = 0.25f / (float)l->fft.size;
  float *re = l->work[0][0], *im = l->work[0][1];

  memset (re, 0, l->fft.size * sizeof *re);
  memset (im, 0, l->fft.size * sizeof *im);
  for (uint32_t k = 0; k < taps; k++)
    re[k] = path->taps[begin + k] * scale;
  lq_fft_forward (&l->fft, re, im, l->work[1][0]);
  for (uint32_t k = 0; k < l->size; k += l->bins)
    u->kernels->fft_part (re, im, l->fft.size,
        spectra + ((size_t)k / l->bins * n + i) * l->stride, NULL, k, k + l->bins);
}

/* Which of a route's spectra is partition `index`. */
static uint32_t
find (const struct lq_convolver_route *route, uint32_t index)
{
  for (uint32_t i = 0; i < route->count && route->index[i] <= index; i++)
    if (route->index[i] == index)
      return i;
  return LQ_CONVOLVER_SILENT;
}

static bool
plan_pairs (
    lq_convolver *u, const struct lq_convolver_level *l, struct lq_convolver_route *route)
{
  const uint32_t last = route->index[route->count - 1];
  struct lq_convolver_pair *pairs;

  if (l->lead == 0 || last == 0)
    return true;
  pairs = lq_arena_alloc (&u->arena, (size_t)2 * route->count * sizeof *pairs);
  if (!pairs)
    return false;
  for (uint32_t back = 0; back < last; back++) {
    const uint32_t next = find (route, back + 1), after = find (route, back + 2);
    if (next != LQ_CONVOLVER_SILENT || after != LQ_CONVOLVER_SILENT)
      pairs[route->n_pairs++] = (struct lq_convolver_pair){ back, next, after };
  }
  route->pairs = pairs;
  return true;
}

/* Partitions of one size of a path, if it has any. */
static bool
plan_route (lq_convolver *u, struct lq_convolver_level *l, const struct lq_convolver_path *path)
{
  const uint32_t stop = path->n_taps < l->end ? path->n_taps : l->end;
  struct lq_convolver_route *route = &l->routes[l->n_routes];
  uint32_t count = 0, i = 0, *index;
  float *spectra;

  for (uint32_t begin = l->first; begin < stop; begin += l->size)
    count += !silent (path, begin, begin + l->size);
  if (count == 0)
    return true;
  index = lq_arena_alloc (&u->arena, count * sizeof *index);
  spectra = lq_arena_alloc (&u->arena, (size_t)count * spectrum (l) * sizeof *spectra);
  if (!index || !spectra)
    return false;
  for (uint32_t begin = l->first; i < count; begin += l->size)
    if (!silent (path, begin, begin + l->size)) {
      index[i] = (begin - l->first) / l->size;
      transform (u, l, path, begin, i, count, spectra);
      i++;
    }
  *route =
      (struct lq_convolver_route){ path->input, path->output, count, index, spectra, 0, NULL };
  l->n_routes++;
  return plan_pairs (u, l, route);
}

/* The route of an earlier path with the same taps, on other channels. */
static bool
share_route (struct lq_convolver_level *l, const struct lq_convolver_path *paths, uint32_t i,
    const int32_t *route_of)
{
  for (uint32_t k = 0; k < i; k++)
    if (paths[k].taps == paths[i].taps && paths[k].n_taps == paths[i].n_taps) {
      if (route_of[k] < 0)
        return true;
      l->routes[l->n_routes] = l->routes[route_of[k]];
      l->routes[l->n_routes].input = paths[i].input;
      l->routes[l->n_routes].output = paths[i].output;
      l->n_routes++;
      return true;
    }
  return false;
}

static bool
plan_routes (lq_convolver *u, struct lq_convolver_level *l,
    const struct lq_convolver_path *paths, uint32_t n_paths)
{
  int32_t *route_of = lq_arena_alloc (&u->arena, n_paths * sizeof *route_of);

  l->routes = lq_arena_alloc (&u->arena, n_paths * sizeof *l->routes);
  if (!l->routes || !route_of)
    return false;
  for (uint32_t i = 0; i < n_paths; i++) {
    const uint32_t before = l->n_routes;
    if (!share_route (l, paths, i, route_of) && !plan_route (u, l, &paths[i]))
      return false;
    route_of[i] = l->n_routes > before ? (int32_t)before : -1;
  }
  for (uint32_t i = 0; i < l->n_routes; i++) {
    const struct lq_convolver_route *r = &l->routes[i];
    const uint32_t slots = r->index[r->count - 1] + 1;
    l->slots = slots > l->slots ? slots : l->slots;
    l->heard[r->output] = true;
  }
  return true;
}

static bool
plan_work (lq_convolver *u, struct lq_convolver_level *l)
{
  if (!lq_fft_prepare (&l->fft, 2 * l->size, &u->arena))
    return false;
  for (int i = 0; i < 2; i++) {
    l->work[i][0] = lq_arena_alloc (&u->arena, lq_fft_scratch (&l->fft) * sizeof (float));
    if (!l->work[i][0])
      return false;
    l->work[i][1] = l->work[i][0] + l->fft.size + LQ_FFT_STAGGER;
  }
  return true;
}

/* Spectra of the inputs that are needed, of a pair always the first; sums; results, two by two. */
static bool
plan_channels (lq_convolver *u, struct lq_convolver_level *l)
{
  const size_t spectra = l->slots * spectrum (l), plane = l->size + LQ_FFT_STAGGER;
  bool needed[LQ_CHANNELS_MAX] = { false };

  for (uint32_t i = 0; i < l->n_routes; i++)
    needed[l->routes[i].input] = needed[l->routes[i].input & ~1u] = true;
  for (uint32_t c = 0; c < u->inputs; c++) {
    l->spectra[c] =
        needed[c] ? lq_arena_alloc (&u->arena, spectra * sizeof *l->spectra[c]) : NULL;
    if (needed[c] && !l->spectra[c])
      return false;
  }
  for (uint32_t c = 0; c < u->outputs; c++)
    for (int i = 0; i < 2 && l->heard[c]; i++) {
      l->sums[i][c] = lq_arena_alloc (&u->arena, spectrum (l) * sizeof *l->sums[i][c]);
      if (!l->sums[i][c])
        return false;
    }
  for (uint32_t c = 0; c < u->outputs; c += 2)
    for (int i = 0; i < 2 && (l->heard[c] || l->heard[c + 1]); i++) {
      l->result[i][c] = lq_arena_alloc (&u->arena, 2 * plane * sizeof (float));
      if (!l->result[i][c])
        return false;
      l->result[i][c + 1] = l->result[i][c] + plane;
    }
  return true;
}

/* A level from tap `first` to before `end`; none where all of these are silent. */
static bool
plan_level (lq_convolver *u, const struct lq_convolver_path *paths, uint32_t n_paths,
    uint32_t size, uint32_t lead, uint32_t first, uint32_t end)
{
  struct lq_convolver_level *l = &u->levels[u->n_levels];
  bool any = false;

  for (uint32_t i = 0; i < n_paths && !any; i++)
    any = !silent (&paths[i], first, end);
  if (!any)
    return true;
  *l = (struct lq_convolver_level){ .size = size,
    .hops = size / LQ_HOP,
    .lead = lead,
    .first = first,
    .end = end,
    .bins = lead == 0                       ? size
            : size / 2 < LQ_CONVOLVER_CHUNK ? size / 2
                                            : LQ_CONVOLVER_CHUNK };
  l->stride = 2 * l->bins + (lead ? LQ_SPECTRUM_BLOCK : 0);
  if (!plan_work (u, l) || !plan_routes (u, l, paths, n_paths) || !plan_channels (u, l) ||
      !lq_convolver_schedule (u, l, &u->arena))
    return false;
  u->n_levels++;
  u->ring = 3 * size;
  return true;
}

static bool
plan_rings (lq_convolver *u)
{
  const size_t frames = LQ_CONVOLVER_HEAD + (size_t)u->ring + LQ_FFT_STAGGER;
  const size_t run = u->ring / 6, chunk = 2 * LQ_CONVOLVER_CHUNK;

  u->silence = lq_arena_alloc (&u->arena, (run > chunk ? run : chunk) * sizeof (float));
  for (uint32_t c = 0; c < u->inputs; c++) {
    u->rings[c] = lq_arena_alloc (&u->arena, frames * sizeof (float));
    if (!u->rings[c])
      return false;
  }
  return u->silence != NULL;
}

static bool
plan (lq_convolver *u, const struct lq_convolver_path *paths, uint32_t n_paths)
{
  uint32_t first = LQ_CONVOLVER_HEAD;

  u->ring = LQ_HOP;
  for (uint32_t i = 0; i < n_paths; i++)
    u->frames = paths[i].n_taps > u->frames ? paths[i].n_taps : u->frames;
  if (!plan_heads (u, paths, n_paths))
    return false;
  for (uint32_t i = 0; i < LQ_CONVOLVER_LEVELS && u->frames >= sizes[i].from; i++) {
    const bool last = i + 1 == LQ_CONVOLVER_LEVELS || u->frames < sizes[i + 1].from;
    const uint32_t end = last ? u->frames : sizes[i + 1].size + LQ_HOP * sizes[i + 1].lead;
    if (!plan_level (u, paths, n_paths, sizes[i].size, sizes[i].lead, first, end))
      return false;
    first = end;
  }
  return plan_rings (u);
}

lq_convolver *
lq_convolver_new_within (uint32_t inputs, uint32_t outputs,
    const struct lq_convolver_path *paths, uint32_t n_paths, size_t limit)
{
  lq_arena arena;
  lq_convolver *u;

  if (inputs < 1 || inputs > LQ_CHANNELS_MAX || outputs < 1 || outputs > LQ_CHANNELS_MAX)
    return NULL;
  for (uint32_t i = 0; i < n_paths; i++)
    if (paths[i].input >= inputs || paths[i].output >= outputs)
      return NULL;
  lq_arena_init (&arena);
  arena.limit = limit;
  u = lq_arena_alloc (&arena, sizeof *u);
  if (!u) {
    lq_arena_free (&arena);
    return NULL;
  }
  u->arena = arena;
  u->kernels = lq_kernels ();
  u->inputs = inputs;
  u->outputs = outputs;
  if (!plan (u, paths, n_paths)) {
    lq_convolver_free (u);
    return NULL;
  }
  lq_convolver_reset (u);
  return u;
}

lq_convolver *
lq_convolver_new (
    uint32_t inputs, uint32_t outputs, const struct lq_convolver_path *paths, uint32_t n_paths)
{
  return lq_convolver_new_within (inputs, outputs, paths, n_paths, 0);
}

void
lq_convolver_free (lq_convolver *u)
{
  lq_arena arena;

  if (!u)
    return;
  arena = u->arena;
  lq_arena_free (&arena);
}
