/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Planes of audio between canaries, none aligned to more than a float: writing past either end
 * of one is found. */

#ifndef LQ_GUARD_H
#define LQ_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LQG_CHANNELS_MAX 64

typedef struct lqg_planes {
  float *ch[LQG_CHANNELS_MAX];
  uint32_t channels;
  size_t frames;
  float *memory;
} lqg_planes;

/* Zeroed planes. Aborts where there is no memory. */
lqg_planes lqg_new (uint32_t channels, size_t frames);

/* Whether every canary still sings. */
bool lqg_intact (const lqg_planes *planes);

void lqg_copy (lqg_planes *to, const lqg_planes *from);
bool lqg_equal (const lqg_planes *a, const lqg_planes *b);
void lqg_free (lqg_planes *planes);

#endif
