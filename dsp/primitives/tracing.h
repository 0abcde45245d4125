/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A record, cut and played: what a stylus makes of the groove. Layer: primitives.
 *
 * LQ_TRACING_CUT: RIAA's recording and playback, the model's high-pass at 20 Hz between them. TRACING:
 * moreover each wall is traced by a ball of the stylus's radius that touches it and never goes into it,
 * which distorts (vertical by the second harmonic, lateral by the third and by pinch, which is vertical
 * at twice the frequency); and the plastic gives way under it, over a patch that grows with the cube root
 * of the radius: short waves get lost, −2.7 dB at 15 kHz on the innermost groove with 18 µm.
 *
 * Channels: 1 or 2. The result doesn't depend on how the stream is cut. */

#ifndef LQ_TRACING_H
#define LQ_TRACING_H

#include "groove.h"
#include "oversample.h"

enum lq_tracing_mode { LQ_TRACING_CUT, LQ_TRACING_FULL };

/* Fast frames that a ball may reach to either side, and the patch. */
#define LQ_TRACING_REACH 64
#define LQ_TRACING_PATCH 8

typedef struct lq_tracing {
  const struct lq_kernels *kernels;
  uint32_t channels;
  double rate;
  struct lq_groove_design design;
  struct lq_groove_playback playback;
  lq_oversample oversample;
  struct lq_tracing_planes *planes; /* with the past, which is state */
  int32_t mode;
  double speed, stylus;                 /* cm/s, µm: what the following was made for */
  uint32_t reach;                       /* of the ball */
  float ball[2 * LQ_TRACING_REACH + 1]; /* how far it is above its lowest point, less, µm */
  float patch[2 * LQ_TRACING_PATCH + 1];
  struct {
    struct lq_groove_state poles;
    double play[2][2]; /* poles of the playback, by channel */
    uint32_t pending;
  } z;
} lq_tracing;

/* False: no memory. [setup] */
bool lq_tracing_prepare (lq_tracing *u, const lq_stream *stream, double reference_velocity,
    double reference_level_db, lq_arena *arena);
void lq_tracing_reset (lq_tracing *u); /* [rt] */

/* From the next group of 16 frames on; a few µs where speed or stylus changed by more than 0.1 %.
 * Call it at grid points, or results depend on the cut. [rt] */
void lq_tracing_set (lq_tracing *u, int32_t mode, double speed, double stylus_um);

/* In place. [rt] */
void lq_tracing_process (lq_tracing *u, float *const *ch, uint32_t frames);
uint32_t lq_tracing_latency (const lq_tracing *u); /* [any] */

/* Half the patch's length, µm. A wave that turns by x radians over it comes out as 2·J1(x)/x. [any] */
double lq_tracing_patch_um (double stylus_um);

#endif
