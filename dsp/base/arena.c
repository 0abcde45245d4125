/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Most chains fit into one block of this size. */
#define BLOCK_BYTES ((size_t)256 * 1024)

struct lq_arena_block {
  struct lq_arena_block *next;
  void *memory;     /* as it was allocated … */
  size_t allocated; /* … bytes of that */
  size_t bytes;
};

/* Memory comes zeroed from the system, page by page as it is touched: a delay that is off, or the
 * longest hold, takes none. What malloc has at hand it would have to clear. */
#if defined(__unix__) && !defined(__SANITIZE_ADDRESS__)
#include <sys/mman.h>
static void *
lq_arena_take (size_t bytes)
{
  void *memory = mmap (NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return memory == MAP_FAILED ? NULL : memory;
}

static void
lq_arena_give (void *memory, size_t bytes)
{
  munmap (memory, bytes);
}
#else
static void *
lq_arena_take (size_t bytes)
{
  return calloc (1, bytes);
}

static void
lq_arena_give (void *memory, size_t bytes)
{
  free (memory);
}
#endif

#define HEADER_BYTES LQ_ALIGN

_Static_assert(
    sizeof (struct lq_arena_block) <= HEADER_BYTES, "the header keeps the alignment");

void
lq_arena_init (lq_arena *arena)
{
  memset (arena, 0, sizeof *arena);
}

static bool
lq_arena_grow (lq_arena *arena, size_t bytes)
{
  size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
  const size_t allocated = LQ_ALIGN + HEADER_BYTES + size;
  char *memory = lq_arena_take (allocated);
  struct lq_arena_block *block;

  if (!memory)
    return false;
  block = (struct lq_arena_block *)(((uintptr_t)memory + LQ_ALIGN - 1) &
                                    ~(uintptr_t)(LQ_ALIGN - 1));
  block->memory = memory;
  block->allocated = allocated;
  block->next = arena->blocks;
  block->bytes = size;
  arena->blocks = block;
  arena->used = 0;
  return true;
}

void *
lq_arena_alloc (lq_arena *arena, size_t bytes)
{
  void *piece;

  if (bytes > SIZE_MAX / 2)
    return NULL;
  bytes = (bytes + LQ_ALIGN - 1) & ~(size_t)(LQ_ALIGN - 1);
  if (arena->limit && arena->total + bytes > arena->limit)
    return NULL;
  if (!arena->blocks || arena->blocks->bytes - arena->used < bytes)
    if (!lq_arena_grow (arena, bytes))
      return NULL;
  piece = (char *)arena->blocks + HEADER_BYTES + arena->used;
  arena->used += bytes;
  arena->total += bytes;
  return piece;
}

void
lq_arena_free (lq_arena *arena)
{
  struct lq_arena_block *block = arena->blocks;

  while (block) {
    struct lq_arena_block *next = block->next;
    lq_arena_give (block->memory, block->allocated);
    block = next;
  }
  arena->blocks = NULL;
  arena->used = 0;
  arena->total = 0;
}
