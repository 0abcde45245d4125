/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A groove by other means than the core's: whole blocks in double through the analogue formulas in
 * the frequency domain, many points a frame. The formulas are those of shared/STANDARDS.md §3.2. */

#ifndef LQ_VINYL_H
#define LQ_VINYL_H

#include <complex.h>
#include <stddef.h>

typedef struct lqv_lathe {
  double rate;
  double reference_velocity; /* cm/s, lateral peak of a mono 1 kHz sine … */
  double reference_level_db; /* … of this peak, dBFS */
} lqv_lathe;

/* RIAA's recording characteristic (velocity), 1 at 1 kHz; and its integral behind the model's
 * high-pass, third order at 20 Hz. */
double complex lqv_riaa (double hz);
double complex lqv_swing (double hz);

/* What a frame, from its own time to that of the next, has as largest. */
typedef struct lqv_frame {
  float velocity;                       /* |lateral|, cm/s */
  float acceleration;                   /* of either wall, g */
  float lateral, vertical;              /* |displacement|, µm */
  float inward, outward, deep, shallow; /* vertical ± lateral, ± vertical, µm */
} lqv_frame;

/* r may be l. factor: points a frame, a power of two. Silence is before and behind. */
void lqv_measure (const lqv_lathe *lathe, const float *l, const float *r, size_t frames,
    unsigned factor, lqv_frame *out);

/* Largest of all frames. */
lqv_frame lqv_largest (const lqv_frame *frame, size_t frames);

#endif
