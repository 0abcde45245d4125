/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The signals of ebu_cases.csv, from their descriptions, at any rate:
 *   tone f=HZ D@L;D@L…      all channels alike, the phase runs on; D seconds, L dBFS peak or sil
 *   multi f=HZ D@L1,L2,…    one segment, a level for each channel
 *   sine f=fs/N a=A ph=DEG dur=S fade=S
 *   splice base=fs/M a=A burst=fs/N b=B dur=S fade=S offset=K
 *                           made at 4·fs: one period of burst in place at a rising zero crossing
 *                           of base; low-passed; every 4th sample from K on */

#ifndef LQ_SYNTH_H
#define LQ_SYNTH_H

#include "guard.h"

#define LQC_FIELD 2048

typedef struct lqc_case {
  char name[32], metric[32], synth[LQC_FIELD];
  double expected, minus, plus;
  unsigned channels;
} lqc_case;

/* The next case of the open file, after `state` lines; false at the end. */
typedef struct lqc_cases {
  void *file;
} lqc_cases;
bool lqc_open (lqc_cases *cases, const char *path);
bool lqc_next (lqc_cases *cases, lqc_case *out);

/* The signal: one plane for each level it has; channels are alike where it has one plane. */
lqg_planes lqc_synth (const char *synth, double rate);

#endif
