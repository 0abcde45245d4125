/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: dynamic equaliser: what happens to a block.
 *
 *   x ─┬─→ filter 1 ─→ filter 2 ─→ filter 3 ─→ filter 4 ─→ y
 *      │       ↑           ↑           ↑           ↑
 *      ├─→ detectors ─→ max of channels and group, held ─→ dB ─┐
 *      └─→ max …, held ─→ dB ───────────────────→ (relative) − ┴─→ − T ─→ · (1 − 1/ratio),
 *                 0 … range ─→ attack, release ─→ table of filters by gain ─→ taps
 *
 * Levels, gains and taps are made once a group, of what came before it.
 *
 * z: phase counts frames on the grid; moves_db is what ballistics follow; taps `from` and `to` are
 * those of the group under way. */

#include "dyneq-private.h"

#include "../base/mathx.h"

#include <string.h>

#define GROUPS (LQ_DYNEQ_CHUNK / 4 + 1)

/* A band below this level is silence. A gain that returns to less than this is none. */
#define SILENCE 1e-6f
#define DONE_DB 1e-4

/* Designs that one hop may make. */
#define DESIGNS_A_HOP 2

/* Moves by more than this are far. */
#define JUMP_OCTAVES 0.5

/* Frames that go on together, and what is known of their groups. */
struct stretch {
  uint32_t first, n, segments; /* segments: groups and parts of groups */
  uint32_t begun;              /* groups that begin */
  uint32_t bands;
  struct lq_dyneq_voice *voice[LQ_DYNEQ_BANDS];
  bool mixed, moving, listening;
  float peak[GROUPS][LQ_SWING_BANDS];
  float whole_db[GROUPS];
};

static bool
same (const struct lq_dyneq_times *a, const struct lq_dyneq_times *b)
{
  return a->attack == b->attack && a->release == b->release;
}

static bool
rests (const struct lq_dyneq_voice *v)
{
  bool all = !v->z.building && !v->z.ready && !v->z.moving && lq_ramp_resting (&v->dip) &&
             lq_ramp_resting (&v->fade) && same (&v->times, &v->z.now) &&
             memcmp (&v->spec, &v->table[0]->spec, sizeof v->spec) == 0;

  for (int i = 0; i < LQ_DYNEQ_CONTROLS && all; i++)
    all = lq_ramp_resting (&v->ramp[i]);
  return all;
}

/* Grid. */

/* A band that sleeps, and is wanted: once there is a table it begins at no gain. */
static bool
rouse (lq_dyneq *u, struct lq_dyneq_voice *v, uint32_t *budget)
{
  if (!v->z.building)
    lq_dyneq_table_begin (v->table[0], &v->spec);
  v->z.building = true;
  if (!lq_dyneq_table_build (v->table[0], u->stream.rate, budget))
    return false;
  lq_dyneq_wake (v);
  return true;
}

/* Straight from one filter to the other its resonance would be away in no time. */
static bool
far (const struct lq_dyneq_voice *v)
{
  const struct lq_dyneq_spec *a = &v->table[0]->spec, *b = &v->table[1]->spec;

  return a->type != b->type ||
         fabs (log2 ((double)a->frequency_hz / b->frequency_hz)) > JUMP_OCTAVES;
}

static void
arrive (struct lq_dyneq_voice *v)
{
  struct lq_dyneq_table *old = v->table[0];

  v->table[0] = v->table[1];
  v->table[1] = old;
  lq_ramp_jump_to (&v->move, 0.0);
  lq_ramp_set (&v->dip, 1.0);
  v->z.moving = false;
}

static void
hop_table (lq_dyneq *u, struct lq_dyneq_voice *v, uint32_t *budget)
{
  if (v->z.moving && lq_ramp_resting (&v->move))
    arrive (v);
  if (!v->z.moving && !v->z.building && !v->z.ready &&
      memcmp (&v->spec, &v->table[0]->spec, sizeof v->spec) != 0) {
    lq_dyneq_table_begin (v->table[1], &v->spec);
    v->z.building = true;
  }
  if (v->z.building && lq_dyneq_table_build (v->table[1], u->stream.rate, budget)) {
    v->z.building = false;
    v->z.ready = true;
    lq_ramp_set (&v->dip, far (v) ? 0.0 : 1.0);
  }
  if (v->z.ready && lq_ramp_resting (&v->dip)) {
    v->z.ready = false;
    v->z.moving = true;
    lq_ramp_set (&v->move, 1.0);
  }
  lq_ramp_move (&v->dip);
  if (v->z.moving)
    lq_ramp_hop (&v->move);
}

/* Other ballistics begin where these stand. */
static void
hop_times (struct lq_dyneq_voice *v)
{
  if (lq_ramp_resting (&v->fade) && v->fade.target == 1.0) {
    v->z.now = v->z.next;
    v->z.moves_db = v->z.next_db;
    lq_ramp_jump_to (&v->fade, 0.0);
  }
  if (lq_ramp_resting (&v->fade) && !same (&v->times, &v->z.now)) {
    v->z.next = v->times;
    v->z.next_db = v->z.moves_db;
    lq_ramp_set (&v->fade, 1.0);
  }
  lq_ramp_move (&v->fade);
}

static void
hop_voice (lq_dyneq *u, struct lq_dyneq_voice *v, uint32_t *budget)
{
  const bool wanted = v->on || v->listened;

  if (!v->z.awake && (!wanted || !rouse (u, v, budget))) {
    v->z.building = v->z.building && wanted;
    return;
  }
  if (!wanted && lq_ramp_absent (&v->ramp[LQ_DYNEQ_ON]) &&
      lq_ramp_absent (&v->ramp[LQ_DYNEQ_HEARD])) {
    v->z.awake = v->z.building = v->z.ready = v->z.moving = false;
    return;
  }
  for (int i = 0; i < LQ_DYNEQ_CONTROLS; i++)
    lq_ramp_move (&v->ramp[i]);
  hop_table (u, v, budget);
  hop_times (v);
}

static void
hop (lq_dyneq *u)
{
  uint32_t budget = DESIGNS_A_HOP;
  bool slept = true;

  if (u->z.calm)
    return;
  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++)
    slept = slept && !u->voice[i].z.awake;
  u->z.calm = true;
  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++) {
    struct lq_dyneq_voice *v = &u->voice[i];
    hop_voice (u, v, &budget);
    if (v->z.awake ? !rests (v) || (!v->on && !v->listened) : v->on || v->listened)
      u->z.calm = false;
    if (v->z.awake && slept) {
      lq_slidemax_reset (&u->whole);
      slept = false;
    }
  }
}

/* Taps. */

void
lq_dyneq_hear (const struct lq_dyneq_voice *v, uint32_t frame, struct lq_dyneq_taps *t)
{
  t->to[LQ_SWING_OWN] = lq_ramp_at (&v->ramp[LQ_DYNEQ_OWN_LEFT], frame);
  t->to[LQ_SWING_OTHER] = lq_ramp_at (&v->ramp[LQ_DYNEQ_OTHER], frame);
  t->to[LQ_SWING_TAPS] = lq_ramp_at (&v->ramp[LQ_DYNEQ_OWN_RIGHT], frame);
}

static void
write_row (struct lq_swing_row *row, uint32_t band, const double *taps, uint32_t count)
{
  for (uint32_t k = 0; k < count; k++)
    row->tap[k][2 * band] = row->tap[k][2 * band + 1] = taps[k];
  if (count == LQ_SWING_TAPS)
    row->tap[LQ_SWING_OWN][2 * band + 1] = taps[LQ_SWING_TAPS];
}

/* The group under way at the beginning of the stretch goes on, or is over: its rows; how many. */
static uint32_t
old_rows (const lq_dyneq *u, const struct lq_dyneq_taps *t, uint32_t band,
    struct lq_swing_row *row, uint32_t count)
{
  if (u->z.phase % u->group == 0) {
    write_row (row, band, t->to, count);
    return 1;
  }
  write_row (row, band, t->from, count);
  write_row (row + 1, band, t->to, count);
  return 2;
}

/* Frame, within the hop, at which the n-th group that begins in the stretch ends. */
static uint32_t
end_of (const lq_dyneq *u, uint32_t n)
{
  const uint32_t in = u->z.phase % u->group, begins = u->z.phase - in + (in ? u->group : 0);

  return (begins + n * u->group) % LQ_HOP + u->group;
}

static void
detector_rows (lq_dyneq *u, struct stretch *s, struct lq_dyneq_voice *v, uint32_t band)
{
  struct lq_swing_row *row = u->row;
  struct lq_dyneq_taps *t = &v->z.detectors;

  row += old_rows (u, t, band, row, LQ_SWING_TAPS);
  for (uint32_t i = 0; i < s->begun; i++, row++) {
    const uint32_t end = end_of (u, i);
    const double move = v->z.moving ? lq_ramp_at (&v->move, end) : 0.0;
    memcpy (t->from, t->to, sizeof t->from);
    for (uint32_t k = 0; k < LQ_SWING_OWN; k++) {
      const double a = v->table[0]->detector[k], b = v->table[1]->detector[k];
      t->to[k] = move == 0.0 ? a : move == 1.0 ? b : a + move * (b - a);
    }
    lq_dyneq_hear (v, end, t);
    write_row (row, band, t->to, LQ_SWING_TAPS);
  }
}

/* The filter's taps at what the gain is at the end of a group. */
static void
next_taps (struct lq_dyneq_voice *v, double gain_db, uint32_t end)
{
  struct lq_dyneq_taps *t = &v->z.filters;
  const double move = v->z.moving ? lq_ramp_at (&v->move, end) : 0.0;
  double other[LQ_SWING_OWN];

  memcpy (t->from, t->to, sizeof t->from);
  lq_dyneq_table_at (v->table[move == 1.0], gain_db, t->to);
  if (move == 0.0 || move == 1.0)
    return;
  lq_dyneq_table_at (v->table[1], gain_db, other);
  for (uint32_t k = 0; k < LQ_SWING_OWN; k++)
    t->to[k] += move * (other[k] - t->to[k]);
}

/* While nothing but the gain moves: rows of all groups at once. */
static void
calm_rows (const lq_dyneq *u, struct stretch *s, struct lq_dyneq_voice *v, uint32_t band,
    struct lq_swing_row *row, const double *gain_db)
{
  struct lq_dyneq_taps *t = &v->z.filters;
  double at[GROUPS];

  for (uint32_t i = 0; i < s->begun; i++)
    at[i] = lq_dyneq_table_place (gain_db[i]);
  u->kernels->swing_taps ((const double (*)[4][LQ_SWING_OWN])v->table[0]->cubic,
      LQ_DYNEQ_NODES - 1, at, row, band, s->begun);
  for (uint32_t i = 0; i < s->begun && s->mixed; i++) {
    row[i].tap[LQ_SWING_OWN][2 * band] = t->to[LQ_SWING_OWN];
    row[i].tap[LQ_SWING_OWN][2 * band + 1] = t->to[LQ_SWING_TAPS];
    row[i].tap[LQ_SWING_OTHER][2 * band] = row[i].tap[LQ_SWING_OTHER][2 * band + 1] =
        t->to[LQ_SWING_OTHER];
  }
  /* What is under way now; before the first of these rows stands the last one's end. */
  for (uint32_t k = 0; k < LQ_SWING_OWN && s->begun > 0; k++) {
    t->from[k] = row[(int32_t)s->begun - 2].tap[k][2 * band];
    t->to[k] = row[(int32_t)s->begun - 1].tap[k][2 * band];
  }
}

static void
filter_rows (lq_dyneq *u, struct stretch *s, struct lq_dyneq_voice *v, uint32_t band,
    const double *gain_db)
{
  const uint32_t count = s->mixed ? LQ_SWING_TAPS : LQ_SWING_OWN;
  struct lq_swing_row *row = u->row + band;

  row += old_rows (u, &v->z.filters, band, row, count);
  if (u->z.calm) {
    calm_rows (u, s, v, band, row, gain_db);
    return;
  }
  for (uint32_t i = 0; i < s->begun; i++, row++) {
    next_taps (v, gain_db[i], end_of (u, i));
    lq_dyneq_hear (v, end_of (u, i), &v->z.filters);
    write_row (row, band, v->z.filters.to, count);
  }
}

/* Levels and gains. */

/* Peaks of the input's segments become levels of the groups that begin. */
static void
measure_whole (lq_dyneq *u, float *const *ch, struct stretch *s)
{
  const float *const x[2] = { ch[0] + s->first, ch[u->stream.channels - 1] + s->first };
  float level[LQ_DYNEQ_CHUNK], linear[GROUPS];
  uint32_t count = 0;

  u->kernels->magnitude (x, level, u->stream.channels, s->n);
  for (uint32_t at = 0, n; at < s->n; at += n) {
    const uint32_t in = (u->z.phase + at) % u->group;
    float peak = 0.0f;
    n = u->group - in < s->n - at ? u->group - in : s->n - at;
    if (in == 0)
      linear[count++] = lq_slidemax_next (&u->whole);
    for (uint32_t i = at; i < at + n; i++)
      peak = level[i] > peak ? level[i] : peak;
    lq_slidemax_note (&u->whole, peak);
  }
  u->kernels->decibels (linear, s->whole_db, count);
}

static void
measure (lq_dyneq *u, struct stretch *s, struct lq_dyneq_voice *v, uint32_t band, float *linear)
{
  const bool begins = u->z.phase % u->group == 0;

  for (uint32_t i = 0, count = 0; i < s->segments; i++) {
    if (i > 0 || begins)
      linear[count++] = lq_slidemax_next (&v->held);
    lq_slidemax_note (&v->held, s->peak[i][band]);
  }
}

/* What the law goes by. */
struct law {
  double threshold_db, relative, slope, range_db, share, fade;
};

static struct law
law_at (const struct lq_dyneq_voice *v, uint32_t frame)
{
  return (struct law){ lq_ramp_at (&v->ramp[LQ_DYNEQ_THRESHOLD], frame),
    lq_ramp_at (&v->ramp[LQ_DYNEQ_SHARE], frame), lq_ramp_at (&v->ramp[LQ_DYNEQ_SLOPE], frame),
    lq_ramp_at (&v->ramp[LQ_DYNEQ_RANGE], frame),
    lq_ramp_at (&v->ramp[LQ_DYNEQ_ON], frame) * lq_ramp_at (&v->dip, frame) *
        lq_ramp_at (&v->ramp[LQ_DYNEQ_SIGN], frame),
    lq_ramp_at (&v->fade, frame) };
}

/* How far it asks the band to move. */
static inline double
wanted (const struct law *l, float level, double level_db, double whole_db)
{
  const double over = (level_db - l->relative * whole_db - l->threshold_db) * l->slope;
  const double moves = over < l->range_db ? over : l->range_db;

  return level > SILENCE && moves > 0.0 ? moves : 0.0;
}

/* Ballistics over n groups; where they stand then. */
static double
follow (const struct lq_dyneq_times *t, double z, const double *to, double *moves, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    const double way = to[i] - z;
    z += way * (way > 0.0 ? t->attack : t->release);
    z = to[i] == 0.0 && z < DONE_DB ? 0.0 : z;
    moves[i] = z;
  }
  return z;
}

static void
note (struct lq_dyneq_voice *v, const double *gain_db, uint32_t n)
{
  float least = v->z.most_db, most = v->z.most_db;

  for (uint32_t i = 0; i < n; i++) {
    const float gain = (float)gain_db[i];
    least = gain < least ? gain : least;
    most = gain > most ? gain : most;
  }
  v->z.most_db = -least > most ? least : most;
}

/* Levels of groups become their gains. */
static void
gains (lq_dyneq *u, struct stretch *s, struct lq_dyneq_voice *v, const float *linear,
    double *gain_db)
{
  struct law law = law_at (v, 0);
  double to[GROUPS], moves[GROUPS], other[GROUPS];
  float level_db[GROUPS];

  u->kernels->decibels (linear, level_db, s->begun);
  for (uint32_t i = 0; i < s->begun; i++) {
    if (!u->z.calm)
      law = law_at (v, end_of (u, i));
    to[i] = wanted (&law, linear[i], level_db[i], s->whole_db[i]);
  }
  v->z.moves_db = follow (&v->z.now, v->z.moves_db, to, moves, s->begun);
  for (uint32_t i = 0; i < s->begun && u->z.calm; i++)
    gain_db[i] = law.share * moves[i];
  if (!u->z.calm) {
    v->z.next_db = follow (&v->z.next, v->z.next_db, to, other, s->begun);
    for (uint32_t i = 0; i < s->begun; i++) {
      law = law_at (v, end_of (u, i));
      gain_db[i] = law.share * (moves[i] + law.fade * (other[i] - moves[i]));
    }
  }
  note (v, gain_db, s->begun);
}

/* Sound. */

static void
detect (lq_dyneq *u, float *const *ch, struct stretch *s)
{
  double state[2][LQ_SWING_LANES] = { { 0.0 } };
  const struct lq_swing bands = { u->row, state, s->bands, u->group, s->mixed, s->moving };
  const float *const in[2] = { ch[0] + s->first,
    u->stream.channels == 2 ? ch[1] + s->first : u->none };

  for (uint32_t k = 0; k < s->bands; k++) {
    struct lq_dyneq_voice *v = s->voice[k];
    if (s->moving)
      detector_rows (u, s, v, k);
    else
      write_row (u->row, k, v->z.detectors.to, LQ_SWING_TAPS);
    for (uint32_t i = 0; i < 2; i++)
      memcpy (state[i] + 2 * k, v->z.detector[i], sizeof v->z.detector[i]);
  }
  u->kernels->swing_levels (
      &bands, in, u->x, u->z.phase % u->group, s->n, s->peak, s->listening ? u->heard : NULL);
  for (uint32_t k = 0; k < s->bands; k++)
    for (uint32_t i = 0; i < 2; i++)
      memcpy (s->voice[k]->z.detector[i], state[i] + 2 * k, sizeof s->voice[k]->z.detector[i]);
}

static void
filter (lq_dyneq *u, float *const *ch, struct stretch *s)
{
  double state[2][LQ_SWING_LANES] = { { 0.0 } }, gain_db[GROUPS];
  const struct lq_swing bands = { u->row, state, s->bands, u->group, s->mixed, true };
  float *const out[2] = { ch[0] + s->first,
    u->stream.channels == 2 ? ch[1] + s->first : u->none };
  float linear[GROUPS];

  for (uint32_t k = 0; k < s->bands; k++) {
    struct lq_dyneq_voice *v = s->voice[k];
    measure (u, s, v, k, linear);
    gains (u, s, v, linear, gain_db);
    filter_rows (u, s, v, k, gain_db);
    for (uint32_t i = 0; i < 2; i++)
      memcpy (state[i] + 2 * k, v->z.filter[i], sizeof v->z.filter[i]);
  }
  u->kernels->swing (&bands, u->x, out, u->z.phase % u->group, s->n);
  for (uint32_t k = 0; k < s->bands; k++)
    for (uint32_t i = 0; i < 2; i++)
      memcpy (s->voice[k]->z.filter[i], state[i] + 2 * k, sizeof s->voice[k]->z.filter[i]);
}

/* What is listened to, side by side, and silence where no band is awake yet. */
static void
give_heard (lq_dyneq *u, const struct stretch *s)
{
  float weight[LQ_DYNEQ_CHUNK], dip[LQ_DYNEQ_CHUNK];

  for (uint32_t c = 0; c < u->stream.channels; c++) {
    float *to = lq_listen_plane (&u->listen, c) + s->first;
    memset (to, 0, s->n * sizeof *to);
    for (uint32_t k = 0; k < s->bands; k++) {
      const lq_ramp *ramp = &s->voice[k]->ramp[LQ_DYNEQ_HEARD];
      if (lq_ramp_absent (ramp))
        continue;
      lq_ramp_fill (ramp, weight, u->z.phase, s->n);
      lq_ramp_fill (&s->voice[k]->dip, dip, u->z.phase, s->n);
      for (uint32_t i = 0; i < s->n; i++)
        to[i] += dip[i] * weight[i] * (float)u->heard[LQ_SWING_LANES * i + 2 * k + c];
    }
  }
}

static void
survey (lq_dyneq *u, struct stretch *s)
{
  const uint32_t in = u->z.phase % u->group;

  s->segments = (in + s->n + u->group - 1) / u->group;
  s->begun = s->segments - (in > 0);
  s->moving = !u->z.calm;
  s->mixed = false;
  s->bands = 0;
  for (uint32_t i = 0; i < LQ_DYNEQ_BANDS; i++) {
    struct lq_dyneq_voice *v = &u->voice[i];
    if (!v->z.awake)
      continue;
    s->voice[s->bands++] = v;
    s->mixed = s->mixed || !u->z.calm || v->z.detectors.to[LQ_SWING_OWN] != 1.0 ||
               v->z.detectors.to[LQ_SWING_TAPS] != 1.0 ||
               v->z.detectors.to[LQ_SWING_OTHER] != 0.0;
  }
}

static void
run (lq_dyneq *u, float *const *ch, struct stretch *s)
{
  bool relative = false;

  /* Lanes of bands that are no more pass on what they get. */
  if (s->bands != u->z.bands)
    memset (u->row, 0, LQ_DYNEQ_ROW_COUNT (u->group) * sizeof *u->row);
  u->z.bands = s->bands;
  memset (s->whole_db, 0, s->begun * sizeof *s->whole_db);
  for (uint32_t k = 0; k < s->bands; k++)
    relative = relative || !lq_ramp_absent (&s->voice[k]->ramp[LQ_DYNEQ_SHARE]);
  if (relative || !u->z.calm)
    measure_whole (u, ch, s);
  detect (u, ch, s);
  filter (u, ch, s);
}

void
lq_dyneq_process (lq_dyneq *u, float *const *ch, uint32_t frames)
{
  const uint32_t heard = lq_listen_process (&u->listen, frames);
  struct stretch s;

  if (!heard && lq_dyneq_neutral (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (s.first = 0; s.first < frames; s.first += s.n) {
    const uint32_t left = frames - s.first, room = LQ_DYNEQ_CHUNK - u->z.phase % LQ_HOP;
    if (u->z.phase == 0)
      hop (u);
    s.listening = s.first < heard;
    s.n = u->z.calm ? (left < room ? left : room) : lq_hop_left (u->z.phase, left);
    if (s.listening && heard - s.first < s.n)
      s.n = heard - s.first;
    survey (u, &s);
    if (s.bands > 0)
      run (u, ch, &s);
    if (s.listening)
      give_heard (u, &s);
    u->z.phase = (u->z.phase + s.n) % LQ_HOP;
  }
}
