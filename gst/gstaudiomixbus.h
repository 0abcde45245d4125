/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef GST_AUDIO_MIX_BUS_H
#define GST_AUDIO_MIX_BUS_H

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_AUDIO_MIX_BUS (gst_audio_mix_bus_get_type ())
G_DECLARE_FINAL_TYPE (GstAudioMixBus, gst_audio_mix_bus, GST, AUDIO_MIX_BUS, GstElement)

#define GST_TYPE_AUDIO_MIX_BUS_PAD (gst_audio_mix_bus_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstAudioMixBusPad, gst_audio_mix_bus_pad, GST, AUDIO_MIX_BUS_PAD, GstPad)

GST_ELEMENT_REGISTER_DECLARE (audiomixbus);

G_END_DECLS

#endif
