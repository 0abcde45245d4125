/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* One filter section that may be changed at any time: what smooths its frequency, gain and q, and
 * runs it while they move. At rest it hands its state to the faster form of cascade.h, and takes
 * it back, exactly. Layer: primitives. */

#ifndef LQ_SECTION_H
#define LQ_SECTION_H

#include "../base/ramp.h"
#include "biquad.h"

enum lq_section_mode {
  LQ_SECTION_ASLEEP,  /* does nothing: what goes in comes out */
  LQ_SECTION_RESTING, /* state of the kernel `biquads` */
  LQ_SECTION_MOVING   /* state of a state-variable filter */
};

/* What a section acts on; numbered as in properties. Each but stereo concerns the first pair of
 * channels alone, and is one signal: left and mid the first of two, right and side the second. */
enum lq_route { LQ_ROUTE_STEREO, LQ_ROUTE_LEFT, LQ_ROUTE_RIGHT, LQ_ROUTE_MID, LQ_ROUTE_SIDE };

/* Doubles of state for a pair of channels: main and aid. */
#define LQ_SECTION_STATE (2 * LQ_BIQUAD_STATE)

/* Most parts of a hop that moves far. */
#define LQ_SECTION_PARTS 8

/* The coefficients at a point of time, and their slopes per hop. */
struct lq_section_node {
  struct lq_biquad_pair at;
  struct lq_section_curve {
    double value[5], slope[5]; /* g, k, low, mid, high */
  } main, aid;
};

typedef struct lq_section {
  double rate;
  uint32_t pairs; /* of channels */
  bool parallel;  /* puts out what the filter hears, and no dry signal */
  bool on, fresh; /* as last set; fresh: the next grid point must look */
  struct lq_biquad_spec target;
  int32_t route;  /* enum lq_route, as last set */
  lq_ramp octave; /* log2 of Hz */
  lq_ramp gain_db;
  lq_ramp log_q;
  lq_ramp amount; /* of the filtered signal against the dry, 0 … 1 */
  double *state;  /* pairs × LQ_SECTION_STATE */
  struct {
    enum lq_section_mode mode;
    int32_t type; /* in force */
    bool plain;
    int32_t route;
    uint32_t parts; /* of the current hop, each with a node at its end */
    struct lq_section_node node[LQ_SECTION_PARTS + 1]; /* [parts] counts at rest */
  } z;
} lq_section;

/* fade_ms: of what can't sweep, from dry or to it. [setup] */
bool lq_section_prepare (
    lq_section *s, const lq_stream *stream, lq_arena *arena, bool parallel, double fade_ms);
void lq_section_set (lq_section *s, const struct lq_biquad_spec *spec, bool on); /* [rt] */

/* Another route is taken as another type is: by way of dry. Who runs the section looks at z.route. [rt] */
void lq_section_set_route (lq_section *s, int32_t route);
void lq_section_reset (lq_section *s); /* [rt] */

/* At a grid point; needn't be called while lq_section_calm. [rt] */
void lq_section_hop (lq_section *s);

/* Asleep or resting, and nothing new is asked for. [rt] */
static inline bool
lq_section_calm (const lq_section *s)
{
  return s->z.mode != LQ_SECTION_MOVING && !s->fresh;
}

/* Filters n frames from `phase` in the current hop, of 1 or 2 interleaved channels, while the
 * mode is LQ_SECTION_MOVING. [rt] */
void lq_section_move (
    lq_section *s, uint32_t pair, uint32_t channels, double *x, uint32_t phase, uint32_t n);

/* Frames until the ring of this section is below −96 dB of its largest, and its peak gain, dB. [any] */
double lq_section_ring (const lq_section *s, double *gain_db);

#endif
