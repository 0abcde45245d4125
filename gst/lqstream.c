/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lqstream.h"

static enum lq_position
lq_stream_position (GstAudioChannelPosition position)
{
  switch (position) {
    case GST_AUDIO_CHANNEL_POSITION_MONO:
      return LQ_POS_MONO;
    case GST_AUDIO_CHANNEL_POSITION_NONE:
      return LQ_POS_NONE;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT:
      return LQ_POS_LEFT;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT:
      return LQ_POS_RIGHT;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_CENTER:
      return LQ_POS_CENTER;
    case GST_AUDIO_CHANNEL_POSITION_LFE1:
    case GST_AUDIO_CHANNEL_POSITION_LFE2:
      return LQ_POS_LFE;
    case GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT:
    case GST_AUDIO_CHANNEL_POSITION_SIDE_RIGHT:
      return LQ_POS_SIDE;
    case GST_AUDIO_CHANNEL_POSITION_REAR_LEFT:
    case GST_AUDIO_CHANNEL_POSITION_REAR_RIGHT:
    case GST_AUDIO_CHANNEL_POSITION_SURROUND_LEFT:
    case GST_AUDIO_CHANNEL_POSITION_SURROUND_RIGHT:
      return LQ_POS_REAR;
    case GST_AUDIO_CHANNEL_POSITION_WIDE_LEFT:
    case GST_AUDIO_CHANNEL_POSITION_WIDE_RIGHT:
      return LQ_POS_WIDE;
    default:
      return LQ_POS_OTHER;
  }
}

void
lq_stream_describe (const GstAudioInfo *in, const GstAudioInfo *out, lq_stream *stream)
{
  *stream = (lq_stream){ .rate = GST_AUDIO_INFO_RATE (in),
    .channels = (guint)GST_AUDIO_INFO_CHANNELS (in),
    .out_channels = (guint)GST_AUDIO_INFO_CHANNELS (out) };
  for (guint c = 0; c < stream->channels; c++)
    stream->position[c] = lq_stream_position (in->position[c]);
}

enum lq_sample_format
lq_stream_sample_format (const GstAudioInfo *info)
{
  switch (GST_AUDIO_INFO_FORMAT (info)) {
    case GST_AUDIO_FORMAT_S16:
      return LQ_S16;
    case GST_AUDIO_FORMAT_S24:
      return LQ_S24;
    case GST_AUDIO_FORMAT_S24_32:
      return LQ_S24_32;
    default:
      return LQ_S32;
  }
}
