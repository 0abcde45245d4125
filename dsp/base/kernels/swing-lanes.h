/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* bands.c for vectors of PAIRS pairs of lanes: VEC, NAME (x), FUSED (a, b, c), SWAP (v): the two of
 * each pair exchanged, FEED (two, v): v moved up by a pair, `two` let in below, TOP (v): the highest
 * pair, BELOW (v): both of the lowest pair in every pair. No guard: it is included again and again. */

/* What one frame goes by. */
struct NAME (taps) {
  VEC c[LQ_SWING_TAPS];
};

INLINE struct NAME (taps) NAME (load) (const struct lq_swing_row *row, uint32_t lane)
{
  struct NAME (taps) t;

  for (int k = 0; k < LQ_SWING_TAPS; k++)
    memcpy (&t.c[k], row->tap[k] + lane, sizeof (VEC));
  return t;
}

INLINE VEC
NAME (heard) (const struct NAME (taps) * t, VEC x)
{
  return FUSED (t->c[LQ_SWING_OTHER], SWAP (x), t->c[LQ_SWING_OWN] * x);
}

/* One step: what the filter puts out, without `base`. */
INLINE VEC
NAME (step) (const struct NAME (taps) * t, VEC u, VEC base, VEC *v, VEC *w)
{
  const VEC y = FUSED (
      t->c[LQ_SWING_C2], *w, FUSED (t->c[LQ_SWING_C1], *v, FUSED (t->c[LQ_SWING_D], u, base)));
  const VEC next =
      FUSED (t->c[LQ_SWING_A], *v, FUSED (-t->c[LQ_SWING_B1], *w, t->c[LQ_SWING_I1] * u));

  *w =
      FUSED (-t->c[LQ_SWING_B2], *w, *w) + FUSED (t->c[LQ_SWING_B1], *v, t->c[LQ_SWING_I2] * u);
  *v = next;
  return y;
}

/* Frames first … first + n − 1 of a group, all lanes, in place; taps go straight from row to row. */
INLINE void
NAME (group) (const struct lq_swing *b, const struct lq_swing_row *row, uint32_t lane,
    uint32_t first, uint32_t n, VEC *x, VEC *v, VEC *w, const uint32_t taps)
{
  const struct NAME (taps) from = NAME (load) (row, lane), to = NAME (load) (row + 1, lane);
  const double share = 1.0 / b->group;
  VEC s1 = *v, s2 = *w, at = (double)first - (VEC){ 0.0 };
  struct NAME (taps) slope, t = from;

  for (uint32_t k = 0; k < taps; k++)
    slope.c[k] = (to.c[k] - from.c[k]) * share;
  for (uint32_t i = 0; i < n; i++) {
    at += 1.0;
    for (uint32_t k = 0; k < taps; k++)
      t.c[k] = FUSED (slope.c[k], at, from.c[k]);
    x[i] = NAME (step) (
        &t, taps == LQ_SWING_TAPS ? NAME (heard) (&t, x[i]) : x[i], x[i], &s1, &s2);
  }
  *v = s1;
  *w = s2;
}

/* `count` stretches of n frames each, from frame `first` of their groups on; pair k of the lanes is k
 * stretches behind. */
INLINE void
NAME (run) (const struct lq_swing *b, const struct lq_swing_row *row, uint32_t lane,
    uint32_t first, uint32_t n, uint32_t count, double *x, const uint32_t taps)
{
  VEC at[LQ_SWING_GROUP], v, w;

  memcpy (&v, b->state[0] + lane, sizeof v);
  memcpy (&w, b->state[1] + lane, sizeof w);
  for (uint32_t i = 0; i < n; i++)
    at[i] = (VEC){ 0.0 };
  for (uint32_t m = 0; m < count + PAIRS - 1; m++) {
    const VEC v0 = v, w0 = w;
    for (uint32_t i = 0; i < n; i++) {
      lq_v2d in = { 0.0, 0.0 };
      if (m < count)
        memcpy (&in, x + 2 * (m * n + i), sizeof in);
      at[i] = FEED (in, at[i]);
    }
    NAME (group) (b, row + m, lane, first, n, at, &v, &w, taps);
    for (uint32_t k = 0; k < PAIRS && (m + 1 < PAIRS || m >= count); k++)
      if (k > m || m - k >= count) {
        v[2 * k] = v0[2 * k];
        v[2 * k + 1] = v0[2 * k + 1];
        w[2 * k] = w0[2 * k];
        w[2 * k + 1] = w0[2 * k + 1];
      }
    for (uint32_t i = 0; i < n && m + 1 >= PAIRS; i++) {
      const lq_v2d out = TOP (at[i]);
      memcpy (x + 2 * ((m - (PAIRS - 1)) * n + i), &out, sizeof out);
    }
  }
  memcpy (b->state[0] + lane, &v, sizeof v);
  memcpy (b->state[1] + lane, &w, sizeof w);
}

/* The rest of a group that began before, whole groups, the beginning of another. */
INLINE void
NAME (all) (const struct lq_swing *b, uint32_t lane, double *x, uint32_t phase, uint32_t frames,
    const uint32_t taps)
{
  const struct lq_swing_row *row = b->row + lane / 2;
  const uint32_t left = (b->group - phase) % b->group, head = left < frames ? left : frames;
  const uint32_t whole = (frames - head) / b->group, tail = (frames - head) % b->group;

  if (head)
    NAME (run) (b, row, lane, phase, head, 1, x, taps);
  row += head > 0;
  if (whole)
    NAME (run) (b, row, lane, 0, b->group, whole, x + 2 * head, taps);
  if (tail)
    NAME (run) (b, row + whole, lane, 0, tail, 1, x + 2 * (frames - tail), taps);
}

static void
NAME (bands) (
    const struct lq_swing *b, uint32_t lane, double *x, uint32_t phase, uint32_t frames)
{
  if (b->mixed)
    NAME (all) (b, lane, x, phase, frames, LQ_SWING_TAPS);
  else
    NAME (all) (b, lane, x, phase, frames, LQ_SWING_OWN);
}

/* Detectors: every pair hears the same x. Frames of one group. */
INLINE VEC
NAME (listen) (const struct lq_swing *b, const struct lq_swing_row *row, uint32_t lane,
    uint32_t first, uint32_t n, const double *x, double *heard, VEC *v, VEC *w,
    const bool plain)
{
  const struct NAME (taps) from = NAME (load) (row, lane);
  const double share = 1.0 / b->group;
  VEC s1 = *v, s2 = *w, most = { 0.0 }, at = (double)first - most;
  const VEC zero = { 0.0 };
  const struct NAME (taps) to = NAME (load) (row + (b->moving ? 1 : 0), lane);
  struct NAME (taps) t = from;

  for (uint32_t i = 0; i < n; i++) {
    lq_v2d two;
    VEC u, y;
    memcpy (&two, x + 2 * i, sizeof two);
    u = BELOW (two);
    at += 1.0;
    for (uint32_t k = 0; k < LQ_SWING_TAPS && !plain; k++)
      t.c[k] = FUSED ((to.c[k] - from.c[k]) * share, at, from.c[k]);
    y = NAME (step) (&t, plain ? u : NAME (heard) (&t, u), zero, &s1, &s2);
    most = LARGER (most, y);
    if (heard)
      memcpy (heard + LQ_SWING_LANES * i + lane, &y, sizeof y);
  }
  *v = s1;
  *w = s2;
  return most;
}

static void
NAME (levels) (const struct lq_swing *b, uint32_t lane, const double *x, uint32_t phase,
    uint32_t frames, float (*peak)[LQ_SWING_BANDS], double *heard)
{
  const struct lq_swing_row *row = b->row;
  VEC v, w;

  memcpy (&v, b->state[0] + lane, sizeof v);
  memcpy (&w, b->state[1] + lane, sizeof w);
  for (uint32_t done = 0, n, s = 0; done < frames; done += n, s++) {
    const uint32_t in = (phase + done) % b->group;
    VEC most;
    n = b->group - in < frames - done ? b->group - in : frames - done;
    double *to = heard ? heard + LQ_SWING_LANES * done : NULL;
    if (b->moving || b->mixed || heard)
      most = NAME (listen) (b, row, lane, in, n, x + 2 * done, to, &v, &w, false);
    else
      most = NAME (listen) (b, row, lane, in, n, x + 2 * done, NULL, &v, &w, true);
    for (uint32_t k = 0; k < PAIRS; k++)
      peak[s][lane / 2 + k] =
          (float)(most[2 * k] > most[2 * k + 1] ? most[2 * k] : most[2 * k + 1]);
    row += b->moving;
  }
  memcpy (b->state[0] + lane, &v, sizeof v);
  memcpy (b->state[1] + lane, &w, sizeof w);
}

#undef VEC
#undef PAIRS
#undef NAME
#undef FUSED
#undef SWAP
#undef FEED
#undef TOP
#undef BELOW
#undef LARGER
