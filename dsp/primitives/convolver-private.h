/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What convolver.c runs and convolver-plan.c makes. Layer: primitives. */

#ifndef LQ_CONVOLVER_PRIVATE_H
#define LQ_CONVOLVER_PRIVATE_H

#include "convolver.h"
#include "fft.h"

#define LQ_CONVOLVER_LEVELS 4

/* Taps of the direct part; frames of input that it sees before those of the hop. */
#define LQ_CONVOLVER_HEAD LQ_FIR_TAPS

_Static_assert(LQ_CONVOLVER_HEAD == LQ_HOP, "partitions begin where a hop ends");

/* Bins of a spectrum that lie together: then come the same bins of the next partition. */
#define LQ_CONVOLVER_CHUNK 512

/* Partitions that a step multiplies at most. */
#define LQ_CONVOLVER_PARTS 16

/* The first taps of a path. */
struct lq_convolver_head {
  uint32_t input, output;
  const float *taps; /* LQ_CONVOLVER_HEAD */
};

/* The input of the job under way, or `back` jobs before, meets partition back + 1 in the next job
 * and back + 2 in the one after: which of the spectra these are. */
#define LQ_CONVOLVER_SILENT UINT32_MAX
struct lq_convolver_pair {
  uint32_t back, next, after;
};

/* Partitions of one size of a path: those that aren't silent. */
struct lq_convolver_route {
  uint32_t input, output;
  uint32_t count;
  const uint32_t *index; /* which they are, rising */
  const float *spectra;  /* chunks × count × bins of a chunk */
  uint32_t n_pairs;
  const struct lq_convolver_pair *pairs; /* `back` rising */
};

enum lq_convolver_kind {
  LQ_CONVOLVER_PASS, /* of the FFT of a pair of inputs */
  LQ_CONVOLVER_PART, /* its spectrum becomes those of the inputs */
  LQ_CONVOLVER_OWN,  /* partitions begin … end − 1 of a route, one chunk: for this job */
  LQ_CONVOLVER_NEXT, /* the same, for the next job: what the job before didn't do */
  LQ_CONVOLVER_AHEAD, /* pairs begin … end − 1 of a route, one chunk: for the next two jobs */
  LQ_CONVOLVER_JOIN, /* sums of two outputs become one spectrum */
  LQ_CONVOLVER_BACK  /* of the inverse FFT of a pair of outputs */
};

/* Whether a sum begins with a step: never, always, in the first job only. */
enum lq_convolver_fresh { LQ_CONVOLVER_ADDS, LQ_CONVOLVER_BEGINS, LQ_CONVOLVER_BEGINS_FIRST };

struct lq_convolver_step {
  uint8_t kind, pass;
  uint8_t fresh;  /* enum lq_convolver_fresh */
  uint32_t which; /* pair, or route */
  uint32_t chunk;
  uint32_t begin, end;
};

/* All partitions of one size. */
struct lq_convolver_level {
  uint32_t size, hops; /* of a partition */
  uint32_t lead;       /* hops after which the result of a job begins; 0: at once */
  uint32_t first, end; /* its taps */
  uint32_t slots;      /* partitions, of the longest path */
  uint32_t bins;       /* of a chunk */
  uint32_t
      stride; /* floats from one to the next: not of 4096 bytes, which a cache doesn't like */
  lq_fft fft;
  struct lq_convolver_route *routes;
  uint32_t n_routes;
  float *spectra[LQ_CHANNELS_MAX]; /* of each input: chunks × slots × bins; NULL: not needed */
  bool heard[LQ_CHANNELS_MAX];     /* outputs that it adds to */
  float *work[2][2];               /* what passes go between: two planes each */
  float
      *sums[2]
           [LQ_CHANNELS_MAX]; /* of odd and even jobs, spectrum of each output that is heard */
  float *result[2][LQ_CHANNELS_MAX];
  struct lq_convolver_step *steps;
  uint32_t n_steps;
  uint32_t *until; /* by the end of each hop of a job these steps are done */
  double cost[2];  /* of the steps before the result begins, and of those after */
  struct {
    uint32_t jobs;   /* begun since the reset, at most slots + 1 */
    uint32_t slot;   /* of the job's input */
    uint32_t window; /* where its input begins in the rings */
    uint32_t step;
    uint32_t parity; /* the sums it uses, the result it makes */
  } z;
};

struct lq_convolver {
  lq_arena arena;
  const struct lq_kernels *kernels;
  uint32_t inputs, outputs, frames;
  struct lq_convolver_head *heads;
  uint32_t n_heads;
  struct lq_convolver_level levels[LQ_CONVOLVER_LEVELS];
  uint32_t n_levels;
  uint32_t ring;                 /* frames: three of the longest partitions */
  float *rings[LQ_CHANNELS_MAX]; /* input; in front of it, once more, the last HEAD frames */
  const float *silence;          /* zeros, for a run of a pass and for a chunk */
  struct {
    uint32_t at;  /* where the hop under way begins in the rings */
    uint32_t hop; /* its number */
    bool begun;
  } z;
};

/* Steps of a level, and when they are done. False: no memory. [setup] */
bool lq_convolver_schedule (
    const lq_convolver *u, struct lq_convolver_level *l, lq_arena *arena);

#endif
