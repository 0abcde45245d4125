/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: convolution without latency.
 * Source:  W. G. Gardner, "Efficient Convolution without Input-Output Delay", JAES 43(3), 1995;
 *          partitions of one size share the transforms of their input and of their sum, overlap
 *          and save, as in F. Wefers, "Partitioned convolution algorithms for real-time
 *          auralization", 2014, ch. 5 and 6.
 *
 *   x → ring ─┬→ taps 0 … 63, directly ──────────────────────────────────────────────┬→ y
 *             ├→ 2·64 frames → FFT → slots → Σ · partitions of 64 → inverse → result → +
 *             └→ 2·B frames → FFT → slots → Σ · partitions of B → inverse → result ──→ +
 *
 * When B frames are complete, a level has a job: steps, done in the B/64 hops that follow. In the
 * first of these, `lead` hops, the input is transformed, its first partition added, the sum
 * transformed back and then put out: partitions begin at tap B + 64·lead. In the other hops later
 * partitions are added ahead, as the input of the next job isn't needed there: in one job for the
 * even chunks of bins and the next two jobs at once, so that what is read from memory counts
 * twice; in the next for the odd ones. Within each part hops cost the same. The job of partitions
 * of 64 is done at once, and they begin at tap 64. Two inputs, and two outputs, are one complex
 * FFT; their spectra are apart.
 *
 * z of the whole: at, hop: where and which hop is under way. z of a level: jobs so far, of which
 * older ones than the reset aren't looked at; slot, window: the spectrum and the input of the job
 * under way; step: the next one; parity: which of two results it makes and of two sums is its own. */

#include "convolver-private.h"

#include <string.h>

void
lq_convolver_reset (lq_convolver *u)
{
  memset (&u->z, 0, sizeof u->z);
  for (uint32_t c = 0; c < u->inputs; c++)
    memset (u->rings[c], 0, LQ_CONVOLVER_HEAD * sizeof (float));
  for (uint32_t i = 0; i < u->n_levels; i++)
    memset (&u->levels[i].z, 0, sizeof u->levels[i].z);
}

/* A run of a pass, `begin` frames behind the window's start, of an input. */
static const float *
run_of (
    const lq_convolver *u, const struct lq_convolver_level *l, uint32_t input, uint32_t begin)
{
  uint32_t at = l->z.window + begin;

  if (input >= u->inputs || (l->z.jobs == 1 && begin < l->size))
    return u->silence;
  at = at >= u->ring ? at - u->ring : at;
  return u->rings[input] + LQ_CONVOLVER_HEAD + at;
}

static void
pass (const lq_convolver *u, struct lq_convolver_level *l, const struct lq_convolver_step *s)
{
  const struct lq_fft_pass *p = &l->fft.pass[s->pass];
  float *const *from = l->work[(s->pass + 1) % 2], *const *to = l->work[s->pass % 2];
  struct lq_fft_runs runs = lq_fft_runs (&l->fft, from[0], from[1]);

  for (uint32_t j = 0; s->pass == 0 && j < 4; j++) {
    runs.re[j] = run_of (u, l, 2 * s->which, j * p->quarter);
    runs.im[j] = run_of (u, l, 2 * s->which + 1, j * p->quarter);
  }
  if (s->pass + 1u == l->fft.passes)
    u->kernels->fft_last (p, &runs, to[0], to[1], s->begin, s->end, 0);
  else
    u->kernels->fft_pass (p, &runs, to[0], to[1], s->begin, s->end);
}

/* Where a chunk of a spectrum of slot or partition `i` of `n` lies. */
static inline size_t
chunk_at (const struct lq_convolver_level *l, uint32_t chunk, uint32_t i, uint32_t n)
{
  return ((size_t)chunk * n + i) * l->stride;
}

static void
part (const lq_convolver *u, struct lq_convolver_level *l, const struct lq_convolver_step *s)
{
  float *const *from = l->work[(l->fft.passes - 1) % 2];
  float *left = l->spectra[2 * s->which], *right = l->spectra[2 * s->which + 1];
  const size_t at = chunk_at (l, s->chunk, l->z.slot, l->slots);

  u->kernels->fft_part (from[0], from[1], l->fft.size, left + at, right ? right + at : NULL,
      s->chunk * l->bins, (s->chunk + 1) * l->bins);
}

/* A chunk of the input `back` jobs ago. */
static inline const float *
input_of (const struct lq_convolver_level *l, const struct lq_convolver_route *r,
    uint32_t chunk, uint32_t back)
{
  const uint32_t slot = l->z.slot >= back ? l->z.slot - back : l->z.slot + l->slots - back;

  return l->spectra[r->input] + chunk_at (l, chunk, slot, l->slots);
}

static bool
begins (const struct lq_convolver_level *l, const struct lq_convolver_step *s)
{
  return s->fresh == LQ_CONVOLVER_BEGINS ||
         (s->fresh == LQ_CONVOLVER_BEGINS_FIRST && l->z.jobs == 1);
}

/* For the job under way, or `ahead` jobs later. */
static void
mac (const lq_convolver *u, struct lq_convolver_level *l, const struct lq_convolver_step *s,
    uint32_t ahead)
{
  const struct lq_convolver_route *r = &l->routes[s->which];
  const float *taps = r->spectra + chunk_at (l, s->chunk, s->begin, r->count);
  const uint32_t *index = r->index + s->begin, most = s->end - s->begin;
  const float *x[LQ_CONVOLVER_PARTS], *h[LQ_CONVOLVER_PARTS];
  uint32_t n = 0;

  for (; n < most && index[n] - ahead < l->z.jobs; n++) {
    x[n] = input_of (l, r, s->chunk, index[n] - ahead);
    h[n] = taps + n * (size_t)l->stride;
  }
  if (n || begins (l, s))
    u->kernels->mac (l->sums[l->z.parity ^ ahead][r->output] + chunk_at (l, s->chunk, 0, 1), x,
        h, n, l->bins, begins (l, s), s->chunk == 0);
}

static void
mac_ahead (
    const lq_convolver *u, struct lq_convolver_level *l, const struct lq_convolver_step *s)
{
  const struct lq_convolver_route *r = &l->routes[s->which];
  const float *taps = r->spectra + chunk_at (l, s->chunk, 0, r->count);
  const struct lq_convolver_pair *pair = r->pairs + s->begin, *end = r->pairs + s->end;
  const size_t at = chunk_at (l, s->chunk, 0, 1), stride = l->stride;
  float *const sums[] = { l->sums[l->z.parity ^ 1][r->output] + at,
    l->sums[l->z.parity][r->output] + at };
  const float *x[LQ_CONVOLVER_PARTS], *h[LQ_CONVOLVER_PARTS], *next[LQ_CONVOLVER_PARTS];
  uint32_t n = 0;

  for (; pair < end && pair->back < l->z.jobs; pair++, n++) {
    x[n] = input_of (l, r, s->chunk, pair->back);
    h[n] = pair->next == LQ_CONVOLVER_SILENT ? u->silence : taps + pair->next * stride;
    next[n] = pair->after == LQ_CONVOLVER_SILENT ? u->silence : taps + pair->after * stride;
  }
  if (n || s->fresh)
    u->kernels->mac_two (sums, x, h, next, n, l->bins, s->fresh, s->chunk == 0);
}

/* Real and imaginary part are exchanged here and in the passes: that makes them the inverse. */
static void
join (const lq_convolver *u, struct lq_convolver_level *l, const struct lq_convolver_step *s)
{
  const size_t at = chunk_at (l, s->chunk, 0, 1);
  const uint32_t left = 2 * s->which, right = left + 1;
  float *const *sums = l->sums[l->z.parity];

  u->kernels->fft_join (l->heard[left] ? sums[left] + at : u->silence,
      right < u->outputs && l->heard[right] ? sums[right] + at : u->silence, l->fft.size,
      l->work[0][0], l->work[0][1], s->chunk * l->bins, (s->chunk + 1) * l->bins);
}

static void
back (const lq_convolver *u, struct lq_convolver_level *l, const struct lq_convolver_step *s)
{
  const struct lq_fft_pass *p = &l->fft.pass[s->pass];
  float *const *from = l->work[s->pass % 2], *const *to = l->work[(s->pass + 1) % 2];
  float *const *result = l->result[l->z.parity] + (size_t)2 * s->which;
  const struct lq_fft_runs runs = lq_fft_runs (&l->fft, from[1], from[0]);

  if (s->pass + 1u == l->fft.passes)
    u->kernels->fft_last (p, &runs, result[1], result[0], s->begin, s->end, 1);
  else
    u->kernels->fft_pass (p, &runs, to[1], to[0], s->begin, s->end);
}

static void
step (const lq_convolver *u, struct lq_convolver_level *l, const struct lq_convolver_step *s)
{
  switch (s->kind) {
    case LQ_CONVOLVER_PASS:
      pass (u, l, s);
      break;
    case LQ_CONVOLVER_PART:
      part (u, l, s);
      break;
    case LQ_CONVOLVER_OWN:
      mac (u, l, s, 0);
      break;
    case LQ_CONVOLVER_NEXT:
      if ((s->chunk ^ l->z.parity) & 1)
        mac (u, l, s, 1);
      break;
    case LQ_CONVOLVER_AHEAD:
      if (!((s->chunk ^ l->z.parity) & 1))
        mac_ahead (u, l, s);
      break;
    case LQ_CONVOLVER_JOIN:
      join (u, l, s);
      break;
    default:
      back (u, l, s);
  }
}

/* What a level does in a hop, before any frame of it is known. */
static void
work (lq_convolver *u, struct lq_convolver_level *l)
{
  const uint32_t hop = u->z.hop % l->hops;

  if (hop == 0) {
    l->z.jobs += l->z.jobs <= l->slots;
    l->z.slot = l->z.slot + 1 >= l->slots ? 0 : l->z.slot + 1;
    l->z.window = (u->z.at >= 2 * l->size ? u->z.at : u->z.at + u->ring) - 2 * l->size;
    l->z.parity ^= 1;
    l->z.step = 0;
  }
  if (l->z.jobs == 0)
    return;
  for (; l->z.step < l->until[hop]; l->z.step++)
    step (u, l, &l->steps[l->z.step]);
}

/* What a level has for an output in this hop, of the job under way or of the one before. NULL:
 * nothing. */
static const float *
ready (const lq_convolver *u, const struct lq_convolver_level *l, uint32_t output)
{
  const uint32_t hop = u->z.hop % l->hops, before = hop < l->lead;

  if (!l->heard[output] || l->z.jobs < 1 + before)
    return NULL;
  return l->result[l->z.parity ^ before][output] +
         (size_t)(before ? hop + l->hops - l->lead : hop - l->lead) * LQ_HOP;
}

static void
begin_hop (lq_convolver *u)
{
  if (!u->z.begun) {
    u->z.begun = true;
    return;
  }
  u->z.at += LQ_HOP;
  u->z.hop++;
  if (u->z.at == u->ring) {
    u->z.at = 0;
    for (uint32_t c = 0; c < u->inputs; c++)
      memcpy (u->rings[c], u->rings[c] + u->ring, LQ_CONVOLVER_HEAD * sizeof (float));
  }
  for (uint32_t i = u->n_levels; i-- > 0;)
    work (u, &u->levels[i]);
}

/* n frames from `from` on of an output, both multiples of 16; `head` is the first of its heads.
 * What is behind the last of them. */
static uint32_t
put_out (
    const lq_convolver *u, uint32_t output, uint32_t head, float *y, uint32_t from, uint32_t n)
{
  const float *bases[LQ_CONVOLVER_LEVELS];
  uint32_t n_bases = 0;

  for (uint32_t i = u->n_levels; i-- > 0;) {
    const float *base = ready (u, &u->levels[i], output);
    if (base)
      bases[n_bases++] = base + from;
  }
  if (head == u->n_heads || u->heads[head].output != output)
    u->kernels->fir (NULL, u->rings[0], bases, n_bases, y, n);
  for (; head < u->n_heads && u->heads[head].output == output; head++) {
    const struct lq_convolver_head *h = &u->heads[head];
    const float *x = u->rings[h->input] + LQ_CONVOLVER_HEAD + u->z.at + from;
    u->kernels->fir (h->taps, x, bases, n_bases, y, n);
    bases[0] = y;
    n_bases = 1;
  }
  return head;
}

void
lq_convolver_process (
    lq_convolver *u, const float *const *in, float *const *out, uint32_t phase, uint32_t n)
{
  const uint32_t from = phase & ~15u, to = (phase + n + 15) & ~15u;

  if (n == 0)
    return;
  if (phase == 0)
    begin_hop (u);
  for (uint32_t c = 0; c < u->inputs; c++)
    memcpy (u->rings[c] + LQ_CONVOLVER_HEAD + u->z.at + phase, in[c], n * sizeof (float));
  for (uint32_t c = 0, head = 0; c < u->outputs; c++) {
    float y[LQ_HOP];
    if (n == LQ_HOP) {
      head = put_out (u, c, head, out[c], 0, n);
      continue;
    }
    head = put_out (u, c, head, y + from, from, to - from);
    memcpy (out[c], y + phase, n * sizeof *y);
  }
}

uint32_t
lq_convolver_frames (const lq_convolver *u)
{
  return u->frames;
}

size_t
lq_convolver_bytes (const lq_convolver *u)
{
  return u->arena.total;
}
