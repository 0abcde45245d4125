/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what is heard of a stereo pair: a matrix of two by two whose cells are ramps. */

#include "monitor.h"

const struct lq_enum lq_monitor_items = { "LqMonitor",
  (const struct lq_item[]){ { "stereo", "Both channels as they are", LQ_MONITOR_STEREO },
      { "mono", "Mono sum on both", LQ_MONITOR_MONO }, { "mid", "Mid on both", LQ_MONITOR_MID },
      { "side", "Side on both", LQ_MONITOR_SIDE }, { "left", "Left on both", LQ_MONITOR_LEFT },
      { "right", "Right on both", LQ_MONITOR_RIGHT }, { NULL, NULL, 0 } } };

static const double cells[LQ_MONITORS][4] = {
  [LQ_MONITOR_STEREO] = { 1, 0, 0, 1 },
  [LQ_MONITOR_MONO] = { 0.5, 0.5, 0.5, 0.5 },
  [LQ_MONITOR_MID] = { 0.5, 0.5, 0.5, 0.5 },
  [LQ_MONITOR_SIDE] = { 0.5, -0.5, 0.5, -0.5 },
  [LQ_MONITOR_LEFT] = { 1, 0, 1, 0 },
  [LQ_MONITOR_RIGHT] = { 0, 1, 0, 1 },
};

bool
lq_monitor_prepare (lq_monitor *u, const lq_stream *stream, lq_arena *arena)
{
  for (int i = 0; i < 4; i++)
    if (!lq_ramp_prepare (&u->cell[i], stream, arena, LQ_RAMP_MS))
      return false;
  lq_monitor_set (u, LQ_MONITOR_STEREO);
  lq_monitor_jump (u);
  return true;
}

void
lq_monitor_set (lq_monitor *u, int32_t what)
{
  for (int i = 0; i < 4; i++)
    lq_ramp_set (&u->cell[i], cells[what][i]);
}

void
lq_monitor_jump (lq_monitor *u)
{
  for (int i = 0; i < 4; i++)
    lq_ramp_jump (&u->cell[i]);
}

void
lq_monitor_hop (lq_monitor *u)
{
  for (int i = 0; i < 4; i++)
    lq_ramp_move (&u->cell[i]);
}

bool
lq_monitor_straight (const lq_monitor *u)
{
  for (int i = 0; i < 4; i++)
    if (!lq_ramp_resting (&u->cell[i]) || u->cell[i].target != cells[LQ_MONITOR_STEREO][i])
      return false;
  return true;
}

void
lq_monitor_fill (const lq_monitor *u, float (*cell)[LQ_HOP], uint32_t phase, uint32_t n)
{
  for (int i = 0; i < 4; i++)
    lq_ramp_fill (&u->cell[i], cell[i], phase, n);
}
