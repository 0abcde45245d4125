/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The powers of gated loudness blocks, kept in memory that doesn't grow: what integrated
 * loudness and loudness range are computed from. Copyable with =, addable: the sum of tracks'
 * histograms is the album's. Layer: primitives.
 *
 * Every bin keeps the sum of the powers in it, so that integrated loudness is exact unless
 * blocks lie within a bin of a gate; a level read from a bin is within half of LQ_GATE_BIN_LU
 * of the exact one, a range within LQ_GATE_BIN_LU. */

#ifndef LQ_GATEHIST_H
#define LQ_GATEHIST_H

#include <stdint.h>

/* Loudness of a power, LUFS: LQ_LOUDNESS_OFFSET + 10·log10 (power). BS.1770-5, Annex 1. */
#define LQ_LOUDNESS_OFFSET (-0.691)

#define LQ_GATE_BIN_LU 0.005
/* Below this a block can't pass the absolute gate of −70 LUFS under any gain up to 60 dB. */
#define LQ_GATE_FLOOR (-130.0)
#define LQ_GATE_CELL 200  /* bins that are also summed together: 1 LU */
#define LQ_GATE_CELLS 160 /* to +30 LUFS; what is louder goes to the last bin */
#define LQ_GATE_BINS (LQ_GATE_CELLS * LQ_GATE_CELL)

struct lq_gate_sum {
  double power;
  uint64_t blocks;
};

typedef struct lq_gatehist {
  struct lq_gate_sum cell[LQ_GATE_CELLS];
  double power[LQ_GATE_BINS];
  uint32_t blocks[LQ_GATE_BINS]; /* 13 years of blocks in one bin */
} lq_gatehist;

/* [rt] */
void lq_gatehist_reset (lq_gatehist *h);

/* A block of this weighted mean square. [rt] */
void lq_gatehist_add (lq_gatehist *h, double power);

/* Adds all blocks of `from`. [any] */
void lq_gatehist_merge (lq_gatehist *h, const lq_gatehist *from);

/* Integrated loudness of blocks of 400 ms, LUFS, as if every block had been `gain_db` louder;
 * LQ_SILENCE_DB where no block passes the gate. BS.1770-5. [any] */
double lq_gatehist_integrated (const lq_gatehist *h, double gain_db);

/* Loudness range of blocks of 3 s, LU, likewise; 0 where no block passes. EBU Tech 3342. [any] */
double lq_gatehist_range (const lq_gatehist *h, double gain_db);

#endif
