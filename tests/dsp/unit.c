/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "unit.h"

#include "base/ramp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lq_stream
lqu_stream (double rate, uint32_t channels)
{
  static const uint8_t surround[] = { LQ_POS_LEFT, LQ_POS_RIGHT, LQ_POS_CENTER, LQ_POS_LFE,
    LQ_POS_REAR, LQ_POS_REAR, LQ_POS_SIDE, LQ_POS_SIDE };
  lq_stream s = { .rate = rate, .channels = channels, .out_channels = channels };

  for (uint32_t c = 0; c < channels && channels <= LQ_COUNT (surround); c++)
    s.position[c] = surround[c];
  if (channels == 1)
    s.position[0] = LQ_POS_MONO;
  return s;
}

static void *
must (void *memory)
{
  if (!memory)
    abort ();
  return memory;
}

lqu
lqu_new (const struct lq_unit *unit, const lq_stream *stream)
{
  lqu u = { .unit = unit, .stream = *stream };

  u.planes = stream->channels > stream->out_channels ? stream->channels : stream->out_channels;
  lq_arena_init (&u.arena);
  u.state = must (aligned_alloc (LQ_ALIGN, (unit->size + LQ_ALIGN - 1) / LQ_ALIGN * LQ_ALIGN));
  u.params = unit->set ? must (calloc (1, unit->params_size)) : NULL;
  lqu_defaults (&u);
  lqu_prepare (&u);
  return u;
}

void
lqu_prepare (lqu *u)
{
  lq_arena_free (&u->arena);
  lq_arena_init (&u->arena);
  /* What memory held before must not matter. */
  memset (u->state, 0xa5, u->unit->size);
  if (!u->unit->prepare (u->state, &u->stream, u->params, &u->arena))
    abort ();
}

void
lqu_free (lqu *u)
{
  lq_arena_free (&u->arena);
  free (u->state);
  free (u->params);
}

bool
lqu_get_row (const lqu *u, uint32_t index, lqu_row *row)
{
  if (!u->params)
    return false;
  for (uint32_t m = 0; m < u->unit->n_modules; m++) {
    row->module = &u->unit->modules[m];
    if (index < row->module->n_rows) {
      row->row = &row->module->rows[index];
      return true;
    }
    index -= row->module->n_rows;
  }
  return false;
}

void
lqu_write (lqu *u, const lqu_row *row, double value)
{
  char *at = (char *)u->params + row->module->offset + row->row->offset;
  float f = (float)value;
  int32_t i = (int32_t)value;
  uint32_t n = (uint32_t)value;

  if (row->row->offset == LQ_NO_FIELD)
    return;
  memcpy (at,
      row->row->type == LQ_FLOAT  ? (void *)&f
      : row->row->type == LQ_ENUM ? (void *)&i
                                  : &n,
      4);
}

void
lqu_set (lqu *u)
{
  if (u->params)
    u->unit->set (u->state, u->params);
}

void
lqu_defaults (lqu *u)
{
  if (u->params)
    lq_modules_defaults (u->unit->modules, u->unit->n_modules, u->params);
}

/* Whether the rows of this prefix have a switch. */
static bool
has_switch (const lqu *u, const char *prefix)
{
  for (uint32_t m = 0; m < u->unit->n_modules; m++)
    for (uint32_t i = 0; i < u->unit->modules[m].n_rows; i++)
      if (strcmp (u->unit->modules[m].prefix, prefix) == 0 &&
          strcmp (u->unit->modules[m].rows[i].name, "enabled") == 0)
        return true;
  return false;
}

/* What can't be switched off is off at its defaults. */
void
lqu_enable (lqu *u, bool on)
{
  lqu_row r;

  for (uint32_t i = 0; lqu_get_row (u, i, &r); i++)
    if (strcmp (r.row->name, "enabled") == 0)
      lqu_write (u, &r, on);
    else if (!on && !has_switch (u, r.module->prefix))
      lqu_write (u, &r, lq_module_default (r.module, r.row));
}

static double
random_item (const struct lq_param *row, lqs_random *random)
{
  uint32_t n = 0;

  while (row->items->items[n].nick)
    n++;
  return row->items->items[lqs_range (random, 0, n - 1)].value;
}

static double
random_value (const struct lq_param *row, lqs_random *random)
{
  const double t = 0.5 + 0.5 * lqs_uniform (random);

  if (row->type == LQ_BOOL)
    return lqs_range (random, 0, 1);
  if (row->type == LQ_ENUM)
    return random_item (row, random);
  /* The ends are where things break. */
  if (lqs_range (random, 0, 7) == 0)
    return t < 0.5 ? row->min : row->max;
  if (row->scale == LQ_LOG && row->min > 0.0)
    return row->min * pow (row->max / row->min, t);
  return row->min + t * (row->max - row->min);
}

void
lqu_randomise (lqu *u, lqs_random *random)
{
  lqu_row r;

  for (uint32_t i = 0; lqu_get_row (u, i, &r); i++)
    if (r.row->type <= LQ_UINT)
      lqu_write (u, &r, random_value (r.row, random));
}

uint32_t
lqu_next (lqu_cut *cut, size_t left)
{
  uint32_t n = cut->length ? cut->length : lqs_range (&cut->random, 0, LQ_BLOCK);

  return n < left ? n : (uint32_t)left;
}

void
lqu_process (lqu *u, const lqg_planes *planes, size_t first, size_t end, lqu_cut cut)
{
  float *at[LQG_CHANNELS_MAX];
  uint32_t n;

  for (size_t done = first; done < end; done += n) {
    n = lqu_next (&cut, end - done);
    for (uint32_t c = 0; c < u->planes; c++)
      at[c] = planes->ch[c] + done;
    u->unit->process (u->state, at, n);
  }
}

lqg_planes
lqu_programme (const lqu *u, size_t frames, uint64_t seed)
{
  lqg_planes planes = lqg_new (u->planes, frames);

  for (uint32_t c = 0; c < u->stream.channels; c++)
    lqs_programme (planes.ch[c], frames, u->stream.rate, seed * 100 + c);
  return planes;
}

bool
lqu_finite (const lqg_planes *planes)
{
  for (uint32_t c = 0; c < planes->channels; c++)
    for (size_t i = 0; i < planes->frames; i++)
      if (!isfinite (planes->ch[c][i]))
        return false;
  return true;
}

double
lqu_peak (const lqg_planes *planes, size_t first, size_t end)
{
  double peak = 0.0;

  for (uint32_t c = 0; c < planes->channels; c++)
    for (size_t i = first; i < end; i++)
      peak = fmax (peak, fabs ((double)planes->ch[c][i]));
  return peak;
}

/* A stream the unit accepts: way 0 is two channels where it can, way 1 the widening one. */
static bool
stream_of (const struct lq_unit *unit, double rate, unsigned way, lq_stream *stream)
{
  uint32_t channels = unit->channels_max < 2   ? 1
                      : unit->channels_min > 2 ? unit->channels_min
                                               : 2;

  *stream = lqu_stream (rate, way ? 1 : channels);
  if (!way)
    return true;
  stream->out_channels = 2;
  return (unit->flags & LQ_UNIT_WIDENS) != 0;
}

/* Whether some of the unit's parameters are latched when it is prepared. */
static bool
latches (const lqu *u)
{
  lqu_row r;

  for (uint32_t i = 0; lqu_get_row (u, i, &r); i++)
    if (!(r.row->flags & LQ_PLAYING))
      return true;
  return false;
}

static void
params_of_set (lqu *u, unsigned set)
{
  lqs_random random = { set * 77 + 1 };

  lqu_defaults (u);
  if (set)
    lqu_randomise (u, &random);
  lqu_enable (u, true);
}

void
lqu_restart (lqu *u, unsigned set)
{
  params_of_set (u, set);
  lqu_set (u);
  u->unit->reset (u->state);
}

/* Params of set number `set`, the same each time; handed over, and at rest. */
void
lqu_start (lqu *u, unsigned set)
{
  params_of_set (u, set);
  if (latches (u))
    lqu_prepare (u);
  lqu_restart (u, set);
}

uint32_t
lqu_grow (lqu *u)
{
  return u->unit->grow ? u->unit->grow (u->state) : 0;
}

/* Runs `f` for each unit, in each way it takes a stream, at `rate`. */
void
lqu_each (double rate, void (*f) (lqu *))
{
  uint32_t n;
  const struct lq_unit *units = lq_units (&n);
  lq_stream stream;

  for (uint32_t i = 0; i < 2 * n; i++)
    if (stream_of (&units[i / 2], rate, i % 2, &stream)) {
      lqu u = lqu_new (&units[i / 2], &stream);
      f (&u);
      lqu_free (&u);
    }
}

/* Plays `frames` with parameter changes at odd places, cut as told. */
void
lqu_play_changes (lqu *u, const lqg_planes *planes, lqu_cut cut)
{
  static const size_t changes[] = { 1000, 1001, 1984, 5003, 7777 };
  lqs_random random = { 5 };
  size_t at = 0;

  for (uint32_t i = 0; i < LQ_COUNT (changes); i++) {
    lqu_process (u, planes, at, changes[i], cut);
    at = changes[i];
    lqu_randomise (u, &random);
    lqu_set (u);
  }
  lqu_process (u, planes, at, planes->frames, cut);
}
