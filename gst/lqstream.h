/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* GStreamer's audio, as the core sees it. */

#ifndef LQ_STREAM_SEAM_H
#define LQ_STREAM_SEAM_H

#include <gst/audio/audio.h>

#include "base/stream.h"
#include "primitives/quantize.h"

G_BEGIN_DECLS

/* Rate, positions and channels in, and as many channels out as `out` has. */
void lq_stream_describe (const GstAudioInfo *in, const GstAudioInfo *out, lq_stream *stream);

/* Of what the core quantises to; formats that it doesn't: LQ_S32. */
enum lq_sample_format lq_stream_sample_format (const GstAudioInfo *info);

G_END_DECLS

#endif
