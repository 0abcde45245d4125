/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what lies between the frames of a group, where it may matter.
 * Source:  of a tone that turns by w a place, A·cos(w/2) is the least that the place next to its peak
 *          has, and that bends by 4·sin²(w/2) of it to either side; so a peak is no further above a
 *          place than the bend there times 1/(4c(1 + c)), c = cos(w/2). What lies below is added to
 *          the place and to the bend alike. First all places half-way, then, where these still may
 *          hide something, all of a frame. */

#include "groove-lanes.h"

#include <math.h>

/* Up to 0.455 of the rate; a place: a frame, and half of one. */
#define BEND 1.5f
#define HALF_BEND 0.21f

/* a − 2b + c */
INLINE wide
bend (wide a, wide b, wide c)
{
  return size_of ((a - b) + (c - b));
}

INLINE float
highest (float a, float b)
{
  return a > b ? a : b;
}

/* How far the group bends, both planes. */
INLINE float
most_bent (const uint32_t planes, const float *const wave[2])
{
  wide most = { 0 };

  for (int i = 1; i < LQ_GROOVE_GROUP; i += LANES) {
    const int at = i + LANES < LQ_GROOVE_GROUP ? i : LQ_GROOVE_GROUP - 1 - LANES;
    wide both = { 0 };
    for (uint32_t c = 0; c < planes; c++)
      both += bend (load (wave[c] + at - 1), load (wave[c] + at), load (wave[c] + at + 1));
    most = larger (most, both);
  }
  return largest_of (most);
}

/* What the group's first and last frames come to. */
INLINE float
at_ends (const uint32_t planes, const uint32_t kind, const float *const wave[2])
{
  float most = 0.0f;

  for (int i = 0; i < LQ_GROOVE_GROUP; i += LQ_GROOVE_GROUP - 1) {
    const float a = fabsf (wave[0][i]), b = planes > 1 ? fabsf (wave[1][i]) : 0.0f;
    most = highest (most, kind == LQ_GROOVE_ACCELERATION ? a + b : highest (a, b));
  }
  return most;
}

/* Places of half a frame, and such beyond the group's ends as bend nothing. */
struct halves {
  float whole[2][LQ_GROOVE_GROUP + 2]; /* frame i */
  float half[2][LQ_GROOVE_GROUP + 3];  /* frame i − ½ */
};

INLINE void
extend (struct halves *h, uint32_t c)
{
  float *const a = h->whole[c], *const b = h->half[c];
  const int n = LQ_GROOVE_GROUP;

  b[0] = 2.0f * a[0] - b[1];
  a[n] = 2.0f * b[n] - a[n - 1];
  b[n + 1] = 2.0f * a[n] - b[n];
  a[n + 1] = a[n];
}

INLINE int
above (wide v, float limit)
{
  int bits = 0;

#if defined(__AVX__)
  bits = _mm256_movemask_ps (_mm256_cmp_ps (v, _mm256_set1_ps (limit), _CMP_GT_OQ));
#elif defined(__SSE2__)
  bits = _mm_movemask_ps (_mm_cmpgt_ps (v, _mm_set1_ps (limit)));
#else
  for (int i = 0; i < LANES; i++)
    bits |= (v[i] > limit) << i;
#endif
  return bits;
}

/* In which frames something above `limit` may hide: a bit each. `known`: what there is anyway. */
INLINE unsigned
hidden (const struct halves *h, const uint32_t planes, float known, float limit)
{
  unsigned bits = 0;

  for (int i = 0; i < LQ_GROOVE_GROUP; i += LANES) {
    wide size[3] = { { 0 } }, bent[3] = { { 0 } };
    for (uint32_t c = 0; c < planes; c++) {
      const float *const a = h->whole[c] + i, *const b = h->half[c] + i;
      const wide a0 = load (a), a1 = load (a + 1);
      const wide b0 = load (b), b1 = load (b + 1), b2 = load (b + 2);
      bent[0] += bend (b0, a0, b1);
      bent[1] += bend (a0, b1, a1);
      bent[2] += bend (b1, a1, b2);
      size[0] += size_of (a0);
      size[1] += size_of (b1);
      size[2] += size_of (a1);
    }
    const wide most = larger (larger (size[0], size[1]), larger (size[2], known - (wide){ 0 }));
    const wide curve = larger (larger (bent[0], bent[1]), bent[2]);
    bits |= (unsigned)above (most + HALF_BEND * curve, limit) << i;
  }
  return bits;
}

/* All places of frame i. */
INLINE void
places (const struct lq_groove_close *close, const uint32_t kind, const uint32_t planes,
    const struct lq_groove_rows *rows, int i, wide most[PEAKS])
{
  for (int v = 0; v < LQ_GROOVE_PHASES; v += LANES) {
    wide y[2] = { { 0 } };
    for (uint32_t c = 0; c < planes; c++) {
      const float *const d = rows->d[c] + i - MIDDLE;
      wide sum[4] = { { 0 } };
      for (int k = 0; k < LQ_GROOVE_TAPS; k += 4)
        for (int s = 0; s < 4; s++)
          sum[s] = plus (sum[s], d[k + s], load (close->tap[k + s] + v));
      y[c] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
      y[c] = plus (y[c], rows->high[c][i], load (close->high + v));
      if (kind != LQ_GROOVE_ACCELERATION)
        y[c] = plus (y[c], rows->x[c][i], load (close->x + v));
      if (kind == LQ_GROOVE_DISPLACEMENT)
        y[c] = plus (y[c], rows->slow[c][i], load (close->slow + v));
    }
    gather (kind, y[0], y[1], most);
  }
}

/* What is compared with the floor. */
INLINE float
figure (const uint32_t kind, const struct lq_groove_peaks *p)
{
  if (kind == LQ_GROOVE_DISPLACEMENT)
    return highest (p->lateral, highest (p->deep, p->shallow));
  return kind == LQ_GROOVE_VELOCITY ? p->velocity : p->acceleration;
}

INLINE void
merge (const uint32_t kind, const wide most[PEAKS], struct lq_groove_peaks *p)
{
  struct lq_groove_peaks now;

  if (kind == LQ_GROOVE_VELOCITY) {
    p->velocity = highest (p->velocity, largest_of (most[VELOCITY]));
  } else if (kind == LQ_GROOVE_ACCELERATION) {
    p->acceleration = highest (p->acceleration, largest_of (most[ACCELERATION]));
  } else {
    across (most, &now);
    p->lateral = highest (p->lateral, now.lateral);
    p->inward = highest (p->inward, now.inward);
    p->outward = highest (p->outward, now.outward);
    p->deep = highest (p->deep, now.deep);
    p->shallow = highest (p->shallow, now.shallow);
  }
}

/* The places half-way, put among the others, and their peaks. */
INLINE void
half_way (const struct lq_groove_close *close, const uint32_t kind, const uint32_t planes,
    const struct lq_groove_rows *rows, const float *const wave[2], struct halves *h,
    wide most[PEAKS])
{
  float y[2][LQ_GROOVE_GROUP] = { { 0 } };

  for (uint32_t c = 0; c < planes; c++) {
    for (uint32_t i = 0; i < LQ_GROOVE_GROUP; i += STRIDE)
      wave_of (&close->half, rows, c, i, y[c] + i);
    memcpy (h->whole[c], close->before ? y[c] : wave[c], sizeof y[c]);
    memcpy (h->half[c] + 1, close->before ? wave[c] : y[c], sizeof y[c]);
    extend (h, c);
  }
  for (uint32_t i = 0; i < LQ_GROOVE_GROUP; i += LANES)
    gather (kind, load (y[0] + i), load (y[1] + i), most);
}

INLINE void
look (const struct lq_groove_close *close, const uint32_t kind,
    const struct lq_groove_rows *rows, const float *const wave[2], float floor, float slack,
    float more, struct lq_groove_peaks *peaks)
{
  const uint32_t planes = kind == LQ_GROOVE_VELOCITY ? 1 : 2;
  wide most[PEAKS] = { { 0 } };
  float known = figure (kind, peaks);
  struct halves h;
  unsigned bits;

  if (known + BEND * most_bent (planes, wave) <= highest (floor, slack * known) &&
      at_ends (planes, kind, wave) + more <= highest (floor, slack * known))
    return;
  half_way (close, kind, planes, rows, wave, &h, most);
  merge (kind, most, peaks);
  known = figure (kind, peaks);
  bits = hidden (&h, planes, kind == LQ_GROOVE_DISPLACEMENT ? known : 0.0f,
      highest (floor, slack * known));
  if (!bits)
    return;
  for (; bits; bits &= bits - 1)
    places (close, kind, planes, rows, __builtin_ctz (bits), most);
  merge (kind, most, peaks);
}

void
LQ_KERNEL (groove_closer) (const struct lq_groove_close *close, uint32_t kind,
    const struct lq_groove_rows *rows, const float *const wave[2], float floor, float slack,
    float more, struct lq_groove_peaks *peaks)
{
  if (kind == LQ_GROOVE_VELOCITY)
    look (close, LQ_GROOVE_VELOCITY, rows, wave, floor, slack, more, peaks);
  else if (kind == LQ_GROOVE_ACCELERATION)
    look (close, LQ_GROOVE_ACCELERATION, rows, wave, floor, slack, more, peaks);
  else
    look (close, LQ_GROOVE_DISPLACEMENT, rows, wave, floor, slack, more, peaks);
}
