/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: what chains with an order of the user's share. */

#include "flow.h"

#include <string.h>

/* The stage of this name, or n. */
static uint32_t
stage_named (const char *const *names, uint32_t n, const char *word, size_t length)
{
  uint32_t stage = 0;

  while (stage < n &&
         (strlen (names[stage]) != length || memcmp (names[stage], word, length) != 0))
    stage++;
  return stage;
}

/* Past blanks. */
static const char *
past_blanks (const char *text)
{
  return text + strspn (text, " \t");
}

bool
lq_flow_read_order (const char *const *names, uint32_t n, const char *text, uint8_t *order,
    const char **at, size_t *length)
{
  bool named[LQ_FLOW_STAGES] = { false };
  const char *word = past_blanks (text);
  uint32_t count = 0, stage;

  while (*word) {
    *at = word;
    *length = strcspn (word, ", \t");
    stage = stage_named (names, n, word, *length);
    if (stage == n || named[stage])
      return false;
    named[stage] = true;
    order[count++] = (uint8_t)stage;
    word = past_blanks (word + *length);
    if (*word == ',')
      word = past_blanks (word + 1);
    else if (*word)
      return false;
  }
  for (stage = 0; stage < n; stage++)
    if (!named[stage])
      order[count++] = (uint8_t)stage;
  return true;
}

void
lq_flow_drop (struct lq_flow *f, uint32_t *again)
{
  const uint32_t now = *again < f->frames ? *again : f->frames;

  *again -= now;
  for (uint32_t c = 0; c < f->planes && now; c++)
    f->at[c] += now;
  f->frames -= now;
  f->dropped += now;
}

void
lq_flow_listen (const struct lq_flow *f, const lq_listen *listen, uint32_t stage)
{
  lq_listen_mix (listen, f->at, f->planes, f->dropped - f->began[stage], f->frames);
}
