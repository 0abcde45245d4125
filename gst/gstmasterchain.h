/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef GST_MASTER_CHAIN_H
#define GST_MASTER_CHAIN_H

#include "chains/master.h"
#include "lqfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_MASTER_CHAIN (gst_master_chain_get_type ())
G_DECLARE_FINAL_TYPE (GstMasterChain, gst_master_chain, GST, MASTER_CHAIN, LqFilter)

GST_ELEMENT_REGISTER_DECLARE (masterchain);

G_END_DECLS

#endif
