/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The side of a disc: where the groove lies, from what it needs turn by turn. Layer: primitives.
 *
 * Time goes in cells, LQ_SIDE_CELLS of a turn, of which the largest excursions are kept (8 bytes
 * each: 17 kB a minute at 33⅓). Turn by turn the groove must keep clear of the one outside of it:
 *
 *   x(t) ≥ x(t − T) + w0/2 + inward(t − T) + w0/2 + outward(t) + land, T = 60/rpm
 *
 * where x counts inwards from where the stream begins, inward and outward are how far the edges of the
 * groove go beyond half its width. Fixed pitch doesn't care, and says how much land is left. Variable
 * pitch is the least that does, never finer than its finest: a lathe that knows one turn ahead moves as
 * far, only more smoothly. With depth control the groove is cut deeper (wider by twice as much) where
 * it would become narrower than LQ_SIDE_NARROWEST, down to LQ_SIDE_DEEPEST.
 *
 * What is said of a cell is said LQ_SIDE_AHEAD cells later. */

#ifndef LQ_SIDE_H
#define LQ_SIDE_H

#include "../base/arena.h"
#include "../base/kernels.h"

#define LQ_SIDE_CELLS 64
#define LQ_SIDE_AHEAD 4
#define LQ_SIDE_NARROWEST 25.0 /* µm, Boden */
#define LQ_SIDE_DEEPEST 127.0

/* Level changes that are looked at, dB; and what stands for none. */
#define LQ_SIDE_GAIN_RANGE 60.0
#define LQ_SIDE_NO_GAIN 120.0

enum lq_side_pitch { LQ_SIDE_FIXED, LQ_SIDE_VARIABLE, LQ_SIDE_VARIABLE_DEPTH };

struct lq_side_params {
  int32_t pitch; /* enum lq_side_pitch */
  double rpm;    /* 33⅓ is 100/3 */
  double outer_mm, inner_mm, start_mm;
  double lines_per_inch, finest; /* fixed pitch; finest variable one */
  double width_um, land_um;
};

/* Units of 1/32 µm, rounded up. */
struct lq_side_note {
  uint16_t inward, outward, deep, shallow;
};

/* A plan under way: all in µm. */
struct lq_side_walk {
  double x;
  double last[LQ_SIDE_CELLS], inward[LQ_SIDE_CELLS]; /* a turn of x, and of inward edges */
  double narrowest, room; /* width; least land left beyond what is asked for */
  uint32_t cells;
};

struct lq_side_figures {
  double radius_mm, speed;    /* of the groove now, cm/s */
  double used_mm;             /* outer − radius */
  double mean_lines_per_inch; /* 0: nothing was cut yet */
  double minutes_left;        /* at the mean pitch; negative: too long */
  double narrowest_um;        /* groove so far */
  double
      room_um; /* least land between two turns, less the land that is asked for; fixed pitch */
  bool fits;   /* so far */
};

typedef struct lq_side {
  struct lq_side_params p;
  double groups; /* of a cell */
  struct lq_side_note *note;
  uint32_t capacity;
  struct {
    struct lq_side_walk walk;
    struct lq_groove_peaks now; /* of the cell under way */
    double until;               /* groups that are left of it */
    uint32_t cells, missed;     /* noted; beyond the capacity */
  } z;
} lq_side;

/* 33 is 33⅓. [any] */
double lq_side_rpm (int32_t rpm);

/* Radius at which a stream begins that lies so many seconds on a side of so many (0: unknown, the pitch
 * is taken to be `lines_per_inch`). [any] */
double lq_side_start (const struct lq_side_params *p, double seconds, double side_seconds);

/* Notes for `seconds` are kept; what is longer goes on at the mean pitch. False: no memory. [setup] */
bool lq_side_prepare (
    lq_side *u, double rate, const struct lq_side_params *p, double seconds, lq_arena *arena);
void lq_side_reset (lq_side *u); /* [rt] */

/* The peaks of further groups, of which displacements count. [rt] */
void lq_side_process (lq_side *u, const struct lq_groove_peaks *peaks, uint32_t groups);

/* The stream is over: the last cells are looked at. [rt] */
void lq_side_finish (lq_side *u);

/* [any] */
double lq_side_radius (const lq_side *u); /* mm, as cheap as it sounds */
struct lq_side_figures lq_side_now (const lq_side *u);

/* What has been noted, cut at another level: µm it takes. A millisecond for half an hour. [any] */
double lq_side_length (const lq_side *u, double gain_db);

/* Level change at which a side of so many seconds (0: as long as noted), the rest of which is like
 * what was noted, would just fit; −LQ_SIDE_NO_GAIN: no level does it, LQ_SIDE_NO_GAIN: any. With fixed
 * pitch: at which the land between the turns is just what is asked for, or no level. Some 10 ms for
 * half an hour. [any] */
double lq_side_fit_gain (const lq_side *u, double side_seconds);

#endif
