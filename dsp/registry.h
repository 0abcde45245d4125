/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every unit of the core, in one list: what the contract test and the benchmarks run over.
 * Layer: above the chains; only tests and benchmarks look at it. */

#ifndef LQ_REGISTRY_H
#define LQ_REGISTRY_H

#include "base/arena.h"
#include "base/param.h"
#include "base/stream.h"

enum lq_unit_flags {
  LQ_UNIT_ANALYSER = 1 << 0, /* reads only: what goes in comes out */
  LQ_UNIT_WIDENS = 1 << 1,   /* one channel in may become two out (lq_stream.out_channels) */
  LQ_UNIT_COLOURS = 1 << 2,  /* its defaults aren't neutral: they change the audio */
  LQ_UNIT_ECHOES = 1 << 3    /* what was heard comes again later: the corner in which a test
                                signal begins as well */
};

struct lq_unit {
  const char *name;
  uint32_t flags;                      /* enum lq_unit_flags */
  uint32_t channels_min, channels_max; /* what it claims */
  size_t size;                         /* of the unit's struct */
  const struct lq_module *modules;     /* its parameters; a unit has one module, a chain more */
  uint32_t n_modules;
  size_t params_size;
  /* `params` may be NULL: the defaults. Units that latch none of theirs don't look at them. */
  bool (*prepare) (void *unit, const lq_stream *stream, const void *params, lq_arena *arena);
  void (*set) (void *unit, const void *params); /* NULL: no parameters */
  void (*reset) (void *unit);
  void (*process) (void *unit, float *const *ch, uint32_t frames);
  uint32_t (*latency) (const void *unit);
  uint32_t (*tail) (const void *unit); /* most frames that sound after the input ended */
  /* After set: frames by which the latency has just grown; what comes next is that much older,
   * and so many frames of it went out before. NULL: it never does. */
  uint32_t (*grow) (void *unit);
};

/* All units, in the order of their layers. [any] */
const struct lq_unit *lq_units (uint32_t *n);

#endif
