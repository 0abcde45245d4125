/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard.h"

#include <stdlib.h>
#include <string.h>

/* Canaries each side of a plane; an odd number, so that planes start at every alignment. */
#define CANARIES 37

/* A quiet NaN with a payload: nothing computes it by accident. */
#define CANARY UINT32_C (0x7fc0ca7a)

static size_t
stride (size_t frames)
{
  return frames + 2 * CANARIES + (frames % 2);
}

static void
fill (float *at, size_t n)
{
  const uint32_t canary = CANARY;

  for (size_t i = 0; i < n; i++)
    memcpy (at + i, &canary, sizeof canary);
}

static bool
sings (const float *at, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy (&bits, at + i, sizeof bits);
    if (bits != CANARY)
      return false;
  }
  return true;
}

lqg_planes
lqg_new (uint32_t channels, size_t frames)
{
  lqg_planes p = { .channels = channels, .frames = frames };

  p.memory = malloc ((channels * stride (frames) + 1) * sizeof (float));
  if (!p.memory)
    abort ();
  for (uint32_t c = 0; c < channels; c++) {
    float *from = p.memory + c * stride (frames);
    p.ch[c] = from + CANARIES;
    fill (from, stride (frames));
    memset (p.ch[c], 0, frames * sizeof (float));
  }
  return p;
}

bool
lqg_intact (const lqg_planes *p)
{
  for (uint32_t c = 0; c < p->channels; c++)
    if (!sings (p->ch[c] - CANARIES, CANARIES) ||
        !sings (p->ch[c] + p->frames, stride (p->frames) - p->frames - CANARIES))
      return false;
  return true;
}

void
lqg_copy (lqg_planes *to, const lqg_planes *from)
{
  for (uint32_t c = 0; c < to->channels; c++)
    if (c < from->channels)
      memcpy (to->ch[c], from->ch[c], to->frames * sizeof (float));
    else
      memset (to->ch[c], 0, to->frames * sizeof (float));
}

bool
lqg_equal (const lqg_planes *a, const lqg_planes *b)
{
  for (uint32_t c = 0; c < a->channels; c++)
    if (memcmp (a->ch[c], b->ch[c], a->frames * sizeof (float)) != 0)
      return false;
  return true;
}

void
lqg_free (lqg_planes *planes)
{
  free (planes->memory);
  memset (planes, 0, sizeof *planes);
}
