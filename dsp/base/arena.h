/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* One allocation for everything a chain needs: units ask for their memory in prepare, in the
 * order they are embedded, and the arena's owner frees it all at once. Layer: base. */

#ifndef LQ_ARENA_H
#define LQ_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* Every piece is aligned to this many bytes, the widest vector and a cache line. */
#define LQ_ALIGN 64

typedef struct lq_arena {
  struct lq_arena_block *blocks; /* newest first */
  size_t used;                   /* bytes handed out of the newest block */
  size_t limit;                  /* 0, or the most bytes to hand out in all: tests of failure */
  size_t total;                  /* bytes handed out in all */
} lq_arena;

/* An arena that owns nothing yet. [setup] */
void lq_arena_init (lq_arena *arena);

/* Zeroed, aligned memory that lives until lq_arena_free; NULL when there is none. [setup] */
void *lq_arena_alloc (lq_arena *arena, size_t bytes);

/* Gives everything back; the arena may be used again. [setup] */
void lq_arena_free (lq_arena *arena);

#endif
