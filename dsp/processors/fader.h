/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The fader of a mixer's channel: polarity, width, gain, mute, pan, sends; what comes out is added
 * to buses. Layer: processors.
 *
 * Channels: 1 to LQ_FADER_CHANNELS in, planar; polarity, width and gain act in place. A bus has 1 to
 * LQ_CHANNELS_MAX channels. Which channel goes where is a matrix that the caller gives; on it
 * polarity, width and pan act from the pair in (left and right, the two of a stereo stream, or mono
 * alone) to the pair of the bus (or its only channel); all other cells stay as given. Mono is
 * placed by `pan` and its law, and in the middle where a send is taken before the pan. Sends go to
 * the bus's pair alone. Latency 0, no tail: the rows `delay` and `label` are the channel's. */

#ifndef LQ_FADER_H
#define LQ_FADER_H

#include "../base/kernels.h"
#include "../base/param.h"
#include "../base/ramp.h"
#include "../primitives/fade.h"
#include "../primitives/gauge.h"
#include "../primitives/pan.h"

#define LQ_FADER_CHANNELS 8

/* Where sends are taken. */
enum lq_send_mode { LQ_SEND_PRE_FADER, LQ_SEND_POST_FADER, LQ_SEND_POST_PAN, LQ_SEND_MODES };

enum lq_send { LQ_SEND_REVERB, LQ_SEND_DELAY, LQ_SENDS };

struct lq_fader_params {
  float volume, gain_db;
  uint32_t mute, solo, solo_safe;
  float pan;
  int32_t pan_mode; /* enum lq_pan_mode */
  float pan_left, pan_right, width_percent;
  uint32_t invert_left, invert_right;
  float delay_ms, fade_in_ms, fade_out_ms, reverb_send_db, delay_send_db;
  int32_t send_mode; /* enum lq_send_mode */
};

#define LQ_FADER_ROWS 18
extern const struct lq_param lq_fader_rows[LQ_FADER_ROWS];

/* The bus that a fader feeds. */
struct lq_fader_bus {
  uint32_t channels;
  bool pair; /* it has a left and a right; else all goes as the matrix says */
  uint32_t left, right;
  const double
      *map; /* what channel i gives to channel o of the bus: map[o × channels in + i] */
};

/* Where it all adds up: planes, the sends' as many as the bus's pair has. Frame 0 is a grid point;
 * marks say of each hop whether anything was added there. */
struct lq_mix {
  double *const *main;
  double *send[LQ_SENDS][2];
  uint8_t *heard, *sent[LQ_SENDS];
};

/* A cell of the matrix that nothing moves. */
struct lq_fader_cell {
  uint8_t from, to;
  double gain;
};

typedef struct lq_fader {
  const struct lq_kernels *kernels;
  uint32_t channels;
  uint32_t columns, rows; /* of the pair in, of the bus's: 1 or 2 */
  bool placed;            /* mono on a pair, by the pan law */
  uint8_t in[2], out[2];  /* their channels */
  double base[4];         /* the given cells from the pair to the pair: [row × 2 + column] */
  double middle;          /* gain of mono in the middle, by the bus's law */
  struct lq_fader_cell *fixed; /* all other cells that aren't 0 */
  uint32_t n_fixed;
  lq_ramp shape[4]; /* width and polarity: [row × 2 + column] of the pair in */
  lq_ramp pan[4];   /* pan: [row × 2 + column] */
  lq_ramp gain;     /* volume × gain */
  lq_ramp send[LQ_SENDS][LQ_SEND_MODES]; /* one of each three isn't 0 */
  lq_fade open;                          /* mute */
  lq_fade present;                       /* coming, leaving, solo of others */
  bool moving;                           /* anything does, or is asked to */
  lq_gauge *gauge; /* what comes out of the fader is measured here, before the pan; or NULL */
  bool plain;      /* nothing did when it last rested but what these gains of … */
  double straight[3]; /* … left and right do; and what both have in common, before the pan */
  struct {
    uint32_t phase; /* frames since the last grid point */
  } z;
} lq_fader;

/* Stands at its defaults, present and open. False: no memory. [setup] */
bool lq_fader_prepare (
    lq_fader *u, const lq_stream *in, const struct lq_fader_bus *bus, lq_arena *arena);

/* `open`: nothing else mutes it (its group). `law_db`: the bus's. [rt] */
void lq_fader_set (lq_fader *u, const struct lq_fader_params *p, double law_db, bool open);

/* It shall be heard or not, sends too: `ms` as its fade-in or fade-out. [rt] */
void lq_fader_appear (lq_fader *u, bool present, float ms);

/* Whether that is over, and it is silent. [rt] */
static inline bool
lq_fader_gone (const lq_fader *u)
{
  return lq_fade_absent (&u->present);
}

/* Everything stands where it was set; `present` as said here; `phase` frames behind a grid point. [rt] */
void lq_fader_reset (lq_fader *u, bool present, uint32_t phase);

/* At most LQ_BLOCK frames, of which those from `at` on are added to. `curve`: a gain of each
 * frame, behind the fader's, or NULL. `to` NULL: silence, time passes and nothing else. [rt] */
void lq_fader_process (lq_fader *u, float *const *ch, uint32_t frames, const float *curve,
    struct lq_mix *to, uint32_t at);

/* Nothing moves, and all it does is to add left to the bus's left and right to its right, by gains that
 * aren't 0: frames of two channels then needn't be made planes. [rt] */
static inline bool
lq_fader_plain (const lq_fader *u)
{
  return !u->moving && u->plain && !(u->gauge && u->gauge->loud);
}

/* lq_fader_process of such frames, while it is plain: no more than LQ_FADER_PLAIN. It ends before
 * samples that aren't audio: returns how many it added. [rt] */
#define LQ_FADER_PLAIN 2048
uint32_t lq_fader_add_plain (
    lq_fader *u, const float *x, uint32_t frames, struct lq_mix *to, uint32_t at);

/* Nothing reaches any bus now, nor will without being asked. [rt] */
bool lq_fader_silent (const lq_fader *u);

#endif
