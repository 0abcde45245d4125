/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the fader of a mixer's channel.
 * Source:  properties/audiomixbus.csv; pan laws in primitives/pan.c.
 *
 *   pair ─→ polarity, width (2×2) ─┬─→ × volume × gain × mute ─┬─→ pan (2×2) ─┬─→ main
 *                                  └→ pre-fader                └→ post-fader  └→ post-pan sends
 *   all of it × present; other channels go straight to the cells of the given matrix
 *
 * Sums are doubles; a gain that rests is applied as it is added. z: phase counts frames on the
 * grid. */

#include "fader.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

static const struct lq_enum send_modes = { "LqSendMode",
  (const struct lq_item[]){ { "pre-fader", "Before the fader", LQ_SEND_PRE_FADER },
      { "post-fader", "Behind the fader, before the pan", LQ_SEND_POST_FADER },
      { "post-pan", "Behind the pan", LQ_SEND_POST_PAN }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_fader_params, name)
#define LEVEL(name, nick, blurb, field, max, def)                                              \
  {                                                                                            \
    name, nick, blurb, "dB", LQ_FLOAT, LQ_LINEAR, FIELD (field), -120, max, def, NULL,         \
        LQ_PLAYING, LQ_RAMP_MS                                                                 \
  }
#define SWITCH(name, nick, blurb, field)                                                       \
  {                                                                                            \
    name, nick, blurb, NULL, LQ_BOOL, LQ_LINEAR, FIELD (field), 0, 1, 0, NULL, LQ_PLAYING,     \
        LQ_RAMP_MS                                                                             \
  }
#define PLACE(name, nick, blurb, field, def)                                                   \
  {                                                                                            \
    name, nick, blurb, NULL, LQ_FLOAT, LQ_LINEAR, FIELD (field), -1, 1, def, NULL, LQ_PLAYING, \
        LQ_RAMP_MS                                                                             \
  }
const struct lq_param lq_fader_rows[LQ_FADER_ROWS] = {
  { "volume", "Volume", "Linear, times gain", NULL, LQ_FLOAT, LQ_LINEAR, FIELD (volume), 0, 10,
      1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  LEVEL ("gain", "Gain", "Fader, times volume; −120 is silence", gain_db, 24, 0),
  SWITCH ("mute", "Mute", "Silences it; ramped by fade-out and fade-in", mute),
  SWITCH ("solo", "Solo",
      "While any pad or group is soloed, only these, their groups and solo-safe pads sound",
      solo),
  SWITCH ("solo-safe", "Solo-safe", "Never silenced by another pad's solo", solo_safe),
  PLACE ("pan", "Pan",
      "−1 left, 1 right; mono by the pan law; stereo in balance: the farther side is lowered, "
      "the centre is untouched",
      pan, 0),
  { "pan-mode", "Pan mode", "Dual places left and right by pan-left and pan-right", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (pan_mode), 0, 1, 0, &lq_pan_modes, LQ_PLAYING, LQ_RAMP_MS },
  PLACE ("pan-left", "Pan of left", "Dual: where the left input goes, by the pan law", pan_left,
      -1),
  PLACE ("pan-right", "Pan of right", "Dual: where the right input goes, by the pan law",
      pan_right, 1),
  { "width", "Width", "Level of the side: 0 mono, 100 untouched, 200 doubled", "%", LQ_FLOAT,
      LQ_LINEAR, FIELD (width_percent), 0, 200, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  SWITCH ("invert-left", "Invert left", "Polarity of left, or of mono", invert_left),
  SWITCH ("invert-right", "Invert right", "Polarity of right", invert_right),
  { "delay", "Delay", "Wanted delay, to a fraction of a sample; not counted in the latency",
      "ms", LQ_FLOAT, LQ_LINEAR, FIELD (delay_ms), 0, 500, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "fade-in", "Fade-in",
      "When it joins a running mix, comes back or is unmuted; 0 is the shortest ramp without "
      "a click",
      "ms", LQ_FLOAT, LQ_LINEAR, FIELD (fade_in_ms), 0, 10000, 10, NULL, LQ_PLAYING, 0 },
  { "fade-out", "Fade-out",
      "When it is released, goes missing or is muted; 0 is the shortest ramp without a click",
      "ms", LQ_FLOAT, LQ_LINEAR, FIELD (fade_out_ms), 0, 10000, 10, NULL, LQ_PLAYING, 0 },
  LEVEL ("reverb-send", "Reverb send", "To the reverb return; −120 is off", reverb_send_db, 12,
      -120),
  LEVEL (
      "delay-send", "Delay send", "To the delay return; −120 is off", delay_send_db, 12, -120),
  { "send-mode", "Send mode",
      "Where both sends are taken; before the fader they aren't silenced by mute", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (send_mode), 0, 2, LQ_SEND_POST_FADER, &send_modes, LQ_PLAYING,
      LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_fader_rows, struct lq_fader_params);

/* Which cells of the given matrix move, and which don't. */
static bool
lq_fader_take_map (
    lq_fader *u, const lq_stream *in, const struct lq_fader_bus *bus, lq_arena *arena)
{
  uint32_t left = 0, right = 0;
  const bool pair = lq_stream_pair (in->position, in->channels, &left, &right);

  u->columns = pair ? 2 : 1;
  u->rows = bus->pair ? 2 : 1;
  u->in[0] = (uint8_t)left;
  u->in[1] = (uint8_t)right;
  u->out[0] = (uint8_t)(bus->pair ? bus->left : 0);
  u->out[1] = (uint8_t)bus->right;
  u->placed = in->channels == 1 && bus->pair && bus->channels == 2;
  u->fixed = lq_arena_alloc (arena, in->channels * bus->channels * sizeof *u->fixed);
  if (!u->fixed)
    return false;
  for (uint32_t o = 0; o < bus->channels; o++)
    for (uint32_t i = 0; i < in->channels; i++) {
      const bool row = o == u->out[0] || (u->rows == 2 && o == u->out[1]);
      const bool column = i == u->in[0] || (u->columns == 2 && i == u->in[1]);
      const double gain = bus->map[o * in->channels + i];
      if (row && column)
        u->base[(o != u->out[0]) * 2 + (i != u->in[0])] = gain;
      else if (gain != 0.0)
        u->fixed[u->n_fixed++] = (struct lq_fader_cell){ (uint8_t)i, (uint8_t)o, gain };
    }
  return true;
}

bool
lq_fader_prepare (
    lq_fader *u, const lq_stream *in, const struct lq_fader_bus *bus, lq_arena *arena)
{
  const struct lq_module self = { "", lq_fader_rows, LQ_FADER_ROWS, 0, NULL };
  struct lq_fader_params defaults;
  bool ok;

  memset (u, 0, sizeof *u);
  u->kernels = lq_kernels ();
  u->channels = in->channels;
  ok = lq_fader_take_map (u, in, bus, arena) &&
       lq_ramp_prepare (&u->gain, in, arena, LQ_RAMP_MS) &&
       lq_fade_prepare (&u->open, in, arena) && lq_fade_prepare (&u->present, in, arena);
  for (int i = 0; i < 4; i++)
    ok = ok && lq_ramp_prepare (&u->shape[i], in, arena, LQ_RAMP_MS) &&
         lq_ramp_prepare (&u->pan[i], in, arena, LQ_RAMP_MS);
  for (int s = 0; s < LQ_SENDS; s++)
    for (int mode = 0; mode < LQ_SEND_MODES; mode++)
      ok = ok && lq_ramp_prepare (&u->send[s][mode], in, arena, LQ_RAMP_MS);
  if (!ok)
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_fader_set (u, &defaults, 0.0, true);
  lq_fader_reset (u, true, 0);
  return true;
}

static void
lq_fader_set_shape (lq_fader *u, const struct lq_fader_params *p)
{
  const double width = p->width_percent / 100.0;
  const double same = (1.0 + width) / 2.0, other = (1.0 - width) / 2.0;
  const double left = p->invert_left ? -1.0 : 1.0, right = p->invert_right ? -1.0 : 1.0;

  if (u->columns == 1) {
    lq_ramp_set (&u->shape[0], left);
    return;
  }
  lq_ramp_set (&u->shape[0], same * left);
  lq_ramp_set (&u->shape[1], other * right);
  lq_ramp_set (&u->shape[2], other * left);
  lq_ramp_set (&u->shape[3], same * right);
}

/* In balance the given cells of a row share its gain; dual, left and right go by gains of their
 * own, as loud as the given cells make them. */
static void
lq_fader_set_pan (lq_fader *u, const struct lq_fader_params *p, double law_db)
{
  const struct lq_pan place = { p->pan_mode, p->pan, p->pan_left, p->pan_right };
  const bool dual = p->pan_mode == LQ_PAN_DUAL && u->columns == 2;
  double cells[4], target;

  lq_pan_place (&place, law_db, u->placed, cells);
  for (uint32_t row = 0; row < u->rows; row++)
    for (uint32_t column = 0; column < u->columns; column++) {
      if (u->placed)
        target = cells[row * 3];
      else if (u->rows == 1)
        target = u->base[column];
      else if (dual)
        target = cells[row * 2 + column] * u->base[column * 3];
      else
        target = cells[row * 3] * u->base[row * 2 + column];
      lq_ramp_set (&u->pan[row * 2 + column], target);
    }
}

void
lq_fader_set (lq_fader *u, const struct lq_fader_params *p, double law_db, bool open)
{
  const float send_db[LQ_SENDS] = { p->reverb_send_db, p->delay_send_db };

  u->middle = lq_pan_gain (0.5, law_db);
  lq_fader_set_shape (u, p);
  lq_fader_set_pan (u, p, law_db);
  lq_ramp_set (&u->gain, p->volume * lq_db_to_lin (p->gain_db));
  for (int s = 0; s < LQ_SENDS; s++)
    for (int mode = 0; mode < LQ_SEND_MODES; mode++)
      lq_ramp_set (&u->send[s][mode], mode == p->send_mode ? lq_db_to_lin (send_db[s]) : 0.0);
  open = open && !p->mute;
  lq_fade_set (&u->open, open, open ? p->fade_in_ms : p->fade_out_ms);
  u->moving = true;
}

void
lq_fader_appear (lq_fader *u, bool present, float ms)
{
  lq_fade_set (&u->present, present, ms);
  u->moving = true;
}

static bool
lq_fader_shapeless (const lq_fader *u)
{
  static const double unity[4] = { 1.0, 0.0, 0.0, 1.0 };

  for (uint32_t i = 0; i < u->columns * u->columns; i++)
    if (!lq_ramp_resting (&u->shape[i]) || u->shape[i].target != unity[i])
      return false;
  return true;
}

/* Everything rests now: whether it is plain is found here, not once a block. */
static void
lq_fader_rest (lq_fader *u)
{
  double gain = u->present.ramp.target;

  u->moving = false;
  u->plain = u->channels == 2 && u->columns == 2 && u->rows == 2 && u->in[0] == 0 &&
             u->n_fixed == 0 && u->pan[1].target == 0.0 && u->pan[2].target == 0.0 &&
             lq_fader_shapeless (u);
  for (int s = 0; s < LQ_SENDS; s++)
    for (int mode = 0; mode < LQ_SEND_MODES; mode++)
      u->plain = u->plain && u->send[s][mode].target == 0.0;
  /* In this order, to the last bit what lq_fader_part makes of them. */
  gain *= u->gain.target;
  gain *= u->open.ramp.target;
  u->straight[2] = gain;
  for (int c = 0; c < 2; c++) {
    u->straight[c] = u->pan[c * 3].target * gain;
    u->plain = u->plain && u->straight[c] != 0.0;
  }
}

void
lq_fader_reset (lq_fader *u, bool present, uint32_t phase)
{
  u->z.phase = phase;
  for (int i = 0; i < 4; i++) {
    lq_ramp_jump (&u->shape[i]);
    lq_ramp_jump (&u->pan[i]);
  }
  lq_ramp_jump (&u->gain);
  for (int s = 0; s < LQ_SENDS; s++)
    for (int mode = 0; mode < LQ_SEND_MODES; mode++)
      lq_ramp_jump (&u->send[s][mode]);
  lq_fade_jump (&u->open, u->open.on);
  lq_fade_jump (&u->present, present);
  lq_fader_rest (u);
}

static void
lq_fader_hop (lq_fader *u)
{
  bool moves = lq_ramp_move (&u->gain);

  for (int i = 0; i < 4; i++) {
    moves |= lq_ramp_move (&u->shape[i]);
    moves |= lq_ramp_move (&u->pan[i]);
  }
  for (int s = 0; s < LQ_SENDS; s++)
    for (int mode = 0; mode < LQ_SEND_MODES; mode++)
      moves |= lq_ramp_move (&u->send[s][mode]);
  moves |= lq_fade_move (&u->open);
  moves |= lq_fade_move (&u->present);
  if (!moves)
    lq_fader_rest (u);
}

/* A part: frames that lie within one hop where anything moves. */
struct part {
  float *const *ch;
  uint32_t n, phase;
  const float *curve; /* of the caller, or NULL */
  struct lq_mix *to;
  uint32_t at; /* where it goes in the buses' planes */
};

/* sum += x · ramp · gain. */
static void
lq_fader_add (const lq_fader *u, const struct part *part, double *sum, const float *x,
    const lq_ramp *ramp, double gain)
{
  float curve[LQ_HOP];

  if (lq_ramp_resting (ramp)) {
    if (ramp->target * gain != 0.0)
      u->kernels->mix (sum + part->at, x, ramp->target * gain, part->n);
    return;
  }
  lq_ramp_fill (ramp, curve, part->phase, part->n);
  if (gain != 1.0)
    lq_orc_gain (curve, (float)gain, (int)part->n);
  u->kernels->mix_curve (sum + part->at, x, curve, part->n);
}

static void
lq_fader_ramp (const struct part *part, float *x, const lq_ramp *ramp)
{
  float curve[LQ_HOP];

  lq_ramp_fill (ramp, curve, part->phase, part->n);
  lq_orc_gain_curve (x, curve, (int)part->n);
}

/* Polarity and width, in place. */
static void
lq_fader_reshape (const lq_fader *u, const struct part *part)
{
  float *left = part->ch[u->in[0]], *right = part->ch[u->in[1]], l[LQ_HOP], r[LQ_HOP];

  if (u->columns == 1) {
    for (uint32_t done = 0, n; done < part->n; done += n) {
      const struct part hop = { .n = lq_hop_left (0, part->n - done), .phase = part->phase };
      n = hop.n;
      lq_fader_ramp (&hop, left + done, &u->shape[0]);
    }
    return;
  }
  for (uint32_t done = 0, n; done < part->n; done += n) {
    const struct part hop = { .n = lq_hop_left (0, part->n - done), .phase = part->phase };
    n = hop.n;
    memcpy (l, left + done, n * sizeof *l);
    memcpy (r, right + done, n * sizeof *r);
    lq_fader_ramp (&hop, left + done, &u->shape[0]);
    lq_fader_ramp (&hop, right + done, &u->shape[3]);
    lq_fader_ramp (&hop, r, &u->shape[1]);
    lq_fader_ramp (&hop, l, &u->shape[2]);
    lq_orc_mix (left + done, r, 1.0f, (int)n);
    lq_orc_mix (right + done, l, 1.0f, (int)n);
  }
}

static void
lq_fader_mark (const struct part *part, uint8_t *marks)
{
  const uint32_t last = (part->at + part->n - 1) / LQ_HOP;

  for (uint32_t hop = part->at / LQ_HOP; hop <= last; hop++)
    marks[hop] = 1;
}

/* Before the pan: the pair as the given cells have it, mono in the middle. */
static void
lq_fader_send (lq_fader *u, const struct part *part, enum lq_send_mode mode, double gain)
{
  for (int s = 0; s < LQ_SENDS; s++) {
    const lq_ramp *ramp = &u->send[s][mode];
    if (lq_ramp_absent (ramp))
      continue;
    lq_fader_mark (part, part->to->sent[s]);
    for (uint32_t row = 0; row < u->rows; row++)
      for (uint32_t column = 0; column < u->columns; column++) {
        const double cell = u->placed ? u->middle : u->base[row * 2 + column];
        lq_fader_add (
            u, part, part->to->send[s][row], part->ch[u->in[column]], ramp, cell * gain);
      }
  }
}

/* Behind the pan: pan and send may move both. */
static void
lq_fader_send_panned (lq_fader *u, const struct part *part, double gain)
{
  float x[LQ_HOP];

  for (int s = 0; s < LQ_SENDS; s++) {
    const lq_ramp *ramp = &u->send[s][LQ_SEND_POST_PAN];
    if (lq_ramp_absent (ramp))
      continue;
    lq_fader_mark (part, part->to->sent[s]);
    for (uint32_t cell = 0; cell < 4; cell++) {
      const uint32_t row = cell / 2, column = cell % 2;
      const lq_ramp *pan = &u->pan[cell];
      double *sum = part->to->send[s][row];
      if (row >= u->rows || column >= u->columns || lq_ramp_absent (pan))
        continue;
      if (lq_ramp_resting (pan)) {
        lq_fader_add (u, part, sum, part->ch[u->in[column]], ramp, pan->target * gain);
        continue;
      }
      memcpy (x, part->ch[u->in[column]], part->n * sizeof *x);
      lq_fader_ramp (part, x, pan);
      lq_fader_add (u, part, sum, x, ramp, gain);
    }
  }
}

static void
lq_fader_main (lq_fader *u, const struct part *part, double gain)
{
  lq_fader_mark (part, part->to->heard);
  for (uint32_t row = 0; row < u->rows; row++)
    for (uint32_t column = 0; column < u->columns; column++)
      lq_fader_add (u, part, part->to->main[u->out[row]], part->ch[u->in[column]],
          &u->pan[row * 2 + column], gain);
  for (uint32_t i = 0; i < u->n_fixed; i++) {
    const struct lq_fader_cell *cell = &u->fixed[i];
    u->kernels->mix (
        part->to->main[cell->to] + part->at, part->ch[cell->from], cell->gain * gain, part->n);
  }
}

/* In place, all channels: what ramps, and the caller's curve. Returns what is left to be applied. */
static double
lq_fader_level (const lq_fader *u, const struct part *part, const lq_ramp *ramp)
{
  if (lq_ramp_resting (ramp))
    return ramp->target;
  for (uint32_t c = 0; c < u->channels; c++)
    lq_fader_ramp (part, part->ch[c], ramp);
  return 1.0;
}

/* Up to the fader, pre-fader sends included: the gain that is left to be applied. */
static double
lq_fader_upper (lq_fader *u, const struct part *part)
{
  double present, gain;

  if (!lq_fader_shapeless (u))
    lq_fader_reshape (u, part);
  present = lq_fader_level (u, part, &u->present.ramp);
  if (present == 0.0)
    return 0.0;
  lq_fader_send (u, part, LQ_SEND_PRE_FADER, present);
  gain = present * lq_fader_level (u, part, &u->gain);
  gain *= lq_fader_level (u, part, &u->open.ramp);
  for (uint32_t c = 0; c < u->channels && part->curve; c++)
    lq_orc_gain_curve (part->ch[c], (float *)part->curve, (int)part->n);
  return gain;
}

static void
lq_fader_part (lq_fader *u, const struct part *part)
{
  const double gain = lq_fader_upper (u, part);

  if (u->gauge)
    lq_gauge_process (u->gauge, (const float *const *)part->ch, part->n, gain);
  if (gain == 0.0)
    return;
  lq_fader_send (u, part, LQ_SEND_POST_FADER, gain);
  lq_fader_main (u, part, gain);
  lq_fader_send_panned (u, part, gain);
}

void
lq_fader_process (lq_fader *u, float *const *ch, uint32_t frames, const float *curve,
    struct lq_mix *to, uint32_t at)
{
  float *here[LQ_FADER_CHANNELS];

  for (uint32_t done = 0, n; done < frames; done += n) {
    if (u->z.phase == 0 && u->moving)
      lq_fader_hop (u);
    n = u->moving ? lq_hop_left (u->z.phase, frames - done) : frames - done;
    for (uint32_t c = 0; c < u->channels; c++)
      here[c] = ch[c] + done;
    if (to)
      lq_fader_part (
          u, &(struct part){ here, n, u->z.phase, curve ? curve + done : NULL, to, at + done });
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}

uint32_t
lq_fader_add_plain (
    lq_fader *u, const float *x, uint32_t frames, struct lq_mix *to, uint32_t at)
{
  frames = u->kernels->mix_pair (
      to->main[u->out[0]] + at, to->main[u->out[1]] + at, x, u->straight, frames);
  if (frames)
    lq_fader_mark (&(struct part){ .n = frames, .at = at }, to->heard);
  if (u->gauge)
    lq_gauge_process_pair (u->gauge, x, frames, u->straight[2]);
  u->z.phase = (u->z.phase + frames) % LQ_HOP;
  return frames;
}

bool
lq_fader_silent (const lq_fader *u)
{
  bool sends = false;

  if (u->moving)
    return false;
  if (lq_fade_absent (&u->present))
    return true;
  for (int s = 0; s < LQ_SENDS; s++)
    sends = sends || !lq_ramp_absent (&u->send[s][LQ_SEND_PRE_FADER]);
  return !sends && (lq_fade_absent (&u->open) || lq_ramp_absent (&u->gain));
}
