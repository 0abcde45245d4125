/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A stereo limiter as tests/bench/limit drives it, whoever's it is. */

#ifndef LQ_BENCH_LIMIT_H
#define LQ_BENCH_LIMIT_H

#include <stdint.h>

#define LIMIT_FRAMES 1024
#define LIMIT_RATE 48000.0

typedef struct limiter limiter;

/* The LV2 plugin of this URI, its input controls at their defaults but for those named in
 * words, "symbol=value". Says on standard error what's wrong and returns NULL where it can't be
 * had; such a program was built without lilv, say. */
limiter *limiter_lv2_new (const char *uri, char **words, int count);
void limiter_lv2_free (limiter *l);

/* LIMIT_FRAMES frames at the most; the result is in out, which belongs to the limiter. */
void limiter_lv2_run (limiter *l, float *const in[2], const float *out[2], uint32_t frames);

/* Frames, as the plugin tells its host after a run; −1 where it doesn't. */
int limiter_lv2_latency (const limiter *l);

#endif
