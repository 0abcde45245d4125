/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds the drive with which the maximizer's output has a given loudness: hears its input, as it
 * would come without a gain, and runs maximizers at drives LQ_LEARN_STEP_DB apart beside each
 * other, each with a loudness meter. Between them loudness is interpolated, with no overshoot.
 * Layer: chains.
 *
 * On songs what comes out is within 0.06 LU of the target. Loudness has steps where a part of the
 * programme passes the relative gate: there, and in programmes of a few seconds, it may be more.
 *
 * Meant for a first pass. About 15 times the cost of a maximizer and a meter, and 0.8 MB for each. */

#ifndef LQ_LEARN_H
#define LQ_LEARN_H

#include "../primitives/loudness.h"
#include "../processors/fades.h"
#include "../processors/maximizer.h"

#define LQ_LEARN_LEAST_DB (-12.0)
#define LQ_LEARN_STEP_DB 3.0
#define LQ_LEARN_DRIVES 15 /* to 30 dB */

enum lq_learn_reason {
  LQ_LEARN_REACHED,
  LQ_LEARN_TOO_LOUD,    /* even the least drive is louder than the target */
  LQ_LEARN_TOO_QUIET,   /* no drive is as loud as the target */
  LQ_LEARN_UNMEASURABLE /* silence, or under 400 ms: the drive is as set */
};

struct lq_learn_result {
  enum lq_learn_reason reason;
  double drive_db;      /* the best there is */
  double loudness_lufs; /* integrated, of the output with it */
};

struct lq_learn_drive {
  lq_maximizer maximizer;
  lq_loudness meter;
};

typedef struct lq_learn {
  lq_stream stream;
  double set_db;         /* drive of the settings */
  const lq_fades *fades; /* of the output, or NULL */
  struct lq_learn_drive *drive;
  float *work; /* a block of all channels */
  struct {
    uint32_t skip; /* frames that come before the first of the programme */
    int64_t place; /* of the next frame out, in it */
  } z;
} lq_learn;

/* Settings of the maximizer, switched on or not, whose drive is to be found; sample_error as for
 * lq_maximizer_set_output. False: no memory. [setup] */
bool lq_learn_prepare (lq_learn *u, const lq_stream *stream,
    const struct lq_maximizer_params *p, double sample_error, lq_arena *arena);

/* What comes out is faded so, as far as that is known. [rt] */
static inline void
lq_learn_fade (lq_learn *u, const lq_fades *fades)
{
  u->fades = fades;
}

/* A new programme. [rt] */
void lq_learn_reset (lq_learn *u);

/* What comes to the maximizer, at most LQ_BLOCK frames. [rt] */
void lq_learn_process (lq_learn *u, const float *const *ch, uint32_t frames);

/* The programme is over; then what lq_learn_solve says holds. [rt] */
void lq_learn_finish (lq_learn *u);

/* The least drive that reaches the target, or the best there is. [any] */
struct lq_learn_result lq_learn_solve (const lq_learn *u, double target_lufs);

/* The loudness of the output with this drive, LUFS. [any] */
double lq_learn_loudness (const lq_learn *u, double drive_db);

/* Settings with this drive, whatever their ceiling. [any] */
void lq_learn_apply (struct lq_maximizer_params *p, double drive_db);

#endif
