/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: impulse responses for the reverb: which plane is for which channel; handing over. */

#include "reverb.h"

#include <stdlib.h>

/* Numbers of the channels that get any of it; how many. */
static uint32_t
wet_channels (const lq_stream *stream, uint32_t channel[LQ_CHANNELS_MAX])
{
  uint32_t wet = 0;

  for (uint32_t c = 0; c < stream->channels; c++)
    if (stream->position[c] != LQ_POS_LFE)
      channel[wet++] = c;
  return wet;
}

bool
lq_reverb_fits (const lq_stream *stream, uint32_t channels)
{
  uint32_t channel[LQ_CHANNELS_MAX];
  const uint32_t wet = wet_channels (stream, channel);

  return channels == 1 || wet <= 1 || channels == wet || channels == stream->channels ||
         (channels == 4 && wet == 2);
}

/* One wet channel hears all of them. */
static lq_convolver *
make_mean (const float *const *planes, uint32_t channels, uint32_t frames)
{
  float *mean = calloc (frames, sizeof *mean);
  const struct lq_convolver_path path = { 0, 0, mean, frames };
  lq_convolver *made = NULL;

  for (uint32_t c = 0; mean && c < channels; c++)
    for (uint32_t i = 0; i < frames; i++)
      mean[i] += planes[c][i] / (float)channels;
  if (mean)
    made = lq_convolver_new (1, 1, &path, 1);
  free (mean);
  return made;
}

lq_convolver *
lq_reverb_make (
    const lq_stream *stream, const float *const *planes, uint32_t channels, uint32_t frames)
{
  struct lq_convolver_path path[LQ_CHANNELS_MAX];
  uint32_t channel[LQ_CHANNELS_MAX], n = 0;
  const uint32_t wet = wet_channels (stream, channel);

  if (wet == 0 || (wet == 1 && channels > 1))
    return make_mean (planes, channels, frames);
  if (channels == 4 && wet == 2 && stream->channels != 4)
    for (; n < 4; n++)
      path[n] = (struct lq_convolver_path){ n / 2, n % 2, planes[n], frames };
  else
    for (; n < wet; n++) {
      const uint32_t from = channels == 1 ? 0 : channels == wet ? n : channel[n];
      path[n] = (struct lq_convolver_path){ n, n, planes[from], frames };
    }
  return lq_convolver_new (wet, wet, path, n);
}

void
lq_reverb_load (lq_reverb *u, lq_convolver *next)
{
  u->next = next;
}

lq_convolver *
lq_reverb_unload (lq_reverb *u)
{
  lq_convolver *old = u->old;

  u->old = NULL;
  return old;
}

void
lq_reverb_free (lq_reverb *u)
{
  lq_convolver_free (u->impulse);
  lq_convolver_free (u->next);
  lq_convolver_free (u->old);
  u->impulse = u->next = u->old = NULL;
}
